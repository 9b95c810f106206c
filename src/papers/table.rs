//! Tables over pages: the head stands on each of them again, and a row that fits on a page is not torn.

use super::flow::{BODY, CELL, CELL_BOLD, Flow, HAIRLINE, HEADING, INNER_WIDTH, MARGIN, NodeId};
use super::model::{BLANK, Column, Fact, Table, Value};
use super::typeface::{Line, Style};
use krilla::tagging::{TableHeaderScope, Tag};

/// What stays white around the text of a cell.
const PADDING: f32 = 3.0;
/// A row of more than this is torn rather than moved to a page of its own.
const WHOLE_MAX: f32 = 240.0;

/// Where columns stand.
struct Columns {
    /// Left edge, width, and whether text ends at the right one.
    edges: Vec<(f32, f32, bool)>,
}

impl Columns {
    fn of(columns: &[Column]) -> Self {
        let sum: f32 = columns.iter().map(|column| f32::from(column.weight)).sum();
        let mut left = MARGIN;
        let edges = columns.iter().map(|column| {
            let width = INNER_WIDTH * f32::from(column.weight) / sum.max(1.0);
            let edge = (left, width, column.is_number);
            left += width;
            edge
        });
        Self { edges: edges.collect() }
    }
}

/// A row that is to be placed.
struct Row<'a> {
    cells: &'a [Value],
    style: Style,
    /// What its cells are told as; nothing where the row is a head that stands here again.
    nodes: Option<Vec<NodeId>>,
}

/// A table with its caption.
pub(super) fn place_table(flow: &mut Flow<'_>, table: &Table) {
    flow.make_room(HEADING.lead() + 60.0);
    flow.y += 6.0;
    flow.paragraph(table.caption, HEADING, Tag::P);
    flow.y += 2.0;
    let columns = Columns::of(&table.columns);
    let titles: Vec<Value> =
        table.columns.iter().map(|column| Value::Words(column.title.to_owned())).collect();
    let node = flow.node(None, Tag::Table);
    let row = flow.node(Some(node), Tag::TR);
    let cells = titles.iter().map(|_| flow.node(Some(row), Tag::TH(TableHeaderScope::Column)));
    let head = Row { nodes: Some(cells.collect()), cells: &titles, style: CELL_BOLD };
    place_row(flow, &columns, &head, None);
    flow.rule(1.0);
    let again = Row { nodes: None, cells: &titles, style: CELL_BOLD };
    let rows = table.rows.iter().map(|cells| (cells, CELL));
    for (cells, style) in rows.chain(table.total.iter().map(|cells| (cells, CELL_BOLD))) {
        let row = flow.node(Some(node), Tag::TR);
        let nodes = cells.iter().map(|_| flow.node(Some(row), Tag::TD)).collect();
        place_row(flow, &columns, &Row { cells, style, nodes: Some(nodes) }, Some(&again));
        flow.rule(HAIRLINE);
    }
    flow.y += 10.0;
}

/// Names with their values, one below the other.
pub(super) fn place_facts(flow: &mut Flow<'_>, facts: &[Fact]) {
    let columns = Columns::of(&[Column::words("", 30), Column::words("", 70)]);
    let node = flow.node(None, Tag::Table);
    flow.rule(HAIRLINE);
    for fact in facts {
        let row = flow.node(Some(node), Tag::TR);
        let nodes = vec![flow.node(Some(row), Tag::TH(TableHeaderScope::Row)), flow.node(Some(row), Tag::TD)];
        let cells = [Value::Words(fact.name.to_owned()), fact.value.clone()];
        place_row(flow, &columns, &Row { cells: &cells, style: BODY, nodes: Some(nodes) }, None);
        flow.rule(HAIRLINE);
    }
    flow.y += 10.0;
}

/// Places a row; where it goes on to another page, the head stands there again.
fn place_row(flow: &mut Flow<'_>, columns: &Columns, row: &Row<'_>, head: Option<&Row<'_>>) {
    let set: Vec<Vec<Line>> = row
        .cells
        .iter()
        .zip(&columns.edges)
        .map(|(value, (_, width, _))| cell_lines(flow, value, row.style, width - 2.0 * PADDING))
        .collect();
    let lines = set.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let lead = row.style.lead();
    let height = lines as f32 * lead + 2.0 * PADDING;
    if !flow.has_room(height.min(WHOLE_MAX)) {
        turn(flow, columns, head);
    }
    if flow.has_room(height) {
        place_whole(flow, columns, row, set);
        flow.y += height;
    } else {
        place_torn(flow, columns, row, (set, lines), head);
    }
}

/// Where a line of a cell begins.
fn x_of(line: &Line, (left, width, is_number): (f32, f32, bool)) -> f32 {
    if is_number { left + width - PADDING - line.width } else { left + PADDING }
}

/// A row that fits on the page, cell by cell, as it is read.
fn place_whole(flow: &mut Flow<'_>, columns: &Columns, row: &Row<'_>, set: Vec<Vec<Line>>) {
    for (at, (lines, edge)) in set.into_iter().zip(&columns.edges).enumerate() {
        let node = row.nodes.as_ref().and_then(|nodes| nodes.get(at)).copied();
        let mut below = PADDING;
        for line in lines {
            flow.place(x_of(&line, *edge), below, line, node);
            below += row.style.lead();
        }
    }
}

/// A row that goes on over pages, line by line.
fn place_torn(
    flow: &mut Flow<'_>,
    columns: &Columns,
    row: &Row<'_>,
    (set, lines): (Vec<Vec<Line>>, usize),
    head: Option<&Row<'_>>,
) {
    let lead = row.style.lead();
    flow.y += PADDING;
    let mut cells: Vec<std::vec::IntoIter<Line>> = set.into_iter().map(Vec::into_iter).collect();
    for _ in 0..lines {
        if !flow.has_room(lead) {
            turn(flow, columns, head);
            flow.y += PADDING;
        }
        for (at, (cell, edge)) in cells.iter_mut().zip(&columns.edges).enumerate() {
            let Some(line) = cell.next() else { continue };
            let node = row.nodes.as_ref().and_then(|nodes| nodes.get(at)).copied();
            flow.place(x_of(&line, *edge), 0.0, line, node);
        }
        flow.y += lead;
    }
    flow.y += PADDING;
}

/// The lines of a cell; one to fill in by hand is as long as the cell is wide.
fn cell_lines(flow: &Flow<'_>, value: &Value, style: Style, width: f32) -> Vec<Line> {
    match value {
        Value::Blank => {
            let whole = flow.typeface.line(BLANK, style).width.max(1.0);
            let fits = (BLANK.len() as f32 * width / whole) as usize;
            vec![flow.typeface.line(&BLANK[..fits.clamp(1, BLANK.len())], style)]
        }
        Value::Words(text) | Value::Code(text) | Value::Number(text) => {
            flow.typeface.lines(text, style, width)
        }
        Value::Nothing => Vec::new(),
    }
}

fn turn(flow: &mut Flow<'_>, columns: &Columns, head: Option<&Row<'_>>) {
    flow.turn();
    if let Some(head) = head {
        place_row(flow, columns, head, None);
        flow.rule(1.0);
    }
}
