//! Stories of what a consignment is worth and weighs, and when things happened, where files come again, in parts, or
//! with rows that are refused.

use diesel::prelude::*;
use relief_ledger::core::id::{ConsignmentId, EventId};
use relief_ledger::db::connect;
use relief_ledger::events::{Corrected, Kind};
use relief_ledger::exchange::apply::rows::Namespace;

use super::again::{by_hand, record_by, reverse};
use super::masks::rejections;
use super::{HEADER, MAPPING, count, counts, log_size};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The mapping with a worth of each line and a weight and freight of each row.
fn weighed() -> String {
    let columns = "[columns.\"Worth\"]\ntype = \"money\"\n[columns.\"Kilos\"]\ntype = \"weight\"\n\
                   [columns.\"Freight\"]\ntype = \"money\"\n[columns.\"Delivered\"]";
    MAPPING
        .replace("[columns.\"Delivered\"]", columns)
        .replace("quantity = \"Boxes\"", "quantity = \"Boxes\"\nvalue = \"Worth\"\ncurrency = \"USD\"")
        .replace(
            "country = \"{Country}\"\nleg",
            "country = \"{Country}\"\nweight = \"Kilos\"\nfreight = \"Freight\"\ncurrency = \"USD\"\nleg",
        )
        + "when_rows_differ = \"earliest\"\n"
}

/// The same without anything that happened.
fn eventless() -> String {
    let mapping = weighed();
    let end = mapping.find("[[event]]").unwrap();
    mapping[..end].to_owned()
}

fn header() -> String {
    HEADER.replace("Delivered\n", "Delivered,Worth,Kilos,Freight\n")
}

/// A row of the consignment W1: worth as many dollars as it weighs kilograms, and as much freight.
fn goods(id: u32, item: &str, unit: &str, kilos: u32, day: &str) -> String {
    format!("{id},G1,W1,Shenzhen,Banjul,Gambia,{item},{unit},10,,{day},{kilos},{kilos},{kilos}\n")
}

fn masks(id: u32, kilos: u32) -> String {
    goods(id, "mask", "piece", kilos, "2020-03-06")
}

/// What the consignment is worth in cents, weighs in grams, and costs to send in cents.
fn totals(url: &str) -> [i64; 3] {
    let mut conn = connect(url).unwrap();
    ["value_minor", "gross_weight_g", "freight_minor"]
        .map(|column| count(&mut conn, &format!("SELECT SUM({column}) FROM consignments")))
}

fn kilos(kilos: i64) -> [i64; 3] {
    [kilos * 100, kilos * 1_000, kilos * 100]
}

fn allocation() -> EventId {
    let consignment: ConsignmentId = Namespace::of("masks").id("consignment", "W1");
    relief_ledger::core::id::derived(consignment.0, "imported allocation", 0)
}

/// Takes the second line out of an event, as an officer would.
fn shorten(url: &str, event: EventId) {
    use relief_ledger::db::schema::events;
    let body: String = events::table
        .filter(events::id.eq(event))
        .select(events::body)
        .first(&mut connect(url).unwrap())
        .unwrap();
    let mut right: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&body).unwrap();
    right.retain(|name, _| !["id", "kind", "occurred_at", "precision"].contains(&name.as_str()));
    right["lines"].as_array_mut().unwrap().truncate(1);
    let reason = "it stayed behind".to_owned();
    by_hand(url, 2, Kind::Corrected(Box::new(Corrected { event, right, reason })));
}

