//! A server whose log is read over HTTP. What it says is checked by whoever asks; so it is asked without a token.

use crate::audit::hash::Hash256;
use crate::audit::tiles::{TileId, parse_tile};
use crate::core::problem::{Code, Outcome, Problem};
use rustls::crypto::ring;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// How long one question may take, from the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is read of an answer: a signed note has a million bytes at most.
const ANSWER_LIMIT: u64 = 1_000_000;

/// A server.
pub(super) struct Remote {
    base: String,
    agent: Agent,
}

impl Remote {
    /// The server at this address; nothing is asked yet.
    pub(super) fn new(url: &str) -> Outcome<Self> {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            let words = format!("{url:?} is no server; write an address such as https://relief.example.org");
            return Err(Problem::field("/url", words));
        }
        let found = rustls_native_certs::load_native_certs();
        let roots: Vec<Certificate<'static>> =
            found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .tls_config(tls)
            .user_agent("relief-ledger")
            .build()
            .new_agent();
        Ok(Self { base: format!("{}/api/v1/audit", url.trim_end_matches('/')), agent })
    }

    /// A text of its log.
    pub(super) fn text(&self, path: &str) -> Outcome<String> {
        String::from_utf8(self.bytes(path)?).map_err(|error| self.failed(path, error))
    }

    /// A tile of its log.
    pub(super) fn tile(&self, id: TileId) -> Outcome<Vec<Hash256>> {
        let path = format!("tile/{}", id.path());
        let bytes = self.bytes(&path)?;
        parse_tile(&bytes, id.width).ok_or_else(|| self.failed(&path, "not as many hashes as were asked for"))
    }

    fn bytes(&self, path: &str) -> Outcome<Vec<u8>> {
        let mut answer = self
            .agent
            .get(format!("{}/{path}", self.base))
            .call()
            .map_err(|error| self.failed(path, error))?;
        answer
            .body_mut()
            .with_config()
            .limit(ANSWER_LIMIT)
            .read_to_vec()
            .map_err(|error| self.failed(path, error))
    }

    fn failed(&self, path: &str, error: impl std::fmt::Display) -> Problem {
        let words = format!("{}/{path} did not answer as a log does: {error}", self.base);
        Problem::new(Code::Unavailable, words).at("/url")
    }
}
