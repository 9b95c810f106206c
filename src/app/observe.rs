//! What happens around every request: an id, one line of log, figures, and headers that keep browsers safe.
//!
//! A log line names the route, never the path that was asked for: paths and query strings carry codes and
//! identifiers of people. Addresses, names and tokens are not logged either.

use super::checkpoints::Signing;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Replica, Standing};
use crate::web::State;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::sync::Arc;
use std::time::Instant;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// Bounds of the buckets of answering times, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Methods that are counted under their own name; strangers invent others without end.
const METHODS: [&str; 7] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
/// For everything but Swagger UI: no script, nothing from anywhere.
const POLICY_STRICT: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Swagger UI runs the scripts it comes with and calls this server.
const POLICY_DOCS: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What may be asked of a person where a page does not say so itself: nothing.
const NO_PERMISSIONS: &str =
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()";

/// What stands for the route of a request that has none.
const UNMATCHED: &str = "unmatched";

/// The route of a request. It is looked for once: for each look all routes are gone through.
struct Matched(String);

/// A browser that came over TLS once comes no other way for a year.
const SECURE_ONLY: &str = "max-age=31536000";

/// Figures of this process.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    queue: IntGauge,
    sequence: IntGauge,
    login_failures: IntGauge,
    in_doubt: IntGauge,
    streams: IntGauge,
    replica: ReplicaFigures,
}

/// Figures of a replica; they are there where one is.
#[derive(Clone)]
struct ReplicaFigures {
    age: Gauge,
    serving: IntGauge,
    database_gone: IntGauge,
    requests: IntGaugeVec,
}

impl ReplicaFigures {
    fn new() -> prometheus::Result<Self> {
        Ok(Self {
            age: Gauge::new(
                "relief_replica_age_seconds",
                "How old what the replica holds is at most; NaN before it is known.",
            )?,
            serving: IntGauge::new(
                "relief_replica_serving",
                "1 where the replica is read, 0 where reads go to the database itself.",
            )?,
            database_gone: IntGauge::new(
                "relief_database_gone",
                "1 where the database itself has not answered for two seconds.",
            )?,
            requests: IntGaugeVec::new(
                Opts::new(
                    "relief_replica_requests",
                    "Requests since the start that may be answered from the replica, by where they went.",
                ),
                &["to"],
            )?,
        })
    }

    fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.age.clone()))?;
        registry.register(Box::new(self.serving.clone()))?;
        registry.register(Box::new(self.database_gone.clone()))?;
        registry.register(Box::new(self.requests.clone()))
    }

    fn set(&self, replica: &Replica) {
        self.age.set(replica.age().map_or(f64::NAN, |age| age.as_secs_f64()));
        self.serving.set(i64::from(replica.standing() == Standing::Serving));
        self.database_gone.set(i64::from(replica.is_alone()));
        let (served, diverted) = replica.counts();
        for (to, count) in [("replica", served), ("database", diverted)] {
            self.requests.with_label_values(&[to]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

impl Metrics {
    /// All figures at nought, with those of a replica where there is one.
    ///
    /// # Errors
    /// An internal problem where two figures have one name.
    pub fn new(replica: Option<&Replica>) -> Outcome<Self> {
        Self::registered(replica.is_some()).map_err(|error| Problem::internal(format!("metrics: {error}")))
    }

    fn registered(has_replica: bool) -> prometheus::Result<Self> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("relief_requests_total", "Requests answered, by route and status."),
                &["method", "route", "status"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new("relief_request_seconds", "Time to answer, by route.")
                    .buckets(SECONDS.to_vec()),
                &["method", "route"],
            )?,
            queue: IntGauge::new("relief_queue_depth", "Updates waiting for the writer.")?,
            sequence: IntGauge::new(
                "relief_ledger_sequence",
                "The last committed entry of the ledger, whoever wrote it.",
            )?,
            login_failures: IntGauge::new("relief_login_failures", "Logins refused since the start.")?,
            in_doubt: IntGauge::new(
                "relief_in_doubt",
                "1 where the log is not signed any more or the record was found edited.",
            )?,
            streams: IntGauge::new("relief_streams", "Programs and browsers that follow what is recorded.")?,
            replica: ReplicaFigures::new()?,
        };
        if has_replica {
            metrics.replica.register(&metrics.registry)?;
        }
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.queue.clone()))?;
        metrics.registry.register(Box::new(metrics.sequence.clone()))?;
        metrics.registry.register(Box::new(metrics.login_failures.clone()))?;
        metrics.registry.register(Box::new(metrics.in_doubt.clone()))?;
        metrics.registry.register(Box::new(metrics.streams.clone()))?;
        Ok(metrics)
    }

    /// Notes how many streams are open.
    pub fn note_streams(&self, count: usize) {
        self.streams.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// All figures as text; `last` is the ledger's last entry, `in_doubt` whether what is served is believed.
    ///
    /// # Errors
    /// An internal problem where they cannot be written.
    pub fn text(&self, state: &State, last: i64, in_doubt: bool) -> Outcome<Vec<u8>> {
        self.queue.set(i64::try_from(state.writer.depth()).unwrap_or(i64::MAX));
        self.sequence.set(last);
        self.login_failures.set(i64::try_from(state.auth.failures()).unwrap_or(i64::MAX));
        self.in_doubt.set(i64::from(in_doubt));
        if let Some(replica) = &state.replica {
            self.replica.set(replica);
        }
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .map_err(|error| Problem::internal(format!("metrics: {error}")))?;
        Ok(text)
    }

    fn count(&self, method: &str, route: &str, status: u16, began: Instant) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.seconds.with_label_values(&[method, route]).observe(began.elapsed().as_secs_f64());
    }
}

