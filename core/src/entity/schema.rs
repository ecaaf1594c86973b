use super::KeyType;
use crate::lock::LockSchema;

/// What the derive knows of an entity, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The table, without the prefix of the `Db`.
    pub table: &'static str,
    /// The key attributes.
    pub key: KeySchema,
    /// The lock.
    pub lock: LockSchema,
    /// Every other attribute.
    pub attributes: &'static [AttributeSchema],
}

/// The key attributes of a table: names and types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySchema {
    /// The partition key.
    pub partition: (&'static str, KeyType),
    /// The sort key.
    pub sort: Option<(&'static str, KeyType)>,
}

/// An attribute that is neither key nor lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeSchema {
    /// Its name in the item.
    pub name: &'static str,
    /// Older names, read where the name is absent and removed when the attribute is written.
    pub aliases: &'static [&'static str],
    /// It is set with every change, and is no change by itself.
    pub automatic: bool,
}
