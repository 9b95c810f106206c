//! A sheet as a table for spreadsheets, out and in again.
//!
//! Out it is RFC 4180, and no cell is a formula. In it is whatever a spreadsheet program makes of that: other
//! delimiters, other encodings, a workbook. Only the number of a line and what was counted are taken from it; what
//! stands beside them is for people's eyes. Rows without a line are goods that were not on the sheet.

use super::read::LineView;
use super::rules::CountEntry;
use crate::core::cell::{cell_of, is_formula};
use crate::core::check::{Check, quoted};
use crate::core::id::ItemId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::quantity::{MAXIMUM, Quantity};
use crate::db::schema::items;
use crate::db::{Conn, read_failure};
use crate::exchange::table::{Limits, Table, TableOptions, TableRow};
use crate::ledger::Condition;
use diesel::prelude::*;
use std::collections::HashMap;

/// The columns of a sheet, in their order.
const LINE: &str = "line";
const CODE: &str = "item_code";
const LOT: &str = "lot";
const CONDITION: &str = "condition";
const COUNTED: &str = "counted";

/// The rows that a table may have: no sheet has more lines.
const ROWS_MAXIMUM: usize = 2_000;

/// A sheet as a table.
///
/// # Errors
/// An internal problem where it cannot be written.
pub(super) fn csv_of(lines: &[LineView]) -> Outcome<String> {
    let failed = |error: &dyn std::fmt::Display| Problem::internal(format!("a table: {error}"));
    let shows_expected = lines.iter().any(|line| line.expected.is_some());
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut heading = vec![LINE, CODE, "item", "base_unit", LOT, "expires_on", CONDITION];
    heading.extend(shows_expected.then_some("expected"));
    heading.push(COUNTED);
    table.write_record(&heading).map_err(|error| failed(&error))?;
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    for line in lines {
        let mut cells = vec![
            line.line.to_string(),
            cell_of(&line.code),
            cell_of(&line.item_name),
            cell_of(&line.base_unit),
            cell_of(line.lot.as_deref().unwrap_or_default()),
            cell_of(line.expires_on.as_deref().unwrap_or_default()),
            line.condition.word().to_owned(),
        ];
        if shows_expected {
            cells.push(number(line.expected));
        }
        cells.push(number(line.counted));
        table.write_record(&cells).map_err(|error| failed(&error))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A row of a table that says something.
#[derive(Clone, Debug)]
struct Filled {
    pointer: String,
    line: Option<i64>,
    code: String,
    lot: Option<String>,
    condition: Option<Condition>,
    counted: Quantity,
}

/// Where the columns stand.
struct Columns {
    line: usize,
    code: Option<usize>,
    lot: Option<usize>,
    condition: Option<usize>,
    counted: usize,
}

impl Columns {
    fn of(header: &[String]) -> Outcome<Self> {
        let find = |name: &str| header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
        let needed = |name: &str| {
            let words = || format!("has no column {name}; keep the first row of the sheet as it was");
            find(name).ok_or_else(|| Problem::field("/rows/1", words()))
        };
        Ok(Self {
            line: needed(LINE)?,
            counted: needed(COUNTED)?,
            code: find(CODE),
            lot: find(LOT),
            condition: find(CONDITION),
        })
    }
}

/// Reads the figures out of a table; rows without one are not counted yet.
///
/// # Errors
/// `invalid`, naming each row and column that cannot be.
fn read_filled(bytes: Vec<u8>) -> Outcome<Vec<Filled>> {
    let unreadable =
        |error: &dyn std::fmt::Display| Problem::field("", format!("The table cannot be read: {error}."));
    let options = TableOptions { limits: Limits::SENT, ..TableOptions::default() };
    let table = Table::from_bytes(bytes, &options).map_err(|error| unreadable(&error))?;
    let columns = Columns::of(table.header())?;
    let mut check = Check::new();
    let mut found = Vec::new();
    for (index, row) in table.rows().enumerate() {
        let row = row.map_err(|error| unreadable(&error))?;
        if index >= ROWS_MAXIMUM {
            let words = format!("are more than {ROWS_MAXIMUM}, which no sheet has");
            return Err(Problem::field("/rows", words).coded(Fault::TooMany));
        }
        if let Some(problem) = &row.problem {
            check.wrong(format!("/rows/{}", row.number), problem.to_string());
            continue;
        }
        found.extend(filled(&row, &columns, &mut check));
    }
    check.finish()?;
    Ok(found)
}

fn filled(row: &TableRow, columns: &Columns, check: &mut Check) -> Option<Filled> {
    let pointer = format!("/rows/{}", row.number);
    let text = |column: Option<usize>| column.map(|column| plain(row.cell(column))).unwrap_or_default();
    let (line, code) = (row.cell(columns.line), text(columns.code));
    let counted = row.cell(columns.counted);
    if counted.is_empty() {
        if line.is_empty() && !code.is_empty() {
            check.fault(
                Fault::Required,
                format!("{pointer}/{COUNTED}"),
                "is empty; say how many of it were found",
            );
        }
        return None;
    }
    let number = counted.parse().ok().and_then(Quantity::new);
    if number.is_none() {
        let words = format!(
            "{} is no number of base units; write it in digits alone, from 0 to {MAXIMUM}",
            quoted(counted)
        );
        check.fault(Fault::NotANumber, format!("{pointer}/{COUNTED}"), words);
    }
    let mut found =
        Filled { pointer: pointer.clone(), line: None, code, lot: None, condition: None, counted: number? };
    if !line.is_empty() {
        match line.parse() {
            Ok(line) => found.line = Some(line),
            Err(_) => check.fault(
                Fault::Unknown,
                format!("{pointer}/{LINE}"),
                format!("{} is no line of the sheet", quoted(line)),
            ),
        }
        return found.line.is_some().then_some(found);
    }
    if found.code.is_empty() {
        check.fault(
            Fault::Required,
            format!("{pointer}/{CODE}"),
            "is empty; say what was found that is not on the sheet",
        );
        return None;
    }
    found.lot = Some(text(columns.lot)).filter(|lot| !lot.is_empty());
    let condition = text(columns.condition);
    if !condition.is_empty() {
        found.condition = Condition::ALL.into_iter().find(|one| one.word() == condition);
        if found.condition.is_none() {
            let words = format!("{} is none; write good, on_hold or damaged", quoted(&condition));
            check.fault(Fault::NotAChoice, format!("{pointer}/{CONDITION}"), words);
        }
    }
    Some(found)
}

/// A cell without the apostrophe that kept it from being a formula.
fn plain(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest.to_owned(),
        Some(_) | None => text.to_owned(),
    }
}

/// The figures of a table that was filled in.
///
/// # Errors
/// `invalid`, naming each row and column that cannot be, or what the database says.
pub(super) fn entries_of(conn: &mut Conn, bytes: Vec<u8>) -> Outcome<Vec<(String, CountEntry)>> {
    let filled = read_filled(bytes)?;
    let known: Vec<(String, ItemId)> = items::table
        .filter(items::code.eq_any(codes(&filled)))
        .select((items::code, items::id))
        .load(conn)
        .map_err(read_failure)?;
    entries(filled, &known.into_iter().collect())
}

/// The codes of items that are not on the sheet.
fn codes(filled: &[Filled]) -> Vec<String> {
    filled.iter().filter(|row| row.line.is_none()).map(|row| row.code.clone()).collect()
}

/// The figures of a table, where these are the items of its codes.
///
/// # Errors
/// `invalid` where there is no such item.
fn entries(filled: Vec<Filled>, known: &HashMap<String, ItemId>) -> Outcome<Vec<(String, CountEntry)>> {
    let mut check = Check::new();
    let mut found = Vec::with_capacity(filled.len());
    for row in filled {
        let item = match row.line {
            Some(_) => None,
            None => known.get(&row.code).copied(),
        };
        if row.line.is_none() && item.is_none() {
            let words = format!("{} is the code of no item", quoted(&row.code));
            check.fault(Fault::Unknown, format!("{}/{CODE}", row.pointer), words);
        }
        let Filled { pointer, line, lot, condition, counted, .. } = row;
        found.push((pointer, CountEntry { line, item, lot, condition, counted }));
    }
    check.finish()?;
    Ok(found)
}
