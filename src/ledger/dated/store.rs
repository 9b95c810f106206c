//! The tables of dated rollups: which blocks there are, and their rows by cuboid and month.

use super::super::rollup::Sums;
use super::changes::{DatedChanges, Spot};
use super::packed::{DatedRow, pack};
use super::{Block, Day, SIZES, dated_cuboids};
use crate::core::time::Month;
use crate::db::schema::{dated_blocks, dated_rollups};
use crate::db::{Conn, upsert_all};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// The rows of a cuboid, a block and a month.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = dated_rollups)]
pub(super) struct DatedRollup {
    pub(super) cuboid: i32,
    pub(super) level: i32,
    pub(super) block: i64,
    pub(super) month: i32,
    /// Packed, by month.
    pub(super) whole: Vec<u8>,
    /// Packed, by day.
    pub(super) days: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = dated_blocks)]
struct BlockRow {
    level: i32,
    block: i64,
}

/// A row of one day.
type DayRow<'a> = (&'a Spot, Day, &'a Sums);

/// How many blocks of each level there are; they are made in order.
pub type BlocksBuilt = [i64; SIZES.len()];

/// Asks how many blocks there are.
pub(in crate::ledger) fn blocks_built(conn: &mut Conn) -> QueryResult<BlocksBuilt> {
    let mut built = [0; SIZES.len()];
    for (level, count) in (0_i32..).zip(&mut built) {
        let last: Option<i64> = dated_blocks::table
            .filter(dated_blocks::level.eq(level))
            .order(dated_blocks::block.desc())
            .select(dated_blocks::block)
            .first(conn)
            .optional()?;
        *count = last.map_or(0, |last| last + 1);
    }
    Ok(built)
}

/// Keeps a block and its rows; what another process kept meanwhile is the same and stays. In the caller's transaction.
pub(super) fn keep(conn: &mut Conn, block: Block, rows: &[DatedRollup]) -> QueryResult<()> {
    upsert_all!(conn, dated_rollups::table, rows, " ON CONFLICT DO NOTHING")?;
    let row = [BlockRow { level: level_code(block.level), block: block.number }];
    upsert_all!(conn, dated_blocks::table, &row, " ON CONFLICT DO NOTHING").map(|_| ())
}

/// The number of a level in the database.
pub(super) fn level_code(level: usize) -> i32 {
    i32::try_from(level).unwrap_or(i32::MAX)
}

/// The rows of changes, packed for a block.
pub(super) fn packed(changes: &DatedChanges, block: Block) -> Result<Vec<DatedRollup>, postcard::Error> {
    let mut months: BTreeMap<(i32, Month), Vec<DayRow<'_>>> = BTreeMap::new();
    let dated = dated_cuboids().into_iter().map(|cuboid| cuboid.number).collect::<Vec<i32>>();
    for (cuboid, day, spot, sums) in changes.rows().filter(|(cuboid, ..)| dated.contains(cuboid)) {
        months.entry((cuboid, day.month())).or_default().push((spot, day, sums));
    }
    let mut rows = Vec::with_capacity(months.len());
    for ((cuboid, month), dated) in months {
        let mut whole: HashMap<&Spot, Sums> = HashMap::new();
        for (spot, _, sums) in &dated {
            whole.entry(spot).or_default().add(sums);
        }
        let whole: Vec<DatedRow<'_>> = whole.iter().map(|(spot, sums)| (*spot, 0, sums)).collect();
        let days: Vec<DatedRow<'_>> =
            dated.iter().map(|(spot, day, sums)| (*spot, day.of_month(), *sums)).collect();
        rows.push(DatedRollup {
            cuboid,
            level: level_code(block.level),
            block: block.number,
            month: month.0,
            whole: pack(&changes.numbers, &whole)?,
            days: pack(&changes.numbers, &days)?,
        });
    }
    Ok(rows)
}

/// The rows of a cuboid and of blocks of one level, from the first to the last.
pub(super) fn rows_of(
    conn: &mut Conn,
    cuboid: i32,
    (level, first, last): (usize, i64, i64),
) -> QueryResult<Vec<DatedRollup>> {
    dated_rollups::table
        .filter(dated_rollups::cuboid.eq(cuboid).and(dated_rollups::level.eq(level_code(level))))
        .filter(dated_rollups::block.between(first, last))
        .order((dated_rollups::month, dated_rollups::block))
        .select(DatedRollup::as_select())
        .load(conn)
}

/// The months of which there are such rows.
pub(super) fn months_of(
    conn: &mut Conn,
    cuboid: i32,
    (level, first, last): (usize, i64, i64),
) -> QueryResult<Vec<Month>> {
    let months: Vec<i32> = dated_rollups::table
        .filter(dated_rollups::cuboid.eq(cuboid).and(dated_rollups::level.eq(level_code(level))))
        .filter(dated_rollups::block.between(first, last))
        .order(dated_rollups::month)
        .select(dated_rollups::month)
        .distinct()
        .load(conn)?;
    Ok(months.into_iter().map(Month).collect())
}

/// The sums by month of such rows: all, or of the months before one.
pub(super) fn whole_months(
    conn: &mut Conn,
    cuboid: i32,
    (level, first, last): (usize, i64, i64),
    before: Option<Month>,
) -> QueryResult<Vec<(i32, Vec<u8>)>> {
    dated_rollups::table
        .filter(dated_rollups::cuboid.eq(cuboid).and(dated_rollups::level.eq(level_code(level))))
        .filter(dated_rollups::block.between(first, last))
        .filter(dated_rollups::month.lt(before.map_or(i32::MAX, |month| month.0)))
        .select((dated_rollups::month, dated_rollups::whole))
        .load(conn)
}

/// The sums by day of one month, with the number of their block.
pub(super) fn days_of(
    conn: &mut Conn,
    cuboid: i32,
    (level, first, last): (usize, i64, i64),
    month: Month,
) -> QueryResult<Vec<(i64, Vec<u8>)>> {
    dated_rollups::table
        .filter(dated_rollups::cuboid.eq(cuboid).and(dated_rollups::level.eq(level_code(level))))
        .filter(dated_rollups::block.between(first, last).and(dated_rollups::month.eq(month.0)))
        .order(dated_rollups::block)
        .select((dated_rollups::block, dated_rollups::days))
        .load(conn)
}
