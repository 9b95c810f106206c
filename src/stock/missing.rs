//! Goods that are short: reported missing, then decided as found, miscounted or lost.

use super::decision::Decision;
use super::place::{IN_HAND, Place, Sought, share_or_refuse};
use crate::consignments::{arrival_cell, find_consignment, find_leg_even_replaced};
use crate::core::id::{ConsignmentId, EventId, LegId, OrganizationId, SiteId};
use crate::core::problem::{Code, Fault, Problem};
use crate::items::goods::{GoodsLine, held_if_recalled, understand};
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, all_or_missed, short_as};
use crate::ledger::{Account, Book, Cell, Condition, Holding, Movement, Posted, Statement};
use crate::parties::find_organization;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};

/// Goods are not where they should be: at a site, or of a consignment on a leg.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingReported {
    /// At this site.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Of this consignment.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// On this leg of it.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// What is missing.
    pub lines: Vec<GoodsLine>,
    /// What is known about it.
    pub reason: String,
}

/// What became of missing goods.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingDecided {
    /// Missing at this site.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Missing of this consignment.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// Missing on this leg of it.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// Miscounted only: the correction whose moved-on units are set against what is missing.
    #[serde(default)]
    pub correction: Option<EventId>,
    /// How much of what.
    pub lines: Vec<GoodsLine>,
    /// Report, cause, evidence, liable party; for `lost`, all but the liable party must be said.
    #[serde(default)]
    pub evidence: Evidence,
    /// Why it is decided so.
    pub reason: String,
}

/// What a decision rests on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Number of the loss or damage report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_number: Option<String>,
    /// What caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Where the evidence is filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed: Option<String>,
    /// Who is liable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liable: Option<OrganizationId>,
}

/// What caused a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// On the way.
    Transport,
    /// In a warehouse.
    Storage,
    /// While repacking.
    Repacking,
    /// Stolen.
    Theft,
    /// Before it left the donor.
    Origin,
    /// Something else.
    Other,
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Storage => "storage",
            Self::Repacking => "repacking",
            Self::Theft => "theft",
            Self::Origin => "origin",
            Self::Other => "other",
        }
    }
}

/// Reports: shared pro rata over what should be there.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn report_missing(
    desk: &mut Desk,
    happening: &Happening,
    body: &MissingReported,
) -> Result<EventResult, Halt> {
    let place = Place { site: body.site, consignment: body.consignment, leg: body.leg };
    let subjects = place.subjects(desk)?;
    let goods = understand(desk, &body.lines)?;
    let sought = Sought { place, accounts: &IN_HAND[..3], condition: None, words: "in custody" };
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let there = place.goods(desk, one, sought.accounts)?;
        for (held, quantity) in share_or_refuse(desk, there, one, &movements, &sought)? {
            movements.push(Movement::given(held.cell, held.cell.on(Account::Missing), quantity));
        }
        Ok(())
    })?;
    Ok(happening.post(desk, subjects, &movements, &[])?)
}

/// Found: the goods turn up where the leg ends, or where they were counted.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn find_again(
    desk: &mut Desk,
    happening: &Happening,
    body: &MissingDecided,
) -> Result<EventResult, Halt> {
    settle(desk, happening, body, "found", |desk, held| {
        let cell = held.cell;
        match (cell.consignment, cell.leg) {
            (Some(consignment), Some(leg)) => {
                let consignment = find_consignment(desk, consignment)?;
                let journey = find_leg_even_replaced(desk, consignment.id, leg)?;
                // What was held before it went missing is held where it turns up.
                let held = cell.condition == Condition::OnHold;
                let condition = if held { Condition::OnHold } else { Condition::Good };
                arrival_cell(desk, &consignment, &journey, cell, condition)
            }
            (Some(_), None) => Ok(cell.on(Account::Allocated)),
            (None, _) => Ok(cell.on(Account::InStorage)),
        }
    })
}

