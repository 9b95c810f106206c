//! JSON of any shape, with a note of where an object names a member twice.

use super::body::escape;
use crate::core::problem::{Fault, Outcome, Problem};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

/// A JSON value that was read whole: of a member that stands twice, whichever one took would be a guess.
#[derive(Clone, Debug)]
pub struct Distinct {
    value: Value,
    twice: Option<String>,
}

impl Distinct {
    /// The value, if every member stands once.
    ///
    /// # Errors
    /// `invalid`, pointing at the first that does not.
    pub fn into_value(self) -> Outcome<Value> {
        match self.twice {
            Some(pointer) => {
                Err(Problem::field(pointer, "stands twice in the same object; say it once")
                    .coded(Fault::Twice))
            }
            None => Ok(self.value),
        }
    }
}

impl From<Value> for Distinct {
    fn from(value: Value) -> Self {
        Self { value, twice: None }
    }
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_string<E>(self, value: String) -> Result<Distinct, E> {
        Ok(Value::from(value).into())
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Value::Null.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        let mut values = Vec::new();
        let mut twice = None;
        while let Some(item) = items.next_element::<Distinct>()? {
            let place = |inner: String| format!("/{}{inner}", values.len());
            twice = twice.or_else(|| item.twice.map(place));
            values.push(item.value);
        }
        Ok(Distinct { value: Value::Array(values), twice })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Distinct, A::Error> {
        let mut members = Map::new();
        let mut twice = None;
        while let Some((name, member)) = entries.next_entry::<String, Distinct>()? {
            let pointer = format!("/{}", escape(&name));
            let inner = member.twice.map(|inner| format!("{pointer}{inner}"));
            let is_known = members.insert(name, member.value).is_some();
            twice = twice.or(inner).or_else(|| is_known.then_some(pointer));
        }
        Ok(Distinct { value: Value::Object(members), twice })
    }
}
