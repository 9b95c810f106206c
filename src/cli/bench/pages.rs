//! What pages weigh and cost: the bytes and the requests of a first view with its style and scripts, what of it comes before
//! the figures are there, and the server's CPU for each page, beside a handler that only answers.

use super::cpu::of_this_process;
use super::failed;
use super::figure::Figure;
use super::house::{Founding, LoggedIn};
use super::load::{Chain, Request, Work, send};
use super::reading::bare_handler;
use super::scratch::Scratch;
use crate::app::{self, Layer, RunningServer, Settings};
use crate::auth::{Role, Tokens};
use crate::consignments::Consignment;
use crate::core::id::UserId;
use crate::core::problem::Outcome;
use crate::db::{connect, migrate, read_failure};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::demo::{self, landmarks};
use crate::vault::Vault;
use crate::web::{Door, Expense, Throttle};
use crate::writer::{Record, Writer, WriterSettings};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Turns of all pages; the middle one of each counts, so that no page is measured while the machine is busy with something else.
const TURNS: usize = 7;
/// Requests of a turn for each page: enough of them for a clock that tells hundredths of a second.
const REQUESTS: (usize, usize) = (100, 300);
/// Requests of a turn for the handler that only answers, which takes some fiftieth of what a page does.
const REQUESTS_BARE: usize = 5_000;
/// Requests of one connection before it takes the next chain.
const CHAIN: usize = 10;
/// Connections that read at once.
const CONNECTIONS: usize = 4;
/// Bytes that a server sends before it waits for the first word of the browser: ten segments, less the heads of an answer.
const FIRST_FLIGHT: f64 = 14_000.0;
/// Bytes of a first view that a page about one consignment, and any other, may take: by a telephone at 400 kbit a second they
/// come in half a second and in little more than one.
const TRACKING_BYTES: f64 = 25_000.0;
const FRONT_BYTES: f64 = 60_000.0;
/// Milliseconds of CPU that the front page with its map may take.
const FRONT_CPU_MS: f64 = 3.0;

/// Nobody is slowed down: one address asks for everything here.
struct Everybody;

impl Throttle for Everybody {
    fn admit(&self, _door: Door, _peer: IpAddr) -> Result<(), Duration> {
        Ok(())
    }

    fn spend(&self, _expense: Expense, _user: UserId) -> Result<(), Duration> {
        Ok(())
    }
}

/// A page, and what is promised of it.
struct Page {
    name: &'static str,
    path: String,
    /// Whose it is; a stranger's where it is everybody's.
    role: Option<Role>,
    /// What stands behind its heading and its figures.
    behind_figures: &'static str,
    bytes: Option<f64>,
    cpu_ms: Option<f64>,
}

fn pages(code: &str) -> [Page; 6] {
    let page = |name, path: &str, role, behind_figures| Page {
        name,
        path: path.to_owned(),
        role,
        behind_figures,
        bytes: None,
        cpu_ms: None,
    };
    [
        Page {
            bytes: Some(FRONT_BYTES),
            cpu_ms: Some(FRONT_CPU_MS),
            ..page("front page with map", "/", None, "<svg")
        },
        page("map", "/map", None, "<svg"),
        Page {
            bytes: Some(TRACKING_BYTES),
            ..page("tracking", &format!("/track/{code}"), None, "class=\"timeline\"")
        },
        page("board", "/board", Some(Role::Officer), "<h2"),
        page("donor", "/donor", Some(Role::Donor), "<h2"),
        page("reconciliation", "/reconciliation", Some(Role::Auditor), "<table"),
    ]
}

/// A server on the demonstration, and who looks at its pages.
struct Shown {
    server: RunningServer,
    tokens: Vec<(Role, String)>,
    code: String,
}

impl Shown {
    fn start(scratch: &Scratch) -> Outcome<Self> {
        let (url, keys) = (scratch.sqlite("pages.db"), scratch.path("page-keys"));
        let (code, known) = fill(&url, &keys)?;
        let server = app::start(Settings {
            listen: "127.0.0.1:0".to_owned(),
            database_url: url,
            keys: keys.clone(),
            signals: false,
            throttle: Some(Arc::new(Everybody)),
            ..Layer::default().settings()
        })?;
        let issuer = Tokens::open(&keys).map_err(failed)?;
        let mut tokens = Vec::new();
        for (role, one) in known {
            tokens.push((role, issuer.issue(one.user, one.session).map_err(failed)?));
        }
        Ok(Self { server, tokens, code })
    }

    /// The token of whoever looks at a page; empty where that is anybody.
    fn token(&self, page: &Page) -> &str {
        let found = self.tokens.iter().find(|(role, _)| Some(*role) == page.role);
        found.map_or("", |(_, token)| token)
    }
}

