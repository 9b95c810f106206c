//! Those who hold a server up: a process of its own that logs in without end, or keeps connections open and says next
//! to nothing on them. It goes on until it is ended.

use super::failed;
use crate::cli::print::say;
use crate::core::problem::Outcome;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{interval, sleep, timeout};

/// Connections from one address: fewer than the server takes from one.
const PER_ADDRESS: usize = 100;
/// How often a slow one sends a letter, so that it never seems to pause.
const LETTER_EVERY: Duration = Duration::from_secs(1);
/// How long one waits after being sent away.
const COME_BACK: Duration = Duration::from_millis(200);
/// How long the whole crowd may take to come.
const GATHERING: Duration = Duration::from_secs(60);

/// What the members of a crowd do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Manner {
    /// Log in with wrong passwords, each from a new connection; as many a second as there are members.
    Logins,
    /// Begin a head and send a letter of it now and then.
    Heads,
    /// The same with the body of an update, sent with a good token.
    Bodies,
    /// Ask once and stay.
    Idle,
}

/// A crowd.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Crowd {
    /// The server.
    pub(super) address: SocketAddr,
    /// A good token.
    pub(super) token: String,
    /// What they do.
    pub(super) manner: Manner,
    /// How many they are.
    pub(super) members: usize,
}

/// A crowd that is there; it goes when dropped.
pub(super) struct Gathered(Child);

impl Drop for Gathered {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Crowd {
    /// Starts it, and returns when all are there.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(super) fn gather(&self) -> Outcome<Gathered> {
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["bench", "--crowd"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(&serde_json::to_vec(self).map_err(failed)?).map_err(failed)?;
        }
        let output = child.stdout.take().ok_or_else(|| failed("the crowd says nothing"))?;
        let gathered = Gathered(child);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(failed)?;
        if line.trim() == "all" { Ok(gathered) } else { Err(failed(format!("of the crowd came: {line}"))) }
    }
}

/// The crowd's process itself.
pub(super) fn run_crowd() -> Outcome<()> {
    let crowd: Crowd = serde_json::from_reader(std::io::stdin().lock()).map_err(failed)?;
    let files = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: files, maximum: files }).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(stay(crowd))
}

async fn stay(crowd: Crowd) -> Outcome<()> {
    let crowd = Arc::new(crowd);
    let here = Arc::new(AtomicUsize::new(0));
    if let Manner::Logins = crowd.manner {
        tokio::spawn(keep_logging_in(Arc::clone(&crowd)));
        sleep(LETTER_EVERY).await;
    } else {
        for number in 0..crowd.members {
            tokio::spawn(keep_coming(Arc::clone(&crowd), number, Arc::clone(&here)));
        }
        let all = async {
            while here.load(Ordering::Relaxed) < crowd.members {
                sleep(COME_BACK).await;
            }
        };
        if timeout(GATHERING, all).await.is_err() {
            return say(here.load(Ordering::Relaxed));
        }
    }
    say("all")?;
    std::future::pending().await
}

/// Logs in at a steady pace, however long the answers take.
async fn keep_logging_in(crowd: Arc<Crowd>) {
    let members = u32::try_from(crowd.members).unwrap_or(1).max(1);
    let mut pace = interval(Duration::from_secs(1) / members);
    for number in 0_usize.. {
        pace.tick().await;
        let crowd = Arc::clone(&crowd);
        tokio::spawn(async move {
            // Whoever is sent away comes again as the next.
            drop(log_in(&crowd, number).await);
        });
    }
}

async fn log_in(crowd: &Crowd, number: usize) -> std::io::Result<()> {
    let mut stream = connect(crowd, number % crowd.members, 1).await?;
    let body = format!(r#"{{"login":"stranger-{number}","password":"a wrong password"}}"#);
    let text = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await.map(|_| ())
}

async fn keep_coming(crowd: Arc<Crowd>, number: usize, here: Arc<AtomicUsize>) {
    let mut is_new = true;
    loop {
        if let Ok(stream) = connect(&crowd, number, PER_ADDRESS).await {
            if is_new {
                here.fetch_add(1, Ordering::Relaxed);
                is_new = false;
            }
            // However it ends, this member comes again.
            drop(hold(&crowd, stream).await);
        }
        sleep(COME_BACK).await;
    }
}

/// Holds a connection for as long as the server lets it.
async fn hold(crowd: &Crowd, mut stream: TcpStream) -> std::io::Result<()> {
    let beginning = match crowd.manner {
        Manner::Logins | Manner::Heads => "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned(),
        Manner::Bodies => format!(
            "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{",
            crowd.token
        ),
        Manner::Idle => "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
    };
    stream.write_all(beginning.as_bytes()).await?;
    let mut heard = [0_u8; 1_024];
    loop {
        match timeout(LETTER_EVERY, stream.read(&mut heard)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Ok(Ok(_)) | Err(_) => {}
        }
        match crowd.manner {
            Manner::Heads | Manner::Bodies => stream.write_all(b" ").await?,
            Manner::Logins | Manner::Idle => {}
        }
    }
}

/// Connects from one of this machine's own addresses, so that no address has more than its share.
async fn connect(crowd: &Crowd, number: usize, per_address: usize) -> std::io::Result<TcpStream> {
    let [_, _, high, low] = u32::try_from(number / per_address).unwrap_or(0).to_be_bytes();
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 1, high, low), 0)))?;
    socket.connect(crowd.address).await
}
