//! A whole server on a free port, and callers of each role who speak HTTP to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use relief_ledger::app::{self, RunningServer, Settings};
use relief_ledger::db;
use serde_json::{Value, json};

use super::TestDatabase;

const PASSWORD: &str = "a long enough passphrase";
/// Far beyond any answer of these stories: a server that hangs fails the test and does not stop the run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Brings a database to the present schema; for `on_both_databases!`.
pub fn migrate(url: &str) {
    let mut conn = db::connect(url).expect("the database opens");
    db::migrate(&mut conn).expect("the migrations run");
}

/// A server of one story, stopped at its end.
pub struct TestServer {
    server: RunningServer,
    _keys: tempfile::TempDir,
    admin: String,
}

impl TestServer {
    /// Starts a server on the database and adds its first administrator.
    pub fn start(database: &TestDatabase) -> Self {
        let keys = tempfile::tempdir().expect("a temporary folder is made");
        let server = app::start(Settings {
            listen: "127.0.0.1:0".to_owned(),
            database_url: database.url().to_owned(),
            keys: keys.path().to_owned(),
            workers: Some(1),
            signals: false,
            wake: None,
            throttle: None,
        })
        .expect("the server starts");
        let secret = server.first_secret.clone().expect("a new server prints a secret");
        let nobody = Caller { address: server.address, token: None };
        let body = json!({"secret": secret, "login": "admin", "name": "Admin", "password": PASSWORD});
        nobody.post("/api/v1/auth/first-admin", &body).expect(201);
        let admin = nobody.log_in("admin");
        Self { server, _keys: keys, admin }
    }

    /// Somebody who is not logged in.
    pub fn nobody(&self) -> Caller {
        Caller { address: self.server.address, token: None }
    }

    /// The administrator.
    pub fn admin(&self) -> Caller {
        Caller { address: self.server.address, token: Some(self.admin.clone()) }
    }

    /// A new user of a role that needs no organization.
    pub fn user(&self, role: &str) -> Caller {
        let body = json!({"login": role, "name": role, "password": PASSWORD, "role": role});
        self.admin().post("/api/v1/users", &body).expect(201);
        let token = self.nobody().log_in(role);
        Caller { address: self.server.address, token: Some(token) }
    }
}

/// Somebody who sends requests.
pub struct Caller {
    address: SocketAddr,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Value,
}

impl Caller {
    fn log_in(&self, login: &str) -> String {
        let answer = self.post("/api/v1/auth/login", &json!({"login": login, "password": PASSWORD}));
        answer.expect(200)["access_token"].as_str().expect("a token").to_owned()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], &body.to_string())
    }

    /// Edits the revision that was read.
    pub fn patch(&self, path: &str, revision: i64, body: &Value) -> Answer {
        self.send("PATCH", path, &[("If-Match", &format!("\"{revision}\""))], &body.to_string())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n",
            self.address,
            body.len()
        );
        if let Some(token) = &self.token {
            request += &format!("Authorization: Bearer {token}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        request += body;
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("the socket takes a timeout");
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("the reply is read");
        Answer::read(&String::from_utf8(reply).expect("the reply is UTF-8"))
    }
}

impl Answer {
    fn read(reply: &str) -> Self {
        let (head, body) = reply.split_once("\r\n\r\n").expect("the head of the reply ends");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let etag = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("etag").then(|| value.to_owned())
        });
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
        };
        Self { status, etag, body }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// Says that the request was refused with this code at exactly these fields; returns the words.
    #[track_caller]
    pub fn refused(self, code: &str, pointers: &[&str]) -> String {
        assert!(self.status >= 400, "not refused: {:#}", self.body);
        assert_eq!(self.body["code"], code, "{:#}", self.body);
        let none = Vec::new();
        let errors = self.body["errors"].as_array().unwrap_or(&none);
        let found: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        assert_eq!(found, pointers, "{:#}", self.body);
        let words: Vec<&str> = errors.iter().filter_map(|error| error["detail"].as_str()).collect();
        if words.is_empty() { self.body["detail"].to_string() } else { words.join("\n") }
    }
}
