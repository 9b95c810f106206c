//! Lots to look at, what has to be kept cool, and kits packed here.

use serde_json::json;

use super::About::{Listed, Nothing, Shared};
use super::{Call, READINGS, SCOPED, Sent, get, list, send};

/// Their lines.
pub const CALLS: &[Call] = &[
    Call::of("lots_expiring", Listed(|subject| subject.lot.clone()), |_, _| {
        list("/api/v1/lots/expiring?within=120m")
    }),
    Call::of("lots_recalled", Listed(|subject| subject.recalled.clone()), |_, _| {
        list("/api/v1/lots/recalled")
    }),
    Call::of("lots_misplaced", Listed(|subject| subject.site.clone()), |_, _| list("/api/v1/lots/misplaced")),
    Call::of("site_storage_state", Shared, |_, subject| {
        send("POST", format!("/api/v1/sites/{}/storage", subject.site), json!({"classes": ["refrigerated"]}))
    }),
    Call::of("site_storage_show", Shared, |_, subject| {
        get(format!("/api/v1/sites/{}/storage", subject.site))
    }),
    // Nobody has read such a version.
    Call::of("kit_create", Nothing, |_, _| send("POST", "/api/v1/kits", json!({}))).ok(&[422]),
    Call::of("kit_revise", Shared, |seat, subject| {
        let body = json!({"components": [{"item": seat.item, "quantity": 1}]});
        Sent {
            revision: Some(999_999),
            ..send("POST", format!("/api/v1/kits/{}/versions", subject.kit), body)
        }
    })
    .ok(&[412]),
    Call::of("kit_index", Listed(|subject| subject.kit.clone()), |_, _| list("/api/v1/kits")),
    Call::of("kit_show", Shared, |_, subject| get(format!("/api/v1/kits/{}", subject.kit))),
    Call::of("unit_index", Listed(|subject| subject.unit.clone()), |_, _| list("/api/v1/handling-units")),
    Call::of("unit_show", SCOPED, |_, subject| get(format!("/api/v1/handling-units/{}", subject.unit))),
    // What is agreed around consignments and loads.
    Call::of("green_light_state", SCOPED, |_, subject| {
        let body = json!({"state": "given", "on": "2020-07-20"});
        send("POST", format!("/api/v1/consignments/{}/green-light", subject.consignment), body)
    })
    .ok(&[200, 201]),
    Call::of("customs_state", SCOPED, |_, subject| {
        let body =
            json!({"country": "GM", "document": "import permit", "state": "asked", "on": "2020-07-20"});
        send("POST", format!("/api/v1/consignments/{}/customs", subject.consignment), body)
    })
    .ok(&[200, 201]),
    Call::of("freight_state", SCOPED, |_, subject| {
        let body = json!({"how": "donated", "cost": {"minor": 100, "currency": "USD"}});
        send("POST", format!("/api/v1/consignments/{}/freight", subject.consignment), body)
    })
    .ok(&[200, 201]),
    Call::of("packages_state", SCOPED, |_, subject| {
        let body = json!({"packages": [{"mark": "carton", "gross_weight_g": 1_000}]});
        send("POST", format!("/api/v1/consignments/{}/packages", subject.consignment), body)
    })
    .ok(&[200, 201]),
    Call::of("terms_show", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/terms", subject.consignment))
    }),
    Call::of("load_limit_state", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/loads/{}/limit", subject.load), json!({"gross_weight_g": 10_000_000}))
    })
    .ok(&[200, 201]),
    Call::of("load_fill_show", SCOPED, |_, subject| get(format!("/api/v1/loads/{}/fill", subject.load))),
    Call::of("customs_require", Nothing, |_, _| {
        send("POST", "/api/v1/countries/TV/customs", json!({"documents": [{"document": "import permit"}]}))
    })
    .ok(&[200, 201]),
    Call::of("customs_show", Nothing, |_, _| get("/api/v1/countries/TV/customs")),
    Call::of("epcis_capture", Nothing, |_, _| {
        send("POST", "/api/v1/epcis/capture", crate::captures::document(&[]))
    })
    .ok(&[202]),
    Call::of("epcis_jobs", Listed(|subject| subject.capture.clone()), |_, _| list("/api/v1/epcis/capture")),
    Call::of("epcis_job", SCOPED, |_, subject| get(format!("/api/v1/epcis/capture/{}", subject.capture))),
    // It is waiting still when it is asked what else can be done with it; none of another's is dismissed by this.
    Call::of("epcis_dismiss", SCOPED, |_, subject| {
        let body = json!({"reason": "it was only loaded"});
        send("POST", format!("/api/v1/epcis/capture/{}/dismiss", subject.capture), body)
    }),
    Call::of("epcis_captured_list", Listed(|subject| subject.captured.clone()), |_, _| {
        list("/api/v1/epcis/captured")
    }),
    Call::of("epcis_captured_show", SCOPED, |_, subject| {
        get(format!("/api/v1/epcis/captured/{}", subject.captured))
    }),
    // It waits for want of a word, and is dismissed by the first who does.
    Call::of("epcis_captured_resolve", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/epcis/captured/{}/resolve", subject.captured), json!({}))
    })
    .ok(&[409]),
    Call::of("epcis_captured_dismiss", SCOPED, |_, subject| {
        let body = json!({"reason": "it was only loaded"});
        send("POST", format!("/api/v1/epcis/captured/{}/dismiss", subject.captured), body)
    })
    .ok(&[200, 409]),
    Call::of("reading_record", READINGS, |seat, subject| {
        let shown = json!([{"at": "2020-08-01T00:00:00Z", "centi_celsius": 2_000}]);
        let body = json!({"device": "D-2", "site": subject.site, "item": seat.item, "readings": shown});
        send("POST", "/api/v1/readings", body)
    })
    .ok(&[200, 201]),
    // No file of a logger is JSON.
    Call::of("reading_table", READINGS, |seat, subject| {
        let path = format!("/api/v1/readings/table?device=D-3&site={}&item={}", subject.site, seat.item);
        send("POST", path, json!({}))
    })
    .ok(&[422]),
    Call::of("reading_list", Listed(|subject| subject.readings.clone()), |_, _| list("/api/v1/readings")),
    Call::of("reading_show", SCOPED, |_, subject| get(format!("/api/v1/readings/{}", subject.readings))),
    Call::of("reading_file", SCOPED, |_, subject| get(format!("/api/v1/readings/{}/file", subject.readings))),
];
