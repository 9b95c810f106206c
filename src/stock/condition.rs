//! Goods get damaged, are held and released, or turn out to be of another lot; a recalled lot is held
//! everywhere at once.

use super::place::{IN_HAND, Place, Sought, pick_or_refuse, share_or_refuse};
use crate::consignments::{HeldBy, HeldOf, less_held, note_held};
use crate::core::id::{ConsignmentId, ItemId, LegId, LoggerFileId, LotId, SiteId};
use crate::core::problem::{Code, Fault, Problem};
use crate::items::goods::{Goods, GoodsLine, find_item, held_if_recalled, lot_facts, name_lot, understand};
use crate::items::{Lot, lot_id};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, relabel};
use crate::ledger::{Account, Book, Cell, Condition, Movement};
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};

/// What whoever recalls a lot is warned of, of which nothing is in hand.
const NONE_IN_HAND: &str = "none_in_hand";

/// Goods change their condition: at a site, or of a consignment. Without place and lines, but with item and
/// lot, a whole lot is held (recalled) or released wherever it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionChanged {
    /// At this site.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Of this consignment.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// On this leg of it.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// Which goods.
    #[serde(default)]
    pub lines: Option<Vec<GoodsLine>>,
    /// The item of a lot to be recalled.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// The number of a lot to be recalled.
    #[serde(default)]
    pub lot: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The file of a logger that tells why; ours to say.
    #[serde(default)]
    pub logger_file: Option<LoggerFileId>,
}

/// Goods turn out to be of another lot than recorded.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Relotted {
    /// Where.
    pub site: SiteId,
    /// Which goods: `lot` is what is recorded.
    pub lines: Vec<GoodsLine>,
    /// The lot number on the packs.
    pub to_lot: String,
    /// Its expiry.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// Damages: shared pro rata over what is there and not damaged yet.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn condition_damaged(
    desk: &mut Desk,
    happening: &Happening,
    body: &ConditionChanged,
) -> Result<EventResult, Halt> {
    let place = Place { site: body.site, consignment: body.consignment, leg: body.leg };
    let subjects = place.subjects(desk)?;
    let goods = lines(desk, body)?;
    let sought = Sought { place, accounts: &IN_HAND, condition: None, words: "undamaged" };
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = place.goods(desk, one, &IN_HAND)?;
        there.retain(|held| held.cell.condition != Condition::Damaged);
        for (held, quantity) in share_or_refuse(desk, there, one, &movements, &sought)? {
            movements.push(Movement::given(held.cell, held.cell.being(Condition::Damaged), quantity));
        }
        Ok(())
    })?;
    Ok(happening.post(desk, subjects, &movements, &[])?)
}

/// Holds goods, or recalls a lot.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn condition_held(
    desk: &mut Desk,
    happening: &Happening,
    body: &ConditionChanged,
) -> Result<EventResult, Halt> {
    hold_or_release(desk, happening, body, Condition::Good, Condition::OnHold)
}

/// Releases goods from hold, or ends a recall.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn condition_released(
    desk: &mut Desk,
    happening: &Happening,
    body: &ConditionChanged,
) -> Result<EventResult, Halt> {
    hold_or_release(desk, happening, body, Condition::OnHold, Condition::Good)
}

fn lines(desk: &mut Desk, body: &ConditionChanged) -> Result<Vec<Goods>, Halt> {
    match &body.lines {
        Some(lines) => understand(desk, lines),
        None => Err(Problem::field("/lines", "are missing; say which goods and how many")
            .coded(Fault::Required)
            .into()),
    }
}

