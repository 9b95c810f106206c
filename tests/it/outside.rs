//! An issuer outside this house, a real one: its ID token for a session of ours, role and bounds as it says at each
//! entry, and the attacks on that.

mod forge;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use relief_ledger::auth::{Outside, OutsideKeys, Role, RoleMapping};
use serde_json::{Value, json};

use crate::sessions::verifies;
use crate::support::server::{Caller, Reply, Server, migrate};
use crate::support::{TestDatabase, on_both_databases};

const ENTER: &str = "/api/v1/auth/outside";
const ME: &str = "/api/v1/auth/me";

/// The issuer's process; it ends with its standard input.
pub struct Issuer {
    process: Child,
    /// Kept open: whatever it says further must have where to go.
    _output: BufReader<ChildStdout>,
    pub url: String,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/issuer")
}

impl Issuer {
    /// Starts one; none where it is not installed, which `./test` does.
    pub fn start() -> Option<Self> {
        let node = folder().join("node_modules/.bin/node");
        if !node.exists() {
            let what = "no OpenID Connect issuer: npm ci --prefix tests/issuer";
            assert!(std::env::var("CI").is_err(), "{what}");
            println!("SKIPPED: {what}");
            return None;
        }
        let mut process = Command::new(node)
            .arg("issuer.mjs")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the issuer starts");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("it has an output"));
        output.read_line(&mut line).expect("it says where it is");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        Some(Self { process, _output: output, url: said["issuer"].as_str().expect("an address").to_owned() })
    }

    fn caller(&self) -> Caller {
        let address: SocketAddr = self.url.trim_start_matches("http://").parse().expect("an address");
        Caller { address, token: None, user: None }
    }

    /// An ID token for a subject, by the whole code flow of a client.
    pub fn token(&self, client: &str, subject: &str, claims: &Value, nonce: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client", client).append_pair("subject", subject);
        query.append_pair("claims", &claims.to_string());
        if let Some(nonce) = nonce {
            query.append_pair("nonce", nonce);
        }
        let answer = self.caller().get(&format!("/ask?{}", query.finish())).expect(200);
        answer["id_token"].as_str().expect("an ID token").to_owned()
    }

    fn rotate(&self) {
        self.caller().post("/rotate", &json!({})).expect(200);
    }

    fn asked(&self) -> i64 {
        self.caller().get("/asked").expect(200)["asked"].as_i64().expect("a number")
    }

    /// What a server is told of it.
    pub fn settings(&self) -> Outside {
        let mapping = |value: &str, role| RoleMapping { value: value.to_owned(), role };
        Outside {
            issuer: self.url.clone(),
            client_id: "relief".to_owned(),
            algorithms: vec![Algorithm::RS256],
            role_claim: "groups".to_owned(),
            roles: vec![mapping("relief-managers", Role::Manager), mapping("relief-officers", Role::Officer)],
            organization_claim: None,
            countries_claim: None,
        }
    }

    fn server(&self, database: &TestDatabase, adjust: impl FnOnce(&mut Outside)) -> Server {
        let mut outside = self.settings();
        adjust(&mut outside);
        Server::start_with(database, |settings| settings.outside = Some(outside))
    }
}

fn officers() -> Value {
    json!({"groups": ["staff", "relief-officers"], "name": "Amina Jallow"})
}

