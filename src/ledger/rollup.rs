//! Rollups: the same postings added up by the dimensions totals are asked for, kept in the same commit, so
//! that a total costs the same at ten thousand and at ten million postings.
//!
//! A cuboid keeps some dimensions and leaves out the others. A question is answered from the smallest
//! cuboid that keeps every dimension it names.

use super::account::{Account, Condition};
use super::cell::{Cell, CellKey};
use super::facts::{ConsignmentFacts, LineFacts, SiteFacts, owner};
use crate::core::id::{ItemId, LotId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::time::{Month, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// A dimension of totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Programme; every cuboid keeps it, because what may be shown depends on it.
    Programme,
    /// Donor.
    Donor,
    /// Item.
    Item,
    /// Lot.
    Lot,
    /// Pledge.
    Pledge,
    /// Site where goods are.
    Site,
    /// Country where goods are.
    CountryAt,
    /// Country goods are meant for.
    CountryFor,
    /// Holder.
    Holder,
    /// Owner.
    Owner,
    /// Consignee.
    Consignee,
    /// Origin and destination of the consignment.
    Corridor,
    /// Month of the effective time.
    Month,
}

/// A cuboid: its number in the database and the dimensions it keeps.
#[derive(Debug)]
pub struct Cuboid {
    /// The number.
    pub number: i32,
    /// The dimensions.
    pub keeps: &'static [Dimension],
}

/// All cuboids, the small before the large; the last keeps everything.
pub const CUBOIDS: &[Cuboid] = &[
    // Countries alone, and by month: asked most, and no larger for more items or consignments.
    Cuboid { number: 6, keeps: &[Dimension::Programme, Dimension::CountryAt, Dimension::Month] },
    Cuboid { number: 7, keeps: &[Dimension::Programme, Dimension::CountryFor, Dimension::Month] },
    Cuboid {
        number: 0,
        keeps: &[Dimension::Programme, Dimension::Item, Dimension::CountryAt, Dimension::CountryFor],
    },
    Cuboid {
        number: 1,
        keeps: &[
            Dimension::Programme,
            Dimension::Donor,
            Dimension::Owner,
            Dimension::Item,
            Dimension::CountryAt,
            Dimension::CountryFor,
        ],
    },
    Cuboid {
        number: 2,
        keeps: &[
            Dimension::Programme,
            Dimension::Item,
            Dimension::Site,
            Dimension::Holder,
            Dimension::CountryAt,
            Dimension::CountryFor,
        ],
    },
    Cuboid {
        number: 3,
        keeps: &[
            Dimension::Programme,
            Dimension::Item,
            Dimension::CountryAt,
            Dimension::CountryFor,
            Dimension::Month,
        ],
    },
    Cuboid {
        number: 4,
        keeps: &[
            Dimension::Programme,
            Dimension::Item,
            Dimension::Consignee,
            Dimension::Corridor,
            Dimension::CountryAt,
            Dimension::CountryFor,
        ],
    },
    Cuboid {
        number: 5,
        keeps: &[
            Dimension::Programme,
            Dimension::Donor,
            Dimension::Item,
            Dimension::Lot,
            Dimension::Pledge,
            Dimension::Site,
            Dimension::CountryAt,
            Dimension::CountryFor,
            Dimension::Holder,
            Dimension::Owner,
            Dimension::Consignee,
            Dimension::Corridor,
            Dimension::Month,
        ],
    },
];

/// The smallest cuboid that keeps all of `wanted`.
pub fn cuboid_for(wanted: &[Dimension]) -> &'static Cuboid {
    let fits = |cuboid: &&Cuboid| wanted.iter().all(|dimension| cuboid.keeps.contains(dimension));
    CUBOIDS.iter().find(fits).unwrap_or(&CUBOIDS[CUBOIDS.len() - 1])
}

/// Where a posting counts, by every dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Programme.
    pub programme: ProgrammeId,
    /// Donor.
    pub donor: Option<OrganizationId>,
    /// Item.
    pub item: Option<ItemId>,
    /// Lot.
    pub lot: Option<LotId>,
    /// Pledge.
    pub pledge: Option<PledgeId>,
    /// Site.
    pub site: Option<SiteId>,
    /// Country at.
    pub country_at: Option<String>,
    /// Country for.
    pub country_for: Option<String>,
    /// Holder.
    pub holder: Option<OrganizationId>,
    /// Owner.
    pub owner: Option<OrganizationId>,
    /// Consignee.
    pub consignee: Option<OrganizationId>,
    /// Origin of the corridor.
    pub origin: Option<SiteId>,
    /// Destination of the corridor.
    pub destination: Option<SiteId>,
    /// Month.
    pub month: Option<Month>,
}

