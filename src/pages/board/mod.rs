//! What an officer works with: consignments, posting about them with one hand, and what waits on the phone.
//!
//! | file | what it is |
//! |---|---|
//! | `shown` | the board: consignments in lists |
//! | `consignment`, `list` | one consignment, and all of them |
//! | `post` | posting about one |
//! | `since` | what was recorded since the copy of a form |
//! | `posted` | what a form of posting says, as an event |
//! | `queue` | what waits on the phone, and the worker that keeps pages for when there is no connection |
//! | `words` | phrases |
//!
//! Scripts lie in `static/`: `store` keeps what is recorded on the phone, `sender` sends it, `badge` says how much waits,
//! `post` and `scan` help to fill in and to read codes, `queue` shows the list. All of it works without them.

mod consignment;
mod list;
mod post;
mod posted;
mod queue;
mod shown;
mod since;
mod words;

pub use words::{BoardWord, QueueWord};

use crate::web::Routes;

/// The routes of these pages.
pub(super) fn routes(routes: &mut Routes) {
    shown::routes(routes);
    consignment::routes(routes);
    list::routes(routes);
    post::routes(routes);
    queue::routes(routes);
}
