//! Which areas there are inside countries, by which edition of their borders, and what is known of each.
//!
//! The first-level areas that ship are compiled in ([`crate::atlas`]); for a country somebody may load newer ones. Those are
//! *stated*, like what people are counted against: kept byte by byte with source and licence, replaced by a newer statement
//! and never edited, so that a figure of the past is made with the edition that was known then. An answer names the edition
//! it is from. Never here: a figure of goods, an area guessed where a code stands for several, and a figure divided among areas.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be stated; pure |
//! | `store` | the rows of editions, and of codes that followed others |
//! | `editions` | which edition counts in each country at a moment |
//! | `known` | whether a code that somebody writes or asks by is one of those in use |
//! | `view` | areas and editions as they go over the wire |
//! | `http`, `http_editions`, `http_gazetteer` | areas, what is loaded, and cities and airports |

mod editions;
pub mod http;
pub mod http_editions;
pub mod http_gazetteer;
mod known;
pub mod rules;
mod store;
mod view;

pub use editions::Editions;
pub use known::{KnownAreas, area_now};
pub use rules::refused;
pub use store::{Boundaries, ChangedArea};
pub use view::{AreaAt, AreaDetail, AreaView, EditionView};
