//! The shapes of a drawing: land, circles, dots, sites and lines, as the template writes them.

use super::canvas::{Canvas, WIDTH};
use super::land::world;
use super::measure::Measure;
use super::view::{Place, name_of, percent, quantity_of};
use super::words::MapWord;
use crate::atlas::{CountryCode, Generalisation, shipped_areas};
use crate::highlights::rules::class_in;
use crate::highlights::{Pictured, PlaceFigures};
use crate::map::{Feature, Geometry, MapView};
use crate::pages::frame::Frame;
use crate::papers::formats::per_thousand;
use crate::totals::Key;
use std::collections::HashMap;

/// The largest circle, by its radius.
const RADIUS: f64 = 34.0;
/// The smallest that can still be touched and seen.
const RADIUS_LEAST: f64 = 3.0;
/// Lines that are drawn: more are a tangle. What the others carry is stated as one sum.
const LINES_MAXIMUM: usize = 30;
/// The widest line.
const LINE_WIDTH: f64 = 7.0;
/// Sites that are drawn, those with most first.
const SITES_MAXIMUM: usize = 300;

/// Land that is drawn by itself because something is known of it.
pub struct Shape {
    /// Where it leads; nowhere where there is nothing further in.
    pub href: Option<String>,
    /// The path of an SVG; empty where it is a dot alone.
    pub path: String,
    /// The name of its class of style.
    pub class: String,
    /// What it tells.
    pub told: String,
    /// Where its ringed dot goes, where it is too small.
    pub dot: Option<(i32, i32)>,
}

/// Closed lines.
type Rings = Vec<Vec<[f64; 2]>>;

/// A circle.
pub struct Circle {
    /// Where it leads, as the land under it does; nowhere where that leads nowhere.
    pub href: Option<String>,
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
    /// Its radius, in tenths.
    pub radius: String,
    /// What it tells.
    pub told: String,
}

/// A line.
pub struct Line {
    /// The path of an SVG.
    pub path: String,
    /// How wide.
    pub width: String,
    /// What it tells.
    pub told: String,
}

/// A corridor, or a site, in a table.
pub struct Flow {
    /// From where to where, or what the site is called.
    pub name: String,
    /// How much.
    pub quantity: String,
}

/// A drawing.
#[derive(Default)]
pub struct Drawing {
    /// How high it is.
    pub height: i32,
    /// Whether it is the world, whose countries are links that nothing may cover.
    pub is_world: bool,
    /// Land of which nothing is known, in one path.
    pub land: String,
    /// Land of which something is.
    pub shapes: Vec<Shape>,
    /// Counts.
    pub circles: Vec<Circle>,
    /// Places.
    pub sites: Vec<Circle>,
    /// Corridors.
    pub lines: Vec<Line>,
    /// The same in words, and the rest as one sum.
    pub flows: Vec<Flow>,
    /// The sites in words, those with most first, and the rest as one sum.
    pub places: Vec<Flow>,
    /// The classes of a rate: the name of the class of style, and what it stands for.
    pub classes: Vec<(String, String)>,
    /// What it rests on, where its name does not say it.
    pub method: Option<&'static str>,
    /// Whether there is a ringed dot on it.
    pub has_dots: bool,
}

impl Drawing {
    /// How wide it is.
    pub fn width(&self) -> i32 {
        WIDTH
    }

    /// The land of the world while nothing of it is known.
    pub fn bare() -> Self {
        let land = world().iter().map(|land| land.path.as_str()).collect();
        Self { height: Canvas::world().height, is_world: true, land, ..Self::default() }
    }

    /// The world, with the figures of a published programme.
    pub fn world(frame: &Frame, pictured: &Pictured, measure: Measure, query: &str) -> Self {
        let canvas = Canvas::world();
        let places = &pictured.highlights.by_country;
        let known: HashMap<&str, &PlaceFigures> =
            places.iter().map(|place| (place.code.as_str(), place)).collect();
        let mut drawing = Self {
            height: canvas.height,
            is_world: true,
            classes: classes(frame, measure),
            method: measure.method().map(|word| frame.say(word)),
            ..Self::default()
        };
        let most = most_of(places, measure);
        for land in world() {
            let figures = land.country.and_then(|code| known.get(code.as_str()).copied());
            let Some((code, place)) = land.country.zip(figures) else {
                drawing.land.push_str(&land.path);
                continue;
            };
            let told = told(frame, place, measure);
            let dot = land.middle.filter(|_| land.is_dot);
            drawing.has_dots |= dot.is_some();
            let href = Some(format!("/map/{code}{query}"));
            let circle = land.middle.and_then(|at| circle(at, place, measure, most, &told));
            drawing.circles.extend(circle.map(|one| Circle { href: href.clone(), ..one }));
            drawing.shapes.push(Shape {
                href,
                path: land.path.clone(),
                class: class(place, measure),
                told,
                dot,
            });
        }
        drawing.lines_of(frame, canvas, &pictured.corridors);
        (drawing.sites, drawing.places) = sites(frame, canvas, &pictured.sites);
        drawing
    }

