//! The public answer to a tracking code: state, timeline, countries; no names, no donor's quantities.

pub mod http;
mod store;
pub mod words;

pub use http::tracked_by;
pub use store::{
    TrackedArrival, TrackedLeg, TrackingEvent, TrackingView, tracking_news, tracking_read, tracking_whole,
};
