use super::{KeyScalar, KeyType, KeyValue};
use crate::value::{Form, Found, ValueError, ValueErrorKind};

/// How a key attribute and its field relate, as data.
pub struct KeyForm<T> {
    /// The type of the attribute.
    pub kind: KeyType,
    /// The key of a value.
    pub scalar: fn(&T) -> KeyScalar,
    /// The key as an attribute like others.
    pub form: Form<T>,
}

impl<T> KeyForm<T> {
    /// As its type says.
    #[must_use]
    pub const fn of() -> Self
    where
        T: KeyValue,
    {
        Self {
            kind: T::TYPE,
            scalar: T::to_key,
            form: Form::with(|key: &T| Ok(Some(key.to_key().into())), decode_key::<T>),
        }
    }
}

fn decode_key<T: KeyValue>(found: Found<'_>) -> Result<T, ValueError> {
    found.map_or_else(
        || Err(ValueError::new(ValueErrorKind::Missing)),
        |value| T::from_key(&value),
    )
}
