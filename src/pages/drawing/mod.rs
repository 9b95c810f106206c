//! Pictures that the server draws: where goods are, and charts. Pure: figures in, shapes out.
//!
//! | file | what it is |
//! |---|---|
//! | `whereabouts` | every account but the sources, in eight plain words |
//! | `bar`, `bar.html` | where each unit is: widths that add up to the whole |
//! | `chart`, `rows.html`, `columns.html` | bars, ranges and columns from zero |
//!
//! A picture has a sentence above it and a table below, which says the same and is the equal control. Bars begin on the
//! side a language is read from; time goes from left to right in every language. Never here: a figure of its own.

pub mod bar;
pub mod chart;
pub mod whereabouts;

/// From which side a language is read, so that bars begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// From the left.
    Left,
    /// From the right.
    Right,
}

impl Side {
    /// The side of a `dir` attribute.
    pub fn of(direction: &str) -> Self {
        if direction == "rtl" { Self::Right } else { Self::Left }
    }

    /// Where something begins from the left edge of a picture that is as wide as `whole`.
    pub fn place(self, x: i64, width: i64, whole: i64) -> i64 {
        match self {
            Self::Left => x,
            Self::Right => whole - x - width,
        }
    }
}

/// Shares a width out over quantities: as large as they are, none below `least`, all of it and no more. Quantities that
/// are not above nought get nothing; where even the least is too much, all get the same.
pub fn shared(width: i64, quantities: &[i64], least: i64) -> Vec<i64> {
    let drawn = |quantity: &&i64| **quantity > 0;
    let count = i64::try_from(quantities.iter().filter(drawn).count()).unwrap_or(i64::MAX);
    if count == 0 || width <= 0 {
        return vec![0; quantities.len()];
    }
    let least = least.max(0).min(width / count);
    let sum: i128 = quantities.iter().filter(drawn).map(|quantity| i128::from(*quantity)).sum();
    let free = i128::from(width - least * count);
    let share = |quantity: &i64| match i128::from(*quantity) {
        quantity if quantity > 0 => least + i64::try_from(quantity * free / sum).unwrap_or(0),
        _ => 0,
    };
    let mut widths: Vec<i64> = quantities.iter().map(share).collect();
    // What rounding left over goes to the largest, where it shows least.
    let left = width - widths.iter().sum::<i64>();
    let largest = quantities.iter().enumerate().max_by_key(|(_, quantity)| **quantity).map(|(at, _)| at);
    if let Some(width) = largest.and_then(|at| widths.get_mut(at)) {
        *width += left;
    }
    widths
}
