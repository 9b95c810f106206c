//! Asking the rooms that have the figures, of one published programme and nothing else: that it is published is the
//! permission.

use super::http::HighlightsQuery;
use super::rules::{Measure, compared, is_counted, per_million};
use super::view::{
    Computed, CountryAreas, HighlightsView, People, PlaceFigures, ProgrammeShown, ReportedBeside,
    ReportedSection,
};
use crate::atlas::{CountryCode, Generalisation, Language, NO_ENDORSEMENT, shipped_areas};
use crate::auth::Scope;
use crate::core::id::ProgrammeId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::gaps::needs_met;
use crate::ledger::Moment;
use crate::map::{Drawing, Layer, MapView, map};
use crate::programmes::http::ReportedFigureView;
use crate::programmes::{Programme, list_reported_figures, published_programmes};
use crate::reach::{ReachQuery, ReachRow, ReachView};
use crate::totals::{Key, TotalsQuery, TotalsRow, TotalsView};
use std::collections::BTreeMap;

/// Reported figures of a programme that are shown: a report has some tens.
const REPORTED_MAXIMUM: i64 = 500;

/// A programme that anybody may read the figures of, and all others that are.
///
/// # Errors
/// `not_found` where none is, or the one asked for is not.
fn published(conn: &mut Conn, asked: Option<ProgrammeId>) -> Outcome<(Programme, Vec<Programme>)> {
    let mut all = published_programmes(conn)?;
    let at = match asked {
        Some(id) => all.iter().position(|programme| programme.id == id),
        None => (!all.is_empty()).then_some(0),
    };
    match at {
        Some(at) => Ok((all.remove(at), all)),
        None if asked.is_none() => {
            let words = "No programme is published. A manager publishes one by PATCH /api/v1/programmes/{id} with \
                         published: true.";
            Err(Problem::new(Code::NotFound, words).with("published", 0))
        }
        None => Err(Problem::not_found()),
    }
}

fn shown(programme: &Programme) -> Outcome<ProgrammeShown> {
    Ok(ProgrammeShown {
        id: programme.id,
        code: programme.code.clone(),
        name: programme.name.clone(),
        synthetic: programme.synthetic,
        focus_areas: programme.focus_areas()?,
        published_at: programme.published_at,
    })
}

/// What totals are asked of a programme.
fn totals_query(programme: ProgrammeId, group_by: &str, query: &HighlightsQuery) -> TotalsQuery {
    TotalsQuery {
        group_by: group_by.to_owned(),
        programme: Some(programme),
        as_of: query.as_of.clone(),
        known_at: query.known_at.clone(),
        ..TotalsQuery::default()
    }
}

fn totals(conn: &mut Conn, query: &TotalsQuery) -> Outcome<TotalsView> {
    crate::totals::answer(conn, &query.question(Scope::everything(), None)?)
}

/// How many people a programme reached, by country or, inside a country, by area.
fn reach(
    conn: &mut Conn,
    programme: ProgrammeId,
    country: Option<CountryCode>,
    query: &HighlightsQuery,
) -> Outcome<ReachView> {
    let asked = ReachQuery {
        area: country.map(|code| code.as_str().to_owned()),
        group_by: Some(if country.is_some() { "area" } else { "country" }.to_owned()),
        programme: Some(programme),
        as_of: query.as_of.clone(),
        known_at: query.known_at.clone(),
        ..ReachQuery::default()
    };
    crate::reach::answer(conn, &asked.question(Scope::everything())?)
}

fn people(row: &ReachRow) -> People {
    People { low: row.low, best: row.best, high: row.high }
}

/// What is needed and what of it is met, by the code of a place.
type Met = BTreeMap<String, (i64, i64)>;

/// How much of what a programme needs is met, by country or, inside a country, by area; what is needed in all of the country
/// is of no area.
fn met(
    conn: &mut Conn,
    programme: ProgrammeId,
    country: Option<CountryCode>,
    query: &HighlightsQuery,
) -> Outcome<Met> {
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let places = needs_met(conn, &Scope::everything(), programme, moment)?.unwrap_or_default();
    let mut found = Met::new();
    for one in places {
        let code = match country {
            None => one.place.country,
            Some(country) if one.place.country == country.as_str() => one.place.area.unwrap_or_default(),
            Some(_) => continue,
        };
        let (needed, met) = found.entry(code).or_default();
        *needed = needed.saturating_add(one.needed);
        *met = met.saturating_add(one.met);
    }
    Ok(found)
}

