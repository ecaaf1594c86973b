use super::TtlSchema;
use crate::key::KeySchema;
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
    /// The attribute that says when an item expires.
    pub ttl: Option<TtlSchema>,
    /// Every other attribute.
    pub attributes: &'static [AttributeSchema],
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
