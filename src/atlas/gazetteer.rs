//! Cities and airports by name or code, so that whoever records a site need not look up where it is.
//!
//! The tables are read when they are first asked for, which takes a moment. Names are compared without accents and case; what
//! fits several places is answered with all of them, the largest first, and nothing is taken for what is merely close.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use super::country::CountryCode;
use super::country_name::fold;
use super::place::Coordinates;
use super::sheet::{DataError, Row, Sheet};

const CITIES_FILE: &str = "cities15000.csv.gz";
const CITIES: &[u8] = include_bytes!("../../data/cities15000.csv.gz");
const AIRPORTS_FILE: &str = "airports_iata.csv.gz";
const AIRPORTS: &[u8] = include_bytes!("../../data/airports_iata.csv.gz");
/// Several times what either file unpacks to.
const UNPACKED_BYTES_MAX: u64 = 16 << 20;
/// Letters of an airport's code.
const IATA_LETTERS: usize = 3;

/// What has to be printed beside places of the gazetteer.
pub const GAZETTEER_ATTRIBUTION: &str =
    "Cities of 15,000 people or more: GeoNames (CC BY 4.0). Airports: airportsdata by Mike Borsetti (MIT).";

/// What a place of the gazetteer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GazetteerKind {
    /// A city of 15,000 people or more.
    City,
    /// An airport with a code of IATA.
    Airport,
}

/// A city or an airport.
#[derive(Debug, Clone, PartialEq)]
pub struct GazetteerPlace {
    /// Which of both.
    pub kind: GazetteerKind,
    /// What it is called.
    pub name: Box<str>,
    /// The IATA code of an airport.
    pub iata: Option<Box<str>>,
    /// The city an airport is of, where that is told.
    pub city: Option<Box<str>>,
    /// The country.
    pub country: CountryCode,
    /// Where it is.
    pub coordinates: Coordinates,
    /// People of a city, a round number of some year.
    pub population: u64,
    /// Name and city without accents and case.
    folded: [Box<str>; 2],
}

static PLACES: LazyLock<Result<Vec<GazetteerPlace>, DataError>> = LazyLock::new(|| {
    let mut places = read_cities()?;
    places.extend(read_airports()?);
    places.sort_by(|one, other| {
        let by_people = other.population.cmp(&one.population);
        by_people.then_with(|| (&one.name, &one.iata).cmp(&(&other.name, &other.iata)))
    });
    Ok(places)
});

/// Says whether the gazetteer could be read; it reads it, which takes a moment.
///
/// # Errors
/// The first fault in its files.
pub fn check_gazetteer() -> Result<(), DataError> {
    PLACES.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Up to `most` places whose name, or whose airport's city, begins with a text, or whose IATA code it is: first those with
/// the code, then by people, then by name. Nothing is found by a text without letters or digits.
#[must_use]
pub fn find_places(
    text: &str,
    country: Option<CountryCode>,
    kind: Option<GazetteerKind>,
    most: usize,
) -> Vec<&'static GazetteerPlace> {
    let folded = fold(text);
    let wanted = folded.trim();
    if wanted.is_empty() {
        return Vec::new();
    }
    let code = text.trim().to_ascii_uppercase();
    let places = || {
        let fits = move |place: &&GazetteerPlace| {
            country.is_none_or(|country| place.country == country)
                && kind.is_none_or(|kind| place.kind == kind)
        };
        PLACES.as_ref().map(Vec::as_slice).unwrap_or_default().iter().filter(fits)
    };
    let has_code = |place: &GazetteerPlace| place.iata.as_deref() == Some(code.as_str());
    let coded = places().filter(|place| has_code(place));
    let named = places()
        .filter(|place| !has_code(place) && place.folded.iter().any(|folded| folded.starts_with(wanted)));
    coded.chain(named).take(most).collect()
}

fn unpacked(file: &'static str, packed: &[u8]) -> Result<Sheet, DataError> {
    let mut text = String::new();
    GzDecoder::new(packed).take(UNPACKED_BYTES_MAX).read_to_string(&mut text).map_err(|error| DataError {
        file,
        line: 0,
        column: "*",
        problem: format!("cannot be unpacked: {error}"),
    })?;
    Sheet::parse(file, &text)
}

/// Where a row is.
fn coordinates(sheet: &Sheet, row: Row<'_>) -> Result<Coordinates, DataError> {
    let (latitude, longitude) = (sheet.column("lat")?, sheet.column("lon")?);
    let degrees = |column| row.required::<f64>(column, "a number of degrees");
    Coordinates::new(degrees(latitude)?, degrees(longitude)?)
        .map_err(|error| row.fault(latitude, error.to_string()))
}

fn read_cities() -> Result<Vec<GazetteerPlace>, DataError> {
    let sheet = unpacked(CITIES_FILE, CITIES)?;
    let (name, country, people) = (sheet.column("name")?, sheet.column("iso2")?, sheet.column("population")?);
    let city = |row: Row<'_>| -> Result<GazetteerPlace, DataError> {
        let name = row.required_text(name)?;
        Ok(GazetteerPlace {
            kind: GazetteerKind::City,
            folded: [fold(&name).into(), Box::default()],
            name,
            iata: None,
            city: None,
            country: row.required(country, "a country's code")?,
            coordinates: coordinates(&sheet, row)?,
            population: row.required(people, "a number of people")?,
        })
    };
    sheet.rows().map(city).collect()
}

fn read_airports() -> Result<Vec<GazetteerPlace>, DataError> {
    let sheet = unpacked(AIRPORTS_FILE, AIRPORTS)?;
    let (iata, name) = (sheet.column("iata")?, sheet.column("name")?);
    let (city, country) = (sheet.column("city")?, sheet.column("iso2")?);
    let airport = |row: Row<'_>| -> Result<GazetteerPlace, DataError> {
        let (code, name) = (row.required_text(iata)?, row.required_text(name)?);
        if code.len() != IATA_LETTERS {
            return Err(row.fault(iata, format!("'{code}' is not three letters")));
        }
        let city = row.optional_text(city);
        Ok(GazetteerPlace {
            kind: GazetteerKind::Airport,
            folded: [fold(&name).into(), city.as_deref().map(fold).unwrap_or_default().into()],
            name,
            iata: Some(code),
            city,
            country: row.required(country, "a country's code")?,
            coordinates: coordinates(&sheet, row)?,
            population: 0,
        })
    };
    sheet.rows().map(airport).collect()
}
