//! Connections: how many there may be, in all and from one address, and how long one may keep a place without asking
//! for anything.
//!
//! The server below gives the head of a first request ten seconds and an idle connection fifteen. What it does not see
//! is counted here: a second head that trickles, an answer nobody reads, and whose connections they are. A connection
//! is at rest but for the time in which a request is answered, and rests for a while only; where there are too many,
//! the one that would have had to go first makes room, so that whoever holds thousands open keeps nobody out.
//! Never here: anything about what is asked for.

use crate::auth::subscriber;
use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long a connection may stay idle.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a caller may take to send the head of a request.
pub(super) const HEAD_WAIT: Duration = Duration::from_secs(10);
/// How long a caller may take to agree on TLS. Nobody is counted by address until then, so it is short.
pub(super) const HANDSHAKE_WAIT: Duration = Duration::from_secs(3);
/// How long a caller may take to end a connection, or to send what nobody wants any more.
pub(super) const DISCONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long a connection may be at rest: idle, and then for a head.
const REST: Duration = KEEP_ALIVE.saturating_add(HEAD_WAIT);
/// What a caller must take of an answer, in bytes a second: as little as a body must bring.
const ANSWER_RATE: u64 = 1_024;
/// How long an answer may take whose size nobody knows beforehand.
const STREAM_WAIT: Duration = Duration::from_secs(60 * 60);
/// How long what was sent may stay without a word that it came.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);
/// How often connections are looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// Files that are open besides connections: databases, keys, logs.
const OTHER_FILES: u64 = 256;
/// In place of a time: a request is being answered.
const BUSY: u64 = u64::MAX;

/// The connections of a server.
pub(super) struct Connections {
    limit: usize,
    limit_per_address: usize,
    trusted: Vec<IpAddr>,
    began: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    number: u64,
    all: HashMap<u64, Arc<Place>>,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection; it counts until it is dropped, which the server below does when it is over.
pub(super) struct Connection {
    table: Arc<Connections>,
    number: u64,
    /// Whose it is; proxies of ours bring everybody's, so theirs are not counted by address.
    from: Option<IpAddr>,
    place: Arc<Place>,
}

/// What is known of a connection from outside it. Letting go of one does nothing but close a handle, so it may be done
/// while the table is locked.
struct Place {
    socket: TcpStream,
    /// Until when it may rest, in milliseconds of the table's time.
    until: AtomicU64,
}

impl Connections {
    /// No connections yet.
    pub(super) fn new(limit: usize, limit_per_address: usize, trusted: Vec<IpAddr>) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { limit: limit.min(places()), limit_per_address, trusted, began: Instant::now(), open })
    }

    /// The most there may be.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Counts a connection that has come; none where its address has too many, or this process too many files.
    pub(super) fn arrive(self: &Arc<Self>, stream: &impl AsFd) -> Option<Arc<Connection>> {
        // Another handle of the same socket, by which it can be ended from elsewhere.
        let socket = stream.as_fd().try_clone_to_owned().map(TcpStream::from).ok()?;
        let milliseconds = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&socket, milliseconds) {
            tracing::debug!(%error, "what a caller does not take is waited for as long as the system says");
        }
        let peer = socket.peer_addr().ok().map(|address| address.ip().to_canonical());
        let from = peer.filter(|peer| !self.trusted.contains(peer)).map(subscriber);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(from) = from {
            let count = open.by_address.entry(from).or_default();
            if *count >= self.limit_per_address {
                drop(socket.shutdown(Shutdown::Both));
                return None;
            }
            *count += 1;
        }
        let has_to_go = if open.all.len() >= self.limit { longest_at_rest(&open) } else { None };
        open.number += 1;
        let number = open.number;
        let place = Arc::new(Place { socket, until: AtomicU64::new(self.in_milliseconds(REST)) });
        open.all.insert(number, Arc::clone(&place));
        drop(open);
        if let Some(other) = has_to_go {
            other.end();
        }
        Some(Arc::new(Connection { table: Arc::clone(self), number, from, place }))
    }

    /// Ends whoever rested for too long, once a second, for as long as there is a table.
    pub(super) async fn watch(table: Weak<Self>) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let Some(table) = table.upgrade() else { return };
            let now = table.in_milliseconds(Duration::ZERO);
            let open = table.open.lock().unwrap_or_else(PoisonError::into_inner);
            let over: Vec<_> = open
                .all
                .values()
                .filter(|place| place.until.load(Ordering::Relaxed) < now)
                .cloned()
                .collect();
            drop(open);
            for place in over {
                place.end();
            }
        }
    }

    fn in_milliseconds(&self, further: Duration) -> u64 {
        u64::try_from((self.began.elapsed() + further).as_millis()).unwrap_or(BUSY - 1)
    }
}

/// The one that would have to go first, chosen once.
fn longest_at_rest(open: &Open) -> Option<Arc<Place>> {
    let at_rest = open.all.values().map(|place| (place.until.load(Ordering::Relaxed), place));
    let first = at_rest.filter(|(until, _)| *until != BUSY).min_by_key(|(until, _)| *until);
    let (_, place) = first?;
    // Whoever comes next takes another's, though this one may still be there for a moment.
    place.until.store(BUSY, Ordering::Relaxed);
    Some(Arc::clone(place))
}

impl Place {
    /// Ends the connection: the server below finds it closed, and lets it go.
    fn end(&self) {
        drop(self.socket.shutdown(Shutdown::Both));
    }
}

impl Connection {
    fn busy(&self) {
        self.place.until.store(BUSY, Ordering::Relaxed);
    }

    fn rest(&self, answer: BodySize) {
        let sending = match answer {
            BodySize::None => Duration::ZERO,
            BodySize::Sized(bytes) => Duration::from_secs(bytes / ANSWER_RATE),
            BodySize::Stream => STREAM_WAIT,
        };
        self.place.until.store(self.table.in_milliseconds(REST + sending), Ordering::Relaxed);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.table.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all.remove(&self.number);
        if let Some(from) = self.from
            && let Some(count) = open.by_address.get_mut(&from)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&from);
            }
        }
    }
}

/// Notes that a connection's request is being answered, and when it has been.
///
/// # Errors
/// What the service inside says.
pub(super) async fn attend(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    if let Some(connection) = &connection {
        connection.busy();
    }
    let response = next.call(request).await;
    if let Some(connection) = connection {
        connection
            .rest(response.as_ref().map_or(BodySize::None, |response| response.response().body().size()));
    }
    response
}

/// As many connections as this process may have files for, after it took all that it may: each needs two.
fn places() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::debug!(%error, "fewer connections are taken");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(OTHER_FILES) / 2).unwrap_or(usize::MAX).max(1)
}
