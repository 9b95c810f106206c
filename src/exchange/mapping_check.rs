//! Whether a mapping's sections fit together, and whether a mapping fits a table.
//!
//! Checked once, when a mapping is loaded and when it meets a table, so that reading rows can
//! trust it. Never done here: looking at rows.

use std::collections::{BTreeMap, BTreeSet};

use super::mapping::{ColumnSection, ColumnType, Mapping, MappingError};
use super::references::{EventKind, OrganizationRole};
use super::template::{Piece, Template};

/// Which part of the mapping is wrong, and why.
type Finding = (String, String);

/// Checks a mapping against itself.
///
/// # Errors
/// [`MappingError::Inconsistent`], naming the key and what would be right.
pub fn check(mapping: &Mapping) -> Result<(), MappingError> {
    let inconsistent =
        |(at, reason): Finding| MappingError::Inconsistent { mapping: mapping.name.clone(), at, reason };
    check_name(mapping).map_err(inconsistent)?;
    check_columns(mapping).map_err(inconsistent)?;
    check_lookups(mapping).map_err(inconsistent)?;
    check_aliases(mapping).map_err(inconsistent)?;
    check_sections(mapping).map_err(inconsistent)?;
    check_types(mapping).map_err(inconsistent)
}

fn finding<T>(at: impl Into<String>, reason: impl Into<String>) -> Result<T, Finding> {
    Err((at.into(), reason.into()))
}

/// Whether a name can be part of identifiers and of the words of a command.
pub fn is_sound_name(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(sound)
}

fn check_name(mapping: &Mapping) -> Result<(), Finding> {
    if !is_sound_name(&mapping.name) {
        return finding("name", "use lower-case letters, digits, - and _ only");
    }
    Ok(())
}

/// Each column's settings belong to its type.
fn check_columns(mapping: &Mapping) -> Result<(), Finding> {
    for (name, column) in &mapping.columns {
        let at = format!("columns.\"{name}\"");
        let ColumnSection { kind, minimum, digits, unit, formats, see, .. } = column;
        let numeric = matches!(kind, ColumnType::Integer | ColumnType::Money);
        let fits = [
            ("minimum", minimum.is_some(), numeric, "integer or money"),
            ("digits", digits.is_some(), *kind == ColumnType::Money, "money"),
            ("unit", unit.is_some(), *kind == ColumnType::Weight, "weight"),
            ("formats", !formats.is_empty(), *kind == ColumnType::Date, "date"),
            ("see", see.is_some(), matches!(kind, ColumnType::Money | ColumnType::Weight), "money or weight"),
        ];
        if let Some((key, _, _, types)) = fits.into_iter().find(|(_, set, fit, _)| *set && !fit) {
            return finding(at, format!("{key} is for columns of type {types}"));
        }
        if digits.is_some_and(|digits| digits > 6) {
            return finding(at, "digits: no currency has more than 6 digits after the point");
        }
    }
    Ok(())
}

/// Every `{@name}` is there and leads to an end.
fn check_lookups(mapping: &Mapping) -> Result<(), Finding> {
    for (at, template) in templates(mapping) {
        for name in lookups_in(template) {
            if !mapping.lookups.contains_key(name) {
                return finding(at, format!("there is no [lookups.{name}]"));
            }
        }
    }
    for name in mapping.lookups.keys() {
        let mut seen = BTreeSet::new();
        let mut open = vec![name.as_str()];
        while let Some(next) = open.pop() {
            for reached in
                mapping.lookups.get(next).into_iter().flat_map(lookup_templates).flat_map(lookups_in)
            {
                if reached == name {
                    return finding(format!("lookups.{name}"), "leads back to itself");
                }
                if seen.insert(reached) {
                    open.push(reached);
                }
            }
        }
    }
    Ok(())
}

fn lookup_templates(lookup: &super::mapping::LookupSection) -> impl Iterator<Item = &Template> {
    std::iter::once(&lookup.of).chain(lookup.values.values()).chain(&lookup.otherwise)
}

fn lookups_in(template: &Template) -> impl Iterator<Item = &str> {
    template.pieces().iter().filter_map(|piece| match piece {
        Piece::Lookup(name) => Some(name.as_str()),
        Piece::Literal(_) | Piece::Column(_) | Piece::CountryCode(_) => None,
    })
}

