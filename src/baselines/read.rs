//! What was known at an entry of the log: of single things, for whoever makes figures, and as lists.

use super::statement::{Standing, Statement, standing};
use crate::auth::Scope;
use crate::core::id::{BaselineId, Identifier};
use crate::core::problem::Outcome;
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::ledger::{KnownAt, last_known};
use diesel::QueryableByName;
use diesel::sql_types::Binary;
use std::collections::HashMap;
use std::sync::Arc;

/// What stood at an entry of the log, by what it is about, of whatever is read with these groups: for populations,
/// targets and caseloads their keys, for rounds their programmes. One query for a few thousand of them.
///
/// # Errors
/// What the database says.
pub fn known<S: Statement>(conn: &mut Conn, groups: &[S::Group], sequence: i64) -> Outcome<Standing<S>> {
    let stated = S::load_groups(conn, groups).map_err(read_failure)?;
    let by_then = stated.into_iter().filter(|row| row.moment().sequence <= sequence);
    Ok(standing(by_then.map(Arc::new)))
}

/// One condition of a list: a column, and the value it must have.
pub type Condition = (&'static str, Bind);

/// The condition that a column is an identifier, where one is asked for.
pub fn is_id(column: &'static str, id: Option<impl Identifier>) -> Option<Condition> {
    id.map(|id| (column, Bind::Bytes(id.uuid().as_bytes().to_vec())))
}

/// The same of a word.
pub fn is_word(column: &'static str, word: Option<String>) -> Option<Condition> {
    word.map(|word| (column, Bind::Words(word)))
}

/// The same of a number.
pub fn is_number(column: &'static str, number: Option<i64>) -> Option<Condition> {
    number.map(|number| (column, Bind::Number(number)))
}

/// Which statements a list shows.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// As it was known then; now, where nothing is said.
    pub known_at: Option<KnownAt>,
    /// Whether what was replaced or withdrawn by then is shown, too.
    pub history: bool,
    /// What columns must be.
    pub conditions: Vec<Condition>,
    /// Only what this scope reaches.
    pub scope: Option<Scope>,
    /// The first day is this one or earlier; for what has days.
    pub begun_by: Option<String>,
    /// The sequence and place of the last row of the page before.
    pub after: Option<(i64, i64)>,
    /// Rows wanted.
    pub limit: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: BaselineId,
}

/// A list in the order of stating, and the sequence it was known at: three queries.
///
/// # Errors
/// `invalid` where the ledger has no such sequence, or what the database says.
pub fn list<S: Statement>(conn: &mut Conn, asked: Asked) -> Outcome<(Vec<S>, i64)> {
    let sequence = last_known(conn, asked.known_at, "/known_at")?;
    let mut binds = Binds::default();
    let table = S::TABLE;
    let known = binds.number(sequence);
    let mut words = format!("SELECT said.id FROM {table} AS said WHERE said.sequence <= {known}");
    if !asked.history {
        words.push_str(&format!(
            " AND said.withdrawn = FALSE AND NOT EXISTS (SELECT 1 FROM {table} AS newer WHERE newer.about = said.about \
             AND newer.sequence > said.sequence AND newer.sequence <= {known})"
        ));
    }
    for (column, value) in asked.conditions {
        words.push_str(&format!(" AND said.{column} = {}", binds.place(value)));
    }
    if let Some(within) = asked.scope.as_ref().and_then(|scope| S::within("said", scope, &mut binds)) {
        words.push_str(&format!(" AND {within}"));
    }
    if let Some(day) = asked.begun_by {
        // A withdrawal has no day; it is shown with what it ended.
        let day = binds.place(Bind::Words(day));
        words.push_str(&format!(" AND (said.withdrawn = TRUE OR said.from_day <= {day})"));
    }
    if let Some((sequence, ordinal)) = asked.after {
        let (sequence, ordinal) = (binds.number(sequence), binds.number(ordinal));
        words.push_str(&format!(" AND (said.sequence, said.ordinal) > ({sequence}, {ordinal})"));
    }
    words.push_str(&format!(" ORDER BY said.sequence, said.ordinal LIMIT {}", binds.number(asked.limit)));
    let found: Vec<Found> = ask(conn, words, binds)?;
    let ids: Vec<BaselineId> = found.into_iter().map(|found| found.id).collect();
    let rows = S::load(conn, &ids).map_err(read_failure)?;
    let mut rows: HashMap<BaselineId, S> = rows.into_iter().map(|row| (row.id(), row)).collect();
    Ok((ids.iter().filter_map(|id| rows.remove(id)).collect(), sequence))
}
