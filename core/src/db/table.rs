use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Db, LaneKey};
use crate::entity::{Entity, IntoKey, Key};
use crate::error::{Error, Result};
use crate::retry::RetryPolicy;
use crate::value::Item;
use crate::wire::ReadRequest;

/// The table of an entity: a view on a [`Db`], cheap to make and to clone. Its verbs are builders: `.await` them, or set
/// options first.
pub struct Table<E> {
    db: Db,
    name: Arc<str>,
    entity: PhantomData<fn() -> E>,
}

/// One item of one table: where a call goes, and what its errors name.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) table: Arc<str>,
    pub(crate) key: Key,
    pub(crate) key_item: Item,
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

    pub(crate) fn physical_name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn target(&self, key: impl IntoKey<E::Key>) -> Result<Target> {
        self.target_of(key.into_key())
    }

    pub(crate) fn target_of(&self, key: Key) -> Result<Target> {
        key.check(&E::SCHEMA.key)
            .map_err(|e| Error::from(e).at(&self.name, &key))?;
        Ok(Target {
            table: Arc::clone(&self.name),
            key_item: key.clone().into_item(&E::SCHEMA.key),
            key,
        })
    }

    pub(crate) fn policy(&self, own: Option<RetryPolicy>) -> RetryPolicy {
        own.unwrap_or_else(|| self.db.retry())
    }
}

impl Target {
    /// Names this item in an error.
    pub(crate) fn blame(&self, error: impl Into<Error>) -> Error {
        error.into().at(&self.table, &self.key)
    }

    pub(crate) fn lane_key(&self) -> LaneKey {
        LaneKey {
            table: Arc::clone(&self.table),
            key: self.key.clone(),
        }
    }

    pub(crate) fn read(&self, consistent: bool) -> ReadRequest {
        ReadRequest {
            table: Arc::clone(&self.table),
            key: self.key_item.clone(),
            consistent,
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
