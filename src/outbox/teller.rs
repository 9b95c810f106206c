//! Turns for everybody, in one process at a time.
//!
//! Where each stands is kept here and written down twice a second for all together, so that however much is told, the
//! database writes little: after a crash what was told in the last half second is told again, under the same identifiers.

use super::channel::Channel;
use super::rules::Pace;
use super::store::{HELD_SECONDS, Outlet, Round, hold, let_go, outlets_of, round, write_outlets};
use super::turn::{Ended, Shared, take};
use crate::auth::now;
use crate::core::id::OutletId;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Database;
use crate::writer::last_sequence;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Outlets told at once. Each waits for somebody else's server and costs a thread that sleeps; those who are slow rest
/// between their turns, so that a place comes free for the others.
const TURNS_AT_ONCE: usize = 64;
/// How often it is looked up who is to be told, and what other processes recorded.
const LOOK_SECONDS: i64 = 1;
/// How often it is written down how far each was told.
const WRITE_DOWN: Duration = Duration::from_millis(500);
/// Between two turns of one outlet that was told something, and of one that was not.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];
/// Before whoever cannot be told anything at present is looked up again.
const NOT_NOW_SECONDS: i64 = 5;
/// Entries that were looked through without telling anything, and are not worth writing down each time.
const LOOKED_THROUGH: i64 = 1_000;

/// An outlet, where it stands, and where the database says it does.
struct Held {
    outlet: Outlet,
    stored: Outlet,
    /// Whether it is told of each entry as it comes.
    follows: bool,
    not_before: Instant,
    is_running: bool,
}

impl Held {
    fn new(outlet: Outlet, follows: bool) -> Self {
        Self { stored: outlet.clone(), outlet, follows, not_before: Instant::now(), is_running: false }
    }

    fn is_to_write(&self) -> bool {
        if !self.follows {
            // Told seldom, and asked for by what is written down.
            return self.outlet != self.stored;
        }
        let looked = |outlet: &Outlet| Outlet { told_through: 0, ..outlet.clone() };
        looked(&self.outlet) != looked(&self.stored)
            || self.outlet.told_through - self.stored.told_through >= LOOKED_THROUGH
    }
}

/// A turn that ended.
struct Done {
    id: OutletId,
    ended: Outcome<Ended>,
}

/// Tells everybody, step by step.
pub struct Teller {
    shared: Arc<Shared>,
    /// What tells this process from others, at random.
    process: i64,
    held: HashMap<OutletId, Held>,
    with_letters: HashSet<OutletId>,
    /// Behind which outlet the next round goes on.
    behind: Option<OutletId>,
    newest: i64,
    look_at: Instant,
    write_at: Instant,
    /// When this process must say again that it is the one; none where another is, or nobody is to be told.
    hold_again_at: Option<Instant>,
    report: Sender<Done>,
    done: Receiver<Done>,
    running: usize,
}

impl Teller {
    /// One that tells in these ways; `process` tells it from others. The database should have connections of its own, so that
    /// turns wait for one another and never have a request wait.
    pub fn new(database: Database, channels: Vec<Box<dyn Channel>>, pace: Pace, process: i64) -> Self {
        let (report, done) = channel();
        let shared = Shared {
            url: database.url().to_owned(),
            database,
            channels,
            pace,
            stopping: AtomicBool::new(false),
            own: Mutex::new(None),
        };
        let at = Instant::now();
        Self {
            shared: Arc::new(shared),
            process,
            held: HashMap::new(),
            with_letters: HashSet::new(),
            behind: None,
            newest: 0,
            look_at: at,
            write_at: at,
            hold_again_at: None,
            report,
            done,
            running: 0,
        }
    }

