//! The Equal Earth projection: areas keep their size, so that a country looks as large as it is.
//!
//! The polynomial is that of B. Šavrič, T. Patterson and B. Jenny, "The Equal Earth map projection", International Journal
//! of Geographical Information Science 33(3), 2018, doi 10.1080/13658816.2018.1504949, on the sphere.

use std::f64::consts::PI;

const A1: f64 = 1.340_264;
const A2: f64 = -0.081_106;
const A3: f64 = 0.000_893;
const A4: f64 = 0.003_796;
/// Half the square root of three.
const M: f64 = 0.866_025_403_784_438_6;
/// Steps of Newton's method for the way back; four are enough for the last digit.
const STEPS: usize = 12;

/// The projection with a meridian in its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EqualEarth {
    middle: f64,
}

impl EqualEarth {
    /// The width of the whole world, in radii of the globe.
    pub const WIDTH: f64 = 2.0 * PI / (M * A1);

    /// With a meridian in the middle, in degrees east of Greenwich.
    #[must_use]
    pub fn around(middle: f64) -> Self {
        Self { middle }
    }

    /// Where a place lies: to the right and upwards, in radii of the globe from where the middle meets the equator.
    #[must_use]
    pub fn forward(self, longitude: f64, latitude: f64) -> [f64; 2] {
        let turned = wrapped(longitude - self.middle).to_radians();
        let theta = (M * latitude.clamp(-90.0, 90.0).to_radians().sin()).asin();
        [turned * theta.cos() / (M * slope(theta)), height(theta)]
    }

    /// The place, longitude first, that lies there.
    #[must_use]
    pub fn inverse(self, [right, up]: [f64; 2]) -> [f64; 2] {
        let mut theta = up / A1;
        for _ in 0..STEPS {
            theta -= (height(theta) - up) / slope(theta);
        }
        let latitude = (theta.sin() / M).clamp(-1.0, 1.0).asin().to_degrees();
        let turned = (right * M * slope(theta) / theta.cos()).to_degrees();
        [wrapped(turned + self.middle), latitude]
    }
}

/// How far up a parametric latitude lies.
fn height(theta: f64) -> f64 {
    let square = theta * theta;
    let sixth = square * square * square;
    theta * (A1 + A2 * square + sixth * (A3 + A4 * square))
}

/// How fast it rises there.
fn slope(theta: f64) -> f64 {
    let square = theta * theta;
    let sixth = square * square * square;
    A1 + 3.0 * A2 * square + sixth * (7.0 * A3 + 9.0 * A4 * square)
}

/// Between 180° west and east; both stay what they are.
fn wrapped(longitude: f64) -> f64 {
    if (-180.0..=180.0).contains(&longitude) {
        longitude
    } else {
        (longitude + 180.0).rem_euclid(360.0) - 180.0
    }
}
