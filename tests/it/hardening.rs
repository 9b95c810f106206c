//! What the server does to whoever holds connections open, and what stands on every answer.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use relief_ledger::app::Buckets;
use relief_ledger::auth::Role;
use relief_ledger::core::id::UserId;
use relief_ledger::web::{Door, Expense, Throttle};
use serde_json::json;
use uuid::Uuid;

use crate::support::TestDatabase;
use crate::support::server::{Caller, Reply, Server, migrate};

const LIVE: &str = "/health/live";

fn sqlite() -> TestDatabase {
    TestDatabase::sqlite(migrate)
}

/// A server as the one below comes, with the same waits and nothing of ours around it.
pub fn bare() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        let app = || App::new().default_service(web::to(|| async { HttpResponse::Ok().body("{}") }));
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .keep_alive(Duration::from_secs(15))
            .client_request_timeout(Duration::from_secs(10))
            .listen(listener)
            .expect("it listens");
        actix_web::rt::System::new().block_on(server.run()).expect("it serves");
    });
    address
}

/// A connection from one of this machine's own addresses.
fn connect_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("the address is this machine's");
        socket.connect(to).await.expect("it connects").into_std().expect("a stream")
    });
    stream.set_nonblocking(false).expect("it blocks");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
    stream
}

fn connect(to: SocketAddr) -> TcpStream {
    connect_from(Ipv4Addr::LOCALHOST, to)
}

fn ask(stream: &mut TcpStream, path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
}

/// Reads one answer; nothing where the connection is over.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0_u8];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            Ok(_) | Err(_) => return None,
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.to_ascii_lowercase();
    let length =
        length.split("\r\n").find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// Sends a letter now and then; how long it was let, or nothing where that did not end.
fn trickle(stream: &mut TcpStream, longest: Duration) -> Option<Duration> {
    stream.set_read_timeout(Some(Duration::from_millis(250))).expect("a time");
    let begun = Instant::now();
    while begun.elapsed() < longest {
        if stream.write_all(b"x").is_err() {
            return Some(begun.elapsed());
        }
        match stream.read(&mut [0; 512]) {
            Ok(0) => return Some(begun.elapsed()),
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return Some(begun.elapsed()),
        }
    }
    None
}

/// What an answer lacks of what keeps browsers safe.
pub fn lacks(reply: &Reply) -> Vec<&'static str> {
    let is = |name: &str, fits: &dyn Fn(&str) -> bool| reply.header(name).is_some_and(fits);
    let mut lacks = Vec::new();
    let policy = |policy: &str| {
        policy.starts_with("default-src '")
            && policy.contains("frame-ancestors 'none'")
            && policy.contains("base-uri 'none'")
            && !policy.contains("script-src 'unsafe")
    };
    for (name, holds) in [
        ("content-security-policy", is("content-security-policy", &policy)),
        ("x-content-type-options", is("x-content-type-options", &|value| value == "nosniff")),
        ("referrer-policy", is("referrer-policy", &|value| value == "no-referrer")),
        ("permissions-policy", is("permissions-policy", &|value| value.contains("camera=()"))),
        ("cross-origin-opener-policy", is("cross-origin-opener-policy", &|value| value == "same-origin")),
        ("cross-origin-resource-policy", is("cross-origin-resource-policy", &|value| value == "same-origin")),
        ("cache-control", is("cache-control", &|value| value == "no-store")),
        ("x-request-id", is("x-request-id", &|value| value.len() == 36)),
        ("no server", reply.header("server").is_none() && reply.header("x-powered-by").is_none()),
        ("no cors", reply.header("access-control-allow-origin").is_none()),
    ] {
        if !holds {
            lacks.push(name);
        }
    }
    lacks
}

#[test]
fn what_keeps_browsers_safe_stands_on_every_answer() {
    let database = sqlite();
    let server = Server::start(&database);
    let (admin, stranger) = (server.login_as(Role::Admin), server.stranger());
    let text = [("Content-Type", "text/plain")];
    let large = "x".repeat(3 * 1_024 * 1_024);
    let replies = [
        (200, stranger.get(LIVE)),
        (200, admin.get("/api/v1/users")),
        (200, stranger.get("/metrics")),
        (200, stranger.get("/api/openapi.json")),
        (200, stranger.get("/docs/")),
        (200, stranger.get("/docs/swagger-ui-bundle.js")),
        (308, stranger.get("/docs")),
        (401, stranger.get("/api/v1/users")),
        (403, server.login_as(Role::Officer).get("/api/v1/users")),
        (404, admin.get("/api/v1/users/none")),
        (404, stranger.get("/nothing/here")),
        (405, stranger.send("PUT", LIVE, &[], None)),
        (
            405,
            stranger.send(
                "OPTIONS",
                "/api/v1/users",
                &[("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")],
                None,
            ),
        ),
        (413, admin.post_text("/api/v1/organizations", &large)),
        (415, admin.send("POST", "/api/v1/organizations", &text, Some("x"))),
        (422, admin.get("/api/v1/users?limit=0")),
    ];
    for (status, reply) in &replies {
        assert_eq!((reply.status, lacks(reply)), (*status, Vec::new()), "{:?}", reply.headers);
    }
    let bare = Caller { address: bare(), token: None, user: None };
    assert!(lacks(&bare.get(LIVE)).len() >= 8, "a server without them is caught");
}

