//! Stories of rights that one administrator proposes and another decides.

use relief_ledger::auth::Role;
use relief_ledger::core::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sessions::{PASSWORD, log_in, person, verifies, with};
use crate::support::ledger::tamper;
use crate::support::server::{Caller, Reply, Server, migrate};
use crate::support::{TestDatabase, on_both_databases};
use crate::verify::verify;

const NEW: &str = "umbrella tin violin march";

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn login(server: &Server, login: &str, password: &str) -> u16 {
    server.stranger().post("/api/v1/auth/login", &json!({"login": login, "password": password})).status
}

fn accept(server: &Server, token: &Value, half: Option<&Value>) -> Reply {
    let body = json!({"token": token, "second_half": half, "password": NEW});
    server.stranger().post("/api/v1/auth/invitations/accept", &body)
}

/// Whether one administrator of two sets a manager's password alone, and so could be the second person of any event.
fn acts_as_another(server: &Server, database: &TestDatabase, alone: &Caller, after: &str) -> bool {
    let id = person(server, &format!("manager-{}", Uuid::now_v7().simple()), Role::Manager);
    let made = alone.post(&format!("/api/v1/users/{id}/reset"), &json!({})).expect(202);
    if !after.is_empty() {
        tamper(database.url(), after);
    }
    let approval = &made["approval"];
    assert_eq!(decides(alone, approval, "approve").problem().1, "own_proposal");
    let invented = json!(format!("relief_second_half_{}", "A".repeat(43)));
    let halves = [None, Some(&made["token"]), Some(&invented)];
    halves.into_iter().any(|half| accept(server, &made["token"], half).status == 200)
}

fn decides(caller: &Caller, approval: &Value, decision: &str) -> Reply {
    let body = json!({"decision": decision, "reason": "she works here"});
    caller.post(&format!("/api/v1/approvals/{}/decide", text(approval)), &body)
}

fn in_a_month() -> String {
    Timestamp(relief_ledger::auth::now().0 + 30 * 24 * 60 * 60 * 1_000_000).to_string()
}

fn review(admin: &Caller, login: &str) -> Value {
    let rows = admin.get("/api/v1/access-review").expect(200);
    rows["items"].as_array().unwrap().iter().find(|row| row["login"] == login).unwrap().clone()
}

