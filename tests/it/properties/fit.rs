//! Commands that fit what stands in the ledger just now, so that each kind is accepted often enough to show
//! something. What is found here decides what is asked, never what is right.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::connect;
use relief_ledger::ledger::{Account, Condition};
use serde_json::{Value, json};
use uuid::Uuid;

use super::said::{earmark, evidence};
use super::step::Step;
use super::world::{consignment, fixed, item, line, organization, pledge, programme, site};

/// Goods that lie together.
#[derive(QueryableByName)]
struct Heap {
    #[diesel(sql_type = sql_types::Integer)]
    account: i32,
    #[diesel(sql_type = sql_types::Integer)]
    condition: i32,
    #[diesel(sql_type = sql_types::Binary)]
    item: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    lot: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    line: Vec<u8>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    consignment: Option<Vec<u8>>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    leg: Option<Vec<u8>>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    site: Option<Vec<u8>>,
    #[diesel(sql_type = sql_types::BigInt)]
    quantity: i64,
}

/// A leg that is still part of a way.
#[derive(QueryableByName)]
struct Way {
    #[diesel(sql_type = sql_types::Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    consignment: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    start: Vec<u8>,
}

fn uuid(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).expect("an id")
}

impl Heap {
    fn is(&self, account: Account) -> bool {
        self.account == account.code()
    }

    fn is_good(&self) -> bool {
        self.condition == Condition::Good.code()
    }

    fn is_held(&self) -> bool {
        self.condition == Condition::OnHold.code()
    }

    fn is_damaged(&self) -> bool {
        self.condition == Condition::Damaged.code()
    }

    /// Nobody has said of which lot it is.
    fn has_no_lot(&self) -> bool {
        self.lot == self.item
    }

    /// On a leg, or allocated at a stop.
    fn is_with_consignment(&self) -> bool {
        self.is(Account::InTransit)
            || (self.is(Account::Allocated) && self.site.is_some() && self.consignment.is_some())
    }

    fn is_in_hand(&self) -> bool {
        let is_reserved = self.is(Account::Allocated) && self.site.is_some();
        self.is(Account::InStorage)
            || self.is(Account::InTransit)
            || is_reserved
            || self.is(Account::Delivered)
    }

    fn site(&self) -> Value {
        self.site.as_deref().map_or(Value::Null, |id| json!(uuid(id)))
    }

    fn consignment(&self) -> Value {
        self.consignment.as_deref().map_or(Value::Null, |id| json!(uuid(id)))
    }

    /// Where it is, as commands say it.
    fn place(&self) -> Value {
        match (&self.consignment, &self.leg) {
            (Some(_), Some(leg)) => json!({"consignment": self.consignment(), "leg": uuid(leg)}),
            (Some(_), None) => json!({"consignment": self.consignment(), "site": self.site()}),
            (None, _) => json!({"site": self.site()}),
        }
    }

    /// Some of it, and the further members of a command.
    fn some(&self, step: &Step, mut body: Value) -> Value {
        body["lines"] =
            json!([{"item": uuid(&self.item), "quantity": step.quantity.clamp(1, self.quantity)}]);
        body
    }
}

/// What stands in the ledger, as far as commands can be made to fit it.
struct Standing {
    heaps: Vec<Heap>,
    ways: Vec<Way>,
}

impl Standing {
    fn read(url: &str) -> Self {
        let mut conn = connect(url).expect("the database opens");
        let heaps = "SELECT account, condition, item_id AS item, lot_id AS lot, pledge_line_id AS line, \
                     consignment_id AS consignment, leg_id AS leg, site_id AS site, quantity FROM balances \
                     WHERE quantity > 0 AND account > 1 ORDER BY cell";
        let ways = "SELECT id, consignment_id AS consignment, from_id AS start FROM legs \
                    WHERE NOT superseded ORDER BY id";
        Self {
            heaps: sql_query(heaps).load(&mut conn).expect("balances are readable"),
            ways: sql_query(ways).load(&mut conn).expect("legs are readable"),
        }
    }

