//! How much of what a programme needs is met where, for whoever reads its published figures.
//!
//! Only needs that are circulated are told, as the public list tells no others. Goods are poured over all needs all the same,
//! so that no unit meets two. Met is what was handed over, or lies there and can be used; what only comes meets nothing yet.

use super::rules::{Place, fill};
use super::store::{Asked, NEEDS_MAXIMUM, ground_there};
use crate::auth::{Scope, now};
use crate::core::id::{NeedId, ProgrammeId};
use crate::core::problem::{Code, Outcome};
use crate::db::Conn;
use crate::ledger::{Moment, last_known};
use crate::needs::{NeedFilter, NeedState, need_list};
use std::collections::{BTreeMap, BTreeSet};

/// What is needed at a place and what of it is met, in base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetAt {
    /// Where.
    pub place: Place,
    /// How much is needed by all circulated needs there that are open.
    pub needed: i64,
    /// How much of it is there.
    pub met: i64,
}

/// What is needed and met of a programme, place by place; none where there are more needs or goods than one question looks at.
///
/// # Errors
/// What the database says.
pub fn needs_met(
    conn: &mut Conn,
    scope: &Scope,
    programme: ProgrammeId,
    moment: Moment,
) -> Outcome<Option<Vec<MetAt>>> {
    let sequence = last_known(conn, moment.known_at, "/known_at")?;
    let filter = NeedFilter {
        programme: Some(programme),
        state: Some(NeedState::Open),
        circulated: Some(true),
        ..NeedFilter::default()
    };
    let limit = i64::try_from(NEEDS_MAXIMUM).unwrap_or(i64::MAX);
    let told = need_list(conn, scope, &filter, sequence, (None, limit))?;
    if told.is_empty() {
        // Where nothing is told, nobody waits for all goods to be poured.
        return Ok(Some(Vec::new()));
    }
    let told: BTreeSet<NeedId> = told.into_iter().map(|need| need.need_id).collect();
    let asked = Asked { programme: Some(programme), moment, ..Asked::default() };
    let ground = match ground_there(conn, scope, &asked, now()) {
        Ok(ground) => ground,
        // A map without this one measure says more than none.
        Err(problem) if problem.code == Code::Invalid => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let filled = fill(&ground.wanted, &ground.supplies, ground.today);
    let mut places: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for (one, fill) in ground.wanted.iter().zip(&filled.needs) {
        if told.contains(&one.need) {
            let (needed, met) = places.entry(one.place.clone()).or_default();
            *needed = needed.saturating_add(one.quantity);
            *met = met.saturating_add(fill.served + fill.delivered + fill.in_storage);
        }
    }
    let met = |(place, (needed, met))| MetAt { place, needed, met };
    Ok(Some(places.into_iter().map(met).collect()))
}
