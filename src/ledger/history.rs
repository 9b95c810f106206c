//! A balance over time: what could be drawn from a cell at a moment without any later moment falling short.

use crate::core::time::Timestamp;

/// The postings of one cell with an effective time after `from`; what was posted up to `from` is known
/// only in sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Postings up to here are not listed.
    from: Timestamp,
    /// Effective time and change of each later posting, in the order of time.
    later: Vec<(Timestamp, i64)>,
}

impl History {
    /// A history whose postings are all at or before `from`.
    pub fn settled(from: Timestamp) -> Self {
        Self::of(from, Vec::new())
    }

    /// A history of postings in any order.
    pub fn of(from: Timestamp, mut changes: Vec<(Timestamp, i64)>) -> Self {
        changes.retain(|(at, _)| *at > from);
        changes.sort_by_key(|(at, _)| *at);
        Self { from, later: changes }
    }

    /// Notes a posting.
    pub fn add(&mut self, at: Timestamp, change: i64) {
        if at > self.from {
            self.later.insert(self.end_of(at), (at, change));
        }
    }

    /// Forgets a posting that was noted; which of several alike makes no difference.
    pub fn take_back(&mut self, at: Timestamp, change: i64) {
        let until = self.end_of(at);
        let same = self.later[..until].iter().rev().take_while(|(when, _)| *when == at);
        if let Some(behind) = same.map(|(_, one)| *one).position(|one| one == change) {
            self.later.remove(until - 1 - behind);
        }
    }

    /// Where the postings up to a time end.
    fn end_of(&self, at: Timestamp) -> usize {
        self.later.partition_point(|(when, _)| *when <= at)
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
        balance - self.later[self.end_of(at)..].iter().map(|(_, change)| change).sum::<i64>()
    }

    /// Walks backwards: for each time something was posted, latest first, the balance just before it.
    fn walk_back(&self, balance: i64) -> impl Iterator<Item = (Timestamp, i64)> {
        let mut running = balance;
        self.later.chunk_by(|one, next| one.0 == next.0).rev().filter_map(move |same| {
            running -= same.iter().map(|(_, change)| change).sum::<i64>();
            same.first().map(|(at, _)| (*at, running))
        })
    }
}
