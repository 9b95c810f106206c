//! A server in this process on a database of its own, and callers that talk to it as clients do.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use relief_ledger::app::{self, Layer, RunningServer, Settings};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, Session, SessionKind, Tokens, User, countries_of};
use relief_ledger::core::id::{OrganizationId, SessionId, UserId};
use relief_ledger::core::problem::{Outcome, Problem};
use relief_ledger::db;
use relief_ledger::users::store::{NewUser, SealedUser, UserAdd};
use relief_ledger::vault::Vault;
use relief_ledger::writer::{Actor, Desk, Drawer, Refusal, Update, Writer, WriterSettings};
use serde_json::Value;
use uuid::Uuid;

use super::TestDatabase;

/// How long a story waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The `migrate` of `on_both_databases!` for stories over HTTP.
pub fn migrate(url: &str) {
    let mut conn = db::connect(url).expect("the database opens");
    db::migrate(&mut conn).expect("the migrations run");
}

/// A running server; it stops when dropped.
pub struct Server {
    running: RunningServer,
    url: String,
    keys: tempfile::TempDir,
}

impl Server {
    /// Starts one on a free port, with keys of its own.
    pub fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |_| {})
    }

    /// The same with other settings.
    pub fn start_with(database: &TestDatabase, adjust: impl FnOnce(&mut Settings)) -> Self {
        let keys = tempfile::tempdir().expect("a temporary folder is made");
        Self::start_over(database.url().to_owned(), keys, adjust)
    }

    fn start_over(url: String, keys: tempfile::TempDir, adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            listen: "127.0.0.1:0".to_owned(),
            database_url: url.clone(),
            keys: keys.path().join("keys"),
            signals: false,
            ..Layer { workers: Some(2), ..Layer::default() }.settings()
        };
        adjust(&mut settings);
        let running = app::start(settings).expect("the server starts");
        Self { running, url, keys }
    }

    /// Stops in order, does something while nobody serves, and starts again with the same keys.
    pub fn restart(self, meanwhile: impl FnOnce()) -> Self {
        self.running.stop().expect("the server stops");
        meanwhile();
        Self::start_over(self.url, self.keys, |_| {})
    }

    /// Stops in order and starts again with the same keys and other settings, which are made while nobody serves.
    pub fn restart_with(self, adjust: impl FnOnce(&mut Settings)) -> Self {
        self.running.stop().expect("the server stops");
        Self::start_over(self.url, self.keys, adjust)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// What the server printed for the first administrator.
    pub fn first_secret(&self) -> Option<&str> {
        self.running.first_secret.as_deref()
    }

    /// The server's keys, for forging tokens.
    pub fn keys(&self) -> KeyRing {
        KeyRing::open_or_create(&self.key_folder()).expect("the keys are readable")
    }

    /// Where they are.
    pub fn key_folder(&self) -> PathBuf {
        self.keys.path().join("keys")
    }

    /// Stops in order.
    pub fn stop(self) {
        self.running.stop().expect("the server stops");
    }

    /// The server's vault.
    pub fn vault(&self) -> Vault {
        Vault::open_or_create(&self.key_folder()).expect("the vault opens")
    }

    /// A new user as it is recorded.
    pub fn sealed(&self, user: NewUser) -> SealedUser {
        user.sealed(&self.vault()).expect("the user is sealed")
    }

    /// Records an update past the server, as another process would.
    pub fn record<U: Update>(&self, update: U) -> U::Answer {
        self.try_recording(update).expect("the update is recorded")
    }

    /// Records nothing past the server, as the update is refused there too.
    pub fn refused<U: Update>(&self, update: U) -> Problem {
        self.try_recording(update).err().expect("the update is refused")
    }

    fn try_recording<U: Update>(&self, update: U) -> Outcome<U::Answer> {
        let writer = Writer::start(WriterSettings::of(&self.url)).expect("a writer starts");
        let recorded = writer.record_blocking(update);
        writer.stop();
        recorded.map(|recorded| recorded.answer)
    }

    /// Somebody nobody knows.
    pub fn stranger(&self) -> Caller {
        Caller { address: self.address(), token: None, user: None }
    }

    /// A caller with this token.
    pub fn with_token(&self, token: &str) -> Caller {
        Caller { address: self.address(), token: Some(token.to_owned()), user: None }
    }

    /// A new user of a role, logged in.
    pub fn login_as(&self, role: Role) -> Caller {
        self.login_bound(role, None, None)
    }

    /// A new user bound to an organization, to countries with commas between them, or to both, logged in. The password is none: hashing one
    /// takes longer than most stories.
    pub fn login_bound(
        &self,
        role: Role,
        organization: Option<OrganizationId>,
        country: Option<&str>,
    ) -> Caller {
        let id = UserId(Uuid::now_v7());
        let user = NewUser {
            id,
            login: format!("{}-{}", role.word(), id.0.simple()),
            name: format!("The {}", role.word()),
            password_hash: "none".to_owned(),
            role,
            organization,
            countries: countries_of(country.unwrap_or_default()),
        };
        let session = SessionId(Uuid::now_v7());
        self.record(Arrival { add: UserAdd { actor: operator(), user: self.sealed(user) }, session });
        Caller { user: Some(id), ..self.with_token(&self.token(id, session)) }
    }

    /// A further access token of a session.
    pub fn token(&self, user: UserId, session: SessionId) -> String {
        let tokens = Tokens::open(&self.key_folder()).expect("the keys sign tokens");
        tokens.issue(user, session).expect("a token is issued")
    }
}

