//! Who may decide a proposal, and when: pure decisions.

use crate::core::id::UserId;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use serde::{Deserialize, Serialize};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has decided yet; it counts nowhere.
    Proposed,
    /// Somebody else approved it, and it took effect in the same commit.
    Approved,
    /// Somebody else refused it.
    Refused,
    /// Who proposed it took it back.
    Withdrawn,
    /// There was nobody else to decide, and it took effect at once.
    Alone,
}

impl ApprovalState {
    const ALL: [Self; 5] = [Self::Proposed, Self::Approved, Self::Refused, Self::Withdrawn, Self::Alone];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Alone => "alone",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What somebody decides about another's proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It takes effect.
    Approve,
    /// It does not, ever.
    Refuse,
}

impl Verdict {
    /// Where a proposal stands after it.
    pub fn state(self) -> ApprovalState {
        match self {
            Self::Approve => ApprovalState::Approved,
            Self::Refuse => ApprovalState::Refused,
        }
    }
}

/// Refuses a decision by whoever proposed it. It goes by the person and not by the role, which may have changed
/// since.
///
/// # Errors
/// `own_proposal`.
pub fn check_decider(proposed_by: UserId, decider: UserId) -> Outcome<()> {
    if proposed_by != decider {
        return Ok(());
    }
    let detail = "You proposed this yourself, so somebody else decides it. You may withdraw it.";
    Err(Problem::new(Code::OwnProposal, detail))
}

/// Refuses that somebody takes back what another proposed.
///
/// # Errors
/// `forbidden`.
pub fn check_proposer(proposed_by: UserId, caller: UserId) -> Outcome<()> {
    if proposed_by == caller {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "Only who proposed this withdraws it; you may refuse it instead."))
}

/// Refuses to decide, or take back, what is decided already.
///
/// # Errors
/// `wrong_state`, naming the state and who decided.
pub fn check_open(state: ApprovalState, decided_by: Option<UserId>) -> Outcome<()> {
    let word = match state {
        ApprovalState::Proposed => return Ok(()),
        ApprovalState::Approved => "approved",
        ApprovalState::Refused => "refused",
        ApprovalState::Withdrawn => "withdrawn",
        ApprovalState::Alone => "done at once, as there was nobody else to decide",
    };
    let mut problem = Problem::new(Code::WrongState, format!("This is {word} already; a decision stays."))
        .with("state", state.word());
    if let Some(decided_by) = decided_by {
        problem = problem.with("decided_by", decided_by.to_string());
    }
    Err(problem)
}

/// Checks the reason of a decision.
///
/// # Errors
/// `invalid` at `/reason`.
pub fn check_reason(reason: &str) -> Outcome<()> {
    if reason.trim().is_empty() {
        return Err(Problem::field("/reason", "is empty; say why it is decided so").coded(Fault::Required));
    }
    crate::core::check::check_text("/reason", Some(reason), crate::core::check::WORDS_CHARS_MAX)
}
