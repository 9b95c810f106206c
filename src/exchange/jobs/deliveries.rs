//! Tables whose rows are whole deliveries: a promise, a consignment and all that happened to both, out of each row.
//!
//! No role may all of that, and nobody at a desk saw it happen. So over HTTP a table of deliveries takes two: an officer sends
//! it, and it is only tried; a manager who reads what would become of it has it recorded. What it records is flagged as
//! imported, as at the command line, and no user dispatched or received it; the log says who sent the file and who had it
//! recorded. Never here: a rule about goods.

use super::super::apply::{Recorder, import_actor};
use super::super::import::{Reading, read_sent};
use super::super::kept::Chosen;
use super::super::sheets::{Importer, JudgedRow};
use super::super::table::Limits;
use super::steps::{End, Steps, judged};
use super::store::ImportJob;
use crate::auth::{Action, Named, Permit, action, permit_now};
use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::writer::Actor;
use std::collections::BTreeMap;

/// What whoever sends a table of deliveries must be allowed: to say what happened to goods.
pub(super) const SENDS: Action = Action::EventPost;
/// What whoever has it recorded must be allowed: to accept what was promised, since that is where each row begins.
const DECIDES: Action = Action::PledgeDecide;

/// Whether somebody may have a table of deliveries recorded: a delivery is of several parties, so only one who is bound to none
/// of them.
pub(super) fn may_decide<A: Named>(permit: &Permit<A>) -> bool {
    permit.reach(DECIDES).is_some_and(|scope| scope.is_everything())
}

/// Who has a job recorded, where somebody else than who sent it must.
///
/// # Errors
/// `own_proposal` where it is who sent it; `forbidden` where it is somebody who may not.
pub(super) fn decider<A: Named>(permit: &Permit<A>, job: &ImportJob) -> Outcome<Option<UserId>> {
    if !job.deliveries {
        return Ok(None);
    }
    let caller = permit.principal().user;
    if caller == job.asked_by {
        let words = "You sent this table of deliveries; somebody else who accepts pledges has it recorded.";
        return Err(Problem::new(Code::OwnProposal, words));
    }
    permit.further(DECIDES)?;
    if !may_decide(permit) {
        let words = "A table of deliveries is of several parties, and your account is bound to some of them.";
        return Err(Problem::new(Code::Forbidden, words));
    }
    Ok(Some(caller))
}

/// Refuses what is sent by one who may not say what happened to goods, or not to all of them.
fn check_sent(importer: &Importer) -> Outcome<()> {
    if importer.scope(SENDS)?.is_everything() {
        return Ok(());
    }
    let words =
        "A table of deliveries is of several parties, and the account that sent it is bound to some of them.";
    Err(Problem::new(Code::Forbidden, words))
}

/// Refuses to record for somebody who had it recorded and may not any more.
fn check_decided(conn: &mut Conn, job: &ImportJob) -> Outcome<()> {
    if job.dry_run {
        return Ok(());
    }
    let permit = match job.decided_by {
        Some(user) => permit_now::<action::ImportWrite>(conn, user)?,
        None => None,
    };
    if permit.is_some_and(|permit| may_decide(&permit)) {
        return Ok(());
    }
    let words = "Who had this recorded may not accept pledges any more.";
    Err(Problem::new(Code::Forbidden, words))
}

/// Who acts, in the words of the log: nobody here, by a mapping, out of the file of a job.
fn actor_of(reading: &Reading, job: &ImportJob) -> Actor {
    let actor = import_actor(&reading.read_by());
    Actor { scope: format!("{} import:{}", actor.scope, job.id), ..actor }
}

impl Steps<'_> {
    /// Records a table of deliveries, or rehearses it. Its plan is one: it is told whole once it is.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, with who sent or decided it, or what the database says.
    pub(super) fn deliveries(
        &mut self,
        importer: &Importer,
        recorder: &mut Recorder,
        (file, chosen): (Vec<u8>, Chosen),
    ) -> Outcome<End> {
        check_sent(importer)?;
        check_decided(self.conn, &self.job)?;
        let reading = read_sent(file, chosen, Limits::DELIVERIES)?;
        self.opened(reading.plan.rows.len(), &reading.notes);
        let actor = actor_of(&reading, &self.job);
        let noting = Some(self.job.id).filter(|_| !self.job.dry_run);
        // Where it cannot be said that this process runs it still, another one goes on: both do the same.
        let mut progress = |_: usize, _: usize| drop(self.hold());
        let mut imported = reading.import_as((actor, noting), recorder, &mut progress)?;
        reading.show_cells(&mut imported);
        let none = BTreeMap::new();
        let rows: Vec<JudgedRow> =
            imported.verdicts.into_iter().map(|verdict| judged(verdict, &none)).collect();
        self.whole(rows)
    }
}
