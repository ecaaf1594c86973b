//! Items and attribute values: one Rust value, one attribute, through `serde_dynamo`.
//!
//! The mapping is serde's, with three rules of our own: a top-level value that serializes to NULL is an absent attribute,
//! sets are encoded element by element, and a number that DynamoDB cannot hold is refused before a request.

mod body;
mod decimal;
mod error;
mod exact;
mod form;
mod found;
mod map_key;
mod number;
mod order;
mod same;
mod set;
mod size;
mod stored_as;
mod unordered;

use std::collections::HashMap;

pub use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use body::body_size;
pub use decimal::{Number, NumberError};
pub use error::{ValueError, ValueErrorKind};
pub use form::Form;
pub(crate) use found::find;
pub use found::{Attributes, Found, Source};
pub(crate) use number::canonical;
pub(crate) use order::order;
pub(crate) use same::same;
pub(crate) use set::set_of_values;
pub use set::{SetField, decode_set, encode_set};
pub use size::item_size;
pub(crate) use size::{MAX_ITEM_BYTES, largest, size_of_value};
pub(crate) use unordered::same_but_for_order;

/// An item as DynamoDB holds it: attribute names and values.
pub type Item = HashMap<String, AttributeValue>;

/// What an attribute of an entity becomes: a value, an absent attribute, or a reason why it cannot be stored.
pub type Encoded = Result<Option<AttributeValue>, ValueError>;

/// What an absent attribute is to serde.
static NULL: AttributeValue = AttributeValue::Null(true);

/// Turns a Rust value into an attribute value; what serializes to NULL is an absent attribute (`None`).
///
/// # Errors
/// A type that serde cannot map to DynamoDB, a number that is not finite, has more than 38 digits or is out of range.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Encoded {
    checked(|| serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value))
}

/// As `encode`, for a field whose `with` module serializes it.
///
/// # Errors
/// As `encode`.
pub fn encode_with<F>(serialize: F) -> Encoded
where
    F: FnOnce(
        serde_dynamo::Serializer,
    ) -> Result<serde_dynamo::AttributeValue, serde_dynamo::Error>,
{
    // The form of the value is the module's own: numbers in it are not marked.
    settled(serialize(serde_dynamo::Serializer).map(AttributeValue::from))
}

fn checked(serialize: impl FnOnce() -> Result<AttributeValue, serde_dynamo::Error>) -> Encoded {
    settled(decimal::marking(serialize))
}

fn settled(encoded: Result<AttributeValue, serde_dynamo::Error>) -> Encoded {
    match encoded {
        Ok(AttributeValue::Null(_)) => Ok(None),
        Ok(mut value) => check_numbers(&mut value).map(|()| Some(value)),
        Err(error) => Err(ValueError::not_storable(&error)),
    }
}

/// Refuses numbers that DynamoDB cannot hold, and takes the mark off those that are exact already.
fn check_numbers(value: &mut AttributeValue) -> Result<(), ValueError> {
    match value {
        AttributeValue::N(n) if !number::fits(n) => {
            Err(ValueError::new(ValueErrorKind::NumberOutOfRange))
        }
        AttributeValue::S(s) => {
            if let Some(number) = decimal::unmarked(s) {
                *value = AttributeValue::N(number.to_owned());
            }
            Ok(())
        }
        AttributeValue::L(list) => list.iter_mut().try_for_each(check_numbers),
        AttributeValue::M(map) => {
            if map.keys().any(|key| decimal::unmarked(key).is_some()) {
                *map = map
                    .drain()
                    .map(|(key, value)| match decimal::unmarked(&key) {
                        Some(number) => (number.to_owned(), value),
                        None => (key, value),
                    })
                    .collect();
            }
            map.values_mut().try_for_each(check_numbers)
        }
        _ => Ok(()),
    }
}

/// Turns an attribute value into a Rust value; an absent attribute is read as NULL, which an `Option` takes as `None`.
///
/// # Errors
/// The attribute is absent and the type needs one, or it holds another type.
pub fn decode<T: DeserializeOwned>(value: Option<&AttributeValue>) -> Result<T, ValueError> {
    read(value.map(Source::Shown))
}

