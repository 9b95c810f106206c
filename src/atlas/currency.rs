//! Which currencies there are, and how many digits their minor units have.
//!
//! Amounts are kept in minor units, so only currencies that have one are listed: no metals, no funds of banks,
//! no codes for testing. A code that ISO 4217 has withdrawn stays, for what was given while it was in use.
//! Nothing here converts one currency into another.

use std::sync::LazyLock;

use super::country::quoted;
use super::sheet::{DataError, Sheet};

const CURRENCIES_CSV: &str = include_str!("../../data/currencies.csv");
const CURRENCIES_FILE: &str = "currencies.csv";

/// A currency of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    code: Box<str>,
    digits: u8,
    withdrawn: Option<u16>,
}

impl Currency {
    /// The alphabetic code, such as `USD`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Digits after the point: an amount of 26.25 with two is 2625 minor units.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// The year in which ISO 4217 withdrew the code, where it did.
    #[must_use]
    pub fn withdrawn(&self) -> Option<u16> {
        self.withdrawn
    }
}

/// No currency has this code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no currency; write its ISO 4217 code in capitals, such as USD")]
pub struct CurrencyError {
    text: String,
}

/// Reads a table with the columns of `data/currencies.csv`; returns it in the order of the codes.
///
/// # Errors
/// The first cell that cannot be read, or a code that stands in two rows, with its line and column.
pub fn currencies_from_csv(text: &str) -> Result<Vec<Currency>, DataError> {
    let sheet = Sheet::parse(CURRENCIES_FILE, text)?;
    let (code, digits) = (sheet.column("code")?, sheet.column("digits")?);
    let withdrawn = sheet.column("withdrawn")?;
    let mut currencies: Vec<Currency> = Vec::new();
    for row in sheet.rows() {
        let letters = row.required_text(code)?;
        if letters.len() != 3 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(row.fault(code, format!("'{letters}' is not three capital letters")));
        }
        if currencies.last().is_some_and(|before| before.code >= letters) {
            return Err(row.fault(code, format!("'{letters}' does not come after the row before")));
        }
        currencies.push(Currency {
            code: letters,
            digits: row.required(digits, "a number of digits")?,
            withdrawn: row.optional(withdrawn, "a year")?,
        });
    }
    Ok(currencies)
}

static TABLE: LazyLock<Result<Vec<Currency>, DataError>> =
    LazyLock::new(|| currencies_from_csv(CURRENCIES_CSV));

/// All currencies, in the order of their codes.
#[must_use]
pub fn currencies() -> &'static [Currency] {
    TABLE.as_deref().unwrap_or_default()
}

/// Says whether the embedded table could be read.
///
/// # Errors
/// The first fault in `data/currencies.csv`.
pub(super) fn check_embedded_currencies() -> Result<(), DataError> {
    TABLE.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// The currency of a code.
///
/// # Errors
/// [`CurrencyError`] where there is none.
pub fn find_currency(code: &str) -> Result<&'static Currency, CurrencyError> {
    let known = currencies();
    known
        .binary_search_by(|currency| (*currency.code).cmp(code))
        .ok()
        .and_then(|place| known.get(place))
        .ok_or_else(|| CurrencyError { text: quoted(code) })
}