/// Hands in a token; whoever hands in many waits as the door says.
fn enter(server: &Server, token: &str) -> Reply {
    loop {
        let reply = server.stranger().post(ENTER, &json!({"id_token": token}));
        if reply.status != 429 {
            return reply;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The caller whom a token let in.
fn let_in(server: &Server, token: &str) -> Caller {
    let answer = enter(server, token).expect(200);
    server.with_token(answer["access_token"].as_str().expect("a token"))
}

on_both_databases! {
    migrate: migrate;

    fn whom_the_issuer_introduces_comes_in_with_what_the_issuer_says(database: &TestDatabase) {
        let Some(issuer) = Issuer::start() else { return };
        let server = issuer.server(database, |_| {});
        let admin = server.login_as(Role::Admin);
        let amina = let_in(&server, &issuer.token("relief", "amina", &officers(), None));
        let me = amina.get(ME).expect(200)["user"].clone();
        assert_eq!((&me["role"], &me["name"], &me["countries"]), (&json!("officer"), &json!("Amina Jallow"), &json!([])));
        assert!(me["login"].as_str().unwrap().starts_with("outside:"), "{me}");
        // The same person again, whoever else has the same name.
        let again = let_in(&server, &issuer.token("relief", "amina", &officers(), None));
        assert_eq!(again.get(ME).expect(200)["user"]["id"], me["id"]);
        let other = let_in(&server, &issuer.token("relief", "fatou", &officers(), None));
        assert_ne!(other.get(ME).expect(200)["user"]["id"], me["id"]);

        // What the issuer says counts from the next entry on, at once also for sessions that are open.
        let managers = json!({"groups": "relief-managers", "name": "Amina Jallow"});
        let_in(&server, &issuer.token("relief", "amina", &managers, None));
        assert_eq!(amina.get(ME).expect(200)["user"]["role"], "manager");
        let review = admin.get("/api/v1/access-review").expect(200);
        let row = review["items"].as_array().unwrap().iter().find(|row| row["user"] == me["id"]).unwrap().clone();
        assert_eq!((&row["role"], &row["changed_as"]), (&json!("manager"), &json!("outside-issuer")));

        // Who has no role any more is refused, and what was open ends; who never had one leaves no trace.
        let nothing = json!({"groups": ["staff"]});
        assert_eq!(enter(&server, &issuer.token("relief", "amina", &nothing, None)).status, 401);
        assert_eq!(amina.get(ME).status, 401);
        let users = admin.get("/api/v1/users").expect(200)["items"].as_array().unwrap().len();
        assert_eq!(enter(&server, &issuer.token("relief", "stranger", &nothing, None)).status, 401);
        assert_eq!(admin.get("/api/v1/users").expect(200)["items"].as_array().unwrap().len(), users);
        verifies(database);
    }

    fn whoever_is_disabled_here_comes_in_no_more_whatever_the_issuer_says(database: &TestDatabase) {
        let Some(issuer) = Issuer::start() else { return };
        let server = issuer.server(database, |_| {});
        let admin = server.login_as(Role::Admin);
        let token = issuer.token("relief", "amina", &officers(), None);
        let amina = let_in(&server, &token);
        let path = format!("/api/v1/users/{}", amina.get(ME).expect(200)["user"]["id"].as_str().unwrap());
        // Role and password are not said here.
        admin.patch(&path, 1, &json!({"role": "admin"})).refused("wrong_state", &[]);
        admin.post(&format!("{path}/reset"), &json!({})).refused("wrong_state", &[]);
        admin.patch(&path, 1, &json!({"disabled": true})).expect(200);
        assert_eq!(amina.get(ME).status, 401);
        assert_eq!(enter(&server, &token).status, 401, "the same token again");
        assert_eq!(enter(&server, &issuer.token("relief", "amina", &officers(), None)).status, 401);
        admin.patch(&path, 2, &json!({"disabled": false})).expect(200);
        assert_eq!(amina.get(ME).status, 401, "the session has ended");
        let_in(&server, &token).get(ME).expect(200);
    }

    fn bounds_follow_the_issuer_and_without_them_nobody_comes_in(database: &TestDatabase) {
        let Some(issuer) = Issuer::start() else { return };
        let server = issuer.server(database, |outside| {
            outside.organization_claim = Some("organization".to_owned());
            outside.countries_claim = Some("countries".to_owned());
        });
        let admin = server.login_as(Role::Admin);
        let organization = admin.post("/api/v1/organizations", &json!({"name": "Banjul Aid", "donor": true})).expect(201)["id"].clone();
        let said = |organization: &Value, countries: Value| {
            let mut claims = officers();
            claims["organization"] = organization.clone();
            claims["countries"] = countries;
            issuer.token("relief", "amina", &claims, None)
        };
        let me = let_in(&server, &said(&organization, json!(["GM", "SN"]))).get(ME).expect(200)["user"].clone();
        assert_eq!((&me["organization_id"], &me["countries"]), (&organization, &json!(["GM", "SN"])));
        for token in [
            said(&json!(null), json!(["GM"])),
            said(&json!("Banjul Aid"), json!(["GM"])),
            said(&json!("01900000-0000-7000-8000-000000000009"), json!(["GM"])),
            said(&organization, json!([])),
            said(&organization, json!(["XX"])),
            issuer.token("relief", "amina", &officers(), None),
        ] {
            assert_eq!(enter(&server, &token).status, 401);
        }
    }

    fn no_attack_by_way_of_the_issuer_lets_anybody_in(database: &TestDatabase) {
        let (Some(issuer), Some(other)) = (Issuer::start(), Issuer::start()) else { return };
        let server = issuer.server(database, |_| {});
        let good = issuer.token("relief", "amina", &officers(), None);
        let attacks = forge::attacks(&issuer, &other, &good, &officers());
        assert!(attacks.len() >= 20, "{}", attacks.len());
        for (name, token) in &attacks {
            assert_eq!(enter(&server, token).status, 401, "{name}");
            // Nor is it a token of ours.
            assert_eq!(server.with_token(token).get(ME).status, 401, "{name}");
        }
        assert_eq!(server.with_token(&good).get(ME).status, 401, "the good one is none either");
        let with_nonce = issuer.token("relief", "amina", &officers(), Some("n-1"));
        // A moment for the door, which so many tried.
        std::thread::sleep(Duration::from_secs(3));
        let ask = |nonce: Value| server.stranger().post(ENTER, &json!({"id_token": with_nonce, "nonce": nonce})).status;
        assert_eq!((ask(json!("n-2")), ask(json!(null)), ask(json!("n-1"))), (401, 401, 200));
        println!("{} attacks by way of the issuer: 0 believed", attacks.len());
        // The twin: without a fault the same subject comes in.
        let_in(&server, &good).get(ME).expect(200);
    }
}

#[test]
fn a_key_the_issuer_makes_anew_is_fetched_and_not_for_every_stranger() {
    let Some(issuer) = Issuer::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let server =
        issuer.server(&database, |outside| outside.algorithms = vec![Algorithm::RS256, Algorithm::ES256]);
    let_in(&server, &issuer.token("relief", "amina", &officers(), None));
    assert_eq!(issuer.asked(), 1);
    for _ in 0..5 {
        let_in(&server, &issuer.token("relief", "amina", &officers(), None));
    }
    assert_eq!(issuer.asked(), 1, "keys are remembered");
    std::thread::sleep(Duration::from_secs(6));
    issuer.rotate();
    let_in(&server, &issuer.token("relief", "amina", &officers(), None));
    assert_eq!(issuer.asked(), 2);
    for number in 0..10 {
        assert_eq!(enter(&server, &forge::of_key(&format!("k{number}"))).status, 401);
    }
    assert_eq!(issuer.asked(), 2, "invented keys are asked for now and then");
    // Another configured algorithm is believed, and one that is not configured is not.
    let mut outside = issuer.settings();
    outside.client_id = "relief-ps".to_owned();
    let strict = Server::start_with(&database, |settings| settings.outside = Some(outside));
    assert_eq!(enter(&strict, &issuer.token("relief-ps", "amina", &officers(), None)).status, 401);
}

#[test]
fn an_issuer_that_is_away_keeps_nobody_else_out() {
    let Some(issuer) = Issuer::start() else { return };
    let token = issuer.token("relief", "amina", &officers(), None);
    let settings = issuer.settings();
    drop(issuer);
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start_with(&database, |all| all.outside = Some(settings));
    let refused = enter(&server, &token);
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (503, true), "{}", refused.text);
    server.login_as(Role::Officer).get(ME).expect(200);
    let none = Server::start(&TestDatabase::sqlite(migrate));
    assert_eq!(enter(&none, &token).status, 404, "nobody is believed who is not configured");
}

#[test]
fn what_is_told_of_an_issuer_must_be_safe() {
    let outside = |change: &dyn Fn(&mut Outside)| {
        let mapping = RoleMapping { value: "x".to_owned(), role: Role::Officer };
        let mut outside = Outside {
            issuer: "https://login.example.org".to_owned(),
            client_id: "relief".to_owned(),
            algorithms: vec![Algorithm::RS256],
            role_claim: "groups".to_owned(),
            roles: vec![mapping],
            organization_claim: None,
            countries_claim: None,
        };
        change(&mut outside);
        outside.check().err().map(|problem| problem.errors[0].pointer.clone())
    };
    assert_eq!(outside(&|_| {}), None);
    assert_eq!(outside(&|one| one.issuer = "http://127.0.0.1:8080".to_owned()), None);
    for issuer in [
        "http://login.example.org",
        "http://127.0.0.1.evil.example",
        "https://",
        "https://a@b.example",
        "file:///x",
        "",
    ] {
        let pointer = outside(&|one| one.issuer = issuer.to_owned());
        assert_eq!(pointer.as_deref(), Some("/outside/issuer"), "{issuer}");
    }
    for algorithms in [vec![], vec![Algorithm::HS256], vec![Algorithm::RS256, Algorithm::HS512]] {
        let pointer = outside(&|one| one.algorithms.clone_from(&algorithms));
        assert_eq!(pointer.as_deref(), Some("/outside/algorithms"), "{algorithms:?}");
    }
    assert_eq!(outside(&|one| one.roles.clear()).as_deref(), Some("/outside/roles"));
}

#[test]
fn nothing_is_followed_elsewhere_and_what_comes_has_a_size() {
    use actix_web::{App, HttpResponse, HttpServer, web};
    static IS_REDIRECTING: AtomicBool = AtomicBool::new(true);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let own = url.clone();
    std::thread::spawn(move || {
        let configuration = json!({"issuer": own, "jwks_uri": format!("{own}/keys")});
        let app = move || {
            let configuration = configuration.clone();
            let answer = move || {
                let configuration = configuration.clone();
                async move {
                    if IS_REDIRECTING.load(Ordering::SeqCst) {
                        return HttpResponse::Found().insert_header(("Location", "/elsewhere")).finish();
                    }
                    HttpResponse::Ok().json(configuration)
                }
            };
            let keys = || async {
                HttpResponse::Ok().body(format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(400_000)))
            };
            App::new()
                .route("/.well-known/openid-configuration", web::get().to(answer))
                .route("/keys", web::get().to(keys))
                .route("/elsewhere", web::get().to(|| async { HttpResponse::Ok().body("{}") }))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("it listens");
        actix_web::rt::System::new().block_on(server.run()).expect("it serves");
    });
    let settings = |url: &str| Outside {
        issuer: url.to_owned(),
        client_id: "relief".to_owned(),
        algorithms: vec![Algorithm::RS256],
        role_claim: "groups".to_owned(),
        roles: vec![RoleMapping { value: "x".to_owned(), role: Role::Officer }],
        organization_claim: None,
        countries_claim: None,
    };
    for is_redirecting in [true, false] {
        IS_REDIRECTING.store(is_redirecting, Ordering::SeqCst);
        let outside = settings(&url);
        let server = Server::start_with(&TestDatabase::sqlite(migrate), |all| all.outside = Some(outside));
        assert_eq!(enter(&server, &forge::of_key("x")).status, 503, "redirecting: {is_redirecting}");
    }
}

#[test]
fn claims_that_do_not_fit_are_refused_though_the_issuer_signed_them() {
    let own = forge::OwnIssuer::new();
    let outside = Outside {
        issuer: "https://login.example.org".to_owned(),
        client_id: "relief".to_owned(),
        algorithms: vec![Algorithm::EdDSA],
        role_claim: "groups".to_owned(),
        roles: vec![RoleMapping { value: "relief-officers".to_owned(), role: Role::Officer }],
        organization_claim: None,
        countries_claim: None,
    };
    let seconds = u64::try_from(relief_ledger::auth::now().0 / 1_000_000).expect("a time");
    let keys = OutsideKeys::parse(&own.key_set(|_| {})).expect("keys");
    let is_believed = |change: &dyn Fn(&mut Value)| {
        outside.verify(&own.token(|claims| change(claims)), None, &keys, seconds).is_ok()
    };
    assert!(is_believed(&|_| {}), "the twin: nothing is wrong");
    assert!(is_believed(&|claims| claims["aud"] = json!(["relief"])));
    assert!(is_believed(
        &|claims| (claims["aud"], claims["azp"]) = (json!(["relief", "other"]), json!("relief"))
    ));
    assert!(is_believed(&|claims| claims["nbf"] = json!(seconds)));
    type Fault<'a> = (&'a str, &'a dyn Fn(&mut Value));
    let faults: [Fault<'_>; 19] = [
        ("another iss", &|claims| claims["iss"] = json!("https://login.example.org/")),
        ("no iss", &|claims| drop(claims.as_object_mut().unwrap().remove("iss"))),
        ("another aud", &|claims| claims["aud"] = json!("other")),
        ("no aud", &|claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("several aud without azp", &|claims| claims["aud"] = json!(["relief", "other"])),
        ("another azp", &|claims| claims["azp"] = json!("other")),
        ("azp null", &|claims| claims["azp"] = json!(null)),
        ("expired", &|claims| claims["exp"] = json!(seconds - 60)),
        ("no exp", &|claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("exp a text", &|claims| claims["exp"] = json!((seconds + 300).to_string())),
        ("no iat", &|claims| drop(claims.as_object_mut().unwrap().remove("iat"))),
        ("iat long ago", &|claims| claims["iat"] = json!(seconds - 660)),
        ("iat to come", &|claims| claims["iat"] = json!(seconds + 120)),
        ("nbf to come", &|claims| claims["nbf"] = json!(seconds + 120)),
        ("no sub", &|claims| drop(claims.as_object_mut().unwrap().remove("sub"))),
        ("sub empty", &|claims| claims["sub"] = json!("")),
        ("sub very long", &|claims| claims["sub"] = json!("a".repeat(256))),
        ("sub a number", &|claims| claims["sub"] = json!(1)),
        ("a nonce nobody sent", &|claims| claims["nonce"] = json!("n")),
    ];
    for (name, fault) in faults {
        assert!(!is_believed(fault), "{name}");
    }
    let token = own.token(|_| {});
    assert!(outside.verify(&token, Some("n"), &keys, seconds).is_err(), "a nonce that is not in it");
    let with_key = |change: &dyn Fn(&mut Value)| {
        let keys = OutsideKeys::parse(&own.key_set(|key| change(key))).expect("keys");
        outside.verify(&token, None, &keys, seconds).is_ok()
    };
    assert!(with_key(&|key| drop(key.as_object_mut().unwrap().remove("alg"))));
    assert!(!with_key(&|key| key["use"] = json!("enc")), "a key for something else");
    assert!(!with_key(&|key| key["alg"] = json!("RS256")));
    assert!(!with_key(&|key| key["kid"] = json!("other")));
    assert!(OutsideKeys::parse(b"[]").is_err() && OutsideKeys::parse(b"nothing").is_err());
}
