//! One import for every kind of thing, from the organizations to the hands of people; and tables whose headings are not ours.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use relief_ledger::exchange::sheets::SheetKind;
use serde_json::{Value, json};

use super::files::XLSX;
use super::{PATH, counts, ended, imported, rows, sends};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Imports a table, and the same once more as the workbook's template that was filled in, and by a mapping of other headings: what it
/// states is there after the first, and neither of the others changes anything.
#[track_caller]
fn stated(scene: &Scene, caller: &Caller, (kind, created): (&str, i64), table: &str) {
    let job = imported(caller, &format!("kind={kind}"), table);
    let is_told = |job: &Value, told: (i64, i64, i64), how: &str| {
        assert_eq!(
            (&job["state"], counts(job)),
            (&json!("done"), told),
            "{kind} {how}: {job:#} {:#?}",
            rows(caller, job)
        );
    };
    is_told(&job, (created, 0, 0), "as text");
    let bytes = filled(caller, kind, table);
    let sent = caller.upload(&format!("{PATH}?kind={kind}"), XLSX, &bytes).expect(202);
    is_told(&ended(caller, &sent["id"]), (0, created, 0), "as a workbook");
    // A table of needs has a mapping of its own kind.
    if kind != "needs" {
        let (mapping, name, renamed) = renamed((kind, created), table);
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": mapping}]})).expect(201);
        is_told(&imported(caller, &format!("mapping={name}"), &renamed), (0, created, 0), "by a mapping");
    }
}

/// What the rows of a sheet say.
fn cells(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str) -> Vec<Vec<String>> {
    let range = book.worksheet_range(sheet).unwrap_or_else(|error| panic!("{sheet}: {error}"));
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// The workbook that is a kind's template, with its headings; each of them is told what it means beside.
fn template(caller: &Caller, kind: &str) -> Vec<String> {
    let taken = caller.get(&format!("{PATH}/templates/{kind}.xlsx"));
    assert_eq!(taken.status, 200, "{}", taken.text);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(taken.bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), [kind, "Instructions"]);
    let headings = cells(&mut book, kind).first().expect("headings").clone();
    let told = cells(&mut book, "Instructions");
    let is_told =
        |heading: &String| told.iter().any(|row| row[0] == *heading && row.len() == 5 && !row[4].is_empty());
    assert!(!headings.is_empty() && headings.iter().all(is_told), "{kind}: {headings:?} {told:#?}");
    headings
}

