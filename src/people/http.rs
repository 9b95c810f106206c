//! People over HTTP: for those who work with them within a scope, never for donors.

use super::rules::{PersonDraft, PersonEdit, PersonKind, Words, media_type};
use super::sealed::{self, Opened, Sealed};
use super::store::{
    ErasureReason, Person, PersonChange, PersonCreate, PersonErase, PersonFilter, check_no_user,
    check_organization, find_person, list_people, was_erased,
};
use crate::auth::{Permit, Scope, action};
use crate::core::check::{Edit, id_reused};
use crate::core::id::{OrganizationId, PersonId};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::vault::Vault;
use crate::web::{
    IfMatch, Json, Paging, Path, ProblemBody, Query, Routes, State, Tagged, Written, WrittenBody, encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Whether what is said of a person can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// It can.
    Kept,
    /// It was erased.
    Erased,
    /// It was not erased, but its key is not in the server's key folder: the operator restores that.
    KeyMissing,
}

/// A person, as far as anything may be said.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    /// Which one.
    pub id: PersonId,
    /// Why the person is known.
    #[schema(value_type = PersonKind)]
    pub kind: String,
    /// For which organization the person signs, receives or drives.
    pub organization_id: OrganizationId,
    /// Whether the rest can be read.
    pub status: PersonStatus,
    /// What to print for the person: the name, or that and when it was erased.
    pub shown_as: String,
    /// The person's name.
    pub name: Option<String>,
    /// Title or role at the organization.
    pub title: Option<String>,
    /// How the person is reached.
    pub contact: Option<String>,
    /// Whether there is a picture of the signature.
    pub has_signature: bool,
    /// Until when this is kept.
    pub retain_until: Timestamp,
    /// When it was erased.
    pub erased_at: Option<Timestamp>,
    /// Why: `requested`, `mistaken`, `not_needed` or `expired`.
    #[schema(value_type = Option<ErasureReason>)]
    pub erased_as: Option<String>,
    /// Counts changes from 1; also the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl PersonView {
    /// Opens what is said of a person.
    ///
    /// # Errors
    /// An internal problem where it is not what was sealed.
    pub fn open(vault: &Vault, person: &Person) -> Outcome<Self> {
        let (status, words) = match sealed::open(vault, person)? {
            Opened::Kept(words) => (PersonStatus::Kept, Some(words)),
            Opened::Erased => (PersonStatus::Erased, None),
            Opened::KeyMissing => (PersonStatus::KeyMissing, None),
        };
        let shown_as = match (&words, person.erased_at) {
            (Some(words), _) => words.name.clone(),
            (None, Some(at)) => format!("erased on {}", at.day()),
            (None, None) => "not readable: its key is missing".to_owned(),
        };
        let (name, title, contact) = match words {
            Some(Words { name, title, contact }) => (Some(name), title, contact),
            None => (None, None, None),
        };
        Ok(Self {
            id: person.id,
            kind: person.kind.clone(),
            organization_id: person.organization_id,
            status,
            shown_as,
            name,
            title,
            contact,
            has_signature: person.signature.is_some(),
            retain_until: person.retain_until,
            erased_at: person.erased_at,
            erased_as: person.erased_as.clone(),
            revision: person.revision,
            created_at: person.created_at,
            updated_at: person.updated_at,
        })
    }
}

/// A picture of a signature.
#[derive(Serialize, ToSchema)]
pub struct SignatureView {
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// The picture, base64.
    pub content: String,
}

/// Which people are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PersonQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only of this organization.
    pub organization_id: Option<OrganizationId>,
    /// Only who is known for this.
    #[param(inline)]
    pub kind: Option<PersonKind>,
}

/// Why a person is erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonErasure {
    /// `requested`, `mistaken`, `not_needed` or `expired`: a word, since the log keeps it for ever.
    pub reason: ErasureReason,
}

async fn shown(state: &State, recorded: Recorded<Person>) -> Outcome<Written<PersonView>> {
    let Recorded { answer: person, leaf } = recorded;
    let revision = person.revision;
    let answer = state.with_vault(move |vault| PersonView::open(vault, &person)).await?;
    Ok(Written::revised(Recorded { answer, leaf }, revision))
}

