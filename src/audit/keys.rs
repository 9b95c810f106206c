//! The signing keys: two Ed25519 keys in files outside the database, made on first use.
//!
//! | file | signs |
//! |---|---|
//! | `log.pem` | receipts and checkpoints |
//! | `tokens.pem` | access tokens; see `tokens` for those before it |
//!
//! Each is a PKCS#8 private key as `openssl genpkey -algorithm ed25519` writes it, readable by its
//! owner alone. This file and `keys/tokens.rs` are the only ones of the room that touch files
//! and the operating system's random bytes. Never here: writing a key anywhere else, into a log or an error message.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rand::TryRng;
use rand::rngs::SysRng;

use super::note::{NoteError, NoteSigner};

mod tokens;

pub use tokens::{Rotation, TokenKey, TokenKeys};

/// Where the keys are unless told otherwise, beside the working directory's other files.
pub const DEFAULT_KEY_FOLDER: &str = "relief-keys";
/// The log's key.
const LOG_FILE: &str = "log.pem";
/// The tokens' key.
const TOKENS_FILE: &str = "tokens.pem";
/// The key of a witness.
const WITNESS_FILE: &str = "witness.pem";
/// No key file is longer; whatever is longer is something else.
const MAX_KEY_FILE_BYTES: u64 = 4_096;

/// Bytes of an Ed25519 private key in PKCS#8, version 1 (RFC 8410, section 7).
pub const PKCS8_BYTES: usize = 48;
/// All of it that comes before the 32 bytes of the key itself.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system refused.
    #[error("key path {path} must be readable, or able to be created: {source}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Others could read the key.
    #[error(
        "key file {path} must be readable by its owner alone, but its mode is {mode:03o}: run `chmod 600 {path}`"
    )]
    ExposedFile {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others could put another key in its place.
    #[error(
        "key folder {path} must be open to its owner alone, but its mode is {mode:03o}: run `chmod 700 {path}`"
    )]
    ExposedFolder {
        /// Which folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not a key.
    #[error(
        "key file {path} must be an Ed25519 private key, PKCS#8 in PEM: {problem}; restore it from its backup"
    )]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key of the vault is longer or shorter than one.
    #[error("key file {path} must be a key of 32 bytes; restore it from its backup")]
    WrongLength {
        /// Which file.
        path: PathBuf,
    },
    /// There are no random bytes to make a key from.
    #[error("random bytes must come from the operating system, which refused: {0}")]
    Random(String),
}

/// The keys of one installation.
#[derive(Clone)]
pub struct KeyRing {
    log: SigningKey,
    tokens: SigningKey,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyRing(secret)")
    }
}

impl KeyRing {
    /// Reads the keys in this folder, making the folder and the keys that are missing.
    ///
    /// Processes that start at once get the same keys: a key is written to a file of its own and then
    /// given its name, which only one of them can take.
    ///
    /// # Errors
    /// When a file cannot be read or made, is no key, or is open to others.
    pub fn open_or_create(folder: &Path) -> Result<Self, KeyError> {
        create_folder(folder).map_err(|source| KeyError::File { path: folder.to_owned(), source })?;
        check_folder(folder)?;
        Ok(Self { log: read_or_create(folder, LOG_FILE)?, tokens: read_or_create(folder, TOKENS_FILE)? })
    }

    /// The key that verifies receipts and checkpoints, if there is one in this folder; nothing is made.
    ///
    /// # Errors
    /// When the file cannot be read, is no key, or is open to others.
    pub fn find_log_key(folder: &Path) -> Result<Option<VerifyingKey>, KeyError> {
        let path = folder.join(LOG_FILE);
        match File::open(&path) {
            Ok(file) => Ok(Some(read(&path, file)?.verifying_key())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::File { path, source }),
        }
    }

    /// The key of a witness, in a folder of its own: whoever keeps checkpoints has no key of a server.
    ///
    /// # Errors
    /// As [`KeyRing::open_or_create`].
    pub fn open_witness(folder: &Path) -> Result<SigningKey, KeyError> {
        create_folder(folder).map_err(|source| KeyError::File { path: folder.to_owned(), source })?;
        check_folder(folder)?;
        read_or_create(folder, WITNESS_FILE)
    }

    /// The log's signer, under the log's origin.
    ///
    /// # Errors
    /// When the origin cannot be the name of a key.
    pub fn log_signer(&self, origin: &str) -> Result<NoteSigner, NoteError> {
        NoteSigner::new(origin, self.log.clone())
    }

    /// The key that verifies receipts and checkpoints.
    #[must_use]
    pub fn log_public_key(&self) -> VerifyingKey {
        self.log.verifying_key()
    }

