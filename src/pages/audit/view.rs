//! What the page of a reconciliation shows, out of what the room answers.

use super::asked::Asked;
use super::words::AuditWord;
use crate::core::problem::Outcome;
use crate::ledger::Account;
use crate::pages::donor::kinds::KindWord;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::words::Word;
use crate::papers::words::account;
use crate::reconciliation::rules::{BothSides, Group};
use crate::reconciliation::{AccountsRow, AccountsSection, ReconciliationView};
use crate::totals::{Key, Named, Names, Thing, Unnamed};
use crate::web::State;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows of a table on a page: some forty screens of a phone, and far below a megabyte. Of more the page says so, and the
/// interface and the files have all.
pub const ROWS_SHOWN: usize = 200;

/// The words of items, lots and sites, all in one snapshot.
///
/// # Errors
/// Whatever the database says.
pub async fn names(state: &State, things: impl IntoIterator<Item = (Thing, Uuid)>) -> Outcome<Names> {
    let mut unnamed = Unnamed::default();
    for (thing, id) in things {
        let set = match thing {
            Thing::Item => &mut unnamed.items,
            Thing::Lot => &mut unnamed.lots,
            Thing::Site => &mut unnamed.sites,
            // Who may be named to whom is decided elsewhere.
            Thing::Programme | Thing::Organization => continue,
        };
        set.insert(id.as_bytes().to_vec());
    }
    state.read(move |conn| Names::of(conn, unnamed)).await
}

/// What something is called.
pub fn named(named: &Named) -> Cell {
    let code = named.code.clone().unwrap_or_default();
    match &named.name {
        Some(name) => Cell::text(name).with(code),
        None if code.is_empty() => Cell::code(named.id.to_string()),
        None => Cell::code(code),
    }
}

/// The same where it may not be known.
pub fn named_or(frame: &Frame, thing: Option<&Named>, otherwise: AuditWord) -> Cell {
    thing.map_or_else(|| Cell::text(frame.say(otherwise)), named)
}

/// What happened, in the page's language.
pub fn kind(frame: &Frame, word: &str) -> Cell {
    Cell::text(frame.say(KindWord::of(word)))
}

/// What a row is about in one dimension.
pub fn key(frame: &Frame, key: Option<&Key>) -> Cell {
    match key {
        None => Cell::text(frame.say(AuditWord::NotKnown)),
        Some(Key::Named(thing)) => named(thing),
        Some(Key::Country { name, code } | Key::Region { name, code }) => Cell::text(name).with(code),
        Some(Key::Corridor { origin, destination }) => {
            Cell::text(named(origin).text).with(format!("→ {}", named(destination).text))
        }
        Some(Key::Area { name, code, .. }) => Cell::text(name.as_deref().unwrap_or(code)).with(code),
        Some(Key::Month(month)) => Cell::code(month),
    }
}

/// The dimensions a question is grouped by, in its order.
pub fn groups(asked: &Asked) -> Vec<Group> {
    let by = asked.group_by();
    by.split(',').filter_map(|word| Group::ALL.into_iter().find(|group| group.word() == word)).collect()
}

/// What a row is about, dimension by dimension.
pub fn keys(frame: &Frame, groups: &[Group], of: &BTreeMap<&'static str, Option<Key>>) -> Vec<Cell> {
    groups.iter().map(|group| key(frame, of.get(group.word()).and_then(Option::as_ref))).collect()
}

/// The columns of what rows are about.
pub fn by(frame: &Frame, grid: Grid, groups: &[Group]) -> Grid {
    groups.iter().fold(grid, |grid, group| grid.column(frame.say(AuditWord::from(*group))))
}

/// The first rows, and what is said of those left off.
pub fn bounded(frame: &Frame, grid: &mut Grid) {
    if grid.rows.len() > ROWS_SHOWN {
        grid.rows.truncate(ROWS_SHOWN);
        let shown = i64::try_from(ROWS_SHOWN).unwrap_or(i64::MAX);
        grid.note = format!("{} {}", frame.with(AuditWord::RowsLeftOff, frame.number(shown)), grid.note);
    }
}

