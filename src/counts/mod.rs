//! Counting what lies at a site: sheets on which it is counted, and the card of an item, with every movement.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what a draft must say, what may be counted when, and why a difference needs a reason |
//! | `store` | the rows of sheets and their lines |
//! | `fill` | opening a sheet, entering figures, handing it in, voiding it |
//! | `post` | posting what a sheet found, as one `counted` event |
//! | `read` | lists and views, each as far as the caller's scope reaches |
//! | `crossing` | movements and late entries that a count has to be read with |
//! | `table` | a sheet as a table, out and in again |
//! | `card` | the stock card of an item |
//! | `http`, `http_card` | all of that over HTTP |
//!
//! Invariants: what a sheet found changes nothing until it is posted, and then by the very event and the very approval
//! that any count passes. Nothing of a sheet changes once it is handed in, but that it was posted or voided. A blind
//! sheet shows what is recorded to nobody before it is handed in. The last balance of a card is what the stock of the
//! site says. Never here: a movement of goods, which is the event's.

mod card;
mod crossing;
mod fill;
pub mod http;
mod http_card;
mod post;
mod read;
pub mod rules;
mod store;
mod table;

pub use card::CardView;
pub use http_card::{CardQuery, stock_card};
pub use read::{LineView, SheetState, SheetView};
pub use store::{CountLine, CountSheet};
