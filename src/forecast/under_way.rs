//! The legs that goods are on, each with when it is forecast to arrive: who is late, and what is presumed lost.

use super::arrival::{ArrivalView, Forecasting, Measures};
use super::reach::{own_lines, reached};
use super::route::{Asked, corridor_of};
use super::rules::Lateness;
use super::times::{LegTimes, Told, times_of};
use super::trips::Corridor;
use crate::auth::{Permit, action};
use crate::consignments::rules::Mode;
use crate::consignments::{Consignment, Leg, legs_as_known};
use crate::core::id::{ConsignmentId, LegId, ProgrammeId, SiteId};
use crate::core::page::{KnownPage, PAGE_LIMIT_MAXIMUM};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{consignments, legs};
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::ledger::{Account, Held, Moment};
use crate::pledges::Linked;
use crate::web::{Paging, encode_key};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// A leg that goods are on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnderWayView {
    /// The leg.
    pub leg: LegId,
    /// The consignment.
    pub consignment: ConsignmentId,
    /// What the public follows it by.
    pub tracking_code: String,
    /// The programme.
    pub programme: ProgrammeId,
    /// How it goes.
    #[schema(value_type = Mode)]
    pub mode: String,
    /// From.
    pub from: SiteId,
    /// To.
    pub to: SiteId,
    /// Where the consignment is meant to end.
    pub destination: SiteId,
    /// Base units on it; a donor's own alone.
    pub in_transit: i64,
    /// Planned arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_arrival: Option<Timestamp>,
    /// When the first of it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departed: Option<Told>,
    /// When it arrived, where it did and is not counted yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Told>,
    /// When it is forecast to arrive, and whether it is late; absent where it arrived, or nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<ArrivalView>,
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWayFilter {
    pub(super) programme: Option<ProgrammeId>,
    pub(super) from: Option<SiteId>,
    pub(super) to: Option<SiteId>,
    pub(super) mode: Option<Mode>,
    pub(super) state: Option<Lateness>,
}

