//! The table of facts: one row for each record that has any.

use crate::auth::{Permit, action};
use crate::core::id::SubjectId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::facts;
use crate::db::{Conn, in_parts, read_failure};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

record! {
    /// The facts of one record.
    pub struct Facts in facts key id: SubjectId, group id: SubjectId {
        /// The record they are about.
        id: SubjectId,
        /// Word of [`SubjectKind`].
        kind: String,
        /// Name to words, a JSON object in the order of the names.
        words: String,
    }
}

/// What facts can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// An organization.
    Organization,
    /// A site.
    Site,
    /// An item.
    Item,
    /// A line of a pledge, whose facts are shown with the pledge to whoever may see that.
    PledgeLine,
}

impl SubjectKind {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Site => "site",
            Self::Item => "item",
            Self::PledgeLine => "pledge_line",
        }
    }
}

impl Facts {
    /// The facts by name.
    ///
    /// # Errors
    /// Where what is kept cannot be read.
    pub fn by_name(&self) -> Outcome<BTreeMap<String, String>> {
        serde_json::from_str(&self.words)
            .map_err(|error| Problem::internal(format!("the facts of {} cannot be read: {error}", self.id)))
    }
}

/// The facts of an organization, site or item. Those of a pledge's line are shown where it is decided who may see
/// the pledge.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn reference_facts(
    conn: &mut Conn,
    _permit: &Permit<action::FactsRead>,
    id: SubjectId,
) -> Outcome<BTreeMap<String, String>> {
    let row: Facts = facts::table
        .filter(facts::id.eq(id).and(facts::kind.ne(SubjectKind::PledgeLine.word())))
        .select(Facts::as_select())
        .first(conn)
        .map_err(read_failure)?;
    row.by_name()
}

/// The facts of those of these records that have any.
///
/// # Errors
/// What the database says.
pub fn facts_of(
    conn: &mut Conn,
    subjects: &[SubjectId],
) -> Outcome<HashMap<SubjectId, BTreeMap<String, String>>> {
    let rows: Vec<Facts> = in_parts(subjects, |part| {
        facts::table.filter(facts::id.eq_any(part)).select(Facts::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    rows.into_iter().map(|row| Ok((row.id, row.by_name()?))).collect()
}

/// Notes facts of several records in one entry of the log. A fact under a known name is replaced; names that are
/// not spoken of stay.
pub struct FactsNote {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// What the records are.
    pub kind: SubjectKind,
    /// The facts of each record.
    pub facts: Vec<(SubjectId, BTreeMap<String, String>)>,
}

impl Update for FactsNote {
    /// Whether each record's facts changed, in the order they were given.
    type Answer = Vec<bool>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for (subject, _) in &self.facts {
            desk.shelf::<Drawer<Facts>>().want(*subject);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let mut changed = Vec::with_capacity(self.facts.len());
        let mut rows = Vec::new();
        for (subject, wanted) in &self.facts {
            let known = desk.shelf::<Drawer<Facts>>().find(*subject)?;
            let before = match &known {
                Some(known) => known.by_name()?,
                None => BTreeMap::new(),
            };
            let mut after = before.clone();
            after.extend(wanted.clone());
            changed.push(after != before);
            if after != before {
                let words =
                    serde_json::to_string(&after).map_err(|error| Problem::internal(error.to_string()))?;
                rows.push(Facts { id: *subject, kind: self.kind.word().to_owned(), words });
            }
        }
        if let Some(first) = rows.first() {
            let action = format!("{}.described", self.kind.word());
            desk.begin(Entry { action, kind: self.kind.word(), id: first.id.0, reason: None });
            for row in rows {
                desk.shelf::<Drawer<Facts>>().put(row);
            }
        }
        Ok(changed)
    }
}
