//! What an update sees while it decides: the rows it asked for, the clock, and a place to stage.

use super::Comparison;
use crate::audit::entry::{EntryWriter, Heading};
use crate::audit::hash::Hash256;
use crate::audit::receipt_batch::{BatchEntry, ReceiptBatch};
use crate::core::id::UserId;
use crate::core::limits::Limits;
use crate::core::problem::Problem;
use crate::core::time::Timestamp;
use crate::db::Conn;
use diesel::QueryResult;
use sha2::{Digest, Sha256};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Who posts an update, in the words the log keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user.
    pub user: UserId,
    /// The role used.
    pub role: String,
    /// The scope used.
    pub scope: String,
}

/// Why an update is not recorded.
#[derive(Debug)]
pub enum Refusal {
    /// The caller's problem.
    Problem(Box<Problem>),
    /// Something is not loaded yet; the desk has noted what.
    Missed,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Marks that something asked for is not loaded yet.
#[derive(Clone, Copy, Debug)]
pub struct Wanted;

impl From<Wanted> for Refusal {
    fn from(_: Wanted) -> Self {
        Self::Missed
    }
}

/// A kind of thing on the desk: loaded rows with what is staged over them.
pub trait Shelf: Any + Send {
    /// Whether anything was asked for and is not loaded.
    fn is_wanting(&self) -> bool;
    /// Loads what was asked for.
    ///
    /// # Errors
    /// Whatever the database says.
    fn load(&mut self, conn: &mut Conn) -> QueryResult<()>;
    /// How much is staged; what [`Shelf::undo`] goes back to.
    fn mark(&self) -> usize;
    /// Takes back what was staged after `mark`.
    fn undo(&mut self, mark: usize);
    /// Describes the rows staged after `mark` to the log entry that carries them.
    fn describe(&self, mark: usize, entry: &mut EntryWriter);
    /// Writes what is staged.
    ///
    /// # Errors
    /// Whatever the database says.
    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()>;
    /// Lets go of how things stood before what is staged, which stays staged: only a rehearsal does, which writes nothing and
    /// would otherwise keep each of many states.
    fn settle(&mut self) {}
    /// Whether its rows are written although no entry of the log tells of them.
    fn is_loose(&self) -> bool {
        false
    }
    /// For getting the concrete shelf back.
    fn as_any(&mut self) -> &mut dyn Any;
}

/// When an entry is recorded, and as what number.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Ledger sequence.
    pub sequence: i64,
    /// Recorded at.
    pub recorded_at: Timestamp,
}

/// What an entry is about, in the log's words.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was done, such as `event.received`.
    pub action: String,
    /// The kind of thing it was done to, such as `consignment`.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

/// A finished entry of this batch.
pub(super) struct Sealed {
    pub(super) moment: Moment,
    /// What its receipt names.
    pub(super) written: Uuid,
    pub(super) hash: Hash256,
    pub(super) body: Vec<u8>,
}

struct Open {
    moment: Moment,
    entry: Entry,
    written: Uuid,
    marks: Vec<usize>,
}

/// The desk of one batch.
pub struct Desk {
    shelves: Vec<Box<dyn Shelf>>,
    positions: HashMap<TypeId, usize>,
    actor: Actor,
    now: Timestamp,
    entropy: [u8; 32],
    limits: Limits,
    comparison: Comparison,
    last: Moment,
    open: Option<Open>,
    entries: EntryWriter,
    /// Up to where each shelf's staged rows stand in an entry already.
    described: Vec<usize>,
    pub(super) sealed: Vec<Sealed>,
    touched: Vec<Uuid>,
}

/// Where the desk stood before an update, to go back to if it is refused.
pub struct Checkmark {
    marks: Vec<usize>,
    described: Vec<usize>,
    last: Moment,
    sealed: usize,
    touched: usize,
}

