//! A query in words that both databases understand, with the values it is asked with.

use super::{Backend, Conn, read_failure};
use crate::core::id::Identifier;
use crate::core::problem::Outcome;
use diesel::RunQueryDsl;
use diesel::deserialize::FromSqlRow;
use diesel::sql_types::{BigInt, Binary, Text, Untyped};

/// A value of such a query.
#[derive(Clone, Debug)]
pub enum Bind {
    /// A whole number or a time.
    Number(i64),
    /// An identifier or a hash.
    Bytes(Vec<u8>),
    /// A text.
    Words(String),
}

/// Values as they are gathered, each with the words that stand for it.
#[derive(Clone, Debug, Default)]
pub struct Binds(Vec<Bind>);

impl Binds {
    /// Adds a value and answers what stands for it in the words.
    pub fn place(&mut self, value: Bind) -> String {
        self.0.push(value);
        format!("${}", self.0.len())
    }

    /// The same of a number.
    pub fn number(&mut self, value: i64) -> String {
        self.place(Bind::Number(value))
    }

    /// The same of an identifier.
    pub fn id(&mut self, value: impl Identifier) -> String {
        self.place(Bind::Bytes(value.uuid().as_bytes().to_vec()))
    }

    /// The same of several identifiers, with commas between them.
    pub fn ids<I: Identifier>(&mut self, values: &[I]) -> String {
        values.iter().map(|id| self.id(*id)).collect::<Vec<_>>().join(", ")
    }
}

/// Asks.
///
/// # Errors
/// What the database says.
pub fn ask<R>(conn: &mut Conn, text: String, binds: Binds) -> Outcome<Vec<R>>
where
    R: FromSqlRow<Untyped, Backend> + 'static,
{
    // SQLite numbers values by where their names first stand, and only `?1` by what it says.
    let text = match conn {
        Conn::Sqlite(_) => text.replace('$', "?"),
        Conn::Postgres(_) => text,
    };
    let mut query = diesel::sql_query(text).into_boxed::<Backend>();
    for value in binds.0 {
        query = match value {
            Bind::Number(number) => query.bind::<BigInt, _>(number),
            Bind::Bytes(bytes) => query.bind::<Binary, _>(bytes),
            Bind::Words(words) => query.bind::<Text, _>(words),
        };
    }
    query.load(conn).map_err(read_failure)
}
