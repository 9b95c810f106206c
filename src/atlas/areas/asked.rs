//! A shape on the globe that somebody asks about: polygons in GeoJSON, or all within a distance of a place.

use super::super::place::{Coordinates, distance_m};
use super::boundaries::{BoundaryError, BoundaryFault, read_polygons};
use super::fixed::Spot;
use super::geojson::Geometry;
use super::shape::{Position, Shape};

/// Corners of all polygons of a question together. The coast of a country drawn for a map has fewer, and what is asked is
/// checked for crossings each time.
pub const SHAPE_CORNERS_MAX: usize = 5_000;

/// What is asked about.
#[derive(Debug)]
pub struct AskedShape(Kind);

#[derive(Debug)]
enum Kind {
    Polygons(Box<Shape>),
    Around { center: Coordinates, radius_m: f64 },
}

impl AskedShape {
    /// Everything within so many metres of a place, along the ellipsoid.
    #[must_use]
    pub fn around(center: Coordinates, radius_m: u32) -> Self {
        Self(Kind::Around { center, radius_m: f64::from(radius_m) })
    }

    /// Reads a Polygon or MultiPolygon of GeoJSON, and says what was put right in it.
    ///
    /// # Errors
    /// Everything that is wrong, each with a JSON pointer: rings that are not closed, cross themselves, enclose nothing or more
    /// than a tenth of the globe, and more than [`SHAPE_CORNERS_MAX`] corners.
    pub fn parse(geometry: &str) -> Result<(Self, Option<BoundaryFault>), BoundaryError> {
        let fault = |message: String| BoundaryError {
            faults: vec![BoundaryFault { pointer: String::new(), message }],
        };
        let geometry: Geometry<'_> = serde_json::from_str(geometry).map_err(|error| {
            fault(format!("is no geometry of GeoJSON with type and coordinates: {error}"))
        })?;
        let (framed, note) = read_polygons(&geometry, SHAPE_CORNERS_MAX)?;
        Ok((Self(Kind::Polygons(Box::new(Shape::new(framed)))), note))
    }

    /// Whether a place lies within, or on the border.
    #[must_use]
    pub fn contains(&self, place: Coordinates) -> bool {
        match &self.0 {
            Kind::Polygons(shape) => {
                shape.position(Spot::new(place.latitude(), place.longitude())) != Position::Outside
            }
            Kind::Around { center, radius_m } => distance_m(*center, place) <= *radius_m,
        }
    }
}
