//! What is missing: all of it, and deciding one part of it with what is known about it in sight. Found and miscounted count at
//! once; a loss is proposed, and somebody else decides it.

use super::common::{asked, is_said_in_form, led_on};
use super::evidence::{evidence_fields, evidence_of, parties};
use super::missing_words::MissingWord;
use super::papers::{PaperRow, papers_about};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::page::PageQuery;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::events::http::{event_moved_on, post_one};
use crate::pages::donor::kinds::KindWord;
use crate::pages::fields::{Field, Fields, field_of};
use crate::pages::form::{Form, typed_number};
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::reconciliation::http::{ReconciliationQuery, reconciliation};
use crate::reconciliation::{MissingNow, MissingRow, missing_now};
use crate::totals::{Named, Things};
use crate::web::{Query, State, value_of};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use form_urlencoded::Serializer;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Values of a choice, each with its words.
type Choices = Vec<(String, String)>;

/// What tells one part of what is missing from the others, as it stands in an address and in a form.
const NAMES: [&str; 4] = ["consignment", "leg", "site", "item"];
/// What can be decided about it.
const DECISIONS: [&str; 3] = ["found", "miscounted", "lost"];
/// The fields of a decision.
const FIELDS: [&str; 8] =
    ["decision", "quantity", "reason", "correction", "report_number", "cause", "filed", "liable"];
/// Corrections that are looked at for one part: those with open units are few.
const CORRECTIONS_SHOWN: i64 = 500;

#[derive(Template)]
#[template(path = "manager/missing.html")]
struct MissingPage {
    frame: Frame,
    is_recorded: bool,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "manager/missing_one.html")]
struct OnePage {
    frame: Frame,
    title: &'static str,
    what: String,
    place: String,
    since: String,
    consignment: Option<String>,
    entries: Option<Grid>,
    papers: Vec<PaperRow>,
    fields: Fields,
}

/// What tells a part from the others.
fn key_of(row: &MissingRow) -> [Option<String>; 4] {
    let id = |named: &Named| named.id.to_string();
    [
        row.consignment.as_ref().map(id),
        row.leg.map(|leg| leg.to_string()),
        row.site.as_ref().map(id),
        Some(id(&row.item)),
    ]
}

fn key_in(form: &Form) -> [Option<String>; 4] {
    NAMES.map(|name| form.given(name).map(str::to_owned))
}

fn path_of(row: &MissingRow) -> String {
    let mut address = Serializer::new(String::new());
    for (name, value) in NAMES.into_iter().zip(key_of(row)) {
        if let Some(value) = value {
            address.append_pair(name, &value);
        }
    }
    format!("/missing/decide?{}", address.finish())
}

fn words_of(named: &Named) -> String {
    let words = named.name.clone().or_else(|| named.code.clone());
    words.unwrap_or_else(|| named.id.to_string())
}

/// Where something is missing: of which consignment, where at.
pub(super) fn place_of(row: &MissingRow) -> String {
    let parts = [row.consignment.as_ref(), row.site.as_ref()];
    parts.into_iter().flatten().map(words_of).collect::<Vec<_>>().join(", ")
}

/// What is missing and can be decided by whoever asks.
pub(super) async fn missing_rows(permit: Permit<action::LossPropose>, state: &State) -> Outcome<MissingNow> {
    state.read(move |conn| missing_now(conn, &permit, now())).await
}

/// What parts of what is missing are of.
pub(super) fn missing_things(rows: &[MissingRow]) -> Things {
    let mut things = Things::default();
    for row in rows {
        match (&row.consignment, &row.site) {
            (Some(consignment), _) => things.consignments.push(ConsignmentId(consignment.id)),
            (None, Some(site)) => things.sites.push(SiteId(site.id)),
            (None, None) => {}
        }
    }
    things
}

/// What is missing as a table, each part with where it is decided; where that is not all of it, with how the rest is come by.
pub(super) fn missing_grid(frame: &Frame, missing: &MissingNow) -> Grid {
    let mut grid = Grid::new(frame.say(MissingWord::Title), frame.say(MissingWord::Nothing))
        .column(frame.say(MissingWord::Where))
        .column(frame.say(Word::Item))
        .numbers(frame.say(Word::Quantity))
        .column(frame.say(ManagerWord::MissingSince))
        .numbers(frame.say(MissingWord::Days));
    if missing.has_more {
        grid.note = frame.say(MissingWord::Oldest).to_owned();
    }
    grid.rows.extend(missing.rows.iter().map(|row| {
        vec![
            Cell::text(place_of(row)).to(path_of(row)),
            Cell::text(words_of(&row.item)),
            Cell::number(frame, row.quantity),
            Cell::text(frame.day(row.since.day())),
            Cell::number(frame, row.age_days),
        ]
    }));
    grid
}

