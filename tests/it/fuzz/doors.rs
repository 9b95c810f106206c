//! The same over HTTP: whatever a stranger or a user sends, the answer is an answer, and never that something went wrong here.
//!
//! Some readers are within a room and are reached by no other way: filled count sheets, files of loggers, tables of populations.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use relief_ledger::web::SESSION_COOKIE;
use serde_json::json;

use super::{is_long, nearly};
use crate::captures::{document, masks, seen as saw};
use crate::papers::files::{photo, png};
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::server::{Caller, Server, migrate};

/// Requests in an ordinary run, and in a long one, which is over before the sessions are.
const REQUESTS: [u32; 2] = [1_000, 10_000];

/// A request of which one part is changed.
#[derive(Clone, Debug)]
struct Door {
    method: &'static str,
    path: String,
    media: &'static str,
    sample: Vec<u8>,
}

fn door(
    method: &'static str,
    path: impl Into<String>,
    media: &'static str,
    sample: impl Into<Vec<u8>>,
) -> Door {
    Door { method, path: path.into(), media, sample: sample.into() }
}

const JSON: &str = "application/json";

/// Every kind of body that is read here.
fn bodies(scene: &Scene, site: &str) -> Vec<Door> {
    let item = scene.masks.clone();
    let query = format!("device=L-1&site={site}&item={item}");
    let ring = "[[-16.5,13.2],[-16.4,13.2],[-16.4,13.3],[-16.5,13.3],[-16.5,13.2]]";
    let areas = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"ADM1_PCODE\":\"GM01\"}},\
         \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{ring}]}}}}]}}"
    );
    let donor = scene.organization("Guangdong Province", "CN");
    scene.in_store(&donor, site, 100);
    let sheet = scene.officer.post("/api/v1/count-sheets", &json!({"site": site})).expect(201);
    let sheet = format!("/api/v1/count-sheets/{}/table", sheet["id"].as_str().expect("an id"));
    let counted = scene.officer.get(&sheet);
    assert_eq!(counted.status, 200, "{}", counted.text);
    let event = json!({"id": crate::stories::scene::id(), "kind": "collected", "occurred_at": "2020-07-03", "pledge": site,
        "site": site, "lines": [{"item": item, "quantity": 5}]});
    vec![
        door("POST", "/api/v1/events", JSON, event.to_string()),
        door("POST", "/api/v1/events/batch", JSON, json!({"events": [event]}).to_string()),
        door(
            "POST",
            "/api/v1/organizations",
            JSON,
            "{\"name\":\"Hainan\",\"country\":\"CN\",\"donor\":true}",
        ),
        door("POST", "/api/v1/totals/within", JSON, "{\"center\":[13.4,-16.5],\"radius_m\":1000}"),
        door(
            "POST",
            format!("/api/v1/readings/table?{query}"),
            "text/csv",
            "time,celsius\n2020-08-06T12:30:00Z,4.5\n",
        ),
        door(
            "POST",
            "/api/v1/populations/table?year=2024&source=COD&source_version=1&level=1",
            "text/csv",
            "ADM1_PCODE,T_TL\n#adm1+code,#population\nGM01,1000\n",
        ),
        door(
            "POST",
            "/api/v1/needs/import?mapping=needs&dry_run=true",
            "text/csv",
            "Reference,Programme,Item,Quantity,Needed by,Source\nN1,P,I,5,2020-08-06,a list\n",
        ),
        door(
            "POST",
            "/api/v1/headcounts/import?mapping=hxl-345w-honduras&dry_run=true",
            "text/csv",
            "ID,FECHA DE INICIO\n#id,#date+start\n1,01/02/2021\n",
        ),
        door(
            "POST",
            "/api/v1/boundaries?country=GM&name=fed&level=1&source=nobody",
            "application/geo+json",
            areas,
        ),
        door("POST", sheet, "text/csv", counted.text),
        door(
            "POST",
            "/api/v1/epcis/capture",
            JSON,
            document(&[saw("shipping", "2020-08-01T00:00:00Z", json!({"quantityList": masks(5)}))])
                .to_string(),
        ),
        door(
            "POST",
            "/api/v1/imports?kind=organizations&dry_run=true",
            "text/csv",
            "reference,name,country,donor\nWAHO,West African Health Organisation,BF,no\n",
        ),
        door("POST", "/board/post", "multipart/form-data; boundary=edge", form_with_photo()),
        door("POST", "/api/v1/attachments", "image/jpeg", photo(1)),
        door("POST", "/api/v1/attachments", "image/png", png()),
        door(
            "POST",
            "/api/v1/auth/login",
            JSON,
            "{\"login\":\"amina\",\"password\":\"long enough for anybody\"}",
        ),
        door("POST", "/api/v1/auth/refresh", JSON, "{\"refresh_token\":\"rt_AAAA\"}"),
        door("POST", "/api/v1/tracking/7KQ2-M9XD-4TRF/mail", JSON, "{\"address\":\"amina@example.org\"}"),
    ]
}

