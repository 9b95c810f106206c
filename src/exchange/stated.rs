//! What each row says of the figures and dates it shares with others.
//!
//! A plan sums them up over all its rows; once the ledger refuses some, the sum of the others is taken here, so that a
//! refused row leaves nothing behind. Never done here: reading cells, or knowing why a row is refused.

use super::dates::{DatePrecision, TableDate};
use super::mapping::WhenRowsDiffer;
use super::plan::{ConsignmentPlan, EventPlan, Money};
use super::reading::Cell;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

/// The figures a whole consignment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureName {
    /// Gross weight.
    Weight,
    /// Freight.
    Freight,
    /// Insurance.
    Insurance,
}

/// A figure that belongs to a whole consignment and may stand in some of its rows only, each
/// source counted once, however many rows refer to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// The sum of what is stated; none when nothing is.
    pub known: Option<i64>,
    /// Words that stand where a number would, such as "Invoiced Separately".
    pub unknown_words: BTreeSet<String>,
    /// How many rows leave the cell empty.
    pub empty_cells: u32,
}

impl Figure {
    /// Adds what a row says; an amount counts only from a source that `is_new`.
    pub(super) fn add(&mut self, stated: &StatedFigure, is_new: bool) {
        match &stated.cell {
            Cell::Known(amount) if is_new => self.known = Some(self.known.unwrap_or(0) + amount),
            Cell::Unknown(word) => {
                self.unknown_words.insert(word.clone());
            }
            Cell::Empty if stated.is_own => self.empty_cells += 1,
            Cell::Known(_) | Cell::Empty | Cell::See(_) => {}
        }
    }
}

/// What a row says of a figure, itself or by the row it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedFigure {
    /// Which figure.
    pub name: FigureName,
    /// The key of the row it stands in.
    pub source: String,
    /// Whether that is the row itself.
    pub is_own: bool,
    /// What stands there.
    pub cell: Cell<i64>,
}

/// What a row says of its whole consignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedConsignment {
    /// The row.
    pub row: u32,
    /// What its line is worth.
    pub value: Option<Money>,
    /// The day the consignment should arrive.
    pub expected: Option<TableDate>,
    /// Weight, freight and insurance.
    pub figures: Vec<StatedFigure>,
}

/// What a row says of the time of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedTime {
    /// The row.
    pub row: u32,
    /// When it happened.
    pub occurred: TableDate,
    /// The column that says so.
    pub date_column: String,
}

impl ConsignmentPlan {
    /// The figure of this name.
    pub(super) fn figure(&self, name: FigureName) -> &Figure {
        match name {
            FigureName::Weight => &self.weight_grams,
            FigureName::Freight => &self.freight,
            FigureName::Insurance => &self.insurance,
        }
    }

    /// The figure of this name, to add to.
    pub(super) fn figure_mut(&mut self, name: FigureName) -> &mut Figure {
        match name {
            FigureName::Weight => &mut self.weight_grams,
            FigureName::Freight => &mut self.freight,
            FigureName::Insurance => &mut self.insurance,
        }
    }

    /// The consignment as the rows that are `kept` state it, without the figures of the others. Its lines and
    /// further facts stay.
    pub fn of_rows(&self, kept: impl Fn(u32) -> bool) -> Cow<'_, Self> {
        if self.stated.iter().all(|stated| kept(stated.row)) {
            return Cow::Borrowed(self);
        }
        let nothing = Figure::default();
        let mut plan = Self {
            weight_grams: nothing.clone(),
            freight: nothing.clone(),
            insurance: nothing,
            declared_value: None,
            expected: None,
            ..self.clone()
        };
        let mut counted: HashSet<(FigureName, &str)> = HashSet::new();
        for stated in self.stated.iter().filter(|stated| kept(stated.row)) {
            plan.expected = plan.expected.max(stated.expected);
            if let Some(value) = &stated.value {
                plan.add_value(value);
            }
            for figure in &stated.figures {
                let is_new = counted.insert((figure.name, &figure.source));
                plan.figure_mut(figure.name).add(figure, is_new);
            }
        }
        Cow::Owned(plan)
    }

    /// Adds the value of a line.
    pub(super) fn add_value(&mut self, value: &Money) {
        let nothing = Money { minor: 0, ..value.clone() };
        self.declared_value.get_or_insert(nothing).minor += value.minor;
    }
}

impl EventPlan {
    /// The time that counts among the rows that are `kept`; none where no row is.
    pub fn time_of(&self, kept: impl Fn(u32) -> bool) -> Option<&StatedTime> {
        let times = self.times.iter().filter(|stated| kept(stated.row));
        times.reduce(|chosen, other| {
            let occurred = chosen_date(self.when_rows_differ, chosen.occurred, other.occurred);
            if occurred == chosen.occurred { chosen } else { other }
        })
    }
}

/// The date that counts. A stated one goes before a stand-in, whichever is earlier.
pub(super) fn chosen_date(rule: WhenRowsDiffer, planned: TableDate, new: TableDate) -> TableDate {
    use DatePrecision::Inferred;
    if (planned.precision == Inferred) != (new.precision == Inferred) {
        return if new.precision == Inferred { planned } else { new };
    }
    match rule {
        WhenRowsDiffer::Reject => planned,
        WhenRowsDiffer::Earliest => planned.min(new),
        WhenRowsDiffer::Latest => planned.max(new),
    }
}
