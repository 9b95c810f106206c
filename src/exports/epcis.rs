//! EPCIS 2.0 in JSON-LD: an ObjectEvent for each event of the ledger, in the order they were recorded.
//!
//! Steps and dispositions are words of the Core Business Vocabulary where it has one, and URIs of our own where it has none, as
//! for losses. What is corrected or reversed is told again with an `errorDeclaration`, and a correction with the figures as
//! they should have been. Persons, and words somebody wrote, stay behind.

use super::chain::{Chains, Goods};
use super::sink::unwritten;
use super::source::Source;
use super::step::step_of;
use crate::captures::uris::{OWN, OWN_MEMBERS, unit_code};
use crate::captures::uris_of;
use crate::core::id::EventId;
use crate::core::problem::Outcome;
use crate::events::{EventFilter, EventView, events_whole};
use crate::reconciliation::EntryTold;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::Write;
use uuid::Uuid;

/// The standard's own context.
const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
/// Events read at once, with everything that restates them: each may have hundreds of entries.
const EVENTS_PER_PAGE: i64 = 100;

/// Writes the export; answers how many events it has.
pub(super) fn write(filter: &EventFilter, source: &mut Source<'_>, out: &mut dyn Write) -> Outcome<i64> {
    let stamp = source.export.stamp.clone();
    let head = json!({
        "@context": [CONTEXT, { "relief": OWN_MEMBERS }],
        "id": format!("urn:uuid:{}", stamp.id),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": stamp.begun_at,
        "relief:stamp": stamp.members(),
    });
    let head = head.to_string();
    // The list of events goes inside, one after the other.
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\"epcisBody\":{{\"eventList\":[").map_err(unwritten)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let question = &source.export.question;
        let (page, telling) = source.database.read(|conn| {
            let page = events_whole(conn, &question.scope, filter, (after, stamp.sequence), EVENTS_PER_PAGE)?;
            let chains = Chains::of(conn, source.export, &page)?;
            let uris = uris_of(conn, &chains.ids())?;
            Ok((page, Telling { chains, uris }))
        })?;
        let in_time = |event: &&EventView| stamp.as_of.is_none_or(|as_of| event.effective_at <= as_of);
        for event in page.iter().filter(in_time) {
            for told in telling.told(event) {
                let comma = if count == 0 { "\n" } else { ",\n" };
                write!(out, "{comma}{told}").map_err(unwritten)?;
                count += 1;
            }
        }
        (source.progress)(count)?;
        match page.last() {
            Some(last) => after = last.sequence,
            None => break,
        }
    }
    out.write_all(b"\n]}}\n").map_err(unwritten)?;
    Ok(count)
}

/// Events with what restated them, and with the identifiers that others gave them: who sent us an event knows it when it
/// comes back.
struct Telling {
    chains: Chains,
    uris: HashMap<EventId, String>,
}

impl Telling {
    /// What is told of an event: itself, and before it that what it restates was an error.
    fn told(&self, event: &EventView) -> Vec<Value> {
        let chains = &self.chains;
        let told_as = chains.told_as(event);
        let goods = chains.goods_after(event);
        let Some(before) = chains.stood_before(event) else {
            return vec![Value::Object(self.object_event(event, told_as, &goods))];
        };
        // What is reversed is nothing any more; where an earlier figure stands again, it is told again.
        let stands = !goods.is_empty();
        let mut error = self.object_event(before, told_as, &chains.goods_after(before));
        error.insert("errorDeclaration".to_owned(), self.declaration(event, stands));
        let mut told = vec![Value::Object(error)];
        if stands {
            told.push(Value::Object(self.object_event(event, told_as, &goods)));
        }
        told
    }

    fn declaration(&self, event: &EventView, stands: bool) -> Value {
        let corrective: Vec<String> = if stands { vec![self.uri(event.id)] } else { Vec::new() };
        json!({
            "declarationTime": event.recorded_at,
            "reason": if stands { "incorrect_data" } else { "did_not_occur" },
            "correctiveEventIDs": corrective,
        })
    }

    fn uri(&self, id: EventId) -> String {
        self.uris.get(&id).cloned().unwrap_or_else(|| format!("urn:uuid:{id}"))
    }

