//! Numbers of a programme's register are hashed under a key of that programme before anything else is done with them.
//!
//! The key is made from one in the vault, outside the database: whoever has the database alone can neither read a number
//! nor try one out, and the same person of two programmes is two hashes. Never here: a number that outlives the call.

use super::rules::EVENT_IDS_MAXIMUM;
use crate::core::check::REFERENCE_CHARS_MAX;
use crate::vault::Vault;
use serde_json::Value;
use uuid::Uuid;

/// Puts keyed hashes in the place of the numbers that an event has, be it a distribution or what corrects one. What
/// cannot be a number stays and is refused where the event is judged.
pub fn blind(vault: &Vault, event: &mut Value) {
    for at in ["/reached", "/right/reached"] {
        let Some(Value::Array(reached)) = event.pointer_mut(at) else { continue };
        for one in reached {
            let programme =
                one.get("programme").and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok());
            let Some(programme) = programme else {
                // Whoever says no programme is refused, and is not to leave numbers behind.
                forget(one);
                continue;
            };
            let purpose = format!("register of the programme {programme}");
            let Some(Value::Array(ids)) = one.get_mut("registered") else { continue };
            if ids.len() > EVENT_IDS_MAXIMUM {
                ids.iter_mut().for_each(|id| *id = Value::String("?".to_owned()));
                continue;
            }
            for id in ids {
                let hashed = id
                    .as_str()
                    .map(str::trim)
                    .filter(|text| is_number(text))
                    .map(|text| vault.keyed(&purpose, text));
                *id = Value::String(hashed.unwrap_or_else(|| "?".to_owned()));
            }
        }
    }
}

/// Whether an event has such numbers at all.
pub fn is_to_blind(event: &Value) -> bool {
    ["/reached", "/right/reached"].iter().any(|at| event.pointer(at).is_some())
}

fn is_number(text: &str) -> bool {
    (1..=REFERENCE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn forget(one: &mut Value) {
    if let Some(Value::Array(ids)) = one.get_mut("registered") {
        ids.iter_mut().for_each(|id| *id = Value::String("?".to_owned()));
    }
}
