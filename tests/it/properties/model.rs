//! The plain model: how many units of each item stand at rest, under way, missing, delivered and ended. It
//! reads what was accepted and does its own sums; it knows no cell, line, lot, time or condition.
//!
//! What an event posts may depend on what the model does not know: a count on what lay there at the time, a
//! correction on what has moved on. Then it takes the ledger's word for this one event, remembers what it
//! did so that its reversal can be checked, and says that it did.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use relief_ledger::core::id::{LegId, derived};
use relief_ledger::db::connect;
use relief_ledger::ledger::{Account, Condition};
use serde_json::Value;
use uuid::Uuid;

use super::sums::{Class, Sums, difference, subtract};
use super::world::{consignment, item, leg, line, pledge, site};

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = sql_types::BigInt)]
    sequence: i64,
    #[diesel(sql_type = sql_types::Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    #[diesel(sql_type = sql_types::Bool)]
    inferred: bool,
    #[diesel(sql_type = sql_types::Text)]
    body: String,
    #[diesel(sql_type = sql_types::Text)]
    result: String,
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

#[derive(Default)]
pub struct Model {
    seen: i64,
    sums: Sums,
    /// On each leg, of each item.
    on_leg: BTreeMap<(String, String), i64>,
    /// Implied by receipts and not confirmed, likewise.
    implied: BTreeMap<(String, String), i64>,
    closed: BTreeSet<String>,
    /// Of each pledge line.
    accepted: BTreeMap<String, i64>,
    /// Legs that end at a stop, besides those the world begins with.
    to_a_stop: BTreeSet<String>,
    /// Parts split from consignments whose consignor gave nothing of what is in them.
    parts: BTreeSet<String>,
    /// What each event did, with its corrections, and its kind.
    done: BTreeMap<String, (String, Sums)>,
    /// What each correction corrects.
    corrects: BTreeMap<String, String>,
    /// Something changed what is on legs in a way the model does not follow.
    legs_unknown: bool,
    /// A kind this model does not hear of, to show that it would be noticed.
    deaf_to: Option<&'static str>,
    /// Events the model foretold, and those for which it took the ledger's word, by kind.
    pub foretold: BTreeMap<String, (u32, u32)>,
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Items and quantities of a command's lines.
fn goods(body: &Value) -> Vec<(String, i64)> {
    let lines = body["lines"].as_array().into_iter().flatten();
    lines.map(|one| (text(&one["item"]), number(one, "quantity"))).collect()
}

impl Model {
    pub fn deaf_to(kind: &'static str) -> Self {
        Self { deaf_to: Some(kind), ..Self::default() }
    }

    /// Reads the events recorded since, does the sums, and compares.
    pub fn follow(&mut self, url: &str, context: &str) -> Result<(), TestCaseError> {
        let (seen, mut conn) = (self.seen, connect(url).expect("the database opens"));
        let sql = format!(
            "SELECT sequence, id, kind, inferred, body, result FROM events WHERE sequence > {seen} ORDER BY sequence"
        );
        let recorded: Vec<Recorded> = sql_query(sql).load(&mut conn).expect("events are readable");
        self.seen = recorded.last().map_or(self.seen, |event| event.sequence);
        if let [only] = recorded.as_slice() {
            self.check_held(&mut conn, seen, only, context)?;
        }
        let mut trusted: Option<(String, Sums)> = None;
        for event in recorded.iter().filter(|event| !event.inferred) {
            let before = self.sums.clone();
            let id = Uuid::from_slice(&event.id).expect("an id").to_string();
            let known = self.apply(event, &id);
            let (foretold, taken) = self.foretold.entry(event.kind.clone()).or_default();
            *(if known { foretold } else { taken }) += 1;
            if !known {
                trusted = Some((id.clone(), before.clone()));
            }
            let change = difference(&self.sums, &before);
            self.done.insert(id, (event.kind.clone(), change));
        }
        let actual = self.read_sums(&mut conn, context)?;
        self.sums.retain(|_, quantity| *quantity != 0);
        match trusted {
            None => prop_assert_eq!(&self.sums, &actual, "the model and the ledger differ: {}", context),
            Some((id, before)) => {
                self.sums = actual;
                self.learn(&id, (recorded.len() == 1).then(|| difference(&self.sums, &before)));
            }
        }
        Ok(())
    }

