//! Where people live of whom nobody said it: in the area of the site that served them, as sites and areas were known.

use super::lines::{Known, LineRow};
use super::question::{Question, WORLD, is_inside};
use crate::baselines::Area;
use crate::core::id::SiteId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::Cut;
use crate::sites::{SiteArea, site_areas};
use std::collections::{BTreeSet, HashMap};

/// Sites of one area that lines are looked for at: more than any country has, and few enough to be named in a query.
const SITES_MAXIMUM: usize = 10_000;

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
    sites: Option<&[SiteId]>,
    question: &Question,
    known: Known,
) -> Outcome<HashMap<SiteId, Area>> {
    let cut = Cut { known_at: known.sequence, as_of: question.as_of };
    let known = site_areas(conn, sites, cut)?;
    Ok(known.into_iter().map(|(site, area)| (site, area_of(&area))).collect())
}

/// The sites inside the area that is asked for, where it lies in a country; of a country or a region lines say so themselves.
pub(super) fn sites_inside(conn: &mut Conn, question: &Question, known: Known) -> Outcome<Vec<SiteId>> {
    let Area::Within(larger) = &question.area else { return Ok(Vec::new()) };
    let lies_inside = |area: &Area| match area {
        Area::Within(code) => is_inside(code.as_str(), larger.as_str()),
        Area::Country(_) | Area::Region(_) => false,
    };
    let all = areas(conn, None, question, known)?;
    let mut inside: Vec<SiteId> =
        all.into_iter().filter(|(_, area)| lies_inside(area)).map(|(site, _)| site).collect();
    if inside.len() > SITES_MAXIMUM {
        let detail = format!("has more than {SITES_MAXIMUM} sites; ask for its country by area");
        return Err(Problem::field("/area", detail));
    }
    inside.sort();
    Ok(inside)
}

/// Says of each site where it lies.
pub(super) fn areas_of(
    conn: &mut Conn,
    sites: impl Iterator<Item = SiteId>,
    question: &Question,
    known: Known,
) -> Outcome<HashMap<SiteId, Area>> {
    let sites: BTreeSet<SiteId> = sites.collect();
    let sites: Vec<SiteId> = sites.into_iter().collect();
    areas(conn, Some(&sites), question, known)
}

/// Puts every line that does not say so itself into the area of its site.
pub(super) fn place_lines(
    conn: &mut Conn,
    rows: &mut [LineRow],
    question: &Question,
    known: Known,
) -> Outcome<()> {
    let areas = areas_of(conn, rows.iter().filter_map(|row| row.site), question, known)?;
    for row in rows.iter_mut().filter(|row| row.area.is_none()) {
        row.area = row.site.and_then(|site| areas.get(&site)).map(ToString::to_string);
    }
    Ok(())
}
