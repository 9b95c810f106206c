//! The parser of documents and events takes anything: no bytes and no JSON bring it down, and what is read is read the same
//! again.

use proptest::prelude::*;
use relief_ledger::captures::event::read_event;
use relief_ledger::captures::rules::read_document;
use relief_ledger::captures::uris::{Class, Paper, Place, class, paper, place, sscc};
use serde_json::{Map, Value, json};

/// Names that are looked at, and some that are not.
const NAMES: [&str; 26] = [
    "@context",
    "type",
    "schemaVersion",
    "creationDate",
    "epcisBody",
    "eventList",
    "eventID",
    "eventTime",
    "eventTimeZoneOffset",
    "action",
    "bizStep",
    "disposition",
    "epcList",
    "childEPCs",
    "parentID",
    "quantityList",
    "childQuantityList",
    "epcClass",
    "quantity",
    "uom",
    "bizTransactionList",
    "bizTransaction",
    "readPoint",
    "errorDeclaration",
    "relief:receipt",
    "other",
];
const WORDS: [&str; 16] = [
    "EPCISDocument",
    "ObjectEvent",
    "AggregationEvent",
    "2.0",
    "OBSERVE",
    "DELETE",
    "shipping",
    "receiving",
    "2020-08-01T00:00:00Z",
    "+00:00",
    "urn:uuid:01900000-0000-7000-8000-000000000001",
    "urn:relief-ledger:item-code:MASK:lot:%41",
    "urn:epc:id:sscc:0614141.1234567890",
    "https://id.gs1.org/01/09506000134352/10/A%2",
    "urn:relief-ledger:epcis:",
    "KGM",
];
/// What identifiers that are taken apart begin with.
const STARTS: [&str; 11] = [
    "",
    "urn:relief-ledger:item:",
    "urn:relief-ledger:item-code:",
    "urn:relief-ledger:site:",
    "urn:epc:id:sscc:",
    "urn:epc:class:lgtin:",
    "urn:epc:idpat:sgtin:",
    "urn:epc:id:sgln:",
    "https://x/00/",
    "https://x/01/",
    "https://x/414/",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(WORDS.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let name = prop_oneof![prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..10)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// An event that is right but for some members.
fn nearly() -> impl Strategy<Value = Value> {
    let member = (prop::sample::select(NAMES.to_vec()), anything());
    prop::collection::vec(member, 0..4).prop_map(|members| {
        let goods = json!({"quantityList": super::masks(5)});
        let mut event = super::seen("shipping", "2020-08-01T00:00:00Z", goods);
        let known = event.as_object_mut().expect("an object");
        known.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        event
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes_are_a_document_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            drop(read_document(value));
        }
    }

    #[test]
    fn any_json_is_a_document_or_refused(value in anything()) {
        let mut document = super::document(&[value.clone(), json!([value.clone()])]);
        document["@context"] = value.clone();
        for sent in [value, document] {
            if let Ok(document) = read_document(sent) {
                for event in &document.events {
                    drop(read_event(event, "/epcisBody/eventList/0", document.prefix.as_deref()));
                }
            }
        }
    }

    #[test]
    fn any_event_is_read_the_same_again_or_its_fault_has_a_place(event in nearly()) {
        // What is kept is its text.
        let event: Value = serde_json::from_str(&event.to_string()).expect("JSON");
        match read_event(&event, "/at", Some("relief")) {
            Ok(read) => {
                let kept: Value = serde_json::from_str(&event.to_string()).expect("JSON");
                let again = read_event(&kept, "", Some("relief")).expect("it was read before");
                prop_assert_eq!(again.row_id("all"), read.row_id("all"));
                prop_assert_ne!(again.row_id("all"), read.row_id("organization:1"), "of another sender it is another row");
                prop_assert_eq!(again, read);
            }
            Err(problem) => {
                prop_assert!(!problem.errors.is_empty());
                prop_assert!(problem.errors.iter().all(|error| error.pointer.starts_with("/at")), "{problem:?}");
            }
        }
    }

    #[test]
    fn any_text_is_an_identifier_or_somebody_elses(text in "\\PC{0,60}", tail in "\\PC{0,30}") {
        for start in STARTS {
            let uri = format!("{start}{text}.{tail}");
            drop((class(&uri), paper(&uri), place(&uri), sscc(&uri)));
        }
    }
}

#[test]
fn identifiers_of_both_spellings_are_the_same() {
    assert_eq!(sscc("urn:epc:id:sscc:0614141.1234567890").as_deref(), Some("106141412345678908"));
    assert_eq!(sscc("https://id.gs1.org/00/106141412345678908").as_deref(), Some("106141412345678908"));
    assert_eq!(sscc("https://id.gs1.org/00/106141412345678907"), None, "its check digit is wrong");
    let gtin = class("urn:epc:class:lgtin:4012345.012345.998877");
    assert_eq!(gtin, class("https://example.org/01/04012345123456/10/998877"));
    let Class::Code(codes, lot) = gtin else { panic!("a code") };
    for code in ["04012345123456", "4012345123456"] {
        assert!(codes.iter().any(|one| one == code), "{codes:?}");
    }
    assert_eq!(lot.as_deref(), Some("998877"));
    assert_eq!(place("urn:epc:id:sgln:4012345.00000.0"), Place::Code("4012345000009".to_owned()));
    assert_eq!(paper("urn:epcglobal:cbv:bt:0614141000005:PO-77"), Paper::Foreign);
    let code = relief_ledger::core::code::tracking_code(123_456_789);
    assert_eq!(paper(&format!("https://example.org/orders/{}", code.to_lowercase())), Paper::Code(code));
    let own = class("urn:relief-ledger:item-code:A%3AB:lot:%41-1");
    assert_eq!(own, Class::Code(vec!["A:B".to_owned()], Some("A-1".to_owned())));
}
