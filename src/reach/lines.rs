//! Lines of distributions out of the database, those that differ in nothing that matters added up there: splitting a line
//! within a round changes no figure.

use super::question::{Question, WORLD, countries_in};
use super::sited::{Inside, place_lines};
use crate::areas::Editions;
use crate::auth::{Bound, Scope};
use crate::baselines::Area;
use crate::core::id::{ItemId, ProgrammeId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds, Conn, ask};
use crate::ledger::Account;
use chrono::{Days, NaiveDate};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

/// Groups of lines that one figure reads: a hundred areas of a hundred caseloads with a hundred rounds.
const GROUPS_MAXIMUM: i64 = 1_000_000;
/// Lines with registered people that one figure reads.
const REGISTERED_MAXIMUM: i64 = 200_000;
/// Registered people in the lines that one figure reads, each as often as a line names them: their hashes, 32 bytes each, are united in
/// memory, where these take 128 MB.
const IDS_MAXIMUM: i64 = 4_000_000;
/// Bytes of a keyed hash.
pub(super) const HASHED_BYTES: usize = 32;
const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// By what the people of a line are known, the first that is stated. The codes are those of one question to the database, and
/// stand in no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KnownBy {
    /// Numbers of a register.
    Registered = 1,
    /// A headcount.
    Headcount = 2,
    /// Households.
    Households = 3,
    /// Nothing but the goods.
    Goods = 4,
}

impl KnownBy {
    const ALL: [Self; 4] = [Self::Registered, Self::Headcount, Self::Households, Self::Goods];

    fn code(self) -> i64 {
        self as i64
    }

    /// Reads the code back.
    ///
    /// # Errors
    /// `internal` where the database answers what nobody asked for.
    pub(super) fn read(code: i64) -> Outcome<Self> {
        let found = Self::ALL.into_iter().find(|by| by.code() == code);
        found.ok_or_else(|| {
            Problem::internal(format!("people of a line are known by {code}, which is no code"))
        })
    }
}

/// The code as the database finds it.
fn known_by() -> String {
    format!(
        "CASE WHEN l.registered IS NOT NULL THEN {} WHEN l.people IS NOT NULL THEN {} \
         WHEN l.households IS NOT NULL THEN {} ELSE {} END",
        KnownBy::Registered.code(),
        KnownBy::Headcount.code(),
        KnownBy::Households.code(),
        KnownBy::Goods.code()
    )
}

/// Lines of distributions that differ in nothing that matters.
#[derive(Debug, QueryableByName)]
pub(super) struct LineRow {
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) programme: Option<ProgrammeId>,
    /// Where people live, where somebody said; else …
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) area: Option<String>,
    /// … where this site lies.
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site: Option<SiteId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) sector: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) caseload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) round: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) people_group: String,
    /// Days since 1970, of lines whose caseload may have a round on that day, or whose area had another code before or after.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) day: Option<i64>,
    /// Code of [`KnownBy`].
    #[diesel(sql_type = BigInt)]
    pub(super) known_by: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) household_thousandths: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) registered: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    pub(super) people: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) households: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) lines: i64,
    /// Of the goods of that distribution and item, how many the donor gave …
    #[diesel(sql_type = BigInt)]
    pub(super) own: i64,
    /// … of how many.
    #[diesel(sql_type = BigInt)]
    pub(super) whole: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) is_verified: i64,
}

/// Until when something is known: the last sequence, and the time of that entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) sequence: i64,
    pub(super) at: Timestamp,
}

/// The lines a question is about, verified or not.
pub(super) fn read_lines(
    conn: &mut Conn,
    question: &Question,
    known: Known,
    inside: &Inside,
    editions: &Editions,
) -> Outcome<Vec<LineRow>> {
    let mut rows = read(conn, question, known, inside, false)?;
    if has_registered(conn, question, known, inside)? {
        rows.extend(read(conn, question, known, inside, true)?);
    }
    place_lines(conn, &mut rows, question, known, editions)?;
    Ok(rows)
}

#[derive(QueryableByName)]
struct Ids {
    #[diesel(sql_type = BigInt)]
    ids: i64,
}

