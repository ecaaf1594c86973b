//! The lock of an item: what a write compares, what it leaves, and what became of it when its answer is missing.
//!
//! Pure: nothing here asks a server. `ARCHITECTURE.md` holds the protocol in prose.

mod expected;
mod id;
mod journal;
mod judge;
#[cfg(feature = "_test-judges")]
mod judging;
#[cfg(test)]
mod model;
mod seen;
mod token;

pub(crate) use expected::{Expected, HeldJournal, Mark};
pub(crate) use id::{WriteId, WriterId, fresh_uuid};
pub(crate) use journal::{Journal, MAX_WRITERS};
pub(crate) use judge::{Evidence, Operation, Source, Verdict, Write, judge};
#[cfg(feature = "_test-judges")]
pub use judging::Judging;
pub(crate) use seen::Seen;
pub use token::{Token, TokenError};

use crate::value::AttributeValue;

/// How the lock of an entity is kept in its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockKind {
    /// A number (N) that starts at 1 and grows by one with every write. An integer from 0 that another tool keeps in the
    /// attribute is taken for the lock, by design: it is how a table is shared with other mappers. Where it means something
    /// else, the entity names another attribute: `lock(version, attribute = "…")`.
    Version,
    /// A string (S) holding the UUID of the last write. A text that is no UUID is no lock, and is not overwritten.
    Uuid,
    /// No attribute: a write compares the values that it replaces, for tables where none may be added.
    Values,
}

/// The lock of an entity: its kind, and the attributes that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockSchema {
    /// Version, UUID or values.
    pub kind: LockKind,
    /// The attribute that holds the lock; empty for values.
    pub attribute: &'static str,
    /// The attribute that holds the journal; `None` when it is off.
    pub journal: Option<&'static str>,
}

/// The value of a lock, as read from an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lock {
    /// A version number.
    Version(u64),
    /// A UUID, as it is written in the item.
    Uuid(String),
}

/// The highest version: the most that the mappers of other languages, which keep a signed 64-bit integer, can read.
pub(crate) const MAX_VERSION: u64 = i64::MAX as u64;

impl Lock {
    pub(crate) fn version(&self) -> Option<u64> {
        match self {
            Self::Version(version) => Some(*version),
            Self::Uuid(_) => None,
        }
    }

    /// The lock as an attribute value.
    #[must_use]
    pub fn to_attribute(&self) -> AttributeValue {
        match self {
            Lock::Version(version) => AttributeValue::N(version.to_string()),
            Lock::Uuid(uuid) => AttributeValue::S(uuid.clone()),
        }
    }
}

/// Why the lock or journal of an item stands in the way of a write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The lock attribute holds something that is no lock of this kind.
    #[error("lock attribute `{attribute}`: expected {expected}, found {found}")]
    NotALock {
        /// The lock attribute.
        attribute: &'static str,
        /// What this kind of lock is stored as.
        expected: &'static str,
        /// The DynamoDB type that was found.
        found: &'static str,
    },
    /// The version cannot grow any further.
    #[error("lock attribute `{attribute}`: the version has reached its maximum, {MAX_VERSION}")]
    Overflow {
        /// The lock attribute.
        attribute: &'static str,
    },
    /// The journal was written in a format that this release does not know, so it must not be replaced.
    #[error(
        "journal attribute `{attribute}`: unknown format {format}, written by a newer release of optimist; upgrade this service"
    )]
    UnknownJournal {
        /// The journal attribute.
        attribute: &'static str,
        /// The format byte.
        format: u8,
    },
    /// The journal attribute belongs to somebody else, and nothing that optimist did not write is overwritten.
    #[error(
        "attribute `{attribute}` holds {found} that is no journal of optimist and would be overwritten; give the journal \
         another name with `#[entity(lock(…, journal = \"…\"))]`, or keep none with `journal = off`"
    )]
    NotAJournal {
        /// The journal attribute.
        attribute: &'static str,
        /// The DynamoDB type that was found.
        found: &'static str,
    },
}
