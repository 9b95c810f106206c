//! A photo or scan: stored once for its owner by what is kept of it, shared, erased.
//!
//! An attachment's identifier is derived from its owner and the hash of what is kept, so that the same file again is
//! the same attachment, also where two send it at once. Owners do not share: one learns nothing of what another has, and
//! erasing the one's copy takes nothing from the other. One that was erased does not come back by sending it again.

use crate::auth::{Action, Named, Permit};
use crate::content::{Kept, Media, Removed};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{AttachmentId, Identifier, OrganizationId, SealedId, UserId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{attachment_bytes, attachments};
use crate::db::{Conn, SharedBytes, read_failure};
use crate::people::rules::{check_retention, retained_until};
use crate::people::{ErasureReason, check_kept_otherwise};
use crate::vault::{Vault, key_missing};
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Loose, Refusal, Update, record};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of one attachment: a photo of a phone at full size, or a scan of some twenty pages.
pub const ATTACHMENT_BYTES_MAX: usize = 10 * 1_024 * 1_024;
/// The part under which the vault seals what an attachment shows.
const PART: &str = "attachment";

record! {
    /// What is known of a photo or scan.
    pub struct Attachment in attachments key id: AttachmentId, group id: AttachmentId {
        /// Key, derived from owner and content.
        id: AttachmentId,
        /// What it is.
        media_type: String,
        /// How many bytes are kept.
        size_bytes: i64,
        /// Pixels across, of a picture.
        width: Option<i64>,
        /// Pixels down.
        height: Option<i64>,
        /// SHA-256 of what was sent first.
        sha256_sent: Vec<u8>,
        /// SHA-256 of what is kept.
        sha256_kept: Vec<u8>,
        /// What was left out, a JSON list of words.
        removed: String,
        /// Whether it still says where it was taken.
        has_location: bool,
        /// Whether donors may see it with a document that is shared with them.
        shareable: bool,
        /// For whom whoever uploaded it acts.
        owner_id: Option<OrganizationId>,
        /// Who uploaded it.
        uploaded_by: UserId,
        /// When it was erased.
        erased_at: Option<Timestamp>,
        /// Who erased it.
        erased_by: Option<UserId>,
        /// Why: the word of an [`ErasureReason`], or a sentence of before only words were taken.
        erase_reason: Option<String>,
        /// Counts the changes, from 1.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// Until when it is kept; none of before that was noted.
        retain_until: Option<Timestamp>,
    }
}

record! {
    /// What a photo or scan shows, sealed; empty once it was erased.
    pub struct AttachmentBytes in attachment_bytes key id: AttachmentId, group id: AttachmentId {
        /// The attachment.
        id: AttachmentId,
        /// As the vault sealed it; the writer's thread copies none of it.
        sealed: SharedBytes,
    }
}

/// SHA-256.
pub(super) fn hash_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whose attachments a caller's are: the organization's; of a caller whom nothing binds, everybody's whom nothing
/// binds; else the caller's own.
pub(super) fn owner_of<A: Named>(permit: &Permit<A>) -> (Option<OrganizationId>, Uuid) {
    let principal = permit.principal();
    match principal.organization {
        Some(organization) => (Some(organization), organization.uuid()),
        None if permit.scope().is_everything() => (None, Uuid::nil()),
        None => (None, principal.user.uuid()),
    }
}

/// The identifier of what an owner keeps.
pub(super) fn attachment_id(owner: Uuid, kept: &[u8; 32]) -> AttachmentId {
    derived(owner, &hexadecimal(kept), 0)
}

/// An attachment as it is to be recorded, with its bytes sealed.
pub(super) struct AttachmentAdd {
    pub(super) actor: Actor,
    /// As it is; the time until which it is kept only where that was said.
    pub(super) row: Attachment,
    pub(super) sealed: SharedBytes,
    /// For how many days it is kept where nobody said.
    pub(super) retention_days: u32,
}

