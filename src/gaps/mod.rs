//! What is lacking where, and what could fill it.
//!
//! A gap is a need less what is there and usable, and less what arrives in time; never below 0. Its parts stand beside it,
//! so that a reader adds it up. What is held, damaged, expired, too short-lived, late or meant for elsewhere fills nothing,
//! and is told apart. Proposals say how free goods could fill the largest unmet shares; a proposal moves nothing until a
//! manager accepts it, by the ordinary rule for reserving. Never here: a figure that one reads without its parts.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | filling needs out of what there is, and proposing; pure |
//! | `store` | the needs, and the goods that may fill them |
//! | `view` | the answers as they go over the wire |
//! | `proposals`, `accept` | how free goods could fill what is lacking, and reserving them |
//! | `met` | how much of what a programme needs is met where, for its published figures |
//! | `months` | needs of an item by month, and what fills them |
//! | `moved` | whether goods or needs changed since that was worked out |
//! | `http` | `GET gaps`, and proposals |

mod accept;
pub mod http;
mod met;
mod months;
mod moved;
mod proposals;
pub mod rules;
mod store;
mod view;

pub use accept::{Judged, ProposalsAccept, ProposalsAccepted, Seen, judge};
pub use met::{MetAt, needs_met};
pub use months::{GapMonth, GapMonths, gap_months};
pub use view::ProposalView;
