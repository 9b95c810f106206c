//! Tables to fill in, each with what its columns mean. One that is filled in is read without any mapping.

use super::column::{Column, Holds, Name};
use super::kinds::SheetKind;
use crate::core::problem::{Outcome, Problem};
use rust_xlsxwriter::{DataValidation, Format, Workbook, Worksheet, XlsxError};

/// Rows of a workbook's template that are offered the words there are.
const OFFERED_ROWS: u32 = 5_000;
/// How wide columns are, in letters.
const COLUMN_WIDTH: u16 = 20;
const HELP_WIDTH: u16 = 100;

/// The kind of file of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text, with the instructions above the header in lines that begin with `#`.
    Csv,
    /// A workbook, with the instructions on a sheet of their own.
    Xlsx,
}

impl Form {
    /// What a file's name ends in.
    ///
    /// # Errors
    /// `invalid` at a pointer, naming those there are.
    pub fn read(pointer: &str, ending: &str) -> Outcome<Self> {
        match ending {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            other => {
                let words = format!("{other:?} is no kind of template; write csv or xlsx");
                Err(Problem::field(pointer, words))
            }
        }
    }

    /// What it is sent as.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What is said above the columns.
fn preface(kind: SheetKind) -> Vec<String> {
    if kind == SheetKind::Boundaries {
        return vec![
            "Borders of areas are no table: they are GeoJSON, one file a country, with a P-code or ISO 3166-2 code in each \
             feature, such as COD-AB of OCHA."
                .to_owned(),
            "Send the file to POST /api/v1/boundaries, as docs/api.md tells.".to_owned(),
        ];
    }
    let mut lines = vec![
        format!("ReliefLedger, {}: one row each below the header. Keep the header as it is.", kind.word()),
        "A row that begins with # is passed over. The same file again changes nothing.".to_owned(),
    ];
    if kind.grouped_by().is_some() {
        let words = "Rows that follow each other with the same first cell state one thing together; what the whole shares \
                     is said in the first of them.";
        lines.push(words.to_owned());
    }
    lines
}

/// What a column holds, in words.
fn holds(column: &Column) -> String {
    match column.holds {
        Holds::Text | Holds::Key => "text".to_owned(),
        Holds::OneOf(words) => format!("one of: {}", words.join(", ")),
        Holds::Whole | Holds::Leg => "a whole number".to_owned(),
        Holds::Degrees | Holds::Exact | Holds::Money(_) => "a number".to_owned(),
        Holds::YesNo => "yes or no".to_owned(),
        Holds::Time => "a day such as 2020-08-06, or a time such as 2020-08-06T09:30, UTC".to_owned(),
        Holds::Day => "a day such as 2020-08-06".to_owned(),
        Holds::Country => "a country".to_owned(),
        Holds::Currency => "three letters".to_owned(),
        Holds::List => "words with semicolons between".to_owned(),
        Holds::Json => "JSON".to_owned(),
        Holds::Named(name @ (Name::Organization | Name::Programme | Name::Item | Name::Site)) => {
            format!("the {} or identifier of one that is recorded", name.by())
        }
        Holds::Named(name @ (Name::Pledge | Name::Consignment)) => {
            format!("the {} or identifier of one that is recorded", name.by())
        }
    }
}

/// The template of a kind.
///
/// # Errors
/// `internal` where a workbook cannot be made.
pub fn template(kind: SheetKind, form: Form) -> Outcome<Vec<u8>> {
    match form {
        Form::Csv => Ok(csv(kind).into_bytes()),
        Form::Xlsx => xlsx(kind).map_err(|error| Problem::internal(format!("a template: {error}"))),
    }
}

fn csv(kind: SheetKind) -> String {
    let mut text = String::new();
    for line in preface(kind) {
        text.push_str(&format!("# {line}\r\n"));
    }
    for column in kind.columns() {
        let must = if column.is_required { " (needed)" } else { "" };
        let example =
            if column.example.is_empty() { String::new() } else { format!(" Example: {}", column.example) };
        text.push_str(&format!(
            "# {}{must}: {} Holds {}.{example}\r\n",
            column.heading,
            column.help,
            holds(column)
        ));
    }
    let headings: Vec<&str> = kind.columns().iter().map(|column| column.heading).collect();
    if !headings.is_empty() {
        text.push_str(&format!("{}\r\n", headings.join(",")));
    }
    text
}

fn xlsx(kind: SheetKind) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    if !kind.columns().is_empty() {
        let sheet = workbook.add_worksheet();
        sheet.set_name(kind.word())?.set_freeze_panes(1, 0)?;
        for (at, column) in (0..).zip(kind.columns()) {
            fill(sheet, at, column, &bold)?;
        }
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("Instructions")?;
    let mut row = 0;
    for line in preface(kind) {
        sheet.write_string(row, 0, &line)?;
        row += 1;
    }
    if !kind.columns().is_empty() {
        row += 1;
        for (at, heading) in (0..).zip(["column", "needed", "holds", "example", "what it means"]) {
            sheet.write_string_with_format(row, at, heading, &bold)?;
            sheet.set_column_width(at, if at == 4 { HELP_WIDTH } else { COLUMN_WIDTH })?;
        }
    }
    for column in kind.columns() {
        row += 1;
        let must = if column.is_required { "yes" } else { "" };
        let cells = [column.heading, must, &holds(column), column.example, column.help];
        for (at, cell) in (0..).zip(cells) {
            sheet.write_string(row, at, cell)?;
        }
    }
    workbook.save_to_buffer()
}

/// One column of the sheet to fill in: its heading, texts as texts, and the words there are to choose from.
fn fill(sheet: &mut Worksheet, at: u16, column: &Column, bold: &Format) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, at, column.heading, bold)?;
    sheet.set_column_width(at, COLUMN_WIDTH)?;
    let is_number =
        matches!(column.holds, Holds::Whole | Holds::Leg | Holds::Degrees | Holds::Exact | Holds::Money(_));
    if !is_number {
        // A code of digits keeps its zeros, and a day stays as it is typed.
        sheet.set_column_format(at, &Format::new().set_num_format("@"))?;
    }
    let words = column.words();
    if words.is_empty() {
        return Ok(());
    }
    let offered = DataValidation::new().allow_list_strings(words)?;
    sheet.add_data_validation(1, at, OFFERED_ROWS, at, &offered)?;
    Ok(())
}
