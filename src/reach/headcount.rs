//! People whom others counted: what each record says, how it is judged, and the table it is kept in.
//!
//! Records are statements as baselines are: one of the same source and reference counts from its entry on, and a withdrawal
//! ends it.

use crate::auth::{Bound, Scope};
use crate::baselines::{Area, Draft, PeopleGroup, Place, Standing, Statement, fit_programmes, stamped};
use crate::core::check::{CODE_CHARS_MAX, Check, NAME_CHARS_MAX, REFERENCE_CHARS_MAX, quoted};
use crate::core::id::{BaselineBatchId, BaselineId, BaselineKey, ProgrammeId, derived};
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds};
use crate::distributions::rules::area as judged_area;
use crate::programmes::Programme;
use crate::writer::{Desk, Drawer, Wanted, record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a sector, as of an item's.
const SECTOR_CHARS_MAX: usize = 100;
/// More people than will ever be counted.
const PEOPLE_MAXIMUM: i64 = 100_000_000_000;

/// How sure it is that people were reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeadcountStatus {
    /// They are meant to be; it never counts.
    Planned,
    /// Somebody says so; it reaches nobody.
    Reported,
    /// Somebody answers for it; it counts.
    Verified,
}

impl HeadcountStatus {
    const ALL: [Self; 3] = [Self::Planned, Self::Reported, Self::Verified];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Reported => "reported",
            Self::Verified => "verified",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How many people somebody counted, as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadcountDraft {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Who counted.
    #[schema(max_length = 200, example = "OCHA 345W Honduras")]
    pub source: String,
    /// What its books call the record, unique within the source.
    #[schema(max_length = 200, example = "745275")]
    pub reference: String,
    /// Where the people live: country (HN), ISO 3166-2 (HN-IN) or P-code (HN10); left out where it is withdrawn.
    #[serde(default)]
    #[schema(example = "HN10")]
    pub area: Option<String>,
    /// Whether it is not known where in the country that was.
    #[serde(default)]
    pub unplaced: bool,
    /// In which sector of relief; left out where it is withdrawn.
    #[serde(default)]
    #[schema(max_length = 100, example = "health")]
    pub sector: Option<String>,
    /// Who did it, in the source's words.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub organization: Option<String>,
    /// Which people: all, or a sex (female, male, any) and ages, such as female_0_4; everybody, if left out.
    #[serde(default)]
    pub group: Option<String>,
    /// How many; left out where it is withdrawn.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// How sure that is; left out where it is withdrawn.
    #[serde(default)]
    pub status: Option<HeadcountStatus>,
    /// The first day; left out where it is withdrawn.
    #[serde(default)]
    #[schema(format = Date, example = "2020-12-01")]
    pub from: Option<String>,
    /// The last day; the first, if left out.
    #[serde(default)]
    #[schema(format = Date, example = "2020-12-31")]
    pub to: Option<String>,
    /// Of which caseload.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub caseload: Option<String>,
    /// In which round of the caseload.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub round: Option<String>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

impl Draft for HeadcountDraft {
    fn key(&self) -> BaselineKey {
        derived(self.programme.0, &format!("headcount:{}\u{1f}{}", self.source, self.reference), 0)
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let source = check.text(&format!("{at}/source"), &self.source, NAME_CHARS_MAX);
        let reference = check.text(&format!("{at}/reference"), &self.reference, REFERENCE_CHARS_MAX);
        if self.withdrawn {
            return self.ended(check, at, source, reference);
        }
        let area = needed(check, at, "area", self.area.as_deref(), "where, such as HN10 or HN");
        let area = area.and_then(|text| judged_area(check, &format!("{at}/area"), text));
        if self.unplaced && matches!(area, Some(Area::Within(_))) {
            check.wrong(
                format!("{at}/unplaced"),
                "stands beside an area inside the country; write the country alone",
            );
        }
        let group = self.group.as_deref().map(|text| {
            let group: Option<PeopleGroup> = check.parsed(&format!("{at}/group"), text.trim().parse());
            group.unwrap_or(PeopleGroup::ALL)
        });
        let people = needed(check, at, "people", self.people, "how many");
        let people =
            people.map(|people| check.whole(&format!("{at}/people"), people, 0..=PEOPLE_MAXIMUM, "people"));
        let status = needed(check, at, "status", self.status, "planned, reported or verified");
        let (from, to) = self.days(check, at);
        let sector = needed(check, at, "sector", self.sector.as_deref(), "the sector of relief");
        let sector = check.optional_text(&format!("{at}/sector"), sector, SECTOR_CHARS_MAX);
        if self.round.is_some() && self.caseload.is_none() {
            check.wrong(format!("{at}/round"), "stands without its caseload; say both");
        }
        let mut text = |name: &str, text: Option<&str>, most: usize| {
            check.optional_text(&format!("{at}/{name}"), text, most)
        };
        Self {
            programme: self.programme,
            organization: text("organization", self.organization.as_deref(), NAME_CHARS_MAX),
            caseload: text("caseload", self.caseload.as_deref(), CODE_CHARS_MAX),
            round: text("round", self.round.as_deref(), CODE_CHARS_MAX),
            source,
            reference,
            area: area.map(|area| area.to_string()),
            unplaced: self.unplaced,
            sector,
            group: Some(group.unwrap_or(PeopleGroup::ALL).to_string()),
            people,
            status,
            from,
            to,
            withdrawn: false,
        }
    }

    fn words(&self) -> String {
        format!("the record {} of {}", quoted(&self.reference), quoted(&self.source))
    }
}

impl HeadcountDraft {
    /// A record that is ended says nothing else.
    fn ended(&self, check: &mut Check, at: &str, source: String, reference: String) -> Self {
        let says =
            self.area.is_some() || self.people.is_some() || self.status.is_some() || self.sector.is_some();
        if says || self.unplaced || self.from.is_some() || self.to.is_some() {
            check.wrong(
                at,
                "is stated and withdrawn at once; leave out all but programme, source and reference",
            );
        }
        Self {
            programme: self.programme,
            source,
            reference,
            area: None,
            unplaced: false,
            sector: None,
            organization: None,
            group: None,
            people: None,
            status: None,
            from: None,
            to: None,
            caseload: None,
            round: None,
            withdrawn: true,
        }
    }

    fn days(&self, check: &mut Check, at: &str) -> (Option<String>, Option<String>) {
        let from = needed(check, at, "from", self.from.as_deref(), "the first day, such as 2020-12-01");
        let from = from.map(|day| check.date(&format!("{at}/from"), day));
        let to = self.to.as_deref().map(|day| check.date(&format!("{at}/to"), day)).or_else(|| from.clone());
        if let (Some(from), Some(to)) = (&from, &to)
            && to < from
        {
            check.wrong(format!("{at}/to"), format!("{} is before {}", quoted(to), quoted(from)));
        }
        (from, to)
    }
}

/// What a record has to say.
fn needed<T>(check: &mut Check, at: &str, name: &str, value: Option<T>, right: &str) -> Option<T> {
    if value.is_none() {
        check.wrong(format!("{at}/{name}"), format!("is missing; write {right}"));
    }
    value
}

record! {
    /// How many people somebody counted.
    pub struct Headcount in headcounts key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: programme, source and reference.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// Of which programme.
        programme_id: ProgrammeId,
        /// Who counted.
        source: String,
        /// What its books call the record.
        reference: String,
        /// The country, or the area inside it; none where it is withdrawn, as all that follows.
        area: Option<String>,
        /// The country it is or lies in.
        country: Option<String>,
        /// Whether it is not known where in the country.
        is_unplaced: Option<bool>,
        /// The sector of relief.
        sector: Option<String>,
        /// Who did it.
        organization: Option<String>,
        /// Which people.
        people_group: Option<String>,
        /// How many.
        people: Option<i64>,
        /// Word of [`HeadcountStatus`].
        status: Option<String>,
        /// The first day.
        from_day: Option<String>,
        /// The last day.
        to_day: Option<String>,
        /// Short name of the caseload.
        caseload: Option<String>,
        /// Short name of the round.
        round: Option<String>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

impl Statement for Headcount {
    type Draft = HeadcountDraft;
    const WORD: &'static str = "headcount";
    stamped!();

    fn group_of(draft: &HeadcountDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &HeadcountDraft, place: Place) -> Self {
        let area: Option<Area> = draft.area.as_deref().and_then(|text| text.parse().ok());
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            programme_id: draft.programme,
            source: draft.source.clone(),
            reference: draft.reference.clone(),
            country: area.as_ref().and_then(Area::country).map(|country| country.as_str().to_owned()),
            area: draft.area.clone(),
            is_unplaced: (!draft.withdrawn).then_some(draft.unplaced),
            sector: draft.sector.clone(),
            organization: draft.organization.clone(),
            people_group: draft.group.clone(),
            people: draft.people,
            status: draft.status.map(|status| status.word().to_owned()),
            from_day: draft.from.clone(),
            to_day: draft.to.clone(),
            caseload: draft.caseload.clone(),
            round: draft.round.clone(),
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }

    /// What ends a record says nothing of where and whose it was: it is read by whoever read that.
    fn within(table: &str, scope: &Scope, binds: &mut Binds) -> Option<String> {
        let said = headcounts_within(table, scope, binds);
        let ended = headcounts_within("ended", scope, binds);
        if said.is_empty() {
            return None;
        }
        Some(format!(
            "(({}) OR ({table}.withdrawn = TRUE AND EXISTS (SELECT 1 FROM headcounts AS ended WHERE ended.about = \
             {table}.about AND ended.sequence < {table}.sequence AND {})))",
            said.join(" AND "),
            ended.join(" AND ")
        ))
    }

    fn want(draft: &HeadcountDraft, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(draft.programme);
    }

    fn fit(
        rows: &[HeadcountDraft],
        _standing: &Standing<Self>,
        desk: &mut Desk,
        check: &mut Check,
    ) -> Result<(), Wanted> {
        fit_programmes(rows.iter().map(|row| row.programme), desk, check)
    }
}

/// How far a scope reaches into headcounts, as conditions of a query: those in the countries it is bound to, and those that
/// name the organization it is bound to, by its name or its reference as they are now. None of them is a donor's.
pub fn headcounts_within(table: &str, scope: &Scope, binds: &mut Binds) -> Vec<String> {
    let bound = |bound: &Bound| match bound {
        Bound::Organization(own) => format!(
            "EXISTS (SELECT 1 FROM organizations AS own WHERE own.id = {} AND {table}.organization IN (own.name, \
             own.reference))",
            binds.id(*own)
        ),
        Bound::Countries(own) if own.is_empty() => "1 = 0".to_owned(),
        Bound::Countries(own) => {
            let own: Vec<String> = own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
            format!("{table}.country IN ({})", own.join(", "))
        }
        Bound::OwnPledges(_) => "1 = 0".to_owned(),
    };
    scope.bounds().iter().map(bound).collect()
}
