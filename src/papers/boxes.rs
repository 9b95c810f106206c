//! What stands in boxes: codes, signatures and labels.

use super::code::{QUIET, squares};
use super::flow::{BODY, BODY_BOLD, Flow, HEADING, INNER_WIDTH, MARGIN, NodeId};
use super::model::{Label, Scan, Signature, Value};
use super::rules::Language;
use super::typeface::{Face, Line, Style};
use super::words::Phrase;
use crate::core::problem::Outcome;
use krilla::tagging::{Tag, TagKind};

/// How large a code is printed: 32 mm, which a phone reads at arm's length.
const CODE_SIZE: f32 = 91.0;
/// What is between two boxes side by side.
const GAP: f32 = 11.0;
/// How wide each of them is.
const HALF: f32 = (INNER_WIDTH - GAP) / 2.0;
/// What stays white inside a box.
const INSET: f32 = 8.0;
/// Lines of a name in a box, which has to fit a page with others; who needs more has them in the table.
const BOX_LINES_MAX: usize = 4;
const LABEL_CODE_SIZE: f32 = 78.0;
const LABEL_HEIGHT: f32 = 228.0;
const LABEL: Style = Style { face: Face::Regular, size: 10.0 };
const PACKAGE: Style = Style { face: Face::Bold, size: 14.0 };

/// A code with the same in letters beside it.
///
/// # Errors
/// Where it cannot be drawn.
pub(super) fn place_code(flow: &mut Flow<'_>, language: Language, scan: &Scan) -> Outcome<()> {
    let code = &scan.code;
    flow.make_room(CODE_SIZE + 8.0);
    draw_code(flow, language, scan, MARGIN, 0.0, CODE_SIZE)?;
    let node = flow.node(None, Tag::P);
    let words = format!("{}: {code}", scan.named(language));
    let mut below = (CODE_SIZE - HEADING.lead()) / 2.0;
    for line in flow.typeface.lines(&words, HEADING, INNER_WIDTH - CODE_SIZE - GAP) {
        flow.place(MARGIN + CODE_SIZE + GAP, below, line, Some(node));
        below += HEADING.lead();
    }
    flow.y += CODE_SIZE + 8.0;
    Ok(())
}

fn draw_code(
    flow: &mut Flow<'_>,
    language: Language,
    scan: &Scan,
    left: f32,
    top: f32,
    size: f32,
) -> Outcome<()> {
    let drawn = squares(&scan.address)?;
    let square = size / (drawn.side + 2 * QUIET) as f32;
    let at = |place: usize| (place + QUIET) as f32 * square;
    let runs = drawn.runs.into_iter();
    let rectangles =
        runs.map(|(column, row, length)| [left + at(column), top + at(row), length as f32 * square, square]);
    let named = format!("{} {}", scan.named(language), scan.code);
    let node = flow.node(None, Tag::Figure(Some(named)));
    flow.black(rectangles.collect(), Some(node));
    Ok(())
}

/// At most so many lines of a text; where there are more, the last says so.
fn some_lines(flow: &Flow<'_>, text: &str, style: Style, width: f32) -> Vec<Line> {
    let mut lines = flow.typeface.lines(text, style, width);
    if lines.len() > BOX_LINES_MAX {
        lines.truncate(BOX_LINES_MAX - 1);
        lines.push(flow.typeface.line("…", style));
    }
    lines
}

/// Lines one below the other from so far below the filled part; returns how far they go.
fn stack(
    flow: &mut Flow<'_>,
    x: f32,
    mut below: f32,
    lines: Vec<Line>,
    tag: impl Into<TagKind>,
    parent: Option<NodeId>,
) -> f32 {
    let node = flow.node(parent, tag);
    for line in lines {
        let lead = line.style.lead();
        flow.place(x, below, line, Some(node));
        below += lead;
    }
    below
}

/// Boxes to sign in, two side by side.
pub(super) fn place_signatures(flow: &mut Flow<'_>, language: Language, signatures: &[Signature]) {
    flow.y += 4.0;
    for pair in signatures.chunks(2) {
        let set: Vec<Vec<Vec<Line>>> =
            pair.iter().map(|signature| signature_lines(flow, language, signature)).collect();
        let height_of =
            |parts: &Vec<Vec<Line>>| -> f32 { parts.iter().flatten().map(|line| line.style.lead()).sum() };
        let height = set.iter().map(height_of).fold(0.0, f32::max) + 2.0 * INSET + 16.0;
        flow.make_room(height);
        for (at, parts) in set.into_iter().enumerate() {
            let left = MARGIN + at as f32 * (HALF + GAP);
            flow.frame(left, HALF, height);
            let node = flow.node(None, Tag::Div);
            let mut below = INSET;
            for lines in parts {
                below = stack(flow, left + INSET, below, lines, Tag::P, Some(node));
            }
        }
        flow.y += height + GAP;
    }
}

fn signature_lines(flow: &Flow<'_>, language: Language, signature: &Signature) -> Vec<Vec<Line>> {
    let width = HALF - 2.0 * INSET;
    let line = |name: Phrase, value: &Value| {
        some_lines(flow, &format!("{}: {}", name.said(language), value.text()), BODY, width)
    };
    vec![
        some_lines(flow, signature.act, BODY_BOLD, width),
        line(Phrase::Name, &signature.name),
        line(Phrase::Date, &signature.date),
        line(Phrase::Signature, &Value::Blank),
    ]
}

/// Labels, two side by side.
///
/// # Errors
/// Where a code cannot be drawn.
pub(super) fn place_labels(flow: &mut Flow<'_>, language: Language, labels: &[Label]) -> Outcome<()> {
    for pair in labels.chunks(2) {
        flow.make_room(LABEL_HEIGHT);
        for (at, label) in pair.iter().enumerate() {
            place_label(flow, language, label, MARGIN + at as f32 * (HALF + GAP))?;
        }
        flow.y += LABEL_HEIGHT + GAP;
    }
    Ok(())
}

fn place_label(flow: &mut Flow<'_>, language: Language, label: &Label, left: f32) -> Outcome<()> {
    flow.frame(left, HALF, LABEL_HEIGHT);
    draw_code(flow, language, &label.code, left, INSET, LABEL_CODE_SIZE)?;
    let beside = left + LABEL_CODE_SIZE;
    let width = HALF - LABEL_CODE_SIZE - INSET;
    let code = some_lines(flow, &label.code.code, HEADING, width);
    let below = stack(flow, beside, INSET + 16.0, code, Tag::P, None);
    let package = some_lines(flow, label.package.text(), PACKAGE, width);
    stack(flow, beside, below + 4.0, package, Tag::P, None);
    let mut below = INSET + LABEL_CODE_SIZE + 2.0;
    for fact in &label.facts {
        let words = format!("{}: {}", fact.name, fact.value.text());
        let mut lines = some_lines(flow, &words, LABEL, HALF - 2.0 * INSET);
        // What would stand below the frame is left out: the packing list has it.
        let room = ((LABEL_HEIGHT - INSET - below) / LABEL.lead()).max(0.0) as usize;
        lines.truncate(room);
        below = stack(flow, left + INSET, below, lines, Tag::P, None);
    }
    Ok(())
}
