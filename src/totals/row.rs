//! A row of the rollups, added up: what it is about, and its figures.

use super::rules::Figures;
use crate::ledger::Account;
use crate::ledger::rollup::Sums;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) programme_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) donor_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) item_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) lot_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) country: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) holder_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) owner_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) consignee_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) origin_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) destination_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Integer>)]
    pub(super) month: Option<i32>,
    /// The place of the entry, where entries are told apart.
    #[diesel(sql_type = Nullable<Integer>)]
    pub(super) entry: Option<i32>,
    #[diesel(embed)]
    pub(super) figures: FiguresRow,
}

#[derive(QueryableByName)]
pub(super) struct FiguresRow {
    #[diesel(sql_type = BigInt)]
    stated_promised: i64,
    #[diesel(sql_type = BigInt)]
    stated_surplus: i64,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
    #[diesel(sql_type = BigInt)]
    unallocated: i64,
    #[diesel(sql_type = BigInt)]
    in_storage: i64,
    #[diesel(sql_type = BigInt)]
    allocated: i64,
    #[diesel(sql_type = BigInt)]
    in_transit: i64,
    #[diesel(sql_type = BigInt)]
    missing: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
    #[diesel(sql_type = BigInt)]
    distributed: i64,
    #[diesel(sql_type = BigInt)]
    lost: i64,
    #[diesel(sql_type = BigInt)]
    disposed: i64,
    #[diesel(sql_type = BigInt)]
    returned: i64,
    #[diesel(sql_type = BigInt)]
    withdrawn: i64,
    #[diesel(sql_type = BigInt)]
    on_hold: i64,
    #[diesel(sql_type = BigInt)]
    damaged: i64,
    #[diesel(sql_type = BigInt)]
    moved_in: i64,
    #[diesel(sql_type = BigInt)]
    moved_out: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) ever_delivered: i64,
    #[diesel(sql_type = BigInt)]
    opening: i64,
    #[diesel(sql_type = BigInt)]
    closing: i64,
}

impl FiguresRow {
    pub(super) fn figures(&self) -> Figures {
        let mut accounts = [0; Account::ALL.len()];
        let by_account = [
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
        for (account, figure) in by_account {
            accounts[account as usize] = figure;
        }
        Figures {
            sums: Sums {
                stated_promised: self.stated_promised,
                stated_surplus: self.stated_surplus,
                accounts,
                on_hold: self.on_hold,
                damaged: self.damaged,
                moved_in: self.moved_in,
                moved_out: self.moved_out,
                ever_delivered: self.ever_delivered,
            },
            opening: self.opening,
            closing: self.closing,
        }
    }
}
