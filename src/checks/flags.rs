//! Red flags: what looks as if somebody should look. Each kind is a rule that is written down, and one query.

use super::flag_queries::{FlagRow, flags_of};
use crate::auth::Scope;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{DocumentId, EventId, PersonId, ReportedFigureId};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::Conn;
use crate::web::{Paging, encode_key};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Days after which an entry counts as backdated when the caller does not say: papers of a month come at its end.
pub(super) const DAYS_DEFAULT: i64 = 30;
/// The most days that may be asked for.
const DAYS_MAXIMUM: i64 = 36_500;
/// What numbers of people are divided by when the caller does not say.
pub(super) const ROUND_DEFAULT: i64 = 100;
const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;

/// A kind of flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// The same picture, by the SHA-256 of what is kept of it, is on papers about different events.
    SamePhoto,
    /// Two papers of one kind bear the same number.
    NumberReused,
    /// Two papers of one kind bear the same reference of somebody else's.
    ReferenceReused,
    /// It was recorded long after it happened.
    Backdated,
    /// Whoever posted that a leg departed posted that it was received too.
    SameUserBothEnds,
    /// Somebody signed for handing over or carrying goods of a consignment, and for receiving them.
    SameSignatoryBothEnds,
    /// A number of people is round, and nothing says that it is about so many.
    RoundPeople,
    /// It was recorded after a reporting date and counts from before it.
    LateEntry,
}

impl FlagKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::SamePhoto,
        Self::NumberReused,
        Self::ReferenceReused,
        Self::Backdated,
        Self::SameUserBothEnds,
        Self::SameSignatoryBothEnds,
        Self::RoundPeople,
        Self::LateEntry,
    ];
}

/// What flags are asked for, checked.
#[derive(Clone, Debug)]
pub(super) struct FlagQuestion {
    pub(super) kind: Option<FlagKind>,
    /// Microseconds between what happened and its record, above which it is backdated.
    pub(super) lag: i64,
    pub(super) days: i64,
    pub(super) round: i64,
    /// The last instant of the reporting date.
    pub(super) reported_at: Option<Timestamp>,
    /// Whether what was imported at the command line is told as backdated too.
    pub(super) imported: bool,
}

impl FlagQuestion {
    /// Checks what is asked for.
    ///
    /// # Errors
    /// `invalid`, naming the parameter.
    pub(super) fn new(
        kind: Option<FlagKind>,
        days: Option<i64>,
        round: Option<i64>,
        reporting_date: Option<&str>,
        imported: bool,
    ) -> Outcome<Self> {
        let (days, round) = (days.unwrap_or(DAYS_DEFAULT), round.unwrap_or(ROUND_DEFAULT));
        if !(0..=DAYS_MAXIMUM).contains(&days) {
            return Err(Problem::field(
                "/days",
                format!("{days} is out of range; write 0 to {DAYS_MAXIMUM}"),
            )
            .outside(days, &(0..=DAYS_MAXIMUM)));
        }
        if !(2..=1_000_000).contains(&round) {
            let problem = Problem::field("/round", format!("{round} is out of range; write 2 to 1000000"));
            return Err(problem.outside(round, &(2..=1_000_000)));
        }
        let reported_at = match reporting_date {
            Some(text) => Some(Timestamp::parse_last(text).ok_or_else(|| {
                Problem::field("/reporting_date", format!("{text:?} is no date; write it like 2026-06-30"))
                    .coded(Fault::NotADate)
            })?),
            None => None,
        };
        if kind == Some(FlagKind::LateEntry) && reported_at.is_none() {
            let words = "is missing; say after which date entries are late, such as 2026-06-30";
            return Err(Problem::field("/reporting_date", words).coded(Fault::Required));
        }
        Ok(Self { kind, lag: days * DAY, days, round, reported_at, imported })
    }

    fn kinds(&self) -> impl Iterator<Item = (usize, FlagKind)> + '_ {
        let is_asked = |(_, kind): &(usize, FlagKind)| {
            self.kind.is_none_or(|one| one == *kind)
                && (*kind != FlagKind::LateEntry || self.reported_at.is_some())
        };
        FlagKind::ALL.into_iter().enumerate().filter(is_asked)
    }
}

