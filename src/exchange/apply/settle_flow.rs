//! Making pledges and consignments be as a file says. What events have moved already is never changed here:
//! an accepted line keeps its quantity, a consignment its consignee and its way.

use super::names::{item_name, organization_name, programme_name, site_name};
use super::settle::{Change, differs, entry};
use crate::consignments::{Consignment, ConsignmentReferences, Leg, LegPlan, state_legs};
use crate::core::code::tracking_code;
use crate::core::id::PledgeLineId;
use crate::core::problem::{Code, Problem};
use crate::ledger::{Book, ConsignmentFacts};
use crate::pledges::rules::PledgeState;
use crate::pledges::{Pledge, PledgeLine, PledgeReferences};
use crate::writer::{Actor, Desk, Drawer, Refusal, Register, Update, within};
use std::collections::HashSet;
use std::sync::Arc;

/// How much of what a consignment holds a file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Everything the ledger knows of: what it says of the whole is right.
    Whole,
    /// Only goods the ledger does not know of: what it says comes on top.
    More,
    /// Some of each: what is known of the whole stays.
    Part,
}

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
        for line in &self.lines {
            desk.shelf::<Drawer<PledgeLine>>().want(line.id);
        }
        if let Some(reference) = self.reference() {
            desk.shelf::<Register<PledgeReferences>>().want(&reference);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<SettledPledge, Refusal> {
        let known = desk.shelf::<Drawer<Pledge>>().find(self.wanted.id)?;
        let known_lines = desk.shelf::<Drawer<PledgeLine>>().group(self.wanted.id)?;
        let renewed = match &known {
            None => {
                self.take_reference(desk)?;
                None
            }
            Some(known) => {
                let named = |line: &Arc<PledgeLine>| {
                    !line.is_offered() || self.lines.iter().any(|wanted| wanted.id == line.id)
                };
                Some(renewed_pledge(desk, known, &self.wanted, known_lines.iter().all(named))?)
            }
        };
        let mut lines: Vec<Result<(Change, PledgeLine), Problem>> = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let known = desk.shelf::<Drawer<PledgeLine>>().find(line.id)?;
            lines.push(match known {
                Some(known) if known.pledge_id != line.pledge_id => Err(self.of_another(desk, &known)?),
                Some(known) if known.item_id != line.item_id => {
                    let (wanted, known) = (item_name(desk, line.item_id)?, item_name(desk, known.item_id)?);
                    let why = "a line keeps its item; give the other goods a line of their own";
                    Err(differs("item", &wanted, &known, why))
                }
                known => renewed_line(known.as_deref(), line),
            });
        }
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
                let state = state_with(&renewed, &known_lines, &lines).word().to_owned();
                Pledge { state, revision: known.revision + 1, updated_at: now, ..renewed }
            }
            (None, _) | (_, None) => {
                Pledge { revision: 1, created_at: now, updated_at: now, ..self.wanted.clone() }
            }
        };
        self.stage(desk, row, &lines, known_lines.len());
        Ok(told(lines))
    }
}

/// The state of a pledge beside its lines as they are to be: one that was accepted whole is accepted in part
/// once there is more of it. What people decided of it stays.
fn state_with(
    pledge: &Pledge,
    known: &[Arc<PledgeLine>],
    lines: &[Result<(Change, PledgeLine), Problem>],
) -> PledgeState {
    let state = pledge.state();
    if !matches!(state, PledgeState::Accepted | PledgeState::PartlyAccepted) {
        return state;
    }
    let (mut offered, mut accepted) = (0, 0);
    let renewed: HashSet<PledgeLineId> = lines.iter().flatten().map(|(_, line)| line.id).collect();
    let kept = known.iter().map(Arc::as_ref).filter(|line| !renewed.contains(&line.id));
    for line in kept.chain(lines.iter().flatten().map(|(_, line)| line)) {
        offered += line.offered;
        accepted += line.accepted;
    }
    PledgeState::after_accepting(offered, accepted)
}

