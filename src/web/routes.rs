//! Declaring routes: once, with the action out of the handler's own signature and the path out of its
//! own documentation, so that routes, policy and OpenAPI cannot say different things.

use super::guard::{self as doors, Allowed, Door};
use super::origin::SESSION_COOKIE;
use super::problem::{ProblemBody, method_not_allowed};
use super::reads;
use crate::auth::{Action, POLICY};
use crate::core::problem::{Fault, FieldError, Problem};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Responder, ResponseError, Route, guard, web,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::path::{HttpMethod, Operation, Parameter};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref,
    RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

/// What strangers may call: all of it. A public route that is not here stops the server from starting.
pub const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/static/{digest}/{name}"),
    ("GET", "/worker.js"),
    ("GET", "/manifest.webmanifest"),
    ("GET", "/language"),
    ("GET", "/live"),
    ("GET", "/confirm/{token}"),
    ("POST", "/confirm/{token}"),
    ("GET", "/map"),
    ("GET", "/map/{country}"),
    ("GET", "/track"),
    ("GET", "/track/{code}"),
    ("POST", "/track/{code}/mail"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/invitation"),
    ("POST", "/invitation"),
    ("GET", "/docs"),
    ("GET", "/docs/{file:.*}"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/relief-log.vkey"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/first-admin"),
    ("POST", "/api/v1/auth/outside"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/invitations/accept"),
    ("GET", "/api/v1/tracking/{code}"),
    ("POST", "/api/v1/tracking/{code}/mail"),
    ("GET", "/mail/{id}/{token}"),
    ("POST", "/api/v1/mail/{id}/{token}/confirm"),
    ("POST", "/api/v1/mail/{id}/{token}/end"),
    ("GET", "/api/v1/pledge-links/{code}"),
    ("GET", "/api/v1/pledge-links/{code}/trace"),
    ("GET", "/pledge-links/{code}"),
    ("GET", "/pledge-links/{code}/report"),
    ("GET", "/pledge-links/{code}/report.xlsx"),
    ("GET", "/proofs/{index}"),
    ("GET", "/api/v1/highlights"),
    ("GET", "/api/v1/public/needs"),
    ("GET", "/api/v1/public/do-not-send"),
    ("GET", "/api/v1/audit/checkpoint"),
    ("GET", "/api/v1/audit/tile/{level}/{tile}"),
    ("GET", "/api/v1/audit/proof/{index}"),
    ("GET", "/api/v1/audit/consistency"),
];

/// How a parameter ends that takes the rest of a path, slashes too; the documentation leaves it out.
const REST: &str = ":.*}";

/// What `#[utoipa::path]` makes of a handler: the type `__path_` and the handler's name.
pub trait Documentation: utoipa::Path + SchemaReferences + Tags<'static> {}

impl<D: utoipa::Path + SchemaReferences + Tags<'static>> Documentation for D {}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever the policy lets do this.
    Action(Action),
    /// Everyone.
    Public,
    /// Everyone, but not too often.
    Throttled(Door),
    /// As `Action`, for a page: whoever is refused is told so by a page.
    Page(Action),
}

pub(super) type Mount = Arc<dyn Fn() -> Route + Send + Sync>;

pub(super) struct Endpoint {
    pub(super) method: Method,
    /// As it is documented.
    pub(super) path: String,
    /// As it is routed: a last parameter may take all that is left.
    pub(super) pattern: String,
    pub(super) access: Access,
    pub(super) operation: Option<Operation>,
    pub(super) mount: Mount,
    /// How it is refused, where it is a page.
    pub(super) refuse: Option<Refuse>,
}

/// All routes of the server.
#[derive(Default)]
pub struct Routes {
    pub(super) endpoints: Vec<Endpoint>,
    inside: Vec<Action>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Routes {
    /// Declares a route whose handler takes a permit: pass the handler and its documentation, which
    /// `#[utoipa::path]` names `__path_` and the handler's name.
    pub fn add<D, F, Args>(&mut self, _documentation: D, handler: F)
    where
        D: Documentation,
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + Allowed + 'static,
        F::Output: Responder + 'static,
    {
        self.declare::<D, F, Args>(Access::Action(Args::ACTION), handler);
    }

    /// Says that a handler asks for an action by itself, by what stands in a body or a row.
    pub fn asks(&mut self, action: Action) {
        self.inside.push(action);
    }

    /// Declares a route for everyone; it must stand in [`PUBLIC`].
    pub fn public<D, F, Args>(&mut self, _documentation: D, handler: F)
    where
        D: Documentation,
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.declare::<D, F, Args>(Access::Public, handler);
    }

