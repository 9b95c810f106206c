//! One row as the records it states, before they meet those of other rows.
//!
//! A draft is whole or it is nothing: a row with any problem gives none, so a rejected row leaves
//! no trace in a plan. Never done here: looking at other rows.

use super::dates::TableDate;
use super::mapping::{
    ConsignmentSection, EventSection, LineSection, PackSection, SiteSection, WhenRowsDiffer,
};
use super::plan::{
    Attributes, ChargesPlan, CoordinatesPlan, ItemPlan, Money, OrganizationPlan, PackPlan, ProgrammePlan,
    SitePlan,
};
use super::reading::{Cell, RowReader};
use super::references::EventKind;
use super::stated::FigureName;
use super::value::{Decimal, base_units};
use crate::consignments::rules::Mode;

/// The records one row states. Organizations and sites stand in the mapping's order.
pub(super) struct Draft {
    pub programme: Option<ProgrammePlan>,
    pub organizations: Vec<Option<OrganizationPlan>>,
    pub sites: Vec<Option<SitePlan>>,
    pub item: Option<ItemPlan>,
    pub line: Option<LineDraft>,
    pub pledge: Option<PledgeDraft>,
    pub consignment: Option<ConsignmentDraft>,
    pub events: Vec<EventDraft>,
}

/// The row's line.
pub(super) struct LineDraft {
    pub reference: String,
    pub number: Decimal,
    pub quantity: i64,
    pub value: Option<Money>,
    pub price: Option<Money>,
    pub attributes: Attributes,
}

/// What the row says of its pledge.
pub(super) struct PledgeDraft {
    pub reference: String,
    pub attributes: Attributes,
}

/// What the row says of its consignment.
pub(super) struct ConsignmentDraft {
    pub reference: String,
    pub country: String,
    pub modes: Vec<Mode>,
    pub figures: Vec<(FigureName, Cell<i64>)>,
    pub charges: Option<ChargesPlan>,
    pub expected: Option<TableDate>,
    pub attributes: Attributes,
}

/// What the row says of one event.
pub(super) struct EventDraft {
    pub kind: EventKind,
    pub key: String,
    pub date_column: String,
    pub occurred: TableDate,
    pub when_rows_differ: WhenRowsDiffer,
    pub is_final: bool,
    pub leg: usize,
    pub received: Option<ReceivedDraft>,
}

/// What the row says came of its line, in base units.
#[derive(Clone, Copy)]
pub(super) struct ReceivedDraft {
    pub good: i64,
    pub damaged: i64,
    pub on_hold: i64,
    pub missing: i64,
    pub surplus: i64,
}

/// Reads a row. What is wrong is in the reader's problems; the draft counts only if there are none.
pub(super) fn read(row: &mut RowReader<'_>) -> Draft {
    let mapping = row.mapping();
    let programme = mapping.programme.as_ref().map(|section| ProgrammePlan {
        reference: row.reference("programme.reference", &section.reference),
        name: row.need("programme.name", &section.name),
    });
    let organizations = mapping.organizations.iter().enumerate().map(|(place, section)| {
        if section.optional && row.render(&section.reference).is_none() {
            return None;
        }
        Some(OrganizationPlan {
            reference: row.reference("organization.reference", &section.reference),
            name: row.need("organization.name", &section.name),
            section: place,
            roles: section.roles.iter().copied().collect(),
            country: section.country.as_ref().and_then(|country| row.country(country)),
            attributes: row.attributes(&section.attributes),
        })
    });
    let organizations = organizations.collect();
    let sites =
        mapping.sites.iter().enumerate().map(|(place, section)| read_site(row, place, section)).collect();
    let item = mapping.item.as_ref().map(|section| ItemPlan {
        reference: row.reference("item.reference", &section.reference),
        name: row.need("item.name", &section.name),
        base_unit: row.need("item.base_unit", &section.base_unit),
        category: section.category.as_ref().and_then(|category| row.render(category)),
        sector: section.sector.as_ref().and_then(|sector| row.render(sector)),
        packs: section.pack.iter().filter_map(|pack| read_pack(row, pack)).collect(),
        attributes: row.attributes(&section.attributes),
    });
    let pack = item.as_ref().and_then(|item| item.packs.first().cloned());
    let line = mapping.line.as_ref().and_then(|section| read_line(row, section, pack.as_ref()));
    let pledge = mapping.pledge.as_ref().map(|section| PledgeDraft {
        reference: row.reference("pledge.reference", &section.reference),
        attributes: row.attributes(&section.attributes),
    });
    let consignment = mapping.consignment.as_ref().map(|section| read_consignment(row, section));
    let mut draft =
        Draft { programme, organizations, sites, item, line, pledge, consignment, events: Vec::new() };
    for section in &mapping.events {
        let event = read_event(row, section, &draft, pack.as_ref());
        draft.events.extend(event);
    }
    draft
}

