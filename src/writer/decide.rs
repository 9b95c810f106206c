//! Deciding what came: rows are loaded for all of a batch at once, and an update that misses one is decided again.

use super::desk::{Desk, Refusal};
use super::queue::Job;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, read_failure};

/// Rounds of loading for one update. Each follows references one step further: mostly a dozen, and more where an event
/// was restated time and again, since each restating is another step. What is loaded stays, so rounds end by
/// themselves; this only keeps a fault from holding up the writer for ever.
const ROUNDS: usize = 1_000;

/// Loads what the batch says it will want, following references until nothing new is asked for.
pub(super) fn prefetch(conn: &mut Conn, desk: &mut Desk, jobs: &[Box<dyn Job>]) -> Outcome<()> {
    for _ in 0..ROUNDS {
        for job in jobs {
            job.keys(desk);
        }
        if !desk.is_wanting() {
            return Ok(());
        }
        desk.load(conn).map_err(read_failure)?;
    }
    Ok(())
}

/// Decides one update; where it misses rows, loads what it and all later ones miss, and decides again.
pub(super) fn decide(
    conn: &mut Conn,
    desk: &mut Desk,
    jobs: &mut [Box<dyn Job>],
    index: usize,
) -> Outcome<Outcome<Option<i64>>> {
    for _ in 0..ROUNDS {
        let checkmark = desk.checkmark();
        match jobs[index].decide(desk) {
            Ok(()) => {
                desk.seal();
                return Ok(Ok(desk.sequence_since(&checkmark)));
            }
            Err(Refusal::Problem(problem)) => {
                desk.go_back(&checkmark);
                return Ok(Err(*problem));
            }
            Err(Refusal::Missed) => {
                desk.go_back(&checkmark);
                for job in jobs[index + 1..].iter_mut() {
                    drop(job.decide(desk));
                    desk.go_back(&checkmark);
                }
                desk.load(conn).map_err(read_failure)?;
            }
        }
    }
    Ok(Err(Problem::internal("an update kept asking for more rows")))
}
