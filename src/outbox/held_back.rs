//! Holding everything back: what was restored from a backup tells nobody before somebody says so. It may be a copy for trying
//! things out, or stand where another one tells the same receivers still.

use crate::core::id::{SubjectId, derived};
use crate::core::problem::Outcome;
use crate::db::schema::tellers;
use crate::db::{Conn, read_failure, write_derived};
use crate::writer::{Actor, Desk, Entry, Refusal, Update};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

/// The process that holds the place of the one that tells, and is none: no process has this number, which is drawn at random of
/// all that there are.
const NOBODY: i64 = i64::MIN;

/// Has no process tell anybody anything until [`go_on`].
///
/// # Errors
/// What the database says.
pub fn hold_back(conn: &mut Conn) -> Outcome<()> {
    let hold = |conn: &mut Conn| {
        diesel::sql_query(
            "INSERT INTO tellers (id, held_by, held_until) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET \
             held_by = excluded.held_by, held_until = excluded.held_until",
        )
        .bind::<BigInt, _>(NOBODY)
        .bind::<BigInt, _>(i64::MAX)
        .execute(conn)
        .map(|_| ())
    };
    write_derived(conn, hold).map_err(read_failure)
}

/// Whether everything is held back.
///
/// # Errors
/// What the database says.
pub fn is_held_back(conn: &mut Conn) -> Outcome<bool> {
    let held = tellers::table.filter(tellers::held_by.eq(NOBODY)).filter(tellers::held_until.eq(i64::MAX));
    diesel::select(exists(held)).get_result(conn).map_err(read_failure)
}

/// Has telling go on from where it was.
///
/// # Errors
/// What the database says.
pub fn go_on(conn: &mut Conn) -> Outcome<()> {
    let free = |conn: &mut Conn| {
        let held = tellers::table.filter(tellers::held_by.eq(NOBODY));
        diesel::update(held).set(tellers::held_until.eq(0)).execute(conn).map(|_| ())
    };
    write_derived(conn, free).map_err(read_failure)
}

/// Notes in the log who had telling go on.
pub struct TellingResumed {
    actor: Actor,
}

impl TellingResumed {
    /// Said by somebody.
    pub fn new(actor: Actor) -> Self {
        Self { actor }
    }
}

impl Update for TellingResumed {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let id: SubjectId = derived(Uuid::nil(), "telling", 0);
        desk.begin(Entry { action: "telling.resumed".to_owned(), kind: "log", id: id.0, reason: None });
        Ok(())
    }
}
