//! Reviewing how free goods could fill what is lacking, and accepting it: one proposal at a time, before and after.

use super::common::{Known, Wanted, asked, is_said_in_form, wrongs_of};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::consignments::http::{ConsignmentQuery, ConsignmentView, consignment_index};
use crate::core::problem::{Code, Outcome, Problem};
use crate::forecast::Forecasting;
use crate::gaps::http::{GapQuery, gap_accept, gap_proposals};
use crate::gaps::{ProposalView, ProposalsAccepted};
use crate::pages::form::{Form, typed_number};
use crate::pages::frame::Frame;
use crate::pages::made_up::{is_made_up, shows_made_up};
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::totals::{Thing, Things};
use crate::web::{Expense, Json, Query, Shown, State, spend, value_of};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use form_urlencoded::Serializer;
use serde_json::{Value, json};
use uuid::Uuid;

/// Consignments somebody chooses from: of more, a list is no help.
const CONSIGNMENTS_SHOWN: i64 = 200;
/// What tells one proposal from the others, as it stands in an address and in a form.
const NAMES: [&str; 5] = ["need", "site", "pledge", "lot", "pledge_line"];

/// Goods that a need would get.
struct ProposalRow {
    review: String,
    item: String,
    place: String,
    from: String,
    lot: String,
    quantity: String,
    needed: String,
    gap: String,
    gap_after: String,
}

/// A consignment that goods may go in.
struct ConsignmentChoice {
    id: String,
    words: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "manager/proposals.html")]
struct ProposalsPage {
    frame: Frame,
    is_accepted: bool,
    rows: Vec<ProposalRow>,
    figures: String,
}

#[derive(Template)]
#[template(path = "manager/review.html")]
struct ReviewPage {
    frame: Frame,
    row: ProposalRow,
    hidden: Vec<(&'static str, String)>,
    consignments: Vec<ConsignmentChoice>,
    wrongs: Wrongs,
}

/// Who asks, and where.
struct Asker<'a> {
    visitor: &'a Visitor,
    state: &'a State,
    forecasting: &'a Data<Forecasting>,
}

/// What tells a proposal from the others.
fn key_of(row: &ProposalView) -> [Option<String>; 5] {
    [
        Some(row.need.to_string()),
        row.from.site.map(|id| id.to_string()),
        row.from.pledge.map(|id| id.to_string()),
        row.from.lot.clone(),
        row.from.pledge_line.map(|id| id.to_string()),
    ]
}

/// The same as a form or an address says it.
fn key_in(form: &Form) -> [Option<String>; 5] {
    NAMES.map(|name| form.given(name).map(str::to_owned))
}

impl Asker<'_> {
    async fn proposals(&self, permit: Permit<action::GapRead>) -> Outcome<(Vec<ProposalView>, i64)> {
        let query: GapQuery = value_of(&json!({}))?;
        let asked = gap_proposals(permit, self.state.clone(), self.forecasting.clone(), Query(query));
        let view = asked.await?.into_inner();
        Ok((view.rows, view.sequence))
    }

    async fn names(&self, rows: &[ProposalView]) -> Outcome<Known> {
        let sites = rows.iter().filter_map(|row| row.from.site).map(|id| id.0);
        let wanted = Wanted::default().with(Thing::Item, rows.iter().map(|row| row.item.0));
        wanted.with(Thing::Site, sites).read(self.state).await
    }

    /// The page on which one proposal is reviewed, as a form or an address names it.
    async fn review(&self, form: &Form, wrongs: impl FnOnce(&Frame) -> Wrongs) -> Outcome<ReviewPage> {
        let frame = self.visitor.frame(ManagerWord::ReviewTitle);
        let (rows, _) = self.proposals(self.visitor.permit::<action::GapRead>()?).await?;
        let wanted = key_in(form);
        let found: Vec<ProposalView> = rows.into_iter().filter(|row| key_of(row) == wanted).take(1).collect();
        let known = self.names(&found).await?;
        let Some(view) = found.first() else {
            return Err(Problem::new(Code::WrongState, frame.say(ManagerWord::NotProposed)));
        };
        let made_up = is_made_up(self.visitor, self.state, view.programme).await?;
        let consignments = self.consignments(&frame, view, form.get("consignment")).await?;
        let wrongs = wrongs(&frame);
        let title = match wrongs.is_any() {
            true => frame.with(Word::ErrorTitle, frame.say(ManagerWord::ReviewTitle)),
            false => frame.say(ManagerWord::ReviewTitle).to_owned(),
        };
        let given = |name: &str, otherwise: String| form.given(name).map_or(otherwise, str::to_owned);
        let key = NAMES.into_iter().zip(key_of(view)).filter_map(|(name, value)| Some((name, value?)));
        let drawn = [
            ("id", given("id", Uuid::now_v7().to_string())),
            ("occurred_at", given("occurred_at", now().to_string())),
            ("quantity", view.quantity.to_string()),
        ];
        Ok(ReviewPage {
            row: proposal_row(&frame, &known, view),
            hidden: key.chain(drawn).collect(),
            consignments,
            frame: frame.titled(title).synthetic(made_up),
            wrongs,
        })
    }

    /// The consignments of the programme that goods may go in.
    async fn consignments(
        &self,
        frame: &Frame,
        view: &ProposalView,
        chosen: &str,
    ) -> Outcome<Vec<ConsignmentChoice>> {
        let permit = self.visitor.permit::<action::ConsignmentRead>()?;
        let query: ConsignmentQuery =
            value_of(&json!({"programme": view.programme, "limit": CONSIGNMENTS_SHOWN}))?;
        let page = consignment_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        let whole = |shown| match shown {
            Shown::All(view) => Some(view),
            Shown::Traced(_) => None,
        };
        let open: Vec<ConsignmentView> = page
            .items
            .into_iter()
            .filter_map(whole)
            .filter(|view: &ConsignmentView| !view.cancelled)
            .collect();
        let ends = open.iter().flat_map(|view| [view.origin.0, view.destination.0]);
        let known = Wanted::default().with(Thing::Site, ends).read(self.state).await?;
        let choice = |view: &ConsignmentView| ConsignmentChoice {
            is_chosen: view.id.to_string() == chosen,
            id: view.id.to_string(),
            words: format!(
                "{} {} · {} → {}",
                view.tracking_code,
                view.reference.as_deref().unwrap_or_default(),
                known.name(frame, Thing::Site, view.origin.0),
                known.name(frame, Thing::Site, view.destination.0)
            ),
        };
        Ok(open.iter().map(choice).collect())
    }
}

