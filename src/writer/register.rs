//! A shelf of texts that must be unique, such as an item's code, and who holds each.
//!
//! It answers "is this code taken" from one query a batch, and knows what the batch itself has taken, so
//! that two callers asking for one code get one acceptance and one clear refusal. The UNIQUE constraint
//! stands behind it. Nothing is written from here: the rows are another shelf's.

use super::desk::{Refusal, Shelf, Wanted};
use crate::audit::entry::EntryWriter;
use crate::core::check::taken;
use crate::core::id::Identifier;
use crate::db::Conn;
use diesel::QueryResult;
use std::any::Any;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::str::FromStr;

/// A column of unique texts.
pub trait Unique: Send + 'static {
    /// Who holds a text.
    type Holder: Copy + Send;

    /// Finds which of `texts` are taken and by whom.
    ///
    /// # Errors
    /// Whatever the database says.
    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, Self::Holder)>>;
}

/// The text by which a register knows what is unique within another thing only, such as a reference within
/// a programme.
pub fn within(parent: impl Identifier + Display, text: &str) -> String {
    format!("{parent} {text}")
}

/// What such texts were made of: the things, each once, and the texts within them.
pub fn apart<P: Identifier + FromStr>(texts: &[String]) -> (Vec<P>, Vec<&str>) {
    let pairs = texts.iter().filter_map(|text| text.split_once(' '));
    let (parents, texts): (BTreeSet<&str>, Vec<&str>) = pairs.unzip();
    (parents.into_iter().filter_map(|parent| parent.parse().ok()).collect(), texts)
}

/// The texts of one column, as far as the batch asked for them.
pub struct Register<U: Unique> {
    known: HashMap<String, Option<U::Holder>>,
    wanted: HashSet<String>,
    /// What each text was before: known to have a holder or none, or not known at all.
    journal: Vec<(String, Option<Option<U::Holder>>)>,
}

impl<U: Unique> Default for Register<U> {
    fn default() -> Self {
        Self { known: HashMap::new(), wanted: HashSet::new(), journal: Vec::new() }
    }
}

impl<U: Unique> Register<U> {
    /// Who holds the text, if anybody.
    ///
    /// # Errors
    /// [`Wanted`] where that is not loaded yet.
    pub fn holder(&mut self, text: &str) -> Result<Option<U::Holder>, Wanted> {
        match self.known.get(text) {
            Some(holder) => Ok(*holder),
            None => {
                self.wanted.insert(text.to_owned());
                Err(Wanted)
            }
        }
    }

    /// Asks for a text ahead of time.
    pub fn want(&mut self, text: &str) {
        if !self.known.contains_key(text) {
            self.wanted.insert(text.to_owned());
        }
    }

    /// Notes that the text has this holder from now on, or none any more.
    pub fn assign(&mut self, text: &str, holder: Option<U::Holder>) {
        let before = self.known.insert(text.to_owned(), holder);
        self.journal.push((text.to_owned(), before));
    }
}

impl<U: Unique<Holder: PartialEq + Display>> Register<U> {
    /// Has a thing that is made or edited give up the text it held `before` and hold the one it has `now`. `named`
    /// is the text's field, as a pointer, and the thing's kind.
    ///
    /// # Errors
    /// `duplicate` at the field where another holds the text; [`Wanted`] where that is not loaded yet.
    pub fn take(
        &mut self,
        named: (&str, &str),
        before: Option<&str>,
        now: Option<&str>,
        holder: U::Holder,
    ) -> Result<(), Refusal> {
        if let Some(text) = now
            && let Some(other) = self.holder(text)?
            && other != holder
        {
            return Err(taken(named.0, named.1, text, other).into());
        }
        if let Some(text) = before {
            self.assign(text, None);
        }
        if let Some(text) = now {
            self.assign(text, Some(holder));
        }
        Ok(())
    }
}

impl<U: Unique> Shelf for Register<U> {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let texts: Vec<String> = self.wanted.drain().collect();
        // What this batch has assigned already is newer than what the database says.
        for (text, holder) in U::load(conn, &texts)? {
            self.known.entry(text).or_insert(Some(holder));
        }
        for text in texts {
            self.known.entry(text).or_insert(None);
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some((text, before)) = self.journal.pop() else { return };
            match before {
                Some(holder) => self.known.insert(text, holder),
                None => self.known.remove(&text),
            };
        }
    }

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.journal.clear();
        Ok(())
    }

    fn settle(&mut self) {
        self.journal.clear();
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
