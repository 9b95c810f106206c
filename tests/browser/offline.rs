//! An officer's phone against a server that is a process of its own and is killed: what was recorded outlives the server,
//! the browser, the session and whoever uses the phone in between, and counts once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use relief_ledger::core::id::UserId;
use serde_json::{Value, json};

use super::board::{receipt_count, wait_until_kept, waiting};
use super::program::Program;
use super::screens::{pictured, signs_in_to};
use super::{Browser, PATIENCE};
use crate::sessions::person;
use crate::stories::scene::{Scene, UnderWay, id};
use crate::support::server::{Caller, migrate};
use crate::support::{TestDatabase, on_both_databases};

/// A phone's width in CSS pixels.
const PHONE: u32 = 360;

/// The server that phones talk to, beside the scene's own on its database and with its keys: it goes and comes back, while
/// the scene can still be asked.
pub(super) struct Port {
    program: Option<Program>,
    listen: String,
    url: String,
    keys: PathBuf,
    folder: tempfile::TempDir,
}

impl Port {
    pub(super) fn open(scene: &Scene) -> Self {
        let mut port = Self {
            program: None,
            listen: "127.0.0.1:0".to_owned(),
            url: scene.url.clone(),
            keys: scene.house.key_folder(),
            folder: tempfile::tempdir().expect("a temporary folder is made"),
        };
        port.comes_back();
        port
    }

    /// Serves, from the second time on at the same address.
    pub(super) fn comes_back(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.args(["serve", "--workers", "2", "--listen", &self.listen, "--database-url", &self.url]);
        command.arg("--keys").arg(&self.keys).current_dir(self.folder.path());
        let program = Program::start(command.env_remove("RELIEF_LOG").stderr(Stdio::null()));
        self.listen = program.address().trim_start_matches("http://").to_owned();
        self.program = Some(program);
    }

    /// Ends as in a power cut.
    pub(super) fn goes(&mut self) {
        self.program.take().expect("it serves").kill();
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.listen)
    }

    /// How many posts of an event it answered with a status since it came back.
    pub(super) fn posted(&self, status: u16) -> u64 {
        let address = self.listen.parse().expect("an address");
        let metrics = Caller { address, token: None, user: None }.get("/metrics").text;
        let counter =
            format!("relief_requests_total{{method=\"POST\",route=\"/api/v1/events\",status=\"{status}\"}} ");
        let count = metrics.lines().find_map(|line| line.strip_prefix(&counter));
        count.map_or(0, |count| count.trim().parse().expect("a number"))
    }
}

/// How many updates are on the phone, whoever's they are.
pub(super) fn kept(browser: &Browser) -> Value {
    browser.run("reliefStore.count().then(arguments[0])")
}

/// Whether a page that has something in its address is kept for when there is no server.
fn is_page_kept(browser: &Browser, part: &str) -> Value {
    browser.run(&format!(
        "const end = arguments[0]; caches.open('relief-pages').then(async (cache) => \
           end((await cache.keys()).some((one) => one.url.includes('{part}'))));"
    ))
}

/// What is stored of the only update of a user.
fn stored(browser: &Browser, user: UserId) -> Value {
    browser.run(&format!(
        "const end = arguments[0]; reliefStore.all('{user}').then(async ([one, ...rest]) => {{ \
           const photo = await reliefStore.photo(one.id); \
           end({{alone: rest.length === 0, whole: await reliefStore.hash(one.body) === one.hash, api: one.api, \
             picture: photo !== undefined && await reliefStore.hash(photo.bytes) === one.photo.hash, \
             clock: one.clock !== null && Math.abs(one.clock.offset) < 60000, copy: one.copy > 0, \
             document: one.document?.kind ?? null}}); }});"
    ))
}

