//! Areas that somebody loads: a GeoJSON FeatureCollection of polygons with codes, as OCHA publishes them (COD-AB).
//!
//! What is plainly wrong is refused with a JSON pointer to it, everything at once. What can be put right without a
//! guess, such as rings that run the wrong way round, is put right and told. Nothing is simplified, snapped or
//! filled.

use std::collections::BTreeMap;
use std::fmt;

use geo::Coord;
use serde_json::{Map, Value};

use super::super::area_code::AreaCode;
use super::super::country::quoted;
use super::super::place::Coordinates;
use super::crossing::first_crossing;
use super::fixed::{POLE, Spot, TURN, degrees};
use super::frame::{FrameError, Framed, GlobeRing, counter_clockwise, framed, unrolled};
use super::geojson::{Collection, Feature, Geometry, Position, polygons};
use super::grid::PointIndex;
use super::set::{Area, AreaSet, AreaVersion, SetIndex};
use super::shape::{Position as Side, Shape};
use super::shipped::shipped_areas;

/// The second level of a large country in full detail has less.
const TEXT_BYTES_MAX: usize = 64 << 20;
/// What 64 MiB of coordinates can be; more is a map of coastlines, not of areas.
const CORNERS_MAX: usize = 2_000_000;
/// Whoever mends a file wants to see many faults at once, but not a megabyte of them.
const FAULTS_MAX: usize = 50;
/// The largest area in use, Antarctica, has a thirty-sixth of the globe.
const GLOBE_SHARE_MAX: f64 = 0.1;

/// Which properties of a feature say what; where none is named, those of COD-AB are tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoundaryColumns<'a> {
    /// The property with the area's code.
    pub code: Option<&'a str>,
    /// The property with its name.
    pub name: Option<&'a str>,
    /// The property with the code of the larger area it is a part of.
    pub parent: Option<&'a str>,
}

/// Something in a file, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundaryFault {
    /// A JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is found there, and what would be right.
    pub message: String,
}

/// All that is wrong with a file, up to fifty faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundaryError {
    /// In the order of the file.
    pub faults: Vec<BoundaryFault>,
}

