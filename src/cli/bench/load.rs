//! The load: chains of requests, sent by a process of its own over kept connections, so that what it costs
//! to send them is never counted as the server's.

use super::failed;
use crate::cli::print::say;
use crate::core::problem::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of one answer's head; ours are below one thousand.
const HEAD_MAXIMUM: usize = 16 * 1_024;

/// One request; a body makes it a POST.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// The path.
    pub(super) path: String,
    /// The body.
    pub(super) body: Option<String>,
    /// Whether the other caller sends it.
    pub(super) by_other: bool,
}

/// Requests that follow one another on one connection.
pub(super) type Chain = Vec<Request>;

/// What a load process does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// The server.
    pub(super) address: SocketAddr,
    /// The bearer tokens of the caller and of the other one, who receives: nobody receives what they dispatched.
    pub(super) tokens: [String; 2],
    /// Connections at once.
    pub(super) connections: usize,
    /// What to send; a connection that is done with a chain takes the next.
    pub(super) chains: VecDeque<Chain>,
    /// Whether pages are asked for, compressed, as browsers do.
    pub(super) is_browser: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sent {
    /// Requests answered with 2xx.
    pub(super) answered: u64,
    /// Requests answered otherwise, or not at all.
    pub(super) refused: u64,
    /// The first such answer.
    pub(super) first_refusal: Option<String>,
    /// From the first request to the last answer.
    pub(super) seconds: f64,
    /// Median time to an answer.
    pub(super) p50_ms: f64,
    /// Time within which 99 of 100 were answered.
    pub(super) p99_ms: f64,
}

impl Sent {
    /// Answers in a second.
    pub(super) fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
}

/// Has a process of its own do the work.
///
/// # Errors
/// Where it cannot be started or is refused anything.
pub(super) fn send(work: &Work) -> Outcome<Sent> {
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(["bench", "--client"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let text = serde_json::to_vec(work).map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&text).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let sent: Sent = serde_json::from_slice(&output.stdout).map_err(failed)?;
    match &sent.first_refusal {
        None => Ok(sent),
        Some(words) => Err(failed(format!("{} requests were refused; the first: {words}", sent.refused))),
    }
}

/// The load process itself: work on standard input, what came of it on standard output.
pub(super) fn run_client() -> Outcome<()> {
    let work: Work = serde_json::from_reader(std::io::stdin().lock()).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let sent = runtime.block_on(drive(work));
    say(serde_json::to_string(&sent).map_err(failed)?)
}

#[derive(Default)]
struct Seen {
    milliseconds: Vec<f64>,
    refused: u64,
    first_refusal: Option<String>,
}

async fn drive(work: Work) -> Sent {
    let Work { address, tokens, connections, chains, is_browser } = work;
    let chains = Arc::new(Mutex::new(chains));
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(connection((address, is_browser), tokens.clone(), Arc::clone(&chains))))
        .collect();
    let mut all = Seen::default();
    for task in tasks {
        let seen = task.await.unwrap_or_else(|error| Seen {
            refused: 1,
            first_refusal: Some(error.to_string()),
            ..Seen::default()
        });
        all.milliseconds.extend(seen.milliseconds);
        all.refused += seen.refused;
        all.first_refusal = all.first_refusal.or(seen.first_refusal);
    }
    let seconds = began.elapsed().as_secs_f64();
    all.milliseconds.sort_unstable_by(f64::total_cmp);
    let quantile = |share: usize| {
        all.milliseconds.get((all.milliseconds.len() * share / 100).saturating_sub(1)).copied().unwrap_or(0.0)
    };
    Sent {
        answered: all.milliseconds.len() as u64,
        refused: all.refused,
        first_refusal: all.first_refusal.clone(),
        seconds,
        p50_ms: quantile(50),
        p99_ms: quantile(99),
    }
}

async fn connection(
    to: (SocketAddr, bool),
    tokens: [String; 2],
    chains: Arc<Mutex<VecDeque<Chain>>>,
) -> Seen {
    let mut seen = Seen::default();
    if let Err(error) = send_chains(to, &tokens, &chains, &mut seen).await {
        seen.refused += 1;
        seen.first_refusal.get_or_insert(error.to_string());
    }
    seen
}

async fn send_chains(
    (address, is_browser): (SocketAddr, bool),
    tokens: &[String; 2],
    chains: &Mutex<VecDeque<Chain>>,
    seen: &mut Seen,
) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(HEAD_MAXIMUM);
    loop {
        let next = chains.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(chain) = next else { return Ok(()) };
        for request in chain {
            let token = &tokens[usize::from(request.by_other)];
            let text = head_and_body(address, token, &request, is_browser);
            let began = Instant::now();
            stream.write_all(text.as_bytes()).await?;
            let (status, body) = answer(&mut stream, &mut buffer).await?;
            if (200..300).contains(&status) {
                seen.milliseconds.push(began.elapsed().as_secs_f64() * 1_000.0);
            } else {
                seen.refused += 1;
                seen.first_refusal.get_or_insert(format!("{} {status}: {body}", request.path));
            }
        }
    }
}

fn head_and_body(address: SocketAddr, token: &str, request: &Request, is_browser: bool) -> String {
    let mut common = format!("HTTP/1.1\r\nHost: {address}\r\n");
    if !token.is_empty() {
        common.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if is_browser {
        common.push_str("Accept: text/html\r\nAccept-Encoding: gzip\r\n");
    }
    match &request.body {
        None => format!("GET {} {common}\r\n", request.path),
        Some(body) => format!(
            "POST {} {common}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            request.path,
            body.len()
        ),
    }
}

/// Reads one answer whose length is announced, or that comes in chunks, as compressed ones do.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<(u16, String)> {
    buffer.clear();
    let end = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::Error::other("the connection was closed"));
        }
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let status: Option<u16> = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let length: Option<usize> =
        head.split("\r\n").find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let is_chunked = head.contains("\r\ntransfer-encoding: chunked\r\n");
    let Some(status) = status.filter(|_| length.is_some() || is_chunked) else {
        return Err(std::io::Error::other(format!("an answer without status or length: {head}")));
    };
    let is_whole = |buffer: &[u8]| match length {
        Some(length) => buffer.len() >= end + length,
        None => ends_with_last_chunk(&buffer[end..]),
    };
    while !is_whole(buffer.as_slice()) {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::Error::other("the connection was closed inside an answer"));
        }
    }
    let is_good = (200..300).contains(&status);
    let body = if is_good { String::new() } else { String::from_utf8_lossy(&buffer[end..]).into_owned() };
    Ok((status, body))
}

/// Whether chunks of a body are all there, up to the empty one that is the last.
fn ends_with_last_chunk(mut rest: &[u8]) -> bool {
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return false };
        let size =
            std::str::from_utf8(&rest[..line]).ok().and_then(|word| usize::from_str_radix(word, 16).ok());
        // What is no chunk is no body either: nothing more is waited for.
        let Some(size) = size else { return true };
        let Some(behind) = rest.get(size.saturating_add(line + 4)..) else { return false };
        if size == 0 {
            return true;
        }
        rest = behind;
    }
}