on_both_databases! {
    migrate: migrate;

    fn a_file_without_events_is_worth_the_same_each_time_it_comes(database: &TestDatabase) {
        let url = database.url();
        let (mapping, header) = (eventless(), header());
        let first = masks(1, 100);
        assert_eq!(record_by(url, &mapping, &header, &first).counts, counts(1, 0, 0, 0));
        let size = log_size(url);
        for _ in 0..2 {
            assert_eq!(record_by(url, &mapping, &header, &first).counts, counts(0, 0, 1, 0));
            assert_eq!(totals(url), kilos(100));
        }
        assert_eq!(log_size(url), size);
        // Further goods come on top, and dates that come later change nothing of it.
        record_by(url, &mapping, &header, &masks(2, 50));
        assert_eq!(totals(url), kilos(150));
        let both = first + &masks(2, 50);
        for mapping in [&mapping, &weighed(), &mapping, &weighed()] {
            record_by(url, mapping, &header, &both);
            assert_eq!(totals(url), kilos(150));
        }
        // A line that is worth something else now changes the sum by as much.
        record_by(url, &mapping, &header, &(masks(1, 110) + &masks(2, 50)));
        assert_eq!(totals(url), kilos(160));
    }

    fn a_consignment_whose_dates_are_not_known_is_worth_the_same_again(database: &TestDatabase) {
        let url = database.url();
        let mapping = weighed().replace(
            "[columns.\"Delivered\"]\ntype = \"date\"",
            "[columns.\"Delivered\"]\ntype = \"date\"\nunknown = [\"not yet\"]",
        );
        let row = goods(1, "mask", "piece", 100, "not yet");
        for _ in 0..3 {
            let imported = record_by(url, &mapping, &header(), &row);
            assert_eq!(imported.counts.rejected, 0, "{:?}", rejections(&imported));
            assert_eq!(totals(url), kilos(100));
        }
    }

    fn an_allocation_that_was_reversed_is_no_reason_to_count_its_goods_twice(database: &TestDatabase) {
        let url = database.url();
        let mapping = weighed().replace("kind = \"received\"", "kind = \"arrived\"").replace("damaged = \"Torn\"\n", "");
        let rows = masks(1, 100) + &masks(2, 50);
        let accepted_only = &mapping[..mapping.rfind("[[event]]").unwrap()];
        record_by(url, accepted_only, &header(), &rows);
        assert_eq!(totals(url), kilos(150));
        reverse(url, allocation());
        for _ in 0..2 {
            let imported = record_by(url, accepted_only, &header(), &rows);
            assert_eq!(imported.counts.rejected, 0, "{:?}", rejections(&imported));
            assert_eq!(totals(url), kilos(150));
        }
    }

    fn goods_a_person_took_out_of_an_allocation_are_counted_once(database: &TestDatabase) {
        let url = database.url();
        let mapping = weighed();
        let mapping = &mapping[..mapping.rfind("[[event]]").unwrap()];
        let rows = masks(1, 100) + &masks(2, 50);
        record_by(url, mapping, &header(), &rows);
        shorten(url, allocation());
        for _ in 0..3 {
            record_by(url, mapping, &header(), &rows);
            assert_eq!(totals(url), kilos(150));
        }
    }

    fn a_refused_row_leaves_no_weight_no_freight_and_no_date_behind(database: &TestDatabase) {
        let url = database.url();
        let (mapping, header) = (weighed(), header());
        record_by(url, &mapping, &header, &masks(9, 1).replace("W1", "W9").replace("G1", "G9"));
        let rows = masks(1, 100) + &goods(2, "mask", "box", 50, "2020-02-01");
        // Two rows of one item have one unit, so the other unit comes by another item's name.
        let other = rows.replace("mask,box", "gown,box");
        record_by(url, &mapping, &header, &goods(8, "gown", "piece", 1, "2020-01-05").replace("W1", "W8").replace("G1", "G8"));
        let before = totals(url);
        let imported = record_by(url, &mapping, &header, &other);
        assert_eq!(imported.counts, counts(1, 0, 0, 1), "{:?}", rejections(&imported));
        let added = |totals: [i64; 3]| [0, 1, 2].map(|place| totals[place] - before[place]);
        assert_eq!(added(totals(url)), kilos(100));
        let mut conn = connect(url).unwrap();
        let february = "SELECT COUNT(*) FROM events WHERE occurred_at BETWEEN 1580515200000000 AND 1583020799000000";
        assert_eq!(count(&mut conn, february), 0);
        let right = goods(2, "gown", "piece", 50, "2020-03-06");
        assert_eq!(record_by(url, &mapping, &header, &right).counts, counts(1, 0, 0, 0));
        assert_eq!(added(totals(url)), kilos(150));
    }

    fn a_row_that_is_refused_among_its_neighbours_leaves_no_weight_behind(database: &TestDatabase) {
        let url = database.url();
        let (mapping, header) = (weighed(), header());
        // A line never moves to another pledge: only the ledger knows that, beside the rows that are right.
        record_by(url, &mapping, &header, &masks(2, 7).replace("W1", "W2").replace("G1", "G2"));
        let imported = record_by(url, &mapping, &header, &(masks(1, 100) + &goods(2, "mask", "piece", 50, "2020-02-01")));
        assert_eq!(imported.counts, counts(1, 0, 0, 1), "{:?}", rejections(&imported));
        assert_eq!(totals(url), kilos(107));
        let mut conn = connect(url).unwrap();
        let february = "SELECT COUNT(*) FROM events WHERE occurred_at BETWEEN 1580515200000000 AND 1583020799000000";
        assert_eq!(count(&mut conn, february), 0);
        drop(conn);
        record_by(url, &mapping, &header, &masks(3, 50));
        assert_eq!(totals(url), kilos(157));
    }
}
