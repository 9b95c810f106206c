//! A donor's word changed: goods of a pledge line are meant for another country, or for any, from now on.
//!
//! What a line is meant for never changes. The goods go over to a line of the same pledge that the event opens, out of
//! the source of the one and in through the source of the other, so that what was meant for whom can be asked of any
//! past time and is added up again like everything else. Only what is free goes over: what is reserved, under way or
//! delivered was sent under the old word, and keeps it.

use super::consent::Consent;
use super::store::{Pledge, PledgeLine, find_pledge};
use super::withdraw::held_elsewhere;
use crate::atlas::CountryCode;
use crate::core::id::{DocumentId, EventId, OrganizationId, PersonId, PledgeId, PledgeLineId, derived};
use crate::core::problem::{Fault, Problem};
use crate::core::quantity::Quantity;
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, relabel};
use crate::ledger::{Account, Book, Cell, Holding};
use crate::writer::{Desk, Drawer, record};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Goods of a pledge line get another earmark, with the donor's consent on record.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarmarkChanged {
    /// The pledge.
    pub pledge: PledgeId,
    /// The line whose goods they are.
    pub line: PledgeLineId,
    /// Base units; without it all that is free: with the donor, or in storage and not reserved.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// The country they are meant for from now on; null where they may go anywhere.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub country: Option<CountryCode>,
    /// The donor's consent.
    pub consent: Consent,
    /// Why, without names of persons.
    pub reason: String,
}

record! {
    /// Goods that went over to another line, and by whose consent.
    pub struct EarmarkChange in earmark_changes key event_id: EventId, group pledge_id: PledgeId {
        /// The event.
        event_id: EventId,
        /// The pledge.
        pledge_id: PledgeId,
        /// The line they were of.
        from_line_id: PledgeLineId,
        /// The line they are of since.
        to_line_id: PledgeLineId,
        /// Base units.
        quantity: i64,
        /// What they were meant for.
        from_country: Option<String>,
        /// What they are meant for.
        to_country: Option<String>,
        /// The donor that consented.
        consented_by: OrganizationId,
        /// Who consented for it.
        consented_person_id: Option<PersonId>,
        /// The day.
        consented_on: String,
        /// The document that says so.
        document_id: Option<DocumentId>,
        /// Where the paper is filed.
        filed: Option<String>,
        /// The event that reversed it.
        reversed_by: Option<EventId>,
    }
}

/// Changes an earmark.
///
/// # Errors
/// `insufficient` naming who holds what is not free, `wrong_state`, `invalid`; waits for a pledge not known yet.
pub fn change_earmark(
    desk: &mut Desk,
    happening: &Happening,
    body: &EarmarkChanged,
) -> Result<EventResult, Halt> {
    if body.reason.trim().is_empty() {
        return Err(Problem::field("/reason", "is empty; say why they are meant for another")
            .coded(Fault::Required)
            .into());
    }
    let pledge = find_pledge(desk, body.pledge)?;
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    let Some(old) = lines.iter().find(|line| line.id == body.line) else {
        return Err(Problem::field("/line", format!("{} is no line of this pledge", body.line))
            .coded(Fault::Unknown)
            .into());
    };
    body.consent.check(desk, happening, &pledge)?;
    let country = body.country.map(|country| country.as_str().to_owned());
    if country == old.earmark_country {
        let detail = format!("is what the line is meant for already: {}", told(country.as_deref()));
        return Err(Problem::field("/country", detail).into());
    }
    let holdings = desk.shelf::<Book>().of_line(old.id)?;
    let quantity = asked(body, &holdings)?;
    let new = opened(desk, happening, &pledge, old, (&lines, country));
    let (mut movements, mut statements) = (Vec::new(), Vec::new());
    let mut left = quantity;
    for heap in free(&holdings) {
        let part = left.min(heap.quantity);
        if part > 0 {
            let to = Cell { line: new.id, ..heap.cell };
            relabel(desk.shelf(), heap.cell, to, part, &mut movements, &mut statements)?;
            left -= part;
        }
    }
    let subjects =
        Subjects { programme: Some(pledge.programme_id), pledge: Some(pledge.id), ..Subjects::default() };
    let result = happening.post(desk, subjects, &movements, &statements)?;
    keep(desk, happening, body, (old, &new), quantity);
    Ok(result)
}

