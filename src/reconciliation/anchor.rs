//! Where a narrow question starts: the one filter of it that an index finds entries by.
//!
//! Entries have no index but by cell and sequence, so that recording stays cheap. Everything else an index knows of
//! their cells, or of the pledge lines those are of. A question without such a filter reads everything.

use super::rules::{Group, Question};
use crate::auth::Bound;
use crate::db::Statement;
use uuid::Uuid;

/// What a statement starts from when it reads everything. The comment is for whoever reads plans of statements.
pub(super) const EVERYTHING: &str = "/* of everything */";

/// What finds cells, and the pledge lines of what documents state.
pub(super) struct Anchor {
    /// A condition on `cells`, which are balances.
    cells: String,
    /// A condition on the pledge line of a statement; none where it stands nowhere, which statements do.
    lines: Option<String>,
    /// Whether it is by what goods are, which never changes on their way.
    is_of_goods: bool,
}

/// Filters that an index answers, from the one that leaves least to the one that leaves most.
const ANCHORING: [Group; 7] =
    [Group::Consignment, Group::Pledge, Group::Lot, Group::Site, Group::Donor, Group::Item, Group::Programme];

impl Anchor {
    /// The best one of a question.
    pub(super) fn of(question: &Question, statement: &mut Statement) -> Option<Self> {
        let own = question.scope.bounds().iter().find_map(|bound| match bound {
            Bound::OwnPledges(donor) => Some((Group::Donor, donor.0)),
            Bound::Organization(_) | Bound::Countries(_) => None,
        });
        let asked: Vec<(Group, Uuid)> = question.filters.ids.iter().copied().chain(own).collect();
        let (group, id) =
            ANCHORING.iter().find_map(|group| asked.iter().find(|(asked, _)| asked == group))?;
        Self::by(*group, &statement.id(*id))
    }

    fn by(group: Group, id: &str) -> Option<Self> {
        let of_pledges = |condition: &str| {
            format!(
                "(SELECT pledge_lines.id FROM pledges JOIN pledge_lines ON pledge_lines.pledge_id = pledges.id \
                 WHERE pledges.{condition} = {id})"
            )
        };
        let lines = match group {
            Group::Pledge => format!("(SELECT id FROM pledge_lines WHERE pledge_id = {id})"),
            Group::Donor => of_pledges("donor_id"),
            Group::Programme => of_pledges("programme_id"),
            Group::Item => format!("(SELECT id FROM pledge_lines WHERE item_id = {id})"),
            Group::Lot => return Some(Self::by_lot(id)),
            Group::Consignment => return Some(Self::by_place("consignment_id", id)),
            Group::Site => return Some(Self::by_place("site_id", id)),
            Group::Country | Group::Holder | Group::Owner | Group::Consignee => return None,
        };
        Some(Self {
            cells: format!("cells.pledge_line_id IN {lines}"),
            lines: Some(format!("pledge_line_id IN {lines}")),
            is_of_goods: true,
        })
    }

    /// A lot that is not known bears the identifier of its item, which no index of lots has.
    fn by_lot(id: &str) -> Self {
        let of_lot = |column: &str| {
            format!(
                "(SELECT {column} FROM balances WHERE lot_id = {id} AND lot_id <> item_id UNION ALL \
                 SELECT balances.{column} FROM pledge_lines JOIN balances ON balances.pledge_line_id = pledge_lines.id \
                 WHERE pledge_lines.item_id = {id} AND balances.lot_id = {id})"
            )
        };
        Self {
            cells: format!("cells.cell IN {}", of_lot("cell")),
            lines: Some(format!("pledge_line_id IN {}", of_lot("pledge_line_id"))),
            is_of_goods: true,
        }
    }

    fn by_place(column: &str, id: &str) -> Self {
        Self { cells: format!("cells.{column} = {id}"), lines: None, is_of_goods: false }
    }
}

/// A table of postings that an anchor finds, or of all, to stand behind `FROM`.
pub(super) fn postings(anchor: Option<&Anchor>) -> String {
    let Some(anchor) = anchor else { return format!("postings {EVERYTHING}") };
    format!(
        "(SELECT postings.* FROM balances AS cells CROSS JOIN postings \
         WHERE {} AND postings.cell = cells.cell) AS postings",
        anchor.cells
    )
}

/// A table of all postings of the events that moved anything an anchor finds. By what goods are, those of the goods
/// alone will do.
pub(super) fn postings_of_events(anchor: Option<&Anchor>) -> String {
    match anchor {
        Some(anchor) if !anchor.is_of_goods => format!(
            "(SELECT * FROM postings WHERE sequence IN (SELECT moved.sequence FROM balances AS cells \
             CROSS JOIN postings AS moved WHERE {} AND moved.cell = cells.cell)) AS postings",
            anchor.cells
        ),
        _ => postings(anchor),
    }
}

/// A table of balances that an anchor finds, or of all.
pub(super) fn balances(anchor: Option<&Anchor>) -> String {
    anchor.map_or_else(
        || format!("balances {EVERYTHING}"),
        |anchor| format!("(SELECT * FROM balances AS cells WHERE {}) AS balances", anchor.cells),
    )
}

/// A table of what documents state that an anchor finds, or of all; none where nothing stated can be there.
pub(super) fn statements(anchor: Option<&Anchor>) -> Option<String> {
    let Some(anchor) = anchor else { return Some(format!("statements {EVERYTHING}")) };
    let lines = anchor.lines.as_ref()?;
    Some(format!("(SELECT * FROM statements WHERE {lines}) AS statements"))
}
