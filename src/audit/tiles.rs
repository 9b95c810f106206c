//! The tree in tiles, as specified at c2sp.org/tlog-tiles: up to 256 neighbouring hashes of every eighth level.
//!
//! ```text
//! tile <level>/<N>[.p/<width>]      hashes width·N' of the subtrees over 256^level leaves each
//! N in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067
//! ```
//!
//! A tile that is full never changes. With tiles alone whoever likes works out any root and proof: [`TileTree`]
//! does, wherever the tiles come from. Never here: storage and the network, and trust; a proof from tiles is
//! believed only where `proof` has compared it with a signed head.

use super::hash::{HASH_BYTES, Hash256};
use super::tree::{Subtree, consistency_path, inclusion_path, node_hash, range_root};
use crate::core::problem::{Outcome, Problem};
use std::collections::HashMap;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree a tile spans.
pub const TILE_HEIGHT: u32 = 8;
/// The highest level of a tile in a tree of at most 2⁶³ − 1 leaves.
pub const MAX_TILE_LEVEL: u32 = 7;

/// Which tile, and how much of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileId {
    /// 0 for tiles of leaves.
    pub level: u32,
    /// Which one of its level, from the left.
    pub index: u64,
    /// How many hashes it has, from 1 to [`TILE_WIDTH`].
    pub width: u64,
}

impl TileId {
    /// This tile as wide as it is in a tree of that size; nothing where it is empty.
    #[must_use]
    pub fn within(level: u32, index: u64, size: u64) -> Option<Self> {
        if level > MAX_TILE_LEVEL {
            return None;
        }
        let start = index.checked_mul(TILE_WIDTH)?;
        let width = (size >> (TILE_HEIGHT * level)).saturating_sub(start).min(TILE_WIDTH);
        (width > 0).then_some(Self { level, index, width })
    }

    /// All tiles of a tree of that size, level by level.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..=MAX_TILE_LEVEL)
            .flat_map(move |level| (0..).map_while(move |index| Self::within(level, index, size)))
    }

    /// The position of its first hash within its level.
    #[must_use]
    pub fn start(self) -> u64 {
        self.index * TILE_WIDTH
    }

    /// What stands behind `tile/` in its address.
    #[must_use]
    pub fn path(self) -> String {
        format!("{}/{}", self.level, numbered(self.index, self.width))
    }

    /// Reads level and the rest of an address.
    #[must_use]
    pub fn parse(level: &str, rest: &str) -> Option<Self> {
        let level = decimal(level).filter(|level| *level <= u64::from(MAX_TILE_LEVEL))?;
        let (index, width) = parse_numbered(rest)?;
        Some(Self { level: u32::try_from(level).ok()?, index, width })
    }
}

/// A number and a width as they stand in addresses.
#[must_use]
pub fn numbered(index: u64, width: u64) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    if width < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}

/// Reads what [`numbered`] writes, and nothing else.
#[must_use]
pub fn parse_numbered(text: &str) -> Option<(u64, u64)> {
    let (path, width) = match text.split_once(".p/") {
        None => (text, TILE_WIDTH),
        Some((path, width)) => (path, decimal(width).filter(|width| (1..TILE_WIDTH).contains(width))?),
    };
    let mut index = 0_u64;
    for part in path.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        index = index.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    }
    // Writing it again refuses signs, missing digits and groups that need not be there.
    (numbered(index, width) == text).then_some((index, width))
}

fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// The bytes of a tile.
#[must_use]
pub fn tile_bytes(hashes: &[Hash256]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the bytes of a tile of this width.
#[must_use]
pub fn parse_tile(bytes: &[u8], width: u64) -> Option<Vec<Hash256>> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    let fits = rest.is_empty() && u64::try_from(hashes.len()) == Ok(width);
    fits.then(|| hashes.iter().copied().map(Hash256).collect())
}

/// A tree of one size whose tiles are read where they are needed, each once.
pub struct TileTree<R> {
    size: u64,
    read: R,
    known: HashMap<TileId, Vec<Hash256>>,
}

impl<R: FnMut(TileId) -> Outcome<Vec<Hash256>>> TileTree<R> {
    /// The tree of that size; `read` answers its tiles.
    pub fn new(size: u64, read: R) -> Self {
        Self { size, read, known: HashMap::new() }
    }

    /// The root of the first `size` leaves.
    ///
    /// # Errors
    /// What `read` says, or that a tile is not there.
    pub fn root_at(&mut self, size: u64) -> Outcome<Hash256> {
        range_root(0, size, &mut |subtree| self.subtree(subtree))
    }

    /// The path from leaf `index`, which must be below the size, to the root.
    ///
    /// # Errors
    /// As [`TileTree::root_at`].
    pub fn inclusion(&mut self, index: u64) -> Outcome<Vec<Hash256>> {
        let size = self.size;
        inclusion_path(index, size, |subtree| self.subtree(subtree))
    }

    /// What shows that the tree begins with that of the first `old` leaves, which must not be more than it has.
    ///
    /// # Errors
    /// As [`TileTree::root_at`].
    pub fn consistency(&mut self, old: u64) -> Outcome<Vec<Hash256>> {
        let size = self.size;
        consistency_path(old, size, |subtree| self.subtree(subtree))
    }

    /// The hash of leaf `index`.
    ///
    /// # Errors
    /// As [`TileTree::root_at`].
    pub fn leaf(&mut self, index: u64) -> Outcome<Hash256> {
        self.subtree(Subtree { level: 0, index })
    }

    fn subtree(&mut self, subtree: Subtree) -> Outcome<Hash256> {
        let missing = || {
            Problem::internal(format!(
                "the tiles of a log of {} entries do not have its subtree {} of level {}",
                self.size, subtree.index, subtree.level
            ))
        };
        let level = (subtree.level / TILE_HEIGHT).min(MAX_TILE_LEVEL);
        let above = subtree.level - level * TILE_HEIGHT;
        let first = subtree.index.checked_shl(above).ok_or_else(missing)?;
        let id = TileId::within(level, first / TILE_WIDTH, self.size).ok_or_else(missing)?;
        if !self.known.contains_key(&id) {
            let hashes = (self.read)(id)?;
            self.known.insert(id, hashes);
        }
        let start = usize::try_from(first % TILE_WIDTH).map_err(|_| missing())?;
        let found = self.known.get(&id).and_then(|hashes| hashes.get(start..start + (1 << above)));
        let mut hashes = found.ok_or_else(missing)?.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        hashes.first().copied().ok_or_else(missing)
    }
}
