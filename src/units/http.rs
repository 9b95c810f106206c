//! Handling units over HTTP.

use super::store::{ContentRow, UnitFilter, UnitRow, contents_read, unit_list, unit_read};
use crate::auth::{Permit, action};
use crate::core::id::{
    ConsignmentId, EventId, HandlingUnitId, ItemId, KitId, LotId, OrganizationId, PledgeId, PledgeLineId,
    SiteId,
};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::last_known;
use crate::web::{Paging, Path, Query, Routes, State, encode_key};
use actix_web::web::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A handling unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitView {
    /// Which one.
    pub id: HandlingUnitId,
    /// Its number.
    pub number: String,
    /// The serial shipping container code on its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sscc: Option<String>,
    /// The kit.
    pub kit: KitId,
    /// Its code.
    pub kit_code: String,
    /// The version of its recipe.
    pub version: i64,
    /// Where it was packed or was moved to last.
    pub site: SiteId,
    /// The consignment it is reserved for, and goes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consignment: Option<ConsignmentId>,
    /// The event that packed it.
    pub packed_by: EventId,
    /// The event that unpacked it, or took back that it was packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked_by: Option<EventId>,
}

impl From<UnitRow> for UnitView {
    fn from((unit, recipe): UnitRow) -> Self {
        Self {
            id: unit.id,
            number: unit.number,
            sscc: unit.sscc,
            kit: recipe.kit_id,
            kit_code: recipe.code,
            version: recipe.version,
            site: unit.site_id,
            consignment: unit.consignment_id,
            packed_by: unit.event_id,
            unpacked_by: unit.unpacked_by,
        }
    }
}

/// What a unit was packed with of one pledge line and lot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitContentView {
    /// The item.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub item_name: String,
    /// The lot, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// The number on the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot_number: Option<String>,
    /// The last day on which it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// The pledge line it is of.
    pub pledge_line: PledgeLineId,
    /// Its pledge.
    pub pledge: PledgeId,
    /// Who gave it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub donor: Option<OrganizationId>,
    /// Base units.
    pub quantity: i64,
}

impl From<ContentRow> for UnitContentView {
    fn from(row: ContentRow) -> Self {
        Self {
            item: row.item,
            code: row.code,
            item_name: row.item_name,
            lot: (!row.lot.is_unknown_of(row.item)).then_some(row.lot),
            lot_number: row.number,
            expires_on: row.expires_on,
            pledge_line: row.line,
            pledge: row.pledge,
            donor: row.donor,
            quantity: row.quantity,
        }
    }
}

/// A handling unit with what it was packed with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitDetail {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitView,
    /// What it was packed with; while it is packed, it holds it.
    pub contents: Vec<UnitContentView>,
}

/// Which units are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitQuery {
    /// Only those that stand at this site, reserved for nobody.
    pub site: Option<SiteId>,
    /// Only those of this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Only those of this kit.
    pub kit: Option<KitId>,
    /// Only the one with this serial shipping container code.
    pub sscc: Option<String>,
    /// Only those that are packed still, or only the others.
    pub packed: Option<bool>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List handling units, where they are now
#[utoipa::path(get, path = "/api/v1/handling-units", tag = "stock", params(UnitQuery),
    responses((status = 200, description = "A page", body = KnownPage<UnitView>)))]
pub async fn unit_index(
    permit: Permit<action::UnitRead>,
    state: State,
    query: Query<UnitQuery>,
) -> Outcome<Json<KnownPage<UnitView>>> {
    let query = query.0;
    let paging: Paging<HandlingUnitId> = Paging::new(query.after.as_deref(), query.limit)?;
    let UnitQuery { site, consignment, kit, sscc, packed, .. } = query;
    let filter = UnitFilter { site, consignment, kit, sscc, packed };
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let rows = unit_list(conn, permit.scope(), &filter, (paging.after, limit + 1))?;
        Ok((rows, last_known(conn, None, "/known_at")?))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.0.id));
    Ok(Json(page.map(UnitView::from).known_at(sequence)))
}

/// Show a handling unit with what it holds, and whose that is
#[utoipa::path(get, path = "/api/v1/handling-units/{id}", tag = "stock", params(("id" = HandlingUnitId, Path)),
    responses((status = 200, body = UnitDetail)))]
pub async fn unit_show(
    permit: Permit<action::UnitRead>,
    state: State,
    path: Path<HandlingUnitId>,
) -> Outcome<Json<UnitDetail>> {
    let read = move |conn: &mut Conn| {
        let unit = unit_read(conn, permit.scope(), path.0)?;
        Ok((unit, contents_read(conn, path.0)?))
    };
    let (unit, contents) = state.read(read).await?;
    let contents = contents.into_iter().map(UnitContentView::from).collect();
    Ok(Json(UnitDetail { unit: unit.into(), contents }))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_unit_index, unit_index);
    routes.add(__path_unit_show, unit_show);
}
