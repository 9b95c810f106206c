//! How this house asks or tells servers of others: over TLS by the roots this system trusts, by no proxy of the environment,
//! within a time, and following nobody elsewhere. Never here: whom.

use rustls::crypto::ring;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::AgentScope;

/// What an agent of this house begins with: `patience` is for all of a request, from the name on; `purpose` stands in the log
/// where a root of this system cannot be used.
pub fn agent_config(patience: Duration, purpose: &str) -> ConfigBuilder<AgentScope> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, purpose, "a certificate of this system cannot be used");
    }
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    Agent::config_builder()
        .timeout_global(Some(patience))
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
        .user_agent("relief-ledger")
}
