//! Rows that speak of the same record: what must agree, and what is added.
//!
//! A name, country, unit or party that differs from an earlier row's rejects the later row, which
//! is compared before anything of it is added; further facts only warn. Never done here: choosing
//! between two rows that contradict each other.

use std::collections::HashMap;

use super::draft::{ConsignmentDraft, Draft, PledgeDraft};
use super::plan::{
    Attributes, ConsignmentPlan, Figure, ItemPlan, LegPlan, OrganizationPlan, Plan, PledgePlan,
    ProgrammePlan, SitePlan, Warning, WarningKind,
};
use super::reading::RowReader;
use super::references::{ConsignmentAt, ItemAt, OrganizationAt, PledgeAt, ProgrammeAt, SiteAt};

/// Where each reference stands in the plan.
#[derive(Default)]
pub(super) struct Places {
    pub programmes: HashMap<String, ProgrammeAt>,
    pub organizations: HashMap<String, OrganizationAt>,
    pub sites: HashMap<String, SiteAt>,
    pub items: HashMap<String, ItemAt>,
    pub pledges: HashMap<String, PledgeAt>,
    pub consignments: HashMap<String, ConsignmentAt>,
}

/// Compares every record of a draft with what the plan says of it, and with its own others.
pub(super) fn check(row: &mut RowReader<'_>, plan: &Plan, places: &Places, draft: &Draft) {
    for (place, new) in draft.organizations.iter().enumerate() {
        let Some(new) = new else { continue };
        let planned = places.organizations.get(&new.reference).map(|at| &plan.organizations[at.0]);
        let own =
            draft.organizations.iter().take(place).flatten().find(|other| other.reference == new.reference);
        for old in planned.into_iter().chain(own) {
            let section = &row.mapping().organizations[place];
            let column = row.mapping().first_column(&section.name);
            agree(row, column, ("name of", &new.reference), &old.name, &new.name);
            let country = section.country.as_ref().and_then(|country| row.mapping().first_column(country));
            let country = country.or(column);
            agree(row, country, ("country of", &new.reference), word(&old.country), word(&new.country));
        }
    }
    for (place, new) in draft.sites.iter().enumerate() {
        let Some(new) = new else { continue };
        let planned = places.sites.get(&new.reference).map(|at| &plan.sites[at.0]);
        let own = draft.sites.iter().take(place).flatten().find(|other| other.reference == new.reference);
        for old in planned.into_iter().chain(own) {
            let section = &row.mapping().sites[place];
            let column = row.mapping().first_column(&section.name);
            agree(row, column, ("name of", &new.reference), &old.name, &new.name);
            let country = section.country.as_ref().and_then(|country| row.mapping().first_column(country));
            let country = country.or(column);
            agree(row, country, ("country of", &new.reference), word(&old.country), word(&new.country));
            if old.kind != new.kind || old.coordinates != new.coordinates || old.locode != new.locode {
                let reason =
                    format!("kind, place or code of \"{}\" differs from an earlier row", new.reference);
                row.problem(column.unwrap_or_default(), reason);
            }
        }
    }
    if let Some(new) = &draft.item
        && let Some(at) = places.items.get(&new.reference)
    {
        check_item(row, &plan.items[at.0], new);
    }
    check_flow(row, plan, places, draft);
}

fn check_item(row: &mut RowReader<'_>, old: &ItemPlan, new: &ItemPlan) {
    let Some(section) = &row.mapping().item else { return };
    agree(row, row.mapping().first_column(&section.name), ("name of", &new.reference), &old.name, &new.name);
    agree(
        row,
        row.mapping().first_column(&section.base_unit),
        ("base unit of", &new.reference),
        &old.base_unit,
        &new.base_unit,
    );
    let column = section.category.as_ref().and_then(|template| row.mapping().first_column(template));
    agree(row, column, ("category of", &new.reference), word(&old.category), word(&new.category));
    for pack in &new.packs {
        let same_name = old.packs.iter().find(|other| other.name == pack.name);
        if let Some(other) = same_name.filter(|other| *other != pack) {
            let column = section.pack.as_ref().map_or("", |pack| pack.base_units.as_str());
            let reason = format!(
                "pack \"{}\" of \"{}\" held {}/{} base units in an earlier row",
                pack.name, new.reference, other.numerator, other.denominator
            );
            row.problem(column, reason);
        }
    }
}

