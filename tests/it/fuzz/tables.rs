//! Tables and what says how to read them: CSV, workbooks, NDJSON, HXL, mappings, boundaries, dates, numbers.

use std::io::{Cursor, Read as _, Write as _};

use relief_ledger::atlas::{AreaVersion, AskedShape, BoundaryColumns, parse_boundaries};
use relief_ledger::exchange::dates::{DateFormat, iso_formats, parse_date};
use relief_ledger::exchange::headcounts::{HeadcountMapping, read_headcount_table};
use relief_ledger::exchange::import::read;
use relief_ledger::exchange::mapping::Mapping;
use relief_ledger::exchange::records::read::{RecordMapping, read_records};
use relief_ledger::exchange::table::{Table, TableOptions};
use relief_ledger::exchange::value::{
    NumberStyle, WeightUnit, parse_decimal, parse_integer, parse_money, parse_weight,
};
use rust_xlsxwriter::Workbook;

use super::{Reader, none_stops, seen};

const CSV: &str = "ID,Item,\"Quantity, pieces\",Day\n1,\"Masks, surgical\",12000,2020-08-06\n2,\"a \"\"b\"\"\",-5,06.08.2020\n";

/// Whether a table is read to its end, every cell of it.
fn is_read(bytes: &[u8]) -> bool {
    let Ok(table) = Table::from_bytes(bytes.to_vec(), &TableOptions::default()) else { return false };
    table.rows().all(|row| {
        row.is_ok_and(|row| {
            (0..=row.cell_count()).for_each(|cell| seen((row.cell(cell).len(), row.is_number(cell))));
            row.problem.is_none()
        })
    })
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in [["ID", "Item"], ["1", "Masks, surgical"], ["2", "Gloves"]].iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write(row as u32, column as u16, *cell).expect("a cell");
        }
    }
    sheet.write(1, 2, 12_000.5).expect("a number");
    sheet.write(2, 2, 7).expect("a number");
    sheet.write(0, 2, "Quantity").expect("a heading");
    workbook.save_to_buffer().expect("a workbook")
}

/// The part of the workbook of this name.
pub fn part_of(name: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(workbook())).expect("a zip");
    let mut part = Vec::new();
    zip.by_name(name).expect("the part").read_to_end(&mut part).expect("its bytes");
    part
}

/// The workbook with another such part: what is changed within a zip is refused by its sums before anybody reads it.
pub fn with_part(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(workbook())).expect("a zip");
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..zip.len() {
        let mut part = zip.by_index(at).expect("a part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("its bytes");
        let own = part.name().expect("a name").into_owned();
        out.start_file(own.as_str(), zip::write::SimpleFileOptions::default()).expect("a part");
        out.write_all(if own == name { content } else { &bytes }).expect("its bytes");
    }
    out.finish().expect("a zip").into_inner()
}

fn version() -> AreaVersion {
    AreaVersion {
        name: "fed".into(),
        level: 1,
        valid_from: None,
        valid_to: None,
        source: "nobody".into(),
        attribution: "".into(),
    }
}

fn utf_16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn no_table_of_text_stops_what_reads_it() {
    let samples = vec![
        CSV.as_bytes().to_vec(),
        CSV.replace(',', ";").into_bytes(),
        CSV.replace(',', "\t").into_bytes(),
        utf_16(CSV),
        b"ID;Ville;Quantit\xe9\r\n1;Bamako;5\r\n".to_vec(),
        b"\xef\xbb\xbfID,Lot\n#item+id,#item+lot\n1,A\n".to_vec(),
    ];
    none_stops(&[Reader::new("table of text", samples, is_read)]);
}

#[test]
fn no_workbook_stops_what_reads_it_nor_any_part_of_one() {
    let mut readers = vec![Reader::new("workbook", vec![workbook()], is_read)];
    for part in [
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
        "[Content_Types].xml",
    ] {
        readers
            .push(Reader::new(part, vec![part_of(part)], move |content| is_read(&with_part(part, content))));
    }
    none_stops(&readers);
}

#[test]
fn no_mapping_stops_what_reads_it() {
    let scms = include_str!("../../../mappings/scms.toml");
    let needs = include_str!("../../../mappings/needs.toml");
    let people = include_str!("../../../mappings/hxl-345w-honduras.toml");
    none_stops(&[
        Reader::of_text("mapping", &[scms], |text| Mapping::parse(text).is_ok()),
        Reader::of_text("mapping of needs", &[needs], |text| Mapping::parse(text).is_ok()),
        Reader::of_text("mapping of headcounts", &[people], |text| HeadcountMapping::parse(text).is_ok()),
    ]);
}

