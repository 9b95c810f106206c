//! The people, claims and papers of a subject.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use relief_ledger::auth::Role;
use serde_json::json;
use std::sync::atomic::{AtomicU8, Ordering};

use super::stage::id_of;
use crate::papers::files::photo;
use crate::stories::scene::{Scene, id};

/// What is known of who signs, of what is claimed, and of what is on paper.
#[derive(Clone, Debug)]
pub struct Papers {
    /// Somebody with a signature.
    pub person: String,
    /// Somebody who is erased.
    pub erased: String,
    /// A disposal that was decided.
    pub disposal: String,
    /// A claim for it.
    pub claim: String,
    /// A document with an attachment, both shared with donors.
    pub document: String,
    pub attachment: String,
    /// Another document, which is voided.
    pub voided: String,
    /// Its attachment, which is erased.
    pub scrapped: String,
    /// Numbers that were given out.
    pub block: String,
}

/// Photos are told apart by their number.
static PHOTOS: AtomicU8 = AtomicU8::new(1);

impl Papers {
    /// Those of an organization that has goods of a pledge in a store; `proposal` is to dispose of some.
    pub fn of(scene: &Scene, organization: &str, store: &str, pledge: &str, proposal: &str) -> Self {
        let person = |name: &str| {
            let signature = STANDARD.encode(crate::papers::files::png());
            let body = json!({"kind": "signatory", "organization_id": organization, "name": name,
                "signature": signature});
            id_of(&scene.officer.post("/api/v1/people", &body).expect(201))
        };
        let disposal = id_of(&scene.rules(&scene.second, proposal, "approve").expect(200)["event"]);
        let claim = json!({"event": disposal, "against": organization, "on": "2020-09-01",
            "amount": {"minor": 100, "currency": "USD"}});
        // Photos are of whom the uploader acts for.
        let own = organization.parse().expect("an id");
        let uploader = scene.house.login_bound(Role::Officer, Some(own), None);
        let paper = || {
            let bytes = photo(PHOTOS.fetch_add(1, Ordering::SeqCst));
            let attachment = uploader.upload("/api/v1/attachments", "image/jpeg", &bytes).expect(201);
            let path = format!("/api/v1/attachments/{}", id_of(&attachment));
            uploader.patch(&path, 1, &json!({"shareable": true})).expect(200);
            let body = json!({"kind": "grn", "site": store, "issued_on": "2020-07-12", "pledge": pledge,
                "attachments": [attachment["id"]], "shareable": true});
            let document = scene.officer.post("/api/v1/documents", &body).expect(201);
            (id_of(&document), id_of(&attachment))
        };
        let ((document, attachment), (voided, scrapped)) = (paper(), paper());
        let block = json!({"kind": "pod", "site": store, "year": 2020, "count": 5, "holder": "book 12"});
        Self {
            person: person("Fatou Ceesay"),
            erased: person("Momodou Njie"),
            claim: id_of(&scene.manager.post("/api/v1/claims", &claim).expect(201)),
            block: id_of(&scene.officer.post("/api/v1/documents/blocks", &block).expect(201)),
            disposal,
            document,
            attachment,
            voided,
            scrapped,
        }
    }

    /// Those of nobody.
    pub fn missing() -> Self {
        Self {
            person: id(),
            erased: id(),
            disposal: id(),
            claim: id(),
            document: id(),
            attachment: id(),
            voided: id(),
            scrapped: id(),
            block: id(),
        }
    }
}
