//! Which days are asked for, and what a day means for a lot.

use chrono::{Months, NaiveDate};
use serde::Serialize;
use std::str::FromStr;

/// Months one may look ahead: no relief item keeps longer than ten years.
pub const MONTHS_MAXIMUM: u32 = 120;
/// Months within which a lot has to be handed out now.
const SOON_MONTHS: u32 = 3;
/// Months within which a lot has to be sent off now, for what is still to travel by sea.
const NEXT_MONTHS: u32 = 9;

/// What one looks for among lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Goods that expire before they are forecast to arrive.
    Arrival,
    /// Lots that expire within so many months, or have; 0 for those that have.
    Months(u32),
}

impl Default for Within {
    fn default() -> Self {
        Self::Months(NEXT_MONTHS)
    }
}

impl FromStr for Within {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "arrival" {
            return Ok(Self::Arrival);
        }
        let months = text.strip_suffix('m').and_then(|digits| digits.parse().ok());
        months.filter(|months| *months <= MONTHS_MAXIMUM).map(Self::Months).ok_or_else(|| {
            format!(
                "{text:?} is no time to look ahead; write months such as 3m or 9m, at most {MONTHS_MAXIMUM}m, 0m for what \
                 has expired, or arrival for what expires before it arrives"
            )
        })
    }
}

impl Within {
    /// The last day of expiry that is looked for, seen from a day; none where any may be.
    pub fn last_day(self, today: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Arrival => None,
            // What expires on a day is good on it.
            Self::Months(0) => today.pred_opt(),
            Self::Months(months) => today.checked_add_months(Months::new(months)),
        }
    }
}

/// How a lot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum Standing {
    /// Its day is over.
    #[serde(rename = "expired")]
    Expired,
    /// Its day comes within three months.
    #[serde(rename = "within_3_months")]
    Soon,
    /// Within nine.
    #[serde(rename = "within_9_months")]
    Next,
    /// Later.
    #[serde(rename = "later")]
    Later,
}

impl Standing {
    /// How a lot with this day of expiry stands on a day.
    pub fn of(expires_on: NaiveDate, today: NaiveDate) -> Self {
        let is_within =
            |months: u32| Within::Months(months).last_day(today).is_none_or(|day| expires_on <= day);
        if expires_on < today {
            Self::Expired
        } else if is_within(SOON_MONTHS) {
            Self::Soon
        } else if is_within(NEXT_MONTHS) {
            Self::Next
        } else {
            Self::Later
        }
    }
}

/// Whether goods are past their day when they arrive: as in a gap, nine of ten such trips must be in time.
pub fn expires_before(expires_on: NaiveDate, arrives_on: NaiveDate) -> bool {
    expires_on < arrives_on
}
