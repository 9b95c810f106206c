//! Stories of files as people keep them: what an import reads out of them, what it refuses, and in which words.

use diesel::RunQueryDsl;
use relief_ledger::db::{CountRow, connect};
use relief_ledger::exchange::import::Imported;
use relief_ledger::exchange::mapping::Mapping;
use relief_ledger::exchange::plan::Plan;
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::json;

use super::masks::{mapping, planned, reasons, recorded, rejections};
use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};
use crate::totals::ask;

const MAPPING: &str = mapping!(
    r#"
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
"#,
    r#"
[item]
reference = "{Item}"
name = "{Item}"
base_unit = "piece"
[line]
quantity = "Boxes"
value = "Value"
currency = "USD"
"#,
    r#"leg = [{ from = "start", to = "end", mode = "road" }]"#,
    ""
);

const COLUMNS: [&str; 10] =
    ["ID", "Gift", "Waybill", "Donor", "City", "Country", "Item", "Boxes", "Value", "Delivered"];

/// A table of these rows.
fn file(rows: &str) -> Vec<u8> {
    format!("{}\n{rows}", COLUMNS.join(",")).into_bytes()
}

fn record(database: &TestDatabase, mapping: &str, rows: &str) -> Imported {
    record_file(database, mapping, file(rows))
}

fn record_file(database: &TestDatabase, mapping: &str, bytes: Vec<u8>) -> Imported {
    recorded(database.url(), &planned(mapping, bytes))
}

fn execute(database: &TestDatabase, sql: &str) {
    diesel::sql_query(sql).execute(&mut connect(database.url()).unwrap()).unwrap();
}

const TWO_ROWS: &str = "1,G1,W1,Shenzhen,Banjul,Gambia,mask,1000,,2020-08-06\n\
                        2,G1,W2,Shenzhen,Koidu,Sierra Leone,mask,200,,2020-08-07\n";

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

#[test]
fn a_stray_quote_costs_its_own_row_and_no_other() {
    let row = |id: u32| format!("{id},G{id},W{id},Shenzhen,Banjul,Gambia,mask,1000,,2020-08-06");
    let text = |ending: &str, spoil: &dyn Fn(u32, String) -> String| {
        let rows: Vec<String> = (1..=20).map(|id| spoil(id, row(id))).collect();
        format!("{}{ending}{}{ending}", COLUMNS.join(","), rows.join(ending)).into_bytes()
    };
    let spoils: [(&str, Vec<u32>); 4] = [
        ("Shenzhen,Banjul", vec![3]),
        ("3,G", vec![3]),
        ("2020-08-06", vec![3]),
        ("Shenzhen,Banjul", vec![3, 11, 12]),
    ];
    for ending in ["\n", "\r\n"] {
        for (at, rows) in &spoils {
            let spoil = |id: u32, row: String| match rows.contains(&id) {
                true => row.replacen(at, &format!("\"{at}"), 1),
                false => row,
            };
            let plan = planned(MAPPING, text(ending, &spoil));
            let rejected: Vec<u32> = plan.problems().map(|problem| problem.row - 1).collect();
            let expected: Vec<u32> =
                rows.iter().copied().filter(|id| spoil(*id, row(*id)) != row(*id)).collect();
            assert_eq!((plan.rows.len(), &rejected), (20, &expected), "{at}: {:?}", reasons(&plan));
            assert_eq!(plan.rows.last().unwrap().number, 21);
        }
    }
    let plan = planned(
        MAPPING,
        text("\n", &|id, row| if id == 3 { row.replace("Banjul", "\"Banjul") } else { row }),
    );
    let reason = &reasons(&plan)[0];
    assert!(reason.contains("row 4") && reason.contains("to line 21 of the file"), "{reason}");
    // A cell with line breaks inside is one row, as ever.
    let whole = planned(MAPPING, text("\n", &|_, row| row.replace("Banjul", "\"Banjul\nby the sea\"")));
    assert_eq!((whole.rows.len(), reasons(&whole)), (20, Vec::new()));
}

