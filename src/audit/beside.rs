//! What is kept beside the signing key, out of reach of whoever holds only the database: the last checkpoint that was
//! signed for each log, and whether a verifier found the database edited.
//!
//! | file in the key folder | what it is |
//! |---|---|
//! | `log/<name>.checkpoint` | the last signed checkpoint |
//! | `log/<name>.doubt` | what `relief verify` found, until it finds nothing any more |
//! | `log/<name>.vkey` | the log's key, where a witness keeps it |
//! | `log/<name>.lock` | empty; locked by whoever looks at one of these in order to replace it |
//!
//! The name is the beginning of the hash of the log's origin, so that one folder serves several databases. A database
//! that was put back to an older copy lacks entries this checkpoint speaks of. Never here: a key.

use super::checkpoint::Checkpoint;
use super::hash::Hash256;
use super::keys::{create_folder, sync_folder};
use super::note::{Note, VerifierKey};
use crate::core::problem::{Code, Outcome, Problem};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder within the key folder.
const FOLDER: &str = "log";
/// Bytes of the origin's hash in a file's name: enough that no two logs of one folder meet.
const NAME_BYTES: usize = 8;

/// What a verifier found, in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// How many places differ from what was recorded.
    pub count: usize,
    /// The table of the first.
    pub table: String,
}

/// The files of one log beside its key.
#[derive(Clone, Debug)]
pub struct Beside {
    folder: PathBuf,
    name: String,
}

impl Beside {
    /// Those of the log of this origin in this key folder.
    pub fn of(keys: &Path, origin: &str) -> Self {
        let hash = Hash256::of(origin.as_bytes());
        let name = hash.0[..NAME_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { folder: keys.join(FOLDER), name }
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }

    /// Where the last checkpoint is kept.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.path("checkpoint")
    }

    /// The last checkpoint, if one was kept, shown to be of this key.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no checkpoint of this key.
    pub fn checkpoint(&self, key: &VerifierKey) -> Outcome<Option<Checkpoint>> {
        let path = self.checkpoint_path();
        let Some(note) = read(&path)? else { return Ok(None) };
        let opened = Checkpoint::open(&note, key);
        opened.map(Some).map_err(|error| {
            Problem::internal(format!("the checkpoint kept at {} cannot be used: {error}", path.display()))
        })
    }

    /// Keeps a checkpoint that was just signed, unless one of a larger log is there.
    ///
    /// # Errors
    /// Where the file cannot be written; it is then as it was.
    pub fn keep(&self, note: &str) -> Outcome<()> {
        let path = self.checkpoint_path();
        // Until this is over nobody else puts a larger one there.
        let lock = self.lock().map_err(|error| failed(&self.path("lock"), &error))?;
        // Another server with the same folder may be ahead; the larger says more.
        let size = |note: &str| {
            let note = Note::parse(note).ok()?;
            Some(Checkpoint::parse_text(note.unverified_text()).ok()?.head.size)
        };
        if let Some(kept) = read(&path)?
            && size(&kept) > size(note)
        {
            return Ok(());
        }
        let kept = self.write(&path, note);
        drop(lock);
        kept
    }

    /// Waits for everybody else with this folder, other processes too. The lock goes with the file that is answered.
    fn lock(&self) -> io::Result<File> {
        create_folder(&self.folder)?;
        let path = self.path("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        match file.lock() {
            // A file system without locks: the rename alone keeps the file whole.
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(file),
            locked => locked.map(|()| file),
        }
    }

    /// The log's key, where whoever keeps checkpoints has kept it too: a witness does, a server has its own.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no verifier key.
    pub fn log_key(&self) -> Outcome<Option<VerifierKey>> {
        let path = self.path("vkey");
        let Some(text) = read(&path)? else { return Ok(None) };
        let key = text.trim().parse();
        key.map(Some).map_err(|error| Problem::field("/folder", format!("{}: {error}", path.display())))
    }

    /// Keeps the log's key.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep_log_key(&self, key: &VerifierKey) -> Outcome<()> {
        self.write(&self.path("vkey"), &format!("{key}\n"))
    }

    /// What a verifier found last, if it was not sound.
    pub fn doubt(&self) -> Option<Doubt> {
        let text = fs::read_to_string(self.path("doubt")).ok()?;
        // A file that cannot be read still says that somebody raised a doubt.
        Some(serde_json::from_str(&text).unwrap_or(Doubt { count: 1, table: "unknown".to_owned() }))
    }

    /// Says to the servers with this key folder that a verifier found the database edited.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn raise(&self, doubt: &Doubt) -> Outcome<()> {
        let text = serde_json::to_string(doubt).map_err(|error| Problem::internal(error.to_string()))?;
        self.write(&self.path("doubt"), &text)
    }

    /// Takes that back, as nothing is found any more.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn settle(&self) -> Outcome<()> {
        let path = self.path("doubt");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Puts a whole file in the place of the one before, so that a crash leaves one of the two.
    fn write(&self, path: &Path, text: &str) -> Outcome<()> {
        // Not by the number of this process: others of that number may share the folder, from containers and machines.
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        let draft = path.with_extension(format!("{ending}.new-{:016x}", rand::random::<u64>()));
        let written = create_folder(&self.folder)
            .and_then(|()| write_whole(&draft, text))
            .and_then(|()| fs::rename(&draft, path))
            .and_then(|()| sync_folder(&self.folder));
        if written.is_err() {
            // After it was renamed there is nothing of that name.
            drop(fs::remove_file(&draft));
        }
        written.map_err(|error| failed(path, &error))
    }
}

fn read(path: &Path) -> Outcome<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A full disk passes; signing is tried again.
fn failed(path: &Path, error: &io::Error) -> Problem {
    Problem::new(Code::Unavailable, "The key folder cannot be used.")
        .log(format!("{}: {error}", path.display()))
}
