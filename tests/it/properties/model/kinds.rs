//! What each kind of event does to the sums, by its own words.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::core::id::{LegId, derived};
use relief_ledger::db::Conn;
use relief_ledger::ledger::{Account, Condition};
use serde_json::Value;
use uuid::Uuid;

use super::super::sums::Class;
use super::super::world::{consignment, item, leg, line, pledge, site};
use super::{Model, goods, number, text};

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = sql_types::Binary)]
    item: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    site: Vec<u8>,
    #[diesel(sql_type = sql_types::BigInt)]
    quantity: i64,
}

impl Model {
    /// Kinds whose figures can be corrected: as they would be at a time, before a sequence and without others.
    pub(super) fn figures(
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
            "pledge_declined" | "arrived" | "stored" | "earmark_changed" | "allocated" | "released"
            | "packed" | "kit_packed" | "kit_unpacked" | "cancelled" | "customs_held"
            | "customs_released" | "moved" | "damaged" | "held" | "released_from_hold" | "relotted" => {}
            other => unreachable!("the model has not heard of {other}"),
        }
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
    pub(super) fn split(&mut self, body: &Value, id: &str) {
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
    pub(super) fn divert(&mut self, body: &Value, id: &str) {
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
