//! The areas of one version: by code, by place, and by both where a site states both.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::area_code::AreaCode;
use super::super::country::{CountryCode, Language};
use super::super::place::Coordinates;
use super::crosswalk::Crosswalk;
use super::fixed::{HALF_TURN, Spot, TURN, UNITS_PER_DEGREE, degrees, wrapped};
use super::grid::PointIndex;
use super::shape::{Position, Scale, Shape};
use super::shipped::shipped_index;

/// How far a place outside every area may be from one to count as there: a tenth of a degree along the equator. A
/// port's coordinates often lie in the water.
const NEAR_M: f64 = 11_132.0;
const EQUATOR_RADIUS_M: f64 = 6_378_137.0;
/// Square of the first eccentricity of WGS84.
const ECCENTRICITY_SQUARED: f64 = 0.006_694_379_990_141_317;

/// Which edition of areas an answer is from. It is printed beside every figure that was placed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaVersion {
    /// A name of its own, such as `natural-earth-1`.
    pub name: Box<str>,
    /// 1 for the first level below the country, 2 for the next.
    pub level: u8,
    /// The first day these areas were in force; `None` where the source does not say.
    pub valid_from: Option<NaiveDate>,
    /// The last day; `None` where they still are, or the source does not say.
    pub valid_to: Option<NaiveDate>,
    /// Where it is from.
    pub source: Box<str>,
    /// What has to be printed.
    pub attribution: Box<str>,
}

impl AreaVersion {
    /// Whether these areas were in force on a day, as far as their source says.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// An area inside a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Identifies it within its version, also where it has no code.
    pub id: Box<str>,
    /// ISO 3166-2 or P-code, where there is one. Several areas may be parts of what one code stands for.
    pub code: Option<AreaCode>,
    /// The country; `None` where that is disputed between several.
    pub country: Option<CountryCode>,
    /// The code of the larger area it is a part of, for areas below the first level.
    pub parent: Option<Box<str>>,
    /// Whether the source marks it as disputed.
    pub disputed: bool,
    /// The name in its own country, then in the six languages; blank where the source has none.
    pub(super) names: [Box<str>; 7],
}

impl Area {
    /// Its code, or its identifier where it has none. Where several areas touch a place, the lowest of these wins.
    #[must_use]
    pub fn key(&self) -> &str {
        self.code.as_ref().map_or(&self.id, AreaCode::as_str)
    }

    /// Its name in a language, or else as its own country writes it; `None` where the source has no name.
    #[must_use]
    pub fn name(&self, language: Language) -> Option<&str> {
        let place = Language::ALL.iter().position(|known| *known == language);
        let named = place.and_then(|place| self.names.get(place + 1)).filter(|name| !name.is_empty());
        named.or(self.names.first()).filter(|name| !name.is_empty()).map(AsRef::as_ref)
    }
}

/// How an area was found for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaPlacing {
    /// By the code that was given.
    ByCode,
    /// The place lies inside.
    Inside,
    /// The place lies on the border; of the areas it touches, this has the lowest code.
    OnBorder,
    /// The place lies in no area, and this one is the nearest.
    Near {
        /// Metres to its border.
        distance_m: u32,
    },
}

/// What does not fit in what was told of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaDoubt<'a> {
    /// The code is none of this version's; the coordinates decided alone.
    CodeUnknown,
    /// The code was replaced; what followed it was used.
    CodeReplaced,
    /// The coordinates lie in another area than the code says.
    PlaceElsewhere(&'a Area),
    /// The coordinates lie in no area, nor near one.
    PlaceNowhere,
}

/// The area of a place, how it was found, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedArea<'a> {
    /// The area.
    pub area: &'a Area,
    /// How it was found.
    pub placing: AreaPlacing,
    /// To be shown beside it.
    pub doubts: Vec<AreaDoubt<'a>>,
}

/// Why a place has no area. It is shown as not placed; nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaUnplaced {
    /// Neither a code nor coordinates were given.
    #[error("neither an area code nor coordinates are known")]
    NothingGiven,
    /// The coordinates lie in no area, nor near one.
    #[error("the coordinates lie in no area, and none is within 11 km")]
    Nowhere,
    /// The coordinates lie in another country, and no area of the stated one is near.
    #[error(
        "the coordinates lie in {area}, which is another country's, and no area of this one is within 11 km"
    )]
    Abroad {
        /// The area they lie in.
        area: String,
    },
    /// The code is not this version's, and there are no coordinates that would tell.
    #[error("area code '{code}' is none of version {version}, and no coordinates tell the area")]
    UnknownCode {
        /// What was given.
        code: String,
        /// The version that was asked.
        version: String,
    },
    /// The code stands for several areas, and no coordinates tell which.
    #[error(
        "area code '{code}' stands for {parts} areas of version {version}, and no coordinates tell which"
    )]
    SeveralParts {
        /// What was given.
        code: String,
        /// How many areas it stands for.
        parts: usize,
        /// The version that was asked.
        version: String,
    },
}

