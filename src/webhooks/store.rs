//! The rows of webhooks, and what changes them.

use super::address::is_public;
use super::channel::WEBHOOK_KIND;
use super::rules::{EARLIER_SECRET_HOURS, WEBHOOKS_PER_USER, fault_of_url, host_of, kinds_of, kinds_text};
use crate::core::check::{Check, quoted};
use crate::core::id::{OutletId, UserId, WebhookId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::events::Kind;
use crate::outbox::Outlet;
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Loose, Moment, Refusal, Update, record};
use std::sync::Arc;

record! {
    /// Who is told of events at an address on the network.
    pub struct Webhook in webhooks key id: WebhookId, group user_id: UserId, open(removed_at) {
        /// Key; also of the outlet that says how far it was told.
        id: WebhookId,
        /// Whose it is, and who may thus read what is told.
        user_id: UserId,
        /// Where.
        url: String,
        /// Of which kinds of event, with commas between them; none is all.
        kinds: Option<String>,
        /// What messages are signed with, sealed; none where it was removed.
        secret: Option<Vec<u8>>,
        /// What they were signed with before.
        earlier_secret: Option<Vec<u8>>,
        /// Until when they still are.
        earlier_until: Option<Timestamp>,
        /// Whether nothing is told for now.
        paused: bool,
        /// When it was made.
        made_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
        /// When it was removed.
        removed_at: Option<Timestamp>,
        /// Counts its changes.
        revision: i64,
    }
}

impl Webhook {
    /// The kinds of event it is told of; none named is all.
    pub fn kinds(&self) -> Vec<String> {
        self.kinds.as_deref().map(kinds_of).unwrap_or_default()
    }
}

/// The outlet of a webhook.
pub fn outlet_of(id: WebhookId) -> OutletId {
    OutletId(id.0)
}

/// Judges an address. `plain` and `private` say what this house allows besides.
///
/// # Errors
/// `invalid` at the field.
pub(super) fn check_url(url: &str, plain: bool, private: bool) -> Outcome<String> {
    let url = url.trim();
    let wrong = |words: &str| Problem::field("/url", format!("{} {words}", quoted(url)));
    if let Some(words) = fault_of_url(url, plain) {
        return Err(wrong(words));
    }
    // What a name leads to is looked at when it is connected to; an address can be told at once.
    match host_of(url).parse::<std::net::IpAddr>() {
        Ok(address) if !private && !is_public(address) => Err(wrong(
            "is within this house's own network, or nobody's; write an address that everybody reaches",
        )),
        Ok(_) | Err(_) => Ok(url.to_owned()),
    }
}

/// Judges kinds of event; none named is all.
///
/// # Errors
/// `invalid` at each that is none.
pub(super) fn check_kinds(kinds: Option<&[String]>) -> Outcome<Option<String>> {
    let Some(kinds) = kinds else { return Ok(None) };
    let mut check = Check::new();
    if kinds.is_empty() {
        check.fault(
            Fault::Required,
            "/kinds",
            "is empty, so nothing would be told; leave it out, or write null, for all kinds",
        );
    }
    // Each is there once, so more than there are cannot all be right.
    for (at, kind) in kinds.iter().enumerate().take(Kind::WORDS.len() + 1) {
        if !Kind::WORDS.contains(&kind.as_str()) {
            let known = Kind::WORDS.join(", ");
            check.fault(
                Fault::NotAChoice,
                format!("/kinds/{at}"),
                format!("{} is no kind of event; known are: {known}", quoted(kind)),
            );
        }
    }
    check.finish()?;
    Ok(Some(kinds_text(kinds)))
}

fn begin(desk: &mut Desk, action: &str, id: WebhookId) -> Moment {
    desk.begin(Entry { action: format!("webhook.{action}"), kind: WEBHOOK_KIND, id: id.0, reason: None })
}

/// The webhook, where it is whoever's acts and was not removed.
fn own(desk: &mut Desk, actor: &Actor, id: WebhookId) -> Result<Arc<Webhook>, Refusal> {
    let found = desk.shelf::<Drawer<Webhook>>().find(id)?;
    let own = found.filter(|one| one.user_id == actor.user && one.removed_at.is_none());
    Ok(own.ok_or_else(Problem::not_found)?)
}

fn keep(desk: &mut Desk, row: Webhook) -> Arc<Webhook> {
    desk.shelf::<Drawer<Webhook>>().put(row.clone());
    Arc::new(row)
}

