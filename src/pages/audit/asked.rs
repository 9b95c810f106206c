//! What somebody asks of figures by the pickers of a page, and the addresses that ask for something near it.

use super::words::AuditWord;
use crate::core::problem::Outcome;
use crate::pages::fields::Field;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::programmes::http::ProgrammeView;
use crate::reconciliation::rules::{Group, Section};
use crate::totals::Key;
use crate::web::value_of;
use actix_web::HttpRequest;
use form_urlencoded::Serializer;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What figures are narrowed to.
const FILTERS: [&str; 14] = [
    "place",
    "programme",
    "donor",
    "pledge",
    "item",
    "lot",
    "country",
    "site",
    "holder",
    "owner",
    "consignee",
    "consignment",
    "corridor",
    "without",
];
/// The moment they are of.
const MOMENTS: [&str; 3] = ["from", "as_of", "known_at"];
/// What rows are by where nobody says.
const GROUP_DEFAULT: &str = "programme";

/// What stands in the address of a page.
pub struct Asked {
    form: Form,
}

impl Asked {
    /// Of a request.
    pub fn of(request: &HttpRequest) -> Self {
        Self { form: Form::read(request.query_string().as_bytes()) }
    }

    /// A value as it was typed; empty where none was.
    pub fn value(&self, name: &str) -> &str {
        self.form.get(name)
    }

    /// Filters and moments, as members of a query.
    pub fn narrowed(&self) -> Map<String, Value> {
        self.members(&[FILTERS.as_slice(), MOMENTS.as_slice()].concat())
    }

    /// Named values, as members of a query; those left empty are left out.
    pub fn members(&self, names: &[&str]) -> Map<String, Value> {
        crate::pages::fields::members(&self.form, names)
    }

    /// What rows are by: one or two of those that were chosen.
    pub fn group_by(&self) -> String {
        let first = self.form.given("group_by").unwrap_or(GROUP_DEFAULT);
        match self.form.given("then_by").filter(|then| *then != first) {
            Some(then) => format!("{first},{then}"),
            None => first.to_owned(),
        }
    }

    /// Whether it may be about any of these programmes: it names one of them, or none at all.
    pub fn is_about(&self, programmes: &[ProgrammeView]) -> bool {
        let named = self.value("programme");
        programmes.iter().any(|one| named.is_empty() || one.id.to_string() == named)
    }

    /// The part that is shown besides the accounts.
    pub fn part(&self) -> Option<Section> {
        let word = self.value("part");
        Section::ALL.into_iter().find(|section| section.word() == word && *section != Section::Accounts)
    }

    /// Whether it is narrowed to some of what there is.
    pub fn is_narrowed(&self) -> bool {
        FILTERS.iter().any(|name| self.form.given(name).is_some())
    }

    /// The filters, to be sent again with the pickers of a page.
    pub fn kept(&self) -> Vec<(&'static str, String)> {
        FILTERS.into_iter().filter_map(|name| Some((name, self.form.given(name)?.to_owned()))).collect()
    }

    /// The address of a page that asks for the same, with other values for some of it; those without a value are left out.
    pub fn with(&self, path: &str, changed: &[(&str, Option<&str>)]) -> String {
        let mut pairs = Serializer::new(String::new());
        for (name, value) in self.form.fields() {
            let is_changed = changed.iter().any(|(changed, _)| changed == name);
            if !is_changed && !value.trim().is_empty() {
                pairs.append_pair(name, value.trim());
            }
        }
        for (name, value) in changed {
            if let Some(value) = value {
                pairs.append_pair(name, value);
            }
        }
        format!("{path}?{}", pairs.finish())
    }

    /// The address of the entries of a cell: the filters of the page, what its row is about, and an account. What was
    /// added up came from all time, so no beginning is asked for; `sequence` holds the figure still. None where a row is
    /// about something that entries cannot be asked for by.
    pub fn entries<'a>(
        &self,
        keys: impl IntoIterator<Item = (&'a str, Option<&'a Key>)>,
        account: &str,
        sequence: i64,
    ) -> Option<String> {
        let mut pairs = Serializer::new(String::new());
        let mut without: Vec<String> = self.form.given("without").map(str::to_owned).into_iter().collect();
        let mut named = Vec::new();
        for (group, key) in keys {
            match key {
                Some(Key::Named(thing)) => named.push((group, thing.id.to_string())),
                Some(Key::Country { code, .. }) if code != "ZZ" => named.push((group, code.clone())),
                None if is_optional(group) => without.push(group.to_owned()),
                Some(
                    Key::Country { .. }
                    | Key::Corridor { .. }
                    | Key::Region { .. }
                    | Key::Area { .. }
                    | Key::Month(_),
                )
                | None => return None,
            }
        }
        for (name, value) in self.kept() {
            if name != "without" && !named.iter().any(|(group, _)| *group == name) {
                pairs.append_pair(name, &value);
            }
        }
        pairs.extend_pairs(&named);
        if !without.is_empty() {
            pairs.append_pair("without", &without.join(","));
        }
        if !self.value("as_of").is_empty() {
            pairs.append_pair("as_of", self.value("as_of"));
        }
        pairs.append_pair("known_at", &sequence.to_string());
        pairs.append_pair("account", account);
        Some(format!("/reconciliation/entries?{}", pairs.finish()))
    }
}

/// Whether goods can be without it.
fn is_optional(group: &str) -> bool {
    let found = Group::ALL.into_iter().find(|one| one.word() == group);
    found.is_some_and(|one| one.is_place() || one == Group::Donor)
}

/// Reads a query of the interface out of members.
///
/// # Errors
/// `invalid` with a pointer to what is wrong.
pub fn query<T: DeserializeOwned>(members: Map<String, Value>) -> Outcome<T> {
    value_of(&Value::Object(members))
}

/// The pickers of a moment and of what rows are by.
pub fn pickers(frame: &Frame, asked: &Asked) -> Vec<Field> {
    let words = |group: Group| (group.word().to_owned(), frame.say(AuditWord::from(group)).to_owned());
    let groups = || Group::ALL.into_iter().map(words);
    let none = (String::new(), frame.say(AuditWord::NoPart).to_owned());
    let (by, then) = (asked.group_by(), asked.value("then_by").to_owned());
    let by = by.split(',').next().unwrap_or(GROUP_DEFAULT).to_owned();
    let then_choices = [none].into_iter().chain(groups());
    vec![
        Field::text("as_of", frame.say(AuditWord::AsOf), asked.value("as_of"))
            .hint(frame.say(AuditWord::AsOfHint)),
        Field::text("known_at", frame.say(AuditWord::KnownAt), asked.value("known_at"))
            .hint(frame.say(AuditWord::KnownAtHint)),
        Field::choice("group_by", frame.say(AuditWord::GroupBy), &by, groups()),
        Field::choice("then_by", frame.say(AuditWord::ThenBy), &then, then_choices),
    ]
}

/// The picker of what is shown besides the accounts.
pub fn part_picker(frame: &Frame, asked: &Asked) -> Field {
    let chosen = asked.part().map_or("", Section::word);
    let words = |section: Section| {
        let value = if section == Section::Accounts { "" } else { section.word() };
        (value.to_owned(), frame.say(AuditWord::from(section)).to_owned())
    };
    Field::choice("part", frame.say(AuditWord::Part), chosen, Section::ALL.map(words))
}
