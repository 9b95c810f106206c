//! An administrator's job by hand: people, organizations, items, sites, keys and what is to decide; and one's own
//! webhooks.

use super::browse::{Page, send, sent, visit};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use relief_ledger::auth::Role;
use serde_json::json;

/// A page that is shown in answer to a form.
fn shown(reply: &Reply, status: u16) -> Page {
    assert_eq!(reply.status, status, "{}", reply.text);
    Page::of(reply, "a form's answer")
}

/// The secret that a page shows this once.
fn secret(page: &Page) -> String {
    let behind = page.text.split("<code class=\"code secret\" dir=\"ltr\">").nth(1);
    behind
        .and_then(|rest| rest.split('<').next())
        .unwrap_or_else(|| panic!("no secret: {}", page.text))
        .to_owned()
}

/// Invites somebody: the answer.
fn invites(admin: &Caller, login: &str) -> Reply {
    let page = visit(admin, "/admin/people");
    let id = page.hidden("id");
    send(
        admin,
        "/admin/people",
        &[("id", id), ("login", login), ("name", "Fatou Ceesay"), ("role", "officer")],
    )
}

on_both_databases! {
    migrate: migrate;

    fn somebody_is_invited_sets_a_password_and_signs_in(database: &TestDatabase) {
        let scene = Scene::new(database);
        let made = shown(&invites(&scene.admin, "fatou"), 200);
        assert!(made.says("This is shown once"), "{}", made.text);
        let token = secret(&made);
        let people = visit(&scene.admin, "/admin/people");
        assert!(people.says("Fatou Ceesay") && !people.says(&token), "it is shown nowhere again");
        let taken = shown(&invites(&scene.admin, "fatou"), 409);
        assert!(taken.says("<title>Error: People") && taken.says("href=\"#login\"") && taken.says("value=\"fatou\""), "{}", taken.text);
        let stranger = scene.house.stranger();
        let origin = format!("http://{}", scene.house.address());
        let sets = |token: &str, password: &str| {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("token", token), ("password", password)])
                .finish();
            let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
            stranger.send("POST", "/invitation", &headers, Some(&body))
        };
        let wrong = shown(&sets("nothing", "a wide green river 7"), 422);
        assert!(wrong.says("href=\"#token\"") && !wrong.says("a wide green river 7"), "{}", wrong.text);
        let right = sets(&token, "a wide green river 7");
        assert_eq!((right.status, right.header("location")), (303, Some("/sign-in")), "{}", right.text);
        let body = json!({"login": "fatou", "password": "a wide green river 7"});
        stranger.post("/api/v1/auth/login", &body).expect(200);
        assert_eq!(sets(&token, "another wide river 8").status, 422, "it is good once");
    }

    fn a_user_is_changed_over_the_revision_that_was_read_and_let_in_no_more(database: &TestDatabase) {
        let scene = Scene::new(database);
        shown(&invites(&scene.admin, "fatou"), 200);
        let people = visit(&scene.admin, "/admin/people");
        let before = people.text.split("Fatou Ceesay").next().expect("a row");
        let path = before.rsplit("href=\"").next().and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
        let page = visit(&scene.admin, &path);
        let revision = page.hidden("revision").to_owned();
        let fields = [("revision", revision.as_str()), ("name", "Fatou Sanneh"), ("role", "officer"), ("disabled", "true")];
        assert_eq!(sent(&scene.admin, &path, &fields), format!("{path}?recorded=1"));
        let changed = visit(&scene.admin, &format!("{path}?recorded=1"));
        assert!(changed.says("Fatou Sanneh") && changed.says("id=\"recorded\"") && changed.says(" checked"), "{}", changed.text);
        // Whoever filled in an older page is told, and nothing is lost.
        let late = shown(&send(&scene.admin, &path, &[("revision", &revision), ("name", "Fatou Touray"), ("role", "officer")]), 412);
        assert!(late.says("Somebody changed this meanwhile") && late.says("Fatou Touray"), "{}", late.text);
        assert!(visit(&scene.admin, &path).says("Fatou Sanneh"));
    }

    fn a_form_that_is_sent_twice_makes_one_organization(database: &TestDatabase) {
        let scene = Scene::new(database);
        let page = visit(&scene.admin, "/admin/organizations");
        let fields = [("id", page.hidden("id")), ("name", "Gambia Red Cross"), ("country", "GM"), ("consignee", "true")];
        let path = sent(&scene.admin, "/admin/organizations", &fields);
        assert_eq!(sent(&scene.admin, "/admin/organizations", &fields), path);
        let list = visit(&scene.admin, "/admin/organizations");
        assert_eq!(list.text.matches(">Gambia Red Cross</a>").count(), 1, "{}", list.text);
        let path = path.trim_end_matches("?recorded=1");
        let page = visit(&scene.admin, path);
        let fields = [("revision", page.hidden("revision")), ("name", "The Gambia Red Cross Society"), ("reference", "GRCS"), ("carrier", "true")];
        sent(&scene.admin, path, &fields);
        let one = scene.admin.get(&format!("/api/v1{}", path.trim_start_matches("/admin"))).expect(200);
        assert_eq!((&one["reference"], &one["consignee"], &one["carrier"]), (&json!("GRCS"), &json!(false), &json!(true)));
        let wrong = shown(&send(&scene.admin, "/admin/organizations", &[("name", "X"), ("country", "Gambia")]), 422);
        assert!(wrong.says("href=\"#country\"") && wrong.says("value=\"Gambia\""), "{}", wrong.text);
    }

    fn an_item_keeps_its_packs_and_a_site_is_a_dot_on_the_map(database: &TestDatabase) {
        let scene = Scene::new(database);
        let page = visit(&scene.admin, "/admin/items");
        let packs = "carton; 2000; 12500; 600x400x400\nhalf box; 1/2";
        let fields = [("id", page.hidden("id")), ("name", "Gowns"), ("code", "GOWN"), ("base_unit", "piece"), ("category", "protective equipment"), ("storage_class", "cool"), ("packs", packs)];
        let path = sent(&scene.admin, "/admin/items", &fields);
        let path = path.trim_end_matches("?recorded=1");
        let page = visit(&scene.admin, path);
        assert!(page.says("carton; 2000; 12500; 600x400x400\nhalf box; 1/2"), "{}", page.text);
        let wrong = shown(&send(&scene.admin, path, &[("revision", "1"), ("name", "Gowns"), ("code", "GOWN"), ("category", "x"), ("storage_class", "cool"), ("packs", "carton; many")]), 422);
        assert!(wrong.says("href=\"#packs\"") && wrong.says("carton; many"), "{}", wrong.text);
        let page = visit(&scene.admin, "/admin/sites");
        let fields = [("id", page.hidden("id")), ("name", "Banjul Central Medical Store"), ("kind", "warehouse"), ("country", "GM"), ("latitude", "13.4531"), ("longitude", "-16.5775")];
        sent(&scene.admin, "/admin/sites", &fields);
        let list = visit(&scene.admin, "/admin/sites");
        assert!(list.says("<path class=\"land\" d=\"M") && list.says("<title>Banjul Central Medical Store</title>"), "{}", list.text);
        assert!(list.says("do not imply official endorsement"), "{}", list.text);
        // The dot lies in the middle of what is shown of the world: it is the only one.
        let number = |behind: &str, at: usize| -> i32 {
            let rest = list.text.split(behind).nth(1).and_then(|rest| rest.split('"').next()).expect("it is there");
            rest.split(' ').nth(at).and_then(|text| text.parse().ok()).expect("a number")
        };
        let (left, top) = (number("viewBox=\"", 0), number("viewBox=\"", 1));
        let (wide, high) = (number("viewBox=\"", 2), number("viewBox=\"", 3));
        assert_eq!((number("cx=\"", 0) - left, number("cy=\"", 0) - top), (wide / 2, high / 2));
        assert!(wide < 1_000, "not the whole world is drawn for one site");
    }

    fn where_an_item_was_made_is_stated_by_a_form_and_printed_for_customs(database: &TestDatabase) {
        let scene = Scene::new(database);
        let path = format!("/admin/items/{}", scene.masks);
        let form = format!("{path}/made-in");
        let page = visit(&scene.admin, &path);
        assert!(page.says("Nothing is said further.") && page.says(&format!("action=\"{form}\"")), "{}", page.text);
        let size = scene.log_size();
        let wrong = shown(&send(&scene.admin, &form, &[("made_in", " ")]), 422);
        assert!(wrong.says("href=\"#made_in\"") && wrong.says("<title>Error: "), "{}", wrong.text);
        let long = "x".repeat(201);
        let wrong = shown(&send(&scene.admin, &form, &[("made_in", &long)]), 422);
        assert!(wrong.says("id=\"made_in-error\"") && wrong.says(&long), "{}", wrong.text);
        assert_eq!(scene.log_size(), size);
        assert_eq!(sent(&scene.admin, &form, &[("made_in", "Vietnam")]), format!("{path}?recorded=1"));
        let page = visit(&scene.admin, &path);
        assert!(page.says("value=\"Vietnam\"") && page.says("country of origin"), "{}", page.text);
        // The fields of the item itself are another form, which is as it was.
        assert!(page.says("value=\"MASK\"") && page.text.contains("<button class=\"quiet\">State it</button>"), "{}", page.text);
        // What a file or a program called otherwise is replaced under its own name: two of them could differ.
        let gowns = json!({"code": "GOWN", "name": "Gowns", "base_unit": "piece", "category": "other", "storage_class": "ambient"});
        let item = scene.admin.post("/api/v1/items", &gowns).expect(201)["id"].as_str().expect("an id").to_owned();
        let described = format!("/api/v1/items/{item}/facts");
        scene.admin.post(&described, &json!({"facts": {"Made in": "Ghana", "brand": "Own"}})).expect(201);
        let path = format!("/admin/items/{item}");
        assert!(visit(&scene.admin, &path).says("value=\"Ghana\""));
        sent(&scene.admin, &format!("{path}/made-in"), &[("made_in", "Togo")]);
        let facts = scene.admin.get(&format!("/api/v1/facts/{item}")).expect(200)["facts"].clone();
        assert_eq!(facts, json!({"Made in": "Togo", "brand": "Own"}));
        let size = scene.log_size();
        sent(&scene.admin, &format!("{path}/made-in"), &[("made_in", "Togo")]);
        assert_eq!(scene.log_size(), size, "sent twice it is stated once");
        assert_eq!(send(&scene.manager, &form, &[("made_in", "Chad")]).status, 403);
        assert_eq!(send(&scene.admin, &format!("/admin/items/{}/made-in", id()), &[("made_in", "Chad")]).status, 404);
    }

    fn a_machines_key_is_shown_once_and_revoked(database: &TestDatabase) {
        let scene = Scene::new(database);
        let day = (chrono::Utc::now() + chrono::Duration::days(30)).date_naive().to_string();
        let page = visit(&scene.admin, "/admin/keys");
        let fields = [("id", page.hidden("id")), ("name", "Warehouse scanner"), ("role", "officer"), ("good_until", day.as_str())];
        let made = shown(&send(&scene.admin, "/admin/keys", &fields), 200);
        let key = secret(&made);
        let twice = shown(&send(&scene.admin, "/admin/keys", &fields), 409);
        assert!(twice.says("made already"), "{}", twice.text);
        let list = visit(&scene.admin, "/admin/keys");
        assert_eq!(list.text.matches("/revoke\"").count(), 1, "sent twice it is one key: {}", list.text);
        assert!(list.says("Warehouse scanner") && list.says("in use") && !list.says(&key), "{}", list.text);
        let revoke = list.text.split("action=\"").find(|rest| rest.starts_with("/admin/keys/")).and_then(|rest| rest.split('"').next());
        assert_eq!(sent(&scene.admin, revoke.expect("a button"), &[]), "/admin/keys?recorded=1");
        assert!(visit(&scene.admin, "/admin/keys").says("revoked"));
        let wrong = shown(&send(&scene.admin, "/admin/keys", &[("id", list.hidden("id")), ("name", "X"), ("role", "officer"), ("good_until", "soon")]), 422);
        assert!(wrong.says("href=\"#good_until\""), "{}", wrong.text);
    }

    fn another_administrator_decides_who_is_let_in(database: &TestDatabase) {
        let scene = Scene::new(database);
        let second = scene.house.login_as(Role::Admin);
        let made = shown(&invites(&scene.admin, "fatou"), 200);
        assert!(made.says("It needs a second half"), "{}", made.text);
        let pending = visit(&second, "/admin");
        assert!(pending.says("role grant"), "{}", pending.text);
        let path = pending.text.split("href=\"").find(|rest| rest.starts_with("/admin/approvals/")).and_then(|rest| rest.split('"').next()).expect("a proposal").to_owned();
        // Who proposed it may only take it back.
        let own = visit(&scene.admin, &path);
        assert!(own.says("somebody else decides it") && own.says("/withdraw\"") && !own.says("/decide\""), "{}", own.text);
        let decide = format!("{path}/decide");
        let silent = shown(&send(&second, &decide, &[("decision", "approve"), ("reason", "")]), 422);
        assert!(silent.says("href=\"#reason\""), "{}", silent.text);
        let own = send(&scene.admin, &decide, &[("decision", "approve"), ("reason", "me")]);
        assert_eq!(own.status, 403, "{}", own.text);
        let half = shown(&send(&second, &decide, &[("decision", "approve"), ("reason", "she joins the store")]), 200);
        assert_ne!(secret(&half), secret(&made), "each of the two hands over theirs");
        assert!(visit(&second, "/admin").says("Nothing waits for a decision"));
    }

    fn webhooks_are_their_users_own(database: &TestDatabase) {
        let scene = Scene::new(database);
        let fields = [("url", "https://hooks.example.org/relief"), ("kinds", "departed, received"), ("paused", "true")];
        let made = shown(&send(&scene.auditor, "/webhooks", &fields), 200);
        let key = secret(&made);
        let list = visit(&scene.auditor, "/webhooks");
        assert!(list.says("hooks.example.org") && list.says("Paused") && !list.says(&key), "{}", list.text);
        let path = list.text.split("href=\"").find(|rest| rest.starts_with("/webhooks/")).and_then(|rest| rest.split('"').next()).expect("a webhook").to_owned();
        let page = visit(&scene.auditor, &path);
        assert!(page.says("Everything was taken"), "{}", page.text);
        let fields = [("revision", page.hidden("revision")), ("url", "https://hooks.example.org/other"), ("paused", "true")];
        sent(&scene.auditor, &path, &fields);
        assert!(visit(&scene.auditor, &path).says("hooks.example.org/other"));
        assert_eq!(scene.manager.get(&path).status, 404, "of others nobody knows");
        assert_eq!(scene.admin.get("/webhooks").status, 403, "an administrator reads no events, so is told of none");
        let renewed = shown(&send(&scene.auditor, &format!("{path}/secret"), &[]), 200);
        assert_ne!(secret(&renewed), key);
        assert_eq!(sent(&scene.auditor, &format!("{path}/remove"), &[]), "/webhooks?recorded=1");
        assert_eq!(scene.auditor.get(&path).status, 404);
    }
}
