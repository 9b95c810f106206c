//! How a claim stands, and saying what became of it.

use super::common::Wanted;
use super::overview::claimed;
use super::standing::{Fact, StandingPage, is_recorded};
use super::standing_words::StandingWord;
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::claims::http::{ClaimEdit, claim_change, claim_show};
use crate::core::id::ClaimId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, members, number_or_text};
use crate::pages::form::Form;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::papers::formats::amount;
use crate::totals::{Thing, Things};
use crate::web::{IfMatch, Json, Path, State, value_of};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

async fn page(visitor: &Visitor, state: &State, id: ClaimId) -> Outcome<StandingPage> {
    let view = claim_show(visitor.permit()?, state.clone(), Path(id)).await?.body;
    let known = Wanted::default().with(Thing::Organization, [view.against.0]).read(state).await?;
    let things = Things { events: vec![view.event], ..Things::default() };
    let frame = visitor.frame(StandingWord::Claim).synthetic(shows_made_up(state, things).await?);
    let told = [
        (frame.say(ManagerWord::Against), Some(known.name(&frame, Thing::Organization, view.against.0))),
        (
            frame.say(ManagerWord::Amount),
            Some(amount(frame.language, view.amount.minor, &view.amount.currency)),
        ),
        (frame.say(Word::State), Some(frame.say(claimed(view.state)).to_owned())),
        (frame.say(StandingWord::InWords), view.note.clone()),
    ];
    let may_change = visitor.may::<action::ClaimWrite>().is_some();
    let followers = view.state.followers().iter();
    let followers: Vec<(String, String)> =
        followers.map(|next| (next.word().to_owned(), frame.say(claimed(*next)).to_owned())).collect();
    let is_open = may_change && !followers.is_empty();
    let fields = vec![
        Field::choice("state", frame.say(StandingWord::ClaimNow), "", followers),
        Field::text("on", frame.say(StandingWord::Since), now().day()).kind("date").required(),
        Field::area("note", frame.say(StandingWord::InWords), ""),
    ];
    let form = Fields::new(format!("/manager/claims/{id}"), frame.say(Word::Save), fields);
    let form = form.hidden("revision", view.revision.to_string());
    let link = (format!("/events/{}", view.event), frame.say(StandingWord::Loss).to_owned());
    Ok(StandingPage {
        title: frame.say(StandingWord::Claim).to_owned(),
        back: ("/manager", frame.say(ManagerWord::Title)),
        is_recorded: false,
        facts: told.into_iter().filter_map(|(what, words)| Some(Fact::of(what, words?))).collect(),
        links: vec![link],
        form: is_open.then_some(form),
        nothing: frame.say(StandingWord::ClaimEnded),
        frame,
    })
}

pub(super) async fn claim(
    permit: Permit<action::ClaimRead>,
    visitor: Visitor,
    state: State,
    path: Path<ClaimId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    drop(permit);
    let page = page(&visitor, &state, path.0).await?;
    StandingPage { is_recorded: is_recorded(&request), ..page }.shown()
}

/// What a form says, on the claim as it stood when the form was shown.
async fn changed(permit: Permit<action::ClaimWrite>, state: &State, id: ClaimId, form: &Form) -> Outcome<()> {
    let read: i64 = value_of(&number_or_text(form.get("revision")))?;
    let body: ClaimEdit = value_of(&Value::Object(members(form, &["state", "on", "note"])))?;
    claim_change(permit, state.clone(), Path(id), IfMatch(read), Json(body)).await.map(drop)
}

pub(super) async fn change(
    permit: Permit<action::ClaimWrite>,
    visitor: Visitor,
    state: State,
    path: Path<ClaimId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match changed(permit, &state, path.0, &form).await {
        Ok(()) => see(&format!("/manager/claims/{}?recorded=1", path.0)),
        Err(problem) => page(&visitor, &state, path.0).await?.again(&form, problem),
    }
}
