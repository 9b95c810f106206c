//! Notes and checkpoints: whose they are, and that nothing in them can be changed.

use std::str::FromStr;

use relief_ledger::audit::checkpoint::{Checkpoint, CheckpointError, Evidence};
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::note::{Note, NoteError, VerifierKey};
use relief_ledger::audit::tree::{RightEdge, Tree, TreeHead, leaf_hash};

use super::{numbered_leaves, signer};

const ORIGIN: &str = "relief.example/log-1";

/// The example of Go's golang.org/x/mod/sumdb/note, the reference implementation of the format.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn a_note_signed_by_another_program_verifies_and_is_written_back_the_same() {
    let key = VerifierKey::from_str(GO_KEY).unwrap();
    assert_eq!(key.to_string(), GO_KEY);
    let note = Note::parse(GO_NOTE).unwrap();
    assert!(note.verify(&[&key]).unwrap().ends_with("problem is.\n"));
    assert_eq!(note.to_string(), GO_NOTE);
}

#[test]
fn any_changed_byte_of_a_signed_note_is_caught() {
    let key = VerifierKey::from_str(GO_KEY).unwrap();
    for position in 0..GO_NOTE.len() {
        let mut bytes = GO_NOTE.as_bytes().to_vec();
        bytes[position] ^= 1;
        let accepted = String::from_utf8(bytes)
            .is_ok_and(|note| Note::parse(&note).is_ok_and(|note| note.verify(&[&key]).is_ok()));
        assert!(!accepted, "byte {position} may be changed");
    }
}

#[test]
fn unknown_signatures_are_passed_over_but_a_wrong_one_of_a_known_key_is_not() {
    let (log, witness, stranger) = (signer(ORIGIN, 1), signer("witness.example", 2), signer(ORIGIN, 3));
    let mut note = log.sign("said\n").unwrap();
    note.merge(&witness.sign("said\n").unwrap()).unwrap();
    let note = Note::parse(&note.to_string()).unwrap();
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(note.verify(&[log.verifier()]), Ok("said\n"));
    assert_eq!(note.verify(&[witness.verifier(), log.verifier()]), Ok("said\n"));
    // The same name with another key is another signer.
    assert_eq!(note.verify(&[stranger.verifier()]), Err(NoteError::Unsigned(ORIGIN.to_owned())));

    let other_text = note.to_string().replace("said", "sold");
    let other_text = Note::parse(&other_text).unwrap();
    assert_eq!(other_text.verify(&[log.verifier()]), Err(NoteError::WrongSignature(ORIGIN.to_owned())));
}

#[test]
fn keys_with_ambiguous_names_or_foreign_ids_are_refused() {
    for name in ["", "two words", "a+b", "line\nbreak", "no\u{a0}space"] {
        assert!(VerifierKey::new(name, *signer("x", 1).verifier().public_key()).is_err(), "{name:?}");
    }
    let problem = VerifierKey::from_str(&GO_KEY.replace("Peter", "Paul")).unwrap_err();
    assert!(problem.to_string().contains("its key id does not belong to this name and key"));
}

