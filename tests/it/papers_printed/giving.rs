//! What donors are given.

use serde_json::json;

use super::stage::{SIGNATORY, Stage, assert_says, assert_silent, file, page, read};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn an_acceptance_letter_says_what_is_accepted_and_of_nothing_there_is_none(database: &TestDatabase) {
        let stage = Stage::new(database);
        let letter = read(&file(&stage.donor(), &stage.of_pledge("acceptance_letter"), "fr").bytes);
        assert_says(&letter, &["Lettre d’acceptation", "SYF-7", "Shenzhen Youth Federation", "5 juillet 2020", "GLOVE · Nitrile gloves",
            "2 400", "2 400,00 USD", "Gambie", "tout pays", "sur preuve de livraison"]);
        let (offered, _) = stage.scene.pledge(&stage.donor, 500);
        let path = format!("/api/v1/pledges/{offered}/papers/acceptance_letter");
        stage.scene.manager.get(&path).refused("wrong_state", &[]);
    }

    fn a_receipt_is_given_once_a_goods_received_note_says_so(database: &TestDatabase) {
        let stage = Stage::new(database);
        let path = stage.of_pledge("donation_receipt");
        stage.donor().get(&path).refused("wrong_state", &[]);
        let (note, number) = stage.document("grn");
        let number = number.expect("a number");
        for caller in [stage.donor(), stage.scene.manager.clone()] {
            let receipt = read(&file(&caller, &path, "en").bytes);
            assert_says(&page(&caller, &path, "en"), &[&number]);
            assert_says(&receipt, &["Donation receipt", "GRN-GM-BANJUL-2020-", "6 August 2020", "NG-0620", "1,190", "damaged", "4,000"]);
            assert_silent(&receipt, &[SIGNATORY, "1,200"]);
        }
        // A note that is void says nothing any more.
        let void = json!({"reason": "written twice"});
        stage.scene.receiver.post(&format!("/api/v1/documents/{note}/void"), &void).expect(200);
        stage.donor().get(&path).refused("wrong_state", &[]);
    }

    fn a_report_says_where_each_unit_is_and_stays_the_same_for_ever(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (donor, path) = (stage.donor(), stage.of_pledge("donor_report"));
        let status = donor.get(&format!("/api/v1/pledges/{}/status", stage.pledge)).expect(200);
        let sequence = status["sequence"].as_i64().expect("a sequence");
        let report = read(&file(&donor, &path, "en").bytes);
        // What stands in cells is asked of the page: in the file their lines stand side by side.
        assert_says(&page(&donor, &path, "en"), &["with the consignee", "with the donor", "missing, undecided", &stage.code]);
        assert_says(&report, &["Report to the donor", "with the", "1,190", "Banjul, Gambia", "NG-0620", "Helped reach", "At least", "At most", &format!("Ledger sequence: {sequence}"), "Checkpoint"]);
        // Until a checkpoint covers the entry another stands at the foot.
        let then = |known_at: i64| -> Vec<String> {
            let reply = donor.get(&format!("{path}?known_at={known_at}"));
            assert_eq!(reply.status, 200, "{}", reply.text);
            read(&reply.bytes).lines().filter(|line| !line.starts_with("Checkpoint")).map(str::to_owned).collect()
        };
        let first = then(sequence);
        let out = json!({"site": stage.banjul, "consignment": stage.consignment, "lines": [stage.scene.line(400)]});
        stage.scene.does("distributed", "2020-08-09", out).expect(201);
        assert_eq!(first, then(sequence), "an entry later it says something else of then");
        assert_says(&read(&file(&donor, &path, "en").bytes), &["handed to", "400"]);
        donor.get(&format!("{path}?known_at={}", sequence + 1_000)).refused("invalid", &["/known_at"]);
        donor.get(&format!("{}?as_of=2020-08-01", stage.of_pledge("donation_receipt"))).refused("invalid", &["/as_of"]);
        assert_says(&page(&donor, &path, "zh"), &["捐赠方报告", "1,190"]);
    }
}
