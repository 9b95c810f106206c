//! Lines and headcounts as the rules see them: everything that is told apart by words gets a number.

use super::counted::{CaseloadRow, HeadcountRow, RoundRow, TargetRow};
use super::followed::Led;
use super::headcount::HeadcountStatus;
use super::lines::{HASHED_BYTES, KnownBy, LineRow, day_of};
use super::places::Places;
use super::question::Question;
use super::rules::{Basis, Caseload, Counted, Served, TargetKey, half_even};
use crate::atlas::AreaCode;
use crate::baselines::{Area, PeopleGroup};
use crate::core::id::{ItemId, ProgrammeId};
use crate::core::problem::Outcome;
use crate::items::KnownStandard;
use crate::items::rules::Standard;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// What has no item: a headcount of others.
const NO_ITEM: Option<ItemId> = None;

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
    /// Whether it is told what programmes mean to do where nothing was handed over of what is asked for: no donor's goods tell that.
    tells_plans: bool,
    pub(super) notes: Notes,
}

/// Of which round something is said to be.
struct Said<'a> {
    programme: Option<ProgrammeId>,
    caseload: Option<&'a String>,
    round: Option<&'a String>,
    /// The first day and the last.
    days: Option<(NaiveDate, NaiveDate)>,
    /// Lines, or records of headcounts.
    count: u64,
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
    /// Lines in areas that no population is known of, and no edition of areas where nobody stated populations, by area.
    pub(super) unknown_areas: BTreeMap<String, u64>,
    /// Lines in areas whose code ended, by that code; and the one that followed, where they count.
    pub(super) replaced: BTreeMap<String, (u64, String)>,
    /// The same where several followed, in none of which they count.
    pub(super) divided: BTreeMap<String, (u64, String)>,
    /// Targets of areas that nothing is counted in by itself, by the code they were stated of; and what followed it.
    pub(super) lost_targets: BTreeMap<String, (u64, String)>,
    /// Lines and headcounts whose round nobody declared, or whose days are in no round of their caseload.
    pub(super) outside_rounds: u64,
    /// Rounds of a caseload that share days.
    pub(super) overlapping_rounds: Vec<String>,
}