/// The template filled in with the rows of a table, each cell under its heading, and numbers as a spreadsheet has them.
fn filled(caller: &Caller, kind: &str, table: &str) -> Vec<u8> {
    let headings = template(caller, kind);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let given = reader.headers().expect("headings").clone();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(&headings) {
        sheet.write_string(0, column, heading).expect("a heading");
    }
    for (row, record) in (1..).zip(reader.records()) {
        let record = record.expect("a row");
        for (heading, cell) in given.iter().zip(record.iter()) {
            let place =
                headings.iter().position(|one| one == heading).unwrap_or_else(|| panic!("no {heading}"));
            // The template has a column of codes hold text.
            let written = match cell.parse::<f64>() {
                Ok(number) if heading != "HS code" => sheet.write_number(row, place as u16, number),
                _ => sheet.write_string(row, place as u16, cell),
            };
            written.expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// A mapping by example of a table whose headings are none of ours, what it is called, and that table.
fn renamed((kind, number): (&str, i64), table: &str) -> (String, String, String) {
    let (header, rows) = table.split_once("\r\n").expect("a header");
    let name = format!("our-{kind}-{number}");
    let mut mapping =
        format!("name = \"{name}\"\ntitle = \"Our {kind}\"\n[sheet]\nkind = \"{kind}\"\n[columns]\n");
    let mut theirs = Vec::new();
    for (place, heading) in header.split(',').enumerate() {
        theirs.push(format!("Columna {place}"));
        mapping.push_str(&format!("{heading:?} = \"Columna {place}\"\n"));
    }
    (mapping, name, format!("{}\r\n{rows}", theirs.join(",")))
}

on_both_databases! {
    migrate: migrate;

    fn every_kind_is_imported_by_its_template(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (admin, officer, manager) = (&scene.admin, &scene.officer, &scene.manager);
        stated(&scene, admin, ("organizations", 3), "reference,name,country,donor,consignee\r\nHAINAN,Hainan Province,China,yes,no\r\n\
            BANJUL,City of Banjul,Gambia,no,yes\r\nWAHO,\"Health Organisation, West Africa\",BF,,\r\n");
        stated(&scene, manager, ("programmes", 1), "code,name,focus areas\r\nP-2020,Cities Project 2020,health; trade\r\n");
        stated(&scene, admin, ("items", 3), "code,name,base unit,category,sector,HS code,pack,base units per pack,standard,standard quantity,standard persons,standard days\r\n\
            GOWN,Gown,piece,protective,health,621010,box,10,consumable,1,1,1\r\nGOWN,,,,,,carton,100,,,,\r\nSOAP,Soap,piece,hygiene,wash,,,,,,,\r\n");
        stated(&scene, admin, ("kits", 2), "code,name,item,quantity\r\nHYGIENE,Hygiene kit,SOAP,5\r\nHYGIENE,,GOWN,1\r\n");
        stated(&scene, admin, ("sites", 2), "code,name,kind,country,latitude,longitude,operator\r\nPEK,Beijing store,warehouse,CN,,,HAINAN\r\n\
            BJL,Banjul,city,GM,13.4549,-16.579,BANJUL\r\n");
        stated(&scene, officer, ("pledges", 2), "reference,programme,donor,offered at,item,quantity,for country,value,currency\r\n\
            G-1,P-2020,HAINAN,2020-07-01,GOWN,1000,GM,1250.50,USD\r\nG-1,,,,SOAP,600,GM,,\r\n");
        stated(&scene, manager, ("events", 1), "reference,kind,occurred at,pledge\r\nA-1,pledge_accepted,2020-07-05,G-1\r\n");
        stated(&scene, officer, ("consignments", 1), "reference,programme,consignor,consignee,origin,destination,mode,from,to\r\n\
            W-1,P-2020,HAINAN,BANJUL,PEK,BJL,air,PEK,BJL\r\n");
        stated(&scene, officer, ("events", 4), "reference,kind,occurred at,pledge,consignment,leg,site,item,quantity\r\n\
            C-1,collected,2020-07-10,G-1,,,PEK,GOWN,1000\r\nC-1,,,,,,,SOAP,600\r\n\
            D-1,departed,2020-08-01,,W-1,1,,GOWN,400\r\nD-1,,,,,,,SOAP,500\r\n");
        stated(&scene, &scene.receiver, ("events", 2), "reference,kind,occurred at,consignment,final,item,good,damaged,line reason\r\n\
            R-1,received,2020-08-06,W-1,yes,GOWN,390,10,rain\r\nR-1,,,,,SOAP,500,,\r\n");
        stated(&scene, officer, ("counts", 1), "reference,site,counted at,item,counted\r\nN-1,PEK,2020-08-31,SOAP,100\r\n");
        stated(&scene, &scene.receiver, ("distributions", 2), "reference,site,handed over at,item,quantity,people\r\n\
            H-1,BJL,2020-09-01,SOAP,50,50\r\nH-1,,,GOWN,20,20\r\n");
        stated(&scene, officer, ("needs", 1), "Reference,Programme,Item,Site,Area,Organization,Quantity,Needed by,People,Priority,\
            Shelf life (days),Source,Note\r\nX-1,P-2020,GOWN,BJL,,,5000,2030-01-31,,,,form 12,\r\n");
        stated(&scene, admin, ("populations", 2), "area,group,year,source,source version,people\r\nGM-B,all,2024,COD-PS,2024-05,31301\r\n\
            GM,all,2024,COD-PS,2024-05,2700000\r\n");
        let items = officer.get("/api/v1/items?q=Gown").expect(200);
        assert_eq!(items["items"][0]["packs"].as_array().map(Vec::len), Some(2), "{items:#}");
        // What is imported says which import it was.
        scene.closes();
        scene.verifies();
    }

    fn a_table_with_other_headings_is_read_by_a_mapping(database: &TestDatabase) {
        let scene = Scene::new(database);
        let mapping = "name = \"our-articles\"\ntitle = \"Our list of articles\"\n[sheet]\nkind = \"items\"\n[columns]\n\
            code = \"Article no.\"\nname = \"Description\"\n\"storage class\" = \"Store\"\n[constants]\n\"base unit\" = \"piece\"\n\
            category = \"medical\"\n[words.\"storage class\"]\nFridge = \"refrigerated\"\n";
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": mapping}]})).expect(201);
        let table = "Article no.;Description;Store;Shelf\r\nV-1;Vaccine;Fridge;7\r\nV-2;Syringe;;9\r\n";
        let job = imported(&scene.admin, "mapping=our-articles", table);
        assert_eq!(counts(&job), (2, 0, 0), "{job:#}");
        assert!(job["mapping"].as_str().is_some_and(|name| name.starts_with("our-articles@")), "{job:#}");
        let found = scene.officer.get("/api/v1/items?q=Vaccine").expect(200);
        assert_eq!(found["items"][0]["storage_class"], "refrigerated");

        let wrong = mapping.replace("code = \"Article", "cod = \"Article");
        let words = scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": wrong}]})).refused("invalid", &["/rows/0/text"]);
        assert!(words.contains("is no heading of items"), "{words}");
        // By our own template an unknown column is a mistake.
        let strange = imported(&scene.admin, "kind=items", table);
        assert_eq!(strange["state"], "failed");
        assert!(strange["problem"].as_str().is_some_and(|words| words.contains("has no column")), "{strange:#}");
        // What was only tried, and failed, is not recorded: nobody saw what would become of its rows.
        let tried = imported(&scene.admin, "kind=items&dry_run=true", table);
        let run = format!("{PATH}/{}/run", tried["id"].as_str().expect("an id"));
        scene.admin.post(&run, &json!({})).refused("wrong_state", &[]);
        assert_eq!(ended(&scene.admin, &tried["id"])["dry_run"], true);
    }

    fn templates_come_with_instructions_and_read_as_they_are(database: &TestDatabase) {
        let scene = Scene::new(database);
        for kind in SheetKind::ALL.into_iter().filter(|kind| *kind != SheetKind::Boundaries).map(SheetKind::word) {
            let csv = scene.officer.get(&format!("{PATH}/templates/{kind}.csv"));
            assert_eq!(csv.status, 200, "{}", csv.text);
            assert!(csv.text.starts_with("# ReliefLedger") && csv.text.contains("(needed)"), "{}", csv.text);
            // Both have the same headings, and tell of each.
            let headings = template(&scene.officer, kind);
            assert_eq!(csv.text.lines().last(), Some(headings.join(",").as_str()));
            let is_told = |heading: &String| csv.text.contains(&format!("\n# {heading}"));
            assert!(headings.iter().all(is_told), "{kind}: {}", csv.text);
        }
        let text = scene.officer.get(&format!("{PATH}/templates/organizations.csv")).text;
        let filled = format!("{text}WAHO,West African Health Organisation,BF,no,no,yes,no,yes,always\r\n");
        assert_eq!(counts(&imported(&scene.admin, "kind=organizations", &filled)), (1, 0, 0));
        let needs = scene.officer.get(&format!("{PATH}/templates/needs.csv")).text;
        let filled = format!("{needs}N-1,CITIES,MASK,,GM,,500,2030-01-01,,high,,form 1,\r\n");
        let job = imported(&scene.officer, "kind=needs", &filled);
        assert_eq!(counts(&job), (1, 0, 0), "{job:#} {:#?}", rows(&scene.officer, &job));
        let borders = scene.officer.get(&format!("{PATH}/templates/boundaries.csv")).text;
        assert!(borders.contains("GeoJSON"), "{borders}");
        let borders = scene.officer.get(&format!("{PATH}/templates/boundaries.xlsx")).bytes;
        let mut borders: Xlsx<_> = Xlsx::new(Cursor::new(borders)).expect("a workbook");
        assert!(cells(&mut borders, "Instructions").concat().concat().contains("GeoJSON"));
        scene.officer.get(&format!("{PATH}/templates/items.doc")).refused("invalid", &["/file"]);
        scene.officer.get(&format!("{PATH}/templates/cars.csv")).refused("invalid", &["/file"]);
    }

    fn names_that_are_not_known_refuse_their_row_and_no_other(database: &TestDatabase) {
        let scene = Scene::new(database);
        scene.organization("Hainan", "CN");
        let table = "reference,programme,kind,offered at,item,quantity\r\nG-1,CITIES,unsolicited,2020-07-01,GLOVES,5\r\n\
            G-2,CITIES,unsolicited,2020-07-01,MASK,5\r\nG-2,,,,MASK,0\r\nG-3,CITIES,unsolicited,2020-07-01,MASK,7\r\n";
        let job = imported(&scene.officer, "kind=pledges", table);
        assert_eq!(counts(&job), (1, 0, 3), "{job:#}");
        let rows = rows(&scene.officer, &job);
        assert_eq!(rows[0]["reasons"][0]["pointer"], "/lines/0/item");
        assert_eq!(rows[2]["reasons"][0]["pointer"], "/lines/1/quantity", "{:#}", rows[2]);
        assert!(rows[1]["reasons"][0]["words"].to_string().contains("row 4"), "{:#}", rows[1]);

        // More rows than one update may have are refused together, and not in parts.
        let many = format!("{}{}", table.lines().next().expect("a header"), "\r\nG-9,CITIES,unsolicited,2020-07-01,MASK,1".repeat(501));
        let job = imported(&scene.officer, "kind=pledges", &many);
        assert_eq!(counts(&job), (0, 0, 501), "{job:#}");

        // An officer of one organization states nothing of another's.
        let own = scene.organization("City of Banjul", "GM");
        let own = own.parse().expect("an id");
        let bound = scene.house.login_bound(relief_ledger::auth::Role::Officer, Some(own), None);
        let waybill = "reference,kind,occurred at,consignment\r\nZ-1,arrived,2020-08-01,W-9\r\n";
        let job = imported(&bound, "kind=events", waybill);
        assert_eq!(counts(&job), (0, 0, 1), "{job:#}");
        sends(&bound, "mapping=relief", "x").refused("forbidden", &[]);
    }
}
