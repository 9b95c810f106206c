//! ReliefLedger: where donated supplies are, whom they reached, and whether it adds up.
//!
//! This file is the map. A room may use only rooms above it in this list; `tests/it/tidy.rs`
//! keeps that true. Every room's `mod.rs` says what the room is and what is never done there.

/// Pure words everything else is said in: ids, time, quantities and packs, pages, problems.
pub mod core;
/// Countries, areas and distances, embedded; pure.
pub mod atlas;
/// The two databases behind one connection type: schema, migrations, read, write, bulk.
pub mod db;
/// The log nobody can rewrite: entries, Merkle tree, signed receipts and checkpoints.
pub mod audit;
/// What says who a person is, sealed under keys outside the database, so that it can be erased.
pub mod vault;
/// What a file is by its content, and what is kept of it.
pub mod content;
/// The one way to record anything: queue, batch, decide, commit, answer.
pub mod writer;
/// Who is calling and what that caller may do.
pub mod auth;
/// What every `http.rs` needs: extractors, problem answers, paging, limits.
pub mod web;
/// What one person proposes and another decides: the record both leave, and who may not decide.
pub mod proposals;
/// The people who log in: the first administrator, sessions, adding and changing users.
pub mod users;
/// What files say further of organizations, sites, items and lines, in their words.
pub mod facts;
/// Accounts, balances, rollups: double entry in goods; knows no kind of event.
pub mod ledger;
/// Whether a hand-over is verified or only reported, and by what.
pub mod evidence;
/// What is given: items, their packs and lots.
pub mod items;
/// Who gives, sends, carries and receives: organizations.
pub mod parties;
/// People who sign, receive or drive: sealed, kept for a time, erasable.
pub mod people;
/// What pledges are grouped for, and the figures others reported.
pub mod programmes;
/// What people are counted against: populations, targets, caseloads and rounds, as they were known.
pub mod baselines;
/// Which areas there are inside countries, by which edition of their borders.
pub mod areas;
/// Where goods can be, and which area that is in.
pub mod sites;
/// What is not to be sent where, and why.
pub mod unwanted;
/// Kits packed here: recipes, and the handling units that are packed by them.
pub mod kits;
/// Promises: offered, accepted, declined, withdrawn, followed by their donor.
pub mod pledges;
/// Goods for one consignee under one tracking code: allocate, depart, receive, split, divert.
pub mod consignments;
/// What happens to goods in custody: move, count, damage, hold, relot, dispose.
pub mod stock;
/// The hand-over to people.
pub mod distributions;
/// The registry and the route of all kinds of event, and the updates that wait.
pub mod events;
/// The second person: what is proposed, and deciding it.
pub mod approvals;
/// Telling others what is recorded: how far each was told, what was not taken, and telling again.
pub mod outbox;
/// Telling other systems of events, each by a signed message.
pub mod webhooks;
/// What is claimed from somebody for a loss or a disposal.
pub mod claims;
/// Totals by any dimension, with both sides of every identity.
pub mod totals;
/// Ways on a map, how long they took, when goods under way arrive, and what is late.
pub mod forecast;
/// The figures on a map.
pub mod map;
/// How many people hand-overs reached, without counting anybody twice.
pub mod reach;
/// What is needed where by when: stated, circulated, answered.
pub mod needs;
/// What is lacking where, and what could fill it.
pub mod gaps;
/// The figures of a programme that anybody may read, once it is published.
pub mod highlights;
/// The public answer to a tracking code.
pub mod tracking;
/// Telling people by mail: of a tracking code, in digests, of what is late, missing or expiring.
pub mod mail;
/// A consignee without an account confirms receipt, by a link that is good once.
pub mod confirmations;
/// Tables in: files, mappings and the versions that are kept of them, imports.
pub mod exchange;
/// Papers and what they prove: attachments, documents, numbers without gaps.
pub mod documents;
/// Papers to print: waybills, lists, letters, notes and labels, as PDF and HTML.
pub mod papers;
/// Whether it adds up: accounts, identities, differences, and the way down to entries.
pub mod reconciliation;
/// Counting what lies at a site: sheets, and the card of an item.
pub mod counts;
/// What an auditor looks with: samples nobody can steer, red flags, the trace of a lot.
pub mod checks;
/// Events that other systems send in EPCIS, and what becomes of them here.
pub mod captures;
/// What is taken away as a file: tables, workbooks and the formats of the sector.
pub mod exports;
/// Lots to look at: what expires before it is used, and what was called back.
pub mod lots;
/// What has to be kept at a temperature: what loggers recorded, and what is held for it.
pub mod cold;
/// Handling units as they are read: per site and consignment, with what each holds.
pub mod units;
/// The pages people open in a browser.
pub mod pages;
/// Wiring: configuration, routes, middleware, OpenAPI, start and stop.
pub mod app;
/// One file per subcommand.
pub mod cli;