/// Whether lines name registered people.
///
/// # Errors
/// `invalid` where they name more than are read at once.
fn has_registered(conn: &mut Conn, question: &Question, known: Known, inside: &Inside) -> Outcome<bool> {
    let mut binds = Binds::default();
    let joined = own_goods(question, known, &mut binds).map_or(String::new(), |own| joined_own(&own));
    let conditions = conditions(question, known, inside, &mut binds);
    let text = format!(
        "SELECT CAST(COALESCE(SUM(length(l.registered) / {HASHED_BYTES}), 0) AS BIGINT) AS ids FROM reached_lines AS l {joined} \
         WHERE l.registered IS NOT NULL AND {conditions}"
    );
    let found: Vec<Ids> = ask(conn, text, binds)?;
    let ids = found.first().map_or(0, |found| found.ids);
    if ids > IDS_MAXIMUM {
        let detail = format!(
            "{ids} registered people would be read, and at most {IDS_MAXIMUM} are; ask for an area, a programme or a window"
        );
        return Err(Problem::field("/area", detail));
    }
    Ok(ids > 0)
}

fn read(
    conn: &mut Conn,
    question: &Question,
    known: Known,
    inside: &Inside,
    is_registered: bool,
) -> Outcome<Vec<LineRow>> {
    let mut binds = Binds::default();
    let own = own_goods(question, known, &mut binds);
    let verified = is_verified("l.event_id", known, &mut binds);
    let conditions = conditions(question, known, inside, &mut binds);
    let (area, site) = told_places(question);
    let (registered, kind, limit) = if is_registered {
        ("registered", "l.registered IS NOT NULL", REGISTERED_MAXIMUM)
    } else {
        ("CAST(NULL AS BYTEA)", "l.registered IS NULL", GROUPS_MAXIMUM)
    };
    let sequence = binds.number(known.sequence);
    let day = format!(
        "CASE WHEN (l.caseload IS NOT NULL AND l.round IS NULL) OR {} THEN l.occurred_at / {DAY_MICROSECONDS} END",
        is_retired("l", &sequence, inside)
    );
    let by = known_by();
    let (mut apart, parts, joined) = match &own {
        None => (String::new(), String::new(), String::new()),
        Some(own) => {
            (", own, whole, event_id, stated_by".to_owned(), format!(", {OWN_PARTS}"), joined_own(own))
        }
    };
    let of_donor =
        if own.is_some() { "own, whole" } else { "CAST(0 AS BIGINT) AS own, CAST(0 AS BIGINT) AS whole" };
    if is_registered {
        apart.push_str(", id, registered");
    }
    let columns = "item_id, programme_id, area, site, sector, caseload, round, people_group, day, known_by, \
                   household_thousandths, is_verified";
    let text = format!(
        "SELECT item_id AS item, programme_id AS programme, area, site, sector, caseload, round, people_group, day, \
         known_by, household_thousandths, {registered} AS registered, \
         CAST(COALESCE(SUM(people), 0) AS BIGINT) AS people, \
         CAST(COALESCE(SUM(households), 0) AS BIGINT) AS households, \
         CAST(SUM(quantity) AS BIGINT) AS quantity, CAST(COUNT(*) AS BIGINT) AS lines, {of_donor}, is_verified \
         FROM (SELECT l.id, l.event_id, l.stated_by, l.item_id, l.programme_id, {area} AS area, \
         CASE WHEN l.area IS NULL THEN {site} END AS site, l.sector, l.caseload, l.round, l.people_group, \
         l.people, l.households, l.household_thousandths, l.registered, l.quantity, \
         CAST({day} AS BIGINT) AS day, CAST({by} AS BIGINT) AS known_by, {verified} AS is_verified{parts} \
         FROM reached_lines AS l {joined} WHERE {kind} AND {conditions}) AS chosen \
         GROUP BY {columns}{apart} LIMIT {}",
        limit + 1
    );
    let rows: Vec<LineRow> = ask(conn, text, binds)?;
    if rows.len() as i64 > limit {
        let detail = format!(
            "more than {limit} different lines would be read; ask for an area, a programme or a window"
        );
        return Err(Problem::field("/area", detail).coded(Fault::TooMany));
    }
    Ok(rows)
}

/// Of the goods of a line's distribution and item: how many the donor gave, and of how many.
pub(super) const OWN_PARTS: &str = "o.own AS own, (SELECT CAST(SUM(w.quantity) AS BIGINT) FROM reached_lines AS w \
                                    WHERE w.event_id = l.event_id AND w.item_id = l.item_id \
                                    AND w.stated_by = l.stated_by) AS whole";

/// The goods of a donor, beside the lines of their distributions.
pub(super) fn joined_own(own: &str) -> String {
    format!("JOIN ({own}) AS o ON o.event_id = l.event_id AND o.item_id = l.item_id")
}

/// 1 where the hand-over was verified by then, else 0.
pub(super) fn is_verified(event: &str, known: Known, binds: &mut Binds) -> String {
    let at = binds.number(known.at.0);
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM verifications AS f WHERE f.event_id = {event} AND f.since <= {at} \
         AND (f.ended_at IS NULL OR f.ended_at > {at})) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END"
    )
}

