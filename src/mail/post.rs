//! One message to one mailbox, by SMTP: over TLS, or to a relay on this machine, and not waited for long.

use super::words::Letter;
use crate::core::problem::{Outcome, Problem};
use crate::db::redacted;
use crate::outbox::Verdict;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::{Message, SmtpTransport, Transport};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a server of mail may take for each step: greylisting servers pause.
const PATIENCE: Duration = Duration::from_secs(20);

/// By which server mail goes, and from whom.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required`, or `smtp://localhost:25`.
    pub url: String,
    /// Who writes, such as `ReliefLedger <relief@example.org>`.
    pub from: String,
    /// What browsers call this server: where links lead.
    pub origin: String,
}

/// As logs may have it: a password in the address is left out.
impl fmt::Debug for SmtpSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SmtpSettings")
            .field("url", &redacted(&self.url))
            .field("from", &self.from)
            .field("origin", &self.origin)
            .finish()
    }
}

/// Whether whoever is between here and there can read what is sent, or change it. The address is read as the one who sends by
/// it reads it, part by part: words that stand in a name or a password say nothing.
fn is_clear(url: &Url) -> bool {
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
    url.scheme() != "smtps" && tls.as_deref() != Some("required")
}

/// Whether it is on this machine.
fn is_here(url: &Url) -> bool {
    url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host))
}

fn no_server() -> Problem {
    let words = "is no server of mail; write one such as smtps://user:password@mail.example.org";
    Problem::field("/smtp_url", words)
}

impl SmtpSettings {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `invalid` at the setting.
    pub fn check(&self) -> Outcome<()> {
        let url = Url::parse(&self.url).map_err(|_| no_server())?;
        if is_clear(&url) && !is_here(&url) {
            let words = "Mail would go in the clear; write smtps://…, or smtp://…?tls=required. Only a relay on this machine \
                         goes without.";
            return Err(Problem::field("/smtp_url", words));
        }
        Post::new(self).map(|_| ())
    }
}

/// What sends mail; clones share it.
#[derive(Clone)]
pub struct Post {
    transport: Arc<SmtpTransport>,
    from: Mailbox,
    /// What links begin with.
    origin: String,
}

impl Post {
    /// One that sends by this server; nothing is connected yet.
    ///
    /// # Errors
    /// `invalid` at the setting that cannot be.
    pub fn new(settings: &SmtpSettings) -> Outcome<Self> {
        let transport = SmtpTransport::from_url(&settings.url).map_err(|_| no_server())?;
        let from = settings.from.parse::<Mailbox>().map_err(|error| {
            let sender = &settings.from;
            let words =
                format!("{sender:?} is no sender: {error}; write one such as Relief <relief@example.org>");
            Problem::field("/mail_from", words)
        })?;
        let transport = Arc::new(transport.timeout(Some(PATIENCE)).build());
        let origin = settings.origin.trim_end_matches('/').to_owned();
        Ok(Self { transport, from, origin })
    }

    /// What links begin with.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Sends a message. `id` is the same however often it is sent; `ending` is where one click ends all.
    ///
    /// # Errors
    /// Where it cannot be put together.
    pub(super) fn send(&self, to: &str, letter: &Letter, id: &str, ending: Option<&str>) -> Outcome<Verdict> {
        let broken = |error: &dyn std::fmt::Display| Problem::internal(format!("a message: {error}"));
        let to = to.parse::<Mailbox>().map_err(|error| broken(&error))?;
        let domain = self.from.email.domain();
        let mut builder: MessageBuilder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}@{domain}>")))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .header(ContentType::TEXT_PLAIN);
        if let Some(ending) = ending {
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{ending}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let message = builder.body(letter.text.clone()).map_err(|error| broken(&error))?;
        Ok(match self.transport.send(&message) {
            Ok(_) => Verdict::Taken,
            Err(error) => {
                let words = match error.status() {
                    Some(code) => format!("the server of mail answered {code}"),
                    None if error.is_timeout() => "the server of mail did not answer in time".to_owned(),
                    None => "the server of mail cannot be reached".to_owned(),
                };
                Verdict::Refused { words, rest_seconds: None }
            }
        })
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