    /// One step: looks who is to be told, begins turns, and writes down what those that ended did. `newest` is the last entry
    /// of the log as far as this process knows.
    ///
    /// # Errors
    /// Where the database cannot be asked; the next step tries again.
    pub fn step(&mut self, newest: i64) -> Outcome<()> {
        self.gather();
        self.newest = self.newest.max(newest);
        if Instant::now() >= self.look_at {
            self.look_at = Instant::now() + self.seconds(LOOK_SECONDS);
            self.look()?;
        }
        if self.hold_again_at.is_some() {
            self.begin_turns();
        }
        self.write_down(false)
    }

    /// The last entry of the log, whichever process recorded it, as of the last step.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Waits for the turns that are under way, writes down where everybody stands, and lets another process tell.
    pub fn finish(mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        while self.running > 0 {
            match self.done.recv() {
                Ok(done) => self.end(done),
                Err(_) => break,
            }
        }
        let written = self.write_down(true);
        let process = self.process;
        let given = self.hold_again_at.map_or(Ok(()), |_| self.shared.write(|conn| let_go(conn, process)));
        if let Err(problem) = written.and(given) {
            tracing::warn!(
                cause = problem.internal.as_deref(),
                "where others were told to is not written down"
            );
        }
    }

    fn seconds(&self, seconds: i64) -> Duration {
        let microseconds = seconds.saturating_mul(self.shared.pace.0);
        Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
    }

    /// Asks who is to be told and what others recorded, and whether this process is the one that tells.
    fn look(&mut self) -> Outcome<()> {
        let shared = Arc::clone(&self.shared);
        let following: Vec<&str> = shared
            .channels
            .iter()
            .filter(|channel| channel.follows_log())
            .map(|channel| channel.kind())
            .collect();
        let behind = self.behind;
        let (last, Round { outlets: mut rows, with_letters, next }, due) = shared.database.read(|conn| {
            let mut due = Vec::new();
            for channel in &shared.channels {
                due.extend(channel.due(conn, now())?);
            }
            Ok((last_sequence(conn)?, round(conn, &following, behind, now())?, due))
        })?;
        self.newest = self.newest.max(last);
        self.behind = next;
        // Those that only have letters are looked up by name, and so are those that are due and not known yet.
        let unknown: Vec<OutletId> =
            due.iter().chain(&with_letters).filter(|id| !self.held.contains_key(id)).copied().collect();
        if !unknown.is_empty() {
            rows.extend(shared.database.read(|conn| outlets_of(conn, &unknown))?);
        }
        // Of one that is known already a letter is all there is to say so.
        if rows.is_empty() && due.is_empty() && with_letters.is_empty() && behind.is_none() {
            return Ok(());
        }
        if !self.holds()? {
            self.held.retain(|_, held| held.is_running);
            return Ok(());
        }
        self.with_letters = with_letters.into_iter().collect();
        for row in rows {
            match self.held.get_mut(&row.id) {
                // Somebody else says when it is due.
                // Where a turn is under way, what it leaves is compared first.
                Some(held) if held.stored.due_at != row.due_at && !held.is_running => {
                    (held.stored.due_at, held.outlet.due_at) = (row.due_at, row.due_at);
                }
                Some(_) => {}
                None => {
                    let follows = following.contains(&row.kind.as_str());
                    self.held.insert(row.id, Held::new(row, follows));
                }
            }
        }
        let time = now();
        for id in due {
            if let Some(held) = self.held.get_mut(&id).filter(|held| !held.is_running) {
                held.outlet.due_at = Some(time);
            }
        }
        Ok(())
    }

    /// Whether this process is the one that tells. It says so anew at half of the time for which it is believed.
    fn holds(&mut self) -> Outcome<bool> {
        if self.hold_again_at.is_some_and(|at| Instant::now() < at) {
            return Ok(true);
        }
        let process = self.process;
        let is_held = self.shared.write(|conn| hold(conn, process, now()))?;
        let half = Duration::from_secs(u64::try_from(HELD_SECONDS / 2).unwrap_or(1));
        self.hold_again_at = is_held.then(|| Instant::now() + half);
        Ok(is_held)
    }

