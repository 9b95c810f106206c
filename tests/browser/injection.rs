//! A real Chromium on pages full of what runs where it is not escaped: nothing runs, nothing asks, nothing is refused for being
//! no script of ours; and the proof that it would be noticed.

use serde_json::Value;

use super::Browser;
use super::screens::signs_in;
use crate::pages::injection::corpus::CORPUS;
use crate::pages::injection::stage::Stage;
use crate::sessions::person;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

/// Whatever of the page took effect: what ran, elements and attributes that were typed, addresses that run.
const EFFECTS: &str = r"
    const found = [];
    if (typeof window.zq !== 'undefined') found.push('it ran');
    for (const one of document.querySelectorAll('*')) {
        if (one.localName.includes('zq')) found.push(`the element ${one.localName}`);
        if (one.localName === 'script' && !one.src.startsWith(`${location.origin}/static/`)) found.push('a script');
        for (const { name, value } of one.attributes) {
            if (name.startsWith('on') || name.includes('zq')) found.push(`${name} of ${one.localName}`);
            if (['href', 'src', 'action'].includes(name) && /^[\s\u0000-\u001f]*(javascript|vbscript):/i.test(value)) found.push(value);
        }
    }
    arguments[0](found);";

/// What took effect on the page that is open, and what the browser said of it.
fn effects(browser: &Browser) -> Vec<String> {
    let found = browser.run(EFFECTS);
    let found = found.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned);
    // A page that is refused is logged as an error too, which it is not.
    let said = browser.console_errors().into_iter().filter(|error| !error.contains("status of 4"));
    found.chain(said).collect()
}

/// Pages of each role that show the most of what was typed.
const PAGES: [(Role, &[&str]); 4] = [
    (Role::Officer, &["/board", "/board/consignments", "/warehouse"]),
    (Role::Manager, &["/manager", "/manager/proposals", "/manager/figures", "/publish"]),
    (
        Role::Auditor,
        &[
            "/reconciliation?group_by=site&then_by=item",
            "/reconciliation/entries?account=missing",
            "/reconciliation/flags",
            "/reconciliation/verify?entry=20",
        ],
    ),
    (Role::Admin, &["/admin/organizations", "/admin/sites", "/admin/items", "/admin/people", "/admin/keys"]),
];

/// An officer opens the form of an update about goods of such a name, counts them, and records it: scripts write its words into
/// the page, and into the list of what is sent.
fn posts(browser: &Browser, address: &str, stage: &Stage) {
    let form = stage.seeds.iter().find(|path| path.starts_with("/board/post")).expect("a form");
    browser.goto(&format!("{address}{form}"));
    browser.click("label[for='counted']");
    browser.type_into("#good-0", "39");
    assert!(browser.text("[data-sum]").contains("39 good"), "{}", browser.text("[data-sum]"));
    browser.type_into("#reason-0", CORPUS[6]);
    assert_eq!(effects(browser), Vec::<String>::new(), "{form}, filled in");
    browser.click("#record");
    assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
    assert_eq!(effects(browser), Vec::<String>::new(), "the list of what is sent");
}

#[test]
fn nothing_that_somebody_typed_runs_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let stage = Stage::told(&database);
    let address = format!("http://{}", stage.scene.house.address());
    let mut found = Vec::new();
    let mut look = |path: &str| {
        browser.goto(&format!("{address}{path}"));
        found.extend(effects(&browser).into_iter().map(|effect| format!("{path}: {effect}")));
    };
    stage.public.iter().for_each(|path| look(path));
    for (role, pages) in PAGES {
        person(&stage.scene.house, &format!("typist-{}", role.word()), role);
        browser.command("Network.clearBrowserCookies", serde_json::json!({}));
        signs_in(&browser, &address, &format!("typist-{}", role.word()));
        pages.iter().for_each(|path| look(path));
        let single = match role {
            Role::Officer => "/warehouse/",
            Role::Manager => "/manager/approvals/",
            Role::Auditor => "/events/",
            Role::Admin => "/admin/items/",
            Role::Donor => "/donor/",
        };
        stage.seeds.iter().filter(|path| path.starts_with(single)).take(6).for_each(|path| look(path));
        if role == Role::Officer {
            posts(&browser, &address, &stage);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_with_unescaped_text_is_noticed_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    browser.goto("data:text/html,<!doctype html><title>T</title><link rel=icon href=data:,><h1>Sound</h1>");
    assert_eq!(effects(&browser), Vec::<String>::new());
    for (markup, effect) in [
        ("<script>zq=1</script>", "it ran"),
        ("<img src=x onerror=zq=1>", "onerror of img"),
        ("<svg onload=zq=1>", "onload of svg"),
        ("<a href='javascript:zq=1'>zq</a>", "javascript:zq=1"),
        ("<zq-tag zq=1>", "the element zq-tag"),
        ("<input value=\"\" autofocus onfocus=zq=1 x=\"\">", "onfocus of input"),
    ] {
        browser.goto(&format!("data:text/html,<!doctype html><title>T</title><h1>Broken</h1>{markup}"));
        let found = effects(&browser);
        assert!(found.iter().any(|one| one == effect), "{markup}: {found:?}");
    }
}
