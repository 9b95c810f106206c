//! What an organization may be: the judgement of what a caller wrote.

use crate::atlas::CountryCode;
use crate::core::check::{CODE_CHARS_MAX, Check, Edit, NAME_CHARS_MAX, quoted};
use crate::core::id::OrganizationId;
use crate::core::problem::{Fault, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part an organization plays; one may play several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Gives goods.
    Donor,
    /// Sends goods on their way.
    Consignor,
    /// Receives goods.
    Consignee,
    /// Carries goods.
    Carrier,
    /// Helps in another way.
    Partner,
}

/// The word for a donor whom everybody may read.
const ALWAYS: &str = "always";
/// The word for a donor whom nobody may read but who handles the goods.
const NEVER: &str = "never";

/// Judges what says when others may read who gave.
pub fn check_named(check: &mut Check, pointer: &str, named: Option<&str>) {
    let Some(text) = named.filter(|text| ![ALWAYS, NEVER].contains(text)) else { return };
    let mut date = Check::new();
    date.date(pointer, text);
    if date.finish().is_err() {
        let shown = quoted(text);
        check.fault(
            Fault::NotAChoice,
            pointer,
            format!("{shown} is none of always, never and a day such as 2027-01-01 to be named from"),
        );
    }
}

/// Whether others may read who gave on a day, as a pledge says; where it says nothing, as its donor does; and where
/// nobody does, they may.
pub fn is_named(pledge: Option<&str>, donor: Option<&str>, today: &str) -> bool {
    match pledge.or(donor) {
        None | Some(ALWAYS) => true,
        Some(NEVER) => false,
        Some(day) => day <= today,
    }
}

/// An organization as a caller describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<OrganizationId>,
    /// What it is called. Organizations only: never the name of a person.
    #[schema(max_length = 200, example = "West African Health Organisation")]
    pub name: String,
    /// What your own books call it, unique.
    #[serde(default)]
    #[schema(max_length = 60, example = "WAHO")]
    pub reference: Option<String>,
    /// Where it is at home, ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schema(example = "BF")]
    pub country: Option<String>,
    /// Whether it gives.
    #[serde(default)]
    pub donor: bool,
    /// Whether it sends.
    #[serde(default)]
    pub consignor: bool,
    /// Whether it receives.
    #[serde(default)]
    pub consignee: bool,
    /// Whether it carries.
    #[serde(default)]
    pub carrier: bool,
    /// Whether it helps in another way.
    #[serde(default)]
    pub partner: bool,
    /// Whether others than who handles its goods may read that it gave: `always`, which is so where nothing is said,
    /// `never`, or from a day on such as `2027-01-01`. A pledge may say otherwise.
    #[serde(default)]
    #[schema(example = "never")]
    pub named: Option<String>,
}

/// Changes to an organization. What is left out stays; null empties what may be empty.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationEdit {
    /// What it is called.
    #[serde(default)]
    #[schema(value_type = String)]
    pub name: Edit<String>,
    /// What your own books call it, unique.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub reference: Edit<String>,
    /// Where it is at home, ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub country: Edit<String>,
    /// Whether it gives.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub donor: Edit<bool>,
    /// Whether it sends.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub consignor: Edit<bool>,
    /// Whether it receives.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub consignee: Edit<bool>,
    /// Whether it carries.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub carrier: Edit<bool>,
    /// Whether it helps in another way.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub partner: Edit<bool>,
    /// Whether others may read that it gave: `always`, `never` or a day.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub named: Edit<String>,
}

impl OrganizationDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let draft = self.normal(&mut check);
        check.finish()?;
        Ok(draft)
    }

    /// The draft after an edit, judged as a whole.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn edited(&self, edit: OrganizationEdit) -> Outcome<Self> {
        let mut check = Check::new();
        let mut draft = self.clone();
        edit.name.apply_required(&mut check, "/name", &mut draft.name);
        edit.reference.apply(&mut draft.reference);
        edit.country.apply(&mut draft.country);
        edit.donor.apply_required(&mut check, "/donor", &mut draft.donor);
        edit.consignor.apply_required(&mut check, "/consignor", &mut draft.consignor);
        edit.consignee.apply_required(&mut check, "/consignee", &mut draft.consignee);
        edit.carrier.apply_required(&mut check, "/carrier", &mut draft.carrier);
        edit.partner.apply_required(&mut check, "/partner", &mut draft.partner);
        edit.named.apply(&mut draft.named);
        let draft = draft.normal(&mut check);
        check.finish()?;
        Ok(draft)
    }

    fn normal(&self, check: &mut Check) -> Self {
        check.client_id("/id", self.id.map(|id| id.0));
        if let Some(country) = &self.country {
            check.parsed("/country", country.parse::<CountryCode>());
        }
        check_named(check, "/named", self.named.as_deref());
        Self {
            name: check.text("/name", &self.name, NAME_CHARS_MAX),
            reference: check.optional_text("/reference", self.reference.as_deref(), CODE_CHARS_MAX),
            ..self.clone()
        }
    }
}
