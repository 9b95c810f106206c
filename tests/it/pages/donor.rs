//! Stories of a donor's pages: what became of a gift, with an account and with a private link alone.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use crate::exports::workbook::sheet;
use crate::stories::scene::Scene;
use crate::support::server::{Caller, Reply, migrate};
use crate::support::{TestDatabase, on_both_databases};

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

/// Compressed bytes of the page of a private link, with the style and the scripts that it names.
const LINK_BYTES: usize = 40_000;

/// What a page weighs on the wire, with all it needs.
fn weight(caller: &Caller, path: &str) -> usize {
    let text = caller.get(path).text;
    let files = text.split('"').filter(|part| part.starts_with("/static/"));
    let bytes = |path: &str| {
        let reply = with(caller, path, &[("Accept-Encoding", "gzip"), ("Accept", "text/html")]);
        assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "{path}");
        reply.bytes.len()
    };
    std::iter::once(path).chain(files).map(bytes).sum()
}

/// A donor's two gifts, of which ten thousand masks came to Banjul in one consignment and were handed out there.
struct Handed {
    gift: Gift,
    other: String,
    code: String,
}

impl Handed {
    fn new(database: &TestDatabase) -> Self {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let standard = json!({"sector": "health", "standard": {"kind": "consumable", "quantity": 10, "persons": 1, "days": 10}});
        scene.admin.patch(&format!("/api/v1/items/{}", scene.masks), 1, &standard).expect(200);
        let pledge: Value = scene.officer.get(&format!("/api/v1/pledges/{}", gift.pledge)).expect(200);
        gift.stored(6_000);
        let other = scene.in_store(pledge["donor"].as_str().expect("a donor"), &gift.accra, 4_000);
        let (banjul, city) = (scene.site("Banjul", "city", "GM"), scene.organization("City of Banjul", "GM"));
        let (consignment, leg) = scene.sent(&city, &[&gift.accra, &banjul], 10_000, "2020-07-20");
        scene.receives(&consignment, &leg, "2020-07-25", json!({"good": 10_000})).expect(201);
        let receiver = scene.house.login_bound(Role::Officer, Some(city.parse().expect("an id")), None);
        let body =
            json!({"site": banjul, "consignment": consignment, "lines": [scene.line(10_000)], "reached": []});
        scene.post(&receiver, "distributed", "2020-08-09", body).expect(201);
        let shown: Value = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
        let code = shown["tracking_code"].as_str().expect("a code").to_owned();
        Self { gift, other, code }
    }

    /// The page of the private link of a pledge.
    fn link(&self, pledge: &str) -> String {
        let path = format!("/api/v1/pledges/{pledge}/link");
        let made: Value = self.gift.scene.officer.post(&path, &json!({})).expect(201);
        made["page"].as_str().expect("a page").to_owned()
    }
}

