//! From a figure down to its entries, and what restated figures since they were printed.

use super::asked::{Asked, pickers, query};
use super::document::{document_path, paper_kind};
use super::sections::{beyond, event_path};
use super::view::{bounded, by, groups, keys, kind, named, names};
use super::words::AuditWord;
use super::{Beside, CheckWord, Pickers, beside, made_up};
use crate::auth::{Permit, action};
use crate::core::problem::{Code, Outcome};
use crate::ledger::Account;
use crate::pages::fields::Field;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::{Wrongs, refuse};
use crate::pages::visitor::{Visitor, shown, shown_with};
use crate::pages::words::Word;
use crate::papers::words::{account, condition};
use crate::reconciliation::http::{EntriesQuery, reconciliation_entries};
use crate::reconciliation::{CellEntry, EntriesView};
use crate::totals::{ChangesQuery, ChangesView, Names, Thing, Things, reconciliation_changes};
use crate::web::{Query, Routes, State};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "audit/entries.html")]
struct EntriesPage {
    frame: Frame,
    back: String,
    comes_to: Option<String>,
    through: String,
    grid: Grid,
}

async fn entries_page(
    permit: Permit<action::ReconciliationRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let mut members = asked.narrowed();
    members.extend(asked.members(&["account", "condition", "after"]));
    let asked_for: EntriesQuery = query(members)?;
    let view = reconciliation_entries(permit, state.clone(), Query(asked_for)).await?.into_inner();
    let items = view.items.iter().map(|entry| (Thing::Item, entry.item.0));
    let sites = view.items.iter().filter_map(|entry| Some((Thing::Site, entry.site?.0)));
    let names = names(&state, items.chain(sites)).await?;
    let events = view.items.iter().filter_map(|entry| Some(entry.event.as_ref()?.id)).collect();
    let pledges = view.items.iter().map(|entry| entry.pledge).collect();
    let made_up = shows_made_up(&state, Things { events, pledges, ..Things::default() }).await?;
    let frame = visitor.frame(AuditWord::Entries).synthetic(made_up);
    shown(&EntriesPage::of(frame, &asked, &view, &names))
}

impl EntriesPage {
    fn of(frame: Frame, asked: &Asked, view: &EntriesView, names: &Names) -> Self {
        let mut grid = Grid::new(frame.say(AuditWord::Entries), frame.say(AuditWord::NothingThere))
            .column(frame.say(AuditWord::Event))
            .column(frame.say(AuditWord::Item))
            .column(frame.say(AuditWord::Site))
            .column(frame.say(AuditWord::Account))
            .numbers(frame.say(Word::Quantity))
            .column(frame.say(AuditWord::Counts))
            .column(frame.say(AuditWord::Papers))
            .numbers(frame.say(AuditWord::Entry));
        grid.rows.extend(view.items.iter().map(|entry| row(&frame, entry, names)));
        let sequence = view.sequence.to_string();
        if let Some(next) = view.next.as_deref() {
            // The next rows are of the same moment as the first.
            let changed = [("after", Some(next)), ("known_at", Some(sequence.as_str()))];
            grid.next = asked.with("/reconciliation/entries", &changed);
        }
        let back = [("after", None), ("account", None), ("condition", None)];
        Self {
            back: asked.with("/reconciliation", &back),
            comes_to: view.quantity.map(|all| frame.with(AuditWord::EntriesComeTo, frame.number(all))),
            through: frame.with(AuditWord::Through, sequence),
            grid,
            frame,
        }
    }
}

fn row(frame: &Frame, entry: &CellEntry, names: &Names) -> Vec<Cell> {
    let event = entry
        .event
        .as_ref()
        .map(|event| kind(frame, &event.kind).to(event_path(event.id)).with(event.occurred_at.to_string()));
    let site = entry.site.map(|id| named(&names.named(Thing::Site, id.0)));
    let paper = |kind: &str, number: Option<&str>| {
        format!("{} {}", paper_kind(frame, kind), number.unwrap_or_default()).trim().to_owned()
    };
    let papers: Vec<String> =
        entry.documents.iter().map(|one| paper(&one.kind, one.number.as_deref())).collect();
    let papers_cell = Cell::text(papers.join(", "));
    let papers_cell = match (entry.documents.as_slice(), entry.event.as_ref()) {
        ([only], _) => papers_cell.to(document_path(&only.id.to_string())),
        // Of several, the event's page leads to each.
        ([_, ..], Some(event)) => papers_cell.to(event_path(event.id)),
        ([], _) | (_, None) => papers_cell,
    };
    vec![
        event.unwrap_or_else(|| beyond(frame)),
        named(&names.named(Thing::Item, entry.item.0)),
        site.unwrap_or_else(|| Cell::text(frame.say(AuditWord::Nowhere))),
        Cell::text(account(frame.language, entry.account)).with(condition(frame.language, entry.condition)),
        Cell::number(frame, entry.quantity),
        Cell::moment(entry.effective_at),
        papers_cell,
        Cell { text: entry.sequence.to_string(), is_number: true, ..Cell::default() },
    ]
}

