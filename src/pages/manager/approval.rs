//! Deciding what somebody else proposed: what it would change, before and after, its evidence, and the papers about it.

use super::common::{Known, Wanted, is_said_in_form, wrongs_of};
use super::papers::{PaperRow, papers_about};
use super::words::ManagerWord;
use crate::approvals::ApprovalView;
use crate::approvals::http::{
    ApprovalDecision, ApprovalWithdrawal, approval_decide, approval_show, approval_withdraw,
};
use crate::auth::{Permit, action};
use crate::core::id::ApprovalId;
use crate::core::problem::Outcome;
use crate::ledger::{Account, Condition};
use crate::pages::donor::kinds::KindWord;
use crate::pages::donor::words::DonorWord;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::{proposed_things, shows_made_up};
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::papers::words::{Told, account, condition};
use crate::proposals::ApprovalState;
use crate::totals::Thing;
use crate::web::{Json, Path, State, value_of};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

/// What would change of one heap of goods.
struct EffectRow {
    account: String,
    condition: String,
    item: String,
    site: String,
    before: String,
    after: String,
}

/// Something the proposal rests on.
struct EvidenceRow {
    what: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "manager/approval.html")]
struct ApprovalPage {
    frame: Frame,
    kind: String,
    path: String,
    state: &'static str,
    proposed: String,
    size: String,
    is_from_paper: bool,
    decided: Option<String>,
    decided_reason: Option<String>,
    is_open: bool,
    is_own: bool,
    may_decide: bool,
    effect: Vec<EffectRow>,
    evidence: Vec<EvidenceRow>,
    papers: Vec<PaperRow>,
    reason: String,
    wrongs: Wrongs,
}

/// Where a proposal stands, in words.
fn stands(state: ApprovalState) -> ManagerWord {
    match state {
        ApprovalState::Proposed => ManagerWord::Waiting,
        ApprovalState::Approved | ApprovalState::Alone => ManagerWord::Approved,
        ApprovalState::Refused => ManagerWord::Refused,
        ApprovalState::Withdrawn => ManagerWord::TakenBack,
    }
}

fn liable_of(view: &ApprovalView) -> Option<Uuid> {
    view.body.as_ref()?.pointer("/evidence/liable")?.as_str()?.parse().ok()
}

/// What a page of a proposal shows.
struct Proposal {
    view: ApprovalView,
    known: Known,
    papers: Vec<PaperRow>,
    is_made_up: bool,
}

/// The proposal with the names and papers it needs.
async fn read(visitor: &Visitor, state: &State, id: ApprovalId) -> Outcome<Proposal> {
    let permit = visitor.permit::<action::ApprovalRead>()?;
    let view = approval_show(permit, state.clone(), Path(id)).await?.into_inner();
    let effect = || view.effect.iter().flatten();
    let known = Wanted::default()
        .with(Thing::Item, effect().map(|line| line.item.0))
        .with(Thing::Site, effect().filter_map(|line| line.site).map(|site| site.0))
        .with(Thing::Organization, liable_of(&view))
        .read(state)
        .await?;
    let papers = papers(visitor, state, &view).await?;
    let is_made_up = shows_made_up(state, proposed_things(std::slice::from_ref(&view))).await?;
    Ok(Proposal { view, known, papers, is_made_up })
}

/// The papers about the consignment, or where there is none about the pledge.
async fn papers(visitor: &Visitor, state: &State, view: &ApprovalView) -> Outcome<Vec<PaperRow>> {
    match (view.consignment, view.pledge) {
        (Some(id), _) => papers_about(visitor, state, &json!({"consignment": id})).await,
        (None, Some(id)) => papers_about(visitor, state, &json!({"pledge": id})).await,
        (None, None) => Ok(Vec::new()),
    }
}

fn evidence(frame: &Frame, view: &ApprovalView, known: &Known) -> Vec<EvidenceRow> {
    let text = |pointer: &str| {
        view.body.as_ref().and_then(|body| body.pointer(pointer)?.as_str().map(str::to_owned))
    };
    let cause = text("/evidence/cause").map(|word| cause_words(frame, Some(&word)).to_owned());
    let liable = liable_of(view).map(|id| known.name(frame, Thing::Organization, id));
    let told = [
        (ManagerWord::Reason, view.reason.clone().or_else(|| text("/reason"))),
        (ManagerWord::Cause, cause),
        (ManagerWord::ReportNumber, text("/evidence/report_number")),
        (ManagerWord::Filed, text("/evidence/filed")),
        (ManagerWord::Liable, liable),
    ];
    let row = |(what, words): (ManagerWord, Option<String>)| {
        Some(EvidenceRow { what: frame.say(what), words: words? })
    };
    told.into_iter().filter_map(row).collect()
}

/// The cause of a loss in words.
pub(super) fn cause_words(frame: &Frame, cause: Option<&str>) -> &'static str {
    let told = match cause {
        Some("transport") => Told::ByTransport,
        Some("storage") => Told::ByStorage,
        Some("repacking") => Told::ByRepacking,
        Some("theft") => Told::ByTheft,
        Some("origin") => Told::AtOrigin,
        Some(_) => Told::ByOther,
        None => return frame.say(ManagerWord::CauseNone),
    };
    told.said(frame.language)
}