/// A user who comes and is logged in at once: both in one entry of the log, so that stories count theirs alone.
pub struct Arrival {
    pub add: UserAdd,
    pub session: SessionId,
}

impl Update for Arrival {
    type Answer = User;

    fn actor(&self) -> &Actor {
        self.add.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.add.keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<User, Refusal> {
        let user = self.add.decide(desk)?;
        let (role, now) = (self.add.user.role, desk.now());
        let session = Session::begin(self.session, user.id, SessionKind::Token, role, now);
        desk.shelf::<Drawer<Session>>().put(session);
        Ok(user)
    }
}

/// Whoever prepares a story.
pub fn operator() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: "operator".to_owned(), scope: "test".to_owned() }
}

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Caller {
    pub address: SocketAddr,
    pub token: Option<String>,
    pub user: Option<UserId>,
}

impl Caller {
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_text(path, &body.to_string())
    }

    /// Sends whatever a broken client may send.
    pub fn post_text(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, &[("Content-Type", "application/json")], Some(body))
    }

    /// Edits the revision that was read.
    pub fn patch(&self, path: &str, revision: i64, body: &Value) -> Reply {
        let tag = format!("\"{revision}\"");
        let headers = [("Content-Type", "application/json"), ("If-Match", tag.as_str())];
        self.send("PATCH", path, &headers, Some(&body.to_string()))
    }

    /// Sends the head of a request and waits until the server asks for its body: it was let in by then.
    pub fn begin(&self, method: &str, path: &str, body: &str) -> Begun {
        let token = self.token.as_deref().unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout is set");
        stream.write_all(head.as_bytes()).expect("the head is sent");
        let mut word = [0; 25];
        stream.read_exact(&mut word).expect("the server asks for the body");
        assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
        Begun { stream, body: body.to_owned() }
    }

    /// Sends a file as it is.
    pub fn upload(&self, path: &str, content_type: &str, bytes: &[u8]) -> Reply {
        self.send_bytes("POST", path, &[("Content-Type", content_type)], Some(bytes))
    }

    /// Sends one request on a connection of its own.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
        self.send_bytes(method, path, headers, body.map(str::as_bytes))
    }

    fn send_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout is set");
        // In one piece, as most programs send it. A server that refuses by the head alone may close before it has the whole body.
        drop(stream.write_all(&[head.as_bytes(), body.unwrap_or_default()].concat()));
        let bytes = read_answer(&mut stream, body.is_some());
        assert!(!bytes.is_empty(), "{method} {path} was not answered");
        Reply::parse(&bytes)
    }
}

/// A request whose head was let in and whose body is still to come.
pub struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    /// Sends the body and reads the answer.
    pub fn finish(mut self) -> Reply {
        self.stream.write_all(self.body.as_bytes()).expect("the body is sent");
        Reply::parse(&read_answer(&mut self.stream, true))
    }
}

/// Reads an answer to its end. One to a request with a body is over where it says so: a server that refused by the head alone
/// waits some seconds for the rest of the body before it closes. Any other is read until it is closed.
fn read_answer(stream: &mut TcpStream, had_body: bool) -> Vec<u8> {
    let (mut bytes, mut end) = (Vec::new(), None);
    let mut piece = [0; 16 * 1024];
    while end.is_none_or(|end| bytes.len() < end) {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Whoever closes on a body that still comes is seen to break off behind the answer.
            Err(error) if bytes.is_empty() => panic!("it was not answered: {error}"),
            Err(_) => break,
        }
        if had_body && end.is_none() {
            end = end_of_answer(&bytes);
        }
    }
    assert!(end.is_none_or(|end| bytes.len() >= end), "{} bytes of an answer of {end:?}", bytes.len());
    bytes
}

/// Where an answer ends that says how long it is, once its head is there.
fn end_of_answer(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let lines = std::str::from_utf8(&bytes[..head]).ok()?.split("\r\n");
    let mut named = lines.filter_map(|line| line.split_once(':'));
    let (_, length) = named.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    length.trim().parse::<usize>().ok().map(|length| head + 4 + length)
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the head ends");
        let head = std::str::from_utf8(&bytes[..end]).expect("the head is text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("there is a status");
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { join_chunks(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
        Self {
            status: status.parse().expect("the status is a number"),
            headers,
            text: String::from_utf8_lossy(&body).into_owned(),
            bytes: body,
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body, if the answer has this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The code and the first pointer of a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, String, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let body = self.json();
        assert_eq!(body["status"], self.status);
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (self.status, word(&body["code"]), word(&body["errors"][0]["pointer"]))
    }
}

impl Reply {
    /// Says that the request was refused with this code at exactly these fields; returns the words.
    #[track_caller]
    pub fn refused(&self, code: &str, pointers: &[&str]) -> String {
        assert!(self.status >= 400, "not refused: {}", self.text);
        let body = self.json();
        assert_eq!(body["code"], code, "{}", self.text);
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let texts = |name: &str| -> Vec<String> {
            errors.iter().filter_map(|error| error[name].as_str()).map(str::to_owned).collect()
        };
        assert_eq!(texts("pointer"), pointers, "{}", self.text);
        if errors.is_empty() { body["detail"].to_string() } else { texts("detail").join("\n") }
    }
}

fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk has a size");
        let size = std::str::from_utf8(&rest[..line]).expect("a size is text");
        let size = usize::from_str_radix(size, 16).expect("a size is hexadecimal");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}