/// Fills a database as a demonstration does: the code of a consignment that went all its way, and a user of each role.
fn fill(url: &str, keys: &Path) -> Outcome<(String, Vec<(Role, LoggedIn)>)> {
    migrate(&mut connect(url)?)?;
    let writer = Writer::start(WriterSettings { wake: Some(wake), ..WriterSettings::of(url) })?;
    let founding = Founding(writer.clone(), Vault::open_or_create(keys)?);
    let filled = demo::fill(&mut Recorder::Writer(writer.clone()), &mut |_| {}).and_then(|()| {
        let donor = landmarks().donor;
        let known = [(Role::Officer, None), (Role::Donor, Some(donor)), (Role::Auditor, None)];
        known.into_iter().map(|(role, of)| Ok((role, founding.user(role, of)?))).collect::<Outcome<Vec<_>>>()
    });
    writer.stop();
    let found = Consignment::load(&mut connect(url)?, &[landmarks().consignment]).map_err(read_failure)?;
    let code = found.first().map(|one| one.tracking_code.clone()).unwrap_or_default();
    Ok((code, filled?))
}

/// Measures.
///
/// # Errors
/// Where the server cannot be started or refuses anything.
pub(super) fn measure(scratch: &Scratch, quick: bool, figures: &mut Vec<Figure>) -> Outcome<()> {
    let shown = Shown::start(scratch)?;
    let pages = pages(&shown.code);
    for page in &pages {
        figures.extend(weighed(&shown, page)?);
    }
    let requests = if quick { REQUESTS.0 } else { REQUESTS.1 };
    let mut spent: Vec<Vec<f64>> = vec![Vec::new(); pages.len()];
    let mut bare = Vec::new();
    // What comes first pays for what is cold, and does not count.
    for turn in 0..=TURNS {
        for step in 0..pages.len() {
            // Each turn begins with another page.
            let at = (turn + step) % pages.len();
            let milliseconds = cpu_of(&shown, &pages[at], requests)?;
            if turn > 0 {
                spent[at].push(milliseconds);
            }
        }
        let milliseconds = bare_handler(REQUESTS_BARE)?;
        if turn > 0 {
            bare.push(milliseconds);
        }
    }
    let bare = middle(bare);
    for (page, spent) in pages.iter().zip(spent) {
        let cpu_ms = middle(spent);
        let name = format!("{}: server CPU", page.name);
        figures.push(match page.cpu_ms {
            Some(limit) => Figure::at_most(name, "ms", cpu_ms, limit),
            None => Figure::shown(name, "ms", cpu_ms),
        });
        figures.push(Figure::shown(format!("{}: over a bare handler", page.name), "×", cpu_ms / bare));
    }
    figures.push(Figure::shown("bare handler: server CPU", "ms", bare));
    shown.server.stop()
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Milliseconds of this process's CPU for one request of a page, by a client that is another process.
fn cpu_of(shown: &Shown, page: &Page, requests: usize) -> Outcome<f64> {
    let request = Request { path: page.path.clone(), body: None, by_other: false };
    let chains: Vec<Chain> = vec![vec![request; CHAIN]; requests / CHAIN];
    let token = shown.token(page).to_owned();
    let work = Work {
        address: shown.server.address,
        tokens: [token.clone(), token],
        connections: CONNECTIONS,
        chains: chains.into(),
        is_browser: true,
    };
    let began = of_this_process()?;
    send(&work)?;
    let used = of_this_process()?.saturating_sub(began);
    Ok(used.as_secs_f64() * 1_000.0 / requests as f64)
}

/// What a first view weighs: the page, its style and its scripts, each with its head, as they cross the wire.
fn weighed(shown: &Shown, page: &Page) -> Outcome<Vec<Figure>> {
    let (address, token) = (shown.server.address, shown.token(page));
    let plain = fetched(address, &page.path, token, "identity")?;
    let text = String::from_utf8_lossy(&plain);
    let files: BTreeSet<&str> = text.split('"').filter(|part| part.starts_with("/static/")).collect();
    let mut bytes = fetched(address, &page.path, token, "gzip")?.len();
    for file in &files {
        bytes += fetched(address, file, token, "gzip")?.len();
    }
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let until_figures = body.find(page.behind_figures).ok_or_else(|| {
        failed(format!("the {} has no {}, which its figures come before", page.name, page.behind_figures))
    })?;
    let weight = format!("{}: first view on the wire", page.name);
    // Not compressed, which is more than what is sent: it must fit all the same.
    let first = format!("{}: heading and figures, not compressed", page.name);
    Ok(vec![
        match page.bytes {
            Some(limit) => Figure::at_most(weight, "bytes", bytes as f64, limit),
            None => Figure::shown(weight, "bytes", bytes as f64),
        },
        Figure::shown(format!("{}: requests of a first view", page.name), "", (files.len() + 1) as f64),
        match page.bytes {
            Some(_) => Figure::at_most(first, "bytes", until_figures as f64, FIRST_FLIGHT),
            None => Figure::shown(first, "bytes", until_figures as f64),
        },
    ])
}

/// An answer with its head, byte by byte as it is sent.
fn fetched(address: SocketAddr, path: &str, token: &str, encoding: &str) -> Outcome<Vec<u8>> {
    let known = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: text/html, */*\r\n\
         Accept-Encoding: {encoding}\r\n{known}\r\n"
    );
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.write_all(head.as_bytes()).map_err(failed)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.starts_with(b"HTTP/1.1 200 ") {
        return Ok(bytes);
    }
    let said: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
    Err(failed(format!("{path} is refused: {said}")))
}
