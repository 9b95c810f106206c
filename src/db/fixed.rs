//! Statements that are prepared once and kept.
//!
//! Diesel prepares every upsert anew, because in general its text depends on its values. Those of the write
//! path always have one text, and preparing an upsert of the rollups takes SQLite longer than running it.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;
use std::marker::PhantomData;

/// An INSERT followed by words of its own, such as an `ON CONFLICT` clause, that never change. `Tag` names
/// them in the connection's cache of prepared statements: a type of its own for each text.
///
/// The clause is plain text because diesel marks its own clause as never the same, and that mark cannot be
/// taken off from outside.
pub struct InsertThen<Insert, Tag> {
    insert: Insert,
    clause: &'static str,
    tag: PhantomData<Tag>,
}

impl<Insert, Tag> InsertThen<Insert, Tag> {
    /// The clause begins with a space.
    pub fn new(insert: Insert, clause: &'static str, _tag: Tag) -> Self {
        Self { insert, clause, tag: PhantomData }
    }
}

impl<DB: Backend, Insert: QueryFragment<DB>, Tag> QueryFragment<DB> for InsertThen<Insert, Tag> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.insert.walk_ast(out.reborrow())?;
        out.push_sql(self.clause);
        Ok(())
    }
}

impl<Insert: QueryId, Tag: 'static> QueryId for InsertThen<Insert, Tag> {
    type QueryId = (Insert::QueryId, Tag);
    const HAS_STATIC_QUERY_ID: bool = Insert::HAS_STATIC_QUERY_ID;
}

impl<Insert, Tag, C> diesel::RunQueryDsl<C> for InsertThen<Insert, Tag> {}

/// ` ON CONFLICT (key) DO UPDATE SET column = excluded.column, …` over all columns but the key.
pub fn replacing(key: &str, columns: &[&str]) -> String {
    let set: Vec<String> = columns
        .iter()
        .filter(|column| **column != key)
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    format!(" ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", "))
}

/// A condition whose words never change, such as the one a partial index is made with. Unlike
/// `diesel::dsl::sql` it lets the statement it stands in be kept.
#[derive(Clone, Copy, Debug)]
pub struct Clause(pub &'static str);

impl Expression for Clause {
    type SqlType = Bool;
}

impl<DB: Backend> QueryFragment<DB> for Clause {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for Clause {
    type QueryId = ();
    // Two conditions are of one type: the cache tells them apart by their text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Source> AppearsOnTable<Source> for Clause {}
impl<Source> SelectableExpression<Source> for Clause {}
impl<Grouping> ValidGrouping<Grouping> for Clause {
    type IsAggregate = is_aggregate::Never;
}
