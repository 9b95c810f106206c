//! Stories of a donor's pages: what became of a gift, with an account and with a private link alone.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// A gift with an account for its donor.
struct Gift {
    scene: Scene,
    donor: Caller,
    accra: String,
    pledge: String,
}

impl Gift {
    fn new(scene: Scene) -> Self {
        let hainan = scene.organization("Hainan", "CN");
        let own: OrganizationId = hainan.parse().expect("an id");
        let donor = scene.house.login_bound(Role::Donor, Some(own), None);
        let accra = scene.site("Accra", "warehouse", "GH");
        let (pledge, _) = scene.accepted(&hainan, 20_000);
        Self { scene, donor, accra, pledge }
    }

    fn stored(&self, quantity: i64) {
        let body = json!({"pledge": self.pledge, "site": self.accra, "lines": [self.scene.line(quantity)]});
        self.scene.post(&self.scene.officer, "collected", "2020-07-10", body).expect(201);
    }

    fn page(&self) -> String {
        format!("/donor/pledges/{}", self.pledge)
    }
}

/// The text of a page that is shown.
#[track_caller]
fn read(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.text.matches("<h1").count(), 1, "{}", reply.text);
    assert!(!reply.text.contains(" style="), "a style attribute is dropped by the policy");
    &reply.text
}

#[track_caller]
fn says(text: &str, words: &str) {
    assert!(text.contains(words), "{words:?} is not on the page: {text}");
}

fn with(caller: &Caller, path: &str, headers: &[(&str, &str)]) -> Reply {
    caller.send("GET", path, headers, None)
}

/// What the browser is told to remember, as of another hour.
fn remembered(reply: &Reply, seconds_ago: i64) -> String {
    let cookie = reply.header("set-cookie").expect("a cookie");
    let value =
        cookie.split(';').next().and_then(|pair| pair.strip_prefix("relief-seen=")).expect("it is ours");
    let (rest, at) = value.rsplit_once('.').expect("parts");
    format!("relief-seen={rest}.{}", at.parse::<i64>().expect("a time") - seconds_ago)
}

/// The identifier of a consignment in which some of the gift was sent.
fn sent(gift: &Gift, quantity: i64) -> (String, String) {
    let banjul = gift.scene.site("Banjul", "city", "GM");
    let city = gift.scene.organization("City of Banjul", "GM");
    gift.scene.sent(&city, &[&gift.accra, &banjul], quantity, "2020-07-20")
}

