//! What may be said of the people whom a distribution reached. Pure.

use crate::baselines::{Area, PeopleGroup};
use crate::core::check::{CODE_CHARS_MAX, Check, quoted};
use crate::core::id::{ItemId, ProgrammeId};
use crate::core::problem::{Fault, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What one distribution says of people: as many as it may have lines.
pub const REACHED_MAXIMUM: usize = 500;
/// Registered people of one of these: a day's queue at one table.
pub const IDS_MAXIMUM: usize = 2_000;
/// Registered people of one distribution: their keyed hashes are kept in its text, which stays below a megabyte.
pub const EVENT_IDS_MAXIMUM: usize = 10_000;
/// Tags of one of these: families that overlap, such as the displaced.
const TAGS_MAXIMUM: usize = 20;
/// Letters of a keyed hash in hexadecimal.
pub(super) const HASHED_CHARS: usize = 64;
/// More people than will ever be counted.
const PEOPLE_MAXIMUM: i64 = 100_000_000_000;
/// People of a household, in thousandths: no mean is as high.
const HOUSEHOLD_THOUSANDTHS_MAXIMUM: i64 = 100_000;
/// Digits after the point of a mean size.
const SIZE_DIGITS: usize = 3;

/// Whom a line of a distribution reached. What is left out is as the line says: at its site, in the sector of its item,
/// everybody, of no caseload, and counted by what the goods are enough for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// Which of the lines, counted from 0.
    pub line: usize,
    /// Where the people live: country (GM), ISO 3166-2 (GM-B) or P-code (HN10); where the site lies, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "GM-B")]
    pub area: Option<String>,
    /// The kit that was packed here of these goods, an item whose standard is of kind `kit`: they count in its sector, so that
    /// components of several sectors reach its people once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<ItemId>,
    /// In which sector of relief; the item's, if left out. It stands without `kit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "health")]
    pub sector: Option<String>,
    /// Whose caseload and register: the programme of the consignment or of goods of the line; the consignment's, else the
    /// goods', if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<ProgrammeId>,
    /// Of which caseload of the programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "CAMPS")]
    pub caseload: Option<String>,
    /// In which round of the caseload; the one whose days it falls in, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "2024-R1")]
    pub round: Option<String>,
    /// Which people: all, or a sex (female, male, any) and ages, such as female_0_4; everybody, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "female_0_4")]
    pub group: Option<String>,
    /// Who they are: their numbers in the programme's register. Only keyed hashes of them are kept, and `programme` is
    /// stated with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 2000)]
    pub registered: Option<Vec<String>>,
    /// How many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// How many households.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub households: Option<i64>,
    /// People in a household on the average, with up to three digits after the point; stated with households.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "4.7")]
    pub household_size: Option<String>,
    /// How many of them have a tag, such as displaced; tags overlap and are never added up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, i64>,
}

/// What was said, judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    pub(super) line: usize,
    pub(super) area: Option<Area>,
    pub(super) kit: Option<ItemId>,
    pub(super) sector: Option<String>,
    pub(super) programme: Option<ProgrammeId>,
    pub(super) caseload: Option<String>,
    pub(super) round: Option<String>,
    pub(super) group: Option<PeopleGroup>,
    pub(super) registered: Option<Vec<u8>>,
    pub(super) people: Option<i64>,
    pub(super) households: Option<i64>,
    pub(super) household_thousandths: Option<i64>,
    pub(super) tags: Option<String>,
}

/// Judges what is said of so many lines.
///
/// # Errors
/// `invalid` naming every field that is wrong.
pub(super) fn judge(reached: &[Reached], lines: usize) -> Outcome<Vec<Judged>> {
    let mut check = Check::new();
    if reached.len() > REACHED_MAXIMUM {
        let words =
            format!("{} are too many; say at most {REACHED_MAXIMUM} in one distribution", reached.len());
        check.fault(Fault::TooMany, "/reached", words);
        return check.finish().map(|()| Vec::new());
    }
    let ids: usize = reached.iter().filter_map(|one| one.registered.as_ref()).map(Vec::len).sum();
    if ids > EVENT_IDS_MAXIMUM {
        let words = format!(
            "{ids} registered people are too many; say at most {EVENT_IDS_MAXIMUM} in one distribution"
        );
        check.fault(Fault::TooMany, "/reached", words);
    }
    let mut of_line: BTreeMap<usize, usize> = BTreeMap::new();
    for one in reached {
        *of_line.entry(one.line).or_default() += 1;
    }
    let mut judged = Vec::with_capacity(reached.len());
    for (index, one) in reached.iter().enumerate() {
        let at = format!("/reached/{index}");
        if one.line >= lines {
            check.fault(
                Fault::Unknown,
                format!("{at}/line"),
                format!("{} is no line; they are 0 to {}", one.line, lines.max(1) - 1),
            );
        }
        let is_alone = of_line.get(&one.line).is_none_or(|count| *count == 1);
        judged.push(one.judge(&mut check, &at, is_alone));
    }
    check.finish()?;
    Ok(judged)
}

