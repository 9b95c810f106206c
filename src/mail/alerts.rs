//! What stands that somebody should see to: goods that are late or presumed lost, missing and undecided, or about to expire,
//! as far as its reader may read.

use super::phrases::Said;
use crate::atlas::Language;
use crate::auth::{Bound, Permit, Scope, action};
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::{Bind, Binds, Conn, ask};
use crate::forecast::{Forecasting, LateNow, Lateness, late_now};
use crate::ledger::Account;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use sha2::{Digest, Sha256};

/// Lines of each list in one message.
const LINES: usize = 50;
/// Days before their expiry from which on goods are told of.
const EXPIRY_DAYS: i64 = 90;

/// What stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alerts {
    late: Vec<String>,
    missing: Vec<String>,
    expiring: Vec<String>,
    /// Whether there is more than was named.
    pub(super) is_cut: bool,
}

impl Alerts {
    /// The lists with their titles.
    pub(super) fn sections(&self) -> [(Said, &[String]); 3] {
        [
            (Said::LateTitle, self.late.as_slice()),
            (Said::MissingTitle, self.missing.as_slice()),
            (Said::ExpiringTitle, self.expiring.as_slice()),
        ]
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.late.len() + self.missing.len() + self.expiring.len()
    }

    /// What is the same as long as the same stands.
    pub(super) fn mark(&self) -> String {
        let mut hash = Sha256::new();
        for (title, lines) in self.sections() {
            hash.update(title.said(Language::English).as_bytes());
            for line in lines {
                hash.update(line.as_bytes());
                hash.update([0_u8]);
            }
        }
        hexadecimal(hash.finalize().as_slice())
    }
}

#[derive(QueryableByName)]
struct Heap {
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Nullable<Text>)]
    lot: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    expires_on: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// The condition that a scope reaches goods: of consignments that go to, come from or are for it, and at its sites.
fn within(scope: &Scope, binds: &mut Binds) -> String {
    let ends = "ends.id IN (consignments.origin_id, consignments.destination_id)";
    let each = scope.bounds().iter().map(|bound| match bound {
        Bound::Organization(own) => {
            let own = binds.id(*own);
            format!(
                "(consignments.consignor_id = {own} OR consignments.consignee_id = {own} OR sites.operator_id = {own} \
                 OR EXISTS (SELECT 1 FROM sites AS ends WHERE {ends} AND ends.operator_id = {own}))"
            )
        }
        Bound::Countries(own) => {
            let own: Vec<String> = own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
            let own = own.join(", ");
            format!(
                "(sites.country IN ({own}) OR EXISTS (SELECT 1 FROM sites AS ends WHERE {ends} AND ends.country IN ({own})))"
            )
        }
        // A donor is told nothing of others' goods; digests tell of its own.
        Bound::OwnPledges(_) => "1 = 0".to_owned(),
    });
    let mut conditions = vec!["1 = 1".to_owned()];
    conditions.extend(each);
    conditions.join(" AND ")
}

fn heaps(
    conn: &mut Conn,
    scope: &Scope,
    accounts: &[Account],
    days: Option<(&str, &str)>,
) -> Outcome<Vec<Heap>> {
    let mut binds = Binds::default();
    let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    let mut conditions = vec![
        format!("balances.account IN ({})", accounts.join(", ")),
        "balances.quantity > 0".to_owned(),
        within(scope, &mut binds),
    ];
    if let Some((from, through)) = days {
        let from = binds.place(Bind::Words(from.to_owned()));
        let through = binds.place(Bind::Words(through.to_owned()));
        conditions.push(format!("lots.expires_on >= {from} AND lots.expires_on <= {through}"));
    }
    let limit = binds.number(i64::try_from(LINES + 1).unwrap_or(i64::MAX));
    let text = format!(
        "SELECT items.name AS item, lots.number AS lot, lots.expires_on AS expires_on, consignments.tracking_code AS code, \
         sites.name AS site, CAST(SUM(balances.quantity) AS BIGINT) AS quantity FROM balances \
         JOIN items ON items.id = balances.item_id LEFT JOIN lots ON lots.id = balances.lot_id \
         LEFT JOIN consignments ON consignments.id = balances.consignment_id \
         LEFT JOIN sites ON sites.id = balances.site_id WHERE {} \
         GROUP BY items.name, lots.number, lots.expires_on, consignments.tracking_code, sites.name \
         ORDER BY lots.expires_on, items.name, lots.number, consignments.tracking_code, sites.name LIMIT {limit}",
        conditions.join(" AND ")
    );
    ask(conn, text, binds)
}

impl Heap {
    fn line(self, language: Language) -> String {
        let named = |phrase: Said, value: String| format!(", {} {value}", phrase.said(language));
        let lot = self.lot.map(|lot| named(Said::Lot, lot)).unwrap_or_default();
        let expiry = self.expires_on.map(|day| named(Said::Expires, day)).unwrap_or_default();
        let code = self.code.map(|code| format!(", {code}")).unwrap_or_default();
        let site = self.site.map(|site| format!(", {site}")).unwrap_or_default();
        format!("{} x {}{lot}{expiry}{code}{site}", self.quantity, self.item)
    }
}

/// The lines of what was found, as many as are named, and whether there is more.
fn lines(found: Vec<Heap>, language: Language, is_cut: &mut bool) -> Vec<String> {
    *is_cut |= found.len() > LINES;
    found.into_iter().take(LINES).map(|heap| heap.line(language)).collect()
}

/// Goods that should have arrived, in a line.
fn late_line(late: &LateNow, language: Language) -> Option<String> {
    let state = match late.state {
        Lateness::Due => return None,
        Lateness::Late => Said::Late,
        Lateness::PresumedLost => Said::PresumedLost,
    };
    let (state, by) = (state.said(language), Said::ShouldHaveArrived.said(language));
    Some(format!("{}: {state}, {by} {}", late.tracking_code, late.latest))
}

/// What stands now, in a language.
///
/// # Errors
/// What the database says.
pub(super) fn alerts_read(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentRead>,
    forecasting: &Forecasting,
    (now, language): (Timestamp, Language),
) -> Outcome<Alerts> {
    let mut alerts = Alerts::default();
    let limit = i64::try_from(LINES).unwrap_or(i64::MAX);
    let (late, more) = late_now(conn, permit, now, forecasting, limit)?;
    alerts.is_cut |= more;
    alerts.late = late.iter().filter_map(|late| late_line(late, language)).collect();
    let missing = heaps(conn, permit.scope(), &[Account::Missing], None)?;
    alerts.missing = lines(missing, language, &mut alerts.is_cut);
    let today = now.day();
    let last = Timestamp(now.0.saturating_add(EXPIRY_DAYS * 24 * 60 * 60 * MICROSECONDS)).day();
    let custody = [Account::InStorage, Account::Allocated, Account::InTransit];
    let expiring = heaps(conn, permit.scope(), &custody, Some((today.as_str(), last.as_str())))?;
    alerts.expiring = lines(expiring, language, &mut alerts.is_cut);
    Ok(alerts)
}