impl fmt::Display for BoundaryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.faults.iter().enumerate() {
            let between = if place > 0 { "\n" } else { "" };
            write!(formatter, "{between}{}: {}", fault.pointer, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for BoundaryError {}

/// Areas that were read, and what was put right or looks odd in them.
#[derive(Debug)]
pub struct LoadedBoundaries {
    /// The areas.
    pub set: AreaSet,
    /// What whoever loads them should read before using them.
    pub notes: Vec<BoundaryFault>,
}

/// Reads areas from a GeoJSON FeatureCollection in WGS84.
///
/// # Errors
/// Everything that is wrong: what is no such collection, a missing, malformed or repeated code, coordinates off the
/// globe, rings that are not closed, cross themselves, enclose nothing or a tenth of the globe.
pub fn parse_boundaries(
    text: &str,
    version: AreaVersion,
    columns: &BoundaryColumns<'_>,
) -> Result<LoadedBoundaries, BoundaryError> {
    let fault =
        |message: String| BoundaryError { faults: vec![BoundaryFault { pointer: String::new(), message }] };
    if text.len() > TEXT_BYTES_MAX {
        return Err(fault(format!("{} bytes are more than {TEXT_BYTES_MAX}", text.len())));
    }
    let collection = Collection::read(text).map_err(fault)?;
    let mut reader = Reader {
        columns,
        level: version.level,
        corners: 0,
        drafts: Vec::new(),
        codes: BTreeMap::new(),
        faults: Vec::new(),
        turned: None,
    };
    for (number, feature) in collection.features.iter().enumerate() {
        reader.feature(number, feature);
    }
    if collection.features.is_empty() {
        reader.fault("/features", "has no areas".to_owned());
    }
    reader.finish(version)
}

/// Reads the polygons of one geometry, and says of which ring they first ran the wrong way round.
///
/// # Errors
/// Everything that is wrong with them, as of areas, and more corners than `corners_most`.
pub(super) fn read_polygons(
    geometry: &Geometry<'_>,
    corners_most: usize,
) -> Result<(Framed, Option<BoundaryFault>), BoundaryError> {
    let mut reader = Reader {
        columns: &BoundaryColumns { code: None, name: None, parent: None },
        level: 1,
        corners: 0,
        drafts: Vec::new(),
        codes: BTreeMap::new(),
        faults: Vec::new(),
        turned: None,
    };
    let laid = reader.geometry("", geometry, corners_most);
    match laid {
        Some((framed, _)) if reader.faults.is_empty() => Ok((framed, reader.turned_note())),
        Some(_) | None => Err(BoundaryError { faults: reader.faults }),
    }
}

/// One area while its file is read.
struct Draft {
    area: Area,
    framed: Framed,
    /// The feature it stood in.
    feature: usize,
    /// Whether its middle lies in its country only with latitude and longitude exchanged.
    exchanged: bool,
}

struct Reader<'a> {
    columns: &'a BoundaryColumns<'a>,
    level: u8,
    corners: usize,
    drafts: Vec<Draft>,
    codes: BTreeMap<Box<str>, usize>,
    faults: Vec<BoundaryFault>,
    /// How many rings ran the wrong way round, and where the first is.
    turned: Option<(usize, String)>,
}

impl Reader<'_> {
    fn fault(&mut self, pointer: impl Into<String>, message: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(BoundaryFault { pointer: pointer.into(), message });
        }
    }

    fn feature(&mut self, number: usize, feature: &Feature<'_>) {
        let pointer = format!("/features/{number}");
        let Some(area) = self.area(&pointer, number, feature) else { return };
        let Some(geometry) = &feature.geometry else {
            return self
                .fault(format!("{pointer}/geometry"), "is missing: an area needs a polygon".to_owned());
        };
        let laid = self.geometry(&format!("{pointer}/geometry"), geometry, CORNERS_MAX);
        if let Some((framed, first)) = laid {
            let exchanged = exchanged(&area, first.as_ref());
            self.drafts.push(Draft { area, framed, feature: number, exchanged });
        }
    }

    /// The rings of one geometry, laid out, and the first of them as it was written; nothing where any is wrong.
    fn geometry(
        &mut self,
        pointer: &str,
        geometry: &Geometry<'_>,
        corners_most: usize,
    ) -> Option<(Framed, Option<Vec<Position>>)> {
        let at = format!("{pointer}/coordinates");
        let single = geometry.kind == "Polygon";
        let polygons = match polygons(geometry) {
            Ok(polygons) => polygons,
            Err(message) => {
                self.fault(pointer, message);
                return None;
            }
        };
        self.corners += polygons.iter().flatten().map(Vec::len).sum::<usize>();
        if self.corners > corners_most {
            self.fault(at, format!("has, with all before it, more than {corners_most} corners"));
            return None;
        }
        let before = self.faults.len();
        let mut rings = Vec::new();
        for (place, polygon) in polygons.iter().enumerate() {
            let at = if single { at.clone() } else { format!("{at}/{place}") };
            self.polygon(&at, polygon, &mut rings);
        }
        if self.faults.len() > before {
            return None;
        }
        match framed(&rings) {
            Ok(framed) if framed.rings.is_empty() => self.fault(at, "enclose nothing".to_owned()),
            Ok(framed) => {
                let first = polygons.into_iter().next().and_then(|rings| rings.into_iter().next());
                return Some((framed, first));
            }
            Err(FrameError::Winds(_)) => self.fault(at, "run around the globe more than once".to_owned()),
        }
        None
    }

    /// What the properties say.
    fn area(&mut self, pointer: &str, number: usize, feature: &Feature<'_>) -> Option<Area> {
        let nothing = Map::new();
        let properties = feature.properties.as_ref().unwrap_or(&nothing);
        let level = self.level;
        let codes =
            [format!("ADM{level}_PCODE"), format!("adm{level}_pcode"), "iso_3166_2".into(), "code".into()];
        let names = [
            format!("ADM{level}_EN"),
            format!("ADM{level}_FR"),
            format!("ADM{level}_ES"),
            format!("adm{level}_name"),
            "name".into(),
        ];
        let above = level.saturating_sub(1);
        let parents = [format!("ADM{above}_PCODE"), format!("adm{above}_pcode")];
        let Some((column, text)) = property(properties, self.columns.code, &codes) else {
            let wanted = self.columns.code.map_or_else(|| codes.join(", "), str::to_owned);
            self.fault(format!("{pointer}/properties"), format!("has no code: looked for text in {wanted}"));
            return None;
        };
        let at = format!("{pointer}/properties/{}", column.replace('~', "~0").replace('/', "~1"));
        let code: AreaCode = match text.parse() {
            Ok(code) => code,
            Err(error) => {
                self.fault(at, format!("{error}"));
                return None;
            }
        };
        if let Some(first) = self.codes.insert(code.as_str().into(), number) {
            self.codes.insert(code.as_str().into(), first);
            self.fault(at, format!("'{code}' is the code of /features/{first} already"));
            return None;
        }
        let mut local: [Box<str>; 7] = Default::default();
        local[0] = property(properties, self.columns.name, &names).map_or("", |(_, name)| name).into();
        let parent = property(properties, self.columns.parent, &parents).map(|(_, parent)| parent.into());
        Some(Area {
            id: code.as_str().into(),
            country: Some(code.country()),
            parent: if level > 1 { parent } else { None },
            code: Some(code),
            disputed: false,
            names: local,
        })
    }

    /// Checks one polygon and adds its rings.
    fn polygon(&mut self, pointer: &str, polygon: &[Vec<Position>], rings: &mut Vec<GlobeRing>) {
        let (before, first) = (self.faults.len(), rings.len());
        let mut laid: Vec<Vec<Coord>> = Vec::new();
        for (place, ring) in polygon.iter().enumerate() {
            let hole = place > 0;
            let Some((spots, walked)) = self.ring(format!("{pointer}/{place}"), ring, hole) else { continue };
            laid.push(laid_out(ring, &walked, laid.first()));
            rings.push(GlobeRing { spots, hole });
        }
        if self.faults.len() > before {
            return;
        }
        if let Some(found) = first_crossing(&laid) {
            let ((ring, corner), (other, second)) = (found.first, found.second);
            let Coord { x, y } = laid[ring][corner];
            let message = format!(
                "crosses itself: the edge from corner {corner} ({x:.5}, {y:.5}) crosses that from corner {second} \
                 of ring {other}"
            );
            self.fault(format!("{pointer}/{ring}"), message);
        }
        self.holes(pointer, &rings[first..]);
    }

    /// Checks one ring: its corners on the globe, as written and as walked.
    fn ring(&mut self, at: String, ring: &[Position], hole: bool) -> Option<(Vec<Spot>, Vec<Spot>)> {
        if let Err((behind, message)) = check_corners(ring) {
            self.fault(at + &behind, message);
            return None;
        }
        let spots: Vec<Spot> =
            ring.iter().map(|corner| Spot::new(corner.latitude, corner.longitude)).collect();
        let walked = unrolled(&spots);
        let Some(left) = counter_clockwise(&walked) else {
            self.fault(at, "encloses nothing".to_owned());
            return None;
        };
        let share = globe_share(&walked);
        if share > GLOBE_SHARE_MAX {
            let (share, most) = (share * 100.0, GLOBE_SHARE_MAX * 100.0);
            let message = format!(
                "encloses {share:.0} % of the globe; no area has more than {most:.0} %. Is a corner far off?"
            );
            self.fault(at, message);
            return None;
        }
        if left == hole {
            let (count, first) = self.turned.take().unwrap_or((0, at));
            self.turned = Some((count + 1, first));
        }
        Some((spots, walked))
    }

    /// Every hole must lie in its land.
    fn holes(&mut self, pointer: &str, rings: &[GlobeRing]) {
        let Some((land, holes)) = rings.split_first().filter(|(_, holes)| !holes.is_empty()) else { return };
        let Ok(framed) = framed(std::slice::from_ref(land)) else { return };
        let land = Shape::new(framed);
        for (place, hole) in holes.iter().enumerate() {
            if hole.spots.iter().all(|spot| land.position(*spot) == Side::Outside) {
                self.fault(
                    format!("{pointer}/{}", place + 1),
                    "is a hole that lies outside its polygon".to_owned(),
                );
            }
        }
    }

    fn turned_note(&mut self) -> Option<BoundaryFault> {
        let (count, pointer) = self.turned.take()?;
        let message = format!("{count} rings ran the wrong way round, this one first, and were turned");
        Some(BoundaryFault { pointer, message })
    }

    fn finish(mut self, version: AreaVersion) -> Result<LoadedBoundaries, BoundaryError> {
        if !self.faults.is_empty() {
            return Err(BoundaryError { faults: self.faults });
        }
        let mut notes: Vec<BoundaryFault> = self.turned_note().into_iter().collect();
        let odd: Vec<usize> =
            self.drafts.iter().filter(|draft| draft.exchanged).map(|draft| draft.feature).collect();
        if let Some(first) = odd.first() {
            let message = format!(
                "{} of {} areas lie in their country only where latitude and longitude are exchanged; GeoJSON \
                 has longitude first",
                odd.len(),
                self.drafts.len()
            );
            notes.push(BoundaryFault { pointer: format!("/features/{first}/geometry/coordinates"), message });
        }
        self.drafts.sort_by(|one, other| one.area.id.cmp(&other.area.id));
        let (areas, shapes) =
            self.drafts.into_iter().map(|draft| (draft.area, Shape::new(draft.framed))).unzip();
        let index = SetIndex::Ready(Box::new(PointIndex::new(shapes)));
        Ok(LoadedBoundaries { set: AreaSet::new(version, areas, index), notes })
    }
}

