//! An auditor and an administrator in a real browser.

use relief_ledger::auth::Role;

use std::time::{Duration, Instant};

use super::screens::{Screen, on_each_screen, signs_in};
use super::{Browser, PATIENCE};
use crate::reconciliation::rich::Rich;
use crate::sessions::person;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use serde_json::json;

/// What the tables of the page say.
const TABLES: &str = "arguments[0]([...document.querySelectorAll('tbody')].map((body) => body.innerText))";

#[test]
fn an_auditor_reproduces_last_months_total_and_checks_the_log_in_the_browser() {
    let Some(browser) = Browser::start() else { return };
    on_each_screen(&browser, "auditor", |screen| {
        let browser = screen.browser;
        let database = TestDatabase::sqlite(migrate);
        let rich = Rich::told(&database);
        person(&rich.scene.house, "amina", Role::Auditor);
        let address = format!("http://{}", rich.scene.house.address());
        signs_in(browser, &address, "amina");
        assert_eq!(browser.text("h1"), "Does it add up?");
        assert_eq!(browser.text("#closes"), "Closes: residual 0");
        browser.type_into("#as_of", "2020-08-31");
        browser.click("form.filter button");
        browser.text("#period");
        screen.pictured("as-of");
        let printed = browser.run(TABLES);
        let through = browser.text("#through");
        let known: String = through.chars().filter(char::is_ascii_digit).collect();
        let moved = json!({"site": rich.hub, "lines": [rich.scene.line(2)], "reason": "a leak"});
        rich.scene.does("damaged", "2020-08-29", moved).expect(201);
        // As it is known now August is another; as it was known then it is what was printed.
        browser.click("form.filter button");
        browser.text("#period");
        assert_ne!(browser.text("#through"), through);
        assert_ne!(browser.run(TABLES), printed, "the twin: whoever asks for no moment sees what came late");
        browser.type_into("#known_at", &known);
        browser.click("form.filter button");
        assert_eq!(browser.text("#through"), through);
        assert_eq!(browser.run(TABLES), printed);
        screen.pictured("known-at");
        checks_the_log(screen, &address, &rich);
        (rich, database)
    });
}

/// The browser checks that an entry is in the log, at the next visit that the log continues what it saw, and tells a key that
/// did not sign from the one that did.
fn checks_the_log(screen: &Screen<'_>, address: &str, rich: &Rich) {
    let browser = screen.browser;
    browser.goto(&format!("{address}/reconciliation/verify?entry=0"));
    browser.text("#checkpoint");
    browser.click("#check");
    assert!(browser.text("#checked li:nth-child(1)").contains("is signed by this key"));
    assert!(
        browser.text("#checked li:nth-child(2)").contains("entry 0 is in the log"),
        "{}",
        browser.text("#checked")
    );
    screen.pictured("verified");
    rich.scene.organization("Anhui Health", "CN");
    browser.goto(&format!("{address}/reconciliation/verify"));
    browser.click("#check");
    let second = browser.text("#checked li:nth-child(2)");
    assert!(second.contains("the log continues the checkpoint"), "{second}");
    browser.run("document.querySelector('#key').value = 'other+00000000+AAAA'; arguments[0]()");
    browser.click("#check");
    browser.text("#checked li.bad");
    screen.pictured("another-key");
}

/// One byte of the entry that is shown is another.
const ENTRY_CHANGED: &str = r#"
    const entry = document.querySelector('#entry');
    entry.textContent = entry.textContent.replace('"', "'");
    arguments[0]();"#;

/// The checkpoint that was kept has another root, under the signature it had.
const ROOT_CHANGED: &str = r"
    const [origin, size, root, ...rest] = localStorage.getItem('relief-checkpoint').split('\n');
    const other = (root[0] === 'A' ? 'B' : 'A') + root.slice(1);
    localStorage.setItem('relief-checkpoint', [origin, size, other, ...rest].join('\n'));
    arguments[0]();";

/// A key of the log's name that is whole, and signed nothing.
const OTHER_KEY: &str = r"
    const done = arguments[0];
    (async () => {
        const [name] = document.querySelector('#key').value.split('+');
        const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
        const typed = [1, ...new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))];
        const named = Uint8Array.from([...new TextEncoder().encode(`${name}\n`), ...typed]);
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', named));
        const id = Array.from(hash.slice(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
        document.querySelector('#key').value = `${name}+${id}+${btoa(String.fromCharCode(...typed))}`;
        done();
    })();";

/// The server answers with the checkpoint that was kept before, as if nothing had been recorded since.
const ROLLED_BACK: &str = r"
    document.querySelector('#entry').remove();
    window.fetch = async () => new Response(sessionStorage.getItem('earlier'));
    arguments[0]();";

