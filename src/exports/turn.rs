//! How many exports there are at once: each holds a thread for as long as its reader takes.

use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Exports that are under way at once: a database has other readers too, who need its connections.
static UNDER_WAY: Semaphore = Semaphore::const_new(8);
/// How long a further one waits for its turn: most take a second.
const WAIT: Duration = Duration::from_secs(10);
/// Exports of one user at once, so that nobody who reads slowly keeps all others out.
const OF_ONE: usize = 4;
/// Who takes how many now.
static TAKING: Mutex<BTreeMap<UserId, usize>> = Mutex::new(BTreeMap::new());

/// The turn of one export; the next one's comes when it is dropped.
pub(super) struct Turn {
    _counted: Counted,
    _place: SemaphorePermit<'static>,
}

/// The count of one user's, taken back when it is dropped.
struct Counted(UserId);

impl Turn {
    /// Waits for a turn.
    ///
    /// # Errors
    /// `too_many_requests` where the user takes too many already, `unavailable` where others do for too long.
    pub(super) async fn of(user: UserId) -> Outcome<Self> {
        let counted = Counted::begin(user)?;
        let place = timeout(WAIT, UNDER_WAY.acquire()).await.ok().and_then(Result::ok);
        let place = place.ok_or_else(|| {
            Problem::new(Code::Unavailable, "Others are taking exports just now. Try again in a minute.")
        })?;
        Ok(Self { _counted: counted, _place: place })
    }
}

impl Counted {
    fn begin(user: UserId) -> Outcome<Self> {
        let mut all = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(user).or_default();
        if *count >= OF_ONE {
            let detail = format!("{OF_ONE} exports of yours are under way. Take one after the other.");
            return Err(Problem::new(Code::TooManyRequests, detail).with("retry_after_s", 1));
        }
        *count += 1;
        Ok(Self(user))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.0);
            }
        }
    }
}
