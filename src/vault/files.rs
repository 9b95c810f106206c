//! The key files of a vault: 32 random bytes each, readable by their owner alone.
//!
//! | file | what it is |
//! |---|---|
//! | `ab/….key` | the key of one owner; the folder is the last byte of its identifier, so that none grows large |
//! | `lookup.key` | the key of lookups |
//!
//! Processes and machines that share the folder get the same keys: a key is written to a file of its own, made
//! durable and then given its name, which only one of them can take. A key of zeros is one that is being destroyed.

use crate::audit::keys::{KeyError, check_folder, create_folder, mode, random_bytes, sync_folder};
use crate::core::id::SealedId;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
const LOOKUP_FILE: &str = "lookup.key";

type Key = [u8; KEY_BYTES];

/// The folder of a vault.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn open_or_create(keys: &Path, path: &Path) -> Result<Self, KeyError> {
        create_folder(path).map_err(failed(path))?;
        check_folder(keys)?;
        let folder = Self { path: path.to_owned() };
        check_folder(path)?;
        Ok(folder)
    }

    pub(super) fn find(path: &Path) -> Result<Option<Self>, KeyError> {
        match check_folder(path) {
            Ok(()) => Ok(Some(Self { path: path.to_owned() })),
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn lookup_key(&self) -> Result<Key, KeyError> {
        read_or_create(&self.path, &self.path.join(LOOKUP_FILE))
    }

    pub(super) fn find_lookup_key(&self) -> Result<Option<Key>, KeyError> {
        read(&self.path.join(LOOKUP_FILE))
    }

    pub(super) fn key(&self, owner: SealedId) -> Result<Option<Key>, KeyError> {
        read(&self.path_of(owner))
    }

    pub(super) fn key_or_create(&self, owner: SealedId) -> Result<Key, KeyError> {
        let path = self.path_of(owner);
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        let shard = self.shard_of(owner);
        match fs::metadata(&shard) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create_folder(&shard).and_then(|()| sync_folder(&self.path)).map_err(failed(&shard))?;
            }
            Err(error) => return Err(failed(&shard)(error)),
        }
        read_or_create(&shard, &path)
    }

    pub(super) fn destroy(&self, owner: SealedId) -> Result<bool, KeyError> {
        let path = self.path_of(owner);
        let file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(&path)(error)),
        };
        // First the bytes, so that neither another name of the file nor the free space of the disk keeps them where
        // the file system writes in place; then the name.
        overwrite(file).map_err(failed(&path))?;
        match fs::remove_file(&path) {
            // Another process destroys it as well.
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&path)(error)),
            Ok(()) | Err(_) => {}
        }
        sync_folder(&self.shard_of(owner)).map_err(failed(&path))?;
        Ok(true)
    }

    fn shard_of(&self, owner: SealedId) -> PathBuf {
        // The last byte is random in every version of identifier we make.
        self.path.join(format!("{:02x}", owner.0.as_bytes()[15]))
    }

    fn path_of(&self, owner: SealedId) -> PathBuf {
        self.shard_of(owner).join(format!("{}.key", owner.0))
    }
}

fn overwrite(mut file: File) -> io::Result<()> {
    file.write_all(&[0; KEY_BYTES])?;
    file.sync_all()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> KeyError + '_ {
    move |source| KeyError::File { path: path.to_owned(), source }
}

/// The key in a file; none where there is no file, or the key is being destroyed.
fn read(path: &Path) -> Result<Option<Key>, KeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path)(error)),
    };
    let mode = mode(&file.metadata().map_err(failed(path))?);
    if mode & 0o077 != 0 {
        return Err(KeyError::ExposedFile { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed(path))?;
    let key = Key::try_from(bytes).map_err(|_| KeyError::WrongLength { path: path.to_owned() })?;
    Ok(Some(key).filter(|key| *key != [0; KEY_BYTES]))
}

fn read_or_create(folder: &Path, path: &Path) -> Result<Key, KeyError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    create(folder, path, &random_bytes()?)?;
    // What is read now is the key of whoever took the name first.
    read(path)?.ok_or_else(|| failed(path)(io::Error::from(ErrorKind::NotFound)))
}

/// Puts a whole key under its name at once, unless the name is taken.
fn create(folder: &Path, path: &Path, key: &Key) -> Result<(), KeyError> {
    let unique: [u8; 8] = *random_bytes()?.first_chunk().unwrap_or(&[0; 8]);
    let draft = folder.join(format!(".new-{:016x}", u64::from_be_bytes(unique)));
    let taken = write_draft(&draft, key).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    });
    // The draft goes in any case: it is a second name of the key, or a key nobody will use.
    let removed = fs::remove_file(&draft);
    taken.and(removed).and_then(|()| sync_folder(folder)).map_err(failed(path))
}

fn write_draft(draft: &Path, key: &Key) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    file.write_all(key)?;
    file.sync_all()
}
