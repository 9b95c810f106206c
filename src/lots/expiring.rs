//! What expires before it arrives, or within some months.

use super::rules::{Standing, Within, expires_before};
use super::store::{HeapRow, LotFilter, LotRow, Sought, hide_consignments, lots_with, places_of};
use crate::auth::Scope;
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, SiteId};
use crate::core::page::{KnownPage, PAGE_LIMIT_MAXIMUM};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds, Conn};
use crate::forecast::{Arrivals, Forecasting, consignments_arrive};
use crate::ledger::{Account, Condition, Cut, Moment, last_known};
use crate::web::{Paging, encode_key};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose goods can still be used.
const IN_HAND: [Account; 4] =
    [Account::InStorage, Account::Allocated, Account::InTransit, Account::Delivered];
/// Accounts whose goods are still to arrive.
const TO_ARRIVE: [Account; 2] = [Account::Allocated, Account::InTransit];

/// A row's place in the list: its day and its lot.
pub(super) type ExpiryKey = (String, LotId);

/// The moment of a question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Where another moment than now is asked for.
    pub(super) past: Option<Cut>,
    pub(super) sequence: i64,
    /// The day that decides what has expired.
    pub(super) today: NaiveDate,
}

impl Asked {
    /// Reads it.
    ///
    /// # Errors
    /// `invalid` where the moment is not reached yet, or what the database says.
    pub(super) fn read(conn: &mut Conn, moment: Moment, now: Timestamp) -> Outcome<Self> {
        let past = moment.past(conn)?;
        let (day, sequence) = match past {
            Some(cut) => (moment.day(conn, cut)?, cut.known_at),
            None => (now.day(), last_known(conn, None, "/known_at")?),
        };
        let today = day.parse().map_err(|_| Problem::internal(format!("{day:?} is no day")))?;
        Ok(Self { past, sequence, today })
    }
}

/// A lot and when it expires.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExpiringView {
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
    #[schema(format = Date)]
    pub expires_on: String,
    /// Days until then; below 0 where that is over.
    pub days: i64,
    /// How it stands on the day that is asked for.
    #[schema(inline)]
    pub standing: Standing,
    /// Base units of it within reach that are in custody or with a consignee.
    pub quantity: i64,
    /// Of these, those that expire before they are forecast to arrive where they are meant to end.
    pub expires_before_arrival: i64,
    /// Where they are.
    pub places: Vec<ExpiringPlace>,
}

/// Goods of a lot in one place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExpiringPlace {
    /// How they stand: `in_storage`, `allocated`, `in_transit` or `delivered`.
    pub account: Account,
    /// In what condition.
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
    /// Where the consignment is meant to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<SiteId>,
    /// The day by which nine of ten such trips are there; absent where they go nowhere, or nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub arrives_on: Option<String>,
    /// Whether they expire before that; absent with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_before_arrival: Option<bool>,
    /// Base units.
    pub quantity: i64,
}

/// What is asked of lots that expire.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpiringAsked {
    pub(super) within: Within,
    pub(super) filter: LotFilter,
    pub(super) moment: Moment,
}

/// A page of lots that expire, the first to do so first. What expires before it arrives no query knows: there up to
/// [`PAGE_LIMIT_MAXIMUM`] lots are looked at, so that a page may be short and yet not the last.
///
/// # Errors
/// `invalid` where the moment is not reached yet, or lots are in too many places; what the database says.
pub(super) fn expiring_list(
    conn: &mut Conn,
    scope: &Scope,
    asked: &ExpiringAsked,
    paging: &Paging<ExpiryKey>,
    (forecasting, now): (&Forecasting, Timestamp),
) -> Outcome<KnownPage<ExpiringView>> {
    let Asked { past, sequence, today } = Asked::read(conn, asked.moment, now)?;
    let is_for_arrival = asked.within == Within::Arrival;
    let looked_for: &[Account] = if is_for_arrival { &TO_ARRIVE } else { &IN_HAND };
    let looked_at = if is_for_arrival { PAGE_LIMIT_MAXIMUM } else { paging.limit };
    let sought = Sought { accounts: looked_for, filter: asked.filter, past, with_none: false };
    let which = which(asked.within.last_day(today), paging.after.as_ref());
    let mut rows = lots_with(conn, scope, &sought, which, "lots.expires_on, lots.id", looked_at + 1)?;
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > looked_at;
    rows.truncate(usize::try_from(looked_at).unwrap_or(0));
    let last = rows.last().map(key);
    let lots: Vec<LotId> = rows.iter().map(|row| row.lot).collect();
    let mut places = places_of(conn, scope, &Sought { accounts: &IN_HAND, ..sought }, &lots)?;
    let travelling: BTreeSet<ConsignmentId> =
        places.values().flatten().filter_map(|row| row.place.consignment).collect();
    let arrivals = consignments_arrive(conn, forecasting, &Vec::from_iter(travelling), asked.moment, now)?;
    let days = days(&places, &arrivals);
    hide_consignments(conn, scope, &mut places)?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let (places, days) = (
            places.remove(&row.lot).unwrap_or_default(),
            days.get(&row.lot).map_or(&[] as &[_], Vec::as_slice),
        );
        items.push(view(row, places, days, today)?);
    }
    items.retain(|item| !is_for_arrival || item.expires_before_arrival > 0);
    let limit = usize::try_from(paging.limit).unwrap_or(0);
    let next = if items.len() > limit {
        items.truncate(limit);
        items.last().map(|item| (item.expires_on.clone(), item.lot))
    } else {
        last.filter(|_| more)
    };
    Ok(KnownPage { items, next: next.map(|key| encode_key(&key)), sequence })
}

