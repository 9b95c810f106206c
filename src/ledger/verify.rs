//! Folding every derived figure again and comparing: balances and rollups from postings, postings against
//! each other, statements against sources.
//!
//! Postings are read in ranges, so that memory stays bounded; of rollups, all rows are held at once. Never
//! here: changing anything, or trusting one derived figure to check another.

use super::book::Book;
use super::cell::CellKey;
use super::cuboids::{RollupRow, fold, rollup_row};
use super::load::load_facts;
use super::recorded::StatementRead;
use super::rollup::Changes;
use super::rows::{BalanceRow, PostingRead};
use crate::audit::finding::{Finding, Report};
use crate::audit::verify::Progress;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::EventId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, events, postings, rollups, statements};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::{HashMap, HashSet};

/// Events read at once.
const EVENTS_PER_READ: i64 = 2_000;
/// A reversal of a correction of an event: no chain of events that restate others is longer, and one made by
/// hand in a ring is not followed for ever.
const RESTATED_DEPTH: usize = 2;
/// Rollup rows read at once.
const ROLLUPS_PER_READ: i64 = 5_000;

/// Says by the word of an event's kind whether what was ever delivered follows such events; `None` where the
/// event restated decides. The ledger itself knows no kind.
pub type IsDeploying = fn(&str) -> Option<bool>;

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
    let mut fold = RollupFold::default();
    let mut first = 1;
    while first <= last {
        let end = first + EVENTS_PER_READ - 1;
        check_sums(conn, first, end, report).map_err(read_failure)?;
        fold.add(conn, (first, end), is_deploying, report).map_err(read_failure)?;
        progress("events folded", u64::try_from(end.min(last) - first + 1).unwrap_or(0));
        first = end + 1;
    }
    check_sources(conn, report).map_err(read_failure)?;
    fold.compare(conn, report).map_err(read_failure)
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

/// The sequences of a range that leave what was ever delivered as it is.
fn undeployed(
    conn: &mut Conn,
    first: i64,
    last: i64,
    is_deploying: IsDeploying,
) -> QueryResult<HashSet<i64>> {
    let rows: Vec<(i64, String, Option<EventId>)> = events::table
        .filter(events::sequence.between(first, last))
        .select((events::sequence, events::kind, events::about_id))
        .load(conn)?;
    let mut found = HashSet::new();
    // What restates another event does as that one; a correction may itself be reversed.
    let mut open: Vec<(i64, EventId)> = Vec::new();
    for (sequence, kind, about) in rows {
        match (is_deploying(&kind), about) {
            (Some(false), _) => drop(found.insert(sequence)),
            (None, Some(about)) => open.push((sequence, about)),
            (Some(true), _) | (None, None) => {}
        }
    }
    for _ in 0..RESTATED_DEPTH {
        let wanted: Vec<EventId> = open.iter().map(|(_, about)| *about).collect();
        let rows: Vec<(EventId, String, Option<EventId>)> = events::table
            .filter(events::id.eq_any(wanted))
            .select((events::id, events::kind, events::about_id))
            .load(conn)?;
        let restated: HashMap<EventId, (Option<bool>, Option<EventId>)> =
            rows.into_iter().map(|(id, kind, about)| (id, (is_deploying(&kind), about))).collect();
        let mut further = Vec::new();
        for (sequence, about) in open {
            match restated.get(&about) {
                Some((Some(false), _)) => drop(found.insert(sequence)),
                Some((None, Some(next))) => further.push((sequence, *next)),
                Some((Some(true), _) | (None, None)) | None => {}
            }
        }
        open = further;
    }
    Ok(found)
}

/// The rollups folded again.
#[derive(Default)]
struct RollupFold {
    book: Book,
    changes: Changes,
    is_incomplete: bool,
}

