use super::seen::{SeenJournal, SeenLock};
use super::{Journal, Lock, LockError, LockKind, LockSchema, MAX_VERSION, Seen, WriteId};
use crate::value::{AttributeValue, Item, assign};

/// What a write expects to find: where its handle comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// No item.
    New,
    /// An item without a lock, written before there was one, or stripped of it. The write adopts it.
    Legacy(HeldJournal),
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
    /// None is there; the write starts one.
    Missing,
    /// Just these bytes of ours; the write starts another in their place.
    Replaced(AttributeValue),
    /// It goes on.
    Kept(Journal),
}

/// The lock and journal that a write leaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    /// `None` where values are compared instead.
    pub(crate) lock: Option<Lock>,
    pub(crate) journal: Option<Journal>,
}

impl Expected {
    /// What a write based on this image expects.
    ///
    /// # Errors
    /// The image has a lock or journal that must not be replaced.
    pub(crate) fn after(schema: &LockSchema, seen: Seen) -> Result<Self, LockError> {
        seen.check()?;
        let lock = match (schema.kind, seen.lock) {
            (LockKind::Values, _) => return Ok(Self::Unlocked),
            (_, SeenLock::Read(lock)) => Some(lock),
            (_, SeenLock::Missing | SeenLock::Unreadable(_)) => None,
        };
        let journal = match (schema.journal, seen.journal) {
            (None, _) => HeldJournal::Off,
            (Some(_), SeenJournal::Missing) => HeldJournal::Missing,
            (Some(_), SeenJournal::Unreadable(raw)) => HeldJournal::Replaced(raw),
            (Some(_), SeenJournal::Kept(journal)) if lock.is_some() => HeldJournal::Kept(journal),
            // Without its lock a journal cannot go on: a version that starts again is another life.
            (Some(_), SeenJournal::Kept(journal)) => HeldJournal::Replaced(journal.to_attribute()),
            (Some(attribute), SeenJournal::UnknownFormat(format)) => {
                return Err(LockError::UnknownJournal { attribute, format });
            }
            (Some(attribute), SeenJournal::Foreign(found)) => {
                return Err(LockError::NotAJournal { attribute, found });
            }
        };
        Ok(match lock {
            Some(lock) => Self::Held { lock, journal },
            None => Self::Legacy(journal),
        })
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
    ) -> Result<Mark, LockError> {
        self.can_move(schema)?;
        let lock = match schema.kind {
            LockKind::Values => None,
            LockKind::Uuid => Some(Lock::Uuid(id.to_string())),
            LockKind::Version => Some(Lock::Version(self.version().unwrap_or(0) + 1)),
        };
        let journal = schema.journal.map(|_| match self.journal() {
            Some(journal) => journal.with(id),
            None => Journal::born(id, writers),
        });
        Ok(Mark { lock, journal })
    }

    /// Whether the lock condition of the write would hold on this image. (With `lock = values` it is that there is an item;
    /// what is compared besides is the guard of the write.)
    pub(super) fn holds(&self, image: Option<&Seen>) -> bool {
        match (self, image) {
            (Self::New, image) => image.is_none(),
            (_, None) => false,
            (Self::Unlocked, Some(_)) => true,
            (Self::Legacy(journal), Some(seen)) => {
                seen.lock == SeenLock::Missing && journal.holds(&seen.journal)
            }
            (Self::Held { lock, journal }, Some(seen)) => {
                seen.lock() == Some(lock)
                    // A UUID belongs to one life of one item, so the journal is not compared.
                    && (matches!((lock, journal), (Lock::Uuid(_), HeldJournal::Kept(_)))
                        || journal.holds(&seen.journal))
            }
        }
    }

