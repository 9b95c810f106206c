//! TLS of the server itself, by rustls, where it is given a certificate; else a proxy in front speaks TLS.
//!
//! A renewed certificate is taken up without a restart: the files are looked at again at most once a minute, and
//! where they cannot be used the present one goes on. Never here: certificates of callers.

use super::settings::TlsFiles;
use crate::core::problem::{Outcome, Problem};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

/// The settings of TLS: versions 1.2 and 1.3 with the suites rustls thinks safe.
///
/// # Errors
/// `invalid` at `/tls_certificate` or `/tls_key` where a file cannot be read or does not fit the other.
pub(super) fn server_config(files: &TlsFiles) -> Outcome<ServerConfig> {
    let present = Certificate::open(files.clone())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::internal(format!("TLS cannot be spoken: {error}")))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(present));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificate of now.
#[derive(Debug)]
struct Certificate {
    files: TlsFiles,
    present: Mutex<Present>,
}

#[derive(Debug)]
struct Present {
    key: Arc<CertifiedKey>,
    changed_at: Option<SystemTime>,
    looked_at: Instant,
}

impl Certificate {
    fn open(files: TlsFiles) -> Outcome<Self> {
        // The time before the content: a file that changes in between is read again at the next look.
        let changed_at = changed_at(&files);
        let present = Present { key: read(&files)?, changed_at, looked_at: Instant::now() };
        Ok(Self { files, present: Mutex::new(present) })
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if present.looked_at.elapsed() >= self.files.look_every {
            present.looked_at = Instant::now();
            let changed_at = changed_at(&self.files);
            if changed_at != present.changed_at {
                match read(&self.files) {
                    Ok(key) => {
                        present.key = key;
                        present.changed_at = changed_at;
                        tracing::info!("the server's certificate was renewed");
                    }
                    Err(problem) => {
                        tracing::error!(%problem, "the new certificate cannot be used; the present one goes on");
                    }
                }
            }
        }
        Some(Arc::clone(&present.key))
    }
}

/// When the later of the two files was changed.
fn changed_at(files: &TlsFiles) -> Option<SystemTime> {
    [&files.certificate, &files.key]
        .into_iter()
        .filter_map(|path| std::fs::metadata(path).and_then(|about| about.modified()).ok())
        .max()
}

fn read(files: &TlsFiles) -> Outcome<Arc<CertifiedKey>> {
    let unusable = |field: &str, path: &Path, words: String| {
        Problem::field(
            field,
            format!("{} cannot be used: {words}; write PEM, as ACME clients do", path.display()),
        )
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable("/tls_certificate", &files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable("/tls_certificate", &files.certificate, "it holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unusable("/tls_key", &files.key, error.to_string()))?;
    let key = CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| unusable("/tls_key", &files.key, error.to_string()))?;
    Ok(Arc::new(key))
}
