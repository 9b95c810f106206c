//! Tiles of the log's tree in the database, and the hashes above the leaves that they are made of.
//!
//! Those hashes follow from the leaves; they are kept so that a tile over millions of leaves is 256 rows to read and
//! not millions. Whoever keeps them computed them over leaves that are about to be signed. Never here: whether a tile
//! may be served.

use super::hash::Hash256;
use super::tiles::{MAX_TILE_LEVEL, TILE_HEIGHT, TileId, TileTree};
use super::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{log_entries, log_nodes};
use crate::db::{Conn, read_failure, upsert_all};
use diesel::prelude::*;

/// Hashes of the tree read at once.
const NODES_PER_READ: i64 = 10_000;

/// One hash of the tree above the leaves.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = log_nodes)]
pub struct Node {
    /// The level of the tiles it stands in, from 1.
    pub level: i32,
    /// Its position within that level.
    pub position: i64,
    /// The hash.
    pub hash: Vec<u8>,
}

/// Appends a leaf and notes the hashes it completes that tiles are made of.
pub(super) fn append_noting(edge: &mut RightEdge, leaf: Hash256, nodes: &mut Vec<Node>) {
    edge.append_telling(leaf, |subtree, hash| {
        if subtree.level % TILE_HEIGHT == 0 && subtree.level / TILE_HEIGHT <= MAX_TILE_LEVEL {
            let level = i32::try_from(subtree.level / TILE_HEIGHT).unwrap_or(i32::MAX);
            let position = i64::try_from(subtree.index).unwrap_or(i64::MAX);
            nodes.push(Node { level, position, hash: hash.0.to_vec() });
        }
    });
}

/// Keeps hashes; those that are there stay as they are.
pub(super) fn keep_nodes(conn: &mut Conn, nodes: &[Node]) -> QueryResult<usize> {
    upsert_all!(conn, log_nodes::table, nodes, " ON CONFLICT DO NOTHING")
}

/// How many hashes are kept.
pub(super) fn count_nodes(conn: &mut Conn) -> QueryResult<i64> {
    log_nodes::table.count().get_result(conn)
}

/// Hashes after one of a level, in order.
pub(super) fn nodes_after(conn: &mut Conn, level: i32, after: i64) -> QueryResult<Vec<Node>> {
    log_nodes::table
        .filter(log_nodes::level.eq(level).and(log_nodes::position.gt(after)))
        .order(log_nodes::position)
        .limit(NODES_PER_READ)
        .select(Node::as_select())
        .load(conn)
}

/// The hashes of a tile.
///
/// # Errors
/// Whatever the database says, or that they are not there: then the tree above the leaves was tampered with or is
/// being written still.
pub fn read_tile(conn: &mut Conn, id: TileId) -> Outcome<Vec<Hash256>> {
    let missing = || Problem::internal(format!("the log's tile {} is not whole in the database", id.path()));
    let start = i64::try_from(id.start()).map_err(|_| missing())?;
    let end = i64::try_from(id.start() + id.width).map_err(|_| missing())?;
    let rows: Vec<Vec<u8>> = if id.level == 0 {
        log_entries::table
            .filter(log_entries::position.ge(start).and(log_entries::position.lt(end)))
            .order(log_entries::position)
            .select(log_entries::leaf_hash)
            .load(conn)
    } else {
        let level = i32::try_from(id.level).map_err(|_| missing())?;
        log_nodes::table
            .filter(log_nodes::level.eq(level))
            .filter(log_nodes::position.ge(start).and(log_nodes::position.lt(end)))
            .order(log_nodes::position)
            .select(log_nodes::hash)
            .load(conn)
    }
    .map_err(read_failure)?;
    let hashes: Option<Vec<Hash256>> =
        rows.iter().map(|row| <[u8; 32]>::try_from(row.as_slice()).ok().map(Hash256)).collect();
    hashes.filter(|hashes| u64::try_from(hashes.len()) == Ok(id.width)).ok_or_else(missing)
}

/// The tree of the first `size` leaves, read from the database.
pub fn stored_tree(conn: &mut Conn, size: u64) -> TileTree<impl FnMut(TileId) -> Outcome<Vec<Hash256>>> {
    TileTree::new(size, move |id| read_tile(conn, id))
}
