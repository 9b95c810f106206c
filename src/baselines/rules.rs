//! What may be stated: the judgement of what a caller wrote, row by row.

use super::area::Area;
use super::group::PeopleGroup;
use crate::core::check::{CODE_CHARS_MAX, Check, NAME_CHARS_MAX, quoted};
use crate::core::id::{BaselineBatchId, BaselineKey, ProgrammeId, derived};
use crate::core::problem::{Fault, Outcome};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows that are stated at once: they are one entry of the log, and 256 entries go into one part of a bundle.
pub const ROWS_MAXIMUM: usize = 500;
/// Faults after which further rows are not judged: whoever has so many mends the first before the rest.
const FAULTS_MAXIMUM: usize = 100;
/// More people than will ever be counted.
const PEOPLE_MAXIMUM: i64 = 100_000_000_000;
/// Years of which there are counts or projections.
const YEARS: std::ops::RangeInclusive<i64> = 1_800..=2_200;
/// Characters of a sector, as of an item's.
const SECTOR_CHARS_MAX: usize = 100;

/// A row that can be stated.
pub trait Draft: Clone + PartialEq + Send + Sync + 'static {
    /// What it is about: the same of all rows that replace each other.
    fn key(&self) -> BaselineKey;
    /// Whether it ends what was stated, and states nothing.
    fn is_withdrawal(&self) -> bool;
    /// The row in the form it is kept in; `at` is where it stands.
    fn normal(&self, check: &mut Check, at: &str) -> Self;
    /// What it is about, in words.
    fn words(&self) -> String;
}

/// Rows that are stated together: all of them, or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Statements<T> {
    /// Made by the caller, UUID version 7; the same id and rows again change nothing.
    #[serde(default)]
    pub id: Option<BaselineBatchId>,
    /// 1 to 500 rows, each about something else.
    #[schema(min_items = 1, max_items = 500)]
    pub rows: Vec<T>,
}

impl<T: Draft> Statements<T> {
    /// Judges the rows and brings them into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong, of the first rows that are.
    pub fn checked(&self) -> Outcome<Vec<T>> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        let count = self.rows.len();
        if !(1..=ROWS_MAXIMUM).contains(&count) {
            check.wrong("/rows", format!("{count} rows are stated; state 1 to {ROWS_MAXIMUM} at once"));
            return check.finish().map(|()| Vec::new());
        }
        let mut rows = Vec::with_capacity(count);
        let mut first: HashMap<BaselineKey, usize> = HashMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            let at = format!("/rows/{index}");
            let before = check.count();
            let row = row.normal(&mut check, &at);
            // What is wrong is about nothing yet.
            let is_right = check.count() == before;
            if let Some(before) = is_right.then(|| first.insert(row.key(), index)).flatten() {
                let words = format!("{} stands in row {before} already; state it once", row.words());
                check.wrong(at, words);
            }
            rows.push(row);
            if check.count() >= FAULTS_MAXIMUM {
                break;
            }
        }
        check.finish()?;
        Ok(rows)
    }
}

/// The key of what these words are about. Control characters are refused in all of them, so that what separates them is
/// part of none.
fn key(kind: &str, parent: Uuid, words: &[&str]) -> BaselineKey {
    derived(parent, &format!("{kind}:{}", words.join("\u{1f}")), 0)
}

/// A value that is stated, or left out where it is withdrawn.
fn stated<T>(check: &mut Check, pointer: &str, value: Option<T>, withdrawn: bool, right: &str) -> Option<T> {
    match (&value, withdrawn) {
        (Some(_), true) => {
            check.wrong(pointer, "is stated and withdrawn at once; leave it out to withdraw what was stated");
        }
        (None, false) => {
            let words = format!("is missing; write {right}, or \"withdrawn\": true to end what was stated");
            check.fault(Fault::Required, pointer, words);
        }
        (Some(_), false) | (None, true) => {}
    }
    value
}

fn people(check: &mut Check, at: &str, people: Option<i64>, withdrawn: bool) -> Option<i64> {
    let pointer = format!("{at}/people");
    let people = stated(check, &pointer, people, withdrawn, "how many people there are")?;
    Some(check.whole(&pointer, people, 0..=PEOPLE_MAXIMUM, "people"))
}

fn area(check: &mut Check, at: &str, text: &str) -> String {
    let area: Option<Area> = check.parsed(&format!("{at}/area"), text.trim().parse());
    area.map(|area| area.to_string()).unwrap_or_default()
}

