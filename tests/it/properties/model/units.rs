//! Handling units in the plain model: where each stands, and whether it is packed. What opens one because its goods left its
//! consignment the model does not foretell, since it knows no lines; that none claims more than is there it checks.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use proptest::prelude::*;
use relief_ledger::core::id::{HandlingUnitId, derived};
use relief_ledger::db::Conn;
use serde_json::Value;
use uuid::Uuid;

use super::{Recorded, text};

/// Where a unit is, and whether it is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    site: String,
    consignment: Option<String>,
    packed: bool,
}

#[derive(QueryableByName)]
struct Unit {
    #[diesel(sql_type = sql_types::Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    site: Vec<u8>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    consignment: Option<Vec<u8>>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    unpacked_by: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct Claim {
    #[diesel(sql_type = sql_types::BigInt)]
    claimed: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    there: i64,
}

/// All units, and as which each was before an event.
#[derive(Default)]
pub(super) struct Units {
    known: BTreeMap<String, Place>,
    before: BTreeMap<String, BTreeMap<String, Option<Place>>>,
}

fn named(body: &Value) -> Vec<String> {
    body["units"].as_array().into_iter().flatten().map(text).collect()
}

fn written(id: &[u8]) -> String {
    Uuid::from_slice(id).expect("an id").to_string()
}

impl Units {
    /// Hears of an event.
    pub(super) fn hear(&mut self, event: &Recorded, id: &str, body: &Value) {
        let mut after = BTreeMap::new();
        match event.kind.as_str() {
            "kit_packed" => {
                let own = Uuid::parse_str(id).expect("an id");
                for index in 0..body["units"].as_array().map_or(0, Vec::len) {
                    let unit: HandlingUnitId = derived(own, "unit", index as u64);
                    let place = Place { site: text(&body["site"]), consignment: None, packed: true };
                    after.insert(unit.to_string(), place);
                }
            }
            "kit_unpacked" => self.change(body, &mut after, |place| place.packed = false),
            "moved" => self.change(body, &mut after, |place| place.site = text(&body["to_site"])),
            "allocated" => {
                self.change(body, &mut after, |place| place.consignment = Some(text(&body["consignment"])));
            }
            "released" => self.change(body, &mut after, |place| {
                place.site = text(&body["site"]);
                place.consignment = None;
            }),
            "reversed" => {
                for (unit, place) in self.before.remove(&text(&body["event"])).unwrap_or_default() {
                    match place {
                        Some(place) => drop(self.known.insert(unit, place)),
                        // What was never packed is a unit that is open for ever.
                        None => drop(self.known.entry(unit).and_modify(|place| place.packed = false)),
                    }
                }
                return;
            }
            _ => return,
        }
        let before = after.keys().map(|unit| (unit.clone(), self.known.get(unit).cloned())).collect();
        self.before.insert(id.to_owned(), before);
        self.known.extend(after);
    }

    fn change(&self, body: &Value, after: &mut BTreeMap<String, Place>, edit: impl Fn(&mut Place)) {
        for unit in named(body) {
            let mut place = self.known.get(&unit).cloned().expect("a unit that was packed");
            edit(&mut place);
            after.insert(unit, place);
        }
    }

    /// Compares with what is recorded; `opening` may have opened units by what they moved.
    pub(super) fn compare(
        &mut self,
        conn: &mut Conn,
        opening: &[String],
        context: &str,
    ) -> Result<(), TestCaseError> {
        let sql =
            "SELECT id, site_id AS site, consignment_id AS consignment, unpacked_by FROM handling_units";
        let rows: Vec<Unit> = sql_query(sql).load(conn).expect("units are readable");
        prop_assert_eq!(rows.len(), self.known.len(), "units after {}", context);
        for row in rows {
            let unit = written(&row.id);
            let told = Place {
                site: written(&row.site),
                consignment: row.consignment.as_deref().map(written),
                packed: row.unpacked_by.is_none(),
            };
            let by = row.unpacked_by.as_deref().map(written);
            let known = self.known.get_mut(&unit).expect("a unit the model has heard of");
            if known.packed
                && known.consignment.is_some()
                && by.as_ref().is_some_and(|by| opening.contains(by))
            {
                let before = self.before.entry(by.unwrap_or_default()).or_default();
                before.insert(unit.clone(), Some(known.clone()));
                known.packed = false;
            }
            prop_assert_eq!(&told, &*known, "unit {} after {}", unit, context);
        }
        // No packed unit of a consignment claims what the consignment does not have or had to its end.
        let sql = "SELECT CAST(SUM(unit_contents.quantity) AS BIGINT) AS claimed, \
                   CAST(COALESCE((SELECT SUM(balances.quantity) FROM balances \
                     WHERE balances.consignment_id = handling_units.consignment_id \
                     AND balances.pledge_line_id = unit_contents.pledge_line_id), 0) AS BIGINT) AS there \
                   FROM handling_units JOIN unit_contents ON unit_contents.unit_id = handling_units.id \
                   WHERE handling_units.consignment_id IS NOT NULL AND handling_units.unpacked_by IS NULL \
                   GROUP BY handling_units.consignment_id, unit_contents.pledge_line_id";
        let claims: Vec<Claim> = sql_query(sql).load(conn).expect("claims are readable");
        for claim in claims {
            prop_assert!(
                claim.claimed <= claim.there,
                "{} claimed of {} after {}",
                claim.claimed,
                claim.there,
                context
            );
        }
        Ok(())
    }
}
