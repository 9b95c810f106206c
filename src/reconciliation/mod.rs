//! Does it add up: every account by condition, both sides of every identity, and what an auditor asks next.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be asked, how ages and values are worked out; pure |
//! | `anchor` | the one filter of a question that an index finds entries by |
//! | `counted` | where entries count, in SQL: the one text that all sections and the way down to entries read |
//! | `keys` | what rows are about, and the words people know it by |
//! | `accounts` | accounts by condition, and the first identity |
//! | `transit` | the second identity, consignment by consignment |
//! | `forward` | the third: what lay at each site, what came and went, what lies there |
//! | `differences` | short, over, damaged, lost: with reasons, causes and who decided; what is missing, with its age |
//! | `holders` | goods that are not with their owner, and goods by owner |
//! | `values` | declared values, by currency and basis |
//! | `numbers` | numbers of documents that nobody can account for |
//! | `unproven` | hand-overs, losses and disposals that no paper shows |
//! | `happened` | the events behind entries, as far as the caller reaches them, and their papers |
//! | `entries` | from a cell down to its entries |
//! | `listed` | the same one after the other, with their words, for whoever takes all of them away |
//! | `recompute` | everything that is derived, folded again and compared |
//! | `answer` | the sections that are asked for, in one snapshot |
//! | `http` | `GET /api/v1/reconciliation` and `reconciliation/entries` |
//!
//! Figures of now are read from balances, figures of another moment from the postings that make them. Where an entry
//! counts is said here in SQL and in [`crate::ledger::rollup`] in Rust, and a test holds the two against each other:
//! neither is trusted to check itself. Never here: one side of an identity worked out from the other, amounts of two
//! currencies added, or the name of a person.

mod accounts;
mod anchor;
mod answer;
mod counted;
mod differences;
mod entries;
mod forward;
mod happened;
mod holders;
pub mod http;
mod keys;
mod listed;
mod numbers;
mod recompute;
pub mod rules;
mod transit;
mod unproven;
mod values;

pub use accounts::{AccountsRow, AccountsSection};
pub use answer::{ReconciliationView, answer};
pub use differences::{DifferencesSection, MissingNow, MissingRow, missing_now};
pub use entries::{CellEntry, EntriesView, EntryKey};
pub use listed::{EntryTold, EventTold, entries_after, entries_count, entries_of};
