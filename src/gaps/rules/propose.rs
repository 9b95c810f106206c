//! Who gets free goods, where there are fewer than are lacking. Pure.

use super::{Place, keeps};
use crate::core::id::{ItemId, NeedId, ProgrammeId};
use crate::needs::Priority;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

/// What is lacking of a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Which need.
    pub need: NeedId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// Where.
    pub place: Place,
    /// How much is needed, in base units.
    pub quantity: i64,
    /// How much of it is lacking, and not reserved for it already.
    pub gap: i64,
    /// By when.
    pub needed_by: NaiveDate,
    /// How urgent it is.
    pub priority: Priority,
    /// Days the goods must still keep when they arrive.
    pub shelf_life_days: u64,
}

/// Free goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<K> {
    /// What they are known by.
    pub key: K,
    /// What they were pledged for.
    pub programme: ProgrammeId,
    /// What they are.
    pub item: ItemId,
    /// Where they are meant for, where only there.
    pub earmark: Option<Place>,
    /// The last day on which they can be used.
    pub expires_on: Option<NaiveDate>,
    /// Whether they lie in a warehouse; else they are with their donor.
    pub is_stock: bool,
    /// Base units.
    pub quantity: i64,
}

/// Goods that would go to a need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant<K> {
    /// Which need.
    pub need: NeedId,
    /// Out of what.
    pub source: K,
    /// Base units.
    pub quantity: i64,
}

/// Why a need may not have goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// They are of another programme or item.
    Other,
    /// They are meant for another country or area.
    Elsewhere,
    /// They do not keep long enough.
    ShortLived,
}

impl<K> Source<K> {
    /// Whether a need may have them: of its programme and item, not meant for elsewhere, and keeping long enough, be they
    /// there on the day it needs them or, where that is past, today.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, lack: &Lack, today: NaiveDate) -> Result<(), Misfit> {
        if self.programme != lack.programme || self.item != lack.item {
            return Err(Misfit::Other);
        }
        if self.earmark.as_ref().is_some_and(|meant| !meant.may_serve(&lack.place)) {
            return Err(Misfit::Elsewhere);
        }
        if !keeps(self.expires_on, lack.needed_by.max(today), lack.shelf_life_days) {
            return Err(Misfit::ShortLived);
        }
        Ok(())
    }

    /// The same in short.
    pub fn fits(&self, lack: &Lack, today: NaiveDate) -> bool {
        self.check(lack, today).is_ok()
    }
}

/// What each gets of a quantity that is given to the largest shares first: `needs` are what each needs and lacks. Whoever
/// lacks the largest share gets until the next lacks as large a share, then both together, and so on; what does not come
/// out whole goes by the largest remainder, then to whoever stands first. Nobody gets more than is lacking.
pub fn pour(quantity: i64, needs: &[(i64, i64)]) -> Vec<i64> {
    let wide = |index: usize| (i128::from(needs[index].0), i128::from(needs[index].1));
    let mut order: Vec<usize> = (0..needs.len()).filter(|index| needs[*index].1 > 0).collect();
    order.sort_by(|one, other| {
        let ((one_needs, one_lacks), (other_needs, other_lacks)) = (wide(*one), wide(*other));
        (other_lacks * one_needs).cmp(&(one_lacks * other_needs)).then(one.cmp(other))
    });
    let mut given = vec![0; needs.len()];
    let (mut needed, mut unmet) = (0_i128, -i128::from(quantity.max(0)));
    for (place, index) in order.iter().enumerate() {
        let (needs_here, lacks_here) = wide(*index);
        needed += needs_here;
        unmet += lacks_here;
        let next = order.get(place + 1).map(|next| wide(*next));
        // Those so far can take all of it, and still lack as large a share as the next.
        let is_level = next.is_none_or(|(next_needs, next_lacks)| unmet * next_needs >= next_lacks * needed);
        if !is_level {
            continue;
        }
        let sharers = &order[..=place];
        let left =
            share_out(unmet.max(0), needed, &sharers.iter().map(|one| wide(*one).0).collect::<Vec<_>>());
        for (index, left) in sharers.iter().zip(left) {
            given[*index] = needs[*index].1 - i64::try_from(left).unwrap_or(0);
        }
        break;
    }
    given
}

/// A total in proportion to some weights, by largest remainder.
fn share_out(total: i128, weight: i128, weights: &[i128]) -> Vec<i128> {
    let mut parts: Vec<i128> = weights.iter().map(|one| total * one / weight).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    // Of those alike the last is left with more, so that what is given goes to whoever stands first.
    order.sort_by_key(|index| std::cmp::Reverse((total * weights[*index] % weight, *index)));
    let rest = total - parts.iter().sum::<i128>();
    for index in order.into_iter().take(usize::try_from(rest).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts
}

/// How free goods fill what is lacking. Goods that fewer may have are given first: those meant for an area, then those
/// for a country, what lies in warehouses before what is still with donors, what expires first; each is poured over whoever may have it and lacks it,
/// the largest unmet share first. In whatever order needs and goods are given, the answer is the same.
pub fn propose<K: Ord + Clone>(lacks: &[Lack], sources: &[Source<K>], today: NaiveDate) -> Vec<Grant<K>> {
    let mut needs: Vec<&Lack> = lacks.iter().filter(|lack| lack.gap > 0 && lack.quantity > 0).collect();
    needs.sort_by_key(|lack| (lack.priority, lack.needed_by, lack.need));
    let mut left: Vec<i64> = needs.iter().map(|lack| lack.gap).collect();
    let mut pools: HashMap<(ProgrammeId, ItemId), Vec<usize>> = HashMap::new();
    for (index, lack) in needs.iter().enumerate() {
        pools.entry((lack.programme, lack.item)).or_default().push(index);
    }
    let mut goods: Vec<&Source<K>> = sources.iter().filter(|source| source.quantity > 0).collect();
    goods.sort_by(|one, other| {
        let order = |source: &Source<K>| {
            let is_for_country = source.earmark.as_ref().is_some_and(|meant| meant.area.is_none());
            (source.earmark.is_none(), is_for_country, !source.is_stock, source.expires_on.is_none())
        };
        order(one)
            .cmp(&order(other))
            .then_with(|| one.expires_on.cmp(&other.expires_on))
            .then_with(|| one.key.cmp(&other.key))
    });
    let mut found: BTreeMap<(NeedId, K), i64> = BTreeMap::new();
    for source in goods {
        let pool = pools.get(&(source.programme, source.item)).into_iter().flatten().copied();
        let who: Vec<usize> =
            pool.filter(|index| left[*index] > 0 && source.fits(needs[*index], today)).collect();
        let shares: Vec<(i64, i64)> =
            who.iter().map(|index| (needs[*index].quantity, left[*index])).collect();
        for (index, given) in who.iter().zip(pour(source.quantity, &shares)).filter(|(_, given)| *given > 0) {
            left[*index] -= given;
            *found.entry((needs[*index].need, source.key.clone())).or_default() += given;
        }
    }
    let grant = |((need, source), quantity)| Grant { need, source, quantity };
    found.into_iter().map(grant).collect()
}
