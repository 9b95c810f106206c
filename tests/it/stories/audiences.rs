//! Two donors in one consignment: each reads what is traced from its own pledges, and nothing of the other, whatever it
//! asks for; and who gave is named as far as the giver wants to be.

use std::collections::BTreeSet;

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// What stands in the other donor's pledge, the shared consignment and its papers, and must never be read by ours.
const SECRETS: [&str; 12] = [
    "their note",
    "THEIR-REF",
    "SHIP-REF",
    "Their invoice",
    "freight by friends",
    "777",
    "4242",
    "LOT-THEIRS",
    "said by Li Wei",
    "shelf of Li Wei",
    "PLATE-9",
    "SEAL-9",
];

struct Shared {
    scene: Scene,
    /// Ours and theirs.
    donors: [String; 2],
    pledges: [String; 2],
    consignment: String,
    /// Events that moved goods of theirs alone.
    theirs: Vec<String>,
    /// Who sends it: a third party.
    consignor: String,
}

fn donor_of(scene: &Scene, organization: &str) -> Caller {
    scene.house.login_bound(Role::Donor, Some(OrganizationId(organization.parse().expect("an id"))), None)
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// A gift of 100 of ours with lot LOT-OURS and one of 777 of theirs with lot LOT-THEIRS travel together.
fn shared(scene: Scene) -> Shared {
    let donors = [scene.organization("Hainan", "CN"), scene.organization("Wuhan", "CN")];
    let (city, consignor) =
        (scene.organization("Banjul City Council", "GM"), scene.organization("Forwarder", "CN"));
    let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
    let offers = [(100, "our note", "OUR-REF", "LOT-OURS"), (777, "their note", "THEIR-REF", "LOT-THEIRS")];
    let mut pledges = Vec::new();
    for (donor, (quantity, note, reference, lot)) in donors.iter().zip(offers) {
        let line = json!({"item": scene.masks, "quantity": quantity,
            "value": {"minor": 4242, "currency": "USD", "basis": "Their invoice"}});
        let mut offer = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01", "note": note,
            "reference": reference, "lines": [line]});
        if reference == "OUR-REF" {
            offer["lines"][0]["value"] = Value::Null;
        }
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &offer).expect(201));
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lines = json!([{"item": scene.masks, "quantity": quantity, "lot": lot}]);
        scene
            .does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": lines}))
            .expect(201);
        pledges.push(pledge);
    }
    let leg = json!({"id": id(), "mode": "air", "from": beijing, "to": banjul, "carrier": consignor});
    let open = json!({"programme": scene.programme, "reference": "SHIP-REF", "consignor": consignor, "consignee": city,
        "origin": beijing, "destination": banjul, "legs": [leg], "gross_weight_g": 4242,
        "freight": {"minor": 4242, "currency": "USD"}, "freight_note": "freight by friends",
        "value": {"minor": 4242, "currency": "USD", "basis": "Their invoice"}});
    let consignment = id_of(&scene.officer.post("/api/v1/consignments", &open).expect(201));
    let load = json!({"id": id(), "mode": "air", "from": beijing, "to": banjul, "plate": "PLATE-9", "seals": "SEAL-9",
        "packages": 777});
    scene.officer.post("/api/v1/loads", &load).expect(201);
    let mut theirs = Vec::new();
    for (pledge, quantity) in pledges.iter().zip([100, 777]) {
        let reserved = json!({"consignment": consignment, "site": beijing, "pledge": pledge, "lines": [scene.line(quantity)]});
        let told = scene.does("allocated", "2020-08-01", reserved).expect(201);
        if quantity == 777 {
            theirs.push(id_of(&told));
        }
    }
    let noted = json!({"site": beijing, "consignment": consignment, "note": "shelf of Li Wei"});
    theirs.push(id_of(&scene.does("stored", "2020-08-02", noted).expect(201)));
    let left = json!({"consignment": consignment, "leg": leg["id"], "load": load["id"]});
    scene.does("departed", "2020-08-03", left).expect(201);
    let line = |lot: &str, good: i64, more: Value| {
        let mut line = json!({"item": scene.masks, "lot": lot, "good": good});
        for (name, value) in more.as_object().expect("members") {
            line[name] = value.clone();
        }
        line
    };
    let missing = json!({"missing": 7, "reason": "said by Li Wei"});
    let came = json!({"consignment": consignment, "leg": leg["id"], "final": true,
        "lines": [line("LOT-OURS", 100, json!({})), line("LOT-THEIRS", 770, missing)]});
    scene.post(&scene.receiver, "received", "2020-08-06", came).expect(201);
    let pledges = pledges.try_into().expect("two pledges");
    Shared { scene, donors, pledges, consignment, theirs, consignor }
}

