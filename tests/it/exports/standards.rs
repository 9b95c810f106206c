//! Files of others' standards, judged by others' tools: xmllint with IATI's schema, and a validator of JSON with EPCIS's.
//!
//! `./test` installs both. Where they are missing the story says so and goes on with what it can look at itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::take;
use crate::reconciliation::rich::Rich;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PUBLISHER: &str = "publisher=XM-DAC-41304&publisher_name=UNOSSC%20%26%20friends&publisher_type=40";

fn standard(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/standards").join(name)
}

/// Says why something is not asked; on CI everything is.
pub fn skipped(what: &str) {
    assert!(std::env::var("CI").is_err(), "{what}");
    println!("SKIPPED: {what}");
}

/// What xmllint says against a document; none where there is no xmllint.
pub fn xml_faults(text: &[u8]) -> Option<String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("it is written");
    let lint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(standard("iati-activities-schema.xsd"))
        .arg(file.path())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&lint.stderr).into_owned();
    Some(if lint.status.success() { String::new() } else { said })
}

/// What the validator says against a document; none where there is no validator.
pub fn json_faults(text: &str) -> Option<String> {
    const SCRIPT: &str = "
import json, sys, jsonschema, urllib.parse
formats = jsonschema.FormatChecker()
formats.checks('uri')(lambda text: not isinstance(text, str) or urllib.parse.urlsplit(text).scheme != '')
schema = json.load(open(sys.argv[1]))
document = json.load(open(sys.argv[2]))
for error in jsonschema.Draft7Validator(schema, format_checker=formats).iter_errors(document):
    print(list(error.absolute_path), error.message[:300])
";
    let python = std::env::var("RELIEF_SHAPELY").unwrap_or_else(|_| "python3".to_owned());
    let imported = Command::new(&python).args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    if !imported.is_ok_and(|status| status.success()) {
        return None;
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("it is written");
    let asked = Command::new(&python)
        .args(["-c", SCRIPT])
        .arg(standard("EPCISDocument.schema.json"))
        .arg(file.path())
        .output()
        .expect("it runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    Some(String::from_utf8_lossy(&asked.stdout).into_owned())
}

/// The texts between a tag's beginning and its end.
fn attribute<'a>(text: &'a str, element: &str, name: &str) -> Vec<&'a str> {
    text.split(&format!("<{element} "))
        .skip(1)
        .filter_map(|rest| rest.split('>').next()?.split(&format!("{name}=\"")).nth(1)?.split('"').next())
        .collect()
}

