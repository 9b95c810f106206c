//! The tables of items, packs and lots: rows, and what is read and written of them.

use crate::core::id::{ItemId, LotId, PackId, derived};
use crate::core::quantity::PackSize;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::items;
use crate::writer::{Unique, record};
use diesel::prelude::*;

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
        /// Word of [`StandardKind`](super::rules::StandardKind); the four columns stand together.
        standard_kind: Option<String>,
        /// Base units …
        standard_quantity: Option<i64>,
        /// … for so many persons …
        standard_persons: Option<i64>,
        /// … for so many days; only for what is used up.
        standard_days: Option<i64>,
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