/// A share in millionths, rounded down.
fn share(part: i64, whole: i64) -> Option<u64> {
    per_million(u64::try_from(part).ok()?, u64::try_from(whole).ok()?)
}

/// Rows of totals, of reach and of needs put side by side, most deployed first.
fn beside(totals: &[TotalsRow], group: &str, reached: &ReachView, met: Met) -> Vec<PlaceFigures> {
    let mut places: BTreeMap<String, PlaceFigures> = BTreeMap::new();
    for row in totals {
        let (code, name) = match row.keys.get(group) {
            Some(Some(Key::Country { code, name })) => (code.clone(), name.clone()),
            Some(Some(Key::Area { code, name, .. })) => {
                (code.clone(), name.clone().unwrap_or_else(|| code.clone()))
            }
            // Goods of a country whose area nobody stated are its goods all the same.
            Some(None) if group == "area" => (String::new(), String::new()),
            Some(Some(Key::Named(_) | Key::Corridor { .. } | Key::Region { .. } | Key::Month(_)) | None)
            | None => continue,
        };
        let place = places.entry(code.clone()).or_default();
        (place.code, place.name) = (code, name);
        place.deployed += row.deployed;
        place.in_custody += row.subtotals.in_custody;
    }
    for row in reached.rows.iter().flatten() {
        let Some(code) = &row.area else { continue };
        let place = places.entry(code.clone()).or_default();
        if place.code.is_empty() {
            (place.code, place.name) = (code.clone(), name_of(code));
        }
        place.people = Some(people(row));
        place.population = row.population;
        place.reached_per_million = row.population.and_then(|all| per_million(row.best, all));
        let deployed = u64::try_from(place.deployed).ok();
        place.deployed_per_million =
            row.population.zip(deployed).and_then(|(all, units)| per_million(units, all));
    }
    for (code, (needed, met)) in met {
        let place = places.entry(code.clone()).or_default();
        if place.code.is_empty() {
            (place.name, place.code) = (name_of(&code), code);
        }
        (place.needed, place.met, place.met_per_million) = (Some(needed), Some(met), share(met, needed));
    }
    let is_any = |place: &PlaceFigures| {
        let is_reached = place.people.is_some_and(|people| people.high > 0);
        place.deployed != 0 || place.in_custody != 0 || place.needed.is_some() || is_reached
    };
    let mut places: Vec<PlaceFigures> = places.into_values().filter(is_any).collect();
    places.sort_by_key(|place| std::cmp::Reverse((place.deployed, place.in_custody, place.needed)));
    places
}

/// What a country or an area is called; an area as its own country writes it.
fn name_of(code: &str) -> String {
    let area = shipped_areas().with_code(code).next();
    if let Some(name) = area.and_then(|area| area.name(Language::English)) {
        return name.to_owned();
    }
    match crate::totals::country(code) {
        Key::Country { name, .. } => name,
        Key::Named(_) | Key::Corridor { .. } | Key::Region { .. } | Key::Area { .. } | Key::Month(_) => {
            code.to_owned()
        }
    }
}

/// A published programme in figures.
///
/// # Errors
/// `not_found` where none is published, or the one asked for is not; what the rooms asked say.
pub fn highlights(conn: &mut Conn, query: &HighlightsQuery) -> Outcome<HighlightsView> {
    let (programme, others) = published(conn, query.programme)?;
    let ask = |group: &str| totals_query(programme.id, group, query);
    let countries = totals(conn, &ask("country"))?;
    let donors = totals(conn, &ask("donor"))?;
    let corridors = totals(conn, &ask("corridor"))?;
    let items = totals(conn, &ask("item"))?;
    let reached = reach(conn, programme.id, None, query)?;
    let needed = met(conn, programme.id, None, query)?;
    let is_known = |row: &&TotalsRow, group: &str| row.keys.get(group).is_some_and(Option::is_some);
    let went = |row: &&TotalsRow| {
        let sums = &row.subtotals;
        is_known(row, "corridor") && sums.in_custody - row.allocated + sums.delivered + sums.ended > 0
    };
    Ok(HighlightsView {
        programme: shown(&programme)?,
        promised: donors.total.promised,
        deployed: donors.deployed,
        countries: countries.countries,
        in_custody: donors.total.subtotals.in_custody,
        people: people(&reached.reached),
        donors: donors.rows.iter().filter(|row| is_known(row, "donor") && row.promised > 0).count(),
        corridors: corridors.rows.iter().filter(went).count(),
        by_country: beside(&countries.rows, "country", &reached, needed),
        reported: reported(conn, programme.id, (&items, countries.countries), &countries)?,
        sequence: countries.sequence,
        as_of: countries.as_of,
        others: others.iter().map(shown).collect::<Outcome<_>>()?,
        attribution: NO_ENDORSEMENT,
    })
}

