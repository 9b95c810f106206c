//! Claims in the database, and the updates the writer records.

use super::rules::{ClaimState, check_follows};
use crate::auth::Scope;
use crate::core::check::id_reused;
use crate::core::id::{
    ClaimChangeId, ClaimId, ConsignmentId, EventId, OrganizationId, PledgeId, SiteId, UserId, derived,
};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{claim_changes, claims, events};
use crate::db::{Conn, read_failure};
use crate::events::{claims_within, events_within};
use crate::ledger::event::EventRecord;
use crate::parties::Organization;
use crate::web::{IfMatch, Paging};
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Refusal, Update, record};
use diesel::prelude::*;
use std::sync::Arc;

/// The kinds of event that something can be claimed for.
const CLAIMABLE: [&str; 2] = ["lost", "disposed"];

record! {
    /// What is claimed.
    pub struct Claim in claims key id: ClaimId, group event_id: EventId {
        /// Key.
        id: ClaimId,
        /// The loss or disposal.
        event_id: EventId,
        /// The pledge it concerned.
        pledge_id: Option<PledgeId>,
        /// The consignment it concerned.
        consignment_id: Option<ConsignmentId>,
        /// The site it concerned.
        site_id: Option<SiteId>,
        /// From whom.
        against_id: OrganizationId,
        /// How much, in the currency's minor unit.
        amount_minor: i64,
        /// ISO 4217.
        currency: String,
        /// The word of a [`ClaimState`].
        state: String,
        /// In words.
        note: Option<String>,
        /// Counts changes from 1.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

record! {
    /// From which day on a claim stands how.
    pub struct ClaimChange in claim_changes key id: ClaimChangeId, group claim_id: ClaimId {
        /// Key: made from the claim and its revision.
        id: ClaimChangeId,
        /// The claim.
        claim_id: ClaimId,
        /// How it stands.
        state: String,
        /// Since which day.
        on_day: String,
        /// In words.
        note: Option<String>,
        /// Who said so.
        changed_by: UserId,
        /// When.
        changed_at: Timestamp,
    }
}

impl Claim {
    /// How it stands.
    ///
    /// # Errors
    /// An internal problem where the stored word is none of ours.
    pub fn state(&self) -> Outcome<ClaimState> {
        ClaimState::from_word(&self.state)
            .ok_or_else(|| Problem::internal(format!("claims.state of {} is {:?}", self.id, self.state)))
    }
}

/// Stages a claim with its present state, within the entry that is open.
fn keep(desk: &mut Desk, claim: Claim, on_day: &str, note: Option<&str>, moment: Moment) -> Arc<Claim> {
    let number = u64::try_from(claim.revision).unwrap_or(0);
    let change = ClaimChange {
        id: derived(claim.id.0, "claim change", number),
        claim_id: claim.id,
        state: claim.state.clone(),
        on_day: on_day.to_owned(),
        note: note.map(str::to_owned),
        changed_by: desk.actor().user,
        changed_at: moment.recorded_at,
    };
    desk.shelf::<Drawer<ClaimChange>>().put(change);
    desk.shelf::<Drawer<Claim>>().put(claim.clone());
    Arc::new(claim)
}

fn begin(desk: &mut Desk, id: ClaimId, state: ClaimState) -> Moment {
    desk.begin(Entry { action: format!("claim.{}", state.word()), kind: "claim", id: id.0, reason: None })
}

/// Makes a claim.
pub struct ClaimAdd {
    /// Who claims.
    pub actor: Actor,
    /// Key.
    pub id: ClaimId,
    /// The loss or disposal.
    pub event: EventId,
    /// From whom.
    pub against: OrganizationId,
    /// How much, in the currency's minor unit.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Since which day it is claimed.
    pub on_day: String,
    /// In words.
    pub note: Option<String>,
}

impl ClaimAdd {
    fn is_same(&self, known: &Claim) -> bool {
        known.event_id == self.event
            && known.against_id == self.against
            && known.amount_minor == self.amount_minor
            && known.currency == self.currency
            && known.note == self.note
    }
}

impl Update for ClaimAdd {
    type Answer = Arc<Claim>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Claim>>().want(self.id);
        desk.shelf::<Drawer<EventRecord>>().want(self.event);
        desk.shelf::<Drawer<EventRecord>>().want_group(Some(self.event));
        desk.shelf::<Drawer<Organization>>().want(self.against);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Claim>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Claim>>().find(self.id)? {
            return if self.is_same(&known) { Ok(known) } else { Err(id_reused("claim", self.id).into()) };
        }
        let event = desk.shelf::<Drawer<EventRecord>>().find(self.event)?;
        let about = desk.shelf::<Drawer<EventRecord>>().group(Some(self.event))?;
        let Some(event) = event else { return Err(Problem::not_found().into()) };
        if !CLAIMABLE.contains(&event.kind.as_str()) || about.iter().any(|one| one.kind == "reversed") {
            let detail = "Something is claimed for goods that are lost or disposed of, and stay so.";
            return Err(Problem::new(Code::WrongState, detail).at("/event").into());
        }
        if desk.shelf::<Drawer<Organization>>().find(self.against)?.is_none() {
            let detail = format!("There is no organization {}.", self.against);
            return Err(Problem::field("/against", detail).coded(Fault::Unknown).into());
        }
        let moment = begin(desk, self.id, ClaimState::Open);
        let claim = Claim {
            id: self.id,
            event_id: self.event,
            pledge_id: event.pledge_id,
            consignment_id: event.consignment_id,
            site_id: event.site_id,
            against_id: self.against,
            amount_minor: self.amount_minor,
            currency: self.currency.clone(),
            state: ClaimState::Open.word().to_owned(),
            note: self.note.clone(),
            revision: 1,
            created_at: moment.recorded_at,
            updated_at: moment.recorded_at,
        };
        Ok(keep(desk, claim, &self.on_day, self.note.as_deref(), moment))
    }
}

/// Says how a claim stands from a day on.
pub struct ClaimMove {
    /// Who says so.
    pub actor: Actor,
    /// Which.
    pub id: ClaimId,
    /// The revision that was read.
    pub read: IfMatch,
    /// How it stands.
    pub state: ClaimState,
    /// Since which day.
    pub on_day: String,
    /// In words.
    pub note: Option<String>,
}

impl Update for ClaimMove {
    type Answer = Arc<Claim>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Claim>>().want(self.id);
        desk.shelf::<Drawer<ClaimChange>>().want_group(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Claim>, Refusal> {
        let known = desk.shelf::<Drawer<Claim>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        self.read.check(known.revision)?;
        let changes = desk.shelf::<Drawer<ClaimChange>>().group(self.id)?;
        let last = changes.iter().map(|change| change.on_day.as_str()).max().unwrap_or_default();
        check_follows(known.state()?, self.state, last, &self.on_day)?;
        let moment = begin(desk, self.id, self.state);
        let claim = Claim {
            state: self.state.word().to_owned(),
            revision: known.revision + 1,
            updated_at: moment.recorded_at,
            ..known.as_ref().clone()
        };
        Ok(keep(desk, claim, &self.on_day, self.note.as_deref(), moment))
    }
}

/// What a list of claims is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimFilter {
    /// How they stand.
    pub state: Option<ClaimState>,
    /// About this event.
    pub event: Option<EventId>,
}

/// Claims about events a scope reaches, by identifier.
///
/// # Errors
/// What the database says.
pub fn claim_list(
    conn: &mut Conn,
    scope: &Scope,
    filter: ClaimFilter,
    paging: &Paging<ClaimId>,
) -> Outcome<Vec<Claim>> {
    let mut query = claims_within(claims::table.into_boxed(), scope);
    if let Some(state) = filter.state {
        query = query.filter(claims::state.eq(state.word()));
    }
    if let Some(event) = filter.event {
        query = query.filter(claims::event_id.eq(event));
    }
    if let Some(after) = paging.after {
        query = query.filter(claims::id.gt(after));
    }
    query
        .order(claims::id)
        .limit(paging.limit + 1)
        .select(Claim::as_select())
        .load(conn)
        .map_err(read_failure)
}

/// One claim with its history, where the scope reaches its event.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn claim_read(conn: &mut Conn, scope: &Scope, id: ClaimId) -> Outcome<(Claim, Vec<ClaimChange>)> {
    let claim: Claim = claims_within(claims::table.into_boxed(), scope)
        .filter(claims::id.eq(id))
        .select(Claim::as_select())
        .first(conn)
        .map_err(read_failure)?;
    let changes = claim_changes::table
        .filter(claim_changes::claim_id.eq(id))
        .order((claim_changes::changed_at, claim_changes::id))
        .select(ClaimChange::as_select())
        .load(conn)
        .map_err(read_failure)?;
    Ok((claim, changes))
}

/// Whether a scope reaches the event something is claimed for.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn check_event(conn: &mut Conn, scope: &Scope, event: EventId) -> Outcome<()> {
    let _: EventId = events_within(events::table.into_boxed(), scope)
        .filter(events::id.eq(event))
        .select(events::id)
        .first(conn)
        .map_err(read_failure)?;
    Ok(())
}
