//! How a claim may stand, and what may follow: pure decisions.

use crate::core::problem::{Code, Fault, Outcome, Problem};
use serde::{Deserialize, Serialize};

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// It is being put together.
    Open,
    /// It was sent.
    Submitted,
    /// The other side accepts it.
    Accepted,
    /// The other side refuses it.
    Refused,
    /// It is paid.
    Paid,
    /// It is given up.
    Withdrawn,
}

impl ClaimState {
    const ALL: [Self; 6] =
        [Self::Open, Self::Submitted, Self::Accepted, Self::Refused, Self::Paid, Self::Withdrawn];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Paid => "paid",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// What may follow; a refused claim may be sent once more.
    pub fn followers(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Submitted, Self::Withdrawn],
            Self::Submitted => &[Self::Accepted, Self::Refused, Self::Withdrawn],
            Self::Accepted => &[Self::Paid, Self::Withdrawn],
            Self::Refused => &[Self::Submitted, Self::Withdrawn],
            Self::Paid | Self::Withdrawn => &[],
        }
    }
}

/// Refuses a state that cannot follow another, or a day before that of the state before.
///
/// # Errors
/// `wrong_state`, `invalid`.
pub fn check_follows(before: ClaimState, after: ClaimState, day_before: &str, day: &str) -> Outcome<()> {
    let words: Vec<&str> = before.followers().iter().map(|state| state.word()).collect();
    if !before.followers().contains(&after) {
        let may = if words.is_empty() { "nothing".to_owned() } else { words.join(" or ") };
        let detail = format!("A claim that is {} becomes {may}, not {}.", before.word(), after.word());
        return Err(Problem::new(Code::WrongState, detail).at("/state"));
    }
    // Days are written so that their order is that of their letters.
    if day < day_before {
        let detail = format!("{day:?} lies before {day_before}, since when it is {}", before.word());
        return Err(Problem::field("/on", detail).coded(Fault::TooEarly));
    }
    Ok(())
}
