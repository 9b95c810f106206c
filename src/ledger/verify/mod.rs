//! Folding every derived figure again and comparing: balances and rollups from postings, postings against
//! each other, statements against sources.
//!
//! Postings are read in ranges, so that memory stays bounded. Never here: changing anything, or trusting one derived
//! figure to check another.

mod rollups;

use self::rollups::Comparison;
use super::reading::{IsDeploying, Reading, ranges};
use super::rows::{BalanceRow, PostingRead};
use crate::audit::finding::{Finding, Report};
use crate::audit::verify::Progress;
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, postings, statements};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::HashMap;

/// Verifies every derived figure of the ledger.
///
/// # Errors
/// Whatever the database says.
pub fn verify_figures(
    conn: &mut Conn,
    is_deploying: IsDeploying,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    for first in 0..=u8::MAX {
        fold_balances(conn, first, report).map_err(read_failure)?;
        progress("balances", 1);
    }
    let last = last_sequence(conn).map_err(read_failure)?;
    let mut reading = Reading::default();
    let mut comparison = Comparison::of(conn).map_err(read_failure)?;
    for (first, end) in ranges(0, last) {
        check_sums(conn, first, end, report).map_err(read_failure)?;
        let read = reading.read(conn, (first, end), None, is_deploying).map_err(read_failure)?;
        report.check("postings folded", read);
        comparison.add(conn, &reading.book, end, report)?;
        progress("events folded", u64::try_from(end - first + 1).unwrap_or(0));
    }
    check_sources(conn, report).map_err(read_failure)?;
    comparison.finish(conn, (last, is_deploying), report)
}

fn last_sequence(conn: &mut Conn) -> QueryResult<i64> {
    let posted: Option<i64> =
        postings::table.order(postings::sequence.desc()).select(postings::sequence).first(conn).optional()?;
    let stated: Option<i64> = statements::table
        .order(statements::sequence.desc())
        .select(statements::sequence)
        .first(conn)
        .optional()?;
    Ok(posted.max(stated).unwrap_or(0))
}

/// A balance as its postings make it.
struct Folded {
    dimensions: BalanceRow,
    last_sequence: i64,
}

/// Folds the balances whose key begins with `first` and compares them.
fn fold_balances(conn: &mut Conn, first: u8, report: &mut Report) -> QueryResult<()> {
    let postings = postings_of_range(conn, first)?;
    let mut folded: HashMap<Vec<u8>, Folded> = HashMap::new();
    for posting in postings {
        fold_posting(&mut folded, posting, report);
    }
    let range = balances::table.filter(balances::cell.ge(vec![first]));
    let stored: Vec<BalanceRow> = match first.checked_add(1) {
        Some(next) => {
            range.filter(balances::cell.lt(vec![next])).select(BalanceRow::as_select()).load(conn)?
        }
        None => range.select(BalanceRow::as_select()).load(conn)?,
    };
    report.check("balances", stored.len());
    for row in stored {
        let key = hexadecimal(&row.cell);
        if row.cell().ok().is_none_or(|(cell, stored)| cell.key() != stored) {
            report.find(Finding::new("balances", &key, "its columns are not those its key stands for"));
        }
        match folded.remove(&row.cell) {
            None => report.find(Finding::new("balances", key, "no posting made this balance")),
            Some(right) => compare_balance(&row, &right, report),
        }
    }
    for (key, right) in folded {
        let problem = format!("the balance is not there; its postings make {}", right.dimensions.quantity);
        report.find(Finding::new("balances", hexadecimal(&key), problem).entry(right.last_sequence - 1));
    }
    Ok(())
}

fn postings_of_range(conn: &mut Conn, first: u8) -> QueryResult<Vec<PostingRead>> {
    let range = postings::table
        .filter(postings::cell.ge(vec![first]))
        .order((postings::cell, postings::sequence, postings::ordinal))
        .select(PostingRead::as_select());
    match first.checked_add(1) {
        Some(next) => range.filter(postings::cell.lt(vec![next])).load(conn),
        None => range.load(conn),
    }
}

