//! The rollups' table: folding a batch into its changes, and writing them.

use super::account::Account;
use super::book::Book;
use super::cell::{Cell, CellKey};
use super::rollup::{Changes, Place, Sums};
use crate::core::id::{ItemId, LotId, OrganizationId, PledgeLineId, SiteId};
use crate::core::time::Month;
use crate::db::schema::rollups;
use crate::db::{Conn, upsert_all};
use diesel::prelude::*;

/// Adds the rollup changes of all postings and statements in the book.
///
/// # Errors
/// The pledge line that is not known.
pub(super) fn fold(book: &Book, changes: &mut Changes) -> Result<(), PledgeLineId> {
    let mut sequence = None;
    for posting in &book.postings {
        if sequence.is_some_and(|before| before != posting.sequence) {
            changes.end_event();
        }
        sequence = Some(posting.sequence);
        let line = book.lines.get(&posting.cell.line).ok_or(posting.cell.line)?;
        let consignment = posting.cell.consignment.and_then(|id| book.consignments.get(&id));
        let place = Place::of(&posting.cell, posting.effective_at, line, consignment, &book.sites);
        if book.undeployed.contains(&posting.sequence) {
            changes.post_undeployed(&place, &posting.cell, posting.quantity);
        } else {
            changes.post(&place, &posting.cell, posting.quantity);
        }
    }
    changes.end_event();
    for stated in &book.statements {
        let statement = stated.statement;
        let line = book.lines.get(&statement.line).ok_or(statement.line)?;
        let cell = Cell::source(Account::Promised, statement.line, statement.lot, statement.item);
        let place = Place::of(&cell, stated.effective_at, line, None, &book.sites);
        changes.state(&place, statement.promised, statement.surplus);
    }
    Ok(())
}

#[derive(Insertable, Queryable, Selectable, Clone, Debug, PartialEq)]
#[diesel(table_name = rollups, treat_none_as_default_value = false)]
pub(super) struct RollupRow {
    pub(super) cuboid: i32,
    pub(super) cell: Vec<u8>,
    pub(super) programme_id: crate::core::id::ProgrammeId,
    pub(super) donor_id: Option<OrganizationId>,
    pub(super) item_id: Option<ItemId>,
    pub(super) lot_id: Option<LotId>,
    pub(super) pledge_id: Option<crate::core::id::PledgeId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) country_at: Option<String>,
    pub(super) country_for: Option<String>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) owner_id: Option<OrganizationId>,
    pub(super) consignee_id: Option<OrganizationId>,
    pub(super) origin_id: Option<SiteId>,
    pub(super) destination_id: Option<SiteId>,
    pub(super) month: Option<i32>,
    pub(super) stated_promised: i64,
    pub(super) stated_surplus: i64,
    pub(super) promised: i64,
    pub(super) surplus: i64,
    pub(super) unallocated: i64,
    pub(super) in_storage: i64,
    pub(super) allocated: i64,
    pub(super) in_transit: i64,
    pub(super) missing: i64,
    pub(super) delivered: i64,
    pub(super) distributed: i64,
    pub(super) lost: i64,
    pub(super) disposed: i64,
    pub(super) returned: i64,
    pub(super) withdrawn: i64,
    pub(super) on_hold: i64,
    pub(super) damaged: i64,
    pub(super) moved_in: i64,
    pub(super) moved_out: i64,
    pub(super) ever_delivered: i64,
}

impl RollupRow {
    /// Where the row counts.
    pub(super) fn place(&self) -> Place {
        Place {
            programme: self.programme_id,
            donor: self.donor_id,
            item: self.item_id,
            lot: self.lot_id,
            pledge: self.pledge_id,
            site: self.site_id,
            country_at: self.country_at.clone(),
            country_for: self.country_for.clone(),
            holder: self.holder_id,
            owner: self.owner_id,
            consignee: self.consignee_id,
            origin: self.origin_id,
            destination: self.destination_id,
            month: self.month.map(Month),
        }
    }

    /// What the row adds up.
    pub(super) fn sums(&self) -> Sums {
        let accounts = [
            (Account::Promised, self.promised),
            (Account::Surplus, self.surplus),
            (Account::Unallocated, self.unallocated),
            (Account::InStorage, self.in_storage),
            (Account::Allocated, self.allocated),
            (Account::InTransit, self.in_transit),
            (Account::Missing, self.missing),
            (Account::Delivered, self.delivered),
            (Account::Distributed, self.distributed),
            (Account::Lost, self.lost),
            (Account::Disposed, self.disposed),
            (Account::Returned, self.returned),
            (Account::Withdrawn, self.withdrawn),
        ];
        let mut sums = Sums {
            stated_promised: self.stated_promised,
            stated_surplus: self.stated_surplus,
            on_hold: self.on_hold,
            damaged: self.damaged,
            moved_in: self.moved_in,
            moved_out: self.moved_out,
            ever_delivered: self.ever_delivered,
            ..Sums::default()
        };
        for (account, figure) in accounts {
            sums.accounts[account as usize] = figure;
        }
        sums
    }

