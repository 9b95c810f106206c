//! A number of people to the thousandth, exactly. Pure.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Thousandths of a person in a person: mean sizes of households have up to three digits after the point.
const THOUSANDTHS: i64 = 1_000;
/// Digits after the point.
const DIGITS: usize = 3;
/// The most persons that can be said: as many as there can be base units, so that no product of the two goes wrong.
const PERSONS_MAXIMUM: i64 = 1 << 53;

/// How many people a quantity serves. On the wire it is a whole number, or a text such as `"4.7"` where it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Persons {
    thousandths: i64,
}

impl Persons {
    /// So many people, and so many thousandths of one beyond them.
    pub fn new(whole: i64, thousandths: i64) -> Option<Self> {
        let is_right = (1..=PERSONS_MAXIMUM).contains(&whole) && (0..THOUSANDTHS).contains(&thousandths);
        is_right.then_some(Self { thousandths: whole * THOUSANDTHS + thousandths })
    }

    /// A decimal with up to three digits after the point.
    pub fn read(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain(whole) || !is_plain(part) || part.len() > DIGITS {
            return None;
        }
        Self::new(whole.parse().ok()?, format!("{part:0<DIGITS$}").parse().ok()?)
    }

    /// All of it in thousandths of a person.
    pub fn thousandths(self) -> i64 {
        self.thousandths
    }

    /// The whole people in it.
    pub fn whole(self) -> i64 {
        self.thousandths / THOUSANDTHS
    }

    /// What is beyond the whole people, in thousandths; none where it is whole.
    pub fn beyond(self) -> Option<i64> {
        Some(self.thousandths % THOUSANDTHS).filter(|rest| *rest > 0)
    }
}

impl fmt::Display for Persons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.beyond() {
            None => write!(f, "{}", self.whole()),
            Some(beyond) => {
                let digits = format!("{beyond:0>DIGITS$}");
                write!(f, "{}.{}", self.whole(), digits.trim_end_matches('0'))
            }
        }
    }
}

impl Serialize for Persons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.beyond() {
            None => serializer.serialize_i64(self.whole()),
            Some(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Persons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Persons;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "how many persons, 1 to {PERSONS_MAXIMUM}: a whole number, or a text with up to {DIGITS} digits after the \
             point such as \"4.7\""
        )
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Persons, E> {
        Persons::new(value, 0).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Persons, E> {
        let persons = i64::try_from(value).ok().and_then(|value| Persons::new(value, 0));
        persons.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Persons, E> {
        Persons::read(value.trim()).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
    }
}

impl PartialSchema for Persons {
    fn schema() -> RefOr<Schema> {
        let whole = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1_isize));
        let exact = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[0-9]+(\.[0-9]{1,3})?$"));
        OneOfBuilder::new()
            .item(whole)
            .item(exact)
            .description(Some("How many persons: a whole number, or a text such as \"4.7\"."))
            .into()
    }
}

impl ToSchema for Persons {}
