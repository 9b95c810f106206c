//! Statements that are prepared once and kept.
//!
//! Diesel prepares every upsert anew, because in general its text depends on its values. Those of the write
//! path always have one text, and preparing an upsert of the rollups takes SQLite longer than running it.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
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
