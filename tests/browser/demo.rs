//! The demonstration as a visitor starts it, and signing in to it by the form.

use super::program::Program;
use super::{Browser, PATIENCE};
use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

/// A demonstration that runs, with what it printed for a visitor.
pub struct Demonstration {
    program: Program,
    variables: HashMap<String, String>,
    _folder: tempfile::TempDir,
}

impl Demonstration {
    /// Fills a database and serves it.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.args(["demo", "--listen", "127.0.0.1:0"]).current_dir(folder.path());
        let program = Program::start(&mut command);
        let begun = Instant::now();
        let line = loop {
            let printed = program.printed();
            if let Some(line) = printed.iter().find(|line| line.trim().starts_with("R=http")) {
                break line.trim().to_owned();
            }
            assert!(begun.elapsed() < PATIENCE, "no line to paste: {printed:#?}");
            std::thread::sleep(Duration::from_millis(50));
        };
        let pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { program, variables, _folder: folder }
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.program.address())
    }

    /// What it printed under a name: `CODE`, `LINK`, or the password of a role in capitals.
    pub fn printed(&self, name: &str) -> &str {
        self.variables.get(name).map_or_else(|| panic!("no {name}: {:?}", self.variables), String::as_str)
    }

    /// Signs a role in by the form, in a browser that is nobody's before.
    pub fn sign_in(&self, browser: &Browser, role: &str) {
        browser.command("Network.clearBrowserCookies", serde_json::json!({}));
        browser.goto(&self.at("/sign-in?to=%2Fsign-in"));
        browser.type_into("#login", &format!("demo-{role}"));
        browser.type_into("#password", self.printed(&role.to_uppercase()));
        browser.click("form[action='/sign-in'] button");
        browser.text("form[action='/sign-out'] button");
    }
}
