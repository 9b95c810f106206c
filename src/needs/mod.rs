//! What is needed where by when: stated, changed, circulated, answered.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be stated, and what becomes of it; pure |
//! | `store`, `update`, `restate` | the rows; stating and changing them; out of a file |
//! | `within`, `places` | whose a need is to state; whether goods go where it is |
//! | `matches`, `meant`, `offered` | what answers a need, how much of it is meant for that, and offers that do |
//! | `answered` | what has become of what answers it |
//! | `view`, `public` | needs as they are told, and as everybody may read them |
//! | `http` | all of that over HTTP |
//!
//! A need is never edited in place: each change is a row of its own that counts from its entry of the log on, so that
//! what was known at any past entry can be asked again. Its programme, item, place and organization never change;
//! whoever needs something else states another need. The public reads needs that are marked as circulated, in words of
//! the catalogue alone: no source, no organization, no note, and of a sensitive programme no place below the country.
//!
//! What answers a need is *matched* with it: a line of a pledge or a consignment, and how much of it is meant. A match
//! moves nothing; what it comes to is asked of the ledger, at any moment.
//! Never here: how much is lacking, which is for `gaps`, and moving anything.

mod answered;
pub mod http;
mod matches;
mod meant;
mod offered;
mod places;
mod public;
mod restate;
pub mod rules;
mod store;
mod update;
mod view;
mod within;

pub use answered::answered;
pub use matches::{NeedMatch, NeedMatchState, check_meant_before, mean_more, want_meant};
pub use offered::NeedOffer;
pub use places::{area_needed, misdirected};
pub use restate::{NeedRow, NeedsRestate, Restated, restated};
pub use rules::{NeedDraft, NeedEdit, NeedState, Priority};
pub use store::{Need, NeedFilter, need_list, need_read, needs_within};
pub use update::{NeedChange, NeedCreate};
pub use within::{check_within, site_countries};
