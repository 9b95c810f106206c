//! Browser stories of donors and managers, on a demonstration as anybody starts it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Browser;
use super::program::Program;

/// A demonstration in a folder of its own.
struct Demonstration {
    server: Program,
    _folder: tempfile::TempDir,
}

impl Demonstration {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--database-url", "sqlite://demo.db"]);
        command.current_dir(folder.path()).stderr(Stdio::null());
        Self { server: Program::start(&mut command), _folder: folder }
    }

    /// The word behind another one in what it printed.
    fn told(&self, found: impl Fn(&str) -> Option<String>) -> String {
        let begun = Instant::now();
        loop {
            if let Some(word) = self.server.printed().iter().find_map(|line| found(line)) {
                return word;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it printed {:#?}", self.server.printed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn password(&self, login: &str) -> String {
        self.told(|line| {
            let mut words = line.split_whitespace();
            words.any(|word| word == login).then(|| words.next().map(str::to_owned)).flatten()
        })
    }

    fn signs_in(&self, browser: &Browser, login: &str) {
        browser.goto(&format!("{}/sign-in", self.server.address()));
        browser.type_into("#login", login);
        browser.type_into("#password", &self.password(login));
        browser.click("main button");
    }
}

/// Pictures of the page are kept where the tests' output is.
fn pictured(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).expect("the folder of pictures is made");
    browser.screenshot(&folder.join(format!("{name}.png")));
}

#[test]
fn a_donor_with_only_a_link_sees_where_each_unit_is() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    let code = demonstration.told(|line| line.split("LINK=").nth(1).map(|word| word.trim().to_owned()));
    browser.goto(&format!("{}/pledge-links/{code}", demonstration.server.address()));
    assert!(browser.text("h1").starts_with("Pledge"), "{}", browser.text("h1"));
    assert!(browser.text(".bar .key").chars().any(|letter| letter.is_ascii_digit()));
    assert!(browser.text(".notice.warn").contains("private link"));
    assert!(browser.sticks_out() <= 0, "nothing runs off the side");
    pictured(&browser, "pledge-link");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}

#[test]
fn a_donor_with_a_login_finds_the_report_and_the_proofs() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    demonstration.signs_in(&browser, "demo-donor");
    assert_eq!(browser.text("h1"), "My gifts");
    assert!(browser.text("#changes + p").contains("was not here before"));
    pictured(&browser, "donor");
    browser.click("table a[href^='/donor/pledges/']");
    assert!(browser.text(".actions .button").contains("PDF"));
    pictured(&browser, "donor-pledge");
    browser.goto(&format!("{}/donor", demonstration.server.address()));
    browser.click("table a[href^='/donor/consignments/']");
    assert!(browser.text("h1").starts_with("Consignment"));
    assert!(browser.sticks_out() <= 0, "nothing runs off the side");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}

#[test]
fn a_manager_decides_a_loss_and_looks_at_proposals_and_pictures() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    // The other manager: nobody decides what they proposed.
    demonstration.signs_in(&browser, "demo-manager-2");
    assert_eq!(browser.text("h1"), "To decide");
    pictured(&browser, "manager");
    browser.click("a[href^='/manager/approvals/']");
    assert_eq!(browser.text("h1"), "Proposed: given up as lost");
    assert!(browser.text("main").contains("LR-SYN-OPEN"));
    pictured(&browser, "manager-approval");
    browser.type_into("#reason", "The report names the night and the door.");
    browser.click("button[value='approve']");
    assert!(browser.text("main .notice").contains("approved"));
    browser.goto(&format!("{}/manager/proposals", demonstration.server.address()));
    assert!(browser.text("h1").starts_with("How free goods"));
    pictured(&browser, "manager-proposals");
    browser.goto(&format!("{}/manager/figures", demonstration.server.address()));
    assert!(browser.text(".chart svg").chars().any(|letter| letter.is_ascii_digit()));
    assert!(browser.sticks_out() <= 0, "nothing runs off the side");
    pictured(&browser, "manager-figures");
    assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
}
