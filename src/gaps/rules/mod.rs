//! Filling needs out of what there is. Pure.

use crate::core::id::{ItemId, NeedId, ProgrammeId};
use crate::needs::Priority;
use chrono::{Days, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use utoipa::ToSchema;

mod propose;

pub use propose::{Grant, Lack, Misfit, Source, pour, propose};

/// Where something is needed or lies: a country, and an area inside it where that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The area inside it.
    pub area: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.area.as_ref().unwrap_or(&self.country))
    }
}

impl Place {
    /// Whether it is, or lies in, another one.
    pub fn is_in(&self, other: &Self) -> bool {
        self.country == other.country && (other.area.is_none() || self.area == other.area)
    }

    /// Whether what is meant for it may go to another one: to itself, and where it is an area, to whoever needs something
    /// anywhere in its country.
    pub fn may_serve(&self, other: &Self) -> bool {
        self.is_in(other) || other.is_in(self)
    }
}

/// A need that is to be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which need.
    pub need: NeedId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// Where.
    pub place: Place,
    /// How much, in base units.
    pub quantity: i64,
    /// What of it was handed over to people already.
    pub served: i64,
    /// By when.
    pub needed_by: NaiveDate,
    /// How urgent it is.
    pub priority: Priority,
    /// Days the goods must still keep when they arrive.
    pub shelf_life_days: u64,
}

/// How goods come to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// They are with whom they were for.
    Delivered,
    /// They lie in a warehouse there and are free.
    InStorage,
    /// They are reserved or under way, and will be there on this day, where that is known.
    Pipeline(Option<NaiveDate>),
}

/// What goods are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fitness {
    /// They can be used.
    Good,
    /// They are on hold.
    Held,
    /// They are damaged.
    Damaged,
}

/// Goods that may fill a need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Supply {
    /// What they were pledged for.
    pub programme: ProgrammeId,
    /// What they are.
    pub item: ItemId,
    /// Where they are or will be.
    pub place: Place,
    /// How they come there.
    pub way: Way,
    /// The day from which they are expired, less one: the last on which they can be used.
    pub expires_on: Option<NaiveDate>,
    /// Where they are meant for, where only there.
    pub earmark: Option<Place>,
    /// What they are good for.
    pub fitness: Fitness,
    /// What tells them apart from others alike.
    pub key: String,
    /// Base units.
    pub quantity: i64,
}

/// Why goods do not fill a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// On hold.
    Held,
    /// Damaged.
    Damaged,
    /// Meant for another country or area.
    Elsewhere,
    /// Past their day.
    Expired,
    /// Nobody knows when they come.
    Undated,
    /// They come too late.
    Late,
    /// They would not keep long enough once they are there.
    ShortLived,
}

impl Supply {
    /// The day on which they are there, or came; none where nobody knows.
    fn there_on(&self, today: NaiveDate) -> Option<NaiveDate> {
        match self.way {
            Way::Delivered | Way::InStorage => Some(today),
            // What is overdue is not there before today.
            Way::Pipeline(day) => day.map(|day| day.max(today)),
        }
    }

    /// Whether they can fill a need of this programme and item there; else why not.
    pub fn check(&self, wanted: &Wanted, today: NaiveDate) -> Result<(), Unfit> {
        match self.fitness {
            Fitness::Good => {}
            Fitness::Held => return Err(Unfit::Held),
            Fitness::Damaged => return Err(Unfit::Damaged),
        }
        if self.earmark.as_ref().is_some_and(|meant| !meant.may_serve(&wanted.place)) {
            return Err(Unfit::Elsewhere);
        }
        if self.expires_on.is_some_and(|day| day < today) {
            return Err(Unfit::Expired);
        }
        let Some(day) = self.there_on(today) else { return Err(Unfit::Undated) };
        if matches!(self.way, Way::Pipeline(_)) && day > wanted.needed_by {
            return Err(Unfit::Late);
        }
        if !keeps(self.expires_on, day, wanted.shelf_life_days) {
            return Err(Unfit::ShortLived);
        }
        Ok(())
    }
}

/// Whether goods that are there on a day keep for so many days more.
pub(super) fn keeps(expires_on: Option<NaiveDate>, there_on: NaiveDate, days: u64) -> bool {
    let Some(expires_on) = expires_on else { return true };
    // A day that cannot be reached is never reached by goods either.
    there_on.checked_add_days(Days::new(days)).is_some_and(|until| expires_on >= until)
}

/// What fills a need, in base units: quantity = served + delivered + in storage + pipeline + gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fill {
    /// Handed over to people out of consignments that are meant for it.
    pub served: i64,
    /// With whom it was for, and not handed over yet.
    pub delivered: i64,
    /// Free in warehouses there.
    pub in_storage: i64,
    /// Reserved or under way for there, and there in time.
    pub pipeline: i64,
    /// Lacking.
    pub gap: i64,
}

impl Fill {
    /// Adds another one up.
    pub fn add(&mut self, other: &Self) {
        self.served += other.served;
        self.delivered += other.delivered;
        self.in_storage += other.in_storage;
        self.pipeline += other.pipeline;
        self.gap += other.gap;
    }
}

/// What was filled, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// What fills each need, in the order of the needs.
    pub needs: Vec<Fill>,
    /// What is left of each supply, in the order of the supplies.
    pub left: Vec<i64>,
}

type Pool<'a> = (ProgrammeId, ItemId, &'a str);

