//! The row of a proposal, and deciding it on the desk.

use super::rules::{ApprovalState, Verdict, check_decider, check_open, check_proposer};
use crate::core::id::{ApprovalId, ConsignmentId, PledgeId, SiteId, SubjectId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Refusal, record};

/// The kind of a proposal about what somebody may do; kinds that are not about users are events'.
pub const ROLE_GRANT: &str = "role_grant";
/// The kind of a proposal to let somebody set another password.
pub const PASSWORD_RESET: &str = "password_reset";
/// The kinds of proposals about users.
pub const ABOUT_USERS: [&str; 2] = [ROLE_GRANT, PASSWORD_RESET];

record! {
    /// What one person proposed and another decides.
    pub struct Approval in approvals key id: ApprovalId, group subject_id: SubjectId {
        /// Key; for an event, the event's own identifier.
        id: ApprovalId,
        /// The kind of event, or one of [`ABOUT_USERS`].
        kind: String,
        /// The word of an [`ApprovalState`].
        state: String,
        /// The event or the user it is about.
        subject_id: SubjectId,
        /// The pledge concerned.
        pledge_id: Option<PledgeId>,
        /// The consignment concerned.
        consignment_id: Option<ConsignmentId>,
        /// The site concerned.
        site_id: Option<SiteId>,
        /// Base units it moves.
        quantity: i64,
        /// The limit it is above; none where a second person is always asked.
        limit_units: Option<i64>,
        /// What is proposed, as it came.
        body: String,
        /// SHA-256 of that.
        body_hash: Vec<u8>,
        /// What it would have changed when it was proposed, in JSON.
        effect: String,
        /// What the proposer was told.
        result: String,
        /// Why it is proposed.
        reason: Option<String>,
        /// Who proposed it.
        proposed_by: UserId,
        /// In what role and scope, as the log writes them.
        proposed_as: String,
        /// When.
        proposed_at: Timestamp,
        /// Who decided it, or took it back.
        decided_by: Option<UserId>,
        /// In what role and scope.
        decided_as: Option<String>,
        /// When.
        decided_at: Option<Timestamp>,
        /// Why it was decided so.
        decided_reason: Option<String>,
    }
}

/// Role and scope in one column, as the log writes them.
pub fn acted_as(actor: &Actor) -> String {
    format!("{}\n{}", actor.role, actor.scope)
}

impl Approval {
    /// Where it stands.
    ///
    /// # Errors
    /// An internal problem where the stored word is none of ours.
    pub fn state(&self) -> Outcome<ApprovalState> {
        ApprovalState::from_word(&self.state)
            .ok_or_else(|| Problem::internal(format!("approvals.state of {} is {:?}", self.id, self.state)))
    }

    /// Whoever proposed it, in the role and scope of then.
    pub fn proposer(&self) -> Actor {
        let (role, scope) = self.proposed_as.split_once('\n').unwrap_or((self.proposed_as.as_str(), ""));
        Actor { user: self.proposed_by, role: role.to_owned(), scope: scope.to_owned() }
    }

    /// When it took effect, where it did.
    pub fn took_effect_at(&self) -> Option<Timestamp> {
        match ApprovalState::from_word(&self.state)? {
            ApprovalState::Approved => self.decided_at,
            ApprovalState::Alone => Some(self.proposed_at),
            ApprovalState::Proposed | ApprovalState::Refused | ApprovalState::Withdrawn => None,
        }
    }

    /// Whether this very decision was made before, so that making it again changes nothing.
    pub fn is_decided_so(&self, verdict: Verdict, decider: UserId, reason: &str) -> bool {
        self.state == verdict.state().word()
            && self.decided_by == Some(decider)
            && self.decided_reason.as_deref() == Some(reason.trim())
    }

    /// Refuses whoever may not decide it, or a decision that comes too late.
    ///
    /// # Errors
    /// `own_proposal`, `wrong_state`.
    pub fn check_decision(&self, decider: UserId) -> Outcome<()> {
        check_decider(self.proposed_by, decider)?;
        check_open(self.state()?, self.decided_by)
    }

    /// Refuses whoever may not take it back, or does so too late.
    ///
    /// # Errors
    /// `forbidden`, `wrong_state`.
    pub fn check_withdrawal(&self, caller: UserId) -> Outcome<()> {
        check_proposer(self.proposed_by, caller)?;
        check_open(self.state()?, self.decided_by)
    }

    /// Stages a new proposal under an entry of its own.
    pub fn propose(self, desk: &mut Desk) -> Moment {
        let action = format!("approval.{}.{}", self.kind, self.state);
        let moment =
            desk.begin(Entry { action, kind: "approval", id: self.id.0, reason: self.reason.clone() });
        desk.touch(self.id.0);
        desk.shelf::<Drawer<Self>>().put(Self { proposed_at: moment.recorded_at, ..self });
        moment
    }

    /// Stages how it was ended, under an entry of its own in the name of whoever is acting.
    pub fn end(&self, desk: &mut Desk, state: ApprovalState, reason: &str) -> Self {
        let actor = desk.actor().clone();
        let action = format!("approval.{}.{}", self.kind, state.word());
        let reason = reason.trim().to_owned();
        let moment =
            desk.begin(Entry { action, kind: "approval", id: self.id.0, reason: Some(reason.clone()) });
        let ended = Self {
            state: state.word().to_owned(),
            decided_by: Some(actor.user),
            decided_as: Some(acted_as(&actor)),
            decided_at: Some(moment.recorded_at),
            decided_reason: Some(reason),
            ..self.clone()
        };
        desk.shelf::<Drawer<Self>>().put(ended.clone());
        ended
    }
}

/// The proposal, where it is known.
///
/// # Errors
/// `not_found`, or rows missing on the desk.
pub fn find_approval(desk: &mut Desk, id: ApprovalId) -> Result<std::sync::Arc<Approval>, Refusal> {
    Ok(desk.shelf::<Drawer<Approval>>().find(id)?.ok_or_else(Problem::not_found)?)
}
