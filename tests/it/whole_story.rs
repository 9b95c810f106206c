//! Every kind of event in one story: whatever happens to goods, the figures close and the log vouches for them.

use crate::support::ledger::{Ledger, migrate};
use crate::support::on_both_databases;
use crate::totals::{ask, assert_closed};
use crate::verify::verify;
use relief_ledger::core::id::{ConsignmentId, LegId, PledgeId, PledgeLineId, SiteId};
use relief_ledger::ledger::event::{EventResult, EventStatus};
use serde_json::{Value, json};
use uuid::Uuid;

/// Tells the story on, and keeps what was refused to show it all at once.
struct Teller {
    ledger: Ledger,
    refused: Vec<String>,
}

impl Teller {
    fn tell(&mut self, kind: &str, at: &str, details: Value) -> Option<EventResult> {
        let told = self.ledger.post(kind, at, details);
        told.map_err(|problem| self.refused.push(format!("{kind} at {at}: {problem:?}"))).ok()
    }

    fn lines(&self, quantity: i64) -> Value {
        json!([{"item": self.ledger.item, "quantity": quantity}])
    }

    fn in_the_warehouse(&mut self) {
        let (beijing, item) = (self.ledger.beijing, self.ledger.item);
        let brikama = SiteId(Uuid::now_v7());
        let site = self.ledger.site(brikama, "Brikama", "warehouse", "GM", Some(self.ledger.operator));
        self.ledger.put(site);
        let here = |quantity: i64| json!({"site": beijing, "lines": [{"item": item, "quantity": quantity}]});
        let with = |mut body: Value, name: &str, value: Value| {
            body[name] = value;
            body
        };
        self.tell("held", "2020-08-10", with(here(50), "reason", json!("inspection")));
        self.tell("released_from_hold", "2020-08-11", with(here(20), "reason", json!("passed")));
        self.tell("damaged", "2020-08-11", with(here(4), "reason", json!("rats")));
        let lines = json!([{"item": item, "lot": "L-1", "quantity": 40}]);
        self.tell("relotted", "2020-08-12", json!({"site": beijing, "lines": lines, "to_lot": "L-2"}));
        let count = |counted: i64| json!({"site": beijing, "lines": [{"item": item, "counted": counted}], "reason": "yearly"});
        self.tell("counted", "2020-08-13", count(260));
        self.tell("counted", "2020-08-14", count(267));
        self.tell("moved", "2020-08-15", with(here(100), "to_site", json!(brikama)));
        self.tell(
            "disposed",
            "2020-08-16",
            with(
                with(here(3), "reason", json!("burnt")),
                "evidence",
                json!({"cause": "storage", "report_number": "R-0", "filed": "cabinet 3"}),
            ),
        );
        self.tell("returned", "2020-08-17", here(10));
        self.tell("reported_missing", "2020-08-18", with(here(5), "reason", json!("door open")));
        self.tell("stored", "2020-08-18", json!({"site": beijing, "note": "aisle 4"}));
        let delivered = json!({"site": brikama, "consignee": self.ledger.consignee, "lines": self.lines(30)});
        self.tell("delivered", "2020-08-19", delivered);
    }

    fn what_was_missing(&mut self) {
        let (consignment, leg) = (self.ledger.consignment, self.ledger.leg);
        let decided = |lines: Value| json!({"consignment": consignment, "leg": leg, "lines": lines, "reason": "found out"});
        for (kind, quantity) in [("found", 5), ("lost", 6), ("miscounted", 4)] {
            let mut body = decided(self.lines(quantity));
            body["evidence"] = json!({"cause": "transport", "report_number": "R-1", "filed": "cabinet 3"});
            self.tell(kind, "2020-08-20", body);
        }
    }

