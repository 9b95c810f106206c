//! What is sealed opens with its own key, for its owner and part alone, and nowhere once that key was destroyed.

use relief_ledger::core::id::SealedId;
use relief_ledger::core::problem::Code;
use relief_ledger::vault::{VAULT_FOLDER, Vault, key_missing};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use uuid::Uuid;

const NAME: &[u8] = "Fatoumatta Ceesay-Njie".as_bytes();

fn somebody() -> SealedId {
    SealedId(Uuid::now_v7())
}

fn vault(keys: &Path) -> Vault {
    Vault::open_or_create(keys).expect("the vault opens")
}

fn key_folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder is made")
}

fn key_file(keys: &Path, owner: SealedId) -> PathBuf {
    let shard = format!("{:02x}", owner.0.as_bytes()[15]);
    keys.join(VAULT_FOLDER).join(shard).join(format!("{owner}.key"))
}

/// All bytes of all files below a folder, and of their names.
fn everything_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("an entry").path();
        bytes.extend_from_slice(path.to_string_lossy().as_bytes());
        match path.is_dir() {
            true => bytes.extend(everything_below(&path)),
            false => bytes.extend(fs::read(&path).expect("the file is readable")),
        }
    }
    bytes
}

fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

#[test]
fn what_is_sealed_opens_for_its_owner_and_part_alone() {
    let keys = key_folder();
    let (vault, owner) = (vault(keys.path()), somebody());
    let sealed = vault.seal_new(owner, "name", NAME).unwrap();
    assert!(!contains(&sealed, NAME));
    assert_ne!(sealed, vault.seal(owner, "name", NAME).unwrap(), "two sealings of one value look alike");
    assert_eq!(vault.open(owner, "name", &sealed).unwrap().as_deref(), Some(NAME));

    let mut altered = sealed.clone();
    *altered.last_mut().unwrap() ^= 1;
    let other = somebody();
    vault.seal_new(other, "name", b"another").unwrap();
    for (owner, part, sealed) in [
        (owner, "contact", sealed.as_slice()),
        (other, "name", &sealed),
        (owner, "name", &altered),
        (owner, "name", &sealed[..10]),
        (owner, "name", b""),
    ] {
        let problem = vault.open(owner, part, sealed).unwrap_err();
        assert_eq!(problem.code, Code::Internal);
        assert!(!format!("{problem:?}").contains("Fatoumatta"));
    }
    assert!(!contains(&everything_below(keys.path()), NAME), "the key folder holds a name");
    assert_eq!(format!("{vault:?}"), "Vault(secret)");
}

/// Seals, destroys by `destroy`, and says what is wrong with that; nothing where it was destroyed.
fn left_after(destroy: impl Fn(&Vault, &Path, SealedId)) -> Option<&'static str> {
    let keys = key_folder();
    let (vault, owner) = (vault(keys.path()), somebody());
    let sealed = vault.seal_new(owner, "name", NAME).unwrap();
    let key = fs::read(key_file(keys.path(), owner)).unwrap();
    let second_name = keys.path().join("second-name");
    fs::hard_link(key_file(keys.path(), owner), &second_name).unwrap();
    destroy(&vault, keys.path(), owner);
    if vault.open(owner, "name", &sealed).ok().flatten().is_some() {
        return Some("it still opens");
    }
    contains(&everything_below(keys.path()), &key).then_some("the bytes of the key are still there")
}

#[test]
fn nothing_opens_once_a_key_was_destroyed() {
    assert_eq!(left_after(|vault, _, owner| assert!(vault.destroy(owner).unwrap())), None);

    let keys = key_folder();
    let (here, there, owner) = (vault(keys.path()), vault(keys.path()), somebody());
    let sealed = here.seal_new(owner, "name", NAME).unwrap();
    assert_eq!(there.open(owner, "name", &sealed).unwrap().as_deref(), Some(NAME));
    assert!(here.destroy(owner).unwrap());
    assert!(!here.destroy(owner).unwrap(), "a second time there is nothing to destroy");
    for vault in [&here, &there] {
        assert_eq!(vault.open(owner, "name", &sealed).unwrap(), None);
        assert!(!vault.has_key(owner).unwrap());
        assert_eq!(vault.seal(owner, "name", NAME).unwrap_err().code, Code::KeyMissing);
    }
    assert!(!key_file(keys.path(), owner).exists(), "a refused sealing makes no key");
    assert_eq!(key_missing(owner).code.status(), 503);
}

