//! Figures of the past out of dated blocks: the same, to the unit, as from the postings alone.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use relief_ledger::auth::Scope;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::{Database, Settings, connect};
use relief_ledger::events::Kind;
use relief_ledger::ledger::keep_next;
use relief_ledger::totals::rules::{Filters, KnownAt, PlaceMeaning, Question, read_groups};
use relief_ledger::totals::{Narrowed, answer};
use serde_json::Value;

use super::step::step;
use super::world::World;
use crate::support::TestDatabase;
use crate::support::books::faults;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Entries of the smallest block, and of the next.
const BLOCK: usize = 2_048;
const LARGER: usize = 8 * BLOCK;
/// Commands before, within and after the blocks.
const COMMANDS: usize = 60;
const GROUPS: [&str; 8] =
    ["country", "item", "donor,item", "site", "consignee", "corridor", "country,month", "lot,month"];
/// Whole days, a minute within a day, the end of a month, before everything and after it.
const MOMENTS: [&str; 6] =
    ["2020-03-05", "2020-03-11T00:00:00Z", "2020-03-17T12:00:00Z", "2020-02-29", "2020-03-31", "2030-01-01"];

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = sql_types::BigInt)]
    sequence: i64,
}

fn last(url: &str) -> i64 {
    let sql = "SELECT sequence FROM ledger_state";
    sql_query(sql).get_result::<Last>(&mut connect(url).unwrap()).unwrap().sequence
}

/// A ledger of many commands of every kind, in three heaps with other entries between them.
fn ledger(database: &TestDatabase) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), rng);
    let world = World::open(database.url());
    let mut posted: Vec<Value> = Vec::new();
    let mut index = 0;
    for pads in [BLOCK, LARGER, 0] {
        let steps = prop::collection::vec(step(), COMMANDS).new_tree(&mut runner).unwrap().current();
        for step in &steps {
            world.perform(index, step, &mut posted);
            index += 1;
        }
        world.pad(pads);
    }
    world.writer.stop();
}

/// The answers to every question at every moment, by what was asked.
fn answers(url: &str, known: &[i64]) -> BTreeMap<String, Value> {
    let database = Database::open(Settings { url: url.to_owned() }).unwrap();
    let mut answers = BTreeMap::new();
    for groups in GROUPS {
        for moment in MOMENTS.iter().map(Some).chain([None]) {
            for known_at in known {
                let question = Question {
                    group_by: read_groups(groups).unwrap(),
                    place: PlaceMeaning::At,
                    filters: Filters::default(),
                    scope: Scope::everything(),
                    eyes: None,
                    as_of: moment.map(|moment| Timestamp::parse_last(moment).unwrap()),
                    known_at: Some(KnownAt::Sequence(*known_at)),
                    narrowed: Narrowed::default(),
                };
                let view = database.read(|conn| answer(conn, &question)).unwrap();
                let name = format!("{groups} as of {moment:?} known at {known_at}");
                answers.insert(name, serde_json::to_value(view).unwrap());
            }
        }
    }
    answers
}

/// The first that differs, with both answers.
fn difference(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Option<String> {
    let differs = |(name, value): &(&String, &Value)| after.get(*name) != Some(*value);
    before.iter().find(differs).map(|(name, value)| format!("{name}\n{value:#}\n{:#}", after[name]))
}

on_both_databases! {
    migrate: migrate;

    fn figures_of_the_past_are_the_same_out_of_blocks_and_out_of_postings(database: &TestDatabase) {
        ledger(database);
        let url = database.url();
        let last = last(url);
        assert!(last > i64::try_from(LARGER).unwrap());
        // Within the first block, at its edge, in the larger one, and now.
        let known = [COMMANDS as i64, BLOCK as i64, BLOCK as i64 + 90, LARGER as i64, last - 20, last];
        let folded = answers(url, &known);
        let mut conn = connect(url).unwrap();
        let mut made = 0;
        while keep_next(&mut conn, Kind::is_deploying).unwrap() {
            made += 1;
        }
        assert_eq!(made, last / BLOCK as i64 + last / LARGER as i64);
        assert_eq!(difference(&folded, &answers(url, &known)), None);
        let delivered = |name: &str| folded[name]["total"]["promised"].as_i64().unwrap();
        assert!(delivered(&format!("country as of None known at {last}")) > 0);
        assert_ne!(
            folded[&format!("item as of Some(\"2020-03-05\") known at {last}")]["total"],
            folded[&format!("item as of Some(\"2020-03-31\") known at {last}")]["total"],
        );
        assert_eq!(faults(url), Vec::<String>::new());

        // A block that says something else changes the figure, and whoever verifies is told which.
        tamper(url, "UPDATE dated_rollups SET whole = (SELECT other.whole FROM dated_rollups AS other \
            WHERE other.cuboid = dated_rollups.cuboid AND other.level = 0 AND other.block = 0 AND other.month = dated_rollups.month) \
            WHERE level = 1 AND cuboid = 0");
        assert!(difference(&folded, &answers(url, &known)).is_some());
        let found = faults(url);
        assert!(found.iter().any(|words| words.contains("dated_rollups") && words.contains("0/1/0/")), "{found:#?}");
        tamper(url, "DELETE FROM dated_rollups WHERE level = 1 AND cuboid = 0; DELETE FROM dated_blocks WHERE level = 0 AND block = 1");
        let found = faults(url);
        assert!(found.iter().any(|words| words.contains("the row is not there")), "{found:#?}");
        assert!(found.iter().any(|words| words.contains("dated_blocks")), "{found:#?}");
    }
}
