//! The Honduras response as it was published: 2,730 records, which say more people of two departments than live there.

use std::collections::BTreeMap;
use std::path::Path;

use relief_ledger::auth::Role;
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::headcounts::{HeadcountMapping, HeadcountsImported, read_headcounts};
use serde_json::{Value, json};

use crate::support::ledger::Ledger;
use crate::support::server::{Server, migrate};
use crate::support::{on_both_databases, real_file};

const MAPPING: &str = "hxl-345w-honduras";

fn imported(url: &str, table: &Path) -> HeadcountsImported {
    let mapping = HeadcountMapping::find(MAPPING).expect("it is understood").expect("it is built in");
    let read = read_headcounts(table, mapping).expect("the table is read");
    let writer = Ledger::start(url);
    let told = read.import(&mut Recorder::Writer(writer.clone()), &mut |_, _| {}).expect("it is recorded");
    writer.stop();
    told
}

/// Departments and their population as OCHA's table has them.
fn departments(table: &Path) -> BTreeMap<String, i64> {
    let mut reader = csv::Reader::from_path(table).expect("the populations are read");
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.filter(|row| &row[0] == "HN" && &row[3] == "1")
        .map(|row| (row[4].to_owned(), row[10].parse().expect("a number")))
        .collect()
}

/// A table small enough to be read by eye, with every trap of the large one.
const SMALL: &str = "ID,ORGANIZACIÓN,Code,PCODE1,SECTOR,ESTADO,FECHA DE INICIO,FECHA DE FINALIZACIÓN,FECHA DE REPORTE,PERSONAS\n\
,#org +name,#adm0 +code,#adm1 +pcode,#sector +name,,,,,#reached +total\n\
1,WVI,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,700\n\
2,PMA,HN,HN10,Salud,Planeada,01/12/2020,31/12/2020,01/01/2021,50\n\
3,PMA,HN,HN00,Salud,,01/12/2020,31/12/2020,01/01/2021,40\n\
4,PMA,HN,HN10,Salud,Finalizada,01/12/2020,01/01/1970,01/01/2021,5\n\
5,PMA,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,many\n\
5,PMA,HN,Intibuca,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,1\n\
1,PMA,HN,HN10,Salud,Finalizada,01/12/2020,31/12/2020,01/01/2021,1\n";

on_both_databases! {
    migrate: migrate;

    fn a_table_with_tags_is_read_by_them_and_each_row_that_cannot_be_is_told(database: &TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let table = folder.path().join("small.csv");
        std::fs::write(&table, SMALL).expect("it is written");
        let told = imported(database.url(), &table);
        assert_eq!((told.stated, told.unchanged), (4, 0), "{told:#?}");
        assert_eq!(told.plain, BTreeMap::from([("planned", (1, 50)), ("verified", (3, 745))]));
        let refused: Vec<u32> = told.rejected.iter().map(|one| one.row).collect();
        assert_eq!(refused, [7, 8, 9]);
        for (one, words) in told.rejected.iter().zip(["many", "Intibuca", "row 3 already"]) {
            assert!(one.reason.contains(words), "{one:?}");
        }
        let again = imported(database.url(), &table);
        assert_eq!((again.stated, again.unchanged), (0, 4));
        let server = Server::start(database);
        let auditor = server.login_as(Role::Auditor);
        let reach = auditor.get("/api/v1/reach?area=HN").expect(200);
        assert_eq!(reach["headcounts"]["unplaced"], json!({"records": 1, "people": 40}));
        let listed = auditor.get("/api/v1/headcounts?country=HN&status=verified").expect(200);
        let days: Vec<_> = listed["items"].as_array().expect("rows").iter().map(|row| (&row["from"], &row["to"], &row["unplaced"])).collect();
        assert_eq!(days[2], (&json!("2021-01-01"), &json!("2021-01-01"), &json!(false)), "the day of the report stands in");
        assert_eq!(days[1].2, &json!(true));
    }

    fn no_department_of_honduras_has_more_people_reached_than_living_there(database: &TestDatabase) {
        let (Some(table), Some(populations)) =
            (real_file("hdx-whowhatwhere_345_honduras.csv"), real_file("cod-ps-subnational.csv")) else { return };
        let told = imported(database.url(), &table);
        assert_eq!((told.stated, told.rejected.len()), (2_730, 0), "{:#?}", told.rejected.first());
        assert_eq!(told.plain["planned"], (120, 60_649));
        assert_eq!(told.plain.values().map(|(_, people)| people).sum::<i64>(), 4_027_200, "the naive sum");
        let departments = departments(&populations);
        assert_eq!(departments.len(), 18);
        let server = Server::start(database);
        let (manager, auditor) = (server.login_as(Role::Manager), server.login_as(Role::Auditor));
        let rows: Vec<Value> = departments.iter().map(|(area, people)| json!({"area": area, "group": "all", "year": 2020,
            "source": "COD-PS", "source_version": "subnational", "people": people})).collect();
        manager.post("/api/v1/populations", &json!({"rows": rows})).expect(201);
        let reach = auditor.get("/api/v1/reach?area=HN&group_by=area").expect(200);
        let rows = reach["rows"].as_array().expect("rows");
        let number = |row: &Value, name: &str| row[name].as_i64().unwrap_or_else(|| panic!("{name}: {row:#}"));
        for row in rows.iter().filter(|row| row["area"] != "HN") {
            let population = departments[row["area"].as_str().expect("a code")];
            assert_eq!(number(row, "population"), population);
            assert!(number(row, "high") <= population, "{row:#}");
        }
        // The list says nothing of the country itself, so that another source caps that, and both are named.
        let used: Vec<[&Value; 3]> = reach["populations"].as_array().expect("populations").iter()
            .map(|used| [&used["area"], &used["source"], &used["leaf_level"]])
            .collect();
        assert_eq!(used.len(), 2, "{used:?}");
        assert_eq!((used[0][0], used[0][2]), (&json!("HN"), &json!("area_1")));
        assert_eq!((used[1][0], used[1][2]), (&json!("HN"), &Value::Null));
        assert_ne!(used[0][1], used[1][1]);
        // The plain sums of these two are above their populations, so theirs are capped and say so.
        for (area, sum) in [("HN10", 650_724), ("HN13", 422_381)] {
            assert!(sum > departments[area]);
            let row = rows.iter().find(|row| row["area"] == area).expect("a row");
            assert!(number(&row["cut_off"], "high") > 0, "{row:#}");
        }
        assert_eq!(reach["headcounts"]["planned"], json!({"records": 120, "people": 60_649}));
        assert_eq!(number(&reach["headcounts"]["verified"], "people"), 4_027_200 - 60_649);
        assert_eq!(reach["headcounts"]["unplaced"]["people"], 1_282_903);
        let flags = reach["reached"]["flags"].as_array().expect("flags");
        assert!(flags.iter().any(|flag| flag["flag"] == "unplaced"), "{flags:#?}");
        assert!(number(&reach["reached"], "best") < 4_027_200 - 60_649);
    }
}
