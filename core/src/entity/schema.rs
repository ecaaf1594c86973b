use super::{KindSchema, MadeSchema};
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
    /// What tells its items from others in the table, where something does.
    pub kind: Option<KindSchema>,
    /// Every other attribute.
    pub attributes: &'static [AttributeSchema],
    /// The secondary indexes.
    pub indexes: &'static [IndexSchema],
}

impl Schema {
    /// The older names of an attribute.
    pub(crate) fn aliases(&self, attribute: &str) -> &'static [&'static str] {
        let mut attributes = self.attributes.iter();
        let known = attributes.find(|known| known.name == attribute);
        known.map_or(&[], |attribute| attribute.aliases)
    }
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
    /// How it is made of others, where it is no field: the key of an index by template.
    pub made: Option<MadeSchema>,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSchema {
    /// Its name.
    pub name: &'static str,
    /// Whether it is local: it has the table's partition key, and can be read consistently.
    pub local: bool,
    /// Its key attributes.
    pub key: KeySchema,
    /// What else its entries have.
    pub projection: IndexProjection,
}

/// The attributes that the entries of an index have, besides the keys of table and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexProjection {
    /// All of the item's.
    All,
    /// None.
    Keys,
    /// Those with these names.
    Include(&'static [&'static str]),
}

impl IndexSchema {
    /// Whether its entries have this attribute of an item, where `table` are the table's keys.
    #[must_use]
    pub fn projects(&self, table: &KeySchema, attribute: &str) -> bool {
        let is_key = |schema: &KeySchema| schema.attributes().any(|key| key.name == attribute);
        let included = match self.projection {
            IndexProjection::All => true,
            IndexProjection::Keys => false,
            IndexProjection::Include(names) => names.contains(&attribute),
        };
        included || is_key(&self.key) || is_key(table)
    }
}
