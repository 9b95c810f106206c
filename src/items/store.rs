//! The tables of items, packs and lots: rows, and what is read and written of them.

use super::persons::Persons;
use super::rules::{ItemDraft, ItemEdit, PackDraft, Standard, StandardKind, StorageClass};
use super::standards::{ItemStandard, state_standard};
use crate::core::check::id_reused;
use crate::core::id::{ItemId, LotId, PackId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::quantity::PackSize;
use crate::core::time::Timestamp;
use crate::db::schema::items;
use crate::db::{Conn, begins_with, read_failure};
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Record, Refusal, Register, Unique, Update, record};
use diesel::prelude::*;
use std::collections::HashMap;

record! {
    /// An item of the catalogue.
    pub struct Item in items key id: ItemId, group id: ItemId {
        /// Which one.
        id: ItemId,
        /// Short name, unique.
        code: String,
        /// What it is.
        name: String,
        /// What one is: piece, tablet, gram.
        base_unit: String,
        /// Kind of goods, in the words of the catalogue.
        category: String,
        /// Sector of relief it serves.
        sector: Option<String>,
        /// Six digits of the Harmonized System.
        hs_code: Option<String>,
        /// Days it keeps from production.
        shelf_life_days: Option<i64>,
        /// Word of [`StorageClass`](super::rules::StorageClass).
        storage_class: String,
        /// Word of [`StandardKind`](super::rules::StandardKind); the columns stand together.
        standard_kind: Option<String>,
        /// Base units …
        standard_quantity: Option<i64>,
        /// … for so many persons …
        standard_persons: Option<i64>,
        /// … for so many days; only for what is used up.
        standard_days: Option<i64>,
        /// Thousandths of a person beyond the whole ones; none where there are none.
        standard_thousandths: Option<i64>,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
    }
}

record! {
    /// A pack of an item.
    pub struct Pack in packs key id: PackId, group item_id: ItemId {
        /// Which one; derived from item and name, see [`pack_id`].
        id: PackId,
        /// Its item.
        item_id: ItemId,
        /// What it is called, unique within the item.
        name: String,
        /// Base units …
        numerator: i64,
        /// … in so many packs.
        denominator: i64,
        /// Gross weight of one pack in grams.
        gross_weight_g: Option<i64>,
        /// Length of one pack in millimetres.
        length_mm: Option<i64>,
        /// Width of one pack in millimetres.
        width_mm: Option<i64>,
        /// Height of one pack in millimetres.
        height_mm: Option<i64>,
    }
}

record! {
    /// A lot of an item, named on a label. The unknown lot has no row.
    pub struct Lot in lots key id: LotId, group item_id: ItemId {
        /// Which one; derived from item and number, see [`lot_id`].
        id: LotId,
        /// Its item.
        item_id: ItemId,
        /// The number on the label, unique within the item.
        number: String,
        /// The day it expires, ISO 8601.
        expires_on: Option<String>,
        /// Whether the maker or an authority called it back.
        recalled: bool,
        /// Recorded first.
        created_at: Timestamp,
    }
}

impl Pack {
    /// How many base units the pack holds.
    pub fn size(&self) -> PackSize {
        PackSize { numerator: self.numerator, denominator: self.denominator }
    }
}

/// The lot of an item with this number: found without a query, and the same from whoever names it first.
pub fn lot_id(item: ItemId, number: &str) -> LotId {
    derived(item.0, &format!("lot:{number}"), 0)
}

/// The pack of an item with this name.
pub fn pack_id(item: ItemId, name: &str) -> PackId {
    derived(item.0, &format!("pack:{name}"), 0)
}

/// The row of a lot that an event names for the first time.
pub fn lot_row(item: ItemId, number: &str, expires_on: Option<String>, created_at: Timestamp) -> Lot {
    Lot {
        id: lot_id(item, number),
        item_id: item,
        number: number.to_owned(),
        expires_on,
        recalled: false,
        created_at,
    }
}

/// Which item has which code.
pub struct ItemCodes;

impl Unique for ItemCodes {
    type Holder = ItemId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, ItemId)>> {
        items::table.filter(items::code.eq_any(texts)).select((items::code, items::id)).load(conn)
    }
}

/// An item together with its packs, in the order of their names.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemWithPacks {
    /// The item.
    pub item: Item,
    /// Its packs.
    pub packs: Vec<Pack>,
}

impl ItemWithPacks {
    fn new(item: Item, mut packs: Vec<Pack>) -> Self {
        packs.sort_by(|left, right| left.name.cmp(&right.name));
        Self { item, packs }
    }

