//! What goes with goods: the waybill, and the list of what is in which package.

use super::formats::{cubic_metres, day, kilograms, number};
use super::goods::{Line, sum};
use super::model::{Block, Column, Fact, Paper, Signature, Table, Value};
use super::packages::{Held, Packing, Unit};
use super::rules::Language;
use super::shipment::Shipment;
use super::words::{Goods, Phrase, mode};
use crate::documents::Document;

/// A way is a handful of legs; where it is longer, the consignment itself tells the rest.
const LEGS_SHOWN: usize = 200;

/// What a waybill is told of besides the shipment.
#[derive(Default)]
pub(super) struct Waybill {
    /// The document that gave it its number, where there is one.
    pub(super) document: Option<Document>,
    /// Who signed, where that is known and may be read.
    pub(super) signatures: Vec<Signature>,
}

/// Who is to sign a waybill where nobody has.
pub(super) fn waybill_signatures(language: Language) -> Vec<Signature> {
    [Phrase::HandedOverBy, Phrase::CarriedBy, Phrase::ReceivedBy]
        .into_iter()
        .map(|act| Signature::open(act.said(language)))
        .collect()
}

/// The waybill.
pub(super) fn waybill(language: Language, shipment: &Shipment, told: Waybill, foot: Vec<String>) -> Paper {
    let document = told.document.as_ref();
    let mut blocks = notices(language, shipment);
    let issued = document.map(|document| day(language, &document.issued_on));
    let mut facts = vec![
        Fact::new(
            Phrase::Number.said(language),
            Value::code_of(document.and_then(|one| one.number.as_deref())),
        ),
        Fact::new(Phrase::Date.said(language), Value::number_of(issued)),
    ];
    facts.extend(parties(language, shipment));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Code(shipment.consignment.tracking_code.as_str().into()));
    blocks.push(Block::Table(way(language, shipment)));
    blocks.push(Block::Table(goods(language, shipment)));
    blocks.push(Block::Facts(weights(language, shipment)));
    if !shipment.loads.is_empty() {
        blocks.push(Block::Table(vehicles(language, shipment)));
    }
    let signatures = if told.signatures.is_empty() { waybill_signatures(language) } else { told.signatures };
    blocks.push(Block::Signatures(signatures));
    paper(language, Phrase::Waybill, shipment, blocks, foot)
}

/// The packing list.
pub(super) fn packing_list(language: Language, shipment: &Shipment, foot: Vec<String>) -> Paper {
    let mut blocks = notices(language, shipment);
    blocks.push(Block::Facts(parties(language, shipment)));
    blocks.push(Block::Code(shipment.consignment.tracking_code.as_str().into()));
    blocks.push(Block::Text(Goods::FillIn.said(language)));
    let packing = &shipment.packing;
    if !packing.stated.is_empty() {
        blocks.push(Block::Table(stated(language, packing)));
        blocks.push(Block::Table(goods(language, shipment)));
    } else if packing.units.is_empty() {
        blocks.push(Block::Table(packages(
            language,
            &shipment.lines,
            (0, sum(&shipment.lines, Line::packages)),
        )));
    } else {
        let (all, before) = (packing.count(&shipment.lines), packing.units.len() as i64);
        blocks.push(Block::Table(units(language, packing, all)));
        if !packing.loose.is_empty() {
            blocks.push(Block::Table(packages(language, &packing.loose, (before, all))));
        }
    }
    blocks.push(Block::Facts(weights(language, shipment)));
    let acts = [Phrase::PackedBy, Phrase::ReceivedBy];
    blocks.push(Block::Signatures(acts.map(|act| Signature::open(act.said(language))).to_vec()));
    paper(language, Phrase::PackingList, shipment, blocks, foot)
}

/// A paper about a shipment, named by its tracking code.
pub(super) fn paper(
    language: Language,
    title: Phrase,
    shipment: &Shipment,
    blocks: Vec<Block>,
    foot: Vec<String>,
) -> Paper {
    let name = shipment.consignment.tracking_code.clone();
    Paper { language, title: title.said(language), name, blocks, foot }
}

