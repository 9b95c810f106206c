//! The second identity, for every consignment: what entered its transit is what is still there and what left it.
//!
//! ```text
//! dispatched + surplus + split off from others = in transit + missing + received + ended
//! ```
//!
//! The left side, and what was received and ended, are worked out from what events of each kind posted outside
//! the transit; what is in transit and missing are balances. Neither side is ever taken from the other.

use crate::audit::finding::{Finding, Report};
use crate::audit::verify::Progress;
use crate::core::id::ConsignmentId;
use crate::core::problem::Outcome;
use crate::db::schema::{balances, consignments};
use crate::db::{Conn, Statement, read_failure};
use crate::ledger::{Account, Cell, Posted};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::{BTreeSet, HashMap};

/// What entered a consignment's transit, what is there, and what left it, in base units.
#[derive(Clone, Debug, QueryableByName)]
pub struct Flows {
    /// The consignment.
    #[diesel(sql_type = Binary)]
    pub consignment: ConsignmentId,
    /// What departures took, less what was miscounted.
    #[diesel(sql_type = BigInt)]
    pub dispatched: i64,
    /// What receipts found in excess.
    #[diesel(sql_type = BigInt)]
    pub surplus: i64,
    /// Split off others, less what was split off to others, in transit.
    #[diesel(sql_type = BigInt)]
    pub split: i64,
    /// On a leg.
    #[diesel(sql_type = BigInt)]
    pub in_transit: i64,
    /// Missing on a leg.
    #[diesel(sql_type = BigInt)]
    pub missing: i64,
    /// Received in good condition, or found.
    #[diesel(sql_type = BigInt)]
    pub received_good: i64,
    /// Received on hold.
    #[diesel(sql_type = BigInt)]
    pub received_on_hold: i64,
    /// Received damaged.
    #[diesel(sql_type = BigInt)]
    pub received_damaged: i64,
    /// Lost, disposed of or returned out of the transit.
    #[diesel(sql_type = BigInt)]
    pub ended: i64,
}

impl Flows {
    /// What entered the transit.
    pub fn entered(&self) -> i64 {
        self.dispatched + self.surplus + self.split
    }

    /// What is there, and what left it.
    pub fn told(&self) -> i64 {
        self.in_transit + self.missing + self.received() + self.ended
    }

    /// All that was received.
    pub fn received(&self) -> i64 {
        self.received_good + self.received_on_hold + self.received_damaged
    }

    /// 0, or by how much the two sides differ.
    pub fn residual(&self) -> i64 {
        self.entered() - self.told()
    }
}

/// What of the ledger the flows are worked out of: texts that stand behind `FROM`.
pub struct FlowsOf {
    /// The postings.
    pub postings: String,
    /// What is on legs and missing there: balances, or the postings that make them at another moment.
    pub balances: String,
    /// A condition on `consignments`.
    pub consignments: String,
}

impl FlowsOf {
    /// The whole ledger, as it is.
    fn everything() -> Self {
        Self { postings: "postings".into(), balances: "balances".into(), consignments: "1 = 1".into() }
    }
}