on_both_databases! {
    migrate: migrate;

    fn a_new_user_is_let_in_once_another_administrator_says_so(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let new = json!({"login": "fatou", "name": "Fatou Sowe", "role": "manager"});
        let added = first.post("/api/v1/users", &new).expect(202);
        let (approval, token) = (&added["approval"], &added["invitation"]["token"]);
        assert_eq!((&added["disabled"], &added["invitation"]["needs_second_half"]), (&json!(true), &json!(true)));
        assert_eq!(accept(&server, token, None).status, 401, "the pending grant gives nothing");
        let shown = second.get(&format!("/api/v1/approvals/{}", text(approval))).expect(200);
        assert_eq!((&shown["kind"], &shown["body"]["after"]["role"]), (&json!("role_grant"), &json!("manager")));
        assert!(!shown.to_string().contains("Fatou") && !shown.to_string().contains("fatou"), "ids, no names: {shown}");
        assert_eq!(decides(&first, approval, "approve").problem().1, "own_proposal");
        let manager = server.login_as(Role::Manager);
        assert_eq!(decides(&manager, approval, "approve").status, 404, "managers decide about goods");
        let half = decides(&second, approval, "approve").expect(200)["second_half"].clone();
        assert_eq!(accept(&server, token, None).status, 401, "who proposed her cannot be her");
        accept(&server, token, Some(&half)).expect(200);
        assert_eq!(login(&server, "fatou", NEW), 200);
        let row = review(&first, "fatou");
        assert_eq!(row["proposed_by"], json!(first.user.unwrap().to_string()));
        assert_eq!(row["changed_by"], json!(second.user.unwrap().to_string()));
        assert_eq!(row["alone"], false);
        verifies(database);
    }

    fn another_role_waits_and_access_is_taken_away_at_once(database: &TestDatabase) {
        let server = Server::start(database);
        let first = server.login_as(Role::Admin);
        let new = json!({"login": "amina", "name": "Amina Jallow", "role": "officer", "password": PASSWORD});
        let added = first.post("/api/v1/users", &new).expect(201);
        assert_eq!(review(&first, "amina")["alone"], true, "there was nobody else to decide");
        let second = server.login_as(Role::Admin);
        let path = format!("/api/v1/users/{}", text(&added["id"]));
        let promoted = first.patch(&path, 1, &json!({"role": "admin", "name": "Amina J."})).expect(202);
        assert_eq!((&promoted["role"], &promoted["name"]), (&json!("officer"), &json!("Amina J.")));
        let approval = promoted["approval"].clone();
        // What changed meanwhile is not overwritten by what was proposed before.
        first.patch(&path, 2, &json!({"disabled": true})).expect(200);
        assert_eq!(login(&server, "amina", PASSWORD), 401);
        assert_eq!(decides(&second, &approval, "approve").problem().1, "wrong_state");
        decides(&second, &approval, "refuse").expect(200);
        let back = second.patch(&path, 3, &json!({"disabled": false})).expect(202)["approval"].clone();
        assert_eq!(login(&server, "amina", PASSWORD), 401);
        decides(&first, &back, "approve").expect(200);
        assert_eq!(login(&server, "amina", PASSWORD), 200);
        assert_eq!(first.get(&path).expect(200)["role"], "officer");
        verifies(database);
    }

    fn nobody_decides_about_the_own_rights_and_the_only_other_is_not_asked(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let path = format!("/api/v1/users/{}", second.user.unwrap());
        // Of two administrators one can take the other's role: there is nobody to ask, and that is on record.
        first.patch(&path, 1, &json!({"role": "auditor"})).expect(200);
        let rows = first.get("/api/v1/access-review").expect(200);
        let id = second.user.unwrap().to_string();
        let row = rows["items"].as_array().unwrap().iter().find(|row| row["user"] == id.as_str()).unwrap().clone();
        assert_eq!((&row["role"], &row["alone"]), (&json!("auditor"), &json!(true)));
        verifies(database);
    }

    fn whoever_took_the_right_to_decide_from_another_does_not_act_for_two(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let other = format!("/api/v1/users/{}", second.user.unwrap());
        let about_other = first.patch(&other, 1, &json!({"role": "manager"})).expect(200);
        assert_eq!(about_other["approval"], Value::Null, "there is nobody to ask");
        let third = server.login_as(Role::Admin);
        let gone = format!("/api/v1/users/{}", third.user.unwrap());
        let added = first.post("/api/v1/users", &json!({"login": "amina", "name": "Amina", "role": "manager"})).expect(202);
        // Taking access away needs nobody, or a stolen account could stay; but it makes nobody the only one.
        first.patch(&gone, 1, &json!({"disabled": true})).expect(200);
        let another = json!({"login": "binta", "name": "Binta", "role": "admin", "password": PASSWORD});
        first.post("/api/v1/users", &another).refused("invalid", &["/password"]);
        let waits = first.post("/api/v1/users", &json!({"login": "binta", "name": "Binta", "role": "admin"})).expect(202);
        let key = json!({"name": "Scale", "role": "officer", "good_until": in_a_month()});
        first.post("/api/v1/api-keys", &key).expect(202);
        first.patch(&gone, 2, &json!({"disabled": false})).expect(202);
        assert_eq!(decides(&first, &added["approval"], "approve").problem().1, "own_proposal");
        // What is left is done at the server: who is added there decides.
        person(&server, "server", Role::Admin);
        let fourth = with(&server, &log_in(&server, "server"));
        decides(&fourth, &added["approval"], "approve").expect(200);
        decides(&fourth, &waits["approval"], "refuse").expect(200);
        verifies(database);
        // Whose doing it was is what is asked: had it been another's, the first would act alone again.
        let others = "UPDATE access_changes SET changed_by = user_id; UPDATE users SET disabled = TRUE WHERE created_at > (SELECT MIN(created_at) FROM users)";
        tamper(database.url(), others);
        std::thread::sleep(std::time::Duration::from_millis(600));
        let alone = json!({"login": "chantal", "name": "Chantal", "role": "officer", "password": PASSWORD});
        first.post("/api/v1/users", &alone).expect(201);
    }

    fn an_administrator_is_bound_to_nothing(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let home = first.post("/api/v1/organizations", &json!({"name": "Home", "donor": true})).expect(201)["id"].clone();
        let new = |bounds: Value| {
            let mut body = json!({"login": "amina", "name": "Amina Jallow", "role": "admin"});
            body.as_object_mut().unwrap().extend(bounds.as_object().unwrap().clone());
            first.post("/api/v1/users", &body)
        };
        assert!(new(json!({"countries": ["GM"]})).refused("invalid", &["/countries"]).contains("would bind nothing"));
        new(json!({"organization_id": home})).refused("invalid", &["/organization_id"]);
        let path = format!("/api/v1/users/{}", second.user.unwrap());
        first.patch(&path, 1, &json!({"countries": ["GM"]})).refused("invalid", &["/countries"]);
        // One who was bound before is let go of all the same.
        tamper(database.url(), "UPDATE users SET country = 'GM' WHERE role = 'admin'");
        first.patch(&path, 1, &json!({"disabled": true})).expect(200);
        new(json!({})).expect(202);
    }

    fn one_administrator_does_not_act_as_somebody_else_by_a_link(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        assert!(!acts_as_another(&server, database, &first, ""));
        verifies(database);

        // Both together let her in: each hands over a half, in the time the link has from the decision on.
        let fatou = person(&server, "fatou", Role::Manager);
        let session = log_in(&server, "fatou");
        let path = format!("/api/v1/users/{fatou}/reset");
        let made = first.post(&path, &json!({})).expect(202);
        let shown = second.get(&format!("/api/v1/approvals/{}", text(&made["approval"]))).expect(200);
        assert_eq!((&shown["kind"], &shown["subject"]), (&json!("password_reset"), &json!(fatou.to_string())));
        let manager = server.login_as(Role::Manager);
        assert_eq!(decides(&manager, &made["approval"], "approve").status, 404);
        let half = decides(&second, &made["approval"], "approve").expect(200)["second_half"].clone();
        assert!(text(&half).starts_with("relief_second_half_"));
        let again = decides(&second, &made["approval"], "approve").expect(200);
        assert_eq!(again["second_half"], Value::Null, "it is shown once");
        assert_eq!(accept(&server, &half, Some(&made["token"])).status, 401);
        assert_eq!(login(&server, "fatou", PASSWORD), 200, "the present password is good until then");
        accept(&server, &made["token"], Some(&half)).expect(200);
        assert_eq!((login(&server, "fatou", PASSWORD), login(&server, "fatou", NEW)), (401, 200));
        assert_eq!(with(&server, &session).get("/api/v1/auth/me").status, 401);
        assert_eq!(accept(&server, &made["token"], Some(&half)).status, 401, "once");
        verifies(database);

        // Refused, withdrawn or replaced, a link is nothing.
        let refused = first.post(&path, &json!({})).expect(202);
        decides(&second, &refused["approval"], "refuse").expect(200);
        let withdrawn = first.post(&path, &json!({})).expect(202);
        let take_back = format!("/api/v1/approvals/{}/withdraw", text(&withdrawn["approval"]));
        first.post(&take_back, &json!({"reason": "she remembers"})).expect(200);
        let replaced = first.post(&path, &json!({})).expect(202);
        let last = second.post(&path, &json!({})).expect(202);
        assert_eq!(decides(&second, &replaced["approval"], "approve").problem().1, "wrong_state");
        let half = decides(&first, &last["approval"], "approve").expect(200)["second_half"].clone();
        for link in [&refused, &withdrawn, &replaced] {
            assert_eq!(accept(&server, &link["token"], Some(&half)).status, 401);
        }
        accept(&server, &last["token"], Some(&half)).expect(200);
        verifies(database);

        // A link that is good without the other half is caught by the same question, and by whoever verifies.
        let broken = "UPDATE invitations SET approval_id = NULL WHERE ended_at IS NULL";
        assert!(acts_as_another(&server, database, &first, broken));
        let used = "UPDATE invitations SET approval_id = id WHERE approval_id IS NULL";
        tamper(database.url(), used);
        let (code, report) = verify(database.url(), &server.key_folder());
        assert_eq!(code, Some(1), "{report:#}");
        let words = "was used, and nobody else approved that";
        assert!(report["findings"].as_array().unwrap().iter().any(|one| one["problem"] == words), "{report:#}");
    }

    fn of_two_administrators_neither_becomes_the_other(database: &TestDatabase) {
        let server = Server::start(database);
        let first = server.login_as(Role::Admin);
        let officer = person(&server, "amina", Role::Officer);
        let reset = |caller: &Caller, id: &str| caller.post(&format!("/api/v1/users/{id}/reset"), &json!({}));
        reset(&first, &officer.to_string()).expect(201);
        let alone = first.get("/api/v1/approvals?kind=password_reset").expect(200);
        assert_eq!(alone["items"][0]["state"], "alone", "there was nobody else, and that is on record");
        let second = server.login_as(Role::Admin);
        let refused = reset(&first, &second.user.unwrap().to_string());
        assert_eq!(refused.problem().1, "wrong_state");
        assert!(refused.text.contains("relief user reset"), "{}", refused.text);
        let third = server.login_as(Role::Admin);
        let made = reset(&first, &second.user.unwrap().to_string()).expect(202);
        assert_eq!(decides(&second, &made["approval"], "approve").problem().1, "own_proposal");
        decides(&third, &made["approval"], "approve").expect(200);
        verifies(database);
    }

    fn a_password_is_not_given_where_another_decides(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let new = json!({"login": "amina", "name": "Amina Jallow", "role": "officer", "password": PASSWORD});
        let words = first.post("/api/v1/users", &new).refused("invalid", &["/password"]);
        assert!(words.contains("leave it out"), "{words}");
        let new = json!({"login": "amina", "name": "Amina Jallow", "role": "officer"});
        let added = first.post("/api/v1/users", &new).expect(202);
        decides(&second, &added["approval"], "approve").expect(200);
    }

    fn whoever_is_not_let_in_leaves_no_login_taken_and_no_name(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let new = json!({"login": "fatou", "name": "Fatou Sowe", "role": "manager"});
        let refused = first.post("/api/v1/users", &new).expect(202);
        first.post("/api/v1/users", &new).refused("duplicate", &["/login"]);
        decides(&second, &refused["approval"], "refuse").expect(200);
        let withdrawn = first.post("/api/v1/users", &new).expect(202);
        let take_back = format!("/api/v1/approvals/{}/withdraw", text(&withdrawn["approval"]));
        first.post(&take_back, &json!({"reason": "another day"})).expect(200);
        let added = first.post("/api/v1/users", &new).expect(202);
        for gone in [&refused, &withdrawn] {
            let shown = first.get(&format!("/api/v1/users/{}", text(&gone["id"]))).expect(200);
            assert_eq!((&shown["status"], &shown["erased_as"]), (&json!("erased"), &json!("not_let_in")), "{shown}");
            assert!(!shown.to_string().contains("Fatou"), "{shown}");
            let id = text(&gone["id"]).parse().unwrap();
            assert!(!server.vault().has_key(relief_ledger::core::id::SealedId(id)).unwrap(), "the key is gone");
            assert_eq!(accept(&server, &gone["invitation"]["token"], None).status, 401);
        }
        let half = decides(&second, &added["approval"], "approve").expect(200)["second_half"].clone();
        accept(&server, &added["invitation"]["token"], Some(&half)).expect(200);
        assert_eq!(login(&server, "fatou", NEW), 200);

        // Who was let in before keeps name and login when other rights are refused.
        let path = format!("/api/v1/users/{}", text(&added["id"]));
        let revision = first.get(&path).expect(200)["revision"].as_i64().unwrap();
        let more = first.patch(&path, revision, &json!({"role": "admin"})).expect(202)["approval"].clone();
        first.patch(&path, revision, &json!({"disabled": true})).expect(200);
        decides(&second, &more, "refuse").expect(200);
        assert_eq!(first.get(&path).expect(200)["login"], "fatou");
        verifies(database);
    }
}
