use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::SystemTime;

use super::{Entity, changes, stamp};
use crate::error::{Error, Result};
use crate::expr::Assignment;
use crate::key::Target;
use crate::lock::{Expected, Lock, LockError, Mark, Seen, Token, WriteId};
use crate::value::Item;

/// An entity together with the lock under which it was read.
///
/// Only a `Stored` can be saved or deleted conditionally. It dereferences to the entity; after a mutable borrow `save`
/// compares it with the item. (A change through interior mutability alone is not seen.) After a write it is current, or the
/// write consumed it.
///
/// Its own methods are associated functions, so that they hide none of the entity's: `Stored::token(&ann)`.
#[derive(Clone)]
pub struct Stored<E> {
    entity: E,
    /// The item as it was read or last written.
    image: Item,
    basis: Basis,
    /// There was a mutable borrow since.
    edited: bool,
    in_doubt: Vec<InDoubt>,
    target: Target,
}

/// What the next write of a handle is based on.
#[derive(Debug, Clone)]
enum Basis {
    Expected(Expected),
    /// This item can be read, and must not be written.
    Unwritable {
        lock: Option<Lock>,
        why: LockError,
    },
}

/// A write under this handle that was sent and not settled: its caller stopped waiting, or its outcome is unknown.
#[derive(Debug, Clone)]
pub(crate) struct InDoubt {
    pub(crate) id: WriteId,
    pub(crate) mark: Mark,
    /// The entity was changed here; otherwise the server computed what was stored.
    pub(crate) edited: bool,
}

/// More than this many unsettled writes are not remembered: the oldest is forgotten, and found landed it is a conflict.
const MAX_IN_DOUBT: usize = 8;

impl<E> Stored<E> {
    /// The entity, without its lock.
    pub fn into_inner(stored: Self) -> E {
        stored.entity
    }

    /// The lock under which the entity was read or last written; `None` for a legacy item that has none yet.
    pub fn lock(stored: &Self) -> Option<&Lock> {
        match &stored.basis {
            Basis::Expected(expected) => expected.lock(),
            Basis::Unwritable { lock, .. } => lock.as_ref(),
        }
    }

    /// The whole item as it was read or last written, also the attributes that the entity does not map.
    pub fn image(stored: &Self) -> &Item {
        &stored.image
    }

    /// Names this state of the item outside the process, as the ETag of a web service does. `None` for an item that has no
    /// lock (yet).
    pub fn token(stored: &Self) -> Option<Token> {
        match &stored.basis {
            Basis::Expected(expected) => Token::of(expected),
            Basis::Unwritable { .. } => None,
        }
    }
}

impl<E: Entity> Stored<E> {
    /// The handle on an image that was read.
    pub(crate) fn read(target: &Target, image: Item) -> Result<Self> {
        let (entity, basis) = Self::parts(&image)?;
        Ok(Self::new(target, entity, image, basis))
    }

    /// The handle on an image that a write left.
    ///
    /// # Errors
    /// `WrittenUnreadable`, with the image.
    pub(crate) fn written(target: &Target, image: Item) -> Result<Self> {
        match Self::parts(&image) {
            Ok((entity, basis)) => Ok(Self::new(target, entity, image, basis)),
            Err(error) => Err(Error::written(error, Some(image)).at(target)),
        }
    }

    fn parts(image: &Item) -> Result<(E, Basis)> {
        let schema = &E::SCHEMA.lock;
        let seen = Seen::of(schema, image);
        seen.check()?;
        let entity = E::decode(image)?;
        let basis = match Expected::after(schema, seen) {
            Ok(expected) => Basis::Expected(expected),
            Err(why) => Basis::Unwritable {
                lock: Seen::of(schema, image).lock().cloned(),
                why,
            },
        };
        Ok((entity, basis))
    }

    /// The handle on what an insert stored.
    pub(crate) fn inserted(target: &Target, entity: E, image: Item, mark: Mark) -> Self {
        Self::new(target, entity, image, Basis::Expected(mark.into()))
    }

    fn new(target: &Target, entity: E, image: Item, basis: Basis) -> Self {
        Self {
            entity,
            image,
            basis,
            edited: false,
            in_doubt: Vec::new(),
            target: target.clone(),
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// What the next write compares.
    ///
    /// # Errors
    /// The item must not be written.
    pub(crate) fn expected(&self) -> Result<Expected> {
        match &self.basis {
            Basis::Expected(expected) => Ok(expected.clone()),
            Basis::Unwritable { why, .. } => Err(why.clone().into()),
        }
    }

    /// A handle of one table must not write to another.
    pub(crate) fn check_table(&self, table: &Arc<str>) -> Result<()> {
        if self.target.table() == table {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the handle was read from table `{}`; write it to the table it came from",
            self.target.table()
        )))
    }