pub(super) async fn missing(
    permit: Permit<action::LossPropose>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
) -> Outcome<HttpResponse> {
    let rows = missing_rows(permit, &state).await?;
    let made_up = shows_made_up(&state, missing_things(&rows.rows)).await?;
    let frame = visitor.frame(MissingWord::Title).synthetic(made_up);
    let is_recorded = asked(&request).given("recorded").is_some();
    shown(&MissingPage { grid: missing_grid(&frame, &rows), is_recorded, frame })
}

/// Who asks, and where.
struct Asker<'a> {
    visitor: &'a Visitor,
    state: &'a State,
}

impl Asker<'_> {
    /// The part that a form or an address names, as it is missing now.
    async fn found(&self, form: &Form) -> Outcome<MissingRow> {
        let rows = missing_rows(self.visitor.permit()?, self.state).await?.rows;
        let wanted = key_in(form);
        rows.into_iter().find(|row| key_of(row) == wanted).ok_or_else(|| {
            let frame = self.visitor.frame(MissingWord::Title);
            Problem::new(Code::WrongState, frame.say(MissingWord::NoMore))
        })
    }

    /// The entries by which it went missing, and what was given as their reasons; for whoever may read them.
    async fn entries(&self, frame: &Frame, row: &MissingRow) -> Outcome<Option<Grid>> {
        let Some(permit) = self.visitor.may::<action::ReconciliationRead>() else { return Ok(None) };
        let mut members = Map::new();
        members.insert("group_by".to_owned(), json!("item"));
        members.insert("sections".to_owned(), json!("differences"));
        members.insert("item".to_owned(), json!(row.item.id));
        match (&row.consignment, &row.site) {
            (Some(consignment), _) => members.insert("consignment".to_owned(), json!(consignment.id)),
            (None, Some(site)) => members.insert("site".to_owned(), json!(site.id)),
            (None, None) => return Ok(None),
        };
        let query: ReconciliationQuery = value_of(&Value::Object(members))?;
        let view = reconciliation(permit, self.state.clone(), Query(query)).await?.into_inner();
        let mut grid = Grid::new(frame.say(MissingWord::Entries), frame.say(ManagerWord::EvidenceNone))
            .column(frame.say(Word::Date))
            .column(frame.say(ManagerWord::Kind))
            .column(frame.say(ManagerWord::Reason))
            .numbers(frame.say(MissingWord::Changed));
        let entries = view.differences.into_iter().flat_map(|section| section.entries);
        grid.rows.extend(entries.filter(|entry| entry.figures.missing != 0).map(|entry| {
            let (day, kind) = match &entry.event {
                Some(event) => (
                    Cell::text(frame.day(event.occurred_at.day())).to(format!("/events/{}", event.id)),
                    Cell::text(frame.say(KindWord::of(&event.kind))),
                ),
                None => (Cell::text(frame.say(Word::Unknown)), Cell::default()),
            };
            vec![day, kind, Cell::text(entry.reasons.join("; ")), Cell::number(frame, entry.figures.missing)]
        }));
        Ok(Some(grid))
    }

    /// The corrections whose units had moved on there, against which goods that were miscounted are set; for whoever decides.
    async fn corrections(&self, frame: &Frame, row: &MissingRow) -> Outcome<Vec<(String, String)>> {
        let permit = self.visitor.may::<action::OpenRead>();
        let Some(permit) = permit.filter(|_| self.visitor.may::<action::MissingDecide>().is_some()) else {
            return Ok(Vec::new());
        };
        let query: PageQuery = value_of(&json!({"limit": CORRECTIONS_SHOWN}))?;
        let page = event_moved_on(permit, self.state.clone(), Query(query)).await?.into_inner();
        let (consignment, site) =
            (row.consignment.as_ref().map(|of| of.id), row.site.as_ref().map(|at| at.id));
        let is_there = |consignment_of: Option<Uuid>, site_of: Option<Uuid>| match consignment {
            Some(_) => consignment_of == consignment,
            None => site_of.is_some() && site_of == site,
        };
        let here = page
            .items
            .into_iter()
            .filter(|one| is_there(one.consignment.map(|id| id.0), one.site.map(|id| id.0)));
        let told = here.map(|one| {
            let words =
                frame.with_two(MissingWord::MovedOn, frame.number(one.sequence), frame.number(one.open));
            (one.correction.to_string(), words)
        });
        Ok(told.collect())
    }

    /// The form of a decision: what the role may decide, all of it by default.
    fn fields(&self, frame: &Frame, row: &MissingRow, (corrections, parties): (Choices, Choices)) -> Fields {
        let say = |word: MissingWord| frame.say(word).to_owned();
        let may_decide = self.visitor.may::<action::MissingDecide>().is_some();
        let decisions = [
            ("found", MissingWord::Found),
            ("miscounted", MissingWord::Miscounted),
            ("lost", MissingWord::Lost),
        ];
        let decisions = decisions.into_iter().filter(|(kind, _)| may_decide || *kind == "lost");
        let decisions = decisions.map(|(kind, word)| (kind.to_owned(), say(word)));
        let mut list = vec![
            Field::choice("decision", say(MissingWord::Decision), "lost", decisions),
            Field::text("quantity", frame.say(Word::Quantity), row.quantity.to_string())
                .kind("number")
                .required(),
            Field::area("reason", frame.say(ManagerWord::Why), "").required().hint(say(MissingWord::WhyHint)),
        ];
        if !corrections.is_empty() {
            let none = (String::new(), frame.say(Word::None).to_owned());
            let corrections = std::iter::once(none).chain(corrections);
            list.push(Field::choice("correction", say(MissingWord::Against), "", corrections));
        }
        list.extend(evidence_fields(frame, parties));
        let fields = Fields::new("/missing/decide", say(MissingWord::Record), list)
            .hidden("id", Uuid::now_v7().to_string())
            .hidden("occurred_at", now().to_string());
        let key = NAMES.into_iter().zip(key_of(row)).filter_map(|(name, value)| Some((name, value?)));
        key.fold(fields, |fields, (name, value)| fields.hidden(name, value))
    }

    /// The page on which one part is decided.
    async fn page(&self, form: &Form) -> Outcome<OnePage> {
        let row = self.found(form).await?;
        let made_up = shows_made_up(self.state, missing_things(std::slice::from_ref(&row))).await?;
        let frame = self.visitor.frame(MissingWord::OneTitle).synthetic(made_up);
        let consignment = row.consignment.as_ref().map(|named| named.id.to_string());
        let papers = match &consignment {
            Some(id) => papers_about(self.visitor, self.state, &json!({"consignment": id})).await?,
            None => match &row.site {
                Some(site) => papers_about(self.visitor, self.state, &json!({"site": site.id})).await?,
                None => Vec::new(),
            },
        };
        let choices = (self.corrections(&frame, &row).await?, parties(self.visitor, self.state).await?);
        let papers = papers.into_iter().map(|paper| PaperRow { day: frame.day(&paper.day), ..paper });
        Ok(OnePage {
            title: frame.say(MissingWord::OneTitle),
            what: format!("{}: {}", words_of(&row.item), frame.number(row.quantity)),
            place: place_of(&row),
            since: frame.with_two(MissingWord::Since, frame.day(row.since.day()), frame.number(row.age_days)),
            entries: self.entries(&frame, &row).await?,
            papers: papers.collect(),
            fields: self.fields(&frame, &row, choices),
            consignment,
            frame,
        })
    }
}

