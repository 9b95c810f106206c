//! What may be asked of a reconciliation, and how ages and values are worked out. Pure.

use crate::auth::{Bound, Scope};
use crate::core::id::SiteId;
use crate::core::problem::{Fault, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::ledger::{Account, Condition};
use crate::totals::rules::{KnownAt, PlaceMeaning};
use serde::Serialize;
use uuid::Uuid;

/// Dimensions of one question, as in totals.
pub const GROUPS_MAXIMUM: usize = 3;
/// Rows of one section; beyond this a filter serves the caller better.
pub const ROWS_MAXIMUM: usize = 20_000;
/// Entries, consignments or numbers that a section names; of more it says how many it left out, and a filter or the
/// way down to entries names them.
pub const LISTED_MAXIMUM: usize = 500;

/// What rows may be grouped and narrowed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Programme.
    Programme,
    /// Donor.
    Donor,
    /// Pledge.
    Pledge,
    /// Item.
    Item,
    /// Lot.
    Lot,
    /// Country, where goods are or are meant to go.
    Country,
    /// Site where goods are.
    Site,
    /// Who holds them.
    Holder,
    /// Who owns them.
    Owner,
    /// Who they are for.
    Consignee,
    /// The consignment they travel or were reserved with.
    Consignment,
}

impl Group {
    /// Every dimension, in the order messages list them.
    pub const ALL: [Group; 11] = [
        Self::Programme,
        Self::Donor,
        Self::Pledge,
        Self::Item,
        Self::Lot,
        Self::Country,
        Self::Site,
        Self::Holder,
        Self::Owner,
        Self::Consignee,
        Self::Consignment,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Donor => "donor",
            Self::Pledge => "pledge",
            Self::Item => "item",
            Self::Lot => "lot",
            Self::Country => "country",
            Self::Site => "site",
            Self::Holder => "holder",
            Self::Owner => "owner",
            Self::Consignee => "consignee",
            Self::Consignment => "consignment",
        }
    }

    /// The column of what is counted.
    pub fn column(self, place: PlaceMeaning) -> &'static str {
        match self {
            Self::Programme => "programme_id",
            Self::Donor => "donor_id",
            Self::Pledge => "pledge_id",
            Self::Item => "item_id",
            Self::Lot => "lot_id",
            Self::Country => match place {
                PlaceMeaning::At => "country_at",
                PlaceMeaning::For => "country_for",
            },
            Self::Site => "site_id",
            Self::Holder => "holder_id",
            Self::Owner => "owner_id",
            Self::Consignee => "consignee_id",
            Self::Consignment => "consignment_id",
        }
    }

    /// Whether goods can be without it, and leave one for another.
    pub fn is_place(self) -> bool {
        match self {
            Self::Programme | Self::Donor | Self::Pledge | Self::Item | Self::Lot => false,
            Self::Country | Self::Site | Self::Holder | Self::Owner | Self::Consignee | Self::Consignment => {
                true
            }
        }
    }
}

/// Reads `a,b,c`.
///
/// # Errors
/// `invalid` at the parameter, naming what may be asked.
pub fn read_groups(parameter: &str, text: &str, most: usize) -> Result<Vec<Group>, Problem> {
    let wrong = |what: String| {
        let allowed: Vec<&str> = Group::ALL.into_iter().map(Group::word).collect();
        let detail = format!("{what}; {parameter} takes one to {most} of {}", allowed.join(", "));
        Problem::field(format!("/{parameter}"), detail)
    };
    let mut groups = Vec::new();
    for word in text.split(',').map(str::trim) {
        let Some(group) = Group::ALL.into_iter().find(|group| group.word() == word) else {
            return Err(wrong(format!("{word:?} is nothing a reconciliation can be taken apart by")));
        };
        if groups.contains(&group) {
            return Err(wrong(format!("{word:?} stands twice")));
        }
        groups.push(group);
    }
    if groups.len() > most {
        return Err(wrong(format!("{} dimensions are too many", groups.len())));
    }
    Ok(groups)
}

