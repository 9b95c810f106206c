//! Which edition of areas counts in each country at a moment.
//!
//! Of the editions of a country that somebody loaded, the newest that stands and was in force on the day counts; where there
//! is none, the areas that ship do. The day is that of the moment asked for, else the day its last entry was recorded. Within
//! a country editions are never mixed, and across a country's border areas do not meet.

use super::rules::EditionWords;
use super::store::ChangedArea;
use super::view::EditionView;
use crate::atlas::{Area, AreaChange, AreaSet, CountryCode, Crosswalk, shipped_areas};
use crate::audit::store::entry_time;
use crate::core::id::{BaselineId, BaselineKey};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{area_changes, boundaries};
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::Cut;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the files of editions that are kept laid out in memory, where they take about as much: those of a hundred countries, a few
/// megabytes each. A figure of the world asks for all of them again and again; a statement never changes, so what was made of it
/// stays right for as long as it is used.
const BYTES_KEPT: usize = 512 * 1024 * 1024;

/// An edition that was laid out.
#[derive(Clone, Debug)]
struct LaidOut {
    id: BaselineId,
    /// Bytes of its file.
    bytes: usize,
    set: Arc<AreaSet>,
}

/// Editions that were laid out, the one used last at the end. Of the process, as the areas that ship are: a statement never changes
/// and its identifier is no other ledger's, so that all who read share one, on whichever way they came: a server, the command line,
/// the writer's reader. Owned by whoever asks, it would be handed through every figure that knows an area.
static LAID_OUT: Mutex<Vec<LaidOut>> = Mutex::new(Vec::new());

/// A stated edition, without its file.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = boundaries)]
struct EditionRow {
    id: BaselineId,
    about: BaselineKey,
    country: String,
    name: String,
    source: Option<String>,
    licence: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    code_property: Option<String>,
    name_property: Option<String>,
    withdrawn: bool,
}

impl EditionRow {
    fn words(&self) -> EditionWords {
        EditionWords {
            name: self.name.clone(),
            source: self.source.clone().unwrap_or_default(),
            licence: self.licence.clone().unwrap_or_default(),
            valid_from: self.valid_from.clone(),
            valid_to: self.valid_to.clone(),
            code_property: self.code_property.clone(),
            name_property: self.name_property.clone(),
        }
    }
}

/// The editions that count at a moment, and which codes followed which.
#[derive(Debug, Default)]
pub struct Editions {
    loaded: BTreeMap<CountryCode, Arc<AreaSet>>,
    crosswalk: Crosswalk,
}

impl Editions {
    /// Those of a moment: two queries, and one more where an edition was not used before.
    ///
    /// # Errors
    /// What the database says.
    pub fn at(conn: &mut Conn, cut: Cut) -> Outcome<Self> {
        Self::read(conn, None, cut)
    }

    /// Those of these countries alone, whatever was stated of others.
    ///
    /// # Errors
    /// What the database says.
    pub fn of_countries(conn: &mut Conn, countries: &BTreeSet<CountryCode>, cut: Cut) -> Outcome<Self> {
        Self::read(conn, Some(countries), cut)
    }

    fn read(conn: &mut Conn, countries: Option<&BTreeSet<CountryCode>>, cut: Cut) -> Outcome<Self> {
        let mut query = boundaries::table.filter(boundaries::sequence.le(cut.known_at)).into_boxed();
        if let Some(countries) = countries {
            let codes: Vec<&str> = countries.iter().map(|country| country.as_str()).collect();
            query = query.filter(boundaries::country.eq_any(codes));
        }
        let rows: Vec<EditionRow> = query
            .order(boundaries::sequence)
            .select(EditionRow::as_select())
            .load(conn)
            .map_err(read_failure)?;
        let mut newest: HashMap<BaselineKey, usize> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            newest.insert(row.about, place);
        }
        let stands =
            |(place, row): &(usize, &EditionRow)| !row.withdrawn && newest.get(&row.about) == Some(place);
        let standing = rows.iter().enumerate().filter(stands).map(|(_, row)| row);
        let day = if rows.is_empty() { None } else { day_of(conn, cut)? };
        let mut chosen: BTreeMap<CountryCode, &EditionRow> = BTreeMap::new();
        for row in standing {
            let holds = day.is_none_or(|day| row.words().holds_on(day));
            if let Some(country) = row.country.parse().ok().filter(|_| holds) {
                chosen.insert(country, row);
            }
        }
        Ok(Self { loaded: laid_out(conn, chosen)?, crosswalk: crosswalk(conn, cut)? })
    }

    /// The areas of a country; of no country, those that ship.
    pub fn of(&self, country: Option<CountryCode>) -> &AreaSet {
        match country.and_then(|country| self.loaded.get(&country)) {
            Some(set) => set,
            None => shipped_areas(),
        }
    }

    /// Which codes followed which.
    pub fn crosswalk(&self) -> &Crosswalk {
        &self.crosswalk
    }

    /// The areas that count, each with its edition, in the order of codes.
    pub fn areas(&self, country: Option<CountryCode>) -> Vec<(&AreaSet, &Area)> {
        let counts = |set: &AreaSet, area: &Area| {
            let is_asked = country.is_none() || area.country == country;
            is_asked && std::ptr::eq(self.of(area.country), set)
        };
        let sets = std::iter::once(shipped_areas()).chain(self.loaded.values().map(AsRef::as_ref));
        let mut areas: Vec<(&AreaSet, &Area)> = sets
            .flat_map(|set| set.areas().iter().map(move |area| (set, area)))
            .filter(|(set, area)| counts(set, area))
            .collect();
        areas.sort_by(|(_, one), (_, other)| (one.key(), &one.id).cmp(&(other.key(), &other.id)));
        areas
    }

    /// The editions of these names, as they are printed.
    pub fn views<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<EditionView> {
        let names: BTreeSet<&str> = names.collect();
        let shipped = EditionView::of(shipped_areas().version(), None);
        let loaded = self.loaded.iter().map(|(country, set)| EditionView::of(set.version(), Some(*country)));
        std::iter::once(shipped).chain(loaded).filter(|view| names.contains(view.name.as_str())).collect()
    }

    /// The edition of an area's country, as it is printed.
    pub fn view_of(&self, country: Option<CountryCode>) -> EditionView {
        let of = country.filter(|country| self.loaded.contains_key(country));
        EditionView::of(self.of(country).version(), of)
    }
}

