//! Refusals in the words of the file: each names the column and says what is there and what would be right.

use relief_ledger::consignments::rules::Mode;
use relief_ledger::exchange::plan::Plan;

use super::masks::{planned, reasons, rejections};
use super::{HEADER, MAPPING, TWO_ROWS, plan_of, record};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The column, the value and the reason of everything a plan rejects.
fn problems(plan: &Plan) -> Vec<(String, String, String)> {
    plan.problems().map(|one| (one.column.clone(), one.value.clone(), one.reason.clone())).collect()
}

fn row(city: &str, country: &str, boxes: &str) -> String {
    format!("7,G7,W7,Shenzhen,{city},{country},mask,piece,{boxes},,2020-08-06\n")
}

#[test]
fn a_name_of_two_countries_is_answered_with_both() {
    for (name, meant) in [("Congo", ["(CD)", "(CG)"]), ("Korea", ["(KP)", "(KR)"])] {
        let found = problems(&plan_of(&row("Goma", name, "10")));
        let [(column, value, reason)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((column.as_str(), value.as_str()), ("Country", name));
        assert!(reason.contains("could be") && meant.iter().all(|code| reason.contains(code)), "{reason}");
    }
    // A slip of the pen is answered with what may be meant, and what is clear is read.
    let found = reasons(&plan_of(&row("Banjul", "Gambja", "10")));
    assert!(found.len() == 1 && found[0].contains("did you mean Gambia"), "{found:?}");
    assert_eq!(reasons(&plan_of(&row("Banjul", "Gambia", "10"))), Vec::<String>::new());
}

#[test]
fn a_quantity_that_is_none_is_one_reason() {
    for wrong in ["ten", "-5", "1.5", ""] {
        let found = problems(&plan_of(&row("Banjul", "Gambia", wrong)));
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("Boxes", wrong));
    }
}

#[test]
fn a_reference_that_is_too_long_is_blamed_on_its_longest_cell() {
    let city = "N".repeat(250);
    let mapping = MAPPING.replace("\"end:{City}\"", "\"end:{Country}:{City}\"");
    assert_ne!(mapping, MAPPING);
    let found = problems(&planned(&mapping, format!("{HEADER}{}", row(&city, "Gambia", "10"))));
    assert_eq!(found.len(), 2, "the city and the site: {found:?}");
    for (column, value, reason) in found {
        assert_eq!((column.as_str(), value.as_str()), ("City", city.as_str()), "{reason}");
        assert!(reason.contains("characters; write at most 200") && !reason.contains('/'), "{reason}");
    }
}

/// The mapping with a way that is looked up from the unit of the goods.
fn looked_up(mode: &str) -> String {
    let mapping = MAPPING.replace("mode = \"road\"", "mode = \"{@mode}\"");
    format!("{mapping}[lookups.mode]\nof = \"{{Unit}}\"\nvalues = {{ \"piece\" = \"{mode}\" }}\n")
}

#[test]
fn a_mode_nobody_knows_is_blamed_on_the_column_that_was_looked_up() {
    let file = format!("{HEADER}{}", row("Banjul", "Gambia", "10"));
    let found = problems(&planned(&looked_up("carpet"), file.clone()));
    let [(column, value, reason)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((column.as_str(), value.as_str()), ("Unit", "piece"));
    assert!(reason.contains("\"carpet\"") && reason.contains("air_charter"), "{reason}");
    for (word, mode) in
        [("river", Mode::InlandWater), ("inland_water", Mode::InlandWater), ("courier", Mode::Courier)]
    {
        let plan = planned(&looked_up(word), file.clone());
        assert_eq!(reasons(&plan), Vec::<String>::new());
        assert_eq!(plan.consignments[0].legs[0].mode, mode);
    }
}

on_both_databases! {
    migrate: migrate;

    fn who_gives_and_who_receives_are_told_by_name(database: &TestDatabase) {
        record(database.url(), TWO_ROWS);
        let first = TWO_ROWS.lines().next().unwrap();
        for (right, wrong, column, words) in [
            ("Shenzhen", "Guangzhou", "Donor", ["\"Guangzhou\"", "\"Shenzhen\""]),
            ("Banjul", "Brikama", "City", ["\"City of Brikama\"", "\"City of Banjul\""]),
        ] {
            let imported = record(database.url(), &format!("{}\n", first.replace(right, wrong)));
            let found = rejections(&imported);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(column) && words.iter().all(|word| found[0].contains(word)), "{found:?}");
        }
    }

    fn what_is_too_much_for_the_ledger_is_blamed_on_the_quantity(database: &TestDatabase) {
        let most = 1_i64 << 53;
        let rows = format!(
            "1,G1,W1,Shenzhen,Banjul,Gambia,mask,piece,{most},,2020-08-06\n\
             2,G2,W2,Shenzhen,Banjul,Gambia,mask,piece,{most},,2020-08-06\n"
        );
        let imported = record(database.url(), &rows);
        assert_eq!((imported.counts.created, imported.counts.rejected), (1, 1), "{:?}", rejections(&imported));
        let found = rejections(&imported);
        assert!(found.len() == 1 && found[0].contains("Boxes") && !found[0].contains("/lines"), "{found:?}");
    }
}
