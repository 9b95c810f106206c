//! What waits for a decision, what is late, and what is lacking.

use super::common::{Known, Wanted};
use super::missing::{missing_grid, missing_rows, missing_things};
use super::words::ManagerWord;
use crate::approvals::ApprovalView;
use crate::approvals::http::{ApprovalQuery, approval_index};
use crate::auth::{Permit, action};
use crate::claims::http::{ClaimQuery, ClaimView, claim_index};
use crate::claims::rules::ClaimState;
use crate::core::id::{ItemId, NeedId, ProgrammeId};
use crate::core::problem::Outcome;
use crate::forecast::Forecasting;
use crate::forecast::http::{ArrivalQuery, arrival_index};
use crate::gaps::http::{GapQuery, gap_show};
use crate::needs::http::{NeedQuery, need_index};
use crate::pages::donor::kinds::KindWord;
use crate::pages::donor::words::DonorWord;
use crate::pages::frame::Frame;
use crate::pages::grid::Grid;
use crate::pages::made_up::{proposed_things, shows_made_up};
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::papers::formats::amount;
use crate::pledges::http::{PledgeQuery, PledgeView, pledge_index};
use crate::proposals::ApprovalState;
use crate::reconciliation::MissingNow;
use crate::totals::{Thing, Things};
use crate::web::{Expense, Query, Shown, State, spend, value_of};
use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use serde_json::json;

/// Rows of each list: who has more to decide begins with these.
const ROWS_SHOWN: i64 = 50;
/// Rows of what is lacking and of needs; the rest is told with the figures of each item.
const LACKING_SHOWN: usize = 30;

/// A proposal of somebody.
struct ApprovalRow {
    path: String,
    what: &'static str,
    size: String,
    day: String,
    is_own: bool,
}

/// A pledge that is offered.
struct PledgeRow {
    path: String,
    name: String,
    donor: String,
    day: String,
}

/// A leg that should have ended.
struct LateRow {
    code: String,
    state: &'static str,
    due: String,
    quantity: String,
}

/// What is lacking of an item somewhere.
struct GapRow {
    item: String,
    figures: String,
    place: String,
    needed: String,
    there: String,
    coming: String,
    gap: String,
}

/// A need that is open.
struct NeedRow {
    path: String,
    item: String,
    place: String,
    quantity: String,
    by: String,
    source: String,
}

/// What is claimed from somebody.
struct ClaimRow {
    path: String,
    against: String,
    amount: String,
    state: &'static str,
    day: String,
}

#[derive(Template)]
#[template(path = "manager/manager.html")]
struct ManagerPage {
    frame: Frame,
    approvals: Vec<ApprovalRow>,
    pledges: Vec<PledgeRow>,
    late: Vec<LateRow>,
    gaps: Vec<GapRow>,
    needs: Vec<NeedRow>,
    claims: Vec<ClaimRow>,
    missing: Option<Grid>,
}

/// What of a page's questions its visitor may ask, and where it is asked.
struct Asker<'a> {
    visitor: &'a Visitor,
    state: &'a State,
    forecasting: &'a Data<Forecasting>,
}

/// A gap in figures, before it is named.
struct Lacking {
    programme: ProgrammeId,
    item: ItemId,
    country: String,
    area: Option<String>,
    figures: [i64; 4],
}

/// A need, before it is named.
struct Need {
    id: NeedId,
    programme: ProgrammeId,
    item: ItemId,
    country: String,
    area: Option<String>,
    quantity: i64,
    by: String,
    source: String,
}

/// A late leg, before it is said.
struct Late {
    programme: ProgrammeId,
    code: String,
    word: ManagerWord,
    due: String,
    quantity: i64,
}

