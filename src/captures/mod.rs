//! EPCIS capture: events of other systems that update our consignments.
//!
//! | file | what it is |
//! |---|---|
//! | `uris` | what the identifiers of an event stand for; pure |
//! | `rules` | documents and events, and which of GS1's steps is which kind of event; pure |
//! | `event` | reading one event; pure |
//! | `store` | the rows: documents as they were sent, and the events of each |
//! | `record` | recording a document; posting or parking an event of it |
//! | `dismiss` | dismissing what waits |
//! | `matching` | which consignment, leg and goods an event means |
//! | `restating` | what an event means that declares another one an error, or takes its place |
//! | `settle` | settling what was accepted, beside the writer and after a restart |
//! | `read` | documents and events as they are read |
//! | `http` | `POST /api/v1/epcis/capture`, and what became of it |
//!
//! A document is recorded whole before it is answered; its events are settled afterwards, each in one commit with the
//! event of the ledger that it becomes. That is an ordinary event of the sender's, by the rules and limits of any other.
//! What fits nothing, or what the ledger refuses, waits for a person. Never here: a posting, or an event that is dropped.

mod dismiss;
pub mod event;
pub mod http;
mod matching;
mod read;
mod record;
mod restating;
pub mod rules;
mod settle;
mod store;
pub mod uris;

pub use read::CapturedView;
pub use settle::Settling;
pub use store::{Capture, CaptureContent, CapturedEvent, CapturedState, uris_of};
