//! Stories of files that come again, in parts, or changed: an import adds or changes what its rows name and takes
//! back nothing else.

use diesel::prelude::*;
use relief_ledger::core::id::EventId;
use relief_ledger::core::time::{Precision, Timestamp};
use relief_ledger::db::connect;
use relief_ledger::events::{Command, Corrected, Kind, PostEvent, Reversed};
use relief_ledger::exchange::apply::{Recorder, import_actor};
use relief_ledger::exchange::import::{Imported, import};
use relief_ledger::exchange::references::{EventKind, event_id};
use relief_ledger::exchange::verdict::OutcomeCounts;
use relief_ledger::ledger::Account;
use relief_ledger::writer::Rehearsal;

use super::masks::{planned, recorded, rejections, writer};
use super::{HEADER, MAPPING, count, counts, log_size, record};
use crate::support::books::assert_sound;
use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};

const DEPARTED: &str = "[[event]]\nkind = \"departed\"\noccurred = [\"Left\"]\n";

/// What a ledger holds: promised, in excess, with donors, on the way and delivered.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    promised: i64,
    surplus: i64,
    unallocated: i64,
    on_the_way: i64,
    delivered: i64,
}

fn figures(url: &str) -> Figures {
    assert_sound(url);
    let mut conn = connect(url).unwrap();
    let mut sum = |accounts: &[Account]| -> i64 {
        let one = |account: &Account| {
            count(
                &mut conn,
                &format!("SELECT SUM(quantity) FROM balances WHERE account = {}", account.code()),
            )
        };
        accounts.iter().map(one).sum()
    };
    Figures {
        promised: -sum(&[Account::Promised]),
        surplus: -sum(&[Account::Surplus]),
        unallocated: sum(&[Account::Unallocated]),
        on_the_way: sum(&[Account::Allocated, Account::InTransit]),
        delivered: sum(&[Account::Delivered]),
    }
}

fn all_delivered(units: i64) -> Figures {
    Figures { promised: units, surplus: 0, unallocated: 0, on_the_way: 0, delivered: units }
}

fn row(id: u32, gift: &str, waybill: &str, boxes: &str, torn: &str, day: &str) -> String {
    format!("{id},{gift},{waybill},Shenzhen,Banjul,Gambia,mask,piece,{boxes},{torn},{day}\n")
}

pub(super) fn record_by(url: &str, mapping: &str, header: &str, rows: &str) -> Imported {
    recorded(url, &planned(mapping, format!("{header}{rows}")))
}

fn rehearse_by(url: &str, mapping: &str, header: &str, rows: &str) -> Imported {
    let mut rehearsal = Recorder::Rehearsal(Box::new(Rehearsal::open(url).unwrap()));
    import(&planned(mapping, format!("{header}{rows}")).into(), &mut rehearsal, &mut |_, _| {}).unwrap()
}

/// Posts an event by hand, as an officer would.
pub(super) fn by_hand(url: &str, id: u128, kind: Kind) {
    let at = Timestamp::parse("2020-10-01").unwrap();
    let command = Command::made_here(EventId(uuid::Uuid::from_u128(id)), at, Precision::Day, kind).unwrap();
    let writer = writer(url);
    writer.record_blocking(PostEvent::new(command, import_actor("by hand"))).unwrap();
    writer.stop();
}

fn receipt_of(waybill: &str) -> EventId {
    EventId(event_id("masks", EventKind::Received, waybill, 0))
}

pub(super) fn reverse(url: &str, event: EventId) {
    by_hand(url, 1, Kind::Reversed(Box::new(Reversed { event, reason: "it was another day".to_owned() })));
}

fn damaged(url: &str) -> i64 {
    let sql = format!(
        "SELECT SUM(quantity) FROM balances WHERE condition = 2 AND account = {}",
        Account::Delivered.code()
    );
    count(&mut connect(url).unwrap(), &sql)
}

