use super::shape::{Index, KeyAttribute, Keys, Projection, Shape};
use crate::entity::{IndexProjection, IndexSchema, Schema};
use crate::error::{Error, Result};
use crate::key::{KeySchema, KeyType};

// "Service, account, and table quotas in Amazon DynamoDB", secondary indexes.
const MAX_GLOBAL: usize = 20;
const MAX_LOCAL: usize = 5;
const MAX_INCLUDED: usize = 100;

/// The table of one or more entities.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Its name, without the prefix of a `Db`.
    pub(super) table: &'static str,
    pub(super) shape: Shape,
    /// The attribute that says when items expire.
    pub(super) ttl: Option<&'static str>,
}

/// The table that all these entities can share.
///
/// # Errors
/// `InvalidInput`: there is none. They name two tables, define one name in two ways, or have too many indexes together.
pub(super) fn union(schemas: &[&'static Schema]) -> Result<Layout> {
    let Some((first, others)) = schemas.split_first() else {
        return Err(Error::invalid("this names no entity, and so no table"));
    };
    let mut shape = Shape {
        key: keys(&first.key),
        indexes: Vec::new(),
    };
    for other in others {
        if other.table != first.table {
            return Err(Error::invalid(format!(
                "`{}` and `{}` are two tables: make each by itself",
                first.table, other.table
            )));
        }
        let key = keys(&other.key);
        if key != shape.key {
            return Err(Error::invalid(format!(
                "entities that share table `{}` have different keys, {} and {key}: give them the same",
                first.table, shape.key
            )));
        }
    }
    for index in schemas.iter().flat_map(|schema| schema.indexes) {
        let index = Index::from(index);
        match shape.index(&index.name) {
            None => shape.indexes.push(index),
            Some(known) if *known == index => {}
            Some(known) => {
                return Err(Error::invalid(format!(
                    "index `{}` of table `{}` is defined in two ways, ({known}) and ({index}): define it once, or give one another name",
                    index.name, first.table
                )));
            }
        }
    }
    check_types(first.table, &shape)?;
    check_limits(first.table, &shape)?;
    Ok(Layout {
        table: first.table,
        shape,
        ttl: ttl(schemas)?,
    })
}

/// A table has one attribute that says when items expire. Entities without one share it: their items never do.
fn ttl(schemas: &[&'static Schema]) -> Result<Option<&'static str>> {
    let mut attributes = schemas.iter().filter_map(|schema| schema.ttl);
    let Some(first) = attributes.next() else {
        return Ok(None);
    };
    match attributes.find(|other| other.attribute != first.attribute) {
        None => Ok(Some(first.attribute)),
        Some(other) => Err(Error::invalid(format!(
            "items of one table expire by one attribute, not by `{}` and `{}`: give both one name",
            first.attribute, other.attribute
        ))),
    }
}

/// An attribute has one type wherever it is a key.
fn check_types(table: &str, shape: &Shape) -> Result<()> {
    for (place, attribute) in shape.key_attributes().enumerate() {
        let mut before = shape.key_attributes().take(place);
        let other = before
            .find(|other| other.name == attribute.name && other.key_type != attribute.key_type);
        if let Some(other) = other {
            return Err(Error::invalid(format!(
                "attribute `{}` of table `{table}` is a key of two types, {} and {}: a key has one",
                attribute.name, other.key_type, attribute.key_type
            )));
        }
    }
    Ok(())
}

fn check_limits(table: &str, shape: &Shape) -> Result<()> {
    let local = shape.indexes.iter().filter(|index| index.local).count();
    let included = shape.indexes.iter().map(Index::included).sum();
    let limits = [
        (shape.indexes.len() - local, MAX_GLOBAL, "global indexes"),
        (local, MAX_LOCAL, "local indexes"),
        (included, MAX_INCLUDED, "attributes that indexes include"),
    ];
    for (there_are, most, what) in limits {
        if there_are > most {
            return Err(Error::invalid(format!(
                "the entities of table `{table}` have {there_are} {what} together; a table has at most {most}"
            )));
        }
    }
    Ok(())
}

fn keys(schema: &KeySchema) -> Keys {
    let attributes = schema.attributes().map(|attribute| KeyAttribute {
        name: attribute.name.to_owned(),
        key_type: name(attribute.key_type).to_owned(),
    });
    Keys(attributes.collect())
}

fn name(of_type: KeyType) -> &'static str {
    match of_type {
        KeyType::S => "S",
        KeyType::N => "N",
        KeyType::B => "B",
    }
}

impl From<&IndexSchema> for Index {
    fn from(index: &IndexSchema) -> Self {
        Self {
            name: index.name.to_owned(),
            local: index.local,
            key: keys(&index.key),
            projection: match index.projection {
                IndexProjection::All => Projection::All,
                IndexProjection::Keys => Projection::Keys,
                IndexProjection::Include(names) => {
                    Projection::Include(names.iter().map(ToString::to_string).collect())
                }
            },
        }
    }
}
