//! Recorded events read again: postings and statements of a range of sequences, with the facts that say where they
//! count.
//!
//! Events are read in ranges, so that memory is bounded by the rows that come of them and of a few before. Never here: what is made of
//! them.

use super::book::{Book, Posted};
use super::load::load_facts;
use super::recorded::StatementRead;
use super::rows::PostingRead;
use crate::audit::store::entry_time;
use crate::core::id::EventId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{events, postings, statements};
use crate::db::{Conn, among, either, in_parts};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Entries whose events are read at once: the smallest dated block, so that a range ends where one does.
pub(super) const EVENTS_PER_READ: i64 = 2_048;
/// Pledge lines, or consignments, whose facts are kept from one range to the next, so that memory is bounded.
const FACTS_KEPT: usize = 20_000;
/// A reversal of a correction of an event: no chain of events that restate others is longer, and one made by
/// hand in a ring is not followed for ever.
const RESTATED_DEPTH: usize = 2;

/// Says by the word of an event's kind whether what was ever delivered follows such events; `None` where the
/// event restated decides. The ledger itself knows no kind.
pub type IsDeploying = fn(&str) -> Option<bool>;

/// The events of one range, with the facts they need.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) book: Book,
    /// The word of each event's kind; of one that restates another, the other's.
    kinds: foldhash::HashMap<i64, String>,
}

impl Reading {
    /// Reads the postings and statements of a range into the book, in place of those that were there.
    pub(super) fn read(
        &mut self,
        conn: &mut Conn,
        range: (i64, i64),
        until: Option<Timestamp>,
        is_deploying: IsDeploying,
    ) -> QueryResult<usize> {
        self.read_seeing(conn, range, until, is_deploying, &mut |_| {})
    }

    /// As [`Reading::read`], showing each posting as it lies in the database.
    pub(super) fn read_seeing(
        &mut self,
        conn: &mut Conn,
        (first, last): (i64, i64),
        until: Option<Timestamp>,
        is_deploying: IsDeploying,
        see: &mut dyn FnMut(&PostingRead),
    ) -> QueryResult<usize> {
        self.load_kinds(conn, (first, last), is_deploying)?;
        let rows = postings_of(conn, (first, last), until)?;
        self.book.postings.clear();
        for row in &rows {
            see(row);
            // What cannot be read is found where balances are folded.
            self.book.postings.extend(row.posted().ok());
        }
        let until = until.unwrap_or(Timestamp(i64::MAX));
        let stated: Vec<StatementRead> = either!(conn, one => {
            statements::table
                .filter(statements::sequence.between(first, last))
                .filter(statements::effective_at.le(until))
                .select(StatementRead::as_select())
                .load(one)
        })?;
        self.book.statements = stated.into_iter().map(StatementRead::stated).collect();
        self.load_facts(conn)?;
        Ok(rows.len())
    }

    /// The events there are postings of, each with the word of its kind.
    pub(super) fn events(&self) -> impl Iterator<Item = (&str, &[Posted])> {
        let events = self.book.postings.chunk_by(|one, next| one.sequence == next.sequence);
        events.filter_map(|event| Some((self.kinds.get(&event[0].sequence)?.as_str(), event)))
    }

    fn load_facts(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let book = &mut self.book;
        if book.lines.len().max(book.consignments.len()) > FACTS_KEPT {
            // Of long ago, most of them: what is named again is read again.
            book.lines.clear();
            book.consignments.clear();
        }
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

    /// What events of a range are, and which of them leave what was ever delivered as it is.
    fn load_kinds(
        &mut self,
        conn: &mut Conn,
        (first, last): (i64, i64),
        is_deploying: IsDeploying,
    ) -> QueryResult<()> {
        let rows: Vec<(i64, String, Option<EventId>)> = either!(conn, one => {
            events::table
                .filter(events::sequence.between(first, last))
                .select((events::sequence, events::kind, events::about_id))
                .load(one)
        })?;
        self.kinds.clear();
        self.book.undeployed.clear();
        // What restates another event does as that one; a correction may itself be reversed.
        let mut open: Vec<(i64, EventId)> = Vec::new();
        for (sequence, kind, about) in rows {
            open.extend(self.is_open(sequence, kind, about, is_deploying));
        }
        for _ in 0..RESTATED_DEPTH {
            let wanted: Vec<EventId> = open.iter().map(|(_, about)| *about).collect();
            let rows: Vec<(EventId, String, Option<EventId>)> = in_parts(&wanted, |part| {
                either!(conn, one => {
                    events::table
                        .filter(among(events::id, part))
                        .select((events::id, events::kind, events::about_id))
                        .load(one)
                })
            })?;
            let restated: HashMap<EventId, (String, Option<EventId>)> =
                rows.into_iter().map(|(id, kind, about)| (id, (kind, about))).collect();
            let mut further = Vec::new();
            for (sequence, about) in open {
                if let Some((kind, next)) = restated.get(&about) {
                    further.extend(self.is_open(sequence, kind.clone(), *next, is_deploying));
                }
            }
            open = further;
        }
        Ok(())
    }

    /// Notes what an event is, or restates; answers it with the event that decides, where that is another.
    fn is_open(
        &mut self,
        sequence: i64,
        kind: String,
        about: Option<EventId>,
        is_deploying: IsDeploying,
    ) -> Option<(i64, EventId)> {
        let decided = is_deploying(&kind);
        if decided == Some(false) {
            self.book.undeployed.insert(sequence);
        }
        self.kinds.insert(sequence, kind);
        about.filter(|_| decided.is_none()).map(|about| (sequence, about))
    }
}

/// The postings of a range that count by a time, in order.
pub(super) fn postings_of(
    conn: &mut Conn,
    (first, last): (i64, i64),
    until: Option<Timestamp>,
) -> QueryResult<Vec<PostingRead>> {
    either!(conn, one => {
        postings::table
            .filter(postings::sequence.between(first, last))
            .filter(postings::effective_at.le(until.unwrap_or(Timestamp(i64::MAX))))
            .order((postings::sequence, postings::ordinal))
            .select(PostingRead::as_select())
            .load(one)
    })
}

/// The sequences after one and up to another, in ranges that are read at once.
pub(super) fn ranges(after: i64, last: i64) -> impl Iterator<Item = (i64, i64)> {
    let next = move |(_, end): &(i64, i64)| (*end < last).then(|| (end + 1, last.min(end + EVENTS_PER_READ)));
    std::iter::successors(next(&(0, after)), next)
}

/// The last entry that was recorded by a time; 0 where there is none. Entries are recorded in the order of their
/// sequences, so the time is looked for by halving: twenty-odd lookups by key among millions. It is asked of the log and
/// not of events: what is stated beside them counts from its own entry on.
///
/// # Errors
/// Whatever the database says.
pub fn recorded_by(conn: &mut Conn, time: Timestamp, last: i64) -> Outcome<i64> {
    let (mut known, mut unknown) = (0, last + 1);
    while unknown - known > 1 {
        let middle = known + (unknown - known) / 2;
        match entry_time(conn, middle - 1)? {
            Some(recorded_at) if recorded_at > time => unknown = middle,
            Some(_) | None => known = middle,
        }
    }
    Ok(known)
}
