//! A question answered, in the snapshot of one connection: what counts, what it is counted against, and the rules.

use super::basis::{Counting, Notes};
use super::counted::{
    HeadcountRow, TargetRow, read_caseloads, read_groups, read_headcounts, read_populations, read_rounds,
    read_targets,
};
use super::lines::{Known, LineRow, read_lines};
use super::places::Places;
use super::question::{Group, Question, WORLD, countries_in};
use super::rules::{Basis, Figure, Flag, Served, figures, targets_above};
use super::sited::Inside;
use super::sources::{PopulationUsed, SourceKey};
use super::view::{FlagView, HeadcountsView, ReachRow, ReachView, Words};
use crate::areas::Editions;
use crate::atlas::CountryCode;
use crate::audit::store::entry_time;
use crate::baselines::{Area, PeopleGroup};
use crate::core::id::{ItemId, ProgrammeId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::items::standards_known;
use crate::ledger::{Cut, last_known};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows of one answer; beyond this a filter serves the caller better.
pub const ROWS_MAXIMUM: usize = 5_000;
/// Flags shown of one row; beyond this it says how many there are.
pub const FLAGS_MAXIMUM: usize = 100;

/// Answers.
///
/// # Errors
/// `invalid` where too much would be read or answered, or the ledger has no such sequence; what the database says.
pub fn answer(conn: &mut Conn, question: &Question) -> Outcome<ReachView> {
    let known = known(conn, question)?;
    let editions = editions(conn, question, known)?;
    let (question, mut places, inside) = asked(conn, question, known, &editions)?;
    let question = &question;
    let lines = read_lines(conn, question, known, &inside, &editions)?;
    let headcounts = read_headcounts(conn, question, known, &inside)?;
    let programmes: BTreeSet<ProgrammeId> = lines
        .iter()
        .filter_map(|row| row.programme)
        .chain(headcounts.iter().map(|row| row.programme))
        .collect();
    let programmes: Vec<ProgrammeId> = programmes.into_iter().collect();
    let targets = read_targets(conn, question, &inside.codes, &programmes, known)?;
    if !matches!(question.area, Area::Within(_)) {
        let countries = countries(question, &lines, &headcounts, &targets);
        places = sources(conn, question, known, &editions, &countries)?;
    }
    let chosen: Vec<(CountryCode, SourceKey)> = places.sources().collect();
    places.take_groups(read_groups(conn, &chosen, &groups(&lines, &headcounts, &targets), known)?);
    let mut counting = Counting::new(read_rounds(conn, &programmes, known)?, question);
    let items: BTreeSet<ItemId> = lines.iter().map(|row| row.item).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    // Each is given up once it is taken: of those with registered people there may be a lot.
    for row in lines {
        counting.add_line(&mut places, &row)?;
    }
    for row in &headcounts {
        counting.add_headcount(&mut places, row);
    }
    counting.note_unknown(&places);
    let standards = standards_known(conn, &items, known.sequence)?;
    let caseloads = read_caseloads(conn, &programmes, known)?;
    let basis = counting.basis(&mut places, &standards, &caseloads, &targets);
    let used = places.used();
    let counted = Counted { question, places: &places, used, counting: &counting, basis: &basis };
    counted.told(known)
}

/// Until when something is known.
pub(super) fn known(conn: &mut Conn, question: &Question) -> Outcome<Known> {
    let sequence = last_known(conn, question.known_at, "/known_at")?;
    let at = entry_time(conn, sequence - 1)?.unwrap_or(Timestamp(0));
    Ok(Known { sequence, at })
}

/// The editions of areas that count at the moment, of the countries in the area that is asked for.
///
/// # Errors
/// What the database says.
pub(super) fn editions(conn: &mut Conn, question: &Question, known: Known) -> Outcome<Editions> {
    let cut = Cut { known_at: known.sequence, as_of: question.as_of };
    match &question.area {
        Area::Region(WORLD) => Editions::at(conn, cut),
        Area::Region(m49) => Editions::of_countries(conn, &countries_in(*m49).into_iter().collect(), cut),
        Area::Country(country) => Editions::of_countries(conn, &BTreeSet::from([*country]), cut),
        Area::Within(code) => Editions::of_countries(conn, &BTreeSet::from([code.country()]), cut),
    }
}

/// The question by the codes that are in use, the areas of an area inside a country, and what lies in it.
///
/// # Errors
/// `invalid` where the area that is asked for was divided, or too much lies in it; what the database says.
pub(super) fn asked<'a>(
    conn: &mut Conn,
    question: &Question,
    known: Known,
    editions: &'a Editions,
) -> Outcome<(Question, Places<'a>, Inside)> {
    let countries = match &question.area {
        Area::Within(code) => BTreeSet::from([code.country()]),
        Area::Country(_) | Area::Region(_) => BTreeSet::new(),
    };
    let places = sources(conn, question, known, editions, &countries)?;
    let question = Question { area: places.root().clone(), ..question.clone() };
    let inside = Inside::of(conn, &question, known, editions, &places)?;
    Ok((question, places, inside))
}

