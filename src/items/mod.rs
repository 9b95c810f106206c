//! What is given: items with their packs and lots.
//!
//! An item is counted in its base unit and nothing else. Packs convert by exact fractions and never round;
//! they are added and resized, never removed, because papers already written name them. An item's base unit
//! never changes: every quantity ever recorded would change its meaning. A lot is known by its item and its
//! number, so its identifier is derived from them; goods whose lot is not known carry the item's own UUID
//! and have no row. Lots appear with events, never by a request of their own.

pub mod goods;
pub mod http;
mod lots;
pub mod rules;
mod store;

pub use lots::list_lots;
pub use rules::{ItemDraft, ItemEdit, PackDraft, Standard, StandardKind, StorageClass};
pub use store::{
    Item, ItemChange, ItemCodes, ItemCreate, ItemFilter, ItemWithPacks, Lot, Pack, list_items, lot_id,
    lot_row, pack_id, read_item,
};
