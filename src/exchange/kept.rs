//! Mappings that are kept in the ledger, each in every version it had, so that it can be told by which one a file was
//! read.

use super::headcounts::HeadcountMapping;
use super::mapping::{Mapping, MappingError};
use super::sheets::SheetMapping;
use crate::baselines::{Asked, Draft, Place, Statement, is_id, list, stamped};
use crate::core::check::{CODE_CHARS_MAX, Check, quoted};
use crate::core::id::{BaselineBatchId, BaselineId, BaselineKey, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{KnownAt, last_known, read_known_at};
use crate::writer::record;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Bytes of a mapping that is kept: many times the longest there is, and a page of the longest is still an answer.
const TEXT_BYTES_MAX: usize = 128 * 1_024;
/// Kept mappings that are named to who asks for one there is not.
const NAMED_MAXIMUM: i64 = 20;

record! {
    /// How files are read, from an entry of the log on.
    pub struct KeptMapping in mappings key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: the name.
        about: BaselineKey,
        /// The mappings it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// Its name, part of the identifiers of all that it reads.
        name: String,
        /// What it reads, for people; none where it is withdrawn.
        title: Option<String>,
        /// The TOML, byte by byte; none where it is withdrawn.
        text: Option<String>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts: its version.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

/// A mapping as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingDraft {
    /// Its name; may be left out where the text says it.
    #[serde(default)]
    #[schema(max_length = 60, example = "masks")]
    pub name: Option<String>,
    /// The mapping, as TOML of at most 128 KiB; left out where it is withdrawn.
    #[serde(default)]
    pub text: Option<String>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(skip)]
    title: Option<String>,
}

fn mapping_key(name: &str) -> BaselineKey {
    derived(Uuid::nil(), &format!("mapping:{name}"), 0)
}

impl MappingDraft {
    fn named(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

/// Reads a text that is stated: what it is called, and what it reads.
fn read(check: &mut Check, at: &str, text: &str) -> Option<(String, String)> {
    let pointer = format!("{at}/text");
    if text.len() > TEXT_BYTES_MAX {
        check.wrong(pointer, format!("has {} bytes; a mapping has at most {TEXT_BYTES_MAX}", text.len()));
        return None;
    }
    let read: Result<(String, String), MappingError> = if HeadcountMapping::is_one(text) {
        HeadcountMapping::parse(text).map(|mapping| (mapping.name, mapping.title))
    } else if SheetMapping::is_one(text) {
        SheetMapping::parse(text).map(|mapping| (mapping.name, mapping.title))
    } else {
        Mapping::parse(text).map(|mapping| (mapping.name, mapping.title))
    };
    match read {
        Ok(named) => Some(named),
        Err(error) => {
            check.wrong(pointer, error.to_string());
            None
        }
    }
}

/// The mappings that ship with the program, of every kind.
fn shipped() -> impl Iterator<Item = &'static str> {
    Mapping::built_in_names().chain(HeadcountMapping::built_in_names())
}

impl Draft for MappingDraft {
    fn key(&self) -> BaselineKey {
        mapping_key(self.named())
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let (name_at, text_at) = (format!("{at}/name"), format!("{at}/text"));
        let given = check.optional_text(&name_at, self.name.as_deref(), CODE_CHARS_MAX);
        let text = self.text.as_deref();
        if text.is_some() == self.withdrawn {
            let right =
                "write the mapping as TOML, or \"withdrawn\": true and no text to end what was stated";
            check.wrong(text_at, right);
        }
        let mapping = text.and_then(|text| read(check, at, text));
        let own = mapping.as_ref().map(|(name, _)| name.clone());
        if let (Some(given), Some(own)) = (&given, &own)
            && given != own
        {
            check.wrong(
                &name_at,
                format!("{} is not what the text is called, {}", quoted(given), quoted(own)),
            );
        }
        let is_given = given.is_some();
        let name = own.or(given);
        match &name {
            Some(name) if shipped().any(|shipped| shipped == name) => check.wrong(
                &name_at,
                format!("{} ships with the program; call yours something else", quoted(name)),
            ),
            Some(name) if !is_given => drop(check.text(&name_at, name, CODE_CHARS_MAX)),
            None if self.withdrawn => check.wrong(&name_at, "is missing; write which mapping is withdrawn"),
            // What was given was judged, or the text is wrong, which is noted.
            Some(_) | None => {}
        }
        let title = mapping.map(|(_, title)| title);
        Self { name, text: self.text.clone(), withdrawn: self.withdrawn, title }
    }

