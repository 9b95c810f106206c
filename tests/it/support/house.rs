//! A server with a caller of each role at hand, for stories that are about goods and not about logging in.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::Value;

use super::TestDatabase;
pub use super::server::migrate;
use super::server::{Caller as Plain, Reply, Server};

/// A server of one story, stopped at its end.
pub struct TestServer {
    pub server: Server,
}

/// Somebody who sends requests.
pub struct Caller(pub Plain);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Value,
}

impl TestServer {
    /// Starts a server on the database.
    pub fn start(database: &TestDatabase) -> Self {
        Self { server: Server::start_with(database, |settings| settings.workers = Some(1)) }
    }

    /// Somebody who is not logged in.
    pub fn nobody(&self) -> Caller {
        Caller(self.server.stranger())
    }

    /// An administrator.
    pub fn admin(&self) -> Caller {
        Caller(self.server.login_as(Role::Admin))
    }

    /// A new user of a role that needs no organization.
    pub fn user(&self, role: &str) -> Caller {
        Caller(self.server.login_as(Role::from_word(role).expect("a role")))
    }

    /// A new donor of an organization.
    pub fn donor(&self, organization: &str) -> Caller {
        let organization: OrganizationId = organization.parse().expect("an identifier");
        Caller(self.server.login_bound(Role::Donor, Some(organization), None))
    }
}

impl Caller {
    pub fn get(&self, path: &str) -> Answer {
        self.0.get(path).into()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.0.post(path, body).into()
    }

    /// Edits the revision that was read.
    pub fn patch(&self, path: &str, revision: i64, body: &Value) -> Answer {
        self.0.patch(path, revision, body).into()
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        self.0.send(method, path, &all, Some(body)).into()
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let etag = reply.header("etag").map(str::to_owned);
        let body = if reply.text.is_empty() { Value::Null } else { reply.json() };
        Self { status: reply.status, etag, body }
    }
}

impl Answer {
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