#[test]
fn a_checkpoint_reads_as_the_format_has_it_and_comes_back_the_same() {
    let signer = signer(ORIGIN, 1);
    let head = Tree::new(&numbered_leaves(5)).head_at(5).unwrap();
    let checkpoint =
        Checkpoint { extensions: vec!["note of the day".to_owned()], ..Checkpoint::new(ORIGIN, head) };
    let signed = checkpoint.sign(&signer, None).unwrap().to_string();
    insta::assert_snapshot!(signed, @r"
    relief.example/log-1
    5
    ywPe8MW2O97L7WzYY8jmHtqyPhrHq3AoHGmRg8rCvvY=
    note of the day

    — relief.example/log-1 NG1rQ+dO52n/QxqP9vMsZ7u0RwBgKDMeIInw+fvTQgDMMvB+gi9ZQsBUua6UCS4e33UG4smlM94nA5v3Nd58yO+NJwI=
    ");
    assert_eq!(Checkpoint::open(&signed, signer.verifier()).unwrap(), checkpoint);
    let empty = Checkpoint::new(ORIGIN, RightEdge::new().head());
    let signed = empty.sign(&signer, None).unwrap().to_string();
    assert_eq!(Checkpoint::open(&signed, signer.verifier()).unwrap(), empty);
}

#[test]
fn a_checkpoint_with_another_size_or_root_than_was_signed_is_refused() {
    let signer = signer(ORIGIN, 1);
    let head = Tree::new(&numbered_leaves(3)).head_at(3).unwrap();
    let signed = Checkpoint::new(ORIGIN, head).sign(&signer, None).unwrap().to_string();
    for altered in [signed.replace("\n3\n", "\n4\n"), signed.replace(ORIGIN, "relief.example/log-2")] {
        assert_ne!(altered, signed);
        assert!(Checkpoint::open(&altered, signer.verifier()).is_err());
    }
}

#[test]
fn checkpoint_lines_have_one_form_only() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    assert!(Checkpoint::parse_text(&format!("o\n7\n{root}\n")).is_ok());
    for text in [
        format!("o\n07\n{root}\n"),
        format!("o\n+7\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n9223372036854775808\n{root}\n"),
        format!("\n7\n{root}\n"),
        format!("o\n7\n{root}\n\n"),
        format!("o\n7\n{root}"),
        "o\n7\n".to_owned(),
        "o\n7\nAAAA\n".to_owned(),
        String::new(),
    ] {
        assert!(Checkpoint::parse_text(&text).is_err(), "{text:?}");
    }
    let two_lines = Checkpoint::new("a\nb", TreeHead { size: 0, root: Hash256([0; 32]) });
    assert!(two_lines.to_text().is_err());
}

#[test]
fn no_checkpoint_is_signed_below_or_beside_the_last() {
    let signer = signer(ORIGIN, 1);
    let leaves = numbered_leaves(30);
    let tree = Tree::new(&leaves);
    let last = Checkpoint::new(ORIGIN, tree.head_at(20).unwrap());
    let next = Checkpoint::new(ORIGIN, tree.head_at(30).unwrap());
    let proof = tree.consistency_proof(20, 30).unwrap();
    let mut edge = RightEdge::new();
    leaves[..20].iter().for_each(|leaf| edge.append(*leaf));
    let since = Evidence::Leaves { edge: &edge, since: &leaves[20..] };

    next.sign(&signer, Some((&last, Evidence::Proof(&proof)))).unwrap();
    next.sign(&signer, Some((&last, since))).unwrap();
    last.sign(&signer, Some((&last, Evidence::Proof(&[])))).unwrap();
    assert_eq!(
        last.sign(&signer, Some((&next, Evidence::Proof(&[])))),
        Err(CheckpointError::BelowLast { size: 20, last: 30 })
    );

    // A past with one leaf changed: larger than the last, and well formed in itself.
    let mut forged_leaves = leaves.clone();
    forged_leaves[3] = leaf_hash(b"never happened");
    let forged_tree = Tree::new(&forged_leaves);
    let forged = Checkpoint::new(ORIGIN, forged_tree.head_at(30).unwrap());
    let forged_proof = forged_tree.consistency_proof(20, 30).unwrap();
    for evidence in [Evidence::Proof(&forged_proof), since] {
        let refused = forged.sign(&signer, Some((&last, evidence)));
        assert!(matches!(refused, Err(CheckpointError::Inconsistent { size: 30, last: 20, .. })));
    }
    // The broken twin compares sizes only, as "never below the last" might be read, and signs it.
    assert!(forged.head.size >= last.head.size);

    let beside = Checkpoint::new(ORIGIN, forged_tree.head_at(20).unwrap());
    assert!(beside.sign(&signer, Some((&last, Evidence::Proof(&[])))).is_err());
    let elsewhere = Checkpoint::new("relief.example/log-2", next.head);
    assert!(matches!(elsewhere.sign(&signer, None), Err(CheckpointError::OtherOrigin { .. })));
}
