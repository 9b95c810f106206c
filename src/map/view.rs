//! GeoJSON (RFC 7946) as it goes over the wire.

use crate::areas::EditionView;
use crate::atlas::{Coordinates, Generalisation, LineGeometry};
use crate::core::time::Timestamp;
use crate::totals::TotalsRow;
use crate::totals::rules::PlaceMeaning;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Areas inside countries, with totals.
    Areas,
    /// Sites, with what is there.
    Sites,
    /// From where to where consignments go, with what they carry.
    Corridors,
}

/// Where a feature lies.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geometry {
    /// A site: longitude, latitude.
    Point([f64; 2]),
    /// An area, generalised for drawing.
    MultiPolygon(Vec<Vec<Vec<[f64; 2]>>>),
    /// A corridor in one piece.
    LineString(Vec<[f64; 2]>),
    /// A corridor that crosses the antimeridian.
    MultiLineString(Vec<Vec<[f64; 2]>>),
}

impl Geometry {
    /// The point of a place, to a metre.
    pub fn point(place: Coordinates) -> Self {
        let rounded = |degrees: f64| (degrees * 100_000.0).round() / 100_000.0;
        Self::Point([rounded(place.longitude()), rounded(place.latitude())])
    }
}

impl From<LineGeometry> for Geometry {
    fn from(line: LineGeometry) -> Self {
        match line {
            LineGeometry::LineString(line) => Self::LineString(line),
            LineGeometry::MultiLineString(lines) => Self::MultiLineString(lines),
        }
    }
}

/// What is told of a feature: its row of totals, by the name of its dimension, and of a corridor its length.
#[derive(Debug, Serialize, ToSchema)]
pub struct Properties {
    /// The row, as totals print it.
    #[serde(flatten)]
    pub figures: TotalsRow,
    /// Metres of the shortest way over the globe, of a corridor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_m: Option<u64>,
    /// What the line and the length of a corridor are: `great circle` where all that goes there goes by one flight, else `straight
    /// line`, as roads, sea lanes and stops on the way are longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub label: Option<&'static str>,
}

/// A thing on the map.
#[derive(Debug, Serialize, ToSchema)]
pub struct Feature {
    /// `Feature`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The site, the area within its edition, or both sites of a corridor with `..` between.
    pub id: String,
    /// Where it lies.
    pub geometry: Geometry,
    /// What is told of it.
    pub properties: Properties,
}

/// A layer of the map: a FeatureCollection with members of our own.
#[derive(Debug, Serialize, ToSchema)]
pub struct MapView {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// In the order of totals.
    pub features: Vec<Feature>,
    /// Which layer.
    pub layer: Layer,
    /// How fine borders are drawn.
    pub generalisation: Generalisation,
    /// Rows of totals that cannot be drawn, because the place of a site, or the border of an area, is not known.
    pub not_drawn: usize,
    /// Figures of what lies in no area, at no site or on no corridor, as totals print them.
    pub not_placed: Option<TotalsRow>,
    /// Whether goods of sensitive programmes were left out.
    pub public: bool,
    /// Whether invented data are among what is counted.
    pub synthetic: bool,
    /// The last ledger sequence the figures include: asked for again with `known_at`, they are the same for ever.
    pub sequence: i64,
    /// The last effective time they include, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whether goods stand where they are (`at`) or where they are meant to go (`for`).
    pub place: PlaceMeaning,
    /// The editions of areas, of the layer of areas: what has to be printed stands in them.
    pub editions: Vec<EditionView>,
    /// What has to be printed beside it.
    #[schema(value_type = String)]
    pub attribution: &'static str,
}
