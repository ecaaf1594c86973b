use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::SystemTime;

use super::{Entity, Key, changes, stamp};
use crate::error::{Error, Result};
use crate::expr::Assignment;
use crate::lock::{Expected, Left, Lock, LockError, Seen, Token, WriteId};
use crate::value::Item;

/// An entity together with the lock under which it was read.
///
/// Only a `Stored` can be saved or deleted conditionally. It dereferences to the entity; after a mutable borrow `save`
/// compares it with the item. (A change through interior mutability alone is not seen.) After a write it is current, or the
/// write consumed it.
#[derive(Clone)]
pub struct Stored<E> {
    entity: E,
    image: Item,
    lock: Option<Lock>,
    /// What the next write compares; an error if this item must not be written.
    expected: std::result::Result<Expected, LockError>,
    /// The key before the first mutable borrow; `None` while there was none.
    edited: Option<Key>,
    in_doubt: Vec<InDoubt>,
    table: Arc<str>,
}

/// A write under this handle that was sent and not settled: its caller stopped waiting, or its outcome is unknown.
#[derive(Debug, Clone)]
pub(crate) struct InDoubt {
    pub(crate) id: WriteId,
    pub(crate) left: Left,
    /// The server computed what the write stored.
    pub(crate) computed: bool,
}

/// More than this many unsettled writes are not remembered: the oldest is forgotten, and found landed it is a conflict.
const MOST_IN_DOUBT: usize = 8;

impl<E: Entity> Stored<E> {
    /// The handle on an image that was read.
    pub(crate) fn read(table: &Arc<str>, image: Item) -> Result<Self> {
        let seen = Seen::of(&E::SCHEMA.lock, &image)?;
        let entity = E::decode(&image)?;
        Ok(Self {
            entity,
            lock: seen.lock.clone(),
            expected: Expected::after(&E::SCHEMA.lock, seen),
            image,
            edited: None,
            in_doubt: Vec::new(),
            table: Arc::clone(table),
        })
    }

    /// The handle on what an insert stored.
    pub(crate) fn inserted(table: &Arc<str>, entity: E, image: Item, left: Left) -> Self {
        Self {
            entity,
            image,
            lock: left.lock.clone(),
            expected: Ok(left.into()),
            edited: None,
            in_doubt: Vec::new(),
            table: Arc::clone(table),
        }
    }

    /// The entity, without its lock.
    pub fn into_inner(self) -> E {
        self.entity
    }

    /// The lock under which the entity was read or last written; `None` for a legacy item that has none yet.
    pub fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    /// The whole item as it was read or last written, also the attributes that the entity does not map.
    pub fn image(&self) -> &Item {
        &self.image
    }

    pub(crate) fn key(&self) -> Key {
        // Not of an entity whose key was edited: `save` says what is wrong with that.
        self.edited.clone().unwrap_or_else(|| self.entity.key())
    }

    pub(crate) fn expected(&self) -> Result<&Expected> {
        self.expected.as_ref().map_err(|error| error.clone().into())
    }

