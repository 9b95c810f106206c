//! That a donor agreed: for which organization, by whom, when, and where that can be looked at. Never a name.

use super::store::Pledge;
use crate::core::check::{Check, REFERENCE_CHARS_MAX};
use crate::core::id::{DocumentId, OrganizationId, PersonId, PledgeId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::Conn;
use crate::db::schema::documents;
use crate::ledger::event::{Halt, Happening};
use crate::people::{check_named, check_reached};
use crate::writer::{Desk, Register, Unique};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// How far the day is ahead of UTC where it begins first.
const FIRST_DAY_AHEAD: i64 = 14 * 60 * 60 * MICROSECONDS;

/// What a donor agreed to, as far as it is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The organization that consents: the pledge's donor.
    pub organization: OrganizationId,
    /// Who consented for it, as one of its people on record.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The day, such as `2026-03-14`.
    pub given_on: String,
    /// The document that says so; it is about this pledge.
    #[serde(default)]
    pub document: Option<DocumentId>,
    /// Where the paper is filed, without names of persons.
    #[serde(default)]
    pub filed: Option<String>,
}

impl Consent {
    /// Whether this is consent to what happens to a pledge.
    ///
    /// # Errors
    /// `invalid` naming the field; rows missing on the desk.
    pub(super) fn check(&self, desk: &mut Desk, happening: &Happening, pledge: &Pledge) -> Result<(), Halt> {
        self.check_words(happening.occurred_at)?;
        let Some(donor) = pledge.donor_id else {
            let detail = "Nobody knows who gave this pledge, so nobody can consent to a change of it.";
            return Err(Problem::new(Code::WrongState, detail).at("/pledge").into());
        };
        if self.organization != donor {
            let detail = format!("{} did not give this pledge; its donor consents", self.organization);
            return Err(Problem::field("/consent/organization", detail).into());
        }
        if let Some(person) = self.person {
            let pointer = "/consent/person";
            // Who was there when it was proposed may be erased by the time it is approved: the consent stays given.
            let found = match happening.decided_by {
                None => check_named(desk, &happening.scope, pointer, person)?,
                Some(_) => check_reached(desk, &happening.scope, pointer, person)?,
            };
            if found.organization_id != donor {
                let detail = format!("{person} is not one of the donor's people; name one who is");
                return Err(Problem::field(pointer, detail).into());
            }
        }
        if let Some(document) = self.document
            && desk.shelf::<Register<PledgePapers>>().holder(&document.to_string())? != Some(pledge.id)
        {
            let detail = format!("{document} is no standing document about this pledge; record it first");
            return Err(Problem::field("/consent/document", detail).coded(Fault::Unknown).into());
        }
        Ok(())
    }

    fn check_words(&self, occurred_at: Timestamp) -> Result<(), Problem> {
        let mut check = Check::new();
        check.date("/consent/given_on", &self.given_on);
        check.optional_text("/consent/filed", self.filed.as_deref(), REFERENCE_CHARS_MAX);
        if self.document.is_none() && self.filed.is_none() {
            let detail = "is not on record; name the document, or write where the paper is filed";
            check.wrong("/consent", detail);
        }
        check.finish()?;
        let day = Timestamp(occurred_at.0.saturating_add(FIRST_DAY_AHEAD)).to_datetime().date_naive();
        if self.given_on.trim() > day.to_string().as_str() {
            let detail = format!("{} is after what it consents to ({occurred_at})", self.given_on.trim());
            return Err(Problem::field("/consent/given_on", detail).coded(Fault::TooLate));
        }
        Ok(())
    }
}

/// Which pledge each document is about that is not void. Documents are another room's; that one is there is enough.
pub(super) struct PledgePapers;

impl Unique for PledgePapers {
    type Holder = PledgeId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, PledgeId)>> {
        let ids: Vec<DocumentId> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        let rows: Vec<(DocumentId, PledgeId)> = documents::table
            .filter(documents::id.eq_any(ids).and(documents::voided_at.is_null()))
            .filter(documents::pledge_id.is_not_null())
            .select((documents::id, documents::pledge_id.assume_not_null()))
            .load(conn)?;
        Ok(rows.into_iter().map(|(document, pledge)| (document.to_string(), pledge)).collect())
    }
}
