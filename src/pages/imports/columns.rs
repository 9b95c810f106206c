//! Saying what the columns of a table hold.

use super::words::{ImportWord, kind_word};
use crate::auth::{Permit, action};
use crate::core::id::ImportJobId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::exchange::http::mapping_state;
use crate::exchange::jobs::http::import_show;
use crate::exchange::jobs::http_columns::{
    ImportColumns, SheetField, TableColumn, import_columns, import_read_by,
};
use crate::exchange::jobs::{ReadingDraft, heading_pointer};
use crate::exchange::sheets::SheetKind;
use crate::pages::fields::Choice;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::{Wrong, Wrongs, refuse};
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::web::{Json, Path, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Ways in which tables write days.
const DATES: [(&str, &str); 6] = [
    ("", "2020-08-06"),
    ("%d/%m/%Y", "06/08/2020 (%d/%m/%Y)"),
    ("%m/%d/%Y", "08/06/2020 (%m/%d/%Y)"),
    ("%d.%m.%Y", "06.08.2020 (%d.%m.%Y)"),
    ("%d-%m-%Y", "06-08-2020 (%d-%m-%Y)"),
    ("%Y/%m/%d", "2020/08/06 (%Y/%m/%d)"),
];
/// Ways in which tables write numbers: decimal sign and sign between groups.
const NUMBERS: [(&str, &str); 4] = [("", "1234.5"), (".,", "1,234.5"), (",.", "1.234,5"), (", ", "1 234,5")];
/// Cells that are shown of a column.
const SAMPLES: usize = 3;

#[derive(Template)]
#[template(path = "imports/columns.html")]
struct ColumnsPage {
    frame: Frame,
    id: ImportJobId,
    kind: &'static str,
    columns: Vec<ColumnShown>,
    /// Fields that no column holds: what each row needs, and what it may have.
    needed: Vec<FieldShown>,
    further: Vec<FieldShown>,
    dates: Vec<Choice>,
    numbers: Vec<Choice>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
    /// Whether what is told may be kept for further tables.
    may_keep: bool,
    name: String,
    /// Of what is kept, drawn once.
    drawn: String,
    wrongs: Wrongs,
}

/// A column of the table, and what it may hold.
struct ColumnShown {
    at: usize,
    id: String,
    heading: String,
    samples: String,
    choices: Vec<Choice>,
    /// What it says that is none of our words, and which of them each means.
    words: Vec<WordShown>,
}

/// A word of the table, and which of ours it means.
struct WordShown {
    at: usize,
    id: String,
    said: String,
    choices: Vec<Choice>,
}

/// A field, and what every row says there.
struct FieldShown {
    id: String,
    heading: String,
    help: String,
    value: String,
}

impl ColumnShown {
    /// Its number, where it has no heading by which it could be read.
    fn nameless(&self) -> Option<String> {
        self.heading.is_empty().then(|| (self.at + 1).to_string())
    }
}

impl ColumnsPage {
    fn wrong(&self, id: &str) -> Option<&Wrong> {
        self.wrongs.at(id)
    }
}

/// Our headings of what a form says each column holds, in the order of the columns; an empty one where it is left out.
fn chosen_of(form: &Form) -> Vec<(&str, &str)> {
    let column = |place: usize| {
        let heading = form.sent(&format!("heading-{place}"))?;
        Some((heading, form.get(&format!("column-{place}"))))
    };
    (0..).map_while(column).collect()
}

/// What the words of the table mean, by our headings, as the form tells; of words that it does not show, as was told before.
fn words_of(form: &Form, found: &ImportColumns) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (place, (_, chosen)) in chosen_of(form).into_iter().enumerate() {
        let Some(field) = found.fields.iter().find(|field| field.heading == chosen) else { continue };
        let mut words = found.reading.words.get(chosen).cloned().unwrap_or_default();
        for at in 0.. {
            let Some(said) = form.given(&format!("said-{place}-{at}")) else { break };
            let means = form.get(&format!("word-{place}-{at}"));
            words.remove(said);
            // Whoever chose something else for the column meant other words.
            if field.words.iter().any(|word| word == means) {
                words.insert(said.to_owned(), means.to_owned());
            }
        }
        if !words.is_empty() {
            all.insert(chosen.to_owned(), words);
        }
    }
    all
}

/// The words of a column, each with what it means as it is known, or as a form says.
fn words_shown(
    frame: &Frame,
    (place, column): (usize, &TableColumn),
    (found, form): (&ImportColumns, Option<&Form>),
) -> Vec<WordShown> {
    let ours = column.field.as_deref().unwrap_or_default();
    let Some(field) = found.fields.iter().find(|field| field.heading == ours) else { return Vec::new() };
    let told = found.reading.words.get(ours);
    let mut shown = Vec::new();
    for (at, said) in column.said.iter().enumerate() {
        let id = format!("word-{place}-{at}");
        let known = told.and_then(|told| told.get(said)).map_or("", String::as_str);
        let means = form.map_or(known, |form| form.get(&id));
        let as_it_is = Choice {
            value: String::new(),
            words: frame.say(ImportWord::AsItIs).to_owned(),
            is_chosen: means.is_empty(),
        };
        let of =
            |word: &String| Choice { value: word.clone(), words: word.clone(), is_chosen: word == means };
        let choices = std::iter::once(as_it_is).chain(field.words.iter().map(of)).collect();
        shown.push(WordShown { at, id, said: said.clone(), choices });
    }
    shown
}