/// The day of a moment; none before anything was recorded.
fn day_of(conn: &mut Conn, cut: Cut) -> Outcome<Option<NaiveDate>> {
    let time = match cut.as_of {
        Some(as_of) => Some(as_of),
        None => entry_time(conn, cut.known_at - 1)?,
    };
    Ok(time.map(|time| time.to_datetime().date_naive()))
}

/// Lays out what was not used before.
fn laid_out(
    conn: &mut Conn,
    chosen: BTreeMap<CountryCode, &EditionRow>,
) -> Outcome<BTreeMap<CountryCode, Arc<AreaSet>>> {
    let mut known: HashMap<BaselineId, LaidOut> = {
        let kept = LAID_OUT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|one| (one.id, one.clone())).collect()
    };
    let missing: Vec<BaselineId> =
        chosen.values().map(|row| row.id).filter(|id| !known.contains_key(id)).collect();
    let files: Vec<(BaselineId, Option<String>)> = in_parts(&missing, |part| {
        boundaries::table
            .filter(boundaries::id.eq_any(part))
            .select((boundaries::id, boundaries::content))
            .load(conn)
    })
    .map_err(read_failure)?;
    let files: HashMap<BaselineId, Option<String>> = files.into_iter().collect();
    let mut laid = BTreeMap::new();
    for (country, row) in chosen {
        if let Some(Some(content)) = files.get(&row.id) {
            let read = row.words().read(content).map_err(|problem| {
                Problem::internal(format!(
                    "boundaries.content of {} cannot be read: {}",
                    row.id, problem.detail
                ))
            })?;
            let (id, bytes, set) = (row.id, content.len(), Arc::new(read.set));
            known.insert(id, LaidOut { id, bytes, set });
        }
        laid.extend(known.get(&row.id).map(|one| (country, one.clone())));
    }
    let mut kept = LAID_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    let used: HashSet<BaselineId> = laid.values().map(|one| one.id).collect();
    kept.retain(|one| !used.contains(&one.id));
    kept.extend(laid.values().cloned());
    let mut bytes: usize = kept.iter().map(|one| one.bytes).sum();
    let mut more = 0;
    for one in kept.iter() {
        if bytes <= BYTES_KEPT {
            break;
        }
        bytes -= one.bytes;
        more += 1;
    }
    kept.drain(..more);
    Ok(laid.into_iter().map(|(country, one)| (country, one.set)).collect())
}

/// Which codes followed which, as it was known.
fn crosswalk(conn: &mut Conn, cut: Cut) -> Outcome<Crosswalk> {
    let rows: Vec<ChangedArea> = area_changes::table
        .filter(area_changes::sequence.le(cut.known_at))
        .order((area_changes::sequence, area_changes::ordinal))
        .select(ChangedArea::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let newest: HashMap<BaselineKey, ChangedArea> = rows.into_iter().map(|row| (row.about, row)).collect();
    let changes = newest.into_values().filter_map(|row| {
        let on = row.on_day?.parse().ok()?;
        Some(AreaChange { from: row.from_code.into(), to: row.to_code.into(), on })
    });
    Crosswalk::new(changes).map_err(|error| Problem::internal(format!("area_changes: {error}")))
}