fn told(country: Option<&str>) -> &str {
    country.unwrap_or("any country")
}

/// The heaps that no consignment holds: those with the donor first, then what is in storage, the usable before the
/// rest, what came first before what came later.
fn free(holdings: &[Holding]) -> Vec<Holding> {
    let is_free = |one: &&Holding| matches!(one.cell.account, Account::Unallocated | Account::InStorage);
    let mut heaps: Vec<Holding> = holdings.iter().filter(is_free).copied().collect();
    heaps.sort_by_key(|one| (one.cell.account, one.cell.condition, one.first_at, one.cell.key()));
    heaps
}

/// How much goes over.
fn asked(body: &EarmarkChanged, holdings: &[Holding]) -> Result<i64, Problem> {
    let there: i64 = free(holdings).iter().map(|one| one.quantity).sum();
    if body.quantity.is_some_and(|quantity| quantity.is_zero()) {
        let detail = "0 changes nothing; write at least 1 base unit, or leave it out for all that is free";
        return Err(Problem::field("/quantity", detail).coded(Fault::TooSmall).at_least(1));
    }
    let quantity = body.quantity.map_or(there.max(1), Quantity::get);
    if quantity <= there {
        return Ok(quantity);
    }
    let detail = format!(
        "Only {there} of {quantity} base units are free and can be meant for another country; `held` names who holds \
         the rest. Release what is reserved first."
    );
    let pointer = if body.quantity.is_some() { "/quantity" } else { "/line" };
    Err(held_elsewhere(pointer, detail, (Account::Unallocated, there, quantity), holdings, |account| {
        !matches!(account, Account::Unallocated | Account::InStorage)
    }))
}

/// The line that takes the goods over. It was never offered or accepted as such: what it holds came over.
fn opened(
    desk: &mut Desk,
    happening: &Happening,
    pledge: &Pledge,
    old: &PledgeLine,
    (lines, country): (&[Arc<PledgeLine>], Option<String>),
) -> PledgeLine {
    let last = lines.iter().map(|line| line.ordinal).max().unwrap_or(0);
    let line = PledgeLine {
        id: derived(happening.id.0, "earmark line", 0),
        pledge_id: pledge.id,
        ordinal: last + 1,
        item_id: old.item_id,
        offered: 0,
        accepted: 0,
        earmark_country: country,
        title_passes: old.title_passes.clone(),
        value_minor: None,
        currency: None,
        value_basis: None,
        earmark_area: None,
    };
    desk.shelf::<Book>().know_line(line.facts(pledge));
    line
}

/// Stages the new line, and what was consented to.
fn keep(
    desk: &mut Desk,
    happening: &Happening,
    body: &EarmarkChanged,
    (old, new): (&PledgeLine, &PledgeLine),
    quantity: i64,
) {
    let consent = &body.consent;
    desk.shelf::<Drawer<PledgeLine>>().put(new.clone());
    desk.shelf::<Drawer<EarmarkChange>>().put(EarmarkChange {
        event_id: happening.id,
        pledge_id: old.pledge_id,
        from_line_id: old.id,
        to_line_id: new.id,
        quantity,
        from_country: old.earmark_country.clone(),
        to_country: new.earmark_country.clone(),
        consented_by: consent.organization,
        consented_person_id: consent.person,
        consented_on: consent.given_on.trim().to_owned(),
        document_id: consent.document,
        filed: consent.filed.as_deref().map(|text| text.trim().to_owned()),
        reversed_by: None,
    });
    desk.touch(new.id.0);
    desk.touch(old.id.0);
}

/// Notes that a change was reversed.
///
/// # Errors
/// Rows missing on the desk.
pub fn earmark_reversed(desk: &mut Desk, event: EventId, reversal: EventId) -> Result<(), Halt> {
    if let Some(row) = desk.shelf::<Drawer<EarmarkChange>>().find(event)? {
        let row = EarmarkChange { reversed_by: Some(reversal), ..row.as_ref().clone() };
        desk.shelf::<Drawer<EarmarkChange>>().put(row);
    }
    Ok(())
}