impl SettlePledge {
    fn reference(&self) -> Option<String> {
        let reference = self.wanted.reference.as_deref()?;
        Some(within(self.wanted.programme_id, reference))
    }

    /// Takes the pledge's reference in its programme.
    fn take_reference(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let Some(text) = self.reference() else { return Ok(()) };
        let register = desk.shelf::<Register<PledgeReferences>>();
        if register.holder(&text)?.is_some_and(|holder| holder != self.wanted.id) {
            return Err(taken("pledge", self.wanted.reference.as_deref()).into());
        }
        register.assign(&text, Some(self.wanted.id));
        Ok(())
    }

    /// Says that a line belongs to another pledge.
    fn of_another(&self, desk: &mut Desk, line: &PledgeLine) -> Result<Problem, Refusal> {
        let other = desk.shelf::<Drawer<Pledge>>().find(line.pledge_id)?;
        let name = other.and_then(|other| other.reference.clone());
        let wanted = self.wanted.reference.as_deref().unwrap_or_default();
        let words = format!(
            "this line belongs to the pledge \"{}\" already: goods that were promised stay with their pledge",
            name.unwrap_or_else(|| line.pledge_id.to_string())
        );
        Ok(Problem::new(Code::WrongState, words).at("/pledge").with("value", wanted))
    }

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
                    desk.shelf::<Book>().know_line(line.facts(&pledge));
                }
            }
        }
        desk.touch(pledge.id.0);
        desk.shelf::<Drawer<Pledge>>().put(pledge);
    }
}

/// Says that a reference is another record's.
fn taken(kind: &str, reference: Option<&str>) -> Problem {
    let reference = reference.unwrap_or_default();
    let words = format!(
        "the {kind} \"{reference}\" is in this programme already, by another mapping or by hand; import it by \
         the mapping it came with, or give this one a reference of its own"
    );
    Problem::new(Code::WrongState, words).at(format!("/{kind}")).with("value", reference)
}

fn renewed_pledge(
    desk: &mut Desk,
    known: &Pledge,
    wanted: &Pledge,
    is_whole: bool,
) -> Result<Pledge, Refusal> {
    if known.donor_id != wanted.donor_id {
        let name = |desk: &mut Desk, one: &Pledge| match one.donor_id {
            Some(id) => organization_name(desk, id),
            None => Ok("nobody known".to_owned()),
        };
        let (wanted, known) = (name(desk, wanted)?, name(desk, known)?);
        let why = "goods that were given are not given by another";
        return Err(differs("donor", &wanted, &known, why).into());
    }
    if known.programme_id != wanted.programme_id {
        let (wanted, known) =
            (programme_name(desk, wanted.programme_id)?, programme_name(desk, known.programme_id)?);
        return Err(differs("programme", &wanted, &known, "a pledge stays with its programme").into());
    }
    let named = if is_whole { Named::Whole } else { Named::Part };
    Ok(Pledge { note: renewed_note(&known.note, &wanted.note, named), ..known.clone() })
}

/// Facts as words, `name: fact; …`: those of the whole, or those known with what is new beside them.
fn renewed_note(known: &Option<String>, wanted: &Option<String>, named: Named) -> Option<String> {
    let (Some(kept), Some(new)) = (known, wanted) else { return wanted.clone().or_else(|| known.clone()) };
    if named == Named::Whole {
        return wanted.clone();
    }
    let name = |fact: &str| fact.split(": ").next().unwrap_or_default().to_owned();
    let mut facts: Vec<&str> = kept.split("; ").collect();
    for fact in new.split("; ") {
        let is_part = named == Named::Part;
        let is_there = facts.iter().any(|known| *known == fact || (is_part && name(known) == name(fact)));
        if !is_there {
            facts.push(fact);
        }
    }
    Some(facts.join("; "))
}

