//! Folding blocks again and comparing them, byte for byte.

use super::build::parts_packed;
use super::changes::DatedChanges;
use super::store::{BlocksBuilt, DatedRollup, blocks_built, packed, rows_of};
use super::{Block, SIZES, dated_cuboids};
use crate::audit::finding::{Finding, Report};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Month;
use crate::db::schema::{dated_blocks, dated_rollups};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Blocks compared with what is folded for them, while the ledger's events are read in order.
pub(in crate::ledger) struct BlockComparison {
    built: BlocksBuilt,
}

impl BlockComparison {
    /// For the blocks there are.
    pub(in crate::ledger) fn of(conn: &mut Conn) -> QueryResult<Self> {
        Ok(Self { built: blocks_built(conn)? })
    }

    /// Whether a block of entries ends with a sequence.
    pub(in crate::ledger) fn ends_at(last: i64) -> bool {
        last % SIZES[0] == 0
    }

    /// Compares the block that ends with a sequence, where it is there, with the changes of its entries.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(in crate::ledger) fn compare(
        &self,
        conn: &mut Conn,
        changes: &DatedChanges,
        last: i64,
        report: &mut Report,
    ) -> Outcome<()> {
        let block = Block { level: 0, number: last / SIZES[0] - 1 };
        if block.number >= self.built[0] {
            return Ok(());
        }
        let right = packed(changes, block).map_err(|error| Problem::internal(error.to_string()))?;
        compare(conn, block, right, report)
    }

    /// Compares the larger blocks with those they are the sums of, and looks for rows of no block.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(in crate::ledger) fn finish(self, conn: &mut Conn, report: &mut Report) -> Outcome<()> {
        for level in 1..SIZES.len() {
            for number in 0..self.built[level] {
                let block = Block { level, number };
                let Some(parts) = block.parts() else { continue };
                match parts_packed(conn, block, parts) {
                    Ok(right) => compare(conn, block, right, report)?,
                    // A row below cannot be read, which is found there.
                    Err(problem) if problem.code == Code::Internal => {
                        report
                            .unchecked
                            .push(format!("dated_rollups: block {level}/{number}, of rows below it"));
                    }
                    Err(problem) => return Err(problem),
                }
            }
        }
        let counted: i64 = dated_blocks::table.count().get_result(conn).map_err(read_failure)?;
        let made: i64 = self.built.iter().sum();
        if counted != made {
            let problem = format!("there are {counted} blocks where the last of each level say {made}");
            report.find(Finding::new("dated_blocks", "", problem));
        }
        self.strays(conn, report).map_err(read_failure)
    }

    fn strays(&self, conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
        for (level, built) in (0_i32..).zip(self.built) {
            let beyond: Vec<(i32, i64, i32)> = dated_rollups::table
                .filter(dated_rollups::level.eq(level).and(dated_rollups::block.ge(built)))
                .select((dated_rollups::cuboid, dated_rollups::block, dated_rollups::month))
                .load(conn)?;
            for (cuboid, block, month) in beyond {
                let key = key(cuboid, level, block, month);
                report.find(Finding::new("dated_rollups", key, "the row is of no block that is there"));
            }
        }
        Ok(())
    }
}

fn compare(conn: &mut Conn, block: Block, right: Vec<DatedRollup>, report: &mut Report) -> Outcome<()> {
    let mut folded: BTreeMap<(i32, i32), DatedRollup> =
        right.into_iter().map(|row| ((row.cuboid, row.month), row)).collect();
    for cuboid in dated_cuboids() {
        let stored = rows_of(conn, cuboid.number, (block.level, block.number, block.number));
        let stored = stored.map_err(read_failure)?;
        report.check("dated_rollups", stored.len());
        for row in stored {
            let name = key(row.cuboid, row.level, row.block, row.month);
            match folded.remove(&(row.cuboid, row.month)) {
                None => report.find(Finding::new("dated_rollups", name, "no posting made this row")),
                Some(right) => {
                    let columns = [("whole", &row.whole, &right.whole), ("days", &row.days, &right.days)];
                    for (column, _, _) in columns.iter().filter(|(_, is, should)| is != should) {
                        let problem = "is not what the postings make";
                        report.find(Finding::new("dated_rollups", name.as_str(), problem).column(column));
                    }
                }
            }
        }
    }
    for row in folded.into_values() {
        let name = key(row.cuboid, row.level, row.block, row.month);
        report.find(Finding::new("dated_rollups", name, "the row is not there, and postings make it"));
    }
    Ok(())
}

fn key(cuboid: i32, level: i32, block: i64, month: i32) -> String {
    format!("{cuboid}/{level}/{block}/{}", Month(month))
}
