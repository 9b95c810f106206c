//! One invented consignment: its way over a hub to a city, and the one thing that goes wrong with it.

use super::script::{Journey, Script};
use crate::consignments::rules::Mode;
use crate::core::id::{ConsignmentId, ItemId, LegId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Precision, Timestamp};
use serde_json::{Value, json};

/// Base units that go wrong where something does: ten boxes.
const TROUBLE: i64 = 500;
/// Days a vessel takes to a hub.
const SEA_DAYS: i64 = 31;
/// Days a flight takes to a hub, with handling.
const AIR_DAYS: i64 = 3;
/// Days from a hub to a city.
const ONWARD_DAYS: i64 = 6;

/// What happens to a consignment besides arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Smooth,
    /// It is received in two parts.
    InParts,
    /// Some arrives damaged.
    Damaged,
    /// Some is short and decided as lost.
    Lost,
    /// Some is short and turns up.
    Found,
    /// Some is held for inspection and released.
    Held,
    /// The receipt is wrong and corrected.
    Corrected,
    /// Some is short and nobody has decided.
    Undecided,
    /// Some is damaged at the hub and disposed of there.
    Disposed,
    /// The hub's receipt is told before the departure.
    ReceivedFirst,
    /// It leaves the hub and does not arrive.
    Late,
    /// It has not left the first leg, and the hub's departure waits for it.
    Waiting,
}

impl Turn {
    /// The turns of consignments that arrive, in the order they come round.
    pub const ARRIVING: [Turn; 10] = [
        Turn::Smooth,
        Turn::InParts,
        Turn::Damaged,
        Turn::Lost,
        Turn::Found,
        Turn::Held,
        Turn::Corrected,
        Turn::Undecided,
        Turn::Disposed,
        Turn::ReceivedFirst,
    ];

    /// Base units that leave and never count as delivered.
    pub fn falls_by_the_way(self) -> i64 {
        match self {
            Turn::Lost | Turn::Undecided | Turn::Disposed => TROUBLE,
            Turn::Smooth
            | Turn::InParts
            | Turn::Damaged
            | Turn::Found
            | Turn::Held
            | Turn::Corrected
            | Turn::ReceivedFirst
            | Turn::Late
            | Turn::Waiting => 0,
        }
    }
}

/// One consignment.
pub struct Shipment {
    /// Its reference.
    pub reference: String,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Who sends and who carries.
    pub consignor: OrganizationId,
    /// The carrier.
    pub carrier: OrganizationId,
    /// Who receives.
    pub consignee: OrganizationId,
    /// Warehouse, hub and end.
    pub stops: [SiteId; 3],
    /// How it goes to the hub and on.
    pub modes: [Mode; 2],
    /// What it holds.
    pub item: ItemId,
    /// Base units that arrive.
    pub arriving: i64,
    /// What happens to it.
    pub turn: Turn,
    /// When it sets out.
    pub departs_at: Timestamp,
    /// How much is handed out afterwards, in hundredths.
    pub handed_out_percent: i64,
}

/// A moment so many days later.
pub fn days_after(at: Timestamp, days: i64) -> Timestamp {
    Timestamp(at.0 + days * 86_400 * MICROSECONDS)
}

impl Shipment {
    /// Base units that leave the warehouse.
    pub fn dispatched(&self) -> i64 {
        self.arriving + self.turn.falls_by_the_way()
    }

    /// Tells it from the warehouse to the people.
    ///
    /// # Errors
    /// Where a command cannot be written.
    pub fn tell(&self, script: &mut Script) -> Outcome<()> {
        let hub_days = if self.modes[0] == Mode::Sea { SEA_DAYS } else { AIR_DAYS };
        let at_hub = days_after(self.departs_at, hub_days);
        let leaves_hub = days_after(at_hub, 2);
        let arrives = days_after(leaves_hub, ONWARD_DAYS);
        let (consignment, legs) = script.consignment(&Journey {
            reference: &self.reference,
            programme: self.programme,
            consignor: self.consignor,
            consignee: self.consignee,
            carrier: Some(self.carrier),
            stops: &self.stops,
            modes: &self.modes,
            planned_arrival: Some(arrives),
        });
        let told = Telling { shipment: self, script, consignment, legs };
        told.tell(at_hub, leaves_hub, arrives)
    }

    fn goods(&self, quantity: i64) -> Value {
        json!([{"item": self.item, "quantity": quantity}])
    }
}

struct Telling<'a> {
    shipment: &'a Shipment,
    script: &'a mut Script,
    consignment: ConsignmentId,
    legs: Vec<LegId>,
}

