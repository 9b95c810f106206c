//! Reads the log from its first entry to its last and compares everything it vouches for: the leaves, the
//! tree, the signed checkpoints, those kept outside the database, and every row an entry names.
//!
//! Rows that are written once are compared batch by batch beside their entries. Of rows that change, the
//! position and the hash of the last record are remembered, some 25 bytes each, and the tables read once at the
//! end. Never here: what a table means, or figures folded again; `ledger::verify` does that.

use super::chain::Chain;
use super::checkpoint::Checkpoint;
use super::comparing::{Kept, compare, gone, last_change, unrecorded, unseen};
use super::digest::{RowDigest, Value};
use super::entry::{Entry, RecordedRow};
use super::finding::{Finding, Report};
use super::kept_heads::KeptHeads;
use super::note::VerifierKey;
use super::remembered::RememberedRows;
use super::renaming::{Renaming, open_as_stated};
use super::rows::{Reading, RowSource};
use super::store::{self, StoredCheckpoint, StoredEntry};
use super::tile_store::nodes_after;
use super::tiles::{MAX_TILE_LEVEL, TILE_HEIGHT};
use super::tree::TreeHead;
use crate::core::problem::Outcome;
use crate::db::schema::log_entries;
use crate::db::{Conn, CountRow, read_failure};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Entries read at once.
const ENTRIES_PER_READ: i64 = 500;
/// Rows at no sequence of the log that are named one by one.
const STRAYS_NAMED: usize = 100;
/// Checkpoints read at once.
const CHECKPOINTS_PER_READ: i64 = 1_000;

/// Tells how far a verifier has come.
pub type Progress<'p> = dyn FnMut(&str, u64) + 'p;

/// What an entry says of a row that is written once.
#[derive(Clone, Copy)]
struct RecordOf<'e> {
    recorded: &'e RecordedRow<'e>,
    position: i64,
    entry: &'e Entry<'e>,
}

/// Records of one table by the keys of its rows.
type OnceOfTable<'e> = foldhash::HashMap<&'e str, RecordOf<'e>>;

struct Walk<'a> {
    sources: &'a [RowSource],
    /// Where each table stands among them.
    places: HashMap<&'static str, usize>,
    report: &'a mut Report,
    chain: Chain,
    remembered: RememberedRows,
    /// The log's name, as far as a checkpoint or an entry has told it.
    name: Option<String>,
    /// All the names it had.
    names: BTreeSet<String>,
    /// Heads that were kept outside.
    kept: KeptHeads,
    checkpoints: VecDeque<StoredCheckpoint>,
    last_checkpoint: i64,
    has_more_checkpoints: bool,
}

/// Verifies the log and every row it vouches for. Without `key`, checkpoints are compared with the tree but
/// their signatures are not checked, and the report says so. `kept` are heads that somebody kept outside the database,
/// each with the place where: what was signed once must be there still.
///
/// # Errors
/// Whatever the database says.
pub fn verify_log(
    conn: &mut Conn,
    sources: &[RowSource],
    key: Option<&VerifierKey>,
    kept: Vec<(String, TreeHead)>,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    let mut walk = Walk {
        sources,
        places: sources.iter().enumerate().map(|(place, source)| (source.table, place)).collect(),
        report,
        chain: Chain::new(),
        remembered: RememberedRows::default(),
        name: None,
        names: BTreeSet::new(),
        kept: KeptHeads::new(kept),
        checkpoints: VecDeque::new(),
        last_checkpoint: -1,
        has_more_checkpoints: true,
    };
    let mut after = -1;
    loop {
        let rows = store::entries_after(conn, after, ENTRIES_PER_READ).map_err(read_failure)?;
        let Some(last) = rows.last() else { break };
        after = last.position;
        walk.entries(conn, &rows, key)?;
        progress("log entries", rows.len() as u64);
    }
    walk.check_strays(conn)?;
    walk.check_head(conn, key)?;
    walk.check_later_checkpoints(conn, key)?;
    // An older copy of the database speaks of fewer entries than somebody kept.
    let meaning = ": an older copy was put back, or the log was cut short";
    walk.kept.check_later(walk.chain.edge.size(), meaning, walk.report);
    walk.check_nodes(conn)?;
    for source in sources {
        if let Reading::Whole(read) = source.reading {
            walk.compare_whole(conn, source.table, read)?;
            progress(source.table, 0);
        }
    }
    walk.check_remembered(conn)?;
    if key.is_none() && store::newest_checkpoint(conn).map_err(read_failure)?.is_some() {
        let words = "signatures of checkpoints: there is no key to check them with";
        walk.report.unchecked.push(words.to_owned());
    }
    Ok(())
}

