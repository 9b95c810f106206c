//! Every page there is for people who are signed in, found by its route: axe-core judges each, and each form that refuses. Whoever
//! adds a page is told so here, so that none is left out.

use std::collections::BTreeSet;

use relief_ledger::app;
use relief_ledger::auth::Role;
use relief_ledger::web::Access;
use serde_json::{Value, json};

use super::Browser;
use super::axe::library;
use super::refused::{SEND_NONSENSE, SUMMARY, WAYS, donor_of};
use super::screens::{pictures, signs_in};
use super::usable::{LANGUAGES, THEMES, WIDTHS, wrong};
use crate::pages::browse::send;
use crate::pages::injection::stage::sent_by_another_system;
use crate::pages::made_up::Stage;
use crate::sessions::{log_in, person, with};
use crate::stories::scene::Scene;
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, until};

/// Addresses below pages that are files, and no pages.
const FILES: [&str; 3] =
    ["/donor/pledges/{id}/units.csv", "/donor/pledges/{id}/report.xlsx", "/imports/{id}/refused.csv"];

/// Pages whose form is sent with `?` in each field, which is refused.
const REFUSING: [&str; 7] = [
    "/captures/{id}",
    "/warehouse/{id}/happened/{kind}",
    "/missing/report/{id}",
    "/missing/decide",
    "/imports/new",
    "/admin/items/{id}",
    "/webhooks/{id}",
];

/// A table whose headings nobody knows here, and one with a row that is no good.
const UNKNOWN_TABLE: &str =
    "Referencia;Programa;Fecha;Artículo;Cantidad\r\nG-1;CITIES;06/08/2020;MASK;1.200\r\n";
const KNOWN_TABLE: &str = "reference,programme,kind,offered at,item,quantity\r\nG-1,CITIES,unsolicited,2020-07-01,MASK,5\r\n\
    G-2,CITIES,unsolicited,2020-07-01,GLOVES,many\r\n";

/// Whether the page that is open is there, and not one that says that something else is.
const IS_THERE: &str = "arguments[0](!document.querySelector('main > .summary[role=alert] > h1'))";

/// One page: its route, the role it is looked at in, which is empty where anybody may, and its address.
struct Each {
    route: &'static str,
    role: &'static str,
    path: String,
}

/// The routes of pages that are in no list.
fn forgotten(known: &BTreeSet<&str>) -> Vec<String> {
    let routes = app::routes();
    let pages = routes
        .declared()
        .filter(|(method, _, access)| method.as_str() == "GET" && matches!(access, Access::Page(_)));
    let paths = pages.map(|(_, path, _)| path.to_owned());
    paths.filter(|path| !known.contains(path.as_str()) && !FILES.contains(&path.as_str())).collect()
}

/// An import that has ended, of whoever looks at it.
fn import(caller: &Caller, kind: &str, table: &str) -> String {
    let path = format!("/api/v1/imports?kind={kind}&dry_run=true");
    let sent = caller.upload(&path, "text/csv", table.as_bytes()).expect(202);
    let id = sent["id"].as_str().expect("an id").to_owned();
    until("the end of an import", || {
        let view: Value = caller.get(&format!("/api/v1/imports/{id}")).expect(200);
        (view["state"] == "done" || view["state"] == "failed").then_some(())
    });
    id
}

/// An administrator proposes to let somebody in, which another one decides: the page of it.
fn proposed(admin: &Caller, other: &Caller) -> String {
    let page = admin.get("/admin/people").text;
    let id = page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let fields =
        [("id", id.expect("an id")), ("login", "fatou"), ("name", "Fatou Ceesay"), ("role", "officer")];
    assert_eq!(send(admin, "/admin/people", &fields).status, 200);
    let list = other.get("/admin").text;
    let path = list.split("href=\"").find(|rest| rest.starts_with("/admin/approvals/"));
    path.and_then(|rest| rest.split('"').next()).expect("a proposal").to_owned()
}

/// Pages that show nothing of a programme.
fn further(stage: &Stage) -> Vec<Each> {
    let (ground, scene) = (&stage.ground, &stage.ground.scene);
    let house = &scene.house;
    let known = |login: &str| with(house, &log_in(house, login));
    let (officer, auditor) = (known("the-officer"), known("the-auditor"));
    let unknown = import(&officer, "pledges", UNKNOWN_TABLE);
    let tried = import(&officer, "pledges", KNOWN_TABLE);
    let webhook = json!({"url": "https://hooks.example.org/relief", "paused": true});
    let webhook = auditor.post("/api/v1/webhooks", &webhook).expect(201);
    let webhook = webhook["id"].as_str().expect("an id");
    let user = officer.get("/api/v1/auth/me").expect(200)["user"]["id"].as_str().expect("an id").to_owned();
    let each = |route: &'static str, role: &'static str, path: String| Each { route, role, path };
    let plain = |role: &'static str, routes: &[&'static str]| -> Vec<Each> {
        routes.iter().map(|route| each(route, role, (*route).to_owned())).collect()
    };
    let mut found = plain(
        "admin",
        &["/admin", "/admin/people", "/admin/organizations", "/admin/items", "/admin/sites", "/admin/keys"],
    );
    found.extend(plain("officer", &["/board/queue", "/captures", "/warehouse", "/imports", "/imports/new"]));
    found.extend(plain("auditor", &["/webhooks", "/reconciliation/sample", "/reconciliation/exports"]));
    found.extend(plain("manager", &["/publish"]));
    // What happens in a warehouse is written by one form for each kind.
    found.extend(["delivered", "damaged", "held", "returned"].map(|kind| {
        each(
            "/warehouse/{id}/happened/{kind}",
            "officer",
            format!("/warehouse/{}/happened/{kind}", ground.beijing),
        )
    }));
    found.extend([
        each("/admin/approvals/{id}", "admin", proposed(&scene.admin, &known("the-admin"))),
        each("/admin/people/{id}", "admin", format!("/admin/people/{user}")),
        each("/admin/organizations/{id}", "admin", format!("/admin/organizations/{}", ground.hainan)),
        each("/admin/items/{id}", "admin", format!("/admin/items/{}", scene.masks)),
        each("/admin/sites/{id}", "admin", format!("/admin/sites/{}", ground.beijing)),
        each("/captures/{id}", "officer", sent_by_another_system(&scene.officer)),
        each("/imports/{id}", "officer", format!("/imports/{tried}")),
        each("/imports/{id}", "officer", format!("/imports/{unknown}")),
        each("/imports/{id}/columns", "officer", format!("/imports/{unknown}/columns")),
        each("/webhooks/{id}", "auditor", format!("/webhooks/{webhook}")),
        each("/reconciliation/verify", "auditor", "/reconciliation/verify?entry=0&server=1".to_owned()),
        each(
            "/consignments/{id}/confirmation-link",
            "officer",
            format!("/consignments/{}/confirmation-link", stage.coming),
        ),
    ]);
    found
}