on_both_databases! {
    migrate: migrate;

    fn an_activity_is_valid_and_nobody_is_told_to_add_people_up(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let target = json!({"programme": scene.programme, "area": "GH", "group": "all", "sector": "health", "people": 5_000});
        scene.manager.post("/api/v1/targets", &json!({"rows": [target]})).expect(201);
        let text = take(&scene.auditor, &format!("iati?{PUBLISHER}")).text;
        match xml_faults(text.as_bytes()) {
            Some(said) => assert_eq!(said, "", "{text}"),
            None => skipped("xmllint is missing; ./test installs it"),
        }
        assert!(text.contains("XM-DAC-41304-CITIES") && text.contains("UNOSSC &amp; friends"), "{text}");
        assert_eq!(attribute(&text, "result", "aggregation-status"), ["1", "0"]);
        assert_eq!(attribute(&text, "target", "value")[1..], ["5000"]);
        let totals = rich.totals("item");
        let deployed = totals["rows"][0]["deployed"].to_string();
        assert_eq!(attribute(&text, "actual", "value")[0], deployed);
        let shares = attribute(&text, "recipient-country", "percentage");
        let cents: i64 = shares.iter().map(|share| share.replace('.', "").parse::<i64>().expect("a share")).sum();
        assert_eq!(cents, 10_000, "{shares:?}");

        // The broken twin: the same judge finds what is wrong.
        if let Some(said) = xml_faults(text.replace("iso-date=\"", "iso-date=\"the ").as_bytes()) {
            assert!(said.contains("iso-date"), "{said}");
        }
        let nothing = scene.house.login_bound(relief_ledger::auth::Role::Manager, None, Some("KE"));
        nothing.get(&format!("/api/v1/exports/iati?{PUBLISHER}")).refused("wrong_state", &["/programme"]);
    }

    fn an_activity_names_no_donor_who_asked_not_to_be_and_no_place_of_a_sensitive_programme(database: &TestDatabase) {
        let scene = Scene::new(database);
        let quiet = scene.organization("Quiet Federation", "CN");
        let (pledge, _) = scene.accepted(&quiet, 500);
        scene.accepted(&scene.organization("Open Council", "CN"), 700);
        let target = |area: &str, people: i64| {
            json!({"programme": scene.programme, "area": area, "group": "all", "sector": "health", "people": people})
        };
        let rows = json!({"rows": [target("GH", 5_000), target("GH-AA", 900)]});
        scene.manager.post("/api/v1/targets", &rows).expect(201);
        let told = || take(&scene.auditor, &format!("iati?{PUBLISHER}")).text;
        let before = told();
        assert!(["Quiet Federation", "Open Council", "GH-AA"].iter().all(|word| before.contains(word)), "{before}");
        scene.manager.post(&format!("/api/v1/pledges/{pledge}/named"), &json!({"named": "never"})).expect(200);
        let path = format!("/api/v1/programmes/{}", scene.programme);
        let revision = scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        scene.manager.patch(&path, revision, &json!({"sensitive": true})).expect(200);
        let after = told();
        assert!(!after.contains("Quiet Federation") && !after.contains("GH-AA"), "{after}");
        assert!(after.contains("Open Council") && after.contains("Donors who are not named"), "{after}");
        assert!(attribute(&after, "target", "value").contains(&"5000"), "{after}");
        assert_eq!(xml_faults(after.as_bytes()).unwrap_or_default(), "");
    }

    fn events_are_valid_and_what_was_restated_is_declared_an_error(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let text = take(&scene.auditor, "epcis").text;
        match json_faults(&text) {
            Some(said) => assert_eq!(said, ""),
            None => skipped("there is no Python with jsonschema; ./test makes one, or name one in RELIEF_SHAPELY"),
        }
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let events = document["epcisBody"]["eventList"].as_array().expect("events").clone();
        let of = |kind: &str| -> Vec<&Value> { events.iter().filter(|event| event["relief:kind"] == kind).collect() };
        let shipped = of("departed");
        assert!(shipped.iter().all(|event| event["bizStep"] == "shipping" && event["disposition"] == "in_transit"));
        assert_eq!(shipped[0]["quantityList"][0]["quantity"], 1_200);
        let received: i64 = of("received").iter().map(|event| event["quantityList"][0]["quantity"].as_i64().expect("a figure")).sum();
        assert_eq!(received, 500 + 560 + 40 + 30 + 5 + 50, "what was over was received, and what is missing was not");
        assert_eq!(of("lost")[0]["bizStep"], "urn:relief-ledger:step:lost");

        // What was handed out as 120 was 110.
        let uri = format!("urn:uuid:{}", rich.distributed);
        let told: Vec<&Value> = events.iter().filter(|event| event["eventID"] == uri.as_str()).collect();
        assert_eq!(told.len(), 2, "as it was, and as an error");
        assert_eq!((told[0]["quantityList"][0]["quantity"].as_i64(), &told[0]["errorDeclaration"]), (Some(120), &Value::Null));
        let error = &told[1]["errorDeclaration"];
        assert_eq!(error["reason"], "incorrect_data");
        let right = events.iter().find(|event| event["eventID"] == error["correctiveEventIDs"][0]).expect("the correction");
        assert_eq!((right["bizStep"].as_str(), right["quantityList"][0]["quantity"].as_i64()), (Some("dispensing"), Some(110)));

        // The move that was taken back did not occur, and is told no further.
        let undone: Vec<&Value> =
            events.iter().filter(|event| event["errorDeclaration"]["reason"] == "did_not_occur").collect();
        assert_eq!((undone.len(), undone[0]["relief:kind"].as_str()), (1, Some("moved")));
        assert_eq!(undone[0]["errorDeclaration"]["correctiveEventIDs"], json!([]));
        assert!(of("reversed").is_empty());

        // The broken twin.
        if let Some(said) = json_faults(&text.replacen("\"+00:00\"", "\"UTC\"", 1)) {
            assert!(said.contains("eventList"), "{said}");
        }
        let one = take(&scene.auditor, &format!("epcis?consignment={}", rich.under_way)).text;
        let one: Value = serde_json::from_str(&one).expect("JSON");
        let own = format!("urn:relief-ledger:consignment:{}", rich.under_way);
        for event in one["epcisBody"]["eventList"].as_array().expect("events") {
            assert_eq!(event["bizTransactionList"][0]["bizTransaction"], own.as_str());
        }
        scene.verifies();
    }
}
