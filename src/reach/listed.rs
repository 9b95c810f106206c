//! The lines of distributions behind a figure, page by page: verified ones and those that are only reported.

use super::answer::{asked, editions, known};
use super::lines::{OWN_PARTS, conditions, is_verified, joined_own, own_goods, told_places};
use super::question::Question;
use super::sited::areas_of;
use crate::auth::Fields;
use crate::core::id::{EventId, ItemId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Binds, Conn, ask};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use serde_json::Value;

/// A line as the database has it.
#[derive(Debug, QueryableByName)]
pub(super) struct ListedRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    ordinal: i64,
    #[diesel(sql_type = Binary)]
    event: EventId,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    /// None where it is not told.
    #[diesel(sql_type = Nullable<Binary>)]
    site: Option<SiteId>,
    #[diesel(sql_type = Nullable<Binary>)]
    programme: Option<ProgrammeId>,
    #[diesel(sql_type = Nullable<Text>)]
    area: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    sector: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    caseload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    round: Option<String>,
    #[diesel(sql_type = Text)]
    people_group: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    people: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    households: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    household_thousandths: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    registered: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    tags: Option<String>,
    #[diesel(sql_type = BigInt)]
    occurred_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    is_verified: i64,
    #[diesel(sql_type = BigInt)]
    own: i64,
    #[diesel(sql_type = BigInt)]
    whole: i64,
}

impl ListedRow {
    /// Its place in the list.
    pub(super) fn place(&self) -> (i64, i64) {
        (self.sequence, self.ordinal)
    }
}

/// A line of a distribution behind a figure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReachedLineView {
    /// The distribution.
    pub event: EventId,
    /// What was handed over.
    pub item: ItemId,
    /// How much of it; of a mixed line what the donor gave, where one is asked for.
    pub quantity: i64,
    /// Where; left out to a donor where the programme is sensitive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Where the people live: as somebody said, or where the site lies; no more than the country to a donor where the programme
    /// is sensitive.
    pub area: Option<String>,
    /// Whether somebody said it.
    pub area_stated: bool,
    /// The sector of relief.
    pub sector: Option<String>,
    /// Whose caseload and register.
    pub programme: Option<ProgrammeId>,
    /// Of which caseload.
    pub caseload: Option<String>,
    /// In which round.
    pub round: Option<String>,
    /// Which people.
    pub group: String,
    /// When.
    pub occurred_at: Timestamp,
    /// Whether it is verified and counts.
    pub verified: bool,
    /// How many people were said; left out to donors, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<i64>,
    /// How many households.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<i64>,
    /// People in one on the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household_size: Option<String>,
    /// How many registered people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<i64>,
    /// How many have which tag; never added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub tags: Option<Value>,
    /// The entry of the log that states it.
    pub sequence: i64,
}

impl ReachedLineView {
    pub(super) fn of((row, area): PlacedRow, fields: Fields) -> Self {
        let is_all = matches!(fields, Fields::All);
        let part = |quantity: i64| {
            let product = i128::from(quantity) * i128::from(row.own);
            product
                .checked_div(i128::from(row.whole))
                .and_then(|part| i64::try_from(part).ok())
                .unwrap_or(quantity)
        };
        let size = |thousandths: i64| format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        Self {
            event: row.event,
            item: row.item,
            quantity: part(row.quantity),
            site: row.site,
            area_stated: row.area.is_some() && row.site.is_some(),
            area: row.area.or(area),
            sector: row.sector,
            programme: row.programme,
            caseload: row.caseload,
            round: row.round,
            group: row.people_group,
            occurred_at: row.occurred_at,
            verified: row.is_verified == 1,
            people: row.people.filter(|_| is_all),
            households: row.households.filter(|_| is_all),
            household_size: row.household_thousandths.filter(|_| is_all).map(size),
            registered: row.registered.filter(|_| is_all),
            tags: row.tags.filter(|_| is_all).and_then(|tags| serde_json::from_str(&tags).ok()),
            sequence: row.sequence,
        }
    }
}

/// A line, and the area of its site where it does not say its own.
pub(super) type PlacedRow = (ListedRow, Option<String>);

/// A page of lines in the order in which they were stated, each with the area of its site where it does not say its own, and
/// the sequence they were known at.
pub(super) fn list(
    conn: &mut Conn,
    question: &Question,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Outcome<(Vec<PlacedRow>, i64)> {
    let known = known(conn, question)?;
    let editions = editions(conn, question, known)?;
    let (question, _, inside) = asked(conn, question, known, &editions)?;
    let question = &question;
    let mut binds = Binds::default();
    let verified = is_verified("l.event_id", known, &mut binds);
    let own = own_goods(question, known, &mut binds);
    let (parts, joined) = match &own {
        None => ("CAST(0 AS BIGINT) AS own, CAST(0 AS BIGINT) AS whole", String::new()),
        Some(own) => (OWN_PARTS, joined_own(own)),
    };
    let mut conditions = conditions(question, known, &inside, &mut binds);
    let (area, site) = told_places(question);
    if let Some((sequence, ordinal)) = after {
        let (sequence, ordinal) = (binds.number(sequence), binds.number(ordinal));
        conditions.push_str(&format!(" AND (l.sequence, l.ordinal) > ({sequence}, {ordinal})"));
    }
    let text = format!(
        "SELECT l.sequence AS sequence, l.ordinal AS ordinal, l.event_id AS event, l.item_id AS item, \
         l.quantity AS quantity, {site} AS site, l.programme_id AS programme, {area} AS area, l.sector AS sector, \
         l.caseload AS caseload, l.round AS round, l.people_group AS people_group, l.people AS people, \
         l.households AS households, l.household_thousandths AS household_thousandths, \
         CAST(length(l.registered) / 32 AS BIGINT) AS registered, l.tags AS tags, l.occurred_at AS occurred_at, \
         {verified} AS is_verified, {parts} \
         FROM reached_lines AS l {joined} WHERE {conditions} ORDER BY l.sequence, l.ordinal LIMIT {}",
        binds.number(limit)
    );
    let rows: Vec<ListedRow> = ask(conn, text, binds)?;
    let unsaid = rows.iter().filter(|row| row.area.is_none()).filter_map(|row| row.site);
    let areas = areas_of(conn, unsaid, question, known, &editions)?;
    let placed = |row: ListedRow| {
        let area = row.site.and_then(|site| areas.get(&site)).map(ToString::to_string);
        (row, area)
    };
    Ok((rows.into_iter().map(placed).collect(), known.sequence))
}
