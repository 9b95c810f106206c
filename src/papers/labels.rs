//! Labels: one for each package where packages are known, one for each line where they are not.

use super::formats::{day, number};
use super::goods::{Line, sum};
use super::model::{Block, Fact, Label, Paper, Value};
use super::rules::{Language, labels_wanted};
use super::shipment::Shipment;
use super::shipping::{content, notices, paper};
use super::words::{Goods, Phrase};
use crate::core::problem::Outcome;

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
    let lines = &shipment.lines;
    let all = sum(lines, Line::packages);
    let count = all.unwrap_or(i64::try_from(lines.len()).unwrap_or(i64::MAX));
    let mut made = Vec::new();
    if count > 0 {
        let (from, to) = labels_wanted(count, first, last)?;
        let mut before = 0;
        for line in lines {
            let packages = if all.is_some() { line.packages().unwrap_or(0) } else { 1 };
            let (begin, end) = (from.max(before + 1), to.min(before + packages));
            made.extend((begin..=end).map(|package| label(language, shipment, line, package, all)));
            before += packages;
        }
    }
    let mut blocks = notices(language, shipment);
    blocks.push(Block::Labels(made));
    Ok(paper(language, Phrase::Labels, shipment, blocks, foot))
}

fn label(language: Language, shipment: &Shipment, line: &Line, package: i64, all: Option<i64>) -> Label {
    let (row, names, lot) = (&shipment.consignment, &shipment.names, line.lot.as_ref());
    let place = all.map(|all| format!("{} / {}", number(language, package), number(language, all)));
    let holds = match (&line.packed, all) {
        (Some((pack, _, _)), Some(_)) => Value::words(&pack.name),
        (_, _) => content(language, line),
    };
    let expires = lot.and_then(|lot| lot.expires_on.as_deref()).map(|text| day(language, text));
    Label {
        code: row.tracking_code.clone(),
        package: Value::number_of(place),
        facts: vec![
            Fact::new(Phrase::Consignee.said(language), names.organization(language, Some(row.consignee_id))),
            Fact::new(Phrase::Destination.said(language), names.site(language, Some(row.destination_id))),
            Fact::new(
                Goods::Item.said(language),
                Value::words(&format!("{} · {}", line.item.code, line.item.name)),
            ),
            Fact::new(Goods::Content.said(language), holds),
            Fact::new(Goods::Lot.said(language), Value::code_of(lot.map(|lot| lot.number.as_str()))),
            Fact::new(Goods::Expiry.said(language), Value::number_of(expires)),
        ],
    }
}
