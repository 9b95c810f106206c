//! Stock, sheets, totals, people reached, and the log.

use serde_json::{Value, json};

use super::About::{Listed, Nothing};
use super::{Call, Mode, SCOPED, get, list, send};

/// Their lines.
pub const CALLS: &[Call] = &[
    // Figures and the log.
    Call::of("stock_show", SCOPED, |_, subject| get(format!("/api/v1/sites/{}/stock", subject.site))),
    Call::of("stock_card", SCOPED, |seat, subject| {
        get(format!("/api/v1/sites/{}/stock/card?item={}", subject.site, seat.item))
    }),
    // Sheets. Nothing was counted on them, so that they cannot be handed in.
    Call::of("count_sheet_open", SCOPED, |_, subject| {
        send("POST", "/api/v1/count-sheets", json!({"site": subject.site}))
    })
    .ok(&[201]),
    Call::of("count_sheet_list", Listed(|subject| subject.sheet.clone()), |_, subject| {
        list(&format!("/api/v1/count-sheets?site={}", subject.site))
    }),
    Call::of("count_sheet_show", SCOPED, |_, subject| get(format!("/api/v1/count-sheets/{}", subject.sheet))),
    Call::of("count_sheet_table", SCOPED, |_, subject| {
        get(format!("/api/v1/count-sheets/{}/table", subject.sheet))
    })
    .mode(Mode::Export),
    Call::of("count_sheet_upload", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/table", subject.sheet), json!({}))
    })
    .ok(&[415]),
    Call::of("count_sheet_count", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/counts", subject.sheet), json!({"counts": []}))
    }),
    Call::of("count_sheet_submit", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/submit", subject.sheet), Value::Null)
    })
    .ok(&[409]),
    Call::of("count_sheet_post", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/post", subject.sheet), json!({}))
    })
    .ok(&[409]),
    Call::of("count_sheet_void", SCOPED, |_, subject| {
        send(
            "POST",
            format!("/api/v1/count-sheets/{}/void", subject.scrapped_sheet),
            json!({"reason": "torn"}),
        )
    }),
    Call::of("totals", Listed(|subject| subject.site.clone()), |_, _| get("/api/v1/totals?group_by=site")),
    Call::of("totals_within", Listed(|subject| subject.site.clone()), |_, _| {
        let around = json!({"center": {"latitude": 13.45, "longitude": -16.58}, "radius_m": 1_000});
        send("POST", "/api/v1/totals/within?group_by=site", around)
    }),
    Call::of("map_read", Listed(|subject| subject.site.clone()), |_, _| get("/api/v1/map/corridors")),
    Call::of("reach", Nothing, |_, _| get("/api/v1/reach?group_by=area")),
    Call::of("reach_lines", Listed(|subject| subject.handed.clone()), |_, _| list("/api/v1/reach/lines")),
    Call::of("headcount_list", Listed(|subject| subject.headcount.clone()), |_, _| {
        list("/api/v1/headcounts")
    }),
    Call::of("headcount_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "source": "345W", "reference": "1", "area": "GM-B",
            "sector": "health", "people": 20, "status": "reported", "from": "2020-08-01"});
        send("POST", "/api/v1/headcounts", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("headcount_import", Nothing, |_, _| {
        send("POST", "/api/v1/headcounts/import?mapping=hxl-345w-honduras", json!({}))
    })
    .ok(&[415]),
    Call::of("reconciliation_changes", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation/changes?group_by=site&from=0")
    }),
    Call::of("reconciliation", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation?group_by=site")
    }),
    Call::of("reconciliation_entries", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation/entries?limit=500")
    }),
    Call::of("export_index", Nothing, |_, _| list("/api/v1/exports")),
    Call::of("export_show", Listed(|subject| subject.site.clone()), |_, _| get("/api/v1/exports/csv"))
        .mode(Mode::Export),
    Call::of("audit_sample", Nothing, |_, _| get("/api/v1/audit/sample?size=3")),
    // Everything here happened years before it was recorded.
    Call::of("audit_flags", Listed(|subject| subject.event.clone()), |_, _| {
        list("/api/v1/audit/flags?kind=backdated")
    }),
    Call::of("lot_trace", SCOPED, |_, subject| get(format!("/api/v1/lots/{}/trace", subject.lot))),
    Call::of("audit_entry_bundle", Nothing, |_, _| get("/api/v1/audit/tile/entries/000.p/1")),
    Call::of("audit_entries", Nothing, |_, _| get("/api/v1/audit/entries?limit=1")),
];
