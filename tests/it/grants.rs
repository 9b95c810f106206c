//! Stories of rights that one administrator proposes and another decides.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::sessions::{PASSWORD, verifies};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, Server, migrate};

const NEW: &str = "umbrella tin violin march";

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn login(server: &Server, login: &str, password: &str) -> u16 {
    server.stranger().post("/api/v1/auth/login", &json!({"login": login, "password": password})).status
}

fn decides(caller: &Caller, approval: &Value, decision: &str) -> Reply {
    let body = json!({"decision": decision, "reason": "she works here"});
    caller.post(&format!("/api/v1/approvals/{}/decide", text(approval)), &body)
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
        assert_eq!(added["disabled"], true);
        let accept = || server.stranger().post("/api/v1/auth/invitations/accept", &json!({"token": token, "password": NEW}));
        assert_eq!(accept().status, 401, "the pending grant gives nothing");
        let shown = second.get(&format!("/api/v1/approvals/{}", text(approval))).expect(200);
        assert_eq!((&shown["kind"], &shown["body"]["after"]["role"]), (&json!("role_grant"), &json!("manager")));
        assert!(!shown.to_string().contains("Fatou") && !shown.to_string().contains("fatou"), "ids, no names: {shown}");
        assert_eq!(decides(&first, approval, "approve").problem().1, "own_proposal");
        let manager = server.login_as(Role::Manager);
        assert_eq!(decides(&manager, approval, "approve").status, 404, "managers decide about goods");
        decides(&second, approval, "approve").expect(200);
        accept().expect(200);
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
        let third = server.login_as(Role::Admin);
        let bound = first.patch(&path, 1, &json!({"countries": ["GM"]})).expect(202)["approval"].clone();
        assert_eq!(decides(&second, &bound, "approve").problem().1, "own_proposal");
        decides(&third, &bound, "refuse").expect(200);
        // Of two administrators one can take the other's role: there is nobody to ask, and that is on record.
        let gone = format!("/api/v1/users/{}", third.user.unwrap());
        first.patch(&gone, 1, &json!({"disabled": true})).expect(200);
        first.patch(&path, 1, &json!({"role": "auditor"})).expect(200);
        let rows = first.get("/api/v1/access-review").expect(200);
        let id = second.user.unwrap().to_string();
        let row = rows["items"].as_array().unwrap().iter().find(|row| row["user"] == id.as_str()).unwrap().clone();
        assert_eq!((&row["role"], &row["alone"]), (&json!("auditor"), &json!(true)));
        verifies(database);
    }
}
