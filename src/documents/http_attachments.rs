//! Photos and scans over HTTP.

use super::attachment::{
    ATTACHMENT_BYTES_MAX, Attachment, AttachmentAdd, AttachmentChange, AttachmentErase, attachment_known,
    hash_of, owner_of, sealed_bytes,
};
use super::reach::own_attachment;
use super::read::attachment_read;
use super::traced::TracedAttachment;
use crate::auth::{Fields, Named, Permit, action, now};
use crate::content::{Kept, Media, Removed, inspect};
use crate::core::check::{Check, WORDS_CHARS_MAX};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{AttachmentId, OrganizationId, UserId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::SharedBytes;
use crate::people::ErasureReason;
use crate::people::rules::check_retention;
use crate::web::{IfMatch, Json, Path, Query, Routes, Shown, State, Tagged, Written, WrittenBody, read_body};
use crate::writer::Recorded;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload, block};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

/// Uploads that are in at once, each with up to three copies of its bytes: half a gigabyte at the most. Whoever comes
/// meanwhile is told to come back.
static UPLOADS: Semaphore = Semaphore::const_new(16);
/// Uploads of one user that are in at once: a phone sends one photo after the other, an office's scanner a few.
const UPLOADS_OF_ONE: usize = 4;
/// Who uploads how many now.
static UPLOADING: Mutex<BTreeMap<UserId, usize>> = Mutex::new(BTreeMap::new());
/// Files looked into at once: that takes a core each, and updates of goods need one too.
static INSPECTIONS: Semaphore = Semaphore::const_new(1);

/// A photo or scan as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttachmentView {
    /// Which one.
    pub id: AttachmentId,
    /// What it is by its content.
    pub media_type: Media,
    /// Bytes that are kept.
    pub size_bytes: i64,
    /// Pixels across, of a picture.
    pub width: Option<i64>,
    /// Pixels down.
    pub height: Option<i64>,
    /// SHA-256 of what was sent, 64 hexadecimal digits.
    pub sha256_sent: String,
    /// SHA-256 of what is kept.
    pub sha256_kept: String,
    /// What was left out of it.
    pub removed: Vec<Removed>,
    /// Whether it still says where it was taken.
    pub has_location: bool,
    /// Whether donors may see it with a document that is shared with them.
    pub shareable: bool,
    /// For whom whoever uploaded it acts.
    pub owner: Option<OrganizationId>,
    /// Who uploaded it.
    pub uploaded_by: UserId,
    /// When it was erased: then there is nothing to see any more.
    pub erased_at: Option<Timestamp>,
    /// Why: `requested`, `mistaken`, `not_needed` or `expired`; of those erased before only words were taken, a sentence.
    pub erase_reason: Option<String>,
    /// Until when it is kept. Where that is not noted, it is the server's `person_retention_days` from `created_at`.
    pub retain_until: Option<Timestamp>,
    /// Counts the changes, from 1; the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
}

impl AttachmentView {
    pub(super) fn of(row: &Attachment) -> Outcome<Self> {
        Ok(Self {
            id: row.id,
            media_type: row.media()?,
            size_bytes: row.size_bytes,
            width: row.width,
            height: row.height,
            sha256_sent: hexadecimal(&row.sha256_sent),
            sha256_kept: hexadecimal(&row.sha256_kept),
            removed: row.removed()?,
            has_location: row.has_location,
            shareable: row.shareable,
            owner: row.owner_id,
            uploaded_by: row.uploaded_by,
            erased_at: row.erased_at,
            erase_reason: row.erase_reason.clone(),
            retain_until: row.retain_until,
            revision: row.revision,
            created_at: row.created_at,
        })
    }
}

/// How a file is to be kept.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// Whether to keep in a picture where it was taken; left out of it if not said.
    #[serde(default)]
    pub keep_location: Option<bool>,
    /// Until when it is kept; the server's setting if not said.
    #[serde(default)]
    pub retain_until: Option<Timestamp>,
}

