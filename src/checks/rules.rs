//! Drawing a sample that nobody can steer.
//!
//! The hash of a checkpoint's tree decides, so that whoever writes entries would have to write them for a hash nobody
//! can aim at, and whoever draws has nothing to choose but the checkpoint. For `i` = 0, 1, 2, …
//!
//! ```text
//! block(i) = HMAC-SHA256(key: the root hash, 32 bytes; message: "relief-ledger sample v1" ‖ i as 8 bytes, big endian)
//! x(i)     = the first 8 bytes of block(i), as a number, big endian
//! ```
//!
//! With n entries, x(i) is passed over where it is floor(2^64 / n) · n or more, since the lower entries would then be
//! drawn a little more often; else entry x(i) mod n is drawn, unless it was before. That goes on until as many are
//! drawn as were asked for, or all.

use crate::audit::hash::Hash256;
use ring::hmac::{HMAC_SHA256, Key, sign};
use std::collections::HashSet;

/// What the message of each block begins with.
pub const LABEL: &[u8] = b"relief-ledger sample v1";
/// The name of this way to draw.
pub const ALGORITHM: &str = "relief-ledger sample v1";

/// The positions of `size` of the `entries` of a tree, in the order in which they are drawn; all of them where there
/// are no more.
pub fn draw(root: &Hash256, entries: u64, size: usize) -> Vec<u64> {
    let key = Key::new(HMAC_SHA256, &root.0);
    let wanted = size.min(usize::try_from(entries).unwrap_or(usize::MAX));
    let mut drawn = Vec::with_capacity(wanted);
    let mut known = HashSet::with_capacity(wanted);
    let mut counter = 0_u64;
    while drawn.len() < wanted {
        let position = number_of(&key, counter).and_then(|number| position_of(number, entries));
        counter += 1;
        if let Some(position) = position
            && known.insert(position)
        {
            drawn.push(position);
        }
    }
    drawn
}

/// The number of one block.
fn number_of(key: &Key, counter: u64) -> Option<u64> {
    let block = sign(key, &[LABEL, &counter.to_be_bytes()].concat());
    let first = block.as_ref().get(..8)?;
    Some(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The entry a number stands for; none where that would favour some.
fn position_of(number: u64, entries: u64) -> Option<u64> {
    let all = 1_u128 << 64;
    let fair = all - all % u128::from(entries);
    (u128::from(number) < fair).then(|| number % entries)
}
