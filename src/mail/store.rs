//! The rows of mailings, and what changes them.

use super::channel::MAIL_KIND;
use super::rules::About;
use crate::atlas::Language;
use crate::core::id::{ConsignmentId, MailingId, OutletId, SealedId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::outbox::Outlet;
use crate::vault::Vault;
use crate::writer::{Actor, Desk, Drawer, Entry, Loose, Moment, Refusal, Update, record};
use std::sync::Arc;
use uuid::Uuid;

/// What an address is sealed as.
const ADDRESS: &str = "address of a mailing";
/// What lookups of addresses are made for.
const ADDRESSES: &str = "address of mail";
/// What the tokens in links are made for.
const LINKS: &str = "link of a mailing";

record! {
    /// Somebody who is written to, or is asked whether to be.
    pub struct Mailing in mailings key id: MailingId, group id: MailingId {
        /// Key; also of the outlet that says how far it was told.
        id: MailingId,
        /// What it is about.
        about: String,
        /// The consignment, of a tracking code.
        consignment_id: Option<ConsignmentId>,
        /// The user with whose rights it is written, of the others.
        user_id: Option<UserId>,
        /// Days between two digests; 1 of the others.
        days: i64,
        /// The sealed address; none where it has ended.
        address: Option<Vec<u8>>,
        /// By what those of one address are found without its being kept.
        address_key: Option<String>,
        /// When somebody asked for it.
        asked_at: Timestamp,
        /// When whoever reads the address said yes.
        confirmed_at: Option<Timestamp>,
        /// When it ended.
        ended_at: Option<Timestamp>,
        /// The code of the language it is written in; none is English.
        language: Option<String>,
    }
}

impl Mailing {
    /// What it is about.
    ///
    /// # Errors
    /// An internal problem where the word is none of ours.
    pub fn about(&self) -> Outcome<About> {
        About::from_word(&self.about)
            .ok_or_else(|| Problem::internal(format!("mailings.about of {} is {:?}", self.id, self.about)))
    }

    /// The language it is written in.
    pub(super) fn language(&self) -> Language {
        self.language.as_deref().and_then(Language::from_code).unwrap_or(Language::English)
    }

    /// The address, while it is kept.
    ///
    /// # Errors
    /// Where it is not what was sealed.
    pub(super) fn open(&self, vault: &Vault) -> Outcome<Option<String>> {
        let Some(sealed) = &self.address else { return Ok(None) };
        let Some(clear) = vault.open(SealedId(self.id.0), ADDRESS, sealed)? else { return Ok(None) };
        String::from_utf8(clear)
            .map(Some)
            .map_err(|_| Problem::internal(format!("the address of mailing {} is no text", self.id)))
    }
}

/// What the log calls a mailing.
pub const MAILING: &str = "mailing";

/// The outlet of a mailing.
pub fn outlet_of(id: MailingId) -> OutletId {
    OutletId(id.0)
}

/// Seals an address under a key of its own, and answers by what it is found.
///
/// # Errors
/// Where the key cannot be made.
pub(super) fn seal(vault: &Vault, id: MailingId, address: &str) -> Outcome<Vec<u8>> {
    vault.seal_new(SealedId(id.0), ADDRESS, address.as_bytes())
}

/// By what the mailings of an address are found.
pub(super) fn key_of(vault: &Vault, address: &str) -> String {
    vault.lookup(ADDRESSES, &super::rules::normal_address(address))
}

/// What stands in the links of a mailing: nobody else can make it, and it is kept nowhere.
pub(super) fn token_of(vault: &Vault, id: MailingId) -> String {
    vault.keyed(LINKS, &id.to_string())
}

/// Destroys the key of an address.
///
/// # Errors
/// Where the file cannot be destroyed.
pub(super) fn destroy(vault: &Vault, id: MailingId) -> Outcome<bool> {
    vault.destroy(SealedId(id.0))
}

/// Whoever follows a link or has a tracking code: nobody in particular.
pub(super) fn anybody(scope: &str) -> Actor {
    Actor { user: UserId(Uuid::nil()), role: "public".to_owned(), scope: scope.to_owned() }
}

fn begin(desk: &mut Desk, action: &str, id: MailingId) -> Moment {
    desk.begin(Entry { action: format!("mailing.{action}"), kind: MAILING, id: id.0, reason: None })
}

fn keep(desk: &mut Desk, row: Mailing) -> Arc<Mailing> {
    desk.shelf::<Drawer<Mailing>>().put(row.clone());
    Arc::new(row)
}

/// Asks for mail. The first message, which asks back, is due with the commit.
pub(super) struct MailingAsk {
    pub(super) actor: Actor,
    pub(super) id: MailingId,
    pub(super) about: About,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) user: Option<UserId>,
    pub(super) days: i64,
    pub(super) address: Vec<u8>,
    pub(super) address_key: String,
    pub(super) language: Language,
}

