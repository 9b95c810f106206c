//! Whether an area that a row of needs names is one of those in use.

use crate::areas::Editions;
use crate::atlas::{AreaCode, CountryCode, Language};
use crate::baselines::Area;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::{Cut, last_known};
use std::collections::BTreeMap;

/// Areas that a refusal names: a country has some dozens, and whoever reads five knows which codes are meant.
const NAMED_MAXIMUM: usize = 5;

/// The codes in use of the countries that a table names.
#[derive(Default)]
pub(super) struct KnownAreas {
    editions: Editions,
    /// Of each country the codes of its areas, with their names.
    codes: BTreeMap<CountryCode, Vec<(AreaCode, String)>>,
}

impl KnownAreas {
    /// Reads those in use now.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn load<'a>(conn: &mut Conn, named: impl Iterator<Item = &'a str>) -> Outcome<Self> {
        let known_at = last_known(conn, None, "/known_at")?;
        let mut known =
            Self { editions: Editions::at(conn, Cut { known_at, as_of: None })?, ..Self::default() };
        for text in named {
            let Ok(Area::Within(code)) = text.parse() else { continue };
            let country = code.country();
            if !known.codes.contains_key(&country) {
                let areas = known.editions.areas(Some(country));
                let coded = areas.iter().filter_map(|(_, area)| {
                    let name = area.name(Language::English).unwrap_or_default().to_owned();
                    Some((area.code.clone()?, name))
                });
                let coded = coded.collect();
                known.codes.insert(country, coded);
            }
        }
        Ok(known)
    }

    /// Refuses the code of an area inside a country where the areas in use have none of that code, nor one that followed it.
    /// Codes of another kind than theirs are taken on trust: P-codes mean something before borders with them are loaded.
    ///
    /// # Errors
    /// `invalid`, naming codes there are.
    pub(super) fn check(&self, text: &str) -> Outcome<()> {
        let Ok(Area::Within(code)) = text.parse() else { return Ok(()) };
        let country = code.country();
        let alike: Vec<&(AreaCode, String)> = self
            .codes
            .get(&country)
            .into_iter()
            .flatten()
            .filter(|(known, _)| known.kind() == code.kind())
            .collect();
        let set = self.editions.of(Some(country));
        let is_known = alike.is_empty()
            || set.locate_in(Some(country), Some(text), None, Some(self.editions.crosswalk())).is_ok()
            || alike.iter().any(|(known, _)| known.as_str() == text);
        if is_known {
            return Ok(());
        }
        let named: Vec<String> = alike
            .iter()
            .take(NAMED_MAXIMUM)
            .map(|(known, name)| format!("{} ({name})", known.as_str()))
            .collect();
        let more = if alike.len() > NAMED_MAXIMUM { ", and others" } else { "" };
        let words = format!(
            "{} is no area of {} in the edition {}; write one that is, such as {}{more}, or {} for all of the country",
            quoted(text),
            country.as_str(),
            set.version().name,
            named.join(", "),
            country.as_str()
        );
        Err(Problem::field("/area", words))
    }
}
