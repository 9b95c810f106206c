//! What else happens to goods, written by hand: in a warehouse, under way, and after they were delivered.

use serde_json::json;

use super::browse::{Page, send, sent, visit};
use crate::stories::scene::{Scene, UnderWay};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use relief_ledger::auth::Role;

const POST: &str = "/board/post";

/// What the first option of a choice would send.
fn first(page: &Page, name: &str) -> String {
    let behind = page.text.split(&format!("name=\"{name}\"")).nth(1);
    let value = behind.and_then(|rest| rest.split("option value=\"").nth(1));
    value
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("no {name}: {}", page.text))
        .to_owned()
}

/// Hidden fields of a form with what is typed besides.
fn sends(caller: &Caller, path: &str, page: &Page, hidden: &[&str], typed: &[(&str, &str)]) -> Reply {
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|name| (*name, page.hidden(name))).collect();
    fields.extend_from_slice(typed);
    send(caller, path, &fields)
}

/// What a form of posting holds that nobody types.
const DRAWN: [&str; 9] =
    ["id", "document", "occurred_at", "kind", "consignment", "code", "leg", "site", "lines"];

/// Writes on a page of posting what happened to some of the first line.
fn posts_part(caller: &Caller, code: &str, kind: &str, typed: &[(&str, &str)]) -> Reply {
    let page = visit(caller, &format!("{POST}?code={code}&kind={kind}"));
    let hidden: Vec<&str> = DRAWN.into_iter().chain(["item-0", "name-0", "sent-0"]).collect();
    sends(caller, POST, &page, &hidden, typed)
}

