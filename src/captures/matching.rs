//! Which consignment, leg and goods of ours an event means. Nothing is guessed: what could be two things waits for a
//! person, and so does what could be none. Consignments are looked up within the scope of who posts it.

use super::record::{Posting, Verdict, words_of};
use super::restating;
use super::rules::{Event, Good, Step, uuid_of};
use super::store::{Capture, meant_by};
use super::uris::{Class, Paper, Place, unit_code};
use crate::auth::Scope;
use crate::consignments::consignments_within;
use crate::core::id::{ConsignmentId, EventId, HandlingUnitId, ItemId, LegId, LotId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Precision;
use crate::db::schema::{consignments, events, handling_units, items, legs, lots, sites, unit_contents};
use crate::db::{Conn, read_failure};
use crate::events::{Command, Kind, check_reached, check_words, events_within};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Types of event whose goods are those of a consignment.
const TYPES_TAKEN: [&str; 3] = ["ObjectEvent", "AggregationEvent", "TransactionEvent"];
/// Codes of Recommendation 20 for what is counted in pieces.
const PIECES: [&str; 3] = ["H87", "C62", "EA"];
/// Said of what others counted and found short, damaged or too much, whose own words stay with them.
const COUNTED_THERE: &str = "As it was counted by the system that sent it.";

/// An event that is asked about.
pub(super) struct Asked<'a> {
    /// Its document.
    pub(super) sent: &'a Capture,
    pub(super) event: &'a Event,
    /// What somebody says it is about.
    pub(super) said: Option<(ConsignmentId, Option<LegId>)>,
}

/// Something that was found, or why it was not.
type Found<T> = Outcome<Result<T, String>>;

/// Takes what was found out of two layers, or has the event wait with what was not.
macro_rules! found {
    ($consignment:expr, $found:expr) => {
        match $found? {
            Ok(found) => found,
            Err(reason) => return Ok(Verdict::Park($consignment, reason)),
        }
    };
}

/// What becomes of an event, as far as whoever posts it reaches.
///
/// # Errors
/// What the database says; `not_found` where what somebody says it is about is out of reach.
pub(super) fn judge(conn: &mut Conn, scope: &Scope, asked: &Asked<'_>) -> Outcome<Verdict> {
    let event = asked.event;
    if event.declared.is_some() {
        return restating::judge(conn, scope, asked);
    }
    if let Some(id) = uuid_of(&event.uri).map(EventId)
        && let Some(consignment) = recorded_here(conn, scope, id)?
    {
        return Ok(Verdict::Known(consignment, Some(id), "The ledger has this event already.".to_owned()));
    }
    if event.own.inferred {
        let words = "It was worked out there from another event, which says it here too.";
        return Ok(Verdict::Known(None, None, words.to_owned()));
    }
    let consignment = found!(None, consignment_of(conn, scope, asked));
    let step = found!(Some(consignment), Ok::<_, Problem>(step_of(event)));
    let details = found!(Some(consignment), details(conn, asked, consignment, step));
    let kind = match kind_of(step, &details) {
        Ok(kind) => kind,
        Err(problem) => return Ok(Verdict::Park(Some(consignment), words_of(&problem))),
    };
    if check_reached(conn, scope, &[&kind])?.into_iter().any(|one| one.is_err()) {
        let words = "Its sender does not reach everything that it is about.".to_owned();
        return Ok(Verdict::Park(Some(consignment), words));
    }
    let (kind, declaration) = match restating::replaced(conn, scope, asked)? {
        None => (kind, None),
        Some(Ok((base, declaration))) if step.is_corrected() => {
            (restating::corrected(base, details), Some(declaration))
        }
        Some(Ok((_, declaration))) => (kind, Some(declaration)),
        Some(Err(reason)) => return Ok(Verdict::Park(Some(consignment), reason)),
    };
    let precision = event.own.precision.unwrap_or(Precision::Minute);
    let command = Command::made_here(event.event_id(), event.at, precision, kind)?;
    Ok(Verdict::Post(Box::new(Posting { consignment, command, declaration })))
}

