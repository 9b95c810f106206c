//! The one way to record anything.
//!
//! A bounded queue and one thread. The thread takes what is waiting, opens the one transaction that may
//! write, loads what the batch needs in a few queries, lets each update decide against that in memory,
//! writes everything accepted in bulk together with the log's leaves, commits once and answers each caller.
//!
//! | file | what it is |
//! |---|---|
//! | `queue`, `batch`, `decide` | what waits for the writer; the thread; deciding what it took |
//! | `desk` | what an update sees while it decides, shelf by shelf |
//! | `drawer`, `loose` | shelves of rows: those the log tells of, and those it does not |
//! | `register`, `index` | shelves of what is unique, and of what belongs to a key |
//! | `column`, `log` | how values enter the log, and where that stands |
//! | `rehearsal` | deciding without recording |
//! | `restored` | the first entry after a backup was put back |
//! | `source` | where time and chance come from |
//!
//! Invariants: a refused update leaves nothing behind and fails alone; sequence numbers have no gaps and
//! are the positions of the log plus one; nothing is answered before its commit. This room knows no table
//! but the log's and no kind of update: rooms below bring their rows as [`Record`]s and their decisions as
//! [`Update`]s.

mod batch;
mod column;
mod decide;
mod desk;
mod drawer;
mod index;
mod log;
mod loose;
mod queue;
mod register;
mod rehearsal;
mod restored;
mod source;

pub use batch::{Comparison, Wake, WakeKey, Woken, Writer, WriterSettings};
pub use column::AsValue;
pub use desk::{Actor, Checkmark, Desk, Entry, Moment, Refusal, Shelf, Wanted};
pub(crate) use drawer::record;
pub use drawer::{Drawer, Personal, Record, row_source};
pub use index::{Index, Lookup};
pub use log::{LEDGER_ORIGIN, LogHead, LogState, last_sequence, leaf_hash, log_head, log_state};
pub use loose::Loose;
pub use queue::{BATCH_LIMIT, Job, Priority};
pub use register::{Register, Unique, apart, within};
pub use rehearsal::Rehearsal;
pub use restored::Restored;
pub use source::Source;

use crate::audit::note::NoteSigner;
use crate::audit::receipt::Receipt;
use crate::audit::receipt_batch::ReceiptBatch;
use crate::core::problem::Problem;
use std::sync::Arc;

/// Something that can be recorded.
///
/// `decide` may run several times before it is accepted: it asks the desk for rows, and where one is not
/// loaded yet it returns early with [`Refusal::Missed`] and runs again once it is. It must therefore depend
/// on nothing but the desk and itself.
pub trait Update: Send + 'static {
    /// What the caller learns.
    type Answer: Send + 'static;

    /// Who posts it.
    fn actor(&self) -> &Actor;

    /// Asks for what `decide` will want, so that a whole batch is loaded in a few queries.
    fn keys(&self, _desk: &mut Desk) {}

    /// Reads from the desk, decides, and stages what is to be written.
    ///
    /// # Errors
    /// The problem the caller gets, or [`Refusal::Missed`].
    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal>;

    /// What is recorded instead where the database itself refuses the update for good, though it was decided: something
    /// for what was acknowledged before, whose caller hears no answer.
    fn instead(&self, _problem: &Problem) -> Option<Box<dyn Job>> {
        None
    }
}

/// An answer together with the log entry that carries it.
#[derive(Clone, Debug)]
pub struct Recorded<A> {
    /// What the update answered.
    pub answer: A,
    /// The entry; absent where nothing new was written, as for an update posted twice.
    pub leaf: Option<Leaf>,
}

impl<A> Recorded<A> {
    /// The same with its answer translated.
    pub fn map<B>(self, translate: impl FnOnce(A) -> B) -> Recorded<B> {
        Recorded { answer: translate(self.answer), leaf: self.leaf }
    }
}

/// The log's leaf of one update, among those of its commit.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Ledger sequence, one more than the position in the log.
    pub sequence: i64,
    batch: Arc<ReceiptBatch>,
}

impl Leaf {
    /// Where something was written: the leaf with this sequence, of this batch.
    fn among(batch: &Arc<ReceiptBatch>, sequence: Option<i64>) -> Option<Self> {
        sequence.map(|sequence| Self { sequence, batch: Arc::clone(batch) })
    }

    /// Its signed receipt. The first of a commit to be asked for takes a fiftieth of a millisecond, and no other any
    /// time to speak of.
    pub fn receipt(&self, signer: &NoteSigner) -> Option<Receipt> {
        self.batch.receipt(u64::try_from(self.sequence - 1).ok()?, signer)
    }
}