    /// One of the heaps that fit.
    fn choose(&self, step: &Step, fits: impl Fn(&Heap) -> bool) -> Option<&Heap> {
        let found: Vec<&Heap> = self.heaps.iter().filter(|heap| fits(heap)).collect();
        found.get(step.choice % found.len().max(1)).copied()
    }
}

/// The details of a step's command so that they fit; none where nothing does, or any would.
pub fn details(url: &str, step: &Step, index: usize, posted: &[Value]) -> Option<Value> {
    let standing = Standing::read(url);
    let some = |fits: fn(&Heap) -> bool, body: fn(&Heap) -> Value| {
        standing.choose(step, fits).map(|heap| heap.some(step, body(heap)))
    };
    let because = |mut body: Value| {
        body["reason"] = json!("so it was");
        body
    };
    match step.kind {
        "pledge_accepted" => Some(accepted(step)),
        // Of this one nothing is ever accepted.
        "pledge_declined" => Some(json!({"pledge": pledge(5), "reason": "so it was"})),
        "pledge_withdrawn" => {
            let heap = standing.choose(step, |heap| heap.is(Account::Unallocated))?;
            let lines =
                json!([{"line": uuid(&heap.line), "quantity": step.quantity.clamp(1, heap.quantity)}]);
            Some(json!({"pledge": pledge_of(heap)?, "lines": lines}))
        }
        "earmark_changed" => {
            let is_free = |heap: &Heap| heap.is(Account::Unallocated) || heap.is(Account::InStorage);
            let heap = standing.choose(step, |heap| is_free(heap) && has_donor(heap))?;
            let line = uuid(&heap.line);
            Some(earmark(
                pledge_of(heap)?,
                line,
                step.quantity.clamp(1, heap.quantity),
                line == super::world::line(1, 0),
            ))
        }
        "collected" => {
            let heap = standing.choose(step, |heap| heap.is(Account::Unallocated))?;
            Some(heap.some(step, json!({"pledge": pledge_of(heap)?, "site": site(step.site % 2)})))
        }
        "allocated" => {
            let heap = standing.choose(step, |heap| heap.is(Account::InStorage) && heap.is_good())?;
            Some(
                heap.some(
                    step,
                    json!({"site": heap.site(), "consignment": consignment(step.consignment % 3)}),
                ),
            )
        }
        "released" => {
            let is_reserved = |heap: &Heap| heap.is(Account::Allocated) && heap.consignment.is_some();
            some(is_reserved, |heap| json!({"consignment": heap.consignment()}))
        }
        "packed" => {
            let heap = standing.choose(step, |heap| {
                heap.is(Account::Allocated) && heap.has_no_lot() && heap.consignment.is_some()
            })?;
            let mut body = heap.some(step, json!({"consignment": heap.consignment()}));
            body["lines"][0]["lot"] = json!("L-1");
            Some(body)
        }
        "split" => split(&standing, step, index),
        "departed" => departed(&standing, step),
        "received" => received(&standing, step),
        "customs_held" => some(|heap| heap.is_with_consignment() && heap.is_good(), Heap::place),
        "customs_released" => some(|heap| heap.is_with_consignment() && heap.is_held(), Heap::place),
        "diverted" => diverted(&standing, step, index),
        "kit_packed" => {
            let heap = standing.choose(step, |heap| {
                heap.is(Account::InStorage) && heap.is_good() && heap.item == *item(1).as_bytes()
            })?;
            Some(json!({"site": heap.site(), "kit": super::world::kit(), "units": [{}]}))
        }
        "kit_unpacked" => {
            let unit = packed_unit(url, step, |_| true)?;
            Some(match unit.consignment() {
                Value::Null => json!({"site": uuid(&unit.site), "units": [uuid(&unit.id)]}),
                consignment => json!({"consignment": consignment, "units": [uuid(&unit.id)]}),
            })
        }
        "unit_moved" | "unit_reserved" => {
            let unit = packed_unit(url, step, |unit| unit.consignment.is_none())?;
            let mut body = json!({"site": uuid(&unit.site), "units": [uuid(&unit.id)]});
            if step.kind == "unit_moved" {
                body["to_site"] = json!(if uuid(&unit.site) == site(0) { site(1) } else { site(0) });
            } else {
                body["consignment"] = json!(consignment(step.consignment % 3));
            }
            Some(body)
        }
        "unit_released" => {
            let unit = packed_unit(url, step, |unit| unit.consignment.is_some())?;
            Some(
                json!({"site": uuid(&unit.site), "consignment": unit.consignment(), "units": [uuid(&unit.id)]}),
            )
        }
        "moved" => {
            let heap = standing.choose(step, |heap| heap.is(Account::InStorage) && !heap.is_held())?;
            let to = if heap.site() == json!(site(0)) { site(1) } else { site(0) };
            let condition = if heap.is_good() { "good" } else { "damaged" };
            Some(heap.some(step, json!({"site": heap.site(), "to_site": to, "condition": condition})))
        }
        "delivered" => {
            let heap = standing.choose(step, |heap| heap.is(Account::InStorage) && heap.is_good())?;
            Some(heap.some(step, json!({"site": heap.site(), "consignee": organization(2)})))
        }
        "distributed" => {
            some(|heap| heap.is(Account::Delivered) && heap.is_good(), |heap| json!({"site": heap.site()}))
        }
        "damaged" => some(|heap| heap.is_in_hand() && !heap.is_damaged(), Heap::place).map(because),
        "held" => some(|heap| heap.is_in_hand() && heap.is_good(), Heap::place).map(because),
        "released_from_hold" => some(|heap| heap.is_in_hand() && heap.is_held(), Heap::place).map(because),
        "relotted" => some(
            |heap| heap.is(Account::InStorage) && heap.has_no_lot(),
            |heap| json!({"site": heap.site(), "to_lot": "L-2"}),
        ),
        "reported_missing" => {
            some(|heap| heap.is(Account::InStorage) || heap.is_with_consignment(), Heap::place).map(because)
        }
        "found" | "miscounted" => some(|heap| heap.is(Account::Missing), Heap::place).map(because),
        "lost" => {
            let mut body = some(|heap| heap.is(Account::Missing), Heap::place).map(because)?;
            body["evidence"] = evidence();
            Some(body)
        }
        "disposed" => {
            let damaged = |heap: &Heap| heap.is(Account::InStorage) && heap.is_damaged();
            some(damaged, |heap| json!({"site": heap.site(), "evidence": evidence()})).map(because)
        }
        "returned" => {
            some(|heap| heap.is(Account::InStorage) && heap.is_good(), |heap| json!({"site": heap.site()}))
                .map(because)
        }
        "corrected" => corrected(step, posted),
        "counted" => Some(counted(&standing, step)),
        "reversed" => reversed(step, posted),
        _ => None,
    }
}

