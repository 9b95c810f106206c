//! The needs of a question, and the goods that may fill them: three queries, however many there are.

use super::rules::{Fitness, Place, Supply, Wanted, Way};
use crate::areas::{EditionView, Editions, area_now};
use crate::atlas::CountryCode;
use crate::auth::{Bound, Scope};
use crate::core::id::{
    ConsignmentId, ItemId, LegId, LotId, NeedId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::consignments;
use crate::db::{Bind, Binds, Conn, ask, in_parts, read_failure};
use crate::forecast::{Arrivals, Forecasting, consignments_arrive};
use crate::ledger::{Account, Condition, Cut, Held, Moment, last_known};
use crate::needs::{Need, NeedFilter, NeedState, answered, area_needed, need_list};
use crate::sites::{SiteArea, site_areas_by};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use std::collections::{BTreeSet, HashMap};

/// Open needs of one question; who has more asks for a programme or an item.
pub const NEEDS_MAXIMUM: usize = 2_000;
/// Heaps of goods that are looked at for one question: of more, somebody asks for one item.
pub const HEAPS_MAXIMUM: usize = 50_000;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) programme: Option<ProgrammeId>,
    pub(super) item: Option<ItemId>,
    pub(super) by: Option<String>,
    pub(super) moment: Moment,
    /// Only of one of these items for its programme, where any are named.
    pub(super) pairs: Vec<(ProgrammeId, ItemId)>,
}

/// Everything a question is answered from.
pub(super) struct Ground {
    pub(super) wanted: Vec<Wanted>,
    /// What is at places or on the way to them, in the order of `heaps`.
    pub(super) supplies: Vec<Supply>,
    pub(super) heaps: Vec<Heap>,
    /// What is still with donors.
    pub(super) pledged: Vec<Heap>,
    /// What consignments hold or brought for each need, be it there in time or not.
    pub(super) sent: HashMap<NeedId, i64>,
    pub(super) today: NaiveDate,
    /// The editions of areas by which all of it is placed.
    pub(super) editions: Vec<EditionView>,
    pub(super) sequence: i64,
}

/// Some goods alike.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Heap {
    #[diesel(sql_type = Binary)]
    pub(super) programme: ProgrammeId,
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Integer)]
    account: i32,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = Nullable<Text>)]
    earmark_country: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    earmark_area: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site: Option<SiteId>,
    #[diesel(sql_type = Nullable<Binary>)]
    consignment: Option<ConsignmentId>,
    /// The leg they are on.
    #[diesel(sql_type = Nullable<Binary>)]
    leg: Option<LegId>,
    #[diesel(sql_type = Binary)]
    lot: LotId,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    expires_on: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) pledge: Option<PledgeId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) line: Option<PledgeLineId>,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
}

impl Heap {
    pub(super) fn is_free_stock(&self) -> bool {
        self.account == Account::InStorage.code() && self.condition == Condition::Good.code()
    }

    /// The last day on which they can be used; a day that cannot be read is none.
    pub(super) fn expires_on(&self) -> Option<NaiveDate> {
        self.expires_on.as_deref().and_then(|day| day.parse().ok())
    }

    /// Where they are meant for, where only there.
    pub(super) fn earmark(&self) -> Option<Place> {
        let country = self.earmark_country.clone()?;
        Some(Place { country, area: self.earmark_area.clone() })
    }

    fn fitness(&self) -> Fitness {
        match Condition::from_code(self.condition).unwrap_or_default() {
            Condition::Good => Fitness::Good,
            Condition::OnHold => Fitness::Held,
            Condition::Damaged => Fitness::Damaged,
        }
    }
}

/// Reads everything a question is answered from.
///
/// # Errors
/// `invalid` where there is too much of it, or the moment is not reached yet; what the database says.
pub(super) fn ground(
    conn: &mut Conn,
    scope: &Scope,
    asked: &Asked,
    (forecasting, now): (&Forecasting, Timestamp),
) -> Outcome<Ground> {
    ground_of(conn, scope, asked, (Some(forecasting), now))
}

/// The same without goods that are only reserved or under way. What is there fills needs before what comes, so it fills the
/// same of each.
///
/// # Errors
/// As [`ground`].
pub(super) fn ground_there(conn: &mut Conn, scope: &Scope, asked: &Asked, now: Timestamp) -> Outcome<Ground> {
    ground_of(conn, scope, asked, (None, now))
}

