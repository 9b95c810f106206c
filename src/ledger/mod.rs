//! Append-only double entry in goods.
//!
//! Every posting belongs to one pledge line and one lot, and the postings of an event sum to zero for each
//! pair. A balance is kept per [`Cell`]; no cell but a source's goes below zero, at any time. Rollups for
//! totals are derived from the same postings in the same commit. This room knows no kind of event: what
//! happened is decided elsewhere and arrives as [`Movement`]s.
//!
//! | file | what it is |
//! |---|---|
//! | `account`, `cell` | accounts and conditions; the key of a balance, and movements |
//! | `book`, `load`, `history`, `posting` | the balances of a batch: loaded, over time, drawn from and added to |
//! | `pick`, `relabel` | which pledge lines goods are taken from; naming goods anew |
//! | `event`, `origin` | what all kinds of event have in common; who stands behind one |
//! | `facts` | what the ledger knows of what its cells name |
//! | `rollup`, `cuboids` | postings added up by dimensions, and their table |
//! | `moment`, `fold`, `dated` | figures of another moment than now, and the blocks they are folded from |
//! | `look`, `reading` | what is recorded already, looked up and read again |
//! | `rows`, `recorded`, `store`, `bulk` | the rows: as the log describes them, written, and written with nothing decided |
//! | `volume` | keeping every sum countable |
//! | `verify` | folding every derived figure again and comparing |

mod account;
mod book;
pub mod bulk;
mod cell;
mod cuboids;
mod dated;
pub mod event;
mod facts;
mod fold;
mod history;
mod load;
mod look;
mod moment;
pub mod origin;
mod pick;
mod posting;
mod reading;
pub mod recorded;
mod relabel;
pub mod rollup;
mod rows;
mod store;
pub mod verify;
mod volume;

pub use account::{Account, Condition};
pub use book::{Book, Draw, Holding, Posted};
pub use cell::{Cell, CellKey, Chosen, Movement, Statement};
pub use dated::keep_next;
pub use facts::{ConsignmentFacts, LineFacts, SiteFacts, TitlePasses};
pub use fold::{Cut, fold_apart, fold_at};
pub use load::{KNOWN_LOT, NOT_EMPTY};
pub use moment::{Held, KnownAt, Moment, last_known, read_as_of, read_known_at};
pub use pick::{Picked, Shelfful, pick};
pub use posting::net;
pub use reading::{IsDeploying, recorded_by};

/// Parts that stories show by themselves, since a whole ledger would take a million entries to show them. Nothing else uses
/// them from outside.
pub mod inside {
    pub use super::dated::{Block, FORMAT, PARTS, SIZES, dated_cuboids, runs};
    pub use super::verify::{HEAPS, Heaps};
}
