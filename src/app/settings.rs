//! Settings: flags over environment over `relief.toml` over defaults.

use super::throttle::Buckets;
use crate::audit::keys::DEFAULT_KEY_FOLDER;
use crate::auth::Outside;
use crate::core::limits::Limits;
use crate::core::problem::{Outcome, Problem};
use crate::db::{DEFAULT_READ_LAG_SECONDS, READ_LAG_SECONDS_LIMIT, redacted};
use crate::mail::SmtpSettings;
use crate::outbox::rules::Pace;
use crate::people::rules::DEFAULT_RETENTION_DAYS;
use crate::web::Throttle;
use crate::webhooks::Receivers;
use crate::writer::{Comparison, Wake};
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

/// A quarter of a year: long enough that nobody notices, short enough that a stolen key is of no use for ever.
pub const DEFAULT_TOKEN_KEY_DAYS: u32 = 90;

/// Three times as long as nine of ten trips took: beyond any delay that a call to the carrier would not explain.
pub const DEFAULT_PRESUMED_LOST_MULTIPLE: u32 = 3;

/// Connections one server has, of everybody together: sockets, not threads.
pub const DEFAULT_CONNECTIONS: usize = 10_000;
/// Connections one address has: an office behind one router, whose browsers open six each.
pub const DEFAULT_CONNECTIONS_PER_ADDRESS: usize = 500;

/// The certificate with which the server itself speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those between it and a known one, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
    /// How often the files are looked at for a renewed certificate.
    pub look_every: Duration,
}

/// A minute: certificates are renewed weeks before they end.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);

/// Where a server listens, what it reads and writes, and how it treats strangers.
#[derive(Clone)]
pub struct Settings {
    /// `host:port`; port 0 takes a free one.
    pub listen: String,
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// A standby of it that is read where a little lateness does no harm, and how late it may be.
    pub replica: Option<(String, Duration)>,
    /// The folder of the signing keys.
    pub keys: PathBuf,
    /// Threads that answer requests; as many as there are cores if not said.
    pub workers: Option<usize>,
    /// Proxies in front, whose `X-Forwarded-For` is believed; nobody's else is.
    pub trusted_proxies: Vec<IpAddr>,
    /// What browsers call this server, such as `https://relief.example.org`.
    pub public_origin: Option<String>,
    /// An issuer outside this house that may say who somebody is.
    pub outside: Option<Outside>,
    /// Origins whose pages may read answers, such as `https://map.example.org`; none, if nobody says so.
    pub cors_origins: Vec<String>,
    /// Connections there may be in all.
    pub connections: usize,
    /// Connections there may be from one address that is no trusted proxy.
    pub connections_per_address: usize,
    /// Days after which a new key signs access tokens.
    pub token_key_days: u32,
    /// Days for which a person is kept where nobody says.
    pub person_retention_days: u32,
    /// How many times as long as the ninetieth percentile of such trips goods may be away before they are presumed lost.
    pub presumed_lost_multiple: u32,
    /// Which receivers of webhooks are told, and how long each is waited for.
    pub receivers: Receivers,
    /// By which server mail goes; none is sent, if nobody says.
    pub smtp: Option<SmtpSettings>,
    /// How fast others are told again; only tests are hasty.
    pub pace: Pace,
    /// With these the server speaks TLS; else a proxy in front does, or nobody.
    pub tls: Option<TlsFiles>,
    /// Up to how much one person decides alone.
    pub limits: Limits,
    /// Whether the process's signals stop the server; not so inside a test.
    pub signals: bool,
    /// Finds updates that waited.
    pub wake: Option<Wake>,
    /// Slows down strangers on public routes that ask for it. No flag or file turns it off; a test may.
    pub throttle: Option<Arc<dyn Throttle>>,
    /// What the bench and the tests do to the writer; nothing in the ordinary.
    pub handicap: Handicap,
}

