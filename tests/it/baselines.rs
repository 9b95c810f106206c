//! What people are counted against: stated, restated, withdrawn, and asked as it was known before and after.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::stories::scene::{Scene, id};
use crate::support::ledger::{Ledger, tamper};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::verify::verify;
use relief_ledger::auth::Role;
use relief_ledger::baselines::rules::population_key;
use relief_ledger::baselines::{Population, known};
use relief_ledger::core::id::{ItemId, OrganizationId};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::{Conn, connect};
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::import::read_chosen;
use relief_ledger::exchange::kept::{Chosen, Found, find_kept};
use relief_ledger::items::{Item, standards_known};

const MASKS: &str = include_str!("../../docs/examples/masks.toml");
const TABLE: &str = include_str!("../../docs/examples/masks.csv");

/// The ledger sequence an answer prints.
fn sequence(answer: &Value) -> i64 {
    answer["sequence"].as_i64().unwrap_or_else(|| panic!("a sequence: {answer:#}"))
}

/// A member of the rows of a list, in its order.
fn told(caller: &Caller, path: &str, member: &str) -> Vec<Value> {
    let page = caller.get(path).expect(200);
    page["items"].as_array().expect("items").iter().map(|row| row[member].clone()).collect()
}

/// Nobody states but who may for all, and donors do not read.
/// The mapping of records that is kept under a name.
fn find_chosen(conn: &mut Conn, asked: &str) -> Chosen {
    match find_kept(conn, asked).expect("it is kept") {
        Found::Records(chosen) => *chosen,
        Found::Headcounts(..) | Found::Sheet(..) => panic!("{asked} is of records"),
    }
}

fn foreigners_are_refused(server: &Server, path: &str) {
    let body = json!({"name": "Elsewhere", "country": "KE", "donor": true});
    let made = server.login_as(Role::Admin).post("/api/v1/organizations", &body).expect(201);
    let organization: Option<OrganizationId> = made["id"].as_str().and_then(|id| id.parse().ok());
    assert!(organization.is_some(), "{made:#}");
    for caller in [
        server.login_as(Role::Officer),
        server.login_as(Role::Auditor),
        server.login_bound(Role::Donor, organization, None),
        server.login_bound(Role::Manager, organization, None),
        server.login_bound(Role::Manager, None, Some("GM")),
    ] {
        caller.post(path, &json!({"rows": []})).refused("forbidden", &[]);
    }
    server.stranger().get(path).refused("unauthenticated", &[]);
    server.login_bound(Role::Donor, organization, None).get(path).refused("forbidden", &[]);
    server.login_bound(Role::Officer, organization, Some("KE")).get(path).expect(200);
}

fn population(area: &str, source: &str, people: i64) -> Value {
    json!({"area": area, "group": "all", "year": 2024, "source": source, "source_version": "1", "people": people})
}

fn withdrawn(mut row: Value, value: &str) -> Value {
    let members = row.as_object_mut().expect("a row");
    members.remove(value);
    members.insert("withdrawn".to_owned(), json!(true));
    row
}

