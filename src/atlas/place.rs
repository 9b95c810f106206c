//! Where something is, in degrees on the WGS84 ellipsoid, and how far that is from somewhere else.
//!
//! Degrees are the only floating-point numbers of the ledger's vocabulary; quantities never are.

use geo::{Distance, Geodesic, Point};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

const LATITUDE_MAX: f64 = 90.0;
const LONGITUDE_MAX: f64 = 180.0;

/// A place on the globe: WGS84 latitude and longitude in degrees, north and east positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "CoordinatesOnTheWire")]
pub struct Coordinates {
    /// Degrees north of the equator, −90 to 90.
    #[schema(minimum = -90, maximum = 90, example = 13.4531)]
    latitude: f64,
    /// Degrees east of Greenwich, −180 to 180.
    #[schema(minimum = -180, maximum = 180, example = -16.5775)]
    longitude: f64,
}

/// Why a pair of numbers is not a place on the globe.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CoordinatesError {
    /// The latitude is not a number from −90 to 90.
    #[error(
        "latitude {latitude} is off the globe: it must be from -90 to 90 degrees{}",
        if *.swapped { "; are latitude and longitude swapped?" } else { "" }
    )]
    Latitude {
        /// What was given.
        latitude: f64,
        /// Whether the two numbers would be right the other way round.
        swapped: bool,
    },
    /// The longitude is not a number from −180 to 180.
    #[error("longitude {longitude} is off the globe: it must be from -180 to 180 degrees")]
    Longitude {
        /// What was given.
        longitude: f64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoordinatesOnTheWire {
    latitude: f64,
    longitude: f64,
}

impl TryFrom<CoordinatesOnTheWire> for Coordinates {
    type Error = CoordinatesError;

    fn try_from(wire: CoordinatesOnTheWire) -> Result<Self, Self::Error> {
        Self::new(wire.latitude, wire.longitude)
    }
}

impl Coordinates {
    /// Makes a place from degrees.
    ///
    /// # Errors
    /// Says which of the two numbers is off the globe or not a number, and when they look swapped.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, CoordinatesError> {
        // A NaN fails every comparison, so asking "is it inside" refuses it with the rest.
        let fits = |degrees: f64, most: f64| (-most..=most).contains(&degrees);
        if !fits(latitude, LATITUDE_MAX) {
            let swapped = fits(latitude, LONGITUDE_MAX) && fits(longitude, LATITUDE_MAX);
            return Err(CoordinatesError::Latitude { latitude, swapped });
        }
        if !fits(longitude, LONGITUDE_MAX) {
            return Err(CoordinatesError::Longitude { longitude });
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north of the equator, −90 to 90.
    #[must_use]
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich, −180 to 180.
    #[must_use]
    pub fn longitude(self) -> f64 {
        self.longitude
    }
}

/// Length of the shortest path between two places along the WGS84 ellipsoid, in metres.
///
/// It is the "straight line" of a leg, not the road or the sea lane, and is labelled so wherever it is shown.
/// Solved by C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87 (2013), 43–55,
/// doi:10.1007/s00190-012-0578-z; it converges everywhere, also between antipodes.
#[must_use]
pub fn distance_m(from: Coordinates, to: Coordinates) -> f64 {
    // `geo` takes x before y, so longitude comes first.
    Geodesic.distance(Point::new(from.longitude, from.latitude), Point::new(to.longitude, to.latitude))
}
