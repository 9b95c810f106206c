//! Tables in: a file somebody filled in becomes records the ledger can post.
//!
//! The front half here needs no database. It runs in one direction:
//! bytes ([`encoding`], [`delimiter`], [`workbook`]) become a [`table`] of text cells;
//! a [`mapping`] says what its columns mean; [`planner`] reads each row by that mapping
//! ([`reading`], [`value`], [`dates`]) into a [`plan`] of typed records with stable references;
//! [`verdict`] then says for each row whether it was created, updated, unchanged or rejected.
//!
//! The back half, [`apply`], brings a plan into the ledger, or rehearses that. Mappings may be [`kept`] in the ledger,
//! in every version they had. Tables of people that others counted have mappings of their own kind ([`headcounts`]),
//! and so have the [`records`] of a ledger, which go out and come back under their own identifiers.
//!
//! Never done here: guessing what a cell may have meant, or changing a
//! cell without saying so. A row that cannot be read is rejected with row, column, value and
//! reason, and takes nothing else with it.

pub mod apply;
pub mod blank;
mod columns;
pub mod dates;
pub mod delimiter;
pub mod demo;
mod draft;
pub mod encoding;
mod headcount_mapping;
pub mod headcounts;
pub mod http;
pub mod import;
pub mod kept;
pub mod mapping;
pub mod mapping_check;
mod mapping_error;
mod mapping_file;
mod mapping_need;
mod merge;
mod http_headcounts;
mod http_needs;
mod http_rows;
pub mod jobs;
pub mod needs;
mod noted;
pub mod plan;
pub mod planner;
mod prolog;
pub mod reading;
mod restate;
pub mod sheets;
pub mod records;
pub mod references;
pub mod report;
pub mod stated;
pub mod table;
pub mod template;
mod text_rows;
pub mod value;
pub mod verdict;
pub mod workbook;
