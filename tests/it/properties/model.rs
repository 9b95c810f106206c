//! The plain model: how many units of each item stand at rest, under way, missing, delivered and ended. It
//! reads what was accepted and does its own sums; it knows no cell, line, lot, time or condition.
//!
//! What an event posts may depend on what the model does not know: a correction on what has moved on, a
//! departure on what receipts implied and corrections changed. Then it takes the ledger's word for this one
//! event, remembers what it did so that its reversal can be checked, and says that it did. What lay at a site
//! at the time of a count it adds up from the postings recorded until then.

mod kinds;
mod restated;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use relief_ledger::db::{Conn, connect};
use relief_ledger::ledger::{Account, Condition};
use serde_json::Value;
use uuid::Uuid;

use super::sums::{Class, State, Sums, difference};
use super::world::item;

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
    units: units::Units,
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
            if self.deaf_to != Some("units") {
                self.units.hear(event, &id, &body);
            }
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
        let posted: Vec<String> =
            recorded.iter().map(|event| Uuid::from_slice(&event.id).expect("an id").to_string()).collect();
        self.units.compare(&mut conn, &posted, context)?;
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
        if body["units"].as_array().is_some_and(|units| !units.is_empty()) {
            names.push(format!("{kind} with units"));
        }
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
}
