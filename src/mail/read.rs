//! Mailings as they are shown, and how many there are.

use super::rules::{About, PER_CONSIGNMENT, PER_USER, UNCONFIRMED_PER_ADDRESS, UNCONFIRMED_PER_CONSIGNMENT};
use super::store::{Mailing, outlet_of};
use crate::atlas::Language;
use crate::auth::{Permit, action};
use crate::core::id::{ConsignmentId, MailingId, OutletId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{consignments, mailings};
use crate::db::{Binds, Conn, ask, in_parts, read_failure};
use crate::outbox::{Letters, Outlet, standings};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use serde::Serialize;
use std::collections::HashMap;

/// A mailing, without its address, which only its reader knows.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Mailing)]
pub struct MailingView {
    /// Which one.
    pub id: MailingId,
    /// What it is about.
    pub about: About,
    /// Days between two digests.
    pub days: i64,
    /// The language it is written in.
    #[schema(value_type = String, example = "fr")]
    pub language: Language,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When whoever reads the address said yes; null until then, and nothing but the question is sent.
    pub confirmed_at: Option<Timestamp>,
    /// Messages the server of mail did not take, which are sent again by themselves.
    pub letters_waiting: i64,
    /// Messages that were given up, until somebody has them sent again.
    pub letters_given_up: i64,
}

impl MailingView {
    pub(super) fn of(row: &Mailing, letters: Letters) -> Outcome<Self> {
        Ok(Self {
            id: row.id,
            about: row.about()?,
            days: row.days,
            language: row.language(),
            letters_waiting: letters.waiting,
            letters_given_up: letters.given_up,
            asked_at: row.asked_at,
            confirmed_at: row.confirmed_at,
        })
    }
}

/// The caller's mailings: ten at most, so all at once.
///
/// # Errors
/// What the database says.
pub(super) fn mailing_own(
    conn: &mut Conn,
    permit: &Permit<action::WebhookRead>,
) -> Outcome<Vec<MailingView>> {
    let rows: Vec<Mailing> = mailings::table
        .filter(mailings::user_id.eq(permit.principal().user))
        .filter(mailings::ended_at.is_null())
        .order(mailings::id)
        .select(Mailing::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let ids: Vec<OutletId> = rows.iter().map(|row| outlet_of(row.id)).collect();
    let standings = standings(conn, &ids)?;
    let letters =
        |row: &Mailing| standings.get(&outlet_of(row.id)).map(|(_, letters)| *letters).unwrap_or_default();
    rows.iter().map(|row| MailingView::of(row, letters(row))).collect()
}

/// Refuses a mailing that is not this user's, or has ended.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn mailing_of(conn: &mut Conn, user: UserId, id: MailingId) -> Outcome<()> {
    let own = mailings::table
        .filter(mailings::id.eq(id))
        .filter(mailings::user_id.eq(user))
        .filter(mailings::ended_at.is_null());
    match diesel::select(exists(own)).get_result(conn).map_err(read_failure)? {
        true => Ok(()),
        false => Err(Problem::not_found()),
    }
}

/// A mailing as whoever runs the server sees it, whosever it is. Its address stays sealed.
#[derive(Clone, Debug, Serialize)]
pub struct MailingStanding {
    /// What is known of it.
    #[serde(flatten)]
    pub mailing: MailingView,
    /// The user with whose rights it is written, of digests and alerts.
    pub user: Option<UserId>,
    /// The code it is about, of a tracking code.
    pub tracking_code: Option<String>,
    /// The entry of the log up to which all was told, or stands among the letters.
    pub told_through: i64,
    /// Failures one after another.
    pub failures: i64,
    /// Why the last was not taken.
    pub error: Option<String>,
}

impl MailingStanding {
    /// Whether something of it was not taken.
    pub fn is_failing(&self) -> bool {
        self.error.is_some() || self.mailing.letters_waiting > 0 || self.mailing.letters_given_up > 0
    }
}

fn stand(conn: &mut Conn, rows: Vec<Mailing>) -> Outcome<Vec<MailingStanding>> {
    let outlets: Vec<OutletId> = rows.iter().map(|row| outlet_of(row.id)).collect();
    let standings: HashMap<OutletId, (Outlet, Letters)> = standings(conn, &outlets)?;
    let about: Vec<ConsignmentId> = rows.iter().filter_map(|row| row.consignment_id).collect();
    let codes: Vec<(ConsignmentId, String)> = in_parts(&about, |part| {
        consignments::table
            .filter(consignments::id.eq_any(part.to_vec()))
            .select((consignments::id, consignments::tracking_code))
            .load(conn)
    })
    .map_err(read_failure)?;
    let codes: HashMap<ConsignmentId, String> = codes.into_iter().collect();
    let standing = |row: &Mailing| -> Outcome<MailingStanding> {
        let known = standings.get(&outlet_of(row.id));
        let letters = known.map(|(_, letters)| *letters).unwrap_or_default();
        Ok(MailingStanding {
            mailing: MailingView::of(row, letters)?,
            user: row.user_id,
            tracking_code: row.consignment_id.and_then(|id| codes.get(&id).cloned()),
            told_through: known.map_or(0, |(outlet, _)| outlet.told_through),
            failures: known.map_or(0, |(outlet, _)| outlet.failures),
            error: known.and_then(|(outlet, _)| outlet.error.clone()),
        })
    };
    rows.iter().map(standing).collect()
}

/// A mailing, whosever it is: for whoever holds the database.
///
/// # Errors
/// `not_found` also where it has ended, or what the database says.
pub fn mailing_any(conn: &mut Conn, id: MailingId) -> Outcome<MailingStanding> {
    let row: Mailing = mailings::table
        .filter(mailings::id.eq(id))
        .filter(mailings::ended_at.is_null())
        .select(Mailing::as_select())
        .first(conn)
        .map_err(read_failure)?;
    stand(conn, vec![row])?.pop().ok_or_else(Problem::not_found)
}

/// A page of everybody's mailings, those about tracking codes too, in the order they were asked for: for whoever holds the
/// database.
///
/// # Errors
/// What the database says.
pub fn mailing_every(conn: &mut Conn, after: Option<MailingId>, limit: i64) -> Outcome<Vec<MailingStanding>> {
    let mut query = mailings::table
        .filter(mailings::ended_at.is_null())
        .order(mailings::id)
        .limit(limit)
        .select(Mailing::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(mailings::id.gt(after));
    }
    let rows = query.load(conn).map_err(read_failure)?;
    stand(conn, rows)
}

/// The consignment of a tracking code.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn consignment_of(conn: &mut Conn, code: &str) -> Outcome<ConsignmentId> {
    consignments::table
        .filter(consignments::tracking_code.eq(code))
        .select(consignments::id)
        .first(conn)
        .map_err(read_failure)
}

