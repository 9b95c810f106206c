//! A bundle against itself, against a key, and against heads that somebody kept: as `verify` does with a database.
//!
//! Never here: figures, which are not in a bundle.

use super::bundle_read::{Bundle, BundleRow};
use super::chain::Chain;
use super::checkpoint::Checkpoint;
use super::comparing::{Kept, compare, unrecorded, unseen};
use super::digest::{RowDigest, Value};
use super::entry::{Entry, RecordedRow};
use super::finding::{Finding, Report};
use super::hash::Hash256;
use super::kept_heads::KeptHeads;
use super::note::{Note, VerifierKey};
use super::remembered::RememberedRows;
use super::tiles::{TILE_WIDTH, TileId, numbered};
use super::tree::{TreeHead, leaf_hash};
use super::verify::Progress;
use crate::core::problem::{Code, Outcome, Problem};
use std::collections::{BTreeMap, HashMap};

struct Walk<'a> {
    bundle: &'a mut Bundle,
    report: &'a mut Report,
    chain: Chain,
    checkpoint: Option<Checkpoint>,
    /// How many entries it speaks of: those of the tiles.
    signed: u64,
    kept: KeptHeads,
    remembered: RememberedRows,
}

/// Verifies a bundle. Without `key` signatures are not checked, and the report says so: the key within is whoever's
/// made the bundle. `kept` are heads that were kept elsewhere.
///
/// # Errors
/// Where the bundle cannot be read, so that nothing can be told.
pub fn verify_bundle(
    bundle: &mut Bundle,
    key: Option<&VerifierKey>,
    kept: Vec<(String, TreeHead)>,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    let note = bundle.checkpoint()?;
    let checkpoint = match key {
        Some(key) => Checkpoint::open(&note, key),
        None => Note::parse(&note)
            .map_err(Into::into)
            .and_then(|note| Checkpoint::parse_text(note.unverified_text())),
    };
    if key.is_none() {
        report.unchecked.push("the signature of the checkpoint: there is no key to check it with".to_owned());
    }
    let checkpoint = match checkpoint {
        Ok(checkpoint) => Some(checkpoint),
        Err(error) => {
            report.find(Finding::new("checkpoints", "newest", error.to_string()).column("note"));
            None
        }
    };
    let (chain, remembered) = (Chain::new(), RememberedRows::default());
    let signed = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.head.size);
    let kept = KeptHeads::new(kept);
    let mut walk = Walk { bundle, report, chain, checkpoint, signed, kept, remembered };
    for index in 0.. {
        let Some(entries) = walk.bundle.entries(index)? else { break };
        let count = entries.len() as u64;
        walk.entries(index, &entries)?;
        progress("log entries", count);
        if count < TILE_WIDTH {
            break;
        }
    }
    walk.check_heads();
    walk.check_tiles_above()?;
    for name in walk.bundle.tables() {
        walk.table(&name)?;
        progress(&name, 0);
    }
    walk.check_remembered()
}

