//! What is not HTTP is refused as everything is: with a code, a sentence, and all that keeps browsers safe, in the
//! clear and over TLS. And what only looks like such a refusal goes out as it is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use rustix::net::sockopt::tcp_user_timeout;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

use crate::hardening::{bare, lacks};
use crate::support::TestDatabase;
use crate::support::server::{Reply, Server, migrate};
use crate::tls::{self, Certificates, secure_server};

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

fn sqlite() -> TestDatabase {
    TestDatabase::sqlite(migrate)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it accepts");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    stream
}

/// Everything that is answered until the connection is over.
fn heard(mut stream: impl Read + Write, sent: &[u8]) -> Vec<u8> {
    stream.write_all(sent).expect("all of it is taken, whatever it is");
    stream.flush().expect("it is sent");
    let mut bytes = Vec::new();
    // Whoever does not say the last word of TLS has said all before it.
    drop(stream.read_to_end(&mut bytes));
    bytes
}

/// What an answer lacks of a refusal with this status and code.
fn faults(bytes: &[u8], status: u16, code: &str) -> Vec<String> {
    if !bytes.starts_with(b"HTTP/1.1 ") {
        return vec![format!("no answer: {:?}", String::from_utf8_lossy(bytes))];
    }
    let reply = Reply::parse(bytes);
    let mut faults: Vec<String> = lacks(&reply).into_iter().map(str::to_owned).collect();
    let body: serde_json::Value = serde_json::from_str(&reply.text).unwrap_or_default();
    for (name, is, should) in [
        ("status", reply.status.to_string(), status.to_string()),
        ("member status", body["status"].to_string(), status.to_string()),
        ("code", body["code"].as_str().unwrap_or_default().to_owned(), code.to_owned()),
        (
            "type",
            reply.header("content-type").unwrap_or_default().to_owned(),
            "application/problem+json".to_owned(),
        ),
        ("connection", reply.header("connection").unwrap_or_default().to_owned(), "close".to_owned()),
        (
            "length",
            reply.header("content-length").unwrap_or_default().to_owned(),
            reply.bytes.len().to_string(),
        ),
    ] {
        if is != should {
            faults.push(format!("{name} is {is:?}, not {should:?}"));
        }
    }
    for (name, value) in [("title", &body["title"]), ("detail", &body["detail"])] {
        if value.as_str().is_none_or(str::is_empty) {
            faults.push(format!("no {name}"));
        }
    }
    if reply.header("date").is_none() {
        faults.push("no date".to_owned());
    }
    faults
}

