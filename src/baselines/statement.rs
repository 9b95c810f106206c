//! Stating: rows that are recorded together, each of which replaces what was stated of the same thing before.
//!
//! Nothing is edited: a row counts from its own entry of the log on, until another one of the same key. This is the one
//! update of every kind of statement; a kind says what its rows are and what they must fit.

use super::rules::{Draft, Statements};
use crate::auth::Scope;
use crate::core::check::{Check, id_reused};
use crate::core::id::{BaselineBatchId, BaselineId, BaselineKey, derived};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Binds;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Record, Refusal, Update, Wanted};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// Where a row stands: what it is about, with which others it was stated, and when.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its key, made from the batch and its place in it.
    pub id: BaselineId,
    /// What it is about.
    pub about: BaselineKey,
    /// The rows it was stated with.
    pub batch: BaselineBatchId,
    /// Its place among them, from 1.
    pub ordinal: i64,
    /// The entry of the log.
    pub moment: Moment,
}

/// A kind of statement.
pub trait Statement: Record<Id = BaselineId> + PartialEq {
    /// What a caller writes.
    type Draft: Draft;
    /// What one is called in the log.
    const WORD: &'static str;

    /// What it is about.
    fn about(&self) -> BaselineKey;
    /// The rows it was stated with.
    fn batch(&self) -> BaselineBatchId;
    /// The entry that tells of it.
    fn moment(&self) -> Moment;
    /// Its place in the order of stating: its sequence, and its ordinal among the rows of that entry.
    fn place(&self) -> (i64, i64);
    /// Whether it only ends what was stated before.
    fn is_withdrawal(&self) -> bool;
    /// With what the statements about the same thing are read.
    fn group_of(draft: &Self::Draft) -> Self::Group;
    /// The row of a draft.
    fn placed(draft: &Self::Draft, place: Place) -> Self;
    /// Asks for what [`Statement::fit`] will want.
    fn want(_draft: &Self::Draft, _desk: &mut Desk) {}
    /// Notes what does not fit the rest of what is known; `standing` is what stands of the same groups.
    ///
    /// # Errors
    /// [`Wanted`] where rows are missing on the desk.
    fn fit(
        _rows: &[Self::Draft],
        _standing: &Standing<Self>,
        _desk: &mut Desk,
        _check: &mut Check,
    ) -> Result<(), Wanted> {
        Ok(())
    }

    /// As far as a scope reaches rows of the table by this name, where it does not reach all of them: a condition of a query.
    fn within(_table: &str, _scope: &Scope, _binds: &mut Binds) -> Option<String> {
        None
    }
}

/// What rows answer alike that have the columns of every statement: what they are about, when and at which place they were
/// stated, and whether they only end something.
macro_rules! stamped {
    () => {
        fn about(&self) -> $crate::core::id::BaselineKey {
            self.about
        }
        fn batch(&self) -> $crate::core::id::BaselineBatchId {
            self.batch_id
        }
        fn moment(&self) -> $crate::writer::Moment {
            $crate::writer::Moment { sequence: self.sequence, recorded_at: self.recorded_at }
        }
        fn place(&self) -> (i64, i64) {
            (self.sequence, self.ordinal)
        }
        fn is_withdrawal(&self) -> bool {
            self.withdrawn
        }
    };
}
pub(crate) use stamped;

/// What stands, by what it is about.
pub type Standing<S> = HashMap<BaselineKey, Arc<S>>;

/// The newest of statements by what they are about; what was withdrawn stands no more.
pub fn standing<S: Statement>(statements: impl IntoIterator<Item = Arc<S>>) -> Standing<S> {
    let mut newest: Standing<S> = HashMap::new();
    for statement in statements {
        let known = newest.entry(statement.about()).or_insert_with(|| Arc::clone(&statement));
        if known.moment().sequence < statement.moment().sequence {
            *known = statement;
        }
    }
    newest.retain(|_, statement| !statement.is_withdrawal());
    newest
}

