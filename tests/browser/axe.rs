//! What keeps somebody from using a page, as axe-core finds it.

use super::Browser;
use serde_json::Value;

/// The rules that are judged: WCAG 2.0, 2.1 and 2.2, levels A and AA. Without the last, targets that are too small for a
/// finger are not looked for.
const TAGS: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// The library, or why the story is skipped; on CI a missing one fails instead.
pub fn library() -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/axe/node_modules/axe-core/axe.min.js");
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            let what = format!("axe-core is not installed: npm ci --prefix tests/axe ({error})");
            assert!(std::env::var("CI").is_err(), "{what}");
            println!("SKIPPED: {what}");
            None
        }
    }
}

/// What is wrong with the page that is open: the rule, and the elements that break it.
pub fn violations(browser: &Browser, library: &str) -> Vec<String> {
    browser.run(&format!("{library};arguments[arguments.length - 1](true)"));
    let script = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {{runOnly: {{type: 'tag', values: {TAGS}}}, resultTypes: ['violations']}})
            .then(found => done(found.violations.map(one => one.id + ': ' + one.help + ': ' +
                one.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + node.any.map(any => any.message).join(' ')).join(' | '))))
            .catch(error => done(['axe failed: ' + error]));"
    );
    let found = browser.run(&script);
    let found = found.as_array().cloned().unwrap_or_default();
    found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