/// What the form tells of the columns.
fn reading_of(form: &Form, found: &ImportColumns) -> Outcome<ReadingDraft> {
    let mut columns: BTreeMap<String, String> = BTreeMap::new();
    let chosen = chosen_of(form);
    for (heading, field) in chosen.iter().filter(|(_, field)| !field.is_empty()) {
        if columns.insert((*field).to_owned(), (*heading).to_owned()).is_some() {
            let words = format!("{field} is chosen for two columns; choose it once and leave the other out");
            return Err(Problem::field(heading_pointer("columns", field), words));
        }
    }
    let mut constants = BTreeMap::new();
    for (place, field) in found.fields.iter().enumerate() {
        if columns.contains_key(&field.heading) {
            continue;
        }
        // What no column was chosen for is in none, though one may bear its name.
        columns.insert(field.heading.clone(), String::new());
        if let Some(text) = form.given(&format!("constant-{place}")) {
            constants.insert(field.heading.clone(), text.to_owned());
        }
    }
    let mut signs = form.raw("numbers").chars().map(String::from);
    let (decimal, thousands) = (signs.next(), signs.next());
    let dates = form.given("dates").map(str::to_owned).into_iter().collect();
    let words = words_of(form, found);
    Ok(ReadingDraft { mapping: None, columns, constants, words, dates, decimal, thousands })
}

/// The field of the page that a pointer into what was told means.
fn field_of(pointer: &str, form: &Form, found: &ImportColumns) -> String {
    if let Some(place) = found.fields.iter().position(|field| {
        ["columns", "constants"].iter().any(|member| heading_pointer(member, &field.heading) == pointer)
    }) {
        let heading = &found.fields[place].heading;
        let chosen = chosen_of(form).iter().rposition(|(_, field)| field == heading);
        return chosen.map_or_else(|| format!("constant-{place}"), |column| format!("column-{column}"));
    }
    match pointer.trim_start_matches('/').split('/').next().unwrap_or_default() {
        "dates" => "dates".to_owned(),
        "decimal" | "thousands" => "numbers".to_owned(),
        "rows" | "name" | "mapping" => "name".to_owned(),
        _ => String::new(),
    }
}

fn choices(all: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let one = |(value, words): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        words: (*words).to_owned(),
        is_chosen: *value == chosen,
    };
    all.iter().map(one).collect()
}

/// The columns as they are found, or as a form said.
fn columns_shown(frame: &Frame, found: &ImportColumns, form: Option<&Form>) -> Vec<ColumnShown> {
    let typed = form.map(chosen_of);
    let mut shown = Vec::new();
    for (at, column) in found.columns.iter().enumerate() {
        let chosen = match &typed {
            Some(typed) => typed.get(at).map_or("", |(_, field)| *field),
            None => column.field.as_deref().unwrap_or_default(),
        };
        let out = Choice {
            value: String::new(),
            words: frame.say(ImportWord::LeaveOut).to_owned(),
            is_chosen: chosen.is_empty(),
        };
        let of = |field: &SheetField| Choice {
            value: field.heading.clone(),
            words: match field.needed {
                true => frame.with(ImportWord::Needed, &field.heading),
                false => field.heading.clone(),
            },
            is_chosen: field.heading == chosen,
        };
        let cells = found.rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty());
        let cells: Vec<&str> = cells.map(String::as_str).take(SAMPLES).collect();
        shown.push(ColumnShown {
            at,
            id: format!("column-{at}"),
            heading: column.heading.clone(),
            samples: match cells.is_empty() {
                true => frame.say(ImportWord::NoSamples).to_owned(),
                false => frame.with(ImportWord::Samples, cells.join(" · ")),
            },
            choices: std::iter::once(out).chain(found.fields.iter().map(of)).collect(),
            words: words_shown(frame, (at, column), (found, form)),
        });
    }
    shown
}

/// The fields that no column holds, with what every row says there: needed ones, and others.
fn fields_shown(
    columns: &[ColumnShown],
    found: &ImportColumns,
    form: Option<&Form>,
) -> (Vec<FieldShown>, Vec<FieldShown>) {
    let is_held = |heading: &str| {
        let mut choices = columns.iter().flat_map(|column| &column.choices);
        choices.any(|choice| choice.is_chosen && choice.value == heading)
    };
    let (mut needed, mut further) = (Vec::new(), Vec::new());
    for (place, field) in found.fields.iter().enumerate().filter(|(_, field)| !is_held(&field.heading)) {
        let id = format!("constant-{place}");
        let value = match form {
            Some(form) => form.get(&id).to_owned(),
            None => found.reading.constants.get(&field.heading).cloned().unwrap_or_default(),
        };
        let (heading, help) = (field.heading.clone(), field.help.clone());
        let list = if field.needed { &mut needed } else { &mut further };
        list.push(FieldShown { id, heading, help, value });
    }
    (needed, further)
}

