//! What is lacking where: what fills a gap, what does not, and how it adds up at any moment.

mod accepting;
mod filling;
mod judging;
mod proposing;
mod story;

use chrono::{Days, Utc};
use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Far enough ahead that no test is ever late.
pub const NEEDED_BY: &str = "2099-09-01";

/// Places and parties of a gap.
pub struct Ground {
    pub scene: Scene,
    pub hainan: String,
    pub city: String,
    pub beijing: String,
    /// A warehouse in Banjul.
    pub store: String,
    /// The city itself.
    pub banjul: String,
}

impl Ground {
    pub fn new(scene: Scene) -> Self {
        let (hainan, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let site = |name: &str, kind: &str, area: &str| {
            let body = json!({"name": name, "kind": kind, "country": &area[..2], "area_code": area});
            scene.admin.post("/api/v1/sites", &body).expect(201)["id"].as_str().expect("an id").to_owned()
        };
        let (store, banjul) = (site("Banjul store", "warehouse", "GM-B"), site("Banjul", "city", "GM-B"));
        Self { hainan, city, beijing, store, banjul, scene }
    }

    /// A need of masks for an area.
    pub fn needs(&self, area: &str, quantity: i64, members: Value) -> Value {
        let mut body = json!({"id": id(), "programme": self.scene.programme, "item": self.scene.masks, "quantity": quantity,
            "area": area, "needed_by": NEEDED_BY, "source": "Survey"});
        body.as_object_mut().expect("a body").extend(members.as_object().expect("members").clone());
        self.scene.officer.post("/api/v1/needs", &body).expect(201)
    }

    /// Masks that a donor gave and that lie somewhere; `line` is what the pledge says further of them, `lot` what the
    /// receipt does.
    pub fn given(&self, site: &str, quantity: i64, line: Value, lot: Value) -> String {
        let mut offered = self.scene.line(quantity);
        offered.as_object_mut().expect("a line").extend(line.as_object().expect("members").clone());
        let body = json!({"programme": self.scene.programme, "donor": self.hainan, "offered_at": "2020-07-01",
            "lines": [offered]});
        let pledge = self.scene.officer.post("/api/v1/pledges", &body).expect(201)["id"].clone();
        self.scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let mut collected = self.scene.line(quantity);
        collected.as_object_mut().expect("a line").extend(lot.as_object().expect("members").clone());
        let body = json!({"pledge": pledge, "site": site, "lines": [collected]});
        self.scene.does("collected", "2020-07-10", body).expect(201);
        pledge.as_str().expect("an id").to_owned()
    }

    /// A consignment from Beijing to Banjul that is planned to arrive on a day, with masks reserved for it.
    pub fn coming(&self, arrival: Option<&str>, quantity: i64) -> (String, String) {
        let leg = json!({"id": id(), "mode": "air", "from": self.beijing, "to": self.banjul, "planned_arrival": arrival});
        let body = json!({"programme": self.scene.programme, "consignee": self.city, "origin": self.beijing,
            "destination": self.banjul, "legs": [leg]});
        let opened = self.scene.officer.post("/api/v1/consignments", &body).expect(201);
        let consignment = opened["id"].as_str().expect("an id").to_owned();
        let body =
            json!({"consignment": consignment, "site": self.beijing, "lines": [self.scene.line(quantity)]});
        self.scene.does("allocated", "2020-07-15", body).expect(201);
        (consignment, leg["id"].as_str().expect("an id").to_owned())
    }
}

/// The rows of gaps, each of which must add up.
pub fn gaps(caller: &Caller, query: &str) -> Vec<Value> {
    let shown = caller.get(&format!("/api/v1/gaps?{query}")).expect(200);
    let rows = shown["rows"].as_array().unwrap_or_else(|| panic!("rows: {shown:#}")).clone();
    for row in &rows {
        assert_eq!(faults(row), Vec::<String>::new(), "{row:#}");
    }
    rows
}

/// What is wrong with a row: figures below 0, or that do not add up.
fn faults(row: &Value) -> Vec<String> {
    let figure = |name: &str| row[name].as_i64().unwrap_or_else(|| panic!("{name} of {row:#}"));
    let parts = ["served", "delivered", "in_storage", "pipeline", "gap"];
    let mut found: Vec<String> =
        parts.iter().filter(|name| figure(name) < 0).map(|name| format!("{name} is below 0")).collect();
    if parts.iter().map(|name| figure(name)).sum::<i64>() != figure("needed") {
        found.push("it does not add up".to_owned());
    }
    found
}

fn figures(row: &Value) -> [i64; 6] {
    ["needed", "served", "delivered", "in_storage", "pipeline", "gap"]
        .map(|name| row[name].as_i64().expect("a figure"))
}

fn apart(row: &Value) -> Value {
    let mut told = row["apart"].as_object().expect("figures").clone();
    told.retain(|_, figure| *figure != json!(0));
    Value::Object(told)
}

on_both_databases! {
    migrate: migrate;

    fn nothing_held_damaged_expired_late_or_meant_for_elsewhere_fills_a_gap(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 1_000, json!({"shelf_life_days": 180}));
        let before = scene.auditor.get("/api/v1/gaps").expect(200)["sequence"].as_i64().expect("a sequence");
        let row = |query: &str| {
            let rows = gaps(&scene.auditor, query);
            assert_eq!(rows.len(), 1, "{rows:#?}");
            rows[0].clone()
        };
        assert_eq!(figures(&row("")), [1_000, 0, 0, 0, 0, 1_000]);

        // In the warehouse of the area: good, held, damaged, expired, short-lived, and meant for Kenya.
        ground.given(&ground.store, 100, json!({}), json!({}));
        ground.given(&ground.store, 50, json!({}), json!({"lot": "H"}));
        ground.given(&ground.store, 40, json!({}), json!({"lot": "D"}));
        ground.given(&ground.store, 35, json!({}), json!({"lot": "E", "expires_on": "2020-12-31"}));
        let soon = (Utc::now().date_naive() + Days::new(179)).to_string();
        ground.given(&ground.store, 25, json!({}), json!({"lot": "S", "expires_on": soon}));
        let later = (Utc::now().date_naive() + Days::new(181)).to_string();
        ground.given(&ground.store, 15, json!({}), json!({"lot": "L", "expires_on": later}));
        ground.given(&ground.store, 30, json!({"earmark_country": "KE"}), json!({}));
        let of_lot = |lot: &str, quantity: i64| {
            json!({"site": ground.store, "lines": [{"item": scene.masks, "lot": lot, "quantity": quantity}], "reason": "rain"})
        };
        scene.does("held", "2020-07-12", of_lot("H", 50)).expect(201);
        scene.does("damaged", "2020-07-12", of_lot("D", 40)).expect(201);
        assert_eq!(figures(&row("")), [1_000, 0, 0, 115, 0, 885]);
        let told = json!({"held": 50, "damaged": 40, "expired": 35, "short_lived": 25, "elsewhere": 30});
        assert_eq!(apart(&row("")), told);
        // The twin: whoever takes all that lies there for a supply sees a smaller gap.
        let stock = scene.stock(&ground.store);
        let all: i64 = stock.as_array().expect("lines").iter()
            .map(|line| ["free", "held", "damaged", "expired"].map(|name| line[name].as_i64().expect("a figure")).iter().sum::<i64>())
            .sum();
        assert_eq!((all, 1_000 - all), (295, 705));

        // On the way: in time, too late, and nobody knows when.
        ground.given(&ground.beijing, 900, json!({}), json!({}));
        ground.coming(Some("2099-08-31T12:00:00Z"), 200);
        let (late, leg) = ground.coming(Some("2099-09-02T00:00:00Z"), 300);
        ground.coming(None, 70);
        let left = json!({"consignment": late, "leg": leg});
        scene.does("departed", "2020-07-20", left).expect(201);
        assert_eq!(figures(&row("")), [1_000, 0, 0, 115, 200, 685]);
        assert_eq!((&apart(&row(""))["late"], &apart(&row(""))["undated"]), (&json!(300), &json!(70)));

        // Delivered counts until it is handed over, and from then on where it was meant for the need.
        let (consignment, leg) = ground.coming(Some("2020-08-01"), 60);
        let path = format!("/api/v1/needs/{}/matches", need["id"].as_str().expect("an id"));
        scene.officer.post(&path, &json!({"consignment": consignment, "quantity": 60})).expect(201);
        scene.does("departed", "2020-07-20", json!({"consignment": consignment, "leg": leg})).expect(201);
        scene.receives(&consignment, &leg, "2020-08-01", json!({"good": 60})).expect(201);
        assert_eq!(figures(&row("")), [1_000, 0, 60, 115, 200, 625]);
        scene.does("distributed", "2020-08-03", json!({"site": ground.banjul, "lines": [scene.line(20)]})).expect(201);
        assert_eq!(figures(&row("")), [1_000, 20, 40, 115, 200, 625]);

        // As of then, as it was known then, and what is not asked for.
        assert_eq!(figures(&row("as_of=2020-07-11")), [1_000, 0, 0, 230, 0, 770], "nothing was held or damaged yet");
        assert_eq!(figures(&row(&format!("known_at={before}"))), [1_000, 0, 0, 0, 0, 1_000]);
        assert_eq!(gaps(&scene.auditor, "by=2099-08-31"), Vec::<Value>::new());
        assert_eq!(gaps(&scene.auditor, "area=KE"), Vec::<Value>::new());
        assert_eq!(row("area=GM"), row("area=GM-B"));
        scene.auditor.get("/api/v1/gaps?area=002").refused("invalid", &["/area"]);
        scene.auditor.get("/api/v1/gaps?by=soon").refused("invalid", &["/by"]);
        scene.auditor.get("/api/v1/gaps?known_at=999999").refused("invalid", &["/known_at"]);

        // However much there is, a gap is never below 0.
        ground.given(&ground.store, 5_000, json!({}), json!({}));
        assert_eq!(figures(&row("")), [1_000, 20, 40, 940, 0, 0]);
        assert_eq!(apart(&row(""))["spare"], 4_375);
        scene.closes();
        scene.verifies();

        // A row that does not add up, or is below 0, is found.
        let mut broken = row("");
        broken["gap"] = json!(-5);
        assert_eq!(faults(&broken), ["gap is below 0", "it does not add up"]);
    }

