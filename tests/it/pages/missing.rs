//! Stories of missing goods: decided by forms, with what is known about them in sight; and of proposals that are taken back.

use serde_json::{Value, json};

use super::browse::{Page, send, visit};
use crate::imports::{counts, imported, rows};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// The address behind the first link to a part of what is missing.
fn part(page: &Page) -> String {
    let path = page.text.split("href=\"").find(|rest| rest.starts_with("/missing/decide?"));
    let path = path
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("nothing to decide: {}", page.text));
    path.replace("&#38;", "&").replace("&amp;", "&")
}

/// Opens a part and decides it: what the form holds, and what is typed besides.
fn decide(caller: &Caller, path: &str, typed: &[(&str, &str)]) -> crate::support::server::Reply {
    let page = visit(caller, path);
    let mut fields: Vec<(&str, &str)> = typed.to_vec();
    for name in ["id", "occurred_at", "consignment", "leg", "site", "item"] {
        if page.text.contains(&format!("name=\"{name}\" value=\"")) {
            fields.push((name, page.hidden(name)));
        }
    }
    send(caller, "/missing/decide", &fields)
}

/// A hundred masks on their way to Banjul, of which thirty never came.
fn short(scene: &Scene) -> (String, String) {
    let hainan = scene.organization("Hainan", "CN");
    let (accra, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
    let city = scene.organization("City of Banjul", "GM");
    let pledge = scene.in_store(&hainan, &accra, 100);
    let (consignment, leg) = scene.sent(&city, &[&accra, &banjul], 100, "2020-07-20");
    scene
        .receives(
            &consignment,
            &leg,
            "2020-07-25",
            json!({"good": 70, "missing": 30, "reason": "seal was broken"}),
        )
        .expect(201);
    (pledge, consignment)
}

on_both_databases! {
    migrate: migrate;

    fn what_is_short_is_found_or_miscounted_by_a_form_that_shows_what_is_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        let nothing = visit(&scene.manager, "/missing");
        assert!(nothing.says("Nothing is missing."), "{}", nothing.text);
        let (pledge, consignment) = short(&scene);
        let list = visit(&scene.manager, "/missing");
        assert!(list.says("Surgical masks") && list.says(">30<"), "{}", list.text);
        assert!(visit(&scene.manager, "/manager").says("Missing goods"));
        let path = part(&list);
        let page = visit(&scene.manager, &path);
        for words in ["Surgical masks: 30", "seal was broken", "received", &format!("/board/consignments/{consignment}"), "value=\"30\""] {
            assert!(page.says(words), "{words}: {}", page.text);
        }
        let size = scene.log_size();
        let silent = decide(&scene.manager, &path, &[("decision", "found"), ("quantity", "10"), ("reason", "")]);
        assert_eq!((silent.status, scene.log_size()), (422, size), "{}", silent.text);
        assert!(Page::of(&silent, &path).says("id=\"reason-error\""), "{}", silent.text);
        let more = decide(&scene.manager, &path, &[("decision", "found"), ("quantity", "31"), ("reason", "all of it")]);
        assert_eq!(more.status, 409, "{}", more.text);
        assert!(more.text.contains("<title>Error: ") && more.text.contains("value=\"31\""), "{}", more.text);
        let other = decide(&scene.manager, &path, &[("decision", "departed"), ("quantity", "1"), ("reason", "no")]);
        assert_eq!((other.status, scene.log_size()), (422, size), "{}", other.text);

        let found = decide(&scene.manager, &path, &[("decision", "found"), ("quantity", "١٠"), ("reason", "under the tarpaulin")]);
        assert_eq!((found.status, found.header("location")), (303, Some("/missing?recorded=1")), "{}", found.text);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 80, "missing": 20}));
        let found = decide(&scene.manager, &path, &[("decision", "miscounted"), ("quantity", "20"), ("reason", "counted again at the dispatch")]);
        assert_eq!(found.status, 303, "{}", found.text);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 80, "in_storage": 20}));
        let gone = scene.manager.get(&path);
        assert_eq!(gone.status, 409, "{}", gone.text);
        assert!(gone.text.contains("This is not missing any more"), "{}", gone.text);
        assert!(visit(&scene.manager, "/missing").says("Nothing is missing."));
        scene.closes();
    }

    fn where_more_is_missing_than_is_listed_the_oldest_is_decided_first(database: &TestDatabase) {
        let scene = Scene::new(database);
        let table: String = (0..500).map(|number| format!("ITEM-{number:03},Thing {number:03},piece,other\r\n")).collect();
        let job = imported(&scene.admin, "kind=items", &format!("code,name,base unit,category\r\n{table}"));
        assert_eq!(counts(&job), (500, 0, 0), "{job:#}");
        let items: Vec<Value> = rows(&scene.admin, &job).iter().map(|row| row["subject"].clone()).collect();
        let (donor, store) = (scene.organization("Hainan", "CN"), scene.site("Accra", "warehouse", "GH"));
        scene.in_store(&donor, &store, 1);
        let gone = |lines: Value| json!({"site": store, "lines": lines, "reason": "not on the shelf"});
        // The masks, which are missing since later than everything else.
        scene.does("reported_missing", "2020-08-02", gone(json!([scene.line(1)]))).expect(201);
        let alone = visit(&scene.manager, "/missing");
        assert!(alone.says("Surgical masks") && !alone.says("more places than are listed"), "{}", alone.text);
        for some in items.chunks(250) {
            let lines: Value = some.iter().map(|item| json!({"item": item, "quantity": 1})).collect();
            let offer = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01", "lines": lines});
            let pledge = scene.officer.post("/api/v1/pledges", &offer).expect(201)["id"].clone();
            scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
            scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": store, "lines": lines})).expect(201);
            scene.does("reported_missing", "2020-08-01", gone(lines)).expect(201);
        }
        for path in ["/missing", "/manager"] {
            let page = visit(&scene.manager, path);
            assert!(page.says("more places than are listed here") && page.says("Thing 000"), "{path}: {}", page.text);
            assert!(page.says("Thing 499") && !page.says("Surgical masks"), "{path}: {}", page.text);
        }
        // The twin: once one of them is found, all that is missing is listed, and nothing is said of more.
        let found = json!({"site": store, "lines": [{"item": items[0], "quantity": 1}], "reason": "behind the door"});
        scene.decides("found", "2020-08-03", found).expect(201);
        let rest = visit(&scene.manager, "/missing");
        assert!(rest.says("Surgical masks") && !rest.says("more places than are listed"), "{}", rest.text);
    }

    fn a_loss_is_proposed_by_a_form_with_its_evidence_and_decided_by_somebody_else(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (pledge, _) = short(&scene);
        let board = visit(&scene.officer, "/board");
        assert!(board.says("href=\"/missing\""), "{}", board.text);
        let path = part(&visit(&scene.officer, "/missing"));
        let page = visit(&scene.officer, &path);
        assert!(page.says("value=\"lost\"") && !page.says("value=\"found\""), "an officer proposes losses alone: {}", page.text);
        let forced = decide(&scene.officer, &path, &[("decision", "found"), ("quantity", "1"), ("reason", "here")]);
        assert_eq!(forced.status, 403, "{}", forced.text);
        let bare = decide(&scene.officer, &path, &[("decision", "lost"), ("quantity", "30"), ("reason", "never seen again")]);
        assert_eq!(bare.status, 422, "{}", bare.text);
        assert!(bare.text.contains("href=\"#report_number\""), "{}", bare.text);
        let lost = [("decision", "lost"), ("quantity", "30"), ("reason", "never seen again"), ("report_number", "LR-7"),
            ("cause", "theft"), ("filed", "cabinet 3")];
        let proposed = decide(&scene.officer, &path, &lost);
        assert_eq!(proposed.status, 303, "{}", proposed.text);
        let approval = proposed.header("location").expect("a proposal").to_owned();
        assert!(approval.starts_with("/manager/approvals/"), "{approval}");
        assert_eq!(scene.accounts(&pledge)["missing"], 30, "nothing is lost yet");
        let own = visit(&scene.officer, &approval);
        assert!(own.says("LR-7") && own.says("You proposed this.") && own.says("Take it back"), "{}", own.text);

        let back = send(&scene.officer, &format!("{approval}/withdraw"), &[("reason", "")]);
        assert_eq!(back.status, 422, "{}", back.text);
        let back = send(&scene.officer, &format!("{approval}/withdraw"), &[("reason", "the carrier searches once more")]);
        assert_eq!((back.status, back.header("location")), (303, Some(approval.as_str())), "{}", back.text);
        assert!(visit(&scene.officer, &approval).says("the carrier searches once more"));

        let again = decide(&scene.officer, &path, &lost);
        let approval = again.header("location").expect("a proposal").to_owned();
        let page = visit(&scene.manager, &approval);
        assert!(page.says("value=\"approve\"") && page.says("theft") && page.says("cabinet 3"), "{}", page.text);
        let decided = send(&scene.manager, &approval, &[("decision", "approve"), ("reason", "read the report")]);
        assert_eq!(decided.status, 303, "{}", decided.text);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 70, "lost": 30}));
        for caller in [&scene.auditor, &scene.admin] {
            assert_eq!(caller.get("/missing").status, 403);
        }
        scene.closes();
    }

    fn what_is_missing_out_of_reach_is_decided_by_nobody_else(database: &TestDatabase) {
        use relief_ledger::auth::Role;
        use relief_ledger::core::id::OrganizationId;
        let scene = Scene::new(database);
        let _ = short(&scene);
        let elsewhere: OrganizationId = scene.organization("Somebody else", "FR").parse().expect("an id");
        let other = scene.house.login_bound(Role::Manager, Some(elsewhere), None);
        assert!(visit(&other, "/missing").says("Nothing is missing."));
        let path = part(&visit(&scene.manager, "/missing"));
        assert_eq!(other.get(&path).status, 409, "as if it were there no more");
        let Value::Array(rows) = scene.auditor.get("/api/v1/totals?group_by=item").expect(200)["rows"].clone() else { panic!("rows") };
        assert_eq!(rows[0]["missing"], 30);
    }
    fn an_officer_reports_goods_under_way_missing_and_proposes_to_dispose_of_damaged_ones(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let (accra, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        let city = scene.organization("City of Banjul", "GM");
        let pledge = scene.in_store(&hainan, &accra, 100);
        let (consignment, _) = scene.sent(&city, &[&accra, &banjul], 40, "2020-07-20");
        let report = format!("/missing/report/{consignment}");
        assert!(visit(&scene.officer, &format!("/board/consignments/{consignment}")).says(&format!("href=\"{report}\"")));
        let page = visit(&scene.officer, &report);
        assert!(page.says(": 40</option>") && page.says("value=\"40\""), "{}", page.text);
        let chosen = |page: &Page| {
            let behind = page.text.split("name=\"goods\"").nth(1).and_then(|rest| rest.split("option value=\"").nth(1));
            behind.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no goods: {}", page.text)).to_owned()
        };
        let goods = chosen(&page);
        let sends = |path: &str, page: &Page, typed: &[(&str, &str)]| {
            let mut fields = vec![("id", page.hidden("id")), ("occurred_at", page.hidden("occurred_at"))];
            fields.extend_from_slice(typed);
            send(&scene.officer, path, &fields)
        };
        let strange = sends(&report, &page, &[("goods", "nothing"), ("quantity", "1"), ("reason", "gone")]);
        assert_eq!(strange.status, 422, "{}", strange.text);
        let told = sends(&report, &page, &[("goods", &goods), ("quantity", "40"), ("reason", "the truck never came")]);
        assert_eq!((told.status, told.header("location")), (303, Some("/missing?recorded=1")), "{}", told.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 60, "missing": 40}));
        assert!(visit(&scene.officer, &report).says("Nothing of this consignment is on its way."));

        let dispose = format!("/warehouse/{accra}/dispose");
        assert!(visit(&scene.officer, &dispose).says("Nothing here is damaged or past its day."));
        let damaged = json!({"site": accra, "lines": [scene.line(15)], "reason": "a leaking roof"});
        scene.does("damaged", "2020-08-01", damaged).expect(201);
        assert!(visit(&scene.officer, &format!("/warehouse/{accra}")).says(&format!("href=\"{dispose}\"")));
        let page = visit(&scene.officer, &dispose);
        let goods = chosen(&page);
        let typed = [("goods", goods.as_str()), ("quantity", "15"), ("reason", "mould"), ("report_number", "LR-3"),
            ("cause", "storage"), ("filed", "cabinet 2")];
        let bare = sends(&dispose, &page, &typed[..3]);
        assert_eq!(bare.status, 422, "{}", bare.text);
        assert!(Page::of(&bare, &dispose).says("id=\"report_number-error\""), "{}", bare.text);
        let proposed = sends(&dispose, &page, &typed);
        let approval = proposed.header("location").unwrap_or_else(|| panic!("{}", proposed.text)).to_owned();
        assert!(approval.starts_with("/manager/approvals/"), "{approval}");
        let decided = send(&scene.manager, &approval, &[("decision", "approve"), ("reason", "seen")]);
        assert_eq!(decided.status, 303, "{}", decided.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 45, "missing": 40, "disposed": 15}));
        assert_eq!(scene.manager.get(&report).status, 403, "a manager posts nothing of the kind");
        scene.closes();
    }

    fn what_is_reported_missing_before_it_left_is_said_to_wait(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let (accra, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        let city = scene.organization("City of Banjul", "GM");
        let pledge = scene.in_store(&hainan, &accra, 100);
        let (consignment, leg) = scene.planned(&city, &[&accra, &banjul]);
        let reserved = json!({"consignment": consignment, "site": accra, "lines": [scene.line(60)]});
        scene.does("allocated", "2020-07-19", reserved).expect(201);
        let left = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(40)]});
        scene.does("departed", "2020-07-20", left).expect(201);
        let report = format!("/missing/report/{consignment}");
        let page = visit(&scene.officer, &report);
        let goods = format!("{leg} {}", scene.masks);
        assert!(page.says(&format!("value=\"{goods}\"")), "{}", page.text);
        let fields = [("id", page.hidden("id")), ("occurred_at", page.hidden("occurred_at")), ("goods", goods.as_str()),
            ("quantity", "50"), ("reason", "the truck never came")];
        let told = send(&scene.officer, &report, &fields);
        let waits = told.header("location").unwrap_or_else(|| panic!("{}", told.text)).to_owned();
        assert_eq!((told.status, &waits), (303, &format!("/waiting/{}", page.hidden("id"))));
        assert!(visit(&scene.officer, &waits).says("an earlier leg of the consignment still has them"));
        assert_eq!(scene.accounts(&pledge), json!({"allocated": 20, "in_storage": 40, "in_transit": 40}));
    }

    fn units_that_a_correction_moved_on_are_set_against_what_is_missing_by_the_form(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, partner) = (scene.organization("Hainan", "CN"), scene.organization("Hub operator", "GH"));
        let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Accra", "warehouse", "GH"));
        let kumasi = scene.site("Kumasi", "warehouse", "GH");
        let pledge = scene.in_store(&hainan, &beijing, 1_000);
        let (consignment, leg) = scene.sent(&partner, &[&beijing, &hub], 1_000, "2020-08-01");
        let receipt = scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 1_000})).expect(201);
        scene.does("moved", "2020-08-10", json!({"site": hub, "to_site": kumasi, "lines": [scene.line(500)]})).expect(201);
        let line = json!({"item": scene.masks, "good": 300, "missing": 700, "reason": "counted again"});
        let right = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]});
        let correction = json!({"event": receipt["id"], "right": right, "reason": "pallets were counted twice"});
        let corrected = scene.does("corrected", "2020-08-12", correction).expect(201);

        let path = part(&visit(&scene.manager, "/missing"));
        let page = visit(&scene.manager, &path);
        let named = corrected["id"].as_str().expect("an id");
        assert!(page.says(&format!("value=\"{named}\"")) && page.says("200 still open"), "{}", page.text);
        let typed = [("decision", "miscounted"), ("quantity", "200"), ("reason", "they moved on"), ("correction", named)];
        let decided = decide(&scene.manager, &path, &typed);
        assert_eq!(decided.status, 303, "{}", decided.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 500, "missing": 500}));
        assert!(!visit(&scene.manager, &path).says("still open"), "nothing of it is open any more");
        assert!(!visit(&scene.officer, &path).says(named), "an officer decides none");
        scene.closes();
    }
}
