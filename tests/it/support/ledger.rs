//! A small ledger with one gift on its way: a thousand masks pledged, collected in Beijing, sent to Banjul,
//! received short and damaged, partly handed out.

use relief_ledger::approvals::ApprovalDecide;
use relief_ledger::consignments::{Consignment, Leg};
use relief_ledger::core::id::{
    ConsignmentId, ItemId, LegId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId, UserId,
};
use relief_ledger::core::problem::Outcome;
use relief_ledger::core::time::Timestamp;
use relief_ledger::events::{Command, PostEvent, wake};
use relief_ledger::items::Item;
use relief_ledger::ledger::event::{EventResult, EventStatus};
use relief_ledger::parties::Organization;
use relief_ledger::pledges::{Pledge, PledgeLine};
use relief_ledger::programmes::Programme;
use relief_ledger::proposals::Verdict;
use relief_ledger::sites::Site;
use relief_ledger::writer::{
    Actor, Desk, Drawer, Entry, Priority, Record, Recorded, Refusal, Update, Writer, WriterSettings,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub fn migrate(url: &str) {
    let mut conn = relief_ledger::db::connect(url).expect("the database opens");
    relief_ledger::db::migrate(&mut conn).expect("the migrations run");
}

/// Stages rows as one update with one entry in the log.
struct Stage<F>(Actor, F);

impl<F: Fn(&mut Desk) + Send + 'static> Update for Stage<F> {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.0
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let action = "test.staged".to_owned();
        desk.begin(Entry { action, kind: "test", id: Uuid::nil(), reason: None });
        (self.1)(desk);
        Ok(())
    }
}

/// A ledger with its writer, and the identifiers of what is in it.
pub struct Ledger {
    pub writer: Writer,
    pub actor: Actor,
    pub programme: ProgrammeId,
    pub donor: OrganizationId,
    pub operator: OrganizationId,
    pub consignee: OrganizationId,
    pub item: ItemId,
    pub beijing: SiteId,
    pub banjul: SiteId,
    pub pledge: PledgeId,
    pub line: PledgeLineId,
    pub consignment: ConsignmentId,
    pub leg: LegId,
}

impl Ledger {
    /// A writer on this database.
    pub fn start(url: &str) -> Writer {
        let settings = WriterSettings { wake: Some(wake), ..WriterSettings::of(url) };
        Writer::start(settings).expect("the writer starts")
    }

    /// An open ledger with everything known and nothing pledged yet.
    pub fn open(url: &str) -> Self {
        let ledger = Self::beside(url);
        ledger.stage_reference();
        ledger.stage_flow();
        ledger
    }

    /// A writer on a ledger of somebody else's; the identifiers are of nothing there.
    pub fn beside(url: &str) -> Self {
        Self {
            writer: Self::start(url),
            actor: Actor { user: UserId(Uuid::now_v7()), role: "officer".into(), scope: "all".into() },
            programme: ProgrammeId(Uuid::now_v7()),
            donor: OrganizationId(Uuid::now_v7()),
            operator: OrganizationId(Uuid::now_v7()),
            consignee: OrganizationId(Uuid::now_v7()),
            item: ItemId(Uuid::now_v7()),
            beijing: SiteId(Uuid::now_v7()),
            banjul: SiteId(Uuid::now_v7()),
            pledge: PledgeId(Uuid::now_v7()),
            line: PledgeLineId(Uuid::now_v7()),
            consignment: ConsignmentId(Uuid::now_v7()),
            leg: LegId(Uuid::now_v7()),
        }
    }

    /// As [`Ledger::open`], with the whole gift told.
    pub fn with_gift(url: &str) -> Self {
        let ledger = Self::open(url);
        ledger.tell_gift();
        ledger
    }

    pub fn stage(&self, stage: impl Fn(&mut Desk) + Send + 'static) {
        self.writer.record_blocking(Stage(self.actor.clone(), stage)).expect("the rows are staged");
    }

    /// As [`Ledger::stage`], without waiting for it.
    pub fn submit(
        &self,
        stage: impl Fn(&mut Desk) + Send + 'static,
    ) -> tokio::sync::oneshot::Receiver<Outcome<Recorded<()>>> {
        let update = Stage(self.actor.clone(), stage);
        self.writer.submit(update, Priority::Single).expect("the queue has room")
    }

