//! The key of a balance, and what moves between balances.

use super::account::{Account, Condition};
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, OrganizationId, PledgeLineId, SiteId};
use sha2::{Digest, Sha256};

/// A digest of a cell, its key in the database: the first 128 bits of SHA-256 over its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey(pub [u8; 16]);

/// The smallest heap of goods the ledger tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Where it stands.
    pub account: Account,
    /// In what condition.
    pub condition: Condition,
    /// From which pledge line it came.
    pub line: PledgeLineId,
    /// Its lot; the item's own id where that is not known.
    pub lot: LotId,
    /// Its item.
    pub item: ItemId,
    /// The consignment it travels or was reserved with.
    pub consignment: Option<ConsignmentId>,
    /// The leg it is on or was lost on.
    pub leg: Option<LegId>,
    /// Where it is; in transit, where the leg ends; none where that is not a place of ours.
    pub site: Option<SiteId>,
    /// Who holds it.
    pub holder: Option<OrganizationId>,
}

impl Cell {
    /// A cell of a source account.
    pub fn source(account: Account, line: PledgeLineId, lot: LotId, item: ItemId) -> Self {
        Self {
            account,
            condition: Condition::Good,
            line,
            lot,
            item,
            consignment: None,
            leg: None,
            site: None,
            holder: None,
        }
    }

    /// The same goods on another account.
    pub fn on(mut self, account: Account) -> Self {
        self.account = account;
        self
    }

    /// The same goods in another condition.
    pub fn being(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// The key of this cell.
    pub fn key(&self) -> CellKey {
        let mut hasher = Sha256::new();
        hasher.update([self.account.code() as u8, self.condition.code() as u8]);
        hasher.update(self.line.0.as_bytes());
        hasher.update(self.lot.0.as_bytes());
        hasher.update(self.item.0.as_bytes());
        for part in [
            self.consignment.map(|id| id.0),
            self.leg.map(|id| id.0),
            self.site.map(|id| id.0),
            self.holder.map(|id| id.0),
        ] {
            // An absent part is the nil UUID, which is no identifier of ours.
            hasher.update(part.unwrap_or_default().as_bytes());
        }
        let digest = hasher.finalize();
        let mut key = [0_u8; 16];
        key.copy_from_slice(&digest[..16]);
        CellKey(key)
    }
}

/// How the pledge lines of a movement were chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chosen {
    /// There was nothing to choose.
    #[default]
    Given,
    /// By the picking rule.
    ByRule,
    /// By a scanned label or an override.
    ByLabel,
}

impl Chosen {
    /// The number kept in the database.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// The name used on the wire.
    pub fn word(code: i32) -> &'static str {
        match code {
            1 => "by_rule",
            2 => "by_label",
            _ => "given",
        }
    }
}

/// Goods going from one cell to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Drawn from.
    pub from: Cell,
    /// Added to.
    pub to: Cell,
    /// Base units, above zero.
    pub quantity: i64,
    /// How the pledge line was chosen.
    pub chosen: Chosen,
}

impl Movement {
    /// A movement where nothing was chosen.
    pub fn given(from: Cell, to: Cell, quantity: i64) -> Self {
        Self { from, to, quantity, chosen: Chosen::Given }
    }
}

/// What a document states about a source: the left-hand side of identity 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The pledge line.
    pub line: PledgeLineId,
    /// The lot.
    pub lot: LotId,
    /// The item.
    pub item: ItemId,
    /// Base units promised, may be negative where a lot was renamed.
    pub promised: i64,
    /// Base units in excess, may be negative likewise.
    pub surplus: i64,
}

impl Statement {
    /// What is stated in all of each line and lot, where that is anything, in the order of their first statements.
    pub fn in_sum(statements: &[Self]) -> Vec<Self> {
        let mut sums: Vec<Self> = Vec::new();
        for one in statements {
            match sums.iter_mut().find(|sum| sum.line == one.line && sum.lot == one.lot) {
                Some(sum) => {
                    sum.promised += one.promised;
                    sum.surplus += one.surplus;
                }
                None => sums.push(*one),
            }
        }
        sums.retain(|one| one.promised != 0 || one.surplus != 0);
        sums
    }
}
