//! Items, packs and lots over HTTP.

use super::described::{ItemDescribe, ItemFactsNew, ItemFactsView};
use super::lots::list_lots;
use super::rules::{ItemDraft, ItemEdit, PackDraft, Standard, StorageClass};
use super::standards::{KnownStandard, list_standards};
use super::store::{ItemChange, ItemCreate, ItemFilter, ItemWithPacks, Lot, list_items, read_item};
use crate::auth::{Permit, action};
use crate::core::check::search_prefix;
use crate::core::id::{ItemId, LotId};
use crate::core::page::{KnownPage, Page, PageQuery};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{last_known, read_known_at};
use crate::web::{
    IfMatch, Json, Paging, Path, ProblemBody, Query, Routes, State, Tagged, Written, WrittenBody, encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An item as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemView {
    /// Which one.
    pub id: ItemId,
    /// Short name.
    pub code: String,
    /// What it is.
    pub name: String,
    /// What quantities count.
    pub base_unit: String,
    /// Kind of goods.
    pub category: String,
    /// Sector of relief it serves.
    pub sector: Option<String>,
    /// Six digits of the Harmonized System.
    pub hs_code: Option<String>,
    /// Days it keeps from production.
    pub shelf_life_days: Option<i64>,
    /// How it has to be kept.
    pub storage_class: StorageClass,
    /// How much of it serves how many people.
    pub standard: Option<Standard>,
    /// Its packs, in the order of their names.
    pub packs: Vec<PackDraft>,
    /// Counts the edits, from 1; the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl ItemView {
    fn of(known: &ItemWithPacks) -> Outcome<Self> {
        let draft = known.draft()?;
        Ok(Self {
            id: known.item.id,
            code: draft.code,
            name: draft.name,
            base_unit: draft.base_unit,
            category: draft.category,
            sector: draft.sector,
            hs_code: draft.hs_code,
            shelf_life_days: draft.shelf_life_days,
            storage_class: draft.storage_class,
            standard: draft.standard,
            packs: draft.packs,
            revision: known.item.revision,
            created_at: known.item.created_at,
            updated_at: known.item.updated_at,
        })
    }
}

/// A lot as it is known. Goods whose lot nobody named are of no lot listed here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LotView {
    /// Which one.
    pub id: LotId,
    /// The number on the label.
    pub number: String,
    /// The day it expires.
    #[schema(format = Date)]
    pub expires_on: Option<String>,
    /// Whether it was called back.
    pub recalled: bool,
    /// When it was named first.
    pub created_at: Timestamp,
}

impl LotView {
    fn of(lot: Lot) -> Self {
        Self {
            id: lot.id,
            number: lot.number,
            expires_on: lot.expires_on,
            recalled: lot.recalled,
            created_at: lot.created_at,
        }
    }
}

/// Which items are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ItemQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only of this category.
    pub category: Option<String>,
    /// Only of this sector.
    pub sector: Option<String>,
    /// Only kept like this.
    pub storage_class: Option<StorageClass>,
    /// Only whose name or code begins so; whether A to Z are capitals does not matter.
    pub q: Option<String>,
}

fn written(recorded: Recorded<ItemWithPacks>) -> Outcome<Written<ItemView>> {
    let answer = ItemView::of(&recorded.answer)?;
    let revision = answer.revision;
    Ok(Written::revised(Recorded { answer, leaf: recorded.leaf }, revision))
}

/// Record an item with its packs
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/items", tag = "items", request_body = ItemDraft, responses(
    (status = 201, description = "Recorded", body = WrittenBody<ItemView>),
    (status = 200, description = "Was recorded before", body = WrittenBody<ItemView>),
    (status = 409, description = "The id or the code stands for another item",
        body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn item_create(
    permit: Permit<action::ItemWrite>,
    state: State,
    body: Json<ItemDraft>,
) -> Outcome<Written<ItemView>> {
    let update = ItemCreate::new(permit.actor(), &body.0, ItemId(Uuid::now_v7()))?;
    written(state.writer.record(update).await?)
}

/// Read an item
#[utoipa::path(get, path = "/api/v1/items/{id}", tag = "items",
    params(("id" = ItemId, Path, description = "Which item")),
    responses((status = 200, description = "The item", body = ItemView)))]
pub async fn item_read(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<ItemId>,
) -> Outcome<Tagged<ItemView>> {
    let body = state.read(move |conn| ItemView::of(&read_item(conn, id.0)?)).await?;
    let revision = body.revision;
    Ok(Tagged { body, revision })
}

/// List items
#[utoipa::path(get, path = "/api/v1/items", tag = "items", params(ItemQuery),
    responses((status = 200, description = "One page of items", body = Page<ItemView>)))]
