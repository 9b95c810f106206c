//! Which pledge lines goods are taken from, when nobody scanned a label: a rule, so that donor lineage is
//! a fact and not a matter of taste.

use super::book::{Book, Holding};
use super::cell::{Cell, Chosen};
use crate::core::id::{LotId, PledgeLineId, ProgrammeId};
use crate::core::time::Timestamp;
use crate::writer::Wanted;
use std::collections::HashMap;

/// What is to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Shelfful<'a> {
    /// Base units wanted.
    pub quantity: i64,
    /// When they were taken.
    pub at: Timestamp,
    /// Only this lot, where one was named.
    pub lot: Option<LotId>,
    /// Only this pledge line, where a label was scanned.
    pub label: Option<PledgeLineId>,
    /// Only goods of this programme.
    pub programme: Option<ProgrammeId>,
    /// The country the goods are for; lines earmarked for another are left alone.
    pub destination: Option<&'a str>,
    /// The expiry of lots that have one, as ISO dates.
    pub expiry: &'a HashMap<LotId, String>,
}

/// A part of what was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// From where.
    pub cell: Cell,
    /// Base units.
    pub quantity: i64,
    /// By rule or by label.
    pub chosen: Chosen,
}

/// Takes from `candidates` in the order: what was there at the time before what came later; earmark fits;
/// first expiry; first in; then by identifier. What it returns may add up to less than was wanted.
///
/// # Errors
/// [`Wanted`] where a line's facts or a balance's history are not loaded.
pub fn pick(book: &mut Book, candidates: Vec<Holding>, want: &Shelfful<'_>) -> Result<Vec<Picked>, Wanted> {
    let mut heaps = Vec::with_capacity(candidates.len());
    let mut missing = false;
    for holding in candidates {
        if want.lot.is_some_and(|lot| lot != holding.cell.lot)
            || want.label.is_some_and(|line| line != holding.cell.line)
        {
            continue;
        }
        // Earlier lines of the same update may have taken from it: the holding says what they left.
        let there = book.available(&holding.cell, want.at).map(|there| there.min(holding.quantity));
        let facts = book.line(holding.cell.line).map(|facts| (facts.earmark.clone(), facts.programme));
        let (Ok(there), Ok((earmark, programme))) = (there, facts) else {
            missing = true;
            continue;
        };
        if want.programme.is_some_and(|wanted| wanted != programme) {
            continue;
        }
        let fit = match (&earmark, want.destination) {
            (Some(earmark), Some(destination)) if earmark == destination => 0,
            (None, _) => 1,
            (Some(_), _) if want.label.is_some() => 1,
            (Some(_), None) => 2,
            (Some(_), Some(_)) => continue,
        };
        heaps.push((holding, there, fit));
    }
    if missing {
        return Err(Wanted);
    }
    heaps.sort_by_cached_key(|(holding, _, fit)| {
        let expiry = want.expiry.get(&holding.cell.lot);
        // A lot without a date comes after all lots with one.
        (
            *fit,
            expiry.is_none(),
            expiry.cloned(),
            holding.first_at,
            holding.cell.line,
            holding.cell.lot,
            holding.cell.key(),
        )
    });
    let chosen = if want.label.is_some() { Chosen::ByLabel } else { Chosen::ByRule };
    let mut left = want.quantity;
    let mut taken = vec![0_i64; heaps.len()];
    for (index, (_, there, _)) in heaps.iter().enumerate() {
        taken[index] = left.min(*there);
        left -= taken[index];
    }
    for (index, (holding, _, _)) in heaps.iter().enumerate() {
        let more = left.min(holding.quantity - taken[index]).max(0);
        taken[index] += more;
        left -= more;
    }
    let parts = heaps.iter().zip(taken).filter(|(_, quantity)| *quantity > 0);
    Ok(parts.map(|((holding, _, _), quantity)| Picked { cell: holding.cell, quantity, chosen }).collect())
}
