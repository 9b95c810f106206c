//! A ledger of any size that nobody told: postings, rollups and the facts they count by, written in bulk.
//!
//! Deciding five million postings one by one would take longer than anybody waits for a bench, and it is the reading
//! that is measured.

use super::failed;
use crate::core::id::{
    ConsignmentId, Identifier, ItemId, LotId, OrganizationId, PledgeId, ProgrammeId, SiteId,
};
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::{Conn, exclusive, read_failure};
use crate::ledger::rollup::{Changes, Place};
use crate::ledger::{
    Account, Cell, Condition, ConsignmentFacts, LineFacts, Posted, SiteFacts, TitlePasses, bulk,
};
use diesel::connection::SimpleConnection;
use std::collections::HashMap;
use std::fmt::Write;
use uuid::Uuid;

/// Months the events spread over, of the small ledger too: a long time is no more postings. Its number has no
/// factor in common with that of the countries, so that every month has goods for every country.
const MONTHS: u64 = 60;
/// Countries goods go to.
const COUNTRIES: u64 = 43;
/// Countries goods come from.
const ORIGIN_COUNTRIES: u64 = 4;
/// Kinds of goods.
const ITEMS: u64 = 22;
/// Donors.
const DONORS: u64 = 40;
/// Pledge lines in one consignment.
const LINES_PER_CONSIGNMENT: u64 = 5;
/// Events in a consignment's life here; each moves every line: 50 postings a consignment.
const STEPS: [(Account, Account); 5] = [
    (Account::Unallocated, Account::InStorage),
    (Account::InStorage, Account::Allocated),
    (Account::Allocated, Account::InTransit),
    (Account::InTransit, Account::Delivered),
    (Account::Delivered, Account::Distributed),
];
/// Days of a month that have events.
const DAYS: u64 = 28;
const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;
/// Rows of one statement.
const PER_STATEMENT: usize = 2_000;
/// Consignments written in one transaction.
const PER_TRANSACTION: u64 = 1_000;
/// Identifiers of the kinds of thing in the synthetic ledger, by number.
pub(super) fn id<T: Identifier>(kind: u8, number: u64) -> T {
    T::from_uuid(Uuid::from_u64_pair(u64::from(kind), number + 1))
}

fn country(number: u64) -> String {
    // Any two letters do: these rows are read by rollup columns only.
    let letter = |value: u64| char::from(b'A' + u8::try_from(value % 26).unwrap_or(0));
    [letter(number / 26), letter(number)].iter().collect()
}

/// A ledger of `consignments` with its facts.
pub(super) struct Synthetic {
    consignments: u64,
    lines: u64,
    sites: HashMap<SiteId, SiteFacts>,
    times: Vec<Timestamp>,
}

impl Synthetic {
    pub(super) fn new(consignments: u64) -> Outcome<Self> {
        let mut sites = HashMap::new();
        for number in 0..ORIGIN_COUNTRIES + COUNTRIES {
            let site = id(1, number);
            sites.insert(site, SiteFacts { site, country: country(number), operator: None });
        }
        let times: Option<Vec<Timestamp>> = (0..=MONTHS)
            .map(|month| Timestamp::parse(&format!("{}-{:02}-01", 2019 + month / 12, month % 12 + 1)))
            .collect();
        let times = times.ok_or_else(|| failed("a synthetic month is no date"))?;
        Ok(Self { consignments, lines: (consignments / 5).max(1), sites, times })
    }

    fn line(&self, number: u64) -> LineFacts {
        LineFacts {
            line: id(2, number),
            pledge: id::<PledgeId>(3, number / 5),
            programme: id::<ProgrammeId>(4, 0),
            donor: Some(id::<OrganizationId>(5, number % DONORS)),
            item: id::<ItemId>(6, number % ITEMS),
            earmark: None,
            title_passes: TitlePasses::ProofOfDelivery,
        }
    }

    fn consignment(number: u64) -> ConsignmentFacts {
        ConsignmentFacts {
            consignment: id::<ConsignmentId>(7, number),
            consignee: id::<OrganizationId>(8, number % COUNTRIES),
            origin: id(1, number % ORIGIN_COUNTRIES),
            destination: id(1, ORIGIN_COUNTRIES + number % COUNTRIES),
        }
    }

    /// Adds one consignment's life to postings and changes.
    fn add(&self, number: u64, posted: &mut Vec<Posted>, changes: &mut Changes) {
        let facts = Self::consignment(number);
        for (step, (from, to)) in (0_u64..).zip(STEPS) {
            let month = number % MONTHS + u64::from(step > 2);
            let at = self.times[usize::try_from(month).unwrap_or(0)];
            let at = Timestamp(at.0 + i64::try_from(number / MONTHS % DAYS).unwrap_or(0) * DAY);
            let sequence = i64::try_from(number * STEPS.len() as u64 + step + 1).unwrap_or(i64::MAX);
            let mut ordinal = 0;
            for part in 0..LINES_PER_CONSIGNMENT {
                let line = self.line((number * LINES_PER_CONSIGNMENT + part) % self.lines);
                for (account, quantity) in [(from, -100), (to, 100)] {
                    let cell = cell(account, &line, &facts);
                    let consigned = cell.consignment.map(|_| &facts);
                    changes.post(&Place::of(&cell, at, &line, consigned, &self.sites), &cell, quantity);
                    let key = cell.key();
                    let chosen = 0;
                    posted.push(Posted { sequence, ordinal, cell, key, quantity, chosen, effective_at: at });
                    ordinal += 1;
                }
            }
            changes.end_event();
        }
    }

