//! Every test of the project is in this one binary: a story file per resource, plus what holds the house together.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and saying why is all it can do"
)]

mod access;
mod answers;
mod api_keys;
mod approvals;
mod areas;
mod atlas;
mod audit;
mod auth;
#[path = "../browser/mod.rs"]
mod browser;
mod baselines;
mod captures;
mod carrying;
mod claims;
mod checks;
mod cold;
mod command_line;
mod counts;
mod currencies;
mod demo;
mod docs;
mod doors;
mod drills;
mod duties;
mod erasure;
mod exports;
mod fuzz;
mod gaps;
mod geography;
mod grants;
mod hardening;
mod http_surface;
mod import;
mod imports;
mod items;
mod kits;
mod lists;
mod log;
mod lots;
mod mail;
mod matrix;
mod migrations;
mod needs;
mod pages;
mod papers;
mod papers_printed;
mod outside;
mod parties;
mod parts;
mod people;
mod programmes;
mod properties;
mod public_pages;
mod reach;
mod reconciliation;
mod register;
mod server_log;
mod replica;
mod routes;
mod sessions;
mod sites;
mod stories;
mod streams;
mod support;
mod table;
mod tampering;
mod terms;
mod tidy;
mod tls;
mod token_attacks;
mod totals;
mod tracking;
mod unwanted;
mod vault;
mod webhooks;
mod verify;
mod whole_story;
