//! Keys of machines over HTTP, for administrators.

use super::api_key_store::{self, ApiKeyMake, ApiKeyRevoke, KnownKey, MadeKey};
use super::http::codes;
use super::rules::{check_bounds, check_key_end, check_machine_role, check_name};
use super::store::{self, NewUser};
use crate::atlas::CountryCode;
use crate::auth::{ApiKeySecret, NO_PASSWORD, Permit, Role, action, machine_login, now, open_user};
use crate::core::id::{ApiKeyId, ApprovalId, OrganizationId, UserId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::vault::Vault;
use crate::web::{Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key};
use crate::writer::{Actor, Recorded};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A machine's key, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    /// Key; also the machine's id as a user, in the log and in the review of access.
    pub id: ApiKeyId,
    /// The machine's name.
    pub name: String,
    /// What a key shows of itself: `relief_key_`, this, and the secret.
    pub prefix: String,
    /// What the machine is.
    #[schema(value_type = Role)]
    pub role: String,
    /// For whom it acts.
    pub organization_id: Option<OrganizationId>,
    /// The countries it is bound to; none where that is no bound.
    #[schema(value_type = Vec<CountryCode>)]
    pub countries: Vec<String>,
    /// Who made it; nobody where it was made at the command line.
    pub made_by: Option<UserId>,
    /// When.
    pub made_at: Timestamp,
    /// Until when it may be used.
    pub good_until: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Whether the machine is not let in: another administrator has not decided yet, or the key was revoked.
    pub disabled: bool,
}

impl ApiKeyView {
    /// Opens the name of a key's machine.
    ///
    /// # Errors
    /// An internal problem where it is not what was sealed.
    pub fn open(vault: &Vault, known: KnownKey) -> Outcome<Self> {
        let KnownKey { key, machine, used_at } = known;
        Ok(Self {
            id: key.id,
            countries: machine.countries(),
            disabled: machine.disabled,
            name: open_user(vault, &machine)?.shown(|words| &words.name),
            prefix: key.prefix,
            role: machine.role,
            organization_id: machine.organization_id,
            made_by: Some(key.made_by).filter(|id| !id.0.is_nil()),
            made_at: key.made_at,
            good_until: key.good_until,
            last_used_at: used_at,
            revoked_at: key.revoked_at,
        })
    }
}

/// A key that is to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyNew {
    /// The name of a machine or program, never of a person.
    pub name: String,
    /// What it may do: `officer`, `donor` or `auditor`.
    pub role: Role,
    /// For whom it acts; donors need one.
    #[serde(default)]
    pub organization_id: Option<OrganizationId>,
    /// The countries it is bound to; with an organization too, to what is within both.
    #[serde(default)]
    pub countries: Vec<CountryCode>,
    /// Until when it may be used: within a year.
    pub good_until: Timestamp,
}

/// A key that was made.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ApiKeyMade {
    /// What is known of it.
    #[serde(flatten)]
    pub api_key: ApiKeyView,
    /// The whole key, shown this once: the machine sends it as `Authorization: Bearer …`. It is kept nowhere.
    pub key: String,
    /// Where another administrator decides whether the machine is let in; until then its key opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// Checks a key that is to be made; answers its update and the key in clear.
///
/// # Errors
/// What is wrong with which field.
pub fn checked(
    conn: &mut Conn,
    vault: &Vault,
    actor: Actor,
    new: ApiKeyNew,
) -> Outcome<(ApiKeyMake, ApiKeySecret)> {
    checked_as(conn, vault, actor, UserId(Uuid::now_v7()), new)
}

/// The same under an identifier, so that sending it twice makes one key.
fn checked_as(
    conn: &mut Conn,
    vault: &Vault,
    actor: Actor,
    id: UserId,
    new: ApiKeyNew,
) -> Outcome<(ApiKeyMake, ApiKeySecret)> {
    check_name(&new.name)?;
    check_machine_role(new.role)?;
    check_bounds(new.role, new.organization_id, !new.countries.is_empty())?;
    check_key_end(new.good_until, now())?;
    store::check_references(conn, None, new.organization_id)?;
    let secret = ApiKeySecret::draw()?;
    let machine = NewUser {
        id,
        login: machine_login(secret.prefix()),
        name: new.name.trim().to_owned(),
        password_hash: NO_PASSWORD.to_owned(),
        role: new.role,
        organization: new.organization_id,
        countries: codes(&new.countries),
    };
    let make = ApiKeyMake {
        actor,
        machine: machine.sealed(vault)?,
        prefix: secret.prefix().to_owned(),
        secret_hash: secret.hash(),
        good_until: new.good_until,
    };
    Ok((make, secret))
}