/// Of what moved, on which side of the identity it stands, and the sums of the sides by consignment.
const SIDES: &str = "\
sides AS (
    SELECT consignment, kind, condition,
        CASE WHEN is_shared AND kind <> 'split' AND in_transit AND is_own THEN -quantity ELSE quantity END AS quantity,
        CASE WHEN kind = 'split' AND in_transit AND NOT is_own THEN 'split'
            WHEN is_shared AND kind <> 'split' AND in_transit AND is_own THEN
                CASE WHEN kind IN ('lost', 'disposed', 'returned') THEN 'ended' ELSE 'elsewhere' END
            WHEN in_transit OR (is_shared AND kind <> 'split') THEN 'none'
            WHEN account < 2 THEN 'source'
            WHEN account IN (9, 10, 11) THEN 'ended'
            ELSE 'elsewhere' END AS side
    FROM parts
), received AS (
    SELECT consignment, kind, side, quantity,
        CASE WHEN side = 'elsewhere' AND kind IN ('received', 'found') THEN condition ELSE -1 END AS received_as
    FROM sides
), sums AS (
    SELECT consignment,
        SUM(CASE WHEN side = 'elsewhere' AND kind IN ('departed', 'miscounted') THEN -quantity ELSE 0 END)
            AS dispatched,
        SUM(CASE WHEN side = 'source' THEN -quantity ELSE 0 END) AS surplus,
        SUM(CASE WHEN side = 'split' THEN -quantity ELSE 0 END) AS split,
        SUM(CASE WHEN received_as = 0 THEN quantity ELSE 0 END) AS received_good,
        SUM(CASE WHEN received_as = 1 THEN quantity ELSE 0 END) AS received_on_hold,
        SUM(CASE WHEN received_as = 2 THEN quantity ELSE 0 END) AS received_damaged,
        SUM(CASE WHEN side = 'ended' THEN quantity ELSE 0 END) AS ended
    FROM received GROUP BY consignment";

/// A statement that gives [`Flows`] of the consignments of which anything ever was in transit. Goods are in transit
/// on a leg (account 5), or missing on one (6 with a leg); of the accounts elsewhere, 0 and 1 are sources, 9 to 11
/// ends. Corrections and reversals count as what they restate; what was miscounted never left. Where one decision
/// settles what several consignments miss at a site, or one of them and the site's own store, what it posts
/// elsewhere names none of them: there, what each of them lost of its own counts.
pub fn flows_text(of: &FlowsOf) -> String {
    let FlowsOf { postings, balances, consignments } = of;
    format!(
        "
WITH touched AS (
    SELECT sequence, consignment_id AS consignment FROM {postings} AS moved
    WHERE consignment_id IS NOT NULL AND (account = 5 OR (account = 6 AND leg_id IS NOT NULL))
    GROUP BY sequence, consignment_id
), shared AS (
    SELECT sequence FROM touched GROUP BY sequence HAVING COUNT(*) > 1
    UNION
    SELECT moved.sequence FROM {postings} AS moved
    WHERE moved.account = 6 AND moved.leg_id IS NULL
        AND moved.sequence IN (SELECT sequence FROM touched)
), parts AS (
    SELECT touched.consignment, COALESCE(first.kind, restated.kind, events.kind) AS kind, moved.quantity,
        moved.account, moved.condition, shared.sequence IS NOT NULL AS is_shared,
        moved.account = 5 OR (moved.account = 6 AND moved.leg_id IS NOT NULL) AS in_transit,
        COALESCE(moved.consignment_id = touched.consignment, FALSE) AS is_own
    FROM touched
    JOIN {postings} AS moved ON moved.sequence = touched.sequence
    JOIN events ON events.sequence = touched.sequence
    LEFT JOIN shared ON shared.sequence = touched.sequence
    LEFT JOIN events AS restated ON restated.id = events.about_id AND events.kind IN ('corrected', 'reversed')
    LEFT JOIN events AS first ON first.id = restated.about_id AND restated.kind IN ('corrected', 'reversed')
), {SIDES}), held AS (
    SELECT consignment_id AS consignment, SUM(CASE WHEN account = 5 THEN quantity ELSE 0 END) AS in_transit,
        SUM(CASE WHEN account = 6 THEN quantity ELSE 0 END) AS missing
    FROM {balances} AS held_cells
    WHERE account = 5 OR (account = 6 AND leg_id IS NOT NULL) GROUP BY consignment_id
)
SELECT consignments.id AS consignment,
    CAST(COALESCE(dispatched, 0) AS BIGINT) AS dispatched, CAST(COALESCE(surplus, 0) AS BIGINT) AS surplus,
    CAST(COALESCE(split, 0) AS BIGINT) AS split, CAST(COALESCE(held.in_transit, 0) AS BIGINT) AS in_transit,
    CAST(COALESCE(held.missing, 0) AS BIGINT) AS missing,
    CAST(COALESCE(received_good, 0) AS BIGINT) AS received_good,
    CAST(COALESCE(received_on_hold, 0) AS BIGINT) AS received_on_hold,
    CAST(COALESCE(received_damaged, 0) AS BIGINT) AS received_damaged,
    CAST(COALESCE(ended, 0) AS BIGINT) AS ended
FROM (SELECT consignment FROM sums UNION SELECT consignment FROM held) AS moving
JOIN consignments ON consignments.id = moving.consignment
LEFT JOIN sums ON sums.consignment = consignments.id
LEFT JOIN held ON held.consignment = consignments.id
WHERE {consignments}"
    )
}

/// That both sides of a row of [`flows_text`] differ.
pub const FLOWS_DIFFER: &str = "dispatched + surplus + split <> in_transit + missing + received_good + \
                                received_on_hold + received_damaged + ended";

/// The difference of both sides for each consignment, worked out while events are read in their order: one pass over the
/// postings that are read anyway. Where it is not 0, [`flows_text`] says by what.
#[derive(Default)]
pub struct FlowsFold {
    /// Of those whose sides differ so far.
    residuals: HashMap<ConsignmentId, i64>,
}

