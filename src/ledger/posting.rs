//! Drawing from balances and adding to them: how much there is at a time, from when an event can count, and
//! posting it, for real or in rehearsal.

use super::book::{Book, Entry, Posted, Stated, Undo};
use super::cell::{Cell, CellKey, Movement};
use super::event::{Part, Rehearsal};
use super::history::History;
use crate::core::problem::{Code, Problem};
use crate::core::quantity;
use crate::core::time::Timestamp;
use crate::writer::{Moment, Refusal, Wanted};

impl Book {
    /// What can be drawn from a cell at `at` without any later moment falling short.
    ///
    /// # Errors
    /// [`Wanted`] where its history is not loaded.
    pub fn available(&mut self, cell: &Cell, at: Timestamp) -> Result<i64, Wanted> {
        let key = cell.key();
        self.know(cell, key)?;
        let Some(entry) = self.entries.get(&key) else { return Ok(0) };
        if at >= entry.last_at {
            return Ok(entry.quantity);
        }
        if !entry.history.reaches(at) {
            let since = self.wants.histories.entry(key).or_insert(at);
            *since = (*since).min(at);
            return Err(Wanted);
        }
        Ok(entry.history.least_from(at, entry.quantity).max(0))
    }

    /// The earliest time, `at` or later, at which all movements together can be posted.
    ///
    /// # Errors
    /// `insufficient` where a cell never holds enough, or [`Wanted`].
    pub fn earliest(&mut self, movements: &[Movement], at: Timestamp) -> Result<Timestamp, Refusal> {
        let mut earliest = at;
        for (cell, change) in self.drawn(movements, at)? {
            let available = self.available(&cell, at)?;
            if available >= -change {
                continue;
            }
            let entry = self.entries.get(&cell.key());
            let (balance, found) = match entry {
                Some(entry) => (entry.quantity, entry.history.earliest_with(at, -change, entry.quantity)),
                None => (0, None),
            };
            match found {
                Some(time) => earliest = earliest.max(time),
                None => return Err(insufficient(&cell, balance, -change).into()),
            }
        }
        Ok(earliest)
    }