/// Where a page of flags ends: the kind, and where in it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct FlagKey(usize, i64, Uuid);

/// A reason to look.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FlagView {
    /// By which rule.
    pub kind: FlagKind,
    /// What was found, in words.
    pub reason: String,
    /// The event it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Another event that it is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_event: Option<EventId>,
    /// The paper it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// Another paper that it is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_document: Option<DocumentId>,
    /// SHA-256 of the picture, 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256_kept: Option<String>,
    /// The person who signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The reported figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_figure: Option<ReportedFigureId>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// When it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    #[serde(skip)]
    key: FlagKey,
}

impl Default for FlagKey {
    fn default() -> Self {
        Self(0, 0, Uuid::nil())
    }
}

/// A page of flags, kind after kind.
///
/// # Errors
/// What the database says.
pub(super) fn flag_list(
    conn: &mut Conn,
    scope: &Scope,
    question: &FlagQuestion,
    paging: &Paging<FlagKey>,
) -> Outcome<Page<FlagView>> {
    let mut found = Vec::new();
    for (place, kind) in question.kinds() {
        let after = match paging.after {
            Some(FlagKey(other, ..)) if place < other => continue,
            Some(FlagKey(other, number, id)) if place == other => Some((number, id)),
            Some(_) | None => None,
        };
        let wanted = paging.limit + 1 - i64::try_from(found.len()).unwrap_or(0);
        let rows = flags_of(conn, scope, kind, question, after, wanted)?;
        found.extend(rows.into_iter().map(|row| view_of(kind, place, row, question)));
        if i64::try_from(found.len()).unwrap_or(i64::MAX) > paging.limit {
            break;
        }
    }
    Ok(Page::from_rows(found, paging.limit, |flag| encode_key(&flag.key)))
}

fn view_of(kind: FlagKind, place: usize, row: FlagRow, question: &FlagQuestion) -> FlagView {
    let days = |micros: i64| micros / DAY;
    let lag = row.recorded_at.zip(row.occurred_at).map_or(0, |(recorded, occurred)| recorded.0 - occurred.0);
    let words = row.words.as_deref().unwrap_or_default();
    let value = row.value.unwrap_or(0);
    let reason = match kind {
        FlagKind::SamePhoto => "The same picture is on another paper, about another event.".to_owned(),
        FlagKind::NumberReused => format!("Another paper of this kind bears the number {words:?} too."),
        FlagKind::ReferenceReused => format!("Another paper of this kind bears the reference {words:?} too."),
        FlagKind::Backdated => {
            format!("It was recorded {} days after it happened, more than {}.", days(lag), question.days)
        }
        FlagKind::SameUserBothEnds => "One user posted the departure and the receipt of this leg.".to_owned(),
        FlagKind::SameSignatoryBothEnds => {
            "One person signed for handing over or carrying these goods, and for receiving them.".to_owned()
        }
        FlagKind::RoundPeople => {
            format!(
                "{value} {words} are a multiple of {}, and are not said to be about so many.",
                question.round
            )
        }
        FlagKind::LateEntry => {
            format!("It was recorded {} days after it happened, after the reporting date.", days(lag))
        }
    };
    let (mut event, mut document, mut figure) = (None, None, None);
    let (mut other_event, mut other_document) = (None, None);
    match kind {
        FlagKind::Backdated | FlagKind::SameUserBothEnds | FlagKind::LateEntry => {
            event = Some(EventId(row.subject.0));
            other_event = row.other.map(|other| EventId(other.0));
        }
        FlagKind::SamePhoto
        | FlagKind::NumberReused
        | FlagKind::ReferenceReused
        | FlagKind::SameSignatoryBothEnds => {
            document = Some(DocumentId(row.subject.0));
            other_document = row.other.map(|other| DocumentId(other.0));
        }
        FlagKind::RoundPeople => figure = Some(ReportedFigureId(row.subject.0)),
    }
    FlagView {
        kind,
        reason,
        event,
        other_event,
        document,
        other_document,
        sha256_kept: row.hash.map(|hash| hexadecimal(&hash)),
        person: row.person,
        reported_figure: figure,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        key: FlagKey(place, row.number, row.key.0),
    }
}
