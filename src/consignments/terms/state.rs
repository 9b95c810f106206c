//! Stating what is agreed and asked for, each statement in an entry of its own.

use super::store::{
    CUSTOMS, ConsignmentTerm, CustomsRequirement, FREIGHT, GREEN_LIGHT, LoadLimit, PACKAGE, about_country,
    counting, wanted,
};
use crate::consignments::store::{Consignment, Leg, Load};
use crate::core::id::{ConsignmentId, LoadId, derived};
use crate::core::problem::{Fault, Problem};
use crate::core::time::Timestamp;
use crate::kits::HandlingUnit;
use crate::parties::Organization;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use std::sync::Arc;

/// Terms that are stated of a consignment, together; what counts already is not stated again.
pub(super) struct TermsState {
    pub(super) actor: Actor,
    pub(super) consignment: ConsignmentId,
    /// As they are to be, but for key and entry.
    pub(super) terms: Vec<ConsignmentTerm>,
}

impl ConsignmentTerm {
    /// A term of a kind about something, with nothing else said yet.
    pub(super) fn bare(consignment: ConsignmentId, kind: &str, about: String, state: &str) -> Self {
        Self {
            id: derived(consignment.0, "term", 0),
            consignment_id: consignment,
            kind: kind.to_owned(),
            about,
            state: state.to_owned(),
            country: None,
            document: None,
            reference: None,
            on_day: None,
            leg_id: None,
            payer_id: None,
            minor: None,
            currency: None,
            total: None,
            mark: None,
            gross_weight_g: None,
            volume_cm3: None,
            unit_id: None,
            note: None,
            sequence: 0,
            recorded_at: Timestamp(0),
        }
    }

    fn says(&self, other: &Self) -> bool {
        let same =
            Self { id: self.id, sequence: self.sequence, recorded_at: self.recorded_at, ..other.clone() };
        *self == same
    }
}

impl TermsState {
    /// Refuses what names something that is not there.
    fn check(&self, desk: &mut Desk) -> Result<(), Refusal> {
        for (index, term) in self.terms.iter().enumerate() {
            if let Some(payer) = term.payer_id
                && desk.shelf::<Drawer<Organization>>().find(payer)?.is_none()
            {
                return Err(Problem::field("/payer", format!("{payer} is no organization known here"))
                    .coded(Fault::Unknown)
                    .into());
            }
            if let Some(leg) = term.leg_id {
                let legs = desk.shelf::<Drawer<Leg>>().group(self.consignment)?;
                if legs.iter().all(|one| one.id != leg) {
                    return Err(Problem::field("/leg", format!("{leg} is no leg of this consignment"))
                        .coded(Fault::Unknown)
                        .into());
                }
            }
            if let Some(unit) = term.unit_id {
                let found = desk.shelf::<Drawer<HandlingUnit>>().find(unit)?;
                if found.is_none_or(|found| found.consignment_id != Some(self.consignment)) {
                    let detail = format!("{unit} is no handling unit of this consignment");
                    return Err(Problem::field(format!("/packages/{index}/unit"), detail)
                        .coded(Fault::Unknown)
                        .into());
                }
            }
        }
        Ok(())
    }
}