    /// What an event did is what the ledger says, where that can be told from what others did.
    fn learn(&mut self, id: &str, did: Option<Sums>) {
        let about = self.corrects.get(id).cloned();
        let Some(did) = did else {
            self.done.remove(id);
            about.and_then(|about| self.done.remove(&about));
            return;
        };
        if let Some((_, sums)) = about.and_then(|about| self.done.get_mut(&about)) {
            let back: Sums = did.iter().map(|(key, quantity)| (key.clone(), -quantity)).collect();
            subtract(sums, &back);
        }
        if let Some((_, sums)) = self.done.get_mut(id) {
            *sums = did;
        }
    }

    /// What is on hold changes by what is held and released, and by nothing that says something else.
    fn check_held(
        &self,
        conn: &mut relief_ledger::db::Conn,
        seen: i64,
        event: &Recorded,
        context: &str,
    ) -> Result<(), TestCaseError> {
        let body: Value = serde_json::from_str(&event.body).expect("a body");
        let sign = match event.kind.as_str() {
            "customs_held" | "held" => 1,
            "customs_released" | "released_from_hold" => -1,
            "split" | "diverted" | "distributed" => 0,
            _ => return Ok(()),
        };
        // A recall holds whatever there is of a lot.
        if body["lines"].is_null() && sign != 0 {
            return Ok(());
        }
        let sign = if self.deaf_to == Some(event.kind.as_str()) { 0 } else { sign };
        let sql = format!(
            "SELECT item_id AS item, account, CAST(SUM(quantity) AS BIGINT) AS quantity FROM postings \
             WHERE sequence > {seen} AND condition = {} GROUP BY item_id, account",
            Condition::OnHold.code()
        );
        let rows: Vec<Held> = sql_query(sql).load(conn).expect("postings are readable");
        let changed: i64 = rows.iter().map(|row| row.quantity).sum();
        let told: i64 = goods(&body).iter().map(|(_, quantity)| sign * quantity).sum();
        prop_assert_eq!(changed, told, "on hold after {}", context);
        Ok(())
    }

    /// What the ledger holds; everything of an item sums to zero.
    fn read_sums(&self, conn: &mut relief_ledger::db::Conn, context: &str) -> Result<Sums, TestCaseError> {
        let sql = format!(
            "SELECT item_id AS item, account, CAST(SUM(quantity) AS BIGINT) AS quantity FROM postings \
             WHERE sequence <= {} GROUP BY item_id, account",
            self.seen
        );
        let held: Vec<Held> = sql_query(sql).load(conn).expect("postings are readable");
        let mut actual = Sums::new();
        for row in held {
            let item = Uuid::from_slice(&row.item).expect("an id").to_string();
            let class = Class::of(Account::from_code(row.account).expect("an account"));
            *actual.entry((item, class)).or_insert(0) += row.quantity;
        }
        for what in [item(0), item(1)] {
            let of_item = actual.iter().filter(|((one, _), _)| *one == what.to_string());
            prop_assert_eq!(of_item.map(|(_, quantity)| quantity).sum::<i64>(), 0, "{}", context);
        }
        actual.retain(|_, quantity| *quantity != 0);
        Ok(actual)
    }

    fn shift(&mut self, item: &str, from: Class, to: Class, quantity: i64) {
        *self.sums.entry((item.to_owned(), from)).or_insert(0) -= quantity;
        *self.sums.entry((item.to_owned(), to)).or_insert(0) += quantity;
    }

