//! Stories of the second person: what one proposes and another decides.

use relief_ledger::approvals::ApprovalDecide;
use relief_ledger::audit::finding::Report;
use relief_ledger::auth::Role;
use relief_ledger::core::id::{ApprovalId, OrganizationId, UserId};
use relief_ledger::db::connect;
use relief_ledger::events::post_approved;
use relief_ledger::proposals::store::find_approval;
use relief_ledger::proposals::{ApprovalState, Verdict};
use relief_ledger::users::store::{Changes, UserChange};
use relief_ledger::writer::{Actor, Desk, Refusal, Update, Writer, WriterSettings};
use serde_json::{Value, json};

use crate::stories::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, Server, migrate, operator};

/// A scene with masks in a warehouse, some of them missing.
struct Hub {
    scene: Scene,
    pledge: String,
    site: String,
}

impl Hub {
    fn new(database: &TestDatabase) -> Self {
        Self::of(Scene::new(database))
    }

    fn of(scene: Scene) -> Self {
        let donor = scene.organization("Hainan", "CN");
        let site = scene.site("Accra", "warehouse", "GH");
        let pledge = scene.in_store(&donor, &site, 20_000);
        Self { scene, pledge, site }
    }

    fn short(self, quantity: i64) -> Self {
        let body =
            json!({"site": self.site, "lines": [self.scene.line(quantity)], "reason": "the door was open"});
        self.scene.does("reported_missing", "2020-08-01", body).expect(201);
        self
    }

    fn lost(&self, id: &str, quantity: i64) -> Value {
        let details = json!({"site": self.site, "lines": [self.scene.line(quantity)], "reason": "nobody saw it again",
            "evidence": {"cause": "theft", "report_number": "LR-9", "filed": "cabinet 3"}});
        event(id, "lost", "2020-08-03", details)
    }

    fn disposed(&self, quantity: i64) -> Value {
        json!({"site": self.site, "condition": "good", "lines": [self.scene.line(quantity)], "reason": "mould",
            "evidence": {"cause": "storage", "report_number": "LR-10", "filed": "cabinet 3"}})
    }

    fn propose(&self, caller: &Caller, body: &Value) -> Reply {
        caller.post("/api/v1/events", body)
    }

    /// Proposes that something is lost; returns the approval.
    fn proposed(&self, quantity: i64) -> String {
        let reply = self.propose(&self.scene.officer, &self.lost(&id(), quantity)).expect(202);
        reply["approval"].as_str().expect("an approval").to_owned()
    }

    fn show(&self, approval: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/approvals/{approval}")).expect(200)
    }

    fn count(&self, counted: i64) -> Value {
        json!({"site": self.site, "lines": [{"item": self.scene.masks, "counted": counted}], "reason": "yearly"})
    }
}

fn approvals(caller: &Caller, query: &str) -> Vec<Value> {
    let page = caller.get(&format!("/api/v1/approvals?{query}")).expect(200);
    page["items"].as_array().expect("items").clone()
}

