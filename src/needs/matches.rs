//! Saying what answers a need: a line of a pledge or a consignment, and how much of it is meant for that need.
//!
//! It moves nothing. What it comes to is worked out from where the goods are (`answered`), so a withdrawal, a loss or a
//! reversal counts by itself. Of one line no more is meant for needs than is offered.

use super::meant::{MeantFor, meant_for};
use super::rules::{MatchDraft, MatchKind, NeedState, check_meant};
use super::store::Need;
use super::update::newest;
use crate::consignments::Consignment;
use crate::core::check::{Check, id_reused};
use crate::core::id::{
    ConsignmentId, EventId, ItemId, NeedId, NeedMatchId, PledgeLineId, SubjectId, derived,
};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::pledges::rules::PledgeState;
use crate::pledges::{Pledge, PledgeLine};
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Index, Refusal, Update, record};
use std::collections::HashMap;
use std::sync::Arc;

record! {
    /// How much of some goods is meant for a need, from its entry of the log on.
    pub struct NeedMatch in need_matches key id: NeedMatchId, group subject_id: SubjectId {
        /// Key: made from need, goods and the entry.
        id: NeedMatchId,
        /// Which need.
        need_id: NeedId,
        /// The line of a pledge, or the consignment.
        subject_id: SubjectId,
        /// The word of a [`MatchKind`].
        kind: String,
        /// What is needed.
        item_id: ItemId,
        /// Base units; 0 ends it.
        quantity: i64,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

/// Says how much of some goods is meant for a need.
pub struct NeedMatchState {
    actor: Actor,
    need: NeedId,
    subject: SubjectId,
    kind: MatchKind,
    quantity: i64,
}

impl NeedMatchState {
    /// Judges what is said.
    ///
    /// # Errors
    /// `invalid` where it names no goods, or both kinds.
    pub fn new(actor: Actor, need: NeedId, draft: &MatchDraft) -> Outcome<Self> {
        let (kind, subject) = draft.subject()?;
        Ok(Self { actor, need, subject, kind, quantity: draft.quantity.get() })
    }

    fn line(&self) -> PledgeLineId {
        PledgeLineId(self.subject.0)
    }

    fn consignment(&self) -> ConsignmentId {
        ConsignmentId(self.subject.0)
    }

