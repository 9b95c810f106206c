//! What the log costs: the same updates with everything of it, and with nothing hashed, logged or signed.
//!
//! Two ledgers grow side by side, so that neither is the larger one; runs take turns, and whoever was first is second
//! the next time. The one without is of no use afterwards and is thrown away.

use super::figure::Figure;
use super::house::{House, UPDATES_PER_SHIPMENT};
use super::updates::run;
use crate::app::Handicap;
use crate::core::problem::Outcome;
use crate::writer::Comparison;

/// Pairs of runs; the middle one counts.
const PAIRS: usize = 7;
/// Shipments of a run, six updates each.
const SHIPMENTS: (usize, usize) = (512, 2_048);

/// What one run used and reached.
#[derive(Clone, Copy)]
struct Turn {
    cpu: f64,
    rate: f64,
}

/// Measures the share of write throughput that the log takes, which may be at most `limit`. Rates this close together say
/// more about the disk of the moment than about the log; so CPU seconds of the same updates are compared, which is what a
/// busy server has too little of, and the rates are shown beside them.
///
/// # Errors
/// Where anything is refused.
pub(super) fn measure(
    with: &House,
    without: &House,
    name: &str,
    limit: f64,
    quick: bool,
    figures: &mut Vec<Figure>,
) -> Outcome<()> {
    let shipments = if quick { SHIPMENTS.0 } else { SHIPMENTS.1 };
    let bare = Comparison { is_without_log: true, ..Comparison::default() };
    let bare = Handicap { one_by_one: false, comparison: bare };
    let turn = |house: &House, handicap: Handicap| -> Outcome<Turn> {
        let (run, _) = run(house, shipments, handicap)?;
        Ok(Turn { cpu: run.cpu.as_secs_f64(), rate: run.sent.per_second() })
    };
    let turn_with = || turn(with, Handicap::default());
    let turn_without = || turn(without, bare);
    let mut pairs: Vec<(Turn, Turn)> = Vec::with_capacity(PAIRS);
    // Both warm up alike: a run that does not count.
    turn_with()?;
    turn_without()?;
    for pair in 0..PAIRS {
        pairs.push(if pair % 2 == 0 {
            let first = turn_with()?;
            (first, turn_without()?)
        } else {
            let first = turn_without()?;
            (turn_with()?, first)
        });
    }
    figures.extend(told(&pairs, shipments, name, limit));
    Ok(())
}

fn told(pairs: &[(Turn, Turn)], shipments: usize, name: &str, limit: f64) -> [Figure; 5] {
    let middle = |share: fn(&(Turn, Turn)) -> f64| {
        let mut sorted: Vec<&(Turn, Turn)> = pairs.iter().collect();
        sorted.sort_by(|one, other| share(one).total_cmp(&share(other)));
        let found = sorted[pairs.len() / 2];
        (*found, share(found))
    };
    let ((with, without), of_cpu) = middle(|(with, without)| 1.0 - without.cpu / with.cpu);
    let (_, of_rate) = middle(|(with, without)| 1.0 - with.rate / without.rate);
    let each = 1_000.0 / (shipments * UPDATES_PER_SHIPMENT) as f64;
    [
        Figure::shown(format!("{name}: server CPU for an update with the log"), "ms", with.cpu * each),
        Figure::shown(format!("{name}: the same without"), "ms", without.cpu * each),
        Figure::shown(format!("{name}: updates with the log"), "/s", with.rate),
        Figure::shown(format!("{name}: share of the rate the log costs"), "", of_rate),
        Figure::at_most(format!("{name}: share of throughput the log costs, by CPU"), "", of_cpu, limit),
    ]
}