/// A ring of an area's border, for drawing: counter-clockwise around land, clockwise around a hole.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRing {
    /// Whether it bounds a hole.
    pub hole: bool,
    /// Longitude and latitude in degrees; the last corner is not repeated. Longitudes run on beyond 180 where the
    /// ring does.
    pub corners: Vec<[f64; 2]>,
}

#[derive(Debug)]
pub(super) enum SetIndex {
    /// Laid out already.
    Ready(Box<PointIndex>),
    /// That of the shipped areas, which is laid out when it is first asked.
    Shipped,
}

/// Areas of one version, in the order of their codes.
#[derive(Debug)]
pub struct AreaSet {
    version: AreaVersion,
    areas: Vec<Area>,
    by_code: BTreeMap<Box<str>, Vec<u32>>,
    index: SetIndex,
}

impl AreaSet {
    /// Areas that lie in the order of their codes, with the index that numbers them so.
    pub(super) fn new(version: AreaVersion, areas: Vec<Area>, index: SetIndex) -> Self {
        let mut by_code: BTreeMap<Box<str>, Vec<u32>> = BTreeMap::new();
        for (number, area) in areas.iter().enumerate() {
            by_code.entry(area.key().into()).or_default().push(number as u32);
            if *area.id != *area.key() {
                by_code.entry(area.id.clone()).or_default().push(number as u32);
            }
        }
        Self { version, areas, by_code, index }
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> &AreaVersion {
        &self.version
    }

    /// All areas, in the order of their codes.
    #[must_use]
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The areas a code or identifier stands for.
    pub fn with_code(&self, code: &str) -> impl Iterator<Item = &Area> {
        let numbers = self.by_code.get(code).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.areas.get(*number as usize))
    }

    /// The border of an area, ring by ring, each hole somewhere behind the land it lies in.
    #[must_use]
    pub fn rings(&self, area: &Area) -> Vec<AreaRing> {
        let Some(shape) = self.shape(area) else { return Vec::new() };
        let corner = |corner: &super::fixed::Vertex| {
            [degrees(i64::from(corner.x) + shape.origin()), degrees(corner.y.into())]
        };
        let ring = |ring: &super::frame::FrameRing| AreaRing {
            hole: ring.hole,
            corners: ring.corners.iter().map(corner).collect(),
        };
        shape.rings().iter().map(ring).collect()
    }

    fn index(&self) -> &PointIndex {
        match &self.index {
            SetIndex::Ready(index) => index,
            SetIndex::Shipped => shipped_index(),
        }
    }

    /// The area a place lies in, else the lowest by code of those whose border it lies on.
    #[must_use]
    pub fn inside(&self, place: Coordinates) -> Option<(&Area, AreaPlacing)> {
        let (number, placing) = match self.index().find(spot(place))? {
            (number, Position::Inside) => (number, AreaPlacing::Inside),
            (number, Position::Border) => (number, AreaPlacing::OnBorder),
            (_, Position::Outside) => return None,
        };
        Some((self.areas.get(number)?, placing))
    }

    /// The area of a place by its coordinates alone: the one it lies in or on whose border it lies, else the nearest
    /// within a tenth of a degree.
    #[must_use]
    pub fn at(&self, place: Coordinates) -> Option<(&Area, AreaPlacing)> {
        self.inside(place).or_else(|| {
            let scale = scale_at(place.latitude());
            let (number, distance) = self.index().nearest(spot(place), scale, NEAR_M, |_| true)?;
            Some((self.areas.get(number)?, AreaPlacing::Near { distance_m: distance.round() as u32 }))
        })
    }

    /// The area of a place that is said to lie in a country: of that country's areas alone, so that no area ever holds what
    /// its country does not. What is disputed between countries may be any country's.
    fn at_in(&self, place: Coordinates, country: Option<CountryCode>) -> Option<(&Area, AreaPlacing)> {
        let Some(country) = country else { return self.at(place) };
        let may_be = |area: &Area| area.country.is_none_or(|of| of == country);
        self.inside(place).filter(|(area, _)| may_be(area)).or_else(|| {
            let scale = scale_at(place.latitude());
            let may = |number: usize| self.areas.get(number).is_some_and(may_be);
            let (number, distance) = self.index().nearest(spot(place), scale, NEAR_M, may)?;
            Some((self.areas.get(number)?, AreaPlacing::Near { distance_m: distance.round() as u32 }))
        })
    }