#[test]
fn a_vault_that_keeps_the_key_is_caught() {
    assert_eq!(left_after(|_, _, _| {}), Some("it still opens"));
    let only_the_name = |_: &Vault, keys: &Path, owner| fs::remove_file(key_file(keys, owner)).unwrap();
    assert_eq!(left_after(only_the_name), Some("the bytes of the key are still there"));
    let moved_away = |_: &Vault, keys: &Path, owner| {
        fs::rename(key_file(keys, owner), keys.join("old")).unwrap();
    };
    assert_eq!(left_after(moved_away), Some("the bytes of the key are still there"));
}

#[test]
fn a_key_that_was_overwritten_and_not_yet_removed_opens_nothing() {
    let keys = key_folder();
    let (vault, owner) = (vault(keys.path()), somebody());
    let sealed = vault.seal_new(owner, "name", NAME).unwrap();
    fs::write(key_file(keys.path(), owner), [0; 32]).unwrap();
    assert_eq!(vault.open(owner, "name", &sealed).unwrap(), None);
    assert!(vault.destroy(owner).unwrap(), "what broke off is done to its end");
    assert!(!key_file(keys.path(), owner).exists());
}

#[test]
fn many_who_seal_at_once_make_one_key() {
    let keys = key_folder();
    let owner = somebody();
    let barrier = Barrier::new(8);
    let sealed: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let seal = || {
            barrier.wait();
            vault(keys.path()).seal_new(owner, "name", NAME).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(seal)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let vault = vault(keys.path());
    for sealed in &sealed {
        assert_eq!(vault.open(owner, "name", sealed).unwrap().as_deref(), Some(NAME));
    }
    let left: Vec<_> = fs::read_dir(key_file(keys.path(), owner).parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "drafts are left: {left:?}");
}

#[test]
fn lookups_are_the_same_in_one_folder_and_tell_another() {
    let (keys, other) = (key_folder(), key_folder());
    let lookup = vault(keys.path()).lookup("login", "fatou");
    assert_eq!(lookup, vault(keys.path()).lookup("login", "fatou"));
    assert_ne!(lookup, vault(keys.path()).lookup("login", "fatoU"));
    assert_ne!(lookup, vault(keys.path()).lookup("name", "fatou"));
    assert!(lookup.starts_with(&vault(keys.path()).lookup_prefix()));
    assert!(!lookup.starts_with(&vault(other.path()).lookup_prefix()));
}

#[test]
fn keys_that_others_can_read_and_folders_that_others_can_change_are_refused() {
    let keys = key_folder();
    let (first, owner) = (vault(keys.path()), somebody());
    let sealed = first.seal_new(owner, "name", NAME).unwrap();
    let file = key_file(keys.path(), owner);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let problem = first.open(owner, "name", &sealed).unwrap_err();
    assert!(problem.internal.unwrap().contains("chmod 600"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, b"short").unwrap();
    assert!(first.open(owner, "name", &sealed).unwrap_err().internal.unwrap().contains("32 bytes"));

    let folder = keys.path().join(VAULT_FOLDER);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o770)).unwrap();
    let problem = Vault::open_or_create(keys.path()).unwrap_err();
    assert_eq!(problem.code, Code::Invalid);
    assert!(problem.detail.contains("chmod 700"), "{}", problem.detail);
}

#[test]
fn looking_for_a_vault_makes_none() {
    let keys = key_folder();
    assert!(Vault::find(keys.path()).unwrap().is_none());
    assert_eq!(fs::read_dir(keys.path()).unwrap().count(), 0);
    let (made, owner) = (vault(keys.path()), somebody());
    let sealed = made.seal_new(owner, "name", NAME).unwrap();
    let found = Vault::find(keys.path()).unwrap().expect("there is one now");
    assert_eq!(found.open(owner, "name", &sealed).unwrap().as_deref(), Some(NAME));
}
