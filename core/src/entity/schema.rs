use super::{KindSchema, MadeSchema, TtlSchema};
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
    /// The attribute that says when an item expires.
    pub ttl: Option<TtlSchema>,
    /// Every other attribute.
    pub attributes: &'static [AttributeSchema],
    /// The secondary indexes.
    pub indexes: &'static [IndexSchema],
}

impl Schema {
    /// The older names of an attribute.
    #[must_use]
    pub const fn aliases(&self, attribute: &str) -> &'static [&'static str] {
        let mut rest = self.attributes;
        while let [known, others @ ..] = rest {
            if same(known.name, attribute) {
                return known.aliases;
            }
            rest = others;
        }
        &[]
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
    pub const fn projects(&self, table: &KeySchema, attribute: &str) -> bool {
        let included = match self.projection {
            IndexProjection::All => true,
            IndexProjection::Keys => false,
            IndexProjection::Include(names) => contains(names, attribute),
        };
        included || is_key(&self.key, attribute) || is_key(table, attribute)
    }

    /// Whether its entries have all these attributes of an item.
    pub(crate) const fn projects_all(&self, table: &KeySchema, mut names: &[&str]) -> bool {
        while let [name, others @ ..] = names {
            if !self.projects(table, name) {
                return false;
            }
            names = others;
        }
        true
    }
}

// Constants know neither `==` of strings nor iterators.

const fn is_key(schema: &KeySchema, attribute: &str) -> bool {
    let sort = match &schema.sort {
        Some(sort) => same(sort.name, attribute),
        None => false,
    };
    sort || same(schema.partition.name, attribute)
}

const fn contains(mut names: &[&str], name: &str) -> bool {
    while let [first, others @ ..] = names {
        if same(first, name) {
            return true;
        }
        names = others;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.is_empty() && b.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAttributeSchema, KeyType};

    const fn key(name: &'static str, sort: Option<&'static str>) -> KeySchema {
        const fn attribute(name: &'static str) -> KeyAttributeSchema {
            KeyAttributeSchema {
                name,
                key_type: KeyType::S,
                template: None,
            }
        }
        KeySchema {
            partition: attribute(name),
            sort: match sort {
                Some(name) => Some(attribute(name)),
                None => None,
            },
        }
    }

    #[test]
    fn an_index_has_its_keys_those_of_the_table_and_what_it_includes() {
        let table = key("id", Some("part"));
        let index = |projection| IndexSchema {
            name: "by-name",
            local: false,
            key: key("name", Some("day")),
            projection,
        };
        let (keys, include) = (
            IndexProjection::Keys,
            IndexProjection::Include(&["", "name2"]),
        );
        for name in ["id", "part", "name", "day"] {
            assert!(index(keys).projects(&table, name), "{name}");
        }
        for name in ["", "i", "idx", "names", "parT", "name2"] {
            assert!(index(IndexProjection::All).projects(&table, name), "{name}");
            assert!(!index(keys).projects(&table, name), "{name}");
            let included = ["", "name2"].contains(&name);
            assert_eq!(index(include).projects(&table, name), included, "{name}");
        }
        assert!(index(include).projects_all(&table, &["id", "name2", "day"]));
        assert!(!index(include).projects_all(&table, &["id", "name3", "day"]));
        assert!(index(keys).projects_all(&table, &[]));
    }
}
