//! What a file says, as typed records with stable references, each mentioned once.
//!
//! Records stand in the order they depend on each other and point to one another by place in their list, so that
//! whoever posts a plan can go through it in pieces ([`Plan::chunks`]) and keep the ids it made in lists of the same
//! order. Never done here: ids of the database, or knowing whether a record is there already.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::columns::{Columns, Origin};
use super::dates::TableDate;
use super::encoding::Damage;
use super::mapping::WhenRowsDiffer;
use super::references::{
    ConsignmentAt, ConsignmentLineAt, EventAt, EventKind, ItemAt, OrganizationAt, OrganizationRole, PledgeAt,
    PledgeLineAt, ProgrammeAt, RecordAt, SiteAt,
};
use super::stated::{StatedConsignment, StatedTime};
use super::value::Decimal;
use crate::consignments::rules::Mode;
use crate::ledger::TitlePasses;
use crate::sites::SiteKind;

pub use super::stated::Figure;

/// Further facts of a record, kept as text under the names the mapping gives them.
pub type Attributes = BTreeMap<String, String>;

/// Everything a file says, ready to be posted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The mapping's name, part of every event id.
    pub mapping: String,
    /// Programmes.
    pub programmes: Vec<ProgrammePlan>,
    /// Organizations.
    pub organizations: Vec<OrganizationPlan>,
    /// Sites.
    pub sites: Vec<SitePlan>,
    /// Items with their packs.
    pub items: Vec<ItemPlan>,
    /// Pledges with their lines.
    pub pledges: Vec<PledgePlan>,
    /// Consignments with their legs and lines.
    pub consignments: Vec<ConsignmentPlan>,
    /// Events: every acceptance first, then by day; a kind's order is [`EventKind`]'s.
    pub events: Vec<EventPlan>,
    /// Every row of the file below its header, in order.
    pub rows: Vec<RowPlan>,
    /// Which column each member of a record came from.
    pub columns: Columns,
    /// What a person should look at; nothing was left out or changed because of it unless it says so.
    pub warnings: Vec<Warning>,
}

/// A programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammePlan {
    /// Stable reference.
    pub reference: String,
    /// Name.
    pub name: String,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPlan {
    /// Stable reference.
    pub reference: String,
    /// Name.
    pub name: String,
    /// The section of the mapping that named it first.
    pub section: usize,
    /// All it does anywhere in the file.
    pub roles: BTreeSet<OrganizationRole>,
    /// ISO 3166-1 code of two letters.
    pub country: Option<String>,
    /// Further facts.
    pub attributes: Attributes,
}

/// A place on the globe, in degrees as the table writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoordinatesPlan {
    /// Degrees north, -90 to 90.
    pub latitude: Decimal,
    /// Degrees east, -180 to 180.
    pub longitude: Decimal,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePlan {
    /// Stable reference.
    pub reference: String,
    /// Name.
    pub name: String,
    /// The section of the mapping that named it first.
    pub section: usize,
    /// What it is.
    pub kind: SiteKind,
    /// ISO 3166-1 code of two letters, if known.
    pub country: Option<String>,
    /// Where it is, if known.
    pub coordinates: Option<CoordinatesPlan>,
    /// UN/LOCODE, if known.
    pub locode: Option<String>,
    /// Further facts.
    pub attributes: Attributes,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPlan {
    /// Stable reference.
    pub reference: String,
    /// Name.
    pub name: String,
    /// The unit it is counted in.
    pub base_unit: String,
    /// A group of items, for people.
    pub category: Option<String>,
    /// The humanitarian sector.
    pub sector: Option<String>,
    /// Its packs, each name once.
    pub packs: Vec<PackPlan>,
    /// Further facts.
    pub attributes: Attributes,
}

/// A pack: `numerator` base units are in `denominator` packs, reduced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackPlan {
    /// What it is called.
    pub name: String,
    /// Base units.
    pub numerator: i64,
    /// Packs.
    pub denominator: i64,
}

/// An exact amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// The amount in units of ten to the power of minus `digits`.
    pub minor: i64,
    /// Digits after the point.
    pub digits: u8,
    /// ISO 4217 code.
    pub currency: String,
}

/// A pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PledgePlan {
    /// Stable reference.
    pub reference: String,
    /// Who gives.
    pub donor: OrganizationAt,
    /// The programme it belongs to.
    pub programme: Option<ProgrammeAt>,
    /// When ownership passes.
    pub title_passes: Option<TitlePasses>,
    /// Further facts.
    pub attributes: Attributes,
    /// What is promised.
    pub lines: Vec<PledgeLinePlan>,
}

