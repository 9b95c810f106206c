//! Pledges, consignments, events, proposals, and claims.

use relief_ledger::auth::Action;
use serde_json::{Value, json};

use super::About::Listed;
use super::{
    Call, EVENTS, FIELDS, LOTS, SCOPED, alone, batched, corrected, edit_of, get, list, reversed, send, stored,
};
use crate::matrix::shapes::{arrived, collected, recalled};

/// Their lines.
pub const CALLS: &[Call] = &[
    // Pledges.
    Call::of("pledge_index", Listed(|subject| subject.pledge.clone()), |_, _| list("/api/v1/pledges")),
    Call::of("pledge_offer", FIELDS, |seat, subject| {
        let line = json!({"item": seat.item, "quantity": 1, "earmark_country": subject.country.replace("QQ", "AQ")});
        let body = json!({"programme": seat.programme, "donor": subject.organization, "offered_at": "2020-07-01",
            "lines": [line]});
        send("POST", "/api/v1/pledges", body)
    })
    .ok(&[201]),
    Call::of("pledge_show", SCOPED, |_, subject| get(format!("/api/v1/pledges/{}", subject.pledge))),
    Call::of("pledge_status_show", SCOPED, |_, subject| get(format!("/api/v1/pledges/{}/status", subject.pledge))),
    Call::of("pledge_named", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/pledges/{}/named", subject.pledge), json!({"named": "always"}))
    }),
    Call::of("pledge_link_make", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/pledges/{}/link", subject.pledge), Value::Null)
    })
    .ok(&[201]),
    // Somebody else may have revoked it just now.
    Call::of("pledge_link_revoke", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/pledges/{}/link", subject.pledge), Value::Null)
    })
    .ok(&[200, 409]),
    // Consignments.
    Call::of("consignment_index", Listed(|subject| subject.consignment.clone()), |_, _| list("/api/v1/consignments")),
    Call::of("consignment_open", FIELDS, |seat, subject| {
        let body = json!({"programme": seat.programme, "consignee": subject.organization, "origin": subject.site,
            "destination": subject.city});
        send("POST", "/api/v1/consignments", body)
    })
    .ok(&[201]),
    Call::of("consignment_show", SCOPED, |_, subject| get(format!("/api/v1/consignments/{}", subject.consignment))),
    Call::of("consignment_events", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/events", subject.consignment))
    }),
    Call::of("consignment_route", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/route", subject.consignment))
    }),
    Call::of("arrival_index", Listed(|subject| subject.travelling.clone()), |_, _| list("/api/v1/arrivals")),
    Call::of("corridor_index", Listed(|subject| subject.site.clone()), |_, _| list("/api/v1/corridors")),
    Call::of("leg_index", SCOPED, |_, subject| get(format!("/api/v1/consignments/{}/legs", subject.consignment))),
    // Its way is complete, which only who reaches it is told.
    Call::of("leg_add", SCOPED, |_, subject| {
        let leg = json!({"mode": "road", "from": subject.site, "to": subject.city});
        send("POST", format!("/api/v1/consignments/{}/legs", subject.consignment), leg)
    })
    .ok(&[422]),
    Call::of("load_index", Listed(|subject| subject.load.clone()), |_, _| list("/api/v1/loads")),
    Call::of("load_record", FIELDS, |_, subject| {
        let body = json!({"mode": "road", "carrier": subject.organization, "from": subject.site, "to": subject.city});
        send("POST", "/api/v1/loads", body)
    })
    .ok(&[201]),
    // Events.
    Call::event("stored", EVENTS, |_, subject| alone("stored", stored(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    Call::events("stored", EVENTS, |_, subject| batched("stored", stored(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    // All that was pledged has come.
    Call::event("collected", EVENTS, |_, subject| alone("collected", collected(subject)))
        .ok(&[409])
        .also(Action::EventPost),
    Call::events("collected", EVENTS, |_, subject| batched("collected", collected(subject)))
        .ok(&[409])
        .also(Action::EventPost),
    Call::event("arrived on a load", EVENTS, |_, subject| alone("arrived", arrived(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    Call::events("arrived on a load", EVENTS, |_, subject| batched("arrived", arrived(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    // Somebody else may have recalled the lot just now.
    Call::event("held, a whole lot", LOTS, |_, subject| alone("held", recalled(subject)))
        .ok(&[201, 409])
        .also(Action::EventPost),
    Call::events("held, a whole lot", LOTS, |_, subject| batched("held", recalled(subject)))
        .ok(&[201, 409])
        .also(Action::EventPost),
    // Or put the reservation right, or taken it back.
    Call::event("corrected", EVENTS, |_, subject| alone("corrected", corrected(subject))).ok(&[201, 409, 422]),
    Call::events("corrected", EVENTS, |_, subject| batched("corrected", corrected(subject))).ok(&[201, 409, 422]),
    Call::event("reversed", EVENTS, |_, subject| alone("reversed", reversed(subject))).ok(&[201, 409]),
    Call::events("reversed", EVENTS, |_, subject| batched("reversed", reversed(subject))).ok(&[201, 409]),
    Call::of("event_index", Listed(|subject| subject.event.clone()), |_, _| list("/api/v1/events")),
    Call::of("event_stream", Listed(|subject| subject.event.clone()), |_, _| {
        get("/api/v1/events/stream?after=0&follow=false")
    }),
    Call::of("event_show", SCOPED, |_, subject| get(format!("/api/v1/events/{}", subject.event))),
    Call::of("event_waiting", Listed(|subject| subject.waiting.clone()), |_, _| list("/api/v1/events/waiting")),
    // Nobody here has posted any, and none was refused yet.
    Call::of("event_dismiss", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/events/waiting/{}/dismiss", subject.waiting), json!({"reason": "sent again"}))
    })
    .ok(&[403, 409]),
    Call::of("event_moved_on", Listed(|subject| subject.moved_on.clone()), |_, _| list("/api/v1/events/moved-on")),
    // Proposals. All were made by one officer, whom nobody here is.
    Call::of("approval_index", Listed(|subject| subject.approval.clone()), |_, _| list("/api/v1/approvals"))
        .reach(Action::EventRead),
    Call::of("approval_show", SCOPED, |_, subject| get(format!("/api/v1/approvals/{}", subject.approval)))
        .reach(Action::EventRead),
    Call::of("approval_withdraw", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/approvals/{}/withdraw", subject.approval), json!({"reason": "not mine"}))
    })
    .ok(&[403])
    .reach(Action::EventRead),
    Call::of("approval_decide", SCOPED, |_, subject| {
        let body = json!({"decision": "refuse", "reason": "it was not looked for"});
        send("POST", format!("/api/v1/approvals/{}/decide", subject.decided), body)
    })
    .ok(&[200, 409])
    .reach(Action::EventRead),
    // Claims for what was disposed of.
    Call::of("claim_create", SCOPED, |_, subject| {
        let body = json!({"event": subject.papers.disposal, "against": subject.organization, "on": "2020-09-01",
            "amount": {"minor": 1, "currency": "USD"}});
        send("POST", "/api/v1/claims", body)
    })
    .ok(&[201]),
    Call::of("claim_index", Listed(|subject| subject.papers.claim.clone()), |_, _| list("/api/v1/claims")),
    Call::of("claim_show", SCOPED, |_, subject| get(format!("/api/v1/claims/{}", subject.papers.claim))),
    Call::of("claim_change", SCOPED, |_, subject| {
        let body = json!({"state": "submitted", "on": "2020-09-02"});
        edit_of(format!("/api/v1/claims/{}", subject.papers.claim), body)
    })
    .ok(&[412]),
];
