//! Beginning, continuing and ending sessions: the updates the writer records, and reading them.
//!
//! Beginning and ending are entries of the log. Continuing is none: it happens every ten minutes for everybody and
//! proves nothing. Whoever is about to end is told by the same row in every process that reads this database.

use crate::auth::{LOST_REPLY_GRACE, Role, Session, SessionEnd, SessionKind, SessionSecret, User};
use crate::core::id::{SessionId, SessionSecretId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{session_secrets, sessions};
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, Desk, Drawer, Entry, Loose, Record, Refusal, Update};
use diesel::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Sessions one user may have at once; a further one ends the oldest.
const OPEN_LIMIT: usize = 100;

/// Begins a session, after a login whose password was right.
pub struct SessionStart {
    /// Who logged in.
    pub actor: Actor,
    /// The session.
    pub session: SessionId,
    /// How it is continued.
    pub kind: SessionKind,
    /// The row and the hash of the secret that continues it.
    pub secret: (SessionSecretId, [u8; 32]),
    /// Wrong passwords just before.
    pub failures_before: u32,
}

impl Update for SessionStart {
    type Answer = Session;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<User>>().want(self.actor.user);
        desk.shelf::<Drawer<Session>>().want_group(self.actor.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Session, Refusal> {
        let user = enabled(desk, self.actor.user)?;
        let mut open = desk.shelf::<Drawer<Session>>().group(user.id)?;
        open.retain(|session| session.ended_at.is_none());
        let reason = match self.failures_before {
            0 => None,
            count => Some(format!("after {count} wrong passwords")),
        };
        let moment = desk.begin(entry("session.started", "session", self.session.0, reason));
        let now = moment.recorded_at;
        let role = role_of(&user)?;
        // Sessions that ran out are ended here, so that those still open are few.
        let (live, over): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.is_live(role, now));
        let drawer = desk.shelf::<Drawer<Session>>();
        for one in over {
            drawer.put(one.ended(now, SessionEnd::Expired, user.id));
        }
        let surplus = (live.len() + 1).saturating_sub(OPEN_LIMIT);
        let mut oldest = live;
        oldest.sort_by_key(|one| (one.began_at, one.id));
        for one in oldest.iter().take(surplus) {
            drawer.put(one.ended(now, SessionEnd::TooMany, user.id));
        }
        let session = Session::begin(self.session, user.id, self.kind, role, now);
        drawer.put(session.clone());
        desk.shelf::<Loose<SessionSecret>>().put(SessionSecret {
            id: self.secret.0,
            session_id: session.id,
            present_hash: self.secret.1.to_vec(),
            spent_hash: None,
            nonce: None,
            used_at: now,
        });
        Ok(session)
    }
}

/// Continues a session: a refresh token is exchanged for the next.
pub struct SessionContinue {
    /// Who continues, as the session's row said before.
    pub actor: Actor,
    /// The row of the secret that was presented.
    pub secret: SessionSecretId,
    /// The hash of what was presented.
    pub presented: [u8; 32],
    /// With this the next secret was made from it.
    pub nonce: [u8; 32],
    /// The hash of the next secret.
    pub next: [u8; 32],
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq)]
pub enum Continued {
    /// It was spent, and the next one counts from now on.
    Next(Session),
    /// It was spent a moment ago; the next one is made again with this nonce.
    Again(Session, Vec<u8>),
    /// It was spent long ago, or its successor is in use: the session has ended.
    Reused,
}

impl Update for SessionContinue {
    type Answer = Continued;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<User>>().want(self.actor.user);
        desk.shelf::<Loose<SessionSecret>>().want(self.secret);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Continued, Refusal> {
        let secret = desk.shelf::<Loose<SessionSecret>>().find(self.secret)?.ok_or_else(session_over)?;
        let session = desk.shelf::<Drawer<Session>>().find(secret.session_id)?.ok_or_else(session_over)?;
        let user = enabled(desk, session.user_id)?;
        let now = desk.now();
        if !session.is_live(role_of(&user)?, now) || session.kind != SessionKind::Token.word() {
            return Err(session_over().into());
        }
        if secret.present_hash == self.presented {
            desk.shelf::<Loose<SessionSecret>>().put(SessionSecret {
                present_hash: self.next.to_vec(),
                spent_hash: Some(self.presented.to_vec()),
                nonce: Some(self.nonce.to_vec()),
                used_at: now,
                ..SessionSecret::clone(&secret)
            });
            return Ok(Continued::Next(Session::clone(&session)));
        }
        let is_last_spent = secret.spent_hash.as_deref() == Some(self.presented.as_slice());
        if is_last_spent
            && now.0 - secret.used_at.0 <= LOST_REPLY_GRACE
            && let Some(nonce) = &secret.nonce
        {
            return Ok(Continued::Again(Session::clone(&session), nonce.clone()));
        }
        let reason = Some("a refresh token was used twice".to_owned());
        let moment = desk.begin(entry("session.ended", "session", session.id.0, reason));
        let ended = session.ended(moment.recorded_at, SessionEnd::Reused, user.id);
        desk.shelf::<Drawer<Session>>().put(ended);
        Ok(Continued::Reused)
    }
}

