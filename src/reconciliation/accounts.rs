//! Every account by condition, and the first identity: what documents state against what the accounts hold.

use super::counted::Counted;
use super::keys::{Columns, KeyRow, Wanted};
use super::rules::{BothSides, Group, LISTED_MAXIMUM, ROWS_MAXIMUM};
use crate::core::id::{LotId, PledgeId, PledgeLineId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::ledger::rollup::Sums;
use crate::ledger::{Account, Condition};
use crate::totals::Key;
use crate::totals::rules::Figures;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use serde::Serialize;
use std::collections::BTreeMap;

/// Accounts and conditions of all rows together that are read; there are 39 of them, of which a row seldom has ten.
const CELLS_MAXIMUM: usize = 10 * ROWS_MAXIMUM;

/// What an account holds, in base units; sources are printed positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ByCondition {
    /// Usable.
    pub good: i64,
    /// Held for inspection, customs or a recall.
    pub on_hold: i64,
    /// Not usable.
    pub damaged: i64,
    /// All of it.
    pub all: i64,
}

impl ByCondition {
    fn add(&mut self, condition: Condition, quantity: i64) {
        match condition {
            Condition::Good => self.good += quantity,
            Condition::OnHold => self.on_hold += quantity,
            Condition::Damaged => self.damaged += quantity,
        }
        self.all += quantity;
    }
}

/// What documents state: the other side of the first identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stated {
    /// By accepted pledges.
    pub promised: i64,
    /// By receipts that found more than any pledge.
    pub surplus: i64,
}

/// The accounts of one row.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AccountsRow {
    /// What the row is about: a member for each dimension of `group_by`; null where that is not known, or no place.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// What documents state.
    pub stated: Stated,
    /// Every account by its word.
    #[schema(value_type = BTreeMap<String, ByCondition>)]
    pub accounts: BTreeMap<&'static str, ByCondition>,
    /// 0, or by how much documents and accounts differ; absent by place, which goods leave for another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<i64>,
}

/// A pledge line and lot of which documents and accounts differ.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnequalLine {
    /// The pledge.
    pub pledge: PledgeId,
    /// Its line.
    pub line: PledgeLineId,
    /// The lot; the item's own identifier where it is not known.
    pub lot: LotId,
    /// What documents state.
    pub stated: Stated,
    /// What was drawn from the sources.
    pub drawn: Stated,
    /// What all other accounts hold.
    pub held: i64,
}

/// Every account by condition.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AccountsSection {
    /// One row for each combination that occurs, in the order of its names.
    pub rows: Vec<AccountsRow>,
    /// Everything that was counted.
    pub total: AccountsRow,
    /// The first identity, pledge line by pledge line and lot by lot: stated against held. Absent where goods can
    /// leave what is counted without coming to an end, as under a filter by place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<BothSides>,
    /// Where it does not close, the first 500.
    pub differing: Vec<UnequalLine>,
}

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(embed)]
    key: KeyRow,
    #[diesel(sql_type = Integer)]
    account: i32,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

#[derive(QueryableByName)]
struct StatedRow {
    #[diesel(embed)]
    key: KeyRow,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
}

/// What a row comes to, before it has words.
#[derive(Default)]
struct Folded {
    stated: Stated,
    accounts: BTreeMap<Account, ByCondition>,
}

impl Folded {
    fn hold(&mut self, account: Account, condition: Condition, quantity: i64) {
        let printed = if account.is_source() { -quantity } else { quantity };
        self.accounts.entry(account).or_default().add(condition, printed);
    }

    fn state(&mut self, promised: i64, surplus: i64) {
        self.stated.promised += promised;
        self.stated.surplus += surplus;
    }

    /// The residual of the first identity, as totals work it out.
    fn residual(&self) -> i64 {
        let mut sums = Sums {
            stated_promised: self.stated.promised,
            stated_surplus: self.stated.surplus,
            ..Sums::default()
        };
        for (account, held) in &self.accounts {
            sums.accounts[*account as usize] = if account.is_source() { -held.all } else { held.all };
        }
        Figures { sums, opening: 0, closing: 0 }.residual_of_statements()
    }

