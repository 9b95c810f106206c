//! Where each unit of a pledge is: its lines, and the heaps its goods lie in.
//!
//! The database adds the heaps up: a pledge of a few lines may lie in tens of thousands of balances.

use super::store::{Pledge, PledgeLine, pledge_by_link, pledge_read};
use crate::auth::{Fields, Permit, action};
use crate::core::id::{ItemId, PledgeId, PledgeLineId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{items, organizations, pledge_lines, programmes};
use crate::db::{Binds, Conn, ask, read_failure};
use crate::ledger::{Account, Condition, Cut, Held, Moment};
use crate::parties::is_named;
use crate::writer::last_sequence;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Places told of one pledge; where there are more, those of one country are told as one.
const PLACES_MAXIMUM: usize = 2_000;

/// Where each unit of a pledge is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PledgeStatus {
    /// The pledge.
    pub pledge: PledgeId,
    /// What was decided, as it stands now.
    pub state: String,
    /// Its number.
    pub reference: Option<String>,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Whether its programme is synthetic: made up for demonstration.
    pub synthetic: bool,
    /// How far places are told apart: `place`; `country` where there are too many of them, or no more may be
    /// told; `account` where even that is too many.
    pub places_by: PlacesBy,
    /// Line by line.
    pub lines: Vec<LineStatus>,
    /// The ledger sequence these figures are as of: asked for again with it as `known_at`, they are the same for ever.
    pub sequence: i64,
    /// The last effective time that is counted, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// Where each unit of a pledge is, to whoever has its private link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkStatus {
    /// Who gave, where that is to be named.
    pub donor: Option<String>,
    /// Where each unit is.
    #[serde(flatten)]
    pub status: PledgeStatus,
}

/// Where each unit of a line is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineStatus {
    /// The line.
    pub line: PledgeLineId,
    /// What is given.
    pub item: ItemId,
    /// Its name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// The country it is meant for; null is any.
    pub earmark_country: Option<String>,
    /// Base units offered; 0 of a line that took goods over by a change of earmark.
    pub offered: i64,
    /// Base units that count as promised, as documents state it.
    pub promised: i64,
    /// Base units in excess of the promise, as documents state it.
    pub surplus: i64,
    /// Where they are; adds up to promised plus surplus.
    pub places: Vec<Heap>,
    /// promised + surplus − what is in places; each side is added up by itself, so it is 0 unless the ledger is broken.
    pub residual: i64,
}

impl LineStatus {
    /// Base units that are in places, as they add up by themselves: what the promise and the surplus differ from by `residual`.
    pub fn placed(&self) -> i64 {
        self.promised + self.surplus - self.residual
    }
}

/// Some units that are in the same place and state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Heap {
    /// Where they stand.
    pub account: Account,
    /// In what condition.
    pub condition: Condition,
    /// Base units.
    pub quantity: i64,
    /// The country they are in, or on the way to.
    pub country: Option<String>,
    /// The site; not for strangers and donors where the programme is sensitive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// The consignment's tracking code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_code: Option<String>,
    /// The lot number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
}

/// How far the places of a pledge are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacesBy {
    /// By site, consignment and lot.
    Place,
    /// By country, without these.
    Country,
    /// Not even by country.
    Account,
}

impl PlacesBy {
    /// What tells less, if anything does.
    fn coarser(self) -> Option<Self> {
        match self {
            Self::Place => Some(Self::Country),
            Self::Country => Some(Self::Account),
            Self::Account => None,
        }
    }

    /// The columns that tell places apart, NULL for those that do not, and what to group by besides account
    /// and condition.
    fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Place => (
                "sites.country AS country, sites.id AS site, sites.name AS site_name, \
                 consignments.tracking_code AS tracking_code, lots.number AS lot",
                ", sites.country, sites.id, sites.name, consignments.tracking_code, lots.number",
            ),
            Self::Country => (
                "sites.country AS country, NULL AS site, NULL AS site_name, NULL AS tracking_code, NULL AS lot",
                ", sites.country",
            ),
            Self::Account => {
                ("NULL AS country, NULL AS site, NULL AS site_name, NULL AS tracking_code, NULL AS lot", "")
            }
        }
    }
}

/// Both sides of a line: what documents state of it, and what lies in its places.
#[derive(QueryableByName)]
struct Sides {
    #[diesel(sql_type = Binary)]
    line: PledgeLineId,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
    #[diesel(sql_type = BigInt)]
    placed: i64,
    /// How many statements there are of it.
    #[diesel(sql_type = BigInt)]
    stated: i64,
}

/// What one place of a line holds.
#[derive(QueryableByName)]
struct HeapRow {
    #[diesel(sql_type = Binary)]
    line: PledgeLineId,
    #[diesel(sql_type = Integer)]
    account: i32,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = Nullable<Text>)]
    country: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    site: Option<SiteId>,
    #[diesel(sql_type = Nullable<Text>)]
    site_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tracking_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    lot: Option<String>,
}

