//! What a departure is warned of, and the one thing it is refused for: a limit that was stated as hard.

use super::rules::{GreenLight, Measures, PaperState, Warning};
use super::store::{
    CUSTOMS, ConsignmentTerm, CustomsRequirement, GREEN_LIGHT, LoadLimit, about_country, all_packages,
    counting, wanted,
};
use crate::auth::is_operator;
use crate::consignments::departures::Departures;
use crate::consignments::store::{Consignment, Load};
use crate::core::id::{ConsignmentId, LoadId};
use crate::core::problem::{Code, Problem};
use crate::ledger::event::{Halt, Happening, all_or_missed};
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};

/// What is lacking of a consignment that departs. What is told at the command line happened long ago and is warned of
/// nothing; nor is what is only rehearsed.
///
/// # Errors
/// `wrong_state` where it is too heavy or too large for its load, and that is stated as a hard limit; rows missing on the
/// desk.
pub(in crate::consignments) fn warnings(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    load: Option<LoadId>,
) -> Result<Vec<String>, Halt> {
    if happening.is_rehearsal() || is_operator(desk.actor()) {
        return Ok(Vec::new());
    }
    let terms = desk.shelf::<Drawer<ConsignmentTerm>>().group(consignment.id)?;
    let counting = counting(terms.iter().map(AsRef::as_ref));
    let country = find_site(desk, consignment.destination_id)?.country.clone();
    let asked = desk.shelf::<Drawer<CustomsRequirement>>().group(about_country(&country))?;
    let mut found = Vec::new();
    let is_given =
        |term: &&&ConsignmentTerm| term.kind == GREEN_LIGHT && term.state == GreenLight::Given.word();
    if counting.iter().find(is_given).is_none() {
        found.push(Warning::NoGreenLight);
    }
    let is_done = |document: &str| {
        counting.iter().any(|term| {
            term.kind == CUSTOMS
                && term.country.as_deref() == Some(country.as_str())
                && term.document.as_deref() == Some(document)
                && PaperState::from_word(&term.state).is_some_and(PaperState::is_done)
        })
    };
    if wanted(asked.iter().map(AsRef::as_ref)).iter().any(|one| !is_done(&one.document)) {
        found.push(Warning::CustomsOpen);
    }
    if let Some(load) = load {
        let others = carried_beside(desk, load, consignment.id)?;
        found.extend(beyond(desk, load, all_packages(&counting).and(others))?);
    }
    Ok(found.into_iter().map(|warning| warning.word().to_owned()).collect())
}

/// What the packages of all others are that departed on a load: it carries them together.
fn carried_beside(desk: &mut Desk, load: LoadId, own: ConsignmentId) -> Result<Measures, Halt> {
    let mut all = Measures::default();
    let mut others = desk.shelf::<Departures>().on_load(load)?;
    others.retain(|other| *other != own);
    all_or_missed(others, |other| {
        let terms = desk.shelf::<Drawer<ConsignmentTerm>>().group(other)?;
        all = all.and(all_packages(&counting(terms.iter().map(AsRef::as_ref))));
        Ok(())
    })?;
    Ok(all)
}

/// What of the packages, or of what the load's own papers say, is beyond what it can carry.
fn beyond(desk: &mut Desk, id: LoadId, packages: Measures) -> Result<Vec<Warning>, Halt> {
    let limits = desk.shelf::<Drawer<LoadLimit>>().group(id)?;
    let Some(limit) = limits.iter().max_by_key(|limit| limit.sequence) else { return Ok(Vec::new()) };
    let load = desk.shelf::<Drawer<Load>>().find(id)?;
    let papers = load.map_or(Measures::default(), |load| Measures {
        gross_weight_g: load.gross_weight_g,
        volume_cm3: load.volume_cm3,
    });
    let found = packages.at_least(papers).beyond(limit.measures());
    if !limit.is_hard || found.is_empty() {
        return Ok(found);
    }
    let words: Vec<&str> = found.iter().map(|warning| warning.word()).collect();
    let detail = format!(
        "The load cannot carry this with all that departed on it: {}. The limit was stated as a hard one; take another \
         load, or split the consignment.",
        words.join(", ")
    );
    Err(Problem::new(Code::WrongState, detail).at("/load").with("warnings", words).into())
}