fn ground_of(
    conn: &mut Conn,
    scope: &Scope,
    asked: &Asked,
    (forecasting, now): (Option<&Forecasting>, Timestamp),
) -> Outcome<Ground> {
    let sequence = last_known(conn, asked.moment.known_at, "/known_at")?;
    let past = asked.moment.past(conn)?;
    let today = match past {
        Some(cut) => asked.moment.day(conn, cut)?,
        None => now.day(),
    };
    let today: NaiveDate = today.parse().map_err(|_| Problem::internal(format!("{today:?} is no day")))?;
    let filter = NeedFilter {
        programme: asked.programme,
        item: asked.item,
        state: Some(NeedState::Open),
        by: asked.by.clone(),
        pairs: asked.pairs.clone(),
        ..NeedFilter::default()
    };
    let limit = i64::try_from(NEEDS_MAXIMUM + 1).unwrap_or(i64::MAX);
    let needs = need_list(conn, scope, &filter, sequence, (None, limit))?;
    if needs.len() > NEEDS_MAXIMUM {
        let words = format!("more than {NEEDS_MAXIMUM} needs are open; ask for a programme or an item");
        return Err(Problem::field("/programme", words).coded(Fault::TooMany));
    }
    let mut places = Places::at(conn, Cut { known_at: sequence, as_of: asked.moment.as_of })?;
    let mut heaps = heaps(conn, scope, &needs, past)?;
    places.lead(&mut heaps);
    let (pledged, mut heaps): (Vec<Heap>, Vec<Heap>) =
        heaps.into_iter().partition(|heap| heap.account == Account::Unallocated.code());
    if forecasting.is_none() {
        heaps.retain(|heap| !is_moving(heap));
    }
    let seen = (forecasting, asked.moment, now);
    let (heaps, supplies) = supplies(conn, &mut places, heaps, seen)?.into_iter().unzip();
    let (answers, _) = answered(conn, &needs, sequence, past)?;
    let served = answers.iter().map(|(need, answered)| (*need, answered.distributed)).collect();
    let sent = answers.into_iter().map(|(need, answered)| (need, answered.sent())).collect();
    let wanted = wanted(conn, &mut places, &needs, &served)?;
    let editions = places.used();
    Ok(Ground { wanted, supplies, heaps, pledged, sent, today, editions, sequence })
}

/// Which goods a scope reaches: of an organization what it gave, holds, has in its warehouses or is to get; of countries
/// what lies in them or goes there, and what is with donors for them.
fn reached(binds: &mut Binds, scope: &Scope) -> String {
    let mut words = String::new();
    for bound in scope.bounds() {
        words.push_str(&match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => {
                let own = binds.id(*own);
                format!(
                    " AND {own} IN (pledges.donor_id, balances.holder_id, here.operator_id, consignments.consignee_id)"
                )
            }
            Bound::Countries(own) => {
                let own: Vec<String> =
                    own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
                let own = own.join(", ");
                format!(
                    " AND (here.country IN ({own}) OR there.country IN ({own}) OR (balances.account = {} AND \
                     pledge_lines.earmark_country IN ({own})))",
                    Account::Unallocated.code()
                )
            }
        });
    }
    words
}