    /// As [`Book::earliest`], as if `beside` had been posted already.
    ///
    /// # Errors
    /// As [`Book::earliest`].
    pub fn earliest_beside(
        &mut self,
        movements: &[Movement],
        at: Timestamp,
        beside: &[Part<'_>],
    ) -> Result<Timestamp, Refusal> {
        let mut earliest = at;
        for (cell, change) in self.drawn(movements, at)? {
            let entry = self.entries.get(&cell.key());
            let mut balance = entry.map_or(0, |entry| entry.quantity);
            let mut history = entry.map_or(History::settled(at), |entry| entry.history.clone());
            for part in beside {
                for (_, more) in net(part.movements).into_iter().filter(|(other, _)| *other == cell) {
                    balance += more;
                    history.add(part.effective_at, more);
                }
            }
            match history.earliest_with(at, -change, balance) {
                Some(time) => earliest = earliest.max(time),
                None => return Err(insufficient(&cell, balance.max(0), -change).into()),
            }
        }
        Ok(earliest)
    }

    /// What movements draw from balances that can run out, each with its history back to `at`. All are asked for
    /// before any is missed.
    fn drawn(&mut self, movements: &[Movement], at: Timestamp) -> Result<Vec<(Cell, i64)>, Wanted> {
        let mut drawn = net(movements);
        drawn.retain(|(cell, change)| *change < 0 && !cell.account.is_source());
        let mut missing = false;
        for (cell, _) in &drawn {
            missing |= self.available(cell, at).is_err();
        }
        if missing { Err(Wanted) } else { Ok(drawn) }
    }

    /// The base units a cell held at a time.
    ///
    /// # Errors
    /// [`Wanted`] where its history is not loaded.
    pub fn balance_at(&mut self, cell: &Cell, at: Timestamp) -> Result<i64, Wanted> {
        let key = cell.key();
        self.know(cell, key)?;
        let Some(entry) = self.entries.get(&key) else { return Ok(0) };
        // What left since counts in a rehearsal too, which pretends that nothing was posted lately.
        if !entry.history.reaches(at) {
            let since = self.wants.histories.entry(key).or_insert(at);
            *since = (*since).min(at);
            return Err(Wanted);
        }
        Ok(entry.history.balance_at(at, entry.quantity))
    }

    /// Whether a cell holds zero or more at all times with these changes beside what is posted.
    ///
    /// # Errors
    /// [`Wanted`] where its history is not loaded.
    pub fn bears(&mut self, cell: &Cell, changes: &[(Timestamp, i64)]) -> Result<bool, Wanted> {
        let Some(first) = changes.iter().map(|(at, _)| *at).min() else { return Ok(true) };
        // Makes sure that the history reaches back to the first change.
        self.available(cell, first)?;
        let entry = self.entries.get(&cell.key());
        let mut balance = entry.map_or(0, |entry| entry.quantity);
        let mut history = entry.map_or(History::settled(Timestamp(i64::MIN)), |entry| entry.history.clone());
        for (at, change) in changes {
            balance += change;
            history.add(*at, *change);
        }
        Ok(history.least_from(first, balance) >= 0)
    }

    /// Posts movements and what documents state, each part at its own effective time. `deploys` says whether
    /// what was ever delivered follows them.
    ///
    /// # Errors
    /// `insufficient` where a cell but a source's would go below zero; `invalid` where a figure would grow
    /// beyond what can be counted; [`Refusal::Missed`].
    pub fn post(&mut self, moment: Moment, parts: &[Part<'_>], deploys: bool) -> Result<(), Refusal> {
        self.know_parts(parts)?;
        self.grow(parts)?;
        // Each sequence is said anew, since a refused event gives its own back.
        if deploys {
            self.undeployed.remove(&moment.sequence);
        } else {
            self.undeployed.insert(moment.sequence);
        }
        self.journal.push(Undo::Postings(self.postings.len()));
        self.journal.push(Undo::Statements(self.statements.len()));
        let mut before: Vec<(CellKey, i64)> = Vec::new();
        let mut ordinal = 0;
        let mut stated = 0;
        for part in parts {
            for (cell, change) in net(part.movements) {
                let key = cell.key();
                if !before.iter().any(|(known, _)| *known == key) {
                    before.push((key, self.entries.get(&key).map_or(0, |entry| entry.quantity)));
                }
                let chosen = part.movements.iter().find(|one| one.from == cell || one.to == cell);
                self.change(cell, key, change, part.effective_at);
                self.postings.push(Posted {
                    sequence: moment.sequence,
                    ordinal,
                    cell,
                    key,
                    quantity: change,
                    chosen: chosen.map_or(0, |one| one.chosen.code()),
                    effective_at: part.effective_at,
                });
                ordinal += 1;
            }
            for statement in part.statements {
                self.statements.push(Stated {
                    sequence: moment.sequence,
                    ordinal: stated,
                    statement: *statement,
                    effective_at: part.effective_at,
                });
                stated += 1;
            }
        }
        self.check_bounds(&before)
    }

    fn know_parts(&mut self, parts: &[Part<'_>]) -> Result<(), Wanted> {
        let mut missing = false;
        for part in parts {
            for movement in part.movements {
                for cell in [&movement.from, &movement.to] {
                    missing |= self.know(cell, cell.key()).is_err();
                    missing |= self.know_facts(cell).is_err();
                }
            }
            for statement in part.statements {
                missing |= self.line(statement.line).is_err();
            }
        }
        if missing { Err(Wanted) } else { Ok(()) }
    }

    /// Whether every cell an event changed is still at or above zero, and countable.
    fn check_bounds(&self, before: &[(CellKey, i64)]) -> Result<(), Refusal> {
        for (key, quantity) in before {
            let Some(entry) = self.entries.get(key) else { continue };
            if entry.quantity < 0 && !entry.cell.account.is_source() {
                return Err(insufficient(&entry.cell, *quantity, quantity - entry.quantity).into());
            }
            if entry.quantity.abs() > quantity::MAXIMUM {
                let account = entry.cell.account.word();
                let detail = format!(
                    "{account} would grow to {}, beyond {} base units.",
                    entry.quantity,
                    quantity::MAXIMUM
                );
                return Err(Problem::new(Code::Invalid, detail).into());
            }
        }
        Ok(())
    }

    /// Notes what a rehearsed event would post, and changes balances as if it had; to be undone by the desk.
    ///
    /// # Errors
    /// [`Wanted`] where a balance is not known.
    pub fn rehearse(&mut self, parts: &[Part<'_>]) -> Result<(), Refusal> {
        self.know_parts(parts)?;
        for part in parts {
            let changes = net(part.movements);
            let dated = changes.into_iter().map(|(cell, change)| (part.effective_at, cell, change));
            self.pretend(&dated.collect::<Vec<_>>())?;
            self.rehearsed.movements.extend_from_slice(part.movements);
            self.rehearsed.statements.extend_from_slice(part.statements);
        }
        Ok(())
    }

    /// Hands over what was rehearsed.
    pub fn take_rehearsal(&mut self) -> Rehearsal {
        std::mem::take(&mut self.rehearsed)
    }

    /// Changes balances for a rehearsal, each from a time on, below zero if need be; to be undone by the desk.
    ///
    /// # Errors
    /// [`Wanted`] where a balance is not known.
    pub fn pretend(&mut self, changes: &[(Timestamp, Cell, i64)]) -> Result<(), Wanted> {
        let mut missing = false;
        for (_, cell, _) in changes {
            missing |= self.know(cell, cell.key()).is_err();
        }
        if missing {
            return Err(Wanted);
        }
        for (at, cell, change) in changes {
            self.alter(cell.key(), Entry::empty(*cell, Timestamp(0)), (*at, *change), |entry| {
                // As if it had been so for ever: the rehearsal asks at the time of the event it stands for. What lay there
                // at an earlier time is what it was, whenever the event itself counted.
                entry.last_at = Timestamp(i64::MIN);
            });
        }
        Ok(())
    }

    /// Stages a posting that was decided before, as it was.
    pub(super) fn repeat(&mut self, posted: Posted) {
        self.change(posted.cell, posted.key, posted.quantity, posted.effective_at);
        self.postings.push(posted);
    }

    /// Lets go of what is written.
    pub(super) fn forget(&mut self) {
        self.journal.clear();
        self.postings.clear();
        self.statements.clear();
        self.undeployed.clear();
    }

    fn change(&mut self, cell: Cell, key: CellKey, change: i64, effective_at: Timestamp) {
        self.alter(key, Entry::empty(cell, effective_at), (effective_at, change), |entry| {
            if entry.quantity == 0 && change > 0 {
                entry.first_at = effective_at;
            }
            entry.revision += 1;
            entry.last_at = entry.last_at.max(effective_at);
        });
    }

    /// Adds a posting to a balance in its place, or to an empty one where there is none yet, after `how` altered what else
    /// changes with it, and notes how it was: of its history only what is added to it, since that of a heap which much is
    /// drawn from is long.
    fn alter(&mut self, key: CellKey, empty: Entry, added: (Timestamp, i64), how: impl FnOnce(&mut Entry)) {
        let alter = |entry: &mut Entry| {
            how(entry);
            entry.quantity += added.1;
            entry.history.add(added.0, added.1);
        };
        if let Some(entry) = self.entries.get_mut(&key) {
            self.journal.push(Undo::Cell(key, entry.before(added)));
            alter(entry);
        } else {
            let mut entry = empty;
            alter(&mut entry);
            self.journal.push(Undo::NewCell(key));
            self.file(key, entry);
        }
    }
}

/// The change of each cell, without those that cancel out, in a fixed order.
pub fn net(movements: &[Movement]) -> Vec<(Cell, i64)> {
    let mut changes: Vec<(Cell, i64)> = Vec::with_capacity(movements.len() * 2);
    let mut add = |cell: Cell, change: i64| match changes.iter_mut().find(|(known, _)| *known == cell) {
        Some((_, sum)) => *sum += change,
        None => changes.push((cell, change)),
    };
    for movement in movements {
        add(movement.from, -movement.quantity);
        add(movement.to, movement.quantity);
    }
    changes.retain(|(_, change)| *change != 0);
    changes
}

fn insufficient(cell: &Cell, available: i64, asked: i64) -> Problem {
    let account = cell.account.word();
    Problem::new(
        Code::Insufficient,
        format!(
            "Only {available} base units are {account} where {asked} are asked for; nothing was changed."
        ),
    )
    .with("account", account)
    .with("available", available)
    .with("asked", asked)
    .with("item", cell.item.to_string())
}
