//! Stories of tables: whatever program wrote the file, the same rows come out, and what is odd is said.

use relief_ledger::exchange::dates::{DateFormat, parse_date};
use relief_ledger::exchange::encoding::{Damage, TextEncoding, find_damage};
use relief_ledger::exchange::table::{Limits, Table, TableError, TableFormat, TableOptions};
use relief_ledger::exchange::template::ReferencePattern;
use relief_ledger::exchange::value::{
    Decimal, NumberStyle, ValueProblem, WeightUnit, base_units, parse_decimal, parse_integer, parse_money,
    parse_weight,
};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn table(bytes: impl AsRef<[u8]>) -> Table {
    Table::from_bytes(bytes.as_ref().to_vec(), &TableOptions::default()).unwrap()
}

fn cells(table: &Table) -> Vec<(u32, Vec<String>)> {
    let width = table.header().len();
    table
        .rows()
        .map(|row| row.unwrap())
        .map(|row| (row.number, (0..width).map(|column| row.cell(column).to_owned()).collect()))
        .collect()
}

#[test]
fn letters_that_take_more_room_than_may_be_held_once_they_are_read_are_refused() {
    let opened = |letter: u8, encoding: Option<TextEncoding>| {
        let bytes = b"place\n".iter().copied().chain(std::iter::repeat_n(letter, 6_000_000)).collect();
        let options = TableOptions { encoding, limits: Limits::SENT, ..TableOptions::default() };
        Table::from_bytes(bytes, &options).map(|_| ()).map_err(|error| error.to_string())
    };
    // A euro sign is one byte there and three in UTF-8, whether the encoding is found or told.
    for encoding in [None, Some(TextEncoding::Windows1252)] {
        let refused = opened(0x80, encoding).expect_err("18 MB are too many");
        assert!(refused.contains("16777216 bytes as UTF-8"), "{refused}");
        // The twin: as many bytes of letters that stay as they are, or take two.
        assert_eq!((opened(b'a', encoding), opened(0xE9, encoding)), (Ok(()), Ok(())));
    }
}

#[test]
fn every_delimiter_and_line_ending_gives_the_same_rows() {
    let expected = vec![(2, vec!["1".to_owned(), "Koidu, New Sembehun".to_owned(), "1,5".to_owned()])];
    for delimiter in [",", ";", "\t", "|", "~", "^"] {
        for ending in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{feff}"] {
                let text = format!(
                    "{mark}ID{delimiter}Place{delimiter}Tons{ending}1{delimiter}\"Koidu, New Sembehun\"{delimiter}\"1,5\"{ending}"
                );
                let table = table(&text);
                assert_eq!(table.header(), ["ID", "Place", "Tons"], "{text:?}");
                assert_eq!(cells(&table), expected, "{text:?}");
            }
        }
    }
}

#[test]
fn a_decimal_comma_does_not_mislead_the_sniffer_and_an_override_wins() {
    let text = "a;b\n1,5;2,5\n3,5;4,5\n";
    assert!(matches!(table(text).format(), TableFormat::Csv { delimiter: b';', .. }));
    let options = TableOptions { delimiter: Some(b','), ..TableOptions::default() };
    let forced = Table::from_bytes(text.into(), &options).unwrap();
    assert_eq!(forced.header(), ["a;b"]);
    assert!(forced.rows().all(|row| row.unwrap().problem.is_some()));
}

#[test]
fn row_numbers_are_those_a_spreadsheet_shows() {
    let rows = cells(&table("a,b\n1,2\n\n\"x\ny\",3\n,\n4,5"));
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 4, 6]);
}

#[test]
fn cp1252_is_detected_and_said() {
    let table = table(b"Country,N\nC\xF4te d'Ivoire,1\n");
    assert_eq!(cells(&table)[0].1[0], "Côte d'Ivoire");
    assert!(matches!(table.format(), TableFormat::Csv { encoding: TextEncoding::Windows1252, .. }));
    assert!(
        table.notes()[0].contains("line 2") && table.notes()[0].contains("windows-1252"),
        "{:?}",
        table.notes()
    );
}

#[test]
fn utf_16_with_a_mark_is_read() {
    let bytes: Vec<u8> = "\u{feff}a\tb\r\nCôte\t1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(cells(&table(bytes))[0].1, ["Côte", "1"]);
}

#[test]
fn mojibake_is_found_with_a_repair_and_good_text_is_left_alone() {
    let repaired = |text: &str| match find_damage(text) {
        Some(Damage::Mojibake { repaired }) => Some(repaired),
        Some(Damage::CharactersLost) | None => None,
    };
    assert_eq!(repaired("CÃ´te d'Ivoire").as_deref(), Some("Côte d'Ivoire"));
    assert_eq!(repaired("CÃƒÂ´te").as_deref(), Some("Côte"));
    assert_eq!(repaired("GrÃ¸nland, 0133").as_deref(), Some("Grønland, 0133"));
    for sound in ["Côte d'Ivoire", "São Tomé", "Ñuñoa", "北京", "Łódź", "مستشفى", "naïve – “quoted”"]
    {
        assert_eq!(find_damage(sound), None, "{sound}");
    }
    assert_eq!(find_damage("C\u{fffd}te"), Some(Damage::CharactersLost));
}

