//! The thread: take a batch, decide it, commit it once, answer.

use super::decide::{decide, prefetch};
use super::desk::{Desk, Moment};
use super::log::{self, LogState, log_state};
use super::queue::{BATCH_LIMIT, Job, Pending, Priority, Queue};
use super::source::Source;
use super::{Leaf, Recorded, Update};
use crate::core::limits::Limits;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{
    BUSY_WAIT_MS, COMMIT_UNKNOWN, Conn, commit_failure, connect, exclusive, keep_little, read_by_index,
    read_failure,
};
use diesel::connection::SimpleConnection;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Times a batch is tried again when the database asks for it.
const RETRIES: u32 = 10;
/// After this long a batch is not tried again: each attempt may wait as long for a lock, and callers wait.
const RETRY_TIME: Duration = Duration::from_millis(BUSY_WAIT_MS as u64);
/// Before a page of what waits is tried again after it failed.
const WAKE_PAUSE: Duration = Duration::from_millis(500);

/// Finds a page of the updates that waited for what a batch touched, or, where nothing is named, of all that
/// wait; the page comes after the key.
pub type Wake = fn(&mut Conn, Option<&[Uuid]>, Option<WakeKey>) -> Outcome<Woken>;

/// Where a page of waiting updates ends: when the last one was received, and which it is.
pub type WakeKey = (i64, Uuid);

/// A page of updates that waited.
#[derive(Default)]
pub struct Woken {
    /// The updates, at most a batch of them.
    pub jobs: Vec<Box<dyn Job>>,
    /// Where the next page goes on; absent after the last.
    pub next: Option<WakeKey>,
}

/// How a writer works.
#[derive(Clone)]
pub struct WriterSettings {
    /// The database.
    pub url: String,
    /// Asked after each commit.
    pub wake: Option<Wake>,
    /// Whether each update gets a transaction of its own; only for comparison in the bench.
    pub one_by_one: bool,
    /// Whether it keeps little of an embedded database in memory, as whoever goes once through a long file does.
    pub is_frugal: bool,
    /// Time and chance.
    pub source: Source,
}

impl WriterSettings {
    /// An ordinary writer of this database: nothing that waits is woken, and time and chance are the machine's.
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), wake: None, one_by_one: false, is_frugal: false, source: Source::Machine }
    }
}

/// What the bench and the tests do to a writer in order to compare; nothing in the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// A pause after each commit and before its answers, as a slower disk would make.
    pub commit_delay: Duration,
    /// Whether nothing is hashed, logged or signed: what the log costs is what this saves. The database is of no use
    /// afterwards, as its log has gaps.
    pub is_without_log: bool,
    /// Whether it decides before it is its turn, on what another writer may be changing: what the lock keeps away.
    pub is_out_of_turn: bool,
    /// Whether it does not look whether an event's identifier was recorded before.
    pub is_forgetful: bool,
}

/// A handle to the writing thread; clones share it.
#[derive(Clone)]
pub struct Writer {
    queue: Arc<Queue>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    sequence: watch::Receiver<i64>,
}

impl Writer {
    /// Opens the database and starts the thread.
    ///
    /// # Errors
    /// Where the database cannot be opened or the thread not started.
    pub fn start(settings: WriterSettings) -> Outcome<Self> {
        Self::start_within(settings, Limits::default(), Comparison::default())
    }

    /// As [`Writer::start`], with the limits of whoever runs the server, and with what only the bench asks for.
    ///
    /// # Errors
    /// As [`Writer::start`].
    pub fn start_within(settings: WriterSettings, limits: Limits, comparison: Comparison) -> Outcome<Self> {
        let mut conn = connect_to_write(&settings)?;
        log::name_log(&mut conn, &settings.source.name())?;
        let state = log_state(&mut conn)?;
        // Where asking costs little a batch begins early; where each question is a round trip, with more at once.
        let queue = Arc::new(Queue::new(match &conn {
            Conn::Sqlite(_) => 4,
            Conn::Postgres(_) => 2,
        }));
        let (announce, sequence) = watch::channel(state.last.sequence);
        let mut worker = Worker {
            settings,
            limits,
            comparison,
            conn: Some(conn),
            queue: Arc::clone(&queue),
            announce,
            touched: BTreeSet::new(),
        };
        let thread = std::thread::Builder::new()
            .name("relief-writer".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| Problem::internal(format!("the writer cannot start: {error}")))?;
        Ok(Self { queue, thread: Arc::new(Mutex::new(Some(thread))), sequence })
    }

