//! The 250 countries and territories of the reference table, and the code that stands for one of them.
//!
//! A [`CountryCode`] exists only for a row of the table, so nobody downstream has to ask again whether a
//! code is real. The table is never changed while the program runs, and no name decides anything here:
//! matching names is `country_name`'s work.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use utoipa::ToSchema;

use super::country_name;
use super::currency;
use super::place::Coordinates;
use super::region::Region;
use super::sheet::{Column, DataError, Row, Sheet};

const COUNTRIES_CSV: &str = include_str!("../../data/countries.csv");
const COUNTRIES_FILE: &str = "countries.csv";

/// How many characters of a refused text are repeated in an error, so that nobody's megabyte comes back.
const QUOTED_CHARS_MAX: usize = 60;

/// An ISO 3166-1 alpha-2 code of a country or territory in the reference table, such as `GM`.
///
/// `XK` stands for Kosovo, which ISO has not given a code. `NA` is Namibia, not a missing value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Z]{2}$", min_length = 2, max_length = 2, example = "GM")]
pub struct CountryCode([u8; 2]);

/// Why a text is not a country code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CountryCodeError {
    /// The text does not have the shape of a code.
    #[error("country code '{text}' must be two capital letters of ISO 3166-1{}", hint(*.meant))]
    Form {
        /// What was given, cut after 60 characters.
        text: String,
        /// The country that was probably meant.
        meant: Option<CountryCode>,
    },
    /// The shape is right, but no country has this code.
    #[error("country code '{text}' belongs to no country of ISO 3166-1{}", hint(*.meant))]
    Unknown {
        /// What was given.
        text: String,
        /// The country that was probably meant.
        meant: Option<CountryCode>,
    },
}

fn hint(meant: Option<CountryCode>) -> String {
    meant.map_or_else(String::new, |code| {
        format!("; for {} write '{code}'", code.country().name(Language::English))
    })
}

/// The text for an error message, cut to a length that can be shown.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

impl CountryCode {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both bytes were checked to be ASCII letters when the code was made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The row of the table this code stands for.
    #[must_use]
    pub fn country(self) -> &'static Country {
        // A code is made only from a row of the table, so the nameless country is never seen.
        table().by_code(self).unwrap_or(&NAMELESS)
    }

    /// The code, if the table has it; cheaper than parsing where nobody reads the error.
    pub(super) fn known(text: &str) -> Option<Self> {
        Self::from_letters(text).filter(|code| table().by_code(*code).is_some())
    }

    /// Two capital letters, whether or not a country has them.
    fn from_letters(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }
}

impl FromStr for CountryCode {
    type Err = CountryCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(code) = Self::known(text) {
            return Ok(code);
        }
        let meant = country_name::meant_by(text);
        match Self::from_letters(text) {
            Some(_) => Err(CountryCodeError::Unknown { text: quoted(text), meant }),
            None => Err(CountryCodeError::Form { text: quoted(text), meant }),
        }
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CountryCode({})", self.as_str())
    }
}

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The six official languages of the United Nations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "fr")]
    French,
    #[serde(rename = "es")]
    Spanish,
    #[serde(rename = "ru")]
    Russian,
    #[serde(rename = "zh")]
    Chinese,
    #[serde(rename = "ar")]
    Arabic,
}

impl Language {
    /// All six, English first.
    pub const ALL: [Self; 6] =
        [Self::English, Self::French, Self::Spanish, Self::Russian, Self::Chinese, Self::Arabic];

    /// The language's ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Russian => "ru",
            Self::Chinese => "zh",
            Self::Arabic => "ar",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::English => 0,
            Self::French => 1,
            Self::Spanish => 2,
            Self::Russian => 3,
            Self::Chinese => 4,
            Self::Arabic => 5,
        }
    }

    /// Names of the columns with the formal and the short name.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::English => ("name_en", "short_en"),
            Self::French => ("name_fr", "short_fr"),
            Self::Spanish => ("name_es", "short_es"),
            Self::Russian => ("name_ru", "short_ru"),
            Self::Chinese => ("name_zh", "short_zh"),
            Self::Arabic => ("name_ar", "short_ar"),
        }
    }
}

/// The formal and the short name in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    formal: Box<str>,
    short: Box<str>,
}

/// One country or territory, as the reference table has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    code: CountryCode,
    iso3: Box<str>,
    m49: Option<u16>,
    names: [Names; 6],
    region: Option<Region>,
    subregion: Option<Region>,
    un_member: bool,
    least_developed: bool,
    landlocked_developing: bool,
    small_island_developing: bool,
    developing: Option<bool>,
    currency: Option<Box<str>>,
    label_point: Option<Coordinates>,
}

