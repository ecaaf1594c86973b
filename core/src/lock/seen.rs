use uuid::Uuid;

use super::journal::Parsed;
use super::{Journal, Lock, LockError, LockKind, LockSchema, WriteId};
use crate::value::{AttributeValue, Item, type_name};

/// What an image of an item shows of its lock and journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(super) lock: SeenLock,
    pub(super) journal: SeenJournal,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum SeenLock {
    /// Absent, or the values are the lock.
    Missing,
    /// Another tool left what is no lock.
    Unreadable(LockError),
    Read(Lock),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum SeenJournal {
    /// Absent, or the entity keeps none.
    Missing,
    /// Ours, and damaged.
    Unreadable(AttributeValue),
    UnknownFormat(u8),
    /// An attribute of somebody else's, of this type.
    Foreign(&'static str),
    Kept(Journal),
}

impl Seen {
    /// Reads lock and journal out of an item.
    pub(crate) fn of(schema: &LockSchema, item: &Item) -> Self {
        let lock = match schema.kind {
            LockKind::Values => None,
            LockKind::Version | LockKind::Uuid => item.get(schema.attribute),
        };
        let journal = match schema.journal.and_then(|name| item.get(name)) {
            None => SeenJournal::Missing,
            Some(raw @ AttributeValue::B(bytes)) => match Journal::parse(bytes.as_ref()) {
                Parsed::Journal(journal) => SeenJournal::Kept(journal),
                Parsed::UnknownFormat(format) => SeenJournal::UnknownFormat(format),
                Parsed::Unreadable => SeenJournal::Unreadable(raw.clone()),
                Parsed::Foreign => SeenJournal::Foreign(type_name(raw)),
            },
            Some(raw) => SeenJournal::Foreign(type_name(raw)),
        };
        Self {
            lock: lock.map_or(SeenLock::Missing, |value| read_lock(schema, value)),
            journal,
        }
    }

    /// The lock, if there is one that reads.
    pub(crate) fn lock(&self) -> Option<&Lock> {
        match &self.lock {
            SeenLock::Read(lock) => Some(lock),
            SeenLock::Missing | SeenLock::Unreadable(_) => None,
        }
    }

    /// Why the lock does not read.
    ///
    /// # Errors
    /// Another tool left something in the lock attribute that is no lock.
    pub(crate) fn check(&self) -> Result<(), LockError> {
        match &self.lock {
            SeenLock::Unreadable(error) => Err(error.clone()),
            SeenLock::Missing | SeenLock::Read(_) => Ok(()),
        }
    }

    /// Whether the item's life began with this write, or it was the last under a UUID lock.
    pub(crate) fn shows(&self, id: &WriteId) -> bool {
        let is_birth = self.kept().is_some_and(|journal| journal.birth == *id);
        let is_lock = matches!(self.lock(), Some(Lock::Uuid(uuid)) if *uuid == id.to_string());
        is_birth || is_lock
    }

    pub(super) fn kept(&self) -> Option<&Journal> {
        match &self.journal {
            SeenJournal::Kept(journal) => Some(journal),
            _ => None,
        }
    }
}

impl SeenJournal {
    /// Whether the journal attribute holds this.
    pub(super) fn is_stored_as(&self, raw: &AttributeValue) -> bool {
        match (self, raw) {
            (Self::Unreadable(seen), raw) => seen == raw,
            (Self::Kept(seen), AttributeValue::B(raw)) => seen.to_bytes() == raw.as_ref(),
            _ => false,
        }
    }
}

fn read_lock(schema: &LockSchema, value: &AttributeValue) -> SeenLock {
    let (lock, expected) = match (schema.kind, value) {
        (LockKind::Uuid, AttributeValue::S(text)) => (
            // As it is written: another tool may have another form, and conditions compare texts.
            Uuid::try_parse(text).ok().map(|_| Lock::Uuid(text.clone())),
            "a UUID (S)",
        ),
        (LockKind::Uuid, _) => (None, "a UUID (S)"),
        (_, AttributeValue::N(n)) => (
            n.parse().ok().map(Lock::Version),
            "a version (N, an integer from 0)",
        ),
        _ => (None, "a version (N, an integer from 0)"),
    };
    lock.map_or_else(
        || {
            SeenLock::Unreadable(LockError::NotALock {
                attribute: schema.attribute,
                expected,
                found: type_name(value),
            })
        },
        SeenLock::Read,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_uuid_is_a_uuid_lock_and_only_a_number_a_version() {
        let read = |kind, value: &AttributeValue| {
            let schema = LockSchema {
                kind,
                attribute: "lock",
                journal: None,
            };
            read_lock(&schema, value)
        };
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let (text, number) = (
            AttributeValue::S(uuid.into()),
            AttributeValue::N("7".into()),
        );
        assert_eq!(
            read(LockKind::Uuid, &text),
            SeenLock::Read(Lock::Uuid(uuid.into()))
        );
        assert_eq!(
            read(LockKind::Version, &number),
            SeenLock::Read(Lock::Version(7))
        );
        for (kind, value, wanted) in [
            (LockKind::Uuid, &number, "a UUID (S)"),
            (LockKind::Uuid, &AttributeValue::S("7".into()), "a UUID (S)"),
            (LockKind::Version, &text, "a version (N, an integer from 0)"),
            (
                LockKind::Version,
                &AttributeValue::N("-1".into()),
                "a version (N, an integer from 0)",
            ),
        ] {
            let SeenLock::Unreadable(LockError::NotALock { expected, .. }) = read(kind, value)
            else {
                panic!("{value:?} is a lock");
            };
            assert_eq!(expected, wanted);
        }
    }
}
