//! How many exports there are at once: each holds a thread for as long as its reader takes. So a reader must take, or lose its
//! turn to whoever waits.

use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

/// Exports that are under way at once: a database has other readers too, who need its connections.
static UNDER_WAY: Semaphore = Semaphore::const_new(8);
/// How long a further one waits for its turn: most take a second.
const WAIT: Duration = Duration::from_secs(10);
/// How long whoever takes as many as may be waits before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Exports of one user at once: it takes four users who read slowly to keep all others out, and each of them not for long.
const OF_ONE: usize = 2;
/// How long an export may take from its beginning to its last byte: a million rows over a link of 1 Mbit/s take half of it. A
/// reader that takes a byte now and then would else hold a turn for ever.
const WHOLE: Duration = Duration::from_secs(60 * 60);
/// Who takes how many now.
static TAKING: Mutex<BTreeMap<UserId, usize>> = Mutex::new(BTreeMap::new());

/// The turn of one export; the next one's comes when it is dropped.
pub(super) struct Turn {
    begun: Instant,
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
        let counted = Counted::when_free(user).await?;
        let place = timeout(WAIT, UNDER_WAY.acquire()).await.ok().and_then(Result::ok);
        let place = place.ok_or_else(|| {
            Problem::new(Code::Unavailable, "Others are taking exports just now. Try again in a minute.")
        })?;
        Ok(Self { begun: Instant::now(), _counted: counted, _place: place })
    }

    /// Refuses to go on for longer than any export may take.
    ///
    /// # Errors
    /// `unavailable`, in words for whoever took so long.
    pub(super) fn check(&self) -> Outcome<()> {
        if self.begun.elapsed() <= WHOLE {
            return Ok(());
        }
        let words =
            "This took longer than an export may. Ask for less at once, or take it over a faster connection.";
        Err(Problem::new(Code::Unavailable, words))
    }
}

impl Counted {
    /// Waits until the user takes fewer than may be at once: most exports take a second.
    async fn when_free(user: UserId) -> Outcome<Self> {
        let begun = Instant::now();
        loop {
            match Self::begin(user) {
                Err(_) if begun.elapsed() < WAIT => sleep(LOOK_AGAIN).await,
                begun => return begun,
            }
        }
    }

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
