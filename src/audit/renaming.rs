//! Where a log gets another name: a database that was put back from a backup goes on as another log than the one whose
//! entries it has, since that one may have gone further.
//!
//! The first entry under the new name says so in its reason, in words that are read back here:
//!
//! ```text
//! NEW continues OLD from its checkpoint of SIZE leaves with root ROOT in base64
//! NEW continues OLD, of which no checkpoint was signed
//! ```
//!
//! Where more of the old log was signed than is there, `, though SIZE leaves were signed` follows. Checkpoints before that
//! entry are the old log's, those after it the new one's.

use super::checkpoint::{Checkpoint, CheckpointError};
use super::entry::Entry;
use super::note::{Note, VerifierKey};
use super::tree::TreeHead;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The action of the entry.
pub const RESTORED: &str = "log.restored";

/// What the entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The name before.
    pub old: String,
    /// The name from this entry on.
    pub new: String,
}

impl Renaming {
    /// The reason of the entry, which names the last checkpoint under the old name, and up to where that log was signed
    /// if that is further.
    pub fn reason(&self, last: Option<&TreeHead>, signed: Option<u64>) -> String {
        let Self { old, new } = self;
        let more = signed.map(|size| format!(", though {size} leaves were signed")).unwrap_or_default();
        let from = match last {
            None => format!("{new} continues {old}, of which no checkpoint was signed"),
            Some(head) => format!(
                "{new} continues {old} from its checkpoint of {} leaves with root {} in base64",
                head.size,
                STANDARD.encode(head.root.0)
            ),
        };
        from + &more
    }

    /// What an entry says about the name of its log, if it does. Names have no spaces.
    pub fn of(entry: &Entry<'_>) -> Option<Self> {
        if entry.action != RESTORED {
            return None;
        }
        let (new, rest) = entry.reason.as_deref()?.split_once(" continues ")?;
        let (old, _) = rest.split_once([' ', ','])?;
        Some(Self { old: old.to_owned(), new: new.to_owned() })
    }
}

/// Opens a checkpoint under the name it states itself, with the key of a log that may have another name by now.
///
/// # Errors
/// When the note is not signed by that key under that name.
pub fn open_as_stated(note: &str, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
    let stated = Checkpoint::parse_text(Note::parse(note)?.unverified_text())?;
    Checkpoint::open(note, &VerifierKey::new(&stated.origin, *key.public_key())?)
}