/// Every `as` is given once, and whoever is named by it plays that role.
fn check_aliases(mapping: &Mapping) -> Result<(), Finding> {
    let mut aliases = BTreeSet::new();
    let organizations = mapping.organizations.iter().map(|section| &section.alias);
    for alias in organizations.chain(mapping.sites.iter().map(|section| &section.alias)) {
        if !aliases.insert(alias) {
            return finding("as", format!("\"{alias}\" is given twice"));
        }
    }
    let role = |at: &str, alias: &str, role: OrganizationRole, optional: bool| -> Result<(), Finding> {
        let Some(found) = mapping.organizations.iter().find(|section| section.alias == alias) else {
            return finding(at, format!("there is no [[organization]] with as = \"{alias}\""));
        };
        if !found.roles.contains(&role) {
            return finding(
                at,
                format!("organization \"{alias}\" needs the role {role:?} in lower case among its roles"),
            );
        }
        if found.optional && !optional {
            return finding(at, format!("organization \"{alias}\" cannot be optional here"));
        }
        Ok(())
    };
    if let Some(pledge) = &mapping.pledge {
        role("pledge.donor", &pledge.donor, OrganizationRole::Donor, false)?;
    }
    if let Some(consignment) = &mapping.consignment {
        role("consignment.consignor", &consignment.consignor, OrganizationRole::Consignor, false)?;
        role("consignment.consignee", &consignment.consignee, OrganizationRole::Consignee, false)?;
        if let Some(carrier) = &consignment.carrier {
            role("consignment.carrier", carrier, OrganizationRole::Carrier, true)?;
        }
        for alias in consignment.legs.iter().flat_map(|leg| [&leg.from, &leg.to]) {
            match mapping.sites.iter().find(|section| section.alias == *alias) {
                None => {
                    return finding("consignment.leg", format!("there is no [[site]] with as = \"{alias}\""));
                }
                Some(site) if site.optional => {
                    return finding("consignment.leg", format!("site \"{alias}\" cannot be optional here"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Sections that need each other are there.
fn check_sections(mapping: &Mapping) -> Result<(), Finding> {
    let carries_lines = mapping.pledge.is_some() || mapping.consignment.is_some();
    if carries_lines && mapping.line.is_none() {
        return finding("line", "a pledge or consignment needs [line]: its quantity");
    }
    if mapping.line.is_some() && !carries_lines {
        return finding("line", "needs a [pledge] or [consignment] to belong to");
    }
    if carries_lines && mapping.programme.is_none() {
        return finding("programme", "[pledge] and [consignment] need [programme]: which one they belong to");
    }
    if mapping.consignment.is_some() && mapping.pledge.is_none() {
        return finding("pledge", "[consignment] needs [pledge]: whose goods travel in it");
    }
    if mapping.line.is_some() && mapping.item.is_none() {
        return finding("item", "[line] needs [item]: what is counted");
    }
    if let Some(line) = &mapping.line
        && (line.value.is_some() || line.price.is_some())
        && line.currency.is_none()
    {
        return finding("line.currency", "value and price need a currency");
    }
    if let Some(consignment) = &mapping.consignment {
        if consignment.legs.is_empty() {
            return finding("consignment.leg", "at least one [[consignment.leg]] is needed");
        }
        if (consignment.freight.is_some() || consignment.insurance.is_some())
            && consignment.currency.is_none()
        {
            return finding("consignment.currency", "freight and insurance need a currency");
        }
    }
    let states_else = carries_lines || mapping.item.is_some() || mapping.programme.is_some();
    let names_else =
        !mapping.organizations.is_empty() || !mapping.sites.is_empty() || !mapping.events.is_empty();
    if let Some(need) = &mapping.need {
        if states_else || names_else {
            return finding(
                "need",
                "stands alone: what it names is there already; leave the other sections out",
            );
        }
        if need.site.is_none() && need.area.is_none() {
            return finding("need", "needs site or area: where it is needed");
        }
    }
    for event in &mapping.events {
        check_event(mapping, event)?;
    }
    check_acceptance(mapping)
}

/// What is on its way was accepted before: goods are allocated out of accepted lines only.
fn check_acceptance(mapping: &Mapping) -> Result<(), Finding> {
    let accepts = mapping.events.iter().any(|event| event.kind == EventKind::Accepted);
    match mapping.events.first() {
        Some(event) if !accepts => finding(
            format!("event {}", event.kind.word()),
            "needs an [[event]] with kind = \"accepted\": only accepted goods can be sent; where no column has its \
             date, name another under inferred",
        ),
        Some(_) | None => Ok(()),
    }
}

fn check_event(mapping: &Mapping, event: &super::mapping::EventSection) -> Result<(), Finding> {
    let at = format!("event {}", event.kind.word());
    if event.occurred.is_empty() && event.inferred.is_empty() {
        return finding(at, "name at least one date column in occurred or inferred");
    }
    let legs = match event.kind {
        EventKind::Accepted if mapping.pledge.is_none() => return finding(at, "needs [pledge]"),
        EventKind::Accepted => 0,
        EventKind::Departed | EventKind::Arrived | EventKind::Received => match &mapping.consignment {
            None => return finding(at, "needs [consignment]"),
            Some(consignment) => consignment.legs.len(),
        },
    };
    if event.leg.is_some_and(|leg| leg == 0 || leg > legs) {
        return finding(at, format!("leg is counted from 1, and there are {legs}"));
    }
    let received_only = [&event.damaged, &event.on_hold, &event.missing, &event.surplus];
    let counts = received_only.iter().any(|column| column.is_some()) || event.is_final.is_some();
    if counts && event.kind != EventKind::Received {
        return finding(at, "final, damaged, on_hold, missing and surplus are for received");
    }
    Ok(())
}

/// Every column used as a value is declared with a type that gives one.
fn check_types(mapping: &Mapping) -> Result<(), Finding> {
    let decimal: &[ColumnType] = &[ColumnType::Integer, ColumnType::Decimal];
    for (at, column, types) in valued_columns(mapping, decimal) {
        let kind = mapping.column(column).kind;
        if !types.contains(&kind) {
            let wanted =
                types.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect::<Vec<_>>().join(" or ");
            return finding(
                at,
                format!("column \"{column}\" must be declared in [columns] with type {wanted}"),
            );
        }
    }
    Ok(())
}

/// Columns used as values: where, which, and the types that fit.
fn valued_columns<'a>(
    mapping: &'a Mapping,
    decimal: &'static [ColumnType],
) -> Vec<(&'static str, &'a str, &'static [ColumnType])> {
    let mut found: Vec<(&'static str, &str, &'static [ColumnType])> = Vec::new();
    let mut add = |at, column: &'a Option<String>, types| {
        found.extend(column.as_deref().map(|column| (at, column, types)));
    };
    for site in &mapping.sites {
        add("site.latitude", &site.latitude, decimal);
        add("site.longitude", &site.longitude, decimal);
    }
    if let Some(line) = &mapping.line {
        add("line.value", &line.value, &[ColumnType::Money]);
        add("line.price", &line.price, &[ColumnType::Money]);
    }
    if let Some(consignment) = &mapping.consignment {
        add("consignment.weight", &consignment.weight, &[ColumnType::Weight]);
        add("consignment.freight", &consignment.freight, &[ColumnType::Money]);
        add("consignment.insurance", &consignment.insurance, &[ColumnType::Money]);
        add("consignment.expected", &consignment.expected, &[ColumnType::Date]);
    }
    if let Some(need) = &mapping.need {
        add("need.people", &need.people, &[ColumnType::Integer]);
        add("need.shelf_life_days", &need.shelf_life_days, &[ColumnType::Integer]);
    }
    for event in &mapping.events {
        add("event.damaged", &event.damaged, decimal);
        add("event.on_hold", &event.on_hold, decimal);
        add("event.missing", &event.missing, decimal);
        add("event.surplus", &event.surplus, decimal);
    }
    for event in &mapping.events {
        let dates = event.occurred.iter().chain(&event.inferred);
        found.extend(dates.map(|column| ("event.occurred", column.as_str(), &[ColumnType::Date][..])));
    }
    if let Some(line) = &mapping.line {
        found.push(("line.quantity", &line.quantity, decimal));
    }
    if let Some(need) = &mapping.need {
        found.push(("need.quantity", &need.quantity, &[ColumnType::Integer]));
        found.push(("need.needed_by", &need.needed_by, &[ColumnType::Date]));
    }
    if let Some(pack) = mapping.item.as_ref().and_then(|item| item.pack.as_ref()) {
        found.push(("item.pack.base_units", &pack.base_units, decimal));
    }
    found
}

/// Every template of a mapping and the section it stands in.
fn templates(mapping: &Mapping) -> Vec<(&'static str, &Template)> {
    let mut found = vec![("row.key", &mapping.row.key)];
    found.extend(mapping.lookups.values().flat_map(lookup_templates).map(|template| ("lookups", template)));
    if let Some(section) = &mapping.programme {
        found.extend([&section.reference, &section.name].map(|template| ("programme", template)));
    }
    for section in &mapping.organizations {
        let own = [&section.reference, &section.name].into_iter().chain(&section.country);
        found.extend(own.chain(section.attributes.values()).map(|template| ("organization", template)));
    }
    for section in &mapping.sites {
        let own =
            [&section.reference, &section.name].into_iter().chain(&section.country).chain(&section.locode);
        found.extend(own.chain(section.attributes.values()).map(|template| ("site", template)));
    }
    if let Some(section) = &mapping.item {
        let own = [&section.reference, &section.name, &section.base_unit].into_iter();
        let own =
            own.chain(&section.category).chain(&section.sector).chain(section.pack.as_ref().map(|p| &p.name));
        found.extend(own.chain(section.attributes.values()).map(|template| ("item", template)));
    }
    if let Some(section) = &mapping.line {
        let own = section.reference.iter().chain(&section.currency).chain(section.attributes.values());
        found.extend(own.map(|template| ("line", template)));
    }
    if let Some(section) = &mapping.pledge {
        let own = std::iter::once(&section.reference).chain(section.attributes.values());
        found.extend(own.map(|template| ("pledge", template)));
    }
    if let Some(section) = &mapping.consignment {
        let own = [&section.reference, &section.country].into_iter().chain(&section.currency);
        let own = own.chain(section.legs.iter().map(|leg| &leg.mode)).chain(section.attributes.values());
        found.extend(own.map(|template| ("consignment", template)));
    }
    found.extend(mapping.events.iter().filter_map(|section| Some(("event", section.key.as_ref()?))));
    if let Some(section) = &mapping.need {
        let own = [&section.programme, &section.item, &section.source].into_iter();
        let own = own.chain(&section.site).chain(&section.area).chain(&section.organization);
        found.extend(own.chain(&section.priority).chain(&section.note).map(|template| ("need", template)));
    }
    found
}

/// Every column a mapping reads.
pub fn columns_used(mapping: &Mapping) -> BTreeSet<&str> {
    let holes =
        templates(mapping).into_iter().flat_map(|(_, template)| template.pieces()).filter_map(|piece| {
            match piece {
                Piece::Column(column) | Piece::CountryCode(column) => Some(column.as_str()),
                Piece::Literal(_) | Piece::Lookup(_) => None,
            }
        });
    let valued = valued_columns(mapping, &[]).into_iter().map(|(_, column, _)| column);
    let skipped = mapping.row.skip.iter().map(|rule| rule.column.as_str());
    holes.chain(valued).chain(skipped).chain(mapping.columns.keys().map(String::as_str)).collect()
}

/// Finds each column a mapping reads in a table's header.
///
/// # Errors
/// [`MappingError::Columns`], naming all that are missing or doubled, and what there is.
pub fn locate_columns<'a>(
    mapping: &'a Mapping,
    header: &[String],
) -> Result<BTreeMap<&'a str, usize>, MappingError> {
    let mut places = BTreeMap::new();
    let (mut missing, mut doubled) = (Vec::new(), Vec::new());
    for column in columns_used(mapping) {
        let mut found = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
        match (found.next(), found.next()) {
            (Some(place), None) => {
                places.insert(column, place);
            }
            (Some(_), Some(_)) => doubled.push(format!("\"{column}\"")),
            (None, _) => missing.push(format!("\"{column}\"")),
        }
    }
    let mut reasons = Vec::new();
    if !missing.is_empty() {
        reasons.push(format!("no column {}", missing.join(", ")));
    }
    if !doubled.is_empty() {
        reasons.push(format!("more than one column {}", doubled.join(", ")));
    }
    if reasons.is_empty() {
        return Ok(places);
    }
    let mut there = header.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if header.len() == 1 {
        there.push_str(
            ", one cell: if its cells are parted by another character, name it in the mapping as file.delimiter",
        );
    }
    Err(MappingError::Columns { mapping: mapping.name.clone(), reason: reasons.join("; "), there })
}