/// Record a person
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = PersonDraft,
    responses(
        (status = 201, description = "Recorded", body = WrittenBody<PersonView>),
        (status = 200, description = "Was recorded before", body = WrittenBody<PersonView>),
        (status = 409, description = "The id stands for another person, or for one who was erased",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn person_create(
    permit: Permit<action::PersonWrite>,
    state: State,
    body: Json<PersonDraft>,
) -> Outcome<Written<PersonView>> {
    let draft = body.0;
    let picture = draft.signature.as_deref().map(sealed::picture_of).transpose()?;
    let (words, picture) = draft.checked(picture)?;
    let id = draft.id.unwrap_or_else(|| PersonId(Uuid::now_v7()));
    let recorded = match known_before(&permit, &state, id, draft.organization_id).await? {
        Some(known) => Recorded { answer: known, leaf: None },
        None => {
            let (sought, picture) = (words.clone(), picture.clone());
            let seal = move |vault: &Vault| sealed::seal_new(vault, id, &sought, picture.as_deref());
            let sealed = state.with_vault(seal).await?;
            state.writer.record(created(&permit, &state, id, &draft, sealed)).await?
        }
    };
    if recorded.leaf.is_none() {
        let person = recorded.answer.clone();
        state.with_vault(move |vault| check_same(vault, &person, &draft, (&words, picture))).await?;
    }
    shown(&state, recorded).await
}

/// Who was recorded under this identifier before, wherever; the organization must be within reach.
async fn known_before(
    permit: &Permit<action::PersonWrite>,
    state: &State,
    id: PersonId,
    organization: OrganizationId,
) -> Outcome<Option<Person>> {
    let scope = permit.scope().clone();
    state
        .read(move |conn| {
            check_organization(conn, &scope, organization)?;
            check_no_user(conn, id)?;
            find_person(conn, &Scope::everything(), id)
        })
        .await
}

fn created(
    permit: &Permit<action::PersonWrite>,
    state: &State,
    id: PersonId,
    draft: &PersonDraft,
    sealed: Sealed,
) -> PersonCreate {
    PersonCreate {
        actor: permit.actor(),
        id,
        kind: draft.kind,
        organization: draft.organization_id,
        sealed,
        retain_until: draft.retain_until,
        retention_days: state.person_retention_days,
    }
}

/// Whether a person who was recorded before is the one that is described again.
fn check_same(
    vault: &Vault,
    person: &Person,
    draft: &PersonDraft,
    (words, picture): (&Words, Option<Vec<u8>>),
) -> Outcome<()> {
    let is_other = person.organization_id != draft.organization_id;
    if !is_other && person.erased_at.is_some() {
        return Err(was_erased(person.id, person.erased_at));
    }
    let is_same = !is_other
        && person.kind == draft.kind.word()
        && draft.retain_until.is_none_or(|until| until == person.retain_until)
        && sealed::open_kept(vault, person)? == *words
        && sealed::open_picture(vault, person)? == picture;
    if is_same { Ok(()) } else { Err(id_reused("person", person.id)) }
}

/// List people
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(PersonQuery),
    responses((status = 200, description = "One page of people", body = Page<PersonView>)))]
pub async fn person_list(
    permit: Permit<action::PersonRead>,
    state: State,
    query: Query<PersonQuery>,
) -> Outcome<JsonBody<Page<PersonView>>> {
    let paging = Paging::<PersonId>::new(query.0.after.as_deref(), query.0.limit)?;
    let filter = PersonFilter { ids: None, organization: query.0.organization_id, kind: query.0.kind };
    let (scope, limit) = (permit.scope().clone(), paging.limit);
    let rows = state.read(move |conn| list_people(conn, &scope, &filter, (paging.after, limit + 1))).await?;
    let views = state
        .with_vault(move |vault| {
            rows.iter().map(|person| PersonView::open(vault, person)).collect::<Outcome<Vec<_>>>()
        })
        .await?;
    Ok(JsonBody(Page::from_rows(views, limit, |person: &PersonView| encode_key(&person.id))))
}

async fn in_scope(state: &State, scope: &Scope, id: PersonId) -> Outcome<Person> {
    let scope = scope.clone();
    state.read(move |conn| find_person(conn, &scope, id)).await?.ok_or_else(Problem::not_found)
}

/// Read a person
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "people",
    params(("id" = PersonId, Path, description = "Who")),
    responses((status = 200, description = "The person", body = PersonView)))]
pub async fn person_read(
    permit: Permit<action::PersonRead>,
    state: State,
    id: Path<PersonId>,
) -> Outcome<Tagged<PersonView>> {
    let person = in_scope(&state, permit.scope(), id.0).await?;
    let revision = person.revision;
    let body = state.with_vault(move |vault| PersonView::open(vault, &person)).await?;
    Ok(Tagged { body, revision })
}

