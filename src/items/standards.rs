//! What the standards of items were, and since which entry of the log.
//!
//! Whatever makes or changes an item's standard leaves a statement in the same entry; none is ever changed. An item
//! that was recorded before statements were kept has none: what its row says counts from the beginning, and becomes its
//! first statement, with sequence 0, once the standard is changed.

use super::persons::Persons;
use super::rules::{Standard, StandardKind};
use super::store::Item;
use crate::core::id::{ItemId, StandardId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Binds, Conn, ask, read_failure};
use crate::writer::{Desk, Drawer, Moment, Record, Refusal, record};
use diesel::QueryableByName;
use diesel::sql_types::Binary;
use std::collections::HashMap;

/// The sequence of what an item said before its statements were kept.
const BEFORE_STATEMENTS: i64 = 0;

record! {
    /// What an item's standard is from an entry of the log on.
    pub struct ItemStandard in item_standards key id: StandardId, group item_id: ItemId {
        /// Key: made from the item and the sequence.
        id: StandardId,
        /// The item.
        item_id: ItemId,
        /// Word of [`StandardKind`]; the columns stand together, and are empty where there is none any more.
        kind: Option<String>,
        /// Base units …
        quantity: Option<i64>,
        /// … for so many persons …
        persons: Option<i64>,
        /// … for so many days; only for what is used up.
        days: Option<i64>,
        /// Thousandths of a person beyond the whole ones; none where there are none.
        thousandths: Option<i64>,
        /// Whether the item has no standard from here on.
        withdrawn: bool,
        /// The entry that tells of it; 0 where the item said so before statements were kept.
        sequence: i64,
        /// When that was; of sequence 0, when the item was last changed before its first statement.
        recorded_at: Timestamp,
    }
}

impl ItemStandard {
    fn of(item: &Item, moment: Moment) -> Self {
        Self {
            id: derived(item.id.0, &format!("standard:{}", moment.sequence), 0),
            item_id: item.id,
            kind: item.standard_kind.clone(),
            quantity: item.standard_quantity,
            persons: item.standard_persons,
            days: item.standard_days,
            thousandths: item.standard_thousandths,
            withdrawn: item.standard_kind.is_none(),
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.kind, self.quantity, self.persons, self.days, self.thousandths)
            == (&other.kind, other.quantity, other.persons, other.days, other.thousandths)
    }

    /// What it says; nothing where it ends what was said.
    fn known(&self) -> Outcome<Option<KnownStandard>> {
        let (Some(kind), Some(quantity), Some(persons)) = (&self.kind, self.quantity, self.persons) else {
            return Ok(None);
        };
        let unreadable =
            |column| Problem::internal(format!("item_standards.{column} of {} cannot be read", self.id));
        let kind = StandardKind::from_word(kind).ok_or_else(|| unreadable("kind"))?;
        let persons = Persons::new(persons, self.thousandths.unwrap_or_default());
        let persons = persons.ok_or_else(|| unreadable("persons"))?;
        Ok(Some(KnownStandard {
            item: self.item_id,
            standard: Standard { kind, quantity, persons, days: self.days },
            sequence: self.sequence,
            recorded_at: self.recorded_at,
        }))
    }
}

/// What an item said before its statements were kept.
fn said_before(item: &Item) -> ItemStandard {
    ItemStandard::of(item, Moment { sequence: BEFORE_STATEMENTS, recorded_at: item.created_at })
}

/// Leaves a statement where the standard of an item is another one than before, within the entry that is open.
///
/// # Errors
/// Rows missing on the desk.
pub(super) fn state_standard(
    desk: &mut Desk,
    before: Option<&Item>,
    item: &Item,
    moment: Moment,
) -> Result<(), Refusal> {
    let stated = ItemStandard::of(item, moment);
    let is_same = |before: &Item| said_before(before).is_same(&stated);
    if before.map_or(stated.withdrawn, is_same) {
        return Ok(());
    }
    let shelf = desk.shelf::<Drawer<ItemStandard>>();
    let has_statements = !shelf.group(item.id)?.is_empty();
    if let Some(before) = before.filter(|before| before.standard_kind.is_some() && !has_statements) {
        shelf.put(said_before(before));
    }
    shelf.put(stated);
    Ok(())
}

/// A standard as it was known, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownStandard {
    /// The item.
    pub item: ItemId,
    /// How much of it serves how many people.
    pub standard: Standard,
    /// The entry that says so; 0 where the item said so before statements were kept.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

/// The standards of items as they were known at a sequence, of those that had one: two queries for a few thousand
/// items.
///
/// # Errors
/// What the database says.
pub fn standards_known(
    conn: &mut Conn,
    items: &[ItemId],
    sequence: i64,
) -> Outcome<HashMap<ItemId, KnownStandard>> {
    let mut newest: HashMap<ItemId, Option<ItemStandard>> = HashMap::new();
    for stated in ItemStandard::load_groups(conn, items).map_err(read_failure)? {
        let known = newest.entry(stated.item_id).or_default();
        let is_newer = known.as_ref().is_none_or(|known| known.sequence < stated.sequence);
        if stated.sequence <= sequence && is_newer {
            *known = Some(stated);
        }
    }
    let unstated: Vec<ItemId> = items.iter().copied().filter(|item| !newest.contains_key(item)).collect();
    let rows =
        if unstated.is_empty() { Vec::new() } else { Item::load(conn, &unstated).map_err(read_failure)? };
    let statements = newest.into_values().flatten().chain(rows.iter().map(said_before));
    let mut known = HashMap::new();
    for statement in statements {
        known.extend(statement.known()?.map(|standard| (standard.item, standard)));
    }
    Ok(known)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: ItemId,
}

/// Up to `limit` standards as they were known at a sequence, after an item, in the order of items.
///
/// # Errors
/// What the database says.
pub fn list_standards(
    conn: &mut Conn,
    item: Option<ItemId>,
    sequence: i64,
    after: Option<ItemId>,
    limit: i64,
) -> Outcome<Vec<KnownStandard>> {
    let mut binds = Binds::default();
    let known = binds.number(sequence);
    let mut words = format!(
        "SELECT items.id FROM items WHERE (EXISTS (SELECT 1 FROM item_standards AS said WHERE said.item_id = items.id \
         AND said.sequence <= {known} AND said.withdrawn = FALSE AND NOT EXISTS (SELECT 1 FROM item_standards AS newer \
         WHERE newer.item_id = items.id AND newer.sequence > said.sequence AND newer.sequence <= {known})) \
         OR (items.standard_kind IS NOT NULL AND NOT EXISTS (SELECT 1 FROM item_standards AS said \
         WHERE said.item_id = items.id)))"
    );
    if let Some(item) = item {
        words.push_str(&format!(" AND items.id = {}", binds.id(item)));
    }
    if let Some(after) = after {
        words.push_str(&format!(" AND items.id > {}", binds.id(after)));
    }
    words.push_str(&format!(" ORDER BY items.id LIMIT {}", binds.number(limit)));
    let found: Vec<Found> = ask(conn, words, binds)?;
    let ids: Vec<ItemId> = found.into_iter().map(|found| found.id).collect();
    let known = standards_known(conn, &ids, sequence)?;
    Ok(ids.iter().filter_map(|id| known.get(id).copied()).collect())
}
