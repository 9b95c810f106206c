//! A consignee without an account confirms receipt.

use serde_json::{Value, json};

use super::{Gift, page, send_form, sound};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// What stands in a field of a form.
fn field(text: &str, name: &str) -> String {
    let behind = text.split(&format!("name=\"{name}\"")).nth(1).expect("the field is there");
    let value = behind.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.expect("it has a value").to_owned()
}

/// A link that somebody makes who did not send the goods off.
fn link(gift: &Gift) -> String {
    link_by(gift, &gift.scene.receiver)
}

fn link_by(gift: &Gift, maker: &Caller) -> String {
    let path =
        format!("/api/v1/consignments/{}/confirmation-link", gift.consignment["id"].as_str().expect("an id"));
    let made = maker.post(&path, &json!({})).expect(201);
    made["path"].as_str().expect("a path").to_owned()
}

/// The figures of the masks, all together.
fn masks(gift: &Gift) -> Value {
    gift.scene.auditor.get("/api/v1/totals?group_by=item").expect(200)["total"].clone()
}

on_both_databases! {
    migrate: migrate;

    fn a_consignee_without_an_account_counts_what_came_once(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let stranger = gift.scene.house.stranger();
        let path = link(&gift);
        let form = page(&stranger, &path, 200);
        assert!(form.contains("Banjul City Council") && form.contains("Surgical masks"), "{form}");
        let [good, damaged] = ["good", "damaged"].map(|count| format!("{count}_{}", gift.scene.masks));
        let (good, damaged) = (good.as_str(), damaged.as_str());
        assert_eq!((field(&form, good).as_str(), field(&form, damaged).as_str()), ("1000", "0"));
        assert_eq!(masks(&gift)["in_transit"], 1_000, "opening the page records nothing");

        let (id, leg) = (field(&form, "id"), field(&form, "leg"));
        let told = |came: &'static str, broken: &'static str, reason: &'static str| {
            [("id", id.as_str()), ("leg", leg.as_str()), (good, came), (damaged, broken), ("reason", reason)]
        };
        let short = told("900", "40", "");
        let asked = sound(send_form(&stranger, &path, &short), &path, 422);
        assert!(asked.contains("id=\"reason-error\"") && asked.contains("value=\"900\""), "{asked}");
        let words = sound(send_form(&stranger, &path, &told("many", "0", "")), &path, 422);
        assert!(words.contains("is no whole number") && words.contains(&format!("id=\"{good}-error\"")), "{words}");
        let others = [("id", id.as_str()), ("leg", id.as_str()), (good, "900"), (damaged, "100"), ("reason", "Wet")];
        let other = sound(send_form(&stranger, &path, &others), &path, 409);
        assert!(other.contains("changed while this page was open") && other.contains("value=\"1000\""), "{other}");
        assert_eq!(masks(&gift)["in_transit"], 1_000);

        let told = told("٩٠٠", "4 0", "Two cartons were wet");
        let done = sound(send_form(&stranger, &path, &told), &path, 200);
        assert!(done.contains("Your receipt is recorded."), "{done}");
        let figures = masks(&gift);
        assert_eq!((&figures["delivered"], &figures["damaged"], &figures["missing"]), (&json!(940), &json!(40), &json!(60)));
        let event = gift.scene.auditor.get(&format!("/api/v1/events/{id}")).expect(200);
        assert_eq!(event["evidence"]["how"], "receiver", "it is the receiver's own word: {event}");

        assert!(page(&stranger, &path, 200).contains("This link was used"));
        let again = sound(send_form(&stranger, &path, &told), &path, 200);
        assert!(again.contains("This link was used"), "{again}");
        assert_eq!(masks(&gift), figures, "it counts once");
    }

    fn a_link_made_by_whoever_sent_the_goods_does_not_verify_the_receipt(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let stranger = gift.scene.house.stranger();
        let before = link(&gift);
        let path = link_by(&gift, &gift.scene.officer);
        assert!(page(&stranger, &before, 409).contains("The time of this link is over"), "a new link ends the one before");
        let form = page(&stranger, &path, 200);
        let [good, damaged] = ["good", "damaged"].map(|count| format!("{count}_{}", gift.scene.masks));
        let (id, leg) = (field(&form, "id"), field(&form, "leg"));
        let all = [("id", id.as_str()), ("leg", leg.as_str()), (good.as_str(), "1000"), (damaged.as_str(), "0")];
        let done = sound(send_form(&stranger, &path, &all), &path, 200);
        assert!(done.contains("Your receipt is recorded."), "{done}");
        assert_eq!(masks(&gift)["delivered"], 1_000);
        let event = gift.scene.auditor.get(&format!("/api/v1/events/{id}")).expect(200);
        assert_ne!(event["evidence"]["how"], "receiver", "the sender could have sent the form: {event}");
    }

    fn a_link_confirms_its_own_consignment_alone(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let stranger = gift.scene.house.stranger();
        let path = link(&gift);
        page(&stranger, &format!("{path}A"), 404);
        page(&stranger, "/confirm/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404);
        let other = format!("/api/v1/consignments/{}/confirmation-link", crate::stories::scene::id());
        assert_eq!(gift.scene.officer.post(&other, &json!({})).status, 404);
        let own = format!("/api/v1/consignments/{}/confirmation-link", gift.consignment["id"].as_str().expect("an id"));
        gift.scene.officer.post(&own, &json!({"days": 1_000})).refused("invalid", &["/days"]);
        assert_eq!(gift.scene.auditor.post(&own, &json!({})).status, 403);
        let foreign = stranger.send("POST", &path, &[("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "https://elsewhere.example")], Some("good_0=1"));
        assert_eq!(foreign.status, 403, "{}", foreign.text);
        let idle = Gift { consignment: gift.scene.consignment(&gift.city, &[&gift.beijing, &gift.banjul]), ..gift };
        let nothing = link(&idle);
        assert!(page(&stranger, &nothing, 200).contains("Nothing is on its way to you now."));
    }
    fn a_link_is_printed_on_the_waybill_for_whoever_asks_for_it_and_is_good_once(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let (stranger, maker) = (gift.scene.house.stranger(), &gift.scene.receiver);
        let consignment = gift.consignment["id"].as_str().expect("an id");
        let board = page(maker, &format!("/board/consignments/{consignment}"), 200);
        let path = format!("/consignments/{consignment}/confirmation-link");
        assert!(board.contains(&format!("href=\"{path}\"")), "{board}");
        assert!(page(maker, &path, 200).contains("Make the link and print it on the waybill"));
        let plain = maker.get(&format!("/api/v1/consignments/{consignment}/papers/waybill?format=html"));
        assert!(plain.status == 200 && !plain.text.contains("/confirm/"), "nobody asked for a link: {}", plain.text);

        let before = link(&gift);
        let size = gift.scene.log_size();
        let wrong = send_form(maker, &path, &[("days", "1000"), ("on", "waybill")]);
        assert_eq!((wrong.status, gift.scene.log_size()), (422, size), "{}", wrong.text);
        let paper = send_form(maker, &path, &[("days", "20"), ("on", "waybill")]);
        assert_eq!((paper.status, paper.header("cache-control")), (200, Some("no-store")), "{}", paper.text);
        assert!(paper.text.contains("<h1>Waybill</h1>") && paper.text.contains("Whoever receives the goods confirms it here, once"), "{}", paper.text);
        assert!(paper.text.contains("Good until") && paper.text.matches("<svg").count() == 2, "{}", paper.text);
        let printed = paper.text.split("/confirm/").nth(1).and_then(|rest| rest.split(['<', '"']).next()).expect("a link in letters");
        let printed = format!("/confirm/{printed}");
        assert!(page(&stranger, &before, 409).contains("The time of this link is over"), "it ends the link before");
        let again = maker.get(&format!("/api/v1/consignments/{consignment}/papers/waybill?format=html"));
        assert!(!again.text.contains("/confirm/"), "it is shown this once");

        let form = page(&stranger, &printed, 200);
        let [good, damaged] = ["good", "damaged"].map(|count| format!("{count}_{}", gift.scene.masks));
        let (id, leg) = (field(&form, "id"), field(&form, "leg"));
        let all = [("id", id.as_str()), ("leg", leg.as_str()), (good.as_str(), "1000"), (damaged.as_str(), "0")];
        assert!(sound(send_form(&stranger, &printed, &all), &printed, 200).contains("Your receipt is recorded."));
        assert!(page(&stranger, &printed, 200).contains("This link was used"));
        page(&gift.scene.auditor, &path, 403);
    }
}
