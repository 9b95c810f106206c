//! An acknowledged update that does not count yet; dismissing one that was refused, once somebody has dealt with it.

use super::standing::{Fact, StandingPage, is_recorded};
use super::standing_words::StandingWord;
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::core::id::EventId;
use crate::core::problem::Outcome;
use crate::events::http::{WaitingDismissal, event_dismiss};
use crate::events::{WaitingState, WaitingView, waiting_read};
use crate::pages::board::BoardWord;
use crate::pages::donor::kinds::KindWord;
use crate::pages::fields::{Field, Fields};
use crate::pages::form::Form;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::totals::Things;
use crate::web::{Json, Path, State, value_of};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

async fn page(
    visitor: &Visitor,
    state: &State,
    permit: Permit<action::OpenDismiss>,
    id: EventId,
) -> Outcome<StandingPage> {
    let (view, _): (WaitingView, _) = state.read(move |conn| waiting_read(conn, &permit, id, now())).await?;
    let things = Things {
        consignments: view.consignment.into_iter().collect(),
        sites: view.site.into_iter().collect(),
        ..Things::default()
    };
    let frame = visitor.frame(StandingWord::Waiting).synthetic(shows_made_up(state, things).await?);
    let stands = match (view.state, view.refused_at) {
        (WaitingState::Refused, Some(at)) => frame.with(BoardWord::RefusedOn, frame.day(at.day())),
        (WaitingState::Refused | WaitingState::Waiting | WaitingState::Dismissed, _) => {
            frame.with(BoardWord::WaitsSince, frame.day(view.received_at.day()))
        }
    };
    let problem = view.problem.as_ref().and_then(|problem| problem["detail"].as_str());
    let mut facts = vec![
        Fact::of(frame.say(ManagerWord::Kind), frame.say(KindWord::of(&view.kind)).to_owned()),
        Fact::of(frame.say(Word::State), stands),
        Fact::told(frame.say(StandingWord::WaitsFor), view.reason.clone()),
    ];
    facts.extend(problem.map(|words| Fact::told(frame.say(StandingWord::RefusedWhy), words.to_owned())));
    let dealt = view.dismissed_reason.clone();
    facts.extend(dealt.map(|words| Fact::of(frame.say(StandingWord::Dealt), words)));
    let reason = Field::area("reason", frame.say(StandingWord::Dealt), "").required();
    let reason = reason.hint(frame.say(StandingWord::DealtHint));
    let form = Fields::new(format!("/waiting/{id}"), frame.say(StandingWord::Dismiss), vec![reason]);
    let link = view.consignment.map(|consignment| {
        (format!("/board/consignments/{consignment}"), frame.say(BoardWord::Title).to_owned())
    });
    Ok(StandingPage {
        title: frame.say(StandingWord::Waiting).to_owned(),
        back: ("/board", frame.say(BoardWord::Title)),
        is_recorded: false,
        facts,
        links: link.into_iter().collect(),
        form: (view.state == WaitingState::Refused).then_some(form),
        nothing: match view.state {
            WaitingState::Waiting | WaitingState::Refused => frame.say(StandingWord::Posts),
            WaitingState::Dismissed => frame.say(Word::Recorded),
        },
        frame,
    })
}

pub(super) async fn waiting(
    permit: Permit<action::OpenDismiss>,
    visitor: Visitor,
    state: State,
    path: Path<EventId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let page = page(&visitor, &state, permit, path.0).await?;
    StandingPage { is_recorded: is_recorded(&request), ..page }.shown()
}

pub(super) async fn dismiss(
    permit: Permit<action::OpenDismiss>,
    visitor: Visitor,
    state: State,
    path: Path<EventId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let id = path.0;
    let dismissed = match value_of::<WaitingDismissal>(&json!({"reason": form.get("reason")})) {
        Ok(body) => event_dismiss(permit.clone(), state.clone(), path, Json(body)).await.map(drop),
        Err(problem) => Err(problem),
    };
    match dismissed {
        Ok(()) => see(&format!("/waiting/{id}?recorded=1")),
        Err(problem) => page(&visitor, &state, permit, id).await?.again(&form, problem),
    }
}
