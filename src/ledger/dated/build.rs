//! Making blocks, one after the other, while others write: what is in them is recorded already and does not change.

use super::super::reading::IsDeploying;
use super::super::rollup::CUBOIDS;
use super::changes::DatedChanges;
use super::gathered::block_changes;
use super::packed::unpack;
use super::store::{DatedRollup, blocks_built, keep, packed, rows_of};
use super::{Block, Day, SIZES, dated_cuboids, is_dated};
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

/// The rows of a larger block: the sums of those it is made of, a cuboid at a time.
pub(super) fn parts_packed(
    conn: &mut Conn,
    block: Block,
    parts: (usize, i64, i64),
) -> Outcome<Vec<DatedRollup>> {
    let mut rows = Vec::new();
    for cuboid in CUBOIDS.iter().filter(|cuboid| is_dated(cuboid)) {
        let mut changes = DatedChanges::over(&[cuboid]);
        for part in rows_of(conn, cuboid.number, parts).map_err(read_failure)? {
            let first = Day::first_of(Month(part.month));
            let DatedChanges { numbers, rows: sums, .. } = &mut changes;
            unpack(&part.days, numbers, |spot, day, figures| {
                let key = (cuboid.number, Day(first.0 + i32::from(day)), spot);
                sums.entry(key).or_default().add(figures);
            })
            .map_err(|words| Problem::internal(format!("a row of dated_rollups cannot be read: {words}")))?;
        }
        rows.extend(packed(&changes, block).map_err(unpackable)?);
    }
    Ok(rows)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn unpackable(error: postcard::Error) -> Problem {
    Problem::internal(format!("dated rollups cannot be packed: {error}"))
}
