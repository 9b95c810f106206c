//! The table of needs: rows, and what is read of them.

use super::rules::{NeedDraft, NeedState, Priority};
use crate::auth::{Bound, Scope};
use crate::core::id::{ItemId, NeedId, NeedVersionId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::Timestamp;
use crate::db::schema::needs;
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::writer::{Record as _, record};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::collections::HashMap;

record! {
    /// What was stated of a need, from its entry of the log on.
    pub struct Need in needs key id: NeedVersionId, group need_id: NeedId {
        /// Key: made from the need and the revision.
        id: NeedVersionId,
        /// Which need.
        need_id: NeedId,
        /// Counts what was stated of it, from 1.
        revision: i64,
        /// What it is for.
        programme_id: ProgrammeId,
        /// What is needed.
        item_id: ItemId,
        /// How much, in base units.
        quantity: i64,
        /// Where, as a site …
        site_id: Option<SiteId>,
        /// … or as a country or an area inside one.
        area: Option<String>,
        /// The country of either.
        country: String,
        /// The day by which it is needed.
        needed_by: String,
        /// How many people it is for.
        people: Option<i64>,
        /// The word of a [`Priority`].
        priority: String,
        /// Days the goods must still keep when they arrive.
        shelf_life_days: Option<i64>,
        /// Who states it, in words.
        source: String,
        /// The organization that asks for it.
        organization_id: Option<OrganizationId>,
        /// Its number in somebody's books.
        reference: Option<String>,
        /// Words for whoever works here.
        note: Option<String>,
        /// Whether it stands in the public list.
        circulated: bool,
        /// The word of a [`NeedState`].
        state: String,
        /// Why it stands so.
        reason: Option<String>,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

impl Need {
    /// How it stands.
    ///
    /// # Errors
    /// An internal problem where the stored word is none of ours.
    pub fn state(&self) -> Outcome<NeedState> {
        NeedState::from_word(&self.state)
            .ok_or_else(|| Problem::internal(format!("needs.state of {} is {:?}", self.id, self.state)))
    }

    /// How urgent it is.
    ///
    /// # Errors
    /// An internal problem where the stored word is none of ours.
    pub fn priority(&self) -> Outcome<Priority> {
        Priority::from_word(&self.priority)
            .ok_or_else(|| Problem::internal(format!("needs.priority of {} is {:?}", self.id, self.priority)))
    }

    /// The row as a caller would have written it.
    ///
    /// # Errors
    /// Where what is kept cannot be read.
    pub fn draft(&self) -> Outcome<NeedDraft> {
        Ok(NeedDraft {
            id: None,
            programme: self.programme_id,
            item: self.item_id,
            quantity: Quantity::new(self.quantity).unwrap_or_default(),
            site: self.site_id,
            area: self.area.clone(),
            needed_by: self.needed_by.clone(),
            people: self.people,
            priority: self.priority()?,
            shelf_life_days: self.shelf_life_days,
            source: self.source.clone(),
            organization: self.organization_id,
            reference: self.reference.clone(),
            note: self.note.clone(),
            circulated: self.circulated,
        })
    }
}

/// Which needs are meant.
#[derive(Clone, Debug, Default)]
pub struct NeedFilter {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// Of this item.
    pub item: Option<ItemId>,
    /// At this site.
    pub site: Option<SiteId>,
    /// Stated for this very area.
    pub area: Option<String>,
    /// In this country.
    pub country: Option<String>,
    /// That stand so.
    pub state: Option<NeedState>,
    /// Needed by this day or before.
    pub by: Option<String>,
    /// Only those that stand in the public list, or only the others.
    pub circulated: Option<bool>,
    /// Only these, where any are named.
    pub among: Vec<NeedId>,
    /// Only of one of these items for its programme, where any are named.
    pub pairs: Vec<(ProgrammeId, ItemId)>,
}

/// Conditions of a query over `needs AS said`: what counted at an entry of the log, as far as a scope reaches.
pub fn needs_within(binds: &mut Binds, scope: &Scope, filter: &NeedFilter, sequence: i64) -> String {
    let known = binds.number(sequence);
    let mut words = format!(
        "said.sequence <= {known} AND NOT EXISTS (SELECT 1 FROM needs AS newer WHERE newer.need_id = said.need_id AND \
         newer.sequence > said.sequence AND newer.sequence <= {known})"
    );
    let mut is = |column: &str, value: Option<Bind>| {
        if let Some(value) = value {
            words.push_str(&format!(" AND said.{column} {}", binds.place(value)));
        }
    };
    let bytes = |id: uuid::Uuid| Bind::Bytes(id.as_bytes().to_vec());
    is("programme_id =", filter.programme.map(|id| bytes(id.0)));
    is("item_id =", filter.item.map(|id| bytes(id.0)));
    is("site_id =", filter.site.map(|id| bytes(id.0)));
    is("area =", filter.area.clone().map(Bind::Words));
    is("country =", filter.country.clone().map(Bind::Words));
    is("state =", filter.state.map(|state| Bind::Words(state.word().to_owned())));
    is("needed_by <=", filter.by.clone().map(Bind::Words));
    if !filter.among.is_empty() {
        words.push_str(&format!(" AND said.need_id IN ({})", binds.ids(&filter.among)));
    }
    if !filter.pairs.is_empty() {
        let pair = |(programme, item): &(ProgrammeId, ItemId)| {
            format!("(said.programme_id = {} AND said.item_id = {})", binds.id(*programme), binds.id(*item))
        };
        let pairs: Vec<String> = filter.pairs.iter().map(pair).collect();
        words.push_str(&format!(" AND ({})", pairs.join(" OR ")));
    }
    match filter.circulated {
        Some(true) => words.push_str(" AND said.circulated = TRUE"),
        Some(false) => words.push_str(" AND said.circulated = FALSE"),
        None => {}
    }
    for bound in scope.bounds() {
        match bound {
            Bound::Organization(own) => {
                words.push_str(&format!(" AND said.organization_id = {}", binds.id(*own)));
            }
            // Donors read the public list; what others asked for is not theirs.
            Bound::OwnPledges(_) => words.push_str(" AND 1 = 0"),
            Bound::Countries(own) => {
                let own: Vec<String> =
                    own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
                words.push_str(&format!(" AND said.country IN ({})", own.join(", ")));
            }
        }
    }
    words
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: NeedVersionId,
}

/// Reads the rows of these versions, in their order.
pub(super) fn loaded(conn: &mut Conn, words: String, binds: Binds) -> Outcome<Vec<Need>> {
    let found: Vec<Found> = ask(conn, words, binds)?;
    let ids: Vec<NeedVersionId> = found.into_iter().map(|found| found.id).collect();
    let rows = Need::load(conn, &ids).map_err(read_failure)?;
    let mut rows: HashMap<NeedVersionId, Need> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// Up to `limit` needs after a key, in the order of keys, as they were known at an entry of the log.
///
/// # Errors
/// What the database says.
pub fn need_list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &NeedFilter,
    sequence: i64,
    page: (Option<NeedId>, i64),
) -> Outcome<Vec<Need>> {
    let mut binds = Binds::default();
    let conditions = needs_within(&mut binds, scope, filter, sequence);
    let mut words = format!("SELECT said.id FROM needs AS said WHERE {conditions}");
    if let Some(after) = page.0 {
        words.push_str(&format!(" AND said.need_id > {}", binds.id(after)));
    }
    words.push_str(&format!(" ORDER BY said.need_id LIMIT {}", binds.number(page.1)));
    loaded(conn, words, binds)
}

/// A need as it was known at an entry of the log, where the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn need_read(conn: &mut Conn, scope: &Scope, id: NeedId, sequence: i64) -> Outcome<Need> {
    let mut binds = Binds::default();
    let conditions = needs_within(&mut binds, scope, &NeedFilter::default(), sequence);
    let words =
        format!("SELECT said.id FROM needs AS said WHERE {conditions} AND said.need_id = {}", binds.id(id));
    loaded(conn, words, binds)?.pop().ok_or_else(Problem::not_found)
}

/// All that was stated of a need up to an entry of the log, the first first; asked of one that a scope reaches.
///
/// # Errors
/// What the database says.
pub(super) fn need_history(conn: &mut Conn, id: NeedId, sequence: i64) -> Outcome<Vec<Need>> {
    needs::table
        .filter(needs::need_id.eq(id).and(needs::sequence.le(sequence)))
        .order(needs::revision)
        .select(Need::as_select())
        .load(conn)
        .map_err(read_failure)
}
