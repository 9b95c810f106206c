//! The rows of recipes and handling units, and what is read of recipes.

use super::rules::Component;
use crate::core::id::{
    ConsignmentId, EventId, HandlingUnitId, ItemId, KitComponentId, KitId, KitRecipeId, LotId, PledgeLineId,
    SiteId, UnitContentId, derived,
};
use crate::core::problem::{Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::Timestamp;
use crate::db::schema::kit_recipes;
use crate::db::{Conn, read_failure};
use crate::writer::{Record as _, Unique, record};
use diesel::prelude::*;
use std::collections::HashMap;

record! {
    /// A version of a kit's recipe.
    pub struct KitRecipe in kit_recipes key id: KitRecipeId, group kit_id: KitId {
        /// Key: made from the kit and the version.
        id: KitRecipeId,
        /// The kit.
        kit_id: KitId,
        /// Counts the versions, from 1.
        version: i64,
        /// Short name, the same in every version.
        code: String,
        /// What it is.
        name: String,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

record! {
    /// A component of a version.
    pub struct KitComponent in kit_components key id: KitComponentId, group recipe_id: KitRecipeId {
        /// Key: made from the version and the place.
        id: KitComponentId,
        /// The version.
        recipe_id: KitRecipeId,
        /// Its place, from 0.
        ordinal: i64,
        /// The item.
        item_id: ItemId,
        /// Base units in one kit.
        quantity: i64,
    }
}

record! {
    /// A packed kit.
    pub struct HandlingUnit in handling_units key id: HandlingUnitId, group event_id: EventId {
        /// Which one.
        id: HandlingUnitId,
        /// The event that packed it.
        event_id: EventId,
        /// Its place in that event, from 1.
        ordinal: i64,
        /// Its number: that of the event's entry and its place.
        number: String,
        /// Serial shipping container code, eighteen digits.
        sscc: Option<String>,
        /// By which version of which recipe.
        recipe_id: KitRecipeId,
        /// Where it was packed, or was moved to.
        site_id: SiteId,
        /// The consignment it is reserved for, with which it goes from then on.
        consignment_id: Option<ConsignmentId>,
        /// The event that unpacked it, or took back that it was packed.
        unpacked_by: Option<EventId>,
        /// Counts the changes, from 1.
        revision: i64,
    }
}

record! {
    /// What a unit was packed with, of one pledge line and lot.
    pub struct UnitContent in unit_contents key id: UnitContentId, group unit_id: HandlingUnitId {
        /// Key: made from the unit and the place.
        id: UnitContentId,
        /// The unit.
        unit_id: HandlingUnitId,
        /// Its place, from 0.
        ordinal: i64,
        /// The pledge line, which tells the donor.
        pledge_line_id: PledgeLineId,
        /// The lot; the item's own identifier where it is not known.
        lot_id: LotId,
        /// The item.
        item_id: ItemId,
        /// Base units.
        quantity: i64,
    }
}

/// Which kit has which code.
pub(super) struct KitCodes;

impl Unique for KitCodes {
    type Holder = KitId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, KitId)>> {
        kit_recipes::table
            .filter(kit_recipes::code.eq_any(texts).and(kit_recipes::version.eq(1)))
            .select((kit_recipes::code, kit_recipes::kit_id))
            .load(conn)
    }
}

/// The key of a version.
pub(super) fn recipe_id(kit: KitId, version: i64) -> KitRecipeId {
    derived(kit.0, "recipe", u64::try_from(version).unwrap_or(0))
}

impl KitComponent {
    pub(super) fn rows(recipe: KitRecipeId, components: &[Component]) -> Vec<Self> {
        let row = |(ordinal, one): (u64, &Component)| Self {
            id: derived(recipe.0, "component", ordinal),
            recipe_id: recipe,
            ordinal: i64::try_from(ordinal).unwrap_or(0),
            item_id: one.item,
            quantity: one.quantity.get(),
        };
        (0..).zip(components).map(row).collect()
    }

    pub(super) fn component(&self) -> Component {
        Component { item: self.item_id, quantity: Quantity::new(self.quantity).unwrap_or(Quantity::ZERO) }
    }
}

/// A version of a recipe with what it holds.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The version.
    pub recipe: KitRecipe,
    /// What one kit of it holds.
    pub components: Vec<Component>,
}

/// Joins versions with their components, in the order of the versions.
pub(super) fn wholes(conn: &mut Conn, recipes: Vec<KitRecipe>) -> Outcome<Vec<Whole>> {
    let ids: Vec<KitRecipeId> = recipes.iter().map(|recipe| recipe.id).collect();
    let mut rows = KitComponent::load_groups(conn, &ids).map_err(read_failure)?;
    rows.sort_by_key(|row| row.ordinal);
    let mut components: HashMap<KitRecipeId, Vec<Component>> = HashMap::new();
    for row in rows {
        components.entry(row.recipe_id).or_default().push(row.component());
    }
    let whole = |recipe: KitRecipe| {
        let components = components.remove(&recipe.id).unwrap_or_default();
        Whole { recipe, components }
    };
    Ok(recipes.into_iter().map(whole).collect())
}

/// Up to `limit` kits after one, each in its last version that was recorded by an entry of the log.
///
/// # Errors
/// What the database says.
pub(super) fn kit_list(
    conn: &mut Conn,
    sequence: i64,
    (after, limit): (Option<KitId>, i64),
) -> Outcome<Vec<Whole>> {
    let newer = diesel::alias!(kit_recipes as newer);
    let is_last = diesel::dsl::not(diesel::dsl::exists(
        newer.filter(newer.field(kit_recipes::kit_id).eq(kit_recipes::kit_id)).filter(
            newer
                .field(kit_recipes::version)
                .gt(kit_recipes::version)
                .and(newer.field(kit_recipes::sequence).le(sequence)),
        ),
    ));
    let mut query =
        kit_recipes::table.filter(kit_recipes::sequence.le(sequence)).filter(is_last).into_boxed();
    if let Some(after) = after {
        query = query.filter(kit_recipes::kit_id.gt(after));
    }
    let rows = query
        .order(kit_recipes::kit_id)
        .limit(limit)
        .select(KitRecipe::as_select())
        .load(conn)
        .map_err(read_failure)?;
    wholes(conn, rows)
}

/// All versions of a kit that were recorded by an entry of the log, the first first.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn kit_read(conn: &mut Conn, kit: KitId, sequence: i64) -> Outcome<Vec<Whole>> {
    let mut rows = KitRecipe::load_groups(conn, &[kit]).map_err(read_failure)?;
    rows.retain(|row| row.sequence <= sequence);
    rows.sort_by_key(|row| row.version);
    if rows.is_empty() {
        return Err(Problem::not_found());
    }
    wholes(conn, rows)
}
