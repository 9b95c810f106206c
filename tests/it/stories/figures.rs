//! Totals as they are asked for over HTTP: by one dimension and two, narrowed, refused in words, and with
//! what does not close.

use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;

struct Gifts {
    scene: Scene,
    hainan: String,
    jiangsu: String,
    banjul: String,
}

/// 1,000 masks of Hainan in Beijing, 600 of them sent to Banjul, where 20 are missing and 100 handed out;
/// 500 of Jiangsu are promised.
fn gifts(scene: Scene) -> Gifts {
    let (hainan, jiangsu) = (scene.organization("Hainan", "CN"), scene.organization("Jiangsu", "CN"));
    let city = scene.organization("Banjul", "GM");
    let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
    scene.in_store(&hainan, &beijing, 1_000);
    scene.accepted(&jiangsu, 500);
    let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 600, "2020-08-01");
    let figures = json!({"good": 580, "missing": 20, "reason": "two cartons short"});
    scene.receives(&consignment, &leg, "2020-08-06", figures).expect(201);
    scene.does("distributed", "2020-08-09", json!({"site": banjul, "lines": [scene.line(100)]})).expect(201);
    Gifts { scene, hainan, jiangsu, banjul }
}

fn ask(scene: &Scene, query: &str) -> Value {
    scene.auditor.get(&format!("/api/v1/totals?{query}")).expect(200)
}

