//! The tree: the same as RFC 6962 says, and no proof passes for another.

use proptest::prelude::*;
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::proof::{VerifyError, verify_consistency, verify_inclusion};
use relief_ledger::audit::tree::{
    EdgeError, ProofError, RightEdge, Tree, TreeHead, empty_root, leaf_hash, node_hash,
};

use super::{from_hex, hash_from_hex, numbered_leaves};

/// MTH(D[n]) of RFC 6962, section 2.1, word for word.
fn mth(leaves: &[Hash256]) -> Hash256 {
    match leaves.len() {
        0 => empty_root(),
        1 => leaves[0],
        count => {
            let split = count.next_power_of_two() / 2;
            node_hash(&mth(&leaves[..split]), &mth(&leaves[split..]))
        }
    }
}

fn flip(hash: Hash256, bit: usize) -> Hash256 {
    let mut bytes = hash.0;
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash256(bytes)
}

const REFERENCE_LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const REFERENCE_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn reference_tree() -> Tree {
    REFERENCE_LEAVES.iter().map(|leaf| leaf_hash(&from_hex(leaf))).collect()
}

#[test]
fn roots_are_those_of_the_certificate_transparency_reference() {
    let tree = reference_tree();
    let mut edge = RightEdge::new();
    for (size, expected) in REFERENCE_ROOTS.iter().enumerate() {
        assert_eq!(tree.root_at(size as u64).unwrap(), hash_from_hex(expected), "size {size}");
        assert_eq!(edge.root(), hash_from_hex(expected), "edge of size {size}");
        if let Some(leaf) = REFERENCE_LEAVES.get(size) {
            edge.append(leaf_hash(&from_hex(leaf)));
        }
    }
}

