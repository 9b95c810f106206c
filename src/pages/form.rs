//! What a form sends: names and values, read within the limits of any body.

use crate::auth::Grant;
use crate::core::problem::{Code, Outcome, Problem};
use crate::web::{BODY_LIMIT, PUBLIC_BODY_LIMIT, read_body};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

/// The fields of a form, as `application/x-www-form-urlencoded` carries them.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Where each name stands first: a page asks for hundreds of them, and whoever sends a form fills it with as many as fit.
    first: HashMap<String, usize>,
}

impl Form {
    /// Reads what was sent.
    pub fn read(bytes: &[u8]) -> Self {
        Self::of(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Of fields that were read another way.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        let mut first = HashMap::new();
        for (place, (name, _)) in fields.iter().enumerate() {
            first.entry(name.clone()).or_insert(place);
        }
        Self { fields, first }
    }

    /// The value of a field as it was typed, where it was sent.
    pub fn sent(&self, name: &str) -> Option<&str> {
        let place = self.first.get(name)?;
        self.fields.get(*place).map(|(_, value)| value.as_str())
    }

    /// The value of a field without blanks around it; empty where it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.sent(name).map_or("", str::trim)
    }

    /// The same as it was typed: in a password blanks count.
    pub fn raw(&self, name: &str) -> &str {
        self.sent(name).unwrap_or_default()
    }

    /// The value where one was given.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// All values of a field, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Every field and its value.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }
}

/// A number as it is typed: digits, Arabic-Indic ones too, with blanks between groups.
pub fn amount(text: &str) -> Option<i64> {
    let digit = |letter: char| match letter {
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(letter) - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(letter) - 0x6f0, 10),
        other => Some(other),
    };
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).filter_map(digit).collect();
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The same as a value; what is no number stays as it was typed, so that whoever reads it says what would be right.
pub fn typed_number(text: &str) -> Value {
    amount(text).map_or_else(|| Value::from(text), Value::from)
}

impl FromRequest for Form {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                let words = "Send what a form sends, with Content-Type: application/x-www-form-urlencoded.";
                return Err(Problem::new(Code::UnsupportedMediaType, words));
            }
            let is_known = request.extensions().contains::<Grant>();
            let limit = if is_known { BODY_LIMIT } else { PUBLIC_BODY_LIMIT };
            Ok(Self::read(&read_body(&request, payload, limit).await?))
        })
    }
}
