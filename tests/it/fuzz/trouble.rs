//! Tables that were made to be too much: they are refused with what is too much, or read without what was meant to happen.

use relief_ledger::exchange::table::{
    MAX_CELL_CHARACTERS, MAX_COLUMNS, RowProblem, Table, TableError, TableOptions,
};
use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::tables::{part_of, with_part};
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::migrate;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn read(bytes: Vec<u8>) -> Result<Table, TableError> {
    Table::from_bytes(bytes, &TableOptions::default())
}

/// All that stands in a table, as one text.
fn told(table: &Table) -> String {
    let mut told = table.header().join("|");
    for row in table.rows().map_while(Result::ok) {
        (0..row.cell_count()).for_each(|cell| told.push_str(row.cell(cell)));
    }
    told
}

#[test]
fn a_thousand_columns_are_refused_with_how_many_may_be() {
    let wide: Vec<String> = (0..=MAX_COLUMNS).map(|column| format!("c{column}")).collect();
    let text = format!("{}\n1\n", wide.join(","));
    assert!(matches!(read(text.into_bytes()), Err(TableError::TooManyColumns { .. })));
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in wide.iter().enumerate() {
        sheet.write(0, column as u16, name.as_str()).expect("a cell");
    }
    let refused = read(workbook.save_to_buffer().expect("a workbook")).expect_err("too many");
    assert!(refused.to_string().contains(&MAX_COLUMNS.to_string()), "{refused}");
    // One less is a table.
    assert!(read(format!("{}\n1\n", wide[1..].join(",")).into_bytes()).is_ok());
}

#[test]
fn a_cell_of_megabytes_costs_its_row_or_its_workbook() {
    let large = "x".repeat(3_000_000);
    let table = read(format!("ID,Note\n1,{large}\n2,fine\n").into_bytes()).expect("a table");
    let problems: Vec<bool> = table.rows().map(|row| row.expect("a row").problem.is_some()).collect();
    assert_eq!(problems, [true, false], "and takes no other with it");
    let problem = table.rows().find_map(|row| row.ok()?.problem);
    assert!(matches!(problem, Some(RowProblem::CellTooLong { limit: MAX_CELL_CHARACTERS })), "{problem:?}");
    let strings = String::from_utf8(part_of("xl/sharedStrings.xml")).expect("XML");
    let strings = strings.replace("Gloves", &large);
    let refused = read(with_part("xl/sharedStrings.xml", strings.as_bytes()));
    assert!(matches!(refused, Err(TableError::CellTooLong { .. })), "{:?}", refused.map(|_| ()));
}

/// A workbook of which a part defines entities, and uses one.
fn with_entities(definition: &str, word: &str) -> Result<Table, TableError> {
    let strings = String::from_utf8(part_of("xl/sharedStrings.xml")).expect("XML");
    let head = strings.find("<sst").expect("strings");
    let defined = format!("{}{definition}{}", &strings[..head], strings[head..].replace("Gloves", word));
    read(with_part("xl/sharedStrings.xml", defined.as_bytes()))
}

#[test]
fn a_cell_where_no_sheet_has_one_is_refused_and_not_read_as_another() {
    let sheet = String::from_utf8(part_of("xl/worksheets/sheet1.xml")).expect("XML");
    let with = |place: &str| {
        let moved = sheet.replacen("r=\"B2\"", &format!("r=\"{place}\""), 1);
        assert!(place == "B2" || moved != sheet);
        read(with_part("xl/worksheets/sheet1.xml", moved.as_bytes()))
    };
    for place in ["AAAAAAAA2", "B99999999999"] {
        let refused = with(place).map(|_| ()).expect_err("it is refused");
        assert!(matches!(refused, TableError::BadWorkbook { .. }), "{place}: {refused}");
    }
    assert!(told(&with("B2").expect("a table")).contains("surgical"));
}

#[test]
fn no_entity_of_a_workbook_is_followed() {
    // Ten times ten times ten … of a word.
    let mut laughs = String::from("<!DOCTYPE sst [<!ENTITY a0 \"laugh\">");
    for level in 1..10 {
        let ten = format!("&a{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY a{level} \"{ten}\">"));
    }
    laughs.push_str("]>");
    let file = "<!DOCTYPE sst [<!ENTITY passwd SYSTEM \"file:///etc/passwd\">]>";
    for (definition, word) in [(laughs.as_str(), "&a9;"), (file, "&passwd;")] {
        let hidden = format!("<!-- a comment --><?a b?>\n{definition}");
        for definition in [definition, &hidden, &format!("<!-->{definition}<!-- -->")] {
            let refused = with_entities(definition, word).map(|_| ()).expect_err("it is refused");
            assert!(matches!(refused, TableError::BadWorkbook { .. }), "{refused}");
        }
    }
    // Without a definition a word stands for nothing: it is refused, or read as it is written.
    let told_of = with_entities("", "&passwd;").map(|table| told(&table));
    assert!(!told_of.is_ok_and(|told| told.contains("root:")));
    assert!(with_entities("<!-- a comment --><?a b?>", "Gloves").is_ok());
    // What XML itself defines is read.
    assert!(told(&with_entities("", "Gloves &amp; gowns").expect("a table")).contains("Gloves & gowns"));
}

#[test]
fn a_workbook_that_unpacks_without_end_is_refused_before_anything_is_kept() {
    // It takes seconds to unpack what is refused, so that this is among the long ones.
    if std::env::var_os("RELIEF_LONG").is_none() {
        return;
    }
    let bomb = vec![b' '; 700 * 1_024 * 1_024];
    let packed = with_part("xl/styles.xml", &bomb);
    assert!(packed.len() < 8 * 1_024 * 1_024, "{} bytes", packed.len());
    assert!(matches!(read(packed), Err(TableError::UnpacksTooLarge { .. })));
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_at_every_door_it_can_be_sent_to() {
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    let (donor, store) = (scene.organization("Hainan", "CN"), scene.site("Beijing", "warehouse", "CN"));
    scene.in_store(&donor, &store, 100);
    let sheet = scene.officer.post("/api/v1/count-sheets", &json!({"site": store})).expect(201);
    let sheet = sheet["id"].as_str().expect("an id");
    // Blanks behind what it says: nothing else is wrong with it.
    let styles = [part_of("xl/styles.xml"), vec![b' '; 17 * 1_024 * 1_024]].concat();
    let packed = with_part("xl/styles.xml", &styles);
    assert!(packed.len() < 1_024 * 1_024, "{} bytes", packed.len());
    for door in [
        format!("/api/v1/readings/table?device=L-1&site={store}&item={}", scene.masks),
        format!("/api/v1/count-sheets/{sheet}/table"),
        "/api/v1/needs/import?mapping=needs&dry_run=true".to_owned(),
    ] {
        let refused = scene.officer.upload(&door, XLSX, &packed);
        let is_told = refused.text.contains("unpacks to more than 16777216 bytes");
        assert!(
            (400..500).contains(&refused.status) && is_told,
            "{door}: {} {}",
            refused.status,
            refused.text
        );
    }
    // The twin: by the limits of whoever holds the machine it is a table, and small enough to be sent.
    assert!(read(packed).is_ok());
}
