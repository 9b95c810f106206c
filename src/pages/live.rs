//! Telling browsers that there is something new to read: for each browser one stream of hints, which say that and nothing
//! of what is new. The page is read again by whoever may read it.
//!
//! Who is signed in is hinted of events that they may read. Of what is no event (a proposal, an offer, an update that waits)
//! who reads all members is hinted now and then, whosever it is: how long the log is, everybody reads from its checkpoints.
//! Whoever has a tracking code or a pledge's private link is hinted where what it shows became another, by its mark, so that
//! nothing of it tells when else something happened. Never here: a word of what was recorded.

use super::visitor::Visitor;
use crate::auth::{Fields, Permit, action, subscriber};
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::db::Conn;
use crate::events::events_between;
use crate::events::streams::{HEARTBEAT, LAST_EVENT_ID, Listener, Place, STREAM_TIME, Streams, listened};
use crate::pledges::LinkStatus;
use crate::pledges::http::link_status;
use crate::tracking::{TrackingView, tracking_read};
use crate::web::{Door, Query, Routes, Standing, State, address_of, pass};
use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Consignments that one stream follows by their codes, and pledges by their links: each is read again and again, and a
/// browser shows a few.
const CODES_MAXIMUM: usize = 5;
/// Digits of a mark: enough that what was shown and what is to be shown now never share one by chance.
const MARK_DIGITS: usize = 16;
/// Between two looks for events of whoever is signed in.
const OWN_APART: Duration = Duration::from_secs(2);
/// Between two looks at what is followed by its code, which strangers have us read: consignments, and pledges, which are
/// more to read.
const CODES_APART: Duration = Duration::from_secs(5);
const LINKS_APART: Duration = Duration::from_secs(15);
/// Between two hints of what is no event: a page that is read again costs its reader some kilobytes.
const MORE_APART: Duration = Duration::from_secs(60);
/// After a page was opened, before the first of them: what a sign-in itself records is nothing new.
const MORE_FIRST: Duration = Duration::from_secs(10);
/// Entries that are looked through for events; of whoever was away for longer it is not asked what is new.
const WINDOW: i64 = 5_000;
/// What a browser waits before it comes again, in milliseconds, and up to how much longer, so that not all of them come at
/// once when the server is back.
const RETRY_MS: (u64, u64) = (5_000, 5_000);

/// What a browser wants to be told of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    /// The entry up to which its pages show everything; `Last-Event-ID` goes before it.
    after: Option<i64>,
    /// Consignments that it shows, by code, each with a point and the mark of what is shown, with commas between them.
    codes: Option<String>,
    /// Pledges, by the codes of their private links, likewise.
    links: Option<String>,
}

/// What is followed by a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Consignment,
    Pledge,
}

impl Thing {
    /// The door at which its codes are asked for.
    fn door(self) -> Door {
        match self {
            Self::Consignment => Door::Codes,
            Self::Pledge => Door::Links,
        }
    }

    /// Where its codes stand in a query.
    fn pointer(self) -> &'static str {
        match self {
            Self::Consignment => "/codes",
            Self::Pledge => "/links",
        }
    }
}

/// Something that is followed by its code, and the mark of what was last seen of it.
struct Followed {
    thing: Thing,
    code: String,
    mark: String,
}

/// What is sent.
#[derive(Serialize)]
struct Hint<'a> {
    sequence: i64,
    /// Whether what whoever is signed in may see changed.
    own: bool,
    /// The new marks of what is followed by a code and changed.
    codes: &'a BTreeMap<String, String>,
}

/// What a browser follows, by the codes that it names.
fn followed(thing: Thing, text: Option<&str>) -> Outcome<Vec<Followed>> {
    let named: Vec<&str> =
        text.into_iter().flat_map(|text| text.split(',')).filter(|one| !one.is_empty()).collect();
    if named.len() > CODES_MAXIMUM {
        let words = format!("{} codes are followed at once; write at most {CODES_MAXIMUM}", named.len());
        return Err(Problem::field(thing.pointer(), words).coded(Fault::TooMany));
    }
    let one = |text: &str| {
        let (code, mark) = text.split_once('.').unwrap_or((text, ""));
        match read_tracking_code(code) {
            TypedCode::Sound(code) => Ok(Followed { thing, code, mark: mark.to_owned() }),
            TypedCode::Mistyped => {
                let words = "a code is mistyped; write twelve letters and digits in three groups, such as 7KQ2-M9XD-4TRF";
                Err(Problem::field(thing.pointer(), words))
            }
        }
    };
    named.into_iter().map(one).collect()
}

/// A mark of what somebody is shown, which is another one once that is another.
fn mark_of(shown: &impl Serialize) -> Outcome<String> {
    let text =
        serde_json::to_vec(shown).map_err(|error| Problem::internal(format!("a mark of a view: {error}")))?;
    let digest = hexadecimal(&Sha256::digest(&text));
    Ok(digest.get(..MARK_DIGITS).unwrap_or(&digest).to_owned())
}

