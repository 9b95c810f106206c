//! What a phone has and a desk lacks: a camera that reads labels, a place, storage that its maker may take back; and how many taps a
//! receipt takes.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::Browser;
use super::board::{receipt_count, wait_until_kept, waiting};
use super::offline::{Port, kept};
use super::screens::{pictured, signs_in_to};
use crate::sessions::person;
use crate::stories::scene::{Scene, UnderWay};
use crate::support::server::migrate;
use crate::support::{TestDatabase, until};

/// A phone's width in CSS pixels.
const PHONE: u32 = 360;
/// Taps for a photo: the field, the shutter, and that it is good. No story can make the last two, which are the phone's own.
const TAPS_OF_PHOTO: u64 = 3;

/// Counts each tap of a person, over all pages of a tab.
const COUNTING: &str = "addEventListener('pointerdown', (event) => { \
    if (event.isTrusted) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1; }, true);";
const NONE_YET: &str = "sessionStorage.taps = 0; arguments[0](true)";
const TAPS: &str = "arguments[0](Number(sessionStorage.taps))";

/// A camera that shows something, and a reader of it that finds a label once there is one.
const CAMERA: &str = "globalThis.BarcodeDetector = class { \
      async detect() { return sessionStorage.label ? [{ rawValue: sessionStorage.label }] : []; } }; \
    const screen = document.createElement('canvas'); \
    const paint = () => screen.getContext('2d').fillRect(0, 0, 9, 9); \
    navigator.mediaDevices.getUserMedia = async () => { \
      if (sessionStorage.refused) throw new DOMException('refused', 'NotAllowedError'); \
      paint(); setInterval(paint, 50); return screen.captureStream(); };";
const NO_READER: &str = "delete globalThis.BarcodeDetector;";

const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
    Version/18.5 Mobile/15E148 Safari/604.1";
const ON_HOME_SCREEN: &str = "Object.defineProperty(navigator, 'standalone', { get: () => true });";
const NO_PROMISE: &str = "StorageManager.prototype.persist = async () => false;";
const PROMISE: &str = "StorageManager.prototype.persist = async () => true;";

/// What is read back of an update has one bit changed, as where a disk fails.
const FAILING_DISK: &str = "window.get = IDBObjectStore.prototype.get; \
    const told = Object.getOwnPropertyDescriptor(IDBRequest.prototype, 'result').get; \
    IDBObjectStore.prototype.get = function (key) { \
      const request = window.get.call(this, key); \
      if (this.name === 'kept') Object.defineProperty(request, 'result', { get() { \
        const one = told.call(this); \
        return one && { ...one, body: one.body.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) }; } }); \
      return request; }; arguments[0](true);";
const SOUND_DISK: &str = "IDBObjectStore.prototype.get = window.get; arguments[0](true);";
/// No answer of the server can be stored, and pages alone send.
const NO_ROOM_FOR_RECEIPTS: &str = "const put = IDBObjectStore.prototype.put; \
    IDBObjectStore.prototype.put = function (...what) { \
      if (this.name === 'receipts') throw new DOMException('there is no room', 'QuotaExceededError'); \
      return put.apply(this, what); }; \
    Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { get: () => undefined });";
/// Notes how surely each write of an update is made.
const NOTED: &str = "const begin = IDBDatabase.prototype.transaction; \
    IDBDatabase.prototype.transaction = function (stores, mode, ...options) { \
      const change = begin.call(this, stores, mode, ...options); \
      if (mode === 'readwrite' && [stores].flat().includes('kept')) \
        sessionStorage.written = `${sessionStorage.written ?? ''} ${change.durability}`; \
      return change; };";
/// Three years later, as far as pages can tell.
const LATER: &str = "const now = Date.now; Date.now = () => now() + 3 * 365 * 86400000;";

/// Has each page from now on run something before its own scripts; says by what it is taken back.
fn before(browser: &Browser, source: &str) -> Value {
    let added = browser.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": source}));
    added["identifier"].clone()
}

fn no_more(browser: &Browser, script: &Value) {
    browser.command("Page.removeScriptToEvaluateOnNewDocument", json!({"identifier": script}));
}

/// Whether something is seen.
fn is_seen(browser: &Browser, css: &str) -> Value {
    browser.run(&format!("arguments[0](document.querySelector(\"{css}\").checkVisibility())"))
}

fn at(scene: &Scene, path: &str) -> String {
    format!("http://{}{path}", scene.officer.address)
}