    /// Whether the lock never comes back once it has moved: a version with its birth, or a UUID. While such a lock stands in
    /// a condition, what was refused once stays refused.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Held { lock, journal } => {
                matches!(lock, Lock::Uuid(_)) || matches!(journal, HeldJournal::Kept(_))
            }
            Self::New | Self::Legacy(_) | Self::Unlocked => false,
        }
    }

    /// The lock that the write compares.
    pub(crate) fn lock(&self) -> Option<&Lock> {
        match self {
            Self::Held { lock, .. } => Some(lock),
            Self::New | Self::Legacy(_) | Self::Unlocked => None,
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
        self.lock().and_then(Lock::version)
    }
}

impl HeldJournal {
    fn holds(&self, seen: &SeenJournal) -> bool {
        match (self, seen) {
            (Self::Kept(held), SeenJournal::Kept(seen)) => held.same_life(seen),
            (Self::Replaced(held), seen) => seen.is_stored_as(held),
            (Self::Off, _) | (Self::Missing, SeenJournal::Missing) => true,
            _ => false,
        }
    }
}

impl From<Mark> for Expected {
    /// What the next write expects after one that left this.
    fn from(mark: Mark) -> Self {
        match mark.lock {
            None => Self::Unlocked,
            Some(lock) => Self::Held {
                lock,
                journal: mark.journal.map_or(HeldJournal::Off, HeldJournal::Kept),
            },
        }
    }
}

impl Mark {
    /// No lock and no journal.
    pub(crate) const NONE: Self = Self {
        lock: None,
        journal: None,
    };

    /// Sets lock and journal in an item.
    pub(crate) fn write_into(&self, schema: &LockSchema, item: &mut Item) {
        if let Some(lock) = &self.lock {
            assign(item, schema.attribute, lock.to_attribute());
        }
        if let Some((name, journal)) = schema.journal.zip(self.journal.as_ref()) {
            assign(item, name, journal.to_attribute());
        }
    }

    /// Whether an image is just what this write left: nobody has written since.
    pub(crate) fn is_shown_by(&self, seen: &Seen) -> bool {
        self.lock.is_some()
            && seen.lock() == self.lock.as_ref()
            && match (&self.journal, &seen.journal) {
                (Some(left), SeenJournal::Kept(seen)) => left == seen,
                // A UUID is this write's alone; a version without a journal may be anybody's.
                (None, _) => matches!(self.lock, Some(Lock::Uuid(_))),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::WriterId;

    fn seen(lock: Option<Lock>, journal: Option<Journal>) -> Seen {
        Seen {
            lock: lock.map_or(SeenLock::Missing, SeenLock::Read),
            journal: journal.map_or(SeenJournal::Missing, SeenJournal::Kept),
        }
    }

    #[test]
    fn a_write_is_shown_by_its_own_lock_and_journal_alone() {
        let id = || WriteId::fresh(WriterId::fresh());
        let (mine, other) = (Journal::born(id(), 8), Journal::born(id(), 8));
        let version = |version| Some(Lock::Version(version));
        let mark = |lock, journal| Mark { lock, journal };
        let left = mark(version(3), Some(mine.clone()));
        for (lock, journal, shown) in [
            (version(3), Some(mine.clone()), true),
            (version(3), Some(other), false),
            (version(4), Some(mine.clone()), false),
            (version(3), None, false),
            (None, Some(mine.clone()), false),
        ] {
            assert_eq!(left.is_shown_by(&seen(lock, journal)), shown);
        }
        let uuid = Some(Lock::Uuid(id().to_string()));
        assert!(mark(uuid.clone(), None).is_shown_by(&seen(uuid.clone(), None)));
        let another = Some(Lock::Uuid(id().to_string()));
        assert!(!mark(uuid, None).is_shown_by(&seen(another, None)));
        // A version without a journal may be anybody's, and values are no lock.
        assert!(!mark(version(3), None).is_shown_by(&seen(version(3), None)));
        assert!(!Mark::NONE.is_shown_by(&seen(None, None)));
        assert!(!mark(None, Some(mine.clone())).is_shown_by(&seen(None, Some(mine))));
    }
}
