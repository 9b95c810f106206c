//! Whether a backup, or a database, has the whole log: its entries make the tree that it says, and that was signed.
//!
//! Never here: rows other than the log's; `verify` compares those, in a database.

use super::checkpoint::Checkpoint;
use super::hash::Hash256;
use super::note::{Note, VerifierKey};
use super::renaming::open_as_stated;
use super::tree::{RightEdge, TreeHead, leaf_hash};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::db::carry::{Backup, LogHead, each_entry_of, log_head, newest_note};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;

/// Where a log stands that was found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeLog {
    /// Its name.
    pub origin: String,
    /// The tree over all of its entries.
    pub head: TreeHead,
    /// The newest checkpoint it has, and as the note that was signed.
    pub checkpoint: Option<(Checkpoint, String)>,
    /// Whether the signature of that was checked.
    pub is_signature_checked: bool,
}

/// Reads the log of a backup, and with it the whole file. `before` are heads that were signed before it was made.
///
/// # Errors
/// Where the file cannot be read to its end, or an entry is missing or another one.
pub fn whole_backup(
    backup: &Backup,
    before: &[TreeHead],
    key: Option<VerifyingKey>,
    tell: &mut dyn FnMut(u64),
) -> Outcome<WholeLog> {
    let each = |visit: &mut dyn FnMut(i64, &[u8]) -> Outcome<()>| backup.each_entry(visit);
    whole(backup.head()?, backup.newest_checkpoint()?, each, before, key, tell)
}

/// Reads the log of a database.
///
/// # Errors
/// Where an entry is missing or another one; whatever the database says.
pub fn whole_database(
    conn: &mut Conn,
    before: &[TreeHead],
    key: Option<VerifyingKey>,
    tell: &mut dyn FnMut(u64),
) -> Outcome<WholeLog> {
    let (head, newest) = (log_head(conn)?, newest_note(conn)?);
    let each = |visit: &mut dyn FnMut(i64, &[u8]) -> Outcome<()>| each_entry_of(conn, visit);
    whole(head, newest, each, before, key, tell)
}

/// The newest signed checkpoint of a database, as it states itself.
///
/// # Errors
/// Whatever the database says, or that it is no checkpoint.
pub fn newest_signed(conn: &mut Conn) -> Outcome<Option<TreeHead>> {
    let Some(note) = newest_note(conn)? else { return Ok(None) };
    Ok(Some(stated(&note, None)?.head))
}

fn whole(
    head: Option<LogHead>,
    newest: Option<String>,
    each: impl FnOnce(&mut dyn FnMut(i64, &[u8]) -> Outcome<()>) -> Outcome<()>,
    before: &[TreeHead],
    key: Option<VerifyingKey>,
    tell: &mut dyn FnMut(u64),
) -> Outcome<WholeLog> {
    let Some(head) = head else {
        return Err(not_whole("it has no log: nothing was ever recorded in it"));
    };
    let key = key.and_then(|public| VerifierKey::new(&head.origin, public).ok());
    let checkpoint = match newest {
        None => None,
        Some(note) => Some((stated(&note, key.as_ref())?, note)),
    };
    let signed = checkpoint.iter().map(|(checkpoint, _)| checkpoint.head).chain(before.iter().copied());
    let mut following = Following {
        edge: RightEdge::new(),
        early: BTreeMap::new(),
        signed: signed.map(|head| (head.size, head.root)).collect(),
    };
    each(&mut |position, body| {
        tell(1);
        following.take(position, leaf_hash(body))
    })?;
    following.check_end()?;
    if following.edge.to_bytes() != head.edge || u64::try_from(head.sequence) != Ok(following.edge.size()) {
        let words = format!("it says {} entries, and those it has make another tree", head.sequence);
        return Err(not_whole(&words));
    }
    Ok(WholeLog {
        origin: head.origin,
        head: following.edge.head(),
        is_signature_checked: key.is_some() && checkpoint.is_some(),
        checkpoint,
    })
}

fn stated(note: &str, key: Option<&VerifierKey>) -> Outcome<Checkpoint> {
    let opened = match key {
        Some(key) => open_as_stated(note, key),
        None => Note::parse(note)
            .map_err(Into::into)
            .and_then(|note| Checkpoint::parse_text(note.unverified_text())),
    };
    opened.map_err(|error| not_whole(&format!("its newest checkpoint cannot be used: {error}")))
}

fn not_whole(words: &str) -> Problem {
    let next = "Use another backup, and run relief verify on the database it was made of.";
    Problem::new(Code::WrongState, format!("The log is not whole: {words}. {next}"))
}

/// The tree as it grows, over entries that may come in another order than theirs.
struct Following {
    edge: RightEdge,
    /// Leaves that came before those that go before them.
    early: BTreeMap<i64, Hash256>,
    /// Roots that were signed, by size.
    signed: BTreeMap<u64, Hash256>,
}

impl Following {
    fn take(&mut self, position: i64, leaf: Hash256) -> Outcome<()> {
        if position < self.next() || self.early.insert(position, leaf).is_some() {
            return Err(not_whole(&format!("entry {position} is there twice")));
        }
        while let Some(leaf) = self.early.remove(&self.next()) {
            self.edge.append(leaf);
            self.check_signed()?;
        }
        Ok(())
    }

    fn next(&self) -> i64 {
        i64::try_from(self.edge.size()).unwrap_or(i64::MAX)
    }

    fn check_signed(&mut self) -> Outcome<()> {
        let size = self.edge.size();
        match self.signed.remove(&size) {
            Some(root) if root != self.edge.root() => {
                Err(not_whole(&format!("its first {size} entries are not those that were signed")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_end(&self) -> Outcome<()> {
        if let Some(position) = self.early.keys().next() {
            let words = format!("entry {} is missing, and {position} is there", self.next());
            return Err(not_whole(&words));
        }
        match self.signed.keys().find(|size| **size > 0) {
            Some(size) => Err(not_whole(&format!("{size} entries were signed and it has {}", self.next()))),
            None => Ok(()),
        }
    }
}
