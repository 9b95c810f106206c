//! Starting, listening, and stopping in order: take no more requests, finish those that are in, then
//! finish what is queued.

use super::capturing::keep_capturing;
use super::checkpoints::{Signing, keep_signing};
use super::connections::{Connections, attend};
use super::cors::{Origins, share};
use super::dated::keep_dated;
use super::docs::Document;
use super::importing::keep_importing;
use super::keys::keep_keys;
use super::listen::{Listening, listen};
use super::moving::keep_moving;
use super::observe::{Marks, Metrics, RequestSpan, observe};
use super::replica::keep_watching;
use super::retention::keep_retention;
use super::routes;
use super::settings::Settings;
use super::telling::{keep_telling, post_of};
use super::tls::server_config;
use crate::audit::beside::Beside;
use crate::audit::keys::KeyRing;
use crate::auth::{Auth, OutsideIssuer, count_users};
use crate::consignments::Wholes;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{self, Database, Replica, check_own_sessions, check_replica, connect, migrate};
use crate::events::streams::Streams;
use crate::forecast::Forecasting;
use crate::highlights::Remembered;
use crate::mail::http::Mailer;
use crate::pages::nowhere;
use crate::users::sealing::{Sealing, seal_users};
use crate::vault::Vault;
use crate::web::{Routes, State, StateParts, pack};
use crate::writer::{Writer, WriterSettings, log_state};
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::Bytes;
use actix_web::{App, web};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_actix_web::TracingLogger;

/// A server that runs in this process; it stops when dropped.
pub struct RunningServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS.
    pub is_secure: bool,
    /// With this the first administrator is added; only where there was no user.
    pub first_secret: Option<String>,
    handle: ServerHandle,
    thread: Option<JoinHandle<Outcome<()>>>,
}

impl RunningServer {
    /// Takes no more requests, finishes those that are in and what they queued, and returns.
    ///
    /// # Errors
    /// What ended the server before.
    pub fn stop(mut self) -> Outcome<()> {
        drop(self.handle.stop(true));
        self.join()
    }

    /// Returns when the server has ended by itself, as after a signal.
    ///
    /// # Errors
    /// What ended it.
    pub fn wait(mut self) -> Outcome<()> {
        self.join()
    }

    fn join(&mut self) -> Outcome<()> {
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Problem::internal("the server's thread ended badly")),
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if self.thread.is_some() {
            drop(self.handle.stop(false));
            drop(self.join());
        }
    }
}

/// Starts a server: migrates, opens the keys, starts the writer, listens.
///
/// # Errors
/// Where the settings, the database, the keys or the address cannot be used, or the routes do not fit the
/// policy.
pub fn start(settings: Settings) -> Outcome<RunningServer> {
    let all = routes();
    let faults = [all.faults(), all.gaps()].concat();
    if !faults.is_empty() {
        return Err(Problem::internal(format!("the routes do not fit: {}", faults.join("; "))));
    }
    if let Some((url, _)) = &settings.replica {
        check_replica(&settings.database_url, url)?;
    }
    let listener = TcpListener::bind(&settings.listen).map_err(|error| {
        Problem::field("/listen", format!("{:?} cannot be listened on: {error}", settings.listen))
    })?;
    let address = listener.local_addr().map_err(|error| Problem::internal(error.to_string()))?;
    let state = open(&settings)?;
    let first_secret = match state.database.read(count_users)? {
        0 => Some(state.auth.make_first_secret()?),
        _ => None,
    };
    let (send, receive) = mpsc::sync_channel(1);
    let is_secure = settings.tls.is_some();
    let thread = std::thread::Builder::new()
        .name("relief-server".to_owned())
        .spawn(move || run(&settings, listener, all, state, &send))
        .map_err(|error| Problem::internal(format!("the server cannot start: {error}")))?;
    match receive.recv() {
        Ok(handle) => Ok(RunningServer { address, is_secure, first_secret, handle, thread: Some(thread) }),
        // The thread ended before it had a server: it says why.
        Err(_) => Err(match thread.join() {
            Ok(Err(problem)) => problem,
            Ok(Ok(())) | Err(_) => Problem::internal("the server ended at once"),
        }),
    }
}

/// Opens everything a server works with.
fn open(settings: &Settings) -> Outcome<State> {
    let url = settings.database_url.clone();
    check_own_sessions(&url)?;
    let mut conn = connect(&url)?;
    for name in migrate(&mut conn)? {
        tracing::info!(migration = %name, "migrated");
    }
    let writer = Writer::start_within(
        WriterSettings {
            wake: settings.wake.or(Some(crate::events::wake)),
            one_by_one: settings.handicap.one_by_one,
            ..WriterSettings::of(&url)
        },
        settings.limits,
        settings.handicap.comparison,
    )?;
    // The writer has named the log by now.
    let origin = log_state(&mut conn)?.origin;
    let keys = KeyRing::open_or_create(&settings.keys)
        .map_err(|error| Problem::new(Code::Invalid, error.to_string()).at("/keys"))?;
    let vault = Vault::open_or_create(&settings.keys)?;
    report_sealing(&seal_users(&mut conn, &writer, &vault)?);
    let signer = keys.log_signer(&origin).map_err(|error| Problem::internal(error.to_string()))?;
    drop(conn);
    let database = Database::open(db::Settings { url })?;
    // A replica that is away keeps nobody from starting.
    let replica = settings.replica.clone().map(|(url, lag)| Replica::new(db::Settings { url }, lag));
    Ok(State::new(StateParts {
        auth: Auth::new(database.clone(), &settings.keys)?,
        writer,
        database,
        replica: replica.transpose()?,
        vault,
        person_retention_days: settings.person_retention_days,
        signer,
        throttle: settings.throttle.clone(),
        trusted_proxies: settings.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        outside: settings.outside.clone().map(|outside| Arc::new(OutsideIssuer::new(outside))),
        public_origin: settings.public_origin.clone(),
    }))
}

