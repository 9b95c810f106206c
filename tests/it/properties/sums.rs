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
