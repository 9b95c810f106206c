//! A consignee without an account: points a camera at the code on the waybill, and confirms what came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Browser;
use super::screens::{on_each_screen, signs_in};
use crate::exports::standards::skipped;
use crate::papers_printed::camera::{NO_READER, codes};
use crate::public_pages::Gift;
use crate::sessions::person;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use relief_ledger::auth::Role;
use relief_ledger::papers::code::svg;

/// What a camera reads on what is shown, printed as it is; none where there is no reader, which is said.
fn read_by_camera(browser: &Browser) -> Option<Vec<String>> {
    let printed = browser.command("Page.printToPDF", json!({"printBackground": false}));
    let printed = STANDARD.decode(printed["data"].as_str().expect("a file of pages")).expect("base64");
    match codes(&printed) {
        Some(read) => Some(read.concat()),
        None => {
            skipped(NO_READER);
            None
        }
    }
}

/// The address on the page of a new link, whose squares say the same to a reader of others.
fn address_in_squares(browser: &Browser) -> String {
    let address = browser.text("main .notice.good a");
    if let Some(read) = read_by_camera(browser) {
        assert_eq!(read, [address.as_str()]);
    }
    // Those squares are shown, where there is no reader too.
    let script = "arguments[0](document.querySelector('.squares path[fill=\"#000\"]').getAttribute('d'))";
    let drawn = browser.run(script).as_str().expect("squares").to_owned();
    let squares = svg(&address, "").expect("it is an address");
    assert!(squares.contains(&format!("d=\"{drawn}\"")), "the squares say {address}");
    address
}

/// Prints the waybill with a link, which two squares lead from: to where the goods are tracked, and to where they are confirmed.
fn prints_the_waybill(browser: &Browser, code: &str) {
    browser.click("main form button[name='on']");
    let letters = browser.text(".code span");
    let Some(read) = read_by_camera(browser) else { return };
    let (links, tracked): (Vec<String>, Vec<String>) =
        read.into_iter().partition(|one| one.contains("/confirm/"));
    assert_eq!(tracked, [code], "no address is known by which browsers call this server");
    assert!(links.len() == 1 && letters.contains(&links[0]), "{links:?} in {letters}");
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
        prints_the_waybill(browser, gift.code());
        // Whoever makes another ends the one on that paper.
        browser.goto(&format!("{address}/consignments/{consignment}/confirmation-link"));
        browser.click("main form button");
        let squares = address_in_squares(browser);
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
