//! Records that were taken away come back: into the same ledger they change nothing, into an empty one they give the same
//! totals.

use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use relief_ledger::exchange::records::read::{RecordMapping, read_records};
use relief_ledger::exchange::records::{BODY_CHARS, body_parts};
use serde_json::{Value, json};

use crate::carrying::empty_like;
use crate::reconciliation::rich::Rich;
use crate::stories::scene::{Scene, id};
use crate::support::books::assert_sound;
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn relief(url: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(arguments)
        .args(["--database-url", url])
        .current_dir(folder)
        .output()
        .expect("relief runs")
}

/// What became of a file of records.
fn import(url: &str, folder: &Path, file: &str) -> Value {
    let done = relief(url, folder, &["import", file, "--mapping", "relief", "--json"]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{file}: {error}: {text} {}", String::from_utf8_lossy(&done.stderr)))
}

/// Totals of everything, without what says when they were told.
fn totals(url: &str, folder: &Path, group: &str) -> Value {
    let done = relief(url, folder, &["totals", "--group-by", group, "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut view: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    view.as_object_mut().expect("an object").remove("sequence");
    view
}

const GROUPS: [&str; 8] =
    ["programme,item", "donor", "lot", "country", "site", "holder", "owner,consignee", "corridor,month"];

on_both_databases! {
    migrate: migrate;

    fn records_come_back_to_the_same_ledger_and_to_an_empty_one(database: &TestDatabase) {
        let rich = Rich::told(database);
        let url = rich.scene.url.clone();
        let scene = rich.scene;
        scene.house.stop();
        let folder = tempfile::tempdir().expect("a folder");
        let told: Vec<Value> = GROUPS.iter().map(|group| totals(&url, folder.path(), group)).collect();
        for (kind, file) in [("ndjson", "ledger.ndjson"), ("csv", "ledger.csv"), ("xlsx", "ledger.xlsx")] {
            let done = relief(&url, folder.path(), &["export", kind, "--table", "records", "--out", file]);
            assert!(done.status.success(), "{kind}: {}", String::from_utf8_lossy(&done.stderr));
            let same = import(&url, folder.path(), file);
            assert_eq!((same["created"].as_u64(), &same["rejected"]), (Some(0), &json!([])), "{kind}");
            let unchanged = same["unchanged"].as_u64().expect("a number");
            assert!(unchanged > 30, "{unchanged} records");

            let other = empty_like(database);
            let new = import(other.url(), folder.path(), file);
            assert_eq!(new["rejected"], json!([]), "{kind}");
            assert_eq!((new["created"].as_u64(), new["unchanged"].as_u64()), (Some(unchanged), Some(0)), "{kind}");
            for (group, told) in GROUPS.iter().zip(&told) {
                assert_eq!(&totals(other.url(), folder.path(), group), told, "{kind}, by {group}");
            }
            assert_sound(other.url());
            let twice = import(other.url(), folder.path(), file);
            assert_eq!((twice["created"].as_u64(), twice["unchanged"].as_u64()), (Some(0), Some(unchanged)), "{kind}");
        }
        // A dry run says the same and records nothing.
        let other = empty_like(database);
        assert!(relief(other.url(), folder.path(), &["migrate"]).status.success());
        let dry = ["import", "ledger.csv", "--mapping", "relief", "--dry-run", "--json"];
        let dry: Value = serde_json::from_slice(&relief(other.url(), folder.path(), &dry).stdout).expect("JSON");
        assert_eq!(dry["rejected"], json!([]));
        assert_eq!(import(other.url(), folder.path(), "ledger.csv")["created"], dry["created"], "nothing was there yet");

        // What is edited says something else, and is refused for itself.
        let edited = std::fs::read_to_string(folder.path().join("ledger.csv")).expect("a table").replace("Hainan", "Henan");
        std::fs::write(folder.path().join("edited.csv"), edited).expect("it is written");
        let refused = import(&url, folder.path(), "edited.csv");
        let reasons = refused["rejected"].as_array().expect("rows");
        assert_eq!(reasons.len(), 1, "{reasons:#?}");
        assert!(reasons[0]["reason"].to_string().contains("something else"), "{reasons:#?}");
        // Entries follow from records, and are no records.
        assert!(relief(&url, folder.path(), &["export", "csv", "--out", "entries.csv"]).status.success());
        let wrong = relief(&url, folder.path(), &["import", "entries.csv", "--mapping", "relief"]);
        assert_eq!(wrong.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&wrong.stderr).contains("--table records"));
    }

    fn what_was_split_off_diverted_lotted_and_given_unasked_comes_back(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Dakar", "warehouse", "SN"));
        // Numbers that a careless reader of JSON takes for their neighbours.
        let banjul = scene.site_at("Banjul", "city", "GM", (13.454_876_000_000_002, -16.579_032_299_999_998));
        let gift = json!({"programme": scene.programme, "kind": "unsolicited", "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 400}]});
        let gift = scene.officer.post("/api/v1/pledges", &gift).expect(201)["id"].clone();
        scene.does("collected", "2020-07-02", json!({"pledge": gift, "site": hub, "lines": [scene.line(400)]})).expect(201);
        let (pledge, line) = scene.accepted(&donor, 1_000);
        let lot = json!({"item": scene.masks, "lot": "=A-1", "expires_on": "2032-09-30", "quantity": 500});
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": [lot]})).expect(201);
        let change = json!({"pledge": pledge, "line": line, "quantity": 300, "country": "SN", "reason": "asked for there",
            "consent": {"organization": donor, "given_on": "2020-07-12", "filed": "file 3"}});
        scene.does("earmark_changed", "2020-07-12", change).expect(201);
        let way = scene.consignment(&city, &[&beijing, &hub, &banjul]);
        let sent = json!({"consignment": way["id"], "leg": way["leg_ids"][0], "lines": [scene.line(200)]});
        scene.does("departed", "2020-08-01", sent).expect(201);
        let diverted = json!({"consignment": way["id"], "leg": way["leg_ids"][0], "reason": "strike",
            "legs": [{"mode": "sea", "from": beijing, "to": banjul}]});
        scene.does("diverted", "2020-08-02", diverted).expect(201);
        let parted = scene.consignment(&city, &[&beijing, &banjul]);
        let allocated = json!({"consignment": parted["id"], "site": beijing, "lines": [scene.line(50)]});
        scene.decides("allocated", "2020-08-03", allocated).expect(201);
        let split = json!({"consignment": parted["id"], "site": beijing, "lines": [scene.line(10)],
            "child": {"id": id(), "consignee": city, "destination": banjul, "legs": [{"mode": "air", "from": beijing, "to": banjul}]}});
        scene.does("split", "2020-08-04", split).expect(201);
        let url = scene.url.clone();
        scene.house.stop();

        let folder = tempfile::tempdir().expect("a folder");
        let done = relief(&url, folder.path(), &["export", "csv", "--table", "records", "--out", "ledger.csv"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(import(&url, folder.path(), "ledger.csv")["created"], 0);
        let other = empty_like(database);
        assert_eq!(import(other.url(), folder.path(), "ledger.csv")["rejected"], json!([]));
        for group in GROUPS {
            assert_eq!(totals(other.url(), folder.path(), group), totals(&url, folder.path(), group), "by {group}");
        }
        assert_sound(other.url());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a file has in it, it is read or refused.
    #[test]
    fn no_file_of_records_stops_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..2_000), begins in 0..4_usize) {
        let mapping = RecordMapping::find("relief").expect("it is understood").expect("it is built in");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("records");
        let beginning: &[u8] = [&b""[..], b"{\"record\":", b"# export: x\r\nrecord,id,body\r\n", b"PK\x03\x04"][begins];
        std::fs::write(&file, [beginning, &bytes].concat()).expect("it is written");
        drop(read_records(&file, &mapping).and_then(|records| records.readable()));
    }

    /// The parts of a body are the body, and each fits a cell.
    #[test]
    fn a_body_in_parts_is_the_body(letters in "\\PC{0,40}", times in 1..4_000_usize) {
        let body = letters.repeat(times);
        let parts = body_parts(&body);
        prop_assert_eq!(parts.concat(), body.as_str());
        prop_assert!(parts.iter().all(|part| part.chars().count() <= BODY_CHARS));
    }
}