/// The header that says what is in doubt.
const DOUBT: &str = "relief-doubt";

/// What stands on every answer, whoever writes it.
pub struct Marks {
    /// What is in doubt.
    pub signing: Arc<Signing>,
    /// Whether this server speaks TLS itself. Where a proxy does, it is the proxy's to say so.
    pub is_secure: bool,
}

impl Marks {
    /// Puts them there; the documentation's pages run the scripts they come with.
    pub fn put(&self, headers: &mut HeaderMap, id: Option<&str>, is_docs: bool) {
        if let Some(id) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        if let Some(reason) = self.signing.doubt() {
            // On every answer: whoever keeps a figure keeps with it that somebody must look first.
            headers.insert(HeaderName::from_static(DOUBT), HeaderValue::from_static(reason.word()));
        }
        protect(headers, is_docs);
        if self.is_secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(SECURE_ONLY));
        }
    }
}

/// Counts a request, gives its answer the id and the headers.
///
/// # Errors
/// What the service inside says.
pub async fn observe(
    metrics: web::Data<Metrics>,
    marks: web::Data<Marks>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = request.method().to_string();
    let is_docs = request.path().starts_with("/docs");
    let id = request.extensions().get::<RequestId>().copied();
    let mut response = next.call(request).await?;
    let route = response.request().extensions_mut().remove::<Matched>();
    let route = route.as_ref().map_or(UNMATCHED, |matched| &matched.0);
    metrics.count(&method, route, response.status().as_u16(), began);
    let id = id.map(|id| id.to_string());
    marks.put(response.headers_mut(), id.as_deref(), is_docs);
    Ok(response)
}

fn protect(headers: &mut HeaderMap, is_docs: bool) {
    let policy = if is_docs { POLICY_DOCS } else { POLICY_STRICT };
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        // What somebody sent in brings a stricter one of its own.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::REFERRER_POLICY) {
        // A page with forms says less strictly whom its browser tells where it came from: this server alone.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    let permissions = HeaderName::from_static("permissions-policy");
    if !headers.contains_key(&permissions) {
        // A page that may ask for the camera says so itself.
        headers.insert(permissions, HeaderValue::from_static(NO_PERMISSIONS));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // What is asked of a ledger changes and is not for everyone: nothing on the way keeps it.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The span of a request: its id, method and route, later its status.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let route = request.match_pattern();
        let shown = route.as_deref().unwrap_or(UNMATCHED);
        let span = tracing::info_span!(
            "request", request_id = %id, method = %request.method(), route = %shown, status = tracing::field::Empty
        );
        if let Some(route) = route {
            request.extensions_mut().insert(Matched(route));
        }
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status().as_u16(),
            Err(error) => error.as_response_error().status_code().as_u16(),
        };
        span.record("status", status);
        span.in_scope(|| tracing::info!("answered"));
    }
}
