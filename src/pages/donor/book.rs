//! The report of a pledge as a workbook: what the pages of its donor tell, sheet by sheet, in the language of the page. Texts are
//! written as texts, so no cell of it runs.

use super::read::Reported;
use super::view::state_words;
use super::words::DonorWord;
use crate::core::problem::{Outcome, Problem};
use crate::pages::drawing::whereabouts::Whereabouts;
use crate::pages::frame::Frame;
use crate::pages::words::Word;
use crate::papers::rules::is_set_as_pdf;
use crate::papers::words::{Goods, Phrase, Told, account, condition};
use crate::pledges::{LineStatus, PlacesBy, PledgeStatus};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::block;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// How wide a column is, in letters.
const COLUMN_WIDTH: u16 = 24;

/// What stands in a cell.
enum Cell {
    Words(String),
    Count(i64),
}

/// A sheet: its name, its headings, its rows.
struct Sheet {
    name: &'static str,
    headings: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

fn words(text: impl Into<String>) -> Cell {
    Cell::Words(text.into())
}

fn people(count: u64) -> Cell {
    Cell::Count(i64::try_from(count).unwrap_or(i64::MAX))
}

/// What it is about: the pledge, whose it is, up to which entry it goes, and whom the goods helped reach.
fn summary(frame: &Frame, told: &Reported) -> Sheet {
    let status = &told.status;
    let mut rows = Vec::new();
    let mut add = |what: &str, cell: Cell| rows.push(vec![words(what), cell]);
    if status.synthetic {
        add(frame.say(Word::Synthetic), words(""));
    }
    let name = status.reference.clone().unwrap_or_else(|| status.pledge.to_string());
    add(frame.say(DonorWord::Number), words(name));
    if let Some(donor) = &told.donor {
        add(Phrase::Donor.said(frame.language), words(donor));
    }
    add(frame.say(Word::State), words(state_words(frame, &status.state)));
    add(frame.say(DonorWord::OfferedOn), words(status.offered_at.day()));
    if status.places_by != PlacesBy::Place {
        add(frame.say(DonorWord::ByCountryOnly), words(""));
    }
    if let Some((whose, reach)) = &told.reach {
        let reached = &reach.reached;
        add(whose.said(frame.language), people(reached.best));
        add(Told::AtLeast.said(frame.language), people(reached.low));
        add(Told::AtMost.said(frame.language), people(reached.high));
        add(Told::NotAdded.said(frame.language), words(""));
    }
    for line in &told.foot {
        add(line, words(""));
    }
    let headings = vec![frame.say(DonorWord::BookSummary), ""];
    Sheet { name: frame.say(DonorWord::BookSummary), headings, rows }
}

/// What was promised of each line, what came beyond it, and whether the places add up to both.
fn lines(frame: &Frame, status: &PledgeStatus) -> Sheet {
    let row = |line: &LineStatus| {
        let meant = line.earmark_country.as_deref();
        let meant =
            meant.map_or_else(|| frame.say(DonorWord::AnyCountry).to_owned(), |code| frame.country(code));
        vec![
            words(&line.item_name),
            words(&line.base_unit),
            words(meant),
            Cell::Count(line.promised),
            Cell::Count(line.surplus),
            Cell::Count(line.placed()),
            Cell::Count(line.residual),
        ]
    };
    let language = frame.language;
    Sheet {
        name: frame.say(DonorWord::BookLines),
        headings: vec![
            frame.say(Word::Item),
            Goods::Unit.said(language),
            frame.say(Word::Country),
            Told::Promised.said(language),
            Told::Surplus.said(language),
            Told::InPlaces.said(language),
            Told::Difference.said(language),
        ],
        rows: status.lines.iter().map(row).collect(),
    }
}

/// Where the units of each line are, in plain words.
fn groups(frame: &Frame, status: &PledgeStatus) -> Sheet {
    let mut rows = Vec::new();
    for line in &status.lines {
        for place in Whereabouts::ALL {
            let here = line.places.iter().filter(|heap| Whereabouts::of(heap.account) == Some(place));
            let quantity: i64 = here.map(|heap| heap.quantity).sum();
            if quantity != 0 {
                let row =
                    vec![words(&line.item_name), words(frame.say(place.words())), Cell::Count(quantity)];
                rows.push(row);
            }
        }
    }
    let headings = vec![frame.say(Word::Item), frame.say(DonorWord::Group), frame.say(Word::Quantity)];
    Sheet { name: frame.say(DonorWord::Group), headings, rows }
}

/// Place by place.
fn places(frame: &Frame, status: &PledgeStatus) -> Sheet {
    let mut rows = Vec::new();
    for line in &status.lines {
        for heap in &line.places {
            let of = |text: &Option<String>| words(text.clone().unwrap_or_default());
            let land = heap.country.as_deref().map(|code| frame.country(code)).unwrap_or_default();
            rows.push(vec![
                words(&line.item_name),
                words(account(frame.language, heap.account)),
                words(condition(frame.language, heap.condition)),
                Cell::Count(heap.quantity),
                words(land),
                of(&heap.site_name),
                of(&heap.tracking_code),
                of(&heap.lot),
            ]);
        }
    }
    let headings = vec![
        frame.say(Word::Item),
        frame.say(DonorWord::Group),
        frame.say(DonorWord::Condition),
        frame.say(Word::Quantity),
        frame.say(Word::Country),
        frame.say(Word::Site),
        frame.say(DonorWord::Track),
        frame.say(DonorWord::Lot),
    ];
    Sheet { name: frame.say(DonorWord::EachPlace), headings, rows }
}

fn add(book: &mut Workbook, sheet: &Sheet, is_right_to_left: bool) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let page = book.add_worksheet();
    page.set_name(sheet.name)?.set_freeze_panes(1, 0)?.set_right_to_left(is_right_to_left);
    for (column, heading) in (0..).zip(&sheet.headings) {
        page.set_column_width(column, COLUMN_WIDTH)?;
        page.write_string_with_format(0, column, *heading, &bold)?;
    }
    for (row, cells) in (1..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Words(text) => page.write_string(row, column, text)?,
                // No quantity is above 2^53, so each is told exactly.
                Cell::Count(count) => page.write_number(row, column, *count as f64)?,
            };
        }
    }
    Ok(())
}