    /// Whether a line of a pledge can be meant for the need.
    fn check_line(
        &self,
        desk: &mut Desk,
        need: &Need,
        meant: &HashMap<NeedId, Arc<NeedMatch>>,
    ) -> Result<(), Refusal> {
        let Some(line) = desk.shelf::<Drawer<PledgeLine>>().find(self.line())? else {
            return Err(Problem::not_found().into());
        };
        let pledge = desk.shelf::<Drawer<Pledge>>().find(line.pledge_id)?.ok_or_else(Problem::not_found)?;
        let mut check = Check::new();
        if pledge.programme_id != need.programme_id {
            check.wrong("/pledge_line", "is of another programme than the need; name a line of the same one");
        }
        if line.item_id != need.item_id {
            check.wrong("/pledge_line", "is of another item than what is needed; name a line of that item");
        }
        if let Some(country) = line.earmark_country.as_ref().filter(|country| **country != need.country) {
            let words = format!("is meant for {country}, and needed is it in {}", need.country);
            check.wrong("/pledge_line", words);
        }
        // What is meant for an area answers a need of that area or of the whole country.
        if let (Some(meant), Some(needed)) = (&line.earmark_area, &need.area)
            && needed != meant
            && *needed != need.country
        {
            check.wrong("/pledge_line", format!("is meant for {meant}, and needed is it in {needed}"));
        }
        check.finish()?;
        if matches!(pledge.state(), PledgeState::Declined | PledgeState::Withdrawn) {
            let words = format!("This pledge is {}; it answers nothing.", pledge.state);
            return Err(Problem::new(Code::WrongState, words).at("/pledge_line").into());
        }
        let others = meant.values().filter(|other| other.need_id != self.need);
        let others: i64 = others.map(|other| other.quantity).fold(0, i64::saturating_add);
        // A line that took goods over by a change of earmark was never offered as such.
        let there = if line.is_offered() { line.offered } else { line.accepted };
        Ok(check_meant(self.quantity, others, there)?)
    }
}

pub(super) fn check_open(need: &Need) -> Result<(), Refusal> {
    if need.state()? == NeedState::Open {
        return Ok(());
    }
    let words = format!("This need is {}; open it again to answer it.", need.state);
    Err(Problem::new(Code::WrongState, words).into())
}

/// Whether a consignment can be meant for a need; its area was compared by whoever read the areas there are ([`misdirected`]).
///
/// [`misdirected`]: super::misdirected
fn check_consignment(desk: &mut Desk, need: &Need, id: ConsignmentId) -> Result<(), Refusal> {
    let Some(consignment) = desk.shelf::<Drawer<Consignment>>().find(id)? else {
        return Err(Problem::not_found().into());
    };
    let destination = desk.shelf::<Drawer<Site>>().find(consignment.destination_id)?;
    let mut check = Check::new();
    if consignment.programme_id != need.programme_id {
        check.wrong("/consignment", "is of another programme than the need; name one of the same");
    }
    if let Some(site) = destination.filter(|site| site.country != need.country) {
        let words = format!("goes to {}, and it is needed in {}", site.country, need.country);
        check.wrong("/consignment", words);
    }
    check.finish()?;
    if consignment.cancelled {
        let words = "This consignment was cancelled; it answers nothing.";
        return Err(Problem::new(Code::WrongState, words).at("/consignment").into());
    }
    Ok(())
}

/// The newest of what is said of some goods, need by need.
pub(super) fn standing(rows: &[Arc<NeedMatch>]) -> HashMap<NeedId, Arc<NeedMatch>> {
    let mut found: HashMap<NeedId, Arc<NeedMatch>> = HashMap::new();
    for row in rows {
        let known = found.entry(row.need_id).or_insert_with(|| Arc::clone(row));
        if known.sequence < row.sequence {
            *known = Arc::clone(row);
        }
    }
    found
}

impl Update for NeedMatchState {
    type Answer = NeedMatch;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Need>>().want_group(self.need);
        desk.shelf::<Drawer<NeedMatch>>().want_group(self.subject);
        match self.kind {
            MatchKind::PledgeLine => desk.shelf::<Drawer<PledgeLine>>().want(self.line()),
            MatchKind::Consignment => desk.shelf::<Drawer<Consignment>>().want(self.consignment()),
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<NeedMatch, Refusal> {
        let stated = desk.shelf::<Drawer<Need>>().group(self.need)?;
        let need = newest(&stated).ok_or_else(Problem::not_found)?;
        let meant = standing(&desk.shelf::<Drawer<NeedMatch>>().group(self.subject)?);
        if let Some(known) = meant.get(&self.need).filter(|known| known.quantity == self.quantity) {
            return Ok(known.as_ref().clone());
        }
        // What ends is not asked whether it could begin.
        if self.quantity > 0 {
            check_open(&need)?;
            match self.kind {
                MatchKind::PledgeLine => self.check_line(desk, &need, &meant)?,
                MatchKind::Consignment => check_consignment(desk, &need, self.consignment())?,
            }
        } else if !meant.contains_key(&self.need) {
            let words =
                "0 ends what was said, and nothing was said of these goods; write at least 1 base unit";
            return Err(Problem::field("/quantity", words).into());
        }
        Ok(keep(desk, &need, (self.kind, self.subject), self.quantity))
    }
}

/// Stages what is said of some goods, in an entry of its own.
pub(super) fn keep(
    desk: &mut Desk,
    need: &Need,
    (kind, subject): (MatchKind, SubjectId),
    quantity: i64,
) -> NeedMatch {
    let action = "need.matched".to_owned();
    let moment = desk.begin(Entry { action, kind: "need", id: need.need_id.0, reason: None });
    let number = u64::try_from(moment.sequence).unwrap_or(0);
    let row = NeedMatch {
        id: derived(need.need_id.0, &format!("need match {}", subject.0), number),
        need_id: need.need_id,
        subject_id: subject,
        kind: kind.word().to_owned(),
        item_id: need.item_id,
        quantity,
        sequence: moment.sequence,
        recorded_at: moment.recorded_at,
    };
    desk.shelf::<Drawer<NeedMatch>>().put(row.clone());
    if kind == MatchKind::Consignment {
        desk.shelf::<Index<MeantFor>>().note(need.need_id, (subject, quantity));
    }
    row
}

/// Asks for what [`mean_more`] will want.
pub fn want_meant(desk: &mut Desk, need: NeedId, consignment: ConsignmentId) {
    desk.shelf::<Drawer<Need>>().want_group(need);
    desk.shelf::<Index<MeantFor>>().want(need);
    desk.shelf::<Drawer<Consignment>>().want(consignment);
}

/// Refuses that an allocation which is there already stands for this need, where nothing of its consignment was said to.
///
/// # Errors
/// `id_reused`.
pub fn check_meant_before(
    desk: &mut Desk,
    need: NeedId,
    consignment: ConsignmentId,
    event: EventId,
) -> Result<(), Refusal> {
    let meant = meant_for(desk, need)?;
    if meant.contains_key(&SubjectId(consignment.0)) {
        return Ok(());
    }
    Err(id_reused("allocation", event).into())
}

/// Means more of a consignment for an open need: what was just reserved for it. `seen` is how much of consignments was meant
/// for it when somebody looked at what it lacks: where that has changed, it was answered meanwhile.
///
/// # Errors
/// `not_found`, `invalid` where the consignment cannot answer the need; `wrong_state` where that is closed, or answered
/// meanwhile.
pub fn mean_more(
    desk: &mut Desk,
    (need, seen): (NeedId, i64),
    consignment: ConsignmentId,
    quantity: i64,
) -> Result<NeedMatch, Refusal> {
    let stated = desk.shelf::<Drawer<Need>>().group(need)?;
    let need = newest(&stated).ok_or_else(Problem::not_found)?;
    check_open(&need)?;
    check_consignment(desk, &need, consignment)?;
    let meant = meant_for(desk, need.need_id)?;
    let subject = SubjectId(consignment.0);
    let already: i64 = meant.values().copied().fold(0, i64::saturating_add);
    if already != seen {
        let words = format!(
            "Somebody else has answered this need meanwhile: {already} base units of consignments are meant for it, and \
             not {seen}. Nothing was changed: ask for the proposals again."
        );
        return Err(Problem::new(Code::WrongState, words).at("/need").into());
    }
    let before = meant.get(&subject).copied().unwrap_or(0);
    Ok(keep(desk, &need, (MatchKind::Consignment, subject), before + quantity))
}
