//! All that is stated of a consignment or a load, as it was known, and how long goods were on hold.

use super::rules::{Freight, GreenLight, Measures, PaperState, Warning, days_within};
use super::store::{
    CUSTOMS, ConsignmentTerm, CustomsRequirement, FREIGHT, GREEN_LIGHT, LoadLimit, PACKAGE, about_country,
    all_packages, counting, wanted,
};
use crate::auth::{Permit, action};
use crate::consignments::loads::load_reached;
use crate::consignments::read::consignment_read;
use crate::core::id::{ConsignmentId, HandlingUnitId, LegId, LoadId, OrganizationId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{consignment_terms, customs_requirements, events, load_limits, loads, sites};
use crate::db::{Binds, Conn, ask, read_failure};
use crate::ledger::{Account, Condition, Cut, KnownAt, Moment};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Whether the consignee agrees that goods leave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GreenLightView {
    /// Whether it does.
    pub state: GreenLight,
    /// Since when.
    #[schema(format = Date)]
    pub on: Option<String>,
    /// In words.
    pub note: Option<String>,
    /// The ledger sequence from which that counts.
    pub sequence: i64,
}

/// A paper for customs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomsView {
    /// The country.
    pub country: String,
    /// Which paper.
    pub document: String,
    /// Whether the country asks for it of every consignment.
    pub required: bool,
    /// How it stands; null where nobody has asked for it.
    pub state: Option<PaperState>,
    /// Whether nothing is lacking of it.
    pub done: bool,
    /// Its number, or that of the exemption.
    pub reference: Option<String>,
    /// Since when.
    #[schema(format = Date)]
    pub on: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// What freight costs on a leg, or on the whole way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FreightView {
    /// The leg; null for the whole way.
    pub leg: Option<LegId>,
    /// Whether it is paid for or given.
    pub how: Freight,
    /// Who pays, or gives it.
    pub payer: Option<OrganizationId>,
    /// In the currency's minor unit.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// In words.
    pub note: Option<String>,
}

/// What all freight in one currency comes to.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct FreightTotal {
    /// ISO 4217.
    pub currency: String,
    /// What is paid for, in the minor unit.
    pub paid: i64,
    /// What is given.
    pub donated: i64,
}

/// A package.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PackageView {
    /// Its number and how many there are, such as 3/12.
    pub label: String,
    /// Its number, from 1.
    pub number: i64,
    /// How many there are.
    pub of: i64,
    /// What is written on it.
    pub mark: Option<String>,
    /// Grams.
    pub gross_weight_g: Option<i64>,
    /// Cubic centimetres.
    pub volume_cm3: Option<i64>,
    /// The handling unit it is.
    pub unit: Option<HandlingUnitId>,
}

/// All that is agreed and asked for around a consignment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermsView {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Its consignee's green light; null where nothing was said.
    pub green_light: Option<GreenLightView>,
    /// Papers that were asked for, and those the country of destination asks for.
    pub customs: Vec<CustomsView>,
    /// Freight, leg by leg.
    pub freight: Vec<FreightView>,
    /// What that comes to.
    pub freight_totals: Vec<FreightTotal>,
    /// Its packages, in the order of their numbers.
    pub packages: Vec<PackageView>,
    /// What all packages weigh, in grams, as far as that is stated.
    pub gross_weight_g: Option<i64>,
    /// What they take up, in cubic centimetres.
    pub volume_cm3: Option<i64>,
    /// Whole days on which some of its goods were on hold, by customs or otherwise, while they were its own.
    pub on_hold_days: i64,
    /// Since when some are; null where none are.
    pub on_hold_since: Option<Timestamp>,
    /// The time until which days are counted: asked for with `sequence` as `known_at`, all of this is the same.
    pub as_of: Timestamp,
    /// The ledger sequence these are as of.
    pub sequence: i64,
}

