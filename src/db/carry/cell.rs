//! One row of any table: read from either database as it lies there, and written into either.

use super::tables::{Column, Kind};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, read_failure};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgRowByRowLoadingMode, PgValue};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Integer, Nullable, Text, Untyped};
use diesel::sqlite::{Sqlite, SqliteType};
use diesel::{PgConnection, QueryResult, RunQueryDsl, SqliteConnection};

/// Rows written by one statement on PostgreSQL.
const ROWS_PER_STATEMENT: usize = 500;
/// Bytes after which a statement is not made longer: photos and scans are megabytes each.
const BYTES_PER_STATEMENT: usize = 4 << 20;

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
}

impl Cell {
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Integer(_) | Self::Real(_) | Self::Bool(_) => size_of::<Self>(),
        }
    }
}

/// A row, its cells in the order of the columns asked for.
pub(super) struct Row(Vec<Cell>);

impl FromSqlRow<Untyped, Sqlite> for Row {
    fn build_from_row<'a>(row: &impl DieselRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = row.get(index).ok_or("a row is shorter than it says")?;
            let Some(value) = field.value() else {
                cells.push(Cell::Null);
                continue;
            };
            cells.push(match value.value_type() {
                None => Cell::Null,
                Some(SqliteType::Text) => Cell::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
                Some(SqliteType::Binary) => Cell::Bytes(FromSql::<Binary, Sqlite>::from_sql(value)?),
                Some(SqliteType::Float | SqliteType::Double) => {
                    Cell::Real(FromSql::<Double, Sqlite>::from_sql(value)?)
                }
                Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                    Cell::Integer(FromSql::<BigInt, Sqlite>::from_sql(value)?)
                }
            });
        }
        Ok(Self(cells))
    }
}

/// Object identifiers of PostgreSQL's own types, which never change.
const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INT8: u32 = 20;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;

impl FromSqlRow<Untyped, Pg> for Row {
    fn build_from_row<'a>(row: &impl DieselRow<'a, Pg>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = row.get(index).ok_or("a row is shorter than it says")?;
            cells.push(field.value().map_or(Ok(Cell::Null), postgres_cell)?);
        }
        Ok(Self(cells))
    }
}

fn postgres_cell(value: PgValue<'_>) -> deserialize::Result<Cell> {
    Ok(match value.get_oid().get() {
        BOOL => Cell::Bool(FromSql::<Bool, Pg>::from_sql(value)?),
        BYTEA => Cell::Bytes(FromSql::<Binary, Pg>::from_sql(value)?),
        INT8 => Cell::Integer(FromSql::<BigInt, Pg>::from_sql(value)?),
        INT4 => Cell::Integer(i64::from(<i32 as FromSql<Integer, Pg>>::from_sql(value)?)),
        TEXT => Cell::Text(FromSql::<Text, Pg>::from_sql(value)?),
        FLOAT8 => Cell::Real(FromSql::<Double, Pg>::from_sql(value)?),
        other => return Err(format!("a column of PostgreSQL's type {other} is none of ours").into()),
    })
}

fn names(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    names.join(", ")
}

/// Shows every row of a table, one after another, holding no more than one.
pub(super) fn each_row(
    conn: &mut Conn,
    table: &str,
    columns: &[Column],
    mut visit: impl FnMut(Vec<Cell>) -> Outcome<()>,
) -> Outcome<()> {
    let query = diesel::sql_query(format!("SELECT {} FROM \"{table}\"", names(columns)));
    match conn {
        Conn::Sqlite(sqlite) => {
            for row in query
                .load_iter::<Row, diesel::connection::DefaultLoadingMode>(sqlite)
                .map_err(read_failure)?
            {
                visit(row.map_err(read_failure)?.0)?;
            }
        }
        Conn::Postgres(postgres) => {
            for row in query.load_iter::<Row, PgRowByRowLoadingMode>(postgres).map_err(read_failure)? {
                visit(row.map_err(read_failure)?.0)?;
            }
        }
    }
    Ok(())
}