fn group(check: &mut Check, at: &str, text: &str) -> String {
    let group: Option<PeopleGroup> = check.parsed(&format!("{at}/group"), text.trim().parse());
    group.map(|group| group.to_string()).unwrap_or_default()
}

/// How many people there are, as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationDraft {
    /// UN region by M49 (002), country (GM), ISO 3166-2 (GM-B) or P-code (HN10).
    #[schema(example = "GM-B")]
    pub area: String,
    /// Which people: all, or a sex (female, male, any) and ages, such as female_0_4 or any_60_plus.
    #[schema(example = "all")]
    pub group: String,
    /// The year they are counted or projected for.
    #[schema(minimum = 1800, maximum = 2200, example = 2024)]
    pub year: i64,
    /// Who counted.
    #[schema(max_length = 200, example = "COD-PS")]
    pub source: String,
    /// Which edition of it.
    #[schema(max_length = 60, example = "2024-05")]
    pub source_version: String,
    /// How many; left out where it is withdrawn.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

/// The key of a population.
pub fn population_key(area: &str, group: &str, year: i64, source: &str, version: &str) -> BaselineKey {
    key("population", Uuid::nil(), &[area, group, &year.to_string(), source, version])
}

impl Draft for PopulationDraft {
    fn key(&self) -> BaselineKey {
        population_key(&self.area, &self.group, self.year, &self.source, &self.source_version)
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        Self {
            area: area(check, at, &self.area),
            group: group(check, at, &self.group),
            year: check.whole(&format!("{at}/year"), self.year, YEARS, "years"),
            source: check.text(&format!("{at}/source"), &self.source, NAME_CHARS_MAX),
            source_version: check.text(&format!("{at}/source_version"), &self.source_version, CODE_CHARS_MAX),
            people: people(check, at, self.people, self.withdrawn),
            withdrawn: self.withdrawn,
        }
    }

    fn words(&self) -> String {
        let (group, area, year) = (quoted(&self.group), quoted(&self.area), self.year);
        let (source, version) = (quoted(&self.source), quoted(&self.source_version));
        format!("the population {group} of {area} in {year} by {source}, {version},")
    }
}

/// How many people a programme means to reach, as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetDraft {
    /// Whose target.
    pub programme: ProgrammeId,
    /// UN region by M49 (002), country (GM), ISO 3166-2 (GM-B) or P-code (HN10).
    #[schema(example = "HN10")]
    pub area: String,
    /// Which people: all, or a sex (female, male, any) and ages, such as female_0_4 or any_60_plus.
    #[schema(example = "all")]
    pub group: String,
    /// In which sector of relief, in the words of the items.
    #[schema(max_length = 100, example = "health")]
    pub sector: String,
    /// Of which caseload; left out, of all of them together.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub caseload: Option<String>,
    /// How many; left out where it is withdrawn.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

/// The key of a target.
pub fn target_key(
    programme: ProgrammeId,
    area: &str,
    group: &str,
    sector: &str,
    caseload: Option<&str>,
) -> BaselineKey {
    // No caseload is called by no letter.
    key("target", programme.0, &[area, group, sector, caseload.unwrap_or_default()])
}

impl Draft for TargetDraft {
    fn key(&self) -> BaselineKey {
        target_key(self.programme, &self.area, &self.group, &self.sector, self.caseload.as_deref())
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let caseload = self.caseload.as_deref();
        Self {
            programme: self.programme,
            area: area(check, at, &self.area),
            group: group(check, at, &self.group),
            sector: check.text(&format!("{at}/sector"), &self.sector, SECTOR_CHARS_MAX),
            caseload: check.optional_text(&format!("{at}/caseload"), caseload, CODE_CHARS_MAX),
            people: people(check, at, self.people, self.withdrawn),
            withdrawn: self.withdrawn,
        }
    }

    fn words(&self) -> String {
        let of = self.caseload.as_deref().map(|code| format!(" of the caseload {}", quoted(code)));
        let (group, area, sector) = (quoted(&self.group), quoted(&self.area), quoted(&self.sector));
        format!("the target {group} in {area} for {sector}{}", of.unwrap_or_default())
    }
}

/// People whom a programme serves again and again, as a caller describes them.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseloadDraft {
    /// Whose caseload.
    pub programme: ProgrammeId,
    /// Short name, unique within the programme.
    #[schema(max_length = 60, example = "CAMPS")]
    pub code: String,
    /// Who they are; left out where it is withdrawn.
    #[serde(default)]
    #[schema(max_length = 200, example = "Families in camps")]
    pub name: Option<String>,
    /// Whether it is declared that nobody of them is in another caseload of the programme; left out where it is
    /// withdrawn.
    #[serde(default)]
    pub disjoint: Option<bool>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

