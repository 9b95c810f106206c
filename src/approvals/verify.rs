//! What must hold of decided proposals, whatever wrote them: nobody decided an own one, and what was approved counts.

use crate::audit::finding::{Finding, Report};
use crate::audit::verify::Progress;
use crate::core::id::{ApprovalId, EventId, InvitationId, UserId};
use crate::core::problem::Outcome;
use crate::db::schema::{approvals, events, invitations};
use crate::db::{Conn, read_failure};
use crate::proposals::{ABOUT_USERS, ApprovalState};
use crate::users::invitation_store::InvitationEnd;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use uuid::Uuid;

/// A kind that was always approved by somebody else: the others are older than proposals.
const EARMARK_CHANGED: &str = "earmark_changed";

/// Verifies decided proposals.
///
/// # Errors
/// Whatever the database says.
pub fn verify_approvals(conn: &mut Conn, report: &mut Report, progress: &mut Progress<'_>) -> Outcome<()> {
    let count: i64 = approvals::table.count().get_result(conn).map_err(read_failure)?;
    report.check("approvals' deciders", usize::try_from(count).unwrap_or(0));
    progress("approvals", count.unsigned_abs());
    let decided = [ApprovalState::Approved.word(), ApprovalState::Refused.word()];
    let own: Vec<ApprovalId> = approvals::table
        .filter(approvals::state.eq_any(decided))
        .filter(
            approvals::decided_by.is_null().or(approvals::decided_by.eq(approvals::proposed_by.nullable())),
        )
        .order(approvals::id)
        .select(approvals::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in own {
        let problem = "was decided by nobody else than who proposed it".to_owned();
        report.find(Finding::new("approvals", id.to_string(), problem));
    }
    // An event and its approval have one identifier.
    let undone: Vec<ApprovalId> = approvals::table
        .filter(approvals::state.eq(ApprovalState::Approved.word()).and(approvals::kind.ne_all(ABOUT_USERS)))
        .filter(not(exists(events::table.filter(events::id.eq(approvals::subject_id)))))
        .order(approvals::id)
        .select(approvals::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in undone {
        let problem = "was approved, and its event is not posted".to_owned();
        report.find(Finding::new("approvals", id.to_string(), problem));
    }
    let early: Vec<EventId> = events::table
        .inner_join(approvals::table.on(approvals::subject_id.eq(events::id)))
        .filter(approvals::state.ne(ApprovalState::Approved.word()))
        .order(events::id)
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in early {
        let problem = "is posted, and nobody approved its proposal".to_owned();
        report.find(Finding::new("events", id.to_string(), problem));
    }
    verify_links(conn, report)?;
    verify_earmarks(conn, report)
}

/// Links that another had to approve, and that were used although nobody did.
fn verify_links(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let approved = approvals::table
        .filter(approvals::state.eq(ApprovalState::Approved.word()))
        .filter(approvals::id.nullable().eq(invitations::approval_id));
    let used: Vec<InvitationId> = invitations::table
        .filter(invitations::ended_as.eq(InvitationEnd::Accepted.word()))
        .filter(invitations::approval_id.is_not_null())
        .filter(not(exists(approved)))
        .order(invitations::id)
        .select(invitations::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in used {
        let problem = "was used, and nobody else approved that".to_owned();
        report.find(Finding::new("invitations", id.to_string(), problem));
    }
    Ok(())
}

/// No earmark was changed without somebody having been asked, save by whoever holds the database.
fn verify_earmarks(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let unasked: Vec<EventId> = events::table
        .filter(events::kind.eq(EARMARK_CHANGED).and(events::actor_id.ne(UserId(Uuid::nil()))))
        .filter(not(exists(approvals::table.filter(approvals::subject_id.eq(events::id)))))
        .order(events::id)
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in unasked {
        let problem = "changes an earmark, and nobody was asked to approve it".to_owned();
        report.find(Finding::new("events", id.to_string(), problem));
    }
    Ok(())
}
