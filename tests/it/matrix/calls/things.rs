//! What things are, where places are, what people are counted against, and how tables are read.

use serde_json::json;
use uuid::Uuid;

use super::About::{Listed, Nothing, Shared};
use super::{Call, edit, get, list, send};

/// Their lines.
pub const CALLS: &[Call] = &[
    // What things are.
    Call::of("organization_list", Listed(|subject| subject.organization.clone()), |_, _| list("/api/v1/organizations")),
    Call::of("organization_create", Nothing, |_, _| send("POST", "/api/v1/organizations", json!({}))).ok(&[422]),
    Call::of("organization_read", Shared, |_, subject| get(format!("/api/v1/organizations/{}", subject.organization))),
    Call::of("organization_change", Shared, |_, subject| {
        edit(format!("/api/v1/organizations/{}", subject.organization))
    })
    .ok(&[412]),
    Call::of("facts_read", Shared, |_, subject| get(format!("/api/v1/facts/{}", subject.organization))),
    Call::of("item_list", Listed(|subject| subject.item.clone()), |_, _| list("/api/v1/items")),
    Call::of("item_create", Nothing, |_, _| send("POST", "/api/v1/items", json!({}))).ok(&[422]),
    Call::of("item_read", Shared, |_, subject| get(format!("/api/v1/items/{}", subject.item))),
    Call::of("item_change", Shared, |_, subject| edit(format!("/api/v1/items/{}", subject.item))).ok(&[412]),
    Call::of("item_describe", Shared, |_, subject| {
        let facts = json!({"facts": {"country of origin": "Vietnam"}});
        send("POST", format!("/api/v1/items/{}/facts", subject.item), facts)
    })
    .ok(&[200, 201]),
    Call::of("lot_list", Listed(|subject| subject.lot.clone()), |seat, _| {
        list(&format!("/api/v1/items/{}/lots", seat.item))
    }),
    Call::of("site_list", Listed(|subject| subject.site.clone()), |_, _| list("/api/v1/sites")),
    Call::of("site_create", Nothing, |_, _| send("POST", "/api/v1/sites", json!({}))).ok(&[422]),
    Call::of("site_read", Shared, |_, subject| get(format!("/api/v1/sites/{}", subject.site))),
    Call::of("site_change", Shared, |_, subject| edit(format!("/api/v1/sites/{}", subject.site))).ok(&[412]),
    Call::of("country_list", Nothing, |_, _| get("/api/v1/countries")),
    Call::of("country_read", Shared, |_, subject| get(format!("/api/v1/countries/{}", subject.country))),
    Call::of("area_list", Nothing, |_, _| list("/api/v1/areas")),
    Call::of("area_at", Nothing, |_, _| get("/api/v1/areas/at?latitude=13.4549&longitude=-16.579")),
    Call::of("area_read", Nothing, |_, _| get("/api/v1/areas/GM-B")),
    Call::of("gazetteer_find", Nothing, |_, _| get("/api/v1/gazetteer?q=banjul")),
    Call::of("boundary_list", Nothing, |_, _| list("/api/v1/boundaries")),
    Call::of("boundary_state", Nothing, |_, _| {
        let ring = json!([[[179.0, -8.6], [179.3, -8.6], [179.3, -8.4], [179.0, -8.4], [179.0, -8.6]]]);
        let area = json!({"type": "Feature", "properties": {"code": "TV01"},
            "geometry": {"type": "Polygon", "coordinates": ring}});
        let path = "/api/v1/boundaries?country=TV&name=own&source=Ours&licence=CC0";
        send("POST", path, json!({"type": "FeatureCollection", "features": [area]}))
    })
    .ok(&[201]),
    // Somebody else may have withdrawn it just now, or is loading another.
    Call::of("boundary_read", Nothing, |_, _| get("/api/v1/boundaries/TV/own")).ok(&[200, 404]),
    Call::of("boundary_withdraw", Nothing, |_, _| send("POST", "/api/v1/boundaries/TV/own/withdrawal", json!({})))
        .ok(&[201, 422]),
    Call::of("area_change_list", Nothing, |_, _| list("/api/v1/area-changes")),
    Call::of("area_change_state", Nothing, |_, _| {
        let row = json!({"from": "TV-FUN", "to": "TV01", "on": "2024-01-01", "source": "Ours"});
        send("POST", "/api/v1/area-changes", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("programme_list", Listed(|subject| subject.programme.clone()), |_, _| list("/api/v1/programmes")),
    Call::of("programme_create", Nothing, |_, _| send("POST", "/api/v1/programmes", json!({}))).ok(&[422]),
    Call::of("programme_read", Shared, |_, subject| get(format!("/api/v1/programmes/{}", subject.programme))),
    Call::of("programme_change", Shared, |_, subject| edit(format!("/api/v1/programmes/{}", subject.programme)))
        .ok(&[412]),
    Call::of("reported_figure_list", Shared, |_, subject| {
        get(format!("/api/v1/programmes/{}/reported-figures", subject.programme))
    }),
    Call::of("reported_figure_add", Shared, |_, subject| {
        let figure = Uuid::now_v7().to_string();
        let body = json!({"section": "Donations", "figure": figure, "value": 1, "unit": "masks", "as_of": "2021-04-21",
            "source": "A report"});
        send("POST", format!("/api/v1/programmes/{}/reported-figures", subject.programme), body)
    })
    .ok(&[201]),
    // What people are counted against; the caseload was stated on the stage.
    Call::of("standard_list", Nothing, |_, _| list("/api/v1/standards")),
    Call::of("population_list", Nothing, |_, _| list("/api/v1/populations")),
    Call::of("population_state", Nothing, |_, _| {
        let row = json!({"area": "GM-B", "group": "all", "year": 2024, "source": "COD-PS", "source_version": "1",
            "people": 413_000});
        send("POST", "/api/v1/populations", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("population_table", Nothing, |_, _| {
        // A line of JSON is a line of CSV with one heading, which is not of the table.
        send("POST", "/api/v1/populations/table?year=2024&source=COD-PS&source_version=1", json!("ADM_PCODE"))
    })
    .ok(&[422]),
    Call::of("target_list", Nothing, |_, _| list("/api/v1/targets")),
    Call::of("target_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "area": "GM-B", "group": "all", "sector": "health",
            "caseload": "CAMPS", "people": 2_000});
        send("POST", "/api/v1/targets", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("caseload_list", Nothing, |_, _| list("/api/v1/caseloads")),
    Call::of("caseload_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "code": "CAMPS", "name": "Families", "disjoint": true});
        send("POST", "/api/v1/caseloads", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("round_list", Nothing, |_, _| list("/api/v1/rounds")),
    Call::of("round_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "caseload": "CAMPS", "code": "R1", "from": "2024-01-01",
            "to": "2024-01-31"});
        send("POST", "/api/v1/rounds", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("mapping_list", Nothing, |_, _| list("/api/v1/mappings")),
    Call::of("mapping_read", Nothing, |_, _| get("/api/v1/mappings/masks")),
    Call::of("mapping_state", Nothing, |_, _| {
        let text = include_str!("../../../../docs/examples/masks.toml");
        send("POST", "/api/v1/mappings", json!({"rows": [{"text": text}]}))
    })
    .ok(&[201]),
];
