//! What an officer works with: consignments, posting about them with one hand, and what waits on the phone.
//!
//! | file | what it is |
//! |---|---|
//! | `shown` | the board: consignments in lists |
//! | `consignment` | one consignment, and all of them |
//! | `post` | posting about one |
//! | `posted` | what a form of posting says, as an event |
//! | `multipart` | a form with a photo in it |
//! | `queue` | what waits on the phone, and the worker that keeps pages for when there is no connection |
//! | `words` | phrases |
//!
//! Scripts lie in `static/`: `store` keeps what is recorded on the phone, `sender` sends it, `badge` says how much waits,
//! `post` and `scan` help to fill in and to read codes, `queue` shows the list. All of it works without them.

mod consignment;
mod multipart;
mod post;
mod posted;
mod queue;
mod shown;
mod words;

pub use words::{BoardWord, QueueWord};

use crate::web::Routes;

/// The routes of these pages.
pub(super) fn routes(routes: &mut Routes) {
    shown::routes(routes);
    consignment::routes(routes);
    post::routes(routes);
    queue::routes(routes);
}
