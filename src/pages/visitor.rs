//! Who looks at a page, and in which language.
//!
//! A page that shows what several rooms answer asks the visitor for the permit of each, by the policy as a request to
//! the interface would; what the role lacks, the page leaves out. Never here: trusting what a browser says of itself
//! further than for the language.

use super::frame::Frame;
use super::words::Said;
use crate::atlas::Language;
use crate::auth::{Grant, Named, Permit, Principal, authorize};
use crate::core::id::SessionId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::events::streams::Streams;
use crate::web::{cookie, held_through, known_caller};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, LOCATION, REFERER,
    REFERRER_POLICY, VARY,
};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The cookie in which a browser keeps the language somebody chose.
pub const LANGUAGE_COOKIE: &str = "relief-language";
/// Nothing from anywhere but this server; scripts make no markup out of text, and the worker's address passes one policy.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types relief";
/// A page may ask for the camera to read a code and for the place of a hand-over, and for nothing else.
const PAGE_PERMISSIONS: &str =
    "camera=(self), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()";

/// Who looks at a page.
pub struct Visitor {
    language: Language,
    caller: Option<(Arc<Principal>, Option<SessionId>)>,
    /// Path and query, to come back to.
    here: String,
    /// Whether it was only asked for, and nothing sent.
    only_looks: bool,
    /// The last entry of the log, where the page is read, before anything was read for it.
    newest: i64,
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = known_caller(&request).await?;
            let caller = caller.map(|caller| (caller.principal, caller.session));
            Ok(Self { caller, ..Self::let_in(&request) })
        })
    }
}

impl Visitor {
    /// Whoever a request was let in as; of others nothing is known but the language.
    pub fn let_in(request: &HttpRequest) -> Self {
        let caller = request.extensions().get::<Grant>().map(|grant| (Arc::clone(grant.principal()), None));
        let (here, only_looks) = (place_of(request).to_owned(), request.method().is_safe());
        let newest = request.app_data::<Data<Streams>>().map_or(0, |streams| streams.newest());
        // What came later than a replica holds is not on a page that is read from it, and is hinted of.
        let newest = held_through(request).map_or(newest, |held| held.min(newest));
        Self { language: language_of(request), caller, here, only_looks, newest }
    }

    /// The same visitor as whoever they just signed in as.
    pub fn signed_in(&self, principal: Principal) -> Self {
        let caller = Some((Arc::new(principal), None));
        let (here, only_looks) = (self.here.clone(), self.only_looks);
        Self { language: self.language, caller, here, only_looks, newest: self.newest }
    }

    /// The language of the page.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Who it is, where somebody is signed in.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.caller.as_ref().map(|(principal, _)| principal)
    }

    /// Path and query of the page; of what a form was sent to, those of the page that the form is on.
    pub fn here(&self) -> &str {
        &self.here
    }

    /// An entry of the log up to which the page shows everything; what comes after it may be new.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Whether a page was only asked for, and nothing sent.
    pub fn only_looks(&self) -> bool {
        self.only_looks
    }

    /// What the visitor may do, as the policy says.
    ///
    /// # Errors
    /// `unauthenticated` where nobody is signed in, `forbidden` where the role may not.
    pub fn permit<A: Named>(&self) -> Outcome<Permit<A>> {
        let Some((principal, session)) = &self.caller else {
            return Err(Problem::new(Code::Unauthenticated, "Sign in to see this page."));
        };
        let grant = authorize(principal, A::ACTION)?.under(*session);
        grant.permit().ok_or_else(|| Problem::internal("a grant is for another action"))
    }

    /// The same where the role may, and nothing where it may not.
    pub fn may<A: Named>(&self) -> Option<Permit<A>> {
        self.permit().ok()
    }

    /// What is around a page, which is called by a phrase.
    pub fn frame(&self, title: impl Said) -> Frame {
        Frame::new(self, title.in_language(self.language).to_owned())
    }
}

/// A filled template as an answer.
///
/// # Errors
/// An internal problem where it cannot be filled.
pub fn shown(template: &impl Template) -> Outcome<HttpResponse> {
    shown_with(StatusCode::OK, template)
}

/// The same under another status: 422 where a form is shown again with what is wrong in it.
///
/// # Errors
/// As [`shown`].
pub fn shown_with(status: StatusCode, template: &impl Template) -> Outcome<HttpResponse> {
    let text = template.render().map_err(|error| Problem::internal(format!("a page: {error}")))?;
    let mut response = HttpResponse::build(status);
    response.content_type("text/html; charset=utf-8");
    response.insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)));
    response.insert_header((
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(PAGE_PERMISSIONS),
    ));
    // Told nothing at all, a browser would send a form as if from nowhere, and nobody could tell whose page it was on.
    response.insert_header((REFERRER_POLICY, HeaderValue::from_static("same-origin")));
    response.insert_header((VARY, HeaderValue::from_static("Accept-Language, Cookie")));
    Ok(response.body(text))
}

/// Sends a browser on: after something was recorded, so that reading the page again records nothing.
///
/// # Errors
/// An internal problem where the path is none.
pub fn see(path: &str) -> Outcome<HttpResponse> {
    let path = HeaderValue::from_str(path).map_err(|error| Problem::internal(format!("a path: {error}")))?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, path)).finish())
}

/// A path of this server and nothing else: whoever makes a link chooses what is behind it.
pub fn own_path(text: &str) -> &str {
    let is_own = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if is_own { text } else { "/" }
}

/// Path and query to come back to. Where a form is sent to may be nowhere to look at; the page that it is on is.
fn place_of(request: &HttpRequest) -> &str {
    if request.method().is_safe() {
        return request.uri().path_and_query().map_or("/", |path| path.as_str());
    }
    let told = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let (Some(from), Some(host)) = (told(REFERER), told(HOST)) else { return "/" };
    let Some((_, from)) = from.split_once("://") else { return "/" };
    let (authority, path) = from.split_at(from.find('/').unwrap_or(from.len()));
    if authority.eq_ignore_ascii_case(host) { own_path(path) } else { "/" }
}

/// The language somebody chose, else the first of those the browser asks for that there is.
fn language_of(request: &HttpRequest) -> Language {
    let chosen = cookie(request, LANGUAGE_COOKIE).and_then(language);
    chosen.unwrap_or_else(|| {
        let asked = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        first_language(asked.unwrap_or_default())
    })
}

/// The language of a code such as `fr` or `zh-Hant`.
pub fn language(code: &str) -> Option<Language> {
    let primary = code.split(['-', '_']).next()?.trim();
    Language::ALL.into_iter().find(|one| one.code().eq_ignore_ascii_case(primary))
}

/// The best of a list such as `fr-CH, en;q=0.8` that there is; English where none is.
pub fn first_language(list: &str) -> Language {
    let mut best = (Language::English, 0.0);
    for one in list.split(',').take(32) {
        let (code, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=").and_then(|text| text.parse().ok()).unwrap_or(0.0);
        if let Some(language) = language(code.trim())
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}
