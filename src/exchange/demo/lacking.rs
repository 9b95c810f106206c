//! What the invented programme still lacks, and how many people are said to have been reached: a few needs that stand in the
//! public list, and a few records of people, all of them invented.

use super::script::Script;
use crate::core::id::{ItemId, ProgrammeId};
use crate::core::problem::{Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::needs::{NeedDraft, Priority};
use crate::reach::{HeadcountDraft, HeadcountStatus};

/// Far enough ahead that what is on its way can be there in time.
const NEEDED_BY: &str = "2030-06-30";
/// Who says all of it.
const SOURCE: &str = "Invented survey (synthetic)";

/// Tells what is lacking of an item, and of whom it is said that they were reached.
///
/// # Errors
/// `internal` where something of it could not be stated by hand.
pub(super) fn tell(script: &mut Script, programme: ProgrammeId, item: ItemId) -> Outcome<()> {
    // One of a city whose stock nobody has placed there, one that the deliveries of a country fill in part, and one they fill.
    for (key, area, quantity, people, priority) in [
        ("1", "GM-B", 60_000, 30_000, Priority::Critical),
        ("2", "KE", 250_000, 120_000, Priority::High),
        ("3", "NP", 5_000, 2_500, Priority::Normal),
    ] {
        let quantity = Quantity::new(quantity);
        let draft = NeedDraft {
            id: None,
            programme,
            item,
            quantity: quantity
                .ok_or_else(|| Problem::internal("a need of a demonstration is no quantity"))?,
            site: None,
            area: Some(area.to_owned()),
            needed_by: NEEDED_BY.to_owned(),
            people: Some(people),
            priority,
            shelf_life_days: None,
            source: SOURCE.to_owned(),
            organization: None,
            reference: Some(format!("SYN-NEED-{key}")),
            note: None,
            circulated: true,
        };
        script.need(key, &draft)?;
    }
    for (reference, area, people, status) in [
        ("1", "GM", 12_000, HeadcountStatus::Verified),
        ("2", "KE", 30_000, HeadcountStatus::Verified),
        ("3", "SL", 900, HeadcountStatus::Reported),
        ("4", "KE", 4_000, HeadcountStatus::Planned),
    ] {
        let draft = HeadcountDraft {
            programme,
            source: SOURCE.to_owned(),
            reference: reference.to_owned(),
            area: Some(area.to_owned()),
            unplaced: false,
            sector: Some("health".to_owned()),
            organization: Some("Volunteers (synthetic)".to_owned()),
            group: None,
            people: Some(people),
            status: Some(status),
            from: Some("2025-10-01".to_owned()),
            to: Some("2025-10-31".to_owned()),
            caseload: None,
            round: None,
            withdrawn: false,
        };
        script.headcount(&draft)?;
    }
    Ok(())
}
