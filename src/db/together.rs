//! Several queries in one statement, for what is read most often: on PostgreSQL each round trip wakes both sides,
//! which costs more than the rows it brings.

use diesel::deserialize::{FromSql, Queryable};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Record};

/// The rows of six queries.
type Six<A, B, C, D, E, F> = (Vec<A>, Vec<B>, Vec<C>, Vec<D>, Vec<E>, Vec<F>);

/// `SELECT ARRAY(…), ARRAY(…), …`: each query becomes one array of its rows, in its order.
pub(crate) struct Together<Q>(pub(crate) Q);

macro_rules! queries {
    ($($query:ident $index:tt),+) => {
        impl<$($query: QueryId),+> QueryId for Together<($($query,)+)> {
            type QueryId = Together<($($query::QueryId,)+)>;
            const HAS_STATIC_QUERY_ID: bool = $($query::HAS_STATIC_QUERY_ID)&&+;
        }

        impl<$($query: QueryFragment<Pg>),+> QueryFragment<Pg> for Together<($($query,)+)> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                $(
                    out.push_sql(if $index == 0 { "SELECT " } else { ", " });
                    out.push_sql("ARRAY(SELECT one FROM (");
                    self.0.$index.walk_ast(out.reborrow())?;
                    out.push_sql(") AS one)");
                )+
                Ok(())
            }
        }

        impl<$($query: Query),+> Query for Together<($($query,)+)>
        where
            $($query::SqlType: 'static,)+
        {
            type SqlType = ($(Array<Record<$query::SqlType>>,)+);
        }

        impl<$($query),+> RunQueryDsl<PgConnection> for Together<($($query,)+)> {}
    };
}
queries!(A 0, B 1, C 2, D 3, E 4, F 5);

impl<A: Query, B: Query, C: Query, D: Query, E: Query, F: Query> Together<(A, B, C, D, E, F)>
where
    A::SqlType: 'static,
    B::SqlType: 'static,
    C::SqlType: 'static,
    D::SqlType: 'static,
    E::SqlType: 'static,
    F::SqlType: 'static,
{
    /// All rows of each query.
    pub(crate) fn all<'q, TA, TB, TC, TD, TE, TF>(
        self,
        conn: &mut PgConnection,
    ) -> QueryResult<Six<TA, TB, TC, TD, TE, TF>>
    where
        Self: diesel::query_dsl::LoadQuery<
                'q,
                PgConnection,
                (
                    Vec<Packed<TA, A::SqlType>>,
                    Vec<Packed<TB, B::SqlType>>,
                    Vec<Packed<TC, C::SqlType>>,
                    Vec<Packed<TD, D::SqlType>>,
                    Vec<Packed<TE, E::SqlType>>,
                    Vec<Packed<TF, F::SqlType>>,
                ),
            >,
    {
        let (a, b, c, d, e, f) = self.get_result(conn)?;
        Ok((unpacked(a), unpacked(b), unpacked(c), unpacked(d), unpacked(e), unpacked(f)))
    }
}

/// A row as it comes out of an array: the tuple of its columns, and what is made of it.
pub(crate) struct Packed<T, ST>(T, std::marker::PhantomData<ST>);

impl<T, ST> FromSql<Record<ST>, Pg> for Packed<T, ST>
where
    ST: 'static,
    T: Queryable<ST, Pg>,
    T::Row: FromSql<Record<ST>, Pg>,
{
    fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let row = <T::Row as FromSql<Record<ST>, Pg>>::from_sql(value)?;
        Ok(Self(T::build(row)?, std::marker::PhantomData))
    }
}

/// What was made of an array's rows.
fn unpacked<T, ST>(rows: Vec<Packed<T, ST>>) -> Vec<T> {
    rows.into_iter().map(|Packed(row, _)| row).collect()
}

/// `together!(conn, Backend => { Row: query, Row: query, … })`: the rows of six queries, in one statement where that
/// saves something. Queries name the backend they select for as `Backend`.
macro_rules! together {
    ($conn:expr, $backend:ident => { $($row:ty: $query:expr),+ $(,)? }) => {
        match $conn {
            $crate::db::Conn::Sqlite(sqlite) => (|| -> diesel::QueryResult<_> {
                type $backend = diesel::sqlite::Sqlite;
                Ok(($(diesel::RunQueryDsl::load::<$row>($query, &mut *sqlite)?,)+))
            })(),
            $crate::db::Conn::Postgres(postgres) => {
                type $backend = diesel::pg::Pg;
                $crate::db::Together(($($query,)+)).all(postgres)
            }
        }
    };
}
pub(crate) use together;
