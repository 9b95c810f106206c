//! The rows of links, and what changes them.

use super::rules::{DAYS_MAXIMUM, Token};
use crate::consignments::Consignment;
use crate::core::id::{ConsignmentId, EventId, OrganizationId, ReceiptLinkId, UserId};
use crate::core::problem::{Code, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::events::{Command, PostEvent};
use crate::ledger::event::{EventResult, EventStatus};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use std::sync::Arc;

/// Microseconds of a day.
const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;

record! {
    /// A one-time link by which a consignee confirms receipt.
    pub struct ReceiptLink in receipt_links key id: ReceiptLinkId, group consignment_id: ConsignmentId {
        /// Key: made from the token.
        id: ReceiptLinkId,
        /// The consignment whose receipt it confirms.
        consignment_id: ConsignmentId,
        /// SHA-256 of the token.
        token_hash: Vec<u8>,
        /// Who made it.
        made_by: UserId,
        /// When.
        made_at: Timestamp,
        /// Until when it may be used.
        good_until: Timestamp,
        /// When it was used.
        used_at: Option<Timestamp>,
        /// The receipt that was posted by it.
        event_id: Option<EventId>,
    }
}

fn entry(action: &str, id: ReceiptLinkId) -> Entry {
    Entry { action: format!("receipt_link.{action}"), kind: "receipt_link", id: id.0, reason: None }
}

/// Makes a link.
pub(super) struct LinkMake {
    pub(super) actor: Actor,
    pub(super) consignment: ConsignmentId,
    pub(super) token: Token,
    pub(super) days: i64,
}

impl Update for LinkMake {
    type Answer = Arc<ReceiptLink>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Consignment>>().want(self.consignment);
        desk.shelf::<Drawer<ReceiptLink>>().want_group(self.consignment);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<ReceiptLink>, Refusal> {
        let consignment =
            desk.shelf::<Drawer<Consignment>>().find(self.consignment)?.ok_or_else(Problem::not_found)?;
        if consignment.cancelled {
            let words = "This consignment was cancelled: nothing of it can be received.";
            return Err(Problem::new(Code::WrongState, words).into());
        }
        let before = desk.shelf::<Drawer<ReceiptLink>>().group(consignment.id)?;
        let moment = desk.begin(entry("made", self.token.id()));
        // One link is open at a time: whoever makes another has lost the first, or wants it to be of no more use.
        for link in before {
            if link.used_at.is_none() && link.good_until > moment.recorded_at {
                let ended = ReceiptLink { good_until: moment.recorded_at, ..link.as_ref().clone() };
                desk.shelf::<Drawer<ReceiptLink>>().put(ended);
            }
        }
        let row = ReceiptLink {
            id: self.token.id(),
            consignment_id: consignment.id,
            token_hash: self.token.hash().to_vec(),
            made_by: self.actor.user,
            made_at: moment.recorded_at,
            good_until: Timestamp(moment.recorded_at.0 + self.days.min(DAYS_MAXIMUM) * DAY),
            used_at: None,
            event_id: None,
        };
        desk.shelf::<Drawer<ReceiptLink>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// The refusal of a link that is of no use: used, over, or none of ours.
pub(super) fn check_good(link: &ReceiptLink, now: Timestamp) -> Result<(), Problem> {
    if link.used_at.is_some() {
        let words =
            "This link was used: the receipt is confirmed. Ask for another one if something is to be added.";
        return Err(Problem::new(Code::WrongState, words).with("used", true));
    }
    if link.good_until < now {
        let words = "The time of this link is over. Ask whoever gave it to you for another one.";
        return Err(Problem::new(Code::WrongState, words).with("used", false));
    }
    Ok(())
}

/// Confirms receipt by a link: the receipt and the end of the link are one commit.
pub(super) struct Confirm {
    pub(super) link: ReceiptLinkId,
    pub(super) command: Command,
    actor: Actor,
}

impl Confirm {
    /// The consignee confirms, and acts for itself alone. The link stands for whoever holds it.
    pub(super) fn new(link: ReceiptLinkId, consignee: OrganizationId, command: Command) -> Self {
        let scope = format!("organization:{}", consignee.0);
        let actor = Actor { user: UserId(link.0), role: "consignee".to_owned(), scope };
        Self { link, command, actor }
    }
}

impl Update for Confirm {
    type Answer = EventResult;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<ReceiptLink>>().want(self.link);
        PostEvent::new(self.command.clone(), self.actor.clone()).keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<EventResult, Refusal> {
        let link = desk.shelf::<Drawer<ReceiptLink>>().find(self.link)?.ok_or_else(Problem::not_found)?;
        let post = PostEvent::new(self.command.clone(), self.actor.clone()).by_link_of(link.made_by);
        if link.event_id == Some(self.command.id) {
            return post.decide(desk);
        }
        check_good(&link, desk.now())?;
        let result = post.decide(desk)?;
        match result.status {
            EventStatus::Posted => {}
            EventStatus::Waiting | EventStatus::Proposed => {
                let words =
                    "What is confirmed is not on its way to you yet. Nothing was recorded; try again later.";
                return Err(Problem::new(Code::WrongState, words).into());
            }
        }
        let moment = desk.begin(entry("used", self.link));
        let used = ReceiptLink {
            used_at: Some(moment.recorded_at),
            event_id: Some(self.command.id),
            ..link.as_ref().clone()
        };
        desk.shelf::<Drawer<ReceiptLink>>().put(used);
        Ok(result)
    }
}
