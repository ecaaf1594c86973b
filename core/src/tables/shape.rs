use std::collections::BTreeSet;
use std::fmt;

/// What is compared of a table: its keys and its indexes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) key: Keys,
    pub(super) indexes: Vec<Index>,
}

/// The key attributes of a table or index: partition key, sort key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Keys(pub(super) Vec<KeyAttribute>);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyAttribute {
    pub(super) name: String,
    /// `S`, `N` or `B`.
    pub(super) key_type: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) local: bool,
    pub(super) key: Keys,
    pub(super) projection: Projection,
}

/// What the entries of an index have besides keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Projection {
    All,
    Keys,
    Include(BTreeSet<String>),
}

impl Shape {
    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// All key attributes, of the table and of its indexes.
    pub(super) fn key_attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        let keys = self.indexes.iter().map(|index| &index.key);
        std::iter::once(&self.key)
            .chain(keys)
            .flat_map(|keys| &keys.0)
    }
}

impl Index {
    /// How many attributes it includes by name.
    pub(super) fn included(&self) -> usize {
        match &self.projection {
            Projection::Include(names) => names.len(),
            Projection::All | Projection::Keys => 0,
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, attribute) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}`{}` ({})", attribute.name, attribute.key_type)?;
        }
        Ok(())
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.local { "local" } else { "global" };
        write!(f, "{kind}, by {}, with {}", self.key, self.projection)
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all attributes"),
            Self::Keys => f.write_str("keys alone"),
            Self::Include(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "keys, {}", names.join(", "))
            }
        }
    }
}
