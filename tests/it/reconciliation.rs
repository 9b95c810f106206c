//! Whether it adds up: every account by condition, both sides of every identity, and the way down to entries.

mod before;
mod down;
mod narrow;
mod papers;
pub mod rich;
mod rights;
mod sides;
mod told;
