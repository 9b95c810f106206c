//! Who is calling: first administrator, logging in, tokens that are not ours, roles that change.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use relief_ledger::audit::digest::{RowDigest, Value::Text};
use relief_ledger::audit::entry::Entry;
use relief_ledger::auth::{
    Action, Fields, POLICY, Passwords, Principal, Reach, Role, Scope, authorize, countries_of,
};
use relief_ledger::core::id::{OrganizationId, UserId};
use relief_ledger::core::problem::Code;
use relief_ledger::db;
use relief_ledger::users::store::{Changes, NewUser, UserAdd, UserChange};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::on_both_databases;
use crate::support::server::{Server, migrate, operator};

const PASSWORD: &str = "correct horse battery";

fn log_actions(url: &str) -> Vec<String> {
    use diesel::prelude::*;
    use relief_ledger::db::schema::log_entries::dsl::{body, log_entries, position};
    let mut conn = db::connect(url).unwrap();
    let bodies: Vec<String> = log_entries.order(position).select(body).load(&mut conn).unwrap();
    let actions = bodies.iter().map(|text| serde_json::from_str::<Value>(text).unwrap());
    actions.map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn the_first_administrator_comes_in_with_the_printed_secret_once(database: &TestDatabase) {
        let server = Server::start(database);
        let stranger = server.stranger();
        let secret = server.first_secret().unwrap().to_owned();
        let first = |secret: &str, login: &str| {
            let body = json!({"secret": secret, "login": login, "name": "Amina Jallow", "password": PASSWORD});
            stranger.post("/api/v1/auth/first-admin", &body)
        };
        assert_eq!(first("0123456789abcdef0123456789abcdef", "amina").status, 401);
        assert_eq!(first(&secret, "a b").problem(), (422, "invalid".into(), "/login".into()));

        let added = first(&secret, " Amina ").expect(201);
        assert_eq!((&added["login"], &added["role"]), (&json!("amina"), &json!("admin")));
        assert_eq!(added["receipt"]["leaf_index"], 0);
        assert_eq!(added["receipt"]["entity_id"], added["id"]);
        assert!(added.get("password_hash").is_none());
        assert_eq!(first(&secret, "binta").status, 401, "it works once");

        let login = |name: &str, password: &str| {
            stranger.post("/api/v1/auth/login", &json!({"login": name, "password": password}))
        };
        let wrong = login("amina", "wrong horse battery");
        assert_eq!(wrong.problem().1, "unauthenticated");
        assert_eq!(wrong.json(), login("nobody", PASSWORD).json(), "both say the same");
        let session = login("AMINA", PASSWORD).expect(200);
        assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(600)));

        let amina = server.with_token(session["access_token"].as_str().unwrap());
        let me = amina.get("/api/v1/auth/me").expect(200);
        assert_eq!(me["user"]["id"], added["id"]);
        assert!(me["may"].as_array().unwrap().contains(&json!("user.write")));
        assert_eq!(log_actions(database.url()), ["user.added", "session.started"]);
        server.stop();

        let again = Server::start(database);
        assert_eq!(again.first_secret(), None, "there is a user now");
    }

    fn a_change_of_role_acts_within_a_second(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let caller = server.login_as(Role::Admin);
        let path = format!("/api/v1/users/{}", caller.user.unwrap());
        caller.get("/api/v1/users").expect(200);

        // Through this server: at once.
        admin.patch(&path, 1, &json!({"role": "auditor"})).expect(200);
        assert_eq!(caller.get("/api/v1/users").problem().1, "forbidden");
        assert_eq!(caller.get("/api/v1/auth/me").expect(200)["user"]["role"], "auditor");

        // Through another process: within a second.
        let changes = Changes { disabled: Some(true), ..Changes::default() };
        let id = caller.user.unwrap();
        server.record(UserChange { actor: operator(), id, read: None, changes });
        let changed = Instant::now();
        while caller.get("/api/v1/auth/me").status == 200 {
            assert!(changed.elapsed() < Duration::from_secs(1), "a disabled user still calls");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(caller.get("/api/v1/auth/me").problem().1, "unauthenticated");
    }

    fn an_edit_says_which_revision_it_read(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let added = admin.post("/api/v1/users", &json!({
            "login": "lamin", "name": "Lamin Ceesay", "password": PASSWORD, "role": "officer", "countries": ["GM"],
        })).expect(201);
        let path = format!("/api/v1/users/{}", added["id"].as_str().unwrap());
        let shown = admin.get(&path);
        assert_eq!(shown.header("etag"), Some("\"1\""));
        assert_eq!(shown.expect(200)["countries"], json!(["GM"]));
        let unchanged = admin.send("GET", &path, &[("If-None-Match", "\"1\"")], None);
        assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));

        let json_type = [("Content-Type", "application/json")];
        let without = admin.send("PATCH", &path, &json_type, Some("{\"name\": \"L\"}"));
        assert_eq!(without.problem().1, "precondition_required");
        let edited = admin.patch(&path, 1, &json!({"name": "Lamin K. Ceesay", "countries": []}));
        assert_eq!(edited.header("etag"), Some("\"2\""));
        let edited = edited.expect(200);
        assert_eq!((&edited["countries"], &edited["revision"]), (&json!([]), &json!(2)));
        assert!(edited["receipt"]["signature"].is_string());
        let stale = admin.patch(&path, 1, &json!({"name": "Somebody"}));
        assert_eq!((stale.problem().1, &stale.json()["revision"]), ("precondition_failed".into(), &json!(2)));
        let same = admin.patch(&path, 2, &json!({"name": "Lamin K. Ceesay"})).expect(200);
        assert_eq!((&same["revision"], &same["receipt"]), (&json!(2), &Value::Null), "nothing was written");
        assert_eq!(admin.get(&path).expect(200)["name"], "Lamin K. Ceesay");
    }

    fn users_are_checked_and_nobody_locks_everyone_out(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let sound = json!({"login": "fatou", "name": "Fatou", "password": PASSWORD, "role": "manager"});
        let wrong = |field: &str, value: Value| {
            let mut body = sound.clone();
            body[field] = value;
            admin.post("/api/v1/users", &body).problem()
        };
        assert_eq!(wrong("password", json!("short")), (422, "invalid".into(), "/password".into()));
        assert_eq!(wrong("role", json!("king")), (422, "invalid".into(), "/role".into()));
        assert_eq!(wrong("countries", json!(["GM", "ZZ"])), (422, "invalid".into(), "/countries/1".into()));
        assert_eq!(wrong("role", json!("donor")), (422, "invalid".into(), "/organization_id".into()));
        let nowhere = json!("01890000-0000-7000-8000-000000000000");
        assert_eq!(wrong("organization_id", nowhere), (422, "invalid".into(), "/organization_id".into()));
        admin.post("/api/v1/users", &sound).expect(201);
        assert_eq!(wrong("login", json!("FATOU")), (409, "duplicate".into(), "/login".into()));

        let own = format!("/api/v1/users/{}", admin.user.unwrap());
        for edit in [json!({"disabled": true}), json!({"role": "officer"})] {
            assert_eq!(admin.patch(&own, 1, &edit).problem().1, "wrong_state", "{edit}");
        }
        admin.patch(&own, 1, &json!({"name": "Still here"})).expect(200);
    }

    fn lists_are_read_page_by_page(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let mut expected = vec![admin.user.unwrap().to_string()];
        expected.extend((0..4).map(|_| server.login_as(Role::Officer).user.unwrap().to_string()));
        let (mut found, mut path) = (Vec::new(), "/api/v1/users?limit=2".to_owned());
        let mut pages = 0;
        loop {
            let page = admin.get(&path).expect(200);
            pages += 1;
            found.extend(page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/users?limit=2&after={next}");
        }
        assert_eq!((found, pages), (expected, 3));
        for (query, pointer) in
            [("limit=0", "/limit"), ("limit=501", "/limit"), ("limit=ten", "/limit"), ("after=x", "/after"), ("page=2", "/page")]
        {
            let problem = admin.get(&format!("/api/v1/users?{query}")).problem();
            assert_eq!(problem, (422, "invalid".into(), pointer.into()), "{query}");
        }
    }
}

