//! Papers and what they prove: waybills, goods received notes, proofs of delivery, loss reports and others; the photos
//! and scans of them; and their numbers.
//!
//! | file | what it is |
//! |---|---|
//! | `attachment` | a photo or scan: added once, shared, erased |
//! | `expire` | erasing those whose time is over, and finishing what broke off |
//! | `rules` | kinds of document, what is required of one, how numbers are written |
//! | `number` | numbers without gaps: the counter, and which are used |
//! | `block` | numbers given out to a phone or a paper book |
//! | `store` | the rows of documents |
//! | `file` | recording a document, adding evidence, voiding |
//! | `read` | lists and views, each as far as the caller's scope reaches |
//! | `reach` | what a caller may write about, and whose a document is to add to and to void |
//! | `traced` | what a donor reads of a document and of its attachments |
//! | `report` | every number of a series: used, void, open, and no gap |
//! | `http`, `http_attachments`, `http_numbers` | all of that over HTTP |
//!
//! Invariants: a number is used once, and every number from 1 to the counter is used, void, or open in a block. A
//! document is never removed, only voided, and keeps its number. What a photo shows lies sealed in a table of its own
//! under a key of its own, for a time; erasing destroys both and leaves hash and number on record. A picture is never kept as it
//! came: what is not needed to show it is left out before anything is hashed or sealed. Never here: the names of
//! signatories, which are the vault's, or a decision about goods.

mod attachment;
mod block;
pub mod expire;
mod file;
pub mod http;
mod http_attachments;
mod http_numbers;
mod number;
mod reach;
mod read;
mod report;
pub mod rules;
mod store;
mod traced;

pub use attachment::{ATTACHMENT_BYTES_MAX, Attachment, AttachmentBytes};
pub use block::NumberBlock;
pub use http_attachments::attachment_keep;
pub use number::{NumberEntry, NumberSeries};
pub(crate) use read::of_sensitive_programme;
pub use read::{documents_within, numbers_of};
pub use store::{Document, DocumentAttachment, DocumentEvent, Signatory};
