//! The log in the database: reading its entries and its head, and keeping signed checkpoints.
//!
//! A checkpoint is kept by one guarded statement of its own and not by the writer: it takes no part in a
//! batch and waits for none. The guard refuses whatever is not above the last, also from another process.
//! Never here: writing an entry, which is the writer's alone.

use super::checkpoint::{Checkpoint, CheckpointError, Evidence};
use super::hash::Hash256;
use super::note::{NoteSigner, VerifierKey};
use super::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{checkpoints, ledger_state, log_entries};
use crate::db::{Backend, Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Leaves read at once.
const LEAVES_PER_READ: i64 = 10_000;
/// Characters of the entries of one answer; a single longer entry goes alone.
const PAGE_CHARS_MAX: i64 = 4_000_000;

diesel::define_sql_function! {
    /// Characters of a text.
    fn length(text: Text) -> Integer;
}

/// One entry as it lies in the database.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = log_entries)]
pub struct StoredEntry {
    /// Its position in the tree, from 0.
    pub position: i64,
    /// The exact bytes that were hashed.
    pub body: String,
    /// The hash of the leaf.
    pub leaf_hash: Vec<u8>,
}

/// A signed checkpoint as it lies in the database.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = checkpoints)]
pub struct StoredCheckpoint {
    /// Leaves it speaks of.
    pub size: i64,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// Where the log says it stands.
#[derive(Clone, Debug, Queryable)]
pub struct StoredHead {
    /// The last sequence.
    pub sequence: i64,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
    /// The tree's right edge.
    pub edge: Vec<u8>,
    /// The log's name.
    pub origin: String,
}

/// Where the log says it stands; nothing before it has a name.
///
/// # Errors
/// Whatever the database says.
pub fn head(conn: &mut Conn) -> QueryResult<Option<StoredHead>> {
    ledger_state::table
        .select((ledger_state::sequence, ledger_state::recorded_at, ledger_state::edge, ledger_state::origin))
        .first(conn)
        .optional()
}

/// Entries after a position, in order.
///
/// # Errors
/// Whatever the database says.
pub fn entries_after(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<Vec<StoredEntry>> {
    log_entries::table
        .filter(log_entries::position.gt(after))
        .order(log_entries::position)
        .limit(limit)
        .select(StoredEntry::as_select())
        .load(conn)
}

/// Entries after a position, in order, as many as go into one answer and one more, and how many go into it.
/// Entries that earlier versions took may be megabytes long, and five hundred of these are nobody's page.
///
/// # Errors
/// Whatever the database says.
pub fn entries_page(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<(Vec<StoredEntry>, i64)> {
    let lengths: Vec<i32> = log_entries::table
        .filter(log_entries::position.gt(after))
        .order(log_entries::position)
        .limit(limit)
        .select(length(log_entries::body))
        .load(conn)?;
    let mut sum = 0_i64;
    let fitting = lengths.iter().take_while(|length| {
        sum += i64::from(**length);
        sum <= PAGE_CHARS_MAX
    });
    let limit = i64::try_from(fitting.count()).unwrap_or(limit).max(1);
    Ok((entries_after(conn, after, limit + 1)?, limit))
}

/// The newest signed checkpoint.
///
/// # Errors
/// Whatever the database says.
pub fn newest_checkpoint(conn: &mut Conn) -> QueryResult<Option<StoredCheckpoint>> {
    checkpoints::table
        .order(checkpoints::size.desc())
        .select(StoredCheckpoint::as_select())
        .first(conn)
        .optional()
}

/// Checkpoints above a size, in order.
///
/// # Errors
/// Whatever the database says.
pub fn checkpoints_above(conn: &mut Conn, size: i64, limit: i64) -> QueryResult<Vec<StoredCheckpoint>> {
    checkpoints::table
        .filter(checkpoints::size.gt(size))
        .order(checkpoints::size)
        .limit(limit)
        .select(StoredCheckpoint::as_select())
        .load(conn)
}

/// Appends the leaves stored after an edge, up to `size`, and answers them.
fn leaves_since(conn: &mut Conn, edge: &RightEdge, size: u64) -> Outcome<Vec<Hash256>> {
    let mut leaves = Vec::new();
    let mut next = position(edge.size())?;
    let end = position(size)?;
    while next < end {
        let rows: Vec<Vec<u8>> = log_entries::table
            .filter(log_entries::position.ge(next).and(log_entries::position.lt(end)))
            .order(log_entries::position)
            .limit(LEAVES_PER_READ)
            .select(log_entries::leaf_hash)
            .load(conn)
            .map_err(read_failure)?;
        if rows.is_empty() {
            return Err(Problem::internal(format!("the log has no entry at position {next}")));
        }
        next += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        for row in rows {
            let hash = <[u8; 32]>::try_from(row.as_slice())
                .map_err(|_| Problem::internal("a leaf hash in log_entries is not 32 bytes"))?;
            leaves.push(Hash256(hash));
        }
    }
    Ok(leaves)
}

fn position(size: u64) -> Outcome<i64> {
    i64::try_from(size).map_err(|_| Problem::internal("the tree is larger than the database can say"))
}

/// Signs one checkpoint after the other, each shown to continue the one before from the stored leaves.
pub struct CheckpointSigner {
    signer: NoteSigner,
    last: Option<Checkpoint>,
    /// The edge of the tree of `last`.
    edge: RightEdge,
}

impl CheckpointSigner {
    /// Takes up where the last checkpoint stands; reads every leaf up to there once.
    ///
    /// # Errors
    /// Where the last checkpoint is not of this key, or the log does not begin with its tree.
    pub fn resume(conn: &mut Conn, signer: NoteSigner) -> Outcome<Self> {
        let mut edge = RightEdge::new();
        let last = match newest_checkpoint(conn).map_err(read_failure)? {
            None => None,
            Some(stored) => {
                let last = Checkpoint::open(&stored.note, signer.verifier()).map_err(broken)?;
                for leaf in leaves_since(conn, &edge, last.head.size)? {
                    edge.append(leaf);
                }
                let evidence = Evidence::Leaves { edge: &edge, since: &[] };
                last.continues(&last, evidence).map_err(broken)?;
                Some(last)
            }
        };
        Ok(Self { signer, last, edge })
    }

    /// Signs where the log stands, if it has grown, and keeps it; answers what was signed.
    ///
    /// # Errors
    /// Where the log does not continue the last checkpoint: then nothing is signed, now or later.
    pub fn sign(&mut self, conn: &mut Conn, signed_at: Timestamp) -> Outcome<Option<StoredCheckpoint>> {
        let Some(head) = head(conn).map_err(read_failure)? else { return Ok(None) };
        let stored = RightEdge::from_bytes(&head.edge)
            .map_err(|error| Problem::internal(format!("ledger_state.edge: {error}")))?;
        if stored.size() == 0 || self.last.as_ref().is_some_and(|last| last.head == stored.head()) {
            return Ok(None);
        }
        let since = leaves_since(conn, &self.edge, stored.size())?;
        let checkpoint = Checkpoint::new(self.signer.verifier().name(), stored.head());
        // The first one too is signed only over leaves that are there.
        let nothing = Checkpoint::new(self.signer.verifier().name(), self.edge.head());
        let last = self.last.as_ref().unwrap_or(&nothing);
        let evidence = Evidence::Leaves { edge: &self.edge, since: &since };
        let note = checkpoint.sign(&self.signer, Some((last, evidence))).map_err(broken)?.to_string();
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