/// The file that a browser saved into a folder, once it is whole.
fn saved_in(folder: &Path) -> PathBuf {
    let begun = Instant::now();
    loop {
        // There is no such folder before there is a file in it.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths = entries.map(|entry| entry.path());
        let found = paths.find(|path| path.extension().is_some_and(|ending| ending == "json"));
        if let Some(path) =
            found.filter(|path| std::fs::read_to_string(path).is_ok_and(|text| text.ends_with('}')))
        {
            return path;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing is saved");
        std::thread::sleep(Duration::from_millis(50));
    }
}

on_both_databases! {
    migrate: migrate;

    fn an_update_outlives_the_server_the_browser_the_session_and_another_user(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let scene = Scene::new(database);
        let amina = person(&scene.house, "amina", Role::Officer);
        person(&scene.house, "lamin", Role::Officer);
        let UnderWay { code: short, pledge: short_pledge, .. } = scene.under_way(1_000);
        let UnderWay { code: whole, consignment, pledge, .. } = scene.under_way(500);
        let mut port = Port::open(&scene);
        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let note = folder.path().join("note.png");

        // Short goods, by clicks on a phone.
        browser.width(PHONE);
        signs_in_to(&browser, &port.at(""), "amina", "/board");
        browser.click(&format!("a[href^='/board/post?code={short}']"));
        browser.click("label[for='counted']");
        browser.type_into("#good-0", "980");
        assert!(browser.text("[data-sum]:not([hidden])").contains("980 good · 20 missing"));
        browser.type_into("#reason-0", "Two boxes were wet");
        assert_eq!(browser.sticks_out(), 0);
        pictured(&browser, "officer-short");
        browser.screenshot(&note);
        browser.click("#record");
        assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
        assert_eq!(scene.accounts(&short_pledge), json!({"delivered": 980, "missing": 20}));

        // The server is killed; a receipt with a photo of the note stays on the phone, whose browser is killed too.
        browser.goto(&port.at("/board"));
        wait_until_kept(&browser, &whole);
        port.goes();
        browser.goto(&port.at("/board"));
        assert!(browser.text("#content > .notice:first-child").contains("No connection"));
        browser.click(&format!("a[href^='/board/post?code={whole}']"));
        browser.click("label[for='all-good']");
        browser.type_into("#photo", note.to_str().expect("a path"));
        browser.click("#record");
        assert!(waiting(&browser).contains("On this phone"));
        let all = json!({"alone": true, "whole": true, "api": "v1", "picture": true, "clock": true, "copy": true,
            "document": "grn"});
        assert_eq!(stored(&browser, amina), all);
        let browser = browser.killed();
        browser.width(PHONE);
        browser.goto(&port.at("/board/queue"));
        assert!(waiting(&browser).contains("On this phone"), "it is still there");
        assert_eq!(browser.text("#kept-count"), "1");
        pictured(&browser, "officer-offline");

        // Its session ends before the server is back: it asks to sign in, and lets nothing go.
        scene.admin.send("DELETE", &format!("/api/v1/users/{amina}/sessions"), &[], None).expect(200);
        port.comes_back();
        browser.click("#send-now:not([hidden])");
        assert!(browser.text("#waiting li[data-state='needs']").contains("Needs you to sign in"));
        assert_eq!(browser.text("#waiting li[data-state='needs'] a[href^='/sign-in']"), "Sign in");
        assert_eq!(kept(&browser), 1);

        // Whoever mistypes loses no kept page. Somebody else signs in on the same phone, sees a number and none of those
        // pages, and sends nothing even where they try.
        browser.goto(&port.at("/sign-in"));
        assert!(browser.text("#left:not([hidden])").contains("Updates that wait on this phone: 1."));
        browser.type_into("#login", "amina");
        browser.type_into("#password", "mistyped");
        browser.click("form[action='/sign-in'] button");
        browser.text("#login-error");
        assert_eq!(is_page_kept(&browser, &whole), true);
        signs_in_to(&browser, &port.at(""), "lamin", "/board/queue");
        assert_eq!(is_page_kept(&browser, &whole), false);
        assert!(browser.text("#others:not([hidden])").starts_with("1 of another user"));
        assert_eq!(browser.text("#waiting .empty:not([hidden])"), "None.");
        assert_eq!(browser.run("arguments[0](document.getElementById('kept').hidden)"), true);
        assert!(!browser.text("main").contains(&whole), "nothing of it is told");
        assert_eq!(browser.run(&format!("reliefSender.send('{amina}').then(arguments[0])")), "other");
        assert_eq!((port.posted(201), port.posted(200), port.posted(401)), (0, 0, 0));
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 500}));
        browser.click("form[action='/sign-out'] button");
        browser.text("#who a[href^='/sign-in']");
        browser.goto(&port.at("/sign-in"));
        assert_eq!(kept(&browser), 1);

        // Its own user is back: it is sent once, and goes only behind its signed receipt.
        signs_in_to(&browser, &port.at(""), "amina", "/board/queue");
        browser.text("#done li:nth-of-type(2)");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
        assert_eq!((port.posted(201), port.posted(200)), (1, 0));
        assert_eq!(kept(&browser), 0);
        let signed = "const end = arguments[0]; const user = document.getElementById('kept').dataset.user; \
            reliefStore.receipts(user).then((all) => end(all.map((one) => typeof one.answer.body.receipt)));";
        assert_eq!(browser.run(signed), json!(["object", "object"]));
        let documents = scene.officer.get(&format!("/api/v1/documents?consignment={consignment}")).expect(200);
        let kinds: Vec<&Value> =
            documents["items"].as_array().expect("documents").iter().map(|one| &one["kind"]).collect();
        assert_eq!(kinds, ["grn"], "the photo of the note is a document");
        assert_eq!(receipt_count(&scene, &consignment), 1);
        scene.closes();
    }
}

