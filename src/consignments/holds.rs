//! What somebody holds by naming the goods, and has not released: neither customs, who let go what they held, nor the end of a
//! recall, which ends what the recall held, makes that usable.
//!
//! In the ledger all of it is one condition. Who holds how much of a heap is what events of each kind did to that condition
//! there; what has moved on since is told by its pledge line and lot.

use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, LotId, PledgeLineId};
use crate::db::schema::{balances, events, postings};
use crate::db::{Clause, Conn, among, either};
use crate::ledger::event::Happening;
use crate::ledger::{Cell, CellKey, Condition, Holding, KNOWN_LOT, Movement};
use crate::writer::{Desk, Shelf, Wanted};
use diesel::QueryResult;
use diesel::prelude::*;
use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The kind of event that a posting is of, that of what it restates where it restates one.
macro_rules! of_kinds {
    ($kinds:literal) => {
        concat!(
            "COALESCE((SELECT meant.kind FROM events AS restated JOIN events AS meant ON meant.id = restated.about_id ",
            "AND restated.kind IN ('corrected', 'reversed') WHERE restated.id = events.about_id ",
            "AND events.kind IN ('corrected', 'reversed')), ",
            "(SELECT restated.kind FROM events AS restated WHERE restated.id = events.about_id ",
            "AND events.kind IN ('corrected', 'reversed')), events.kind) IN (",
            $kinds,
            ") AND (events.site_id IS NOT NULL OR events.consignment_id IS NOT NULL)"
        )
    };
}

/// Who may hold what customs do not let go: whoever holds goods by naming them, and who received them.
const BESIDE_CUSTOMS: &str = of_kinds!("'held', 'released_from_hold', 'received'");
/// Who may hold what a recall's end does not free; a recall itself names no place.
const BESIDE_RECALL: &str = of_kinds!("'held', 'released_from_hold', 'customs_held', 'customs_released'");

/// Who else may, where it was before the recall: what is received during one is on hold for that alone.
const RECEIVED: &str = of_kinds!("'received'");
/// Recalls of lots and the ends of these.
const RECALLING: &str = "events.kind IN ('held', 'released_from_hold') AND events.site_id IS NULL AND events.consignment_id IS NULL";

/// Whose goods are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeldOf {
    /// What customs hold of a consignment is let go.
    Consignment(ConsignmentId),
    /// The recall of a lot ends.
    Lot(LotId),
}

/// Why an event changes what is on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Somebody names the goods.
    Name,
    /// Customs.
    Customs,
    /// A receipt counts them as on hold.
    Receipt,
}

impl HeldOf {
    fn counts(self, why: HeldBy, cell: &Cell) -> bool {
        match self {
            Self::Consignment(id) => cell.consignment == Some(id) && why != HeldBy::Customs,
            Self::Lot(id) => cell.lot == id && why != HeldBy::Receipt,
        }
    }
}

/// How much of a heap is held.
#[derive(Clone, Copy, Debug)]
struct Part {
    cell: CellKey,
    line: PledgeLineId,
    lot: LotId,
    quantity: i64,
}

/// What is held as far as a batch asks for it.
#[derive(Default)]
pub struct Holds {
    stored: HashMap<HeldOf, Vec<Part>>,
    noted: Vec<(HeldBy, Cell, i64)>,
    wanted: HashSet<HeldOf>,
}

/// What a posting did to a heap, and at which place of the log.
type Row = (Option<ConsignmentId>, Vec<u8>, PledgeLineId, LotId, i64, i64);

impl Holds {
    fn of(&mut self, asked: HeldOf) -> Result<Vec<Part>, Wanted> {
        let Some(stored) = self.stored.get(&asked) else {
            self.wanted.insert(asked);
            return Err(Wanted);
        };
        let noted = self.noted.iter().filter(|(why, cell, _)| asked.counts(*why, cell));
        let part = |(_, cell, quantity): &(HeldBy, Cell, i64)| Part {
            cell: cell.key(),
            line: cell.line,
            lot: cell.lot,
            quantity: *quantity,
        };
        Ok(stored.iter().copied().chain(noted.map(part)).collect())
    }
}

/// The postings on hold of a condition, each with its consignment and heap.
macro_rules! on_hold {
    ($conn:expr, $column:expr, $wanted:expr, $kinds:expr $(, $known:expr)?) => {
        either!($conn, one => {
            balances::table
                .inner_join(postings::table.on(postings::cell.eq(balances::cell)))
                .inner_join(events::table.on(events::sequence.eq(postings::sequence)))
                .filter(among($column, $wanted))
                $(.filter(Clause($known)))?
                .filter(balances::condition.eq(Condition::OnHold.code()))
                .filter(Clause($kinds))
                .select((
                    balances::consignment_id,
                    balances::cell,
                    balances::pledge_line_id,
                    balances::lot_id,
                    postings::quantity,
                    postings::sequence,
                ))
                .load::<Row>(one)
        })?
    };
}

/// Where in the log recalls of lots began, which is true, and ended.
struct Recalls(BTreeMap<(LotId, i64), bool>);