impl Asker<'_> {
    async fn approvals(&self, permit: Permit<action::ApprovalRead>) -> Outcome<Vec<ApprovalView>> {
        let query = ApprovalQuery {
            state: Some(ApprovalState::Proposed),
            limit: Some(ROWS_SHOWN),
            ..ApprovalQuery::default()
        };
        Ok(approval_index(permit, self.state.clone(), Query(query)).await?.into_inner().items)
    }

    async fn pledges(&self) -> Outcome<Vec<PledgeView>> {
        let Some(permit) = self.visitor.may::<action::PledgeRead>() else { return Ok(Vec::new()) };
        let query: PledgeQuery = value_of(&json!({"state": "offered", "limit": ROWS_SHOWN}))?;
        let page = pledge_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        let whole = |shown| match shown {
            Shown::All(view) => Some(view),
            Shown::Traced(_) => None,
        };
        Ok(page.items.into_iter().filter_map(whole).collect())
    }

    async fn late(&self) -> Outcome<Vec<Late>> {
        let Some(permit) = self.visitor.may::<action::ConsignmentRead>() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (state, word) in [("presumed_lost", ManagerWord::IsPresumedLost), ("late", ManagerWord::IsLate)] {
            let query: ArrivalQuery = value_of(&json!({"state": state, "limit": ROWS_SHOWN}))?;
            let (state, forecasting) = (self.state.clone(), self.forecasting.clone());
            let page = arrival_index(permit.clone(), state, forecasting, Query(query)).await?.into_inner();
            found.extend(page.items.into_iter().filter_map(|row| {
                let due = row.arrival?.latest.day();
                Some(Late {
                    programme: row.programme,
                    code: row.tracking_code,
                    word,
                    due,
                    quantity: row.in_transit,
                })
            }));
        }
        Ok(found)
    }

    async fn gaps(&self) -> Outcome<Vec<Lacking>> {
        let Some(permit) = self.visitor.may::<action::GapRead>() else { return Ok(Vec::new()) };
        let query: GapQuery = value_of(&json!({}))?;
        let view =
            gap_show(permit, self.state.clone(), self.forecasting.clone(), Query(query)).await?.into_inner();
        let lacking = view.rows.into_iter().filter(|row| row.fill.gap > 0).map(|row| Lacking {
            programme: row.programme,
            item: row.item,
            country: row.country,
            area: row.area,
            figures: [
                row.needed,
                row.needed - row.fill.pipeline - row.fill.gap,
                row.fill.pipeline,
                row.fill.gap,
            ],
        });
        Ok(lacking.take(LACKING_SHOWN).collect())
    }

    async fn needs(&self) -> Outcome<Vec<Need>> {
        let Some(permit) = self.visitor.may::<action::NeedRead>() else { return Ok(Vec::new()) };
        let query: NeedQuery = value_of(&json!({"state": "open", "limit": LACKING_SHOWN}))?;
        let page = need_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        let needs = page.items.into_iter().map(|row| Need {
            id: row.need.id,
            programme: row.need.programme,
            item: row.need.item,
            country: row.need.country,
            area: row.need.area,
            quantity: row.need.quantity,
            by: row.need.needed_by,
            source: row.need.source,
        });
        Ok(needs.collect())
    }

    async fn missing(&self) -> Outcome<Option<MissingNow>> {
        let Some(permit) = self.visitor.may::<action::LossPropose>() else { return Ok(None) };
        let missing = missing_rows(permit, self.state).await?;
        Ok(Some(missing).filter(|missing| missing.has_more || !missing.rows.is_empty()))
    }

    async fn claims(&self) -> Outcome<Vec<ClaimView>> {
        let Some(permit) = self.visitor.may::<action::ClaimRead>() else { return Ok(Vec::new()) };
        let query = ClaimQuery { limit: Some(ROWS_SHOWN), ..ClaimQuery::default() };
        Ok(claim_index(permit, self.state.clone(), Query(query)).await?.into_inner().items)
    }
}

/// How a claim stands, in words.
pub(super) fn claimed(state: ClaimState) -> ManagerWord {
    match state {
        ClaimState::Open => ManagerWord::ClaimOpen,
        ClaimState::Submitted => ManagerWord::ClaimSubmitted,
        ClaimState::Accepted => ManagerWord::ClaimAccepted,
        ClaimState::Refused => ManagerWord::ClaimRefused,
        ClaimState::Paid => ManagerWord::ClaimPaid,
        ClaimState::Withdrawn => ManagerWord::ClaimWithdrawn,
    }
}

pub(super) fn place(frame: &Frame, code: &str, area: Option<&str>) -> String {
    area.map_or_else(|| frame.country(code), |area| format!("{area}, {}", frame.country(code)))
}

