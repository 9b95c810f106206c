//! Nothing comes or goes while many write: whoever adds up meanwhile, as often as it takes, never finds a unit too many or
//! too few.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::connect;
use serde_json::{Value, json};

use super::field::{Field, id};
use crate::support::books::assert_sound;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Updates of an ordinary run, and of `RELIEF_LONG=1`.
const UPDATES: usize = 2_000;
const UPDATES_LONG: usize = 100_000;
/// Who posts at the same time, and how much at once.
const WRITERS: usize = 6;
const AT_ONCE: usize = 100;
/// What lies in Beijing at first.
const LAID: i64 = 10_000_000;

/// What goods do, one after the other; every fifth update takes one of the four before it back, each kind in turn.
fn update(field: &Field, number: usize, before: &str) -> Value {
    let (site, item) = (field.ledger.beijing, field.ledger.item);
    let lines = |quantity: i64| json!([{"item": item, "quantity": quantity}]);
    let body = match number % 5 {
        0 => json!({"kind": "moved", "site": site, "to_site": field.ledger.banjul, "lines": lines(7)}),
        1 => json!({"kind": "held", "site": site, "lines": lines(3), "reason": "straps"}),
        2 => json!({"kind": "damaged", "site": site, "lines": lines(2), "reason": "rain"}),
        3 => {
            json!({"kind": "reported_missing", "site": site, "lines": lines(1), "reason": "not on the shelf"})
        }
        _ => json!({"kind": "reversed", "event": before, "reason": "another shelf"}),
    };
    let mut body = body;
    (body["id"], body["occurred_at"]) = (json!(id()), json!("2020-08-01"));
    body
}

/// Posts batches until enough is recorded.
fn write(field: &Field, address: SocketAddr, recorded: &AtomicUsize, enough: usize) {
    while recorded.load(Ordering::Relaxed) < enough {
        let officer = field.officer_at(address);
        let mut events: Vec<Value> = Vec::with_capacity(AT_ONCE);
        for number in 0..AT_ONCE {
            let taken_back = events.len().checked_sub(1 + number / 5 % 4);
            let taken_back = taken_back.and_then(|index| events.get(index));
            let before = taken_back.and_then(|event| event["id"].as_str()).unwrap_or_default().to_owned();
            events.push(update(field, number, &before));
        }
        let reply = officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
        let results = reply["results"].as_array().expect("results");
        let done = results.iter().filter(|result| result["status"] == 201).count();
        assert_eq!(
            done,
            AT_ONCE,
            "{:#}",
            results.iter().find(|result| result["status"] != 201).unwrap_or(&Value::Null)
        );
        recorded.fetch_add(done, Ordering::Relaxed);
    }
}

/// What balances and postings come to, in one statement, so in one moment.
#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Sums {
    /// All goods outside the sources, by balances.
    #[diesel(sql_type = sql_types::BigInt)]
    there: i64,
    /// Everything, sources as well.
    #[diesel(sql_type = sql_types::BigInt)]
    all: i64,
    /// The same by postings.
    #[diesel(sql_type = sql_types::BigInt)]
    posted: i64,
    /// Cells that hold otherwise than their postings make.
    #[diesel(sql_type = sql_types::BigInt)]
    differing: i64,
}

fn sums(url: &str) -> Sums {
    let sql = "SELECT CAST(SUM(CASE WHEN account > 1 THEN quantity ELSE 0 END) AS BIGINT) AS there, \
        CAST(SUM(quantity) AS BIGINT) AS \"all\", \
        (SELECT CAST(SUM(quantity) AS BIGINT) FROM postings) AS posted, \
        (SELECT CAST(COUNT(*) AS BIGINT) FROM balances AS b JOIN (SELECT cell, SUM(quantity) AS quantity FROM postings \
         GROUP BY cell) AS p ON p.cell = b.cell WHERE p.quantity <> b.quantity) AS differing FROM balances";
    sql_query(sql).get_result(&mut connect(url).expect("it opens")).expect("sums")
}

/// What is wrong with the figures of this moment.
fn wrong_sums(url: &str) -> Option<String> {
    let sums = sums(url);
    (sums != Sums { there: LAID, all: 0, posted: 0, differing: 0 }).then(|| format!("{sums:?}"))
}

/// The same of what the server answers.
fn wrong_totals(officer: &Caller) -> Option<String> {
    let answer = officer.get("/api/v1/totals?group_by=site").expect(200);
    let total = &answer["total"];
    let accounts = [
        "unallocated",
        "in_storage",
        "allocated",
        "in_transit",
        "missing",
        "delivered",
        "distributed",
        "lost",
        "disposed",
        "returned",
        "withdrawn",
    ];
    let there: i64 = accounts.iter().filter_map(|account| total[account].as_i64()).sum();
    let is_right =
        there == LAID && total["promised"] == LAID && total["residual"] == 0 && answer["flows_residual"] == 0;
    (!is_right).then(|| answer.to_string())
}

on_both_databases! {
    migrate: migrate;

    fn whoever_adds_up_while_many_write_never_finds_a_unit_too_many_or_too_few(database: &TestDatabase) {
        let enough = if std::env::var_os("RELIEF_LONG").is_some() { UPDATES_LONG } else { UPDATES };
        let url = database.url();
        let field = Field::lay(url, LAID);
        let program = field.start();
        let address = program.address().trim_start_matches("http://").parse().expect("an address");
        let (recorded, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (looks, wrong) = std::thread::scope(|scope| {
            let writers: Vec<_> =
                (0..WRITERS).map(|_| scope.spawn(|| write(&field, address, &recorded, enough))).collect();
            let reader = scope.spawn(|| {
                let (mut looks, mut wrong) = (0, Vec::new());
                while !over.load(Ordering::Relaxed) || looks == 0 {
                    let officer = field.officer_at(address);
                    wrong.extend(wrong_sums(url).into_iter().chain(wrong_totals(&officer)));
                    looks += 1;
                    // A look reads every posting there is; the more there are, the more of the time others shall have.
                    std::thread::sleep(Duration::from_millis(if enough > UPDATES { 250 } else { 25 }));
                }
                (looks, wrong)
            });
            writers.into_iter().for_each(|writer| writer.join().expect("a writer"));
            over.store(true, Ordering::Relaxed);
            reader.join().expect("the reader")
        });
        assert!(recorded.into_inner() >= enough);
        assert_eq!(wrong, Vec::<String>::new());
        assert!(looks > 3, "{looks} looks are none");
        println!("{enough} updates, {looks} looks, 0 wrong sums");
        drop(program);
        assert_sound(url);

        // Whoever adds up finds a unit that is there too often.
        tamper(url, "UPDATE balances SET quantity = quantity + 1 WHERE cell = (SELECT cell FROM balances WHERE account = 3 LIMIT 1)");
        assert_eq!(sums(url), Sums { there: LAID + 1, all: 1, posted: 0, differing: 1 });
        assert!(wrong_sums(url).is_some());
    }
}
