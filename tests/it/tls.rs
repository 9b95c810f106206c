//! A server that speaks TLS itself, as a small office without a proxy runs it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use relief_ledger::app::{self, Layer, Settings, TlsFiles};
use relief_ledger::db;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};

use crate::support::TestDatabase;
use crate::support::server::{Server, migrate};

pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    pub fn new() -> Self {
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
    pub fn issue(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(self.path("key.pem"), signing_key.serialize_pem()).expect("the key is written");
        std::fs::write(self.path("chain.pem"), cert.pem()).expect("the certificate is written");
        cert.der().clone()
    }
}

/// A connection of somebody who trusts this certificate alone; TLS is agreed on with the first word.
pub fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
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
    Ok(StreamOwned::new(client, socket))
}

/// What the server answers to whoever trusts this certificate alone.
fn get(address: SocketAddr, trusted: &CertificateDer<'static>, path: &str) -> std::io::Result<String> {
    let mut stream = connect(address, trusted)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        // Some servers close without the last word of TLS; what was answered by then counts.
        Err(error) if answer.is_empty() => Err(error),
        Ok(_) | Err(_) => Ok(answer),
    }
}

pub fn secure_server(certificates: &Certificates) -> Server {
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
fn a_database_that_must_be_reached_over_tls_is_not_reached_in_the_clear() {
    let database = TestDatabase::postgres(migrate);
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("{}?sslmode={mode}", database.url());
        let problem = db::connect(&url).err().expect("the client has no TLS");
        let cause = problem.internal.unwrap_or_default();
        assert!(cause.contains("sslmode") && cause.contains(mode), "{cause}");
    }
    for mode in ["prefer", "disable"] {
        assert!(db::connect(&format!("{}?sslmode={mode}", database.url())).is_ok(), "{mode} allows it");
    }
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

/// A server as the one below comes, which takes no further connection while 256 a worker agree on TLS.
fn bare(certificates: &Certificates) -> SocketAddr {
    use actix_web::{App, HttpResponse, HttpServer, web};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let chain = CertificateDer::pem_file_iter(certificates.path("chain.pem")).expect("a file");
    let key = PrivateKeyDer::from_pem_file(certificates.path("key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain.map(|one| one.expect("a certificate")).collect(), key)
        .expect("they fit");
    std::thread::spawn(move || {
        let app = || App::new().default_service(web::to(|| async { HttpResponse::Ok().body("{}") }));
        let server = HttpServer::new(app).workers(2).disable_signals().max_connection_rate(256);
        let server = server.listen_rustls_0_23(listener, config).expect("it listens");
        actix_web::rt::System::new().block_on(server.run()).expect("it serves");
    });
    address
}

/// How long somebody waits for up to twenty answers while many connect, say nothing, and come again when they are ended.
fn among_the_silent(address: SocketAddr, trusted: &CertificateDer<'static>) -> Duration {
    let is_over = AtomicBool::new(false);
    // More than two workers let agree at once as it comes, and more than one address may have.
    let hold = || {
        let connect = || TcpStream::connect(address).expect("it connects");
        let mut silent: Vec<TcpStream> = (0..100).map(|_| connect()).collect();
        while !is_over.load(Ordering::Relaxed) {
            for stream in &mut silent {
                stream.set_nonblocking(true).expect("it does not wait");
                let heard = stream.read(&mut [0; 64]);
                if !heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                    *stream = connect();
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(hold);
        }
        std::thread::sleep(Duration::from_secs(2));
        // Those who are silent come and go every three seconds, so it is asked for longer than that.
        let mut waited = Duration::ZERO;
        for _ in 0..20 {
            let begun = Instant::now();
            let answer = get(address, trusted, "/health/live").expect("it answers");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            waited += begun.elapsed();
            if waited > Duration::from_secs(5) {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        is_over.store(true, Ordering::Relaxed);
        waited
    })
}

#[test]
fn whoever_connects_and_says_nothing_keeps_nobody_waiting() {
    raise_files();
    let certificates = Certificates::new();
    let trusted = certificates.issue();
    let server = secure_server(&certificates);
    let ours = among_the_silent(server.address(), &trusted);
    drop(server);
    let theirs = among_the_silent(bare(&certificates), &trusted);
    println!("ours {ours:?}, as it comes {theirs:?}");
    assert!(theirs > Duration::from_secs(2), "the twin: as it comes, it waits for the silent: {theirs:?}");
    assert!(ours < theirs / 2, "ours {ours:?}, as it comes {theirs:?}");
}

/// Both ends of the connections are files of this process.
fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let files = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: files, maximum: files }).expect("more files are allowed");
}