fn approval_row(frame: &Frame, visitor: &Visitor, view: &ApprovalView) -> ApprovalRow {
    ApprovalRow {
        path: format!("/manager/approvals/{}", view.id),
        what: frame.say(KindWord::of(&view.kind)),
        size: frame.count(ManagerWord::Units, view.quantity),
        day: frame.day(view.proposed_at.day()),
        is_own: visitor.principal().is_some_and(|principal| principal.user == view.proposed_by),
    }
}

fn pledge_row(frame: &Frame, known: &Known, view: &PledgeView) -> PledgeRow {
    PledgeRow {
        path: format!("/manager/pledges/{}", view.id),
        name: view.reference.clone().unwrap_or_else(|| view.id.to_string()),
        donor: known.name_of(frame, Thing::Organization, view.donor.map(|id| id.0)),
        day: frame.day(view.offered_at.day()),
    }
}

fn gap_row(frame: &Frame, known: &Known, row: Lacking) -> GapRow {
    let [needed, there, coming, gap] = row.figures.map(|figure| frame.number(figure));
    GapRow {
        item: known.name(frame, Thing::Item, row.item.0),
        figures: format!("/manager/figures?item={}", row.item),
        place: place(frame, &row.country, row.area.as_deref()),
        needed,
        there,
        coming,
        gap,
    }
}

fn need_row(frame: &Frame, known: &Known, row: Need) -> NeedRow {
    NeedRow {
        path: format!("/needs/{}", row.id),
        item: known.name(frame, Thing::Item, row.item.0),
        place: place(frame, &row.country, row.area.as_deref()),
        quantity: frame.number(row.quantity),
        by: frame.day(&row.by),
        source: row.source,
    }
}

fn claim_row(frame: &Frame, known: &Known, claim: &ClaimView) -> ClaimRow {
    ClaimRow {
        path: format!("/manager/claims/{}", claim.id),
        against: known.name(frame, Thing::Organization, claim.against.0),
        amount: amount(frame.language, claim.amount.minor, &claim.amount.currency),
        state: frame.say(claimed(claim.state)),
        day: frame.day(claim.updated_at.day()),
    }
}

pub(super) async fn manager(
    permit: Permit<action::ApprovalRead>,
    visitor: Visitor,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let asker = Asker { visitor: &visitor, state: &state, forecasting: &forecasting };
    let (approvals, pledges) = (asker.approvals(permit).await?, asker.pledges().await?);
    let (late, gaps, needs) = (asker.late().await?, asker.gaps().await?, asker.needs().await?);
    let (claims, missing) = (asker.claims().await?, asker.missing().await?);
    let things = Things {
        programmes: pledges
            .iter()
            .map(|row| row.programme)
            .chain(late.iter().map(|row| row.programme))
            .chain(gaps.iter().map(|row| row.programme))
            .chain(needs.iter().map(|row| row.programme))
            .collect(),
        events: claims.iter().map(|claim| claim.event).collect(),
        ..proposed_things(&approvals)
            .with(missing_things(missing.as_ref().map(|missing| missing.rows.as_slice()).unwrap_or_default()))
    };
    let made_up = shows_made_up(&state, things).await?;
    let known = Wanted::default()
        .with(Thing::Item, gaps.iter().map(|row| row.item.0).chain(needs.iter().map(|row| row.item.0)))
        .with(Thing::Organization, pledges.iter().filter_map(|row| row.donor).map(|id| id.0))
        .with(Thing::Organization, claims.iter().map(|row| row.against.0))
        .read(&state)
        .await?;
    let frame = visitor.frame(ManagerWord::Title).synthetic(made_up).live();
    shown(&ManagerPage {
        approvals: approvals.iter().map(|view| approval_row(&frame, &visitor, view)).collect(),
        pledges: pledges.iter().map(|view| pledge_row(&frame, &known, view)).collect(),
        late: late.into_iter().map(|row| late_row(&frame, row)).collect(),
        gaps: gaps.into_iter().map(|row| gap_row(&frame, &known, row)).collect(),
        needs: needs.into_iter().map(|row| need_row(&frame, &known, row)).collect(),
        claims: claims.iter().map(|claim| claim_row(&frame, &known, claim)).collect(),
        missing: missing.map(|missing| missing_grid(&frame, &missing)),
        frame,
    })
}

fn late_row(frame: &Frame, row: Late) -> LateRow {
    LateRow {
        code: row.code,
        state: frame.say(row.word),
        due: frame.day(&row.due),
        quantity: frame.number(row.quantity),
    }
}