/// A unit that is packed still.
#[derive(QueryableByName)]
struct Unit {
    #[diesel(sql_type = sql_types::Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    site: Vec<u8>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    consignment: Option<Vec<u8>>,
}

impl Unit {
    fn consignment(&self) -> Value {
        self.consignment.as_deref().map_or(Value::Null, |id| json!(uuid(id)))
    }
}

/// One of the packed units that fit.
fn packed_unit(url: &str, step: &Step, fits: impl Fn(&Unit) -> bool) -> Option<Unit> {
    let sql = "SELECT id, site_id AS site, consignment_id AS consignment FROM handling_units \
               WHERE unpacked_by IS NULL ORDER BY id";
    let mut units: Vec<Unit> =
        sql_query(sql).load(&mut connect(url).expect("the database opens")).expect("units are readable");
    units.retain(fits);
    let place = step.choice % units.len().max(1);
    (!units.is_empty()).then(|| units.swap_remove(place))
}

/// A part of what is offered or unsolicited and not accepted yet.
fn accepted(step: &Step) -> Value {
    let (of, number) = [(2, 0), (4, 0), (4, 1)][step.choice % 3];
    json!({"pledge": pledge(of), "lines": [{"line": line(of, number), "quantity": step.quantity.clamp(1, 9)}]})
}