#[test]
fn no_table_stops_what_reads_it_by_a_mapping() {
    let mapping = || {
        HeadcountMapping::parse(include_str!("../../../mappings/hxl-345w-honduras.toml")).expect("a mapping")
    };
    let headcounts = "ID,Departamento,Pais,Sector,Org,Alcanzados,FECHA DE INICIO,FECHA DE FINALIZACIÓN,FECHA DE REPORTE,ESTADO\n\
                      ,#adm1+pcode,#adm0+code,#sector+name,#org+name,#reached+total,,,,\n\
                      1,HN01,HND,Salud,Cruz Roja,120,01/02/2021,28/02/2021,01/03/2021,Finalizada\n";
    let folder = tempfile::tempdir().expect("a folder");
    let (records, rows) = (folder.path().join("records.ndjson"), folder.path().join("rows.csv"));
    let record = "{\"record\":\"stamp\",\"kind\":\"ndjson\"}\n{\"record\":\"organization\",\"id\":\
                  \"01900000-0000-7000-8000-000000000001\",\"body\":{\"name\":\"Hainan\",\"country\":\"CN\",\"donor\":true}}\n";
    none_stops(&[
        Reader::of_text("table of headcounts", &[headcounts], move |text| {
            let table = Table::from_bytes(text.as_bytes().to_vec(), &mapping().table_options());
            table.is_ok_and(|table| read_headcount_table(&table, (mapping(), None)).is_ok())
        }),
        Reader::of_text("records", &[record], move |text| {
            std::fs::write(&records, text).expect("it is written");
            let mapping = RecordMapping::find("relief").expect("it is ours").expect("it is of records");
            seen(read_records(&records, &mapping).and_then(|records| records.readable()));
            true
        }),
        Reader::of_text("rows of a plan", &[CSV], move |text| {
            std::fs::write(&rows, text).expect("it is written");
            // No mapping of ours has these columns, so that what is refused is refused in words.
            seen(read(&rows, "scms").map(|_| ()));
            true
        }),
    ]);
    drop(folder);
}

#[test]
fn no_boundary_stops_what_reads_it() {
    let ring = "[[-16.5,13.2],[-16.4,13.2],[-16.4,13.3],[-16.5,13.3],[-16.5,13.2]]";
    let area = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"ADM1_PCODE\":\"GM01\",\
         \"ADM1_EN\":\"Banjul\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{ring}]}}}}]}}"
    );
    let shape = format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{ring}]]}}");
    none_stops(&[
        Reader::of_text("boundaries", &[&area], |text| {
            parse_boundaries(text, version(), &BoundaryColumns::default()).is_ok()
        }),
        Reader::of_text("shape that is asked for", &[&shape], |text| AskedShape::parse(text).is_ok()),
    ]);
}

#[test]
fn no_date_or_number_of_a_table_stops_what_reads_it() {
    let european = NumberStyle { decimal: ',', thousands: Some('.') };
    none_stops(&[
        Reader::of_text("date", &["2020-08-06", "2020-08-06T12:30:00Z", "2020-08-06 12:30"], |text| {
            parse_date(text, &iso_formats()).is_some()
        }),
        Reader::of_text("format of dates", &["%d/%m/%Y", "%B %d, %Y %H:%M"], |text| {
            DateFormat::try_from(text.to_owned()).is_ok_and(|format| {
                seen(parse_date("06/08/2020", std::slice::from_ref(&format)));
                seen(parse_date(text, &[format]));
                true
            })
        }),
        Reader::of_text("number", &["12000", "1.5", "0"], |text| {
            let style = NumberStyle::default();
            seen((parse_integer(text, style, 0).is_ok(), parse_money(text, style, 2, 0).is_ok()));
            for unit in [WeightUnit::Gram, WeightUnit::Kilogram, WeightUnit::Ton] {
                seen(parse_weight(text, style, unit));
            }
            parse_decimal(text, style).is_ok()
        }),
        Reader::of_text("number of Europe", &["12.000,5", "1.234.567"], move |text| {
            seen(parse_money(text, european, 0, i64::MIN));
            parse_decimal(text, european).is_ok()
        }),
    ]);
}
