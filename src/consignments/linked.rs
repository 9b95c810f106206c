//! What whoever has a pledge's private link reads of consignments: those that carry goods of it, and what happened to these.
//!
//! The link is the permission, and reaches no goods of another pledge. Of a sensitive programme no consignment is told, since
//! its code leads on to its page, and nothing that happened on the way.

use super::traced::traced_evidence;
use super::withheld::ROUTE_KINDS;
use crate::core::id::{EventId, PledgeId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Binds, Conn, ask};
use crate::evidence::evidence_of;
use crate::evidence::rules::is_hand_over;
use crate::pledges::Linked;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;

/// That a consignment is of a sensitive programme.
const IS_SENSITIVE: &str = "EXISTS (SELECT 1 FROM programmes AS in_programme \
                            WHERE in_programme.id = consignments.programme_id AND in_programme.sensitive)";

/// A consignment that carries goods of a pledge, or did.
#[derive(Clone, Debug, QueryableByName)]
pub struct LinkedConsignment {
    /// Its code.
    #[diesel(sql_type = Text)]
    pub tracking_code: String,
    /// The country it begins in.
    #[diesel(sql_type = Text)]
    pub from_country: String,
    /// The country it is meant to end in.
    #[diesel(sql_type = Text)]
    pub to_country: String,
    /// 1 where it was cancelled, else 0.
    #[diesel(sql_type = BigInt)]
    pub cancelled: i64,
}

/// Something that happened to goods of a pledge.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LinkedEvent {
    /// Ledger sequence.
    pub sequence: i64,
    /// Its kind.
    pub kind: String,
    /// In the world.
    pub occurred_at: Timestamp,
    /// The code of the consignment it was in; null where it was in none, or the programme is sensitive.
    pub tracking_code: Option<String>,
    /// Of a hand-over: whether it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Binary)]
    id: EventId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    occurred_at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    tracking_code: Option<String>,
}

/// The consignments that goods of a pledge were ever in.
fn carrying(pledge: PledgeId, binds: &mut Binds) -> String {
    let pledge = binds.id(pledge);
    format!(
        "SELECT held.consignment_id FROM pledge_lines AS of_line JOIN balances AS held \
         ON held.pledge_line_id = of_line.id WHERE of_line.pledge_id = {pledge} AND held.consignment_id IS NOT NULL"
    )
}

/// The consignments with goods of the pledge of a link, the latest first.
///
/// # Errors
/// What the database says.
pub fn consignments_of_link(conn: &mut Conn, link: Linked, limit: i64) -> Outcome<Vec<LinkedConsignment>> {
    let mut binds = Binds::default();
    let carrying = carrying(link.pledge(), &mut binds);
    let limit = binds.number(limit);
    let text = format!(
        "SELECT consignments.tracking_code AS tracking_code, begins.country AS from_country, \
         ends.country AS to_country, \
         CASE WHEN consignments.cancelled THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS cancelled \
         FROM consignments JOIN sites AS begins ON begins.id = consignments.origin_id \
         JOIN sites AS ends ON ends.id = consignments.destination_id \
         WHERE consignments.id IN ({carrying}) AND NOT {IS_SENSITIVE} ORDER BY consignments.id DESC LIMIT {limit}"
    );
    ask(conn, text, binds)
}

/// What happened to goods of the pledge of a link, the latest first: what names the pledge or moved its goods, and that
/// what carries them arrived.
///
/// # Errors
/// What the database says.
pub fn events_of_link(conn: &mut Conn, link: Linked, limit: i64) -> Outcome<Vec<LinkedEvent>> {
    let mut binds = Binds::default();
    let (named, moved) = (binds.id(link.pledge()), binds.id(link.pledge()));
    let carrying = carrying(link.pledge(), &mut binds);
    let limit = binds.number(limit);
    let of_the_way = ROUTE_KINDS.map(|kind| format!("'{kind}'")).join(", ");
    let text = format!(
        "SELECT events.sequence AS sequence, events.id AS id, events.kind AS kind, \
         events.occurred_at AS occurred_at, \
         CASE WHEN NOT {IS_SENSITIVE} THEN consignments.tracking_code END AS tracking_code \
         FROM events LEFT JOIN consignments ON consignments.id = events.consignment_id \
         WHERE events.sequence IN (SELECT naming.sequence FROM events AS naming WHERE naming.pledge_id = {named} \
         UNION SELECT postings.sequence FROM pledge_lines AS moved_line \
         JOIN balances AS cells ON cells.pledge_line_id = moved_line.id \
         JOIN postings ON postings.cell = cells.cell WHERE moved_line.pledge_id = {moved} \
         UNION SELECT arriving.sequence FROM events AS arriving WHERE arriving.kind = 'arrived' \
         AND arriving.consignment_id IN ({carrying})) \
         AND NOT (events.kind IN ({of_the_way}) AND {IS_SENSITIVE}) \
         ORDER BY events.sequence DESC LIMIT {limit}"
    );
    let rows: Vec<EventRow> = ask(conn, text, binds)?;
    let handed: Vec<EventId> = rows.iter().filter(|row| is_hand_over(&row.kind)).map(|row| row.id).collect();
    let evidence = evidence_of(conn, &handed)?;
    let told = |row: EventRow| LinkedEvent {
        verified: traced_evidence(&row.kind, row.id, &evidence).map(|told| told.verified),
        sequence: row.sequence,
        kind: row.kind,
        occurred_at: row.occurred_at,
        tracking_code: row.tracking_code,
    };
    Ok(rows.into_iter().map(told).collect())
}