impl Place {
    /// Where a cell's goods count.
    pub fn of(
        cell: &Cell,
        effective_at: Timestamp,
        line: &LineFacts,
        consignment: Option<&ConsignmentFacts>,
        sites: &HashMap<SiteId, SiteFacts>,
    ) -> Self {
        let country =
            |site: Option<SiteId>| site.and_then(|id| sites.get(&id)).map(|facts| facts.country.clone());
        let placed = !cell.account.is_source();
        let meant =
            consignment.and_then(|facts| country(Some(facts.destination))).or_else(|| line.earmark.clone());
        Self {
            programme: line.programme,
            donor: line.donor,
            item: Some(cell.item),
            lot: Some(cell.lot),
            pledge: Some(line.pledge),
            site: cell.site,
            country_at: country(cell.site),
            country_for: meant.filter(|_| placed),
            holder: cell.holder,
            owner: owner(cell, line, consignment).filter(|_| placed),
            consignee: consignment.map(|facts| facts.consignee),
            origin: consignment.map(|facts| facts.origin),
            destination: consignment.map(|facts| facts.destination),
            month: Some(effective_at.month()),
        }
    }

    /// The same place with only what a cuboid keeps.
    fn within(&self, cuboid: &Cuboid) -> Self {
        let keeps = |dimension| cuboid.keeps.contains(&dimension);
        Self {
            programme: self.programme,
            donor: self.donor.filter(|_| keeps(Dimension::Donor)),
            item: self.item.filter(|_| keeps(Dimension::Item)),
            lot: self.lot.filter(|_| keeps(Dimension::Lot)),
            pledge: self.pledge.filter(|_| keeps(Dimension::Pledge)),
            site: self.site.filter(|_| keeps(Dimension::Site)),
            country_at: self.country_at.clone().filter(|_| keeps(Dimension::CountryAt)),
            country_for: self.country_for.clone().filter(|_| keeps(Dimension::CountryFor)),
            holder: self.holder.filter(|_| keeps(Dimension::Holder)),
            owner: self.owner.filter(|_| keeps(Dimension::Owner)),
            consignee: self.consignee.filter(|_| keeps(Dimension::Consignee)),
            origin: self.origin.filter(|_| keeps(Dimension::Corridor)),
            destination: self.destination.filter(|_| keeps(Dimension::Corridor)),
            month: self.month.filter(|_| keeps(Dimension::Month)),
        }
    }

    /// Its identifiers and its countries, in an order that never changes.
    pub(super) fn parts(&self) -> ([Option<Uuid>; 11], [Option<&str>; 2]) {
        let ids = [
            Some(self.programme.0),
            self.donor.map(|id| id.0),
            self.item.map(|id| id.0),
            self.lot.map(|id| id.0),
            self.pledge.map(|id| id.0),
            self.site.map(|id| id.0),
            self.holder.map(|id| id.0),
            self.owner.map(|id| id.0),
            self.consignee.map(|id| id.0),
            self.origin.map(|id| id.0),
            self.destination.map(|id| id.0),
        ];
        (ids, [self.country_at.as_deref(), self.country_for.as_deref()])
    }

    /// The place of these parts; `None` without a programme.
    pub(super) fn from_parts(
        ids: [Option<Uuid>; 11],
        [country_at, country_for]: [Option<String>; 2],
        month: Option<Month>,
    ) -> Option<Self> {
        let [programme, donor, item, lot, pledge, site, holder, owner, consignee, origin, destination] = ids;
        Some(Self {
            programme: ProgrammeId(programme?),
            donor: donor.map(OrganizationId),
            item: item.map(ItemId),
            lot: lot.map(LotId),
            pledge: pledge.map(PledgeId),
            site: site.map(SiteId),
            country_at,
            country_for,
            holder: holder.map(OrganizationId),
            owner: owner.map(OrganizationId),
            consignee: consignee.map(OrganizationId),
            origin: origin.map(SiteId),
            destination: destination.map(SiteId),
            month,
        })
    }

    /// The key of this place in a cuboid: 128 bits of SHA-256 over its parts.
    pub(super) fn key(&self) -> CellKey {
        let (ids, countries) = self.parts();
        key_of(ids, countries, self.month)
    }
}

/// The key of the place of these parts, in a month where that is kept.
pub(super) fn key_of(ids: [Option<Uuid>; 11], countries: [Option<&str>; 2], month: Option<Month>) -> CellKey {
    let mut hasher = Sha256::new();
    for part in ids {
        hasher.update(part.unwrap_or_default().as_bytes());
    }
    for country in countries {
        hasher.update(country.unwrap_or("--").as_bytes());
    }
    hasher.update(month.map_or(i32::MIN, |month| month.0).to_be_bytes());
    let digest = hasher.finalize();
    let mut key = [0_u8; 16];
    key.copy_from_slice(&digest[..16]);
    CellKey(key)
}

/// What a rollup row adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Promised as documents state it.
    pub stated_promised: i64,
    /// Surplus as documents state it.
    pub stated_surplus: i64,
    /// Each account's balance, sources negative.
    pub accounts: [i64; Account::ALL.len()],
    /// Of goods in custody or delivered: on hold.
    pub on_hold: i64,
    /// Of goods in custody or delivered: damaged.
    pub damaged: i64,
    /// What events brought to this row, net per event.
    pub moved_in: i64,
    /// What events took from this row, net per event.
    pub moved_out: i64,
    /// Units ever delivered, net of corrections and reversals: what left custody for the consignee. What comes
    /// back or ends later was delivered all the same.
    pub ever_delivered: i64,
}

