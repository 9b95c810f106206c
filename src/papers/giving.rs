//! What donors are given: the letter that accepts an offer, and the receipt once goods of it came.

use super::foot::foot;
use super::formats::{amount, day, number};
use super::goods::{items_named, lots_named};
use super::model::{Block, Column, Fact, Paper, Signature, Table, Value};
use super::moved::{ReceivedRow, received_of};
use super::named::{Names, country};
use super::rules::{Language, check_lines};
use super::words::{Goods, Phrase, Told, condition, title_passes};
use crate::auth::{Fields, Permit, action};
use crate::core::id::{ItemId, LotId, PledgeId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{events, programmes};
use crate::db::{Clause, Conn, read_failure};
use crate::items::Item;
use crate::ledger::event::STANDS;
use crate::parties::Eyes;
use crate::pledges::store::pledge_read;
use crate::pledges::{Pledge, PledgeLine};
use crate::writer::last_sequence;
use diesel::prelude::*;
use std::collections::HashMap;

/// A pledge as its papers tell of it.
pub(super) struct Given {
    pub(super) pledge: Pledge,
    pub(super) lines: Vec<PledgeLine>,
    pub(super) items: HashMap<ItemId, Item>,
    pub(super) names: Names,
    /// The programme's name.
    pub(super) programme: String,
    /// Whether that is made up for demonstration.
    pub(super) is_synthetic: bool,
    /// Whether donors of it are told no place below the country.
    is_sensitive: bool,
}

/// Reads a pledge, if the scope reaches it. `today` decides whom a donor may read by now.
///
/// # Errors
/// `not_found`, `too_large` where its papers would have too many lines, or what the database says.
pub(super) fn given_read(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    id: PledgeId,
    today: &str,
) -> Outcome<Given> {
    let (pledge, lines) = pledge_read(conn, permit, id)?;
    check_lines(lines.len())?;
    let ids: Vec<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let items = items_named(conn, &ids)?;
    let eyes = Eyes::of(permit, today.to_owned());
    let names = Names::of(conn, eyes.as_ref(), pledge.donor_id.into_iter().collect(), Vec::new())?;
    let (programme, is_synthetic, is_sensitive) = programmes::table
        .find(pledge.programme_id)
        .select((programmes::name, programmes::synthetic, programmes::sensitive))
        .first(conn)
        .map_err(read_failure)?;
    Ok(Given { pledge, lines, items, names, programme, is_synthetic, is_sensitive })
}

impl Given {
    /// What nobody may miss.
    pub(super) fn notices(&self, language: Language) -> Vec<Block> {
        let synthetic = self.is_synthetic.then(|| Phrase::Synthetic.said(language).to_owned());
        synthetic.map(Block::Notice).into_iter().collect()
    }

    /// Which pledge it is, whose, and for what.
    pub(super) fn facts(&self, language: Language) -> Vec<Fact> {
        let offered = day(language, &self.pledge.offered_at.day());
        vec![
            Fact::new(Told::Pledge.said(language), Value::code_of(self.pledge.reference.as_deref())),
            Fact::new(Phrase::Donor.said(language), self.names.organization(language, self.pledge.donor_id)),
            Fact::new(Phrase::Programme.said(language), Value::words(&self.programme)),
            Fact::new(Told::OfferedOn.said(language), Value::Number(offered)),
        ]
    }

    /// An item by code and name.
    pub(super) fn item(&self, id: ItemId) -> (Value, Value) {
        match self.items.get(&id) {
            Some(item) => {
                (Value::words(&format!("{} · {}", item.code, item.name)), Value::words(&item.base_unit))
            }
            None => (Value::Blank, Value::Blank),
        }
    }

    /// A paper about it, named by its number, or by its identifier where it has none.
    pub(super) fn paper(
        &self,
        language: Language,
        title: Phrase,
        blocks: Vec<Block>,
        foot: Vec<String>,
    ) -> Paper {
        let name = self.pledge.reference.clone().unwrap_or_else(|| self.pledge.id.to_string());
        Paper { language, title: title.said(language), name, blocks, foot }
    }
}

/// The letter of acceptance.
///
/// # Errors
/// `wrong_state` where nothing is accepted; as [`given_read`].
pub(super) fn acceptance_letter(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    (language, id, today): (Language, PledgeId, &str),
) -> Outcome<Paper> {
    let given = given_read(conn, permit, id, today)?;
    if given.lines.iter().all(|line| line.accepted == 0) {
        let words = "Nothing of this pledge is accepted; the letter is printed once something is.";
        return Err(Problem::new(Code::WrongState, words));
    }
    let mut blocks = given.notices(language);
    let mut facts = given.facts(language);
    let accepted = accepted_on(conn, id)?.map(|time| day(language, &time.day()));
    facts.push(Fact::new(Told::AcceptedOn.said(language), Value::number_of(accepted)));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Text(Told::WeAccept.said(language)));
    blocks.push(Block::Table(accepted_lines(language, &given)));
    blocks.push(Block::Signatures(vec![Signature::open(Phrase::ForProgramme.said(language))]));
    let sequence = last_sequence(conn)?;
    let foot = foot(conn, language, sequence)?;
    Ok(given.paper(language, Phrase::AcceptanceLetter, blocks, foot))
}

