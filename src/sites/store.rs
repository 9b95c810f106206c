//! The table of sites: rows, and what is read and written of them.

use super::rules::SiteKind;
use crate::core::id::{OrganizationId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::sites;
use crate::writer::{Unique, record};
use diesel::prelude::*;

record! {
    /// A place where goods can be.
    pub struct Site in sites key id: SiteId, group id: SiteId {
        /// Which one.
        id: SiteId,
        /// What the caller's own books call it, unique.
        code: Option<String>,
        /// What it is called.
        name: String,
        /// Word of [`SiteKind`].
        kind: String,
        /// ISO 3166-1 alpha-2; never changes.
        country: String,
        /// Degrees north, WGS84; with the longitude or not at all.
        latitude: Option<f64>,
        /// Degrees east, WGS84.
        longitude: Option<f64>,
        /// UN/LOCODE, five characters.
        locode: Option<String>,
        /// ISO 3166-2 code or P-code.
        area_code: Option<String>,
        /// Who runs it.
        operator_id: Option<OrganizationId>,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
    }
}

impl Site {
    /// The kind as a type.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn site_kind(&self) -> Outcome<SiteKind> {
        SiteKind::from_word(&self.kind)
            .ok_or_else(|| Problem::internal(format!("sites.kind {:?} of {} is no kind", self.kind, self.id)))
    }
}

/// Which site has which code.
pub struct SiteCodes;

impl Unique for SiteCodes {
    type Holder = SiteId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, SiteId)>> {
        sites::table
            .filter(sites::code.eq_any(texts))
            .select((sites::code.assume_not_null(), sites::id))
            .load(conn)
    }
}
