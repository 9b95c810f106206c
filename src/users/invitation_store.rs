//! One-time links by which a person sets a password: rows, and the updates the writer records.
//!
//! Only the SHA-256 of a link's token is stored. A token is good once, until its time is over or another is made for
//! the same user; whatever else sets the password or takes access away ends it too.

use super::api_key_store::check_person;
use super::outside_store::check_ours;
use super::session_store::end_open;
use super::store::{UserAdd, entry, finish, want_user};
use crate::auth::{SessionEnd, User, random};
use crate::core::id::{InvitationId, UserId};
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
}

impl InvitationEnd {
    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Replaced => "replaced",
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

    /// Stages it within the entry that is open.
    pub(super) fn put(&self, desk: &mut Desk, user: UserId, at: Timestamp) -> Invitation {
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
        let invitation = self.invitation.put(desk, user.id, user.created_at);
        Ok((user, invitation))
    }
}

/// Makes a link by which a user who is there sets another password. The present one stays good until then.
pub struct InvitationMake {
    /// Who makes it.
    pub actor: Actor,
    /// For whom.
    pub user: UserId,
    /// The link.
    pub invitation: NewInvitation,
}

impl Update for InvitationMake {
    type Answer = Invitation;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<User>>().want(self.user);
        desk.shelf::<Drawer<Invitation>>().want_group(self.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Invitation, Refusal> {
        let user = desk.shelf::<Drawer<User>>().find(self.user)?.ok_or_else(Problem::not_found)?;
        check_person(&user)?;
        check_ours(&user)?;
        if user.disabled {
            let detail = "The account is disabled, so no password lets anybody in. Enable it first.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        let moment =
            desk.begin(entry("invitation.made", user.id, Some(self.invitation.kind.word().to_owned())));
        end_invitations(desk, user.id, (moment.recorded_at, InvitationEnd::Replaced))?;
        Ok(self.invitation.put(desk, user.id, moment.recorded_at))
    }
}

/// Sets a password by a link, which ends the link and all sessions of its user.
pub struct InvitationAccept {
    /// The user the link is for.
    pub actor: Actor,
    /// The link.
    pub id: InvitationId,
    /// The hash of the token that was presented.
    pub hash: [u8; 32],
    /// The new password, hashed.
    pub password_hash: String,
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
        let invitation = found.filter(|one| is_good(one, &self.hash, now)).ok_or_else(no_invitation)?;
        let found = desk.shelf::<Drawer<User>>().find(invitation.user_id)?;
        let found = found.filter(|user| !user.disabled).ok_or_else(no_invitation)?;
        let moment = desk.begin(entry("invitation.accepted", found.id, Some(invitation.kind.clone())));
        let mut user = User::clone(&found);
        user.password_hash.clone_from(&self.password_hash);
        finish(desk, &mut user, moment.recorded_at);
        desk.shelf::<Drawer<Invitation>>()
            .put(ended(&invitation, (moment.recorded_at, InvitationEnd::Accepted)));
        end_invitations(desk, user.id, (moment.recorded_at, InvitationEnd::Replaced))?;
        end_open(desk, user.id, None, (moment.recorded_at, SessionEnd::PasswordChanged))?;
        Ok(user)
    }
}

/// Whether a link may be used with a token of this hash.
pub(super) fn is_good(invitation: &Invitation, hash: &[u8; 32], now: Timestamp) -> bool {
    invitation.ended_at.is_none() && now < invitation.good_until && invitation.token_hash == hash
}

/// The one refusal of every token that cannot be used.
pub(super) fn no_invitation() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "This link was used, has expired, was replaced by another, or never was one. Ask an administrator for another.",
    )
}

fn ended(invitation: &Invitation, (at, how): (Timestamp, InvitationEnd)) -> Invitation {
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