/// What a load can carry, and what it was given to carry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LoadFillView {
    /// The load.
    pub load: LoadId,
    /// What it can carry; null where nobody said.
    pub limit: Option<LimitView>,
    /// What its own papers say it weighs, in grams.
    pub stated_weight_g: Option<i64>,
    /// What they say it takes up, in cubic centimetres.
    pub stated_volume_cm3: Option<i64>,
    /// Consignments that departed on it.
    pub consignments: i64,
    /// What their packages weigh together, as far as that is stated.
    pub packages_weight_g: Option<i64>,
    /// What they take up.
    pub packages_volume_cm3: Option<i64>,
    /// What is beyond the limit: `over_weight`, `over_volume`.
    pub warnings: Vec<Warning>,
    /// The ledger sequence these are as of.
    pub sequence: i64,
}

/// What a load can carry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitView {
    /// Grams.
    pub gross_weight_g: Option<i64>,
    /// Cubic centimetres.
    pub volume_cm3: Option<i64>,
    /// Whether a departure beyond it is refused.
    pub hard: bool,
}

impl From<&LoadLimit> for LimitView {
    fn from(row: &LoadLimit) -> Self {
        Self { gross_weight_g: row.gross_weight_g, volume_cm3: row.volume_cm3, hard: row.is_hard }
    }
}

/// The papers a country asks for, as it was known.
///
/// # Errors
/// What the database says.
pub(super) fn requirements(
    conn: &mut Conn,
    country: &str,
    sequence: i64,
) -> Outcome<Vec<CustomsRequirement>> {
    let rows: Vec<CustomsRequirement> = customs_requirements::table
        .filter(customs_requirements::about.eq(about_country(country)))
        .filter(customs_requirements::sequence.le(sequence))
        .select(CustomsRequirement::as_select())
        .load(conn)
        .map_err(read_failure)?;
    Ok(wanted(&rows).into_iter().cloned().collect())
}

