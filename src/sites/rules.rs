//! What a site may be: its kinds, and the judgement of what a caller wrote.

use crate::atlas::{AreaCode, Coordinates, CoordinatesError, CountryCode, Language, UnLocode};
use crate::core::check::{CODE_CHARS_MAX, Check, Edit, NAME_CHARS_MAX, quoted};
use crate::core::id::{OrganizationId, SiteId};
use crate::core::problem::Outcome;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Display;
use utoipa::ToSchema;

/// The country of a site of which a file says nothing: user-assigned in ISO 3166-1 and "unknown region" in
/// Unicode's CLDR. Only an import makes such a site, as for a vendor's place of dispatch; nobody types it.
pub const COUNTRY_NOT_STATED: &str = "ZZ";

/// The country sites are looked for in: that of a code, or none that anybody stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountrySought {
    /// In this country.
    Of(CountryCode),
    /// Not stated: `ZZ`.
    NotStated,
}

impl CountrySought {
    /// The two letters that are kept.
    pub fn word(self) -> String {
        match self {
            Self::Of(country) => country.to_string(),
            Self::NotStated => COUNTRY_NOT_STATED.to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for CountrySought {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == COUNTRY_NOT_STATED {
            return Ok(Self::NotStated);
        }
        text.parse().map(Self::Of).map_err(D::Error::custom)
    }
}

/// What kind of place a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// A sea or river port.
    Port,
    /// An airport.
    Airport,
    /// A border crossing.
    BorderCrossing,
    /// A warehouse or hub; "hub" is read as this too.
    #[serde(alias = "hub")]
    Warehouse,
    /// A city: its authority is the consignee.
    City,
    /// A hospital, clinic or pharmacy.
    HealthFacility,
    /// Any other place where goods come to those who hand them out.
    FinalDeliveryPoint,
}

impl SiteKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Port,
        Self::Airport,
        Self::BorderCrossing,
        Self::Warehouse,
        Self::City,
        Self::HealthFacility,
        Self::FinalDeliveryPoint,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Airport => "airport",
            Self::BorderCrossing => "border_crossing",
            Self::Warehouse => "warehouse",
            Self::City => "city",
            Self::HealthFacility => "health_facility",
            Self::FinalDeliveryPoint => "final_delivery_point",
        }
    }

    /// Reads the word back; "hub" is a warehouse.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "hub" {
            return Some(Self::Warehouse);
        }
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether goods received here as their destination are delivered, and not in storage.
    pub fn ends_delivery(self) -> bool {
        match self {
            Self::City | Self::HealthFacility | Self::FinalDeliveryPoint => true,
            Self::Port | Self::Airport | Self::BorderCrossing | Self::Warehouse => false,
        }
    }
}

/// Latitude and longitude as a caller wrote them; [`Coordinates`] once they were judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Degrees north of the equator, WGS84.
    #[schema(minimum = -90, maximum = 90, example = 13.4531)]
    pub latitude: f64,
    /// Degrees east of Greenwich, WGS84.
    #[schema(minimum = -180, maximum = 180, example = -16.5775)]
    pub longitude: f64,
}

/// A site as a caller describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<SiteId>,
    /// What your own books call it, unique.
    #[serde(default)]
    #[schema(max_length = 60, example = "BJL-CMS")]
    pub code: Option<String>,
    /// What it is called.
    #[schema(max_length = 200, example = "Banjul Central Medical Store")]
    pub name: String,
    /// What kind of place it is.
    pub kind: SiteKind,
    /// ISO 3166-1 alpha-2; it never changes afterwards.
    #[schema(example = "GM")]
    pub country: String,
    /// Where it is, if known.
    #[serde(default)]
    pub coordinates: Option<Position>,
    /// UN/LOCODE.
    #[serde(default)]
    #[schema(example = "GMBJL")]
    pub locode: Option<String>,
    /// ISO 3166-2 code or OCHA P-code of its area.
    #[serde(default)]
    #[schema(example = "GM-B")]
    pub area_code: Option<String>,
    /// The organization that runs it.
    #[serde(default)]
    pub operator: Option<OrganizationId>,
}