/// The countries that populations are asked of.
fn countries(
    question: &Question,
    lines: &[LineRow],
    headcounts: &[HeadcountRow],
    targets: &[TargetRow],
) -> BTreeSet<CountryCode> {
    let areas = lines
        .iter()
        .filter_map(|row| row.area.as_deref())
        .chain(headcounts.iter().map(|row| row.area.as_str()))
        .chain(targets.iter().map(|row| row.area.as_str()));
    let areas: BTreeSet<&str> = areas.collect();
    let of = areas.into_iter().filter_map(|area| area.parse::<Area>().ok()?.country());
    of.chain(question.area.country()).collect()
}

/// The groups, smaller than everybody, that somebody counted or means to reach.
fn groups(lines: &[LineRow], headcounts: &[HeadcountRow], targets: &[TargetRow]) -> BTreeSet<PeopleGroup> {
    let words = lines
        .iter()
        .map(|row| row.people_group.as_str())
        .chain(headcounts.iter().map(|row| row.people_group.as_str()))
        .chain(targets.iter().map(|row| row.people_group.as_str()));
    let words: BTreeSet<&str> = words.collect();
    words
        .into_iter()
        .filter_map(|word| word.parse().ok())
        .filter(|group| *group != PeopleGroup::ALL)
        .collect()
}

/// The areas that lines are placed in, with the sources of populations of these countries.
fn sources<'a>(
    conn: &mut Conn,
    question: &Question,
    known: Known,
    editions: &'a Editions,
    countries: &BTreeSet<CountryCode>,
) -> Outcome<Places<'a>> {
    let countries: Vec<&str> = countries.iter().map(|country| country.as_str()).collect();
    let stated = read_populations(conn, &countries, question.population_source.as_deref(), known)?;
    let ends = [question.to.map(|day| chrono::Datelike::year(&day)), question.as_of.map(Timestamp::year)];
    // What is to come has no population yet: no window ends after what is known.
    let until = ends.into_iter().flatten().chain([known.at.year()]).min().unwrap_or_default();
    Places::new(question.area.clone(), until, question.population_source.clone(), stated, editions)
}

/// What was counted, before it is told.
struct Counted<'a> {
    question: &'a Question,
    places: &'a Places<'a>,
    used: Vec<PopulationUsed>,
    counting: &'a Counting,
    basis: &'a Basis,
}