fn proposal_row(frame: &Frame, known: &Known, row: &ProposalView) -> ProposalRow {
    let mut address = Serializer::new(String::new());
    for (name, value) in NAMES.into_iter().zip(key_of(row)) {
        if let Some(value) = value {
            address.append_pair(name, &value);
        }
    }
    let country = frame.country(&row.country);
    ProposalRow {
        review: format!("/manager/proposals/review?{}", address.finish()),
        item: known.name(frame, Thing::Item, row.item.0),
        place: row.area.as_ref().map_or_else(|| country.clone(), |area| format!("{area}, {country}")),
        from: match row.from.site {
            Some(site) => known.name(frame, Thing::Site, site.0),
            None => frame.say(ManagerWord::PledgedGoods).to_owned(),
        },
        lot: row.from.lot.clone().unwrap_or_default(),
        quantity: frame.number(row.quantity),
        needed: frame.number(row.needed),
        gap: frame.number(row.gap),
        gap_after: frame.number(row.gap_after),
    }
}

pub(super) async fn proposals(
    permit: Permit<action::GapRead>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    let asker = Asker { visitor: &visitor, state: &state, forecasting: &forecasting };
    let (rows, sequence) = asker.proposals(permit).await?;
    let known = asker.names(&rows).await?;
    let programmes = rows.iter().map(|row| row.programme).collect();
    let made_up = shows_made_up(&state, Things { programmes, ..Things::default() }).await?;
    let frame = visitor.frame(ManagerWord::Proposals).synthetic(made_up);
    shown(&ProposalsPage {
        is_accepted: asked(&request).given("accepted").is_some(),
        rows: rows.iter().map(|row| proposal_row(&frame, &known, row)).collect(),
        figures: frame.with(ManagerWord::UpTo, frame.number(sequence)),
        frame,
    })
}

pub(super) async fn review(
    permit: Permit<action::GapFill>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let asker = Asker { visitor: &visitor, state: &state, forecasting: &forecasting };
    shown(&asker.review(&asked(&request), |_| Wrongs::default()).await?)
}

/// What a form asks for, as the interface reads it.
fn allocation(form: &Form) -> Value {
    let quantity = typed_number(form.get("quantity"));
    let mut one = json!({"id": form.get("id"), "consignment": form.get("consignment"),
        "occurred_at": form.get("occurred_at"), "quantity": quantity});
    for name in NAMES {
        if let Some(value) = form.given(name) {
            one[name] = value.into();
        }
    }
    json!({"allocations": [one]})
}

pub(super) async fn accept(
    permit: Permit<action::GapFill>,
    visitor: Visitor,
    state: State,
    forecasting: Data<Forecasting>,
    form: Form,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let accepted = match value_of::<ProposalsAccepted>(&allocation(&form)) {
        Ok(body) => gap_accept(permit, state.clone(), forecasting.clone(), Json(body)).await.map(drop),
        Err(problem) => Err(problem),
    };
    let problem = match accepted {
        Ok(()) => return see("/manager/proposals?accepted=1"),
        Err(problem) if is_said_in_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    let is_choice = |pointer: &str| pointer.ends_with("/consignment");
    let field_of = |pointer: &str| if is_choice(pointer) { "consignment".to_owned() } else { String::new() };
    let asker = Asker { visitor: &visitor, state: &state, forecasting: &forecasting };
    let again = asker.review(&form, |frame| wrongs_of(frame, &problem, field_of)).await;
    match again {
        Ok(page) => shown_with(problem.status_code(), &page),
        // What was refused is not proposed any more: why is what it was refused for.
        Err(_) => Err(problem),
    }
}