fn key(row: &LotRow) -> ExpiryKey {
    (row.expires_on.clone().unwrap_or_default(), row.lot)
}

/// Which lots: with a day of expiry, up to a last one, after a key.
fn which(last_day: Option<NaiveDate>, after: Option<&ExpiryKey>) -> (String, Binds) {
    let mut binds = Binds::default();
    let mut words = "lots.expires_on IS NOT NULL".to_owned();
    if let Some(day) = last_day {
        words.push_str(&format!(" AND lots.expires_on <= {}", binds.place(Bind::Words(day.to_string()))));
    }
    if let Some((day, lot)) = after {
        let (day, lot) = (binds.place(Bind::Words(day.clone())), binds.id(*lot));
        words.push_str(&format!(
            " AND lots.expires_on >= {day} AND (lots.expires_on > {day} OR lots.id > {lot})"
        ));
    }
    (words, binds)
}

/// The day by which the goods of each place are there, in the order of places.
fn days(
    places: &BTreeMap<LotId, Vec<HeapRow>>,
    arrivals: &Arrivals,
) -> BTreeMap<LotId, Vec<Option<NaiveDate>>> {
    let arrives = |row: &HeapRow| {
        let window = match row.account()? {
            Account::InTransit => arrivals.under_way(row.place.leg?),
            Account::Allocated => arrivals.waiting(row.place.consignment?, row.place.site),
            Account::Promised
            | Account::Surplus
            | Account::Unallocated
            | Account::InStorage
            | Account::Missing
            | Account::Delivered
            | Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => None,
        };
        Some(window?.latest.to_datetime().date_naive())
    };
    places.iter().map(|(lot, rows)| (*lot, rows.iter().map(arrives).collect())).collect()
}

fn view(
    row: LotRow,
    places: Vec<HeapRow>,
    days: &[Option<NaiveDate>],
    today: NaiveDate,
) -> Outcome<ExpiringView> {
    let words = row.expires_on.unwrap_or_default();
    let expires_on: NaiveDate =
        words.parse().map_err(|_| Problem::internal(format!("lots.expires_on of {} is no day", row.lot)))?;
    let place = |(heap, arrives_on): (HeapRow, Option<NaiveDate>)| {
        Some(ExpiringPlace {
            account: heap.account()?,
            condition: Condition::from_code(heap.place.condition).unwrap_or_default(),
            site: heap.place.site,
            consignment: heap.place.consignment,
            leg: heap.place.leg,
            destination: heap.destination,
            arrives_on: arrives_on.map(|day| day.to_string()),
            expires_before_arrival: arrives_on.map(|day| expires_before(expires_on, day)),
            quantity: heap.place.quantity,
        })
    };
    let days = days.iter().copied().chain(std::iter::repeat(None));
    let places: Vec<ExpiringPlace> = places.into_iter().zip(days).filter_map(place).collect();
    let too_late = places.iter().filter(|place| place.expires_before_arrival == Some(true));
    Ok(ExpiringView {
        lot: row.lot,
        item: row.item,
        code: row.code,
        item_name: row.item_name,
        base_unit: row.base_unit,
        number: row.number,
        expires_on: expires_on.to_string(),
        days: (expires_on - today).num_days(),
        standing: Standing::of(expires_on, today),
        quantity: places.iter().map(|place| place.quantity).sum(),
        expires_before_arrival: too_late.map(|place| place.quantity).sum(),
        places,
    })
}
