//! Making organizations, sites, items, packs and programmes be as a file says: made where they are not
//! there, changed where they differ, left alone where they are just so.
//!
//! A record is the one with the same reference, whoever made it. What must never change (a site's country,
//! an item's base unit) refuses the record instead.

use super::rows::CATEGORY_NOT_STATED;
use crate::core::check::{Check, NAME_CHARS_MAX};
use crate::core::id::{ItemId, OrganizationId, PackId, ProgrammeId, SiteId};
use crate::core::problem::{Code, Problem};
use crate::core::time::Timestamp;
use crate::items::{Item, ItemCodes, ItemWithPacks, Pack};
use crate::ledger::{Book, SiteFacts};
use crate::parties::{Organization, OrganizationReferences};
use crate::programmes::{Programme, ProgrammeCodes};
use crate::sites::rules::COUNTRY_NOT_STATED;
use crate::sites::{Site, SiteCodes};
use crate::writer::{Actor, Desk, Drawer, Entry, Record, Refusal, Register, Unique, Update};
use std::sync::Arc;
use uuid::Uuid;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there and is now.
    Created,
    /// It was there and differs now.
    Updated,
    /// It was there just so.
    Unchanged,
}

/// A record that is as it should be now.
#[derive(Clone, Copy, Debug)]
pub struct Settled<Id> {
    /// Its identifier: of the record that was there, or of the new one.
    pub id: Id,
    /// What became of it.
    pub change: Change,
}

/// A record of the catalogue that is found by a reference.
pub trait Catalogued: Record<Group = <Self as Record>::Id> + PartialEq {
    /// Its references.
    type References: Unique<Holder = Self::Id>;
    /// What it is, in the log's words.
    const KIND: &'static str;
    /// The reference.
    fn reference(&self) -> &str;
    /// The identifier as the log writes it.
    fn uuid(id: Self::Id) -> Uuid;
    /// Judges the record by the rules of its room, as if somebody had written it to the interface.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    fn judge(&self) -> Result<(), Problem>;
    /// The known record as the wanted one says.
    ///
    /// # Errors
    /// Where what differs can never change.
    fn renewed(known: &Self, wanted: &Self) -> Result<Self, Problem>;
    /// The record with its revision and times.
    fn stamped(self, revision: i64, created_at: Timestamp, updated_at: Timestamp) -> Self;
    /// Its revision and when it was recorded first.
    fn stamp(&self) -> (i64, Timestamp);
    /// Whether what it names is known here.
    ///
    /// # Errors
    /// `invalid`, naming what is not; [`Refusal::Missed`].
    fn check_names(&self, _desk: &mut Desk) -> Result<(), Refusal> {
        Ok(())
    }
    /// Tells the ledger of it, where the ledger has to know.
    fn tell(&self, _desk: &mut Desk) {}
}

/// Makes one record of the catalogue be as `wanted`.
pub struct Settle<R> {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// How it should be; its id, revision and times count only where it is new.
    pub wanted: R,
}

impl<R: Catalogued> Update for Settle<R> {
    type Answer = Settled<R::Id>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Register<R::References>>().want(self.wanted.reference());
        desk.shelf::<Drawer<R>>().want(self.wanted.id());
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        self.wanted.judge()?;
        self.wanted.check_names(desk)?;
        let holder = desk.shelf::<Register<R::References>>().holder(self.wanted.reference())?;
        let id = holder.unwrap_or(self.wanted.id());
        let Some(known) = desk.shelf::<Drawer<R>>().find(id)? else {
            let now = desk.begin(entry(R::KIND, "created", R::uuid(id))).recorded_at;
            let row = self.wanted.clone().stamped(1, now, now);
            row.tell(desk);
            desk.shelf::<Register<R::References>>().assign(self.wanted.reference(), Some(id));
            desk.shelf::<Drawer<R>>().put(row);
            desk.touch(R::uuid(id));
            return Ok(Settled { id, change: Change::Created });
        };
        let renewed = R::renewed(&known, &self.wanted)?;
        if renewed == *known {
            return Ok(Settled { id, change: Change::Unchanged });
        }
        let now = desk.begin(entry(R::KIND, "changed", R::uuid(id))).recorded_at;
        let (revision, created_at) = known.stamp();
        desk.shelf::<Drawer<R>>().put(renewed.stamped(revision + 1, created_at, now));
        Ok(Settled { id, change: Change::Updated })
    }
}