#[test]
fn a_file_full_of_stray_quotes_is_read_in_reasonable_time() {
    let started = std::time::Instant::now();
    let mut text = COLUMNS.join(",");
    for _ in 0..100_000 {
        text.push_str("\n1,\"2\",\"");
    }
    let plan = planned(MAPPING, text.into_bytes());
    assert!(plan.rows.len() > 1);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

fn refused(from: &str, to: &str) -> String {
    assert!(MAPPING.contains(from), "{from}");
    Mapping::parse(&MAPPING.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_mapping_whose_every_row_would_fail_is_refused() {
    let accepted =
        "[[event]]\nkind = \"accepted\"\noccurred = [\"Delivered\"]\nwhen_rows_differ = \"earliest\"\n";
    let reason = refused(accepted, "");
    assert!(reason.contains("accepted") && reason.contains("inferred"), "{reason}");
    let reason = refused("[programme]\nreference = \"masks\"\nname = \"Masks\"\n", "");
    assert!(reason.contains("need [programme]"), "{reason}");
    let without_pledge = MAPPING.replace(accepted, "");
    let without_pledge = without_pledge.replace("[pledge]\nreference = \"{Gift}\"\ndonor = \"donor\"\n", "");
    let reason = Mapping::parse(&without_pledge).unwrap_err().to_string();
    assert!(reason.contains("needs [pledge]"), "{reason}");
}

/// The mapping and the table of the guide.
fn guide() -> (&'static str, &'static str) {
    let guide = include_str!("../../../docs/import.md");
    let block = |kind: &str| {
        guide.split(kind).nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_else(|| panic!("{kind}"))
    };
    (block("```toml\n"), block("```csv\n"))
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

    fn the_example_of_the_guide_is_imported_as_it_stands(database: &TestDatabase) {
        let (mapping, table) = guide();
        let imported = record_file(database, mapping, table.as_bytes().to_vec());
        assert_eq!(rejections(&imported), Vec::<String>::new());
        let counts = imported.counts;
        assert_eq!((counts.created, counts.skipped), (3, 1));
        let answer = ask(database, "group_by=item");
        let of = |place: usize| (&answer["rows"][place]["item"]["code"], &answer["rows"][place]["delivered"]);
        assert_eq!(of(0), (&json!("gown"), &json!(2_000)));
        assert_eq!(of(1), (&json!("surgical mask"), &json!(12_000)));
        let again = record_file(database, mapping, table.as_bytes().to_vec());
        assert_eq!((again.counts.unchanged, again.counts.skipped), (3, 1));
    }

    fn a_consignment_received_in_parts_is_closed_by_the_last(database: &TestDatabase) {
        let key = "kind = \"received\"\nkey = \"{Waybill} {Delivered}\"\nfinal = true\n";
        let mapping = MAPPING.replace("kind = \"received\"\n", key);
        let rows = TWO_ROWS.replace("W2,Shenzhen,Koidu,Sierra Leone", "W1,Shenzhen,Banjul,Gambia");
        assert_eq!(rejections(&record(database, &mapping, &rows)), Vec::<String>::new());
        assert_eq!(ask(database, "group_by=item")["total"]["delivered"], 1_200);
        let closed = "SELECT CAST(COUNT(*) AS BIGINT) AS value FROM legs WHERE received_final";
        let found: CountRow =
            diesel::sql_query(closed).get_result(&mut connect(database.url()).unwrap()).unwrap();
        assert_eq!(found.value, 1);
    }

    fn what_people_wrote_is_not_overwritten_by_what_a_mapping_leaves_out(database: &TestDatabase) {
        record(database, MAPPING, TWO_ROWS);
        execute(database, "UPDATE items SET category = 'protective equipment'");
        let imported = record(database, MAPPING, TWO_ROWS);
        assert_eq!((imported.counts.unchanged, imported.counts.updated), (2, 0));
        let kept = "SELECT CAST(COUNT(*) AS BIGINT) AS value FROM items WHERE category = 'protective equipment'";
        let found: CountRow =
            diesel::sql_query(kept).get_result(&mut connect(database.url()).unwrap()).unwrap();
        assert_eq!(found.value, 1);
    }

    fn another_kind_of_site_or_content_of_a_pack_is_refused(database: &TestDatabase) {
        let packed = MAPPING.replace("base_unit = \"piece\"", "base_unit = \"piece\"\npack = { name = \"box\", base_units = \"Boxes\" }");
        assert_eq!(rejections(&record(database, &packed, TWO_ROWS.lines().next().unwrap())), Vec::<String>::new());
        let other = "3,G3,W3,Shenzhen,Banjul,Gambia,mask,10,,2020-08-06\n";
        let reason = rejections(&record(database, &packed, other)).join("\n");
        assert!(reason.contains("\"10\" differs from \"1000\""), "{reason}");
        let port = MAPPING.replace("kind = \"city\"", "kind = \"port\"");
        let reason = rejections(&record(database, &port, other)).join("\n");
        assert!(reason.contains("\"port\" differs from \"city\""), "{reason}");
    }

    fn further_facts_of_a_file_are_kept(database: &TestDatabase) {
        let described = MAPPING
            .replace("base_unit = \"piece\"", "base_unit = \"piece\"\nattributes = { brand = \"{Donor} best\" }")
            .replace("currency = \"USD\"", "currency = \"USD\"\nattributes = { made = \"{City} works\" }");
        assert_eq!(rejections(&record(database, &described, TWO_ROWS)), Vec::<String>::new());
        let words = "SELECT CAST(COUNT(*) AS BIGINT) AS value FROM facts WHERE words LIKE ";
        let count = |condition: &str| {
            let found: CountRow = diesel::sql_query(format!("{words}{condition}"))
                .get_result(&mut connect(database.url()).unwrap())
                .unwrap();
            found.value
        };
        assert_eq!(count("'{\"brand\":\"Shenzhen best\"}' AND kind = 'item'"), 1);
        assert_eq!(count("'{\"made\":\"Koidu works\"}' AND kind = 'pledge_line'"), 1);
        assert_eq!(record(database, &described, TWO_ROWS).counts.unchanged, 2);
        let other = described.replace("{City} works", "{City} factory");
        let imported = record(database, &other, TWO_ROWS);
        assert_eq!((imported.counts.updated, count("'%factory%'")), (2, 2));
        let keys = tempfile::tempdir().unwrap();
        let (_, report) = crate::verify::verify(database.url(), keys.path());
        assert_eq!(report["count"], 0, "{report:#}");
    }

    fn an_import_is_judged_like_the_interface(database: &TestDatabase) {
        let locode = MAPPING.replace("kind = \"city\"", "kind = \"city\"\nlocode = \"{Item}\"");
        let reasons = rejections(&record(database, &locode, TWO_ROWS));
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(reasons[0].contains("column \"Item\""), "{reasons:?}");
        let long = TWO_ROWS.replace("mask", &"m".repeat(201));
        let reasons = rejections(&record(database, MAPPING, &long));
        assert!(reasons[0].contains("201 characters") && reasons[0].contains("column \"Item\""), "{reasons:?}");
    }
}