impl Update for MailingAsk {
    type Answer = Arc<Mailing>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Mailing>, Refusal> {
        let moment = begin(desk, "asked", self.id);
        let row = Mailing {
            id: self.id,
            about: self.about.word().to_owned(),
            consignment_id: self.consignment,
            user_id: self.user,
            days: self.days,
            address: Some(self.address.clone()),
            address_key: Some(self.address_key.clone()),
            asked_at: moment.recorded_at,
            confirmed_at: None,
            ended_at: None,
            language: Some(self.language.code().to_owned()),
        };
        let outlet = Outlet::new(outlet_of(self.id), MAIL_KIND, moment.sequence, Some(moment.recorded_at));
        desk.shelf::<Loose<Outlet>>().put(outlet);
        Ok(keep(desk, row))
    }
}

/// Says yes to a mailing. What was recorded since it was asked for is told at once.
pub(super) struct MailingConfirm {
    pub(super) actor: Actor,
    pub(super) id: MailingId,
}

impl Update for MailingConfirm {
    type Answer = Arc<Mailing>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Mailing>>().want(self.id);
        desk.shelf::<Loose<Outlet>>().want(outlet_of(self.id));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Mailing>, Refusal> {
        let known = desk.shelf::<Drawer<Mailing>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if known.ended_at.is_some() {
            let words = "This has ended: nobody is written to any more. Ask for it anew.";
            return Err(Problem::new(Code::WrongState, words).into());
        }
        if known.confirmed_at.is_some() {
            return Ok(known);
        }
        let outlet = desk.shelf::<Loose<Outlet>>().find(outlet_of(self.id))?;
        let moment = begin(desk, "confirmed", self.id);
        if let Some(outlet) = outlet {
            let due = Outlet { due_at: Some(moment.recorded_at), ..outlet.as_ref().clone() };
            desk.shelf::<Loose<Outlet>>().put(due);
        }
        Ok(keep(desk, Mailing { confirmed_at: Some(moment.recorded_at), ..known.as_ref().clone() }))
    }
}

/// Ends a mailing and forgets its address, for good.
pub(super) struct MailingEnd {
    pub(super) actor: Actor,
    pub(super) id: MailingId,
    /// Only where it is this user's.
    pub(super) of: Option<UserId>,
}

impl Update for MailingEnd {
    type Answer = Arc<Mailing>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Mailing>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Mailing>, Refusal> {
        let known = desk.shelf::<Drawer<Mailing>>().find(self.id)?;
        let own = known.filter(|one| self.of.is_none() || one.user_id == self.of);
        let known = own.ok_or_else(Problem::not_found)?;
        if known.ended_at.is_some() {
            return Ok(known);
        }
        let moment = begin(desk, "ended", self.id);
        let row = Mailing {
            address: None,
            address_key: None,
            ended_at: Some(moment.recorded_at),
            ..known.as_ref().clone()
        };
        Ok(keep(desk, row))
    }
}
