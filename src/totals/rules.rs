//! What may be asked of totals, and what must close. Pure.

use super::narrow::Narrowed;
use super::regions::CountryList;
use crate::auth::{Bound, Scope};
use crate::core::id::{ItemId, LotId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::core::time::{Month, Timestamp};
use crate::ledger::Account;
use crate::ledger::rollup::{Dimension, Sums};
pub use crate::ledger::{KnownAt, read_as_of, read_known_at};
use crate::parties::Eyes;
use serde::{Deserialize, Serialize};

/// Dimensions of one question; with more, rows become postings again.
pub const GROUPS_MAXIMUM: usize = 3;
/// Rows of one answer; beyond this a filter serves the caller better.
pub const ROWS_MAXIMUM: usize = 20_000;

/// What totals may be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Programme.
    Programme,
    /// Donor.
    Donor,
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
    /// Origin and destination of their consignment.
    Corridor,
    /// Month from which postings count.
    Month,
    /// First-level area inside a country, where goods are or are meant to go.
    Area,
    /// UN subregion of the country.
    Subregion,
    /// UN region of the country.
    Region,
}

impl Group {
    /// Every dimension, in the order messages list them.
    pub const ALL: [Group; 14] = [
        Self::Programme,
        Self::Donor,
        Self::Item,
        Self::Lot,
        Self::Country,
        Self::Site,
        Self::Holder,
        Self::Owner,
        Self::Consignee,
        Self::Corridor,
        Self::Month,
        Self::Area,
        Self::Subregion,
        Self::Region,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Donor => "donor",
            Self::Item => "item",
            Self::Lot => "lot",
            Self::Country => "country",
            Self::Site => "site",
            Self::Holder => "holder",
            Self::Owner => "owner",
            Self::Consignee => "consignee",
            Self::Corridor => "corridor",
            Self::Month => "month",
            Self::Area => "area",
            Self::Subregion => "subregion",
            Self::Region => "region",
        }
    }

    /// Whether goods can be without it: sources and goods on no place of ours.
    pub fn is_place(self) -> bool {
        match self {
            Self::Country | Self::Area | Self::Subregion | Self::Region => true,
            Self::Site | Self::Holder | Self::Owner | Self::Consignee | Self::Corridor => true,
            Self::Programme | Self::Donor | Self::Item | Self::Lot | Self::Month => false,
        }
    }

    /// Whether it tells a place inside a country.
    pub fn is_below_country(self) -> bool {
        match self {
            Self::Site | Self::Corridor | Self::Area => true,
            Self::Country | Self::Subregion | Self::Region | Self::Holder | Self::Owner | Self::Consignee => {
                false
            }
            Self::Programme | Self::Donor | Self::Item | Self::Lot | Self::Month => false,
        }
    }

    /// The rollups' dimension.
    pub fn dimension(self, place: PlaceMeaning) -> Dimension {
        match self {
            Self::Programme => Dimension::Programme,
            Self::Donor => Dimension::Donor,
            Self::Item => Dimension::Item,
            Self::Lot => Dimension::Lot,
            Self::Country | Self::Subregion | Self::Region => place.dimension(),
            Self::Area => place.site_dimension(),
            Self::Site => Dimension::Site,
            Self::Holder => Dimension::Holder,
            Self::Owner => Dimension::Owner,
            Self::Consignee => Dimension::Consignee,
            Self::Corridor => Dimension::Corridor,
            Self::Month => Dimension::Month,
        }
    }

    /// The dimension whose columns rows are read by; regions and areas are folded out of countries and sites.
    pub fn column(self, place: PlaceMeaning) -> Self {
        match self {
            Self::Subregion | Self::Region => Self::Country,
            Self::Area => place.site_group(),
            Self::Programme | Self::Donor | Self::Item | Self::Lot | Self::Country | Self::Site => self,
            Self::Holder | Self::Owner | Self::Consignee | Self::Corridor | Self::Month => self,
        }
    }
}

/// Whether a country is asked for as where goods are or as where they are meant to go.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum PlaceMeaning {
    /// Where goods are; in transit, where the leg ends.
    #[default]
    At,
    /// Where they are meant to go.
    For,
}

impl PlaceMeaning {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::At => "at",
            Self::For => "for",
        }
    }

    fn dimension(self) -> Dimension {
        match self {
            Self::At => Dimension::CountryAt,
            Self::For => Dimension::CountryFor,
        }
    }

    /// What tells the site: goods are meant for the destination of their consignment.
    pub fn site_group(self) -> Group {
        match self {
            Self::At => Group::Site,
            Self::For => Group::Corridor,
        }
    }

    fn site_dimension(self) -> Dimension {
        match self {
            Self::At => Dimension::Site,
            Self::For => Dimension::Corridor,
        }
    }
}

