//! Pages that are kept up to date: a browser is hinted that there is something to read, as far as whoever looks may read it,
//! and no longer than that.

use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::browse::visit;
use crate::stories::scene::Scene;
use crate::streams::Listener;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::webhooks::{a_gift, events, sequences};

const LIVE: &str = "/live";
/// Longer than a stream waits between two looks for events, or at what is followed by a tracking code.
const A_LOOK: Duration = Duration::from_secs(6);
/// Sooner than what is waited for by a listener is given up: a stream that is over says so before.
const SOON: Duration = Duration::from_secs(25);

/// The next hint, past what only keeps the connection alive; none at the end.
fn hint(listener: &mut Listener) -> Option<Value> {
    loop {
        let block = listener.block()?;
        if let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) {
            let id = block.lines().find_map(|line| line.strip_prefix("id: ")).expect("an entry");
            let hint: Value = serde_json::from_str(data).expect("JSON");
            assert_eq!(hint["sequence"].to_string(), id);
            return Some(hint);
        }
        assert!(block.starts_with("retry: ") || block.starts_with(": "), "{block}");
    }
}

/// That a stream ends, whatever it still says before.
#[track_caller]
fn ends(listener: &mut Listener) {
    let begun = Instant::now();
    while hint(listener).is_some() {}
    assert!(begun.elapsed() < SOON, "it did not end, it was given up");
}

fn last(caller: &Caller) -> i64 {
    sequences(&events(caller)).last().copied().expect("an event")
}

/// Consignments of some masks each under way from Beijing to Banjul: code, consignment and leg.
fn under_way(scene: &Scene, quantities: [i64; 2]) -> [(String, String, String); 2] {
    let donor = scene.organization("Shenzhen federation", "CN");
    let city = scene.organization("Banjul City Council", "GM");
    let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
    let banjul = scene.site("Banjul", "city", "GM");
    scene.in_store(&donor, &beijing, quantities.iter().sum());
    quantities.map(|quantity| {
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], quantity, "2020-08-01");
        let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
        (shown["tracking_code"].as_str().expect("a code").to_owned(), consignment, leg)
    })
}

/// What the tracking page says of itself to the script that keeps it up to date.
fn mark_of(caller: &Caller, code: &str) -> String {
    mark_at(caller, &format!("/track/{code}"), code)
}

/// The same of any page that shows something by a code.
fn mark_at(caller: &Caller, path: &str, code: &str) -> String {
    let page = visit(caller, path);
    assert!(page.says(&format!("data-code=\"{code}\"")) && page.says("data-live=\"state\""), "{}", page.text);
    let behind = page.text.split("data-mark=\"").nth(1).expect("a mark");
    behind.split('"').next().expect("its end").to_owned()
}

fn streams(house: &Server) -> i64 {
    let text = house.stranger().get("/metrics").text;
    let line = text.lines().find_map(|line| line.strip_prefix("relief_streams ")).expect("a figure");
    line.parse().expect("a number")
}