fn read_site(row: &mut RowReader<'_>, place: usize, section: &SiteSection) -> Option<SitePlan> {
    if section.optional && row.render(&section.reference).is_none() {
        return None;
    }
    Some(SitePlan {
        reference: row.reference("site.reference", &section.reference),
        name: row.need("site.name", &section.name),
        section: place,
        kind: section.kind,
        country: section.country.as_ref().and_then(|country| row.country(country)),
        coordinates: read_coordinates(row, section),
        locode: section.locode.as_ref().and_then(|locode| row.render(locode)),
        attributes: row.attributes(&section.attributes),
    })
}

/// Both coordinates or none, and on the globe.
fn read_coordinates(row: &mut RowReader<'_>, section: &SiteSection) -> Option<CoordinatesPlan> {
    let (north, east) = (section.latitude.as_deref()?, section.longitude.as_deref()?);
    let mut degrees = |column: &str, most: i64| {
        let read = row.number_in(column).known()?;
        let (numerator, denominator) = read.fraction();
        if i128::from(numerator.unsigned_abs()) > i128::from(most) * i128::from(denominator) {
            row.problem(column, format!("off the globe: expected -{most} to {most} degrees"));
        }
        Some(read)
    };
    match (degrees(north, 90), degrees(east, 180)) {
        (Some(latitude), Some(longitude)) => Some(CoordinatesPlan { latitude, longitude }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            row.problem(north, "a place needs latitude and longitude, or neither");
            None
        }
    }
}

fn read_pack(row: &mut RowReader<'_>, section: &PackSection) -> Option<PackPlan> {
    let name = row.need("item.pack.name", &section.name);
    let Some(units) = row.number_in(&section.base_units).known() else {
        row.problem_if_none(&section.base_units, "how many base units a pack holds is not known");
        return None;
    };
    let (numerator, denominator) = units.fraction();
    if numerator <= 0 {
        row.problem(&section.base_units, "a pack must hold something");
        return None;
    }
    Some(PackPlan { name, numerator, denominator })
}

/// A counted column in base units, through the pack if there is one.
fn in_base_units(
    row: &mut RowReader<'_>,
    column: &str,
    number: Decimal,
    pack: Option<&PackPlan>,
) -> Option<i64> {
    let (numerator, denominator) = pack.map_or((1, 1), |pack| (pack.numerator, pack.denominator));
    let units = base_units(number, numerator, denominator);
    if units.is_none() {
        row.problem(
            column,
            format!(
                "at {numerator}/{denominator} base units each, not a whole number of base units up to 2^53"
            ),
        );
    }
    units
}

fn read_line(row: &mut RowReader<'_>, section: &LineSection, pack: Option<&PackPlan>) -> Option<LineDraft> {
    let key = row.mapping().row.key.clone();
    let reference = row.need("line.reference", section.reference.as_ref().unwrap_or(&key));
    let currency = section.currency.as_ref().map(|currency| row.currency(currency)).unwrap_or_default();
    let mut money = |column: &Option<String>| {
        let column = column.as_deref()?;
        let digits = row.mapping().column(column).currency_digits();
        let minor = row.amount_in(column).known()?;
        Some(Money { minor, digits, currency: currency.clone() })
    };
    let (value, price) = (money(&section.value), money(&section.price));
    let attributes = row.attributes(&section.attributes);
    let Some(number) = row.number_in(&section.quantity).known() else {
        row.problem_if_none(&section.quantity, "the quantity is not known");
        return None;
    };
    if number.mantissa() <= 0 {
        row.problem(&section.quantity, "a line must hold more than nothing");
        return None;
    }
    let quantity = in_base_units(row, &section.quantity, number, pack)?;
    Some(LineDraft { reference, number, quantity, value, price, attributes })
}

/// The mode a word of a mapping stands for; a river is inland water.
fn mode_of(word: &str) -> Option<Mode> {
    if word == "river" { Some(Mode::InlandWater) } else { Mode::from_word(word) }
}

