//! An officer at a port with a bad line: receives short goods by clicks, then without a server, over a restart of the
//! phone's browser, until the server is back and each update counts once.

use serde_json::json;

use super::Browser;
use super::screens::signs_in_to;
use crate::sessions::person;
use crate::stories::scene::{Scene, UnderWay};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

/// Waits until the page of posting about a consignment is kept for when there is no server.
pub(super) fn wait_until_kept(browser: &Browser, code: &str) {
    let script = format!(
        "const end = arguments[0]; const look = async () => {{ \
           const cache = await caches.open('relief-pages'); const keys = (await cache.keys()).map((one) => one.url); \
           if (keys.some((url) => url.includes('/board/post') && url.includes('{code}')) \
             && keys.some((url) => url.endsWith('/board/queue')) && keys.some((url) => url.endsWith('/board'))) end(true); \
           else setTimeout(look, 100); }}; look();"
    );
    assert_eq!(browser.run(&script), json!(true));
}

/// How many receipts a consignment has.
pub(super) fn receipt_count(scene: &Scene, consignment: &str) -> usize {
    let page = scene.officer.get(&format!("/api/v1/events?consignment={consignment}&limit=500")).expect(200);
    let events = page["items"].as_array().expect("events");
    events.iter().filter(|event| event["kind"] == "received").count()
}

/// What waits, as the list on the phone says it.
pub(super) fn waiting(browser: &Browser) -> String {
    browser.text("#waiting li[data-state='kept']")
}