    /// An edit by the server would lose edits that were not saved.
    pub(crate) fn check_unedited(&self) -> Result<()> {
        if self.edits()?.is_empty() {
            return Ok(());
        }
        let message = "the handle has edits that were not saved; save them first, or reload";
        Err(Error::invalid(message))
    }

    fn edits(&self) -> Result<Vec<Assignment>> {
        if !self.edited {
            return Ok(Vec::new());
        }
        let lock = Self::lock(self).map(Lock::to_attribute);
        changes(&self.entity, self.target.key(), lock.as_ref(), &self.image)
    }

    /// What changed since the item was read or last written, and the time of change.
    pub(crate) fn changes(&mut self, now: impl FnOnce() -> SystemTime) -> Result<Vec<Assignment>> {
        let mut assignments = self.edits()?;
        if !assignments.is_empty() {
            stamp(&mut self.entity, now(), &self.image, &mut assignments)?;
        }
        Ok(assignments)
    }

    /// Replaces the value, as one edit. The lock view and the time of creation stay.
    pub(crate) fn replace(&mut self, mut entity: E) -> Result<()> {
        let lock = Self::lock(self).map(Lock::to_attribute);
        let view = E::decode_lock_view(lock.as_ref())
            .map_err(|error| error.of(E::SCHEMA.lock.attribute))?;
        entity.keep_creation(self);
        **self = entity;
        self.entity.set_lock_view(view);
        Ok(())
    }

    /// Whether a write of this handle may still be on its way.
    pub(crate) fn is_in_doubt(&self) -> bool {
        !self.in_doubt.is_empty()
    }

    /// Remembers a write before it is sent.
    pub(crate) fn remember(&mut self, write: InDoubt) {
        if self.in_doubt.len() == MAX_IN_DOUBT {
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
        let seen = Seen::of(&E::SCHEMA.lock, current);
        let landed = self.in_doubt.iter().find(|w| w.mark.is_shown_by(&seen));
        let Some(InDoubt { mark, edited, .. }) = landed.cloned() else {
            return Ok(false);
        };
        let view = lock_view::<E>(&mark)?;
        if edited {
            self.image.clone_from(current);
            self.advance(Vec::new(), mark, view);
            self.edited = true;
        } else if self.edits()?.is_empty() {
            self.refresh(current.clone(), mark, view)?;
        } else {
            // What the server computed replaces the entity, but not what was edited since.
            return Ok(false);
        }
        Ok(true)
    }

    /// The handle becomes what the server made of the item, under the lock that this write left. Where somebody has
    /// written since, `image` is theirs, and the next write of this handle conflicts.
    pub(crate) fn refresh(&mut self, image: Item, mark: Mark, view: E::LockView) -> Result<()> {
        self.entity = match E::decode(&image) {
            Ok(entity) => entity,
            Err(error) => return Err(Error::written(error.into(), Some(image))),
        };
        self.entity.set_lock_view(view);
        self.image = image;
        self.basis = Basis::Expected(mark.into());
        self.edited = false;
        self.in_doubt.clear();
        Ok(())
    }

    /// The handle becomes what a write stored: the image with these assignments. Of the entity only the lock view changes.
    pub(crate) fn advance(&mut self, assignments: Vec<Assignment>, mark: Mark, view: E::LockView) {
        for assignment in assignments {
            assignment.apply_to(&mut self.image);
        }
        mark.write_into(&E::SCHEMA.lock, &mut self.image);
        self.basis = Basis::Expected(mark.into());
        self.edited = false;
        self.in_doubt.clear();
        self.entity.set_lock_view(view);
    }
}

/// What the lock view field shows after a write, known before the write is sent.
pub(crate) fn lock_view<E: Entity>(mark: &Mark) -> Result<E::LockView> {
    let name = E::SCHEMA.lock.attribute;
    let lock = mark.lock.as_ref().map(Lock::to_attribute);
    E::decode_lock_view(lock.as_ref()).map_err(|e| e.of(name).into())
}

impl<E> Deref for Stored<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

impl<E> DerefMut for Stored<E> {
    fn deref_mut(&mut self) -> &mut E {
        self.edited = true;
        &mut self.entity
    }
}

impl<E: fmt::Debug> fmt::Debug for Stored<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("entity", &self.entity)
            .field("lock", &Self::lock(self))
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
        let Some((item, target)) = self.current_item().zip(self.target()) else {
            return Ok(None);
        };
        super::read_stored(target, item.clone()).map(Some)
    }
}