impl Counted<'_> {
    fn told(&self, known: Known) -> Outcome<ReachView> {
        let (all, mut flags) = figures(self.basis, &self.counting.served);
        flags.extend(targets_above(self.basis));
        flags.sort();
        flags.dedup();
        let mut reached = self.row(&all, self.flags(&flags), 0);
        self.note(&mut reached);
        let rows = match self.question.group_by {
            None => None,
            Some(Group::Area) => Some(self.by_area(&all, &flags, |area| !matches!(area, Area::Region(_)))?),
            Some(Group::Country) => {
                Some(self.by_area(&all, &flags, |area| matches!(area, Area::Country(_)))?)
            }
            Some(group @ (Group::Sector | Group::Item | Group::Programme)) => Some(self.by_kind(group)?),
        };
        let notes = &self.counting.notes;
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
        Ok(ReachView {
            reached,
            rows,
            reported_lines: notes.reported_lines,
            headcounts: HeadcountsView::of(&notes.headcounts, notes.unplaced, notes.partly),
            populations: self.used.clone(),
            editions: self.places.editions(),
            area: self.question.area.to_string(),
            helped_by: self.question.donor,
            from: day(self.question.from),
            to: day(self.question.to),
            as_of: self.question.as_of,
            sequence: known.sequence,
        })
    }

    fn words(&self) -> Words<'_> {
        Words { sectors: &self.counting.sectors.all, programmes: &self.counting.programmes.all }
    }

    fn area(&self, number: usize) -> String {
        self.places.areas.get(number).map(ToString::to_string).unwrap_or_default()
    }

    fn flags(&self, flags: &[(usize, Flag)]) -> Vec<FlagView> {
        flags.iter().map(|(area, flag)| self.words().flag(self.area(*area), flag)).collect()
    }

    fn row(&self, figures: &[Figure], mut flags: Vec<FlagView>, area: usize) -> ReachRow {
        let nothing = Figure::default();
        let node = self.basis.areas.get(area);
        let population = node.and_then(|node| node.population.get(&PeopleGroup::ALL)).copied();
        let country = self.places.areas.get(area).and_then(Area::country);
        let used = self.used.iter().filter(|used| country.is_none_or(|code| code.as_str() == used.area));
        let levels: BTreeSet<String> = used.filter_map(|used| used.leaf_level.clone()).collect();
        flags.sort_by(|left, right| {
            (left.flag, &left.area, &left.sector).cmp(&(right.flag, &right.area, &right.sector))
        });
        let flags_left_out = flags.len().saturating_sub(FLAGS_MAXIMUM);
        flags.truncate(FLAGS_MAXIMUM);
        let row = ReachRow::of(figures.get(area).unwrap_or(&nothing), population);
        ReachRow { leaf_levels: levels.into_iter().collect(), flags, flags_left_out, ..row }
    }

    /// A row for each area that fits and has lines, each as if it had been asked for alone.
    fn by_area(
        &self,
        figures: &[Figure],
        flags: &[(usize, Flag)],
        fits: impl Fn(&Area) -> bool,
    ) -> Outcome<Vec<ReachRow>> {
        let mut flags_of: HashMap<usize, Vec<FlagView>> = HashMap::new();
        for (number, flag) in flags {
            flags_of.entry(*number).or_default().push(self.words().flag(self.area(*number), flag));
        }
        let mut rows = Vec::new();
        for (number, area) in self.places.areas.iter().enumerate() {
            if !fits(area) || figures.get(number).is_none_or(|figure| figure.lines == 0) {
                continue;
            }
            let row = self.row(figures, flags_of.remove(&number).unwrap_or_default(), number);
            rows.push(ReachRow { area: Some(area.to_string()), ..row });
        }
        rows.sort_by(|left, right| left.area.cmp(&right.area));
        bounded(rows)
    }

    /// A row for each sector, item or programme, computed out of its own lines.
    fn by_kind(&self, group: Group) -> Outcome<Vec<ReachRow>> {
        let mut parts: BTreeMap<u32, Vec<&Served>> = BTreeMap::new();
        for served in &self.counting.served {
            let caseload = self.basis.caseloads.get(served.caseload as usize);
            let number = match group {
                Group::Sector => served.sector,
                Group::Item => served.item,
                Group::Programme | Group::Area | Group::Country => {
                    caseload.map_or(u32::MAX, |caseload| caseload.programme)
                }
            };
            parts.entry(number).or_default().push(served);
        }
        if parts.len() > ROWS_MAXIMUM {
            return Err(too_many());
        }
        let above = targets_above(self.basis);
        let mut rows = Vec::with_capacity(parts.len());
        for (number, served) in parts {
            let (figures, mut flags) = figures(self.basis, served);
            let is_of_row = |(_, flag): &(usize, Flag)| match (group, flag) {
                (Group::Sector, Flag::TargetAbovePopulation { sector, .. }) => *sector == number,
                (Group::Programme, Flag::TargetAbovePopulation { programme, .. }) => *programme == number,
                (Group::Area | Group::Country | Group::Item | Group::Sector | Group::Programme, _) => false,
            };
            flags.extend(above.iter().filter(|flag| is_of_row(flag)).cloned());
            flags.sort();
            flags.dedup();
            let mut row = self.row(&figures, self.flags(&flags), 0);
            let at = number as usize;
            match group {
                Group::Sector => row.sector = self.counting.sectors.all.get(at).cloned(),
                Group::Item => row.item = self.counting.items.all.get(at).copied(),
                Group::Programme | Group::Area | Group::Country => {
                    row.programme = self.counting.programmes.all.get(at).copied();
                }
            }
            rows.push(row);
        }
        rows.sort_by(|left, right| {
            (&left.sector, left.item, left.programme).cmp(&(&right.sector, right.item, right.programme))
        });
        Ok(rows)
    }

    /// What is to be known of the whole figure that no area alone says.
    fn note(&self, row: &mut ReachRow) {
        let mut flags = std::mem::take(&mut row.flags);
        flags.extend(noted(&self.counting.notes));
        row.flags_left_out += flags.len().saturating_sub(FLAGS_MAXIMUM);
        flags.truncate(FLAGS_MAXIMUM);
        row.flags = flags;
    }
}