pub(in crate::exchange) fn entry(kind: &'static str, verb: &str, id: Uuid) -> Entry {
    Entry { action: format!("{kind}.{verb}"), kind, id, reason: None }
}

macro_rules! stamps {
    () => {
        fn stamped(self, revision: i64, created_at: Timestamp, updated_at: Timestamp) -> Self {
            Self { revision, created_at, updated_at, ..self }
        }
        fn stamp(&self) -> (i64, Timestamp) {
            (self.revision, self.created_at)
        }
    };
}

impl Catalogued for Organization {
    type References = OrganizationReferences;
    const KIND: &'static str = "organization";
    stamps!();

    fn reference(&self) -> &str {
        self.reference.as_deref().unwrap_or_default()
    }
    fn uuid(id: OrganizationId) -> Uuid {
        id.0
    }
    fn judge(&self) -> Result<(), Problem> {
        judge_optional("/reference", self.reference.as_deref())?;
        Self { reference: None, ..self.clone() }.draft().checked().map(|_| ())
    }
    fn renewed(known: &Self, wanted: &Self) -> Result<Self, Problem> {
        Ok(Self {
            name: wanted.name.clone(),
            country: wanted.country.clone().or_else(|| known.country.clone()),
            // What it does elsewhere it goes on doing.
            is_donor: known.is_donor || wanted.is_donor,
            is_consignor: known.is_consignor || wanted.is_consignor,
            is_consignee: known.is_consignee || wanted.is_consignee,
            is_carrier: known.is_carrier || wanted.is_carrier,
            is_partner: known.is_partner || wanted.is_partner,
            ..known.clone()
        })
    }
}

impl Catalogued for Site {
    type References = SiteCodes;
    const KIND: &'static str = "site";
    stamps!();

    fn reference(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
    fn uuid(id: SiteId) -> Uuid {
        id.0
    }
    fn judge(&self) -> Result<(), Problem> {
        judge_optional("/code", self.code.as_deref())?;
        let draft = Self { code: None, ..self.clone() }.draft()?;
        if self.country == COUNTRY_NOT_STATED {
            return draft.checked_without_country().map(|_| ());
        }
        draft.checked().map(|_| ())
    }
    fn renewed(known: &Self, wanted: &Self) -> Result<Self, Problem> {
        if known.country != wanted.country {
            return Err(differs(
                "country",
                &wanted.country,
                &known.country,
                "a site never moves to another country; give the other place a reference of its own",
            ));
        }
        if known.kind != wanted.kind {
            return Err(differs(
                "kind",
                &wanted.kind,
                &known.kind,
                "what a site is was recorded by somebody who knew it; write that kind into the mapping, or change the \
                 site",
            ));
        }
        let position = |site: &Self| (site.latitude, site.longitude);
        let (latitude, longitude) =
            if wanted.latitude.is_some() { position(wanted) } else { position(known) };
        Ok(Self {
            name: wanted.name.clone(),
            latitude,
            longitude,
            locode: wanted.locode.clone().or_else(|| known.locode.clone()),
            operator_id: wanted.operator_id.or(known.operator_id),
            ..known.clone()
        })
    }
    fn check_names(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let Some(operator) = self.operator_id else { return Ok(()) };
        match desk.shelf::<Drawer<Organization>>().find(operator)? {
            Some(_) => Ok(()),
            None => {
                let words = format!("{operator} is no organization known here; create it first");
                Err(Problem::field("/operator", words).into())
            }
        }
    }
    fn tell(&self, desk: &mut Desk) {
        desk.shelf::<Book>().know_site(SiteFacts {
            site: self.id,
            country: self.country.clone(),
            operator: self.operator_id,
        });
    }
}

impl Catalogued for Item {
    type References = ItemCodes;
    const KIND: &'static str = "item";
    stamps!();

