use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Db;
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::key::{IntoKey, Key, Target};
use crate::wire::Meter;

/// The table of an entity: a view on a [`Db`], cheap to make and to clone. Its verbs are builders: `.await` them, or set
/// options first.
pub struct Table<E> {
    db: Db,
    name: Arc<str>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Table<E> {
    pub(super) fn new(db: Db, name: Arc<str>) -> Self {
        Self {
            db,
            name,
            entity: PhantomData,
        }
    }

    /// The `Db` behind this view.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The physical name, prefix included.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has the calls on this view counted.
    pub(crate) fn set_meter(&mut self, meter: &Meter) {
        self.db = self.db.metered(meter);
    }

    pub(crate) fn physical_name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn target(&self, key: impl IntoKey<E::Key>) -> Result<Target> {
        self.target_of(key.into_key())
    }

    pub(crate) fn target_of(&self, key: Key) -> Result<Target> {
        let schema = &E::SCHEMA.key;
        let checked = key.check(schema);
        let target = Target::new(&self.name, key, schema);
        match checked {
            Ok(()) => Ok(target),
            Err(error) => Err(Error::from(error).at(&target)),
        }
    }
}

impl<E> Clone for Table<E> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            name: Arc::clone(&self.name),
            entity: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Table<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
