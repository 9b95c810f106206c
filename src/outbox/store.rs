//! How far each was told, and what was not taken. None of it is a record: it changes with each telling.

use super::replay::REPLAY_MAXIMUM;
use super::rules::Pace;
use crate::core::id::{LetterId, OutletId, derived};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{letters, outlets};
use crate::db::{Conn, in_parts, read_failure};
use crate::writer::record;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use std::collections::HashMap;
use uuid::Uuid;

/// Outlets looked at in one round; those beyond come in the next. What was looked at once is kept in memory.
const ROUND: i64 = 1_000;
/// Letters of one outlet that are tried in one turn.
pub(super) const LETTERS_PER_TURN: i64 = 10;
/// How long a process tells without saying again that it does. Another takes over after that.
pub(super) const HELD_SECONDS: i64 = 10;

record! {
    /// Who is told, and how far that one was.
    pub struct Outlet in outlets key id: OutletId, group id: OutletId {
        /// Key; also of the row that says who it is.
        id: OutletId,
        /// In which way.
        kind: String,
        /// The entry of the log up to which all was told or put by.
        told_through: i64,
        /// When it is told next, where that goes by time.
        due_at: Option<Timestamp>,
        /// Failures one after another.
        failures: i64,
        /// Until when nothing is tried.
        resting_until: Timestamp,
        /// When something was tried last.
        tried_at: Option<Timestamp>,
        /// When something was taken last.
        taken_at: Option<Timestamp>,
        /// Why the last was not taken.
        error: Option<String>,
        /// What was kept of what was taken last.
        noted: Option<String>,
    }
}

impl Outlet {
    /// One that was told everything up to an entry.
    pub fn new(id: OutletId, kind: &str, told_through: i64, due_at: Option<Timestamp>) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            told_through,
            due_at,
            failures: 0,
            resting_until: Timestamp(0),
            tried_at: None,
            taken_at: None,
            error: None,
            noted: None,
        }
    }
}

record! {
    /// What was not taken.
    pub struct Letter in letters key id: LetterId, group outlet_id: OutletId {
        /// Key: made from the outlet and the entry.
        id: LetterId,
        /// By whom.
        outlet_id: OutletId,
        /// It tells what came after this entry …
        after_sequence: i64,
        /// … up to this.
        sequence: i64,
        /// How often it was tried.
        attempts: i64,
        /// When it is tried next; none where it was given up.
        next_at: Option<Timestamp>,
        /// Why it was not taken.
        error: String,
        /// When it was tried first.
        first_at: Timestamp,
        /// When it was tried last.
        last_at: Timestamp,
    }
}

/// The key of what an outlet did not take.
pub(super) fn letter_id(outlet: OutletId, sequence: i64) -> LetterId {
    derived(outlet.0, "letter", u64::try_from(sequence).unwrap_or_default())
}

/// Which letters of an outlet are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterFilter {
    /// All that were not taken.
    All,
    /// Those that are tried again by themselves.
    Waiting,
    /// Those that were given up.
    GivenUp,
}

/// Letters of an outlet after an entry, in the order of the log; one more than the limit tells that there are more.
///
/// # Errors
/// What the database says.
pub fn letter_list(
    conn: &mut Conn,
    outlet: OutletId,
    filter: LetterFilter,
    after: i64,
    limit: i64,
) -> Outcome<Vec<Letter>> {
    let mut query = letters::table
        .filter(letters::outlet_id.eq(outlet))
        .filter(letters::sequence.gt(after))
        .select(Letter::as_select())
        .order(letters::sequence)
        .limit(limit)
        .into_boxed();
    query = match filter {
        LetterFilter::All => query,
        LetterFilter::Waiting => query.filter(letters::next_at.is_not_null()),
        LetterFilter::GivenUp => query.filter(letters::next_at.is_null()),
    };
    query.load(conn).map_err(read_failure)
}