fn sqlite() -> crate::support::TestDatabase {
    crate::support::TestDatabase::sqlite(migrate)
}

/// What an entry of the log says about a column of a user, in each entry that left the row behind.
fn hints(url: &str, user: UserId, column: &str) -> Vec<String> {
    use diesel::prelude::*;
    use relief_ledger::db::schema::log_entries::dsl::{body, log_entries, position};
    let mut conn = db::connect(url).unwrap();
    let bodies: Vec<String> = log_entries.order(position).select(body).load(&mut conn).unwrap();
    let entries = bodies.iter().map(|text| Entry::parse(text.as_bytes()).unwrap());
    let rows = entries
        .flat_map(|entry| entry.rows)
        .filter(|row| row.table == "users" && row.key == user.to_string());
    rows.filter_map(|row| {
        row.columns.iter().find(|(name, _)| *name == column).map(|(_, hint)| format!("{hint:?}"))
    })
    .collect()
}

on_both_databases! {
    migrate: migrate;

    fn who_a_person_is_enters_the_log_as_a_commitment_and_can_be_erased(database: &TestDatabase) {
        let server = Server::start(database);
        let url = database.url();
        let admin = server.login_as(Role::Admin);
        let add = |login: &str| {
            let body = json!({"login": login, "name": "Binta Ceesay", "password": PASSWORD, "role": "officer"});
            let added = admin.post("/api/v1/users", &body).expect(201);
            UserId(added["id"].as_str().unwrap().parse().unwrap())
        };
        let (first, second) = (add("binta"), add("fatou"));
        let plain = |column: &str, value: &str| format!("{:?}", RowDigest::new().column(column, Text(value)));
        let named = |user: UserId| hints(url, user, "name").pop().unwrap();
        assert_ne!(named(first), plain("name", "Binta Ceesay"), "whoever guesses a name could check it");
        let key = relief_ledger::auth::login_key(&server.vault(), "binta");
        for login in ["binta", &key] {
            assert_ne!(hints(url, first, "login").pop().unwrap(), plain("login", login));
        }
        assert_ne!(named(first), named(second), "two of one name cannot be told to have it");
        assert_eq!(hints(url, first, "role").pop().unwrap(), plain("role", "officer"), "what is not personal stays plain");
        assert!(hints(url, first, "salt").is_empty());
        let nowhere = std::path::Path::new("/nonexistent/keys");
        let faults = || crate::verify::verify(url, nowhere).1["findings"].clone();
        assert_eq!(faults(), json!([]));

        // Erased, not even the commitments can be opened, and the log still verifies.
        let path = format!("/api/v1/users/{first}");
        admin.patch(&path, 1, &json!({"disabled": true})).expect(200);
        admin.post(&format!("{path}/erase"), &json!({"reason": "requested"})).expect(200);
        assert_eq!(faults(), json!([]));
        let texts: Vec<String> = hints(url, first, "name");
        assert_eq!((texts.len(), &texts[2]), (3, &plain("name", "")));

        let literal = if url.starts_with("sqlite:") { format!("X'{}'", second.0.simple()) } else { format!("'\\x{}'", second.0.simple()) };
        crate::support::ledger::tamper(url, &format!("UPDATE users SET name = 'Somebody else' WHERE id = {literal}"));
        let found = faults();
        assert_eq!((&found[0]["table"], &found[0]["column"]), (&json!("users"), &json!("name")), "{found:#}");
        crate::support::ledger::tamper(url, &format!("UPDATE users SET salt = NULL WHERE id = {literal}"));
        assert!(faults().as_array().is_some_and(|found| found.len() >= 2), "a person is not erased behind the log's back");
    }
}

