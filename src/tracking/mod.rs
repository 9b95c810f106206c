//! The public answer to a tracking code: state, timeline, countries; no names, no donor's quantities. To a pledge's private
//! link (`linked`) what became of the goods of that one pledge.

pub mod http;
mod linked;
mod store;
pub mod words;

pub use http::tracked_by;
pub use linked::{LinkTrace, TrackedByLink, trace_by_link};
pub use store::{
    TrackedArrival, TrackedLeg, TrackingEvent, TrackingView, tracking_news, tracking_read, tracking_whole,
};
