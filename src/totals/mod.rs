//! Totals by any dimension, with both sides of every identity.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be asked, what figures are, and what must close; pure |
//! | `store` | one grouped query over the rollups |
//! | `changes` | which entries restated a figure |
//! | `names` | the words people know by what it found |
//! | `view` | the answer as it goes over the wire |
//! | `http` | `GET /api/v1/totals` and `reconciliation/changes` |
//!
//! What is, is answered from the rollups, so that a total costs the same however many postings there are; what
//! was, from rollups folded for the moment asked for. Never here: one side of an identity worked out from the other, a float, or a figure that others
//! reported.

mod changes;
mod http;
mod names;
pub mod rules;
mod store;
mod view;

pub use http::{TotalsQuery, routes};
pub use names::{Names, Thing, Unnamed, country};
pub use store::answer;
pub use view::{Key, Named, TotalsRow, TotalsView};
