//! What is made up is said to be, loudly, on every page that shows anything of it; and nothing that was is.

use std::collections::BTreeSet;

use relief_ledger::app;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::web::Access;
use serde_json::{Value, json};

use super::browse::send;
use crate::gaps::Ground;
use crate::stories::scene::{Scene, id};
use crate::support::server::{Caller, migrate};
use crate::support::{TestDatabase, on_both_databases};

/// Pages for people who are signed in that show nothing of a programme, each with why.
const SHOWS_NOTHING: &[(&str, &str)] = &[
    ("/admin", "what administrators see of proposals is about users"),
    ("/admin/approvals/{id}", "as its list"),
    ("/admin/people", "users"),
    ("/admin/people/{id}", "users"),
    ("/admin/organizations", "organizations"),
    ("/admin/organizations/{id}", "organizations"),
    ("/admin/items", "the catalogue"),
    ("/admin/items/{id}", "the catalogue"),
    ("/admin/sites", "sites, whatever lies there"),
    ("/admin/sites/{id}", "sites, whatever lies there"),
    ("/admin/keys", "keys"),
    ("/webhooks", "addresses"),
    ("/webhooks/{id}", "addresses"),
    ("/publish", "which programmes there are, by name"),
    ("/board/queue", "what waits on the phone"),
    ("/captures", "what other systems sent and nobody has placed"),
    ("/captures/{id}", "as its list"),
    ("/warehouse", "names of sites"),
    ("/consignments/{id}/confirmation-link", "a form"),
    ("/donor/pledges/{id}/units.csv", "a file"),
    ("/donor/pledges/{id}/report.xlsx", "a file, which says so in a cell"),
    ("/reconciliation/sample", "entries of the log"),
    ("/reconciliation/verify", "entries of the log"),
    ("/reconciliation/exports", "what was taken away"),
    ("/imports", "tables that were sent, by name"),
    ("/imports/new", "a form"),
    ("/imports/{id}", "rows of a table, which say of themselves what they are"),
    ("/imports/{id}/columns", "headings of a table"),
    ("/imports/{id}/refused.csv", "a file"),
];

/// A programme in which there is something of everything, and who looks at it.
pub struct Stage {
    pub ground: Ground,
    pub donor: Caller,
    pub stranger: Caller,
    pledge: String,
    offered: String,
    /// Of which some is missing, and a loss is proposed.
    short: String,
    /// Under way, with its code and a link to confirm it.
    pub coming: String,
    code: String,
    confirm: String,
    approval: String,
    need: String,
    claim: String,
    waiting: String,
    event: String,
    sheet: String,
    paper: String,
    link: String,
}

impl Stage {
    fn set(database: &TestDatabase, synthetic: bool) -> Self {
        Self::on(Scene::new(database), synthetic)
    }

