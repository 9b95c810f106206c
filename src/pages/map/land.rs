//! The land of the drawing of the world, projected once when it is first asked for.

use super::canvas::{Canvas, Extent};
use crate::atlas::{Country, CountryCode, CountryOutline, countries, country_outlines};
use std::sync::LazyLock;

/// Islands of a country that are smaller both ways are left out.
const ISLAND: i32 = 3;
/// A country that takes less both ways cannot be seen, let alone touched: it is a ringed dot.
const SEEN: i32 = 7;

/// It is not drawn: nobody lives there.
const ANTARCTICA: &str = "AQ";

/// The land of one country, or of what several claim.
pub struct Land {
    /// Whose.
    pub country: Option<CountryCode>,
    /// The path of an SVG; empty where nothing of it can be drawn.
    pub path: String,
    /// Where its circle or its dot goes.
    pub middle: Option<(i32, i32)>,
    /// Whether it is too small to be drawn.
    pub is_dot: bool,
    /// What it takes of the drawing.
    pub extent: Option<Extent>,
}

static WORLD: LazyLock<Vec<Land>> = LazyLock::new(|| {
    let canvas = Canvas::world();
    let land = |outline: &CountryOutline| {
        let (path, extent) = canvas.path(&outline.rings, ISLAND);
        Land {
            country: outline.country,
            path,
            middle: outline
                .country
                .and_then(|code| middle_of(canvas, code))
                .or(extent.map(|one| one.middle())),
            extent,
            is_dot: extent.is_none_or(|one| one.width() < SEEN && one.height() < SEEN),
        }
    };
    let mut world: Vec<Land> = country_outlines().iter().map(land).collect();
    // What has no areas of its own is a dot, where something is known of it.
    let drawn: Vec<CountryCode> = world.iter().filter_map(|land| land.country).collect();
    let others = countries().iter().map(Country::code).filter(|code| !drawn.contains(code));
    world.extend(others.filter(|code| code.as_str() != ANTARCTICA).map(|code| Land {
        country: Some(code),
        path: String::new(),
        middle: middle_of(canvas, code),
        is_dot: true,
        extent: None,
    }));
    world
});

/// Where the name of a country would stand.
fn middle_of(canvas: Canvas, code: CountryCode) -> Option<(i32, i32)> {
    let place = code.country().label_point()?;
    let [x, y] = canvas.at(place.longitude(), place.latitude());
    Some((x.round() as i32, y.round() as i32))
}

/// The land of the world.
pub fn world() -> &'static [Land] {
    &WORLD
}
