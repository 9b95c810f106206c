//! What each kind of file says of itself, whoever takes it and by which way, and its digest in the log.

use std::collections::BTreeMap;

use relief_ledger::exports::Kind;
use serde_json::Value;

use super::command::export;
use super::workbook::sheet;
use super::{digest, listed, table, take};
use crate::reconciliation::rich::Rich;
use crate::stories::scene::Scene;
use crate::support::server::migrate;
use crate::support::{on_both_databases, until};

/// What a file says of itself, by name.
type Stamp = BTreeMap<String, String>;

/// Who publishes, as IATI alone is told.
const PUBLISHER: [(&str, &str); 3] =
    [("publisher", "XM-DAC-41304"), ("publisher_name", "UNOSSC"), ("publisher_type", "40")];

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Lines of a name and a value, each behind what begins it and up to what ends it.
fn lines(text: &str, begin: &str, end: &str) -> Stamp {
    let said = text.split(begin).skip(1).filter_map(|rest| rest.split(end).next()?.split_once(": "));
    said.map(|(name, value)| (name.to_owned(), value.trim_end().to_owned())).collect()
}

/// The same of a file that programs read.
fn members(stamp: &Value) -> Stamp {
    let members = stamp.as_object().expect("a stamp").iter();
    let mut told: Stamp = members.map(|(name, value)| (name.clone(), words(value))).collect();
    let filters = stamp["filters"].as_object().expect("filters").iter();
    let filters: Vec<String> = filters.map(|(name, value)| format!("{name}={}", words(value))).collect();
    told.insert("filters".to_owned(), filters.join(" "));
    let checkpoint = ["origin", "size", "root"].map(|name| words(&stamp["checkpoint"][name]));
    told.insert("checkpoint".to_owned(), checkpoint.join(" "));
    told
}

/// What a file of a kind says of itself.
fn stamp_of(kind: Kind, bytes: &[u8]) -> Stamp {
    let text = String::from_utf8_lossy(bytes);
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    match kind {
        Kind::Csv => table(&text).stamp,
        Kind::Ndjson => members(&json(text.lines().next().expect("a line"))),
        Kind::Xlsx => {
            let rows = sheet(bytes, "Summary").into_iter();
            rows.map(|row| (row["programme"].to_string(), row["item"].to_string())).collect()
        }
        Kind::Hxl => lines(&format!("\n{text}"), "\nrelief ", "\r\n"),
        Kind::Iati => lines(&text, "<!-- relief ", " -->"),
        Kind::Epcis => members(&json(&text)["relief:stamp"]),
        Kind::Geojson => members(&json(&text)["relief"]["stamp"]),
    }
}

/// What a kind of file is narrowed to: each by what it has words for.
fn narrowed(rich: &Rich, kind: Kind) -> (&'static str, String) {
    match kind {
        Kind::Csv | Kind::Ndjson | Kind::Hxl | Kind::Geojson => ("country", "GH".to_owned()),
        Kind::Xlsx | Kind::Iati => ("programme", rich.scene.programme.clone()),
        Kind::Epcis => ("consignment", rich.to_hub.clone()),
    }
}

fn publisher(kind: Kind) -> &'static [(&'static str, &'static str)] {
    if kind == Kind::Iati { &PUBLISHER } else { &[] }
}

/// The newest checkpoint in one line, once it is over everything there is: the next export has that one.
fn signed(scene: &Scene) -> String {
    until("a checkpoint over all of it", || {
        let text = scene.house.stranger().get("/api/v1/audit/checkpoint").text;
        let head: Vec<&str> = text.lines().take(3).collect();
        (head.get(1) == Some(&scene.log_size().to_string().as_str())).then(|| head.join(" "))
    })
}

/// A file says what the log says of it, and what was asked.
#[track_caller]
fn assert_stamped(scene: &Scene, kind: Kind, bytes: &[u8], asked: &[(&str, String)]) {
    let (word, told) = (kind.word(), stamp_of(kind, bytes));
    let found = listed(&scene.auditor);
    let one = found.iter().find(|one| one["id"] == told["export"].as_str());
    let one = one.unwrap_or_else(|| panic!("{word} is in no list: {told:#?}"));
    for name in ["kind", "begun_at", "sequence", "as_of", "scope"] {
        assert_eq!(told[name], words(&one[name]), "{word}: {name}");
    }
    assert_eq!((told["kind"].as_str(), told["scope"].as_str()), (word, "all"));
    assert_eq!(told["as_of"], "2020-08-31T23:59:59.999999Z", "{word}");
    let known = asked.iter().find(|(name, _)| *name == "known_at").map(|(_, value)| value);
    assert_eq!(Some(&told["known_at"]), known, "{word}");
    let mut filters: Vec<&str> = told["filters"].split(' ').collect();
    let mut wanted: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={value}")).collect();
    filters.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(filters, wanted, "{word}");
    assert!(
        told["digest"].contains("export.finished") && told["digest"].contains(&told["export"]),
        "{told:#?}"
    );
    assert_eq!(one["sha256"], digest(bytes).as_str(), "{word}");
    assert_eq!(one["bytes"], bytes.len(), "{word}");
    // The twin: a byte more is another file.
    assert_ne!(one["sha256"], digest(&[bytes, b"\n"].concat()).as_str(), "{word}");
}

on_both_databases! {
    migrate: migrate;

    fn each_kind_of_file_says_what_it_is_and_has_its_digest_in_the_log_by_either_way(database: &TestDatabase) {
        let rich = Rich::told(database);
        let (scene, folder) = (&rich.scene, tempfile::tempdir().expect("a folder"));
        let known = scene.log_size().to_string();
        for kind in Kind::ALL {
            let (name, value) = narrowed(&rich, kind);
            let asked = [(name, value), ("as_of", "2020-08-31".to_owned()), ("known_at", known.clone())];
            let mut query: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={value}")).collect();
            query.extend(publisher(kind).iter().map(|(name, value)| format!("{name}={value}")));
            let head = signed(scene);
            let taken = take(&scene.auditor, &format!("{}?{}", kind.word(), query.join("&")));
            assert_eq!(stamp_of(kind, &taken.bytes)["export"], taken.id);
            assert_eq!(stamp_of(kind, &taken.bytes)["checkpoint"], head, "{}", kind.word());
            assert_stamped(scene, kind, &taken.bytes, &asked);

            // By command the same, of the operator.
            let mut arguments = vec![kind.word().to_owned(), "--out".to_owned(), kind.word().to_owned()];
            let publisher = publisher(kind).iter().map(|(name, value)| (*name, (*value).to_owned()));
            for (name, value) in asked.iter().cloned().chain(publisher) {
                arguments.extend([format!("--{}", name.replace('_', "-")), value]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let head = signed(scene);
            let done = export(database.url(), folder.path(), &arguments);
            assert!(done.status.success(), "{}: {}", kind.word(), String::from_utf8_lossy(&done.stderr));
            let written = std::fs::read(folder.path().join(kind.word())).expect("a file");
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            assert!(said.contains(&digest(&written)), "{}: {said}", kind.word());
            assert_eq!(stamp_of(kind, &written)["checkpoint"], head, "{}", kind.word());
            assert_stamped(scene, kind, &written, &asked);
        }
        scene.verifies();
    }
}
