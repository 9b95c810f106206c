//! What a warehouse and its figures tell beyond what lies there: what expires soon, and how long it took to come.

use chrono::{Days, Utc};

use super::browse::visit;
use crate::lots::lot_in_store;
use crate::stories::scene::{Scene, UnderWay};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use serde_json::json;

/// What stands under a heading, up to the next one.
fn under<'a>(text: &'a str, heading: &str) -> &'a str {
    let behind = text.split(&format!("<h2>{heading}</h2>")).nth(1);
    behind.unwrap_or_else(|| panic!("no {heading}: {text}")).split("<h2>").next().unwrap_or_default()
}

const EXPIRING: &str = "Lots that expire within three months";
const DURATIONS: &str = "How long trips took";

on_both_databases! {
    migrate: migrate;

    fn lots_that_expire_soon_are_listed_where_they_lie_and_others_are_not(database: &TestDatabase) {
        let scene = Scene::new(database);
        let site = scene.site("Banjul store", "warehouse", "GM");
        let elsewhere = scene.site("Accra store", "warehouse", "GH");
        let day = |days: u64| (Utc::now().date_naive() + Days::new(days)).to_string();
        lot_in_store(&scene, &site, "LONG-1", &day(400), 30);
        let page = visit(&scene.officer, &format!("/warehouse/{site}"));
        assert!(under(&page.text, EXPIRING).contains("No lot here expires within three months."), "{}", page.text);

        lot_in_store(&scene, &site, "SOON-1", &day(20), 40);
        lot_in_store(&scene, &elsewhere, "SOON-2", &day(20), 50);
        let page = visit(&scene.officer, &format!("/warehouse/{site}"));
        let listed = under(&page.text, EXPIRING);
        assert!(listed.contains("<bdi>SOON-1</bdi>") && listed.contains("40 piece"), "{listed}");
        assert!(!listed.contains("LONG-1") && !listed.contains("SOON-2"), "{listed}");
    }

    fn papers_and_labels_of_a_consignment_are_printed_from_its_page(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, .. } = scene.under_way(1_000);
        let page = visit(&scene.officer, &format!("/board/consignments/{consignment}"));
        let printed = under(&page.text, "Papers to print");
        let links: Vec<String> = printed
            .split("<a href=\"")
            .filter_map(|rest| rest.split('"').next())
            .filter(|link| link.contains("/papers/"))
            .map(|link| link.replace("&#38;", "&"))
            .collect();
        for kind in ["waybill", "packing_list", "labels"] {
            let link = links.iter().find(|link| link.contains(&format!("/papers/{kind}?")));
            let link = link.unwrap_or_else(|| panic!("no {kind}: {links:?}"));
            let paper = scene.officer.get(link);
            assert_eq!(paper.status, 200, "{link}: {}", paper.text);
            assert!(paper.text.contains(&code), "{link}: {}", paper.text);
        }
        // The label's squares are the address of the tracking page, which the phone's own camera opens.
        let labels = links.iter().find(|link| link.contains("/papers/labels?")).expect("labels");
        assert!(scene.officer.get(labels).text.contains("<svg"), "{labels}");
    }

    fn a_manager_sees_how_long_trips_took_once_one_has_ended(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site_at("Beijing warehouse", "warehouse", "CN", (39.9, 116.4));
        let banjul = scene.site_at("Banjul", "city", "GM", (13.45, -16.58));
        scene.in_store(&donor, &beijing, 1_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 1_000, "2020-08-01T08:00:00Z");
        let page = visit(&scene.manager, "/manager/figures");
        assert!(under(&page.text, DURATIONS).contains("No trip has ended yet"), "{}", page.text);
        scene.receives(&consignment, &leg, "2020-08-05T08:00:00Z", json!({"good": 1_000})).expect(201);
        let page = visit(&scene.manager, "/manager/figures");
        let told = under(&page.text, DURATIONS);
        assert!(told.contains("<svg") && told.contains("Beijing warehouse → Banjul"), "{told}");
        let row = told.split("<th scope=\"row\">Beijing warehouse → Banjul</th>").nth(1).expect("a row");
        let row = row.split("</tr>").next().expect("its end");
        // One trip of four days: a tenth, half and nine tenths of all took as long.
        assert!(row.contains("data-label=\"Trips\">1</td>") && row.matches(">4</td>").count() == 3, "{row}");
    }
}
