//! What an auditor looks with: a sample nobody can steer, red flags, and the trace of a lot.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | drawing a sample out of a checkpoint's root hash |
//! | `sample` | the entries that were drawn |
//! | `flags` | what a red flag is, and what is asked for |
//! | `flag_queries` | each kind of flag as one query |
//! | `trace` | where a lot is, whom it reached, and where it came from |
//! | `trace_queries` | the queries of that |
//! | `reach` | how far a scope reaches, in the words of such queries |
//! | `http` | all of that over HTTP |
//!
//! Invariants: whoever has the text of a checkpoint draws the same sample. A flag is a reason to look, with the rule it
//! follows from, and never a verdict. Everything is within the caller's scope, as a part of the query. Never here:
//! anything that changes what it looks at.

mod flag_queries;
mod flags;
pub mod http;
mod reach;
pub mod rules;
mod sample;
mod trace;
mod trace_queries;

pub use flags::{FlagKind, FlagView};
pub use reach::About;
pub use sample::SampleView;
pub use trace_queries::{LotPlace, consignments_reached};
