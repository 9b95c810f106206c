//! Four pictures to decide by: needs by month, how long trips took, stock by site that is not reserved, losses by cause.
//! Each has a sentence above and a table below. Units of one item are never added to those of another, so an item is chosen first.

use super::approval::cause_words;
use super::common::asked;
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::core::id::ItemId;
use crate::core::problem::{Outcome, Problem};
use crate::forecast::Forecasting;
use crate::forecast::http::{CorridorQuery, corridor_index};
use crate::gaps::{GapMonths, gap_months};
use crate::pages::donor::kinds::KindWord;
use crate::pages::donor::words::DonorWord;
use crate::pages::drawing::Side;
use crate::pages::drawing::chart::{Columns, Measured, Rows, Stacked, columns, rows};
use crate::pages::frame::Frame;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::parties::Eyes;
use crate::reconciliation::http::{ReconciliationQuery, reconciliation};
use crate::totals::{Key, Named, TotalsQuery, TotalsRow, TotalsView, answer};
use crate::web::{Expense, Query, State, spend, value_of};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::json;

/// Corridors that are looked at: those with most trips are drawn.
const CORRIDORS_LOOKED_AT: i64 = 500;
/// Corridors of the table.
const CORRIDORS_SHOWN: usize = 50;
/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Something one can choose.
struct ItemChoice {
    id: String,
    name: String,
    is_chosen: bool,
}

/// A month of needs in the table.
struct MonthRow {
    month: String,
    figures: [String; 4],
}

/// A corridor in the table.
struct CorridorRow {
    name: String,
    trips: String,
    days: [String; 3],
}

/// A site in the table.
struct StockRow {
    name: String,
    figures: [String; 4],
}

/// What was lost by a cause.
struct LossRow {
    what: String,
    entries: String,
    quantity: String,
}

/// What is missing.
struct MissingRow {
    place: String,
    quantity: String,
    since: String,
}

/// A picture of columns with its sentence and table.
struct Months {
    sentence: String,
    columns: Columns,
    rows: Vec<MonthRow>,
}

/// A picture of rows with its sentence and table.
struct Pictured<R> {
    sentence: String,
    rows: Rows,
    table: Vec<R>,
}

impl Months {
    fn drawn(&self) -> &Columns {
        &self.columns
    }
}

impl<R> Pictured<R> {
    fn drawn(&self) -> &Rows {
        &self.rows
    }
}

#[derive(Template)]
#[template(path = "manager/figures.html")]
struct FiguresPage {
    frame: Frame,
    items: Vec<ItemChoice>,
    item: String,
    months: Option<Months>,
    corridors: Option<Pictured<CorridorRow>>,
    stock: Option<Pictured<StockRow>>,
    losses: Option<Pictured<LossRow>>,
    missing: Vec<MissingRow>,
    figures: String,
}

/// Who asks, and where.
struct Asker<'a> {
    visitor: &'a Visitor,
    state: &'a State,
    frame: &'a Frame,
}

/// What the differences of an item come to, and what is missing.
type Differences = (Option<Pictured<LossRow>>, Vec<MissingRow>);