fn noted(notes: &Notes) -> Vec<FlagView> {
    let of = |flag: &'static str, count: u64| FlagView { flag, count: Some(count), ..FlagView::default() };
    let mut flags = Vec::new();
    for (area, lines) in &notes.unknown_areas {
        flags.push(FlagView { area: Some(area.clone()), ..of("area_without_population", *lines) });
    }
    for (flag, areas) in [("area_replaced", &notes.replaced), ("area_divided", &notes.divided)] {
        for (area, (lines, next)) in areas {
            flags.push(FlagView { area: Some(area.clone()), words: Some(next.clone()), ..of(flag, *lines) });
        }
    }
    for (area, (targets, next)) in &notes.lost_targets {
        let words = Some(next.clone()).filter(|next| !next.is_empty());
        flags.push(FlagView { area: Some(area.clone()), words, ..of("target_not_placed", *targets) });
    }
    let (unplaced, people) = notes.unplaced;
    if unplaced > 0 {
        flags.push(FlagView { counted: Some(people), ..of("unplaced", unplaced) });
    }
    let (partly, people) = notes.partly;
    if partly > 0 {
        flags.push(FlagView { counted: Some(people), ..of("partly_in_window", partly) });
    }
    if notes.outside_rounds > 0 {
        flags.push(of("outside_rounds", notes.outside_rounds));
    }
    for words in &notes.overlapping_rounds {
        flags.push(FlagView {
            flag: "overlapping_rounds",
            words: Some(words.clone()),
            ..FlagView::default()
        });
    }
    flags
}

fn too_many() -> Problem {
    Problem::field("/group_by", format!("more than {ROWS_MAXIMUM} rows; add a filter or leave group_by out"))
        .coded(Fault::TooMany)
}

fn bounded(rows: Vec<ReachRow>) -> Outcome<Vec<ReachRow>> {
    if rows.len() > ROWS_MAXIMUM { Err(too_many()) } else { Ok(rows) }
}