/// Opens a second tab on the list, and says when it is there.
const SECOND_TAB: &str = "const end = arguments[0]; window.second = window.open('/board/queue'); \
    const look = () => { \
      if (window.second.reliefSender && window.second.document.readyState === 'complete') end(true); \
      else setTimeout(look, 50); }; \
    look();";
/// Has both tabs send at once, until nothing waits.
const BOTH_SEND: &str = "const end = arguments[0]; const user = document.getElementById('kept').dataset.user; \
    const look = async () => { \
      await Promise.all([reliefSender.send(user), window.second.reliefSender.send(user)]); \
      if ((await reliefStore.all(user)).length === 0) end(true); else setTimeout(look, 300); }; \
    look();";

#[test]
fn two_tabs_send_once_and_a_saved_file_that_is_taken_in_elsewhere_counts_once() {
    let Some(browser) = Browser::start() else { return };
    let Some(other) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let mut port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.goto(&port.at("/board"));
    wait_until_kept(&browser, &code);
    port.goes();
    browser.goto(&port.at(&format!("/board/post?code={code}")));
    browser.click("label[for='all-good']");
    browser.click("#record");
    assert!(waiting(&browser).contains("On this phone"));

    // Whoever signs out chooses what becomes of it. A copy is saved; and without a server nobody is signed out.
    let folder = browser.saved();
    browser.click("form[action='/sign-out'] button");
    assert_eq!(browser.text("#leave:not([hidden]) h2"), "Before you sign out");
    pictured(&browser, "officer-leaves");
    browser.click("#save-file:not([hidden])");
    assert!(browser.text("#saved:not([hidden])").starts_with("Saved as relief-"));
    let file = saved_in(&folder);
    browser.click("#leave-keep:not([hidden])");
    assert!(browser.text("#leave-later:not([hidden])").contains("Signing out needs a connection"));
    assert_eq!(kept(&browser), 1);

    // Two tabs find the server back at the same moment.
    browser.goto(&port.at("/board/queue"));
    assert_eq!(browser.run(SECOND_TAB), true);
    port.comes_back();
    assert_eq!(browser.run(BOTH_SEND), true);
    assert_eq!((port.posted(201), port.posted(200)), (1, 0), "one of them sent, and once");
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));

    // The file goes in on another phone: the server has it already, and answers as before.
    let take = |path: &Path| other.type_into("#upload:not([hidden]) #file", path.to_str().expect("a path"));
    signs_in_to(&other, &port.at(""), "amina", "/board/queue");
    take(&file);
    assert_eq!(other.text("#taken:not([hidden])"), "Taken in: 1. Here or recorded before: 0.");
    assert!(other.text("#done li").contains("Recorded: entry"));
    assert_eq!(port.posted(201), 1);
    assert!(port.posted(200) > 0, "it was sent again, and is the same");
    take(&file);
    assert_eq!(other.text("#taken:not([hidden])"), "Taken in: 0. Here or recorded before: 1.");
    assert_eq!(receipt_count(&scene, &consignment), 1);

    // A file of somebody else's goes in nowhere here, nor does one that was changed.
    let saved = std::fs::read_to_string(&file).expect("it is readable");
    let changed = |name: &str, from: &str, to: &str| {
        assert!(saved.contains(from), "{from} is in {saved}");
        let path = folder.join(name);
        std::fs::write(&path, saved.replacen(from, to, 1)).expect("it is written");
        path
    };
    take(&changed("changed.json", "\"hash\":\"", "\"hash\":\"0"));
    assert!(other.text("#no-file:not([hidden])").contains("it was changed"));
    take(&changed("foreign.json", "\"user\":\"", "\"user\":\"0"));
    assert!(other.text("#not-yours:not([hidden])").contains("saved by somebody else"));
    assert_eq!(kept(&other), 0);
    scene.closes();
}