#[test]
fn a_second_head_that_trickles_is_given_up_like_the_first() {
    let server = Server::start(&sqlite());
    let (ours, theirs) = (server.address(), bare());
    let first = std::thread::spawn(move || {
        let mut stream = connect(ours);
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("it is sent");
        trickle(&mut stream, Duration::from_secs(60))
    });
    let second = |address: SocketAddr| {
        std::thread::spawn(move || {
            let mut stream = connect(address);
            ask(&mut stream, LIVE);
            assert!(answer(&mut stream).expect("an answer").starts_with("HTTP/1.1 200"));
            stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("it is sent");
            trickle(&mut stream, Duration::from_secs(45))
        })
    };
    let (ours, theirs) = (second(ours), second(theirs));
    let idle = std::thread::spawn({
        let mut stream = connect(server.address());
        move || {
            ask(&mut stream, LIVE);
            answer(&mut stream).expect("an answer");
            let begun = Instant::now();
            assert!(answer(&mut stream).is_none(), "nobody asked");
            begun.elapsed()
        }
    });
    let first = first.join().expect("it ends").expect("it is given up");
    assert!(first >= Duration::from_secs(9), "{first:?}: a bad link is served too");
    let second = ours.join().expect("it ends").expect("it is given up");
    assert!(second >= Duration::from_secs(20), "{second:?}");
    let idle = idle.join().expect("it ends");
    assert!(idle >= Duration::from_secs(10), "{idle:?}");
    assert_eq!(theirs.join().expect("it ends"), None, "the twin waits for ever");
}

/// Whether a connection is served.
fn is_served(stream: &mut TcpStream) -> bool {
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").is_ok() && answer(stream).is_some()
}

#[test]
fn one_address_holds_so_many_connections_and_others_come_in() {
    let server = Server::start_with(&sqlite(), |settings| settings.connections_per_address = 5);
    let address = server.address();
    let mut held: Vec<TcpStream> = (0..5).map(|_| connect(address)).collect();
    assert!(held.iter_mut().all(is_served));
    assert!(!is_served(&mut connect(address)), "a sixth is not");
    let neighbour = Ipv4Addr::new(127, 0, 0, 2);
    assert!(is_served(&mut connect_from(neighbour, address)), "its neighbour's is");
    drop(held.pop());
    let begun = Instant::now();
    while !is_served(&mut connect(address)) {
        assert!(begun.elapsed() < Duration::from_secs(10), "whoever hangs up makes room");
        std::thread::sleep(Duration::from_millis(50));
    }
    // A proxy brings everybody, so it is not counted.
    let behind = Server::start_with(&sqlite(), |settings| {
        settings.connections_per_address = 5;
        settings.trusted_proxies = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    });
    let mut held: Vec<TcpStream> = (0..20).map(|_| connect(behind.address())).collect();
    assert!(held.iter_mut().all(is_served));
}

#[test]
fn whoever_comes_when_all_places_are_taken_gets_the_place_of_who_rested_longest() {
    let server = Server::start_with(&sqlite(), |settings| settings.connections = 8);
    let mut held: Vec<TcpStream> = (0..8).map(|_| connect(server.address())).collect();
    for stream in &mut held {
        assert!(is_served(stream));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_served(&mut held[0]), "the first has just been in use");
    let mut late = connect(server.address());
    assert!(is_served(&mut late));
    assert!(answer(&mut held[1]).is_none(), "the second had rested longest");
    assert!(is_served(&mut held[0]) && is_served(&mut held[7]));
}

#[test]
fn requests_sent_at_once_are_answered_in_turn_and_heads_have_a_size() {
    let server = Server::start(&sqlite());
    let mut stream = connect(server.address());
    let many: String = (0..40)
        .map(|number| if number % 2 == 0 { LIVE } else { "/api/v1/users" })
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
        .collect();
    stream.write_all(many.as_bytes()).expect("they are sent");
    for number in 0..40 {
        let expected = if number % 2 == 0 { "HTTP/1.1 200" } else { "HTTP/1.1 401" };
        assert!(answer(&mut stream).expect("an answer").starts_with(expected), "number {number}");
    }
    let refused = |head: String| {
        let mut stream = connect(server.address());
        drop(stream.write_all(format!("GET {LIVE} HTTP/1.1\r\nHost: x\r\n{head}\r\n").as_bytes()));
        answer(&mut stream).is_none_or(|text| text.starts_with("HTTP/1.1 4"))
    };
    assert!(!refused(format!("X-Long: {}\r\n", "x".repeat(8_000))));
    assert!(refused(format!("X-Long: {}\r\n", "x".repeat(400_000))));
    assert!(refused((0..200).map(|number| format!("X-{number}: x\r\n")).collect()));
    assert!(refused("Content-Length: 3\r\nContent-Length: 4\r\n".to_owned()));
    assert!(refused("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n".to_owned()));
}

