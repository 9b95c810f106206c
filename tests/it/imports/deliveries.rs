//! Tables whose rows are whole deliveries: one sends them, another has them recorded.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{PATH, counts, ended, imported, rows, sends};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

const MAPPING: &str = include_str!("../../../docs/examples/masks.toml");
const TABLE: &str = include_str!("../../../docs/examples/masks.csv");
const TRIED: &str = "mapping=masks&dry_run=true";

/// Keeps the mapping of the guide.
fn keep_mapping(scene: &Scene) {
    scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": MAPPING}]})).expect(201);
}

/// A table that was tried by somebody; where it is.
#[track_caller]
fn tried(caller: &Caller, table: &str) -> (Value, String) {
    let job = imported(caller, TRIED, table);
    let path = format!("{PATH}/{}", job["id"].as_str().expect("an id"));
    (job, path)
}

on_both_databases! {
    migrate: migrate;

    fn one_sends_whole_deliveries_and_another_has_them_recorded(database: &TestDatabase) {
        let scene = Scene::new(database);
        keep_mapping(&scene);
        let (officer, manager) = (&scene.officer, &scene.manager);
        let words = sends(officer, "mapping=masks", TABLE).refused("invalid", &["/dry_run"]);
        assert!(words.contains("somebody else"), "{words}");
        let size = scene.log_size();
        let (job, path) = tried(officer, TABLE);
        assert_eq!((&job["state"], counts(&job), &job["skipped"]), (&json!("done"), (3, 0, 0), &json!(1)), "{job:#}");
        assert_eq!((&job["sent_by"], &job["decided_by"]), (&json!(officer.user), &Value::Null));
        assert_eq!(scene.log_size(), size, "nothing is recorded");

        // Who sent it does not have it recorded, nor does anybody who accepts no promises.
        officer.post(&format!("{path}/run"), &json!({})).refused("own_proposal", &[]);
        scene.receiver.post(&format!("{path}/run"), &json!({})).refused("not_found", &[]);
        let bound = scene.house.login_bound(Role::Manager, None, Some("GM"));
        let size = scene.log_size();
        for other in [&scene.receiver, &bound, &scene.admin] {
            other.get(&path).refused("not_found", &[]);
            other.get(&format!("{path}/rows")).refused("not_found", &[]);
            assert_eq!(other.get(PATH).expect(200)["items"], json!([]));
        }
        bound.post(&format!("{path}/run"), &json!({})).refused("not_found", &[]);
        assert_eq!(scene.log_size(), size, "still nothing");

        // A manager reads what would become of it, and says so.
        assert_eq!(manager.get(PATH).expect(200)["items"][0]["id"], job["id"]);
        assert_eq!(rows(manager, &job).len(), 4);
        assert_eq!(job["to_decide"], true);
        // How it is read stays its sender's: otherwise it would be recorded as something else that its sender said.
        manager.post(&format!("{path}/reading"), &json!({"mapping": "needs"})).refused("forbidden", &[]);
        // Nor does who sent it exchange what a manager looks at for what nobody has looked at.
        officer.post(&format!("{path}/reading"), &json!({"mapping": "masks"})).refused("wrong_state", &[]);
        let run = manager.post(&format!("{path}/run"), &json!({})).expect(202);
        assert!(run["receipt"].is_object(), "{run:#}");
        let done = ended(manager, &job["id"]);
        assert_eq!((&done["state"], counts(&done), &done["dry_run"]), (&json!("done"), (3, 0, 0), &json!(false)), "{done:#}");
        assert_eq!(done["to_decide"], false);
        assert_eq!((&done["sent_by"], &done["decided_by"]), (&json!(officer.user), &json!(manager.user)));
        manager.post(&format!("{path}/run"), &json!({})).refused("wrong_state", &[]);

        // The log says who did both, and that nobody here moved anything.
        let log = scene.auditor.get("/api/v1/audit/entries?limit=500").expect(200).to_string();
        let (id, sender) = (job["id"].as_str().expect("an id"), officer.user.expect("a user"));
        assert!(log.contains(&format!("sent_by:{sender}")), "{log}");
        assert!(log.contains(&format!(" import:{id}")) && log.contains("import:masks@"), "{log}");
        let events = officer.get("/api/v1/events?limit=500").expect(200);
        let events = events["items"].as_array().expect("events");
        assert!(events.len() > 4 && events.iter().all(|event| event["imported"] == true), "{events:#?}");

        // The same table again changes nothing, and what it says otherwise is told row by row.
        assert_eq!(counts(&tried(officer, TABLE).0), (0, 3, 0));
        let (job, _) = tried(officer, &TABLE.replace("3;sent;G-1;W-2;Shenzhen;Koidu;Sierra Leone", "3;sent;G-1;W-2;Shenzhen;Koidu;Atlantis"));
        assert_eq!(counts(&job), (0, 2, 1), "{job:#}");
        let reason = rows(officer, &job)[2]["reasons"][0].clone();
        assert_eq!((&reason["column"], &reason["value"]), (&json!("Country"), &json!("Atlantis")), "{reason:#}");
        scene.closes();
        scene.verifies();
    }

    fn who_may_not_send_deliveries_does_not_and_what_is_decided_ends_with_who_decided_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        keep_mapping(&scene);
        let bound = scene.house.login_bound(Role::Officer, None, Some("GM"));
        for other in [&scene.manager, &scene.admin, &scene.auditor, &bound] {
            sends(other, TRIED, TABLE).refused("forbidden", &[]);
            sends(other, "mapping=scms&dry_run=true", TABLE).refused("forbidden", &[]);
        }
        let (_, path) = tried(&scene.officer, TABLE);
        // Whoever had it recorded may not any more by the time it is: nothing is.
        let size = scene.log_size();
        let house = scene.house.restart(|| {
            let mut conn = relief_ledger::db::connect(database.url()).expect("the database opens");
            let nobody = "UPDATE import_jobs SET dry_run = FALSE, state = 'waiting', finished_at = NULL, held_until = 0, decided_by = asked_by";
            diesel::RunQueryDsl::execute(diesel::sql_query(nobody), &mut conn).expect("it is set back");
        });
        let officer = Caller { address: house.address(), ..scene.officer.clone() };
        let job = ended(&officer, &json!(path.rsplit('/').next()));
        assert!(job["state"] == "failed" && job["problem"].to_string().contains("accept pledges"), "{job:#}");
        let mut conn = relief_ledger::db::connect(database.url()).expect("the database opens");
        assert_eq!(relief_ledger::writer::log_state(&mut conn).expect("it is readable").last.sequence, size);
        assert_eq!(crate::carrying::count(database.url(), "pledges"), 0);
    }

    fn a_mapping_of_deliveries_has_a_table_to_fill_in(database: &TestDatabase) {
        let scene = Scene::new(database);
        keep_mapping(&scene);
        let blank = scene.officer.get(&format!("{PATH}/templates/masks.csv"));
        assert_eq!((blank.status, blank.header("content-type")), (200, Some("text/csv; charset=utf-8")), "{}", blank.text);
        assert!(blank.text.starts_with("# ReliefLedger, Mask deliveries: "), "{}", blank.text);
        for line in ["# Cartons (needed): a whole number.", "# Weight: a number of kilograms, with , before its fraction.", "# Gift: text."] {
            assert!(blank.text.contains(line), "{line}: {}", blank.text);
        }
        let cell = |column: &str| match column {
            "ID" => "1",
            "State" => "sent",
            "Gift" => "G-1",
            "Waybill" => "W-1",
            "Donor" => "Shenzhen",
            "City" => "Banjul",
            "Country" => "Gambia",
            "Item" => "surgical mask",
            "Cartons" => "5",
            "Per carton" => "2.000",
            "Transport" => "Plane",
            "Agreed" => "2020-07-01",
            "Arrived" => "2020-08-06",
            _ => "",
        };
        let header = blank.text.lines().last().expect("a header").to_owned();
        let row: Vec<&str> = header.split(';').map(cell).collect();
        let (job, _) = tried(&scene.officer, &format!("{}{}\r\n", blank.text, row.join(";")));
        assert_eq!((&job["state"], counts(&job)), (&json!("done"), (1, 0, 0)), "{job:#} {:#?}", rows(&scene.officer, &job));
        let book = scene.officer.get(&format!("{PATH}/templates/masks.xlsx"));
        assert!(book.bytes.starts_with(b"PK"), "{}", book.status);
        assert!(scene.officer.get(&format!("{PATH}/templates/scms.csv")).text.starts_with("# ReliefLedger, "));
        scene.officer.get(&format!("{PATH}/templates/hers.csv")).refused("invalid", &["/file"]);
    }

    fn a_table_to_fill_in_neither_runs_nor_fills_memory_whatever_its_mapping_says(database: &TestDatabase) {
        let scene = Scene::new(database);
        let keep = |name: &str, from: &str, to: &str| {
            let text = MAPPING.replace("name = \"masks\"", &format!("name = \"{name}\"")).replace(from, to);
            scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": text}]})).expect(201);
        };
        keep("titled", "\"Mask deliveries\"", "\"Masks;=1+1\"");
        let blank = scene.officer.get(&format!("{PATH}/templates/titled.csv"));
        assert!(blank.text.starts_with("# ReliefLedger, Masks;'=1+1: "), "{}", blank.text);
        // What a column is called cannot be said otherwise: it stands in a workbook, where a text is a text.
        keep("headed", "\"Weight\"", "\"=Weight\"");
        let words = scene.officer.get(&format!("{PATH}/templates/headed.csv")).refused("invalid", &["/file"]);
        assert!(words.contains("take the workbook"), "{words}");
        assert!(scene.officer.get(&format!("{PATH}/templates/headed.xlsx")).bytes.starts_with(b"PK"));
        // Nor is a header told from the instructions above it whose every column begins as they do.
        let columns = TABLE.lines().next().expect("a header").split(';');
        let tagged = columns.fold(MAPPING.replace("name = \"masks\"", "name = \"tagged\""), |text, column| {
            let named = [("{", "}"), ("{", "|country}"), ("\"", "\"")];
            named.iter().fold(text, |text, (start, end)| {
                text.replace(&format!("{start}{column}{end}"), &format!("{start}#{column}{end}"))
            })
        });
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": tagged}]})).expect(201);
        let words = scene.officer.get(&format!("{PATH}/templates/tagged.csv")).refused("invalid", &["/file"]);
        assert!(words.contains("take the workbook"), "{words}");
        assert!(scene.officer.get(&format!("{PATH}/templates/tagged.xlsx")).bytes.starts_with(b"PK"));
        keep("split", "delimiter = ", "sheet = \"a/b\"\ndelimiter = ");
        let words = scene.officer.get(&format!("{PATH}/templates/split.xlsx")).refused("invalid", &["/file"]);
        assert!(words.contains("take the CSV"), "{words}");
        // Nor does a header that is to stand billions of rows down fill the memory of the server.
        keep("deep", "delimiter = ", "header_row = 4000000000\ndelimiter = ");
        for form in ["csv", "xlsx"] {
            scene.officer.get(&format!("{PATH}/templates/deep.{form}")).refused("invalid", &["/file"]);
        }
    }

    fn more_deliveries_than_are_planned_at_once_are_sent_in_parts(database: &TestDatabase) {
        let scene = Scene::new(database);
        keep_mapping(&scene);
        let row = TABLE.lines().nth(4).expect("a row that is left out");
        let many: Vec<String> = (0..1_501).map(|number| row.replacen("4;", &format!("{};", number + 10), 1)).collect();
        let table = |rows: &[String]| format!("{}\n{}\n", TABLE.lines().next().expect("a header"), rows.join("\n"));
        let (job, _) = tried(&scene.officer, &table(&many[..1_500]));
        assert_eq!((&job["state"], &job["skipped"]), (&json!("done"), &json!(1_500)), "{job:#}");
        let (job, _) = tried(&scene.officer, &table(&many));
        assert!(job["state"] == "failed" && job["problem"].to_string().contains("more than 1500 rows below its header"), "{job:#}");
        let wide = format!("{TABLE}{}", "#".repeat(2 * 1_024 * 1_024));
        let (job, _) = tried(&scene.officer, &wide);
        assert!(job["state"] == "failed" && job["problem"].to_string().contains("more than 2097152 bytes"), "{job:#}");
    }
}