/// Writes into a database of its own until the storage is full; says why that ended.
const FILL: &str = "const end = arguments[0]; const begun = Date.now(); \
    const opening = indexedDB.open('ballast', 1); \
    opening.onupgradeneeded = () => opening.result.createObjectStore('stones', { autoIncrement: true }); \
    opening.onerror = () => end(opening.error.name); \
    opening.onsuccess = () => { \
      const put = () => { \
        const change = opening.result.transaction('stones', 'readwrite'); \
        change.objectStore('stones').put(new Uint8Array(4096)); \
        change.oncomplete = () => { if (Date.now() - begun < 20000) setTimeout(put, 50); else end('there is room'); }; \
        change.onabort = () => end(change.error?.name ?? 'aborted'); }; \
      put(); };";
/// A storage that is full by the page's own word, for a browser whose storage cannot be made small.
const PRETEND_FULL: &str = "window.put = IDBObjectStore.prototype.put; \
    IDBObjectStore.prototype.put = () => { throw new DOMException('there is no room', 'QuotaExceededError'); }; \
    arguments[0](true);";
const PRETEND_NO_MORE: &str =
    "if (window.put) IDBObjectStore.prototype.put = window.put; arguments[0](true);";
/// The phone sleeps for an hour, as its clock tells; then that clock, which was three hours ahead, is put right.
const SET_CLOCK: &str = "const end = arguments[0]; const now = Date.now; const hour = 3600000; \
    const isKnown = async (moved) => { \
      Date.now = () => now() + moved; \
      try { return (await reliefStore.time()).clock !== null; } finally { Date.now = now; } }; \
    const look = async () => { \
      const told = new Response('', { headers: { Date: new Date(now() - 3 * hour).toUTCString() } }); \
      await reliefStore.measure(told, now()); \
      const known = [await isKnown(0), await isKnown(hour), await isKnown(-3 * hour), await isKnown(0)]; \
      if (String(known) === 'true,true,false,false') end(true); else setTimeout(look, 50); }; \
    look();";
/// A clock three hours ahead of the server's.
const WRONG_CLOCK: &str = "const end = arguments[0]; const hours = 3 * 3600000; \
    const look = async () => { \
      const told = new Response('', { headers: { Date: new Date(Date.now() - hours).toUTCString() } }); \
      await reliefStore.measure(told, Date.now()); \
      const { now, clock, isOff } = await reliefStore.time(); \
      const isNear = Math.abs(Date.parse(now) - Date.now() + hours) < 5000; \
      if (isOff) end([Math.round(clock.offset / 3600000), isNear]); else setTimeout(look, 50); }; \
    look();";

#[test]
fn a_phone_that_is_full_says_what_to_do_and_what_was_typed_stays_in_the_form() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    assert_eq!(browser.run(WRONG_CLOCK), json!([-3, true]), "the server's time is taken");
    assert_eq!(browser.run(SET_CLOCK), true, "until the clock is set");

    browser.goto(&port.at(&format!("/board/post?code={code}")));
    browser.click("label[for='counted']");
    browser.type_into("#good-0", "490");
    browser.type_into("#reason-0", "One box is empty");
    let origin = port.at("");
    browser.command("Storage.overrideQuotaForOrigin", json!({"origin": origin, "quotaSize": 1}));
    let ended = browser.run(FILL);
    if ended != "QuotaExceededError" {
        println!("the storage cannot be made small ({ended}): the page pretends that it is");
        assert_eq!(browser.run(PRETEND_FULL), true);
    }
    let size = scene.log_size();
    browser.click("#record");
    assert!(browser.text("#not-kept:not([hidden]) p").contains("The storage of this phone is full"));
    pictured(&browser, "officer-full");
    let typed = "arguments[0](['good-0', 'reason-0'].map((id) => document.getElementById(id).value))";
    assert_eq!(browser.run(typed), json!(["490", "One box is empty"]));
    assert_eq!((kept(&browser), scene.log_size()), (json!(0), size), "neither kept nor sent");

    // With some room it is kept, sent and recorded as it was typed.
    browser.command("Storage.overrideQuotaForOrigin", json!({"origin": origin}));
    assert_eq!(browser.run(PRETEND_NO_MORE), true);
    browser.click("#record:not([disabled])");
    assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 490, "missing": 10}));
    assert_eq!((port.posted(201), receipt_count(&scene, &consignment)), (1, 1));
    scene.closes();
}

