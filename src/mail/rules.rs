//! What an address of somebody's mail looks like, and what may be asked for. Pure.

use serde::{Deserialize, Serialize};

/// Longest address: what SMTP takes.
const ADDRESS_CHARS_MAX: usize = 254;
/// Longest part before the @.
const LOCAL_CHARS_MAX: usize = 64;

/// Mailings of one address that nobody has confirmed: a further question would be a nuisance to whoever did not ask.
pub const UNCONFIRMED_PER_ADDRESS: i64 = 3;
/// Mailings about one consignment: family, offices and reporters; beyond that it is a list.
pub const PER_CONSIGNMENT: i64 = 500;
/// Mailings of one user.
pub const PER_USER: i64 = 10;
/// Questions about one consignment that nobody has answered yet: whoever has a code cannot have more people bothered than this,
/// and keeps nobody from being asked about another code. How many one address on the network has asked is the door's.
pub const UNCONFIRMED_PER_CONSIGNMENT: i64 = 50;
/// Hours for which a question may be answered. Then the address is erased.
pub const ANSWER_HOURS: i64 = 48;
/// Seconds between two messages about one consignment.
pub const NEWS_PAUSE_SECONDS: i64 = 60 * 60;
/// Days that digests may have between them.
pub const DIGEST_DAYS: std::ops::RangeInclusive<i64> = 1..=31;

/// What a mailing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// How the goods under one tracking code get on.
    Tracking,
    /// What was recorded since the last, as far as its user may read.
    Digest,
    /// What is late, presumed lost, missing and undecided, or about to expire, where it is other than the day before.
    Alerts,
}

impl About {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tracking => "tracking",
            Self::Digest => "digest",
            Self::Alerts => "alerts",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Tracking, Self::Digest, Self::Alerts].into_iter().find(|about| about.word() == word)
    }
}

/// Says what is wrong with an address; nothing where it can be tried. Whether anybody reads it only an answer tells.
pub fn fault_of_address(address: &str) -> Option<&'static str> {
    const WRITE: &str = "is no address of mail; write one such as amina@example.org";
    if address.chars().count() > ADDRESS_CHARS_MAX {
        return Some("is longer than 254 characters");
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return Some(WRITE) };
    let is_plain = |text: &str, others: &str| {
        text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
    };
    let is_local = (1..=LOCAL_CHARS_MAX).contains(&local.len())
        && is_plain(local, ".!#$%&'*+/=?^_`{|}~-")
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_domain = is_plain(domain, ".-") && domain.contains('.') && domain.split('.').all(is_label);
    if is_local && is_domain { None } else { Some(WRITE) }
}

/// The form in which addresses are told apart: capitals make no other mailbox in practice.
pub fn normal_address(address: &str) -> String {
    address.trim().to_lowercase()
}
