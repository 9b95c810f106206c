//! What a mailing is told, and as whom: of a tracking code what everybody may read who has it, else what its user may read at
//! the moment.

use super::alerts::alerts_read;
use super::post::Post;
use super::read::{code_of, with_news};
use super::rules::{About, NEWS_PAUSE_SECONDS};
use super::store::{Mailing, token_of};
use super::words::{self, Letter, Links};
use crate::auth::{Permit, action, now, permit_now};
use crate::core::id::{ConsignmentId, MailingId, OutletId, UserId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, Database, read_failure};
use crate::events::{events_between, sequence_of};
use crate::forecast::Forecasting;
use crate::outbox::rules::Pace;
use crate::outbox::{Channel, Found, Message, Opening, Outlet, Telling, Verdict};
use crate::tracking::tracking_news;
use crate::vault::Vault;
use crate::writer::Record as _;
use std::sync::Arc;

/// The word for mail, as outlets.
pub const MAIL_KIND: &str = "mail";
/// Events that a digest reads: those it names, and enough to count what is usual.
const EVENTS_READ: i64 = 1_000;
/// Seconds of a day.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Mail as a way of telling.
pub struct Mailings {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    vault: Vault,
    post: Post,
    forecasting: Forecasting,
    pace: Pace,
}

impl Mailings {
    /// Reads from this database, opens with this vault, and sends by this post.
    pub fn new(database: Database, vault: Vault, post: Post, forecasting: Forecasting, pace: Pace) -> Self {
        Self { inner: Arc::new(Inner { database, vault, post, forecasting, pace }) }
    }
}

impl Channel for Mailings {
    fn kind(&self) -> &'static str {
        MAIL_KIND
    }

    fn follows_log(&self) -> bool {
        false
    }

    fn due(&self, conn: &mut Conn, now: Timestamp) -> Outcome<Vec<OutletId>> {
        let told_before = self.inner.pace.after(now, -NEWS_PAUSE_SECONDS);
        Ok(with_news(conn, told_before)?.into_iter().map(super::store::outlet_of).collect())
    }

    fn open(&self, outlet: &Outlet) -> Outcome<Opening> {
        let id = MailingId(outlet.id.0);
        let found = self.inner.database.read(|conn| Mailing::load(conn, &[id]).map_err(read_failure))?.pop();
        let Some(mailing) = found.filter(|one| one.ended_at.is_none()) else { return Ok(Opening::Ended) };
        let Some(address) = mailing.open(&self.inner.vault)? else {
            return Err(Problem::internal(format!("the key of mailing {id} is not in the key folder")));
        };
        let token = token_of(&self.inner.vault, id);
        let origin = self.inner.post.origin().to_owned();
        let links =
            Links { page: format!("{origin}/mail/{}/{token}", id.0), origin, language: mailing.language() };
        let ending = format!("{}/api/v1/mail/{}/{token}/end", links.origin, id.0);
        Ok(Opening::Ready(Box::new(Told {
            inner: Arc::clone(&self.inner),
            was_asked: outlet.taken_at.is_some(),
            noted: outlet.noted.clone(),
            mailing,
            address,
            links,
            ending,
        })))
    }
}

/// A mailing that is told.
struct Told {
    inner: Arc<Inner>,
    mailing: Mailing,
    address: String,
    links: Links,
    /// Where one click ends it.
    ending: String,
    /// Whether the question was sent.
    was_asked: bool,
    /// What stood when it was told last.
    noted: Option<String>,
}

impl Told {
    /// A message, which is known by the first entry it tells of: after a crash the same is told once more, up to a later entry
    /// perhaps, and whoever had it knows it by its name.
    fn message(
        &self,
        (after, through): (i64, i64),
        first: i64,
        purpose: &str,
        letter: &Letter,
    ) -> Outcome<Message> {
        let content = serde_json::to_vec(letter)
            .map_err(|error| Problem::internal(format!("a message cannot be kept: {error}")))?;
        let ordinal = u64::try_from(first).unwrap_or_default();
        let id: MailingId = derived(self.mailing.id.0, purpose, ordinal);
        Ok(Message { after, through, id: id.0, content, note: None })
    }

