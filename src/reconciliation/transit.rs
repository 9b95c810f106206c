//! The second identity, consignment by consignment: what entered its transit is there or left it.
//!
//! The flows are worked out where `relief verify` works them out; here they are narrowed and told. A consignment is
//! within reach as it is when it is read by itself.

use super::counted::Counted;
use super::keys::Wanted;
use super::rules::{BothSides, Group, LISTED_MAXIMUM, ROWS_MAXIMUM};
use crate::auth::Bound;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::events::{FLOWS_DIFFER, Flows, FlowsOf, flows_text};
use crate::totals::Named;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

/// What entered a consignment's transit, what is there, and what left it, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TransitFigures {
    /// What departures took, less what was miscounted.
    pub dispatched: i64,
    /// What receipts found in excess.
    pub surplus: i64,
    /// Split off others, less what was split off to others, in transit.
    pub split: i64,
    /// On a leg.
    pub in_transit: i64,
    /// Missing on a leg.
    pub missing: i64,
    /// Received or found, in good condition.
    pub received_good: i64,
    /// Received on hold.
    pub received_on_hold: i64,
    /// Received damaged.
    pub received_damaged: i64,
    /// Lost, disposed of or returned out of the transit.
    pub ended: i64,
    /// 0, or by how much the two sides differ.
    pub residual: i64,
}

impl From<&Flows> for TransitFigures {
    fn from(flows: &Flows) -> Self {
        Self {
            dispatched: flows.dispatched,
            surplus: flows.surplus,
            split: flows.split,
            in_transit: flows.in_transit,
            missing: flows.missing,
            received_good: flows.received_good,
            received_on_hold: flows.received_on_hold,
            received_damaged: flows.received_damaged,
            ended: flows.ended,
            residual: flows.residual(),
        }
    }
}

/// The transit of one consignment.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TransitRow {
    /// The consignment, by tracking code and reference.
    pub consignment: Named,
    /// What entered, is there, and left.
    #[serde(flatten)]
    pub figures: TransitFigures,
}

/// The transit of consignments.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TransitSection {
    /// The second identity, consignment by consignment.
    pub identity: BothSides,
    /// All of them together.
    pub total: TransitFigures,
    /// Each of them, where rows are grouped by consignment; else those that differ, the first 500.
    pub rows: Vec<TransitRow>,
}

#[derive(QueryableByName)]
struct TotalRow {
    #[diesel(sql_type = BigInt)]
    dispatched: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
    #[diesel(sql_type = BigInt)]
    split: i64,
    #[diesel(sql_type = BigInt)]
    in_transit: i64,
    #[diesel(sql_type = BigInt)]
    missing: i64,
    #[diesel(sql_type = BigInt)]
    received_good: i64,
    #[diesel(sql_type = BigInt)]
    received_on_hold: i64,
    #[diesel(sql_type = BigInt)]
    received_damaged: i64,
    #[diesel(sql_type = BigInt)]
    ended: i64,
    #[diesel(sql_type = BigInt)]
    compared: i64,
    #[diesel(sql_type = BigInt)]
    differing: i64,
}

/// Reads the section; absent where a filter says where goods are, for then no transit is whole.
///
/// # Errors
/// `invalid` where there are too many rows; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &mut Counted<'_>) -> Outcome<Option<TransitSection>> {
    if !counted.question.has_transit() {
        return Ok(None);
    }
    let flows = flows_text(&flows_of(counted));
    let sums = [
        "dispatched",
        "surplus",
        "split",
        "in_transit",
        "missing",
        "received_good",
        "received_on_hold",
        "received_damaged",
        "ended",
    ]
    .map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT) AS {column}"))
    .join(", ");
    let text = format!(
        "SELECT {sums}, CAST(COUNT(*) AS BIGINT) AS compared, \
         CAST(COALESCE(SUM(CASE WHEN {FLOWS_DIFFER} THEN 1 ELSE 0 END), 0) AS BIGINT) AS differing \
         FROM ({flows}) AS flows"
    );
    let totals: Vec<TotalRow> = counted.statement.load(conn, &text)?;
    let total = totals.first().ok_or_else(|| Problem::internal("a sum has no row"))?;
    let by_consignment = counted.question.group_by.contains(&Group::Consignment);
    let rows = if by_consignment || total.differing > 0 {
        rows(conn, counted, &flows, by_consignment)?
    } else {
        Vec::new()
    };
    let (identity, total) = total.told();
    Ok(Some(TransitSection { identity, total, rows }))
}

impl TotalRow {
    fn told(&self) -> (BothSides, TransitFigures) {
        let left = self.dispatched + self.surplus + self.split;
        let received = self.received_good + self.received_on_hold + self.received_damaged;
        let right = self.in_transit + self.missing + received + self.ended;
        let residual = left - right;
        let check = BothSides { left, right, residual, compared: self.compared, differing: self.differing };
        let figures = TransitFigures {
            dispatched: self.dispatched,
            surplus: self.surplus,
            split: self.split,
            in_transit: self.in_transit,
            missing: self.missing,
            received_good: self.received_good,
            received_on_hold: self.received_on_hold,
            received_damaged: self.received_damaged,
            ended: self.ended,
            residual,
        };
        (check, figures)
    }
}