pub(super) async fn one(
    permit: Permit<action::LossPropose>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
) -> Outcome<HttpResponse> {
    drop(permit);
    let asker = Asker { visitor: &visitor, state: &state };
    shown(&asker.page(&asked(&request)).await?)
}

/// What a form decides, as the interface reads it.
fn decision(form: &Form) -> Outcome<Value> {
    let kind = form.get("decision");
    if !DECISIONS.contains(&kind) {
        let words = format!("is {kind:?}; found, miscounted and lost are decided here");
        return Err(Problem::field("/decision", words).coded(Fault::NotAChoice));
    }
    let line = json!({"item": form.get("item"), "quantity": typed_number(form.get("quantity"))});
    let mut body = json!({"id": form.get("id"), "kind": kind, "occurred_at": form.get("occurred_at"),
        "reason": form.get("reason"), "evidence": evidence_of(form), "lines": [line]});
    // Goods on a leg are found by it alone.
    let names = if form.given("leg").is_some() { ["consignment", "leg"] } else { ["consignment", "site"] };
    for name in names {
        if let Some(value) = form.given(name) {
            body[name] = value.into();
        }
    }
    if let Some(correction) = form.given("correction").filter(|_| kind == "miscounted") {
        body["correction"] = correction.into();
    }
    Ok(body)
}

pub(super) async fn decide(
    permit: Permit<action::LossPropose>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let recorded = match decision(&form) {
        Ok(body) => post_one(&visitor.permit()?, &state, body).await,
        Err(problem) => Err(problem),
    };
    let problem = match recorded {
        Ok(recorded) => return see(&led_on(&recorded.answer, "/missing?recorded=1".to_owned())),
        Err(problem) if is_said_in_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    let asker = Asker { visitor: &visitor, state: &state };
    // What is decided already is missing no more: why is what it was refused for.
    let Ok(mut page) = asker.page(&form).await else { return Err(problem) };
    let field = |pointer: &str| field_of(&FIELDS, if pointer == "/kind" { "/decision" } else { pointer });
    let wrongs = Wrongs::of(&page.frame, &problem, field);
    let title = page.frame.with(Word::ErrorTitle, page.title);
    page.fields = page.fields.again(&form, wrongs);
    page.frame = page.frame.titled(title);
    shown_with(problem.status_code(), &page)
}