impl Country {
    /// ISO 3166-1 alpha-2 code.
    #[must_use]
    pub fn code(&self) -> CountryCode {
        self.code
    }

    /// ISO 3166-1 alpha-3 code; `XKX` for Kosovo.
    #[must_use]
    pub fn iso3(&self) -> &str {
        &self.iso3
    }

    /// The United Nations' M49 number, which ISO 3166-1 uses too; Kosovo has none.
    #[must_use]
    pub fn m49(&self) -> Option<u16> {
        self.m49
    }

    /// The name the United Nations use in formal text.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        &self.names[language.index()].formal
    }

    /// A name for tables and maps; often the same as the formal one.
    #[must_use]
    pub fn short_name(&self, language: Language) -> &str {
        &self.names[language.index()].short
    }

    /// UN region, such as Africa; Antarctica has none.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// UN subregion, such as Sub-Saharan Africa; Antarctica has none.
    #[must_use]
    pub fn subregion(&self) -> Option<&Region> {
        self.subregion.as_ref()
    }

    /// Whether it is a member of the United Nations.
    #[must_use]
    pub fn is_un_member(&self) -> bool {
        self.un_member
    }

    /// Whether it is on the UN's list of least developed countries, in the edition of 44 countries.
    #[must_use]
    pub fn is_least_developed(&self) -> bool {
        self.least_developed
    }

    /// Whether it is on the UN's list of landlocked developing countries.
    #[must_use]
    pub fn is_landlocked_developing(&self) -> bool {
        self.landlocked_developing
    }

    /// Whether it is on the UN's list of small island developing States.
    #[must_use]
    pub fn is_small_island_developing(&self) -> bool {
        self.small_island_developing
    }

    /// Whether [`DEVELOPING_RULE`](super::DEVELOPING_RULE) counts it in; the rule is silent on Antarctica.
    #[must_use]
    pub fn is_developing(&self) -> Option<bool> {
        self.developing
    }

    /// ISO 4217 code as the source gives it. A hint only: some of these codes have been withdrawn since.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// A rough middle to put a label at. Distances are never measured from it.
    #[must_use]
    pub fn label_point(&self) -> Option<Coordinates> {
        self.label_point
    }
}

/// What stands for a country whose row is not there. No code leads to it.
static NAMELESS: LazyLock<Country> = LazyLock::new(|| Country {
    code: CountryCode(*b"ZZ"),
    iso3: Box::default(),
    m49: None,
    names: Default::default(),
    region: None,
    subregion: None,
    un_member: false,
    least_developed: false,
    landlocked_developing: false,
    small_island_developing: false,
    developing: None,
    currency: None,
    label_point: None,
});

/// The countries in the order of their codes.
#[derive(Debug, Default)]
pub struct CountryTable {
    countries: Vec<Country>,
}

impl CountryTable {
    /// Reads a table with the columns of `data/countries.csv`.
    ///
    /// # Errors
    /// The first cell that cannot be read, or a code that stands in two rows, with its line and column.
    pub fn parse(text: &str) -> Result<Self, DataError> {
        let sheet = Sheet::parse(COUNTRIES_FILE, text)?;
        let columns = CountryColumns::find(&sheet)?;
        let mut countries = Vec::with_capacity(256);
        for row in sheet.rows() {
            countries.push((read_country(row, &columns)?, row));
        }
        countries.sort_by_key(|(country, _)| country.code);
        for pair in countries.windows(2) {
            if let [(first, _), (second, row)] = pair
                && first.code == second.code
            {
                return Err(row.fault(columns.iso2, format!("'{}' stands in two rows", second.code)));
            }
        }
        Ok(Self { countries: countries.into_iter().map(|(country, _)| country).collect() })
    }

    /// The countries in the order of their codes.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    fn by_code(&self, code: CountryCode) -> Option<&Country> {
        let place = self.countries.binary_search_by(|country| country.code.cmp(&code)).ok()?;
        self.countries.get(place)
    }
}

struct CountryColumns {
    iso2: Column,
    iso3: Column,
    m49: Column,
    names: Vec<(Column, Column)>,
    region: (Column, Column),
    subregion: (Column, Column),
    un_member: Column,
    ldc: Column,
    lldc: Column,
    sids: Column,
    developing: Column,
    currency: Column,
    lat: Column,
    lon: Column,
}

