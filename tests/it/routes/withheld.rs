//! What a donor, a stranger with its private link and the public are told of a sensitive programme: the country, and no place
//! below it, whatever they ask.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use crate::routes::way;
use crate::stories::scene::Scene;
use crate::support::server::{Caller, Reply, migrate};
use crate::support::{TestDatabase, on_both_databases};

/// A gift that was stored in Mopti, went by road to Gao and was handed out there.
struct Gift {
    scene: Scene,
    donor: Caller,
    store: String,
    camp: String,
    pledge: String,
    consignment: String,
    document: String,
    link: String,
    /// The events of the donor's goods, while they are told.
    events: Vec<String>,
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

impl Gift {
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let giver = scene.organization("Hainan", "CN");
        let helper = scene.organization("Helpers", "ML");
        let store = scene.site_at("Old mill", "warehouse", "ML", (14.4843, -4.1831));
        let camp = scene.site_at("Quiet house", "city", "ML", (16.2612, -0.0437));
        let pledge = scene.in_store(&giver, &store, 1_000);
        let legs = [("road", &*store, &*camp, Value::Null, json!("2020-08-02"))];
        let (consignment, legs) = way(&scene, &helper, &legs);
        let leaves = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(900)]});
        scene.does("departed", "2020-08-01T08:00:00Z", leaves).expect(201);
        let came = json!({"consignment": consignment, "leg": legs[0], "final": false,
            "lines": [{"item": scene.masks, "good": 800}]});
        scene.does("received", "2020-08-03", came).expect(201);
        let people = |area: &str, people: i64| json!({"area": area, "group": "all", "year": 2020, "source": "COD-PS", "source_version": "1", "people": people});
        let rows = json!([people("ML-5", 10), people("ML-7", 9_000)]);
        scene.manager.post("/api/v1/populations", &json!({"rows": rows})).expect(201);
        // More are meant to be reached than live there: where they were served, and where nothing was handed over.
        let target = |area: &str, people: i64| json!({"programme": scene.programme, "area": area, "group": "all", "sector": "health", "people": people});
        let rows = json!([target("ML-5", 20), target("ML-7", 9_500), target("ML-99", 1)]);
        scene.manager.post("/api/v1/targets", &json!({"rows": rows})).expect(201);
        let handed = json!({"site": camp, "consignment": consignment, "lines": [scene.line(500)],
            "reached": [{"line": 0, "people": 50, "sector": "health"}]});
        // Whoever received it answers for it, which verifies it.
        let own = OrganizationId(helper.parse().expect("an id"));
        let helpers = scene.house.login_bound(Role::Officer, Some(own), None);
        scene.post(&helpers, "distributed", "2020-08-09", handed).expect(201);
        let paper = json!({"kind": "waybill", "mode": "cmr", "site": store, "issued_on": "2020-08-01",
            "consignment": consignment, "shareable": true});
        let document = id_of(&scene.officer.post("/api/v1/documents", &paper).expect(201));
        let made = scene.officer.post(&format!("/api/v1/pledges/{pledge}/link"), &Value::Null).expect(201);
        let link = made["path"].as_str().expect("a path").to_owned();
        let giver = OrganizationId(giver.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(giver), None);
        let events = donor.get("/api/v1/events").expect(200)["items"].as_array().expect("a page").clone();
        let events = events.iter().map(id_of).collect();
        Self { scene, donor, store, camp, pledge, consignment, document, link, events }
    }

    /// What tells where it was: names, sites, areas, coordinates, and the number of a paper that has the place in it.
    fn secrets(&self) -> Vec<String> {
        let words =
            ["Old mill", "Quiet house", "OLDMILL", "ML-5", "ML-7", "latitude", "[-4.1831", "[-0.0437"];
        let mut secrets: Vec<String> = words.into_iter().map(str::to_owned).collect();
        secrets.extend([self.store.clone(), self.camp.clone()]);
        secrets
    }

    /// All that tells a place while the programme is not sensitive.
    fn answers(&self) -> Vec<(String, Reply)> {
        let Self { store, camp, pledge, consignment, document, .. } = self;
        let mut paths = vec![
            format!("pledges/{pledge}/status"),
            "consignments".to_owned(),
            format!("consignments?origin={store}"),
            format!("consignments?destination={camp}"),
            format!("consignments/{consignment}"),
            format!("consignments/{consignment}/legs"),
            format!("consignments/{consignment}/events"),
            format!("consignments/{consignment}/route"),
            "arrivals".to_owned(),
            "corridors".to_owned(),
            "events".to_owned(),
            format!("events?site={store}"),
            "documents".to_owned(),
            format!("documents?site={store}"),
            format!("documents/{document}"),
            "reach/lines".to_owned(),
            "reach".to_owned(),
            "reach?group_by=area".to_owned(),
            "reach?group_by=sector".to_owned(),
            "reach?group_by=programme".to_owned(),
        ];
        let groups = [
            "site",
            "area",
            "corridor",
            "country,site",
            "area,item",
            "area&place=for",
            "corridor&country=ML",
        ];
        paths.extend(groups.map(|group| format!("totals?group_by={group}")));
        let layers = ["areas", "sites", "corridors", "areas?place=for"];
        paths.extend(layers.map(|layer| format!("map/{layer}")));
        let mut answers: Vec<(String, Reply)> = paths
            .into_iter()
            .map(|path| (path.clone(), self.donor.get(&format!("/api/v1/{path}"))))
            .collect();
        let around = json!({"center": {"latitude": 14.5, "longitude": -4.2}, "radius_m": 100_000});
        for group in ["site", "area"] {
            let path = format!("totals/within?group_by={group}");
            let reply = self.donor.post(&format!("/api/v1/{path}"), &around);
            answers.push((path, reply));
        }
        answers.push((self.link.clone(), self.scene.house.stranger().get(&self.link)));
        answers
    }

    fn becomes_sensitive(&self) {
        let path = format!("/api/v1/programmes/{}", self.scene.programme);
        let revision = self.scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        self.scene.manager.patch(&path, revision, &json!({"sensitive": true})).expect(200);
    }
}

