//! The server below, put together here: its own builder lets nobody stand between it and a caller's stream, which
//! `answers` must. Never here: what is answered.

use super::answers::Caller;
use super::connections::{Connections, DISCONNECT_WAIT, HANDSHAKE_WAIT, HEAD_WAIT, KEEP_ALIVE};
use super::observe::Marks;
use crate::core::problem::{Outcome, Problem};
use crate::events::streams::Streams;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Request};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server, Service, ServiceFactory, ServiceResponse};
use rustls::ServerConfig;
use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// How long requests may take to finish after the server was told to stop, in seconds.
const STOP_WAIT_SECONDS: u64 = 20;
/// Connections above those allowed that are taken in order to end another instead, or themselves.
const CONNECTIONS_TO_SPARE: usize = 256;
/// What the server below calls what it serves, in its own log.
const NAME: &str = "relief";

/// Where is listened, and in what way.
pub(super) struct Listening {
    /// Where callers come.
    pub(super) listener: TcpListener,
    /// How TLS is spoken, if it is.
    pub(super) tls: Option<ServerConfig>,
    /// How many threads answer; as many as there are processors if not said.
    pub(super) workers: Option<usize>,
    /// Who is here.
    pub(super) connections: Arc<Connections>,
    /// What stands on every answer.
    pub(super) marks: Arc<Marks>,
    /// What goes on for as long as it is listened to, and must end before the server can.
    pub(super) streams: Arc<Streams>,
}

/// What is around the requests of each connection.
#[derive(Clone)]
struct Around {
    connections: Arc<Connections>,
    marks: Arc<Marks>,
    stopping: GracefulShutdownSignal,
}

/// A stream that is a socket in the end.
trait Socket: AsyncRead + AsyncWrite + Unpin + 'static {
    fn socket(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A server that answers with what `app` makes.
///
/// # Errors
/// An internal problem where the listener cannot be used.
pub(super) fn listen<F, I, S, B>(app: F, listening: Listening) -> Outcome<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::InitError: Debug,
    B: MessageBody + 'static,
{
    let Listening { listener, tls, workers, connections, marks, streams } = listening;
    // More are never taken by the server below, which stops accepting; these few are for ending others.
    let taken = connections.limit().saturating_add(CONNECTIONS_TO_SPARE);
    // The server below takes no further connection while so many agree on TLS: a few hundred that say nothing would
    // keep everybody out. With as many as there may be at all, only that limit holds.
    max_concurrent_tls_connect(taken);
    let mut builder = Server::build()
        .shutdown_timeout(STOP_WAIT_SECONDS)
        .max_concurrent_connections(taken)
        .disable_signals();
    if let Some(workers) = workers {
        builder = builder.workers(workers.max(1));
    }
    let stopping = builder.graceful_shutdown_signal();
    actix_web::rt::spawn(async move {
        stopping.notified().await;
        streams.close();
    });
    let around = Around { connections, marks, stopping: builder.graceful_shutdown_signal() };
    let builder = match tls {
        None => builder.listen(NAME, listener, move || serve::<TcpStream, _, _, _>(app(), around.clone())),
        Some(config) => {
            builder.listen(NAME, listener, move || serve_secure(app(), around.clone(), config.clone()))
        }
    };
    Ok(builder.map_err(|error| Problem::internal(error.to_string()))?.run())
}

/// Serves streams that agree on TLS.
fn serve_secure<I, S, B>(
    app: I,
    around: Around,
    config: ServerConfig,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (),
    Error = TlsError<io::Error, DispatchError>,
    InitError = (),
>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::InitError: Debug,
    B: MessageBody + 'static,
{
    let mut acceptor = Acceptor::new(config);
    acceptor.set_handshake_timeout(HANDSHAKE_WAIT);
    acceptor
        .map_err(TlsError::into_service_error)
        .and_then(serve::<TlsStream<TcpStream>, _, _, _>(app, around).map_err(TlsError::Service))
}

/// Serves one kind of stream.
fn serve<T, I, S, B>(
    app: I,
    around: Around,
) -> impl ServiceFactory<T, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: Socket,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::InitError: Debug,
    B: MessageBody + 'static,
{
    let Around { connections, marks, stopping } = around;
    let app = app.into_factory().map_err(|error| error.error_response());
    let http = HttpService::<Caller<T>, _, B>::build()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_WAIT)
        .client_disconnect_timeout(DISCONNECT_WAIT)
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .on_connect_ext(|caller: &Caller<T>, extensions: &mut Extensions| {
            extensions.insert(caller.connection());
        })
        .h1(map_config(app, |()| AppConfig::default()));
    apply_fn_factory::<_, _, _, _, T, (Caller<T>, Option<SocketAddr>), (), DispatchError>(
        http,
        move |stream: T, http| {
            let from = stream.socket().peer_addr().ok();
            let served = connections.arrive(stream.socket()).map(|connection| {
                let caller = Caller::new(stream, connection);
                (http.call((caller.clone(), from)), caller)
            });
            let marks = Arc::clone(&marks);
            async move {
                match served {
                    Some((serving, caller)) => caller.until_done(serving, marks).await,
                    None => Ok(()),
                }
            }
        },
    )
}
