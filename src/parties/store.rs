//! The table of organizations: rows, and what is read and written of them.

use crate::core::id::OrganizationId;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::organizations;
use crate::writer::{Unique, record};
use diesel::prelude::*;

record! {
    /// An organization.
    pub struct Organization in organizations key id: OrganizationId, group id: OrganizationId {
        /// Which one.
        id: OrganizationId,
        /// What it is called.
        name: String,
        /// What the caller's own books call it, unique.
        reference: Option<String>,
        /// Where it is at home, ISO 3166-1 alpha-2.
        country: Option<String>,
        /// Whether it gives.
        is_donor: bool,
        /// Whether it sends.
        is_consignor: bool,
        /// Whether it receives.
        is_consignee: bool,
        /// Whether it carries.
        is_carrier: bool,
        /// Whether it helps in another way.
        is_partner: bool,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
    }
}

/// Which organization has which reference.
pub struct OrganizationReferences;

impl Unique for OrganizationReferences {
    type Holder = OrganizationId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, OrganizationId)>> {
        organizations::table
            .filter(organizations::reference.eq_any(texts))
            .select((organizations::reference.assume_not_null(), organizations::id))
            .load(conn)
    }
}