/// Types a count anew, where the form already says one.
const COUNT_300: &str = "const field = document.getElementById('good-0'); field.value = '300'; \
    field.dispatchEvent(new Event('input', { bubbles: true })); arguments[0](true);";

#[test]
fn what_was_refused_stays_through_signing_out_and_is_mended_beside_what_came_since() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.goto(&port.at(&format!("/board/post?code={code}")));
    browser.click("label[for='all-good']");

    // While the form is open, a colleague receives a part.
    let leg = browser.run("arguments[0](document.querySelector('[name=leg]').value)");
    let part = json!({"consignment": consignment, "leg": leg, "final": false,
        "lines": [{"item": scene.masks, "good": 200}]});
    scene.does("received", "2020-08-20", part).expect(201);
    browser.click("#record");
    let refused = browser.text("#refused li[data-state='refused']");
    assert!(refused.contains("only 300 of 500 dispatched"), "{refused}");

    // It stays through signing out, which asks first.
    browser.click("form[action='/sign-out'] button");
    assert_eq!(browser.text("#leave:not([hidden]) h2"), "Before you sign out");
    browser.click("#leave-keep:not([hidden])");
    browser.text("#who a[href^='/sign-in']");
    browser.goto(&port.at("/sign-in"));
    assert!(browser.text("#left:not([hidden])").contains("Updates that wait on this phone: 1."));
    signs_in_to(&browser, &port.at(""), "amina", "/board/queue");

    // What was counted, what the ledger says now, and what came between stand together.
    browser.click("#refused [data-fix]");
    assert!(browser.text("#fixing:not([hidden]) #fixing-why").contains("only 300 of 500 dispatched"));
    assert!(browser.text("#fixing-count").contains("500 good"));
    let since = browser.text("#since");
    assert!(since.contains("received") && since.contains("300 piece"), "{since}");
    assert!(!since.contains("departed"), "the form knew of that: {since}");
    pictured(&browser, "officer-mends");
    assert_eq!(browser.run(COUNT_300), true);
    browser.click("#record");
    assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
    assert_eq!(browser.text("#refused .empty:not([hidden])"), "None.");
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    assert_eq!(receipt_count(&scene, &consignment), 2);
    assert_eq!(kept(&browser), 0);

    // Where nothing waits, signing out asks nothing.
    browser.click("form[action='/sign-out'] button");
    browser.text("#who a[href^='/sign-in']");
    scene.closes();
}

#[test]
fn the_photo_of_an_update_that_waits_at_the_server_waits_with_it() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let port = Port::open(&scene);
    let folder = tempfile::tempdir().expect("a temporary folder is made");
    let note = folder.path().join("note.png");
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.screenshot(&note);
    browser.goto(&port.at(&format!("/board/post?code={code}")));
    // It names a leg that nobody has planned yet.
    let unplanned = format!("document.querySelector('[name=leg]').value = '{}'; arguments[0](true);", id());
    assert_eq!(browser.run(&unplanned), true);
    browser.click("label[for='all-good']");
    browser.type_into("#photo", note.to_str().expect("a path"));
    browser.click("#record");
    assert_eq!(browser.text("#waiting li button"), "Discard");
    assert!(browser.text("#waiting li").contains("Photo waits"), "{}", browser.text("main"));
    assert_eq!(browser.text("#refused .empty:not([hidden])"), "None.");

    // The update itself is not sent again, and the photo is not let go of.
    browser.run("reliefSender.send(document.getElementById('kept').dataset.user).then(arguments[0]);");
    assert_eq!((port.posted(202), kept(&browser)), (1, json!(1)));
    assert_eq!(scene.accounts(&pledge), json!({"in_transit": 500}));
    let documents = scene.officer.get(&format!("/api/v1/documents?consignment={consignment}")).expect(200);
    assert_eq!(documents["items"], json!([]));
}
