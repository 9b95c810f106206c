//! A balance over time: what could be drawn from a cell at a moment without any later moment falling short.

use crate::core::time::Timestamp;

/// The postings of one cell with an effective time after `from`; what was posted up to `from` is known
/// only in sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Postings up to here are not listed.
    pub from: Timestamp,
    /// Effective time and change of each later posting, in any order.
    pub later: Vec<(Timestamp, i64)>,
}

impl History {
    /// A history whose postings are all at or before `from`.
    pub fn settled(from: Timestamp) -> Self {
        Self { from, later: Vec::new() }
    }

    /// Notes a posting.
    pub fn add(&mut self, at: Timestamp, change: i64) {
        if at > self.from {
            self.later.push((at, change));
        }
    }

    /// Whether questions about `at` can be answered.
    pub fn reaches(&self, at: Timestamp) -> bool {
        at >= self.from
    }

    /// The least balance at `at` or any time after it, given the balance after everything.
    pub fn least_from(&self, at: Timestamp, balance: i64) -> i64 {
        self.walk_back(balance)
            .take_while(|(until, _)| *until > at)
            .map(|(_, before)| before)
            .fold(balance, i64::min)
    }

    /// The earliest time, `at` or later, from which on the balance never falls below `quantity`.
    pub fn earliest_with(&self, at: Timestamp, quantity: i64, balance: i64) -> Option<Timestamp> {
        if balance < quantity {
            return None;
        }
        let too_low = self
            .walk_back(balance)
            .take_while(|(until, _)| *until > at)
            .find(|(_, before)| *before < quantity);
        Some(too_low.map_or(at, |(until, _)| until))
    }

    /// The balance at a time, given the balance after everything.
    pub fn balance_at(&self, at: Timestamp, balance: i64) -> i64 {
        balance - self.later.iter().filter(|(when, _)| *when > at).map(|(_, change)| change).sum::<i64>()
    }

    /// Walks backwards: for each time something was posted, latest first, the balance just before it.
    fn walk_back(&self, balance: i64) -> impl Iterator<Item = (Timestamp, i64)> {
        let mut changes = self.later.clone();
        changes.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut walked = Vec::with_capacity(changes.len());
        let mut running = balance;
        for (at, change) in changes {
            running -= change;
            match walked.last_mut() {
                Some((last, before)) if *last == at => *before = running,
                _ => walked.push((at, running)),
            }
        }
        walked.into_iter()
    }
}
