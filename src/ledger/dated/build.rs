//! Making blocks, one after the other, while others write: what is in them is recorded already and does not change.

use super::super::reading::IsDeploying;
use super::super::rollup::Cuboid;
use super::changes::DatedChanges;
use super::gathered::block_changes;
use super::packed::unpack;
use super::store::{DatedRollup, blocks_built, days_of, keep, months_of, packed};
use super::{Block, Day, SIZES, dated_cuboids};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Month;
use crate::db::{Conn, read_failure, write_derived};
use crate::writer::log_state;

/// Makes the next block that can be made, the smallest first; says whether there was one.
///
/// # Errors
/// Whatever the database says, and postings that cannot be folded.
pub fn keep_next(conn: &mut Conn, is_deploying: IsDeploying) -> Outcome<bool> {
    let last = log_state(conn)?.last.sequence;
    let built = blocks_built(conn).map_err(read_failure)?;
    let there = |level: usize| match level {
        0 => last / SIZES[0],
        above => built[above - 1] / (SIZES[above] / SIZES[above - 1]),
    };
    let next = (0..SIZES.len()).find(|level| built[*level] < there(*level));
    let Some(level) = next else { return Ok(false) };
    let block = Block { level, number: built[level] };
    let rows = match block.parts() {
        None => entries_packed(conn, block, is_deploying)?,
        Some(parts) => parts_packed(conn, block, parts)?,
    };
    write_derived(conn, |conn| keep(conn, block, &rows)).map_err(read_failure)?;
    Ok(true)
}

/// The rows of a block of entries, folded from their postings.
fn entries_packed(conn: &mut Conn, block: Block, is_deploying: IsDeploying) -> Outcome<Vec<DatedRollup>> {
    let changes = block_changes(conn, block, None, &dated_cuboids(), is_deploying)?;
    packed(&changes, block).map_err(unpackable)
}

/// The rows of a larger block: the sums of those it is made of, a cuboid and a month at a time, so that no more than
/// that is in memory unpacked.
pub(super) fn parts_packed(
    conn: &mut Conn,
    block: Block,
    parts: (usize, i64, i64),
) -> Outcome<Vec<DatedRollup>> {
    let mut rows = Vec::new();
    for cuboid in dated_cuboids() {
        for month in months_of(conn, cuboid.number, parts).map_err(read_failure)? {
            let changes = month_added_up(conn, cuboid, parts, month)?;
            rows.extend(packed(&changes, block).map_err(unpackable)?);
        }
    }
    Ok(rows)
}

/// What blocks of one level say of a cuboid and a month, added up by day.
fn month_added_up(
    conn: &mut Conn,
    cuboid: &'static Cuboid,
    parts: (usize, i64, i64),
    month: Month,
) -> Outcome<DatedChanges> {
    let first = Day::first_of(month);
    let mut changes = DatedChanges::over(&[cuboid]);
    for (_, days) in days_of(conn, cuboid.number, parts, month).map_err(read_failure)? {
        let mut numbers = std::mem::take(&mut changes.numbers);
        let unpacked = unpack(&days, &mut numbers, |spot, day, figures| {
            changes.add(cuboid.number, Day(first.0 + i32::from(day)), &spot, figures);
        });
        changes.numbers = numbers;
        unpacked
            .map_err(|words| Problem::internal(format!("a row of dated_rollups cannot be read: {words}")))?;
    }
    Ok(changes)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn unpackable(error: postcard::Error) -> Problem {
    Problem::internal(format!("dated rollups cannot be packed: {error}"))
}
