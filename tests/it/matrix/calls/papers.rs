//! Papers, and what is attached to them.

use serde_json::{Value, json};

use super::About::{Listed, Nothing};
use super::{About, Call, Mode, SCOPED, edit_of, get, list, send};

/// Their lines.
pub const CALLS: &[Call] = &[
    // Papers.
    Call::of("document_record", About::Scoped { outside: 404, unknown: 422 }, |_, subject| {
        let body =
            json!({"kind": "grn", "site": subject.site, "issued_on": "2020-07-12", "pledge": subject.pledge});
        send("POST", "/api/v1/documents", body)
    })
    .ok(&[201]),
    Call::of("document_index", Listed(|subject| subject.papers.document.clone()), |_, _| {
        list("/api/v1/documents")
    }),
    Call::of("document_show", SCOPED, |_, subject| {
        get(format!("/api/v1/documents/{}", subject.papers.document))
    }),
    Call::of("document_paper", SCOPED, |_, subject| {
        get(format!("/api/v1/documents/{}/paper?format=html", subject.papers.document))
    })
    .mode(Mode::Export),
    Call::of("consignment_paper", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/papers/packing_list?format=html", subject.consignment))
    })
    .mode(Mode::Export),
    Call::of("pledge_paper", SCOPED, |_, subject| {
        get(format!("/api/v1/pledges/{}/papers/donor_report?format=html", subject.pledge))
    })
    .mode(Mode::Export),
    Call::of("document_evidence", SCOPED, |_, subject| {
        let body = json!({"events": [subject.event]});
        send("POST", format!("/api/v1/documents/{}/evidence", subject.papers.document), body)
    }),
    Call::of("document_void", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/documents/{}/void", subject.papers.voided), json!({"reason": "torn"}))
    })
    .ok(&[200, 409]),
    Call::of("block_give", SCOPED, |_, subject| {
        let body =
            json!({"kind": "pod", "site": subject.site, "year": 2020, "count": 1, "holder": "book 13"});
        send("POST", "/api/v1/documents/blocks", body)
    })
    .ok(&[201]),
    Call::of("block_return", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/documents/blocks/{}/return", subject.papers.block), Value::Null)
    }),
    Call::of("number_report", SCOPED, |_, subject| {
        get(format!("/api/v1/documents/numbers?kind=grn&year=2020&site={}", subject.site))
    }),
    Call::of("attachment_upload", Nothing, |_, _| send("POST", "/api/v1/attachments", json!({}))).ok(&[415]),
    Call::of("attachment_show", SCOPED, |_, subject| {
        get(format!("/api/v1/attachments/{}", subject.papers.attachment))
    }),
    Call::of("attachment_download", SCOPED, |_, subject| {
        get(format!("/api/v1/attachments/{}/content", subject.papers.attachment))
    }),
    Call::of("attachment_edit", SCOPED, |_, subject| {
        edit_of(format!("/api/v1/attachments/{}", subject.papers.attachment), json!({"shareable": false}))
    })
    .ok(&[412]),
    Call::of("attachment_erase", SCOPED, |_, subject| {
        let path = format!("/api/v1/attachments/{}/erase", subject.papers.scrapped);
        send("POST", path, json!({"reason": "mistaken"}))
    }),
];
