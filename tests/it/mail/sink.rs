//! A server of mail that keeps what comes, as RFC 5321 says, or refuses it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    /// The whole of it.
    pub source: String,
}

impl Mail {
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.source.split_once("\r\n\r\n").expect("a head ends");
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let start = format!("{}:", name.to_ascii_lowercase());
        let mut lines = head.lines();
        let line = lines.find(|line| line.to_ascii_lowercase().starts_with(&start))?;
        Some(line[start.len()..].trim().to_owned())
    }

    /// The text, whichever way it was carried.
    pub fn text(&self) -> String {
        let (_, body) = self.source.split_once("\r\n\r\n").expect("a head ends");
        match self.header("content-transfer-encoding").as_deref() {
            Some("quoted-printable") => decoded(body),
            Some("base64") => {
                use base64::Engine;
                let packed: String = body.split_whitespace().collect();
                let bytes = base64::engine::general_purpose::STANDARD.decode(packed).expect("base64");
                String::from_utf8(bytes).expect("UTF-8")
            }
            _ => body.replace("\r\n", "\n"),
        }
    }

    /// The link to the page of the mailing, without what this server is called.
    pub fn page(&self) -> String {
        let text = self.text();
        let at = text.find("/mail/").expect("a link");
        text[at..].split_whitespace().next().expect("a link").to_owned()
    }
}

/// Quoted-printable (RFC 2045).
fn decoded(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' && after.len() >= 2 {
            let pair = std::str::from_utf8(&after[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(pair, 16).expect("two digits"));
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
}

struct Inner {
    mails: Mutex<Vec<Mail>>,
    refuses: AtomicBool,
    ended: AtomicBool,
}

/// The server, on a free port of this machine.
pub struct Sink {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            mails: Mutex::default(),
            refuses: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, shared) = (stream.expect("a connection"), Arc::clone(&shared));
                std::thread::spawn(move || drop(attend(stream, &shared)));
            }
        });
        Self { address, inner }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.inner.mails.lock().expect("mails").clone()
    }

    /// Whether it takes nothing from now on.
    pub fn refuses(&self, does: bool) {
        self.inner.refuses.store(does, Ordering::SeqCst);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.inner.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn attend(mut stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 sink.example\r\n")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.split([' ', '\r', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => stream.write_all(b"250-sink.example\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n")?,
            "RCPT" if inner.refuses.load(Ordering::SeqCst) => {
                inner.mails.lock().expect("mails").push(Mail { to: String::new(), source: line.clone() });
                stream.write_all(b"451 come again\r\n")?;
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                stream.write_all(b"250 fine\r\n")?;
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut source = String::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line)?;
                    if line == ".\r\n" {
                        break;
                    }
                    source.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                inner.mails.lock().expect("mails").push(Mail { to: to.clone(), source });
                stream.write_all(b"250 taken\r\n")?;
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => stream.write_all(b"250 fine\r\n")?,
        }
    }
}
