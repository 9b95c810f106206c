//! Reads of one kind that wait at the same time, asked for together.
//!
//! What one row costs to read on PostgreSQL is mostly its statement: planning the walk, waking the other side and being
//! woken. Under load several callers wait anyway, and one statement answers all of them. Who comes alone is asked for
//! alone, at once.

use super::{Conn, Database};
use crate::core::problem::{Outcome, Problem};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Statements of one kind that are under way at once: while one is, callers gather for the other.
const ASKERS: u32 = 2;
/// Keys in one statement.
const TOGETHER: usize = 64;

/// Reads what some keys name; keys that name nothing have no entry. All of it must be as of one moment.
type Ask<K, V> = fn(&mut Conn, &[K]) -> Outcome<HashMap<K, V>>;

/// Gathers keys that are asked for at the same time.
pub struct Gather<K, V> {
    database: Database,
    ask: Ask<K, V>,
    queue: Mutex<Queue<K, V>>,
}

type Callers<V> = Vec<oneshot::Sender<Outcome<V>>>;

struct Queue<K, V> {
    waiting: Vec<(K, oneshot::Sender<Outcome<V>>)>,
    askers: u32,
}

impl<K, V> Gather<K, V>
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Gathers for `ask`, which is a single statement on PostgreSQL, so that what it reads is of one moment, and finds
    /// each row by an index.
    ///
    /// # Errors
    /// `unavailable` where the database cannot be read.
    pub fn new(database: &Database, ask: Ask<K, V>) -> Outcome<Arc<Self>> {
        let queue = Mutex::new(Queue { waiting: Vec::new(), askers: 0 });
        Ok(Arc::new(Self { database: database.by_index(ASKERS)?, ask, queue }))
    }

    /// What the key names.
    ///
    /// # Errors
    /// `not_found`, or what the database says.
    pub async fn get(self: &Arc<Self>, key: K) -> Outcome<V> {
        let (send, answer) = oneshot::channel();
        let needs_asker = {
            let mut queue = self.queue();
            queue.waiting.push((key, send));
            let needs_asker = queue.askers < ASKERS;
            queue.askers += u32::from(needs_asker);
            needs_asker
        };
        if needs_asker {
            let asker = Asker { gather: Arc::clone(self), is_done: false };
            drop(tokio::task::spawn_blocking(move || asker.run()));
        }
        answer.await.unwrap_or_else(|_| Err(Problem::internal("a reading task ended")))
    }
}

impl<K, V> Gather<K, V> {
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who asks until nobody waits.
struct Asker<K, V> {
    gather: Arc<Gather<K, V>>,
    is_done: bool,
}

impl<K, V> Asker<K, V>
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    fn run(mut self) {
        while let Some(callers) = self.take() {
            let keys: Vec<K> = callers.keys().copied().collect();
            let found = self.gather.database.read_once(|conn| (self.gather.ask)(conn, &keys));
            answer(callers, found);
        }
    }

    /// Those who wait, as many as fit one statement. Where nobody does this asker is done: in the same moment, so that
    /// who comes next finds its place free.
    fn take(&mut self) -> Option<HashMap<K, Callers<V>>> {
        let mut queue = self.gather.queue();
        if queue.waiting.is_empty() {
            queue.askers -= 1;
            self.is_done = true;
            return None;
        }
        let count = queue.waiting.len().min(TOGETHER);
        let mut callers: HashMap<K, Callers<V>> = HashMap::with_capacity(count);
        for (key, caller) in queue.waiting.drain(..count) {
            callers.entry(key).or_default().push(caller);
        }
        Some(callers)
    }
}

/// Tells each caller what was found. Who went away meanwhile misses nothing.
fn answer<K: Eq + Hash, V: Clone>(callers: HashMap<K, Callers<V>>, mut found: Outcome<HashMap<K, V>>) {
    for (key, mut callers) in callers {
        let answer = match &mut found {
            Ok(found) => found.remove(&key).ok_or_else(Problem::not_found),
            Err(problem) => Err(problem.clone()),
        };
        let last = callers.pop();
        for caller in callers {
            drop(caller.send(answer.clone()));
        }
        if let Some(last) = last {
            drop(last.send(answer));
        }
    }
}

impl<K, V> Drop for Asker<K, V> {
    /// An asker that ended in a panic frees its place; if it was the last, those who wait are told by the channel.
    fn drop(&mut self) {
        if !self.is_done {
            let mut queue = self.gather.queue();
            queue.askers -= 1;
            if queue.askers == 0 {
                queue.waiting.clear();
            }
        }
    }
}