fn written(sheets: &[Sheet], is_right_to_left: bool) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    for sheet in sheets {
        add(&mut book, sheet, is_right_to_left)?;
    }
    book.save_to_buffer()
}

/// The files of a private link, each with what it is called.
pub(super) fn files_of(frame: &Frame, code: &str) -> Vec<(String, &'static str)> {
    let report = if is_set_as_pdf(frame.language) { DonorWord::Report } else { DonorWord::ReportPage };
    vec![
        (format!("/pledge-links/{code}/report"), frame.say(report)),
        (format!("/pledge-links/{code}/report.xlsx"), frame.say(DonorWord::Workbook)),
    ]
}

/// The report as an answer.
///
/// # Errors
/// An internal problem where it cannot be written.
pub(super) async fn answer(frame: &Frame, told: &Reported) -> Outcome<HttpResponse> {
    let status = &told.status;
    let sheets = [summary(frame, told), lines(frame, status), groups(frame, status), places(frame, status)];
    let is_right_to_left = frame.language.is_right_to_left();
    let ended = |what: String| Problem::internal(format!("writing a report: {what}"));
    let write = move || written(&sheets, is_right_to_left).map_err(|error| error.to_string());
    let file = block(write).await.map_err(|error| ended(error.to_string()))?.map_err(ended)?;
    let name = format!("attachment; filename=\"pledge-{}.xlsx\"", status.pledge);
    let name = HeaderValue::from_str(&name).map_err(|error| ended(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    Ok(response.insert_header((CONTENT_DISPOSITION, name)).body(file))
}