/// The kind of event with these members, by the reader and the limits of what anybody posts.
fn kind_of(step: Step, details: &Map<String, Value>) -> Outcome<Kind> {
    check_words(&Value::Object(details.clone()))?;
    Command::read_details(step.word(), details.clone())
}

/// The consignment of an event of ours, within reach, where it is on record under that very identifier.
fn recorded_here(conn: &mut Conn, scope: &Scope, id: EventId) -> Outcome<Option<Option<ConsignmentId>>> {
    events_within(events::table.into_boxed(), scope)
        .filter(events::id.eq(id))
        .select(events::consignment_id)
        .first(conn)
        .optional()
        .map_err(read_failure)
}

fn step_of(event: &Event) -> Result<Step, String> {
    if !TYPES_TAKEN.contains(&event.kind.as_str()) {
        return Err(format!("The ledger has no event that is a {}.", event.kind));
    }
    let step = if event.step.is_empty() { "no step" } else { &event.step };
    event.taken.ok_or_else(|| format!("It says {step}, which the ledger takes from no other system."))
}

/// Units of ours among those listed, each with its consignment.
type Units = Vec<(HandlingUnitId, Option<ConsignmentId>)>;

fn units_of(conn: &mut Conn, event: &Event) -> Outcome<Units> {
    if event.units.is_empty() {
        return Ok(Vec::new());
    }
    handling_units::table
        .filter(handling_units::sscc.eq_any(&event.units))
        // A receipt before may have opened it in the place of another of its consignment: it still says what it held.
        .filter(handling_units::unpacked_by.is_null().or(handling_units::consignment_id.is_not_null()))
        .select((handling_units::id, handling_units::consignment_id))
        .load(conn)
        .map_err(read_failure)
}

/// The one consignment that an event's papers and units name.
fn consignment_of(conn: &mut Conn, scope: &Scope, asked: &Asked<'_>) -> Found<ConsignmentId> {
    if let Some((id, _)) = asked.said {
        return within(conn, scope, &[id], &[])?.pop().map(Ok).ok_or_else(Problem::not_found);
    }
    let mut ids: Vec<ConsignmentId> = Vec::new();
    let mut codes = Vec::new();
    for paper in asked.event.papers() {
        match paper {
            Paper::Consignment(id) => ids.push(ConsignmentId(id)),
            Paper::Code(code) => codes.push(code),
            Paper::Foreign => {}
        }
    }
    ids.extend(units_of(conn, asked.event)?.into_iter().filter_map(|(_, consignment)| consignment));
    let mut named = within(conn, scope, &ids, &codes)?;
    if named.is_empty()
        && let Some(reference) = asked.event.reference()
        && let Some(id) = meant_by(conn, asked.sent, reference)?
    {
        named = within(conn, scope, &[id], &[])?;
    }
    Ok(match named.as_slice() {
        [only] => Ok(*only),
        [] => {
            Err("No consignment within reach of its sender has a code, or a unit, that it names.".to_owned())
        }
        [_, _, ..] => Err("It names more than one consignment.".to_owned()),
    })
}

fn within(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[ConsignmentId],
    codes: &[String],
) -> Outcome<Vec<ConsignmentId>> {
    consignments_within(consignments::table.into_boxed(), scope)
        .filter(consignments::id.eq_any(ids.to_vec()).or(consignments::tracking_code.eq_any(codes.to_vec())))
        .order(consignments::id)
        .select(consignments::id)
        .load(conn)
        .map_err(read_failure)
}

