//! What is looked at in a client's event whatever its kind: how long its texts are, and how the identifiers
//! it makes are made.
//!
//! It looks at the event as it was sent and not kind by kind, so that a member added tomorrow is looked at
//! too. What waits, and what is made here, is not looked at; and what a client sends again was recorded before
//! anything found here counts.

use crate::core::check::{REFERENCE_CHARS_MAX, WORDS_CHARS_MAX, check_client_id, check_text};
use crate::core::problem::Outcome;
use serde_json::Value;

/// Members that hold a number somebody gave, and no sentence.
const REFERENCES: [&str; 4] = ["document", "number", "reference", "report_number"];
/// Members that hold things made by the event, whose identifiers the client makes.
const MAKES: [&str; 2] = ["child", "legs"];

/// Checks the texts and new identifiers of an event.
///
/// # Errors
/// `invalid`, naming the member as deep as it lies; it never repeats a text.
pub fn check_words(event: &Value) -> Outcome<()> {
    look(event, &mut String::new(), "", false)
}

/// Looks at the member `name` at `pointer`; `is_made` says that the event makes what it describes.
fn look(value: &Value, pointer: &mut String, name: &str, is_made: bool) -> Outcome<()> {
    let length = pointer.len();
    match value {
        Value::String(text) => {
            if is_made && name == "id" {
                check_client_id(pointer, text.parse().ok())?;
            }
            let most = if REFERENCES.contains(&name) { REFERENCE_CHARS_MAX } else { WORDS_CHARS_MAX };
            check_text(pointer, Some(text), most)?;
        }
        Value::Array(values) => {
            for (index, one) in values.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                look(one, pointer, name, is_made)?;
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            let is_made = MAKES.contains(&name);
            for (member, one) in members {
                pointer.push('/');
                pointer.push_str(&member.replace('~', "~0").replace('/', "~1"));
                look(one, pointer, member, is_made)?;
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}
