//! A need as it stands, and saying that it is met, withdrawn or open again.

use super::common::Wanted;
use super::overview::place;
use super::standing::{Fact, StandingPage, is_recorded};
use super::standing_words::StandingWord;
use super::words::ManagerWord;
use crate::auth::{Permit, action};
use crate::core::id::NeedId;
use crate::core::problem::Outcome;
use crate::needs::http::{need_change, need_show};
use crate::needs::{NeedEdit, NeedState};
use crate::pages::fields::{Field, Fields, members, number_or_text};
use crate::pages::form::Form;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::totals::{Thing, Things};
use crate::web::{IfMatch, Json, MomentQuery, Path, Query, State, value_of};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

/// How a need stands, in words.
fn stands(state: NeedState) -> StandingWord {
    match state {
        NeedState::Open => StandingWord::NeedOpen,
        NeedState::Closed => StandingWord::NeedClosed,
        NeedState::Withdrawn => StandingWord::NeedWithdrawn,
    }
}

async fn page(visitor: &Visitor, state: &State, id: NeedId) -> Outcome<StandingPage> {
    let moment = MomentQuery { as_of: None, known_at: None };
    let view = need_show(visitor.permit()?, state.clone(), Path(id), Query(moment)).await?.body.row.need;
    let known = Wanted::default()
        .with(Thing::Item, [view.item.0])
        .with(Thing::Site, view.site.map(|site| site.0))
        .read(state)
        .await?;
    let things = Things { programmes: vec![view.programme], ..Things::default() };
    let frame = visitor.frame(StandingWord::Need).synthetic(shows_made_up(state, things).await?);
    let yes = if view.circulated { StandingWord::Yes } else { StandingWord::No };
    let at = place(&frame, &view.country, view.area.as_deref());
    let told = [
        (frame.say(Word::Item), Some(known.name(&frame, Thing::Item, view.item.0))),
        (frame.say(Word::Quantity), Some(frame.number(view.quantity))),
        (frame.say(Word::Area), Some(at)),
        (frame.say(Word::Site), view.site.map(|site| known.name(&frame, Thing::Site, site.0))),
        (frame.say(ManagerWord::NeededBy), Some(frame.day(&view.needed_by))),
        (frame.say(ManagerWord::StatedBy), Some(view.source.clone())),
        (frame.say(StandingWord::Public), Some(frame.say(yes).to_owned())),
        (frame.say(Word::State), Some(frame.say(stands(view.state)).to_owned())),
        (frame.say(ManagerWord::Reason), view.reason.clone()),
    ];
    let others = NeedState::ALL.into_iter().filter(|other| *other != view.state);
    let others = others.map(|other| (other.word().to_owned(), frame.say(stands(other)).to_owned()));
    let fields = vec![
        Field::choice("state", frame.say(StandingWord::NeedNow), "", others),
        Field::area("reason", frame.say(ManagerWord::Why), "").required(),
    ];
    let form = Fields::new(format!("/needs/{id}"), frame.say(Word::Save), fields);
    let form = form.hidden("revision", view.revision.to_string());
    Ok(StandingPage {
        title: frame.say(StandingWord::Need).to_owned(),
        back: ("/manager", frame.say(ManagerWord::Title)),
        is_recorded: false,
        facts: told.into_iter().filter_map(|(what, words)| Some(Fact::of(what, words?))).collect(),
        links: Vec::new(),
        form: visitor.may::<action::NeedWrite>().map(|_| form),
        nothing: frame.say(stands(view.state)),
        frame,
    })
}

pub(super) async fn need(
    permit: Permit<action::NeedRead>,
    visitor: Visitor,
    state: State,
    path: Path<NeedId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    drop(permit);
    let page = page(&visitor, &state, path.0).await?;
    StandingPage { is_recorded: is_recorded(&request), ..page }.shown()
}

/// What a form says, on the need as it stood when the form was shown.
async fn changed(permit: Permit<action::NeedWrite>, state: &State, id: NeedId, form: &Form) -> Outcome<()> {
    let read: i64 = value_of(&number_or_text(form.get("revision")))?;
    let body: NeedEdit = value_of(&Value::Object(members(form, &["state", "reason"])))?;
    need_change(permit, state.clone(), Path(id), IfMatch(read), Json(body)).await.map(drop)
}

pub(super) async fn change(
    permit: Permit<action::NeedWrite>,
    visitor: Visitor,
    state: State,
    path: Path<NeedId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match changed(permit, &state, path.0, &form).await {
        Ok(()) => see(&format!("/needs/{}?recorded=1", path.0)),
        Err(problem) => page(&visitor, &state, path.0).await?.again(&form, problem),
    }
}