impl Walk<'_> {
    /// One member of entries, the tile over them, and the rows they wrote once.
    fn entries(&mut self, index: u64, entries: &[Vec<u8>]) -> Outcome<()> {
        let mut read: Vec<(i64, Entry<'_>)> = Vec::with_capacity(entries.len());
        let start = self.chain.edge.size();
        for (offset, body) in entries.iter().enumerate() {
            let position = i64::try_from(start).unwrap_or(i64::MAX).saturating_add(offset as i64);
            self.chain.append(position, body, None, self.report);
            self.check_heads_here();
            read.extend(self.chain.read(position, body, self.report).map(|entry| (position, entry)));
        }
        let mut records: HashMap<(&str, &str), (&RecordedRow<'_>, i64, &Entry<'_>)> = HashMap::new();
        for (position, entry) in &read {
            for row in &entry.rows {
                self.remembered.put(&row.table, &row.key, *position, row.hash);
                records.insert((&row.table, &row.key), (row, *position, entry));
            }
        }
        self.report.check("log entries", entries.len());
        self.check_leaf_tile(index, entries)?;
        let rows = self.bundle.rows(&format!("once/{}", numbered(index, TILE_WIDTH)))?;
        self.report.check("rows", rows.len());
        for row in rows {
            let record = records.get(&(row.table.as_str(), row.key.as_str())).copied();
            self.remembered.take(&row.table, &row.key);
            match record {
                None => self.report.find(unrecorded(&row.table, &row.key)),
                Some((recorded, position, entry)) => {
                    let found =
                        compare(recorded, &row.table, &row.key, &values(&row.columns), position, entry);
                    found.into_iter().for_each(|finding| self.report.find(finding));
                }
            }
        }
        Ok(())
    }

    /// The tree as it is now against whatever speaks of this size.
    fn check_heads_here(&mut self) {
        let size = self.chain.edge.size();
        if let Some(checkpoint) = self.checkpoint.take_if(|checkpoint| checkpoint.head.size == size) {
            self.report.check("checkpoints", 1);
            if checkpoint.head.root != self.chain.edge.root() {
                let problem = "the log up to here is not the one that was signed";
                self.report.find(Finding::new("checkpoints", size.to_string(), problem).column("note"));
            }
        }
        self.kept.check(&self.chain.edge, self.report);
    }

    /// Whatever speaks of more entries than there are.
    fn check_heads(&mut self) {
        let size = self.chain.edge.size();
        if let Some(checkpoint) = self.checkpoint.take() {
            let problem = format!("{} leaves were signed and {size} are there", checkpoint.head.size);
            self.report.find(Finding::new("checkpoints", checkpoint.head.size.to_string(), problem));
        }
        self.kept.check_later(size, "", self.report);
    }

    fn check_leaf_tile(&mut self, index: u64, entries: &[Vec<u8>]) -> Outcome<()> {
        let Some(id) = TileId::within(0, index, self.signed) else { return Ok(()) };
        let width = usize::try_from(id.width).unwrap_or(usize::MAX);
        let made: Vec<Hash256> = entries.iter().take(width).map(|body| leaf_hash(body)).collect();
        self.check_tile(id, &made)
    }

    fn check_tiles_above(&mut self) -> Outcome<()> {
        let size = self.signed;
        let mut levels: BTreeMap<u32, Vec<Hash256>> = BTreeMap::new();
        for node in std::mem::take(&mut self.chain.nodes) {
            let hash = <[u8; 32]>::try_from(node.hash.as_slice()).map(Hash256);
            let (Ok(level), Ok(hash)) = (u32::try_from(node.level), hash) else { continue };
            levels.entry(level).or_default().push(hash);
        }
        for id in TileId::all(size).filter(|id| id.level > 0) {
            let start = usize::try_from(id.start()).unwrap_or(usize::MAX);
            let made: Vec<Hash256> = levels
                .get(&id.level)
                .map(|hashes| hashes.iter().skip(start).take(id.width as usize).copied().collect())
                .unwrap_or_default();
            self.check_tile(id, &made)?;
        }
        Ok(())
    }

    fn check_tile(&mut self, id: TileId, made: &[Hash256]) -> Outcome<()> {
        self.report.check("tiles", 1);
        let problem = match self.bundle.tile(id) {
            Ok(hashes) if hashes == made => return Ok(()),
            Ok(_) => "it is not what the entries make".to_owned(),
            Err(problem) if problem.code == Code::Invalid => problem.detail,
            Err(problem) => return Err(problem),
        };
        self.report.find(Finding::new("tiles", id.path(), problem));
        Ok(())
    }

    /// A part of a table that changes, against the last record of each row.
    fn table(&mut self, name: &str) -> Outcome<()> {
        let rows = self.bundle.rows(name)?;
        self.report.check("rows", rows.len());
        let mut digest = RowDigest::new();
        for row in rows {
            let Some(record) = self.remembered.take(&row.table, &row.key) else {
                self.report.find(unrecorded(&row.table, &row.key));
                continue;
            };
            digest.begin(&row.table, &row.key);
            for (name, value) in &row.columns {
                digest.add(name, value.value());
            }
            if !self.remembered.is_of(record, digest.hash()) {
                self.explain(&row, record.position)?;
            }
        }
        Ok(())
    }

    /// Reads the entry again that vouches for a row, to name the columns that differ.
    fn explain(&mut self, row: &BundleRow, position: i64) -> Outcome<()> {
        let Some(body) = self.body_at(position)? else { return Ok(()) };
        let Ok(entry) = Entry::parse(&body) else { return Ok(()) };
        let is_of = |recorded: &&RecordedRow<'_>| recorded.table == row.table && recorded.key == row.key;
        for recorded in entry.rows.iter().filter(is_of) {
            let found = compare(recorded, &row.table, &row.key, &values(&row.columns), position, &entry);
            found.into_iter().for_each(|finding| self.report.find(finding));
        }
        Ok(())
    }

    fn body_at(&mut self, position: i64) -> Outcome<Option<Vec<u8>>> {
        let position = u64::try_from(position).map_err(|_| Problem::internal("a position below 0"))?;
        let mut entries = self.bundle.entries(position / TILE_WIDTH)?.unwrap_or_default();
        let place = usize::try_from(position % TILE_WIDTH).unwrap_or(usize::MAX);
        Ok((place < entries.len()).then(|| entries.swap_remove(place)))
    }

    /// Rows that were recorded and did not come.
    fn check_remembered(&mut self) -> Outcome<()> {
        for (name, position) in self.remembered.left() {
            let body = if self.report.is_full() {
                Default::default()
            } else {
                self.body_at(position)?.unwrap_or_default()
            };
            self.report.find(unseen((name, position), &body, &self.remembered));
        }
        Ok(())
    }
}

fn values(columns: &[(String, Kept)]) -> Vec<(&str, Value<'_>)> {
    columns.iter().map(|(name, value)| (name.as_str(), value.value())).collect()
}
