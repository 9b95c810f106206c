//! Answers that differ by whom they are for: two types, never one with holes.

use super::state::State;
use crate::core::problem::Outcome;
use crate::db::Conn;
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// The same thing with all its members, or with what is traced from the caller's own pledges.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Shown<A, T> {
    /// With all its members.
    All(A),
    /// With what a donor may read of it.
    Traced(T),
}

/// Keeps from a caller who holds what is taken, unless `reads` says that the caller may read that one.
///
/// # Errors
/// What was refused.
pub async fn discreet<T, H>(
    state: &State,
    outcome: Outcome<T>,
    reads: impl FnOnce(&mut Conn, H) -> Outcome<()> + Send + 'static,
) -> Outcome<T>
where
    H: FromStr + Send + 'static,
{
    let Err(problem) = outcome else { return outcome };
    let Some(holder) = problem.holder::<H>() else { return Err(problem) };
    let is_read = state.read(move |conn| reads(conn, holder)).await.is_ok();
    Err(if is_read { problem } else { problem.without_holder() })
}