/// The first of these properties that holds text.
fn property<'a>(
    properties: &'a Map<String, Value>,
    named: Option<&str>,
    usual: &[String],
) -> Option<(&'a str, &'a str)> {
    let text = |name: &str| {
        let (name, value) = properties.get_key_value(name)?;
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty())?;
        Some((name.as_str(), text))
    };
    match named {
        Some(name) => text(name),
        None => usual.iter().find_map(|name| text(name)),
    }
}

/// What is wrong with the corners of a ring, behind the ring's own pointer.
fn check_corners(ring: &[Position]) -> Result<(), (String, String)> {
    for (place, corner) in ring.iter().enumerate() {
        // Longitudes may run on beyond 180, as some programs write them.
        if let Err(error) = Coordinates::new(corner.latitude, corner.longitude.clamp(-180.0, 180.0)) {
            return Err((format!("/{place}"), error.to_string()));
        }
        if corner.longitude.is_nan() || corner.longitude.abs() > 360.0 {
            let message =
                format!("longitude {} is no degree of the globe: are these metres?", corner.longitude);
            return Err((format!("/{place}"), message));
        }
    }
    match (ring.first(), ring.last()) {
        (Some(first), Some(last)) if ring.len() >= 4 && first == last => Ok(()),
        (Some(_), Some(_)) if ring.len() >= 4 => {
            Err((String::new(), "is not closed: the last corner must repeat the first".to_owned()))
        }
        _ => Err((
            String::new(),
            format!("has {} corners; a ring has at least four, the last like the first", ring.len()),
        )),
    }
}

