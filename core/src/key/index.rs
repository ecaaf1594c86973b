use super::{KeyScalar, KeyValue};
use crate::value::{AttributeValue, Encoded, Form, ValueError, ValueErrorKind};

/// What the field of an index key can be: a key type, or an Option of one, whose `None` is an absent attribute: an item
/// without it has no entry in the index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an index",
    label = "not a key type",
    note = "index keys are strings, integers to 64 bits, `Number`, `Uuid`, `Vec<u8>`, a newtype of yours with `#[derive(optimist::KeyValue)]`, or an Option of one of these"
)]
pub trait IndexKeyField: Sized {
    /// The type of the key.
    type Key: KeyValue;

    /// The key, if there is one.
    fn to_index_key(&self) -> Option<KeyScalar>;

    /// The field for this attribute.
    ///
    /// # Errors
    /// The attribute does not fit the type, or is absent where the field is no Option.
    fn from_index_key(value: Option<&AttributeValue>) -> Result<Self, ValueError>;
}

impl<K: KeyValue> IndexKeyField for K {
    type Key = K;

    fn to_index_key(&self) -> Option<KeyScalar> {
        Some(self.to_key())
    }

    fn from_index_key(value: Option<&AttributeValue>) -> Result<Self, ValueError> {
        let missing = || ValueError::new(ValueErrorKind::Missing);
        K::from_key(value.ok_or_else(missing)?)
    }
}

impl<K: KeyValue> IndexKeyField for Option<K> {
    type Key = K;

    fn to_index_key(&self) -> Option<KeyScalar> {
        self.as_ref().map(K::to_key)
    }

    fn from_index_key(value: Option<&AttributeValue>) -> Result<Self, ValueError> {
        value.map(K::from_key).transpose()
    }
}

/// How the field of an index key and its attribute relate. DynamoDB refuses the whole item where an index key is empty or
/// over its limit ("Service, account, and table quotas in Amazon DynamoDB"), so such a value has no form.
#[must_use]
pub const fn index_key_form<T: IndexKeyField, const LIMIT: usize>() -> Form<T> {
    Form::with(encode::<T, LIMIT>, |found| {
        T::from_index_key(found.as_deref())
    })
}

fn encode<T: IndexKeyField, const LIMIT: usize>(value: &T) -> Encoded {
    let Some(key) = value.to_index_key() else {
        return Ok(None);
    };
    key.check_length(LIMIT)?;
    Ok(Some(key.into()))
}
