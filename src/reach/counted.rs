//! Headcounts of others and what everything is counted against, out of the database as they were known.

use super::headcount::headcounts_within;
use super::lines::{Known, in_area, is_retired, is_sensitive};
use super::question::Question;
use super::sited::Inside;
use super::sources::SourceKey;
use crate::atlas::CountryCode;
use crate::audit::store::entry_time;
use crate::auth::{Bound, Scope};
use crate::baselines::PeopleGroup;
use crate::core::id::ProgrammeId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds, Conn, ask};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use std::collections::BTreeSet;

/// Groups of headcounts, populations, targets, caseloads or rounds that one figure reads.
const ROWS_MAXIMUM: i64 = 200_000;

/// Headcounts that differ in nothing that matters.
#[derive(Debug, QueryableByName)]
pub(super) struct HeadcountRow {
    #[diesel(sql_type = Binary)]
    pub(super) programme: ProgrammeId,
    #[diesel(sql_type = Text)]
    pub(super) area: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_unplaced: bool,
    #[diesel(sql_type = Text)]
    pub(super) sector: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) caseload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) round: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) people_group: String,
    #[diesel(sql_type = Text)]
    pub(super) status: String,
    /// Whether all of its days are within the window.
    #[diesel(sql_type = BigInt)]
    pub(super) is_whole: i64,
    /// The last day, of those whose area had another code before or after.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) day: Option<String>,
    /// The first day, of those whose caseload may have a round that holds it …
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) from_day: Option<String>,
    /// … and the last.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) to_day: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) people: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) records: i64,
}

/// The condition that a statement is the newest of what it is about, and ends nothing.
fn stands(table: &str, alias: &str, sequence: &str) -> String {
    format!(
        "{alias}.sequence <= {sequence} AND {alias}.withdrawn = FALSE AND NOT EXISTS (SELECT 1 FROM {table} AS newer \
         WHERE newer.about = {alias}.about AND newer.sequence > {alias}.sequence AND newer.sequence <= {sequence})"
    )
}

fn bounded<R>(rows: Vec<R>, what: &str) -> Outcome<Vec<R>> {
    if rows.len() as i64 > ROWS_MAXIMUM {
        let detail =
            format!("more than {ROWS_MAXIMUM} {what} would be read; ask for a country or a programme");
        return Err(Problem::field("/area", detail).coded(Fault::TooMany));
    }
    Ok(rows)
}

/// The headcounts a question is about, whatever their status. They have no item and no donor.
pub(super) fn read_headcounts(
    conn: &mut Conn,
    question: &Question,
    known: Known,
    inside: &Inside,
) -> Outcome<Vec<HeadcountRow>> {
    if question.item.is_some() || question.is_of_goods() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let sequence = binds.number(known.sequence);
    let mut all = vec![stands("headcounts", "h", &sequence)];
    if let Some(sector) = &question.sector {
        all.push(format!("h.sector = {}", binds.place(Bind::Words(sector.clone()))));
    }
    if let Some(programme) = question.programme {
        all.push(format!("h.programme_id = {}", binds.id(programme)));
    }
    let until =
        [question.to, question.as_of.map(|time| time.to_datetime().date_naive())].into_iter().flatten().min();
    let mut whole = vec!["1 = 1".to_owned()];
    if let Some(from) = question.from {
        let from = day(from, &mut binds);
        all.push(format!("h.to_day >= {from}"));
        whole.push(format!("h.from_day >= {from}"));
    }
    if let Some(to) = until {
        let to = day(to, &mut binds);
        all.push(format!("h.from_day <= {to}"));
        whole.push(format!("h.to_day <= {to}"));
    }
    all.extend(in_area("h", &question.area, &inside.codes, &[], &mut binds));
    all.extend(headcounts_within("h", &question.scope, &mut binds));
    let is_by_day = "h.caseload IS NOT NULL AND h.round IS NULL";
    let columns = "programme, area, is_unplaced, sector, caseload, round, people_group, status, is_whole, day, \
                   from_day, to_day";
    let text = format!(
        "SELECT {columns}, CAST(SUM(people) AS BIGINT) AS people, CAST(COUNT(*) AS BIGINT) AS records FROM (SELECT h.programme_id AS programme, \
         h.area AS area, h.is_unplaced AS is_unplaced, h.sector AS sector, h.caseload AS caseload, h.round AS round, \
         h.people_group AS people_group, h.status AS status, h.people AS people, \
         CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT) AS is_whole, \
         CASE WHEN {} THEN h.to_day END AS day, CASE WHEN {is_by_day} THEN h.from_day END AS from_day, \
         CASE WHEN {is_by_day} THEN h.to_day END AS to_day FROM headcounts AS h WHERE {}) AS chosen \
         GROUP BY {columns} LIMIT {}",
        whole.join(" AND "),
        is_retired("h", &sequence, inside),
        all.join(" AND "),
        ROWS_MAXIMUM + 1
    );
    bounded(ask(conn, text, binds)?, "headcounts")
}

