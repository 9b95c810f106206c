//! Asking for mail: by whoever has a tracking code, and by users for themselves.

use super::post::Post;
use super::read::{MailingView, consignment_of, has_room, is_asked, mailing_own};
use super::rules::{About, DIGEST_DAYS, fault_of_address};
use super::store::{Mailing, MailingAsk, MailingEnd, anybody, destroy, key_of, seal};
use crate::atlas::Language;
use crate::auth::{Permit, action};
use crate::core::check::quoted;
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::id::{ConsignmentId, MailingId, UserId};
use crate::core::page::Page;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::db::Conn;
use crate::outbox::Letters;
use crate::web::{Door, Json, Path, Routes, State, Written, WrittenBody};
use crate::writer::{Actor, Recorded};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json as JsonBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Whether this server sends mail.
pub struct Mailer(pub Option<Post>);

impl Mailer {
    /// Whether it does.
    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses to be asked for what cannot be sent.
    fn check(&self) -> Outcome<()> {
        if self.0.is_some() {
            return Ok(());
        }
        let words = "This server is not set up to send mail. Ask whoever runs it, or look the code up from time to time.";
        Err(Problem::new(Code::WrongState, words))
    }
}

/// Where somebody wants to be written to.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingMail {
    /// An address of mail. It is asked first whether it wants this.
    #[schema(max_length = 254, example = "amina@example.org")]
    pub address: String,
    /// In which language it is written: en, fr, es, ru, zh or ar; en if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "fr")]
    pub language: Option<Language>,
}

/// What a user wants to be written.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailingNew {
    /// `digest` or `alerts`.
    pub about: About,
    /// An address of mail. It is asked first whether it wants this.
    #[schema(max_length = 254, example = "amina@example.org")]
    pub address: String,
    /// Days between two digests, 1 to 31; 7 if left out. Alerts are looked at each day.
    #[serde(default)]
    pub days: Option<i64>,
    /// In which language it is written: en, fr, es, ru, zh or ar; en if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "fr")]
    pub language: Option<Language>,
}

/// What is done next.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MailAsked {
    /// In words.
    pub next: &'static str,
}

/// The same whether or not anything was sent: whoever asks learns nothing of whose address that is.
const NEXT: &str = "If this address was not asked before, a message with a link is on its way to it. Nothing else is sent until \
                    somebody follows that.";

fn checked(address: &str) -> Outcome<String> {
    let address = address.trim();
    match fault_of_address(address) {
        None => Ok(address.to_owned()),
        Some(words) => {
            Err(Problem::field("/address", format!("{} {words}", quoted(address))).coded(Fault::NotAnAddress))
        }
    }
}

/// Somebody to be asked.
struct Wanted {
    actor: Actor,
    about: About,
    consignment: Option<ConsignmentId>,
    user: Option<UserId>,
    days: i64,
    language: Language,
}

/// Asks an address whether it wants this; nothing where it was asked already, or too often.
async fn ask(state: &State, wanted: Wanted, address: String) -> Outcome<Option<Recorded<Arc<Mailing>>>> {
    let vault = state.vault.clone();
    let address_key = key_of(&vault, &address);
    let (consignment, user, key) = (wanted.consignment, wanted.user, address_key.clone());
    let look = move |conn: &mut Conn| {
        let is_again = consignment.map(|one| is_asked(conn, one, &key)).transpose()?.unwrap_or_default();
        Ok(!is_again && has_room(conn, &key, consignment, user)?)
    };
    if !state.database.read_apart(look).await? {
        return Ok(None);
    }
    let id = MailingId(Uuid::now_v7());
    let sealed = state.with_vault(move |vault| seal(vault, id, &address)).await?;
    let Wanted { actor, about, days, language, .. } = wanted;
    let update =
        MailingAsk { actor, id, about, consignment, user, days, address: sealed, address_key, language };
    let recorded = state.writer.record(update).await;
    // Where nobody knows whether it was recorded the key stays: without it a mailing that is there could not be opened.
    if recorded.as_ref().is_err_and(Problem::is_refusal) {
        state.with_vault(move |vault| destroy(vault, id)).await?;
    }
    recorded.map(Some)
}

/// Be written to about a tracking code
///
/// Asks the address first: only who follows the link in that message is written to when something happens, once an hour at
/// most. Each message has a link that ends it.
#[utoipa::path(post, path = "/api/v1/tracking/{code}/mail", tag = "tracking", params(("code" = String, Path)),
    request_body = TrackingMail, responses((status = 202, description = "Taken", body = MailAsked)))]
