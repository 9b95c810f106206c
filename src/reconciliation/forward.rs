//! The third identity, for what lies at each site: opening + in − out = closing, item by item.
//!
//! Goods lie at a site while they are in storage there, reserved there, or with the consignee there; all else is
//! elsewhere, be it with the donor, under way, missing, or ended. What came and went is netted within each event,
//! so that goods that change their shelf, lot or condition neither come nor go; of an event that takes effect at several times, each part
//! counts at its own. Opening, in and out are worked out
//! of postings, closing out of balances less what came after.

use super::counted::Counted;
use super::keys::Wanted;
use super::rules::{BothSides, ROWS_MAXIMUM};
use crate::core::id::{ItemId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::totals::Named;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where an entry's goods lie, if anywhere: at its site while they are in storage (3), reserved (4) or with the
/// consignee (7).
const LIES_AT: &str = "CASE WHEN account IN (3, 4, 7) THEN site_id END";

/// What came and went by events of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KindFlows {
    /// The kind of event.
    pub kind: String,
    /// What such events brought.
    #[serde(rename = "in")]
    pub moved_in: i64,
    /// What they took.
    #[serde(rename = "out")]
    pub moved_out: i64,
}

/// What lay somewhere, came, went, and lies there.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ForwardRow {
    /// The site; null for all that lies at none: with the donor, under way, missing or ended, sources below zero.
    pub site: Option<Named>,
    /// The item.
    pub item: Named,
    /// What lay there before the period.
    pub opening: i64,
    /// What events within it brought.
    #[serde(rename = "in")]
    pub moved_in: i64,
    /// What they took.
    #[serde(rename = "out")]
    pub moved_out: i64,
    /// What lies there at its end.
    pub closing: i64,
    /// 0, or opening + in − out − closing.
    pub residual: i64,
    /// The same by kind of event.
    pub kinds: Vec<KindFlows>,
}

/// What lay at each site, came, went, and lies there.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ForwardSection {
    /// A row for each site and item, by the words of both; what lies at no site comes last.
    pub rows: Vec<ForwardRow>,
    /// The third identity, row by row: opening + in − out against closing.
    pub identity: BothSides,
    /// In less out over all rows: 0. Absent where goods can leave what is counted, as under a filter by place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flows_residual: Option<i64>,
}

#[derive(QueryableByName)]
struct FlowRow {
    #[diesel(sql_type = Nullable<Binary>)]
    site: Option<SiteId>,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    opening: i64,
    #[diesel(sql_type = BigInt)]
    moved_in: i64,
    #[diesel(sql_type = BigInt)]
    moved_out: i64,
    #[diesel(sql_type = BigInt)]
    later: i64,
}

#[derive(QueryableByName)]
struct LyingRow {
    #[diesel(sql_type = Nullable<Binary>)]
    site: Option<SiteId>,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// One site and item, before it has words.
#[derive(Default)]
struct Rolled {
    opening: i64,
    kinds: BTreeMap<String, (i64, i64)>,
    later: i64,
    kept: i64,
}

type Rows = BTreeMap<(Option<SiteId>, ItemId), Rolled>;

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many rows; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<ForwardSection> {
    let rolled = rolled(conn, counted)?;
    let mut wanted = Wanted::default();
    for (site, item) in rolled.keys() {
        wanted.item(*item);
        site.iter().for_each(|site| wanted.site(*site));
    }
    let words = wanted.load(conn, &counted.question.scope)?;
    let mut identity = BothSides::default();
    let (mut moved_in, mut moved_out) = (0, 0);
    let mut rows = Vec::with_capacity(rolled.len());
    for ((site, item), one) in rolled {
        let (came, went) = one.kinds.values().fold((0, 0), |sum, (came, went)| (sum.0 + came, sum.1 + went));
        let closing = one.kept - one.later;
        if (one.opening, came, went, closing) == (0, 0, 0, 0) {
            continue;
        }
        identity.add(one.opening + came - went, closing);
        (moved_in, moved_out) = (moved_in + came, moved_out + went);
        let kinds = one.kinds.into_iter().filter(|(_, flows)| *flows != (0, 0));
        rows.push(ForwardRow {
            site: site.map(|site| words.site(site)),
            item: words.item(item),
            opening: one.opening,
            moved_in: came,
            moved_out: went,
            closing,
            residual: one.opening + came - went - closing,
            kinds: kinds
                .map(|(kind, (moved_in, moved_out))| KindFlows { kind, moved_in, moved_out })
                .collect(),
        });
    }
    rows.sort_by_cached_key(|row| (row.site.is_none(), row.site.clone(), row.item.clone()));
    let flows_residual = (!counted.question.is_partial()).then_some(moved_in - moved_out);
    Ok(ForwardSection { rows, identity, flows_residual })
}

fn rolled(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<Rows> {
    let (before, within) = (counted.before_period("effective_at"), counted.within_period("effective_at"));
    let until = counted.until();
    let flows: Vec<FlowRow> = counted.statement.load(
        conn,
        &format!(
            "SELECT site, item, events.kind AS kind, \
             CAST(SUM(before) AS BIGINT) AS opening, \
             CAST(SUM(CASE WHEN net > 0 THEN net ELSE 0 END) AS BIGINT) AS moved_in, \
             CAST(SUM(CASE WHEN net < 0 THEN -net ELSE 0 END) AS BIGINT) AS moved_out, \
             CAST(SUM(later) AS BIGINT) AS later \
             FROM (SELECT {LIES_AT} AS site, item_id AS item, sequence AS at_sequence, \
             SUM(CASE WHEN {until} AND {before} THEN quantity ELSE 0 END) AS before, \
             SUM(CASE WHEN {until} AND {within} THEN quantity ELSE 0 END) AS net, \
             SUM(CASE WHEN {until} THEN 0 ELSE quantity END) AS later \
             FROM {} AS counted GROUP BY {LIES_AT}, item_id, sequence) AS nets \
             JOIN events ON events.sequence = nets.at_sequence \
             GROUP BY site, item, events.kind LIMIT {}",
            counted.posted_ever(),
            FLOWS_MAXIMUM + 1
        ),
    )?;
    let kept: Vec<LyingRow> = counted.statement.load(
        conn,
        &format!(
            "SELECT {LIES_AT} AS site, item_id AS item, CAST(SUM(quantity) AS BIGINT) AS quantity \
             FROM {} AS counted GROUP BY {LIES_AT}, item_id",
            counted.balances()
        ),
    )?;
    let is_cut = flows.len() > FLOWS_MAXIMUM;
    let mut rolled = Rows::new();
    for row in flows {
        let one = rolled.entry((row.site, row.item)).or_default();
        one.opening += row.opening;
        one.later += row.later;
        let (came, went) = one.kinds.entry(row.kind).or_default();
        (*came, *went) = (*came + row.moved_in, *went + row.moved_out);
    }
    for row in kept {
        rolled.entry((row.site, row.item)).or_default().kept += row.quantity;
    }
    if is_cut || rolled.len() > ROWS_MAXIMUM {
        let detail = format!("more than {ROWS_MAXIMUM} sites and items; add a filter");
        return Err(Problem::field("/sections", detail).coded(Fault::TooMany));
    }
    Ok(rolled)
}

/// Sites, items and kinds of event together that are read; a site and item seldom sees five kinds.
const FLOWS_MAXIMUM: usize = 5 * ROWS_MAXIMUM;
