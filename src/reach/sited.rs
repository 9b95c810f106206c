//! Where people live of whom nobody said it: in the area of the site that served them, as sites and areas were known.

use super::followed::{Led, retired_into};
use super::lines::{Known, LineRow};
use super::places::Places;
use super::question::{Question, WORLD};
use crate::areas::Editions;
use crate::baselines::Area;
use crate::core::id::SiteId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::ledger::Cut;
use crate::sites::{SiteArea, WhichSites, site_areas_of};
use std::collections::{BTreeSet, HashMap};

/// Sites of one area that lines are looked for at: more than any country has, and few enough to be named in a query.
const SITES_MAXIMUM: usize = 10_000;
/// Codes that ended and lead into one area: more than any area was made of, and few enough to be named in a query.
const CODES_MAXIMUM: usize = 1_000;

/// What of the lines of a country may lie in the area that is asked for, beside what is of its code. Which does, their day and what is
/// known of populations say.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Sites.
    pub(super) sites: Vec<SiteId>,
    /// Codes that ended.
    pub(super) codes: Vec<String>,
    /// Of how many letters those are that ended and may have others inside, wherever.
    pub(super) lengths: BTreeSet<usize>,
}

/// The area of a site: its first-level area or what was loaded, else its country, else the world.
fn area_of(site: &SiteArea) -> Area {
    let country = site.country.parse().ok().map(Area::Country);
    let within = site.area.as_ref().and_then(|area| area.code.parse().ok()).map(Area::Within);
    // A code that does not begin with the site's country stands for no area in it.
    let within = within.filter(|area| area.country() == country.as_ref().and_then(Area::country));
    within.or(country).unwrap_or(Area::Region(WORLD))
}

fn areas(
    conn: &mut Conn,
    sites: WhichSites<'_>,
    question: &Question,
    known: Known,
    editions: &Editions,
) -> Outcome<HashMap<SiteId, Area>> {
    let cut = Cut { known_at: known.sequence, as_of: question.as_of };
    let known = site_areas_of(conn, editions, sites, cut)?;
    Ok(known.into_iter().map(|(site, area)| (site, area_of(&area))).collect())
}

impl Inside {
    /// Of the area that is asked for, where it lies in a country; of a country or a region lines say so themselves.
    ///
    /// # Errors
    /// `invalid` where there are too many, and what the database says.
    pub(super) fn of(
        conn: &mut Conn,
        question: &Question,
        known: Known,
        editions: &Editions,
        places: &Places<'_>,
    ) -> Outcome<Self> {
        let lengths = editions
            .crosswalk()
            .retired()
            .filter(|code| !code.contains('-'))
            .map(|code| code.chars().count())
            .collect();
        let Area::Within(larger) = &question.area else { return Ok(Self { lengths, ..Self::default() }) };
        let all = areas(conn, WhichSites::In(larger.country()), question, known, editions)?;
        let lies_inside = |area: &Area| match places.led(area, None) {
            (_, Led::Divided(next)) => places.is_any_asked(&next) || places.is_asked(area),
            (led, Led::Stands | Led::Followed(_)) => places.is_asked(&led),
        };
        let mut sites: Vec<SiteId> =
            all.into_iter().filter(|(_, area)| lies_inside(area)).map(|(site, _)| site).collect();
        let codes = retired_into(editions.crosswalk(), larger);
        for (count, most, what) in
            [(sites.len(), SITES_MAXIMUM, "sites"), (codes.len(), CODES_MAXIMUM, "codes that ended")]
        {
            if count > most {
                let detail = format!("has more than {most} {what}; ask for its country by area");
                return Err(Problem::field("/area", detail).coded(Fault::TooMany));
            }
        }
        sites.sort();
        Ok(Self { sites, codes, lengths })
    }
}

/// Says of each site where it lies.
pub(super) fn areas_of(
    conn: &mut Conn,
    sites: impl Iterator<Item = SiteId>,
    question: &Question,
    known: Known,
    editions: &Editions,
) -> Outcome<HashMap<SiteId, Area>> {
    let sites: BTreeSet<SiteId> = sites.collect();
    let sites: Vec<SiteId> = sites.into_iter().collect();
    areas(conn, WhichSites::Named(&sites), question, known, editions)
}

/// Puts every line that does not say so itself into the area of its site.
pub(super) fn place_lines(
    conn: &mut Conn,
    rows: &mut [LineRow],
    question: &Question,
    known: Known,
    editions: &Editions,
) -> Outcome<()> {
    let areas = areas_of(conn, rows.iter().filter_map(|row| row.site), question, known, editions)?;
    for row in rows.iter_mut().filter(|row| row.area.is_none()) {
        row.area = row.site.and_then(|site| areas.get(&site)).map(ToString::to_string);
    }
    Ok(())
}
