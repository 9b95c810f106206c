//! The rows of the ledger that are written once, as the log hashed them.

use super::book::Stated;
use super::cell::Statement;
use super::event::EventRecord;
use super::rows::PostingRead;
use crate::audit::digest::Value;
use crate::audit::rows::{Reading, RowSource, VisitRow};
use crate::core::id::{ItemId, LotId, PledgeLineId};
use crate::core::time::Timestamp;
use crate::db::schema::{events, postings, statements};
use crate::db::{Conn, either};
use crate::writer::{AsValue, Record};
use diesel::prelude::*;
use std::fmt::Write as _;

/// Events, postings and statements.
pub fn sources() -> [RowSource; 3] {
    [
        RowSource { table: EventRecord::TABLE, reading: Reading::BySequence(event_rows) },
        RowSource { table: "postings", reading: Reading::BySequence(posting_rows) },
        RowSource { table: "statements", reading: Reading::BySequence(statement_rows) },
    ]
}

fn event_rows(conn: &mut Conn, first: i64, last: i64, visit: &mut VisitRow<'_>) -> QueryResult<()> {
    let rows: Vec<EventRecord> = either!(conn, one => {
        events::table
            .filter(events::sequence.between(first, last))
            .order(events::sequence)
            .select(EventRecord::as_select())
        .load(one)
    })?;
    for row in &rows {
        let mut columns = Vec::with_capacity(24);
        row.columns(&mut |name, value| columns.push((name, value)));
        visit(&row.key_text(), &columns);
    }
    Ok(())
}

fn posting_rows(conn: &mut Conn, first: i64, last: i64, visit: &mut VisitRow<'_>) -> QueryResult<()> {
    let rows: Vec<PostingRead> = either!(conn, one => {
        postings::table
            .filter(postings::sequence.between(first, last))
            .order((postings::sequence, postings::ordinal))
            .select(PostingRead::as_select())
        .load(one)
    })?;
    let mut key = String::new();
    for row in &rows {
        let columns = [
            ("sequence", row.sequence.as_value()),
            ("ordinal", row.ordinal.as_value()),
            ("cell", Value::Bytes(&row.cell)),
            ("account", row.account.as_value()),
            ("condition", row.condition.as_value()),
            ("pledge_line_id", row.pledge_line_id.as_value()),
            ("lot_id", row.lot_id.as_value()),
            ("item_id", row.item_id.as_value()),
            ("consignment_id", row.consignment_id.as_value()),
            ("leg_id", row.leg_id.as_value()),
            ("site_id", row.site_id.as_value()),
            ("holder_id", row.holder_id.as_value()),
            ("quantity", row.quantity.as_value()),
            ("chosen", row.chosen.as_value()),
            ("effective_at", row.effective_at.as_value()),
        ];
        key.clear();
        // Writing to a String cannot fail.
        let _ = write!(key, "{}/{}", row.sequence, row.ordinal);
        visit(&key, &columns);
    }
    Ok(())
}

/// A statement as it lies in the database.
#[derive(Queryable, Selectable)]
#[diesel(table_name = statements)]
pub(super) struct StatementRead {
    pub(super) sequence: i64,
    pub(super) ordinal: i64,
    pub(super) pledge_line_id: PledgeLineId,
    pub(super) lot_id: LotId,
    pub(super) item_id: ItemId,
    pub(super) promised: i64,
    pub(super) surplus: i64,
    pub(super) effective_at: Timestamp,
}

impl StatementRead {
    /// The same as the book keeps it.
    pub(super) fn stated(self) -> Stated {
        let Self { sequence, ordinal, promised, surplus, effective_at, .. } = self;
        let statement =
            Statement { line: self.pledge_line_id, lot: self.lot_id, item: self.item_id, promised, surplus };
        Stated { sequence, ordinal, statement, effective_at }
    }
}

fn statement_rows(conn: &mut Conn, first: i64, last: i64, visit: &mut VisitRow<'_>) -> QueryResult<()> {
    let rows: Vec<StatementRead> = either!(conn, one => {
        statements::table
            .filter(statements::sequence.between(first, last))
            .order((statements::sequence, statements::ordinal))
            .select(StatementRead::as_select())
        .load(one)
    })?;
    let mut key = String::new();
    for row in &rows {
        let columns = [
            ("sequence", row.sequence.as_value()),
            ("ordinal", row.ordinal.as_value()),
            ("pledge_line_id", row.pledge_line_id.as_value()),
            ("lot_id", row.lot_id.as_value()),
            ("item_id", row.item_id.as_value()),
            ("promised", row.promised.as_value()),
            ("surplus", row.surplus.as_value()),
            ("effective_at", row.effective_at.as_value()),
        ];
        key.clear();
        // Writing to a String cannot fail.
        let _ = write!(key, "{}/{}", row.sequence, row.ordinal);
        visit(&key, &columns);
    }
    Ok(())
}
