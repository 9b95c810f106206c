//! What a refusal names, narrowed to what its reader reaches: which later events depend on one, and which consignments
//! hold the goods that are asked for.

use super::reach::{events_within, reached_consignments};
use crate::auth::Scope;
use crate::core::id::{ConsignmentId, EventId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{consignments, events};
use crate::db::{Conn, read_failure};
use crate::web::State;
use diesel::prelude::*;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::str::FromStr;

/// Said where some of the events that depend on one are out of reach.
const HIDDEN: &str = "Later events used what this one brought. Those you may read are in `events`; of others ask whoever \
                      reaches everything.";

/// A refusal as its caller may read it.
///
/// # Errors
/// What the database says.
pub async fn told_within(state: &State, scope: &Scope, problem: Problem) -> Outcome<Problem> {
    if scope.is_everything() || !names_things(&problem.members) {
        return Ok(problem);
    }
    let scope = scope.clone();
    state
        .read(move |conn| {
            let mut problem = problem;
            if narrow(conn, &scope, &mut problem.members)? {
                HIDDEN.clone_into(&mut problem.detail);
                for error in &mut problem.errors {
                    HIDDEN.clone_into(&mut error.detail);
                }
            }
            Ok(problem)
        })
        .await
}

/// The same of a refusal that was kept: it is read by others than whoever it was said to.
///
/// # Errors
/// What the database says.
pub(super) fn kept_within(conn: &mut Conn, scope: &Scope, problem: &mut Value) -> Outcome<()> {
    let Value::Object(members) = problem else { return Ok(()) };
    if scope.is_everything() || !names_things(members) || !narrow(conn, scope, members)? {
        return Ok(());
    }
    members.insert("detail".to_owned(), HIDDEN.into());
    for error in members.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        error["detail"] = HIDDEN.into();
    }
    Ok(())
}

fn names_things(members: &Map<String, Value>) -> bool {
    members.contains_key("events") || members.contains_key("held")
}

/// Takes out what is out of reach; whether any of the events was.
fn narrow(conn: &mut Conn, scope: &Scope, members: &mut Map<String, Value>) -> Outcome<bool> {
    let mut is_hidden = false;
    if let Some(Value::Array(named)) = members.get_mut("events") {
        let reached: HashSet<EventId> = events_within(events::table.into_boxed(), scope)
            .filter(events::id.eq_any(ids::<EventId>(named, "event")))
            .select(events::id)
            .load(conn)
            .map_err(read_failure)?
            .into_iter()
            .collect();
        let all = named.len();
        named.retain(|one| id::<EventId>(one, "event").is_some_and(|id| reached.contains(&id)));
        is_hidden = named.len() < all;
    }
    if let Some(Value::Array(heaps)) = members.get_mut("held") {
        let reached: HashSet<ConsignmentId> = reached_consignments(scope)
            .filter(consignments::id.eq_any(ids::<ConsignmentId>(heaps, "consignment")))
            .select(consignments::id)
            .load(conn)
            .map_err(read_failure)?
            .into_iter()
            .collect();
        // Where its goods are, whoever reads a pledge is told; in whose consignment they travel, and with whom, is the
        // consignment's.
        for heap in heaps {
            if id::<ConsignmentId>(heap, "consignment").is_some_and(|id| !reached.contains(&id)) {
                (heap["consignment"], heap["holder"]) = (Value::Null, Value::Null);
            }
        }
    }
    Ok(is_hidden)
}

fn id<T: FromStr>(one: &Value, member: &str) -> Option<T> {
    one.get(member)?.as_str()?.parse().ok()
}

fn ids<T: FromStr>(all: &[Value], member: &str) -> Vec<T> {
    all.iter().filter_map(|one| id(one, member)).collect()
}