impl Asker<'_> {
    fn side(&self) -> Side {
        Side::of(self.frame.direction())
    }

    async fn totals(&self, group_by: &str, item: Option<ItemId>) -> Outcome<TotalsView> {
        let permit = self.visitor.permit::<action::TotalsRead>()?;
        let query = TotalsQuery { group_by: group_by.to_owned(), item, ..TotalsQuery::default() };
        let question = query.question(permit.scope().clone(), Eyes::of(&permit, now().day()))?;
        self.state.read(move |conn| answer(conn, &question)).await
    }

    async fn months(
        &self,
        permit: Permit<action::GapRead>,
        forecasting: Data<Forecasting>,
        (item, name): (ItemId, &str),
    ) -> Outcome<Option<Months>> {
        let found = self.state.read(move |conn| gap_months(conn, &permit, item, &forecasting)).await?;
        Ok((!found.rows.is_empty()).then(|| months(self.frame, name, &found)))
    }

    async fn corridors(&self) -> Outcome<Option<Pictured<CorridorRow>>> {
        let permit = self.visitor.permit::<action::TotalsRead>()?;
        let query: CorridorQuery = value_of(&json!({"limit": CORRIDORS_LOOKED_AT}))?;
        let page = corridor_index(permit, self.state.clone(), Query(query)).await?.into_inner();
        let told = page.items.into_iter().filter_map(|row| {
            let duration = row.duration?;
            let name = format!("{} → {}", row.from.name, row.to.name);
            let minutes = [duration.p10_minutes, duration.p50_minutes, duration.p90_minutes];
            Some((name, row.trips, minutes.map(|minutes| (minutes + DAY / 2) / DAY)))
        });
        let mut told: Vec<(String, i64, [i64; 3])> = told.collect();
        told.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        told.truncate(CORRIDORS_SHOWN);
        Ok((!told.is_empty()).then(|| self.durations(&told)))
    }

    fn durations(&self, told: &[(String, i64, [i64; 3])]) -> Pictured<CorridorRow> {
        let frame = self.frame;
        let measured = |(name, _, [tenth, half, most]): &(String, i64, [i64; 3])| Measured {
            name: name.clone(),
            from: *tenth,
            middle: Some(*half),
            to: *most,
            told: frame.with_two(ManagerWord::DaysRange, frame.number(*tenth), frame.number(*most)),
        };
        let row = |(name, trips, days): &(String, i64, [i64; 3])| CorridorRow {
            name: name.clone(),
            trips: frame.number(*trips),
            days: days.map(|days| frame.number(days)),
        };
        let drawn: Vec<Measured> = told.iter().map(measured).collect();
        Pictured {
            sentence: frame.say(ManagerWord::CorridorsSentence).to_owned(),
            rows: rows(self.side(), frame.say(ManagerWord::Corridors).to_owned(), &drawn),
            table: told.iter().map(row).collect(),
        }
    }

    async fn stock(&self, item: ItemId) -> Outcome<Option<Pictured<StockRow>>> {
        let frame = self.frame;
        let view = self.totals("site", Some(item)).await?;
        let mut held: Vec<TotalsRow> =
            view.rows.into_iter().filter(|row| row.in_storage != 0 || row.allocated != 0).collect();
        held.sort_by_key(|row| std::cmp::Reverse(row.in_storage));
        let measured = |row: &TotalsRow| Measured {
            name: name_of(frame, row.keys.get("site").and_then(Option::as_ref)),
            from: 0,
            middle: None,
            to: row.in_storage,
            told: frame.number(row.in_storage),
        };
        let row = |row: &TotalsRow| StockRow {
            name: name_of(frame, row.keys.get("site").and_then(Option::as_ref)),
            figures: [row.in_storage, row.allocated, row.on_hold, row.damaged]
                .map(|figure| frame.number(figure)),
        };
        let drawn: Vec<Measured> = held.iter().map(measured).collect();
        let Some(most) = drawn.first() else { return Ok(None) };
        Ok(Some(Pictured {
            sentence: frame.with(ManagerWord::StockSentence, &most.told),
            rows: rows(self.side(), frame.say(ManagerWord::Stock).to_owned(), &drawn),
            table: held.iter().map(row).collect(),
        }))
    }

    async fn differences(&self, item: ItemId) -> Outcome<Differences> {
        let Some(permit) = self.visitor.may::<action::ReconciliationRead>() else {
            return Ok((None, Vec::new()));
        };
        let query: ReconciliationQuery =
            value_of(&json!({"group_by": "item", "item": item, "sections": "differences"}))?;
        let view = reconciliation(permit, self.state.clone(), Query(query)).await?.into_inner();
        let Some(section) = view.differences else { return Ok((None, Vec::new())) };
        let sums = section.sums.into_iter().filter_map(|sum| {
            let quantity = match sum.kind.as_str() {
                "lost" => sum.figures.lost,
                "disposed" => sum.figures.disposed,
                _ => return None,
            };
            Some((sum.kind, sum.cause, sum.entries, quantity))
        });
        let missing = section.missing.into_iter().map(|row| MissingRow {
            place: [row.consignment, row.site]
                .into_iter()
                .flatten()
                .map(words_of)
                .collect::<Vec<_>>()
                .join(", "),
            quantity: self.frame.number(row.quantity),
            since: self.frame.day(row.since.day()),
        });
        let missing = missing.collect();
        Ok((self.losses(sums.collect()), missing))
    }

    fn losses(&self, mut sums: Vec<(String, Option<String>, i64, i64)>) -> Option<Pictured<LossRow>> {
        let frame = self.frame;
        sums.sort_by_key(|(_, _, _, quantity)| std::cmp::Reverse(*quantity));
        let what = |kind: &str, cause: Option<&str>| {
            format!("{}: {}", frame.say(KindWord::of(kind)), cause_words(frame, cause))
        };
        let measured = |(kind, cause, _, quantity): &(String, Option<String>, i64, i64)| Measured {
            name: what(kind, cause.as_deref()),
            from: 0,
            middle: None,
            to: *quantity,
            told: frame.number(*quantity),
        };
        let row = |(kind, cause, entries, quantity): &(String, Option<String>, i64, i64)| LossRow {
            what: what(kind, cause.as_deref()),
            entries: frame.number(*entries),
            quantity: frame.number(*quantity),
        };
        let drawn: Vec<Measured> = sums.iter().map(measured).collect();
        let most = drawn.first()?;
        Some(Pictured {
            sentence: frame.with(ManagerWord::LossesSentence, format!("{}, {}", most.name, most.told)),
            rows: rows(self.side(), frame.say(ManagerWord::Losses).to_owned(), &drawn),
            table: sums.iter().map(row).collect(),
        })
    }
}