    fn row(&self, keys: BTreeMap<&'static str, Option<Key>>, has_residual: bool) -> AccountsRow {
        let held = |account: Account| self.accounts.get(&account).copied().unwrap_or_default();
        AccountsRow {
            keys,
            stated: self.stated,
            accounts: Account::ALL.into_iter().map(|account| (account.word(), held(account))).collect(),
            residual: has_residual.then(|| self.residual()),
        }
    }
}

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many rows; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<AccountsSection> {
    let question = counted.question;
    let (rows, total) = folded(conn, counted)?;
    let mut wanted = Wanted::default();
    rows.keys().for_each(|key| wanted.add(key));
    let words = wanted.load(conn, &counted.question.scope)?;
    let is_partial = question.is_partial();
    let by_place = is_partial || question.group_by.iter().any(|group| group.is_place());
    let told = rows.iter().map(|(key, row)| row.row(words.keys(&question.group_by, key), !by_place));
    let mut told: Vec<AccountsRow> = told.collect();
    told.sort_by_cached_key(|row| order(&question.group_by, &row.keys));
    let (identity, differing) = if is_partial { (None, Vec::new()) } else { first_identity(conn, counted)? };
    let total = total.row(BTreeMap::new(), !is_partial);
    Ok(AccountsSection { rows: told, total, identity, differing })
}

/// What rows are sorted by: the words of their dimensions, one after the other.
pub(super) fn order(groups: &[Group], keys: &BTreeMap<&'static str, Option<Key>>) -> Vec<Option<Key>> {
    groups.iter().map(|group| keys.get(group.word()).cloned().flatten()).collect()
}

