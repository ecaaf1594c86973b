//! Entities: how a struct maps to items, its keys, and the handle on what was read.

mod auto;
mod diff;
mod key;
mod key_value;
mod schema;
mod snapshot;
mod stored;

pub use auto::{AutoKey, time};
pub(crate) use diff::diff;
pub use key::{AnyShape, Composite, IntoKey, Key, KeyFor, Single};
pub use key_value::{KeyScalar, KeyType, KeyValue};
pub use schema::{AttributeSchema, KeySchema, Schema};
pub(crate) use snapshot::Snapshot;
pub use stored::Stored;
pub(crate) use stored::{InDoubt, lock_view};

use std::time::SystemTime;

use crate::value::{AttributeValue, Encoded, Item, ValueError, ValueErrorKind};

/// A struct that is stored as items of one table.
///
/// Derive it: `#[derive(Entity)]` writes this impl and checks the struct. See the [derive's reference](derive@crate::Entity)
/// for its attributes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "not an entity",
    note = "add `#[derive(optimist::Entity)]` and mark the partition key with `#[entity(partition_key)]`"
)]
pub trait Entity: Sized + Send + 'static {
    /// The shape of its keys: [`Single`] or [`Composite`].
    type Key;

    /// The type of the field marked `#[entity(lock)]`; `()` without one.
    type LockView: Send;

    /// Table, keys, lock and attributes.
    const SCHEMA: &'static Schema;

    /// The key of this value.
    fn key(&self) -> Key;

    /// The values of the attributes, in the order of [`Schema::attributes`]: everything but keys and lock.
    fn encode(&self) -> Vec<Encoded>;

    /// Reads a value out of an item.
    ///
    /// # Errors
    /// An attribute is missing or does not fit its field.
    fn decode(item: &Item) -> Result<Self, ValueError>;

    /// Reads what the lock view field would hold under this lock.
    ///
    /// # Errors
    /// The lock does not fit the type of the field.
    fn decode_lock_view(lock: Option<&AttributeValue>) -> Result<Self::LockView, ValueError>;

    /// Replaces the lock view field.
    fn set_lock_view(&mut self, view: Self::LockView);

    /// Fills what a new item gets by itself: times of creation and change, a key that is unset.
    fn stamp_new(&mut self, _now: SystemTime) {}

    /// Takes the time of creation from `older`, the same item.
    fn keep_creation(&mut self, _older: &mut Self) {}

    /// Sets the time of change.
    fn stamp_change(&mut self, _now: SystemTime) {}

    /// The time of change as attributes, for changes that are computed by the server.
    #[must_use]
    fn change_stamps(_now: SystemTime) -> Vec<(&'static str, Encoded)> {
        Vec::new()
    }

    /// The value of the lock view field, to notice that somebody changed it; `None` without such a field.
    fn encode_lock_view(&self) -> Option<Encoded>;
}

/// The item of an entity: key and attributes, without lock and journal.
pub(crate) fn to_item<E: Entity>(entity: &E) -> Result<Item, ValueError> {
    let mut item = entity.key().into_item(&E::SCHEMA.key);
    for (attribute, encoded) in E::SCHEMA.attributes.iter().zip(entity.encode()) {
        if let Some(value) = encoded.map_err(|e| e.of(attribute.name))? {
            item.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(item)
}

/// The attribute `name`, or the first alias that is there. A NULL that another tool left counts as absent.
#[doc(hidden)]
#[must_use]
pub fn find<'a>(item: &'a Item, name: &str, aliases: &[&str]) -> Option<&'a AttributeValue> {
    std::iter::once(name)
        .chain(aliases.iter().copied())
        .find_map(|name| item.get(name))
        .filter(|value| !value.is_null())
}

/// Reads a key attribute.
///
/// # Errors
/// It is missing or does not fit the type.
#[doc(hidden)]
pub fn decode_key<K: KeyValue>(item: &Item, name: &str) -> Result<K, ValueError> {
    decode_key_value(item.get(name)).map_err(|error| error.of(name))
}

/// Reads the value of a key attribute.
///
/// # Errors
/// It is missing or does not fit the type.
#[doc(hidden)]
pub fn decode_key_value<K: KeyValue>(value: Option<&AttributeValue>) -> Result<K, ValueError> {
    value.map_or_else(
        || Err(ValueError::new(ValueErrorKind::Missing)),
        K::from_key,
    )
}

/// The value of a key attribute.
///
/// # Errors
/// None.
#[doc(hidden)]
pub fn encode_key<K: KeyValue>(key: &K) -> Encoded {
    Ok(Some(key.to_key().into()))
}
