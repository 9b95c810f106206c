//! Labels: one for each package that was stated; else for each handling unit, and for what is in none one for each package
//! where packages are known, and one for each line where they are not.

use super::formats::{day, kilograms};
use super::goods::Line;
use super::model::{Block, Fact, Label, Paper, Value};
use super::packages::{Stated, Unit};
use super::rules::{Language, labels_wanted};
use super::shipment::Shipment;
use super::shipping::{content, held_in, notices, paper, place_of};
use super::words::{Goods, Phrase};
use crate::core::problem::Outcome;

/// What is to be labelled.
enum Labelled<'a> {
    Stated(&'a Stated),
    Unit(&'a Unit),
    /// So many packages of a line.
    Line(&'a Line, i64),
}

impl Labelled<'_> {
    fn count(&self) -> i64 {
        match self {
            Self::Stated(_) | Self::Unit(_) => 1,
            Self::Line(_, packages) => *packages,
        }
    }
}

/// What there is to label, in the order of the packing list.
fn labelled(shipment: &Shipment, all: Option<i64>) -> Vec<Labelled<'_>> {
    let packing = &shipment.packing;
    if !packing.stated.is_empty() {
        return packing.stated.iter().map(Labelled::Stated).collect();
    }
    let lines = if packing.units.is_empty() { &shipment.lines } else { &packing.loose };
    let packages = |line: &Line| if all.is_some() { line.packages().unwrap_or(0) } else { 1 };
    let loose = lines.iter().map(|line| Labelled::Line(line, packages(line)));
    packing.units.iter().map(Labelled::Unit).chain(loose).collect()
}

/// The labels from one package to another.
///
/// # Errors
/// `invalid` where there are no such packages, or too many at once.
pub(super) fn labels(
    language: Language,
    shipment: &Shipment,
    (first, last): (Option<i64>, Option<i64>),
    foot: Vec<String>,
) -> Outcome<Paper> {
    let all = shipment.packing.count(&shipment.lines);
    let labelled = labelled(shipment, all);
    let count: i64 = labelled.iter().map(Labelled::count).sum();
    let mut made = Vec::new();
    if count > 0 {
        let (from, to) = labels_wanted(count, first, last)?;
        let mut before = 0;
        for one in &labelled {
            let (begin, end) = (from.max(before + 1), to.min(before + one.count()));
            made.extend((begin..=end).map(|package| label(language, shipment, one, (package, all))));
            before += one.count();
        }
    }
    let mut blocks = notices(language, shipment);
    blocks.push(Block::Labels(made));
    Ok(paper(language, Phrase::Labels, shipment, blocks, foot))
}

fn label(
    language: Language,
    shipment: &Shipment,
    of: &Labelled<'_>,
    (package, all): (i64, Option<i64>),
) -> Label {
    let (row, names) = (&shipment.consignment, &shipment.names);
    let mut facts = vec![
        Fact::new(Phrase::Consignee.said(language), names.organization(language, Some(row.consignee_id))),
        Fact::new(Phrase::Destination.said(language), names.site(language, Some(row.destination_id))),
    ];
    let mut place = all.map_or(Value::Blank, |all| place_of(language, package, all));
    match of {
        Labelled::Stated(stated) => {
            place = place_of(language, stated.number, stated.of);
            facts.extend(stated_facts(language, stated));
        }
        Labelled::Unit(unit) => facts.extend(unit_facts(language, unit)),
        Labelled::Line(line, _) => facts.extend(line_facts(language, line, all.is_some())),
    }
    Label { code: row.tracking_code.as_str().into(), package: place, facts }
}

fn stated_facts(language: Language, stated: &Stated) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(unit) = &stated.unit {
        facts.extend(unit_facts(language, unit));
    }
    let mark = stated.mark.as_deref();
    facts.extend(mark.map(|mark| Fact::new(Goods::Mark.said(language), Value::words(mark))));
    let weight = Value::number_of(stated.grams.map(|grams| kilograms(language, grams)));
    facts.push(Fact::new(Goods::GrossKilograms.said(language), weight));
    facts
}

fn unit_facts(language: Language, unit: &Unit) -> Vec<Fact> {
    let mut facts = vec![Fact::new(Goods::HandlingUnit.said(language), Value::code(&unit.number))];
    let sscc = unit.sscc.as_ref();
    // So it stands on pallets: the mark in brackets says what kind of number follows.
    facts
        .extend(sscc.map(|sscc| Fact::new(Goods::Sscc.said(language), Value::code(&format!("(00) {sscc}")))));
    facts.push(Fact::new(Goods::Content.said(language), held_in(language, unit)));
    facts
}

fn line_facts(language: Language, line: &Line, is_counted: bool) -> Vec<Fact> {
    let lot = line.lot.as_ref();
    let holds = match (&line.packed, is_counted) {
        (Some((pack, _, _)), true) => Value::words(&pack.name),
        (_, _) => content(language, line),
    };
    let expires = lot.and_then(|lot| lot.expires_on.as_deref()).map(|text| day(language, text));
    vec![
        Fact::new(
            Goods::Item.said(language),
            Value::words(&format!("{} · {}", line.item.code, line.item.name)),
        ),
        Fact::new(Goods::Content.said(language), holds),
        Fact::new(Goods::Lot.said(language), Value::code_of(lot.map(|lot| lot.number.as_str()))),
        Fact::new(Goods::Expiry.said(language), Value::number_of(expires)),
    ]
}