#[derive(Template)]
#[template(path = "audit/changes.html")]
struct ChangesPage {
    frame: Frame,
    beside: Vec<Beside>,
    pickers: Pickers,
    grid: Option<Grid>,
}

impl ChangesPage {
    fn asking(visitor: &Visitor, asked: &Asked) -> Self {
        let frame = visitor.frame(AuditWord::Changes);
        let mut list = pickers(&frame, asked);
        list.retain(|field| field.name != "known_at");
        for field in &mut list {
            // What is restated is told by the dimensions of totals, which have no pledge and no consignment.
            field.choices.retain(|choice| !["pledge", "consignment"].contains(&choice.value.as_str()));
        }
        list.push(
            Field::text("from", frame.say(AuditWord::After), asked.value("from"))
                .hint(frame.say(AuditWord::KnownAtHint)),
        );
        list.push(
            Field::text("to", frame.say(AuditWord::UpTo), asked.value("to"))
                .hint(frame.say(AuditWord::KnownAtHint)),
        );
        let wrongs = Wrongs::default();
        let pickers = Pickers { path: "/reconciliation/changes", list, kept: asked.kept(), wrongs };
        Self { beside: beside(visitor, &frame), frame, pickers, grid: None }
    }
}

async fn changed(permit: Permit<action::ChangesRead>, state: State, asked: &Asked) -> Outcome<ChangesView> {
    let mut members: Map<String, Value> = asked.narrowed();
    members.remove("known_at");
    members.extend(asked.members(&["from", "to"]));
    members.insert("group_by".to_owned(), Value::from(asked.group_by()));
    let asked_for: ChangesQuery = query(members)?;
    Ok(reconciliation_changes(permit, state, Query(asked_for)).await?.into_inner())
}

async fn changes_page(
    permit: Permit<action::ChangesRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let page = ChangesPage::asking(&visitor, &asked);
    let is_loud = asked.is_about(&made_up(&visitor, &state).await?);
    let page = ChangesPage { frame: page.frame.synthetic(is_loud), ..page };
    if asked.value("from").is_empty() {
        return shown(&page);
    }
    match changed(permit, state, &asked).await {
        Ok(view) => {
            let grid = Some(changes_grid(&page.frame, &asked, &view));
            shown(&ChangesPage { grid, ..page })
        }
        Err(problem) if problem.code == Code::Invalid => {
            let (frame, pickers) = page.pickers.refused(page.frame, AuditWord::Changes, &problem);
            shown_with(problem.status_code(), &ChangesPage { frame, pickers, ..page })
        }
        Err(problem) => Err(problem),
    }
}

fn changes_grid(frame: &Frame, asked: &Asked, view: &ChangesView) -> Grid {
    let groups = groups(asked);
    let grid = Grid::new(frame.say(AuditWord::Changes), frame.say(AuditWord::ChangesEmpty));
    let mut grid = by(frame, grid, &groups)
        .column(frame.say(AuditWord::Difference))
        .column(frame.say(AuditWord::MadeBy))
        .numbers(frame.say(AuditWord::Entry));
    for row in &view.rows {
        let mut cells = keys(frame, &groups, &row.keys);
        cells.push(Cell::text(difference(frame, &row.difference)));
        cells.push(Cell::text(""));
        cells.push(Cell::text(""));
        grid.rows.push(cells);
        for entry in &row.entries {
            let mut cells = keys(frame, &groups, &row.keys);
            cells.push(Cell::text(difference(frame, &entry.difference)));
            let event = entry.event.as_ref().map(|event| {
                kind(frame, &event.kind).to(event_path(event.event)).with(event.occurred_at.to_string())
            });
            cells.push(event.unwrap_or_else(|| beyond(frame)));
            cells.push(Cell { text: entry.sequence.to_string(), is_number: true, ..Cell::default() });
            grid.rows.push(cells);
        }
    }
    bounded(frame, &mut grid);
    grid
}

/// By how much each account differs, in words.
fn difference(frame: &Frame, by: &BTreeMap<&'static str, i64>) -> String {
    let one = |(word, by): (&&str, &i64)| {
        let found = Account::ALL.into_iter().find(|one| one.word() == *word);
        let what =
            found.map_or_else(|| word.replace('_', " "), |one| account(frame.language, one).to_owned());
        let sign = if *by > 0 { "+" } else { "" };
        format!("{what} {sign}{}", frame.number(*by))
    };
    by.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// The routes of entries and changes.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/reconciliation/entries", entries_page);
    routes.page_for(refuse, Method::GET, "/reconciliation/changes", changes_page);
}
