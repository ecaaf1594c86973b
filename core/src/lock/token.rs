use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use super::{Expected, Lock, WriteId};

/// The state of one item, short enough to leave the process: kind of lock, version or UUID, and with a version the life of
/// the item. A web service gives it out as ETag and takes it back in `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    lock: Lock,
    birth: Option<WriteId>,
}

/// A text is no [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of an item's lock")]
pub struct TokenError;

impl Token {
    pub(crate) fn of(expected: &Expected) -> Option<Self> {
        let Expected::Held { lock, .. } = expected else {
            return None;
        };
        let birth = match lock {
            Lock::Version(_) => expected.journal().map(|journal| journal.birth),
            // A UUID belongs to one life of one item.
            Lock::Uuid(_) => None,
        };
        Some(Self {
            lock: lock.clone(),
            birth,
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.lock, &self.birth) {
            (Lock::Uuid(uuid), _) => write!(f, "u.{uuid}"),
            (Lock::Version(version), None) => write!(f, "v.{version}"),
            (Lock::Version(version), Some(birth)) => {
                let birth = Uuid::from_bytes(*birth.as_bytes());
                write!(f, "v.{version}.{}", birth.simple())
            }
        }
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let (kind, rest) = text.split_once('.').ok_or(TokenError)?;
        let (version, birth) = match (kind, rest.split_once('.')) {
            ("u", _) => {
                return Ok(Self {
                    lock: Lock::Uuid(rest.to_owned()),
                    birth: None,
                });
            }
            ("v", None) => (rest, None),
            ("v", Some((version, birth))) => {
                let birth = Uuid::try_parse(birth).map_err(|_| TokenError)?;
                (version, Some(WriteId::from_bytes(birth.into_bytes())))
            }
            _ => return Err(TokenError),
        };
        let lock = Lock::Version(version.parse().map_err(|_| TokenError)?);
        Ok(Self { lock, birth })
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::WriterId;

    #[test]
    fn text_and_back() {
        let birth = Some(WriteId::fresh(WriterId::fresh()));
        for (lock, birth) in [
            (Lock::Version(7), birth),
            (Lock::Version(0), None),
            (Lock::Uuid(crate::lock::fresh_uuid().to_string()), None),
            (Lock::Uuid("a.b.c".into()), None),
        ] {
            let token = Token { lock, birth };
            assert_eq!(token.to_string().parse(), Ok(token.clone()));
            let json = serde_json::to_string(&token).unwrap();
            assert_eq!(serde_json::from_str::<Token>(&json).unwrap(), token);
            assert!(token.to_string().len() < 60);
        }
        for bad in ["", "v", "v.", "v.x", "v.1.x", "x.1", "7"] {
            assert_eq!(bad.parse::<Token>(), Err(TokenError), "{bad}");
        }
    }
}
