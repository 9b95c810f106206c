//! A known caller, and a cache of callers that forgets soon enough.

use super::api_key::{ApiKeySecret, find_key};
use super::credential::{Caller, Unnoted};
use super::policy::Role;
use super::session::{Session, SessionKind, SessionSecret};
use super::user::User;
use crate::core::id::{OrganizationId, SessionId, SessionSecretId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, Database, read_failure};
use crate::writer::Record;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a caller's role is believed. A change by another process acts within a second, and this
/// leaves half of it for a slow read.
pub const PRINCIPAL_LIFETIME: Duration = Duration::from_millis(500);
/// Callers remembered; beyond it the cache starts anew, which costs one read each.
const PRINCIPALS_LIMIT: usize = 16_384;
/// Callers who are read at once; two seldom wait for each other.
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
    /// The countries the user is bound to; none where that is no bound.
    pub countries: Vec<String>,
}

impl Principal {
    /// Whether an organization or countries narrow what the user reaches.
    pub fn is_bound(&self) -> bool {
        self.organization.is_some() || !self.countries.is_empty()
    }
}

/// What a caller claims and the database knows better: under what it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Claim {
    /// To be this user in this session, as a token of ours says.
    Session(UserId, SessionId),
    /// To have this cookie: the key of its row and its hash.
    Cookie(SessionSecretId, [u8; 32]),
    /// To have this key: a digest of all of it.
    Key([u8; 32]),
}

impl Claim {
    /// Something of it that is as good as random.
    fn lane(&self) -> usize {
        let byte = match self {
            // The last byte of an identifier is random.
            Self::Session(_, session) => session.0.as_bytes()[15],
            Self::Cookie(_, hash) | Self::Key(hash) => hash[0],
        };
        usize::from(byte) % READING_LANES
    }
}

/// Says for how long a caller who was known is believed; asked when it matters, as a database may go meanwhile.
pub(super) type KnownFor<'a> = &'a (dyn Fn() -> Duration + Sync);

struct Known {
    caller: Caller,
    epoch: u64,
    read_at: Instant,
}

/// Reads who a caller is now and whether the session lasts, at most twice a second each.
pub(super) struct Principals {
    database: Database,
    known: Mutex<HashMap<Claim, Known>>,
    epoch: AtomicU64,
    reading: [tokio::sync::Mutex<()>; READING_LANES],
    /// Sessions that could not be recorded, as the disk is full, and until when they are good here.
    unrecorded: Mutex<HashMap<SessionId, (UserId, Instant)>>,
}

