//! `column IN (…)` for lists of any length, in words that are prepared once and kept.
//!
//! Diesel prepares such a list anew at every call, as its words hang on how many values there are. PostgreSQL takes
//! the values as one array, whose words are always the same. SQLite gets the next power of two of them, the last
//! one repeated, so that there are a dozen texts in all.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, Bool, HasSqlType};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, expression::NonAggregate};

/// Values one query asks for at most: SQLite binds no more than 32,766, two lists or three may stand in one query, and
/// as a power of two its words are kept as those of shorter lists are.
pub const VALUES_PER_QUERY: usize = 4_096;

/// Reads rows for a list of any length, part by part: nobody's list is too long for a query.
///
/// # Errors
/// What reading a part refuses.
pub fn in_parts<Value, Row, Error>(
    values: &[Value],
    mut load: impl FnMut(&[Value]) -> Result<Vec<Row>, Error>,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for part in values.chunks(VALUES_PER_QUERY) {
        rows.extend(load(part)?);
    }
    Ok(rows)
}

/// That a column is among some values.
#[derive(Clone, Copy, Debug)]
pub struct Among<'v, Column, Value> {
    column: Column,
    values: &'v [Value],
}

/// The condition that `column` is one of `values`; of none it never is. Where there may be more than
/// [`VALUES_PER_QUERY`] of them, the rows are read [`in_parts`].
pub fn among<Column: Expression, Value>(column: Column, values: &[Value]) -> Among<'_, Column, Value> {
    Among { column, values }
}

impl<Column, Value> Expression for Among<'_, Column, Value> {
    type SqlType = Bool;
}

impl<Column, Value> QueryFragment<Sqlite> for Among<'_, Column, Value>
where
    Column: Expression + QueryFragment<Sqlite>,
    Sqlite: HasSqlType<Column::SqlType>,
    Value: ToSql<Column::SqlType, Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Some(last) = self.values.last() else {
            out.push_sql("1 = 0");
            return Ok(());
        };
        let mut width = self.values.len().next_power_of_two();
        if width > VALUES_PER_QUERY {
            // Padding could pass what SQLite binds.
            width = self.values.len();
            out.unsafe_to_cache_prepared();
        }
        self.column.walk_ast(out.reborrow())?;
        for place in 0..width {
            out.push_sql(if place == 0 { " IN (" } else { ", " });
            out.push_bind_param::<Column::SqlType, Value>(self.values.get(place).unwrap_or(last))?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<Column, Value> QueryFragment<Pg> for Among<'_, Column, Value>
where
    Column: Expression<SqlType: 'static> + QueryFragment<Pg>,
    Pg: HasSqlType<Array<Column::SqlType>>,
    [Value]: ToSql<Array<Column::SqlType>, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<Column::SqlType>, [Value]>(self.values)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<Column, Value> QueryId for Among<'_, Column, Value> {
    type QueryId = ();
    // The words hang on how many values there are: the cache tells statements apart by their text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Source, Column: AppearsOnTable<Source>, Value> AppearsOnTable<Source> for Among<'_, Column, Value> {}
impl<Source, Column: SelectableExpression<Source>, Value> SelectableExpression<Source>
    for Among<'_, Column, Value>
{
}
impl<Grouping, Column: NonAggregate, Value> ValidGrouping<Grouping> for Among<'_, Column, Value> {
    type IsAggregate = is_aggregate::Never;
}