fn renewed_line(known: Option<&PledgeLine>, wanted: &PledgeLine) -> Result<(Change, PledgeLine), Problem> {
    let Some(known) = known else {
        return Ok((Change::Created, wanted.clone()));
    };
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
        ..known.clone()
    };
    let change = if renewed == *known { Change::Unchanged } else { Change::Updated };
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
        want_consignment(desk, &self.wanted);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Change, Refusal> {
        settle_consignment(desk, &self.wanted, &self.legs, Named::Whole)
    }
}

/// Asks for what [`settle_consignment`] will want.
pub(super) fn want_consignment(desk: &mut Desk, wanted: &Consignment) {
    desk.shelf::<Drawer<Consignment>>().want(wanted.id);
    desk.shelf::<Drawer<Leg>>().want_group(wanted.id);
    desk.shelf::<Drawer<LegPlan>>().want_group(wanted.id);
    if let Some(reference) = &wanted.reference {
        let text = within(wanted.programme_id, reference);
        desk.shelf::<Register<ConsignmentReferences>>().want(&text);
    }
}

/// Makes a consignment and its legs be as wanted, where the file names as much of it as `named` says.
pub(super) fn settle_consignment(
    desk: &mut Desk,
    wanted: &Consignment,
    legs: &[Leg],
    named: Named,
) -> Result<Change, Refusal> {
    let id = wanted.id;
    let known = desk.shelf::<Drawer<Consignment>>().find(id)?;
    let known_legs = desk.shelf::<Drawer<Leg>>().group(id)?;
    let Some(known) = known else {
        open_consignment(desk, wanted, legs)?;
        return Ok(Change::Created);
    };
    check_ends(desk, &known, wanted)?;
    let renewed = renewed_consignment(&known, wanted, named);
    check_way(desk, &known_legs, legs)?;
    let legs = renewed_legs(&known_legs, legs);
    if renewed == *known && legs.is_empty() {
        return Ok(Change::Unchanged);
    }
    // That it is worth more because it holds more is no change of what was known.
    let is_more =
        legs.is_empty() && Consignment { value_minor: known.value_minor, ..renewed.clone() } == *known;
    let moment = desk.begin(entry("consignment", "changed", id.0));
    let row = Consignment { revision: known.revision + 1, updated_at: moment.recorded_at, ..renewed };
    desk.shelf::<Drawer<Consignment>>().put(row);
    let before = |leg: &Leg| known_legs.iter().find(|one| one.id == leg.id).map(|one| &**one);
    let stated: Vec<(Option<&Leg>, Leg)> = legs.into_iter().map(|leg| (before(&leg), leg)).collect();
    state_legs(desk, &stated, moment)?;
    stated.into_iter().for_each(|(_, leg)| desk.shelf::<Drawer<Leg>>().put(leg));
    Ok(if is_more { Change::Unchanged } else { Change::Updated })
}

fn open_consignment(desk: &mut Desk, wanted: &Consignment, legs: &[Leg]) -> Result<(), Refusal> {
    let id = wanted.id;
    if let Some(reference) = &wanted.reference {
        let text = within(wanted.programme_id, reference);
        let register = desk.shelf::<Register<ConsignmentReferences>>();
        if register.holder(&text)?.is_some_and(|holder| holder != id) {
            return Err(taken("consignment", Some(reference)).into());
        }
        register.assign(&text, Some(id));
    }
    let now = desk.begin(entry("consignment", "created", id.0)).recorded_at;
    let tracking_code = tracking_code(desk.chance(id.0));
    let row = Consignment { tracking_code, revision: 1, created_at: now, updated_at: now, ..wanted.clone() };
    desk.shelf::<Book>().know_consignment(ConsignmentFacts {
        consignment: id,
        consignee: row.consignee_id,
        origin: row.origin_id,
        destination: row.destination_id,
    });
    desk.shelf::<Drawer<Consignment>>().put(row);
    for leg in legs {
        desk.shelf::<Drawer<Leg>>().put(leg.clone());
    }
    desk.touch(id.0);
    Ok(())
}