impl AttachmentAdd {
    /// What is known of a file before it is recorded.
    pub(super) fn row(
        kept: &Kept,
        sent: [u8; 32],
        owner: (Option<OrganizationId>, Uuid),
        (user, retain_until): (UserId, Option<Timestamp>),
    ) -> Attachment {
        let hash = hash_of(&kept.bytes);
        let removed: Vec<Removed> = kept.removed.iter().copied().collect();
        Attachment {
            id: attachment_id(owner.1, &hash),
            media_type: kept.media.word().to_owned(),
            size_bytes: kept.bytes.len() as i64,
            width: kept.width.map(i64::from),
            height: kept.height.map(i64::from),
            sha256_sent: sent.to_vec(),
            sha256_kept: hash.to_vec(),
            removed: serde_json::to_string(&removed).unwrap_or_default(),
            has_location: kept.has_location,
            shareable: false,
            owner_id: owner.0,
            uploaded_by: user,
            erased_at: None,
            erased_by: None,
            erase_reason: None,
            revision: 1,
            created_at: Timestamp(0),
            retain_until,
        }
    }
}

impl Update for AttachmentAdd {
    type Answer = Arc<Attachment>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Attachment>>().want(self.row.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Attachment>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Attachment>>().find(self.row.id)? {
            known.check_there()?;
            return Ok(known);
        }
        check_retention(self.row.retain_until, desk.now())?;
        let now = desk.begin(entry("attachment.added", self.row.id, None)).recorded_at;
        let retain_until = Some(retained_until(now, self.row.retain_until, self.retention_days));
        let row = Attachment { created_at: now, retain_until, ..self.row.clone() };
        desk.shelf::<Drawer<Attachment>>().put(row.clone());
        let bytes = AttachmentBytes { id: row.id, sealed: self.sealed.clone() };
        desk.shelf::<Loose<AttachmentBytes>>().put(bytes);
        Ok(Arc::new(row))
    }
}

/// Changes who may see an attachment, or until when it is kept.
pub(super) struct AttachmentChange {
    pub(super) actor: Actor,
    pub(super) id: AttachmentId,
    pub(super) revision: IfMatch,
    pub(super) shareable: Option<bool>,
    pub(super) retain_until: Option<Timestamp>,
    /// For how many days it is kept where nobody said.
    pub(super) retention_days: u32,
}