/// What stands on the desk of some groups.
///
/// # Errors
/// [`Wanted`] where rows are missing on the desk.
pub fn standing_of<S: Statement>(
    desk: &mut Desk,
    groups: impl IntoIterator<Item = S::Group>,
) -> Result<Standing<S>, Wanted> {
    let groups: HashSet<S::Group> = groups.into_iter().collect();
    let shelf = desk.shelf::<Drawer<S>>();
    for group in &groups {
        shelf.want_group(*group);
    }
    let mut statements = Vec::new();
    for group in groups {
        statements.extend(shelf.group(group)?);
    }
    Ok(standing(statements))
}

/// States rows of a kind.
pub struct State<S: Statement> {
    actor: Actor,
    id: BaselineBatchId,
    rows: Vec<S::Draft>,
}

impl<S: Statement> State<S> {
    /// Judges the rows; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, body: &Statements<S::Draft>, id: BaselineBatchId) -> Outcome<Self> {
        Ok(Self { actor, id: body.id.unwrap_or(id), rows: body.checked()? })
    }

    fn row_id(&self, ordinal: u64) -> BaselineId {
        derived(self.id.0, S::WORD, ordinal)
    }

    /// The rows with their places, as those of one entry.
    fn placed(&self, moment: Moment) -> impl Iterator<Item = S> {
        (1..).zip(&self.rows).map(move |(ordinal, draft)| {
            let id = self.row_id(ordinal);
            let ordinal = i64::try_from(ordinal).unwrap_or(i64::MAX);
            S::placed(draft, Place { id, about: draft.key(), batch: self.id, ordinal, moment })
        })
    }

    /// The identifiers of the rows, and the one that a further row would have.
    fn ids(&self) -> impl Iterator<Item = BaselineId> {
        (1..).take(self.rows.len() + 1).map(move |ordinal| self.row_id(ordinal))
    }

    /// What this very statement became before, if it was made before.
    fn known(&self, desk: &mut Desk) -> Result<Option<Stated>, Refusal> {
        let shelf = desk.shelf::<Drawer<S>>();
        let Some(first) = shelf.find(self.row_id(1))? else { return Ok(None) };
        let mut rows = Vec::with_capacity(self.rows.len() + 1);
        for id in self.ids() {
            rows.extend(shelf.find(id)?);
        }
        let moment = first.moment();
        if rows.iter().map(|row| row.as_ref().clone()).eq(self.placed(moment)) {
            return Ok(Some(self.stated(moment)));
        }
        Err(id_reused("statement", self.id).into())
    }

    fn stated(&self, moment: Moment) -> Stated {
        let withdrawn = self.rows.iter().filter(|row| row.is_withdrawal()).count();
        Stated {
            id: self.id,
            stated: self.rows.len() - withdrawn,
            withdrawn,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        }
    }
}

/// What became of rows that were stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stated {
    /// Which statement.
    pub id: BaselineBatchId,
    /// Rows that state something.
    pub stated: usize,
    /// Rows that end what was stated.
    pub withdrawn: usize,
    /// The ledger sequence from which they count.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl<S: Statement> Update for State<S> {
    type Answer = Stated;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        let shelf = desk.shelf::<Drawer<S>>();
        self.ids().for_each(|id| shelf.want(id));
        for draft in &self.rows {
            desk.shelf::<Drawer<S>>().want_group(S::group_of(draft));
            S::want(draft, desk);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Stated, Refusal> {
        if let Some(known) = self.known(desk)? {
            return Ok(known);
        }
        let standing = standing_of::<S>(desk, self.rows.iter().map(S::group_of))?;
        let mut check = Check::new();
        for (index, row) in self.rows.iter().enumerate() {
            if row.is_withdrawal() && !standing.contains_key(&row.key()) {
                let words = format!("nothing is stated of {} to withdraw; leave the row out", row.words());
                check.wrong(format!("/rows/{index}"), words);
            }
        }
        S::fit(&self.rows, &standing, desk, &mut check)?;
        check.finish()?;
        let action = format!("{}.stated", S::WORD);
        let moment = desk.begin(Entry { action, kind: S::WORD, id: self.id.0, reason: None });
        for row in self.placed(moment) {
            desk.shelf::<Drawer<S>>().put(row);
        }
        Ok(self.stated(moment))
    }
}
