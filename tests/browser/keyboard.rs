//! Pages without a mouse: an update is recorded by keys alone; on every page the focus gets to each thing that can be used, is
//! seen there, and gets away again.

use serde_json::{Value, json};

use super::Browser;
use super::demo::Demonstration;
use super::screens::on_each_screen;
use crate::public_pages::Gift;
use crate::sessions::{PASSWORD, person};
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ARROW_DOWN: &str = "\u{e015}";
/// Keys after which something on a form must have been reached.
const KEYS_MAX: usize = 80;

/// Remembers what can be used on the page, in its order: of a group of choices only the chosen one is a stop.
const STOPS: &str = r"
    const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]');
    const isStop = (one) => {
        if (one.tabIndex < 0 || one.disabled || one.type === 'hidden') return false;
        if (!one.checkVisibility({ visibilityProperty: true })) return false;
        const isLeftOut = one.type === 'radio' && !one.checked &&
            document.querySelector(`input[type=radio][name='${one.name}']:checked`);
        return !isLeftOut;
    };
    window.stops = [...all].filter(isStop);
    arguments[0](window.stops.map((one) => one.outerHTML.slice(0, 100)));";

/// Where the focus is: which stop, whether its outline is seen, and whether any of it can be seen at all.
const FOCUS: &str = r"
    const one = document.activeElement;
    const at = window.stops.indexOf(one);
    const style = getComputedStyle(one);
    const width = parseFloat(style.outlineWidth);
    const isOutlined = style.outlineStyle !== 'none' && width >= 2;
    // Of what is larger than the window, the part that is in it; of what is drawn, whether it is in the window at all.
    const whole = one.getClientRects()[0] ?? one.getBoundingClientRect();
    const [left, top] = [Math.max(whole.left, 0), Math.max(whole.top, 0)];
    const box = { left, top, width: Math.min(whole.right, innerWidth) - left, height: Math.min(whole.bottom, innerHeight) - top };
    const isInside = box.width > 0 && box.height > 0;
    const seen = isInside && (one instanceof SVGElement || [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]].some(([across, down]) => {
        const hit = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
        return hit && (hit === one || one.contains(hit));
    }));
    arguments[0]({ at, isOutlined, isSeen: seen, isNowhere: one === document.body,
        html: one.outerHTML.slice(0, 100) });";

/// Presses the key that goes on until something has the focus.
fn tabs_to(browser: &Browser, css: &str) {
    let script = format!("arguments[0](document.activeElement.matches(\"{css}\"))");
    for _ in 0..KEYS_MAX {
        browser.press(TAB);
        if browser.run(&script) == json!(true) {
            return;
        }
    }
    panic!("{KEYS_MAX} keys lead not to {css}");
}

/// What is wrong with going through the page that is open by the key that goes on.
fn faults(browser: &Browser) -> Vec<String> {
    let stops = browser.run(STOPS);
    let stops: Vec<&str> = stops.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let mut reached = vec![false; stops.len()];
    let mut found = Vec::new();
    // Some more than there are: what scrolls is a stop too, though nobody wrote that it is.
    for _ in 0..stops.len() * 2 + 25 {
        browser.press(TAB);
        let focus = browser.run(FOCUS);
        if focus["isNowhere"] == true {
            // Behind the last one the focus leaves the page.
            if reached.iter().any(|is_reached| *is_reached) {
                break;
            }
            continue;
        }
        let html = focus["html"].as_str().unwrap_or_default();
        if let Some(at) = focus["at"].as_u64().and_then(|at| usize::try_from(at).ok()) {
            if reached[at] && at == 0 {
                break;
            }
            reached[at] = true;
        }
        if focus["isOutlined"] != true {
            found.push(format!("the focus is not seen on {html}"));
        }
        if focus["isSeen"] != true {
            found.push(format!("covered: {html}"));
        }
    }
    let missed = stops.iter().zip(&reached).filter(|(_, is_reached)| !**is_reached);
    found.extend(missed.map(|(html, _)| format!("not reached: {html}")));
    found
}

