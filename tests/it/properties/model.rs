//! The plain model: how many units of each item stand at rest, under way, missing, delivered and ended. It
//! reads what was accepted and does its own sums; it knows no cell, line, lot, time or condition.
//!
//! What an event posts may depend on what the model does not know: a correction on what has moved on, a
//! departure on what receipts implied and corrections changed. Then it takes the ledger's word for this one
//! event, remembers what it did so that its reversal can be checked, and says that it did. What lay at a site
//! at the time of a count it adds up from the postings recorded until then.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use relief_ledger::core::id::{LegId, derived};
use relief_ledger::db::{Conn, connect};
use relief_ledger::ledger::{Account, Condition};
use serde_json::Value;
use uuid::Uuid;

use super::sums::{Class, State, Sums, difference};
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
    #[diesel(sql_type = sql_types::BigInt)]
    occurred_at: i64,
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

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = sql_types::Binary)]
    item: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    site: Vec<u8>,
    #[diesel(sql_type = sql_types::BigInt)]
    quantity: i64,
}

/// What an event did, with its corrections.
#[derive(Clone)]
struct Done {
    kind: String,
    occurred_at: i64,
    /// As it came.
    body: Value,
    /// Whether it or a correction of it found too much.
    is_surplus: bool,
    /// Its own, and its corrections'.
    sequences: Vec<i64>,
    change: State,
    /// False where it could not be told from what others did.
    is_known: bool,
}

impl Done {
    /// The leg whose goods the model would have to follow.
    fn leg(&self) -> Option<String> {
        let moves =
            matches!(self.kind.as_str(), "departed" | "received" | "reported_missing" | "split" | "diverted");
        self.body["leg"].as_str().filter(|_| moves).map(str::to_owned)
    }
}

#[derive(Default)]
pub struct Model {
    seen: i64,
    state: State,
    /// Implied by receipts and not confirmed, likewise.
    implied: BTreeMap<(String, String), i64>,
    /// Legs on which anything was ever implied.
    inferred: BTreeSet<String>,
    closed: BTreeSet<String>,
    /// Legs that end at a stop, besides those the world begins with.
    to_a_stop: BTreeSet<String>,
    /// Parts split from consignments whose consignor gave nothing of what is in them.
    parts: BTreeSet<String>,
    done: BTreeMap<String, Done>,
    /// What each correction corrects.
    corrects: BTreeMap<String, String>,
    /// Legs on which something changed in a way the model does not follow.
    unknown: BTreeSet<String>,
    /// A kind this model does not hear of, to show that it would be noticed.
    deaf_to: Option<&'static str>,
    /// Events the model foretold, and those for which it took the ledger's word, by kind.
    pub foretold: BTreeMap<String, (u32, u32)>,
}