    /// Does the sums of an event; false where the model cannot.
    fn apply(&mut self, event: &Recorded, id: &str) -> bool {
        let body: Value = serde_json::from_str(&event.body).expect("a body");
        if self.deaf_to == Some(event.kind.as_str()) {
            return true;
        }
        match event.kind.as_str() {
            "corrected" => return self.correct(&body, id, &event.result),
            "reversed" => return self.reverse(&body),
            "departed" | "received" if self.legs_unknown => return false,
            "departed" => self.depart(&body, &goods(&body)),
            "received" => self.receive(&body),
            "split" => self.split(&body, id),
            "diverted" => self.divert(&body, id),
            "counted" => return false,
            kind => return self.plain(kind, &body),
        }
        true
    }

    /// Kinds whose effect their own words say.
    fn plain(&mut self, kind: &str, body: &Value) -> bool {
        let goods = goods(body);
        match kind {
            "pledge_accepted" => self.accept(body),
            "pledge_withdrawn" => {
                for one in body["lines"].as_array().into_iter().flatten() {
                    let item = item_of(&text(&one["line"]));
                    self.shift(&item, Class::AtRest, Class::Ended, number(one, "quantity"));
                }
            }
            "collected" => {
                let from_nowhere = [pledge(2), pledge(3)].iter().any(|one| body["pledge"] == one.to_string());
                for (item, quantity) in goods.iter().filter(|_| from_nowhere) {
                    self.shift(item, Class::Source, Class::AtRest, *quantity);
                }
            }
            "delivered" => self.all(&goods, Class::AtRest, Class::Delivered),
            "distributed" => self.all(&goods, Class::Delivered, Class::Ended),
            "disposed" | "returned" => self.all(&goods, Class::AtRest, Class::Ended),
            "reported_missing" => return self.report_missing(body, &goods),
            "found" => {
                let Some(target) = self.found_at(body) else { return false };
                self.all(&goods, Class::Missing, target);
            }
            "lost" => self.all(&goods, Class::Missing, Class::Ended),
            "miscounted" => {
                // Where the donor is the consignor they were never given: the model knows no donors.
                if body["site"] != site(0).to_string() && !self.is_sent_by_others(&body["consignment"]) {
                    return false;
                }
                self.all(&goods, Class::Missing, Class::AtRest);
            }
            "allocated" | "released" | "packed" | "cancelled" | "customs_held" | "customs_released"
            | "moved" | "damaged" | "held" | "released_from_hold" | "relotted" => {}
            other => unreachable!("the model has not heard of {other}"),
        }
        true
    }

    /// The right figures instead of the wrong ones, as long as nothing has moved on.
    fn correct(&mut self, body: &Value, id: &str, result: &str) -> bool {
        let about = text(&body["event"]);
        self.corrects.insert(id.to_owned(), about.clone());
        let Some((kind, wrong)) = self.done.get(&about).cloned() else {
            self.legs_unknown = true;
            return false;
        };
        if matches!(kind.as_str(), "departed" | "received" | "reported_missing") {
            self.legs_unknown = true;
            return false;
        }
        let result: Value = serde_json::from_str(result).expect("a result");
        if kind == "counted" || result["moved_on"].as_i64().is_some_and(|units| units > 0) {
            return false;
        }
        let before = self.sums.clone();
        let known = self.plain(&kind, &body["right"]);
        let right = difference(&self.sums, &before);
        subtract(&mut self.sums, &wrong);
        self.done.insert(about, (kind, right));
        known
    }

    /// What was done is undone, with its corrections.
    fn reverse(&mut self, body: &Value) -> bool {
        let about = text(&body["event"]);
        let Some((kind, did)) = self.done.get(&about).cloned() else {
            self.legs_unknown = true;
            return false;
        };
        // With a correction goes what it changed of the event it corrects.
        let corrected = self.corrects.get(&about).and_then(|event| self.done.get_mut(event));
        let at_heart = match corrected {
            Some((of, sums)) => {
                subtract(sums, &did);
                of.clone()
            }
            None => kind.clone(),
        };
        if matches!(at_heart.as_str(), "departed" | "received" | "reported_missing" | "split" | "diverted") {
            self.legs_unknown = true;
        }
        // A receipt takes the departure it implied back with it.
        if matches!(kind.as_str(), "departed" | "received" | "reversed") {
            return false;
        }
        subtract(&mut self.sums, &did);
        true
    }

