//! The words people know things by, for the keys of totals.

use super::regions::m49;
use super::row::Row;
use super::rules::{Group, PlaceMeaning, Question};
use super::view::{Key, Named};
use crate::atlas::{Country, CountryCode, Language, Region};
use crate::core::id::{OrganizationId, SiteId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Month;
use crate::db::schema::{items, lots, organizations, programmes, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::parties::hidden_organizations;
use crate::sites::rules::COUNTRY_NOT_STATED;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// What stands where a country's name would, for places whose file states none.
const NOT_STATED: &str = "not stated";

/// What words are wanted for.
#[derive(Clone, Debug, Default)]
pub struct Unnamed {
    /// Programmes.
    pub programmes: BTreeSet<Vec<u8>>,
    /// Organizations.
    pub organizations: BTreeSet<Vec<u8>>,
    /// Items.
    pub items: BTreeSet<Vec<u8>>,
    /// Lots; those that are not known have no words.
    pub lots: BTreeSet<Vec<u8>>,
    /// Sites.
    pub sites: BTreeSet<Vec<u8>>,
}

/// A kind of thing that has words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A programme.
    Programme,
    /// An organization.
    Organization,
    /// An item.
    Item,
    /// A lot.
    Lot,
    /// A site.
    Site,
}

/// The words people know things by, one query for each kind of thing.
#[derive(Default)]
pub struct Names {
    programmes: HashMap<Uuid, (String, Option<String>)>,
    organizations: HashMap<Uuid, (String, Option<String>)>,
    items: HashMap<Uuid, (String, Option<String>)>,
    lots: HashMap<Uuid, (String, Option<String>)>,
    sites: HashMap<Uuid, (String, Option<String>)>,
    /// Organizations that are not to be named: as if there were none.
    hidden: HashSet<OrganizationId>,
}

/// Loads name and code of a set of things.
macro_rules! load_names {
    ($conn:expr, $ids:expr, $table:ident, $name:expr, $code:expr) => {{
        let ids: Vec<Vec<u8>> = $ids.into_iter().collect();
        let mut names = HashMap::with_capacity(ids.len());
        let found: Vec<(Vec<u8>, String, Option<String>)> = in_parts(&ids, |part| {
            $table::table.filter($table::id.eq_any(part)).select(($table::id, $name, $code)).load($conn)
        })
        .map_err(read_failure)?;
        for (id, name, code) in found {
            names.insert(uuid_of(&id)?, (name, code));
        }
        names
    }};
}

fn uuid_of(bytes: &[u8]) -> Outcome<Uuid> {
    Uuid::from_slice(bytes)
        .map_err(|error| Problem::new(Code::Internal, "").log(format!("an identifier in rollups: {error}")))
}

impl Names {
    /// The words of all that is named, as everybody of the house reads them.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn of(conn: &mut Conn, unnamed: Unnamed) -> Outcome<Self> {
        let Unnamed {
            programmes: groups,
            organizations: parties,
            items: goods,
            lots: batches,
            sites: places,
        } = unnamed;
        Ok(Self {
            programmes: load_names!(conn, groups, programmes, programmes::name, programmes::code.nullable()),
            organizations: load_names!(
                conn,
                parties,
                organizations,
                organizations::name,
                organizations::reference
            ),
            items: load_names!(conn, goods, items, items::name, items::code.nullable()),
            lots: load_names!(conn, batches, lots, lots::number, lots::number.nullable()),
            sites: load_names!(conn, places, sites, sites::name, sites::code),
            hidden: HashSet::new(),
        })
    }

    /// Something with its words, as far as it has any.
    pub fn named(&self, thing: Thing, id: Uuid) -> Named {
        let names = match thing {
            Thing::Programme => &self.programmes,
            Thing::Organization => &self.organizations,
            Thing::Item => &self.items,
            Thing::Lot => &self.lots,
            Thing::Site => &self.sites,
        };
        let (name, code) =
            names.get(&id).map_or((None, None), |(name, code)| (Some(name.clone()), code.clone()));
        Named { name, code, id }
    }

    pub(super) fn load(conn: &mut Conn, question: &Question, rows: &[Row]) -> Outcome<Self> {
        let of = |read: fn(&Row) -> Vec<&Option<Vec<u8>>>| -> BTreeSet<Vec<u8>> {
            rows.iter().flat_map(read).flatten().cloned().collect()
        };
        let by = |group, read: fn(&Row) -> Vec<&Option<Vec<u8>>>| {
            if question.group_by.contains(&group) { of(read) } else { BTreeSet::new() }
        };
        let parties = of(|row| vec![&row.donor_id, &row.holder_id, &row.owner_id, &row.consignee_id]);
        let unnamed = Unnamed {
            programmes: by(Group::Programme, |row| vec![&row.programme_id]),
            organizations: parties.clone(),
            items: by(Group::Item, |row| vec![&row.item_id]),
            lots: by(Group::Lot, |row| vec![&row.lot_id]),
            sites: of(|row| vec![&row.site_id, &row.origin_id, &row.destination_id]),
        };
        let mut names = Self::of(conn, unnamed)?;
        if let Some(eyes) = &question.eyes {
            let of = parties.iter().map(|id| uuid_of(id).map(OrganizationId)).collect::<Outcome<Vec<_>>>()?;
            names.hidden = hidden_organizations(conn, eyes, of)?;
        }
        Ok(names)
    }

    /// What a row is about; null where a dimension has no value.
    pub(super) fn keys(&self, question: &Question, row: &Row) -> BTreeMap<&'static str, Option<Key>> {
        // References of organizations and codes of sites are of our own books.
        let of_books = |known: Named| Named { code: known.code.filter(|_| question.eyes.is_none()), ..known };
        let party = |id: Option<&[u8]>| {
            let known = named(&self.organizations, id)?;
            let is_hidden = self.hidden.contains(&OrganizationId(known.id));
            (!is_hidden).then(|| Key::Named(of_books(known)))
        };
        let place = |id: Option<&[u8]>| named(&self.sites, id).map(of_books);
        let key = |group: &Group| match group {
            Group::Programme => named(&self.programmes, row.programme_id.as_deref()).map(Key::Named),
            Group::Donor => party(row.donor_id.as_deref()),
            Group::Item => named(&self.items, row.item_id.as_deref()).map(Key::Named),
            Group::Lot => named(&self.lots, row.lot_id.as_deref()).map(Key::Named),
            Group::Site => place(row.site_id.as_deref()).map(Key::Named),
            Group::Holder => party(row.holder_id.as_deref()),
            Group::Owner => party(row.owner_id.as_deref()),
            Group::Consignee => party(row.consignee_id.as_deref()),
            Group::Country => row.country.as_deref().map(country),
            Group::Corridor => {
                let (origin, destination) =
                    (place(row.origin_id.as_deref()), place(row.destination_id.as_deref()));
                origin.zip(destination).map(|(origin, destination)| Key::Corridor { origin, destination })
            }
            Group::Month => row.month.map(|month| Key::Month(Month(month).to_string())),
            Group::Area => area(question, row),
            Group::Subregion => region(row, Country::subregion),
            Group::Region => region(row, Country::region),
        };
        question.group_by.iter().map(|group| (group.word(), key(group))).collect()
    }
}