on_both_databases! {
    migrate: migrate;

    fn a_browser_is_hinted_of_what_its_reader_may_see_and_no_longer_than_that(database: &TestDatabase) {
        let scene = Scene::new(database);
        let ours = a_gift(&scene, 500);
        let organization = OrganizationId(ours.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
        let since = format!("{LIVE}?after={}", last(&scene.officer));
        let mut officers = Listener::open(&scene.officer, &since, None);
        let mut donors = Listener::open(&donor, &since, None);
        a_gift(&scene, 600);
        let told = hint(&mut officers).expect("a hint");
        assert_eq!((&told["own"], &told["codes"]), (&json!(true), &json!({})), "a hint says nothing else: {told}");
        assert_eq!(told.as_object().map(|members| members.len()), Some(3), "{told}");
        std::thread::sleep(A_LOOK);
        let others = last(&scene.officer);
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&ours, &site, 40);
        let told = hint(&mut donors).expect("a hint");
        let sequence = told["sequence"].as_i64().expect("an entry");
        assert!(sequence > others && told["own"] == true, "it was hinted of another's gift: {told}, {others}");
        donor.post("/api/v1/auth/logout", &json!({})).expect(200);
        scene.in_store(&ours, &site, 50);
        ends(&mut donors);
        donor.get(LIVE).refused("unauthenticated", &[]);
    }

    fn who_has_a_code_is_hinted_of_that_consignment_alone(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [(code, consignment, leg), (_, other, other_leg)] = under_way(&scene, [300, 200]);
        let stranger = scene.house.stranger();
        let shown = mark_of(&stranger, &code);
        let mut listener = Listener::open(&stranger, &format!("{LIVE}?codes={code}.{shown}"), None);
        scene.receives(&other, &other_leg, "2020-08-20", json!({"good": 200})).expect(201);
        assert_eq!(mark_of(&stranger, &code), shown, "what happens to others is nothing new to the code");
        std::thread::sleep(A_LOOK);
        scene.receives(&consignment, &leg, "2020-08-20", json!({"good": 300})).expect(201);
        let told = hint(&mut listener).expect("a hint");
        let now = mark_of(&stranger, &code);
        assert_ne!(now, shown);
        assert_eq!((&told["own"], &told["codes"]), (&json!(false), &json!({(code.clone()): now})), "only what changed");
        // Whoever comes with a page from before is told at once; with this one not.
        let mut late = Listener::open(&stranger, &format!("{LIVE}?codes={code}.{shown}"), None);
        assert_eq!(hint(&mut late).expect("a hint")["codes"][&code], now);
        let page = visit(&scene.officer, "/board");
        assert!(page.says("data-live=\"lists\"") && page.says("data-code=\"\""), "{}", page.text);
    }

    fn who_has_a_private_link_is_hinted_of_that_gift_until_the_link_ends(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan Province", "CN");
        let site = scene.site("Haikou", "warehouse", "CN");
        let (pledge, _) = scene.accepted(&donor, 500);
        let link = format!("/api/v1/pledges/{pledge}/link");
        let page = scene.officer.post(&link, &json!({})).expect(201)["page"].as_str().expect("a page").to_owned();
        let code = page.strip_prefix("/pledge-links/").expect("a code");
        let stranger = scene.house.stranger();
        let shown = mark_at(&stranger, &page, code);
        let mut listener = Listener::open(&stranger, &format!("{LIVE}?links={code}.{shown}"), None);
        a_gift(&scene, 600);
        assert_eq!(mark_at(&stranger, &page, code), shown, "what happens to others is nothing new to the link");
        let body = json!({"pledge": pledge, "site": site, "lines": [scene.line(500)]});
        scene.post(&scene.officer, "collected", "2020-07-10", body).expect(201);
        let told = hint(&mut listener).expect("a hint");
        let now = mark_at(&stranger, &page, code);
        assert_ne!(now, shown);
        assert_eq!((&told["own"], &told["codes"]), (&json!(false), &json!({(code): now})), "only what changed");
        scene.officer.send("DELETE", &link, &[], None).expect(200);
        ends(&mut listener);
        stranger.get(&format!("{LIVE}?links={code}")).refused("not_found", &[]);
    }

    fn what_is_not_there_keeps_no_page_of_the_same_browser_from_its_hints(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [(code, consignment, leg), _] = under_way(&scene, [300, 200]);
        let (pledge, _) = scene.accepted(&scene.organization("Hainan Province", "CN"), 500);
        let link = format!("/api/v1/pledges/{pledge}/link");
        let page = scene.officer.post(&link, &json!({})).expect(201)["page"].as_str().expect("a page").to_owned();
        let ended = page.strip_prefix("/pledge-links/").expect("a code");
        let stranger = scene.house.stranger();
        let (shown, given) = (mark_of(&stranger, &code), mark_at(&stranger, &page, ended));
        // Of three pages one is of a code that nobody has, and the link of another ends while it is looked at.
        let path = format!("{LIVE}?codes=2222-2222-2222,{code}.{shown}&links={ended}.{given}");
        let mut strangers = Listener::open(&stranger, &path, None);
        scene.officer.send("DELETE", &link, &[], None).expect(200);
        scene.receives(&consignment, &leg, "2020-08-20", json!({"good": 300})).expect(201);
        let told = hint(&mut strangers).expect("a hint");
        assert_eq!(told["codes"], json!({(code.clone()): mark_of(&stranger, &code)}), "and not a word of the others");
        // Neither keeps anybody from hints of their own; the twin: where nothing else is followed it is refused.
        let dead = format!("{LIVE}?codes=2222-2222-2222&links={ended}");
        let mut officers = Listener::open(&scene.officer, &format!("{dead}&after={}", last(&scene.officer)), None);
        a_gift(&scene, 600);
        assert_eq!(hint(&mut officers).expect("a hint")["own"], true);
        stranger.get(&dead).refused("not_found", &[]);
    }

    fn a_browser_that_was_cut_off_is_told_whether_it_missed_anything(database: &TestDatabase) {
        let scene = Scene::new(database);
        a_gift(&scene, 500);
        let now = last(&scene.officer);
        let begun = format!("{LIVE}?after=0");
        let mut behind = Listener::open(&scene.officer, &begun, None);
        // A server that has not heard of the last of it yet hints of what it has, and again when it hears of more.
        while hint(&mut behind).expect("a hint")["sequence"].as_i64() < Some(now) {}
        // What the browser says by itself when it comes again goes before what its page says.
        let mut level = Listener::open(&scene.officer, &begun, Some(now));
        a_gift(&scene, 600);
        let told = hint(&mut level).expect("a hint");
        assert!(told["sequence"].as_i64() > Some(now), "it was hinted of what it had: {told}");
        let mut again = Listener::open(&scene.officer, LIVE, Some(now));
        assert!(hint(&mut again).expect("a hint")["sequence"].as_i64() > Some(now), "it missed something");
    }

    fn what_nobody_may_follow_is_refused(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [(code, ..), _] = under_way(&scene, [300, 200]);
        let stranger = scene.house.stranger();
        stranger.get(LIVE).refused("unauthenticated", &[]);
        scene.admin.get(LIVE).refused("forbidden", &[]);
        stranger.get(&format!("{LIVE}?codes=abc")).refused("invalid", &["/codes"]);
        stranger.get(&format!("{LIVE}?codes=2222-2222-2222")).refused("not_found", &[]);
        let six = [code.as_str(); 6].join(",");
        stranger.get(&format!("{LIVE}?codes={six}")).refused("invalid", &["/codes"]);
        stranger.get(&format!("{LIVE}?until=5")).refused("invalid", &["/until"]);
        // Codes are tried out no faster here than where they are asked for one by one.
        let tried = (0..200).map(|_| stranger.get(&format!("{LIVE}?codes=2222-2222-2222,2222-2222-2222")).status);
        assert!(tried.take_while(|status| *status == 404).count() < 200, "nobody was slowed down");
    }

    fn a_further_browser_ends_the_oldest_and_all_end_with_the_server(database: &TestDatabase) {
        let scene = Scene::on(Server::start_with(database, |settings| settings.throttle = None), database);
        let [(code, ..), _] = under_way(&scene, [300, 200]);
        let mut program = Listener::open(&scene.officer, "/api/v1/events/stream", None);
        let mut browsers: Vec<Listener> = (0..9).map(|_| Listener::open(&scene.officer, LIVE, None)).collect();
        ends(&mut browsers.remove(0));
        let stranger = scene.house.stranger();
        let path = format!("{LIVE}?codes={code}.{}", mark_of(&stranger, &code));
        let mut strangers: Vec<Listener> = (0..31).map(|_| Listener::open(&stranger, &path, None)).collect();
        ends(&mut strangers.remove(0));
        assert_eq!(streams(&scene.house), 1 + 8 + 30);
        a_gift(&scene, 500);
        assert!(program.block().is_some() && program.block().is_some(), "browsers end no stream of a program");
        assert!(browsers.iter_mut().all(|listener| hint(listener).is_some()));
        let begun = Instant::now();
        scene.house.stop();
        assert!(begun.elapsed() < Duration::from_secs(10), "the server waited for those who listen");
        browsers.iter_mut().chain(&mut strangers).for_each(ends);
    }

    fn what_is_no_event_is_hinted_to_who_decides_and_to_no_donor(database: &TestDatabase) {
        if std::env::var_os("RELIEF_LONG").is_none() {
            return;
        }
        let scene = Scene::new(database);
        let ours = a_gift(&scene, 500);
        let organization = OrganizationId(ours.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
        let since = format!("{LIVE}?after={}", last(&scene.officer));
        let mut managers = Listener::open(&scene.manager, &since, None);
        let mut donors = Listener::open(&donor, &since, None);
        let before = scene.log_size();
        let fifth = scene.organization("Hubei Province", "CN");
        scene.pledge(&fifth, 70);
        let told = hint(&mut managers).expect("a hint");
        assert!(told["own"] == true && told["sequence"].as_i64() > Some(before), "{told}");
        let quiet = loop {
            let block = donors.block().expect("a word");
            if !block.starts_with("retry: ") {
                break block;
            }
        };
        assert!(quiet.starts_with(": quiet"), "{quiet}");
    }

    fn lists_and_figures_are_kept_up_to_date_too_and_what_is_filled_in_is_left_alone(database: &TestDatabase) {
        let scene = Scene::new(database);
        under_way(&scene, [300, 200]);
        for (caller, path, part) in [
            (&scene.officer, "/board/consignments", "rows"),
            (&scene.officer, "/warehouse", "sites"),
            (&scene.manager, "/manager/figures", "figures"),
        ] {
            let page = visit(caller, path);
            assert!(page.says("id=\"live\""), "{path}: {}", page.text);
            let kept = page.text.split(&format!("<div data-live=\"{part}\">")).nth(1);
            let kept = kept.unwrap_or_else(|| panic!("{path}: {}", page.text));
            assert!(!kept.contains("<select") && !kept.contains("<input"), "{path}: {kept}");
        }
    }
}
