//! Receipts: alone and by the batch, in the form made now and in the one handed out before.

use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::note::VerifierKey;
use relief_ledger::audit::proof::{VerifyError, verify_inclusion};
use relief_ledger::audit::receipt::{BatchPlace, Receipt, ReceiptError};
use relief_ledger::audit::receipt_batch::{BatchEntry, ReceiptBatch};
use relief_ledger::audit::tree::{Tree, TreeHead, leaf_hash};
use uuid::Uuid;

use super::signer;

pub const ORIGIN: &str = "relief.example/log-1";

/// A receipt as it was handed out before receipts were signed by the batch: for entry 41, whose body is `body`.
pub const OLD: &str = r#"{"origin":"relief.example/log-1","leaf_index":41,"leaf_hash":"Bd9NCbRL7_DDnK_UtVDJbHP8ZTOhBSOiE8Xe4QvpBW0","entity_id":"0190f000-0000-7000-8000-000000000001","recorded_at_us":1767225600000000,"key_id":"346d6b43","signature":"TtoG0eiVTpoG5ldGXEXwnjpAcHNwPTSiKMQ4ea8jM7Eu_nqXUdcFxwZwt02U0aCzC2-eCAhSzkZUbCRLe2HAAA"}"#;

fn entry(number: u64) -> BatchEntry {
    BatchEntry {
        hash: leaf_hash(&number.to_be_bytes()),
        entity: Uuid::from_u128(0x0190_f000_0000_7000_8000_0000_0000_0000 + u128::from(number)),
        recorded_at_us: 1_767_225_600_000_000 + number as i64,
    }
}

fn batch(first: u64, size: u64) -> ReceiptBatch {
    ReceiptBatch::new(first, (first..first + size).map(entry).collect())
}

/// A receipt as a leaf, worked out from what docs/verifier/FORMAT.md says.
fn member(receipt: &Receipt) -> Hash256 {
    let mut bytes = b"\0relief-receipt-v2\0".to_vec();
    bytes.extend(receipt.leaf_index.to_be_bytes());
    bytes.extend(receipt.leaf_hash.0);
    bytes.extend(receipt.recorded_at_us.to_be_bytes());
    bytes.extend((receipt.entity_id.len() as u64).to_be_bytes());
    bytes.extend(receipt.entity_id.as_bytes());
    Hash256::of(&bytes)
}

fn place(receipt: &Receipt) -> &BatchPlace {
    receipt.batch.as_ref().expect("it says its place")
}

/// Whether any bit of a receipt's text may be changed without its being noticed.
fn assert_nothing_may_change(json: &str, key: &VerifierKey) {
    let read: Receipt = serde_json::from_str(json).unwrap();
    read.verify(key).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
    for position in 0..json.len() {
        for bit in 0..7 {
            let mut bytes = json.to_owned().into_bytes();
            bytes[position] ^= 1 << bit;
            let accepted = serde_json::from_slice::<Receipt>(&bytes)
                .is_ok_and(|changed| changed != read && changed.verify(key).is_ok());
            assert!(!accepted, "bit {bit} of byte {position} may be changed");
        }
    }
}

#[test]
fn a_receipt_handed_out_before_is_believed_as_ever_and_any_change_to_it_is_caught() {
    assert_nothing_may_change(OLD, signer(ORIGIN, 1).verifier());
    let old: Receipt = serde_json::from_str(OLD).unwrap();
    assert_eq!((old.version, old.leaf_index, old.leaf_hash), (1, 41, leaf_hash(b"body")));
}

