//! The bounded queue before the writer: single updates go before chunks of files.

use super::desk::{Desk, Refusal};
use super::{Leaf, Recorded, Update};
use crate::core::problem::{Code, Outcome, Problem};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Updates that may wait before callers are told to come back: two seconds of work at the slowest
/// rate measured.
pub const QUEUE_LIMIT: usize = 4_096;
/// Updates of one commit: enough to share its cost, few enough that the first does not wait for the last.
pub const BATCH_LIMIT: usize = 256;
/// From this many callers answered at once on, the next batch is given a moment to gather; one person alone
/// never waits for others.
const GATHER_FROM: usize = 8;
/// How long at most: less than a commit takes on an ordinary disk.
const GATHER_TIME: Duration = Duration::from_millis(3);
/// Between looks at who is back: waking for each would cost more than it saves.
const GATHER_STEP: Duration = Duration::from_micros(250);

/// Which queue an update goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person waits for the answer.
    Single,
    /// A part of a file.
    Chunk,
}

/// An update whose type is forgotten, with the way back to its caller.
pub trait Job: Send {
    /// Asks for rows ahead of the decision.
    fn keys(&self, desk: &mut Desk);
    /// Decides; keeps the answer inside.
    ///
    /// # Errors
    /// As [`Update::decide`].
    fn decide(&mut self, desk: &mut Desk) -> Result<(), Refusal>;
    /// What is recorded instead where the database itself refuses it; see [`Update::instead`].
    fn instead(&self, problem: &Problem) -> Option<Box<dyn Job>>;
    /// Answers the caller, after the commit or after the refusal.
    fn answer(self: Box<Self>, result: Outcome<Option<Leaf>>);
}

/// An update with its caller.
pub(super) struct Pending<U: Update> {
    update: U,
    answer: Option<U::Answer>,
    reply: Option<oneshot::Sender<Outcome<Recorded<U::Answer>>>>,
}

impl<U: Update> Pending<U> {
    pub(super) fn new(update: U) -> (Self, oneshot::Receiver<Outcome<Recorded<U::Answer>>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { update, answer: None, reply: Some(reply) }, receiver)
    }
}

impl<U: Update> Job for Pending<U> {
    fn keys(&self, desk: &mut Desk) {
        desk.act_as(self.update.actor());
        self.update.keys(desk);
    }

    fn decide(&mut self, desk: &mut Desk) -> Result<(), Refusal> {
        desk.act_as(self.update.actor());
        self.answer = Some(self.update.decide(desk)?);
        Ok(())
    }

    fn instead(&self, problem: &Problem) -> Option<Box<dyn Job>> {
        self.update.instead(problem)
    }

    fn answer(mut self: Box<Self>, result: Outcome<Option<Leaf>>) {
        let Some(reply) = self.reply.take() else { return };
        let result = match (result, self.answer.take()) {
            (Ok(leaf), Some(answer)) => Ok(Recorded { answer, leaf }),
            (Ok(_), None) => Err(Problem::internal("an update was accepted without an answer")),
            (Err(problem), _) => Err(problem),
        };
        // A caller that went away does not undo what was recorded.
        drop(reply.send(result));
    }
}

/// The queue itself.
pub(super) struct Queue {
    /// A batch begins when one of so many parts of everyone is there.
    parts: usize,
    state: Mutex<State>,
    filled: Condvar,
}

struct State {
    single: VecDeque<Box<dyn Job>>,
    chunks: VecDeque<Box<dyn Job>>,
    open: bool,
    /// Jobs of the batch taken last and of those who joined; their callers have answers and may be back in a moment.
    answered: usize,
}

impl State {
    fn waiting(&self) -> usize {
        self.single.len() + self.chunks.len()
    }

    /// Takes so many out, single updates first.
    fn draw(&mut self, room: usize) -> Vec<Box<dyn Job>> {
        let singles = self.single.len().min(room);
        let mut drawn: Vec<Box<dyn Job>> = self.single.drain(..singles).collect();
        let chunks = self.chunks.len().min(room - drawn.len());
        drawn.extend(self.chunks.drain(..chunks));
        self.answered += drawn.len();
        drawn
    }
}

impl Queue {
    pub(super) fn new(parts: usize) -> Self {
        let state = State { single: VecDeque::new(), chunks: VecDeque::new(), open: true, answered: 0 };
        Self { parts, state: Mutex::new(state), filled: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is half-done while the lock is held, so a panic elsewhere does not spoil the queue.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job, or says why not.
    pub(super) fn push(&self, job: Box<dyn Job>, priority: Priority) -> Outcome<()> {
        let mut state = self.lock();
        if !state.open {
            return Err(Problem::new(Code::Unavailable, "The server is stopping. Send this again shortly."));
        }
        let queue = match priority {
            Priority::Single => &mut state.single,
            Priority::Chunk => &mut state.chunks,
        };
        if queue.len() >= QUEUE_LIMIT {
            return Err(Problem::new(
                Code::Unavailable,
                "Too many updates are waiting. Nothing of yours was recorded; send it again in a second.",
            ));
        }
        queue.push_back(job);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes a batch, waiting for work as long as said, or for ever; `None` once the queue is closed and
    /// empty, or where nothing came in that time.
    pub(super) fn take(&self, patience: Option<Duration>) -> Option<Vec<Box<dyn Job>>> {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut state = self.lock();
        while state.waiting() == 0 {
            if !state.open {
                return None;
            }
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return None,
                Some(left) => self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let mut state = self.gather(state);
        state.answered = 0;
        Some(state.draw(BATCH_LIMIT))
    }

    /// Takes what came since a batch was taken, as far as there is room: it joins that batch while it is not written
    /// yet.
    pub(super) fn join(&self, room: usize) -> Vec<Box<dyn Job>> {
        self.lock().draw(room)
    }

    /// Gives those who were just answered a moment to come back, until a part of everyone is there: without it the
    /// callers fall into groups as chance will have it, down to one alone. The others come while the first are
    /// decided, and join.
    fn gather<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.answered < GATHER_FROM {
            return state;
        }
        let everyone = state.answered + state.waiting();
        let expected = everyone.div_ceil(self.parts).min(BATCH_LIMIT);
        let begun = Instant::now();
        while state.open && state.waiting() < expected && begun.elapsed() < GATHER_TIME {
            drop(state);
            std::thread::sleep(GATHER_STEP);
            state = self.lock();
        }
        state
    }

    /// Takes everything that waits, without waiting for more.
    pub(super) fn take_all(&self) -> Vec<Box<dyn Job>> {
        let mut state = self.lock();
        let State { single, chunks, .. } = &mut *state;
        single.drain(..).chain(chunks.drain(..)).collect()
    }

    /// Takes nothing new any more; what is queued is still done.
    pub(super) fn close(&self) {
        self.lock().open = false;
        self.filled.notify_all();
    }

    /// Whether nothing new is taken any more.
    pub(super) fn is_closed(&self) -> bool {
        !self.lock().open
    }

    /// Updates waiting now.
    pub(super) fn depth(&self) -> usize {
        self.lock().waiting()
    }
}
