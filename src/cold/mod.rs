//! What has to be kept at a temperature: what loggers recorded, holding what was too warm or too cold for too long, and which
//! storage classes a site can keep.
//!
//! A file of readings is of one logger, beside goods of one item, at a site or on a leg. It is kept as it was sent, with its
//! SHA-256, and never changed; readings that cannot be are refused one by one. Where readings stay outside of what the item's
//! class allows for longer than is stated, the goods are held in the same commit, by ordinary `held` events that name the file.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | temperatures of a class, what a reading can be, and how long one stays outside; pure |
//! | `table` | a logger's file as readings |
//! | `store` | the rows |
//! | `watch` | what a logger watched, and a file as it was read |
//! | `watched` | what files before told around a file, and what was acted on |
//! | `record` | recording a file, and holding what it tells of |
//! | `read` | files as they are read |
//! | `storage` | which classes a site can keep, and what lies where it cannot be kept |
//! | `http`, `http_storage` | all of that over HTTP |
//!
//! Invariants: temperatures are whole hundredths of a degree; a hold names its file and is on the record of who sent it; the
//! same file again changes nothing, and what was acted on once is not acted on again. Never here: releasing what is held, or saying that it is spoilt, which people do.

pub mod http;
pub mod http_storage;
mod read;
mod record;
pub mod rules;
mod storage;
mod store;
mod table;
mod watch;
mod watched;

pub use storage::SiteStorage;
pub use store::{LoggerContent, LoggerFile, LoggerReadings};
