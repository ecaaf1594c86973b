use super::seen::SeenJournal;
use super::{Journal, Lock, LockError, LockKind, LockSchema, MAX_VERSION, Seen, WriteId};
use crate::value::AttributeValue;

/// What a write expects to find: where its handle comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// No item.
    New,
    /// An item without a lock, written before there was one.
    Legacy,
    /// An item without a lock attribute, by choice: values are compared instead.
    Unlocked,
    /// An item under a lock.
    Held { lock: Lock, journal: HeldJournal },
}

/// What a write expects of the journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum HeldJournal {
    /// The entity keeps none.
    Off,
    /// None was there: the lock is another tool's.
    Missing,
    /// It does not parse; only these very bytes may be replaced.
    Unreadable(AttributeValue),
    /// It is ours.
    Kept(Journal),
}

/// The lock and journal that a write leaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Left {
    /// `None` where values are compared instead.
    pub(crate) lock: Option<Lock>,
    pub(crate) journal: Option<Journal>,
}

impl Expected {
    /// What a write based on this image expects.
    pub(crate) fn after(schema: &LockSchema, seen: Seen) -> Result<Self, LockError> {
        let lock = match (schema.kind, seen.lock) {
            (LockKind::Values, _) => return Ok(Self::Unlocked),
            (_, None) => return Ok(Self::Legacy),
            (_, Some(lock)) => lock,
        };
        let journal = match (schema.journal, seen.journal) {
            (None, _) => HeldJournal::Off,
            (Some(_), SeenJournal::Missing) => HeldJournal::Missing,
            (Some(_), SeenJournal::Unreadable(raw)) => HeldJournal::Unreadable(raw),
            (Some(_), SeenJournal::Kept(journal)) => HeldJournal::Kept(journal),
            (Some(attribute), SeenJournal::UnknownFormat(format)) => {
                return Err(LockError::UnknownJournal { attribute, format });
            }
        };
        Ok(Self::Held { lock, journal })
    }

    /// Whether there is a next value for the lock.
    pub(crate) fn can_move(&self, schema: &LockSchema) -> Result<(), LockError> {
        match self.version() {
            Some(version) if version >= MAX_VERSION => Err(LockError::Overflow {
                attribute: schema.attribute,
            }),
            _ => Ok(()),
        }
    }

    /// What the write `id` leaves; `writers` is the K of a journal that begins with it.
    pub(crate) fn next(
        &self,
        schema: &LockSchema,
        id: WriteId,
        writers: u8,
    ) -> Result<Left, LockError> {
        self.can_move(schema)?;
        let lock = match schema.kind {
            LockKind::Values => None,
            LockKind::Uuid => Some(Lock::Uuid(id.to_string())),
            LockKind::Version => Some(Lock::Version(self.version().unwrap_or(0) + 1)),
        };
        let journal = schema.journal.map(|_| match self {
            Self::Held {
                journal: HeldJournal::Kept(journal),
                ..
            } => journal.with(id),
            _ => Journal::born(id, writers),
        });
        Ok(Left { lock, journal })
    }

    /// Whether the lock condition of the write would hold on this image. Of values it is not known here.
    pub(super) fn holds(&self, image: Option<&Seen>) -> bool {
        match (self, image) {
            (Self::New, None) => true,
            (Self::Legacy, Some(seen)) => seen.lock.is_none(),
            (Self::Held { lock, journal }, Some(seen)) => {
                seen.lock.as_ref() == Some(lock) && journal.holds(lock, &seen.journal)
            }
            _ => false,
        }
    }

    pub(super) fn journal(&self) -> Option<&Journal> {
        match self {
            Self::Held {
                journal: HeldJournal::Kept(journal),
                ..
            } => Some(journal),
            _ => None,
        }
    }

    pub(super) fn version(&self) -> Option<u64> {
        match self {
            Self::Held {
                lock: Lock::Version(version),
                ..
            } => Some(*version),
            _ => None,
        }
    }
}

impl HeldJournal {
    fn holds(&self, lock: &Lock, seen: &SeenJournal) -> bool {
        match (self, seen) {
            // A UUID belongs to one life of one item, so the journal need not be compared.
            (Self::Kept(_), _) if matches!(lock, Lock::Uuid(_)) => true,
            (Self::Kept(held), SeenJournal::Kept(seen)) => held.same_life(seen),
            (Self::Unreadable(held), SeenJournal::Unreadable(seen)) => held == seen,
            (Self::Off, _) | (Self::Missing, SeenJournal::Missing) => true,
            _ => false,
        }
    }
}

impl From<Left> for Expected {
    /// What the next write expects after one that left this.
    fn from(left: Left) -> Self {
        match left.lock {
            None => Self::Unlocked,
            Some(lock) => Self::Held {
                lock,
                journal: left.journal.map_or(HeldJournal::Off, HeldJournal::Kept),
            },
        }
    }
}

impl Left {
    /// Whether an image is just what this write left: nobody has written since.
    pub(crate) fn is_shown_by(&self, seen: &Seen) -> bool {
        self.lock.is_some()
            && seen.lock == self.lock
            && match (&self.journal, &seen.journal) {
                (Some(left), SeenJournal::Kept(seen)) => left == seen,
                // A UUID is this write's alone; a version without a journal may be anybody's.
                (None, _) => matches!(self.lock, Some(Lock::Uuid(_))),
                _ => false,
            }
    }
}
