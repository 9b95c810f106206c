//! Balances compared with what their postings make, while the postings are read in order.
//!
//! Of each cell its figures are kept, some fifty bytes; of more cells than fit fifty megabytes, some are folded at a time. Never here: which columns a cell is made of; its key stands for them.

use super::super::cell::CellKey;
use super::super::rows::{BalanceRow, PostingRead};
use crate::audit::finding::{Finding, Report};
use crate::core::hexadecimal::hexadecimal;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::{balances, postings};
use diesel::prelude::*;
use std::collections::HashMap;

/// Cells whose figures are kept at once: as many as a table of 2^20 places takes before it grows.
pub(super) const CELLS_AT_ONCE: i64 = 850_000;
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
    last_sequence: i64,
}

/// The balances of a part of the cells, as far as postings were read.
pub(super) struct BalanceFold {
    folded: HashMap<CellKey, Folded>,
    part: u8,
    parts: u8,
}

/// Into how many parts the cells are cut, so that about so many are kept at once.
pub(super) fn parts(conn: &mut Conn, at_once: i64) -> QueryResult<u8> {
    let count: i64 = balances::table.count().get_result(conn)?;
    let parts = (count / at_once.max(1) + 1).min(PARTS_MOST - 1);
    Ok(u8::try_from(parts).unwrap_or(u8::MAX))
}

impl BalanceFold {
    /// Nothing read yet.
    pub(super) fn of(part: u8, parts: u8) -> Self {
        Self { folded: HashMap::new(), part, parts }
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
        let Ok(key) = <[u8; 16]>::try_from(posting.cell.as_slice()) else { return };
        let at = posting.effective_at;
        let folded = self.folded.entry(CellKey(key)).or_insert(Folded {
            quantity: 0,
            first_at: at,
            last_at: at,
            last_sequence: posting.sequence,
        });
        if folded.quantity == 0 && posting.quantity > 0 {
            folded.first_at = at;
        }
        folded.quantity += posting.quantity;
        folded.last_at = folded.last_at.max(at);
        folded.last_sequence = posting.sequence;
    }

    /// Compares with the balances that are kept.
    pub(super) fn finish(mut self, conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = balances::table
                .order(balances::cell)
                .limit(BALANCES_PER_READ)
                .select(BalanceRow::as_select());
            let rows: Vec<BalanceRow> = match after {
                None => page.load(conn)?,
                Some(after) => page.filter(balances::cell.gt(after)).load(conn)?,
            };
            let Some(last) = rows.last() else { break };
            after = Some(last.cell.clone());
            for row in &rows {
                if !self.has(&row.cell) {
                    continue;
                }
                report.check("balances", 1);
                let key = <[u8; 16]>::try_from(row.cell.as_slice()).ok().map(CellKey);
                let folded = key.and_then(|key| self.folded.remove(&key));
                compare(conn, row, folded, report)?;
            }
        }
        for (key, right) in self.folded {
            let problem = format!("the balance is not there; its postings make {}", right.quantity);
            report
                .find(Finding::new("balances", hexadecimal(&key.0), problem).entry(right.last_sequence - 1));
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
    let key = hexadecimal(&row.cell);
    let is_named_rightly = row.cell().is_ok_and(|(cell, stored)| cell.key() == stored);
    if !is_named_rightly {
        report.find(Finding::new("balances", &key, "its columns are not those its key stands for"));
    }
    let Some(right) = folded else {
        report.find(Finding::new("balances", key, "no posting made this balance"));
        return Ok(());
    };
    let differs = |column: &str, is: i64, should: i64| {
        let problem = format!("says {is} where its postings make {should}");
        Finding::new("balances", &key, problem).column(column).entry(right.last_sequence - 1)
    };
    let figures = [
        ("quantity", row.quantity, right.quantity),
        ("first_at", row.first_at.0, right.first_at.0),
        ("last_at", row.last_at.0, right.last_at.0),
    ];
    for (column, is, should) in figures {
        if is != should {
            report.find(differs(column, is, should));
        }
    }
    if !is_named_rightly && let Some(posting) = last_posting(conn, row)? {
        for (column, is, should) in
            [("account", row.account, posting.account), ("condition", row.condition, posting.condition)]
        {
            if is != should {
                report.find(differs(column, i64::from(is), i64::from(should)));
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