/// What others reported of a programme, each figure as it was reported last, with what is computed beside it; nothing that
/// holds for a later day than was asked for, or was added later than was asked for. `moment` is that of the other figures.
fn reported(
    conn: &mut Conn,
    programme: ProgrammeId,
    (items, countries): (&TotalsView, i64),
    moment: &TotalsView,
) -> Outcome<Vec<ReportedSection>> {
    let mut rows = list_reported_figures(conn, programme, moment.sequence, (None, REPORTED_MAXIMUM))?;
    if let Some(day) = moment.as_of.map(Timestamp::day) {
        rows.retain(|row| row.as_of <= day);
    }
    let mut last: BTreeMap<(String, String), ReportedFigureView> = BTreeMap::new();
    for row in &rows {
        let view = ReportedFigureView::of(row)?;
        let key = (view.section.clone(), view.figure.clone());
        if last.get(&key).is_none_or(|known| known.as_of < view.as_of) {
            last.insert(key, view);
        }
    }
    let mut sections: Vec<ReportedSection> = Vec::new();
    for ((section, _), reported) in last {
        let computed = computed(&reported, items, countries);
        let figure = ReportedBeside { reported, computed };
        match sections.last_mut() {
            Some(known) if known.section == section => known.figures.push(figure),
            Some(_) | None => sections.push(ReportedSection { section, figures: vec![figure] }),
        }
    }
    Ok(sections)
}

fn computed(reported: &ReportedFigureView, items: &TotalsView, countries: i64) -> Option<Computed> {
    let measure = compared(&reported.figure, &reported.unit)?;
    let name = |row: &TotalsRow| match row.keys.get("item") {
        Some(Some(Key::Named(item))) => item.name.clone(),
        Some(
            Some(
                Key::Country { .. }
                | Key::Corridor { .. }
                | Key::Region { .. }
                | Key::Area { .. }
                | Key::Month(_),
            )
            | None,
        )
        | None => None,
    };
    let counted = items.rows.iter().filter_map(|row| Some((name(row)?, row.deployed)));
    let counted: Vec<(String, i64)> = match measure {
        Measure::Deployed => counted.filter(|(item, _)| is_counted(item, &reported.unit)).collect(),
        Measure::Countries => Vec::new(),
    };
    let value = match measure {
        Measure::Deployed => counted.iter().map(|(_, deployed)| deployed).sum(),
        Measure::Countries => countries,
    };
    let items = counted.into_iter().filter(|(_, deployed)| *deployed != 0).map(|(item, _)| item).collect();
    Some(Computed { measure, value, difference: reported.value - value, items })
}

/// A published programme in the first-level areas of a country.
///
/// # Errors
/// As [`highlights`].
pub fn areas_of(conn: &mut Conn, query: &HighlightsQuery, country: CountryCode) -> Outcome<CountryAreas> {
    let (programme, _) = published(conn, query.programme)?;
    let asked = TotalsQuery { country: Some(country), ..totals_query(programme.id, "area", query) };
    let areas = totals(conn, &asked)?;
    let reached = reach(conn, programme.id, Some(country), query)?;
    let needed = met(conn, programme.id, Some(country), query)?;
    let mut places = beside(&areas.rows, "area", &reached, needed);
    places.retain(|place| place.code != country.as_str());
    Ok(CountryAreas { areas: places, sequence: areas.sequence, editions: areas.editions })
}

/// A layer of the map of a published programme.
///
/// # Errors
/// As [`highlights`].
pub fn published_layer(
    conn: &mut Conn,
    query: &HighlightsQuery,
    layer: Layer,
    country: Option<CountryCode>,
) -> Outcome<MapView> {
    let (programme, _) = published(conn, query.programme)?;
    let group_by = match layer {
        Layer::Areas => "area",
        Layer::Sites => "site",
        Layer::Corridors => "corridor",
    };
    let asked = TotalsQuery { country, ..totals_query(programme.id, group_by, query) };
    let question = asked.question(Scope::everything(), None)?;
    let generalisation = if country.is_some() { Generalisation::Country } else { Generalisation::World };
    map(conn, question, Drawing { layer, generalisation, public: true })
}
