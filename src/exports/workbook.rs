//! A workbook as it is written, sheet after sheet and row after row.

use super::entries::Cell;
use super::figures::{accounts, held, named};
use super::sink::unwritten;
use super::stamp::Stamp;
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::Conn;
use crate::ledger::Account;
use crate::reconciliation::rules::{BothSides, Group, Question, Section};
use crate::reconciliation::{AccountsSection, ReconciliationView, answer};
use crate::totals::Named;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::Write;

/// Rows of a sheet, as many as spreadsheets have; what is more goes on in another sheet.
const SHEET_ROWS: u32 = 1_048_576;
/// How wide a column is, in letters: identifiers and names are cut, numbers and times are not.
const COLUMN_WIDTH: u16 = 20;

/// What is counted before the first row is written.
pub(super) struct Counted {
    accounts: AccountsSection,
    /// None where the caller may not read reconciliations.
    reconciliation: Option<ReconciliationView>,
}

impl Counted {
    /// Reads it; the sections of a reconciliation only where the caller may read one.
    ///
    /// # Errors
    /// `invalid` where there are too many rows; whatever the database says.
    pub(super) fn read(conn: &mut Conn, question: &Question, may_reconcile: bool) -> Outcome<Self> {
        let accounts = accounts(conn, question, &[Group::Programme, Group::Item])?;
        let sections = vec![Section::Transit, Section::RollForward, Section::Differences];
        let question = Question { group_by: vec![Group::Item], sections, ..question.clone() };
        let reconciliation = if may_reconcile { Some(answer(conn, &question, false, now())?) } else { None };
        Ok(Self { accounts, reconciliation })
    }
}

