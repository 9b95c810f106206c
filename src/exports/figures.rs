//! Figures of what is held, with the words and the places of what they are about: for kinds of file that have sums instead of
//! entries.
//!
//! They are read before the first byte leaves, so that what cannot be told is refused and not broken off.

use crate::auth::now;
use crate::core::id::SiteId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::Cut;
use crate::reconciliation::rules::{Group, Question, Section};
use crate::reconciliation::{AccountsRow, AccountsSection, answer};
use crate::sites::{AreaName, KnownPlace, WhichSites, places_known, site_areas};
use crate::totals::{Key, Named};
use std::collections::HashMap;

/// A row of accounts with where its site is.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) row: AccountsRow,
    /// The site, where goods are at one.
    pub(super) site: Option<Named>,
    /// Where that is.
    pub(super) place: Option<KnownPlace>,
    /// In which area inside its country.
    pub(super) area: Option<AreaName>,
}

/// Every account by these dimensions.
///
/// # Errors
/// `invalid` where there are too many rows; whatever the database says.
pub(super) fn accounts(conn: &mut Conn, question: &Question, groups: &[Group]) -> Outcome<AccountsSection> {
    let question =
        Question { group_by: groups.to_vec(), sections: vec![Section::Accounts], ..question.clone() };
    let view = answer(conn, &question, false, now())?;
    view.accounts.ok_or_else(|| Problem::internal("a reconciliation was answered without its accounts"))
}

/// What is held by programme, item, country and site, with where sites are; `cut` is the moment it is told of.
///
/// # Errors
/// As [`accounts`].
pub(super) fn placed(conn: &mut Conn, question: &Question, cut: Cut) -> Outcome<Vec<Placed>> {
    let groups = [Group::Programme, Group::Item, Group::Country, Group::Site];
    let rows = accounts(conn, question, &groups)?.rows;
    let mut sites: Vec<SiteId> =
        rows.iter().filter_map(|row| named(row, "site")).map(|site| SiteId(site.id)).collect();
    sites.sort_unstable();
    sites.dedup();
    let places = places_known(conn, WhichSites::Named(&sites), cut.known_at)?;
    let areas: HashMap<SiteId, AreaName> = site_areas(conn, Some(&sites), cut)?
        .into_iter()
        .filter_map(|(site, found)| Some((site, found.area?)))
        .collect();
    let placed = |row: AccountsRow| {
        let site = named(&row, "site").cloned();
        let id = site.as_ref().map(|site| SiteId(site.id));
        let place = id.and_then(|id| places.get(&id).cloned());
        let area = id.and_then(|id| areas.get(&id).cloned());
        Placed { row, site, place, area }
    };
    Ok(rows.into_iter().map(placed).collect())
}

/// What a row is about in one dimension, where that has an identifier.
pub(super) fn named<'a>(row: &'a AccountsRow, dimension: &str) -> Option<&'a Named> {
    match row.keys.get(dimension)?.as_ref()? {
        Key::Named(named) => Some(named),
        Key::Country { .. }
        | Key::Corridor { .. }
        | Key::Region { .. }
        | Key::Area { .. }
        | Key::Month(_) => None,
    }
}

/// The country of a row: its name and code.
pub(super) fn country(row: &AccountsRow) -> Option<(&str, &str)> {
    match row.keys.get("country")?.as_ref()? {
        Key::Country { name, code } => Some((name, code)),
        Key::Named(_) | Key::Corridor { .. } | Key::Region { .. } | Key::Area { .. } | Key::Month(_) => None,
    }
}

/// What an account holds, whatever its condition.
pub(super) fn held(row: &AccountsRow, account: crate::ledger::Account) -> i64 {
    row.accounts.get(account.word()).map_or(0, |held| held.all)
}
