//! A gift that was promised, packed, sent and received, and its papers as text.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::server::{Caller, Reply};

/// Who signs for the goods; on no donor's paper.
pub const SIGNATORY: &str = "Fatoumata Ceesay";
/// Who sends them, which no donor is told.
pub const CONSIGNOR: &str = "Harbour Forwarders";

/// The languages that are set as PDF.
pub const PDF_LANGUAGES: [&str; 4] = ["en", "fr", "es", "ru"];
/// All of them.
pub const LANGUAGES: [&str; 6] = ["en", "fr", "es", "ru", "zh", "ar"];

pub struct Stage {
    pub scene: Scene,
    pub donor: String,
    pub gloves: String,
    pub pledge: String,
    pub banjul: String,
    pub consignment: String,
    pub leg: String,
    /// The tracking code.
    pub code: String,
    /// The receipt.
    pub receipt: String,
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

impl Stage {
    /// Twelve boxes of gloves and two cartons of masks from Beijing to Banjul, of which three pairs of gloves are missing.
    pub fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let gloves = json!({"code": "GLOVE", "name": "Nitrile gloves", "base_unit": "pair", "category": "protective equipment",
            "storage_class": "ambient", "hs_code": "401512",
            "packs": [{"name": "box", "numerator": 100, "denominator": 1, "gross_weight_g": 650}]});
        let gloves = id_of(&scene.admin.post("/api/v1/items", &gloves).expect(201));
        let donor = scene.organization("Shenzhen Youth Federation", "CN");
        let consignor = scene.organization(CONSIGNOR, "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        let offer = json!({"programme": scene.programme, "donor": donor, "reference": "SYF-7", "offered_at": "2020-07-01",
            "lines": [
                {"item": gloves, "quantity": 2_400, "value": {"minor": 240_000, "currency": "USD", "basis": "donor's invoice"}},
                {"item": scene.masks, "quantity": 4_000, "earmark_country": "GM"}]});
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &offer).expect(201));
        scene.post(&scene.manager, "pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lines = json!([
            {"item": gloves, "quantity": 1_200, "lot": "NG-0620", "expires_on": "2032-06-03"},
            {"item": scene.masks, "quantity": 4_000}]);
        let collected = json!({"pledge": pledge, "site": beijing, "lines": lines});
        scene.post(&scene.officer, "collected", "2020-07-10", collected).expect(201);
        let leg = id();
        let legs = json!([{"id": leg, "mode": "air", "from": beijing, "to": banjul, "planned_departure": "2020-08-01T00:00:00Z"}]);
        let open = json!({"programme": scene.programme, "consignor": consignor, "consignee": city, "origin": beijing,
            "destination": banjul, "legs": legs});
        let opened = scene.officer.post("/api/v1/consignments", &open).expect(201);
        let (consignment, code) =
            (id_of(&opened), opened["tracking_code"].as_str().expect("a code").to_owned());
        let lines = json!([{"item": gloves, "quantity": 1_200}, {"item": scene.masks, "quantity": 4_000}]);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": lines});
        scene.does("departed", "2020-08-01", departed).expect(201);
        let came = json!([
            {"item": gloves, "good": 1_190, "damaged": 7, "missing": 3, "reason": "a box was torn"},
            {"item": scene.masks, "good": 4_000}]);
        let received = json!({"consignment": consignment, "leg": leg, "final": true, "lines": came});
        let receipt = id_of(&scene.does("received", "2020-08-06", received).expect(201));
        // One stands at the foot of every paper, once the first is signed.
        crate::support::until("a checkpoint", || {
            (scene.admin.get("/api/v1/audit/checkpoint").status == 200).then_some(())
        });
        Self { scene, donor, gloves, pledge, banjul, consignment, leg, code, receipt }
    }

    /// Somebody who reads as the donor.
    pub fn donor(&self) -> Caller {
        let donor = self.donor.parse().expect("an id");
        self.scene.house.login_bound(Role::Donor, Some(donor), None)
    }

    pub fn of_consignment(&self, kind: &str) -> String {
        format!("/api/v1/consignments/{}/papers/{kind}", self.consignment)
    }

    pub fn of_pledge(&self, kind: &str) -> String {
        format!("/api/v1/pledges/{}/papers/{kind}", self.pledge)
    }

    /// Records a document about the receipt, signed, that donors may see; returns its identifier and number.
    pub fn document(&self, kind: &str) -> (String, Option<String>) {
        let person = self.scene.person_of(&self.scene.organization("Banjul Port Authority", "GM"), SIGNATORY);
        let mut body = json!({"kind": kind, "site": self.banjul, "issued_on": "2020-08-06", "consignment": self.consignment,
            "events": [self.receipt], "reference": "OLD-44", "shareable": true,
            "signatories": [{"person": person, "act": "received", "signed_at": "2020-08-06T10:00:00Z"}]});
        if kind == "waybill" {
            body["mode"] = json!("awb");
        }
        let recorded = self.scene.receiver.post("/api/v1/documents", &body).expect(201);
        (id_of(&recorded), recorded["number"].as_str().map(str::to_owned))
    }
}

/// A paper as PDF, in a language.
pub fn file(caller: &Caller, path: &str, language: &str) -> Reply {
    let reply = caller.get(&format!("{path}?language={language}&format=pdf"));
    assert_eq!(reply.status, 200, "{path} in {language}: {}", reply.text);
    assert_eq!(reply.header("content-type"), Some("application/pdf"));
    assert!(reply.bytes.starts_with(b"%PDF-"), "{path} is no PDF");
    keep(path, language, &reply.bytes);
    reply
}

/// Keeps the last of each kind beside what was built, since no assertion sees what a paper looks like.
fn keep(path: &str, language: &str, pdf: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papers");
    let kind = path.rsplit('/').next().unwrap_or(path);
    let kept = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(format!("{kind}-{language}.pdf")), pdf));
    kept.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
}

/// A paper as a page, in a language.
pub fn page(caller: &Caller, path: &str, language: &str) -> String {
    let reply = caller.get(&format!("{path}?language={language}&format=html"));
    assert_eq!(reply.status, 200, "{path} in {language}: {}", reply.text);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    reply.text
}

/// What a program of others reads in a PDF, in the order in which it was written.
pub fn read(pdf: &[u8]) -> String {
    let mut reader = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pdftotext of poppler-utils, which ./test installs");
    let mut input = reader.stdin.take().expect("its input");
    let bytes = pdf.to_vec();
    let writing = std::thread::spawn(move || input.write_all(&bytes));
    let output = reader.wait_with_output().expect("it reads");
    writing.join().expect("it takes all").expect("it takes all");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "pdftotext: {complaints}");
    String::from_utf8(output.stdout).expect("text")
}

/// The same without spaces and line breaks, which depend on where a line is full.
pub fn run_on(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Says that all of these stand in a text, whatever the line breaks.
#[track_caller]
pub fn assert_says(text: &str, words: &[&str]) {
    let text = run_on(text);
    for word in words {
        assert!(text.contains(&run_on(word)), "{word:?} is not in {text}");
    }
}

/// Says that none of these stand in a text.
#[track_caller]
pub fn assert_silent(text: &str, words: &[&str]) {
    let text = run_on(text);
    for word in words {
        assert!(!text.contains(&run_on(word)), "{word:?} is in {text}");
    }
}

/// How many pages a PDF has.
pub fn pages(pdf: &[u8]) -> usize {
    read(pdf).matches('\u{c}').count()
}
