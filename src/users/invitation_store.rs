//! One-time links by which a person sets a password: rows, and the updates the writer records.
//!
//! Only the SHA-256 of a link's token is stored. A token is good once, until its time is over or another is made for
//! the same user; whatever else sets the password or takes access away ends it too. Where two administrators let somebody
//! set a password, each hands over a half, so that neither of them can set it alone.

use super::session_store::end_open;
use super::store::{UserAdd, entry, finish, want_user};
use crate::auth::{SessionEnd, User, random};
use crate::core::id::{ApprovalId, InvitationId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update, record};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What tokens begin with, so that whoever finds one knows what it is.
const PREFIX: &str = "relief_invitation_";
/// What second halves begin with.
const SECOND_PREFIX: &str = "relief_second_half_";
const HOUR: i64 = 60 * 60 * MICROSECONDS;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationKind {
    /// A new user sets the first password.
    Invitation,
    /// A user who has forgotten it sets another.
    Reset,
}

impl InvitationKind {
    /// The word used in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// How long it is good, in microseconds: an invitation may lie over a weekend, a reset is waited for.
    pub fn lifetime(self) -> i64 {
        match self {
            Self::Invitation => 7 * 24 * HOUR,
            Self::Reset => 24 * HOUR,
        }
    }
}

/// How a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationEnd {
    /// It was used.
    Accepted,
    /// Another came instead, or the password or the access changed otherwise.
    Replaced,
    /// It came back with a backup, in which it may be open though it was used since.
    Revoked,
}

impl InvitationEnd {
    /// The word used in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }
}

record! {
    /// A one-time link.
    pub struct Invitation in invitations key id: InvitationId, group user_id: UserId, open(ended_at) {
        /// Key: made from the token.
        id: InvitationId,
        /// For whom.
        user_id: UserId,
        /// The word of an [`InvitationKind`].
        kind: String,
        /// SHA-256 of the token.
        token_hash: Vec<u8>,
        /// Who made it.
        made_by: UserId,
        /// When.
        made_at: Timestamp,
        /// Until when it may be used.
        good_until: Timestamp,
        /// When it was used or ended otherwise.
        ended_at: Option<Timestamp>,
        /// The word of an [`InvitationEnd`].
        ended_as: Option<String>,
        /// What another administrator must approve before it may be used, where that is so.
        approval_id: Option<ApprovalId>,
        /// SHA-256 of the half of the link that the other one hands over; there once it is approved.
        second_hash: Option<Vec<u8>>,
    }
}

/// A token in clear: shown once to whoever made it.
#[derive(Clone)]
pub struct InvitationToken([u8; 32]);

impl InvitationToken {
    /// A new one.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn draw() -> Outcome<Self> {
        random().map(Self)
    }

    /// Reads one; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text to hand over.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"relief-ledger invitation").chain_update(self.0).finalize().into()
    }

    /// By what its row is found: another digest, so that the key gives nothing of the hash away.
    pub fn id(&self) -> InvitationId {
        let digest =
            Sha256::new().chain_update(b"relief-ledger invitation id").chain_update(self.0).finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        InvitationId(Uuid::from_bytes(bytes))
    }
}

/// The half of a link that whoever approves it hands over, in clear: shown once.
pub struct SecondHalf([u8; 32]);

impl SecondHalf {
    /// A new one.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn draw() -> Outcome<Self> {
        random().map(Self)
    }

    /// Reads one; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(SECOND_PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text to hand over.
    pub fn text(&self) -> String {
        format!("{SECOND_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"relief-ledger second half").chain_update(self.0).finalize().into()
    }
}

/// What somebody presents to set a password, as hashes.
#[derive(Clone, Copy)]
pub struct Presented {
    /// Of the link's token.
    pub token: [u8; 32],
    /// Of the second half, where one was presented.
    pub second: Option<[u8; 32]>,
}

/// A link that is to be made.
#[derive(Clone)]
pub struct NewInvitation {
    /// Key.
    pub id: InvitationId,
    /// What is stored of the token.
    pub hash: [u8; 32],
    /// What it is for.
    pub kind: InvitationKind,
}

impl NewInvitation {
    /// A link with this token.
    pub fn of(token: &InvitationToken, kind: InvitationKind) -> Self {
        Self { id: token.id(), hash: token.hash(), kind }
    }

