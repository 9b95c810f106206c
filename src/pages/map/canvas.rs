//! Where places come to lie on a drawing: Equal Earth, in whole units of a drawing that is 1,000 wide.

use crate::atlas::EqualEarth;

/// How wide drawings are: a screen's width is about as many pixels.
pub const WIDTH: i32 = 1_000;
/// A drawing of a country is at most as high.
const HEIGHT_MAXIMUM: f64 = 800.0;
/// What is left free around a country.
const MARGIN: f64 = 16.0;
/// The drawing of the world ends there in the north and in the south: beyond lies ice.
const NORTH: f64 = 84.0;
const SOUTH: f64 = -57.0;
/// A line is drawn on once it has come this far: less is a bend that nobody sees.
const STROKE: f64 = 5.0;

/// A drawing's frame.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    projection: EqualEarth,
    scale: f64,
    left: f64,
    top: f64,
    /// How high it is.
    pub height: i32,
}

impl Canvas {
    /// The world without Antarctica.
    pub fn world() -> Self {
        let projection = EqualEarth::around(0.0);
        let scale = f64::from(WIDTH) / EqualEarth::WIDTH;
        let [_, top] = projection.forward(0.0, NORTH);
        let [_, bottom] = projection.forward(0.0, SOUTH);
        let height = ((top - bottom) * scale).ceil() as i32;
        Self { projection, scale, left: -EqualEarth::WIDTH / 2.0, top, height }
    }

    /// As much of the globe as these places take, with the meridian in the middle that they lie around.
    pub fn around(places: &[[f64; 2]]) -> Self {
        let projection = EqualEarth::around(middle_of(places));
        let drawn: Vec<[f64; 2]> =
            places.iter().map(|[longitude, latitude]| projection.forward(*longitude, *latitude)).collect();
        let least = |axis: usize| drawn.iter().map(|at| at[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| drawn.iter().map(|at| at[axis]).fold(f64::NEG_INFINITY, f64::max);
        if drawn.is_empty() {
            return Self::world();
        }
        let (wide, high) = ((most(0) - least(0)).max(1e-4), (most(1) - least(1)).max(1e-4));
        let free = f64::from(WIDTH) - 2.0 * MARGIN;
        let scale = (free / wide).min((HEIGHT_MAXIMUM - 2.0 * MARGIN) / high);
        let height = (high * scale + 2.0 * MARGIN).ceil() as i32;
        let left = least(0) - (f64::from(WIDTH) / scale - wide) / 2.0;
        Self { projection, scale, left, top: most(1) + MARGIN / scale, height }
    }

    /// Where a place lies: to the right and down.
    pub fn at(self, longitude: f64, latitude: f64) -> [f64; 2] {
        let [right, up] = self.projection.forward(longitude, latitude);
        [(right - self.left) * self.scale, (self.top - up) * self.scale]
    }

    /// Closed lines as the path of an SVG, without those that are narrower than `least` both ways; and what it takes.
    pub fn path(self, rings: &[Vec<[f64; 2]>], least: i32) -> (String, Option<Extent>) {
        let (mut path, mut extent) = (String::new(), None);
        for ring in rings {
            let mut corners: Vec<(i32, i32)> = Vec::with_capacity(ring.len());
            for [longitude, latitude] in ring {
                let [x, y] = self.at(*longitude, *latitude);
                let corner = (x.round() as i32, y.round() as i32);
                if corners.last() != Some(&corner) {
                    corners.push(corner);
                }
            }
            let Some(taken) = Extent::of(&corners) else { continue };
            if corners.len() < 3 || (taken.width() < least && taken.height() < least) {
                continue;
            }
            write_closed(&mut path, &corners);
            extent = Some(extent.map_or(taken, |known: Extent| known.with(taken)));
        }
        (path, extent)
    }

    /// A line that is not closed, as the path of an SVG.
    pub fn stroke(self, pieces: &[Vec<[f64; 2]>]) -> String {
        let mut path = String::new();
        for piece in pieces {
            let mut last: Option<[f64; 2]> = None;
            for (at, [longitude, latitude]) in piece.iter().enumerate() {
                let [x, y] = self.at(*longitude, *latitude);
                let is_near = last.is_some_and(|[from_x, from_y]| (x - from_x).hypot(y - from_y) < STROKE);
                if is_near && at + 1 < piece.len() {
                    continue;
                }
                let word = if last.is_none() { 'M' } else { 'L' };
                path.push_str(&format!("{word}{} {}", x.round() as i32, y.round() as i32));
                last = Some([x, y]);
            }
        }
        path
    }
}

/// What a shape takes of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    least: (i32, i32),
    most: (i32, i32),
}

impl Extent {
    fn of(corners: &[(i32, i32)]) -> Option<Self> {
        let first = *corners.first()?;
        let start = Self { least: first, most: first };
        Some(corners.iter().fold(start, |known, corner| known.with(Self { least: *corner, most: *corner })))
    }