    /// An update that nobody waits for any more, such as one that was acknowledged before.
    pub fn detached<U: Update>(update: U) -> Box<dyn Job> {
        Box::new(Pending::new(update).0)
    }

    /// Queues an update; the receiver answers after its commit.
    ///
    /// # Errors
    /// `unavailable` where the queue is full or closed.
    pub fn submit<U: Update>(
        &self,
        update: U,
        priority: Priority,
    ) -> Outcome<oneshot::Receiver<Outcome<Recorded<U::Answer>>>> {
        let (pending, receiver) = Pending::new(update);
        self.queue.push(Box::new(pending), priority)?;
        Ok(receiver)
    }

    /// Records an update and waits for its commit.
    ///
    /// # Errors
    /// What the update refuses; `unavailable` where it was not recorded for now.
    pub async fn record<U: Update>(&self, update: U) -> Outcome<Recorded<U::Answer>> {
        self.submit(update, Priority::Single)?.await.map_err(|_| unknown())?
    }

    /// As [`Writer::record`], for a thread that may block.
    ///
    /// # Errors
    /// As [`Writer::record`].
    pub fn record_blocking<U: Update>(&self, update: U) -> Outcome<Recorded<U::Answer>> {
        self.submit(update, Priority::Single)?.blocking_recv().map_err(|_| unknown())?
    }

    /// Follows the last committed sequence.
    pub fn sequence(&self) -> watch::Receiver<i64> {
        self.sequence.clone()
    }

    /// Updates waiting now.
    pub fn depth(&self) -> usize {
        self.queue.depth()
    }

    /// Takes nothing new, finishes what is queued, and returns when that is done.
    pub fn stop(&self) {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

fn connect_to_write(settings: &WriterSettings) -> Outcome<Conn> {
    let mut conn = connect(&settings.url)?;
    read_by_index(&mut conn)?;
    if settings.is_frugal {
        keep_little(&mut conn)?;
    }
    Ok(conn)
}

fn unknown() -> Problem {
    Problem::new(Code::Unavailable, COMMIT_UNKNOWN)
}

/// How far what waits has been looked through, for these subjects or for all.
struct Scan {
    touched: Option<BTreeSet<Uuid>>,
    after: Option<WakeKey>,
    /// When to go on, where the last try failed.
    not_before: Option<Instant>,
}

impl Scan {
    fn over(touched: Option<BTreeSet<Uuid>>) -> Self {
        Self { touched, after: None, not_before: None }
    }

    /// The same page after a pause.
    fn later(self) -> Self {
        Self { not_before: Some(Instant::now() + WAKE_PAUSE), ..self }
    }

    /// How long until it goes on.
    fn pause(&self) -> Duration {
        self.not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(Instant::now()))
    }
}

struct Worker {
    settings: WriterSettings,
    limits: Limits,
    comparison: Comparison,
    conn: Option<Conn>,
    queue: Arc<Queue>,
    announce: watch::Sender<i64>,
    /// What batches have touched since the last look at what waits.
    touched: BTreeSet<Uuid>,
}

/// A job with its verdict so far.
struct Verdict {
    job: Box<dyn Job>,
    result: Outcome<Option<Leaf>>,
}

impl Worker {
    fn run(&mut self) {
        // A process that ended between a commit and the waking it called for left updates waiting for nothing.
        let mut scan = Some(Scan::over(None));
        loop {
            // A page of what waits is tried, and what that wakes in turn, before anything new, so that the
            // order does not hang on how fast the next update comes. Further pages take turns with what is
            // new: however many wait for one thing, neither starves.
            if let Some(one) = scan.take_if(|scan| scan.pause().is_zero()) {
                scan = self.wake_page(one);
            }
            if scan.is_none() && !self.touched.is_empty() {
                scan = Some(Scan::over(Some(std::mem::take(&mut self.touched))));
                continue;
            }
            let pause = scan.as_ref().map(Scan::pause);
            match self.queue.take(pause) {
                Some(batch) => drop(self.work(batch, true)),
                // A page that failed is not waited for: the next start looks through everything.
                None if pause.is_none_or(|pause| !pause.is_zero() && self.queue.is_closed()) => return,
                None => {}
            }
        }
    }