    pub(super) fn write(&self, conn: &mut Conn) -> Outcome<()> {
        let mut next = 0;
        while next < self.consignments {
            let end = (next + PER_TRANSACTION).min(self.consignments);
            let (mut posted, mut changes) = (Vec::new(), Changes::default());
            for number in next..end {
                self.add(number, &mut posted, &mut changes);
            }
            exclusive(conn).map_err(read_failure)?;
            bulk::write_figures(conn, &posted, &changes).map_err(read_failure)?;
            conn.batch_execute("COMMIT").map_err(read_failure)?;
            next = end;
        }
        Ok(())
    }
}

impl Synthetic {
    /// The last sequence.
    pub(super) fn last(&self) -> i64 {
        i64::try_from(self.consignments * STEPS.len() as u64).unwrap_or(i64::MAX)
    }

    /// Writes what dated blocks ask for besides: lines, consignments, sites, and where the record stands. SQLite only,
    /// and nothing else of a ledger is there.
    pub(super) fn write_facts(&self, conn: &mut Conn) -> Outcome<()> {
        let hex = |id: Uuid| format!("x'{}'", id.simple());
        let programme = hex(id::<ProgrammeId>(4, 0).0);
        let mut rows = Inserts::default();
        for site in self.sites.values() {
            let (id, country) = (hex(site.site.0), &site.country);
            rows.add("sites (id, name, kind, country, revision, created_at, updated_at)", || {
                format!("{id}, {id}, 'city', '{country}', 1, 0, 0")
            })?;
        }
        for number in 0..self.lines {
            let line = self.line(number);
            let (pledge, donor) =
                (hex(line.pledge.0), line.donor.map_or("NULL".to_owned(), |donor| hex(donor.0)));
            if number % 5 == 0 {
                rows.add("pledges (id, programme_id, donor_id, kind, state, offered_at, revision, created_at, updated_at)", || {
                    format!("{pledge}, {programme}, {donor}, 'promised', 'accepted', 0, 1, 0, 0")
                })?;
            }
            rows.add(
                "pledge_lines (id, pledge_id, ordinal, item_id, offered, accepted, title_passes)",
                || {
                    let (id, item) = (hex(line.line.0), hex(line.item.0));
                    format!("{id}, {pledge}, {}, {item}, 1, 1, 'proof_of_delivery'", number % 5)
                },
            )?;
        }
        for number in 0..self.consignments {
            let facts = Self::consignment(number);
            let [id, consignee, origin, destination] =
                [facts.consignment.0, facts.consignee.0, facts.origin.0, facts.destination.0].map(hex);
            let columns = "consignments (id, programme_id, tracking_code, consignee_id, origin_id, destination_id, \
                           cancelled, revision, created_at, updated_at)";
            rows.add(columns, || {
                format!("{id}, {programme}, 'S{number}', {consignee}, {origin}, {destination}, 0, 1, 0, 0")
            })?;
        }
        let last = self.last();
        let state = format!(
            "INSERT INTO ledger_state (id, sequence, recorded_at, edge, origin) VALUES (1, {last}, 0, x'0000000000000000', '-')"
        );
        conn.batch_execute("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").map_err(read_failure)?;
        rows.run(conn)?;
        conn.batch_execute(&format!("{state}; COMMIT")).map_err(read_failure)
    }
}

/// Rows written as words, some thousand in a statement.
#[derive(Default)]
struct Inserts(Vec<(&'static str, String, usize)>);

impl Inserts {
    fn add(&mut self, into: &'static str, row: impl FnOnce() -> String) -> Outcome<()> {
        let open = self.0.iter_mut().rev().find(|(there, _, rows)| *there == into && *rows < PER_STATEMENT);
        match open {
            Some((_, text, rows)) => {
                *rows += 1;
                write!(text, ", ({})", row()).map_err(failed)
            }
            None => {
                self.0.push((into, format!("INSERT INTO {into} VALUES ({})", row()), 1));
                Ok(())
            }
        }
    }

    fn run(&self, conn: &mut Conn) -> Outcome<()> {
        self.0.iter().try_for_each(|(_, text, _)| conn.batch_execute(text).map_err(read_failure))
    }
}

fn cell(account: Account, line: &LineFacts, facts: &ConsignmentFacts) -> Cell {
    let at = match account {
        Account::InStorage | Account::Allocated => Some(facts.origin),
        Account::InTransit
        | Account::Delivered
        | Account::Distributed
        | Account::Missing
        | Account::Lost
        | Account::Disposed => Some(facts.destination),
        Account::Promised
        | Account::Surplus
        | Account::Unallocated
        | Account::Returned
        | Account::Withdrawn => None,
    };
    let is_consigned = !matches!(account, Account::Unallocated | Account::InStorage);
    Cell {
        account,
        condition: Condition::Good,
        line: line.line,
        lot: LotId::unknown(line.item),
        item: line.item,
        consignment: is_consigned.then_some(facts.consignment),
        leg: None,
        site: at,
        holder: Some(facts.consignee),
    }
}