    fn words(&self) -> String {
        format!("the mapping {}", quoted(self.named()))
    }
}

impl Statement for KeptMapping {
    type Draft = MappingDraft;
    const WORD: &'static str = "mapping";
    stamped!();

    fn group_of(draft: &MappingDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &MappingDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            name: draft.named().to_owned(),
            title: draft.title.clone(),
            text: draft.text.clone(),
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }
}

/// The mapping of a name as it was known at a sequence.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn kept_mapping(conn: &mut Conn, name: &str, sequence: i64) -> Outcome<KeptMapping> {
    // Only the version that is wanted is read: a text may be long, and there may be many.
    let asked = Asked {
        known_at: Some(KnownAt::Sequence(sequence)),
        conditions: is_id("about", Some(mapping_key(name))).into_iter().collect(),
        limit: 1,
        ..Asked::default()
    };
    let (found, _) = list::<KeptMapping>(conn, asked)?;
    found.into_iter().next().ok_or_else(Problem::not_found)
}

/// A mapping to read a file by.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The mapping.
    pub mapping: Mapping,
    /// The entry of the log that states it, where it is one that is kept.
    pub version: Option<i64>,
}

/// A mapping that was found, by its kind.
#[derive(Debug, Clone)]
pub enum Found {
    /// Of records, or of needs.
    Records(Box<Chosen>),
    /// Of headcounts, with the entry of the log that states it.
    Headcounts(Box<HeadcountMapping>, i64),
    /// Of a sheet, with the entry of the log that states it.
    Sheet(Box<SheetMapping>, i64),
}

/// Finds a mapping that is kept: by its name as it is now, or with `@` and a moment behind it as it was known then.
///
/// # Errors
/// `invalid` naming the mappings there are, or what the database says.
pub fn find_kept(conn: &mut Conn, asked: &str) -> Outcome<Found> {
    let (name, moment) = match asked.split_once('@') {
        Some((name, moment)) => (name, Some(moment)),
        None => (asked, None),
    };
    let sequence = last_known(conn, read_known_at("mapping", moment)?, "/mapping")?;
    let kept = match kept_mapping(conn, name, sequence) {
        Ok(kept) => kept,
        Err(problem) if problem.code == Code::NotFound => return Err(unknown(conn, asked)?),
        Err(problem) => return Err(problem),
    };
    let text = kept.text.as_deref().unwrap_or_default();
    let unusable = |error: MappingError| Problem::field("/mapping", error.to_string());
    if HeadcountMapping::is_one(text) {
        let mapping = HeadcountMapping::parse(text).map_err(unusable)?;
        return Ok(Found::Headcounts(Box::new(mapping), kept.sequence));
    }
    if SheetMapping::is_one(text) {
        let mapping = SheetMapping::parse(text).map_err(unusable)?;
        return Ok(Found::Sheet(Box::new(mapping), kept.sequence));
    }
    let mapping = Mapping::parse(text).map_err(unusable)?;
    Ok(Found::Records(Box::new(Chosen { mapping, version: Some(kept.sequence) })))
}

/// The refusal of a mapping there is not.
fn unknown(conn: &mut Conn, asked: &str) -> Outcome<Problem> {
    let asked_for = Asked { limit: NAMED_MAXIMUM, ..Asked::default() };
    let (kept, _) = list::<KeptMapping>(conn, asked_for)?;
    let kept: Vec<String> = kept.into_iter().map(|row| row.name).collect();
    let kept = if kept.is_empty() { "none".to_owned() } else { kept.join(", ") };
    let shipped: Vec<&str> = shipped().collect();
    let words = format!(
        "{} is no mapping: built in are {}, kept here are {kept}, and a file's name ends in .toml",
        quoted(asked),
        shipped.join(", ")
    );
    Ok(Problem::field("/mapping", words))
}