    /// Stages it within the entry that is open; with an approval it is good only once that is given.
    pub(super) fn put(
        &self,
        desk: &mut Desk,
        (user, at): (UserId, Timestamp),
        approval: Option<ApprovalId>,
    ) -> Invitation {
        let invitation = Invitation {
            id: self.id,
            user_id: user,
            kind: self.kind.word().to_owned(),
            token_hash: self.hash.to_vec(),
            made_by: desk.actor().user,
            made_at: at,
            good_until: Timestamp(at.0 + self.kind.lifetime()),
            ended_at: None,
            ended_as: None,
            approval_id: approval,
            second_hash: None,
        };
        desk.shelf::<Drawer<Invitation>>().put(invitation.clone());
        invitation
    }
}

/// Adds a user who sets the password by a link.
pub struct UserInvite {
    /// The user; the password is none yet.
    pub add: UserAdd,
    /// The link.
    pub invitation: NewInvitation,
}

impl Update for UserInvite {
    type Answer = (User, Invitation);

    fn actor(&self) -> &Actor {
        self.add.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.add.keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(User, Invitation), Refusal> {
        let user = self.add.decide(desk)?;
        let invitation = self.invitation.put(desk, (user.id, user.created_at), None);
        Ok((user, invitation))
    }
}

/// Sets a password by a link, which ends the link and all sessions of its user.
pub struct InvitationAccept {
    /// The user the link is for.
    pub actor: Actor,
    /// The link.
    pub id: InvitationId,
    /// What was presented.
    pub presented: Presented,
    /// The new password, hashed and sealed.
    pub password: Option<Vec<u8>>,
}

impl Update for InvitationAccept {
    type Answer = User;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Invitation>>().want(self.id);
        want_user(desk, self.actor.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<User, Refusal> {
        let found = desk.shelf::<Drawer<Invitation>>().find(self.id)?;
        let now = desk.now();
        let invitation = found.filter(|one| is_good(one, &self.presented, now)).ok_or_else(no_invitation)?;
        let found = desk.shelf::<Drawer<User>>().find(invitation.user_id)?;
        let found = found.filter(|user| !user.disabled).ok_or_else(no_invitation)?;
        let moment = desk.begin(entry("invitation.accepted", found.id, Some(invitation.kind.clone())));
        let mut user = User::clone(&found);
        user.sealed_password.clone_from(&self.password);
        finish(desk, &mut user, moment.recorded_at);
        desk.shelf::<Drawer<Invitation>>()
            .put(ended(&invitation, (moment.recorded_at, InvitationEnd::Accepted)));
        end_invitations(desk, user.id, (moment.recorded_at, InvitationEnd::Replaced))?;
        end_open(desk, user.id, None, (moment.recorded_at, SessionEnd::PasswordChanged))?;
        Ok(user)
    }
}

/// Whether a link may be used by whoever presents this.
pub(super) fn is_good(invitation: &Invitation, presented: &Presented, now: Timestamp) -> bool {
    let is_whole = match (invitation.approval_id, &invitation.second_hash) {
        (None, _) => true,
        // Digests of 256 random bits are compared, so the time it takes tells nothing of use.
        (Some(_), Some(hash)) => presented.second.is_some_and(|second| hash.as_slice() == second),
        (Some(_), None) => false,
    };
    is_whole
        && invitation.ended_at.is_none()
        && now < invitation.good_until
        && invitation.token_hash == presented.token
}

/// The one refusal of every token that cannot be used.
pub(super) fn no_invitation() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "This link was used, has expired, was replaced by another, or never was one. Ask an administrator for another.",
    )
}

pub(super) fn ended(invitation: &Invitation, (at, how): (Timestamp, InvitationEnd)) -> Invitation {
    Invitation { ended_at: Some(at), ended_as: Some(how.word().to_owned()), ..invitation.clone() }
}

/// Ends the open links of a user within an entry that is open already.
///
/// # Errors
/// Where they are not loaded yet.
pub(super) fn end_invitations(
    desk: &mut Desk,
    user: UserId,
    end: (Timestamp, InvitationEnd),
) -> Result<(), Refusal> {
    let drawer = desk.shelf::<Drawer<Invitation>>();
    for invitation in drawer.group(user)? {
        if invitation.ended_at.is_none() {
            drawer.put(ended(&invitation, end));
        }
    }
    Ok(())
}
