//! `relief serve`

use super::Common;
use super::print::say;
use crate::app::{self, Layer};
use crate::core::problem::Outcome;
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// Starts the server; brings the database to the present schema first
#[derive(Args)]
#[command(after_help = "Examples:\n  relief serve\n  relief serve --listen 0.0.0.0:8080\n  \
                        relief serve --listen 0.0.0.0:443 --tls-certificate chain.pem --tls-key key.pem\n  \
                        relief serve --database-url postgres://relief@localhost/relief --keys /etc/relief/keys\n  \
                        relief serve --database-url postgres://relief@db1/relief --read-database-url postgres://relief@db2/relief\n\n\
                        The first start without any user prints a one-time secret for the first administrator.\n\
                        Logs are JSON on standard error; RELIEF_LOG=debug shows more. The first line of a start says \
                        with which settings.")]
pub(super) struct Serve {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "RELIEF_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// A standby of the PostgreSQL database, from which what may be a little late is read [default: none]
    #[arg(long, env = "RELIEF_READ_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    read_database_url: Option<String>,
    /// How many seconds late it may be [default: 10]
    #[arg(long, env = "RELIEF_READ_LAG_SECONDS", value_name = "SECONDS")]
    read_lag_seconds: Option<u32>,
    /// Threads that answer requests [default: one a core]
    #[arg(long, env = "RELIEF_WORKERS", value_name = "COUNT")]
    workers: Option<usize>,
    /// Proxies in front, whose X-Forwarded-For says where a request comes from [default: none]
    #[arg(long, env = "RELIEF_TRUSTED_PROXIES", value_name = "ADDRESSES", value_delimiter = ',')]
    trusted_proxies: Option<Vec<IpAddr>>,
    /// What browsers call this server, such as https://relief.example.org [default: the host they ask for]
    #[arg(long, env = "RELIEF_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    public_origin: Option<String>,
    /// Origins whose pages may read answers in a browser, such as https://map.example.org [default: none]
    #[arg(long, env = "RELIEF_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    cors_origins: Option<Vec<String>>,
    /// Connections there may be in all [default: 10000]
    #[arg(long, env = "RELIEF_CONNECTIONS", value_name = "COUNT")]
    connections: Option<usize>,
    /// Connections there may be from one address that is no trusted proxy [default: 500]
    #[arg(long, env = "RELIEF_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    connections_per_address: Option<usize>,
    /// Days after which a new key signs access tokens [default: 90]
    #[arg(long, env = "RELIEF_TOKEN_KEY_DAYS", value_name = "DAYS")]
    token_key_days: Option<u32>,
    /// Days for which a person is kept where nobody says [default: 1825]
    #[arg(long, env = "RELIEF_PERSON_RETENTION_DAYS", value_name = "DAYS")]
    person_retention_days: Option<u32>,
    /// After how many times the ninetieth percentile of such trips goods under way are presumed lost [default: 3]
    #[arg(long, env = "RELIEF_PRESUMED_LOST_MULTIPLE", value_name = "TIMES")]
    presumed_lost_multiple: Option<u32>,
    /// The server by which mail goes, such as smtps://user:password@mail.example.org [default: none, no mail]
    #[arg(long, env = "RELIEF_SMTP_URL", hide_env_values = true, value_name = "URL")]
    smtp_url: Option<String>,
    /// Who writes, such as 'ReliefLedger <relief@example.org>'
    #[arg(long, env = "RELIEF_MAIL_FROM", value_name = "SENDER")]
    mail_from: Option<String>,
    /// Whether webhooks may lead to http addresses too [default: false, only https]
    #[arg(long, env = "RELIEF_WEBHOOK_PLAIN_HTTP", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    webhook_plain_http: Option<bool>,
    /// Whether webhooks may lead to private addresses, such as a system beside this one [default: false]
    #[arg(long, env = "RELIEF_WEBHOOK_PRIVATE_ADDRESSES", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    webhook_private_addresses: Option<bool>,
    /// The certificate with which the server itself speaks TLS, as PEM [default: none, a proxy does]
    #[arg(long, env = "RELIEF_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its private key, as PEM
    #[arg(long, env = "RELIEF_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Base units of difference up to which one person records a count alone [default: 1000]
    #[arg(long, env = "RELIEF_COUNT_LIMIT", value_name = "UNITS")]
    count_limit: Option<i64>,
    /// Base units that one person's correction may move [default: 10000]
    #[arg(long, env = "RELIEF_CORRECTION_LIMIT", value_name = "UNITS")]
    correction_limit: Option<i64>,
    /// Base units that one person's reversal may move [default: 10000]
    #[arg(long, env = "RELIEF_REVERSAL_LIMIT", value_name = "UNITS")]
    reversal_limit: Option<i64>,
    /// Days within which counts of an item at a site are measured together [default: 30]
    #[arg(long, env = "RELIEF_COUNT_DAYS", value_name = "DAYS")]
    count_days: Option<u32>,
    #[command(flatten)]
    common: Common,
}

impl Serve {
    pub(super) fn run(self) -> Outcome<()> {
        log_as_json();
        let layer = Layer {
            listen: self.listen,
            read_database_url: self.read_database_url,
            read_lag_seconds: self.read_lag_seconds,
            workers: self.workers,
            trusted_proxies: self.trusted_proxies,
            public_origin: self.public_origin,
            cors_origins: self.cors_origins,
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            token_key_days: self.token_key_days,
            person_retention_days: self.person_retention_days,
            presumed_lost_multiple: self.presumed_lost_multiple,
            smtp_url: self.smtp_url,
            mail_from: self.mail_from,
            webhook_plain_http: self.webhook_plain_http,
            webhook_private_addresses: self.webhook_private_addresses,
            tls_certificate: self.tls_certificate,
            tls_key: self.tls_key,
            count_limit: self.count_limit,
            correction_limit: self.correction_limit,
            reversal_limit: self.reversal_limit,
            count_days: self.count_days,
            ..Layer::default()
        };
        let settings = self.common.settings(layer)?;
        settings.tell();
        let server = app::start(settings)?;
        let scheme = if server.is_secure { "https" } else { "http" };
        let address = server.address;
        say(format!("ReliefLedger is at {scheme}://{address} (documentation at /docs/; ctrl-c stops)"))?;
        if let Some(secret) = &server.first_secret {
            say(format!(
                "There is no user yet. Add the first administrator with this one-time secret:\n  {secret}\n\
                 It goes to POST /api/v1/auth/first-admin, and is gone when this server stops."
            ))?;
        }
        server.wait()
    }
}

pub(super) fn log_as_json() {
    let filter = EnvFilter::try_from_env("RELIEF_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second subscriber is refused; whoever embeds this has one already.
    drop(logs.try_init());
}