impl Walk<'_> {
    /// Checks one batch of entries and the rows written once by it.
    fn entries(&mut self, conn: &mut Conn, rows: &[StoredEntry], key: Option<&VerifierKey>) -> Outcome<()> {
        let mut read: Vec<(i64, Entry<'_>)> = Vec::with_capacity(rows.len());
        for row in rows {
            let body = row.body.as_bytes();
            self.chain.append(row.position, body, Some(&row.leaf_hash), self.report);
            let entry = self.chain.read(row.position, body, self.report);
            if let Some(renaming) = entry.as_ref().and_then(Renaming::of) {
                self.check_name(&renaming.old, "log_entries", &row.position.to_string(), "body");
                self.set_name(renaming.new);
            }
            self.check_checkpoint(conn, key)?;
            self.kept.check(&self.chain.edge, self.report);
            read.extend(entry.map(|entry| (row.position, entry)));
        }
        self.report.check("log entries", rows.len());
        let once = self.remember(&read);
        self.compare_once(conn, once, (rows[0].position + 1, rows[rows.len() - 1].position + 1))
    }

    /// Remembers the records of rows that change, and hands back those of rows written once.
    fn remember<'e>(&mut self, read: &'e [(i64, Entry<'e>)]) -> Vec<OnceOfTable<'e>> {
        let mut once: Vec<OnceOfTable<'e>> = self.sources.iter().map(|_| OnceOfTable::default()).collect();
        for (position, entry) in read {
            for recorded in &entry.rows {
                let Some(index) = self.places.get(&*recorded.table).copied() else {
                    self.report.unchecked.push(format!(
                        "table {}, which entry {position} names: this program does not know it",
                        recorded.table
                    ));
                    continue;
                };
                match self.sources[index].reading {
                    Reading::Whole(_) => {
                        self.remembered.put(&recorded.table, &recorded.key, *position, recorded.hash);
                    }
                    Reading::BySequence(_) => {
                        once[index].insert(&recorded.key, RecordOf { recorded, position: *position, entry });
                    }
                }
            }
        }
        once
    }

    /// Compares rows written once with the entries of the same sequences.
    fn compare_once(
        &mut self,
        conn: &mut Conn,
        mut once: Vec<OnceOfTable<'_>>,
        (first, last): (i64, i64),
    ) -> Outcome<()> {
        for (source, once) in self.sources.iter().zip(&mut once) {
            let Reading::BySequence(read) = source.reading else { continue };
            let mut found = Vec::new();
            let mut count = 0;
            read(conn, first, last, &mut |key, columns| {
                count += 1;
                match once.remove(key) {
                    None => found.push(unrecorded(source.table, key)),
                    Some(of) => {
                        found.extend(compare(of.recorded, source.table, key, columns, of.position, of.entry));
                    }
                }
            })
            .map_err(read_failure)?;
            self.report.check(source.table, count);
            found.into_iter().for_each(|finding| self.report.find(finding));
        }
        for (source, once) in self.sources.iter().zip(once) {
            for (key, of) in once {
                let finding = gone(source.table, key.to_owned(), of.position);
                self.report.find(finding.changed(last_change(of.entry)));
            }
        }
        Ok(())
    }

    /// Rows that are written once and stand at no sequence of the log, so that nothing above came upon them.
    fn check_strays(&mut self, conn: &mut Conn) -> Outcome<()> {
        let end = self.chain.edge.size();
        for source in self.sources.iter().filter(|source| matches!(source.reading, Reading::BySequence(_))) {
            let table = source.table;
            let count = format!("SELECT COUNT(*) AS value FROM {table}");
            let count: CountRow = diesel::sql_query(count).get_result(conn).map_err(read_failure)?;
            let seen = self.report.checked.get(table).copied().unwrap_or(0);
            if u64::try_from(count.value) == Ok(seen) {
                continue;
            }
            let strays = format!(
                "SELECT CAST(sequence AS BIGINT) AS value FROM {table} WHERE sequence < 1 OR sequence > {end} \
                 ORDER BY sequence LIMIT {STRAYS_NAMED}"
            );
            let strays: Vec<CountRow> = diesel::sql_query(strays).load(conn).map_err(read_failure)?;
            for stray in &strays {
                let problem = "stands at a sequence that no entry of the log has";
                self.report.find(Finding::new(table, stray.value.to_string(), problem));
            }
            if strays.is_empty() {
                let problem = format!("{} rows are there, and entries of the log name {seen}", count.value);
                self.report.find(Finding::new(table, "all", problem));
            }
        }
        Ok(())
    }

    /// Compares the rows of a table that changes with the last record of each.
    fn compare_whole(
        &mut self,
        conn: &mut Conn,
        table: &'static str,
        read: fn(&mut Conn, &mut super::rows::VisitRow<'_>) -> QueryResult<()>,
    ) -> Outcome<()> {
        let mut digest = RowDigest::new();
        let mut differing = Vec::new();
        let mut unknown = Vec::new();
        let mut count = 0;
        read(conn, &mut |key, columns| {
            count += 1;
            let Some(record) = self.remembered.take(table, key) else {
                unknown.push(unrecorded(table, key));
                return;
            };
            digest.begin(table, key);
            for (name, value) in columns {
                digest.add(name, *value);
            }
            if !self.remembered.is_of(record, digest.hash()) {
                let owned: Vec<(&'static str, Kept)> =
                    columns.iter().map(|(name, value)| (*name, Kept::of(*value))).collect();
                differing.push((key.to_owned(), record.position, owned));
            }
        })
        .map_err(read_failure)?;
        self.report.check(table, count);
        unknown.into_iter().for_each(|finding| self.report.find(finding));
        for (key, position, columns) in differing {
            self.explain(conn, table, &key, position, &columns)?;
        }
        Ok(())
    }

    /// Rows that were recorded and not seen.
    fn check_remembered(&mut self, conn: &mut Conn) -> Outcome<()> {
        for (name, position) in self.remembered.left() {
            let body = if self.report.is_full() {
                Default::default()
            } else {
                body_at(conn, position)?.unwrap_or_default()
            };
            self.report.find(unseen((name, position), body.as_bytes(), &self.remembered));
        }
        Ok(())
    }

    /// Reads the entry again that vouches for a row, to name the columns that differ.
    fn explain(
        &mut self,
        conn: &mut Conn,
        table: &str,
        key: &str,
        position: i64,
        columns: &[(&'static str, Kept)],
    ) -> Outcome<()> {
        let Some(body) = body_at(conn, position)? else { return Ok(()) };
        let Ok(entry) = Entry::parse(body.as_bytes()) else { return Ok(()) };
        let values: Vec<(&'static str, Value<'_>)> =
            columns.iter().map(|(name, value)| (*name, value.value())).collect();
        for recorded in entry.rows.iter().filter(|row| row.table == table && row.key == key) {
            for finding in compare(recorded, table, key, &values, position, &entry) {
                self.report.find(finding);
            }
        }
        Ok(())
    }

    /// Compares the tree as it is now with a checkpoint of this size.
    fn check_checkpoint(&mut self, conn: &mut Conn, key: Option<&VerifierKey>) -> Outcome<()> {
        let size = i64::try_from(self.chain.edge.size()).unwrap_or(i64::MAX);
        loop {
            if self.checkpoints.is_empty() && self.has_more_checkpoints {
                let page = store::checkpoints_above(conn, self.last_checkpoint, CHECKPOINTS_PER_READ)
                    .map_err(read_failure)?;
                self.has_more_checkpoints = !page.is_empty();
                self.last_checkpoint = page.last().map_or(self.last_checkpoint, |last| last.size);
                self.checkpoints.extend(page);
            }
            let Some(stored) = self.checkpoints.pop_front_if(|next| next.size <= size) else { break };
            self.compare_checkpoint(&stored, size, key);
        }
        Ok(())
    }

    fn compare_checkpoint(&mut self, stored: &StoredCheckpoint, size: i64, key: Option<&VerifierKey>) {
        self.report.check("checkpoints", 1);
        let label = stored.size.to_string();
        let opened = match key {
            Some(key) => open_as_stated(&stored.note, key),
            None => super::note::Note::parse(&stored.note)
                .map_err(Into::into)
                .and_then(|note| Checkpoint::parse_text(note.unverified_text())),
        };
        let problem = match opened {
            Err(error) => error.to_string(),
            Ok(checkpoint)
                if i64::try_from(checkpoint.head.size) != Ok(stored.size) || stored.size != size =>
            {
                format!("it states {} leaves and is kept as one of {}", checkpoint.head.size, stored.size)
            }
            Ok(checkpoint) if checkpoint.head.root != self.chain.edge.root() => {
                "the log up to here is not the one that was signed".to_owned()
            }
            Ok(checkpoint) => {
                self.check_name(&checkpoint.origin, "checkpoints", &label, "note");
                self.set_name(checkpoint.origin);
                return;
            }
        };
        self.report.find(Finding::new("checkpoints", label, problem).column("note"));
    }

    /// The hashes above the leaves must be those the leaves make, as far as they are kept, which is whole where any is.
    fn check_nodes(&mut self, conn: &mut Conn) -> Outcome<()> {
        let signed = store::newest_checkpoint(conn).map_err(read_failure)?.map_or(0, |newest| newest.size);
        let mut made: BTreeMap<(i32, i64), Vec<u8>> =
            self.chain.nodes.drain(..).map(|node| ((node.level, node.position), node.hash)).collect();
        let mut count = 0;
        for level in 1..=i32::try_from(MAX_TILE_LEVEL).unwrap_or(i32::MAX) {
            let mut after = -1;
            loop {
                let page = nodes_after(conn, level, after).map_err(read_failure)?;
                let Some(last) = page.last() else { break };
                after = last.position;
                count += page.len();
                for node in page {
                    let expected = made.remove(&(node.level, node.position));
                    if expected.as_ref() != Some(&node.hash) {
                        let key = format!("{}/{}", node.level, node.position);
                        let problem = "is not the hash that the log's entries make";
                        self.report.find(Finding::new("log_nodes", key, problem).column("hash"));
                    }
                }
            }
        }
        self.report.check("log nodes", count);
        // Before a server has signed for the first time since there is this table, it is empty.
        for (level, position) in made.into_keys().filter(|_| count > 0) {
            let end = (position + 1).saturating_mul(1 << (TILE_HEIGHT as i32 * level).min(62));
            if end <= signed {
                let key = format!("{level}/{position}");
                self.report.find(Finding::new("log_nodes", key, "the row is gone"));
            }
        }
        Ok(())
    }

    fn set_name(&mut self, name: String) {
        if self.name.as_ref() != Some(&name) {
            self.names.insert(name.clone());
            self.name = Some(name);
        }
    }

    /// A log has one name, but where an entry says that another one goes on from there.
    fn check_name(&mut self, name: &str, table: &str, key: &str, column: &str) {
        if let Some(known) = self.name.as_deref().filter(|known| *known != name) {
            let problem = format!("names the log {name}, and no entry says that it is {known} no more");
            self.report.find(Finding::new(table, key, problem).column(column));
        }
    }

    /// The stored head must be that of the entries.
    fn check_head(&mut self, conn: &mut Conn, key: Option<&VerifierKey>) -> Outcome<()> {
        let row = "1";
        let Some(head) = store::head(conn).map_err(read_failure)? else {
            if self.chain.edge.size() > 0 {
                self.report.find(Finding::new("ledger_state", row, "the row is gone"));
            }
            return Ok(());
        };
        if store::count_other_heads(conn).map_err(read_failure)? > 0 {
            let problem = "another row than this one says where the log stands";
            self.report.find(Finding::new("ledger_state", row, problem));
        }
        self.check_name(&head.origin, "ledger_state", row, "origin");
        if let Some(name) = key.map(VerifierKey::name)
            && head.origin != name
            && !self.names.contains(name)
        {
            let problem = format!("names the log {}, and the key is of {name}", head.origin);
            self.report.find(Finding::new("ledger_state", row, problem).column("origin"));
        }
        if head.edge != self.chain.edge.to_bytes() {
            let problem = "the tree over the log's entries is another one";
            self.report.find(Finding::new("ledger_state", row, problem).column("edge"));
        }
        if u64::try_from(head.sequence) != Ok(self.chain.edge.size()) {
            let problem =
                format!("says {} where the log has {} entries", head.sequence, self.chain.edge.size());
            self.report.find(Finding::new("ledger_state", row, problem).column("sequence"));
        }
        if self.chain.edge.size() > 0 && head.recorded_at.0 != self.chain.last_at {
            let problem = "is not the time of the last entry";
            self.report.find(Finding::new("ledger_state", row, problem).column("recorded_at"));
        }
        Ok(())
    }

    /// Checkpoints that speak of more leaves than there are.
    fn check_later_checkpoints(&mut self, conn: &mut Conn, key: Option<&VerifierKey>) -> Outcome<()> {
        let size = i64::try_from(self.chain.edge.size()).unwrap_or(i64::MAX);
        for stored in store::checkpoints_above(conn, size, CHECKPOINTS_PER_READ).map_err(read_failure)? {
            if key.is_none_or(|key| open_as_stated(&stored.note, key).is_ok()) {
                let problem = format!("{} leaves were signed and {size} are there", stored.size);
                self.report.find(Finding::new("checkpoints", stored.size.to_string(), problem));
            }
        }
        Ok(())
    }
}

fn body_at(conn: &mut Conn, position: i64) -> Outcome<Option<String>> {
    log_entries::table
        .filter(log_entries::position.eq(position))
        .select(log_entries::body)
        .first(conn)
        .optional()
        .map_err(read_failure)
}
