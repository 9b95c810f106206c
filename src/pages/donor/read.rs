//! What rooms answer for the pages of a donor: each under the permit that its own operation asks for.

use super::visit::Seen;
use crate::auth::{Permit, action};
use crate::consignments::http::{ConsignmentQuery, ConsignmentView, consignment_index, consignment_show};
use crate::consignments::{TracedEvent, Wholes};
use crate::core::id::{ConsignmentId, PledgeId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::events::EventShown;
use crate::events::http::{EventQuery, event_index};
use crate::forecast::Forecasting;
use crate::forecast::http::{ArrivalQuery, arrival_index};
use crate::forecast::rules::Lateness;
use crate::ledger::Account;
use crate::pages::form::Form;
use crate::pages::made_up::is_made_up;
use crate::pages::visitor::Visitor;
use crate::papers::foot_lines;
use crate::papers::words::Told;
use crate::parties::Eyes;
use crate::pledges::http::{PledgeQuery, PledgeView, pledge_index, pledge_show, pledge_status_show};
use crate::pledges::{PledgeStatus, TracedEarmarkChange, TracedPledge};
use crate::reach::http::reach;
use crate::reach::{ReachQuery, ReachView};
use crate::totals::{TotalsQuery, TotalsView, answer};
use crate::web::{MomentQuery, Path, Query, Shown, State, encode_key, value_of};
use actix_web::HttpRequest;
use actix_web::web::Data;
use serde_json::json;

/// Events of a page: more are told at the consignments they are about.
const EVENTS_SHOWN: i64 = 30;
/// Consignments of a page; a phone scrolls no further.
const CONSIGNMENTS_SHOWN: i64 = 100;
/// Legs of a page that stand alike.
const LEGS_SHOWN: i64 = 50;

/// Who asks.
pub(super) struct Reader<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) state: &'a State,
}

/// A pledge, however it is shown.
pub(super) struct PledgeTold {
    pub(super) id: PledgeId,
    pub(super) state: String,
    pub(super) reference: Option<String>,
    pub(super) offered_at: String,
    pub(super) reason: Option<String>,
    pub(super) earmark_changes: Vec<TracedEarmarkChange>,
}

impl From<Shown<PledgeView, TracedPledge>> for PledgeTold {
    fn from(shown: Shown<PledgeView, TracedPledge>) -> Self {
        match shown {
            Shown::All(view) => Self {
                id: view.id,
                state: view.state,
                reference: view.reference,
                offered_at: view.offered_at.day(),
                reason: view.reason,
                earmark_changes: view.earmark_changes.into_iter().flatten().map(|row| row.change).collect(),
            },
            Shown::Traced(view) => Self {
                id: view.id,
                state: view.state,
                reference: view.reference,
                offered_at: view.offered_at.day(),
                reason: view.reason,
                earmark_changes: view.earmark_changes.into_iter().flatten().collect(),
            },
        }
    }
}

/// A consignment, however it is shown.
pub(super) struct ConsignmentTold {
    pub(super) id: ConsignmentId,
    pub(super) tracking_code: String,
    /// The countries it goes between, where they are told by code.
    pub(super) ends: Option<(String, String)>,
    pub(super) is_cancelled: bool,
}

/// A leg that goods are on.
pub(super) struct UnderWayTold {
    pub(super) tracking_code: String,
    /// The day by which a tenth of such trips end.
    pub(super) from: String,
    /// The day by which nine tenths of them end.
    pub(super) by: String,
    /// How many trips that rests on; none where it is the plan.
    pub(super) trips: usize,
    pub(super) state: Lateness,
}

/// An event, however it is shown.
pub(super) struct EventTold {
    pub(super) sequence: i64,
    pub(super) kind: String,
    pub(super) occurred_at: String,
    pub(super) consignment: Option<ConsignmentId>,
    /// Of a hand-over: whether it is verified.
    pub(super) is_verified: Option<bool>,
}

