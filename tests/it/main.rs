//! Every test of the project is in this one binary: a story file per resource, plus what holds the house together.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and saying why is all it can do"
)]

mod atlas;
mod audit;
#[path = "../browser/mod.rs"]
mod browser;
mod support;
mod table;
mod tidy;
mod totals;
mod verify;
mod whole_story;