/// Reads which dimensions goods must be without.
///
/// # Errors
/// `invalid` at `/without`, also for what all goods have.
pub fn read_without(text: &str) -> Result<Vec<Group>, Problem> {
    let groups = read_groups("without", text, Group::ALL.len())?;
    let always = [Group::Programme, Group::Pledge, Group::Item, Group::Lot];
    match groups.iter().find(|group| always.contains(group)) {
        None => Ok(groups),
        Some(group) => {
            let detail = format!("no goods are without {}; ask by its identifier", group.word());
            Err(Problem::field("/without", detail))
        }
    }
}

/// A part of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Accounts by condition, and the first identity.
    Accounts,
    /// The second identity.
    Transit,
    /// The third.
    RollForward,
    /// Short, over, damaged, lost; what is missing.
    Differences,
    /// Goods that are not with their owner.
    Holders,
    /// Declared values.
    Values,
    /// Numbers of documents.
    Numbers,
    /// What no paper shows.
    WithoutEvidence,
}

impl Section {
    /// Every section.
    pub const ALL: [Section; 8] = [
        Self::Accounts,
        Self::Transit,
        Self::RollForward,
        Self::Differences,
        Self::Holders,
        Self::Values,
        Self::Numbers,
        Self::WithoutEvidence,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Transit => "transit",
            Self::RollForward => "roll_forward",
            Self::Differences => "differences",
            Self::Holders => "holders",
            Self::Values => "values",
            Self::Numbers => "numbers",
            Self::WithoutEvidence => "without_evidence",
        }
    }
}

/// Reads which sections are wanted; all of them where it is not said.
///
/// # Errors
/// `invalid` at `/sections`.
pub fn read_sections(text: Option<&str>) -> Result<Vec<Section>, Problem> {
    let Some(text) = text else { return Ok(Section::ALL.to_vec()) };
    let read = |word: &str| {
        Section::ALL.into_iter().find(|section| section.word() == word).ok_or_else(|| {
            let known: Vec<&str> = Section::ALL.into_iter().map(Section::word).collect();
            Problem::field("/sections", format!("{word:?} is no section; there are {}", known.join(", ")))
                .coded(Fault::NotAChoice)
        })
    };
    text.split(',').map(str::trim).map(read).collect()
}

/// Reads the word of an account.
///
/// # Errors
/// `invalid` at `/account`.
pub fn read_account(text: Option<&str>) -> Result<Option<Account>, Problem> {
    let read = |word: &str| {
        Account::ALL.into_iter().find(|account| account.word() == word).ok_or_else(|| {
            let known: Vec<&str> = Account::ALL.into_iter().map(Account::word).collect();
            Problem::field("/account", format!("{word:?} is no account; there are {}", known.join(", ")))
                .coded(Fault::NotAChoice)
        })
    };
    text.map(read).transpose()
}

/// Reads the word of a condition.
///
/// # Errors
/// `invalid` at `/condition`.
pub fn read_condition(text: Option<&str>) -> Result<Option<Condition>, Problem> {
    let read = |word: &str| {
        Condition::ALL.into_iter().find(|condition| condition.word() == word).ok_or_else(|| {
            Problem::field(
                "/condition",
                format!("{word:?} is no condition; there are good, on_hold, damaged"),
            )
            .coded(Fault::NotAChoice)
        })
    };
    text.map(read).transpose()
}

/// Reads the first moment of a period: RFC 3339, or a date from its first instant on.
///
/// # Errors
/// `invalid` at `/from`.
pub fn read_from(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| {
        Timestamp::parse(text).ok_or_else(|| not_a_time("/from", text, "from its first instant on"))
    })
    .transpose()
}

/// Reads the last moment of a period: RFC 3339, or a date for its whole day.
///
/// # Errors
/// `invalid` at `/to`.
pub fn read_to(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| Timestamp::parse_last(text).ok_or_else(|| not_a_time("/to", text, "for its whole day")))
        .transpose()
}

fn not_a_time(pointer: &str, text: &str, date: &str) -> Problem {
    let right = "write RFC 3339 such as 2020-08-06T09:30:00Z, or a date such as 2020-08-06";
    Problem::field(pointer, format!("{text:?} is not a time; {right}, {date}")).coded(Fault::NotATime)
}

/// What is counted at all; each part narrows further.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Dimensions with the one identifier they may have.
    pub ids: Vec<(Group, Uuid)>,
    /// One country, where goods are or are meant to go.
    pub country: Option<String>,
    /// Goods between these two sites.
    pub corridor: Option<(SiteId, SiteId)>,
    /// Dimensions that must be unknown, or without a place.
    pub without: Vec<Group>,
}