/// Which sessions of a user end.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// This one.
    One(SessionId),
    /// All.
    All,
}

/// Ends sessions of a user.
pub struct SessionsEnd {
    /// Who ends them.
    pub actor: Actor,
    /// Whose.
    pub user: UserId,
    /// Which.
    pub which: Ending,
    /// How.
    pub how: SessionEnd,
}

impl Update for SessionsEnd {
    type Answer = usize;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        match self.which {
            Ending::One(session) => desk.shelf::<Drawer<Session>>().want(session),
            Ending::All => desk.shelf::<Drawer<Session>>().want_group(self.user),
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<usize, Refusal> {
        let (open, kind, id) = match self.which {
            Ending::One(id) => {
                let found = desk.shelf::<Drawer<Session>>().find(id)?;
                let session = found.filter(|one| one.user_id == self.user).ok_or_else(Problem::not_found)?;
                (vec![session], "session", id.0)
            }
            Ending::All => (desk.shelf::<Drawer<Session>>().group(self.user)?, "user", self.user.0),
        };
        let open: Vec<_> = open.into_iter().filter(|session| session.ended_at.is_none()).collect();
        if open.is_empty() {
            return Ok(0);
        }
        let moment = desk.begin(entry("session.ended", kind, id, Some(self.how.word().to_owned())));
        for session in &open {
            let ended = session.ended(moment.recorded_at, self.how, self.actor.user);
            desk.shelf::<Drawer<Session>>().put(ended);
        }
        Ok(open.len())
    }
}

/// Ends the open sessions of a user within an entry that is open already, but for one.
///
/// # Errors
/// Where they are not loaded yet.
pub(super) fn end_open(
    desk: &mut Desk,
    user: UserId,
    except: Option<SessionId>,
    (at, how): (Timestamp, SessionEnd),
) -> Result<(), Refusal> {
    let by = desk.actor().user;
    let drawer = desk.shelf::<Drawer<Session>>();
    for session in drawer.group(user)? {
        if session.ended_at.is_none() && Some(session.id) != except {
            drawer.put(session.ended(at, how, by));
        }
    }
    Ok(())
}

fn enabled(desk: &mut Desk, user: UserId) -> Result<Arc<User>, Refusal> {
    let found = desk.shelf::<Drawer<User>>().find(user)?;
    found.filter(|user| !user.disabled).ok_or_else(|| session_over().into())
}

pub(super) fn role_of(user: &User) -> Outcome<Role> {
    Role::from_word(&user.role)
        .ok_or_else(|| Problem::internal(format!("users.role of {} is {:?}", user.id, user.role)))
}

/// The refusal of everything that could continue a session and does not.
pub(super) fn session_over() -> Problem {
    Problem::new(Code::Unauthenticated, "This session has ended, or there is none. Log in again.")
}

fn entry(action: &str, kind: &'static str, id: Uuid, reason: Option<String>) -> Entry {
    Entry { action: action.to_owned(), kind, id, reason }
}

/// A secret's row, its session and its user; `None` where there is no such secret.
///
/// # Errors
/// What the database says.
pub(super) fn find_secret(
    conn: &mut Conn,
    id: SessionSecretId,
) -> Outcome<Option<(SessionSecret, Session, User)>> {
    let Some(secret) = SessionSecret::load(conn, &[id]).map_err(read_failure)?.pop() else { return Ok(None) };
    let Some(session) = Session::load(conn, &[secret.session_id]).map_err(read_failure)?.pop() else {
        return Ok(None);
    };
    let user = User::load(conn, &[session.user_id]).map_err(read_failure)?.pop();
    Ok(user.map(|user| (secret, session, user)))
}

/// A user's sessions that last, each with the time it was continued last; the newest first.
///
/// # Errors
/// `not_found` where there is no such user, or what the database says.
pub fn open_sessions(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Outcome<Vec<(Session, Option<Timestamp>)>> {
    let user = super::store::user(conn, user)?;
    let role = role_of(&user)?;
    let mut open: Vec<Session> = sessions::table
        .filter(sessions::user_id.eq(user.id))
        .filter(sessions::ended_at.is_null())
        .select(Session::as_select())
        .load(conn)
        .map_err(read_failure)?;
    open.retain(|session| session.is_live(role, now));
    open.sort_by_key(|session| std::cmp::Reverse((session.began_at, session.id)));
    let ids: Vec<SessionId> = open.iter().map(|session| session.id).collect();
    let used: Vec<(SessionId, Timestamp)> = session_secrets::table
        .filter(session_secrets::session_id.eq_any(ids))
        .select((session_secrets::session_id, session_secrets::used_at))
        .load(conn)
        .map_err(read_failure)?;
    let when = |id: SessionId| used.iter().find(|(session, _)| *session == id).map(|(_, at)| *at);
    Ok(open.into_iter().map(|session| (session.clone(), when(session.id))).collect())
}
