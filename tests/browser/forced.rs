//! Pages in the few colours that somebody chose in their system: what is written is read, what is filled in has an edge, and the
//! focus is seen.

use serde_json::{Value, json};

use super::Browser;
use super::demo::Demonstration;

/// Looks at colours as they are used: texts against what is behind them, edges of what is filled in or pressed, the outline of
/// the focus, and the ground of drawings, which keep their own colours.
const LOOK: &str = r"
    const found = [];
    const read = (text) => {
        const parts = (text.match(/[\d.]+/g) ?? []).map(Number);
        return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
    };
    const light = ([red, green, blue]) => {
        const linear = [red, green, blue].map((part) => part / 255).map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2];
    };
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((first, second) => second - first);
        return (high + .05) / (low + .05);
    };
    const probe = document.createElement('div');
    probe.style.backgroundColor = 'Canvas';
    document.body.append(probe);
    const canvas = read(getComputedStyle(probe).backgroundColor).rgb;
    probe.remove();
    const ground = (one) => {
        for (let around = one; around; around = around.parentElement) {
            const color = read(getComputedStyle(around).backgroundColor);
            if (color.alpha > .5) return color.rgb;
        }
        return canvas;
    };
    const said = (one) => `${one.localName} ${one.className} ${(one.textContent ?? '').trim().slice(0, 40)}`;
    const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('svg, .visually-hidden, thead, option');
    for (const one of document.body.querySelectorAll('*')) {
        const hasText = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
        if (!hasText || !isSeen(one) || one.matches(':disabled')) continue;
        const style = getComputedStyle(one);
        if (contrast(read(style.color).rgb, ground(one)) < 4.5) found.push(`faint: ${said(one)}`);
    }
    const fields = 'button:not(.plain), .button, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea';
    for (const one of document.querySelectorAll(fields)) {
        if (!isSeen(one)) continue;
        const style = getComputedStyle(one);
        const hasEdge = style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) >= 1 &&
            contrast(read(style.borderTopColor).rgb, ground(one.parentElement)) >= 3;
        if (!hasEdge) found.push(`no edge: ${said(one)}`);
    }
    for (const one of document.querySelectorAll('.bar svg, .map svg, .chart svg')) {
        if (isSeen(one.parentElement) && read(getComputedStyle(one).backgroundColor).alpha < 1) found.push(`no ground: ${one.outerHTML.slice(0, 60)}`);
    }
    const first = document.querySelector('main a[href], main button, main input:not([type=hidden])');
    if (first) {
        first.focus({ focusVisible: true });
        const style = getComputedStyle(first);
        const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 &&
            contrast(read(style.outlineColor).rgb, ground(first.parentElement)) >= 3;
        if (!isOutlined) found.push(`no focus: ${said(first)}`);
    }
    if (!matchMedia('(forced-colors: active)').matches) found.push('no colours are forced');
    arguments[0](found);";

/// Pages of each kind there is: a map, a bar, a timeline, charts, tables, forms.
const PAGES: [(&str, &[&str]); 5] = [
    ("", &["/", "/track/{CODE}", "/track?code=abc", "/sign-in"]),
    ("officer", &["/board", "/board/post?code={CODE}"]),
    ("donor", &["/donor"]),
    ("manager", &["/manager", "/manager/figures"]),
    ("auditor", &["/reconciliation", "/reconciliation?as_of=June"]),
];

/// Has the browser show pages in the system's colours, on a light or a dark ground.
fn force(browser: &Browser, scheme: &str) {
    let features = json!([{"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": scheme}]);
    browser.command("Emulation.setEmulatedMedia", json!({"features": features}));
}

fn faults(browser: &Browser) -> Vec<String> {
    let found = browser.run(LOOK);
    found.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn whoever_chose_their_own_colours_sees_texts_edges_and_the_focus() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    let mut found = Vec::new();
    for (role, paths) in PAGES {
        if !role.is_empty() {
            demonstration.sign_in(&browser, role);
        }
        for (path, scheme) in paths.iter().flat_map(|path| [(*path, "light"), (*path, "dark")]) {
            force(&browser, scheme);
            browser.goto(&demonstration.at(&path.replace("{CODE}", demonstration.printed("CODE"))));
            found.extend(
                faults(&browser).into_iter().map(|fault| format!("{path} of {role}, {scheme}: {fault}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_keeps_its_own_colours_is_noticed() {
    let Some(browser) = Browser::start() else { return };
    let page = |markup: &str| {
        format!(
            "data:text/html,<!doctype html><title>T</title><style>:focus{{outline:3px solid}}</style><h1>H</h1>\
             <main>{markup}<button>B</button></main>"
        )
    };
    force(&browser, "light");
    browser.goto(&page("<p>Sound</p>"));
    assert_eq!(faults(&browser), Vec::<String>::new());
    for (markup, fault) in [
        ("<p style='forced-color-adjust:none;color:white;background:white'>Gone</p>", "faint: p"),
        (
            "<button style='forced-color-adjust:none;border:0;color:black;background:white'>Gone</button>",
            "no edge: button",
        ),
        ("<a href='?a' style='outline:none'>Gone</a>", "no focus: a"),
        ("<div class=bar><svg width=9 height=9></svg></div>", "no ground: <svg"),
    ] {
        browser.goto(&page(markup));
        let found = faults(&browser);
        assert!(found.iter().any(|one| one.starts_with(fault)), "{fault}: {found:?}");
    }
    let usual = json!({"features": []});
    browser.command("Emulation.setEmulatedMedia", usual);
    browser.goto(&page("<p>Sound</p>"));
    assert_eq!(faults(&browser), ["no colours are forced"]);
}
