//! The rows of what people are counted against, a table for each kind, and what each kind must fit.

use super::area::Area;
use super::rules::{
    CaseloadDraft, Draft, PopulationDraft, RoundDraft, Span, TargetDraft, caseload_key, overlaps,
};
use super::statement::{Place, Standing, Statement, stamped, standing_of};
use crate::core::check::{Check, quoted};
use crate::core::id::{BaselineBatchId, BaselineId, BaselineKey, ProgrammeId};
use crate::core::problem::Fault;
use crate::core::time::Timestamp;
use crate::programmes::Programme;
use crate::writer::{Desk, Drawer, Wanted, record};
use std::collections::{BTreeMap, HashSet};

record! {
    /// How many people there are, by one source in one version.
    pub struct Population in populations key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: all but the number.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// UN region, country, or area inside a country.
        area: String,
        /// The country it is or lies in.
        country: Option<String>,
        /// Which people, in the words of a [`PeopleGroup`](super::group::PeopleGroup).
        people_group: String,
        /// The year they are counted for.
        year: i64,
        /// Who counted.
        source: String,
        /// Which edition of it.
        source_version: String,
        /// How many; none where it is withdrawn.
        people: Option<i64>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

record! {
    /// How many people a programme means to reach.
    pub struct Target in targets key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: all but the number.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// Whose target.
        programme_id: ProgrammeId,
        /// UN region, country, or area inside a country.
        area: String,
        /// The country it is or lies in.
        country: Option<String>,
        /// Which people.
        people_group: String,
        /// In which sector.
        sector: String,
        /// Of which caseload; none for all of them together.
        caseload: Option<String>,
        /// How many; none where it is withdrawn.
        people: Option<i64>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

record! {
    /// People whom a programme serves again and again.
    pub struct Caseload in caseloads key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: programme and code.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// Whose caseload.
        programme_id: ProgrammeId,
        /// Short name within the programme.
        code: String,
        /// Who they are; none where it is withdrawn.
        name: Option<String>,
        /// Whether it is declared that nobody of them is in another caseload; none where it is withdrawn.
        is_disjoint: Option<bool>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

record! {
    /// Days in which a caseload is served once.
    pub struct Round in rounds key id: BaselineId, group programme_id: ProgrammeId {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: programme, caseload and code.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// Whose round.
        programme_id: ProgrammeId,
        /// Of which caseload.
        caseload: String,
        /// Short name within the caseload.
        code: String,
        /// The first day, ISO 8601; none where it is withdrawn.
        from_day: Option<String>,
        /// The last day, ISO 8601; none where it is withdrawn.
        to_day: Option<String>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

/// The country of an area that was judged before.
fn country_of(area: &str) -> Option<String> {
    let country = area.parse::<Area>().ok()?.country()?;
    Some(country.as_str().to_owned())
}

impl Statement for Population {
    type Draft = PopulationDraft;
    const WORD: &'static str = "population";
    stamped!();

    fn group_of(draft: &PopulationDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &PopulationDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            area: draft.area.clone(),
            country: country_of(&draft.area),
            people_group: draft.group.clone(),
            year: draft.year,
            source: draft.source.clone(),
            source_version: draft.source_version.clone(),
            people: draft.people,
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }
}

/// Notes the programmes that there are not.
///
/// # Errors
/// [`Wanted`] where rows are missing on the desk.
pub fn fit_programmes(
    programmes: impl Iterator<Item = ProgrammeId>,
    desk: &mut Desk,
    check: &mut Check,
) -> Result<(), Wanted> {
    for (index, programme) in programmes.enumerate() {
        if desk.shelf::<Drawer<Programme>>().find(programme)?.is_none() {
            let words = format!("there is no programme {programme}; name one that is recorded");
            check.fault(Fault::Unknown, format!("/rows/{index}/programme"), words);
        }
    }
    Ok(())
}

/// Notes the caseloads that nobody stated; each stands with its row.
fn fit_caseloads<'a>(
    caseloads: impl Iterator<Item = (usize, ProgrammeId, &'a str)>,
    desk: &mut Desk,
    check: &mut Check,
) -> Result<(), Wanted> {
    let named: Vec<(usize, ProgrammeId, &str)> = caseloads.collect();
    let keys = named.iter().map(|(_, programme, code)| caseload_key(*programme, code));
    let standing = standing_of::<Caseload>(desk, keys)?;
    for (index, programme, code) in named {
        if !standing.contains_key(&caseload_key(programme, code)) {
            let words =
                format!("{} is no caseload of the programme {programme}; state it first", quoted(code));
            check.fault(Fault::Unknown, format!("/rows/{index}/caseload"), words);
        }
    }
    Ok(())
}

fn want_caseload(desk: &mut Desk, programme: ProgrammeId, code: &str) {
    desk.shelf::<Drawer<Caseload>>().want_group(caseload_key(programme, code));
}

impl Statement for Target {
    type Draft = TargetDraft;
    const WORD: &'static str = "target";
    stamped!();

