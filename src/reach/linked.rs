//! Whom the goods of one pledge helped reach, for whoever has its private link: the link is the permission, and no goods but
//! those of that pledge are asked about.

use super::answer::answer;
use super::question::{Question, WORLD};
use super::view::ReachView;
use crate::auth::Scope;
use crate::baselines::Area;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::KnownAt;
use crate::pledges::Linked;

/// Whom they helped reach, anywhere, as it was known at an entry of the ledger.
///
/// # Errors
/// `invalid` where too much would be read; what the database says.
pub fn reach_of_link(conn: &mut Conn, link: Linked, sequence: i64) -> Outcome<ReachView> {
    let question = Question {
        area: Area::Region(WORLD),
        item: None,
        sector: None,
        donor: None,
        pledge: Some(link.pledge()),
        programme: None,
        from: None,
        to: None,
        as_of: None,
        known_at: Some(KnownAt::Sequence(sequence)),
        group_by: None,
        population_source: None,
        scope: Scope::everything(),
    };
    answer(conn, &question)
}
