//! Somebody else's server: it notes what it hears, and answers well, badly, elsewhere, slowly or not at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// A message as it was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().filter(|(known, _)| known == name).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{name} in {:?}", self.headers);
        &found[0].1
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a message is JSON")
    }

    /// The entry of the log it tells of.
    pub fn sequence(&self) -> i64 {
        self.json()["data"]["sequence"].as_i64().expect("a sequence")
    }
}

/// How a message is answered.
#[derive(Clone, Debug)]
pub enum Manner {
    /// With this status, and further lines of a head.
    Status(u16, String),
    /// Not at all, for as long as the sender waits.
    Hang,
    /// With a head that never ends, a letter at a time.
    Drip,
    /// With what is no HTTP.
    Garble,
    /// With these bytes, and nothing behind them.
    Bytes(Vec<u8>),
    /// By ending the connection.
    Close,
}

pub fn fine() -> Manner {
    Manner::Status(204, String::new())
}

type Answers = Box<dyn FnMut(&Heard) -> Manner + Send>;

struct Inner {
    heard: Mutex<Vec<Heard>>,
    answers: Mutex<Answers>,
    connections: AtomicUsize,
    ended: AtomicBool,
}

/// A server on a free port of this machine; it ends when dropped.
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Receiver {
    /// One that answers as is said.
    pub fn start(answers: impl FnMut(&Heard) -> Manner + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            heard: Mutex::default(),
            answers: Mutex::new(Box::new(answers)),
            connections: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, shared) = (stream.expect("a connection"), Arc::clone(&shared));
                shared.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || drop(attend(stream, &shared)));
            }
        });
        Self { address, inner }
    }

    /// One that takes everything.
    pub fn kind() -> Self {
        Self::start(|_| fine())
    }

    pub fn url(&self) -> String {
        format!("http://{}/relief", self.address)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.inner.heard.lock().expect("what was heard").clone()
    }

    /// The entries it heard of, each as often as it did, in the order it did.
    pub fn sequences(&self) -> Vec<i64> {
        self.heard().iter().map(Heard::sequence).collect()
    }

    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    /// Answers otherwise from now on.
    pub fn now_answers(&self, answers: impl FnMut(&Heard) -> Manner + Send + 'static) {
        *self.inner.answers.lock().expect("answers") = Box::new(answers);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.inner.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn attend(stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            // Whoever ends amid a message has told nothing.
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let heard = Heard { path, headers, body };
    let manner = (inner.answers.lock().expect("answers"))(&heard);
    inner.heard.lock().expect("what was heard").push(heard);
    answer(stream, &manner, inner)
}

fn answer(mut stream: TcpStream, manner: &Manner, inner: &Inner) -> std::io::Result<()> {
    let wait = Duration::from_millis(20);
    match manner {
        Manner::Status(status, head) => {
            write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n{head}\r\n")
        }
        Manner::Hang => {
            while !inner.ended.load(Ordering::SeqCst) {
                std::thread::sleep(wait);
            }
            Ok(())
        }
        Manner::Drip => {
            write!(stream, "HTTP/1.1 200 OK\r\nX-Slow: ")?;
            while !inner.ended.load(Ordering::SeqCst) {
                stream.write_all(b"a")?;
                std::thread::sleep(wait);
            }
            Ok(())
        }
        Manner::Garble => stream.write_all(b"\x00\x01 200 everything is fine\r\n\r\n"),
        Manner::Bytes(bytes) => stream.write_all(bytes),
        Manner::Close => Ok(()),
    }
}
