//! Users over HTTP, for administrators.

use super::invitation::InvitationView;
use super::invitation_store::{InvitationKind, InvitationToken, NewInvitation};
use super::rules::{check_bounds, check_login, check_name, check_password_for};
use super::store::{self, Changes, NewUser, UserAdd, UserChange, UserGrant};
use crate::atlas::CountryCode;
use crate::auth::{
    NO_PASSWORD, OpenedUser, Permit, Role, User, UserWords, action, normal_login, open_kept_user, open_user,
    seal_user_words,
};
use crate::core::id::{ApprovalId, OrganizationId, UserId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::vault::Vault;
use crate::web::{
    IfMatch, Json, Paging, Path, Query, Routes, State, Tagged, Written, WrittenBody, encode_key, present,
};
use crate::writer::{Actor, Recorded};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user, without anything secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// Key.
    pub id: UserId,
    /// Whether login and name can be read.
    pub status: UserStatus,
    /// What to print for the user: the name, or that and when it was erased.
    pub shown_as: String,
    /// What is typed to log in.
    pub login: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// What the user is.
    #[schema(value_type = Role)]
    pub role: String,
    /// For whom the user acts.
    pub organization_id: Option<OrganizationId>,
    /// The countries the user is bound to; none where that is no bound.
    #[schema(value_type = Vec<CountryCode>)]
    pub countries: Vec<String>,
    /// Whether the user may not log in any more.
    pub disabled: bool,
    /// When login, name and password were erased.
    pub erased_at: Option<Timestamp>,
    /// Why: `requested`, `mistaken`, `not_needed`, or `not_let_in` where another administrator did not let the user in.
    pub erased_as: Option<String>,
    /// Counts changes from 1; also the ETag.
    pub revision: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether what is said of a user can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// It can.
    Kept,
    /// It was erased.
    Erased,
    /// It was not erased, but its key is not in the server's key folder: the operator restores that.
    KeyMissing,
}

impl From<&OpenedUser> for UserStatus {
    fn from(opened: &OpenedUser) -> Self {
        match opened {
            OpenedUser::Kept(_) => Self::Kept,
            OpenedUser::Erased(_) => Self::Erased,
            OpenedUser::KeyMissing => Self::KeyMissing,
        }
    }
}

impl UserView {
    /// Opens what is said of a user.
    ///
    /// # Errors
    /// An internal problem where it is not what was sealed.
    pub fn open(vault: &Vault, user: User) -> Outcome<Self> {
        let opened = open_user(vault, &user)?;
        Ok(Self {
            countries: user.countries(),
            id: user.id,
            status: UserStatus::from(&opened),
            shown_as: opened.shown(|words| &words.name),
            login: opened.words().map(|words| words.login.clone()),
            name: opened.words().map(|words| words.name.clone()),
            role: user.role,
            organization_id: user.organization_id,
            disabled: user.disabled,
            erased_at: user.erased_at,
            erased_as: user.erased_as,
            revision: user.revision,
            created_at: user.created_at,
            updated_at: user.updated_at,
        })
    }
}

/// A new user.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserNew {
    /// What is typed to log in; case does not matter.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// 12 to 256 characters, none of the well-known. Left out, the answer has a one-time link by which the user sets it.
    #[serde(default)]
    pub password: Option<String>,
    /// What the user is.
    pub role: Role,
    /// For whom the user acts; donors need one.
    #[serde(default)]
    pub organization_id: Option<OrganizationId>,
    /// The countries the user is bound to; with an organization too, to what is within both.
    #[serde(default)]
    pub countries: Vec<CountryCode>,
}

/// What is to be different about a user; what is left out stays.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Another organization; null for none.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<OrganizationId>)]
    pub organization_id: Option<Option<OrganizationId>>,
    /// Other countries; null or an empty list for none.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Vec<CountryCode>>)]
    pub countries: Option<Option<Vec<CountryCode>>>,
    /// Whether the user may not log in any more.
    pub disabled: Option<bool>,
}

