//! Totals over a small and a large ledger: what they cost must not grow with the postings.
//!
//! The figures are synthetic and written in bulk; deciding five million postings one by one would take
//! longer than anybody waits for a bench, and it is the reading that is measured.

use super::failed;
use super::figure::Figure;
use super::scratch::Scratch;
use crate::auth::Scope;
use crate::core::id::{
    ConsignmentId, Identifier, ItemId, LotId, OrganizationId, PledgeId, ProgrammeId, SiteId,
};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, Database, Settings, connect, exclusive, migrate, read_failure};
use crate::ledger::rollup::{Changes, Place};
use crate::ledger::{
    Account, Cell, Condition, ConsignmentFacts, LineFacts, Posted, SiteFacts, TitlePasses, bulk,
};
use crate::totals::answer;
use crate::totals::rules::{Filters, PlaceMeaning, Question, read_groups};
use diesel::connection::SimpleConnection;
use std::collections::HashMap;
use std::time::Instant;
use uuid::Uuid;

/// Consignments of the small ledger.
const FEW: u64 = 1_000;
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
/// Consignments written in one transaction.
const PER_TRANSACTION: u64 = 1_000;
/// Times a question is asked; the middle one counts.
const ASKED: usize = 21;

/// Identifiers of the kinds of thing in the synthetic ledger, by number.
fn id<T: Identifier>(kind: u8, number: u64) -> T {
    T::from_uuid(Uuid::from_u64_pair(u64::from(kind), number + 1))
}

fn country(number: u64) -> String {
    // Any two letters do: these rows are read by rollup columns only.
    let letter = |value: u64| char::from(b'A' + u8::try_from(value % 26).unwrap_or(0));
    [letter(number / 26), letter(number)].iter().collect()
}

/// A ledger of `consignments` with its facts.
struct Synthetic {
    consignments: u64,
    lines: u64,
    sites: HashMap<SiteId, SiteFacts>,
    times: Vec<Timestamp>,
}

impl Synthetic {
    fn new(consignments: u64) -> Outcome<Self> {
        let mut sites = HashMap::new();
        for number in 0..ORIGIN_COUNTRIES + COUNTRIES {
            let site = id(1, number);
            sites.insert(site, SiteFacts { site, country: country(number), operator: None });
        }
        let times: Option<Vec<Timestamp>> = (0..=MONTHS)
            .map(|month| Timestamp::parse(&format!("{}-{:02}-15", 2019 + month / 12, month % 12 + 1)))
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

    /// Adds one consignment's life to postings and changes.
    fn add(&self, number: u64, posted: &mut Vec<Posted>, changes: &mut Changes) {
        let consignment: ConsignmentId = id(7, number);
        let origin: SiteId = id(1, number % ORIGIN_COUNTRIES);
        let destination: SiteId = id(1, ORIGIN_COUNTRIES + number % COUNTRIES);
        let consignee: OrganizationId = id(8, number % COUNTRIES);
        let facts = ConsignmentFacts { consignment, consignee, origin, destination };
        for (step, (from, to)) in (0_u64..).zip(STEPS) {
            let month = number % MONTHS + u64::from(step > 2);
            let at = self.times[usize::try_from(month).unwrap_or(0)];
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

    fn write(&self, conn: &mut Conn) -> Outcome<()> {
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

/// Measures three questions on a small and a large ledger.
///
/// # Errors
/// Whatever the database says.
pub(super) fn measure(scratch: &Scratch, quick: bool, figures: &mut Vec<Figure>) -> Outcome<()> {
    let many = if quick { 10_000 } else { 100_000 };
    let small = ledger(scratch, "totals-small.db", FEW)?;
    let large = ledger(scratch, "totals-large.db", many)?;
    for (groups, filtered) in [("country", false), ("country,month", false), ("item,country", true)] {
        let programme = filtered.then(|| id::<ProgrammeId>(4, 0));
        let question = Question {
            group_by: read_groups(groups)?,
            place: PlaceMeaning::At,
            filters: Filters { programme, ..Filters::default() },
            scope: Scope::everything(),
            eyes: None,
            as_of: None,
            known_at: None,
        };
        let (few_ms, many_ms) = (ask(&small, &question)?, ask(&large, &question)?);
        let filter = if filtered { ", one programme" } else { "" };
        figures.push(Figure::shown(
            format!("totals by {groups}{filter}, {} postings", many * 50),
            "ms",
            many_ms,
        ));
        figures.push(Figure::at_most(
            format!("totals by {groups}{filter}, {many} consignments over {FEW}"),
            "times",
            many_ms / few_ms,
            3.0,
        ));
    }
    Ok(())
}

fn ledger(scratch: &Scratch, name: &str, consignments: u64) -> Outcome<Database> {
    let url = scratch.sqlite(name);
    let mut conn = connect(&url)?;
    migrate(&mut conn)?;
    Synthetic::new(consignments)?.write(&mut conn)?;
    Database::open(Settings { url })
}

/// Milliseconds to answer, the middle of several.
fn ask(database: &Database, question: &Question) -> Outcome<f64> {
    let mut milliseconds = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let began = Instant::now();
        let view = database.read(|conn| answer(conn, question))?;
        milliseconds.push(began.elapsed().as_secs_f64() * 1_000.0);
        if view.rows.is_empty() {
            return Err(failed("totals of a synthetic ledger are empty"));
        }
    }
    milliseconds.sort_unstable_by(f64::total_cmp);
    Ok(milliseconds[ASKED / 2])
}