impl Filters {
    /// Whether anything narrows by one of these.
    pub fn names(&self, fits: impl Fn(Group) -> bool) -> bool {
        self.ids.iter().map(|(group, _)| *group).chain(self.without.iter().copied()).any(fits)
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The dimensions of rows.
    pub group_by: Vec<Group>,
    /// Whether a country is where goods are or where they are meant to go.
    pub place: PlaceMeaning,
    /// What is counted.
    pub filters: Filters,
    /// How far the caller reaches.
    pub scope: Scope,
    /// From when on what came and went is told; from the beginning where it is not said.
    pub from: Option<Timestamp>,
    /// Until when; it is the cut-off of everything else too.
    pub as_of: Option<Timestamp>,
    /// Only what was on record by then.
    pub known_at: Option<KnownAt>,
    /// The parts of the answer.
    pub sections: Vec<Section>,
}

impl Question {
    /// Whether goods can leave what is counted without coming to an end: then the first identity cannot close.
    pub fn is_partial(&self) -> bool {
        let filters = &self.filters;
        let by_place =
            filters.country.is_some() || filters.corridor.is_some() || filters.names(Group::is_place);
        by_place
            || self.scope.bounds().iter().any(|bound| match bound {
                Bound::OwnPledges(_) => false,
                Bound::Organization(_) | Bound::Countries(_) => true,
            })
    }

    /// Whether the transit of whole consignments is within what is counted: where they are is then not what narrows
    /// it.
    pub fn has_transit(&self) -> bool {
        let asks_where = |group| match group {
            Group::Country | Group::Site | Group::Holder | Group::Owner => true,
            Group::Programme
            | Group::Donor
            | Group::Pledge
            | Group::Item
            | Group::Lot
            | Group::Consignee
            | Group::Consignment => false,
        };
        self.filters.country.is_none() && !self.filters.names(asks_where)
    }
}

/// The two ends of a period, where both are said.
///
/// # Errors
/// `invalid` at the one that is wrong.
pub fn period(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    as_of: Option<Timestamp>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    if to.is_some() && as_of.is_some() {
        return Err(Problem::field("/to", "stands beside as_of; both say until when, so write one of them")
            .coded(Fault::OneOfTwo));
    }
    let until = to.or(as_of);
    match (from, until) {
        (Some(first), Some(last)) if first > last => {
            let pointer = if to.is_some() { "/to" } else { "/as_of" };
            Err(Problem::field(pointer, format!("{last} lies before from, {first}")).coded(Fault::TooEarly))
        }
        (_, _) => Ok((from, until)),
    }
}

/// Both sides of an identity, over everything that is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BothSides {
    /// The one side: documents, departures, or what was there and what came and went.
    pub left: i64,
    /// The other: what the accounts hold.
    pub right: i64,
    /// Left less right.
    pub residual: i64,
    /// How many were compared, each by itself: a difference in one is not hidden by another's.
    pub compared: i64,
    /// How many of them differ.
    pub differing: i64,
}

impl BothSides {
    /// Adds one that was compared.
    pub fn add(&mut self, left: i64, right: i64) {
        self.left += left;
        self.right += right;
        self.residual += left - right;
        self.compared += 1;
        self.differing += i64::from(left != right);
    }
}

/// Whole days between two moments; 0 where the second is not later.
pub fn age_days(since: Timestamp, at: Timestamp) -> i64 {
    const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;
    (at.0 - since.0).max(0) / DAY
}

/// What a quantity of a line is worth that is worth `value` for `of` base units, in the currency's minor unit,
/// halves to the even number; none where the line was offered for nothing.
pub fn value_of(quantity: i64, value: i64, of: i64) -> Option<i64> {
    if of <= 0 {
        return None;
    }
    let (product, of) = (i128::from(quantity) * i128::from(value), i128::from(of));
    let (whole, rest) = (product.div_euclid(of), product.rem_euclid(of));
    let is_up = rest * 2 > of || (rest * 2 == of && whole % 2 != 0);
    i64::try_from(whole + i128::from(is_up)).ok()
}