/// A mark of what the public may see of what happened. When it arrives is not in it, since that may change without anything
/// having happened.
///
/// # Errors
/// An internal problem where it cannot be written.
pub fn tracking_mark(view: &TrackingView) -> Outcome<String> {
    mark_of(&(&view.code, view.state, view.synthetic, &view.from_country, &view.to_country, &view.timeline))
}

/// A mark of what a private link shows, whatever entry of the log it is told as of.
///
/// # Errors
/// As [`tracking_mark`].
pub fn link_mark(link: &LinkStatus) -> Outcome<String> {
    mark_of(&(&link.donor, &link.status.state, &link.status.reference, &link.status.lines))
}

/// The mark of what is to be seen of something now.
async fn marked(state: &State, thing: Thing, code: &str) -> Outcome<String> {
    match thing {
        Thing::Consignment => {
            let code = code.to_owned();
            let read = move |conn: &mut Conn| tracking_read(conn, &code);
            tracking_mark(&state.database.read_apart(read).await?)
        }
        Thing::Pledge => link_mark(&link_status(state, code, None).await?),
    }
}

/// After which entry a stream begins: where its browser stands, or now.
fn beginning(request: &HttpRequest, query: Option<i64>, newest: i64) -> i64 {
    let last = request.headers().get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let last = last.and_then(|text| text.trim().parse().ok());
    last.or(query).filter(|after| *after >= 0).unwrap_or(newest)
}

/// Tells a browser that there is something new to read.
async fn live(
    visitor: Visitor,
    state: State,
    streams: Data<Streams>,
    request: HttpRequest,
    query: Query<LiveQuery>,
) -> Outcome<HttpResponse> {
    let mut watched = followed(Thing::Consignment, query.0.codes.as_deref())?;
    watched.extend(followed(Thing::Pledge, query.0.links.as_deref())?);
    // Whoever follows nothing by its code is told why they are not told of their own.
    let reader =
        if watched.is_empty() { Some(visitor.permit::<action::EventRead>()?) } else { visitor.may() };
    for one in &watched {
        pass(&request, one.thing.door())?;
    }
    let mut hints = Hints::begin(state, &streams, (&request, query.0.after), (reader, watched))?;
    hints.look().await?;
    Ok(listened(unfold(hints, Hints::next)))
}

/// A stream under way.
struct Hints {
    /// Counted for as long as the stream is there.
    place: Place,
    state: State,
    newest: watch::Receiver<i64>,
    /// What ends it lets go of the other end.
    ended: watch::Receiver<()>,
    /// Whoever is signed in and reads events.
    standing: Option<Standing>,
    followed: Vec<Followed>,
    /// Up to which entry it was looked for something new.
    position: i64,
    /// Before this it is not looked again.
    not_before: Instant,
    /// Whether something was recorded that is no event, and before when that is not hinted.
    has_more: bool,
    more_at: Instant,
    ready: VecDeque<Bytes>,
    /// When something was last sent.
    sent: Instant,
    began: Instant,
}

/// What a stream waits for.
enum Woken {
    /// Something was recorded.
    Stirred,
    /// It is time to look at what was.
    Due,
    /// Nothing was.
    Quiet,
    /// It ends.
    Over,
}

impl Hints {
    fn begin(
        state: State,
        streams: &Data<Streams>,
        (request, after): (&HttpRequest, Option<i64>),
        (reader, followed): (Option<Permit<action::EventRead>>, Vec<Followed>),
    ) -> Outcome<Self> {
        let address = || address_of(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let listener = match &reader {
            Some(permit) => Listener::Browser(permit.principal().user),
            None => Listener::Stranger(subscriber(address())),
        };
        let standing = reader.map(|_| Standing::of(request)).transpose()?;
        let (place, ended) = Streams::enter(streams, listener)?;
        let retry = RETRY_MS.0 + place.number().wrapping_mul(997) % RETRY_MS.1;
        let now = Instant::now();
        Ok(Self {
            position: beginning(request, after, streams.newest()),
            newest: streams.following(),
            ready: VecDeque::from([Bytes::from(format!("retry: {retry}\n\n"))]),
            place,
            ended,
            state,
            standing,
            followed,
            not_before: now,
            has_more: false,
            more_at: now + MORE_FIRST,
            sent: now,
            began: now,
        })
    }

    /// What is sent next; nothing where the stream is over.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                self.sent = Instant::now();
                return Some((Ok(bytes), self));
            }
            if self.ended.has_changed().is_err() || self.began.elapsed() > STREAM_TIME {
                return None;
            }
            let done = match self.wait().await {
                Woken::Stirred => Ok(()),
                Woken::Due => self.look().await,
                Woken::Quiet => self.keep_alive().await,
                Woken::Over => return None,
            };
            if let Err(problem) = done {
                // Its reader comes again, where it was, and is told then what is wrong.
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::debug!(stream = self.place.number(), cause, "a stream of hints ends");
                return None;
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let is_behind = self.position < *self.newest.borrow_and_update();
        let quiet = HEARTBEAT.saturating_sub(self.sent.elapsed());
        let rest = if is_behind {
            self.not_before.saturating_duration_since(Instant::now()).max(self.place.pause())
        } else {
            quiet
        };
        tokio::select! {
            changed = self.newest.changed(), if !is_behind => {
                if changed.is_ok() { Woken::Stirred } else { Woken::Over }
            }
            _ = self.ended.changed() => Woken::Over,
            () = tokio::time::sleep(rest) => if is_behind { Woken::Due } else { Woken::Quiet },
        }
    }