#[derive(QueryableByName)]
struct Change {
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// How much of a consignment's own goods came on hold when, and was let go again.
fn held(conn: &mut Conn, id: ConsignmentId, cut: Cut) -> Outcome<Vec<(i64, i64)>> {
    let mut binds = Binds::default();
    let accounts = [Account::Allocated, Account::InTransit, Account::Delivered];
    let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    let (id, counts) = (binds.id(id), cut.condition("postings", &mut binds));
    let text = format!(
        "SELECT postings.effective_at AS at, CAST(SUM(postings.quantity) AS BIGINT) AS quantity FROM balances \
         JOIN postings ON postings.cell = balances.cell WHERE balances.consignment_id = {id} \
         AND balances.condition = {} AND balances.account IN ({}) AND {counts} \
         GROUP BY postings.effective_at ORDER BY postings.effective_at",
        Condition::OnHold.code(),
        accounts.join(", ")
    );
    let rows: Vec<Change> = ask(conn, text, binds)?;
    Ok(rows.into_iter().map(|row| (row.at, row.quantity)).collect())
}

/// Until when days are counted: as was asked for; of what was known at a time or by an entry until then, which is the same
/// whenever it is asked; else until now.
fn until(conn: &mut Conn, moment: Moment, cut: Cut, now: Timestamp) -> Outcome<Timestamp> {
    if let Some(time) = moment.as_of {
        return Ok(time);
    }
    match moment.known_at {
        None => Ok(now),
        Some(KnownAt::Time(time)) => Ok(time.min(now)),
        Some(KnownAt::Sequence(_)) => {
            let recorded: Option<Timestamp> = events::table
                .filter(events::sequence.le(cut.known_at))
                .order(events::sequence.desc())
                .select(events::recorded_at)
                .first(conn)
                .optional()
                .map_err(read_failure)?;
            Ok(recorded.unwrap_or_default())
        }
    }
}

/// All that is stated of a consignment.
///
/// # Errors
/// `not_found` where the scope does not reach it; `invalid` where the moment is not reached yet; what the database says.
pub(super) fn terms_read(
    conn: &mut Conn,
    permit: &Permit<action::TermsRead>,
    id: ConsignmentId,
    (moment, now): (Moment, Timestamp),
) -> Outcome<TermsView> {
    let consignment = consignment_read(conn, permit, id)?;
    let cut = moment.cut(conn)?;
    let rows: Vec<ConsignmentTerm> = consignment_terms::table
        .filter(consignment_terms::consignment_id.eq(id).and(consignment_terms::sequence.le(cut.known_at)))
        .select(ConsignmentTerm::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let country: String = sites::table
        .find(consignment.destination_id)
        .select(sites::country)
        .first(conn)
        .map_err(read_failure)?;
    let asked = requirements(conn, &country, cut.known_at)?;
    let changes = held(conn, id, cut)?;
    let until = until(conn, moment, cut, now)?;
    let (on_hold_days, since) = days_within(&changes, until.0);
    let terms = counting(&rows);
    let freight: Vec<FreightView> = terms.iter().filter_map(|term| freight(term)).collect();
    let Measures { gross_weight_g, volume_cm3 } = all_packages(&terms);
    let mut packages: Vec<PackageView> = terms.iter().filter_map(|term| package(term)).collect();
    packages.sort_by_key(|package| package.number);
    Ok(TermsView {
        consignment: id,
        green_light: terms.iter().find_map(|term| green_light(term)),
        customs: customs(&terms, &asked),
        freight_totals: totals(&freight),
        freight,
        packages,
        gross_weight_g,
        volume_cm3,
        on_hold_days,
        on_hold_since: since.map(Timestamp),
        as_of: until,
        sequence: cut.known_at,
    })
}

fn green_light(term: &ConsignmentTerm) -> Option<GreenLightView> {
    let state = GreenLight::from_word(&term.state).filter(|_| term.kind == GREEN_LIGHT)?;
    Some(GreenLightView { state, on: term.on_day.clone(), note: term.note.clone(), sequence: term.sequence })
}

fn freight(term: &ConsignmentTerm) -> Option<FreightView> {
    let how = Freight::from_word(&term.state).filter(|_| term.kind == FREIGHT)?;
    Some(FreightView {
        leg: term.leg_id,
        how,
        payer: term.payer_id,
        minor: term.minor?,
        currency: term.currency.clone()?,
        note: term.note.clone(),
    })
}

fn totals(freight: &[FreightView]) -> Vec<FreightTotal> {
    let mut totals: BTreeMap<&str, FreightTotal> = BTreeMap::new();
    for one in freight {
        let total = totals.entry(&one.currency).or_default();
        total.currency.clone_from(&one.currency);
        match one.how {
            Freight::Paid => total.paid += one.minor,
            Freight::Donated => total.donated += one.minor,
        }
    }
    totals.into_values().collect()
}

fn package(term: &ConsignmentTerm) -> Option<PackageView> {
    let (number, of) = (term.about.parse().ok()?, term.total.filter(|_| term.kind == PACKAGE)?);
    Some(PackageView {
        label: format!("{number}/{of}"),
        number,
        of,
        mark: term.mark.clone(),
        gross_weight_g: term.gross_weight_g,
        volume_cm3: term.volume_cm3,
        unit: term.unit_id,
    })
}

/// Papers that were stated, and those that are asked for and of which nothing was said.
fn customs(terms: &[&ConsignmentTerm], asked: &[CustomsRequirement]) -> Vec<CustomsView> {
    let stated = terms.iter().filter(|term| term.kind == CUSTOMS);
    let mut found: Vec<CustomsView> = Vec::new();
    for term in stated {
        let (Some(country), Some(document)) = (&term.country, &term.document) else { continue };
        let state = PaperState::from_word(&term.state);
        found.push(CustomsView {
            country: country.clone(),
            document: document.clone(),
            required: asked.iter().any(|one| one.country == *country && one.document == *document),
            state,
            done: state.is_some_and(PaperState::is_done),
            reference: term.reference.clone(),
            on: term.on_day.clone(),
            note: term.note.clone(),
        });
    }
    for one in asked {
        if found.iter().all(|paper| (&paper.country, &paper.document) != (&one.country, &one.document)) {
            found.push(CustomsView {
                country: one.country.clone(),
                document: one.document.clone(),
                required: true,
                state: None,
                done: false,
                reference: None,
                on: None,
                note: one.note.clone(),
            });
        }
    }
    found.sort_by(|one, other| (&one.country, &one.document).cmp(&(&other.country, &other.document)));
    found
}

/// The consignments that departed on a load, as was known: what was taken back later stood then.
fn carried(conn: &mut Conn, id: LoadId, cut: Cut) -> Outcome<BTreeSet<ConsignmentId>> {
    let reversals = diesel::alias!(events as reversals);
    let is_taken_back = exists(
        reversals.filter(reversals.field(events::about_id).eq(events::id.nullable())).filter(
            reversals
                .field(events::kind)
                .eq("reversed")
                .and(reversals.field(events::sequence).le(cut.known_at)),
        ),
    );
    let mut query = events::table
        .filter(events::load_id.eq(id).and(events::kind.eq("departed")))
        .filter(events::sequence.le(cut.known_at))
        .filter(not(is_taken_back))
        .into_boxed();
    if let Some(as_of) = cut.as_of {
        query = query.filter(events::effective_at.le(as_of));
    }
    let found: Vec<Option<ConsignmentId>> =
        query.select(events::consignment_id).load(conn).map_err(read_failure)?;
    Ok(found.into_iter().flatten().collect())
}

/// What a load can carry, and what it was given to carry.
///
/// # Errors
/// `not_found` where the scope does not reach it; `invalid` where the moment is not reached yet; what the database says.
pub(super) fn fill_read(
    conn: &mut Conn,
    permit: &Permit<action::LoadRead>,
    id: LoadId,
    moment: Moment,
) -> Outcome<LoadFillView> {
    load_reached(conn, permit, id)?;
    let cut = moment.cut(conn)?;
    let sequence = cut.known_at;
    let limit: Option<LoadLimit> = load_limits::table
        .filter(load_limits::load_id.eq(id).and(load_limits::sequence.le(sequence)))
        .order(load_limits::sequence.desc())
        .select(LoadLimit::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let (stated_weight_g, stated_volume_cm3): (Option<i64>, Option<i64>) = loads::table
        .find(id)
        .select((loads::gross_weight_g, loads::volume_cm3))
        .first(conn)
        .map_err(read_failure)?;
    let carried = carried(conn, id, cut)?;
    let rows: Vec<ConsignmentTerm> = consignment_terms::table
        .filter(consignment_terms::consignment_id.eq_any(&carried))
        .filter(consignment_terms::kind.eq(PACKAGE).and(consignment_terms::sequence.le(sequence)))
        .order(consignment_terms::consignment_id)
        .select(ConsignmentTerm::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let each = rows.chunk_by(|one, other| one.consignment_id == other.consignment_id);
    let packages = each.map(|terms| all_packages(&counting(terms))).fold(Measures::default(), Measures::and);
    let stated = Measures { gross_weight_g: stated_weight_g, volume_cm3: stated_volume_cm3 };
    let most = limit.as_ref().map(LoadLimit::measures).unwrap_or_default();
    Ok(LoadFillView {
        load: id,
        limit: limit.as_ref().map(LimitView::from),
        stated_weight_g,
        stated_volume_cm3,
        consignments: i64::try_from(carried.len()).unwrap_or(i64::MAX),
        packages_weight_g: packages.gross_weight_g,
        packages_volume_cm3: packages.volume_cm3,
        warnings: packages.at_least(stated).beyond(most),
        sequence,
    })
}