impl Telling<'_> {
    fn tell(mut self, at_hub: Timestamp, leaves_hub: Timestamp, arrives: Timestamp) -> Outcome<()> {
        let shipment = self.shipment;
        let (turn, departs) = (shipment.turn, shipment.departs_at);
        let reserved = shipment.goods(shipment.dispatched());
        let details = json!({"consignment": self.consignment, "site": shipment.stops[0], "lines": reserved});
        self.say("allocated", days_after(departs, -1), "allocated", details)?;
        let departed = json!({"consignment": self.consignment, "leg": self.legs[0]});
        if turn == Turn::ReceivedFirst {
            // The hub's phone had a link, the port's had not.
            self.say_late("departed", days_after(at_hub, 1), departs, "departed", departed)?;
        } else {
            self.say("departed", departs, "departed", departed)?;
        }
        let onward = json!({"consignment": self.consignment, "leg": self.legs[1]});
        if turn == Turn::Waiting {
            return self.say("departed hub", leaves_hub, "departed", onward);
        }
        self.at_hub(at_hub)?;
        self.say("departed hub", leaves_hub, "departed", onward.clone())?;
        if turn == Turn::Late {
            return Ok(());
        }
        self.say("arrived", arrives, "arrived", onward)?;
        self.at_end(arrives)?;
        self.hand_out(days_after(arrives, 9))
    }

    fn at_hub(&mut self, at: Timestamp) -> Outcome<()> {
        let shipment = self.shipment;
        let damaged = if shipment.turn == Turn::Disposed { TROUBLE } else { 0 };
        let good = shipment.dispatched() - damaged;
        let mut line = json!({"item": shipment.item, "good": good, "damaged": damaged});
        if damaged > 0 {
            line["reason"] = "wet cartons".into();
        }
        let details =
            json!({"consignment": self.consignment, "leg": self.legs[0], "final": true, "lines": [line]});
        self.say("received hub", at, "received", details)?;
        if damaged > 0 {
            let details = json!({
                "site": shipment.stops[1], "consignment": self.consignment, "lines": shipment.goods(damaged),
                "reason": "unfit for use",
                "evidence": {"report_number": format!("DR-{}", shipment.reference), "cause": "transport",
                             "filed": "synthetic file"},
            });
            self.say("disposed", days_after(at, 1), "disposed", details)?;
        }
        Ok(())
    }

    fn at_end(&mut self, at: Timestamp) -> Outcome<()> {
        let shipment = self.shipment;
        let all = shipment.arriving;
        match shipment.turn {
            Turn::Smooth | Turn::Disposed | Turn::ReceivedFirst => {
                self.receive("received", at, true, all, &[])
            }
            Turn::InParts => {
                let first = all / 3 / 50 * 50;
                self.receive("received part", at, false, first, &[])?;
                self.receive("received", days_after(at, 2), true, all - first, &[])
            }
            Turn::Damaged => self.receive("received", at, true, all - TROUBLE, &[("damaged", TROUBLE)]),
            Turn::Undecided => self.receive("received", at, true, all, &[("missing", TROUBLE)]),
            Turn::Lost => {
                self.receive("received", at, true, all, &[("missing", TROUBLE)])?;
                let details = self.decision("stolen from the truck", TROUBLE);
                self.say("lost", days_after(at, 14), "lost", details)
            }
            Turn::Found => {
                self.receive("received", at, true, all - TROUBLE, &[("missing", TROUBLE)])?;
                let details = self.decision("left behind on the vehicle", TROUBLE);
                self.say("found", days_after(at, 4), "found", details)
            }
            Turn::Held => {
                self.receive("received", at, true, all - TROUBLE, &[("on_hold", TROUBLE)])?;
                let details = json!({
                    "site": shipment.stops[2], "consignment": self.consignment,
                    "lines": shipment.goods(TROUBLE), "reason": "inspection passed",
                });
                self.say("released", days_after(at, 3), "released_from_hold", details)
            }
            Turn::Corrected => {
                self.receive("received", at, true, all - TROUBLE, &[("missing", TROUBLE)])?;
                let right = self.receipt(true, all, &[]);
                let event = self.script.event_id(&format!("{} received", shipment.reference));
                let details =
                    json!({"event": event, "right": right, "reason": "a pallet was counted twice over"});
                self.say("corrected", days_after(at, 1), "corrected", details)
            }
            Turn::Late | Turn::Waiting => Ok(()),
        }
    }

    /// Hands out what is usable, in two markets or districts.
    fn hand_out(&mut self, at: Timestamp) -> Outcome<()> {
        let shipment = self.shipment;
        let damaged = if shipment.turn == Turn::Damaged { TROUBLE } else { 0 };
        let total = (shipment.arriving - damaged) * shipment.handed_out_percent / 100 / 50 * 50;
        let first = total / 2 / 50 * 50;
        for (key, days, quantity, note) in [
            ("handed out 1", 0, first, "health posts of the district"),
            ("handed out 2", 12, total - first, "market stalls and bus stations"),
        ] {
            if quantity > 0 {
                let details = json!({
                    "site": shipment.stops[2], "consignment": self.consignment,
                    "lines": shipment.goods(quantity), "note": note,
                });
                self.say(key, days_after(at, days), "distributed", details)?;
            }
        }
        Ok(())
    }

    fn receipt(&self, is_final: bool, good: i64, others: &[(&str, i64)]) -> Value {
        let mut line = json!({"item": self.shipment.item, "good": good});
        for (name, quantity) in others {
            line[*name] = (*quantity).into();
            line["reason"] = "counted at the gate".into();
        }
        json!({"consignment": self.consignment, "leg": self.legs[1], "final": is_final, "lines": [line]})
    }

    fn receive(
        &mut self,
        key: &str,
        at: Timestamp,
        is_final: bool,
        good: i64,
        others: &[(&str, i64)],
    ) -> Outcome<()> {
        let details = self.receipt(is_final, good, others);
        self.say(key, at, "received", details)
    }

    fn decision(&self, reason: &str, quantity: i64) -> Value {
        json!({
            "consignment": self.consignment, "leg": self.legs[1], "lines": self.shipment.goods(quantity),
            "reason": reason,
            "evidence": {"report_number": format!("LR-{}", self.shipment.reference), "cause": "theft",
                         "filed": "synthetic file"},
        })
    }

    fn say(&mut self, key: &str, at: Timestamp, kind: &str, details: Value) -> Outcome<()> {
        self.say_late(key, at, at, kind, details)
    }

    fn say_late(
        &mut self,
        key: &str,
        told_at: Timestamp,
        at: Timestamp,
        kind: &str,
        details: Value,
    ) -> Outcome<()> {
        let key = format!("{} {key}", self.shipment.reference);
        self.script.event_told(&key, told_at, (at, Precision::Minute), kind, details)
    }
}
