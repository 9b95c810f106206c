//! The registry and the route of all kinds of event, and the updates that wait.
//!
//! An event's identifier is made by the client and counts once: the same body again returns the first
//! result, another body is refused. What names something not known yet, or needs goods that are still
//! upstream, is acknowledged and posts by itself, or is refused when it could; that is kept beside it until somebody
//! dismisses it. Other refusals are not remembered.

mod correct;
mod dismiss;
mod flows;
pub mod http;
pub mod http_stream;
mod kind;
mod moved_on;
mod named;
mod post;
mod propose;
mod reach;
mod read;
mod read_waiting;
mod receiver;
mod reverse;
mod steps;
pub mod store;
mod times;
mod told;
mod wait;
mod words;

pub use correct::Corrected;
pub use dismiss::{Dismissal, WaitingDismiss};
pub use flows::{FLOWS_DIFFER, Flows, FlowsFold, FlowsOf, flows_text, verify_flows};
pub use kind::{COMMON, Command, Kind, Second};
pub use named::Named;
pub use post::{PostEvent, want_event};
pub use propose::{EffectLine, approval_of, post_approved};
pub use reach::{approvals_within, check_reached, claims_within, events_within};
pub use read::{
    EventFilter, EventShown, EventView, events_about, events_between, events_named, events_whole, heading_of,
    sequence_of,
};
pub use read_waiting::{WaitingState, WaitingView};
pub use reverse::Reversed;
pub use store::{RefusalRecord, WaitingRecord, wake};
pub use told::told_within;
pub use words::check_words;
