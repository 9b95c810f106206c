//! What is under recall, and where all of it is: held wherever it is in hand, and what is beyond that.
//!
//! A recall is an event about a whole lot, and its end another; so what was under recall at any moment is what those that
//! count then say, the last of each lot.

use super::expiring::Asked;
use super::store::{HeapRow, LotFilter, LotRow, Sought, hide_consignments, lots_with, places_of};
use crate::auth::Scope;
use crate::core::id::{ConsignmentId, EventId, ItemId, LegId, LotId, SiteId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Binds, Conn, ask};
use crate::events::{Command, Kind};
use crate::items::lot_id;
use crate::ledger::{Account, Condition, Cut, Moment};
use crate::web::{Paging, encode_key};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// Recalls and ends of recalls that one list looks at: each is one event about a whole lot, and no register of recalled
/// medicines on record has as many.
pub const RECALLS_MAXIMUM: usize = 5_000;

/// Everything that goods of a lot can be, but where they come from.
const EVERYWHERE: [Account; 11] = [
    Account::Unallocated,
    Account::InStorage,
    Account::Allocated,
    Account::InTransit,
    Account::Missing,
    Account::Delivered,
    Account::Distributed,
    Account::Lost,
    Account::Disposed,
    Account::Returned,
    Account::Withdrawn,
];

/// A lot under recall.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecalledView {
    /// The lot.
    pub lot: LotId,
    /// Its item.
    pub item: ItemId,
    /// The item's code.
    pub code: String,
    /// The item's name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// The number on the label.
    pub number: String,
    /// The last day on which it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// The event that recalled it.
    pub event: EventId,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Base units on hold, in custody or with a consignee.
    pub held: i64,
    /// Base units that are damaged there.
    pub damaged: i64,
    /// Base units that are in hand and not held: none, or the recall is not whole.
    pub loose: i64,
    /// Base units that are missing; held when they are found.
    pub missing: i64,
    /// Base units that people have: what is to be called back from them.
    pub distributed: i64,
    /// Base units lost, disposed of, returned or withdrawn.
    pub ended: i64,
    /// Where they are.
    pub places: Vec<RecalledPlace>,
}

/// Goods of a recalled lot in one place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecalledPlace {
    /// How they stand.
    pub account: Account,
    /// In what condition, where they have one.
    pub condition: Condition,
    /// The site; under way, where they go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The consignment; absent too where it is beyond the caller's reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consignment: Option<ConsignmentId>,
    /// The leg they are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// Base units.
    pub quantity: i64,
}

/// That a lot is under recall.
struct Recall {
    event: EventId,
    since: Timestamp,
    reason: Option<String>,
}

#[derive(QueryableByName)]
struct RecallRow {
    #[diesel(sql_type = Binary)]
    event: EventId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = Text)]
    body: String,
}

/// A page of the lots under recall, with where all goods of them within reach are.
///
/// # Errors
/// `invalid` where the moment is not reached yet, or there is too much; what the database says.
pub(super) fn recalled_list(
    conn: &mut Conn,
    scope: &Scope,
    (filter, moment): (LotFilter, Moment),
    paging: &Paging<LotId>,
    now: Timestamp,
) -> Outcome<KnownPage<RecalledView>> {
    let Asked { past, sequence, .. } = Asked::read(conn, moment, now)?;
    let mut recalls = recalls(conn, Cut { known_at: sequence, as_of: moment.as_of })?;
    if let Some(after) = paging.after {
        recalls = recalls.split_off(&after);
        recalls.remove(&after);
    }
    if recalls.is_empty() {
        return Ok(KnownPage { items: Vec::new(), next: None, sequence });
    }
    // A recall of which nothing was found, or has come, is told to whoever is bound to nothing: where nothing is of all that
    // there is. Whoever is bound learns nothing of what others have, or have not.
    let with_none = scope.is_everything() && filter.site.is_none() && filter.programme.is_none();
    let sought = Sought { accounts: &EVERYWHERE, filter, past, with_none };
    let mut binds = Binds::default();
    let which = format!("lots.id IN ({})", binds.ids(&recalls.keys().copied().collect::<Vec<_>>()));
    let rows = lots_with(conn, scope, &sought, (which, binds), "lots.id", paging.limit + 1)?;
    let page = Page::from_rows(rows, paging.limit, |row| encode_key(&row.lot));
    let lots: Vec<LotId> = page.items.iter().map(|row| row.lot).collect();
    let mut places = places_of(conn, scope, &sought, &lots)?;
    hide_consignments(conn, scope, &mut places)?;
    let mut items = Vec::with_capacity(lots.len());
    for row in page.items {
        let Some(recall) = recalls.remove(&row.lot) else { continue };
        let places = places.remove(&row.lot).unwrap_or_default();
        items.push(view(row, recall, places));
    }
    Ok(KnownPage { items, next: page.next, sequence })
}

