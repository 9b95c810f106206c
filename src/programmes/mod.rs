//! What pledges are grouped for, and the figures others reported about it.
//!
//! A reported figure is never added to, subtracted from or otherwise mixed with what this ledger computes;
//! it is appended and never edited: a newer one has a newer date. A programme of invented data says
//! "synthetic" in its name. Whether a programme is synthetic never changes.

mod store;

pub use store::{Programme, ProgrammeCodes, ReportedFigure, reported_figure_id};