/// All goods of the programmes and items of some needs that are with donors, free, reserved, under way or delivered.
fn heaps(conn: &mut Conn, scope: &Scope, needs: &[Need], past: Option<Cut>) -> Outcome<Vec<Heap>> {
    let programmes: BTreeSet<ProgrammeId> = needs.iter().map(|need| need.programme_id).collect();
    let items: BTreeSet<ItemId> = needs.iter().map(|need| need.item_id).collect();
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let of_programmes = binds.ids(&Vec::from_iter(programmes));
    let of_items = binds.ids(&Vec::from_iter(items));
    let accounts = [
        Account::Unallocated,
        Account::InStorage,
        Account::Allocated,
        Account::InTransit,
        Account::Delivered,
    ];
    let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let reached = reached(&mut binds, scope);
    let with_donor = format!("balances.account = {}", Account::Unallocated.code());
    // Goods whose lot is not known are told apart by their line: a label draws just them. So are all of an item of which some
    // are meant for an area: the rule that draws them knows of countries alone.
    let by_line =
        format!("{with_donor} OR balances.lot_id = balances.item_id OR for_areas.item_id IS NOT NULL");
    let for_areas = format!(
        "LEFT JOIN (SELECT DISTINCT item_id FROM pledge_lines WHERE earmark_area IS NOT NULL AND item_id IN ({of_items})) AS \
         for_areas ON for_areas.item_id = balances.item_id"
    );
    let keys = format!(
        "pledges.programme_id, balances.item_id, balances.account, balances.condition, pledge_lines.earmark_country, \
         pledge_lines.earmark_area, balances.site_id, balances.consignment_id, balances.leg_id, balances.lot_id, \
         lots.number, lots.expires_on, CASE WHEN {with_donor} THEN pledges.id END, CASE WHEN {by_line} THEN pledge_lines.id END"
    );
    let limit = binds.number(i64::try_from(HEAPS_MAXIMUM + 1).unwrap_or(i64::MAX));
    let text = format!(
        "SELECT pledges.programme_id AS programme, balances.item_id AS item, balances.account AS account, \
         balances.condition AS condition, pledge_lines.earmark_country AS earmark_country, \
         pledge_lines.earmark_area AS earmark_area, balances.site_id AS site, \
         balances.consignment_id AS consignment, balances.leg_id AS leg, balances.lot_id AS lot, lots.number AS number, lots.expires_on AS \
         expires_on, CASE WHEN {with_donor} THEN pledges.id END AS pledge, CASE WHEN {by_line} THEN \
         pledge_lines.id END AS line, CAST(SUM({quantity}) AS BIGINT) AS quantity FROM pledges JOIN pledge_lines ON \
         pledge_lines.pledge_id = pledges.id JOIN balances ON balances.pledge_line_id = pledge_lines.id {joined} {for_areas} \
         LEFT JOIN lots ON lots.id = balances.lot_id LEFT JOIN sites AS here ON here.id = balances.site_id LEFT JOIN \
         consignments ON consignments.id = balances.consignment_id LEFT JOIN sites AS there ON there.id = \
         consignments.destination_id WHERE pledges.programme_id IN ({of_programmes}) AND balances.item_id IN \
         ({of_items}) AND balances.account IN ({}) AND {condition}{reached} GROUP BY {keys} HAVING SUM({quantity}) > 0 \
         LIMIT {limit}",
        accounts.join(", ")
    );
    let found: Vec<Heap> = ask(conn, text, binds)?;
    if found.len() > HEAPS_MAXIMUM {
        let words = format!("has more than {HEAPS_MAXIMUM} heaps of goods; ask for one item");
        return Err(Problem::field("/item", words).coded(Fault::TooMany));
    }
    Ok(found)
}

/// The heaps that are at places or on the way to them, as supplies. What is reserved or under way is a supply of where its
/// consignment is meant to end.
fn supplies(
    conn: &mut Conn,
    places: &mut Places,
    heaps: Vec<Heap>,
    (forecasting, moment, now): (Option<&Forecasting>, Moment, Timestamp),
) -> Outcome<Vec<(Heap, Supply)>> {
    let moving: BTreeSet<ConsignmentId> =
        heaps.iter().filter(|heap| is_moving(heap)).filter_map(|heap| heap.consignment).collect();
    let moving = Vec::from_iter(moving);
    let arrivals = match forecasting {
        Some(forecasting) => consignments_arrive(conn, forecasting, &moving, moment, now)?,
        None => Arrivals::default(),
    };
    // By when nine of ten such trips are there: what may as well come later is no answer to a day.
    let arrives = |heap: &Heap| {
        let id = heap.consignment?;
        let window = if heap.account == Account::InTransit.code() {
            arrivals.under_way(heap.leg?)
        } else {
            arrivals.waiting(id, heap.site)
        };
        Some(window?.latest.to_datetime().date_naive())
    };
    let destinations = destinations(conn, &moving)?;
    let ends = |heap: &Heap| match is_moving(heap) {
        true => heap.consignment.and_then(|id| destinations.get(&id)).copied(),
        false => heap.site,
    };
    let places = places.of_sites(conn, heaps.iter().filter_map(ends).collect())?;
    let mut found = Vec::with_capacity(heaps.len());
    for heap in heaps {
        let Some(place) = ends(&heap).and_then(|site| places.get(&site)).cloned() else { continue };
        let way = match Account::from_code(heap.account) {
            Some(Account::Delivered) => Way::Delivered,
            Some(Account::InStorage) => Way::InStorage,
            Some(_) | None => Way::Pipeline(arrives(&heap)),
        };
        let key =
            format!("{:?} {:?} {:?} {:?} {:?}", heap.site, heap.consignment, heap.leg, heap.lot, heap.line);
        let supply = Supply {
            programme: heap.programme,
            item: heap.item,
            place,
            way,
            expires_on: heap.expires_on(),
            earmark: heap.earmark(),
            fitness: heap.fitness(),
            key,
            quantity: heap.quantity,
        };
        found.push((heap, supply));
    }
    Ok(found)
}

