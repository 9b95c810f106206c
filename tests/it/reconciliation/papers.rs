//! Numbers nobody can account for, and what no paper shows.

use serde_json::{Value, json};

use super::rich::{Rich, figure};
use crate::papers::files::photo;
use crate::stories::scene::id;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn note(rich: &Rich, site: &str, more: Value) -> Value {
    let mut body = json!({"id": id(), "kind": "grn", "site": site, "issued_on": "2020-08-05"});
    body.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
    rich.scene.officer.post("/api/v1/documents", &body).expect(201)
}

/// How many events of a kind want a paper, and how many have none.
fn wanting(answer: &Value, kind: &str) -> (i64, i64) {
    let sums = answer["without_evidence"]["sums"].as_array().expect("sums");
    sums.iter()
        .find(|sum| sum["kind"] == kind)
        .map_or((0, 0), |sum| (figure(&sum["entries"]), figure(&sum["without"])))
}

on_both_databases! {
    migrate: migrate;

    fn every_number_is_accounted_for_or_named(database: &TestDatabase) {
        let rich = Rich::told(database);
        for _ in 0..3 {
            note(&rich, &rich.hub, json!({}));
        }
        let void = note(&rich, &rich.hub, json!({}));
        let path = format!("/api/v1/documents/{}/void", void["id"].as_str().expect("an id"));
        let before = rich.ask("item&sections=numbers")["sequence"].clone();
        rich.scene.officer.post(&path, &json!({"reason": "written twice"})).expect(200);
        let block = json!({"id": id(), "kind": "grn", "site": rich.hub, "year": 2020, "count": 10, "holder": "book 12"});
        rich.scene.officer.post("/api/v1/documents/blocks", &block).expect(201);
        let series = |question: &str| rich.ask(&format!("item&sections=numbers{question}"))["numbers"]["series"][0].clone();
        let now = series("");
        let counts = |series: &Value| ["given", "used", "void", "open", "gaps"].map(|member| figure(&series[member]));
        assert_eq!(counts(&now), [14, 3, 1, 10, 0], "{now:#}");
        assert_eq!(counts(&series(&format!("&known_at={before}"))), [4, 4, 0, 0, 0], "as it was known then");
        assert_eq!(rich.ask(&format!("item&sections=numbers&site={}", rich.beijing))["numbers"]["series"], json!([]));
        tamper(&rich.scene.url, "DELETE FROM document_numbers WHERE serial = 2");
        let broken = rich.ask("item&sections=numbers");
        assert_eq!((&broken["closes"], &broken["numbers"]["gaps"]), (&json!(false), &json!(1)));
        assert_eq!(broken["numbers"]["series"][0]["missing"], json!([2]));
    }

    fn what_no_paper_shows_is_listed_until_one_does(database: &TestDatabase) {
        let rich = Rich::told(database);
        let before = rich.ask("item&sections=without_evidence");
        assert_eq!((wanting(&before, "distributed"), wanting(&before, "delivered")), ((1, 1), (1, 1)), "{before:#}");
        assert_eq!((wanting(&before, "lost"), wanting(&before, "disposed"), wanting(&before, "received")), ((1, 1), (1, 1), (1, 1)));
        let listed = |answer: &Value| {
            let entries = answer["without_evidence"]["entries"].as_array().expect("entries");
            entries.iter().find(|entry| entry["event"]["id"] == rich.distributed.as_str()).map(|entry| figure(&entry["papers"]))
        };
        assert_eq!(listed(&before), Some(0));
        let list = json!({"kind": "distribution_list", "number": "D-1", "events": [rich.distributed], "consignment": null});
        let list = note(&rich, &rich.hub, list);
        let unattached = rich.ask("item&sections=without_evidence");
        assert_eq!(listed(&unattached), Some(1), "a paper without a photo shows nothing");
        let seen = rich.scene.officer.upload("/api/v1/attachments", "image/jpeg", &photo(7)).expect(201);
        let path = format!("/api/v1/documents/{}/evidence", list["id"].as_str().expect("an id"));
        rich.scene.officer.post(&path, &json!({"attachments": [seen["id"]]})).expect(200);
        let shown = rich.ask("item&sections=without_evidence");
        assert_eq!((listed(&shown), wanting(&shown, "distributed")), (None, (1, 0)));
        // From the cell, the paper is found too.
        let entries = rich.scene.auditor.get("/api/v1/reconciliation/entries?account=distributed").expect(200);
        let papers = &entries["items"][0]["documents"];
        assert_eq!((&papers[0]["id"], &papers[0]["voided"]), (&list["id"], &json!(false)), "{entries:#}");
        // As it was known before, nothing showed it.
        let then = rich.ask(&format!("item&sections=without_evidence&known_at={}", before["sequence"]));
        assert_eq!(then["without_evidence"], before["without_evidence"]);
    }
}