    /// A country: its land, and the areas that have figures.
    pub fn country(
        frame: &Frame,
        land: &[Vec<[f64; 2]>],
        (areas, sites_of): (&MapView, &MapView),
        places: &[PlaceFigures],
        measure: Measure,
    ) -> Self {
        let corners: Vec<[f64; 2]> = land.iter().flatten().copied().collect();
        let canvas = Canvas::around(&corners);
        let (path, _) = canvas.path(land, 1);
        let mut drawing = Self {
            height: canvas.height,
            land: path,
            classes: classes(frame, measure),
            method: measure.method().map(|word| frame.say(word)),
            ..Self::default()
        };
        let most = most_of(places, measure);
        for (place, rings) in borders_of(areas, places) {
            let (path, extent) = canvas.path(&rings, 1);
            let told = told(frame, place, measure);
            let middle = extent.map(|one| one.middle());
            drawing.circles.extend(middle.and_then(|at| circle(at, place, measure, most, &told)));
            drawing.shapes.push(Shape { href: None, path, class: class(place, measure), told, dot: None });
        }
        (drawing.sites, drawing.places) = sites(frame, canvas, sites_of);
        drawing
    }

    /// The largest corridors as lines, and all others as one sum.
    fn lines_of(&mut self, frame: &Frame, canvas: Canvas, corridors: &MapView) {
        let mut features: Vec<(&Feature, i64)> = corridors
            .features
            .iter()
            .map(|feature| (feature, quantity_of(&feature.properties.figures)))
            .collect();
        features.retain(|(_, quantity)| *quantity > 0);
        features.sort_by_key(|(feature, quantity)| (std::cmp::Reverse(*quantity), feature.id.clone()));
        let most = features.first().map_or(1, |(_, quantity)| *quantity);
        let rest = features.split_off(features.len().min(LINES_MAXIMUM));
        for (feature, quantity) in features {
            let pieces = match &feature.geometry {
                Geometry::LineString(line) => std::slice::from_ref(line),
                Geometry::MultiLineString(lines) => lines.as_slice(),
                Geometry::Point(_) | Geometry::MultiPolygon(_) => continue,
            };
            let name = corridor_name(feature);
            let quantity_told = frame.number(quantity);
            let width = (LINE_WIDTH * quantity as f64 / most as f64).max(0.6);
            self.lines.push(Line {
                path: canvas.stroke(pieces),
                width: format!("{width:.1}"),
                told: frame.with_two(MapWord::Told, &name, &quantity_told),
            });
            self.flows.push(Flow { name, quantity: quantity_told });
        }
        if !rest.is_empty() {
            let sum: i64 = rest.iter().map(|(_, quantity)| quantity).sum();
            let count = i64::try_from(rest.len()).unwrap_or(i64::MAX);
            let name = frame.with(MapWord::OtherCorridors, frame.number(count));
            self.flows.push(Flow { name, quantity: frame.number(sum) });
        }
    }
}

fn corridor_name(feature: &Feature) -> String {
    let key = feature.properties.figures.keys.get("corridor").and_then(Option::as_ref);
    match key {
        Some(Key::Corridor { origin, destination }) => {
            let name = |site: &crate::totals::Named| site.name.clone().unwrap_or_default();
            format!("{} → {}", name(origin), name(destination))
        }
        Some(Key::Named(_) | Key::Country { .. } | Key::Region { .. } | Key::Area { .. } | Key::Month(_))
        | None => String::new(),
    }
}

/// The areas that have figures, with their borders: those where goods are by the layer of the map, those where goods are only
/// needed by the areas that ship with the program.
fn borders_of<'a>(areas: &MapView, places: &'a [PlaceFigures]) -> Vec<(&'a PlaceFigures, Rings)> {
    let mut found: Vec<(&PlaceFigures, Rings)> = Vec::new();
    for feature in &areas.features {
        let Some(place) = place_of(feature, places) else { continue };
        let Geometry::MultiPolygon(polygons) = &feature.geometry else { continue };
        found.push((place, polygons.iter().flatten().cloned().collect()));
    }
    let known: Vec<&str> = found.iter().map(|(place, _)| place.code.as_str()).collect();
    let set = shipped_areas();
    let alone = places.iter().filter(|place| place.needed.is_some() && !known.contains(&place.code.as_str()));
    let drawn = |place: &'a PlaceFigures| {
        let areas = set.with_code(&place.code).map(|area| set.drawn(area, Generalisation::Country));
        let rings: Rings = areas.flatten().flatten().collect();
        (!rings.is_empty()).then_some((place, rings))
    };
    let alone: Vec<(&PlaceFigures, Rings)> = alone.filter_map(drawn).collect();
    found.extend(alone);
    found
}

/// The figures of an area that is drawn.
fn place_of<'a>(feature: &Feature, places: &'a [PlaceFigures]) -> Option<&'a PlaceFigures> {
    let key = feature.properties.figures.keys.get("area").and_then(Option::as_ref)?;
    match key {
        Key::Area { code, .. } => places.iter().find(|place| place.code == *code),
        Key::Named(_) | Key::Country { .. } | Key::Corridor { .. } | Key::Region { .. } | Key::Month(_) => {
            None
        }
    }
}

