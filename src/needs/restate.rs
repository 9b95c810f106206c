//! Needs out of a file: each row states its need, or what is needed by now, or nothing new.

use super::rules::{NeedDraft, NeedState, Place};
use super::store::Need;
use super::update::{NeedCreate, change, newest};
use crate::core::id::NeedId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Restated {
    /// Its need was not there and is now.
    Created,
    /// Its need says something else now.
    Updated,
    /// Its need stands just so.
    Unchanged,
}

/// What a row would make of its need: `known` is how that stands.
///
/// # Errors
/// `invalid` where it says something else of what never changes; `wrong_state` where the need is not open any more.
pub fn restated(known: Option<&Need>, draft: &NeedDraft) -> Outcome<Restated> {
    let Some(known) = known else { return Ok(Restated::Created) };
    let before = known.draft()?;
    let draft = &as_circulated(known, draft);
    if before == *draft {
        return Ok(Restated::Unchanged);
    }
    let fixed = [
        ("/programme", before.programme == draft.programme),
        ("/item", before.item == draft.item),
        ("/site", before.site == draft.site),
        ("/area", before.area == draft.area),
        ("/organization", before.organization == draft.organization),
    ];
    if let Some((pointer, _)) = fixed.into_iter().find(|(_, is_same)| !is_same) {
        let words = "is another one than the need of this key has, which never changes; write the row under another key";
        return Err(Problem::field(pointer, words));
    }
    if known.state()? != NeedState::Open {
        let words = format!("The need of this key is {}; open it again, or leave the row out.", known.state);
        return Err(Problem::new(Code::WrongState, words));
    }
    Ok(Restated::Updated)
}

/// What a row says of a need that is there: whether that is circulated is not the file's to say again, as somebody may have
/// taken it out of the public list or put it in since.
fn as_circulated(known: &Need, draft: &NeedDraft) -> NeedDraft {
    NeedDraft { circulated: known.circulated, ..draft.clone() }
}

/// A need of a file.
#[derive(Clone, Debug)]
pub struct NeedRow {
    /// Made from the file's mapping and the row's key.
    pub id: NeedId,
    /// What it says, judged.
    pub draft: NeedDraft,
    /// Where.
    pub place: Place,
}

/// States the needs of a file; a row that is refused takes no other with it.
pub struct NeedsRestate {
    /// Who brings the file.
    pub actor: Actor,
    /// Its rows.
    pub rows: Vec<NeedRow>,
}

impl NeedsRestate {
    fn create(&self, row: &NeedRow) -> NeedCreate {
        NeedCreate::judged(self.actor.clone(), row.id, row.draft.clone(), row.place.clone())
    }

    fn settle(&self, row: &NeedRow, desk: &mut Desk) -> Result<Restated, Refusal> {
        let stated = desk.shelf::<Drawer<Need>>().group(row.id)?;
        let known = newest(&stated);
        let restated = restated(known.as_deref(), &row.draft)?;
        match (restated, known) {
            (Restated::Updated, Some(known)) => {
                drop(change(desk, &known, &as_circulated(&known, &row.draft)))
            }
            (Restated::Created, _) => drop(self.create(row).decide(desk)?),
            (Restated::Updated | Restated::Unchanged, _) => {}
        }
        Ok(restated)
    }
}

impl Update for NeedsRestate {
    type Answer = Vec<Outcome<Restated>>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        self.rows.iter().for_each(|row| self.create(row).keys(desk));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let mut answers = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            match self.settle(row, desk) {
                Ok(restated) => answers.push(Ok(restated)),
                Err(Refusal::Problem(problem)) => answers.push(Err(*problem)),
                Err(Refusal::Missed) => return Err(Refusal::Missed),
            }
        }
        Ok(answers)
    }
}