    fn reference(&self) -> &str {
        &self.code
    }
    fn uuid(id: ItemId) -> Uuid {
        id.0
    }
    fn judge(&self) -> Result<(), Problem> {
        judge_reference("/code", &self.code)?;
        let item = Self { code: STAND_IN.to_owned(), ..self.clone() };
        ItemWithPacks { item, packs: Vec::new() }.draft()?.checked().map(|_| ())
    }
    fn renewed(known: &Self, wanted: &Self) -> Result<Self, Problem> {
        if known.base_unit != wanted.base_unit {
            return Err(differs(
                "base_unit",
                &wanted.base_unit,
                &known.base_unit,
                "an item's base unit never changes, because every quantity recorded would change its meaning",
            ));
        }
        // A mapping without a category says nothing of it, and what is known stays.
        let is_stated = wanted.category != CATEGORY_NOT_STATED;
        Ok(Self {
            name: wanted.name.clone(),
            category: if is_stated { wanted.category.clone() } else { known.category.clone() },
            sector: wanted.sector.clone().or_else(|| known.sector.clone()),
            ..known.clone()
        })
    }
}

impl Catalogued for Programme {
    type References = ProgrammeCodes;
    const KIND: &'static str = "programme";
    fn stamped(self, revision: i64, created_at: Timestamp, updated_at: Timestamp) -> Self {
        // What is to be published with being recorded says no time of its own.
        let published_at = self.published_at.map(|at| if at == Timestamp(0) { updated_at } else { at });
        Self { revision, created_at, updated_at, published_at, ..self }
    }
    fn stamp(&self) -> (i64, Timestamp) {
        (self.revision, self.created_at)
    }

    fn reference(&self) -> &str {
        &self.code
    }
    fn uuid(id: ProgrammeId) -> Uuid {
        id.0
    }
    fn judge(&self) -> Result<(), Problem> {
        judge_reference("/code", &self.code)?;
        Self { code: STAND_IN.to_owned(), ..self.clone() }.draft()?.checked().map(|_| ())
    }
    fn renewed(known: &Self, wanted: &Self) -> Result<Self, Problem> {
        Ok(Self { name: wanted.name.clone(), ..known.clone() })
    }
}

/// A code that every room takes, where the reference of a file is judged by itself.
const STAND_IN: &str = "reference";

/// References of files are put together of several words and are longer than the codes people type.
fn judge_reference(pointer: &str, reference: &str) -> Result<(), Problem> {
    let mut check = Check::new();
    check.text(pointer, reference, NAME_CHARS_MAX);
    check.finish()
}

fn judge_optional(pointer: &str, reference: Option<&str>) -> Result<(), Problem> {
    reference.map_or(Ok(()), |reference| judge_reference(pointer, reference))
}

/// Says what differs from what is there already and why that cannot be. `field` is where the table's own
/// report looks for the column.
pub(super) fn differs(field: &str, wanted: &str, known: &str, why: &str) -> Problem {
    let words = format!("\"{wanted}\" differs from \"{known}\", which is recorded already: {why}");
    Problem::new(Code::WrongState, words).at(format!("/{field}")).with("value", wanted)
}

/// Makes a pack of an item be there as `wanted`.
pub struct SettlePack {
    /// Who says so.
    pub actor: Arc<Actor>,
    /// How it should be.
    pub wanted: Pack,
}

impl Update for SettlePack {
    type Answer = Settled<PackId>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Pack>>().want(self.wanted.id);
        desk.shelf::<Drawer<Item>>().want(self.wanted.item_id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let id = self.wanted.id;
        let known = desk.shelf::<Drawer<Pack>>().find(id)?;
        let Some(known) = known else {
            self.wanted.draft().checked()?;
            if desk.shelf::<Drawer<Item>>().find(self.wanted.item_id)?.is_none() {
                let words = format!("its item {} is not known here; record that first", self.wanted.item_id);
                return Err(Problem::field("/item", words).into());
            }
            desk.begin(entry("pack", "created", id.0));
            desk.shelf::<Drawer<Pack>>().put(self.wanted.clone());
            return Ok(Settled { id, change: Change::Created });
        };
        let content = |pack: &Pack| (pack.numerator, pack.denominator);
        if content(&known) != content(&self.wanted) {
            let words = |pack: &Pack| match pack.denominator {
                1 => pack.numerator.to_string(),
                packs => format!("{} in {packs} packs", pack.numerator),
            };
            let why = "papers name the pack by what it holds; call the other pack otherwise";
            return Err(differs("base_units", &words(&self.wanted), &words(&known), why).into());
        }
        Ok(Settled { id, change: Change::Unchanged })
    }
}
