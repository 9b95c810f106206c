//! A file that gets its name only once it is whole.

use crate::core::problem::{Code, Outcome, Problem};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that is being written under another name; gone unless it is placed, and so are its companions.
pub struct Draft {
    path: PathBuf,
    file: PathBuf,
}

impl Draft {
    /// Makes a new file that only its owner can read, under a name beside the one it gets in the end.
    ///
    /// # Errors
    /// Where there is a file of either name, or the disk fails.
    pub fn make(file: &Path, ending: &str) -> Outcome<Self> {
        if file.exists() {
            let words =
                format!("{} is there already. Name another file; none is ever written over.", file.display());
            return Err(Problem::field("/file", words));
        }
        Self::beside(file, ending)
    }

    /// The same for a file that may be there.
    ///
    /// # Errors
    /// Where there is a file of the other name, or the disk fails.
    pub fn beside(file: &Path, ending: &str) -> Outcome<Self> {
        let mut name = file.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
        name.push(ending);
        let path = file.with_file_name(name);
        create_private(&path).map_err(|error| {
            let more = match error.kind() {
                io::ErrorKind::AlreadyExists => left_over(&path),
                _ => String::new(),
            };
            Problem::field("/file", format!("{}: {error}{more}", path.display()))
        })?;
        let draft = Self { path, file: file.to_owned() };
        // SQLite would take what a killed command left beside an older draft for this one's, and write it into it.
        draft.remove_companions().map_err(|(path, error)| {
            Problem::field("/file", format!("{} cannot be removed: {error}", path.display()))
        })?;
        Ok(draft)
    }

    fn remove_companions(&self) -> Result<(), (PathBuf, io::Error)> {
        for path in COMPANIONS.map(|ending| companion(&self.path, ending)) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err((path, error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// What was written so far.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// # Errors
    /// Where there is such a file by now, or the disk fails.
    pub fn place(self) -> Outcome<()> {
        self.named(|from, to| {
            // Until the draft goes both names are the whole file's, so a kill between leaves no empty one. Unlike
            // renaming it is refused where somebody put a file of that name there meanwhile.
            match fs::hard_link(from, to) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => rename_to_new(from, to),
                other => other,
            }
        })
    }

    /// Gives it its name in place of the file that has it.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn replace(self) -> Outcome<()> {
        self.named(|from, to| fs::rename(from, to))
    }

    fn named(self, name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Outcome<()> {
        let failed = |error: io::Error| {
            Problem::new(Code::StorageFull, format!("{} cannot be kept: {error}", self.file.display()))
        };
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        name(&self.path, &self.file).map_err(failed)?;
        sync_folder_of(&self.file).map_err(failed)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Of a file that was placed this is at most its other name.
        drop(fs::remove_file(&self.path));
        drop(self.remove_companions());
    }
}

/// The file beside a database whose name ends like this.
pub(super) fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// What to do about a draft that is there already.
fn left_over(path: &Path) -> String {
    let mut with = Vec::new();
    for beside in COMPANIONS.map(|ending| companion(path, ending)) {
        if beside.exists() {
            with.push(beside.display().to_string());
        }
    }
    let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
    format!(": another command writes it, or one was killed; then remove it{with}")
}

/// For file systems where a file has one name: the name is taken, then given to the file that is there.
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    create_private(to)?;
    fs::rename(from, to)
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes the name itself survive a loss of power.
#[cfg(unix)]
fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be opened and the file system does this by itself.
#[cfg(not(unix))]
fn sync_folder_of(_file: &Path) -> io::Result<()> {
    Ok(())
}
