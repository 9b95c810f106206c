//! What anybody may open in a browser: the front page, the map, tracking, and confirming receipt.

mod confirmed;
mod drawn;
mod equal;
mod met;
mod tracked;

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// Compressed bytes of the front page with its map and of the map, without style and script; and of a tracking page with all it
/// needs.
const FRONT_BYTES: usize = 45_000;
const MAP_BYTES: usize = 60_000;
pub const TRACK_BYTES: usize = 25_000;

/// Opens a page and checks what holds of every page.
#[track_caller]
pub fn page(caller: &Caller, path: &str, status: u16) -> String {
    sound(caller.send("GET", path, &[("Accept", "text/html")], None), path, status)
}

/// The text of a page whose markup keeps what every page promises.
#[track_caller]
pub fn sound(reply: Reply, path: &str, status: u16) -> String {
    assert_eq!(reply.status, status, "{path}: {}", reply.text);
    assert_eq!(faults(&reply.text), Vec::<&str>::new(), "{path}: {}", reply.text);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{path}");
    reply.text
}

/// What is wrong with the markup of a page.
fn faults(text: &str) -> Vec<&'static str> {
    let count = |what: &str| text.matches(what).count();
    let mut found = Vec::new();
    let mut check = |is_wrong: bool, what: &'static str| {
        if is_wrong {
            found.push(what);
        }
    };
    check(count("<h1") != 1, "one heading");
    check(count("<main ") != 1, "one main part");
    check(!text.contains("<html lang=\""), "a language");
    check(!text.contains(" dir=\""), "a direction");
    check(text.contains(" style="), "no style in attributes");
    check(text.contains("<script>"), "no script in the page");
    check(count("<input") > count("<label") + count("type=\"hidden\""), "a label for each field");
    found
}

/// Sends a form as a page of this server does.
pub fn send_form(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> Reply {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let origin = format!("http://{}", caller.address);
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
    caller.send("POST", path, &headers, Some(&body.finish()))
}

/// Sends the same page compressed, as browsers ask for it, and says how many bytes that is.
fn weight(caller: &Caller, path: &str) -> usize {
    let reply = caller.send("GET", path, &[("Accept-Encoding", "gzip"), ("Accept", "text/html")], None);
    assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "{path}");
    reply.bytes.len()
}

/// A thousand masks under way from Beijing to Banjul.
pub struct Gift {
    pub scene: Scene,
    pub beijing: String,
    pub banjul: String,
    pub city: String,
    pub consignment: Value,
}