fn day(day: NaiveDate, binds: &mut Binds) -> String {
    binds.place(Bind::Words(day.to_string()))
}

/// How far a scope reaches into targets, which whoever reads baselines reads: in the countries it is bound to. None of them is a
/// donor's.
fn in_countries(scope: &Scope, table: &str, binds: &mut Binds) -> Vec<String> {
    let bound = |bound: &Bound| match bound {
        Bound::Organization(_) => None,
        Bound::Countries(own) => {
            let own: Vec<String> = own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
            Some(if own.is_empty() {
                "1 = 0".to_owned()
            } else {
                format!("{table}.country IN ({})", own.join(", "))
            })
        }
        Bound::OwnPledges(_) => Some("1 = 0".to_owned()),
    };
    scope.bounds().iter().filter_map(bound).collect()
}

/// How many people somebody said there are.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct PopulationRow {
    #[diesel(sql_type = Text)]
    pub(super) area: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) country: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) people_group: String,
    #[diesel(sql_type = BigInt)]
    pub(super) year: i64,
    #[diesel(sql_type = Text)]
    pub(super) source: String,
    #[diesel(sql_type = Text)]
    pub(super) source_version: String,
    #[diesel(sql_type = BigInt)]
    pub(super) people: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) sequence: i64,
}

/// Everybody in the areas of these countries, by every source or by one: of groups only those of the sources that cap are read.
pub(super) fn read_populations(
    conn: &mut Conn,
    countries: &[&str],
    source: Option<&str>,
    known: Known,
) -> Outcome<Vec<PopulationRow>> {
    if countries.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let sequence = binds.number(known.sequence);
    let places: Vec<String> =
        countries.iter().map(|code| binds.place(Bind::Words((*code).to_owned()))).collect();
    let by = source.map(|source| format!(" AND p.source = {}", binds.place(Bind::Words(source.to_owned()))));
    let text = format!(
        "SELECT p.area AS area, p.country AS country, p.people_group AS people_group, p.year AS year, \
         p.source AS source, p.source_version AS source_version, p.people AS people, p.sequence AS sequence \
         FROM populations AS p WHERE {} AND p.country IN ({}) AND p.people_group = {}{} ORDER BY p.sequence, p.ordinal LIMIT {}",
        stands("populations", "p", &sequence),
        places.join(", "),
        binds.place(Bind::Words(PeopleGroup::ALL.to_string())),
        by.unwrap_or_default(),
        ROWS_MAXIMUM + 1
    );
    bounded(ask(conn, text, binds)?, "populations")
}

/// What these sources say of these groups.
pub(super) fn read_groups(
    conn: &mut Conn,
    sources: &[(CountryCode, SourceKey)],
    groups: &BTreeSet<PeopleGroup>,
    known: Known,
) -> Outcome<Vec<PopulationRow>> {
    if sources.is_empty() || groups.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let sequence = binds.number(known.sequence);
    let by: Vec<String> = sources
        .iter()
        .map(|(country, key)| {
            let country = binds.place(Bind::Words(country.as_str().to_owned()));
            let source = binds.place(Bind::Words(key.source.clone()));
            let version = binds.place(Bind::Words(key.source_version.clone()));
            let year = binds.number(key.year);
            format!("(p.country = {country} AND p.source = {source} AND p.source_version = {version} AND p.year = {year})")
        })
        .collect();
    let groups: Vec<String> =
        groups.iter().map(|group| binds.place(Bind::Words(group.to_string()))).collect();
    let text = format!(
        "SELECT p.area AS area, p.country AS country, p.people_group AS people_group, p.year AS year, \
         p.source AS source, p.source_version AS source_version, p.people AS people, p.sequence AS sequence \
         FROM populations AS p WHERE {} AND ({}) AND p.people_group IN ({}) ORDER BY p.sequence, p.ordinal LIMIT {}",
        stands("populations", "p", &sequence),
        by.join(" OR "),
        groups.join(", "),
        ROWS_MAXIMUM + 1
    );
    bounded(ask(conn, text, binds)?, "populations of groups")
}

/// How many people a programme means to reach.
#[derive(Debug, QueryableByName)]
pub struct TargetRow {
    /// Which programme.
    #[diesel(sql_type = Binary)]
    pub programme: ProgrammeId,
    /// Where.
    #[diesel(sql_type = Text)]
    pub area: String,
    /// Which people.
    #[diesel(sql_type = Text)]
    pub people_group: String,
    /// In which sector.
    #[diesel(sql_type = Text)]
    pub sector: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub people: i64,
    /// Of which caseload; those of one are no cap of what all of them come to.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) caseload: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) recorded_at: Timestamp,
}

/// A caseload as it was declared.
#[derive(Debug, QueryableByName)]
pub(super) struct CaseloadRow {
    #[diesel(sql_type = Binary)]
    pub(super) programme: ProgrammeId,
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_disjoint: bool,
}

