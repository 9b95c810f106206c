//! The text of a cell to an exact value: integers, decimals, money, weights.
//!
//! Never done here: floating point, rounding, or reading a word as zero. What does not come out
//! exactly is refused with a reason that says what would be right.

use std::fmt;

use serde::Deserialize;

/// The largest quantity: 2^53, up to which every JSON reader and spreadsheet keeps integers exact.
pub const MAX_QUANTITY: i64 = 1 << 53;

/// The most digits after the decimal point that are read. Prices have six at most; more are a
/// binary fraction printed in full.
const MAX_SCALE: u8 = 12;

/// Why a cell's text is not the value its column holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// Letters or signs where a number should be.
    #[error("not a number; expected digits, as in 1250 or 12.5")]
    NotANumber,
    /// A number written with an exponent: the digits behind it may be gone.
    #[error("written with an exponent, which may have lost digits; format the column as a plain number")]
    Exponent,
    /// A fraction where only whole numbers are possible.
    #[error("not a whole number")]
    NotWhole,
    /// Below what the column allows.
    #[error("below {minimum}, the least this column takes")]
    BelowMinimum {
        /// The least value.
        minimum: i64,
    },
    /// Beyond [`MAX_QUANTITY`].
    #[error("beyond 9007199254740992 (2^53), the most that is kept exactly")]
    TooLarge,
    /// More digits after the point than can be kept.
    #[error("has more digits after the decimal point than {most}")]
    TooFine {
        /// The most digits.
        most: u8,
    },
    /// Digits below the smallest unit that is kept.
    #[error("does not come out whole in {unit}")]
    NotWholeUnits {
        /// The unit that is kept.
        unit: &'static str,
    },
}

/// How the table writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberStyle {
    /// The decimal sign.
    pub decimal: char,
    /// The sign between groups of three digits, if the table has one.
    pub thousands: Option<char>,
}

impl Default for NumberStyle {
    fn default() -> Self {
        NumberStyle { decimal: '.', thousands: None }
    }
}

/// An exact decimal: `mantissa` divided by ten to the power of `scale`, without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// A whole number.
    pub fn whole(number: i64) -> Decimal {
        Decimal { mantissa: number, scale: 0 }
    }

    /// The digits, as one whole number.
    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The value in units of ten to the power of minus `scale`: 26.25 is 2625 at scale 2.
    /// `None` if it does not come out whole or does not fit.
    pub fn at_scale(self, scale: u8) -> Option<i64> {
        let factor = 10_i64.checked_pow(u32::from(scale.checked_sub(self.scale)?))?;
        self.mantissa.checked_mul(factor)
    }

    /// The value as a reduced fraction, numerator and denominator.
    pub fn fraction(self) -> (i64, i64) {
        let denominator = 10_i64.pow(u32::from(self.scale));
        let divisor = greatest_common_divisor(self.mantissa.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i64::try_from(divisor).unwrap_or(1).max(1);
        (self.mantissa / divisor, denominator / divisor)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let unit = 10_u64.pow(u32::from(self.scale));
        let digits = self.mantissa.unsigned_abs();
        write!(out, "{sign}{}", digits / unit)?;
        if self.scale > 0 {
            write!(out, ".{:0width$}", digits % unit, width = usize::from(self.scale))?;
        }
        Ok(())
    }
}

/// Euclid's algorithm; the other number when one is zero.
pub fn greatest_common_divisor(left: u64, right: u64) -> u64 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// Reads a decimal exactly.
///
/// # Errors
/// [`ValueProblem`] for anything but an optional sign, digits and one decimal sign; thousands
/// signs only where the style has them, and only between groups of three.
pub fn parse_decimal(text: &str, style: NumberStyle) -> Result<Decimal, ValueProblem> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match digits.split_once(style.decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    if fraction.is_some_and(str::is_empty) || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(ValueProblem::NotANumber);
    }
    if looks_like_exponent(digits) {
        return Err(ValueProblem::Exponent);
    }
    let whole = without_groups(whole, style.thousands).ok_or(ValueProblem::NotANumber)?;
    let fraction = fraction.unwrap_or_default().trim_end_matches('0');
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueProblem::NotANumber);
    }
    let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_SCALE);
    let scale = scale.ok_or(ValueProblem::TooFine { most: MAX_SCALE })?;
    let mantissa: i64 = format!("{whole}{fraction}").parse().map_err(|_| ValueProblem::TooLarge)?;
    Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale })
}