impl Counting {
    pub(super) fn new(rounds: Vec<RoundRow>, question: &Question) -> Self {
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
            tells_plans: !question.is_donors(),
            notes,
        }
    }

    /// The round of a line or a headcount: the one that is stated, else the declared one that holds all of its days.
    fn round(&mut self, said: &Said<'_>) -> Option<String> {
        let (Some(programme), Some(caseload)) = (said.programme, said.caseload) else { return None };
        let declared = self.declared.get(&(programme, caseload.clone()));
        if let Some(stated) = said.round {
            let is_declared = declared.is_some_and(|rounds| rounds.iter().any(|(_, _, code)| code == stated));
            self.notes.outside_rounds += if is_declared { 0 } else { said.count };
            return Some(stated.clone());
        }
        let declared = declared?;
        let holds = |(from, to, _): &&(NaiveDate, NaiveDate, String)| {
            said.days.is_some_and(|(first, last)| *from <= first && last <= *to)
        };
        let found = declared.iter().find(holds);
        self.notes.outside_rounds += if found.is_some() { 0 } else { said.count };
        found.map(|(_, _, code)| code.clone())
    }

    /// Takes a line, or what of it a donor gave.
    ///
    /// # Errors
    /// `internal` where the database answers what nobody asked for.
    pub(super) fn add_line(&mut self, places: &mut Places<'_>, row: &LineRow) -> Outcome<()> {
        let area = row.area.as_deref().and_then(|text| text.parse::<Area>().ok());
        let day = row.day.and_then(day_of);
        if row.is_verified == 0 {
            let is_asked = area.is_none_or(|area| places.is_asked(&places.led(&area, day).0));
            self.notes.reported_lines += if is_asked { row.lines.unsigned_abs() } else { 0 };
            return Ok(());
        }
        let (Some(area), Ok(group)) = (area, row.people_group.parse::<PeopleGroup>()) else { return Ok(()) };
        let lines = row.lines.unsigned_abs();
        let Some(area) = self.place(places, &area, day, lines) else { return Ok(()) };
        let round = self.round(&Said {
            programme: row.programme,
            caseload: row.caseload.as_ref(),
            round: row.round.as_ref(),
            days: day.map(|day| (day, day)),
            count: lines,
        });
        let served = Served {
            area,
            group,
            sector: self.sectors.of(&row.sector),
            caseload: self.caseloads.of(&(row.programme, row.caseload.clone())),
            round: self.rounds.of(&round),
            item: self.items.of(&Some(row.item)),
            counted: counted(row)?,
            quantity: part_of(row, row.quantity, false),
            lines,
        };
        self.served.push(served);
        Ok(())
    }

    /// Where lines of an area on a day count; nowhere, where its code leads out of what is asked for.
    fn place(
        &mut self,
        places: &mut Places<'_>,
        said: &Area,
        day: Option<NaiveDate>,
        lines: u64,
    ) -> Option<usize> {
        let (area, led) = places.led(said, day);
        let note = |notes: &mut BTreeMap<String, (u64, String)>, next: String| {
            notes.entry(said.to_string()).or_insert((0, next)).0 += lines;
        };
        let is_asked = places.is_asked(&area);
        match &led {
            Led::Followed(next) if is_asked => note(&mut self.notes.replaced, next.to_string()),
            Led::Divided(next) if is_asked || places.is_any_asked(next) => {
                note(&mut self.notes.divided, next.join(", "));
            }
            Led::Stands | Led::Followed(_) | Led::Divided(_) => {}
        }
        if !is_asked {
            return None;
        }
        let placed = places.place(&area);
        if !placed.is_known && !matches!(led, Led::Divided(_)) {
            *self.notes.unknown_areas.entry(area.to_string()).or_default() += lines;
        }
        Some(placed.number)
    }

    /// Takes headcounts of others: those verified and wholly in the window count.
    pub(super) fn add_headcount(&mut self, places: &mut Places<'_>, row: &HeadcountRow) {
        let Some(status) = HeadcountStatus::from_word(&row.status) else { return };
        let (records, people) = (row.records.unsigned_abs(), row.people.unsigned_abs());
        let note = |(all, sum): &mut (u64, u64)| {
            *all += records;
            *sum = sum.saturating_add(people);
        };
        let (Ok(area), Ok(group)) = (row.area.parse::<Area>(), row.people_group.parse::<PeopleGroup>())
        else {
            return;
        };
        let day = row.day.as_deref().and_then(|day| day.parse().ok());
        if !places.is_asked(&places.led(&area, day).0) {
            // Of an area that was divided it is told, wherever it is not known in which part people were counted.
            if row.is_whole != 0 && status == HeadcountStatus::Verified {
                self.place(places, &area, day, records);
            }
            return;
        }
        if row.is_whole == 0 {
            note(&mut self.notes.partly);
            return;
        }
        note(self.notes.headcounts.entry(status.word()).or_default());
        if status != HeadcountStatus::Verified {
            return;
        }
        if row.is_unplaced {
            note(&mut self.notes.unplaced);
        }
        let Some(area) = self.place(places, &area, day, records) else { return };
        let read = |day: &Option<String>| day.as_deref().and_then(|day| day.parse().ok());
        let round = self.round(&Said {
            programme: Some(row.programme),
            caseload: row.caseload.as_ref(),
            round: row.round.as_ref(),
            days: read(&row.from_day).zip(read(&row.to_day)),
            count: records,
        });
        let served = Served {
            area,
            group,
            sector: self.sectors.of(&Some(row.sector.clone())),
            caseload: self.caseloads.of(&(Some(row.programme), row.caseload.clone())),
            round: self.rounds.of(&round),
            item: self.items.of(&NO_ITEM),
            counted: Counted::Headcount(people),
            quantity: 0,
            lines: records,
        };
        self.served.push(served);
    }

    /// Notes that nobody knows the area that is asked for: nothing in it may mean that it is mistyped.
    pub(super) fn note_unknown(&mut self, places: &Places<'_>) {
        if !places.is_root_known() {
            self.notes.unknown_areas.entry(places.root().to_string()).or_default();
        }
    }

    /// What they are counted against. Nothing is numbered after this.
    pub(super) fn basis(
        &mut self,
        places: &mut Places<'_>,
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
        let (targets, targets_of_caseloads) = self.targets(places, targets);
        Basis {
            areas: places.nodes.clone(),
            caseloads,
            standards: self.items.all.iter().map(standard).collect(),
            targets,
            targets_of_caseloads,
        }
    }

    /// The targets by the codes that are in use: those that cap, and those of one caseload. What several areas were meant to get that
    /// became one is added up where all of them have a target. Each that can cap nothing is noted.
    fn targets(
        &mut self,
        places: &mut Places<'_>,
        stated: &[TargetRow],
    ) -> (HashMap<TargetKey, u64>, Vec<(TargetKey, u64)>) {
        let (mut meant, mut of_caseloads) = (HashMap::new(), Vec::new());
        let mut followed: BTreeMap<(TargetKey, &AreaCode), Vec<(&str, u64)>> = BTreeMap::new();
        let areas: Vec<(Area, Led)> = stated.iter().map(|row| places.target_area(row)).collect();
        for (row, (area, led)) in stated.iter().zip(&areas) {
            let (Ok(group), Ok(people)) = (row.people_group.parse(), u64::try_from(row.people)) else {
                continue;
            };
            self.note_target(places, row, area, led);
            let number = if self.tells_plans {
                places.number_of(area, group, people)
            } else {
                places.known_number(area)
            };
            let Some(number) = number else { continue };
            let sector = self.sectors.of(&Some(row.sector.clone()));
            let key = (number, group, sector, self.programmes.of(&Some(row.programme)));
            match (led, &row.caseload) {
                (Led::Divided(_), _) => {}
                (Led::Stands | Led::Followed(_), Some(_)) => of_caseloads.push((key, people)),
                (Led::Stands, None) => {
                    meant.insert(key, people);
                }
                (Led::Followed(next), None) => {
                    followed.entry((key, next)).or_default().push((row.area.as_str(), people));
                }
            }
        }
        for ((key, next), parts) in followed {
            let codes = parts.iter().map(|(code, _)| *code).collect();
            if places.is_all_there(next, &codes) {
                let sum = parts.iter().fold(0_u64, |sum, (_, people)| sum.saturating_add(*people));
                meant.entry(key).or_insert(sum);
            } else if !meant.contains_key(&key) {
                for (code, _) in parts {
                    self.lose_target(code, next.as_str());
                }
            }
        }
        (meant, of_caseloads)
    }

    /// Notes a target of a code that nothing is counted under: it was divided, or there is no area of it that is counted by itself.
    fn note_target(&mut self, places: &Places<'_>, row: &TargetRow, area: &Area, led: &Led) {
        match led {
            Led::Divided(next) if places.is_asked(area) || places.is_any_asked(next) => {
                self.lose_target(&row.area, &next.join(", "));
            }
            Led::Stands | Led::Followed(_) if places.is_asked(area) && !places.is_counted_in(area) => {
                let next = if let Led::Followed(next) = led { next.as_str() } else { "" };
                self.lose_target(&row.area, next);
            }
            Led::Stands | Led::Followed(_) | Led::Divided(_) => {}
        }
    }

    fn lose_target(&mut self, code: &str, next: &str) {
        if self.tells_plans {
            let lost = self.notes.lost_targets.entry(code.to_owned());
            lost.or_insert_with(|| (0, next.to_owned())).0 += 1;
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
fn counted(row: &LineRow) -> Outcome<Counted> {
    Ok(match KnownBy::read(row.known_by)? {
        KnownBy::Registered => {
            let hashed = row.registered.as_deref().unwrap_or_default();
            let (chunks, _) = hashed.as_chunks::<HASHED_BYTES>();
            let mut ids = chunks.to_vec();
            ids.sort_unstable();
            ids.dedup();
            let kept = part_of(row, i64::try_from(ids.len()).unwrap_or(i64::MAX), true);
            ids.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
            Counted::Registered(ids)
        }
        KnownBy::Headcount => Counted::Headcount(part_of(row, row.people, true)),
        KnownBy::Households => Counted::Households {
            count: part_of(row, row.households, true),
            thousandths: row.household_thousandths.unwrap_or_default().unsigned_abs(),
        },
        KnownBy::Goods => Counted::Goods,
    })
}