    /// Tries one page of what waits; returns where to go on. What was acknowledged is owed its waking: where
    /// the page could not be looked up or tried for now, the same page comes again.
    fn wake_page(&mut self, scan: Scan) -> Option<Scan> {
        let wake = self.settings.wake?;
        let woken = match self.look_up(wake, &scan) {
            Ok(woken) => woken,
            Err(problem) => {
                tracing::error!(cause = problem.internal.as_deref(), "waiting updates are looked up again");
                // Where the question itself is refused, such as one about too many things, all that waits is asked for.
                return Some(if may_pass(&problem) { scan } else { Scan::over(None) }.later());
            }
        };
        if let Some(problem) = self.work(woken.jobs, false) {
            tracing::warn!(cause = problem.internal.as_deref(), "waiting updates are tried again");
            return Some(scan.later());
        }
        woken.next.map(|next| Scan { after: Some(next), not_before: None, ..scan })
    }

    fn look_up(&mut self, wake: Wake, scan: &Scan) -> Outcome<Woken> {
        let touched: Option<Vec<Uuid>> = scan.touched.as_ref().map(|set| set.iter().copied().collect());
        let mut conn = self.connection()?;
        // A connection on which this failed is not used again.
        let woken = wake(&mut conn, touched.as_deref(), scan.after)?;
        self.conn = Some(conn);
        Ok(woken)
    }

    fn connection(&mut self) -> Outcome<Conn> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => connect_to_write(&self.settings),
        }
    }

    /// Records a batch, which others may join where it is `open`, or each of it alone; returns what failed of it for
    /// now and may pass.
    fn work(&mut self, mut batch: Vec<Box<dyn Job>>, open: bool) -> Option<Problem> {
        let mut failed = None;
        while !batch.is_empty() {
            let rest = batch.split_off(if self.settings.one_by_one { 1 } else { batch.len() });
            failed = self.record(batch, open && !self.settings.one_by_one).or(failed);
            batch = rest;
        }
        failed
    }

    /// Records a batch and answers it; returns what failed of it for now and may pass.
    ///
    /// Where the database refuses a batch, perhaps not before its commit and for what only the database
    /// knows, its halves are recorded after each other, and so on down to the update that is to blame: it
    /// alone fails.
    fn record(&mut self, mut jobs: Vec<Box<dyn Job>>, open: bool) -> Option<Problem> {
        let mut attempt = 0;
        let begun = Instant::now();
        loop {
            // What is tried again is tried as it is.
            let problem = match self.attempt(&mut jobs, open && attempt == 0) {
                Ok(verdicts) => return answer(verdicts),
                Err(problem) => problem,
            };
            let cause = problem.internal.as_deref();
            if problem.code == Code::Unavailable && attempt < RETRIES && begun.elapsed() < RETRY_TIME {
                attempt += 1;
                tracing::warn!(attempt, cause, "batch is tried again");
                std::thread::sleep(jitter(attempt));
            } else if may_pass(&problem) {
                tracing::error!(cause, "batch was not recorded");
                if problem.code == Code::Unavailable {
                    // Whoever queued meanwhile has waited too and would wait again for the same lock.
                    jobs.extend(self.queue.take_all());
                }
                refuse(jobs, &problem);
                return Some(problem);
            } else if jobs.len() > 1 {
                tracing::warn!(
                    cause,
                    updates = jobs.len(),
                    "batch was refused by the database and is halved"
                );
                let rest = jobs.split_off(jobs.len() / 2);
                let failed = self.record(jobs, false);
                return match failed {
                    Some(problem) => {
                        refuse(rest, &problem);
                        Some(problem)
                    }
                    None => self.record(rest, false),
                };
            } else {
                tracing::warn!(cause, "update was refused by the database");
                let instead: Vec<_> = jobs.iter().filter_map(|job| job.instead(&problem)).collect();
                refuse(jobs, &problem);
                return if instead.is_empty() { None } else { self.record(instead, false) };
            }
        }
    }

    /// One try at a batch. On an error the jobs are all still in `jobs`, with those that joined, and nothing of them is
    /// recorded.
    fn attempt(&mut self, jobs: &mut Vec<Box<dyn Job>>, open: bool) -> Outcome<Vec<Verdict>> {
        let mut conn = self.connection()?;
        let joining = open.then(|| Arc::clone(&self.queue));
        // The clock is read once the lock is there.
        let desk = |last| {
            let desk = Desk::new(self.settings.source.draw(), last).within(self.limits);
            desk.compared(self.comparison)
        };
        let result = transact(&mut conn, jobs, joining.as_deref(), desk, self.comparison);
        let keep = match &result {
            Ok(_) => true,
            Err(_) => conn.batch_execute("ROLLBACK").is_ok(),
        };
        if keep {
            self.conn = Some(conn);
        }
        let (verdicts, touched, sequence) = result?;
        if !self.comparison.commit_delay.is_zero() {
            std::thread::sleep(self.comparison.commit_delay);
        }
        if self.settings.wake.is_some() {
            self.touched.extend(touched);
        }
        self.announce.send_replace(sequence);
        Ok(verdicts)
    }
}

