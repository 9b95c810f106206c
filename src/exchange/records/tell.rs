//! The records of a ledger, as whoever posts them would state them: a page of one kind at a time.

use super::RecordKind;
use crate::auth::Scope;
use crate::consignments::rules::Mode;
use crate::consignments::{Consignment, ConsignmentNew, Leg, Load, LoadNew, PlannedLeg, diverted_leg_id};
use crate::core::id::{ConsignmentId, EventId, Identifier, LegId, PledgeId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::db::schema::events;
use crate::db::{Conn, read_failure};
use crate::items::{Item, ItemWithPacks, Pack};
use crate::ledger::TitlePasses;
use crate::parties::Organization;
use crate::pledges::rules::PledgeKind;
use crate::pledges::{Money, Pledge, PledgeLine, PledgeLineNew, PledgeNew};
use crate::programmes::Programme;
use crate::sites::Site;
use crate::writer::Record;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A record as it is told.
#[derive(Clone, Debug)]
pub struct RecordTold {
    /// Its kind.
    pub kind: RecordKind,
    /// Its identifier.
    pub id: Uuid,
    /// What states it, as JSON.
    pub body: String,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// At the first record.
    Nothing,
    /// Behind the record with this identifier.
    Id(Uuid),
    /// Behind the event with this sequence.
    Sequence(i64),
}

/// A page of records of a kind, and where the next one begins; none where there is none. Of events those up to a sequence.
///
/// # Errors
/// `forbidden` where the scope does not reach everything: records name each other, and some of them would name nothing; whatever
/// the database says.
pub fn records_after(
    conn: &mut Conn,
    scope: &Scope,
    kind: RecordKind,
    (after, until): (After, i64),
    limit: i64,
) -> Outcome<(Vec<RecordTold>, Option<After>)> {
    if !scope.is_everything() {
        return Err(bound());
    }
    match kind {
        RecordKind::Organization => {
            let page = Page::<Organization>::read(conn, after, limit)?;
            page.told(kind, |row| body_of(&row.draft()).map(Some))
        }
        RecordKind::Programme => {
            Page::<Programme>::read(conn, after, limit)?.told(kind, |row| body_of(&row.draft()?).map(Some))
        }
        RecordKind::Item => {
            let page = Page::<Item>::read(conn, after, limit)?;
            let packs = page.children::<Pack, _>(conn, |pack| pack.item_id)?;
            page.told(kind, |item| {
                let packs = packs.get(&item.id).cloned().unwrap_or_default();
                body_of(&ItemWithPacks { item: item.clone(), packs }.draft()?).map(Some)
            })
        }
        RecordKind::Site => {
            Page::<Site>::read(conn, after, limit)?.told(kind, |row| body_of(&row.draft()?).map(Some))
        }
        RecordKind::Pledge => {
            let page = Page::<Pledge>::read(conn, after, limit)?;
            let lines = page.children::<PledgeLine, _>(conn, |line| line.pledge_id)?;
            page.told(kind, |row| pledge(row, &lines))
        }
        RecordKind::Consignment => {
            let page = Page::<Consignment>::read(conn, after, limit)?;
            let legs = page.children::<Leg, _>(conn, |leg| leg.consignment_id)?;
            let diverted = diverted_legs(conn, &page.rows)?;
            page.told(kind, |row| consignment(row, &legs, &diverted))
        }
        RecordKind::Load => Page::<Load>::read(conn, after, limit)?.told(kind, |row| load(row).map(Some)),
        RecordKind::Event => events_after(conn, (after, until), limit),
    }
}

/// That records are told whole or not at all.
pub fn bound() -> Problem {
    let words = "Records are told whole, and your account is bound to some of them. Take entries, or ask an administrator.";
    Problem::new(Code::Forbidden, words)
}

/// Rows of one table, in the order of their keys.
struct Page<R> {
    rows: Vec<R>,
    is_last: bool,
}

impl<R: Record> Page<R>
where
    R::Id: Identifier,
{
    fn read(conn: &mut Conn, after: After, limit: i64) -> Outcome<Self> {
        let after = match after {
            After::Id(id) => Some(R::Id::from_uuid(id)),
            After::Nothing | After::Sequence(_) => None,
        };
        let rows = R::page(conn, after, limit).map_err(read_failure)?;
        let is_last = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Self { rows, is_last })
    }

    /// The rows of another table that belong to these.
    fn children<C, P>(&self, conn: &mut Conn, parent: impl Fn(&C) -> P) -> Outcome<HashMap<P, Vec<C>>>
    where
        C: Record<Group = P>,
        P: Identifier,
    {
        let ids: Vec<P> = self.rows.iter().map(|row| P::from_uuid(row.id().uuid())).collect();
        let mut children: HashMap<P, Vec<C>> = HashMap::new();
        for child in C::load_groups(conn, &ids).map_err(read_failure)? {
            children.entry(parent(&child)).or_default().push(child);
        }
        Ok(children)
    }

    /// Those that are told, with their bodies.
    fn told(
        &self,
        kind: RecordKind,
        body: impl Fn(&R) -> Outcome<Option<String>>,
    ) -> Outcome<(Vec<RecordTold>, Option<After>)> {
        let mut told = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let id = row.id().uuid();
            told.extend(body(row)?.map(|body| RecordTold { kind, id, body }));
        }
        let next = self.rows.last().filter(|_| !self.is_last).map(|row| After::Id(row.id().uuid()));
        Ok((told, next))
    }
}

