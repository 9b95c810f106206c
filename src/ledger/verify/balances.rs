//! Balances compared with what their postings make, while the postings are read in order.
//!
//! Of each cell its figures are kept, 33 bytes, under a number that only this run knows; of more cells than fit
//! seventeen megabytes, some are folded at a time. Never here: which columns a cell is made of; its key stands for them.

use super::super::rows::{BalanceRow, PostingRead};
use crate::audit::finding::{Finding, Report};
use crate::core::drawn::DrawnMap;
use crate::core::hexadecimal::hexadecimal;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, postings};
use crate::db::{Conn, either};
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use std::hash::{BuildHasher, RandomState};

/// Cells whose figures are kept at once: as many as a table of 2^19 places takes before it grows. Reading the postings once
/// more for further cells costs less than the memory they would take together.
pub(super) const CELLS_AT_ONCE: i64 = 450_000;
/// The most parts the cells are cut into: one for each first byte of their keys.
const PARTS_MOST: i64 = 256;
/// Balances read at once.
const BALANCES_PER_READ: i64 = 5_000;

/// The figures of a balance as its postings make them.
#[derive(Clone, Copy)]
struct Folded {
    quantity: i64,
    first_at: Timestamp,
    last_at: Timestamp,
}

/// How the cells are cut into parts: so many of them, each of about so many cells.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) count: u8,
    cells: usize,
}

impl Parts {
    /// So that about so many cells are kept at once.
    pub(super) fn of(conn: &mut Conn, at_once: i64) -> QueryResult<Self> {
        let cells: i64 = balances::table.count().get_result(conn)?;
        let count = (cells / at_once.max(1) + 1).min(PARTS_MOST - 1);
        let cells = usize::try_from(cells / count).unwrap_or(0);
        Ok(Self { count: u8::try_from(count).unwrap_or(u8::MAX), cells })
    }
}

/// The balances of a part of the cells, as far as postings were read.
pub(super) struct BalanceFold {
    secret: RandomState,
    /// By the names of their cells.
    folded: DrawnMap<Folded>,
    part: u8,
    parts: u8,
}

impl BalanceFold {
    /// Nothing read yet. There is room for the cells there are: a table that grows is there twice meanwhile.
    pub(super) fn of(part: u8, parts: Parts) -> Self {
        let folded = DrawnMap::with_capacity_and_hasher(parts.cells, Default::default());
        Self { secret: RandomState::new(), folded, part, parts: parts.count }
    }

    /// A cell in one number; a key of another length names none.
    fn name(&self, key: &[u8]) -> Option<u64> {
        <[u8; 16]>::try_from(key).ok().map(|key| self.secret.hash_one(key))
    }

    fn has(&self, key: &[u8]) -> bool {
        // One without a key is of the first part alone, so that it is found once.
        key.first().copied().unwrap_or(0) % self.parts == self.part
    }

    /// Adds a posting; they come in the order of the ledger.
    pub(super) fn add(&mut self, posting: &PostingRead, report: &mut Report) {
        if !self.has(&posting.cell) {
            return;
        }
        let posted = posting.posted().ok().filter(|posted| posted.cell.key() == posted.key);
        if posted.is_none() {
            let key = format!("{}/{}", posting.sequence, posting.ordinal);
            let problem = "its columns are not those its cell stands for";
            let finding = Finding::new("postings", key, problem).column("cell");
            report.find(finding.entry(posting.sequence - 1));
        }
        let Some(name) = self.name(&posting.cell) else { return };
        let at = posting.effective_at;
        let folded = self.folded.entry(name).or_insert(Folded { quantity: 0, first_at: at, last_at: at });
        if folded.quantity == 0 && posting.quantity > 0 {
            folded.first_at = at;
        }
        folded.quantity += posting.quantity;
        folded.last_at = folded.last_at.max(at);
    }

    /// Compares with the balances that are kept.
    pub(super) fn finish(mut self, conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
        let mut after: Vec<u8> = Vec::new();
        loop {
            let rows: Vec<BalanceRow> = either!(conn, one => {
                balances::table
                    .filter(balances::cell.gt(&after))
                    .order(balances::cell)
                    .limit(BALANCES_PER_READ)
                    .select(BalanceRow::as_select())
                    .load(one)
            })?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.cell);
            for row in &rows {
                if !self.has(&row.cell) {
                    continue;
                }
                report.check("balances", 1);
                let folded = self.name(&row.cell).and_then(|name| self.folded.remove(&name));
                compare(conn, row, folded, report)?;
            }
        }
        if self.folded.is_empty() { Ok(()) } else { self.find_missing(conn, report) }
    }

    /// The cells that postings make and no balance is of.
    fn find_missing(&self, conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
        let missing: Vec<(Vec<u8>, Option<i64>)> = postings::table
            .filter(not(exists(balances::table.filter(balances::cell.eq(postings::cell)))))
            .group_by(postings::cell)
            .order(postings::cell)
            .select((postings::cell, max(postings::sequence)))
            .load(conn)?;
        for (key, last) in missing {
            let Some(right) = self.name(&key).and_then(|name| self.folded.get(&name)) else { continue };
            let problem = format!("the balance is not there; its postings make {}", right.quantity);
            let finding = Finding::new("balances", hexadecimal(&key), problem);
            report.find(finding.entry(last.unwrap_or(0) - 1));
        }
        Ok(())
    }
}

/// Compares a balance with what its postings make.
fn compare(
    conn: &mut Conn,
    row: &BalanceRow,
    folded: Option<Folded>,
    report: &mut Report,
) -> QueryResult<()> {
    let key = || hexadecimal(&row.cell);
    let is_named_rightly = row.cell().is_ok_and(|(cell, stored)| cell.key() == stored);
    if !is_named_rightly {
        report.find(Finding::new("balances", key(), "its columns are not those its key stands for"));
    }
    let Some(right) = folded else {
        report.find(Finding::new("balances", key(), "no posting made this balance"));
        return Ok(());
    };
    let differs = |column: &str, (is, should): (i64, i64), last: Option<&PostingRead>| {
        let problem = format!("says {is} where its postings make {should}");
        let finding = Finding::new("balances", key(), problem).column(column);
        match last {
            Some(posting) => finding.entry(posting.sequence - 1),
            None => finding,
        }
    };
    let figures = [
        ("quantity", row.quantity, right.quantity),
        ("first_at", row.first_at.0, right.first_at.0),
        ("last_at", row.last_at.0, right.last_at.0),
    ];
    let is_right = is_named_rightly && figures.iter().all(|(_, is, should)| is == should);
    let last = if is_right || report.is_full() { None } else { last_posting(conn, row)? };
    for (column, is, should) in figures {
        if is != should {
            report.find(differs(column, (is, should), last.as_ref()));
        }
    }
    if !is_named_rightly && let Some(posting) = &last {
        for (column, is, should) in
            [("account", row.account, posting.account), ("condition", row.condition, posting.condition)]
        {
            if is != should {
                report.find(differs(column, (i64::from(is), i64::from(should)), Some(posting)));
            }
        }
    }
    Ok(())
}

/// The last posting of a balance's cell, whose other columns say what the balance's should be.
fn last_posting(conn: &mut Conn, row: &BalanceRow) -> QueryResult<Option<PostingRead>> {
    postings::table
        .filter(postings::cell.eq(row.cell.clone()))
        .order((postings::sequence.desc(), postings::ordinal.desc()))
        .select(PostingRead::as_select())
        .first(conn)
        .optional()
}
