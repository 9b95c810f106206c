//! Stories of tables: whatever program wrote the file, the same rows come out, and what is odd is said.

use std::collections::BTreeSet;
use std::path::Path;

use relief_ledger::exchange::dates::{DateFormat, DatePrecision, parse_date};
use relief_ledger::exchange::encoding::{Damage, TextEncoding, find_damage};
use relief_ledger::exchange::mapping::{Mapping, MappingError};
use relief_ledger::exchange::plan::{Plan, RowFate, WarningKind};
use relief_ledger::exchange::planner::plan;
use relief_ledger::exchange::references::{EventKind, RecordAt, event_id};
use relief_ledger::exchange::table::{Table, TableError, TableFormat, TableOptions};
use relief_ledger::exchange::template::ReferencePattern;
use relief_ledger::exchange::value::{
    Decimal, NumberStyle, ValueProblem, WeightUnit, base_units, parse_decimal, parse_integer, parse_money,
    parse_weight,
};
use relief_ledger::exchange::verdict::{RecordOutcome, RowOutcome, Verdicts, count};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const MAPPING: &str = r#"
name = "masks"
title = "Mask deliveries"
[formats]
dates = ["%d-%b-%y", "%m/%d/%y"]
[row]
key = "{ID}"
skip = [{ column = "Country", is = ["TEST"] }]
[columns."Cartons"]
type = "integer"
[columns."Per carton"]
type = "decimal"
[columns."Delivered"]
type = "date"
unknown = ["not yet"]
[columns."Kg"]
type = "weight"
see = "See {record} (ID#:{key})"
unknown = ["Weighed elsewhere"]
[columns."Value"]
type = "money"
[columns."Torn"]
type = "integer"
[lookups.mode]
of = "{Mode}"
values = { "Plane" = "air", "Lorry" = "road" }
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
reference = "site:{Country|country}:{City}"
name = "{City}"
country = "{Country}"
[item]
reference = "{Item}"
name = "{Item}"
base_unit = "piece"
pack = { name = "carton", base_units = "Per carton" }
[line]
quantity = "Cartons"
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
weight = "Kg"
leg = [{ from = "start", to = "end", mode = "{@mode}" }]
[[event]]
kind = "accepted"
occurred = ["Delivered"]
when_rows_differ = "earliest"
[[event]]
kind = "received"
occurred = ["Delivered"]
damaged = "Torn"
"#;

const HEADER: &str =
    "ID,Gift,Waybill,Donor,City,Country,Item,Cartons,Per carton,Value,Kg,Mode,Delivered,Torn";

fn country(name: &str) -> Option<String> {
    const NAMES: [(&str, &str); 48] = [
        ("Gambia", "GM"),
        ("Côte d'Ivoire", "CI"),
        ("Congo, DRC", "CD"),
        ("Swaziland", "SZ"),
        ("US", "US"),
        ("South Africa", "ZA"),
        ("Nigeria", "NG"),
        ("Uganda", "UG"),
        ("Vietnam", "VN"),
        ("Zambia", "ZM"),
        ("Haiti", "HT"),
        ("Mozambique", "MZ"),
        ("Zimbabwe", "ZW"),
        ("Tanzania", "TZ"),
        ("Rwanda", "RW"),
        ("Guyana", "GY"),
        ("Ethiopia", "ET"),
        ("South Sudan", "SS"),
        ("Kenya", "KE"),
        ("Burundi", "BI"),
        ("Namibia", "NA"),
        ("Cameroon", "CM"),
        ("Botswana", "BW"),
        ("Ghana", "GH"),
        ("Dominican Republic", "DO"),
        ("Sudan", "SD"),
        ("Mali", "ML"),
        ("Pakistan", "PK"),
        ("Guatemala", "GT"),
        ("Malawi", "MW"),
        ("Benin", "BJ"),
        ("Libya", "LY"),
        ("Lebanon", "LB"),
        ("Angola", "AO"),
        ("Liberia", "LR"),
        ("Sierra Leone", "SL"),
        ("Lesotho", "LS"),
        ("Togo", "TG"),
        ("Senegal", "SN"),
        ("Afghanistan", "AF"),
        ("Kyrgyzstan", "KG"),
        ("Kazakhstan", "KZ"),
        ("Burkina Faso", "BF"),
        ("Guinea", "GN"),
        ("Belize", "BZ"),
        ("China", "CN"),
        ("France", "FR"),
        ("Peru", "PE"),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, code)| (*code).to_owned())
}

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