fn hold_or_release(
    desk: &mut Desk,
    happening: &Happening,
    body: &ConditionChanged,
    from: Condition,
    to: Condition,
) -> Result<EventResult, Halt> {
    if let (Some(item), Some(number), None) = (body.item, &body.lot, &body.lines) {
        check_nowhere(body)?;
        return whole_lot(desk, happening, item, number, from, to);
    }
    let place = Place { site: body.site, consignment: body.consignment, leg: body.leg };
    let subjects = place.subjects(desk)?;
    let goods = lines(desk, body)?;
    let sought = Sought::being(place, &IN_HAND, from);
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = place.goods(desk, one, &IN_HAND)?;
        there.retain(|held| held.cell.condition == from);
        if to == Condition::Good {
            let facts = lot_facts(desk, &there)?;
            there.retain(|held| !facts.recalled.contains(&held.cell.lot));
        }
        for part in pick_or_refuse(desk, happening, there, one, &movements, &sought)? {
            let to = part.cell.being(to);
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    note_held(desk, happening, HeldBy::Name, &movements);
    Ok(happening.post(desk, subjects, &movements, &[])?)
}

/// Refuses a place beside a whole lot: who names one would think that the lot is held only there.
fn check_nowhere(body: &ConditionChanged) -> Result<(), Problem> {
    let named = [
        ("/site", body.site.is_some()),
        ("/consignment", body.consignment.is_some()),
        ("/leg", body.leg.is_some()),
    ];
    match named.iter().find(|(_, is_named)| *is_named) {
        Some((pointer, _)) => {
            let detail = "stands beside a whole lot, which is held or released wherever it is; leave it out, or say with \
                          `lines` how much of the lot it is about here";
            Err(Problem::field(*pointer, detail).coded(Fault::OneOfTwo))
        }
        None => Ok(()),
    }
}

/// Holds or releases a lot wherever it is; while it is recalled, receipts of it are held too, and so is the first that comes of it.
fn whole_lot(
    desk: &mut Desk,
    happening: &Happening,
    item: ItemId,
    number: &str,
    from: Condition,
    to: Condition,
) -> Result<EventResult, Halt> {
    let item = find_item(desk, item)?;
    let recall = to == Condition::OnHold;
    let id = match recall {
        // Its maker calls a lot back before any of it has come here: what comes is held then.
        true => name_lot(desk, &item, number, None, "")?,
        false => lot_id(item.id, number.trim()),
    };
    let Some(lot) = desk.shelf::<Drawer<Lot>>().find(id)? else {
        let detail = format!("{number:?} is no lot of {} known here", item.name);
        return Err(Problem::field("/lot", detail).coded(Fault::Unknown).into());
    };
    if lot.recalled == recall {
        let state = if recall { "recalled already" } else { "not under recall" };
        return Err(Problem::new(Code::WrongState, format!("Lot {number} is {state}.")).at("/lot").into());
    }
    let mut there = desk.shelf::<Book>().of_lot(id)?;
    there.retain(|held| IN_HAND.contains(&held.cell.account));
    // Whoever mistyped the number hears at once that there is none of it.
    let warnings = if recall && there.is_empty() { vec![NONE_IN_HAND.to_owned()] } else { Vec::new() };
    let happening = Happening { warnings, ..happening.clone() };
    there.retain(|held| held.cell.condition == from);
    if !recall {
        // What was held for another reason than the recall is released by whoever knows that one.
        there = less_held(desk, &[HeldOf::Lot(id)], there)?;
    }
    let movements: Vec<Movement> =
        there.iter().map(|held| Movement::given(held.cell, held.cell.being(to), held.quantity)).collect();
    let result = happening.post(desk, Subjects::default(), &movements, &[])?;
    desk.shelf::<Drawer<Lot>>().put(Lot { recalled: recall, ..lot.as_ref().clone() });
    Ok(result)
}

/// Relots: the goods leave their source under the old lot and come again under the new one.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn relot(desk: &mut Desk, happening: &Happening, body: &Relotted) -> Result<EventResult, Halt> {
    let place = Place { site: Some(body.site), ..Place::default() };
    let subjects = place.subjects(desk)?;
    let goods = understand(desk, &body.lines)?;
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    let sought = Sought::on(place, &[Account::InStorage]);
    all_or_missed(&goods, |one| {
        let expires_on = body.expires_on.as_deref();
        let lot = name_lot(desk, &one.item, &body.to_lot, expires_on, "")?;
        let old = one.lot.unwrap_or(LotId::unknown(one.item.id));
        let exact = Goods { lot: Some(old), ..one.clone() };
        let there = place.goods(desk, &exact, &[Account::InStorage])?;
        all_or_missed(pick_or_refuse(desk, happening, there, &exact, &movements, &sought)?, |part| {
            let to = held_if_recalled(desk, Cell { lot, ..part.cell })?;
            relabel(desk.shelf(), part.cell, to, part.quantity, &mut movements, &mut statements)?;
            Ok(())
        })
    })?;
    Ok(happening.post(desk, subjects, &movements, &statements)?)
}