/// The first hash of the proof that the log continues the one that was kept is another.
const PROOF_CHANGED: &str = r"
    const real = window.fetch;
    window.fetch = async (path) => {
        const text = await (await real(path)).text();
        if (!path.includes('consistency')) return new Response(text);
        const [old, hash, ...rest] = text.split('\n');
        return new Response([old, (hash[0] === 'A' ? 'B' : 'A') + hash.slice(1), ...rest].join('\n'));
    };
    arguments[0]();";

/// The proof is good and signed, and of another checkpoint than the newest one: of the one that was kept, to itself.
const PROOF_OF_ANOTHER: &str = r"
    const real = window.fetch;
    const kept = localStorage.getItem('relief-checkpoint');
    window.fetch = async (path) =>
        path.includes('consistency') ? new Response(`old ${kept.split('\n')[1]}\n\n${kept}`) : real(path);
    arguments[0]();";

/// The newest checkpoint that has an entry, once it is another than this one.
fn newest(browser: &Browser, than: &str) -> String {
    let script = r"
        const note = (text) => text.slice(text.indexOf('\n\n') + 2);
        const read = async (answer) => (answer.ok ? note(await answer.text()) : '');
        fetch('/api/v1/audit/proof/0').then(read).then(arguments[0]);";
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let note = browser.run(script).as_str().expect("a text").to_owned();
        if !note.is_empty() && note != than {
            return note;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("no checkpoint was signed after {than:?}");
}

/// Opens the page, keeps a checkpoint where there is one, does something to what is checked, and has the browser check:
/// what it told, and what it keeps then.
fn checked(
    browser: &Browser,
    address: &str,
    (kept, earlier): (&str, &str),
    before: &str,
) -> (String, String) {
    browser.goto(&format!("{address}/reconciliation/verify?entry=0"));
    browser.text("#can-check:not([hidden])");
    let (kept, earlier) = (json!(kept), json!(earlier));
    browser.run(&format!(
        "localStorage.setItem('relief-checkpoint', {kept}); sessionStorage.setItem('earlier', {earlier}); \
         arguments[0]()"
    ));
    browser.run(before);
    browser.click("#check");
    browser.text("#check:enabled");
    let keeps = browser.run("arguments[0](localStorage.getItem('relief-checkpoint'))");
    (browser.text("#checked"), keeps.as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_browser_takes_no_entry_no_checkpoint_and_no_key_that_is_not_the_logs() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Auditor);
    let address = format!("http://{}", scene.house.address());
    signs_in(&browser, &address, "amina");
    let first = newest(&browser, "");
    scene.organization("Anhui Health", "CN");
    let second = newest(&browser, &first);
    let both = (first.as_str(), second.as_str());
    let check = |notes, before| checked(&browser, &address, notes, before);

    let (told, keeps) = check(both, "arguments[0]()");
    assert!(told.contains("the log continues the checkpoint"), "{told}");
    assert_ne!(keeps, first, "the one that was proved to continue it takes its place");
    let (told, _) = check(both, ENTRY_CHANGED);
    assert!(told.contains("The entry is not what the log holds"), "{told}");
    let (told, keeps) = check(both, ROOT_CHANGED);
    assert!(told.contains("The checkpoint that was kept is not signed by this key"), "{told}");
    assert_ne!(keeps, second);
    let (told, keeps) = check(both, OTHER_KEY);
    assert!(told.starts_with("The checkpoint is not signed by this key"), "{told}");
    assert_eq!(keeps, first);
    let (told, keeps) = check(both, PROOF_CHANGED);
    assert!(told.contains("The log does not continue the checkpoint"), "{told}");
    assert_eq!(keeps, first);
    let (told, keeps) = check(both, PROOF_OF_ANOTHER);
    assert!(told.contains("This could not be checked"), "{told}");
    assert_eq!(keeps, first);
    let (told, keeps) = check((second.as_str(), first.as_str()), ROLLED_BACK);
    assert!(told.contains("The log does not continue the checkpoint"), "{told}");
    assert_eq!(keeps, second);
    // Before the first checkpoint there is no proof, which a browser writes down.
    assert!(browser.console_errors().iter().all(|words| words.contains("/api/v1/audit/proof/0")));
}

#[test]
fn an_administrator_invites_somebody_in_the_browser() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Admin);
    let address = format!("http://{}", scene.house.address());
    signs_in(&browser, &address, "amina");
    assert_eq!(browser.text("h1"), "Administration");
    browser.click("a[href='/admin/people']");
    browser.type_into("#login", "fatou");
    browser.type_into("#name", "Fatou Ceesay");
    browser.click("main form.narrow button");
    assert!(!browser.text("code.secret").is_empty());
    browser.click("a[href='/admin/people']");
    assert!(browser.text("tbody").contains("Fatou Ceesay"));
    assert!(browser.console_errors().is_empty());
}