/// A line of a pledge; one row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PledgeLinePlan {
    /// Stable reference, unique in the file.
    pub reference: String,
    /// The item.
    pub item: ItemAt,
    /// How much, in base units.
    pub quantity: i64,
    /// How much as the table counts, and which of the item's packs it counts in.
    pub counted: CountedPlan,
    /// Value of the whole line.
    pub value: Option<Money>,
    /// Price of one pack, or of one base unit where the item has no pack, as published.
    pub price: Option<Money>,
    /// Further facts.
    pub attributes: Attributes,
    /// The row it stands in.
    pub row: u32,
}

/// A quantity as the table counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedPlan {
    /// The number in the table.
    pub number: Decimal,
    /// Place among the item's packs; none when it is counted in base units.
    pub pack: Option<usize>,
}

/// One leg of a consignment's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegPlan {
    /// Where it starts.
    pub from: SiteAt,
    /// Where it ends.
    pub to: SiteAt,
    /// How it goes.
    pub mode: Mode,
}

/// A consignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsignmentPlan {
    /// Stable reference.
    pub reference: String,
    /// Who sends.
    pub consignor: OrganizationAt,
    /// Who receives.
    pub consignee: OrganizationAt,
    /// Who carries, if known.
    pub carrier: Option<OrganizationAt>,
    /// Country of destination, ISO 3166-1 code of two letters.
    pub country: String,
    /// Its way, at least one leg.
    pub legs: Vec<LegPlan>,
    /// Gross weight in grams.
    pub weight_grams: Figure,
    /// Freight in minor units of `charges`.
    pub freight: Figure,
    /// Insurance in minor units of `charges`.
    pub insurance: Figure,
    /// Currency and digits of freight and insurance.
    pub charges: Option<ChargesPlan>,
    /// Sum of its lines' values.
    pub declared_value: Option<Money>,
    /// The day it should arrive, the latest of its rows.
    pub expected: Option<TableDate>,
    /// Further facts.
    pub attributes: Attributes,
    /// What it holds.
    pub lines: Vec<ConsignmentLinePlan>,
    /// What each of its rows says of the whole.
    pub stated: Vec<StatedConsignment>,
}

/// The currency freight and insurance are stated in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargesPlan {
    /// ISO 4217 code.
    pub currency: String,
    /// Digits after the point.
    pub digits: u8,
}

/// A line of a consignment; one row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsignmentLinePlan {
    /// Stable reference, the same as its pledge line's.
    pub reference: String,
    /// The item.
    pub item: ItemAt,
    /// How much, in base units.
    pub quantity: i64,
    /// The pledge line it comes from: a choice by label, not by rule.
    pub pledge_line: Option<PledgeLineAt>,
    /// The row it stands in.
    pub row: u32,
}

/// What an event happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSubject {
    /// A pledge, with all its lines.
    Pledge(PledgeAt),
    /// A consignment on one leg, counted from 0.
    Consignment {
        /// The consignment.
        consignment: ConsignmentAt,
        /// Place among its legs.
        leg: usize,
    },
}

/// What was received of one line, in base units: quantity = good + damaged + on hold + missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedLinePlan {
    /// The line.
    pub line: ConsignmentLineAt,
    /// Usable.
    pub good: i64,
    /// Damaged.
    pub damaged: i64,
    /// Held for inspection.
    pub on_hold: i64,
    /// Not there.
    pub missing: i64,
    /// Beyond the line.
    pub surplus: i64,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPlan {
    /// The same each time the file is read: [`super::references::event_id`] at revision 0.
    pub id: Uuid,
    /// What happened.
    pub kind: EventKind,
    /// What names it beside its kind.
    pub key: String,
    /// What it happened to.
    pub subject: EventSubject,
    /// The column of the date that counts.
    pub date_column: String,
    /// When it happened, and how exactly that is known.
    pub occurred: TableDate,
    /// Which date counts where rows disagree.
    pub when_rows_differ: WhenRowsDiffer,
    /// Received: whether nothing more will come.
    pub is_final: bool,
    /// Received: what came, line by line. Empty for other kinds, which are about all lines.
    pub received: Vec<ReceivedLinePlan>,
    /// The rows that state it.
    pub rows: Vec<u32>,
    /// When it happened by each of them.
    pub times: Vec<StatedTime>,
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPlan {
    /// Its number as a spreadsheet shows it.
    pub number: u32,
    /// Its key by the mapping; empty when it could not be read.
    pub key: String,
    /// What became of it.
    pub fate: RowFate,
}

/// What became of a row in planning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFate {
    /// It states these records, in the order they depend on each other.
    Planned {
        /// The records.
        records: Vec<RecordAt>,
    },
    /// It cannot be read and adds nothing to any record.
    Rejected {
        /// Every reason, not the first only.
        problems: Vec<CellProblem>,
    },
    /// The mapping leaves it out.
    Skipped,
}

/// Why a row is rejected: row, column, value, reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column \"{column}\", value \"{value}\": {reason}")]
pub struct CellProblem {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// The column's name; empty when the row as a whole is meant.
    pub column: String,
    /// The cell's text.
    pub value: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// The column's name.
    pub column: String,
    /// The cell's text.
    pub value: String,
    /// What is odd.
    pub kind: WarningKind,
}

