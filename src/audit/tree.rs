//! The Merkle tree of RFC 6962, section 2.1, over the entries of the log.
//!
//! [`RightEdge`] is all a writer needs to append; [`Tree`] knows every leaf and makes proofs, which
//! `proof` verifies. Never here: storage, or a second kind of tree.

use sha2::{Digest, Sha256};

use super::hash::{HASH_BYTES, Hash256};

/// The largest tree: sizes are kept in BIGINT columns of the database.
pub const MAX_TREE_SIZE: u64 = i64::MAX as u64;
/// A path never has more hashes than a size has bits; longer proofs are refused unread.
pub const MAX_PROOF_HASHES: usize = 64;

const LEAF_PREFIX: u8 = 0x00;
const NODE_PREFIX: u8 = 0x01;

/// Size and root of a tree: what a checkpoint signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves the tree has.
    pub size: u64,
    /// The Merkle tree hash of those leaves.
    pub root: Hash256,
}

/// The root of a tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash256 {
    Hash256::of(&[])
}

/// The hash of a leaf, SHA-256(0x00 ‖ body).
#[must_use]
pub fn leaf_hash(body: &[u8]) -> Hash256 {
    Hash256(Sha256::new().chain_update([LEAF_PREFIX]).chain_update(body).finalize().into())
}

/// The hash of an inner node, SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash256, right: &Hash256) -> Hash256 {
    let mut bytes = [NODE_PREFIX; 1 + 2 * HASH_BYTES];
    bytes[1..=HASH_BYTES].copy_from_slice(&left.0);
    bytes[1 + HASH_BYTES..].copy_from_slice(&right.0);
    Hash256::of(&bytes)
}

/// Joins the roots of neighbouring perfect subtrees, largest first, into the root over all of them.
fn fold_roots(roots: &[Hash256]) -> Hash256 {
    roots.iter().copied().rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// What a writer keeps of the tree: its size and the roots of its perfect subtrees.
///
/// A tree of 2⁶³ leaves needs 63 of them, so this fits one small row of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightEdge {
    size: u64,
    /// One root for each bit set in `size`, the largest subtree first.
    roots: Vec<Hash256>,
}

/// Why stored bytes are not a right edge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// There is not even a size.
    #[error("right edge of {0} bytes must begin with an 8-byte size")]
    NoSize(usize),
    /// The size cannot be kept in a BIGINT.
    #[error("right edge's size {0} must be at most {MAX_TREE_SIZE}")]
    TooLarge(u64),
    /// The number of roots does not go with the size.
    #[error("right edge of size {size} must be {expected} bytes, not {actual}")]
    WrongLength {
        /// The size the bytes begin with.
        size: u64,
        /// How many bytes an edge of that size has.
        expected: usize,
        /// How many there are.
        actual: usize,
    },
}

impl Default for RightEdge {
    fn default() -> Self {
        Self::new()
    }
}

impl RightEdge {
    /// The edge of a tree without leaves, with room for all it will ever hold.
    #[must_use]
    pub fn new() -> Self {
        Self { size: 0, roots: Vec::with_capacity(MAX_PROOF_HASHES) }
    }

    /// How many leaves were appended; also the index the next leaf gets.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf: one hash an append on average, and no allocation.
    pub fn append(&mut self, leaf_hash: Hash256) {
        self.append_telling(leaf_hash, |_, _| {});
    }

    /// The same, telling every perfect subtree of two leaves or more that this leaf completes.
    pub fn append_telling(&mut self, leaf_hash: Hash256, mut tell: impl FnMut(Subtree, Hash256)) {
        let mut hash = leaf_hash;
        // Each trailing one bit of the size is a subtree which this leaf completes into a larger one.
        for level in 1..=self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
                tell(Subtree { level, index: self.size >> level }, hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash256 {
        fold_roots(&self.roots)
    }

    /// Size and root, as a checkpoint states them.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }

    /// The size as 8 bytes, big-endian, then the roots, largest subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.roots.len() * HASH_BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for root in &self.roots {
            bytes.extend_from_slice(&root.0);
        }
        bytes
    }

    /// Reads what [`RightEdge::to_bytes`] wrote.
    ///
    /// The bytes carry no proof of being true: compare [`RightEdge::head`] with a checkpoint.
    ///
    /// # Errors
    /// When the number of bytes does not go with the size at their beginning.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EdgeError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(EdgeError::NoSize(bytes.len()))?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_TREE_SIZE {
            return Err(EdgeError::TooLarge(size));
        }
        let expected = size.count_ones() as usize * HASH_BYTES;
        if rest.len() != expected {
            return Err(EdgeError::WrongLength { size, expected: 8 + expected, actual: bytes.len() });
        }
        let mut edge = Self { size, ..Self::new() };
        edge.roots.extend(rest.as_chunks::<HASH_BYTES>().0.iter().copied().map(Hash256));
        Ok(edge)
    }
}

/// A perfect subtree: the 2^`level` leaves from leaf number `index` · 2^`level` on.
///
/// Its hash never changes once its last leaf is there, so it may be stored and cached for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subtree {
    /// 0 for a single leaf.
    pub level: u32,
    /// Which one of its level, counted from the left.
    pub index: u64,
}