impl Gift {
    pub fn under_way(scene: Scene) -> Self {
        let donor = scene.organization("Shenzhen Federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site_at("Beijing warehouse", "warehouse", "CN", (39.9, 116.4));
        let banjul = scene.site_at("Banjul town hall", "city", "GM", (13.4531, -16.5775));
        scene.in_store(&donor, &beijing, 1_000);
        let consignment = scene.consignment(&city, &[&beijing, &banjul]);
        let allocated =
            json!({"consignment": consignment["id"], "site": beijing, "lines": [scene.line(1_000)]});
        scene.post(&scene.officer, "allocated", "2020-08-10", allocated).expect(201);
        let departed = json!({"consignment": consignment["id"], "leg": consignment["leg_ids"][0]});
        scene.post(&scene.officer, "departed", "2020-08-20", departed).expect(201);
        Self { scene, beijing, banjul, city, consignment }
    }

    pub fn code(&self) -> &str {
        self.consignment["tracking_code"].as_str().expect("a code")
    }

    fn received(&self) {
        let received = json!({"consignment": self.consignment["id"], "leg": self.consignment["leg_ids"][0], "final": true,
            "lines": [{"item": self.scene.masks, "good": 1_000}]});
        self.scene.post(&self.scene.receiver, "received", "2020-08-22", received).expect(201);
    }

    pub fn published(&self, is_published: bool) -> Value {
        let path = format!("/api/v1/programmes/{}", self.scene.programme);
        let revision = self.scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        self.scene.manager.patch(&path, revision, &json!({"published": is_published})).expect(200)
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_programme_is_for_everybody_to_read_once_somebody_publishes_it(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        gift.received();
        let stranger = gift.scene.house.stranger();
        for path in ["/", "/map", "/map/GM"] {
            let empty = page(&stranger, path, 200);
            assert!(empty.contains("No programme published.") && !empty.contains("1,000"), "{path}: {empty}");
            assert!(empty.contains("<path class=\"land\"") && !empty.contains("class=\"known\""), "{path}: {empty}");
        }
        assert_eq!(stranger.get("/api/v1/highlights").status, 404);

        gift.published(true);
        let figures = stranger.get("/api/v1/highlights").expect(200);
        assert_eq!((&figures["deployed"], &figures["countries"], &figures["donors"]), (&json!(1_000), &json!(1), &json!(1)));
        assert_eq!(figures["by_country"][0]["code"], "GM");
        let front = page(&stranger, "/", 200);
        let map_at = front.find("<svg").expect("a map");
        let figure_at = front.find("<span class=\"value\">1,000</span>").expect("the figure");
        assert!(front.find("<h1").is_some_and(|heading| heading < figure_at) && figure_at < map_at, "figures come first");
        assert!(front.contains("href=\"/map/GM\"") && !front.contains("Shenzhen"), "{front}");
        let data = front.split("href=\"").find(|part| part.starts_with("/api/v1/highlights?")).expect("the same as data");
        let data = data.split('"').next().expect("its end").replace("&#38;", "&");
        let same = stranger.get(&data).expect(200);
        assert_eq!((&same["deployed"], &same["sequence"]), (&figures["deployed"], &figures["sequence"]), "{data}");
        assert!(front.contains("id=\"print\" hidden") && front.contains("<details open><summary>What the signs mean"), "{front}");
        let corridor = "Beijing warehouse → Banjul town hall</th><td class=\"number\" data-label=\"Quantity\">1,000";
        assert!(front.contains(corridor), "what is drawn is told in a table too: {front}");
        let map = page(&stranger, "/map", 200);
        assert!(map.contains("<th scope=\"row\">Banjul town hall</th>"), "so are sites: {map}");
        assert!(map.contains("class=\"count\"") && map.contains("class=\"corridor\""), "{map}");
        assert!(map.contains("do not imply official endorsement"));
        assert!(map.contains("<a href=\"/map/GM\" tabindex=\"-1\" aria-hidden=\"true\"><circle"), "circles lead where land does: {map}");
        assert!(!map.contains("/map/AQ") && !map.contains("/map/FR\""), "only countries with data are links");
        assert!(page(&stranger, "/map/GM", 200).contains("Banjul"));
        let rates = page(&stranger, "/map?measure=people-rate", 200);
        assert!(rates.contains("<pattern id=\"no-data\"") && !map.contains("<pattern"), "{rates}");
        assert!(rates.contains("Above 0, below 1") && !rates.contains("class=\"count\""), "{rates}");
        let past = page(&stranger, "/map?as_of=2020-08-01", 200);
        assert!(!past.contains("class=\"count\""), "nothing had arrived by then: {past}");

        gift.published(false);
        assert_eq!(stranger.get("/api/v1/highlights").status, 404);
    }

    fn a_sensitive_programme_is_never_published(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let stranger = gift.scene.house.stranger();
        let published = gift.published(true);
        assert!(published["published_at"].is_string(), "{published}");
        let path = format!("/api/v1/programmes/{}", gift.scene.programme);
        let change = |body: Value| {
            let revision = gift.scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
            gift.scene.manager.patch(&path, revision, &body)
        };
        let hidden = change(json!({"sensitive": true})).expect(200);
        assert_eq!(hidden["published_at"], Value::Null, "{hidden}");
        assert_eq!(stranger.get("/api/v1/highlights").status, 404);
        change(json!({"published": true})).refused("invalid", &["/published"]);
        change(json!({"published": true, "sensitive": false})).expect(200);
        assert_eq!(stranger.get("/api/v1/highlights").status, 200);
    }

    fn a_manager_publishes_on_a_page_and_takes_it_back(database: &TestDatabase) {
        let scene = Scene::new(database);
        let stranger = scene.house.stranger();
        assert!(page(&scene.manager, "/", 200).contains("href=\"/publish\""));
        let list = page(&scene.manager, "/publish", 200);
        assert!(list.contains("Cities Project") && list.contains("Not published"), "{list}");
        page(&scene.officer, "/publish", 403);
        let path = format!("/publish/{}", scene.programme);
        let fields = [("revision", "1"), ("published", "true")];
        assert_eq!(send_form(&scene.manager, &path, &fields).status, 303);
        assert!(page(&scene.manager, "/publish", 200).contains("Published since"));
        let figures = stranger.get("/api/v1/highlights").expect(200);
        assert_eq!((&figures["deployed"], &figures["programme"]["code"]), (&json!(0), &json!("CITIES")));
        assert!(page(&stranger, "/", 200).contains("Nothing has been handed over yet."));
        assert_eq!(send_form(&scene.manager, &path, &fields).status, 412, "somebody changed it meanwhile");
        assert_eq!(send_form(&scene.manager, &path, &[("revision", "2"), ("published", "false")]).status, 303);
        assert_eq!(stranger.get("/api/v1/highlights").status, 404);
    }

    fn what_others_reported_stands_beside_what_is_computed(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        gift.received();
        gift.published(true);
        let path = format!("/api/v1/programmes/{}/reported-figures", gift.scene.programme);
        let before = gift.scene.log_size();
        for (figure, value, qualifier, unit) in [
            ("masks deployed", 1_094, json!("over"), "masks"),
            ("countries benefiting", 22, Value::Null, "countries"),
            ("webinars organised", 41, Value::Null, "webinars"),
        ] {
            let body = json!({"section": "Mutual support", "figure": figure, "value": value, "qualifier": qualifier,
                "unit": unit, "as_of": "2021-01-31", "source": "Highlights"});
            gift.scene.manager.post(&path, &body).expect(201);
        }
        let stranger = gift.scene.house.stranger();
        let figures = stranger.get("/api/v1/highlights").expect(200);
        let reported = figures["reported"][0]["figures"].as_array().expect("figures").clone();
        let of = |name: &str| {
            reported.iter().find(|one| one["figure"] == name).map(|one| one["computed"].clone()).expect("it is there")
        };
        let masks = of("masks deployed");
        assert_eq!((&masks["value"], &masks["difference"]), (&json!(1_000), &json!(94)));
        assert_eq!(masks["items"], json!(["Surgical masks"]));
        assert_eq!(of("countries benefiting")["difference"], 21);
        assert_eq!(of("webinars organised"), Value::Null, "nothing here counts webinars");
        let earlier = stranger.get("/api/v1/highlights?as_of=2020-12-31").expect(200);
        assert_eq!(earlier["reported"], json!([]), "nobody had reported anything for a day until then");
        let then = stranger.get(&format!("/api/v1/highlights?known_at={before}")).expect(200);
        assert_eq!((&then["deployed"], &then["reported"]), (&json!(1_000), &json!([])), "nothing was reported yet: {then}");
        let front = page(&stranger, "/", 200);
        for words in ["over 1,094", "Surgical masks", "Not counted here", "webinars organised"] {
            assert!(front.contains(words), "{words}: {front}");
        }
    }

    fn public_pages_are_light_and_speak_six_languages(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        gift.received();
        gift.published(true);
        let stranger = gift.scene.house.stranger();
        let (front, map) = (weight(&stranger, "/"), weight(&stranger, "/map"));
        assert!(front < FRONT_BYTES && map < MAP_BYTES, "{front} and {map} bytes");
        for (language, direction, words) in [
            ("fr", "ltr", "Gambie"),
            ("es", "ltr", "Gambia"),
            ("ru", "ltr", "Гамбия"),
            ("zh", "ltr", "冈比亚"),
            ("ar", "rtl", "غامبيا"),
        ] {
            let reply = stranger.send("GET", "/map", &[("Accept-Language", language)], None);
            let text = sound(reply, language, 200);
            assert!(text.contains(&format!("<html lang=\"{language}\" dir=\"{direction}\"")), "{text}");
            assert!(text.contains(words), "{language}: {text}");
        }
    }

    fn what_is_nowhere_is_told_by_a_page_to_browsers_and_as_ever_to_programs(database: &TestDatabase) {
        let scene = Scene::new(database);
        let stranger = scene.house.stranger();
        assert!(page(&stranger, "/nowhere", 404).contains("Nothing is here for you"));
        assert_eq!(stranger.get("/nowhere").problem().1, "not_found");
        let program = stranger.send("GET", "/api/v1/nowhere", &[("Accept", "text/html")], None);
        assert_eq!(program.problem().1, "not_found");
    }
}

#[test]
fn markup_that_breaks_a_promise_is_caught() {
    let good = "<html lang=\"en\" dir=\"ltr\"><main id=\"content\"><h1>A</h1></main></html>";
    assert_eq!(faults(good), Vec::<&str>::new());
    assert_eq!(faults(&good.replace("<h1>A</h1>", "<h2>A</h2>")), ["one heading"]);
    assert_eq!(faults(&good.replace("<h1>", "<h1 style=\"color:red\">")), ["no style in attributes"]);
    assert_eq!(faults(&good.replace("<h1>", "<input><h1>")), ["a label for each field"]);
    assert_eq!(faults(&good.replace("</main>", "<script>1</script></main>")), ["no script in the page"]);
}
