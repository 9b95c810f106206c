//! A consignment with all that is shown with it, read at once; those that are asked for at the same time in one
//! statement.

use super::read::{
    ConsignmentFilter, HISTORY_SHOWN, HistoryRow, consignment_by_code, consignment_list, consignment_read,
    latest_history, legs_read, standing_of, standing_read, storage_moves,
};
use super::rules::Standing;
use super::store::{Consignment, Leg};
use crate::auth::{Named, Permit};
use crate::core::id::{ConsignmentId, EventId, ItemId, SiteId};
use crate::core::problem::{Code, Outcome};
use crate::db::schema::{balances, consignments, events, legs, postings, verifications};
use crate::db::{Conn, Database, Gather, among, listed, read_failure, together};
use crate::evidence::{Evidence, Verification, evidence_in};
use crate::web::State;
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// What is shown of a consignment.
#[derive(Clone)]
pub struct Whole {
    /// Itself.
    pub consignment: Consignment,
    /// All legs, replaced ones too, in the order of the journey.
    pub legs: Vec<Leg>,
    /// What its goods are doing.
    pub standing: Standing,
    /// Its latest events, in the order they were recorded.
    pub history: Vec<HistoryRow>,
    /// What verifies the hand-overs among them.
    pub evidence: Evidence,
}

/// Reads consignments whole for whoever asks.
pub struct Wholes {
    gather: Arc<Gather<ConsignmentId, Whole>>,
    /// From the replica, where there is one.
    replica: Option<Arc<Gather<ConsignmentId, Whole>>>,
}

impl Wholes {
    /// Reads from this database, and from its replica where a request may be answered from there.
    ///
    /// # Errors
    /// `unavailable` where it cannot be read.
    pub fn new(database: &Database, replica: Option<&Database>) -> Outcome<Self> {
        let replica = replica.map(|replica| Gather::new(replica, wholes_in)).transpose()?;
        Ok(Self { gather: Gather::new(database, wholes_in)?, replica })
    }

    /// A consignment with its way, its goods' standing and its history, if the scope reaches it. The scope is asked
    /// first, in the words of its own question: whoever loses reach between the two, as when another carrier takes a leg
    /// over, is answered as a moment before.
    ///
    /// # Errors
    /// `not_found`, or what the database says.
    pub async fn read<A: Named>(
        &self,
        state: &State,
        permit: Permit<A>,
        id: ConsignmentId,
    ) -> Outcome<Whole> {
        if !permit.scope().is_everything() {
            let is_reached = move |conn: &mut Conn| consignment_read(conn, &permit, id).map(drop);
            state.read(is_reached).await?;
        }
        if let Some(replica) = self.replica.as_ref().filter(|_| state.is_from_replica()) {
            match replica.get(id).await {
                Err(problem) if problem.code == Code::Unavailable => {}
                read => return read,
            }
        }
        self.gather.get(id).await
    }
}

/// What the public answer to a tracking code is made of; the code is the permission.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn whole_by_code(conn: &mut Conn, code: &str) -> Outcome<Whole> {
    let consignment = consignment_by_code(conn, code)?;
    let id = consignment.id;
    Ok(Whole {
        legs: legs_read(conn, id)?,
        standing: standing_read(conn, id)?,
        history: latest_history(conn, id)?,
        // Papers are nothing the public is told of.
        evidence: Evidence::new(),
        consignment,
    })
}

