//! Tables by numbers that were drawn at random, or made of names under a key that only this run knows.
//!
//! Nobody can choose such numbers, so they are their own hashes. Never here: making them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Values by drawn numbers.
pub type DrawnMap<V> = HashMap<u64, V, BuildHasherDefault<AsDrawn>>;
/// Drawn numbers.
pub type DrawnSet = HashSet<u64, BuildHasherDefault<AsDrawn>>;

/// Hashes a number as itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsDrawn(u64);

impl Hasher for AsDrawn {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
