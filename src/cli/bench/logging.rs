//! What the log costs: the same updates with everything of it, and with nothing hashed, logged or signed.
//!
//! Two ledgers grow side by side, so that neither is the larger one; runs take turns, and whoever was first is second
//! the next time. The one without is of no use afterwards and is thrown away.

use super::figure::Figure;
use super::house::House;
use super::updates::run;
use crate::app::Handicap;
use crate::core::problem::Outcome;
use crate::writer::Comparison;

/// Pairs of runs; the middle one counts.
const PAIRS: usize = 5;
/// Shipments of a run, six updates each.
const SHIPMENTS: (usize, usize) = (512, 2_048);

/// Measures the share of write throughput that the log takes, which may be at most `limit`.
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
    let rate_with = || Ok(run(with, shipments, Handicap::default())?.0.sent.per_second());
    let rate_without = || Ok(run(without, shipments, bare)?.0.sent.per_second());
    let mut pairs: Vec<(f64, f64)> = Vec::with_capacity(PAIRS);
    // Both warm up alike: a run that does not count.
    run(with, shipments, Handicap::default())?;
    run(without, shipments, bare)?;
    for pair in 0..PAIRS {
        pairs.push(if pair % 2 == 0 {
            let first = rate_with()?;
            (first, rate_without()?)
        } else {
            let first = rate_without()?;
            (rate_with()?, first)
        });
    }
    pairs.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (with, without) = pairs[PAIRS / 2];
    figures.extend([
        Figure::shown(format!("{name}: updates with the log"), "/s", with),
        Figure::shown(format!("{name}: updates without"), "/s", without),
        Figure::at_most(
            format!("{name}: share of throughput the log costs"),
            "",
            1.0 - with / without,
            limit,
        ),
    ]);
    Ok(())
}
