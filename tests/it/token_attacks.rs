//! Attacks on tokens: a table of them, each sent to a sample of every kind of route, none of which may take one.
//!
//! The same harness sends a valid token the same way, which every route takes; and it catches two servers that verify
//! as some have: one that reads what a token says without its signature, one that goes by the `alg` of the token.

mod forge;
mod keys;

use std::collections::BTreeSet;
use std::net::TcpListener;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relief_ledger::auth::Role;
use relief_ledger::core::id::UserId;
use serde_json::{Value, json};

use self::forge::{Attack, Forge, Sent, attacks};
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, on_both_databases};

/// One route of a kind, as an administrator could call it.
struct Sample {
    method: &'static str,
    path: String,
    headers: &'static [(&'static str, &'static str)],
    body: Option<String>,
}

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const EDIT: &[(&str, &str)] = &[("Content-Type", "application/json"), ("If-Match", "\"1\"")];

/// A list, one thing, an addition, an edit, a batch, figures, the log, the own session, an export, and an end.
fn samples(user: UserId) -> Vec<Sample> {
    let sample = |method, path: String, headers, body: Option<Value>| Sample {
        method,
        path,
        headers,
        body: body.map(|body| body.to_string()),
    };
    vec![
        sample("GET", "/api/v1/users?limit=1".into(), &[], None),
        sample("GET", format!("/api/v1/users/{user}"), &[], None),
        sample(
            "POST",
            "/api/v1/organizations".into(),
            JSON,
            Some(json!({"name": "Taken in", "carrier": true})),
        ),
        sample("PATCH", format!("/api/v1/users/{user}"), EDIT, Some(json!({"name": "Altered"}))),
        sample("POST", "/api/v1/events/batch".into(), JSON, Some(json!({"events": []}))),
        sample("GET", "/api/v1/totals?group_by=country".into(), &[], None),
        sample("GET", "/api/v1/audit/entries".into(), &[], None),
        sample("GET", "/api/v1/auth/me".into(), &[], None),
        sample("GET", "/api/v1/access-review?format=csv".into(), &[], None),
        sample("DELETE", format!("/api/v1/users/{user}/sessions"), &[], None),
    ]
}

/// Sends a sample with what an attacker has; answers the status.
fn send(stranger: &Caller, sample: &Sample, sent: &Sent) -> u16 {
    let mut headers: Vec<(&str, &str)> = sample.headers.to_vec();
    let mut path = sample.path.clone();
    let bearer;
    match sent {
        Sent::Bearer(token) => {
            bearer = format!("Bearer {token}");
            headers.push(("Authorization", &bearer));
        }
        Sent::Headers(more) => headers.extend(more.iter().map(|(name, value)| (*name, value.as_str()))),
        Sent::Query(token) => {
            let joint = if path.contains('?') { '&' } else { '?' };
            path.push_str(&format!("{joint}access_token={token}"));
        }
    }
    stranger.send(sample.method, &path, &headers, sample.body.as_deref()).status
}

/// The routes that took something from an attacker: whatever is answered but 401 was believed. Where a token is good
/// and only its user may do less than before, whatever is done was.
fn believed(stranger: &Caller, samples: &[Sample], attack: &Attack) -> Vec<String> {
    let is_believed = |status: u16| match attack.is_known {
        false => status != 401,
        true => (200..300).contains(&status),
    };
    let mut found = Vec::new();
    // What everybody may, or an officer, is no sign of a right that was taken away.
    let for_all = ["/auth/me", "/totals", "/events/batch"];
    let says_nothing =
        |sample: &&Sample| attack.is_known && for_all.iter().any(|path| sample.path.contains(path));
    for sample in samples.iter().filter(|sample| !says_nothing(sample)) {
        let status = send(stranger, sample, &attack.sent);
        if is_believed(status) {
            found.push(format!("{}: {} {} answered {status}", attack.name, sample.method, sample.path));
        }
    }
    found
}

