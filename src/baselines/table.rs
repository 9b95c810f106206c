//! Populations as a table: CSV with the headings of OCHA's common operational data (COD-PS). Pure.
//!
//! A row is an area by its P-code, of the deepest level it names; each column of people is a group. Nothing is added up: a
//! total that the table does not state is not stated.

use super::group::{AGE_MAXIMUM, PeopleGroup};
use super::rules::PopulationDraft;
use crate::atlas::country_by_iso3;
use crate::core::check::{Check, quoted};
use crate::core::problem::{Code, Fault, Outcome, Problem};

/// Rows that come of one table: the second level of the largest countries by sex and five years of age has fewer.
pub const TABLE_ROWS_MAX: usize = 50_000;
/// Levels below the country that P-codes have.
const LEVELS: std::ops::RangeInclusive<u8> = 0..=4;
/// Faults after which no more are told.
const FAULTS_MAX: usize = 50;
/// Headings of a column with everybody, in capitals.
const EVERYBODY: [&str; 5] = ["POPULATION", "T_TL", "TL", "TOTAL", "T_POP"];
/// Headings of a column with the code of the row's area, whatever its level.
const CODE: [&str; 3] = ["ADM_PCODE", "PCODE", "P_CODE"];

/// What is said of all rows of a table.
#[derive(Clone, Debug)]
pub struct TableWords {
    /// The year they are counted or projected for.
    pub year: i64,
    /// Who counted.
    pub source: String,
    /// Which edition of it.
    pub source_version: String,
    /// Only areas of this level: 0 for the country, 1 for the first level below.
    pub level: Option<u8>,
}

/// Where the columns are.
struct Columns {
    /// The code of the row's own area.
    code: Option<usize>,
    /// Its level.
    level: Option<usize>,
    /// The codes of each level that has a column.
    levels: Vec<(u8, usize)>,
    /// People, by group.
    people: Vec<(PeopleGroup, usize)>,
}

/// Reads the rows of a table.
///
/// # Errors
/// `malformed` where it is no CSV, `invalid` with everything that is wrong, each by its line.
pub fn read_table(text: &str, words: &TableWords) -> Outcome<Vec<PopulationDraft>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(broken)?.clone();
    let columns = columns(&headings)?;
    let mut check = Check::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        if let Some(area) = area_of(&mut check, &columns, &record, line, words.level) {
            people_of(&mut check, &columns, (&record, line), &area, words, &mut rows);
        }
        if rows.len() > TABLE_ROWS_MAX {
            check.fault(
                Fault::TooMany,
                "",
                format!("has more than {TABLE_ROWS_MAX} populations; send it in parts"),
            );
        }
        if check.count() >= FAULTS_MAX || rows.len() > TABLE_ROWS_MAX {
            break;
        }
    }
    check.finish()?;
    if rows.is_empty() {
        return Err(Problem::field("", "has no row with a code and people of the level asked for"));
    }
    Ok(rows)
}

fn broken(error: csv::Error) -> Problem {
    Problem::new(Code::Malformed, format!("The body is no CSV: {error}."))
}

fn columns(headings: &csv::StringRecord) -> Outcome<Columns> {
    let names: Vec<String> = headings.iter().map(str::to_ascii_uppercase).collect();
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    let found = Columns {
        code: CODE.into_iter().find_map(find),
        level: find("ADM_LEVEL"),
        levels: LEVELS.filter_map(|level| Some((level, find(&format!("ADM{level}_PCODE"))?))).collect(),
        people: names.iter().enumerate().filter_map(|(at, name)| Some((group_of(name)?, at))).collect(),
    };
    let mut check = Check::new();
    if found.code.is_none() && found.levels.is_empty() {
        check.wrong("", "has no column with codes: looked for ADM_PCODE, and ADM0_PCODE to ADM4_PCODE");
    }
    if found.people.is_empty() {
        let words =
            "has no column with people: looked for Population, T_TL, and groups such as F_TL or M_05_09";
        check.wrong("", words);
    }
    for (place, (group, at)) in found.people.iter().enumerate() {
        if found.people[..place].iter().any(|(before, _)| before == group) {
            let words =
                format!("column {} is {group} once more", quoted(headings.get(*at).unwrap_or_default()));
            check.fault(Fault::Twice, "", words);
        }
    }
    check.finish()?;
    Ok(found)
}