    /// The tokens' private key as PKCS#8 DER, for `EncodingKey::from_ed_der`.
    #[must_use]
    pub fn tokens_pkcs8_der(&self) -> [u8; PKCS8_BYTES] {
        pkcs8_der(&self.tokens)
    }

    /// The key that verifies tokens.
    #[must_use]
    pub fn tokens_public_key(&self) -> VerifyingKey {
        self.tokens.verifying_key()
    }

    /// The tokens' public key as the `x` of a JWK (RFC 8037) and for `DecodingKey::from_ed_components`.
    #[must_use]
    pub fn tokens_public_x(&self) -> String {
        public_x(&self.tokens.verifying_key())
    }

    /// The `kid` of the tokens' key: its JWK thumbprint (RFC 7638, RFC 8037 appendix A.3).
    #[must_use]
    pub fn tokens_key_id(&self) -> String {
        tokens::thumbprint(&self.tokens_public_x())
    }
}

/// A public key as the `x` of a JWK (RFC 8037).
fn public_x(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn read_or_create(folder: &Path, name: &str) -> Result<SigningKey, KeyError> {
    let path = folder.join(name);
    let file_error = |source| KeyError::File { path: path.clone(), source };
    match File::open(&path) {
        Ok(file) => return read(&path, file),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(file_error(error)),
    }
    let key = SigningKey::from_bytes(&random_bytes()?);
    create(folder, &path, &key).map_err(file_error)?;
    // What is read now is the key of whoever took the name first.
    read(&path, File::open(&path).map_err(file_error)?)
}

pub(crate) fn random_bytes() -> Result<[u8; 32], KeyError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(bytes)
}

/// Puts the whole key under its name at once, unless the name is taken.
fn create(folder: &Path, path: &Path, key: &SigningKey) -> io::Result<()> {
    let mut unique = [0; 8];
    SysRng.try_fill_bytes(&mut unique).map_err(io::Error::other)?;
    let draft = folder.join(format!(".new-{:016x}", u64::from_be_bytes(unique)));
    let taken = write_draft(&draft, key).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    });
    // The draft goes in any case: it is a second name of the key, or a key nobody will use.
    let removed = fs::remove_file(&draft);
    taken?;
    removed?;
    sync_folder(folder)
}

fn write_draft(draft: &Path, key: &SigningKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    file.write_all(format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", STANDARD.encode(pkcs8_der(key))).as_bytes())?;
    file.sync_all()
}

pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the new name itself survive a loss of power.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened and the file system does this by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn mode(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

/// Elsewhere permissions are inherited from the folder and are the administrator's to set.
#[cfg(not(unix))]
pub(crate) fn mode(_metadata: &fs::Metadata) -> u32 {
    0
}

pub(crate) fn check_folder(folder: &Path) -> Result<(), KeyError> {
    let metadata =
        fs::metadata(folder).map_err(|source| KeyError::File { path: folder.to_owned(), source })?;
    let mode = mode(&metadata);
    // Others may see that there are keys; they must not be able to replace them.
    if mode & 0o022 != 0 {
        return Err(KeyError::ExposedFolder { path: folder.to_owned(), mode });
    }
    Ok(())
}

fn read(path: &Path, file: File) -> Result<SigningKey, KeyError> {
    let file_error = |source| KeyError::File { path: path.to_owned(), source };
    let malformed = |problem| KeyError::Malformed { path: path.to_owned(), problem };
    let mode = mode(&file.metadata().map_err(file_error)?);
    if mode & 0o077 != 0 {
        return Err(KeyError::ExposedFile { path: path.to_owned(), mode });
    }
    let mut pem = String::new();
    file.take(MAX_KEY_FILE_BYTES).read_to_string(&mut pem).map_err(file_error)?;
    let text = pem.trim().strip_prefix(PEM_BEGIN).and_then(|rest| rest.strip_suffix(PEM_END));
    let text: String =
        text.ok_or_else(|| malformed("it has no PRIVATE KEY block"))?.split_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| malformed("its content is not base64"))?;
    let key = der.strip_prefix(&PKCS8_PREFIX).ok_or_else(|| malformed("it is a key of another kind"))?;
    let key: &[u8; 32] = key.try_into().map_err(|_| malformed("its key is not 32 bytes"))?;
    Ok(SigningKey::from_bytes(key))
}

fn pkcs8_der(key: &SigningKey) -> [u8; PKCS8_BYTES] {
    let mut der = [0; PKCS8_BYTES];
    der[..PKCS8_PREFIX.len()].copy_from_slice(&PKCS8_PREFIX);
    der[PKCS8_PREFIX.len()..].copy_from_slice(key.as_bytes());
    der
}