/// The key of a caseload.
pub fn caseload_key(programme: ProgrammeId, code: &str) -> BaselineKey {
    key("caseload", programme.0, &[code])
}

impl Draft for CaseloadDraft {
    fn key(&self) -> BaselineKey {
        caseload_key(self.programme, &self.code)
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let (name_at, disjoint_at) = (format!("{at}/name"), format!("{at}/disjoint"));
        let name = stated(check, &name_at, self.name.as_deref(), self.withdrawn, "who they are");
        let right = "true where nobody of it is in another caseload, else false";
        Self {
            programme: self.programme,
            code: check.text(&format!("{at}/code"), &self.code, CODE_CHARS_MAX),
            name: check.optional_text(&name_at, name, NAME_CHARS_MAX),
            disjoint: stated(check, &disjoint_at, self.disjoint, self.withdrawn, right),
            withdrawn: self.withdrawn,
        }
    }

    fn words(&self) -> String {
        format!("the caseload {}", quoted(&self.code))
    }
}

/// Days in which a caseload is served once, as a caller states them.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundDraft {
    /// Whose round.
    pub programme: ProgrammeId,
    /// Of which caseload.
    #[schema(max_length = 60, example = "CAMPS")]
    pub caseload: String,
    /// Short name, unique within the caseload.
    #[schema(max_length = 60, example = "2024-R1")]
    pub code: String,
    /// The first day; left out where it is withdrawn.
    #[serde(default)]
    #[schema(format = Date, example = "2024-01-01")]
    pub from: Option<String>,
    /// The last day; left out where it is withdrawn.
    #[serde(default)]
    #[schema(format = Date, example = "2024-01-31")]
    pub to: Option<String>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

/// The key of a round.
pub fn round_key(programme: ProgrammeId, caseload: &str, code: &str) -> BaselineKey {
    key("round", programme.0, &[caseload, code])
}

impl Draft for RoundDraft {
    fn key(&self) -> BaselineKey {
        round_key(self.programme, &self.caseload, &self.code)
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let day = |check: &mut Check, field: &str, day: Option<&str>| {
            let pointer = format!("{at}/{field}");
            let day = stated(check, &pointer, day, self.withdrawn, "a day such as 2024-01-31")?;
            Some(check.date(&pointer, day))
        };
        let from = day(check, "from", self.from.as_deref());
        let to = day(check, "to", self.to.as_deref());
        if let (Some(from), Some(to)) = (&from, &to)
            && to < from
        {
            let words =
                format!("{} is before {}; a round ends on its first day or later", quoted(to), quoted(from));
            check.fault(Fault::TooEarly, format!("{at}/to"), words);
        }
        Self {
            programme: self.programme,
            caseload: check.text(&format!("{at}/caseload"), &self.caseload, CODE_CHARS_MAX),
            code: check.text(&format!("{at}/code"), &self.code, CODE_CHARS_MAX),
            from,
            to,
            withdrawn: self.withdrawn,
        }
    }

    fn words(&self) -> String {
        format!("the round {} of the caseload {}", quoted(&self.code), quoted(&self.caseload))
    }
}

/// A round of a caseload, and the row that states it, where one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// Its code.
    pub code: String,
    /// The row.
    pub row: Option<usize>,
}

/// The rows among the rounds of one caseload that overlap another round, each with why: a day belongs to one round, or
/// the same people would be counted in two.
pub fn overlaps(mut spans: Vec<Span>) -> Vec<(usize, String)> {
    spans.sort_by(|left, right| (&left.from, &left.code).cmp(&(&right.from, &right.code)));
    let mut found = Vec::new();
    let mut latest: Option<&Span> = None;
    for span in &spans {
        if let Some(before) = latest.filter(|before| span.from <= before.to)
            && let Some((row, other)) =
                span.row.map(|row| (row, before)).or(before.row.map(|row| (row, span)))
        {
            let words = format!(
                "the days overlap the round {} from {} to {}; a day belongs to one round of a caseload",
                quoted(&other.code),
                other.from,
                other.to
            );
            found.push((row, words));
        }
        if latest.is_none_or(|before| before.to < span.to) {
            latest = Some(span);
        }
    }
    found
}
