//! Settings: flags over environment over `relief.toml` over defaults.

use super::throttle::AddressThrottle;
use crate::audit::keys::DEFAULT_KEY_FOLDER;
use crate::core::problem::{Outcome, Problem};
use crate::web::Throttle;
use crate::writer::Wake;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Read from the working folder where it is there.
pub const SETTINGS_FILE: &str = "relief.toml";
/// An embedded database in the working folder.
pub const DEFAULT_DATABASE_URL: &str = "sqlite://relief.db";
/// This machine only, until told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Where a server listens, what it reads and writes, and how it treats strangers.
#[derive(Clone)]
pub struct Settings {
    /// `host:port`; port 0 takes a free one.
    pub listen: String,
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// The folder of the signing keys.
    pub keys: PathBuf,
    /// Threads that answer requests; as many as there are cores if not said.
    pub workers: Option<usize>,
    /// Proxies in front, whose `X-Forwarded-For` is believed; nobody's else is.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether the process's signals stop the server; not so inside a test.
    pub signals: bool,
    /// Finds updates that waited.
    pub wake: Option<Wake>,
    /// Slows down strangers on public routes that ask for it. No flag or file turns it off; a test may.
    pub throttle: Option<Arc<dyn Throttle>>,
    /// What the bench does to the writer; nothing in the ordinary.
    pub handicap: Handicap,
}

/// What the bench takes from the writer to compare with. No flag and no file can say it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handicap {
    /// A transaction for each update.
    pub one_by_one: bool,
    /// A pause after each commit, as a slower disk would make.
    pub commit_delay: Duration,
}

/// One layer of settings: what it does not say is left to the layer below.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layer {
    /// See [`Settings::listen`].
    pub listen: Option<String>,
    /// See [`Settings::database_url`].
    pub database_url: Option<String>,
    /// See [`Settings::keys`].
    pub keys: Option<PathBuf>,
    /// See [`Settings::workers`].
    pub workers: Option<usize>,
    /// See [`Settings::trusted_proxies`].
    pub trusted_proxies: Option<Vec<IpAddr>>,
}

impl Layer {
    /// Reads a settings file.
    ///
    /// # Errors
    /// `invalid` where the file has what is no setting; an absent file says nothing.
    pub fn file(path: &Path) -> Outcome<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let words = format!("{} cannot be read: {error}", path.display());
                return Err(Problem::field("", words));
            }
        };
        toml::from_str(&text).map_err(|error| Problem::field("", format!("{}: {error}", path.display())))
    }

    /// This layer over another.
    pub fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            database_url: self.database_url.or(below.database_url),
            keys: self.keys.or(below.keys),
            workers: self.workers.or(below.workers),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
        }
    }

    /// The settings of this layer over the defaults.
    pub fn settings(self) -> Settings {
        Settings {
            listen: self.listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()),
            database_url: self.database_url.unwrap_or_else(|| DEFAULT_DATABASE_URL.to_owned()),
            keys: self.keys.unwrap_or_else(|| PathBuf::from(DEFAULT_KEY_FOLDER)),
            workers: self.workers,
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
            signals: true,
            wake: None,
            throttle: Some(Arc::new(AddressThrottle::default())),
            handicap: Handicap::default(),
        }
    }
}
