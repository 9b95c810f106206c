//! What people are counted against: how many there are, how many a programme means to reach, which of them it serves
//! again, and in which days it serves them once.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | the judgement of what a caller wrote, row by row; pure |
//! | `area`, `group` | where people are counted, and which people |
//! | `store`, `statement` | the rows, a table for each kind; stating them |
//! | `read` | what was known at an entry of the log |
//! | `table` | populations as CSV; pure |
//! | `http`, `http_table` | all of that over HTTP |
//!
//! Everything here is *stated* and never edited: a newer statement of the same thing counts from its own entry of the
//! log on, a withdrawal ends it, and what was stated stays, so that a figure of the past is made with what was known
//! then. The source and the version of a population are part of what it is about: two sources are never mixed unseen.
//! Standards of items are kept in the same way by `items`, mappings of files by `exchange`. Never here: counting anybody.

mod area;
mod group;
pub mod http;
pub mod http_table;
mod read;
pub mod rules;
mod statement;
mod store;
mod table;

pub use area::{Area, AreaError};
pub use group::{Ages, PeopleGroup, Sex};
pub use read::{Asked, Condition, is_id, is_number, is_word, known, list};
pub use rules::{Draft, Statements};
pub(crate) use statement::stamped;
pub use statement::{Place, Standing, State, Stated, Statement, standing_of};
pub use store::{Caseload, Population, Round, Target, fit_programmes};