/// Whether the digits are followed by an exponent, as in 1.2E+15.
fn looks_like_exponent(digits: &str) -> bool {
    digits.split_once(['e', 'E']).is_some_and(|(before, exponent)| {
        let exponent = exponent.trim_start_matches(['+', '-']);
        before.starts_with(|c: char| c.is_ascii_digit())
            && !exponent.is_empty()
            && exponent.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Digits without the signs between groups of three. `None` if groups have other lengths.
fn without_groups(digits: &str, separator: Option<char>) -> Option<String> {
    let groups: Vec<&str> = match separator {
        Some(separator) => digits.split(separator).collect(),
        None => vec![digits],
    };
    let grouped = groups.len() > 1;
    let sound = groups.iter().enumerate().all(|(place, group)| {
        let length_fits = if place > 0 { group.len() == 3 } else { !grouped || group.len() <= 3 };
        !group.is_empty() && length_fits && group.bytes().all(|byte| byte.is_ascii_digit())
    });
    sound.then(|| groups.concat())
}

/// Reads a whole number from `minimum` to [`MAX_QUANTITY`]. "100.0" is whole.
///
/// # Errors
/// [`ValueProblem`], saying what would be right.
pub fn parse_integer(text: &str, style: NumberStyle, minimum: i64) -> Result<i64, ValueProblem> {
    let decimal = parse_decimal(text, style)?;
    if decimal.scale != 0 {
        return Err(ValueProblem::NotWhole);
    }
    within(decimal.mantissa, minimum)
}

/// Reads an amount of money to minor units: 26.25 is 2625 when the currency has two digits.
///
/// # Errors
/// [`ValueProblem`], also when there are more digits than the currency has.
pub fn parse_money(text: &str, style: NumberStyle, scale: u8, minimum: i64) -> Result<i64, ValueProblem> {
    let decimal = parse_decimal(text, style)?;
    if decimal.scale > scale {
        return Err(ValueProblem::NotWholeUnits { unit: "the currency's smallest unit" });
    }
    within(decimal.at_scale(scale).ok_or(ValueProblem::TooLarge)?, minimum)
}

/// Units of weight a table may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum WeightUnit {
    /// Grams.
    #[serde(rename = "g")]
    Gram,
    /// Kilograms.
    #[default]
    #[serde(rename = "kg")]
    Kilogram,
    /// Metric tons of 1,000 kg.
    #[serde(rename = "t")]
    Ton,
}

impl WeightUnit {
    /// How many digits after the point are still whole grams.
    fn digits_to_gram(self) -> u8 {
        match self {
            WeightUnit::Gram => 0,
            WeightUnit::Kilogram => 3,
            WeightUnit::Ton => 6,
        }
    }
}

/// Reads a weight to whole grams.
///
/// # Errors
/// [`ValueProblem`], also for what is finer than a gram.
pub fn parse_weight(text: &str, style: NumberStyle, unit: WeightUnit) -> Result<i64, ValueProblem> {
    let decimal = parse_decimal(text, style)?;
    if decimal.scale > unit.digits_to_gram() {
        return Err(ValueProblem::NotWholeUnits { unit: "grams" });
    }
    within(decimal.at_scale(unit.digits_to_gram()).ok_or(ValueProblem::TooLarge)?, 0)
}

/// Keeps a number between the column's minimum and 2^53 on either side.
fn within(number: i64, minimum: i64) -> Result<i64, ValueProblem> {
    if number < minimum {
        return Err(ValueProblem::BelowMinimum { minimum });
    }
    if number.unsigned_abs() > MAX_QUANTITY.unsigned_abs() {
        return Err(ValueProblem::TooLarge);
    }
    Ok(number)
}

/// Packs to base units by an exact rational, `numerator` base units in `denominator` packs.
/// `None` when it does not come out whole or passes 2^53.
pub fn base_units(packs: Decimal, numerator: i64, denominator: i64) -> Option<i64> {
    let (packs, parts) = packs.fraction();
    let product = i128::from(packs) * i128::from(numerator);
    let divisor = i128::from(parts) * i128::from(denominator);
    if divisor == 0 || product % divisor != 0 {
        return None;
    }
    i64::try_from(product / divisor).ok().filter(|units| units.unsigned_abs() <= MAX_QUANTITY.unsigned_abs())
}