/// Everything a donor can ask for, as it is answered.
fn all_answers(shared: &Shared, donor: &Caller) -> Vec<(String, Value)> {
    let (consignment, masks) = (&shared.consignment, &shared.scene.masks);
    let mut paths: Vec<String> = vec![
        "/api/v1/pledges".to_owned(),
        format!("/api/v1/pledges?donor={}", shared.donors[1]),
        "/api/v1/consignments".to_owned(),
        format!("/api/v1/consignments/{consignment}"),
        format!("/api/v1/consignments/{consignment}/events"),
        format!("/api/v1/consignments/{consignment}/legs"),
        "/api/v1/events".to_owned(),
        format!("/api/v1/events?consignment={consignment}"),
        format!("/api/v1/items/{masks}/lots"),
    ];
    for pledge in &shared.pledges {
        for rest in ["", "/status"] {
            paths.push(format!("/api/v1/pledges/{pledge}{rest}"));
        }
    }
    for event in donor.get("/api/v1/events").expect(200)["items"].as_array().expect("a page") {
        paths.push(format!("/api/v1/events/{}", id_of(event)));
    }
    for event in &shared.theirs {
        paths.push(format!("/api/v1/events/{event}"));
    }
    for group in [
        "programme",
        "donor",
        "item",
        "lot",
        "country",
        "site",
        "holder",
        "owner",
        "consignee",
        "month",
        "corridor",
    ] {
        paths.push(format!("/api/v1/totals?group_by={group}"));
        paths.push(format!("/api/v1/totals?group_by={group}&donor={}", shared.donors[1]));
    }
    let answered = |path: String| {
        let reply = donor.get(&path);
        assert!([200, 404].contains(&reply.status), "{path}: {}", reply.text);
        (path, reply.json())
    };
    paths.into_iter().map(answered).collect()
}

/// Every text and number in an answer.
fn words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| words(member, found)),
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
}

fn is_named(list: &Value, organization: &str) -> bool {
    list["items"].as_array().expect("a page").iter().any(|one| one["id"] == organization)
}

