//! Where each unit of a pledge is, as a table that spreadsheets open: what the page shows, row by row.

use crate::core::cell::shielded;
use crate::pledges::{LineStatus, PledgeStatus};

/// The columns.
const HEADINGS: &str =
    "sequence,pledge,line,item,base_unit,account,condition,quantity,country,site,tracking_code,lot";

/// The table: a row for each heap, and for each line two of what was promised and what was in excess, to which the
/// others add up.
pub(super) fn of(status: &PledgeStatus) -> String {
    let mut text = format!("{HEADINGS}\r\n");
    for line in &status.lines {
        for (account, quantity) in [("promised", line.promised), ("surplus", line.surplus)] {
            row(&mut text, (status, line), [account, "", "", "", "", ""], quantity);
        }
        for heap in &line.places {
            let of = |text: &Option<String>| text.clone().unwrap_or_default();
            let (country, site) = (of(&heap.country), of(&heap.site_name));
            let (code, lot) = (of(&heap.tracking_code), of(&heap.lot));
            let words = [heap.account.word(), heap.condition.word(), &country, &site, &code, &lot];
            row(&mut text, (status, line), words, heap.quantity);
        }
    }
    text
}

fn row(
    text: &mut String,
    (status, line): (&PledgeStatus, &LineStatus),
    [account, condition, country, site, code, lot]: [&str; 6],
    quantity: i64,
) {
    let (item, unit) = (quoted(&line.item_name), quoted(&line.base_unit));
    let (site, lot) = (quoted(site), quoted(lot));
    let (sequence, pledge, id) = (status.sequence, status.pledge, line.line);
    text.push_str(&format!(
        "{sequence},{pledge},{id},{item},{unit},{account},{condition},{quantity},{country},{site},{code},{lot}\r\n"
    ));
}

/// A text in quotation marks that no spreadsheet takes for a formula.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("\"{}\"", shielded(text).replace('"', "\"\""))
}
