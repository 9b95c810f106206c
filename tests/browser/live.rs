//! Pages that change by themselves while somebody looks: a board as others post, a tracking page as its consignment arrives; by
//! one stream for each browser, and none where nobody looks or data is to be saved.

use std::time::{Duration, Instant};

use serde_json::json;

use super::screens::signs_in_to;
use super::{Browser, PATIENCE};
use crate::sessions::person;
use crate::stories::scene::{Scene, UnderWay};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

/// How long a number of streams must stay the same to be believed.
const A_WHILE: Duration = Duration::from_secs(3);

/// The page is hidden, or seen again, as far as its scripts can tell.
const HIDE: &str = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }); \
    document.dispatchEvent(new Event('visibilitychange')); arguments[0]();";
const SHOW: &str = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => false }); \
    document.dispatchEvent(new Event('visibilitychange')); arguments[0]();";
/// Tabs cannot agree which of them holds the stream, as without TLS.
const DISAGREE: &str = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });";
/// Every page from now on is told that data is to be saved.
const SAVE: &str = "Object.defineProperty(NetworkInformation.prototype, 'saveData', { get: () => true });";

fn at(scene: &Scene, path: &str) -> String {
    format!("http://{}{path}", scene.officer.address)
}

fn signed_in(browser: &Browser, scene: &Scene) {
    person(&scene.house, "amina", Role::Officer);
    signs_in_to(browser, &at(scene, ""), "amina", "/board");
    browser.text("[data-live=lists]");
}

/// Waits until the server has so many streams and it stays so: that one was left is noticed when it is next written to.
#[track_caller]
fn has_streams(scene: &Scene, count: usize) {
    let line = format!("relief_streams {count}\n");
    let stands = || scene.house.stranger().get("/metrics").text.contains(&line);
    let (begun, mut since) = (Instant::now(), Instant::now());
    while since.elapsed() < A_WHILE {
        if !stands() {
            since = Instant::now();
        }
        assert!(begun.elapsed() < PATIENCE, "there are never {count} streams for long");
        std::thread::sleep(Duration::from_millis(100));
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_board_and_a_tracking_page_change_by_themselves(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        signed_in(&browser, &scene);
        // Somebody is typing a code when another officer sends something off.
        browser.type_into("#code", "7KQ2");
        browser.run("window.isTheSame = true; arguments[0]()");
        let UnderWay { code, consignment, leg, .. } = scene.under_way(300);
        browser.text(&format!("[data-live=lists] a[href^='/board/post?code={code}']"));
        let stands = browser.run(
            "arguments[0]([window.isTheSame, document.activeElement.id, document.getElementById('code').value, \
             document.getElementById('live').textContent])",
        );
        assert_eq!(stands, json!([true, "code", "7KQ2", "Updated just now."]));
        assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());

        // Whoever has the code alone sees it arrive; what somebody focused stays focused.
        browser.command("Network.clearBrowserCookies", json!({}));
        browser.goto(&at(&scene, &format!("/track/{code}")));
        assert_eq!(browser.text("[data-live=state] .lead"), "On the way.");
        has_streams(&scene, 1);
        scene.receives(&consignment, &leg, "2020-08-20", json!({"good": 300})).expect(201);
        assert_eq!(browser.text("[data-live=state] .notice.good .lead"), "Arrived and handed over.");
        assert!(browser.text(".timeline li:first-child").contains("Received"), "{}", browser.text(".timeline"));
        assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
    }
}

#[test]
fn a_browser_has_one_stream_and_none_where_nobody_looks_or_data_is_saved() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    signed_in(&browser, &scene);
    has_streams(&scene, 1);
    browser.run(HIDE);
    has_streams(&scene, 0);
    let UnderWay { code: missed, .. } = scene.under_way(300);
    browser.run(SHOW);
    has_streams(&scene, 1);
    browser.text(&format!("a[href^='/board/post?code={missed}']"));

    // Two windows side by side, one of them on what only its code is needed for.
    let UnderWay { code, consignment, leg, .. } = scene.under_way(200);
    let first = browser.new_window();
    browser.goto(&at(&scene, &format!("/track/{code}")));
    assert_eq!(browser.text("[data-live=state] .lead"), "On the way.");
    has_streams(&scene, 1);
    scene.receives(&consignment, &leg, "2020-08-20", json!({"good": 200})).expect(201);
    assert_eq!(browser.text("[data-live=state] .notice.good .lead"), "Arrived and handed over.");
    browser.switch_to(first);
    let UnderWay { code: third, .. } = scene.under_way(100);
    browser.text(&format!("a[href^='/board/post?code={third}']"));
    has_streams(&scene, 1);
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());

    // A phone that saves data asks for nothing.
    drop(browser);
    let browser = Browser::start().expect("it was there a moment ago");
    browser.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": SAVE}));
    browser.goto(&at(&scene, &format!("/track/{code}")));
    assert_eq!(browser.run("arguments[0](navigator.connection.saveData)"), json!(true));
    has_streams(&scene, 0);
}

#[test]
fn windows_that_cannot_agree_have_a_stream_each_which_is_counted() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    signed_in(&browser, &scene);
    let alone = || {
        browser.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": DISAGREE}));
        browser.goto(&at(&scene, "/board"));
        browser.text("[data-live=lists]");
    };
    alone();
    has_streams(&scene, 1);
    // The twin of windows that share one: what is counted there would be two, were there two.
    let first = browser.new_window();
    alone();
    has_streams(&scene, 2);
    browser.run(HIDE);
    has_streams(&scene, 1);
    browser.switch_to(first);
    browser.run(HIDE);
    has_streams(&scene, 0);
}