impl Update for TermsState {
    type Answer = i64;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Consignment>>().want(self.consignment);
        desk.shelf::<Drawer<ConsignmentTerm>>().want_group(self.consignment);
        desk.shelf::<Drawer<Leg>>().want_group(self.consignment);
        for term in &self.terms {
            if let Some(payer) = term.payer_id {
                desk.shelf::<Drawer<Organization>>().want(payer);
            }
            if let Some(unit) = term.unit_id {
                desk.shelf::<Drawer<HandlingUnit>>().want(unit);
            }
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<i64, Refusal> {
        if desk.shelf::<Drawer<Consignment>>().find(self.consignment)?.is_none() {
            return Err(Problem::not_found().into());
        }
        let known = desk.shelf::<Drawer<ConsignmentTerm>>().group(self.consignment)?;
        let known = counting(known.iter().map(AsRef::as_ref));
        let of_kind = |kind: &str| known.iter().filter(|term| term.kind == kind).count();
        let is_said = |term: &ConsignmentTerm| known.iter().any(|one| one.says(term));
        let is_whole_list = self
            .terms
            .first()
            .is_none_or(|term| term.kind != PACKAGE || of_kind(PACKAGE) == self.terms.len());
        if is_whole_list && self.terms.iter().all(is_said) {
            return Ok(known.iter().map(|term| term.sequence).max().unwrap_or(0));
        }
        self.check(desk)?;
        let kind = self.terms.first().map_or("", |term| term.kind.as_str());
        let action = match kind {
            GREEN_LIGHT => "consignment.green_light_stated",
            CUSTOMS => "consignment.customs_stated",
            FREIGHT => "consignment.freight_stated",
            _ => "consignment.packages_stated",
        };
        let entry =
            Entry { action: action.to_owned(), kind: "consignment", id: self.consignment.0, reason: None };
        let moment = desk.begin(entry);
        for term in &self.terms {
            let place = format!("{}:{}:{}", term.kind, term.about, moment.sequence);
            desk.shelf::<Drawer<ConsignmentTerm>>().put(ConsignmentTerm {
                id: derived(self.consignment.0, &place, 0),
                sequence: moment.sequence,
                recorded_at: moment.recorded_at,
                ..term.clone()
            });
        }
        desk.touch(self.consignment.0);
        Ok(moment.sequence)
    }
}

/// Which papers a country asks for, all of them.
pub(super) struct RequirementsState {
    pub(super) actor: Actor,
    pub(super) country: String,
    /// Each with words.
    pub(super) documents: Vec<(String, Option<String>)>,
}

impl Update for RequirementsState {
    type Answer = i64;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<CustomsRequirement>>().want_group(about_country(&self.country));
    }

    fn decide(&self, desk: &mut Desk) -> Result<i64, Refusal> {
        let about = about_country(&self.country);
        let rows = desk.shelf::<Drawer<CustomsRequirement>>().group(about)?;
        let known = wanted(rows.iter().map(AsRef::as_ref));
        let is_known = |(document, note): &(String, Option<String>)| {
            known.iter().any(|one| one.document == *document && one.note == *note)
        };
        let new = self.documents.iter().filter(|one| !is_known(one)).cloned();
        let ended =
            known.iter().filter(|one| self.documents.iter().all(|(document, _)| *document != one.document));
        let mut changes: Vec<(String, Option<String>, bool)> =
            new.map(|(document, note)| (document, note, true)).collect();
        changes.extend(ended.map(|one| (one.document.clone(), None, false)));
        if changes.is_empty() {
            return Ok(rows.iter().map(|row| row.sequence).max().unwrap_or(0));
        }
        let action = "customs.required".to_owned();
        let moment = desk.begin(Entry { action, kind: "country", id: about.0, reason: None });
        for (document, note, wanted) in changes {
            desk.shelf::<Drawer<CustomsRequirement>>().put(CustomsRequirement {
                id: derived(about.0, &format!("{document}:{}", moment.sequence), 0),
                about,
                country: self.country.clone(),
                document,
                wanted,
                note,
                sequence: moment.sequence,
                recorded_at: moment.recorded_at,
            });
        }
        Ok(moment.sequence)
    }
}

/// What a load can carry.
pub(super) struct LimitState {
    pub(super) actor: Actor,
    pub(super) load: LoadId,
    pub(super) gross_weight_g: Option<i64>,
    pub(super) volume_cm3: Option<i64>,
    pub(super) is_hard: bool,
}

impl Update for LimitState {
    type Answer = Arc<LoadLimit>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Load>>().want(self.load);
        desk.shelf::<Drawer<LoadLimit>>().want_group(self.load);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<LoadLimit>, Refusal> {
        if desk.shelf::<Drawer<Load>>().find(self.load)?.is_none() {
            return Err(Problem::not_found().into());
        }
        let known = desk.shelf::<Drawer<LoadLimit>>().group(self.load)?;
        if let Some(last) = known.into_iter().max_by_key(|limit| limit.sequence)
            && (last.gross_weight_g, last.volume_cm3, last.is_hard)
                == (self.gross_weight_g, self.volume_cm3, self.is_hard)
        {
            return Ok(last);
        }
        let action = "load.limit_stated".to_owned();
        let moment = desk.begin(Entry { action, kind: "load", id: self.load.0, reason: None });
        let row = LoadLimit {
            id: derived(self.load.0, &format!("limit:{}", moment.sequence), 0),
            load_id: self.load,
            gross_weight_g: self.gross_weight_g,
            volume_cm3: self.volume_cm3,
            is_hard: self.is_hard,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<LoadLimit>>().put(row.clone());
        desk.touch(self.load.0);
        Ok(Arc::new(row))
    }
}