/// The sites with most of them as circles and in words, and in words the sum of all others.
fn sites(frame: &Frame, canvas: Canvas, sites: &MapView) -> (Vec<Circle>, Vec<Flow>) {
    let mut found: Vec<(Circle, String, i64)> = Vec::new();
    for feature in &sites.features {
        let Geometry::Point([longitude, latitude]) = feature.geometry else { continue };
        let figures = &feature.properties.figures;
        let quantity = figures.subtotals.in_custody + figures.delivered + figures.distributed;
        let name = match figures.keys.get("site").and_then(Option::as_ref) {
            Some(Key::Named(site)) => site.name.clone().unwrap_or_default(),
            Some(
                Key::Country { .. }
                | Key::Corridor { .. }
                | Key::Region { .. }
                | Key::Area { .. }
                | Key::Month(_),
            )
            | None => continue,
        };
        let [x, y] = canvas.at(longitude, latitude);
        let told = frame.with_two(MapWord::Told, &name, frame.number(quantity));
        let (x, y) = (x.round() as i32, y.round() as i32);
        let circle = Circle { href: None, x, y, radius: "3".to_owned(), told };
        found.push((circle, name, quantity));
    }
    found.sort_by_key(|(_, _, quantity)| std::cmp::Reverse(*quantity));
    let rest = found.split_off(found.len().min(SITES_MAXIMUM));
    let row = |name: String, quantity: i64| Flow { name, quantity: frame.number(quantity) };
    let drawn = found.into_iter().map(|(circle, name, quantity)| (circle, row(name, quantity)));
    let (circles, mut rows): (Vec<Circle>, Vec<Flow>) = drawn.unzip();
    if !rest.is_empty() {
        let count = frame.number(i64::try_from(rest.len()).unwrap_or(i64::MAX));
        let sum: i64 = rest.iter().map(|(_, _, quantity)| quantity).sum();
        rows.push(row(frame.with(MapWord::OtherSites, count), sum));
    }
    (circles, rows)
}

fn most_of(places: &[PlaceFigures], measure: Measure) -> u64 {
    places.iter().filter_map(|place| measure.count(place)).max().unwrap_or(0)
}

/// A circle whose area stands for a count; none where nothing is counted, or a rate is shown.
fn circle(at: (i32, i32), place: &PlaceFigures, measure: Measure, most: u64, told: &str) -> Option<Circle> {
    let count = measure.count(place).filter(|count| *count > 0)?;
    let radius = (RADIUS * (count as f64 / most.max(1) as f64).sqrt()).max(RADIUS_LEAST);
    Some(Circle { href: None, x: at.0, y: at.1, radius: format!("{radius:.1}"), told: told.to_owned() })
}

/// The class of style of a place: shaded for a rate, plain for a count.
fn class(place: &PlaceFigures, measure: Measure) -> String {
    match measure.rate(place) {
        Some(rate) => class_in(measure.classes_from(), rate)
            .map_or_else(|| "known".to_owned(), |class| format!("map{class}")),
        None if measure.is_rate() => "unknown".to_owned(),
        None => "known".to_owned(),
    }
}

fn told(frame: &Frame, figures: &PlaceFigures, measure: Measure) -> String {
    let place = Place::of(frame, figures, "");
    let value = match measure {
        Measure::Deployed => place.deployed,
        Measure::Custody => place.in_custody,
        Measure::People => place.people,
        Measure::DeployedRate => place.deployed_rate,
        Measure::PeopleRate => place.people_rate,
        Measure::NeedMet => place.need_met,
    };
    let value = frame.with_two(MapWord::Told, frame.say(measure.word()), value);
    frame.with_two(MapWord::Told, name_of(frame, figures), value)
}

/// Nothing and the five classes of a rate in words, and what stands for none.
fn classes(frame: &Frame, measure: Measure) -> Vec<(String, String)> {
    if !measure.is_rate() {
        return Vec::new();
    }
    let shown = |from: u64| match measure {
        Measure::NeedMet => percent(frame, from),
        Measure::Deployed
        | Measure::Custody
        | Measure::People
        | Measure::DeployedRate
        | Measure::PeopleRate => per_thousand(frame.language, i64::try_from(from).unwrap_or(i64::MAX)),
    };
    let bounds = measure.classes_from();
    let [first, .., last] = bounds;
    let nothing = ("known".to_owned(), shown(0));
    let mut classes = vec![nothing, ("map1".to_owned(), frame.with(MapWord::ClassFirst, shown(first)))];
    for (at, pair) in bounds.windows(2).enumerate() {
        let words = frame.with_two(MapWord::ClassMiddle, shown(pair[0]), shown(pair[1]));
        classes.push((format!("map{}", at + 2), words));
    }
    classes.push(("map5".to_owned(), frame.with(MapWord::ClassLast, shown(last))));
    classes.push(("unknown".to_owned(), frame.say(MapWord::ClassNone).to_owned()));
    classes
}

/// The country of a code in an address.
pub fn country_of(text: &str) -> Option<CountryCode> {
    text.parse().ok()
}