    /// The area of a place that states a code, coordinates, or both: by the code first, with the coordinates as its
    /// check; of several areas that a code stands for, the one where the coordinates lie.
    ///
    /// # Errors
    /// Why the place has no area.
    pub fn locate(
        &self,
        code: Option<&str>,
        place: Option<Coordinates>,
        crosswalk: Option<&Crosswalk>,
    ) -> Result<LocatedArea<'_>, AreaUnplaced> {
        self.locate_in(None, code, place, crosswalk)
    }

    /// The same of a place that is said to lie in a country: only that country's areas are its own. Coordinates across the
    /// border are told, and its nearest area within a tenth of a degree is taken.
    ///
    /// # Errors
    /// Why the place has no area.
    pub fn locate_in(
        &self,
        country: Option<CountryCode>,
        code: Option<&str>,
        place: Option<Coordinates>,
        crosswalk: Option<&Crosswalk>,
    ) -> Result<LocatedArea<'_>, AreaUnplaced> {
        let found = place.and_then(|place| self.at_in(place, country));
        let Some(code) = code else {
            let abroad = self.abroad(place, country);
            let Some((area, placing)) = found else {
                return Err(match (abroad, place) {
                    (Some(area), _) => AreaUnplaced::Abroad { area: area.key().to_owned() },
                    (None, Some(_)) => AreaUnplaced::Nowhere,
                    (None, None) => AreaUnplaced::NothingGiven,
                });
            };
            let doubts = abroad.map(AreaDoubt::PlaceElsewhere).into_iter().collect();
            return Ok(LocatedArea { area, placing, doubts });
        };
        let mut doubts = Vec::new();
        let mut meant: Vec<&Area> = self.with_code(code).collect();
        if meant.is_empty() {
            let followed = crosswalk.map(|crosswalk| crosswalk.current(code)).unwrap_or_default();
            meant = followed.iter().flat_map(|code| self.with_code(code)).collect();
            doubts.push(if meant.is_empty() { AreaDoubt::CodeUnknown } else { AreaDoubt::CodeReplaced });
        }
        let version = || self.version.name.to_string();
        match (meant.as_slice(), found) {
            ([], Some((area, placing))) => Ok(LocatedArea { area, placing, doubts }),
            ([], None) => Err(AreaUnplaced::UnknownCode { code: code.to_owned(), version: version() }),
            ([area], found) => {
                match (self.abroad(place, country), found) {
                    (Some(other), _) if other.id != area.id => doubts.push(AreaDoubt::PlaceElsewhere(other)),
                    (_, Some((other, AreaPlacing::Inside))) if other.id != area.id => {
                        doubts.push(AreaDoubt::PlaceElsewhere(other));
                    }
                    (_, None) if place.is_some() => doubts.push(AreaDoubt::PlaceNowhere),
                    (_, _) => {}
                }
                Ok(LocatedArea { area, placing: AreaPlacing::ByCode, doubts })
            }
            (parts, Some((area, placing))) if parts.iter().any(|part| part.id == area.id) => {
                Ok(LocatedArea { area, placing, doubts })
            }
            (parts, _) => Err(AreaUnplaced::SeveralParts {
                code: code.to_owned(),
                parts: parts.len(),
                version: version(),
            }),
        }
    }
}

impl AreaSet {
    /// The area of another country than this that a place lies inside.
    fn abroad(&self, place: Option<Coordinates>, country: Option<CountryCode>) -> Option<&Area> {
        let (area, placing) = self.inside(place?)?;
        let is_abroad = area.country.is_some() && country.is_some() && area.country != country;
        (is_abroad && placing == AreaPlacing::Inside).then_some(area)
    }

    /// West, south, east and north of an area in degrees, as GeoJSON writes bounds: west is the larger number where the area
    /// lies over the antimeridian.
    #[must_use]
    pub fn bounds(&self, area: &Area) -> Option<[f64; 4]> {
        let shape = self.shape(area)?;
        let (least, most) = shape.bounds();
        let width = i64::from(most.x) - i64::from(least.x);
        let west = wrapped(i64::from(least.x) + shape.origin());
        let east = if west + width > HALF_TURN { west + width - TURN } else { west + width };
        let (west, east) = if width >= TURN { (-HALF_TURN, HALF_TURN) } else { (west, east) };
        Some([degrees(west), degrees(least.y.into()), degrees(east), degrees(most.y.into())])
    }

    /// The polygons of an area, where it has any.
    pub(super) fn shape(&self, area: &Area) -> Option<&Shape> {
        self.index().shape(self.number(area)?)
    }

    /// The place of an area among those of this version.
    fn number(&self, area: &Area) -> Option<usize> {
        let mut numbers = self.by_code.get(&area.id).into_iter().flatten().map(|number| *number as usize);
        numbers.find(|number| self.areas.get(*number).is_some_and(|known| known.id == area.id))
    }
}

fn spot(place: Coordinates) -> Spot {
    Spot::new(place.latitude(), place.longitude())
}

/// What a unit of longitude and of latitude is worth in metres at a latitude, from the radii of curvature of WGS84.
fn scale_at(latitude: f64) -> Scale {
    let (sine, cosine) = latitude.to_radians().sin_cos();
    let flattened = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let unit = (1.0 / UNITS_PER_DEGREE as f64).to_radians();
    Scale {
        x_m: EQUATOR_RADIUS_M / flattened.sqrt() * cosine.max(0.0) * unit,
        y_m: EQUATOR_RADIUS_M * (1.0 - ECCENTRICITY_SQUARED) / flattened.powf(1.5) * unit,
    }
}
