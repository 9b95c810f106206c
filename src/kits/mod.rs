//! Kits packed here: recipes, and the handling units that are packed by them.
//!
//! A kit donated whole is an item. A kit packed here is a recipe: so many base units of each component for one kit. Packing
//! reserves components at a site for handling units; they keep their pledge lines and lots, so that the donor of each is known
//! in every unit. In the ledger they are `allocated` at their site without a consignment: no other event takes them by its
//! rule, and a unit moves, is reserved for a consignment and is unpacked as a whole.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what a recipe may be, the check digit of an SSCC, and dealing goods out to units; pure |
//! | `store` | the rows, and what is read of recipes |
//! | `recipe` | recording recipes and further versions of them |
//! | `pack` | the events `kit_packed` and `kit_unpacked` |
//! | `claims` | which units a consignment has, and opening those whose goods left it |
//! | `whole` | units as others move them, and taking that back |
//! | `http` | recipes over HTTP |
//!
//! Invariants: no version of a recipe is edited; what a unit holds is never edited; an SSCC is one unit's. Never here: a
//! quantity of kits in the ledger, which counts components only.

mod claims;
pub mod http;
mod pack;
mod recipe;
pub mod rules;
mod store;
mod whole;

pub use claims::{close_again, has_units, open_left};
pub use pack::{KitPacked, KitUnpacked, UnitNew, pack_kits, unpack_kits};
pub use recipe::{KitCreate, KitRevise};
pub use rules::{KitDraft, KitVersion};
pub use store::{HandlingUnit, KitComponent, KitRecipe, UnitContent, Whole};
pub use whole::{
    UnitGoods, UnitPlace, find_units, move_units, pack_reversed, place_reversed, place_units, unpack_reversed,
};
