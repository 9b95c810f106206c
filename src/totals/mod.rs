//! Totals by any dimension, with both sides of every identity.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be asked, what figures are, and what must close; pure |
//! | `regions` | the countries of regions and lists, and the rule that is printed; pure |
//! | `narrow` | what regions, lists and areas come down to |
//! | `store`, `row` | one grouped query over the rollups, and a row of it |
//! | `changes` | which entries restated a figure |
//! | `names` | the words people know by what it found |
//! | `view` | the answer as it goes over the wire |
//! | `made_up` | whether any of what is shown is of a made-up programme |
//! | `within` | totals of the sites inside a shape |
//! | `http` | `GET /api/v1/totals` and `reconciliation/changes` |
//!
//! What is, is answered from the rollups, so that a total costs the same however many postings there are; what
//! was, from rollups folded for the moment asked for. Never here: one side of an identity worked out from the other, a float, or a figure that others
//! reported.

mod changes;
mod http;
mod made_up;
mod names;
mod narrow;
pub mod regions;
mod row;
pub mod rules;
mod store;
mod view;
mod within;

pub use changes::ChangesView;
pub use http::{ChangesQuery, TotalsQuery, reconciliation_changes, routes};
pub use made_up::{Things, is_any_made_up};
pub use names::{Names, Thing, Unnamed, country};
pub use narrow::Narrowed;
pub use store::answer;
pub use view::{Key, Named, TotalsRow, TotalsView};
