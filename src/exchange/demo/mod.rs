//! What a demonstration shows: the published facts of the Cities Project 2020, and an invented programme
//! that says so in its name.
//!
//! The two are never mixed: no figure of one is made to fit the other, and what the published gifts leave
//! open of the published total stays open. Everything comes out the same each time, so that a
//! demonstration started twice is the same one.

mod chance;
mod decided;
mod lacking;
mod published;
mod script;
mod shipment;
mod synthetic;

pub use decided::decider;
pub use published::{Gap, PROGRAMME_CODE as PUBLISHED_CODE, gap};
pub use synthetic::{DEPLOYED_MASKS, PROGRAMME_CODE as SYNTHETIC_CODE};

use super::apply::{Namespace, Recorder};
use crate::auth::OPERATOR;
use crate::core::id::{ConsignmentId, OrganizationId, PledgeId, UserId};
use crate::core::problem::Outcome;
use crate::writer::Actor;
use script::Script;
use uuid::Uuid;

/// The mapping, as it were, that a demonstration's identifiers are derived under.
const NAME: &str = "demo";

/// What a visitor of a demonstration is pointed to.
#[derive(Clone, Copy, Debug)]
pub struct Landmarks {
    /// A consignment that went all its way.
    pub consignment: ConsignmentId,
    /// A pledge whose goods went to many places.
    pub pledge: PledgeId,
    /// The donor of that pledge.
    pub donor: OrganizationId,
}

/// Where they are, whenever the demonstration was filled.
pub fn landmarks() -> Landmarks {
    let names = Namespace::of(NAME);
    Landmarks {
        consignment: names.id("consignment", &synthetic::consignment_reference(0)),
        pledge: names.id("pledge", &synthetic::pledge_reference(0)),
        donor: names.id("organization", &synthetic::donor_reference(0)),
    }
}

/// Who fills a demonstration, in the words of the log.
pub fn demo_actor() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: "import:demo".to_owned() }
}

/// Fills a database; what is there already stays as it is.
///
/// # Errors
/// Where the database cannot be written, or holds something else under the same references.
pub fn fill(recorder: &mut Recorder, done: &mut dyn FnMut(usize)) -> Outcome<()> {
    let mut script = Script::new(NAME, demo_actor());
    published::tell(&mut script)?;
    synthetic::tell(&mut script)?;
    script.play(recorder, done)
}