/// How much of each item a donor had in each distribution, or a pledge, with what corrections and reversals made of it since.
pub(super) fn own_goods(question: &Question, known: Known, binds: &mut Binds) -> Option<String> {
    let given = match (question.pledge, question.donor) {
        (Some(pledge), _) => format!("g.id = {}", binds.id(pledge)),
        (None, Some(donor)) => format!("g.donor_id = {}", binds.id(donor)),
        (None, None) => return None,
    };
    let sequence = binds.number(known.sequence);
    Some(format!(
        "SELECT CASE e.kind WHEN 'distributed' THEN e.id WHEN 'reversed' THEN COALESCE(c.about_id, e.about_id) \
         ELSE e.about_id END AS event_id, b.item_id AS item_id, CAST(SUM(p.quantity) AS BIGINT) AS own \
         FROM pledges AS g JOIN pledge_lines AS y ON y.pledge_id = g.id \
         JOIN balances AS b ON b.pledge_line_id = y.id AND b.account = {} \
         JOIN postings AS p ON p.cell = b.cell JOIN events AS e ON e.sequence = p.sequence \
         LEFT JOIN events AS c ON c.id = e.about_id AND c.kind = 'corrected' \
         WHERE {given} AND p.sequence <= {sequence} GROUP BY 1, 2 HAVING SUM(p.quantity) > 0",
        Account::Distributed.code()
    ))
}

/// That a row is of a programme of which donors are told no place below the country.
pub(super) fn is_sensitive(table: &str) -> String {
    format!("EXISTS (SELECT 1 FROM programmes AS q WHERE q.id = {table}.programme_id AND q.sensitive)")
}

/// That a row's area, or one that its P-code lies in, had another code before or after, as was stated up to a sequence: the day says
/// for which area it stands.
pub(super) fn is_retired(table: &str, sequence: &str, inside: &Inside) -> String {
    let retired = format!("(SELECT c.from_code FROM area_changes AS c WHERE c.sequence <= {sequence})");
    let larger =
        inside.lengths.iter().map(|length| format!("substr({table}.area, 1, {length}) IN {retired}"));
    let all: Vec<String> = std::iter::once(format!("{table}.area IN {retired}")).chain(larger).collect();
    format!("({})", all.join(" OR "))
}

/// Area and site of a line, as far as they are told.
pub(super) fn told_places(question: &Question) -> (String, String) {
    if question.is_donors() {
        let is_sensitive = is_sensitive("l");
        (
            format!("CASE WHEN {is_sensitive} THEN l.country ELSE l.area END"),
            format!("CASE WHEN NOT {is_sensitive} THEN l.site_id END"),
        )
    } else {
        ("l.area".to_owned(), "l.site_id".to_owned())
    }
}

/// Which lines are asked for and within reach, as they were stated last and not reversed.
pub(super) fn conditions(question: &Question, known: Known, inside: &Inside, binds: &mut Binds) -> String {
    let sequence = binds.number(known.sequence);
    let mut all = vec![format!("l.sequence <= {sequence}"), standing(&sequence)];
    if let Some(item) = question.item {
        all.push(format!("l.item_id = {}", binds.id(item)));
    }
    if let Some(sector) = &question.sector {
        all.push(format!("l.sector = {}", binds.place(Bind::Words(sector.clone()))));
    }
    if let Some(programme) = question.programme {
        all.push(format!("l.programme_id = {}", binds.id(programme)));
    }
    if let Some(from) = question.from.and_then(Timestamp::from_date) {
        all.push(format!("l.occurred_at >= {}", binds.number(from.0)));
    }
    if let Some(after) =
        question.to.and_then(|day| day.checked_add_days(Days::new(1))).and_then(Timestamp::from_date)
    {
        all.push(format!("l.occurred_at < {}", binds.number(after.0)));
    }
    if let Some(as_of) = question.as_of {
        all.push(format!("l.effective_at <= {}", binds.number(as_of.0)));
    }
    all.extend(in_area("l", &question.area, &inside.codes, &inside.sites, binds));
    if question.is_donors() && matches!(question.area, Area::Within(_)) {
        all.push(format!("NOT {}", is_sensitive("l")));
    }
    all.extend(within(&question.scope, binds));
    all.join(" AND ")
}

