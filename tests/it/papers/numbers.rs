//! Numbers without gaps: given by the server, out of blocks offline, voided, accounted for.

use std::collections::BTreeSet;

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::postgres::PostgresDatabase;
use crate::support::server::{Caller, Reply, Server, migrate};

const DOCUMENTS: &str = "/api/v1/documents";

fn record(caller: &Caller, kind: &str, site: &str, number: Option<&str>) -> Reply {
    let mut body = json!({"id": id(), "kind": kind, "site": site, "issued_on": "2026-03-14"});
    if let Some(number) = number {
        body["number"] = json!(number);
    }
    caller.post(DOCUMENTS, &body)
}

fn number_of(reply: &Reply) -> String {
    reply.expect(201)["number"].as_str().expect("a number").to_owned()
}

fn report(caller: &Caller, kind: &str, site: &str) -> Value {
    caller.get(&format!("{DOCUMENTS}/numbers?kind={kind}&site={site}&year=2026&limit=500")).expect(200)
}

/// State, first and last of each run, shortened to their serials.
fn runs(report: &Value) -> Vec<String> {
    let serial = |value: &Value| {
        let text = value.as_str().expect("a number");
        text.rsplit_once('-').expect("a serial").1.trim_start_matches('0').to_owned()
    };
    let runs = report["items"].as_array().expect("runs").iter();
    runs.map(|run| {
        let (from, to, state) =
            (serial(&run["from"]), serial(&run["to"]), run["state"].as_str().expect("a state"));
        if from == to { format!("{from} {state}") } else { format!("{from}-{to} {state}") }
    })
    .collect()
}

/// What is wrong with the numbers of a series, in words: a number nobody knows of, or one that stands twice.
fn faults(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if report["counts"]["gaps"] != 0 {
        found.push(format!("{} gaps", report["counts"]["gaps"]));
    }
    found.extend(runs(report).into_iter().filter(|run| run.ends_with("gap")));
    found
}

/// So many goods received notes at once, shared among callers; returns their numbers.
fn at_once(callers: &[Caller], site: &str, count: usize) -> Vec<String> {
    let sending: Vec<_> = (0..count)
        .map(|index| {
            let (caller, site) = (callers[index % callers.len()].clone(), site.to_owned());
            std::thread::spawn(move || number_of(&record(&caller, "grn", &site, None)))
        })
        .collect();
    sending.into_iter().map(|one| one.join().expect("it is recorded")).collect()
}

fn assert_consecutive(numbers: &[String], prefix: &str) {
    let wanted: BTreeSet<String> =
        (1..=numbers.len()).map(|serial| format!("{prefix}-{serial:06}")).collect();
    assert_eq!(numbers.iter().cloned().collect::<BTreeSet<_>>(), wanted);
}

