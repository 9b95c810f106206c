//! What happened to the keys of access tokens, as entries of the log. The keys themselves are in the key folder.

use crate::audit::keys::Rotation;
use crate::auth::ACCESS_TOKEN_SECONDS;
use crate::core::id::{SubjectId, UserId, derived};
use crate::core::time::Timestamp;
use crate::writer::{Actor, Desk, Entry, Refusal, Update};
use std::time::Duration;
use uuid::Uuid;

/// How long a key that signs no more still verifies: as long as the last token it signed, and a minute for
/// processes that have not seen the new key yet.
pub const KEY_OVERLAP: Duration = Duration::from_secs(ACCESS_TOKEN_SECONDS + 60);

/// Notes that a key signs from now on, or that one verifies no more.
pub struct KeyChange {
    actor: Actor,
    action: &'static str,
    kid: String,
    reason: String,
}

impl KeyChange {
    /// Another key signs.
    pub fn rotated(actor: Actor, rotation: &Rotation) -> Self {
        let until = Timestamp(i64::try_from(rotation.until).unwrap_or(0).saturating_mul(1_000_000));
        let reason = format!("{} signs, {} verifies until {until}", rotation.new, rotation.old);
        Self { actor, action: "key.rotated", kid: rotation.new.clone(), reason }
    }

    /// A key is gone.
    pub fn retired(actor: Actor, kid: &str) -> Self {
        Self { actor, action: "key.retired", kid: kid.to_owned(), reason: format!("{kid} verifies no more") }
    }

    /// Who acts where a server rotates by itself.
    pub fn server() -> Actor {
        Actor { user: UserId(Uuid::nil()), role: "server".to_owned(), scope: "keys".to_owned() }
    }
}

impl Update for KeyChange {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let id: SubjectId = derived(Uuid::nil(), &self.kid, 0);
        desk.begin(Entry {
            action: self.action.to_owned(),
            kind: "key",
            id: id.0,
            reason: Some(self.reason.clone()),
        });
        Ok(())
    }
}
