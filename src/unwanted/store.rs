//! The table of what is not to be sent: rows, and what is read and written of them.

use super::rules::{Against, UnwantedDraft, Where, about_category, about_item, holds, kind_words};
use crate::core::check::{WORDS_CHARS_MAX, check_text, id_reused};
use crate::core::id::{BaselineKey, ItemId, UnwantedId, UnwantedVersionId, derived};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Binds, Conn, ask, in_parts, read_failure};
use crate::items::Item;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Record as _, Refusal, Update, Wanted, record};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

record! {
    /// That something is not to be sent, or is no longer unwanted.
    pub struct Unwanted in unwanted key id: UnwantedVersionId, group about: BaselineKey {
        /// Key: made from the entry and whether it begins or ends it.
        id: UnwantedVersionId,
        /// Which entry.
        unwanted_id: UnwantedId,
        /// What it is about: an item or a category.
        about: BaselineKey,
        /// The item …
        item_id: Option<ItemId>,
        /// … or the category.
        category: Option<String>,
        /// Where not: a country or an area; none is everywhere.
        area: Option<String>,
        /// Why, in words for donors; of the end, why it ends.
        reason: String,
        /// The first day on which it holds.
        from_day: String,
        /// The last.
        until_day: Option<String>,
        /// Whether this ends it.
        ended: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

/// Places that a donor is told of, where goods may go to others: who reads ten will ask where they are wanted.
pub const PLACES_MAXIMUM: usize = 10;

fn version(id: UnwantedId, ended: bool) -> UnwantedVersionId {
    derived(id.0, "unwanted", u64::from(ended))
}

impl Unwanted {
    /// The words a donor reads of it.
    pub fn words(&self, what: &str, against: Against) -> String {
        kind_words(what, self.area.as_deref(), &self.reason, (self.until_day.as_deref(), against))
    }

    fn says(&self, draft: &UnwantedDraft) -> bool {
        self.item_id == draft.item
            && self.category == draft.category
            && self.area == draft.area
            && self.reason == draft.reason
            && self.from_day == draft.from
            && self.until_day == draft.until
    }
}

/// Says that something is not to be sent.
pub struct UnwantedBegin {
    actor: Actor,
    id: UnwantedId,
    draft: UnwantedDraft,
}

impl UnwantedBegin {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &UnwantedDraft, id: UnwantedId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft })
    }
}

fn begin(desk: &mut Desk, id: UnwantedId, action: &str, reason: Option<String>) -> Moment {
    desk.begin(Entry { action: action.to_owned(), kind: "unwanted", id: id.0, reason })
}