#[test]
fn a_receipt_in_good_order_takes_three_taps_and_five_with_a_photo() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code: plain, pledge: plain_pledge, .. } = scene.under_way(1_000);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let folder = tempfile::tempdir().expect("a temporary folder is made");
    let note = folder.path().join("note.png");
    browser.width(PHONE);
    before(&browser, COUNTING);
    signs_in_to(&browser, &at(&scene, ""), "amina", "/board");
    browser.text("#find");
    browser.screenshot(&note);

    // Open, all good, record.
    browser.run(NONE_YET);
    browser.click(&format!("a[href^='/board/post?code={plain}']"));
    browser.click("label[for='all-good']");
    browser.click("#record");
    assert!(browser.text("#done li").contains("Recorded: entry"), "{}", browser.text("main"));
    assert_eq!(browser.run(TAPS), json!(3));
    assert_eq!(scene.accounts(&plain_pledge), json!({"delivered": 1_000}));

    // All good is chosen already: whoever takes a photo need not say it.
    browser.goto(&at(&scene, "/board"));
    browser.run(NONE_YET);
    browser.click(&format!("a[href^='/board/post?code={code}']"));
    assert_eq!(browser.run("arguments[0](document.getElementById('all-good').checked)"), json!(true));
    browser.type_into("#photo", note.to_str().expect("a path"));
    browser.click("#record");
    browser.text("#done li:nth-of-type(2)");
    let taps = browser.run(TAPS).as_u64().expect("a number");
    assert_eq!(taps + TAPS_OF_PHOTO, 5);
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    let wait = "const end = arguments[0]; const look = async () => { \
        if ((await reliefStore.count()) === 0) end(true); else setTimeout(look, 100); }; look();";
    assert_eq!(browser.run(wait), json!(true), "the photo went too");
    let documents = scene.officer.get(&format!("/api/v1/documents?consignment={consignment}")).expect(200);
    assert_eq!(documents["items"][0]["kind"], "grn", "{documents}");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
    scene.closes();
}

#[test]
fn a_label_is_read_by_the_camera_where_the_browser_can_and_typed_where_it_cannot() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, .. } = scene.under_way(1_000);
    signs_in_to(&browser, &at(&scene, ""), "amina", "/board");
    browser.text("#find");

    // Without a reader nobody is offered a camera that would show a picture and find nothing.
    let without = before(&browser, NO_READER);
    browser.goto(&at(&scene, "/board"));
    assert_eq!(is_seen(&browser, "#scan"), json!(false));
    browser.type_into("#code", &code.to_lowercase());
    browser.click("#find .actions button:not([hidden])");
    assert_eq!(browser.text("h1"), "Received at Banjul");

    no_more(&browser, &without);
    before(&browser, CAMERA);
    browser.goto(&at(&scene, "/board"));
    assert_eq!(is_seen(&browser, "#camera"), json!(false), "it is on once it is asked for");
    browser.run("sessionStorage.refused = 'yes'; arguments[0](true)");
    browser.click("#scan:not([hidden])");
    let refused = browser.text("#no-camera:not([hidden])");
    assert!(refused.contains("Type the code"), "{refused}");
    assert_eq!(browser.run("arguments[0](document.activeElement.id)"), json!("code"));

    browser.run("delete sessionStorage.refused; arguments[0](true)");
    browser.click("#scan:not([hidden])");
    browser.text("#camera:not([hidden])");
    assert_eq!(is_seen(&browser, "#no-camera"), json!(false));
    let label = at(&scene, &format!("/track/{code}"));
    browser.run(&format!("sessionStorage.label = '{label}'; arguments[0](true)"));
    browser.text("#post");
    assert_eq!(browser.text("h1"), "Received at Banjul");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}

#[test]
fn a_place_chooses_the_site_once_somebody_lets_it() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let donor = scene.organization("Shenzhen federation", "CN");
    let city = scene.organization("Banjul City Council", "GM");
    let beijing = scene.site_at("Beijing warehouse", "warehouse", "CN", (39.9, 116.4));
    let banjul = scene.site_at("Banjul", "city", "GM", (13.45, -16.58));
    scene.in_store(&donor, &beijing, 1_000);
    let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
    let body = json!({"consignment": consignment, "site": beijing, "lines": [scene.line(1_000)]});
    scene.does("allocated", "2020-07-20", body).expect(201);
    let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
    let form = at(&scene, &format!("/board/post?code={}", shown["tracking_code"].as_str().expect("a code")));
    signs_in_to(&browser, &at(&scene, ""), "amina", "/board");
    browser.text("#find");

    // Goods that are reserved may leave or, as far as anybody knows, have come: the usual is that they leave.
    let here = |latitude: f64, longitude: f64| {
        let place = json!({"latitude": latitude, "longitude": longitude, "accuracy": 20});
        browser.command("Emulation.setGeolocationOverride", place);
    };
    let granted = json!({"origin": at(&scene, ""), "permissions": ["geolocation"]});
    browser.command("Browser.grantPermissions", granted);
    let asks = || {
        browser.goto(&form);
        assert_eq!(browser.text("h1"), "Left Beijing warehouse", "nobody is placed who did not ask for it");
        browser.click("details:has(#place) summary");
        browser.click("#place:not([hidden])");
    };
    here(40.0, 116.5);
    asks();
    let gone = "const end = arguments[0]; const look = () => { \
        if (document.getElementById('place').hidden) end(location.search); else setTimeout(look, 50); }; look();";
    let stays = browser.run(gone);
    assert!(
        stays.as_str().is_some_and(|search| !search.contains("kind=")),
        "who is there stays there: {stays}"
    );
    here(13.4, -16.6);
    asks();
    browser.text("#post input[name='kind'][value='received']");
    assert_eq!(browser.text("h1"), "Received at Banjul");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}

