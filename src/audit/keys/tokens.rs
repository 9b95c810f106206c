//! The keys of access tokens as they come and go: one signs, those before it still verify for a while.
//!
//! | file | what it is |
//! |---|---|
//! | `tokens.pem` | signs |
//! | `tokens-until-SECONDS.pem` | signed before, and verifies until that second since 1970 |
//! | `.lock` | held by whoever changes the folder, so that two processes do not rotate at once |
//!
//! Never here: deciding when to rotate, or telling anybody.

use super::{
    KeyError, TOKENS_FILE, check_folder, pkcs8_der, public_x, random_bytes, read, sync_folder, write_draft,
};
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What the names of keys that sign no more begin and end with.
const EARLIER: (&str, &str) = ("tokens-until-", ".pem");
/// Keys that verify still; a folder with more is not one we filled.
const EARLIER_LIMIT: usize = 1_000;
/// A new key on its way to its name.
const NEXT_FILE: &str = ".tokens-next";
/// Locked while the folder is changed.
const LOCK_FILE: &str = ".lock";

/// One key of access tokens.
#[derive(Clone)]
pub struct TokenKey {
    /// Its `kid`: the JWK thumbprint (RFC 7638, RFC 8037 appendix A.3).
    pub id: String,
    /// The public key as the `x` of a JWK.
    pub public_x: String,
    /// When it was made, as far as the file system knows.
    pub made_at: Option<SystemTime>,
    /// Until when it verifies, in seconds since 1970; the key that signs has no end yet.
    pub until: Option<u64>,
    path: PathBuf,
    key: SigningKey,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenKey({}, secret)", self.id)
    }
}

impl TokenKey {
    fn open(path: PathBuf, until: Option<u64>) -> Result<Self, KeyError> {
        let file = File::open(&path).map_err(|source| KeyError::File { path: path.clone(), source })?;
        let made_at = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let key = read(&path, file)?;
        let public_x = public_x(&key.verifying_key());
        Ok(Self { id: thumbprint(&public_x), public_x, made_at, until, path, key })
    }

    /// The private key as PKCS#8 DER, for `EncodingKey::from_ed_der`.
    #[must_use]
    pub fn pkcs8_der(&self) -> [u8; super::PKCS8_BYTES] {
        pkcs8_der(&self.key)
    }
}

/// The `kid` of a public key.
pub(super) fn thumbprint(public_x: &str) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public_x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

/// All keys of access tokens in a folder.
#[derive(Clone, Debug)]
pub struct TokenKeys {
    /// The one that signs.
    pub signing: TokenKey,
    /// Those that signed before and may still verify, the longest first.
    pub earlier: Vec<TokenKey>,
}

/// What a rotation did.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The `kid` that signs from now on.
    pub new: String,
    /// The `kid` that signed until now.
    pub old: String,
    /// Until when that one verifies, in seconds since 1970.
    pub until: u64,
}

impl TokenKeys {
    /// Reads the keys of a folder; nothing is made.
    ///
    /// # Errors
    /// When a file cannot be read, is no key, or is open to others.
    pub fn read(folder: &Path) -> Result<Self, KeyError> {
        check_folder(folder)?;
        let signing = TokenKey::open(folder.join(TOKENS_FILE), None)?;
        let mut earlier = Vec::new();
        let failed = |source| KeyError::File { path: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(until) = name.to_str().and_then(until_of) else { continue };
            match TokenKey::open(folder.join(&name), Some(until)) {
                Ok(key) if key.id != signing.id => earlier.push(key),
                // A rotation that broke off left the present key a second name.
                Ok(_) => {}
                // Another process has just retired it.
                Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            if earlier.len() > EARLIER_LIMIT {
                break;
            }
        }
        earlier.sort_by_key(|key| std::cmp::Reverse(key.until));
        Ok(Self { signing, earlier })
    }

    /// Makes a new key that signs from now on. The old one verifies for `overlap` more: as long as the last token it
    /// signed, and the moment other processes need to see the new one. With `older_than` nothing is done where the
    /// present key is younger, as where another process was faster.
    ///
    /// # Errors
    /// When the folder cannot be changed.
    pub fn rotate(
        folder: &Path,
        now: SystemTime,
        overlap: Duration,
        older_than: Option<Duration>,
    ) -> Result<Option<Rotation>, KeyError> {
        let _lock = lock(folder)?;
        let present = TokenKey::open(folder.join(TOKENS_FILE), None)?;
        let age = present.made_at.and_then(|made_at| now.duration_since(made_at).ok());
        if older_than.is_some_and(|limit| age.is_none_or(|age| age < limit)) {
            return Ok(None);
        }
        let key = SigningKey::from_bytes(&random_bytes()?);
        let next = folder.join(NEXT_FILE);
        let failed = |source| KeyError::File { path: folder.to_owned(), source };
        remove(&next).map_err(failed)?;
        write_draft(&next, &key).map_err(failed)?;
        let mut until = seconds(now + overlap);
        // The old key has its second name before it loses the first: at no moment is it gone.
        while let Err(error) = fs::hard_link(&present.path, folder.join(name_until(until))) {
            if error.kind() != ErrorKind::AlreadyExists {
                return Err(failed(error));
            }
            until += 1;
        }
        fs::rename(&next, &present.path).map_err(failed)?;
        sync_folder(folder).map_err(failed)?;
        let new = thumbprint(&public_x(&key.verifying_key()));
        Ok(Some(Rotation { new, old: present.id, until }))
    }

    /// Removes keys that sign no more: the one of this `kid` at once, or else all whose time is over. Answers the
    /// `kid`s of what was removed.
    ///
    /// # Errors
    /// When the folder cannot be read or changed.
    pub fn retire(folder: &Path, now: SystemTime, kid: Option<&str>) -> Result<Vec<String>, KeyError> {
        let _lock = lock(folder)?;
        let keys = Self::read(folder)?;
        let mut removed = Vec::new();
        for key in keys.earlier {
            let is_meant = match kid {
                Some(kid) => key.id == kid,
                None => key.until.is_some_and(|until| until < seconds(now)),
            };
            if is_meant {
                remove(&key.path).map_err(|source| KeyError::File { path: key.path.clone(), source })?;
                removed.push(key.id);
            }
        }
        if !removed.is_empty() {
            sync_folder(folder).map_err(|source| KeyError::File { path: folder.to_owned(), source })?;
        }
        Ok(removed)
    }
}

fn name_until(until: u64) -> String {
    format!("{}{until}{}", EARLIER.0, EARLIER.1)
}

fn until_of(name: &str) -> Option<u64> {
    name.strip_prefix(EARLIER.0)?.strip_suffix(EARLIER.1)?.parse().ok()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Waits for whoever changes the folder; the lock goes with the file.
fn lock(folder: &Path) -> Result<File, KeyError> {
    let path = folder.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|source| KeyError::File { path, source })
}
