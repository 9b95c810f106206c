//! What a donor is told of a pledge: where each unit is, and whom all that the donor gave to the programme helped reach.
//!
//! Figures are those of the pledge's status and of `reach`, at one and the same entry of the ledger.

use super::foot::foot;
use super::formats::{day, number};
use super::giving::{Given, given_read};
use super::model::{Block, Column, Fact, Paper, Table, Value};
use super::named::country;
use super::rules::{Language, check_lines};
use super::words::{Goods, Phrase, Told, account, condition};
use crate::auth::{Action, Permit, action};
use crate::baselines::Area;
use crate::core::id::PledgeId;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::{KnownAt, Moment};
use crate::pledges::{LineStatus, LinkStatus, PledgeStatus, pledge_status};
use crate::reach::{Question, ReachRow, answer};

/// The world, by its M49 number: a donor's goods may have gone anywhere.
const WORLD: u16 = 1;

/// The report, as things are or were at another moment.
///
/// # Errors
/// `not_found`, `invalid` where the moment is not reached yet, `too_large`, or what the database says.
pub(super) fn donor_report(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    (language, id, today): (Language, PledgeId, &str),
    moment: Moment,
) -> Outcome<Paper> {
    let given = given_read(conn, permit, id, today)?;
    let status = pledge_status(conn, permit, id, moment)?;
    check_lines(status.lines.iter().map(|line| line.places.len()).sum())?;
    let mut blocks = given.notices(language);
    let mut facts = given.facts(language);
    let as_of = status.as_of.map(|time| day(language, &time.day()));
    facts.extend(as_of.map(|text| Fact::new(Told::AsOf.said(language), Value::Number(text))));
    blocks.push(Block::Facts(facts));
    let named = |line: &LineStatus| given.item(line.item);
    blocks.push(Block::Table(promises(language, &status, named)));
    blocks.push(Block::Table(places(language, &status, named)));
    if let Some(reached) = reached(conn, permit, &given, &status)? {
        blocks.extend(helped((language, Told::HelpedReach), &reached));
    }
    let foot = foot(conn, language, status.sequence)?;
    Ok(given.paper(language, Phrase::DonorReport, blocks, foot))
}

/// The report for whoever has the private link of a pledge: what the page of the link tells, as it tells it.
///
/// # Errors
/// `too_large`.
pub fn link_report(
    language: Language,
    told: &LinkStatus,
    reached: &ReachRow,
    foot: Vec<String>,
) -> Outcome<Paper> {
    let status = &told.status;
    check_lines(status.lines.iter().map(|line| line.places.len()).sum())?;
    let synthetic = status.synthetic.then(|| Block::Notice(Phrase::Synthetic.said(language).to_owned()));
    let mut blocks: Vec<Block> = synthetic.into_iter().collect();
    let mut facts = vec![Fact::new(Told::Pledge.said(language), Value::code_of(status.reference.as_deref()))];
    let donor = told.donor.as_deref().map(Value::words);
    facts.extend(donor.map(|donor| Fact::new(Phrase::Donor.said(language), donor)));
    let offered = Value::Number(day(language, &status.offered_at.day()));
    facts.push(Fact::new(Told::OfferedOn.said(language), offered));
    blocks.push(Block::Facts(facts));
    let named = |line: &LineStatus| (Value::words(&line.item_name), Value::words(&line.base_unit));
    blocks.push(Block::Table(promises(language, status, named)));
    blocks.push(Block::Table(places(language, status, named)));
    blocks.extend(helped((language, Told::GiftHelpedReach), reached));
    let name = status.reference.clone().unwrap_or_else(|| status.pledge.to_string());
    Ok(Paper { language, title: Phrase::DonorReport.said(language), name, blocks, foot })
}