/// The rows of a statement that has few.
pub(super) fn rows_of(conn: &mut Conn, sql: &str) -> Outcome<Vec<Vec<Cell>>> {
    let query = diesel::sql_query(sql);
    let rows: Vec<Row> = match conn {
        Conn::Sqlite(sqlite) => query.load(sqlite),
        Conn::Postgres(postgres) => query.load(postgres),
    }
    .map_err(read_failure)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Puts rows into a table, many with one statement where that saves a round trip.
pub(super) struct Inserter<'c> {
    conn: &'c mut Conn,
    columns: &'c [Column],
    /// The statement up to its values.
    sql: String,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl<'c> Inserter<'c> {
    pub(super) fn new(conn: &'c mut Conn, table: &str, columns: &'c [Column]) -> Self {
        let values = match conn {
            Conn::Sqlite(_) => "VALUES (",
            Conn::Postgres(_) => "SELECT * FROM UNNEST(",
        };
        let sql = format!("INSERT INTO \"{table}\" ({}) {values}", names(columns));
        Self { conn, columns, sql, rows: Vec::new(), bytes: 0 }
    }

    /// Puts a row in; it is there after [`Inserter::finish`] at the latest.
    pub(super) fn put(&mut self, row: Vec<Cell>) -> Outcome<()> {
        self.bytes += row.iter().map(Cell::size).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() < ROWS_PER_STATEMENT && self.bytes < BYTES_PER_STATEMENT {
            return Ok(());
        }
        self.flush()
    }

    pub(super) fn finish(mut self) -> Outcome<()> {
        self.flush()
    }

    fn flush(&mut self) -> Outcome<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        match self.conn {
            Conn::Sqlite(sqlite) => {
                for row in &rows {
                    OneRow { sql: &self.sql, row }.execute(sqlite).map_err(read_failure)?;
                }
            }
            Conn::Postgres(postgres) => {
                let columns = by_column(self.columns, rows)?;
                ManyRows { sql: &self.sql, columns }.execute(postgres).map_err(read_failure)?;
            }
        }
        Ok(())
    }
}

/// The statement that inserts a row into SQLite. Its words stand for it, so it is prepared once for a table.
struct OneRow<'r> {
    sql: &'r str,
    row: &'r [Cell],
}

impl QueryId for OneRow<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for OneRow<'_> {}

impl QueryFragment<Sqlite> for OneRow<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.sql);
        for (index, cell) in self.row.iter().enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            match cell {
                Cell::Null => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>)?,
                Cell::Integer(integer) => out.push_bind_param::<BigInt, _>(integer)?,
                Cell::Real(real) => out.push_bind_param::<Double, _>(real)?,
                Cell::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Cell::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes)?,
                Cell::Bool(boolean) => out.push_bind_param::<Bool, _>(boolean)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

/// The values of one column in many rows.
enum Values {
    Bytes(Vec<Option<Vec<u8>>>),
    Text(Vec<Option<String>>),
    BigInt(Vec<Option<i64>>),
    Integer(Vec<Option<i32>>),
    Real(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Bytes => Self::Bytes(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
            Kind::BigInt => Self::BigInt(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
            Kind::Bool => Self::Bool(Vec::new()),
        }
    }

    /// Adds a value, as far as it is one of this column's kind: SQLite would keep any.
    fn push(&mut self, cell: Cell) -> Result<(), Cell> {
        match (self, cell) {
            (Self::Bytes(values), Cell::Null) => values.push(None),
            (Self::Text(values), Cell::Null) => values.push(None),
            (Self::BigInt(values), Cell::Null) => values.push(None),
            (Self::Integer(values), Cell::Null) => values.push(None),
            (Self::Real(values), Cell::Null) => values.push(None),
            (Self::Bool(values), Cell::Null) => values.push(None),
            (Self::Bytes(values), Cell::Bytes(bytes)) => values.push(Some(bytes)),
            (Self::Text(values), Cell::Text(text)) => values.push(Some(text)),
            (Self::BigInt(values), Cell::Integer(integer)) => values.push(Some(integer)),
            (Self::Integer(values), Cell::Integer(integer)) => {
                values.push(Some(i32::try_from(integer).map_err(|_| Cell::Integer(integer))?));
            }
            (Self::Real(values), Cell::Real(real)) => values.push(Some(real)),
            (Self::Bool(values), Cell::Bool(boolean)) => values.push(Some(boolean)),
            (Self::Bool(values), Cell::Integer(integer @ (0 | 1))) => values.push(Some(integer == 1)),
            (_, cell) => return Err(cell),
        }
        Ok(())
    }
}

fn by_column(columns: &[Column], rows: Vec<Vec<Cell>>) -> Outcome<Vec<Values>> {
    let mut values: Vec<Values> = columns.iter().map(|column| Values::new(column.kind)).collect();
    for row in rows {
        for ((cell, values), column) in row.into_iter().zip(&mut values).zip(columns) {
            values.push(cell).map_err(|cell| {
                Problem::internal(format!("{} has {cell:?}, which is no {:?}", column.name, column.kind))
            })?;
        }
    }
    Ok(values)
}

/// The statement that inserts many rows into PostgreSQL: an array for each column, so its words never change either.
struct ManyRows<'r> {
    sql: &'r str,
    columns: Vec<Values>,
}

impl QueryId for ManyRows<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for ManyRows<'_> {}

impl QueryFragment<Pg> for ManyRows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        for (index, column) in self.columns.iter().enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            match column {
                Values::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?,
                Values::Text(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Values::BigInt(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Values::Integer(values) => out.push_bind_param::<Array<Nullable<Integer>>, _>(values)?,
                Values::Real(values) => out.push_bind_param::<Array<Nullable<Double>>, _>(values)?,
                Values::Bool(values) => out.push_bind_param::<Array<Nullable<Bool>>, _>(values)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}
