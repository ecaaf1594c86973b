use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::fingerprint::Fingerprint;
use crate::key::{KeyScalar, KeyType};

/// Where a query or scan stands: taken after any item, and given to the same query or scan later, in another process too.
///
/// It knows what it belongs to (table, index, key condition, direction and filter; for a scan the number of segments), and a text
/// that was cut or changed by accident is no token. It is no signature, and whoever has it can read the keys in it: do not
/// take one from a client whom you do not trust with the whole of what is queried, and do not give one to a client who may
/// not see the keys.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeToken {
    pub(super) of: Fingerprint,
    /// One of a query, one a segment of a scan.
    pub(super) positions: Vec<Position>,
}

/// A text is no [`ResumeToken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a resume token of a query or scan: it was cut, changed, or made by another version")]
pub struct ResumeTokenError;

/// How far a query, or a segment of a scan, is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Position {
    NotBegun,
    /// All up to this place was given: the keys of the table, then of the index, each attribute once.
    Behind(Vec<KeyScalar>),
    Done,
}

const FORMAT: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

impl ResumeToken {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.of.0);
        for position in &self.positions {
            match position {
                Position::NotBegun => bytes.push(0),
                Position::Done => bytes.push(1),
                Position::Behind(keys) => {
                    // Four at most: two of the table, two of the index.
                    bytes.push(u8::try_from(keys.len() + 1).unwrap_or(u8::MAX));
                    for key in keys {
                        write(&mut bytes, key);
                    }
                }
            }
        }
        bytes.extend(checksum(&bytes));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        let (&[FORMAT], mut rest) = bytes.split_first_chunk::<1>()? else {
            return None;
        };
        if *sum != checksum(bytes) {
            return None;
        }
        let of = Fingerprint(take(&mut rest)?);
        let mut positions = Vec::new();
        while !rest.is_empty() {
            positions.push(match take(&mut rest)? {
                [0] => Position::NotBegun,
                [1] => Position::Done,
                [count @ 2..=5] => {
                    let keys = (1..count).map(|_| read(&mut rest));
                    Position::Behind(keys.collect::<Option<_>>()?)
                }
                _ => return None,
            });
        }
        Some(Self { of, positions })
    }
}

/// Type, length, bytes.
fn write(bytes: &mut Vec<u8>, key: &KeyScalar) {
    let content = match key {
        KeyScalar::S(s) | KeyScalar::N(s) => s.as_bytes(),
        KeyScalar::B(b) => b,
    };
    bytes.push(match key.key_type() {
        KeyType::S => b'S',
        KeyType::N => b'N',
        KeyType::B => b'B',
    });
    bytes.extend(
        u32::try_from(content.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    bytes.extend(content);
}

fn read(rest: &mut &[u8]) -> Option<KeyScalar> {
    let [kind] = take(rest)?;
    let length = usize::try_from(u32::from_be_bytes(take(rest)?)).ok()?;
    let (content, after) = rest.split_at_checked(length)?;
    *rest = after;
    let text = || String::from_utf8(content.to_vec()).ok();
    match kind {
        b'S' => Some(KeyScalar::S(text()?)),
        b'N' => Some(KeyScalar::N(text()?)),
        b'B' => Some(KeyScalar::B(content.to_vec())),
        _ => None,
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    first(Sha256::digest(bytes).as_slice())
}

/// The first bytes of a digest, which is longer.
pub(super) fn first<const N: usize>(digest: &[u8]) -> [u8; N] {
    std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default())
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl fmt::Debug for ResumeToken {
    /// Without keys, which `Display` gives away.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeToken")
            .field("positions", &self.positions.len())
            .finish_non_exhaustive()
    }
}

impl FromStr for ResumeToken {
    type Err = ResumeTokenError;

    fn from_str(text: &str) -> Result<Self, ResumeTokenError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
        let token = bytes.ok().and_then(|bytes| Self::from_bytes(&bytes));
        token.ok_or(ResumeTokenError)
    }
}

impl Serialize for ResumeToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResumeToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> ResumeToken {
        let sort = KeyScalar::B(vec![0, 255]);
        ResumeToken {
            of: Fingerprint(*b"12345678"),
            positions: vec![
                Position::NotBegun,
                Position::Behind(vec![KeyScalar::S("ä/ö".into())]),
                Position::Behind(vec![KeyScalar::N("-1.5".into()), sort]),
                Position::Done,
            ],
        }
    }

    #[test]
    fn text_and_back() {
        let token = token();
        assert_eq!(token.to_string().parse(), Ok(token.clone()));
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(serde_json::from_str::<ResumeToken>(&json).unwrap(), token);
        assert!(!format!("{token:?}").contains('ä'));
    }

    #[test]
    fn what_was_cut_or_changed_is_no_token() {
        let text = token().to_string();
        for end in 0..text.len() {
            assert!(text[..end].parse::<ResumeToken>().is_err(), "{end}");
        }
        let bytes = token().to_bytes();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(ResumeToken::from_bytes(&changed).is_none(), "{index}");
        }
    }
}
