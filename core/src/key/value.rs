use uuid::Uuid;

use super::{KeyScalar, KeyType};
use crate::time::{EpochMillis, EpochSeconds};
use crate::value::{AttributeValue, Number, ValueError, canonical};

/// A type that can be a partition or sort key.
///
/// Strings, integers to 64 bits, [`Number`], `Uuid`, `Vec<u8>` and the times [`EpochMillis`] and [`EpochSeconds`] are keys. A
/// newtype becomes one by a derive:
///
/// ```
/// use optimist::KeyValue;
///
/// #[derive(KeyValue, Debug, PartialEq)]
/// struct UserId(u64);
///
/// assert_eq!(UserId::from_key(&UserId(7).to_key().into()), Ok(UserId(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a partition or sort key",
    label = "not a key type",
    note = "keys are strings, integers to 64 bits, `Number`, `Uuid`, `Vec<u8>`, `optimist::time::EpochMillis`, or a newtype of yours with `#[derive(optimist::KeyValue)]`"
)]
pub trait KeyValue: Sized {
    /// The type of the key attribute.
    const TYPE: KeyType;

    /// The key attribute of this value.
    fn to_key(&self) -> KeyScalar;

    /// The value of this key attribute.
    ///
    /// # Errors
    /// The attribute does not fit the type.
    fn from_key(value: &AttributeValue) -> Result<Self, ValueError>;
}

impl KeyValue for String {
    const TYPE: KeyType = KeyType::S;

    fn to_key(&self) -> KeyScalar {
        KeyScalar::S(self.clone())
    }

    fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
        match value {
            AttributeValue::S(s) => Ok(s.clone()),
            other => Err(ValueError::wrong_type::<Self>(other)),
        }
    }
}

impl KeyValue for Uuid {
    const TYPE: KeyType = KeyType::S;

    fn to_key(&self) -> KeyScalar {
        KeyScalar::S(self.hyphenated().to_string())
    }

    fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
        let AttributeValue::S(s) = value else {
            return Err(ValueError::wrong_type::<Self>(value));
        };
        Uuid::parse_str(s).map_err(|_| ValueError::wrong_type::<Self>(value))
    }
}

impl KeyValue for Vec<u8> {
    const TYPE: KeyType = KeyType::B;

    fn to_key(&self) -> KeyScalar {
        KeyScalar::B(self.clone())
    }

    fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
        match value {
            AttributeValue::B(b) => Ok(b.as_ref().to_vec()),
            other => Err(ValueError::wrong_type::<Self>(other)),
        }
    }
}

impl KeyValue for Number {
    const TYPE: KeyType = KeyType::N;

    fn to_key(&self) -> KeyScalar {
        KeyScalar::N(canonical(&self.to_string()).into_owned())
    }

    fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
        let AttributeValue::N(n) = value else {
            return Err(ValueError::wrong_type::<Self>(value));
        };
        n.parse().map_err(|_| ValueError::wrong_type::<Self>(value))
    }
}

macro_rules! integer_keys {
    ($($int:ty),*) => {$(
        impl KeyValue for $int {
            const TYPE: KeyType = KeyType::N;

            fn to_key(&self) -> KeyScalar {
                KeyScalar::N(self.to_string())
            }

            fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
                let AttributeValue::N(n) = value else {
                    return Err(ValueError::wrong_type::<Self>(value));
                };
                canonical(n).parse().map_err(|_| ValueError::wrong_type::<Self>(value))
            }
        }
    )*};
}
integer_keys!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! times {
    ($($time:ident),*) => {$(
        impl KeyValue for $time {
            const TYPE: KeyType = KeyType::N;

            fn to_key(&self) -> KeyScalar {
                self.0.to_key()
            }

            fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
                i64::from_key(value).map(Self).map_err(|_| ValueError::wrong_type::<Self>(value))
            }
        }
    )*};
}
times!(EpochMillis, EpochSeconds);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_type_names_both() {
        let error = u8::from_key(&AttributeValue::N("300".into())).unwrap_err();
        assert!(error.to_string().contains("`u8`"), "{error}");
        assert!(!error.to_string().contains("300"), "{error}");
        assert!(String::from_key(&AttributeValue::N("1".into())).is_err());
        assert!(Uuid::from_key(&AttributeValue::S("no".into())).is_err());
    }

    #[test]
    fn a_number_that_another_tool_wrote_with_a_fraction_is_the_same_key() {
        assert_eq!(u64::from_key(&AttributeValue::N("7.0".into())), Ok(7));
    }
}
