//! What is needed, what is lacking, and what is not to be sent.

use serde_json::json;
use uuid::Uuid;

use super::About::{Listed, Nothing};
use super::{About, Call, FIELDS, SCOPED, edit, get, list, send};

/// Their lines.
pub const CALLS: &[Call] = &[
    // What is needed.
    Call::of("need_index", Listed(|subject| subject.need.clone()), |_, _| list("/api/v1/needs")),
    Call::of("need_create", FIELDS, |seat, subject| {
        let body = json!({"programme": seat.programme, "item": seat.item, "quantity": 1, "needed_by": "2020-09-01",
            "area": subject.country.replace("QQ", "AQ"), "source": "A letter", "organization": subject.organization});
        send("POST", "/api/v1/needs", body)
    })
    .ok(&[201]),
    Call::of("need_import", Nothing, |_, _| send("POST", "/api/v1/needs/import?mapping=needs", json!({}))).ok(&[415]),
    Call::of("need_show", SCOPED, |_, subject| get(format!("/api/v1/needs/{}", subject.need))),
    Call::of("need_change", SCOPED, |_, subject| edit(format!("/api/v1/needs/{}", subject.need))).ok(&[412]),
    Call::of("need_match", SCOPED, |_, subject| {
        let body = json!({"consignment": subject.consignment, "quantity": 5});
        send("POST", format!("/api/v1/needs/{}/matches", subject.need), body)
    })
    .ok(&[200, 201]),
    // It is circulated, and so anybody's to answer: whose gift it is decides.
    Call::of("need_offer", About::Scoped { outside: 422, unknown: 404 }, |seat, subject| {
        let body = json!({"programme": seat.programme, "donor": subject.organization, "offered_at": "2020-07-01",
            "lines": [{"item": seat.item, "quantity": 1, "earmark_country": subject.country.replace("QQ", "AQ")}]});
        send("POST", format!("/api/v1/needs/{}/offers", subject.need), body)
    })
    .ok(&[201]),
    Call::of("gap_show", Listed(|subject| subject.need.clone()), |_, _| get("/api/v1/gaps")),
    Call::of("gap_proposals", Nothing, |_, _| get("/api/v1/gaps/proposals")),
    Call::of("gap_accept", SCOPED, |_, subject| {
        let one = json!({"id": Uuid::now_v7(), "need": subject.need, "consignment": subject.consignment,
            "occurred_at": "2020-07-20", "site": subject.site, "quantity": 1});
        send("POST", "/api/v1/gaps/proposals", json!({"allocations": [one]}))
    })
    .ok(&[201, 409]),
    Call::of("unwanted_index", Nothing, |_, _| get("/api/v1/public/do-not-send")),
    Call::of("unwanted_begin", Nothing, |_, _| {
        let body = json!({"category": "clothing", "reason": "There is enough of it", "from": "2020-07-01"});
        send("POST", "/api/v1/do-not-send", body)
    })
    .ok(&[201]),
    Call::of("unwanted_end", Nothing, |_, _| {
        send("POST", format!("/api/v1/do-not-send/{}/end", Uuid::now_v7()), json!({"reason": "It is needed again"}))
    })
    .ok(&[404]),
    Call::of("highlights_show", Nothing, |_, _| get("/api/v1/highlights")).ok(&[404]),
    Call::of("public_need_index", Nothing, |_, _| get("/api/v1/public/needs")),
];
