//! Lines and headcounts as the rules see them: everything that is told apart by words gets a number.

use super::counted::{CaseloadRow, HeadcountRow, RoundRow, TargetRow};
use super::headcount::HeadcountStatus;
use super::lines::{LineRow, day_of};
use super::places::Places;
use super::rules::{Basis, Caseload, Counted, Served, TargetKey, half_even};
use crate::baselines::{Area, PeopleGroup};
use crate::core::id::{ItemId, ProgrammeId};
use crate::items::KnownStandard;
use crate::items::rules::Standard;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// What has no item: a headcount of others.
const NO_ITEM: Option<ItemId> = None;
/// Bytes of a keyed hash.
const HASHED_BYTES: usize = 32;

/// Things told apart by number, in the order in which they were met.
pub(super) struct Numbers<T> {
    known: HashMap<T, u32>,
    pub(super) all: Vec<T>,
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self { known: HashMap::new(), all: Vec::new() }
    }

    pub(super) fn of(&mut self, thing: &T) -> u32 {
        if let Some(number) = self.known.get(thing) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.known.insert(thing.clone(), number);
        self.all.push(thing.clone());
        number
    }
}

/// Declared rounds of a caseload: first day, last day, code.
type Rounds = HashMap<(ProgrammeId, String), Vec<(NaiveDate, NaiveDate, String)>>;

/// What is told apart, and the lines by their numbers.
pub(super) struct Counting {
    pub(super) served: Vec<Served>,
    pub(super) sectors: Numbers<Option<String>>,
    pub(super) programmes: Numbers<Option<ProgrammeId>>,
    pub(super) items: Numbers<Option<ItemId>>,
    caseloads: Numbers<(Option<ProgrammeId>, Option<String>)>,
    rounds: Numbers<Option<String>>,
    declared: Rounds,
    pub(super) notes: Notes,
}

/// What is to be known of a figure beside what the rules find.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Lines that are only reported, and reach nobody.
    pub(super) reported_lines: u64,
    /// Records and people of headcounts, by status.
    pub(super) headcounts: BTreeMap<&'static str, (u64, u64)>,
    /// The same of those that lie in the window only in part, which do not count.
    pub(super) partly: (u64, u64),
    /// The same of verified ones of which it is not known where in the country that was.
    pub(super) unplaced: (u64, u64),
    /// Lines in areas that no population is known of, by area.
    pub(super) unknown_areas: BTreeMap<String, u64>,
    /// Lines whose round nobody declared, or whose day is in no round of their caseload.
    pub(super) outside_rounds: u64,
    /// Rounds of a caseload that share days.
    pub(super) overlapping_rounds: Vec<String>,
}

impl Counting {
    pub(super) fn new(rounds: Vec<RoundRow>) -> Self {
        let mut declared = Rounds::new();
        for row in rounds {
            if let (Ok(from), Ok(to)) = (row.from_day.parse(), row.to_day.parse()) {
                declared.entry((row.programme, row.caseload)).or_default().push((from, to, row.code));
            }
        }
        let mut notes = Notes::default();
        for ((_, caseload), rounds) in &mut declared {
            rounds.sort();
            // The round that lasts longest of those before may reach over several.
            let mut longest: Option<(NaiveDate, &str)> = None;
            for (from, to, code) in &*rounds {
                if let Some((_, before)) = longest.filter(|(until, _)| from <= until) {
                    notes.overlapping_rounds.push(format!("{caseload}: {before}, {code}"));
                }
                if longest.is_none_or(|(until, _)| until < *to) {
                    longest = Some((*to, code));
                }
            }
        }
        notes.overlapping_rounds.sort();
        let mut items = Numbers::new();
        items.of(&NO_ITEM);
        Self {
            served: Vec::new(),
            sectors: Numbers::new(),
            programmes: Numbers::new(),
            items,
            caseloads: Numbers::new(),
            rounds: Numbers::new(),
            declared,
            notes,
        }
    }

    /// The round of a line: the one that is stated, else the declared one its day falls in.
    fn round(&mut self, row: &LineRow) -> Option<String> {
        let (Some(programme), Some(caseload)) = (row.programme, &row.caseload) else { return None };
        let declared = self.declared.get(&(programme, caseload.clone()));
        if let Some(stated) = &row.round {
            let is_declared = declared.is_some_and(|rounds| rounds.iter().any(|(_, _, code)| code == stated));
            self.notes.outside_rounds += if is_declared { 0 } else { row.lines.unsigned_abs() };
            return Some(stated.clone());
        }
        let declared = declared?;
        let day = row.day.and_then(day_of);
        let found = declared.iter().find(|(from, to, _)| day.is_some_and(|day| (from..=to).contains(&&day)));
        self.notes.outside_rounds += if found.is_some() { 0 } else { row.lines.unsigned_abs() };
        found.map(|(_, _, code)| code.clone())
    }

    /// Takes a line, or what of it a donor gave.
    pub(super) fn add_line(&mut self, places: &mut Places, row: &LineRow) {
        if row.is_verified == 0 {
            self.notes.reported_lines += row.lines.unsigned_abs();
            return;
        }
        let area = row.area.as_deref().and_then(|text| text.parse::<Area>().ok());
        let (Some(area), Ok(group)) = (area, row.people_group.parse::<PeopleGroup>()) else { return };
        let round = self.round(row);
        let lines = row.lines.unsigned_abs();
        let served = Served {
            area: self.place(places, &area, lines),
            group,
            sector: self.sectors.of(&row.sector),
            caseload: self.caseloads.of(&(row.programme, row.caseload.clone())),
            round: self.rounds.of(&round),
            item: self.items.of(&Some(row.item)),
            counted: counted(row),
            quantity: part_of(row, row.quantity, false),
            lines,
        };
        self.served.push(served);
    }

