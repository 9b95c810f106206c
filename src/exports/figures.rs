//! Figures of what is held, with the words and the places of what they are about: for kinds of file that have sums instead of
//! entries.
//!
//! They are read before the first byte leaves, so that what cannot be told is refused and not broken off.

use crate::auth::now;
use crate::core::id::SiteId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::Cut;
use crate::programmes::sensitive_programmes;
use crate::reconciliation::rules::{Group, Question, Section};
use crate::reconciliation::{AccountsRow, AccountsSection, answer};
use crate::sites::{AreaName, KnownPlace, WhichSites, places_known, site_areas};
use crate::totals::{Key, Named};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

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
    /// Whether no place below the country is told, since its programme is sensitive.
    pub(super) is_withheld: bool,
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

/// What is held by programme, item, country and site, and of sensitive programmes by country alone: these files are made to be
/// handed on, and whoever gets them next is not asked who they are.
///
/// # Errors
/// As [`accounts`].
fn rows_to_hand_on(conn: &mut Conn, question: &Question) -> Outcome<Vec<(AccountsRow, bool)>> {
    let groups = [Group::Programme, Group::Item, Group::Country, Group::Site];
    let sensitive: HashSet<Uuid> = sensitive_programmes(conn)?.into_iter().map(|id| id.0).collect();
    let is_sensitive = |row: &AccountsRow| {
        named(row, "programme").is_some_and(|programme| sensitive.contains(&programme.id))
    };
    let all = accounts(conn, question, &groups)?.rows;
    let has_sensitive = all.iter().any(is_sensitive);
    let mut rows: Vec<_> = all.into_iter().filter(|row| !is_sensitive(row)).map(|row| (row, false)).collect();
    // Where one site is asked for its country would tell it, so that nothing is told.
    let is_of_a_site = question.filters.ids.iter().any(|(group, _)| *group == Group::Site);
    if has_sensitive && !is_of_a_site {
        let by_country = accounts(conn, question, &groups[..3])?.rows;
        rows.extend(by_country.into_iter().filter(is_sensitive).map(|row| (row, true)));
    }
    Ok(rows)
}

/// What is held by programme, item, country and site, with where sites are; `cut` is the moment it is told of.
///
/// # Errors
/// As [`accounts`].
pub(super) fn placed(conn: &mut Conn, question: &Question, cut: Cut) -> Outcome<Vec<Placed>> {
    let rows = rows_to_hand_on(conn, question)?;
    let mut sites: Vec<SiteId> =
        rows.iter().filter_map(|(row, _)| named(row, "site")).map(|site| SiteId(site.id)).collect();
    sites.sort_unstable();
    sites.dedup();
    let places = places_known(conn, WhichSites::Named(&sites), cut.known_at)?;
    let areas: HashMap<SiteId, AreaName> = site_areas(conn, Some(&sites), cut)?
        .into_iter()
        .filter_map(|(site, found)| Some((site, found.area?)))
        .collect();
    let placed = |(row, is_withheld): (AccountsRow, bool)| {
        let site = named(&row, "site").cloned();
        let id = site.as_ref().map(|site| SiteId(site.id));
        let place = id.and_then(|id| places.get(&id).cloned());
        let area = id.and_then(|id| areas.get(&id).cloned());
        Placed { row, site, place, area, is_withheld }
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