async fn opened(state: &State, known: KnownKey) -> Outcome<ApiKeyView> {
    state.with_vault(move |vault| ApiKeyView::open(vault, known)).await
}

/// Makes a key under an identifier, which is its machine's too.
///
/// # Errors
/// What is wrong with which field; `wrong_state` where that identifier has a key already.
pub async fn make(state: &State, actor: Actor, id: UserId, new: ApiKeyNew) -> Outcome<Written<ApiKeyMade>> {
    let vault = state.vault.clone();
    let (make, secret) = state.read(move |conn| checked_as(conn, &vault, actor, id, new)).await?;
    let Recorded { answer: MadeKey { known, approval }, leaf } = state.writer.record(make).await?;
    let api_key = opened(state, known).await?;
    let answer = ApiKeyMade { api_key, key: secret.text(), approval };
    let written = Written::created(Recorded { answer, leaf });
    Ok(if approval.is_some() { written.proposed() } else { written })
}

/// Makes a key for a machine. It is in the answer, this once. Where there is another administrator, that one decides
/// whether the machine is let in.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "users", request_body = ApiKeyNew,
    responses((status = 201, description = "The key, shown this once", body = WrittenBody<ApiKeyMade>),
        (status = 202, description = "Proposed: another administrator decides", body = WrittenBody<ApiKeyMade>)))]
pub async fn api_key_make(
    permit: Permit<action::ApiKeyWrite>,
    state: State,
    body: Json<ApiKeyNew>,
) -> Outcome<Written<ApiKeyMade>> {
    make(&state, permit.actor(), UserId(Uuid::now_v7()), body.0).await
}

/// Lists keys, revoked and expired ones too.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "users", params(PageQuery),
    responses((status = 200, description = "A page of keys", body = Page<ApiKeyView>)))]
pub async fn api_key_list(
    _permit: Permit<action::ApiKeyRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<actix_web::web::Json<Page<ApiKeyView>>> {
    let paging: Paging<ApiKeyId> = Paging::of(&query.0)?;
    let limit = paging.limit;
    let rows = state.read(move |conn| api_key_store::list(conn, &paging)).await?;
    let open = move |vault: &Vault| rows.into_iter().map(|known| ApiKeyView::open(vault, known)).collect();
    let views: Vec<ApiKeyView> = state.with_vault(open).await?;
    Ok(actix_web::web::Json(Page::from_rows(views, limit, |key| encode_key(&key.id))))
}

/// Shows a key, without its secret.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "users", params(("id" = ApiKeyId, Path)),
    responses((status = 200, description = "The key", body = ApiKeyView)))]
pub async fn api_key_show(
    _permit: Permit<action::ApiKeyRead>,
    state: State,
    id: Path<ApiKeyId>,
) -> Outcome<actix_web::web::Json<ApiKeyView>> {
    let known = state.read(move |conn| api_key_store::api_key(conn, id.0)).await?;
    Ok(actix_web::web::Json(opened(&state, known).await?))
}

/// Revokes a key: within a second it is refused everywhere, for good.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "users", params(("id" = ApiKeyId, Path)),
    responses((status = 200, description = "It is revoked", body = WrittenBody<ApiKeyView>)))]
pub async fn api_key_revoke(
    permit: Permit<action::ApiKeyWrite>,
    state: State,
    id: Path<ApiKeyId>,
) -> Outcome<Written<ApiKeyView>> {
    let recorded = state.writer.record(ApiKeyRevoke { actor: permit.actor(), id: id.0 }).await?;
    state.auth.forget_callers();
    let used_at = state.read(move |conn| api_key_store::api_key(conn, id.0)).await?.used_at;
    let Recorded { answer: (key, machine), leaf } = recorded;
    let answer = opened(&state, KnownKey { key, machine, used_at }).await?;
    Ok(Written::changed(Recorded { answer, leaf }))
}

/// The routes of keys.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_api_key_make, api_key_make);
    routes.add(__path_api_key_list, api_key_list);
    routes.add(__path_api_key_show, api_key_show);
    routes.add(__path_api_key_revoke, api_key_revoke);
}
