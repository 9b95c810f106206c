//! Searching by the beginning of a text, the same on both databases.

use diesel::dsl::Eq;
use diesel::expression::{AsExpression, Expression};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

#[diesel::declare_sql_function]
extern "SQL" {
    /// Small letters; only A to Z for certain, which is what both databases agree on.
    fn lower(text: Text) -> Text;
    /// `count` characters from the one at `start`, counted from 1.
    fn substr(text: Text, start: Integer, count: Integer) -> Text;
}

/// A condition that a text begins with `prefix`; whether A to Z are capitals does not matter.
///
/// It compares instead of matching a pattern, so no character of `prefix` means anything special.
pub fn begins_with<E>(text: E, prefix: &str) -> Eq<lower<substr<E, i32, i32>>, lower<String>>
where
    E: Expression<SqlType = Text> + AsExpression<Text, Expression = E>,
{
    let count = i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX);
    lower(substr(text, 1, count)).eq(lower(prefix.to_owned()))
}
