//! Rollups folded again out of postings and statements, for verification and for figures of another moment than now.
//!
//! Events are read in ranges, so that memory is bounded by the rows that come of them. Never here: a rollup that is
//! kept.

use super::book::{Book, Posted, Stated};
use super::cuboids::{RollupRow, fold, rollup_rows, write_rollups};
use super::load::load_facts;
use super::recorded::StatementRead;
use super::rollup::{Changes, Cuboid};
use super::rows::PostingRead;
use crate::core::id::{EventId, PledgeLineId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{events, postings, statements};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Events read at once.
pub(super) const EVENTS_PER_READ: i64 = 2_000;
/// A reversal of a correction of an event: no chain of events that restate others is longer, and one made by
/// hand in a ring is not followed for ever.
const RESTATED_DEPTH: usize = 2;

/// Says by the word of an event's kind whether what was ever delivered follows such events; `None` where the
/// event restated decides. The ledger itself knows no kind.
pub type IsDeploying = fn(&str) -> Option<bool>;

/// Rollups as they come out of some events.
pub(super) struct RollupFold {
    book: Book,
    pub(super) changes: Changes,
}

/// What a range added.
pub(super) struct Added {
    /// Postings read.
    pub(super) postings: usize,
    /// A pledge line that is not there; what comes out is incomplete.
    pub(super) unknown: Option<PledgeLineId>,
}

impl RollupFold {
    /// Nothing yet, for these cuboids.
    pub(super) fn over(cuboids: Vec<&'static Cuboid>) -> Self {
        Self { book: Book::default(), changes: Changes::over(cuboids) }
    }

    /// Adds the events of a range, as far as they count until a moment.
    pub(super) fn add(
        &mut self,
        conn: &mut Conn,
        range: (i64, i64),
        until: Option<Timestamp>,
        is_deploying: IsDeploying,
    ) -> QueryResult<Added> {
        let postings = self.read(conn, range, until, is_deploying)?;
        Ok(Added { postings, unknown: fold(&self.book, &mut self.changes).err() })
    }

    /// Reads the postings and statements of a range into the book, in place of those that were there.
    fn read(
        &mut self,
        conn: &mut Conn,
        (first, last): (i64, i64),
        until: Option<Timestamp>,
        is_deploying: IsDeploying,
    ) -> QueryResult<usize> {
        let until = until.unwrap_or(Timestamp(i64::MAX));
        self.book.undeployed = undeployed(conn, first, last, is_deploying)?;
        let rows: Vec<PostingRead> = postings::table
            .filter(postings::sequence.between(first, last))
            .filter(postings::effective_at.le(until))
            .order((postings::sequence, postings::ordinal))
            .select(PostingRead::as_select())
            .load(conn)?;
        let count = rows.len();
        self.book.postings.clear();
        for row in rows {
            // What cannot be read is found where balances are folded.
            self.book.postings.extend(row.posted().ok());
        }
        let stated: Vec<StatementRead> = statements::table
            .filter(statements::sequence.between(first, last))
            .filter(statements::effective_at.le(until))
            .select(StatementRead::as_select())
            .load(conn)?;
        self.book.statements = stated.into_iter().map(StatementRead::stated).collect();
        self.load_facts(conn)?;
        Ok(count)
    }

    /// What each event of the book changes, in the order of their sequences.
    fn apart(&mut self, cuboid: &'static Cuboid) -> Result<Vec<(i64, Changes)>, PledgeLineId> {
        let mut by_event: BTreeMap<i64, (Vec<Posted>, Vec<Stated>)> = BTreeMap::new();
        for posting in std::mem::take(&mut self.book.postings) {
            by_event.entry(posting.sequence).or_default().0.push(posting);
        }
        for stated in std::mem::take(&mut self.book.statements) {
            by_event.entry(stated.sequence).or_default().1.push(stated);
        }
        let mut apart = Vec::with_capacity(by_event.len());
        for (sequence, (postings, statements)) in by_event {
            (self.book.postings, self.book.statements) = (postings, statements);
            let mut changes = Changes::over(vec![cuboid]);
            fold(&self.book, &mut changes)?;
            apart.push((sequence, changes));
        }
        Ok(apart)
    }

    fn load_facts(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let book = &mut self.book;
        let (mut lines, mut consignments, mut sites) = (HashSet::new(), HashSet::new(), HashSet::new());
        for posting in &book.postings {
            lines.insert(posting.cell.line);
            consignments.extend(posting.cell.consignment);
            sites.extend(posting.cell.site);
        }
        lines.extend(book.statements.iter().map(|stated| stated.statement.line));
        lines.retain(|line| !book.lines.contains_key(line));
        consignments.retain(|consignment| !book.consignments.contains_key(consignment));
        sites.retain(|site| !book.sites.contains_key(site));
        load_facts(conn, book, lines, consignments, sites)
    }
}

/// What is counted: everything recorded up to a sequence, as far as it counts until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The last ledger sequence.
    pub known_at: i64,
    /// The last effective time; everything where it is not said.
    pub as_of: Option<Timestamp>,
}