/// Some members of each row.
fn rows(answer: &Value, members: &[&str]) -> Value {
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter().map(|row| members.iter().map(|member| row[*member].clone()).collect::<Value>()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn one_dimension_says_where_goods_are_and_what_is_nowhere_yet(database: &TestDatabase) {
        let Gifts { scene, .. } = gifts(Scene::new(database));
        let answer = ask(&scene, "group_by=country");
        let codes: Vec<&Value> = answer["rows"].as_array().expect("rows").iter().map(|row| &row["country"]["code"]).collect();
        assert_eq!(codes, ["CN", "GM"]);
        let members = ["in_storage", "missing", "delivered", "distributed", "opening", "in", "out", "closing", "residual"];
        assert_eq!(rows(&answer, &members), json!([
            [400, 0, 0, 0, 0, 1_000, 600, 400, 0],
            [0, 20, 480, 100, 0, 600, 0, 600, 0],
        ]));
        let nowhere = &answer["not_placed"];
        assert_eq!((&nowhere["promised"], &nowhere["unallocated"], &nowhere["residual"]), (&json!(1_500), &json!(500), &json!(0)));
        assert_eq!(answer["total"]["subtotals"], json!({
            "promised": 1_500, "unallocated": 500, "in_custody": 420, "delivered": 480, "ended": 100
        }));
        assert_eq!((&answer["total"]["residual"], &answer["flows_residual"]), (&json!(0), &json!(0)));
        assert_eq!((&answer["deployed"], &answer["countries"], &answer["place"]), (&json!(580), &json!(1), &json!("at")));
        assert_eq!(answer["sequence"], scene.log_size());
        // What is not a place has every unit in a row.
        let by_item = ask(&scene, "group_by=item");
        assert_eq!(by_item.get("not_placed"), None);
        assert_eq!(rows(&by_item, &["promised", "unallocated", "in_storage", "missing", "delivered", "distributed", "residual"]),
            json!([[1_500, 500, 400, 20, 480, 100, 0]]));
    }

    fn two_dimensions_add_up_to_each_of_them(database: &TestDatabase) {
        let Gifts { scene, hainan, jiangsu, .. } = gifts(Scene::new(database));
        let both = ask(&scene, "group_by=donor,country");
        let of = |row: &Value| (row["donor"]["id"].as_str().map(str::to_owned), row["country"]["code"].as_str().map(str::to_owned));
        let found: Vec<_> = both["rows"].as_array().expect("rows").iter().map(of).collect();
        for country in ["CN", "GM"] {
            assert!(found.contains(&(Some(hainan.clone()), Some(country.to_owned()))), "{found:?}");
        }
        assert!(!found.iter().any(|(donor, country)| donor.as_ref() == Some(&jiangsu) && country.is_some()), "{found:?}");
        for single in ["donor", "country"] {
            let one = ask(&scene, &format!("group_by={single}"));
            assert_eq!(one["total"]["subtotals"], both["total"]["subtotals"], "{single}");
            for member in ["in_storage", "missing", "delivered", "distributed"] {
                let sum = |answer: &Value| -> i64 {
                    answer["rows"].as_array().expect("rows").iter().filter_map(|row| row[member].as_i64()).sum()
                };
                assert_eq!(sum(&one), sum(&both), "{single}: {member}");
            }
        }
        assert_eq!(rows(&ask(&scene, "group_by=month"), &["month", "residual"]).as_array().expect("rows").last(), Some(&json!(["2020-08", 0])));
    }

    fn a_filter_narrows_what_is_counted_and_scope_narrows_it_too(database: &TestDatabase) {
        let Gifts { scene, hainan, jiangsu, banjul } = gifts(Scene::new(database));
        let delivered = |query: &str| rows(&ask(&scene, query), &["delivered", "missing", "residual"]);
        for filter in [format!("site={banjul}"), "country=GM".to_owned(), format!("donor={hainan}&country=GM")] {
            assert_eq!(delivered(&format!("group_by=item&{filter}")), json!([[480, 20, 0]]), "{filter}");
        }
        assert_eq!(delivered(&format!("group_by=item&donor={jiangsu}")), json!([[0, 0, 0]]));
        assert_eq!(delivered(&format!("group_by=item&month=2020-07&donor={hainan}")), json!([[0, 0, 0]]));
        let nothing = ask(&scene, &format!("group_by=item&programme={}", Uuid::now_v7()));
        assert_eq!((&nothing["rows"], &nothing["total"]["promised"]), (&json!([]), &json!(0)));
        let donor = OrganizationId(jiangsu.parse().expect("an id"));
        let own = scene.house.login_bound(Role::Donor, Some(donor), None).get("/api/v1/totals?group_by=donor").expect(200);
        assert_eq!(rows(&own, &["promised", "unallocated"]), json!([[500, 500]]), "a donor sees its own");
        scene.house.stranger().get("/api/v1/totals?group_by=donor").refused("unauthenticated", &[]);
    }

    fn a_question_that_cannot_be_asked_is_refused_at_its_parameter(database: &TestDatabase) {
        let scene = Scene::new(database);
        let refused = |query: &str| {
            let (status, code, pointer) = scene.auditor.get(&format!("/api/v1/totals?{query}")).problem();
            assert_eq!((status, code.as_str()), (422, "invalid"), "{query}");
            pointer
        };
        assert_eq!(refused("group_by=continent"), "/group_by");
        assert_eq!(refused("group_by=item,item"), "/group_by");
        assert_eq!(refused("group_by=item,lot,site,month"), "/group_by");
        assert_eq!(refused("group_by=item&month=2020-13"), "/month");
        assert_eq!(refused("group_by=item&from_month=2020-05&to_month=2020-04"), "/to_month");
        assert_eq!(refused("group_by=item&corridor=x"), "/corridor");
        let words = scene.auditor.get("/api/v1/totals?group_by=continent").text;
        assert!(words.contains("continent") && words.contains("country, site, holder"), "{words}");
        for query in ["", "group_by=item&colour=blue", "group_by=item&donor=17", "group_by=item&place=under"] {
            let (status, _, _) = scene.auditor.get(&format!("/api/v1/totals?{query}")).problem();
            assert!((400..500).contains(&status), "{query}: {status}");
        }
    }

    fn a_figure_changed_behind_the_ledgers_back_is_printed_as_a_residual(database: &TestDatabase) {
        let Gifts { scene, .. } = gifts(Scene::new(database));
        tamper(database.url(), "UPDATE rollups SET delivered = delivered + 7 WHERE delivered > 0");
        assert_eq!(rows(&ask(&scene, "group_by=country"), &["residual"]), json!([[0], [-7]]));
        assert_eq!(ask(&scene, "group_by=item")["total"]["residual"], -7);
    }
}