on_both_databases! {
    migrate: migrate;

    fn a_file_that_names_only_the_new_shipment_keeps_what_the_order_held(database: &TestDatabase) {
        let url = database.url();
        record(url, &row(1, "G1", "W1", "100", "", "2020-03-06"));
        let may = row(2, "G1", "W2", "50", "", "2020-05-06");
        assert_eq!(record(url, &may).counts, counts(1, 0, 0, 0));
        assert_eq!(figures(url), all_delivered(150));
        let size = log_size(url);
        assert_eq!(record(url, &may).counts, counts(0, 0, 1, 0));
        let whole = row(1, "G1", "W1", "100", "", "2020-03-06") + &may;
        assert_eq!(record(url, &whole).counts, counts(0, 0, 2, 0));
        assert_eq!(log_size(url), size);
    }

    fn a_file_that_names_only_the_new_row_of_a_shipment_adds_to_it(database: &TestDatabase) {
        let url = database.url();
        record(url, &row(1, "G1", "W1", "100", "3", "2020-03-06"));
        // Another order rides along too.
        let more = row(2, "G1", "W1", "50", "2", "2020-03-06") + &row(3, "G2", "W1", "7", "", "2020-03-06");
        assert_eq!(record(url, &more).counts, counts(2, 0, 0, 0));
        assert_eq!(figures(url), all_delivered(157));
        assert_eq!(damaged(url), 5);
        assert_eq!(record(url, &more).counts, counts(0, 0, 2, 0));
    }

    fn a_row_that_is_gone_garbled_or_refused_takes_nothing_with_it(database: &TestDatabase) {
        let url = database.url();
        let first = row(1, "G1", "W1", "50", "", "2020-03-06");
        record(url, &(first.clone() + &row(2, "G1", "W1", "100", "", "2020-03-06")));
        let size = log_size(url);
        let garbled = first.clone() + &row(2, "G1", "W1", "100", "", "n/a?");
        record(url, &garbled);
        let other_quantity = first.clone() + &row(2, "G1", "W1", "120", "", "2020-03-06");
        let imported = record(url, &other_quantity);
        assert_eq!(imported.counts, counts(0, 0, 1, 1), "{:?}", rejections(&imported));
        assert_eq!(record(url, &first).counts, counts(0, 0, 1, 0));
        assert_eq!(figures(url), all_delivered(150));
        assert_eq!(log_size(url), size);
    }

    fn putting_the_right_figure_back_works(database: &TestDatabase) {
        let url = database.url();
        let torn = |torn: &str| row(1, "G1", "W1", "50", torn, "2020-03-06");
        record(url, &torn(""));
        for (says, is) in [("10", 10), ("", 0), ("10", 10), ("4", 4), ("", 0)] {
            assert_eq!(record(url, &torn(says)).counts, counts(0, 1, 0, 0));
            assert_eq!(damaged(url), is);
        }
        assert_eq!(figures(url), all_delivered(50));
    }

    fn what_a_person_corrected_stays_until_the_file_says_something_new(database: &TestDatabase) {
        let url = database.url();
        let torn = |torn: &str| row(1, "G1", "W1", "50", torn, "2020-03-06");
        record(url, &torn("10"));
        let mut conn = connect(url).unwrap();
        let body: String = relief_ledger::db::schema::events::table
            .filter(relief_ledger::db::schema::events::id.eq(receipt_of("W1")))
            .select(relief_ledger::db::schema::events::body)
            .first(&mut conn)
            .unwrap();
        drop(conn);
        let mut right: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&body).unwrap();
        right.retain(|name, _| !["id", "kind", "occurred_at", "precision"].contains(&name.as_str()));
        right["lines"][0]["good"] = 38.into();
        right["lines"][0]["damaged"] = 12.into();
        let reason = "counted again".to_owned();
        by_hand(url, 2, Kind::Corrected(Box::new(Corrected { event: receipt_of("W1"), right, reason })));
        assert_eq!(record(url, &torn("10")).counts, counts(0, 0, 1, 0));
        assert_eq!(damaged(url), 12);
        assert_eq!(record(url, &torn("11")).counts, counts(0, 1, 0, 0));
        assert_eq!(damaged(url), 11);
    }

    fn a_row_never_moves_to_another_order(database: &TestDatabase) {
        let url = database.url();
        record(url, &row(1, "G1", "W1", "50", "", "2020-03-06"));
        let imported = record(url, &row(1, "G2", "W1", "50", "", "2020-03-06"));
        assert_eq!(imported.counts, counts(0, 0, 0, 1));
        assert!(rejections(&imported)[0].contains("pledge \"G1\""), "{:?}", rejections(&imported));
        assert_eq!(figures(url), all_delivered(50));
        assert_eq!(count(&mut connect(url).unwrap(), "SELECT COUNT(*) FROM pledges"), 1);
    }

    fn a_receipt_that_was_reversed_comes_in_again_with_its_new_date(database: &TestDatabase) {
        let url = database.url();
        record(url, &row(1, "G1", "W1", "50", "", "2020-03-06"));
        let later = row(1, "G1", "W1", "50", "", "2020-03-09");
        let imported = record(url, &later);
        assert_eq!(imported.counts, counts(0, 0, 0, 1));
        assert!(rejections(&imported)[0].contains("reverse it"), "{:?}", rejections(&imported));
        reverse(url, receipt_of("W1"));
        assert_eq!(record(url, &later).counts, counts(0, 1, 0, 0));
        assert_eq!(figures(url), all_delivered(50));
        assert_eq!(record(url, &later).counts, counts(0, 0, 1, 0));
    }

    fn a_row_added_to_a_shipment_that_departed_comes_in(database: &TestDatabase) {
        let url = database.url();
        let (mapping, header) = (leaving(""), leaving_header());
        let one = left(1, "W1", "50", "2020-03-01", "2020-03-06");
        record_by(url, &mapping, &header, &one);
        let both = one + &left(2, "W1", "20", "2020-03-01", "2020-03-06");
        let imported = record_by(url, &mapping, &header, &both);
        assert_eq!(imported.counts, counts(1, 0, 1, 0), "{:?}", rejections(&imported));
        assert_eq!(figures(url), all_delivered(70));
        assert_eq!(record_by(url, &mapping, &header, &both).counts, counts(0, 0, 2, 0));
    }

    fn goods_that_leave_on_two_days_leave_on_two_days(database: &TestDatabase) {
        let url = database.url();
        let (mapping, header) = (leaving("key = \"{Waybill} {Left}\"\n"), leaving_header());
        let rows = left(1, "W1", "50", "2020-03-01", "2020-03-09")
            + &left(2, "W1", "20", "2020-03-04", "2020-03-09");
        let imported = record_by(url, &mapping, &header, &rows);
        assert_eq!(imported.counts, counts(2, 0, 0, 0), "{:?}", rejections(&imported));
        assert_eq!(figures(url), all_delivered(70));
    }

    fn an_order_of_many_shipments_comes_in_whole_and_in_parts(database: &TestDatabase) {
        let url = database.url();
        let rows: Vec<String> = (0..200)
            .map(|id| row(id, "G1", &format!("W{}", id / 2), "3", "", "2020-03-06"))
            .collect();
        assert_eq!(record(url, &rows[..150].concat()).counts, counts(150, 0, 0, 0));
        assert_eq!(record(url, &rows[51..].concat()).counts, counts(50, 0, 99, 0));
        assert_eq!(figures(url), all_delivered(600));
        let size = log_size(url);
        assert_eq!(record(url, &rows.concat()).counts, counts(0, 0, 200, 0));
        assert_eq!(log_size(url), size);
    }

    fn a_rejected_row_leaves_nothing_behind(database: &TestDatabase) {
        let url = database.url();
        let rows = row(1, "G1", "W1", "50", "", "2020-03-06") + &row(2, "G2", "W2", "20", "", "2031-03-01");
        assert_eq!(rehearse_by(url, MAPPING, HEADER, &rows).counts, counts(1, 0, 0, 1));
        let imported = record(url, &rows);
        assert_eq!(imported.counts, counts(1, 0, 0, 1));
        assert_eq!(rejections(&imported).len(), 1, "{:?}", rejections(&imported));
        let mut conn = connect(url).unwrap();
        for table in ["pledges", "pledge_lines", "consignments", "legs"] {
            assert_eq!(count(&mut conn, &format!("SELECT COUNT(*) FROM {table}")), 1, "{table}");
        }
        assert_eq!(figures(url), all_delivered(50));
    }

    fn a_row_of_another_end_leaves_its_order_as_it_was(database: &TestDatabase) {
        let url = database.url();
        record(url, &row(1, "G1", "W1", "50", "", "2020-03-06"));
        let elsewhere = row(2, "G1", "W1", "20", "", "2020-03-06").replace("Banjul", "Basse");
        let beside = row(3, "G1", "W3", "5", "", "2020-03-06");
        let imported = record(url, &(elsewhere + &beside));
        assert_eq!(imported.counts, counts(1, 0, 0, 1), "{:?}", rejections(&imported));
        assert_eq!(figures(url), all_delivered(55));
        assert_eq!(count(&mut connect(url).unwrap(), "SELECT COUNT(*) FROM pledge_lines"), 2);
    }

    fn a_dry_run_says_of_a_taken_reference_what_the_real_run_says(database: &TestDatabase) {
        let url = database.url();
        let rows = row(1, "G1", "W1", "50", "", "2020-03-06");
        record(url, &rows);
        let copied = MAPPING.replace("name = \"masks\"", "name = \"masks-copy\"");
        let told = rehearse_by(url, &copied, HEADER, &rows);
        assert_eq!(told.counts, counts(0, 0, 0, 1));
        let imported = record_by(url, &copied, HEADER, &rows);
        assert_eq!(rejections(&told), rejections(&imported));
        assert!(rejections(&told)[0].contains("pledge \"G1\""), "{:?}", rejections(&told));
    }
}

