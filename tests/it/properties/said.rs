//! What the command of a step says: right or wrong, as the step has it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::step::Step;
use super::world::{
    WAYS, consignment, event, fixed, item, kit, leg, line, organization, pledge, programme, site,
};

/// Which lot goods are said to be of, if any.
const LOTS: [Option<&str>; 3] = [None, Some("L-1"), Some("L-2")];

/// Goods of a line are meant for the Gambia, or for any country, as its donor agrees.
pub fn earmark(pledge: Uuid, line: Uuid, quantity: i64, any: bool) -> Value {
    let donor = if pledge == super::world::pledge(1) { organization(1) } else { organization(0) };
    json!({"pledge": pledge, "line": line, "quantity": quantity, "reason": "so the donor says",
        "country": if any { Value::Null } else { json!("GM") },
        "consent": {"organization": donor, "given_on": "2020-03-01", "filed": "cabinet 4"}})
}

/// What a loss or a disposal rests on.
pub fn evidence() -> Value {
    json!({"cause": "transport", "report_number": "LR-7", "filed": "cabinet 3"})
}

/// The details of a step's command, and its kind.
pub fn details(step: &Step, earlier: Option<Value>) -> (&'static str, Value) {
    let (here, there) = (site(step.site), site((step.site + 1) % 2));
    let (item, quantity) = (item(step.item), step.quantity);
    let number = step.consignment;
    let (consignment, leg) = (consignment(number), leg(number, step.leg.min(WAYS[number].len() - 2)));
    let lot = LOTS[step.lot];
    let mut goods = json!({"item": item, "quantity": quantity});
    if let Some(lot) = lot {
        goods["lot"] = json!(lot);
    }
    let on_leg = json!({"consignment": consignment, "leg": leg, "lines": [goods], "reason": "so it was"});
    let at_site = json!({"site": here, "lines": [goods], "reason": "so it was"});
    let either = if step.flag { on_leg.clone() } else { at_site.clone() };
    let body = match step.kind {
        "pledge_accepted" if step.flag => json!({"pledge": pledge(number)}),
        "pledge_accepted" | "pledge_withdrawn" => {
            let only = line(number, if number == 0 { step.item } else { 0 });
            json!({"pledge": pledge(number), "lines": [{"line": only, "quantity": quantity}]})
        }
        "earmark_changed" => {
            let only = line(number, if number == 0 { step.item } else { 0 });
            earmark(pledge(number), only, quantity, step.flag)
        }
        "pledge_declined" => json!({"pledge": pledge(number), "reason": "so it was"}),
        "collected" => json!({"pledge": pledge(number), "site": here, "lines": [goods]}),
        "allocated" if step.flag => json!({"consignment": consignment, "lines": [goods]}),
        "allocated" | "released" => json!({"consignment": consignment, "site": here, "lines": [goods]}),
        "packed" => {
            json!({"consignment": consignment, "lines": [{"item": item, "quantity": quantity, "lot": "L-1"}]})
        }
        "split" => {
            json!({"consignment": consignment, "leg": leg, "lines": [goods], "child": {"id": fixed(11, step.back),
            "consignee": organization(2), "destination": site(2),
            "legs": if step.leg == 0 && number == 0 { json!([{"mode": "road", "from": site(1), "to": site(2)}]) } else { json!([]) }}})
        }
        "departed" | "customs_held" | "customs_released" => {
            json!({"consignment": consignment, "leg": leg, "lines": [goods]})
        }
        "arrived" => json!({"consignment": consignment, "leg": leg}),
        "stored" => json!({"site": here, "consignment": step.flag.then_some(consignment), "note": "bay 4"}),
        "received" => {
            let mut line = json!({"item": item, "good": quantity, "damaged": step.more / 2, "surplus": step.more / 3,
                "missing": if step.flag { step.more } else { 0 }, "reason": "so it was"});
            if let Some(lot) = lot {
                line["lot"] = json!(lot);
            }
            json!({"consignment": consignment, "leg": leg, "final": step.flag, "lines": [line]})
        }
        "diverted" => json!({"consignment": consignment, "leg": leg, "reason": "closed", "legs": [
            {"mode": "road", "from": site(WAYS[number][step.leg.min(WAYS[number].len() - 2)]), "to": site(2)}]}),
        "cancelled" => json!({"consignment": consignment, "reason": "no truck"}),
        "kit_packed" => json!({"site": here, "kit": kit(), "units": [{}]}),
        "kit_unpacked" => json!({"site": here, "units": [fixed(14, step.back)]}),
        "unit_moved" => json!({"site": here, "to_site": there, "units": [fixed(14, step.back)]}),
        "unit_reserved" | "unit_released" => {
            json!({"site": here, "consignment": consignment, "units": [fixed(14, step.back)]})
        }
        "moved" => {
            json!({"site": here, "to_site": there, "lines": [goods], "condition": if step.flag { "good" } else { "damaged" }})
        }
        "counted" => {
            json!({"site": here, "programme": programme(), "lines": [{"item": item, "counted": quantity}]})
        }
        "delivered" => json!({"site": here, "consignee": organization(2), "lines": [goods, goods]}),
        "distributed" => json!({"site": site(2), "lines": [goods]}),
        "damaged" | "held" | "released_from_hold" => either,
        "recalled" => {
            let body = json!({"item": item, "lot": "L-1", "reason": "recall"});
            return (if step.flag { "held" } else { "released_from_hold" }, body);
        }
        "relotted" => json!({"site": here, "lines": [goods], "to_lot": "L-2"}),
        "reported_missing" | "found" => on_leg,
        "miscounted" => either,
        "lost" => {
            let mut body = either;
            body["evidence"] = evidence();
            body
        }
        "disposed" => {
            json!({"site": here, "lines": [goods], "reason": "mould", "evidence": evidence()})
        }
        "returned" => {
            json!({"site": here, "lines": [goods], "condition": if step.flag { "good" } else { "on_hold" }})
        }
        "corrected" => {
            let mut right = earlier.clone().unwrap_or_default();
            let about = right["id"].clone();
            for figure in ["quantity", "good", "counted"] {
                if let Some(value) = right.pointer_mut(&format!("/lines/0/{figure}")) {
                    *value = json!(quantity);
                }
            }
            if let Some(members) = right.as_object_mut() {
                members.retain(|name, _| !["id", "kind", "occurred_at"].contains(&name.as_str()));
            }
            json!({"event": if about.is_null() { json!(event(999)) } else { about },
                "right": if right.is_object() { right } else { json!({}) }, "reason": "typing error"})
        }
        "reversed" => {
            let about = earlier.map_or(json!(event(999)), |body| body["id"].clone());
            json!({"event": about, "reason": "it never was"})
        }
        other => unreachable!("{other} is not a kind of step"),
    };
    (step.word(), body)
}
