//! The parts of a reconciliation besides its accounts, each as the tables it is shown by.

use super::asked::Asked;
use super::view::{ROWS_SHOWN, bounded, by, groups, key, keys, kind, named, named_or};
use super::words::AuditWord;
use crate::core::id::EventId;
use crate::ledger::Account;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::words::Word;
use crate::papers::formats::amount;
use crate::papers::words::account;
use crate::reconciliation::ReconciliationView;
use crate::reconciliation::rules::Section;

/// The tables of a part that was asked for; none where it was not.
pub fn part(frame: &Frame, asked: &Asked, view: &ReconciliationView) -> Vec<Grid> {
    let mut grids = match asked.part() {
        None | Some(Section::Accounts) => Vec::new(),
        Some(Section::Transit) => transit(frame, view),
        Some(Section::RollForward) => forward(frame, view),
        Some(Section::Differences) => differences(frame, view),
        Some(Section::Holders) => holders(frame, view),
        Some(Section::Values) => values(frame, asked, view),
        Some(Section::Numbers) => numbers(frame, view),
        Some(Section::WithoutEvidence) => unproven(frame, view),
    };
    grids.iter_mut().for_each(|grid| bounded(frame, grid));
    grids
}

/// Where an event is told.
pub fn event_path(id: EventId) -> String {
    format!("/events/{id}")
}

fn numbered(frame: &Frame, grid: Grid, words: &[AuditWord]) -> Grid {
    words.iter().fold(grid, |grid, word| grid.numbers(frame.say(*word)))
}

fn all(frame: &Frame, figures: &[i64]) -> Vec<Cell> {
    figures.iter().map(|figure| Cell::number(frame, *figure)).collect()
}

fn left_off(frame: &Frame, count: i64) -> String {
    if count > 0 { frame.with(AuditWord::LeftOff, frame.number(count)) } else { String::new() }
}

fn transit(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.transit else { return Vec::new() };
    let grid = Grid::new(frame.say(AuditWord::Transit), frame.say(AuditWord::TransitEmpty))
        .column(frame.say(AuditWord::Consignment));
    let columns = [
        AuditWord::Dispatched,
        AuditWord::Surplus,
        AuditWord::Split,
        AuditWord::InTransit,
        AuditWord::Missing,
        AuditWord::Received,
        AuditWord::Damaged,
        AuditWord::Ended,
        AuditWord::Residual,
    ];
    let mut grid = numbered(frame, grid, &columns);
    let (differing, closing): (Vec<_>, Vec<_>) =
        section.rows.iter().partition(|row| row.figures.residual != 0);
    for row in differing.into_iter().chain(closing) {
        let of = row.figures;
        let held = frame.with(AuditWord::OnHold, frame.number(of.received_on_hold));
        let mut cells = vec![named(&row.consignment)];
        cells.extend(all(frame, &[of.dispatched, of.surplus, of.split, of.in_transit, of.missing]));
        let received = Cell::number(frame, of.received_good);
        cells.push(if of.received_on_hold == 0 { received } else { received.with(held) });
        cells.extend(all(frame, &[of.received_damaged, of.ended]));
        cells.push(Cell::residual(frame, of.residual));
        grid.rows.push(cells);
    }
    vec![grid]
}

fn forward(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.roll_forward else { return Vec::new() };
    let grid = Grid::new(frame.say(AuditWord::RollForward), frame.say(AuditWord::NothingThere))
        .column(frame.say(AuditWord::Site))
        .column(frame.say(AuditWord::Item));
    let columns =
        [AuditWord::Opening, AuditWord::CameIn, AuditWord::WentOut, AuditWord::Closing, AuditWord::Residual];
    let mut grid = numbered(frame, grid, &columns);
    let (differing, closing): (Vec<_>, Vec<_>) = section.rows.iter().partition(|row| row.residual != 0);
    for row in differing.into_iter().chain(closing) {
        let mut cells = vec![named_or(frame, row.site.as_ref(), AuditWord::Nowhere), named(&row.item)];
        cells.extend(all(frame, &[row.opening, row.moved_in, row.moved_out, row.closing]));
        cells.push(Cell::residual(frame, row.residual));
        grid.rows.push(cells);
    }
    vec![grid]
}

fn differences(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.differences else { return Vec::new() };
    let columns =
        [AuditWord::Missing, AuditWord::Over, AuditWord::Damaged, AuditWord::Lost, AuditWord::Disposed];
    let grid = Grid::new(frame.say(AuditWord::Differences), frame.say(AuditWord::DifferencesEmpty))
        .column(frame.say(AuditWord::Event))
        .column(frame.say(AuditWord::Item));
    let mut told = numbered(frame, grid, &columns).column(frame.say(AuditWord::Reason));
    for entry in &section.entries {
        let event = entry
            .event
            .as_ref()
            .map(|event| kind(frame, &event.kind).to(event_path(event.id)).with(event.occurred_at.day()));
        let of = entry.figures;
        let mut cells = vec![event.unwrap_or_else(|| beyond(frame)), named(&entry.item)];
        cells.extend(all(frame, &[of.missing, of.over, of.damaged, of.lost, of.disposed]));
        let cause = entry.decision.as_ref().and_then(|decision| decision.cause.clone());
        let decided = entry.decision.as_ref().map(|decision| decision.reason.clone());
        let reasons: Vec<String> = entry.reasons.iter().cloned().chain(decided).collect();
        cells.push(Cell::text(reasons.join("; ")).with(cause.unwrap_or_default().replace('_', " ")));
        told.rows.push(cells);
    }
    told.note = left_off(frame, section.entries_left_off);
    let mut missing = Grid::new(frame.say(AuditWord::StillMissing), frame.say(AuditWord::StillMissingEmpty))
        .column(frame.say(AuditWord::Item))
        .column(frame.say(AuditWord::Consignment))
        .column(frame.say(AuditWord::Site))
        .numbers(frame.say(Word::Quantity))
        .column(frame.say(AuditWord::Since));
    missing.rows.extend(section.missing.iter().map(|row| {
        let since = Cell::code(row.since.day()).with(frame.count(AuditWord::Days, row.age_days));
        let consignment = named_or(frame, row.consignment.as_ref(), AuditWord::BeyondReach);
        let site = named_or(frame, row.site.as_ref(), AuditWord::Nowhere);
        vec![named(&row.item), consignment, site, Cell::number(frame, row.quantity), since]
    }));
    missing.note = left_off(frame, section.missing_left_off);
    vec![told, missing]
}