/// The tracking code of a consignment.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn code_of(conn: &mut Conn, id: ConsignmentId) -> Outcome<String> {
    consignments::table
        .filter(consignments::id.eq(id))
        .select(consignments::tracking_code)
        .first(conn)
        .map_err(read_failure)
}

/// Whether an address is written to about a consignment, or was asked and may still say yes.
///
/// # Errors
/// What the database says.
pub(super) fn is_asked(conn: &mut Conn, consignment: ConsignmentId, address_key: &str) -> Outcome<bool> {
    let same = mailings::table
        .filter(mailings::address_key.eq(address_key))
        .filter(mailings::consignment_id.eq(consignment));
    diesel::select(exists(same)).get_result(conn).map_err(read_failure)
}

/// Refuses a further mailing where there are too many. What is refused because of an address that is not the caller's is told
/// by nothing: `false`.
///
/// # Errors
/// `wrong_state` or `too_many_requests`, or what the database says.
pub(super) fn has_room(
    conn: &mut Conn,
    address_key: &str,
    consignment: Option<ConsignmentId>,
    user: Option<UserId>,
) -> Outcome<bool> {
    let open = || mailings::table.filter(mailings::ended_at.is_null());
    if let Some(user) = user {
        let own: i64 =
            open().filter(mailings::user_id.eq(user)).count().get_result(conn).map_err(read_failure)?;
        if own >= PER_USER {
            let words = format!("You have {own} mailings, and nobody has more. End one that is not read.");
            return Err(Problem::new(Code::WrongState, words));
        }
    }
    if let Some(consignment) = consignment {
        let of_it: i64 = open()
            .filter(mailings::consignment_id.eq(consignment))
            .count()
            .get_result(conn)
            .map_err(read_failure)?;
        if of_it >= PER_CONSIGNMENT {
            let words = "As many people as can be are written to about this code. Look it up instead.";
            return Err(Problem::new(Code::WrongState, words));
        }
        let unanswered: i64 = open()
            .filter(mailings::consignment_id.eq(consignment))
            .filter(mailings::confirmed_at.is_null())
            .count()
            .get_result(conn)
            .map_err(read_failure)?;
        if unanswered >= UNCONFIRMED_PER_CONSIGNMENT {
            let words =
                "Too many people were asked about this code and have not answered yet. Try again in an hour.";
            return Err(Problem::new(Code::TooManyRequests, words).with("retry_after_s", 3_600));
        }
    }
    let of_address: i64 = open()
        .filter(mailings::address_key.eq(address_key))
        .filter(mailings::confirmed_at.is_null())
        .count()
        .get_result(conn)
        .map_err(read_failure)?;
    Ok(of_address < UNCONFIRMED_PER_ADDRESS)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: MailingId,
}

fn found(conn: &mut Conn, text: String, binds: Binds) -> Outcome<Vec<MailingId>> {
    let rows: Vec<Found> = ask(conn, text, binds)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those about consignments of which anything was recorded since they were told, and who were not written to a while ago.
///
/// # Errors
/// What the database says.
pub(super) fn with_news(conn: &mut Conn, told_before: Timestamp) -> Outcome<Vec<MailingId>> {
    let mut binds = Binds::default();
    let before = binds.number(told_before.0);
    let text = format!(
        "SELECT mailings.id AS id FROM mailings JOIN outlets ON outlets.id = mailings.id \
         WHERE mailings.consignment_id IS NOT NULL AND mailings.ended_at IS NULL AND mailings.confirmed_at IS NOT NULL \
         AND (outlets.taken_at IS NULL OR outlets.taken_at <= {before}) AND EXISTS (SELECT 1 FROM events \
         WHERE events.consignment_id = mailings.consignment_id AND events.sequence > outlets.told_through)"
    );
    found(conn, text, binds)
}

/// Those that end by themselves: nobody confirmed them in time, or their user is erased.
///
/// # Errors
/// What the database says.
pub(super) fn overdue(conn: &mut Conn, asked_before: Timestamp, limit: i64) -> Outcome<Vec<MailingId>> {
    let mut binds = Binds::default();
    let before = binds.number(asked_before.0);
    let limit = binds.number(limit);
    let text = format!(
        "SELECT mailings.id AS id FROM mailings LEFT JOIN users ON users.id = mailings.user_id \
         WHERE mailings.ended_at IS NULL AND ((mailings.confirmed_at IS NULL AND mailings.asked_at <= {before}) \
         OR users.erased_at IS NOT NULL) ORDER BY mailings.id LIMIT {limit}"
    );
    found(conn, text, binds)
}