/// That a distribution was not reversed, and that this states it last: of most nothing was ever restated.
fn standing(sequence: &str) -> String {
    format!(
        "(l.event_id NOT IN (SELECT t.about_id FROM events AS t WHERE t.about_id IS NOT NULL \
         AND t.kind IN ('corrected', 'reversed') AND t.sequence <= {sequence}) \
         OR (NOT EXISTS (SELECT 1 FROM events AS r WHERE r.about_id = l.event_id AND r.kind = 'reversed' \
         AND r.sequence <= {sequence}) \
         AND NOT EXISTS (SELECT 1 FROM events AS v WHERE v.about_id = l.stated_by AND v.kind = 'reversed' \
         AND v.sequence <= {sequence}) \
         AND NOT EXISTS (SELECT 1 FROM events AS c WHERE c.about_id = l.event_id AND c.kind = 'corrected' \
         AND c.sequence > l.sequence AND c.sequence <= {sequence} AND NOT EXISTS (SELECT 1 FROM events AS d \
         WHERE d.about_id = c.id AND d.kind = 'reversed' AND d.sequence <= {sequence}))))"
    )
}

/// The condition that a row lies in an area: it says so itself, by its code or one of those that ended and may lead there, or it says
/// nothing and is of one of these sites.
pub(super) fn in_area(
    table: &str,
    area: &Area,
    ended: &[String],
    sites: &[SiteId],
    binds: &mut Binds,
) -> Option<String> {
    match area {
        Area::Region(WORLD) => None,
        Area::Region(m49) => {
            let codes: Vec<String> = countries_in(*m49)
                .into_iter()
                .map(|code| binds.place(Bind::Words(code.as_str().to_owned())))
                .collect();
            // The world is none of them, and a region without countries is nowhere.
            let codes = if codes.is_empty() { "NULL".to_owned() } else { codes.join(", ") };
            Some(format!("{table}.country IN ({codes})"))
        }
        Area::Country(code) => {
            Some(format!("{table}.country = {}", binds.place(Bind::Words(code.as_str().to_owned()))))
        }
        Area::Within(code) => {
            let mut codes = vec![code.as_str()];
            codes.extend(ended.iter().map(String::as_str));
            let inside: Vec<String> = codes.into_iter().map(|code| is_or_in(table, code, binds)).collect();
            let there = if sites.is_empty() {
                String::new()
            } else {
                format!(" OR ({table}.area IS NULL AND {table}.site_id IN ({}))", binds.ids(sites))
            };
            let country = binds.place(Bind::Words(code.country().as_str().to_owned()));
            Some(format!("{table}.country = {country} AND ({}{there})", inside.join(" OR ")))
        }
    }
}

/// The condition that a row is of a code, or of one that lies inside it.
fn is_or_in(table: &str, code: &str, binds: &mut Binds) -> String {
    let text = binds.place(Bind::Words(code.to_owned()));
    // An area of ISO 3166-2 is no beginning of another.
    if code.contains('-') {
        return format!("{table}.area = {text}");
    }
    format!(
        "({table}.area = {text} OR ({table}.area NOT LIKE '%-%' AND substr({table}.area, 1, {}) = {text}))",
        code.len()
    )
}

/// How far a scope reaches into lines: where the organization runs the site or has part in the consignment, and in the
/// countries. A donor's is its own goods, which the question asks for.
fn within(scope: &Scope, binds: &mut Binds) -> Vec<String> {
    let bound = |bound: &Bound| match bound {
        Bound::Organization(own) => {
            let own = binds.id(*own);
            format!(
                "(EXISTS (SELECT 1 FROM sites AS s WHERE s.id = l.site_id AND s.operator_id = {own}) \
                 OR EXISTS (SELECT 1 FROM consignments AS k WHERE k.id = l.consignment_id \
                 AND {own} IN (k.consignor_id, k.consignee_id)))"
            )
        }
        Bound::Countries(own) => {
            let own: Vec<String> = own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
            let own = if own.is_empty() { "NULL".to_owned() } else { own.join(", ") };
            format!("l.country IN ({own})")
        }
        Bound::OwnPledges(own) => {
            let own = binds.id(*own);
            format!(
                "EXISTS (SELECT 1 FROM events AS e JOIN postings AS p ON p.sequence = e.sequence \
                 JOIN balances AS b ON b.cell = p.cell JOIN pledge_lines AS y ON y.id = b.pledge_line_id \
                 JOIN pledges AS g ON g.id = y.pledge_id WHERE e.id = l.event_id AND b.item_id = l.item_id \
                 AND g.donor_id = {own})"
            )
        }
    };
    scope.bounds().iter().map(bound).collect()
}

/// The day of a line, where it matters.
pub(super) fn day_of(days: i64) -> Option<NaiveDate> {
    Timestamp(days.checked_mul(DAY_MICROSECONDS)?).to_datetime().date_naive().into()
}
