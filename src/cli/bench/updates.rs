//! Single updates from many connections: the writer's batches against one transaction an update, on the
//! disk as it is and on one that is 3 ms slower, and against bulk SQL.

use super::cpu::{PostgresProcesses, of_this_process};
use super::figure::Figure;
use super::house::{CONNECTIONS, House, UPDATES_PER_SHIPMENT};
use super::limit::{Stretch, bulk_seconds};
use super::load::Sent;
use crate::app::Handicap;
use crate::core::problem::Outcome;
use crate::db::connect;
use crate::writer::{Comparison, log_state};
use std::time::{Duration, Instant};

/// What an ordinary disk takes longer for each commit than the fast one of this machine.
const SLOWER_DISK: Duration = Duration::from_millis(3);

/// How long a server that was started is watched at a time, what it may use meanwhile at rest, and when it is measured in
/// any case.
const SETTLING: Duration = Duration::from_millis(400);
const STILL: Duration = Duration::from_millis(20);
const SETTLED_AT_LAST: Duration = Duration::from_secs(20);

/// Shipments of each run, six updates each: enough for a second or more at the rate expected of it.
pub(super) struct Counts {
    batches: usize,
    one_by_one: usize,
    batches_slowed: usize,
    one_by_one_slowed: usize,
}

impl Counts {
    /// Fewer where somebody waits.
    pub(super) fn new(quick: bool) -> Self {
        if quick {
            Self { batches: 2_048, one_by_one: 512, batches_slowed: 1_024, one_by_one_slowed: 128 }
        } else {
            Self { batches: 8_192, one_by_one: 2_048, batches_slowed: 4_096, one_by_one_slowed: 384 }
        }
    }
}

/// Updates of a run that are written again in bulk: enough for a steady rate.
const WRITTEN_AGAIN: i64 = 12_288;

/// What each database must reach.
pub(super) struct Targets {
    /// Over one transaction an update.
    pub(super) over_one_by_one: f64,
    /// The word for the database in the report.
    pub(super) name: &'static str,
}

/// One run of updates.
pub(super) struct Run {
    pub(super) sent: Sent,
    pub(super) cpu: Duration,
    sequences: (i64, i64),
}

/// Measures all runs on a house; returns the consignments that have been on their whole way.
///
/// # Errors
/// Where anything is refused.
pub(super) fn measure(
    house: &House,
    limit_url: &str,
    counts: &Counts,
    targets: &Targets,
    figures: &mut Vec<Figure>,
) -> Outcome<Vec<uuid::Uuid>> {
    let name = targets.name;
    let handicap = |one_by_one, commit_delay| Handicap {
        one_by_one,
        comparison: Comparison { commit_delay, ..Comparison::default() },
    };
    let (batches, consignments) = run(house, counts.batches, handicap(false, Duration::ZERO))?;
    let limit = bulk_rate(&house.url, limit_url, batches.sequences)?;
    let (alone, _) = run(house, counts.one_by_one, handicap(true, Duration::ZERO))?;
    let (batches_slowed, _) = run(house, counts.batches_slowed, handicap(false, SLOWER_DISK))?;
    let (alone_slowed, _) = run(house, counts.one_by_one_slowed, handicap(true, SLOWER_DISK))?;

    let rate = batches.sent.per_second();
    let over = |fast: &Run, slow: &Run| fast.sent.per_second() / slow.sent.per_second();
    let updates = (counts.batches * UPDATES_PER_SHIPMENT) as f64;
    let cpu_ms = batches.cpu.as_secs_f64() * 1_000.0 / updates;
    figures.extend([
        Figure::shown(format!("{name}: updates in batches"), "/s", rate),
        Figure::shown(format!("{name}: updates one by one"), "/s", alone.sent.per_second()),
        Figure::shown(format!("{name}: bulk SQL of the same rows"), "/s", limit),
        Figure::at_least(
            format!("{name}: batches over one by one"),
            "times",
            over(&batches, &alone),
            targets.over_one_by_one,
        ),
        Figure::shown(
            format!("{name}: updates in batches, disk 3 ms slower"),
            "/s",
            batches_slowed.sent.per_second(),
        ),
        Figure::at_least(
            format!("{name}: batches over one by one, disk 3 ms slower"),
            "times",
            over(&batches_slowed, &alone_slowed),
            10.0,
        ),
        Figure::at_least(format!("{name}: share of the bulk SQL limit"), "", rate / limit, 0.5),
        Figure::shown(format!("{name}: median time of an update"), "ms", batches.sent.p50_ms),
        Figure::at_most(format!("{name}: 99th percentile of an update"), "ms", batches.sent.p99_ms, 100.0),
        Figure::at_most(format!("{name}: server CPU for an update"), "ms", cpu_ms, 0.4),
    ]);
    Ok(consignments)
}

/// Updates in a second that bulk SQL writes, as many a transaction as there are connections.
fn bulk_rate(from: &str, to: &str, (first, last): (i64, i64)) -> Outcome<f64> {
    let last = last.min(first + WRITTEN_AGAIN - 1);
    let seconds = bulk_seconds(from, to, Stretch { first, last, per_transaction: CONNECTIONS as i64 })?;
    Ok((last - first + 1) as f64 / seconds)
}

/// Sends the journeys of so many shipments to a server with this handicap.
///
/// # Errors
/// Where anything is refused.
pub(super) fn run(house: &House, shipments: usize, handicap: Handicap) -> Outcome<(Run, Vec<uuid::Uuid>)> {
    let prepared = house.prepare(shipments)?;
    let before = log_state(&mut connect(&house.url)?)?.last.sequence;
    let meter = Meter::new(&house.url)?;
    let server = house.open(handicap)?;
    let began = meter.settled()?;
    let sent = house.send(&server, prepared.journeys)?;
    let cpu = meter.used()?.saturating_sub(began);
    server.stop()?;
    let after = log_state(&mut connect(&house.url)?)?.last.sequence;
    Ok((Run { sent, cpu, sequences: (before + 1, after) }, prepared.consignments))
}

/// CPU of the server: this process, which does nothing else meanwhile, and the database's processes.
pub(super) struct Meter {
    postgres: Option<PostgresProcesses>,
}

impl Meter {
    /// A meter for a server on this database.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(super) fn new(url: &str) -> Outcome<Self> {
        let postgres =
            if url.starts_with("postgres") { PostgresProcesses::behind(&mut connect(url)?)? } else { None };
        Ok(Self { postgres })
    }

    /// What was used so far, once the server has done what it does at its start alone, such as reading the log it goes on
    /// signing: that is no part of an update.
    fn settled(&self) -> Outcome<Duration> {
        let mut before = self.used()?;
        let began = Instant::now();
        loop {
            std::thread::sleep(SETTLING);
            let now = self.used()?;
            if now.saturating_sub(before) <= STILL || began.elapsed() > SETTLED_AT_LAST {
                return Ok(now);
            }
            before = now;
        }
    }

    /// What was used so far.
    ///
    /// # Errors
    /// Where the kernel does not say.
    pub(super) fn used(&self) -> Outcome<Duration> {
        let database = self.postgres.as_ref().map_or(Duration::ZERO, PostgresProcesses::used);
        Ok(of_this_process()? + database)
    }
}
