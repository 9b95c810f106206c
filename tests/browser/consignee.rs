//! A consignee without an account: points a camera at the code on the waybill, and confirms what came.

use serde_json::json;

use super::Browser;
use super::screens::{on_each_screen, signs_in};
use crate::public_pages::Gift;
use crate::sessions::person;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use relief_ledger::auth::Role;
use relief_ledger::papers::code::svg;

/// What a camera reads: the address whose squares these are. Nobody else is asked what they say, so the squares of the address
/// that is written beside them must be the ones that are drawn.
fn read_by_camera(browser: &Browser) -> String {
    let address = browser.text("main .notice.good a");
    let script = "arguments[0](document.querySelector('.squares path[fill=\"#000\"]').getAttribute('d'))";
    let drawn = browser.run(script).as_str().expect("squares").to_owned();
    let squares = svg(&address, "").expect("it is an address");
    assert!(squares.contains(&format!("d=\"{drawn}\"")), "the squares say {address}");
    address
}

#[test]
fn a_consignee_without_an_account_confirms_receipt_by_the_address_in_the_squares() {
    let Some(browser) = Browser::start() else { return };
    on_each_screen(&browser, "consignee", |screen| {
        let browser = screen.browser;
        let database = TestDatabase::sqlite(migrate);
        let gift = Gift::under_way(Scene::new(&database));
        person(&gift.scene.house, "amina", Role::Officer);
        let address = format!("http://{}", gift.scene.house.address());
        // Somebody who did not send the goods off makes the link, and hands it over.
        signs_in(browser, &address, "amina");
        let consignment = gift.consignment["id"].as_str().expect("an id");
        browser.goto(&format!("{address}/consignments/{consignment}/confirmation-link"));
        browser.click("main form button");
        let squares = read_by_camera(browser);
        screen.pictured("squares");
        browser.command("Network.clearBrowserCookies", json!({}));

        browser.goto(&squares);
        assert_eq!(browser.text("h1"), "Confirm receipt");
        assert!(browser.text(".lead").contains("Banjul City Council"), "{}", browser.text(".lead"));
        assert!(browser.text(".who a").contains("Sign in"), "nobody is signed in");
        screen.pictured("asked");
        let emptied = "document.querySelector('[name^=good_]').value = ''; arguments[0]()";
        browser.run(emptied);
        browser.type_into("[name^='good_']", "960");
        browser.click("main form button");
        assert!(!browser.text("#reason-error").is_empty());
        assert!(browser.title().starts_with("Error: "), "{}", browser.title());
        screen.pictured("refused");
        browser.type_into("#reason", "Two cartons were wet");
        // What is refused is logged as an error too, which it is not.
        browser.console_errors();
        browser.click("main form button");
        assert!(browser.text(".notice.good").contains("Your receipt is recorded."));
        screen.pictured("recorded");
        let total = gift.scene.auditor.get("/api/v1/totals?group_by=item").expect(200)["total"].clone();
        assert_eq!((&total["delivered"], &total["missing"]), (&json!(960), &json!(40)));

        browser.goto(&squares);
        assert!(browser.text(".notice.good").contains("This link was used"));
        screen.pictured("used");
        gift.scene.closes();
        (gift, database)
    });
}
