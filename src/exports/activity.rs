//! What an IATI activity tells of a programme, read before the first byte leaves.

use super::rules::ExportQuery;
use super::stamp::Stamp;
use crate::atlas::CountryCode;
use crate::auth::Scope;
use crate::core::id::{ItemId, OrganizationId, ProgrammeId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{items, organizations, pledges};
use crate::db::{Conn, in_parts, read_failure};
use crate::parties::is_named;
use crate::pledges::pledges_within;
use crate::programmes::sensitive_programmes;
use crate::reach;
use crate::totals::{Key, Named, TotalsQuery, TotalsRow, answer};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Hundredths of a percent of the whole.
const WHOLE: i64 = 10_000;

/// Goods of an activity.
#[derive(Clone, Debug)]
pub(super) struct Goods {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) promised: i64,
    /// Ever delivered, net of reversals.
    pub(super) deployed: i64,
}

/// How many people a programme means to reach.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) area: String,
    pub(super) group: String,
    pub(super) sector: String,
    pub(super) people: i64,
}

/// How many it reached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    pub(super) low: u64,
    pub(super) best: u64,
    pub(super) high: u64,
    pub(super) lines: u64,
}

/// A programme as an activity.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) code: String,
    pub(super) name: String,
    /// The day of its first offer.
    pub(super) from: String,
    /// Of its donors those whom others may read.
    pub(super) donors: Vec<String>,
    /// Whether it has others who asked not to be named.
    pub(super) has_unnamed: bool,
    /// Countries with what was delivered there, in hundredths of a percent that add up to the whole.
    pub(super) countries: Vec<(String, i64)>,
    pub(super) goods: Vec<Goods>,
    pub(super) targets: Vec<Target>,
    /// Nobody, until a hand-over is verified.
    pub(super) reached: Reached,
}

/// Reads the activities a scope reaches: a question for each dimension, whatever the number of programmes.
///
/// # Errors
/// `wrong_state` where there is no programme to tell of; `invalid` where there are too many rows; whatever the database says.
pub(super) fn read(
    conn: &mut Conn,
    query: &ExportQuery,
    stamp: &Stamp,
    scope: &Scope,
) -> Outcome<Vec<Activity>> {
    let ask = |conn: &mut Conn, group_by: &str| {
        let asked = TotalsQuery {
            group_by: group_by.to_owned(),
            programme: query.programme,
            as_of: stamp.as_of.map(|time| time.to_string()),
            known_at: Some(stamp.sequence.to_string()),
            ..TotalsQuery::default()
        };
        answer(conn, &asked.question(scope.clone(), None)?)
    };
    let goods = ask(conn, "programme,item")?;
    let donors = ask(conn, "programme,donor")?;
    let countries = ask(conn, "programme,country")?;
    let mut activities: BTreeMap<ProgrammeId, Activity> = BTreeMap::new();
    let units = units(
        conn,
        goods.rows.iter().filter_map(|row| key(row, "item")).map(|item| ItemId(item.id)).collect(),
    )?;
    for row in &goods.rows {
        let (Some(programme), Some(item)) = (key(row, "programme"), key(row, "item")) else { continue };
        let activity = activities.entry(ProgrammeId(programme.id)).or_insert_with(|| Activity::of(programme));
        activity.goods.push(Goods {
            name: words(item),
            unit: units.get(&ItemId(item.id)).cloned().unwrap_or_default(),
            promised: row.promised,
            deployed: row.deployed,
        });
    }
    if activities.is_empty() {
        let words = "No programme within your reach has goods, and an IATI file has one activity at least.";
        return Err(Problem::new(Code::WrongState, words).at("/programme"));
    }
    let ids: Vec<ProgrammeId> = activities.keys().copied().collect();
    let hidden = not_named(conn, scope, &ids, &stamp.begun_at.day())?;
    name_donors(&donors.rows, &hidden, &mut activities);
    let mut delivered: BTreeMap<ProgrammeId, Vec<(String, i64)>> = BTreeMap::new();
    for row in countries.rows.iter().filter(|row| row.deployed > 0) {
        if let (Some(programme), Some(Key::Country { code, .. })) =
            (key(row, "programme"), row.keys.get("country").and_then(Option::as_ref))
        {
            delivered.entry(ProgrammeId(programme.id)).or_default().push((code.clone(), row.deployed));
        }
    }
    let first = first_offers(conn, scope, &ids)?;
    for (id, activity) in &mut activities {
        activity.countries = shares(delivered.remove(id).unwrap_or_default());
        activity.from = first.get(id).copied().unwrap_or(stamp.begun_at).day();
    }
    people(conn, (query, stamp), scope, &mut activities)?;
    Ok(activities.into_values().collect())
}

impl Activity {
    fn of(programme: &Named) -> Self {
        Self {
            code: programme.code.clone().unwrap_or_else(|| programme.id.to_string()),
            name: words(programme),
            from: String::new(),
            donors: Vec::new(),
            has_unnamed: false,
            countries: Vec::new(),
            goods: Vec::new(),
            targets: Vec::new(),
            reached: Reached::default(),
        }
    }
}

