//! A known caller, and a cache of callers that forgets soon enough.

use super::policy::Role;
use super::user::User;
use crate::core::id::{OrganizationId, UserId};
use crate::core::problem::Outcome;
use crate::db::{Conn, Database, read_failure};
use crate::writer::Record;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a caller's role is believed. A change by another process acts within a second, and this
/// leaves half of it for a slow read.
pub const PRINCIPAL_LIFETIME: Duration = Duration::from_millis(500);
/// Callers remembered; beyond it the cache starts anew, which costs one read each.
const PRINCIPALS_LIMIT: usize = 16_384;
/// Users who are read at once; two users seldom wait for each other.
const READING_LANES: usize = 64;

/// A known caller: who, as what, for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// What the user is at this moment.
    pub role: Role,
    /// The organization the user acts for.
    pub organization: Option<OrganizationId>,
    /// The country the user is bound to.
    pub country: Option<String>,
}

struct Known {
    principal: Option<Arc<Principal>>,
    epoch: u64,
    read_at: Instant,
}

/// Reads who a user is now, at most twice a second each.
pub struct Principals {
    database: Database,
    known: Mutex<HashMap<UserId, Known>>,
    epoch: AtomicU64,
    reading: [tokio::sync::Mutex<()>; READING_LANES],
}

impl Principals {
    /// An empty cache over a database.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            known: Mutex::new(HashMap::new()),
            epoch: AtomicU64::new(0),
            reading: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }

    /// Forgets everyone at once: called after this process changed a user.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Who a user is now; `None` for one who is gone or disabled.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(&self, user: UserId) -> Outcome<Option<Arc<Principal>>> {
        if let Some(known) = self.cached(user) {
            return Ok(known);
        }
        // One request of a user reads, the user's others wait for what it finds. The last byte of an
        // identifier is random.
        let lane = usize::from(user.0.as_bytes()[15]) % READING_LANES;
        let reading = self.reading[lane].lock().await;
        if let Some(known) = self.cached(user) {
            return Ok(known);
        }
        // The epoch before reading: a change that comes in between makes this entry stale at once.
        let epoch = self.epoch.load(Ordering::SeqCst);
        let read_at = Instant::now();
        let database = self.database.clone();
        let read = super::service::off_thread(move || database.read(|conn| read(conn, user))).await?;
        let principal = read.map(Arc::new);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= PRINCIPALS_LIMIT {
            known.clear();
        }
        known.insert(user, Known { principal: principal.clone(), epoch, read_at });
        drop(known);
        drop(reading);
        Ok(principal)
    }

    fn cached(&self, user: UserId) -> Option<Option<Arc<Principal>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&user)?;
        let fresh =
            known.read_at.elapsed() < PRINCIPAL_LIFETIME && known.epoch == self.epoch.load(Ordering::SeqCst);
        fresh.then(|| known.principal.clone())
    }
}

fn read(conn: &mut Conn, user: UserId) -> Outcome<Option<Principal>> {
    let rows = User::load(conn, &[user]).map_err(read_failure)?;
    rows.first().map(User::principal).transpose().map(Option::flatten)
}
