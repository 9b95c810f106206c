//! Updates that wait, in the database, and waking them.

use super::kind::Command;
use super::post::PostEvent;
use crate::core::id::{ConsignmentId, EventId, SiteId, UserId};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{refusals, waiting};
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, BATCH_LIMIT, Job, WakeKey, Woken, Writer, record};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

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

record! {
    /// Why an acknowledged update can never post: it was refused when what it waited for was there.
    pub struct RefusalRecord in refusals key event_id: EventId, group event_id: EventId {
        /// The update.
        event_id: EventId,
        /// The code of the problem.
        code: String,
        /// The problem as it would have been answered, in JSON.
        problem: String,
        /// When it was refused.
        refused_at: Timestamp,
    }
}

impl RefusalRecord {
    /// The same problem once more, saying that it is final.
    ///
    /// # Errors
    /// Where the stored problem cannot be read.
    pub fn problem(&self) -> Outcome<Problem> {
        let unreadable = |what: &str| Problem::internal(format!("refusals.{what} of {}", self.event_id));
        let code =
            Code::ALL.iter().find(|code| code.word() == self.code).ok_or_else(|| unreadable("code"))?;
        let told: Value = serde_json::from_str(&self.problem).map_err(|_| unreadable("problem"))?;
        let detail = told["detail"].as_str().ok_or_else(|| unreadable("problem"))?;
        let mut problem = Problem::new(
            *code,
            format!(
                "This update waited and was refused at {}: {detail} Send it corrected, under a new id.",
                self.refused_at
            ),
        );
        for error in told["errors"].as_array().into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            // What was refused before fields had codes has none.
            let code = Fault::from_word(&text("code")).unwrap_or(Fault::Other);
            let bound = |name: &str| error[name].as_i64();
            let choices = error["choices"].as_array().into_iter().flatten().filter_map(Value::as_str);
            problem.errors.push(FieldError {
                code,
                least: bound("least"),
                most: bound("most"),
                choices: choices.map(str::to_owned).collect(),
                ..FieldError::new(text("pointer"), text("detail"))
            });
        }
        Ok(problem)
    }
}

/// Finds a page of the updates that waited for any of these subjects, or of all that wait, and makes jobs of
/// them. What was refused waits no longer.
///
/// # Errors
/// What the database says.
pub fn wake(conn: &mut Conn, touched: Option<&[Uuid]>, after: Option<WakeKey>) -> Outcome<Woken> {
    let mut query = waiting::table
        .filter(waiting::posted.eq(false))
        .filter(not(exists(refusals::table.filter(refusals::event_id.eq(waiting::id)))))
        .into_boxed();
    if let Some(touched) = touched {
        let mut subjects: Vec<Vec<u8>> = touched.iter().map(|subject| subject.as_bytes().to_vec()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        query = query.filter(waiting::waits_for.eq_any(subjects));
    }
    if let Some((received_at, id)) = after {
        let (received_at, id) = (Timestamp(received_at), EventId(id));
        query = query.filter(
            waiting::received_at
                .gt(received_at)
                .or(waiting::received_at.eq(received_at).and(waiting::id.gt(id))),
        );
    }
    let rows: Vec<(EventId, Timestamp, String, UserId, String)> = query
        .order((waiting::received_at, waiting::id))
        .limit(BATCH_LIMIT as i64)
        .select((waiting::id, waiting::received_at, waiting::body, waiting::actor_id, waiting::acted_as))
        .load(conn)
        .map_err(read_failure)?;
    let is_full = rows.len() == BATCH_LIMIT;
    let last = rows.last().map(|(id, received_at, ..)| (received_at.0, id.0));
    let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(rows.len());
    for (_, _, body, user, acted_as) in rows {
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
    Ok(Woken { jobs, next: last.filter(|_| is_full) })
}