/// Whether somebody is known who can consent.
fn has_donor(heap: &Heap) -> bool {
    pledge_of(heap).is_some_and(|of| [pledge(0), pledge(1), pledge(4)].contains(&of))
}

fn pledge_of(heap: &Heap) -> Option<Uuid> {
    let lines = (0..5).flat_map(|of| (0..2).map(move |number| (of, line(of, number))));
    lines.into_iter().find(|(_, id)| *id == uuid(&heap.line)).map(|(of, _)| pledge(of))
}

/// A part of what is under way, or of what lies at a stop, goes to the city by its own way.
fn split(standing: &Standing, step: &Step, index: usize) -> Option<Value> {
    let heap = standing.choose(step, |heap| {
        heap.is_with_consignment() && (heap.is(Account::InTransit) || heap.site() != json!(site(2)))
    })?;
    let legs = if heap.site() == json!(site(2)) {
        json!([])
    } else {
        json!([{"mode": "road", "from": heap.site(), "to": site(2)}])
    };
    let mut body = heap.place();
    body["child"] =
        json!({"id": fixed(11, index), "consignee": organization(2), "destination": site(2), "legs": legs});
    Some(heap.some(step, body))
}

fn departed(standing: &Standing, step: &Step) -> Option<Value> {
    let leg_of = |heap: &Heap| {
        standing.ways.iter().find(|way| {
            Some(&way.start) == heap.site.as_ref() && Some(&way.consignment) == heap.consignment.as_ref()
        })
    };
    let heap = standing
        .choose(step, |heap| heap.is(Account::Allocated) && heap.is_good() && leg_of(heap).is_some())?;
    Some(heap.some(step, json!({"consignment": heap.consignment(), "leg": uuid(&leg_of(heap)?.id)})))
}

/// Some of what is on a leg, or all of it with something missing and the receipt closed.
fn received(standing: &Standing, step: &Step) -> Option<Value> {
    let heap = standing.choose(step, |heap| heap.is(Account::InTransit))?;
    let mut body = heap.place();
    body["final"] = json!(step.flag);
    let surplus = if step.site == 1 { 1 + step.quantity % 7 } else { 0 };
    if !step.flag {
        body["lines"] = json!([{"item": uuid(&heap.item), "good": step.quantity.clamp(1, heap.quantity),
            "surplus": surplus, "reason": "so it was"}]);
        return Some(body);
    }
    let mut lines: Vec<(Uuid, i64)> = Vec::new();
    for other in standing.heaps.iter().filter(|other| other.is(Account::InTransit) && other.leg == heap.leg) {
        match lines.iter_mut().find(|(item, _)| *item == uuid(&other.item)) {
            Some((_, sum)) => *sum += other.quantity,
            None => lines.push((uuid(&other.item), other.quantity)),
        }
    }
    body["lines"] = lines
        .into_iter()
        .map(|(item, there)| {
            let missing = (1 + step.more).min(there);
            json!({"item": item, "good": there - missing, "missing": missing, "reason": "so it was"})
        })
        .collect();
    body["lines"][0]["surplus"] = json!(surplus);
    Some(body)
}

fn diverted(standing: &Standing, step: &Step, index: usize) -> Option<Value> {
    let heap = standing.choose(step, |heap| heap.is(Account::InTransit))?;
    let way = standing.ways.iter().find(|way| Some(&way.id) == heap.leg.as_ref())?;
    let mut body = heap.place();
    body["reason"] = json!("closed");
    body["legs"] = json!([{"id": fixed(12, index), "mode": "road", "from": uuid(&way.start), "to": site(2)}]);
    Some(body)
}

