//! The papers of documents, with their numbers and who signed.

use serde_json::json;

use super::stage::{CONSIGNOR, SIGNATORY, Stage, assert_says, assert_silent, file, page, read};
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn paper(document: &str) -> String {
    format!("/api/v1/documents/{document}/paper")
}

on_both_databases! {
    migrate: migrate;

    fn a_goods_received_note_says_what_came_and_who_signed(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (note, number) = stage.document("grn");
        let number = number.expect("a number");
        let officer = &stage.scene.officer;
        for text in [read(&file(officer, &paper(&note), "en").bytes), page(officer, &paper(&note), "en")] {
            assert_says(&text, &["Goods received note", &number, "6 August 2020", "Banjul, Gambia", &stage.code, CONSIGNOR, "NG-0620",
                "1,200", "1,190", "7", "3", "OLD-44", "Received by", SIGNATORY]);
        }
        // A correction of the receipt is on the paper that is printed after it.
        let right = json!({"consignment": stage.consignment, "leg": stage.leg, "final": true, "lines": [
            {"item": stage.gloves, "good": 1_191, "damaged": 6, "missing": 3, "reason": "a box was torn"},
            {"item": stage.scene.masks, "good": 4_000}]});
        let corrected = json!({"event": stage.receipt, "right": right, "reason": "counted again"});
        stage.scene.does("corrected", "2020-08-07", corrected).expect(201);
        let text = read(&file(officer, &paper(&note), "en").bytes);
        assert_says(&text, &["1,191"]);
        assert_silent(&text, &["1,190"]);
        let void = json!({"reason": "written twice"});
        stage.scene.receiver.post(&format!("/api/v1/documents/{note}/void"), &void).expect(200);
        assert_says(&read(&file(officer, &paper(&note), "fr").bytes), &["ANNULÉ", &number]);
    }

    fn a_proof_of_delivery_says_what_was_handed_over_and_who_signed(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (proof, number) = stage.document("pod");
        let number = number.expect("a number");
        let officer = &stage.scene.officer;
        for text in [read(&file(officer, &paper(&proof), "en").bytes), page(officer, &paper(&proof), "en")] {
            assert_says(&text, &["Proof of delivery", &number, "6 August 2020", "Banjul, Gambia", &stage.code, "Banjul City Council",
                CONSIGNOR, "Nitrile gloves", "NG-0620", "4,000", "OLD-44", "Received by", SIGNATORY]);
        }
        // Once the receipt is taken back nothing was handed over, whatever the paper says that was signed then.
        let never = json!({"event": stage.receipt, "reason": "it was another lorry"});
        stage.scene.does("reversed", "2020-08-07", never).expect(201);
        let text = read(&file(officer, &paper(&proof), "en").bytes);
        assert_says(&text, &["Proof of delivery", &number]);
        assert_silent(&text, &["4,000", "NG-0620"]);
    }

    fn a_donors_paper_names_nobody(database: &TestDatabase) {
        let stage = Stage::new(database);
        let donor = stage.donor();
        for kind in ["grn", "pod", "waybill", "loss_report", "gift_certificate"] {
            let (document, _) = stage.document(kind);
            let told = read(&file(&stage.scene.manager, &paper(&document), "en").bytes);
            let hidden = [SIGNATORY, CONSIGNOR, "OLD-44"];
            assert!(hidden.iter().any(|word| told.contains(word)), "{kind}: the others are told none of it either");
            for text in [read(&file(&donor, &paper(&document), "en").bytes), page(&donor, &paper(&document), "ar")] {
                assert_silent(&text, &hidden);
                assert_says(&text, &[&stage.code]);
            }
        }
        for kind in ["acceptance_letter", "donation_receipt", "donor_report"] {
            assert_silent(&read(&file(&donor, &stage.of_pledge(kind), "en").bytes), &[SIGNATORY, CONSIGNOR]);
        }
        // Papers of consignments tell who sends: they are not for donors at all.
        donor.get(&stage.of_consignment("waybill")).refused("forbidden", &[]);
    }

    fn a_donor_prints_no_place_of_a_sensitive_programme(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (donor, receipt) = (stage.donor(), stage.of_pledge("donation_receipt"));
        let (note, number) = stage.document("grn");
        let number = number.expect("a number");
        assert_says(&page(&donor, &receipt, "en"), &[&number, "NG-0620", "1,190"]);
        assert_says(&page(&donor, &paper(&note), "en"), &[&number, "Banjul"]);
        let path = format!("/api/v1/programmes/{}", stage.scene.programme);
        let revision = stage.scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        stage.scene.manager.patch(&path, revision, &json!({"sensitive": true})).expect(200);
        donor.get(&paper(&note)).refused("not_found", &[]);
        let receipt = page(&donor, &receipt, "en");
        assert_says(&receipt, &["1,190"]);
        assert_silent(&receipt, &[&number, "NG-0620", "BANJUL"]);
        // Who keeps the papers prints them as before.
        assert_says(&page(&stage.scene.officer, &paper(&note), "en"), &[&number, "Banjul"]);
    }

    fn a_loss_report_says_what_is_gone_and_why(database: &TestDatabase) {
        let stage = Stage::new(database);
        let lost = json!({"consignment": stage.consignment, "leg": stage.leg, "lines": [{"item": stage.gloves, "quantity": 3}],
            "evidence": {"cause": "theft", "report_number": "P-9", "filed": "cabinet 3"}, "reason": "seen on the market"});
        let lost = stage.scene.decides("lost", "2020-08-10", lost).expect(201);
        let body = json!({"kind": "loss_report", "site": stage.banjul, "issued_on": "2020-08-11", "consignment": stage.consignment,
            "events": [lost["id"]]});
        let document = stage.scene.receiver.post("/api/v1/documents", &body).expect(201);
        let path = paper(document["id"].as_str().expect("an id"));
        let text = read(&file(&stage.scene.manager, &path, "es").bytes);
        assert_says(&text, &["Informe de pérdida", "perdido", "robo", "P-9", "cabinet 3", "11 de agosto de 2020"]);
    }

    fn what_is_not_printed_says_what_is(database: &TestDatabase) {
        let stage = Stage::new(database);
        let body = json!({"kind": "other", "site": stage.banjul, "issued_on": "2020-08-11", "consignment": stage.consignment});
        let document = stage.scene.receiver.post("/api/v1/documents", &body).expect(201);
        let path = paper(document["id"].as_str().expect("an id"));
        let words = stage.scene.manager.get(&path).refused("wrong_state", &[]);
        assert!(words.contains("loss_report"), "{words}");
        let alone = json!({"kind": "waybill", "mode": "cmr", "site": stage.banjul, "issued_on": "2020-08-11"});
        let document = stage.scene.receiver.post("/api/v1/documents", &alone).expect(201);
        let path = paper(document["id"].as_str().expect("an id"));
        let words = stage.scene.manager.get(&path).refused("wrong_state", &[]);
        assert!(words.contains("no consignment"), "{words}");
    }
}