fn fold_posting(folded: &mut HashMap<Vec<u8>, Folded>, posting: PostingRead, report: &mut Report) {
    let entry = folded.entry(posting.cell.clone()).or_insert_with(|| Folded {
        dimensions: BalanceRow {
            cell: posting.cell.clone(),
            account: posting.account,
            condition: posting.condition,
            pledge_line_id: posting.pledge_line_id,
            lot_id: posting.lot_id,
            item_id: posting.item_id,
            consignment_id: posting.consignment_id,
            leg_id: posting.leg_id,
            site_id: posting.site_id,
            holder_id: posting.holder_id,
            quantity: 0,
            first_at: posting.effective_at,
            last_at: Timestamp(i64::MIN),
            revision: 0,
        },
        last_sequence: posting.sequence,
    });
    let row = &mut entry.dimensions;
    if row.quantity == 0 && posting.quantity > 0 {
        row.first_at = posting.effective_at;
    }
    row.quantity += posting.quantity;
    row.last_at = row.last_at.max(posting.effective_at);
    entry.last_sequence = posting.sequence;
    let key = format!("{}/{}", posting.sequence, posting.ordinal);
    let position = posting.sequence - 1;
    match posting.posted() {
        Ok(posted) if posted.cell.key() == posted.key => {}
        Ok(_) | Err(_) => {
            let problem = "its columns are not those its cell stands for";
            report.find(Finding::new("postings", key, problem).column("cell").entry(position));
        }
    }
}

fn compare_balance(row: &BalanceRow, folded: &Folded, report: &mut Report) {
    let right = &folded.dimensions;
    let figures = [
        ("account", i64::from(row.account), i64::from(right.account)),
        ("condition", i64::from(row.condition), i64::from(right.condition)),
        ("quantity", row.quantity, right.quantity),
        ("first_at", row.first_at.0, right.first_at.0),
        ("last_at", row.last_at.0, right.last_at.0),
    ];
    for (column, is, should) in figures {
        if is != should {
            let problem = format!("says {is} where its postings make {should}");
            let finding = Finding::new("balances", hexadecimal(&row.cell), problem);
            report.find(finding.column(column).entry(folded.last_sequence - 1));
        }
    }
}

#[derive(QueryableByName)]
struct Unbalanced {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Binary)]
    pledge_line_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    difference: i64,
}

/// The postings of an event sum to zero for each pledge line and lot.
fn check_sums(conn: &mut Conn, first: i64, last: i64, report: &mut Report) -> QueryResult<()> {
    let rows: Vec<Unbalanced> = diesel::sql_query(
        "SELECT sequence, pledge_line_id, CAST(SUM(quantity) AS BIGINT) AS difference FROM postings \
         WHERE sequence >= $1 AND sequence <= $2 GROUP BY sequence, pledge_line_id, lot_id HAVING SUM(quantity) <> 0",
    )
    .into_boxed::<crate::db::Backend>()
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(last)
    .load(conn)?;
    for row in rows {
        let line = uuid::Uuid::from_slice(&row.pledge_line_id).unwrap_or_default();
        let problem = format!("its postings of pledge line {line} sum to {} and not to 0", row.difference);
        let finding = Finding::new("postings", row.sequence.to_string(), problem);
        report.find(finding.column("quantity").entry(row.sequence - 1));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Unstated {
    #[diesel(sql_type = Binary)]
    pledge_line_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    lot_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
}

/// What documents state of a pledge line and lot is what was drawn from its sources.
fn check_sources(conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
    let rows: Vec<Unstated> = diesel::sql_query(
        "SELECT pledge_line_id, lot_id, CAST(SUM(promised) AS BIGINT) AS promised, \
         CAST(SUM(surplus) AS BIGINT) AS surplus FROM (SELECT pledge_line_id, lot_id, promised, surplus \
         FROM statements UNION ALL SELECT pledge_line_id, lot_id, CASE WHEN account = 0 THEN quantity ELSE 0 END, \
         CASE WHEN account = 1 THEN quantity ELSE 0 END FROM balances WHERE account < 2) AS both_sides \
         GROUP BY pledge_line_id, lot_id HAVING SUM(promised) <> 0 OR SUM(surplus) <> 0",
    )
    .load(conn)?;
    for row in rows {
        let line = uuid::Uuid::from_slice(&row.pledge_line_id).unwrap_or_default();
        let lot = uuid::Uuid::from_slice(&row.lot_id).unwrap_or_default();
        for (column, difference) in [("promised", row.promised), ("surplus", row.surplus)] {
            if difference != 0 {
                let problem = format!("documents state {difference} more than was drawn from the source");
                report.find(Finding::new("statements", format!("{line}/{lot}"), problem).column(column));
            }
        }
    }
    Ok(())
}