/// The mapping with departures, and what more it says of them.
fn leaving(more: &str) -> String {
    let columns = "[columns.\"Left\"]\ntype = \"date\"\n[columns.\"Delivered\"]";
    let accepted = "kind = \"accepted\"\noccurred = [\"Delivered\"]";
    MAPPING
        .replace("[columns.\"Delivered\"]", columns)
        .replace(accepted, "kind = \"accepted\"\noccurred = [\"Left\"]")
        + DEPARTED
        + more
}

fn leaving_header() -> String {
    HEADER.replace("Delivered\n", "Delivered,Left\n")
}

fn left(id: u32, waybill: &str, boxes: &str, left: &str, delivered: &str) -> String {
    row(id, "G1", waybill, boxes, "", delivered).replace('\n', &format!(",{left}\n"))
}

/// Rows that were created, in both parts of a file.
fn created(parts: [OutcomeCounts; 2]) -> u64 {
    parts.iter().map(|part| part.created).sum()
}

/// Rows of the history that an ordinary run takes apart; under `RELIEF_LONG` all of it is.
const HISTORY_ROWS: usize = 1_200;

#[test]
fn the_scms_history_in_two_halves_is_the_whole() {
    let Some(file) = super::scms() else { return };
    let bytes = std::fs::read(&file).unwrap();
    let ends: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place + 1).collect();
    let all = ends.len() - 1;
    let is_long = std::env::var_os("RELIEF_LONG").is_some();
    let rows = if is_long { all } else { HISTORY_ROWS };
    let (header, middle, end) = (&bytes[..ends[0]], ends[rows / 2], ends[rows]);
    let folder = tempfile::tempdir().unwrap();
    let [first, second, whole] =
        ["first.csv", "second.csv", "whole.csv"].map(|name| folder.path().join(name));
    std::fs::write(&first, &bytes[..middle]).unwrap();
    std::fs::write(&second, [header, &bytes[middle..end]].concat()).unwrap();
    std::fs::write(&whole, &bytes[..end]).unwrap();
    let database = TestDatabase::sqlite(migrate);
    let parts = [&first, &second].map(|part| super::import_scms(database.url(), part));
    let mut elsewhere = 0;
    for part in &parts {
        for reason in rejections(part) {
            assert!(reason.contains("refers to a row that is not in the file"), "{reason}");
            elsewhere += 1;
        }
    }
    assert!(elsewhere > 0, "rows that point into the other half are what this is about");
    let rejected = parts[0].counts.rejected + parts[1].counts.rejected;
    assert_eq!(created(parts.map(|part| part.counts)) + rejected, rows as u64);
    // The whole of it brings what pointed into the other half, and nothing else; what points behind its end stays away.
    let imported = super::import_scms(database.url(), &whole);
    let (created, behind) = (imported.counts.created, imported.counts.rejected);
    assert_eq!(created + behind, rejected, "{:?}", rejections(&imported));
    if is_long {
        assert_eq!(behind, 0);
        super::check_scms_totals(database.url());
        assert_eq!(figures(database.url()), all_delivered(9_981_274_623));
    } else {
        let at_once = TestDatabase::sqlite(migrate);
        assert_eq!(
            super::import_scms(at_once.url(), &whole).counts,
            counts(rows as u64 - behind, 0, 0, behind)
        );
        assert_eq!(figures(database.url()), figures(at_once.url()));
    }
    let size = log_size(database.url());
    assert_eq!(super::import_scms(database.url(), &whole).counts, counts(0, 0, rows as u64 - behind, behind));
    assert_eq!(log_size(database.url()), size);
}
