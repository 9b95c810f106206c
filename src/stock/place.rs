//! Where goods of an update are: in storage at a site, or with a consignment at a stop or on a leg.

use crate::consignments::{Needed, find_consignment, find_leg_even_replaced, wait_or_refuse};
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::items::goods::{Goods, PickContext, less_planned, pick_goods};
use crate::ledger::event::{Halt, Happening, Subjects, short_as};
use crate::ledger::{Account, Book, Condition, Holding, Movement, Picked};
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
            return Err(Problem::field("/site", detail).coded(Fault::Required).into());
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

/// Goods an update looks for: where, on which accounts, in which condition if only one will do, and in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    pub(super) place: Place,
    pub(super) accounts: &'a [Account],
    pub(super) condition: Option<Condition>,
    pub(super) words: &'a str,
}

impl<'a> Sought<'a> {
    /// Goods that one account holds.
    pub(super) fn on(place: Place, account: &'a [Account; 1]) -> Self {
        Self { place, accounts: account, condition: None, words: account[0].word() }
    }

    /// Goods in a condition.
    pub(super) fn being(place: Place, accounts: &'a [Account], condition: Condition) -> Self {
        Self { place, accounts, condition: Some(condition), words: condition.word() }
    }

    /// Too little is there: waits where the rest is on its way there, or refuses.
    fn halt(&self, desk: &mut Desk, goods: &Goods, there: &[Holding], found: i64) -> Halt {
        let pointer = format!("{}/quantity", goods.pointer);
        let account = self.account(there);
        let mut refusal = short_as(&pointer, account, self.words, found, goods.quantity, &goods.item.name);
        if let Some(condition) = self.condition {
            refusal = refusal.with("condition", condition.word());
        }
        let Place { site, consignment, leg } = self.place;
        // Stored goods carry no consignment: what arrives in storage is not found under it.
        let accounts: Vec<Account> =
            self.accounts.iter().copied().filter(|one| *one != Account::InStorage).collect();
        let needed = Needed { consignment, leg, site, accounts: &accounts };
        wait_or_refuse(desk, &needed, Some(goods), goods.quantity - found, refusal)
    }

    /// The account that lacks goods: of several the one that most of them are on, and where none are, the one they
    /// would be on.
    fn account(&self, there: &[Holding]) -> Account {
        let of = |account: Account| -> i64 {
            there.iter().filter(|one| one.cell.account == account).map(|one| one.quantity).sum()
        };
        let most = self.accounts.iter().copied().filter(|one| of(*one) > 0).max_by_key(|one| of(*one));
        let expected = match (self.place.leg, self.place.consignment) {
            (Some(_), _) => Account::InTransit,
            (None, Some(_)) => Account::Allocated,
            (None, None) => Account::InStorage,
        };
        let usual = || self.accounts.iter().copied().find(|one| *one == expected);
        most.or_else(usual).or_else(|| self.accounts.first().copied()).unwrap_or(expected)
    }
}

/// Picks by the rule; waits or refuses for want of goods.
pub(super) fn pick_or_refuse(
    desk: &mut Desk,
    happening: &Happening,
    candidates: Vec<Holding>,
    goods: &Goods,
    planned: &[Movement],
    sought: &Sought<'_>,
) -> Result<Vec<Picked>, Halt> {
    let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
    let there = less_planned(candidates, planned);
    let picked = pick_goods(desk, there.clone(), goods, goods.quantity, context)?;
    let found: i64 = picked.iter().map(|part| part.quantity).sum();
    if found < goods.quantity {
        return Err(sought.halt(desk, goods, &there, found));
    }
    Ok(picked)
}

/// Shares a quantity over goods pro rata by the largest remainder; waits or refuses for want of goods.
pub(super) fn share_or_refuse(
    desk: &mut Desk,
    candidates: Vec<Holding>,
    goods: &Goods,
    planned: &[Movement],
    sought: &Sought<'_>,
) -> Result<Vec<(Holding, i64)>, Halt> {
    let there = less_planned(candidates, planned);
    let weights: Vec<i64> = there.iter().map(|one| one.quantity).collect();
    let total: i64 = weights.iter().sum();
    if total < goods.quantity {
        return Err(sought.halt(desk, goods, &there, total));
    }
    let shares = crate::core::quantity::share_pro_rata(goods.quantity, &weights);
    Ok(there.into_iter().zip(shares).filter(|(_, share)| *share > 0).collect())
}

/// The accounts on which goods can be damaged, held or found short.
pub(super) const IN_HAND: [Account; 4] =
    [Account::InStorage, Account::Allocated, Account::InTransit, Account::Delivered];
