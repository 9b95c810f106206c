//! Stories of a manager's pages: pledges accepted in part, losses of others decided, free goods given to who lacks them.

use serde_json::json;

use crate::gaps::Ground;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

fn send(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> Reply {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    caller.send("POST", path, &headers, Some(&body.finish()))
}

#[track_caller]
fn says(reply: &Reply, words: &str) {
    assert!(reply.text.contains(words), "{words:?} is not on the page: {}", reply.text);
}

/// What stands in a hidden field, the first of its name.
#[track_caller]
fn hidden(reply: &Reply, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let found = reply.text.split(begin.as_str()).nth(1).and_then(|rest| rest.split('"').next());
    found.unwrap_or_else(|| panic!("no {name}: {}", reply.text)).to_owned()
}

on_both_databases! {
    migrate: migrate;

    fn a_pledge_is_accepted_in_part_by_a_form_and_what_is_wrong_is_said_beside_the_field(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let (pledge, line) = scene.pledge(&hainan, 1_000);
        let list = scene.manager.get("/manager");
        assert_eq!(list.status, 200, "{}", list.text);
        let page = format!("/manager/pledges/{pledge}");
        says(&list, &format!("href=\"{page}\""));
        says(&list, "Hainan");
        let form = scene.manager.get(&page);
        says(&form, "Accept of Surgical masks");
        let (event, at) = (hidden(&form, "id"), hidden(&form, "occurred_at"));
        let asked = |quantity: &'static str| {
            send(&scene.manager, &format!("{page}/accept"), &[("id", &event), ("occurred_at", &at), ("line", &line), ("quantity-0", quantity)])
        };
        let before = scene.log_size();
        let refused = asked("2000");
        assert_eq!(refused.status, 422, "{}", refused.text);
        says(&refused, "<title>Error: ");
        says(&refused, "href=\"#quantity-0\"");
        says(&refused, "value=\"2000\"");
        let words = asked("many");
        assert_eq!(words.status, 422, "{}", words.text);
        says(&words, "value=\"many\"");
        assert_eq!(scene.log_size(), before, "nothing was recorded");

        let accepted = asked("٦٠٠");
        assert_eq!((accepted.status, accepted.header("location")), (303, Some(page.as_str())), "{}", accepted.text);
        assert_eq!(asked("600").status, 303, "the same again is the first");
        assert_eq!(scene.accounts(&pledge), json!({"unallocated": 600}));
        says(&scene.manager.get(&page), "accepted in part");
        assert!(!scene.manager.get("/manager").text.contains(&page), "it waits no more");

        let (other, _) = scene.pledge(&hainan, 5);
        let page = format!("/manager/pledges/{other}");
        let form = scene.manager.get(&page);
        let fields = [("id", &*hidden(&form, "id")), ("occurred_at", &*hidden(&form, "occurred_at")), ("reason", "We have no cold store.")];
        assert_eq!(send(&scene.manager, &format!("{page}/decline"), &fields).status, 303);
        let declined = scene.officer.get(&format!("/api/v1/pledges/{other}")).expect(200);
        assert_eq!((&declined["state"], &declined["reason"]), (&json!("declined"), &json!("We have no cold store.")));
        assert_eq!(scene.auditor.get(&page).status, 403, "an auditor decides nothing");
    }

    fn a_loss_is_decided_with_its_evidence_and_nobody_decides_an_own_one(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let site = scene.site("Accra", "warehouse", "GH");
        let pledge = scene.in_store(&donor, &site, 500);
        let short = json!({"site": site, "lines": [scene.line(300)], "reason": "the door was open"});
        scene.does("reported_missing", "2020-08-01", short).expect(201);
        let lost = |quantity: i64| {
            json!({"site": site, "lines": [scene.line(quantity)], "reason": "nobody saw it again",
                "evidence": {"cause": "theft", "report_number": "LR-9", "filed": "cabinet 3", "liable": donor}})
        };
        let of_officer = scene.post(&scene.officer, "lost", "2020-08-03", lost(100)).expect(202);
        let path = format!("/manager/approvals/{}", of_officer["approval"].as_str().expect("an approval"));
        says(&scene.manager.get("/manager"), &format!("href=\"{path}\""));
        let page = scene.manager.get(&path);
        assert_eq!(page.status, 200, "{}", page.text);
        for words in ["given up as lost", "theft", "LR-9", "cabinet 3", "nobody saw it again", "Hainan", "What it would change"] {
            says(&page, words);
        }
        says(&page, "<td class=\"number\" data-label=\"Before\">300</td><td class=\"number\" data-label=\"After\">200</td>");

        let silent = send(&scene.manager, &path, &[("decision", "approve"), ("reason", "")]);
        assert_eq!(silent.status, 422, "{}", silent.text);
        says(&silent, "<title>Error: ");
        assert_eq!(scene.accounts(&pledge)["missing"], 300);
        let decided = send(&scene.manager, &path, &[("decision", "approve"), ("reason", "looked at the report")]);
        assert_eq!((decided.status, decided.header("location")), (303, Some(path.as_str())), "{}", decided.text);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 200, "missing": 200, "lost": 100}));
        let after = scene.manager.get(&path);
        says(&after, "approved");
        assert!(!after.text.contains("value=\"approve\""), "what is decided is not decided again");

        let own = scene.post(&scene.manager, "lost", "2020-08-04", lost(50)).expect(202);
        let path = format!("/manager/approvals/{}", own["approval"].as_str().expect("an approval"));
        let page = scene.manager.get(&path);
        says(&page, "You proposed this. Somebody else must decide it.");
        assert!(!page.text.contains("value=\"approve\""));
        let forced = send(&scene.manager, &path, &[("decision", "approve"), ("reason", "it is fine")]);
        assert_eq!(forced.status, 403, "{}", forced.text);
        let refused = send(&scene.second, &path, &[("decision", "refuse"), ("reason", "look once more")]);
        assert_eq!(refused.status, 303, "{}", refused.text);
        assert_eq!(scene.accounts(&pledge)["lost"], 100);
        assert_eq!(scene.house.stranger().get(&path).status, 303, "a stranger is asked to sign in");

        let figures = scene.manager.get("/manager/figures");
        assert_eq!(figures.status, 200, "{}", figures.text);
        says(&figures, "given up as lost: theft");
        says(&figures, "In store, not reserved, by site");
        scene.closes();
    }

    fn free_goods_are_given_to_who_lacks_them_after_a_look_at_before_and_after(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 70, json!({}), json!({}));
        let (to, _) = ground.coming(Some("2099-08-01"), 10);
        let list = scene.manager.get("/manager/proposals");
        assert_eq!(list.status, 200, "{}", list.text);
        let link = list.text.split("href=\"").find(|part| part.starts_with("/manager/proposals/review?")).expect("a review");
        let link = link.split('"').next().expect("its end").replace("&#38;", "&").replace("&amp;", "&");
        let review = scene.manager.get(&link);
        assert_eq!(review.status, 200, "{}", review.text);
        says(&review, "Lacking now</th><td class=\"number\">90</td>");
        let mut fields: Vec<(&str, String)> = ["id", "occurred_at", "quantity", "need"].iter().map(|name| (*name, hidden(&review, name))).collect();
        for name in ["site", "pledge", "lot", "pledge_line"] {
            if review.text.contains(&format!("name=\"{name}\" value=\"")) {
                fields.push((name, hidden(&review, name)));
            }
        }
        let form = |consignment: &str| {
            let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            fields.push(("consignment", consignment));
            send(&scene.manager, "/manager/proposals", &fields)
        };
        let unknown = form("nothing");
        assert_eq!(unknown.status, 422, "{}", unknown.text);
        says(&unknown, "href=\"#consignment\"");
        let before = scene.log_size();
        let accepted = form(&to);
        assert_eq!((accepted.status, accepted.header("location")), (303, Some("/manager/proposals?accepted=1")), "{}", accepted.text);
        let once = scene.log_size();
        assert!(once > before);
        assert_eq!(form(&to).status, 303, "the same again is the first");
        assert_eq!(scene.log_size(), once);
        let after = scene.manager.get("/manager/proposals?accepted=1");
        says(&after, "Recorded: the goods are reserved.");
        says(&after, "No goods are free that could fill what is lacking.");
        let figures = scene.manager.get("/manager/figures");
        says(&figures, "class=\"series1\"");
        assert_eq!(scene.officer.get("/manager/proposals/review").status, 403, "an officer accepts none");
        scene.closes();
    }
}
