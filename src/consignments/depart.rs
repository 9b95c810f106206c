//! Departure and arrival of a leg, and what becomes of a departure that a receipt implied before.

use super::allocate::{destination_country, free_stock};
use super::departures::Departures;
use super::store::{Consignment, Journey, Load, find_leg, find_open};
use super::terms::departing::warnings;
use super::upstream::{is_upstream, upstream};
use crate::auth::{Bound, Scope};
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, LoadId, LotId, OrganizationId, SiteId, derived,
};
use crate::core::problem::{Fault, Problem};
use crate::core::time::Precision;
use crate::items::goods::{Goods, GoodsLine, PickContext, less_planned, pick_goods, understand};
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, Subjects, all_or_missed, short};
use crate::ledger::{Account, Book, Cell, Holding, Movement, Picked, Statement};
use crate::sites::find_site;
use crate::writer::{Desk, Drawer, Wanted};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A leg departs, with all that is reserved at its start, or with the lines said.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Departed {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The leg; may be left out where there is only one.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// The vehicle, container or flight.
    #[serde(default)]
    pub load: Option<LoadId>,
    /// What left; without lines, everything reserved at the start of the leg.
    #[serde(default)]
    pub lines: Option<Vec<GoodsLine>>,
}

/// A leg arrived; the goods are counted by its receipt.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The leg; may be left out where there is only one.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// The vehicle, container or flight.
    #[serde(default)]
    pub load: Option<LoadId>,
}

/// Departs.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet or still upstream.
pub fn depart(desk: &mut Desk, happening: &Happening, body: &Departed) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let journey = find_leg(desk, consignment.id, body.leg)?;
    find_load(desk, body.load)?;
    let goods = match &body.lines {
        Some(lines) => Some(understand(desk, lines)?),
        None => None,
    };
    let warnings = warnings(desk, happening, &consignment, body.load)?;
    let happening = Happening { warnings, ..happening.clone() };
    let result = send_off(desk, &happening, body.load, &consignment, &journey, goods.as_deref())?;
    note_departure(desk, &happening, journey.leg().id, &result);
    if let (Some(load), false) = (body.load, happening.is_rehearsal()) {
        desk.shelf::<Departures>().note_load(load, consignment.id, happening.id);
    }
    Ok(result)
}

/// Waits for a load that is not known yet.
fn find_load(desk: &mut Desk, load: Option<LoadId>) -> Result<(), Halt> {
    let Some(load) = load else { return Ok(()) };
    let found = desk.shelf::<Drawer<Load>>().find(load)?;
    found.map(|_| ()).ok_or_else(|| Halt::unknown("load", load.0))
}

/// Notes for later receipts of the same batch that a leg has left.
pub(super) fn note_departure(desk: &mut Desk, happening: &Happening, leg: LegId, result: &EventResult) {
    if let (false, Some(sequence)) = (happening.is_rehearsal(), result.sequence) {
        desk.shelf::<Departures>().note(leg, happening.id, sequence);
    }
}

/// Posts what leaves, or what differs from what receipts implied.
fn send_off(
    desk: &mut Desk,
    happening: &Happening,
    load: Option<LoadId>,
    consignment: &Consignment,
    journey: &Journey,
    goods: Option<&[Goods]>,
) -> Result<EventResult, Halt> {
    let subjects = Subjects { leg: Some(journey.leg().id), load, ..consignment.subjects() };
    if let Some(inferred) = last_inferred(desk, journey.leg().id)? {
        super::duties::check_dispatcher(desk, happening, &inferred)?;
        return super::confirm::confirm_departure(desk, happening, subjects, journey, &inferred, goods);
    }
    let picked = match goods {
        Some(goods) => {
            let mut movements = Vec::new();
            all_or_missed(goods, |one| {
                let drawn = draw(desk, happening, consignment, journey, one, one.quantity, &movements)?;
                movements.extend(drawn);
                Ok(())
            })?;
            movements
        }
        None => everything(desk, consignment, journey)?,
    };
    Ok(happening.post(desk, subjects, &picked, &[])?)
}

/// Arrives: nothing is posted, the timeline and the forecast know.
///
/// # Errors
/// `wrong_state`; waits for what is not known yet.
pub fn arrive(desk: &mut Desk, happening: &Happening, body: &Arrived) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let journey = find_leg(desk, consignment.id, body.leg)?;
    find_load(desk, body.load)?;
    let subjects = Subjects {
        leg: Some(journey.leg().id),
        load: body.load,
        site: Some(journey.leg().to_id),
        ..consignment.subjects()
    };
    Ok(happening.post(desk, subjects, &[], &[])?)
}

/// The cell goods are in while on a leg.
pub(super) fn on_leg(cell: Cell, consignment: &Consignment, journey: &Journey) -> Cell {
    let leg = journey.leg();
    Cell {
        account: Account::InTransit,
        consignment: Some(consignment.id),
        leg: Some(leg.id),
        site: Some(leg.to_id),
        holder: leg.carrier_id.or(consignment.consignor_id),
        ..cell
    }
}

