//! Papers to print: what goes with goods, what customs, consignees and donors are given.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | which papers there are, in which languages and forms; pure |
//! | `words`, `words_goods`, `words_told` | every phrase in six languages |
//! | `formats` | numbers, days, weights and amounts as a language writes them |
//! | `model` | a paper before anybody draws it: headings, facts, tables, codes, signatures, labels |
//! | `shipment`, `goods` | what is read of a consignment, and what it was packed with |
//! | `packages` | in which packages and handling units that is |
//! | `named` | organizations, sites and programmes by the words people know them by |
//! | `linked` | a waybill with a link on it by which receipt is confirmed |
//! | `shipping`, `customs`, `labels` | waybill and packing list; gift certificate and pro forma invoice; labels |
//! | `giving`, `report` | acceptance letter and donation receipt; what a donor is told |
//! | `handed`, `notes`, `moved` | papers of documents: goods received note, proof of delivery, loss report |
//! | `foot` | up to which entry of the ledger a paper goes, and the checkpoint that covers it |
//! | `html`, `code` | a paper as one page that needs nothing from outside; codes for cameras |
//! | `typeface`, `flow`, `boxes`, `table`, `pdf` | the same as PDF: shaping, pages, what stands in them, the file |
//! | `http` | `GET consignments/{id}/papers/{kind}`, `pledges/{id}/papers/{kind}`, `documents/{id}/paper` |
//!
//! A paper is drawn twice from one model, so that both forms say the same. What is not known is a line to fill in by
//! hand. Never here: a figure that no other room answers, a number that `documents` did not give, anything recorded, and
//! on a donor's paper anybody's name.

mod boxes;
pub mod code;
mod customs;
mod flow;
mod foot;
pub mod formats;
mod giving;
mod goods;
mod handed;
pub mod html;
pub mod http;
mod labels;
mod linked;
pub mod model;
mod moved;
mod named;
mod notes;
mod packages;
pub mod pdf;
mod report;
pub mod rules;
mod shipment;
mod shipping;
mod table;
mod typeface;
pub mod words;
mod words_goods;
mod words_told;

pub use foot::foot as foot_lines;
pub use goods::origin_stated;
pub use linked::{linked, waybill_read};
pub use report::link_report;
