//! What waits for a second person, and deciding it.

use super::{AdminPage, AdminWord, SecretPage, after, called, items, next_of, page_of, text, told};
use crate::approvals::http::{
    ApprovalDecided, ApprovalQuery, approval_decide, approval_index, approval_show, approval_withdraw,
};
use crate::auth::{Permit, action};
use crate::core::id::ApprovalId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::{proposed_things, shows_made_up};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see, shown};
use crate::pages::words::Word;
use crate::users::http::user_list;
use crate::web::{Json, Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

const PATH: &str = "/admin/approvals";

/// The ways to what administrators keep.
const WAYS: [(&str, AdminWord); 5] = [
    ("/admin/people", AdminWord::People),
    ("/admin/organizations", AdminWord::Organizations),
    ("/admin/items", AdminWord::Items),
    ("/admin/sites", AdminWord::Sites),
    ("/admin/keys", AdminWord::Keys),
];

async fn admin_page(
    _permit: Permit<action::UserRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let query: ApprovalQuery = value_of(&json!({ "state": "proposed", "after": after(&request) }))?;
    let listed = approval_index(visitor.permit()?, state.clone(), Query(query)).await?.into_inner();
    let made_up = shows_made_up(&state, proposed_things(&listed.items)).await?;
    let page = told(&listed)?;
    let names = names(&visitor, &state).await?;
    let mut shown = AdminPage::new(&visitor, AdminWord::Title).lead(AdminWord::Lead).synthetic(made_up);
    let frame = &shown.frame;
    shown.ways = WAYS.iter().map(|(path, word)| (*path, frame.say(*word))).collect();
    let mut grid = pending(frame, items(&page), &names);
    grid.next = next_of(&page, "/admin");
    shown.with(grid).shown()
}

/// What users are called: those of the first page, as many as a house has people who decide.
async fn names(visitor: &Visitor, state: &State) -> Outcome<Vec<(String, String)>> {
    let Some(permit) = visitor.may::<action::UserRead>() else { return Ok(Vec::new()) };
    let query = value_of(&page_of(None))?;
    let page = told(&user_list(permit, state.clone(), Query(query)).await?.into_inner())?;
    let name = |one: &Value| (text(one, "id").to_owned(), text(one, "shown_as").to_owned());
    Ok(items(&page).iter().map(name).collect())
}

fn pending(frame: &Frame, proposals: &[Value], names: &[(String, String)]) -> Grid {
    let mut grid = Grid::new(frame.say(AdminWord::Pending), frame.say(AdminWord::PendingEmpty))
        .column(frame.say(AdminWord::Kind))
        .column(frame.say(AdminWord::About))
        .column(frame.say(AdminWord::Reason))
        .numbers(frame.say(Word::Quantity))
        .column(frame.say(AdminWord::ProposedBy))
        .column(frame.say(AdminWord::ProposedAt))
        .column(frame.say(Word::State));
    grid.rows.extend(proposals.iter().map(|one| {
        vec![
            Cell::word(text(one, "kind")).to(format!("{PATH}/{}", text(one, "id"))),
            Cell::text(called(names, text(one, "subject"))),
            Cell::text(text(one, "reason")),
            Cell::number(frame, one["quantity"].as_i64().unwrap_or_default()),
            Cell::text(called(names, text(one, "proposed_by"))),
            Cell::code(text(one, "proposed_at")),
            Cell::word(text(one, "state")).with(text(one, "decided_reason")),
        ]
    }));
    grid
}

fn effect(frame: &Frame, of: &Value) -> Grid {
    let mut grid = Grid::new(frame.say(AdminWord::Effect), frame.say(AdminWord::EffectEmpty))
        .column(frame.say(AdminWord::About))
        .column(frame.say(Word::Item))
        .numbers(frame.say(AdminWord::Before))
        .numbers(frame.say(AdminWord::After));
    let lines = of["effect"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |line: &Value, name: &str| Cell::number(frame, line[name].as_i64().unwrap_or_default());
    grid.rows.extend(lines.iter().map(|line| {
        let about = Cell::word(text(line, "account")).with(text(line, "condition").replace('_', " "));
        vec![about, Cell::code(text(line, "item")), number(line, "before"), number(line, "after")]
    }));
    grid
}

async fn one(visitor: &Visitor, state: &State, id: ApprovalId) -> Outcome<AdminPage> {
    let view = approval_show(visitor.permit()?, state.clone(), Path(id)).await?.into_inner();
    let of = told(&view)?;
    let names = names(visitor, state).await?;
    let made_up = shows_made_up(state, proposed_things(std::slice::from_ref(&view))).await?;
    let shown = AdminPage::new(visitor, AdminWord::Proposal).under("/admin", AdminWord::Title);
    let mut shown = shown.synthetic(made_up);
    let frame = &shown.frame;
    shown.lead = format!("{}: {}", text(&of, "kind").replace('_', " "), text(&of, "reason"));
    shown.posted = format!("{:#}", of["body"]);
    let proposal = Grid {
        caption: frame.say(AdminWord::Proposal).to_owned(),
        ..pending(frame, std::slice::from_ref(&of), &names)
    };
    let grids = vec![proposal, effect(frame, &of)];
    let is_own = visitor.principal().is_some_and(|principal| principal.user == view.proposed_by);
    let reason = Field::area("reason", frame.say(AdminWord::Reason), "").required();
    let is_open = text(&of, "state") == "proposed";
    let shown = if !is_open {
        shown
    } else if is_own {
        let notice = frame.say(AdminWord::YourOwn).to_owned();
        let form = Fields::new(format!("{PATH}/{id}/withdraw"), frame.say(AdminWord::Withdraw), vec![reason]);
        AdminPage { notice, ..shown }.form(AdminWord::Withdraw, form)
    } else {
        let verdicts = [("approve", AdminWord::Approve), ("refuse", AdminWord::Refuse)];
        let verdicts = verdicts.map(|(value, word)| (value.to_owned(), frame.say(word).to_owned()));
        let decision = Field::choice("decision", frame.say(AdminWord::Decision), "", verdicts);
        let action = format!("{PATH}/{id}/decide");
        let form = Fields::new(action, frame.say(AdminWord::Decide), vec![decision, reason]);
        shown.form(AdminWord::Decide, form)
    };
    Ok(AdminPage { grids, ..shown })
}

async fn approval_page(
    _permit: Permit<action::ApprovalRead>,
    visitor: Visitor,
    state: State,
    id: Path<ApprovalId>,
) -> Outcome<HttpResponse> {
    one(&visitor, &state, id.0).await?.shown()
}

async fn decided(
    permit: Permit<action::ApprovalDecide>,
    state: &State,
    id: ApprovalId,
    form: &Form,
) -> Outcome<ApprovalDecided> {
    let body = value_of(&Value::Object(members(form, &["decision", "reason"])))?;
    Ok(approval_decide(permit, state.clone(), Path(id), Json(body)).await?.into_recorded().answer)
}

async fn approval_send(
    permit: Permit<action::ApprovalDecide>,
    visitor: Visitor,
    state: State,
    id: Path<ApprovalId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let path = format!("{PATH}/{}", id.0);
    match decided(permit, &state, id.0, &form).await {
        Ok(ApprovalDecided { second_half: Some(half), approval: _, event: _ }) => {
            let back = ("/admin".to_owned(), AdminWord::Title);
            shown(&SecretPage::of(&visitor, AdminWord::SecondHalf, back, (AdminWord::SecondHalf, half)))
        }
        Ok(ApprovalDecided { second_half: None, approval: _, event: _ }) => {
            see(&format!("{path}?recorded=1"))
        }
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

async fn withdrawn(
    permit: Permit<action::ApprovalWithdraw>,
    state: &State,
    id: ApprovalId,
    form: &Form,
) -> Outcome<()> {
    let body = value_of(&Value::Object(members(form, &["reason"])))?;
    approval_withdraw(permit, state.clone(), Path(id), Json(body)).await.map(drop)
}

async fn approval_take_back(
    permit: Permit<action::ApprovalWithdraw>,
    visitor: Visitor,
    state: State,
    id: Path<ApprovalId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match withdrawn(permit, &state, id.0, &form).await {
        Ok(()) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

/// The routes of what is to decide.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/admin", admin_page);
    routes.page_for(refuse, Method::GET, "/admin/approvals/{id}", approval_page);
    routes.page_for(refuse, Method::POST, "/admin/approvals/{id}/decide", approval_send);
    routes.page_for(refuse, Method::POST, "/admin/approvals/{id}/withdraw", approval_take_back);
}
