//! That everybody can use every page: axe-core in each language, theme and width, and no page that must be scrolled
//! sideways. Pictures are kept in `target/pages`, to be looked at.

use super::Browser;
use super::axe::{library, violations};
use super::demo::Demonstration;
use super::screens::pictures;

pub const LANGUAGES: [&str; 6] = ["en", "fr", "es", "ru", "zh", "ar"];
pub const THEMES: [&str; 2] = ["light", "dark"];
/// A phone's width and a desk's, in CSS pixels.
pub const WIDTHS: [u32; 2] = [360, 1_280];
/// The narrowest a page may be shown at: 1,280 pixels at four times their size (WCAG 1.4.10).
const NARROWEST: u32 = 320;

/// The pages of each audience. `{CODE}` and `{LINK}` are what the demonstration printed; what begins with `>` is the first
/// link that begins so, on the last page before that is named here.
const PAGES: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "/",
            "/map",
            ">/map/",
            "/map?measure=need-met",
            "/track",
            "/track/{CODE}",
            "/track/AAAA-BBBB-CCCC",
            "/sign-in",
            "/sign-in?to=%2Fboard",
            "/invitation",
            "/pledge-links/{LINK}",
            "/proofs/0",
            "/nowhere",
        ],
    ),
    (
        "officer",
        &[
            "/board",
            ">/board/consignments/",
            "/board/post?code={CODE}",
            "/board/post?code={CODE}&since=0",
            "/board/post?code={CODE}&kind=customs_held",
            "/board/post?code={CODE}&kind=damaged",
            "/board/consignments",
            "/captures",
            "/board/queue",
            "/warehouse",
            ">/warehouse/",
            "/imports",
            "/imports/new",
        ],
    ),
    ("donor", &["/donor", ">/donor/pledges/", ">/donor/consignments/"]),
    (
        "manager",
        &[
            "/manager",
            ">/manager/approvals/",
            ">/needs/",
            "/manager/figures",
            "/manager/proposals",
            "/missing",
            "/publish",
        ],
    ),
    (
        "auditor",
        &[
            "/reconciliation?group_by=programme&then_by=item&part=differences",
            "/reconciliation?as_of=June",
            "/reconciliation/entries?account=lost",
            "/reconciliation/changes?group_by=country&from=1",
            "/reconciliation/flags",
            "/reconciliation/sample?size=5",
            "/reconciliation/verify?entry=0",
            "/reconciliation/exports",
            "/webhooks",
        ],
    ),
    (
        "admin",
        &["/admin", "/admin/people", "/admin/organizations", "/admin/items", "/admin/sites", "/admin/keys"],
    ),
];

/// The pages of an audience by their addresses.
fn addresses(browser: &Browser, demonstration: &Demonstration, pages: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut named = 0;
    for page in pages {
        let Some(beginning) = page.strip_prefix('>') else {
            named = found.len();
            let page = page.replace("{CODE}", demonstration.printed("CODE"));
            found.push(page.replace("{LINK}", demonstration.printed("LINK")));
            continue;
        };
        let before = found.get(named).expect("a page before");
        browser.goto(&demonstration.at(before));
        let script = format!(
            "arguments[0]([...document.querySelectorAll('main a')].map(a => a.getAttribute('href')).find(to => to && \
             to.startsWith('{beginning}')))"
        );
        let link = browser.run(&script).as_str().map(str::to_owned);
        found.push(link.unwrap_or_else(|| panic!("{before} has no link to {beginning}")));
    }
    found
}

/// What is wrong with the page that is open.
pub fn wrong(browser: &Browser, library: &str, said: &str) -> Vec<String> {
    let mut found = violations(browser, library);
    // A page that is refused is logged as an error too, which it is not.
    let errors = browser.console_errors().into_iter().filter(|error| !error.contains("status of 4"));
    found.extend(errors.map(|error| format!("the console says {error}")));
    let out = browser.sticks_out();
    if out > 0 {
        found.push(format!("{out} pixels stick out"));
    }
    found.extend(browser.squeezed());
    found.into_iter().map(|what| format!("{said}: {what}")).collect()
}