    fn with(self, other: Self) -> Self {
        let least = (self.least.0.min(other.least.0), self.least.1.min(other.least.1));
        let most = (self.most.0.max(other.most.0), self.most.1.max(other.most.1));
        Self { least, most }
    }

    /// What places take, and so much more on each side.
    pub fn around(places: &[[f64; 2]], more: i32) -> Option<Self> {
        let corners: Vec<(i32, i32)> =
            places.iter().map(|[x, y]| (x.round() as i32, y.round() as i32)).collect();
        let taken = Self::of(&corners)?;
        Some(Self {
            least: (taken.least.0 - more, taken.least.1 - more),
            most: (taken.most.0 + more, taken.most.1 + more),
        })
    }

    /// Whether both take anything of the same.
    pub fn meets(self, other: Self) -> bool {
        self.least.0 <= other.most.0
            && other.least.0 <= self.most.0
            && self.least.1 <= other.most.1
            && other.least.1 <= self.most.1
    }

    /// As the frame of an SVG.
    pub fn view_box(self) -> String {
        format!("{} {} {} {}", self.least.0, self.least.1, self.width(), self.height())
    }

    /// How wide it is.
    pub fn width(self) -> i32 {
        self.most.0 - self.least.0
    }

    /// How high it is.
    pub fn height(self) -> i32 {
        self.most.1 - self.least.1
    }

    /// Its middle.
    pub fn middle(self) -> (i32, i32) {
        (i32::midpoint(self.least.0, self.most.0), i32::midpoint(self.least.1, self.most.1))
    }
}

/// Where it begins, and from there each step by how far it goes: short numbers are what makes a map small.
fn write_closed(path: &mut String, corners: &[(i32, i32)]) {
    let mut before: Option<(i32, i32)> = None;
    for (x, y) in corners {
        match before {
            None => path.push_str(&format!("M{x} {y}l")),
            Some((from_x, from_y)) => {
                write_number(path, x - from_x);
                write_number(path, y - from_y);
            }
        }
        before = Some((*x, *y));
    }
    path.push('z');
}

/// A minus separates as a blank does.
fn write_number(path: &mut String, number: i32) {
    if number >= 0 && path.ends_with(|last: char| last.is_ascii_digit()) {
        path.push(' ');
    }
    path.push_str(&number.to_string());
}

/// The meridian in the middle of places; across the antimeridian where that way is shorter.
fn middle_of(places: &[[f64; 2]]) -> f64 {
    let range = |shift: f64| {
        let turned = places.iter().map(|[longitude, _]| (longitude + shift).rem_euclid(360.0) - shift);
        turned.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), one| (least.min(one), most.max(one)))
    };
    let ((west, east), (other_west, other_east)) = (range(180.0), range(0.0));
    let is_across = other_east - other_west < east - west;
    let middle = if is_across { f64::midpoint(other_west, other_east) } else { f64::midpoint(west, east) };
    if middle > 180.0 { middle - 360.0 } else { middle }
}
