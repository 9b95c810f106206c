//! Pages that have nothing to show yet, and pages that refuse what somebody sent: everybody can use those too.

use serde_json::json;
use uuid::Uuid;

use super::Browser;
use super::axe::library;
use super::screens::{pictures, signs_in};
use super::usable::wrong;
use crate::public_pages::Gift;
use crate::sessions::{password_hash, person};
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::{Server, migrate, operator};
use relief_ledger::auth::Role;
use relief_ledger::core::id::UserId;
use relief_ledger::users::store::{NewUser, UserAdd};

/// How each is looked at: language, theme and width.
pub(super) const WAYS: [(&str, &str, u32); 2] = [("en", "light", 1_280), ("ar", "dark", 360)];
const WAYS_LONG: [(&str, &str, u32); 6] = [
    ("en", "light", 360),
    ("en", "dark", 1_280),
    ("fr", "light", 360),
    ("es", "dark", 1_280),
    ("ru", "light", 360),
    ("zh", "dark", 360),
];

/// Pages of a server on which nothing was recorded but who works there.
const EMPTY: [(&str, &[&str]); 6] = [
    ("", &["/", "/map", "/track"]),
    ("officer", &["/board", "/board/consignments", "/board/queue", "/warehouse"]),
    ("manager", &["/manager", "/manager/proposals", "/manager/figures", "/publish"]),
    (
        "auditor",
        &[
            "/reconciliation",
            "/reconciliation/entries?account=lost",
            "/reconciliation/changes?group_by=country&from=1",
            "/reconciliation/flags",
            "/reconciliation/sample?size=5",
            "/webhooks",
        ],
    ),
    ("admin", &["/admin", "/admin/organizations", "/admin/items", "/admin/sites", "/admin/keys"]),
    ("donor", &["/donor"]),
];

/// Forms that are sent with `?` in each field. `{CODE}`, `{PLEDGE}` and `{CONFIRM}` are of a gift that is under way.
const REFUSED: [(&str, &[&str]); 5] = [
    ("", &["/sign-in", "/invitation", "{CONFIRM}"]),
    ("officer", &["/board/post?code={CODE}"]),
    ("manager", &["/manager/pledges/{PLEDGE}"]),
    ("auditor", &["/webhooks"]),
    ("admin", &["/admin/people", "/admin/organizations", "/admin/items", "/admin/sites", "/admin/keys"]),
];

/// Addresses that are refused as they are.
const REFUSED_ADDRESSES: [(&str, &[&str]); 4] = [
    ("", &["/track?code=abc", "/map?as_of=June", "/confirm/AAAA", "/pledge-links/AAAA-BBBB-CCCC"]),
    (
        "officer",
        &["/admin", "/board/post?code=abc", "/board/consignments/00000000-0000-0000-0000-000000000000"],
    ),
    ("auditor", &["/reconciliation?as_of=June", "/reconciliation/entries?account=nowhere"]),
    ("manager", &["/manager/approvals/00000000-0000-0000-0000-000000000000"]),
];

/// Fills in the first form of the page with what is no answer to anything, and sends it past what a browser would check.
pub(super) const SEND_NONSENSE: &str = r"
    const form = document.querySelector('main form[method=post]');
    document.getElementById('counted')?.click();
    const typed = 'input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea';
    for (const one of form.querySelectorAll(typed)) one.value = '?';
    setTimeout(() => HTMLFormElement.prototype.submit.call(form), 50);
    arguments[0]();";

/// What the page says went wrong.
pub(super) const SUMMARY: &str = ".summary[role='alert']:not([hidden])";

/// A browser with the judge of its pages, and who works at the server.
struct Visit<'a> {
    browser: &'a Browser,
    library: String,
    address: String,
    found: Vec<String>,
}