impl Update for UnwantedBegin {
    type Answer = Arc<Unwanted>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Unwanted>>().want(version(self.id, false));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Unwanted>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Unwanted>>().find(version(self.id, false))? {
            return if known.says(&self.draft) { Ok(known) } else { Err(id_reused("entry", self.id).into()) };
        }
        if let Some(item) = self.draft.item
            && desk.shelf::<Drawer<Item>>().find(item)?.is_none()
        {
            return Err(Problem::field("/item", format!("{item} is no item known here; record it first"))
                .coded(Fault::Unknown)
                .into());
        }
        let draft = self.draft.clone();
        let moment = begin(desk, self.id, "unwanted.begun", None);
        let row = Unwanted {
            id: version(self.id, false),
            unwanted_id: self.id,
            about: draft.about(),
            item_id: draft.item,
            category: draft.category,
            area: draft.area,
            reason: draft.reason,
            from_day: draft.from,
            until_day: draft.until,
            ended: false,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<Unwanted>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// Says that something may be sent again.
pub struct UnwantedEnd {
    /// Who says so.
    pub actor: Actor,
    /// Which entry.
    pub id: UnwantedId,
    /// Why.
    pub reason: String,
}

impl Update for UnwantedEnd {
    type Answer = Arc<Unwanted>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Unwanted>>().want(version(self.id, false));
        desk.shelf::<Drawer<Unwanted>>().want(version(self.id, true));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Unwanted>, Refusal> {
        check_text("/reason", Some(&self.reason), WORDS_CHARS_MAX)?;
        let begun = desk.shelf::<Drawer<Unwanted>>().find(version(self.id, false))?;
        let begun = begun.ok_or_else(Problem::not_found)?;
        if let Some(ended) = desk.shelf::<Drawer<Unwanted>>().find(version(self.id, true))? {
            return Ok(ended);
        }
        let moment = begin(desk, self.id, "unwanted.ended", Some(self.reason.clone()));
        let row = Unwanted {
            id: version(self.id, true),
            reason: self.reason.clone(),
            ended: true,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
            ..begun.as_ref().clone()
        };
        desk.shelf::<Drawer<Unwanted>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// Asks for what is said about an item and its category.
pub fn want_unwanted(desk: &mut Desk, item: &Item) {
    desk.shelf::<Drawer<Unwanted>>().want_group(about_item(item.id));
    desk.shelf::<Drawer<Unwanted>>().want_group(about_category(&item.category));
}

/// Those of some rows that are not ended, and hold where goods may go on a day; the first said first.
fn standing(rows: &[Arc<Unwanted>], place: Where<'_>, day: &str) -> Vec<(Against, Arc<Unwanted>)> {
    let ended: BTreeSet<UnwantedId> =
        rows.iter().filter(|row| row.ended).map(|row| row.unwanted_id).collect();
    let begun = rows.iter().filter(|row| !row.ended && !ended.contains(&row.unwanted_id));
    let holds_now = |row: &Arc<Unwanted>| {
        let days = (row.from_day.as_str(), row.until_day.as_deref());
        Some((holds(row.area.as_deref(), days, place, day)?, Arc::clone(row)))
    };
    let mut found: Vec<(Against, Arc<Unwanted>)> = begun.filter_map(holds_now).collect();
    found.sort_by_key(|(_, row)| row.sequence);
    found
}

/// What stands on the lists against all of an item that would go somewhere, as it is known now, on a day, in words for the
/// donor: that of the first entry that was said.
///
/// # Errors
/// [`Wanted`] where rows are missing on the desk.
pub fn in_force(desk: &mut Desk, item: &Item, place: Where<'_>, day: &str) -> Result<Option<String>, Wanted> {
    want_unwanted(desk, item);
    let drawer = desk.shelf::<Drawer<Unwanted>>();
    let mut rows = drawer.group(about_item(item.id))?;
    rows.extend(drawer.group(about_category(&item.category))?);
    let mut found = standing(&rows, place, day).into_iter();
    let first = found.find(|(against, _)| *against == Against::All);
    Ok(first.map(|(against, row)| row.words(&item.name, against)))
}

/// Goods that somebody would send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What they are.
    pub item: ItemId,
    /// The country they are meant for; none where they may go anywhere.
    pub country: Option<String>,
    /// The area inside it.
    pub area: Option<String>,
}

/// What a donor is told of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether it is against all of them, or only against some places they may go to.
    pub against: Against,
    /// Why not, in words.
    pub words: String,
}

/// What donors are told of goods that would go somewhere on a day, for each in its place: what is against all of them, in
/// the words that were said first, else each place where they are not wanted, up to [`PLACES_MAXIMUM`]. Three queries for any
/// number.
///
/// # Errors
/// What the database says.
pub fn told_of(conn: &mut Conn, goods: &[Sent], day: &str) -> Outcome<Vec<Vec<Told>>> {
    use crate::db::schema::items;
    let ids: Vec<ItemId> = goods.iter().map(|sent| sent.item).collect();
    let found: Vec<Item> = in_parts(&ids, |part| {
        items::table.filter(items::id.eq_any(part)).select(Item::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    let items: HashMap<ItemId, Item> = found.into_iter().map(|item| (item.id, item)).collect();
    let about: BTreeSet<BaselineKey> =
        items.values().flat_map(|item| [about_item(item.id), about_category(&item.category)]).collect();
    let rows = Unwanted::load_groups(conn, &Vec::from_iter(about)).map_err(read_failure)?;
    let mut by_about: HashMap<BaselineKey, Vec<Arc<Unwanted>>> = HashMap::new();
    for row in rows {
        by_about.entry(row.about).or_default().push(Arc::new(row));
    }
    let told = |sent: &Sent| {
        let Some(item) = items.get(&sent.item) else { return Vec::new() };
        let place = Where { country: sent.country.as_deref(), area: sent.area.as_deref() };
        let both = [about_item(item.id), about_category(&item.category)];
        let rows: Vec<Arc<Unwanted>> =
            both.iter().filter_map(|about| by_about.get(about)).flatten().cloned().collect();
        let standing = standing(&rows, place, day);
        // What is against all of it says enough.
        let all = standing.iter().position(|(against, _)| *against == Against::All);
        let counting = match all {
            Some(first) => &standing[first..=first],
            None => &standing[..standing.len().min(PLACES_MAXIMUM)],
        };
        let told = |(against, row): &(Against, Arc<Unwanted>)| Told {
            against: *against,
            words: row.words(&item.name, *against),
        };
        counting.iter().map(told).collect()
    };
    Ok(goods.iter().map(told).collect())
}

/// Which entries are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct UnwantedFilter {
    /// Only those that hold on this day.
    pub(super) on: Option<String>,
    /// After this entry.
    pub(super) after: Option<UnwantedId>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: UnwantedVersionId,
}

/// Up to `limit` entries that stood at an entry of the log, in the order of their identifiers.
///
/// # Errors
/// What the database says.
pub(super) fn unwanted_list(
    conn: &mut Conn,
    filter: &UnwantedFilter,
    sequence: i64,
    limit: i64,
) -> Outcome<Vec<Unwanted>> {
    let mut binds = Binds::default();
    let known = binds.number(sequence);
    let mut words = format!(
        "SELECT said.id FROM unwanted AS said WHERE said.sequence <= {known} AND said.ended = FALSE AND NOT EXISTS \
         (SELECT 1 FROM unwanted AS last WHERE last.unwanted_id = said.unwanted_id AND last.ended = TRUE AND \
         last.sequence <= {known})"
    );
    if let Some(day) = &filter.on {
        let day = binds.place(crate::db::Bind::Words(day.clone()));
        words.push_str(&format!(
            " AND said.from_day <= {day} AND (said.until_day IS NULL OR said.until_day >= {day})"
        ));
    }
    if let Some(after) = filter.after {
        words.push_str(&format!(" AND said.unwanted_id > {}", binds.id(after)));
    }
    words.push_str(&format!(" ORDER BY said.unwanted_id LIMIT {}", binds.number(limit)));
    let found: Vec<Found> = ask(conn, words, binds)?;
    let ids: Vec<UnwantedVersionId> = found.into_iter().map(|found| found.id).collect();
    let rows = Unwanted::load(conn, &ids).map_err(read_failure)?;
    let mut rows: HashMap<UnwantedVersionId, Unwanted> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}