#[test]
fn proofs_are_those_of_the_certificate_transparency_reference() {
    let tree = reference_tree();
    let expected = |hashes: &[&str]| hashes.iter().map(|hash| hash_from_hex(hash)).collect::<Vec<_>>();
    assert_eq!(
        tree.inclusion_proof(5, 8).unwrap(),
        expected(&[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        tree.consistency_proof(6, 8).unwrap(),
        expected(&[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        tree.consistency_proof(2, 5).unwrap(),
        expected(&[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ])
    );
}

#[test]
fn edge_and_tree_have_the_root_the_rfc_defines_for_every_size_to_300() {
    let leaves = numbered_leaves(300);
    let tree = Tree::new(&leaves);
    let mut edge = RightEdge::new();
    for size in 0..=300 {
        let expected = mth(&leaves[..size]);
        assert_eq!(edge.head(), TreeHead { size: size as u64, root: expected });
        assert_eq!(tree.root_at(size as u64).unwrap(), expected);
        // A writer that stops and goes on from what it stored makes the same tree.
        edge = RightEdge::from_bytes(&edge.to_bytes()).unwrap();
        if let Some(leaf) = leaves.get(size) {
            edge.append(*leaf);
        }
    }
}

#[test]
fn every_proof_up_to_70_leaves_verifies_and_only_for_its_own_leaf() {
    let leaves = numbered_leaves(70);
    let tree = Tree::new(&leaves);
    for size in 1..=70 {
        let head = tree.head_at(size).unwrap();
        for index in 0..size {
            let proof = tree.inclusion_proof(index, size).unwrap();
            let leaf = leaves[index as usize];
            verify_inclusion(leaf, index, &proof, &head).unwrap();
            for other in (0..=size).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, &proof, &head).is_err(), "{index} passed as {other}");
            }
            // The proof stands for one size: no other true head accepts it.
            for other in (1..=70).filter(|other| *other != size) {
                let other_head = tree.head_at(other).unwrap();
                assert!(verify_inclusion(leaf, index, &proof, &other_head).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_proof_up_to_70_leaves_verifies_and_only_for_its_sizes() {
    let tree = Tree::new(&numbered_leaves(70));
    for new in 0..=70 {
        let new_head = tree.head_at(new).unwrap();
        for old in 0..=new {
            let old_head = tree.head_at(old).unwrap();
            let proof = tree.consistency_proof(old, new).unwrap();
            verify_consistency(&old_head, &new_head, &proof).unwrap();
            for other in (1..=70).filter(|other| *other != new && *other != old && old > 0) {
                let other_head = tree.head_at(other).unwrap();
                assert!(verify_consistency(&old_head, &other_head, &proof).is_err(), "{old} {new} {other}");
            }
            let mut longer = proof.clone();
            longer.push(empty_root());
            assert!(verify_consistency(&old_head, &new_head, &longer).is_err());
            if let Some((_, shorter)) = proof.split_last() {
                assert!(verify_consistency(&old_head, &new_head, shorter).is_err());
            }
        }
    }
}

#[test]
fn a_log_that_rewrote_one_old_leaf_cannot_prove_that_it_only_grew() {
    let honest = Tree::new(&numbered_leaves(40));
    let mut leaves = numbered_leaves(60);
    leaves[17] = leaf_hash(b"another past");
    let rewritten = Tree::new(&leaves);
    let (old, new) = (honest.head_at(40).unwrap(), rewritten.head_at(60).unwrap());
    let proof = rewritten.consistency_proof(40, 60).unwrap();
    assert!(matches!(verify_consistency(&old, &new, &proof), Err(VerifyError::WrongRoot { size: 40, .. })));
}

#[test]
fn an_inner_node_cannot_pass_for_a_leaf_but_could_without_prefixes() {
    let leaves = numbered_leaves(4);
    let tree = Tree::new(&leaves);
    // The attacker presents both halves of an inner node as the body of a leaf of a smaller tree.
    let forged_body = [leaves[0].0, leaves[1].0].concat();
    let proof = [node_hash(&leaves[2], &leaves[3])];
    let head = TreeHead { size: 2, root: tree.root_at(4).unwrap() };
    assert!(verify_inclusion(leaf_hash(&forged_body), 0, &proof, &head).is_err());

    // The broken twin: one hash for leaves and nodes, and the forgery is accepted.
    let plain_node = |left: &Hash256, right: &Hash256| Hash256::of(&[left.0, right.0].concat());
    let plain_right = plain_node(&leaves[2], &leaves[3]);
    let plain_root = plain_node(&plain_node(&leaves[0], &leaves[1]), &plain_right);
    assert_eq!(plain_node(&Hash256::of(&forged_body), &plain_right), plain_root);
}

#[test]
fn a_root_alone_does_not_say_its_size_so_heads_must_be_signed_whole() {
    let tree = Tree::new(&numbered_leaves(3));
    let proof = tree.inclusion_proof(0, 3).unwrap();
    let misstated = TreeHead { size: 4, root: tree.root_at(3).unwrap() };
    // This is RFC 6962 as it is. The size is bound by the checkpoint's signature, tested in `signed`.
    verify_inclusion(leaf_hash(&0_u64.to_be_bytes()), 0, &proof, &misstated).unwrap();
}

#[test]
fn an_endless_proof_is_refused_and_an_impossible_one_says_what_is_wrong() {
    let tree = Tree::new(&numbered_leaves(5));
    let head = tree.head_at(5).unwrap();
    let endless = vec![empty_root(); 100_000];
    let leaf = leaf_hash(b"");
    assert_eq!(verify_inclusion(leaf, 4, &endless, &head), Err(VerifyError::WrongLength(100_000)));
    assert_eq!(verify_inclusion(leaf, 5, &[], &head), Err(VerifyError::NoSuchLeaf { index: 5, size: 5 }));
    assert_eq!(tree.inclusion_proof(5, 5), Err(ProofError::NoSuchLeaf { index: 5, size: 5 }));
    assert_eq!(tree.inclusion_proof(0, 6), Err(ProofError::TreeTooSmall { asked: 6, known: 5 }));
    assert_eq!(tree.consistency_proof(4, 3), Err(ProofError::SizesReversed { old: 4, new: 3 }));
    let smaller = tree.head_at(4).unwrap();
    assert_eq!(verify_consistency(&head, &smaller, &[]), Err(VerifyError::Shrunk { old: 5, new: 4 }));
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
        let head = TreeHead { size, root: empty_root() };
        assert!(verify_inclusion(leaf, index, &endless[..64], &head).is_err());
        assert!(verify_consistency(&TreeHead { size: index, ..head }, &head, &endless[..64]).is_err());
    }
}

#[test]
fn a_stored_edge_of_the_wrong_length_is_refused() {
    let mut edge = RightEdge::new();
    numbered_leaves(7).into_iter().for_each(|leaf| edge.append(leaf));
    let bytes = edge.to_bytes();
    assert_eq!(bytes.len(), 8 + 3 * 32);
    assert_eq!(RightEdge::from_bytes(&bytes[..5]), Err(EdgeError::NoSize(5)));
    assert_eq!(
        RightEdge::from_bytes(&bytes[..100]),
        Err(EdgeError::WrongLength { size: 7, expected: 104, actual: 100 })
    );
    assert_eq!(RightEdge::from_bytes(&[0xFF; 8]), Err(EdgeError::TooLarge(u64::MAX)));
}

proptest! {
    #[test]
    fn any_flipped_bit_of_leaf_proof_or_root_is_caught(
        size in 1_u64..500, position in any::<prop::sample::Index>(), bit in 0_usize..256, place in any::<prop::sample::Index>(),
    ) {
        let leaves = numbered_leaves(size);
        let tree = Tree::new(&leaves);
        let index = position.index(size as usize) as u64;
        let head = tree.head_at(size).unwrap();
        let proof = tree.inclusion_proof(index, size).unwrap();
        let leaf = leaves[index as usize];
        prop_assert!(verify_inclusion(leaf, index, &proof, &head).is_ok());
        prop_assert!(verify_inclusion(flip(leaf, bit), index, &proof, &head).is_err());
        prop_assert!(verify_inclusion(leaf, index ^ (1 << (bit % 64)), &proof, &head).is_err());
        let other_root = TreeHead { root: flip(head.root, bit), ..head };
        prop_assert!(verify_inclusion(leaf, index, &proof, &other_root).is_err());
        if !proof.is_empty() {
            let mut altered = proof.clone();
            let at = place.index(proof.len());
            altered[at] = flip(altered[at], bit);
            prop_assert!(verify_inclusion(leaf, index, &altered, &head).is_err());
            prop_assert!(verify_inclusion(leaf, index, &proof[1..], &head).is_err());
        }
    }

    #[test]
    fn any_flipped_bit_of_a_consistency_proof_or_its_roots_is_caught(
        new in 1_u64..500, position in any::<prop::sample::Index>(), bit in 0_usize..256, place in any::<prop::sample::Index>(),
    ) {
        let tree = Tree::new(&numbered_leaves(new));
        let old = 1 + position.index(new as usize) as u64;
        let (old_head, new_head) = (tree.head_at(old).unwrap(), tree.head_at(new).unwrap());
        let proof = tree.consistency_proof(old, new).unwrap();
        prop_assert!(verify_consistency(&old_head, &new_head, &proof).is_ok());
        let wrong_old = TreeHead { root: flip(old_head.root, bit), ..old_head };
        prop_assert!(verify_consistency(&wrong_old, &new_head, &proof).is_err());
        let wrong_new = TreeHead { root: flip(new_head.root, bit), ..new_head };
        prop_assert!(verify_consistency(&old_head, &wrong_new, &proof).is_err());
        if !proof.is_empty() {
            let mut altered = proof.clone();
            let at = place.index(proof.len());
            altered[at] = flip(altered[at], bit);
            prop_assert!(verify_consistency(&old_head, &new_head, &altered).is_err());
        }
    }

    #[test]
    fn an_edge_survives_being_stored(size in 0_u64..2_000) {
        let mut edge = RightEdge::new();
        numbered_leaves(size).into_iter().for_each(|leaf| edge.append(leaf));
        let bytes = edge.to_bytes();
        prop_assert_eq!(bytes.len(), 8 + 32 * size.count_ones() as usize);
        prop_assert_eq!(RightEdge::from_bytes(&bytes).unwrap(), edge);
    }
}