on_both_databases! {
    migrate: migrate;

    fn an_officer_receives_short_goods_by_clicks_then_offline_and_back(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        person(&scene.house, "amina", Role::Officer);
        let UnderWay { code: short, consignment: short_consignment, pledge: short_pledge, .. } = scene.under_way(1_000);
        let UnderWay { code: whole, consignment: whole_consignment, pledge: whole_pledge, .. } = scene.under_way(500);
        let at = |path: &str| format!("http://{}{path}", scene.officer.address);
        signs_in_to(&browser, &at(""), "amina", "/board");

        // Short goods, by clicks: the reason is asked for only once something differs.
        browser.click(&format!("a[href^='/board/post?code={short}']"));
        assert_eq!(browser.text("h1"), "Received at Banjul");
        browser.click("label[for='counted']");
        browser.type_into("#good-0", "980");
        assert!(browser.text("[data-sum]").contains("980 good · 20 missing"));
        browser.type_into("#reason-0", "Two boxes were wet");
        browser.click("#record");
        assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
        assert_eq!(scene.accounts(&short_pledge), json!({"delivered": 980, "missing": 20}));

        // The server goes; what is received meanwhile stays on the phone, over a restart of its browser.
        browser.goto(&at("/board"));
        wait_until_kept(&browser, &whole);
        assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
        let mut phone = Some(browser);
        let address = scene.officer.address.to_string();
        let (listen, pages) = (address.clone(), format!("http://{address}"));
        let house = scene.house.restart_with(|settings| {
            settings.listen = listen;
            let browser = phone.take().expect("the browser is open");
            browser.goto(&format!("{pages}/board"));
            assert!(browser.text("#content > .notice:first-child").contains("No connection"));
            browser.click(&format!("a[href^='/board/post?code={whole}']"));
            browser.click("label[for='all-good']");
            browser.click("#record");
            assert!(waiting(&browser).contains("On this phone"));
            assert_eq!(browser.text("#kept-count"), "1");
            let browser = browser.again();
            browser.goto(&format!("{pages}/board/queue"));
            assert!(waiting(&browser).contains("On this phone"), "it is still there");
            phone = Some(browser);
        });
        let scene = Scene { house, ..scene };
        let browser = phone.expect("the browser is open");
        assert_eq!(scene.accounts(&whole_pledge), json!({"in_transit": 500}), "nobody else sent it");
        browser.click("#send-now");
        browser.text("#done li:nth-of-type(2)");
        assert_eq!(scene.accounts(&whole_pledge), json!({"delivered": 500}));

        // Asked once more to send, and once nothing is left to send: each consignment has one receipt.
        browser.goto(&format!("{pages}/board/queue"));
        let again = "const end = arguments[0]; const user = document.getElementById('kept').dataset.user; \
            const look = async () => { \
              if ((await reliefStore.all(user)).length === 0) end(true); else setTimeout(look, 100); }; \
            reliefSender.send(user).then(look);";
        assert_eq!(browser.run(again), json!(true));
        for consignment in [&short_consignment, &whole_consignment] {
            assert_eq!(receipt_count(&scene, consignment), 1, "nothing is sent twice");
        }
        scene.closes();
    }

    fn a_scanner_types_the_label_wherever_the_page_is_and_goods_are_handed_to_people(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        person(&scene.house, "amina", Role::Officer);
        let UnderWay { code, pledge, .. } = scene.under_way(1_000);
        let at = |path: &str| format!("http://{}{path}", scene.officer.address);
        signs_in_to(&browser, &at(""), "amina", "/board");

        // Nobody touched the field: what a hand types slowly is no code, and what a scanner types is the label's address.
        browser.text("#find");
        let typed = format!(
            "arguments[0](true); setTimeout(() => {{ for (const key of [...'{}', 'Enter']) \
               document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }})); }}, 0);",
            at(&format!("/track/{code}"))
        );
        browser.run(&typed);
        browser.click("#record");
        assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 1_000}));

        browser.goto(&at(&format!("/board/post?code={code}")));
        assert_eq!(browser.text("h1"), "Handed to people at Banjul");
        browser.type_into("#good-0", "300");
        browser.type_into("#people-0", "60");
        assert!(browser.text("[data-sum]").contains("300 handed to people"), "{}", browser.text("main"));
        browser.click("#record");
        browser.text("#done li:nth-of-type(2)");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 700, "distributed": 300}));
        assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
        scene.closes();
    }

    fn what_is_found_damaged_on_the_way_is_written_down_without_a_server_too(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        person(&scene.house, "amina", Role::Officer);
        let UnderWay { code, consignment, pledge, .. } = scene.under_way(1_000);
        let pages = format!("http://{}", scene.officer.address);
        signs_in_to(&browser, &pages, "amina", "/board");
        browser.text("#find");
        browser.goto(&format!("{pages}/board/post?code={code}"));
        let is_kept = "const end = arguments[0]; const look = async () => { \
            const keys = (await (await caches.open('relief-pages')).keys()).map((one) => one.url); \
            if (keys.some((url) => url.includes('kind=damaged')) && keys.some((url) => url.endsWith('/board/queue'))) end(true); \
            else setTimeout(look, 100); }; look();";
        assert_eq!(browser.run(is_kept), json!(true), "what else may happen is kept with the form");

        let mut phone = Some(browser);
        let listen = scene.officer.address.to_string();
        let house = scene.house.restart_with(|settings| {
            settings.listen = listen;
            let browser = phone.take().expect("the browser is open");
            browser.goto(&format!("{pages}/board/post?code={code}"));
            browser.click("details:has(a[href*='kind=damaged']) summary");
            browser.click("a[href*='kind=damaged']");
            assert_eq!(browser.text("h1"), "Found damaged on the way to Banjul");
            browser.type_into("#good-0", "10");
            browser.type_into("#reason", "it fell");
            browser.click("#record");
            assert!(waiting(&browser).contains("Found damaged"), "{}", browser.text("main"));
            phone = Some(browser);
        });
        let scene = Scene { house, ..scene };
        let browser = phone.expect("the browser is open");
        browser.click("#send-now");
        assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
        let page = scene.officer.get(&format!("/api/v1/events?consignment={consignment}&limit=500")).expect(200);
        let told = page["items"].as_array().expect("events").iter().filter(|event| event["kind"] == "damaged");
        assert_eq!(told.count(), 1, "{page:#}");
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
        scene.closes();
    }
}