/// The parties and the way of a pledge or consignment stay what the first row said.
fn check_flow(row: &mut RowReader<'_>, plan: &Plan, places: &Places, draft: &Draft) {
    let mapping = row.mapping();
    let organization = |alias: &str| {
        let place = mapping.organizations.iter().position(|section| section.alias == alias)?;
        draft.organizations.get(place)?.as_ref().map(|found| found.reference.as_str())
    };
    let name_of = |at: OrganizationAt| plan.organizations[at.0].reference.as_str();
    if let (Some(section), Some(new)) = (&mapping.pledge, &draft.pledge)
        && let Some(old) = places.pledges.get(&new.reference).map(|at| &plan.pledges[at.0])
    {
        let donor = organization(&section.donor).unwrap_or_default();
        let column = row.mapping().first_column(&section.reference);
        agree(row, column, ("donor of", &new.reference), name_of(old.donor), donor);
    }
    let (Some(section), Some(new)) = (&mapping.consignment, &draft.consignment) else { return };
    let Some(old) = places.consignments.get(&new.reference).map(|at| &plan.consignments[at.0]) else {
        return;
    };
    let column = row.mapping().first_column(&section.reference);
    let consignor = organization(&section.consignor).unwrap_or_default();
    agree(row, column, ("consignor of", &new.reference), name_of(old.consignor), consignor);
    let consignee = organization(&section.consignee).unwrap_or_default();
    agree(row, column, ("consignee of", &new.reference), name_of(old.consignee), consignee);
    let carrier = section.carrier.as_deref().and_then(organization).unwrap_or_default();
    agree(row, column, ("carrier of", &new.reference), old.carrier.map_or("", name_of), carrier);
    agree(
        row,
        row.mapping().first_column(&section.country),
        ("country of", &new.reference),
        &old.country,
        &new.country,
    );
    let site = |alias: &str| {
        let place = mapping.sites.iter().position(|section| section.alias == alias)?;
        draft.sites.get(place)?.as_ref().map(|found| found.reference.as_str())
    };
    let site_name = |at: SiteAt| plan.sites[at.0].reference.as_str();
    for ((leg, old), mode) in section.legs.iter().zip(&old.legs).zip(&new.modes) {
        agree(
            row,
            column,
            ("start of a leg of", &new.reference),
            site_name(old.from),
            site(&leg.from).unwrap_or_default(),
        );
        agree(
            row,
            column,
            ("end of a leg of", &new.reference),
            site_name(old.to),
            site(&leg.to).unwrap_or_default(),
        );
        if old.mode != *mode {
            let column = row.mapping().first_column(&leg.mode).or(column).unwrap_or_default();
            row.problem(column, format!("the mode of \"{}\" differs from an earlier row", new.reference));
        }
    }
}

