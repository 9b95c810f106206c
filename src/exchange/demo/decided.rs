//! What two managers of a story do together: one proposes, the other decides. A demonstration shows it as people do
//! it, and leaves one proposal for its visitor.

use crate::approvals::ApprovalDecide;
use crate::auth::{Action, Scope, roles_of};
use crate::core::id::{UserId, derived};
use crate::events::{Command, PostEvent, want_event};
use crate::exchange::apply::Restate;
use crate::ledger::event::EventStatus;
use crate::proposals::Verdict;
use crate::writer::{Actor, Desk, Refusal, Update};
use std::sync::Arc;
use uuid::Uuid;

/// Why the second manager approves, in a word.
const REASON: &str = "report and evidence are complete";

/// The n-th of the two managers, whose logins a demonstration makes.
pub fn decider(number: u64) -> UserId {
    derived(Uuid::nil(), "demonstration user manager", number)
}

/// One of the managers, in the words of the log.
fn manager(number: u64) -> Actor {
    let role = roles_of(Action::MissingDecide).first().copied().unwrap_or_default();
    Actor { user: decider(number), role: role.to_owned(), scope: Scope::everything().to_string() }
}

/// Who tells something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Whoever fills the demonstration.
    Teller,
    /// One manager proposes it and the other approves.
    Both,
    /// One manager proposes it, and nobody has decided yet.
    One,
}

/// Something that happened, as it is told to the ledger.
pub(super) struct Tell {
    restate: Restate,
    command: Command,
    proposer: Actor,
    teller: Arc<Actor>,
    by: By,
}

impl Tell {
    pub(super) fn new(command: Command, teller: &Arc<Actor>, by: By) -> Self {
        let restate = Restate::new(command.clone(), Actor::clone(teller));
        Self { restate, command, proposer: manager(0), teller: Arc::clone(teller), by }
    }
}

impl Update for Tell {
    type Answer = ();

    fn actor(&self) -> &Actor {
        match self.by {
            By::Teller => &self.teller,
            By::Both | By::One => &self.proposer,
        }
    }

    fn keys(&self, desk: &mut Desk) {
        match self.by {
            By::Teller => self.restate.keys(desk),
            By::Both | By::One => want_event(&self.command, desk),
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        if self.by == By::Teller {
            return self.restate.decide(desk).map(|_| ());
        }
        let told = PostEvent::new(self.command.clone(), self.proposer.clone()).decide(desk)?;
        if let (By::Both, EventStatus::Proposed, Some(id)) = (self.by, told.status, told.approval) {
            let actor = manager(1);
            desk.seal();
            desk.act_as(&actor);
            ApprovalDecide { actor, id, verdict: Verdict::Approve, reason: REASON.to_owned(), second: None }
                .decide(desk)?;
        }
        Ok(())
    }
}
