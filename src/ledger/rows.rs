//! The ledger's rows as they lie in the database, and as the log describes them.

use super::account::{Account, Condition};
use super::book::{Entry, Posted, Stated};
use super::cell::{Cell, CellKey};
use crate::audit::digest::Value;
use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, OrganizationId, PledgeLineId, SiteId};
use crate::core::time::Timestamp;
use crate::db::schema::{balances, postings, statements};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = balances, treat_none_as_default_value = false)]
pub(super) struct BalanceRow {
    pub(super) cell: Vec<u8>,
    pub(super) account: i32,
    pub(super) condition: i32,
    pub(super) pledge_line_id: PledgeLineId,
    pub(super) lot_id: LotId,
    pub(super) item_id: ItemId,
    pub(super) consignment_id: Option<ConsignmentId>,
    pub(super) leg_id: Option<LegId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) quantity: i64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) revision: i64,
}

impl BalanceRow {
    /// The cell this row is about, and its key.
    pub(super) fn cell(&self) -> QueryResult<(Cell, CellKey)> {
        let broken = |what: &str| {
            diesel::result::Error::DeserializationError(format!("balances.{what} cannot be read").into())
        };
        let cell = Cell {
            account: Account::from_code(self.account).ok_or_else(|| broken("account"))?,
            condition: Condition::from_code(self.condition).ok_or_else(|| broken("condition"))?,
            line: self.pledge_line_id,
            lot: self.lot_id,
            item: self.item_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            holder: self.holder_id,
        };
        let key = <[u8; 16]>::try_from(self.cell.as_slice()).map_err(|_| broken("cell"))?;
        Ok((cell, CellKey(key)))
    }
}

pub(super) fn balance_row(key: CellKey, entry: &Entry) -> BalanceRow {
    let cell = entry.cell;
    BalanceRow {
        cell: key.0.to_vec(),
        account: cell.account.code(),
        condition: cell.condition.code(),
        pledge_line_id: cell.line,
        lot_id: cell.lot,
        item_id: cell.item,
        consignment_id: cell.consignment,
        leg_id: cell.leg,
        site_id: cell.site,
        holder_id: cell.holder,
        quantity: entry.quantity,
        first_at: entry.first_at,
        last_at: entry.last_at,
        revision: entry.stored_revision + 1,
    }
}

#[derive(Insertable)]
#[diesel(table_name = postings, treat_none_as_default_value = false)]
pub(super) struct PostingRow {
    sequence: i64,
    ordinal: i64,
    cell: Vec<u8>,
    account: i32,
    condition: i32,
    pledge_line_id: PledgeLineId,
    lot_id: LotId,
    item_id: ItemId,
    consignment_id: Option<ConsignmentId>,
    leg_id: Option<LegId>,
    site_id: Option<SiteId>,
    holder_id: Option<OrganizationId>,
    quantity: i64,
    chosen: i32,
    effective_at: Timestamp,
}

pub(super) fn posting_row(posting: &Posted) -> PostingRow {
    let cell = posting.cell;
    PostingRow {
        sequence: posting.sequence,
        ordinal: posting.ordinal,
        cell: posting.key.0.to_vec(),
        account: cell.account.code(),
        condition: cell.condition.code(),
        pledge_line_id: cell.line,
        lot_id: cell.lot,
        item_id: cell.item,
        consignment_id: cell.consignment,
        leg_id: cell.leg,
        site_id: cell.site,
        holder_id: cell.holder,
        quantity: posting.quantity,
        chosen: posting.chosen,
        effective_at: posting.effective_at,
    }
}

#[derive(Insertable)]
#[diesel(table_name = statements)]
pub(super) struct StatementRow {
    sequence: i64,
    ordinal: i64,
    pledge_line_id: PledgeLineId,
    lot_id: LotId,
    item_id: ItemId,
    promised: i64,
    surplus: i64,
    effective_at: Timestamp,
}