    /// Looks for something new, and says so.
    async fn look(&mut self) -> Outcome<()> {
        let newest = *self.newest.borrow_and_update();
        let own = self.own(newest).await?;
        let codes = self.changed().await?;
        self.position = self.position.max(newest);
        self.not_before = Instant::now() + self.apart();
        if own || !codes.is_empty() {
            self.ready.push_back(hint(self.position, own, &codes)?);
        } else if self.sent.elapsed() >= HEARTBEAT {
            // Where much is recorded of others there is no quiet.
            self.keep_alive().await?;
        }
        Ok(())
    }

    /// Between two looks: as long as what is most to read takes.
    fn apart(&self) -> Duration {
        let has = |thing: Thing| self.followed.iter().any(|one| one.thing == thing);
        match (has(Thing::Pledge), has(Thing::Consignment)) {
            (true, _) => LINKS_APART,
            (false, true) => CODES_APART,
            (false, false) => OWN_APART,
        }
    }

    /// Whether something was recorded that whoever is signed in may see.
    async fn own(&mut self, newest: i64) -> Outcome<bool> {
        let Some(standing) = &self.standing else { return Ok(false) };
        let (after, through) = (self.position, newest);
        if through <= after {
            return Ok(false);
        }
        let permit = standing.permit::<action::EventRead>().await?;
        let reads_all = permit.fields() != Fields::Traced;
        let is_long = through.saturating_sub(after) > WINDOW;
        let read = move |conn: &mut Conn| {
            events_between(conn, &permit, &[], (after, through), 1).map(|found| !found.is_empty())
        };
        if is_long || self.state.database.read_apart(read).await? {
            self.has_more = false;
            self.more_at = Instant::now() + MORE_APART;
            return Ok(true);
        }
        self.has_more |= reads_all;
        Ok(self.takes_more())
    }

    /// Whether it is time to hint of what is no event.
    fn takes_more(&mut self) -> bool {
        let is_time = self.has_more && Instant::now() >= self.more_at;
        if is_time {
            self.has_more = false;
            self.more_at = Instant::now() + MORE_APART;
        }
        is_time
    }

    /// What of all that is followed by a code is to be seen otherwise than before, with the new marks. There are few, so each
    /// is read by itself. What is not there, or no longer, is left out without a word: a browser has one stream for all of its
    /// pages, and one of them whose link was ended must not keep the others from their hints.
    async fn changed(&mut self) -> Outcome<BTreeMap<String, String>> {
        let followed = std::mem::take(&mut self.followed);
        let mut changed = BTreeMap::new();
        for mut one in followed {
            let mark = match marked(&self.state, one.thing, &one.code).await {
                Ok(mark) => mark,
                Err(problem) if problem.code == Code::NotFound => continue,
                Err(problem) => return Err(problem),
            };
            if one.mark != mark {
                changed.insert(one.code.clone(), mark.clone());
                one.mark = mark;
            }
            self.followed.push(one);
        }
        if self.standing.is_none() && self.followed.is_empty() {
            // Nothing is left that it could be hinted of.
            return Err(Problem::not_found());
        }
        Ok(changed)
    }

    /// Sends something where nothing is new. Whoever may read nothing any more is not kept waiting for it.
    async fn keep_alive(&mut self) -> Outcome<()> {
        if let Some(standing) = &self.standing {
            standing.permit::<action::EventRead>().await?;
        }
        let bytes = if self.takes_more() {
            hint(self.position, true, &BTreeMap::new())?
        } else {
            Bytes::from(format!(": quiet\nid: {}\n\n", self.position))
        };
        self.ready.push_back(bytes);
        Ok(())
    }
}

/// A hint as the stream has it. JSON as it is written here has no line breaks.
fn hint(sequence: i64, own: bool, codes: &BTreeMap<String, String>) -> Outcome<Bytes> {
    let data = serde_json::to_string(&Hint { sequence, own, codes })
        .map_err(|error| Problem::internal(format!("a hint cannot be written: {error}")))?;
    Ok(Bytes::from(format!("id: {sequence}\ndata: {data}\n\n")))
}

/// A refusal as programs are told it: what asks here is a script.
fn refuse_plainly(_: &HttpRequest, problem: &Problem) -> HttpResponse {
    problem.error_response()
}

/// The route of hints.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse_plainly, Method::GET, "/live", live);
}