impl Update for AttachmentChange {
    type Answer = Arc<Attachment>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Attachment>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Attachment>, Refusal> {
        let known = desk.shelf::<Drawer<Attachment>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        known.check_there()?;
        self.revision.check(known.revision)?;
        let mut row = Attachment::clone(&known);
        row.shareable = self.shareable.unwrap_or(row.shareable);
        row.retain_until = self.retain_until.or(row.retain_until);
        if row == *known {
            return Ok(known);
        }
        if let Some(until) = row.retain_until.filter(|_| row.retain_until != known.retain_until) {
            let times = (known.kept_until(self.retention_days), until);
            check_kept_otherwise(&self.actor, Action::AttachmentErase, times, desk.now())?;
        }
        let action = match (known.shareable, row.shareable) {
            (false, true) => "attachment.shared",
            (true, false) => "attachment.made_private",
            (true, true) | (false, false) => "attachment.changed",
        };
        desk.begin(entry(action, self.id, None));
        row.revision += 1;
        desk.shelf::<Drawer<Attachment>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// Empties an attachment; what is known of it stays. Where the reason is that its time is over and it is not, nothing
/// changes.
pub(super) struct AttachmentErase {
    pub(super) actor: Actor,
    pub(super) id: AttachmentId,
    pub(super) reason: ErasureReason,
    /// For how many days it is kept where nobody said.
    pub(super) retention_days: u32,
}

impl Update for AttachmentErase {
    type Answer = Arc<Attachment>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Attachment>>().want(self.id);
        desk.shelf::<Loose<AttachmentBytes>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Attachment>, Refusal> {
        let known = desk.shelf::<Drawer<Attachment>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if known.erased_at.is_some() {
            return Ok(known);
        }
        // A date that was moved while this waited counts.
        if self.reason == ErasureReason::Expired && desk.now() < known.kept_until(self.retention_days) {
            return Ok(known);
        }
        let bytes = desk.shelf::<Loose<AttachmentBytes>>().find(self.id)?;
        let reason = Some(self.reason.word().to_owned());
        let moment = desk.begin(entry("attachment.erased", self.id, reason.clone()));
        let row = Attachment {
            shareable: false,
            erased_at: Some(moment.recorded_at),
            erased_by: Some(self.actor.user),
            erase_reason: reason,
            revision: known.revision + 1,
            ..known.as_ref().clone()
        };
        desk.shelf::<Drawer<Attachment>>().put(row.clone());
        if bytes.is_some() {
            desk.shelf::<Loose<AttachmentBytes>>()
                .put(AttachmentBytes { id: self.id, sealed: SharedBytes::default() });
        }
        Ok(Arc::new(row))
    }
}

fn entry(action: &str, id: AttachmentId, reason: Option<String>) -> Entry {
    Entry { action: action.to_owned(), kind: "attachment", id: id.0, reason }
}

impl Attachment {
    /// The kind of file as a type.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn media(&self) -> Outcome<Media> {
        Media::from_word(&self.media_type).ok_or_else(|| {
            Problem::internal(format!("attachments.media_type {:?} of {} is none", self.media_type, self.id))
        })
    }

    /// What was left out of it.
    ///
    /// # Errors
    /// `internal` where the database holds what nobody writes.
    pub fn removed(&self) -> Outcome<Vec<Removed>> {
        serde_json::from_str(&self.removed)
            .map_err(|error| Problem::internal(format!("attachments.removed of {}: {error}", self.id)))
    }

    /// Until when it is kept, where one of which nobody said is kept for so many days.
    pub fn kept_until(&self, retention_days: u32) -> Timestamp {
        retained_until(self.created_at, self.retain_until, retention_days)
    }

    /// Refuses one that was erased.
    ///
    /// # Errors
    /// `wrong_state`.
    pub fn check_there(&self) -> Outcome<()> {
        match self.erased_at {
            None => Ok(()),
            Some(at) => {
                let detail = format!(
                    "This attachment was erased at {at}, which nobody can undo. Send another picture, such as one \
                     without what it had to be erased for."
                );
                Err(Problem::new(Code::WrongState, detail))
            }
        }
    }

    /// Whose key seals it.
    pub(super) fn seal_owner(&self) -> SealedId {
        seal_owner(self.id)
    }

    /// Seals what it shows, for recording.
    ///
    /// # Errors
    /// What the vault says.
    pub(super) fn seal(&self, vault: &Vault, clear: &[u8]) -> Outcome<Vec<u8>> {
        vault.seal_new(self.seal_owner(), PART, clear)
    }

    /// Opens what it shows, and makes sure that it is what was recorded.
    ///
    /// # Errors
    /// `wrong_state` where it was erased, `key_missing` where its key is not where it should be, `internal` where it is
    /// not what its hash says.
    pub(super) fn open(&self, vault: &Vault, sealed: &[u8]) -> Outcome<Vec<u8>> {
        self.check_there()?;
        let clear =
            vault.open(self.seal_owner(), PART, sealed)?.ok_or_else(|| key_missing(self.seal_owner()))?;
        if hash_of(&clear).as_slice() != self.sha256_kept {
            return Err(Problem::internal(format!("attachment {} is not what its hash says", self.id)));
        }
        Ok(clear)
    }
}

/// Whose key seals an attachment.
pub(super) fn seal_owner(id: AttachmentId) -> SealedId {
    SealedId(id.0)
}

/// What is known of an attachment, without asking who may see it: for the one who has just sent it.
///
/// # Errors
/// What the database says.
pub(super) fn attachment_known(conn: &mut Conn, id: AttachmentId) -> Outcome<Option<Attachment>> {
    attachments::table.find(id).select(Attachment::as_select()).first(conn).optional().map_err(read_failure)
}

/// The sealed bytes of an attachment that the caller was found to reach.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn sealed_bytes(conn: &mut Conn, id: AttachmentId) -> Outcome<Vec<u8>> {
    attachment_bytes::table.find(id).select(attachment_bytes::sealed).first(conn).map_err(read_failure)
}