on_both_databases! {
    migrate: migrate;

    fn a_donor_reads_where_each_unit_is_and_that_nothing_left_yet(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let overview = gift.donor.get("/donor");
        says(read(&overview), "Recorded; nothing has left yet.");
        says(&overview.text, "This browser was not here before.");
        says(&overview.text, &format!("href=\"{}\"", gift.page()));
        assert!(!overview.text.contains("What went wrong"), "nothing did");

        gift.stored(15_000);
        let (consignment, leg) = sent(&gift, 10_000);
        gift.scene.receives(&consignment, &leg, "2020-07-25", json!({"good": 9_000, "missing": 1_000, "reason": "cartons torn"})).expect(201);
        let pledge = gift.donor.get(&gift.page());
        let text = read(&pledge);
        says(text, "Promised 20,000, in excess 0: the places below add up to that.");
        for (class, words, quantity) in
            [("not-sent", "not sent", "5,000"), ("store", "in store", "5,000"), ("over", "handed over", "9,000"), ("missing", "missing", "1,000")]
        {
            says(text, &format!("class=\"{class}\""));
            says(text, &format!("{words} <strong>{quantity}</strong>"));
        }
        says(text, "Surgical masks: 1,000 missing. Nobody has decided yet what became of it.");
        assert!(!text.contains("nothing has left yet"));
        says(text, "/papers/donor_report?language=en&#38;format=pdf");

        let table = gift.donor.get(&format!("{}/units.csv", gift.page()));
        assert_eq!((table.status, table.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let rows: Vec<&str> = table.text.lines().collect();
        assert!(rows[1].contains(",\"Surgical masks\",\"piece\",promised,,20000,"), "{rows:#?}");
        let quantity = |row: &&str| row.split(',').nth(7).and_then(|text| text.parse::<i64>().ok()).expect("a quantity");
        assert_eq!(rows[3..].iter().map(quantity).sum::<i64>(), 20_000, "{rows:#?}");

        // Another's gift is as if there were none.
        let beijing = gift.scene.organization("Beijing", "CN");
        let (other, _) = gift.scene.accepted(&beijing, 7);
        assert_eq!(gift.donor.get(&format!("/donor/pledges/{other}")).status, 404);
        assert_eq!(gift.donor.get(&format!("/donor/pledges/{other}/units.csv")).status, 404);
        assert!(!gift.donor.get("/donor").text.contains(&other));
    }

    fn a_donor_is_told_what_changed_since_the_visit_before_and_shares_the_proof(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let first = gift.donor.get("/donor");
        read(&first);
        gift.stored(15_000);
        let (consignment, _) = sent(&gift, 10_000);

        // Within the same visit nothing is used up.
        let same = with(&gift.donor, "/donor", &[("Cookie", &remembered(&first, 60))]);
        says(read(&same), "This browser was not here before.");
        let cookie = remembered(&first, 7_200);
        let next = with(&gift.donor, "/donor", &[("Cookie", &cookie)]);
        let text = read(&next);
        says(text, "this happened to your goods.");
        says(text, "collected from the donor");
        says(text, &format!("<a href=\"/donor/consignments/{consignment}\">departed</a>"));
        assert!(!text.contains("pledge accepted"), "that was before: {text}");
        let pledge = with(&gift.donor, &gift.page(), &[("Cookie", &cookie)]);
        says(read(&pledge), "this happened to your goods.");
        says(&pledge.text, "<td class=\"number\" data-label=\"Change\">+10,000</td>");
        // Whoever is remembered as somebody else was never here.
        let strange = cookie.replace("relief-seen=", "relief-seen=x");
        says(read(&with(&gift.donor, "/donor", &[("Cookie", &strange)])), "This browser was not here before.");

        let proofs = gift.donor.get(&format!("/donor/consignments/{consignment}"));
        let path = read(&proofs).split("href=\"").find(|part| part.starts_with("/api/v1/audit/proof/")).expect("a proof");
        let path = path.split('"').next().expect("its end");
        let proof = gift.scene.house.stranger().get(path);
        assert!([200, 404].contains(&proof.status), "{} {}", proof.status, proof.text);
        let beijing: OrganizationId = gift.scene.organization("Beijing", "CN").parse().expect("an id");
        let other = gift.scene.house.login_bound(Role::Donor, Some(beijing), None);
        assert_eq!(other.get(&format!("/donor/consignments/{consignment}")).status, 404, "none of it is theirs");
    }

    fn whoever_has_the_private_link_reads_the_gift_and_nothing_else(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        gift.stored(15_000);
        let link: Value = gift.scene.officer.post(&format!("/api/v1/pledges/{}/link", gift.pledge), &json!({})).expect(201);
        let page = link["page"].as_str().expect("a page");
        let stranger = gift.scene.house.stranger();
        let shown = stranger.get(page);
        let text = read(&shown);
        says(text, "This is a private link");
        says(text, "in store <strong>15,000</strong>");
        says(text, "A gift of Hainan");
        let quiet = json!({"named": "never"});
        gift.scene.officer.post(&format!("/api/v1/pledges/{}/named", gift.pledge), &quiet);
        assert!(!read(&stranger.get(page)).contains("Hainan"), "it is not to be named any more");
        assert!(!text.contains("/api/v1/pledges/"), "what needs an account is not linked");

        sent(&gift, 4_000);
        let next = with(&stranger, page, &[("Cookie", &remembered(&shown, 7_200))]);
        says(read(&next), "data-label=\"Change\">\u{2212}4,000</td>");
        says(read(&stranger.get(&page.to_lowercase())), "This is a private link");

        assert_eq!(stranger.get("/pledge-links/7KQ2-M9XD-4TRF").status, 404);
        let revoked = gift.scene.officer.send("DELETE", &format!("/api/v1/pledges/{}/link", gift.pledge), &[], None);
        assert_eq!(revoked.status, 200, "{}", revoked.text);
        assert_eq!(stranger.get(page).status, 404, "it stops at once");
        // Whoever works with the pledge makes a link from its page too; its donor cannot.
        says(read(&gift.scene.officer.get(&gift.page())), "Make a private link");
        assert!(!gift.donor.get(&gift.page()).text.contains("Make a private link"));
        let path = format!("{}/link", gift.page());
        assert_eq!(gift.donor.send("POST", &path, &[], None).status, 403);
        let made = gift.scene.officer.send("POST", &path, &[], None);
        let page = read(&made).split("href=\"").find(|part| part.starts_with("/pledge-links/")).expect("a link");
        says(read(&stranger.get(page.split('"').next().expect("its end"))), "This is a private link");
        // Without a sign-in the pages of donors lead to it.
        let asked = stranger.get("/donor");
        assert_eq!((asked.status, asked.header("location")), (303, Some("/sign-in?to=%2Fdonor")));
    }

    fn what_is_made_up_is_said_to_be_on_the_pages_of_its_pledge_and_its_consignment(database: &TestDatabase) {
        let mut scene = Scene::new(database);
        let beijing = scene.organization("Beijing", "CN");
        let (real, _) = scene.accepted(&beijing, 7);
        let made_up = json!({"code": "MADE", "name": "Made up (synthetic)", "focus_areas": [], "sensitive": false, "synthetic": true});
        let made_up: Value = scene.manager.post("/api/v1/programmes", &made_up).expect(201);
        scene.programme = made_up["id"].as_str().expect("an id").to_owned();
        let gift = Gift::new(scene);
        gift.stored(5_000);
        let (consignment, _) = sent(&gift, 4_000);
        let is_said = |caller: &Caller, path: &str| read(&caller.get(path)).contains("class=\"synthetic\"");
        assert!(is_said(&gift.donor, &gift.page()));
        assert!(is_said(&gift.donor, &format!("/donor/consignments/{consignment}")));
        assert!(is_said(&gift.scene.manager, &format!("/manager/pledges/{}", gift.pledge)));
        assert!(!is_said(&gift.scene.manager, &format!("/manager/pledges/{real}")), "the twin: goods that there were");
    }

    fn pages_of_a_donor_are_in_its_language_and_bars_begin_on_its_side(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        gift.stored(5_000);
        let shapes = |language: &str| {
            let reply = with(&gift.donor, &gift.page(), &[("Accept-Language", language)]);
            let text = read(&reply).to_owned();
            let of = |class: &str| {
                let end = text.find(&format!("height=\"48\" class=\"{class}\"")).unwrap_or_else(|| panic!("{class}: {text}"));
                let begin = text[..end].rfind("<rect").expect("a shape");
                let x = text[begin..end].split("x=\"").nth(1).and_then(|part| part.split('"').next()).expect("a place");
                x.parse::<i64>().expect("a number")
            };
            (of("not-sent"), of("store"), text)
        };
        let (english_first, english_second, _) = shapes("en");
        assert!(english_first < english_second);
        let (arabic_first, arabic_second, text) = shapes("ar");
        assert!(arabic_first > arabic_second, "the first is on the right");
        says(&text, "dir=\"rtl\"");
        says(&text, "لم يُرسل");
        for (language, words) in [("fr", "non envoyé"), ("es", "sin enviar"), ("ru", "не отправлено"), ("zh", "未发出")] {
            says(&shapes(language).2, words);
        }
    }
}
