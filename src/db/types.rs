//! How our own types lie in a column, on every backend alike: identifiers as 16 bytes, times and
//! quantities as BIGINT, words as TEXT.

use crate::core::id::*;
use crate::core::quantity::Quantity;
use crate::core::time::Timestamp;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromStaticSqlRow, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable};
use diesel::sqlite::{Sqlite, SqliteValue};
use std::sync::Arc;
use uuid::Uuid;

/// Bytes that are many: whoever copies a row that holds them shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedBytes(pub Arc<Vec<u8>>);

/// The sixteen bytes of an identifier, read where the row has them: a vector for each would be made only to be thrown away,
/// which is much where millions of rows are read.
pub struct Sixteen(pub Uuid);

impl FromSql<Binary, Sqlite> for Sixteen {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?))
    }
}

impl FromSql<Binary, Pg> for Sixteen {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl FromSql<Binary, super::Backend> for Sixteen {
    fn from_sql(value: <super::Backend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Binary>()
    }
}

/// Lets a type stand where diesel wants an expression of `$sql`, and be read back from a row.
macro_rules! column_type {
    ($name:ty, $sql:ty) => {
        impl AsExpression<$sql> for $name {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl AsExpression<Nullable<$sql>> for $name {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'expr> AsExpression<$sql> for &'expr $name {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'expr> AsExpression<Nullable<$sql>> for &'expr $name {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $name
        where
            $name: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }
        impl<ST, DB: Backend> Queryable<ST, DB> for $name
        where
            $name: FromStaticSqlRow<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! identifier_columns {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        column_type!($name, Binary);
        impl<DB: Backend> ToSql<Binary, DB> for $name
        where
            [u8]: ToSql<Binary, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_bytes().as_slice(), out)
            }
        }
        impl<DB: Backend> FromSql<Binary, DB> for $name
        where
            Sixteen: FromSql<Binary, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(<Sixteen as FromSql<Binary, DB>>::from_sql(bytes)?.0))
            }
        }
    )*};
}

crate::core::id::each_identifier!(identifier_columns);

column_type!(SharedBytes, Binary);
impl<DB: Backend> ToSql<Binary, DB> for SharedBytes
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}
impl<DB: Backend> FromSql<Binary, DB> for SharedBytes
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Arc::new(<Vec<u8> as FromSql<Binary, DB>>::from_sql(bytes)?)))
    }
}

column_type!(Timestamp, BigInt);
impl<DB: Backend> ToSql<BigInt, DB> for Timestamp
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <i64 as ToSql<BigInt, DB>>::to_sql(&self.0, out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<i64 as FromSql<BigInt, DB>>::from_sql(bytes)?))
    }
}

column_type!(Quantity, BigInt);
impl<DB: Backend> ToSql<BigInt, DB> for Quantity
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <i64 as ToSql<BigInt, DB>>::to_sql(self.as_i64(), out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Quantity
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let value = <i64 as FromSql<BigInt, DB>>::from_sql(bytes)?;
        Quantity::new(value).ok_or_else(|| format!("{value} in the database is not a quantity").into())
    }
}