impl RollupFold {
    /// Adds the events of a range.
    fn add(
        &mut self,
        conn: &mut Conn,
        (first, last): (i64, i64),
        is_deploying: IsDeploying,
        report: &mut Report,
    ) -> QueryResult<()> {
        self.book.undeployed = undeployed(conn, first, last, is_deploying)?;
        let rows: Vec<PostingRead> = postings::table
            .filter(postings::sequence.between(first, last))
            .order((postings::sequence, postings::ordinal))
            .select(PostingRead::as_select())
            .load(conn)?;
        report.check("postings folded", rows.len());
        self.book.postings.clear();
        for row in rows {
            // What cannot be read was found when balances were folded.
            self.book.postings.extend(row.posted().ok());
        }
        let stated: Vec<StatementRead> = statements::table
            .filter(statements::sequence.between(first, last))
            .select(StatementRead::as_select())
            .load(conn)?;
        self.book.statements = stated.into_iter().map(StatementRead::stated).collect();
        self.load_facts(conn)?;
        if let Err(line) = fold(&self.book, &mut self.changes) {
            self.is_incomplete = true;
            let problem = "postings name this pledge line, which is not there";
            report.find(Finding::new("pledge_lines", line.to_string(), problem));
        }
        Ok(())
    }

    fn load_facts(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let book = &mut self.book;
        let (mut lines, mut consignments, mut sites) = (HashSet::new(), HashSet::new(), HashSet::new());
        for posting in &book.postings {
            lines.insert(posting.cell.line);
            consignments.extend(posting.cell.consignment);
            sites.extend(posting.cell.site);
        }
        lines.extend(book.statements.iter().map(|stated| stated.statement.line));
        lines.retain(|line| !book.lines.contains_key(line));
        consignments.retain(|consignment| !book.consignments.contains_key(consignment));
        sites.retain(|site| !book.sites.contains_key(site));
        load_facts(conn, book, lines, consignments, sites)
    }

    /// Compares with the rows that are kept.
    fn compare(mut self, conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
        if self.is_incomplete {
            report.unchecked.push("rollups: a pledge line they count is not there".to_owned());
            return Ok(());
        }
        let mut after: Option<(i32, Vec<u8>)> = None;
        loop {
            let page = rollups::table
                .order((rollups::cuboid, rollups::cell))
                .limit(ROLLUPS_PER_READ)
                .select(RollupRow::as_select());
            let rows: Vec<RollupRow> = match &after {
                None => page.load(conn)?,
                Some((cuboid, cell)) => page
                    .filter(
                        rollups::cuboid
                            .gt(*cuboid)
                            .or(rollups::cuboid.eq(*cuboid).and(rollups::cell.gt(cell.clone()))),
                    )
                    .load(conn)?,
            };
            let Some(last) = rows.last() else { break };
            after = Some((last.cuboid, last.cell.clone()));
            report.check("rollups", rows.len());
            for row in &rows {
                self.compare_row(row, report);
            }
        }
        for (cuboid, key) in self.changes.rows.keys() {
            let key = format!("{cuboid}/{}", hexadecimal(&key.0));
            report.find(Finding::new("rollups", key, "the row is not there, and postings make it"));
        }
        Ok(())
    }

    fn compare_row(&mut self, row: &RollupRow, report: &mut Report) {
        let name = format!("{}/{}", row.cuboid, hexadecimal(&row.cell));
        let key = <[u8; 16]>::try_from(row.cell.as_slice()).map(CellKey);
        let folded = key.ok().and_then(|key| Some((key, self.changes.rows.remove(&(row.cuboid, key))?)));
        let Some((key, (place, sums))) = folded else {
            report.find(Finding::new("rollups", name, "no posting made this row"));
            return;
        };
        let right = rollup_row(row.cuboid, key, &place, &sums);
        if *row == right {
            return;
        }
        let columns = row.figures().into_iter().zip(right.figures());
        let differing: Vec<_> = columns.filter(|(is, should)| is != should).collect();
        if differing.is_empty() {
            report.find(Finding::new("rollups", name, "its columns are not those its key stands for"));
            return;
        }
        for ((column, is), (_, should)) in differing {
            let problem = format!("says {is} where postings make {should}");
            report.find(Finding::new("rollups", name.as_str(), problem).column(column));
        }
    }
}