#[test]
fn wrong_passwords_cost_time_but_never_lock_the_owner_out() {
    let database = sqlite();
    let server = Server::start(&database);
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        login: "binta".to_owned(),
        name: "Binta".to_owned(),
        password_hash: Passwords::hash_blocking(PASSWORD).unwrap(),
        role: Role::Officer,
        organization: None,
        countries: Vec::new(),
    };
    server.record(UserAdd { actor: operator(), user: server.sealed(user) });
    let login = |password: &str| {
        let begun = Instant::now();
        let body = json!({"login": "binta", "password": password});
        (server.stranger().post("/api/v1/auth/login", &body).status, begun.elapsed())
    };
    let quick = login("a wrong password").1;
    for _ in 0..4 {
        assert_eq!(login("a wrong password").0, 401);
    }
    let (status, slow) = login(PASSWORD);
    assert_eq!(status, 200, "the right password is heard");
    assert!(slow >= Duration::from_millis(900), "{slow:?} after five failures, {quick:?} before");
    assert_eq!(login(PASSWORD).0, 200);
    assert!(server.stranger().get("/metrics").text.contains("relief_login_failures 5"));
    let reasons = log_actions(database.url());
    assert_eq!(reasons, ["user.added", "session.started", "session.started"]);
}

#[test]
fn the_policy_is_what_was_agreed() {
    let mut lines = Vec::new();
    for role in Role::ALL {
        for rule in POLICY.iter().filter(|rule| rule.role == role) {
            let reach = match rule.reach {
                Reach::All => "all",
                Reach::Own => "own",
                Reach::Unbound => "unbound",
                Reach::OwnPledges => "own pledges",
            };
            let fields = match rule.fields {
                Fields::All => "",
                Fields::Traced => ", traced",
            };
            lines.push(format!("{role}: {} ({reach}{fields})", rule.action.word()));
        }
    }
    let distinct: BTreeSet<&String> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len(), "a line stands twice");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn administrators_move_no_stock_and_auditors_write_nothing() {
    let may =
        |role: Role, action: Action| POLICY.iter().any(|rule| rule.role == role && rule.action == action);
    for action in Action::ALL.iter().copied() {
        // What concerns nobody but oneself, such as logging out or being told what one may read, is everybody's.
        let is_own = matches!(action, Action::SessionWrite | Action::WebhookWrite);
        let reads = action.word().ends_with(".read") || is_own;
        assert!(reads || !may(Role::Auditor, action), "auditor: {}", action.word());
        assert!(reads || !may(Role::Donor, action), "donor: {}", action.word());
    }
    for action in [
        Action::PledgeOffer,
        Action::PledgeDecide,
        Action::ConsignmentWrite,
        Action::LoadWrite,
        Action::EventSubmit,
        Action::EventPost,
        Action::MissingDecide,
    ] {
        assert!(!may(Role::Admin, action), "admin: {}", action.word());
    }
}

