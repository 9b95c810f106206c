//! That an entry is in the log, for whoever was given the link: its hash, and checks by this browser or offline.
//!
//! Never here: what the entry says, which is for those it concerns; a hash tells nobody.

pub(super) mod words;

use super::audit::CheckWord;
use super::frame::Frame;
use super::refused::refuse;
use super::visitor::{Visitor, shown};
use crate::audit::store::{leaf_at, newest_checkpoint};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, read_failure};
use crate::web::{Door, Path, Routes, State};
use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use words::ProofWord;

#[derive(Template)]
#[template(path = "proof/page.html")]
struct ProofPage {
    frame: Frame,
    /// Its position in the log, from 0.
    position: u64,
    leaf: String,
    /// Whether a signed checkpoint reaches as far.
    is_signed: bool,
    key: String,
}

async fn proof(visitor: Visitor, state: State, path: Path<u64>) -> Outcome<HttpResponse> {
    let position = path.0;
    let at = i64::try_from(position).map_err(|_| Problem::not_found())?;
    let read = move |conn: &mut Conn| -> Outcome<(Vec<u8>, bool)> {
        let leaf = leaf_at(conn, at).map_err(read_failure)?.ok_or_else(Problem::not_found)?;
        let newest = newest_checkpoint(conn).map_err(read_failure)?;
        Ok((leaf, newest.is_some_and(|checkpoint| checkpoint.size > at)))
    };
    let (leaf, is_signed) = state.read(read).await?;
    let frame = visitor.frame(ProofWord::Title).with_script("verify.js");
    let title = frame.with(ProofWord::Title, position.to_string());
    shown(&ProofPage {
        position,
        leaf: URL_SAFE_NO_PAD.encode(leaf),
        is_signed,
        key: state.signer.verifier().to_string(),
        frame: frame.titled(title),
    })
}

/// The route of proofs.
pub fn routes(routes: &mut Routes) {
    routes.page_throttled((refuse, Door::Proofs), Method::GET, "/proofs/{index}", proof);
}
