//! Numbers, days, weights and amounts as each language writes them. Nothing is rounded.

use super::rules::Language;
use crate::atlas::find_currency;
use chrono::Datelike;

/// A whole number with its digits in groups. Spanish groups none of four digits.
pub fn number(language: Language, value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "\u{2212}" } else { "" };
    let separator = match language {
        Language::English | Language::Chinese | Language::Arabic => ",",
        Language::French => "\u{202f}",
        Language::Russian => "\u{a0}",
        Language::Spanish if digits.len() < 5 => "",
        Language::Spanish => ".",
    };
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

/// What stands between a number and its fraction.
fn point(language: Language) -> char {
    match language {
        Language::English | Language::Chinese | Language::Arabic => '.',
        Language::French | Language::Spanish | Language::Russian => ',',
    }
}

/// A number of parts of which so many digits are a fraction.
fn fraction(language: Language, value: i64, digits: u32, is_trimmed: bool) -> String {
    let scale = 10_i64.checked_pow(digits).unwrap_or(i64::MAX);
    let mut part =
        format!("{:0width$}", value.unsigned_abs() % scale.unsigned_abs(), width = digits as usize);
    if is_trimmed {
        part.truncate(part.trim_end_matches('0').len());
    }
    let whole = number(language, value / scale);
    // A whole part of 0 has lost the sign.
    let sign = if value < 0 && value / scale == 0 { "\u{2212}" } else { "" };
    if part.is_empty() || digits == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}{}{part}", point(language))
}

/// Grams as kilograms.
pub fn kilograms(language: Language, grams: i64) -> String {
    fraction(language, grams, 3, true)
}

/// Cubic centimetres as cubic metres.
pub fn cubic_metres(language: Language, cubic_centimetres: i64) -> String {
    fraction(language, cubic_centimetres, 6, true)
}

/// So many of each million as so many of each thousand.
pub fn per_thousand(language: Language, per_million: i64) -> String {
    fraction(language, per_million, 3, true)
}

/// An amount of a currency in its minor unit, such as `26.25 USD`.
pub fn amount(language: Language, minor: i64, currency: &str) -> String {
    let digits = find_currency(currency).map_or(2, |known| u32::from(known.digits()));
    format!("{}\u{a0}{currency}", fraction(language, minor, digits, false))
}

/// A day, such as `2026-06-03`, in words; what is no day stays as it is.
pub fn day(language: Language, text: &str) -> String {
    let Ok(date) = chrono::NaiveDate::parse_from_str(text.get(..10).unwrap_or(text), "%Y-%m-%d") else {
        return text.to_owned();
    };
    let (year, month, day) = (date.year(), date.month(), date.day());
    let name = months(language).split(' ').nth(date.month0() as usize).unwrap_or_default();
    match language {
        Language::English | Language::Arabic => format!("{day} {name} {year}"),
        Language::French if day == 1 => format!("1er {name} {year}"),
        Language::French => format!("{day} {name} {year}"),
        Language::Spanish => format!("{day} de {name} de {year}"),
        Language::Russian => format!("{day} {name} {year}\u{a0}г."),
        Language::Chinese => format!("{year}年{month}月{day}日"),
    }
}

/// The months of a year, as they stand in a day.
fn months(language: Language) -> &'static str {
    match language {
        Language::English => {
            "January February March April May June July August September October November December"
        }
        Language::French => {
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
        }
        Language::Spanish => {
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
        }
        Language::Russian => {
            "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
        }
        Language::Chinese => "1 2 3 4 5 6 7 8 9 10 11 12",
        Language::Arabic => "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    }
}