/// Bodies of what goes with goods, of what is kept cold, of mappings, and of whoever is told.
fn further(scene: &Scene, site: &str) -> Vec<Door> {
    let item = scene.masks.clone();
    let (city, end) = (scene.organization("Serekunda", "GM"), scene.site("Serekunda", "city", "GM"));
    let (consignment, leg) = scene.planned(&city, &[site, &end]);
    let of = |what: &str| format!("/api/v1/consignments/{consignment}/{what}");
    let post = |path: String, body: serde_json::Value| door("POST", path, JSON, body.to_string());
    let mapping = "name = \"ours\"\ntitle = \"Ours\"\n[sheet]\nkind = \"items\"\n[columns]\ncode = \"No.\"\n";
    let reading = json!({"at": "2020-08-06T12:30:00Z", "centi_celsius": 450});
    vec![
        post(
            of("packages"),
            json!({"packages": [{"mark": "A", "gross_weight_g": 600, "volume_cm3": 1_000}]}),
        ),
        post(of("freight"), json!({"leg": leg, "how": "paid", "cost": {"minor": 1_200, "currency": "USD"}})),
        post(of("green-light"), json!({"state": "given", "on": "2020-07-30", "note": "letter 12"})),
        post(
            of("customs"),
            json!({"country": "GM", "document": "permit", "state": "asked", "on": "2020-07-30"}),
        ),
        post("/api/v1/countries/GM/customs".into(), json!({"documents": [{"document": "permit"}]})),
        post(
            "/api/v1/kits".into(),
            json!({"code": "K", "name": "Kit", "components": [{"item": item, "quantity": 2}]}),
        ),
        post(
            "/api/v1/readings".into(),
            json!({"device": "L-2", "site": site, "item": item, "readings": [reading]}),
        ),
        post(format!("/api/v1/sites/{site}/storage"), json!({"classes": ["ambient"]})),
        post("/api/v1/mappings".into(), json!({"rows": [{"text": mapping}]})),
        post(
            "/api/v1/needs".into(),
            json!({"programme": scene.programme, "item": item, "site": site, "quantity": 5,
            "needed_by": "2030-01-31", "source": "a list"}),
        ),
        // Nobody is told: it is of this machine, and waits besides.
        post(
            "/api/v1/webhooks".into(),
            json!({"url": "https://127.0.0.1/relief", "kinds": ["collected"], "paused": true}),
        ),
        post(
            "/api/v1/mailings".into(),
            json!({"about": "digest", "address": "amina@example.org", "days": 1}),
        ),
    ]
}

/// A form with a photo in it, as a browser sends it.
fn form_with_photo() -> Vec<u8> {
    let field = "--edge\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n7KQ2-M9XD-4TRF\r\n";
    let head = "--edge\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"note.png\"\r\nContent-Type: image/png\r\n\r\n";
    [field.as_bytes(), head.as_bytes(), &png(), b"\r\n--edge--\r\n"].concat()
}