fn read_consignment(row: &mut RowReader<'_>, section: &ConsignmentSection) -> ConsignmentDraft {
    let reference = row.reference("consignment.reference", &section.reference);
    let before = row.problems.len();
    let country = row.country(&section.country).unwrap_or_default();
    if country.is_empty() && row.problems.len() == before {
        let column = row.first_column(&section.country);
        row.problem_if_none(&column, "the country of destination is not known");
    }
    let mut modes = Vec::new();
    for leg in &section.legs {
        let word = row.need("consignment.leg.mode", &leg.mode);
        match mode_of(&word) {
            Some(mode) => modes.push(mode),
            None if word.is_empty() => {}
            None => {
                let known = Mode::ALL.map(Mode::word).join(", ");
                let column = row.first_column(&leg.mode);
                row.problem(
                    &column,
                    format!("\"{word}\" is no mode of transport; a lookup must give one of {known}"),
                );
            }
        }
    }
    let columns = [
        (FigureName::Weight, &section.weight),
        (FigureName::Freight, &section.freight),
        (FigureName::Insurance, &section.insurance),
    ];
    let figures =
        columns.into_iter().filter_map(|(name, column)| Some((name, row.amount_in(column.as_deref()?))));
    let figures = figures.collect();
    let digits = section.freight.as_ref().or(section.insurance.as_ref());
    let digits = digits.map_or(0, |column| row.mapping().column(column).currency_digits());
    let charges = section.currency.as_ref().map(|code| ChargesPlan { currency: row.currency(code), digits });
    let expected = section.expected.as_ref().and_then(|column| row.date_in(column).known());
    let attributes = row.attributes(&section.attributes);
    ConsignmentDraft { reference, country, modes, figures, charges, expected, attributes }
}

/// The event a row states, if one of its dates is known.
fn read_event(
    row: &mut RowReader<'_>,
    section: &EventSection,
    draft: &Draft,
    pack: Option<&PackPlan>,
) -> Option<EventDraft> {
    let mut dated = |columns: &[String]| {
        columns.iter().find_map(|column| Some((column.clone(), row.date_in(column).known()?)))
    };
    let stated = dated(&section.occurred);
    let (date_column, occurred) =
        stated.or_else(|| dated(&section.inferred).map(|(c, date)| (c, date.inferred())))?;
    let subject = match section.kind {
        EventKind::Accepted => draft.pledge.as_ref().map(|pledge| &pledge.reference),
        EventKind::Departed | EventKind::Arrived | EventKind::Received => {
            draft.consignment.as_ref().map(|consignment| &consignment.reference)
        }
    }?;
    let key = match &section.key {
        Some(key) => row.need("event.key", key),
        None => subject.clone(),
    };
    let legs = row.mapping().consignment.as_ref().map_or(1, |consignment| consignment.legs.len());
    let usual = if section.kind == EventKind::Departed { 1 } else { legs };
    let received = match section.kind {
        EventKind::Received => Some(read_received(row, section, draft.line.as_ref()?.quantity, pack)?),
        EventKind::Accepted | EventKind::Departed | EventKind::Arrived => None,
    };
    Some(EventDraft {
        kind: section.kind,
        key,
        date_column,
        occurred,
        when_rows_differ: section.when_rows_differ,
        is_final: section.kind == EventKind::Received && section.is_final.unwrap_or(section.key.is_none()),
        leg: section.leg.unwrap_or(usual).saturating_sub(1),
        received,
    })
}

/// Splits a line into what came good and what did not.
fn read_received(
    row: &mut RowReader<'_>,
    section: &EventSection,
    quantity: i64,
    pack: Option<&PackPlan>,
) -> Option<ReceivedDraft> {
    let mut counted = |column: &Option<String>| -> Option<i64> {
        let Some(column) = column.as_deref() else { return Some(0) };
        let Some(number) = row.number_in(column).known() else { return Some(0) };
        in_base_units(row, column, number, pack)
    };
    let damaged = counted(&section.damaged)?;
    let on_hold = counted(&section.on_hold)?;
    let missing = counted(&section.missing)?;
    let surplus = counted(&section.surplus)?;
    // Each is at most 2^53, so the sum of three cannot overflow.
    let good = quantity - (damaged + on_hold + missing);
    if good < 0 || [damaged, on_hold, missing, surplus].iter().any(|part| *part < 0) {
        let column = section.missing.as_ref().or(section.damaged.as_ref()).or(section.on_hold.as_ref());
        let column = column.or(section.surplus.as_ref()).cloned().unwrap_or_default();
        row.problem(
            &column,
            "damaged, on hold and missing together must lie between nothing and the line's quantity",
        );
        return None;
    }
    Some(ReceivedDraft { good, damaged, on_hold, missing, surplus })
}
