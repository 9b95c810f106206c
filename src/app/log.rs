//! The log over HTTP, in the formats of C2SP: checkpoints, tiles, proofs that stand alone, and the entries themselves.
//!
//! Hashes, checkpoints and proofs say nothing about anybody, and whoever holds a receipt must be able to check it:
//! they are everybody's. Entries name actors, rows and columns: they are for those who may verify. Only what was
//! signed over is served as tiles and proofs. Never here: signing.

use crate::audit::checkpoint::Checkpoint;
use crate::audit::note::Note;
use crate::audit::offline::{ConsistencyProof, LogProof};
use crate::audit::store::{StoredCheckpoint, StoredEntry, entries_after, entries_page, newest_checkpoint};
use crate::audit::tile_store::{read_tile, stored_tree};
use crate::audit::tiles::{TileId, parse_numbered, tile_bytes};
use crate::auth::{Permit, action};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, read_failure};
use crate::web::{Door, Paging, Path, Query, Routes, State, encode_key};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// What never changes may be kept by whoever passes it on.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const PLAIN: &str = "text/plain; charset=utf-8";

/// One entry of the log.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LogEntryView {
    /// Its position in the tree, from 0.
    pub position: i64,
    /// The exact text that was hashed: a JSON object without any space.
    pub body: String,
    /// SHA-256(0x00 ‖ body), base64url without padding.
    pub leaf_hash: String,
}

/// The log's public key in the form of C2SP signed notes, `name+hash+key`: with it anyone checks receipts and
/// checkpoints, as by `relief verify --key`. Whoever checks keeps a copy from the first day.
#[utoipa::path(get, path = "/.well-known/relief-log.vkey", tag = "trust",
    responses((status = 200, description = "The key, one line", body = String, content_type = "text/plain")))]
pub async fn audit_key(state: State) -> HttpResponse {
    let key = format!("{}\n", state.signer.verifier());
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(key)
}

/// The newest signed checkpoint, a C2SP signed note; auditors keep it.
#[utoipa::path(get, path = "/api/v1/audit/checkpoint", tag = "trust",
    responses((status = 200, description = "The note", body = String, content_type = "text/plain")))]
pub async fn audit_checkpoint(state: State) -> Outcome<HttpResponse> {
    let (stored, _) = state.read(signed).await?;
    Ok(HttpResponse::Ok().content_type(PLAIN).body(stored.note))
}

/// The newest checkpoint, and how many entries it speaks of.
fn signed(conn: &mut Conn) -> Outcome<(StoredCheckpoint, u64)> {
    let newest = newest_checkpoint(conn).map_err(read_failure)?.ok_or_else(Problem::not_found)?;
    let note = Note::parse(&newest.note).map_err(|error| Problem::internal(error.to_string()))?;
    let checkpoint = Checkpoint::parse_text(note.unverified_text());
    let size = checkpoint.map_err(|error| Problem::internal(error.to_string()))?.head.size;
    Ok((newest, size))
}

/// A tile of the log's tree, up to 256 hashes of 32 bytes each: `tile` is `N` or `N.p/W` as C2SP tlog-tiles has them.
/// There are those that the newest checkpoint speaks of.
#[utoipa::path(get, path = "/api/v1/audit/tile/{level}/{tile:.*}", tag = "trust",
    params(("level" = String, Path, description = "0 for leaves"),
        ("tile" = String, Path, description = "Such as `x001/234` or `000.p/17`")),
    responses((status = 200, description = "The hashes", body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn audit_tile(state: State, path: Path<(String, String)>) -> Outcome<HttpResponse> {
    let (level, rest) = &path.0;
    let id = TileId::parse(level, rest).ok_or_else(Problem::not_found)?;
    let hashes = state
        .read(move |conn| {
            is_signed(conn, id)?;
            read_tile(conn, id)
        })
        .await?;
    Ok(for_ever(tile_bytes(&hashes)))
}

/// Whether a tile of this width is within the newest checkpoint's tree.
fn is_signed(conn: &mut Conn, id: TileId) -> Outcome<()> {
    let (_, size) = signed(conn)?;
    let is_there = TileId::within(id.level, id.index, size).is_some_and(|there| there.width >= id.width);
    if is_there { Ok(()) } else { Err(Problem::not_found()) }
}

fn for_ever(bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .body(bytes)
}

/// Entries, each behind its length.
fn bundled(entries: &[StoredEntry]) -> Outcome<Vec<u8>> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.body.len()).map_err(|_| {
            let words = format!(
                "Entry {} has {} bytes, and an entry of this form has at most {}. Read it by \
                 /api/v1/audit/entries.",
                entry.position,
                entry.body.len(),
                u16::MAX
            );
            Problem::new(Code::WrongState, words)
        })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry.body.as_bytes());
    }
    Ok(bundle)
}