fn words_of(named: Named) -> String {
    named.name.or(named.code).unwrap_or_else(|| named.id.to_string())
}

fn name_of(frame: &Frame, key: Option<&Key>) -> String {
    match key {
        Some(Key::Named(named)) => words_of(named.clone()),
        Some(Key::Country { name, .. } | Key::Region { name, .. }) => name.clone(),
        Some(Key::Corridor { .. } | Key::Area { .. } | Key::Month(_)) | None => {
            frame.say(Word::Unknown).to_owned()
        }
    }
}

/// What is there for the needs of a month: all that fills them but what is still on the way.
fn months(frame: &Frame, name: &str, found: &GapMonths) -> Months {
    let parts = |row: &crate::gaps::GapMonth| {
        let fill = &row.fill;
        [fill.served + fill.delivered + fill.in_storage, fill.pipeline, fill.gap]
    };
    let stacked = |row: &crate::gaps::GapMonth| Stacked {
        month: row.month.clone(),
        parts: parts(row).to_vec(),
        told: frame.number(row.needed),
    };
    let month = |row: &crate::gaps::GapMonth| {
        let [there, coming, gap] = parts(row);
        MonthRow {
            month: row.month.clone(),
            figures: [row.needed, there, coming, gap].map(|figure| frame.number(figure)),
        }
    };
    let lacking: i64 = found.rows.iter().map(|row| row.fill.gap).sum();
    let drawn: Vec<Stacked> = found.rows.iter().map(stacked).collect();
    Months {
        sentence: frame.with_two(ManagerWord::MonthsSentence, name, frame.number(lacking)),
        columns: columns(frame.say(ManagerWord::MonthsTitle).to_owned(), &drawn),
        rows: found.rows.iter().map(month).collect(),
    }
}

/// The items there is anything of, and which of them is asked for: the first where none is.
fn choices(frame: &Frame, view: &TotalsView, wanted: &str) -> Vec<ItemChoice> {
    let one = |row: &TotalsRow| match row.keys.get("item") {
        Some(Some(Key::Named(named))) => Some(ItemChoice {
            id: named.id.to_string(),
            name: name_of(frame, Some(&Key::Named(named.clone()))),
            is_chosen: false,
        }),
        Some(_) | None => None,
    };
    let mut items: Vec<ItemChoice> = view.rows.iter().filter_map(one).collect();
    let chosen = items.iter().position(|item| item.id == wanted).unwrap_or(0);
    if let Some(item) = items.get_mut(chosen) {
        item.is_chosen = true;
    }
    items
}

/// The pictures of one item.
#[derive(Default)]
struct OfItem {
    name: String,
    months: Option<Months>,
    stock: Option<Pictured<StockRow>>,
    losses: Option<Pictured<LossRow>>,
    missing: Vec<MissingRow>,
}

impl Asker<'_> {
    /// The pictures of what is chosen; none where there is nothing to choose from.
    async fn of_item(
        &self,
        permit: Permit<action::GapRead>,
        forecasting: Data<Forecasting>,
        chosen: Option<&ItemChoice>,
    ) -> Outcome<OfItem> {
        let Some(ItemChoice { id, name, .. }) = chosen else { return Ok(OfItem::default()) };
        let id: ItemId =
            id.parse().map_err(|error: uuid::Error| Problem::internal(format!("an item: {error}")))?;
        let months = self.months(permit, forecasting, (id, name)).await?;
        let stock = self.stock(id).await?;
        let (losses, missing) = self.differences(id).await?;
        Ok(OfItem { name: name.clone(), months, stock, losses, missing })
    }
}

pub(super) async fn figures(
    permit: Permit<action::GapRead>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let frame = visitor.frame(ManagerWord::Figures);
    let asker = Asker { visitor: &visitor, state: &state, frame: &frame };
    let view = asker.totals("item", None).await?;
    let items = choices(&frame, &view, asked(&request).get("item"));
    let corridors = asker.corridors().await?;
    let chosen = items.iter().find(|item| item.is_chosen);
    let of_item = asker.of_item(permit, forecasting, chosen).await?;
    let OfItem { name: item, months, stock, losses, missing } = of_item;
    let figures = frame.with(ManagerWord::UpTo, frame.number(view.sequence));
    let frame = frame.synthetic(view.synthetic).live();
    shown(&FiguresPage { frame, items, item, months, corridors, stock, losses, missing, figures })
}
