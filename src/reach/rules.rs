//! Counting people from hand-overs without counting anybody twice. Pure: the formula of `docs/reach.md`, in whole numbers.
//!
//! | file | what it is |
//! |---|---|
//! | `cells` | the lines of a cell, and how many people one item of it served |
//! | `groups` | adding up groups of people that may overlap |
//! | `figure` | from cells to the figures of an area, and from areas to larger ones |
//!
//! What is added, what is the larger of two and where it is rounded is the whole of it; the order of lines changes nothing.
//! Never here: which lines count, which area a line is in, and whose population an area has.

mod cells;
mod figure;
mod groups;

pub use cells::{Counted, Hashed, Method, Served, half_even, people_of};
pub use figure::{Figure, Flag, figures, targets_above};
pub use groups::add_up;

use crate::baselines::PeopleGroup;
use crate::items::rules::Standard;
use std::collections::{BTreeMap, HashMap};

/// A caseload as it is declared; lines that name none stand in one of their programme that is not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caseload {
    /// Whose; programmes are told apart by number.
    pub programme: u32,
    /// Whether it is named at all.
    pub is_named: bool,
    /// Whether nobody of it is in another one of its programme, as was declared.
    pub is_disjoint: bool,
}

/// An area, with how many people live there by the one source that caps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// The next larger one, which stands before it; none of the largest.
    pub parent: Option<usize>,
    /// How many live there, by group; no cap where it is not known.
    pub population: BTreeMap<PeopleGroup, u64>,
    /// Whether it is of the lowest level that is counted: only there a line is placed as well as it can be.
    pub is_leaf: bool,
}

/// A target's area, group, sector and programme.
pub type TargetKey = (usize, PeopleGroup, u32, u32);

/// What lines are counted against.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// Areas, each behind the larger one it lies in.
    pub areas: Vec<Area>,
    /// Caseloads, by the numbers of the lines.
    pub caseloads: Vec<Caseload>,
    /// Standards of items, by the numbers of the lines.
    pub standards: Vec<Option<Standard>>,
    /// Targets.
    pub targets: HashMap<TargetKey, u64>,
    /// Targets of one caseload, which cap nothing.
    pub targets_of_caseloads: Vec<(TargetKey, u64)>,
}
