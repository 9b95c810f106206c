//! The updates that decide a proposal or take it back.

use crate::auth::Action;
use crate::core::id::{ApprovalId, EventId, UserId};
use crate::core::problem::Problem;
use crate::events::post_approved;
use crate::ledger::event::{EventRecord, EventResult};
use crate::proposals::rules::check_reason;
use crate::proposals::store::find_approval;
use crate::proposals::{ABOUT_USERS, Approval, ApprovalState, PASSWORD_RESET, ROLE_GRANT, Verdict};
use crate::users::grant::{check_subject, grant_approved, grant_ended, want_grant};
use crate::users::reset::{halve, reset_ended};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};

/// What deciding a kind of proposal needs.
pub(super) fn action_of(kind: &str) -> Action {
    if ABOUT_USERS.contains(&kind) { Action::UserWrite } else { Action::MissingDecide }
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
    /// The hash of the half that the decider hands over, where that lets a user set a password.
    pub second: Option<[u8; 32]>,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The proposal as it stands now.
    pub approval: Approval,
    /// What posting it answered, where it was an event and was approved now.
    pub event: Option<EventResult>,
    /// The user who is erased by it, as nobody lets that user in: the key is still to be destroyed.
    pub erased: Option<UserId>,
    /// Whether the half that the decider hands over is part of a link now.
    pub is_halved: bool,
}

impl Decided {
    fn new(approval: Approval) -> Self {
        Self { approval, event: None, erased: None, is_halved: false }
    }
}

impl Update for ApprovalDecide {
    type Answer = Decided;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Decided, Refusal> {
        check_reason(&self.reason)?;
        let approval = find_approval(desk, self.id)?;
        if approval.is_decided_so(self.verdict, self.actor.user, &self.reason) {
            return Ok(Decided::new(approval.as_ref().clone()));
        }
        approval.check_decision(self.actor.user)?;
        if ABOUT_USERS.contains(&approval.kind.as_str()) {
            return self.decide_about_user(desk, &approval);
        }
        let event = match self.verdict {
            Verdict::Approve => Some(self.post(desk, &approval)?),
            Verdict::Refuse => None,
        };
        desk.act_as(&self.actor);
        let approval = approval.end(desk, self.verdict.state(), &self.reason);
        Ok(Decided { event, ..Decided::new(approval) })
    }
}

impl ApprovalDecide {
    /// Rights are given within the entry of the decision, so that both are of one moment.
    fn decide_about_user(&self, desk: &mut Desk, approval: &Approval) -> Result<Decided, Refusal> {
        check_subject(approval, self.actor.user)?;
        let approval = approval.end(desk, self.verdict.state(), &self.reason);
        match self.verdict {
            Verdict::Approve => {
                if approval.kind != PASSWORD_RESET {
                    grant_approved(desk, &approval)?;
                }
                let is_halved = halve(desk, &approval, self.second)?;
                Ok(Decided { is_halved, ..Decided::new(approval) })
            }
            Verdict::Refuse => ended(desk, approval),
        }
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
    type Answer = Decided;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Decided, Refusal> {
        check_reason(&self.reason)?;
        let approval = find_approval(desk, self.id)?;
        approval.check_withdrawal(self.actor.user)?;
        let approval = approval.end(desk, ApprovalState::Withdrawn, &self.reason);
        ended(desk, approval)
    }
}

/// What follows for a user about whom a proposal was refused or taken back.
fn ended(desk: &mut Desk, approval: Approval) -> Result<Decided, Refusal> {
    if approval.kind == PASSWORD_RESET {
        reset_ended(desk, &approval)?;
    }
    let erased = if approval.kind == ROLE_GRANT { grant_ended(desk, &approval)? } else { None };
    Ok(Decided { erased, ..Decided::new(approval) })
}

fn want(desk: &mut Desk, id: ApprovalId) {
    desk.shelf::<Drawer<Approval>>().want(id);
    if let Ok(Some(approval)) = desk.shelf::<Drawer<Approval>>().find(id)
        && ABOUT_USERS.contains(&approval.kind.as_str())
    {
        want_grant(desk, &approval);
    }
}