/// Consignments in the order of their identifiers, each with all that is shown with it, as far as the scope reaches.
///
/// # Errors
/// What the database says.
pub fn wholes_listed<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    after: Option<ConsignmentId>,
    limit: i64,
) -> Outcome<Vec<Whole>> {
    let rows = consignment_list(conn, permit, &ConsignmentFilter::default(), after, limit)?;
    let ids: Vec<ConsignmentId> = rows.into_iter().map(|row| row.id).collect();
    let mut found = wholes_in(conn, &ids)?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Events read for several consignments at once. Where they have more, each is read alone: most have a dozen.
const HISTORY_TOGETHER: usize = 4 * HISTORY_SHOWN;

/// Those of these consignments that there are.
fn wholes_in(conn: &mut Conn, ids: &[ConsignmentId]) -> Outcome<HashMap<ConsignmentId, Whole>> {
    if let [alone] = ids {
        return Ok(rows_of(conn, ids, HISTORY_SHOWN)?.sorted(|_| Some(*alone)));
    }
    let rows = rows_of(conn, ids, HISTORY_TOGETHER)?;
    if rows.history.len() < HISTORY_TOGETHER {
        let whose: HashMap<i64, ConsignmentId> =
            rows.history.iter().filter_map(|event| Some((event.sequence, event.consignment?))).collect();
        return Ok(rows.sorted(|sequence| whose.get(&sequence).copied()));
    }
    let mut found = HashMap::with_capacity(ids.len());
    for id in ids {
        found.extend(rows_of(conn, &[*id], HISTORY_SHOWN)?.sorted(|_| Some(*id)));
    }
    Ok(found)
}

/// What lies about consignments, unsorted.
struct Rows {
    consignments: Vec<Consignment>,
    legs: Vec<Leg>,
    history: Vec<HistoryRow>,
    goods: Vec<(ConsignmentId, i32, i64)>,
    /// By the sequence of the event that moved them.
    moves: Vec<(i64, SiteId, ItemId, i64)>,
    verified: Vec<Verification>,
}

/// Asks for all that lies about these consignments, the latest events first.
fn rows_of(conn: &mut Conn, ids: &[ConsignmentId], events_at_most: usize) -> Outcome<Rows> {
    let of_these = || among(events::consignment_id, ids);
    let (consignments, legs, history, goods, moves, verified) = together!(conn, Backend => {
        Consignment: consignments::table
            .filter(among(consignments::id, ids))
            .select(<Consignment as Selectable<Backend>>::construct_selection()),
        Leg: legs::table
            .filter(among(legs::consignment_id, ids))
            .order(legs::ordinal)
            .select(<Leg as Selectable<Backend>>::construct_selection()),
        HistoryRow: events::table
            .filter(of_these())
            // By consignment first: an order by sequence alone has PostgreSQL walk all events backwards for these.
            .order((events::consignment_id, events::sequence.desc()))
            .limit(events_at_most as i64)
            .select(<HistoryRow as Selectable<Backend>>::construct_selection()),
        (ConsignmentId, i32, i64): balances::table
            .filter(among(balances::consignment_id, ids).and(balances::quantity.ne(0)))
            .select((balances::consignment_id.assume_not_null(), balances::account, balances::quantity)),
        (i64, SiteId, ItemId, i64): storage_moves!(of_these()).select((
            postings::sequence,
            postings::site_id.assume_not_null(),
            postings::item_id,
            postings::quantity,
        )),
        Verification: verifications::table
            .filter(listed(
                verifications::event_id,
                events::table.filter(of_these()).select(events::id),
            ))
            .filter(verifications::ended_at.is_null())
            .select(<Verification as Selectable<Backend>>::construct_selection()),
    })
    .map_err(read_failure)?;
    Ok(Rows { consignments, legs, history, goods, moves, verified })
}

impl Rows {
    /// Each consignment with what is its own; `whose` says it of an event's sequence.
    fn sorted(self, whose: impl Fn(i64) -> Option<ConsignmentId>) -> HashMap<ConsignmentId, Whole> {
        let mut legs = grouped(self.legs, |leg| Some(leg.consignment_id));
        let mut goods = grouped(self.goods, |row| Some(row.0));
        let mut moves = grouped(self.moves, |row| whose(row.0));
        let about: HashMap<EventId, Option<ConsignmentId>> = match self.verified.is_empty() {
            true => HashMap::new(),
            false => self.history.iter().map(|event| (event.id, event.consignment)).collect(),
        };
        let mut verified = grouped(self.verified, |row| about.get(&row.event_id).copied().flatten());
        let mut history = grouped(self.history, |event| event.consignment);
        let whole = |consignment: Consignment| {
            let id = consignment.id;
            let goods = goods.remove(&id).unwrap_or_default();
            let moves = moves.remove(&id).unwrap_or_default();
            let mut history = history.remove(&id).unwrap_or_default();
            history.truncate(HISTORY_SHOWN);
            history.reverse();
            let whole = Whole {
                legs: legs.remove(&id).unwrap_or_default(),
                standing: standing_of(
                    goods.into_iter().map(|(_, account, quantity)| (account, quantity)),
                    moves.into_iter().map(|(_, site, item, quantity)| (site, item, quantity)),
                ),
                history,
                evidence: evidence_in(verified.remove(&id).unwrap_or_default()),
                consignment,
            };
            (id, whole)
        };
        self.consignments.into_iter().map(whole).collect()
    }
}

/// Rows by the consignment they are about, each group in their order.
fn grouped<T>(rows: Vec<T>, of: impl Fn(&T) -> Option<ConsignmentId>) -> HashMap<ConsignmentId, Vec<T>> {
    let mut groups: HashMap<ConsignmentId, Vec<T>> = HashMap::new();
    for row in rows {
        if let Some(id) = of(&row) {
            groups.entry(id).or_default().push(row);
        }
    }
    groups
}
