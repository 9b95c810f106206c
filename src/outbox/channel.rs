//! What a way of telling is.

use super::store::Outlet;
use crate::core::id::OutletId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use uuid::Uuid;

/// Something to tell: what was recorded after one entry of the log, up to another.
#[derive(Clone, Debug)]
pub struct Message {
    /// After this entry …
    pub after: i64,
    /// … up to this.
    pub through: i64,
    /// The same however often it is told.
    pub id: Uuid,
    /// What is sent.
    pub content: Vec<u8>,
    /// What is kept of it once it was taken, for whoever tells the next to compare with.
    pub note: Option<String>,
}

/// What there is to tell.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of the log.
    pub messages: Vec<Message>,
    /// Up to which entry it was looked for.
    pub through: i64,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// It was not.
    Refused {
        /// Why, for whoever is told; nothing of this house's network.
        words: String,
        /// For how many seconds it asked to be left alone.
        rest_seconds: Option<i64>,
    },
}

/// Whether somebody can be told now.
pub enum Opening {
    /// Here is what to tell it by.
    Ready(Box<dyn Telling>),
    /// Not now: it is paused, or whose it is may not read events at present.
    NotNow,
    /// Never again.
    Ended,
}

/// A way of telling.
pub trait Channel: Send + Sync {
    /// The word for its outlets.
    fn kind(&self) -> &'static str;

    /// Whether its outlets are told of each entry as it comes; the others where they are due.
    fn follows_log(&self) -> bool;

    /// Those of its outlets that have something to be told now and are not told at times of their own.
    ///
    /// # Errors
    /// What the database says.
    fn due(&self, _conn: &mut Conn, _now: Timestamp) -> Outcome<Vec<OutletId>> {
        Ok(Vec::new())
    }

    /// Looks up who is told, and how far that one may read at this moment.
    ///
    /// # Errors
    /// Where that cannot be found out now.
    fn open(&self, outlet: &Outlet) -> Outcome<Opening>;
}

/// One who can be told.
pub trait Telling {
    /// The first messages after an entry, up to another entry, and how far it was looked.
    ///
    /// # Errors
    /// What the database says.
    fn find(&mut self, after: i64, through: i64) -> Outcome<Found>;

    /// A message that was not taken before; nothing where it is not to be told any more.
    ///
    /// # Errors
    /// What the database says.
    fn again(&mut self, after: i64, through: i64) -> Outcome<Option<Message>>;

    /// Tells.
    ///
    /// # Errors
    /// Where it is this house's fault that it cannot be told now.
    fn tell(&mut self, message: &Message, now: Timestamp) -> Outcome<Verdict>;

    /// When it is told next, where that goes by time.
    fn due_after(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }
}
