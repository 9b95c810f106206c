//! Where entries count, in SQL: the one text that all sections and the way down to entries read.
//!
//! Postings, statements and balances are joined with what their pledge line, consignment and site say for ever,
//! narrowed to what is asked and what the caller reaches, and stand behind a `FROM` as one table. Texts are put
//! together from words of this room only; every value is bound.

use super::anchor::{self, Anchor};
use super::rules::Question;
use crate::audit::entry::Entry;
use crate::auth::Bound;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::log_entries;
use crate::db::{Conn, Statement, read_failure};
use crate::ledger::last_known;
use crate::totals::rules::{KnownAt, PlaceMeaning};
use diesel::prelude::*;

/// The columns of an entry that say of which goods it is.
const CELL: &str = "cell, account, condition, pledge_line_id, lot_id, item_id, consignment_id, leg_id, site_id, \
                    holder_id, quantity";

/// What says where an entry counts, of what counts nowhere.
const NOWHERE: &str = "CAST(NULL AS BYTEA) AS consignment_id, CAST(NULL AS BYTEA) AS site_id, \
    CAST(NULL AS BYTEA) AS holder_id, CAST(NULL AS TEXT) AS country_at, CAST(NULL AS TEXT) AS country_for, \
    CAST(NULL AS BYTEA) AS consignee_id, CAST(NULL AS BYTEA) AS origin_id, CAST(NULL AS BYTEA) AS destination_id, \
    CAST(NULL AS BYTEA) AS owner_id";

/// Whether title to an entry's goods has passed from the donor, as `crate::ledger::owner` decides it: delivered and
/// distributed goods, and others by what their line says. Accounts stand by their number.
const HAS_PASSED: &str = "(entries.account IN (7, 8) \
    OR (entries.account BETWEEN 2 AND 10 AND pledge_lines.title_passes = 'agreement') \
    OR (entries.account BETWEEN 3 AND 10 AND pledge_lines.title_passes = 'hand_over' \
        AND entries.site_id IS NOT NULL) \
    OR (entries.account IN (3, 4, 6, 9, 10) AND pledge_lines.title_passes = 'arrival' \
        AND entries.site_id = consignments.destination_id))";

/// What was on record, and what had happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The last ledger sequence that counts.
    pub(super) sequence: i64,
    /// Whether later entries, or entries that take effect later, may be on record.
    pub(super) is_past: bool,
    /// When the last entry that counts was recorded; what is not of the ledger, such as papers, counts until then.
    /// The end of time where everything on record does.
    pub(super) recorded_at: Timestamp,
    /// The moment ages are told at.
    pub(super) ages_at: Timestamp,
}

impl Moment {
    /// The moment of a question; `now` is the clock's.
    ///
    /// # Errors
    /// `invalid` where the record has no such moment.
    pub(super) fn of(conn: &mut Conn, question: &Question, now: Timestamp) -> Outcome<Self> {
        let sequence = last_known(conn, question.known_at, "/known_at")?;
        let (recorded_at, told_at) = match question.known_at {
            None => (Timestamp(i64::MAX), now),
            Some(KnownAt::Time(time)) => (time, time),
            Some(KnownAt::Sequence(sequence)) => {
                let at = recorded_at(conn, sequence)?;
                (at, at)
            }
        };
        let is_past = question.known_at.is_some() || question.as_of.is_some();
        Ok(Self { sequence, is_past, recorded_at, ages_at: question.as_of.unwrap_or(told_at) })
    }
}

/// When the entry of a sequence was recorded; sequences are positions in the log plus one.
fn recorded_at(conn: &mut Conn, sequence: i64) -> Outcome<Timestamp> {
    let body: Option<String> = log_entries::table
        .filter(log_entries::position.eq(sequence - 1))
        .select(log_entries::body)
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let Some(body) = body else { return Ok(Timestamp(0)) };
    let entry = Entry::parse(body.as_bytes())
        .map_err(|error| Problem::internal(format!("the log's entry of sequence {sequence}: {error}")))?;
    Ok(Timestamp(entry.recorded_at_us))
}

/// What a question counts, at a moment.
pub(super) struct Counted<'q> {
    pub(super) question: &'q Question,
    pub(super) moment: Moment,
    pub(super) statement: Statement,
    /// What of it an index finds entries by, if anything.
    anchor: Option<Anchor>,
    /// A condition on entries of the ledger that are on record and have taken effect.
    until: String,
    /// A condition on where entries count.
    within: String,
    /// A mark for the first moment of the period; none where it is the beginning.
    from: Option<String>,
}

impl<'q> Counted<'q> {
    pub(super) fn new(question: &'q Question, moment: Moment) -> Self {
        let mut statement = Statement::default();
        let mut until = vec![format!("sequence <= {}", statement.number(moment.sequence))];
        if let Some(as_of) = question.as_of {
            until.push(format!("effective_at <= {}", statement.number(as_of.0)));
        }
        let within = within(question, &mut statement);
        let anchor = Anchor::of(question, &mut statement);
        let from = question.from.map(|from| statement.number(from.0));
        Self { question, moment, statement, anchor, until: until.join(" AND "), within, from }
    }

    /// A table of what is held: of now from balances, of another moment from the postings that make them.
    pub(super) fn held(&self) -> String {
        self.placed(&self.held_of())
    }

    fn held_of(&self) -> String {
        if self.moment.is_past {
            return format!("SELECT {CELL} FROM {} WHERE {}", self.postings(), self.until);
        }
        format!("SELECT {CELL} FROM {} WHERE quantity <> 0", self.all_balances())
    }

