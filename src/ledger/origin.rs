//! Who stands behind an event besides whoever posted it: an organization whose paper it was entered from, or nobody
//! here, where a file was imported.

use crate::core::id::{OrganizationId, PersonId, UserId};
use serde::{Deserialize, Serialize};

/// That an event was entered for somebody else from paper: by whom it was done, and the paper. Never a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromPaper {
    /// The organization that did what the event says.
    pub organization: OrganizationId,
    /// The number of the paper.
    pub number: String,
    /// Who did it, as one of that organization's people on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// The member of an event's body that says so.
pub const FROM_PAPER: &str = "from_paper";
/// What a recorded body that says so is like, for queries. In words of the body quotation marks are escaped, so that
/// nothing somebody writes is taken for it.
pub const IS_FROM_PAPER: &str = "%\"from_paper\":{%";

/// The paper a recorded event was entered from.
pub fn from_paper(body: &str) -> Option<FromPaper> {
    let members: serde_json::Value = serde_json::from_str(body).ok()?;
    serde_json::from_value(members.get(FROM_PAPER)?.clone()).ok()
}

/// Whether an event was imported at the command line: no user stands behind it.
pub fn is_imported(actor: UserId) -> bool {
    actor.0.is_nil()
}