/// Upload a photo or scan
///
/// The body is the file itself, JPEG, PNG, WebP or PDF, with its `Content-Type`; at most 10 MiB. It is private until it
/// is marked shareable. The same file again answers 200 and is kept once.
#[utoipa::path(post, path = "/api/v1/attachments", tag = "documents", params(UploadQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = WrittenBody<AttachmentView>), (status = 200, body = WrittenBody<AttachmentView>)))]
pub async fn attachment_upload(
    permit: Permit<action::DocumentWrite>,
    state: State,
    request: HttpRequest,
    query: Query<UploadQuery>,
    payload: Payload,
) -> Outcome<Written<AttachmentView>> {
    check_retention(query.0.retain_until, now())?;
    let _own = Uploading::begin(permit.principal().user)?;
    let full = "Too many files are being uploaded at this moment. Send yours again shortly.";
    let _upload = UPLOADS.try_acquire().map_err(|_| Problem::new(Code::Unavailable, full))?;
    let claimed = request.content_type().trim().to_ascii_lowercase();
    let body = read_body(&request, payload.into_inner(), ATTACHMENT_BYTES_MAX).await?;
    let recorded = keep(&permit, &state, (claimed, body), query.0).await?;
    let is_new = recorded.leaf.is_some();
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Keeps a file that came with a form, as [`attachment_upload`] keeps one that came alone: without where it was taken.
///
/// # Errors
/// What is refused of the file, or `unavailable` where too many are in.
pub async fn attachment_keep(
    permit: &Permit<action::DocumentWrite>,
    state: &State,
    media_type: String,
    bytes: BytesMut,
) -> Outcome<AttachmentId> {
    let _own = Uploading::begin(permit.principal().user)?;
    let how = UploadQuery { keep_location: None, retain_until: None };
    Ok(keep(permit, state, (media_type, bytes), how).await?.answer.id)
}

/// Looks into a file and records what is kept of it.
async fn keep(
    permit: &Permit<action::DocumentWrite>,
    state: &State,
    (claimed, body): (String, BytesMut),
    how: UploadQuery,
) -> Outcome<Recorded<AttachmentView>> {
    let (kept, sent) = look_into(body, claimed, how.keep_location.unwrap_or(false)).await?;
    let whose = (permit.principal().user, how.retain_until);
    let row = AttachmentAdd::row(&kept, sent, owner_of(permit), whose);
    let recorded = add(permit, state, row, kept).await?;
    let mut view = AttachmentView::of(&recorded.answer)?;
    view.sha256_sent = hexadecimal(&sent);
    Ok(recorded.map(|_| view))
}

/// The place of an upload among those of its user; it is free again when this is dropped.
struct Uploading(UserId);

impl Uploading {
    fn begin(user: UserId) -> Outcome<Self> {
        let mut all = UPLOADING.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(user).or_default();
        if *count >= UPLOADS_OF_ONE {
            let detail =
                format!("{UPLOADS_OF_ONE} files of yours are being uploaded. Send one after the other.");
            return Err(Problem::new(Code::TooManyRequests, detail).with("retry_after_s", 1));
        }
        *count += 1;
        Ok(Self(user))
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        let mut all = UPLOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.0);
            }
        }
    }
}

/// Looks into a file on a thread that may be busy, one after the other.
async fn look_into(body: BytesMut, claimed: String, keep_location: bool) -> Outcome<(Kept, [u8; 32])> {
    let _turn = INSPECTIONS.acquire().await.map_err(|error| Problem::internal(error.to_string()))?;
    block(move || inspect(&body, &claimed, keep_location).map(|kept| (kept, hash_of(&body))))
        .await
        .map_err(ended)?
}

fn ended(error: actix_web::error::BlockingError) -> Problem {
    Problem::internal(format!("a task on a file ended: {error}"))
}

/// Records what is kept of a file, sealed, unless it is there already.
async fn add(
    permit: &Permit<action::DocumentWrite>,
    state: &State,
    row: Attachment,
    kept: Kept,
) -> Outcome<Recorded<Arc<Attachment>>> {
    let id = row.id;
    if let Some(known) = state.read(move |conn| attachment_known(conn, id)).await? {
        known.check_there()?;
        return Ok(Recorded { answer: Arc::new(known), leaf: None });
    }
    let (vault, unsealed) = (state.vault.clone(), row.clone());
    let sealed = block(move || unsealed.seal(&vault, &kept.bytes)).await.map_err(ended)??;
    let update = AttachmentAdd {
        actor: permit.actor(),
        row: row.clone(),
        sealed: SharedBytes(Arc::new(sealed)),
        retention_days: state.person_retention_days,
    };
    let recorded = state.writer.record(update).await;
    if let Err(problem) = &recorded
        && problem.code == Code::WrongState
    {
        // It was erased meanwhile: the key that was made for it anew must not stay.
        destroy_key(state, &row).await?;
    }
    recorded
}

async fn destroy_key(state: &State, row: &Attachment) -> Outcome<()> {
    let (vault, owner) = (state.vault.clone(), row.seal_owner());
    block(move || vault.destroy(owner)).await.map_err(ended)??;
    Ok(())
}

/// One that is the caller's to change.
async fn own_one<A: Named + Clone>(
    permit: &Permit<A>,
    state: &State,
    id: AttachmentId,
) -> Outcome<Attachment> {
    let permit = permit.clone();
    state.read(move |conn| own_attachment(conn, &permit, id)).await
}

/// Show what is known of an attachment
#[utoipa::path(get, path = "/api/v1/attachments/{id}", tag = "documents", params(("id" = AttachmentId, Path)),
    responses((status = 200, body = Shown<AttachmentView, TracedAttachment>)))]
pub async fn attachment_show(
    permit: Permit<action::DocumentRead>,
    state: State,
    path: Path<AttachmentId>,
) -> Outcome<Tagged<Shown<AttachmentView, TracedAttachment>>> {
    let fields = permit.fields();
    let row = state.read(move |conn| attachment_read(conn, &permit, path.0)).await?;
    let body = match fields {
        Fields::All => Shown::All(AttachmentView::of(&row)?),
        Fields::Traced => Shown::Traced(TracedAttachment::of(&row)?),
    };
    Ok(Tagged { body, revision: row.revision })
}

