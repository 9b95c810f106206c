//! Pages for those who need letters twice as large: nothing is cut off, nothing goes away, and nobody scrolls to the side.

use serde_json::Value;

use super::Browser;
use super::demo::Demonstration;

/// What is cut off: elements that hide what does not fit into them. What is hidden on purpose is not seen at any size, and
/// fields scroll inside.
const CUT_OFF: &str = r"
    const found = [];
    for (const one of document.body.querySelectorAll('*')) {
        if (!(one instanceof HTMLElement) || one.matches('input, select, textarea, option, progress, video')) continue;
        if (!one.checkVisibility() || one.closest('.visually-hidden, .cards > thead')) continue;
        const style = getComputedStyle(one);
        const hides = (way) => way === 'hidden' || way === 'clip';
        const across = hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
        const down = hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
        if (across || down) found.push(`cut off: ${one.localName} ${one.textContent.trim().slice(0, 40)}`);
    }
    arguments[0](found);";

/// Everything the page says, but for what it says of itself: whether it is up to date.
const SAID: &str = r"
    let said = document.body.innerText;
    for (const one of document.querySelectorAll('[role=status]')) said = said.replace(one.innerText, '');
    arguments[0](said.replace(/\s+/g, ' '));";

/// The letters of the page twice as large, without anything else.
const TWICE: &str = "document.documentElement.style.fontSize = '200%'; \
    requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()));";

/// A desk's width; half of it, which is a desk's at twice its size; and a quarter, at four times.
const WIDTHS: [u32; 3] = [1_280, 640, 320];

const PAGES: [(&str, &[&str]); 6] = [
    ("", &["/", "/track/{CODE}", "/track?code=abc", "/pledge-links/{LINK}", "/sign-in"]),
    ("officer", &["/board", "/board/post?code={CODE}", "/board/queue", "/warehouse"]),
    ("donor", &["/donor"]),
    ("manager", &["/manager", "/manager/figures", "/manager/proposals"]),
    ("auditor", &["/reconciliation?group_by=programme&then_by=item", "/reconciliation/verify?entry=0"]),
    ("admin", &["/admin", "/admin/items"]),
];

fn lines(found: &Value) -> Vec<String> {
    found.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What does not fit at the size that the page has now.
fn unfit(browser: &Browser) -> Vec<String> {
    let mut found = lines(&browser.run(CUT_OFF));
    found.extend(browser.squeezed());
    let out = browser.sticks_out();
    if out > 0 {
        found.push(format!("{out} pixels stick out"));
    }
    found
}

/// What is wrong with the page that is open once its letters are twice as large.
fn unfit_at_twice(browser: &Browser) -> Vec<String> {
    let before = browser.run(SAID);
    browser.run(TWICE);
    let mut found = unfit(browser);
    if browser.run(SAID) != before {
        found.push("it says something else".to_owned());
    }
    found
}

#[test]
fn letters_may_be_twice_as_large_and_the_window_a_quarter_as_wide() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    let mut found = Vec::new();
    for (role, paths) in PAGES {
        if !role.is_empty() {
            demonstration.sign_in(&browser, role);
        }
        for path in paths {
            let address = path.replace("{CODE}", demonstration.printed("CODE"));
            let address = demonstration.at(&address.replace("{LINK}", demonstration.printed("LINK")));
            browser.goto(&address);
            for width in WIDTHS {
                browser.width(width);
                let faults = unfit(&browser);
                found.extend(faults.into_iter().map(|fault| format!("{path} of {role}, {width}: {fault}")));
            }
            browser.width(WIDTHS[0]);
            let faults = unfit_at_twice(&browser);
            found.extend(
                faults.into_iter().map(|fault| format!("{path} of {role}, letters at twice: {fault}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_does_not_fit_is_noticed() {
    let Some(browser) = Browser::start() else { return };
    let page = |markup: &str| {
        format!(
            "data:text/html,<!doctype html><meta name=viewport content='width=device-width,initial-scale=1'>\
             <title>T</title><h1>H</h1>{markup}"
        )
    };
    browser.width(WIDTHS[2]);
    browser.goto(&page("<p>Sound</p>"));
    assert_eq!(unfit(&browser), Vec::<String>::new());
    browser.goto(&page("<p style='white-space:nowrap'>Three boxes of masks came to the port and were counted there twice</p>"));
    let found = unfit(&browser);
    assert!(found.len() == 1 && found[0].ends_with("pixels stick out"), "{found:?}");

    // As the caption of a table whose rows are cards once was.
    browser.goto(&page(
        "<style>table,tbody,tr,td{display:block}table{overflow-wrap:anywhere}</style><table><caption>Missing \
        goods</caption><tbody><tr><td>Masks</td></tr></tbody></table>",
    ));
    assert_eq!(unfit(&browser), ["squeezed: caption Missing goods"]);

    browser.width(WIDTHS[0]);
    for (markup, fault) in [
        ("<p style='height:24px;overflow:hidden;margin:0'>Masks</p>", "cut off: p"),
        (
            "<p style='width:24rem;white-space:nowrap;overflow:hidden'>Masks for the hospital of a city by a river, and gowns</p>",
            "cut off: p",
        ),
        ("<p style='width:50rem'>Wide</p>", "pixels stick out"),
        (
            "<p>Masks</p><script>new ResizeObserver(() => { if (parseFloat(getComputedStyle(document.documentElement).fontSize) > 20) \
             document.querySelector('p').hidden = true }).observe(document.querySelector('h1'))</script>",
            "it says something else",
        ),
    ] {
        browser.goto(&page(markup));
        let found = unfit_at_twice(&browser);
        assert!(found.iter().any(|one| one.contains(fault)), "{fault}: {found:?}");
    }
    browser.goto(&page("<p>Sound</p>"));
    assert_eq!(unfit_at_twice(&browser), Vec::<String>::new());
}