fn rows(conn: &mut Conn, counted: &Counted<'_>, flows: &str, all: bool) -> Outcome<Vec<TransitRow>> {
    let (condition, most) = if all { ("1 = 1", ROWS_MAXIMUM + 1) } else { (FLOWS_DIFFER, LISTED_MAXIMUM) };
    let text =
        format!("SELECT * FROM ({flows}) AS flows WHERE {condition} ORDER BY consignment LIMIT {most}");
    let found: Vec<Flows> = counted.statement.load(conn, &text)?;
    if found.len() > ROWS_MAXIMUM {
        let detail = format!("more than {ROWS_MAXIMUM} consignments; add a filter or group by less");
        return Err(Problem::field("/group_by", detail).coded(Fault::TooMany));
    }
    let mut wanted = Wanted::default();
    found.iter().for_each(|flows| wanted.consignment(flows.consignment));
    let words = wanted.load(conn, &counted.question.scope)?;
    let told = |flows: &Flows| TransitRow {
        consignment: words.consignment(flows.consignment),
        figures: TransitFigures::from(flows),
    };
    Ok(found.iter().map(told).collect())
}

/// What the flows are worked out of: postings of the goods that are asked for, and consignments that are asked for
/// and within reach.
fn flows_of(counted: &mut Counted<'_>) -> FlowsOf {
    let goods = goods(counted);
    let postings = counted.posted_by_events(&goods);
    let balances = format!("(SELECT * FROM {} AS there WHERE {goods})", counted.held_anywhere());
    FlowsOf { postings, balances, consignments: consignments(counted) }
}

/// A condition on postings and balances alike, by what of them never changes on the way.
fn goods(counted: &mut Counted<'_>) -> String {
    let filters = &counted.question.filters;
    let (mut own, mut of_lines) = (vec!["1 = 1".to_owned()], Vec::new());
    for (group, id) in &filters.ids {
        let mark = counted.statement.id(*id);
        match group {
            Group::Item => own.push(format!("item_id = {mark}")),
            Group::Lot => own.push(format!("lot_id = {mark}")),
            Group::Programme => of_lines.push(format!("pledges.programme_id = {mark}")),
            Group::Donor => of_lines.push(format!("pledges.donor_id = {mark}")),
            Group::Pledge => of_lines.push(format!("pledges.id = {mark}")),
            Group::Country
            | Group::Site
            | Group::Holder
            | Group::Owner
            | Group::Consignee
            | Group::Consignment => {}
        }
    }
    if filters.without.contains(&Group::Donor) {
        of_lines.push("pledges.donor_id IS NULL".to_owned());
    }
    if !of_lines.is_empty() {
        own.push(format!(
            "pledge_line_id IN (SELECT pledge_lines.id FROM pledge_lines \
             JOIN pledges ON pledges.id = pledge_lines.pledge_id WHERE {})",
            of_lines.join(" AND ")
        ));
    }
    own.join(" AND ")
}

/// A condition on consignments: those that are asked for and that the scope reaches, as `consignments_within` has it.
fn consignments(counted: &mut Counted<'_>) -> String {
    let (question, statement) = (counted.question, &mut counted.statement);
    let mut conditions = vec!["1 = 1".to_owned()];
    for (group, id) in &question.filters.ids {
        match group {
            Group::Consignee => conditions.push(format!("consignments.consignee_id = {}", statement.id(*id))),
            Group::Consignment => conditions.push(format!("consignments.id = {}", statement.id(*id))),
            Group::Programme
            | Group::Donor
            | Group::Pledge
            | Group::Item
            | Group::Lot
            | Group::Country
            | Group::Site
            | Group::Holder
            | Group::Owner => {}
        }
    }
    if question.filters.without.iter().any(|group| matches!(group, Group::Consignee | Group::Consignment)) {
        // What is in transit is in a consignment.
        conditions.push("1 = 0".to_owned());
    }
    if let Some((origin, destination)) = question.filters.corridor {
        conditions.push(format!("consignments.origin_id = {}", statement.id(origin.0)));
        conditions.push(format!("consignments.destination_id = {}", statement.id(destination.0)));
    }
    let ends = "sites.id IN (consignments.origin_id, consignments.destination_id)";
    for bound in question.scope.bounds() {
        conditions.push(match bound {
            Bound::Organization(own) => {
                let own = statement.id(own.0);
                format!(
                    "(consignments.consignor_id = {own} OR consignments.consignee_id = {own} \
                     OR EXISTS (SELECT 1 FROM legs WHERE legs.consignment_id = consignments.id \
                     AND legs.carrier_id = {own}) \
                     OR EXISTS (SELECT 1 FROM sites WHERE {ends} AND sites.operator_id = {own}))"
                )
            }
            Bound::Countries(own) => {
                let own: Vec<String> = own.iter().map(|code| statement.words(code)).collect();
                format!("EXISTS (SELECT 1 FROM sites WHERE {ends} AND sites.country IN ({}))", own.join(", "))
            }
            // Of a shared consignment a donor reads what is traced from own pledges, which is no whole transit.
            Bound::OwnPledges(_) => "1 = 0".to_owned(),
        });
    }
    conditions.join(" AND ")
}
