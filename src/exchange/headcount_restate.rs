//! Headcounts out of a table: each row states its record, or what is known of it by now, or nothing new.

use super::verdict::RowOutcome;
use crate::baselines::rules::Statements;
use crate::baselines::{Draft as _, Place, Standing, State, Statement as _, standing_of};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{BaselineBatchId, derived};
use crate::programmes::Programme;
use crate::reach::{Headcount, HeadcountDraft};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use sha2::{Digest, Sha256};

/// What a row would make of its record: `standing` is what stands.
pub fn outcome_of(draft: &HeadcountDraft, standing: &Standing<Headcount>) -> RowOutcome {
    match standing.get(&draft.key()) {
        None => RowOutcome::Created,
        Some(known) if says(known, draft) => RowOutcome::Unchanged,
        Some(_) => RowOutcome::Updated,
    }
}

/// Whether a record says what a row does, whenever and with whichever others it was stated.
fn says(known: &Headcount, draft: &HeadcountDraft) -> bool {
    let place = Place {
        id: known.id,
        about: known.about,
        batch: known.batch_id,
        ordinal: known.ordinal,
        moment: known.moment(),
    };
    Headcount::placed(draft, place) == *known
}

/// States the rows that say something new of their records, together; as many as one statement takes.
pub struct HeadcountsRestate {
    /// Who brings the table.
    pub actor: Actor,
    /// Its rows, judged.
    pub rows: Vec<HeadcountDraft>,
}

/// The same of the same rows over the same records, so that they are stated once, and again where others were stated since.
fn batch_id(rows: &[HeadcountDraft], standing: &Standing<Headcount>) -> BaselineBatchId {
    let mut hasher = Sha256::new();
    for row in rows {
        let known = standing.get(&row.key()).map(|known| known.id.to_string());
        hasher.update(format!("{row:?} {}\n", known.unwrap_or_default()));
    }
    let programme = rows.first().map(|row| row.programme.0).unwrap_or_default();
    derived(programme, &format!("headcounts:{}", hexadecimal(&hasher.finalize())), 0)
}

impl Update for HeadcountsRestate {
    type Answer = Vec<RowOutcome>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for row in &self.rows {
            desk.shelf::<Drawer<Headcount>>().want_group(row.key());
            desk.shelf::<Drawer<Programme>>().want(row.programme);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let standing = standing_of::<Headcount>(desk, self.rows.iter().map(Headcount::group_of))?;
        let outcomes: Vec<RowOutcome> = self.rows.iter().map(|row| outcome_of(row, &standing)).collect();
        let changed =
            self.rows.iter().zip(&outcomes).filter(|(_, outcome)| **outcome != RowOutcome::Unchanged);
        let rows: Vec<HeadcountDraft> = changed.map(|(row, _)| row.clone()).collect();
        if !rows.is_empty() {
            let id = batch_id(&rows, &standing);
            let body = Statements { id: None, rows };
            State::<Headcount>::new(self.actor.clone(), &body, id)?.decide(desk)?;
        }
        Ok(outcomes)
    }
}