    fn postings(&self) -> String {
        anchor::postings(self.anchor.as_ref())
    }

    fn all_balances(&self) -> String {
        anchor::balances(self.anchor.as_ref())
    }

    /// A table of all postings of the events that moved anything an index finds, that count.
    pub(super) fn posted_by_events(&self, condition: &str) -> String {
        let (postings, until) = (anchor::postings_of_events(self.anchor.as_ref()), &self.until);
        format!("(SELECT * FROM {postings} WHERE {until} AND {condition})")
    }

    /// A table of what is held, wherever it counts: for what is compared as a whole.
    pub(super) fn held_anywhere(&self) -> String {
        format!("({})", self.held_of())
    }

    /// A table of postings that count; a further condition may be on their own columns.
    pub(super) fn posted(&self, condition: &str) -> String {
        let (postings, until) = (self.postings(), &self.until);
        self.placed(&format!(
            "SELECT sequence, ordinal, effective_at, {CELL} FROM {postings} WHERE {until} AND ({condition})"
        ))
    }

    /// A table of all postings, with those that do not count at the moment, or not yet.
    pub(super) fn posted_ever(&self) -> String {
        self.placed(&format!("SELECT sequence, ordinal, effective_at, {CELL} FROM {}", self.postings()))
    }

    /// A table of balances as they are kept now, whatever moment is asked for.
    pub(super) fn balances(&self) -> String {
        self.placed(&format!("SELECT {CELL} FROM {} WHERE quantity <> 0", self.all_balances()))
    }

    /// A table of what documents state; none where a filter says where goods are. It stands nowhere: neither does what
    /// it is compared with, the sources.
    pub(super) fn stated(&self) -> Option<String> {
        let (statements, until, within) =
            (anchor::statements(self.anchor.as_ref())?, &self.until, &self.within);
        Some(format!(
            "(SELECT * FROM (SELECT statements.pledge_line_id, statements.lot_id, statements.item_id, promised, surplus, \
             {NOWHERE}, pledge_lines.pledge_id, pledges.programme_id, pledges.donor_id FROM {statements} \
             JOIN pledge_lines ON pledge_lines.id = statements.pledge_line_id \
             JOIN pledges ON pledges.id = pledge_lines.pledge_id WHERE {until}) AS placed WHERE {within})"
        ))
    }

    /// A condition on postings: that they are on record and have taken effect.
    pub(super) fn until(&self) -> &str {
        &self.until
    }

    /// A condition on a column of effective times: that they are within the period.
    pub(super) fn within_period(&self, column: &str) -> String {
        self.from.as_ref().map_or_else(|| "1 = 1".to_owned(), |from| format!("{column} >= {from}"))
    }

    /// The same: that they are before it.
    pub(super) fn before_period(&self, column: &str) -> String {
        self.from.as_ref().map_or_else(|| "1 = 0".to_owned(), |from| format!("{column} < {from}"))
    }

    /// Entries with where they count, as far as they are asked for and within reach.
    fn placed(&self, entries: &str) -> String {
        format!(
            "(SELECT * FROM (SELECT entries.*, pledge_lines.pledge_id, pledges.programme_id, pledges.donor_id, \
             sites.country AS country_at, \
             CASE WHEN entries.account > 1 THEN COALESCE(destinations.country, pledge_lines.earmark_country) END \
             AS country_for, consignments.consignee_id, consignments.origin_id, consignments.destination_id, \
             CASE WHEN entries.account < 2 THEN NULL WHEN {HAS_PASSED} \
             THEN COALESCE(consignments.consignee_id, entries.holder_id) ELSE pledges.donor_id END AS owner_id \
             FROM ({entries}) AS entries \
             JOIN pledge_lines ON pledge_lines.id = entries.pledge_line_id \
             JOIN pledges ON pledges.id = pledge_lines.pledge_id \
             LEFT JOIN consignments ON consignments.id = entries.consignment_id \
             LEFT JOIN sites ON sites.id = entries.site_id \
             LEFT JOIN sites AS destinations ON destinations.id = consignments.destination_id) AS placed \
             WHERE {})",
            self.within
        )
    }
}

/// The condition that filters and scope come to.
fn within(question: &Question, statement: &mut Statement) -> String {
    let (filters, place) = (&question.filters, question.place);
    let mut conditions = vec!["1 = 1".to_owned()];
    for (group, id) in &filters.ids {
        conditions.push(format!("{} = {}", group.column(place), statement.id(*id)));
    }
    if let Some(country) = &filters.country {
        let column = match place {
            PlaceMeaning::At => "country_at",
            PlaceMeaning::For => "country_for",
        };
        conditions.push(format!("{column} = {}", statement.words(country)));
    }
    if let Some((origin, destination)) = filters.corridor {
        conditions.push(format!("origin_id = {}", statement.id(origin.0)));
        conditions.push(format!("destination_id = {}", statement.id(destination.0)));
    }
    conditions.extend(filters.without.iter().map(|group| format!("{} IS NULL", group.column(place))));
    for bound in question.scope.bounds() {
        conditions.push(match bound {
            // As in totals: what the organization gave, holds, owns or is to get.
            Bound::Organization(own) => {
                format!("{} IN (donor_id, holder_id, owner_id, consignee_id)", statement.id(own.0))
            }
            Bound::Countries(own) => {
                let own: Vec<String> = own.iter().map(|code| statement.words(code)).collect();
                let own = own.join(", ");
                format!("(country_at IN ({own}) OR country_for IN ({own}))")
            }
            Bound::OwnPledges(donor) => format!("donor_id = {}", statement.id(donor.0)),
        });
    }
    conditions.join(" AND ")
}
