//! Which events hand goods over, and what may end a verification. Pure.

use serde::{Deserialize, Serialize};

/// The kinds of event that hand goods over.
const HAND_OVERS: [&str; 3] = ["received", "delivered", "distributed"];

/// Whether an event of this kind hands goods over.
pub fn is_hand_over(kind: &str) -> bool {
    HAND_OVERS.contains(&kind)
}

/// By what a hand-over is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Signed paper about it is on record.
    Signed,
    /// Whoever received the goods posted it, and had not dispatched them.
    Receiver,
}

impl How {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Receiver => "receiver",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Signed, Self::Receiver].into_iter().find(|how| how.word() == word)
    }
}

/// Why something verifies no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The document was voided.
    Voided,
    /// The event was corrected.
    Corrected,
}

impl Ending {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Voided => "voided",
            Self::Corrected => "corrected",
        }
    }
}