/// Miscounted: the goods never left where they were dispatched from; where the donor packed short, they were
/// never given.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn miscount(desk: &mut Desk, happening: &Happening, body: &MissingDecided) -> Result<EventResult, Halt> {
    if let Some(correction) = body.correction {
        return against_moved_on(desk, happening, body, correction);
    }
    settle(desk, happening, body, "miscounted", |desk, held| {
        let cell = held.cell;
        let (Some(consignment), Some(leg)) = (cell.consignment, cell.leg) else {
            return Ok(cell.on(if cell.consignment.is_some() {
                Account::Allocated
            } else {
                Account::InStorage
            }));
        };
        let consignment = find_consignment(desk, consignment)?;
        let journey = find_leg_even_replaced(desk, consignment.id, leg)?;
        let donor = desk.shelf::<Book>().line(cell.line)?.donor;
        if journey.is_first() && donor.is_some() && donor == consignment.consignor_id {
            return Ok(Cell { leg: None, site: None, ..cell.on(Account::Withdrawn).being(Condition::Good) });
        }
        let site = find_site(desk, journey.leg().from_id)?;
        let holder = site.operator_id.or(consignment.consignor_id);
        let back = Cell { consignment: None, leg: None, site: Some(site.id), holder, ..cell };
        Ok(back.on(Account::InStorage))
    })
}

/// Lost.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn lose(desk: &mut Desk, happening: &Happening, body: &MissingDecided) -> Result<EventResult, Halt> {
    settle(desk, happening, body, "lost", |_, held| Ok(held.cell.on(Account::Lost)))
}

fn settle(
    desk: &mut Desk,
    happening: &Happening,
    body: &MissingDecided,
    kind: &'static str,
    target: impl Fn(&mut Desk, &Holding) -> Result<Cell, Halt>,
) -> Result<EventResult, Halt> {
    let place = Place { site: body.site, consignment: body.consignment, leg: body.leg };
    let subjects = place.subjects(desk)?;
    let goods = understand(desk, &body.lines)?;
    let sought = Sought::on(place, &[Account::Missing]);
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let there = place.goods(desk, one, sought.accounts)?;
        let shared = share_or_refuse(desk, there, one, &movements, &sought)?;
        all_or_missed(shared, |(held, quantity)| {
            let to = target(desk, &held)?;
            let to = held_if_recalled(desk, to)?;
            movements.push(Movement::given(held.cell, to, quantity));
            Ok(())
        })
    })?;
    let total = movements.iter().map(|one| one.quantity).sum();
    let result = happening.post(desk, subjects, &movements, &[])?;
    decide(desk, happening, kind, &place, total, &body.reason, &body.evidence)?;
    Ok(result)
}

/// Sets units that a correction had to take from surplus against what is missing: neither ever was.
fn against_moved_on(
    desk: &mut Desk,
    happening: &Happening,
    body: &MissingDecided,
    correction: EventId,
) -> Result<EventResult, Halt> {
    let place = Place { site: body.site, consignment: body.consignment, leg: body.leg };
    let mut subjects = place.subjects(desk)?;
    subjects.about = Some(correction);
    let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(correction)? else {
        return Err(Halt::unknown("event", correction.0));
    };
    let (taken, mut open) = moved_on(desk, &record)?;
    let goods = understand(desk, &body.lines)?;
    let mut movements: Vec<Movement> = Vec::new();
    let mut statements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut left = one.quantity;
        let there = place.goods(desk, one, &[Account::Missing])?;
        all_or_missed(there, |held| {
            let source = Cell::source(Account::Surplus, held.cell.line, held.cell.lot, held.cell.item);
            let moved_on: i64 =
                taken.iter().filter(|posting| posting.cell == source).map(|posting| -posting.quantity).sum();
            let outstanding = moved_on.min(-desk.shelf::<Book>().balance(&source)?);
            let planned: i64 = movements.iter().filter(|one| one.to == source).map(|one| one.quantity).sum();
            let part = left.min(held.quantity).min(outstanding - planned).min(open).max(0);
            if part > 0 {
                left -= part;
                open -= part;
                movements.push(Movement::given(held.cell, source, part));
                statements.push(Statement {
                    line: source.line,
                    lot: source.lot,
                    item: source.item,
                    promised: 0,
                    surplus: -part,
                });
            }
            Ok(())
        })?;
        if left > 0 {
            let there = one.quantity - left;
            let pointer = format!("{}/quantity", one.pointer);
            let words = "missing against what that correction moved on";
            let account = Account::Missing;
            return Err(short_as(&pointer, account, words, there, one.quantity, &one.item.name).into());
        }
        Ok(())
    })?;
    let total = movements.iter().map(|one| one.quantity).sum();
    let result = happening.post(desk, subjects, &movements, &statements)?;
    decide(desk, happening, "miscounted", &place, total, &body.reason, &body.evidence)?;
    Ok(result)
}

