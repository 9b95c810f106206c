//! What serde says of a body, in words for whoever sent it.

use crate::core::problem::{Fault, FieldError};
use crate::core::quantity;

/// Characters of a refused value that are repeated.
const FOUND_CHARS_MAX: usize = 60;

/// The words without the names that types have in this program.
pub(super) fn plain(words: &str) -> String {
    for start in ["invalid type: ", "invalid value: ", "invalid length: "] {
        if let Some((found, expected)) =
            words.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected "))
        {
            return format!("{} is not {}", shown(found), meant(expected));
        }
    }
    if words.starts_with("UUID parsing failed") {
        return "is not an identifier; write a UUID like 01900000-0000-7000-8000-000000000001".to_owned();
    }
    let known = match words {
        "invalid digit found in string" => "is not a whole number; write it in digits",
        "cannot parse integer from empty string" => "is empty; write a whole number or leave it out",
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "is beyond any number taken here"
        }
        "provided string was not `true` or `false`" => "is neither true nor false",
        other => other,
    };
    known.to_owned()
}

/// A value as the sender wrote it.
fn shown(found: &str) -> String {
    let kinds = ["string ", "integer ", "floating point ", "boolean ", "character "];
    let value = kinds.iter().find_map(|kind| found.strip_prefix(kind)).unwrap_or(match found {
        "map" => "an object",
        "sequence" => "a list",
        "unit" | "unit value" | "Option value" => "null",
        other => other,
    });
    let value = value.trim_matches('`');
    match value.char_indices().nth(FOUND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// What would be right, for the types that members have.
fn meant(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "str" => "a text",
        "a sequence" => "a list",
        "a map" => "an object",
        "a formatted UUID string" => "an identifier, which is a UUID as text",
        "variant identifier" => "one of the words known here",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("enum ") => "one of the words known here",
        other => other,
    }
}

/// The same as a code with what would be right as data. serde knows words alone, so they are told apart here, once: what
/// the sender wrote stands before what was expected, and is never looked at for more than whether it is blank.
pub(super) fn coded(error: FieldError, words: &str) -> FieldError {
    for start in ["invalid type: ", "invalid value: ", "invalid length: "] {
        let told = words.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected "));
        if let Some((found, expected)) = told {
            return mistaken(error, found, expected);
        }
    }
    let starts = [
        ("missing field `", Fault::Required),
        ("unknown variant ``", Fault::Required),
        ("duplicate field `", Fault::Twice),
        ("UUID parsing failed", Fault::NotAnIdentifier),
        ("invalid digit found in string", Fault::NotANumber),
        ("cannot parse integer from empty string", Fault::Required),
        ("number too large to fit in target type", Fault::TooLarge),
        ("number too small to fit in target type", Fault::TooSmall),
    ];
    if let Some((_, code)) = starts.into_iter().find(|(start, _)| words.starts_with(start)) {
        return error.coded(code);
    }
    if words.starts_with("unknown variant `") {
        return error.none_of(named(words));
    }
    if words.starts_with("unknown field `") {
        return FieldError { choices: named(words), ..error.coded(Fault::UnknownField) };
    }
    if words == "provided string was not `true` or `false`" {
        return error.none_of(vec!["true".to_owned(), "false".to_owned()]);
    }
    // A time says by itself what it wants, as no type of serde's own does.
    if words.contains("\" is not a time; write RFC 3339") {
        let code = if words.starts_with("\"\"") { Fault::Required } else { Fault::NotATime };
        return error.coded(code);
    }
    error
}

/// The words that serde says were expected.
fn named(words: &str) -> Vec<String> {
    let behind = words.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    behind.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A value of which serde says what it found and what it expected.
fn mistaken(error: FieldError, found: &str, expected: &str) -> FieldError {
    let is_nothing = ["null", "unit", "unit value", "Option value", "string \"\""].contains(&found);
    if is_nothing {
        return error.coded(Fault::Required);
    }
    let range = match expected {
        "i8" => Some((Some(i64::from(i8::MIN)), Some(i64::from(i8::MAX)))),
        "i16" => Some((Some(i64::from(i16::MIN)), Some(i64::from(i16::MAX)))),
        "i32" => Some((Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX)))),
        // A bound that no reader of JSON keeps exactly is no help.
        "i64" => Some((None, None)),
        "u8" => Some((Some(0), Some(i64::from(u8::MAX)))),
        "u16" => Some((Some(0), Some(i64::from(u16::MAX)))),
        "u32" => Some((Some(0), Some(i64::from(u32::MAX)))),
        "u64" | "usize" => Some((Some(0), None)),
        // How a quantity says what it is.
        other if other.starts_with("a whole number of base units ") => {
            Some((Some(0), Some(quantity::MAXIMUM)))
        }
        _ => None,
    };
    match (range, found.strip_prefix("integer `")) {
        (Some((least, most)), Some(number)) => {
            let code = if number.starts_with('-') { Fault::TooSmall } else { Fault::TooLarge };
            FieldError { least, most, ..error.coded(code) }
        }
        (Some(_), None) => error.coded(Fault::NotANumber),
        (None, _) if matches!(expected, "f32" | "f64") => error.coded(Fault::NotANumber),
        (None, _) if expected == "a formatted UUID string" => error.coded(Fault::NotAnIdentifier),
        (None, _) if expected == "variant identifier" || expected.starts_with("enum ") => {
            error.coded(Fault::NotAChoice)
        }
        (None, _) => error.coded(Fault::WrongType),
    }
}
