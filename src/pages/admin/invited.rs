//! Setting a password by an invitation that somebody was handed. It is typed or pasted, and stands in no address, since
//! addresses are kept by browsers and logged on the way.

use super::{AdminPage, AdminWord};
use crate::core::problem::{Code, Outcome, Problem};
use crate::pages::fields::{Field, Fields};
use crate::pages::form::Form;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::users::invitation::invitation_accept;
use crate::web::{Door, Json, Routes, State, check_own_origin, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

/// Where an invitation is used.
pub const PATH: &str = "/invitation";

fn page(visitor: &Visitor) -> AdminPage {
    let page = AdminPage::new(visitor, AdminWord::SetPassword).lead(AdminWord::SetPasswordLead);
    let frame = &page.frame;
    let list = vec![
        Field::text("token", frame.say(AdminWord::Invitation), "").required(),
        Field::text("second_half", frame.say(AdminWord::SecondHalf), "")
            .hint(frame.say(AdminWord::SecondHalfHint)),
        Field::text("password", frame.say(Word::Password), "").kind("password").required(),
    ];
    let form = Fields::new(PATH, frame.say(AdminWord::SetPassword), list);
    page.form(AdminWord::SetPassword, form)
}

async fn invitation_page(visitor: Visitor) -> Outcome<HttpResponse> {
    page(&visitor).shown()
}

async fn accepted(state: State, form: &Form) -> Outcome<()> {
    let body = json!({
        "token": form.get("token"),
        "second_half": form.given("second_half"),
        "password": form.raw("password"),
    });
    invitation_accept(state, Json(value_of(&body)?)).await.map(drop)
}

async fn invitation_send(
    visitor: Visitor,
    state: State,
    request: HttpRequest,
    form: Form,
) -> Outcome<HttpResponse> {
    check_own_origin(&request)?;
    match accepted(state, &form).await {
        Ok(()) => see("/sign-in"),
        // Whoever has no such invitation is a stranger still, and is told at the field; nobody is sent to sign in.
        Err(problem) if problem.code == Code::Unauthenticated => {
            let told = Problem::field("/token", problem.detail);
            page(&visitor).again(&form, told)
        }
        Err(problem) => page(&visitor).again(&form, problem),
    }
}

/// The routes of invitations.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, PATH, invitation_page);
    routes.page_throttled((refuse, Door::Logins), Method::POST, PATH, invitation_send);
}