impl Recalls {
    fn load(conn: &mut Conn, lots: &[LotId]) -> QueryResult<Self> {
        let rows: Vec<(LotId, i64, String)> = either!(conn, one => {
            balances::table
                .inner_join(postings::table.on(postings::cell.eq(balances::cell)))
                .inner_join(events::table.on(events::sequence.eq(postings::sequence)))
                .filter(among(balances::lot_id, lots))
                .filter(Clause(KNOWN_LOT))
                .filter(Clause(RECALLING))
                .select((balances::lot_id, postings::sequence, events::kind))
                .load::<(LotId, i64, String)>(one)
        })?;
        Ok(Self(rows.into_iter().map(|(lot, sequence, kind)| ((lot, sequence), kind == "held")).collect()))
    }

    /// Whether something was recorded while the lot was not recalled, and before it was.
    fn come_after(&self, lot: LotId, sequence: i64) -> bool {
        let mut before = self.0.range((lot, i64::MIN)..(lot, sequence));
        let mut after = self.0.range((lot, sequence)..=(lot, i64::MAX));
        let is_during = before.next_back().is_some_and(|(_, has_begun)| *has_begun);
        !is_during && after.any(|(_, has_begun)| *has_begun)
    }
}

impl Shelf for Holds {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let (mut consignments, mut lots) = (Vec::new(), Vec::new());
        for asked in self.wanted.drain() {
            self.stored.insert(asked, Vec::new());
            match asked {
                HeldOf::Consignment(id) => consignments.push(id),
                HeldOf::Lot(id) => lots.push(id),
            }
        }
        let mut found: Vec<(HeldOf, Row)> = Vec::new();
        if !consignments.is_empty() {
            let rows = on_hold!(conn, balances::consignment_id, &consignments, BESIDE_CUSTOMS);
            found.extend(rows.into_iter().filter_map(|row| Some((HeldOf::Consignment(row.0?), row))));
        }
        if !lots.is_empty() {
            let rows = on_hold!(conn, balances::lot_id, &lots, BESIDE_RECALL, KNOWN_LOT);
            let received = on_hold!(conn, balances::lot_id, &lots, RECEIVED, KNOWN_LOT);
            let recalls = Recalls::load(conn, &lots)?;
            let before = received.into_iter().filter(|row| recalls.come_after(row.3, row.5));
            found.extend(rows.into_iter().chain(before).map(|row| (HeldOf::Lot(row.3), row)));
        }
        for (asked, (_, cell, line, lot, quantity, _)) in found {
            let Ok(cell) = <[u8; 16]>::try_from(cell.as_slice()) else { continue };
            let part = Part { cell: CellKey(cell), line, lot, quantity };
            self.stored.entry(asked).or_default().push(part);
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.noted.len()
    }

    fn undo(&mut self, mark: usize) {
        self.noted.truncate(mark);
    }

    // The rows are another shelf's.
    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Notes for later events of the same batch what one of them did to goods on hold.
pub fn note_held(desk: &mut Desk, happening: &Happening, why: HeldBy, movements: &[Movement]) {
    if happening.is_rehearsal() {
        return;
    }
    let holds = desk.shelf::<Holds>();
    for one in movements {
        for (cell, quantity) in [(one.from, -one.quantity), (one.to, one.quantity)] {
            if cell.condition == Condition::OnHold {
                holds.noted.push((why, cell, quantity));
            }
        }
    }
}

/// Goods on hold without those that somebody else holds, of all that is asked about together: in the heaps in which that was
/// said first, and what is no longer there in others of the same pledge line and lot.
///
/// # Errors
/// [`Wanted`] where it is not loaded.
pub fn less_held(desk: &mut Desk, asked: &[HeldOf], there: Vec<Holding>) -> Result<Vec<Holding>, Wanted> {
    let holds = desk.shelf::<Holds>();
    // Each is asked for before any is waited for, so that all are loaded at once.
    let parts: Vec<Result<Vec<Part>, Wanted>> = asked.iter().map(|one| holds.of(*one)).collect();
    let parts: Vec<Vec<Part>> = parts.into_iter().collect::<Result<_, Wanted>>()?;
    let mut kept: BTreeMap<CellKey, i64> = BTreeMap::new();
    // What left a heap by another event than it came there by is less than nothing in one and more in another: in all of a
    // line and lot it comes out even.
    let mut left: HashMap<(PledgeLineId, LotId), i64> = HashMap::new();
    for part in parts.into_iter().flatten() {
        *kept.entry(part.cell).or_default() += part.quantity;
        *left.entry((part.line, part.lot)).or_default() += part.quantity;
    }
    let mut there = there;
    there.sort_unstable_by_key(|one| one.cell.key());
    for is_own in [true, false] {
        for one in &mut there {
            let own = if is_own { kept.get(&one.cell.key()).copied().unwrap_or(0) } else { one.quantity };
            if let Some(left) = left.get_mut(&(one.cell.line, one.cell.lot)) {
                let part = own.min(one.quantity).min(*left).max(0);
                one.quantity -= part;
                *left -= part;
            }
        }
    }
    there.retain(|one| one.quantity > 0);
    Ok(there)
}