    /// An event as an ObjectEvent: `told_as` says what it is, itself when and which one.
    fn object_event(&self, event: &EventView, told_as: &EventView, goods: &Goods) -> Map<String, Value> {
        let cause = told_as.body.as_ref().and_then(|body| body["evidence"]["cause"].as_str());
        let step = step_of(&told_as.kind, cause);
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        put("type", json!("ObjectEvent"));
        put("eventID", json!(self.uri(event.id)));
        put("eventTime", json!(event.occurred_at));
        put("eventTimeZoneOffset", json!("+00:00"));
        put("recordTime", json!(event.recorded_at));
        put("action", json!(step.action));
        put("bizStep", json!(step.biz_step));
        if let Some(disposition) = step.disposition {
            put("disposition", json!(disposition));
        }
        if goods.is_empty() {
            put("epcList", json!([]));
        } else {
            put(
                "quantityList",
                goods.iter().map(|(key, (quantity, entry))| quantity_of(*key, *quantity, entry)).collect(),
            );
        }
        if let Some(site) = told_as.site.or(event.site) {
            let place = json!({ "id": format!("{OWN}site:{site}") });
            put("readPoint", place.clone());
            put("bizLocation", place);
        }
        let code = goods.values().find_map(|(_, entry)| entry.consignment.as_ref()?.name.clone());
        let mut papers: Vec<Value> = Vec::new();
        if let Some(consignment) = told_as.consignment {
            papers.push(json!({ "bizTransaction": format!("{OWN}consignment:{consignment}") }));
        }
        if let Some(code) = &code {
            papers.push(json!({ "bizTransaction": format!("{OWN}tracking-code:{code}") }));
        }
        if !papers.is_empty() {
            put("bizTransactionList", Value::Array(papers));
        }
        own_members(&mut put, event, told_as, (code, goods));
        members
    }
}

/// What GS1 has no word for, under names of our own.
fn own_members(
    put: &mut dyn FnMut(&str, Value),
    event: &EventView,
    told_as: &EventView,
    (code, goods): (Option<String>, &Goods),
) {
    put("relief:kind", json!(event.kind));
    put("relief:sequence", json!(event.sequence));
    put("relief:precision", json!(event.precision));
    put("relief:inferred", json!(event.inferred));
    for (name, id) in [
        ("relief:pledge", told_as.pledge.map(|id| id.0)),
        ("relief:consignment", told_as.consignment.map(|id| id.0)),
        ("relief:leg", told_as.leg.map(|id| id.0)),
    ] {
        if let Some(id) = id {
            put(name, json!(id));
        }
    }
    if let Some(code) = code {
        put("relief:trackingCode", json!(code));
    }
    let lots = lots_of(goods);
    if !lots.is_empty() {
        put("relief:lots", Value::Array(lots));
    }
    if let Some(receipt) = receipt_of(event, told_as) {
        put("relief:receipt", receipt);
    }
}

fn quantity_of((item, lot): (Uuid, Option<Uuid>), quantity: i64, entry: &EntryTold) -> Value {
    let class = class_of(item, lot);
    // Without a unit of measure EPCIS counts pieces, which all units of ours are that are none of these.
    match unit_code(&entry.unit) {
        Some(unit) => json!({ "epcClass": class, "quantity": quantity, "uom": unit }),
        None => json!({ "epcClass": class, "quantity": quantity }),
    }
}

fn class_of(item: Uuid, lot: Option<Uuid>) -> String {
    match lot {
        Some(lot) => format!("{OWN}item:{item}:lot:{lot}"),
        None => format!("{OWN}item:{item}"),
    }
}

/// What is printed on the lots of goods: another ledger has none of them yet.
fn lots_of(goods: &Goods) -> Vec<Value> {
    let told = |((item, lot), (_, entry)): (&(Uuid, Option<Uuid>), &(i64, EntryTold))| {
        let number = entry.lot.as_ref()?.name.clone()?;
        let class = class_of(*item, Some((*lot)?));
        Some(match &entry.expires_on {
            Some(expires_on) => json!({ "epcClass": class, "lot": number, "expires_on": expires_on }),
            None => json!({ "epcClass": class, "lot": number }),
        })
    };
    goods.iter().filter_map(told).collect()
}

/// A receipt as it was counted: in what condition goods came, what is missing, and whether that is all of it. Of a reversal
/// that has an earlier count stand again nothing is said.
fn receipt_of(event: &EventView, told_as: &EventView) -> Option<Value> {
    const FIGURES: [&str; 9] =
        ["item", "lot", "expires_on", "pack", "good", "damaged", "on_hold", "missing", "surplus"];
    if told_as.kind != "received" {
        return None;
    }
    let counted = match event.kind.as_str() {
        "received" => event.body.as_ref()?,
        "corrected" => event.body.as_ref()?.get("right")?,
        _ => return None,
    };
    let line = |line: &Value| {
        let known = |name: &&str| Some(((*name).to_owned(), line.get(*name)?.clone()));
        Value::Object(FIGURES.iter().filter_map(known).collect())
    };
    let lines: Vec<Value> = counted.get("lines")?.as_array()?.iter().map(line).collect();
    let is_final = counted.get("final").and_then(Value::as_bool).unwrap_or(false);
    Some(json!({ "final": is_final, "lines": lines }))
}
