//! A manager in a real browser: decides a loss with its evidence, and gives free goods to who lacks them.

use serde_json::json;

use super::Browser;
use super::screens::{on_each_screen, signs_in};
use crate::gaps::{Ground, gaps};
use crate::sessions::person;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

/// A hundred masks that somebody proposes to give up, with a report; their pledge, and the page of the decision.
fn proposed_loss(ground: &Ground) -> (String, String) {
    let scene = &ground.scene;
    let accra = scene.site("Accra", "warehouse", "GH");
    let pledge = scene.in_store(&ground.hainan, &accra, 300);
    let short = json!({"site": accra, "lines": [scene.line(300)], "reason": "the door was open"});
    scene.does("reported_missing", "2020-08-01", short).expect(201);
    let lost = json!({"site": accra, "lines": [scene.line(100)], "reason": "nobody saw it again",
        "evidence": {"cause": "theft", "report_number": "LR-9", "filed": "cabinet 3", "liable": ground.hainan}});
    let proposed = scene.post(&scene.officer, "lost", "2020-08-03", lost).expect(202);
    (pledge, format!("/manager/approvals/{}", proposed["approval"].as_str().expect("an approval")))
}

#[test]
fn a_manager_decides_a_loss_with_its_evidence_and_accepts_a_proposal() {
    let Some(browser) = Browser::start() else { return };
    on_each_screen(&browser, "manager", |screen| {
        let browser = screen.browser;
        let database = TestDatabase::sqlite(migrate);
        let ground = Ground::new(Scene::new(&database));
        let scene = &ground.scene;
        person(&scene.house, "binta", Role::Manager);
        let (pledge, decision) = proposed_loss(&ground);
        ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 70, json!({}), json!({}));
        ground.coming(Some("2099-08-01"), 10);

        let address = format!("http://{}", scene.house.address());
        signs_in(browser, &address, "binta");
        assert_eq!(browser.text("h1"), "To decide");
        screen.pictured("to-decide");
        browser.click(&format!("a[href='{decision}']"));
        assert_eq!(browser.text("h1"), "Proposed: given up as lost");
        let evidence = browser.text("main");
        for words in ["theft", "LR-9", "cabinet 3", "nobody saw it again"] {
            assert!(evidence.contains(words), "{words}: {evidence}");
        }
        screen.pictured("evidence");
        browser.type_into("#reason", "The report names the night and the door.");
        browser.click("button[value='approve']");
        assert!(browser.text("main .notice").contains("approved"));
        assert_eq!(scene.accounts(&pledge), json!({"missing": 200, "lost": 100}));
        screen.pictured("decided");

        let lacking = || gaps(&scene.auditor, "")[0]["gap"].as_i64().expect("a figure");
        assert_eq!(lacking(), 90);
        browser.goto(&format!("{address}/manager/proposals"));
        screen.pictured("proposals");
        browser.click("a[href^='/manager/proposals/review']");
        assert!(browser.text("table").contains("90"), "before: {}", browser.text("table"));
        screen.pictured("review");
        browser.click("main form button");
        assert_eq!(browser.text(".notice.good"), "Recorded: the goods are reserved.");
        assert_eq!(lacking(), 30, "sixty were free");
        screen.pictured("accepted");

        browser.goto(&format!("{address}/manager/figures"));
        assert!(browser.text("main").contains("given up as lost: theft"));
        screen.pictured("figures");
        scene.closes();
        (ground, database)
    });
}
