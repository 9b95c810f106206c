//! A statement that is put together from words of our own and values that are bound.
//!
//! SQLite numbers `$1`, `$2` … in the order in which they stand in the text, PostgreSQL by their number. Parts of a
//! statement are made before it is known where they will stand, and some stand in it twice; so a part holds marks,
//! and the marks become numbers once the text is whole. Never here: a value among the words.

use super::{Backend, Conn, read_failure};
use crate::core::problem::Outcome;
use diesel::RunQueryDsl as _;
use diesel::sql_types::{BigInt, Binary, Text};
use std::fmt::Write as _;
use uuid::Uuid;

/// What stands around the place of a value until the text is whole; no statement of ours has it.
const MARK: (char, char) = ('«', '»');

enum Value {
    Number(i64),
    Id(Uuid),
    Words(String),
}

/// The values of one or several statements.
#[derive(Default)]
pub struct Statement {
    values: Vec<Value>,
}

impl Statement {
    /// A mark for a number.
    pub fn number(&mut self, number: i64) -> String {
        self.value(Value::Number(number))
    }

    /// A mark for an identifier.
    pub fn id(&mut self, id: Uuid) -> String {
        self.value(Value::Id(id))
    }

    /// A mark for words.
    pub fn words(&mut self, words: &str) -> String {
        self.value(Value::Words(words.to_owned()))
    }

    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("{}{}{}", MARK.0, self.values.len() - 1, MARK.1)
    }

    /// The text with numbers for marks, and the values in the order of the numbers.
    fn rendered(&self, text: &str) -> (String, Vec<&Value>) {
        let mut rendered = String::with_capacity(text.len());
        let mut order: Vec<usize> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(MARK.0) {
            let (index, after) = after.split_once(MARK.1).unwrap_or((after, ""));
            let index = index.parse().unwrap_or(usize::MAX);
            let place = order.iter().position(|known| *known == index).unwrap_or_else(|| {
                order.push(index);
                order.len() - 1
            });
            // Writing to a String cannot fail.
            let _ = write!(rendered, "{before}${}", place + 1);
            rest = after;
        }
        rendered.push_str(rest);
        (rendered, order.into_iter().filter_map(|index| self.values.get(index)).collect())
    }

    /// Reads what a text asks for, with those of the values that it marks.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn load<R>(&self, conn: &mut Conn, text: &str) -> Outcome<Vec<R>>
    where
        R: diesel::deserialize::FromSqlRow<diesel::sql_types::Untyped, Backend> + 'static,
    {
        let (text, values) = self.rendered(text);
        let mut query = diesel::sql_query(text).into_boxed::<Backend>();
        for value in values {
            query = match value {
                Value::Number(number) => query.bind::<BigInt, _>(*number),
                Value::Id(id) => query.bind::<Binary, _>(id.as_bytes().to_vec()),
                Value::Words(words) => query.bind::<Text, _>(words.clone()),
            };
        }
        query.load(conn).map_err(read_failure)
    }
}
