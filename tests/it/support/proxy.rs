//! Something between a server and PostgreSQL that goes away when it is told to, also in the middle of a commit.
//!
//! It reads what clients say as far as it must: messages of the protocol, and of them the words of simple queries.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What happens to who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything goes through.
    Pass,
    /// So many commits of a writer reach the database, whose answer does not come back: the connection is cut.
    CutAfterCommit(usize),
    /// So many commits of a writer do not reach the database: the connection is cut.
    CutBeforeCommit(usize),
    /// Nobody is let in, and everybody is cut off.
    Gone,
}

struct Shared {
    mode: Mutex<Mode>,
    led_to: Mutex<Option<String>>,
    open: Mutex<Vec<TcpStream>>,
    cuts: AtomicUsize,
}

/// A way to PostgreSQL that can be cut.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Before the database of this URL, `postgres://USER@HOST:PORT/NAME`.
    pub fn before(url: &str) -> Self {
        let (head, rest) = url.split_once('@').expect("the URL names a user");
        let (target, name) = rest.split_once('/').expect("the URL names a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let target: SocketAddr = target.parse().expect("the URL has an address and a port");
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Pass),
            led_to: Mutex::new(None),
            open: Mutex::new(Vec::new()),
            cuts: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                // Who cannot be let through is let go: the client sees a connection that ends.
                std::thread::spawn(move || drop(carry(client, target, &shared)));
            }
        });
        Self { url: format!("{head}@{address}/{name}"), shared }
    }

    /// The database's URL through here.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on.
    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().expect("no carrier failed") = mode;
        if mode == Mode::Gone {
            for stream in self.shared.open.lock().expect("no carrier failed").drain(..) {
                drop(stream.shutdown(Shutdown::Both));
            }
        }
    }

    /// Whoever comes from now on is led to this database of the same server; whoever is there stays.
    pub fn lead_to(&self, url: &str) {
        let name = url.rsplit('/').next().map(str::to_owned);
        *self.shared.led_to.lock().expect("no carrier failed") = name;
    }

    /// Commits that were cut so far.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// What happens to this commit of a writer.
    fn judge(&self) -> Mode {
        let mut mode = self.mode.lock().expect("no carrier failed");
        let judged = *mode;
        *mode = match judged {
            Mode::CutAfterCommit(0 | 1) | Mode::CutBeforeCommit(0 | 1) => Mode::Pass,
            Mode::CutAfterCommit(left) => Mode::CutAfterCommit(left - 1),
            Mode::CutBeforeCommit(left) => Mode::CutBeforeCommit(left - 1),
            Mode::Pass | Mode::Gone => judged,
        };
        if matches!(judged, Mode::CutAfterCommit(_) | Mode::CutBeforeCommit(_)) {
            self.cuts.fetch_add(1, Ordering::SeqCst);
        }
        judged
    }
}

/// Carries one connection until either end closes it or it is cut.
fn carry(client: TcpStream, target: SocketAddr, shared: &Arc<Shared>) -> std::io::Result<()> {
    if *shared.mode.lock().expect("no carrier failed") == Mode::Gone {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(target)?;
    shared.open.lock().expect("no carrier failed").extend([client.try_clone()?, server.try_clone()?]);
    let muted = Arc::new(AtomicBool::new(false));
    let back = (server.try_clone()?, client.try_clone()?, Arc::clone(&muted));
    let answering = std::thread::spawn(move || carry_back(back.0, back.1, &back.2));
    drop(carry_on(&client, &server, shared, &muted));
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
    drop(answering.join());
    Ok(())
}

/// Answers to the client; the first after a commit that is to be cut ends the connection instead.
fn carry_back(mut server: TcpStream, mut client: TcpStream, muted: &AtomicBool) {
    let mut buffer = [0; 16_384];
    while let Ok(count) = server.read(&mut buffer) {
        if count == 0 || muted.load(Ordering::SeqCst) || client.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
}

/// What the client says, message by message.
fn carry_on(
    mut client: &TcpStream,
    mut server: &TcpStream,
    shared: &Shared,
    muted: &AtomicBool,
) -> std::io::Result<()> {
    // The first message has no kind before its length.
    let mut first = message(&mut client, false)?;
    if let Some(name) = shared.led_to.lock().expect("no carrier failed").as_deref() {
        first = of_database(&first, name);
    }
    server.write_all(&first)?;
    let mut is_writing = false;
    loop {
        let message = message(&mut client, true)?;
        if message[0] == b'Q' {
            let words = String::from_utf8_lossy(&message[5..]).trim_end_matches('\0').to_owned();
            if words.contains("pg_advisory_xact_lock") {
                is_writing = true;
            } else if words == "COMMIT" && std::mem::take(&mut is_writing) {
                match shared.judge() {
                    Mode::CutBeforeCommit(_) => return Ok(()),
                    Mode::CutAfterCommit(_) => {
                        muted.store(true, Ordering::SeqCst);
                        server.write_all(&message)?;
                        // The other thread waits for the database's answer, which says that it is done.
                        let mut rest = Vec::new();
                        return client.read_to_end(&mut rest).map(drop);
                    }
                    Mode::Pass | Mode::Gone => {}
                }
            }
        }
        server.write_all(&message)?;
    }
}

/// A first message, which asks for a database by a word and its name behind it, asking for another one.
fn of_database(first: &[u8], name: &str) -> Vec<u8> {
    let mut words: Vec<&[u8]> = first[8..].split(|byte| *byte == 0).collect();
    let at = words.iter().position(|word| *word == b"database").expect("a database is asked for");
    words[at + 1] = name.as_bytes();
    let words = words.join(&0);
    let length = u32::try_from(words.len() + 8).expect("a short message");
    [&length.to_be_bytes()[..], &first[4..8], &words[..]].concat()
}

/// One message as it came: perhaps a kind, then a length that counts itself, then the rest.
fn message(client: &mut &TcpStream, has_kind: bool) -> std::io::Result<Vec<u8>> {
    let head = if has_kind { 5 } else { 4 };
    let mut message = vec![0; head];
    client.read_exact(&mut message)?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().expect("four bytes")) as usize;
    message.resize(head - 4 + length, 0);
    client.read_exact(&mut message[head..])?;
    Ok(message)
}
