//! The queries of handling units, as far as a scope reaches: those at its sites, and of consignments it reaches.

use crate::auth::Scope;
use crate::checks::About;
use crate::core::id::{
    ConsignmentId, HandlingUnitId, ItemId, KitId, KitRecipeId, LotId, OrganizationId, PledgeId, PledgeLineId,
    SiteId,
};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{items, kit_recipes, lots, pledge_lines, pledges, unit_contents};
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::kits::{HandlingUnit, KitRecipe};
use crate::writer::Record as _;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::collections::HashMap;

/// Where a unit is.
const UNIT: About<'static> = About {
    consignment: "handling_units.consignment_id",
    site: "handling_units.site_id",
    pledge: "NULLIF(handling_units.id, handling_units.id)",
};

/// What a list of units is narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct UnitFilter {
    pub(super) site: Option<SiteId>,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) kit: Option<KitId>,
    pub(super) sscc: Option<String>,
    /// Only those that are packed still, or only the others.
    pub(super) packed: Option<bool>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: HandlingUnitId,
}

/// A unit with the version it was packed by.
pub(super) type UnitRow = (HandlingUnit, KitRecipe);

/// Up to `limit` units after one, in the order of their identifiers.
///
/// # Errors
/// What the database says.
pub(super) fn unit_list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &UnitFilter,
    (after, limit): (Option<HandlingUnitId>, i64),
) -> Outcome<Vec<UnitRow>> {
    let mut binds = Binds::default();
    let mut conditions = vec![UNIT.within(scope, &mut binds)];
    if let Some(site) = filter.site {
        // What is reserved for a consignment goes with it, and is no longer listed at a site.
        conditions.push(format!(
            "handling_units.site_id = {} AND handling_units.consignment_id IS NULL",
            binds.id(site)
        ));
    }
    if let Some(consignment) = filter.consignment {
        conditions.push(format!("handling_units.consignment_id = {}", binds.id(consignment)));
    }
    if let Some(kit) = filter.kit {
        conditions.push(format!(
            "handling_units.recipe_id IN (SELECT kit_recipes.id FROM kit_recipes WHERE kit_recipes.kit_id = {})",
            binds.id(kit)
        ));
    }
    if let Some(sscc) = &filter.sscc {
        conditions.push(format!("handling_units.sscc = {}", binds.place(Bind::Words(sscc.clone()))));
    }
    match filter.packed {
        Some(true) => conditions.push("handling_units.unpacked_by IS NULL".to_owned()),
        Some(false) => conditions.push("handling_units.unpacked_by IS NOT NULL".to_owned()),
        None => {}
    }
    if let Some(after) = after {
        conditions.push(format!("handling_units.id > {}", binds.id(after)));
    }
    let text = format!(
        "SELECT handling_units.id AS id FROM handling_units WHERE {} ORDER BY handling_units.id LIMIT {}",
        conditions.join(" AND "),
        binds.number(limit)
    );
    let found = ask(conn, text, binds)?;
    loaded(conn, scope, found)
}

/// One unit.
///
/// # Errors
/// `not_found` where the scope does not reach it, or what the database says.
pub(super) fn unit_read(conn: &mut Conn, scope: &Scope, id: HandlingUnitId) -> Outcome<UnitRow> {
    let mut binds = Binds::default();
    let text = format!(
        "SELECT handling_units.id AS id FROM handling_units WHERE handling_units.id = {} AND {}",
        binds.id(id),
        UNIT.within(scope, &mut binds)
    );
    let found = ask(conn, text, binds)?;
    loaded(conn, scope, found)?.pop().ok_or_else(Problem::not_found)
}

/// The rows of units that a scope was found to reach.
fn loaded(conn: &mut Conn, _found_within: &Scope, found: Vec<Found>) -> Outcome<Vec<UnitRow>> {
    let ids: Vec<HandlingUnitId> = found.into_iter().map(|one| one.id).collect();
    let mut units = HandlingUnit::load(conn, &ids).map_err(read_failure)?;
    units.sort_by_key(|unit| unit.id);
    let recipes: Vec<KitRecipeId> = units.iter().map(|unit| unit.recipe_id).collect();
    let rows: Vec<KitRecipe> = kit_recipes::table
        .filter(kit_recipes::id.eq_any(recipes))
        .select(KitRecipe::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let rows: HashMap<KitRecipeId, KitRecipe> = rows.into_iter().map(|row| (row.id, row)).collect();
    let with = |unit: HandlingUnit| rows.get(&unit.recipe_id).cloned().map(|recipe| (unit, recipe));
    Ok(units.into_iter().filter_map(with).collect())
}

/// What a unit holds, with names.
#[derive(Clone, Debug, Queryable)]
pub(super) struct ContentRow {
    pub(super) item: ItemId,
    pub(super) code: String,
    pub(super) item_name: String,
    pub(super) lot: LotId,
    pub(super) number: Option<String>,
    pub(super) expires_on: Option<String>,
    pub(super) line: PledgeLineId,
    pub(super) pledge: PledgeId,
    pub(super) donor: Option<OrganizationId>,
    pub(super) quantity: i64,
}

/// What a unit holds, in the order in which it was packed; asked of a unit that a scope reaches.
///
/// # Errors
/// What the database says.
pub(super) fn contents_read(conn: &mut Conn, id: HandlingUnitId) -> Outcome<Vec<ContentRow>> {
    unit_contents::table
        .inner_join(items::table.on(items::id.eq(unit_contents::item_id)))
        .inner_join(pledge_lines::table.on(pledge_lines::id.eq(unit_contents::pledge_line_id)))
        .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
        .left_join(lots::table.on(lots::id.eq(unit_contents::lot_id)))
        .filter(unit_contents::unit_id.eq(id))
        .order(unit_contents::ordinal)
        .select((
            unit_contents::item_id,
            items::code,
            items::name,
            unit_contents::lot_id,
            lots::number.nullable(),
            lots::expires_on.nullable(),
            pledge_lines::id,
            pledges::id,
            pledges::donor_id,
            unit_contents::quantity,
        ))
        .load(conn)
        .map_err(read_failure)
}
