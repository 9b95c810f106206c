//! Accepting proposals: goods are reserved for needs by the ordinary rule, all of them or none.

use super::moved::LastMoved;
use super::proposals::{lacks, sources};
use super::rules::{Lack, Misfit, Source, fill};
use super::store::{Asked, ground};
use super::view::ProposedFrom;
use crate::auth::{Action, Permit, action};
use crate::core::check::Check;
use crate::core::id::{ConsignmentId, EventId, ItemId, NeedId, PledgeId, PledgeLineId, ProgrammeId, SiteId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Conn, read_failure};
use crate::events::{Command, Kind, PostEvent};
use crate::forecast::Forecasting;
use crate::ledger::event::{EventRecord, EventResult, EventStatus};
use crate::ledger::{Book, last_known};
use crate::needs::{
    Need, NeedFilter, answered, check_meant_before, mean_more, misdirected, need_list, want_meant,
};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use utoipa::ToSchema;

/// Allocations of one acceptance: they are decided together, while others wait.
pub const ALLOCATIONS_MAXIMUM: usize = 50;

/// Proposals that are accepted: all of them, or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalsAccepted {
    /// 1 to 50 allocations.
    #[schema(min_items = 1, max_items = 50)]
    pub allocations: Vec<AllocationNew>,
}

/// Goods that are reserved for a need.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationNew {
    /// The id of the event `allocated`, made by you (UUIDv7); the same allocations again change nothing.
    pub id: EventId,
    /// The need they are for.
    pub need: NeedId,
    /// The consignment they go in: opened before, of the need's programme, to the need's country and area.
    pub consignment: ConsignmentId,
    /// When it is decided.
    pub occurred_at: Timestamp,
    /// The warehouse they lie in; left out where they are with their donor.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// The pledge they are of, where they are with their donor.
    #[serde(default)]
    pub pledge: Option<PledgeId>,
    /// The number of their lot.
    #[serde(default)]
    pub lot: Option<String>,
    /// The line of their pledge.
    #[serde(default)]
    pub pledge_line: Option<PledgeLineId>,
    /// Base units.
    pub quantity: Quantity,
}

impl ProposalsAccepted {
    /// Judges what can be judged without looking.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn check(&self) -> Outcome<()> {
        let mut check = Check::new();
        let count = self.allocations.len();
        if !(1..=ALLOCATIONS_MAXIMUM).contains(&count) {
            let words = format!("{count} are accepted; accept 1 to {ALLOCATIONS_MAXIMUM} at once");
            check.wrong("/allocations", words);
        }
        let mut ids = HashSet::new();
        for (index, one) in self.allocations.iter().enumerate() {
            check.client_id(&format!("/allocations/{index}/id"), Some(one.id.0));
            if !ids.insert(one.id) {
                check.fault(
                    Fault::Twice,
                    format!("/allocations/{index}/id"),
                    "stands twice; make an id for each",
                );
            }
            if one.quantity.is_zero() {
                let words = "0 reserves nothing; write at least 1 base unit";
                check.fault(Fault::TooSmall, format!("/allocations/{index}/quantity"), words);
            }
            if one.site.is_some() == one.pledge.is_some() {
                let words = "write the site the goods lie in, or the pledge they are of, as it was proposed";
                check.wrong(format!("/allocations/{index}/site"), words);
            }
        }
        check.finish()
    }
}

impl AllocationNew {
    /// The ordinary event that reserves them; the need says which item.
    fn command(&self, item: ItemId) -> Outcome<Command> {
        let mut line = json!({"item": item, "quantity": self.quantity});
        let mut event = json!({"id": self.id, "kind": "allocated", "occurred_at": self.occurred_at,
            "consignment": self.consignment});
        let mut say = |what: &str, value: Option<String>| {
            if let Some(value) = value {
                event[what] = value.into();
            }
        };
        say("site", self.site.map(|id| id.to_string()));
        say("pledge", self.pledge.map(|id| id.to_string()));
        if let Some(lot) = &self.lot {
            line["lot"] = lot.clone().into();
        }
        if let Some(pledge_line) = self.pledge_line {
            line["pledge_line"] = pledge_line.to_string().into();
        }
        event["lines"] = json!([line]);
        Command::read(event)
    }
}