impl Settings {
    /// Says in the log what a server starts with, so that whoever runs it sees what counted of flags, environment and
    /// file. The password of the database is not told.
    pub fn tell(&self) {
        let (tls, replica) = (self.tls.as_ref(), self.replica.as_ref());
        let path = |path: &PathBuf| path.display().to_string();
        let addresses: Vec<String> = self.trusted_proxies.iter().map(IpAddr::to_string).collect();
        tracing::info!(
            listen = self.listen,
            database_url = redacted(&self.database_url),
            read_database_url = replica.map(|(url, _)| redacted(url)),
            read_lag_seconds = replica.map(|(_, lag)| lag.as_secs()),
            keys = path(&self.keys),
            workers = self.workers,
            trusted_proxies = addresses.join(","),
            public_origin = self.public_origin,
            cors_origins = self.cors_origins.join(","),
            connections = self.connections,
            connections_per_address = self.connections_per_address,
            token_key_days = self.token_key_days,
            person_retention_days = self.person_retention_days,
            presumed_lost_multiple = self.presumed_lost_multiple,
            smtp_url = self.smtp.as_ref().map(|smtp| redacted(&smtp.url)),
            mail_from = self.smtp.as_ref().map(|smtp| smtp.from.as_str()),
            webhook_plain_http = self.receivers.plain_http,
            webhook_private_addresses = self.receivers.private_addresses,
            tls_certificate = tls.map(|files| path(&files.certificate)),
            tls_key = tls.map(|files| path(&files.key)),
            count_limit = self.limits.count,
            correction_limit = self.limits.correction,
            reversal_limit = self.limits.reversal,
            count_days = self.limits.count_days,
            "{STARTING}"
        );
    }
}

/// The words of the log's line with the settings of a server.
pub const STARTING: &str = "starting with these settings";

/// What the bench and the tests take from the writer to compare with. No flag and no file can say it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handicap {
    /// A transaction for each update.
    pub one_by_one: bool,
    /// A slower disk, no log, or a guard that is missing.
    pub comparison: Comparison,
}