/// Download an attachment
///
/// It is never shown inside a page: browsers are told to save it.
#[utoipa::path(get, path = "/api/v1/attachments/{id}/content", tag = "documents",
    params(("id" = AttachmentId, Path)),
    responses((status = 200, description = "The file as it is kept", body = String,
        content_type = "application/octet-stream")))]
pub async fn attachment_download(
    permit: Permit<action::DocumentRead>,
    state: State,
    path: Path<AttachmentId>,
) -> Outcome<HttpResponse> {
    let id = path.0;
    let (row, sealed) = state
        .read(move |conn| {
            let row = attachment_read(conn, &permit, id)?;
            row.check_there()?;
            Ok((row, sealed_bytes(conn, id)?))
        })
        .await?;
    let (media, hash) = (row.media()?, hexadecimal(&row.sha256_kept));
    let vault = state.vault.clone();
    let bytes = block(move || row.open(&vault, &sealed)).await.map_err(ended)??;
    let name = format!("attachment; filename=\"{}.{}\"", &hash[..16], media.extension());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media.word()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"))
        .body(bytes))
}

/// Who may see an attachment, and until when it is kept. What is left out stays.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentEdit {
    /// Whether donors may see it with a document that is shared with them.
    #[serde(default)]
    pub shareable: Option<bool>,
    /// Until when it is kept; earlier than before only by whoever may erase it.
    #[serde(default)]
    pub retain_until: Option<Timestamp>,
}

/// Mark an attachment as shareable or private, or keep it for another time
///
/// It is for whom the uploader acts; whoever reads it with a document of others cannot.
#[utoipa::path(patch, path = "/api/v1/attachments/{id}", tag = "documents", request_body = AttachmentEdit,
    params(("id" = AttachmentId, Path), ("If-Match" = String, Header, description = "The ETag you read")),
    responses((status = 200, body = WrittenBody<AttachmentView>)))]
pub async fn attachment_edit(
    permit: Permit<action::DocumentWrite>,
    state: State,
    path: Path<AttachmentId>,
    revision: IfMatch,
    body: Json<AttachmentEdit>,
) -> Outcome<Written<AttachmentView>> {
    let id = path.0;
    own_one(&permit, &state, id).await?.check_there()?;
    let AttachmentEdit { shareable, retain_until } = body.0;
    let (actor, retention_days) = (permit.actor(), state.person_retention_days);
    let update = AttachmentChange { actor, id, revision, shareable, retain_until, retention_days };
    written(state.writer.record(update).await?)
}

/// Why an attachment is erased.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentErasure {
    /// `requested`, `mistaken`, `not_needed` or `expired`: a word, since the log keeps it for ever.
    pub reason: ErasureReason,
}

/// Why a document is voided.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonGiven {
    /// Why, without names of persons: it is kept for ever.
    pub reason: String,
}

impl ReasonGiven {
    /// The reason, checked.
    ///
    /// # Errors
    /// `invalid` at `/reason`.
    pub(super) fn checked(self) -> Outcome<String> {
        let mut check = Check::new();
        let reason = check.text("/reason", &self.reason, WORDS_CHARS_MAX);
        check.finish()?;
        Ok(reason)
    }
}

/// Erase an attachment
///
/// What it shows is gone for good; its hashes, and what it was attached to, stay on record. It is for whom the uploader
/// acts; whoever reads it with a document of others cannot.
#[utoipa::path(post, path = "/api/v1/attachments/{id}/erase", tag = "documents", request_body = AttachmentErasure,
    params(("id" = AttachmentId, Path)), responses((status = 200, body = WrittenBody<AttachmentView>)))]
pub async fn attachment_erase(
    permit: Permit<action::AttachmentErase>,
    state: State,
    path: Path<AttachmentId>,
    body: Json<AttachmentErasure>,
) -> Outcome<Written<AttachmentView>> {
    let id = path.0;
    let (reason, retention_days) = (body.0.reason, state.person_retention_days);
    let row = own_one(&permit, &state, id).await?;
    let erase = AttachmentErase { actor: permit.actor(), id, reason, retention_days };
    let recorded = state.writer.record(erase).await?;
    if recorded.answer.erased_at.is_none() {
        let until = recorded.answer.kept_until(retention_days);
        let detail = format!("is not over: this is kept until {until}; give another reason to erase it now");
        return Err(Problem::field("/reason", detail).coded(Fault::NotAllowed));
    }
    // Recorded first: should this fail, the same request again destroys the key.
    destroy_key(&state, &row).await?;
    written(recorded)
}

fn written(recorded: Recorded<Arc<Attachment>>) -> Outcome<Written<AttachmentView>> {
    let view = AttachmentView::of(&recorded.answer)?;
    let revision = view.revision;
    Ok(Written::changed(recorded.map(|_| view)).revision(revision))
}

/// Declares the routes of attachments.
pub(super) fn routes(routes: &mut Routes) {
    routes.add(__path_attachment_upload, attachment_upload);
    routes.add(__path_attachment_show, attachment_show);
    routes.add(__path_attachment_download, attachment_download);
    routes.add(__path_attachment_edit, attachment_edit);
    routes.add(__path_attachment_erase, attachment_erase);
}