pub(super) fn statement_row(stated: &Stated) -> StatementRow {
    StatementRow {
        sequence: stated.sequence,
        ordinal: stated.ordinal,
        pledge_line_id: stated.statement.line,
        lot_id: stated.statement.lot,
        item_id: stated.statement.item,
        promised: stated.statement.promised,
        surplus: stated.statement.surplus,
        effective_at: stated.effective_at,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = postings)]
pub(super) struct PostingRead {
    pub(super) sequence: i64,
    pub(super) ordinal: i64,
    pub(super) cell: Vec<u8>,
    pub(super) account: i32,
    pub(super) condition: i32,
    pub(super) pledge_line_id: PledgeLineId,
    pub(super) lot_id: LotId,
    pub(super) item_id: ItemId,
    pub(super) consignment_id: Option<ConsignmentId>,
    pub(super) leg_id: Option<LegId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) quantity: i64,
    pub(super) chosen: i32,
    pub(super) effective_at: Timestamp,
}

impl PostingRead {
    pub(super) fn posted(&self) -> QueryResult<Posted> {
        let broken = || diesel::result::Error::DeserializationError("a posting cannot be read".into());
        let cell = Cell {
            account: Account::from_code(self.account).ok_or_else(broken)?,
            condition: Condition::from_code(self.condition).ok_or_else(broken)?,
            line: self.pledge_line_id,
            lot: self.lot_id,
            item: self.item_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            holder: self.holder_id,
        };
        let key = CellKey(<[u8; 16]>::try_from(self.cell.as_slice()).map_err(|_| broken())?);
        let Self { sequence, ordinal, quantity, chosen, effective_at, .. } = *self;
        Ok(Posted { sequence, ordinal, cell, key, quantity, chosen, effective_at })
    }
}

/// Names a posting's columns to the log, in the order of the table.
pub(super) fn describe_posting(posting: &Posted, entry: &mut EntryWriter) {
    let cell = &posting.cell;
    let key = format!("{}/{}", posting.sequence, posting.ordinal);
    let mut row = entry.row("postings", &key);
    row.column("sequence", Value::Integer(posting.sequence));
    row.column("ordinal", Value::Integer(posting.ordinal));
    row.column("cell", Value::Bytes(&posting.key.0));
    row.column("account", Value::Integer(i64::from(cell.account.code())));
    row.column("condition", Value::Integer(i64::from(cell.condition.code())));
    row.column("pledge_line_id", Value::Bytes(cell.line.0.as_bytes()));
    row.column("lot_id", Value::Bytes(cell.lot.0.as_bytes()));
    row.column("item_id", Value::Bytes(cell.item.0.as_bytes()));
    row.column(
        "consignment_id",
        cell.consignment.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())),
    );
    row.column("leg_id", cell.leg.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("site_id", cell.site.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("holder_id", cell.holder.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("quantity", Value::Integer(posting.quantity));
    row.column("chosen", Value::Integer(i64::from(posting.chosen)));
    row.column("effective_at", Value::Integer(posting.effective_at.0));
}

/// Names a statement's columns to the log, in the order of the table.
pub(super) fn describe_statement(stated: &Stated, entry: &mut EntryWriter) {
    let statement = &stated.statement;
    let key = format!("{}/{}", stated.sequence, stated.ordinal);
    let mut row = entry.row("statements", &key);
    row.column("sequence", Value::Integer(stated.sequence));
    row.column("ordinal", Value::Integer(stated.ordinal));
    row.column("pledge_line_id", Value::Bytes(statement.line.0.as_bytes()));
    row.column("lot_id", Value::Bytes(statement.lot.0.as_bytes()));
    row.column("item_id", Value::Bytes(statement.item.0.as_bytes()));
    row.column("promised", Value::Integer(statement.promised));
    row.column("surplus", Value::Integer(statement.surplus));
    row.column("effective_at", Value::Integer(stated.effective_at.0));
}