/// The members of the kind of event, as anybody would post them.
fn details(
    conn: &mut Conn,
    asked: &Asked<'_>,
    consignment: ConsignmentId,
    step: Step,
) -> Found<Map<String, Value>> {
    let places = places_of(conn, asked.event)?;
    let mut details = Map::new();
    details.insert("consignment".to_owned(), json!(consignment));
    let site = places.iter().next().copied().filter(|_| places.len() == 1);
    let is_at_site = match step {
        Step::Stored | Step::Delivered => true,
        Step::CustomsHeld | Step::CustomsReleased => asked.event.own.leg.is_none() && site.is_some(),
        Step::Departed | Step::Arrived | Step::Received => false,
    };
    if is_at_site {
        let Some(site) = site else { return Ok(Err("It does not say at which site of ours.".to_owned())) };
        details.insert("site".to_owned(), json!(site));
    } else {
        match leg_of(conn, asked, consignment, (step, &places))? {
            Ok(leg) => details.insert("leg".to_owned(), json!(leg)),
            Err(reason) => return Ok(Err(reason)),
        };
    }
    if step == Step::Received && asked.event.own.kind.is_some() {
        let Some(receipt) = &asked.event.own.receipt else {
            return Ok(Err("It does not say in what condition goods came, and what is missing.".to_owned()));
        };
        return Ok(counted(receipt, &mut details).map(|()| details));
    }
    if matches!(step, Step::Arrived | Step::Stored) {
        return Ok(Ok(details));
    }
    let lines = match lines_of(conn, asked.event, consignment)? {
        Ok(lines) => lines,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(put_lines(&mut details, step, lines).map(|()| details))
}

/// Puts goods where the kind has them. What leaves, or is held, without goods is all that is there.
fn put_lines(details: &mut Map<String, Value>, step: Step, lines: Vec<Line>) -> Result<(), String> {
    let is_count = matches!(step, Step::Received | Step::Delivered);
    if lines.is_empty() && is_count {
        return Err("It does not say how much of what.".to_owned());
    }
    let member = if step == Step::Received { "good" } else { "quantity" };
    let line = |line: Line| {
        let mut members = Map::new();
        members.insert("item".to_owned(), json!(line.item));
        members.insert(member.to_owned(), json!(line.quantity));
        for (name, value) in [("lot", line.lot), ("expires_on", line.expires_on)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), Value::String(value));
            }
        }
        Value::Object(members)
    };
    if !lines.is_empty() {
        details.insert("lines".to_owned(), lines.into_iter().map(line).collect());
    }
    Ok(())
}

