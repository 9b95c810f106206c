//! A moment that figures are asked for: as of a time, and as it was known.

use super::fold::Cut;
use super::load::NOT_EMPTY;
use super::reading::recorded_by;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Binds, Conn, read_failure};
use crate::writer::log_state;
use diesel::prelude::*;

/// A moment of the record: by the ledger's sequence or by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownAt {
    /// With this sequence.
    Sequence(i64),
    /// By this time.
    Time(Timestamp),
}

/// Reads a time until when: RFC 3339, or a date for its whole day.
///
/// # Errors
/// `invalid` at `/as_of`.
pub fn read_as_of(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = |text: &str| {
        Timestamp::parse_last(text).ok_or_else(|| {
            let right =
                "write RFC 3339 such as 2020-08-06T09:30:00Z, or a date such as 2020-08-06 for its whole day";
            Problem::field("/as_of", format!("{text:?} is not a time; {right}")).coded(Fault::NotATime)
        })
    };
    text.map(read).transpose()
}

/// Reads a moment of the record: a ledger sequence, or a time as [`read_as_of`] takes it.
///
/// # Errors
/// `invalid` at the parameter.
pub fn read_known_at(parameter: &str, text: Option<&str>) -> Result<Option<KnownAt>, Problem> {
    let read = |text: &str| {
        if let Ok(sequence) = text.parse() {
            return Ok(KnownAt::Sequence(sequence));
        }
        Timestamp::parse_last(text).map(KnownAt::Time).ok_or_else(|| {
            let right = "write a ledger sequence such as 4711, RFC 3339, or a date for its whole day";
            Problem::field(format!("/{parameter}"), format!("{text:?} is no moment of the record; {right}"))
        })
    };
    text.map(read).transpose()
}

/// The moment a figure is asked for; now, where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Only what took effect by then.
    pub as_of: Option<Timestamp>,
    /// Only what was recorded by then.
    pub known_at: Option<KnownAt>,
}

impl Moment {
    /// Reads `as_of` and `known_at`.
    ///
    /// # Errors
    /// `invalid` at the one that cannot be read.
    pub fn read(as_of: Option<&str>, known_at: Option<&str>) -> Result<Self, Problem> {
        Ok(Self { as_of: read_as_of(as_of)?, known_at: read_known_at("known_at", known_at)? })
    }

    /// What counts at this moment, now or another.
    ///
    /// # Errors
    /// `invalid` where the ledger has no such sequence.
    pub fn cut(self, conn: &mut Conn) -> Outcome<Cut> {
        Ok(Cut { known_at: last_known(conn, self.known_at, "/known_at")?, as_of: self.as_of })
    }

    /// What counts at another moment than now; none where now is asked for.
    ///
    /// # Errors
    /// `invalid` where the ledger has no such sequence.
    pub fn past(self, conn: &mut Conn) -> Outcome<Option<Cut>> {
        if self == Self::default() {
            return Ok(None);
        }
        self.cut(conn).map(Some)
    }

    /// The day that decides what had expired at another moment than now: the one asked for, be it as of when or as known
    /// when; of a sequence, the day on which the last event that counts was recorded, which is the same whenever it is asked.
    ///
    /// # Errors
    /// What the database says.
    pub fn day(self, conn: &mut Conn, cut: Cut) -> Outcome<String> {
        let asked = match (self.as_of, self.known_at) {
            (Some(time), _) | (None, Some(KnownAt::Time(time))) => Some(time),
            (None, Some(KnownAt::Sequence(_)) | None) => None,
        };
        if let Some(time) = asked {
            return Ok(time.day());
        }
        let recorded: Option<Timestamp> = events::table
            .filter(events::sequence.le(cut.known_at))
            .order(events::sequence.desc())
            .select(events::recorded_at)
            .first(conn)
            .optional()
            .map_err(read_failure)?;
        Ok(recorded.unwrap_or_default().day())
    }
}

impl Cut {
    /// Which rows of a table count, postings or statements, as a condition of a query.
    pub fn condition(&self, table: &str, binds: &mut Binds) -> String {
        let mut words = format!("{table}.sequence <= {}", binds.number(self.known_at));
        if let Some(as_of) = self.as_of {
            words.push_str(&format!(" AND {table}.effective_at <= {}", binds.number(as_of.0)));
        }
        words
    }
}

/// What lies in cells, as parts of a query over `balances`: of now it is what balances say, of another moment what the
/// postings of their cells add up to, also of those that were emptied since.
#[derive(Clone, Debug)]
pub struct Held {
    /// What is joined to `balances`.
    pub joined: &'static str,
    /// What is added up.
    pub quantity: &'static str,
    /// What counts.
    pub condition: String,
}

impl Held {
    /// Those parts, at a cut where another moment than now is asked for.
    pub fn at(past: Option<Cut>, binds: &mut Binds) -> Self {
        match past {
            None => Self { joined: "", quantity: "balances.quantity", condition: NOT_EMPTY.to_owned() },
            Some(cut) => Self {
                joined: "JOIN postings ON postings.cell = balances.cell",
                quantity: "postings.quantity",
                condition: cut.condition("postings", binds),
            },
        }
    }
}

/// The last ledger sequence that counts; `field` is where it was asked for.
///
/// # Errors
/// `invalid` where the ledger has no such sequence.
pub fn last_known(conn: &mut Conn, known_at: Option<KnownAt>, field: &str) -> Outcome<i64> {
    let last = log_state(conn)?.last.sequence;
    match known_at {
        None => Ok(last),
        Some(KnownAt::Time(time)) => recorded_by(conn, time, last),
        Some(KnownAt::Sequence(asked)) if (0..=last).contains(&asked) => Ok(asked),
        Some(KnownAt::Sequence(asked)) => {
            Err(Problem::field(field, format!("{asked} is no sequence of this ledger; its last is {last}")))
        }
    }
}
