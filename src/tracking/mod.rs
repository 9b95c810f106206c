//! The public answer to a tracking code: state, timeline, countries; no names, no donor's quantities.

pub mod http;
mod store;

pub use store::{TrackingView, tracking_news, tracking_read};
