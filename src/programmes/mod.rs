//! What pledges are grouped for, and the figures others reported about it.
//!
//! A reported figure is never added to, subtracted from or otherwise mixed with what this ledger computes;
//! it is appended and never edited: a newer one has a newer date. A programme of invented data says
//! "synthetic" in its name. Whether a programme is synthetic never changes.

pub mod http;
pub mod rules;
mod store;

pub use rules::{ProgrammeDraft, ProgrammeEdit, Qualifier, ReportedFigureDraft};
pub use store::{
    Programme, ProgrammeChange, ProgrammeCodes, ProgrammeCreate, ProgrammeFilter, ReportedFigure,
    ReportedFigureAdd, list_programmes, list_reported_figures, published_programmes, read_programme,
    reported_figure_id, sensitive_programmes,
};
