//! What rows are about, and the words people know it by.

use super::rules::Group;
use crate::auth::Scope;
use crate::consignments::consignments_within;
use crate::core::id::{ConsignmentId, ItemId, LotId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{consignments, pledges};
use crate::db::{Conn, read_failure};
use crate::pledges::pledges_within;
use crate::totals::rules::PlaceMeaning;
use crate::totals::{Key, Named, Names, Thing, Unnamed, country};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Identifiers of one IN list; SQLite takes 32,766 bound values.
const NAMES_PER_QUERY: usize = 5_000;

/// What a row is about: null in dimensions it is not grouped by, or without one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub(super) struct KeyRow {
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) programme_id: Option<ProgrammeId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) donor_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) pledge_id: Option<PledgeId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) item_id: Option<ItemId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) lot_id: Option<LotId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) country: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site_id: Option<SiteId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) holder_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) owner_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) consignee_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) consignment_id: Option<ConsignmentId>,
}

/// The columns of rows that are grouped.
pub(super) struct Columns {
    /// Behind `SELECT`: every column of [`KeyRow`].
    pub(super) selected: String,
    /// Behind `GROUP BY`: those that are grouped by.
    pub(super) grouped: String,
}

impl Columns {
    /// For these dimensions, of which there must be one.
    pub(super) fn of(groups: &[Group], place: PlaceMeaning) -> Self {
        let selected = Group::ALL.map(|group| {
            let name = if group == Group::Country { "country" } else { group.column(place) };
            let kind = if group == Group::Country { "TEXT" } else { "BYTEA" };
            if groups.contains(&group) {
                format!("{} AS {name}", group.column(place))
            } else {
                format!("CAST(NULL AS {kind}) AS {name}")
            }
        });
        let grouped: Vec<&str> = groups.iter().map(|group| group.column(place)).collect();
        Self { selected: selected.join(", "), grouped: grouped.join(", ") }
    }
}

/// The words people know things by, of all that rows are about.
pub(super) struct Words {
    names: Names,
    pledges: HashMap<Uuid, Option<String>>,
    consignments: HashMap<Uuid, (String, Option<String>)>,
}

/// Everything in a set of rows that wants words.
#[derive(Default)]
pub(super) struct Wanted {
    unnamed: Unnamed,
    pledges: BTreeSet<PledgeId>,
    consignments: BTreeSet<ConsignmentId>,
}

fn bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

impl Wanted {
    /// Wants words for what a row is about.
    pub(super) fn add(&mut self, row: &KeyRow) {
        let parties = [row.donor_id, row.holder_id, row.owner_id, row.consignee_id];
        self.unnamed.organizations.extend(parties.into_iter().flatten().map(|id| bytes(id.0)));
        self.unnamed.programmes.extend(row.programme_id.map(|id| bytes(id.0)));
        self.unnamed.items.extend(row.item_id.map(|id| bytes(id.0)));
        self.unnamed.lots.extend(row.lot_id.map(|id| bytes(id.0)));
        self.unnamed.sites.extend(row.site_id.map(|id| bytes(id.0)));
        self.pledges.extend(row.pledge_id);
        self.consignments.extend(row.consignment_id);
    }

    /// Wants the words of a programme.
    pub(super) fn programme(&mut self, id: ProgrammeId) {
        self.unnamed.programmes.insert(bytes(id.0));
    }

    /// Wants the words of an organization.
    pub(super) fn party(&mut self, id: OrganizationId) {
        self.unnamed.organizations.insert(bytes(id.0));
    }

    /// Wants the words of a pledge.
    pub(super) fn pledge(&mut self, id: PledgeId) {
        self.pledges.insert(id);
    }

    /// Wants the words of a lot.
    pub(super) fn lot(&mut self, id: LotId) {
        self.unnamed.lots.insert(bytes(id.0));
    }

    /// Wants the words of an item.
    pub(super) fn item(&mut self, id: ItemId) {
        self.unnamed.items.insert(bytes(id.0));
    }

    /// Wants the words of a site.
    pub(super) fn site(&mut self, id: SiteId) {
        self.unnamed.sites.insert(bytes(id.0));
    }

    /// Wants the words of a consignment.
    pub(super) fn consignment(&mut self, id: ConsignmentId) {
        self.consignments.insert(id);
    }