/// The keys of the first letters of an outlet that were given up, as many as are told again at once.
///
/// # Errors
/// What the database says.
pub fn letters_given_up(conn: &mut Conn, outlet: OutletId) -> Outcome<Vec<LetterId>> {
    let limit = i64::try_from(REPLAY_MAXIMUM).unwrap_or(i64::MAX);
    letters::table
        .filter(letters::outlet_id.eq(outlet))
        .filter(letters::next_at.is_null())
        .order(letters::sequence)
        .limit(limit)
        .select(letters::id)
        .load(conn)
        .map_err(read_failure)
}

/// How many letters of an outlet wait, and how many were given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// Tried again by themselves.
    pub waiting: i64,
    /// Given up.
    pub given_up: i64,
}

/// How far outlets were told, and how many letters each has.
///
/// # Errors
/// What the database says.
pub fn standings(conn: &mut Conn, ids: &[OutletId]) -> Outcome<HashMap<OutletId, (Outlet, Letters)>> {
    let found: Vec<Outlet> = in_parts(ids, |part| {
        outlets::table.filter(outlets::id.eq_any(part)).select(Outlet::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    let counted: Vec<(OutletId, i64, i64)> = in_parts(ids, |part| {
        letters::table
            .filter(letters::outlet_id.eq_any(part))
            .group_by(letters::outlet_id)
            .select((letters::outlet_id, count_star(), sql::<BigInt>("COUNT(letters.next_at)")))
            .load(conn)
    })
    .map_err(read_failure)?;
    let counts: HashMap<OutletId, Letters> = counted
        .into_iter()
        .map(|(id, all, waiting)| (id, Letters { waiting, given_up: all - waiting }))
        .collect();
    let standing = |outlet: Outlet| {
        let letters = counts.get(&outlet.id).copied().unwrap_or_default();
        (outlet.id, (outlet, letters))
    };
    Ok(found.into_iter().map(standing).collect())
}

/// What one round looks at.
pub(super) struct Round {
    pub(super) outlets: Vec<Outlet>,
    /// Those that have a letter due, of all.
    pub(super) with_letters: Vec<OutletId>,
    /// Behind which one the next round goes on; from the first one where there is none.
    pub(super) next: Option<OutletId>,
}

/// The outlets behind one that may be told something at a time: many rest or are put off, and must not hide those behind them.
pub(super) fn round(
    conn: &mut Conn,
    following: &[&str],
    behind: Option<OutletId>,
    now: Timestamp,
) -> Outcome<Round> {
    let outlets: Vec<Outlet> = outlets::table
        .filter(outlets::kind.eq_any(following.to_vec()).or(outlets::due_at.le(now)))
        .filter(outlets::id.gt(behind.unwrap_or(OutletId(Uuid::nil()))))
        .order(outlets::id)
        .limit(ROUND)
        .select(Outlet::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let with_letters = letters::table
        .filter(letters::next_at.le(now))
        .select(letters::outlet_id)
        .distinct()
        .load(conn)
        .map_err(read_failure)?;
    let is_full = i64::try_from(outlets.len()).is_ok_and(|count| count == ROUND);
    let next = outlets.last().filter(|_| is_full).map(|outlet| outlet.id);
    Ok(Round { outlets, with_letters, next })
}

/// These outlets as they stand.
pub(super) fn outlets_of(conn: &mut Conn, ids: &[OutletId]) -> Outcome<Vec<Outlet>> {
    in_parts(ids, |part| {
        outlets::table.filter(outlets::id.eq_any(part)).select(Outlet::as_select()).load(conn)
    })
    .map_err(read_failure)
}

/// The letters of an outlet to try now; of one that is out of order the oldest, whether it is due or not.
pub(super) fn letters_to_try(
    conn: &mut Conn,
    id: OutletId,
    now: Timestamp,
    is_broken: bool,
) -> Outcome<Vec<Letter>> {
    let query = letters::table
        .filter(letters::outlet_id.eq(id))
        .filter(letters::next_at.is_not_null())
        .select(Letter::as_select())
        .order((letters::next_at, letters::sequence))
        .into_boxed();
    let query = if is_broken {
        query.limit(1)
    } else {
        query.filter(letters::next_at.le(now)).limit(LETTERS_PER_TURN)
    };
    query.load(conn).map_err(read_failure)
}

/// Writes where outlets stand, each only forward; beside each stands when it was due as far as was known. What somebody else
/// said of that meanwhile stays.
pub(super) fn write_outlets(conn: &mut Conn, rows: &[(Outlet, Option<Timestamp>)]) -> QueryResult<()> {
    for (row, known_due) in rows {
        diesel::update(outlets::table.filter(outlets::id.eq(row.id)))
            .filter(outlets::told_through.le(row.told_through))
            .set((
                outlets::told_through.eq(row.told_through),
                outlets::failures.eq(row.failures),
                outlets::resting_until.eq(row.resting_until),
                outlets::tried_at.eq(row.tried_at),
                outlets::taken_at.eq(row.taken_at),
                outlets::error.eq(row.error.clone()),
                outlets::noted.eq(row.noted.clone()),
            ))
            .execute(conn)?;
        if row.due_at == *known_due {
            continue;
        }
        let due = diesel::update(outlets::table.filter(outlets::id.eq(row.id)));
        match known_due {
            Some(known) => {
                due.filter(outlets::due_at.eq(*known)).set(outlets::due_at.eq(row.due_at)).execute(conn)?
            }
            None => {
                due.filter(outlets::due_at.is_null()).set(outlets::due_at.eq(row.due_at)).execute(conn)?
            }
        };
    }
    Ok(())
}

/// Writes a letter as it is now.
pub(super) fn write_letter(conn: &mut Conn, letter: &Letter) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO letters (id, outlet_id, after_sequence, sequence, attempts, next_at, error, first_at, last_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, \
         next_at = excluded.next_at, error = excluded.error, last_at = excluded.last_at",
    )
    .bind::<Binary, _>(letter.id)
    .bind::<Binary, _>(letter.outlet_id)
    .bind::<BigInt, _>(letter.after_sequence)
    .bind::<BigInt, _>(letter.sequence)
    .bind::<BigInt, _>(letter.attempts)
    .bind::<Nullable<BigInt>, _>(letter.next_at)
    .bind::<Text, _>(letter.error.clone())
    .bind::<BigInt, _>(letter.first_at)
    .bind::<BigInt, _>(letter.last_at)
    .execute(conn)
    .map(|_| ())
}

/// Takes away a letter that was taken, or is not to be told any more.
pub(super) fn remove_letter(conn: &mut Conn, id: LetterId) -> QueryResult<()> {
    diesel::delete(letters::table.filter(letters::id.eq(id))).execute(conn).map(|_| ())
}

/// Takes away an outlet that is never told again, with its letters.
pub(super) fn remove_outlet(conn: &mut Conn, id: OutletId) -> QueryResult<()> {
    diesel::delete(letters::table.filter(letters::outlet_id.eq(id))).execute(conn)?;
    diesel::delete(outlets::table.filter(outlets::id.eq(id))).execute(conn).map(|_| ())
}

/// Has this process be the one that tells, unless another is.
pub(super) fn hold(conn: &mut Conn, process: i64, now: Timestamp) -> QueryResult<bool> {
    let until = Pace::ORDINARY.after(now, HELD_SECONDS);
    let held = diesel::sql_query(
        "INSERT INTO tellers (id, held_by, held_until) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET \
         held_by = excluded.held_by, held_until = excluded.held_until \
         WHERE tellers.held_by = $3 OR tellers.held_until <= $4",
    )
    .bind::<BigInt, _>(process)
    .bind::<BigInt, _>(until)
    .bind::<BigInt, _>(process)
    .bind::<BigInt, _>(now)
    .execute(conn)?;
    Ok(held == 1)
}

/// Lets another process tell at once.
pub(super) fn let_go(conn: &mut Conn, process: i64) -> QueryResult<()> {
    diesel::sql_query("UPDATE tellers SET held_until = 0 WHERE held_by = $1")
        .bind::<BigInt, _>(process)
        .execute(conn)
        .map(|_| ())
}
