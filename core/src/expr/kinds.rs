//! What an attribute can do, by the type of its field and by how it is stored. The traits say no in words.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{Change, Edit};
use crate::time::{EpochMillis, EpochSeconds};
use crate::value::{Number, SetField};

/// How the attribute is stored: as serde says.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// How the attribute is stored: as a set, by `#[entity(set)]`.
#[derive(Debug, Clone, Copy)]
pub struct Set;

/// How the attribute is stored: by a `with` module, so that nothing is known of its form.
#[derive(Debug, Clone, Copy)]
pub struct Opaque;

/// How the attribute is stored: by a `with` module that keeps the order of the values, as `#[entity(ordered)]` says and
/// those of [`optimist::time`](crate::time) do.
#[derive(Debug, Clone, Copy)]
pub struct Ordered;

/// How the attribute is stored: as a partition or sort key.
#[derive(Debug, Clone, Copy)]
pub struct KeyAttribute;

/// How the attribute is stored: as the key of an index, which can change.
#[derive(Debug, Clone, Copy)]
pub struct IndexKey;

/// How the value is reached: through the index of a list. It can be compared; a change of it depends on what was read, and
/// so is an [`Edit`].
#[derive(Debug, Clone, Copy)]
pub struct InList;

/// What a change of an attribute is: a [`Change`], or an [`Edit`] where an index is on the way.
#[doc(hidden)]
pub trait Makes {
    /// The change.
    type Made<E>: From<Change<E>>;
}
impl Makes for Plain {
    type Made<E> = Change<E>;
}
impl Makes for Set {
    type Made<E> = Change<E>;
}
impl Makes for Opaque {
    type Made<E> = Change<E>;
}
impl Makes for Ordered {
    type Made<E> = Change<E>;
}
impl Makes for IndexKey {
    type Made<E> = Change<E>;
}
impl Makes for InList {
    type Made<E> = Edit<E>;
}
// So that it is `Settable` that says why there is none.
impl Makes for KeyAttribute {
    type Made<E> = Change<E>;
}

/// Attributes that can be set and removed: all but keys.
#[diagnostic::on_unimplemented(
    message = "a key attribute cannot be changed",
    label = "this is a key",
    note = "insert an item with the new key and delete the old one"
)]
pub trait Settable: Makes {}
impl Settable for Plain {}
impl Settable for Set {}
impl Settable for Opaque {}
impl Settable for Ordered {}
impl Settable for IndexKey {}
impl Settable for InList {}

/// Attributes whose form is serde's.
#[diagnostic::on_unimplemented(
    message = "this needs an attribute that is stored plainly, not as `{Self}`",
    note = "`Set` is `#[entity(set)]`: use `insert` and `delete`; `Opaque` and `Ordered` are `with`, `IndexKey` is the key of an index: they can only be compared, set and removed; `KeyAttribute` is a key: it cannot be changed"
)]
pub trait PlainForm: Settable {
    /// How a value inside is reached that is stored as `F` there.
    type Inside<F>;
}
impl PlainForm for Plain {
    type Inside<F> = F;
}
impl PlainForm for InList {
    type Inside<F> = Self;
}

/// Attributes whose numbers DynamoDB can add to.
#[diagnostic::on_unimplemented(
    message = "an attribute stored as `{Self}` cannot be added to",
    note = "`add` and `sub` work on plain attributes and keys of indexes; `Opaque` and `Ordered` are `with`, `KeyAttribute` is the table's key"
)]
pub trait NumberForm: Settable {}
impl NumberForm for Plain {}
impl NumberForm for IndexKey {}
impl NumberForm for InList {}

/// Attributes that are sets.
#[diagnostic::on_unimplemented(
    message = "this needs a set, and the attribute is stored as `{Self}`",
    note = "mark the field with `#[entity(set)]`; for a List use `append`, or `remove_value` with `update` or `modify_with`"
)]
pub trait SetForm {}
impl SetForm for Set {}

/// Attributes whose values, of type `T`, have an order in DynamoDB.
#[diagnostic::on_unimplemented(
    message = "an attribute stored as `{Self}` has no order to compare by",
    note = "`lt`, `gt`, `between` and the like work on plain attributes and keys; if the module of `with` stores numbers, strings or bytes in the order of the values, say so: `#[entity(with = …, ordered)]`"
)]
pub trait OrderedForm<T> {}
impl<T: OrderedField> OrderedForm<T> for Plain {}
impl<T: OrderedField> OrderedForm<T> for KeyAttribute {}
impl<T> OrderedForm<T> for IndexKey {}
impl<T: OrderedField> OrderedForm<T> for InList {}
impl<T> OrderedForm<T> for Ordered {}