/// Whom the donor's goods helped reach in the programme; nothing where nobody knows who gave, or the caller may not ask.
fn reached(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    given: &Given,
    status: &PledgeStatus,
) -> Outcome<Option<ReachRow>> {
    let Some((donor, scope)) = given.pledge.donor_id.zip(permit.reach(Action::ReachRead)) else {
        return Ok(None);
    };
    let question = Question {
        area: Area::Region(WORLD),
        item: None,
        sector: None,
        donor: Some(donor),
        pledge: None,
        programme: Some(given.pledge.programme_id),
        from: None,
        to: None,
        as_of: status.as_of,
        known_at: Some(KnownAt::Sequence(status.sequence)),
        group_by: None,
        population_source: None,
        scope,
    };
    Ok(Some(answer(conn, &question)?.reached))
}

/// Whom goods helped reach, as a range, and how that is to be read.
fn helped((language, whose): (Language, Told), reached: &ReachRow) -> [Block; 3] {
    [
        Block::Heading(whose.said(language)),
        Block::Facts(range(language, reached)),
        Block::Text(Told::NotAdded.said(language)),
    ]
}

fn range(language: Language, reached: &ReachRow) -> Vec<Fact> {
    let people = |count: u64| Value::Number(number(language, i64::try_from(count).unwrap_or(i64::MAX)));
    vec![
        Fact::new(Told::People.said(language), people(reached.best)),
        Fact::new(Told::AtLeast.said(language), people(reached.low)),
        Fact::new(Told::AtMost.said(language), people(reached.high)),
    ]
}

fn counted(language: Language, value: i64) -> Value {
    Value::Number(number(language, value))
}

/// What was promised of each line, what came beyond it, and whether the places add up to both.
fn promises(
    language: Language,
    status: &PledgeStatus,
    named: impl Fn(&LineStatus) -> (Value, Value),
) -> Table {
    let rows = status.lines.iter().map(|line| {
        let (item, unit) = named(line);
        vec![
            item,
            unit,
            counted(language, line.promised),
            counted(language, line.surplus),
            counted(language, line.placed()),
            counted(language, line.residual),
        ]
    });
    Table {
        caption: Goods::Title.said(language),
        columns: vec![
            Column::words(Goods::Item.said(language), 34),
            Column::words(Goods::Unit.said(language), 12),
            Column::numbers(Told::Promised.said(language), 14),
            Column::numbers(Told::Surplus.said(language), 14),
            Column::numbers(Told::InPlaces.said(language), 14),
            Column::numbers(Told::Difference.said(language), 12),
        ],
        rows: rows.collect(),
        total: None,
    }
}

/// Where each unit is.
fn places(language: Language, status: &PledgeStatus, named: impl Fn(&LineStatus) -> (Value, Value)) -> Table {
    let heaps = status.lines.iter().flat_map(|line| line.places.iter().map(move |heap| (line, heap)));
    let rows = heaps.map(|(line, heap)| {
        let place = match (heap.site_name.as_deref(), heap.country.as_deref()) {
            (Some(site), Some(code)) => format!("{site}, {}", country(language, code).unwrap_or(code)),
            (Some(site), None) => site.to_owned(),
            (None, Some(code)) => country(language, code).unwrap_or(code).to_owned(),
            (None, None) => String::new(),
        };
        let (item, _) = named(line);
        vec![
            item,
            Value::Words(account(language, heap.account).to_owned()),
            Value::Words(condition(language, heap.condition).to_owned()),
            counted(language, heap.quantity),
            if place.is_empty() { Value::Nothing } else { Value::words(&place) },
            heap.tracking_code.as_deref().map_or(Value::Nothing, Value::code),
            heap.lot.as_deref().map_or(Value::Nothing, Value::code),
        ]
    });
    Table {
        caption: Told::WhereTheyAre.said(language),
        columns: vec![
            Column::words(Goods::Item.said(language), 24),
            Column::words(Told::State.said(language), 17),
            Column::words(Goods::Condition.said(language), 15),
            Column::numbers(Goods::Quantity.said(language), 15),
            Column::words(Phrase::Site.said(language), 21),
            Column::words(Phrase::TrackingCode.said(language), 20),
            Column::words(Goods::Lot.said(language), 11),
        ],
        rows: rows.collect(),
        total: None,
    }
}
