//! People are written to who said yes, about what they may read, for as long as they want; and nobody keeps their addresses
//! any longer.

mod alerts;
mod followed;
mod letters;
mod sink;

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::time::Timestamp;
use relief_ledger::mail::SmtpSettings;
use serde_json::{Value, json};

use self::sink::{Mail, Sink};
use crate::carrying::count;
use crate::sessions::verifies;
use crate::stories::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, on_both_databases, until};
use crate::webhooks::{a_gift, a_while, hasty};

const ORIGIN: &str = "https://relief.example.org";

/// A scene on a server that sends mail to a sink, and is hasty.
fn scene(database: &TestDatabase, sink: &Sink) -> Scene {
    let house = Server::start_with(database, |settings| {
        hasty(10)(settings);
        settings.throttle = None;
        settings.smtp = Some(SmtpSettings {
            url: sink.url(),
            from: "ReliefLedger <relief@example.org>".to_owned(),
            origin: ORIGIN.to_owned(),
        });
    });
    Scene::on(house, database)
}

/// Waits until so many messages came, and answers the last.
#[track_caller]
fn comes(sink: &Sink, number: usize) -> Mail {
    until("mail", || sink.mails().get(number - 1).cloned())
}

/// A consignment with nothing in it; its code and what it is.
fn consignment(scene: &Scene) -> (String, Value, [String; 2]) {
    let city = scene.organization("Banjul City Council", "GM");
    let stops = [scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM")];
    let opened = scene.consignment(&city, &[&stops[0], &stops[1]]);
    (opened["tracking_code"].as_str().expect("a code").to_owned(), opened, stops)
}

/// Goods leave under it.
fn depart(scene: &Scene, opened: &Value, from: &str) {
    let donor = scene.organization("Guangdong Province", "CN");
    scene.in_store(&donor, from, 500);
    let body = json!({"consignment": opened["id"], "leg": opened["leg_ids"][0], "lines": [scene.line(100)]});
    scene.does("departed", "2020-08-20", body).expect(201);
}

/// Ten masks that were sent do not arrive.
fn some_go_missing(scene: &Scene) {
    let (_, opened, stops) = consignment(scene);
    depart(scene, &opened, &stops[0]);
    let leg = opened["leg_ids"][0].as_str().expect("a leg");
    let line = json!({"item": scene.masks, "good": 90, "missing": 10, "reason": "nobody knows"});
    let body = json!({"consignment": opened["id"], "leg": leg, "final": true, "lines": [line]});
    let received = scene.does("received", "2020-09-01", body);
    assert_eq!(received.status, 201, "{}", received.text);
}

fn ask(scene: &Scene, code: &str, address: &str) -> crate::support::server::Reply {
    scene.house.stranger().post(&format!("/api/v1/tracking/{code}/mail"), &json!({"address": address}))
}

/// What the button of a page does.
fn press(stranger: &Caller, page: &str, button: &str) -> u16 {
    let path = format!("/api/v1{page}/{button}");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    stranger.send("POST", &path, &form, Some("List-Unsubscribe=One-Click")).status
}

on_both_databases! {
    migrate: migrate;

    fn whoever_has_a_code_is_written_to_after_saying_yes_until_saying_no(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (code, opened, stops) = consignment(&scene);
        ask(&scene, &code, "Amina@example.org").expect(202);
        let question = comes(&sink, 1);
        assert_eq!(question.to, "Amina@example.org");
        assert!(question.header("auto-submitted").is_some() && question.header("list-unsubscribe").is_none());
        let text = question.text();
        assert!(text.contains(ORIGIN) && !text.contains(&code) && !text.contains("Banjul"), "{text}");

        // Nothing comes before the answer, and looking at the page is none.
        let stranger = scene.house.stranger();
        let page = question.page();
        let shown = stranger.get(&page);
        assert!(shown.status == 200 && shown.text.contains("Yes, write to me"), "{}", shown.text);
        assert!(shown.header("content-security-policy").is_some_and(|policy| policy.contains("form-action 'self'")));
        depart(&scene, &opened, &stops[0]);
        a_while();
        assert_eq!(sink.mails().len(), 1);
        assert_eq!(press(&stranger, &page, "confirm"), 200);
        let news = comes(&sink, 2);
        let text = news.text();
        assert!(text.contains(&code) && text.contains("On the way.") && text.contains("departed, CN"), "{text}");
        // What is behind the line is a link, in which any digits may stand.
        let told = text.split("\n-- ").next().expect("a text").replace(&code, "");
        assert!(!told.contains("500") && !told.contains("100") && !text.contains("Guangdong"), "{text}");
        let ending = news.header("list-unsubscribe").expect("an ending");
        assert_eq!(news.header("list-unsubscribe-post").as_deref(), Some("List-Unsubscribe=One-Click"));
        assert_eq!(ending, format!("<{ORIGIN}/api/v1{page}/end>"));
        assert_eq!(news.page(), page);

        // What is no news to the public is none to it; what is comes once.
        let leg = opened["leg_ids"][0].as_str().expect("a leg");
        scene.receives(opened["id"].as_str().expect("an id"), leg, "2020-09-01", json!({"good": 100})).expect(201);
        let last = comes(&sink, 3);
        assert!(last.text().contains("Arrived and handed over."), "{}", last.text());
        a_while();
        assert_eq!(sink.mails().len(), 3);
        assert_eq!(count(database.url(), "mailings WHERE address IS NOT NULL"), 1);

        // One click, as mail programs send it, ends it and forgets the address.
        assert_eq!(press(&stranger, &page, "end"), 200);
        assert_eq!(count(database.url(), "mailings WHERE address IS NOT NULL OR address_key IS NOT NULL"), 0);
        assert_eq!(press(&stranger, &page, "confirm"), 409);
        let body = json!({"consignment": opened["id"], "site": stops[1], "lines": [scene.line(10)]});
        drop(scene.does("distributed", "2020-09-05", body));
        a_while();
        assert_eq!(sink.mails().len(), 3);
        verifies(database);
    }

    fn nobody_is_asked_again_and_again_and_links_are_not_guessed(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let codes: Vec<String> = (0..4).map(|_| consignment(&scene).0).collect();
        for code in [&codes[0], &codes[0], &codes[1], &codes[2], &codes[3]] {
            let answer = ask(&scene, code, "amina@example.org").expect(202);
            assert!(answer["next"].as_str().is_some_and(|words| words.contains("not asked before")), "the same to all");
        }
        comes(&sink, 3);
        a_while();
        assert_eq!(sink.mails().len(), 3, "three questions that nobody answered are enough");
        let pages: Vec<String> = sink.mails().iter().map(Mail::page).collect();
        let stranger = scene.house.stranger();
        let (id, other) = (pages[0].split('/').nth(2).expect("an id"), pages[1].split('/').nth(3).expect("a token"));
        for page in [format!("/mail/{id}/{other}"), format!("/mail/{id}/0"), format!("/mail/{}/{other}", crate::stories::scene::id())] {
            assert_eq!((stranger.get(&page).status, press(&stranger, &page, "confirm"), press(&stranger, &page, "end")), (404, 404, 404));
        }
        for address in ["amina", "amina@", "@example.org", "amina@example", "a b@example.org", "amina@example.org\r\nBcc: x@example.org"] {
            ask(&scene, &codes[0], address).refused("invalid", &["/address"]);
        }
        ask(&scene, "2222-2222-2222", "amina@example.org").refused("not_found", &[]);
        // A server that sends no mail says so.
        let another = TestDatabase::sqlite(migrate);
        let quiet = Scene::new(&another);
        let (code, ..) = consignment(&quiet);
        ask(&quiet, &code, "amina@example.org").refused("wrong_state", &[]);
    }

    fn a_question_that_was_not_taken_comes_again_under_the_same_identifier(database: &TestDatabase) {
        let sink = Sink::start();
        sink.refuses(true);
        let scene = scene(database, &sink);
        let (code, ..) = consignment(&scene);
        ask(&scene, &code, "amina@example.org").expect(202);
        until("several tries", || (sink.mails().len() > 2).then_some(()));
        sink.refuses(false);
        let question = until("the question", || sink.mails().into_iter().find(|mail| !mail.to.is_empty()));
        a_while();
        let taken: Vec<Mail> = sink.mails().into_iter().filter(|mail| !mail.to.is_empty()).collect();
        assert_eq!(taken.len(), 1, "once it was taken it comes no more");
        let id = question.header("message-id").expect("an identifier");
        assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
    }

    fn a_donor_is_written_what_became_of_its_gifts(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let ours = a_gift(&scene, 500);
        let donor = scene.house.login_bound(Role::Donor, Some(OrganizationId(ours.parse().expect("an id"))), None);
        let asked = donor.post("/api/v1/mailings", &json!({"about": "digest", "address": "donor@example.org", "days": 1}));
        asked.expect(202);
        let page = comes(&sink, 1).page();
        assert_eq!(press(&scene.house.stranger(), &page, "confirm"), 200);
        let other = a_gift(&scene, 900);
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&ours, &site, 40);
        let digest = comes(&sink, 2);
        assert_eq!(digest.to, "donor@example.org");
        let mut text = digest.text();
        // The two things of the own gift may come in one message or in two.
        if !text.contains("collected") || !text.contains("pledge accepted") {
            text.push_str(&comes(&sink, 3).text());
        }
        assert!(text.contains("collected") && text.contains("pledge accepted") && !text.contains(&other), "{text}");
        let listed = donor.get("/api/v1/mailings").expect(200)["items"].clone();
        assert_eq!((listed.as_array().expect("items").len(), &listed[0]["about"], &listed[0]["days"]), (1, &json!("digest"), &json!(1)));
        assert!(listed[0].get("address").is_none());
        let path = format!("/api/v1/mailings/{}", listed[0]["id"].as_str().expect("an id"));
        scene.officer.send("DELETE", &path, &[], None).refused("not_found", &[]);
        donor.send("DELETE", &path, &[], None).expect(200);
        assert_eq!(donor.get("/api/v1/mailings").expect(200)["items"], json!([]));
        assert_eq!(count(database.url(), "mailings WHERE address IS NOT NULL"), 0);
        verifies(database);
    }

    fn a_machine_is_written_to_for_as_long_as_its_key_is_good(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        some_go_missing(&scene);
        let good_until = Timestamp(relief_ledger::auth::now().0 + 30 * 24 * 60 * 60 * 1_000_000).to_string();
        let key = json!({"name": "Scale", "role": "officer", "good_until": good_until});
        let key = scene.admin.post("/api/v1/api-keys", &key).expect(201);
        let machine = scene.house.with_token(key["key"].as_str().expect("a key"));
        let stranger = scene.house.stranger();
        let alerts = |address: &str| json!({"about": "alerts", "address": address});
        machine.post("/api/v1/mailings", &alerts("machine@example.org")).expect(202);
        assert_eq!(press(&stranger, &comes(&sink, 1).page(), "confirm"), 200);
        assert!(comes(&sink, 2).to.contains("machine@example.org"), "it is written to while its key is good");
        // Its month is over. What goes missing after that is told to an officer, and to the machine no more.
        let month = 31_i64 * 24 * 60 * 60 * 1_000_000;
        tamper(database.url(), &format!("UPDATE api_keys SET good_until = good_until - {month}"));
        some_go_missing(&scene);
        scene.officer.post("/api/v1/mailings", &alerts("officer@example.org")).expect(202);
        assert_eq!(press(&stranger, &comes(&sink, 3).page(), "confirm"), 200);
        assert!(comes(&sink, 4).to.contains("officer@example.org"));
        // A day lasts less than a second here.
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(sink.mails().len(), 4, "its key ended");
    }

    fn an_officer_is_alerted_once_of_what_stands(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        some_go_missing(&scene);
        scene.officer.post("/api/v1/mailings", &json!({"about": "alerts", "address": "officer@example.org"})).expect(202);
        let page = comes(&sink, 1).page();
        assert_eq!(press(&scene.house.stranger(), &page, "confirm"), 200);
        let alert = comes(&sink, 2);
        let text = alert.text();
        assert!(text.contains("Missing, and nobody has decided") && text.contains("10 x Surgical masks"), "{text}");
        // A day lasts less than a second here: what stands as it stood is not told again.
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(sink.mails().len(), 2);
        scene.officer.post("/api/v1/mailings", &json!({"about": "tracking", "address": "a@example.org"})).refused("invalid", &["/about"]);
        scene.officer.post("/api/v1/mailings", &json!({"about": "digest", "address": "a@example.org", "days": 0})).refused("invalid", &["/days"]);
        scene.admin.get("/api/v1/mailings").refused("forbidden", &[]);
    }
}