/// What is reserved at the start of a leg.
pub(super) fn reserved_at_start(
    desk: &mut Desk,
    consignment: &Consignment,
    journey: &Journey,
) -> Result<Vec<Holding>, Halt> {
    let mut holdings = desk.shelf::<Book>().of_consignment(consignment.id)?;
    holdings.retain(|one| {
        one.cell.account == Account::Allocated
            && (one.cell.site == Some(journey.leg().from_id)
                || (journey.is_first() && one.cell.site.is_none()))
    });
    holdings.sort_unstable_by_key(|one| one.cell.key());
    Ok(holdings)
}

/// Everything that is reserved at the start of a leg.
pub(super) fn everything_reserved(
    desk: &mut Desk,
    consignment: &Consignment,
    journey: &Journey,
) -> Result<Vec<Movement>, Halt> {
    let holdings = reserved_at_start(desk, consignment, journey)?;
    let to = |holding: &Holding| on_leg(holding.cell, consignment, journey);
    Ok(holdings.iter().map(|holding| Movement::given(holding.cell, to(holding), holding.quantity)).collect())
}

fn everything(desk: &mut Desk, consignment: &Consignment, journey: &Journey) -> Result<Vec<Movement>, Halt> {
    let movements = everything_reserved(desk, consignment, journey)?;
    if !movements.is_empty() {
        return Ok(movements);
    }
    if is_upstream(desk, consignment, journey, None)? > 0 {
        return Err(upstream(consignment.id));
    }
    let detail =
        "are missing, and nothing is allocated at the start of this leg; say what left, or allocate it first";
    Err(Problem::field("/lines", detail).coded(Fault::Required).into())
}

/// Where a departure draws from.
type DepartureSource =
    fn(&mut Desk, &Happening, &Consignment, &Journey, &Goods) -> Result<Vec<Holding>, Halt>;

/// In this order: what is reserved at the start, what is free there, and on the first leg what the consignor
/// itself pledged.
const SOURCES: [DepartureSource; 3] = [
    |desk, _, consignment, journey, goods| {
        let mut reserved = reserved_at_start(desk, consignment, journey)?;
        reserved.retain(|one| one.cell.item == goods.item.id);
        Ok(reserved)
    },
    |desk, happening, _, journey, goods| {
        let start = journey.leg().from_id;
        if !reaches(desk, &happening.scope, start, None)? {
            return Ok(Vec::new());
        }
        free_stock(desk, start, goods, happening)
    },
    |desk, happening, consignment, journey, goods| {
        let start = journey.leg().from_id;
        let is_given = journey.is_first() && consignment.consignor_id.is_some();
        if !is_given || !reaches(desk, &happening.scope, start, consignment.consignor_id)? {
            return Ok(Vec::new());
        }
        let mut with_donors = desk.shelf::<Book>().of_unplaced(goods.item.id)?;
        with_donors.retain(|one| one.cell.holder == consignment.consignor_id);
        Ok(with_donors)
    },
];

