//! Charts from zero: rows of bars or ranges, which begin on the side a language is read from, and columns over time,
//! which goes from left to right in every language.

use super::{Side, shared};

/// How wide a chart is, in units of its own: a phone is about as many points wide, so that words keep their size.
pub const WIDTH: i64 = 360;
/// How high a row is: a line of words and what is drawn.
const ROW: i64 = 44;
/// How high columns are at most.
const HEIGHT: i64 = 140;
/// What is above the highest column: its number.
const ABOVE: i64 = 20;
/// Letters of a row's name: more do not fit beside its value. The table has them all.
const LETTERS: usize = 30;
/// Rows of a chart: what is beyond stands in the table.
pub const ROWS_MAXIMUM: usize = 12;
/// Columns of a chart: more, and their numbers overlap.
pub const COLUMNS_MAXIMUM: usize = 6;
/// Series of a chart: more, and nobody tells them apart.
pub const SERIES_MAXIMUM: usize = 5;
/// What is not nought is never narrower.
const LEAST: i64 = 2;

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What it is about.
    pub name: String,
    /// Where what is drawn begins; a bar begins at 0.
    pub from: i64,
    /// What is marked between, where something is.
    pub middle: Option<i64>,
    /// Where it ends.
    pub to: i64,
    /// Its value in words.
    pub told: String,
}

/// A row of a chart as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is about, as far as it fits.
    pub name: String,
    /// Its value in words.
    pub told: String,
    /// Where its words stand.
    pub text_y: i64,
    /// Where what is drawn begins from the left edge.
    pub x: i64,
    /// And from the top.
    pub y: i64,
    /// How wide it is.
    pub width: i64,
    /// Where something is marked.
    pub mark: Option<i64>,
}

/// Rows of bars or ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// All of it in a sentence.
    pub label: String,
    /// Where names begin.
    pub name_x: i64,
    /// Where values end.
    pub told_x: i64,
    /// How high it is.
    pub height: i64,
    /// The line of zero.
    pub zero_x: i64,
    /// What is drawn.
    pub rows: Vec<Row>,
}

/// Rows as they are drawn, the first so many of them: all by one measure from zero.
pub fn rows(side: Side, label: String, measured: &[Measured]) -> Rows {
    let shown = measured.get(..ROWS_MAXIMUM).unwrap_or(measured);
    let most = shown.iter().map(|row| row.to).max().unwrap_or(0);
    let drawn = shown.iter().enumerate().map(|(index, row)| {
        let top = ROW * i64::try_from(index).unwrap_or(0);
        let (from, to) = (scaled(row.from, most), scaled(row.to, most));
        let least = if row.to > 0 { LEAST } else { 0 };
        let width = (to - from).max(least).min(WIDTH);
        let from = from.min(WIDTH - width);
        Row {
            name: shortened(&row.name),
            told: row.told.clone(),
            text_y: top + 16,
            x: side.place(from, width, WIDTH),
            y: top + 22,
            width,
            mark: row.middle.map(|middle| side.place(scaled(middle, most), 0, WIDTH)),
        }
    });
    Rows {
        label,
        name_x: side.place(0, 0, WIDTH),
        told_x: side.place(WIDTH, 0, WIDTH),
        height: ROW * i64::try_from(shown.len()).unwrap_or(0),
        zero_x: side.place(0, 0, WIDTH),
        rows: drawn.collect(),
    }
}

/// A value as a width, where the largest is the whole.
fn scaled(value: i64, most: i64) -> i64 {
    if most <= 0 {
        return 0;
    }
    let width = i128::from(value.max(0)) * i128::from(WIDTH) / i128::from(most);
    i64::try_from(width).unwrap_or(WIDTH).min(WIDTH)
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LETTERS - 1).collect();
    format!("{}…", kept.trim_end())
}

/// What a column is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stacked {
    /// The month it is of, such as `2026-09`.
    pub month: String,
    /// Its parts from the bottom, one a series.
    pub parts: Vec<i64>,
    /// Its sum in words.
    pub told: String,
}

/// A part of a column as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which series, from 0.
    pub series: usize,
    /// From the left edge.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
}

/// The words at a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    /// Their middle.
    pub x: i64,
    /// Where the number stands.
    pub told_y: i64,
    /// Its sum.
    pub told: String,
    /// The month's number.
    pub month: String,
    /// The year, where it begins or the chart does.
    pub year: Option<String>,
}

/// Columns over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// All of it in a sentence.
    pub label: String,
    /// How high it is.
    pub height: i64,
    /// The line of zero.
    pub zero_y: i64,
    /// What is drawn.
    pub blocks: Vec<Block>,
    /// What stands at each.
    pub feet: Vec<Foot>,
}

/// Columns as they are drawn, the first so many of them. There is no side to begin from: time goes one way.
pub fn columns(label: String, stacked: &[Stacked]) -> Columns {
    let shown = stacked.get(..COLUMNS_MAXIMUM).unwrap_or(stacked);
    let sum = |column: &Stacked| -> i128 { column.parts.iter().map(|part| i128::from((*part).max(0))).sum() };
    let most = shown.iter().map(sum).max().unwrap_or(0);
    let zero_y = ABOVE + HEIGHT;
    let step = WIDTH / i64::try_from(shown.len().max(1)).unwrap_or(1);
    let width = step * 2 / 3;
    let (mut blocks, mut feet) = (Vec::new(), Vec::new());
    let mut year = "";
    for (index, column) in shown.iter().enumerate() {
        let x = step * i64::try_from(index).unwrap_or(0) + (step - width) / 2;
        let height =
            if most == 0 { 0 } else { i64::try_from(sum(column) * i128::from(HEIGHT) / most).unwrap_or(0) };
        let parts = column.parts.get(..SERIES_MAXIMUM).unwrap_or(&column.parts);
        let mut y = zero_y;
        for (series, height) in
            shared(height, parts, LEAST).into_iter().enumerate().filter(|(_, height)| *height > 0)
        {
            y -= height;
            blocks.push(Block { series, x, y, width, height });
        }
        let (this_year, month) = column.month.split_once('-').unwrap_or(("", &column.month));
        let begins = this_year != year;
        year = this_year;
        feet.push(Foot {
            x: x + width / 2,
            told_y: y - 6,
            told: column.told.clone(),
            month: month.to_owned(),
            year: begins.then(|| this_year.to_owned()),
        });
    }
    Columns { label, height: zero_y + 40, zero_y, blocks, feet }
}
