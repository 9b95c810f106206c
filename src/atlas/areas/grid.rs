//! Which areas a place can lie in at all: a grid over the globe whose cells know the areas that touch them.
//!
//! A cell that one area covers whole answers by itself; only in cells that a border passes are shapes asked. Cells
//! are closed to the south and west, so that every place is in one of them.

use std::collections::BTreeMap;

use super::fixed::{HALF_TURN, POLE, Spot, TURN, UNITS_PER_DEGREE, Vertex};
use super::shape::{Position, Scale, Shape, corner_pairs};

/// A quarter of a degree: 4 MiB for the globe. A tenth is hardly faster and takes 25 MiB.
const CELL: i64 = UNITS_PER_DEGREE / 4;
const COLUMNS: i64 = TURN / CELL;
const ROWS: i64 = 2 * POLE / CELL;
/// Set in a cell that is no area's alone; the rest of the number is where its list begins.
const LIST: u32 = 1 << 31;

/// Shapes of numbered areas, and the grid over them.
#[derive(Debug)]
pub(super) struct PointIndex {
    shapes: Vec<Shape>,
    first_row: i64,
    /// Row by row from the south, each from 180° west: 0 for nothing, the number of the one area plus 1, or a list.
    cells: Box<[u32]>,
    /// Lists of area numbers, each behind its length.
    lists: Box<[u32]>,
}

impl PointIndex {
    /// Lays the grid over shapes, whose numbers are their places; where a place could be two areas', the lower wins.
    pub(super) fn new(shapes: Vec<Shape>) -> Self {
        let touched = |pick: fn((Vertex, Vertex)) -> Vertex| {
            shapes.iter().filter(|shape| !shape.rings().is_empty()).map(move |shape| pick(shape.bounds()).y)
        };
        let first_row = row_of(touched(|(least, _)| least).min().unwrap_or(0).into());
        let last_row = row_of(touched(|(_, most)| most).max().unwrap_or(0).into());
        let mut draft = Draft {
            first_row,
            cells: vec![0; ((last_row - first_row + 1) * COLUMNS) as usize],
            shared: Vec::new(),
        };
        for (number, shape) in shapes.iter().enumerate() {
            draft.cover(number as u32, shape);
        }
        let (cells, lists) = draft.finish();
        Self { shapes, first_row, cells, lists }
    }

    pub(super) fn shape(&self, number: usize) -> Option<&Shape> {
        self.shapes.get(number)
    }

    /// The area a place lies in, or else the lowest of those whose border it lies on.
    pub(super) fn find(&self, spot: Spot) -> Option<(usize, Position)> {
        let cell = self.cell(row_of(spot.y), column_of(spot.x))?;
        if cell & LIST == 0 {
            return (cell as usize).checked_sub(1).map(|number| (number, Position::Inside));
        }
        let mut touched = None;
        for number in self.list(cell) {
            match self.shapes[*number as usize].position(spot) {
                Position::Inside => return Some((*number as usize, Position::Inside)),
                Position::Border => touched = touched.or(Some((*number as usize, Position::Border))),
                Position::Outside => {}
            }
        }
        touched
    }

    /// The area with the nearest border within `reach_m` metres, the lowest where several are equally near; of those that
    /// `may` be it.
    pub(super) fn nearest(
        &self,
        spot: Spot,
        scale: Scale,
        reach_m: f64,
        may: impl Fn(usize) -> bool,
    ) -> Option<(usize, f64)> {
        let high = (reach_m / scale.y_m).ceil() as i64;
        let wide = ((reach_m / scale.x_m).ceil() as i64).min(HALF_TURN);
        let mut near: Vec<u32> = Vec::new();
        for row in row_of(spot.y - high)..=row_of(spot.y + high) {
            // One column more than a whole turn would ask the first one twice.
            let columns = floor(spot.x - wide)..=floor(spot.x + wide).min(floor(spot.x - wide) + COLUMNS - 1);
            for column in columns {
                let cell = self.cell(row, (column + COLUMNS / 2).rem_euclid(COLUMNS)).unwrap_or(0);
                // Where no border passes, nothing is near.
                if cell & LIST != 0 {
                    near.extend(self.list(cell));
                }
            }
        }
        near.sort_unstable();
        near.dedup();
        let mut best: Option<(usize, f64)> = None;
        for number in near.into_iter().filter(|number| may(*number as usize)) {
            let found = self.shapes[number as usize].distance_m(spot, scale, reach_m);
            if let Some(distance) = found
                && best.is_none_or(|(_, least)| distance < least)
            {
                best = Some((number as usize, distance));
            }
        }
        best
    }

    fn cell(&self, row: i64, column: i64) -> Option<u32> {
        let at = usize::try_from((row - self.first_row) * COLUMNS + column).ok()?;
        self.cells.get(at).copied()
    }

