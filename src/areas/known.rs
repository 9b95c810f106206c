//! Whether an area that somebody names is one of those in use, and which code it has now.

use super::editions::Editions;
use crate::atlas::{AreaCode, AreaSet, AreaSuccession, CountryCode, Language, shipped_areas};
use crate::baselines::Area;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::{Cut, last_known};
use std::collections::{BTreeMap, BTreeSet};

/// Areas that a refusal names: a country has some dozens, and whoever reads five knows which codes are meant.
const NAMED_MAXIMUM: usize = 5;

/// The codes in use of the countries that somebody names.
#[derive(Default)]
pub struct KnownAreas {
    editions: Editions,
    /// Of each country the codes of its areas, with their names.
    codes: BTreeMap<CountryCode, Vec<(AreaCode, String)>>,
}

impl KnownAreas {
    /// Reads those in use now of the countries in which these areas lie; none where no text names an area inside a country.
    ///
    /// # Errors
    /// What the database says.
    pub fn load<'a>(conn: &mut Conn, named: impl Iterator<Item = &'a str>) -> Outcome<Self> {
        let countries: BTreeSet<CountryCode> = named.filter_map(country_of).collect();
        if countries.is_empty() {
            return Ok(Self::default());
        }
        let known_at = last_known(conn, None, "/known_at")?;
        Self::read(conn, &countries, Cut { known_at, as_of: None })
    }

    /// Those of the country of one area, as they were at a moment.
    ///
    /// # Errors
    /// What the database says.
    pub fn at(conn: &mut Conn, code: &AreaCode, cut: Cut) -> Outcome<Self> {
        Self::read(conn, &BTreeSet::from([code.country()]), cut)
    }

    fn read(conn: &mut Conn, countries: &BTreeSet<CountryCode>, cut: Cut) -> Outcome<Self> {
        let editions = Editions::of_countries(conn, countries, cut)?;
        let codes = countries.iter().map(|country| {
            let areas = editions.areas(Some(*country));
            let coded = areas.iter().filter_map(|(_, area)| {
                let name = area.name(Language::English).unwrap_or_default().to_owned();
                Some((area.code.clone()?, name))
            });
            let coded: Vec<(AreaCode, String)> = coded.collect();
            (*country, coded)
        });
        let codes = codes.collect();
        Ok(Self { editions, codes })
    }

    fn alike(&self, code: &AreaCode) -> Vec<&(AreaCode, String)> {
        let of_country = self.codes.get(&code.country()).into_iter().flatten();
        of_country.filter(|(known, _)| known.kind() == code.kind()).collect()
    }

    /// Whether the areas in use have one of a code, or one that followed it.
    fn is_used(&self, code: &AreaCode) -> bool {
        let country = Some(code.country());
        let crosswalk = Some(self.editions.crosswalk());
        self.editions.of(country).locate_in(country, Some(code.as_str()), None, crosswalk).is_ok()
            || self.alike(code).iter().any(|(known, _)| known == code)
    }

    /// Refuses the code of an area inside a country where the areas in use have none of that code, nor one that followed it.
    /// Codes of another kind than theirs are taken on trust, unless several followed: P-codes mean something before borders
    /// with them are loaded.
    ///
    /// # Errors
    /// `invalid` at the pointer, naming codes there are.
    pub fn check(&self, pointer: &str, text: &str) -> Outcome<()> {
        let Ok(Area::Within(code)) = text.parse() else { return Ok(()) };
        let alike = self.alike(&code);
        let divided = match self.editions.crosswalk().succession(text) {
            AreaSuccession::Divided(next) => Some(next.join(", ")),
            AreaSuccession::Unchanged | AreaSuccession::Renamed(_) | AreaSuccession::United(_) => None,
        };
        if self.is_used(&code) || (alike.is_empty() && divided.is_none()) {
            return Ok(());
        }
        let country = code.country();
        let named: Vec<String> = alike
            .iter()
            .take(NAMED_MAXIMUM)
            .map(|(known, name)| format!("{} ({name})", known.as_str()))
            .collect();
        let more = if alike.len() > NAMED_MAXIMUM { ", and others" } else { "" };
        let right = match divided {
            Some(next) => format!("it was divided into {next}; write one of them"),
            None => format!("write one that is, such as {}{more}", named.join(", ")),
        };
        let words = format!(
            "{} is no area of {country} in the edition {}; {right}, or {country} for all of the country",
            quoted(text),
            self.editions.of(Some(country)).version().name,
        );
        Err(Problem::field(pointer, words))
    }

    /// The code that an area has now by which somebody asks: its own, or the one that followed. Of another kind than the codes
    /// in use it stays as it is, as what was taken on trust is told by it.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn lead(&self, pointer: &str, code: &AreaCode) -> Outcome<String> {
        self.check(pointer, code.as_str())?;
        Ok(area_now(&self.editions, Some(code.country()), code.as_str()))
    }

    /// The same where only areas in use can be answered for.
    ///
    /// # Errors
    /// `invalid` at the pointer, saying what became of the code.
    pub fn find(&self, pointer: &str, code: &AreaCode) -> Outcome<String> {
        let country = Some(code.country());
        if self.is_used(code) {
            return Ok(area_now(&self.editions, country, code.as_str()));
        }
        Err(Problem::field(pointer, missing(&self.editions, self.editions.of(country), code.as_str())))
    }
}

fn country_of(text: &str) -> Option<CountryCode> {
    match text.parse() {
        Ok(Area::Within(code)) => Some(code.country()),
        Ok(Area::Country(_) | Area::Region(_)) | Err(_) => None,
    }
}

/// The code that an area has now: that of the one area that followed, where one did; else it stays as it is.
pub fn area_now(editions: &Editions, country: Option<CountryCode>, code: &str) -> String {
    match editions.of(country).locate_in(country, Some(code), None, Some(editions.crosswalk())) {
        Ok(located) => located.area.key().to_owned(),
        Err(_) => code.to_owned(),
    }
}

/// Why a code stands for nothing, and what followed it.
pub(super) fn missing(editions: &Editions, set: &AreaSet, code: &str) -> String {
    let name = &set.version().name;
    let none = format!("{} is no area of edition {name}", quoted(code));
    let list = |codes: &[Box<str>]| codes.join(", ");
    match editions.crosswalk().succession(code) {
        AreaSuccession::Renamed(next) => format!("{none}; {next} followed it"),
        AreaSuccession::United(next) => format!("{none}; {next} followed it, together with others"),
        AreaSuccession::Divided(next) => format!("{none}; it was divided into {}", list(&next)),
        AreaSuccession::Unchanged if shipped_areas().with_code(code).next().is_some() => {
            let shipped = &shipped_areas().version().name;
            format!(
                "{none}, which replaced {shipped}, and nobody stated which code followed; see area-changes"
            )
        }
        AreaSuccession::Unchanged => {
            format!("{none}; areas?country= lists those there are, by their codes such as GM-B")
        }
    }
}