/// What is counted at all; each part narrows further.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// One programme.
    pub programme: Option<ProgrammeId>,
    /// One donor.
    pub donor: Option<OrganizationId>,
    /// One item.
    pub item: Option<ItemId>,
    /// One lot.
    pub lot: Option<LotId>,
    /// One country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// One site.
    pub site: Option<SiteId>,
    /// One holder.
    pub holder: Option<OrganizationId>,
    /// One owner.
    pub owner: Option<OrganizationId>,
    /// One consignee.
    pub consignee: Option<OrganizationId>,
    /// One corridor.
    pub corridor: Option<(SiteId, SiteId)>,
    /// From this month on.
    pub from_month: Option<Month>,
    /// Up to and with this month.
    pub to_month: Option<Month>,
    /// One UN region, M49.
    pub region: Option<u16>,
    /// One UN subregion, M49.
    pub subregion: Option<u16>,
    /// One area inside a country, by its code.
    pub area: Option<String>,
    /// The countries of one list.
    pub list: Option<CountryList>,
}

/// A question to the rollups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Rows are made by these, in this order.
    pub group_by: Vec<Group>,
    /// What "country" means.
    pub place: PlaceMeaning,
    /// What is counted.
    pub filters: Filters,
    /// What the caller may see.
    pub scope: Scope,
    /// Whose eyes the answer is for, where not every organization may be named to them.
    pub eyes: Option<Eyes>,
    /// Until when what was recorded counts; all of it where it is not said.
    pub as_of: Option<Timestamp>,
    /// What was recorded by then counts; all of it where it is not said.
    pub known_at: Option<KnownAt>,
    /// What regions, lists, areas and shapes come down to.
    pub narrowed: Narrowed,
}

impl Question {
    /// The dimensions whose columns rows are read by.
    pub fn columns(&self) -> Vec<Group> {
        let mut columns: Vec<Group> = self.group_by.iter().map(|group| group.column(self.place)).collect();
        if !self.narrowed.unplaced.is_empty() {
            columns.push(self.place.site_group());
        }
        if !self.narrowed.withheld.is_empty() && self.group_by.iter().any(|group| group.is_below_country()) {
            columns.push(Group::Programme);
        }
        columns
    }

    /// Whether only what is at, or for, places inside a country is counted.
    pub fn is_asked_below_country(&self) -> bool {
        let filters = &self.filters;
        filters.site.is_some()
            || filters.corridor.is_some()
            || filters.area.is_some()
            || self.narrowed.sites.is_some()
    }

    /// Every dimension the answer needs of the rollups.
    pub fn dimensions(&self) -> Vec<Dimension> {
        let filters = &self.filters;
        let mut wanted: Vec<Dimension> =
            self.group_by.iter().map(|group| group.dimension(self.place)).collect();
        let conditions = [
            (filters.donor.is_some(), Dimension::Donor),
            (filters.item.is_some(), Dimension::Item),
            (filters.lot.is_some(), Dimension::Lot),
            (filters.country.is_some(), self.place.dimension()),
            (filters.site.is_some(), Dimension::Site),
            (filters.holder.is_some(), Dimension::Holder),
            (filters.owner.is_some(), Dimension::Owner),
            (filters.consignee.is_some(), Dimension::Consignee),
            (filters.corridor.is_some(), Dimension::Corridor),
            (filters.from_month.is_some() || filters.to_month.is_some(), Dimension::Month),
            (self.narrowed.countries.is_some(), self.place.dimension()),
            (self.narrowed.donors.is_some(), Dimension::Donor),
            (self.narrowed.recipients.is_some(), Dimension::CountryFor),
            (self.narrowed.sites.is_some(), self.place.site_dimension()),
        ];
        wanted.extend(conditions.into_iter().filter(|(named, _)| *named).map(|(_, dimension)| dimension));
        for bound in self.scope.bounds() {
            wanted.extend_from_slice(match bound {
                Bound::Organization(_) => {
                    &[Dimension::Donor, Dimension::Holder, Dimension::Owner, Dimension::Consignee]
                }
                Bound::Countries(_) => &[Dimension::CountryAt, Dimension::CountryFor],
                Bound::OwnPledges(_) => &[Dimension::Donor],
            });
        }
        wanted
    }

    /// Whether goods can leave what is counted without coming to an end: then only flows can close.
    pub fn is_partial(&self) -> bool {
        let filters = &self.filters;
        let by_place = filters.country.is_some()
            || filters.site.is_some()
            || filters.holder.is_some()
            || filters.owner.is_some()
            || filters.consignee.is_some()
            || filters.corridor.is_some()
            || self.narrowed.is_by_place();
        by_place
            || self.scope.bounds().iter().any(|bound| match bound {
                Bound::OwnPledges(_) => false,
                Bound::Organization(_) | Bound::Countries(_) => true,
            })
    }

    /// Whether rows or what is counted are by region or list, whose rule is printed.
    pub fn is_by_region(&self) -> bool {
        let filters = &self.filters;
        let is_region = |group: &Group| matches!(group, Group::Region | Group::Subregion);
        let is_filtered = filters.region.is_some() || filters.subregion.is_some() || filters.list.is_some();
        is_filtered || self.group_by.iter().any(is_region)
    }

