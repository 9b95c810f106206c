//! What ends an import: its time, a reader that ends badly, and rights that its sender has not.

use relief_ledger::auth::{Role, now};
use relief_ledger::core::time::Timestamp;
use relief_ledger::exchange::jobs::Runner;
use relief_ledger::exchange::jobs::expire::{KEPT_DAYS, expire};
use serde_json::{Value, json};

use super::{PATH, TWO, counts, ended, imported, rows};
use crate::carrying::count;
use crate::stories::scene::Scene;
use crate::support::ledger::Ledger;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use crate::support::until;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Changes what is kept of imports, past the server.
fn set(url: &str, what: &str) {
    let mut conn = relief_ledger::db::connect(url).expect("the database opens");
    let sql = format!("UPDATE import_jobs SET {what}");
    diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut conn).expect("it is set");
}

/// The table of two, said otherwise, so that it is another file of other organizations.
fn three() -> String {
    format!("{TWO}KOIDU,City of Koidu,SL\r\n").replace("WAHO", "ECOWAS")
}

on_both_databases! {
    migrate: migrate;

    fn what_ended_long_ago_is_removed_and_what_it_recorded_stays(database: &TestDatabase) {
        let scene = Scene::new(database);
        let first = imported(&scene.admin, "kind=organizations", TWO);
        let path = format!("{PATH}/{}", first["id"].as_str().expect("an id"));
        let url = database.url().to_owned();
        let tables = || ["import_jobs", "import_parts", "import_rows"].map(|table| count(&url, table));
        assert_eq!(tables(), [1, 1, 2]);
        // By the clock of somebody to whom it is not long enough ago, and one who comes later.
        let at = |days: i64| expire(&url, Timestamp(now().0 + days * DAY)).expect("it is looked").erased;
        assert_eq!((at(0), at(KEPT_DAYS - 1)), (0, 0));
        scene.admin.get(&path).expect(200);
        let second = imported(&scene.admin, "kind=organizations&dry_run=true", &three());
        let size = scene.log_size();

        // A server that starts when it was long enough ago removes it, and nothing that has not ended.
        let back = format!("finished_at = finished_at - {}", (KEPT_DAYS + 1) * DAY);
        let house = scene.house.restart(|| set(&url, &format!("{back} WHERE file_name IS NULL AND dry_run = FALSE")));
        let admin = Caller { address: house.address(), ..scene.admin.clone() };
        until("its removal", || (admin.get(&path).status == 404).then_some(()));
        admin.get(&format!("{path}/rows")).refused("not_found", &[]);
        assert_eq!(tables(), [1, 1, 3]);
        assert_eq!(ended(&admin, &second["id"])["created"], 2);
        set(&url, "state = 'running', finished_at = NULL, held_until = 9000000000000000000");
        assert_eq!((at(10 * KEPT_DAYS), tables()), (0, [1, 1, 3]), "what has not ended stays");

        // The log tells of it as before, and the same file again changes nothing.
        let mut conn = relief_ledger::db::connect(&url).expect("the database opens");
        assert_eq!(relief_ledger::writer::log_state(&mut conn).expect("it is readable").last.sequence, size);
        let log = house.login_as(Role::Auditor).get("/api/v1/audit/entries?limit=500").expect(200).to_string();
        assert!(log.contains(&format!("sha256:{}", first["sha256"].as_str().expect("a digest"))), "{log}");
        assert_eq!(counts(&imported(&admin, "kind=organizations", TWO)), (0, 2, 0));
        let (_, report) = crate::verify::verify(&url, std::path::Path::new("/nonexistent/keys"));
        assert_eq!(report["count"], 0, "{report:#}");
    }

    fn a_reader_that_ends_badly_fails_its_file_and_the_next_is_imported(database: &TestDatabase) {
        let scene = Scene::new(database);
        let bad = imported(&scene.admin, "kind=organizations&dry_run=true&name=bad", TWO);
        let good = imported(&scene.admin, "kind=organizations&dry_run=true&name=good", &three());
        // Both wait again; this process and no server runs them, and the first ends it as a fault of ours would.
        let waiting = "state = 'waiting', finished_at = NULL, held_until = 0, rows_done = 0, through_row = 0";
        let url = database.url().to_owned();
        let house = scene.house.restart(|| {
            set(&url, waiting);
            let writer = Ledger::start(&url);
            let mut runner = Runner::new(&url, writer.clone(), 7);
            assert!(runner.step(&|| panic!("a fault of ours, in a story")).expect("it is looked"), "it is taken up");
            assert!(runner.step(&|| false).expect("it is looked"), "and so is the one behind it");
            assert!(!runner.step(&|| false).expect("it is looked"), "the first is not tried for ever");
            writer.stop();
        });
        let admin = Caller { address: house.address(), ..scene.admin.clone() };
        let bad = ended(&admin, &bad["id"]);
        assert_eq!((&bad["state"], bad["problem"].as_str()), (&json!("failed"), Some("It could not be read.")), "{bad:#}");
        let good = ended(&admin, &good["id"]);
        assert_eq!((&good["state"], counts(&good), &good["problem"]), (&json!("done"), (3, 0, 0), &Value::Null), "{good:#}");
        // And the server's own goes on.
        assert_eq!(counts(&imported(&admin, "kind=organizations", TWO)), (2, 0, 0));
    }

    fn what_a_bound_user_tried_is_refused_out_of_reach_when_it_is_run(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 1_000);
        let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
        let other = scene.organization("Other Relief", "KE").parse().expect("an id");
        let bound = scene.house.login_bound(Role::Officer, Some(other), None);
        let table = format!("reference,kind,occurred at,consignment,item,quantity\r\nD-1,departed,2020-08-01,{consignment},MASK,10\r\n");
        let tried = imported(&bound, "kind=events&dry_run=true", &table);
        assert_eq!(counts(&tried), (0, 0, 1), "{tried:#}");
        let size = scene.log_size();
        let run = format!("{PATH}/{}/run", tried["id"].as_str().expect("an id"));
        // Nobody else has it run either.
        scene.officer.post(&run, &json!({})).refused("not_found", &[]);
        bound.post(&run, &json!({})).expect(202);
        let done = ended(&bound, &tried["id"]);
        assert_eq!((&done["dry_run"], counts(&done)), (&json!(false), (0, 0, 1)), "{done:#} {:#?}", rows(&bound, &done));
        assert_eq!(scene.log_size(), size + 1, "that it was begun, and nothing else");

        // The twin: the very same table of one who reaches it moves the goods.
        let done = imported(&scene.officer, "kind=events", &table);
        assert_eq!(counts(&done), (1, 0, 0), "{done:#} {:#?}", rows(&scene.officer, &done));
        scene.closes();
    }

    fn nobody_has_more_run_than_may_be_open(database: &TestDatabase) {
        let scene = Scene::new(database);
        let tried: Vec<Value> =
            (0..11).map(|_| imported(&scene.admin, "kind=organizations&dry_run=true", TWO)).collect();
        let run = format!("{PATH}/{}/run", tried[0]["id"].as_str().expect("an id"));
        // As if the other ten had not ended, which another process runs.
        let others = "made_at > (SELECT MIN(made_at) FROM import_jobs)";
        set(database.url(), &format!("state = 'running', finished_at = NULL, held_until = 9000000000000000000 WHERE {others}"));
        scene.admin.post(&run, &json!({})).refused("too_many_requests", &[]);
        // The twin: once one of them has ended there is room.
        let last = "made_at = (SELECT MAX(made_at) FROM import_jobs)";
        set(database.url(), &format!("state = 'done', finished_at = made_at WHERE {last}"));
        scene.admin.post(&run, &json!({})).expect(202);
        assert_eq!(counts(&ended(&scene.admin, &tried[0]["id"])), (2, 0, 0));
    }

    fn an_import_that_is_had_run_several_times_at_once_is_run_once(database: &TestDatabase) {
        let scene = Scene::new(database);
        let tried = imported(&scene.admin, "kind=organizations&dry_run=true", TWO);
        let (admin, run) = (&scene.admin, format!("{PATH}/{}/run", tried["id"].as_str().expect("an id")));
        let begun = || {
            let log = scene.auditor.get("/api/v1/audit/entries?limit=500").expect(200);
            let entries = log["items"].as_array().expect("entries").iter();
            entries.filter(|entry| entry["body"].as_str().is_some_and(|body| body.contains("\"import.begun\""))).count()
        };
        // While somebody else has it run, who is too late leaves no entry, and reads it in no other way either.
        set(database.url(), "held_until = 9000000000000000000");
        admin.post(&run, &json!({})).refused("wrong_state", &[]);
        let reading = format!("{PATH}/{}/reading", tried["id"].as_str().expect("an id"));
        admin.post(&reading, &json!({"columns": {}})).refused("wrong_state", &[]);
        assert_eq!(begun(), 0);
        set(database.url(), "held_until = 0");
        let mut statuses: Vec<_> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..6).map(|_| scope.spawn(|| admin.post(&run, &json!({})).status)).collect();
            asked.into_iter().map(|one| one.join().expect("it is answered")).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [202, 409, 409, 409, 409, 409]);
        let done = ended(admin, &tried["id"]);
        assert_eq!((&done["state"], counts(&done)), (&json!("done"), (2, 0, 0)), "{done:#}");
        assert_eq!(begun(), 1, "one begins it, and the log says so once");
        scene.verifies();
    }

    fn a_row_that_was_refused_is_told_as_it_is_when_a_job_is_taken_up_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let sites = "code,name,kind,country,operator\r\nPEK,Beijing store,warehouse,CN,HAINAN\r\n";
        let first = imported(&scene.admin, "kind=sites", sites);
        assert_eq!(counts(&first), (0, 0, 1), "nobody knows its operator: {first:#}");
        let known = "reference,name,country\r\nHAINAN,Hainan Province,CN\r\n";
        assert_eq!(counts(&imported(&scene.admin, "kind=organizations", known)), (1, 0, 0));
        assert_eq!(counts(&imported(&scene.admin, "kind=sites", sites)), (1, 0, 0));
        // As if the first had failed behind that row.
        set(database.url(), "state = 'failed' WHERE made_at = (SELECT MIN(made_at) FROM import_jobs)");
        scene.admin.post(&format!("{PATH}/{}/run", first["id"].as_str().expect("an id")), &json!({})).expect(202);
        let done = ended(&scene.admin, &first["id"]);
        assert_eq!(counts(&done), (0, 1, 0), "{done:#} {:#?}", rows(&scene.admin, &done));
    }

    fn records_of_one_who_is_bound_meanwhile_are_refused_when_they_are_run(database: &TestDatabase) {
        let scene = Scene::new(database);
        let line = json!({"record": "organization", "id": "01900000-0000-7000-8000-000000000001", "body": {"name": "Hainan"}});
        let path = format!("{PATH}?mapping=relief&dry_run=true");
        let sent = scene.officer.upload(&path, "application/x-ndjson", line.to_string().as_bytes()).expect(202);
        assert_eq!(ended(&scene.officer, &sent["id"])["state"], "done");
        let user = scene.officer.user.expect("a user");
        let url = database.url().to_owned();
        let house = scene.house.restart(|| {
            crate::support::ledger::tamper(&url, "UPDATE users SET country = 'GM' WHERE role = 'officer'");
        });
        let officer = Caller { address: house.address(), ..scene.officer.clone() };
        let run = format!("{PATH}/{}/run", sent["id"].as_str().expect("an id"));
        officer.post(&run, &json!({})).expect(202);
        let done = ended(&officer, &sent["id"]);
        assert!(done["state"] == "failed" && done["problem"].to_string().contains("bound"), "{user}: {done:#}");
        assert_eq!(count(&url, "organizations"), 0);
    }
}