/// Adds whom each programme reached, and whom it means to reach.
fn people(
    conn: &mut Conn,
    (query, stamp): (&ExportQuery, &Stamp),
    scope: &Scope,
    activities: &mut BTreeMap<ProgrammeId, Activity>,
) -> Outcome<()> {
    let asked = reach::ReachQuery {
        group_by: Some("programme".to_owned()),
        programme: query.programme,
        as_of: stamp.as_of.map(|time| time.to_string()),
        known_at: Some(stamp.sequence.to_string()),
        ..reach::ReachQuery::default()
    };
    let view = reach::answer(conn, &asked.question(scope.clone())?)?;
    for row in view.rows.unwrap_or_default() {
        let activity = row.programme.flatten().and_then(|id| activities.get_mut(&id));
        if let Some(activity) = activity {
            let (low, best, high, lines) = (row.low, row.best, row.high, row.lines);
            activity.reached = Reached { low, best, high, lines };
        }
    }
    let ids: Vec<ProgrammeId> = activities.keys().copied().collect();
    // The file is made to be published: of a sensitive programme it says no place inside a country.
    let sensitive = sensitive_programmes(conn)?;
    for target in reach::targets_known(conn, &ids, stamp.sequence)? {
        if sensitive.contains(&target.programme) && target.area.parse::<CountryCode>().is_err() {
            continue;
        }
        if let Some(activity) = activities.get_mut(&target.programme) {
            let (area, group, sector, people) =
                (target.area, target.people_group, target.sector, target.people);
            activity.targets.push(Target { area, group, sector, people });
        }
    }
    Ok(())
}

fn key<'a>(row: &'a TotalsRow, dimension: &str) -> Option<&'a Named> {
    match row.keys.get(dimension)?.as_ref()? {
        Key::Named(named) => Some(named),
        Key::Country { .. }
        | Key::Corridor { .. }
        | Key::Region { .. }
        | Key::Area { .. }
        | Key::Month(_) => None,
    }
}

fn words(named: &Named) -> String {
    named.name.clone().or_else(|| named.code.clone()).unwrap_or_else(|| named.id.to_string())
}

fn units(conn: &mut Conn, ids: BTreeSet<ItemId>) -> Outcome<HashMap<ItemId, String>> {
    let found: Vec<(ItemId, String)> = in_parts(&Vec::from_iter(ids), |part| {
        items::table.filter(items::id.eq_any(part)).select((items::id, items::base_unit)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}

/// Adds the donors whom others may read, and whether there are more.
fn name_donors(
    rows: &[TotalsRow],
    hidden: &HashSet<(ProgrammeId, OrganizationId)>,
    activities: &mut BTreeMap<ProgrammeId, Activity>,
) {
    for row in rows {
        let (Some(programme), Some(donor)) = (key(row, "programme"), key(row, "donor")) else { continue };
        let Some(activity) = activities.get_mut(&ProgrammeId(programme.id)) else { continue };
        if hidden.contains(&(ProgrammeId(programme.id), OrganizationId(donor.id))) {
            activity.has_unnamed = true;
        } else {
            activity.donors.push(words(donor));
        }
    }
}

/// Who asked, for any pledge to a programme, not to be named to others today.
fn not_named(
    conn: &mut Conn,
    scope: &Scope,
    programmes: &[ProgrammeId],
    today: &str,
) -> Outcome<HashSet<(ProgrammeId, OrganizationId)>> {
    let found: Vec<(ProgrammeId, Option<OrganizationId>, Option<String>)> = in_parts(programmes, |part| {
        pledges_within(pledges::table.into_boxed(), scope)
            .filter(pledges::programme_id.eq_any(part))
            .select((pledges::programme_id, pledges::donor_id, pledges::named))
            .load(conn)
    })
    .map_err(read_failure)?;
    let ids: BTreeSet<OrganizationId> = found.iter().filter_map(|(_, donor, _)| *donor).collect();
    let said: Vec<(OrganizationId, Option<String>)> = in_parts(&Vec::from_iter(ids), |part| {
        let these = organizations::table.filter(organizations::id.eq_any(part));
        these.select((organizations::id, organizations::named)).load(conn)
    })
    .map_err(read_failure)?;
    let said: HashMap<OrganizationId, Option<String>> = said.into_iter().collect();
    let hidden = found.into_iter().filter_map(|(programme, donor, named)| {
        let donor = donor?;
        let of_donor = said.get(&donor).and_then(Option::as_deref);
        (!is_named(named.as_deref(), of_donor, today)).then_some((programme, donor))
    });
    Ok(hidden.collect())
}

/// When the first pledge of each programme was offered.
fn first_offers(
    conn: &mut Conn,
    scope: &Scope,
    programmes: &[ProgrammeId],
) -> Outcome<HashMap<ProgrammeId, Timestamp>> {
    let found: Vec<(ProgrammeId, Timestamp)> = in_parts(programmes, |part| {
        pledges_within(pledges::table.into_boxed(), scope)
            .filter(pledges::programme_id.eq_any(part))
            .select((pledges::programme_id, pledges::offered_at))
            .load(conn)
    })
    .map_err(read_failure)?;
    let mut first: HashMap<ProgrammeId, Timestamp> = HashMap::new();
    for (programme, at) in found {
        first.entry(programme).and_modify(|known| *known = (*known).min(at)).or_insert(at);
    }
    Ok(first)
}

/// Shares of the whole in hundredths of a percent, which add up to all of it: by largest remainder, then by code.
pub(super) fn shares(mut parts: Vec<(String, i64)>) -> Vec<(String, i64)> {
    let all: i128 = parts.iter().map(|(_, part)| i128::from(*part)).sum();
    if all == 0 {
        return Vec::new();
    }
    parts.sort();
    let scaled = |part: i64| i128::from(part) * i128::from(WHOLE);
    let floor = |part: i64| i64::try_from(scaled(part) / all).unwrap_or(WHOLE);
    let mut left = WHOLE - parts.iter().map(|(_, part)| floor(*part)).sum::<i64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(scaled(parts[*place].1) % all));
    let mut shares: Vec<(String, i64)> =
        parts.iter().map(|(code, part)| (code.clone(), floor(*part))).collect();
    for place in order {
        if left == 0 {
            break;
        }
        shares[place].1 += 1;
        left -= 1;
    }
    shares.retain(|(_, share)| *share > 0);
    shares
}
