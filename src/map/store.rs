//! The features of a layer: one question to totals, and where its rows lie.

use super::view::{Feature, Geometry, Layer, MapView, Properties};
use crate::areas::Editions;
use crate::atlas::{
    Coordinates, CountryCode, Generalisation, LineLabel, NO_ENDORSEMENT, leg_length_m, leg_line,
};
use crate::core::id::SiteId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::forecast::{Sent, flown};
use crate::ledger::{Cut, last_known};
use crate::programmes::sensitive_programmes;
use crate::sites::{KnownPlace, WhichSites, places_known};
use crate::totals::rules::Question;
use crate::totals::{Key, Named, TotalsRow, answer};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Things on one map: more are no picture any more, and ten megabytes.
const FEATURES_MAXIMUM: usize = 5_000;
/// How a layer is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    /// What is shown.
    pub layer: Layer,
    /// How fine borders are drawn.
    pub generalisation: Generalisation,
    /// Whether anybody may see it.
    pub public: bool,
}

/// Answers a layer in the snapshot of this connection.
///
/// # Errors
/// `invalid` where there is too much to draw; whatever the database says.
pub fn map(conn: &mut Conn, mut question: Question, drawing: Drawing) -> Outcome<MapView> {
    if drawing.public {
        question.narrowed.without_programmes = sensitive_programmes(conn)?;
    }
    let known_at = last_known(conn, question.known_at, "/known_at")?;
    let cut = Cut { known_at, as_of: question.as_of };
    let totals = answer(conn, &question)?;
    let rows: Vec<TotalsRow> = totals.rows.into_iter().filter(|row| is_shown(drawing.layer, row)).collect();
    if rows.len() > FEATURES_MAXIMUM {
        let words =
            format!("has {} things; up to {FEATURES_MAXIMUM} are drawn: ask for one country", rows.len());
        return Err(Problem::field("/country", words));
    }
    let count = rows.len();
    let features = match drawing.layer {
        Layer::Areas => {
            let editions = Editions::of_countries(conn, &countries_of(&rows), cut)?;
            areas(&editions, rows, drawing.generalisation)
        }
        Layer::Sites => along(&places(conn, &rows, known_at)?, &HashSet::new(), rows),
        Layer::Corridors => {
            let flown = straight(conn, &question, &rows, known_at)?;
            along(&places(conn, &rows, known_at)?, &flown, rows)
        }
    };
    Ok(MapView {
        kind: "FeatureCollection",
        not_drawn: count - features.len(),
        features,
        layer: drawing.layer,
        generalisation: drawing.generalisation,
        not_placed: totals.not_placed,
        public: drawing.public,
        synthetic: totals.synthetic,
        sequence: totals.sequence,
        as_of: totals.as_of,
        place: totals.place,
        editions: totals.editions,
        attribution: NO_ENDORSEMENT,
    })
}

/// Sites are shown for what is there; what ended or went on leaves no mark.
fn is_shown(layer: Layer, row: &TotalsRow) -> bool {
    match layer {
        Layer::Sites => row.subtotals.in_custody + row.delivered > 0,
        Layer::Areas | Layer::Corridors => true,
    }
}

/// The sites that rows name, with where they are: one question.
fn places(conn: &mut Conn, rows: &[TotalsRow], known_at: i64) -> Outcome<HashMap<SiteId, KnownPlace>> {
    let named = rows.iter().flat_map(|row| row.keys.values()).flatten().flat_map(sites_of);
    let mut sites: Vec<SiteId> = named.map(|named| SiteId(named.id)).collect();
    sites.sort_unstable();
    sites.dedup();
    places_known(conn, WhichSites::Named(&sites), known_at)
}

fn sites_of(key: &Key) -> Vec<&Named> {
    match key {
        Key::Named(site) => vec![site],
        Key::Corridor { origin, destination } => vec![origin, destination],
        Key::Country { .. } | Key::Region { .. } | Key::Area { .. } | Key::Month(_) => Vec::new(),
    }
}

/// The corridors that are flown straight, of those within reach.
fn straight(
    conn: &mut Conn,
    question: &Question,
    rows: &[TotalsRow],
    known_at: i64,
) -> Outcome<HashSet<(SiteId, SiteId)>> {
    let origins = rows.iter().flat_map(|row| row.keys.values()).flatten().filter_map(|key| match key {
        Key::Corridor { origin, .. } => Some(SiteId(origin.id)),
        Key::Named(_) | Key::Country { .. } | Key::Region { .. } | Key::Area { .. } | Key::Month(_) => None,
    });
    let origins: BTreeSet<SiteId> = origins.collect();
    if origins.is_empty() {
        return Ok(HashSet::new());
    }
    let sent = Sent {
        scope: &question.scope,
        origins: &origins.into_iter().collect::<Vec<_>>(),
        programme: question.filters.programme,
        without: &question.narrowed.without_programmes,
        known_at,
    };
    flown(conn, sent)
}

/// Rows of sites as points, of corridors as lines.
fn along(
    places: &HashMap<SiteId, KnownPlace>,
    flown: &HashSet<(SiteId, SiteId)>,
    rows: Vec<TotalsRow>,
) -> Vec<Feature> {
    let place = |site: &Named| places.get(&SiteId(site.id)).and_then(|place| place.coordinates);
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        let sites: Vec<&Named> = row.keys.values().flatten().flat_map(sites_of).collect();
        let ends: Vec<Coordinates> = sites.iter().filter_map(|site| place(site)).collect();
        let id = sites.iter().map(|site| site.id.to_string()).collect::<Vec<_>>().join("..");
        let (geometry, length_m) = match (sites.len(), ends.as_slice()) {
            (1, [at]) => (Geometry::point(*at), None),
            (2, [from, to]) => (leg_line(*from, *to).into(), Some(leg_length_m(*from, *to))),
            (_, _) => continue,
        };
        let label = match sites.as_slice() {
            [from, to] if flown.contains(&(SiteId(from.id), SiteId(to.id))) => Some(LineLabel::GreatCircle),
            [_, _] => Some(LineLabel::StraightLine),
            _ => None,
        };
        let label = label.map(LineLabel::words);
        let properties = Properties { figures: row, length_m, label };
        features.push(Feature { kind: "Feature", id, geometry, properties });
    }
    features
}

/// The countries of rows of areas.
fn countries_of(rows: &[TotalsRow]) -> BTreeSet<CountryCode> {
    let country = |key: &Key| match key {
        Key::Area { country, .. } => country.parse().ok(),
        Key::Named(_) | Key::Corridor { .. } | Key::Country { .. } | Key::Region { .. } | Key::Month(_) => {
            None
        }
    };
    rows.iter().flat_map(|row| row.keys.values()).flatten().filter_map(country).collect()
}

/// Rows of areas as polygons.
fn areas(editions: &Editions, rows: Vec<TotalsRow>, generalisation: Generalisation) -> Vec<Feature> {
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(Some(Key::Area { id, country, .. })) = row.keys.values().next() else { continue };
        let set = editions.of(country.parse().ok());
        let Some(area) = set.with_code(id).find(|area| *area.id == **id) else { continue };
        let polygons = set.drawn(area, generalisation);
        if polygons.is_empty() {
            continue;
        }
        let (id, geometry) = (id.clone(), Geometry::MultiPolygon(polygons));
        let properties = Properties { figures: row, length_m: None, label: None };
        features.push(Feature { kind: "Feature", id, geometry, properties });
    }
    features
}
