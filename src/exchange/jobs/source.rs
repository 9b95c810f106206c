//! What a file is read as: a kind of sheet, or a mapping.

use super::super::headcounts::HeadcountMapping;
use super::super::kept::{Chosen, Found, find_kept};
use super::super::mapping::Mapping;
use super::super::records::read::RecordMapping;
use super::super::sheets::{SheetKind, SheetMapping};
use crate::auth::Action;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;

/// What a file is read as.
pub(super) enum Source {
    /// A kind of sheet, by our own template or a mapping with `[sheet]`.
    Sheet(Box<SheetMapping>),
    /// Needs, by a mapping with `[need]`.
    Needs(Box<Chosen>),
    /// People that others counted, by a mapping with `[headcount]`.
    Headcounts(Box<HeadcountMapping>, Option<i64>),
    /// The records of a ledger.
    Records(Box<RecordMapping>),
}

/// What was found, and what the job keeps of it: kind or mapping, and of a mapping that is kept its version.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) kind: Option<String>,
    pub(super) mapping: Option<String>,
}

impl Source {
    /// What whoever sends it must be allowed; of records each row asks for its own besides.
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Sheet(mapping) => mapping.sheet.kind.action(),
            Self::Needs(_) => Action::NeedWrite,
            Self::Headcounts(..) => Action::BaselineWrite,
            Self::Records(_) => Action::ImportWrite,
        }
    }

    /// Whether only somebody whom nothing binds may send it: records name each other.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Records(_))
    }
}

/// What a kind or a mapping reads a file as; no file of the server's.
///
/// # Errors
/// `invalid`, naming what there is; what the database says.
pub(super) fn source_of(conn: &mut Conn, kind: Option<&str>, mapping: Option<&str>) -> Outcome<Read> {
    match (kind, mapping) {
        (Some(word), None) => {
            let kind = SheetKind::read("/kind", word)?;
            let source = match kind {
                SheetKind::Boundaries => {
                    let words = "borders are GeoJSON and no table; send them to POST /api/v1/boundaries";
                    return Err(Problem::field("/kind", words));
                }
                SheetKind::Needs => Source::Needs(Box::new(needs()?)),
                kind => Source::Sheet(Box::new(SheetMapping::of(kind))),
            };
            Ok(Read { source, kind: Some(kind.word().to_owned()), mapping: None })
        }
        (None, Some(name)) => by_mapping(conn, name),
        (Some(_), Some(_)) | (None, None) => {
            let words = format!(
                "is to be said, or else mapping: one of {} where the file is one of our templates, or the name of a mapping",
                SheetKind::words()
            );
            Err(Problem::field("/kind", words))
        }
    }
}

fn needs() -> Outcome<Chosen> {
    let mapping = Mapping::built_in("needs").map_err(|error| Problem::internal(error.to_string()))?;
    let mapping = mapping.ok_or_else(|| Problem::internal("the mapping of needs does not ship"))?;
    Ok(Chosen { mapping, version: None })
}

fn by_mapping(conn: &mut Conn, name: &str) -> Outcome<Read> {
    let read = |source, kept: Option<i64>| {
        let own = name.split('@').next().unwrap_or(name);
        let mapping = kept.map_or_else(|| own.to_owned(), |version| format!("{own}@{version}"));
        Read { source, kind: None, mapping: Some(mapping) }
    };
    if let Some(mapping) = HeadcountMapping::built_in(name)? {
        return Ok(read(Source::Headcounts(Box::new(mapping), None), None));
    }
    if let Some(mapping) = RecordMapping::built_in(name)? {
        return Ok(read(Source::Records(Box::new(mapping)), None));
    }
    let built_in = Mapping::built_in(name).map_err(|error| Problem::internal(error.to_string()))?;
    let (chosen, version) = match built_in {
        Some(mapping) => (Chosen { mapping, version: None }, None),
        None => match find_kept(conn, name)? {
            Found::Headcounts(mapping, version) => {
                return Ok(read(Source::Headcounts(mapping, Some(version)), Some(version)));
            }
            Found::Sheet(mapping, version) => return Ok(read(Source::Sheet(mapping), Some(version))),
            Found::Records(chosen) => {
                let version = chosen.version;
                (*chosen, version)
            }
        },
    };
    if chosen.mapping.need.is_none() {
        let words = format!(
            "{} makes organizations, items, sites, pledges, consignments and events out of each row, which no role may all; \
             whoever holds the database imports it with relief import",
            quoted(name)
        );
        return Err(Problem::field("/mapping", words));
    }
    Ok(read(Source::Needs(Box::new(chosen)), version))
}