#[test]
fn a_workbook_reads_like_the_same_csv_whatever_its_name() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    for (column, name) in ["ID", "When", "Price", "Note"].into_iter().enumerate() {
        sheet.write(0, column as u16, name).unwrap();
    }
    sheet.write(1, 0, 12345678901_i64).unwrap();
    sheet.write_with_format(1, 1, ExcelDateTime::from_ymd(2015, 5, 13).unwrap(), &date).unwrap();
    sheet.write(1, 2, 7445.8).unwrap();
    sheet.write(1, 3, "Côte").unwrap();
    sheet.write(3, 0, 2).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("really-a-workbook.csv");
    std::fs::write(&path, bytes).unwrap();
    let table = Table::open(&path, &TableOptions::default()).unwrap();
    let rows = cells(&table);
    assert_eq!(rows[0], (2, ["12345678901", "2015-05-13", "7445.8", "Côte"].map(str::to_owned).to_vec()));
    assert_eq!(rows[1], (4, ["2", "", "", ""].map(str::to_owned).to_vec()));
    let options = TableOptions { sheet: Some("Missing".to_owned()), ..TableOptions::default() };
    assert!(matches!(Table::open(&path, &options), Err(TableError::NoSuchSheet { .. })));
}

#[test]
fn what_is_no_table_is_refused_with_what_would_be_right() {
    let refuse =
        |bytes: &[u8]| Table::from_bytes(bytes.to_vec(), &TableOptions::default()).unwrap_err().to_string();
    assert!(refuse(b"").contains("header"));
    assert!(refuse(b"a,b\n\x00").contains("zero"));
    assert!(refuse(b"PK\x03\x04nonsense").contains(".xlsx"));
    assert!(refuse(&[0xD0, 0xCF, 0x11, 0xE0, 1, 2]).contains(".xls"));
    let large = vec![b'a'; 64 * 1024 * 1024 + 1];
    assert!(matches!(Table::from_bytes(large, &TableOptions::default()), Err(TableError::TooLarge { .. })));
}

#[test]
fn numbers_are_exact_or_refused() {
    let style = NumberStyle::default();
    assert_eq!(parse_integer("9007199254740992", style, 0), Ok(1 << 53));
    assert_eq!(parse_integer("9007199254740993", style, 0), Err(ValueProblem::TooLarge));
    assert_eq!(parse_integer("99999999999999999999", style, 0), Err(ValueProblem::TooLarge));
    assert_eq!(parse_integer("-1", style, 0), Err(ValueProblem::BelowMinimum { minimum: 0 }));
    assert_eq!(parse_integer("1.5", style, 0), Err(ValueProblem::NotWhole));
    assert_eq!(parse_integer("100.0", style, 0), Ok(100));
    assert_eq!(parse_integer("1.2E+15", style, 0), Err(ValueProblem::Exponent));
    for word in ["", "-", ".5", "5.", "1,000", "ten", "0x10", "1 000", "٣"] {
        assert_eq!(parse_decimal(word, style), Err(ValueProblem::NotANumber), "{word}");
    }
    let french = NumberStyle { decimal: ',', thousands: Some('.') };
    assert_eq!(parse_money("1.234.567,89", french, 2, 0), Ok(123_456_789));
    assert_eq!(parse_decimal("12.34", french), Err(ValueProblem::NotANumber));
    assert_eq!(
        parse_money("3.999", style, 2, 0),
        Err(ValueProblem::NotWholeUnits { unit: "the currency's smallest unit" })
    );
    assert_eq!(parse_weight("0.045", style, WeightUnit::Kilogram), Ok(45));
    assert!(parse_weight("0.0455", style, WeightUnit::Kilogram).is_err());
    assert_eq!(base_units(Decimal::whole(3), 1, 2), None);
    assert_eq!(base_units(Decimal::whole(4), 1, 2), Some(2));
    assert_eq!(base_units(Decimal::whole(1 << 53), 2, 1), None);
}

#[test]
fn dates_follow_their_formats_and_the_calendar() {
    let formats: Vec<DateFormat> = ["%d-%b-%y", "%m/%d/%y", "%m/%d/%Y", "%Y-%m"]
        .map(|f| DateFormat::try_from(f.to_owned()).unwrap())
        .to_vec();
    let read = |text| parse_date(text, &formats).map(|date| date.to_string());
    assert_eq!(read("4-Aug-09").as_deref(), Some("2009-08-04"));
    assert_eq!(read("10/17/2014").as_deref(), Some("2014-10-17"));
    assert_eq!(read("29-Feb-12").as_deref(), Some("2012-02-29"));
    assert_eq!(read("2020-05").as_deref(), Some("2020-05"));
    for none in ["29-Feb-11", "31-Apr-11", "Date Not Captured", "17/10/2014", "4-Aug-09 x", "0-Jan-10"] {
        assert_eq!(read(none), None, "{none}");
    }
    assert_eq!(parse_date("1-Jan-70", &formats).unwrap().unix_microseconds(), 0);
    assert_eq!(parse_date("29-Feb-12", &formats).unwrap().unix_microseconds(), 1_330_473_600_000_000);
    assert!(DateFormat::try_from("%q".to_owned()).is_err() && DateFormat::try_from("%d".to_owned()).is_err());
}

#[test]
fn a_cross_reference_names_record_and_row() {
    let pattern = ReferencePattern::try_from("See {record} (ID#:{key})".to_owned()).unwrap();
    let found = pattern.read("See ASN-93 (ID#:1281)").unwrap();
    assert_eq!((found.record.as_deref(), found.key.as_str()), (Some("ASN-93"), "1281"));
    assert_eq!(pattern.read("See ASN-93"), None);
    assert!(ReferencePattern::try_from("See {record}".to_owned()).is_err());
}