/// The lots that are under recall at a moment: of each the last that counts says so, and what was reversed does not.
fn recalls(conn: &mut Conn, cut: Cut) -> Outcome<BTreeMap<LotId, Recall>> {
    let mut binds = Binds::default();
    let (counts, undone) = (cut.condition("e", &mut binds), cut.condition("r", &mut binds));
    // The words of kind and place are those of the index.
    let text = format!(
        "SELECT e.id AS event, e.kind AS kind, e.effective_at AS effective_at, e.body AS body FROM events AS e \
         WHERE e.kind IN ('held', 'released_from_hold') AND e.site_id IS NULL AND e.consignment_id IS NULL AND {counts} \
         AND NOT EXISTS (SELECT 1 FROM events AS r WHERE r.about_id = e.id AND r.kind = 'reversed' AND {undone}) \
         ORDER BY e.sequence LIMIT {}",
        binds.number(i64::try_from(RECALLS_MAXIMUM + 1).unwrap_or(i64::MAX))
    );
    let rows: Vec<RecallRow> = ask(conn, text, binds)?;
    if rows.len() > RECALLS_MAXIMUM {
        let words =
            format!("finds more than {RECALLS_MAXIMUM} recalls; trace the lots you look for one by one");
        return Err(Problem::field("/item", words).coded(Fault::TooMany));
    }
    let mut found = BTreeMap::new();
    for row in rows {
        let body = serde_json::from_str(&row.body)
            .map_err(|error| Problem::internal(format!("events.body of {}: {error}", row.event)))?;
        let (Kind::Held(body) | Kind::ReleasedFromHold(body)) = Command::read_details(&row.kind, body)?
        else {
            continue;
        };
        let (Some(item), Some(number)) = (body.item, body.lot) else { continue };
        let lot = lot_id(item, number.trim());
        if row.kind == "held" {
            found.insert(lot, Recall { event: row.event, since: row.effective_at, reason: body.reason });
        } else {
            found.remove(&lot);
        }
    }
    Ok(found)
}

fn view(row: LotRow, recall: Recall, heaps: Vec<HeapRow>) -> RecalledView {
    let place = |heap: HeapRow| {
        Some(RecalledPlace {
            account: heap.account()?,
            condition: Condition::from_code(heap.place.condition).unwrap_or_default(),
            site: heap.place.site,
            consignment: heap.place.consignment,
            leg: heap.place.leg,
            quantity: heap.place.quantity,
        })
    };
    let places: Vec<RecalledPlace> = heaps.into_iter().filter_map(place).collect();
    let sum = |is_it: &dyn Fn(&RecalledPlace) -> bool| -> i64 {
        places.iter().filter(|place| is_it(place)).map(|place| place.quantity).sum()
    };
    let is_missing = |place: &RecalledPlace| place.account == Account::Missing;
    let is_in_hand = |place: &RecalledPlace| {
        place.account == Account::Delivered || (place.account.is_custody() && !is_missing(place))
    };
    let being = |condition: Condition| sum(&|place| is_in_hand(place) && place.condition == condition);
    RecalledView {
        lot: row.lot,
        item: row.item,
        code: row.code,
        item_name: row.item_name,
        base_unit: row.base_unit,
        number: row.number,
        expires_on: row.expires_on,
        event: recall.event,
        since: recall.since,
        reason: recall.reason,
        held: being(Condition::OnHold),
        damaged: being(Condition::Damaged),
        loose: being(Condition::Good) + sum(&|place| place.account == Account::Unallocated),
        missing: sum(&is_missing),
        distributed: sum(&|place| place.account == Account::Distributed),
        ended: sum(&|place| place.account.is_ended() && place.account != Account::Distributed),
        places,
    }
}