/// What nobody may miss about a shipment.
pub(super) fn notices(language: Language, shipment: &Shipment) -> Vec<Block> {
    let said = |phrase: Phrase| Block::Notice(phrase.said(language).to_owned());
    let synthetic = shipment.is_synthetic.then(|| said(Phrase::Synthetic));
    let void = shipment.consignment.cancelled.then(|| said(Phrase::Void));
    void.into_iter().chain(synthetic).collect()
}

/// Who sends it to whom, from where to where, and by what it is known.
pub(super) fn parties(language: Language, shipment: &Shipment) -> Vec<Fact> {
    let (row, names) = (&shipment.consignment, &shipment.names);
    vec![
        Fact::new(Phrase::Reference.said(language), Value::code_of(row.reference.as_deref())),
        Fact::new(Phrase::TrackingCode.said(language), Value::code(&row.tracking_code)),
        Fact::new(Phrase::Programme.said(language), Value::words(&shipment.programme)),
        Fact::new(Phrase::Consignor.said(language), names.organization(language, row.consignor_id)),
        Fact::new(Phrase::Consignee.said(language), names.organization(language, Some(row.consignee_id))),
        Fact::new(Phrase::Origin.said(language), names.site(language, Some(row.origin_id))),
        Fact::new(Phrase::Destination.said(language), names.site(language, Some(row.destination_id))),
    ]
}

/// Packages and weight of all of it: what is declared stands apart from what packs add up to.
pub(super) fn weights(language: Language, shipment: &Shipment) -> Vec<Fact> {
    let (packing, lines) = (&shipment.packing, &shipment.lines);
    let all_packages = packing.count(lines).map(|count| number(language, count));
    let all_grams = packing.grams(lines).map(|grams| kilograms(language, grams));
    let mut facts = vec![
        Fact::new(Goods::TotalPackages.said(language), Value::number_of(all_packages)),
        Fact::new(Goods::TotalKilograms.said(language), Value::number_of(all_grams)),
    ];
    if let Some(grams) = shipment.consignment.gross_weight_g {
        let declared = Value::Number(kilograms(language, grams));
        facts.push(Fact::new(Goods::DeclaredKilograms.said(language), declared));
    }
    facts
}

fn way(language: Language, shipment: &Shipment) -> Table {
    let names = &shipment.names;
    let planned = |time: Option<crate::core::time::Timestamp>| {
        Value::number_of(time.map(|time| day(language, &time.day())))
    };
    let rows = shipment.legs.iter().take(LEGS_SHOWN).map(|leg| {
        vec![
            Value::Words(mode(language, &leg.mode).to_owned()),
            names.site(language, Some(leg.from_id)),
            names.site(language, Some(leg.to_id)),
            names.organization(language, leg.carrier_id),
            planned(leg.planned_departure),
            planned(leg.planned_arrival),
        ]
    });
    Table {
        caption: Phrase::Way.said(language),
        columns: vec![
            Column::words(Phrase::ModeOf.said(language), 17),
            Column::words(Phrase::From.said(language), 20),
            Column::words(Phrase::To.said(language), 20),
            Column::words(Phrase::Carrier.said(language), 20),
            Column::words(Phrase::PlannedDeparture.said(language), 14),
            Column::words(Phrase::PlannedArrival.said(language), 14),
        ],
        rows: rows.collect(),
        total: None,
    }
}