fn word(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// Notes a problem when two rows disagree.
fn agree(row: &mut RowReader<'_>, column: Option<&str>, what: (&str, &str), old: &str, new: &str) {
    if old != new {
        let (what, reference) = what;
        let reason = format!("{what} \"{reference}\" is \"{new}\" here and \"{old}\" in an earlier row");
        row.problem(column.unwrap_or_default(), reason);
    }
}

/// Keeps the first value of each further fact and warns of others.
fn add_attributes(row: &mut RowReader<'_>, kept: &mut Attributes, new: Attributes) {
    for (attribute, value) in new {
        match kept.get(&attribute) {
            None => {
                kept.insert(attribute, value);
            }
            Some(old) if *old != value => {
                let kind = WarningKind::AttributeDiffers { attribute, kept: old.clone() };
                row.warnings.push(Warning { row: row.number(), column: String::new(), value, kind });
            }
            Some(_) => {}
        }
    }
}

pub(super) fn programme(plan: &mut Plan, places: &mut Places, new: ProgrammePlan) -> ProgrammeAt {
    *places.programmes.entry(new.reference.clone()).or_insert_with(|| {
        plan.programmes.push(new);
        ProgrammeAt(plan.programmes.len() - 1)
    })
}

pub(super) fn organization(
    row: &mut RowReader<'_>,
    plan: &mut Plan,
    places: &mut Places,
    new: OrganizationPlan,
) -> OrganizationAt {
    if let Some(at) = places.organizations.get(&new.reference) {
        let planned = &mut plan.organizations[at.0];
        planned.roles.extend(new.roles);
        add_attributes(row, &mut planned.attributes, new.attributes);
        return *at;
    }
    let at = OrganizationAt(plan.organizations.len());
    places.organizations.insert(new.reference.clone(), at);
    plan.organizations.push(new);
    at
}

pub(super) fn site(row: &mut RowReader<'_>, plan: &mut Plan, places: &mut Places, new: SitePlan) -> SiteAt {
    if let Some(at) = places.sites.get(&new.reference) {
        add_attributes(row, &mut plan.sites[at.0].attributes, new.attributes);
        return *at;
    }
    let at = SiteAt(plan.sites.len());
    places.sites.insert(new.reference.clone(), at);
    plan.sites.push(new);
    at
}

/// Adds an item and its pack; gives the item's place and the pack's among the item's packs.
pub(super) fn item(
    row: &mut RowReader<'_>,
    plan: &mut Plan,
    places: &mut Places,
    new: ItemPlan,
) -> (ItemAt, Option<usize>) {
    let pack = new.packs.first().cloned();
    let at = match places.items.get(&new.reference) {
        Some(at) => {
            let planned = &mut plan.items[at.0];
            for pack in new.packs {
                if !planned.packs.contains(&pack) {
                    planned.packs.push(pack);
                }
            }
            add_attributes(row, &mut planned.attributes, new.attributes);
            *at
        }
        None => {
            let at = ItemAt(plan.items.len());
            places.items.insert(new.reference.clone(), at);
            plan.items.push(new);
            at
        }
    };
    (at, pack.and_then(|pack| plan.items[at.0].packs.iter().position(|other| *other == pack)))
}

pub(super) fn pledge(
    row: &mut RowReader<'_>,
    plan: &mut Plan,
    places: &mut Places,
    new: PledgeDraft,
    organizations: &[Option<OrganizationAt>],
    programme: Option<ProgrammeAt>,
) -> Option<PledgeAt> {
    if let Some(at) = places.pledges.get(&new.reference) {
        add_attributes(row, &mut plan.pledges[at.0].attributes, new.attributes);
        return Some(*at);
    }
    let mapping = row.mapping();
    let section = mapping.pledge.as_ref()?;
    let place = mapping.organizations.iter().position(|organization| organization.alias == section.donor)?;
    let at = PledgeAt(plan.pledges.len());
    plan.pledges.push(PledgePlan {
        reference: new.reference.clone(),
        donor: (*organizations.get(place)?)?,
        programme,
        title_passes: section.title_passes,
        attributes: new.attributes,
        lines: Vec::new(),
    });
    places.pledges.insert(new.reference, at);
    Some(at)
}

pub(super) fn consignment(
    row: &mut RowReader<'_>,
    plan: &mut Plan,
    places: &mut Places,
    new: ConsignmentDraft,
    organizations: &[Option<OrganizationAt>],
    sites: &[Option<SiteAt>],
) -> Option<ConsignmentAt> {
    if let Some(at) = places.consignments.get(&new.reference) {
        let planned = &mut plan.consignments[at.0];
        planned.expected = planned.expected.max(new.expected);
        add_attributes(row, &mut planned.attributes, new.attributes);
        return Some(*at);
    }
    let mapping = row.mapping();
    let section = mapping.consignment.as_ref()?;
    let organization = |alias: &str| {
        let place = mapping.organizations.iter().position(|section| section.alias == alias)?;
        organizations.get(place).copied().flatten()
    };
    let site = |alias: &str| {
        let place = mapping.sites.iter().position(|section| section.alias == alias)?;
        sites.get(place).copied().flatten()
    };
    let legs = section.legs.iter().zip(&new.modes);
    let legs =
        legs.map(|(leg, mode)| Some(LegPlan { from: site(&leg.from)?, to: site(&leg.to)?, mode: *mode }));
    let at = ConsignmentAt(plan.consignments.len());
    plan.consignments.push(ConsignmentPlan {
        reference: new.reference.clone(),
        consignor: organization(&section.consignor)?,
        consignee: organization(&section.consignee)?,
        carrier: section.carrier.as_deref().and_then(organization),
        country: new.country,
        legs: legs.collect::<Option<Vec<_>>>()?,
        weight_grams: Figure::default(),
        freight: Figure::default(),
        insurance: Figure::default(),
        charges: new.charges,
        declared_value: None,
        expected: new.expected,
        attributes: new.attributes,
        lines: Vec::new(),
        stated: Vec::new(),
    });
    places.consignments.insert(new.reference, at);
    Some(at)
}
