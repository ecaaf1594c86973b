//! Keys: their values, what can stand for one, and where an item is.

mod by_template;
mod form;
mod index;
mod into;
mod scalar;
mod target;
mod template;
mod value;

use std::fmt;

pub use by_template::ByTemplate;
#[doc(hidden)]
pub use by_template::KeyTemplates;
#[doc(hidden)]
pub use form::KeyForm;
pub use index::IndexKeyField;
#[doc(hidden)]
pub use index::index_key_form;
#[doc(hidden)]
pub use into::AnyShape;
pub use into::{Composite, IntoKey, IntoPartition, KeyFor, Single};
pub use scalar::{KeyScalar, KeyType};
#[doc(hidden)]
pub use scalar::{MAX_PARTITION_BYTES, MAX_SORT_BYTES};
pub(crate) use target::Target;
pub(crate) use template::Written;
pub use template::{Piece, Template};
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

    /// The fields in its templates.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let templates = self.attributes().filter_map(|attribute| attribute.template);
        let pieces = templates.flat_map(|template| template.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Part { field, .. } => Some(*field),
        })
    }
}

/// A key attribute: its name and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAttributeSchema {
    /// Its name in the item.
    pub name: &'static str,
    /// The type of its values.
    pub key_type: KeyType,
    /// How it is made of fields, where it is no field itself. Then its values are strings.
    pub template: Option<Template>,
}

impl KeyAttributeSchema {
    /// The value that these fields make, where it has a template.
    fn of_fields(&self, fields: &[KeyScalar]) -> Result<KeyScalar, ValueError> {
        let (value, fault) = self.write(fields);
        fault.map_or(Ok(value), |fault| Err(fault.of(self.name)))
    }

    /// A value that is a field itself is given as it is.
    fn write(&self, fields: &[KeyScalar]) -> (KeyScalar, Option<ValueError>) {
        let written = match (&self.template, fields) {
            (Some(template), _) => template.write(fields),
            (None, [.., own]) => return (own.clone(), None),
            (None, []) => Written::default(),
        };
        (KeyScalar::S(written.text), written.fault)
    }
}

/// The key of one item: the value of its partition key, and of its sort key where the table has one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    partition: KeyScalar,
    sort: Option<KeyScalar>,
    /// Why no item can have it: the fields do not fit the template.
    fault: Option<Box<ValueError>>,
}

impl Key {
    /// A key from its values.
    #[must_use]
    pub fn new(partition: KeyScalar, sort: Option<KeyScalar>) -> Self {
        Self {
            partition,
            sort,
            fault: None,
        }
    }

    /// The key by template of these fields. One that no item can have is refused when it is used.
    #[doc(hidden)]
    #[must_use]
    pub fn of_fields(schema: &KeySchema, fields: &[KeyScalar]) -> Self {
        // A partition key that is a field itself is the first of them, a sort key the last.
        let first = match schema.partition.template {
            Some(_) => fields,
            None => fields.get(..1).unwrap_or_default(),
        };
        let (partition, fault) = schema.partition.write(first);
        let fault = fault.map(|fault| fault.of(schema.partition.name));
        let (sort, sort_fault) = schema
            .sort
            .map(|sort| {
                let (value, fault) = sort.write(fields);
                (value, fault.map(|fault| fault.of(sort.name)))
            })
            .unzip();
        Self {
            partition,
            sort,
            fault: fault.or(sort_fault.flatten()).map(Box::new),
        }
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
    /// and table quotas in Amazon DynamoDB"), and what does not fit a template.
    pub(crate) fn check(&self, schema: &KeySchema) -> Result<(), ValueError> {
        if let Some(fault) = &self.fault {
            return Err((**fault).clone());
        }
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
            fault: None,
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
