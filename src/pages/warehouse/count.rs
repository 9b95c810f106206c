//! Counting what lies at a site without seeing what is recorded: a sheet is opened, filled in, handed in, recorded.

use super::stock::state_word;
use super::words::StoreWord;
use crate::auth::{Permit, action};
use crate::core::id::{CountSheetId, SiteId};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use crate::counts::http::{
    CountEntries, SheetPosting, count_sheet_count, count_sheet_open, count_sheet_post, count_sheet_show,
    count_sheet_submit,
};
use crate::counts::rules::SheetDraft;
use crate::counts::{LineView, SheetState, SheetView};
use crate::pages::form::{Form, amount};
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::{Wrong, Wrongs, refuse};
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::totals::Things;
use crate::web::{Json, Path, Routes, State, value_of};
use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "warehouse/count.html")]
struct CountPage {
    frame: Frame,
    sheet: SheetView,
    lines: Vec<LineView>,
    form: Form,
    wrongs: Wrongs,
    event: Uuid,
}

impl CountPage {
    fn is_counting(&self) -> bool {
        self.sheet.state == SheetState::Counting
    }

    fn is_to_post(&self) -> bool {
        self.sheet.state == SheetState::Submitted
    }

    fn state(&self) -> &'static str {
        self.frame.say(state_word(self.sheet.state))
    }

    /// What stands in a line's field: what was typed, else what was entered.
    fn typed(&self, line: &LineView) -> String {
        let name = format!("counted-{}", line.line);
        self.form.sent(&name).map_or_else(|| self.was(line), |typed| typed.trim().to_owned())
    }

    /// What was entered before, with which the form tells what was changed on it.
    fn was(&self, line: &LineView) -> String {
        line.counted.map_or_else(String::new, |counted| counted.to_string())
    }

    /// What is wrong at a line's field.
    fn wrong(&self, line: &LineView) -> Option<&Wrong> {
        self.wrongs.at(&format!("counted-{}", line.line))
    }

    /// A figure that a blind sheet does not show before it is handed in.
    fn told(&self, figure: &Option<i64>) -> String {
        figure.map_or_else(String::new, |figure| self.frame.number(figure))
    }
}

/// Opens a sheet over all that lies there.
async fn open(
    permit: Permit<action::CountWrite>,
    state: State,
    path: Path<SiteId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let id: CountSheetId = value_of(&json!(form.get("id")))?;
    let draft: SheetDraft = value_of(&json!({ "id": id, "site": path.0 }))?;
    count_sheet_open(permit, state, Json(draft)).await?;
    see(&format!("/warehouse/counts/{id}"))
}

async fn page_of(visitor: &Visitor, state: &State, id: CountSheetId, form: Form) -> Outcome<CountPage> {
    let mut sheet = count_sheet_show(visitor.permit()?, state.clone(), Path(id)).await?.0;
    let lines = sheet.lines.take().unwrap_or_default();
    let made_up = shows_made_up(state, Things { sites: vec![sheet.site], ..Things::default() }).await?;
    let frame = visitor.frame(StoreWord::Counts).synthetic(made_up);
    let title = frame.with(StoreWord::CountOf, frame.day(sheet.as_of.day()));
    Ok(CountPage {
        frame: frame.titled(title),
        sheet,
        lines,
        form,
        wrongs: Wrongs::default(),
        event: Uuid::now_v7(),
    })
}

async fn show(
    _permit: Permit<action::StockRead>,
    visitor: Visitor,
    state: State,
    path: Path<CountSheetId>,
) -> Outcome<HttpResponse> {
    shown(&page_of(&visitor, &state, path.0, Form::default()).await?)
}

/// The lines whose figure was changed on the form, and what stands there now: another counter's figures stay as they are.
fn changed_of(form: &Form) -> Vec<(i64, &str)> {
    let one = |(name, text): &(String, String)| {
        let line: i64 = name.strip_prefix("counted-")?.parse().ok()?;
        let (text, was) = (text.trim(), form.get(&format!("was-{line}")));
        let is_same = text == was || (amount(text).is_some() && amount(text) == amount(was));
        (!is_same).then_some(line)
    };
    let lines: Vec<i64> = form.fields().iter().filter_map(one).collect();
    lines.into_iter().map(|line| (line, form.get(&format!("counted-{line}")))).collect()
}

