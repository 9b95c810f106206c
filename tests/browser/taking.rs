//! An auditor takes a file away in a real browser, and sees how far it is, whether all of it came, and that it does not come.

use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{Browser, PATIENCE};
use crate::reconciliation::rich::Rich;
use crate::sessions::{PASSWORD, person};
use crate::support::TestDatabase;
use crate::support::server::migrate;

/// What the page gives to the browser to keep is kept for the story too.
const WATCHED: &str = r"
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => { window.kept = blob; return make(blob); };
    arguments[0]();";
/// The SHA-256 of what was given, as the log writes it.
const DIGEST: &str = r"
    const done = arguments[0];
    (async () => {
        const hash = await crypto.subtle.digest('SHA-256', await window.kept.arrayBuffer());
        done(Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join(''));
    })();";
/// The connection ends in the middle of a file.
const BROKEN: &str = r"
    window.kept = null;
    window.fetch = async () => new Response(new ReadableStream({
        start: (pieces) => pieces.enqueue(new TextEncoder().encode('half')),
        pull: (pieces) => pieces.error(new TypeError('network error')),
    }));
    arguments[0]();";
/// A server that never answers.
const SILENT: &str = r"
    window.fetch = (path, { signal }) =>
        new Promise((yes, no) => signal.addEventListener('abort', () => no(signal.reason)));
    arguments[0]();";

/// Waits until the page says something of the file that is taken.
#[track_caller]
fn tells(browser: &Browser, words: &str) {
    let begun = Instant::now();
    while !browser.text("#taking-told").contains(words) {
        assert!(begun.elapsed() < PATIENCE, "it says {:?}", browser.text("#taking-told"));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_auditor_sees_how_far_a_file_is_and_whether_all_of_it_came() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let rich = Rich::told(&database);
    let scene = &rich.scene;
    person(&scene.house, "amina", Role::Auditor);
    let address = format!("http://{}", scene.house.address());
    browser.goto(&format!("{address}/sign-in?to=%2Freconciliation%2Fexports"));
    browser.type_into("#login", "amina");
    browser.type_into("#password", PASSWORD);
    browser.click("main form button");
    browser.text("#take");
    browser.run(WATCHED);
    browser.click("#take a[href*='/exports/csv']");
    tells(&browser, "All of it is here");
    assert_eq!(browser.run("arguments[0](document.getElementById('taking-bar').position)"), json!(1));
    let listed = scene.auditor.get("/api/v1/exports?limit=500").expect(200);
    let digests: Vec<&Value> =
        listed["items"].as_array().expect("files").iter().map(|one| &one["sha256"]).collect();
    assert_eq!(digests, [&browser.run(DIGEST)], "what was kept is what the log has");

    browser.run(BROKEN);
    browser.click("#take a[href*='/exports/ndjson']");
    tells(&browser, "The file was broken off");
    assert_eq!(browser.run("arguments[0](window.kept)"), Value::Null, "half a file is none");
    browser.run(SILENT);
    browser.click("#take a[href*='/exports/xlsx']");
    tells(&browser, "The file is being made");
    browser.click("#taking-stop");
    tells(&browser, "Stopped");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}
