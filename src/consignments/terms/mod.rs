//! What is agreed and asked for around a consignment: the consignee's green light, papers for customs, freight and packages;
//! which papers a country asks for, and what a load can carry.
//!
//! All of it is stated and never edited: of what a statement is about the newest counts. Nothing here moves goods; a departure
//! is told what is lacking, as warnings of its event, and is refused only beyond a limit that was stated as hard.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | the words of states, and what is lacking; pure |
//! | `store` | the rows |
//! | `state` | stating |
//! | `departing` | what a departure is warned of |
//! | `read` | all that is stated of a consignment or a load, as it was known |
//! | `http` | all of that over HTTP |

pub(super) mod departing;
pub mod http;
mod read;
pub mod rules;
mod state;
mod store;

pub use store::{ConsignmentTerm, CustomsRequirement, LoadLimit};