on_both_databases! {
    migrate: migrate;

    fn a_donor_reads_its_own_goods_in_a_shared_consignment_and_nothing_of_the_other(database: &TestDatabase) {
        let shared = shared(Scene::new(database));
        let donor = donor_of(&shared.scene, &shared.donors[0]);
        let answers = all_answers(&shared, &donor);
        let mut found = BTreeSet::new();
        for (path, answer) in &answers {
            words(answer, &mut found);
            let text = answer.to_string();
            // With whom own goods are, or were, is told by the totals of holders.
            let sender = (!path.contains("group_by=holder")).then_some(&shared.consignor);
            for other in [&shared.donors[1], &shared.pledges[1]].into_iter().chain(&shared.theirs).chain(sender) {
                assert!(!text.contains(other), "{path} names {other}: {answer:#}");
            }
        }
        // 870 units arrived, 877 left: no figure of the whole either.
        let figures = ["777", "770", "7", "870", "877", "4242"];
        for secret in SECRETS.into_iter().chain(figures) {
            assert!(!found.iter().any(|word| word == secret || (secret.len() > 4 && word.contains(secret))), "{secret}");
        }
        let people = [&shared.scene.officer, &shared.scene.manager].map(|caller| caller.user.expect("a user").to_string());
        assert!(people.iter().all(|person| !found.contains(person)), "nobody who acted is named");
        assert!(found.contains("LOT-OURS") && found.contains("100"), "the own gift is told");

        let path = format!("/api/v1/consignments/{}", shared.consignment);
        let detail = donor.get(&path).expect(200);
        assert_eq!((&detail["standing"]["delivered"], &detail["standing"]["missing"]), (&json!(100), &json!(0)));
        assert_eq!(detail["state"], "delivered", "of the own goods, though the other's are short");
        let kinds: Vec<&str> = detail["history"].as_array().expect("a history").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds, ["allocated", "departed", "received"]);
        // The same questions by who handles the goods are the twin: there the words are.
        let full = shared.scene.officer.get(&path).expect(200);
        assert_eq!((&full["standing"]["missing"], &full["reference"]), (&json!(7), &json!("SHIP-REF")));
        assert_eq!(full["history"].as_array().expect("a history").len(), 5);
    }

    fn a_donor_is_not_let_near_what_cannot_be_told_apart(database: &TestDatabase) {
        let shared = shared(Scene::new(database));
        let donor = donor_of(&shared.scene, &shared.donors[0]);
        for path in ["/api/v1/loads", "/api/v1/events/waiting", "/api/v1/events/moved-on"] {
            donor.get(path).refused("forbidden", &[]);
            shared.scene.officer.get(path).expect(200);
        }
        donor.get(&format!("/api/v1/facts/{}", shared.scene.masks)).refused("forbidden", &[]);
        donor.get("/api/v1/consignments?reference=SHIP-REF").refused("invalid", &["/reference"]);
        let stranger = donor_of(&shared.scene, &shared.scene.organization("Somebody else", "KE"));
        for (path, answer) in all_answers(&shared, &stranger) {
            let rows = answer["items"].as_array().or(answer["rows"].as_array()).map_or(0, Vec::len);
            assert_eq!(rows, 0, "{path}: {answer:#}");
        }
    }

    fn a_donor_who_is_not_to_be_named_is_read_by_who_handles_the_goods_alone(database: &TestDatabase) {
        let shared = shared(Scene::new(database));
        let scene = &shared.scene;
        // A donor that only gives and sends; what else it were it would be read as.
        let shy = json!({"name": "Shy Giver", "reference": "SHY", "country": "CN", "donor": true, "consignor": true, "named": "never"});
        let shy = id_of(&scene.admin.post("/api/v1/organizations", &shy).expect(201));
        let open = json!({"name": "Open Giver", "country": "CN", "donor": true});
        let open = id_of(&scene.admin.post("/api/v1/organizations", &open).expect(201));
        let helper = json!({"name": "Helping Giver", "donor": true, "carrier": true, "named": "2999-01-01"});
        let helper = id_of(&scene.admin.post("/api/v1/organizations", &helper).expect(201));
        let (donor, itself) = (donor_of(scene, &shared.donors[0]), donor_of(scene, &shy));
        let path = format!("/api/v1/organizations/{shy}");
        assert_eq!(donor.get(&path).text, donor.get(&format!("/api/v1/organizations/{}", id())).text, "as if missing");
        itself.get(&path).expect(200);
        assert_eq!(scene.officer.get(&path).expect(200)["named"], "never");
        for query in ["", "?donor=true", "?q=Shy", "?country=CN"] {
            let list = format!("/api/v1/organizations{query}");
            assert!(!is_named(&donor.get(&list).expect(200), &shy), "{query}");
            assert!(is_named(&itself.get(&list).expect(200), &shy), "{query}");
            assert!(is_named(&scene.officer.get(&list).expect(200), &shy), "{query}");
        }
        assert!(is_named(&donor.get("/api/v1/organizations?donor=true").expect(200), &open));
        assert!(!is_named(&donor.get("/api/v1/organizations?donor=true").expect(200), &helper));
        let seen = donor.get(&format!("/api/v1/organizations/{helper}")).expect(200);
        assert_eq!((&seen["carrier"], &seen["donor"]), (&json!(true), &json!(false)), "it is read as who carries");
        assert!(!is_named(&donor.get("/api/v1/organizations?q=SHY").expect(200), &shy), "references are our books");
        // Named from a day on, which has come.
        let revision = scene.admin.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        scene.admin.patch(&path, revision, &json!({"named": "tomorrow"})).refused("invalid", &["/named"]);
        scene.admin.patch(&path, revision, &json!({"named": "2020-01-01"})).expect(200);
        assert_eq!(donor.get(&path).expect(200)["donor"], true);
        scene.verifies();
    }

    fn a_pledge_says_for_itself_who_may_read_who_gave(database: &TestDatabase) {
        let scene = Scene::new(database);
        let shy = json!({"name": "Shy Giver", "country": "CN", "donor": true, "named": "never"});
        let shy = id_of(&scene.admin.post("/api/v1/organizations", &shy).expect(201));
        let (pledge, _) = scene.accepted(&shy, 10);
        let made = scene.officer.post(&format!("/api/v1/pledges/{pledge}/link"), &Value::Null).expect(201);
        let link = made["path"].as_str().expect("a path").to_owned();
        let told = || scene.house.stranger().get(&link).expect(200)["donor"].clone();
        assert_eq!(told(), Value::Null, "as the donor says");
        let path = format!("/api/v1/pledges/{pledge}/named");
        let says = |named: Value| scene.officer.post(&path, &json!({"named": named}));
        says(json!("sometimes")).refused("invalid", &["/named"]);
        assert!(says(json!("always")).expect(200)["receipt"].is_object(), "it is recorded");
        assert_eq!(says(json!("always")).expect(200)["receipt"], Value::Null, "once");
        assert_eq!(told(), "Shy Giver");
        says(json!("2999-01-01")).expect(200);
        assert_eq!(told(), Value::Null);
        says(json!("2020-01-01")).expect(200);
        assert_eq!(told(), "Shy Giver");
        says(Value::Null).expect(200);
        assert_eq!(told(), Value::Null);
        let donor = donor_of(&scene, &shy);
        donor.post(&path, &json!({"named": "always"})).refused("forbidden", &[]);
        let other = scene.organization("Other", "KE");
        let outside = scene.house.login_bound(Role::Officer, Some(OrganizationId(other.parse().expect("an id"))), None);
        outside.post(&path, &json!({"named": "always"})).refused("not_found", &[]);
        scene.verifies();
    }

    fn a_total_names_nobody_who_is_not_to_be_named(database: &TestDatabase) {
        let shared = shared(Scene::new(database));
        let scene = &shared.scene;
        // Whoever runs the warehouse gives too, and is not to be named; it holds what others gave.
        let keeper = json!({"name": "Shy Keeper", "donor": true, "named": "never"});
        let keeper = id_of(&scene.admin.post("/api/v1/organizations", &keeper).expect(201));
        let store = json!({"name": "Store", "kind": "warehouse", "country": "KE", "operator": keeper});
        let store = id_of(&scene.admin.post("/api/v1/sites", &store).expect(201));
        scene.in_store(&shared.donors[0], &store, 30);
        let path = "/api/v1/totals?group_by=holder";
        let (donor, full) = (donor_of(scene, &shared.donors[0]).get(path), scene.officer.get(path));
        assert!(full.text.contains("Shy Keeper") && !donor.text.contains("Shy Keeper") && !donor.text.contains(&keeper), "{}", donor.text);
        let seen = donor.expect(200);
        assert_eq!(seen["not_placed"]["in_storage"], 30, "{seen:#}");
        assert_eq!(seen["total"]["residual"], 0);
    }

    fn a_donor_reads_a_site_without_our_code_for_it_and_without_who_runs_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (giver, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul City Council", "GM"));
        let keeper = json!({"name": "Shy Keeper", "donor": true, "named": "never"});
        let keeper = id_of(&scene.admin.post("/api/v1/organizations", &keeper).expect(201));
        let place = |name: &str, code: &str, kind: &str| {
            let body = json!({"name": name, "code": code, "kind": kind, "country": "GM", "operator": keeper});
            id_of(&scene.admin.post("/api/v1/sites", &body).expect(201))
        };
        let (store, banjul) = (place("Store by the port", "BOOK-7", "warehouse"), place("Banjul", "BOOK-8", "city"));
        scene.in_store(&giver, &store, 30);
        scene.sent(&city, &[&store, &banjul], 10, "2020-08-01");
        let donor = donor_of(&scene, &giver);
        let one = format!("/api/v1/sites/{store}");
        for path in ["/api/v1/sites", &one, "/api/v1/totals?group_by=site", "/api/v1/totals?group_by=corridor"] {
            let (told, full) = (donor.get(path), scene.officer.get(path));
            full.expect(200);
            assert!(full.text.contains("BOOK-7"), "{path}: {}", full.text);
            assert!(told.text.contains("Store by the port"), "{path}: {}", told.text);
            for hidden in ["BOOK-", &keeper] {
                assert!(!told.text.contains(hidden), "{path}: {}", told.text);
            }
        }
        let told = donor.get(&one).expect(200);
        let members: BTreeSet<&str> = told.as_object().expect("a site").keys().map(String::as_str).collect();
        let meant = ["area", "area_code", "coordinates", "country", "ends_delivery", "id", "kind", "locode", "name"];
        assert_eq!(members, BTreeSet::from(meant), "what is added to sites is not added here by itself");
        // Nor are they told by looking for them.
        donor.get(&format!("/api/v1/sites?operator={keeper}")).refused("invalid", &["/operator"]);
        let found = |caller: &Caller, query: &str| {
            caller.get(&format!("/api/v1/sites?{query}")).expect(200)["items"].as_array().expect("a page").len()
        };
        let by_keeper = format!("operator={keeper}");
        assert_eq!([found(&scene.officer, &by_keeper), found(&scene.officer, "q=BOOK"), found(&scene.officer, "q=store")], [2, 2, 1]);
        assert_eq!([found(&donor, "q=BOOK"), found(&donor, "q=store")], [0, 1]);
    }

    fn a_reference_that_is_taken_out_of_reach_does_not_say_by_what(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (ours, theirs) = (scene.organization("Ours", "SN"), scene.organization("Theirs", "KE"));
        let offer = |donor: &str, item: &str| json!({"programme": scene.programme, "donor": donor, "reference": "P-1", "offered_at": "2020-07-01",
            "lines": [{"item": item, "quantity": 5}]});
        let held = id_of(&scene.officer.post("/api/v1/pledges", &offer(&theirs, &scene.masks)).expect(201));
        let bound = |organization: &str| scene.house.login_bound(Role::Officer, Some(OrganizationId(organization.parse().expect("an id"))), None);
        let (inside, outside) = (bound(&theirs), bound(&ours));
        let refused = outside.post("/api/v1/pledges", &offer(&ours, &scene.masks));
        refused.refused("duplicate", &["/reference"]);
        assert!(!refused.text.contains(&held) && refused.json().get("holder").is_none(), "{}", refused.text);
        for reader in [&inside, &scene.officer] {
            let told = reader.post("/api/v1/pledges", &offer(&theirs, &scene.masks));
            told.refused("duplicate", &["/reference"]);
            assert_eq!(told.json()["holder"], json!(held));
        }
        let (from, to) = (scene.site("Dakar", "warehouse", "SN"), scene.site("Nairobi", "city", "KE"));
        let open = |consignee: &str| json!({"programme": scene.programme, "reference": "C-1", "consignee": consignee, "origin": from, "destination": to});
        let held = id_of(&scene.officer.post("/api/v1/consignments", &open(&theirs)).expect(201));
        let refused = outside.post("/api/v1/consignments", &open(&ours));
        refused.refused("duplicate", &["/reference"]);
        assert!(!refused.text.contains(&held), "{}", refused.text);
        assert_eq!(inside.post("/api/v1/consignments", &open(&theirs)).json()["holder"], json!(held));
        let load = |carrier: &str| json!({"reference": "L-1", "mode": "road", "from": from, "to": to, "carrier": carrier});
        let held = id_of(&scene.officer.post("/api/v1/loads", &load(&theirs)).expect(201));
        outside.post("/api/v1/loads", &load(&theirs)).refused("invalid", &["/carrier"]);
        let refused = outside.post("/api/v1/loads", &load(&ours));
        refused.refused("duplicate", &["/reference"]);
        assert!(!refused.text.contains(&held), "{}", refused.text);
        assert_eq!(inside.post("/api/v1/loads", &load(&theirs)).json()["holder"], json!(held));
        assert_eq!(outside.get("/api/v1/loads").expect(200)["items"], json!([]));
        assert_eq!(inside.get("/api/v1/loads").expect(200)["items"].as_array().expect("a page").len(), 1);
    }

    fn an_id_that_is_taken_out_of_reach_shows_nothing_of_what_has_it(database: &TestDatabase) {
        let shared = shared(Scene::new(database));
        let scene = &shared.scene;
        let (ours, at) = (scene.organization("Ours", "SN"), scene.site("Dakar", "warehouse", "SN"));
        let to = scene.site("Thies", "city", "SN");
        let outside = scene.house.login_bound(Role::Officer, Some(OrganizationId(ours.parse().expect("an id"))), Some("SN"));
        let line = json!({"item": scene.masks, "quantity": 5, "earmark_country": "SN"});
        let offer = json!({"id": shared.pledges[1], "programme": scene.programme, "donor": ours, "offered_at": "2020-07-01", "lines": [line]});
        let open = json!({"id": shared.consignment, "programme": scene.programme, "consignee": ours, "origin": at, "destination": to});
        let owned = json!({"name": "Our store", "kind": "warehouse", "country": "SN", "operator": ours});
        let store = id_of(&scene.admin.post("/api/v1/sites", &owned).expect(201));
        let stored = super::scene::event(&shared.theirs[0], "stored", "2020-08-01", json!({"site": store}));
        for (path, body) in [("/api/v1/pledges", &offer), ("/api/v1/consignments", &open), ("/api/v1/events", &stored)] {
            let refused = outside.post(path, body);
            refused.refused("id_reused", &["/id"]);
            let told = refused.json();
            let mut found = BTreeSet::new();
            words(&told, &mut found);
            let taken = body["id"].as_str().expect("an id");
            for word in found.iter().flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))) {
                let is_telling = word.len() >= 32 && word != taken;
                assert!(!is_telling, "{path}: {word} in {told:#}");
            }
            assert!(told.get("holder").is_none(), "{told:#}");
        }
    }
}