    /// What the row adds up, by column.
    pub(super) fn figures(&self) -> [(&'static str, i64); 20] {
        [
            ("stated_promised", self.stated_promised),
            ("stated_surplus", self.stated_surplus),
            ("promised", self.promised),
            ("surplus", self.surplus),
            ("unallocated", self.unallocated),
            ("in_storage", self.in_storage),
            ("allocated", self.allocated),
            ("in_transit", self.in_transit),
            ("missing", self.missing),
            ("delivered", self.delivered),
            ("distributed", self.distributed),
            ("lost", self.lost),
            ("disposed", self.disposed),
            ("returned", self.returned),
            ("withdrawn", self.withdrawn),
            ("on_hold", self.on_hold),
            ("damaged", self.damaged),
            ("moved_in", self.moved_in),
            ("moved_out", self.moved_out),
            ("ever_delivered", self.ever_delivered),
        ]
    }
}

pub(super) fn rollup_row(cuboid: i32, key: CellKey, place: &Place, sums: &Sums) -> RollupRow {
    let account = |account: Account| sums.accounts[account as usize];
    RollupRow {
        cuboid,
        cell: key.0.to_vec(),
        programme_id: place.programme,
        donor_id: place.donor,
        item_id: place.item,
        lot_id: place.lot,
        pledge_id: place.pledge,
        site_id: place.site,
        country_at: place.country_at.clone(),
        country_for: place.country_for.clone(),
        holder_id: place.holder,
        owner_id: place.owner,
        consignee_id: place.consignee,
        origin_id: place.origin,
        destination_id: place.destination,
        month: place.month.map(|month| month.0),
        stated_promised: sums.stated_promised,
        stated_surplus: sums.stated_surplus,
        promised: account(Account::Promised),
        surplus: account(Account::Surplus),
        unallocated: account(Account::Unallocated),
        in_storage: account(Account::InStorage),
        allocated: account(Account::Allocated),
        in_transit: account(Account::InTransit),
        missing: account(Account::Missing),
        delivered: account(Account::Delivered),
        distributed: account(Account::Distributed),
        lost: account(Account::Lost),
        disposed: account(Account::Disposed),
        returned: account(Account::Returned),
        withdrawn: account(Account::Withdrawn),
        on_hold: sums.on_hold,
        damaged: sums.damaged,
        moved_in: sums.moved_in,
        moved_out: sums.moved_out,
        ever_delivered: sums.ever_delivered,
    }
}

macro_rules! growing {
    ($first:ident $(, $column:ident)*) => {
        concat!(
            " ON CONFLICT (cuboid, cell) DO UPDATE SET ",
            stringify!($first), " = rollups.", stringify!($first), " + excluded.", stringify!($first),
            $(", ", stringify!($column), " = rollups.", stringify!($column), " + excluded.", stringify!($column)),*
        )
    };
}

/// What a row that stands already becomes: its figures grow by the new ones.
const GROWING: &str = growing!(
    stated_promised,
    stated_surplus,
    promised,
    surplus,
    unallocated,
    in_storage,
    allocated,
    in_transit,
    missing,
    delivered,
    distributed,
    lost,
    disposed,
    returned,
    withdrawn,
    on_hold,
    damaged,
    moved_in,
    moved_out,
    ever_delivered
);

/// The rows of the changed rollups, in the order of their keys.
pub(super) fn rollup_rows(changes: &Changes) -> Vec<RollupRow> {
    let mut rows: Vec<RollupRow> = changes
        .rows
        .iter()
        .map(|((cuboid, key), (place, sums))| rollup_row(*cuboid, *key, place, sums))
        .collect();
    rows.sort_unstable_by(|left, right| (left.cuboid, &left.cell).cmp(&(right.cuboid, &right.cell)));
    rows
}

/// Adds the rows' figures to what stands.
pub(super) fn write_rollups(conn: &mut Conn, rows: &[RollupRow]) -> QueryResult<()> {
    upsert_all!(conn, rollups::table, rows, GROWING).map(|_| ())
}