    /// A handle of one table must not write to another.
    pub(crate) fn check_table(&self, table: &Arc<str>) -> Result<()> {
        if self.table == *table {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the handle was read from table `{}`; write it to the table it came from",
            self.table
        )))
    }

    /// Whether there is something to save.
    pub(crate) fn has_edits(&self) -> Result<bool> {
        Ok(!self.edits()?.is_empty())
    }

    fn edits(&self) -> Result<Vec<Assignment>> {
        let Some(key) = &self.edited else {
            return Ok(Vec::new());
        };
        let lock = self.lock.as_ref().map(Lock::to_attribute);
        changes(&self.entity, key, lock.as_ref(), &self.image)
    }

    /// What changed since the item was read or last written, and the time of change.
    pub(crate) fn changes(&mut self) -> Result<Vec<Assignment>> {
        let mut assignments = self.edits()?;
        if !assignments.is_empty() {
            let now = SystemTime::now();
            stamp(&mut self.entity, now, &self.image, &mut assignments)?;
        }
        Ok(assignments)
    }

    /// Replaces the value, as one edit. The lock view and the time of creation stay.
    pub(crate) fn replace(&mut self, mut entity: E) -> Result<()> {
        let lock = self.lock.as_ref().map(Lock::to_attribute);
        let view = E::decode_lock_view(lock.as_ref())
            .map_err(|error| error.of(E::SCHEMA.lock.attribute))?;
        entity.keep_creation(self);
        **self = entity;
        self.entity.set_lock_view(view);
        Ok(())
    }

    /// Names this state of the item outside the process, as the ETag of a web service does. `None` for an item that has no
    /// lock (yet).
    pub fn token(&self) -> Option<Token> {
        let expected = self.expected.as_ref().ok()?;
        Token::of(expected)
    }

    /// Whether a write of this handle may still be on its way.
    pub(crate) fn is_in_doubt(&self) -> bool {
        !self.in_doubt.is_empty()
    }

    /// Remembers a write before it is sent.
    pub(crate) fn remember(&mut self, write: InDoubt) {
        if self.in_doubt.len() == MOST_IN_DOUBT {
            self.in_doubt.remove(0);
        }
        self.in_doubt.push(write);
    }

    /// A write was proved not landed.
    pub(crate) fn forget(&mut self, id: &WriteId) {
        self.in_doubt.retain(|write| write.id != *id);
    }

    /// Moves the handle to a remembered write, if `current` shows exactly what that write left: its id and its lock.
    pub(crate) fn advance_to_remembered(&mut self, current: &Item) -> Result<bool> {
        let seen = Seen::of(&E::SCHEMA.lock, current)?;
        let landed = self.in_doubt.iter().find(|w| w.left.is_shown_by(&seen));
        let Some(InDoubt { left, computed, .. }) = landed.cloned() else {
            return Ok(false);
        };
        let view = lock_view::<E>(&left)?;
        if !computed {
            let edited = self.edited.take();
            self.advance(current.clone(), left, view);
            self.edited = edited;
        } else if self.has_edits()? {
            // What the server computed replaces the entity, but not what was edited since.
            return Ok(false);
        } else {
            self.refresh(current.clone(), left, view)?;
        }
        Ok(true)
    }

    /// The handle becomes what the server made of the item, under the lock that this write left. Where somebody has
    /// written since, `image` is theirs, and the next write of this handle conflicts.
    pub(crate) fn refresh(&mut self, image: Item, left: Left, view: E::LockView) -> Result<()> {
        self.entity = match E::decode(&image) {
            Ok(entity) => entity,
            Err(error) => return Err(Error::written(error.into(), Some(image))),
        };
        self.entity.set_lock_view(view);
        self.image = image;
        self.lock.clone_from(&left.lock);
        self.expected = Ok(left.into());
        self.edited = None;
        self.in_doubt.clear();
        Ok(())
    }

    /// The handle becomes what a write stored; of the entity only the lock view changes.
    pub(crate) fn advance(&mut self, image: Item, left: Left, view: E::LockView) {
        self.image = image;
        self.lock.clone_from(&left.lock);
        self.expected = Ok(left.into());
        self.in_doubt.clear();
        self.entity.set_lock_view(view);
        self.edited = None;
    }
}

/// What the lock view field shows after a write, known before the write is sent.
pub(crate) fn lock_view<E: Entity>(left: &Left) -> Result<E::LockView> {
    let name = E::SCHEMA.lock.attribute;
    let lock = left.lock.as_ref().map(Lock::to_attribute);
    E::decode_lock_view(lock.as_ref()).map_err(|e| e.of(name).into())
}

impl<E> Deref for Stored<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

impl<E: Entity> DerefMut for Stored<E> {
    fn deref_mut(&mut self) -> &mut E {
        let entity = &self.entity;
        self.edited.get_or_insert_with(|| entity.key());
        &mut self.entity
    }
}

impl<E: fmt::Debug> fmt::Debug for Stored<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("entity", &self.entity)
            .field("lock", &self.lock)
            .finish_non_exhaustive()
    }
}

impl Error {
    /// The current item of a failed write, typed: what another writer left, ready to be changed and saved. `None` where
    /// the failure brought no item.
    ///
    /// # Errors
    /// The item cannot be read as `E`.
    pub fn current<E: Entity>(&self) -> Result<Option<Stored<E>>> {
        let Some((item, table)) = self.current_item().zip(self.table()) else {
            return Ok(None);
        };
        Stored::read(&Arc::from(table), item.clone()).map(Some)
    }
}
