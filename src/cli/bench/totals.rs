//! Totals over a small and a large ledger: what they cost must not grow with the postings.

use super::failed;
use super::figure::Figure;
use super::past;
use super::scratch::Scratch;
use super::synthetic::{Synthetic, id};
use crate::auth::Scope;
use crate::core::id::ProgrammeId;
use crate::core::problem::Outcome;
use crate::db::{Database, Settings, connect, migrate};
use crate::totals::rules::{Filters, PlaceMeaning, Question, read_groups};
use crate::totals::{Narrowed, answer};
use std::path::Path;
use std::time::Instant;

/// Consignments of the small ledger.
const FEW: u64 = 1_000;
/// Times a question is asked; the middle one counts.
const ASKED: usize = 21;

/// Measures three questions on a small and a large ledger.
///
/// # Errors
/// Whatever the database says.
pub(super) fn measure(
    scratch: &Scratch,
    quick: bool,
    python: &Path,
    figures: &mut Vec<Figure>,
) -> Outcome<()> {
    let many = if quick { 10_000 } else { 100_000 };
    let small = ledger(scratch, "totals-small.db", FEW)?;
    let large = ledger(scratch, "totals-large.db", many)?;
    for (groups, filtered) in [("country", false), ("country,month", false), ("item,country", true)] {
        let programme = filtered.then(|| id::<ProgrammeId>(4, 0));
        let filters = Filters { programme, ..Filters::default() };
        let question = Question { filters, ..question(groups)? };
        let (few_ms, many_ms) = (ask(&small, &question)?, ask(&large, &question)?);
        let filter = if filtered { ", one programme" } else { "" };
        figures.push(Figure::shown(
            format!("totals by {groups}{filter}, {} postings", many * 50),
            "ms",
            many_ms,
        ));
        figures.push(Figure::at_most(
            format!("totals by {groups}{filter}, {many} consignments over {FEW}"),
            "times",
            many_ms / few_ms,
            3.0,
        ));
    }
    drop(small);
    past::measure(scratch, &large, &Synthetic::new(many)?, python, figures)
}

/// What is there now, in these groups.
pub(super) fn question(groups: &str) -> Outcome<Question> {
    Ok(Question {
        group_by: read_groups(groups)?,
        place: PlaceMeaning::At,
        filters: Filters::default(),
        scope: Scope::everything(),
        eyes: None,
        as_of: None,
        known_at: None,
        narrowed: Narrowed::default(),
    })
}

fn ledger(scratch: &Scratch, name: &str, consignments: u64) -> Outcome<Database> {
    let url = scratch.sqlite(name);
    let mut conn = connect(&url)?;
    migrate(&mut conn)?;
    Synthetic::new(consignments)?.write(&mut conn)?;
    Database::open(Settings { url })
}

/// Milliseconds to answer, the middle of several.
fn ask(database: &Database, question: &Question) -> Outcome<f64> {
    let mut milliseconds = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let began = Instant::now();
        let view = database.read(|conn| answer(conn, question))?;
        milliseconds.push(began.elapsed().as_secs_f64() * 1_000.0);
        if view.rows.is_empty() {
            return Err(failed("totals of a synthetic ledger are empty"));
        }
    }
    milliseconds.sort_unstable_by(f64::total_cmp);
    Ok(milliseconds[ASKED / 2])
}