/// The figure of whom a gift helped reach.
#[track_caller]
fn reached(text: &str) -> &str {
    let behind = text.split("<span class=\"value\">").nth(1).unwrap_or_else(|| panic!("no figure: {text}"));
    behind.split('<').next().expect("its end")
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

    fn goods_that_should_have_come_are_bad_news_on_the_page_of_their_own_pledge(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        gift.stored(15_000);
        let banjul = gift.scene.site("Banjul", "city", "GM");
        let city = gift.scene.organization("City of Banjul", "GM");
        let leg = json!({"mode": "air", "from": gift.accra, "to": banjul, "id": crate::stories::scene::id(),
            "planned_departure": "2020-07-20", "planned_arrival": "2020-07-24"});
        let body = json!({"programme": gift.scene.programme, "consignee": city, "origin": gift.accra,
            "destination": banjul, "legs": [leg]});
        let opened = gift.scene.officer.post("/api/v1/consignments", &body).expect(201);
        let departed = json!({"consignment": opened["id"], "leg": leg["id"], "lines": [gift.scene.line(4_000)]});
        gift.scene.does("departed", "2020-07-20", departed).expect(201);
        let code = opened["tracking_code"].as_str().expect("a code");
        let hainan = gift.scene.organization("Hainan again", "CN");
        let (other, _) = gift.scene.accepted(&hainan, 7);
        says(read(&gift.donor.get(&gift.page())), &format!("Consignment {code} has been away far longer"));
        let other = gift.scene.manager.get(&format!("/donor/pledges/{other}"));
        assert!(!read(&other).contains(code), "none of it is in there");
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
        let path = read(&proofs).split("href=\"").find(|part| part.starts_with("/proofs/")).expect("a proof");
        let path = path.split('"').next().expect("its end").to_owned();
        // Whoever is given the link needs no account: hash and proof are there, and nothing of what the entry says.
        let stranger = gift.scene.house.stranger();
        let shared = crate::support::until("a checkpoint", || {
            let shared = stranger.get(&path);
            (shared.status == 200 && !shared.text.contains("No signed checkpoint reaches")).then_some(shared)
        });
        let position: i64 = path.trim_start_matches("/proofs/").parse().expect("a position");
        says(read(&shared), &format!("<h1>Proof that entry {position} is in the log</h1>"));
        let entries = gift.scene.auditor.get("/api/v1/audit/entries?limit=500").expect(200);
        let entries = entries["items"].as_array().expect("entries");
        let entry = entries.iter().find(|entry| entry["position"] == position).expect("the entry");
        says(&shared.text, &format!("data-leaf=\"{}\"", entry["leaf_hash"].as_str().expect("a hash")));
        assert!(!shared.text.contains(&consignment) && !shared.text.contains("departed"), "{}", shared.text);
        assert_eq!(stranger.get(&format!("/api/v1/audit/proof/{position}")).status, 200);
        assert_eq!(stranger.get("/proofs/1000000").status, 404);
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
    fn the_report_of_a_pledge_is_a_workbook_for_its_donor_and_for_whoever_has_the_link(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        gift.stored(15_000);
        sent(&gift, 4_000);
        let quantities = |bytes: &[u8]| {
            let places = sheet(bytes, "Place by place");
            places.iter().map(|row| row["Quantity"].to_string().parse::<i64>().expect("a number")).sum::<i64>()
        };
        let page = read(&gift.donor.get(&gift.page())).to_owned();
        says(&page, &format!("href=\"{}/report.xlsx\"", gift.page()));
        let report = gift.donor.get(&format!("{}/report.xlsx", gift.page()));
        assert_eq!(report.status, 200, "{}", report.text);
        assert_eq!(report.header("content-type"), Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
        assert_eq!(quantities(&report.bytes), 20_000, "the places add up to what was promised");
        let lines = sheet(&report.bytes, "Lines");
        assert_eq!((lines.len(), lines[0]["Item"].to_string()), (1, "Surgical masks".to_owned()));
        assert_eq!(lines[0]["Difference"].to_string(), "0");
        let summary = format!("{:?}", sheet(&report.bytes, "Summary"));
        assert!(summary.contains("Helped reach") && summary.contains("ReliefLedger"), "{summary}");
        let french = with(&gift.donor, &format!("{}/report.xlsx", gift.page()), &[("Accept-Language", "fr")]);
        assert_eq!(sheet(&french.bytes, "Lignes").len(), 1);

        let link: Value = gift.scene.officer.post(&format!("/api/v1/pledges/{}/link", gift.pledge), &json!({})).expect(201);
        let (stranger, link) = (gift.scene.house.stranger(), link["page"].as_str().expect("a page"));
        says(read(&stranger.get(link)), &format!("href=\"{link}/report.xlsx\""));
        let paper = stranger.get(&format!("{link}/report"));
        assert_eq!((paper.status, paper.header("content-type")), (200, Some("application/pdf")));
        assert!(paper.bytes.starts_with(b"%PDF-"));
        let chinese = with(&stranger, &format!("{link}/report"), &[("Accept-Language", "zh")]);
        assert_eq!((chinese.status, chinese.header("content-type")), (200, Some("text/html; charset=utf-8")), "a browser prints it");
        assert!(chinese.text.contains("20,000") && chinese.text.contains("Hainan"), "{}", chinese.text);
        let by_link = stranger.get(&format!("{link}/report.xlsx"));
        assert_eq!((by_link.status, quantities(&by_link.bytes)), (200, 20_000));
        let summary = format!("{:?}", sheet(&by_link.bytes, "Summary"));
        assert!(summary.contains("Hainan") && summary.contains("Helped reach, this gift alone"), "not of other gifts: {summary}");

        let beijing = gift.scene.organization("Beijing", "CN");
        let (other, _) = gift.scene.accepted(&beijing, 7);
        assert_eq!(gift.donor.get(&format!("/donor/pledges/{other}/report.xlsx")).status, 404);
        assert_eq!(stranger.get("/pledge-links/7KQ2-M9XD-4TRF/report.xlsx").status, 404);
        gift.scene.officer.send("DELETE", &format!("/api/v1/pledges/{}/link", gift.pledge), &[], None);
        assert_eq!(stranger.get(&format!("{link}/report.xlsx")).status, 404, "it stops at once");
    }

    fn by_the_link_alone_a_donor_reads_whom_one_gift_helped_reach_its_consignments_and_proofs(database: &TestDatabase) {
        let handed = Handed::new(database);
        let (gift, stranger) = (&handed.gift, handed.gift.scene.house.stranger());
        let (own, other) = (handed.link(&gift.pledge), handed.link(&handed.other));
        let shown = stranger.get(&own);
        let text = read(&shown);
        says(text, "People your goods helped reach");
        says(text, "Others helped reach the same people");
        // Ten masks a person: of ten thousand handed out in one place each gift has its part.
        let parts = [text, read(&stranger.get(&other)), read(&gift.donor.get("/donor"))].map(|text| reached(text).to_owned());
        assert_eq!(parts, ["600", "400", "1,000"], "the links tell of one gift each, the account of both");
        says(text, &format!("<a href=\"/track/{0}\"><bdi>{0}</bdi></a>", handed.code));
        says(text, "From Ghana to ");
        says(text, "handed over to people <span class=\"badge\">verified</span>");
        assert!(!text.contains("/donor/"), "what needs an account is not linked: {text}");
        let proof = text.split("href=\"").find(|part| part.starts_with("/proofs/")).expect("a proof");
        assert_eq!(stranger.get(proof.split('"').next().expect("its end")).status, 200, "whoever is given it opens it");
        // A program with the code is told the same.
        let trace = stranger.get(&format!("/api/v1{own}/trace")).expect(200);
        assert_eq!(trace["reach"]["reached"]["best"], 600, "{trace:#}");
        assert_eq!(trace["consignments"], json!([{"tracking_code": handed.code, "from_country": "GH", "to_country": "GM", "cancelled": false}]));
        let latest = &trace["events"][0];
        assert_eq!((&latest["kind"], &latest["verified"]), (&json!("distributed"), &json!(true)), "{trace:#}");
        assert_eq!(stranger.get("/api/v1/pledge-links/7KQ2-M9XD-4TRF/trace").status, 404);
        let bytes = weight(&stranger, &own);
        assert!(bytes < LINK_BYTES, "{bytes}");

        // Later more of this gift leaves, and does not come.
        gift.stored(4_000);
        let (banjul, city) = (gift.scene.site("Serekunda", "city", "GM"), gift.scene.organization("Kanifing", "GM"));
        let leg = json!({"mode": "air", "from": gift.accra, "to": banjul, "id": crate::stories::scene::id(),
            "planned_departure": "2020-08-20", "planned_arrival": "2020-08-24"});
        let body = json!({"programme": gift.scene.programme, "consignee": city, "origin": gift.accra,
            "destination": banjul, "legs": [leg]});
        let opened = gift.scene.officer.post("/api/v1/consignments", &body).expect(201);
        let departed = json!({"consignment": opened["id"], "leg": leg["id"], "lines": [gift.scene.line(4_000)]});
        gift.scene.does("departed", "2020-08-20", departed).expect(201);
        let late = opened["tracking_code"].as_str().expect("a code");
        let cookie = remembered(&shown, 7_200);
        let next = with(&stranger, &own, &[("Cookie", &cookie)]);
        let text = read(&next);
        says(text, "this happened to your goods.");
        says(text, &format!("<a href=\"/track/{late}\">departed</a>"));
        let changes = text.split("class=\"timeline\"").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("changes");
        assert!(!changes.contains("handed over to people"), "that was before: {changes}");
        says(text, &format!("Consignment {late} has been away far longer"));
        says(text, "<td data-label=\"Should arrive\">between ");
        assert!(!read(&stranger.get(&other)).contains(late), "none of the other gift is in there");
    }

    fn of_a_sensitive_programme_the_link_tells_whom_a_gift_reached_and_nothing_of_the_way(database: &TestDatabase) {
        let handed = Handed::new(database);
        let (gift, stranger) = (&handed.gift, handed.gift.scene.house.stranger());
        let link = handed.link(&gift.pledge);
        says(read(&stranger.get(&link)), "departed");
        let path = format!("/api/v1/programmes/{}", gift.scene.programme);
        gift.scene.manager.patch(&path, 1, &json!({"sensitive": true})).expect(200);
        let shown = stranger.get(&link);
        let text = read(&shown);
        assert_eq!(reached(text), "600");
        says(text, "handed over to people");
        let trace = stranger.get(&format!("/api/v1{link}/trace"));
        assert_eq!((&trace.expect(200)["consignments"], &trace.json()["reach"]["reached"]["best"]), (&json!([]), &json!(600)));
        for secret in [handed.code.as_str(), "/track/", "departed", "received", "Banjul", "Accra"] {
            assert!(!text.contains(secret) && !trace.text.contains(secret), "{secret}: {text} {}", trace.text);
        }
    }
}