/// The workbook, with the sheet that is being written.
pub(super) struct Book {
    workbook: Workbook,
    sheet: usize,
    row: u32,
    title: String,
    part: u32,
    headings: Vec<String>,
    heading: Format,
    time: Format,
    day: Format,
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            workbook: Workbook::new(),
            sheet: 0,
            row: 0,
            title: String::new(),
            part: 1,
            headings: Vec::new(),
            heading: Format::new().set_bold(),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
        }
    }

    /// Begins a sheet whose headings stay where they are.
    pub(super) fn sheet(&mut self, title: &str, headings: &[&str]) -> Outcome<()> {
        self.title = title.to_owned();
        self.part = 1;
        self.headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
        self.begin(title).map_err(unwritten)
    }

    fn begin(&mut self, name: &str) -> Result<(), XlsxError> {
        self.sheet = self.workbook.worksheets().len();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (column, heading) in (0..).zip(&self.headings) {
            sheet.set_column_width(column, COLUMN_WIDTH)?;
            sheet.write_string_with_format(0, column, heading, &self.heading)?;
        }
        self.row = 1;
        Ok(())
    }

    /// Adds a row, on a further sheet where this one is full.
    pub(super) fn row(&mut self, cells: &[Cell]) -> Outcome<()> {
        self.add(cells).map_err(unwritten)
    }

    fn add(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        if self.row == SHEET_ROWS {
            self.part += 1;
            let name = format!("{} {}", self.title, self.part);
            self.begin(&name)?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheet)?;
        for (column, cell) in (0..).zip(cells) {
            put(sheet, (self.row, column), cell, (&self.time, &self.day))?;
        }
        self.row += 1;
        Ok(())
    }

    /// Everything so far, as a file.
    pub(super) fn save(mut self, out: &mut (dyn Write + Send)) -> Result<(), XlsxError> {
        self.workbook.save_to_writer(out)
    }

    /// What the file says of itself, and every account by programme and item.
    pub(super) fn summary(&mut self, stamp: &Stamp, counted: &Counted) -> Outcome<()> {
        let mut headings = vec!["programme", "item", "item_code", "stated", "residual"];
        headings.extend(Account::ALL.map(Account::word));
        self.sheet("Summary", &headings)?;
        for row in &counted.accounts.rows {
            let item = named(row, "item");
            let mut cells = vec![
                name(named(row, "programme")),
                name(item),
                code(item),
                Cell::Number(row.stated.promised + row.stated.surplus),
                row.residual.map_or(Cell::Empty, Cell::Number),
            ];
            cells.extend(Account::ALL.map(|account| Cell::Number(held(row, account))));
            self.row(&cells)?;
        }
        self.row(&[])?;
        for (name, value) in stamp.lines() {
            self.row(&[text(name), text(value)])?;
        }
        Ok(())
    }

    /// The identities, both sides, and every account by condition.
    pub(super) fn reconciliation(&mut self, counted: &Counted) -> Outcome<()> {
        self.sheet("Reconciliation", &["what", "left", "right", "residual", "compared", "differing"])?;
        let Some(view) = &counted.reconciliation else {
            return self.row(&[text("Your role does not read reconciliations.")]);
        };
        let identities = [
            ("1: what documents state and what accounts hold", counted.accounts.identity),
            ("2: the transit of consignments", view.transit.as_ref().map(|section| section.identity)),
            (
                "3: what lay at sites, came and went",
                view.roll_forward.as_ref().map(|section| section.identity),
            ),
        ];
        for (what, sides) in identities {
            self.row(&both_sides(what, sides))?;
        }
        self.row(&[])?;
        self.row(&["account", "good", "on_hold", "damaged", "all"].map(text))?;
        for (account, held) in &counted.accounts.total.accounts {
            let figures = [held.good, held.on_hold, held.damaged, held.all].map(Cell::Number);
            let cells: Vec<Cell> = std::iter::once(text(*account)).chain(figures).collect();
            self.row(&cells)?;
        }
        Ok(())
    }

    /// What was short, over, damaged, lost or disposed of, and what is missing.
    pub(super) fn discrepancies(&mut self, counted: &Counted) -> Outcome<()> {
        let headings = [
            "what",
            "item",
            "kind",
            "cause",
            "events",
            "missing",
            "over",
            "damaged",
            "lost",
            "disposed",
            "site",
            "consignment",
            "since",
            "age_days",
        ];
        self.sheet("Discrepancies", &headings)?;
        let Some(section) = counted.reconciliation.as_ref().and_then(|view| view.differences.as_ref()) else {
            return self.row(&[text("Your role does not read reconciliations.")]);
        };
        for sum in &section.sums {
            let figures = sum.figures;
            let mut cells = vec![
                text("changed"),
                name(Some(&sum.item)),
                text(sum.kind.as_str()),
                sum.cause.as_deref().map_or(Cell::Empty, text),
                Cell::Number(sum.entries),
            ];
            let changed = [figures.missing, figures.over, figures.damaged, figures.lost, figures.disposed];
            cells.extend(changed.map(Cell::Number));
            self.row(&cells)?;
        }
        for row in &section.missing {
            self.row(&[
                text("is missing"),
                name(Some(&row.item)),
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::Number(row.quantity),
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                name(row.site.as_ref()),
                name(row.consignment.as_ref()),
                Cell::Time(row.since),
                Cell::Number(row.age_days),
            ])?;
        }
        if section.missing_left_off > 0 {
            let words = format!("{} more that are missing are left off", section.missing_left_off);
            self.row(&[text(words)])?;
        }
        Ok(())
    }
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

fn name(named: Option<&Named>) -> Cell {
    named.and_then(|named| named.name.as_deref()).map_or(Cell::Empty, text)
}

fn code(named: Option<&Named>) -> Cell {
    named.and_then(|named| named.code.as_deref()).map_or(Cell::Empty, text)
}

fn both_sides(what: &str, sides: Option<BothSides>) -> Vec<Cell> {
    let figures = sides.map(|sides| {
        [sides.left, sides.right, sides.residual, sides.compared, sides.differing].map(Cell::Number)
    });
    let figures = figures.map_or_else(|| vec![text("not for a part of the goods")], Vec::from);
    std::iter::once(text(what)).chain(figures).collect()
}

/// Puts a cell where it belongs; what is no time of a spreadsheet's stays a text.
fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    (time, day): (&Format, &Format),
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        // No quantity is above 2^53, so each is told exactly.
        Cell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Time(at) => match moment(*at) {
            Ok(moment) => {
                sheet.write_datetime_with_format(row, column, &moment, time)?;
            }
            Err(_) => {
                sheet.write_string(row, column, at.to_string())?;
            }
        },
        Cell::Day(text) => match ExcelDateTime::parse_from_str(text) {
            Ok(date) => {
                sheet.write_datetime_with_format(row, column, &date, day)?;
            }
            Err(_) => {
                sheet.write_string(row, column, text)?;
            }
        },
        Cell::Word(text) | Cell::Text(text) => {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(())
}

fn moment(at: Timestamp) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_timestamp(at.0.div_euclid(MICROSECONDS))
}
