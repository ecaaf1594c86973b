//! Entities: how a struct maps to items, its keys, and the handle on what was read.

mod auto;
mod diff;
mod entities;
mod expiry;
mod index;
mod kind;
mod made;
mod projected;
mod projection;
mod read;
mod replaceable;
mod schema;
mod stored;
mod table_of;
mod ttl;

pub use auto::{AutoKey, AutoTime, fill_key, set_time, time};
pub(crate) use diff::{changes, stamp};
pub use entities::{Entities, Includes, Variant};
#[doc(hidden)]
pub use entities::{Found, are_apart, share_a_table};
pub(crate) use expiry::Expiry;
pub use index::{Global, Index, Local, Partial};
#[doc(hidden)]
pub use index::{IndexOf, IndexSortTemplate};
pub use kind::KindSchema;
pub use made::MadeSchema;
pub(crate) use made::{complete, lacks_key, takes_keys};
pub use projected::Projected;
pub use projection::Projection;
pub(crate) use projection::select;
pub(crate) use read::{read_entity, read_entry, read_stored, read_view};
pub use replaceable::Replaceable;
pub use schema::{AttributeSchema, IndexProjection, IndexSchema, Schema};
pub use stored::Stored;
pub(crate) use stored::{InDoubt, lock_view};
pub use table_of::TableOf;
pub use ttl::{Expires, TtlField, TtlSchema, ttl_form, ttl_kind};

use std::time::SystemTime;

use crate::key::Key;
use crate::value::{AttributeValue, Attributes, Encoded, Item, ValueError};

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
    /// The shape of its keys: [`Single`](crate::key::Single) or [`Composite`](crate::key::Composite).
    type Key;

    /// The type of the field marked `#[entity(lock)]`; `()` without one.
    type LockView: Send;

    /// Table, keys, lock and attributes.
    const SCHEMA: &'static Schema;

    /// The key of this value.
    fn key(&self) -> Key;

    /// What is stored of the attribute at `index` of [`Schema::attributes`].
    ///
    /// # Errors
    /// The value has no form in DynamoDB.
    fn encode(&self, index: usize) -> Encoded;

    /// Whether `encode` of the attribute at `index` is known to give what is found, without making it; `false` where that is
    /// not known.
    #[doc(hidden)]
    fn is_stored_as(&self, index: usize, found: Option<&AttributeValue>) -> bool;

    /// Reads a value out of an item.
    ///
    /// # Errors
    /// An attribute is missing or does not fit its field.
    fn decode(item: &Item) -> Result<Self, ValueError> {
        Self::decode_from(&mut Attributes::Shown(item))
    }

    /// As `decode`, but that strings, bytes and collections become those of the fields. The key attributes stay, those of
    /// indexes too, whatever becomes of it.
    #[doc(hidden)]
    fn take_from(item: &mut Item) -> Result<Self, ValueError> {
        Self::decode_from(&mut Attributes::Taken(item))
    }

    /// Both ways to decode.
    #[doc(hidden)]
    fn decode_from(item: &mut Attributes<'_>) -> Result<Self, ValueError>;

    /// What is left of the attribute at `index` when it is read and stored again: without what the struct does not know of
    /// it, with the default of an absent one.
    ///
    /// # Errors
    /// The attribute cannot be read.
    #[doc(hidden)]
    fn restored(index: usize, value: Option<&AttributeValue>) -> Encoded;

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

    /// Whether the lock view field, if there is one, shows this lock and was not edited.
    #[doc(hidden)]
    fn shows_lock(&self, _lock: Option<&AttributeValue>) -> bool {
        true
    }
}

/// The item of an entity: key and attributes, without lock and journal.
pub(crate) fn to_item<E: Entity>(entity: &E) -> Result<Item, ValueError> {
    // With room for lock, journal and kind.
    let capacity = E::SCHEMA.attributes.len() + 5;
    let mut item = entity.key().to_item(&E::SCHEMA.key, capacity);
    if let Some(kind) = E::SCHEMA.kind {
        item.insert(kind.attribute.to_owned(), kind.to_attribute());
    }
    for (index, attribute) in E::SCHEMA.attributes.iter().enumerate() {
        let encoded = entity.encode(index).map_err(|e| e.of(attribute.name))?;
        if let Some(value) = encoded {
            item.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(item)
}