impl Principals {
    /// An empty cache over a database.
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            known: Mutex::new(HashMap::new()),
            epoch: AtomicU64::new(0),
            reading: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
            unrecorded: Mutex::new(HashMap::new()),
        }
    }

    /// Forgets everyone at once: called after this process changed a user or ended a session.
    pub(super) fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets a session that could not be recorded be good in this process for a while.
    pub(super) fn admit_unrecorded(&self, user: UserId, session: SessionId, lifetime: Duration) {
        let mut unrecorded = self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        unrecorded.retain(|_, (_, until)| now < *until);
        unrecorded.insert(session, (user, now + lifetime));
    }

    fn is_unrecorded(&self, user: UserId, session: SessionId) -> bool {
        let unrecorded = self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner);
        unrecorded.get(&session).is_some_and(|(whose, until)| *whose == user && Instant::now() < *until)
    }

    /// Who a caller is now; `None` for one who is gone or disabled, or whose session is over.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn find(&self, claim: Claim, known_for: KnownFor<'_>) -> Outcome<Option<Caller>> {
        self.find_by(claim, known_for, move |conn, is_unrecorded| read(conn, claim, is_unrecorded)).await
    }

    /// Which machine this key is of; `None` where it is none, or its time is over.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn find_machine(
        &self,
        key: ApiKeySecret,
        known_for: KnownFor<'_>,
    ) -> Outcome<Option<Caller>> {
        self.find_by(Claim::Key(key.digest()), known_for, move |conn, _| read_machine(conn, &key)).await
    }

    async fn find_by(
        &self,
        claim: Claim,
        known_for: KnownFor<'_>,
        read: impl FnOnce(&mut Conn, bool) -> Outcome<Option<Caller>> + Send + 'static,
    ) -> Outcome<Option<Caller>> {
        if let Some(caller) = self.cached(&claim, known_for) {
            return Ok(Some(caller));
        }
        // One request of a caller reads, the caller's others wait for what it finds.
        let reading = self.reading[claim.lane()].lock().await;
        if let Some(caller) = self.cached(&claim, known_for) {
            return Ok(Some(caller));
        }
        // The epoch before reading: a change that comes in between makes this entry stale at once.
        let epoch = self.epoch.load(Ordering::SeqCst);
        let read_at = Instant::now();
        let is_unrecorded = match claim {
            Claim::Session(user, session) => self.is_unrecorded(user, session),
            Claim::Cookie(..) | Claim::Key(_) => false,
        };
        let database = self.database.clone();
        let read = super::service::off_thread(move || database.read(|conn| read(conn, is_unrecorded))).await;
        let read = match read {
            Ok(read) => read,
            // The database may have gone while it was asked.
            Err(problem) => return self.cached(&claim, known_for).map(Some).ok_or(problem),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= PRINCIPALS_LIMIT {
            known.clear();
        }
        // Only the good are remembered: whoever invents cookies fills nothing.
        match &read {
            Some(caller) => drop(known.insert(claim, Known { caller: caller.clone(), epoch, read_at })),
            None => drop(known.remove(&claim)),
        }
        drop(known);
        drop(reading);
        Ok(read)
    }

    fn cached(&self, claim: &Claim, known_for: KnownFor<'_>) -> Option<Caller> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(claim)?;
        let fresh = known.read_at.elapsed() < known_for() && known.epoch == self.epoch.load(Ordering::SeqCst);
        fresh.then(|| known.caller.clone())
    }
}

fn read(conn: &mut Conn, claim: Claim, is_unrecorded: bool) -> Outcome<Option<Caller>> {
    let mut unnoted = None;
    let (user, session, kind) = match claim {
        Claim::Session(user, session) => (Some(user), session, SessionKind::Token),
        Claim::Cookie(id, hash) => {
            let secrets = SessionSecret::load(conn, &[id]).map_err(read_failure)?;
            let Some(secret) = secrets.first().filter(|secret| secret.present_hash == hash) else {
                return Ok(None);
            };
            unnoted = secret.is_use_due(now()).then_some(Unnoted::Cookie(id));
            (None, secret.session_id, SessionKind::Cookie)
        }
        Claim::Key(_) => return Ok(None),
    };
    let found = Session::load(conn, &[session]).map_err(read_failure)?.pop();
    let whose = match (&found, user) {
        (Some(found), Some(user)) if found.user_id != user => return Ok(None),
        (Some(found), _) if found.kind == kind.word() => found.user_id,
        (None, Some(user)) if is_unrecorded => user,
        (Some(_) | None, _) => return Ok(None),
    };
    let users = User::load(conn, &[whose]).map_err(read_failure)?;
    let Some(principal) = users.first().map(User::principal).transpose()?.flatten() else {
        return Ok(None);
    };
    if found.is_some_and(|found| !found.is_live(principal.role, now())) {
        return Ok(None);
    }
    Ok(Some(Caller { principal: Arc::new(principal), session: Some(session), unnoted }))
}

fn read_machine(conn: &mut Conn, key: &ApiKeySecret) -> Outcome<Option<Caller>> {
    let Some((found, is_use_due)) = find_key(conn, key.prefix(), &key.hash(), now())? else {
        return Ok(None);
    };
    let users = User::load(conn, &[found.user_id]).map_err(read_failure)?;
    let principal = users.first().map(User::principal).transpose()?.flatten();
    let unnoted = is_use_due.then_some(Unnoted::Key(found.id));
    Ok(principal.map(|principal| Caller { principal: Arc::new(principal), session: None, unnoted }))
}

/// The clock of this machine.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