pub async fn item_list(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<ItemQuery>,
) -> Outcome<JsonBody<Page<ItemView>>> {
    let query = query.0;
    let paging = Paging::<ItemId>::new(query.after.as_deref(), query.limit)?;
    let filter = ItemFilter {
        category: query.category,
        sector: query.sector,
        storage_class: query.storage_class,
        prefix: search_prefix(query.q.as_deref())?,
    };
    let limit = paging.limit;
    let rows = state.read(move |conn| list_items(conn, &filter, paging.after, limit + 1)).await?;
    let views = rows.iter().map(ItemView::of).collect::<Outcome<Vec<_>>>()?;
    Ok(JsonBody(Page::from_rows(views, limit, |item| encode_key(&item.id))))
}

/// Change an item
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is, null empties it.
#[utoipa::path(patch, path = "/api/v1/items/{id}", tag = "items", request_body = ItemEdit,
    params(
        ("id" = ItemId, Path, description = "Which item"),
        ("If-Match" = String, Header, description = "The ETag you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = WrittenBody<ItemView>),
        (status = 409, description = "The code stands for another item",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn item_change(
    permit: Permit<action::ItemWrite>,
    state: State,
    id: Path<ItemId>,
    revision: IfMatch,
    body: Json<ItemEdit>,
) -> Outcome<Written<ItemView>> {
    let update = ItemChange { actor: permit.actor(), id: id.0, revision, edit: body.0 };
    written(state.writer.record(update).await?)
}

/// Say further of an item what it has no member for
///
/// Above all where it was made, under `country of origin`, which papers for customs print. What is known under a name is replaced,
/// names that are not spoken of stay, and the same again changes nothing. It is read as `GET facts/{id}`.
#[utoipa::path(post, path = "/api/v1/items/{id}/facts", tag = "items", request_body = ItemFactsNew,
    params(("id" = ItemId, Path, description = "Which item")),
    responses((status = 201, description = "Stated", body = WrittenBody<ItemFactsView>),
        (status = 200, description = "Was stated before", body = WrittenBody<ItemFactsView>)))]
pub async fn item_describe(
    permit: Permit<action::ItemWrite>,
    state: State,
    id: Path<ItemId>,
    body: Json<ItemFactsNew>,
) -> Outcome<Written<ItemFactsView>> {
    let update = ItemDescribe::new(permit.actor(), id.0, &body.0)?;
    let view = update.view();
    let recorded = state.writer.record(update).await?;
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(|()| view);
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// List the lots of an item
#[utoipa::path(get, path = "/api/v1/items/{id}/lots", tag = "items",
    params(("id" = ItemId, Path, description = "Which item"), PageQuery),
    responses((status = 200, description = "One page of lots", body = Page<LotView>)))]
pub async fn lot_list(
    permit: Permit<action::LotRead>,
    state: State,
    id: Path<ItemId>,
    query: Query<PageQuery>,
) -> Outcome<JsonBody<Page<LotView>>> {
    let paging = Paging::<LotId>::of(&query.0)?;
    let read = move |conn: &mut Conn, after, limit| list_lots(conn, &permit, id.0, after, limit);
    Ok(JsonBody(state.page(paging, read, |lot| lot.id).await?.map(LotView::of)))
}

/// The standard of an item as it was known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandardView {
    /// The item.
    pub item: ItemId,
    /// How much of it serves how many people.
    pub standard: Standard,
    /// The ledger sequence with which it was stated; 0 where the item said so before statements were kept.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl StandardView {
    fn of(known: KnownStandard) -> Self {
        let KnownStandard { item, standard, sequence, recorded_at } = known;
        Self { item, standard, sequence, recorded_at }
    }
}

/// Which standards are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StandardQuery {
    /// Only that of this item.
    pub item: Option<ItemId>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List the standards of items as they were known
///
/// A standard is stated by recording or changing its item, and each that an item ever had stays.
#[utoipa::path(get, path = "/api/v1/standards", tag = "baselines", params(StandardQuery),
    responses((status = 200, description = "One page of standards", body = KnownPage<StandardView>)))]
pub async fn standard_list(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<StandardQuery>,
) -> Outcome<JsonBody<KnownPage<StandardView>>> {
    let query = query.0;
    let paging = Paging::<ItemId>::new(query.after.as_deref(), query.limit)?;
    let known_at = read_known_at("known_at", query.known_at.as_deref())?;
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        Ok((list_standards(conn, query.item, sequence, paging.after, limit + 1)?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.item)).map(StandardView::of);
    Ok(JsonBody(page.known_at(sequence)))
}

/// Declares the routes of items.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_item_create, item_create);
    routes.add(__path_item_read, item_read);
    routes.add(__path_item_list, item_list);
    routes.add(__path_item_change, item_change);
    routes.add(__path_item_describe, item_describe);
    routes.add(__path_lot_list, lot_list);
    routes.add(__path_standard_list, standard_list);
}
