//! A record of the catalogue that another ledger had under the same identifier.
//!
//! Unlike a row of somebody's books it is not found by its reference: the identifier is what it is, and events name it by that.

use crate::core::problem::{Code, Problem};
use crate::core::time::Timestamp;
use crate::exchange::apply::{Catalogued, Change, catalogue_entry};
use crate::writer::{Actor, Desk, Drawer, Refusal, Register, Update};
use std::sync::Arc;

/// Makes a record of the catalogue be there as `wanted`, under its own identifier.
pub struct Again<R> {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// How it should be; its revision and times count for nothing.
    pub wanted: R,
}

impl<R: Catalogued> Update for Again<R> {
    type Answer = Change;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<R>>().want(self.wanted.id());
        if !self.wanted.reference().is_empty() {
            desk.shelf::<Register<R::References>>().want(self.wanted.reference());
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Change, Refusal> {
        let id = self.wanted.id();
        let timeless = |row: &R| row.clone().stamped(1, Timestamp(0), Timestamp(0));
        if let Some(known) = desk.shelf::<Drawer<R>>().find(id)? {
            if timeless(&known) == timeless(&self.wanted) {
                return Ok(Change::Unchanged);
            }
            let words =
                format!("The {} {} is recorded already and says something else.", R::KIND, R::uuid(id));
            return Err(Problem::new(Code::WrongState, words).at("/id").into());
        }
        self.wanted.judge()?;
        self.wanted.check_names(desk)?;
        let reference = self.wanted.reference();
        if !reference.is_empty() {
            let register = desk.shelf::<Register<R::References>>();
            if register.holder(reference)?.is_some() {
                let words = format!("The reference {reference:?} is another {}'s already.", R::KIND);
                return Err(Problem::new(Code::Duplicate, words).at("/body").into());
            }
            register.assign(reference, Some(id));
        }
        let now = desk.begin(catalogue_entry(R::KIND, "created", R::uuid(id))).recorded_at;
        let row = self.wanted.clone().stamped(1, now, now);
        row.tell(desk);
        desk.shelf::<Drawer<R>>().put(row);
        desk.touch(R::uuid(id));
        Ok(Change::Created)
    }
}
