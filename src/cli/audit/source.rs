//! Where a log is read from: a database, a bundle or a server. Everything is worked out from its tiles here, and
//! believed only where it leads to a checkpoint that the log's key signed.

use super::super::{Common, open_to_read};
use super::remote::Remote;
use crate::app::{Layer, Settings};
use crate::audit::bundle_read::Bundle;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::hash::Hash256;
use crate::audit::keys::KeyRing;
use crate::audit::note::{Note, VerifierKey};
use crate::audit::offline::{ConsistencyProof, LogProof};
use crate::audit::store::newest_checkpoint;
use crate::audit::tile_store::read_tile;
use crate::audit::tiles::{TileId, TileTree};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Database, read_failure};
use clap::Args;
use std::path::PathBuf;

/// Which log is meant.
#[derive(Args, Clone)]
pub(super) struct Which {
    /// A bundle instead of the database
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    bundle: Option<PathBuf>,
    /// A server instead of the database, such as https://relief.example.org
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The log's verifier key; else that of the key folder is taken
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<VerifierKey>,
}

/// A log to be read.
pub(super) enum Source {
    Database(Database),
    Bundle(Box<Bundle>),
    Url(Remote),
}

impl Which {
    /// Opens it.
    pub(super) fn open(&self, common: &Common) -> Outcome<(Source, Settings)> {
        let settings = common.settings(Layer::default())?;
        let source = match (&self.bundle, &self.url) {
            (Some(path), _) => Source::Bundle(Box::new(Bundle::open(path)?)),
            (None, Some(url)) => Source::Url(Remote::new(url)?),
            (None, None) => Source::Database(open_to_read(&settings.database_url)?),
        };
        Ok((source, settings))
    }
}

impl Source {
    /// The newest signed checkpoint as it stands there.
    pub(super) fn checkpoint(&mut self) -> Outcome<String> {
        match self {
            Self::Database(database) => {
                let newest = database.read(|conn| newest_checkpoint(conn).map_err(read_failure))?;
                let none = || Problem::new(Code::NotFound, "No checkpoint of this log was signed yet.");
                Ok(newest.ok_or_else(none)?.note)
            }
            Self::Bundle(bundle) => bundle.checkpoint(),
            Self::Url(remote) => remote.text("checkpoint"),
        }
    }

    fn tile(&mut self, id: TileId) -> Outcome<Vec<Hash256>> {
        match self {
            Self::Database(database) => database.read(|conn| read_tile(conn, id)),
            Self::Bundle(bundle) => bundle.tile(id),
            Self::Url(remote) => remote.tile(id),
        }
    }

    /// Size and origin that a checkpoint states, for finding key and tiles.
    pub(super) fn stated(note: &str) -> Outcome<Checkpoint> {
        let wrong = |error: &dyn std::fmt::Display| {
            Problem::field("/checkpoint", format!("The checkpoint cannot be read: {error}"))
        };
        let note = Note::parse(note).map_err(|error| wrong(&error))?;
        Checkpoint::parse_text(note.unverified_text()).map_err(|error| wrong(&error))
    }

    /// The key to check this log with: the one given, or that of the key folder.
    pub(super) fn key(note: &str, given: Option<&VerifierKey>, settings: &Settings) -> Outcome<VerifierKey> {
        if let Some(key) = given {
            return Ok(key.clone());
        }
        let found = KeyRing::find_log_key(&settings.keys)
            .map_err(|error| Problem::field("/keys", error.to_string()))?;
        let none = || {
            let words = "There is no key to check with: give the log's verifier key with --key. A server shows it at \
                         /.well-known/relief-log.vkey; keep it from the first day.";
            Problem::field("/key", words)
        };
        VerifierKey::new(&Self::stated(note)?.origin, found.ok_or_else(none)?)
            .map_err(|error| Problem::field("/checkpoint", error.to_string()))
    }

    /// What shows that the newest checkpoint continues one of `old` entries; not checked yet.
    pub(super) fn consistency(&mut self, old: u64) -> Outcome<ConsistencyProof> {
        let checkpoint = self.checkpoint()?;
        let size = Self::stated(&checkpoint)?.head.size;
        // Where it is smaller there is nothing to prove, and the check says so.
        let path =
            if old > size { Vec::new() } else { TileTree::new(size, |id| self.tile(id)).consistency(old)? };
        Ok(ConsistencyProof { old, path, checkpoint })
    }

    /// What shows that an entry is in the tree of the newest checkpoint; not checked yet. Nothing where it is not.
    pub(super) fn proof(&mut self, index: u64) -> Outcome<Option<LogProof>> {
        let checkpoint = self.checkpoint()?;
        let size = Self::stated(&checkpoint)?.head.size;
        if index >= size {
            return Ok(None);
        }
        let path = TileTree::new(size, |id| self.tile(id)).inclusion(index)?;
        Ok(Some(LogProof { index, path, checkpoint }))
    }
}