    /// The rows as a caller would have written them.
    ///
    /// # Errors
    /// `internal` where the database holds words nobody writes.
    pub fn draft(&self) -> Outcome<ItemDraft> {
        Ok(ItemDraft {
            id: None,
            code: self.item.code.clone(),
            name: self.item.name.clone(),
            base_unit: self.item.base_unit.clone(),
            category: self.item.category.clone(),
            sector: self.item.sector.clone(),
            hs_code: self.item.hs_code.clone(),
            shelf_life_days: self.item.shelf_life_days,
            storage_class: self.item.class()?,
            standard: self.item.standard()?,
            packs: self.packs.iter().map(Pack::draft).collect(),
        })
    }
}

impl Item {
    /// A row as a draft describes it.
    pub fn new(
        id: ItemId,
        draft: &ItemDraft,
        revision: i64,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self {
            id,
            code: draft.code.clone(),
            name: draft.name.clone(),
            base_unit: draft.base_unit.clone(),
            category: draft.category.clone(),
            sector: draft.sector.clone(),
            hs_code: draft.hs_code.clone(),
            shelf_life_days: draft.shelf_life_days,
            storage_class: draft.storage_class.word().to_owned(),
            standard_kind: draft.standard.map(|standard| standard.kind.word().to_owned()),
            standard_quantity: draft.standard.map(|standard| standard.quantity),
            standard_persons: draft.standard.map(|standard| standard.persons.whole()),
            standard_days: draft.standard.and_then(|standard| standard.days),
            standard_thousandths: draft.standard.and_then(|standard| standard.persons.beyond()),
            revision,
            created_at,
            updated_at,
        }
    }

    /// How it has to be kept.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn class(&self) -> Outcome<StorageClass> {
        StorageClass::from_word(&self.storage_class).ok_or_else(|| unreadable(self, "storage_class"))
    }

    /// How much of it serves how many people, where that is known.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn standard(&self) -> Outcome<Option<Standard>> {
        let (Some(kind), Some(quantity), Some(persons)) =
            (&self.standard_kind, self.standard_quantity, self.standard_persons)
        else {
            return Ok(None);
        };
        let kind = StandardKind::from_word(kind).ok_or_else(|| unreadable(self, "standard_kind"))?;
        let persons = Persons::new(persons, self.standard_thousandths.unwrap_or_default())
            .ok_or_else(|| unreadable(self, "standard_persons"))?;
        Ok(Some(Standard { kind, quantity, persons, days: self.standard_days }))
    }
}

fn unreadable(item: &Item, column: &str) -> Problem {
    Problem::internal(format!("items.{column} of {} cannot be read", item.id))
}

impl Pack {
    /// A row as a draft describes it.
    pub fn new(item: ItemId, draft: &PackDraft) -> Self {
        Self {
            id: pack_id(item, &draft.name),
            item_id: item,
            name: draft.name.clone(),
            numerator: draft.numerator,
            denominator: draft.denominator,
            gross_weight_g: draft.gross_weight_g,
            length_mm: draft.length_mm,
            width_mm: draft.width_mm,
            height_mm: draft.height_mm,
        }
    }

    /// The row as a caller would have written it.
    pub fn draft(&self) -> PackDraft {
        PackDraft {
            name: self.name.clone(),
            numerator: self.numerator,
            denominator: self.denominator,
            gross_weight_g: self.gross_weight_g,
            length_mm: self.length_mm,
            width_mm: self.width_mm,
            height_mm: self.height_mm,
        }
    }
}

/// Records a new item with its packs.
pub struct ItemCreate {
    actor: Actor,
    id: ItemId,
    draft: ItemDraft,
}

impl ItemCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &ItemDraft, id: ItemId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft: ItemDraft { id: None, ..draft } })
    }
}

impl Update for ItemCreate {
    type Answer = ItemWithPacks;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Item>>().want(self.id);
        desk.shelf::<Drawer<Pack>>().want_group(self.id);
        desk.shelf::<Register<ItemCodes>>().want(&self.draft.code);
    }

    fn decide(&self, desk: &mut Desk) -> Result<ItemWithPacks, Refusal> {
        if let Some(known) = find_with_packs(desk, self.id)? {
            let is_same = known.draft()? == self.draft;
            return if is_same { Ok(known) } else { Err(id_reused("item", self.id).into()) };
        }
        let codes = desk.shelf::<Register<ItemCodes>>();
        codes.take(("/code", "item"), None, Some(&self.draft.code), self.id)?;
        desk.shelf::<Drawer<ItemStandard>>().begin_group(self.id);
        let moment = desk.begin(entry("item.created", self.id));
        let item = Item::new(self.id, &self.draft, 1, moment.recorded_at, moment.recorded_at);
        state_standard(desk, None, &item, moment)?;
        Ok(keep(desk, None, item, &self.draft.packs))
    }
}