/// One allocation, ready to be decided.
struct Planned {
    post: PostEvent,
    id: EventId,
    need: NeedId,
    item: ItemId,
    /// How much of consignments is meant for the need before this.
    seen: i64,
    consignment: ConsignmentId,
    quantity: i64,
}

/// What was seen of a need when an acceptance was judged.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What is needed.
    pub item: ItemId,
    /// How much of consignments is meant for it.
    pub meant: i64,
}

/// How an acceptance was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The entry of the log up to which it was looked; none where it was accepted before, and is not judged again.
    pub up_to: Option<i64>,
    /// What was seen of the needs.
    pub needs: BTreeMap<NeedId, Seen>,
    /// The needs, as they were stated then.
    pub stated: Vec<Need>,
}

/// Accepts proposals.
pub struct ProposalsAccept {
    actor: Actor,
    up_to: Option<i64>,
    planned: Vec<Planned>,
}

impl ProposalsAccept {
    /// The events of what was accepted, in the name of whoever may reserve goods, and what was seen of the needs.
    ///
    /// # Errors
    /// `forbidden` where the caller may not reserve goods; `invalid`.
    pub fn new(
        permit: &Permit<action::GapFill>,
        accepted: &ProposalsAccepted,
        judged: Judged,
    ) -> Outcome<(Self, Vec<Kind>)> {
        let actor = permit.further(Action::Allocate)?;
        let (mut planned, mut kinds) = (Vec::new(), Vec::new());
        let Judged { up_to, mut needs, .. } = judged;
        for (index, one) in accepted.allocations.iter().enumerate() {
            let seen = needs.get_mut(&one.need).ok_or_else(Problem::not_found)?;
            let command = one.command(seen.item).map_err(|problem| among_allocations(index, problem))?;
            kinds.push(command.kind.clone());
            planned.push(Planned {
                post: PostEvent::new(command, actor.clone()),
                id: one.id,
                need: one.need,
                item: seen.item,
                seen: seen.meant,
                consignment: one.consignment,
                quantity: one.quantity.get(),
            });
            // The next one for the same need comes after this one.
            seen.meant += one.quantity.get();
        }
        Ok((Self { actor, up_to, planned }, kinds))
    }

