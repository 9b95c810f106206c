//! Stories of plans: what a mapping makes of rows, which of them it refuses, and in which words.

use std::collections::BTreeSet;
use std::path::Path;

use relief_ledger::exchange::dates::DatePrecision;
use relief_ledger::exchange::mapping::{Mapping, MappingError};
use relief_ledger::exchange::plan::{Plan, RowFate, WarningKind};
use relief_ledger::exchange::planner::plan;
use relief_ledger::exchange::references::{EventKind, RecordAt, event_id};
use relief_ledger::exchange::table::{Table, TableOptions};
use relief_ledger::exchange::verdict::{RecordOutcome, RowOutcome, Verdicts, count};

use super::masks::{country_of, mapping, planned, reasons};

const MAPPING: &str = mapping!(
    r#"
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
"#,
    r#"
[item]
reference = "{Item}"
name = "{Item}"
base_unit = "piece"
pack = { name = "carton", base_units = "Per carton" }
[line]
quantity = "Cartons"
value = "Value"
currency = "USD"
attributes = { bound_for = "{Country|country}" }
"#,
    "weight = \"Kg\"\nleg = [{ from = \"start\", to = \"end\", mode = \"{@mode}\" }]",
    "damaged = \"Torn\"\n"
);

const HEADER: &str =
    "ID,Gift,Waybill,Donor,City,Country,Item,Cartons,Per carton,Value,Kg,Mode,Delivered,Torn";

fn plan_of(rows: &str) -> Plan {
    plan_by(MAPPING, rows)
}

fn plan_by(mapping: &str, rows: &str) -> Plan {
    planned(mapping, format!("{HEADER}\n{rows}"))
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
    let table = Table::from_bytes(b"ID,Gift\n1,2\n".to_vec(), &TableOptions::default()).unwrap();
    let missing = plan(&table, &mapping, &country_of).unwrap_err().to_string();
    assert!(missing.contains("no column \"Cartons\"") && missing.contains("\"Gift\""), "{missing}");
    assert!(!missing.contains("file.delimiter"), "{missing}");
    // Where all stands in one cell, it is probably parted by something nobody guesses.
    let table = Table::from_bytes(b"ID:Gift\n1:2\n".to_vec(), &TableOptions::default()).unwrap();
    let missing = plan(&table, &mapping, &country_of).unwrap_err().to_string();
    assert!(missing.contains("\"ID:Gift\", one cell") && missing.contains("file.delimiter"), "{missing}");
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
    let plan = plan(&table, &mapping, &country_of).unwrap();
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
