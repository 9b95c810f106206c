//! What the identifiers of an event stand for: our own URIs, those of GS1 in both spellings, and tracking codes at the end
//! of anybody's.

use crate::core::code::{TypedCode, read_tracking_code};
use uuid::Uuid;

/// What URIs of our own begin with.
pub const OWN: &str = "urn:relief-ledger:";
/// What the names of our own members in an event stand for.
pub const OWN_MEMBERS: &str = "urn:relief-ledger:epcis:";
/// Digits of a Serial Shipping Container Code.
const SSCC_DIGITS: usize = 18;
/// Digits of a Global Trade Item Number.
const GTIN_DIGITS: usize = 14;
/// Digits of a Global Location Number.
const GLN_DIGITS: usize = 13;

/// A paper that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A consignment, by our own identifier.
    Consignment(Uuid),
    /// What looks like a tracking code, in its usual spelling.
    Code(String),
    /// Somebody else's.
    Foreign,
}

/// A class of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// An item, by our own identifier, with its lot by ours.
    Item(Uuid, Option<Uuid>),
    /// An item by its code, or by what may be its code, with the number of its lot.
    Code(Vec<String>, Option<String>),
    /// Somebody else's.
    Foreign,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A site, by our own identifier.
    Site(Uuid),
    /// A site by its code.
    Code(String),
    /// Somebody else's.
    Foreign,
}

/// The code of UN/CEFACT's Recommendation 20 for a base unit that is measured and not counted.
pub fn unit_code(unit: &str) -> Option<&'static str> {
    match unit {
        "gram" => Some("GRM"),
        "kilogram" => Some("KGM"),
        "millilitre" => Some("MLT"),
        "litre" => Some("LTR"),
        "metre" => Some("MTR"),
        "square metre" => Some("MTK"),
        _ => None,
    }
}

/// The paper that a business transaction names.
pub fn paper(uri: &str) -> Paper {
    if let Some(id) = uri.strip_prefix(OWN).and_then(|rest| rest.strip_prefix("consignment:")) {
        return id.parse().map_or(Paper::Foreign, Paper::Consignment);
    }
    match read_tracking_code(&decoded(uri.rsplit([':', '/']).next().unwrap_or_default())) {
        TypedCode::Sound(code) => Paper::Code(code),
        TypedCode::Mistyped => Paper::Foreign,
    }
}

/// The digits of an SSCC, where it is one.
pub fn sscc(uri: &str) -> Option<String> {
    if let Some((company, serial)) =
        uri.strip_prefix("urn:epc:id:sscc:").and_then(|rest| rest.split_once('.'))
    {
        return keyed(company, serial, SSCC_DIGITS);
    }
    let digits = linked(uri, "00")?;
    (digits.len() == SSCC_DIGITS && is_checked(digits)).then(|| digits.to_owned())
}

/// The class that goods are of.
pub fn class(uri: &str) -> Class {
    if let Some(rest) = uri.strip_prefix(OWN) {
        return own_class(rest).unwrap_or(Class::Foreign);
    }
    let urn = |prefix: &str| uri.strip_prefix(prefix);
    if let Some(rest) = urn("urn:epc:class:lgtin:") {
        let mut parts = rest.splitn(3, '.');
        if let (Some(company), Some(item), Some(lot)) = (parts.next(), parts.next(), parts.next()) {
            return trade_item(keyed(company, item, GTIN_DIGITS), Some(decoded(lot)));
        }
    }
    if let Some(rest) = urn("urn:epc:idpat:sgtin:") {
        let mut parts = rest.split('.');
        if let (Some(company), Some(item), Some("*"), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            return trade_item(keyed(company, item, GTIN_DIGITS), None);
        }
    }
    match linked(uri, "01") {
        Some(digits) if is_checked(digits) => {
            trade_item(Some(format!("{digits:0>GTIN_DIGITS$}")), linked(uri, "10").map(decoded))
        }
        Some(_) | None => Class::Foreign,
    }
}

/// The place that a URI names.
pub fn place(uri: &str) -> Place {
    if let Some(id) = uri.strip_prefix(OWN).and_then(|rest| rest.strip_prefix("site:")) {
        return id.parse().map_or(Place::Foreign, Place::Site);
    }
    if let Some(code) = uri.strip_prefix(OWN).and_then(|rest| rest.strip_prefix("site-code:")) {
        return Place::Code(decoded(code));
    }
    if let Some(rest) = uri.strip_prefix("urn:epc:id:sgln:") {
        let mut parts = rest.split('.');
        if let (Some(company), Some(location)) = (parts.next(), parts.next()) {
            let digits = format!("{company}{location}");
            return with_check(&digits, GLN_DIGITS).map_or(Place::Foreign, Place::Code);
        }
    }
    match linked(uri, "414") {
        Some(digits) if digits.len() == GLN_DIGITS && is_checked(digits) => Place::Code(digits.to_owned()),
        Some(_) | None => Place::Foreign,
    }
}

fn own_class(rest: &str) -> Option<Class> {
    if let Some(rest) = rest.strip_prefix("item-code:") {
        let (code, lot) = match rest.split_once(":lot:") {
            Some((code, lot)) => (code, Some(decoded(lot))),
            None => (rest, None),
        };
        return Some(Class::Code(vec![decoded(code)], lot));
    }
    let rest = rest.strip_prefix("item:")?;
    match rest.split_once(":lot:") {
        Some((item, lot)) => Some(Class::Item(item.parse().ok()?, Some(lot.parse().ok()?))),
        None => Some(Class::Item(rest.parse().ok()?, None)),
    }
}

/// A trade item is one of ours whose code is its number, with or without the zeros in front.
fn trade_item(number: Option<String>, lot: Option<String>) -> Class {
    let Some(number) = number else { return Class::Foreign };
    let short = number.trim_start_matches('0');
    let mut codes = vec![number.clone(), short.to_owned(), format!("{short:0>13}")];
    codes.sort_unstable();
    codes.dedup();
    Class::Code(codes, lot)
}

/// A key whose first digit stands behind the company in the URN, with its check digit.
fn keyed(company: &str, rest: &str, length: usize) -> Option<String> {
    let (first, others) = rest.split_at_checked(1)?;
    with_check(&format!("{first}{company}{others}"), length)
}

/// Digits with their check digit, where they are so many with it.
fn with_check(digits: &str, length: usize) -> Option<String> {
    let is_whole = digits.len() + 1 == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| format!("{digits}{}", check_digit(digits)))
}

fn is_checked(digits: &str) -> bool {
    let (2.., true) = (digits.len(), digits.bytes().all(|byte| byte.is_ascii_digit())) else { return false };
    let (body, check) = digits.split_at(digits.len() - 1);
    check_digit(body).to_string() == check
}

/// GS1's check digit: every other digit from the right counts three times.
fn check_digit(digits: &str) -> u32 {
    let weights = [3, 1].into_iter().cycle();
    let sum: u32 =
        digits.bytes().rev().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    (10 - sum % 10) % 10
}

/// The value behind a key in the path of a GS1 Digital Link, on whosever server.
fn linked<'a>(uri: &'a str, key: &str) -> Option<&'a str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    parts.by_ref().find(|part| *part == key)?;
    parts.next()
}

/// A part of a URI without its escapes; what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let escaped = others.first_chunk::<2>().filter(|_| *first == b'%');
        let value = escaped.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { others.get(2..).unwrap_or_default() } else { others };
    }
    // What PostgreSQL cannot keep is no part of a name.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()).replace('\0', "")
}