    /// The same on a server that was started with settings of its own.
    pub fn on(mut scene: Scene, synthetic: bool) -> Self {
        if synthetic {
            let made_up = json!({"code": "MADE", "name": "Made up (synthetic)", "focus_areas": [], "sensitive": false, "synthetic": true});
            let made_up = scene.manager.post("/api/v1/programmes", &made_up).expect(201);
            scene.programme = made_up["id"].as_str().expect("an id").to_owned();
        }
        let ground = Ground::new(scene);
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 1_000, json!({"circulated": true}));
        let pledge = ground.given(&ground.beijing, 500, json!({}), json!({}));
        let (offered, _) = scene.pledge(&ground.hainan, 7);
        let stops = [ground.beijing.as_str(), ground.banjul.as_str()];
        let (short, leg) = scene.sent(&ground.city, &stops, 50, "2020-07-20");
        scene
            .receives(&short, &leg, "2020-07-25", json!({"good": 45, "missing": 5, "reason": "torn"}))
            .expect(201);
        let lost = json!({"consignment": short, "leg": leg, "lines": [scene.line(2)], "reason": "never seen again",
            "evidence": {"cause": "theft", "report_number": "LR-1", "filed": "cabinet 1"}});
        let proposed = scene.post(&scene.officer, "lost", "2020-08-01", lost).expect(202);
        let approval = proposed["approval"].as_str().expect("an approval").to_owned();
        let (coming, _) = scene.sent(&ground.city, &stops, 20, "2020-07-21");
        let shown = scene.officer.get(&format!("/api/v1/consignments/{coming}")).expect(200);
        let code = shown["tracking_code"].as_str().expect("a code").to_owned();
        let confirm = scene
            .receiver
            .post(&format!("/api/v1/consignments/{coming}/confirmation-link"), &json!({}))
            .expect(201);
        let link = scene.officer.post(&format!("/api/v1/pledges/{pledge}/link"), &json!({})).expect(201);
        let events = scene.auditor.get("/api/v1/events?limit=100").expect(200);
        let received =
            events["items"].as_array().expect("events").iter().find(|one| one["kind"] == "received");
        let decided = json!({"consignment": short, "leg": leg, "lines": [scene.line(1)], "reason": "burnt",
            "evidence": {"cause": "transport", "report_number": "LR-2", "filed": "cabinet 1"}});
        let decided = scene.decides("lost", "2020-08-02", decided).expect(201);
        let claim = json!({"id": id(), "event": decided["id"], "against": ground.hainan, "on": "2020-09-01",
            "amount": {"minor": 100, "currency": "USD"}});
        let claim = scene.manager.post("/api/v1/claims", &claim).expect(201);
        // It names a leg that nobody has planned yet.
        let early = json!({"consignment": coming, "leg": id(), "lines": [scene.line(1)]});
        let waiting = scene.post(&scene.officer, "departed", "2020-08-03", early).expect(202);
        let sheet = id();
        let opened =
            send(&scene.officer, &format!("/warehouse/{}/counts", ground.beijing), &[("id", &sheet)]);
        assert_eq!(opened.status, 303, "{}", opened.text);
        let paper = json!({"id": id(), "kind": "other", "issued_on": "2020-08-06", "reference": "P-1", "filed": "cabinet 1", "site": ground.beijing,
            "consignment": coming});
        let paper = scene.officer.post("/api/v1/documents", &paper).expect(201);
        let programme = format!("/api/v1/programmes/{}", scene.programme);
        let revision = scene.manager.get(&programme).expect(200)["revision"].as_i64().expect("a revision");
        scene.manager.patch(&programme, revision, &json!({"published": true})).expect(200);
        let own: OrganizationId = ground.hainan.parse().expect("an id");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            donor: scene.house.login_bound(Role::Donor, Some(own), None),
            stranger: scene.house.stranger(),
            event: text(&received.expect("a receipt")["id"]),
            need: text(&need["id"]),
            claim: text(&claim["id"]),
            waiting: text(&waiting["id"]),
            paper: text(&paper["id"]),
            confirm: text(&confirm["path"]),
            link: text(&link["page"]),
            pledge,
            offered,
            short,
            coming,
            code,
            approval,
            sheet,
            ground,
        }
    }

    /// The address of the first link that begins so.
    fn behind(&self, list: &str, begin: &str) -> String {
        let page = self.ground.scene.manager.get(list);
        let path = page
            .text
            .split("href=\"")
            .find(|rest| rest.starts_with(begin))
            .and_then(|rest| rest.split('"').next());
        let path = path.unwrap_or_else(|| panic!("nothing that begins with {begin}: {}", page.text));
        path.replace("&#38;", "&").replace("&amp;", "&")
    }

    /// Every page that shows something of a programme: its route, who looks, and its address.
    pub fn pages(&self) -> Vec<(&'static str, &Caller, String)> {
        let scene = &self.ground.scene;
        let (officer, manager, auditor) = (&scene.officer, &scene.manager, &scene.auditor);
        let Self {
            pledge,
            offered,
            short,
            coming,
            code,
            approval,
            event,
            sheet,
            paper,
            need,
            claim,
            waiting,
            ..
        } = self;
        let (site, item) = (&self.ground.beijing, &scene.masks);
        vec![
            ("/board", officer, "/board".to_owned()),
            ("/board/post", officer, format!("/board/post?code={code}")),
            ("/board/consignments", officer, "/board/consignments".to_owned()),
            ("/board/consignments/{id}", officer, format!("/board/consignments/{coming}")),
            ("/warehouse/{id}", officer, format!("/warehouse/{site}")),
            ("/warehouse/{id}/card", officer, format!("/warehouse/{site}/card?item={item}")),
            ("/warehouse/counts/{id}", officer, format!("/warehouse/counts/{sheet}")),
            ("/donor", &self.donor, "/donor".to_owned()),
            ("/donor/pledges/{id}", &self.donor, format!("/donor/pledges/{pledge}")),
            ("/donor/consignments/{id}", &self.donor, format!("/donor/consignments/{short}")),
            ("/manager", manager, "/manager".to_owned()),
            ("/manager/pledges/{id}", manager, format!("/manager/pledges/{offered}")),
            ("/manager/approvals/{id}", manager, format!("/manager/approvals/{approval}")),
            ("/manager/proposals", manager, "/manager/proposals".to_owned()),
            (
                "/manager/proposals/review",
                manager,
                self.behind("/manager/proposals", "/manager/proposals/review?"),
            ),
            ("/manager/figures", manager, "/manager/figures".to_owned()),
            ("/manager/claims/{id}", manager, format!("/manager/claims/{claim}")),
            ("/needs/{id}", manager, format!("/needs/{need}")),
            ("/waiting/{id}", officer, format!("/waiting/{waiting}")),
            ("/missing/report/{id}", officer, format!("/missing/report/{coming}")),
            ("/warehouse/{id}/dispose", officer, format!("/warehouse/{site}/dispose")),
            ("/warehouse/{id}/happened/{kind}", officer, format!("/warehouse/{site}/happened/stored")),
            ("/consignments/{id}/divert", officer, format!("/consignments/{coming}/divert")),
            ("/missing", manager, "/missing".to_owned()),
            ("/missing/decide", manager, self.behind("/missing", "/missing/decide?")),
            ("/reconciliation", auditor, "/reconciliation".to_owned()),
            ("/reconciliation/entries", auditor, format!("/reconciliation/entries?item={item}")),
            ("/reconciliation/changes", auditor, "/reconciliation/changes".to_owned()),
            ("/reconciliation/flags", auditor, "/reconciliation/flags".to_owned()),
            ("/events/{id}", auditor, format!("/events/{event}")),
            ("/documents/{id}", auditor, format!("/documents/{paper}")),
            ("/", &self.stranger, "/".to_owned()),
            ("/map", &self.stranger, "/map".to_owned()),
            ("/map/{country}", &self.stranger, "/map/GM".to_owned()),
            ("/track/{code}", &self.stranger, format!("/track/{code}")),
            ("/pledge-links/{code}", &self.stranger, self.link.clone()),
            ("/confirm/{token}", &self.stranger, self.confirm.clone()),
        ]
    }

    /// The pages that say that what they show is made up.
    fn loud(&self) -> Vec<&'static str> {
        let is_loud = |caller: &Caller, path: &str| {
            let page = caller.send("GET", path, &[("Accept", "text/html")], None);
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            page.text.contains("class=\"synthetic\"")
        };
        self.pages()
            .into_iter()
            .filter(|(_, caller, path)| is_loud(caller, path))
            .map(|(route, ..)| route)
            .collect()
    }
}

on_both_databases! {
    migrate: migrate;

    fn every_page_that_shows_something_of_a_made_up_programme_says_so_loudly(database: &TestDatabase) {
        let stage = Stage::set(database, true);
        let all: Vec<&str> = stage.pages().into_iter().map(|(route, ..)| route).collect();
        assert_eq!(stage.loud(), all);
        // Whoever adds a page says here what it shows, or why it shows nothing.
        let routes = app::routes();
        let guarded = routes.declared().filter(|(method, _, access)| {
            method.as_str() == "GET" && matches!(access, Access::Page(_))
        });
        let known: BTreeSet<&str> = all.into_iter().chain(SHOWS_NOTHING.iter().map(|(route, _)| *route)).collect();
        let forgotten: Vec<String> =
            guarded.map(|(_, path, _)| path.to_owned()).filter(|path| !known.contains(path.as_str())).collect();
        assert_eq!(forgotten, Vec::<String>::new());
    }

    fn no_page_says_that_what_there_was_is_made_up(database: &TestDatabase) {
        assert_eq!(Stage::set(database, false).loud(), Vec::<&str>::new(), "the twin: goods that there were");
    }
}