/// Fills needs out of supplies. Needs of an area come before those of its country, as goods in the area are nearer to
/// them; then those needed first, the more urgent, and by identifier. What is there is taken before what comes, what
/// expires first before what keeps. In whatever order needs and supplies are given, the same is filled.
pub fn fill(wanted: &[Wanted], supplies: &[Supply], today: NaiveDate) -> Filled {
    let mut left: Vec<i64> = supplies.iter().map(|supply| supply.quantity.max(0)).collect();
    let mut needs = vec![Fill::default(); wanted.len()];
    let mut pools: HashMap<Pool<'_>, Vec<usize>> = HashMap::new();
    for (index, supply) in supplies.iter().enumerate() {
        let pool = (supply.programme, supply.item, supply.place.country.as_str());
        pools.entry(pool).or_default().push(index);
    }
    for pool in pools.values_mut() {
        pool.sort_by_key(|index| {
            let supply = &supplies[*index];
            (supply.way, supply.expires_on.is_none(), supply.expires_on, supply)
        });
    }
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| {
        let one = &wanted[*index];
        (one.place.area.is_none(), one.needed_by, one.priority, one.need)
    });
    for index in order {
        let one = &wanted[index];
        let fill = &mut needs[index];
        fill.served = one.served.clamp(0, one.quantity);
        let mut lacking = one.quantity - fill.served;
        let pool = (one.programme, one.item, one.place.country.as_str());
        for supply_index in pools.get(&pool).into_iter().flatten() {
            let supply = &supplies[*supply_index];
            if lacking == 0 {
                break;
            }
            if !supply.place.is_in(&one.place) || supply.check(one, today).is_err() {
                continue;
            }
            let part = lacking.min(left[*supply_index]);
            left[*supply_index] -= part;
            lacking -= part;
            match supply.way {
                Way::Delivered => fill.delivered += part,
                Way::InStorage => fill.in_storage += part,
                Way::Pipeline(_) => fill.pipeline += part,
            }
        }
        fill.gap = lacking;
    }
    Filled { needs, left }
}

/// Goods at a place that fill no need there, in base units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Apart {
    /// On hold.
    pub held: i64,
    /// Damaged.
    pub damaged: i64,
    /// Past their day.
    pub expired: i64,
    /// They would not keep as long as is needed once they are there.
    pub short_lived: i64,
    /// Reserved or under way, and there too late.
    pub late: i64,
    /// Reserved or under way, and nobody knows when they come.
    pub undated: i64,
    /// Meant for another country or area.
    pub elsewhere: i64,
    /// Usable, and more than is needed.
    pub spare: i64,
}

impl Apart {
    fn note(&mut self, why: Option<Unfit>, quantity: i64) {
        *match why {
            None => &mut self.spare,
            Some(Unfit::Held) => &mut self.held,
            Some(Unfit::Damaged) => &mut self.damaged,
            Some(Unfit::Expired) => &mut self.expired,
            Some(Unfit::ShortLived) => &mut self.short_lived,
            Some(Unfit::Late) => &mut self.late,
            Some(Unfit::Undated) => &mut self.undated,
            Some(Unfit::Elsewhere) => &mut self.elsewhere,
        } += quantity;
    }
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Where.
    pub place: Place,
    /// What is needed.
    pub item: ItemId,
    /// What for.
    pub programme: ProgrammeId,
}

/// What is lacking of an item in an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapRow {
    /// The needs that are added up, in the order of their identifiers.
    pub needs: BTreeSet<NeedId>,
    /// How much is needed.
    pub quantity: i64,
    /// What fills it.
    pub fill: Fill,
    /// What is there or comes and fills none of it.
    pub apart: Apart,
}

/// The rows of what was filled. What is left of goods stands in the row of their area where that has one, else in that of
/// their country, so that no unit is told twice.
pub fn rows(
    wanted: &[Wanted],
    supplies: &[Supply],
    filled: &Filled,
    today: NaiveDate,
) -> BTreeMap<RowKey, GapRow> {
    let mut found: BTreeMap<RowKey, GapRow> = BTreeMap::new();
    let mut members: BTreeMap<RowKey, Vec<&Wanted>> = BTreeMap::new();
    for (one, fill) in wanted.iter().zip(&filled.needs) {
        let key = RowKey { place: one.place.clone(), item: one.item, programme: one.programme };
        let row = found.entry(key.clone()).or_default();
        row.needs.insert(one.need);
        row.quantity += one.quantity;
        row.fill.add(fill);
        members.entry(key).or_default().push(one);
    }
    for (supply, left) in supplies.iter().zip(&filled.left).filter(|(_, left)| **left > 0) {
        let whole = Place { area: None, ..supply.place.clone() };
        let key = [supply.place.clone(), whole]
            .map(|place| RowKey { place, item: supply.item, programme: supply.programme })
            .into_iter()
            .find(|key| found.contains_key(key));
        let Some(key) = key else { continue };
        // What fits one of the needs is only more than is needed; else the reason nearest to fitting is told.
        let of = members.get(&key).into_iter().flatten();
        let reasons: Option<Vec<Unfit>> = of.map(|one| supply.check(one, today).err()).collect();
        let why = reasons.and_then(|reasons| reasons.into_iter().max());
        if let Some(row) = found.get_mut(&key) {
            row.apart.note(why, *left);
        }
    }
    found
}