fn body_of(body: &impl Serialize) -> Outcome<String> {
    let unwritable =
        |error: serde_json::Error| Problem::internal(format!("a record cannot be told: {error}"));
    let mut value = serde_json::to_value(body).map_err(unwritable)?;
    // The identifier stands beside the body.
    if let Value::Object(members) = &mut value {
        members.remove("id");
        members.retain(|_, member| !member.is_null());
    }
    Ok(value.to_string())
}

fn unreadable(what: &str, id: Uuid) -> Problem {
    Problem::internal(format!("{what} of {id} is a word nobody writes"))
}

fn money(minor: Option<i64>, currency: Option<&String>, basis: Option<&String>) -> Option<Money> {
    Some(Money { minor: minor?, currency: currency?.clone(), basis: basis.cloned() })
}

/// A pledge as it was offered; one that an excess opened is opened by it again.
fn pledge(row: &Pledge, lines: &HashMap<PledgeId, Vec<PledgeLine>>) -> Outcome<Option<String>> {
    let kind = PledgeKind::from_word(&row.kind).ok_or_else(|| unreadable("pledges.kind", row.id.0))?;
    if kind == PledgeKind::Surplus {
        return Ok(None);
    }
    let mut offered: Vec<&PledgeLine> =
        lines.get(&row.id).into_iter().flatten().filter(|line| line.is_offered()).collect();
    offered.sort_by_key(|line| line.ordinal);
    let line = |line: &PledgeLine| {
        Ok(PledgeLineNew {
            id: Some(line.id),
            item: line.item_id,
            quantity: Quantity::new(line.offered)
                .ok_or_else(|| unreadable("pledge_lines.offered", line.id.0))?,
            earmark_country: line.earmark_country.as_deref().and_then(|code| code.parse().ok()),
            earmark_area: line.earmark_area.as_deref().and_then(|code| code.parse().ok()),
            title_passes: TitlePasses::from_word(&line.title_passes)
                .ok_or_else(|| unreadable("pledge_lines.title_passes", line.id.0))?,
            value: money(line.value_minor, line.currency.as_ref(), line.value_basis.as_ref()),
        })
    };
    let new = PledgeNew {
        id: None,
        programme: row.programme_id,
        donor: row.donor_id,
        kind,
        reference: row.reference.clone(),
        offered_at: row.offered_at,
        note: row.note.clone(),
        named: row.named.clone(),
        lines: offered.into_iter().map(line).collect::<Outcome<_>>()?,
    };
    body_of(&new).map(Some)
}

