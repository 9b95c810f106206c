//! GeoJSON (RFC 7946): a feature for each site with goods, with what lies there by programme and item.
//!
//! A site whose place is not known has no geometry, and what lies at no site is one more such feature, so that the features add
//! up to everything there is. Goods of sensitive programmes are told by country, each a feature without geometry. What the file
//! says of itself is a member `relief` beside them.

use super::figures::{Placed, country, named};
use super::sink::unwritten;
use super::stamp::Stamp;
use crate::core::problem::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use uuid::Uuid;

/// What has to be printed beside every map.
const ATTRIBUTION: &str = "The boundaries and names shown and the designations used do not imply official endorsement or \
                           acceptance by the United Nations.";

/// Writes the export; answers how many features it has.
pub(super) fn write(rows: &[Placed], stamp: &Stamp, out: &mut dyn Write) -> Outcome<i64> {
    let mut sites: BTreeMap<(Option<Uuid>, Option<&str>), Vec<&Placed>> = BTreeMap::new();
    for placed in rows {
        let country = country(&placed.row).map_or("", |(_, code)| code);
        let key = (placed.site.as_ref().map(|site| site.id), placed.is_withheld.then_some(country));
        sites.entry(key).or_default().push(placed);
    }
    let says = json!({ "stamp": stamp.members(), "attribution": ATTRIBUTION });
    write!(out, "{{\"type\":\"FeatureCollection\",\"relief\":{says},\"features\":[").map_err(unwritten)?;
    let mut count = 0;
    for (place, rows) in &sites {
        let comma = if count == 0 { "\n" } else { ",\n" };
        write!(out, "{comma}{}", feature(*place, rows)).map_err(unwritten)?;
        count += 1;
    }
    out.write_all(b"\n]}\n").map_err(unwritten)?;
    Ok(count)
}

fn feature((site, withheld): (Option<Uuid>, Option<&str>), rows: &[&Placed]) -> Value {
    let first = rows.first();
    let position = first.and_then(|placed| placed.place.as_ref()?.coordinates);
    // To a metre, as no warehouse is known better.
    let rounded = |degrees: f64| (degrees * 100_000.0).round() / 100_000.0;
    let geometry = position.map(|position| {
        json!({ "type": "Point", "coordinates": [rounded(position.longitude()), rounded(position.latitude())] })
    });
    let goods: Vec<Value> = rows
        .iter()
        .map(|placed| {
            json!({
                "programme": named(&placed.row, "programme"),
                "item": named(&placed.row, "item"),
                "accounts": placed.row.accounts,
            })
        })
        .collect();
    let named_site = first.and_then(|placed| placed.site.as_ref());
    json!({
        "type": "Feature",
        "id": match (site, withheld) {
            (Some(site), _) => site.to_string(),
            (None, Some(country)) => format!("withheld_{country}"),
            (None, None) => "no_site".to_owned(),
        },
        "geometry": geometry,
        "properties": {
            "site": named_site.and_then(|site| site.name.as_deref()),
            "code": named_site.and_then(|site| site.code.as_deref()),
            "country": first.and_then(|placed| country(&placed.row)).map(|(_, code)| code),
            "places_withheld": withheld.is_some(),
            "area": first.and_then(|placed| placed.area.as_ref()),
            "goods": goods,
        },
    })
}
