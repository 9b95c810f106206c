//! A small world and the commands that may happen in it, many of them wrong.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::approvals::ApprovalDecide;
use relief_ledger::consignments::{ConsignmentNew, ConsignmentOpen};
use relief_ledger::core::id::{
    ConsignmentId, ItemId, KitComponentId, KitId, KitRecipeId, OrganizationId, PledgeId, ProgrammeId, SiteId,
    UserId,
};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::events::{Command, PostEvent, wake};
use relief_ledger::items::Item;
use relief_ledger::kits::{KitComponent, KitRecipe};
use relief_ledger::ledger::event::{EventResult, EventStatus};
use relief_ledger::parties::Organization;
use relief_ledger::pledges::{PledgeNew, PledgeOffer};
use relief_ledger::programmes::Programme;
use relief_ledger::proposals::Verdict;
use relief_ledger::sites::Site;
use relief_ledger::writer::{
    Actor, Desk, Drawer, Entry, Priority, Record, Refusal, Source, Update, Writer, WriterSettings,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::step::Step;
use super::{fit, said};
use crate::support::is_receipt;

/// The clock of all these ledgers: 1 January 2021.
const NOW: Timestamp = Timestamp(1_609_459_200_000_000);

/// The n-th identifier of a kind, always the same.
pub fn fixed(kind: u64, number: usize) -> Uuid {
    let mut random = [0_u8; 10];
    random[..8].copy_from_slice(&(number as u64).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(1_577_836_800_000 + kind, &random).into_uuid()
}

pub fn item(number: usize) -> Uuid {
    fixed(1, number)
}
/// 0 a warehouse, 1 a hub, 2 a city.
pub fn site(number: usize) -> Uuid {
    fixed(2, number)
}
pub fn pledge(number: usize) -> Uuid {
    fixed(3, number)
}
pub fn line(pledge: usize, number: usize) -> Uuid {
    fixed(4, pledge * 10 + number)
}
pub fn consignment(number: usize) -> Uuid {
    fixed(5, number)
}
pub fn leg(consignment: usize, number: usize) -> Uuid {
    fixed(6, consignment * 10 + number)
}
pub fn organization(number: usize) -> Uuid {
    fixed(7, number)
}
pub fn programme() -> Uuid {
    fixed(8, 0)
}
/// A kit of two of the first item and one of the second.
pub fn kit() -> Uuid {
    fixed(13, 0)
}
pub fn event(number: usize) -> Uuid {
    fixed(9, number)
}

/// Where the legs of each consignment go; the last consignment is opened by a command only.
pub const WAYS: [&[usize]; 4] = [&[0, 1, 2], &[0, 2], &[1, 2], &[0, 2]];

/// An update that asks for nothing: the writer takes it up after all that an earlier one has woken.
struct Nothing(Actor);

impl Update for Nothing {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.0
    }

    fn decide(&self, _: &mut Desk) -> Result<(), Refusal> {
        Ok(())
    }
}

struct Stage<F>(Actor, F);

impl<F: Fn(&mut Desk) + Send + 'static> Update for Stage<F> {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.0
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        desk.begin(Entry { action: "test.staged".to_owned(), kind: "test", id: Uuid::nil(), reason: None });
        (self.1)(desk);
        Ok(())
    }
}

/// A ledger whose clock and chance stand still.
pub struct World {
    pub writer: Writer,
    url: String,
    actor: Actor,
}

impl World {
    pub fn open(url: &str) -> Self {
        let source = Source::Fixed { now: NOW, entropy: [7; 32] };
        let settings = WriterSettings { wake: Some(wake), source, ..WriterSettings::of(url) };
        let actor = Actor { user: UserId(fixed(10, 0)), role: "officer".into(), scope: "all".into() };
        let url = url.to_owned();
        let world = Self { writer: Writer::start(settings).expect("a writer starts"), url, actor };
        world.furnish();
        world
    }

    fn put<R: Record>(&self, row: R) {
        let stage = move |desk: &mut Desk| desk.shelf::<Drawer<R>>().put(row.clone());
        self.writer.record_blocking(Stage(self.actor.clone(), stage)).expect("the row is staged");
    }

