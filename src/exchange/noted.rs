//! An update of an import together with the verdict on its row, in one commit: whoever takes the import up again after a
//! crash finds what that row became.

use super::jobs::ImportRow;
use super::sheets::Fate;
use crate::core::problem::Problem;
use crate::writer::{Actor, Desk, Job, Loose, Refusal, Update};

/// An update, and the row that is noted where something new is recorded by it.
pub struct Noted<U: Update> {
    update: U,
    note: Option<ImportRow>,
    fate: fn(&U::Answer) -> Fate,
}

impl<U: Update> Noted<U> {
    /// An update whose answer says by `fate` what became of its row; nothing is noted without one.
    pub fn new(update: U, note: Option<ImportRow>, fate: fn(&U::Answer) -> Fate) -> Self {
        Self { update, note, fate }
    }
}

impl<U: Update> Update for Noted<U> {
    type Answer = U::Answer;

    fn actor(&self) -> &Actor {
        self.update.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.update.keys(desk);
        if let Some(note) = &self.note {
            desk.shelf::<Loose<ImportRow>>().want(note.id);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<U::Answer, Refusal> {
        if let Some(note) = &self.note {
            // Whether it is there: a row that an earlier run noted is changed, and not put beside itself.
            drop(desk.shelf::<Loose<ImportRow>>().find(note.id)?);
        }
        let before = desk.upcoming().sequence;
        let answer = self.update.decide(desk)?;
        if let Some(note) = self.note.as_ref().filter(|_| desk.upcoming().sequence > before) {
            let row = ImportRow { fate: (self.fate)(&answer).word().to_owned(), ..note.clone() };
            desk.shelf::<Loose<ImportRow>>().put(row);
        }
        Ok(answer)
    }

    fn instead(&self, problem: &Problem) -> Option<Box<dyn Job>> {
        self.update.instead(problem)
    }
}