    /// Whether what is lacking may be less by now than it was judged by: goods or needs of an item were recorded since, by
    /// others in this batch or before it.
    fn is_outdated(&self, desk: &mut Desk) -> Result<bool, Refusal> {
        let Some(up_to) = self.up_to else { return Ok(false) };
        for one in &self.planned {
            let stated = desk.shelf::<Drawer<Need>>().group(one.need)?;
            if stated.iter().any(|row| row.sequence > up_to)
                || desk.shelf::<Book>().has_moved(one.item)
                || desk.shelf::<LastMoved>().is_after(one.item, up_to)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A refusal with the allocation that it is about.
fn among_allocations(index: usize, mut problem: Problem) -> Problem {
    let at = format!("/allocations/{index}");
    for error in &mut problem.errors {
        // What an allocation says of its goods is a line of the event.
        let pointer = error.pointer.replace("/lines/0/", "/");
        error.pointer = format!("{at}{pointer}");
    }
    if problem.errors.is_empty() && problem.code != Code::NotFound {
        problem = problem.at(at);
    }
    problem
}

/// What was reserved.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AcceptedView {
    /// What became of each allocation, in their order.
    pub allocations: Vec<EventResult>,
}

impl Update for ProposalsAccept {
    /// None where it has to be judged again, as goods or needs changed since.
    type Answer = Option<AcceptedView>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for one in &self.planned {
            one.post.keys(desk);
            want_meant(desk, one.need, one.consignment);
            if let Some(up_to) = self.up_to {
                desk.shelf::<LastMoved>().want(one.item, up_to);
            }
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        if self.is_outdated(desk)? {
            return Ok(None);
        }
        let mut allocations = Vec::with_capacity(self.planned.len());
        for (index, one) in self.planned.iter().enumerate() {
            let within = |refusal: Refusal| match refusal {
                Refusal::Problem(problem) => among_allocations(index, *problem).into(),
                Refusal::Missed => Refusal::Missed,
            };
            let is_known = desk.shelf::<Drawer<EventRecord>>().find(one.id)?.is_some();
            let result = one.post.decide(desk).map_err(within)?;
            if result.status != EventStatus::Posted {
                let words = "It could not be reserved now, and a proposal does not wait: ask for the proposals again.";
                return Err(within(Problem::new(Code::WrongState, words).into()));
            }
            // What was accepted before is meant for the need already.
            let (need, consignment) = (one.need, one.consignment);
            match is_known {
                true => check_meant_before(desk, need, consignment, one.id).map_err(within)?,
                false => drop(mean_more(desk, (need, one.seen), consignment, one.quantity).map_err(within)?),
            }
            allocations.push(result);
        }
        Ok(Some(AcceptedView { allocations }))
    }
}

/// How many of these events there are already; an acceptance that is sent again is not compared with what is lacking now.
///
/// # Errors
/// What the database says.
fn known_events(conn: &mut Conn, accepted: &ProposalsAccepted) -> Outcome<usize> {
    let ids: Vec<EventId> = accepted.allocations.iter().map(|one| one.id).collect();
    let query = events::table.filter(events::id.eq_any(ids)).select(events::id);
    let found: Vec<EventId> = query.load(conn).map_err(read_failure)?;
    Ok(found.len())
}

/// Refuses to reserve more for a need than is lacking of it now; answers what was seen of the needs.
///
/// # Errors
/// `not_found` where a need is not within reach; `wrong_state` where less is lacking; what the database says.
pub fn judge(
    conn: &mut Conn,
    permit: &Permit<action::GapFill>,
    accepted: &ProposalsAccepted,
    seen: (&Forecasting, Timestamp),
) -> Outcome<Judged> {
    let mut asked: BTreeMap<NeedId, i64> = BTreeMap::new();
    for one in &accepted.allocations {
        *asked.entry(one.need).or_default() += one.quantity.get();
    }
    // What is recorded while this is read is after that, and has it judged again.
    let sequence = last_known(conn, None, "/known_at")?;
    let filter = NeedFilter { among: asked.keys().copied().collect(), ..NeedFilter::default() };
    let limit = i64::try_from(asked.len()).unwrap_or(i64::MAX);
    let needs = need_list(conn, permit.scope(), &filter, sequence, (None, limit))?;
    if needs.len() < asked.len() {
        return Err(Problem::not_found());
    }
    let is_known = known_events(conn, accepted)? == accepted.allocations.len();
    if !is_known {
        check_lacking(conn, permit, &needs, (accepted, &asked), seen)?;
    }
    let (_, matches) = answered(conn, &needs, sequence, None)?;
    let mut found: BTreeMap<NeedId, Seen> =
        needs.iter().map(|need| (need.need_id, Seen { item: need.item_id, meant: 0 })).collect();
    for one in matches.iter().filter(|one| one.is_of_consignment()) {
        if let Some(seen) = found.get_mut(&one.need_id) {
            seen.meant += one.quantity;
        }
    }
    Ok(Judged { up_to: (!is_known).then_some(sequence), needs: found, stated: needs })
}

/// Refuses what is not lacking any more, what is on its way already, and goods that a need may not have.
fn check_lacking(
    conn: &mut Conn,
    permit: &Permit<action::GapFill>,
    needs: &[Need],
    (accepted, asked): (&ProposalsAccepted, &BTreeMap<NeedId, i64>),
    seen: (&Forecasting, Timestamp),
) -> Outcome<()> {
    let pairs: BTreeSet<(ProgrammeId, ItemId)> =
        needs.iter().map(|need| (need.programme_id, need.item_id)).collect();
    let question = Asked { pairs: pairs.into_iter().collect(), ..Asked::default() };
    let ground = ground(conn, permit.scope(), &question, seen)?;
    let filled = fill(&ground.wanted, &ground.supplies, ground.today);
    let lacking: BTreeMap<NeedId, Lack> =
        lacks(&ground, &filled).into_iter().map(|lack| (lack.need, lack)).collect();
    for (need, quantity) in asked {
        let gap = lacking.get(need).map_or(0, |lack| lack.gap);
        if *quantity > gap {
            let sent = ground.sent.get(need).copied().unwrap_or(0);
            let beside =
                if sent > 0 { format!(" beside the {sent} in its consignments") } else { String::new() };
            let words = format!(
                "{quantity} are to be reserved for the need {need}, and only {gap} are lacking now{beside}. Nothing was \
                 changed: ask for the proposals again."
            );
            return Err(Problem::new(Code::WrongState, words).at("/allocations").with("gap", gap));
        }
    }
    let sources = sources(&ground, &filled);
    let mut check = Check::new();
    for (index, one) in accepted.allocations.iter().enumerate() {
        let Some(lack) = lacking.get(&one.need) else { continue };
        let named = sources.iter().filter(|source| one.may_draw(source, lack));
        let misfits = named.filter_map(|source| Some((source, source.check(lack, ground.today).err()?)));
        // Whichever is told first is told always.
        if let Some((source, why)) = misfits.min_by_key(|(source, _)| &source.key) {
            check.wrong(format!("/allocations/{index}/{}", one.naming()), misfit(source, lack, why));
        }
    }
    check.finish()
}

impl AllocationNew {
    /// Whether the rule that draws goods may take them out of these.
    fn may_draw(&self, source: &Source<ProposedFrom>, lack: &Lack) -> bool {
        let of = &source.key;
        let is_there = of.site == self.site && (self.pledge.is_none() || of.pledge == self.pledge);
        let is_lot = self.lot.is_none() || of.lot == self.lot;
        let is_line =
            self.pledge_line.is_none() || of.pledge_line.is_none() || of.pledge_line == self.pledge_line;
        // What is meant for another country is passed over, unless its line is named.
        let is_named = self.pledge_line.is_some() && of.pledge_line == self.pledge_line;
        let is_passed = source.earmark.as_ref().is_some_and(|meant| meant.country != lack.place.country);
        // So is what had expired, unless its lot is named.
        let decided_on = self.occurred_at.to_datetime().date_naive();
        let is_expired = self.lot.is_none() && source.expires_on.is_some_and(|day| day < decided_on);
        let is_wanted = (source.programme, source.item) == (lack.programme, lack.item);
        is_wanted && is_there && is_lot && is_line && (is_named || !is_passed) && !is_expired
    }

    /// The member that says most closely which goods are meant.
    fn naming(&self) -> &'static str {
        match (&self.lot, self.pledge_line, self.site) {
            (Some(_), _, _) => "lot",
            (None, Some(_), _) => "pledge_line",
            (None, None, Some(_)) => "site",
            (None, None, None) => "pledge",
        }
    }
}

/// Why a need may not have goods, in words.
fn misfit(source: &Source<ProposedFrom>, lack: &Lack, why: Misfit) -> String {
    let right = "accept a lot or line that is proposed";
    match why {
        Misfit::Other => format!("has goods of another programme or item; {right}"),
        Misfit::Elsewhere => {
            let meant = source.earmark.as_ref().map_or_else(String::new, ToString::to_string);
            format!("has goods that are meant for {meant}, and needed is it in {}; {right}", lack.place)
        }
        Misfit::ShortLived => {
            let until = source.expires_on.map_or_else(String::new, |day| day.to_string());
            format!(
                "has goods that keep until {until}, and they must keep {} days from the day they are needed, {}; {right}",
                lack.shelf_life_days, lack.needed_by
            )
        }
    }
}

/// Refuses consignments that do not end where the needs are, by the areas there are now.
///
/// # Errors
/// `invalid` at each of them; what the database says.
pub(super) fn check_directions(
    conn: &mut Conn,
    accepted: &ProposalsAccepted,
    stated: &[Need],
) -> Outcome<()> {
    let needs: BTreeMap<NeedId, &Need> = stated.iter().map(|need| (need.need_id, need)).collect();
    let pair =
        |(index, one): (usize, &AllocationNew)| Some((index, (*needs.get(&one.need)?, one.consignment)));
    let (places, pairs): (Vec<usize>, Vec<(&Need, ConsignmentId)>) =
        accepted.allocations.iter().enumerate().filter_map(pair).unzip();
    if pairs.is_empty() {
        return Ok(());
    }
    let mut check = Check::new();
    for (index, words) in places.into_iter().zip(misdirected(conn, &pairs)?) {
        if let Some(words) = words {
            check.wrong(format!("/allocations/{index}/consignment"), words);
        }
    }
    check.finish()
}