impl Desk {
    /// A desk whose next entry comes after `last`.
    pub(super) fn new((now, entropy): (Timestamp, [u8; 32]), last: Moment) -> Self {
        let nobody = Actor { user: UserId(Uuid::nil()), role: String::new(), scope: String::new() };
        Self {
            shelves: Vec::new(),
            positions: HashMap::new(),
            actor: nobody,
            now,
            entropy,
            limits: Limits::default(),
            comparison: Comparison::default(),
            last,
            open: None,
            entries: EntryWriter::new(),
            described: Vec::new(),
            sealed: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// The same desk, at which one person decides alone up to these limits.
    pub(super) fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same desk, at which something is left out where the bench or a test asks for that.
    pub(super) fn compared(self, comparison: Comparison) -> Self {
        Self { comparison, ..self }
    }

    /// Whether nothing is hashed and described.
    pub(super) fn is_without_log(&self) -> bool {
        self.comparison.is_without_log
    }

    /// Whether identifiers of events are not looked for among those recorded: only where a test shows what for.
    pub fn is_forgetful(&self) -> bool {
        self.comparison.is_forgetful
    }

    /// Has what follows be in the name of somebody else: the entry that is open is closed in the name of whoever
    /// it was so far. An approved proposal posts in its proposer's name; the decision is its decider's.
    pub fn act_as(&mut self, actor: &Actor) {
        if self.actor != *actor {
            if self.open.is_some() {
                self.seal();
            }
            self.actor = actor.clone();
        }
    }

    /// Up to how much one person decides alone.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Who is posting.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The clock of this batch: what callers' times are checked against.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// 64 bits of chance for a thing: the same however often its update is decided in this batch.
    pub fn chance(&self, thing: Uuid) -> u64 {
        let digest = Sha256::new().chain_update(self.entropy).chain_update(thing.as_bytes()).finalize();
        let mut bits = [0_u8; 8];
        bits.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(bits)
    }

    /// A salt for a person's columns in the log, never that of another person.
    pub fn salt(&self, person: Uuid) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.entropy)
            .chain_update(b"salt")
            .chain_update(person.as_bytes())
            .finalize()
            .into()
    }

    /// The shelf of a type, made empty at its first use.
    pub fn shelf<S: Shelf + Default>(&mut self) -> &mut S {
        let key = TypeId::of::<S>();
        let position = match self.positions.get(&key) {
            Some(position) => *position,
            None => {
                self.shelves.push(Box::<S>::default());
                self.positions.insert(key, self.shelves.len() - 1);
                self.shelves.len() - 1
            }
        };
        #[expect(clippy::unreachable, reason = "positions maps a type only to a shelf of that very type")]
        match self.shelves[position].as_any().downcast_mut::<S>() {
            Some(shelf) => shelf,
            None => unreachable!("a shelf changed its type"),
        }
    }

    /// Starts an entry of the log. What is staged until the next entry belongs to it, and so does what its
    /// update staged before: a lot that is named while its quantities are still being understood.
    pub fn begin(&mut self, entry: Entry) -> Moment {
        let written = entry.id;
        self.begin_for(written, entry)
    }

    /// The same for what has an identifier of its own, which its receipt names, though its entry is about something
    /// else, as that of an event is about the consignment.
    pub fn begin_for(&mut self, written: Uuid, entry: Entry) -> Moment {
        if self.open.is_some() {
            self.seal();
        }
        let moment = Moment {
            sequence: self.last.sequence + 1,
            recorded_at: Timestamp(self.now.0.max(self.last.recorded_at.0 + 1)),
        };
        self.last = moment;
        self.open = Some(Open { moment, entry, written, marks: self.described.clone() });
        moment
    }

    /// The number and time the next entry would get.
    pub fn upcoming(&self) -> Moment {
        Moment {
            sequence: self.last.sequence + 1,
            recorded_at: Timestamp(self.now.0.max(self.last.recorded_at.0 + 1)),
        }
    }

    /// Says that something others may wait for has appeared or changed.
    pub fn touch(&mut self, subject: Uuid) {
        self.touched.push(subject);
    }

    pub(super) fn touched(&self) -> &[Uuid] {
        &self.touched
    }

    fn marks(&self) -> Vec<usize> {
        self.shelves.iter().map(|shelf| shelf.mark()).collect()
    }