/// A word of an account as it stands in a proposal.
fn account_words(frame: &Frame, word: &str) -> String {
    let known = Account::ALL.into_iter().find(|one| one.word() == word);
    known.map_or(word, |one| account(frame.language, one)).to_owned()
}

fn condition_words(frame: &Frame, word: &str) -> String {
    let known = Condition::ALL.into_iter().find(|one| one.word() == word);
    known.map_or(word, |one| condition(frame.language, one)).to_owned()
}

fn page(
    visitor: &Visitor,
    Proposal { view, known, papers, is_made_up }: Proposal,
    reason: &str,
    wrongs: impl FnOnce(&Frame) -> Wrongs,
) -> ApprovalPage {
    let frame = visitor.frame(KindWord::of(&view.kind)).synthetic(is_made_up);
    let wrongs = wrongs(&frame);
    let kind = frame.with(ManagerWord::Proposed, frame.say(KindWord::of(&view.kind)));
    let title = if wrongs.is_any() { frame.with(Word::ErrorTitle, &kind) } else { kind.clone() };
    let row = |line: &crate::events::EffectLine| EffectRow {
        account: account_words(&frame, &line.account),
        condition: condition_words(&frame, &line.condition),
        item: known.name(&frame, Thing::Item, line.item.0),
        site: known.name_of(&frame, Thing::Site, line.site.map(|site| site.0)),
        before: frame.number(line.before),
        after: frame.number(line.after),
    };
    let is_open = view.state == ApprovalState::Proposed;
    let state = frame.say(stands(view.state));
    ApprovalPage {
        kind,
        path: format!("/manager/approvals/{}", view.id),
        state,
        proposed: frame.day(view.proposed_at.day()),
        size: match view.limit {
            Some(limit) => {
                frame.with_two(ManagerWord::Above, frame.number(view.quantity), frame.number(limit))
            }
            None => frame.count(ManagerWord::Units, view.quantity),
        },
        is_from_paper: view.from_paper,
        decided: view.decided_at.map(|at| frame.with_two(ManagerWord::DecidedOn, frame.day(at.day()), state)),
        is_own: visitor.principal().is_some_and(|principal| principal.user == view.proposed_by),
        may_decide: visitor.may::<action::ApprovalDecide>().is_some(),
        effect: view.effect.iter().flatten().map(row).collect(),
        evidence: evidence(&frame, &view, &known),
        papers: papers.into_iter().map(|paper| PaperRow { day: frame.day(&paper.day), ..paper }).collect(),
        decided_reason: view.decided_reason,
        is_open,
        reason: reason.to_owned(),
        frame: frame.titled(title),
        wrongs,
    }
}

pub(super) async fn approval(
    permit: Permit<action::ApprovalRead>,
    visitor: Visitor,
    state: State,
    path: Path<ApprovalId>,
) -> Outcome<HttpResponse> {
    drop(permit);
    let read = read(&visitor, &state, path.0).await?;
    shown(&page(&visitor, read, "", |_| Wrongs::default()))
}

pub(super) async fn decide(
    permit: Permit<action::ApprovalDecide>,
    visitor: Visitor,
    state: State,
    path: Path<ApprovalId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let asked: Value = json!({"decision": form.get("decision"), "reason": form.get("reason")});
    let decided = match value_of::<ApprovalDecision>(&asked) {
        Ok(decision) => approval_decide(permit, state.clone(), Path(path.0), Json(decision)).await.map(drop),
        Err(problem) => Err(problem),
    };
    let problem = match decided {
        Ok(()) => return see(&format!("/manager/approvals/{}", path.0)),
        Err(problem) if is_said_in_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    let field_of = |pointer: &str| if pointer == "/reason" { "reason".to_owned() } else { String::new() };
    let read = read(&visitor, &state, path.0).await?;
    let page = page(&visitor, read, form.get("reason"), |frame| wrongs_of(frame, &problem, field_of));
    shown_with(problem.status_code(), &page)
}

/// Takes an own proposal back.
pub(super) async fn withdraw(
    permit: Permit<action::ApprovalWithdraw>,
    visitor: Visitor,
    state: State,
    path: Path<ApprovalId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let withdrawn = match value_of::<ApprovalWithdrawal>(&json!({"reason": form.get("reason")})) {
        Ok(body) => approval_withdraw(permit, state.clone(), Path(path.0), Json(body)).await.map(drop),
        Err(problem) => Err(problem),
    };
    let problem = match withdrawn {
        Ok(()) => return see(&format!("/manager/approvals/{}", path.0)),
        Err(problem) if is_said_in_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    let field_of = |pointer: &str| if pointer == "/reason" { "reason".to_owned() } else { String::new() };
    let read = read(&visitor, &state, path.0).await?;
    let page = page(&visitor, read, form.get("reason"), |frame| wrongs_of(frame, &problem, field_of));
    shown_with(problem.status_code(), &page)
}
