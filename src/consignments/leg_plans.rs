//! What was planned of legs, and whether they were a part of the way, since which entry of the log.
//!
//! A leg that comes onto a way after its consignment was recorded, is replaced by a diversion, put back by a reversal, or planned
//! anew by an import leaves a statement in the same entry; none is ever changed, so that the way as it was known stays what it was.
//! A leg without any has been as its row says all along. What it was before the first becomes a statement too, with sequence 0.

use super::store::Leg;
use crate::core::id::{ConsignmentId, LegId, LegPlanId, derived};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, read_failure};
use crate::writer::{Desk, Drawer, Moment, Record as _, Refusal, record};
use std::collections::{HashMap, HashSet};

/// The sequence of what a leg was before its statements were kept.
const BEFORE_STATEMENTS: i64 = 0;

record! {
    /// What a leg is from an entry of the log on.
    pub struct LegPlan in leg_plans key id: LegPlanId, group consignment_id: ConsignmentId {
        /// Key: made from the leg and the sequence.
        id: LegPlanId,
        /// The leg.
        leg_id: LegId,
        /// Its consignment.
        consignment_id: ConsignmentId,
        /// Planned departure.
        planned_departure: Option<Timestamp>,
        /// Planned arrival.
        planned_arrival: Option<Timestamp>,
        /// Whether a diversion has replaced it.
        superseded: bool,
        /// The entry that tells of it; 0 where it was so before statements were kept.
        sequence: i64,
        /// When that was; of sequence 0, when the first statement was made.
        recorded_at: Timestamp,
    }
}

impl LegPlan {
    fn of(leg: &Leg, moment: Moment) -> Self {
        Self {
            id: derived(leg.id.0, &format!("plan:{}", moment.sequence), 0),
            leg_id: leg.id,
            consignment_id: leg.consignment_id,
            planned_departure: leg.planned_departure,
            planned_arrival: leg.planned_arrival,
            superseded: leg.superseded,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.planned_departure, self.planned_arrival, self.superseded)
            == (other.planned_departure, other.planned_arrival, other.superseded)
    }
}

/// Leaves statements where legs are not what they were before, of which a new one was nothing, within the entry that is open.
///
/// # Errors
/// Rows missing on the desk.
pub fn state_legs(desk: &mut Desk, legs: &[(Option<&Leg>, Leg)], moment: Moment) -> Result<(), Refusal> {
    let Some((_, first)) = legs.first() else { return Ok(()) };
    let shelf = desk.shelf::<Drawer<LegPlan>>();
    let known = shelf.group(first.consignment_id)?;
    let has_statements: HashSet<LegId> = known.iter().map(|plan| plan.leg_id).collect();
    for (before, leg) in legs {
        let stated = LegPlan::of(leg, moment);
        let before = before.map(|leg| {
            LegPlan::of(leg, Moment { sequence: BEFORE_STATEMENTS, recorded_at: moment.recorded_at })
        });
        if before.as_ref().is_some_and(|before| before.is_same(&stated)) {
            continue;
        }
        if let Some(before) = before.filter(|_| !has_statements.contains(&leg.id)) {
            shelf.put(before);
        }
        shelf.put(stated);
    }
    Ok(())
}

/// Makes legs what they were known to be at a sequence, and leaves out those that were not there yet: one query.
///
/// # Errors
/// What the database says.
pub fn legs_as_known(conn: &mut Conn, legs: Vec<Leg>, sequence: i64) -> Outcome<Vec<Leg>> {
    let consignments: HashSet<ConsignmentId> = legs.iter().map(|leg| leg.consignment_id).collect();
    let consignments: Vec<ConsignmentId> = consignments.into_iter().collect();
    let mut newest: HashMap<LegId, Option<LegPlan>> = HashMap::new();
    for stated in LegPlan::load_groups(conn, &consignments).map_err(read_failure)? {
        let known = newest.entry(stated.leg_id).or_default();
        let is_newer = known.as_ref().is_none_or(|known| known.sequence < stated.sequence);
        if stated.sequence <= sequence && is_newer {
            *known = Some(stated);
        }
    }
    let known = |leg: Leg| match newest.get(&leg.id) {
        None => Some(leg),
        Some(None) => None,
        Some(Some(plan)) => Some(Leg {
            planned_departure: plan.planned_departure,
            planned_arrival: plan.planned_arrival,
            superseded: plan.superseded,
            ..leg
        }),
    };
    Ok(legs.into_iter().filter_map(known).collect())
}