fn report_sealing(done: &Sealing) {
    if done.sealed > 0 || !done.cleared.is_empty() {
        tracing::info!(sealed = done.sealed, cleared = ?done.cleared, "users that were in clear are sealed");
    }
    if let Some(cause) = &done.left {
        tracing::error!(
            cause,
            "what is sealed now is in the database's files still; the next start tries again"
        );
    }
    if done.strange > 0 {
        let users = done.strange;
        tracing::error!(
            users,
            "users cannot log in: their logins were sealed with the keys of another key folder"
        );
    }
}

fn run(
    settings: &Settings,
    listener: TcpListener,
    all: Routes,
    state: State,
    started: &mpsc::SyncSender<ServerHandle>,
) -> Outcome<()> {
    let writer = state.writer.clone();
    let signing = Arc::new(Signing::default());
    let beside = Beside::of(&settings.keys, state.signer.verifier().name());
    let checkpoints =
        keep_signing(settings.database_url.clone(), state.signer.clone(), beside, Arc::clone(&signing))?;
    let lifetime = Duration::from_secs(u64::from(settings.token_key_days) * 24 * 60 * 60);
    let keys = keep_keys(state.clone(), settings.keys.clone(), lifetime)?;
    let retention = keep_retention(state.clone())?;
    let dated = keep_dated(settings.database_url.clone())?;
    let (told, newest) = watch::channel(0);
    let streams = web::Data::new(Streams::new(newest));
    let telling = keep_telling(&state, settings, told)?;
    let capturing = keep_capturing(&state)?;
    let importing = keep_importing(&state)?;
    let moving = keep_moving(settings.database_url.clone())?;
    let watching = state.replica.clone().map(|replica| keep_watching(settings.database_url.clone(), replica));
    let watching = watching.transpose()?;
    let result = actix_web::rt::System::new().block_on(async {
        let server = server(settings, listener, all, state, (signing, streams))?;
        if settings.signals {
            stop_on_signals(server.handle())?;
        }
        drop(started.send(server.handle()));
        server.await.map_err(|error| Problem::internal(format!("the server ended: {error}")))
    });
    keys.stop();
    retention.stop();
    dated.stop();
    telling.stop();
    capturing.stop();
    importing.stop();
    drop(watching);
    // Every request is answered by now; what is queued still is recorded.
    writer.stop();
    moving.stop();
    checkpoints.stop();
    result
}

/// Ctrl-c and SIGTERM alike let those finish who were let in; a second one ends at once.
fn stop_on_signals(handle: ServerHandle) -> Outcome<()> {
    let failed = |error: std::io::Error| Problem::internal(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    actix_web::rt::spawn(async move {
        let mut is_first = true;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            // The server stops by itself from here; waiting for it would keep a second signal unheard.
            drop(handle.stop(is_first));
            is_first = false;
        }
    });
    Ok(())
}

/// The OpenAPI document of all routes, written once.
fn described(all: &Routes) -> Outcome<Document> {
    let text = serde_json::to_vec(&all.openapi())
        .map_err(|error| Problem::internal(format!("the OpenAPI document: {error}")))?;
    Ok(Document(Bytes::from(text)))
}

fn server(
    settings: &Settings,
    listener: TcpListener,
    all: Routes,
    state: State,
    (signing, streams): (Arc<Signing>, web::Data<Streams>),
) -> Outcome<Server> {
    let marks = Arc::new(Marks { signing: Arc::clone(&signing), is_secure: settings.tls.is_some() });
    let (signing, marked) = (web::Data::from(signing), web::Data::from(Arc::clone(&marks)));
    let metrics = web::Data::new(Metrics::new(state.replica.as_ref())?);
    let copy = state.replica.as_ref().map(Replica::database);
    let wholes = web::Data::new(Wholes::new(&state.database, copy)?);
    let remembered = web::Data::new(Remembered::default());
    let forecasting = web::Data::new(Forecasting::new(settings.presumed_lost_multiple));
    let receivers = web::Data::new(settings.receivers.clone());
    let mailer = web::Data::new(Mailer(post_of(settings)?));
    let document = web::Data::new(described(&all)?);
    let all = Arc::new(all);
    let origins = web::Data::new(Origins(settings.cors_origins.clone()));
    let connections = Connections::new(
        settings.connections,
        settings.connections_per_address,
        state.trusted_proxies.to_vec(),
    );
    actix_web::rt::spawn(Connections::watch(Arc::downgrade(&connections)));
    let closing = web::Data::clone(&streams).into_inner();
    let factory = move || {
        let all = Arc::clone(&all);
        App::new()
            .app_data(state.clone())
            .app_data(metrics.clone())
            .app_data(signing.clone())
            .app_data(marked.clone())
            .app_data(document.clone())
            .app_data(wholes.clone())
            .app_data(forecasting.clone())
            .app_data(remembered.clone())
            .app_data(receivers.clone())
            .app_data(mailer.clone())
            .app_data(streams.clone())
            .app_data(origins.clone())
            .wrap(from_fn(pack))
            .wrap(from_fn(share))
            .wrap(from_fn(observe))
            .wrap(from_fn(attend))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(|config| all.mount(config))
            .default_service(web::to(nowhere))
    };
    let tls = settings.tls.as_ref().map(server_config).transpose()?;
    listen(
        factory,
        Listening { listener, tls, workers: settings.workers, connections, marks, streams: closing },
    )
}
