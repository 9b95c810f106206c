//! What every handler shares.

use super::guard::Throttle;
use crate::audit::note::NoteSigner;
use crate::auth::{Auth, OutsideIssuer};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, Database};
use crate::vault::Vault;
use crate::writer::Writer;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

/// The parts of a running server.
pub struct StateParts {
    /// For reading.
    pub database: Database,
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
pub struct State(Arc<StateParts>);

impl State {
    /// Shares these parts.
    pub fn new(parts: StateParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Reads in one snapshot, on a thread that may block; the connection is taken there, so that a
    /// request that waits for a thread holds none.
    ///
    /// # Errors
    /// What `work` refuses; `unavailable` where the database is busy.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        self.database.read_apart(work).await
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

impl Deref for State {
    type Target = StateParts;
    fn deref(&self) -> &StateParts {
        &self.0
    }
}

impl FromRequest for State {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

/// The state of the server that got this request.
pub(super) fn of(request: &HttpRequest) -> Outcome<State> {
    request.app_data::<State>().cloned().ok_or_else(|| Problem::internal("the server has no state"))
}