/// Both sides of every identity that was asked for.
pub fn identities(frame: &Frame, view: &ReconciliationView) -> Grid {
    let mut grid = Grid::new(frame.say(AuditWord::Identities), frame.say(AuditWord::NothingThere))
        .column(frame.say(AuditWord::Identity))
        .numbers(frame.say(AuditWord::OneSide))
        .numbers(frame.say(AuditWord::OtherSide))
        .numbers(frame.say(AuditWord::Residual))
        .numbers(frame.say(AuditWord::Compared))
        .numbers(frame.say(AuditWord::Differing));
    let first = view.accounts.as_ref().and_then(|section| section.identity);
    let second = view.transit.as_ref().map(|section| section.identity);
    let third = view.roll_forward.as_ref().map(|section| section.identity);
    let sides = [(AuditWord::First, first), (AuditWord::Second, second), (AuditWord::Third, third)];
    grid.rows.extend(sides.into_iter().filter_map(|(word, sides)| Some(identity(frame, word, sides?))));
    let flows = view.roll_forward.as_ref().and_then(|section| section.flows_residual);
    let gaps = view.numbers.as_ref().map(|section| section.gaps);
    let single = [(AuditWord::FlowsOverAll, flows), (AuditWord::NumbersMissing, gaps)];
    let alone = |(word, residual): (AuditWord, Option<i64>)| {
        let residual = Cell::residual(frame, residual?);
        let nothing = || Cell { is_number: true, ..Cell::text("–") };
        Some(vec![Cell::text(frame.say(word)), nothing(), nothing(), residual, nothing(), nothing()])
    };
    grid.rows.extend(single.into_iter().filter_map(alone));
    grid
}

fn identity(frame: &Frame, word: AuditWord, sides: BothSides) -> Vec<Cell> {
    vec![
        Cell::text(frame.say(word)),
        Cell::number(frame, sides.left),
        Cell::number(frame, sides.right),
        Cell::residual(frame, sides.residual),
        Cell::number(frame, sides.compared),
        Cell::residual(frame, sides.differing),
    ]
}

/// Every account of every row: each figure leads to its entries, and the residual is never left out.
pub fn accounts(frame: &Frame, asked: &Asked, section: &AccountsSection, sequence: i64) -> Grid {
    let groups = groups(asked);
    let held: Vec<Account> = Account::ALL.into_iter().filter(|one| holds(section, *one)).collect();
    let mut grid = Grid::new(frame.say(AuditWord::Accounts), frame.say(AuditWord::NothingThere));
    grid = by(frame, grid, &groups)
        .numbers(frame.say(AuditWord::Promised))
        .numbers(frame.say(AuditWord::Surplus));
    grid = held.iter().fold(grid, |grid, one| grid.numbers(account(frame.language, *one)));
    grid = grid.numbers(frame.say(AuditWord::Residual));
    // What does not close comes first, and never among what is left off.
    let (differing, closing): (Vec<&AccountsRow>, Vec<&AccountsRow>) =
        section.rows.iter().partition(|row| row.residual.unwrap_or(0) != 0);
    for row in differing.into_iter().chain(closing) {
        let mut cells = keys(frame, &groups, &row.keys);
        cells.extend(figures(frame, asked, row, &held, sequence));
        grid.rows.push(cells);
    }
    grid.total = groups.iter().map(|_| Cell::default()).collect();
    if let Some(first) = grid.total.first_mut() {
        *first = Cell::text(frame.say(Word::Total));
    }
    grid.total.extend(figures(frame, asked, &section.total, &held, sequence));
    if section.rows.iter().any(|row| row.residual.is_none()) {
        frame.say(AuditWord::ByPlace).clone_into(&mut grid.note);
    }
    bounded(frame, &mut grid);
    grid
}

/// Whether any row has goods in an account that is no source.
fn holds(section: &AccountsSection, account: Account) -> bool {
    let has = |row: &AccountsRow| row.accounts.get(account.word()).is_some_and(|held| held.all != 0);
    !account.is_source() && (has(&section.total) || section.rows.iter().any(has))
}

fn figures(frame: &Frame, asked: &Asked, row: &AccountsRow, held: &[Account], sequence: i64) -> Vec<Cell> {
    let entries = |account: Account| {
        let keys = row.keys.iter().map(|(group, key)| (*group, key.as_ref()));
        asked.entries(keys, account.word(), sequence).unwrap_or_default()
    };
    let mut cells = vec![
        Cell::number(frame, row.stated.promised).to(entries(Account::Promised)),
        Cell::number(frame, row.stated.surplus).to(entries(Account::Surplus)),
    ];
    for account in held {
        let quantity = row.accounts.get(account.word()).copied().unwrap_or_default();
        let parts = [(AuditWord::OnHold, quantity.on_hold), (AuditWord::DamagedToo, quantity.damaged)];
        let parts = parts.into_iter().filter(|(_, part)| *part != 0);
        let more: Vec<String> = parts.map(|(word, part)| frame.with(word, frame.number(part))).collect();
        cells.push(Cell::number(frame, quantity.all).to(entries(*account)).with(more.join(" · ")));
    }
    cells.push(row.residual.map_or_else(
        || Cell { is_number: true, ..Cell::text("–") },
        |residual| Cell::residual(frame, residual),
    ));
    cells
}
