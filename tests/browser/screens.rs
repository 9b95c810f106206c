//! Stories that are told twice, on a desk's screen and on a phone's. What is seen on the way is kept in `target/pages`, to be
//! looked at, and nothing may run off the side.

use serde_json::json;
use std::path::PathBuf;

use super::Browser;
use crate::sessions::PASSWORD;

/// How wide the screens are, in CSS pixels.
const SCREENS: [(&str, u32); 2] = [("desk", 1_280), ("phone", 360)];

/// One of the screens, while a story is told on it.
pub struct Screen<'a> {
    pub browser: &'a Browser,
    story: &'static str,
    name: &'static str,
}

/// Where pictures are kept.
pub fn pictures() -> PathBuf {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/pages"));
    std::fs::create_dir_all(&folder).expect("the folder of pictures is made");
    folder
}

/// Tells a story on each screen, in one browser that remembers nobody from one to the next. What the story gives back, its
/// server before all, is there until the browser has left: a page whose server goes away says so as an error.
pub fn on_each_screen<Stage>(browser: &Browser, story: &'static str, tell: impl Fn(&Screen<'_>) -> Stage) {
    for (name, width) in SCREENS {
        browser.command("Network.clearBrowserCookies", json!({}));
        browser.width(width);
        let stage = tell(&Screen { browser, story, name });
        let errors = browser.console_errors();
        assert!(errors.is_empty(), "{story} on a {name}: {errors:?}");
        browser.goto("about:blank");
        drop(stage);
    }
}

impl Screen<'_> {
    /// Keeps a picture of what is seen now, all of which is there without scrolling sideways.
    pub fn pictured(&self, step: &str) {
        let out = self.browser.sticks_out();
        assert!(out <= 0, "{} on a {}, {step}: {out} pixels stick out", self.story, self.name);
        pictured(self.browser, &format!("story-{}-{step}-{}", self.story, self.name));
    }
}

/// Keeps a picture of what is seen now.
pub fn pictured(browser: &Browser, name: &str) {
    browser.screenshot(&pictures().join(format!("{name}.png")));
}

/// Signs somebody in by the form, who then stands where their work begins.
pub fn signs_in(browser: &Browser, address: &str, login: &str) {
    signs_in_to(browser, address, login, "/");
}

/// The same, who then goes on to a path.
pub fn signs_in_to(browser: &Browser, address: &str, login: &str, to: &str) {
    let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    browser.goto(&format!("{address}/sign-in?to={to}"));
    browser.type_into("#login", login);
    browser.type_into("#password", PASSWORD);
    browser.click("main form button");
    browser.text("form[action='/sign-out'] button");
}
