//! What is taken away as a file, for spreadsheets, for other systems and for whoever checks us.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | kinds of file, what may be asked, and the words files bear; pure |
//! | `stamp` | what each file says of itself |
//! | `record` | what the log keeps of it: what was asked by whom, and the digest of every byte |
//! | `sink` | where bytes go: counted and hashed on their way |
//! | `source` | pages of entries and records, as they were known at one entry of the ledger |
//! | `entries` | the columns of an entry and of a record, the same in all tables |
//! | `figures` | sums by place, for kinds of file that have no entries |
//! | `csv`, `ndjson`, `hxl`, `geojson` | one kind of file each |
//! | `xlsx`, `workbook` | a workbook, and its sheets |
//! | `iati`, `activity` | IATI's activities, and what one tells of a programme |
//! | `epcis`, `chain`, `step` | EPCIS's events, what restated them, and their words in GS1's vocabulary; `step` is pure |
//! | `write` | an export from its beginning to its end, and which kind is written by whom |
//! | `turn` | how many there are at once |
//! | `http` | `GET /api/v1/exports/{kind}` and the list of what was taken |
//!
//! A file is made of pages that are read one after the other, as they were known at the entry of the ledger that it names:
//! nothing is held open for a slow reader, and memory is the same for a thousand rows as for a million. The last bytes
//! leave after the digest is in the log. Numbers are numbers, and no text is a formula. Never here: a figure of its own, or
//! a row that its reader could not read otherwise.

mod activity;
mod chain;
mod csv;
mod entries;
mod epcis;
mod figures;
mod geojson;
mod hxl;
pub mod http;
mod iati;
mod ndjson;
mod record;
pub mod rules;
mod sink;
mod source;
mod stamp;
mod step;
mod turn;
mod workbook;
mod write;
mod xlsx;

pub use record::Exported;
pub use rules::{ExportQuery, Kind};
pub use write::{Caller, Done, Export, Progress, begin, run};
