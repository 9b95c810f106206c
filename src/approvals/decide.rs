//! The updates that decide a proposal or take it back.

use crate::auth::Action;
use crate::core::id::{ApprovalId, EventId};
use crate::core::problem::Problem;
use crate::events::post_approved;
use crate::ledger::event::{EventRecord, EventResult};
use crate::proposals::rules::check_reason;
use crate::proposals::store::find_approval;
use crate::proposals::{Approval, ApprovalState, ROLE_GRANT, Verdict};
use crate::users::grant::{check_subject, grant_approved, grant_refused, want_grant};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};

/// What deciding a kind of proposal needs.
pub(super) fn action_of(kind: &str) -> Action {
    if kind == ROLE_GRANT { Action::UserWrite } else { Action::MissingDecide }
}

/// Decides a proposal; approved, it takes effect in the same commit.
pub struct ApprovalDecide {
    /// Who decides.
    pub actor: Actor,
    /// Which.
    pub id: ApprovalId,
    /// How.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The proposal as it stands now.
    pub approval: Approval,
    /// What posting it answered, where it was an event and was approved now.
    pub event: Option<EventResult>,
}

impl Update for ApprovalDecide {
    type Answer = Decided;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Approval>>().want(self.id);
        if let Ok(Some(approval)) = desk.shelf::<Drawer<Approval>>().find(self.id)
            && approval.kind == ROLE_GRANT
        {
            want_grant(desk, &approval);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Decided, Refusal> {
        check_reason(&self.reason)?;
        let approval = find_approval(desk, self.id)?;
        if approval.is_decided_so(self.verdict, self.actor.user, &self.reason) {
            return Ok(Decided { approval: approval.as_ref().clone(), event: None });
        }
        approval.check_decision(self.actor.user)?;
        if approval.kind == ROLE_GRANT {
            return self.decide_grant(desk, &approval);
        }
        let event = match self.verdict {
            Verdict::Approve => Some(self.post(desk, &approval)?),
            Verdict::Refuse => None,
        };
        desk.act_as(&self.actor);
        let approval = approval.end(desk, self.verdict.state(), &self.reason);
        Ok(Decided { approval, event })
    }
}

impl ApprovalDecide {
    /// Rights are given within the entry of the decision, so that both are of one moment.
    fn decide_grant(&self, desk: &mut Desk, approval: &Approval) -> Result<Decided, Refusal> {
        check_subject(approval, self.actor.user)?;
        let approval = approval.end(desk, self.verdict.state(), &self.reason);
        match self.verdict {
            Verdict::Approve => grant_approved(desk, &approval)?,
            Verdict::Refuse => grant_refused(desk, &approval)?,
        }
        Ok(Decided { approval, event: None })
    }

    /// Posts the event that was proposed, before the entry of the decision: that one is what the receipt is about.
    fn post(&self, desk: &mut Desk, approval: &Approval) -> Result<EventResult, Refusal> {
        let id = EventId(approval.subject_id.0);
        if desk.shelf::<Drawer<EventRecord>>().find(id)?.is_some() {
            return Err(Problem::internal(format!("{id} is proposed and posted")).into());
        }
        post_approved(desk, approval, self.actor.user)
    }
}

/// Takes an own proposal back.
pub struct ApprovalWithdraw {
    /// Who proposed it.
    pub actor: Actor,
    /// Which.
    pub id: ApprovalId,
    /// Why.
    pub reason: String,
}

impl Update for ApprovalWithdraw {
    type Answer = Approval;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Approval>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Approval, Refusal> {
        check_reason(&self.reason)?;
        let approval = find_approval(desk, self.id)?;
        approval.check_withdrawal(self.actor.user)?;
        Ok(approval.end(desk, ApprovalState::Withdrawn, &self.reason))
    }
}
