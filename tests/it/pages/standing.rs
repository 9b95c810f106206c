//! Stories of what queues list besides: updates that were refused, claims and needs, each decided by a form.

use serde_json::{Value, json};

use super::browse::{Page, send, visit};
use crate::gaps::Ground;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Waits until something is there.
fn until<T>(found: impl Fn() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it never came")
}

on_both_databases! {
    migrate: migrate;

    fn an_update_that_was_refused_is_dismissed_from_the_board_with_a_word_on_what_became_of_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("City of Banjul", "GM");
        let (accra, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &accra, 10);
        let consignment = id();
        let early = json!({"consignment": consignment, "lines": [scene.line(500)]});
        let first = scene.post(&scene.officer, "departed", "2020-08-01", early).expect(202)["id"].as_str().expect("an id").to_owned();
        let path = format!("/waiting/{first}");
        let waits = visit(&scene.officer, &path);
        assert!(waits.says("It posts by itself once") && !waits.says("Dismiss it"), "{}", waits.text);
        let legs = json!([{"mode": "road", "from": accra, "to": banjul}]);
        let opened = json!({"id": consignment, "programme": scene.programme, "consignee": city, "origin": accra,
            "destination": banjul, "legs": legs});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        let refused = until(|| {
            let list = scene.officer.get("/api/v1/events/waiting?state=refused").expect(200);
            (list["items"].as_array().map(Vec::len) == Some(1)).then_some(list)
        });
        assert_eq!(refused["items"][0]["id"], json!(first));

        let board = visit(&scene.officer, "/board");
        assert!(board.says(&format!("href=\"{path}\"")), "{}", board.text);
        let page = visit(&scene.officer, &path);
        assert!(page.says("Why it was refused") && page.says("Dismiss it"), "{}", page.text);
        assert_eq!(page.text.matches("<dd lang=\"en\">").count(), 2, "the ledger's own words say that they are English");
        let silent = send(&scene.officer, &path, &[("reason", " ")]);
        assert_eq!(silent.status, 422, "{}", silent.text);
        let silent = Page::of(&silent, &path);
        assert!(silent.says("id=\"reason-error\""), "{}", silent.text);
        assert!(silent.says("aria-describedby=\"reason-hint reason-error\""), "the hint stays: {}", silent.text);
        assert_eq!(send(&scene.receiver, &path, &[("reason", "not mine")]).status, 403, "another officer does not");
        assert_eq!(send(&scene.officer, &path, &[("reason", "sent again with what was there")]).status, 303);
        let done = visit(&scene.officer, &format!("{path}?recorded=1"));
        assert!(done.says("sent again with what was there") && !done.says("Dismiss it"), "{}", done.text);
        assert!(visit(&scene.officer, "/board").says("Nothing waits for you."));
        assert_eq!(scene.officer.get(&format!("/waiting/{}", id())).status, 404);
    }

    fn a_claim_is_followed_by_forms_to_its_payment(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let carrier = scene.organization("Coastal Lines", "GH");
        let hub = scene.site("Accra", "warehouse", "GH");
        scene.in_store(&donor, &hub, 1_000);
        let lines = json!([scene.line(40)]);
        scene.does("reported_missing", "2020-08-01", json!({"site": hub, "lines": lines, "reason": "gone"})).expect(201);
        let lost = json!({"site": hub, "lines": lines, "reason": "stolen",
            "evidence": {"cause": "theft", "report_number": "LR-1", "filed": "cabinet 3", "liable": carrier}});
        let lost = scene.decides("lost", "2020-08-03", lost).expect(201);
        let claim = json!({"id": id(), "event": lost["id"], "against": carrier, "amount": {"minor": 5_000, "currency": "USD"}, "on": "2020-09-01"});
        let claim: Value = scene.manager.post("/api/v1/claims", &claim).expect(201);
        let path = format!("/manager/claims/{}", claim["id"].as_str().expect("an id"));
        assert!(visit(&scene.manager, "/manager").says(&format!("href=\"{path}\"")));
        let moved = |state: &str, on: &str| {
            let page = visit(&scene.manager, &path);
            send(&scene.manager, &path, &[("revision", page.hidden("revision")), ("state", state), ("on", on), ("note", "letter of the day")])
        };
        assert_eq!(moved("paid", "2020-09-05").status, 409, "it was not sent yet");
        let wrong = moved("submitted", "September");
        assert_eq!(wrong.status, 422, "{}", wrong.text);
        assert!(Page::of(&wrong, &path).says("id=\"on-error\""), "{}", wrong.text);
        for (state, on) in [("submitted", "2020-09-05"), ("accepted", "2020-10-01"), ("paid", "2020-11-01")] {
            let sent = moved(state, on);
            assert_eq!(sent.status, 303, "{state}: {}", sent.text);
        }
        let ended = visit(&scene.manager, &path);
        assert!(ended.says("Nothing follows on this claim any more.") && ended.says("Coastal Lines"), "{}", ended.text);
        assert!(!visit(&scene.officer, &path).says("name=\"state\""), "an officer reads it and changes nothing");
        assert_eq!(send(&scene.officer, &path, &[("state", "paid")]).status, 403);
    }

    fn a_need_is_closed_by_a_form_and_opened_again(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        let path = format!("/needs/{}", need["id"].as_str().expect("an id"));
        assert!(visit(&scene.manager, "/manager").says(&format!("href=\"{path}\"")));
        let page = visit(&scene.manager, &path);
        assert!(page.says("Surgical masks") && page.says("open: it counts"), "{}", page.text);
        let old = page.hidden("revision").to_owned();
        let silent = send(&scene.manager, &path, &[("revision", &old), ("state", "closed"), ("reason", "")]);
        assert_eq!(silent.status, 422, "{}", silent.text);
        let closed = [("revision", old.as_str()), ("state", "closed"), ("reason", "met by the city itself")];
        assert_eq!(send(&scene.manager, &path, &closed).status, 303);
        assert!(visit(&scene.manager, &path).says("met by the city itself"));
        assert!(!visit(&scene.manager, "/manager").says(&format!("href=\"{path}\"")), "it waits no more");
        let late = send(&scene.manager, &path, &[("revision", &old), ("state", "withdrawn"), ("reason", "by mistake")]);
        assert_eq!(late.status, 412, "somebody changed it meanwhile: {}", late.text);
        let again = visit(&scene.officer, &path);
        let open = [("revision", again.hidden("revision")), ("state", "open"), ("reason", "it was not enough")];
        assert_eq!(send(&scene.officer, &path, &open).status, 303);
        assert!(visit(&scene.manager, "/manager").says(&format!("href=\"{path}\"")));
        assert!(!visit(&scene.auditor, &path).says("name=\"state\""), "an auditor reads it");
    }
}