impl HeapRow {
    /// The order in which places are told: what is not known first, words by their bytes. Databases differ in
    /// both, so that none of them is asked to sort.
    fn told_before(&self, other: &Self) -> Ordering {
        let key = |row: &Self| (row.line, row.account, row.condition);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.country.cmp(&other.country))
            .then_with(|| self.site.cmp(&other.site))
            .then_with(|| self.tracking_code.cmp(&other.tracking_code))
            .then_with(|| self.lot.cmp(&other.lot))
    }
}

/// Reads where each unit of a pledge is, or was at another moment, if the scope reaches it.
///
/// # Errors
/// `not_found`, `invalid` where the moment asked for is not reached yet, or what the database says.
pub fn pledge_status(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    id: PledgeId,
    moment: Moment,
) -> Outcome<PledgeStatus> {
    let (pledge, lines) = pledge_read(conn, permit, id)?;
    let past = moment.past(conn)?;
    let reader = match permit.fields() {
        Fields::All => Reader::Insider,
        Fields::Traced => Reader::Outsider,
    };
    status_of(conn, (&pledge, &lines), reader, past)
}

/// Reads where each unit of the pledge is, or was at another moment, that a private link leads to; the link is the
/// permission. Who gave is told as far as it is to be named `today`.
///
/// # Errors
/// `not_found`, `invalid` where the moment asked for is not reached yet, or what the database says.
pub fn status_by_link(conn: &mut Conn, hash: &[u8], today: &str, moment: Moment) -> Outcome<LinkStatus> {
    let (pledge, lines) = pledge_by_link(conn, hash)?;
    let past = moment.past(conn)?;
    let status = status_of(conn, (&pledge, &lines), Reader::Outsider, past)?;
    let donor: Option<(String, Option<String>)> = organizations::table
        .filter(organizations::id.nullable().eq(pledge.donor_id))
        .select((organizations::name, organizations::named))
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let donor = donor
        .filter(|(_, named)| is_named(pledge.named.as_deref(), named.as_deref(), today))
        .map(|(name, _)| name);
    Ok(LinkStatus { donor, status })
}

/// Who reads where a pledge is.
#[derive(Clone, Copy, Debug)]
enum Reader {
    /// Somebody who works on it, or looks into it.
    Insider,
    /// Its donor, or whoever has its private link: of a sensitive programme they are told no sites and no lots.
    Outsider,
}

/// Where each unit is, or was at the cut `past`, where another moment than now is asked for.
fn status_of(
    conn: &mut Conn,
    (pledge, lines): (&Pledge, &[PledgeLine]),
    reader: Reader,
    past: Option<Cut>,
) -> Outcome<PledgeStatus> {
    let (synthetic, sensitive): (bool, bool) = programmes::table
        .filter(programmes::id.eq(pledge.programme_id))
        .select((programmes::synthetic, programmes::sensitive))
        .first(conn)
        .map_err(read_failure)?;
    let mut places_by = match reader {
        Reader::Outsider if sensitive => PlacesBy::Country,
        Reader::Outsider | Reader::Insider => PlacesBy::Place,
    };
    let mut rows = heaps(conn, pledge.id, places_by, past)?;
    while rows.len() > PLACES_MAXIMUM
        && let Some(coarser) = places_by.coarser()
    {
        places_by = coarser;
        rows = heaps(conn, pledge.id, places_by, past)?;
    }
    let mut places: HashMap<PledgeLineId, Vec<Heap>> = HashMap::new();
    rows.sort_by(HeapRow::told_before);
    for row in rows {
        if let Some(account) = Account::from_code(row.account) {
            places.entry(row.line).or_default().push(heap(row, account));
        }
    }
    let sides = sides(conn, pledge.id, past)?;
    let names = item_names(conn, pledge.id)?;
    let sequence = past.map_or_else(|| last_sequence(conn), |cut| Ok(cut.known_at))?;
    // A line that a change of earmark opened was not there before the first that is stated of it.
    let is_there = |line: &PledgeLine| {
        past.is_none() || line.is_offered() || sides.get(&line.id).is_some_and(|sides| sides.stated > 0)
    };
    let lines = lines
        .iter()
        .filter(|line| is_there(line))
        .map(|line| line_status(line, &sides, &names, places.remove(&line.id).unwrap_or_default()));
    Ok(PledgeStatus {
        pledge: pledge.id,
        state: pledge.state.clone(),
        reference: pledge.reference.clone(),
        offered_at: pledge.offered_at,
        synthetic,
        places_by,
        lines: lines.collect(),
        sequence,
        as_of: past.and_then(|cut| cut.as_of),
    })
}