#[test]
fn only_pages_of_listed_origins_read_answers_in_a_browser() {
    const MAP: &str = "https://map.example.org";
    let listed = Server::start_with(&sqlite(), |settings| settings.cors_origins = vec![MAP.to_owned()]);
    let closed = Server::start(&sqlite());
    let asks =
        |server: &Server, origin: &str| server.stranger().send("GET", LIVE, &[("Origin", origin)], None);
    let question = |server: &Server, origin: &str| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization"),
        ];
        server.stranger().send("OPTIONS", "/api/v1/events", &headers, None)
    };
    const ALLOW: &str = "access-control-allow-origin";
    let shared = asks(&listed, MAP);
    assert_eq!(shared.header(ALLOW), Some(MAP));
    assert!(shared.headers.iter().any(|(name, value)| name == "vary" && value == "origin"), "{shared:?}");
    let answer = question(&listed, MAP);
    assert_eq!((answer.status, answer.header(ALLOW)), (204, Some(MAP)));
    assert!(
        answer.header("access-control-allow-headers").is_some_and(|names| names.contains("authorization"))
    );
    assert!(answer.header("x-content-type-options").is_some());
    // Never with the cookie, and refusals can be read as well.
    assert!(answer.header("access-control-allow-credentials").is_none());
    let refused = listed.stranger().send("GET", "/api/v1/users", &[("Origin", MAP)], None);
    assert_eq!((refused.status, refused.header(ALLOW)), (401, Some(MAP)));
    for (server, origin) in [
        (&closed, MAP),
        (&listed, "https://map.example.org.evil.example"),
        (&listed, "http://map.example.org"),
        (&listed, "https://map.example.org:8443"),
        (&listed, "null"),
    ] {
        assert_eq!(asks(server, origin).header(ALLOW), None, "{origin}");
        assert_eq!(
            (question(server, origin).status, question(server, origin).header(ALLOW)),
            (405, None),
            "{origin}"
        );
    }
}

/// Lets each user spend once.
#[derive(Default)]
struct Once(std::sync::Mutex<std::collections::HashSet<(Expense, UserId)>>);

impl Throttle for Once {
    fn admit(&self, _: Door, _: IpAddr) -> Result<(), Duration> {
        Ok(())
    }

    fn spend(&self, expense: Expense, user: UserId) -> Result<(), Duration> {
        let is_new = self.0.lock().expect("nobody failed").insert((expense, user));
        if is_new { Ok(()) } else { Err(Duration::from_secs(6)) }
    }
}

#[test]
fn what_is_expensive_is_measured_out_to_each_caller() {
    let database = sqlite();
    let server =
        Server::start_with(&database, |settings| settings.throttle = Some(Arc::new(Once::default())));
    let (officer, other) = (server.login_as(Role::Officer), server.login_as(Role::Officer));
    let (auditor, second) = (server.login_as(Role::Auditor), server.login_as(Role::Auditor));
    const TOTALS: &str = "/api/v1/totals?group_by=country";
    officer.get(TOTALS).expect(200);
    let refused = officer.get(TOTALS);
    assert_eq!(
        (refused.problem().1.as_str(), refused.header("retry-after")),
        ("too_many_requests", Some("7"))
    );
    other.get(TOTALS).expect(200);
    officer.get("/api/v1/items").expect(200);
    officer.get("/api/v1/items").expect(200);
    auditor.get("/api/v1/audit/entries").expect(200);
    assert_eq!(auditor.get("/api/v1/access-review").status, 429, "one measure for all of them");
    second.get("/api/v1/access-review").expect(200);
    let change = json!({"password": "a wrong password", "new_password": "umbrella tin violin march"});
    assert_eq!(officer.post("/api/v1/auth/password", &change).status, 422);
    assert_eq!(officer.post("/api/v1/auth/password", &change).status, 429);
    // Who may not do it at all hears that first.
    officer.get("/api/v1/audit/entries").refused("forbidden", &[]);
}

#[test]
fn an_office_never_feels_the_measure_and_nobody_fills_the_memory() {
    let buckets = Buckets::default();
    let (one, other) = (UserId(Uuid::now_v7()), UserId(Uuid::now_v7()));
    assert!((0..300).all(|_| buckets.spend(Expense::Figures, one).is_ok()), "a page of figures asks a dozen");
    assert!((0..10_000).any(|_| buckets.spend(Expense::Figures, one).is_err()));
    assert!(buckets.spend(Expense::Figures, other).is_ok());
    assert!(buckets.spend(Expense::Password, one).is_ok(), "one kind is not the other");
    assert!((0..100).any(|_| buckets.spend(Expense::Password, one).is_err()));
    for number in 0..300_000_u32 {
        let come = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
        assert!(buckets.admit(Door::Logins, come).is_ok() || number > 1_000, "a bucket holds twenty");
    }
    assert!(buckets.remembered() <= 1 << 18, "{}", buckets.remembered());
}