/// Countries as their codes.
pub(super) fn codes(countries: &[CountryCode]) -> Vec<String> {
    countries.iter().map(|country| country.as_str().to_owned()).collect()
}

/// Checks a password that somebody wants, on a thread that may be busy for a while: the lists are long.
///
/// # Errors
/// `invalid` at `pointer`.
pub(super) async fn check_wanted(
    pointer: &'static str,
    password: &str,
    login: &str,
    name: &str,
) -> Outcome<()> {
    let (password, login, name) = (password.to_owned(), login.to_owned(), name.to_owned());
    actix_web::web::block(move || check_password_for(pointer, &password, &login, &name))
        .await
        .map_err(|error| Problem::internal(format!("a password was not looked at: {error}")))?
}

/// A user who was added.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UserAdded {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// The link by which the user sets a password, shown this once; only where none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationView>,
    /// Where another administrator decides whether the user is let in; until then nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// A user who was changed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UserChanged {
    /// The user as it is now.
    #[serde(flatten)]
    pub user: UserView,
    /// Where another administrator decides about the rights that were asked for; until then they are as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// Checks, hashes and records a new user: for administrators and for the first one.
///
/// # Errors
/// What is wrong with which field.
pub async fn add(state: &State, actor: Actor, id: UserId, new: UserNew) -> Outcome<Written<UserAdded>> {
    let login = normal_login(&new.login);
    check_login(&login)?;
    check_name(&new.name)?;
    if let Some(password) = &new.password {
        check_wanted("/password", password, &login, &new.name).await?;
    }
    check_bounds(new.role, new.organization_id, !new.countries.is_empty())?;
    let (wanted, organization, vault) = (login.clone(), new.organization_id, state.vault.clone());
    state.read(move |conn| store::check_references(conn, Some((&vault, &wanted)), organization)).await?;
    let has_password = new.password.is_some();
    let password_hash = match new.password {
        Some(password) => state.auth.passwords().hash(password).await?,
        None => NO_PASSWORD.to_owned(),
    };
    let user = NewUser {
        id,
        login,
        name: new.name.trim().to_owned(),
        password_hash,
        role: new.role,
        organization: new.organization_id,
        countries: codes(&new.countries),
    };
    let user = state.with_vault(move |vault| user.sealed(vault)).await?;
    let add = UserAdd { actor, user };
    let token = if has_password { None } else { Some(InvitationToken::draw()?) };
    let invitation = token.as_ref().map(|token| NewInvitation::of(token, InvitationKind::Invitation));
    let Recorded { answer: granted, leaf } = state.writer.record(UserGrant { add, invitation }).await?;
    state.auth.forget_callers();
    let answer = UserAdded {
        user: opened(state, granted.user).await?,
        invitation: token.zip(granted.invitation).map(|(token, made)| InvitationView::new(&token, &made)),
        approval: granted.approval,
    };
    let (revision, is_proposed) = (answer.user.revision, answer.approval.is_some());
    let written = Written::created(Recorded { answer, leaf }).revision(revision);
    Ok(if is_proposed { written.proposed() } else { written })
}

/// Opens what is said of a user, on a thread that may block.
///
/// # Errors
/// As [`UserView::open`].
pub(super) async fn opened(state: &State, user: User) -> Outcome<UserView> {
    state.with_vault(move |vault| UserView::open(vault, user)).await
}

pub(super) async fn written(state: &State, recorded: Recorded<User>) -> Outcome<Written<UserView>> {
    let Recorded { answer, leaf } = recorded;
    let answer = opened(state, answer).await?;
    let revision = answer.revision;
    Ok(Written::changed(Recorded { answer, leaf }).revision(revision))
}

/// Adds a user. Where there is another administrator, that one decides whether the user is let in.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = UserNew,
    responses((status = 201, description = "Added", body = WrittenBody<UserAdded>),
        (status = 202, description = "Proposed: another administrator decides", body = WrittenBody<UserAdded>)))]
