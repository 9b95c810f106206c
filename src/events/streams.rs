//! The streams that are open, of programs and of browsers: how many there may be of whom, and ending them.
//!
//! A stream holds no connection to the database while it waits: it is told of a commit after it, and reads then. Never here:
//! what is sent over one.

use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use futures_util::stream::Stream;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Streams of programs that one user has at once. A further one ends the oldest.
const STREAMS_PER_USER: usize = 5;
/// Streams of browsers that one user has at once: each browser has one, and one that was left is noticed late.
const BROWSERS_PER_USER: usize = 8;
/// Streams of strangers at one address: an office behind one router, each following a consignment.
const STREAMS_PER_ADDRESS: usize = 30;
/// Streams there are at once, of everybody: each is a connection and some kilobytes.
const STREAMS_MAXIMUM: usize = 1_000;
/// Those of them that strangers may have, so that there are always some for who works here.
const STRANGERS_MAXIMUM: usize = 500;
/// Before whoever has too many comes again, in seconds.
const COME_BACK_SECONDS: u64 = 10;
/// How often something is sent where nothing is recorded, so that nobody on the way takes the connection for dead.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream goes on; then its reader comes again, where it was. It ends before the connection's own time is over.
pub const STREAM_TIME: Duration = Duration::from_secs(30 * 60);
/// How long after a commit each further stream reads it: all of them at once would take every connection from everybody else,
/// for a second's news. What is recorded meanwhile is read along.
const APART: Duration = Duration::from_millis(1);
/// The header in which a reader says how far it came.
pub const LAST_EVENT_ID: &str = "last-event-id";

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// A program of a user, which is sent events.
    Program(UserId),
    /// A browser in which a user is signed in, which is told that there is something to read.
    Browser(UserId),
    /// A browser in which nobody is, by the network it comes from.
    Stranger(IpAddr),
}

impl Listener {
    /// How many streams it has at once.
    fn most(self) -> usize {
        match self {
            Self::Program(_) => STREAMS_PER_USER,
            Self::Browser(_) => BROWSERS_PER_USER,
            Self::Stranger(_) => STREAMS_PER_ADDRESS,
        }
    }

    fn is_stranger(self) -> bool {
        match self {
            Self::Stranger(_) => true,
            Self::Program(_) | Self::Browser(_) => false,
        }
    }
}

/// The streams of a server.
pub struct Streams {
    /// The last entry of the log, whichever process recorded it.
    newest: watch::Receiver<i64>,
    open: Mutex<Open>,
}

/// Those that are open, each with what ends it when it is let go.
#[derive(Default)]
struct Open {
    count: u64,
    /// How many there are, and how many of them are strangers': each asks at each commit, and none should count them for that.
    all: usize,
    strangers: usize,
    is_closed: bool,
    by_listener: HashMap<Listener, VecDeque<(u64, watch::Sender<()>)>>,
}

impl Open {
    /// Has one more, or the oldest of its listener's no more.
    fn add(&mut self, listener: Listener, ending: watch::Sender<()>) -> u64 {
        self.count += 1;
        let number = self.count;
        let own = self.by_listener.entry(listener).or_default();
        own.push_back((number, ending));
        let ended = if own.len() > listener.most() { own.pop_front() } else { None };
        // Where one takes the place of another there are as many as before.
        if ended.is_none() {
            self.all += 1;
            self.strangers += usize::from(listener.is_stranger());
        }
        number
    }

    /// Has this one no more, where it was not let go before.
    fn remove(&mut self, listener: Listener, number: u64) {
        let Some(own) = self.by_listener.get_mut(&listener) else { return };
        let Some(at) = own.iter().position(|(one, _)| *one == number) else { return };
        drop(own.remove(at));
        if own.is_empty() {
            self.by_listener.remove(&listener);
        }
        self.all -= 1;
        self.strangers -= usize::from(listener.is_stranger());
    }

    /// Lets all of them go.
    fn clear(&mut self) {
        self.by_listener.clear();
        (self.all, self.strangers) = (0, 0);
    }
}

impl Streams {
    /// None yet; `newest` follows the log.
    pub fn new(newest: watch::Receiver<i64>) -> Self {
        Self { newest, open: Mutex::default() }
    }

    /// Ends all streams, and those that come still.
    pub fn close(&self) {
        let mut open = self.open();
        open.is_closed = true;
        open.clear();
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().all
    }

    /// The last entry of the log as far as is known here; 0 just after the start.
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// The same, for whoever waits for the next.
    pub fn following(&self) -> watch::Receiver<i64> {
        self.newest.clone()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a stream; what is returned beside its place changes when it is to end. Where its listener has too many, the oldest
    /// ends: one whose reader is gone is noticed late, and must not keep the same reader out.
    ///
    /// # Errors
    /// `too_many_requests` where there are too many of everybody.
    pub fn enter(streams: &Data<Self>, listener: Listener) -> Outcome<(Place, watch::Receiver<()>)> {
        let mut open = streams.open();
        let all = open.all;
        let is_full =
            all >= STREAMS_MAXIMUM || (listener.is_stranger() && open.strangers >= STRANGERS_MAXIMUM);
        if is_full || open.is_closed {
            let words =
                format!("There are {all} streams open, and no more are served. Come back in a moment.");
            return Err(Problem::new(Code::TooManyRequests, words).with("retry_after_s", COME_BACK_SECONDS));
        }
        let (ending, ended) = watch::channel(());
        let number = open.add(listener, ending);
        drop(open);
        Ok((Place { streams: streams.clone(), listener, number }, ended))
    }
}

/// A stream that is counted until it is dropped.
pub struct Place {
    streams: Data<Streams>,
    listener: Listener,
    number: u64,
}

impl Place {
    /// Which stream it is, of all since the start.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How long a stream lets others read first: it has a place of its own among those that are open, so that few hardly wait and
    /// a thousand are spread over a second.
    pub fn pause(&self) -> Duration {
        let open = u64::try_from(self.streams.count()).unwrap_or(u64::MAX);
        let place = self.number % open.max(1);
        APART.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.open().remove(self.listener, self.number);
    }
}

/// The answer to whoever listens: server-sent events, for as long as there are pieces.
pub fn listened(pieces: impl Stream<Item = Result<Bytes, Infallible>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // What is compressed waits for more before it is sent; and proxies that gather answers are told not to.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(pieces)
}