/// Answers each caller; returns what failed for now and may pass.
fn answer(verdicts: Vec<Verdict>) -> Option<Problem> {
    let mut failed = None;
    for verdict in verdicts {
        failed = verdict.result.as_ref().err().filter(|problem| may_pass(problem)).cloned().or(failed);
        verdict.job.answer(verdict.result);
    }
    failed
}

fn refuse(jobs: Vec<Box<dyn Job>>, problem: &Problem) {
    for job in jobs {
        job.answer(Err(problem.clone()));
    }
}

/// Whether the same update may be recorded later, as nothing is wrong with it.
fn may_pass(problem: &Problem) -> bool {
    matches!(problem.code, Code::Unavailable | Code::StorageFull)
}

/// Everything between BEGIN and COMMIT. Who comes to `joining` while others are decided shares their commit: answers
/// of the batch before are still being given while the first who have theirs ask anew.
fn transact(
    conn: &mut Conn,
    jobs: &mut Vec<Box<dyn Job>>,
    joining: Option<&Queue>,
    desk: impl FnOnce(Moment) -> Desk,
    comparison: Comparison,
) -> Outcome<(Vec<Verdict>, Vec<Uuid>, i64)> {
    if !comparison.is_out_of_turn {
        exclusive(conn).map_err(read_failure)?;
    }
    let mut state = log_state(conn)?;
    let mut desk = desk(state.last);
    let mut results = Vec::with_capacity(jobs.len());
    while results.len() < jobs.len() {
        prefetch(conn, &mut desk, &jobs[results.len()..])?;
        for index in results.len()..jobs.len() {
            results.push(decide(conn, &mut desk, jobs, index)?);
        }
        if let Some(queue) = joining {
            jobs.extend(queue.join(BATCH_LIMIT.saturating_sub(jobs.len())));
        }
    }
    let (touched, receipts) = (desk.touched().to_vec(), desk.receipts());
    if comparison.is_out_of_turn {
        exclusive(conn).map_err(read_failure)?;
    }
    save(conn, &mut desk, &mut state).map_err(read_failure)?;
    conn.batch_execute("COMMIT").map_err(commit_failure)?;
    let leaf = |sequence| Leaf::among(&receipts, sequence);
    let verdicts = jobs.drain(..).zip(results).map(|(job, result)| Verdict { job, result: result.map(leaf) });
    Ok((verdicts.collect(), touched, state.last.sequence))
}

/// Writes everything staged and the log's part of it.
fn save(conn: &mut Conn, desk: &mut Desk, state: &mut LogState) -> diesel::QueryResult<()> {
    if desk.sealed.is_empty() {
        return desk.flush_loose(conn);
    }
    desk.flush(conn)?;
    let last: Moment = desk.last();
    let sealed = std::mem::take(&mut desk.sealed);
    if desk.is_without_log() {
        return log::move_on(conn, state, last);
    }
    log::append(conn, state, sealed, last)
}

/// A growing pause with chance in it, so that two processes do not meet again.
fn jitter(attempt: u32) -> Duration {
    let ceiling = 5_u64 << attempt.min(7);
    Duration::from_millis(rand::random_range(1..=ceiling))
}