/// The path of the page that is open, where it is neither the one that was asked for nor further in: whoever is sent to sign
/// in sees another.
fn elsewhere(browser: &Browser, address: &str) -> Option<String> {
    let shown = browser.run("arguments[0](location.pathname)").as_str().expect("a path").to_owned();
    let further = shown.strip_prefix(address.split(['?', '#']).next().unwrap_or_default());
    let is_there = further.is_some_and(|further| further.is_empty() || further.starts_with('/'));
    (!is_there).then_some(shown)
}

#[test]
fn everybody_can_use_every_page_in_every_language_theme_and_width() {
    let Some(browser) = Browser::start() else { return };
    let Some(library) = library() else { return };
    let demonstration = Demonstration::start();
    let is_long = std::env::var_os("RELIEF_LONG").is_some();
    let mut found = Vec::new();
    let mut looked = 0_usize;
    for (role, pages) in PAGES {
        if role.is_empty() {
            browser.command("Network.clearBrowserCookies", serde_json::json!({}));
        } else {
            demonstration.sign_in(&browser, role);
        }
        let addresses = addresses(&browser, &demonstration, pages);
        for (number, (page, address)) in pages.iter().zip(&addresses).enumerate() {
            for (at, language) in LANGUAGES.iter().enumerate() {
                browser.goto(&demonstration.at(&format!("/language?to=%2Fsign-in&code={language}")));
                for (theme, width) in THEMES.into_iter().flat_map(|theme| WIDTHS.map(|width| (theme, width)))
                {
                    // All of them take some minutes. Each page is looked at in English as people first see it, and
                    // each time in one of the other ways, in turn.
                    looked += 1;
                    let is_first = at == 0 && theme == "light";
                    if !is_long && !is_first && !(number + looked).is_multiple_of(23) {
                        continue;
                    }
                    browser.theme(theme);
                    browser.width(width);
                    browser.goto(&demonstration.at(address));
                    let said = format!("{page} of {role} in {language}, {theme}, {width}");
                    found.extend(
                        elsewhere(&browser, address).map(|shown| format!("{said}: {shown} is shown")),
                    );
                    found.extend(wrong(&browser, &library, &said));
                    if is_first {
                        let name = format!(
                            "{role}{}-{width}.png",
                            page.replace(['/', '?', '{', '}', '=', '%', '&', '>'], "-")
                        );
                        browser.screenshot(&pictures().join(name));
                    }
                }
            }
            browser.width(NARROWEST);
            for language in ["en", "ar"] {
                browser.goto(&demonstration.at(&format!("/language?to=%2Fsign-in&code={language}")));
                browser.goto(&demonstration.at(address));
                if browser.sticks_out() > 0 {
                    found.push(format!("{page} of {role} in {language} sticks out at {NARROWEST} pixels"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_somebody_cannot_use_is_caught() {
    let Some(browser) = Browser::start() else { return };
    let Some(library) = library() else { return };
    browser.goto("data:text/html,<title>T</title><html lang=en><h1>Sound</h1><label>Name <input></label>");
    assert_eq!(violations(&browser, &library), Vec::<String>::new());
    browser.goto(
        "data:text/html,<title>T</title><meta name=viewport content='width=device-width,initial-scale=1'>\
         <h1>Broken</h1><input><img src='data:,'>\
         <p style='color:%23ccc;background:white'>Faint<p style='width:400px'>Wide",
    );
    let found = violations(&browser, &library).join("\n");
    for rule in ["html-has-lang", "label", "image-alt", "color-contrast"] {
        assert!(found.contains(rule), "{rule} is not found: {found}");
    }
    browser.width(360);
    assert!(browser.sticks_out() > 0);
}