impl CountryColumns {
    fn find(sheet: &Sheet) -> Result<Self, DataError> {
        let mut names = Vec::with_capacity(Language::ALL.len());
        for language in Language::ALL {
            let (formal, short) = language.columns();
            names.push((sheet.column(formal)?, sheet.column(short)?));
        }
        Ok(Self {
            iso2: sheet.column("iso2")?,
            iso3: sheet.column("iso3")?,
            m49: sheet.column("m49")?,
            names,
            region: (sheet.column("region_code")?, sheet.column("region")?),
            subregion: (sheet.column("subregion_code")?, sheet.column("subregion")?),
            un_member: sheet.column("un_member")?,
            ldc: sheet.column("ldc")?,
            lldc: sheet.column("lldc")?,
            sids: sheet.column("sids")?,
            developing: sheet.column("developing_unctad_rule")?,
            currency: sheet.column("currency")?,
            lat: sheet.column("lat")?,
            lon: sheet.column("lon")?,
        })
    }
}

fn read_country(row: Row<'_>, columns: &CountryColumns) -> Result<Country, DataError> {
    let iso2 = row.text(columns.iso2);
    let code = CountryCode::from_letters(iso2)
        .ok_or_else(|| row.fault(columns.iso2, format!("'{iso2}' is not two capital letters")))?;
    let iso3 = row.required_text(columns.iso3)?;
    if iso3.len() != 3 || !iso3.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(row.fault(columns.iso3, format!("'{iso3}' is not three capital letters")));
    }
    let mut names: [Names; 6] = Default::default();
    for (place, (formal, short)) in names.iter_mut().zip(&columns.names) {
        *place = Names { formal: row.required_text(*formal)?, short: row.required_text(*short)? };
    }
    Ok(Country {
        code,
        iso3,
        m49: row.optional(columns.m49, "an M49 number")?,
        names,
        region: read_region(row, columns.region)?,
        subregion: read_region(row, columns.subregion)?,
        un_member: row.flag(columns.un_member)?,
        least_developed: row.flag(columns.ldc)?,
        landlocked_developing: row.flag(columns.lldc)?,
        small_island_developing: row.flag(columns.sids)?,
        developing: row.optional_flag(columns.developing)?,
        currency: row.optional_text(columns.currency),
        label_point: read_label_point(row, columns)?,
    })
}

fn read_region(row: Row<'_>, (code, name): (Column, Column)) -> Result<Option<Region>, DataError> {
    let Some(number) = row.optional(code, "an M49 number")? else { return Ok(None) };
    Ok(Some(Region { m49: number, name: row.required_text(name)? }))
}

fn read_label_point(row: Row<'_>, columns: &CountryColumns) -> Result<Option<Coordinates>, DataError> {
    let latitude: Option<f64> = row.optional(columns.lat, "a number of degrees")?;
    let longitude: Option<f64> = row.optional(columns.lon, "a number of degrees")?;
    match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => Coordinates::new(latitude, longitude)
            .map(Some)
            .map_err(|error| row.fault(columns.lat, error.to_string())),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            Err(row.fault(columns.lat, "latitude and longitude come together or not at all".to_owned()))
        }
    }
}

static TABLE: LazyLock<Result<CountryTable, DataError>> =
    LazyLock::new(|| CountryTable::parse(COUNTRIES_CSV));
static EMPTY: CountryTable = CountryTable { countries: Vec::new() };

fn table() -> &'static CountryTable {
    TABLE.as_ref().unwrap_or(&EMPTY)
}

/// Says whether the embedded tables could be read, so that a broken build stops at the start and not in the
/// middle of somebody's work. It also reads them, which takes the cost out of the first request.
///
/// # Errors
/// The first fault in `data/countries.csv`, `data/country_aliases.csv` or `data/currencies.csv`.
pub fn check_embedded_countries() -> Result<(), DataError> {
    TABLE.as_ref().map_err(Clone::clone)?;
    currency::check_embedded_currencies()?;
    country_name::check_embedded_aliases()
}

/// All countries and territories, in the order of their codes.
#[must_use]
pub fn countries() -> &'static [Country] {
    table().countries()
}

/// The country with this ISO 3166-1 alpha-3 code, in capitals.
#[must_use]
pub fn country_by_iso3(iso3: &str) -> Option<&'static Country> {
    // 250 short comparisons cost less than a second index would save.
    countries().iter().find(|country| *country.iso3 == *iso3)
}

/// The country with this M49 number, such as 270 for the Gambia.
#[must_use]
pub fn country_by_m49(m49: u16) -> Option<&'static Country> {
    countries().iter().find(|country| country.m49 == Some(m49))
}