/// As `decode`, of what is shown or taken.
///
/// # Errors
/// As `decode`.
pub fn read<T: DeserializeOwned>(found: Found<'_>) -> Result<T, ValueError> {
    let kind = found.as_deref().map(type_name);
    T::deserialize(exact::Exact::from(found.unwrap_or(Source::Shown(&NULL))))
        .map_err(|error| ValueError::undecodable::<T>(kind, &error))
}

/// As `read`, for a field whose `with` module deserializes it.
///
/// # Errors
/// As `decode`.
pub fn decode_with<T, F>(found: Found<'_>, deserialize: F) -> Result<T, ValueError>
where
    F: FnOnce(serde_dynamo::Deserializer) -> Result<T, serde_dynamo::Error>,
{
    let kind = found.as_deref().map(type_name);
    let present = found.unwrap_or(Source::Shown(&NULL)).into_owned();
    deserialize(serde_dynamo::Deserializer::from_attribute_value(
        present.into(),
    ))
    .map_err(|error| ValueError::undecodable::<T>(kind, &error))
}

/// Sets an attribute; one that is there already keeps its name.
pub(crate) fn assign(item: &mut Item, name: &str, value: AttributeValue) {
    match item.get_mut(name) {
        Some(there) => *there = value,
        None => {
            item.insert(name.to_owned(), value);
        }
    }
}

/// The name that DynamoDB gives to the type of a value, with the word for it.
pub(crate) fn type_name(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::S(_) => "S (string)",
        AttributeValue::N(_) => "N (number)",
        AttributeValue::B(_) => "B (binary)",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Null(_) => "NULL",
        AttributeValue::L(_) => "L (list)",
        AttributeValue::M(_) => "M (map)",
        AttributeValue::Ss(_) => "SS (string set)",
        AttributeValue::Ns(_) => "NS (number set)",
        AttributeValue::Bs(_) => "BS (binary set)",
        _ => "a type this version does not know",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[test]
    fn none_is_an_absent_attribute_and_back() {
        assert_eq!(encode(&None::<String>).unwrap(), None);
        assert_eq!(decode::<Option<String>>(None).unwrap(), None);
        let null = AttributeValue::Null(true);
        assert_eq!(decode::<Option<String>>(Some(&null)).unwrap(), None);
    }

    #[test]
    fn an_absent_attribute_that_is_needed_is_called_missing() {
        let error = decode::<u64>(None).unwrap_err();
        assert!(matches!(error.kind(), ValueErrorKind::Missing), "{error}");
    }

    #[test]
    fn a_wrong_type_names_both_types_and_no_value() {
        let stored = AttributeValue::S("secret".into());
        let text = decode::<u64>(Some(&stored)).unwrap_err().to_string();
        assert!(
            text.contains("u64") && text.contains("S (string)"),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn a_number_that_does_not_parse_keeps_its_digits_out_of_the_message() {
        let stored = AttributeValue::N("123456".into());
        let error = decode::<u8>(Some(&stored)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("123456"));
    }

    #[test]
    fn integers_of_128_bits_name_the_type_that_holds_them() {
        let stored = AttributeValue::N("1".into());
        let errors = [
            encode(&1u128).unwrap_err(),
            encode(&vec![1i128]).unwrap_err(),
            decode::<i128>(Some(&stored)).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("optimist::Number"), "{error}");
        }
    }

    #[test]
    fn numbers_that_dynamodb_cannot_hold_are_refused() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e126, 1e-131] {
            let error = encode(&vec![bad]).unwrap_err();
            assert!(matches!(error.kind(), ValueErrorKind::NumberOutOfRange));
        }
        for good in [0.0, -0.0, 9.9e125, 1e-130, f64::from(f32::MAX), 0.1 + 0.2] {
            encode(&good).unwrap();
        }
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    enum Shape {
        Unit,
        New(i64),
        Named { a: Option<String>, b: Vec<u64> },
    }

    fn shapes() -> impl Strategy<Value = Shape> {
        prop_oneof![
            Just(Shape::Unit),
            any::<i64>().prop_map(Shape::New),
            (any::<Option<String>>(), any::<Vec<u64>>()).prop_map(|(a, b)| Shape::Named { a, b }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            value in proptest::collection::btree_map(".*", (shapes(), any::<bool>()), 0..4),
        ) {
            let stored = encode(&value).unwrap();
            let back: BTreeMap<String, (Shape, bool)> = decode(stored.as_ref()).unwrap();
            prop_assert_eq!(back, value);
        }
    }
}
