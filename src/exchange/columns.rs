//! Which column of the table a member of a record came from, so that what the ledger refuses is said in the words
//! of the file.
//!
//! Never done here: choosing where a mapping names several columns; then the first stands for all.

use std::collections::BTreeMap;

use super::mapping::{Mapping, OrganizationSection, SiteSection};
use super::references::{EventKind, RecordAt};

/// Kinds of record that have members of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Programme,
    Organization(usize),
    Site(usize),
    Item,
    Pledge,
    PledgeLine,
    Consignment,
    Event(EventKind),
}

/// Columns by record and member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    by_member: BTreeMap<(Kind, &'static str), String>,
}

/// What is known of a record besides its kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// An organization's or site's section in the mapping.
    pub section: usize,
    /// An event's kind.
    pub event: Option<EventKind>,
}

impl Columns {
    /// The columns a mapping names.
    pub fn of(mapping: &Mapping) -> Columns {
        let mut columns = Columns::default();
        let first = |template| mapping.first_column(template);
        let mut add = |kind: Kind, member: &'static str, column: Option<&str>| {
            if let Some(column) = column {
                columns.by_member.insert((kind, member), column.to_owned());
            }
        };
        if let Some(section) = &mapping.programme {
            add(Kind::Programme, "code", first(&section.reference));
            add(Kind::Programme, "name", first(&section.name));
        }
        for (place, section) in mapping.organizations.iter().enumerate() {
            let kind = Kind::Organization(place);
            add(kind, "reference", first(&section.reference));
            add(kind, "name", first(&section.name));
            add(kind, "country", section.country.as_ref().and_then(first));
        }
        for (place, section) in mapping.sites.iter().enumerate() {
            let kind = Kind::Site(place);
            add(kind, "code", first(&section.reference));
            add(kind, "name", first(&section.name));
            add(kind, "country", section.country.as_ref().and_then(first));
            add(kind, "locode", section.locode.as_ref().and_then(first));
            add(kind, "latitude", section.latitude.as_deref());
            add(kind, "longitude", section.longitude.as_deref());
        }
        if let Some(section) = &mapping.item {
            add(Kind::Item, "code", first(&section.reference));
            add(Kind::Item, "name", first(&section.name));
            add(Kind::Item, "base_unit", first(&section.base_unit));
            add(Kind::Item, "category", section.category.as_ref().and_then(first));
            add(Kind::Item, "sector", section.sector.as_ref().and_then(first));
            let pack = section.pack.as_ref();
            add(Kind::Item, "base_units", pack.map(|pack| pack.base_units.as_str()));
            add(Kind::Item, "numerator", pack.map(|pack| pack.base_units.as_str()));
            add(Kind::Item, "denominator", pack.map(|pack| pack.base_units.as_str()));
        }
        flow(mapping, &mut add);
        columns
    }

    /// The column of a member the ledger names by its pointer, without the slash before it; the pointer itself
    /// where no column is known.
    pub fn column(&self, record: RecordAt, origin: Origin, pointer: &str) -> String {
        let kind = match record {
            RecordAt::Programme(_) => Kind::Programme,
            RecordAt::Organization(_) => Kind::Organization(origin.section),
            RecordAt::Site(_) => Kind::Site(origin.section),
            RecordAt::Item(_) => Kind::Item,
            RecordAt::Pledge(_) => Kind::Pledge,
            RecordAt::PledgeLine(_) => Kind::PledgeLine,
            RecordAt::Consignment(_) | RecordAt::ConsignmentLine(_) => Kind::Consignment,
            RecordAt::Event(_) => match origin.event {
                Some(kind) => Kind::Event(kind),
                None => return pointer.to_owned(),
            },
        };
        // As in lines/0/quantity, the last name says what it is.
        // A pack is named by its item.
        let pointer = if pointer == "pack/name" { "base_units" } else { pointer };
        let member = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or(pointer);
        let found = self.by_member.iter().find(|((of, name), _)| *of == kind && *name == member);
        found.map_or_else(|| pointer.to_owned(), |(_, column)| column.clone())
    }
}

/// Columns of pledges, lines, consignments and events.
fn flow(mapping: &Mapping, add: &mut impl FnMut(Kind, &'static str, Option<&str>)) {
    let organization = |alias: &str| -> Option<&OrganizationSection> {
        mapping.organizations.iter().find(|section| section.alias == alias)
    };
    let site =
        |alias: &str| -> Option<&SiteSection> { mapping.sites.iter().find(|section| section.alias == alias) };
    let first = |template| mapping.first_column(template);
    let quantity = mapping.line.as_ref().map(|line| line.quantity.as_str());
    let item = mapping.item.as_ref().and_then(|item| first(&item.reference));
    if let Some(section) = &mapping.pledge {
        let donor = organization(&section.donor).and_then(|donor| first(&donor.reference));
        let programme = mapping.programme.as_ref().and_then(|programme| first(&programme.reference));
        add(Kind::Pledge, "donor", donor);
        add(Kind::Pledge, "programme", programme);
        add(Kind::Pledge, "reference", first(&section.reference));
        add(Kind::PledgeLine, "quantity", quantity);
        add(Kind::PledgeLine, "lines", quantity);
        add(Kind::PledgeLine, "item", item);
        // A line that stands in another pledge names the wrong one of the two.
        add(Kind::PledgeLine, "pledge", first(&section.reference));
    }
    if let Some(section) = &mapping.consignment {
        let consignee = organization(&section.consignee).and_then(|party| first(&party.reference));
        let end = |alias: Option<&String>| first(&site(alias?)?.reference);
        add(Kind::Consignment, "reference", first(&section.reference));
        add(Kind::Consignment, "consignee", consignee);
        add(Kind::Consignment, "origin", end(section.legs.first().map(|leg| &leg.from)));
        add(Kind::Consignment, "destination", end(section.legs.last().map(|leg| &leg.to)));
        add(Kind::Consignment, "legs", section.legs.first().and_then(|leg| first(&leg.mode)));
        // The allocation of its goods.
        add(Kind::Consignment, "quantity", quantity);
        add(Kind::Consignment, "lines", quantity);
        add(Kind::Consignment, "item", item);
    }
    for section in &mapping.events {
        let kind = Kind::Event(section.kind);
        add(kind, "occurred_at", section.occurred.first().or(section.inferred.first()).map(String::as_str));
        add(kind, "quantity", quantity);
        // What is wrong with all lines together, or with one as a whole, is how much they are.
        add(kind, "lines", quantity);
        add(kind, "good", quantity);
        add(kind, "item", item);
        add(kind, "damaged", section.damaged.as_deref());
        add(kind, "on_hold", section.on_hold.as_deref());
        add(kind, "missing", section.missing.as_deref());
        add(kind, "surplus", section.surplus.as_deref());
    }
}
