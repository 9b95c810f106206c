//! One message to one receiver: resolved once, looked at, connected to what was looked at, and not waited for long.
//!
//! Nothing is followed elsewhere, no proxy of the environment is used, and of an answer only its status and `Retry-After` are
//! read. What is told of a failure names nothing of this house's network.

use super::address::is_public;
use crate::auth::agent_config;
use crate::outbox::Verdict;
use crate::outbox::rules::ASKED_REST_MAXIMUM_SECONDS;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long one message may take, from the name to the head of the answer: as long as a receiver needs that puts it into a
/// queue of its own.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of the head of an answer.
const HEAD_LIMIT: usize = 16 * 1_024;
/// Addresses of one name that are looked at; of more the first.
const ADDRESSES_LIMIT: usize = 16;

/// Resolves `host:port` in place of the system; only for tests of names that change.
pub type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Which receivers are told, and how long each is waited for.
#[derive(Clone)]
pub struct Receivers {
    /// Whether they may be told without TLS.
    pub plain_http: bool,
    /// Whether they may be within this house's network.
    pub private_addresses: bool,
    /// How long one message may take.
    pub patience: Duration,
    /// Who resolves names; the system, if nobody else.
    pub lookup: Option<Lookup>,
}

impl Default for Receivers {
    fn default() -> Self {
        Self { plain_http: false, private_addresses: false, patience: PATIENCE, lookup: None }
    }
}

/// That a name leads to where nobody is told.
#[derive(Debug, thiserror::Error)]
#[error("its name leads to an address that is not public")]
struct NotPublic;

/// Resolves a name and refuses what is not public. What it answers is what is connected to.
struct Guarded {
    receivers: Receivers,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Guarded")
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match &self.receivers.lookup {
            None => DefaultResolver::default().resolve(uri, config, timeout)?,
            Some(lookup) => {
                let (scheme, authority) =
                    uri.scheme().zip(uri.authority()).ok_or(ureq::Error::HostNotFound)?;
                let name =
                    DefaultResolver::host_and_port(scheme, authority).ok_or(ureq::Error::HostNotFound)?;
                let mut found = self.empty();
                lookup(&name)?.into_iter().take(ADDRESSES_LIMIT).for_each(|one| found.push(one));
                found
            }
        };
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        // A name that leads to one address within this house has no business leading to others outside.
        if !self.receivers.private_addresses && !found.iter().all(|address| is_public(address.ip())) {
            return Err(ureq::Error::Other(Box::new(NotPublic)));
        }
        Ok(found)
    }
}

/// Sends messages.
pub(super) struct Sender {
    agent: Agent,
    patience: Duration,
}

impl Sender {
    pub(super) fn new(receivers: &Receivers) -> Self {
        let config = agent_config(receivers.patience, "webhooks")
            .http_status_as_error(false)
            .https_only(!receivers.plain_http)
            .max_response_header_size(HEAD_LIMIT)
            // Each message resolves its name anew and has a connection of its own: no receiver answers for another.
            .max_idle_connections(0)
            .build();
        let guarded = Guarded { receivers: receivers.clone() };
        let agent = Agent::with_parts(config, DefaultConnector::default(), guarded);
        Self { agent, patience: receivers.patience }
    }

    /// Sends a body with the headers of Standard Webhooks.
    pub(super) fn send(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Verdict {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refused = |words: String, rest_seconds| Verdict::Refused { words, rest_seconds };
        let answer = match request.send(body) {
            Ok(answer) => answer,
            Err(error) => return refused(self.words_of(&error), None),
        };
        let status = answer.status();
        if status.is_success() {
            return Verdict::Taken;
        }
        let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let asked = asked.and_then(|text| text.trim().parse::<i64>().ok());
        match status.as_u16() {
            code @ 300..=399 => refused(format!("answered {code}: nobody is followed elsewhere"), None),
            410 => refused("answered 410: it is gone".to_owned(), Some(ASKED_REST_MAXIMUM_SECONDS)),
            code @ (429 | 503) => refused(format!("answered {code}"), asked),
            code => refused(format!("answered {code}"), None),
        }
    }

    /// Why no answer came, without a word of addresses or of what else this house's network says.
    fn words_of(&self, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(_) => format!("did not answer within {} s", self.patience.as_secs_f32()),
            ureq::Error::HostNotFound => "its name has no address".to_owned(),
            ureq::Error::Io(error) => format!("cannot be reached: {}", error.kind()),
            ureq::Error::Other(cause) if cause.is::<NotPublic>() => NotPublic.to_string(),
            ureq::Error::Rustls(error) => format!("TLS was not agreed on: {error}"),
            ureq::Error::Tls(_) | ureq::Error::TlsRequired => "TLS was not agreed on".to_owned(),
            ureq::Error::LargeResponseHeader(..) => "the head of its answer is too large".to_owned(),
            ureq::Error::RequireHttpsOnly(_) => "it is not https".to_owned(),
            _ => "did not answer as a server does".to_owned(),
        }
    }
}
