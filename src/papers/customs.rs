//! What customs are told: that it is a gift, and what it is worth.

use super::formats::{amount, kilograms, number};
use super::goods::{Line, worth};
use super::model::{Block, Column, Fact, Paper, Signature, Table, Value};
use super::rules::Language;
use super::shipment::{Gave, Shipment};
use super::shipping::{named, named_columns, notices, paper, parties, weights};
use super::words::{Goods, Phrase};
use crate::documents::Document;
use crate::parties::is_named;

/// The gift certificate. `today` decides which donors may be named by now.
pub(super) fn gift_certificate(
    language: Language,
    shipment: &Shipment,
    document: Option<&Document>,
    today: &str,
    foot: Vec<String>,
) -> Paper {
    let mut blocks = notices(language, shipment);
    blocks.push(Block::Text(Goods::NotSold.said(language)));
    blocks.push(Block::Text(Goods::FillIn.said(language)));
    let reference = document.and_then(|one| one.number.as_deref().or(one.reference.as_deref()));
    let mut facts = vec![Fact::new(Phrase::Number.said(language), Value::code_of(reference))];
    facts.extend(parties(language, shipment));
    facts.push(Fact::new(Phrase::Donors.said(language), donors(language, shipment, today)));
    facts.extend(values(language, shipment));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Table(gifts(language, shipment)));
    blocks.push(Block::Facts(weights(language, shipment)));
    blocks.push(Block::Signatures(signatures(language)));
    paper(language, Phrase::GiftCertificate, shipment, blocks, foot)
}

/// The pro forma invoice.
pub(super) fn pro_forma(language: Language, shipment: &Shipment, foot: Vec<String>) -> Paper {
    let mut blocks = notices(language, shipment);
    blocks.push(Block::Text(Goods::NoPayment.said(language)));
    blocks.push(Block::Text(Goods::NotSold.said(language)));
    let mut facts = parties(language, shipment);
    facts.extend(values(language, shipment));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Table(priced(language, shipment)));
    blocks.push(Block::Facts(weights(language, shipment)));
    blocks.push(Block::Signatures(signatures(language)));
    paper(language, Phrase::ProFormaInvoice, shipment, blocks, foot)
}

fn signatures(language: Language) -> Vec<Signature> {
    [Phrase::ForConsignor, Phrase::Customs].map(|act| Signature::open(act.said(language))).to_vec()
}

/// Who gave, as far as each may be named: a paper for customs passes through many hands.
fn donors(language: Language, shipment: &Shipment, today: &str) -> Value {
    let mut told: Vec<String> = Vec::new();
    for Gave { donor, named } in &shipment.gave {
        let Some(donor) = donor else { continue };
        let said = shipment.names.said_of(*donor).and_then(|row| row.named.as_deref());
        let name = shipment.names.organization(language, Some(*donor));
        let may_be_named = is_named(named.as_deref(), said, today);
        told.push(if may_be_named { name.text() } else { Phrase::DonorUnnamed.said(language) }.to_owned());
    }
    told.sort_unstable();
    told.dedup();
    Value::words(&told.join("; "))
}

/// What the consignment was declared to be worth; where it was not, what the pledges of its goods say.
fn values(language: Language, shipment: &Shipment) -> Vec<Fact> {
    let row = &shipment.consignment;
    let declared = row.value_minor.zip(row.value_currency.clone());
    let value = declared.or_else(|| worth(&shipment.lines));
    let value = value.map(|(minor, currency)| amount(language, minor, &currency));
    vec![
        Fact::new(Goods::CustomsValue.said(language), Value::number_of(value)),
        Fact::new(Goods::ValueBasis.said(language), Value::words_of(row.value_basis.as_deref())),
    ]
}

/// What customs know goods by.
fn classed(line: &Line) -> [Value; 2] {
    [Value::code_of(line.item.hs_code.as_deref()), Value::words_of(line.made_in.as_deref())]
}

fn gifts(language: Language, shipment: &Shipment) -> Table {
    let rows = shipment.lines.iter().map(|line| {
        let mut row = named(language, line).to_vec();
        row.extend(classed(line));
        row.extend([
            Value::number_of(line.packages().map(|count| number(language, count))),
            Value::Number(number(language, line.quantity)),
            Value::words(&line.item.base_unit),
            Value::number_of(line.grams().map(|grams| kilograms(language, grams))),
        ]);
        row
    });
    let mut columns = named_columns(language).to_vec();
    columns.extend([
        Column::words(Goods::HsCode.said(language), 11),
        Column::words(Goods::MadeIn.said(language), 14),
        Column::numbers(Goods::Packages.said(language), 15),
        Column::numbers(Goods::Quantity.said(language), 15),
        Column::words(Goods::Unit.said(language), 9),
        Column::numbers(Goods::GrossKilograms.said(language), 11),
    ]);
    Table { caption: Goods::Title.said(language), columns, rows: rows.collect(), total: None }
}

/// What one unit is worth, where that comes out whole.
fn unit_value(language: Language, line: &Line) -> Value {
    match &line.value {
        Some((minor, currency)) if line.quantity > 0 && minor % line.quantity == 0 => {
            Value::Number(amount(language, minor / line.quantity, currency))
        }
        Some(_) => Value::Nothing,
        None => Value::Blank,
    }
}

fn priced(language: Language, shipment: &Shipment) -> Table {
    let rows = shipment.lines.iter().map(|line| {
        let value = line.value.as_ref().map(|(minor, currency)| amount(language, *minor, currency));
        let [hs_code, made_in] = classed(line);
        vec![
            Value::words(&format!("{} · {}", line.item.code, line.item.name)),
            hs_code,
            made_in,
            Value::Number(number(language, line.quantity)),
            Value::words(&line.item.base_unit),
            unit_value(language, line),
            Value::number_of(value),
        ]
    });
    let columns = vec![
        Column::words(Goods::Item.said(language), 32),
        Column::words(Goods::HsCode.said(language), 12),
        Column::words(Goods::MadeIn.said(language), 15),
        Column::numbers(Goods::Quantity.said(language), 15),
        Column::words(Goods::Unit.said(language), 10),
        Column::numbers(Goods::UnitValue.said(language), 15),
        Column::numbers(Goods::Value.said(language), 17),
    ];
    let sum = worth(&shipment.lines).map(|(minor, currency)| amount(language, minor, &currency));
    let mut total = vec![Value::Nothing; columns.len()];
    if let Some(first) = total.first_mut() {
        *first = Value::Words(Goods::Total.said(language).to_owned());
    }
    if let Some(last) = total.last_mut() {
        *last = Value::number_of(sum);
    }
    Table { caption: Goods::Title.said(language), columns, rows: rows.collect(), total: Some(total) }
}