    fn a_receipt_before_its_departure(&mut self) {
        let (consignment, leg) = (ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        let allocated =
            json!({"consignment": consignment, "site": self.ledger.beijing, "lines": self.lines(60)});
        let waiting = self.tell("allocated", "2020-09-01", allocated);
        assert_eq!(waiting.map(|result| result.status), Some(EventStatus::Waiting));
        self.ledger.put_consignment(consignment, leg);
        let line = json!({"item": self.ledger.item, "good": 40});
        let received = json!({"consignment": consignment, "lines": [line]});
        let inferred = self.tell("received", "2020-09-20", received);
        assert!(inferred.and_then(|result| result.inferred).is_some(), "a departure is inferred");
        let departed = json!({"consignment": consignment, "lines": self.lines(50)});
        self.tell("departed", "2020-09-10", departed);
        self.tell(
            "customs_held",
            "2020-09-21",
            json!({"consignment": consignment, "leg": leg, "lines": self.lines(2)}),
        );
        self.tell(
            "customs_released",
            "2020-09-22",
            json!({"consignment": consignment, "leg": leg, "lines": self.lines(2)}),
        );
        let line =
            json!({"item": self.ledger.item, "good": 7, "missing": 3, "surplus": 2, "reason": "torn box"});
        let received = json!({"consignment": consignment, "final": true, "lines": [line]});
        self.tell("received", "2020-09-23", received);
        self.tell("released", "2020-09-24", json!({"consignment": consignment, "lines": self.lines(10)}));
    }

    fn a_part_that_goes_elsewhere(&mut self) {
        let (consignment, leg) = (ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        self.ledger.put_consignment(consignment, leg);
        let (beijing, banjul) = (self.ledger.beijing, self.ledger.banjul);
        let lines = self.lines(30);
        self.tell(
            "allocated",
            "2020-10-01",
            json!({"consignment": consignment, "site": beijing, "lines": lines}),
        );
        let packed = json!([{"item": self.ledger.item, "lot": "L-1", "quantity": 10}]);
        self.tell("packed", "2020-10-01", json!({"consignment": consignment, "lines": packed}));
        self.tell("departed", "2020-10-02", json!({"consignment": consignment}));
        let child = ConsignmentId(Uuid::now_v7());
        let child_body = json!({"id": child, "consignee": self.ledger.consignee, "destination": banjul});
        let split =
            json!({"consignment": consignment, "leg": leg, "child": child_body, "lines": self.lines(12)});
        self.tell("split", "2020-10-03", split);
        let detour = json!([{"mode": "road", "from": beijing, "to": banjul}]);
        let diverted = json!({"consignment": consignment, "leg": leg, "legs": detour, "reason": "storm"});
        self.tell("diverted", "2020-10-04", diverted);
        let line = json!({"item": self.ledger.item, "good": 18});
        self.tell(
            "received",
            "2020-10-09",
            json!({"consignment": consignment, "final": true, "lines": [line]}),
        );
        let (idle, idle_leg) = (ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        self.ledger.put_consignment(idle, idle_leg);
        let lines = self.lines(5);
        self.tell("allocated", "2020-10-10", json!({"consignment": idle, "site": beijing, "lines": lines}));
        self.tell("cancelled", "2020-10-11", json!({"consignment": idle, "reason": "not needed"}));
    }

    fn what_turns_out_otherwise(&mut self) {
        let banjul = self.ledger.banjul;
        let lines = self.lines(50);
        let body = json!({"site": banjul, "lines": lines});
        let first = self.tell("distributed", "2020-11-01", body.clone());
        let right = json!({"site": banjul, "lines": self.lines(45)});
        if let Some(first) = first {
            let corrected = json!({"event": first.id, "right": right, "reason": "typing"});
            self.tell("corrected", "2020-11-02", corrected);
        }
        if let Some(second) = self.tell("distributed", "2020-11-03", body) {
            self.tell("reversed", "2020-11-04", json!({"event": second.id, "reason": "never happened"}));
        }
        let lines = json!([{"line": self.ledger.line, "quantity": 150}]);
        let withdrawn = json!({"pledge": self.ledger.pledge, "lines": lines, "reason": "budget"});
        self.tell("pledge_withdrawn", "2020-11-05", withdrawn);
    }

    fn other_pledges(&mut self) {
        for (kind, accept) in [("unsolicited", true), ("opening", false)] {
            let (pledge, line) = (PledgeId(Uuid::now_v7()), PledgeLineId(Uuid::now_v7()));
            self.ledger.put_pledge(pledge, line, kind, 60);
            let lines = self.lines(60);
            let body = json!({"pledge": pledge, "site": self.ledger.beijing, "lines": lines});
            self.tell("collected", "2020-12-01", body);
            if accept {
                self.tell("pledge_accepted", "2020-12-02", json!({"pledge": pledge}));
            }
        }
        let (pledge, line) = (PledgeId(Uuid::now_v7()), PledgeLineId(Uuid::now_v7()));
        self.ledger.put_pledge(pledge, line, "offered", 9);
        self.tell("pledge_declined", "2020-12-03", json!({"pledge": pledge, "reason": "expired"}));
    }
}

on_both_databases! {
    migrate: migrate;

    fn whatever_happens_the_figures_close_and_the_log_vouches_for_them(database: &TestDatabase) {
        let mut teller = Teller { ledger: Ledger::with_gift(database.url()), refused: Vec::new() };
        teller.in_the_warehouse();
        teller.what_was_missing();
        teller.a_receipt_before_its_departure();
        teller.a_part_that_goes_elsewhere();
        teller.what_turns_out_otherwise();
        teller.other_pledges();
        teller.ledger.writer.stop();
        let keys = tempfile::tempdir().expect("a folder for keys");
        let (code, report) = verify(database.url(), keys.path());
        assert_eq!(code, Some(0), "{report:#}\nrefused: {:#?}", teller.refused);
        for query in ["programme", "donor", "item", "lot", "country", "site", "holder", "owner", "consignee",
            "corridor", "month", "country,item,month", "lot,donor"] {
            assert_closed(&ask(database, &format!("group_by={query}")), query);
        }
        assert!(teller.refused.is_empty(), "{:#?}", teller.refused);
    }
}
