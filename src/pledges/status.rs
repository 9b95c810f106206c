//! Where each unit of a pledge is: its lines, and the heaps its goods lie in.

use super::store::{Pledge, PledgeLine};
use crate::core::id::{ConsignmentId, ItemId, LotId, PledgeId, PledgeLineId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, consignments, items, ledger_state, lots, sites};
use crate::db::{Conn, read_failure};
use crate::ledger::{Account, Condition};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// Where each unit of a pledge is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PledgeStatus {
    /// The pledge.
    pub pledge: PledgeId,
    /// What was decided.
    pub state: String,
    /// Its number.
    pub reference: Option<String>,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Line by line.
    pub lines: Vec<LineStatus>,
    /// The ledger sequence these figures are as of.
    pub sequence: i64,
}

/// Where each unit of a line is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineStatus {
    /// The line.
    pub line: PledgeLineId,
    /// What is given.
    pub item: ItemId,
    /// Its name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// Base units offered.
    pub offered: i64,
    /// Base units that count as promised.
    pub promised: i64,
    /// Base units in excess of the promise.
    pub surplus: i64,
    /// Where they are; adds up to promised plus surplus.
    pub places: Vec<Heap>,
    /// promised + surplus − what is in places; 0 unless the ledger is broken.
    pub residual: i64,
}

/// Some units that are in the same place and state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Heap {
    /// Where they stand.
    pub account: Account,
    /// In what condition.
    pub condition: Condition,
    /// Base units.
    pub quantity: i64,
    /// The country they are in, or on the way to.
    pub country: Option<String>,
    /// The site; not for strangers where the programme is sensitive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// The consignment's tracking code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_code: Option<String>,
    /// The lot number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
}

#[derive(Queryable)]
struct HeapRow {
    line: PledgeLineId,
    account: i32,
    condition: i32,
    quantity: i64,
    site: Option<SiteId>,
    consignment: Option<ConsignmentId>,
    lot: LotId,
}

/// Reads where each unit of a pledge is. `in_full` says whether sites and lots are shown.
///
/// # Errors
/// What the database says.
pub fn pledge_status(
    conn: &mut Conn,
    pledge: &Pledge,
    lines: &[PledgeLine],
    in_full: bool,
) -> Outcome<PledgeStatus> {
    let ids: Vec<PledgeLineId> = lines.iter().map(|line| line.id).collect();
    let rows: Vec<HeapRow> = balances::table
        .filter(balances::pledge_line_id.eq_any(&ids).and(balances::quantity.ne(0)))
        .order((balances::account, balances::condition, balances::cell))
        .select((
            balances::pledge_line_id,
            balances::account,
            balances::condition,
            balances::quantity,
            balances::site_id,
            balances::consignment_id,
            balances::lot_id,
        ))
        .load(conn)
        .map_err(read_failure)?;
    let names = Names::load(conn, &rows, lines)?;
    let sequence: Option<i64> =
        ledger_state::table.select(ledger_state::sequence).first(conn).optional().map_err(read_failure)?;
    let lines = lines.iter().map(|line| line_status(line, &rows, &names, in_full)).collect();
    Ok(PledgeStatus {
        pledge: pledge.id,
        state: pledge.state.clone(),
        reference: pledge.reference.clone(),
        offered_at: pledge.offered_at,
        lines,
        sequence: sequence.unwrap_or(0),
    })
}

struct Names {
    sites: HashMap<SiteId, (String, String)>,
    codes: HashMap<ConsignmentId, String>,
    lots: HashMap<LotId, String>,
    items: HashMap<ItemId, (String, String)>,
}

impl Names {
    fn load(conn: &mut Conn, rows: &[HeapRow], lines: &[PledgeLine]) -> Outcome<Self> {
        let site_ids: Vec<SiteId> = rows.iter().filter_map(|row| row.site).collect();
        let site_rows: Vec<(SiteId, String, String)> = sites::table
            .filter(sites::id.eq_any(&site_ids))
            .select((sites::id, sites::name, sites::country))
            .load(conn)
            .map_err(read_failure)?;
        let consignment_ids: Vec<ConsignmentId> = rows.iter().filter_map(|row| row.consignment).collect();
        let codes: Vec<(ConsignmentId, String)> = consignments::table
            .filter(consignments::id.eq_any(&consignment_ids))
            .select((consignments::id, consignments::tracking_code))
            .load(conn)
            .map_err(read_failure)?;
        let lot_ids: Vec<LotId> = rows.iter().map(|row| row.lot).collect();
        let lot_rows: Vec<(LotId, String)> = lots::table
            .filter(lots::id.eq_any(&lot_ids))
            .select((lots::id, lots::number))
            .load(conn)
            .map_err(read_failure)?;
        let item_ids: Vec<ItemId> = lines.iter().map(|line| line.item_id).collect();
        let item_rows: Vec<(ItemId, String, String)> = items::table
            .filter(items::id.eq_any(&item_ids))
            .select((items::id, items::name, items::base_unit))
            .load(conn)
            .map_err(read_failure)?;
        Ok(Self {
            sites: site_rows.into_iter().map(|(id, name, country)| (id, (name, country))).collect(),
            codes: codes.into_iter().collect(),
            lots: lot_rows.into_iter().collect(),
            items: item_rows.into_iter().map(|(id, name, unit)| (id, (name, unit))).collect(),
        })
    }
}

fn line_status(line: &PledgeLine, rows: &[HeapRow], names: &Names, in_full: bool) -> LineStatus {
    let mut heaps: Vec<Heap> = Vec::new();
    let (mut promised, mut surplus, mut placed) = (0, 0, 0);
    for row in rows.iter().filter(|row| row.line == line.id) {
        let Some(account) = Account::from_code(row.account) else { continue };
        match account {
            Account::Promised => promised -= row.quantity,
            Account::Surplus => surplus -= row.quantity,
            Account::Unallocated
            | Account::InStorage
            | Account::Allocated
            | Account::InTransit
            | Account::Missing
            | Account::Delivered
            | Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => {
                placed += row.quantity;
                merge(&mut heaps, heap(row, account, names, in_full));
            }
        }
    }
    let (item_name, base_unit) = names.items.get(&line.item_id).cloned().unwrap_or_default();
    LineStatus {
        line: line.id,
        item: line.item_id,
        item_name,
        base_unit,
        offered: line.offered,
        promised,
        surplus,
        places: heaps,
        residual: promised + surplus - placed,
    }
}

fn heap(row: &HeapRow, account: Account, names: &Names, in_full: bool) -> Heap {
    let site = row.site.and_then(|id| names.sites.get(&id));
    Heap {
        account,
        condition: Condition::from_code(row.condition).unwrap_or_default(),
        quantity: row.quantity,
        country: site.map(|(_, country)| country.clone()),
        site: row.site.filter(|_| in_full),
        site_name: site.map(|(name, _)| name.clone()).filter(|_| in_full),
        tracking_code: row.consignment.and_then(|id| names.codes.get(&id)).cloned().filter(|_| in_full),
        lot: names.lots.get(&row.lot).cloned().filter(|_| in_full),
    }
}

/// Adds a heap to one that looks the same.
fn merge(heaps: &mut Vec<Heap>, heap: Heap) {
    let same = heaps.iter_mut().find(|known| {
        known.account == heap.account
            && known.condition == heap.condition
            && known.country == heap.country
            && known.site == heap.site
            && known.tracking_code == heap.tracking_code
            && known.lot == heap.lot
    });
    match same {
        Some(known) => known.quantity += heap.quantity,
        None => heaps.push(heap),
    }
}
