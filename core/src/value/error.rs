use std::fmt;

use super::{AttributeValue, type_name};

/// Why a value could not be stored in, or read from, an attribute. It names types, never values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValueError {
    attribute: Option<String>,
    kind: ValueErrorKind,
}

/// The kinds of [`ValueError`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// The attribute is absent and its type has no value for that.
    Missing,
    /// The stored value is not one that the field's type can hold.
    WrongType {
        /// The Rust type of the field.
        expected: String,
        /// The DynamoDB type that was found.
        found: &'static str,
        /// What else is known without showing a value: a nested field that is missing.
        detail: Option<String>,
    },
    /// The Rust value has no form in DynamoDB.
    NotStorable(String),
    /// A number is not finite, has more than 38 significant digits, or is outside ±9.99e125 (1e-130 near zero).
    NumberOutOfRange,
    /// The elements of a set are not all strings, all numbers or all binaries.
    NotASet {
        /// The DynamoDB type of the offending element.
        found: &'static str,
    },
    /// A list is too short for an index.
    NoSuchElement {
        /// The index.
        index: usize,
        /// The number of elements.
        length: usize,
    },
    /// A partition or sort key is empty.
    EmptyKey,
    /// The item is of another kind than the entity.
    OtherKind {
        /// The kind of the entity.
        expected: &'static str,
        /// That of the item, if it has one.
        found: Option<String>,
    },
    /// A field does not fit the template of a key.
    KeyPart {
        /// The name of the field.
        field: &'static str,
        /// What is wrong with its value.
        problem: String,
    },
    /// A partition key over 2048 bytes, or a sort key over 1024.
    KeyTooLong {
        /// Its size in bytes.
        bytes: usize,
        /// The most bytes allowed.
        limit: usize,
    },
}

impl ValueError {
    /// An error for an attribute yet unnamed.
    #[must_use]
    pub fn new(kind: ValueErrorKind) -> Self {
        Self {
            attribute: None,
            kind,
        }
    }

    /// The stored value is of another type than `T` can hold.
    #[must_use]
    pub fn wrong_type<T>(found: &AttributeValue) -> Self {
        Self::new(ValueErrorKind::WrongType {
            expected: short_type_name::<T>(),
            found: type_name(found),
            detail: None,
        })
    }

    pub(super) fn undecodable<T>(found: Option<&'static str>, error: &serde_dynamo::Error) -> Self {
        match found {
            None => Self::new(ValueErrorKind::Missing),
            Some(found) => Self::new(ValueErrorKind::WrongType {
                expected: short_type_name::<T>(),
                found,
                detail: without_values(error),
            }),
        }
    }

    pub(super) fn not_storable(error: &serde_dynamo::Error) -> Self {
        let reason = without_values(error).unwrap_or_else(|| "its type refuses".to_owned());
        Self::new(ValueErrorKind::NotStorable(reason))
    }

    /// The same error, of the attribute `name`.
    #[must_use]
    pub fn of(mut self, name: &str) -> Self {
        self.attribute.get_or_insert_with(|| name.to_owned());
        self
    }

    /// The attribute, where it is known.
    #[must_use]
    pub fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ValueErrorKind {
        &self.kind
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(attribute) = &self.attribute {
            write!(f, "attribute `{attribute}`: ")?;
        }
        match &self.kind {
            ValueErrorKind::Missing => f.write_str(
                "missing attribute; make the field an Option or give it a default if it may be absent",
            ),
            ValueErrorKind::WrongType {
                expected,
                found,
                detail,
            } => {
                write!(f, "expected `{expected}`, found {found} that does not fit it")?;
                detail.iter().try_for_each(|d| write!(f, " ({d})"))
            }
            ValueErrorKind::NotStorable(reason) => write!(f, "cannot be stored: {reason}"),
            ValueErrorKind::NumberOutOfRange => f.write_str(
                "a number is not finite, has more than 38 digits, or is out of DynamoDB's range",
            ),
            ValueErrorKind::NotASet { found } => write!(
                f,
                "elements of a set must be all strings, all numbers or all binaries, found {found}"
            ),
            ValueErrorKind::NoSuchElement { index, length } => {
                write!(f, "index {index} in a list of {length} elements")
            }
            ValueErrorKind::EmptyKey => f.write_str("a key must not be empty"),
            ValueErrorKind::OtherKind {
                expected,
                found: Some(found),
            } => write!(f, "the item is of kind `{found}`, not `{expected}`"),
            ValueErrorKind::OtherKind {
                expected,
                found: None,
            } => write!(
                f,
                "the item has no kind, expected `{expected}`; `Table::adopt` gives it one"
            ),
            ValueErrorKind::KeyPart { field, problem } => {
                write!(f, "a key is made of fields, and `{field}` {problem}")
            }
            ValueErrorKind::KeyTooLong { bytes, limit } => {
                write!(f, "a key of {bytes} bytes, at most {limit} are allowed")
            }
        }
    }
}

impl std::error::Error for ValueError {}

/// Serde's messages may quote what is stored ("invalid type: string …"). Only those that cannot are passed on.
fn without_values(error: &serde_dynamo::Error) -> Option<String> {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return Some(text);
    }
    // Serde's own words for a format without them, as ours is.
    if ["i128 is not supported", "u128 is not supported"].contains(&text.as_str()) {
        let advice = "of 128 bits, and DynamoDB's numbers have 38 digits; use `optimist::Number`";
        return Some(format!("an integer {advice}"));
    }
    let shape = format!("{error:?}");
    let quotes = shape.contains("Message(") || shape.contains("FailedToParse");
    (!quotes).then_some(text)
}

/// `alloc::vec::Vec<alloc::string::String>` → `Vec<String>`.
pub(super) fn short_type_name<T>() -> String {
    let full = std::any::type_name::<T>();
    let mut short = String::with_capacity(full.len());
    for part in full.split_inclusive(['<', '>', ',', ' ', '(', ')', '[', ']', '&', ';']) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}