/// What is odd about a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WarningKind {
    /// Signs of a wrong decoding; `applied` says whether the repaired text was read instead.
    Damaged {
        /// What is wrong with the text, with the repair if there is one.
        damage: Damage,
        /// Whether the repair was used.
        applied: bool,
    },
    /// A further fact differs from what an earlier row said; the earlier one stays.
    AttributeDiffers {
        /// The attribute's name.
        attribute: String,
        /// What stays.
        kept: String,
    },
}

impl WarningKind {
    /// The warning as a sentence.
    pub fn message(&self) -> String {
        match self {
            WarningKind::Damaged { damage: Damage::Mojibake { repaired }, applied: true } => {
                format!("was UTF-8 read as windows-1252; read here as \"{repaired}\"")
            }
            WarningKind::Damaged { damage: Damage::Mojibake { repaired }, applied: false } => {
                format!("looks like UTF-8 read as windows-1252; kept, \"{repaired}\" may be meant")
            }
            WarningKind::Damaged { damage: Damage::CharactersLost, .. } => {
                "characters were lost before the file came here (U+FFFD)".to_owned()
            }
            WarningKind::AttributeDiffers { attribute, kept } => {
                format!("{attribute} differs from an earlier row of the same record, whose \"{kept}\" stays")
            }
        }
    }
}

impl Plan {
    /// Every record in the order of dependence, in pieces of at most `size` records of one kind.
    /// Lines come with their pledge or consignment.
    pub fn chunks(&self, size: usize) -> Vec<Vec<RecordAt>> {
        let size = size.max(1);
        let mut chunks = Vec::new();
        let mut add = |count: usize, at: fn(usize) -> RecordAt| {
            let all: Vec<RecordAt> = (0..count).map(at).collect();
            chunks.extend(all.chunks(size).map(<[RecordAt]>::to_vec));
        };
        add(self.programmes.len(), |place| RecordAt::Programme(ProgrammeAt(place)));
        add(self.organizations.len(), |place| RecordAt::Organization(OrganizationAt(place)));
        add(self.sites.len(), |place| RecordAt::Site(SiteAt(place)));
        add(self.items.len(), |place| RecordAt::Item(ItemAt(place)));
        add(self.pledges.len(), |place| RecordAt::Pledge(PledgeAt(place)));
        add(self.consignments.len(), |place| RecordAt::Consignment(ConsignmentAt(place)));
        add(self.events.len(), |place| RecordAt::Event(EventAt(place)));
        chunks
    }

    /// The column a refusal of a record is about: where the record's own date was chosen among columns, that one.
    pub fn column_of(&self, record: RecordAt, pointer: &str) -> String {
        let mut origin = Origin::default();
        match record {
            RecordAt::Organization(at) => {
                origin.section = self.organizations.get(at.0).map_or(0, |one| one.section);
            }
            RecordAt::Site(at) => origin.section = self.sites.get(at.0).map_or(0, |one| one.section),
            RecordAt::Event(at) => match self.events.get(at.0) {
                Some(event) if pointer == "occurred_at" => return event.date_column.clone(),
                event => origin.event = event.map(|event| event.kind),
            },
            // Its goods are allocated at the time of the first thing that happened to it.
            RecordAt::Consignment(at) if pointer == "occurred_at" => {
                let about = |event: &&EventPlan| match event.subject {
                    EventSubject::Consignment { consignment, .. } => consignment == at,
                    EventSubject::Pledge(_) => false,
                };
                if let Some(first) = self.events.iter().find(about) {
                    return first.date_column.clone();
                }
            }
            RecordAt::Programme(_)
            | RecordAt::Item(_)
            | RecordAt::Pledge(_)
            | RecordAt::PledgeLine(_)
            | RecordAt::Consignment(_)
            | RecordAt::ConsignmentLine(_) => {}
        }
        self.columns.column(record, origin, pointer)
    }

    /// For each record the rows that state it, in order.
    pub fn rows_by_record(&self) -> BTreeMap<RecordAt, Vec<u32>> {
        let mut rows: BTreeMap<RecordAt, Vec<u32>> = BTreeMap::new();
        for row in &self.rows {
            match &row.fate {
                RowFate::Planned { records } => {
                    for record in records {
                        rows.entry(*record).or_default().push(row.number);
                    }
                }
                RowFate::Rejected { .. } | RowFate::Skipped => {}
            }
        }
        rows
    }

    /// Every reason any row is rejected, in order of rows.
    pub fn problems(&self) -> impl Iterator<Item = &CellProblem> {
        self.rows.iter().flat_map(|row| match &row.fate {
            RowFate::Rejected { problems } => problems.as_slice(),
            RowFate::Planned { .. } | RowFate::Skipped => &[],
        })
    }
}
