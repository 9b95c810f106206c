//! The pledges that excesses open: of the consignment's only donor, else of a donor not known.
//!
//! A pledge and its line bear identifiers derived from the event that found the excess. A correction restates
//! that event, so it finds them again; it never opens a second pledge for goods that have one.

use super::rules::{PledgeKind, PledgeState};
use super::store::{Pledge, PledgeLine};
use crate::core::id::{EventId, ItemId, LotId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, derived};
use crate::items::goods::LINES_MAXIMUM;
use crate::ledger::event::{Halt, Happening, all_or_missed};
use crate::ledger::{Book, LineFacts, Statement, TitlePasses};
use crate::writer::{Desk, Drawer, Wanted};

/// What one line of an event found too much.
#[derive(Clone, Copy, Debug)]
pub struct Excess {
    /// The line's place in the event.
    pub ordinal: usize,
    /// Of what.
    pub item: ItemId,
    /// Of which lot.
    pub lot: LotId,
    /// Base units.
    pub quantity: i64,
}

/// The only line of each excess's pledge, in the order of the excesses: the one that the restated event opened
/// for these goods, wherever they stand in it now, else a new one. Lines that are `taken` are not used again.
///
/// # Errors
/// Rows missing on the desk.
pub fn surplus_lines(
    desk: &mut Desk,
    happening: &Happening,
    programme: ProgrammeId,
    donor: Option<OrganizationId>,
    excesses: &[Excess],
    taken: &[PledgeLineId],
) -> Result<Vec<PledgeLineId>, Halt> {
    let mut taken = taken.to_vec();
    let opened = opened_before(happening);
    let mut chosen: Vec<Option<PledgeLineId>> = vec![None; excesses.len()];
    // Goods whose lot was named wrongly keep their line too, after those that have not changed.
    for exact in [true, false] {
        for (slot, excess) in chosen.iter_mut().zip(excesses).filter(|(slot, _)| slot.is_none()) {
            let known = opened
                .iter()
                .filter(|(_, one)| one.item == excess.item && (!exact || one.lot == excess.lot))
                .filter(|(_, one)| !taken.contains(&one.line))
                .min_by_key(|(ordinal, _)| *ordinal != excess.ordinal);
            if let Some((_, one)) = known {
                taken.push(one.line);
                *slot = Some(one.line);
            }
        }
    }
    let mut lines = Vec::with_capacity(excesses.len());
    all_or_missed(chosen.into_iter().zip(excesses), |(slot, excess)| {
        let line = match slot {
            Some(line) => line,
            None => open(desk, happening, programme, donor, excess, &taken)?,
        };
        taken.push(line);
        lines.push(line);
        Ok(())
    })?;
    Ok(lines)
}

/// Keeps what the surplus pledges of an event say they hold in step with what a correction or reversal of it
/// states.
///
/// # Errors
/// Rows missing on the desk.
pub fn restate_surplus(desk: &mut Desk, event: EventId, statements: &[Statement]) -> Result<(), Halt> {
    let stated = Statement::in_sum(statements);
    let now = desk.now();
    let own = own_lines(event, stated.into_iter().filter(|one| one.surplus != 0).collect());
    all_or_missed(own, |(_, one)| {
        let Some(line) = desk.shelf::<Drawer<PledgeLine>>().find(one.line)? else { return Ok(()) };
        let Some(pledge) = desk.shelf::<Drawer<Pledge>>().find(line.pledge_id)? else { return Ok(()) };
        let row = PledgeLine { offered: line.offered + one.surplus, ..line.as_ref().clone() };
        desk.shelf::<Drawer<PledgeLine>>().put(row);
        desk.shelf::<Drawer<Pledge>>().put(pledge.changed(pledge.state(), now));
        Ok(())
    })
}

/// The lines that the restated event opened and that still hold an excess, with their place in it.
fn opened_before(happening: &Happening) -> Vec<(usize, Statement)> {
    let Some(restated) = &happening.restates else { return Vec::new() };
    let stated = Statement::in_sum(&restated.statements);
    own_lines(happening.id, stated.into_iter().filter(|one| one.surplus > 0).collect())
}

/// Which statements are of lines that the event itself opened: others only changed their lot in it.
fn own_lines(event: EventId, statements: Vec<Statement>) -> Vec<(usize, Statement)> {
    if statements.is_empty() {
        return Vec::new();
    }
    // As many again for those that a correction put in the place of a line of another item.
    let mut own = Vec::new();
    for ordinal in 0..2 * LINES_MAXIMUM {
        let line = line_id(event, ordinal);
        own.extend(statements.iter().filter(|one| one.line == line).map(|one| (ordinal, *one)));
    }
    own
}

fn line_id(event: EventId, ordinal: usize) -> PledgeLineId {
    derived(event.0, "surplus line", ordinal as u64)
}

/// Where an excess finds its line.
enum Place {
    /// On one that an earlier correction, reversed since, has opened.
    Known(PledgeLineId),
    /// On one that nothing bears the identifier of.
    Free(usize),
}

fn find_free(
    desk: &mut Desk,
    happening: &Happening,
    excess: &Excess,
    taken: &[PledgeLineId],
) -> Result<Place, Wanted> {
    let mut ordinal = excess.ordinal;
    // What is posted for the first time has opened nothing yet.
    while happening.is_rehearsal() {
        let line = line_id(happening.id, ordinal);
        match desk.shelf::<Drawer<PledgeLine>>().find(line)? {
            Some(known) if known.item_id == excess.item && !taken.contains(&line) => {
                return Ok(Place::Known(line));
            }
            Some(_) => ordinal += LINES_MAXIMUM,
            None => break,
        }
    }
    Ok(Place::Free(ordinal))
}

/// Opens a pledge for an excess, unless an earlier correction, reversed since, has opened it.
fn open(
    desk: &mut Desk,
    happening: &Happening,
    programme: ProgrammeId,
    donor: Option<OrganizationId>,
    excess: &Excess,
    taken: &[PledgeLineId],
) -> Result<PledgeLineId, Wanted> {
    let ordinal = match find_free(desk, happening, excess, taken)? {
        Place::Known(line) => return Ok(line),
        Place::Free(ordinal) => ordinal,
    };
    let line = line_id(happening.id, ordinal);
    let pledge: PledgeId = derived(happening.id.0, "surplus pledge", ordinal as u64);
    let now = desk.now();
    desk.shelf::<Drawer<Pledge>>().put(Pledge {
        id: pledge,
        programme_id: programme,
        donor_id: donor,
        kind: PledgeKind::Surplus.word().to_owned(),
        state: PledgeState::Accepted.word().to_owned(),
        reference: None,
        offered_at: happening.occurred_at,
        note: Some(format!("Excess found by {} {}", happening.kind, happening.id)),
        reason: None,
        link_hash: None,
        revision: 1,
        created_at: now,
        updated_at: now,
        named: None,
    });
    // What a correction finds is added by `restate_surplus`, once all it changes is known.
    let offered = if happening.is_rehearsal() { 0 } else { excess.quantity };
    desk.shelf::<Drawer<PledgeLine>>().put(PledgeLine {
        id: line,
        pledge_id: pledge,
        ordinal: 0,
        item_id: excess.item,
        offered,
        accepted: 0,
        earmark_country: None,
        title_passes: TitlePasses::default().word().to_owned(),
        value_minor: None,
        currency: None,
        value_basis: None,
        earmark_area: None,
    });
    desk.shelf::<Book>().know_line(LineFacts {
        line,
        pledge,
        programme,
        donor,
        item: excess.item,
        earmark: None,
        title_passes: TitlePasses::default(),
    });
    Ok(line)
}
