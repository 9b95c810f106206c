//! What a webhook is told, and as whom: whose it is reads the events, with the rights that user has at the moment.

use super::secret::WebhookSecret;
use super::send::{Receivers, Sender};
use super::store::Webhook;
use crate::auth::{Permit, action, now, permit_now};
use crate::core::id::WebhookId;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::{Conn, Database, read_failure};
use crate::events::{EventShown, events_between, heading_of, sequence_of};
use crate::outbox::{Channel, Found, Message, Opening, Outlet, Telling, Verdict};
use crate::vault::Vault;
use crate::writer::Record as _;
use serde::Serialize;
use std::sync::Arc;

/// The word for webhooks, as outlets and in the log.
pub const WEBHOOK_KIND: &str = "webhook";
/// Events that are read at once.
const PAGE: i64 = 50;

/// Webhooks as a way of telling.
pub struct Webhooks {
    database: Database,
    vault: Vault,
    sender: Arc<Sender>,
}

impl Webhooks {
    /// Reads from this database and opens with this vault.
    pub fn new(database: Database, vault: Vault, receivers: &Receivers) -> Self {
        Self { database, vault, sender: Arc::new(Sender::new(receivers)) }
    }
}

/// A webhook with whose it is.
struct Known {
    webhook: Webhook,
    permit: Permit<action::EventRead>,
}

/// What is found of an outlet.
enum Sought {
    Known(Box<Known>),
    NotNow,
    Gone,
}

/// Looks up a webhook, and what its user may read now.
fn seek(conn: &mut Conn, id: WebhookId) -> Outcome<Sought> {
    let webhook = Webhook::load(conn, &[id]).map_err(read_failure)?.pop();
    let Some(webhook) = webhook.filter(|one| one.removed_at.is_none()) else { return Ok(Sought::Gone) };
    if webhook.paused {
        return Ok(Sought::NotNow);
    }
    let permit = permit_now(conn, webhook.user_id)?;
    Ok(permit.map_or(Sought::NotNow, |permit| Sought::Known(Box::new(Known { webhook, permit }))))
}

impl Channel for Webhooks {
    fn kind(&self) -> &'static str {
        WEBHOOK_KIND
    }

    fn follows_log(&self) -> bool {
        true
    }

    fn open(&self, outlet: &Outlet) -> Outcome<Opening> {
        let id = WebhookId(outlet.id.0);
        let Known { webhook, permit } = match self.database.read(|conn| seek(conn, id))? {
            Sought::Known(known) => *known,
            Sought::NotNow => return Ok(Opening::NotNow),
            Sought::Gone => return Ok(Opening::Ended),
        };
        let earlier = webhook.earlier_secret.as_ref();
        let earlier = earlier.filter(|_| webhook.earlier_until.is_some_and(|until| now() < until));
        let secrets = webhook.secret.iter().chain(earlier);
        let secrets: Outcome<Vec<WebhookSecret>> =
            secrets.map(|sealed| WebhookSecret::open(&self.vault, id, sealed)).collect();
        Ok(Opening::Ready(Box::new(Told {
            database: self.database.clone(),
            sender: Arc::clone(&self.sender),
            secrets: secrets?,
            kinds: webhook.kinds(),
            url: webhook.url,
            permit,
        })))
    }
}

/// A webhook that is told.
struct Told {
    database: Database,
    sender: Arc<Sender>,
    secrets: Vec<WebhookSecret>,
    kinds: Vec<String>,
    url: String,
    permit: Permit<action::EventRead>,
}

/// The body of a message, as Standard Webhooks has it.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    timestamp: Timestamp,
    data: &'a EventShown,
}

fn message(shown: &EventShown) -> Outcome<Message> {
    let (id, kind, timestamp) = heading_of(shown);
    let body = Body { r#type: format!("event.{kind}"), timestamp, data: shown };
    let content = serde_json::to_vec(&body)
        .map_err(|error| Problem::internal(format!("an event cannot be told: {error}")))?;
    let through = sequence_of(shown);
    Ok(Message { after: through - 1, through, id: id.0, content, note: None })
}

impl Told {
    fn between(&self, after: i64, through: i64, limit: i64) -> Outcome<Vec<EventShown>> {
        self.database.read(|conn| events_between(conn, &self.permit, &self.kinds, (after, through), limit))
    }
}

impl Telling for Told {
    fn find(&mut self, after: i64, through: i64) -> Outcome<Found> {
        let shown = self.between(after, through, PAGE)?;
        let is_all = i64::try_from(shown.len()).unwrap_or(PAGE) < PAGE;
        let looked = if is_all { through } else { shown.last().map_or(through, sequence_of) };
        let messages: Outcome<Vec<Message>> = shown.iter().map(message).collect();
        Ok(Found { messages: messages?, through: looked })
    }

    fn again(&mut self, after: i64, through: i64) -> Outcome<Option<Message>> {
        self.between(after, through, 1)?.first().map(message).transpose()
    }

    fn tell(&mut self, message: &Message, now: Timestamp) -> Outcome<Verdict> {
        let id = message.id.to_string();
        let seconds = now.0.div_euclid(MICROSECONDS);
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(&id, seconds, &message.content)).collect();
        let (seconds, signatures) = (seconds.to_string(), signatures.join(" "));
        let headers = [
            ("webhook-id", id.as_str()),
            ("webhook-timestamp", seconds.as_str()),
            ("webhook-signature", signatures.as_str()),
        ];
        Ok(self.sender.send(&self.url, &headers, &message.content))
    }
}