    fn list(&self, cell: u32) -> &[u32] {
        let start = (cell & !LIST) as usize;
        let length = self.lists[start] as usize;
        &self.lists[start + 1..start + 1 + length]
    }
}

/// The grid while areas are laid into it.
struct Draft {
    first_row: i64,
    cells: Vec<u32>,
    /// Cell and area, for cells that a border passes or several areas cover.
    shared: Vec<(u32, u32)>,
}

impl Draft {
    /// Marks the cells an area's border passes, and those inside it.
    fn cover(&mut self, number: u32, shape: &Shape) {
        let rows = border_cells(shape);
        for (row, columns) in rows {
            let mut before: Option<i64> = None;
            for column in columns {
                if let Some(before) = before
                    && column > before + 1
                    && covers(shape, row, before + 1)
                {
                    (before + 1..column).for_each(|inner| self.fill(row, inner, number));
                }
                let at = self.at(row, column);
                self.shared.push((at, number));
                before = Some(column);
            }
        }
    }

    fn fill(&mut self, row: i64, column: i64, number: u32) {
        let at = self.at(row, column);
        match self.cells[at as usize] {
            0 => self.cells[at as usize] = number + 1,
            _ => self.shared.push((at, number)),
        }
    }

    fn at(&self, row: i64, column: i64) -> u32 {
        let column = (column + COLUMNS / 2).rem_euclid(COLUMNS);
        ((row - self.first_row) * COLUMNS + column) as u32
    }

    /// The cells and the lists of those that are no area's alone.
    fn finish(mut self) -> (Box<[u32]>, Box<[u32]>) {
        let mut lists = Vec::with_capacity(self.shared.len() * 2);
        self.shared.sort_unstable();
        self.shared.dedup();
        for group in self.shared.chunk_by(|one, other| one.0 == other.0) {
            let at = group[0].0 as usize;
            let mut numbers: Vec<u32> = group.iter().map(|(_, number)| *number).collect();
            numbers.extend(self.cells[at].checked_sub(1));
            numbers.sort_unstable();
            numbers.dedup();
            self.cells[at] = LIST | lists.len() as u32;
            lists.push(numbers.len() as u32);
            lists.extend(numbers);
        }
        (self.cells.into(), lists.into())
    }
}

/// Whether a cell that no border of the shape passes lies inside it: then its south-western corner does.
fn covers(shape: &Shape, row: i64, column: i64) -> bool {
    let (x, y) = (column * CELL - shape.origin(), row * CELL - POLE);
    shape.position_in_frame(x, y) == Position::Inside
}

/// The cells that the borders of a shape pass, by row; columns run on where the frame does.
fn border_cells(shape: &Shape) -> BTreeMap<i64, Vec<i64>> {
    let mut rows: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for ring in shape.rings() {
        for (from, to) in corner_pairs(&ring.corners) {
            let (low, high) = if from.y <= to.y { (from, to) } else { (to, from) };
            for row in row_of(low.y.into())..=row_of(high.y.into()) {
                let south = (row * CELL - POLE).max(low.y.into());
                let north = ((row + 1) * CELL - POLE).min(high.y.into());
                let (one, other) = (x_at(low, high, south), x_at(low, high, north));
                let west = floor(one.0.min(other.0) + shape.origin());
                let east = floor(one.1.max(other.1) + shape.origin());
                rows.entry(row).or_default().extend(west..=east);
            }
        }
    }
    for columns in rows.values_mut() {
        columns.sort_unstable();
        columns.dedup();
    }
    rows
}

/// Between which whole `x` an edge passes the latitude `y`.
fn x_at(low: Vertex, high: Vertex, y: i64) -> (i64, i64) {
    let (low_x, high_x, low_y) = (i64::from(low.x), i64::from(high.x), i64::from(low.y));
    let height = i64::from(high.y) - low_y;
    if height == 0 {
        return (low_x.min(high_x), low_x.max(high_x));
    }
    // At most a turn times half a turn of units, which an i64 holds.
    let risen = (high_x - low_x) * (y - low_y);
    let x = low_x + risen.div_euclid(height);
    (x, x + i64::from(risen.rem_euclid(height) != 0))
}

fn floor(x: i64) -> i64 {
    x.div_euclid(CELL)
}

/// The row of a latitude; the North Pole belongs to the last.
fn row_of(y: i64) -> i64 {
    (y + POLE).div_euclid(CELL).clamp(0, ROWS - 1)
}

/// The column of a longitude from minus half a turn to half a turn.
fn column_of(x: i64) -> i64 {
    (x + HALF_TURN).div_euclid(CELL).rem_euclid(COLUMNS)
}