/// Headers that are read, each with a request that reads it.
fn headers(scene: &Scene) -> Vec<Door> {
    let organization = format!("/api/v1/organizations/{}", scene.organization("Hainan", "CN"));
    let cookie = format!("a=b; {SESSION_COOKIE}=st_AAAA; c=\"d\"");
    vec![
        door("GET", "/api/v1/auth/me", "Cookie", cookie.clone()),
        door("GET", "/board", "Cookie", cookie),
        door("GET", "/api/v1/auth/me", "Authorization", "Bearer relief_abcdefgh_AAAA"),
        door("GET", "/", "Accept-Language", "fr-CH, en;q=0.8, *;q=0.1"),
        door("GET", "/nowhere", "Accept", "text/html;q=0.9, */*"),
        door("PATCH", organization.clone(), "If-Match", "\"3\""),
        door("GET", organization, "If-None-Match", "W/\"1\""),
        door("GET", "/api/v1/events/stream?follow=false", "Last-Event-ID", "5"),
        door("GET", "/api/v1/totals", "Relief-At-Least", "4711"),
        door("GET", "/api/v1/auth/me", "Relief-User", "01900000-0000-7000-8000-000000000001"),
        door("GET", "/api/v1/auth/me", "Origin", "https://relief.example.org"),
        door("POST", "/api/v1/epcis/capture", "GS1-Capture-Error-Behaviour", "proceed"),
        door("POST", "/api/v1/epcis/capture", "GS1-EPCIS-Version", "2.0.0"),
        door("POST", "/api/v1/organizations", "Content-Encoding", "gzip"),
        door("POST", "/board/post", "Content-Type", "multipart/form-data; boundary=\"edge\""),
    ]
}

/// Paths of which what stands behind `=` or the last `/` is changed.
fn paths() -> Vec<Door> {
    [
        "/api/v1/tracking/7KQ2-M9XD-4TRF",
        "/api/v1/pledges/01900000-0000-7000-8000-000000000001",
        "/api/v1/events?after=eyJhIjoxfQ",
        "/api/v1/organizations?limit=5",
        "/api/v1/totals?group_by=country,item",
        "/api/v1/totals?known_at=4711",
        "/api/v1/reach?area=GM",
        "/api/v1/exports/csv?from=2020-06-01",
        "/api/v1/audit/entries?after=5",
        "/tile/0/000",
        "/api/v1/events/stream?follow=false&after=0",
        "/api/v1/lots/expiring?within=3m",
        "/api/v1/lots/recalled?as_of=2020-08-06",
        "/api/v1/handling-units?sscc=003700000000000014",
        "/api/v1/approvals?state=proposed",
        "/api/v1/arrivals?state=late",
        "/api/v1/epcis/captured?state=waiting",
        "/api/v1/readings?excursions=true",
        "/api/v1/reconciliation?group_by=item",
        "/api/v1/gaps?area=GM",
        "/api/v1/needs?after=eyJhIjoxfQ",
        "/api/v1/areas/at?latitude=13.4&longitude=-16.5",
        "/api/v1/imports/templates/items.xlsx",
        "/mail/01900000-0000-7000-8000-000000000001/AAAA",
        "/confirm/AAAA",
    ]
    .map(|path| {
        let at = path.rfind(['=', '/']).map_or(path.len(), |at| at + 1);
        door("GET", &path[..at], "", &path.as_bytes()[at..])
    })
    .to_vec()
}