/// What stands in place of an event that the reader does not reach.
pub fn beyond(frame: &Frame) -> Cell {
    Cell::text(frame.say(AuditWord::BeyondReach))
}

fn holders(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.holders else { return Vec::new() };
    let accounts = [
        Account::Unallocated,
        Account::InStorage,
        Account::Allocated,
        Account::InTransit,
        Account::Missing,
        Account::Delivered,
    ];
    let one = |caption: AuditWord, words: &[(&'static str, AuditWord)], is_third: bool| {
        let rows = if is_third { &section.third_parties } else { &section.by_owner };
        let mut grid = Grid::new(frame.say(caption), frame.say(AuditWord::HoldersEmpty));
        grid = words.iter().fold(grid, |grid, (_, word)| grid.column(frame.say(*word)));
        grid = accounts.iter().fold(grid, |grid, one| grid.numbers(account(frame.language, *one)));
        grid = grid.numbers(frame.say(Word::Total));
        grid.rows.extend(rows.iter().map(|row| {
            let about = |name: &str| key(frame, row.keys.get(name).and_then(Option::as_ref));
            let mut cells: Vec<Cell> = words.iter().map(|(name, _)| about(name)).collect();
            let figures = [
                row.unallocated,
                row.in_storage,
                row.allocated,
                row.in_transit,
                row.missing,
                row.delivered,
                row.quantity,
            ];
            cells.extend(all(frame, &figures));
            cells
        }));
        grid
    };
    let owned = [("owner", AuditWord::Owner), ("item", AuditWord::Item)];
    let held = [("holder", AuditWord::Holder), ("owner", AuditWord::Owner), ("item", AuditWord::Item)];
    vec![one(AuditWord::Holders, &held, true), one(AuditWord::ByOwner, &owned, false)]
}

fn values(frame: &Frame, asked: &Asked, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.values else { return Vec::new() };
    let groups = groups(asked);
    let grid = Grid::new(frame.say(AuditWord::Values), frame.say(AuditWord::ValuesEmpty));
    let grid = by(frame, grid, &groups).column(frame.say(AuditWord::Basis));
    let columns = [
        AuditWord::Lines,
        AuditWord::Promised,
        AuditWord::WithDonor,
        AuditWord::InCustody,
        AuditWord::Delivered,
        AuditWord::Ended,
    ];
    let mut grid = numbered(frame, grid, &columns);
    grid.rows.extend(section.rows.iter().map(|row| {
        let mut cells = keys(frame, &groups, &row.keys);
        let basis =
            row.basis.as_deref().map_or_else(|| Cell::text(frame.say(AuditWord::NotKnown)), Cell::word);
        cells.push(basis);
        cells.push(Cell::number(frame, i64::try_from(row.lines).unwrap_or(i64::MAX)));
        let worth = row.value;
        let amounts = [worth.promised, worth.unallocated, worth.in_custody, worth.delivered, worth.ended];
        let text = |minor: i64| amount(frame.language, minor, &row.currency);
        cells.extend(amounts.map(|minor| Cell { is_number: true, ..Cell::text(text(minor)) }));
        cells
    }));
    vec![grid]
}

fn numbers(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.numbers else { return Vec::new() };
    let grid = Grid::new(frame.say(AuditWord::Numbers), frame.say(AuditWord::NumbersEmpty))
        .column(frame.say(AuditWord::Series))
        .column(frame.say(AuditWord::Site));
    let columns =
        [AuditWord::Given, AuditWord::Used, AuditWord::Void, AuditWord::Open, AuditWord::NumbersMissing];
    let mut grid = numbered(frame, grid, &columns);
    grid.rows.extend(section.series.iter().map(|row| {
        let mut cells = vec![Cell::code(&row.prefix), named(&row.site)];
        cells.extend(all(frame, &[row.given, row.used, row.void, row.open]));
        let missing: Vec<String> = row.missing.iter().take(ROWS_SHOWN).map(i64::to_string).collect();
        cells.push(Cell::residual(frame, row.gaps).with(missing.join(", ")));
        cells
    }));
    vec![grid]
}

fn unproven(frame: &Frame, view: &ReconciliationView) -> Vec<Grid> {
    let Some(section) = &view.without_evidence else { return Vec::new() };
    let mut grid = Grid::new(frame.say(AuditWord::Unproven), frame.say(AuditWord::UnprovenEmpty))
        .column(frame.say(AuditWord::Event))
        .column(frame.say(AuditWord::Item))
        .numbers(frame.say(Word::Quantity))
        .numbers(frame.say(AuditWord::Papers));
    grid.rows.extend(section.entries.iter().map(|row| {
        let event = row
            .event
            .as_ref()
            .map(|event| kind(frame, &event.kind).to(event_path(event.id)).with(event.occurred_at.day()));
        let event = event.unwrap_or_else(|| beyond(frame));
        vec![event, named(&row.item), Cell::number(frame, row.quantity), Cell::number(frame, row.papers)]
    }));
    vec![grid]
}
