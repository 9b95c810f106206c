//! The map under a mouse, a key and a finger, each of which is told the figures of a country; and pages on paper.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::demo::Demonstration;
use super::screens::pictured;
use super::{Browser, PATIENCE};

/// A country's circle that nothing covers: where its middle is in the window, what it tells, and where it leads.
const CIRCLE: &str = "document.querySelector('#map svg').scrollIntoView({ block: 'center' }); \
    const seen = [...document.querySelectorAll('#map svg a circle.count')].map((one) => { \
      const box = one.getBoundingClientRect(); \
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]; \
      return { one, x, y, told: one.dataset.told, leads: one.closest('a').getAttribute('href') }; }); \
    const free = seen.find(({ one, x, y }) => document.elementFromPoint(x, y) === one); \
    arguments[0]({ x: free.x, y: free.y, told: free.told, leads: free.leads });";
/// The first country that the focus gets to: what it tells.
const FOCUS: &str = "const one = document.querySelector('#map svg a[data-told]'); one.focus(); arguments[0](one.dataset.told);";
const TOLD: &str = "arguments[0](document.getElementById('map-told').textContent)";
const PATH: &str = "arguments[0](location.pathname + location.search)";

/// Waits until a script answers something.
#[track_caller]
fn answers(browser: &Browser, script: &str, expected: &Value) {
    let begun = Instant::now();
    loop {
        let said = browser.run(script);
        if said == *expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{said} and not {expected}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A finger that comes down at a place and goes up again.
fn taps(browser: &Browser, (x, y): (&Value, &Value)) {
    browser.command(
        "Input.dispatchTouchEvent",
        json!({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}),
    );
    browser.command("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}));
}

#[test]
fn a_mouse_a_key_and_a_finger_are_told_the_figures_of_a_country() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    browser.goto(&demonstration.at("/map"));
    assert_eq!(browser.run(TOLD), json!(""), "nothing is told before anybody points at anything");
    let circle = browser.run(CIRCLE);
    let place = (&circle["x"], &circle["y"]);

    let moved = json!({"type": "mouseMoved", "x": place.0, "y": place.1});
    browser.command("Input.dispatchMouseEvent", moved);
    answers(&browser, TOLD, &circle["told"]);
    let first = browser.run(FOCUS);
    answers(&browser, TOLD, &first);

    // The first time a finger stays here and reads; what it reads leads on, as the second time does.
    browser.command("Emulation.setTouchEmulationEnabled", json!({"enabled": true, "maxTouchPoints": 1}));
    browser.goto(&demonstration.at("/map"));
    let circle = browser.run(CIRCLE);
    let place = (&circle["x"], &circle["y"]);
    taps(&browser, place);
    assert_eq!(json!(browser.text("#map-told a")), circle["told"]);
    assert_eq!(browser.run(PATH), json!("/map"), "it did not lead away");
    pictured(&browser, "map-touched");
    // Two taps in quick succession would be a gesture of their own.
    std::thread::sleep(Duration::from_millis(600));
    taps(&browser, place);
    browser.text("main > p > a[href='/map']");
    assert_eq!(browser.run(PATH), circle["leads"]);
    assert!(browser.text("h1").contains(':'), "the country's own map: {}", browser.text("h1"));
    assert_eq!(browser.console_errors(), Vec::<String>::new());
}

/// What of a page is seen, and in which colours: what leads elsewhere is none of the paper's, and figures are.
const SEEN: &str = "const isSeen = (css) => [...document.querySelectorAll(css)].some((one) => one.checkVisibility()); \
    const style = getComputedStyle(document.body); \
    arguments[0]([isSeen('.top nav'), isSeen('.foot'), isSeen('.actions'), isSeen('form.filter'), \
      isSeen('table'), isSeen('h1'), style.backgroundColor, style.color]);";
/// The same of what is drawn, and of the sentence about borders under it.
const DRAWN: &str = "const svg = document.querySelector('#map svg'); \
    const land = getComputedStyle(svg.querySelector('.land')).fill; \
    arguments[0]([svg.checkVisibility(), land, document.querySelector('#map figcaption').checkVisibility()]);";
/// How wide a page of paper is, less its margins, in CSS pixels.
const PAPER: u32 = 718;
const WHITE: &str = "rgb(255, 255, 255)";
const BLACK: &str = "rgb(0, 0, 0)";

#[test]
fn pages_are_printed_light_whole_and_without_what_leads_elsewhere() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    let dark = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
    let media = |kind: &str| {
        browser.command("Emulation.setEmulatedMedia", json!({"media": kind, "features": dark.clone()}));
    };
    let code = demonstration.printed("CODE").to_owned();
    for path in
        ["/".to_owned(), "/map".to_owned(), format!("/pledge-links/{}", demonstration.printed("LINK"))]
    {
        media("screen");
        browser.width(PAPER);
        browser.goto(&demonstration.at(&path));
        let screen = browser.run(SEEN);
        assert_eq!(
            (&screen[0], &screen[1]),
            (&json!(true), &json!(true)),
            "the twin: a screen has them: {path}"
        );
        assert_ne!(screen[6], json!(WHITE), "and is dark: {path}");
        media("print");
        let expected = json!([false, false, false, false, true, true, WHITE, BLACK]);
        assert_eq!(browser.run(SEEN), expected, "{path}");
        assert!(browser.sticks_out() <= 0, "{path}: {} pixels are cut off", browser.sticks_out());
        if path != "/" && path != "/map" {
            continue;
        }
        let drawn = browser.run(DRAWN);
        assert_eq!((&drawn[0], &drawn[2]), (&json!(true), &json!(true)), "{path}: {drawn}");
        assert_eq!(drawn[1], json!("rgb(231, 235, 238)"), "land is as light as by day: {path}");
        pictured(&browser, if path == "/" { "printed-front" } else { "printed-map" });
    }
    browser.goto(&demonstration.at(&format!("/track/{code}")));
    let printed = browser.command("Page.printToPDF", json!({"printBackground": false}));
    // The first letters of any such file, as they are carried.
    assert!(
        printed["data"].as_str().is_some_and(|data| data.starts_with("JVBERi0")),
        "{code} is no file of pages"
    );
}

/// How much of the page moved while it came in, as browsers sum it up. Nobody touches it, so none is left out as an answer to
/// that: a page that comes in right after the screen took its width would be.
const MOVED: &str = "const end = arguments[0]; let sum = 0; \
    const add = (list) => { for (const one of list.getEntries()) sum += one.value; }; \
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true }); \
    setTimeout(() => end(Math.round(sum * 1000)), 1500);";
/// A page into which something comes a moment after it was drawn, above what is there.
const MOVING: &str = "data:text/html,<!doctype html><meta name=viewport content=width=device-width><title>T</title><h1>H</h1><p id=p>P</p><script>\
    const come = () => { const late = document.createElement('div'); late.style.height = '300px'; document.body.prepend(late); }; \
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(come, 300)))</script>";

#[test]
fn nothing_moves_by_itself_while_a_page_comes_in_over_a_slow_line() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    browser.width(360);
    browser.command("Network.enable", json!({}));
    let line =
        json!({"offline": false, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000});
    browser.command("Network.emulateNetworkConditions", line);
    let code = demonstration.printed("CODE");
    for path in ["/".to_owned(), "/map".to_owned(), format!("/track/{code}")] {
        // What was kept from the page before would be there at once.
        browser.command("Network.clearBrowserCache", json!({}));
        browser.goto(&demonstration.at(&path));
        assert_eq!(browser.run(MOVED), json!(0), "thousandths of {path} moved");
    }
    browser.goto(MOVING);
    assert_ne!(browser.run(MOVED), json!(0), "the twin: what moves is seen");
}
