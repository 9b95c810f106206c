//! Statements that are prepared once and kept.
//!
//! Diesel prepares every UPDATE and every upsert anew, because in general their text depends on their
//! values. Those of the write path always have one text, and preparing an upsert of the rollups takes
//! SQLite longer than running it.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use std::marker::PhantomData;

/// A statement whose text is the same for all values. `Tag` is its name in the connection's cache: a type
/// of its own for each place where such a statement is written.
pub struct Fixed<Q, Tag> {
    statement: Q,
    tag: PhantomData<Tag>,
}

impl<Q, Tag> Fixed<Q, Tag> {
    /// Promises that the statement's text never changes: every column is always named, none by default.
    pub fn new(statement: Q, _tag: Tag) -> Self {
        Self { statement, tag: PhantomData }
    }
}

impl<DB: Backend, Q: QueryFragment<DB>, Tag> QueryFragment<DB> for Fixed<Q, Tag> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, Tag: 'static> QueryId for Fixed<Q, Tag> {
    type QueryId = Tag;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Q, Tag, C> diesel::RunQueryDsl<C> for Fixed<Q, Tag> {}
