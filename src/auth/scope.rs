//! How far a permit reaches: bounds that narrow one after the other, so that several are their intersection.
//!
//! A query applies each bound by itself, as a part of its SQL. Only [`super::policy`] makes the scope of a caller.

use crate::core::id::OrganizationId;
use std::fmt;
use uuid::Uuid;

/// One thing a scope is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What belongs to one organization.
    Organization(OrganizationId),
    /// What is in or for one of these countries (ISO 3166-1 alpha-2).
    Countries(Vec<String>),
    /// The pledges of one donor and what is traced from them.
    OwnPledges(OrganizationId),
}

/// What a caller's permit reaches: all that each of its bounds reaches, which without bounds is everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    bounds: Vec<Bound>,
}

/// The word in front of an import's mapping; a file is imported by whoever holds the database.
const IMPORT: &str = "import";

impl Scope {
    /// No bounds: for whoever holds the database, and for callers whom nothing binds.
    pub fn everything() -> Self {
        Self { bounds: Vec::new() }
    }

    /// All that each of these reaches.
    pub(super) fn within(bounds: Vec<Bound>) -> Self {
        Self { bounds }
    }

    /// What narrows it, one after the other.
    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// The donor whose pledges it is bound to; nobody who has a pledge where it is bound to none, so that what asks for
    /// an own pledge finds nothing.
    pub fn donor(&self) -> OrganizationId {
        let own = self.bounds.iter().find_map(|bound| match bound {
            Bound::OwnPledges(donor) => Some(*donor),
            Bound::Organization(_) | Bound::Countries(_) => None,
        });
        own.unwrap_or(OrganizationId(Uuid::nil()))
    }

    /// Whether nothing narrows it, so that no query needs to ask.
    pub fn is_everything(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The organization it is bound to, for which the caller acts.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.bounds.iter().find_map(|bound| match bound {
            Bound::Organization(own) => Some(*own),
            Bound::Countries(_) | Bound::OwnPledges(_) => None,
        })
    }

    /// Reads back the words the log keeps. What is no scope of a user's, such as an import at the command line,
    /// reaches everything; a user's that cannot be read reaches nothing.
    pub fn from_words(words: &str) -> Self {
        Self { bounds: words.split(' ').filter_map(bound_of).collect() }
    }
}

/// The bound a word stands for; none where it binds nothing.
fn bound_of(word: &str) -> Option<Bound> {
    // No organization has the nil identifier: it reaches nothing.
    let id = |text: &str| OrganizationId(text.parse().unwrap_or_default());
    match word.split_once(':') {
        Some(("organization", text)) => Some(Bound::Organization(id(text))),
        Some(("country", codes)) => Some(Bound::Countries(countries_of(codes))),
        Some(("own_pledges", text)) => Some(Bound::OwnPledges(id(text))),
        Some((IMPORT, _)) | None => None,
        Some((_, _)) => Some(Bound::Organization(OrganizationId(Uuid::nil()))),
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bounds.is_empty() {
            return formatter.write_str("all");
        }
        for (index, bound) in self.bounds.iter().enumerate() {
            formatter.write_str(if index == 0 { "" } else { " " })?;
            match bound {
                Bound::Organization(organization) => write!(formatter, "organization:{organization}")?,
                Bound::Countries(codes) => write!(formatter, "country:{}", codes.join(","))?,
                Bound::OwnPledges(donor) => write!(formatter, "own_pledges:{donor}")?,
            }
        }
        Ok(())
    }
}

/// The countries of a text in which commas stand between them, as users' rows and the log keep them.
pub fn countries_of(text: &str) -> Vec<String> {
    text.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

/// The text that keeps countries: each once and in order, so that the same ones are the same text.
pub fn countries_text(codes: impl IntoIterator<Item = String>) -> Option<String> {
    let codes: std::collections::BTreeSet<String> = codes.into_iter().collect();
    if codes.is_empty() { None } else { Some(Vec::from_iter(codes).join(",")) }
}