/// The corners of a ring in degrees as they were written, walked as `walked` and in the same turn as the ring before.
fn laid_out(ring: &[Position], walked: &[Spot], land: Option<&Vec<Coord>>) -> Vec<Coord> {
    let turned = |longitude: f64, near: f64| longitude + 360.0 * ((near - longitude) / 360.0).round();
    let mut near = land.and_then(|land| land.first()).map(|corner| corner.x);
    let mut laid: Vec<Coord> = Vec::with_capacity(ring.len() + 2);
    for corner in &ring[..ring.len() - 1] {
        let x = turned(corner.longitude, near.unwrap_or(corner.longitude));
        laid.push(Coord { x, y: corner.latitude });
        near = Some(x);
    }
    let polar = |spots: &[Spot]| {
        spots.len() > 2 && spots[spots.len() - 3..].iter().skip(1).all(|spot| spot.y.abs() == POLE)
    };
    let width = walked.iter().map(|spot| spot.x).max().unwrap_or(0)
        - walked.iter().map(|spot| spot.x).min().unwrap_or(0);
    if polar(walked) && width == TURN {
        let (first, last) = (laid[0], walked[walked.len() - 2]);
        let shift = first.x - degrees(walked[0].x);
        let (pole, back) = (degrees(last.y), degrees(last.x) + shift);
        laid.extend([
            Coord { x: back, y: first.y },
            Coord { x: back, y: pole },
            Coord { x: first.x, y: pole },
        ]);
    }
    laid
}

/// How much of the globe a ring encloses, from 0 to 1.
fn globe_share(walked: &[Spot]) -> f64 {
    let next = walked.iter().cycle().skip(1);
    let sine = |spot: &Spot| degrees(spot.y).to_radians().sin();
    let swept: f64 = walked
        .iter()
        .zip(next)
        .map(|(from, to)| (degrees(to.x - from.x).to_radians()) * (sine(from) + sine(to)) / 2.0)
        .sum();
    swept.abs() / (4.0 * std::f64::consts::PI)
}

/// Whether the middle of a ring lies in the area's country only with latitude and longitude exchanged.
fn exchanged(area: &Area, ring: Option<&Vec<Position>>) -> bool {
    let Some(ring) = ring.filter(|ring| !ring.is_empty()) else { return false };
    let count = ring.len() as f64;
    let latitude = ring.iter().map(|corner| corner.latitude).sum::<f64>() / count;
    let longitude = ring.iter().map(|corner| corner.longitude).sum::<f64>() / count;
    let country = |latitude: f64, longitude: f64| {
        let place = Coordinates::new(latitude, longitude).ok()?;
        shipped_areas().at(place)?.0.country
    };
    area.country.is_some()
        && country(latitude, longitude) != area.country
        && country(longitude, latitude) == area.country
}

/// What a refused text looks like in a message.
pub(super) fn shown(text: &str) -> String {
    quoted(text)
}