#[test]
fn a_grant_reaches_as_far_as_its_holder_is_bound() {
    let organization = OrganizationId(Uuid::from_u128(7));
    let scope = |role, organization, countries: &str, action| {
        let countries = countries_of(countries);
        let principal = Principal { user: UserId(Uuid::nil()), role, organization, countries };
        authorize(&principal.into(), action)
            .map(|grant| grant.scope().to_string())
            .map_err(|problem| problem.code)
    };
    let words = |text: &str| Ok(text.replace('7', &organization.to_string()));
    let own = Some(organization);
    assert_eq!(scope(Role::Officer, None, "", Action::EventPost), words("all"));
    assert_eq!(scope(Role::Officer, own, "", Action::EventPost), words("organization:7"));
    assert_eq!(scope(Role::Manager, None, "GM", Action::PledgeDecide), words("country:GM"));
    assert_eq!(scope(Role::Manager, None, "GM,SN", Action::PledgeDecide), words("country:GM,SN"));
    assert_eq!(scope(Role::Officer, own, "GM,SN", Action::EventPost), words("organization:7 country:GM,SN"));
    assert_eq!(scope(Role::Donor, own, "", Action::PledgeRead), words("own_pledges:7"));
    assert_eq!(scope(Role::Donor, own, "GM", Action::PledgeRead), words("own_pledges:7 country:GM"));
    assert_eq!(scope(Role::Donor, None, "GM", Action::PledgeRead), Err(Code::Forbidden));
    assert_eq!(scope(Role::Officer, None, "", Action::UserWrite), Err(Code::Forbidden));
    for (bound, countries) in [(own, ""), (None, "GM"), (own, "GM")] {
        assert_eq!(scope(Role::Auditor, bound, countries, Action::AuditRead), Err(Code::Forbidden));
    }
}

#[test]
fn a_scope_is_read_back_from_the_words_of_the_log_and_never_wider() {
    let organization = Uuid::from_u128(7);
    let both = format!("organization:{organization} country:GM,SN");
    for words in [
        "all",
        &format!("organization:{organization}"),
        "country:GM",
        &both,
        &format!("own_pledges:{organization}"),
    ] {
        let scope = Scope::from_words(words);
        assert_eq!(scope.to_string(), words);
        assert_eq!(scope.is_everything(), words == "all");
    }
    assert_eq!(Scope::from_words(&both).bounds().len(), 2);
    assert!(Scope::from_words("import:scms").is_everything(), "no user's");
    for garbled in ["organization:", "organization:7", "own_pledges:x", "country:", "village:9"] {
        assert!(!Scope::from_words(garbled).is_everything(), "{garbled}");
    }
}
