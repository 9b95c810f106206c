//! Commands that fit what stands in the ledger just now, so that each kind is accepted often enough to show
//! something. What is found here decides what is asked, never what is right.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::connect;
use relief_ledger::ledger::{Account, Condition};
use serde_json::{Value, json};
use uuid::Uuid;

use super::step::Step;
use super::world::{consignment, evidence, fixed, line, organization, pledge, site};

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
        self.is(Account::InTransit) || (self.is(Account::Allocated) && self.site.is_some())
    }

    fn is_in_hand(&self) -> bool {
        self.is(Account::InStorage) || self.is_with_consignment() || self.is(Account::Delivered)
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
        "pledge_withdrawn" => {
            let heap = standing.choose(step, |heap| heap.is(Account::Unallocated))?;
            let lines =
                json!([{"line": uuid(&heap.line), "quantity": step.quantity.clamp(1, heap.quantity)}]);
            Some(json!({"pledge": pledge_of(heap)?, "lines": lines}))
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
            some(|heap| heap.is(Account::Allocated), |heap| json!({"consignment": heap.consignment()}))
        }
        "packed" => {
            let heap = standing.choose(step, |heap| heap.is(Account::Allocated) && heap.has_no_lot())?;
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
        "reversed" => {
            let about = posted.get(posted.len().checked_sub(step.back % 3 + 1)?)?;
            Some(json!({"event": about["id"], "reason": "it never was"}))
        }
        _ => None,
    }
}

/// A part of what is offered or unsolicited and not accepted yet.
fn accepted(step: &Step) -> Value {
    let (of, number) = [(2, 0), (4, 0), (4, 1)][step.choice % 3];
    json!({"pledge": pledge(of), "lines": [{"line": line(of, number), "quantity": step.quantity.clamp(1, 9)}]})
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
    if !step.flag {
        body["lines"] = json!([{"item": uuid(&heap.item), "good": step.quantity.clamp(1, heap.quantity)}]);
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

/// One of the latest events with another figure in its first line, mostly a smaller one.
fn corrected(step: &Step, posted: &[Value]) -> Option<Value> {
    const FIGURES: [&str; 4] = ["quantity", "good", "missing", "counted"];
    let has_figure = |body: &&Value| {
        let correctable = !matches!(
            body["kind"].as_str(),
            Some(
                "pledge_withdrawn"
                    | "packed"
                    | "split"
                    | "customs_held"
                    | "customs_released"
                    | "held"
                    | "released_from_hold"
                    | "relotted"
                    | "found"
                    | "lost"
                    | "miscounted"
            )
        );
        correctable && FIGURES.iter().any(|name| body["lines"][0][name].as_i64().is_some_and(|old| old > 0))
    };
    let about = posted.iter().rev().filter(has_figure).nth(step.back % 4)?;
    let mut right = about.clone();
    let name = FIGURES.iter().find(|name| about["lines"][0][**name].as_i64().is_some_and(|old| old > 0))?;
    let old = about["lines"][0][name].as_i64()?;
    right["lines"][0][name] = json!(if step.flag { old + 1 } else { (old - step.quantity).max(1) });
    let members = right.as_object_mut()?;
    for common in ["id", "kind", "occurred_at"] {
        members.remove(common);
    }
    Some(json!({"event": about["id"], "right": right, "reason": "typing error"}))
}