impl Reached {
    fn judge(&self, check: &mut Check, at: &str, is_alone: bool) -> Judged {
        let says_who = self.registered.is_some() || self.people.is_some() || self.households.is_some();
        if !is_alone && !says_who {
            let words = "a line that is said more than once about says each time how many people: registered, people or \
                         households";
            check.wrong(at, words);
        }
        let code = |check: &mut Check, name: &str, text: Option<&str>| {
            check.optional_text(&format!("{at}/{name}"), text, CODE_CHARS_MAX)
        };
        if self.round.is_some() && self.caseload.is_none() {
            check.wrong(format!("{at}/round"), "stands without its caseload; say both");
        }
        if let (Some(kit), Some(sector)) = (self.kit, &self.sector) {
            let words = format!(
                "{} stands beside the kit {kit}, whose sector counts; say one of them",
                quoted(sector)
            );
            check.fault(Fault::OneOfTwo, format!("{at}/sector"), words);
        }
        Judged {
            line: self.line,
            kit: self.kit,
            area: self.area.as_deref().and_then(|text| area(check, &format!("{at}/area"), text)),
            sector: check.optional_text(&format!("{at}/sector"), self.sector.as_deref(), 100),
            programme: self.programme,
            caseload: code(check, "caseload", self.caseload.as_deref()),
            round: code(check, "round", self.round.as_deref()),
            group: self
                .group
                .as_deref()
                .and_then(|text| check.parsed(&format!("{at}/group"), text.trim().parse())),
            registered: self.registered(check, at),
            people: self.people.map(|people| count(check, &format!("{at}/people"), people, "people")),
            households: self
                .households
                .map(|count_of| count(check, &format!("{at}/households"), count_of, "households")),
            household_thousandths: self.household_size(check, at),
            tags: self.tags(check, at),
        }
    }

    fn registered(&self, check: &mut Check, at: &str) -> Option<Vec<u8>> {
        let ids = self.registered.as_ref()?;
        let at = format!("{at}/registered");
        if ids.is_empty() || ids.len() > IDS_MAXIMUM {
            check.wrong(at, format!("names {} people; name 1 to {IDS_MAXIMUM}", ids.len()));
            return None;
        }
        if self.programme.is_none() {
            check.wrong(at, "stands without programme; say in whose register these people are");
            return None;
        }
        let mut hashed = Vec::with_capacity(ids.len() * HASHED_CHARS / 2);
        for (index, id) in ids.iter().enumerate() {
            match (0..HASHED_CHARS / 2).map(|byte| two_digits(id, byte)).collect::<Option<Vec<u8>>>() {
                Some(bytes) if id.len() == HASHED_CHARS => hashed.extend(bytes),
                Some(_) | None => {
                    check.wrong(
                        format!("{at}/{index}"),
                        "is no number of a register; write 1 to 200 characters",
                    );
                }
            }
        }
        Some(hashed)
    }

    fn household_size(&self, check: &mut Check, at: &str) -> Option<i64> {
        let at = format!("{at}/household_size");
        match (&self.household_size, self.households) {
            (None, None) => None,
            (None, Some(_)) => {
                check.fault(
                    Fault::Required,
                    at,
                    "is missing; say how many people live in a household on the average, such as \"4.7\"",
                );
                None
            }
            (Some(_), None) => {
                check.wrong(at, "stands without households; say how many there are");
                None
            }
            (Some(text), Some(_)) => {
                let size = thousandths(text.trim());
                if size.is_none() {
                    check.wrong(
                        at,
                        format!("{} is no size; write 0.001 to 100, such as \"4.7\"", quoted(text)),
                    );
                }
                size
            }
        }
    }

    fn tags(&self, check: &mut Check, at: &str) -> Option<String> {
        let at = format!("{at}/tags");
        if self.tags.len() > TAGS_MAXIMUM {
            check.fault(
                Fault::TooMany,
                &at,
                format!("{} tags are too many; say at most {TAGS_MAXIMUM}", self.tags.len()),
            );
            return None;
        }
        for (tag, people) in &self.tags {
            check.text(&at, tag, CODE_CHARS_MAX);
            count(check, &format!("{at}/{tag}"), *people, "people");
        }
        if self.tags.is_empty() { None } else { serde_json::to_string(&self.tags).ok() }
    }
}

fn count(check: &mut Check, at: &str, value: i64, what: &str) -> i64 {
    check.whole(at, value, 0..=PEOPLE_MAXIMUM, what)
}

fn two_digits(text: &str, byte: usize) -> Option<u8> {
    u8::from_str_radix(text.get(byte * 2..byte * 2 + 2)?, 16).ok()
}

/// A decimal as thousandths, exactly.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(whole) || !is_plain(part) || part.len() > SIZE_DIGITS {
        return None;
    }
    let value = format!("{whole}{part:0<SIZE_DIGITS$}").parse::<i64>().ok()?;
    (1..=HOUSEHOLD_THOUSANDTHS_MAXIMUM).contains(&value).then_some(value)
}

/// An area people live in: no region, as nobody lives in one only. Which codes there are, the editions of areas say that somebody may
/// have loaded; a figure says which code nobody knows.
pub fn area(check: &mut Check, at: &str, text: &str) -> Option<Area> {
    let area: Area = check.parsed(at, text.trim().parse())?;
    match &area {
        Area::Region(_) => {
            check
                .wrong(at, format!("{area} is a region; say the country, such as GM, or an area inside one"));
            None
        }
        Area::Country(_) | Area::Within(_) => Some(area),
    }
}
