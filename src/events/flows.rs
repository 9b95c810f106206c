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
use crate::core::problem::Outcome;
use crate::db::schema::consignments;
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Flows {
    #[diesel(sql_type = Binary)]
    consignment: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    dispatched: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
    #[diesel(sql_type = BigInt)]
    split: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    received: i64,
    #[diesel(sql_type = BigInt)]
    ended: i64,
}

impl Flows {
    fn residual(&self) -> i64 {
        (self.dispatched + self.surplus + self.split) - (self.held + self.received + self.ended)
    }
}

/// The consignments of which both sides differ. Goods are in transit on a leg (account 5), or missing on one (6
/// with a leg); of the accounts elsewhere, 0 and 1 are sources, 9 to 11 ends. Corrections and reversals count as
/// what they restate; what was miscounted never left. Where one decision settles what several consignments miss at
/// a site, or one of them and the site's own store, what it posts elsewhere names none of them: there, what each of
/// them lost of its own counts.
const FLOWS: &str = "
WITH touched AS (
    SELECT sequence, consignment_id AS consignment FROM postings
    WHERE consignment_id IS NOT NULL AND (account = 5 OR (account = 6 AND leg_id IS NOT NULL))
    GROUP BY sequence, consignment_id
), shared AS (
    SELECT sequence FROM touched GROUP BY sequence HAVING COUNT(*) > 1
    UNION
    SELECT postings.sequence FROM postings
    WHERE postings.account = 6 AND postings.leg_id IS NULL
        AND postings.sequence IN (SELECT sequence FROM touched)
), parts AS (
    SELECT touched.consignment, COALESCE(first.kind, restated.kind, events.kind) AS kind, postings.quantity,
        postings.account, shared.sequence IS NOT NULL AS is_shared,
        postings.account = 5 OR (postings.account = 6 AND postings.leg_id IS NOT NULL) AS in_transit,
        COALESCE(postings.consignment_id = touched.consignment, FALSE) AS is_own
    FROM touched
    JOIN postings ON postings.sequence = touched.sequence
    JOIN events ON events.sequence = touched.sequence
    LEFT JOIN shared ON shared.sequence = touched.sequence
    LEFT JOIN events AS restated ON restated.id = events.about_id AND events.kind IN ('corrected', 'reversed')
    LEFT JOIN events AS first ON first.id = restated.about_id AND restated.kind IN ('corrected', 'reversed')
), sides AS (
    SELECT consignment, kind,
        CASE WHEN is_shared AND kind <> 'split' AND in_transit AND is_own THEN -quantity ELSE quantity END AS quantity,
        CASE WHEN kind = 'split' AND in_transit AND NOT is_own THEN 'split'
            WHEN is_shared AND kind <> 'split' AND in_transit AND is_own THEN
                CASE WHEN kind IN ('lost', 'disposed', 'returned') THEN 'ended' ELSE 'elsewhere' END
            WHEN in_transit OR (is_shared AND kind <> 'split') THEN 'none'
            WHEN account < 2 THEN 'source'
            WHEN account IN (9, 10, 11) THEN 'ended'
            ELSE 'elsewhere' END AS side
    FROM parts
), sums AS (
    SELECT consignment,
        SUM(CASE WHEN side = 'elsewhere' AND kind IN ('departed', 'miscounted') THEN -quantity ELSE 0 END)
            AS dispatched,
        SUM(CASE WHEN side = 'source' THEN -quantity ELSE 0 END) AS surplus,
        SUM(CASE WHEN side = 'split' THEN -quantity ELSE 0 END) AS split,
        SUM(CASE WHEN side = 'elsewhere' AND kind IN ('received', 'found') THEN quantity ELSE 0 END) AS received,
        SUM(CASE WHEN side = 'ended' THEN quantity ELSE 0 END) AS ended
    FROM sides GROUP BY consignment
), held AS (
    SELECT consignment_id AS consignment, SUM(quantity) AS held FROM balances
    WHERE account = 5 OR (account = 6 AND leg_id IS NOT NULL) GROUP BY consignment_id
), flows AS (
    SELECT consignments.id AS consignment,
        CAST(COALESCE(dispatched, 0) AS BIGINT) AS dispatched, CAST(COALESCE(surplus, 0) AS BIGINT) AS surplus,
        CAST(COALESCE(split, 0) AS BIGINT) AS split, CAST(COALESCE(held, 0) AS BIGINT) AS held,
        CAST(COALESCE(received, 0) AS BIGINT) AS received, CAST(COALESCE(ended, 0) AS BIGINT) AS ended
    FROM consignments
    LEFT JOIN sums ON sums.consignment = consignments.id
    LEFT JOIN held ON held.consignment = consignments.id
)
SELECT * FROM flows WHERE dispatched + surplus + split <> held + received + ended ORDER BY consignment";

/// Verifies the second identity for every consignment.
///
/// # Errors
/// Whatever the database says.
pub fn verify_flows(conn: &mut Conn, report: &mut Report, progress: &mut Progress<'_>) -> Outcome<()> {
    let count: i64 = consignments::table.count().get_result(conn).map_err(read_failure)?;
    let differing: Vec<Flows> = diesel::sql_query(FLOWS).load(conn).map_err(read_failure)?;
    let count = usize::try_from(count).unwrap_or(0);
    report.check("consignments' flows", count);
    progress("consignments", count as u64);
    for flows in differing {
        let id = Uuid::from_slice(&flows.consignment).unwrap_or_default();
        let problem = format!(
            "dispatched {} + surplus {} + split off others {} is not in transit and missing {} + received {} + \
             ended {}: the residual is {}",
            flows.dispatched,
            flows.surplus,
            flows.split,
            flows.held,
            flows.received,
            flows.ended,
            flows.residual()
        );
        report.find(Finding::new("consignments", id.to_string(), problem));
    }
    Ok(())
}
