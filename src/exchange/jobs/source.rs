//! What a file is read as: a kind of sheet, or a mapping.

use super::super::blank::blank;
use super::super::headcounts::HeadcountMapping;
use super::super::kept::{Chosen, Found, find_kept};
use super::super::mapping::Mapping;
use super::super::records::read::RecordMapping;
use super::super::sheets::{Form, SheetKind, SheetMapping};
use super::by_hand::by_hand;
use super::deliveries::SENDS;
use super::store::ImportJob;
use crate::auth::{Action, Permit, action};
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
    /// Whole deliveries, by a mapping of plans.
    Deliveries(Box<Chosen>),
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
            Self::Deliveries(_) => SENDS,
        }
    }

    /// Whether only somebody whom nothing binds may send it: records name each other, and a delivery is of several parties.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Records(_) | Self::Deliveries(_) => true,
            Self::Sheet(_) | Self::Needs(_) | Self::Headcounts(..) => false,
        }
    }

    /// Whether somebody else than who sends it has it recorded.
    pub(super) fn is_decided(&self) -> bool {
        matches!(self, Self::Deliveries(_))
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

/// The table of a mapping of deliveries to fill in; none where there is no such mapping.
///
/// # Errors
/// What the database says; as [`blank`].
pub(super) fn blank_of(conn: &mut Conn, name: &str, form: Form) -> Outcome<Option<Vec<u8>>> {
    match by_mapping(conn, name) {
        Ok(Read { source: Source::Deliveries(chosen), .. }) => blank(&chosen.mapping, form).map(Some),
        Ok(Read { .. }) => Ok(None),
        Err(problem) if problem.is_refusal() => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// What the file of a job is read as.
///
/// # Errors
/// As [`source_of`].
pub(super) fn source_of_job(conn: &mut Conn, job: &ImportJob) -> Outcome<Source> {
    match by_hand(job)? {
        Some((kind, draft)) => draft.source(kind),
        None => Ok(source_of(conn, job.kind.as_deref(), job.mapping.as_deref())?.source),
    }
}

/// What somebody may send a file as: kinds of our templates, and mappings that ship with the program.
pub fn ways_in(permit: &Permit<action::ImportWrite>) -> (Vec<SheetKind>, Vec<&'static str>) {
    let may = |action: Action| permit.reach(action).is_some();
    let kinds =
        SheetKind::ALL.into_iter().filter(|kind| *kind != SheetKind::Boundaries && may(kind.action()));
    let headcounts = HeadcountMapping::built_in_names().filter(|_| may(Action::BaselineWrite));
    let records = Some(RecordMapping::NAME).filter(|_| !permit.principal().is_bound());
    let sends = permit.reach(SENDS).is_some_and(|scope| scope.is_everything());
    let deliveries = Mapping::built_in_names().filter(|name| sends && *name != NEEDS);
    (kinds.collect(), headcounts.chain(records).chain(deliveries).collect())
}

/// The mapping behind the kind of that name.
const NEEDS: &str = "needs";

fn needs() -> Outcome<Chosen> {
    let mapping = Mapping::built_in(NEEDS).map_err(|error| Problem::internal(error.to_string()))?;
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
    let source = match chosen.mapping.need {
        Some(_) => Source::Needs(Box::new(chosen)),
        None => Source::Deliveries(Box::new(chosen)),
    };
    Ok(read(source, version))
}
