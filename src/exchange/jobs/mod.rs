//! Imports as jobs: a file that somebody sent, kept and imported beside everything else, with a verdict for each row.
//!
//! | file | what it is |
//! |---|---|
//! | `store` | jobs, their files and their rows |
//! | `read` | what may be read of them, each by whoever sent it |
//! | `source` | what a file is read as: a kind of sheet, or a mapping |
//! | `run` | jobs taken up one after the other, by one process each, and again where one ended in between |
//! | `steps` | one job from its file to its verdicts |
//! | `http` | `POST /api/v1/imports` and what follows |
//!
//! A job acts with the rights that its user has while it runs. Nothing of it is a record: what it records has entries of its
//! own, which name it, and that it was begun is an entry with the digest of the file. Identifiers are made of what a row is
//! called, so a job that is taken up again doubles nothing; the verdict on what is recorded stands in the same commit. Never
//! here: deciding what a row means.

pub mod http;
mod read;
mod run;
mod source;
mod steps;
mod store;

pub use run::{Runner, Stopping};
pub use store::{ImportJob, ImportRow, ImportState};
