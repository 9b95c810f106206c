//! The needs that are circulated, as everybody may read them.

use super::rules::Priority;
use super::store::{Need, loaded};
use crate::core::id::{ItemId, NeedId, ProgrammeId, SiteId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::db::schema::{items, programmes, sites};
use crate::db::{Bind, Binds, Conn, ask, in_parts, read_failure};
use crate::web::{Paging, encode_key};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A need as everybody may read it. Who states it, who asks for it and what is noted of it are not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicNeed {
    /// Which need: an offer that answers it is posted to `/api/v1/needs/{id}/offers`.
    pub id: NeedId,
    /// The code of what it is for.
    pub programme: String,
    /// What is needed, in the words of the catalogue.
    pub item: String,
    /// Kind of goods.
    pub category: String,
    /// How much, in base units.
    pub quantity: i64,
    /// What one is: piece, tablet, gram.
    pub base_unit: String,
    /// The country it is needed in.
    pub country: String,
    /// The place in that country; null where it is needed in all of it, or its programme is sensitive.
    pub place: Option<String>,
    /// The code of the area it is or lies in; null likewise.
    pub area: Option<String>,
    /// The day by which it is needed.
    #[schema(format = Date)]
    pub needed_by: String,
    /// How many people it is for.
    pub people: Option<i64>,
    /// How urgent it is.
    pub priority: Priority,
    /// Days the goods must still keep when they arrive.
    pub shelf_life_days: Option<i64>,
    /// Whether its programme is synthetic: made up for demonstration.
    pub synthetic: bool,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct PublicFilter {
    /// Of this item.
    pub item: Option<ItemId>,
    /// In this country.
    pub country: Option<String>,
}

/// What the public list says beside the rows of needs.
struct Beside {
    programmes: HashMap<ProgrammeId, (String, bool, bool)>,
    items: HashMap<ItemId, (String, String, String)>,
    sites: HashMap<SiteId, (String, Option<String>)>,
}

impl Beside {
    fn of(conn: &mut Conn, rows: &[Need]) -> Outcome<Self> {
        let ids: Vec<ProgrammeId> = rows.iter().map(|row| row.programme_id).collect();
        let found: Vec<(ProgrammeId, String, bool, bool)> = in_parts(&ids, |part| {
            let columns = (programmes::id, programmes::code, programmes::sensitive, programmes::synthetic);
            programmes::table.filter(programmes::id.eq_any(part)).select(columns).load(conn)
        })
        .map_err(read_failure)?;
        let programmes =
            found.into_iter().map(|(id, code, sensitive, synthetic)| (id, (code, sensitive, synthetic)));
        let programmes = programmes.collect();
        let ids: Vec<ItemId> = rows.iter().map(|row| row.item_id).collect();
        let found: Vec<(ItemId, String, String, String)> = in_parts(&ids, |part| {
            let columns = (items::id, items::name, items::category, items::base_unit);
            items::table.filter(items::id.eq_any(part)).select(columns).load(conn)
        })
        .map_err(read_failure)?;
        let items = found.into_iter().map(|(id, name, category, unit)| (id, (name, category, unit)));
        let items = items.collect();
        let ids: Vec<SiteId> = rows.iter().filter_map(|row| row.site_id).collect();
        let found: Vec<(SiteId, String, Option<String>)> = in_parts(&ids, |part| {
            let columns = (sites::id, sites::name, sites::area_code);
            sites::table.filter(sites::id.eq_any(part)).select(columns).load(conn)
        })
        .map_err(read_failure)?;
        let sites = found.into_iter().map(|(id, name, area)| (id, (name, area))).collect();
        Ok(Self { programmes, items, sites })
    }

    fn shown(&self, need: Need) -> Outcome<PublicNeed> {
        let priority = need.priority()?;
        let (programme, sensitive, synthetic) =
            self.programmes.get(&need.programme_id).cloned().unwrap_or_default();
        let (item, category, base_unit) = self.items.get(&need.item_id).cloned().unwrap_or_default();
        let site = need.site_id.and_then(|site| self.sites.get(&site)).cloned();
        let (place, area) = match site {
            Some((name, area)) => (Some(name), area),
            None => (None, need.area.filter(|area| *area != need.country)),
        };
        Ok(PublicNeed {
            id: need.need_id,
            programme,
            item,
            category,
            quantity: need.quantity,
            base_unit,
            country: need.country,
            // A sensitive programme shows no place below country.
            place: place.filter(|_| !sensitive),
            area: area.filter(|_| !sensitive),
            needed_by: need.needed_by,
            people: need.people,
            priority,
            shelf_life_days: need.shelf_life_days,
            synthetic,
        })
    }
}

/// A page of the needs that are open and circulated, those needed first at first. The scope is nobody's: what is
/// circulated is everybody's to read.
///
/// # Errors
/// What the database says.
pub fn public_needs(
    conn: &mut Conn,
    filter: &PublicFilter,
    paging: &Paging<(String, NeedId)>,
) -> Outcome<Page<PublicNeed>> {
    let mut binds = Binds::default();
    let mut words = "SELECT said.id FROM needs AS said WHERE said.circulated = TRUE AND said.state = 'open' AND NOT \
                     EXISTS (SELECT 1 FROM needs AS newer WHERE newer.need_id = said.need_id AND newer.sequence > \
                     said.sequence)"
        .to_owned();
    if let Some(item) = filter.item {
        words.push_str(&format!(" AND said.item_id = {}", binds.id(item)));
    }
    if let Some(country) = &filter.country {
        words.push_str(&format!(" AND said.country = {}", binds.place(Bind::Words(country.clone()))));
    }
    if let Some((day, id)) = &paging.after {
        let (day, id) = (binds.place(Bind::Words(day.clone())), binds.id(*id));
        words.push_str(&format!(" AND (said.needed_by, said.need_id) > ({day}, {id})"));
    }
    let limit = binds.number(paging.limit + 1);
    words.push_str(&format!(" ORDER BY said.needed_by, said.need_id LIMIT {limit}"));
    let rows = loaded(conn, words, binds)?;
    let beside = Beside::of(conn, &rows)?;
    let shown = rows.into_iter().map(|row| beside.shown(row)).collect::<Outcome<Vec<_>>>()?;
    Ok(Page::from_rows(shown, paging.limit, |need| encode_key(&(&need.needed_by, need.id))))
}

#[derive(QueryableByName)]
struct Circulated {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    circulated: bool,
}

/// Whether a need is circulated, whatever became of it since; what is, is everybody's to answer.
///
/// # Errors
/// What the database says.
pub(super) fn is_circulated(conn: &mut Conn, need: NeedId) -> Outcome<bool> {
    let mut binds = Binds::default();
    let words = format!(
        "SELECT said.circulated FROM needs AS said WHERE said.need_id = {} ORDER BY said.sequence DESC LIMIT 1",
        binds.id(need)
    );
    let found: Vec<Circulated> = ask(conn, words, binds)?;
    Ok(found.first().is_some_and(|one| one.circulated))
}