    fn report_missing(&mut self, body: &Value, goods: &[(String, i64)]) -> bool {
        let Some(leg) = body["leg"].as_str() else {
            self.all(goods, Class::AtRest, Class::Missing);
            return true;
        };
        for (item, quantity) in goods {
            *self.on_leg.entry((leg.to_owned(), item.clone())).or_insert(0) -= quantity;
        }
        self.all(goods, Class::UnderWay, Class::Missing);
        true
    }

    /// A part goes on under its own code; on a leg it gets its own copy of it.
    fn split(&mut self, body: &Value, id: &str) {
        if self.is_sent_by_others(&body["consignment"]) {
            self.parts.insert(text(&body["child"]["id"]));
        }
        let Some(old) = body["leg"].as_str() else { return };
        let new: LegId = derived(Uuid::parse_str(id).expect("an id"), "split leg", 0);
        if body["child"]["legs"].as_array().is_some_and(|legs| !legs.is_empty()) {
            self.to_a_stop.insert(new.to_string());
        }
        for (item, quantity) in goods(body) {
            self.change_leg(old, &new.to_string(), &item, quantity);
        }
    }

    /// Everything on a leg goes on by another one, which ends in the city.
    fn divert(&mut self, body: &Value, id: &str) {
        let new = body["legs"][0]["id"].as_str().map_or_else(
            || derived::<LegId>(Uuid::parse_str(id).expect("an id"), "diverted leg", 0).to_string(),
            str::to_owned,
        );
        let old = text(&body["leg"]);
        let moving: Vec<(String, i64)> = self
            .on_leg
            .iter()
            .filter(|((on, _), _)| *on == old)
            .map(|((_, item), quantity)| (item.clone(), *quantity))
            .collect();
        for (item, quantity) in moving {
            self.change_leg(&old, &new, &item, quantity);
        }
    }

    fn change_leg(&mut self, old: &str, new: &str, item: &str, quantity: i64) {
        *self.on_leg.entry((old.to_owned(), item.to_owned())).or_insert(0) -= quantity;
        *self.on_leg.entry((new.to_owned(), item.to_owned())).or_insert(0) += quantity;
        if self.implied.keys().any(|(on, _)| on == old) {
            // Who confirms what was implied is no longer a plain matter.
            self.legs_unknown = true;
        }
    }

    /// Whether no donor is the consignor of what is in it: all but the second consignment and its parts.
    fn is_sent_by_others(&self, one: &Value) -> bool {
        let first = [consignment(0), consignment(2), consignment(3)];
        first.iter().any(|known| *one == known.to_string()) || self.parts.contains(&text(one))
    }

    /// Where found goods are again; a site may also have found what went missing on the way to it, but no
    /// way leads to the first.
    fn found_at(&self, body: &Value) -> Option<Class> {
        if body["site"] == site(0).to_string() {
            return Some(Class::AtRest);
        }
        body["leg"].as_str().map(|leg| self.arrival(leg))
    }

    /// Only the first leg of the first consignment, and its parts', ends short of the city.
    fn arrival(&self, one: &str) -> Class {
        let short = one == leg(0, 0).to_string() || self.to_a_stop.contains(one);
        if short { Class::AtRest } else { Class::Delivered }
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
        let offered = [
            (0, line(0, 0), 100),
            (0, line(0, 1), 50),
            (1, line(1, 0), 100),
            (4, line(4, 0), 60),
            (4, line(4, 1), 40),
        ];
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
        let is_closed = self.closed.contains(&leg);
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
            self.shift(&item, Class::UnderWay, self.arrival(&leg), came);
            self.shift(&item, Class::Source, self.arrival(&leg), number(one, "surplus"));
        }
        if body["final"] == true {
            self.closed.insert(leg);
        }
    }
}

fn item_of(one: &str) -> String {
    let second = [line(0, 1), line(3, 0), line(4, 1)].iter().any(|id| id.to_string() == one);
    item(usize::from(second)).to_string()
}
