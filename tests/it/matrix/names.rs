//! Whatever an event names: each identifier that may stand in one is in the list that reach is asked by.

use std::collections::{BTreeMap, BTreeSet};

use relief_ledger::events::{Command, Kind, Named};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stories::scene::{event, id};

/// The schemas that others refer to, by their names.
fn components() -> BTreeMap<String, Value> {
    let (_, named) = Kind::schemas();
    named.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).expect("a schema"))).collect()
}

/// A value with an identifier wherever one may stand.
fn filled(schema: &Value, components: &BTreeMap<String, Value>) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return filled(components.get(name).unwrap_or_else(|| panic!("no schema {name}")), components);
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(one) =
            schema[several].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return filled(one, components);
        }
    }
    let is_a = |name: &str| {
        schema["type"] == name
            || schema["type"].as_array().is_some_and(|types| types.iter().any(|one| one == name))
    };
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    if let Some(members) = schema["properties"].as_object() {
        return members.iter().map(|(name, schema)| (name.clone(), filled(schema, components))).collect();
    }
    if is_a("array") {
        return json!([filled(&schema["items"], components)]);
    }
    if is_a("string") {
        return match schema["format"].as_str() {
            Some("uuid") => json!(id()),
            Some("date-time") => json!("2020-08-01T00:00:00Z"),
            _ => schema.get("example").cloned().unwrap_or_else(|| json!("words")),
        };
    }
    if is_a("integer") {
        return json!(1);
    }
    if is_a("boolean") {
        return json!(true);
    }
    json!({})
}

/// Every identifier in a value, by where it stands.
pub fn identifiers(value: &Value, pointer: &str) -> Vec<(String, Uuid)> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| identifiers(value, &format!("{pointer}/{name}")))
            .collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, value)| identifiers(value, &format!("{pointer}/{index}"))).collect()
        }
        Value::String(text) => text.parse().map(|id| vec![(pointer.to_owned(), id)]).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Where identifiers stand that the list has not.
fn unlisted(details: &Value, listed: &[Named]) -> Vec<String> {
    let listed: BTreeSet<Uuid> = listed.iter().map(|named| named.uuid()).collect();
    let of = identifiers(details, "").into_iter();
    of.filter(|(_, id)| !listed.contains(id)).map(|(pointer, _)| pointer).collect()
}

/// An event of a kind as it is read.
pub fn kind_of(word: &str, details: &Value) -> Kind {
    let body = event(&id(), word, "2020-08-01", details.clone());
    Command::read(body).unwrap_or_else(|problem| panic!("{word}: {problem}: {details:#}")).kind
}

#[test]
fn every_identifier_that_an_event_can_name_is_in_the_list_that_reach_is_asked_by() {
    let components = components();
    let (kinds, _) = Kind::schemas();
    let words: BTreeSet<&str> = kinds.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, Kind::WORDS.iter().copied().collect());
    let mut count = 0;
    for (word, schema) in &kinds {
        let details = filled(&serde_json::to_value(schema).expect("a schema"), &components);
        let listed = kind_of(word, &details).names();
        assert_eq!(unlisted(&details, &listed), Vec::<String>::new(), "{word}: {details:#}");
        count += identifiers(&details, "").len();

        // Twins: a list that lacks any one of them.
        for index in 0..listed.len() {
            let mut lacking = listed.clone();
            lacking.remove(index);
            assert_eq!(unlisted(&details, &lacking).len(), 1, "{word}: {:?}", listed[index]);
        }
    }
    assert!(count > 100, "only {count} identifiers were found in the schemas");
}
