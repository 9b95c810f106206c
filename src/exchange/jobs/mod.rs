//! Imports as jobs: a file that somebody sent, kept and imported beside everything else, with a verdict for each row.
//!
//! | file | what it is |
//! |---|---|
//! | `store` | jobs, their files and their rows |
//! | `read` | what may be read of them, each by whoever sent it |
//! | `refused` | refused rows as a table that is mended and sent again |
//! | `source` | what a file is read as: a kind of sheet, or a mapping |
//! | `by_hand` | what somebody says of the columns of one file |
//! | `run` | jobs taken up one after the other, by one process each, and again where one ended in between |
//! | `steps` | one job from its file to its verdicts |
//! | `deliveries` | tables whose rows are whole deliveries, and who has them recorded |
//! | `drawn` | a form that is sent twice makes one job |
//! | `expire` | jobs that ended long ago are removed |
//! | `view` | how they are told |
//! | `http` | `POST /api/v1/imports` and what follows |
//! | `http_columns` | the columns of a file that was tried, and reading it in another way |
//!
//! A job acts with the rights that its user has while it runs. Nothing of it is a record: what it records has entries of its
//! own, which name it, and that it was begun is an entry with the digest of the file. Identifiers are made of what a row is
//! called, so a job that is taken up again doubles nothing; the verdict on what is recorded stands in the same commit. Never
//! here: deciding what a row means.

mod by_hand;
mod deliveries;
mod drawn;
pub mod expire;
pub mod http;
pub mod http_columns;
mod read;
mod refused;
mod run;
mod source;
mod steps;
mod store;
mod view;

pub use by_hand::{ReadingDraft, heading_pointer};
pub use refused::{RefusedTable, import_refused};
pub use run::{Runner, Stopping};
pub use source::ways_in;
pub use steps::TRIED_ROWS_MAXIMUM;
pub use store::{ImportJob, ImportRow, ImportState};