impl From<&TracedEvent> for EventTold {
    fn from(event: &TracedEvent) -> Self {
        Self {
            sequence: event.sequence,
            kind: event.kind.clone(),
            occurred_at: event.occurred_at.day(),
            consignment: event.consignment,
            is_verified: event.evidence.as_ref().map(|evidence| evidence.verified),
        }
    }
}

impl From<&EventShown> for EventTold {
    fn from(shown: &EventShown) -> Self {
        match shown {
            Shown::Traced(view) => Self::from(&view.event),
            Shown::All(view) => Self {
                sequence: view.sequence,
                kind: view.kind.clone(),
                occurred_at: view.occurred_at.day(),
                consignment: view.consignment,
                is_verified: view.evidence.as_ref().map(|evidence| evidence.verified),
            },
        }
    }
}

/// All that the first page shows.
pub(super) struct Overview {
    pub(super) totals: TotalsView,
    pub(super) pledges: Page<PledgeTold>,
    pub(super) consignments: Page<ConsignmentTold>,
    /// What happened since the visit before, and whether there is more of it.
    pub(super) changes: Option<(Vec<EventTold>, bool)>,
    pub(super) reach: Option<ReachView>,
    pub(super) under_way: Vec<UnderWayTold>,
}

/// All that the page of a pledge shows.
pub(super) struct Whole {
    pub(super) pledge: PledgeTold,
    pub(super) status: PledgeStatus,
    pub(super) then: Option<PledgeStatus>,
    pub(super) events: Page<EventTold>,
    /// The legs that some of it is on.
    pub(super) under_way: Vec<UnderWayTold>,
}

/// All that the report of a pledge tells.
pub(super) struct Reported {
    /// Who gave, to whoever has no account and where it is to be named.
    pub(super) donor: Option<String>,
    pub(super) status: PledgeStatus,
    /// Whom all gifts of the donor to the programme helped reach, or, to whoever has a private link, this one; and which of both.
    pub(super) reach: Option<(Told, ReachView)>,
    /// Up to which entry of the log it goes.
    pub(super) foot: Vec<String>,
}

/// A consignment with what happened to own goods in it.
pub(super) struct Followed {
    pub(super) tracking_code: String,
    /// Whether its programme is made up.
    pub(super) synthetic: bool,
    pub(super) events: Vec<EventTold>,
}

/// The `next` of the page before, as it stands in an address.
pub(super) struct After {
    /// Of the list that a page is about.
    pub(super) main: Option<String>,
    /// Of consignments beside pledges.
    pub(super) consignments: Option<String>,
}

impl After {
    /// What an address says.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let asked = Form::read(request.query_string().as_bytes());
        let given = |name: &str| asked.given(name).map(str::to_owned);
        Self { main: given("after"), consignments: given("consignments") }
    }
}

/// Whether some of a pledge is under way in a consignment.
fn is_within(status: &PledgeStatus, tracking_code: &str) -> bool {
    let mut heaps = status.lines.iter().flat_map(|line| &line.places);
    heaps.any(|heap| {
        heap.account == Account::InTransit && heap.tracking_code.as_deref() == Some(tracking_code)
    })
}

