//! What the tables of the map and of the front page show.

use super::words::MapWord;
use crate::atlas::CountryCode;
use crate::highlights::{People, PlaceFigures};
use crate::pages::frame::Frame;
use crate::pages::words::{Word, filled};
use crate::papers::formats::per_thousand;
use crate::totals::TotalsRow;

/// Figures of a country or an area, as a row.
pub struct Place {
    /// What it is called.
    pub name: String,
    /// Where it leads; nowhere where there is nothing further in.
    pub href: Option<String>,
    /// Units delivered.
    pub deployed: String,
    /// Units on the way, in store or missing.
    pub in_custody: String,
    /// People reached, with their range.
    pub people: String,
    /// Units delivered for each thousand who live there.
    pub deployed_rate: String,
    /// People reached of each thousand.
    pub people_rate: String,
    /// How much of what is needed there is there, as a share and in units.
    pub need_met: String,
}

impl Place {
    /// The row of a place; behind its link stands the query.
    pub fn of(frame: &Frame, figures: &PlaceFigures, query: &str) -> Self {
        let unknown = || frame.say(Word::Unknown).to_owned();
        let rate = |rate: Option<u64>| {
            let shown = |rate: u64| per_thousand(frame.language, i64::try_from(rate).unwrap_or(i64::MAX));
            rate.map_or_else(unknown, shown)
        };
        let is_country = figures.code.parse::<CountryCode>().is_ok();
        Self {
            name: name_of(frame, figures),
            href: is_country.then(|| format!("/map/{}{query}", figures.code)),
            deployed: frame.number(figures.deployed),
            in_custody: frame.number(figures.in_custody),
            people: figures.people.map_or_else(unknown, |people| range(frame, people)),
            deployed_rate: rate(figures.deployed_per_million),
            people_rate: rate(figures.reached_per_million),
            need_met: need_met(frame, figures).unwrap_or_else(unknown),
        }
    }
}

/// A share of a million as whole percent, rounded down: only what is whole is told as whole.
pub fn percent(frame: &Frame, per_million: u64) -> String {
    frame.with(MapWord::Percent, frame.number(i64::try_from(per_million / 10_000).unwrap_or(i64::MAX)))
}

/// How much of what is needed somewhere is there; nothing where no need is known.
fn need_met(frame: &Frame, figures: &PlaceFigures) -> Option<String> {
    let share = percent(frame, figures.met_per_million?);
    let parts = [&share, &frame.number(figures.met?), &frame.number(figures.needed?)];
    Some(filled(frame.say(MapWord::NeedMetOf), &parts.map(String::as_str)))
}

/// What a country is called in the page's language; an area as its own country or English calls it.
pub fn name_of(frame: &Frame, figures: &PlaceFigures) -> String {
    match figures.code.parse::<CountryCode>() {
        Ok(code) => code.country().short_name(frame.language).to_owned(),
        Err(_) if figures.code == "ZZ" => frame.say(MapWord::NotStated).to_owned(),
        Err(_) if figures.code.is_empty() => frame.say(MapWord::AreaNotStated).to_owned(),
        Err(_) => figures.name.clone(),
    }
}

/// A count of people, as the language writes it.
pub fn count(frame: &Frame, people: u64) -> String {
    frame.number(i64::try_from(people).unwrap_or(i64::MAX))
}

/// A figure of people with its range; without one where it is none.
pub fn range(frame: &Frame, people: People) -> String {
    let best = count(frame, people.best);
    if people.low == people.high {
        return best;
    }
    filled(frame.say(MapWord::Range), &[&best, &count(frame, people.low), &count(frame, people.high)])
}

/// All that a corridor's row of totals has carried: not what is only reserved to go there.
pub fn quantity_of(row: &TotalsRow) -> i64 {
    row.subtotals.in_custody - row.allocated + row.subtotals.delivered + row.subtotals.ended
}
