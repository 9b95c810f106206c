//! What lies at a site, and the card of an item.

use super::words::StoreWord;
use crate::auth::{Permit, action};
use crate::core::id::{ItemId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::counts::http::{SheetQuery, count_sheet_list};
use crate::counts::{CardQuery, CardView, SheetState, SheetView, stock_card};
use crate::forecast::Forecasting;
use crate::lots::ExpiringView;
use crate::lots::http::{ExpiringQuery, lots_expiring};
use crate::pages::donor::kinds::KindWord;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::manager::StoreKind;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see, shown};
use crate::pages::words::Word;
use crate::sites::Site;
use crate::stock::http::stock_show;
use crate::stock::{StockView, stock_sites};
use crate::totals::Things;
use crate::web::{MomentQuery, Path, Query, Routes, State};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use uuid::Uuid;

/// Sites, sheets and lots of one page: an officer runs a handful of sites.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "warehouse/sites.html")]
struct SitesPage {
    frame: Frame,
    sites: Vec<Site>,
    next: Option<SiteId>,
}

#[derive(Template)]
#[template(path = "warehouse/stock.html")]
struct StockPage {
    frame: Frame,
    stock: StockView,
    expiring: Vec<ExpiringView>,
    sheets: Vec<SheetView>,
    may_count: bool,
    may_dispose: bool,
    /// What somebody may say that happened here: where, and in words.
    happened: Vec<(String, &'static str)>,
    sheet: Uuid,
}

#[derive(Template)]
#[template(path = "warehouse/card.html")]
struct CardPage {
    frame: Frame,
    card: CardView,
}

impl StockPage {
    fn number(&self, figure: &i64) -> String {
        self.frame.number(*figure)
    }

    fn state(&self, sheet: &SheetView) -> &'static str {
        self.frame.say(state_word(sheet.state))
    }
}

impl CardPage {
    fn kind(&self, word: &str) -> &'static str {
        self.frame.say(KindWord::of(word))
    }

    fn number(&self, figure: &i64) -> String {
        self.frame.number(*figure)
    }
}

/// How far a sheet has come, in words.
pub(super) fn state_word(state: SheetState) -> StoreWord {
    match state {
        SheetState::Counting => StoreWord::Counting,
        SheetState::Submitted => StoreWord::Submitted,
        SheetState::Proposed => StoreWord::Proposed,
        SheetState::Posted => StoreWord::Posted,
        SheetState::Reversed => StoreWord::Reversed,
        SheetState::Void => StoreWord::Void,
    }
}

async fn sites(
    permit: Permit<action::StockRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let after: Option<SiteId> = asked.given("after").and_then(|text| text.parse().ok());
    let mut sites = state.read(move |conn| stock_sites(conn, &permit, after, ROWS + 1)).await?;
    if let ([only], None) = (sites.as_slice(), after) {
        return see(&format!("/warehouse/{}", only.id));
    }
    let is_more = i64::try_from(sites.len()).unwrap_or(i64::MAX) > ROWS;
    sites.truncate(usize::try_from(ROWS).unwrap_or(0));
    let next = sites.last().filter(|_| is_more).map(|site| site.id);
    shown(&SitesPage { frame: visitor.frame(StoreWord::Title).live(), sites, next })
}

/// Lots that expire at a site, where the role may watch them.
async fn expiring(
    visitor: &Visitor,
    state: &State,
    forecasting: Data<Forecasting>,
    site: SiteId,
) -> Outcome<Vec<ExpiringView>> {
    let Some(permit) = visitor.may::<action::LotWatch>() else { return Ok(Vec::new()) };
    let query = ExpiringQuery {
        within: Some("3m".to_owned()),
        item: None,
        site: Some(site),
        programme: None,
        as_of: None,
        known_at: None,
        after: None,
        limit: Some(ROWS),
    };
    Ok(lots_expiring(permit, state.clone(), forecasting, Query(query)).await?.0.items)
}

async fn stock(
    permit: Permit<action::StockRead>,
    visitor: Visitor,
    state: State,
    forecasting: Data<Forecasting>,
    path: Path<SiteId>,
) -> Outcome<HttpResponse> {
    let site = path.0;
    let now = Query(MomentQuery { as_of: None, known_at: None });
    let stock = stock_show(permit.clone(), state.clone(), Path(site), now).await?.0;
    let query = SheetQuery { site: Some(site), after: None, limit: Some(ROWS) };
    let mut sheets = count_sheet_list(permit, state.clone(), Query(query)).await?.0.items;
    sheets.reverse();
    let expiring = expiring(&visitor, &state, forecasting, site).await?;
    let made_up = shows_made_up(&state, Things { sites: vec![site], ..Things::default() }).await?;
    let frame = visitor.frame(StoreWord::Title).titled(stock.name.clone()).synthetic(made_up).live();
    let may_count = visitor.may::<action::CountWrite>().is_some();
    let may_dispose = visitor.may::<action::LossPropose>().is_some();
    let happened = happened_of(&visitor, &frame, site);
    let sheet = Uuid::now_v7();
    shown(&StockPage { frame, stock, expiring, sheets, may_count, may_dispose, happened, sheet })
}

/// Where it is said that something else happened to what lies at a site; for whoever may.
fn happened_of(visitor: &Visitor, frame: &Frame, site: SiteId) -> Vec<(String, &'static str)> {
    let all = StoreKind::ALL
        .map(|kind| (format!("/warehouse/{site}/happened/{}", kind.word()), frame.say(kind.title())));
    let may_post = visitor.may::<action::EventPost>().is_some();
    all.into_iter().filter(|_| may_post).collect()
}

async fn card(
    permit: Permit<action::StockRead>,
    visitor: Visitor,
    state: State,
    path: Path<SiteId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let no_item =
        |_| Problem::field("/item", format!("is {:?}; choose an item of the stock", asked.get("item")));
    let item: ItemId = asked.get("item").parse().map_err(no_item)?;
    let after = asked.given("after").map(str::to_owned);
    let query = CardQuery { item, lot: None, after, limit: Some(ROWS) };
    let things = Things { sites: vec![path.0], ..Things::default() };
    let card = stock_card(permit, state.clone(), path, Query(query)).await?.0;
    let frame = visitor.frame(StoreWord::Card).synthetic(shows_made_up(&state, things).await?);
    let title = frame.with(StoreWord::CardOf, &card.item_name);
    shown(&CardPage { frame: frame.titled(title), card })
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/warehouse", sites);
    routes.page_for(refuse, Method::GET, "/warehouse/{id}", stock);
    routes.page_for(refuse, Method::GET, "/warehouse/{id}/card", card);
}