    /// As [`Routes::public`], but each address is slowed down at its door.
    pub fn public_throttled<D, F, Args>(&mut self, door: Door, _documentation: D, handler: F)
    where
        D: Documentation,
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.declare::<D, F, Args>(Access::Throttled(door), handler);
    }

    fn declare<D, F, Args>(&mut self, access: Access, handler: F)
    where
        D: Documentation,
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        D::schemas(&mut self.schemas);
        let mut operation = D::operation();
        // The macro keeps an operation's tags beside it, for a list of paths that this is instead of.
        operation.tags = Some(D::tags().into_iter().map(str::to_owned).collect());
        for method in D::methods() {
            let method = http_method(&method);
            self.endpoints.push(Endpoint {
                mount: mount(method.clone(), (access, None), handler.clone()),
                method,
                path: D::path().replace(REST, "}"),
                pattern: D::path(),
                access,
                operation: Some(operation.clone()),
                refuse: None,
            });
        }
    }

    /// Method, path and access of every route.
    pub fn declared(&self) -> impl Iterator<Item = (&Method, &str, Access)> {
        self.endpoints.iter().map(|endpoint| (&endpoint.method, endpoint.path.as_str(), endpoint.access))
    }

    /// Says what does not fit together; the server starts only if nothing.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        let mut operations = BTreeSet::new();
        for endpoint in &self.endpoints {
            let (method, path) = (endpoint.method.as_str(), endpoint.path.as_str());
            if !seen.insert((method, path)) {
                faults.push(format!("{method} {path} is declared twice"));
            }
            let is_listed = PUBLIC.contains(&(method, path));
            match endpoint.access {
                Access::Action(_) | Access::Page(_) if is_listed => {
                    faults.push(format!("{method} {path} is listed as public but wants a permit"));
                }
                Access::Action(action) | Access::Page(action)
                    if !POLICY.iter().any(|rule| rule.action == action) =>
                {
                    faults.push(format!("{method} {path}: the policy lets nobody do {}", action.word()));
                }
                Access::Public | Access::Throttled(_) if !is_listed => {
                    faults.push(format!("{method} {path} is public but not in the list of public routes"));
                }
                Access::Action(_) | Access::Page(_) | Access::Public | Access::Throttled(_) => {}
            }
            let operation =
                endpoint.operation.as_ref().and_then(|operation| operation.operation_id.as_deref());
            if let Some(operation) = operation
                && !operations.insert(operation)
            {
                faults.push(format!("{method} {path}: another route is documented as {operation} too"));
            }
        }
        for action in Action::ALL {
            if !POLICY.iter().any(|rule| rule.action == *action) {
                faults.push(format!("the policy lets nobody do {}", action.word()));
            }
        }
        faults
    }

    /// Says what is allowed and never asked for: a line of the policy that no route and no handler asks for, and a
    /// public route that is not there. The server starts only if nothing.
    pub fn gaps(&self) -> Vec<String> {
        let is_asked = |action: &Action| {
            let by_route = |endpoint: &Endpoint| endpoint.access == Access::Action(*action);
            self.inside.contains(action) || self.endpoints.iter().any(by_route)
        };
        let is_there = |method: &str, path: &str| {
            self.endpoints.iter().any(|one| one.method.as_str() == method && one.path == path)
        };
        let unasked = Action::ALL.iter().filter(|action| !is_asked(action));
        let unasked = unasked.map(|action| format!("nothing asks for {}", action.word()));
        let missing = PUBLIC.iter().filter(|(method, path)| !is_there(method, path));
        let missing =
            missing.map(|(method, path)| format!("{method} {path} is listed as public and is not there"));
        unasked.chain(missing).collect()
    }

    /// Puts the routes into a server.
    pub fn mount(&self, config: &mut web::ServiceConfig) {
        // In this order a literal segment comes before a parameter in its place: `{` sorts last.
        let mut by_path: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
        for endpoint in &self.endpoints {
            by_path.entry(&endpoint.pattern).or_default().push(endpoint);
        }
        for (path, endpoints) in by_path {
            let mut methods: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.method.as_str()).collect();
            if methods.contains(&"GET") {
                methods.push("HEAD");
            }
            let allowed = methods.join(", ");
            let page = endpoints.iter().find_map(|endpoint| endpoint.refuse);
            let refuse = move |request: HttpRequest| method_not_allowed(request, allowed.clone(), page);
            let mut resource = web::resource(path).default_service(web::to(refuse));
            for endpoint in endpoints {
                resource = resource.route((endpoint.mount)());
            }
            config.service(resource);
        }
    }

    /// The OpenAPI 3.1 document of all routes.
    pub fn openapi(&self) -> OpenApi {
        let mut paths = PathsBuilder::new();
        for endpoint in &self.endpoints {
            if let Some(operation) = &endpoint.operation {
                let operation = completed(operation.clone(), endpoint.access);
                let operation = reads::described(operation, &endpoint.method, endpoint.access);
                paths =
                    paths.path(&endpoint.path, PathItem::new(openapi_method(&endpoint.method), operation));
            }
        }
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(
            Some("The access token of POST /api/v1/auth/login, good for ten minutes, or a machine's key."),
        );
        let cookie = ApiKeyValue::with_description(
            SESSION_COOKIE,
            "A browser's session, by a login with `cookie: true`. With an Authorization header it does not count; \
             changes are taken from pages of this server only.",
        );
        let mut components = ComponentsBuilder::new()
            .schema("Problem", ProblemBody::schema())
            .schema(Fault::name(), Fault::schema())
            .schema(FieldError::name(), FieldError::schema())
            .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
            .security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        for (name, schema) in &self.schemas {
            components = components.schema(name, schema.clone());
        }
        let info = InfoBuilder::new()
            .title("ReliefLedger")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some("Where donated supplies are, whom they reached, and whether it adds up."));
        OpenApiBuilder::new()
            .info(info.build())
            .paths(paths.build())
            .components(Some(components.build()))
            .build()
    }
}

