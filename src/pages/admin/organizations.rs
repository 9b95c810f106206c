//! Organizations: a list with a form for a new one, and a page to change one.

use super::register::Register;
use super::{AdminWord, Choice, text, told};
use crate::auth::{Permit, action};
use crate::core::id::OrganizationId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, ticked};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::Cell;
use crate::parties::http::{organization_change, organization_create, organization_list, organization_read};
use crate::web::{IfMatch, Json, Path, Query, State, value_of};
use serde_json::{Map, Value};

/// What an organization may be, besides its words.
const PARTS: [(&str, AdminWord); 5] = [
    ("donor", AdminWord::Donor),
    ("consignor", AdminWord::Consignor),
    ("consignee", AdminWord::Consignee),
    ("carrier", AdminWord::Carrier),
    ("partner", AdminWord::Partner),
];

/// Organizations, as administrators keep them.
pub(super) struct Organizations;

impl Register for Organizations {
    type Id = OrganizationId;
    type Write = action::OrganizationWrite;

    const PATH: &'static str = "/admin/organizations";
    const ONE: &'static str = "/admin/organizations/{id}";
    const TITLE: AdminWord = AdminWord::Organizations;
    const LEAD: AdminWord = AdminWord::OrganizationsLead;
    const COLUMNS: &'static [AdminWord] =
        &[AdminWord::Name, AdminWord::Reference, AdminWord::Country, AdminWord::Parts];
    const NEW: &'static [&'static str] = &["id", "name", "reference", "country", "named"];
    const EDITED: &'static [&'static str] = &["name", "reference", "country", "named"];

    async fn list(permit: Permit<action::ReferenceRead>, state: State, query: &Value) -> Outcome<Value> {
        told(&organization_list(permit, state, Query(value_of(query)?)).await?.into_inner())
    }

    async fn read(
        permit: Permit<action::ReferenceRead>,
        state: State,
        id: OrganizationId,
    ) -> Outcome<(Value, i64)> {
        let read = organization_read(permit, state, Path(id)).await?;
        Ok((told(&read.body)?, read.revision))
    }

    async fn create(
        permit: Permit<action::OrganizationWrite>,
        state: State,
        said: &Value,
    ) -> Outcome<OrganizationId> {
        Ok(organization_create(permit, state, Json(value_of(said)?)).await?.into_recorded().answer.id)
    }

    async fn change(
        permit: Permit<action::OrganizationWrite>,
        state: State,
        id: OrganizationId,
        revision: IfMatch,
        said: &Value,
    ) -> Outcome<()> {
        organization_change(permit, state, Path(id), revision, Json(value_of(said)?)).await.map(drop)
    }

    fn cells(frame: &Frame, of: &Value, _organizations: &[Choice]) -> Vec<Cell> {
        let parts = PARTS.iter().filter(|(name, _)| of[*name].as_bool().unwrap_or_default());
        let parts: Vec<&str> = parts.map(|(_, word)| frame.say(*word)).collect();
        let (reference, country) = (Cell::code(text(of, "reference")), Cell::code(text(of, "country")));
        vec![reference, country, Cell::text(parts.join(", "))]
    }

    fn fields(frame: &Frame, of: &Value, _organizations: Vec<Choice>) -> Vec<Field> {
        let mut list = vec![
            Field::text("name", frame.say(AdminWord::Name), text(of, "name")).required(),
            Field::text("reference", frame.say(AdminWord::Reference), text(of, "reference")),
            Field::text("country", frame.say(AdminWord::Country), text(of, "country"))
                .hint(frame.say(AdminWord::CountryHint)),
        ];
        let part = |(name, word): (&'static str, AdminWord)| {
            Field::check(name, frame.say(word), of[name].as_bool().unwrap_or_default())
        };
        list.extend(PARTS.map(part));
        list.push(
            Field::text("named", frame.say(AdminWord::Named), text(of, "named"))
                .hint(frame.say(AdminWord::NamedHint)),
        );
        list
    }

    fn said(form: &Form, members: &mut Map<String, Value>) {
        members.extend(PARTS.map(|(name, _)| (name.to_owned(), ticked(form, name))));
    }
}