    fn group_of(draft: &TargetDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &TargetDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            programme_id: draft.programme,
            area: draft.area.clone(),
            country: country_of(&draft.area),
            people_group: draft.group.clone(),
            sector: draft.sector.clone(),
            caseload: draft.caseload.clone(),
            people: draft.people,
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }

    fn want(draft: &TargetDraft, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(draft.programme);
        if let Some(code) = &draft.caseload {
            want_caseload(desk, draft.programme, code);
        }
    }

    fn fit(
        rows: &[TargetDraft],
        _standing: &Standing<Self>,
        desk: &mut Desk,
        check: &mut Check,
    ) -> Result<(), Wanted> {
        fit_programmes(rows.iter().map(|row| row.programme), desk, check)?;
        let stated = rows.iter().enumerate().filter(|(_, row)| !row.withdrawn);
        let named = stated.filter_map(|(index, row)| Some((index, row.programme, row.caseload.as_deref()?)));
        fit_caseloads(named, desk, check)
    }
}

impl Statement for Caseload {
    type Draft = CaseloadDraft;
    const WORD: &'static str = "caseload";
    stamped!();

    fn group_of(draft: &CaseloadDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &CaseloadDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            programme_id: draft.programme,
            code: draft.code.clone(),
            name: draft.name.clone(),
            is_disjoint: draft.disjoint,
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }

    fn want(draft: &CaseloadDraft, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(draft.programme);
    }

    fn fit(
        rows: &[CaseloadDraft],
        _standing: &Standing<Self>,
        desk: &mut Desk,
        check: &mut Check,
    ) -> Result<(), Wanted> {
        fit_programmes(rows.iter().map(|row| row.programme), desk, check)
    }
}

impl Statement for Round {
    type Draft = RoundDraft;
    const WORD: &'static str = "round";
    stamped!();

    // All rounds of a programme, as each is compared with the others of its caseload: there are some dozens.
    fn group_of(draft: &RoundDraft) -> ProgrammeId {
        draft.programme
    }

    fn placed(draft: &RoundDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            programme_id: draft.programme,
            caseload: draft.caseload.clone(),
            code: draft.code.clone(),
            from_day: draft.from.clone(),
            to_day: draft.to.clone(),
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }

    fn want(draft: &RoundDraft, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(draft.programme);
        want_caseload(desk, draft.programme, &draft.caseload);
    }

    fn fit(
        rows: &[RoundDraft],
        standing: &Standing<Self>,
        desk: &mut Desk,
        check: &mut Check,
    ) -> Result<(), Wanted> {
        fit_programmes(rows.iter().map(|row| row.programme), desk, check)?;
        let stated = rows.iter().enumerate().filter(|(_, row)| !row.withdrawn);
        let named = stated.map(|(index, row)| (index, row.programme, row.caseload.as_str()));
        fit_caseloads(named, desk, check)?;
        for spans in spans(rows, standing).into_values() {
            for (row, words) in overlaps(spans) {
                check.fault(Fault::Unknown, format!("/rows/{row}/from"), words);
            }
        }
        Ok(())
    }
}

/// The rounds there would be, caseload by caseload: those of the rows, and those that stand and are not replaced.
fn spans(rows: &[RoundDraft], standing: &Standing<Round>) -> BTreeMap<(ProgrammeId, String), Vec<Span>> {
    let replaced: HashSet<BaselineKey> = rows.iter().map(Draft::key).collect();
    let mut found: BTreeMap<(ProgrammeId, String), Vec<Span>> = BTreeMap::new();
    let mut note = |programme, caseload: &str, code: &str, days: (&Option<String>, &Option<String>), row| {
        let (Some(from), Some(to)) = days else { return };
        let span = Span { from: from.clone(), to: to.clone(), code: code.to_owned(), row };
        found.entry((programme, caseload.to_owned())).or_default().push(span);
    };
    for round in standing.values().filter(|round| !replaced.contains(&round.about)) {
        note(round.programme_id, &round.caseload, &round.code, (&round.from_day, &round.to_day), None);
    }
    for (index, row) in rows.iter().enumerate() {
        note(row.programme, &row.caseload, &row.code, (&row.from, &row.to), Some(index));
    }
    found
}