/// The figures that were changed on a form; a figure cannot be taken back by a blank.
fn entries_of(changed: &[(i64, &str)]) -> Outcome<CountEntries> {
    let blank = |(at, (_, text)): (usize, &(i64, &str))| {
        let words = "is blank where a figure was entered; write 0 where nothing is there";
        text.is_empty()
            .then(|| FieldError::new(format!("/counts/{at}/counted"), words).coded(Fault::Required))
    };
    let blanks: Vec<FieldError> = changed.iter().enumerate().filter_map(blank).collect();
    if !blanks.is_empty() {
        let mut problem = Problem::new(Code::Invalid, "A figure that was entered is blank.");
        problem.errors = blanks;
        return Err(problem);
    }
    let figure = |(line, text): &(i64, &str)| {
        let counted = amount(text).map_or_else(|| json!(text), |counted| json!(counted));
        json!({ "line": line, "counted": counted })
    };
    let counts: Vec<Value> = changed.iter().map(figure).collect();
    value_of(&json!({ "counts": counts }))
}

/// The field that a pointer into what was sent means.
fn field_of(changed: &[(i64, &str)], pointer: &str) -> String {
    if pointer.contains("reason") {
        return "reason".to_owned();
    }
    let at = pointer.strip_prefix("/counts/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
    let line = at.and_then(|at| changed.get(at));
    line.map_or_else(String::new, |(line, _)| format!("counted-{line}"))
}

/// What the form asks for: figures are entered; handed in where that button was pressed; recorded once handed in.
async fn record(
    permit: Permit<action::CountWrite>,
    state: &State,
    id: CountSheetId,
    form: &Form,
) -> Outcome<()> {
    if form.get("step") == "post" {
        let reason = form.given("reason").map(str::to_owned);
        let posting: SheetPosting = value_of(&json!({ "event": form.get("event"), "reason": reason }))?;
        return count_sheet_post(permit, state.clone(), Path(id), Json(posting)).await.map(drop);
    }
    let entries = entries_of(&changed_of(form))?;
    if !entries.counts.is_empty() {
        count_sheet_count(permit.clone(), state.clone(), Path(id), Json(entries)).await?;
    }
    if form.get("step") == "submit" {
        count_sheet_submit(permit, state.clone(), Path(id)).await?;
    }
    Ok(())
}

async fn send(
    permit: Permit<action::CountWrite>,
    visitor: Visitor,
    state: State,
    path: Path<CountSheetId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let id = path.0;
    match record(permit, &state, id, &form).await {
        Ok(()) => see(&format!("/warehouse/counts/{id}")),
        Err(problem) if matches!(problem.code, Code::Invalid | Code::WrongState) => {
            again(&visitor, &state, id, (form, &problem)).await
        }
        Err(problem) => Err(problem),
    }
}

fn wrongs_of(frame: &Frame, changed: &[(i64, &str)], problem: &Problem) -> Wrongs {
    Wrongs::of_many(frame, problem, |pointer| field_of(changed, pointer))
}

async fn again(
    visitor: &Visitor,
    state: &State,
    id: CountSheetId,
    (form, problem): (Form, &Problem),
) -> Outcome<HttpResponse> {
    let mut page = page_of(visitor, state, id, form).await?;
    page.wrongs = wrongs_of(&page.frame, &changed_of(&page.form), problem);
    let title = page.frame.with(Word::ErrorTitle, &page.frame.title);
    page.frame = page.frame.titled(title);
    shown_with(StatusCode::from_u16(problem.code.status()).unwrap_or_default(), &page)
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::POST, "/warehouse/{id}/counts", open);
    routes.page_for(refuse, Method::GET, "/warehouse/counts/{id}", show);
    routes.page_for(refuse, Method::POST, "/warehouse/counts/{id}", send);
}
