//! The fields of a form that say what a loss or a disposal rests on.

use super::missing_words::MissingWord;
use super::words::ManagerWord;
use crate::auth::action;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::visitor::Visitor;
use crate::pages::words::Word;
use crate::papers::words::Told;
use crate::parties::http::{OrganizationQuery, organization_list};
use crate::web::{Query, Shown, State, value_of};
use serde_json::{Map, Value, json};

/// Their names.
const NAMES: [&str; 4] = ["report_number", "cause", "filed", "liable"];
/// The causes of a loss, by their words on the wire.
const CAUSES: [(&str, Told); 6] = [
    ("transport", Told::ByTransport),
    ("storage", Told::ByStorage),
    ("repacking", Told::ByRepacking),
    ("theft", Told::ByTheft),
    ("origin", Told::AtOrigin),
    ("other", Told::ByOther),
];
/// Parties somebody chooses from: of more, a list is no help, and the liable one is named in the report.
const PARTIES_SHOWN: i64 = 200;

/// The parties that may be liable, by their names.
pub(super) async fn parties(visitor: &Visitor, state: &State) -> Outcome<Vec<(String, String)>> {
    let Some(permit) = visitor.may::<action::ReferenceRead>() else { return Ok(Vec::new()) };
    let query: OrganizationQuery = value_of(&json!({"limit": PARTIES_SHOWN}))?;
    let page = organization_list(permit, state.clone(), Query(query)).await?.into_inner();
    let one = |shown| match shown {
        Shown::All(view) => Some(view),
        Shown::Traced(_) => None,
    };
    let views = page.items.into_iter().filter_map(one);
    let mut parties: Vec<(String, String)> = views.map(|view| (view.id.to_string(), view.name)).collect();
    parties.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(parties)
}

/// The fields.
pub(super) fn evidence_fields(frame: &Frame, parties: Vec<(String, String)>) -> [Field; 4] {
    let hint = frame.say(MissingWord::LossHint);
    let none = || (String::new(), frame.say(Word::None).to_owned());
    let causes = CAUSES.map(|(word, told)| (word.to_owned(), told.said(frame.language).to_owned()));
    let causes = std::iter::once(none()).chain(causes);
    let parties = std::iter::once(none()).chain(parties);
    let [report_number, cause, filed, liable] = NAMES;
    [
        Field::text(report_number, frame.say(ManagerWord::ReportNumber), "").hint(hint),
        Field::choice(cause, frame.say(ManagerWord::Cause), "", causes).hint(hint),
        Field::text(filed, frame.say(ManagerWord::Filed), "").hint(hint),
        Field::choice(liable, frame.say(ManagerWord::Liable), "", parties),
    ]
}

/// What was typed into them, as the interface reads it.
pub(super) fn evidence_of(form: &Form) -> Map<String, Value> {
    members(form, &NAMES)
}