impl Visit<'_> {
    /// Signs the one of a role in, or makes sure that nobody is.
    fn comes(&self, role: &str) {
        self.browser.command("Network.clearBrowserCookies", json!({}));
        if !role.is_empty() {
            signs_in(self.browser, &self.address, &format!("the-{role}"));
        }
    }

    /// Looks at a page in each way, once something was done there.
    fn looks(&mut self, role: &str, path: &str, doing: impl Fn(&Browser)) {
        let long = if std::env::var_os("RELIEF_LONG").is_some() { &WAYS_LONG[..] } else { &[] };
        for (language, theme, width) in WAYS.iter().chain(long) {
            self.browser.theme(theme);
            self.browser.width(*width);
            self.browser.goto(&format!("{}/language?to=%2Fsign-in&code={language}", self.address));
            self.browser.goto(&format!("{}{path}", self.address));
            doing(self.browser);
            let said = format!("{path} of {role} in {language}, {theme}, {width}");
            self.found.extend(wrong(self.browser, &self.library, &said));
            if *language == "en" {
                let name = path.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
                self.browser.screenshot(&pictures().join(format!("{role}-refused{name}-{width}.png")));
            }
        }
        self.browser.goto(&format!("{}/language?to=%2Fsign-in&code=en", self.address));
    }
}

/// Somebody of each role who can sign in: `the-officer`, and so on.
fn staff(house: &Server) {
    for role in [Role::Officer, Role::Manager, Role::Auditor, Role::Admin] {
        person(house, &format!("the-{}", role.word()), role);
    }
    let organization = json!({"name": "Hainan", "country": "CN", "donor": true});
    let made = house.login_as(Role::Admin).post("/api/v1/organizations", &organization).expect(201);
    donor_of(house, made["id"].as_str().expect("an id"));
}

/// A donor of an organization who can sign in as `the-donor`.
pub(super) fn donor_of(house: &Server, organization: &str) {
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        login: "the-donor".to_owned(),
        name: "Wei Chen".to_owned(),
        password_hash: password_hash(),
        role: Role::Donor,
        organization: organization.parse().ok(),
        countries: Vec::new(),
    };
    house.record(UserAdd { actor: operator(), user: house.sealed(user) });
}

#[test]
fn everybody_can_use_pages_that_have_nothing_to_show_yet() {
    let Some(browser) = Browser::start() else { return };
    let Some(library) = library() else { return };
    let database = TestDatabase::sqlite(migrate);
    let house = Server::start(&database);
    staff(&house);
    let address = format!("http://{}", house.address());
    let mut visit = Visit { browser: &browser, library, address, found: Vec::new() };
    for (role, paths) in EMPTY {
        visit.comes(role);
        for path in paths {
            visit.looks(role, path, |browser| assert!(!browser.text("h1").is_empty()));
        }
    }
    assert!(visit.found.is_empty(), "{}", visit.found.join("\n"));
}

#[test]
fn everybody_can_use_pages_that_refuse_what_was_sent() {
    let Some(browser) = Browser::start() else { return };
    let Some(library) = library() else { return };
    let database = TestDatabase::sqlite(migrate);
    let gift = Gift::under_way(Scene::new(&database));
    gift.published(true);
    let scene = &gift.scene;
    staff(&scene.house);
    let (pledge, _) = scene.pledge(&scene.organization("Jiangsu", "CN"), 100);
    let path =
        format!("/api/v1/consignments/{}/confirmation-link", gift.consignment["id"].as_str().expect("an id"));
    let link =
        scene.receiver.post(&path, &json!({})).expect(201)["path"].as_str().expect("a path").to_owned();
    let filled = |path: &str| {
        path.replace("{CODE}", gift.code()).replace("{PLEDGE}", &pledge).replace("{CONFIRM}", &link)
    };
    let address = format!("http://{}", scene.house.address());
    let mut visit = Visit { browser: &browser, library, address, found: Vec::new() };
    for (role, paths) in REFUSED {
        visit.comes(role);
        for path in paths {
            visit.looks(role, &filled(path), |browser| {
                browser.run(SEND_NONSENSE);
                assert!(!browser.text(SUMMARY).is_empty());
            });
        }
    }
    for (role, paths) in REFUSED_ADDRESSES {
        visit.comes(role);
        for path in paths {
            visit.looks(role, &filled(path), |browser| assert!(!browser.text(SUMMARY).is_empty()));
        }
    }
    assert!(visit.found.is_empty(), "{}", visit.found.join("\n"));
}