/// A receipt as one of us counted it.
fn counted(receipt: &Map<String, Value>, details: &mut Map<String, Value>) -> Result<(), String> {
    const NAMES: [&str; 9] =
        ["item", "lot", "expires_on", "pack", "good", "damaged", "on_hold", "missing", "surplus"];
    let Some(lines) = receipt.get("lines").and_then(Value::as_array) else {
        return Err("Its receipt has no lines.".to_owned());
    };
    let line = |line: &Value| {
        let mut members: Map<String, Value> = Map::new();
        for name in NAMES {
            members.extend(line.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        let is_apart = |name: &&str| members.get(*name).and_then(Value::as_i64).is_some_and(|one| one != 0);
        if ["damaged", "on_hold", "missing", "surplus"].iter().any(is_apart) {
            members.insert("reason".to_owned(), COUNTED_THERE.into());
        }
        Value::Object(members)
    };
    details.insert("lines".to_owned(), lines.iter().map(line).collect());
    details.insert("final".to_owned(), json!(receipt.get("final").and_then(Value::as_bool) == Some(true)));
    Ok(())
}

/// The sites that an event happened at, as far as they are sites of ours.
fn places_of(conn: &mut Conn, event: &Event) -> Outcome<BTreeSet<SiteId>> {
    let mut found = BTreeSet::new();
    let (mut ids, mut codes) = (Vec::new(), Vec::new());
    for place in &event.places {
        match place {
            Place::Site(id) => ids.push(SiteId(*id)),
            Place::Code(code) => codes.push(code.clone()),
            Place::Foreign => {}
        }
    }
    if !ids.is_empty() {
        let known: Vec<SiteId> =
            sites::table.filter(sites::id.eq_any(ids)).select(sites::id).load(conn).map_err(read_failure)?;
        found.extend(known);
    }
    if !codes.is_empty() {
        let named: Vec<SiteId> = sites::table
            .filter(sites::code.eq_any(codes))
            .select(sites::id)
            .load(conn)
            .map_err(read_failure)?;
        found.extend(named);
    }
    Ok(found)
}

/// The one leg that an event is about: the one that is said, the only one, or the one that starts or ends where it happened.
fn leg_of(
    conn: &mut Conn,
    asked: &Asked<'_>,
    consignment: ConsignmentId,
    (step, places): (Step, &BTreeSet<SiteId>),
) -> Found<LegId> {
    let legs: Vec<(LegId, SiteId, SiteId)> = legs::table
        .filter(legs::consignment_id.eq(consignment))
        .filter(legs::superseded.eq(false))
        .order(legs::ordinal)
        .select((legs::id, legs::from_id, legs::to_id))
        .load(conn)
        .map_err(read_failure)?;
    let said = asked.said.and_then(|(_, leg)| leg);
    if let Some(said) = said {
        let is_known = legs.iter().any(|(leg, ..)| *leg == said);
        let detail = || Problem::field("/leg", format!("{said} is no leg of this consignment"));
        return is_known.then_some(Ok(said)).ok_or_else(detail);
    }
    let own = asked.event.own.leg.map(LegId);
    if let Some(own) = own.filter(|own| legs.iter().any(|(leg, ..)| leg == own)) {
        return Ok(Ok(own));
    }
    let end = |(_, from, to): &(LegId, SiteId, SiteId)| if step.is_at_start() { *from } else { *to };
    if let [only] = legs.as_slice() {
        if places.is_empty() || places.contains(&end(only)) {
            return Ok(Ok(only.0));
        }
        let words = "It happened at a site where this consignment's leg does not start or end.";
        return Ok(Err(words.to_owned()));
    }
    let fitting: Vec<LegId> =
        legs.iter().filter(|leg| places.contains(&end(leg))).map(|(leg, ..)| *leg).collect();
    Ok(match fitting.as_slice() {
        [only] => Ok(*only),
        [] | [_, _, ..] => {
            Err(format!("Its consignment goes over {} legs, and it does not say which.", legs.len()))
        }
    })
}

/// Goods as a line of an event names them.
struct Line {
    item: ItemId,
    quantity: i64,
    lot: Option<String>,
    expires_on: Option<String>,
}

/// The goods of an event: those it lists, or what the units hold that it lists.
fn lines_of(conn: &mut Conn, event: &Event, consignment: ConsignmentId) -> Found<Vec<Line>> {
    if !event.things.is_empty() {
        return Ok(Err("It lists single things, which the ledger does not tell apart.".to_owned()));
    }
    if event.goods.is_empty() {
        return held_by_units(conn, event, consignment);
    }
    let known = Known::load(conn, event)?;
    let lines: Result<Vec<Line>, String> = event.goods.iter().map(|good| known.line(good)).collect();
    Ok(lines.map(lots_first))
}

/// What units hold, by item and lot. A unit that is none of ours holds nobody knows what; what one holds that is not of the
/// consignment is not told to whoever names it.
fn held_by_units(conn: &mut Conn, event: &Event, consignment: ConsignmentId) -> Found<Vec<Line>> {
    let units = units_of(conn, event)?;
    let is_strange = |(_, with): &(HandlingUnitId, Option<ConsignmentId>)| *with != Some(consignment);
    if units.len() < event.units.len() || units.iter().any(is_strange) {
        let words =
            "It lists units that are none of ours, or not of this consignment, and not what they hold.";
        return Ok(Err(words.to_owned()));
    }
    let ids: Vec<HandlingUnitId> = units.into_iter().map(|(id, _)| id).collect();
    let rows: Vec<(ItemId, LotId, i64, Option<String>)> = unit_contents::table
        .left_join(lots::table.on(lots::id.eq(unit_contents::lot_id)))
        .filter(unit_contents::unit_id.eq_any(ids))
        .order(unit_contents::id)
        .select((
            unit_contents::item_id,
            unit_contents::lot_id,
            unit_contents::quantity,
            lots::number.nullable(),
        ))
        .load(conn)
        .map_err(read_failure)?;
    let mut held: BTreeMap<(ItemId, LotId), (i64, Option<String>)> = BTreeMap::new();
    for (item, lot, quantity, number) in rows {
        held.entry((item, lot)).or_insert((0, number)).0 += quantity;
    }
    let line = |((item, _), (quantity, lot))| Line { item, quantity, lot, expires_on: None };
    Ok(Ok(lots_first(held.into_iter().map(line).collect())))
}

/// Goods without a known lot are what is left once all others are picked, so they stand last.
fn lots_first(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.lot.is_none());
    lines
}

/// Items and lots that an event's goods may be.
struct Known {
    by_id: HashMap<ItemId, String>,
    by_code: HashMap<String, ItemId>,
    lots: HashMap<LotId, String>,
    /// Numbers that the sender gives for lots of its own.
    told: HashMap<String, (String, Option<String>)>,
}

impl Known {
    fn load(conn: &mut Conn, event: &Event) -> Outcome<Self> {
        let (mut ids, mut codes, mut lot_ids) = (Vec::new(), Vec::new(), Vec::new());
        for good in &event.goods {
            match &good.class {
                Class::Item(id, lot) => {
                    ids.push(ItemId(*id));
                    lot_ids.extend(lot.map(LotId));
                }
                Class::Code(all, _) => codes.extend(all.iter().cloned()),
                Class::Foreign => {}
            }
        }
        let rows: Vec<(ItemId, String, String)> = items::table
            .filter(items::id.eq_any(ids).or(items::code.eq_any(codes)))
            .select((items::id, items::code, items::base_unit))
            .load(conn)
            .map_err(read_failure)?;
        let lots: Vec<(LotId, String)> = lots::table
            .filter(lots::id.eq_any(lot_ids))
            .select((lots::id, lots::number))
            .load(conn)
            .map_err(read_failure)?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let told = |value: &Value| {
            Some((text(value, "epcClass")?, (text(value, "lot")?, text(value, "expires_on"))))
        };
        Ok(Self {
            by_code: rows.iter().map(|(id, code, _)| (code.clone(), *id)).collect(),
            by_id: rows.into_iter().map(|(id, _, unit)| (id, unit)).collect(),
            lots: lots.into_iter().collect(),
            told: event.own.lots.iter().filter_map(told).collect(),
        })
    }

    fn line(&self, good: &Good) -> Result<Line, String> {
        let uri = &good.uri;
        let (item, lot) = match &good.class {
            Class::Item(id, lot) => {
                (self.by_id.contains_key(&ItemId(*id)).then_some(ItemId(*id)), lot.map(LotId))
            }
            Class::Code(codes, _) => (codes.iter().find_map(|code| self.by_code.get(code)).copied(), None),
            Class::Foreign => (None, None),
        };
        let Some(item) = item else { return Err(format!("{uri} is no item of ours.")) };
        let (number, expires_on) = match (&good.class, lot) {
            (Class::Code(_, number), _) => (number.clone(), None),
            (_, Some(lot)) => match (self.lots.get(&lot), self.told.get(uri)) {
                (Some(number), _) => (Some(number.clone()), None),
                (None, Some((number, expires_on))) => (Some(number.clone()), expires_on.clone()),
                (None, None) => return Err(format!("{uri} is a lot that is not known here.")),
            },
            (_, None) => (None, None),
        };
        let unit = self.by_id.get(&item).map_or("", String::as_str);
        let is_counted_so = match (unit_code(unit), good.unit.as_deref()) {
            (Some(code), Some(said)) => code == said,
            (None, Some(said)) => PIECES.contains(&said),
            (Some(_), None) => false,
            (None, None) => true,
        };
        if !is_counted_so {
            let said = good.unit.as_deref().unwrap_or("pieces");
            return Err(format!("{uri} is counted in {unit} here, and in {said} there."));
        }
        let quantity = good.quantity.filter(|quantity| *quantity > 0);
        let quantity = quantity.ok_or_else(|| format!("{uri} has no whole quantity above zero."))?;
        Ok(Line { item, quantity, lot: number, expires_on })
    }
}
