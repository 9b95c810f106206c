//! Where units of items stand, and what changes of it.

use std::collections::BTreeMap;

use relief_ledger::ledger::Account;

/// Where goods stand, as coarse as can be said without choosing lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Source,
    AtRest,
    UnderWay,
    Missing,
    Delivered,
    Ended,
}

impl Class {
    pub fn of(account: Account) -> Self {
        match account {
            Account::Promised | Account::Surplus => Self::Source,
            Account::Unallocated | Account::InStorage | Account::Allocated => Self::AtRest,
            Account::InTransit => Self::UnderWay,
            Account::Missing => Self::Missing,
            Account::Delivered => Self::Delivered,
            Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => Self::Ended,
        }
    }
}

/// Units of an item in a class.
pub type Sums = BTreeMap<(String, Class), i64>;

/// What changed from one state to the next.
pub fn difference(after: &Sums, before: &Sums) -> Sums {
    let mut change = after.clone();
    for (key, quantity) in before {
        *change.entry(key.clone()).or_insert(0) -= quantity;
    }
    change.retain(|_, quantity| *quantity != 0);
    change
}

/// Takes back what a change did.
pub fn subtract(sums: &mut Sums, change: &Sums) {
    for (key, quantity) in change {
        *sums.entry(key.clone()).or_insert(0) -= quantity;
    }
}

/// All the model keeps that an event may change, and what one changed of it.
#[derive(Clone, Default)]
pub struct State {
    pub sums: Sums,
    /// On each leg, of each item.
    pub on_leg: BTreeMap<(String, String), i64>,
    /// Of each pledge line.
    pub accepted: BTreeMap<String, i64>,
}

impl State {
    /// What changed since it was so.
    pub fn since(&self, before: &Self) -> Self {
        let mut change = self.clone();
        change.take_back(before);
        change.sums.retain(|_, quantity| *quantity != 0);
        change
    }

    /// Takes back what a change did.
    pub fn take_back(&mut self, change: &Self) {
        subtract(&mut self.sums, &change.sums);
        for (key, quantity) in &change.on_leg {
            *self.on_leg.entry(key.clone()).or_insert(0) -= quantity;
        }
        for (key, quantity) in &change.accepted {
            *self.accepted.entry(key.clone()).or_insert(0) -= quantity;
        }
    }
}