impl Reader<'_> {
    /// All that the first page shows.
    pub(super) async fn overview(
        &self,
        permit: Permit<action::PledgeRead>,
        forecasting: &Data<Forecasting>,
        (after, seen): (After, Option<Seen>),
    ) -> Outcome<Overview> {
        let query = PledgeQuery { programme: None, donor: None, state: None, after: after.main, limit: None };
        let pledges = pledge_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        Ok(Overview {
            totals: self.totals().await?,
            pledges: pledges.map(PledgeTold::from),
            consignments: self.consignments(after.consignments).await?,
            changes: match seen {
                Some(seen) => Some(self.changes(seen).await?),
                None => None,
            },
            reach: self.reach().await?,
            under_way: self.under_way(forecasting).await?,
        })
    }

    async fn totals(&self) -> Outcome<TotalsView> {
        let permit = self.visitor.permit::<action::TotalsRead>()?;
        let query = TotalsQuery { group_by: "item".to_owned(), ..TotalsQuery::default() };
        let today = crate::auth::now().day();
        let question = query.question(permit.scope().clone(), Eyes::of(&permit, today))?;
        self.state.read(move |conn| answer(conn, &question)).await
    }

    async fn consignments(&self, after: Option<String>) -> Outcome<Page<ConsignmentTold>> {
        let Some(permit) = self.visitor.may::<action::ConsignmentRead>() else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let query = ConsignmentQuery {
            programme: None,
            consignee: None,
            origin: None,
            destination: None,
            reference: None,
            after,
            limit: Some(CONSIGNMENTS_SHOWN),
        };
        let page = consignment_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        Ok(page.map(|shown| match shown {
            Shown::All(ConsignmentView { id, tracking_code, cancelled, .. }) => {
                ConsignmentTold { id, tracking_code, ends: None, is_cancelled: cancelled }
            }
            Shown::Traced(view) => ConsignmentTold {
                ends: view.origin_country.zip(view.destination_country),
                id: view.id,
                tracking_code: view.tracking_code,
                is_cancelled: view.cancelled,
            },
        }))
    }

    async fn changes(&self, seen: Seen) -> Outcome<(Vec<EventTold>, bool)> {
        let permit = self.visitor.permit::<action::EventRead>()?;
        let query = EventQuery {
            consignment: None,
            pledge: None,
            site: None,
            after: Some(encode_key(&seen.sequence)),
            limit: Some(EVENTS_SHOWN),
        };
        let page = event_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        Ok((page.items.iter().map(EventTold::from).collect(), page.next.is_some()))
    }

    async fn reach(&self) -> Outcome<Option<ReachView>> {
        let Some(permit) = self.visitor.may::<action::ReachRead>() else { return Ok(None) };
        Ok(Some(reach(permit, self.state.clone(), Query(ReachQuery::default())).await?.into_inner()))
    }

    /// What is under way, beginning with what has been away for so long that it is presumed lost, and what is late.
    async fn under_way(&self, forecasting: &Data<Forecasting>) -> Outcome<Vec<UnderWayTold>> {
        let Some(permit) = self.visitor.may::<action::ConsignmentRead>() else { return Ok(Vec::new()) };
        let mut found = self.standing(&permit, forecasting, Lateness::PresumedLost).await?;
        found.extend(self.standing(&permit, forecasting, Lateness::Late).await?);
        found.extend(self.standing(&permit, forecasting, Lateness::Due).await?);
        Ok(found)
    }

    async fn standing(
        &self,
        permit: &Permit<action::ConsignmentRead>,
        forecasting: &Data<Forecasting>,
        lateness: Lateness,
    ) -> Outcome<Vec<UnderWayTold>> {
        let query = ArrivalQuery {
            programme: None,
            from: None,
            to: None,
            mode: None,
            state: Some(lateness),
            as_of: None,
            known_at: None,
            after: None,
            limit: Some(LEGS_SHOWN),
        };
        let answer = arrival_index(permit.clone(), self.state.clone(), forecasting.clone(), Query(query));
        let page = answer.await?.into_inner();
        let told = page.items.into_iter().filter_map(|row| {
            let arrival = row.arrival?;
            let (from, by) = (arrival.earliest.day(), arrival.latest.day());
            let tracking_code = row.tracking_code;
            Some(UnderWayTold { tracking_code, from, by, trips: arrival.trips, state: lateness })
        });
        Ok(told.collect())
    }

    /// Where each unit of a pledge is, or was up to an entry.
    pub(super) async fn status(
        &self,
        permit: Permit<action::PledgeRead>,
        id: PledgeId,
        known_at: Option<i64>,
    ) -> Outcome<PledgeStatus> {
        let query = MomentQuery { as_of: None, known_at: known_at.map(|sequence| sequence.to_string()) };
        Ok(pledge_status_show(permit, self.state.clone(), Path(id), Query(query)).await?.into_inner())
    }

    /// All that the page of a pledge shows.
    pub(super) async fn pledge(
        &self,
        permit: Permit<action::PledgeRead>,
        forecasting: &Data<Forecasting>,
        id: PledgeId,
        (after, seen): (After, Option<Seen>),
    ) -> Outcome<Whole> {
        let pledge = pledge_show(permit.clone(), self.state.clone(), Path(id)).await?.into_inner();
        let status = self.status(permit.clone(), id, None).await?;
        let then = match seen {
            // What a browser remembers may be of a ledger that was set back since: then there is nothing to compare.
            Some(seen) => self.status(permit, id, Some(seen.sequence)).await.ok(),
            None => None,
        };
        let events = EventQuery {
            consignment: None,
            pledge: Some(id),
            site: None,
            after: after.main,
            limit: Some(EVENTS_SHOWN),
        };
        let reader = self.visitor.permit::<action::EventRead>()?;
        let events = event_index(reader, self.state.clone(), Query(events)).await?.into_inner();
        let events = events.map(|shown| EventTold::from(&shown));
        let has_some = |one: &UnderWayTold| is_within(&status, &one.tracking_code);
        let under_way = self.under_way(forecasting).await?.into_iter().filter(has_some).collect();
        Ok(Whole { pledge: pledge.into(), status, then, events, under_way })
    }

    /// All that the report of a pledge tells to whoever has an account.
    pub(super) async fn reported(
        &self,
        permit: Permit<action::PledgeRead>,
        id: PledgeId,
    ) -> Outcome<Reported> {
        let pledge = pledge_show(permit.clone(), self.state.clone(), Path(id)).await?.into_inner();
        let (programme, donor) = match &pledge {
            Shown::All(view) => (view.programme, view.donor),
            Shown::Traced(view) => (view.programme, view.donor),
        };
        let status = self.status(permit, id, None).await?;
        let reach = match (self.visitor.may::<action::ReachRead>(), donor) {
            (Some(permit), Some(donor)) => {
                let asked =
                    json!({"programme": programme, "donor": donor, "known_at": status.sequence.to_string()});
                let query: ReachQuery = value_of(&asked)?;
                let reach = reach(permit, self.state.clone(), Query(query)).await?.into_inner();
                Some((Told::HelpedReach, reach))
            }
            (Some(_) | None, _) => None,
        };
        let foot = self.foot(status.sequence).await?;
        Ok(Reported { donor: None, status, reach, foot })
    }

    async fn foot(&self, sequence: i64) -> Outcome<Vec<String>> {
        let language = self.visitor.language();
        self.state.read(move |conn| foot_lines(conn, language, sequence)).await
    }

    /// A consignment with what happened to own goods in it, the newest first.
    pub(super) async fn consignment(
        &self,
        permit: Permit<action::ConsignmentRead>,
        wholes: Data<Wholes>,
        id: ConsignmentId,
    ) -> Outcome<Followed> {
        let shown = consignment_show(permit, self.state.clone(), wholes, Path(id)).await?.into_inner();
        let (programme, tracking_code, mut events) = match shown {
            Shown::Traced(detail) => (
                detail.consignment.programme,
                detail.consignment.tracking_code,
                detail.history.iter().map(EventTold::from).collect::<Vec<_>>(),
            ),
            Shown::All(detail) => {
                let event = |row: &crate::consignments::http::HistoryView| EventTold {
                    sequence: row.sequence,
                    kind: row.kind.clone(),
                    occurred_at: row.occurred_at.day(),
                    consignment: Some(id),
                    is_verified: row.evidence.as_ref().map(|evidence| evidence.verified),
                };
                let consignment = detail.consignment;
                (consignment.programme, consignment.tracking_code, detail.history.iter().map(event).collect())
            }
        };
        events.reverse();
        let synthetic = is_made_up(self.visitor, self.state, programme).await?;
        Ok(Followed { tracking_code, synthetic, events })
    }
}
