//! Visiting pages without a browser: what a page says, and whether its markup keeps the house's rules.

use crate::support::server::{Caller, Reply};

/// A page somebody was shown.
pub struct Page {
    pub text: String,
}

/// What is wrong with the markup of a page, in words; nothing where it keeps the rules.
pub fn faults(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut wrong = |is_wrong: bool, words: &str| {
        if is_wrong {
            found.push(words.to_owned());
        }
    };
    wrong(!html.starts_with("<!doctype html>"), "it begins with no document type");
    wrong(html.matches("<h1").count() != 1, "it has not one first heading");
    wrong(!html.contains("<html lang=\""), "it says no language");
    wrong(html.contains(" style=") || html.contains("<style"), "it has style within");
    wrong(html.contains(" onclick=") || html.contains(" onload="), "it has script in an attribute");
    let scripts = html.split("<script").skip(1);
    wrong(
        scripts.into_iter().any(|rest| !rest.split('>').next().unwrap_or("").contains("src=")),
        "it has script within",
    );
    wrong(html.contains("http://") && html.contains("src=\"http"), "it needs the world outside");
    let mut level = 0;
    for heading in html.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)) {
        wrong(heading > level + 1, "its headings leave a step out");
        level = heading;
    }
    for table in html.split("<table").skip(1) {
        let table = table.split("</table>").next().unwrap_or("");
        wrong(!table.contains("<caption"), "a table has no caption");
    }
    for field in html.split("<input").skip(1).chain(html.split("<select").skip(1)) {
        let field = field.split('>').next().unwrap_or("");
        let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
        let needs_label = !field.contains("type=\"hidden\"") && !field.contains("aria-label");
        let is_labelled = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
        wrong(needs_label && !is_labelled, &format!("a field has no label: {field}"));
    }
    found
}

impl Page {
    /// What a reply shows, after a look at its markup.
    pub fn of(reply: &Reply, path: &str) -> Self {
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{path}: {}", reply.text);
        assert_eq!(faults(&reply.text), Vec::<String>::new(), "{path}: {}", reply.text);
        Self { text: reply.text.clone() }
    }

    /// Whether it says something, however it is escaped.
    pub fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> &str {
        let behind = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
        let value = behind.and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("no field {name}: {}", self.text))
    }
}

/// Opens a page that is there.
pub fn visit(caller: &Caller, path: &str) -> Page {
    let reply = caller.get(path);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    Page::of(&reply, path)
}

/// Sends a form.
pub fn send(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> Reply {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    caller.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], Some(&body))
}

/// Sends a form that is taken: where the browser is sent then.
pub fn sent(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> String {
    let reply = send(caller, path, fields);
    assert_eq!(reply.status, 303, "{path}: {}", reply.text);
    reply.header("location").expect("it leads on").to_owned()
}