/// When something of it was accepted last.
fn accepted_on(conn: &mut Conn, id: PledgeId) -> Outcome<Option<Timestamp>> {
    events::table
        .filter(events::pledge_id.eq(id).and(events::kind.eq("pledge_accepted")))
        .filter(Clause(STANDS))
        .order(events::sequence.desc())
        .select(events::occurred_at)
        .first(conn)
        .optional()
        .map_err(read_failure)
}

fn accepted_lines(language: Language, given: &Given) -> Table {
    let rows = given.lines.iter().filter(|line| line.is_offered()).map(|line| {
        let (item, unit) = given.item(line.item_id);
        let earmark = match line.earmark_country.as_deref() {
            Some(code) => Value::words(country(language, code).unwrap_or(code)),
            None => Value::Words(Told::AnyCountry.said(language).to_owned()),
        };
        let value = line.value().map(|value| amount(language, value.minor, &value.currency));
        vec![
            item,
            Value::Number(number(language, line.offered)),
            Value::Number(number(language, line.accepted)),
            unit,
            earmark,
            Value::Words(title_passes(language, &line.title_passes).to_owned()),
            value.map_or(Value::Nothing, Value::Number),
        ]
    });
    Table {
        caption: Goods::Title.said(language),
        columns: vec![
            Column::words(Goods::Item.said(language), 28),
            Column::numbers(Told::Offered.said(language), 13),
            Column::numbers(Told::Accepted.said(language), 13),
            Column::words(Goods::Unit.said(language), 10),
            Column::words(Told::MeantFor.said(language), 16),
            Column::words(Told::TitlePasses.said(language), 18),
            Column::numbers(Goods::Value.said(language), 16),
        ],
        rows: rows.collect(),
        total: None,
    }
}

/// The receipt: what goods received notes say of goods of the pledge.
///
/// # Errors
/// `wrong_state` where no note says that any came; as [`given_read`].
pub(super) fn donation_receipt(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    (language, id, today): (Language, PledgeId, &str),
) -> Outcome<Paper> {
    let given = given_read(conn, permit, id, today)?;
    let mut received = received_of(conn, permit, id)?;
    if received.is_empty() {
        let words = "No goods received note says that goods of this pledge came; the receipt is printed once one \
                     does.";
        return Err(Problem::new(Code::WrongState, words));
    }
    check_lines(received.len())?;
    let lots: Vec<LotId> = received.iter().map(|row| row.lot).collect();
    let lots = lots_named(conn, &lots)?;
    let mut numbers: HashMap<LotId, String> = lots.into_iter().map(|(id, lot)| (id, lot.number)).collect();
    if given.is_sensitive && permit.fields() == Fields::Traced {
        // A note's number has its place in it, and a lot is found where it lies.
        received.iter_mut().for_each(|row| row.note = None);
        numbers.clear();
    }
    let mut blocks = given.notices(language);
    blocks.push(Block::Facts(given.facts(language)));
    blocks.push(Block::Text(Told::WeReceived.said(language)));
    blocks.push(Block::Table(received_lines(language, &given, &received, &numbers)));
    blocks.push(Block::Signatures(vec![Signature::open(Phrase::ForProgramme.said(language))]));
    let sequence = last_sequence(conn)?;
    let foot = foot(conn, language, sequence)?;
    Ok(given.paper(language, Phrase::DonationReceipt, blocks, foot))
}

fn received_lines(
    language: Language,
    given: &Given,
    received: &[ReceivedRow],
    lots: &HashMap<LotId, String>,
) -> Table {
    let rows = received.iter().map(|row| {
        let (item, unit) = given.item(row.item);
        vec![
            row.note.as_deref().map_or(Value::Nothing, Value::code),
            Value::Number(day(language, &row.issued_on)),
            item,
            lots.get(&row.lot).map_or(Value::Nothing, |lot| Value::code(lot)),
            Value::Words(condition(language, row.condition).to_owned()),
            Value::Number(number(language, row.quantity)),
            unit,
        ]
    });
    Table {
        caption: Goods::Received.said(language),
        columns: vec![
            Column::words(Phrase::Grn.said(language), 30),
            Column::words(Phrase::Date.said(language), 15),
            Column::words(Goods::Item.said(language), 26),
            Column::words(Goods::Lot.said(language), 12),
            Column::words(Goods::Condition.said(language), 16),
            Column::numbers(Goods::Quantity.said(language), 15),
            Column::words(Goods::Unit.said(language), 9),
        ],
        rows: rows.collect(),
        total: None,
    }
}
