//! Tables of needs and of headcounts come in over HTTP and at the command line, with the same verdict for each row.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// A survey with every kind of row: two that are sound, a code nobody knows, and a key that stands twice.
const SURVEY: &str = "Reference,Programme,Item,Site,Area,Organization,Quantity,Needed by,People,Priority,Shelf life (days),Source,Note\r\n\
N-1,CITIES,MASK,,GM-B,,50000,2099-09-01,31000,High,180,Letter of the Mayor,Ask Awa\r\n\
N-2,CITIES,MASK,,Sierra Leone,,900,2099-10-01,,critical,,Survey,\r\n\
N-3,CITIES,GLOVE,,GM,,1,2099-10-01,,,,Survey,\r\n\
N-2,CITIES,MASK,,GM,,1,2099-10-01,,,,Survey,\r\n\
N-4,CITIES,MASK,,GM-ZZ,,1,2099-10-01,,,,Survey,\r\n";

/// Headings in Spanish, tags with blanks, columns without one, and rows that cannot be read.
const RECORDS: &str = "ID,ORGANIZACIÓN,Code,PCODE1,SECTOR,ESTADO,FECHA DE INICIO,FECHA DE FINALIZACIÓN,FECHA DE REPORTE,PERSONAS\n\
,#org +name,#adm0 +code,#adm1 +pcode,#sector +name,,,,,#reached +total\n\
1,WVI,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,700\n\
2,PMA,HN,HN10,Salud,Planeada,01/12/2020,31/12/2020,01/01/2021,50\n\
3,PMA,HN,HN00,Salud,,01/12/2020,31/12/2020,01/01/2021,40\n\
4,PMA,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,many\n\
5,PMA,HN,Intibuca,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,1\n\
6,PMA,HN,HN10,Salud,Soñada,01/12/2020,31/12/2020,01/01/2021,1\n\
7,PMA,HN,HN10,,Finalizada,pronto,31/12/2020,01/01/2021,1\n\
1,PMA,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,1\n";

/// What became of a row: number, key, outcome, and of the first reason column and words.
type Verdict = [String; 5];

fn relief(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
    command.args(arguments).current_dir(folder);
    for name in ["RELIEF_LISTEN", "RELIEF_DATABASE_URL", "RELIEF_KEYS", "RELIEF_CONFIG", "RELIEF_LOG"] {
        command.env_remove(name);
    }
    command.output().expect("the command runs")
}

/// What a command says of the rows of a table, and how it ends.
fn by_command(scene: &Scene, mapping: &str, table: &str, further: &[&str]) -> (i32, Vec<Verdict>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("table.csv"), table).expect("it is written");
    let mut arguments = vec![
        "import",
        "table.csv",
        "--mapping",
        mapping,
        "--report",
        "rows.csv",
        "--database-url",
        &scene.url,
    ];
    arguments.extend(further);
    let output = relief(folder.path(), &arguments);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut reader = csv::Reader::from_path(folder.path().join("rows.csv"))
        .unwrap_or_else(|error| panic!("{error}: {words}"));
    let rows = reader.records().map(|row| row.expect("a row"));
    let verdict = |row: csv::StringRecord| [0, 1, 2, 3, 5].map(|column| row[column].to_owned());
    (output.status.code().expect("it ended by itself"), rows.map(verdict).collect())
}

/// What the server says of the same.
fn over_http(caller: &Caller, path: &str, table: &str) -> (Value, Vec<Verdict>) {
    let view = caller.upload(path, "text/csv", table.as_bytes()).expect(200);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = view["rows"].as_array().unwrap_or_else(|| panic!("rows: {view:#}"));
    let verdict = |row: &Value| {
        let problem = &row["problems"][0];
        [
            row["row"].to_string(),
            word(&row["key"]),
            word(&row["outcome"]),
            word(&problem["column"]),
            word(&problem["reason"]),
        ]
    };
    let verdicts = rows.iter().map(verdict).collect();
    (view, verdicts)
}