    /// What is to be told of what was recorded between two entries.
    fn between(&self, after: i64, through: i64) -> Outcome<Option<Message>> {
        let mailing = &self.mailing;
        let letter = match (mailing.about()?, mailing.consignment_id, mailing.user_id) {
            (About::Tracking, Some(consignment), _) => self.news(consignment, after, through)?,
            (About::Digest, _, Some(user)) => self.digest(user, after, through)?,
            (About::Alerts, _, Some(user)) => return self.alerts(user, after),
            (About::Tracking | About::Digest | About::Alerts, _, _) => None,
        };
        letter
            .map(|(letter, first)| self.message((after, through), first, &mailing.about, &letter))
            .transpose()
    }

    fn news(&self, consignment: ConsignmentId, after: i64, through: i64) -> Outcome<Option<(Letter, i64)>> {
        let view = self.inner.database.read(|conn| {
            let code = code_of(conn, consignment)?;
            tracking_news(conn, &code, after, through)
        })?;
        Ok(view.map(|(view, first)| (words::news(&view, &self.links), first)))
    }

    fn digest(&self, user: UserId, after: i64, through: i64) -> Outcome<Option<(Letter, i64)>> {
        let shown = self.inner.database.read(|conn| {
            let permit: Option<Permit<action::EventRead>> = permit_now(conn, user)?;
            let Some(permit) = permit else { return Ok(Vec::new()) };
            events_between(conn, &permit, &[], (after, through), EVENTS_READ)
        })?;
        let is_all = i64::try_from(shown.len()).unwrap_or(EVENTS_READ) < EVENTS_READ;
        let first = shown.first().map(sequence_of);
        Ok(first.map(|first| (words::digest(&shown, is_all, &self.links), first)))
    }

    /// What stands, where it is other than what stood when it was told last. It is told as it stands, so what was not taken is
    /// not kept: the next says it anew.
    fn alerts(&self, user: UserId, after: i64) -> Outcome<Option<Message>> {
        let (at, language) = (now(), self.links.language);
        let found = self.inner.database.read(|conn| {
            let permit: Option<Permit<action::ConsignmentRead>> = permit_now(conn, user)?;
            permit
                .map(|permit| alerts_read(conn, &permit, &self.inner.forecasting, (at, language)))
                .transpose()
        })?;
        let Some(alerts) = found.filter(|alerts| alerts.count() > 0) else { return Ok(None) };
        let mark = alerts.mark();
        if self.noted.as_ref() == Some(&mark) {
            return Ok(None);
        }
        let letter = words::alerts(&alerts, &self.links);
        let message = self.message((after, after), after, &format!("alerts {mark}"), &letter)?;
        Ok(Some(Message { note: Some(mark), ..message }))
    }
}

impl Telling for Told {
    fn find(&mut self, after: i64, through: i64) -> Outcome<Found> {
        if self.mailing.confirmed_at.is_none() {
            // The question, once; what is recorded meanwhile waits for the answer.
            let letter = words::question(&self.links);
            let question = self.message((after, after), after, "question", &letter)?;
            let messages = if self.was_asked { Vec::new() } else { vec![question] };
            return Ok(Found { messages, through: after });
        }
        Ok(Found { messages: self.between(after, through)?.into_iter().collect(), through })
    }

    fn again(&mut self, after: i64, through: i64) -> Outcome<Option<Message>> {
        self.between(after, through)
    }

    fn tell(&mut self, message: &Message, _: Timestamp) -> Outcome<Verdict> {
        let letter: Letter = serde_json::from_slice(&message.content)
            .map_err(|error| Problem::internal(format!("a message cannot be read: {error}")))?;
        let ending = self.mailing.confirmed_at.map(|_| self.ending.as_str());
        self.inner.post.send(&self.address, &letter, &message.id.to_string(), ending)
    }

    fn due_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.mailing.confirmed_at?;
        match self.mailing.about().ok()? {
            // When something is recorded.
            About::Tracking => None,
            About::Digest | About::Alerts => {
                Some(self.inner.pace.after(now, self.mailing.days.saturating_mul(DAY_SECONDS)))
            }
        }
    }
}
