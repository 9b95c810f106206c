//! How places smaller than a country are written: UN/LOCODE, ISO 3166-2, and the P-codes of OCHA.
//!
//! Only the form is judged here, and that the code begins with a country that exists. Whether the place
//! exists is known only to whoever has the list; UN/LOCODE's is not shipped.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::country::{CountryCode, country_by_iso3, quoted};

/// The longest P-codes in use have eleven characters; twice that leaves room for deeper levels.
const P_CODE_CHARS_MAX: usize = 22;
/// ISO 3166-2 gives a subdivision one to three characters after the hyphen.
const ISO_SUBDIVISION_CHARS_MAX: usize = 3;

/// A place of trade or transport by its UN/LOCODE, such as `GMBJL` for Banjul.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnLocode {
    country: CountryCode,
    place: [u8; 3],
}

/// Why a text is not a UN/LOCODE.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnLocodeError {
    /// The text does not have the shape of a code.
    #[error(
        "UN/LOCODE '{text}' must be five characters: a country's two capital letters, \
         then three of A to Z and 2 to 9, such as GMBJL"
    )]
    Form {
        /// What was given, cut after 60 characters.
        text: String,
    },
    /// The first two letters are no country.
    #[error("UN/LOCODE '{text}' begins with '{country}', which is no country of ISO 3166-1")]
    Country {
        /// What was given.
        text: String,
        /// Its first two letters.
        country: String,
    },
}

impl UnLocode {
    /// The country the place is in.
    #[must_use]
    pub fn country(self) -> CountryCode {
        self.country
    }
}

impl FromStr for UnLocode {
    type Err = UnLocodeError;

    /// Takes `GMBJL`, and `GM BJL` as the printed lists have it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || UnLocodeError::Form { text: quoted(text) };
        let (country, place) = text.split_at_checked(2).ok_or_else(form)?;
        let place = place.strip_prefix(' ').unwrap_or(place);
        let place: [u8; 3] = place.as_bytes().try_into().map_err(|_| form())?;
        let place_fits = place.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'9'));
        if !place_fits || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(form());
        }
        let code = CountryCode::known(country)
            .ok_or_else(|| UnLocodeError::Country { text: quoted(text), country: country.to_owned() })?;
        Ok(Self { country: code, place })
    }
}

impl fmt::Display for UnLocode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes were checked to be ASCII when the code was made.
        write!(formatter, "{}{}", self.country, std::str::from_utf8(&self.place).unwrap_or_default())
    }
}

impl TryFrom<String> for UnLocode {
    type Error = UnLocodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<UnLocode> for String {
    fn from(code: UnLocode) -> Self {
        code.to_string()
    }
}

/// Which list an area code is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaCodeKind {
    /// ISO 3166-2, with a hyphen: `GM-B`.
    Iso3166Part2,
    /// A place code of OCHA's common operational data: `HN10`, `BDI001`.
    PCode,
}

/// The code of an area inside a country: ISO 3166-2 (`GM-B`) or an OCHA P-code (`HN10`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaCode {
    text: Box<str>,
    country: CountryCode,
}

/// Why a text is not an area code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AreaCodeError {
    /// The text has neither shape.
    #[error(
        "area code '{text}' must be an ISO 3166-2 code such as GM-B or a P-code such as HN10: \
         the country's capital letters first, then capital letters and digits"
    )]
    Form {
        /// What was given, cut after 60 characters.
        text: String,
    },
    /// It does not begin with a country.
    #[error("area code '{text}' does not begin with the code of a country of ISO 3166-1")]
    Country {
        /// What was given.
        text: String,
    },
}

impl AreaCode {
    /// The code as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which list the code is from.
    #[must_use]
    pub fn kind(&self) -> AreaCodeKind {
        if self.text.contains('-') { AreaCodeKind::Iso3166Part2 } else { AreaCodeKind::PCode }
    }

    /// The country the area is in.
    #[must_use]
    pub fn country(&self) -> CountryCode {
        self.country
    }
}

/// The country at the head of an area code.
///
/// Some lists of P-codes begin with three letters: `BDI001` lies in Burundi, not in Bangladesh (`BD`). So
/// three letters that are a country's, with nothing but digits after them, are read first.
fn country_of_area(text: &str) -> Option<CountryCode> {
    let three = text.split_at_checked(3).filter(|(_, rest)| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(country) = three.and_then(|(head, _)| country_by_iso3(head)) {
        return Some(country.code());
    }
    CountryCode::known(text.get(..2)?)
}

impl FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let capital_or_digit = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let fits = match text.split_once('-') {
            Some((country, part)) => {
                country.len() == 2
                    && (1..=ISO_SUBDIVISION_CHARS_MAX).contains(&part.len())
                    && part.bytes().all(capital_or_digit)
            }
            None => {
                text.len() <= P_CODE_CHARS_MAX
                    && text.bytes().all(capital_or_digit)
                    && text.bytes().any(|byte| byte.is_ascii_digit())
            }
        };
        if !fits || !text.bytes().take(2).all(|byte| byte.is_ascii_uppercase()) {
            return Err(AreaCodeError::Form { text: quoted(text) });
        }
        let country = country_of_area(text).ok_or_else(|| AreaCodeError::Country { text: quoted(text) })?;
        Ok(Self { text: text.into(), country })
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl TryFrom<String> for AreaCode {
    type Error = AreaCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.text.into()
    }
}

/// In a document both codes are strings with a pattern, whatever they are made of here.
fn code_schema(pattern: &str, example: &str, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .examples([example])
        .description(Some(description))
        .build()
        .into()
}

impl PartialSchema for UnLocode {
    fn schema() -> RefOr<Schema> {
        code_schema("^[A-Z]{2} ?[A-Z2-9]{3}$", "GMBJL", "UN/LOCODE of a place; only its form is checked.")
    }
}

impl ToSchema for UnLocode {}

impl PartialSchema for AreaCode {
    fn schema() -> RefOr<Schema> {
        code_schema(
            "^[A-Z]{2}(-[A-Z0-9]{1,3}|[A-Z0-9]{1,20})$",
            "GM-B",
            "ISO 3166-2 code or OCHA P-code of an area; only its form and its country are checked.",
        )
    }
}

impl ToSchema for AreaCode {}
