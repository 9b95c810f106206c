//! Where sites were said to be, and since which entry of the log.
//!
//! Whatever makes or changes a site's coordinates or the code of its area leaves a statement in the same entry; none is
//! ever changed, so that figures by area of a past moment stay what they were. A site that was recorded before statements
//! were kept has none: what its row says counts from the beginning, and becomes its first statement, with sequence 0, once
//! that is changed.

use super::store::Site;
use crate::atlas::{Coordinates, CountryCode};
use crate::core::id::{SiteId, SitePlaceId, derived};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{site_places, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::writer::{Desk, Drawer, Moment, Record as _, Refusal, record};
use diesel::prelude::*;
use std::collections::HashMap;

/// The sequence of what a site said before its statements were kept.
const BEFORE_STATEMENTS: i64 = 0;

record! {
    /// Where a site is from an entry of the log on, as somebody said.
    pub struct SitePlace in site_places key id: SitePlaceId, group site_id: SiteId {
        /// Key: made from the site and the sequence.
        id: SitePlaceId,
        /// The site.
        site_id: SiteId,
        /// Degrees north, WGS84; with the longitude or not at all.
        latitude: Option<f64>,
        /// Degrees east, WGS84.
        longitude: Option<f64>,
        /// ISO 3166-2 code or P-code.
        area_code: Option<String>,
        /// The entry that tells of it; 0 where the site said so before statements were kept.
        sequence: i64,
        /// When that was; of sequence 0, when the site was recorded.
        recorded_at: Timestamp,
    }
}

impl SitePlace {
    fn of(site: &Site, moment: Moment) -> Self {
        let position = site.position();
        Self {
            id: derived(site.id.0, &format!("place:{}", moment.sequence), 0),
            site_id: site.id,
            latitude: position.map(|position| position.latitude),
            longitude: position.map(|position| position.longitude),
            area_code: site.area_code.clone(),
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.latitude, self.longitude, &self.area_code)
            == (other.latitude, other.longitude, &other.area_code)
    }

    fn says_nothing(&self) -> bool {
        self.latitude.is_none() && self.area_code.is_none()
    }
}

/// What a site said before its statements were kept.
fn said_before(site: &Site) -> SitePlace {
    SitePlace::of(site, Moment { sequence: BEFORE_STATEMENTS, recorded_at: site.created_at })
}

/// Leaves a statement where a site is said to be elsewhere than before, within the entry that is open.
///
/// # Errors
/// Rows missing on the desk.
pub(super) fn state_place(
    desk: &mut Desk,
    before: Option<&Site>,
    site: &Site,
    moment: Moment,
) -> Result<(), Refusal> {
    let stated = SitePlace::of(site, moment);
    let is_same = |before: &Site| said_before(before).is_same(&stated);
    if before.map_or(stated.says_nothing(), is_same) {
        return Ok(());
    }
    let shelf = desk.shelf::<Drawer<SitePlace>>();
    let has_statements = !shelf.group(site.id)?.is_empty();
    if let Some(before) = before.map(said_before).filter(|said| !said.says_nothing() && !has_statements) {
        shelf.put(before);
    }
    shelf.put(stated);
    Ok(())
}

/// Where a site is, as it was known.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownPlace {
    /// The site.
    pub site: SiteId,
    /// Its country, ISO 3166-1 alpha-2, or `ZZ` where it is not stated.
    pub country: String,
    /// Its coordinates.
    pub coordinates: Option<Coordinates>,
    /// The code of its area.
    pub area_code: Option<String>,
}

/// Which sites are asked for.
#[derive(Clone, Copy, Debug)]
pub enum WhichSites<'a> {
    /// All there are.
    All,
    /// Those of a country.
    In(CountryCode),
    /// Those that are named.
    Named(&'a [SiteId]),
}

/// What a site says of its place, and no more: where all sites are asked for, the rest of their rows is not read.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sites)]
struct PlaceRow {
    id: SiteId,
    country: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    area_code: Option<String>,
}

/// Where sites are as it was known at a sequence: two queries.
///
/// # Errors
/// What the database says.
pub fn places_known(
    conn: &mut Conn,
    which: WhichSites<'_>,
    sequence: i64,
) -> Outcome<HashMap<SiteId, KnownPlace>> {
    let all = || sites::table.select(PlaceRow::as_select());
    let (rows, stated): (QueryResult<Vec<PlaceRow>>, _) = match which {
        WhichSites::Named([]) => return Ok(HashMap::new()),
        WhichSites::Named(ids) => (
            in_parts(ids, |part| all().filter(sites::id.eq_any(part)).load(conn)),
            SitePlace::load_groups(conn, ids),
        ),
        WhichSites::In(country) => {
            let there = sites::table.filter(sites::country.eq(country.as_str())).select(sites::id);
            let stated = site_places::table.filter(site_places::site_id.eq_any(there));
            (
                all().filter(sites::country.eq(country.as_str())).load(conn),
                stated.select(SitePlace::as_select()).load(conn),
            )
        }
        WhichSites::All => (all().load(conn), site_places::table.select(SitePlace::as_select()).load(conn)),
    };
    let rows = rows.map_err(read_failure)?;
    let mut newest: HashMap<SiteId, Option<SitePlace>> = HashMap::new();
    for stated in stated.map_err(read_failure)? {
        let known = newest.entry(stated.site_id).or_default();
        let is_newer = known.as_ref().is_none_or(|known| known.sequence < stated.sequence);
        if stated.sequence <= sequence && is_newer {
            *known = Some(stated);
        }
    }
    let known = |site: PlaceRow| {
        // A site without any statement has said the same all along.
        let (both, area_code) = match newest.remove(&site.id) {
            Some(said) => {
                let both = said.as_ref().and_then(|said| said.latitude.zip(said.longitude));
                (both, said.and_then(|said| said.area_code))
            }
            None => (site.latitude.zip(site.longitude), site.area_code),
        };
        let coordinates = both.and_then(|(latitude, longitude)| Coordinates::new(latitude, longitude).ok());
        (site.id, KnownPlace { site: site.id, country: site.country, coordinates, area_code })
    };
    Ok(rows.into_iter().map(known).collect())
}
