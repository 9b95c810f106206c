//! What a correction and a reversal do to the sums: something else than was said, or nothing.

use relief_ledger::db::Conn;
use serde_json::Value;

use super::{Model, Recorded, has_surplus, text};

impl Model {
    /// The right figures instead of the wrong ones, as long as nothing has moved on.
    pub(super) fn correct(&mut self, conn: &mut Conn, event: &Recorded, id: &str, body: &Value) -> bool {
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
    pub(super) fn reverse(&mut self, body: &Value) -> bool {
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
}