on_both_databases! {
    migrate: migrate;

    fn no_attack_on_a_token_is_believed_by_any_kind_of_route(database: &TestDatabase) {
        let server = Server::start(database);
        let forge = Forge::new(&server, database);
        let target = server.login_as(Role::Officer).user.unwrap();
        let (stranger, samples) = (server.stranger(), samples(target));

        let mut table = attacks(&forge);
        table.extend(keys::attacks(&server, database));
        let names: BTreeSet<&str> = table.iter().map(|attack| attack.name.as_str()).collect();
        assert_eq!(names.len(), table.len(), "an attack stands twice");
        assert!(table.len() >= 60, "{} attacks", table.len());
        let (caller, routes) = (&stranger, &samples);
        let tried = |part: &[Attack]| -> Vec<String> {
            part.iter().flat_map(|attack| believed(caller, routes, attack)).collect()
        };
        let found: Vec<String> = std::thread::scope(|scope| {
            let parts = table.chunks(table.len().div_ceil(8)).map(|part| scope.spawn(move || tried(part)));
            let parts: Vec<_> = parts.collect();
            parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
        });
        assert_eq!(found, Vec::<String>::new());
        println!("{} attacks on {} routes: 0 believed", table.len(), samples.len());

        // The twin: a token made by the same forge without a fault is believed by all of them.
        let valid = Attack { name: "valid".into(), sent: Sent::Bearer(forge.valid()), is_known: false };
        assert_eq!(believed(&stranger, &samples, &valid).len(), samples.len());
        let statuses: Vec<u16> = samples.iter().map(|sample| send(&stranger, sample, &valid.sent)).collect();
        assert_eq!(statuses, [200, 200, 201, 412, 403, 403, 403, 200, 200, 200]);
    }
}

/// What a careless server makes of a bearer token.
type Belief = fn(&str) -> bool;

/// Whatever can be read is believed.
fn believes_what_it_says(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Value> = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    claims.is_some_and(|claims| claims["sub"].is_string())
}

/// A token without a signature is believed where it says itself that it has none.
fn believes_none(token: &str) -> bool {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Option<Value> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    header.is_some_and(|header| header["alg"].as_str().is_some_and(|alg| alg.eq_ignore_ascii_case("none")))
}

/// Serves a careless server for as long as the test's process lives.
fn careless(belief: Belief) -> Caller {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        let answer = move |request: HttpRequest| async move {
            let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            let token = header.and_then(|header| header.strip_prefix("Bearer ")).map(str::to_owned);
            match token.is_some_and(|token| belief(&token)) {
                true => HttpResponse::Ok().finish(),
                false => HttpResponse::Unauthorized().finish(),
            }
        };
        let app = move || App::new().default_service(web::to(answer));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("it listens");
        actix_web::rt::System::new().block_on(server.run()).expect("it serves");
    });
    Caller { address, token: None, user: None }
}

#[test]
fn careless_servers_are_caught_by_the_same_attacks() {
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    let forge = Forge::new(&server, &database);
    let samples = samples(server.login_as(Role::Officer).user.unwrap());
    let table = attacks(&forge);
    let caught = |belief: Belief| -> Vec<&str> {
        let stranger = careless(belief);
        let fooled = table.iter().filter(|attack| !believed(&stranger, &samples[..1], attack).is_empty());
        fooled.map(|attack| attack.name.as_str()).collect()
    };
    let fooled = caught(believes_what_it_says);
    assert!(fooled.len() > 60, "{fooled:?}");
    for name in ["expired", "HS256 with the public key as PEM", "no signature", "of a session that was ended"]
    {
        assert!(fooled.contains(&name), "{name}");
    }
    let fooled = caught(believes_none);
    assert!(fooled.contains(&"alg \"nOnE\" without a signature"), "{fooled:?}");
    assert!(!fooled.contains(&"expired"), "{fooled:?}");
}
