//! A page that was kept does not know what its officer recorded since: a second update of one step is kept only where that is
//! meant.

use relief_ledger::auth::Role;
use serde_json::json;

use super::Browser;
use super::board::{receipt_count, wait_until_kept, waiting};
use super::offline::Port;
use super::screens::{pictured, signs_in_to};
use crate::sessions::person;
use crate::stories::scene::{Scene, UnderWay};
use crate::support::TestDatabase;
use crate::support::server::migrate;

/// Whether the form warns, once it knows.
const WARNS: &str = "const end = arguments[0]; const look = () => { \
    const notice = document.getElementById('pending'); \
    if (notice.querySelector('p').textContent) end(!notice.hidden); else setTimeout(look, 50); }; look();";

/// Writes into the form of a receipt that so many came, and more is to come.
fn counts_part(browser: &Browser, good: &str) {
    browser.click("label[for='counted']");
    browser.type_into("#good-0", good);
    browser.click("label[for='partial']");
}

#[test]
fn a_second_update_of_one_step_is_kept_without_a_server_only_where_that_is_meant() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    person(&scene.house, "amina", Role::Officer);
    let UnderWay { code, consignment, pledge, .. } = scene.under_way(1_000);
    let mut port = Port::open(&scene);
    signs_in_to(&browser, &port.at(""), "amina", "/board");
    browser.goto(&port.at("/board"));
    wait_until_kept(&browser, &code);
    port.goes();

    let form = port.at(&format!("/board/post?code={code}"));
    browser.goto(&form);
    assert_eq!(browser.run(WARNS), json!(false), "there is nothing to warn of");
    counts_part(&browser, "300");
    browser.click("#record");
    assert!(waiting(&browser).contains("On this phone"), "{}", browser.text("main"));

    // The kept copy still says that all of it is under way: it is not recorded once more by mistake.
    browser.goto(&form);
    assert!(browser.text("#pending:not([hidden]) [role='status']").ends_with(": 1."));
    assert_eq!(browser.text("#pending a[href='/board/queue']"), "On this phone");
    pictured(&browser, "officer-twice");
    counts_part(&browser, "200");
    browser.click("#record");
    let stands = "arguments[0]([location.pathname, document.activeElement.id])";
    assert_eq!(browser.run(stands), json!(["/board/post", "another"]));
    let kept = "reliefStore.count().then(arguments[0])";
    assert_eq!(browser.run(kept), json!(1));

    // Another part of it came, and whoever says so means it.
    browser.click("label[for='another']");
    browser.click("#record");
    browser.text("#waiting li:nth-of-type(2)");
    port.comes_back();
    browser.run("reliefSender.send(document.getElementById('kept').dataset.user).then(arguments[0]);");
    browser.text("#done li:nth-of-type(2)");
    assert_eq!(receipt_count(&scene, &consignment), 2);
    assert_eq!(scene.accounts(&pledge), json!({"in_transit": 500, "delivered": 500}));

    // A page that is made now counts both.
    browser.goto(&form);
    assert_eq!(browser.run(WARNS), json!(false));
    scene.closes();
}