pub async fn tracking_mail(
    state: State,
    mailer: Data<Mailer>,
    path: Path<String>,
    body: Json<TrackingMail>,
) -> Outcome<HttpResponse> {
    let TrackingMail { address, language } = body.0;
    let language = language.unwrap_or(Language::English);
    Ok(HttpResponse::Accepted().json(ask_tracking(&state, &mailer, &path.0, (&address, language)).await?))
}

/// Asks an address whether it wants to be written to about a tracking code, in a language.
///
/// # Errors
/// `not_found` for the code, `invalid` at `/address`, `wrong_state` where this server sends no mail.
pub async fn ask_tracking(
    state: &State,
    mailer: &Mailer,
    code: &str,
    (address, language): (&str, Language),
) -> Outcome<MailAsked> {
    mailer.check()?;
    let TypedCode::Sound(code) = read_tracking_code(code) else { return Err(Problem::not_found()) };
    let address = checked(address)?;
    let consignment = state.database.read_apart(move |conn| consignment_of(conn, &code)).await?;
    let wanted = Wanted {
        actor: anybody("tracking"),
        about: About::Tracking,
        consignment: Some(consignment),
        user: None,
        days: 1,
        language,
    };
    ask(state, wanted, address).await?;
    Ok(MailAsked { next: NEXT })
}

/// Be written digests or alerts
///
/// With your rights at the moment of writing. The address is asked first.
#[utoipa::path(post, path = "/api/v1/mailings", tag = "webhooks", request_body = MailingNew,
    responses((status = 202, description = "Taken", body = MailAsked)))]
pub async fn mailing_ask(
    permit: Permit<action::WebhookWrite>,
    state: State,
    mailer: Data<Mailer>,
    body: Json<MailingNew>,
) -> Outcome<HttpResponse> {
    let MailingNew { about, address, days, language } = body.0;
    if about == About::Tracking {
        let words = "is asked for with the code: POST /api/v1/tracking/{code}/mail. Write digest or alerts";
        return Err(Problem::field("/about", format!("\"tracking\" {words}")));
    }
    let days = days.unwrap_or(if about == About::Digest { 7 } else { 1 });
    if !DIGEST_DAYS.contains(&days) {
        let problem = Problem::field("/days", format!("{days} is no such number of days; write 1 to 31"));
        return Err(problem.outside(days, &DIGEST_DAYS));
    }
    let address = checked(&address)?;
    mailer.check()?;
    let user = Some(permit.principal().user);
    let language = language.unwrap_or(Language::English);
    ask(&state, Wanted { actor: permit.actor(), about, consignment: None, user, days, language }, address)
        .await?;
    Ok(HttpResponse::Accepted().json(MailAsked { next: NEXT }))
}

/// List your mailings
///
/// All at once, as there are ten at most, without their addresses.
#[utoipa::path(get, path = "/api/v1/mailings", tag = "webhooks",
    responses((status = 200, description = "Your mailings", body = Page<MailingView>)))]
pub async fn mailing_index(
    permit: Permit<action::WebhookRead>,
    state: State,
) -> Outcome<JsonBody<Page<MailingView>>> {
    let items = state.read(move |conn| mailing_own(conn, &permit)).await?;
    Ok(JsonBody(Page { items, next: None }))
}

/// End one of your mailings
///
/// Nothing more is sent, and the address is forgotten.
#[utoipa::path(delete, path = "/api/v1/mailings/{id}", tag = "webhooks", params(("id" = MailingId, Path)),
    responses((status = 200, description = "It has ended", body = WrittenBody<MailingView>)))]
pub async fn mailing_end(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<MailingId>,
) -> Outcome<Written<MailingView>> {
    let id = id.0;
    let end = MailingEnd { actor: permit.actor(), id, of: Some(permit.principal().user) };
    let Recorded { answer, leaf } = state.writer.record(end).await?;
    state.with_vault(move |vault| destroy(vault, id)).await?;
    Ok(Written::changed(Recorded { answer: MailingView::of(&answer, Letters::default())?, leaf }))
}

/// The routes of this room that are asked by programs.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Questions, __path_tracking_mail, tracking_mail);
    routes.add(__path_mailing_ask, mailing_ask);
    routes.add(__path_mailing_index, mailing_index);
    routes.add(__path_mailing_end, mailing_end);
    super::http_letters::routes(routes);
    super::http_links::routes(routes);
}