fn plan_of(rows: &str) -> Plan {
    plan_by(MAPPING, rows)
}

fn plan_by(mapping: &str, rows: &str) -> Plan {
    let mapping = Mapping::parse(mapping).unwrap();
    plan(&table(format!("{HEADER}\n{rows}")), &mapping, &country).unwrap()
}

fn reasons(plan: &Plan) -> Vec<String> {
    plan.problems().map(ToString::to_string).collect()
}

#[test]
fn every_delimiter_and_line_ending_gives_the_same_rows() {
    let expected = vec![(2, vec!["1".to_owned(), "Koidu, New Sembehun".to_owned(), "1,5".to_owned()])];
    for delimiter in [",", ";", "\t", "|"] {
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
fn a_mojibake_country_is_rejected_with_the_repair_offered_or_read_when_allowed() {
    let row = "1,G,W,Jack Ma,Abidjan,CÃ´te d'Ivoire,Mask,1,500,10,2,Plane,4-Aug-20,\n";
    let refused = plan_of(row);
    assert!(refused.consignments.is_empty() && refused.organizations.is_empty());
    assert!(reasons(&refused)[0].contains("\"Côte d'Ivoire\" may be meant"), "{:?}", reasons(&refused));
    assert_eq!((refused.warnings[0].row, refused.warnings[0].column.as_str()), (2, "Country"));
    let allowed = plan_by(&MAPPING.replace("[formats]", "[file]\nrepair_text = true\n[formats]"), row);
    assert_eq!(allowed.consignments[0].country, "CI");
    assert!(matches!(allowed.warnings[0].kind, WarningKind::Damaged { applied: true, .. }));
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

#[test]
fn rows_become_records_each_once() {
    let plan = plan_of(
        "1,G,W1,Jack Ma,Banjul,Gambia,Mask,2,500,10.50,7.25,Plane,4-Aug-20,100\n\
         2,G,W1,Jack Ma,Banjul,Gambia,Mask,1,400,5,See W1 (ID#:1),Plane,4-Aug-20,\n\
         3,G,W2,Jack Ma,Banjul,Gambia,Mask,1,500,5,Weighed elsewhere,Lorry,not yet,\n\
         4,G,W3,Jack Ma,Banjul,TEST,Mask,1,500,5,1,Lorry,not yet,\n",
    );
    // 100 torn of two cartons is counted in cartons like the line, which is too many.
    assert_eq!(plan.rows.len(), 4);
    assert!(matches!(plan.rows[0].fate, RowFate::Rejected { .. }), "{:?}", plan.rows[0]);
    assert!(matches!(plan.rows[3].fate, RowFate::Skipped));
    // The same pack name with another content would contradict; row 3 is read against row 2.
    assert!(matches!(plan.rows[2].fate, RowFate::Rejected { .. }), "{:?}", plan.rows[2]);
    let consignment = &plan.consignments[0];
    assert_eq!(
        consignment.weight_grams.known,
        Some(7_250),
        "the rejected row's weight is still the shipment's"
    );
    assert_eq!(plan.pledges[0].lines[0].quantity, 400);
    assert_eq!(plan.events[0].kind, EventKind::Accepted);
    assert_eq!(plan.events[1].received[0].good, 400);
    assert_eq!(plan.events[1].occurred.precision, DatePrecision::Day);
}

#[test]
fn a_rejected_row_takes_nothing_else_with_it() {
    let good = "1,G1,W1,A,Banjul,Gambia,Mask,2,500,10.50,7,Plane,4-Aug-20,\n";
    let other = "9,G9,W9,B,Lima,Peru,Mask,1,500,1,1,Lorry,5-Aug-20,1\n";
    let alone = plan_of(&format!("{good}{other}"));
    let bad = [
        ("2,G1,W1,A,Banjul,Gambia,Mask,-2,500,1,1,Plane,4-Aug-20,", "Cartons"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,9007199254740993,500,1,1,Plane,4-Aug-20,", "Cartons"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,0.3,1,1,Plane,4-Aug-20,", "Cartons"),
        ("2,G1,W1,A,Banjul,Atlantis,Mask,1,500,1,1,Plane,4-Aug-20,", "Country"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1,1,Rocket,4-Aug-20,", "Mode"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1,1,Plane,31-Feb-20,", "Delivered"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1.005,1,Plane,4-Aug-20,", "Value"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1,See W1 (ID#:77),Plane,4-Aug-20,", "Kg"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1,See W9 (ID#:9),Plane,4-Aug-20,", "Kg"),
        ("2,G1,W1,C,Banjul,Gambia,Mask,1,500,1,1,Plane,4-Aug-20,", "Gift"),
        ("2,G1,W1,A,Lima,Gambia,Mask,1,500,1,1,Plane,4-Aug-20,", "Waybill"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500,1,1,Plane,6-Aug-20,", "Delivered"),
        ("2,G1,,A,Banjul,Gambia,Mask,1,500,1,1,Plane,4-Aug-20,", "Waybill"),
        ("1,G1,W1,A,Banjul,Gambia,Mask,1,500,1,1,Plane,4-Aug-20,", "ID"),
        ("2,G1,W1,A,Banjul,Gambia,Mask,1,500", ""),
    ];
    for (row, column) in bad {
        let mut with_bad = plan_of(&format!("{good}{row}\n{other}"));
        let rejected = with_bad.rows.remove(1);
        let RowFate::Rejected { problems } = rejected.fate else { panic!("accepted: {row}") };
        assert_eq!((problems[0].row, problems[0].column.as_str()), (3, column), "{row}: {problems:?}");
        assert!(!problems[0].reason.is_empty());
        // All but the row numbers after it are as if the row had never been there.
        let strip = |plan: &Plan| {
            format!(
                "{:?}",
                (
                    &plan.organizations,
                    &plan.sites,
                    &plan.items,
                    plan.events.len(),
                    plan.pledges.iter().map(|p| (&p.reference, p.lines.len())).collect::<Vec<_>>(),
                    plan.consignments
                        .iter()
                        .map(|c| (&c.reference, &c.weight_grams, &c.declared_value))
                        .collect::<Vec<_>>()
                )
            )
        };
        assert_eq!(strip(&with_bad), strip(&alone), "{row}");
    }
}

#[test]
fn each_row_ends_under_one_of_four_names() {
    let rows = "1,G1,W1,A,Banjul,Gambia,Mask,2,500,10,7,Plane,4-Aug-20,\n\
                2,G1,W1,A,Banjul,Gambia,Mask,x,500,1,1,Plane,4-Aug-20,\n\
                3,G3,W3,A,Lima,Peru,Mask,1,500,1,1,Lorry,5-Aug-20,\n";
    let plan = plan_of(rows);
    let mut verdicts = Verdicts::new(&plan);
    for record in plan.chunks(2).into_iter().flatten() {
        verdicts.record(record, RecordOutcome::Unchanged);
    }
    for (record, rows) in plan.rows_by_record() {
        if matches!(record, RecordAt::PledgeLine(_)) && rows == [2] {
            verdicts.record(record, RecordOutcome::Created);
        }
    }
    let refused =
        RecordOutcome::Refused { column: String::new(), value: String::new(), reason: "full".to_owned() };
    verdicts.record(
        *plan
            .rows_by_record()
            .iter()
            .find(|(r, rows)| matches!(r, RecordAt::Consignment(_)) && **rows == [4])
            .unwrap()
            .0,
        refused,
    );
    let verdicts = verdicts.finish();
    assert!(matches!(verdicts[2].outcome, RowOutcome::Rejected { .. }));
    let counts = count(&verdicts);
    assert_eq!((counts.created, counts.updated, counts.unchanged, counts.rejected), (1, 0, 0, 2));
}

#[test]
fn event_ids_are_the_same_each_time_and_differ_by_every_part() {
    let ids = [
        event_id("a", EventKind::Received, "k", 0),
        event_id("b", EventKind::Received, "k", 0),
        event_id("a", EventKind::Accepted, "k", 0),
        event_id("a", EventKind::Received, "l", 0),
        event_id("a", EventKind::Received, "k", 1),
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 5);
    assert_eq!(ids[0], event_id("a", EventKind::Received, "k", 0));
    assert_eq!(ids[0].get_version_num(), 8);
}

#[test]
fn a_wrong_mapping_is_told_where_it_is_wrong() {
    let refuse =
        |from: &str, to: &str| Mapping::parse(&MAPPING.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(refuse("donor = \"donor\"", "donor = \"nobody\"").contains("pledge.donor"));
    assert!(refuse("{@mode}", "{@speed}").contains("lookups.speed"));
    assert!(refuse("type = \"money\"", "type = \"text\"").contains("\"Value\""));
    assert!(refuse("currency = \"USD\"", "curency = \"USD\"").contains("curency"));
    assert!(refuse("{Donor}", "{Donor").contains("brace"));
    assert!(matches!(Mapping::load("nothing"), Err(MappingError::NotKnown { .. })));
    let mapping = Mapping::parse(MAPPING).unwrap();
    let missing = plan(&table("ID,Gift\n1,2\n"), &mapping, &country).unwrap_err().to_string();
    assert!(missing.contains("no column \"Cartons\"") && missing.contains("\"Gift\""), "{missing}");
}

#[test]
fn the_scms_history_gives_its_control_figures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real/scms_delivery_history.csv");
    if !path.exists() {
        println!("skipped: {} is missing", path.display());
        return;
    }
    let table = Table::open(&path, &TableOptions::default()).unwrap();
    let mapping = Mapping::load("scms").unwrap();
    let started = std::time::Instant::now();
    let plan = plan(&table, &mapping, &country).unwrap();
    println!("planned in {:?}", started.elapsed());
    assert_eq!(reasons(&plan), Vec::<String>::new());
    assert_eq!(plan.rows.len(), 10_324);
    assert_eq!(plan.consignments.len(), 7_030);
    assert_eq!(plan.pledges.len(), 6_233);
    assert_eq!(plan.items.len(), 184);
    let countries: BTreeSet<_> = plan.consignments.iter().map(|consignment| &consignment.country).collect();
    assert_eq!(countries.len(), 43);
    let lines = || plan.consignments.iter().flat_map(|consignment| &consignment.lines);
    assert_eq!(lines().map(|line| line.quantity).sum::<i64>(), 9_981_274_623);
    let packs =
        plan.pledges.iter().flat_map(|pledge| &pledge.lines).map(|line| line.counted.number.mantissa());
    assert_eq!(packs.sum::<i64>(), 189_265_090);
    let received = plan.events.iter().flat_map(|event| &event.received).map(|line| line.good);
    assert_eq!(received.sum::<i64>(), 9_981_274_623);
    let value = plan.consignments.iter().filter_map(|consignment| consignment.declared_value.as_ref());
    assert_eq!(value.map(|money| money.minor).sum::<i64>(), 162_758_445_729);
    let weight = plan.consignments.iter().filter_map(|consignment| consignment.weight_grams.known);
    assert_eq!(weight.sum::<i64>(), 21_820_540_000);
    let freight = plan.consignments.iter().filter_map(|consignment| consignment.freight.known);
    assert_eq!(freight.sum::<i64>(), 6_881_784_941);
    let mut shipments = vec![BTreeSet::new(); plan.pledges.len()];
    for consignment in &plan.consignments {
        for pledge_line in consignment.lines.iter().filter_map(|line| line.pledge_line) {
            shipments[pledge_line.pledge.0].insert(&consignment.reference);
        }
    }
    assert_eq!(shipments.iter().filter(|of_order| of_order.len() > 1).count(), 389);
    assert_eq!(plan.events.iter().filter(|event| event.kind == EventKind::Accepted).count(), 6_233);
    assert_eq!(plan.events.iter().filter(|event| event.kind == EventKind::Received).count(), 7_030);
    let damaged = plan.warnings.iter().filter(|warning| matches!(warning.kind, WarningKind::Damaged { .. }));
    assert_eq!(damaged.count(), 1, "one manufacturing site is written GrÃ¸nland");
    println!(
        "{} warnings, {} organizations, {} sites",
        plan.warnings.len(),
        plan.organizations.len(),
        plan.sites.len()
    );
}