    fn what_trips_tell_decides_whether_goods_come_in_time(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        let need = ground.needs("GM-B", 500, json!({"needed_by": "2020-09-20"}));
        let (consignment, leg) = ground.coming(Some("2020-09-05"), 100);
        let row = |as_of: &str| {
            let rows = gaps(&scene.auditor, &format!("as_of={as_of}"));
            (figures(&rows[0]), apart(&rows[0]))
        };
        // Nothing was on that way before: its plan is believed, be it under way or not.
        assert_eq!(row("2020-08-30").0, [500, 0, 0, 0, 100, 400]);
        scene.does("departed", "2020-09-01", json!({"consignment": consignment, "leg": leg})).expect(201);
        assert_eq!(row("2020-09-02").0, [500, 0, 0, 0, 100, 400]);

        // Eight went there in thirty days each, and then no plan of four days is.
        for day in 11..19 {
            let (gone, leg) = scene.sent(&ground.city, &[&ground.beijing, &ground.banjul], 10, &format!("2020-07-{day}"));
            scene.receives(&gone, &leg, &format!("2020-08-{}", day - 1), json!({"good": 10})).expect(201);
        }
        assert_eq!(row("2020-09-02"), ([500, 0, 80, 0, 0, 420], json!({"late": 100})));
        assert_eq!(row("2020-08-30"), ([500, 0, 80, 0, 0, 420], json!({"late": 100})), "it has not left, and needs as long");
        let path = format!("/api/v1/needs/{}", need["id"].as_str().expect("an id"));
        scene.officer.patch(&path, 1, &json!({"needed_by": "2020-10-01"})).expect(200);
        assert_eq!(row("2020-09-02").0, [500, 0, 80, 0, 100, 320], "in time for whoever can wait");
        assert_eq!(row("2020-10-05").0, [500, 0, 80, 0, 0, 420], "overdue is not in time");
        scene.closes();
    }

