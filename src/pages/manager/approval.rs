//! Deciding what somebody else proposed: what it would change, before and after, its evidence, and the papers about it.

use super::common::{Known, Wanted, is_said_in_form, wrongs_of};
use super::words::ManagerWord;
use crate::approvals::ApprovalView;
use crate::approvals::http::{ApprovalDecision, approval_decide, approval_show};
use crate::auth::{Permit, action};
use crate::core::id::ApprovalId;
use crate::core::problem::Outcome;
use crate::documents::http::{DocumentQuery, DocumentView, document_index};
use crate::ledger::{Account, Condition};
use crate::pages::donor::kinds::KindWord;
use crate::pages::donor::words::DonorWord;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::papers::words::{Told, account, condition};
use crate::proposals::ApprovalState;
use crate::totals::Thing;
use crate::web::{Json, Path, Query, Shown, State, value_of};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

/// Papers of a page: more are looked for by the consignment.
const PAPERS_SHOWN: i64 = 20;

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

/// A paper.
struct PaperRow {
    number: String,
    day: String,
    path: String,
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

/// The proposal with the names and papers it needs.
async fn read(
    visitor: &Visitor,
    state: &State,
    id: ApprovalId,
) -> Outcome<(ApprovalView, Known, Vec<PaperRow>)> {
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
    Ok((view, known, papers))
}

/// The papers about the consignment, or where there is none about the pledge.
async fn papers(visitor: &Visitor, state: &State, view: &ApprovalView) -> Outcome<Vec<PaperRow>> {
    let Some(permit) = visitor.may::<action::DocumentRead>() else { return Ok(Vec::new()) };
    let about = match (view.consignment, view.pledge) {
        (Some(id), _) => json!({"consignment": id, "limit": PAPERS_SHOWN}),
        (None, Some(id)) => json!({"pledge": id, "limit": PAPERS_SHOWN}),
        (None, None) => return Ok(Vec::new()),
    };
    let query: DocumentQuery = value_of(&about)?;
    let page = document_index(permit, state.clone(), Query(query)).await?.into_inner();
    let row = |shown| match shown {
        Shown::All(DocumentView { id, number, reference, issued_on, .. }) => Some(PaperRow {
            number: number.or(reference).unwrap_or_else(|| id.to_string()),
            day: issued_on,
            path: format!("/api/v1/documents/{id}/paper"),
        }),
        Shown::Traced(_) => None,
    };
    Ok(page.items.into_iter().filter_map(row).collect())
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
    (view, known, papers): (ApprovalView, Known, Vec<PaperRow>),
    reason: &str,
    wrongs: impl FnOnce(&Frame) -> Wrongs,
) -> ApprovalPage {
    let frame = visitor.frame(KindWord::of(&view.kind));
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