pub async fn user_add(
    permit: Permit<action::UserWrite>,
    state: State,
    body: Json<UserNew>,
) -> Outcome<Written<UserAdded>> {
    add(&state, permit.actor(), UserId(Uuid::now_v7()), body.0).await
}

/// Lists users.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(PageQuery),
    responses((status = 200, description = "A page of users", body = Page<UserView>)))]
pub async fn user_list(
    _permit: Permit<action::UserRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<actix_web::web::Json<Page<UserView>>> {
    let paging: Paging<UserId> = Paging::of(&query.0)?;
    let limit = paging.limit;
    let rows = state.read(move |conn| store::list(conn, &paging)).await?;
    let open = move |vault: &Vault| rows.into_iter().map(|user| UserView::open(vault, user)).collect();
    let views: Vec<UserView> = state.with_vault(open).await?;
    Ok(actix_web::web::Json(Page::from_rows(views, limit, |user| encode_key(&user.id))))
}

/// Shows a user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, description = "The user, with its revision as ETag", body = UserView)))]
pub async fn user_show(
    _permit: Permit<action::UserRead>,
    state: State,
    id: Path<UserId>,
) -> Outcome<Tagged<UserView>> {
    let user = state.read(move |conn| store::user(conn, id.0)).await?;
    Ok(Tagged { revision: user.revision, body: opened(&state, user).await? })
}

/// Changes a user: name, role, bounds or access. It acts within a second, but for rights that are given
/// where there is another administrator, who decides about them.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", request_body = UserEdit,
    params(("id" = UserId, Path), ("If-Match" = String, Header, description = "The ETag of what you read")),
    responses((status = 200, description = "Changed", body = WrittenBody<UserChanged>),
        (status = 202, description = "Proposed: another administrator decides", body = WrittenBody<UserChanged>)))]
pub async fn user_change(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
    read: IfMatch,
    body: Json<UserEdit>,
) -> Outcome<Written<UserChanged>> {
    let changes = checked(&state, id.0, body.0).await?;
    let change = UserChange { actor: permit.actor(), id: id.0, read: Some(read), changes };
    let Recorded { answer: changed, leaf } = state.writer.record(change).await?;
    state.auth.forget_callers();
    let answer = UserChanged { user: opened(&state, changed.user).await?, approval: changed.approval };
    let (revision, is_proposed) = (answer.user.revision, answer.approval.is_some());
    let written = Written::changed(Recorded { answer, leaf }).revision(revision);
    Ok(if is_proposed { written.proposed() } else { written })
}

async fn checked(state: &State, id: UserId, edit: UserEdit) -> Outcome<Changes> {
    let organization = edit.organization_id.flatten();
    if organization.is_some() {
        state.read(move |conn| store::check_references(conn, None, organization)).await?;
    }
    let words = match edit.name {
        Some(name) => renamed(state, id, name).await?,
        None => None,
    };
    Ok(Changes {
        words,
        password: None,
        role: edit.role,
        organization: edit.organization_id,
        countries: edit.countries.map(|countries| codes(&countries.unwrap_or_default())),
        disabled: edit.disabled,
    })
}

/// The words of a user with another name, sealed; nothing where it is the same.
async fn renamed(state: &State, id: UserId, name: String) -> Outcome<Option<Vec<u8>>> {
    check_name(&name)?;
    let user = state.read(move |conn| store::user(conn, id)).await?;
    let name = name.trim().to_owned();
    state
        .with_vault(move |vault| {
            let words = open_kept_user(vault, &user)?;
            if words.name == name {
                return Ok(None);
            }
            seal_user_words(vault, id, &UserWords { name, ..words }).map(Some)
        })
        .await
}

/// The routes of users.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_user_add, user_add);
    routes.add(__path_user_list, user_list);
    routes.add(__path_user_show, user_show);
    routes.add(__path_user_change, user_change);
}