    /// Closes the open entry, if there is one: describes its rows and hashes the whole. What an update staged
    /// without any entry is nobody's.
    pub fn seal(&mut self) {
        let Some(open) = self.open.take() else {
            self.described = self.marks();
            return;
        };
        if self.is_without_log() {
            self.put_by(&open, Vec::new());
            return;
        }
        let mut writer = std::mem::take(&mut self.entries);
        writer.begin(&Heading {
            sequence: Some(open.moment.sequence),
            recorded_at_us: open.moment.recorded_at.0,
            actor: &self.actor.user.to_string(),
            role: &self.actor.role,
            scope: &self.actor.scope,
            action: &open.entry.action,
            entity_kind: open.entry.kind,
            entity_id: &open.entry.id.to_string(),
            version: None,
            reason: open.entry.reason.as_deref(),
        });
        for (position, shelf) in self.shelves.iter().enumerate() {
            // A shelf that came after the mark was taken started empty.
            shelf.describe(open.marks.get(position).copied().unwrap_or(0), &mut writer);
        }
        let body = writer.finish();
        self.entries = writer;
        self.put_by(&open, body);
    }

    fn put_by(&mut self, open: &Open, body: Vec<u8>) {
        let hash = match self.is_without_log() {
            true => crate::audit::tree::empty_root(),
            false => crate::audit::tree::leaf_hash(&body),
        };
        self.sealed.push(Sealed { moment: open.moment, written: open.written, hash, body });
        self.described = self.marks();
    }

    /// Where the desk stands now.
    pub fn checkmark(&self) -> Checkmark {
        Checkmark {
            marks: self.marks(),
            described: self.described.clone(),
            last: self.last,
            sealed: self.sealed.len(),
            touched: self.touched.len(),
        }
    }

    /// Takes back everything staged since a checkmark.
    pub fn go_back(&mut self, checkmark: &Checkmark) {
        for (position, shelf) in self.shelves.iter_mut().enumerate() {
            shelf.undo(checkmark.marks.get(position).copied().unwrap_or(0));
        }
        self.last = checkmark.last;
        self.described.clone_from(&checkmark.described);
        self.open = None;
        self.sealed.truncate(checkmark.sealed);
        self.touched.truncate(checkmark.touched);
    }

    /// Takes back what one shelf staged since a checkmark, and leaves the others as they are.
    pub fn go_back_in_book<S: Shelf + Default>(&mut self, checkmark: &Checkmark) {
        let mark = match self.positions.get(&TypeId::of::<S>()) {
            Some(position) => checkmark.marks.get(*position).copied().unwrap_or(0),
            None => return,
        };
        self.shelf::<S>().undo(mark);
    }

    /// The sequence of the last entry since a checkmark: what an update's receipt is about.
    pub(super) fn sequence_since(&self, checkmark: &Checkmark) -> Option<i64> {
        if self.is_without_log() {
            // There is nothing to sign a receipt of.
            return None;
        }
        self.sealed.get(checkmark.sealed..).and_then(|new| new.last()).map(|sealed| sealed.moment.sequence)
    }

    /// What the receipts of this batch are made of, once all of it is decided.
    pub(super) fn receipts(&self) -> Arc<ReceiptBatch> {
        let first = self.sealed.first().map_or(0, |sealed| sealed.moment.sequence - 1);
        let entry = |sealed: &Sealed| BatchEntry {
            hash: sealed.hash,
            entity: sealed.written,
            recorded_at_us: sealed.moment.recorded_at.0,
        };
        let entries = self.sealed.iter().map(entry).collect();
        // Sequences start at 1 and the log at 0.
        Arc::new(ReceiptBatch::new(u64::try_from(first).unwrap_or(0), entries))
    }

    pub(super) fn is_wanting(&self) -> bool {
        self.shelves.iter().any(|shelf| shelf.is_wanting())
    }

    pub(super) fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        for shelf in &mut self.shelves {
            if shelf.is_wanting() {
                shelf.load(conn)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        for shelf in &mut self.shelves {
            shelf.flush(conn)?;
        }
        Ok(())
    }

    /// Writes what is staged of rows that belong to no entry.
    pub(super) fn flush_loose(&mut self, conn: &mut Conn) -> QueryResult<()> {
        for shelf in self.shelves.iter_mut().filter(|shelf| shelf.is_loose()) {
            shelf.flush(conn)?;
        }
        Ok(())
    }

    /// Lets go of entries that will not be written, and of the way back to before them: only a rehearsal does.
    pub(super) fn settle(&mut self) {
        self.sealed.clear();
        self.touched.clear();
        self.shelves.iter_mut().for_each(|shelf| shelf.settle());
        self.described = self.marks();
    }

    pub(super) fn last(&self) -> Moment {
        self.last
    }
}
