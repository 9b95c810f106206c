//! What becomes of what answers a need, from the promise to the hands of people.

use proptest::prelude::*;
use relief_ledger::auth::Role;
use relief_ledger::core::id::{ItemId, NeedId, PledgeLineId, SubjectId};
use relief_ledger::needs::rules::{Answered, Goods, MatchKind, Meant, answered_by};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

use super::{PATH, need, path_of, sequence, with};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn what_is_promised_reserved_under_way_and_delivered_answers_a_need_once(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let (hainan, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let stated = officer.post(PATH, &need(&scene, 1_000)).expect(201);
        let other = officer.post(PATH, &need(&scene, 300)).expect(201);
        let (path, other) = (path_of(&stated), path_of(&other));
        let figures = |path: &str, query: &str| -> Vec<i64> {
            let shown = scene.auditor.get(&format!("{path}{query}")).expect(200);
            ["offered", "pledged", "allocated", "in_transit", "delivered", "carried", "unmet"]
                .map(|name| shown["answered"][name].as_i64().unwrap_or_else(|| panic!("{shown:#}"))).to_vec()
        };
        let meant = |path: &str, body: Value| officer.post(&format!("{path}/matches"), &body);
        assert_eq!(figures(&path, ""), [0, 0, 0, 0, 0, 0, 1_000]);

        // An offer is no promise; what is meant for needs is no more than is offered.
        let (pledge, line) = scene.pledge(&hainan, 800);
        meant(&path, json!({"pledge_line": line, "quantity": 900})).refused("invalid", &["/quantity"]);
        let said = meant(&path, json!({"pledge_line": line, "quantity": 600})).expect(201);
        assert_eq!(meant(&path, json!({"pledge_line": line, "quantity": 600})).expect(200)["receipt"], Value::Null);
        let words = meant(&other, json!({"pledge_line": line, "quantity": 300})).refused("invalid", &["/quantity"]);
        assert!(words.contains("at most 200"), "{words}");
        meant(&other, json!({"pledge_line": line, "quantity": 200})).expect(201);
        assert_eq!(figures(&path, ""), [600, 0, 0, 0, 0, 0, 1_000]);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 0, 0, 0, 0, 400]);
        assert_eq!(figures(&other, ""), [0, 200, 0, 0, 0, 0, 100]);
        let promised = sequence(&officer.get(PATH).expect(200));

        // Goods of that line under way are counted once; what is taken back counts no more.
        let lines = json!([scene.line(700)]);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": lines})).expect(201);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        meant(&path, json!({"consignment": consignment, "quantity": 500})).expect(201);
        let lines = json!([scene.line(450)]);
        scene.does("allocated", "2020-07-12", json!({"consignment": consignment, "site": beijing, "lines": lines})).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 450, 0, 0, 450, 400]);
        let lines = json!([scene.line(400)]);
        let left = json!({"consignment": consignment, "leg": leg, "lines": lines});
        let departed = scene.does("departed", "2020-07-14", left.clone()).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 50, 400, 0, 450, 400]);
        let back = json!({"event": departed["id"], "reason": "it never left"});
        scene.does("reversed", "2020-07-15", back).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 450, 0, 0, 450, 400]);
        scene.does("departed", "2020-07-16", left).expect(201);
        scene.receives(&consignment, &leg, "2020-08-01", json!({"good": 350, "damaged": 20, "missing": 30, "reason": "rain"}))
            .expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 50, 0, 350, 400, 400], "damaged and missing answer nothing");
        scene.does("distributed", "2020-08-03", json!({"site": banjul, "lines": [scene.line(100)]})).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 50, 0, 350, 400, 400], "who was given is answered");
        scene.does("pledge_withdrawn", "2020-08-04", json!({"pledge": pledge, "lines": [{"line": line, "quantity": 100}]}))
            .expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 50, 0, 350, 400, 400], "the first who was meant gets what is left");
        assert_eq!(figures(&other, ""), [0, 100, 0, 0, 0, 0, 200]);

        // Asked as of then, and as it was known then.
        assert_eq!(figures(&path, "?as_of=2020-07-20"), [0, 600, 50, 400, 0, 450, 400]);
        assert_eq!(figures(&path, &format!("?known_at={promised}")), [0, 600, 0, 0, 0, 0, 400]);
        assert_eq!(figures(&path, &format!("?known_at={}", sequence(&said) - 1)), [0, 0, 0, 0, 0, 0, 1_000]);
        let listed = scene.auditor.get(&format!("{PATH}?state=open")).expect(200);
        assert_eq!(listed["items"][0]["answered"]["unmet"], 400);

        // 0 ends it.
        meant(&path, json!({"consignment": consignment, "quantity": 0})).expect(201);
        assert_eq!(figures(&path, ""), [0, 600, 0, 0, 0, 0, 400]);
        assert_eq!(scene.auditor.get(&path).expect(200)["matches"].as_array().map(Vec::len), Some(1));
        scene.closes();
        scene.verifies();
    }

    fn what_was_offered_then_is_told_whatever_became_of_the_offer_since(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let hainan = scene.organization("Hainan", "CN");
        let stated = officer.post(PATH, &need(&scene, 1_000)).expect(201);
        let path = path_of(&stated);
        let pledge = |quantity: i64| {
            let (pledge, line) = scene.pledge(&hainan, quantity);
            officer.post(&format!("{path}/matches"), &json!({"pledge_line": line, "quantity": quantity})).expect(201);
            (pledge, line)
        };
        let offered = |query: &str| scene.auditor.get(&format!("{path}{query}")).expect(200)["answered"]["offered"].clone();
        let now = || sequence(&officer.get(PATH).expect(200));
        let ((declined, _), (withdrawn, line)) = (pledge(300), pledge(200));
        let both = now();
        assert_eq!(offered(""), 500);
        scene.decides("pledge_declined", "2020-07-05", json!({"pledge": declined, "reason": "there is enough"})).expect(201);
        let first = now();
        assert_eq!((offered(""), offered(&format!("?known_at={both}"))), (json!(200), json!(500)));
        // A part of it goes back: the rest of what was offered stands.
        scene.post(&scene.manager, "pledge_accepted", "2020-07-05", json!({"pledge": withdrawn, "lines": [{"line": line, "quantity": 50}]}))
            .expect(201);
        let some = json!({"pledge": withdrawn, "lines": [{"line": line, "quantity": 10}]});
        scene.does("pledge_withdrawn", "2020-07-06", some).expect(201);
        let part = now();
        assert_eq!((offered(""), offered(&format!("?known_at={part}"))), (json!(150), json!(150)));
        let all = scene.does("pledge_withdrawn", "2020-07-07", json!({"pledge": withdrawn, "reason": "no plane"})).expect(201);
        let gone = now();
        assert_eq!(offered(""), 0);
        let back = json!({"event": all["id"], "reason": "there is a plane"});
        scene.does("reversed", "2020-07-08", back).expect(201);
        assert_eq!(offered(""), 150);

        // Asked again as it was known then, and as of then by what is known now.
        for (moment, figure) in [(both, 500), (first, 200), (part, 150), (gone, 0)] {
            assert_eq!(offered(&format!("?known_at={moment}")), figure, "known at {moment}");
        }
        assert_eq!((offered("?as_of=2020-07-04"), offered("?as_of=2020-07-08")), (json!(500), json!(150)));
        // The twin takes what the pledges say today.
        let today: Vec<Value> = [&declined, &withdrawn]
            .map(|pledge| scene.auditor.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["state"].clone())
            .to_vec();
        assert_eq!(today, [json!("declined"), json!("partly_accepted")], "by these, 200 would have been offered at first");
        scene.closes();
        scene.verifies();
    }

    fn an_offer_names_the_need_of_the_public_list_that_it_answers(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let stated = scene.officer.post(PATH, &with(need(&scene, 1_000), json!({"organization": city}))).expect(201);
        let listed = scene.house.stranger().get("/api/v1/public/needs").expect(200)["items"][0]["id"].clone();
        assert_eq!(listed, stated["id"]);
        // An officer of the donor reads no need of the city, and answers it by what everybody reads.
        let officer = scene.house.login_bound(Role::Officer, hainan.parse().ok(), None);
        officer.get(&path_of(&stated)).refused("not_found", &[]);
        let offers = format!("{}/offers", path_of(&stated));
        let gloves = json!({"code": "GLOVE", "name": "Gloves", "base_unit": "pair", "category": "protective equipment"});
        let gloves = scene.admin.post("/api/v1/items", &gloves).expect(201)["id"].clone();
        let body = json!({"id": Uuid::now_v7(), "programme": scene.programme, "donor": hainan, "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 600, "earmark_area": "GM-B"}, {"item": gloves, "quantity": 30}]});
        let before = scene.log_size();
        for (pointer, members) in [
            ("/donor", json!({"donor": city})),
            ("/programme", json!({"programme": Uuid::now_v7()})),
            ("/lines", json!({"lines": [{"item": gloves, "quantity": 1}]})),
            ("/lines/0/earmark_country", json!({"lines": [{"item": scene.masks, "quantity": 1, "earmark_country": "KE"}]})),
            ("/lines/0/earmark_area", json!({"lines": [{"item": scene.masks, "quantity": 1, "earmark_area": "GM-M"}]})),
            ("/lines/1/item", json!({"lines": [{"item": scene.masks, "quantity": 1}, {"item": Uuid::now_v7(), "quantity": 1}]})),
        ] {
            officer.post(&offers, &with(body.clone(), members)).refused("invalid", &[pointer]);
        }
        assert_eq!(scene.log_size(), before, "nothing of it was kept");
        let pledge = officer.post(&offers, &body).expect(201);
        assert_eq!((&pledge["state"], &pledge["lines"][0]["earmark_area"]), (&json!("offered"), &json!("GM-B")));
        assert_eq!(officer.post(&offers, &body).expect(200)["receipt"], Value::Null, "it counts once");
        let shown = scene.auditor.get(&path_of(&stated)).expect(200);
        assert_eq!((&shown["answered"]["offered"], &shown["answered"]["unmet"]), (&json!(600), &json!(1_000)));
        assert_eq!(shown["matches"][0]["pledge_line"], pledge["lines"][0]["id"]);
        assert_eq!(shown["matches"].as_array().map(Vec::len), Some(1), "gloves answer no need of masks");
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge["id"]})).expect(201);
        assert_eq!(scene.auditor.get(&path_of(&stated)).expect(200)["answered"]["pledged"], 600);

        // The same offer under another need says something else; what is not circulated is nobody's but its own.
        let other = scene.officer.post(PATH, &need(&scene, 5)).expect(201);
        officer.post(&format!("{}/offers", path_of(&other)), &body).refused("id_reused", &["/id"]);
        let hidden = scene.officer.post(PATH, &with(need(&scene, 5), json!({"circulated": false}))).expect(201);
        let fresh = with(body.clone(), json!({"id": Uuid::now_v7()}));
        let missing = officer.post(&format!("{PATH}/{}/offers", Uuid::now_v7()), &fresh);
        assert_eq!(officer.post(&format!("{}/offers", path_of(&hidden)), &fresh).text, missing.text);
        scene.officer.post(&format!("{}/offers", path_of(&hidden)), &with(body.clone(), json!({"id": Uuid::now_v7()}))).expect(201);
        // What was met meanwhile takes no new offer, and the one that was made stays made.
        let closed = json!({"state": "closed", "reason": "others brought them"});
        scene.officer.patch(&path_of(&stated), 1, &closed).expect(200);
        officer.post(&offers, &fresh).refused("wrong_state", &[]);
        assert_eq!(officer.post(&offers, &body).expect(200)["id"], pledge["id"]);
        scene.auditor.post(&offers, &body).refused("forbidden", &[]);
        scene.closes();
        scene.verifies();
    }

    fn what_does_not_fit_a_need_answers_none(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let (hainan, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let (accra, nairobi) = (scene.site("Accra", "warehouse", "GH"), scene.site("Nairobi", "city", "KE"));
        let stated = officer.post(PATH, &need(&scene, 1_000)).expect(201);
        let path = path_of(&stated);
        let meant = |body: Value| officer.post(&format!("{path}/matches"), &body);
        meant(json!({"quantity": 1})).refused("invalid", &["/pledge_line"]);
        meant(json!({"quantity": 1, "pledge_line": Uuid::now_v7(), "consignment": Uuid::now_v7()}))
            .refused("invalid", &["/consignment"]);
        meant(json!({"quantity": 1, "pledge_line": Uuid::now_v7()})).refused("not_found", &[]);
        meant(json!({"quantity": 1, "consignment": Uuid::now_v7()})).refused("not_found", &[]);
        let (elsewhere, _) = scene.planned(&city, &[&accra, &nairobi]);
        let words = meant(json!({"quantity": 1, "consignment": elsewhere})).refused("invalid", &["/consignment"]);
        assert!(words.contains("KE") && words.contains("GM"), "{words}");
        let offer = |members: Value| {
            let line = with(json!({"item": scene.masks, "quantity": 10}), members);
            let body = json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-01", "lines": [line]});
            officer.post("/api/v1/pledges", &body).expect(201)["lines"][0]["id"].clone()
        };
        let kenya = offer(json!({"earmark_country": "KE"}));
        meant(json!({"quantity": 1, "pledge_line": kenya})).refused("invalid", &["/pledge_line"]);
        let gloves = json!({"code": "GLOVE", "name": "Gloves", "base_unit": "pair", "category": "protective equipment"});
        let gloves = scene.admin.post("/api/v1/items", &gloves).expect(201)["id"].clone();
        let gloves = offer(json!({"item": gloves}));
        meant(json!({"quantity": 1, "pledge_line": gloves})).refused("invalid", &["/pledge_line"]);
        let gambia = offer(json!({"earmark_country": "GM"}));
        meant(json!({"quantity": 0, "pledge_line": gambia})).refused("invalid", &["/quantity"]);
        officer.patch(&path, 1, &json!({"state": "withdrawn", "reason": "stated twice"})).expect(200);
        meant(json!({"quantity": 1, "pledge_line": gambia})).refused("wrong_state", &[]);

        // Whoever does not read the goods, means none of them.
        let stated = officer.post(PATH, &with(need(&scene, 5), json!({"organization": city}))).expect(201);
        let own = scene.house.login_bound(Role::Officer, city.parse().ok(), None);
        let path = format!("{}/matches", path_of(&stated));
        own.post(&path, &json!({"quantity": 1, "pledge_line": gambia})).refused("not_found", &[]);
        officer.post(&path, &json!({"quantity": 1, "pledge_line": gambia})).expect(201);
        scene.verifies();
    }
}

