//! Statements out of a table: each row states its record, or what is known of it by now, or nothing new.

use super::verdict::RowOutcome;
use crate::baselines::rules::Statements;
use crate::baselines::{Draft as _, Place, Standing, State, Statement, standing_of};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{BaselineBatchId, derived};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use sha2::{Digest, Sha256};
use std::fmt::Debug;
use uuid::Uuid;

/// What a row would make of its record: `standing` is what stands.
pub fn outcome_of<S: Statement>(draft: &S::Draft, standing: &Standing<S>) -> RowOutcome {
    match standing.get(&draft.key()) {
        // What nobody states needs no ending.
        None if draft.is_withdrawal() => RowOutcome::Unchanged,
        None => RowOutcome::Created,
        Some(known) if says(known.as_ref(), draft) => RowOutcome::Unchanged,
        Some(_) => RowOutcome::Updated,
    }
}

/// Whether a record says what a row does, whenever and with whichever others it was stated.
fn says<S: Statement>(known: &S, draft: &S::Draft) -> bool {
    let (_, ordinal) = known.place();
    let place =
        Place { id: known.id(), about: known.about(), batch: known.batch(), ordinal, moment: known.moment() };
    S::placed(draft, place) == *known
}

/// States the rows that say something new of their records, together; as many as one statement takes.
pub struct StatementsRestate<S: Statement> {
    /// Who brings the table.
    pub actor: Actor,
    /// Whose table it is, for the identifier of the statement.
    pub parent: Uuid,
    /// Its rows, judged.
    pub rows: Vec<S::Draft>,
}

impl<S: Statement> StatementsRestate<S>
where
    S::Draft: Debug,
{
    /// The same of the same rows over the same records, so that they are stated once, and again where others were stated
    /// since.
    fn batch_id(&self, rows: &[S::Draft], standing: &Standing<S>) -> BaselineBatchId {
        let mut hasher = Sha256::new();
        for row in rows {
            let known = standing.get(&row.key()).map(|known| known.id().to_string());
            hasher.update(format!("{row:?} {}\n", known.unwrap_or_default()));
        }
        derived(self.parent, &format!("{}s:{}", S::WORD, hexadecimal(&hasher.finalize())), 0)
    }
}

impl<S: Statement> Update for StatementsRestate<S>
where
    S::Draft: Debug,
{
    type Answer = Vec<RowOutcome>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for row in &self.rows {
            desk.shelf::<Drawer<S>>().want_group(S::group_of(row));
            S::want(row, desk);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let standing = standing_of::<S>(desk, self.rows.iter().map(S::group_of))?;
        let outcomes: Vec<RowOutcome> = self.rows.iter().map(|row| outcome_of(row, &standing)).collect();
        let changed =
            self.rows.iter().zip(&outcomes).filter(|(_, outcome)| **outcome != RowOutcome::Unchanged);
        let rows: Vec<S::Draft> = changed.map(|(row, _)| row.clone()).collect();
        if !rows.is_empty() {
            let id = self.batch_id(&rows, &standing);
            State::<S>::new(self.actor.clone(), &Statements { id: None, rows }, id)?.decide(desk)?;
        }
        Ok(outcomes)
    }
}