/// Both sides of each line, neither worked out from the other: what is promised and in surplus is what statements
/// say, not what the balances of these sources say; what is placed is all other balances, however far they are told
/// apart.
fn sides(conn: &mut Conn, pledge: PledgeId, past: Option<Cut>) -> Outcome<HashMap<PledgeLineId, Sides>> {
    let mut binds = Binds::default();
    let pledge = binds.id(pledge);
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let counted =
        past.map(|cut| format!("AND {}", cut.condition("statements", &mut binds))).unwrap_or_default();
    // What is known of a line begins with its first statement, whenever that counts from.
    let known = past.map(|cut| Cut { as_of: None, ..cut });
    let known =
        known.map(|cut| format!("AND {}", cut.condition("statements", &mut binds))).unwrap_or_default();
    let stated = |figure: &str, counted: &str| {
        format!(
            "CAST(COALESCE((SELECT {figure} FROM statements \
             WHERE statements.pledge_line_id = pledge_lines.id {counted}), 0) AS BIGINT)"
        )
    };
    let text = format!(
        "SELECT pledge_lines.id AS line, {} AS promised, {} AS surplus, {} AS stated, \
         CAST(COALESCE((SELECT SUM({quantity}) FROM balances {joined} \
         WHERE balances.pledge_line_id = pledge_lines.id AND balances.account NOT IN ({}, {}) AND {condition}), 0) \
         AS BIGINT) AS placed FROM pledge_lines WHERE pledge_lines.pledge_id = {pledge}",
        stated("SUM(statements.promised)", &counted),
        stated("SUM(statements.surplus)", &counted),
        stated("COUNT(*)", &known),
        Account::Promised.code(),
        Account::Surplus.code(),
    );
    let rows: Vec<Sides> = ask(conn, text, binds)?;
    Ok(rows.into_iter().map(|row| (row.line, row)).collect())
}

/// What lies in each place; where one more than the most is answered, places are to be told less apart.
fn heaps(conn: &mut Conn, pledge: PledgeId, places_by: PlacesBy, past: Option<Cut>) -> Outcome<Vec<HeapRow>> {
    let (columns, grouped) = places_by.columns();
    let limit = match places_by {
        PlacesBy::Place | PlacesBy::Country => format!("LIMIT {}", PLACES_MAXIMUM + 1),
        PlacesBy::Account => String::new(),
    };
    let mut binds = Binds::default();
    let pledge = binds.id(pledge);
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let text = format!(
        "SELECT balances.pledge_line_id AS line, balances.account AS account, balances.condition AS condition, \
         CAST(SUM({quantity}) AS BIGINT) AS quantity, {columns} \
         FROM pledge_lines JOIN balances ON balances.pledge_line_id = pledge_lines.id {joined} \
         LEFT JOIN sites ON sites.id = balances.site_id \
         LEFT JOIN consignments ON consignments.id = balances.consignment_id \
         LEFT JOIN lots ON lots.id = balances.lot_id \
         WHERE pledge_lines.pledge_id = {pledge} AND {condition} AND balances.account NOT IN ({}, {}) \
         GROUP BY balances.pledge_line_id, balances.account, balances.condition{grouped} \
         HAVING SUM({quantity}) <> 0 {limit}",
        Account::Promised.code(),
        Account::Surplus.code(),
    );
    ask(conn, text, binds)
}

type ItemNames = HashMap<ItemId, (String, String)>;

fn item_names(conn: &mut Conn, pledge: PledgeId) -> Outcome<ItemNames> {
    let rows: Vec<(ItemId, String, String)> = pledge_lines::table
        .inner_join(items::table.on(items::id.eq(pledge_lines::item_id)))
        .filter(pledge_lines::pledge_id.eq(pledge))
        .select((items::id, items::name, items::base_unit))
        .load(conn)
        .map_err(read_failure)?;
    Ok(rows.into_iter().map(|(id, name, unit)| (id, (name, unit))).collect())
}

fn line_status(
    line: &PledgeLine,
    sides: &HashMap<PledgeLineId, Sides>,
    names: &ItemNames,
    places: Vec<Heap>,
) -> LineStatus {
    let (promised, surplus, placed) =
        sides.get(&line.id).map_or((0, 0, 0), |sides| (sides.promised, sides.surplus, sides.placed));
    let (item_name, base_unit) = names.get(&line.item_id).cloned().unwrap_or_default();
    LineStatus {
        line: line.id,
        item: line.item_id,
        item_name,
        base_unit,
        earmark_country: line.earmark_country.clone(),
        offered: line.offered,
        promised,
        surplus,
        places,
        residual: promised + surplus - placed,
    }
}

fn heap(row: HeapRow, account: Account) -> Heap {
    Heap {
        account,
        condition: Condition::from_code(row.condition).unwrap_or_default(),
        quantity: row.quantity,
        country: row.country,
        site: row.site,
        site_name: row.site_name,
        tracking_code: row.tracking_code,
        lot: row.lot,
    }
}