    fn furnish(&self) {
        let now = Timestamp(1);
        self.put(Programme {
            id: ProgrammeId(programme()),
            code: "P".into(),
            name: "Programme".into(),
            sensitive: false,
            synthetic: true,
            focus_areas: "[]".into(),
            revision: 1,
            created_at: now,
            updated_at: now,
            published_at: None,
        });
        for number in 0..4 {
            self.put(Organization {
                id: OrganizationId(organization(number)),
                name: format!("O{number}"),
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
        for number in 0..2 {
            self.put(Item {
                id: ItemId(item(number)),
                code: format!("I{number}"),
                name: format!("Item {number}"),
                base_unit: "piece".into(),
                category: "c".into(),
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
        }
        for (number, (kind, country, operator)) in
            [("warehouse", "CN", None), ("warehouse", "SN", Some(3)), ("city", "GM", None)]
                .into_iter()
                .enumerate()
        {
            self.put(Site {
                id: SiteId(site(number)),
                code: Some(format!("S{number}")),
                name: format!("Site {number}"),
                kind: kind.into(),
                country: country.into(),
                latitude: None,
                longitude: None,
                locode: None,
                area_code: None,
                operator_id: operator.map(|one| OrganizationId(organization(one))),
                revision: 1,
                created_at: now,
                updated_at: now,
            });
        }
        self.put_kit(now);
        let pledges = [
            ("offered", Some(0), vec![(0, 100), (1, 50)]),
            ("offered", Some(1), vec![(0, 100)]),
            ("unsolicited", None, vec![(0, 30)]),
            ("opening", None, vec![(1, 40)]),
            ("offered", Some(0), vec![(0, 60), (1, 40)]),
            ("offered", Some(1), vec![(0, 10)]),
        ];
        for (number, (kind, donor, lines)) in pledges.into_iter().enumerate() {
            let lines: Vec<Value> = lines
                .iter()
                .enumerate()
                .map(|(index, (what, quantity))| {
                    json!({
                "id": line(number, index), "item": item(*what), "quantity": quantity,
                "earmark_country": if number == 1 { json!("GM") } else { Value::Null }})
                })
                .collect();
            let body = json!({"programme": programme(), "kind": kind, "donor": donor.map(organization),
                "offered_at": "2020-01-01", "lines": lines});
            let new: PledgeNew = serde_json::from_value(body).expect("a pledge");
            let offer = PledgeOffer::new(PledgeId(pledge(number)), new, self.actor.clone());
            self.writer.record_blocking(offer).expect("the offer is recorded");
        }
        for number in 0..3 {
            self.open_consignment(number).expect("the consignment is opened");
        }
        self.stock_up();
    }

    fn put_kit(&self, now: Timestamp) {
        let recipe = KitRecipeId(fixed(13, 1));
        self.put(KitRecipe {
            id: recipe,
            kit_id: KitId(kit()),
            version: 1,
            code: "K".into(),
            name: "Kit".into(),
            sequence: 1,
            recorded_at: now,
        });
        for (number, quantity) in [(0, 2), (1, 1)] {
            self.put(KitComponent {
                id: KitComponentId(fixed(13, 2 + number)),
                recipe_id: recipe,
                ordinal: number as i64,
                item_id: ItemId(item(number)),
                quantity,
            });
        }
    }

    /// Goods to begin with, or most commands would be refused for want of any.
    fn stock_up(&self) {
        let lines = |what: usize, quantity: i64| json!([{"item": item(what), "quantity": quantity}]);
        let collected = |of: usize, at: usize, what: usize, quantity: i64| {
            ("collected", json!({"pledge": pledge(of), "site": site(at), "lines": lines(what, quantity)}))
        };
        let under_way = |number: usize, lines: Value| json!({"consignment": consignment(number), "leg": leg(number, 0), "lines": lines});
        let mut short = under_way(2, lines(0, 4));
        short["reason"] = json!("so it was");
        let beginnings = [
            ("pledge_accepted", json!({"pledge": pledge(0)})),
            ("pledge_accepted", json!({"pledge": pledge(1)})),
            collected(0, 0, 0, 60),
            collected(0, 1, 0, 20),
            collected(0, 0, 1, 30),
            collected(1, 0, 0, 50),
            collected(1, 1, 0, 30),
            collected(2, 1, 0, 20),
            collected(3, 1, 1, 30),
            ("damaged", json!({"site": site(0), "lines": lines(0, 7)})),
            ("departed", under_way(0, lines(0, 15))),
            ("departed", under_way(2, lines(0, 12))),
            ("reported_missing", short),
            ("kit_packed", json!({"site": site(0), "kit": kit(), "units": [{}, {}, {}]})),
        ];
        for (index, (kind, mut body)) in beginnings.into_iter().enumerate() {
            body["id"] = json!(event(1_000 + index));
            body["kind"] = json!(kind);
            body["occurred_at"] = json!(format!("2020-02-{:02}", index + 1));
            let command = Command::read(body).expect("a command");
            let post = PostEvent::new(command, self.actor.clone());
            self.writer.record_blocking(post).expect("it is posted");
        }
    }

    fn open_consignment(&self, number: usize) -> Result<(), String> {
        let way = WAYS[number];
        let legs: Vec<Value> = way
            .windows(2)
            .enumerate()
            .map(|(index, pair)| {
                json!({"id": leg(number, index),
            "mode": "road", "from": site(pair[0]), "to": site(pair[1])})
            })
            .collect();
        let body = json!({"programme": programme(), "consignee": organization(2), "origin": site(way[0]),
            "consignor": if number == 1 { json!(organization(0)) } else { Value::Null },
            "destination": site(way[way.len() - 1]), "legs": legs});
        let new: ConsignmentNew = serde_json::from_value(body).expect("a consignment");
        let open = ConsignmentOpen::new(ConsignmentId(consignment(number)), new, self.actor.clone());
        self.writer.record_blocking(open).map(|_| ()).map_err(|problem| problem.code.word().to_owned())
    }

    /// Records so many entries that move nothing, as logins and refusals are.
    pub fn pad(&self, entries: usize) {
        let pad = || Stage(self.actor.clone(), |_: &mut Desk| {});
        let submit = |_| self.writer.submit(pad(), Priority::Single).expect("the queue has room");
        let mut left = entries;
        while left > 0 {
            let part = left.min(1_000);
            let recorded: Vec<_> = (0..part).map(submit).collect();
            for receiver in recorded {
                receiver.blocking_recv().expect("the writer answers").expect("it is recorded");
            }
            left -= part;
        }
    }

    /// Waits until all that was woken is recorded: the next step and the model read the database.
    fn settle(&self) {
        self.writer.record_blocking(Nothing(self.actor.clone())).expect("the writer goes on");
    }

    /// Performs a step; `posted` are the commands acknowledged so far. Returns what was answered, in words.
    pub fn perform(&self, index: usize, step: &Step, posted: &mut Vec<Value>) -> String {
        if step.kind == "opened" {
            let answer = self.open_consignment(3);
            self.settle();
            return format!("opened: {answer:?}");
        }
        let earlier = posted.len().checked_sub(step.back + 1).map(|at| posted[at].clone());
        let body = match (step.kind, earlier) {
            ("again", None) => return "nothing to repeat".to_owned(),
            ("again", Some(mut body)) => {
                if step.flag {
                    body["reason"] = json!("another body");
                }
                body
            }
            (_, earlier) => {
                let fitting = if step.fits { fit::details(&self.url, step, index, posted) } else { None };
                let (kind, mut body) = match fitting {
                    Some(body) => (step.word(), body),
                    None => said::details(step, earlier),
                };
                body["id"] = json!(event(index));
                body["kind"] = json!(kind);
                body["occurred_at"] = json!(format!("2020-03-{:02}", step.day));
                body
            }
        };
        let kind = body["kind"].as_str().unwrap_or_default().to_owned();
        let receiver = Actor { user: UserId(fixed(10, 2)), ..self.actor.clone() };
        let actor = if is_receipt(&kind, &body) { receiver } else { self.actor.clone() };
        let answer = Command::read(body.clone())
            .and_then(|command| self.writer.record_blocking(PostEvent::new(command, actor)));
        let answer = answer.map(|done| self.approved(done.answer));
        if answer.is_ok() {
            posted.push(body);
        }
        self.settle();
        match answer {
            Ok(done) => format!("{kind}: {:?} moved {} {:?}", done.status, done.moved, done.moved_on),
            Err(problem) => {
                assert_ne!(problem.code.word(), "internal", "{kind}: {problem:?}");
                assert_ne!(problem.code.word(), "unavailable", "{kind}: {problem:?}");
                format!("{kind}: {problem}")
            }
        }
    }
}

impl World {
    /// What became of an event: what was only proposed, somebody else approves at once.
    fn approved(&self, told: EventResult) -> EventResult {
        let (Some(id), EventStatus::Proposed) = (told.approval, told.status) else { return told };
        let actor = Actor { user: UserId(fixed(10, 1)), role: "manager".into(), scope: "all".into() };
        let decide =
            ApprovalDecide { actor, id, verdict: Verdict::Approve, reason: "it is so".into(), second: None };
        let decided =
            self.writer.record_blocking(decide).expect("what passed the rules a moment ago passes now");
        decided.answer.event.expect("the event is posted")
    }
}

#[derive(QueryableByName, Debug, PartialEq)]
pub struct Row {
    #[diesel(sql_type = sql_types::Binary)]
    cell: Vec<u8>,
    #[diesel(sql_type = sql_types::BigInt)]
    number: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    sum: i64,
}

/// Every balance with its revision.
pub fn balances(url: &str) -> Vec<Row> {
    let sql = "SELECT cell, revision AS number, quantity AS sum FROM balances ORDER BY cell";
    sql_query(sql).load(&mut connect(url).expect("it opens")).expect("balances")
}

/// Every rollup row, its figures weighed so that none can stand for another.
pub fn rollups(url: &str) -> Vec<Row> {
    let sql = "SELECT cell, CAST(cuboid AS BIGINT) AS number, CAST(stated_promised + 3 * stated_surplus + 7 * promised + 11 * surplus \
               + 13 * unallocated + 17 * in_storage + 19 * allocated + 23 * in_transit + 29 * missing + 31 * delivered \
               + 37 * distributed + 41 * lost + 43 * disposed + 47 * returned + 53 * withdrawn + 59 * on_hold \
               + 61 * damaged + 67 * moved_in + 71 * moved_out + 73 * ever_delivered AS BIGINT) AS sum \
               FROM rollups ORDER BY cuboid, cell";
    sql_query(sql).load(&mut connect(url).expect("it opens")).expect("rollups")
}
