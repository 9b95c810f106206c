//! The words of GeoJSON (RFC 7946) that areas are written in. What else a file says is passed over.

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::boundaries::shown;

/// Names of the one system of coordinates that GeoJSON has, in which older files still state it.
const WGS84_NAMES: [&str; 4] = ["CRS84", "4326", "OGC:CRS84", "WGS84"];

/// A collection of features, with their coordinates still as text.
#[derive(Deserialize)]
pub(super) struct Collection<'a> {
    #[serde(rename = "type")]
    kind: String,
    crs: Option<Value>,
    #[serde(borrow, default)]
    pub(super) features: Vec<Feature<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Feature<'a> {
    #[serde(borrow)]
    pub(super) geometry: Option<Geometry<'a>>,
    pub(super) properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct Geometry<'a> {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
}

/// A corner: longitude, latitude, and perhaps a height that nobody asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub(super) longitude: f64,
    pub(super) latitude: f64,
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Corner;
        impl<'de> Visitor<'de> for Corner {
            type Value = Position;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a position: longitude, then latitude")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Position, A::Error> {
                let missing = || A::Error::custom("a position has two numbers, longitude and latitude");
                let longitude = numbers.next_element()?.ok_or_else(missing)?;
                let latitude = numbers.next_element()?.ok_or_else(missing)?;
                while numbers.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position { longitude, latitude })
            }
        }
        deserializer.deserialize_seq(Corner)
    }
}

impl<'a> Collection<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is no FeatureCollection, or not in WGS84.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        // A mark of byte order stands before files of some programs.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read: Self = serde_json::from_str(text)
            .map_err(|error| format!("is no GeoJSON FeatureCollection of polygons: {error}"))?;
        if read.kind != "FeatureCollection" {
            return Err(format!("is a '{}'; areas come as a FeatureCollection", shown(&read.kind)));
        }
        let system =
            read.crs.as_ref().and_then(|crs| crs.pointer("/properties/name")).and_then(Value::as_str);
        match system {
            Some(name) if !WGS84_NAMES.iter().any(|known| name.ends_with(known)) => {
                Err(format!("is in the coordinate system '{}'; GeoJSON is in WGS84 (OGC:CRS84)", shown(name)))
            }
            Some(_) | None => Ok(read),
        }
    }
}

/// The polygons of a geometry, each with its land first and then its holes.
///
/// # Errors
/// Where it is none of polygons, or its coordinates are not nested as such.
pub(super) fn polygons(geometry: &Geometry<'_>) -> Result<Vec<Vec<Vec<Position>>>, String> {
    let text = geometry.coordinates.map_or("null", RawValue::get);
    let nested = |error: serde_json::Error| format!("has coordinates that are no {}: {error}", geometry.kind);
    match geometry.kind.as_str() {
        "Polygon" => serde_json::from_str(text).map(|polygon| vec![polygon]).map_err(nested),
        "MultiPolygon" => serde_json::from_str(text).map_err(nested),
        other => Err(format!("is a '{}'; an area is a Polygon or a MultiPolygon", shown(other))),
    }
}
