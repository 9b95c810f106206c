//! HXL: what is held by programme, item and place, as a CSV whose second row says by hashtags what each column is.
//!
//! The columns are those of who-does-what-where tables as far as there are hashtags for goods; figures are `#output` and add
//! up over all rows. Goods of sensitive programmes are told by country, with no area, site or place. Cells are made as in `csv`.

use super::csv::row;
use super::entries::Cell;
use super::figures::{Placed, country, held, named};
use super::sink::unwritten;
use super::stamp::Stamp;
use crate::core::problem::Outcome;
use crate::ledger::Account;
use std::io::Write;

/// Headings, with the hashtag of each.
const COLUMNS: [(&str, &str); 14] = [
    ("Programme", "#activity+programme+name"),
    ("Programme code", "#activity+programme+code"),
    ("Item", "#item+name"),
    ("Item code", "#item+code"),
    ("Country", "#country+name"),
    ("Country code", "#country+code+v_iso2"),
    ("Area", "#adm1+name"),
    ("Area code", "#adm1+code"),
    ("Site", "#loc+name"),
    ("Site code", "#loc+code"),
    ("Latitude", "#geo+lat"),
    ("Longitude", "#geo+lon"),
    ("As of entry", "#meta+sequence"),
    ("Residual", "#meta+residual"),
];

/// Writes the export; answers how many rows it has.
pub(super) fn write(rows: &[Placed], stamp: &Stamp, out: &mut dyn Write) -> Outcome<i64> {
    for (name, value) in stamp.lines() {
        write!(out, "relief {name}: {value}\r\n").map_err(unwritten)?;
    }
    let accounts = Account::ALL.map(Account::word);
    let headings = COLUMNS.iter().map(|(heading, _)| (*heading).to_owned());
    let tags = COLUMNS.iter().map(|(_, tag)| (*tag).to_owned());
    let words: Vec<String> = headings.chain(accounts.iter().map(|word| word.replace('_', " "))).collect();
    let tags: Vec<String> = tags.chain(accounts.iter().map(|word| format!("#output+num+{word}"))).collect();
    write!(out, "{}\r\n{}\r\n", words.join(","), tags.join(",")).map_err(unwritten)?;
    let mut line = String::new();
    for placed in rows {
        row(&cells(placed, stamp), &mut line);
        out.write_all(line.as_bytes()).map_err(unwritten)?;
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

fn cells(placed: &Placed, stamp: &Stamp) -> Vec<Cell> {
    let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
    let (programme, item) = (named(&placed.row, "programme"), named(&placed.row, "item"));
    let (country, site) = (country(&placed.row), placed.site.as_ref());
    let position = placed.place.as_ref().and_then(|place| place.coordinates);
    let degrees =
        |degrees: Option<f64>| degrees.map_or(Cell::Empty, |degrees| Cell::Word(format!("{degrees:.5}")));
    let mut cells = vec![
        text(programme.and_then(|named| named.name.as_deref())),
        text(programme.and_then(|named| named.code.as_deref())),
        text(item.and_then(|named| named.name.as_deref())),
        text(item.and_then(|named| named.code.as_deref())),
        text(country.map(|(name, _)| name)),
        text(country.map(|(_, code)| code)),
        text(placed.area.as_ref().and_then(|area| area.name.as_deref())),
        text(placed.area.as_ref().map(|area| area.code.as_str())),
        text(site.and_then(|named| named.name.as_deref())),
        text(site.and_then(|named| named.code.as_deref())),
        degrees(position.map(|position| position.latitude())),
        degrees(position.map(|position| position.longitude())),
        Cell::Number(stamp.sequence),
        placed.row.residual.map_or(Cell::Empty, Cell::Number),
    ];
    cells.extend(Account::ALL.map(|account| Cell::Number(held(&placed.row, account))));
    cells
}
