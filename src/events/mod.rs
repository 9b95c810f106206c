//! The registry and the route of all kinds of event, and the updates that wait.
//!
//! An event's identifier is made by the client and counts once: the same body again returns the first
//! result, another body is refused. What names something not known yet, or needs goods that are still
//! upstream, is acknowledged and posts by itself, or is refused when it could; that is kept beside it until somebody
//! dismisses it. Other refusals are not remembered.
//!
//! | file | what it is |
//! |---|---|
//! | `kind`, `words` | all kinds of event; what is looked at in each, whatever its kind |
//! | `post`, `wait`, `store` | posting once, now or when it can; what waits, and waking it |
//! | `dismiss`, `read_waiting` | what was refused of that, dealt with and read |
//! | `propose`, `steps` | what counts only once somebody else approves it; what one person moves step by step |
//! | `correct`, `times`, `moved_on` | right figures, from when they count, and what had moved on |
//! | `reverse` | taking back what never happened |
//! | `receiver` | a hand-over that its receiver posts |
//! | `named`, `reach`, `told` | what an event names, how far a scope reaches into it, and what a refusal tells of others |
//! | `flows` | both sides of every consignment's transit, for the verifier |
//! | `read` | reading events |
//! | `http`, `http_stream` | all of that over HTTP; events as they are recorded, over one connection |
//! | `streams` | who listens at the moment: how many may, and when it ends |

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
pub mod streams;
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
pub use read_waiting::{WaitingState, WaitingView, waiting_read};
pub use reverse::Reversed;
pub use store::{RefusalRecord, WaitingRecord, wake};
pub use told::told_within;
pub use words::check_words;