/// What `relief verify` says of who decided what.
fn faults(url: &str) -> Vec<String> {
    let mut report = Report::default();
    let mut conn = connect(url).expect("the database opens");
    relief_ledger::approvals::verify_approvals(&mut conn, &mut report, &mut |_, _| {})
        .expect("it can be looked at");
    report.findings.iter().map(|finding| finding.problem.clone()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_loss_is_proposed_refused_proposed_again_and_approved_by_somebody_else(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let first = id();
        let proposed = hub.propose(&scene.officer, &hub.lost(&first, 300)).expect(202);
        assert_eq!((&proposed["status"], &proposed["sequence"]), (&json!("proposed"), &Value::Null));
        assert!(proposed["receipt"].is_object(), "a proposal is an entry of the log");
        let approval = proposed["approval"].as_str().unwrap();
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_700, "missing": 300}), "it is in no total");
        scene.event(&first).problem();

        // The same again is the same proposal; another body is not.
        let size = scene.log_size();
        let again = hub.propose(&scene.officer, &hub.lost(&first, 300)).expect(202);
        assert_eq!((&again["approval"], &again["receipt"]), (&json!(approval), &Value::Null));
        hub.propose(&scene.officer, &hub.lost(&first, 299)).refused("id_reused", &["/id"]);
        hub.propose(&scene.officer, &hub.lost(&id(), 301)).refused("insufficient", &["/lines/0/quantity"]);
        assert_eq!(scene.log_size(), size, "what could not be posted is not proposed");

        let shown = hub.show(approval);
        assert_eq!((&shown["kind"], &shown["state"], &shown["quantity"]), (&json!("lost"), &json!("proposed"), &json!(300)));
        assert_eq!(shown["proposed_by"], json!(scene.officer.user.unwrap().to_string()));
        assert_eq!(shown["body"]["evidence"]["report_number"], "LR-9");
        let change = |account: &str| {
            let lines = shown["effect"].as_array().unwrap();
            let line = lines.iter().find(|line| line["account"] == account).expect("the account changes");
            (line["before"].clone(), line["after"].clone())
        };
        assert_eq!((change("missing"), change("lost")), ((json!(300), json!(0)), (json!(0), json!(300))));

        scene.rules(&scene.officer, approval, "approve").refused("forbidden", &[]);
        let path = format!("/api/v1/approvals/{approval}/decide");
        scene.manager.post(&path, &json!({"decision": "approve", "reason": " "})).refused("invalid", &["/reason"]);
        let refused = scene.rules(&scene.manager, approval, "refuse").expect(200);
        assert_eq!((&refused["state"], refused.get("event")), (&json!("refused"), None));
        scene.rules(&scene.second, approval, "approve").refused("wrong_state", &[]);
        let told = hub.propose(&scene.officer, &hub.lost(&first, 300)).refused("wrong_state", &["/id"]);
        assert!(told.contains("looked at the report"), "it says why: {told}");

        let second = id();
        let approval = hub.propose(&scene.officer, &hub.lost(&second, 300)).expect(202)["approval"].clone();
        let approved = scene.rules(&scene.manager, approval.as_str().unwrap(), "approve").expect(200);
        assert_eq!((&approved["state"], &approved["event"]["status"]), (&json!("approved"), &json!("posted")));
        assert_eq!(approved["receipt"]["entity_id"], approval);
        let posted = scene.event(&second).expect(200);
        assert_eq!(posted["actor"], json!(scene.officer.user.unwrap().to_string()), "the proposer posted it");
        assert_eq!(posted["occurred_at"], "2020-08-03T00:00:00Z");
        assert_eq!(approved["decided_by"], json!(scene.manager.user.unwrap().to_string()));
        let answered = hub.propose(&scene.officer, &hub.lost(&second, 300)).expect(200);
        assert_eq!(answered["status"], "posted");
        let size = scene.log_size();
        scene.rules(&scene.manager, approval.as_str().unwrap(), "approve").expect(200);
        assert_eq!(scene.log_size(), size, "the same decision again changes nothing");
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_700, "lost": 300}));
        assert_eq!(approvals(&scene.manager, "state=refused").len(), 1);
        assert_eq!(approvals(&scene.manager, "state=approved&kind=lost").len(), 1);
        scene.closes();
        scene.verifies();
    }

    fn nobody_decides_an_own_proposal_in_any_role_or_wrapping(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let proposed = hub.propose(&scene.manager, &hub.lost(&id(), 100)).expect(202);
        let approval = proposed["approval"].as_str().unwrap();
        let size = scene.log_size();
        for decision in ["approve", "refuse"] {
            let refused = scene.rules(&scene.manager, approval, decision);
            assert_eq!(refused.problem(), (403, "own_proposal".into(), String::new()));
        }
        // A batch proposes as well, and posting the own proposal again decides nothing.
        let batch = json!({"events": [hub.lost(&id(), 50), proposed_again(&hub, &proposed)]});
        let results = scene.manager.post("/api/v1/events/batch", &batch).expect(200)["results"].clone();
        assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!(202), &json!(202)), "{results:#}");
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_700, "missing": 300}));
        assert_eq!(scene.log_size(), size + 1);

        // The officer who proposed it becomes a manager, and is the same person.
        let own = hub.proposed(30);
        let changes = Changes { role: Some(Role::Manager), ..Changes::default() };
        let promoted = scene.officer.user.unwrap();
        scene.house.record(UserChange { actor: operator(), id: promoted, read: None, changes });
        std::thread::sleep(std::time::Duration::from_millis(600));
        assert_eq!(scene.rules(&scene.officer, &own, "approve").problem().1, "own_proposal");
        scene.rules(&scene.officer, approval, "approve").expect(200);
        assert_eq!(faults(&scene.url), [""; 0]);
        scene.closes();
        scene.verifies();
    }

    fn a_decision_by_the_proposer_is_caught_wherever_it_was_made(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let approval = hub.proposed(100);
        let officer = hub.scene.officer.user.unwrap();
        let actor = Actor { user: officer, role: "manager".into(), scope: "all".into() };
        let id = ApprovalId(approval.parse().unwrap());
        // What the server refuses the writer refuses too.
        let writer = writer(&hub.scene.url);
        let own = ApprovalDecide { actor: actor.clone(), id, verdict: Verdict::Approve, reason: "mine".into(), second: None };
        assert_eq!(writer.record_blocking(own).unwrap_err().code.word(), "own_proposal");
        // A twin of the update that does not look who decides: the database itself refuses it.
        let twin = writer.record_blocking(Unlooking { actor: actor.clone(), id });
        assert!(twin.is_err(), "the check of the table stands behind the rule");
        assert_eq!(hub.show(&approval)["state"], "proposed");
        // Without that check too, what `relief verify` looks for is found.
        assert_eq!(faults(&hub.scene.url), [""; 0]);
        writer.stop();
        unguard(&hub.scene.url);
        let writer = self::writer(&hub.scene.url);
        writer.record_blocking(Unlooking { actor, id }).expect("nothing stops the twin any more");
        writer.stop();
        assert_eq!(hub.show(&approval)["state"], "approved");
        assert_eq!(faults(&hub.scene.url), ["was decided by nobody else than who proposed it"]);
    }

    fn two_managers_who_decide_at_once_bring_about_one_thing(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let approval = hub.proposed(300);
        let replies: Vec<Reply> = std::thread::scope(|scope| {
            let tries = [(&scene.manager, "approve"), (&scene.second, "refuse")].map(|(caller, decision)| {
                let approval = &approval;
                scope.spawn(move || scene.rules(caller, approval, decision))
            });
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{replies:#?}");
        let late = replies.iter().find(|reply| reply.status == 409).unwrap().json();
        assert_eq!((&late["code"], &late["state"]), (&json!("wrong_state"), &hub.show(&approval)["state"]));
        let lost = if hub.show(&approval)["state"] == "approved" { 300 } else { 0 };
        assert_eq!(scene.accounts(&hub.pledge)["lost"].as_i64().unwrap_or(0), lost);
        scene.verifies();
    }

    fn a_decision_after_the_goods_moved_on_is_refused_with_the_reason_and_stays_open(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let approval = hub.proposed(300);
        let found = json!({"site": hub.site, "lines": [scene.line(200)], "reason": "behind the door"});
        let found = scene.decides("found", "2020-08-04", found).expect(201);
        let size = scene.log_size();
        scene.rules(&scene.second, &approval, "approve").refused("insufficient", &["/lines/0/quantity"]);
        assert_eq!((scene.log_size(), &hub.show(&approval)["state"]), (size, &json!("proposed")));
        scene.decides("reversed", "2020-08-05", json!({"event": found["id"], "reason": "other goods"})).expect(201);
        scene.rules(&scene.second, &approval, "approve").expect(200);
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_700, "lost": 300}));
        scene.closes();
        scene.verifies();
    }

    fn who_proposed_takes_it_back_and_nobody_else_does(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let approval = hub.proposed(300);
        let path = format!("/api/v1/approvals/{approval}/withdraw");
        let body = json!({"reason": "the goods are here"});
        scene.receiver.post(&path, &body).refused("forbidden", &[]);
        scene.auditor.post(&path, &body).refused("forbidden", &[]);
        assert_eq!(scene.officer.post(&path, &body).expect(200)["state"], "withdrawn");
        scene.rules(&scene.manager, &approval, "approve").refused("wrong_state", &[]);
        scene.officer.post(&path, &body).refused("wrong_state", &[]);
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_700, "missing": 300}));
        scene.verifies();
    }

    fn proposals_are_seen_and_decided_as_far_as_one_may_see_their_goods(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let approval = hub.proposed(300);
        let path = format!("/api/v1/approvals/{approval}");
        let (here, there) = (scene.house.login_bound(Role::Manager, None, Some("GH")),
            scene.house.login_bound(Role::Manager, None, Some("SN")));
        let missing = scene.manager.get(&format!("/api/v1/approvals/{}", id()));
        let elsewhere = there.get(&path);
        assert_eq!((elsewhere.status, &elsewhere.text), (404, &missing.text));
        assert_eq!(scene.rules(&there, &approval, "approve").text, missing.text);
        assert_eq!((approvals(&there, "").len(), approvals(&here, "").len()), (0, 1));
        let donor: OrganizationId = scene.organization("Another", "CN").parse().unwrap();
        scene.house.login_bound(Role::Donor, Some(donor), None).get(&path).refused("forbidden", &[]);
        // Administrators decide about rights, and see nothing of goods.
        assert_eq!(scene.admin.get(&path).text, missing.text);
        assert_eq!(scene.rules(&scene.admin, &approval, "approve").text, missing.text);
        scene.rules(&here, &approval, "approve").expect(200);
        scene.verifies();
    }

    fn a_count_waits_for_somebody_else_above_its_limit_and_not_below(database: &TestDatabase) {
        let hub = Hub::new(database);
        let scene = &hub.scene;
        let within = scene.post(&scene.officer, "counted", "2020-08-01", hub.count(19_000)).expect(201);
        assert_eq!(within["status"], "posted");
        let above = scene.post(&scene.officer, "counted", "2020-08-02", hub.count(17_999)).expect(202);
        let shown = hub.show(above["approval"].as_str().unwrap());
        assert_eq!((&shown["quantity"], &shown["limit"]), (&json!(1_001), &json!(1_000)));
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_000, "missing": 1_000}));
        // Correcting step by step leads past no limit: what the count differs by in all is looked at.
        let right = |counted: i64| json!({"event": within["id"], "right": hub.count(counted), "reason": "one pallet more"});
        scene.post(&scene.officer, "corrected", "2020-08-03", right(19_200)).expect(201);
        scene.post(&scene.officer, "corrected", "2020-08-04", right(18_999)).expect(202);
        // By now the count would differ by more than the manager was shown.
        let late = scene.rules(&scene.manager, above["approval"].as_str().unwrap(), "approve");
        assert_eq!((&late.json()["proposed"], &late.json()["moves"]), (&json!(1_001), &json!(1_201)));
        late.refused("wrong_state", &[]);
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 19_200, "missing": 800}));
        scene.closes();
        scene.verifies();
    }

    fn small_counts_of_one_month_are_measured_together(database: &TestDatabase) {
        let hub = Hub::new(database);
        let scene = &hub.scene;
        let counts = |counted: i64| event(&id(), "counted", "2020-08-01", hub.count(counted));
        let several = |counted: &[i64]| -> Vec<Value> {
            let events: Vec<Value> = counted.iter().map(|one| counts(*one)).collect();
            let sent = scene.officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
            sent["results"].as_array().expect("results").iter().map(|one| one["result"]["status"].clone()).collect()
        };
        // In one commit as in several.
        assert_eq!(several(&[19_600, 19_200, 18_800]), ["posted", "posted", "proposed"]);
        let third = scene.officer.post("/api/v1/events", &counts(19_000)).expect(201);
        let proposed = scene.officer.post("/api/v1/events", &counts(18_999)).expect(202);
        scene.officer.post("/api/v1/events", &counts(19_000)).expect(201);
        // What somebody else has approved is no step any more; what was reversed never was one.
        scene.rules(&scene.manager, proposed["approval"].as_str().expect("an approval"), "approve").expect(200);
        let last = scene.officer.post("/api/v1/events", &counts(18_500)).expect(202);
        scene.rules(&scene.manager, last["approval"].as_str().expect("an approval"), "refuse").expect(200);
        scene.does("reversed", "2020-08-02", json!({"event": third["id"], "reason": "another store"})).expect(201);
        scene.officer.post("/api/v1/events", &counts(18_999)).expect(201);
        // Another site counts for itself.
        let (donor, other) = (scene.organization("Wuhan", "CN"), scene.site("Kumasi", "warehouse", "GH"));
        scene.in_store(&donor, &other, 5_000);
        let body = json!({"site": other, "lines": [{"item": scene.masks, "counted": 4_100}]});
        scene.post(&scene.officer, "counted", "2020-08-01", body).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn counts_are_measured_together_for_as_long_as_is_set(database: &TestDatabase) {
        let house = Server::start_with(database, |settings| settings.limits.count_days = 0);
        let hub = Hub::of(Scene::on(house, database));
        for counted in [19_100, 18_200, 17_300, 16_400] {
            hub.scene.post(&hub.scene.officer, "counted", "2020-08-01", hub.count(counted)).expect(201);
        }
        hub.scene.closes();
    }

    fn small_corrections_of_one_event_are_measured_together(database: &TestDatabase) {
        let hub = Hub::new(database);
        let scene = &hub.scene;
        let other = scene.site("Kumasi", "warehouse", "GH");
        let moves = |quantity: i64| json!({"site": hub.site, "to_site": other, "lines": [scene.line(quantity)]});
        let first = scene.does("moved", "2020-08-01", moves(1_000)).expect(201);
        let second = scene.does("moved", "2020-08-01", moves(1_000)).expect(201);
        let right = |event: &Value, quantity: i64| {
            let right = json!({"event": event["id"], "right": moves(quantity), "reason": "a pallet more"});
            scene.post(&scene.officer, "corrected", "2020-08-02", right)
        };
        for quantity in [6_000, 11_000] {
            right(&first, quantity).expect(201);
        }
        let proposed = right(&first, 11_001).expect(202);
        let shown = hub.show(proposed["approval"].as_str().expect("an approval"));
        assert_eq!((&shown["quantity"], &shown["limit"]), (&json!(1), &json!(10_000)));
        // A step back is no step further, and another event has steps of its own.
        right(&first, 9_000).expect(201);
        right(&second, 4_000).expect(201);
        scene.rules(&scene.manager, proposed["approval"].as_str().expect("an approval"), "approve").refused("wrong_state", &[]);
        // What somebody else approved has been answered for.
        let large = right(&first, 13_000).expect(202);
        scene.rules(&scene.manager, large["approval"].as_str().expect("an approval"), "approve").expect(200);
        right(&first, 14_000).expect(201);
        right(&first, 15_001).expect(202);
        scene.closes();
        scene.verifies();
    }

    fn a_reversal_above_its_limit_and_of_what_others_decided_waits(database: &TestDatabase) {
        let hub = Hub::new(database);
        let scene = &hub.scene;
        let other = scene.site("Kumasi", "warehouse", "GH");
        let moves = |quantity: i64| json!({"site": hub.site, "to_site": other, "lines": [scene.line(quantity)]});
        let small = scene.does("moved", "2020-08-01", moves(5_000)).expect(201);
        let large = scene.does("moved", "2020-08-01", moves(10_001)).expect(201);
        let reverse = |caller: &Caller, event: &Value| {
            scene.post(caller, "reversed", "2020-08-02", json!({"event": event, "reason": "wrong site"}))
        };
        reverse(&scene.officer, &small["id"]).expect(201);
        let proposed = reverse(&scene.officer, &large["id"]).expect(202);
        assert_eq!(scene.stock(&other)[0]["free"], 10_001);
        scene.rules(&scene.manager, proposed["approval"].as_str().unwrap(), "approve").expect(200);
        assert_eq!(scene.stock(&other), json!([]));

        // What two people decided, two people take back or restate, however little it moves.
        let disposed = scene.decides("disposed", "2020-08-03", hub.disposed(10)).expect(201);
        reverse(&scene.officer, &disposed["id"]).refused("forbidden", &[]);
        let right = json!({"event": disposed["id"], "right": hub.disposed(11), "reason": "one more"});
        let corrected = scene.post(&scene.manager, "corrected", "2020-08-04", right).expect(202);
        let approval = corrected["approval"].as_str().unwrap();
        assert_eq!(scene.rules(&scene.manager, approval, "approve").problem().1, "own_proposal");
        scene.rules(&scene.second, approval, "approve").expect(200);
        let proposed = reverse(&scene.manager, &disposed["id"]).expect(202);
        scene.rules(&scene.second, proposed["approval"].as_str().unwrap(), "approve").expect(200);
        assert_eq!(scene.accounts(&hub.pledge), json!({"in_storage": 20_000}));
        scene.closes();
        scene.verifies();
    }

    fn a_loss_that_waits_for_the_liable_party_becomes_a_proposal_when_it_is_known(database: &TestDatabase) {
        let hub = Hub::new(database).short(300);
        let scene = &hub.scene;
        let liable = id();
        let mut body = hub.lost(&id(), 300);
        body["evidence"]["liable"] = json!(liable);
        assert_eq!(hub.propose(&scene.officer, &body).expect(202)["status"], "waiting");
        let carrier = json!({"id": liable, "name": "Coastal Lines", "carrier": true});
        scene.admin.post("/api/v1/organizations", &carrier).expect(201);
        let begun = std::time::Instant::now();
        while approvals(&scene.manager, "state=proposed").is_empty() {
            assert!(begun.elapsed().as_secs() < 20, "nobody is asked");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(scene.accounts(&hub.pledge)["missing"], 300);
        assert_eq!(scene.officer.get("/api/v1/events/waiting").expect(200)["items"], json!([]));
        let again = hub.propose(&scene.officer, &body).expect(202);
        assert_eq!(again["status"], "proposed");
        scene.rules(&scene.manager, again["approval"].as_str().unwrap(), "approve").expect(200);
        assert_eq!(scene.accounts(&hub.pledge)["lost"], 300);
        scene.closes();
        scene.verifies();
    }
}

fn writer(url: &str) -> Writer {
    Writer::start(WriterSettings::of(url)).expect("a writer starts")
}

/// The proposal as it was sent the first time.
fn proposed_again(hub: &Hub, proposed: &Value) -> Value {
    hub.lost(proposed["id"].as_str().unwrap(), 100)
}

/// Approves without looking who proposed: what the rule guards against.
struct Unlooking {
    actor: Actor,
    id: ApprovalId,
}

impl Update for Unlooking {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let approval = find_approval(desk, self.id)?;
        post_approved(desk, &approval, UserId(self.actor.user.0))?;
        desk.act_as(&self.actor);
        approval.end(desk, ApprovalState::Approved, "mine");
        Ok(())
    }
}

/// Takes away the table's own check, as whoever holds the database can.
fn unguard(url: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = connect(url).expect("the database opens");
    let sql = if url.starts_with("sqlite:") {
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'decided_by <> proposed_by', '1 = 1') WHERE name = 'approvals';
         PRAGMA writable_schema = RESET;"
    } else {
        "ALTER TABLE approvals DROP CONSTRAINT approvals_check"
    };
    conn.batch_execute(sql).expect("the check is taken away");
}