    pub fn put<R: Record>(&self, row: R) {
        self.stage(move |desk| desk.shelf::<Drawer<R>>().put(row.clone()));
    }

    /// Posts an event; `id`, if not said, is a new one.
    pub fn post(&self, kind: &str, occurred_at: &str, details: Value) -> Outcome<EventResult> {
        let mut body = details;
        body["kind"] = kind.into();
        body["occurred_at"] = occurred_at.into();
        if body.get("id").is_none() {
            body["id"] = Uuid::now_v7().to_string().into();
        }
        let receiver = Actor { user: UserId(Uuid::max()), ..self.actor.clone() };
        let actor = if super::is_receipt(kind, &body) { receiver } else { self.actor.clone() };
        let command = Command::read(body)?;
        let told = self.writer.record_blocking(PostEvent::new(command, actor))?.answer;
        let (Some(id), EventStatus::Proposed) = (told.approval, told.status) else { return Ok(told) };
        // What was only proposed, somebody else approves at once.
        let actor = Actor { user: UserId(Uuid::nil()), role: "manager".into(), scope: "all".into() };
        let decide =
            ApprovalDecide { actor, id, verdict: Verdict::Approve, reason: "it is so".into(), second: None };
        self.writer.record_blocking(decide).map(|done| done.answer.event.expect("the event is posted"))
    }

    /// As [`Ledger::post`], where nothing can go wrong.
    pub fn posted(&self, kind: &str, occurred_at: &str, details: Value) -> EventResult {
        self.post(kind, occurred_at, details).unwrap_or_else(|problem| panic!("{kind}: {problem:?}"))
    }

    /// The whole gift, from the promise to the hands of people.
    pub fn tell_gift(&self) {
        let (item, consignment) = (self.item, self.consignment);
        self.posted("pledge_accepted", "2020-06-01", json!({"pledge": self.pledge}));
        let lines = json!([{"item": item, "lot": "L-1", "expires_on": "2025-01-31", "quantity": 800}]);
        let collected = json!({"pledge": self.pledge, "site": self.beijing, "lines": lines});
        self.posted("collected", "2020-06-10", collected);
        let lines = json!([{"item": item, "quantity": 500}]);
        let allocated = json!({"consignment": consignment, "site": self.beijing, "lines": lines});
        self.posted("allocated", "2020-06-12", allocated);
        self.posted("departed", "2020-07-01", json!({"consignment": consignment}));
        let line = json!({"item": item, "good": 470, "damaged": 10, "missing": 20, "reason": "rain"});
        let received = json!({"consignment": consignment, "final": true, "lines": [line]});
        self.posted("received", "2020-08-06", received);
        let lines = json!([{"item": item, "quantity": 300}]);
        self.posted("distributed", "2020-08-09", json!({"site": self.banjul, "lines": lines}));
    }

    fn stage_reference(&self) {
        let now = Timestamp(1);
        self.put(Programme {
            id: self.programme,
            code: "CITIES".into(),
            name: "Cities Project".into(),
            sensitive: false,
            synthetic: false,
            focus_areas: "[]".into(),
            revision: 1,
            created_at: now,
            updated_at: now,
            published_at: None,
        });
        for (id, name) in
            [(self.donor, "Donor"), (self.operator, "Operator"), (self.consignee, "City of Banjul")]
        {
            self.put(Organization {
                id,
                name: name.into(),
                reference: None,
                country: None,
                is_donor: true,
                is_consignor: true,
                is_consignee: true,
                is_carrier: false,
                is_partner: false,
                revision: 1,
                created_at: now,
                updated_at: now,
                named: None,
            });
        }
        self.put(Item {
            id: self.item,
            code: "MASK".into(),
            name: "Surgical mask".into(),
            base_unit: "piece".into(),
            category: "protection".into(),
            sector: None,
            hs_code: None,
            shelf_life_days: None,
            storage_class: "ambient".into(),
            standard_kind: None,
            standard_quantity: None,
            standard_persons: None,
            standard_days: None,
            standard_thousandths: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        });
        self.put(self.site(self.beijing, "Beijing", "warehouse", "CN", Some(self.operator)));
        self.put(self.site(self.banjul, "Banjul", "city", "GM", None));
    }