/// A consignment as it was opened; one that was split off is split off again, and a way that was diverted is diverted again.
fn consignment(
    row: &Consignment,
    legs: &HashMap<ConsignmentId, Vec<Leg>>,
    diverted: &HashSet<LegId>,
) -> Outcome<Option<String>> {
    if row.parent_id.is_some() {
        return Ok(None);
    }
    let mut planned: Vec<&Leg> =
        legs.get(&row.id).into_iter().flatten().filter(|leg| !diverted.contains(&leg.id)).collect();
    planned.sort_by_key(|leg| leg.ordinal);
    let leg = |leg: &Leg| {
        Ok(PlannedLeg {
            id: Some(leg.id),
            mode: Mode::from_word(&leg.mode).ok_or_else(|| unreadable("legs.mode", leg.id.0))?,
            from: leg.from_id,
            to: leg.to_id,
            carrier: leg.carrier_id,
            planned_departure: leg.planned_departure,
            planned_arrival: leg.planned_arrival,
        })
    };
    let new = ConsignmentNew {
        id: None,
        programme: row.programme_id,
        reference: row.reference.clone(),
        consignor: row.consignor_id,
        consignee: row.consignee_id,
        origin: row.origin_id,
        destination: row.destination_id,
        legs: planned.into_iter().map(leg).collect::<Outcome<_>>()?,
        gross_weight_g: row.gross_weight_g,
        freight: money(row.freight_minor, row.freight_currency.as_ref(), None),
        freight_note: row.freight_note.clone(),
        value: money(row.value_minor, row.value_currency.as_ref(), row.value_basis.as_ref()),
    };
    body_of(&new).map(Some)
}

/// The legs that diversions of these consignments made.
fn diverted_legs(conn: &mut Conn, rows: &[Consignment]) -> Outcome<HashSet<LegId>> {
    let ids: Vec<ConsignmentId> = rows.iter().map(|row| row.id).collect();
    let bodies: Vec<(EventId, String)> = events::table
        .filter(events::consignment_id.eq_any(ids))
        .filter(events::kind.eq("diverted"))
        .select((events::id, events::body))
        .load(conn)
        .map_err(read_failure)?;
    let mut legs = HashSet::new();
    for (event, body) in bodies {
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        for (place, leg) in body["legs"].as_array().into_iter().flatten().enumerate() {
            let named = leg["id"].as_str().and_then(|id| id.parse().ok());
            legs.insert(named.unwrap_or_else(|| diverted_leg_id(event, place)));
        }
    }
    Ok(legs)
}

fn load(row: &Load) -> Outcome<String> {
    body_of(&LoadNew {
        id: None,
        reference: row.reference.clone(),
        mode: Mode::from_word(&row.mode).ok_or_else(|| unreadable("loads.mode", row.id.0))?,
        from: row.from_id,
        to: row.to_id,
        carrier: row.carrier_id,
        document_kind: row.document_kind.clone(),
        document_number: row.document_number.clone(),
        plate: row.plate.clone(),
        seals: row.seals.clone(),
        packages: row.packages,
        gross_weight_g: row.gross_weight_g,
        volume_cm3: row.volume_cm3,
    })
}

/// Events as they were posted; what was inferred is inferred again.
fn events_after(
    conn: &mut Conn,
    (after, until): (After, i64),
    limit: i64,
) -> Outcome<(Vec<RecordTold>, Option<After>)> {
    let after = match after {
        After::Sequence(sequence) => sequence,
        After::Nothing | After::Id(_) => 0,
    };
    let rows: Vec<(i64, EventId, bool, String)> = events::table
        .filter(events::sequence.gt(after).and(events::sequence.le(until)))
        .order(events::sequence)
        .limit(limit)
        .select((events::sequence, events::id, events::inferred, events::body))
        .load(conn)
        .map_err(read_failure)?;
    let is_last = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| !is_last).map(|(sequence, ..)| After::Sequence(*sequence));
    let posted = rows.into_iter().filter(|(_, _, inferred, _)| !inferred);
    let told = posted.map(|(_, id, _, body)| RecordTold { kind: RecordKind::Event, id: id.0, body });
    Ok((told.collect(), next))
}
