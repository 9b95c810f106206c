//! A table in: sent, tried, read row by row, recorded.
//!
//! | file | what it is |
//! |---|---|
//! | `sending` | what was sent, and sending a table |
//! | `job` | how far one is, what became of its rows, having it recorded |
//! | `columns` | saying what the columns of a table hold |
//! | `words` | phrases |
//!
//! Never here: what a row means. The rooms of exchange decide that, and this shows it.

mod columns;
mod job;
mod sending;
mod words;

pub use words::ImportWord;

use crate::web::Routes;

/// The routes of these pages.
pub(super) fn routes(routes: &mut Routes) {
    sending::routes(routes);
    job::routes(routes);
    columns::routes(routes);
}