/// Goods meant for a handful of needs, of lines and consignments, in any order.
fn any_meant() -> impl Strategy<Value = Vec<(usize, usize, bool, i64)>> {
    prop::collection::vec((0..4_usize, 0..3_usize, any::<bool>(), 0..200_i64), 0..24)
}

fn uuid(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

fn told(rows: &[(usize, usize, bool, i64)], there: &[i64; 6]) -> Vec<Meant> {
    let item = ItemId(uuid(99));
    rows.iter()
        .map(|(need, subject, is_line, quantity)| {
            let (kind, subject, goods) = if *is_line {
                let goods = Goods { pledged: there[*subject], offered: 10, ..Goods::default() };
                (MatchKind::PledgeLine, SubjectId(uuid(*subject)), goods)
            } else {
                let part = there[3 + *subject];
                let by_line = BTreeMap::from([(PledgeLineId(uuid(*subject)), part)]);
                let goods = Goods {
                    delivered: part / 3,
                    in_transit: part / 3,
                    allocated: part - 2 * (part / 3),
                    by_line,
                    ..Goods::default()
                };
                (MatchKind::Consignment, SubjectId(uuid(100 + *subject)), goods)
            };
            Meant { need: NeedId(uuid(*need)), subject, kind, item, quantity: *quantity, goods }
        })
        .collect()
}

/// What is wrong with an answer: a unit that counts twice, or a need that is answered by more than is meant for it.
fn wrong(answers: &BTreeMap<NeedId, Answered>, meant: &[Meant], there: &[i64; 6]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let sum = |figure: fn(&Answered) -> i64| answers.values().map(figure).sum::<i64>();
    if sum(|one| one.pledged) > there[..3].iter().sum() {
        found.push("more is pledged than there is");
    }
    if sum(|one| one.allocated + one.in_transit + one.delivered) > there[3..].iter().sum() {
        found.push("more is sent than there is");
    }
    for (need, one) in answers {
        let asked: i64 = meant.iter().filter(|row| row.need == *need).map(|row| row.quantity).sum();
        if one.pledged + one.offered + one.allocated + one.in_transit + one.delivered > asked {
            found.push("more answers it than is meant for it");
        }
        if one.unmet < 0 || one.carried > one.pledged {
            found.push("a figure cannot be");
        }
    }
    found
}

proptest! {
    #[test]
    fn no_unit_answers_two_needs(rows in any_meant(), there in prop::array::uniform6(0..150_i64)) {
        let meant = told(&rows, &there);
        let wanted: Vec<(NeedId, i64)> = (0..4).map(|need| (NeedId(uuid(need)), 100)).collect();
        let answers = answered_by(&wanted, &meant);
        prop_assert_eq!(wrong(&answers, &meant, &there), Vec::<&str>::new());
        // What is not meant for anything of ours answers nothing.
        let nobody: Vec<(NeedId, i64)> = vec![(NeedId(uuid(50)), 7)];
        prop_assert_eq!(answered_by(&nobody, &meant)[&NeedId(uuid(50))].unmet, 7);
    }
}

#[test]
fn a_unit_that_counts_twice_is_found() {
    let rows = [(0, 0, true, 80), (1, 0, true, 80), (0, 0, false, 80), (1, 0, false, 80)];
    let there = [100, 0, 0, 100, 0, 0];
    let meant = told(&rows, &there);
    let wanted: Vec<(NeedId, i64)> = (0..2).map(|need| (NeedId(uuid(need)), 100)).collect();
    let mut answers = answered_by(&wanted, &meant);
    assert_eq!(wrong(&answers, &meant, &there), Vec::<&str>::new());
    let [first, second] = [0, 1].map(|need| answers[&NeedId(uuid(need))].clone());
    assert_eq!((first.pledged, second.pledged, first.delivered), (80, 20, 33));
    // The twin: each need is answered as if it were alone.
    for need in 0..2 {
        let alone: Vec<Meant> = meant.iter().filter(|row| row.need == NeedId(uuid(need))).cloned().collect();
        let answer = answered_by(&[(NeedId(uuid(need)), 100)], &alone).remove(&NeedId(uuid(need)));
        answers.insert(NeedId(uuid(need)), answer.expect("it is answered"));
    }
    assert_eq!(
        wrong(&answers, &meant, &there),
        ["more is pledged than there is", "more is sent than there is"]
    );
}
