//! What the log keeps of an export: what was asked, by whom, and the digest of every byte that left.
//!
//! It is begun before the first byte leaves and finished before the last one does. Who takes nearly all of a file and
//! breaks off is in the log, and whoever has a whole file finds its digest there.

use super::stamp::Stamp;
use crate::auth::{Action, Permit, action};
use crate::core::id::{ExportId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::exports;
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use diesel::prelude::*;

record! {
    /// A file that was taken away.
    pub struct Exported in exports key id: ExportId, group asked_by: UserId {
        /// Key; it stands in the file.
        id: ExportId,
        /// The word of its kind.
        kind: String,
        /// What it was narrowed to, in words.
        asked: String,
        /// The entry of the ledger as of which it is told.
        sequence: i64,
        /// The last effective time that counts.
        as_of: Option<Timestamp>,
        /// Who took it.
        asked_by: UserId,
        /// How far that caller reached.
        asked_as: String,
        /// When it was begun.
        begun_at: Timestamp,
        /// Rows it has, once it is whole.
        row_count: Option<i64>,
        /// Bytes it has.
        bytes: Option<i64>,
        /// Their SHA-256.
        sha256: Option<Vec<u8>>,
        /// When its digest was noted, before the last of its bytes left; none where it was broken off.
        finished_at: Option<Timestamp>,
    }
}

/// Notes that a file begins to be taken away.
pub(super) struct ExportBegin {
    pub(super) actor: Actor,
    pub(super) stamp: Stamp,
    pub(super) asked: String,
}

fn entry(desk: &mut Desk, id: ExportId, action: &str) {
    desk.begin(Entry { action: action.to_owned(), kind: "export", id: id.0, reason: None });
}

impl Update for ExportBegin {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Exported>>().want(self.stamp.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let stamp = &self.stamp;
        if desk.shelf::<Drawer<Exported>>().find(stamp.id)?.is_some() {
            return Ok(());
        }
        entry(desk, stamp.id, "export.begun");
        desk.shelf::<Drawer<Exported>>().put(Exported {
            id: stamp.id,
            kind: stamp.kind.word().to_owned(),
            asked: self.asked.clone(),
            sequence: stamp.sequence,
            as_of: stamp.as_of,
            asked_by: self.actor.user,
            asked_as: stamp.scope.clone(),
            begun_at: stamp.begun_at,
            row_count: None,
            bytes: None,
            sha256: None,
            finished_at: None,
        });
        Ok(())
    }
}

/// Notes that all of it is on its way.
pub(super) struct ExportFinish {
    pub(super) actor: Actor,
    pub(super) id: ExportId,
    pub(super) rows: i64,
    pub(super) bytes: i64,
    pub(super) sha256: [u8; 32],
}

impl Update for ExportFinish {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Exported>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let begun = desk.shelf::<Drawer<Exported>>().find(self.id)?;
        let begun = begun.ok_or_else(|| Problem::internal("an export ends that was not begun"))?;
        if begun.finished_at.is_some() {
            return Ok(());
        }
        let now = desk.now();
        entry(desk, self.id, "export.finished");
        desk.shelf::<Drawer<Exported>>().put(Exported {
            row_count: Some(self.rows),
            bytes: Some(self.bytes),
            sha256: Some(self.sha256.to_vec()),
            finished_at: Some(now),
            ..begun.as_ref().clone()
        });
        Ok(())
    }
}

/// Exports behind one, in the order they were begun: the caller's own, and everybody's for whoever reads the log.
///
/// # Errors
/// What the database says.
pub(super) fn exports_list(
    conn: &mut Conn,
    permit: &Permit<action::ExportRead>,
    after: Option<ExportId>,
    limit: i64,
) -> Outcome<Vec<Exported>> {
    let mut query = exports::table.into_boxed();
    if permit.reach(Action::AuditRead).is_none() {
        query = query.filter(exports::asked_by.eq(permit.principal().user));
    }
    if let Some(after) = after {
        query = query.filter(exports::id.gt(after));
    }
    query.order(exports::id).limit(limit).select(Exported::as_select()).load(conn).map_err(read_failure)
}
