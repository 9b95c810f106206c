//! Any sequence of commands, valid or not, keeps the ledger whole: on both databases alike, and in
//! agreement with a plain model that knows nothing of cells, lines or lots.

mod model;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::model::Model;
use self::world::{Step, World};
use crate::support::TestDatabase;
use crate::support::books::{faults, log_root, log_root_of_entries};
use crate::support::server::migrate;

/// Sequences of an ordinary run, and of `RELIEF_LONG=1`.
const CASES: u32 = 24;
const CASES_LONG: u32 = 1_500;
/// Commands of one sequence.
const STEPS: usize = 40;

fn long() -> bool {
    std::env::var_os("RELIEF_LONG").is_some()
}

/// Runs the steps on one database; returns what was answered to each.
fn run(
    database: &TestDatabase,
    steps: &[Step],
    mut model: Option<&mut Model>,
) -> Result<Vec<String>, TestCaseError> {
    let world = World::open(database.url());
    let mut answers = Vec::with_capacity(steps.len());
    let mut posted = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        answers.push(world.perform(index, step, &mut posted));
        if let Some(model) = model.as_deref_mut() {
            model.follow(database.url(), &format!("{answers:#?} after {step:?}"))?;
        }
    }
    world.writer.stop();
    let found = faults(database.url());
    prop_assert!(found.is_empty(), "{}\nafter {:#?}", found.join("\n"), answers);
    let (_, root) = log_root_of_entries(database.url());
    prop_assert_eq!(root, log_root(database.url()));
    Ok(answers)
}

#[test]
fn any_sequence_of_commands_keeps_the_books_on_both_databases_and_agrees_with_the_model() {
    let cases = if long() { CASES_LONG } else { CASES };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let sequences = prop::collection::vec(world::step(), 1..STEPS);
    let counted: RefCell<BTreeMap<String, (u32, u32)>> = RefCell::default();
    runner
        .run(&sequences, |steps| {
            let (sqlite, postgres) = (TestDatabase::sqlite(migrate), TestDatabase::postgres(migrate));
            let on_sqlite = run(&sqlite, &steps, Some(&mut Model::default()))?;
            let on_postgres = run(&postgres, &steps, None)?;
            prop_assert_eq!(&on_sqlite, &on_postgres);
            for answer in &on_sqlite {
                let kind = answer.split(':').next().unwrap_or_default().to_owned();
                let mut counted = counted.borrow_mut();
                let (asked, accepted) = counted.entry(kind).or_default();
                *asked += 1;
                *accepted += u32::from(answer.contains(": Posted"));
            }
            prop_assert_eq!(log_root(sqlite.url()), log_root(postgres.url()));
            prop_assert_eq!(world::balances(sqlite.url()), world::balances(postgres.url()));
            prop_assert_eq!(world::rollups(sqlite.url()), world::rollups(postgres.url()));
            Ok(())
        })
        .unwrap();
    let counted = counted.into_inner();
    println!("asked and accepted by kind: {counted:?}");
    let accepted: u32 = counted.values().map(|(_, accepted)| accepted).sum();
    assert!(accepted > 4 * cases, "commands that are all refused show nothing: {counted:?}");
}

#[test]
fn a_doubled_a_lost_and_a_shifted_posting_are_each_caught() {
    use crate::support::ledger::{Ledger, tamper};
    let twins = [
        (
            "doubled",
            "INSERT INTO postings SELECT sequence + 1000, ordinal, cell, account, condition, pledge_line_id, \
                     lot_id, item_id, consignment_id, leg_id, site_id, holder_id, quantity, chosen, effective_at \
                     FROM postings WHERE sequence = (SELECT MAX(sequence) FROM postings)",
        ),
        ("lost", "DELETE FROM postings WHERE sequence = (SELECT MAX(sequence) FROM postings)"),
        ("shifted", "UPDATE postings SET effective_at = 0 WHERE quantity < 0 AND account > 2"),
        (
            "half gone",
            "DELETE FROM postings WHERE quantity > 0 AND sequence = (SELECT MAX(sequence) FROM postings)",
        ),
    ];
    for (what, sql) in twins {
        let database = TestDatabase::sqlite(migrate);
        let ledger = Ledger::with_gift(database.url());
        ledger.writer.stop();
        assert_eq!(faults(database.url()), [""; 0], "nothing is wrong before");
        tamper(database.url(), sql);
        assert!(!faults(database.url()).is_empty(), "a {what} posting is not noticed");
    }
}