/// Makes a webhook.
pub(super) struct WebhookMake {
    pub(super) actor: Actor,
    pub(super) id: WebhookId,
    pub(super) url: String,
    pub(super) kinds: Option<String>,
    /// After which entry it is told; after this one, if not said.
    pub(super) after: Option<i64>,
    pub(super) paused: bool,
    /// The sealed secret.
    pub(super) secret: Vec<u8>,
}

impl Update for WebhookMake {
    type Answer = Arc<Webhook>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Webhook>>().want_group(self.actor.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Webhook>, Refusal> {
        let present = desk.shelf::<Drawer<Webhook>>().group(self.actor.user)?;
        let present = present.iter().filter(|one| one.removed_at.is_none()).count();
        if present >= WEBHOOKS_PER_USER {
            let words =
                format!("You have {present} webhooks, and nobody has more. Remove one that is not used.");
            return Err(Problem::new(Code::WrongState, words).into());
        }
        let last = desk.upcoming().sequence - 1;
        if let Some(after) = self.after.filter(|after| !(0..=last).contains(after)) {
            let words = format!("{after} is no entry of the log, which ends with {last}; write 0 to {last}");
            return Err(Problem::field("/after", words).into());
        }
        let moment = begin(desk, "made", self.id);
        let row = Webhook {
            id: self.id,
            user_id: self.actor.user,
            url: self.url.clone(),
            kinds: self.kinds.clone(),
            secret: Some(self.secret.clone()),
            earlier_secret: None,
            earlier_until: None,
            paused: self.paused,
            made_at: moment.recorded_at,
            updated_at: moment.recorded_at,
            removed_at: None,
            revision: 1,
        };
        let outlet =
            Outlet::new(outlet_of(self.id), WEBHOOK_KIND, self.after.unwrap_or(moment.sequence), None);
        desk.shelf::<Loose<Outlet>>().put(outlet);
        Ok(keep(desk, row))
    }
}

/// Changes a webhook.
pub(super) struct WebhookChange {
    pub(super) actor: Actor,
    pub(super) id: WebhookId,
    pub(super) revision: IfMatch,
    pub(super) url: Option<String>,
    /// Other kinds; none within is all of them.
    pub(super) kinds: Option<Option<String>>,
    pub(super) paused: Option<bool>,
}

impl Update for WebhookChange {
    type Answer = Arc<Webhook>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Webhook>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Webhook>, Refusal> {
        let known = own(desk, &self.actor, self.id)?;
        self.revision.check(known.revision)?;
        let mut row = known.as_ref().clone();
        row.url = self.url.clone().unwrap_or(row.url);
        row.kinds = self.kinds.clone().unwrap_or(row.kinds);
        row.paused = self.paused.unwrap_or(row.paused);
        if row == *known {
            return Ok(known);
        }
        let moment = begin(desk, "changed", self.id);
        Ok(keep(desk, Webhook { updated_at: moment.recorded_at, revision: known.revision + 1, ..row }))
    }
}

/// Gives a webhook another secret. Messages are signed with the one before as well for a day, so that its receiver can
/// change over.
pub(super) struct WebhookRenew {
    pub(super) actor: Actor,
    pub(super) id: WebhookId,
    /// The sealed secret.
    pub(super) secret: Vec<u8>,
}

impl Update for WebhookRenew {
    type Answer = Arc<Webhook>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Webhook>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Webhook>, Refusal> {
        let known = own(desk, &self.actor, self.id)?;
        let moment = begin(desk, "secret_renewed", self.id);
        let until = moment.recorded_at.0 + EARLIER_SECRET_HOURS * 60 * 60 * MICROSECONDS;
        let row = Webhook {
            secret: Some(self.secret.clone()),
            earlier_secret: known.secret.clone(),
            earlier_until: Some(Timestamp(until)),
            updated_at: moment.recorded_at,
            revision: known.revision + 1,
            ..known.as_ref().clone()
        };
        Ok(keep(desk, row))
    }
}

/// Removes a webhook.
pub(super) struct WebhookRemove {
    pub(super) actor: Actor,
    pub(super) id: WebhookId,
}

impl Update for WebhookRemove {
    type Answer = Arc<Webhook>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Webhook>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Webhook>, Refusal> {
        let known = own(desk, &self.actor, self.id)?;
        let moment = begin(desk, "removed", self.id);
        let row = Webhook {
            secret: None,
            earlier_secret: None,
            earlier_until: None,
            updated_at: moment.recorded_at,
            removed_at: Some(moment.recorded_at),
            revision: known.revision + 1,
            ..known.as_ref().clone()
        };
        Ok(keep(desk, row))
    }
}
