//! What is not told outside of a sensitive programme: no place below the country, and nothing of the way goods take.

use crate::core::id::{ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{events, sites};
use crate::db::{Conn, read_failure};
use crate::programmes::sensitive_programmes;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The kinds of events that tell the way goods take.
pub const ROUTE_KINDS: [&str; 6] =
    ["departed", "arrived", "customs_held", "customs_released", "received", "diverted"];

/// That a column names a consignment of a sensitive programme. A macro, as are those that follow, since the type of such a
/// condition cannot be written down.
macro_rules! of_sensitive_consignment {
    ($consignment:expr) => {{
        use $crate::db::schema::{consignments, programmes};
        diesel::dsl::exists(
            consignments::table
                .inner_join(programmes::table.on(programmes::id.eq(consignments::programme_id)))
                .filter(consignments::id.nullable().eq($consignment))
                .filter(programmes::sensitive.eq(true)),
        )
    }};
}

/// That a column names a pledge of a sensitive programme.
macro_rules! of_sensitive_pledge {
    ($pledge:expr) => {{
        use $crate::db::schema::{pledges, programmes};
        diesel::dsl::exists(
            pledges::table
                .inner_join(programmes::table.on(programmes::id.eq(pledges::programme_id)))
                .filter(pledges::id.nullable().eq($pledge))
                .filter(programmes::sensitive.eq(true)),
        )
    }};
}

/// That an event is about a consignment or pledge of a sensitive programme, or moved goods of one.
macro_rules! of_sensitive_event {
    () => {{
        use $crate::db::schema::{events, pledge_lines, pledges, postings, programmes};
        $crate::consignments::of_sensitive_consignment!(events::consignment_id)
            .or($crate::consignments::of_sensitive_pledge!(events::pledge_id))
            .or(diesel::dsl::exists(
                postings::table
                    .inner_join(pledge_lines::table.on(pledge_lines::id.eq(postings::pledge_line_id)))
                    .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                    .inner_join(programmes::table.on(programmes::id.eq(pledges::programme_id)))
                    .filter(postings::sequence.eq(events::sequence))
                    .filter(programmes::sensitive.eq(true)),
            ))
    }};
}

/// That an event tells the way of a consignment of a sensitive programme.
macro_rules! tells_sensitive_way {
    () => {{
        use $crate::db::schema::events;
        events::kind
            .eq_any($crate::consignments::ROUTE_KINDS)
            .and($crate::consignments::of_sensitive_consignment!(events::consignment_id))
    }};
}
pub(crate) use {of_sensitive_consignment, of_sensitive_event, of_sensitive_pledge, tells_sensitive_way};

/// Of these events, by their sequences, those of which a donor is told neither site nor leg.
///
/// # Errors
/// What the database says.
pub fn withheld_events(conn: &mut Conn, sequences: &[i64]) -> Outcome<HashSet<i64>> {
    let found: Vec<i64> = events::table
        .filter(events::sequence.eq_any(sequences))
        .filter(of_sensitive_event!())
        .select(events::sequence)
        .load(conn)
        .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}

/// What a donor is told of sites: the country of each, and which one it is unless the programme is sensitive.
pub(super) struct Told {
    countries: HashMap<SiteId, String>,
    sensitive: Vec<ProgrammeId>,
}

impl Told {
    /// Reads what may be told of these sites.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn load(conn: &mut Conn, named: BTreeSet<SiteId>) -> Outcome<Self> {
        let countries: Vec<(SiteId, String)> = sites::table
            .filter(sites::id.eq_any(named))
            .select((sites::id, sites::country))
            .load(conn)
            .map_err(read_failure)?;
        Ok(Self { countries: countries.into_iter().collect(), sensitive: sensitive_programmes(conn)? })
    }

    /// Whether a programme is sensitive.
    pub(super) fn is_withheld(&self, programme: ProgrammeId) -> bool {
        self.sensitive.contains(&programme)
    }

    /// A site of a programme, where it may be told.
    pub(super) fn site(&self, programme: ProgrammeId, site: SiteId) -> Option<SiteId> {
        (!self.is_withheld(programme)).then_some(site)
    }

    /// The country of a site.
    pub(super) fn country(&self, site: SiteId) -> Option<String> {
        self.countries.get(&site).cloned()
    }
}
