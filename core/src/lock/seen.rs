use super::journal::Parsed;
use super::{Journal, Lock, LockError, LockKind, LockSchema};
use crate::value::{AttributeValue, Item, type_name};

/// What an image of an item shows of its lock and journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) lock: Option<Lock>,
    pub(super) journal: SeenJournal,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum SeenJournal {
    /// Absent, or the entity keeps none.
    Missing,
    Unreadable(AttributeValue),
    UnknownFormat(u8),
    Kept(Journal),
}

impl Seen {
    /// Reads lock and journal out of an item.
    pub(crate) fn of(schema: &LockSchema, item: &Item) -> Result<Self, LockError> {
        let lock = match schema.kind {
            LockKind::Values => None,
            LockKind::Version | LockKind::Uuid => item
                .get(schema.attribute)
                .map(|value| read_lock(schema, value))
                .transpose()?,
        };
        let journal = match schema.journal.and_then(|name| item.get(name)) {
            None => SeenJournal::Missing,
            Some(raw @ AttributeValue::B(bytes)) => match Journal::parse(bytes.as_ref()) {
                Parsed::Journal(journal) => SeenJournal::Kept(journal),
                Parsed::UnknownFormat(format) => SeenJournal::UnknownFormat(format),
                Parsed::Unreadable => SeenJournal::Unreadable(raw.clone()),
            },
            Some(raw) => SeenJournal::Unreadable(raw.clone()),
        };
        Ok(Self { lock, journal })
    }

    pub(super) fn kept(&self) -> Option<&Journal> {
        match &self.journal {
            SeenJournal::Kept(journal) => Some(journal),
            _ => None,
        }
    }

    pub(super) fn version(&self) -> Option<u64> {
        match self.lock {
            Some(Lock::Version(version)) => Some(version),
            _ => None,
        }
    }
}

fn read_lock(schema: &LockSchema, value: &AttributeValue) -> Result<Lock, LockError> {
    let (lock, expected) = match (schema.kind, value) {
        (LockKind::Uuid, AttributeValue::S(s)) => (Some(Lock::Uuid(s.clone())), "a UUID (S)"),
        (LockKind::Uuid, _) => (None, "a UUID (S)"),
        (_, AttributeValue::N(n)) => (
            n.parse().ok().map(Lock::Version),
            "a version (N, an integer from 0)",
        ),
        _ => (None, "a version (N, an integer from 0)"),
    };
    lock.ok_or(LockError::NotALock {
        attribute: schema.attribute,
        expected,
        found: type_name(value),
    })
}