/// Folds the rollups as they were at a cut into the empty table of another database, such as one in memory.
///
/// # Errors
/// Whatever the databases say, and a pledge line that is not there.
pub fn fold_at(
    conn: &mut Conn,
    into: &mut Conn,
    cut: Cut,
    cuboids: Vec<&'static Cuboid>,
    is_deploying: IsDeploying,
) -> Outcome<()> {
    let mut fold = RollupFold::over(cuboids);
    for range in ranges(0, cut.known_at) {
        let added = fold.add(conn, range, cut.as_of, is_deploying).map_err(read_failure)?;
        added.unknown.map_or(Ok(()), |line| Err(unknown(line)))?;
    }
    write_rollups(into, &rollup_rows(&fold.changes)).map_err(read_failure)
}

/// Folds what each event recorded after `after` and up to a cut changed into the empty table of another database: rows
/// have the event's place in the answer, which is its sequences, where the cuboid's number would be.
///
/// # Errors
/// `invalid` where there are more than `most`; whatever the databases say, and a pledge line that is not there.
pub fn fold_apart(
    conn: &mut Conn,
    into: &mut Conn,
    (after, cut): (i64, Cut),
    (cuboid, most): (&'static Cuboid, usize),
    is_deploying: IsDeploying,
) -> Outcome<Vec<i64>> {
    let mut fold = RollupFold::over(vec![cuboid]);
    let mut sequences = Vec::new();
    for range in ranges(after, cut.known_at) {
        fold.read(conn, range, cut.as_of, is_deploying).map_err(read_failure)?;
        let mut rows: Vec<RollupRow> = Vec::new();
        for (sequence, changes) in fold.apart(cuboid).map_err(unknown)? {
            let place = i32::try_from(sequences.len()).unwrap_or(i32::MAX);
            sequences.push(sequence);
            rows.extend(rollup_rows(&changes).into_iter().map(|row| RollupRow { cuboid: place, ..row }));
        }
        if sequences.len() > most {
            let detail = format!("more than {most} entries since then; ask for less at a time");
            return Err(Problem::field("/from", detail));
        }
        write_rollups(into, &rows).map_err(read_failure)?;
    }
    Ok(sequences)
}

/// The sequences after one and up to another, in ranges that are read at once.
fn ranges(after: i64, last: i64) -> impl Iterator<Item = (i64, i64)> {
    let next = move |(_, end): &(i64, i64)| (*end < last).then(|| (end + 1, last.min(end + EVENTS_PER_READ)));
    std::iter::successors(next(&(0, after)), next)
}

fn unknown(line: PledgeLineId) -> Problem {
    Problem::internal(format!("postings name the pledge line {line}, which is not there"))
}

/// The last event that was recorded by a time; 0 where there is none. Events are recorded in the order of their
/// sequences, so the time is looked for by halving: twenty-odd lookups by key among millions.
///
/// # Errors
/// Whatever the database says.
pub fn recorded_by(conn: &mut Conn, time: Timestamp, last: i64) -> Outcome<i64> {
    let (mut known, mut unknown) = (0, last + 1);
    while unknown - known > 1 {
        let middle = known + (unknown - known) / 2;
        let found: Option<(i64, Timestamp)> = events::table
            .filter(events::sequence.le(middle))
            .order(events::sequence.desc())
            .select((events::sequence, events::recorded_at))
            .first(conn)
            .optional()
            .map_err(read_failure)?;
        match found {
            Some((sequence, _)) if sequence <= known => known = middle,
            Some((_, recorded_at)) if recorded_at > time => unknown = middle,
            Some(_) | None => known = middle,
        }
    }
    Ok(known)
}

/// The sequences of a range that leave what was ever delivered as it is.
fn undeployed(
    conn: &mut Conn,
    first: i64,
    last: i64,
    is_deploying: IsDeploying,
) -> QueryResult<HashSet<i64>> {
    let rows: Vec<(i64, String, Option<EventId>)> = events::table
        .filter(events::sequence.between(first, last))
        .select((events::sequence, events::kind, events::about_id))
        .load(conn)?;
    let mut found = HashSet::new();
    // What restates another event does as that one; a correction may itself be reversed.
    let mut open: Vec<(i64, EventId)> = Vec::new();
    for (sequence, kind, about) in rows {
        match (is_deploying(&kind), about) {
            (Some(false), _) => drop(found.insert(sequence)),
            (None, Some(about)) => open.push((sequence, about)),
            (Some(true), _) | (None, None) => {}
        }
    }
    for _ in 0..RESTATED_DEPTH {
        let wanted: Vec<EventId> = open.iter().map(|(_, about)| *about).collect();
        let rows: Vec<(EventId, String, Option<EventId>)> = events::table
            .filter(events::id.eq_any(wanted))
            .select((events::id, events::kind, events::about_id))
            .load(conn)?;
        let restated: HashMap<EventId, (Option<bool>, Option<EventId>)> =
            rows.into_iter().map(|(id, kind, about)| (id, (is_deploying(&kind), about))).collect();
        let mut further = Vec::new();
        for (sequence, about) in open {
            match restated.get(&about) {
                Some((Some(false), _)) => drop(found.insert(sequence)),
                Some((None, Some(next))) => further.push((sequence, *next)),
                Some((Some(true), _) | (None, None)) | None => {}
            }
        }
        open = further;
    }
    Ok(found)
}