/// Whether goods at a site, or of an organization, are within a scope: being party to a consignment entitles to
/// what is reserved for it, and to nothing else.
fn reaches(
    desk: &mut Desk,
    scope: &Scope,
    site: SiteId,
    giver: Option<OrganizationId>,
) -> Result<bool, Halt> {
    for bound in scope.bounds() {
        let is_within = match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => match giver {
                Some(giver) => giver == *own,
                None => find_site(desk, site)?.operator_id == Some(*own),
            },
            Bound::Countries(own) => own.contains(&find_site(desk, site)?.country),
        };
        if !is_within {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Draws one line for a departure: reserved goods first, then free stock there, on the first leg also what
/// the consignor itself pledged.
pub(super) fn draw(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    goods: &Goods,
    wanted: i64,
    planned: &[Movement],
) -> Result<Vec<Movement>, Halt> {
    let country = destination_country(desk, consignment)?;
    let context = PickContext {
        at: happening.occurred_at,
        programme: Some(consignment.programme_id),
        destination: Some(&country),
    };
    let mut picked: Vec<Picked> = Vec::new();
    let mut left = wanted;
    for source in SOURCES {
        if left == 0 {
            break;
        }
        let candidates = less_planned(source(desk, happening, consignment, journey, goods)?, planned);
        // A lot named on the waybill but not in our books yet is drawn from goods without a known lot.
        let exact = pick_goods(desk, candidates.clone(), goods, left, context)?;
        left -= exact.iter().map(|part| part.quantity).sum::<i64>();
        picked.extend(exact);
        if left > 0 && goods.lot.is_some() {
            let unnamed: Vec<Holding> =
                candidates.into_iter().filter(|one| one.cell.lot == LotId::unknown(goods.item.id)).collect();
            let any = Goods { lot: None, ..goods.clone() };
            let more = pick_goods(desk, unnamed, &any, left, context)?;
            left -= more.iter().map(|part| part.quantity).sum::<i64>();
            picked.extend(more);
        }
    }
    if left > 0 {
        if is_upstream(desk, consignment, journey, Some(goods))? >= left {
            return Err(upstream(consignment.id));
        }
        let pointer = format!("{}/quantity", goods.pointer);
        return Err(short(&pointer, Account::Allocated, wanted - left, wanted, &goods.item.name).into());
    }
    let movement = |part: Picked| Movement {
        from: part.cell,
        to: on_leg(part.cell, consignment, journey),
        quantity: part.quantity,
        chosen: part.chosen,
    };
    Ok(picked.into_iter().map(movement).collect())
}

/// The identifier of the n-th departure that receipts implied on a leg.
pub fn inferred_id(leg: LegId, ordinal: u64) -> EventId {
    derived(leg.0, "inferred departure", ordinal)
}

/// All departures that receipts implied on a leg and that no real one has replaced.
pub(super) fn last_inferred(desk: &mut Desk, leg: LegId) -> Result<Option<Vec<EventRecord>>, Halt> {
    let mut found = implied_on(desk, leg)?;
    // A real departure confirms all that were implied before it, unless it was itself reversed.
    let mut confirmed = 0;
    let mut reversed = Vec::new();
    all_or_missed(&found, |record| {
        let about = desk.shelf::<Drawer<EventRecord>>().group(Some(record.id))?;
        all_or_missed(about, |about| {
            if about.kind == "reversed" {
                reversed.push(record.id);
            } else if !was_reversed(desk, about.id)? {
                confirmed = confirmed.max(about.sequence);
            }
            Ok(())
        })
    })?;
    found.retain(|record| record.sequence > confirmed && !reversed.contains(&record.id));
    let open: Vec<EventRecord> = found.iter().map(|record| record.as_ref().clone()).collect();
    Ok(if open.is_empty() { None } else { Some(open) })
}

/// Every departure that receipts implied on a leg, in order. Where one is not known yet, as many after it are
/// asked for as come before it: their number is not known, and each round of loading takes its time.
fn implied_on(desk: &mut Desk, leg: LegId) -> Result<Vec<Arc<EventRecord>>, Wanted> {
    let drawer = desk.shelf::<Drawer<EventRecord>>();
    let mut found = Vec::new();
    for ordinal in 0.. {
        match drawer.find(inferred_id(leg, ordinal)) {
            Ok(Some(record)) => found.push(record),
            Ok(None) => break,
            Err(Wanted) => {
                for further in ordinal + 1..=2 * ordinal {
                    drawer.want(inferred_id(leg, further));
                }
                return Err(Wanted);
            }
        }
    }
    Ok(found)
}

/// Base units of an item that the departures of a leg sent, with their corrections and with what receipts
/// implied before.
pub(super) fn dispatched(desk: &mut Desk, leg: LegId, item: ItemId) -> Result<i64, Halt> {
    let departures = desk.shelf::<Departures>().of(leg)?;
    let mut sent: Vec<(EventId, i64)> =
        departures.into_iter().map(|departure| (departure.event, departure.sequence)).collect();
    let implied = implied_on(desk, leg)?;
    all_or_missed(implied, |record| {
        if !was_reversed(desk, record.id)? {
            sent.push((record.id, record.sequence));
        }
        Ok(())
    })?;
    all_or_missed(0..sent.len(), |index| {
        let about = desk.shelf::<Drawer<EventRecord>>().group(Some(sent[index].0))?;
        all_or_missed(about, |about| {
            if about.kind == "corrected" && !was_reversed(desk, about.id)? {
                sent.push((about.id, about.sequence));
            }
            Ok(())
        })
    })?;
    let mut total = 0;
    all_or_missed(sent, |(_, sequence)| {
        for posting in desk.shelf::<Book>().postings_of(sequence)? {
            let cell = posting.cell;
            let is_on_leg = cell.account == Account::InTransit && cell.leg == Some(leg);
            // What was received beyond the departure came from surplus and was never sent.
            if cell.item == item && (is_on_leg || cell.account == Account::Surplus) {
                total += posting.quantity;
            }
        }
        Ok(())
    })?;
    Ok(total)
}

fn was_reversed(desk: &mut Desk, event: EventId) -> Result<bool, Halt> {
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event))?;
    Ok(about.iter().any(|one| one.kind == "reversed"))
}

/// Posts the departure that a receipt implies.
pub(super) fn infer(
    desk: &mut Desk,
    receipt: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    movements: &[Movement],
) -> Result<EventResult, Halt> {
    let leg = journey.leg().id;
    let ordinal = implied_on(desk, leg)?.len() as u64;
    let body =
        serde_json::json!({"receipt": receipt.id, "consignment": consignment.id, "leg": leg}).to_string();
    let happening = Happening {
        id: inferred_id(leg, ordinal),
        kind: "departed",
        occurred_at: receipt.occurred_at,
        precision: Precision::Inferred,
        inferred: true,
        body: body.into(),
        reason: None,
        restates: receipt.restates.clone(),
        scope: receipt.scope.clone(),
        deploys: receipt.deploys,
        from_paper: receipt.from_paper.clone(),
        decided_by: None,
        made_by: receipt.made_by,
        warnings: Vec::new(),
    };
    let subjects = Subjects { leg: Some(leg), ..consignment.subjects() };
    let no_statements: &[Statement] = &[];
    Ok(happening.post(desk, subjects, movements, no_statements)?)
}