    fn what_stayed_behind_has_still_to_come(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.given(&ground.beijing, 100, json!({}), json!({}));
        ground.needs("GM-B", 500, json!({}));
        let (consignment, leg) = ground.coming(Some("2099-10-01"), 50);
        let some = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(20)]});
        scene.does("departed", "2020-07-20", some).expect(201);
        scene.receives(&consignment, &leg, "2020-08-01", json!({"good": 20})).expect(201);
        // Twenty are there; thirty are planned to come too late, though others of their consignment came long ago.
        let rows = gaps(&scene.auditor, "");
        assert_eq!((figures(&rows[0]), apart(&rows[0])), ([500, 0, 20, 0, 0, 480], json!({"late": 30})));
        scene.closes();
    }

    fn what_is_still_on_an_earlier_leg_has_still_to_come(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.given(&ground.beijing, 100, json!({}), json!({}));
        ground.needs("GM-B", 500, json!({}));
        let leg = |from: &str, to: &str| json!({"id": id(), "mode": "air", "from": from, "to": to, "planned_arrival": "2099-10-01"});
        let legs = [leg(&ground.beijing, &ground.store), leg(&ground.store, &ground.banjul)];
        let body = json!({"programme": scene.programme, "consignee": ground.city, "origin": ground.beijing,
            "destination": ground.banjul, "legs": legs});
        let consignment = scene.officer.post("/api/v1/consignments", &body).expect(201)["id"].clone();
        let body = json!({"consignment": consignment, "site": ground.beijing, "lines": [scene.line(50)]});
        scene.does("allocated", "2020-07-15", body).expect(201);
        let goes = |leg: &Value, kind: &str, day: &str, quantity: i64| {
            let mut line = if kind == "received" { json!({"good": quantity}) } else { scene.line(quantity) };
            line["item"] = json!(scene.masks);
            scene.does(kind, day, json!({"consignment": consignment, "leg": leg["id"], "lines": [line]})).expect(201);
        };
        goes(&legs[0], "departed", "2020-07-20", 50);
        goes(&legs[0], "received", "2020-07-25", 20);
        goes(&legs[1], "departed", "2020-07-26", 20);
        goes(&legs[1], "received", "2020-07-28", 20);
        // Twenty went the whole way long ago; thirty are on the first leg yet, and come later than they are needed.
        let rows = gaps(&scene.auditor, "");
        assert_eq!((figures(&rows[0]), apart(&rows[0])), ([500, 0, 20, 0, 0, 480], json!({"late": 30})));
        scene.closes();
    }

    fn an_area_is_filled_before_its_country_and_no_unit_fills_two_gaps(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.needs("GM", 500, json!({"needed_by": "2099-01-01"}));
        ground.needs("GM-B", 300, json!({}));
        ground.needs("SN", 100, json!({}));
        let basse = json!({"name": "Basse", "kind": "warehouse", "country": "GM"});
        let basse = scene.admin.post("/api/v1/sites", &basse).expect(201)["id"].as_str().expect("an id").to_owned();
        ground.given(&ground.store, 350, json!({}), json!({}));
        ground.given(&basse, 90, json!({}), json!({}));
        let told = |caller: &Caller, query: &str| -> Vec<(String, Value, i64)> {
            gaps(caller, query).iter()
                .map(|row| (row["country"].as_str().expect("a country").to_owned(), row["area"].clone(), row["gap"].as_i64().expect("a gap")))
                .collect()
        };
        // Of 440 in the country 300 are Banjul's; the rest is the country's.
        let expected = [
            ("GM".to_owned(), Value::Null, 360),
            ("GM".to_owned(), json!("GM-B"), 0),
            ("SN".to_owned(), Value::Null, 100),
        ];
        assert_eq!(told(&scene.auditor, ""), expected);
        let other = json!({"code": "OTHER", "name": "Other", "focus_areas": [], "sensitive": false, "synthetic": false});
        let other = scene.manager.post("/api/v1/programmes", &other).expect(201)["id"].clone();
        ground.needs("GM-B", 40, json!({"programme": other}));
        let rows = gaps(&scene.auditor, &format!("programme={}", other.as_str().expect("an id")));
        assert_eq!(figures(&rows[0]), [40, 0, 0, 0, 0, 40], "what was given for one programme fills no need of another");

        // Whom something binds sees the gaps within reach.
        let senegal = scene.house.login_bound(Role::Manager, None, Some("SN"));
        assert_eq!(told(&senegal, ""), [("SN".to_owned(), Value::Null, 100)]);
        let city = scene.house.login_bound(Role::Officer, ground.city.parse().ok(), None);
        assert!(told(&city, "").is_empty());
        let donor = scene.house.login_bound(Role::Donor, ground.hainan.parse().ok(), None);
        donor.get("/api/v1/gaps").refused("forbidden", &[]);
    }
}