    pub fn site(
        &self,
        id: SiteId,
        name: &str,
        kind: &str,
        country: &str,
        operator_id: Option<OrganizationId>,
    ) -> Site {
        Site {
            id,
            code: Some(name.to_uppercase()),
            name: name.into(),
            kind: kind.into(),
            country: country.into(),
            latitude: Some(1.5),
            longitude: None,
            locode: None,
            area_code: None,
            operator_id,
            revision: 1,
            created_at: Timestamp(1),
            updated_at: Timestamp(1),
        }
    }

    fn stage_flow(&self) {
        self.put_pledge(self.pledge, self.line, "offered", 1_000);
        self.put_consignment(self.consignment, self.leg);
    }

    /// A pledge with one line, meant for the Gambia.
    pub fn put_pledge(&self, pledge: PledgeId, line: PledgeLineId, kind: &str, offered: i64) {
        let now = Timestamp(1);
        self.put(Pledge {
            id: pledge,
            programme_id: self.programme,
            donor_id: Some(self.donor),
            kind: kind.into(),
            state: "offered".into(),
            reference: None,
            offered_at: now,
            note: None,
            reason: None,
            link_hash: None,
            revision: 1,
            created_at: now,
            updated_at: now,
            named: None,
        });
        self.put(PledgeLine {
            id: line,
            pledge_id: pledge,
            ordinal: 1,
            item_id: self.item,
            offered,
            accepted: 0,
            earmark_country: Some("GM".into()),
            title_passes: "proof_of_delivery".into(),
            value_minor: None,
            currency: None,
            value_basis: None,
            earmark_area: None,
        });
    }

    /// A consignment from Beijing to Banjul with one leg; whatever waits for it wakes.
    pub fn put_consignment(&self, consignment: ConsignmentId, leg: LegId) {
        let now = Timestamp(1);
        let row = Consignment {
            id: consignment,
            programme_id: self.programme,
            reference: None,
            tracking_code: format!("T-{consignment}"),
            consignor_id: Some(self.operator),
            consignee_id: self.consignee,
            origin_id: self.beijing,
            destination_id: self.banjul,
            parent_id: None,
            cancelled: false,
            gross_weight_g: None,
            freight_minor: None,
            freight_currency: None,
            freight_note: None,
            value_minor: None,
            value_currency: None,
            value_basis: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let leg = Leg {
            id: leg,
            consignment_id: consignment,
            ordinal: 1,
            mode: "air".into(),
            from_id: self.beijing,
            to_id: self.banjul,
            carrier_id: None,
            planned_departure: None,
            planned_arrival: None,
            received_final: false,
            superseded: false,
        };
        self.stage(move |desk| {
            desk.shelf::<Drawer<Consignment>>().put(row.clone());
            desk.shelf::<Drawer<Leg>>().put(leg.clone());
            desk.touch(row.id.0);
        });
    }
}

/// Changes the database behind the ledger's back, as whoever holds the file or the server's password can.
pub fn tamper(url: &str, sql: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = relief_ledger::db::connect(url).expect("the database opens");
    let baselines = [
        "item_standards",
        "populations",
        "targets",
        "caseloads",
        "rounds",
        "mappings",
        "site_places",
        "consignment_terms",
        "customs_requirements",
        "load_limits",
        "kit_recipes",
        "kit_components",
        "unit_contents",
        "site_storages",
        "logger_files",
        "logger_contents",
        "logger_readings",
        "captures",
        "capture_contents",
        "leg_plans",
        "boundaries",
        "area_changes",
        "reached_lines",
        "headcounts",
        "needs",
        "need_matches",
        "unwanted",
    ];
    for table in ["events", "postings", "statements", "log_entries"].into_iter().chain(baselines) {
        let unguard = if url.starts_with("sqlite:") {
            format!(
                "DROP TRIGGER IF EXISTS {table}_refuse_update; DROP TRIGGER IF EXISTS {table}_refuse_delete"
            )
        } else {
            format!("ALTER TABLE {table} DISABLE TRIGGER USER")
        };
        conn.batch_execute(&unguard).expect("the guard is taken away");
    }
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}