fn is_moving(heap: &Heap) -> bool {
    [Account::Allocated, Account::InTransit].iter().any(|account| account.code() == heap.account)
}

fn destinations(conn: &mut Conn, ids: &[ConsignmentId]) -> Outcome<HashMap<ConsignmentId, SiteId>> {
    let found: Vec<(ConsignmentId, SiteId)> = in_parts(ids, |part| {
        let query = consignments::table.filter(consignments::id.eq_any(part));
        query.select((consignments::id, consignments::destination_id)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}

/// Where things are, by the areas of a moment.
struct Places {
    editions: Editions,
    cut: Cut,
    /// The names of editions that placed something.
    used: BTreeSet<String>,
}

impl Places {
    fn at(conn: &mut Conn, cut: Cut) -> Outcome<Self> {
        Ok(Self { editions: Editions::at(conn, cut)?, cut, used: BTreeSet::new() })
    }

    /// The area of each site, where it is known, else only its country.
    fn of_sites(&mut self, conn: &mut Conn, ids: BTreeSet<SiteId>) -> Outcome<HashMap<SiteId, Place>> {
        let found = site_areas_by(conn, &self.editions, Some(&Vec::from_iter(ids)), self.cut)?;
        self.used.extend(found.values().map(|area| area.edition.clone()));
        let place = |area: SiteArea| Place { country: area.country, area: area.area.map(|area| area.code) };
        Ok(found.into_iter().map(|(site, area)| (site, place(area))).collect())
    }

    /// Where a need is stated for; an area by the code it has now, where another code followed the one that was stated.
    fn stated(&mut self, need: &Need) -> Place {
        let country = need.country.parse::<CountryCode>().ok();
        self.used.insert(self.editions.of(country).version().name.to_string());
        let area = area_needed(&self.editions, need);
        Place { country: need.country.clone(), area }
    }

    /// Says where goods are meant for by the codes that areas have now.
    fn lead(&self, heaps: &mut [Heap]) {
        for heap in heaps {
            let country = heap.earmark_country.as_deref().and_then(|country| country.parse().ok());
            let area = heap.earmark_area.take();
            heap.earmark_area = area.map(|code| area_now(&self.editions, country, &code));
        }
    }

    /// The editions that placed something.
    fn used(&self) -> Vec<EditionView> {
        self.editions.views(self.used.iter().map(String::as_str))
    }
}

/// Needs as they are filled.
fn wanted(
    conn: &mut Conn,
    places: &mut Places,
    needs: &[Need],
    served: &HashMap<NeedId, i64>,
) -> Outcome<Vec<Wanted>> {
    let sites = places.of_sites(conn, needs.iter().filter_map(|need| need.site_id).collect())?;
    let mut found = Vec::with_capacity(needs.len());
    for need in needs {
        let at_site = need.site_id.and_then(|site| sites.get(&site)).cloned();
        let place = at_site.unwrap_or_else(|| places.stated(need));
        let day = need.needed_by.parse();
        found.push(Wanted {
            need: need.need_id,
            programme: need.programme_id,
            item: need.item_id,
            place,
            quantity: need.quantity,
            served: served.get(&need.need_id).copied().unwrap_or(0),
            needed_by: day.map_err(|_| Problem::internal(format!("needs.needed_by of {}", need.id)))?,
            priority: need.priority()?,
            shelf_life_days: u64::try_from(need.shelf_life_days.unwrap_or(0)).unwrap_or(0),
        });
    }
    Ok(found)
}