/// The group of a heading such as `F_TL`, `T_05_09` or `M_80PLUS`.
fn group_of(heading: &str) -> Option<PeopleGroup> {
    if EVERYBODY.contains(&heading) {
        return Some(PeopleGroup::ALL);
    }
    let (sex, ages) = heading.split_once('_')?;
    let sex = match sex {
        "F" => "female",
        "M" => "male",
        "T" => "any",
        _ => return None,
    };
    if ages == "TL" {
        return if sex == "any" { Some(PeopleGroup::ALL) } else { sex.parse().ok() };
    }
    let number = |text: &str| text.parse::<u8>().ok().filter(|age| *age <= AGE_MAXIMUM);
    let word = match ages.strip_suffix("PLUS") {
        Some(from) => format!("{sex}_{}_plus", number(from.trim_end_matches('_'))?),
        None => {
            let (from, to) = ages.split_once('_')?;
            format!("{sex}_{}_{}", number(from)?, number(to)?)
        }
    };
    word.parse().ok()
}

/// The area of a row: its own code, else the deepest it names; nothing where another level is asked for.
fn area_of(
    check: &mut Check,
    columns: &Columns,
    record: &csv::StringRecord,
    line: u64,
    wanted: Option<u8>,
) -> Option<String> {
    let text = |at: usize| record.get(at).filter(|text| !text.is_empty());
    let deepest =
        columns.levels.iter().rev().find_map(|(level, at)| text(*at).map(|code| (Some(*level), code)));
    let stated = columns.level.and_then(text).and_then(|level| level.parse::<u8>().ok());
    let own = columns.code.and_then(text).map(|code| {
        let level = deepest.filter(|(_, deep)| *deep == code).and_then(|(level, _)| level);
        (stated.or(level), code)
    });
    let Some((level, code)) = own.or(deepest) else {
        check.wrong(format!("/lines/{line}"), "names no area by its code");
        return None;
    };
    if wanted.is_some() && level != wanted {
        return None;
    }
    // Of a whole country some tables have three letters; and some leave its letters out before the numbers of its areas.
    let whole = if level == Some(0) { country_by_iso3(code) } else { None };
    let country = columns.levels.first().filter(|(level, _)| *level == 0).and_then(|(_, at)| text(*at));
    let is_bare = code.bytes().all(|byte| byte.is_ascii_digit());
    Some(match (whole, country.filter(|_| is_bare)) {
        (Some(whole), _) => whole.code().as_str().to_owned(),
        (None, Some(country)) => format!("{country}{code}"),
        (None, None) => code.to_owned(),
    })
}

/// The populations of a row. An empty cell states nothing.
fn people_of(
    check: &mut Check,
    columns: &Columns,
    (record, line): (&csv::StringRecord, u64),
    area: &str,
    words: &TableWords,
    rows: &mut Vec<PopulationDraft>,
) {
    for (group, at) in &columns.people {
        let Some(text) = record.get(*at).filter(|text| !text.is_empty()) else { continue };
        let digits: String = text.chars().filter(|letter| !matches!(letter, ',' | ' ' | '\u{a0}')).collect();
        // Some tables write whole people with a decimal point behind them; parts of people are refused.
        let whole = digits.strip_suffix(".0").unwrap_or(&digits);
        let Ok(people) = whole.parse::<i64>() else {
            let words = format!("{} is no whole number of people ({group})", quoted(text));
            check.wrong(format!("/lines/{line}"), words);
            continue;
        };
        rows.push(PopulationDraft {
            area: area.to_owned(),
            group: group.to_string(),
            year: words.year,
            source: words.source.clone(),
            source_version: words.source_version.clone(),
            people: Some(people),
            withdrawn: false,
        });
    }
}