#[test]
fn an_officer_without_a_mouse_signs_in_and_receives_short_goods() {
    let Some(browser) = Browser::start() else { return };
    on_each_screen(&browser, "keyboard", |screen| {
        let browser = screen.browser;
        let database = TestDatabase::sqlite(migrate);
        let gift = Gift::under_way(Scene::new(&database));
        person(&gift.scene.house, "amina", Role::Officer);
        let address = format!("http://{}", gift.scene.house.address());
        browser.goto(&format!("{address}/sign-in"));
        tabs_to(browser, "#login");
        browser.press("amina");
        browser.press(TAB);
        browser.press(PASSWORD);
        browser.press(ENTER);
        browser.text("form[action='/sign-out'] button");
        browser.goto(&format!("{address}/board/post?code={}", gift.code()));

        // The first stop leads past everything that is on every page.
        browser.press(TAB);
        let is_shown = "const end = arguments[0]; setTimeout(() => end(document.activeElement.matches('a.skip') && \
                document.activeElement.getBoundingClientRect().top >= 0), 300)";
        assert_eq!(browser.run(is_shown), json!(true), "the first stop is the way past, and is seen");
        screen.pictured("skip");
        browser.press(ENTER);
        browser.press(TAB);
        let is_inside = "arguments[0](document.activeElement.closest('main') !== null)";
        assert_eq!(browser.run(is_inside), json!(true), "it leads into the page");

        tabs_to(browser, "#all-good");
        browser.press(ARROW_DOWN);
        assert_eq!(browser.run("arguments[0](document.getElementById('counted').checked)"), json!(true));
        tabs_to(browser, "#good-0");
        browser.press("980");
        assert!(browser.text("[data-sum]").contains("980 good · 20 missing"));
        tabs_to(browser, "#reason-0");
        browser.press("Two boxes were wet");
        tabs_to(browser, "#record");
        screen.pictured("record");
        browser.press(ENTER);
        assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
        let total = gift.scene.auditor.get("/api/v1/totals?group_by=item").expect(200)["total"].clone();
        assert_eq!((&total["delivered"], &total["missing"]), (&json!(980), &json!(20)));
        (gift, database)
    });
}

#[test]
fn the_focus_gets_to_everything_is_seen_there_and_gets_away() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    // What moves into view by and by would be taken for what stays out of it.
    let still = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
    browser.command("Emulation.setEmulatedMedia", still);
    let code = demonstration.printed("CODE");
    let pages = [
        ("", vec!["/".to_owned(), format!("/track/{code}"), "/sign-in".to_owned()]),
        ("officer", vec!["/board".to_owned(), format!("/board/post?code={code}"), "/board/queue".to_owned()]),
        ("donor", vec!["/donor".to_owned()]),
        ("manager", vec!["/manager".to_owned(), "/manager/figures".to_owned()]),
        ("admin", vec!["/admin/people".to_owned(), "/admin/items".to_owned()]),
    ];
    let mut found = Vec::new();
    for (role, paths) in pages {
        if !role.is_empty() {
            demonstration.sign_in(&browser, role);
        }
        for (path, width) in paths.iter().flat_map(|path| [(path, 1_280), (path, 360)]) {
            browser.width(width);
            browser.goto(&demonstration.at(path));
            found.extend(
                faults(&browser).into_iter().map(|fault| format!("{path} of {role}, {width}: {fault}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_cannot_be_used_without_a_mouse_is_noticed() {
    let Some(browser) = Browser::start() else { return };
    let page = |style: &str, markup: &str| {
        format!(
            "data:text/html,<!doctype html><title>T</title><style>:focus{{outline:3px solid black}}{style}</style>\
             <h1>H</h1><a id=a href='?a'>A</a> <button id=b>B</button> <input id=c aria-label=C>{markup}"
        )
    };
    browser.goto(&page("", ""));
    assert_eq!(faults(&browser), Vec::<String>::new());
    for (style, markup, fault) in [
        ("button:focus{outline:none}", "", "the focus is not seen on <button"),
        ("", "<div style='position:fixed;inset:0;background:white'></div>", "covered: <a"),
        (
            "",
            "<script>document.querySelector('button').onkeydown = (event) => event.preventDefault()</script>",
            "not reached: <input",
        ),
        (
            "",
            "<script>document.querySelector('input').onfocus = () => document.querySelector('a').focus()</script>",
            "not reached: <input",
        ),
    ] {
        browser.goto(&page(style, markup));
        let found = faults(&browser);
        assert!(found.iter().any(|one| one.starts_with(fault)), "{fault}: {found:?}");
    }
}