    fn place(&mut self, places: &mut Places, area: &Area, lines: u64) -> usize {
        let (number, is_unknown) = places.place(area);
        if is_unknown {
            *self.notes.unknown_areas.entry(area.to_string()).or_default() += lines;
        }
        number
    }

    /// Takes headcounts of others: those verified and wholly in the window count.
    pub(super) fn add_headcount(&mut self, places: &mut Places, row: &HeadcountRow) {
        let Some(status) = HeadcountStatus::from_word(&row.status) else { return };
        let (records, people) = (row.records.unsigned_abs(), row.people.unsigned_abs());
        let note = |(all, sum): &mut (u64, u64)| {
            *all += records;
            *sum = sum.saturating_add(people);
        };
        if row.is_whole == 0 {
            note(&mut self.notes.partly);
            return;
        }
        note(self.notes.headcounts.entry(status.word()).or_default());
        let (Ok(area), Ok(group)) = (row.area.parse::<Area>(), row.people_group.parse::<PeopleGroup>())
        else {
            return;
        };
        if status != HeadcountStatus::Verified {
            return;
        }
        if row.is_unplaced {
            note(&mut self.notes.unplaced);
        }
        let served = Served {
            area: self.place(places, &area, records),
            group,
            sector: self.sectors.of(&Some(row.sector.clone())),
            caseload: self.caseloads.of(&(Some(row.programme), row.caseload.clone())),
            round: self.rounds.of(&row.round),
            item: self.items.of(&NO_ITEM),
            counted: Counted::Headcount(people),
            quantity: 0,
            lines: records,
        };
        self.served.push(served);
    }

    /// What they are counted against. Nothing is numbered after this.
    pub(super) fn basis(
        &mut self,
        places: &Places,
        standards: &HashMap<ItemId, KnownStandard>,
        declared: &[CaseloadRow],
        targets: &[TargetRow],
    ) -> Basis {
        let standard = |item: &Option<ItemId>| -> Option<Standard> {
            item.and_then(|item| standards.get(&item)).map(|known| known.standard)
        };
        let is_disjoint: HashMap<(ProgrammeId, &str), bool> =
            declared.iter().map(|row| ((row.programme, row.code.as_str()), row.is_disjoint)).collect();
        let mut caseloads = Vec::with_capacity(self.caseloads.all.len());
        for (programme, code) in &self.caseloads.all {
            let stated = programme.zip(code.as_deref()).and_then(|key| is_disjoint.get(&key));
            caseloads.push(Caseload {
                programme: self.programmes.of(programme),
                is_named: code.is_some(),
                is_disjoint: stated.copied().unwrap_or(false),
            });
        }
        let numbers: HashMap<String, usize> =
            places.areas.iter().enumerate().map(|(number, area)| (area.to_string(), number)).collect();
        let mut meant: HashMap<TargetKey, u64> = HashMap::new();
        for target in targets {
            if let (Some(area), Ok(group), Ok(people)) =
                (numbers.get(&target.area), target.people_group.parse(), u64::try_from(target.people))
            {
                let sector = self.sectors.of(&Some(target.sector.clone()));
                let programme = self.programmes.of(&Some(target.programme));
                meant.insert((*area, group, sector, programme), people);
            }
        }
        Basis {
            areas: places.nodes.clone(),
            caseloads,
            standards: self.items.all.iter().map(standard).collect(),
            targets: meant,
        }
    }
}

/// What of a number a donor's part of the goods comes to; all of it where no donor was asked for. People are rounded to the
/// nearest, goods down.
fn part_of(row: &LineRow, number: i64, is_nearest: bool) -> u64 {
    let number = number.unsigned_abs();
    let (own, whole) = (u128::from(row.own.unsigned_abs()), u128::from(row.whole.unsigned_abs()));
    if own == whole || whole == 0 {
        return number;
    }
    let product = u128::from(number) * own.min(whole);
    if is_nearest { half_even(product, whole) } else { u64::try_from(product / whole).unwrap_or(number) }
}

/// By what the people of a line are known, the first that applies. Of a mixed line's registered people a donor's part are as
/// many as its goods, in the order of their hashes.
fn counted(row: &LineRow) -> Counted {
    const REGISTERED: i64 = 1;
    const HEADCOUNT: i64 = 2;
    const HOUSEHOLDS: i64 = 3;
    match row.known_by {
        REGISTERED => {
            let hashed = row.registered.as_deref().unwrap_or_default();
            let (chunks, _) = hashed.as_chunks::<HASHED_BYTES>();
            let mut ids = chunks.to_vec();
            ids.sort_unstable();
            ids.dedup();
            let kept = part_of(row, i64::try_from(ids.len()).unwrap_or(i64::MAX), true);
            ids.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
            Counted::Registered(ids)
        }
        HEADCOUNT => Counted::Headcount(part_of(row, row.people, true)),
        HOUSEHOLDS => Counted::Households {
            count: part_of(row, row.households, true),
            thousandths: row.household_thousandths.unwrap_or_default().unsigned_abs(),
        },
        _ => Counted::Goods,
    }
}