/// How a page says a refusal.
pub type Refuse = fn(&HttpRequest, &Problem) -> HttpResponse;

/// Makes the route's service, with whoever guards it in front.
pub(super) fn mount<F, Args>(method: Method, guarded_by: (Access, Option<Refuse>), handler: F) -> Mount
where
    F: Handler<Args> + Send + Sync,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Arc::new(move || {
        let guarded =
            move |request: ServiceRequest, next: Next<BoxBody>| guard_route(guarded_by, request, next);
        // Who asks for the head of an answer gets that of the whole one; the server leaves the body out.
        let route = match method {
            Method::GET => Route::new().guard(guard::Any(guard::Get()).or(guard::Head())),
            _ => Route::new().method(method.clone()),
        };
        route.to(handler.clone()).wrap(from_fn(guarded))
    })
}

async fn guard_route(
    (access, refuse): (Access, Option<Refuse>),
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let admitted = match access {
        Access::Action(action) | Access::Page(action) => doors::admit(&request, action).await,
        Access::Public => Ok(()),
        Access::Throttled(door) => doors::throttle(&request, door),
    };
    if let Err(problem) = admitted.and_then(|()| reads::choose(&request, access)) {
        let refusal = match refuse {
            Some(refuse) => refuse(request.request(), &problem),
            None => problem.error_response(),
        };
        return Ok(request.into_response(refusal));
    }
    let response = next.call(request).await?;
    // A page's handler refuses as any does, and what it refuses is said as a page.
    let refused = refuse.zip(response.response().error().and_then(|error| error.as_error::<Problem>()));
    match refused.map(|(refuse, problem)| refuse(response.request(), problem)) {
        Some(page) => Ok(response.into_response(page)),
        None => Ok(response),
    }
}

/// Adds to an operation what every route has: who may call it, and how it refuses.
fn completed(mut operation: Operation, access: Access) -> Operation {
    let mut refusals = vec![("400", "The request could not be read"), ("422", "A field is not valid")];
    match access {
        Access::Action(action) => {
            operation.security = Some(either_credential());
            let may: Vec<&str> =
                POLICY.iter().filter(|rule| rule.action == action).map(|rule| rule.role.word()).collect();
            let line = format!("Needs {}: {}.", action.word(), may.join(", "));
            operation.description = Some(match operation.description.take() {
                Some(description) => format!("{description}\n\n{line}"),
                None => line,
            });
            refusals.extend([
                ("401", "No or no valid token"),
                ("403", "Your role does not allow this"),
                ("404", "Missing, or not for you"),
            ]);
        }
        Access::Page(_) | Access::Throttled(_) | Access::Public => {}
    }
    refusals.extend(too_many(access));
    if operation.request_body.is_some() {
        refusals.extend([
            ("408", "The body came too slowly"),
            ("413", "The body is too large"),
            ("415", "The body is no JSON in UTF-8"),
        ]);
        if matches!(access, Access::Action(_)) {
            refusals.push(("409", "It contradicts what is there; the code says how"));
        }
    }
    let is_if_match = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.name == "If-Match",
        RefOr::Ref(_) => false,
    };
    let is_edit = operation.parameters.iter().flatten().any(is_if_match);
    if is_edit {
        refusals.extend([("412", "It was changed since you read it"), ("428", "If-Match is missing")]);
    }
    refusals.extend([
        ("500", "A fault of ours; the request id is in the answer"),
        ("503", "Busy; try again after Retry-After"),
    ]);
    for (status, words) in refusals {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(words).content("application/problem+json", content);
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(response.build()));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
            && response.content.is_empty()
        {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            response.content.insert("application/problem+json".to_owned(), content.into());
        }
    }
    operation
}

/// The refusal of whoever asks too often, where anybody can.
fn too_many(access: Access) -> Option<(&'static str, &'static str)> {
    match access {
        Access::Action(action) => {
            doors::Expense::of(action).map(|_| ("429", "Too many requests of this kind from you"))
        }
        Access::Throttled(_) => Some(("429", "Too many requests from your address")),
        Access::Page(_) | Access::Public => None,
    }
}

/// A token or a cookie: either will do.
fn either_credential() -> Vec<SecurityRequirement> {
    ["bearer", "cookie"].map(|name| SecurityRequirement::new(name, Vec::<String>::new())).to_vec()
}

fn http_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

fn openapi_method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        "OPTIONS" => HttpMethod::Options,
        "HEAD" => HttpMethod::Head,
        "PATCH" => HttpMethod::Patch,
        "TRACE" => HttpMethod::Trace,
        _ => HttpMethod::Get,
    }
}