fn page_of(
    visitor: &Visitor,
    (id, name): (ImportJobId, &str),
    found: ImportColumns,
    form: Option<&Form>,
) -> Outcome<ColumnsPage> {
    let frame = visitor.frame(ImportWord::TellColumns);
    let kind = frame.say(kind_word(SheetKind::read("/kind", &found.kind)?));
    let columns = columns_shown(&frame, &found, form);
    let (needed, further) = fields_shown(&columns, &found, form);
    let reading = &found.reading;
    let (dates, numbers) = match form {
        Some(form) => (form.get("dates").to_owned(), form.raw("numbers").to_owned()),
        None => {
            let sign = |sign: &Option<String>, usual: &str| sign.clone().unwrap_or_else(|| usual.to_owned());
            let numbers = format!("{}{}", sign(&reading.decimal, "."), sign(&reading.thousands, ""));
            let numbers = if numbers == "." { String::new() } else { numbers };
            (reading.dates.first().cloned().unwrap_or_default(), numbers)
        }
    };
    let drawn =
        form.and_then(|form| form.given("id")).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let title = frame.with(ImportWord::Columns, name);
    Ok(ColumnsPage {
        frame: frame.titled(title),
        id,
        kind,
        columns,
        needed,
        further,
        dates: choices(&DATES, &dates),
        numbers: choices(&NUMBERS, &numbers),
        rows: found.rows,
        notes: found.notes,
        may_keep: visitor.may::<action::BaselineWrite>().is_some(),
        name: form.map_or_else(String::new, |form| form.get("name").to_owned()),
        drawn,
        wrongs: Wrongs::default(),
    })
}

/// What the file is called, and its columns.
async fn found_of(visitor: &Visitor, state: &State, id: ImportJobId) -> Outcome<(String, ImportColumns)> {
    let import = import_show(visitor.permit()?, state.clone(), Path(id)).await?.0;
    let found = import_columns(visitor.permit()?, state.clone(), Path(id)).await?.0;
    Ok((import.name.unwrap_or_else(|| id.to_string()), found))
}

async fn show(
    _permit: Permit<action::ImportRead>,
    visitor: Visitor,
    state: State,
    path: Path<ImportJobId>,
) -> Outcome<HttpResponse> {
    let (name, found) = found_of(&visitor, &state, path.0).await?;
    shown(&page_of(&visitor, (path.0, &name), found, None)?)
}

/// Keeps what is told under the name that the form gives, where it gives one; by what the file is to be read then.
async fn kept(
    visitor: &Visitor,
    state: &State,
    (form, found, draft): (&Form, &ImportColumns, ReadingDraft),
) -> Outcome<ReadingDraft> {
    let Some(name) = form.given("name") else { return Ok(draft) };
    let text = draft.text(SheetKind::read("/kind", &found.kind)?, name, name)?;
    let body = value_of(&json!({ "id": form.get("id"), "rows": [{ "text": text }] }))?;
    mapping_state(visitor.permit()?, state.clone(), Json(body)).await?;
    Ok(ReadingDraft { mapping: Some(name.to_owned()), ..ReadingDraft::default() })
}

/// Has the file read by what the form tells.
async fn told(
    permit: Permit<action::ImportWrite>,
    (visitor, state): (&Visitor, &State),
    (id, form, found): (ImportJobId, &Form, &ImportColumns),
) -> Outcome<()> {
    let draft = reading_of(form, found)?;
    let draft = kept(visitor, state, (form, found, draft)).await?;
    import_read_by(permit, state.clone(), Path(id), Json(draft)).await.map(drop)
}

async fn send(
    permit: Permit<action::ImportWrite>,
    visitor: Visitor,
    state: State,
    path: Path<ImportJobId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let id = path.0;
    let (name, found) = found_of(&visitor, &state, id).await?;
    let problem = match told(permit, (&visitor, &state), (id, &form, &found)).await {
        Ok(()) => return see(&format!("/imports/{id}")),
        Err(problem) if matches!(problem.code, Code::Invalid | Code::TooManyRequests) => problem,
        Err(problem) => return Err(problem),
    };
    let wrongs_at = |pointer: &str| field_of(pointer, &form, &found);
    let wrongs = Wrongs::of_many(&visitor.frame(ImportWord::TellColumns), &problem, wrongs_at);
    let mut page = page_of(&visitor, (id, &name), found, Some(&form))?;
    page.wrongs = wrongs;
    let title = page.frame.with(Word::ErrorTitle, &page.frame.title);
    page.frame = page.frame.titled(title);
    shown_with(problem.status_code(), &page)
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/imports/{id}/columns", show);
    routes.page_for(refuse, Method::POST, "/imports/{id}/columns", send);
}
