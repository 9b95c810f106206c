//! Where goods of an update are: in storage at a site, or with a consignment at a stop or on a leg.

use crate::consignments::{find_consignment, find_leg_even_replaced};
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::Problem;
use crate::items::goods::{Goods, PickContext, less_planned, pick_goods};
use crate::ledger::event::{Halt, Happening, Subjects, short};
use crate::ledger::{Account, Book, Holding, Movement, Picked};
use crate::sites::find_site;
use crate::writer::Desk;

/// A place goods are at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) site: Option<SiteId>,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) leg: Option<LegId>,
}

impl Place {
    /// What an event here is about; checks that everything named is known.
    pub(super) fn subjects(&self, desk: &mut Desk) -> Result<Subjects, Halt> {
        let mut subjects = Subjects { site: self.site, ..Subjects::default() };
        if let Some(site) = self.site {
            find_site(desk, site)?;
        }
        if let Some(consignment) = self.consignment {
            let consignment = find_consignment(desk, consignment)?;
            subjects = Subjects { site: self.site, ..consignment.subjects() };
            if let Some(leg) = self.leg {
                subjects.leg = Some(find_leg_even_replaced(desk, consignment.id, leg)?.leg().id);
            }
        }
        if self.site.is_none() && self.consignment.is_none() {
            let detail = "is missing; say the site, or the consignment and its leg";
            return Err(Problem::field("/site", detail).into());
        }
        Ok(subjects)
    }

    /// The goods here of one item, on the accounts where something can happen to them.
    pub(super) fn goods(
        &self,
        desk: &mut Desk,
        goods: &Goods,
        accounts: &[Account],
    ) -> Result<Vec<Holding>, Halt> {
        let book = desk.shelf::<Book>();
        let mut there = match (self.consignment, self.site) {
            (Some(consignment), _) => book.of_consignment(consignment)?,
            (None, Some(site)) => {
                let mut there = Vec::new();
                for account in accounts {
                    there.extend(book.of_stock(site, goods.item.id, *account)?);
                }
                there
            }
            (None, None) => Vec::new(),
        };
        there.retain(|one| {
            one.cell.item == goods.item.id
                && accounts.contains(&one.cell.account)
                && goods.lot.is_none_or(|lot| one.cell.lot == lot)
                && goods.label.is_none_or(|line| one.cell.line == line)
                && self.leg.is_none_or(|leg| one.cell.leg == Some(leg))
                && self.site.is_none_or(|site| one.cell.site == Some(site))
                // What is under way carries the site it goes to, and is not there yet.
                && (self.site.is_none() || one.cell.account != Account::InTransit)
        });
        there.sort_unstable_by_key(|one| one.cell.key());
        Ok(there)
    }
}

/// Picks by the rule, or refuses for want of goods.
pub(super) fn pick_or_refuse(
    desk: &mut Desk,
    happening: &Happening,
    candidates: Vec<Holding>,
    goods: &Goods,
    planned: &[Movement],
    account: &str,
) -> Result<Vec<Picked>, Halt> {
    let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
    let picked = pick_goods(desk, less_planned(candidates, planned), goods, goods.quantity, context)?;
    let found: i64 = picked.iter().map(|part| part.quantity).sum();
    if found < goods.quantity {
        let pointer = format!("{}/quantity", goods.pointer);
        return Err(short(&pointer, account, found, goods.quantity, &goods.item.name).into());
    }
    Ok(picked)
}

/// Shares a quantity over goods pro rata by the largest remainder, or refuses for want of goods.
pub(super) fn share_or_refuse(
    candidates: Vec<Holding>,
    goods: &Goods,
    planned: &[Movement],
    account: &str,
) -> Result<Vec<(Holding, i64)>, Halt> {
    let there = less_planned(candidates, planned);
    let weights: Vec<i64> = there.iter().map(|one| one.quantity).collect();
    let total: i64 = weights.iter().sum();
    if total < goods.quantity {
        let pointer = format!("{}/quantity", goods.pointer);
        return Err(short(&pointer, account, total, goods.quantity, &goods.item.name).into());
    }
    let shares = crate::core::quantity::share_pro_rata(goods.quantity, &weights);
    Ok(there.into_iter().zip(shares).filter(|(_, share)| *share > 0).collect())
}

/// The accounts on which goods can be damaged, held or found short.
pub(super) const IN_HAND: [Account; 4] =
    [Account::InStorage, Account::Allocated, Account::InTransit, Account::Delivered];