/// What a consignment never changes.
fn check_ends(desk: &mut Desk, known: &Consignment, wanted: &Consignment) -> Result<(), Refusal> {
    let (field, wanted, known) = if wanted.consignee_id != known.consignee_id {
        let name = |desk: &mut Desk, one: &Consignment| organization_name(desk, one.consignee_id);
        ("consignee", name(desk, wanted)?, name(desk, known)?)
    } else if wanted.origin_id != known.origin_id {
        ("origin", site_name(desk, wanted.origin_id)?, site_name(desk, known.origin_id)?)
    } else if wanted.destination_id != known.destination_id {
        ("destination", site_name(desk, wanted.destination_id)?, site_name(desk, known.destination_id)?)
    } else if wanted.programme_id != known.programme_id {
        let name = |desk: &mut Desk, one: &Consignment| programme_name(desk, one.programme_id);
        ("programme", name(desk, wanted)?, name(desk, known)?)
    } else {
        return Ok(());
    };
    let why = "a consignment never changes that; give the other goods a consignment of their own";
    Err(differs(field, &wanted, &known, why).into())
}

fn renewed_consignment(known: &Consignment, wanted: &Consignment, named: Named) -> Consignment {
    let is_another_currency =
        known.freight_minor.is_some() && known.freight_currency != wanted.freight_currency;
    let freight = if named == Named::More && is_another_currency { Named::Part } else { named };
    let freight_minor = figure(known.freight_minor, wanted.freight_minor, freight);
    let freight_currency = match freight {
        Named::Whole => wanted.freight_currency.clone().or_else(|| known.freight_currency.clone()),
        Named::More | Named::Part => {
            known.freight_currency.clone().or_else(|| wanted.freight_currency.clone())
        }
    };
    Consignment {
        consignor_id: wanted.consignor_id.or(known.consignor_id),
        gross_weight_g: figure(known.gross_weight_g, wanted.gross_weight_g, named),
        freight_minor,
        freight_currency,
        freight_note: renewed_note(&known.freight_note, &wanted.freight_note, named),
        value_minor: wanted.value_minor.or(known.value_minor),
        value_currency: wanted.value_currency.clone().or_else(|| known.value_currency.clone()),
        value_basis: wanted.value_basis.clone().or_else(|| known.value_basis.clone()),
        ..known.clone()
    }
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

/// A figure of the whole consignment.
fn figure(known: Option<i64>, wanted: Option<i64>, named: Named) -> Option<i64> {
    match (named, known, wanted) {
        (Named::Whole, _, _) => wanted.or(known),
        (Named::More, Some(known), Some(more)) => Some(known.saturating_add(more)),
        (Named::More | Named::Part, _, _) => known.or(wanted),
    }
}

fn check_way(desk: &mut Desk, known: &[Arc<Leg>], wanted: &[Leg]) -> Result<(), Refusal> {
    for leg in wanted {
        let Some(known) = known.iter().find(|one| one.id == leg.id) else {
            let why = "its way is fixed once recorded; post a diversion";
            return Err(differs("legs", &format!("leg {}", leg.ordinal + 1), "a shorter way", why).into());
        };
        if (known.from_id, known.to_id) != (leg.from_id, leg.to_id) || known.mode != leg.mode {
            let (wanted, known) = (way_words(desk, leg)?, way_words(desk, known)?);
            let why = "its way is fixed once recorded; post a diversion";
            return Err(differs("legs", &wanted, &known, why).into());
        }
    }
    Ok(())
}

fn way_words(desk: &mut Desk, leg: &Leg) -> Result<String, Refusal> {
    let (from, to) = (site_name(desk, leg.from_id)?, site_name(desk, leg.to_id)?);
    Ok(format!("{} from {from} to {to}", leg.mode))
}