fn vehicles(language: Language, shipment: &Shipment) -> Table {
    let counted = |value: Option<i64>, form: fn(Language, i64) -> String| {
        Value::number_of(value.map(|value| form(language, value)))
    };
    let rows = shipment.loads.iter().map(|load| {
        let kind = load.document_kind.as_deref().unwrap_or_default();
        let document = format!("{kind} {}", load.document_number.as_deref().unwrap_or_default());
        vec![
            Value::Words(mode(language, &load.mode).to_owned()),
            Value::code(&document),
            Value::code_of(load.plate.as_deref()),
            Value::code_of(load.seals.as_deref()),
            counted(load.packages, number),
            counted(load.gross_weight_g, kilograms),
            counted(load.volume_cm3, cubic_metres),
        ]
    });
    Table {
        caption: Phrase::Vehicles.said(language),
        columns: vec![
            Column::words(Phrase::ModeOf.said(language), 17),
            Column::words(Phrase::TransportDocument.said(language), 20),
            Column::words(Phrase::Plate.said(language), 18),
            Column::words(Phrase::Seals.said(language), 16),
            Column::numbers(Goods::Packages.said(language), 13),
            Column::numbers(Goods::GrossKilograms.said(language), 12),
            Column::numbers(Goods::CubicMetres.said(language), 11),
        ],
        rows: rows.collect(),
        total: None,
    }
}

/// What a line is and of which lot, as every table of goods begins.
pub(super) fn named(language: Language, line: &Line) -> [Value; 3] {
    let lot = line.lot.as_ref();
    let expires = lot.and_then(|lot| lot.expires_on.as_deref()).map(|text| day(language, text));
    [
        Value::words(&format!("{} · {}", line.item.code, line.item.name)),
        Value::code_of(lot.map(|lot| lot.number.as_str())),
        Value::number_of(expires),
    ]
}

/// The titles over [`named`].
pub(super) fn named_columns(language: Language) -> [Column; 3] {
    [
        Column::words(Goods::Item.said(language), 30),
        Column::words(Goods::Lot.said(language), 14),
        Column::words(Goods::Expiry.said(language), 14),
    ]
}

fn goods(language: Language, shipment: &Shipment) -> Table {
    let rows = shipment.lines.iter().map(|line| {
        let mut row = named(language, line).to_vec();
        row.extend([
            Value::Number(number(language, line.quantity)),
            Value::words(&line.item.base_unit),
            Value::number_of(line.packages().map(|count| number(language, count))),
            Value::number_of(line.grams().map(|grams| kilograms(language, grams))),
        ]);
        row
    });
    let mut columns = named_columns(language).to_vec();
    columns.extend([
        Column::numbers(Goods::Quantity.said(language), 15),
        Column::words(Goods::Unit.said(language), 10),
        Column::numbers(Goods::Packages.said(language), 14),
        Column::numbers(Goods::GrossKilograms.said(language), 13),
    ]);
    Table { caption: Goods::Title.said(language), columns, rows: rows.collect(), total: None }
}

/// From which package to which a line goes, of how many, counted through the whole list after so many others; nothing where
/// the packages of one line are not known: then nobody knows how many there are.
pub(super) fn numbered(language: Language, lines: &[Line], (before, all): (i64, Option<i64>)) -> Vec<Value> {
    let Some(all) = all else { return lines.iter().map(|_| Value::Blank).collect() };
    let mut before = before;
    let of = number(language, all);
    lines
        .iter()
        .map(|line| {
            let count = line.packages().unwrap_or(0);
            let (first, last) = (number(language, before + 1), number(language, before + count));
            before += count;
            let range = if count == 1 { first } else { format!("{first}–{last}") };
            Value::Number(format!("{range} / {of}"))
        })
        .collect()
}

/// Which package of how many.
pub(super) fn place_of(language: Language, package: i64, all: i64) -> Value {
    Value::Number(format!("{} / {}", number(language, package), number(language, all)))
}

/// What a handling unit holds, such as `HYGIENE · Hygiene kit: 2 piece Soap (L-1), 1 piece Towel`.
pub(super) fn held_in(language: Language, unit: &Unit) -> Value {
    let held = |one: &Held| {
        let lot = one.lot.as_ref().map_or_else(String::new, |lot| format!(" ({lot})"));
        format!("{} {} {}{lot}", number(language, one.quantity), one.base_unit, one.item)
    };
    let all: Vec<String> = unit.contents.iter().map(held).collect();
    Value::words(&format!("{}: {}", unit.kit, all.join(", ")))
}

