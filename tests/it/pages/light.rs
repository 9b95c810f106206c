//! How heavy the first view of a page is: with its style and its scripts, compressed as browsers ask for them, and in how many
//! requests. By a telephone at 400 kbit a second forty kilobytes take a little less than a second.

use std::collections::BTreeSet;
use std::io::Read as _;

use super::made_up::Stage;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, Server, migrate};

/// What a first view may come to: kilobytes in all, kilobytes of scripts, and requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weight {
    bytes: usize,
    script: usize,
    requests: usize,
}

const TRACKING: Weight = Weight { bytes: 25_000, script: 4_000, requests: 4 };
const FRONT: Weight = Weight { bytes: 45_000, script: 6_000, requests: 5 };
const MAP: Weight = Weight { bytes: 60_000, script: 8_000, requests: 5 };
const BOARD: Weight = Weight { bytes: 40_000, script: 16_000, requests: 6 };
const DONOR: Weight = Weight { bytes: 40_000, script: 6_000, requests: 5 };
const FIGURES: Weight = Weight { bytes: 60_000, script: 8_000, requests: 5 };

/// Bytes that a server sends before it waits for the first word of the browser: ten segments, less the heads of an answer.
const FIRST_FLIGHT: usize = 14_000;

/// What a page may come to by its route; nothing where none is promised.
fn promised(route: &str) -> Option<Weight> {
    match route.split('/').nth(1)? {
        "track" => Some(TRACKING),
        "" => Some(FRONT),
        "map" => Some(MAP),
        "board" | "warehouse" => Some(BOARD),
        "donor" | "admin" | "pledge-links" => Some(DONOR),
        "reconciliation" | "manager" => Some(FIGURES),
        _ => None,
    }
}

/// Bytes of an answer as it crosses the wire, without its head.
fn bytes(caller: &Caller, path: &str) -> usize {
    let reply = caller.send("GET", path, &[("Accept-Encoding", "gzip"), ("Accept", "text/html")], None);
    assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "{path}");
    reply.bytes.len()
}

fn weighed(caller: &Caller, path: &str) -> Weight {
    let text = caller.send("GET", path, &[("Accept", "text/html")], None).text;
    // What a phone shows among its apps is no part of a view.
    let named = text.split('"').filter(|part| part.starts_with("/static/") && !part.ends_with(".png"));
    let files: BTreeSet<&str> = named.collect();
    let mut weight = Weight { bytes: bytes(caller, path), script: 0, requests: 1 + files.len() };
    for file in files {
        let size = bytes(caller, file);
        weight.bytes += size;
        if file.ends_with(".js") {
            weight.script += size;
        }
    }
    weight
}

/// What of a view is more than was promised.
fn heavy(weight: Weight, most: Weight) -> Vec<&'static str> {
    let over = [
        (weight.bytes > most.bytes, "bytes"),
        (weight.script > most.script, "bytes of scripts"),
        (weight.requests > most.requests, "requests"),
    ];
    over.into_iter().filter(|(is_over, _)| *is_over).map(|(_, what)| what).collect()
}

on_both_databases! {
    migrate: migrate;

    fn first_views_are_as_light_as_is_promised(database: &TestDatabase) {
        let stage = Stage::on(Scene::new(database), true);
        let mut found = Vec::new();
        let mut looked = 0;
        for (route, caller, path) in stage.pages() {
            let Some(most) = promised(route) else { continue };
            looked += 1;
            let weight = weighed(caller, &path);
            found.extend(heavy(weight, most).into_iter().map(|what| format!("{path}: {what}: {weight:?}")));
        }
        assert!(looked > 20, "{looked}");
        assert_eq!(found, Vec::<String>::new());

        // Heading and figures come before anything else that a browser has to wait for.
        for (path, last) in [("/", "</ul>\n<section class=\"screen\">"), ("/map", "<select"), ("/donor", "<h2")] {
            let (_, caller, path) = stage.pages().into_iter().find(|(route, ..)| *route == path).expect("a page");
            let text = caller.send("GET", &path, &[("Accept", "text/html")], None).text;
            let end = text.find(last).unwrap_or_else(|| panic!("{path} has no {last}: {text}"));
            assert!(end < FIRST_FLIGHT, "{path}: {end} bytes come before its figures are there");
            assert!(text.find("<svg").is_none_or(|drawing| end < drawing), "{path}: a drawing comes first");
        }
    }

    fn pages_and_files_are_packed_for_whoever_unpacks_them_and_likes_that(database: &TestDatabase) {
        let server = Server::start(database);
        let stranger = server.stranger();
        let plain = stranger.get("/track");
        let style = plain.text.split('"').find(|part| part.ends_with(".css")).expect("a style").to_owned();
        for path in ["/track", &style] {
            let plain = stranger.get(path).bytes;
            for (accepted, is_packed) in ACCEPTED {
                let reply = stranger.send("GET", path, &[("Accept-Encoding", accepted)], None);
                assert_eq!((reply.status, said(&reply, "content-encoding").contains(&"gzip")), (200, is_packed), "{path}: {accepted}");
                let text = if is_packed { unpacked(&reply.bytes) } else { reply.bytes.clone() };
                assert!(text == plain, "{path}: {accepted}: another text");
                let apart = said(&reply, "vary").iter().filter(|one| one.eq_ignore_ascii_case("accept-encoding")).count();
                assert!(apart <= 1 && (apart == 1 || !is_packed), "{path}: {accepted}: {apart}");
                assert_eq!(said(&reply, "content-length"), [reply.bytes.len().to_string()], "{path}: {accepted}");
            }
            let head = stranger.send("HEAD", path, &[("Accept-Encoding", "gzip")], None);
            assert_eq!((head.status, head.bytes.len(), said(&head, "content-encoding")), (200, 0, vec!["gzip"]), "{path}");
        }
    }
}

/// What is asked for, and whether an answer comes packed.
const ACCEPTED: [(&str, bool); 9] = [
    ("gzip", true),
    ("gzip, deflate, br, zstd", true),
    ("br, gzip;q=0.5", true),
    ("gzip;q=0.8, identity;q=0.5", true),
    ("identity, gzip;q=0.1", false),
    ("gzip;q=0", false),
    ("identity", false),
    ("br", false),
    ("*", false),
];

/// What an answer says under a name, each time it does.
fn said<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
    reply.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).expect("it is packed by gzip");
    text
}

#[test]
fn a_view_that_is_too_heavy_is_noticed() {
    assert_eq!(heavy(BOARD, BOARD), Vec::<&str>::new(), "as much as is promised is no more");
    assert_eq!(heavy(Weight { bytes: BOARD.bytes + 1, ..BOARD }, BOARD), ["bytes"]);
    assert_eq!(heavy(Weight { script: BOARD.script + 1, ..BOARD }, BOARD), ["bytes of scripts"]);
    assert_eq!(heavy(Weight { requests: BOARD.requests + 1, ..BOARD }, BOARD), ["requests"]);
}