on_both_databases! {
    migrate: migrate;

    fn a_population_counts_from_the_entry_that_states_it(database: &TestDatabase) {
        const PATH: &str = "/api/v1/populations";
        let server = Server::start(database);
        let (manager, auditor) = (server.login_as(Role::Manager), server.login_as(Role::Auditor));
        foreigners_are_refused(&server, PATH);

        // As many rows as go into one statement, in one entry, and the same again is the same.
        let rows: Vec<Value> = (0..500).map(|one| population(&format!("HN{one:04}"), "COD-PS", 100 + one)).collect();
        let body = json!({"id": id(), "rows": rows});
        let stated = manager.post(PATH, &body).expect(201);
        assert_eq!((&stated["stated"], &stated["withdrawn"]), (&json!(500), &json!(0)));
        let again = manager.post(PATH, &body).expect(200);
        assert_eq!((&again["receipt"], sequence(&again)), (&Value::Null, sequence(&stated)));
        let fewer = json!({"id": body["id"], "rows": &rows[..499]});
        manager.post(PATH, &fewer).refused("id_reused", &["/id"]);
        let mut found = Vec::new();
        let mut next = format!("{PATH}?country=HN&limit=200");
        for _ in 0..3 {
            let page = auditor.get(&next).expect(200);
            found.extend(page["items"].as_array().expect("items").iter().map(|row| row["people"].clone()));
            next = format!("{PATH}?country=HN&limit=200&after={}", page["next"].as_str().unwrap_or_default());
        }
        assert_eq!(found, (100..600).map(|people| json!(people)).collect::<Vec<_>>(), "in the order of the rows");

        // Another source is another row; another version too.
        let other = manager.post(PATH, &json!({"rows": [population("GM-B", "WPP", 413_000)]})).expect(201);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let then = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let rows = [population("GM-B", "COD-PS", 400_000), population("GM-B", "WPP", 420_000)];
        let both = manager.post(PATH, &json!({"rows": rows})).expect(201);
        let ended = json!({"rows": [withdrawn(rows[0].clone(), "people")]});
        let ended = manager.post(PATH, &ended).expect(201);
        assert_eq!((&ended["stated"], &ended["withdrawn"]), (&json!(0), &json!(1)));
        let banjul = |moment: &str| told(&auditor, &format!("{PATH}?area=GM-B{moment}"), "people");
        assert_eq!(banjul(""), [420_000]);
        assert_eq!(banjul(&format!("&known_at={}", sequence(&ended))), [420_000]);
        assert_eq!(banjul(&format!("&known_at={}", sequence(&both))), [400_000, 420_000]);
        assert_eq!(banjul(&format!("&known_at={}", sequence(&other))), [413_000]);
        assert_eq!(banjul(&format!("&known_at={then}")), [413_000], "by the time as by the sequence");
        assert_eq!(banjul(&format!("&known_at={}", sequence(&stated))), Vec::<Value>::new());
        let history = json!([413_000, 400_000, 420_000, null]);
        assert_eq!(Value::from(banjul("&history=true")), history);
        assert_eq!(told(&auditor, &format!("{PATH}?country=GM"), "source"), ["WPP"]);
        auditor.get(&format!("{PATH}?known_at=99999999")).refused("invalid", &["/known_at"]);

        // For whoever makes figures: many keys, one question.
        let key = |source: &str| population_key("GM-B", "all", 2024, source, "1");
        let (wpp, cod) = (key("WPP"), key("COD-PS"));
        let mut conn = connect(database.url()).expect("the database opens");
        let mut at = |sequence: i64| {
            let found = known::<Population>(&mut conn, &[wpp, cod], sequence).expect("they are read");
            [wpp, cod].map(|key| found.get(&key).and_then(|row| row.people))
        };
        assert_eq!(at(sequence(&other)), [Some(413_000), None]);
        assert_eq!(at(sequence(&both)), [Some(420_000), Some(400_000)]);
        assert_eq!(at(sequence(&ended)), [Some(420_000), None]);

        // All or nothing, and every fault named.
        let wrong = [
            ("/rows/0/area", json!({"area": "270"})),
            ("/rows/0/area", json!({"area": "QQ"})),
            ("/rows/0/area", json!({"area": "Banjul"})),
            ("/rows/0/group", json!({"group": "female_04_9"})),
            ("/rows/0/group", json!({"group": "any"})),
            ("/rows/0/group", json!({"group": "male_9_4"})),
            ("/rows/0/year", json!({"year": 24})),
            ("/rows/0/people", json!({"people": -1})),
            ("/rows/0/people", json!({"people": null})),
            ("/rows/0/people", json!({"withdrawn": true})),
            ("/rows/0/source", json!({"source": " "})),
        ];
        for (pointer, change) in wrong {
            let mut row = population("GM", "WPP", 1);
            row.as_object_mut().expect("a row").extend(change.as_object().expect("members").clone());
            let sound = population("SN", "WPP", 1);
            let words = manager.post(PATH, &json!({"rows": [row, sound]})).refused("invalid", &[pointer]);
            assert!(words.len() > 20, "{words}");
        }
        let twice = json!({"rows": [population("SN", "WPP", 1), population("SN", "WPP", 2)]});
        manager.post(PATH, &twice).refused("invalid", &["/rows/1"]);
        let nothing = json!({"rows": [population("SN", "WPP", 1), withdrawn(population("ML", "WPP", 1), "people")]});
        let words = manager.post(PATH, &nothing).refused("invalid", &["/rows/1"]);
        assert!(words.contains("\"ML\"") && words.contains("2024"), "{words}");
        assert_eq!(told(&auditor, &format!("{PATH}?country=SN"), "people"), Vec::<Value>::new());
        for area in ["001", "002", "GM", "GM-B", "HN10", "BDI001"] {
            let row = json!({"area": area, "group": "female_60_plus", "year": 2025, "source": "S", "source_version": "2",
                "people": 0});
            manager.post(PATH, &json!({"rows": [row]})).expect(201);
        }
        assert_eq!(told(&auditor, &format!("{PATH}?country=BI&group=female_60_plus"), "area"), ["BDI001"]);

        // All of it is vouched for.
        let (keys, url) = (server.key_folder(), database.url());
        assert_eq!(verify(url, &keys).1["count"], 0);
        tamper(url, "UPDATE populations SET people = people + 1 WHERE area = 'HN0007'");
        let report = verify(url, &keys).1;
        assert_eq!((&report["count"], &report["findings"][0]["column"]), (&json!(1), &json!("people")), "{report:#}");
    }

    fn targets_and_rounds_are_a_programmes_and_count_from_the_entry_that_states_them(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (manager, auditor) = (&scene.manager, &scene.auditor);
        for path in ["/api/v1/targets", "/api/v1/caseloads", "/api/v1/rounds"] {
            foreigners_are_refused(&scene.house, path);
        }
        let state = |path: &str, rows: Value| manager.post(&format!("/api/v1/{path}"), &json!({"rows": rows}));
        let mine = |rows: Value| {
            let mut rows = rows;
            rows.as_array_mut().expect("rows").iter_mut().for_each(|row| row["programme"] = json!(scene.programme));
            rows
        };
        let list = |path: &str, moment: i64, member: &str| {
            let path = format!("/api/v1/{path}?programme={}&known_at={moment}", scene.programme);
            told(auditor, &path, member)
        };

        // What names a caseload comes after it.
        let first = json!({"caseload": "CAMPS", "code": "R1", "from": "2024-01-01", "to": "2024-01-31"});
        state("rounds", mine(json!([first]))).refused("invalid", &["/rows/0/caseload"]);
        let elsewhere = json!([{"programme": id(), "code": "CAMPS", "name": "Families", "disjoint": true}]);
        state("caseloads", elsewhere).refused("invalid", &["/rows/0/programme"]);
        let camps = |disjoint: bool| mine(json!([{"code": "CAMPS", "name": "Families in camps", "disjoint": disjoint}]));
        let declared = sequence(&state("caseloads", camps(true)).expect(201));
        let denied = sequence(&state("caseloads", camps(false)).expect(201));
        assert_eq!(list("caseloads", declared, "disjoint"), [true]);
        assert_eq!(list("caseloads", denied, "disjoint"), [false]);

        // A day is in one round of a caseload.
        let second = json!({"caseload": "CAMPS", "code": "R2", "from": "2024-02-01", "to": "2024-02-29"});
        let told_first = sequence(&state("rounds", mine(json!([first, second]))).expect(201));
        let crossing = json!({"caseload": "CAMPS", "code": "R3", "from": "2024-02-29", "to": "2024-03-31"});
        let words = state("rounds", mine(json!([crossing]))).refused("invalid", &["/rows/0/from"]);
        assert!(words.contains("R2"), "{words}");
        let backward = json!({"caseload": "CAMPS", "code": "R3", "from": "2024-04-30", "to": "2024-04-01"});
        state("rounds", mine(json!([backward]))).refused("invalid", &["/rows/0/to"]);
        let shorter = json!({"caseload": "CAMPS", "code": "R2", "from": "2024-02-01", "to": "2024-02-28"});
        let told_again = sequence(&state("rounds", mine(json!([crossing, shorter]))).expect(201));
        assert_eq!(list("rounds", told_first, "to"), ["2024-01-31", "2024-02-29"]);
        assert_eq!(list("rounds", told_again, "to"), ["2024-01-31", "2024-03-31", "2024-02-28"]);
        let begun = format!("/api/v1/rounds?programme={}&as_of=2024-02-10", scene.programme);
        assert_eq!(told(auditor, &begun, "code"), ["R1", "R2"]);
        let ended = json!([{"caseload": "CAMPS", "code": "R2", "withdrawn": true}]);
        let ended = sequence(&state("rounds", mine(ended)).expect(201));
        assert_eq!(list("rounds", ended, "code"), ["R1", "R3"]);

        // Targets.
        let target = |caseload: Option<&str>, people: i64| {
            mine(json!([{"area": "HN10", "group": "all", "sector": "health", "caseload": caseload, "people": people}]))
        };
        let meant = sequence(&state("targets", target(None, 9_000)).expect(201));
        state("targets", target(Some("HOSTS"), 1)).refused("invalid", &["/rows/0/caseload"]);
        state("targets", target(Some("CAMPS"), 2_000)).expect(201);
        let more = sequence(&state("targets", target(None, 9_500)).expect(201));
        assert_eq!(list("targets", meant, "people"), [9_000]);
        assert_eq!(list("targets", more, "people"), [2_000, 9_500]);
        let gone = mine(json!([{"area": "HN10", "group": "all", "sector": "health", "withdrawn": true}]));
        let gone = sequence(&state("targets", gone).expect(201));
        assert_eq!(list("targets", gone, "caseload"), ["CAMPS"]);
        assert_eq!(list("targets", more, "people"), [2_000, 9_500], "what was known stays");
        let keys = scene.house.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
    }

    fn a_standard_counts_from_the_entry_that_changes_its_item(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (admin, auditor) = (&scene.admin, &scene.auditor);
        let standard = |quantity: i64| json!({"kind": "consumable", "quantity": quantity, "persons": 1, "days": 30});
        let body = json!({"code": "SOAP", "name": "Soap", "base_unit": "piece", "category": "hygiene", "standard": standard(2)});
        let soap = admin.post("/api/v1/items", &body).expect(201)["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/items/{soap}");
        let known_at = |item: &str, moment: String| {
            let rows = told(auditor, &format!("/api/v1/standards?item={item}{moment}"), "standard");
            rows.iter().map(|row| row["quantity"].as_i64().expect("a quantity")).collect::<Vec<_>>()
        };
        let now = || sequence(&auditor.get("/api/v1/standards").expect(200));
        let created = now();
        admin.patch(&path, 1, &json!({"name": "Bar of soap"})).expect(200);
        admin.patch(&path, 2, &json!({"standard": standard(3)})).expect(200);
        let changed = now();
        admin.patch(&path, 3, &json!({"standard": null})).expect(200);
        let at = |sequence: i64| known_at(&soap, format!("&known_at={sequence}"));
        assert_eq!((at(created - 1), at(created), at(changed - 1)), (vec![], vec![2], vec![2]));
        assert_eq!((at(changed), known_at(&soap, String::new())), (vec![3], vec![]));

        // An item that was recorded before statements were kept: what its row says counts until it is changed.
        let ledger = Ledger::beside(database.url());
        let old = ItemId(Uuid::now_v7());
        ledger.put(Item {
            id: old,
            code: "BLANKET".into(),
            name: "Blanket".into(),
            base_unit: "piece".into(),
            category: "shelter".into(),
            sector: None,
            hs_code: None,
            shelf_life_days: None,
            storage_class: "ambient".into(),
            standard_kind: Some("durable".into()),
            standard_quantity: Some(5),
            standard_persons: Some(1),
            standard_days: None,
            standard_thousandths: None,
            revision: 1,
            created_at: Timestamp(1),
            updated_at: Timestamp(1),
        });
        ledger.writer.stop();
        let (old_id, before) = (old.to_string(), now());
        assert_eq!(known_at(&old_id, String::new()), [5]);
        let wider = json!({"standard": {"kind": "durable", "quantity": 6, "persons": 1}});
        admin.patch(&format!("/api/v1/items/{old}"), 1, &wider).expect(200);
        assert_eq!(known_at(&old_id, format!("&known_at={before}")), [5]);
        assert_eq!(known_at(&old_id, String::new()), [6]);
        let mut conn = connect(database.url()).expect("the database opens");
        let items = [old, soap.parse().expect("an id")];
        let found = standards_known(&mut conn, &items, changed).expect("they are read");
        assert_eq!(items.map(|item| found.get(&item).map(|known| known.standard.quantity)), [Some(5), Some(3)]);
        let keys = scene.house.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
    }

    fn a_file_is_read_by_a_mapping_that_is_kept_and_says_by_which_version(database: &TestDatabase) {
        const PATH: &str = "/api/v1/mappings";
        let server = Server::start(database);
        let (manager, auditor) = (server.login_as(Role::Manager), server.login_as(Role::Auditor));
        foreigners_are_refused(&server, PATH);
        let state = |row: Value| manager.post(PATH, &json!({"rows": [row]}));
        let first = sequence(&state(json!({"text": MASKS})).expect(201));
        let text = MASKS.replace("Mask deliveries", "Deliveries of masks");
        let second = sequence(&state(json!({"name": "masks", "text": text})).expect(201));
        let titles = |moment: &str| told(&auditor, &format!("{PATH}?name=masks{moment}"), "title");
        assert_eq!(titles(&format!("&known_at={first}")), ["Mask deliveries"]);
        assert_eq!(titles(""), ["Deliveries of masks"]);
        assert_eq!(auditor.get(&format!("{PATH}/masks?known_at={first}")).expect(200)["text"], MASKS);
        for (row, pointer) in [
            (json!({"text": "name = "}), "/rows/0/text"),
            (json!({"text": text.replace("donor = \"donor\"", "donor = \"nobody\"")}), "/rows/0/text"),
            (json!({"text": MASKS.replace("\"masks\"", "\"scms\"")}), "/rows/0/name"),
            (json!({"name": "others", "text": MASKS}), "/rows/0/name"),
            (json!({"name": "masks"}), "/rows/0/text"),
            (json!({"withdrawn": true}), "/rows/0/name"),
            (json!({"name": "others", "withdrawn": true}), "/rows/0"),
        ] {
            state(row).refused("invalid", &[pointer]);
        }

        // Every entry of an import names the version, be it of now or an earlier one.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("masks.csv");
        std::fs::write(&file, TABLE).expect("the table is written");
        let import = |asked: &str| {
            let mut conn = connect(database.url()).expect("the database opens");
            let chosen = find_chosen(&mut conn, asked);
            let version = chosen.version.expect("a version");
            let reading = read_chosen(&file, chosen).expect("the file is read");
            let ledger = Ledger::beside(database.url());
            let imported = reading.import(&mut Recorder::Writer(ledger.writer.clone()), &mut |_, _| {});
            ledger.writer.stop();
            (imported.expect("it is imported").counts, version)
        };
        let (counts, version) = import("masks");
        assert_eq!((counts.created, counts.rejected, version), (3, 0, second));
        let named = |version: i64| {
            let entries = auditor.get("/api/v1/audit/entries?limit=500").expect(200);
            let scope = format!("\"scope\":\"import:masks@{version}\"");
            let entries = entries["items"].as_array().expect("entries").clone();
            entries.iter().filter(|entry| entry["body"].as_str().is_some_and(|body| body.contains(&scope))).count()
        };
        assert!(named(second) > 5 && named(first) == 0);
        let (counts, version) = import(&format!("masks@{first}"));
        assert_eq!((counts.created, counts.unchanged, version), (0, 3, first), "another version reads the same things");

        state(json!({"name": "masks", "withdrawn": true})).expect(201);
        auditor.get(&format!("{PATH}/masks")).refused("not_found", &[]);
        let mut conn = connect(database.url()).expect("the database opens");
        let problem = find_kept(&mut conn, "masks").expect_err("it is withdrawn");
        assert!(problem.detail.contains("built in are scms, needs, hxl-345w-honduras, kept here are none"), "{}", problem.detail);
        assert_eq!(find_chosen(&mut conn, &format!("masks@{first}")).version, Some(first));
        let keys = server.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
    }
}
