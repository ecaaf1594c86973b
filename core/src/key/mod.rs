//! Keys: their values, what can stand for one, and where an item is.

mod form;
mod index;
mod into;
mod scalar;
mod target;
mod value;

use std::fmt;

#[doc(hidden)]
pub use form::KeyForm;
pub use index::IndexKeyField;
#[doc(hidden)]
pub use index::index_key_form;
#[doc(hidden)]
pub use into::AnyShape;
pub use into::{Composite, IntoKey, IntoPartition, KeyFor, Single, Sorted};
pub use scalar::{KeyScalar, KeyType};
#[doc(hidden)]
pub use scalar::{MAX_PARTITION_BYTES, MAX_SORT_BYTES};
pub(crate) use target::Target;
pub use value::KeyValue;

use crate::value::{Item, ValueError};

/// The key attributes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySchema {
    /// The partition key.
    pub partition: KeyAttributeSchema,
    /// The sort key.
    pub sort: Option<KeyAttributeSchema>,
}

impl KeySchema {
    /// Partition key and sort key.
    pub fn attributes(&self) -> impl Iterator<Item = KeyAttributeSchema> + use<> {
        [Some(self.partition), self.sort].into_iter().flatten()
    }
}

/// A key attribute: its name and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAttributeSchema {
    /// Its name in the item.
    pub name: &'static str,
    /// The type of its values.
    pub key_type: KeyType,
}

/// The key of one item: the value of its partition key, and of its sort key where the table has one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    partition: KeyScalar,
    sort: Option<KeyScalar>,
}

impl Key {
    /// A key from its values.
    #[must_use]
    pub fn new(partition: KeyScalar, sort: Option<KeyScalar>) -> Self {
        Self { partition, sort }
    }

    /// The value of the partition key.
    #[must_use]
    pub fn partition(&self) -> &KeyScalar {
        &self.partition
    }

    /// The value of the sort key, where the table has one.
    #[must_use]
    pub fn sort(&self) -> Option<&KeyScalar> {
        self.sort.as_ref()
    }

    /// Refuses what DynamoDB refuses: empty keys, a partition key over 2048 bytes, a sort key over 1024 ("Service, account,
    /// and table quotas in Amazon DynamoDB").
    pub(crate) fn check(&self, schema: &KeySchema) -> Result<(), ValueError> {
        self.partition.check_partition(&schema.partition)?;
        match schema.sort.zip(self.sort.as_ref()) {
            Some((attribute, value)) => value.check_sort(&attribute),
            None => Ok(()),
        }
    }

    /// The key of an item; `None` if it has none of this schema.
    pub(crate) fn of_item(schema: &KeySchema, item: &Item) -> Option<Self> {
        let value = |attribute: KeyAttributeSchema| {
            let value = KeyScalar::of(item.get(attribute.name)?)?;
            (value.key_type() == attribute.key_type).then_some(value)
        };
        Some(Self {
            partition: value(schema.partition)?,
            sort: match schema.sort {
                Some(attribute) => Some(value(attribute)?),
                None => None,
            },
        })
    }

    /// The key attributes, with room for more.
    pub(crate) fn to_item(&self, schema: &KeySchema, capacity: usize) -> Item {
        let mut item = Item::with_capacity(capacity);
        item.insert(
            schema.partition.name.to_owned(),
            self.partition.to_attribute(),
        );
        if let Some((attribute, value)) = schema.sort.zip(self.sort.as_ref()) {
            item.insert(attribute.name.to_owned(), value.to_attribute());
        }
        item
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.partition)?;
        self.sort.iter().try_for_each(|sort| write!(f, " / {sort}"))
    }
}