#[test]
fn a_receipt_survives_being_sent_and_any_change_to_it_is_caught() {
    let signer = signer(ORIGIN, 1);
    let sent = |first, size, index| {
        serde_json::to_string(&batch(first, size).receipt(index, &signer).expect("it is of the batch"))
            .unwrap()
    };
    let alone = sent(41, 1, 41);
    insta::assert_snapshot!(alone, @r#"{"version":2,"origin":"relief.example/log-1","leaf_index":41,"leaf_hash":"LtLhoGOXnZgDpIlyKWI_LHavKrkvKQzR0bamzrc2trk","entity_id":"0190f000-0000-7000-8000-000000000029","recorded_at_us":1767225600000041,"key_id":"346d6b43","batch":{"index":0,"size":1,"path":[]},"signature":"HpJdL5oqNMqyAXUsyAg_bIPgQJD2QWOAOdlEGPJOz5zhb-_7C8XaHCpi_n7dNyaFqycr62X6lTTrNuWLMjnfCQ"}"#);
    let third = sent(41, 3, 43);
    insta::assert_snapshot!(third, @r#"{"version":2,"origin":"relief.example/log-1","leaf_index":43,"leaf_hash":"aRSCDmtvuy_8YKtdgCxa0QYp15a7Kga1JT8NdZlO9gE","entity_id":"0190f000-0000-7000-8000-00000000002b","recorded_at_us":1767225600000043,"key_id":"346d6b43","batch":{"index":2,"size":3,"path":["ECEDJdYvqlVDGy0dVV1-p4pE0unWRtXrwtuywsicB-w"]},"signature":"K18Kbn5tiOZlf49Wx1ctePtvFVerdmYH0sPBEppVv-N1SdYMJa-Y7FmxtHLI4ls7XKneR6bH10PN8sReCwYVBA"}"#);
    assert_nothing_may_change(&third, signer.verifier());
    // A program that knows the first version alone says which member it does not know.
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is not asked for")]
    struct First {
        origin: String,
        leaf_index: u64,
        leaf_hash: String,
        entity_id: String,
        recorded_at_us: i64,
        key_id: String,
        signature: String,
    }
    serde_json::from_str::<First>(OLD).unwrap();
    let refused = serde_json::from_str::<First>(&alone).unwrap_err().to_string();
    assert!(refused.starts_with("unknown field `version`"), "{refused}");
}

#[test]
fn every_receipt_of_a_batch_of_any_size_leads_to_the_one_root_that_was_signed() {
    let signer = signer(ORIGIN, 1);
    for size in 1..=300_u64 {
        let (first, batch) = (size * 7, batch(size * 7, size));
        let receipts: Vec<Receipt> = (first..first + size)
            .map(|index| batch.receipt(index, &signer).expect("it is of the batch"))
            .collect();
        let members: Vec<Hash256> = receipts.iter().map(member).collect();
        let head = Tree::new(&members).head_at(size).unwrap();
        for (number, receipt) in receipts.iter().enumerate() {
            let BatchPlace { index, size: stated, path } = place(receipt);
            assert_eq!((*index, *stated), (number as u64, size));
            verify_inclusion(members[number], *index, path, &head).unwrap();
            assert!(path.len() <= size.next_power_of_two().trailing_zeros() as usize);
            assert_eq!(receipt.signature, receipts[0].signature, "one signature serves all");
        }
        for number in [0, size / 2, size - 1] {
            if size < 12 || size % 25 == 0 {
                receipts[number as usize].verify(signer.verifier()).unwrap();
            }
        }
        assert!(
            batch.receipt(first + size, &signer).is_none() && batch.receipt(first - 1, &signer).is_none()
        );
    }
}

/// A receipt with one thing in it changed, in every way there is.
fn altered(receipt: &Receipt, other: &Receipt) -> Vec<(&'static str, Receipt)> {
    let with = |change: &dyn Fn(&mut Receipt)| {
        let mut altered = receipt.clone();
        change(&mut altered);
        altered
    };
    let moved = |change: &dyn Fn(&mut BatchPlace)| with(&|receipt| receipt.batch.iter_mut().for_each(change));
    let mut all = vec![
        ("version", with(&|receipt| receipt.version = 1)),
        ("later version", with(&|receipt| receipt.version = 3)),
        ("no batch", with(&|receipt| receipt.batch = None)),
        ("first form", with(&|receipt| (receipt.version, receipt.batch) = (1, None))),
        ("origin", with(&|receipt| receipt.origin.push('2'))),
        ("leaf index", with(&|receipt| receipt.leaf_index += 1)),
        ("leaf hash", with(&|receipt| receipt.leaf_hash = other.leaf_hash)),
        ("entity", with(&|receipt| receipt.entity_id.clone_from(&other.entity_id))),
        ("time", with(&|receipt| receipt.recorded_at_us += 1)),
        ("key", with(&|receipt| receipt.key_id = "346d6b44".to_owned())),
        ("signature of another root", with(&|receipt| receipt.signature.clone_from(&other.signature))),
        ("later place", moved(&|place| place.index += 1)),
        ("larger", moved(&|place| place.size += 1)),
        ("far larger", moved(&|place| place.size = u64::MAX)),
        ("smaller", moved(&|place| place.size -= 1)),
        ("longer path", moved(&|place| place.path.push(other.leaf_hash))),
        ("endless path", moved(&|place| place.path = vec![other.leaf_hash; 65])),
    ];
    let BatchPlace { index, path, .. } = place(receipt);
    if *index > 0 {
        all.push(("earlier place", moved(&|place| place.index -= 1)));
    }
    if !path.is_empty() {
        all.push(("shorter path", moved(&|place| place.path.truncate(place.path.len() - 1))));
        all.push(("first step", moved(&|place| place.path[0] = other.leaf_hash)));
        all.push(("last step", moved(&|place| place.path.last_mut().unwrap().0[31] ^= 1)));
    }
    all
}

#[test]
fn whatever_is_altered_in_a_receipt_of_a_batch_is_caught() {
    let signer = signer(ORIGIN, 1);
    let other = batch(900, 1).receipt(900, &signer).expect("it is of the batch");
    for size in [1, 2, 3, 6, 7, 64, 65, 257, 300] {
        let batch = batch(size, size);
        for index in [0, size / 2, size - 1] {
            let receipt = batch.receipt(size + index, &signer).expect("it is of the batch");
            receipt.verify(signer.verifier()).unwrap();
            for (what, altered) in altered(&receipt, &other) {
                assert_ne!(altered, receipt);
                let result = altered.verify(signer.verifier());
                assert!(result.is_err(), "{what} may be altered in {index} of {size}");
            }
        }
    }
    let three = batch(0, 3).receipt(0, &signer).expect("it is of the batch");
    let fails = |what| {
        let altered =
            altered(&three, &other).into_iter().find(|(named, _)| *named == what).expect("it is altered");
        altered.1.verify(signer.verifier()).unwrap_err()
    };
    assert_eq!(fails("later version"), ReceiptError::OtherVersion(3));
    assert_eq!(fails("no batch"), ReceiptError::WrongForm(2));
    assert_eq!(fails("version"), ReceiptError::WrongForm(1));
    assert_eq!(fails("longer path"), ReceiptError::WrongBatch(VerifyError::WrongLength(3)));
    assert_eq!(fails("signature of another root"), ReceiptError::WrongSignature);
}

#[test]
fn a_root_is_signed_with_how_many_it_stands_for() {
    // The broken twin signs the root alone: the path of the first of three is also that of a first of four.
    let (signer, key) = (signer(ORIGIN, 1), SigningKey::from_bytes(&[1; 32]));
    let three = batch(41, 3);
    let receipts: Vec<Receipt> =
        (41..44).map(|index| three.receipt(index, &signer).expect("it is there")).collect();
    let members: Vec<Hash256> = receipts.iter().map(member).collect();
    let root = Tree::new(&members).root_at(3).unwrap();
    let twin = key.sign(&root.0);
    let believes = |receipt: &Receipt| {
        let BatchPlace { index, size, path } = place(receipt);
        let head = TreeHead { size: *size, root };
        verify_inclusion(member(receipt), *index, path, &head).is_ok()
            && key.verifying_key().verify_strict(&root.0, &twin).is_ok()
    };
    let mut larger = receipts[0].clone();
    larger.batch.as_mut().unwrap().size = 4;
    assert!(believes(&receipts[0]) && believes(&larger), "the twin takes three for four");
    receipts[0].verify(signer.verifier()).unwrap();
    assert_eq!(larger.verify(signer.verifier()), Err(ReceiptError::WrongSignature));
}

#[test]
fn whoever_asks_first_signs_for_all_and_nobody_signs_twice() {
    let (first, second) = (signer(ORIGIN, 1), signer(ORIGIN, 2));
    let batch = Arc::new(batch(0, 8));
    let asked: Vec<_> = (0..8)
        .map(|index| {
            let (batch, signer) = (Arc::clone(&batch), first.clone());
            std::thread::spawn(move || batch.receipt(index, &signer).expect("it is of the batch"))
        })
        .collect();
    for thread in asked {
        thread.join().unwrap().verify(first.verifier()).unwrap();
    }
    // Had it been signed again, it would be with the key at hand.
    let again = batch.receipt(3, &second).expect("it is of the batch");
    again.verify(first.verifier()).unwrap();
}

#[test]
fn a_receipt_of_another_log_or_key_is_refused() {
    let receipt = batch(41, 2).receipt(42, &signer(ORIGIN, 1)).expect("it is of the batch");
    assert!(matches!(
        receipt.verify(signer("relief.example/log-2", 1).verifier()),
        Err(ReceiptError::OtherOrigin { .. })
    ));
    assert!(matches!(receipt.verify(signer(ORIGIN, 2).verifier()), Err(ReceiptError::OtherKey { .. })));
}

#[test]
fn what_is_moved_from_one_text_of_a_receipt_to_another_is_caught() {
    // The broken twin joins texts without their lengths, and both receipts have the same bytes to sign.
    let (first, second) = (("log-1", "2"), ("log-12", ""));
    assert_eq!([first.0, first.1].concat(), [second.0, second.1].concat());
    let hash = leaf_hash(b"");
    let mut signed = b"\0relief-receipt-v1\0".to_vec();
    signed.extend((first.0.len() as u64).to_be_bytes());
    signed.extend(first.0.as_bytes());
    signed.extend([0; 8]);
    signed.extend(hash.0);
    signed.extend([0; 8]);
    signed.extend((first.1.len() as u64).to_be_bytes());
    signed.extend(first.1.as_bytes());
    let signer_of_first = signer(first.0, 1);
    let signature = SigningKey::from_bytes(&[1; 32]).sign(&signed);
    let mut receipt: Receipt = serde_json::from_str(OLD).unwrap();
    receipt = Receipt {
        origin: first.0.to_owned(),
        leaf_index: 0,
        leaf_hash: hash,
        entity_id: first.1.to_owned(),
        recorded_at_us: 0,
        key_id: signer_of_first.verifier().id().to_string(),
        signature: base64::Engine::encode(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD,
            signature.to_bytes(),
        ),
        ..receipt
    };
    receipt.verify(signer_of_first.verifier()).unwrap();
    let key = VerifierKey::new(second.0, *signer_of_first.verifier().public_key()).unwrap();
    let moved = Receipt {
        origin: second.0.to_owned(),
        entity_id: second.1.to_owned(),
        key_id: key.id().to_string(),
        ..receipt
    };
    assert_eq!(moved.verify(&key), Err(ReceiptError::WrongSignature));
}
