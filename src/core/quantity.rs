//! Quantities and packs: integers of an item's base unit, and exact rationals between the two.
//!
//! Nothing here rounds. What does not come out whole is refused, and the page layer says
//! "42 cartons + 150 pieces".

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The largest quantity accepted: above 2^53 a JSON reader that uses doubles would change the value.
pub const MAXIMUM: i64 = 1 << 53;

/// A number of base units, 0 to 2^53.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64, minimum = 0, maximum = 9007199254740992i64)]
pub struct Quantity(i64);

impl Quantity {
    /// No goods.
    pub const ZERO: Quantity = Quantity(0);

    /// Accepts 0 to [`MAXIMUM`].
    pub fn new(value: i64) -> Option<Self> {
        (0..=MAXIMUM).contains(&value).then_some(Self(value))
    }

    /// The number of base units.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The number of base units, borrowed; what a database binding wants.
    pub fn as_i64(&self) -> &i64 {
        &self.0
    }

    /// Whether there are none.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number of base units from 0 to {MAXIMUM}")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Quantity, E> {
        Quantity::new(value).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Quantity, E> {
        let quantity = i64::try_from(value).ok().and_then(Quantity::new);
        quantity.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }
}

/// How many base units a pack holds, as an exact positive fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackSize {
    /// Base units …
    pub numerator: i64,
    /// … per this many packs; 1 where a pack holds a whole number.
    #[serde(default = "one")]
    pub denominator: i64,
}

fn one() -> i64 {
    1
}

impl PackSize {
    /// Whether both parts are positive and small enough to compute with.
    pub fn is_valid(self) -> bool {
        (1..=MAXIMUM).contains(&self.numerator) && (1..=MAXIMUM).contains(&self.denominator)
    }

    /// The base units in `count` packs; `None` where that is not whole or too large.
    pub fn to_base(self, count: Quantity) -> Option<Quantity> {
        let product = i128::from(count.get()) * i128::from(self.numerator);
        let denominator = i128::from(self.denominator);
        if denominator == 0 || product % denominator != 0 {
            return None;
        }
        i64::try_from(product / denominator).ok().and_then(Quantity::new)
    }

    /// Whole packs in `quantity` and the base units left over.
    pub fn from_base(self, quantity: Quantity) -> (i64, i64) {
        let numerator = i128::from(self.numerator).max(1);
        let denominator = i128::from(self.denominator).max(1);
        // A fractional pack size needs several packs before the base units come out whole.
        let step = denominator / greatest_common_divisor(numerator, denominator);
        let packs = i128::from(quantity.get()) * denominator / numerator;
        let packs = packs - packs % step;
        let rest = i128::from(quantity.get()) - packs * numerator / denominator;
        (i64::try_from(packs).unwrap_or(0), i64::try_from(rest).unwrap_or(0))
    }
}

fn greatest_common_divisor(left: i128, right: i128) -> i128 {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}

/// Shares `total` over `weights` in proportion, in whole units, by the largest remainder.
///
/// The shares add up to `total` exactly, or to the sum of weights if that is less, and no share is
/// larger than its weight. Equal remainders go to the earlier weight, so the result is always the same.
/// Source: Hamilton's method of apportionment.
pub fn share_pro_rata(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let total = i128::from(total).min(sum);
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given = 0_i128;
    for (index, weight) in weights.iter().enumerate() {
        let product = total * i128::from(*weight);
        given += product / sum;
        shares.push(i64::try_from(product / sum).unwrap_or(i64::MAX));
        remainders.push((product % sum, index));
    }
    remainders.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    for (_, index) in remainders.into_iter().take(usize::try_from(total - given).unwrap_or(0)) {
        shares[index] += 1;
    }
    shares
}
