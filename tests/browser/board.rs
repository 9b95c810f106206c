//! An officer at a port with a bad line: receives short goods by clicks, then without a server, over a restart of the
//! phone's browser, until the server is back and each update counts once.

use serde_json::json;

use super::Browser;
use crate::sessions::{PASSWORD, person};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

/// Masks under way: the code of their consignment, the consignment, and their pledge.
fn under_way(scene: &Scene, quantity: i64) -> (String, String, String) {
    let donor = scene.organization("Shenzhen federation", "CN");
    let city = scene.organization("Banjul City Council", "GM");
    let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
    let banjul = scene.site("Banjul", "city", "GM");
    let pledge = scene.in_store(&donor, &beijing, quantity);
    let (consignment, _) = scene.sent(&city, &[&beijing, &banjul], quantity, "2020-08-01");
    let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
    (shown["tracking_code"].as_str().expect("a code").to_owned(), consignment, pledge)
}

/// Waits until the page of posting about a consignment is kept for when there is no server.
fn wait_until_kept(browser: &Browser, code: &str) {
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
fn receipt_count(scene: &Scene, consignment: &str) -> usize {
    let page = scene.officer.get(&format!("/api/v1/events?consignment={consignment}&limit=500")).expect(200);
    let events = page["items"].as_array().expect("events");
    events.iter().filter(|event| event["kind"] == "received").count()
}

/// What waits, as the list on the phone says it.
fn waiting(browser: &Browser) -> String {
    browser.text("#waiting li[data-state='kept']")
}

on_both_databases! {
    migrate: migrate;

    fn an_officer_receives_short_goods_by_clicks_then_offline_and_back(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        person(&scene.house, "amina", Role::Officer);
        let (short, short_consignment, short_pledge) = under_way(&scene, 1_000);
        let (whole, whole_consignment, whole_pledge) = under_way(&scene, 500);
        let at = |path: &str| format!("http://{}{path}", scene.officer.address);
        browser.goto(&at("/sign-in?to=%2Fboard"));
        browser.type_into("#login", "amina");
        browser.type_into("#password", PASSWORD);
        browser.click("form[action='/sign-in'] button");

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
}
