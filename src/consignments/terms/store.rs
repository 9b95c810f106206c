//! The rows of what is agreed and asked for around consignments and loads.

use super::rules::Measures;
use crate::core::id::{
    BaselineKey, ConsignmentId, ConsignmentTermId, CustomsRequirementId, HandlingUnitId, LegId, LoadId,
    LoadLimitId, OrganizationId, derived,
};
use crate::core::time::Timestamp;
use crate::writer::record;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The kinds of terms.
pub(super) const GREEN_LIGHT: &str = "green_light";
pub(super) const CUSTOMS: &str = "customs";
pub(super) const FREIGHT: &str = "freight";
pub(super) const PACKAGE: &str = "package";

record! {
    /// What is stated about a consignment.
    pub struct ConsignmentTerm in consignment_terms key id: ConsignmentTermId, group consignment_id: ConsignmentId {
        /// Key: made from the consignment, what it is about and the entry.
        id: ConsignmentTermId,
        /// The consignment.
        consignment_id: ConsignmentId,
        /// What kind: green_light, customs, freight or package.
        kind: String,
        /// What of that kind it is about: of those that say the same the newest counts.
        about: String,
        /// How it stands.
        state: String,
        /// Of a paper: the country.
        country: Option<String>,
        /// Of a paper: which one.
        document: Option<String>,
        /// Its number.
        reference: Option<String>,
        /// The day on which it came to stand so.
        on_day: Option<String>,
        /// Of freight: the leg.
        leg_id: Option<LegId>,
        /// Of freight: who pays.
        payer_id: Option<OrganizationId>,
        /// Of freight: how much, in the currency's minor unit.
        minor: Option<i64>,
        /// ISO 4217.
        currency: Option<String>,
        /// Of a package: how many there are in all.
        total: Option<i64>,
        /// Of a package: what is written on it.
        mark: Option<String>,
        /// Of a package: its gross weight in grams.
        gross_weight_g: Option<i64>,
        /// Of a package: its volume in cubic centimetres.
        volume_cm3: Option<i64>,
        /// Of a package: the handling unit it is.
        unit_id: Option<HandlingUnitId>,
        /// In words.
        note: Option<String>,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

record! {
    /// That a country asks for a paper, or no longer does.
    pub struct CustomsRequirement in customs_requirements key id: CustomsRequirementId, group about: BaselineKey {
        /// Key: made from the country, the paper and the entry.
        id: CustomsRequirementId,
        /// The country, as a key.
        about: BaselineKey,
        /// ISO 3166-1 alpha-2.
        country: String,
        /// Which paper.
        document: String,
        /// Whether it asks for it.
        wanted: bool,
        /// In words.
        note: Option<String>,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

record! {
    /// What a load can carry.
    pub struct LoadLimit in load_limits key id: LoadLimitId, group load_id: LoadId {
        /// Key: made from the load and the entry.
        id: LoadLimitId,
        /// The load.
        load_id: LoadId,
        /// Grams.
        gross_weight_g: Option<i64>,
        /// Cubic centimetres.
        volume_cm3: Option<i64>,
        /// Whether a departure beyond it is refused.
        is_hard: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

/// The key of what is asked for by a country.
pub(super) fn about_country(country: &str) -> BaselineKey {
    derived(Uuid::nil(), &format!("customs {country}"), 0)
}

impl ConsignmentTerm {
    pub(super) fn measures(&self) -> Measures {
        Measures { gross_weight_g: self.gross_weight_g, volume_cm3: self.volume_cm3 }
    }
}

impl LoadLimit {
    pub(super) fn measures(&self) -> Measures {
        Measures { gross_weight_g: self.gross_weight_g, volume_cm3: self.volume_cm3 }
    }
}

/// Of all that was stated, what counts: of each thing the newest, and of packages those of the newest list.
pub(super) fn counting<'a>(terms: impl IntoIterator<Item = &'a ConsignmentTerm>) -> Vec<&'a ConsignmentTerm> {
    let mut newest: BTreeMap<(&str, &str), &ConsignmentTerm> = BTreeMap::new();
    for term in terms {
        let known = newest.entry((&term.kind, &term.about)).or_insert(term);
        if known.sequence < term.sequence {
            *known = term;
        }
    }
    let last_list = newest.values().filter(|term| term.kind == PACKAGE).map(|term| term.sequence).max();
    newest.retain(|(kind, _), term| *kind != PACKAGE || Some(term.sequence) == last_list);
    newest.into_values().collect()
}

/// Of all that was asked for by a country, what it still asks for.
pub(super) fn wanted<'a>(
    requirements: impl IntoIterator<Item = &'a CustomsRequirement>,
) -> Vec<&'a CustomsRequirement> {
    let mut newest: BTreeMap<&str, &CustomsRequirement> = BTreeMap::new();
    for one in requirements {
        let known = newest.entry(&one.document).or_insert(one);
        if known.sequence < one.sequence {
            *known = one;
        }
    }
    newest.into_values().filter(|one| one.wanted).collect()
}

/// What all packages of a list weigh and take up, as far as that is stated.
pub(super) fn all_packages(terms: &[&ConsignmentTerm]) -> Measures {
    let packages = terms.iter().filter(|term| term.kind == PACKAGE);
    packages.fold(Measures::default(), |all, term| all.and(term.measures()))
}