fn outcomes(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().map(|verdict| verdict[2].as_str()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn needs_come_in_by_either_way_with_the_same_verdicts(database: &TestDatabase) {
        let scene = Scene::new(database);
        let path = "/api/v1/needs/import?mapping=needs";
        let before = scene.log_size();
        let (dry, there) = over_http(&scene.officer, &format!("{path}&dry_run=true"), SURVEY);
        let (code, here) = by_command(&scene, "needs", SURVEY, &["--dry-run"]);
        assert_eq!((code, &here), (1, &there), "{dry:#}");
        assert_eq!(outcomes(&there), ["created", "created", "rejected", "rejected", "rejected"]);
        assert_eq!([2, 3, 4].map(|row| there[row][3].as_str()), ["Item", "Reference", "Area"]);
        assert_eq!(scene.log_size(), before, "nothing was recorded");

        let (code, here) = by_command(&scene, "needs", SURVEY, &[]);
        assert_eq!((code, &here), (1, &there));
        let listed = scene.officer.get("/api/v1/needs").expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
        // What came in by one way is there for the other.
        let (_, again) = over_http(&scene.officer, path, SURVEY);
        assert_eq!(outcomes(&again)[..2], ["unchanged", "unchanged"]);
        let newer = SURVEY.replace(",50000,", ",45000,");
        assert_eq!(outcomes(&over_http(&scene.officer, path, &newer).1)[..2], ["updated", "unchanged"]);
        assert_eq!(outcomes(&by_command(&scene, "needs", &newer, &[]).1)[..2], ["unchanged", "unchanged"]);
        let log = scene.house.login_as(relief_ledger::auth::Role::Auditor).get("/api/v1/audit/entries?limit=500").expect(200);
        assert!(log.to_string().contains("import:needs"), "the entries of a command name its mapping");
        scene.verifies();
    }

    fn headcounts_come_in_by_either_way_with_the_same_verdicts(database: &TestDatabase) {
        let scene = Scene::new(database);
        let path = "/api/v1/headcounts/import?mapping=hxl-345w-honduras";
        let refused = scene.manager.upload(path, "text/csv", RECORDS.as_bytes());
        assert!(refused.refused("invalid", &["/mapping"]).contains("HND-345W"), "over HTTP the programme is recorded before");
        let programme = json!({"code": "HND-345W", "name": "Honduras response, 345W", "focus_areas": [], "sensitive": false, "synthetic": false});
        scene.manager.post("/api/v1/programmes", &programme).expect(201);
        scene.officer.upload(path, "text/csv", RECORDS.as_bytes()).refused("forbidden", &[]);

        let before = scene.log_size();
        let (dry, there) = over_http(&scene.manager, &format!("{path}&dry_run=true"), RECORDS);
        let (code, here) = by_command(&scene, "hxl-345w-honduras", RECORDS, &["--dry-run"]);
        assert_eq!((code, &here), (1, &there), "{dry:#}");
        let rejected = ["rejected"; 5];
        assert_eq!((outcomes(&there)[..3].to_vec(), &outcomes(&there)[3..]), (vec!["created"; 3], &rejected[..]));
        let columns: Vec<&str> = there[3..].iter().map(|verdict| verdict[3].as_str()).collect();
        assert_eq!(columns, ["#reached+total", "#adm1+pcode", "ESTADO", "FECHA DE INICIO", "ID"]);
        assert_eq!(dry["plain"]["planned"], json!({"records": 1, "people": 50}));
        assert_eq!(scene.log_size(), before, "nothing was recorded");

        let (view, there) = over_http(&scene.manager, path, RECORDS);
        assert_eq!((&view["created"], &view["rejected"], view["receipt"].is_null()), (&json!(3), &json!(5), false), "{there:?}");
        let (_, here) = by_command(&scene, "hxl-345w-honduras", RECORDS, &[]);
        assert_eq!(outcomes(&here)[..3], ["unchanged"; 3]);
        // Put right, and put back: each time the newest is what the table says.
        let right = RECORDS.replace(",700\n", ",650\n");
        for (table, people) in [(&right, 650), (&RECORDS.to_owned(), 700), (&right, 650)] {
            assert_eq!(outcomes(&over_http(&scene.manager, path, table).1)[..3], ["updated", "unchanged", "unchanged"]);
            let listed = scene.auditor.get("/api/v1/headcounts?status=verified").expect(200);
            let rows = listed["items"].as_array().expect("rows");
            let first = rows.iter().find(|row| row["reference"] == "1").expect("a record");
            assert_eq!(first["people"], people);
        }
        assert_eq!(over_http(&scene.manager, path, &right).0["receipt"], Value::Null, "the same table again changes nothing");
        scene.verifies();
    }

    fn a_mapping_of_headcounts_is_kept_and_read_by_either_way(database: &TestDatabase) {
        let scene = Scene::new(database);
        let text = include_str!("../../../mappings/hxl-345w-honduras.toml");
        let taken = scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": text}]}));
        assert!(taken.refused("invalid", &["/rows/0/name"]).contains("ships with the program"));
        let own = text.replace("name = \"hxl-345w-honduras\"", "name = \"ours-345w\"");
        let broken = own.replace("people =", "persons =");
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": broken}]})).refused("invalid", &["/rows/0/text"]);
        let kept = scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": own}]})).expect(201);
        let version = kept["sequence"].as_i64().expect("a sequence");
        assert_eq!(scene.auditor.get("/api/v1/mappings/ours-345w").expect(200)["title"], "Honduras 345W, people reached");

        let (_, here) = by_command(&scene, "ours-345w", RECORDS, &[]);
        assert_eq!(outcomes(&here)[..3], ["created"; 3], "at the command line its programme is made");
        let path = format!("/api/v1/headcounts/import?mapping=ours-345w@{version}");
        let (view, there) = over_http(&scene.manager, &path, RECORDS);
        assert_eq!((&view["mapping"], &outcomes(&there)[..3]), (&json!(format!("ours-345w@{version}")), &["unchanged"; 3][..]));
        // Each kind is read as what it is.
        let wrong = |path: &str| scene.manager.upload(path, "text/csv", RECORDS.as_bytes()).refused("invalid", &["/mapping"]);
        assert!(wrong("/api/v1/needs/import?mapping=ours-345w").contains("[need]"));
        let survey = "name = \"survey\"\ntitle = \"Survey\"\n[row]\nkey = \"{No}\"\n[columns.\"Wanted\"]\ntype = \"integer\"\n\
            [columns.\"Until\"]\ntype = \"date\"\n[need]\nprogramme = \"CITIES\"\nitem = \"MASK\"\narea = \"{Place}\"\n\
            quantity = \"Wanted\"\nneeded_by = \"Until\"\nsource = \"Survey\"\n";
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": survey}]})).expect(201);
        assert!(wrong("/api/v1/headcounts/import?mapping=survey").contains("[headcount]"));
        let words = wrong("/api/v1/headcounts/import?mapping=nothing");
        assert!(words.contains("hxl-345w-honduras") && words.contains("needs") && words.contains("ours-345w"), "{words}");
        let table = "No,Place,Wanted,Until\n1,GM-B,700,2099-12-31\n";
        let (code, here) = by_command(&scene, "survey", table, &[]);
        assert_eq!((code, outcomes(&here)), (0, vec!["created"]));
        scene.verifies();
    }
}