/// One layer of settings: what it does not say is left to the layer below.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layer {
    /// See [`Settings::listen`].
    pub listen: Option<String>,
    /// See [`Settings::database_url`].
    pub database_url: Option<String>,
    /// See [`Settings::replica`].
    pub read_database_url: Option<String>,
    /// See [`Settings::replica`].
    pub read_lag_seconds: Option<u32>,
    /// See [`Settings::keys`].
    pub keys: Option<PathBuf>,
    /// See [`Settings::workers`].
    pub workers: Option<usize>,
    /// See [`Settings::trusted_proxies`].
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// See [`Settings::public_origin`].
    pub public_origin: Option<String>,
    /// See [`Settings::outside`].
    pub outside: Option<Outside>,
    /// See [`Settings::cors_origins`].
    pub cors_origins: Option<Vec<String>>,
    /// See [`Settings::connections`].
    pub connections: Option<usize>,
    /// See [`Settings::connections_per_address`].
    pub connections_per_address: Option<usize>,
    /// See [`Settings::token_key_days`].
    pub token_key_days: Option<u32>,
    /// See [`Settings::person_retention_days`].
    pub person_retention_days: Option<u32>,
    /// See [`Settings::presumed_lost_multiple`].
    pub presumed_lost_multiple: Option<u32>,
    /// See [`SmtpSettings::url`]; goes with the next, and with `public_origin`.
    pub smtp_url: Option<String>,
    /// See [`SmtpSettings::from`].
    pub mail_from: Option<String>,
    /// See [`Receivers::plain_http`].
    pub webhook_plain_http: Option<bool>,
    /// See [`Receivers::private_addresses`].
    pub webhook_private_addresses: Option<bool>,
    /// See [`TlsFiles::certificate`]; goes with the next.
    pub tls_certificate: Option<PathBuf>,
    /// See [`TlsFiles::key`].
    pub tls_key: Option<PathBuf>,
    /// See [`Limits::count`].
    pub count_limit: Option<i64>,
    /// See [`Limits::correction`].
    pub correction_limit: Option<i64>,
    /// See [`Limits::reversal`].
    pub reversal_limit: Option<i64>,
    /// See [`Limits::count_days`].
    pub count_days: Option<u32>,
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
            read_database_url: self.read_database_url.or(below.read_database_url),
            read_lag_seconds: self.read_lag_seconds.or(below.read_lag_seconds),
            keys: self.keys.or(below.keys),
            workers: self.workers.or(below.workers),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            public_origin: self.public_origin.or(below.public_origin),
            outside: self.outside.or(below.outside),
            cors_origins: self.cors_origins.or(below.cors_origins),
            connections: self.connections.or(below.connections),
            connections_per_address: self.connections_per_address.or(below.connections_per_address),
            token_key_days: self.token_key_days.or(below.token_key_days),
            person_retention_days: self.person_retention_days.or(below.person_retention_days),
            presumed_lost_multiple: self.presumed_lost_multiple.or(below.presumed_lost_multiple),
            smtp_url: self.smtp_url.or(below.smtp_url),
            mail_from: self.mail_from.or(below.mail_from),
            webhook_plain_http: self.webhook_plain_http.or(below.webhook_plain_http),
            webhook_private_addresses: self.webhook_private_addresses.or(below.webhook_private_addresses),
            tls_certificate: self.tls_certificate.or(below.tls_certificate),
            tls_key: self.tls_key.or(below.tls_key),
            count_limit: self.count_limit.or(below.count_limit),
            correction_limit: self.correction_limit.or(below.correction_limit),
            reversal_limit: self.reversal_limit.or(below.reversal_limit),
            count_days: self.count_days.or(below.count_days),
        }
    }

    /// Refuses values that no setting can have.
    ///
    /// # Errors
    /// `invalid` at the setting.
    pub fn check(&self) -> Outcome<()> {
        self.check_reading()?;
        if self.token_key_days == Some(0) {
            return Err(Problem::field(
                "/token_key_days",
                "A key signs for a day at least; write 1 or more.",
            ));
        }
        if self.person_retention_days == Some(0) {
            let words = "A person is kept for a day at least; write 1 or more.";
            return Err(Problem::field("/person_retention_days", words));
        }
        if self.presumed_lost_multiple == Some(0) {
            let words = "Goods are presumed lost after they are late; write 1 or more.";
            return Err(Problem::field("/presumed_lost_multiple", words));
        }
        for (name, limit) in [
            ("count_limit", self.count_limit),
            ("correction_limit", self.correction_limit),
            ("reversal_limit", self.reversal_limit),
        ] {
            if let Some(limit) = limit.filter(|limit| *limit < 0) {
                let words = format!("{limit} is no limit; write 0 or more base units");
                return Err(Problem::field(format!("/{name}"), words));
            }
        }
        match (&self.tls_certificate, &self.tls_key) {
            (Some(_), None) => {
                return Err(Problem::field("/tls_key", "A certificate needs the file of its private key."));
            }
            (None, Some(_)) => {
                return Err(Problem::field(
                    "/tls_certificate",
                    "A private key needs the file of its certificate.",
                ));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        for (name, count) in
            [("connections", self.connections), ("connections_per_address", self.connections_per_address)]
        {
            if count == Some(0) {
                return Err(Problem::field(format!("/{name}"), "Nobody could connect; write 1 or more."));
            }
        }
        if let Some(outside) = &self.outside {
            outside.check()?;
        }
        self.check_mail()?;
        if let Some(origin) = &self.public_origin {
            check_origin("/public_origin", origin)?;
        }
        self.cors_origins.iter().flatten().try_for_each(|origin| check_origin("/cors_origins", origin))
    }

    /// What mail is sent by, where all of it is said.
    fn smtp(&self) -> Option<SmtpSettings> {
        let (url, from) = self.smtp_url.clone().zip(self.mail_from.clone())?;
        Some(SmtpSettings { url, from, origin: self.public_origin.clone()? })
    }

    /// Refuses half of what mail needs.
    fn check_mail(&self) -> Outcome<()> {
        if let Some(smtp) = self.smtp() {
            return smtp.check();
        }
        let words = "Mail needs smtp_url, mail_from and public_origin, where its links lead; say all three, or neither of the \
                     first two.";
        match (&self.smtp_url, &self.mail_from) {
            (None, None) => Ok(()),
            (Some(_), Some(_)) => Err(Problem::field("/public_origin", words)),
            (Some(_), None) => Err(Problem::field("/mail_from", words)),
            (None, Some(_)) => Err(Problem::field("/smtp_url", words)),
        }
    }

    /// Refuses a lag that no replica has.
    fn check_reading(&self) -> Outcome<()> {
        let Some(lag) = self.read_lag_seconds else { return Ok(()) };
        let words = if !(1..=READ_LAG_SECONDS_LIMIT).contains(&lag) {
            format!(
                "{lag} is no lag to read with; write 1 to {READ_LAG_SECONDS_LIMIT} seconds, such as \
                 {DEFAULT_READ_LAG_SECONDS}."
            )
        } else if self.read_database_url.is_none() {
            format!("A lag of {lag} s needs a replica; write its URL as read_database_url.")
        } else {
            return Ok(());
        };
        Err(Problem::field("/read_lag_seconds", words))
    }

    /// The settings of this layer over the defaults.
    pub fn settings(self) -> Settings {
        let limits = Limits::default();
        let smtp = self.smtp();
        let lag = self.read_lag_seconds.unwrap_or(DEFAULT_READ_LAG_SECONDS);
        Settings {
            limits: Limits {
                count: self.count_limit.unwrap_or(limits.count),
                correction: self.correction_limit.unwrap_or(limits.correction),
                reversal: self.reversal_limit.unwrap_or(limits.reversal),
                count_days: self.count_days.unwrap_or(limits.count_days),
            },
            listen: self.listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()),
            database_url: self.database_url.unwrap_or_else(|| DEFAULT_DATABASE_URL.to_owned()),
            replica: self.read_database_url.map(|url| (url, Duration::from_secs(lag.into()))),
            keys: self.keys.unwrap_or_else(|| PathBuf::from(DEFAULT_KEY_FOLDER)),
            workers: self.workers,
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
            public_origin: self.public_origin,
            outside: self.outside,
            cors_origins: self.cors_origins.unwrap_or_default(),
            connections: self.connections.unwrap_or(DEFAULT_CONNECTIONS),
            connections_per_address: self.connections_per_address.unwrap_or(DEFAULT_CONNECTIONS_PER_ADDRESS),
            token_key_days: self.token_key_days.unwrap_or(DEFAULT_TOKEN_KEY_DAYS),
            person_retention_days: self.person_retention_days.unwrap_or(DEFAULT_RETENTION_DAYS),
            presumed_lost_multiple: self.presumed_lost_multiple.unwrap_or(DEFAULT_PRESUMED_LOST_MULTIPLE),
            smtp,
            receivers: Receivers {
                plain_http: self.webhook_plain_http.unwrap_or_default(),
                private_addresses: self.webhook_private_addresses.unwrap_or_default(),
                ..Receivers::default()
            },
            pace: Pace::ORDINARY,
            tls: self.tls_certificate.zip(self.tls_key).map(|(certificate, key)| TlsFiles {
                certificate,
                key,
                look_every: CERTIFICATE_LOOK,
            }),
            signals: true,
            wake: None,
            throttle: Some(Arc::new(Buckets::default())),
            handicap: Handicap::default(),
        }
    }
}

/// Refuses what no browser writes as an origin.
fn check_origin(pointer: &str, origin: &str) -> Outcome<()> {
    let is_origin = origin.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https")
            && !authority.is_empty()
            && authority.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.:[]".contains(letter))
    });
    if is_origin {
        return Ok(());
    }
    let words = format!(
        "{origin:?} is not what a browser calls a server; write a scheme, a host and at most a port, such as \
         https://relief.example.org"
    );
    Err(Problem::field(pointer, words))
}
