//! The sections that are asked for, all of one snapshot.

use super::accounts::{self, AccountsSection};
use super::counted::{Counted, Moment};
use super::differences::{self, DifferencesSection};
use super::forward::{self, ForwardSection};
use super::holders::{self, HoldersSection};
use super::numbers::{self, NumbersSection};
use super::recompute::{Recomputed, recompute};
use super::rules::{BothSides, Question, Section};
use super::transit::{self, TransitSection};
use super::unproven::{self, UnprovenSection};
use super::values::{self, ValuesSection};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::totals::rules::PlaceMeaning;
use serde::Serialize;

/// The answer of a reconciliation: the sections that were asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReconciliationView {
    /// The last ledger sequence these figures include: asked for again with `known_at`, they are the same for ever.
    pub sequence: i64,
    /// From when on what came and went is told, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The last effective time the figures include, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whether a country is where goods are (`at`) or where they are meant to go (`for`).
    pub place: PlaceMeaning,
    /// Whether every identity that was asked for closes, and no number is missing.
    pub closes: bool,
    /// Every account by condition, and the first identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<AccountsSection>,
    /// The second identity, consignment by consignment. Absent under a filter that says where goods are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit: Option<TransitSection>,
    /// The third identity: what lay at each site, came, went, and lies there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll_forward: Option<ForwardSection>,
    /// What was short, over, damaged, lost or disposed of, and what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<DifferencesSection>,
    /// Goods that are not with their owner, and goods by owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders: Option<HoldersSection>,
    /// Declared values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<ValuesSection>,
    /// Numbers of documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumbersSection>,
    /// What no paper shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_evidence: Option<UnprovenSection>,
    /// Where it was asked for: everything that is derived, folded again and compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recomputed: Option<Recomputed>,
}

impl ReconciliationView {
    fn does_close(&self) -> bool {
        let accounts = self.accounts.as_ref().and_then(|section| section.identity);
        let transit = self.transit.as_ref().map(|section| section.identity);
        let forward = self.roll_forward.as_ref().map(|section| section.identity);
        let flows = self.roll_forward.as_ref().and_then(|section| section.flows_residual).unwrap_or(0);
        let closes = |check: Option<BothSides>| check.is_none_or(|check| check.differing == 0);
        let gaps = self.numbers.as_ref().map_or(0, |section| section.gaps);
        let is_whole = self.recomputed.as_ref().is_none_or(|section| section.unchecked.is_empty());
        let differing = self.recomputed.as_ref().map_or(0, |section| section.differing);
        [accounts, transit, forward].into_iter().all(closes)
            && (flows, gaps, differing) == (0, 0, 0)
            && is_whole
    }
}

/// Answers a question in the snapshot of this connection; `now` is the clock's, for the ages of what is missing.
///
/// # Errors
/// `invalid` where a section would have too many rows, or the moment asked for is not reached yet; whatever the
/// database says.
pub fn answer(
    conn: &mut Conn,
    question: &Question,
    recomputes: bool,
    now: Timestamp,
) -> Outcome<ReconciliationView> {
    let moment = Moment::of(conn, question, now)?;
    let mut counted = Counted::new(question, moment);
    let has = |section| question.sections.contains(&section);
    let recomputed = if recomputes { Some(recompute(conn, question)?) } else { None };
    let mut view = ReconciliationView {
        sequence: moment.sequence,
        from: question.from,
        as_of: question.as_of,
        place: question.place,
        closes: false,
        accounts: None,
        transit: None,
        roll_forward: None,
        differences: None,
        holders: None,
        values: None,
        numbers: None,
        without_evidence: None,
        recomputed,
    };
    if has(Section::Accounts) {
        view.accounts = Some(accounts::read(conn, &counted)?);
    }
    if has(Section::Transit) {
        view.transit = transit::read(conn, &mut counted)?;
    }
    if has(Section::RollForward) {
        view.roll_forward = Some(forward::read(conn, &counted)?);
    }
    if has(Section::Differences) {
        view.differences = Some(differences::read(conn, &counted)?);
    }
    if has(Section::Holders) {
        view.holders = Some(holders::read(conn, &counted)?);
    }
    if has(Section::Values) {
        view.values = Some(values::read(conn, &counted)?);
    }
    if has(Section::Numbers) {
        view.numbers = Some(numbers::read(conn, &counted)?);
    }
    if has(Section::WithoutEvidence) {
        view.without_evidence = Some(unproven::read(conn, &mut counted)?);
    }
    view.closes = view.does_close();
    Ok(view)
}