/// The site of a row, as the question means place.
pub(super) fn site_of(question: &Question, row: &Row) -> Option<SiteId> {
    let id = match question.place {
        PlaceMeaning::At => row.site_id.as_deref(),
        PlaceMeaning::For => row.destination_id.as_deref(),
    };
    Uuid::from_slice(id?).ok().map(SiteId)
}

/// The area of a row's site; null where it has none.
fn area(question: &Question, row: &Row) -> Option<Key> {
    let place = question.narrowed.areas.get(&site_of(question, row)?)?;
    let area = place.area.clone()?;
    Some(Key::Area { name: area.name, code: area.code, id: area.id, country: place.country.clone() })
}

/// The region of a row's country; null where it is in none, or not stated.
fn region(row: &Row, of: fn(&Country) -> Option<&Region>) -> Option<Key> {
    let code: CountryCode = row.country.as_deref()?.parse().ok()?;
    let region = of(code.country())?;
    Some(Key::Region { name: region.name.to_string(), code: m49(region) })
}

fn named(names: &HashMap<Uuid, (String, Option<String>)>, id: Option<&[u8]>) -> Option<Named> {
    let id = Uuid::from_slice(id?).ok()?;
    let (name, code) = match names.get(&id) {
        Some((name, code)) => (Some(name.clone()), code.clone()),
        // A lot that is not known has no row.
        None => (None, None),
    };
    Some(Named { name, code, id })
}

/// A country with its name in English.
pub fn country(code: &str) -> Key {
    if code == COUNTRY_NOT_STATED {
        return Key::Country { name: NOT_STATED.to_owned(), code: code.to_owned() };
    }
    let name = code
        .parse::<CountryCode>()
        .map_or_else(|_| code.to_owned(), |code| code.country().short_name(Language::English).to_owned());
    Key::Country { name, code: code.to_owned() }
}