/// Attributes whose strings are stored as they are.
#[diagnostic::on_unimplemented(
    message = "of an attribute stored as `{Self}` it is not known how its strings begin",
    note = "`begins_with` works on plain attributes and keys"
)]
pub trait TextForm {}
impl TextForm for Plain {}
impl TextForm for KeyAttribute {}
impl TextForm for IndexKey {}
impl TextForm for InList {}

/// Types stored as numbers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    label = "arithmetic needs a number",
    note = "`add` and `sub` work on integers, floats and `optimist::Number`, and on an Option of one; a newtype that serde stores as a number says so by `impl optimist::attr::NumberField for … {{}}`"
)]
pub trait NumberField {}

/// Types that DynamoDB can order: numbers, strings and bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared by order",
    note = "numbers, strings and their Options can; `eq` and `ne` work on every type",
    note = "serde stores most times as text of varying length, whose order is not that of time: store them as numbers with `#[entity(with = optimist::time::epoch_millis)]`, or as seconds with `epoch_seconds`",
    note = "a newtype that serde stores as a number or string says so by `impl optimist::attr::OrderedField for … {{}}`"
)]
pub trait OrderedField {}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl NumberField for $number {}
        impl NumberField for Option<$number> {}
        impl OrderedField for $number {}
        impl OrderedField for Option<$number> {}
    )*};
}
numbers!(
    i8,
    i16,
    i32,
    i64,
    isize,
    u8,
    u16,
    u32,
    u64,
    usize,
    f32,
    f64,
    Number,
    EpochMillis,
    EpochSeconds
);

impl OrderedField for String {}
impl OrderedField for Option<String> {}
impl OrderedField for char {}
impl OrderedField for uuid::Uuid {}
impl OrderedField for Option<uuid::Uuid> {}
// A key only: as a plain attribute it is a List.
impl OrderedField for Vec<u8> {}

/// Types stored as strings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a string",
    note = "`begins_with` works on a String or an Option of one"
)]
pub trait StringField {}
impl StringField for String {}
impl StringField for Option<String> {}

/// Types stored as lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list",
    note = "list operations work on `Vec<T>`, `VecDeque<T>` and an Option of one"
)]
pub trait ListField {
    /// The type of an element.
    type Element;
}
impl<T> ListField for Vec<T> {
    type Element = T;
}
impl<T> ListField for VecDeque<T> {
    type Element = T;
}
impl<L: ListField> ListField for Option<L> {
    type Element = L::Element;
}

/// Types stored as maps with keys that are not known in advance.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map from String",
    note = "`key` works on `HashMap<String, V>`, `BTreeMap<String, V>` and an Option of one; for a struct use `field`"
)]
pub trait MapField {
    /// The type of a value.
    type Value;
}
impl<V, S> MapField for HashMap<String, V, S> {
    type Value = V;
}
impl<V> MapField for BTreeMap<String, V> {
    type Value = V;
}
impl<M: MapField> MapField for Option<M> {
    type Value = M::Value;
}

/// `Self` is a part `P`, a Box of one, or an Option of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no such field: it belongs to `{P}`",
    note = "give an attribute of the struct at this path"
)]
pub trait Holds<P> {}
impl<P> Holds<P> for P {}
impl<P> Holds<P> for Box<P> {}
impl<P> Holds<P> for Option<P> {}
impl<P> Holds<P> for Option<Box<P>> {}

/// What `contains` looks for: a substring, an element of a list, a member of a set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` stored as `{K}` contains nothing to look for",
    note = "`contains` works on strings, lists and sets"
)]
pub trait Container<K> {
    /// What is looked for.
    type Member;
}
impl<K: PlainForm> Container<K> for String {
    type Member = String;
}
impl<K: PlainForm> Container<K> for Option<String> {
    type Member = String;
}
impl<T, K: PlainForm> Container<K> for Vec<T> {
    type Member = T;
}
impl<T, K: PlainForm> Container<K> for VecDeque<T> {
    type Member = T;
}
impl<T, K: PlainForm> Container<K> for Option<Vec<T>> {
    type Member = T;
}
impl<C: SetField> Container<Set> for C {
    type Member = C::Member;
}

/// A value for an attribute of type `T`: the value itself, a reference, `&str` for a String, the inside of an Option.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for an attribute of type `{T}`",
    label = "expected `{T}`"
)]
pub trait Operand<T> {
    /// The value.
    fn into_value(self) -> T;
}

impl<T> Operand<T> for T {
    fn into_value(self) -> T {
        self
    }
}

impl<T: Clone> Operand<T> for &T {
    fn into_value(self) -> T {
        self.clone()
    }
}

impl<T> Operand<Option<T>> for T {
    fn into_value(self) -> Option<T> {
        Some(self)
    }
}

impl Operand<String> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }
}

impl Operand<Option<String>> for &str {
    fn into_value(self) -> Option<String> {
        Some(self.to_owned())
    }
}