/// Why a proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf in a tree of that size.
    #[error("leaf index {index} must be below the tree's size {size}")]
    NoSuchLeaf {
        /// The index asked for.
        index: u64,
        /// The size asked for.
        size: u64,
    },
    /// The tree was never that large.
    #[error("tree size {asked} must be at most {known}, the leaves known here")]
    TreeTooSmall {
        /// The size asked for.
        asked: u64,
        /// The leaves there are.
        known: u64,
    },
    /// A consistency proof leads from a smaller to a larger tree.
    #[error("old tree size {old} must be at most the new size {new}")]
    SizesReversed {
        /// The size to begin with.
        old: u64,
        /// The size to end with.
        new: u64,
    },
}

/// The size of the left subtree of a tree of `size` ≥ 2 leaves: the largest power of two below `size`.
fn left_size(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root over the leaves `start..end` of a tree, from the perfect subtrees it consists of.
///
/// `start` must be a multiple of the largest power of two within the range, as all ranges of
/// RFC 6962 proofs are. `read` answers the hash of a perfect subtree.
///
/// # Errors
/// Whatever `read` answers.
pub fn range_root<E>(
    start: u64,
    end: u64,
    read: &mut impl FnMut(Subtree) -> Result<Hash256, E>,
) -> Result<Hash256, E> {
    let mut roots = Vec::with_capacity((end - start).count_ones() as usize);
    let mut begin = start;
    while begin < end {
        let level = (end - begin).ilog2();
        roots.push(read(Subtree { level, index: begin >> level })?);
        begin += 1 << level;
    }
    Ok(fold_roots(&roots))
}

/// PATH(index, D[size]) of RFC 6962, section 2.1.1, for an `index` below `size`.
///
/// `read` answers the hash of a perfect subtree, so that a store can prove from the few it keeps.
///
/// # Errors
/// Whatever `read` answers.
pub fn inclusion_path<E>(
    index: u64,
    size: u64,
    mut read: impl FnMut(Subtree) -> Result<Hash256, E>,
) -> Result<Vec<Hash256>, E> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            path.push(range_root(middle, end, &mut read)?);
            end = middle;
        } else {
            path.push(range_root(start, middle, &mut read)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// PROOF(old, D[new]) of RFC 6962, section 2.1.2, for `old` at most `new`; empty for `old` 0.
///
/// `read` answers the hash of a perfect subtree, so that a store can prove from the few it keeps.
///
/// # Errors
/// Whatever `read` answers.
pub fn consistency_path<E>(
    old: u64,
    new: u64,
    mut read: impl FnMut(Subtree) -> Result<Hash256, E>,
) -> Result<Vec<Hash256>, E> {
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    if old == 0 {
        return Ok(path);
    }
    while end != old {
        let middle = start + left_size(end - start);
        if old <= middle {
            path.push(range_root(middle, end, &mut read)?);
            end = middle;
        } else {
            path.push(range_root(start, middle, &mut read)?);
            start = middle;
        }
    }
    // The verifier knows the old root already; it needs what is left of the old tree only if that
    // is not the whole of it.
    if start > 0 {
        path.push(range_root(start, end, &mut read)?);
    }
    path.reverse();
    Ok(path)
}

/// The whole tree: all leaves and all perfect subtrees, 64 bytes a leaf.
#[derive(Debug, Clone)]
pub struct Tree {
    /// `levels[0]` holds the leaves, each further level the pairs of the one before.
    levels: Vec<Vec<Hash256>>,
}

impl FromIterator<Hash256> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash256>>(leaf_hashes: I) -> Self {
        let mut level: Vec<Hash256> = leaf_hashes.into_iter().collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }
}

impl Tree {
    /// Builds the tree over these leaf hashes.
    #[must_use]
    pub fn new(leaf_hashes: &[Hash256]) -> Self {
        leaf_hashes.iter().copied().collect()
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// The root as it was when the tree had `size` leaves.
    ///
    /// # Errors
    /// When the tree has fewer leaves than that.
    pub fn root_at(&self, size: u64) -> Result<Hash256, ProofError> {
        self.knows(size)?;
        range_root(0, size, &mut |subtree| self.subtree(subtree))
    }

    /// Size and root as they were when the tree had `size` leaves.
    ///
    /// # Errors
    /// When the tree has fewer leaves than that.
    pub fn head_at(&self, size: u64) -> Result<TreeHead, ProofError> {
        Ok(TreeHead { size, root: self.root_at(size)? })
    }

    /// Proves that leaf `index` is in the tree of the first `size` leaves.
    ///
    /// # Errors
    /// When there is no such leaf or no such tree.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash256>, ProofError> {
        self.knows(size)?;
        if index >= size {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        inclusion_path(index, size, |subtree| self.subtree(subtree))
    }

    /// Proves that the tree of the first `new` leaves begins with the tree of the first `old` ones.
    ///
    /// # Errors
    /// When `old` is larger than `new`, or the tree has fewer leaves than `new`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash256>, ProofError> {
        self.knows(new)?;
        if old > new {
            return Err(ProofError::SizesReversed { old, new });
        }
        consistency_path(old, new, |subtree| self.subtree(subtree))
    }

    fn knows(&self, size: u64) -> Result<(), ProofError> {
        let known = self.size();
        if size > known { Err(ProofError::TreeTooSmall { asked: size, known }) } else { Ok(()) }
    }

    fn subtree(&self, subtree: Subtree) -> Result<Hash256, ProofError> {
        let found = self.levels.get(subtree.level as usize).and_then(|level| {
            let index = usize::try_from(subtree.index).ok()?;
            level.get(index).copied()
        });
        let end = (subtree.index.saturating_add(1)) << subtree.level;
        found.ok_or(ProofError::TreeTooSmall { asked: end, known: self.size() })
    }
}
