//! What every handler shares.

use super::guard::Throttle;
use super::query::{Paging, encode_key};
use super::reads::ReadFrom;
use crate::audit::note::NoteSigner;
use crate::auth::{Auth, OutsideIssuer, PRINCIPAL_LIFETIME};
use crate::core::page::Page;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, Database, Replica, Standing};
use crate::vault::Vault;
use crate::writer::Writer;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::Serialize;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The parts of a running server.
pub struct StateParts {
    /// For reading.
    pub database: Database,
    /// A copy of it that may be read where a little lateness does no harm.
    pub replica: Option<Replica>,
    /// For recording.
    pub writer: Writer,
    /// Who is calling.
    pub auth: Auth,
    /// Seals and opens what says who a person is.
    pub vault: Vault,
    /// For how many days a person is kept where nobody says.
    pub person_retention_days: u32,
    /// Signs receipts and checkpoints under the log's name.
    pub signer: NoteSigner,
    /// Slows down strangers on public routes that ask for it.
    pub throttle: Option<Arc<dyn Throttle>>,
    /// Proxies whose word on where a request comes from is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
    /// The issuer outside this house that may say who somebody is, where one is configured.
    pub outside: Option<Arc<OutsideIssuer>>,
    /// What browsers call this server, such as `https://relief.example.org`; where it is not said, the host they
    /// ask for.
    pub public_origin: Option<String>,
}

/// What every handler shares; clones are cheap. As a handler's argument it is this server's.
#[derive(Clone)]
pub struct State {
    parts: Arc<StateParts>,
    /// What this request is answered from, where it is not the database itself.
    from: Option<ReadFrom>,
}

impl State {
    /// Shares these parts.
    pub fn new(parts: StateParts) -> Self {
        Self { parts: Arc::new(parts), from: None }
    }

    /// Whether this request is answered from the replica.
    pub fn is_from_replica(&self) -> bool {
        self.from.is_some()
    }

    /// Reads in one snapshot, on a thread that may block; the connection is taken there, so that a
    /// request that waits for a thread holds none. Where the request may be answered from a replica it is.
    ///
    /// # Errors
    /// What `work` refuses; `unavailable` where the database is busy.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let read = match &self.from {
            Some(ReadFrom { replica, holding }) => {
                replica.database().read_apart_or(&self.database, *holding, work).await
            }
            None => self.database.read_apart(work).await,
        };
        read.map_err(|problem| self.told(problem))
    }

    /// Reads one page of a list. `rows` is asked for what stands after a key, and for one row more than the page has, which
    /// only tells that there are more; `key` is where a row stands.
    ///
    /// # Errors
    /// As [`State::read`].
    pub async fn page<K: Send + 'static, T: Send + 'static, P: Serialize>(
        &self,
        paging: Paging<K>,
        rows: impl FnOnce(&mut Conn, Option<K>, i64) -> Outcome<Vec<T>> + Send + 'static,
        key: impl Fn(&T) -> P,
    ) -> Outcome<Page<T>> {
        let Paging { after, limit } = paging;
        let rows = self.read(move |conn| rows(conn, after, limit + 1)).await?;
        Ok(Page::from_rows(rows, limit, |row| encode_key(&key(row))))
    }

    /// A problem of reading, in words that say what else was tried.
    fn told(&self, problem: Problem) -> Problem {
        match &self.replica {
            Some(replica) if problem.code == Code::Unavailable && replica.is_alone() => {
                let detail = format!(
                    "The database does not answer, and its replica is {}, which is not read. Try again in a moment.",
                    standing_in_words(replica)
                );
                Problem { detail, ..problem }
            }
            Some(_) | None => problem,
        }
    }

    /// How long a caller who was known is believed. Where the database is gone, and a replica is read meanwhile,
    /// whoever only reads is believed as long as what is read; nobody is looked up in the replica.
    pub(super) fn known_for(&self, is_reading: bool) -> Duration {
        match &self.replica {
            Some(replica) if is_reading && replica.is_alone() => replica.lag().max(PRINCIPAL_LIFETIME),
            Some(_) | None => PRINCIPAL_LIFETIME,
        }
    }

    /// Seals or opens on a thread that may block, as keys are files.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn with_vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let vault = self.vault.clone();
        web::block(move || work(&vault))
            .await
            .map_err(|error| Problem::internal(format!("a sealing task ended: {error}")))?
    }
}

/// How a replica stands, for somebody who waits.
fn standing_in_words(replica: &Replica) -> String {
    match replica.standing() {
        Standing::Late => format!("older than {} s", replica.lag().as_secs()),
        Standing::Unreachable => "out of reach".to_owned(),
        Standing::Strange => "of another ledger".to_owned(),
        Standing::Serving => "without what this needs".to_owned(),
    }
}

impl Deref for State {
    type Target = StateParts;
    fn deref(&self) -> &StateParts {
        &self.parts
    }
}

impl FromRequest for State {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

/// The state of the server that got this request, and where the request is answered from.
pub(super) fn of(request: &HttpRequest) -> Outcome<State> {
    let state = request.app_data::<State>().cloned();
    let state = state.ok_or_else(|| Problem::internal("the server has no state"))?;
    let from = request.extensions().get::<ReadFrom>().cloned();
    Ok(State { from, ..state })
}
