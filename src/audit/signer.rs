//! Signs one checkpoint after the other, and keeps each: beside the key first, then in the database.
//!
//! A checkpoint is kept by one guarded statement of its own and not by the writer: it takes no part in a
//! batch and waits for none. The guard refuses whatever is not above the last, also from another process.
//! Never here: signing over a log that does not continue everything that was signed before, in the database or not.

use super::beside::Beside;
use super::checkpoint::{Checkpoint, CheckpointError, Evidence};
use super::hash::Hash256;
use super::note::{NoteSigner, VerifierKey};
use super::renaming::open_as_stated;
use super::store::{StoredCheckpoint, head, newest_checkpoint, renamings_from};
use super::tile_store::{Node, append_noting, count_nodes, keep_nodes};
use super::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::log_entries;
use crate::db::{Backend, Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Leaves read at once.
const LEAVES_PER_READ: i64 = 10_000;

/// Shows the leaves stored from one position to another, in order.
fn each_leaf(conn: &mut Conn, from: u64, to: u64, mut visit: impl FnMut(Hash256)) -> Outcome<()> {
    let (mut next, end) = (position(from)?, position(to)?);
    while next < end {
        let rows: Vec<Vec<u8>> = log_entries::table
            .filter(log_entries::position.ge(next).and(log_entries::position.lt(end)))
            .order(log_entries::position)
            .limit(LEAVES_PER_READ)
            .select(log_entries::leaf_hash)
            .load(conn)
            .map_err(read_failure)?;
        if rows.is_empty() {
            let words = "the database was put back to an older copy, or the log was cut short";
            return Err(Problem::internal(format!(
                "the log must have {to} entries and ends at {next}: {words}"
            )));
        }
        next += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        for row in rows {
            let hash = <[u8; 32]>::try_from(row.as_slice())
                .map_err(|_| Problem::internal("a leaf hash in log_entries is not 32 bytes"))?;
            visit(Hash256(hash));
        }
    }
    Ok(())
}

fn position(size: u64) -> Outcome<i64> {
    i64::try_from(size).map_err(|_| Problem::internal("the tree is larger than the database can say"))
}

/// Signs one checkpoint after the other, each shown to continue the one before from the stored leaves.
pub struct CheckpointSigner {
    signer: NoteSigner,
    beside: Option<Beside>,
    last: Option<Checkpoint>,
    /// The edge of the tree of `last`.
    edge: RightEdge,
}

impl CheckpointSigner {
    /// Takes up where the last checkpoint stands, the one in the database or the one kept beside the key, whichever
    /// speaks of more; reads every leaf up to there once, and keeps the hashes above them where they are not yet.
    ///
    /// # Errors
    /// Where one of the two is not of this key, or the log does not begin with its tree.
    pub fn resume(conn: &mut Conn, signer: NoteSigner, beside: Option<Beside>) -> Outcome<Self> {
        let stored = newest_checkpoint(conn).map_err(read_failure)?;
        let stored = stored.map(|stored| open_as_stated(&stored.note, signer.verifier()).map_err(broken));
        let stored = stored.transpose()?;
        if let Some(stored) = &stored {
            check_continued(conn, stored, signer.verifier().name())?;
        }
        let kept = beside.as_ref().map(|beside| beside.checkpoint(signer.verifier())).transpose()?;
        let mut signed: Vec<Checkpoint> = stored.into_iter().chain(kept.flatten()).collect();
        signed.sort_by_key(|checkpoint| checkpoint.head.size);
        let mut edge = RightEdge::new();
        let mut nodes = Vec::new();
        for checkpoint in &signed {
            each_leaf(conn, edge.size(), checkpoint.head.size, |leaf| {
                append_noting(&mut edge, leaf, &mut nodes);
            })?;
            checkpoint.continues(checkpoint, Evidence::Leaves { edge: &edge, since: &[] }).map_err(broken)?;
        }
        let kept = count_nodes(conn).map_err(read_failure)?;
        if usize::try_from(kept).is_ok_and(|kept| kept < nodes.len()) {
            keep_nodes(conn, &nodes).map_err(read_failure)?;
        }
        // One of the log that this one continues was signed under another name: nothing was under this one yet.
        let last = signed.pop().filter(|last| last.origin == signer.verifier().name());
        Ok(Self { signer, beside, last, edge })
    }

    /// Signs where the log stands, if it has grown, and keeps it; answers what was signed.
    ///
    /// # Errors
    /// Where the log does not continue the last checkpoint: then nothing is signed, now or later.
    pub fn sign(&mut self, conn: &mut Conn, signed_at: Timestamp) -> Outcome<Option<StoredCheckpoint>> {
        let Some(head) = head(conn).map_err(read_failure)? else {
            return match &self.last {
                None => Ok(None),
                Some(_) => Err(Problem::internal("the row of ledger_state, where the log stands, is gone")),
            };
        };
        let stored = RightEdge::from_bytes(&head.edge)
            .map_err(|error| Problem::internal(format!("ledger_state.edge: {error}")))?;
        if stored.size() == 0 && self.last.is_none()
            || self.last.as_ref().is_some_and(|last| last.head == stored.head())
        {
            return Ok(None);
        }
        let mut since = Vec::new();
        each_leaf(conn, self.edge.size(), stored.size(), |leaf| since.push(leaf))?;
        let checkpoint = Checkpoint::new(self.signer.verifier().name(), stored.head());
        // The first one too is signed only over leaves that are there.
        let nothing = Checkpoint::new(self.signer.verifier().name(), self.edge.head());
        let last = self.last.as_ref().unwrap_or(&nothing);
        let evidence = Evidence::Leaves { edge: &self.edge, since: &since };
        let note = checkpoint.sign(&self.signer, Some((last, evidence))).map_err(broken)?.to_string();
        let mut nodes: Vec<Node> = Vec::new();
        let mut grown = self.edge.clone();
        since.iter().for_each(|leaf| append_noting(&mut grown, *leaf, &mut nodes));
        keep_nodes(conn, &nodes).map_err(read_failure)?;
        // Beside the key first: what anybody was shown is kept out of the database's reach.
        if let Some(beside) = &self.beside {
            beside.keep(&note)?;
        }
        let row = StoredCheckpoint { size: position(stored.size())?, note, signed_at };
        keep(conn, &row).map_err(read_failure)?;
        self.edge = stored;
        self.last = Some(checkpoint);
        Ok(Some(row))
    }

    /// The key that verifies what is signed.
    pub fn verifier(&self) -> &VerifierKey {
        self.signer.verifier()
    }
}

/// Refuses a last checkpoint of a log of another name, but where entries since then say that this one continues it.
fn check_continued(conn: &mut Conn, last: &Checkpoint, name: &str) -> Outcome<()> {
    if last.origin == name {
        return Ok(());
    }
    let mut present = last.origin.clone();
    for renaming in renamings_from(conn, position(last.head.size)?).map_err(read_failure)? {
        if renaming.old == present {
            present = renaming.new;
        }
    }
    if present == name {
        return Ok(());
    }
    Err(broken(CheckpointError::OtherOrigin { found: last.origin.clone(), expected: name.to_owned() }))
}

fn broken(error: CheckpointError) -> Problem {
    Problem::internal(format!("no checkpoint is signed any more: {error}"))
}

/// Keeps a checkpoint unless one of its size or above is there already.
fn keep(conn: &mut Conn, row: &StoredCheckpoint) -> QueryResult<usize> {
    diesel::sql_query(
        "INSERT INTO checkpoints (size, note, signed_at) SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), \
         CAST($3 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE size >= $4) ON CONFLICT DO NOTHING",
    )
    .into_boxed::<Backend>()
    .bind::<BigInt, _>(row.size)
    .bind::<Text, _>(row.note.clone())
    .bind::<BigInt, _>(row.signed_at)
    .bind::<BigInt, _>(row.size)
    .execute(conn)
}