    /// Whether rows stand for places, so that identity 3 is theirs.
    pub fn is_by_place(&self) -> bool {
        self.is_partial() || self.group_by.iter().any(|group| group.is_place())
    }
}

/// Reads `a,b,c`.
///
/// # Errors
/// `invalid` at `/group_by`, naming what may be asked.
pub fn read_groups(text: &str) -> Result<Vec<Group>, Problem> {
    let mut groups = Vec::new();
    for word in text.split(',').map(str::trim) {
        let Some(group) = Group::ALL.into_iter().find(|group| group.word() == word) else {
            return Err(wrong_groups(&format!("{word:?} is nothing totals can be grouped by")));
        };
        if groups.contains(&group) {
            return Err(wrong_groups(&format!("{word:?} stands twice")));
        }
        groups.push(group);
    }
    if groups.len() > GROUPS_MAXIMUM {
        return Err(wrong_groups(&format!("{} dimensions are too many", groups.len())));
    }
    Ok(groups)
}

fn wrong_groups(what: &str) -> Problem {
    let allowed: Vec<&str> = Group::ALL.into_iter().map(Group::word).collect();
    Problem::field(
        "/group_by",
        format!("{what}; group_by takes one to {GROUPS_MAXIMUM} of {}", allowed.join(", ")),
    )
}

/// Reads a month such as 2020-08.
///
/// # Errors
/// `invalid` at the parameter.
pub fn read_month(parameter: &str, text: Option<&str>) -> Result<Option<Month>, Problem> {
    text.map(|text| text.parse().map_err(|words: String| Problem::field(format!("/{parameter}"), words)))
        .transpose()
}

/// Reads a corridor: two sites, `ORIGIN..DESTINATION`.
///
/// # Errors
/// `invalid` at `/corridor`.
pub fn read_corridor(text: Option<&str>) -> Result<Option<(SiteId, SiteId)>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let both = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    both.map(Some).ok_or_else(|| {
        Problem::field(
            "/corridor",
            format!("{text:?} is no corridor; write ORIGIN..DESTINATION, two site ids"),
        )
    })
}

/// Months asked for, from `month` or from both ends.
///
/// # Errors
/// `invalid` where both ways are used, or the ends are the wrong way round.
pub fn months(
    month: Option<Month>,
    from_month: Option<Month>,
    to_month: Option<Month>,
) -> Result<(Option<Month>, Option<Month>), Problem> {
    if month.is_some() && (from_month.is_some() || to_month.is_some()) {
        let detail = "stands beside from_month or to_month; say only one of the two";
        return Err(Problem::field("/month", detail).coded(Fault::OneOfTwo));
    }
    if let (Some(from), Some(to)) = (from_month, to_month)
        && from > to
    {
        return Err(Problem::field("/to_month", format!("{to} lies before from_month, {from}"))
            .coded(Fault::TooEarly));
    }
    Ok((month.or(from_month), month.or(to_month)))
}

/// What the rollups say about one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Statements, accounts (sources negative) and flows within the months asked for.
    pub sums: Sums,
    /// All accounts before the months asked for.
    pub opening: i64,
    /// All accounts at their end.
    pub closing: i64,
}

impl Figures {
    /// Adds another row.
    pub fn add(&mut self, other: &Figures) {
        self.sums.add(&other.sums);
        self.opening += other.opening;
        self.closing += other.closing;
    }

    /// One account's figure, sources printed positive.
    pub fn printed(&self, account: Account) -> i64 {
        let figure = self.signed(account);
        if account.is_source() { -figure } else { figure }
    }

    fn signed(&self, account: Account) -> i64 {
        self.sums.accounts[account as usize]
    }

    /// What the accounts of one kind hold together.
    pub fn held(&self, which: impl Fn(Account) -> bool) -> i64 {
        Account::ALL.into_iter().filter(|account| which(*account)).map(|account| self.signed(account)).sum()
    }

    /// Identity 1: what documents state = what all accounts but the sources hold; and what documents
    /// state of each source = what was drawn from it. Left from statements, right from balances.
    pub fn residual_of_statements(&self) -> i64 {
        let sums = &self.sums;
        let held = self.held(|account| !account.is_source());
        let differences = [
            sums.stated_promised + sums.stated_surplus - held,
            sums.stated_promised - self.printed(Account::Promised),
            sums.stated_surplus - self.printed(Account::Surplus),
        ];
        // Two differences may cancel out in a sum, so the first that is there speaks for all.
        differences.into_iter().find(|difference| *difference != 0).unwrap_or(0)
    }

    /// Identity 3: opening + in − out = closing. Left from flows, right from balances.
    pub fn residual_of_flows(&self) -> i64 {
        self.opening + self.sums.moved_in - self.sums.moved_out - self.closing
    }
}

/// In and out are equal over everything that goods cannot leave.
pub fn flows_residual(total: &Figures) -> i64 {
    total.sums.moved_in - total.sums.moved_out
}