/// As it can stand in a path or a header: each byte that cannot is written as its number.
fn encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(4_000)
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' | b'=' | b'&' => {
                char::from(*byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Sends a request; answers its status.
fn send(caller: &Caller, door: &Door, changed: &[u8]) -> u16 {
    if door.method == "GET" {
        return caller.get(&format!("{}{}", door.path, encoded(changed))).status;
    }
    caller.upload(&door.path, door.media, changed).status
}

/// Sends many; says which went wrong here.
fn sent(doors: Vec<Door>, cases: u32, answer: impl Fn(&Door, &[u8]) -> u16) -> Result<(), String> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let mut runner = if is_long() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let requests = select(doors).prop_flat_map(|door| (Just(door.clone()), nearly(vec![door.sample])));
    let done = runner.run(&requests, |(door, changed)| {
        let status = answer(&door, &changed);
        prop_assert!(status < 500 || status == 503, "{} {} was answered {status}", door.method, door.path);
        Ok(())
    });
    done.map_err(|error| error.to_string())
}

#[test]
fn no_request_is_answered_that_something_went_wrong_here() {
    let database = TestDatabase::sqlite(migrate);
    // Whoever tries so many passwords waits ten seconds for each, and longer than a session lasts for all of them.
    let house = Server::start_with(&database, |settings| settings.throttle = None);
    let scene = Scene::on(house, &database);
    let site = scene.site("Banjul", "warehouse", "GM");
    let doors = [bodies(&scene, &site), further(&scene, &site), paths()].concat();
    let count = Cell::new(0_usize);
    let callers = [&scene.manager, &scene.officer, &scene.admin];
    let fed = sent(doors.clone(), REQUESTS[usize::from(is_long())], |door, changed| {
        count.set(count.get() + 1);
        send(callers[count.get() % callers.len()], door, changed)
    });
    assert_eq!(fed, Ok(()));
    assert_eq!(scene.officer.get("/health/live").status, 200);
    for caller in callers {
        assert_eq!(caller.get("/api/v1/auth/me").status, 200, "until the end they were let in, and read");
    }
    // The twin: a server that fails where a body has a certain letter, as one does that takes it for a place in a text.
    let twin = sent(doors, REQUESTS[0], |_, changed| if changed.contains(&0xC3) { 500 } else { 200 });
    assert!(twin.is_err());
}

#[test]
fn no_header_is_answered_that_something_went_wrong_here() {
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    let doors = headers(&scene);
    let stranger = scene.house.stranger();
    let fed = sent(doors, REQUESTS[usize::from(is_long())] / 2, |door, changed| {
        // What is no letter of a header is refused with the head, before anybody reads a value.
        let is_letter = |one: &char| one.is_ascii_graphic() || *one == ' ';
        let text: String = String::from_utf8_lossy(changed).chars().filter(is_letter).take(4_000).collect();
        let says_who = ["Cookie", "Authorization"].contains(&door.media);
        let caller = match (says_who, door.method) {
            (true, _) => &stranger,
            (false, "PATCH") => &scene.admin,
            (false, _) => &scene.officer,
        };
        let mut headers = vec![(door.media, text.trim())];
        if door.method != "GET" && door.media != "Content-Type" {
            headers.push(("Content-Type", JSON));
        }
        let body = (door.method != "GET").then_some("{\"name\":\"Hainan\"}");
        let status = caller.send(door.method, &door.path, &headers, body).status;
        assert!(status != 200 || !says_who || door.path == "/board", "{text}");
        status
    });
    assert_eq!(fed, Ok(()));
    assert_eq!(scene.officer.get("/health/live").status, 200);
}

#[test]
fn no_token_is_answered_that_something_went_wrong_here() {
    let database = TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    let token = scene.officer.token.clone().expect("a token");
    let key = "relief_abcdefgh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let doors = [token.as_str(), key].map(|token| door("GET", "/api/v1/auth/me", "", token)).to_vec();
    let fed = sent(doors, REQUESTS[0] / 2, |door, changed| {
        // What is no letter of a header would be refused with the head, before anybody reads a token.
        let text: String =
            String::from_utf8_lossy(changed).chars().filter(char::is_ascii_graphic).take(4_000).collect();
        let caller = Caller { token: Some(text.clone()), ..scene.house.stranger() };
        let status = caller.get(&door.path).status;
        assert!(status != 200 || text == token, "{text}");
        status
    });
    assert_eq!(fed, Ok(()));
}
