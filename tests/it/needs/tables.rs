//! Tables of needs: each row's verdict, the dry run, and the same table again.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::PATH;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

const HEAD: &str = "Reference,Programme,Item,Site,Area,Organization,Quantity,Needed by,People,Priority,Shelf life (days),Source,Note";
const SOUND: [&str; 3] = [
    "N-1,CITIES,MASK,,GM-B,,50000,2099-09-01,31000,High,180,Letter of the Mayor,Ask Awa",
    "N-2,CITIES,MASK,BJL,,,700,2099-10-01,,,,Survey,",
    "N-3,CITIES,MASK,,Sierra Leone,,900,2099-10-01,,critical,,Survey,",
];

fn table(rows: &[&str]) -> String {
    format!("{HEAD}\r\n{}\r\n", rows.join("\r\n"))
}

fn sent(caller: &Caller, query: &str, text: &str) -> Value {
    caller.upload(&format!("{PATH}/import?{query}"), "text/csv", text.as_bytes()).expect(200)
}

fn counts(view: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "rejected"]
        .map(|name| view[name].as_i64().unwrap_or_else(|| panic!("{view:#}")))
}

fn outcomes(view: &Value) -> Vec<&str> {
    view["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["outcome"].as_str().expect("a word"))
        .collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_table_of_needs_states_each_row_once(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let body = json!({"name": "City of Banjul", "kind": "city", "country": "GM", "code": "BJL"});
        scene.admin.post("/api/v1/sites", &body).expect(201);
        let sound = table(&SOUND);

        // A dry run says the same and records nothing.
        let before = scene.log_size();
        let dry = sent(officer, "mapping=needs&dry_run=true", &sound);
        assert_eq!((counts(&dry), &dry["receipt"], scene.log_size()), ([3, 0, 0, 0], &Value::Null, before));
        assert_eq!(officer.get(PATH).expect(200)["items"], json!([]));
        let first = sent(officer, "mapping=needs", &sound);
        assert_eq!((counts(&first), outcomes(&first)), ([3, 0, 0, 0], vec!["created"; 3]));
        let size = scene.log_size();
        let again = sent(officer, "mapping=needs", &sound);
        assert_eq!((counts(&again), scene.log_size()), ([0, 0, 3, 0], size), "the same table changes nothing");

        let need = officer.get(&format!("{PATH}/{}", first["rows"][0]["need"].as_str().expect("an id"))).expect(200);
        let told = ["quantity", "area", "people", "priority", "shelf_life_days", "reference", "note", "circulated"]
            .map(|name| need[name].clone());
        assert_eq!(told, [json!(50_000), json!("GM-B"), json!(31_000), json!("high"), json!(180), json!("N-1"), json!("Ask Awa"),
            json!(false)]);
        let listed = officer.get(&format!("{PATH}?country=SL")).expect(200);
        assert_eq!((&listed["items"][0]["area"], &listed["items"][0]["priority"]), (&json!("SL"), &json!("critical")));

        // A row that says something else changes its need; what cannot be is rejected, and takes nothing with it.
        let wrong = [
            "N-1,CITIES,MASK,,GM-B,,45000,2099-09-01,31000,High,180,Letter of the Mayor,Ask Awa",
            "N-2,CITIES,MASK,,GM-L,,700,2099-10-01,,,,Survey,",
            "N-4,CITIES,GLOVE,,GM,,1,2099-10-01,,,,Survey,",
            "N-5,CITIES,MASK,,Atlantis,,1,2099-10-01,,,,Survey,",
            "N-6,CITIES,MASK,,GM,,many,2099-10-01,,,,Survey,",
            "N-7,CITIES,MASK,,GM,,1,soon,,,,Survey,",
            "N-8,CITIES,MASK,,GM,,1,2099-10-01,,urgent,,Survey,",
            "N-8,CITIES,MASK,,GM,,1,2099-10-01,,,,Survey,",
            "N-9,CITIES,MASK,,,,1,2099-10-01,,,,Survey,",
            "N-10,CITIES,MASK,,GM,,0,2099-10-01,,,,Survey,",
            "N-11,CITIES,MASK,,GM,,12,2099-10-01,,,,Survey,",
            "N-12,CITIES,MASK,,GM-Q,,12,2099-10-01,,,,Survey,",
        ];
        let dry = sent(officer, "mapping=needs&dry_run=true", &table(&wrong));
        let view = sent(officer, "mapping=needs", &table(&wrong));
        assert_eq!((counts(&view), outcomes(&dry)), ([1, 1, 0, 10], outcomes(&view)));
        let columns: Vec<&str> = view["rows"].as_array().expect("rows").iter()
            .filter(|row| row["outcome"] == "rejected")
            .map(|row| row["problems"][0]["column"].as_str().expect("a column"))
            .collect();
        assert_eq!(columns, ["Site", "Item", "Area", "Quantity", "Needed by", "Priority", "Reference", "Site", "Quantity", "Area"]);
        // A code there is not is told with codes there are.
        let reason = |row: usize| view["rows"][row]["problems"][0]["reason"].as_str().expect("words").to_owned();
        assert!(reason(2).contains("\"GLOVE\" is the code of no item") && reason(2).contains("such as MASK"), "{}", reason(2));
        assert!(reason(3).contains("Atlantis"), "{}", reason(3));
        assert!(reason(11).contains("\"GM-Q\" is no area of GM") && reason(11).contains("GM-B (Banjul)"), "{}", reason(11));
        assert_eq!(officer.get(&format!("{PATH}?country=GM&area=GM-B")).expect(200)["items"][0]["quantity"], 45_000);

        // Whoever is bound states what is within reach.
        let senegal = scene.house.login_bound(Role::Officer, None, Some("SN"));
        let view = sent(&senegal, "mapping=needs", &table(&["N-20,CITIES,MASK,,SN,,5,2099-10-01,,,,Survey,", SOUND[0]]));
        assert_eq!(outcomes(&view), ["created", "rejected"]);
        let auditor = scene.auditor.upload(&format!("{PATH}/import?mapping=needs"), "text/csv", sound.as_bytes());
        auditor.refused("forbidden", &[]);
        officer.upload(&format!("{PATH}/import?mapping=scms"), "text/csv", sound.as_bytes()).refused("invalid", &["/mapping"]);
        officer.upload(&format!("{PATH}/import?mapping=/etc/x.toml"), "text/csv", sound.as_bytes()).refused("invalid", &["/mapping"]);
        officer.upload(&format!("{PATH}/import?mapping=needs"), "text/plain", b"x").refused("unsupported_media_type", &[]);
        officer.upload(&format!("{PATH}/import?mapping=needs"), "text/csv", b"A,B\r\n1,2\r\n").refused("invalid", &[""]);
        scene.verifies();
    }

    fn two_cities_may_number_their_needs_alike(database: &TestDatabase) {
        let scene = Scene::new(database);
        for (name, country) in [("Banjul", "GM"), ("Koidu", "SL")] {
            let body = json!({"name": name, "reference": name, "country": country, "consignee": true});
            scene.admin.post("/api/v1/organizations", &body).expect(201);
        }
        let banjul = "1,CITIES,MASK,,GM-B,Banjul,500,2099-09-01,,,,Survey,";
        let koidu = "1,CITIES,MASK,,SL,Koidu,700,2099-09-01,,,,Survey,";
        for row in [banjul, koidu] {
            assert_eq!(counts(&sent(&scene.officer, "mapping=needs", &table(&[row]))), [1, 0, 0, 0]);
        }
        for row in [banjul, koidu] {
            assert_eq!(counts(&sent(&scene.officer, "mapping=needs", &table(&[row]))), [0, 0, 1, 0]);
        }
    }

    fn a_survey_with_headings_of_its_own_is_read_by_a_kept_mapping(database: &TestDatabase) {
        let scene = Scene::new(database);
        let guide = include_str!("../../../docs/import.md");
        let text = guide.split("```toml\n").find(|part| part.starts_with("name = \"survey\"")).expect("the example");
        let text = text.split("```").next().expect("its end");
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": text}]})).expect(201);
        let survey = "Form no.;Municipality code;Masks wanted;Until\r\n17;GM-B;1200;31/12/2099\r\n18;GM-L;;31/12/2099\r\n";
        let view = sent(&scene.officer, "mapping=survey", survey);
        assert_eq!((counts(&view), &view["rows"][1]["problems"][0]["column"]), ([1, 0, 0, 1], &json!("Masks wanted")));
        assert!(view["mapping"].as_str().is_some_and(|name| name.starts_with("survey@")), "{view:#}");
        let public = scene.house.stranger().get("/api/v1/public/needs").expect(200);
        assert_eq!((&public["items"][0]["quantity"], &public["items"][0]["needed_by"]), (&json!(1_200), &json!("2099-12-31")));

        // Somebody takes it out of the public list: the same survey again, or a newer one, does not put it back.
        let path = format!("{PATH}/{}", view["rows"][0]["need"].as_str().expect("an id"));
        scene.officer.patch(&path, 1, &json!({"circulated": false})).expect(200);
        assert_eq!(counts(&sent(&scene.officer, "mapping=survey", survey)), [0, 0, 1, 1]);
        let newer = survey.replace(";1200;", ";900;");
        assert_eq!(counts(&sent(&scene.officer, "mapping=survey", &newer)), [0, 1, 0, 1]);
        let need = scene.officer.get(&path).expect(200);
        assert_eq!((&need["quantity"], &need["circulated"]), (&json!(900), &json!(false)));

        // What stands beside a need is refused.
        let broken = text.replace("[need]", "[programme]\nreference = \"CITIES\"\nname = \"Cities\"\n\n[need]");
        let words = scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": broken}]})).refused("invalid", &["/rows/0/text"]);
        assert!(words.contains("stands alone"), "{words}");
    }
}
