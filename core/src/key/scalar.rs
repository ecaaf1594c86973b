use std::fmt;

use aws_sdk_dynamodb::primitives::Blob;

use super::KeyAttributeSchema;
use crate::value::{AttributeValue, Number, ValueError, ValueErrorKind, canonical};

/// The DynamoDB type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// String.
    S,
    /// Number.
    N,
    /// Binary.
    B,
}

/// The value of a key attribute.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum KeyScalar {
    /// A string.
    S(String),
    /// A number, in one text for equal numbers.
    N(String),
    /// Bytes.
    B(Vec<u8>),
}

/// Longer strings and binaries are cut where they are shown: a message names a key, it does not copy it.
const MAX_SHOWN: usize = 64;

// "Service, account, and table quotas in Amazon DynamoDB", partition and sort keys.
#[doc(hidden)]
pub const MAX_PARTITION_BYTES: usize = 2048;
#[doc(hidden)]
pub const MAX_SORT_BYTES: usize = 1024;

impl KeyScalar {
    /// The attribute of this value.
    #[must_use]
    pub fn to_attribute(&self) -> AttributeValue {
        self.clone().into()
    }

    /// The value of a key attribute; `None` of one that is no key.
    pub(crate) fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(s) => Some(Self::S(s.clone())),
            AttributeValue::N(n) => Some(Self::N(canonical(n).into_owned())),
            AttributeValue::B(b) => Some(Self::B(b.as_ref().to_vec())),
            _ => None,
        }
    }

    /// As `of`; a string leaves an empty one.
    pub(crate) fn taken(value: &mut AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(s) => Some(Self::S(std::mem::take(s))),
            other => Self::of(other),
        }
    }

    /// The type of its attribute.
    pub(crate) fn key_type(&self) -> KeyType {
        match self {
            Self::S(_) => KeyType::S,
            Self::N(_) => KeyType::N,
            Self::B(_) => KeyType::B,
        }
    }

    /// Whether it is a string or binary without content, which no key is.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::S(s) => s.is_empty(),
            Self::B(b) => b.is_empty(),
            Self::N(_) => false,
        }
    }

    /// Whether it stands behind `other` in DynamoDB's order.
    pub(crate) fn is_behind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::S(a), Self::S(b)) => a > b,
            (Self::B(a), Self::B(b)) => a > b,
            (Self::N(a), Self::N(b)) => match (a.parse::<Number>(), b.parse::<Number>()) {
                (Ok(a), Ok(b)) => a > b,
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn check_partition(&self, attribute: &KeyAttributeSchema) -> Result<(), ValueError> {
        self.check_length(MAX_PARTITION_BYTES)
            .map_err(|error| error.of(attribute.name))
    }

    pub(crate) fn check_sort(&self, attribute: &KeyAttributeSchema) -> Result<(), ValueError> {
        self.check_length(MAX_SORT_BYTES)
            .map_err(|error| error.of(attribute.name))
    }

    /// Refuses an empty string or binary, and one over `limit` bytes.
    pub(super) fn check_length(&self, limit: usize) -> Result<(), ValueError> {
        let bytes = match self {
            Self::S(s) => s.len(),
            Self::B(b) => b.len(),
            Self::N(_) => return Ok(()),
        };
        let problem = match bytes {
            0 => ValueErrorKind::EmptyKey,
            bytes if bytes > limit => ValueErrorKind::KeyTooLong { bytes, limit },
            _ => return Ok(()),
        };
        Err(ValueError::new(problem))
    }
}

impl From<KeyScalar> for AttributeValue {
    fn from(key: KeyScalar) -> Self {
        match key {
            KeyScalar::S(s) => Self::S(s),
            KeyScalar::N(n) => Self::N(n),
            KeyScalar::B(b) => Self::B(Blob::new(b)),
        }
    }
}

impl fmt::Display for KeyScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S(s) => match s.char_indices().nth(MAX_SHOWN) {
                None => write!(f, "{s:?}"),
                Some((end, _)) => write!(f, "{:?}… ({} bytes)", &s[..end], s.len()),
            },
            Self::N(n) => f.write_str(n),
            Self::B(b) => {
                let shown = b.iter().take(MAX_SHOWN / 2);
                shown
                    .into_iter()
                    .try_for_each(|byte| write!(f, "{byte:02x}"))?;
                if b.len() > MAX_SHOWN / 2 {
                    write!(f, "… ({} bytes)", b.len())?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for KeyScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_messages_are_cut() {
        let long = KeyScalar::S("ä".repeat(1000)).to_string();
        assert!(
            long.len() < 200 && long.ends_with("… (2000 bytes)"),
            "{long}"
        );
        assert_eq!(KeyScalar::S("ann".into()).to_string(), "\"ann\"");
        assert!(KeyScalar::B(vec![7; 500]).to_string().len() < 100);
    }
}
