//! The words of what is agreed around a consignment, and what is lacking of it. Pure.

use crate::core::worded::worded;

/// Packages of one consignment that are listed one by one: a container of cartons is listed by pallets.
pub const PACKAGES_MAXIMUM: usize = 500;
/// Papers that a country asks for: the longest list of a customs office has some twenty.
pub const DOCUMENTS_MAXIMUM: usize = 50;

worded! {
    /// Whether the consignee agrees that goods leave.
    pub enum GreenLight {
        /// It does.
        Given = "given",
        /// It no longer does.
        Withdrawn = "withdrawn",
    }
    /// How a paper for customs stands.
    pub enum PaperState {
        /// Somebody has asked for it.
        Asked = "asked",
        /// It was issued.
        Issued = "issued",
        /// Customs has accepted it.
        Accepted = "accepted",
        /// It need not be: an exemption was granted.
        Exempt = "exempt",
    }
    /// Who bears freight.
    pub enum Freight {
        /// Somebody pays for it.
        Paid = "paid",
        /// It is given.
        Donated = "donated",
    }
}

impl PaperState {
    /// Whether nothing is lacking of it any more.
    pub fn is_done(self) -> bool {
        match self {
            Self::Accepted | Self::Exempt => true,
            Self::Asked | Self::Issued => false,
        }
    }
}

/// What something weighs and takes up, as far as that is stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Grams.
    pub gross_weight_g: Option<i64>,
    /// Cubic centimetres.
    pub volume_cm3: Option<i64>,
}

impl Measures {
    /// Both together, each as far as either is stated.
    pub fn and(self, other: Self) -> Self {
        let sum = |one: Option<i64>, other: Option<i64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            gross_weight_g: sum(self.gross_weight_g, other.gross_weight_g),
            volume_cm3: sum(self.volume_cm3, other.volume_cm3),
        }
    }

    /// The larger of both, each as far as either is stated.
    pub fn at_least(self, other: Self) -> Self {
        Self {
            gross_weight_g: self.gross_weight_g.max(other.gross_weight_g),
            volume_cm3: self.volume_cm3.max(other.volume_cm3),
        }
    }

    /// What of it is beyond a limit, in words.
    pub fn beyond(self, limit: Self) -> Vec<Warning> {
        let is_over = |one: Option<i64>, most: Option<i64>| matches!((one, most), (Some(one), Some(most)) if one > most);
        let weight = is_over(self.gross_weight_g, limit.gross_weight_g).then_some(Warning::OverWeight);
        let volume = is_over(self.volume_cm3, limit.volume_cm3).then_some(Warning::OverVolume);
        weight.into_iter().chain(volume).collect()
    }
}

worded! {
    /// What a departure is warned of.
    pub enum Warning {
        /// The consignee has not given its green light.
        NoGreenLight = "no_green_light",
        /// A paper that the country of destination asks for is not accepted, and there is no exemption.
        CustomsOpen = "customs_open",
        /// The packages weigh more than the load can carry.
        OverWeight = "over_weight",
        /// They take up more than it has room for.
        OverVolume = "over_volume",
    }
}

/// Whole days within spans of microseconds during which something was so; the last span may be open until `now`.
pub fn days_within(changes: &[(i64, i64)], now: i64) -> (i64, Option<i64>) {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let (mut held, mut since, mut all) = (0_i64, None, 0_i64);
    for (at, change) in changes {
        held += change;
        match since {
            None if held > 0 => since = Some(*at),
            Some(begun) if held <= 0 => {
                all += at - begun;
                since = None;
            }
            Some(_) | None => {}
        }
    }
    if let Some(begun) = since {
        all += (now - begun).max(0);
    }
    (all.div_euclid(DAY), since)
}
