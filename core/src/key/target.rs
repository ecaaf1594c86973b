use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Key, KeySchema};
use crate::value::Item;

/// One item of one table: where a call goes, and what its errors name. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Target(Arc<Inner>);

struct Inner {
    table: Arc<str>,
    key: Key,
    schema: &'static KeySchema,
}

impl Target {
    pub(crate) fn new(table: &Arc<str>, key: Key, schema: &'static KeySchema) -> Self {
        let table = Arc::clone(table);
        Self(Arc::new(Inner { table, key, schema }))
    }

    /// The physical name of the table.
    pub(crate) fn table(&self) -> &Arc<str> {
        &self.0.table
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0.key
    }

    /// Which attributes are the key.
    pub(crate) fn schema(&self) -> &'static KeySchema {
        self.0.schema
    }

    /// The key attributes.
    pub(crate) fn key_item(&self) -> Item {
        self.0.key.to_item(self.0.schema, 2)
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key && self.0.table == other.0.table
    }
}

impl Eq for Target {}

impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.table.hash(state);
        self.0.key.hash(state);
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`, key {}", self.0.table, self.0.key)
    }
}
