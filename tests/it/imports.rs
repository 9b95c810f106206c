//! Files imported as jobs: sent, followed, taken up again, and every row told what became of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

mod deliveries;
mod ends;
mod files;
mod kinds;
mod memory;
mod records;

pub const PATH: &str = "/api/v1/imports";
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends a table.
pub fn sends(caller: &Caller, query: &str, text: &str) -> Reply {
    caller.upload(&format!("{PATH}?{query}"), "text/csv", text.as_bytes())
}

/// How a job stands once it has ended.
#[track_caller]
pub fn ended(caller: &Caller, id: &Value) -> Value {
    let (path, begun) = (format!("{PATH}/{}", id.as_str().expect("an id")), Instant::now());
    loop {
        let job = caller.get(&path).expect(200);
        if job["finished_at"] != Value::Null {
            return job;
        }
        assert!(begun.elapsed() < PATIENCE, "it has not ended: {job:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Sends a table and waits for its end.
#[track_caller]
pub fn imported(caller: &Caller, query: &str, text: &str) -> Value {
    let sent = sends(caller, query, text).expect(202);
    ended(caller, &sent["id"])
}

/// What became of each row.
pub fn rows(caller: &Caller, job: &Value) -> Vec<Value> {
    let path = format!("{PATH}/{}/rows?limit=500", job["id"].as_str().expect("an id"));
    caller.get(&path).expect(200)["items"].as_array().expect("rows").clone()
}

/// Rows created, unchanged and refused.
pub fn counts(job: &Value) -> (i64, i64, i64) {
    let count = |name: &str| job[name].as_i64().unwrap_or_else(|| panic!("{job:#}"));
    (count("created"), count("unchanged"), count("refused"))
}

const TWO: &str = "reference,name,country\r\nWAHO,West African Health Organisation,Burkina Faso\r\n\
                   BANJUL,City of Banjul,GM\r\n";

/// A table of so many organizations.
fn many(count: usize) -> String {
    let rows = (0..count).map(|number| format!("ORG-{number:05},Organization {number},GM\r\n"));
    format!("reference,name,country\r\n{}", rows.collect::<String>())
}

on_both_databases! {
    migrate: migrate;

    fn a_dry_run_says_what_would_happen_and_becomes_the_import(database: &TestDatabase) {
        let scene = Scene::new(database);
        let size = scene.log_size();
        let sent = sends(&scene.admin, "kind=organizations&dry_run=true&name=ours.csv", TWO);
        let body = sent.expect(202);
        let location = format!("{PATH}/{}", body["id"].as_str().expect("an id"));
        assert_eq!((sent.header("location"), &body["receipt"]), (Some(location.as_str()), &Value::Null));
        let dry = ended(&scene.admin, &body["id"]);
        assert_eq!((&dry["state"], counts(&dry)), (&json!("done"), (2, 0, 0)), "{dry:#}");
        assert_eq!((&dry["rows_done"], &dry["rows_of"], &dry["name"]), (&json!(2), &json!(2), &json!("ours.csv")));
        assert_eq!(scene.log_size(), size, "nothing is recorded");

        let run = scene.admin.post(&format!("{location}/run"), &json!({}));
        let receipt = run.expect(202)["receipt"].clone();
        assert!(receipt.is_object(), "that it begins is in the log: {receipt}");
        let done = ended(&scene.admin, &body["id"]);
        assert_eq!((&done["dry_run"], counts(&done)), (&json!(false), (2, 0, 0)), "{done:#}");
        assert_eq!(scene.log_size(), size + 3, "two organizations, and that it was begun");
        let found = scene.officer.get("/api/v1/organizations?q=City").expect(200);
        assert_eq!(found["items"][0]["name"], "City of Banjul");
        scene.admin.post(&format!("{location}/run"), &json!({})).refused("wrong_state", &[]);

        // The same file again changes nothing; one that says something else changes that.
        assert_eq!(counts(&imported(&scene.admin, "kind=organizations", TWO)), (0, 2, 0));
        let other = imported(&scene.admin, "kind=organizations", &TWO.replace("City of", "The City of"));
        assert_eq!((counts(&other), &other["updated"]), ((0, 1, 0), &json!(1)), "{other:#}");
        scene.verifies();
    }

    fn an_import_goes_on_where_a_server_stopped_and_doubles_nothing(database: &TestDatabase) {
        const COUNT: usize = 3_000;
        let scene = Scene::new(database);
        let sent = sends(&scene.admin, "kind=organizations", &many(COUNT)).expect(202);
        let path = format!("{PATH}/{}", sent["id"].as_str().expect("an id"));
        let begun = Instant::now();
        while scene.admin.get(&path).expect(200)["rows_done"] == 0 {
            assert!(begun.elapsed() < PATIENCE, "it is not begun");
            std::thread::sleep(Duration::from_millis(5));
        }
        // The process ends between what was recorded and what was noted of it: the rows of the last parts are forgotten,
        // but for those that were noted with what they state.
        let house = scene.house.restart(|| {
            let mut conn = relief_ledger::db::connect(database.url()).expect("the database opens");
            let back = "UPDATE import_jobs SET state = 'running', finished_at = NULL, held_until = 0, rows_done = 0, through_row = 0";
            diesel::RunQueryDsl::execute(diesel::sql_query(back), &mut conn).expect("it is set back");
        });
        let admin = Caller { address: house.address(), ..scene.admin.clone() };
        let done = ended(&admin, &sent["id"]);
        assert_eq!((&done["state"], counts(&done)), (&json!("done"), (COUNT as i64, 0, 0)), "{done:#}");
        let again = imported(&admin, "kind=organizations", &many(COUNT));
        assert_eq!(counts(&again), (0, COUNT as i64, 0), "{again:#}");
    }

    fn each_row_is_told_with_pointer_column_value_and_words(database: &TestDatabase) {
        let scene = Scene::new(database);
        let table = "reference,name,country,donor\r\nA,Alpha,Atlantis,yes\r\nB,,GM,maybe\r\n# a note,,,\r\nC,Gamma,GM,no\r\n";
        let job = imported(&scene.admin, "kind=organizations", table);
        assert_eq!((counts(&job), &job["skipped"]), ((1, 0, 2), &json!(1)), "{job:#}");
        let rows = rows(&scene.admin, &job);
        let reason = &rows[0]["reasons"][0];
        assert_eq!((&rows[0]["row"], &rows[0]["outcome"], &rows[0]["key"]), (&json!(2), &json!("refused"), &json!("A")));
        assert_eq!((&reason["pointer"], &reason["column"], &reason["value"]), (&json!("/country"), &json!("country"), &json!("Atlantis")));
        let pointers: Vec<&Value> = rows[1]["reasons"].as_array().expect("reasons").iter().map(|one| &one["pointer"]).collect();
        assert_eq!(pointers, ["/name", "/donor"]);
        assert!(rows[3]["subject"].is_string(), "{:#}", rows[3]);

        let id = job["id"].as_str().expect("an id");
        let refused = scene.admin.get(&format!("{PATH}/{id}/rows?outcome=refused&limit=1")).expect(200);
        let next = refused["next"].as_str().expect("there is more").to_owned();
        let second = scene.admin.get(&format!("{PATH}/{id}/rows?outcome=refused&limit=1&after={next}")).expect(200);
        assert_eq!((&second["items"][0]["row"], &second["next"]), (&json!(3), &Value::Null));
        // It is whose it is.
        let other = scene.house.login_as(relief_ledger::auth::Role::Admin);
        for path in [format!("{PATH}/{id}"), format!("{PATH}/{id}/rows")] {
            other.get(&path).refused("not_found", &[]);
        }
        assert_eq!(other.get(PATH).expect(200)["items"], json!([]));
        assert_eq!(scene.admin.get(PATH).expect(200)["items"][0]["refused"], 2);
    }

    fn who_may_not_state_a_kind_does_not_import_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        sends(&scene.officer, "kind=organizations", TWO).refused("forbidden", &[]);
        sends(&scene.manager, "kind=pledges", TWO).refused("forbidden", &[]);
        sends(&scene.auditor, "kind=organizations", TWO).refused("forbidden", &[]);
        sends(&scene.admin, "kind=organisations", TWO).refused("invalid", &["/kind"]);
        sends(&scene.admin, "", TWO).refused("invalid", &["/kind"]);
        sends(&scene.admin, "kind=items&mapping=needs", TWO).refused("invalid", &["/kind"]);
        sends(&scene.admin, "mapping=scms&dry_run=true", TWO).refused("forbidden", &[]);
        sends(&scene.admin, "mapping=/etc/passwd.toml", TWO).refused("invalid", &["/mapping"]);
        let words = sends(&scene.admin, "kind=boundaries", TWO).refused("invalid", &["/kind"]);
        assert!(words.contains("/api/v1/boundaries"), "{words}");
    }
}
