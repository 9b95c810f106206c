//! `column IN (SELECT …)` for a list that is short and asked for first.
//!
//! A PostgreSQL that has no statistics of a table yet takes such a list for a hundredth of it, and so reads the other
//! table from end to end to compare. As an array the same list can only be looked up, one by one, by an index.

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, NonAggregate, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

/// That a column is among what a query answers.
#[derive(Clone, Copy, Debug, QueryId)]
pub struct Listed<Column, List> {
    column: Column,
    list: List,
}

/// The condition that `column`, which has an index, is among the few values that `list` selects.
pub fn listed<Column, List>(column: Column, list: List) -> Listed<Column, List>
where
    Column: Expression,
    List: Query<SqlType = Column::SqlType>,
{
    Listed { column, list }
}

impl<Column, List> Expression for Listed<Column, List> {
    type SqlType = Bool;
}

impl<Column: QueryFragment<Sqlite>, List: QueryFragment<Sqlite>> QueryFragment<Sqlite>
    for Listed<Column, List>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN (");
        self.list.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<Column: QueryFragment<Pg>, List: QueryFragment<Pg>> QueryFragment<Pg> for Listed<Column, List> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(ARRAY(");
        self.list.walk_ast(out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }
}

impl<Source, Column: AppearsOnTable<Source>, List> AppearsOnTable<Source> for Listed<Column, List> {}
impl<Source, Column: SelectableExpression<Source>, List> SelectableExpression<Source>
    for Listed<Column, List>
{
}
impl<Grouping, Column: NonAggregate, List> ValidGrouping<Grouping> for Listed<Column, List> {
    type IsAggregate = is_aggregate::Never;
}
