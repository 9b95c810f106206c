//! What serde says of a body, in words for whoever sent it.

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
