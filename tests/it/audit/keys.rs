//! The key files: made once, by whoever comes first, and closed to everybody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use relief_ledger::audit::beside::{Beside, Doubt};
use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::keys::{KeyError, KeyRing};
use relief_ledger::audit::tree::{Tree, TreeHead};

use super::{numbered_leaves, signer};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_made_on_first_use_closed_to_others_and_the_same_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("state/relief-keys");
    let first = KeyRing::open_or_create(&folder).unwrap();
    assert_eq!(mode(&folder), 0o700);
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["log.pem", "tokens.pem"]);
    for name in names {
        assert_eq!(mode(&folder.join(name)), 0o600);
    }
    let second = KeyRing::open_or_create(&folder).unwrap();
    assert_eq!(first.log_public_key(), second.log_public_key());
    assert_eq!(first.tokens_public_key(), second.tokens_public_key());
    assert_ne!(first.log_public_key(), first.tokens_public_key());
    assert!(!format!("{first:?}").contains(char::is_numeric));
}

#[test]
fn processes_that_start_at_once_get_the_same_keys() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let start = Barrier::new(8);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                start.wait();
                let ring = KeyRing::open_or_create(folder.path()).unwrap();
                (ring.log_public_key(), ring.tokens_public_key())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no drafts are left behind");
    }
}

#[test]
fn a_key_others_can_read_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    KeyRing::open_or_create(folder.path()).unwrap();
    let key = folder.path().join("log.pem");
    for exposed in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&key, fs::Permissions::from_mode(exposed)).unwrap();
        let error = KeyRing::open_or_create(folder.path()).unwrap_err();
        assert!(matches!(error, KeyError::ExposedFile { mode, .. } if mode == exposed));
        assert!(error.to_string().contains(&format!("chmod 600 {}", key.display())), "{error}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let error = KeyRing::open_or_create(folder.path()).unwrap_err();
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn a_damaged_key_is_refused_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    KeyRing::open_or_create(folder.path()).unwrap();
    let key = folder.path().join("log.pem");
    let whole = fs::read_to_string(&key).unwrap();
    for damaged in ["", &whole[..60], &whole.replace("MC4C", "MC4D"), &whole.replace("PRIVATE", "PUBLIC")] {
        fs::write(&key, damaged).unwrap();
        assert!(matches!(KeyRing::open_or_create(folder.path()), Err(KeyError::Malformed { .. })));
        assert_eq!(fs::read_to_string(&key).unwrap(), damaged);
    }
}

#[test]
fn tokens_signed_with_the_token_key_verify_with_its_published_half() {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::open_or_create(folder.path()).unwrap();
    let claims = serde_json::json!({ "sub": "somebody", "exp": 4_102_444_800_u64 });
    let key = EncodingKey::from_ed_der(&ring.tokens_pkcs8_der());
    let token = encode(&Header::new(Algorithm::EdDSA), &claims, &key).unwrap();
    let public = DecodingKey::from_ed_components(&ring.tokens_public_x()).unwrap();
    let read = decode::<serde_json::Value>(&token, &public, &Validation::new(Algorithm::EdDSA)).unwrap();
    assert_eq!(read.claims, claims);
    assert_eq!(ring.tokens_key_id().len(), 43);
}

#[test]
fn of_checkpoints_that_several_keep_at_once_the_largest_stays() {
    const ORIGIN: &str = "relief.example/log-1";
    let signer = signer(ORIGIN, 1);
    let tree = Tree::new(&numbered_leaves(8));
    let notes: Vec<String> = (1..=tree.size())
        .map(|size| {
            let head = TreeHead { size, root: tree.root_at(size).unwrap() };
            Checkpoint::new(ORIGIN, head).sign(&signer, None).unwrap().to_string()
        })
        .collect();
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let start = Barrier::new(notes.len());
        std::thread::scope(|scope| {
            for note in &notes {
                let (folder, start) = (folder.path(), &start);
                scope.spawn(move || {
                    let beside = Beside::of(folder, ORIGIN);
                    start.wait();
                    beside.keep(note).unwrap();
                    beside.raise(&Doubt { count: 1, table: "postings".to_owned() }).unwrap();
                });
            }
        });
        let beside = Beside::of(folder.path(), ORIGIN);
        let kept = beside.checkpoint(signer.verifier()).unwrap().expect("one is kept");
        assert_eq!(kept.head.size, 8);
        assert!(beside.doubt().is_some_and(|doubt| doubt.table == "postings"));
        // What is kept, the doubt and the lock: no draft is left.
        assert_eq!(fs::read_dir(folder.path().join("log")).unwrap().count(), 3);
    }
}