/// Up to 256 entries, each behind its length in 2 bytes, as C2SP tlog-tiles has them. An entry longer than that
/// can say, which only files of many rows make, has no such form: then `GET /api/v1/audit/entries` gives the same.
#[utoipa::path(get, path = "/api/v1/audit/tile/entries/{tile:.*}", tag = "trust",
    params(("tile" = String, Path, description = "Such as `x001/234` or `000.p/17`")),
    responses((status = 200, description = "The entries", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 409, description = "One of them is longer than 65,535 bytes")))]
pub async fn audit_entry_bundle(
    _permit: Permit<action::AuditRead>,
    state: State,
    path: Path<String>,
) -> Outcome<HttpResponse> {
    let (index, width) = parse_numbered(&path.0).ok_or_else(Problem::not_found)?;
    let id = TileId { level: 0, index, width };
    let bodies = state
        .read(move |conn| {
            is_signed(conn, id)?;
            let start = i64::try_from(id.start()).map_err(|_| Problem::not_found())?;
            let limit = i64::try_from(width).map_err(|_| Problem::not_found())?;
            entries_after(conn, start - 1, limit).map_err(read_failure)
        })
        .await?;
    let bundle = bundled(&bodies)?;
    // Whoever passes it on may keep it for the one who asked.
    let kept = FOR_EVER.replace("public", "private");
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CACHE_CONTROL, kept))
        .body(bundle))
}

/// That entry `index`, from 0, is in the tree of the newest checkpoint: a C2SP tlog-proof, checked offline with the
/// log's key. An entry is there about a second after it was recorded.
#[utoipa::path(get, path = "/api/v1/audit/proof/{index}", tag = "trust",
    params(("index" = u64, Path, description = "`leaf_index` of a receipt, `position` of an entry")),
    responses((status = 200, description = "The proof", body = String, content_type = "text/plain")))]
pub async fn audit_proof(state: State, path: Path<u64>) -> Outcome<HttpResponse> {
    let index = path.0;
    let proof = state
        .read(move |conn| {
            let (checkpoint, size) = signed(conn)?;
            if index >= size {
                return Err(Problem::not_found());
            }
            let path = stored_tree(conn, size).inclusion(index)?;
            Ok(LogProof { index, path, checkpoint: checkpoint.note })
        })
        .await?;
    Ok(HttpResponse::Ok().content_type(PLAIN).body(proof.to_string()))
}

/// From which tree on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// Entries of the checkpoint kept at home; 0 for none.
    pub old: u64,
}

/// That the newest checkpoint continues an earlier one of `old` entries: the hashes of the proof and the checkpoint, as
/// C2SP tlog-witness has them sent to a witness.
#[utoipa::path(get, path = "/api/v1/audit/consistency", tag = "trust", params(ConsistencyQuery),
    responses((status = 200, description = "The proof", body = String, content_type = "text/plain"),
        (status = 422, description = "No log of this name that was signed has so many entries")))]
pub async fn audit_consistency(state: State, query: Query<ConsistencyQuery>) -> Outcome<HttpResponse> {
    let old = query.0.old;
    let proof = state
        .read(move |conn| {
            let (checkpoint, size) = signed(conn)?;
            if old > size {
                let words = format!("The newest checkpoint speaks of {size} entries, and {old} are more.");
                return Err(Problem::field("/old", words));
            }
            let path = stored_tree(conn, size).consistency(old)?;
            Ok(ConsistencyProof { old, path, checkpoint: checkpoint.note })
        })
        .await?;
    Ok(HttpResponse::Ok().content_type(PLAIN).body(proof.to_string()))
}

/// Entries of the log in their order.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "trust", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<LogEntryView>)))]
pub async fn audit_entries(
    _permit: Permit<action::AuditRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<Json<Page<LogEntryView>>> {
    let paging = Paging::<i64>::of(&query.0)?;
    let after = paging.after.unwrap_or(-1);
    let page = move |conn: &mut Conn| entries_page(conn, after, paging.limit).map_err(read_failure);
    let (rows, limit) = state.read(page).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.position));
    Ok(Json(page.map(|row| LogEntryView {
        position: row.position,
        body: row.body,
        leaf_hash: URL_SAFE_NO_PAD.encode(row.leaf_hash),
    })))
}

/// The routes of the log.
pub fn routes(routes: &mut Routes) {
    routes.public(__path_audit_key, audit_key);
    routes.public_throttled(Door::Proofs, __path_audit_checkpoint, audit_checkpoint);
    routes.public_throttled(Door::Proofs, __path_audit_tile, audit_tile);
    routes.public_throttled(Door::Proofs, __path_audit_proof, audit_proof);
    routes.public_throttled(Door::Proofs, __path_audit_consistency, audit_consistency);
    routes.add(__path_audit_entry_bundle, audit_entry_bundle);
    routes.add(__path_audit_entries, audit_entries);
}