/// Every page, in the role that it is looked at in.
fn pages(stage: &Stage) -> Vec<Each> {
    let scene = &stage.ground.scene;
    let roles = [
        (&scene.officer, "officer"),
        (&scene.manager, "manager"),
        (&scene.auditor, "auditor"),
        (&stage.donor, "donor"),
        (&stage.stranger, ""),
    ];
    let role_of = |caller: &Caller| {
        let found = roles.iter().find(|(one, _)| std::ptr::eq(*one, caller));
        found.map(|(_, role)| *role).expect("a role")
    };
    let shown = stage.pages().into_iter();
    let mut found: Vec<Each> =
        shown.map(|(route, caller, path)| Each { route, role: role_of(caller), path }).collect();
    found.extend(further(stage));
    found
}

/// The ways in which each is looked at: all there are where time does not matter.
fn ways() -> Vec<(&'static str, &'static str, u32)> {
    if std::env::var_os("RELIEF_LONG").is_none() {
        return WAYS.to_vec();
    }
    let mut found = Vec::new();
    for language in LANGUAGES {
        for theme in THEMES {
            found.extend(WIDTHS.map(|width| (language, theme, width)));
        }
    }
    found
}

/// What is wrong with a page, and with its form once that was refused, in each way.
fn looks(browser: &Browser, library: &str, (address, each): (&str, &Each), said: &str) -> Vec<String> {
    browser.goto(&format!("{address}{}", each.path));
    let mut found = wrong(browser, library, said);
    if browser.run(IS_THERE) != json!(true) {
        found.push(format!("{said}: it is not there: {}", browser.text("main")));
    } else if REFUSING.contains(&each.route) {
        browser.run(SEND_NONSENSE);
        assert!(!browser.text(SUMMARY).is_empty(), "{said}");
        found.extend(wrong(browser, library, &format!("{said}, refused")));
    }
    found
}

#[test]
fn everybody_can_use_each_page_there_is_and_each_form_that_refuses() {
    let Some(browser) = Browser::start() else { return };
    let Some(library) = library() else { return };
    let database = TestDatabase::sqlite(migrate);
    // Whoever looks at so many pages in so little time would be slowed down.
    let house = Server::start_with(&database, |settings| settings.throttle = None);
    let stage = Stage::on(Scene::on(house, &database), true);
    let house = &stage.ground.scene.house;
    for role in [Role::Officer, Role::Manager, Role::Auditor, Role::Admin] {
        person(house, &format!("the-{}", role.word()), role);
    }
    donor_of(house, &stage.ground.hainan);
    let pages = pages(&stage);
    let known: BTreeSet<&str> = pages.iter().map(|each| each.route).collect();
    assert_eq!(
        forgotten(&known),
        Vec::<String>::new(),
        "name one of each in this file, or in the stage of made-up data"
    );
    let mut less = known.clone();
    less.remove("/needs/{id}");
    assert_eq!(forgotten(&less), ["/needs/{id}"], "the twin: a page that nobody looks at");
    let lacking: Vec<&&str> = REFUSING.iter().filter(|route| !known.contains(**route)).collect();
    assert_eq!(lacking, Vec::<&&str>::new());

    let address = format!("http://{}", house.address());
    let mut found = Vec::new();
    for role in ["", "officer", "manager", "auditor", "admin", "donor"] {
        browser.command("Network.clearBrowserCookies", json!({}));
        if !role.is_empty() {
            signs_in(&browser, &address, &format!("the-{role}"));
        }
        for (language, theme, width) in ways() {
            browser.theme(theme);
            browser.width(width);
            browser.goto(&format!("{address}/language?to=%2Fsign-in&code={language}"));
            for each in pages.iter().filter(|each| each.role == role) {
                let said = format!("{} of {role} in {language}, {theme}, {width}", each.route);
                found.extend(looks(&browser, &library, (&address, each), &said));
                if language == "en" {
                    let name = each.route.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
                    browser.screenshot(&pictures().join(format!("each-{role}{name}-{width}.png")));
                }
            }
        }
        browser.goto(&format!("{address}/language?to=%2Fsign-in&code=en"));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