    /// Loads them: a query for each kind of thing. Of consignments and pledges there are words only within reach.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) fn load(self, conn: &mut Conn, scope: &Scope) -> Outcome<Words> {
        let mut words = Words {
            names: Names::of(conn, self.unnamed)?,
            pledges: HashMap::new(),
            consignments: HashMap::new(),
        };
        for chunk in Vec::from_iter(self.pledges).chunks(NAMES_PER_QUERY) {
            let found: Vec<(PledgeId, Option<String>)> = pledges_within(pledges::table.into_boxed(), scope)
                .filter(pledges::id.eq_any(chunk))
                .select((pledges::id, pledges::reference))
                .load(conn)
                .map_err(read_failure)?;
            words.pledges.extend(found.into_iter().map(|(id, reference)| (id.0, reference)));
        }
        for chunk in Vec::from_iter(self.consignments).chunks(NAMES_PER_QUERY) {
            let within = consignments_within(consignments::table.into_boxed(), scope);
            let found: Vec<(ConsignmentId, String, Option<String>)> = within
                .filter(consignments::id.eq_any(chunk))
                .select((consignments::id, consignments::tracking_code, consignments::reference))
                .load(conn)
                .map_err(read_failure)?;
            words
                .consignments
                .extend(found.into_iter().map(|(id, code, reference)| (id.0, (code, reference))));
        }
        Ok(words)
    }
}

impl Words {
    /// What a row is about; null where a dimension has no value.
    pub(super) fn keys(&self, groups: &[Group], row: &KeyRow) -> BTreeMap<&'static str, Option<Key>> {
        groups.iter().map(|group| (group.word(), self.key(*group, row))).collect()
    }

    fn key(&self, group: Group, row: &KeyRow) -> Option<Key> {
        let named = |thing, id: Option<Uuid>| id.map(|id| Key::Named(self.names.named(thing, id)));
        let party = |id: Option<OrganizationId>| named(Thing::Organization, id.map(|id| id.0));
        match group {
            Group::Programme => named(Thing::Programme, row.programme_id.map(|id| id.0)),
            Group::Donor => party(row.donor_id),
            Group::Pledge => row.pledge_id.map(|id| Key::Named(self.pledge(id))),
            Group::Item => named(Thing::Item, row.item_id.map(|id| id.0)),
            Group::Lot => named(Thing::Lot, row.lot_id.map(|id| id.0)),
            Group::Country => row.country.as_deref().map(country),
            Group::Site => named(Thing::Site, row.site_id.map(|id| id.0)),
            Group::Holder => party(row.holder_id),
            Group::Owner => party(row.owner_id),
            Group::Consignee => party(row.consignee_id),
            Group::Consignment => row.consignment_id.map(|id| Key::Named(self.consignment(id))),
        }
    }

    /// A programme with its words.
    pub(super) fn programme(&self, id: ProgrammeId) -> Named {
        self.names.named(Thing::Programme, id.0)
    }

    /// An organization with its words.
    pub(super) fn party(&self, id: OrganizationId) -> Named {
        self.names.named(Thing::Organization, id.0)
    }

    /// A pledge by its reference, which is not told of one beyond reach.
    pub(super) fn pledge(&self, id: PledgeId) -> Named {
        Named { name: None, code: self.pledges.get(&id.0).cloned().flatten(), id: id.0 }
    }

    /// A lot with its number.
    pub(super) fn lot(&self, id: LotId) -> Named {
        self.names.named(Thing::Lot, id.0)
    }

    /// An item with its words.
    pub(super) fn item(&self, id: ItemId) -> Named {
        self.names.named(Thing::Item, id.0)
    }

    /// A site with its words.
    pub(super) fn site(&self, id: SiteId) -> Named {
        self.names.named(Thing::Site, id.0)
    }

    /// Whether a consignment that words were wanted for is within reach.
    pub(super) fn reaches(&self, id: ConsignmentId) -> bool {
        self.consignments.contains_key(&id.0)
    }

    /// A consignment by its tracking code and reference; neither is told of one beyond reach.
    pub(super) fn consignment(&self, id: ConsignmentId) -> Named {
        let (name, code) = match self.consignments.get(&id.0) {
            Some((code, reference)) => (Some(code.clone()), reference.clone()),
            None => (None, None),
        };
        Named { name, code, id: id.0 }
    }
}