/// The packages that were stated, and handling units that none of them is.
fn stated(language: Language, packing: &Packing) -> Table {
    let measured = |value: Option<i64>, form: fn(Language, i64) -> String| {
        Value::number_of(value.map(|value| form(language, value)))
    };
    let listed = packing.stated.iter().map(|one| {
        let mut row = vec![place_of(language, one.number, one.of), Value::words_of(one.mark.as_deref())];
        row.extend(unit_cells(language, one.unit.as_ref()));
        row.extend([measured(one.grams, kilograms), measured(one.volume_cm3, cubic_metres)]);
        row
    });
    let others = packing.units.iter().map(|unit| {
        let mut row = vec![Value::Blank, Value::Nothing];
        row.extend(unit_cells(language, Some(unit)));
        row.extend([Value::Blank, Value::Blank]);
        row
    });
    let mut columns =
        vec![Column::words(Goods::Package.said(language), 11), Column::words(Goods::Mark.said(language), 15)];
    columns.extend(unit_columns(language));
    columns.extend([
        Column::numbers(Goods::GrossKilograms.said(language), 11),
        Column::numbers(Goods::CubicMetres.said(language), 9),
    ]);
    let rows = listed.chain(others).collect();
    Table { caption: Goods::Packages.said(language), columns, rows, total: None }
}

/// Handling units as the first packages of all.
fn units(language: Language, packing: &Packing, all: Option<i64>) -> Table {
    let rows = (1..).zip(&packing.units).map(|(place, unit)| {
        let mut row = vec![all.map_or(Value::Blank, |all| place_of(language, place, all))];
        row.extend(unit_cells(language, Some(unit)));
        row
    });
    let mut columns = vec![Column::words(Goods::Package.said(language), 11)];
    columns.extend(unit_columns(language));
    Table { caption: Goods::Packages.said(language), columns, rows: rows.collect(), total: None }
}

fn unit_cells(language: Language, unit: Option<&Unit>) -> [Value; 3] {
    match unit {
        Some(unit) => {
            [Value::code(&unit.number), Value::code_of(unit.sscc.as_deref()), held_in(language, unit)]
        }
        None => [Value::Nothing, Value::Nothing, Value::Nothing],
    }
}

fn unit_columns(language: Language) -> [Column; 3] {
    [
        Column::words(Goods::HandlingUnit.said(language), 14),
        Column::words(Goods::Sscc.said(language), 18),
        Column::words(Goods::Content.said(language), 32),
    ]
}

/// What fills the packages of a line, such as `42 × carton + 150 piece`.
pub(super) fn content(language: Language, line: &Line) -> Value {
    let unit = &line.item.base_unit;
    match &line.packed {
        Some((pack, packs, 0)) => Value::words(&format!("{} × {}", number(language, *packs), pack.name)),
        Some((pack, packs, rest)) => Value::words(&format!(
            "{} × {} + {} {unit}",
            number(language, *packs),
            pack.name,
            number(language, *rest)
        )),
        None => Value::words(&format!("{} {unit}", number(language, line.quantity))),
    }
}

fn packages(language: Language, lines: &[Line], counted: (i64, Option<i64>)) -> Table {
    let places = numbered(language, lines, counted);
    let rows = lines.iter().zip(places).map(|(line, place)| {
        let mut row = vec![place];
        row.extend(named(language, line));
        row.extend([
            content(language, line),
            Value::Number(number(language, line.quantity)),
            Value::words(&line.item.base_unit),
            Value::number_of(line.grams().map(|grams| kilograms(language, grams))),
        ]);
        row
    });
    let mut columns = vec![Column::words(Goods::Package.said(language), 16)];
    columns.extend(named_columns(language));
    columns.extend([
        Column::words(Goods::Content.said(language), 18),
        Column::numbers(Goods::Quantity.said(language), 15),
        Column::words(Goods::Unit.said(language), 9),
        Column::numbers(Goods::GrossKilograms.said(language), 12),
    ]);
    Table { caption: Goods::Title.said(language), columns, rows: rows.collect(), total: None }
}