/// What no server can read, with how it is refused.
fn unreadable() -> Vec<(Vec<u8>, u16, &'static str)> {
    let many: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    vec![
        (b"this is no HTTP at all\r\n\r\n".to_vec(), 400, "malformed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400, "malformed"),
        (b"GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n".to_vec(), 400, "malformed"),
        (
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n".to_vec(),
            400,
            "malformed",
        ),
        (format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(400_000)).into_bytes(), 431, "head_too_large"),
        (format!("GET / HTTP/1.1\r\n{many}\r\n").into_bytes(), 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nX-Slow: ".to_vec(), 408, "too_slow"),
    ]
}

#[test]
fn what_is_no_http_is_refused_like_everything_else() {
    let certificates = Certificates::new();
    let trusted = certificates.issue();
    let (plain, secure) = (Server::start(&sqlite()), secure_server(&certificates));
    let theirs = bare();
    for (sent, status, code) in unreadable() {
        let shown = String::from_utf8_lossy(&sent[..sent.len().min(60)]).into_owned();
        let answer = heard(connect(plain.address()), &sent);
        assert_eq!(faults(&answer, status, code), Vec::<String>::new(), "{shown:?}");
        let answer = heard(tls::connect(secure.address(), &trusted).expect("it accepts"), &sent);
        assert_eq!(faults(&answer, status, code), Vec::<String>::new(), "{shown:?} over TLS");
        let hsts = Reply::parse(&answer).header("strict-transport-security").map(str::to_owned);
        assert_eq!(hsts.as_deref(), Some("max-age=31536000"));
        // The twin: as the server below comes, it says next to nothing. Where it closes over unread bytes, not even that.
        let mut stream = connect(theirs);
        drop(stream.write_all(&sent));
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        assert!(!faults(&bytes, status, code).is_empty(), "{shown:?}: a bare answer is caught");
    }
}

#[test]
fn what_comes_behind_a_request_and_is_no_http_is_refused_after_its_answer() {
    let server = Server::start(&sqlite());
    let garbage = "neither\0this\r\n\r\n";
    let answers = |sent: Vec<u8>| {
        let bytes = heard(connect(server.address()), &sent);
        let second = b"HTTP/1.1 400 ";
        let place = bytes.windows(second.len()).position(|part| part == second).expect("a refusal");
        assert_eq!(faults(&bytes[place..], 400, "malformed"), Vec::<String>::new());
        String::from_utf8_lossy(&bytes[..place]).into_owned()
    };
    let first = answers(format!("{LIVE}{garbage}").into_bytes());
    assert!(first.starts_with("HTTP/1.1 200") && first.ends_with('}'), "{first}");
    let first =
        answers(format!("{}{garbage}", LIVE.replace("1.1", "1.0\r\nConnection: keep-alive")).into_bytes());
    assert!(first.starts_with("HTTP/1.0 200") && first.ends_with('}'), "{first}");
    // One after the other on the same connection.
    let mut stream = connect(server.address());
    stream.write_all(LIVE.as_bytes()).expect("it is sent");
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).expect("it is answered");
    assert_eq!(&begun, b"HTTP/1.1 200");
    let rest = heard(stream, garbage.as_bytes());
    assert!(String::from_utf8_lossy(&rest).contains(r#""code":"malformed""#));
}

#[test]
fn a_file_that_ends_like_a_refusal_is_downloaded_as_it_is() {
    let database = sqlite();
    let server = Server::start(&database);
    let officer = server.login_as(Role::Officer);
    let token = officer.token.clone().expect("a token");
    for status in ["400 Bad Request", "408 Request Timeout", "431 Request Header Fields Too Large"] {
        let file = format!(
            "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n\
             HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\ndate: %%EOF\r\n\r\n"
        );
        let added = officer.upload("/api/v1/attachments", "application/pdf", file.as_bytes()).expect(201);
        let path = format!("/api/v1/attachments/{}/content", added["id"].as_str().expect("an id"));
        // The connection ends right after it, stays, or ends because of what comes behind.
        assert_eq!(officer.get(&path).text, file, "{status}");
        let ask = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        let mut stream = connect(server.address());
        for _ in 0..3 {
            stream.write_all(ask.as_bytes()).expect("it is sent");
            let (mut bytes, mut part) = (Vec::new(), [0; 4_096]);
            let begun = Instant::now();
            while !String::from_utf8_lossy(&bytes).ends_with(&file) {
                let count = stream.read(&mut part).expect("it goes on");
                assert!(count > 0, "{}", String::from_utf8_lossy(&bytes));
                bytes.extend_from_slice(&part[..count]);
            }
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{:?}: its end waits for nothing",
                begun.elapsed()
            );
            assert_eq!(Reply::parse(&bytes).text, file);
        }
        let bytes = heard(stream, format!("{ask}no HTTP\r\n\r\n").as_bytes());
        let text = String::from_utf8_lossy(&bytes);
        let (first, refusal) = text.rsplit_once("HTTP/1.1 400 ").expect("two answers");
        assert!(first.ends_with(&file), "{text}");
        assert!(refusal.contains(r#""code":"malformed""#), "{text}");
    }
}

#[test]
fn whoever_keeps_a_connection_open_does_not_keep_the_server_from_stopping() {
    let server = Server::start(&sqlite());
    let mut held = connect(server.address());
    held.write_all(LIVE.as_bytes()).expect("it is sent");
    assert!(held.read(&mut [0; 4_096]).expect("it is answered") > 0);
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}: an idle one waits for nobody", begun.elapsed());
}

/// How long this process lets what it sent over a connection stay without a word that it came, where it accepted that
/// connection; nothing where this may not be looked at.
fn unacknowledged_wait(caller: &TcpStream) -> Option<u32> {
    let here = caller.local_addr().expect("an address");
    let process = pidfd_open(getpid(), PidfdFlags::empty()).expect("this process");
    let files = std::fs::read_dir("/proc/self/fd").expect("the files of this process");
    let numbers: Vec<i32> = files
        .filter_map(|file| file.expect("a file").file_name().to_str().and_then(|name| name.parse().ok()))
        .collect();
    for number in numbers {
        match pidfd_getfd(&process, number, PidfdGetfdFlags::empty()) {
            Err(rustix::io::Errno::PERM) => return None,
            // Other tests of this process close theirs meanwhile.
            Err(_) => {}
            Ok(file) => {
                let socket = TcpStream::from(file);
                if socket.peer_addr().is_ok_and(|peer| peer == here) {
                    return Some(tcp_user_timeout(&socket).expect("the option is read"));
                }
            }
        }
    }
    panic!("the other end of {here} is a file of this process")
}

#[test]
fn an_answer_that_nobody_takes_is_given_up_after_a_minute() {
    let wait = |address| {
        let mut caller = connect(address);
        caller.write_all(LIVE.as_bytes()).expect("it is sent");
        assert!(caller.read(&mut [0; 4_096]).expect("it is answered") > 0);
        unacknowledged_wait(&caller)
    };
    let server = Server::start(&sqlite());
    let Some(ours) = wait(server.address()) else {
        println!("SKIPPED: this process may not look at its own sockets");
        return;
    };
    assert_eq!(ours, 60_000, "milliseconds");
    assert_eq!(wait(bare()), Some(0), "the twin: as it comes, as long as the system says");
}
