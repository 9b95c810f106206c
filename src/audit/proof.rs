//! What an outsider runs: is this leaf in that tree, and does this tree begin with that one?
//!
//! Both need only hashes, never the log. Never here: trust. A root alone does not say how many leaves
//! it stands for: the proof of the first of three leaves also verifies when the same root is called a
//! tree of four. Therefore size and root come together as a [`TreeHead`], and a head is worth
//! trusting only when one signed checkpoint states both.

use super::hash::Hash256;
use super::tree::{MAX_PROOF_HASHES, TreeHead, empty_root, node_hash};

/// Why a proof does not prove what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There cannot be such a leaf.
    #[error("leaf index {index} must be below the tree's size {size}")]
    NoSuchLeaf {
        /// The index the proof is for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The log went back.
    #[error("tree size {new} must not be below the earlier size {old}")]
    Shrunk {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("proof of {0} hashes must have as many as its index and sizes ask for")]
    WrongLength(usize),
    /// The leaves at hand are more or fewer than the head says.
    #[error("tree of {computed} leaves must have the {stated} which its head states")]
    OtherSize {
        /// What the head says.
        stated: u64,
        /// How many leaves there are.
        computed: u64,
    },
    /// The hashes lead to another root than the head says.
    #[error("proof leads to root {computed}, which must be {expected} for size {size}")]
    WrongRoot {
        /// The size of the tree whose root is missed.
        size: u64,
        /// What the head says.
        expected: Hash256,
        /// What the proof gives.
        computed: Hash256,
    },
}

fn same_root(head: &TreeHead, computed: Hash256) -> Result<(), VerifyError> {
    if computed == head.root {
        Ok(())
    } else {
        Err(VerifyError::WrongRoot { size: head.size, expected: head.root, computed })
    }
}

/// Shows that `leaf_hash` is leaf number `index` of the tree with this head (RFC 9162, section 2.1.3.2).
///
/// # Errors
/// Says in what way the proof fails.
pub fn verify_inclusion(
    leaf_hash: Hash256,
    index: u64,
    proof: &[Hash256],
    head: &TreeHead,
) -> Result<(), VerifyError> {
    same_root(head, inclusion_root(leaf_hash, index, head.size, proof)?)
}

/// The root a proof leads to from leaf number `index` of a tree of `size`: whoever has size and root signed together
/// compares.
///
/// # Errors
/// When no proof of such a leaf has this length.
pub(super) fn inclusion_root(
    leaf_hash: Hash256,
    index: u64,
    size: u64,
    proof: &[Hash256],
) -> Result<Hash256, VerifyError> {
    if index >= size {
        return Err(VerifyError::NoSuchLeaf { index, size });
    }
    if proof.len() > MAX_PROOF_HASHES {
        return Err(VerifyError::WrongLength(proof.len()));
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = leaf_hash;
    for sibling in proof {
        if last == 0 {
            return Err(VerifyError::WrongLength(proof.len()));
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            // A last node without a right neighbour moves up until it is somebody's right child.
            let levels = node.trailing_zeros();
            (node, last) = (node >> levels, last >> levels);
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(VerifyError::WrongLength(proof.len()));
    }
    Ok(root)
}

/// Shows that the tree of `new` begins with the tree of `old` (RFC 9162, section 2.1.4.2).
///
/// # Errors
/// Says in what way the proof fails; [`VerifyError::Shrunk`] when the log went back.
pub fn verify_consistency(old: &TreeHead, new: &TreeHead, proof: &[Hash256]) -> Result<(), VerifyError> {
    if new.size < old.size {
        return Err(VerifyError::Shrunk { old: old.size, new: new.size });
    }
    if old.size == 0 || old.size == new.size {
        if !proof.is_empty() {
            return Err(VerifyError::WrongLength(proof.len()));
        }
        let expected = if old.size == 0 { empty_root() } else { new.root };
        return same_root(old, expected);
    }
    // An old tree that is a perfect subtree of the new one is where the path begins; else the proof says it.
    let (first, rest) = if old.size.is_power_of_two() {
        (&old.root, proof)
    } else {
        proof.split_first().ok_or(VerifyError::WrongLength(0))?
    };
    if proof.is_empty() || proof.len() > MAX_PROOF_HASHES {
        return Err(VerifyError::WrongLength(proof.len()));
    }
    let levels = (old.size - 1).trailing_ones();
    let (mut node, mut last) = ((old.size - 1) >> levels, (new.size - 1) >> levels);
    let (mut old_root, mut new_root) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(VerifyError::WrongLength(proof.len()));
        }
        if node & 1 == 1 || node == last {
            old_root = node_hash(sibling, &old_root);
            new_root = node_hash(sibling, &new_root);
            let levels = node.trailing_zeros();
            (node, last) = (node >> levels, last >> levels);
        } else {
            new_root = node_hash(&new_root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(VerifyError::WrongLength(proof.len()));
    }
    same_root(old, old_root)?;
    same_root(new, new_root)
}
