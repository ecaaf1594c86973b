use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;

use bigdecimal::BigDecimal;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::number::{fits, normal};

/// An exact decimal of up to 38 digits: all that a DynamoDB number can hold, where a float would round.
///
/// It is stored as N, alone and inside lists, maps and parts; as a key of a map, inside a `with` module and elsewhere (JSON)
/// serde sees a string. Inside an untagged or internally tagged enum, serde itself reads it by way of a float.
///
/// ```
/// use optimist::Number;
///
/// let price: Number = "12345678901234567890.123456789".parse()?;
/// assert_eq!(price.checked_add(&Number::from(1)).unwrap().to_string(), "12345678901234567891.123456789");
/// assert_eq!("1.50".parse::<Number>()?, "1.5".parse()?);
/// assert!("1e200".parse::<Number>().is_err()); // out of DynamoDB's range
/// # Ok::<(), optimist::value::NumberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(BigDecimal);

/// A text is no number, or none that DynamoDB can hold: 38 digits, ±9.99e125, 1e-130 near zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of at most 38 digits within DynamoDB's range")]
pub struct NumberError;

/// What a `Number` calls itself towards serde, so that ours can tell it from other newtypes.
pub(super) const NAME: &str = "$optimist::Number";

/// Stands before a number on its way through a serializer that has no exact numbers. Random, so that no text from outside
/// can pass for one.
static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\0{:016x}\0", RandomState::new().hash_one(0)));

thread_local! {
    static MARKING: Cell<bool> = const { Cell::new(false) };
}

/// Serializes something in which numbers are marked, for [`unmarked`].
pub(super) fn marking<T>(serialize: impl FnOnce() -> T) -> T {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            MARKING.set(self.0);
        }
    }
    let _reset = Reset(MARKING.replace(true));
    serialize()
}

/// The number in a marked string.
pub(super) fn unmarked(text: &str) -> Option<&str> {
    text.strip_prefix(MARK.as_str())
}

impl Number {
    /// The sum, if it fits 38 digits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Self::new((&self.0 + &other.0).normalized()).ok()
    }

    /// The difference, if it fits 38 digits.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        Self::new((&self.0 - &other.0).normalized()).ok()
    }

    /// Takes what is in its shortest form.
    fn new(decimal: BigDecimal) -> Result<Self, NumberError> {
        if fits(&decimal.to_scientific_notation()) {
            Ok(Self(decimal))
        } else {
            Err(NumberError)
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        normal(text).ok_or(NumberError).and_then(Self::new)
    }
}

impl TryFrom<f64> for Number {
    type Error = NumberError;

    /// The shortest decimal that reads back as this float.
    fn try_from(float: f64) -> Result<Self, NumberError> {
        float.to_string().parse()
    }
}

macro_rules! from_integers {
    ($($int:ty),*) => {$(
        impl From<$int> for Number {
            fn from(integer: $int) -> Self {
                Self(BigDecimal::from(integer).normalized())
            }
        }
    )*};
}
from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! from_large_integers {
    ($($int:ty),*) => {$(
        impl TryFrom<$int> for Number {
            type Error = NumberError;

            /// The integer, if it fits 38 digits.
            fn try_from(integer: $int) -> Result<Self, NumberError> {
                Self::new(BigDecimal::from(integer).normalized())
            }
        }
    )*};
}
from_large_integers!(i128, u128);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if MARKING.get() {
            serializer.serialize_str(&format!("{}{self}", *MARK))
        } else {
            serializer.collect_str(self)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of at most 38 digits")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Number, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<Number, E> {
        Ok(integer.into())
    }

    fn visit_u64<E: de::Error>(self, integer: u64) -> Result<Number, E> {
        Ok(integer.into())
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Number, E> {
        float.try_into().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::value::{AttributeValue, decode, encode};

    fn numbers() -> impl Strategy<Value = Number> {
        (any::<i128>(), 0u32..60).prop_map(|(digits, places)| {
            let digits = digits % 10i128.pow(37);
            format!("{digits}e-{places}").parse().unwrap()
        })
    }

    proptest! {
        #[test]
        fn numbers_are_stored_as_n_and_read_back_exactly(
            value in proptest::collection::btree_map(".*", proptest::collection::vec(numbers(), 0..3), 0..3),
        ) {
            let stored = encode(&value).unwrap();
            let back: BTreeMap<String, Vec<Number>> = decode(stored.as_ref()).unwrap();
            prop_assert_eq!(back, value);
        }

        #[test]
        fn text_and_back(number in numbers()) {
            prop_assert_eq!(encode(&number).unwrap(), Some(AttributeValue::N(number.to_string())));
            prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
        }
    }

    #[test]
    fn keys_of_maps_are_strings_and_no_text_passes_for_a_number() {
        let map = BTreeMap::from([(Number::from(7), Number::from(8))]);
        let stored = encode(&map).unwrap().unwrap();
        assert_eq!(stored.as_m().unwrap()["7"], AttributeValue::N("8".into()));
        assert_eq!(
            decode::<BTreeMap<Number, Number>>(Some(&stored)).unwrap(),
            map
        );
        let text = "\0a mark of another process\0 1";
        assert_eq!(encode(text).unwrap(), Some(AttributeValue::S(text.into())));
    }

    #[test]
    fn other_formats_see_a_string() {
        let number: Number = "0.10".parse().unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"0.1\"");
        assert_eq!(
            serde_json::from_str::<Vec<Number>>("[\"0.1\", 0.1, 7]").unwrap()[1],
            number
        );
    }

    #[test]
    fn what_dynamodb_cannot_hold_is_refused() {
        let most: Number = "9".repeat(38).parse().unwrap();
        assert!(
            most.checked_add(&Number::from(1)).is_some(),
            "1e38 has one digit"
        );
        assert!(most.checked_sub(&Number::from(-2)).is_none());
        assert!("9".repeat(39).parse::<Number>().is_err());
        assert!(Number::try_from(u128::MAX).is_err());
        assert_eq!(Number::try_from(-7i128), Ok(Number::from(-7)));
        assert!(Number::try_from(f64::NAN).is_err());
    }
}
