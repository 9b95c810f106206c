//! Updates that wait, in the database, and waking them.

use super::kind::Command;
use super::post::PostEvent;
use crate::core::id::{ConsignmentId, EventId, SiteId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::waiting;
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, Job, Writer, record};
use diesel::prelude::*;
use uuid::Uuid;

/// Waiting updates woken by one batch; the rest wake with the next.
const WAKE_LIMIT: i64 = 256;

record! {
    /// An update that was acknowledged and waits.
    pub struct WaitingRecord in waiting key id: EventId, group id: EventId {
        /// The event's identifier.
        id: EventId,
        /// Its kind.
        kind: String,
        /// Who posted it.
        actor_id: UserId,
        /// In what role and scope, as the log writes them.
        acted_as: String,
        /// The consignment it is about.
        consignment_id: Option<ConsignmentId>,
        /// The site it is about.
        site_id: Option<SiteId>,
        /// The command as it came.
        body: String,
        /// SHA-256 of the command.
        body_hash: Vec<u8>,
        /// What it waits for, in words.
        reason: String,
        /// The thing whose appearance or change may end the waiting.
        waits_for: Vec<u8>,
        /// What the poster was told.
        result: String,
        /// When it came.
        received_at: Timestamp,
        /// Whether it has posted since.
        posted: bool,
    }
}

/// Finds updates that waited for any of these subjects and makes jobs of them.
///
/// # Errors
/// What the database says.
pub fn wake(conn: &mut Conn, touched: &[Uuid]) -> Outcome<Vec<Box<dyn Job>>> {
    let mut subjects: Vec<Vec<u8>> = touched.iter().map(|subject| subject.as_bytes().to_vec()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let rows: Vec<(String, UserId, String)> = waiting::table
        .filter(waiting::waits_for.eq_any(&subjects))
        .filter(waiting::posted.eq(false))
        .order((waiting::received_at, waiting::id))
        .limit(WAKE_LIMIT)
        .select((waiting::body, waiting::actor_id, waiting::acted_as))
        .load(conn)
        .map_err(read_failure)?;
    let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(rows.len());
    for (body, user, acted_as) in rows {
        let (role, scope) = acted_as.split_once('\n').unwrap_or((acted_as.as_str(), ""));
        let actor = Actor { user, role: role.to_owned(), scope: scope.to_owned() };
        match serde_json::from_str(&body)
            .map_err(|error| error.to_string())
            .and_then(|value| Command::read_recorded(value).map_err(|problem| problem.to_string()))
        {
            Ok(command) => jobs.push(Writer::detached(PostEvent::woken(command, actor))),
            Err(error) => tracing::error!(%error, "a waiting update cannot be read any more"),
        }
    }
    Ok(jobs)
}
