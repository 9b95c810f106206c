//! Cells of tables that people open in a spreadsheet, which runs some of them as formulas.

/// Beginnings by which a spreadsheet takes a cell for a formula (OWASP, "CSV Injection"), also as East Asian
/// keyboards type them.
const FORMULA_STARTS: [char; 9] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet might take a text for a formula: what stands before it unseen counts for nothing.
pub fn is_formula(text: &str) -> bool {
    let unseen = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{feff}';
    text.trim_start_matches(unseen).starts_with(FORMULA_STARTS) || text.starts_with(['\t', '\r', '\n'])
}

/// A text as a cell that no spreadsheet runs: an apostrophe in front makes it a text.
pub fn cell_of(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}
