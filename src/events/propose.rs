//! Events that count only once somebody else approves them: what needs that, proposing it, and posting what was
//! approved.
//!
//! A proposal has passed the very rule that will post it: it is decided as if it were posted, what it would change
//! is noted, and everything is taken back. Approved, it is decided once more on what the ledger holds then.

use super::kind::{Command, Kind, Second};
use super::post::{PostEvent, decide_kind};
use super::steps::{Moved, corrections_before, counts_before};
use super::store::WaitingRecord;
use crate::auth::is_operator;
use crate::core::id::{ApprovalId, ConsignmentId, EventId, ItemId, LegId, LotId, SiteId, SubjectId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::ledger::event::{EventRecord, EventResult, EventStatus, Halt, Happening};
use crate::ledger::{Account, Book, Cell, Condition};
use crate::proposals::store::acted_as;
use crate::proposals::{Approval, ApprovalState};
use crate::writer::{Checkmark, Desk, Drawer, Refusal, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// That somebody else must approve: the limit the event is above, or none where that is always so.
pub(super) struct Due {
    limit: Option<i64>,
    moved: i64,
}

/// What a proposal would change of one heap of goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EffectLine {
    /// The account.
    pub account: String,
    /// The condition.
    pub condition: String,
    /// The item.
    pub item: ItemId,
    /// The lot, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lot: Option<LotId>,
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// The consignment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leg: Option<LegId>,
    /// The country that what donors gave is meant for, where they said one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earmark: Option<String>,
    /// Base units before, when it was proposed.
    pub before: i64,
    /// And after.
    pub after: i64,
}

/// The approval under which an event is proposed: it has the event's own identifier.
pub fn approval_of(event: EventId) -> ApprovalId {
    ApprovalId(event.0)
}

/// What a decided event changes, by cell: the change, and what the cell holds after it.
struct Staged(Vec<(Cell, i64, i64)>);

impl Staged {
    fn of(desk: &mut Desk, result: &EventResult) -> Self {
        let Some(sequence) = result.sequence else { return Self(Vec::new()) };
        let mut cells: Vec<(Cell, i64, i64)> = Vec::new();
        for (posted, held) in desk.shelf::<Book>().staged(sequence) {
            match cells.iter_mut().find(|(cell, ..)| *cell == posted.cell) {
                Some((_, change, _)) => *change += posted.quantity,
                None => cells.push((posted.cell, posted.quantity, held)),
            }
        }
        Self(cells)
    }

    /// Base units that change their place, together with what was changed before. What goes back to a source under one
    /// lot or line and comes out of it under another has not changed its place by that.
    fn moved(&self, before: &[(Cell, i64)]) -> i64 {
        let mut sums: Vec<(Cell, i64)> = before.to_vec();
        for (cell, change, _) in &self.0 {
            match sums.iter_mut().find(|(known, _)| known == cell) {
                Some((_, sum)) => *sum += change,
                None => sums.push((*cell, *change)),
            }
        }
        let mut sources: BTreeMap<(Account, ItemId), i64> = BTreeMap::new();
        for (cell, change) in sums.iter().filter(|(cell, _)| cell.account.is_source()) {
            *sources.entry((cell.account, cell.item)).or_default() += change;
        }
        let placed = sums.iter().filter(|(cell, _)| !cell.account.is_source()).map(|(_, change)| *change);
        placed.chain(sources.into_values()).map(|change| change.max(0)).sum()
    }

    /// The same heap by heap, holders together and pledge lines of one earmark.
    fn lines(&self, desk: &mut Desk) -> Result<Vec<EffectLine>, Wanted> {
        type Place = (Option<SiteId>, Option<ConsignmentId>, Option<LegId>);
        type Heap = (Account, Condition, ItemId, LotId, Place, Option<String>);
        let mut heaps: BTreeMap<Heap, (i64, i64)> = BTreeMap::new();
        for (cell, change, held) in &self.0 {
            let earmark = desk.shelf::<Book>().line(cell.line)?.earmark.clone();
            let place = (cell.site, cell.consignment, cell.leg);
            let heap = (cell.account, cell.condition, cell.item, cell.lot, place, earmark);
            let (before, after) = heaps.entry(heap).or_default();
            *before += held - change;
            *after += held;
        }
        let line = |(heap, (before, after)): (Heap, (i64, i64))| {
            let (account, condition, item, lot, (site, consignment, leg), earmark) = heap;
            let lot = (!lot.is_unknown_of(item)).then_some(lot);
            let (account, condition) = (account.word().to_owned(), condition.word().to_owned());
            EffectLine { account, condition, item, lot, site, consignment, leg, earmark, before, after }
        };
        Ok(heaps.into_iter().map(line).collect())
    }
}

impl PostEvent {
    /// What an event that is about to be corrected has moved so far, where a correction of it is looked at as a whole.
    pub(super) fn corrected_before(&self, desk: &mut Desk) -> Result<Moved, Refusal> {
        let Kind::Corrected(body) = &self.command.kind else { return Ok(Moved::new()) };
        corrections_before(desk, body.event)
    }

    /// Whether somebody else must approve what was just decided; `before` is what was corrected before.
    pub(super) fn due(
        &self,
        desk: &mut Desk,
        result: &EventResult,
        before: &[(Cell, i64)],
    ) -> Result<Option<Due>, Refusal> {
        let second = self.command.kind.second();
        if second == Second::Never || is_operator(&self.actor) {
            return Ok(None);
        }
        let root = self.root(desk)?;
        let limits = desk.limits();
        let staged = Staged::of(desk, result);
        let moved = staged.moved(&[]);
        // Small steps are measured together with those before them; a large one is large whatever was before.
        let above = |limit: i64, steps: i64| {
            (moved > 0 && moved.max(steps) > limit).then_some(Due { limit: Some(limit), moved })
        };
        // What a sheet found is approved by a second person whatever it comes to.
        if let Kind::Counted(body) = &self.command.kind
            && body.sheet.is_some()
        {
            return Ok((moved > 0).then_some(Due { limit: None, moved }));
        }
        let is_count = second == Second::Count || (second, root) == (Second::Correction, Some(Second::Count));
        if is_count {
            let this = self.command.kind.about().unwrap_or(self.command.id);
            let mut steps = counts_before(desk, this, staged.0.iter().map(|(cell, ..)| *cell))?;
            steps.extend_from_slice(before);
            return Ok(above(limits.count, staged.moved(&steps)));
        }
        Ok(match (second, root) {
            (Second::Never | Second::Count, _) => None,
            (Second::Always, _) | (_, Some(Second::Always)) => Some(Due { limit: None, moved }),
            (Second::Correction, _) => above(limits.correction, staged.moved(before)),
            (Second::Reversal, _) => above(limits.reversal, moved),
        })
    }

    /// When the event that is restated in the end, if any, needs a second person itself.
    fn root(&self, desk: &mut Desk) -> Result<Option<Second>, Refusal> {
        let mut about = self.command.kind.about();
        let mut found = None;
        while let Some(id) = about {
            let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(id)? else { break };
            found = Kind::second_of(&record.kind);
            about = match found {
                Some(Second::Correction | Second::Reversal) => record.about_id,
                Some(Second::Never | Second::Always | Second::Count) | None => None,
            };
        }
        Ok(found)
    }

    /// Takes back what was decided, and keeps it as a proposal.
    pub(super) fn propose(
        &self,
        desk: &mut Desk,
        checkmark: &Checkmark,
        happening: &Happening,
        decided: &EventResult,
        due: &Due,
    ) -> Result<EventResult, Refusal> {
        let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(happening.id)? else {
            return Err(Problem::internal("an event was decided and left no record").into());
        };
        let written = |error: serde_json::Error| Problem::internal(error.to_string());
        let effect = Staged::of(desk, decided).lines(desk)?;
        let effect = serde_json::to_string(&effect).map_err(written)?;
        desk.go_back(checkmark);
        let approval = approval_of(happening.id);
        let result = proposed(decided, approval, desk.upcoming().recorded_at);
        let told = serde_json::to_string(&result).map_err(written)?;
        let proposal = Approval {
            id: approval,
            kind: happening.kind.to_owned(),
            state: ApprovalState::Proposed.word().to_owned(),
            subject_id: SubjectId(happening.id.0),
            pledge_id: record.pledge_id,
            consignment_id: record.consignment_id,
            site_id: record.site_id,
            quantity: due.moved,
            limit_units: due.limit,
            body: self.command.text.clone(),
            body_hash: self.hash(),
            effect,
            result: told,
            reason: self.command.reason.clone(),
            proposed_by: self.actor.user,
            proposed_as: acted_as(&self.actor),
            proposed_at: result.recorded_at,
            decided_by: None,
            decided_as: None,
            decided_at: None,
            decided_reason: None,
        };
        let waited = desk.shelf::<Drawer<WaitingRecord>>().find(happening.id)?;
        proposal.propose(desk);
        if let Some(waited) = waited {
            // It waits for nothing any more but for somebody to decide.
            desk.shelf::<Drawer<WaitingRecord>>()
                .put(WaitingRecord { posted: true, ..waited.as_ref().clone() });
        }
        Ok(result)
    }
}

/// The answer to what counts only once somebody else approves it.
fn proposed(decided: &EventResult, approval: ApprovalId, recorded_at: Timestamp) -> EventResult {
    EventResult {
        status: EventStatus::Proposed,
        sequence: None,
        effective_at: None,
        recorded_at,
        moved: false,
        inferred: None,
        moved_on: None,
        approval: Some(approval),
        units_opened: Vec::new(),
        ..decided.clone()
    }
}

/// The answer to a proposal that is sent again.
pub(super) fn told_again(approval: &Approval) -> Outcome<EventResult> {
    let ended = match approval.state()? {
        ApprovalState::Proposed | ApprovalState::Approved | ApprovalState::Alone => {
            return serde_json::from_str(&approval.result)
                .map_err(|error| Problem::internal(format!("approvals.result of {}: {error}", approval.id)));
        }
        ApprovalState::Refused => "refused",
        ApprovalState::Withdrawn => "withdrawn",
    };
    let reason = approval.decided_reason.as_deref().unwrap_or_default();
    let detail = format!("This was proposed and {ended}: {reason} Propose it anew, under a new id.");
    Err(Problem::new(Code::WrongState, detail).at("/id").with("approval", approval.id.to_string()))
}

/// Posts an approved event: in its proposer's name, under its own identifier, at its own time. The entry it leaves is
/// closed by the desk when somebody else acts next.
///
/// # Errors
/// Whatever the ledger refuses it for by now; then it stays a proposal.
pub fn post_approved(
    desk: &mut Desk,
    approval: &Approval,
    decided_by: UserId,
) -> Result<EventResult, Refusal> {
    let unreadable =
        |error: serde_json::Error| Problem::internal(format!("approvals.body of {}: {error}", approval.id));
    let command = Command::read_recorded(serde_json::from_str(&approval.body).map_err(unreadable)?)?;
    let post = PostEvent::new(command, approval.proposer());
    desk.act_as(&post.actor);
    post.check_about(desk)?;
    let happening = Happening { decided_by: Some(decided_by), ..post.happening(desk)? };
    match decide_kind(desk, &happening, &post.command.kind) {
        Ok(result) => {
            check_same(approval, Staged::of(desk, &result).moved(&[]))?;
            Ok(result)
        }
        Err(Halt::Refused(refusal)) => Err(refusal),
        Err(Halt::Waits(wait)) => {
            let detail = format!("This cannot be posted yet: {} It stays proposed.", wait.reason);
            Err(Problem::new(Code::WrongState, detail).into())
        }
    }
}

/// Refuses what would do something else by now than what was proposed, as a count does once other goods have come.
fn check_same(approval: &Approval, moved: i64) -> Outcome<()> {
    if moved == approval.quantity {
        return Ok(());
    }
    let detail = format!(
        "This would move {moved} base units by now; {} were proposed. Refuse it and have it proposed anew.",
        approval.quantity
    );
    Err(Problem::new(Code::WrongState, detail).with("proposed", approval.quantity).with("moves", moved))
}
