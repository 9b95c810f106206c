//! Browser stories of donors, on a demonstration as anybody starts it.

use super::Browser;
use super::demo::Demonstration;
use super::screens::on_each_screen;

/// Whether a text says a number.
fn has_number(text: &str) -> bool {
    text.chars().any(|letter| letter.is_ascii_digit())
}

#[test]
fn a_donor_with_only_a_link_sees_where_each_unit_is() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    on_each_screen(&browser, "link", |screen| {
        let browser = screen.browser;
        browser.goto(&demonstration.at(&format!("/pledge-links/{}", demonstration.printed("LINK"))));
        assert!(browser.text("h1").starts_with("Pledge"), "{}", browser.text("h1"));
        assert!(has_number(&browser.text(".bar .key")));
        assert!(browser.text(".notice.warn").contains("private link"));
        assert!(browser.text(".who a").contains("Sign in"), "nobody is signed in");
        assert!(browser.text("main").contains("Proofs to share"), "{}", browser.text("main"));
        screen.pictured("pledge");
        // Whoever is interested in one unit more asks the log itself: the link needs no account for it.
        browser.goto(&demonstration.at("/track"));
        browser.type_into("#code", demonstration.printed("CODE"));
        browser.click("main form button");
        assert!(browser.text("h1").contains(demonstration.printed("CODE")), "{}", browser.text("h1"));
        assert!(browser.text(".timeline").contains("Departed"), "{}", browser.text(".timeline"));
        screen.pictured("track");
    });
}

#[test]
fn a_donor_with_a_login_finds_what_changed_the_report_and_the_proofs() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    on_each_screen(&browser, "donor", |screen| {
        let browser = screen.browser;
        demonstration.sign_in(browser, "donor");
        browser.goto(&demonstration.at("/donor"));
        assert_eq!(browser.text("h1"), "My gifts");
        assert!(browser.text("#changes + p").contains("was not here before"));
        assert!(has_number(&browser.text(".bar .key")));
        screen.pictured("gifts");
        browser.click("table a[href^='/donor/pledges/']");
        assert!(browser.text(".actions .button").contains("PDF"));
        assert!(browser.text("main").contains("Proofs to share"), "{}", browser.text("main"));
        screen.pictured("pledge");
        browser.goto(&demonstration.at("/donor"));
        browser.click("table a[href^='/donor/consignments/']");
        assert!(browser.text("h1").starts_with("Consignment"));
        screen.pictured("consignment");
    });
}