/// A round as it was declared.
#[derive(Debug, QueryableByName)]
pub(super) struct RoundRow {
    #[diesel(sql_type = Binary)]
    pub(super) programme: ProgrammeId,
    #[diesel(sql_type = Text)]
    pub(super) caseload: String,
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Text)]
    pub(super) from_day: String,
    #[diesel(sql_type = Text)]
    pub(super) to_day: String,
}

/// What programmes state, as a query of the statements that stand.
fn stated<R>(
    conn: &mut Conn,
    table: &str,
    columns: &str,
    programmes: &[ProgrammeId],
    known: Known,
) -> Outcome<Vec<R>>
where
    R: diesel::deserialize::FromSqlRow<diesel::sql_types::Untyped, crate::db::Backend> + 'static,
{
    if programmes.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let sequence = binds.number(known.sequence);
    let stands = stands(table, "s", &sequence);
    let text = format!(
        "SELECT s.programme_id AS programme, {columns} FROM {table} AS s WHERE {stands} \
         AND s.programme_id IN ({}) ORDER BY s.sequence, s.ordinal LIMIT {}",
        binds.ids(programmes),
        ROWS_MAXIMUM + 1
    );
    bounded(ask(conn, text, binds)?, table)
}

/// The targets in the area that is asked for, as baselines are read: of the programmes whose lines were read, and of all others,
/// too, where the question is not about a donor's goods or one item. A donor is told of a sensitive programme what it means to do in
/// a country, and nothing of where in it.
pub(super) fn read_targets(
    conn: &mut Conn,
    question: &Question,
    ended: &[String],
    programmes: &[ProgrammeId],
    known: Known,
) -> Outcome<Vec<TargetRow>> {
    let mut binds = Binds::default();
    let sequence = binds.number(known.sequence);
    let mut all = vec![stands("targets", "s", &sequence)];
    let mut whose = Vec::new();
    if !programmes.is_empty() {
        whose.push(format!("s.programme_id IN ({})", binds.ids(programmes)));
    }
    if question.item.is_none() && !question.is_of_goods() {
        let mut others = vec!["1 = 1".to_owned()];
        others.extend(in_countries(&question.scope, "s", &mut binds));
        others
            .extend(question.programme.map(|programme| format!("s.programme_id = {}", binds.id(programme))));
        whose.push(format!("({})", others.join(" AND ")));
    }
    if whose.is_empty() {
        return Ok(Vec::new());
    }
    all.push(format!("({})", whose.join(" OR ")));
    if question.is_donors() {
        all.push(format!("(s.country IS NULL OR s.area = s.country OR NOT {})", is_sensitive("s")));
    }
    if let Some(sector) = &question.sector {
        all.push(format!("s.sector = {}", binds.place(Bind::Words(sector.clone()))));
    }
    if let Some(inside) = in_area("s", &question.area, ended, &[], &mut binds) {
        // One of a region is of no country.
        let itself = binds.place(Bind::Words(question.area.to_string()));
        all.push(format!("(s.area = {itself} OR ({inside}))"));
    }
    let text = format!(
        "SELECT s.programme_id AS programme, s.area AS area, s.people_group AS people_group, s.sector AS sector, \
         s.people AS people, s.caseload AS caseload, s.recorded_at AS recorded_at FROM targets AS s WHERE {} \
         ORDER BY s.sequence, s.ordinal LIMIT {}",
        all.join(" AND "),
        ROWS_MAXIMUM + 1
    );
    bounded(ask(conn, text, binds)?, "targets")
}

/// The targets of some programmes over all their caseloads, as they were known at a sequence.
///
/// # Errors
/// `invalid` where there are too many; whatever the database says.
pub fn targets_known(conn: &mut Conn, programmes: &[ProgrammeId], sequence: i64) -> Outcome<Vec<TargetRow>> {
    let at = entry_time(conn, sequence - 1)?.unwrap_or(Timestamp(0));
    let columns = "s.area AS area, s.people_group AS people_group, s.sector AS sector, s.people AS people, \
                   s.caseload AS caseload, s.recorded_at AS recorded_at";
    let rows: Vec<TargetRow> = stated(conn, "targets", columns, programmes, Known { sequence, at })?;
    Ok(rows.into_iter().filter(|row| row.caseload.is_none()).collect())
}

/// The caseloads of some programmes.
pub(super) fn read_caseloads(
    conn: &mut Conn,
    programmes: &[ProgrammeId],
    known: Known,
) -> Outcome<Vec<CaseloadRow>> {
    stated(conn, "caseloads", "s.code AS code, s.is_disjoint AS is_disjoint", programmes, known)
}

/// The rounds of some programmes.
pub(super) fn read_rounds(
    conn: &mut Conn,
    programmes: &[ProgrammeId],
    known: Known,
) -> Outcome<Vec<RoundRow>> {
    let columns = "s.caseload AS caseload, s.code AS code, s.from_day AS from_day, s.to_day AS to_day";
    stated(conn, "rounds", columns, programmes, known)
}