#[test]
fn a_page_says_that_it_is_on_this_phone_only_after_it_was_surely_written_and_read_back() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, pledge, .. } = scene.under_way(500);
    let mut port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.goto(&port.at("/board"));
    wait_until_kept(&browser, &code);
    port.goes();

    before(&browser, NOTED);
    browser.goto(&port.at(&format!("/board/post?code={code}")));
    browser.click("label[for='all-good']");
    assert_eq!(browser.run(FAILING_DISK), json!(true));
    browser.click("#record");
    let words = browser.text("#not-kept:not([hidden]) p");
    assert!(words.contains("could not keep it"), "{words}");
    assert_eq!(
        browser.run("arguments[0](location.pathname)"),
        json!("/board/post"),
        "nobody is told that it is kept"
    );

    assert_eq!(browser.run(SOUND_DISK), json!(true));
    browser.click("#record:not([disabled])");
    assert!(waiting(&browser).contains("On this phone"));
    assert_eq!(kept(&browser), json!(1), "it is the same update");
    let written = browser.run("arguments[0](sessionStorage.written)");
    let surely: Vec<&str> = written.as_str().expect("writes").split_whitespace().collect();
    assert!(surely.len() >= 2 && surely.iter().all(|one| *one == "strict"), "{surely:?}");

    // It has no day on which it ends.
    let later = before(&browser, LATER);
    browser.goto(&port.at("/board/queue"));
    assert!(waiting(&browser).contains("On this phone"), "{}", browser.text("main"));
    assert_eq!(kept(&browser), json!(1));
    no_more(&browser, &later);
    port.comes_back();
    browser.goto(&port.at("/board/queue"));
    browser.run(
        "reliefSender.send(document.getElementById('kept').dataset.user).then(() => arguments[0](true));",
    );
    browser.text("#done li");
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    assert_eq!(kept(&browser), json!(0));
}

#[test]
fn an_update_that_the_server_has_stays_until_its_signed_receipt_is_stored() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(500);
    let port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.text("#find");
    let full = before(&browser, NO_ROOM_FOR_RECEIPTS);
    browser.goto(&port.at(&format!("/board/post?code={code}")));
    browser.click("label[for='all-good']");
    browser.click("#record");
    browser.text("#waiting li[id]");
    until("the update at the server", || (port.posted(201) == 1).then_some(()));
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    // It was answered, and sent once more: nothing lets go of it.
    until("the same update once more", || (port.posted(200) > 0).then_some(()));
    assert_eq!(kept(&browser), json!(1));
    assert_eq!(is_seen(&browser, "#done .empty"), json!(true), "nobody is told that it is done");

    no_more(&browser, &full);
    browser.goto(&port.at("/board/queue"));
    assert!(browser.text("#done li[id]").contains("Recorded: entry"), "{}", browser.text("main"));
    assert_eq!((kept(&browser), port.posted(201)), (json!(0), 1));
    assert_eq!(receipt_count(&scene, &consignment), 1);
    scene.closes();
}

#[test]
fn whose_phone_may_erase_what_waits_is_told_so() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    signs_in_to(&browser, &at(&scene, ""), "amina", "/board/queue");
    browser.width(PHONE);
    let opens = || {
        browser.goto(&at(&scene, "/board/queue"));
        browser.text("#upload:not([hidden])");
    };
    let promised = before(&browser, PROMISE);
    opens();
    assert_eq!(is_seen(&browser, "#ios"), json!(false), "the twin: a browser that erases nothing by itself");
    assert_eq!(is_seen(&browser, "#not-persistent"), json!(false));
    no_more(&browser, &promised);
    before(&browser, NO_PROMISE);
    opens();
    let words = browser.text("#not-persistent:not([hidden])");
    assert!(words.contains("did not promise"), "{words}");

    let phone = json!({"userAgent": AGENT, "platform": "iPhone"});
    browser.command("Emulation.setUserAgentOverride", phone);
    opens();
    let words = browser.text("#ios:not([hidden])");
    assert!(words.contains("seven days"), "{words}");
    pictured(&browser, "officer-iphone");
    before(&browser, ON_HOME_SCREEN);
    opens();
    assert_eq!(
        is_seen(&browser, "#ios"),
        json!(false),
        "an app on the home screen has its days counted apart"
    );
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}