/// Changes to a site. What is left out stays; null empties what may be empty.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteEdit {
    /// What your own books call it, unique.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub code: Edit<String>,
    /// What it is called.
    #[serde(default)]
    #[schema(value_type = String)]
    pub name: Edit<String>,
    /// What kind of place it is.
    #[serde(default)]
    #[schema(value_type = SiteKind)]
    pub kind: Edit<SiteKind>,
    /// May only be repeated.
    #[serde(default)]
    #[schema(value_type = String)]
    pub country: Edit<String>,
    /// Where it is.
    #[serde(default)]
    #[schema(value_type = Option<Position>)]
    pub coordinates: Edit<Position>,
    /// UN/LOCODE.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub locode: Edit<String>,
    /// ISO 3166-2 code or OCHA P-code of its area.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub area_code: Edit<String>,
    /// The organization that runs it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub operator: Edit<OrganizationId>,
}

impl SiteDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let country = check.parsed("/country", self.country.parse::<CountryCode>());
        let draft = self.normal(&mut check, country);
        check.finish()?;
        Ok(draft)
    }

    /// The draft after an edit, judged as a whole.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong, and `/country` where it would change.
    pub fn edited(&self, edit: SiteEdit) -> Outcome<Self> {
        let mut check = Check::new();
        let mut draft = self.clone();
        edit.code.apply(&mut draft.code);
        edit.name.apply_required(&mut check, "/name", &mut draft.name);
        edit.kind.apply_required(&mut check, "/kind", &mut draft.kind);
        edit.country.apply_required(&mut check, "/country", &mut draft.country);
        edit.coordinates.apply(&mut draft.coordinates);
        edit.locode.apply(&mut draft.locode);
        edit.area_code.apply(&mut draft.area_code);
        edit.operator.apply(&mut draft.operator);
        if draft.country != self.country {
            let known = match self.country.as_str() {
                COUNTRY_NOT_STATED => "\"ZZ\", not stated",
                stated => stated,
            };
            check.wrong(
                "/country",
                format!(
                    "{} cannot replace {known}: a site's country never changes, because totals were computed \
                     with it; record a new site instead, and move what lies here to it",
                    quoted(&draft.country),
                ),
            );
            draft.country.clone_from(&self.country);
        }
        // What was recorded is not judged anew: an import may have left the country open.
        let country = self.country.parse().ok();
        let draft = draft.normal(&mut check, country);
        check.finish()?;
        Ok(draft)
    }

    /// Judges a site whose file does not state the country it is in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked_without_country(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let draft = self.normal(&mut check, None);
        check.finish()?;
        Ok(draft)
    }

    /// Brings the texts into the form they are kept in; `country` is the one that codes must lie in, where it
    /// is known.
    fn normal(&self, check: &mut Check, country: Option<CountryCode>) -> Self {
        check.client_id("/id", self.id.map(|id| id.0));
        let coordinates = self.coordinates.filter(|position| is_on_the_globe(check, *position));
        let locode: Option<UnLocode> =
            self.locode.as_deref().and_then(|text| check.parsed("/locode", text.trim().parse()));
        let area_code: Option<AreaCode> =
            self.area_code.as_deref().and_then(|text| check.parsed("/area_code", text.trim().parse()));
        if let Some(country) = country {
            if let Some(code) = locode.filter(|code| code.country() != country) {
                check.wrong("/locode", elsewhere("UN/LOCODE", &code, code.country(), country));
            }
            if let Some(code) = area_code.as_ref().filter(|code| code.country() != country) {
                check.wrong("/area_code", elsewhere("area code", code, code.country(), country));
            }
        }
        Self {
            id: self.id,
            code: check.optional_text("/code", self.code.as_deref(), CODE_CHARS_MAX),
            name: check.text("/name", &self.name, NAME_CHARS_MAX),
            kind: self.kind,
            country: self.country.clone(),
            coordinates,
            locode: locode.map(String::from),
            area_code: area_code.map(String::from),
            operator: self.operator,
        }
    }
}

fn is_on_the_globe(check: &mut Check, position: Position) -> bool {
    match Coordinates::new(position.latitude, position.longitude) {
        Ok(_) => true,
        Err(error) => {
            let pointer = match error {
                CoordinatesError::Latitude { .. } => "/coordinates/latitude",
                CoordinatesError::Longitude { .. } => "/coordinates/longitude",
            };
            check.wrong(pointer, error.to_string());
            false
        }
    }
}

fn elsewhere(what: &str, code: &dyn Display, lies_in: CountryCode, country: CountryCode) -> String {
    let name = |code: CountryCode| code.country().short_name(Language::English).to_owned();
    format!(
        "{what} '{code}' lies in {} ({lies_in}), but the site's country is {} ({country}); correct one of the two",
        name(lies_in),
        name(country)
    )
}