/// Read the picture of a person's signature
#[utoipa::path(get, path = "/api/v1/people/{id}/signature", tag = "people",
    params(("id" = PersonId, Path, description = "Whose")),
    responses((status = 200, description = "The picture", body = SignatureView)))]
pub async fn person_signature(
    permit: Permit<action::PersonRead>,
    state: State,
    id: Path<PersonId>,
) -> Outcome<JsonBody<SignatureView>> {
    let person = in_scope(&state, permit.scope(), id.0).await?;
    let picture = state.with_vault(move |vault| sealed::open_picture(vault, &person)).await?;
    let picture = picture.ok_or_else(Problem::not_found)?;
    let media_type = media_type(&picture).unwrap_or("application/octet-stream");
    Ok(JsonBody(SignatureView { media_type, content: STANDARD.encode(picture) }))
}

/// Change a person
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is, null empties it.
#[utoipa::path(patch, path = "/api/v1/people/{id}", tag = "people", request_body = PersonEdit,
    params(
        ("id" = PersonId, Path, description = "Whom"),
        ("If-Match" = String, Header, description = "The ETag you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = WrittenBody<PersonView>),
        (status = 409, description = "The person was erased",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn person_change(
    permit: Permit<action::PersonWrite>,
    state: State,
    id: Path<PersonId>,
    read: IfMatch,
    body: Json<PersonEdit>,
) -> Outcome<Written<PersonView>> {
    let person = in_scope(&state, permit.scope(), id.0).await?;
    read.check(person.revision)?;
    let edit = body.0;
    let (kind, retain_until) = (edit.kind, edit.retain_until);
    let sealed = state.with_vault(move |vault| edited(vault, &person, &edit)).await?;
    let change = PersonChange {
        actor: permit.actor(),
        id: id.0,
        read,
        kind,
        words: sealed.words,
        signature: sealed.signature,
        retain_until,
    };
    let recorded = state.writer.record(change).await?;
    shown(&state, recorded).await
}

/// What an edit seals anew; what stays as it is, is not.
struct Edited {
    words: Option<Vec<u8>>,
    signature: Option<Option<Vec<u8>>>,
}

fn edited(vault: &Vault, person: &Person, edit: &PersonEdit) -> Outcome<Edited> {
    let before = sealed::open_kept(vault, person)?;
    let mut picture = match &edit.signature {
        Edit::Keep => None,
        Edit::Clear => Some(None),
        Edit::Set(text) => Some(Some(sealed::picture_of(text)?)),
    };
    let after = edit.applied(before.clone(), picture.as_mut().and_then(Option::as_mut))?;
    let words = if after == before { None } else { Some(sealed::seal_words(vault, person.id, &after)?) };
    let signature = match picture {
        None => None,
        Some(None) => Some(None),
        Some(Some(picture)) => Some(Some(sealed::seal_picture(vault, person.id, &picture)?)),
    };
    Ok(Edited { words, signature })
}

/// Erase a person
///
/// Name, title, contact and signature are gone for good, in the database, its logs and its copies; the rest stays.
/// Done twice it is the same.
#[utoipa::path(post, path = "/api/v1/people/{id}/erase", tag = "people", request_body = PersonErasure,
    params(("id" = PersonId, Path, description = "Whom")),
    responses((status = 200, description = "Erased", body = WrittenBody<PersonView>)))]
pub async fn person_erase(
    permit: Permit<action::PersonErase>,
    state: State,
    id: Path<PersonId>,
    body: Json<PersonErasure>,
) -> Outcome<Written<PersonView>> {
    let id = in_scope(&state, permit.scope(), id.0).await?.id;
    let reason = body.0.reason;
    let recorded = state.writer.record(PersonErase { actor: permit.actor(), id, reason }).await?;
    if recorded.answer.erased_at.is_none() {
        let until = recorded.answer.retain_until;
        let detail = format!("is not over: this is kept until {until}; give another reason to erase it now");
        return Err(Problem::field("/reason", detail).coded(Fault::NotAllowed));
    }
    let database = state.database.clone();
    state.with_vault(move |vault| sealed::destroy(vault, &database, &[id])).await?;
    let answer = PersonView::open(&state.vault, &recorded.answer)?;
    let revision = answer.revision;
    Ok(Written::changed(Recorded { answer, leaf: recorded.leaf }).revision(revision))
}

/// Declares the routes of people.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_person_create, person_create);
    routes.add(__path_person_list, person_list);
    routes.add(__path_person_read, person_read);
    routes.add(__path_person_signature, person_signature);
    routes.add(__path_person_change, person_change);
    routes.add(__path_person_erase, person_erase);
}
