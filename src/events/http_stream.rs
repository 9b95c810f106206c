//! Events as they are recorded, over one connection: server-sent events (HTML Living Standard, 9.2), whose identifiers are
//! the entries of the log, so that whoever was cut off goes on where it was.
//!
//! A stream is told of a commit after it, and reads what was committed from the database: nothing is handed on from the
//! writer, so nothing can be missed or doubled, and whoever reads slowly holds up nobody. Who may read what is asked anew for
//! each page.

use super::kind::Kind;
use super::read::{EventShown, events_between, heading_of, sequence_of};
use super::streams::{HEARTBEAT, LAST_EVENT_ID, Listener, Place, STREAM_TIME, Streams, listened};
use crate::auth::{Permit, action};
use crate::core::check::quoted;
use crate::core::id::UserId;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::web::{Query, Standing, State};
use crate::writer::last_sequence;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Instant;
use tokio::sync::watch;

/// Events read at once: what is held of a stream whose reader is slow.
const PAGE: i64 = 100;
/// Entries looked through at once, so that no question is long where few of them are one's own.
const WINDOW: i64 = 5_000;
/// What a browser waits before it comes again, in milliseconds.
const BEGINNING: &str = "retry: 2000\n\n";

/// What is wanted of the stream.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The entry of the log after which events are wanted; from now on, if not said. `Last-Event-ID` goes before it.
    pub after: Option<i64>,
    /// Only these kinds of event, with commas between them.
    pub kinds: Option<String>,
    /// `false`: the stream ends when all that is recorded was sent.
    pub follow: Option<bool>,
}

fn kinds_of(text: Option<&str>) -> Outcome<Vec<String>> {
    let kinds: Vec<String> = text.into_iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
    match kinds.iter().find(|kind| !Kind::WORDS.contains(&kind.as_str())) {
        None => Ok(kinds),
        Some(strange) => {
            let known = Kind::WORDS.join(", ");
            Err(Problem::field(
                "/kinds",
                format!("{} is no kind of event; known are: {known}", quoted(strange)),
            )
            .coded(Fault::NotAChoice))
        }
    }
}

/// After which entry a stream begins.
fn beginning(request: &HttpRequest, query: Option<i64>, last: i64) -> Outcome<i64> {
    let after = match request.headers().get(LAST_EVENT_ID) {
        None => query.unwrap_or(last),
        Some(value) => {
            let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
            let words =
                "The header Last-Event-ID is no entry of the log; send the id of the last event you had.";
            number.ok_or_else(|| Problem::new(Code::Malformed, words))?
        }
    };
    if (0..=last).contains(&after) {
        return Ok(after);
    }
    let words = format!(
        "{after} is no entry of the log, which ends with {last}; write 0 to {last}. If you had it from here, the server was \
         restored from a backup: begin anew"
    );
    Err(Problem::field("/after", words))
}

/// Follow events as they are recorded
///
/// Server-sent events in the order of the log: `id` is the entry, `event` the kind, `data` the event as `GET /api/v1/events`
/// shows it to you. Of six streams of one user the oldest ends. Whoever comes again with `Last-Event-ID` goes on after it; nothing is missed or doubled. Every 15 seconds
/// something comes, if only how far it is. A stream ends after half an hour, with the session, or with the server: come again.
#[utoipa::path(get, path = "/api/v1/events/stream", tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The entry up to which you had events")),
    responses((status = 200, description = "Events, for as long as you listen", body = String,
            content_type = "text/event-stream"),
        (status = 429, description = "Too many streams are open, of all together")))]
pub async fn event_stream(
    permit: Permit<action::EventRead>,
    state: State,
    streams: Data<Streams>,
    request: HttpRequest,
    query: Query<StreamQuery>,
) -> Outcome<HttpResponse> {
    // A copy of the database may be behind what is told here.
    let last = state.database.read_apart(last_sequence).await?;
    let user = permit.principal().user;
    let stream = Stream::begin(state, &streams, (&request, query.0), (user, last))?;
    Ok(listened(unfold(stream, Stream::next)))
}