on_both_databases! {
    migrate: migrate;

    fn what_happens_in_a_warehouse_is_written_there(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let there = visit(&scene.officer, &format!("/warehouse/{beijing}"));
        let path = |kind: &str| format!("/warehouse/{beijing}/happened/{kind}");
        for kind in ["delivered", "damaged", "held", "released_from_hold", "returned", "stored"] {
            assert!(there.says(&format!("href=\"{}\"", path(kind))), "{kind}: {}", there.text);
        }
        let form = |kind: &str, typed: &[(&str, &str)]| {
            let page = visit(&scene.officer, &path(kind));
            let goods = if kind == "stored" { String::new() } else { first(&page, "goods") };
            let mut fields = vec![("goods", goods.as_str())];
            fields.extend_from_slice(typed);
            let reply = sends(&scene.officer, &path(kind), &page, &["id", "occurred_at"], &fields);
            (reply, page.hidden("id").to_owned())
        };
        let heap = |condition: &str| scene.stock(&beijing)[0][condition].clone();

        let size = scene.log_size();
        let (silent, _) = form("damaged", &[("quantity", "10"), ("reason", "")]);
        assert_eq!(silent.status, 422, "{}", silent.text);
        assert!(Page::of(&silent, "silent").says("id=\"reason-error\""), "{}", silent.text);
        let (many, _) = form("damaged", &[("quantity", "many"), ("reason", "a leaking roof")]);
        assert!(Page::of(&many, "many").says("id=\"quantity-error\""), "{}", many.text);
        let (more, _) = form("damaged", &[("quantity", "1001"), ("reason", "a leaking roof")]);
        assert_eq!(more.status, 409, "{}", more.text);
        assert!(Page::of(&more, "more").says("value=\"1001\""), "{}", more.text);
        assert_eq!(scene.log_size(), size, "what is refused is not recorded");

        let (damaged, id) = form("damaged", &[("quantity", "١٠"), ("reason", "a leaking roof"), ("on", "2020-08-05")]);
        assert_eq!(damaged.header("location"), Some(format!("{}?recorded=1", path("damaged")).as_str()), "{}", damaged.text);
        assert!(visit(&scene.officer, &format!("{}?recorded=1", path("damaged"))).says("id=\"recorded\""));
        let event = scene.event(&id).expect(200);
        assert!(event["occurred_at"].as_str().expect("a time").starts_with("2020-08-05"), "{event}");
        assert_eq!((heap("free"), heap("damaged")), (json!(990), json!(10)));

        assert!(visit(&scene.officer, &path("released_from_hold")).says("Nothing of the kind lies here now."));
        assert_eq!(form("held", &[("quantity", "20"), ("reason", "to be looked at")]).0.status, 303);
        assert_eq!((heap("free"), heap("held")), (json!(970), json!(20)));
        assert_eq!(form("released_from_hold", &[("quantity", "20"), ("reason", "looked at")]).0.status, 303);
        assert_eq!(heap("free"), 990);

        let (nobody, _) = form("delivered", &[("quantity", "100")]);
        assert_eq!(nobody.status, 422, "{}", nobody.text);
        assert!(Page::of(&nobody, "nobody").says("id=\"consignee-error\""), "{}", nobody.text);
        let (strange, _) = form("delivered", &[("quantity", "100"), ("consignment", "7KQ2-M9XD-4TRF")]);
        assert!(Page::of(&strange, "strange").says("id=\"consignment-error\""), "{}", strange.text);
        assert_eq!(form("delivered", &[("quantity", "100"), ("consignee", &city)]).0.status, 303);
        assert_eq!(form("returned", &[("quantity", "50"), ("reason", "not asked for")]).0.status, 303);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 850, "delivered": 100, "returned": 50}));
        assert_eq!(form("stored", &[("note", "bay 4")]).0.status, 303);
        scene.closes();

        let page = visit(&scene.officer, &path("held"));
        let goods = first(&page, "goods");
        let typed = [("goods", goods.as_str()), ("quantity", "1"), ("reason", "twice")];
        for _ in 0..2 {
            let once = sends(&scene.officer, &path("held"), &page, &["id", "occurred_at"], &typed);
            assert_eq!(once.status, 303, "{}", once.text);
        }
        assert_eq!(heap("held"), 1, "the same form counts once");
        assert_eq!(scene.officer.get(&path("sold")).status, 404);
        for caller in [&scene.manager, &scene.auditor, &scene.admin] {
            assert_eq!(caller.get(&path("held")).status, 403);
        }
        let elsewhere = scene.organization("Somebody else", "FR");
        let bound = scene.house.login_bound(Role::Officer, elsewhere.parse().ok(), None);
        assert_eq!(bound.get(&path("held")).status, 404, "out of reach is missing");
    }

    fn some_of_what_is_under_way_is_found_damaged_or_held(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, pledge, .. } = scene.under_way(1_000);
        let usual = visit(&scene.receiver, &format!("{POST}?code={code}"));
        assert!(usual.says("<h1>Received at Banjul</h1>") && usual.says("kind=damaged"), "{}", usual.text);
        let page = visit(&scene.receiver, &format!("{POST}?code={code}&kind=damaged"));
        assert!(page.says("<h1>Found damaged on the way to Banjul</h1>") && page.says("data-part"), "{}", page.text);
        let size = scene.log_size();
        let blank = posts_part(&scene.receiver, &code, "damaged", &[("reason", "it fell")]);
        assert_eq!((blank.status, scene.log_size()), (422, size), "blank is nothing: {}", blank.text);
        let many = posts_part(&scene.receiver, &code, "damaged", &[("good-0", "many")]);
        assert!(Page::of(&many, POST).says("href=\"#good-0\""), "{}", many.text);
        let damaged = posts_part(&scene.receiver, &code, "damaged", &[("good-0", "10"), ("reason", "it fell")]);
        assert_eq!(damaged.status, 303, "{}", damaged.text);
        let held = posts_part(&scene.receiver, &code, "held", &[("good-0", "5")]);
        assert_eq!(held.status, 303, "{}", held.text);
        let shown = visit(&scene.receiver, &format!("/board/consignments/{consignment}"));
        assert!(shown.says("found damaged") && shown.says("put on hold"), "{}", shown.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}), "no quantity changes");
        scene.closes();
    }

    fn what_was_delivered_is_put_away_and_given_back(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, pledge, .. } = scene.under_way(1_000);
        let page = visit(&scene.receiver, &format!("{POST}?code={code}"));
        let hidden: Vec<&str> = DRAWN.into_iter().chain(["item-0", "name-0", "sent-0"]).collect();
        assert_eq!(sends(&scene.receiver, POST, &page, &hidden, &[("how", "all")]).status, 303);
        let next = visit(&scene.receiver, &format!("{POST}?code={code}"));
        assert!(next.says("<h1>Handed to people at Banjul</h1>"), "what is usual comes first: {}", next.text);
        let away = visit(&scene.receiver, &format!("{POST}?code={code}&kind=stored"));
        assert!(away.says("<h1>Put away at Banjul</h1>"), "{}", away.text);
        let stored = sends(&scene.receiver, POST, &away, &DRAWN, &[("note", "bay 4")]);
        assert_eq!(stored.status, 303, "{}", stored.text);
        let event = scene.event(away.hidden("id")).expect(200);
        assert_eq!(event["body"]["note"], "bay 4", "{event}");
        let back = posts_part(&scene.receiver, &code, "returned", &[("good-0", "100"), ("reason", "not asked for")]);
        assert_eq!(back.status, 303, "{}", back.text);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "returned": 100}));
        let shown = visit(&scene.receiver, &format!("/board/consignments/{consignment}"));
        assert!(shown.says("put into store"), "{}", shown.text);
        scene.closes();
    }

    fn goods_under_way_are_sent_another_way(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { consignment, pledge, beijing, .. } = scene.under_way(1_000);
        let dakar = scene.site("Dakar port", "port", "SN");
        let path = format!("/consignments/{consignment}/divert");
        assert!(visit(&scene.officer, &format!("/board/consignments/{consignment}")).says(&format!("href=\"{path}\"")));
        let page = visit(&scene.officer, &path);
        assert!(page.says("Beijing warehouse to Banjul</option>") && page.says("Dakar port, Senegal"), "{}", page.text);
        let leg = first(&page, "leg");
        let form = |to: &str| {
            let typed = [("leg", leg.as_str()), ("to", to), ("mode", "sea"), ("onward", "road"), ("reason", "the port is closed")];
            sends(&scene.officer, &path, &page, &["id", "occurred_at"], &typed)
        };
        let nowhere = form(&beijing);
        assert_eq!(nowhere.status, 422, "{}", nowhere.text);
        assert!(Page::of(&nowhere, &path).says("id=\"to-error\""), "{}", nowhere.text);
        let to = form(&dakar);
        assert_eq!(to.status, 303, "{}", to.text);
        let shown = visit(&scene.officer, to.header("location").expect("it leads on"));
        assert!(shown.says("Recorded: entry ") && shown.says("On the way, Beijing warehouse to Dakar port"), "{}", shown.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
        for caller in [&scene.manager, &scene.auditor, &scene.admin] {
            assert_eq!(caller.get(&path).status, 403);
        }
        scene.closes();
    }

    fn the_board_says_as_of_when_it_is_and_what_is_to_be_handed_out(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, .. } = scene.under_way(1_000);
        let board = visit(&scene.receiver, "/board");
        for words in ["As of ", " UTC · Entry ", "Nothing waits to be handed to people.", "href=\"/webhooks\""] {
            assert!(board.says(words), "{words}: {}", board.text);
        }
        let list = visit(&scene.receiver, "/board/consignments");
        for words in [&code, "Beijing warehouse to Banjul", "On the way.", ">1,000<"] {
            assert!(list.says(words), "{words}: {}", list.text);
        }
        let page = visit(&scene.receiver, &format!("{POST}?code={code}"));
        let hidden: Vec<&str> = DRAWN.into_iter().chain(["item-0", "name-0", "sent-0"]).collect();
        let fields: Vec<(&str, &str)> = hidden.iter().map(|name| (*name, page.hidden(name))).chain([("how", "all")]).collect();
        sent(&scene.receiver, POST, &fields);
        let board = visit(&scene.receiver, "/board");
        for words in ["To hand out (1)", "Banjul: Surgical masks", "1,000 piece", "kind=distributed"] {
            assert!(board.says(words), "{words}: {}", board.text);
        }
        let list = visit(&scene.receiver, "/board/consignments");
        assert!(list.says("Arrived and handed over.") && list.says(&format!("/board/consignments/{consignment}")), "{}", list.text);
        let elsewhere = scene.organization("Somebody else", "FR");
        let bound = scene.house.login_bound(Role::Officer, elsewhere.parse().ok(), None);
        let board = visit(&bound, "/board");
        assert!(board.says("Nothing waits to be handed to people.") && !board.says(&code), "{}", board.text);
        let handed = posts_part(&scene.receiver, &code, "distributed", &[("good-0", "1000")]);
        assert_eq!(handed.status, 303, "{}", handed.text);
        assert!(visit(&scene.receiver, "/board").says("Nothing waits to be handed to people."));
    }

    fn what_is_ones_own_to_hand_out_is_told_however_much_lies_with_others(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let [own, others] = ["Banjul City Council", "Village council"].map(|name| scene.organization(name, "GM"));
        let store = json!({"name": "Our store", "kind": "warehouse", "country": "GM", "operator": own});
        let store = scene.admin.post("/api/v1/sites", &store).expect(201)["id"].as_str().expect("an id").to_owned();
        let village = scene.site("The village", "city", "GM");
        scene.in_store(&donor, &store, 1_000);
        let came = |consignee: &str| {
            let (consignment, leg) = scene.planned(consignee, &[&store, &village]);
            scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 1})).expect(201);
            consignment
        };
        // More than a board looks at: they left the own store long ago, and are the village's to hand out.
        let others: Vec<String> = (0..101).map(|_| came(&others)).collect();
        let consignment = came(&own);
        let bound = scene.house.login_bound(Role::Officer, own.parse().ok(), None);
        bound.get(&format!("/api/v1/consignments/{}", others[0])).expect(200);
        let board = visit(&bound, "/board");
        for words in ["To hand out (1)", "The village: Surgical masks", &format!("/board/consignments/{consignment}")] {
            assert!(board.says(words), "{words}: {}", board.text);
        }
        assert!(others.iter().all(|other| !board.says(&format!("/board/consignments/{other}"))), "{}", board.text);
        assert!(!board.says("Nothing waits to be handed to people."), "{}", board.text);
    }
}