#[derive(QueryableByName)]
struct OnLeg {
    #[diesel(sql_type = Binary)]
    leg: LegId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// A page of legs that goods are on, in order of their identifiers. Where they are narrowed by how they stand, which no
/// query knows, up to [`PAGE_LIMIT_MAXIMUM`] are looked at, so that a page may be short and yet not the last.
///
/// # Errors
/// `invalid` where the moment asked for is not reached yet, or what the database says.
pub(super) fn under_way_list(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentRead>,
    filter: &UnderWayFilter,
    (moment, now): (Moment, Timestamp),
    paging: &Paging<LegId>,
    forecasting: &Forecasting,
) -> Outcome<KnownPage<UnderWayView>> {
    let asked = Asked::read(conn, moment, now)?;
    let looked_at = if filter.state.is_some() { PAGE_LIMIT_MAXIMUM } else { paging.limit };
    let mut found = on_legs(conn, permit, filter, &asked, (paging.after, looked_at + 1))?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > looked_at;
    found.truncate(usize::try_from(looked_at).unwrap_or(0));
    let last = found.last().map(|row| row.leg);
    let mut items = views(conn, &found, &asked, forecasting)?;
    let state = |item: &UnderWayView| item.arrival.as_ref().and_then(|arrival| arrival.state);
    items.retain(|item| filter.state.is_none() || state(item) == filter.state);
    let limit = usize::try_from(paging.limit).unwrap_or(0);
    let next = if items.len() > limit {
        items.truncate(limit);
        items.last().map(|item| item.leg)
    } else {
        last.filter(|_| more)
    };
    Ok(KnownPage { items, next: next.map(|leg| encode_key(&leg)), sequence: asked.cut.known_at })
}

/// Goods that should have arrived.
#[derive(Clone, Debug)]
pub struct LateNow {
    /// Their code.
    pub tracking_code: String,
    /// How late.
    pub state: Lateness,
    /// The day by which they should have arrived.
    pub latest: String,
}

/// The first legs that are late or presumed lost now, for whoever is told of them; and whether there are more.
///
/// # Errors
/// What the database says.
pub fn late_now(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentRead>,
    now: Timestamp,
    forecasting: &Forecasting,
    limit: i64,
) -> Outcome<(Vec<LateNow>, bool)> {
    let (mut lines, mut more) = (Vec::new(), false);
    for state in [Lateness::PresumedLost, Lateness::Late] {
        let filter = UnderWayFilter { state: Some(state), ..UnderWayFilter::default() };
        let (moment, paging) = (Moment::read(None, None)?, Paging { after: None, limit });
        let page = under_way_list(conn, permit, &filter, (moment, now), &paging, forecasting)?;
        more |= page.next.is_some();
        lines.extend(page.items.iter().filter_map(|item| {
            let latest = item.arrival.as_ref()?.latest.day();
            Some(LateNow { tracking_code: item.tracking_code.clone(), state, latest })
        }));
    }
    Ok((lines, more))
}

/// The legs that goods of the pledge of a private link are on now, those of the latest consignments first; none of a sensitive
/// programme.
///
/// # Errors
/// What the database says.
pub fn under_way_of_link(
    conn: &mut Conn,
    link: Linked,
    (now, limit): (Timestamp, i64),
    forecasting: &Forecasting,
) -> Outcome<Vec<UnderWayView>> {
    let asked = Asked::read(conn, Moment::default(), now)?;
    let mut binds = Binds::default();
    let (pledge, limit) = (binds.id(link.pledge()), binds.number(limit));
    let text = format!(
        "SELECT balances.leg_id AS leg, CAST(SUM(balances.quantity) AS BIGINT) AS quantity \
         FROM pledge_lines JOIN balances ON balances.pledge_line_id = pledge_lines.id \
         JOIN legs ON legs.id = balances.leg_id JOIN consignments ON consignments.id = legs.consignment_id \
         JOIN programmes ON programmes.id = consignments.programme_id \
         WHERE pledge_lines.pledge_id = {pledge} AND balances.account = {} AND NOT programmes.sensitive \
         GROUP BY consignments.id, balances.leg_id HAVING SUM(balances.quantity) <> 0 \
         ORDER BY consignments.id DESC, balances.leg_id LIMIT {limit}",
        Account::InTransit.code()
    );
    let found: Vec<OnLeg> = ask(conn, text, binds)?;
    views(conn, &found, &asked, forecasting)
}

/// The legs that goods are on, with how much of what the caller may count.
fn on_legs(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentRead>,
    filter: &UnderWayFilter,
    asked: &Asked,
    (after, limit): (Option<LegId>, i64),
) -> Outcome<Vec<OnLeg>> {
    let mut binds = Binds::default();
    let Held { joined, quantity, condition } = Held::at(asked.past, &mut binds);
    let mut conditions = vec![
        condition,
        reached(permit.scope(), &mut binds),
        own_lines(permit.scope(), None, "balances.pledge_line_id", &mut binds),
    ];
    if let Some(after) = after {
        conditions.push(format!("balances.leg_id > {}", binds.id(after)));
    }
    if let Some(programme) = filter.programme {
        conditions.push(format!("consignments.programme_id = {}", binds.id(programme)));
    }
    for (column, site) in [("from_id", filter.from), ("to_id", filter.to)] {
        if let Some(site) = site {
            conditions.push(format!("legs.{column} = {}", binds.id(site)));
        }
    }
    if let Some(mode) = filter.mode {
        let mode = binds.place(Bind::Words(mode.word().to_owned()));
        conditions.push(format!("legs.mode = {mode}"));
    }
    let limit = binds.number(limit);
    // The words of account and quantity are those of the index.
    let text = format!(
        "SELECT balances.leg_id AS leg, CAST(SUM({quantity}) AS BIGINT) AS quantity FROM balances {joined} \
         JOIN legs ON legs.id = balances.leg_id JOIN consignments ON consignments.id = legs.consignment_id \
         WHERE balances.account = {} AND {} GROUP BY balances.leg_id HAVING SUM({quantity}) <> 0 \
         ORDER BY balances.leg_id LIMIT {limit}",
        Account::InTransit.code(),
        conditions.join(" AND ")
    );
    ask(conn, text, binds)
}

/// What is shown of them.
fn views(
    conn: &mut Conn,
    found: &[OnLeg],
    asked: &Asked,
    forecasting: &Forecasting,
) -> Outcome<Vec<UnderWayView>> {
    let ids: Vec<LegId> = found.iter().map(|row| row.leg).collect();
    let mut on: Vec<Leg> = legs::table
        .filter(legs::id.eq_any(&ids))
        .select(Leg::as_select())
        .load(conn)
        .map_err(read_failure)?;
    if let Some(cut) = asked.past {
        on = legs_as_known(conn, on, cut.known_at)?;
    }
    let travelling: BTreeSet<ConsignmentId> = on.iter().map(|leg| leg.consignment_id).collect();
    let travelling: Vec<ConsignmentId> = travelling.into_iter().collect();
    let with: Vec<Consignment> = consignments::table
        .filter(consignments::id.eq_any(&travelling))
        .select(Consignment::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let with: HashMap<ConsignmentId, Consignment> = with.into_iter().map(|row| (row.id, row)).collect();
    let paired = |leg: Leg| with.get(&leg.consignment_id).map(|row| (leg.id, (leg, row.clone())));
    let rows: HashMap<LegId, (Leg, Consignment)> = on.into_iter().filter_map(paired).collect();
    let times = times_of(conn, &travelling, asked.cut, asked.past)?;
    let corridors: BTreeSet<Corridor> = rows.values().map(|(leg, _)| corridor_of(leg)).collect();
    let measures = Measures::load(conn, forecasting, &corridors, asked.cut)?;
    let under_way = Some((asked.at, forecasting.presumed_lost_multiple));
    let view = |row: &OnLeg| {
        let (leg, consignment) = rows.get(&row.leg)?;
        let LegTimes { departed, arrived, .. } = times.get(&row.leg).copied().unwrap_or_default();
        let begins = departed.filter(|_| arrived.is_none()).map(Told::window);
        let forecast = begins
            .and_then(|begins| measures.arrival(&corridor_of(leg), begins, leg.planned_arrival, under_way));
        Some(UnderWayView {
            leg: leg.id,
            consignment: consignment.id,
            tracking_code: consignment.tracking_code.clone(),
            programme: consignment.programme_id,
            mode: leg.mode.clone(),
            from: leg.from_id,
            to: leg.to_id,
            destination: consignment.destination_id,
            in_transit: row.quantity,
            planned_arrival: leg.planned_arrival,
            departed,
            arrived,
            arrival: forecast.map(|(_, view)| view),
        })
    };
    Ok(found.iter().filter_map(view).collect())
}
