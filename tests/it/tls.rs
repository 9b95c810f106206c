//! A server that speaks TLS itself, as a small office without a proxy runs it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use relief_ledger::app::{self, Layer, Settings, TlsFiles};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::TestDatabase;
use crate::support::server::{Server, migrate};

struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("chain.pem"),
            key: self.path("key.pem"),
            look_every: Duration::ZERO,
        }
    }

    /// Writes a new certificate and its key where the server looks for them.
    fn issue(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(self.path("key.pem"), signing_key.serialize_pem()).expect("the key is written");
        std::fs::write(self.path("chain.pem"), cert.pem()).expect("the certificate is written");
        cert.der().clone()
    }
}

/// What the server answers to whoever trusts this certificate alone.
fn get(address: SocketAddr, trusted: &CertificateDer<'static>, path: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("it is a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(client, socket);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        // Some servers close without the last word of TLS; what was answered by then counts.
        Err(error) if answer.is_empty() => Err(error),
        Ok(_) | Err(_) => Ok(answer),
    }
}

fn secure_server(certificates: &Certificates) -> Server {
    let database = TestDatabase::sqlite(migrate);
    Server::start_with(&database, |settings| settings.tls = Some(certificates.files()))
}

#[test]
fn a_server_with_a_certificate_speaks_tls_and_nothing_else() {
    let certificates = Certificates::new();
    let trusted = certificates.issue();
    let server = secure_server(&certificates);
    let answer = get(server.address(), &trusted, "/health/live").expect("it answers over TLS");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let lower = answer.to_lowercase();
    assert!(lower.contains("strict-transport-security: max-age=31536000"), "{answer}");

    let mut plain = TcpStream::connect(server.address()).expect("it accepts");
    plain.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    plain.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it is sent");
    let mut bytes = Vec::new();
    drop(plain.read_to_end(&mut bytes));
    assert!(!String::from_utf8_lossy(&bytes).contains("HTTP/1.1"), "nothing is said in the clear");

    let stranger = Certificates::new().issue();
    assert!(get(server.address(), &stranger, "/health/live").is_err(), "it is this very certificate");
}

#[test]
fn a_renewed_certificate_is_taken_up_without_a_restart() {
    let certificates = Certificates::new();
    let first = certificates.issue();
    let server = secure_server(&certificates);
    get(server.address(), &first, "/health/live").expect("the first is shown");
    std::thread::sleep(Duration::from_millis(20));
    let second = certificates.issue();
    get(server.address(), &second, "/health/live").expect("the second is shown");
    assert!(get(server.address(), &first, "/health/live").is_err(), "and the first is no more");

    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(certificates.path("chain.pem"), "half a fi").expect("it is written");
    get(server.address(), &second, "/health/live").expect("what cannot be used changes nothing");
}

#[test]
fn a_certificate_that_does_not_fit_its_key_is_named_at_the_start() {
    let certificates = Certificates::new();
    certificates.issue();
    let other = Certificates::new();
    other.issue();
    let start = |certificate: PathBuf, key: PathBuf| {
        let database = TestDatabase::sqlite(migrate);
        let keys = tempfile::tempdir().expect("a folder");
        let settings = Settings {
            listen: "127.0.0.1:0".to_owned(),
            database_url: database.url().to_owned(),
            keys: keys.path().join("keys"),
            signals: false,
            tls: Some(TlsFiles { certificate, key, look_every: Duration::ZERO }),
            ..Layer::default().settings()
        };
        app::start(settings).err().expect("it does not start").to_string()
    };
    let words = start(certificates.path("chain.pem"), other.path("key.pem"));
    assert!(words.contains("key.pem"), "{words}");
    let words = start(certificates.path("nowhere.pem"), certificates.path("key.pem"));
    assert!(words.contains("nowhere.pem"), "{words}");
    let alone = Layer { tls_key: Some(certificates.path("key.pem")), ..Layer::default() };
    assert!(alone.check().is_err(), "a key alone is half a setting");
}