impl Sums {
    /// How many figures there are.
    pub const FIGURES: usize = Account::ALL.len() + 7;

    /// All figures, in an order that never changes.
    pub fn figures(&self) -> [i64; Self::FIGURES] {
        let mut all = [0; Self::FIGURES];
        let (accounts, others) = all.split_at_mut(Account::ALL.len());
        accounts.copy_from_slice(&self.accounts);
        others.copy_from_slice(&[
            self.stated_promised,
            self.stated_surplus,
            self.on_hold,
            self.damaged,
            self.moved_in,
            self.moved_out,
            self.ever_delivered,
        ]);
        all
    }

    /// The sums that have these figures.
    pub fn from_figures(all: [i64; Self::FIGURES]) -> Self {
        let mut accounts = [0; Account::ALL.len()];
        accounts.copy_from_slice(&all[..Account::ALL.len()]);
        let other = |index: usize| all[Account::ALL.len() + index];
        Self {
            stated_promised: other(0),
            stated_surplus: other(1),
            accounts,
            on_hold: other(2),
            damaged: other(3),
            moved_in: other(4),
            moved_out: other(5),
            ever_delivered: other(6),
        }
    }

    /// Adds another row's figures.
    pub fn add(&mut self, other: &Sums) {
        self.stated_promised += other.stated_promised;
        self.stated_surplus += other.stated_surplus;
        for (mine, theirs) in self.accounts.iter_mut().zip(other.accounts) {
            *mine += theirs;
        }
        self.on_hold += other.on_hold;
        self.damaged += other.damaged;
        self.moved_in += other.moved_in;
        self.moved_out += other.moved_out;
        self.ever_delivered += other.ever_delivered;
    }

    pub(super) fn post(&mut self, cell: &Cell, quantity: i64, deploys: bool) {
        self.accounts[cell.account as usize] += quantity;
        if cell.account.is_custody() || cell.account == Account::Delivered {
            match cell.condition {
                Condition::Good => {}
                Condition::OnHold => self.on_hold += quantity,
                Condition::Damaged => self.damaged += quantity,
            }
        }
        // Handing over to people takes from delivered what was delivered already.
        if deploys && matches!(cell.account, Account::Delivered | Account::Distributed) {
            self.ever_delivered += quantity;
        }
    }
}

/// Rollup rows by cuboid and key.
type Rows = HashMap<(i32, CellKey), (Place, Sums)>;

/// A batch's changes to the rollups.
pub struct Changes {
    cuboids: Vec<&'static Cuboid>,
    /// The changed rows by cuboid and key.
    pub rows: Rows,
    event: HashMap<(i32, CellKey), i64>,
}

impl Default for Changes {
    /// No changes yet, of every cuboid.
    fn default() -> Self {
        Self::over(CUBOIDS.iter().collect())
    }
}

impl Changes {
    /// No changes yet, of these cuboids only.
    pub fn over(cuboids: Vec<&'static Cuboid>) -> Self {
        Self { cuboids, rows: HashMap::new(), event: HashMap::new() }
    }

    /// Adds one posting.
    pub fn post(&mut self, place: &Place, cell: &Cell, quantity: i64) {
        self.add(place, cell, quantity, true);
    }

    /// Adds one posting of an event that leaves what was ever delivered as it is.
    pub fn post_undeployed(&mut self, place: &Place, cell: &Cell, quantity: i64) {
        self.add(place, cell, quantity, false);
    }

    fn add(&mut self, place: &Place, cell: &Cell, quantity: i64, deploys: bool) {
        for cuboid in &self.cuboids {
            let (key, sums) = row(&mut self.rows, cuboid, place);
            sums.post(cell, quantity, deploys);
            *self.event.entry(key).or_insert(0) += quantity;
        }
    }

    /// Adds what a document states.
    pub fn state(&mut self, place: &Place, promised: i64, surplus: i64) {
        for cuboid in &self.cuboids {
            let (_, sums) = row(&mut self.rows, cuboid, place);
            sums.stated_promised += promised;
            sums.stated_surplus += surplus;
        }
    }

    /// Ends an event: what it moved between rows is netted within each row.
    pub fn end_event(&mut self) {
        for (key, net) in self.event.drain() {
            if let Some((_, sums)) = self.rows.get_mut(&key) {
                if net >= 0 {
                    sums.moved_in += net;
                } else {
                    sums.moved_out -= net;
                }
            }
        }
    }
}

/// The row of a place in a cuboid, made where it is missing.
fn row<'rows>(rows: &'rows mut Rows, cuboid: &Cuboid, place: &Place) -> ((i32, CellKey), &'rows mut Sums) {
    let within = place.within(cuboid);
    let key = (cuboid.number, within.key());
    let (_, sums) = rows.entry(key).or_insert_with(|| (within, Sums::default()));
    (key, sums)
}