/// What the corrections of one event took from surplus together, and how many of the units moved on no decision
/// has used yet. Each correction says anew how many have moved on, so the last that stands counts.
fn moved_on(desk: &mut Desk, correction: &EventRecord) -> Result<(Vec<Posted>, i64), Halt> {
    let wrong = |detail: &str| Halt::from(Problem::new(Code::WrongState, detail).at("/correction"));
    let (Some(corrected), "corrected") = (correction.about_id, correction.kind.as_str()) else {
        return Err(wrong("This event is no correction; name the correction that told the units moved on."));
    };
    let mut standing = Vec::new();
    all_or_missed(desk.shelf::<Drawer<EventRecord>>().group(Some(corrected))?, |one| {
        if one.kind == "corrected" && !is_reversed(desk, one.id)? {
            standing.push(one);
        }
        Ok(())
    })?;
    if standing.iter().all(|one| one.id != correction.id) {
        return Err(wrong("This correction was reversed; it has no units moved on any more."));
    }
    let Some(last) = standing.iter().max_by_key(|one| one.sequence) else { return Ok((Vec::new(), 0)) };
    let told: EventResult = serde_json::from_str(&last.result)
        .map_err(|error| Problem::internal(format!("events.result of {}: {error}", last.id)))?;
    let mut open = told.moved_on.unwrap_or(0);
    let mut taken = Vec::new();
    all_or_missed(&standing, |one| {
        taken.extend(desk.shelf::<Book>().postings_of(one.sequence)?);
        all_or_missed(desk.shelf::<Drawer<EventRecord>>().group(Some(one.id))?, |since| {
            if since.kind == "miscounted" && !is_reversed(desk, since.id)? {
                let mut used = desk.shelf::<Book>().postings_of(since.sequence)?;
                used.retain(|one| one.cell.account == Account::Surplus);
                open -= used.iter().map(|one| one.quantity).sum::<i64>();
            }
            Ok(())
        })
    })?;
    taken.retain(|one| one.cell.account == Account::Surplus);
    Ok((taken, open.max(0)))
}

fn is_reversed(desk: &mut Desk, event: EventId) -> Result<bool, Halt> {
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event))?;
    Ok(about.iter().any(|one| one.kind == "reversed"))
}

/// Goods are lost or disposed of only on a report that names the cause and says where the evidence is. Who is
/// liable is said where somebody is.
fn check_evidence(evidence: &Evidence) -> Result<(), Problem> {
    let is_said = |words: &Option<String>| words.as_deref().is_some_and(|words| !words.trim().is_empty());
    if !is_said(&evidence.report_number) {
        let detail = "is missing; write the number of the loss or damage report";
        return Err(Problem::field("/evidence/report_number", detail).coded(Fault::Required));
    }
    if evidence.cause.is_none() {
        let detail = "is missing; say transport, storage, repacking, theft, origin or other";
        return Err(Problem::field("/evidence/cause", detail).coded(Fault::Required));
    }
    if !is_said(&evidence.filed) {
        let detail = "is missing; write where the report and its evidence are filed";
        return Err(Problem::field("/evidence/filed", detail).coded(Fault::Required));
    }
    Ok(())
}

/// Keeps the decision with its reasons.
pub(super) fn decide(
    desk: &mut Desk,
    happening: &Happening,
    kind: &'static str,
    place: &Place,
    quantity: i64,
    reason: &str,
    evidence: &Evidence,
) -> Result<(), Halt> {
    if reason.trim().is_empty() {
        return Err(Problem::field("/reason", "is empty; say why it is decided so")
            .coded(Fault::Required)
            .into());
    }
    if matches!(kind, "lost" | "disposed") {
        check_evidence(evidence)?;
    }
    if happening.is_rehearsal() {
        return Ok(());
    }
    if let Some(liable) = evidence.liable {
        find_organization(desk, liable)?;
    }
    let actor = desk.actor().user;
    let now = desk.now();
    if quantity == 0 {
        return Err(Problem::new(Code::Invalid, "Nothing is decided by 0 units.").into());
    }
    desk.shelf::<Drawer<Decision>>().put(Decision {
        event_id: happening.id,
        kind: kind.to_owned(),
        consignment_id: place.consignment,
        site_id: place.site,
        quantity,
        reason: reason.trim().to_owned(),
        cause: evidence.cause.map(|cause| cause.word().to_owned()),
        report_number: evidence.report_number.clone(),
        evidence: evidence.filed.clone(),
        liable_id: evidence.liable,
        proposed_by: actor,
        decided_by: happening.decided_by.unwrap_or(actor),
        decided_at: now,
    });
    Ok(())
}
