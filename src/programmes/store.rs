//! The tables of programmes and reported figures: rows, and what is read and written of them.

use crate::core::id::{ProgrammeId, ReportedFigureId, derived};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::programmes;
use crate::writer::{Unique, record};
use diesel::prelude::*;

record! {
    /// A programme.
    pub struct Programme in programmes key id: ProgrammeId, group id: ProgrammeId {
        /// Which one.
        id: ProgrammeId,
        /// Short name, unique.
        code: String,
        /// What it is called.
        name: String,
        /// Whether no place below country, no stock and no route is public.
        sensitive: bool,
        /// Whether its data are invented.
        synthetic: bool,
        /// Its focus areas in their order, as a JSON array of texts.
        focus_areas: String,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
    }
}

record! {
    /// A figure others published about a programme.
    pub struct ReportedFigure in reported_figures key id: ReportedFigureId, group programme_id: ProgrammeId {
        /// Which one; derived from what it is about, see [`reported_figure_id`].
        id: ReportedFigureId,
        /// Its programme.
        programme_id: ProgrammeId,
        /// Heading it stood under.
        section: String,
        /// What was counted.
        figure: String,
        /// The number, in `unit`.
        value: i64,
        /// "over", "about" or "close to", where the publication says so.
        qualifier: Option<String>,
        /// What the number counts.
        unit: String,
        /// Day the figure holds for, ISO 8601.
        as_of: String,
        /// Where it was published.
        source: String,
    }
}

/// The figure of a programme with this heading, name and day: found without a query.
pub fn reported_figure_id(
    programme: ProgrammeId,
    section: &str,
    figure: &str,
    as_of: &str,
) -> ReportedFigureId {
    // Control characters are refused in both texts, so the separator cannot be part of either.
    derived(programme.0, &format!("reported-figure:{section}\u{1f}{figure}\u{1f}{as_of}"), 0)
}

/// Which programme has which code.
pub struct ProgrammeCodes;

impl Unique for ProgrammeCodes {
    type Holder = ProgrammeId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, ProgrammeId)>> {
        programmes::table
            .filter(programmes::code.eq_any(texts))
            .select((programmes::code, programmes::id))
            .load(conn)
    }
}
