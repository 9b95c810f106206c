//! Keeping every sum of the ledger countable: what it holds in all, and what its rollups have moved.
//!
//! No balance and no total is larger than everything ever promised or in excess, so a limit on that one sum
//! bounds them all. What only grows, such as what moved in and out of a place, is looked at when an event is so
//! large that a few more like it could matter.

use super::book::{Book, Undo};
use super::event::Part;
use super::posting::net;
use crate::core::problem::{Code, Problem};
use crate::core::quantity;
use crate::db::Conn;
use crate::db::schema::rollups;
use crate::writer::{Refusal, Wanted};
use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// The cuboid with the fewest rows that hold sources.
const SOURCES_CUBOID: i32 = 6;
/// Base units of an event above which the growing figures are looked at: eight million such events fit below
/// the limit, so smaller ones need no looking at.
const LARGE: i64 = 1 << 40;
/// What a growing figure may reach: half of what can be counted, so that two of them can still be added.
const MOVED_MAXIMUM: i64 = i64::MAX / 2;

impl Book {
    /// Takes note of what an event adds; refuses what could no longer be counted.
    ///
    /// # Errors
    /// `invalid`, naming the limit; [`Wanted`] where the sums are not loaded.
    pub(super) fn grow(&mut self, parts: &[Part<'_>]) -> Result<(), Refusal> {
        let mut after = self.volume;
        let stated: i64 = parts
            .iter()
            .flat_map(|part| part.statements)
            .map(|one| one.promised.saturating_add(one.surplus))
            .fold(0, i64::saturating_add);
        if stated > 0 && after.stated.is_none() {
            self.wants.stated = true;
            return Err(Wanted.into());
        }
        if let Some(total) = after.stated {
            after.stated = Some(total.saturating_add(stated));
            if stated > 0 && total.saturating_add(stated) > quantity::MAXIMUM {
                return Err(too_much(total, stated).into());
            }
        }
        let moved = parts
            .iter()
            .flat_map(|part| net(part.movements))
            .filter(|(_, change)| *change > 0)
            .fold(0_i64, |sum, (_, change)| sum.saturating_add(change));
        if moved > LARGE {
            let Some(total) = after.moved else {
                self.wants.moved = true;
                return Err(Wanted.into());
            };
            if total.saturating_add(moved) > MOVED_MAXIMUM {
                return Err(moved_too_much(moved).into());
            }
            after.moved = Some(total.saturating_add(moved));
        }
        self.journal.push(Undo::Volume(self.volume));
        self.volume = after;
        Ok(())
    }

    /// Loads the sums that were asked for; what this batch has stated already is not in the database yet.
    pub(super) fn load_volume(&mut self, conn: &mut Conn, stated: bool, moved: bool) -> QueryResult<()> {
        if stated {
            let stored: Option<i64> = rollups::table
                .filter(rollups::cuboid.eq(SOURCES_CUBOID))
                .select(sql::<diesel::sql_types::Nullable<BigInt>>(
                    "CAST(SUM(stated_promised + stated_surplus) AS BIGINT)",
                ))
                .first(conn)?;
            let staged = self.statements.iter().map(|one| one.statement.promised + one.statement.surplus);
            self.volume.stated = Some(staged.fold(stored.unwrap_or(0), i64::saturating_add));
        }
        if moved {
            let (moved_in, moved_out, delivered): (Option<i64>, Option<i64>, Option<i64>) = rollups::table
                .select((max(rollups::moved_in), max(rollups::moved_out), max(rollups::ever_delivered)))
                .first(conn)?;
            let largest = moved_in.max(moved_out).max(delivered).unwrap_or(0);
            // What this batch has posted already counts whole, as if all of it were in one row.
            let staged = self.postings.iter().map(|one| one.quantity.max(0));
            self.volume.moved = Some(staged.fold(largest, i64::saturating_add));
        }
        Ok(())
    }
}

fn too_much(total: i64, more: i64) -> Problem {
    let left = (quantity::MAXIMUM - total).max(0);
    let detail = format!(
        "{more} more base units are beyond what can be counted: all that was ever promised or in excess may come to \
         {} at most, and {left} are left. Check the quantity and its unit.",
        quantity::MAXIMUM
    );
    Problem::new(Code::Invalid, detail)
        .at("/lines")
        .with("limit", quantity::MAXIMUM)
        .with("available", left)
        .with("asked", more)
}

fn moved_too_much(moved: i64) -> Problem {
    let detail = format!(
        "{moved} base units are too many to be moved once more: what was moved in and out of a place may come to \
         {MOVED_MAXIMUM} at most. Check the quantity and its unit."
    );
    Problem::new(Code::Invalid, detail).at("/lines").with("limit", MOVED_MAXIMUM).with("asked", moved)
}