/// A bit more than is recorded now, a bit less, or just that; now and then in the city, where nobody stores.
fn counted(standing: &Standing, step: &Step) -> Value {
    let (mut place, mut what, mut there) = (json!(site(2)), json!(item(step.item)), 0);
    if step.choice % 5 != 4
        && let Some(heap) = standing.choose(step, |heap| heap.is(Account::InStorage) && heap.is_good())
    {
        (place, what) = (heap.site(), json!(uuid(&heap.item)));
        let same = |other: &&Heap| {
            other.is(Account::InStorage)
                && other.is_good()
                && other.site == heap.site
                && other.item == heap.item
        };
        there = standing.heaps.iter().filter(same).map(|other| other.quantity).sum();
    }
    let about = step.quantity.clamp(1, 9);
    let counted = match step.back % 3 {
        0 => there + about,
        1 => (there - about).max(0),
        _ => there,
    };
    json!({"site": place, "programme": programme(), "lines": [{"item": what, "counted": counted}]})
}

fn has_surplus(body: &Value) -> bool {
    let lines = body["lines"].as_array().into_iter().flatten();
    lines.into_iter().any(|line| line["surplus"].as_i64().is_some_and(|units| units > 0))
}

/// Whether corrections and reversals aim at this one: by turns at what found too much, at counts, at any.
fn is_aimed_at(step: &Step, body: &Value) -> bool {
    match step.choice % 3 {
        0 => has_surplus(body),
        1 => body["kind"] == "counted",
        _ => true,
    }
}

/// One of those aimed at, a correction, or one of the latest.
fn reversed(step: &Step, posted: &[Value]) -> Option<Value> {
    let last = || posted.get(posted.len().checked_sub(step.back % 3 + 1)?);
    let fits = |body: &&Value| {
        if step.leg == 1 { body["kind"] == "corrected" } else { is_aimed_at(step, body) }
    };
    let about = match posted.iter().rev().filter(fits).nth(step.back % 2) {
        Some(body) if step.choice % 3 != 2 => body,
        _ => last()?,
    };
    Some(json!({"event": about["id"], "reason": "it never was"}))
}

/// One of the latest events with another figure in its first line, mostly a smaller one.
fn corrected(step: &Step, posted: &[Value]) -> Option<Value> {
    const FIGURES: [&str; 4] = ["quantity", "good", "missing", "counted"];
    const NOT_CORRECTED: [&str; 14] = [
        "pledge_withdrawn",
        "earmark_changed",
        "packed",
        "split",
        "customs_held",
        "customs_released",
        "held",
        "released_from_hold",
        "relotted",
        "found",
        "lost",
        "miscounted",
        "corrected",
        "reversed",
    ];
    let figure = |body: &Value, name: &str| body["lines"][0][name].as_i64().filter(|old| *old > 0);
    let has_figure = |body: &&Value| {
        !NOT_CORRECTED.iter().any(|kind| body["kind"] == *kind)
            && FIGURES.iter().any(|name| figure(body, name).is_some())
    };
    let mut candidates: Vec<&Value> = posted.iter().rev().filter(has_figure).collect();
    if candidates.iter().any(|body| is_aimed_at(step, body)) {
        candidates.retain(|body| is_aimed_at(step, body));
    }
    let about = candidates.get(step.back % 4).or(candidates.first())?;
    let mut right = (*about).clone();
    let line = &mut right["lines"][0];
    let name = FIGURES.iter().find(|name| figure(about, name).is_some())?;
    let old = figure(about, name)?;
    if about["kind"] == "received" && (step.leg == 1 || step.site == 1) {
        let surplus = line["surplus"].as_i64().unwrap_or(0);
        line["surplus"] = json!(if step.flag { surplus + 3 } else { (surplus - step.quantity).max(0) });
        line["reason"] = json!("so it was");
    } else if about["final"] == true {
        // A final receipt accounts for everything: what did not come is missing, what came is not.
        let missing = line["missing"].as_i64().unwrap_or(0);
        let good = line["good"].as_i64().unwrap_or(0);
        let less = if step.flag { -missing.min(step.quantity) } else { good.min(step.quantity) };
        line["good"] = json!(good - less);
        line["missing"] = json!(missing + less);
    } else {
        line[*name] = json!(if step.flag { old + 1 } else { (old - step.quantity).max(1) });
    }
    let members = right.as_object_mut()?;
    for common in ["id", "kind", "occurred_at"] {
        members.remove(common);
    }
    Some(json!({"event": about["id"], "right": right, "reason": "typing error"}))
}