    fn begin_turns(&mut self) {
        let (at, time, newest) = (Instant::now(), now(), self.newest);
        let is_ready = |held: &Held| {
            let is_news = if held.follows {
                held.outlet.told_through < newest
            } else {
                held.outlet.due_at.is_some_and(|due| due <= time)
            };
            !held.is_running
                && held.not_before <= at
                && held.outlet.resting_until <= time
                && (is_news || self.with_letters.contains(&held.outlet.id))
        };
        let mut ready: Vec<(Option<Timestamp>, OutletId)> = self
            .held
            .values()
            .filter(|held| is_ready(held))
            .map(|held| (held.outlet.tried_at, held.outlet.id))
            .collect();
        // Whoever waited longest comes first.
        ready.sort_unstable();
        for (_, id) in ready.into_iter().take(TURNS_AT_ONCE.saturating_sub(self.running)) {
            if let Some(held) = self.held.get_mut(&id)
                && begin(&self.shared, &self.report, held.outlet.clone(), newest)
            {
                held.is_running = true;
                self.running += 1;
            }
        }
    }

    fn gather(&mut self) {
        while let Ok(done) = self.done.try_recv() {
            self.end(done);
        }
    }

    fn end(&mut self, done: Done) {
        self.running = self.running.saturating_sub(1);
        let later = self.seconds(NOT_NOW_SECONDS);
        self.with_letters.remove(&done.id);
        let Some(held) = self.held.get_mut(&done.id) else { return };
        held.is_running = false;
        match done.ended {
            Ok(Ended::Stands { outlet, has_told, fault: None }) => {
                held.outlet = *outlet;
                held.not_before = Instant::now() + PAUSES[usize::from(!has_told)];
            }
            Ok(Ended::Stands { outlet, fault: Some(problem), .. }) => {
                held.outlet = *outlet;
                held.not_before = Instant::now() + later;
                warn(done.id, &problem);
            }
            Ok(Ended::NotNow) => held.not_before = Instant::now() + later,
            Ok(Ended::Gone) => drop(self.held.remove(&done.id)),
            Err(problem) => {
                held.not_before = Instant::now() + later;
                warn(done.id, &problem);
            }
        }
        if self.hold_again_at.is_none() {
            // Another process tells by now and knows better where it stands.
            self.held.remove(&done.id);
        }
    }

    /// Writes down where those stand who were told something, all in one commit.
    fn write_down(&mut self, is_last: bool) -> Outcome<()> {
        if !is_last && Instant::now() < self.write_at {
            return Ok(());
        }
        self.write_at = Instant::now() + WRITE_DOWN;
        let is_due = |held: &&Held| {
            held.is_to_write() || (is_last && held.outlet.told_through != held.stored.told_through)
        };
        let row = |held: &Held| (held.outlet.clone(), held.stored.due_at);
        let rows: Vec<(Outlet, Option<Timestamp>)> = self.held.values().filter(is_due).map(row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.shared.write(|conn| write_outlets(conn, &rows))?;
        for (row, _) in rows {
            if let Some(held) = self.held.get_mut(&row.id) {
                held.stored = row;
            }
        }
        Ok(())
    }
}

fn warn(outlet: OutletId, problem: &Problem) {
    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
    tracing::warn!(%outlet, cause, "nothing is told for now");
}

/// Begins a turn on a thread of its own; says whether it could.
fn begin(shared: &Arc<Shared>, report: &Sender<Done>, row: Outlet, newest: i64) -> bool {
    let (shared, report, id) = (Arc::clone(shared), report.clone(), row.id);
    let turn = move || {
        // A turn that ends badly must not keep its outlet's place for ever.
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| take(&shared, row, newest)));
        let ended = ended.unwrap_or_else(|_| Err(Problem::internal("a turn of telling ended badly")));
        drop(report.send(Done { id, ended }));
    };
    std::thread::Builder::new().name("relief-tells".to_owned()).spawn(turn).is_ok()
}
