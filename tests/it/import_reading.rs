//! Stories of files as people keep them: what an import reads out of them, what it refuses, and in which words.

use diesel::RunQueryDsl;
use relief_ledger::db::connect;
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::import::{Imported, import};
use relief_ledger::exchange::mapping::Mapping;
use relief_ledger::exchange::plan::Plan;
use relief_ledger::exchange::planner::plan;
use relief_ledger::exchange::table::{Table, TableOptions};
use relief_ledger::exchange::verdict::RowOutcome;
use relief_ledger::writer::{Source, Writer, WriterSettings};
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::json;

use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};
use crate::totals::ask;

/// A mapping with every section an import needs.
const MAPPING: &str = r#"
name = "masks"
title = "Mask deliveries"
[formats]
numbers = { decimal = ",", thousands = "." }
[row]
key = "{ID}"
[columns."Boxes"]
type = "integer"
[columns."Value"]
type = "money"
[columns."Delivered"]
type = "date"
[programme]
reference = "masks"
name = "Masks"
[[organization]]
as = "donor"
reference = "donor:{Donor}"
name = "{Donor}"
roles = ["donor", "consignor"]
[[organization]]
as = "city"
reference = "city:{City}"
name = "City of {City}"
roles = ["consignee"]
country = "{Country}"
[[site]]
as = "start"
kind = "warehouse"
reference = "start"
name = "Warehouse"
[[site]]
as = "end"
kind = "city"
reference = "end:{City}"
name = "{City}"
country = "{Country}"
[item]
reference = "{Item}"
name = "{Item}"
base_unit = "piece"
[line]
quantity = "Boxes"
value = "Value"
currency = "USD"
[pledge]
reference = "{Gift}"
donor = "donor"
[consignment]
reference = "{Waybill}"
consignor = "donor"
consignee = "city"
country = "{Country}"
leg = [{ from = "start", to = "end", mode = "road" }]
[[event]]
kind = "accepted"
occurred = ["Delivered"]
when_rows_differ = "earliest"
[[event]]
kind = "received"
occurred = ["Delivered"]
"#;

const COLUMNS: [&str; 10] =
    ["ID", "Gift", "Waybill", "Donor", "City", "Country", "Item", "Boxes", "Value", "Delivered"];

fn planned(mapping: &str, bytes: Vec<u8>) -> Plan {
    let table = Table::from_bytes(bytes, &TableOptions::default()).unwrap();
    let country_of =
        |name: &str| relief_ledger::atlas::find_country(name).ok().map(|code| code.as_str().to_owned());
    plan(&table, &Mapping::parse(mapping).unwrap(), &country_of).unwrap()
}

/// A table of these rows.
fn file(rows: &str) -> Vec<u8> {
    format!("{}\n{rows}", COLUMNS.join(",")).into_bytes()
}

fn record(database: &TestDatabase, mapping: &str, rows: &str) -> Imported {
    let settings = WriterSettings {
        url: database.url().to_owned(),
        wake: None,
        one_by_one: false,
        source: Source::Machine,
    };
    let writer = Writer::start(settings).unwrap();
    let plan = planned(mapping, file(rows));
    let imported = import(&plan, &mut Recorder::Writer(writer.clone()), &mut |_, _| {}).unwrap();
    writer.stop();
    imported
}

/// Every reason a row was rejected for, as it is printed.
fn rejections(imported: &Imported) -> Vec<String> {
    let problems = imported.verdicts.iter().filter_map(|verdict| match &verdict.outcome {
        RowOutcome::Rejected { problems } => Some(problems),
        RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => None,
    });
    problems.flatten().map(ToString::to_string).collect()
}

fn execute(database: &TestDatabase, sql: &str) {
    diesel::sql_query(sql).execute(&mut connect(database.url()).unwrap()).unwrap();
}

const TWO_ROWS: &str = "1,G1,W1,Shenzhen,Banjul,Gambia,mask,1000,,2020-08-06\n\
                        2,G1,W2,Shenzhen,Koidu,Sierra Leone,mask,200,,2020-08-07\n";

fn reasons(plan: &Plan) -> Vec<String> {
    plan.problems().map(ToString::to_string).collect()
}