impl FlowsFold {
    /// Adds an event, of this kind or restating one of it.
    pub fn add(&mut self, kind: &str, postings: &[Posted]) {
        let is_in_transit = |cell: &Cell| {
            cell.account == Account::InTransit || (cell.account == Account::Missing && cell.leg.is_some())
        };
        let in_transit = postings.iter().filter(|posted| is_in_transit(&posted.cell));
        let mut touched: Vec<ConsignmentId> =
            in_transit.filter_map(|posted| posted.cell.consignment).collect();
        touched.sort_unstable();
        touched.dedup();
        if touched.is_empty() {
            return;
        }
        let at_site = |posted: &Posted| posted.cell.account == Account::Missing && posted.cell.leg.is_none();
        let is_split = kind == "split";
        let is_shared = (touched.len() > 1 || postings.iter().any(at_site)) && !is_split;
        for consignment in touched {
            let mut residual = 0;
            for Posted { cell, quantity, .. } in postings {
                let (is_own, in_transit) = (cell.consignment == Some(consignment), is_in_transit(cell));
                residual += match (in_transit, is_own) {
                    (true, false) if is_split => -quantity,
                    (true, true) if is_shared => told(kind, *quantity, ENDING.contains(&kind)),
                    (true, _) => 0,
                    (false, _) if is_shared => 0,
                    (false, _) if cell.account.is_source() => -quantity,
                    (false, _) => -told(kind, *quantity, ENDS.contains(&cell.account)),
                };
            }
            self.add_residual(consignment, residual);
        }
    }

    /// What arrived is forgotten, so that no more is kept than is under way.
    fn add_residual(&mut self, consignment: ConsignmentId, residual: i64) {
        let sum = self.residuals.entry(consignment).or_default();
        *sum += residual;
        if *sum == 0 {
            self.residuals.remove(&consignment);
        }
    }

    /// The consignments whose sides differ, once what is in transit and missing is told.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn differing(mut self, conn: &mut Conn) -> Outcome<BTreeSet<ConsignmentId>> {
        let there = balances::account
            .eq(Account::InTransit.code())
            .or(balances::account.eq(Account::Missing.code()).and(balances::leg_id.is_not_null()));
        let held: Vec<(Option<ConsignmentId>, i64)> = balances::table
            .filter(balances::quantity.ne(0))
            .filter(there)
            .select((balances::consignment_id, balances::quantity))
            .load(conn)
            .map_err(read_failure)?;
        for (consignment, quantity) in held {
            if let Some(consignment) = consignment {
                self.add_residual(consignment, -quantity);
            }
        }
        Ok(self.residuals.into_keys().collect())
    }

    /// Says of each consignment whose sides differ by what.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn finish(self, conn: &mut Conn, report: &mut Report, progress: &mut Progress<'_>) -> Outcome<()> {
        if !self.differing(conn)?.is_empty() {
            return verify_flows(conn, report, progress);
        }
        let count: i64 = consignments::table.count().get_result(conn).map_err(read_failure)?;
        report.check("consignments' flows", usize::try_from(count).unwrap_or(0));
        progress("consignments", count.unsigned_abs());
        Ok(())
    }
}

/// The kinds that end what they take out of a transit, and the accounts goods end on.
const ENDING: [&str; 3] = ["lost", "disposed", "returned"];
const ENDS: [Account; 3] = [Account::Lost, Account::Disposed, Account::Returned];

/// What a posting says of what entered a transit or left it: ended, dispatched or received.
fn told(kind: &str, quantity: i64, is_ended: bool) -> i64 {
    let is_told = is_ended || matches!(kind, "departed" | "miscounted" | "received" | "found");
    if is_told { quantity } else { 0 }
}

/// Verifies the second identity for every consignment.
///
/// # Errors
/// Whatever the database says.
pub fn verify_flows(conn: &mut Conn, report: &mut Report, progress: &mut Progress<'_>) -> Outcome<()> {
    let count: i64 = consignments::table.count().get_result(conn).map_err(read_failure)?;
    let text = format!(
        "SELECT * FROM ({}) AS flows WHERE {FLOWS_DIFFER} ORDER BY consignment",
        flows_text(&FlowsOf::everything())
    );
    let differing: Vec<Flows> = Statement::default().load(conn, &text)?;
    let count = usize::try_from(count).unwrap_or(0);
    report.check("consignments' flows", count);
    progress("consignments", count as u64);
    for flows in differing {
        let problem = format!(
            "dispatched {} + surplus {} + split off others {} is not in transit and missing {} + received {} + \
             ended {}: the residual is {}",
            flows.dispatched,
            flows.surplus,
            flows.split,
            flows.in_transit + flows.missing,
            flows.received(),
            flows.ended,
            flows.residual()
        );
        report.find(Finding::new("consignments", flows.consignment.to_string(), problem));
    }
    Ok(())
}
