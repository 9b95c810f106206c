//! How free goods could fill what is lacking: worked out when it is asked, and kept nowhere.

use super::rules::{Filled, Grant, Lack, Source, fill, propose};
use super::store::{Asked, Ground, Heap, ground};
use super::view::{ProposalView, ProposalsView, ProposedFrom, outside_of};
use crate::auth::Scope;
use crate::core::id::NeedId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::forecast::Forecasting;
use std::collections::BTreeMap;

/// Rows of one answer; nobody accepts as many at once.
pub const PROPOSALS_MAXIMUM: usize = 1_000;
/// Pairs of a need that lacks something and a heap of free goods that are looked at: each heap is poured over all needs, and
/// so many take a few seconds.
pub const PAIRS_MAXIMUM: usize = 10_000_000;

/// What is free: what no need of its own place takes, and what is still with donors.
pub(super) fn sources(ground: &Ground, filled: &Filled) -> Vec<Source<ProposedFrom>> {
    let free = ground.heaps.iter().zip(&filled.left).filter(|(heap, _)| heap.is_free_stock());
    let pledged = ground.pledged.iter().map(|heap| (heap, &heap.quantity));
    let source = |(heap, quantity): (&Heap, &i64)| Source {
        key: ProposedFrom {
            lot_is_open: heap.number.is_none(),
            site: heap.site,
            pledge: heap.pledge,
            lot: heap.number.clone(),
            pledge_line: heap.line,
        },
        programme: heap.programme,
        item: heap.item,
        earmark: heap.earmark(),
        expires_on: heap.expires_on(),
        is_stock: heap.site.is_some(),
        quantity: *quantity,
    };
    free.chain(pledged).map(source).collect()
}

/// What is lacking, need by need, and not sent for it already: what nobody dates or what comes late fills no gap, and is no
/// reason to send the same once more.
pub(super) fn lacks(ground: &Ground, filled: &Filled) -> Vec<Lack> {
    let lack = |(index, fill): (usize, &super::rules::Fill)| {
        let one = &ground.wanted[index];
        let unsent = (one.quantity - ground.sent.get(&one.need).copied().unwrap_or(0)).max(0);
        Lack {
            need: one.need,
            programme: one.programme,
            item: one.item,
            place: one.place.clone(),
            quantity: one.quantity,
            gap: fill.gap.min(unsent),
            needed_by: one.needed_by,
            priority: one.priority,
            shelf_life_days: one.shelf_life_days,
        }
    };
    filled.needs.iter().enumerate().map(lack).collect()
}

fn view(lack: &Lack, grant: Grant<ProposedFrom>, granted: i64) -> ProposalView {
    ProposalView {
        need: lack.need,
        programme: lack.programme,
        item: lack.item,
        country: lack.place.country.clone(),
        area: lack.place.area.clone(),
        from: grant.source,
        quantity: grant.quantity,
        needed: lack.quantity,
        gap: lack.gap,
        gap_after: lack.gap - granted,
    }
}

/// Proposals as they are at a moment.
///
/// # Errors
/// `invalid` where there are too many; as [`ground`].
pub(super) fn proposals(
    conn: &mut Conn,
    scope: &Scope,
    asked: &Asked,
    seen: (&Forecasting, Timestamp),
) -> Outcome<ProposalsView> {
    let ground = ground(conn, scope, asked, seen)?;
    let filled = fill(&ground.wanted, &ground.supplies, ground.today);
    let lacks = lacks(&ground, &filled);
    let sources = sources(&ground, &filled);
    let lacking = lacks.iter().filter(|lack| lack.gap > 0).count();
    if lacking.saturating_mul(sources.len()) > PAIRS_MAXIMUM {
        let words = format!(
            "{lacking} needs lack something, and {} heaps are free: too many to propose for at once; ask for one item",
            sources.len()
        );
        return Err(Problem::field("/item", words));
    }
    let grants = propose(&lacks, &sources, ground.today);
    if grants.len() > PROPOSALS_MAXIMUM {
        let words = format!("more than {PROPOSALS_MAXIMUM} proposals; ask for a programme or an item");
        return Err(Problem::field("/programme", words).coded(Fault::TooMany));
    }
    let mut granted: BTreeMap<NeedId, i64> = BTreeMap::new();
    for grant in &grants {
        *granted.entry(grant.need).or_default() += grant.quantity;
    }
    let by_need: BTreeMap<NeedId, &Lack> = lacks.iter().map(|lack| (lack.need, lack)).collect();
    let rows = grants.into_iter().filter_map(|grant| {
        let lack = by_need.get(&grant.need)?;
        let all = granted.get(&grant.need).copied().unwrap_or(0);
        Some(view(lack, grant, all))
    });
    Ok(ProposalsView {
        rows: rows.collect(),
        day: ground.today.to_string(),
        outside: outside_of(scope, asked.by.is_some(), true),
        editions: ground.editions,
        sequence: ground.sequence,
        as_of: asked.moment.as_of,
    })
}
