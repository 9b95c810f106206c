//! How the values of columns enter the log.

use crate::audit::digest::Value;
use crate::core::quantity::Quantity;
use crate::core::time::Timestamp;
use crate::db::SharedBytes;

/// A column's value as the log hashes it.
pub trait AsValue {
    /// The value.
    fn as_value(&self) -> Value<'_>;
}

impl AsValue for i64 {
    fn as_value(&self) -> Value<'_> {
        Value::Integer(*self)
    }
}
impl AsValue for i32 {
    fn as_value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}
impl AsValue for bool {
    fn as_value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}
impl AsValue for f64 {
    fn as_value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}
impl AsValue for String {
    fn as_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl AsValue for Vec<u8> {
    fn as_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl AsValue for SharedBytes {
    fn as_value(&self) -> Value<'_> {
        Value::Bytes(&self.0)
    }
}
impl AsValue for Timestamp {
    fn as_value(&self) -> Value<'_> {
        Value::Integer(self.0)
    }
}
impl AsValue for Quantity {
    fn as_value(&self) -> Value<'_> {
        Value::Integer(self.get())
    }
}
impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, AsValue::as_value)
    }
}

macro_rules! identifier_values {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        impl AsValue for crate::core::id::$name {
            fn as_value(&self) -> Value<'_> {
                Value::Bytes(self.0.as_bytes().as_slice())
            }
        }
    )*};
}
crate::core::id::each_identifier!(identifier_values);