/// Changes an item.
pub struct ItemChange {
    /// Who edits.
    pub actor: Actor,
    /// Which item.
    pub id: ItemId,
    /// The revision the editor read.
    pub revision: IfMatch,
    /// What changes.
    pub edit: ItemEdit,
}

impl Update for ItemChange {
    type Answer = ItemWithPacks;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Item>>().want(self.id);
        desk.shelf::<Drawer<Pack>>().want_group(self.id);
        desk.shelf::<Drawer<ItemStandard>>().want_group(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<ItemWithPacks, Refusal> {
        let known = find_with_packs(desk, self.id)?.ok_or_else(Problem::not_found)?;
        self.revision.check(known.item.revision)?;
        let before = known.draft()?;
        let draft = before.edited(self.edit.clone())?;
        if draft == before {
            return Ok(known);
        }
        let codes = desk.shelf::<Register<ItemCodes>>();
        codes.take(("/code", "item"), Some(&before.code), Some(&draft.code), self.id)?;
        let moment = desk.begin(entry("item.changed", self.id));
        let (revision, created_at) = (known.item.revision + 1, known.item.created_at);
        let item = Item::new(self.id, &draft, revision, created_at, moment.recorded_at);
        state_standard(desk, Some(&known.item), &item, moment)?;
        Ok(keep(desk, Some(&known), item, &draft.packs))
    }
}

fn entry(action: &str, id: ItemId) -> Entry {
    Entry { action: action.to_owned(), kind: "item", id: id.0, reason: None }
}

fn find_with_packs(desk: &mut Desk, id: ItemId) -> Result<Option<ItemWithPacks>, Refusal> {
    let Some(item) = desk.shelf::<Drawer<Item>>().find(id)? else { return Ok(None) };
    let packs = desk.shelf::<Drawer<Pack>>().group(id)?;
    let packs = packs.iter().map(|pack| pack.as_ref().clone()).collect();
    Ok(Some(ItemWithPacks::new(item.as_ref().clone(), packs)))
}

/// Stages the rows that are new or differ.
fn keep(desk: &mut Desk, before: Option<&ItemWithPacks>, item: Item, packs: &[PackDraft]) -> ItemWithPacks {
    desk.shelf::<Drawer<Item>>().put(item.clone());
    let packs: Vec<Pack> = packs.iter().map(|pack| Pack::new(item.id, pack)).collect();
    let known = before.map_or(&[][..], |before| &before.packs);
    for pack in packs.iter().filter(|pack| !known.contains(pack)) {
        desk.shelf::<Drawer<Pack>>().put(pack.clone());
    }
    desk.touch(item.id.0);
    ItemWithPacks::new(item, packs)
}

/// Which items a list shows.
#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    /// Of this category.
    pub category: Option<String>,
    /// Of this sector.
    pub sector: Option<String>,
    /// Kept like this.
    pub storage_class: Option<StorageClass>,
    /// Whose name or code begins so.
    pub prefix: Option<String>,
}

/// Reads one item with its packs.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn read_item(conn: &mut Conn, id: ItemId) -> Outcome<ItemWithPacks> {
    let item = items::table.find(id).select(Item::as_select()).first(conn).map_err(read_failure)?;
    let packs = Pack::load_groups(conn, &[id]).map_err(read_failure)?;
    Ok(ItemWithPacks::new(item, packs))
}

/// Reads up to `limit` items with their packs after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_items(
    conn: &mut Conn,
    filter: &ItemFilter,
    after: Option<ItemId>,
    limit: i64,
) -> Outcome<Vec<ItemWithPacks>> {
    let mut query = items::table.into_boxed();
    if let Some(after) = after {
        query = query.filter(items::id.gt(after));
    }
    if let Some(category) = &filter.category {
        query = query.filter(items::category.eq(category));
    }
    if let Some(sector) = &filter.sector {
        query = query.filter(items::sector.eq(sector));
    }
    if let Some(class) = filter.storage_class {
        query = query.filter(items::storage_class.eq(class.word()));
    }
    if let Some(prefix) = &filter.prefix {
        query = query.filter(begins_with(items::name, prefix).or(begins_with(items::code, prefix)));
    }
    let rows: Vec<Item> =
        query.order(items::id).limit(limit).select(Item::as_select()).load(conn).map_err(read_failure)?;
    let ids: Vec<ItemId> = rows.iter().map(|item| item.id).collect();
    let mut packs: HashMap<ItemId, Vec<Pack>> = HashMap::new();
    for pack in Pack::load_groups(conn, &ids).map_err(read_failure)? {
        packs.entry(pack.item_id).or_default().push(pack);
    }
    let with_packs = |item: Item| {
        let packs = packs.remove(&item.id).unwrap_or_default();
        ItemWithPacks::new(item, packs)
    };
    Ok(rows.into_iter().map(with_packs).collect())
}
