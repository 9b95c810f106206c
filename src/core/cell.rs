//! Cells of tables that people open in a spreadsheet, which runs some of them as formulas.

/// Beginnings by which a spreadsheet takes a cell for a formula (OWASP, "CSV Injection"), also as East Asian
/// keyboards type them.
const FORMULA_STARTS: [char; 9] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠'];

/// What parts cells or lines in the eyes of one spreadsheet or another: where the language of a machine has a decimal comma, a
/// file of commas is read as one of semicolons, and what stands behind one in a text begins a cell.
const SEPARATORS: [char; 6] = [',', ';', '|', '\t', '\r', '\n'];

/// What makes a cell a text.
const SHIELD: char = '\'';

/// What stands before the beginning of a cell and counts for nothing.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || letter == '\u{feff}'
}

/// Whether a spreadsheet might take a text for a formula: what stands before it unseen counts for nothing.
pub fn is_formula(text: &str) -> bool {
    text.trim_start_matches(is_unseen).starts_with(FORMULA_STARTS) || text.starts_with(['\t', '\r', '\n'])
}

/// A text as a cell that no spreadsheet runs: an apostrophe in front makes it a text.
pub fn cell_of(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// A text as a cell that no spreadsheet runs, wherever it takes it to be parted, and from which [`unshielded`] makes the
/// same text again: an apostrophe stands before every beginning that could be run, and before those that are an
/// apostrophe already.
pub fn shielded(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r', '\n']) {
        cell.push(SHIELD);
    }
    let mut is_beginning = true;
    for letter in text.chars() {
        if is_beginning && (FORMULA_STARTS.contains(&letter) || letter == SHIELD) {
            cell.push(SHIELD);
        }
        cell.push(letter);
        is_beginning = begins_next(is_beginning, letter);
    }
    cell
}

/// The text that [`shielded`] made a cell of.
pub fn unshielded(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut is_beginning = true;
    let mut letters = cell.chars();
    while let Some(mut letter) = letters.next() {
        if is_beginning && letter == SHIELD {
            match letters.next() {
                Some(shielded) => letter = shielded,
                None => break,
            }
        }
        text.push(letter);
        is_beginning = begins_next(is_beginning, letter);
    }
    text
}

/// Whether what follows a letter might be taken for the beginning of a cell. Quotation marks around a cell are no part of it.
fn begins_next(is_beginning: bool, letter: char) -> bool {
    SEPARATORS.contains(&letter) || (is_beginning && (is_unseen(letter) || letter == '"'))
}