/// A stream under way.
struct Stream {
    /// Counted for as long as the stream is there.
    place: Place,
    user: UserId,
    standing: Standing,
    state: State,
    newest: watch::Receiver<i64>,
    /// What ends it lets go of the other end.
    ended: watch::Receiver<()>,
    kinds: Vec<String>,
    /// Up to which entry everything is sent or ready.
    position: i64,
    /// Where it ends, if it does not follow.
    until: Option<i64>,
    ready: VecDeque<Bytes>,
    began: Instant,
}

/// What a stream waits for.
enum Woken {
    Recorded,
    Quiet,
    Over,
}

impl Stream {
    /// One for a user, where the log ends with `last` now.
    fn begin(
        state: State,
        streams: &Data<Streams>,
        (request, query): (&HttpRequest, StreamQuery),
        (user, last): (UserId, i64),
    ) -> Outcome<Self> {
        let kinds = kinds_of(query.kinds.as_deref())?;
        let position = beginning(request, query.after, last)?;
        let standing = Standing::of(request)?;
        let (place, ended) = Streams::enter(streams, Listener::Program(user))?;
        Ok(Self {
            place,
            user,
            ended,
            standing,
            newest: streams.following(),
            position,
            until: (query.follow == Some(false)).then_some(last),
            ready: VecDeque::from([Bytes::from_static(BEGINNING.as_bytes())]),
            began: Instant::now(),
            state,
            kinds,
        })
    }

    /// What is sent next; nothing where the stream is over.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some((Ok(bytes), self));
            }
            if self.ended.has_changed().is_err() || self.began.elapsed() > STREAM_TIME {
                return None;
            }
            let newest = self.until.unwrap_or_else(|| *self.newest.borrow_and_update());
            if self.position < newest {
                if let Err(problem) = self.read(newest).await {
                    // Its reader comes again, where it was, and is told then what is wrong.
                    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                    tracing::debug!(user = %self.user, cause, "a stream of events ends");
                    return None;
                }
                continue;
            }
            if self.until.is_some() {
                return None;
            }
            match self.wait().await {
                Woken::Recorded => {
                    tokio::time::sleep(self.place.pause()).await;
                }
                Woken::Over => return None,
                Woken::Quiet => {
                    // Whoever may read nothing any more is not kept waiting for it.
                    self.standing.permit::<action::EventRead>().await.ok()?;
                    self.ready.push_back(Bytes::from(format!(": quiet\nid: {}\n\n", self.position)));
                }
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            changed = self.newest.changed() => if changed.is_ok() { Woken::Recorded } else { Woken::Over },
            _ = self.ended.changed() => Woken::Over,
            () = tokio::time::sleep(HEARTBEAT) => Woken::Quiet,
        }
    }

    /// Reads the next events, as far as its reader may read at this moment.
    async fn read(&mut self, newest: i64) -> Outcome<()> {
        let permit = self.standing.permit::<action::EventRead>().await?;
        let (after, kinds) = (self.position, self.kinds.clone());
        let through = newest.min(after.saturating_add(WINDOW));
        let database = self.state.database.clone();
        let read =
            move |conn: &mut crate::db::Conn| events_between(conn, &permit, &kinds, (after, through), PAGE);
        let shown = database.read_apart(read).await?;
        let is_all = i64::try_from(shown.len()).unwrap_or(PAGE) < PAGE;
        self.position = if is_all { through } else { shown.last().map_or(through, sequence_of) };
        for event in &shown {
            self.ready.push_back(written(event)?);
        }
        Ok(())
    }
}

/// An event as the stream has it. JSON as it is written here has no line breaks.
fn written(event: &EventShown) -> Outcome<Bytes> {
    let (_, kind, _) = heading_of(event);
    let data = serde_json::to_string(event)
        .map_err(|error| Problem::internal(format!("an event cannot be written: {error}")))?;
    Ok(Bytes::from(format!("id: {}\nevent: {kind}\ndata: {data}\n\n", sequence_of(event))))
}
