//! Pure decisions about pledges.

use crate::core::problem::{Fault, Problem};
use serde::{Deserialize, Serialize};

/// How a pledge came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PledgeKind {
    /// A donor offered it.
    #[default]
    Offered,
    /// The goods came without one.
    Unsolicited,
    /// Stock from before the records began.
    Opening,
    /// Made for an excess on a receipt or count.
    Surplus,
}

impl PledgeKind {
    const ALL: [PledgeKind; 4] = [Self::Offered, Self::Unsolicited, Self::Opening, Self::Surplus];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Unsolicited => "unsolicited",
            Self::Opening => "opening",
            Self::Surplus => "surplus",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What has been decided about a pledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PledgeState {
    /// Nothing yet.
    Offered,
    /// Some of it is accepted.
    PartlyAccepted,
    /// All of it is accepted.
    Accepted,
    /// Refused, with a reason.
    Declined,
    /// Taken back by the donor.
    Withdrawn,
}

impl PledgeState {
    const ALL: [PledgeState; 5] =
        [Self::Offered, Self::PartlyAccepted, Self::Accepted, Self::Declined, Self::Withdrawn];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::PartlyAccepted => "partly_accepted",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The state after acceptance of so much of what was offered.
    pub fn after_accepting(offered: i64, accepted: i64) -> Self {
        if accepted == 0 {
            Self::Offered
        } else if accepted < offered {
            Self::PartlyAccepted
        } else {
            Self::Accepted
        }
    }
}

/// Checks how much of a line is to be accepted.
///
/// # Errors
/// `invalid` where more is accepted than is offered and left.
pub fn check_acceptance(pointer: &str, offered: i64, accepted: i64, asked: i64) -> Result<(), Problem> {
    if asked <= 0 {
        let problem = Problem::field(pointer, format!("{asked} accepts nothing; write at least 1"));
        return Err(problem.coded(Fault::TooSmall).at_least(1));
    }
    if accepted + asked > offered {
        return Err(Problem::field(
            pointer,
            format!(
                "{asked} is more than is left to accept: {offered} offered, {accepted} accepted; write at most {}",
                offered - accepted
            ),
        )
        .coded(Fault::TooLarge)
        .at_most(offered - accepted));
    }
    Ok(())
}
