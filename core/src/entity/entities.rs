use super::{Entity, Schema, Stored, TableOf, read_entity, read_stored};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyAttributeSchema, KeyScalar, Target, Template};
use crate::value::Item;

/// An enum of entities that share a table: what [`Table::query_all`](crate::Table::query_all) gives.
///
/// Derive it: each variant holds an entity, or a [`Stored`] of one, which can be saved; one variant marked
/// `#[entities(other)]` may hold the [`Item`] of every other. An item is told by its kind, else by the text that begins its keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no enum of entities",
    note = "add `#[derive(optimist::Entities)]` to an enum whose variants hold entities of one table"
)]
pub trait Entities: TableOf + Sized + Send + 'static {
    /// Reads an item as the entity that it is.
    #[doc(hidden)]
    fn read(found: Found) -> Result<Self>;
}

/// An enum of entities that has a variant for `E`. The derive writes this impl.
#[diagnostic::on_unimplemented(
    message = "no variant of `{Self}` holds `{E}`",
    note = "derive `optimist::Entities` for an enum with a variant of this entity"
)]
pub trait Includes<E>: Entities {}

/// What a variant of an enum of entities holds: an entity, or a [`Stored`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no entity",
    label = "neither an entity nor `Stored` of one",
    note = "a variant for items that are none of the entities is marked `#[entities(other)]`"
)]
pub trait Variant: Sized {
    /// The entity.
    type Entity: Entity;

    #[doc(hidden)]
    fn read(found: Found) -> Result<Self>;
}

impl<E: Entity> Variant for E {
    type Entity = E;

    fn read(found: Found) -> Result<Self> {
        read_entity(&found.target, found.item)
    }
}

impl<E: Entity> Variant for Stored<E> {
    type Entity = E;

    fn read(found: Found) -> Result<Self> {
        read_stored(&found.target, found.item)
    }
}

/// An item of a shared table, by its place.
#[doc(hidden)]
pub struct Found {
    target: Target,
    item: Item,
}

impl Found {
    pub(crate) fn new(target: &Target, item: Item) -> Self {
        let target = target.clone();
        Self { target, item }
    }

    /// Which of these entities it is.
    #[must_use]
    pub fn which(&self, entities: &[&Schema]) -> Option<usize> {
        let mut kinds = entities.iter().filter_map(|schema| schema.kind);
        let is_of_a_kind = kinds.any(|kind| !kind.is_missing_in(&self.item));
        entities.iter().position(|schema| {
            schema.kind.map_or_else(
                || !is_of_a_kind && self.has_text_of(schema),
                |kind| kind.check(&self.item).is_ok(),
            )
        })
    }

    fn has_text_of(&self, schema: &Schema) -> bool {
        let keys = schema.key.attributes();
        keys.zip([
            Some(self.target.key().partition()),
            self.target.key().sort(),
        ])
        .all(|(attribute, key)| match (attribute.template, key) {
            (Some(template), Some(KeyScalar::S(key))) if template.is_constant() => {
                key == template.constant()
            }
            (Some(template), Some(KeyScalar::S(key))) => key.starts_with(template.constant()),
            _ => true,
        })
    }

    #[must_use]
    pub fn into_item(self) -> Item {
        self.item
    }

    /// The error of an item that is none of the entities of `of`.
    #[must_use]
    pub fn is_none_of(self, of: &str) -> Error {
        let message = format!(
            "the item is none of the entities of `{of}`; a variant marked `#[entities(other)]` takes such items"
        );
        Error::new(ErrorKind::Marshalling, message).at(&self.target)
    }
}

/// Whether two entities have one table: its name, its keys, and the attributes of their kinds and times to live.
#[doc(hidden)]
#[must_use]
pub const fn share_a_table(a: &Schema, b: &Schema) -> bool {
    let sort = match (&a.key.sort, &b.key.sort) {
        (Some(a), Some(b)) => is_same_key(a, b),
        (None, None) => true,
        _ => false,
    };
    let kind = match (a.kind, b.kind) {
        (Some(a), Some(b)) => is_same(a.attribute, b.attribute),
        _ => true,
    };
    let ttl = match (a.ttl, b.ttl) {
        (Some(a), Some(b)) => is_same(a.attribute, b.attribute),
        _ => true,
    };
    is_same(a.table, b.table)
        && ttl
        && is_same_key(&a.key.partition, &b.key.partition)
        && sort
        && kind
}

/// Whether no item can be taken for both: their kinds are others, or else the texts that begin their keys. One without a kind
/// has no attribute that the other's kind is in.
#[doc(hidden)]
#[must_use]
pub const fn are_apart(a: &Schema, b: &Schema) -> bool {
    match (a.kind, b.kind) {
        (Some(a), Some(b)) => return !is_same(a.value, b.value),
        // An attribute of that name would be taken for a kind.
        (Some(kind), None) if has(b, kind.attribute) => return false,
        (None, Some(kind)) if has(a, kind.attribute) => return false,
        _ => {}
    }
    let sort = match (&a.key.sort, &b.key.sort) {
        (Some(a), Some(b)) => collide(a.template, b.template),
        _ => true,
    };
    !(sort && collide(a.key.partition.template, b.key.partition.template))
}

const fn has(schema: &Schema, attribute: &str) -> bool {
    let mut index = 0;
    while index < schema.attributes.len() {
        if is_same(schema.attributes[index].name, attribute) {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether one value can have the texts of both. A key that is a field can have any.
const fn collide(a: Option<Template>, b: Option<Template>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return true;
    };
    let (a_text, b_text) = (a.constant(), b.constant());
    match (a.is_constant(), b.is_constant()) {
        (true, true) => is_same(a_text, b_text),
        (true, false) => begins_with(a_text, b_text),
        (false, true) => begins_with(b_text, a_text),
        (false, false) => begins_with(a_text, b_text) || begins_with(b_text, a_text),
    }
}

const fn is_same_key(a: &KeyAttributeSchema, b: &KeyAttributeSchema) -> bool {
    is_same(a.name, b.name) && a.key_type as u8 == b.key_type as u8
}

const fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && begins_with(a, b)
}

const fn begins_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut index = 0;
    while index < start.len() {
        if index == text.len() || text[index] != start[index] {
            return false;
        }
        index += 1;
    }
    true
}
