//! The plain model: how many units of each item stand at rest, under way, missing, delivered and ended. It
//! reads what was accepted and does its own sums; it knows no cell, line, lot, time or condition.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use relief_ledger::db::connect;
use relief_ledger::ledger::Account;
use serde_json::Value;

use super::world::{item, leg, line, pledge};

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = sql_types::BigInt)]
    sequence: i64,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    #[diesel(sql_type = sql_types::Bool)]
    inferred: bool,
    #[diesel(sql_type = sql_types::Text)]
    body: String,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = sql_types::Binary)]
    item: Vec<u8>,
    #[diesel(sql_type = sql_types::Integer)]
    account: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    quantity: i64,
}

/// Where goods stand, as coarse as can be said without choosing lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Source,
    AtRest,
    UnderWay,
    Missing,
    Delivered,
    Ended,
}

impl Class {
    fn of(account: Account) -> Self {
        match account {
            Account::Promised | Account::Surplus => Self::Source,
            Account::Unallocated | Account::InStorage | Account::Allocated => Self::AtRest,
            Account::InTransit => Self::UnderWay,
            Account::Missing => Self::Missing,
            Account::Delivered => Self::Delivered,
            Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => Self::Ended,
        }
    }
}

#[derive(Default)]
pub struct Model {
    seen: i64,
    sums: BTreeMap<(String, Class), i64>,
    /// On each leg, of each item.
    on_leg: BTreeMap<(String, String), i64>,
    /// Implied by receipts and not confirmed, likewise.
    implied: BTreeMap<(String, String), i64>,
    closed: BTreeMap<String, bool>,
    /// Of each pledge line.
    accepted: BTreeMap<String, i64>,
    /// After a correction, a reversal and the like the model only checks that nothing comes from nowhere.
    lost_track: bool,
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Model {
    /// Reads the events recorded since, does the sums, and compares.
    pub fn follow(&mut self, url: &str, context: &str) -> Result<(), TestCaseError> {
        let mut conn = connect(url).expect("the database opens");
        let sql = format!(
            "SELECT sequence, kind, inferred, body FROM events WHERE sequence > {} ORDER BY sequence",
            self.seen
        );
        let recorded: Vec<Recorded> = sql_query(sql).load(&mut conn).expect("events are readable");
        let upto = recorded.last().map_or(self.seen, |event| event.sequence);
        for event in recorded.iter().filter(|event| !event.inferred) {
            let body: Value = serde_json::from_str(&event.body).expect("a body");
            self.apply(&event.kind, &body);
        }
        self.seen = upto;
        let sql = format!(
            "SELECT item_id AS item, account, CAST(SUM(quantity) AS BIGINT) AS quantity FROM postings \
             WHERE sequence <= {upto} GROUP BY item_id, account"
        );
        let held: Vec<Held> = sql_query(sql).load(&mut conn).expect("postings are readable");
        let mut actual: BTreeMap<(String, Class), i64> = BTreeMap::new();
        for row in held {
            let item = uuid::Uuid::from_slice(&row.item).expect("an id").to_string();
            let class = Class::of(Account::from_code(row.account).expect("an account"));
            *actual.entry((item, class)).or_insert(0) += row.quantity;
        }
        for what in [item(0), item(1)] {
            let of_item = actual.iter().filter(|((one, _), _)| *one == what.to_string());
            prop_assert_eq!(of_item.map(|(_, quantity)| quantity).sum::<i64>(), 0, "{}", context);
        }
        actual.retain(|_, quantity| *quantity != 0);
        self.sums.retain(|_, quantity| *quantity != 0);
        if self.lost_track {
            self.sums = actual;
        } else {
            prop_assert_eq!(&self.sums, &actual, "the model and the ledger differ: {}", context);
        }
        Ok(())
    }

    fn shift(&mut self, item: &str, from: Class, to: Class, quantity: i64) {
        *self.sums.entry((item.to_owned(), from)).or_insert(0) -= quantity;
        *self.sums.entry((item.to_owned(), to)).or_insert(0) += quantity;
    }

    fn apply(&mut self, kind: &str, body: &Value) {
        let goods: Vec<(String, i64)> = body["lines"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (text(&one["item"]), number(one, "quantity")))
            .collect();
        match kind {
            "pledge_accepted" => self.accept(body),
            "pledge_withdrawn" => {
                for one in body["lines"].as_array().into_iter().flatten() {
                    self.shift(
                        &item_of(&text(&one["line"])),
                        Class::AtRest,
                        Class::Ended,
                        number(one, "quantity"),
                    );
                }
            }
            "collected" => {
                let from_nowhere = [pledge(2), pledge(3)].iter().any(|one| body["pledge"] == one.to_string());
                for (item, quantity) in goods.iter().filter(|_| from_nowhere) {
                    self.shift(item, Class::Source, Class::AtRest, *quantity);
                }
            }
            "departed" => self.depart(body, &goods),
            "received" => self.receive(body),
            "delivered" => self.all(&goods, Class::AtRest, Class::Delivered),
            "distributed" => self.all(&goods, Class::Delivered, Class::Ended),
            "disposed" | "returned" => self.all(&goods, Class::AtRest, Class::Ended),
            "reported_missing" => {
                let leg = text(&body["leg"]);
                for (item, quantity) in &goods {
                    *self.on_leg.entry((leg.clone(), item.clone())).or_insert(0) -= quantity;
                }
                self.all(&goods, Class::UnderWay, Class::Missing);
            }
            "found" => self.all(&goods, Class::Missing, arrival(&text(&body["leg"]))),
            "lost" => self.all(&goods, Class::Missing, Class::Ended),
            "allocated" | "released" | "packed" | "cancelled" | "customs_held" | "customs_released"
            | "moved" | "damaged" | "held" | "released_from_hold" | "relotted" => {}
            // What these post depends on what stood at some time, or on which leg is meant by now.
            _ => self.lost_track = true,
        }
    }

    fn all(&mut self, goods: &[(String, i64)], from: Class, to: Class) {
        for (item, quantity) in goods {
            self.shift(item, from, to, *quantity);
        }
    }

    fn accept(&mut self, body: &Value) {
        if body["pledge"] == pledge(2).to_string() {
            // Unsolicited goods are in storage already.
            return;
        }
        let offered = [(0, line(0, 0), 100), (0, line(0, 1), 50), (1, line(1, 0), 100)];
        let rest = offered.iter().filter(|(of, _, _)| body["pledge"] == pledge(*of).to_string());
        let parts: Vec<(String, i64)> = match body["lines"].as_array() {
            Some(lines) => lines.iter().map(|one| (text(&one["line"]), number(one, "quantity"))).collect(),
            None => rest
                .map(|(_, line, offered)| {
                    let before = self.accepted.get(&line.to_string()).copied().unwrap_or(0);
                    (line.to_string(), offered - before)
                })
                .collect(),
        };
        for (line, quantity) in parts {
            self.shift(&item_of(&line), Class::Source, Class::AtRest, quantity);
            *self.accepted.entry(line).or_insert(0) += quantity;
        }
    }

    fn depart(&mut self, body: &Value, goods: &[(String, i64)]) {
        let leg = text(&body["leg"]);
        let implied: Vec<(String, i64)> = self
            .implied
            .iter()
            .filter(|((on, _), _)| *on == leg)
            .map(|((_, item), quantity)| (item.clone(), *quantity))
            .collect();
        self.implied.retain(|(on, _), _| *on != leg);
        let is_closed = self.closed.contains_key(&leg);
        let confirms = !implied.is_empty();
        for (item, quantity) in goods {
            let known = implied.iter().find(|(one, _)| one == item).map_or(0, |(_, known)| *known);
            let more = quantity - known;
            if more < 0 {
                self.shift(item, Class::Source, Class::AtRest, -more);
            } else if confirms && is_closed {
                self.shift(item, Class::AtRest, Class::Missing, more);
            } else {
                self.shift(item, Class::AtRest, Class::UnderWay, more);
                *self.on_leg.entry((leg.clone(), item.clone())).or_insert(0) += more;
            }
        }
        for (item, quantity) in implied.iter().filter(|(one, _)| !goods.iter().any(|(item, _)| item == one)) {
            self.shift(item, Class::Source, Class::AtRest, *quantity);
        }
    }

    fn receive(&mut self, body: &Value) {
        let leg = text(&body["leg"]);
        for one in body["lines"].as_array().into_iter().flatten() {
            let item = text(&one["item"]);
            let came = number(one, "good") + number(one, "damaged");
            let counted = came + number(one, "missing");
            let there = self.on_leg.entry((leg.clone(), item.clone())).or_insert(0);
            let short = (counted - *there).max(0);
            *there = (*there - counted).max(0);
            if short > 0 {
                *self.implied.entry((leg.clone(), item.clone())).or_insert(0) += short;
            }
            self.shift(&item, Class::AtRest, Class::UnderWay, short);
            self.shift(&item, Class::UnderWay, Class::Missing, number(one, "missing"));
            self.shift(&item, Class::UnderWay, arrival(&leg), came);
            self.shift(&item, Class::Source, arrival(&leg), number(one, "surplus"));
        }
        if body["final"] == true {
            self.closed.insert(leg, true);
        }
    }
}

/// Only the first leg of the first consignment ends short of the city.
fn arrival(one: &str) -> Class {
    if one == leg(0, 0).to_string() { Class::AtRest } else { Class::Delivered }
}

fn item_of(one: &str) -> String {
    let second = [line(0, 1), line(3, 0)].iter().any(|id| id.to_string() == one);
    item(usize::from(second)).to_string()
}
