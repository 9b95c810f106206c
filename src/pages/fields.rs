//! The fields of a form, each with its label, what it holds, and what is wrong with it.

use super::form::Form;
use super::frame::Frame;
use super::refused::{Wrong, Wrongs};
use super::words::Word;
use serde_json::{Map, Value};

/// A value to choose.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub words: String,
    /// Whether it is the one.
    pub is_chosen: bool,
}

/// A field of a form.
#[derive(Default)]
pub struct Field {
    /// Its name, and its identifier on the page.
    pub name: &'static str,
    /// What it is called.
    pub label: String,
    /// What is to be known of it.
    pub hint: String,
    /// What it holds.
    pub value: String,
    /// `text`, `number`, `date`, `password`, `check`, `area` or `choice`.
    pub kind: &'static str,
    /// Whether something must stand in it.
    pub is_required: bool,
    /// What there is to choose.
    pub choices: Vec<Choice>,
    /// What is wrong with it, where anything is.
    pub error: Option<Wrong>,
}

impl Field {
    /// What would be right in it, in the page's language, where what exactly is wrong is said by the interface alone.
    pub fn wants(&self, frame: &Frame) -> &'static str {
        frame.say(match self.kind {
            "number" => Word::WantsNumber,
            "date" => Word::WantsDay,
            "choice" => Word::WantsChoice,
            _ => Word::WantsOther,
        })
    }

    /// What describes it beside its label: the hint stays where something is wrong, since it says what is wanted. Nothing where
    /// neither is.
    pub fn described(&self) -> String {
        let there = [("hint", !self.hint.is_empty()), ("error", self.error.is_some())];
        let named = there.into_iter().filter(|(_, is_there)| *is_there);
        named.map(|(what, _)| format!("{}-{what}", self.name)).collect::<Vec<String>>().join(" ")
    }

    /// A field of one line.
    pub fn text(name: &'static str, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name, label: label.into(), value: value.into(), kind: "text", ..Self::default() }
    }

    /// A field of several lines.
    pub fn area(name: &'static str, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "area", ..Self::text(name, label, value) }
    }

    /// A box to tick.
    pub fn check(name: &'static str, label: impl Into<String>, is_on: bool) -> Self {
        let value = if is_on { "true" } else { "" };
        Self { kind: "check", ..Self::text(name, label, value) }
    }

    /// One of several values.
    pub fn choice(
        name: &'static str,
        label: impl Into<String>,
        value: &str,
        choices: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let choice = |(of, words): (String, String)| Choice { is_chosen: of == value, value: of, words };
        let choices = choices.into_iter().map(choice).collect();
        Self { kind: "choice", choices, ..Self::text(name, label, value) }
    }

    /// The same of another kind.
    pub fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    /// The same where something must stand in it.
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same with what is to be known of it.
    pub fn hint(self, words: impl Into<String>) -> Self {
        Self { hint: words.into(), ..self }
    }
}

/// A form.
#[derive(Default)]
pub struct Fields {
    /// Where it is sent.
    pub action: String,
    /// What its button says.
    pub submit: String,
    /// What is sent besides.
    pub hidden: Vec<(&'static str, String)>,
    /// Its fields.
    pub list: Vec<Field>,
    /// What is wrong with it.
    pub wrongs: Wrongs,
    /// Whether its button stands back behind that of another form.
    pub is_quiet: bool,
}

impl Fields {
    /// A form.
    pub fn new(action: impl Into<String>, submit: impl Into<String>, list: Vec<Field>) -> Self {
        Self { action: action.into(), submit: submit.into(), list, ..Self::default() }
    }

    /// The same with something that is sent besides.
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    /// The same with a button that stands back: a page has one that does not.
    pub fn quiet(self) -> Self {
        Self { is_quiet: true, ..self }
    }

    /// The same after it was refused: with what was typed, and each field with what is wrong with it.
    pub fn again(mut self, form: &Form, wrongs: Wrongs) -> Self {
        for field in &mut self.list {
            // A password is typed again, and never sent back.
            let typed = if field.kind == "password" { "" } else { form.get(field.name) };
            typed.clone_into(&mut field.value);
            for choice in &mut field.choices {
                choice.is_chosen = choice.value == field.value;
            }
            field.error = wrongs.at(field.name).cloned();
        }
        for (name, value) in &mut self.hidden {
            if let Some(sent) = form.given(name) {
                sent.clone_into(value);
            }
        }
        self.wrongs = wrongs;
        self
    }
}

/// The name of a field by the pointer of a problem: one of its members is the field's, such as the first of
/// `/packs/0/numerator` and the last of `/coordinates/latitude`.
pub fn field_of(names: &[&'static str], pointer: &str) -> Option<&'static str> {
    pointer.split('/').find_map(|member| names.iter().find(|name| **name == member).copied())
}

/// The named fields of a form as members of a body; those left empty are left out.
pub fn members(form: &Form, names: &[&str]) -> Map<String, Value> {
    let given = |name: &&str| form.given(name).map(|text| ((*name).to_owned(), Value::from(text)));
    names.iter().filter_map(given).collect()
}

/// The same for an edit: those left empty take away what was there.
pub fn edited(form: &Form, names: &[&str]) -> Map<String, Value> {
    let one = |name: &&str| ((*name).to_owned(), form.given(name).map_or(Value::Null, Value::from));
    names.iter().map(one).collect()
}

/// A number where it is one; else the text, which is refused by the words of the interface.
pub fn number_or_text(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}

/// Whether a box was ticked.
pub fn ticked(form: &Form, name: &str) -> Value {
    Value::from(form.given(name).is_some())
}