/// Whether a receipt, or the right figures of one, say that too much came.
fn has_surplus(body: &Value) -> bool {
    body["lines"].as_array().into_iter().flatten().any(|one| number(one, "surplus") > 0)
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
            "SELECT sequence, id, kind, inferred, occurred_at, body, result FROM events WHERE sequence > {seen} ORDER BY sequence"
        );
        let recorded: Vec<Recorded> = sql_query(sql).load(&mut conn).expect("events are readable");
        self.seen = recorded.last().map_or(self.seen, |event| event.sequence);
        if let [only] = recorded.as_slice() {
            self.check_held(&mut conn, seen, only, context)?;
        }
        let mut trusted: Option<(String, Sums)> = None;
        for event in recorded.iter().filter(|event| !event.inferred) {
            let before = self.state.clone();
            let id = Uuid::from_slice(&event.id).expect("an id").to_string();
            let body: Value = serde_json::from_str(&event.body).expect("a body");
            let known = self.apply(&mut conn, event, &id, &body);
            self.tally(&id, &event.kind, &body, known);
            if !known {
                trusted = Some((id.clone(), before.sums.clone()));
            }
            let done = Done {
                kind: event.kind.clone(),
                occurred_at: event.occurred_at,
                is_surplus: has_surplus(&body),
                body,
                sequences: vec![event.sequence],
                change: self.state.since(&before),
                is_known: known,
            };
            self.done.insert(id, done);
        }
        let actual = self.read_sums(&mut conn, context)?;
        self.state.sums.retain(|_, quantity| *quantity != 0);
        match trusted {
            None => {
                prop_assert_eq!(&self.state.sums, &actual, "the model and the ledger differ: {}", context)
            }
            Some((id, before)) => {
                self.state.sums = actual;
                self.learn(&id, (recorded.len() == 1).then(|| difference(&self.state.sums, &before)));
            }
        }
        Ok(())
    }

    /// Counts an event by its kind, and those about surplus and counts once more by what they are about.
    fn tally(&mut self, id: &str, kind: &str, body: &Value, known: bool) {
        let about = self.corrects.get(id).and_then(|about| self.done.get(about));
        let mut names = vec![kind.to_owned()];
        if kind == "received" && has_surplus(body) {
            names.push("received with surplus".to_owned());
        }
        if let Some(about) = about {
            names.push(format!("corrected {}", about.kind));
            if about.is_surplus || has_surplus(&body["right"]) {
                names.push("corrected surplus".to_owned());
            }
        } else if let ("reversed", Some(about)) = (kind, self.done.get(&text(&body["event"]))) {
            names.push(format!("reversed {}", about.kind));
        }
        for name in names {
            let (foretold, taken) = self.foretold.entry(name).or_default();
            *(if known { foretold } else { taken }) += 1;
        }
    }

    /// What an event did is what the ledger says, where that can be told from what others did.
    fn learn(&mut self, id: &str, did: Option<Sums>) {
        let about = self.corrects.get(id).cloned();
        if let Some(did) = &did
            && let Some(corrected) = about.as_ref().and_then(|about| self.done.get_mut(about))
        {
            let back = did.iter().map(|(key, quantity)| (key.clone(), -quantity)).collect();
            corrected.change.take_back(&State { sums: back, ..State::default() });
        }
        for event in about.iter().map(String::as_str).chain([id]) {
            let Some(done) = self.done.get_mut(event) else { continue };
            done.is_known = did.is_some() && (done.is_known || event == id);
        }
        if let (Some(done), Some(sums)) = (self.done.get_mut(id), did) {
            done.change = State { sums, ..State::default() };
        }
    }

    /// What is on hold changes by what is held and released, and by nothing that says something else.
    fn check_held(
        &self,
        conn: &mut Conn,
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
    fn read_sums(&self, conn: &mut Conn, context: &str) -> Result<Sums, TestCaseError> {
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
        *self.state.sums.entry((item.to_owned(), from)).or_insert(0) -= quantity;
        *self.state.sums.entry((item.to_owned(), to)).or_insert(0) += quantity;
    }

    /// Does the sums of an event; false where the model cannot.
    fn apply(&mut self, conn: &mut Conn, event: &Recorded, id: &str, body: &Value) -> bool {
        if self.deaf_to == Some(event.kind.as_str()) {
            return true;
        }
        match event.kind.as_str() {
            "corrected" => self.correct(conn, event, id, body),
            "reversed" => self.reverse(body),
            "split" => {
                self.split(body, id);
                true
            }
            "diverted" => {
                self.divert(body, id);
                true
            }
            kind => self.figures(conn, kind, body, (event.occurred_at, event.sequence), &[]),
        }
    }

    /// Kinds whose figures can be corrected: as they would be at a time, before a sequence and without others.
    fn figures(
        &mut self,
        conn: &mut Conn,
        kind: &str,
        body: &Value,
        (at, before): (i64, i64),
        without: &[i64],
    ) -> bool {
        let leg = text(&body["leg"]);
        match kind {
            "departed" | "received" if self.unknown.contains(&leg) => return false,
            "departed" => self.depart(body, &goods(body)),
            "received" => self.receive(body),
            "counted" => {
                let there = stored(conn, &body["site"], at, before, without);
                for one in body["lines"].as_array().into_iter().flatten() {
                    let item = text(&one["item"]);
                    let over = number(one, "counted") - there.get(&item).copied().unwrap_or(0);
                    self.shift(&item, Class::Source, Class::AtRest, over.max(0));
                    self.shift(&item, Class::AtRest, Class::Missing, (-over).max(0));
                }
            }
            kind => return self.plain(kind, body),
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
    fn correct(&mut self, conn: &mut Conn, event: &Recorded, id: &str, body: &Value) -> bool {
        let (about, right) = (text(&body["event"]), &body["right"]);
        self.corrects.insert(id.to_owned(), about.clone());
        let Some(mut old) = self.done.get(&about).cloned() else { return false };
        let result: Value = serde_json::from_str(&event.result).expect("a result");
        let has_moved_on = result["moved_on"].as_i64().is_some_and(|units| units > 0);
        let leg = old.leg();
        // Whether a leg's goods were implied, and by whom, is no longer a plain matter.
        let is_plain = leg.as_ref().is_none_or(|leg| {
            !self.unknown.contains(leg) && !self.inferred.contains(leg) && right["leg"] == leg.as_str()
        });
        let before = self.state.clone();
        self.state.take_back(&old.change);
        let start = self.state.clone();
        let counts = (old.occurred_at, event.sequence);
        let mut known = old.is_known
            && is_plain
            && !has_moved_on
            && self.figures(conn, &old.kind, right, counts, &old.sequences);
        known &= leg.as_ref().is_none_or(|leg| !self.inferred.contains(leg));
        if known {
            old.change = self.state.since(&start);
        } else {
            self.state = before;
            self.unknown.extend(leg);
        }
        old.is_surplus |= has_surplus(right);
        old.sequences.push(event.sequence);
        self.done.insert(about, old);
        known
    }

    /// What was done is undone, with its corrections.
    fn reverse(&mut self, body: &Value) -> bool {
        let about = text(&body["event"]);
        let Some(did) = self.done.get(&about).cloned() else { return false };
        // With a correction goes what it changed of the event it corrects.
        let corrected = self.corrects.get(&about).and_then(|event| self.done.get_mut(event));
        let at_heart = match corrected {
            Some(of) => {
                of.change.take_back(&did.change);
                of.sequences.retain(|one| !did.sequences.contains(one));
                of.clone()
            }
            None => did.clone(),
        };
        if let Some(leg) = at_heart.leg() {
            // A receipt takes the departure it implied back with it.
            if self.unknown.contains(&leg) || self.inferred.contains(&leg) || !at_heart.is_known {
                self.unknown.insert(leg);
                return false;
            }
            if did.body["final"] == true {
                self.closed.remove(&leg);
            }
        }
        if !did.is_known || !at_heart.is_known {
            return false;
        }
        self.state.take_back(&did.change);
        true
    }

    fn report_missing(&mut self, body: &Value, goods: &[(String, i64)]) -> bool {
        let Some(leg) = body["leg"].as_str() else {
            self.all(goods, Class::AtRest, Class::Missing);
            return true;
        };
        for (item, quantity) in goods {
            *self.state.on_leg.entry((leg.to_owned(), item.clone())).or_insert(0) -= quantity;
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
            .state
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
        *self.state.on_leg.entry((old.to_owned(), item.to_owned())).or_insert(0) -= quantity;
        *self.state.on_leg.entry((new.to_owned(), item.to_owned())).or_insert(0) += quantity;
        if self.unknown.contains(old) || self.implied.keys().any(|(on, _)| on == old) {
            // Who confirms what was implied is no longer a plain matter.
            self.unknown.extend([old.to_owned(), new.to_owned()]);
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
                    let before = self.state.accepted.get(&line.to_string()).copied().unwrap_or(0);
                    (line.to_string(), offered - before)
                })
                .collect(),
        };
        for (line, quantity) in parts {
            self.shift(&item_of(&line), Class::Source, Class::AtRest, quantity);
            *self.state.accepted.entry(line).or_insert(0) += quantity;
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
                *self.state.on_leg.entry((leg.clone(), item.clone())).or_insert(0) += more;
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
            let there = self.state.on_leg.entry((leg.clone(), item.clone())).or_insert(0);
            let short = (counted - *there).max(0);
            *there = (*there - counted).max(0);
            if short > 0 {
                *self.implied.entry((leg.clone(), item.clone())).or_insert(0) += short;
                self.inferred.insert(leg.clone());
            }
            self.shift(&item, Class::AtRest, Class::UnderWay, short);
            self.shift(&item, Class::UnderWay, Class::Missing, number(one, "missing"));
            self.shift(&item, Class::UnderWay, self.arrival(&leg), came);
            if self.deaf_to != Some("surplus") {
                self.shift(&item, Class::Source, self.arrival(&leg), number(one, "surplus"));
            }
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

/// What lay in good condition in a site's storage at a time, of each item: as recorded before a sequence, and
/// without some.
fn stored(conn: &mut Conn, site: &Value, at: i64, before: i64, without: &[i64]) -> BTreeMap<String, i64> {
    let without: Vec<String> = without.iter().chain([&0]).map(i64::to_string).collect();
    let sql = format!(
        "SELECT item_id AS item, site_id AS site, CAST(SUM(quantity) AS BIGINT) AS quantity FROM postings \
         WHERE account = {} AND condition = {} AND effective_at <= {at} AND sequence < {before} \
         AND sequence NOT IN ({}) GROUP BY item_id, site_id",
        Account::InStorage.code(),
        Condition::Good.code(),
        without.join(", ")
    );
    let text = |id: &[u8]| Uuid::from_slice(id).expect("an id").to_string();
    let rows: Vec<Stored> = sql_query(sql).load(conn).expect("postings are readable");
    let here = rows.iter().filter(|row| *site == text(&row.site));
    here.map(|row| (text(&row.item), row.quantity)).collect()
}
