//! Making pledges and consignments be as a file says. What events have moved already is never changed here:
//! an accepted line keeps its quantity, a consignment its consignee and its way.

use super::settle::{Change, differs, entry};
use crate::consignments::{Consignment, Leg};
use crate::core::code::tracking_code;
use crate::core::problem::Problem;
use crate::ledger::{Book, ConsignmentFacts, LineFacts, TitlePasses};
use crate::pledges::{Pledge, PledgeLine};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use std::sync::Arc;

/// Makes a pledge and its lines be as wanted. Lines the file does not name stay.
pub struct SettlePledge {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// The pledge; its id is derived from its reference.
    pub wanted: Pledge,
    /// Its lines; their ids are derived from their references.
    pub lines: Vec<PledgeLine>,
}

/// A pledge that is as it should be now, but for lines that were refused.
#[derive(Clone, Debug)]
pub struct SettledPledge {
    /// What became of the pledge itself.
    pub change: Change,
    /// What became of each line, in the order they were given.
    pub lines: Vec<Result<Change, Problem>>,
}

impl Update for SettlePledge {
    type Answer = SettledPledge;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Pledge>>().want(self.wanted.id);
        desk.shelf::<Drawer<PledgeLine>>().want_group(self.wanted.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<SettledPledge, Refusal> {
        let known = desk.shelf::<Drawer<Pledge>>().find(self.wanted.id)?;
        let known_lines = desk.shelf::<Drawer<PledgeLine>>().group(self.wanted.id)?;
        let renewed = match &known {
            None => None,
            Some(known) => Some(renewed_pledge(known, &self.wanted)?),
        };
        let lines: Vec<Result<(Change, PledgeLine), Problem>> =
            self.lines.iter().map(|line| renewed_line(&known_lines, line)).collect();
        let same = known.as_deref() == renewed.as_ref();
        let quiet = lines.iter().all(|line| !matches!(line, Ok((Change::Created | Change::Updated, _))));
        let change = match (&known, same) {
            (None, _) => Change::Created,
            (Some(_), true) => Change::Unchanged,
            (Some(_), false) => Change::Updated,
        };
        let told = |lines: Vec<Result<(Change, PledgeLine), Problem>>| SettledPledge {
            change,
            lines: lines.into_iter().map(|line| line.map(|(change, _)| change)).collect(),
        };
        if change == Change::Unchanged && quiet {
            return Ok(told(lines));
        }
        let verb = if known.is_none() { "created" } else { "changed" };
        let now = desk.begin(entry("pledge", verb, self.wanted.id.0)).recorded_at;
        let row = match (known, renewed) {
            (Some(known), Some(renewed)) => {
                Pledge { revision: known.revision + 1, updated_at: now, ..renewed }
            }
            (None, _) | (_, None) => {
                Pledge { revision: 1, created_at: now, updated_at: now, ..self.wanted.clone() }
            }
        };
        self.stage(desk, row, &lines, known_lines.len());
        Ok(told(lines))
    }
}

impl SettlePledge {
    fn stage(
        &self,
        desk: &mut Desk,
        pledge: Pledge,
        lines: &[Result<(Change, PledgeLine), Problem>],
        before: usize,
    ) {
        let mut ordinal = before as i64;
        for (change, line) in lines.iter().flatten() {
            match change {
                Change::Unchanged => {}
                Change::Updated => desk.shelf::<Drawer<PledgeLine>>().put(line.clone()),
                Change::Created => {
                    desk.shelf::<Drawer<PledgeLine>>().put(PledgeLine { ordinal, ..line.clone() });
                    ordinal += 1;
                    desk.shelf::<Book>().know_line(LineFacts {
                        line: line.id,
                        pledge: pledge.id,
                        programme: pledge.programme_id,
                        donor: pledge.donor_id,
                        item: line.item_id,
                        earmark: line.earmark_country.clone(),
                        title_passes: TitlePasses::from_word(&line.title_passes).unwrap_or_default(),
                    });
                }
            }
        }
        desk.touch(pledge.id.0);
        desk.shelf::<Drawer<Pledge>>().put(pledge);
    }
}

fn renewed_pledge(known: &Pledge, wanted: &Pledge) -> Result<Pledge, Problem> {
    if known.donor_id != wanted.donor_id {
        let name = |pledge: &Pledge| pledge.donor_id.map(|id| id.to_string()).unwrap_or_default();
        return Err(differs(
            "donor",
            &name(wanted),
            &name(known),
            "goods that were given are not given by another",
        ));
    }
    if known.programme_id != wanted.programme_id {
        return Err(differs(
            "programme",
            &wanted.programme_id.to_string(),
            &known.programme_id.to_string(),
            "a pledge stays with its programme",
        ));
    }
    Ok(Pledge { note: wanted.note.clone(), ..known.clone() })
}

fn renewed_line(known: &[Arc<PledgeLine>], wanted: &PledgeLine) -> Result<(Change, PledgeLine), Problem> {
    let Some(known) = known.iter().find(|line| line.id == wanted.id) else {
        return Ok((Change::Created, wanted.clone()));
    };
    if known.item_id != wanted.item_id {
        let why = "a line keeps its item; give the other goods a line of their own";
        return Err(differs("item", &wanted.item_id.to_string(), &known.item_id.to_string(), why));
    }
    if known.offered != wanted.offered && known.accepted > 0 {
        let why = "it is accepted already; correct the acceptance and what followed";
        return Err(differs("quantity", &wanted.offered.to_string(), &known.offered.to_string(), why));
    }
    if known.title_passes != wanted.title_passes {
        let why = "title has been reckoned by it; it never changes";
        return Err(differs("title_passes", &wanted.title_passes, &known.title_passes, why));
    }
    let renewed = PledgeLine {
        offered: wanted.offered,
        value_minor: wanted.value_minor.or(known.value_minor),
        currency: wanted.currency.clone().or_else(|| known.currency.clone()),
        value_basis: wanted.value_basis.clone().or_else(|| known.value_basis.clone()),
        ..known.as_ref().clone()
    };
    let change = if renewed == **known { Change::Unchanged } else { Change::Updated };
    Ok((change, renewed))
}

/// Makes a consignment and its legs be as wanted.
pub struct SettleConsignment {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// The consignment; its id is derived from its reference, its tracking code is made here.
    pub wanted: Consignment,
    /// Its legs, in the order of the journey.
    pub legs: Vec<Leg>,
}

impl Update for SettleConsignment {
    type Answer = Change;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Consignment>>().want(self.wanted.id);
        desk.shelf::<Drawer<Leg>>().want_group(self.wanted.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Change, Refusal> {
        let id = self.wanted.id;
        let known = desk.shelf::<Drawer<Consignment>>().find(id)?;
        let known_legs = desk.shelf::<Drawer<Leg>>().group(id)?;
        let Some(known) = known else {
            let now = desk.begin(entry("consignment", "created", id.0)).recorded_at;
            let code = tracking_code(desk.chance(id.0));
            let row = Consignment {
                tracking_code: code,
                revision: 1,
                created_at: now,
                updated_at: now,
                ..self.wanted.clone()
            };
            desk.shelf::<Book>().know_consignment(ConsignmentFacts {
                consignment: id,
                consignee: row.consignee_id,
                origin: row.origin_id,
                destination: row.destination_id,
            });
            desk.shelf::<Drawer<Consignment>>().put(row);
            for leg in &self.legs {
                desk.shelf::<Drawer<Leg>>().put(leg.clone());
            }
            desk.touch(id.0);
            return Ok(Change::Created);
        };
        let renewed = renewed_consignment(&known, &self.wanted)?;
        check_way(&known_legs, &self.legs)?;
        let legs = renewed_legs(&known_legs, &self.legs);
        if renewed == *known && legs.is_empty() {
            return Ok(Change::Unchanged);
        }
        let now = desk.begin(entry("consignment", "changed", id.0)).recorded_at;
        let row = Consignment { revision: known.revision + 1, updated_at: now, ..renewed };
        desk.shelf::<Drawer<Consignment>>().put(row);
        for leg in legs {
            desk.shelf::<Drawer<Leg>>().put(leg);
        }
        Ok(Change::Updated)
    }
}

fn renewed_consignment(known: &Consignment, wanted: &Consignment) -> Result<Consignment, Problem> {
    let fixed = [
        ("consignee", wanted.consignee_id.0, known.consignee_id.0),
        ("origin", wanted.origin_id.0, known.origin_id.0),
        ("destination", wanted.destination_id.0, known.destination_id.0),
        ("programme", wanted.programme_id.0, known.programme_id.0),
    ];
    for (field, wanted, known) in fixed {
        if wanted != known {
            let why = "a consignment never changes that; give the other goods a consignment of their own";
            return Err(differs(field, &wanted.to_string(), &known.to_string(), why));
        }
    }
    Ok(Consignment {
        consignor_id: wanted.consignor_id.or(known.consignor_id),
        gross_weight_g: wanted.gross_weight_g.or(known.gross_weight_g),
        freight_minor: wanted.freight_minor.or(known.freight_minor),
        freight_currency: wanted.freight_currency.clone().or_else(|| known.freight_currency.clone()),
        freight_note: wanted.freight_note.clone(),
        value_minor: wanted.value_minor.or(known.value_minor),
        value_currency: wanted.value_currency.clone().or_else(|| known.value_currency.clone()),
        value_basis: wanted.value_basis.clone(),
        ..known.clone()
    })
}

/// The legs whose carrier or expected arrival the file states otherwise now.
fn renewed_legs(known: &[Arc<Leg>], wanted: &[Leg]) -> Vec<Leg> {
    let renewed = wanted.iter().filter_map(|leg| {
        let known = known.iter().find(|one| one.id == leg.id)?;
        let renewed = Leg {
            carrier_id: leg.carrier_id.or(known.carrier_id),
            planned_arrival: leg.planned_arrival.or(known.planned_arrival),
            ..Leg::clone(known)
        };
        (renewed != **known).then_some(renewed)
    });
    renewed.collect()
}

fn check_way(known: &[Arc<Leg>], wanted: &[Leg]) -> Result<(), Problem> {
    for leg in wanted {
        let Some(known) = known.iter().find(|one| one.id == leg.id) else {
            let why = "its way is fixed once recorded; post a diversion";
            return Err(differs("legs", &format!("leg {}", leg.ordinal + 1), "a shorter way", why));
        };
        if (known.from_id, known.to_id) != (leg.from_id, leg.to_id) || known.mode != leg.mode {
            let words = |leg: &Leg| format!("{} from {} to {}", leg.mode, leg.from_id, leg.to_id);
            let why = "its way is fixed once recorded; post a diversion";
            return Err(differs("legs", &words(leg), &words(known), why));
        }
    }
    Ok(())
}
