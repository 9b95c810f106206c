//! Pure decisions about consignments: modes, chains of legs, states, tracking codes.

use crate::core::id::SiteId;
use crate::core::problem::Problem;
use serde::{Deserialize, Serialize};

/// How goods travel on a leg.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By road.
    Road,
    /// By rail.
    Rail,
    /// By sea.
    Sea,
    /// By river or lake.
    InlandWater,
    /// By scheduled flight.
    Air,
    /// By chartered flight.
    AirCharter,
    /// By post or courier.
    Courier,
    /// Not known.
    Unknown,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 8] = [
        Self::Road,
        Self::Rail,
        Self::Sea,
        Self::InlandWater,
        Self::Air,
        Self::AirCharter,
        Self::Courier,
        Self::Unknown,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Road => "road",
            Self::Rail => "rail",
            Self::Sea => "sea",
            Self::InlandWater => "inland_water",
            Self::Air => "air",
            Self::AirCharter => "air_charter",
            Self::Courier => "courier",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Checks that legs join end to end, start at the origin and, if `complete`, end at the destination.
///
/// # Errors
/// `invalid`, naming the first leg that does not join.
pub fn check_chain(
    origin: SiteId,
    destination: SiteId,
    legs: &[(SiteId, SiteId)],
    complete: bool,
) -> Result<(), Problem> {
    let mut at = origin;
    for (index, (from, to)) in legs.iter().enumerate() {
        if *from != at {
            return Err(Problem::field(
                format!("/legs/{index}/from"),
                format!("{from} is not where the leg before ends; write {at}"),
            ));
        }
        if from == to {
            return Err(Problem::field(format!("/legs/{index}/to"), format!("{to} is where the leg starts")));
        }
        at = *to;
    }
    if complete && !legs.is_empty() && at != destination {
        return Err(Problem::field(
            format!("/legs/{}/to", legs.len() - 1),
            format!("{at} is not the destination {destination}; add the missing leg"),
        ));
    }
    Ok(())
}

/// Letters and digits that are not taken for one another: no 0 O, 1 I L, U.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ=";
/// The letters of the code itself; the 31st only closes the checksum's prime field and is never printed.
const LETTERS: u64 = 30;
/// Letters that carry 50 random bits: 30^11 is above 2^53.
const CODE_LETTERS: usize = 11;

/// Writes 50 random bits as a tracking code: 11 letters, a check letter, in groups of four.
pub fn tracking_code(random: u64) -> String {
    // Two checks in 961 would fall on the letter that is not printed; the next number is as random.
    let mut value = random & ((1 << 50) - 1);
    loop {
        let mut digits = [0_u8; CODE_LETTERS];
        let mut rest = value;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % LETTERS) as u8;
            rest /= LETTERS;
        }
        let check = check_digit(&digits);
        if u64::from(check) < LETTERS {
            let mut code: String = String::with_capacity(CODE_LETTERS + 3);
            for (index, digit) in digits.iter().chain([&check]).enumerate() {
                if index > 0 && index % 4 == 0 {
                    code.push('-');
                }
                code.push(char::from(ALPHABET[usize::from(*digit)]));
            }
            return code;
        }
        value = (value + 1) & ((1 << 50) - 1);
    }
}

/// A checksum over a prime field: it tells every single wrong letter and every two neighbours swapped.
fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 =
        digits.iter().enumerate().map(|(index, digit)| (index as u32 + 2) * u32::from(*digit)).sum();
    ((31 - sum % 31) % 31) as u8
}

/// A tracking code as people type it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedCode {
    /// Well formed; the canonical spelling.
    Sound(String),
    /// Mistyped: a letter that is not used, the wrong length, or a check letter that does not fit.
    Mistyped,
}

/// Reads a code however it is typed: lower case, blanks, without dashes.
pub fn read_tracking_code(text: &str) -> TypedCode {
    let mut digits = Vec::with_capacity(CODE_LETTERS + 1);
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let upper = letter.to_ascii_uppercase();
        match ALPHABET.iter().position(|one| char::from(*one) == upper && *one != b'=') {
            Some(digit) => digits.push(digit as u8),
            None => return TypedCode::Mistyped,
        }
    }
    let Some((check, body)) = digits.split_last() else { return TypedCode::Mistyped };
    if body.len() != CODE_LETTERS || check_digit(body) != *check {
        return TypedCode::Mistyped;
    }
    let mut code = String::with_capacity(CODE_LETTERS + 3);
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(*digit)]));
    }
    TypedCode::Sound(code)
}

/// What a consignment's balances say about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// Reserved, not departed.
    pub allocated: i64,
    /// Under way.
    pub in_transit: i64,
    /// Short and undecided.
    pub missing: i64,
    /// With the consignee, or handed on to people.
    pub delivered: i64,
    /// Lost, disposed of or returned.
    pub ended: i64,
}

/// The state of a consignment in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsignmentState {
    /// Known; nothing is reserved for it yet.
    Planned,
    /// Goods are reserved; nothing has left.
    Allocated,
    /// Under way.
    InTransit,
    /// At a stop, waiting for the next leg.
    AtHub,
    /// A part has arrived.
    PartlyDelivered,
    /// All that was sent has arrived or is accounted for.
    Delivered,
    /// At the end of its way in a warehouse.
    InStorage,
    /// All of it came to nothing: lost, disposed of or returned.
    Ended,
    /// Some is missing, the rest has arrived.
    Short,
    /// Cancelled.
    Cancelled,
}

/// Says the state of a consignment from what its goods are doing.
pub fn state(standing: Standing, cancelled: bool, has_departed: bool, has_arrived: bool) -> ConsignmentState {
    if cancelled {
        ConsignmentState::Cancelled
    } else if standing.in_transit > 0 {
        if standing.delivered > 0 { ConsignmentState::PartlyDelivered } else { ConsignmentState::InTransit }
    } else if standing.allocated > 0 {
        if standing.delivered > 0 {
            ConsignmentState::PartlyDelivered
        } else if has_departed {
            ConsignmentState::AtHub
        } else {
            ConsignmentState::Allocated
        }
    } else if standing.missing > 0 {
        ConsignmentState::Short
    } else if standing.delivered > 0 {
        ConsignmentState::Delivered
    } else if has_arrived {
        if standing.ended > 0 { ConsignmentState::Ended } else { ConsignmentState::InStorage }
    } else if standing.ended > 0 {
        ConsignmentState::Ended
    } else {
        ConsignmentState::Planned
    }
}