fn folded(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<(BTreeMap<KeyRow, Folded>, Folded)> {
    let question = counted.question;
    let columns = Columns::of(&question.group_by, question.place);
    let held: Vec<HeldRow> = counted.statement.load(
        conn,
        &format!(
            "SELECT {}, account, condition, CAST(SUM(quantity) AS BIGINT) AS quantity FROM {} AS counted \
             GROUP BY {}, account, condition HAVING SUM(quantity) <> 0 LIMIT {}",
            columns.selected,
            counted.held(),
            columns.grouped,
            CELLS_MAXIMUM + 1
        ),
    )?;
    let stated = stated(conn, counted, &columns)?;
    let is_cut = held.len() > CELLS_MAXIMUM;
    let (mut rows, mut total) = (BTreeMap::<KeyRow, Folded>::new(), Folded::default());
    for row in held {
        let account = Account::from_code(row.account).ok_or_else(|| unreadable("account"))?;
        let condition = Condition::from_code(row.condition).ok_or_else(|| unreadable("condition"))?;
        total.hold(account, condition, row.quantity);
        rows.entry(row.key).or_default().hold(account, condition, row.quantity);
    }
    for row in stated {
        total.state(row.promised, row.surplus);
        rows.entry(row.key).or_default().state(row.promised, row.surplus);
    }
    if rows.len() > ROWS_MAXIMUM || is_cut {
        let detail = format!("more than {ROWS_MAXIMUM} rows; add a filter or group by less");
        return Err(Problem::field("/group_by", detail).coded(Fault::TooMany));
    }
    Ok((rows, total))
}

fn stated(conn: &mut Conn, counted: &Counted<'_>, columns: &Columns) -> Outcome<Vec<StatedRow>> {
    let Some(stated) = counted.stated() else { return Ok(Vec::new()) };
    let Columns { selected, grouped } = columns;
    let text = format!(
        "SELECT {selected}, CAST(SUM(promised) AS BIGINT) AS promised, CAST(SUM(surplus) AS BIGINT) AS surplus \
         FROM {stated} AS counted GROUP BY {grouped} LIMIT {}",
        ROWS_MAXIMUM + 1
    );
    counted.statement.load(conn, &text)
}

fn unreadable(column: &str) -> Problem {
    Problem::internal(format!("{column} of an entry cannot be read"))
}

#[derive(QueryableByName)]
struct SidesRow {
    #[diesel(sql_type = Binary)]
    pledge_id: PledgeId,
    #[diesel(sql_type = Binary)]
    pledge_line_id: PledgeLineId,
    #[diesel(sql_type = Binary)]
    lot_id: LotId,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
    #[diesel(sql_type = BigInt)]
    from_promised: i64,
    #[diesel(sql_type = BigInt)]
    from_surplus: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
}

#[derive(QueryableByName)]
struct CheckRow {
    #[diesel(sql_type = BigInt)]
    stated: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    compared: i64,
    #[diesel(sql_type = BigInt)]
    differing: i64,
}

/// Both sides for each pledge line and lot, three times: everything, and each source by itself.
fn first_identity(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<(Option<BothSides>, Vec<UnequalLine>)> {
    const DIFFERS: &str =
        "promised + surplus <> held OR promised <> from_promised OR surplus <> from_surplus";
    let Some(stated) = counted.stated() else { return Ok((None, Vec::new())) };
    let sides = format!(
        "(SELECT pledge_id, pledge_line_id, lot_id, CAST(SUM(promised) AS BIGINT) AS promised, \
         CAST(SUM(surplus) AS BIGINT) AS surplus, CAST(SUM(from_promised) AS BIGINT) AS from_promised, \
         CAST(SUM(from_surplus) AS BIGINT) AS from_surplus, CAST(SUM(held) AS BIGINT) AS held FROM \
         (SELECT pledge_id, pledge_line_id, lot_id, promised, surplus, 0 AS from_promised, 0 AS from_surplus, \
         0 AS held FROM {stated} AS stated UNION ALL SELECT pledge_id, pledge_line_id, lot_id, 0, 0, \
         CASE WHEN account = 0 THEN -quantity ELSE 0 END, CASE WHEN account = 1 THEN -quantity ELSE 0 END, \
         CASE WHEN account > 1 THEN quantity ELSE 0 END FROM {} AS held_cells) AS parts \
         GROUP BY pledge_id, pledge_line_id, lot_id) AS sides",
        counted.held()
    );
    let sums = format!(
        "SELECT CAST(COALESCE(SUM(promised + surplus), 0) AS BIGINT) AS stated, \
         CAST(COALESCE(SUM(held), 0) AS BIGINT) AS held, CAST(COUNT(*) AS BIGINT) AS compared, \
         CAST(COALESCE(SUM(CASE WHEN {DIFFERS} THEN 1 ELSE 0 END), 0) AS BIGINT) AS differing FROM {sides}"
    );
    let found: Vec<CheckRow> = counted.statement.load(conn, &sums)?;
    let check = found.first().map(|row| BothSides {
        left: row.stated,
        right: row.held,
        residual: row.stated - row.held,
        compared: row.compared,
        differing: row.differing,
    });
    if check.is_none_or(|check| check.differing == 0) {
        return Ok((check, Vec::new()));
    }
    let text = format!(
        "SELECT * FROM {sides} WHERE {DIFFERS} ORDER BY pledge_line_id, lot_id LIMIT {LISTED_MAXIMUM}"
    );
    let rows: Vec<SidesRow> = counted.statement.load(conn, &text)?;
    let unequal = |row: SidesRow| UnequalLine {
        pledge: row.pledge_id,
        line: row.pledge_line_id,
        lot: row.lot_id,
        stated: Stated { promised: row.promised, surplus: row.surplus },
        drawn: Stated { promised: row.from_promised, surplus: row.from_surplus },
        held: row.held,
    };
    Ok((check, rows.into_iter().map(unequal).collect()))
}