on_both_databases! {
    migrate: migrate;

    fn sixty_four_notes_at_once_get_sixty_four_numbers_without_a_gap(database: &TestDatabase) {
        let scene = Scene::new(database);
        let site = scene.site("Banjul", "city", "GM");
        let numbers = at_once(std::slice::from_ref(&scene.officer), &site, 64);
        assert_consecutive(&numbers, "GRN-GM-BANJUL-2026");
        let told = report(&scene.auditor, "grn", &site);
        assert_eq!(faults(&told), Vec::<String>::new());
        assert_eq!((&told["given"], &told["counts"]["used"]), (&json!(64), &json!(64)));
        scene.verifies();
        // Twin: a number that somebody takes out of the books is missed, by the report and by the log.
        tamper(database.url(), "DELETE FROM document_numbers WHERE serial = 17");
        assert_eq!(faults(&report(&scene.auditor, "grn", &site)), ["1 gaps", "17 gap"]);
        let (_, found) = crate::verify::verify(database.url(), std::path::Path::new("/nonexistent/keys"));
        assert_ne!(found["count"], 0);
    }

    fn each_kind_site_and_year_counts_for_itself_and_a_refused_document_takes_no_number(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (banjul, other) = (scene.site("Banjul", "city", "GM"), scene.site("Banjul port", "port", "GM"));
        let twin = scene.site("Banjul", "warehouse", "GM");
        let number = |kind: &str, site: &str| number_of(&record(&scene.officer, kind, site, None));
        assert_eq!(number("grn", &banjul), "GRN-GM-BANJUL-2026-000001");
        assert_eq!(number("pod", &banjul), "POD-GM-BANJUL-2026-000001");
        assert_eq!(number("loss_report", &other), "LR-GM-BANJULPORT-2026-000001");
        assert_eq!(number("grn", &twin), "GRN-GM-BANJUL.2-2026-000001", "another site of that name");
        let waybill = json!({"kind": "waybill", "mode": "cmr", "site": banjul, "issued_on": "2025-12-31", "reference": "CMR 4711"});
        let waybill = scene.officer.post(DOCUMENTS, &waybill).expect(201);
        assert_eq!((&waybill["number"], &waybill["reference"]), (&json!("WB-GM-BANJUL-2025-000001"), &json!("CMR 4711")));

        let refused = json!({"kind": "grn", "site": banjul, "issued_on": "2026-03-14", "consignment": id()});
        scene.officer.post(DOCUMENTS, &refused).refused("invalid", &["/consignment"]);
        assert_eq!(number("grn", &banjul), "GRN-GM-BANJUL-2026-000002", "the refused one took none");
        // The same again is the same document with the same number.
        let body = json!({"id": id(), "kind": "grn", "site": banjul, "issued_on": "2026-03-15"});
        let first = scene.officer.post(DOCUMENTS, &body).expect(201);
        let again = scene.officer.post(DOCUMENTS, &body).expect(200);
        assert_eq!((&again["number"], &again["receipt"]), (&first["number"], &Value::Null));
        let mut changed = body.clone();
        changed["filed"] = json!("folder 3");
        scene.officer.post(DOCUMENTS, &changed).refused("id_reused", &["/id"]);
        // What is not numbered here bears any number, even what looks like one of ours.
        let other = record(&scene.officer, "gift_certificate", &banjul, Some("GRN-GM-BANJUL-2026-000001"));
        assert_eq!(number_of(&other), "GRN-GM-BANJUL-2026-000001");
        record(&scene.officer, "waybill", &banjul, None).refused("invalid", &["/mode"]);
        assert_eq!(runs(&report(&scene.officer, "grn", &banjul)), ["1 used", "2 used", "3 used"]);
        scene.verifies();
    }

    fn a_block_is_used_offline_in_any_order_each_number_once_and_what_is_returned_is_void(database: &TestDatabase) {
        let scene = Scene::new(database);
        let site = scene.site("Koidu", "city", "SL");
        let officer = &scene.officer;
        let taken = |number: &str| record(officer, "grn", &site, Some(number));
        assert_eq!(number_of(&record(officer, "grn", &site, None)), "GRN-SL-KOIDU-2026-000001");
        let body = json!({"id": id(), "kind": "grn", "site": site, "year": 2026, "count": 5, "holder": "book 12"});
        let block = officer.post("/api/v1/documents/blocks", &body).expect(201);
        assert_eq!((&block["from"], &block["to"]), (&json!("GRN-SL-KOIDU-2026-000002"), &json!("GRN-SL-KOIDU-2026-000006")));
        assert_eq!(officer.post("/api/v1/documents/blocks", &body).expect(200)["from"], block["from"]);
        assert_eq!(number_of(&record(officer, "grn", &site, None)), "GRN-SL-KOIDU-2026-000007", "the server goes on behind it");
        assert_eq!(number_of(&taken("GRN-SL-KOIDU-2026-000005")), "GRN-SL-KOIDU-2026-000005");
        assert_eq!(number_of(&taken("GRN-SL-KOIDU-2026-000002")), "GRN-SL-KOIDU-2026-000002");
        let twice = taken("GRN-SL-KOIDU-2026-000005");
        assert!(twice.json()["holder"].is_string());
        twice.refused("duplicate", &["/number"]);
        for wrong in ["GRN-SL-KOIDU-2026-000001", "GRN-SL-KOIDU-2026-000008", "GRN-SL-KOIDU-2026-5", "GRN-SL-KOIDU-2026-0000005", "17"] {
            taken(wrong).refused("invalid", &["/number"]);
        }
        record(officer, "pod", &site, Some("GRN-SL-KOIDU-2026-000003")).refused("invalid", &["/number"]);
        assert_eq!(runs(&report(officer, "grn", &site)), ["1 used", "2 used", "3-4 open", "5 used", "6 open", "7 used"]);

        let path = format!("/api/v1/documents/blocks/{}/return", block["id"].as_str().expect("an id"));
        assert!(officer.post(&path, &json!({})).expect(200)["returned_at"].is_string());
        officer.post(&path, &json!({})).expect(200);
        taken("GRN-SL-KOIDU-2026-000003").refused("wrong_state", &["/number"]);
        let told = report(officer, "grn", &site);
        assert_eq!(runs(&told), ["1 used", "2 used", "3-4 void", "5 used", "6 void", "7 used"]);
        assert_eq!(told["counts"], json!({"used": 4, "void": 3, "open": 0, "gaps": 0}));

        // A page at a time it is the same.
        let first = officer.get(&format!("{DOCUMENTS}/numbers?kind=grn&site={site}&year=2026&limit=2")).expect(200);
        let after = first["next"].as_str().expect("there is more");
        let rest = officer.get(&format!("{DOCUMENTS}/numbers?kind=grn&site={site}&year=2026&after={after}")).expect(200);
        assert_eq!([runs(&first), runs(&rest)].concat(), ["1 used", "2 used", "3-4 void", "5 used", "6 void", "7 used"]);
        scene.verifies();
    }

    fn a_voided_document_stays_with_its_number(database: &TestDatabase) {
        let scene = Scene::new(database);
        let site = scene.site("Banjul", "city", "GM");
        let voided = record(&scene.officer, "grn", &site, None).expect(201);
        let path = format!("{DOCUMENTS}/{}", voided["id"].as_str().expect("an id"));
        scene.auditor.post(&format!("{path}/void"), &json!({"reason": "written twice"})).refused("forbidden", &[]);
        let told = scene.officer.post(&format!("{path}/void"), &json!({"reason": "written twice"})).expect(200);
        assert_eq!((&told["number"], &told["void_reason"]), (&voided["number"], &json!("written twice")));
        scene.officer.post(&format!("{path}/void"), &json!({"reason": "another reason"})).refused("wrong_state", &[]);
        scene.officer.post(&format!("{path}/evidence"), &json!({"events": [id()]})).refused("wrong_state", &[]);
        assert_eq!(number_of(&record(&scene.officer, "grn", &site, None)), "GRN-GM-BANJUL-2026-000002");
        assert_eq!(runs(&report(&scene.auditor, "grn", &site)), ["1 void", "2 used"]);
        assert_eq!(scene.auditor.get(&path).expect(200)["number"], "GRN-GM-BANJUL-2026-000001");
        scene.verifies();
    }
}

#[test]
fn two_processes_on_one_database_give_consecutive_numbers_too() {
    let database = TestDatabase::Postgres(PostgresDatabase::from_template(migrate));
    let scene = Scene::new(&database);
    let site = scene.site("Banjul", "city", "GM");
    let second = Server::start(&database);
    let callers = [scene.officer.clone(), second.login_as(Role::Officer)];
    let numbers = at_once(&callers, &site, 64);
    assert_consecutive(&numbers, "GRN-GM-BANJUL-2026");
    assert_eq!(faults(&report(&scene.auditor, "grn", &site)), Vec::<String>::new());
    scene.verifies();
}