/// A workbook of one row, whose value is written into its cell by `value`.
fn workbook(value: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let row = ["1", "G1", "W1", "Shenzhen", "Banjul", "Gambia", "mask", "1.000", "", "2020-08-06"];
    for (column, (name, cell)) in COLUMNS.into_iter().zip(row).enumerate() {
        sheet.write(0, column as u16, name).unwrap();
        sheet.write(1, column as u16, cell).unwrap();
    }
    value(sheet);
    workbook.save_to_buffer().unwrap()
}

fn value_of(plan: &Plan) -> i64 {
    assert_eq!(reasons(plan), Vec::<String>::new());
    plan.pledges[0].lines[0].value.as_ref().unwrap().minor
}

#[test]
fn a_number_of_a_workbook_is_no_text_with_thousands_signs() {
    let as_number = planned(MAPPING, workbook(|sheet| assert!(sheet.write(1, 8, 1.23).is_ok())));
    assert_eq!(value_of(&as_number), 123);
    // The text of the row's quantity is still read as the table writes its texts.
    assert_eq!(as_number.pledges[0].lines[0].quantity, 1_000);
    let as_text = planned(MAPPING, workbook(|sheet| assert!(sheet.write(1, 8, "1.234").is_ok())));
    assert_eq!(value_of(&as_text), 123_400);
}

#[test]
fn a_computed_cell_is_what_the_spreadsheet_shows() {
    for (formula, result, minor) in [
        ("=0.1*3", "0.30000000000000004", 30),
        ("=1.1*1.1*100", "121.00000000000001", 12_100),
        ("=4.35*100", "434.99999999999994", 43_500),
        ("=2^53", "9007199254740992", i64::MAX),
    ] {
        let formula = Formula::new(formula).set_result(result);
        let plan = planned(MAPPING, workbook(|sheet| assert!(sheet.write(1, 8, formula).is_ok())));
        if minor == i64::MAX {
            assert!(reasons(&plan)[0].contains("9007199254740992"), "{:?}", reasons(&plan));
        } else {
            assert_eq!(value_of(&plan), minor, "{result}");
        }
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_place_whose_country_is_not_stated_counts_for_no_country(database: &TestDatabase) {
        let without = MAPPING.replace("name = \"{City}\"\ncountry = \"{Country}\"", "name = \"{City}\"");
        assert_ne!(without, MAPPING);
        let imported = record(database, &without, TWO_ROWS);
        assert_eq!(rejections(&imported), Vec::<String>::new());
        let by_country = ask(database, "group_by=country");
        assert_eq!(by_country["countries"], 0);
        let rows = by_country["rows"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["country"] == json!({"name": "not stated", "code": "ZZ"})), "{rows:?}");
        assert_eq!(ask(database, "group_by=item")["countries"], 0);
        let stated = MAPPING.replace("name = \"masks\"", "name = \"others\"").replace("end:{City}", "place:{City}");
        let others = TWO_ROWS.replace("G1", "G2").replace("W1", "W3").replace("W2", "W4");
        let programme = stated.replace("reference = \"masks\"", "reference = \"others\"");
        assert_eq!(rejections(&record(database, &programme, &others)), Vec::<String>::new());
        for query in ["group_by=country", "group_by=item", "group_by=country,month", "group_by=country&place=for"] {
            assert_eq!(ask(database, query)["countries"], 2, "{query}");
        }
    }

    fn totals_say_where_invented_data_are_among_them(database: &TestDatabase) {
        record(database, MAPPING, TWO_ROWS);
        for query in ["group_by=item", "group_by=programme"] {
            assert_eq!(ask(database, query)["synthetic"], false, "{query}");
        }
        execute(database, "UPDATE programmes SET synthetic = TRUE");
        for query in ["group_by=item", "group_by=country,month", "group_by=item&country=GM", "group_by=programme"] {
            assert_eq!(ask(database, query)["synthetic"], true, "{query}");
        }
        assert_eq!(ask(database, "group_by=item&country=CN")["synthetic"], false);
        assert_eq!(ask(database, "group_by=programme")["rows"][0]["synthetic"], true);
        assert_eq!(ask(database, "group_by=item")["rows"][0].get("synthetic"), None);
    }
}
