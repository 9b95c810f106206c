//! A pledge's private link: a code only its donor has, kept as a hash, revocable.

use super::store::{Pledge, pledge_by_link};
use crate::core::id::PledgeId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use sha2::{Digest, Sha256};

/// What is kept of a link's code. 50 random bits cannot be guessed at the rate strangers are let in.
pub fn link_hash(code: &str) -> Vec<u8> {
    Sha256::new()
        .chain_update(b"relief-ledger pledge link\0")
        .chain_update(code.as_bytes())
        .finalize()
        .to_vec()
}

/// A pledge whose private link somebody has: the permission to read what is traced from that pledge, and from no other. Only
/// a link that is good makes one.
#[derive(Clone, Copy, Debug)]
pub struct Linked(PledgeId);

impl Linked {
    /// The pledge that a link leads to.
    ///
    /// # Errors
    /// `not_found`, or what the database says.
    pub fn read(conn: &mut Conn, hash: &[u8]) -> Outcome<Self> {
        pledge_by_link(conn, hash).map(|(pledge, _)| Self(pledge.id))
    }

    /// Which it is.
    pub fn pledge(self) -> PledgeId {
        self.0
    }
}

/// Makes, replaces or revokes a pledge's private link.
pub struct LinkChange {
    pledge: PledgeId,
    hash: Option<Vec<u8>>,
    actor: Actor,
}

impl LinkChange {
    /// A new link; an older one stops working.
    pub fn make(pledge: PledgeId, code: &str, actor: Actor) -> Self {
        Self { pledge, hash: Some(link_hash(code)), actor }
    }

    /// No link any more.
    pub fn revoke(pledge: PledgeId, actor: Actor) -> Self {
        Self { pledge, hash: None, actor }
    }
}

impl Update for LinkChange {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Pledge>>().want(self.pledge);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let Some(pledge) = desk.shelf::<Drawer<Pledge>>().find(self.pledge)? else {
            return Err(Problem::not_found().into());
        };
        if self.hash.is_none() && pledge.link_hash.is_none() {
            return Err(Problem::new(Code::WrongState, "This pledge has no link.").into());
        }
        let action = if self.hash.is_some() { "pledge.link_made" } else { "pledge.link_revoked" };
        desk.begin(Entry { action: action.to_owned(), kind: "pledge", id: self.pledge.0, reason: None });
        let now = desk.now();
        // Nothing was decided: the state keeps the reason it was given with.
        let row = Pledge {
            link_hash: self.hash.clone(),
            revision: pledge.revision + 1,
            updated_at: now,
            ..pledge.as_ref().clone()
        };
        desk.shelf::<Drawer<Pledge>>().put(row);
        Ok(())
    }
}