fn in_custody(totals: &Value) -> i64 {
    totals["subtotals"]["in_custody"].as_i64().expect("a figure")
}

on_both_databases! {
    migrate: migrate;

    fn of_a_sensitive_programme_nobody_outside_is_told_a_place_below_the_country(database: &TestDatabase) {
        let gift = Gift::new(database);
        let secrets = gift.secrets();
        let told = |text: &str| secrets.iter().filter(|secret| text.contains(*secret)).cloned().collect::<Vec<_>>();
        // Each of these answers tells a place as long as it may: what follows would catch it.
        for (path, reply) in gift.answers() {
            reply.expect(200);
            assert!(!told(&reply.text).is_empty(), "{path}: {}", reply.text);
        }
        let donor = &gift.donor;
        // Of what a programme means to do a donor is told where its goods were, and nothing of other places.
        let plans = |caller: &Caller| {
            let told = caller.get("/api/v1/reach").expect(200)["reached"]["flags"].to_string();
            ["ML-5", "ML-7", "ML-99"].map(|area| told.contains(area))
        };
        assert_eq!((plans(donor), plans(&gift.scene.auditor)), ([false, true, false], [true; 3]));
        let total = |query: &str| donor.get(&format!("/api/v1/totals?{query}")).expect(200);
        let open = total("group_by=country");
        let at_store = total(&format!("group_by=country&site={}", gift.store));
        assert_eq!(in_custody(&at_store["total"]), 100);
        gift.becomes_sensitive();

        for (path, reply) in gift.answers() {
            reply.expect(200);
            assert_eq!(told(&reply.text), [] as [String; 0], "{path}: {}", reply.text);
        }
        for event in &gift.events {
            let reply = donor.get(&format!("/api/v1/events/{event}"));
            assert!([200, 404].contains(&reply.status) && told(&reply.text).is_empty(), "{}", reply.text);
        }
        // Nothing of the way: no event of it, no time, no length.
        let detail = donor.get(&format!("/api/v1/consignments/{}", gift.consignment)).expect(200);
        let kinds: Vec<&str> = detail["history"].as_array().expect("events").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds, ["distributed"], "{detail:#}");
        assert_eq!((&detail["origin_country"], &detail["legs"][0]["to_country"]), (&json!("ML"), &json!("ML")));
        assert_eq!((&detail["legs"][0]["planned_arrival"], &detail["legs"][0]["mode"]), (&Value::Null, &json!("road")));
        let events = donor.get("/api/v1/events").expect(200);
        assert!(events["items"].as_array().is_some_and(|rows| rows.iter().all(|row| row["site"].is_null() && row["leg"].is_null())));
        for list in ["arrivals".to_owned(), "corridors".to_owned(), format!("consignments?origin={}", gift.store),
            format!("events?site={}", gift.camp), format!("documents?site={}", gift.store)] {
            assert_eq!(donor.get(&format!("/api/v1/{list}")).expect(200)["items"], json!([]), "{list}");
        }

        // The figures of the country stay, to the unit; below it they stand in no row, and where only a place inside is asked for
        // they are not counted.
        assert_eq!((&total("group_by=country")["rows"], &total("group_by=country")["total"]), (&open["rows"], &open["total"]));
        let by_site = total("group_by=site");
        assert_eq!((&by_site["rows"], &by_site["total"]), (&json!([]), &open["total"]), "{by_site:#}");
        assert_eq!(in_custody(&by_site["not_placed"]), in_custody(&open["total"]));
        for filter in [format!("site={}", gift.store), "area=ML-5".to_owned(), format!("corridor={}..{}", gift.store, gift.camp)] {
            let found = total(&format!("group_by=country&{filter}"));
            assert_eq!((&found["rows"], in_custody(&found["total"])), (&json!([]), 0), "{filter}: {found:#}");
        }
        let status = donor.get(&format!("/api/v1/pledges/{}/status", gift.pledge)).expect(200);
        assert_eq!(status["places_by"], "country");
        let places = status["lines"][0]["places"].as_array().expect("places");
        assert!(places.iter().all(|place| place["country"] == "ML"), "{status:#}");
        // People are counted in the country and nowhere inside.
        let by_area = donor.get("/api/v1/reach?group_by=area").expect(200);
        let areas: Vec<&str> = by_area["rows"].as_array().expect("rows").iter().filter_map(|row| row["area"].as_str()).collect();
        assert_eq!((areas.as_slice(), &by_area["reached"]["best"]), (["ML"].as_slice(), &json!(50)), "{by_area:#}");
        let inside = donor.get("/api/v1/reach?area=ML-7").expect(200);
        assert_eq!((&inside["reached"]["high"], &inside["reported_lines"]), (&json!(0), &json!(0)), "{inside:#}");
        assert_eq!((&inside["reached"]["flags"], plans(&gift.scene.auditor)), (&json!([]), [true; 3]), "{inside:#}");
        let lines = donor.get("/api/v1/reach/lines").expect(200);
        assert_eq!((&lines["items"][0]["area"], lines["items"][0].get("site")), (&json!("ML"), None), "{lines:#}");

        // Whoever works on it reads all of it as before.
        let officer = gift.scene.officer.get(&format!("/api/v1/consignments/{}", gift.consignment)).expect(200);
        assert_eq!(officer["origin"], json!(gift.store));
        assert!(!told(&gift.scene.auditor.get("/api/v1/map/sites").text).is_empty());
    }
}
