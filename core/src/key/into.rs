use std::marker::PhantomData;

use super::{Key, KeyScalar, KeyValue};
use crate::value::ValueError;

/// The keys of a table that has a partition key alone.
pub struct Single<P>(PhantomData<P>);

/// The keys of a table that has a partition key and a sort key.
pub struct Composite<P, S>(PhantomData<(P, S)>);

/// The keys of an entity whose derive failed: anything goes, so that only the true error shows.
#[doc(hidden)]
pub struct AnyShape;

/// What can stand where a key of this shape is asked for: a value of the key field's type, a reference to one, `&str` for a
/// `String`; a pair of those where the table has a sort key. (A [`Key`], which errors and reports show, has forgotten its
/// types and is none.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of shape `{Shape}`",
    label = "not a key of this entity",
    note = "give the partition key; where the entity has a sort key, give a pair `(partition, sort)`; for keys by template the fields that they are made of"
)]
pub trait IntoKey<Shape> {
    /// The key.
    fn into_key(self) -> Key;
}

impl<P, A: KeyFor<P>> IntoKey<Single<P>> for A {
    fn into_key(self) -> Key {
        Key::new(self.scalar(), None)
    }
}

impl<P, S, A: KeyFor<P>, B: KeyFor<S>> IntoKey<Composite<P, S>> for (A, B) {
    fn into_key(self) -> Key {
        Key::new(self.0.scalar(), Some(self.1.scalar()))
    }
}

impl<A> IntoKey<AnyShape> for A {
    fn into_key(self) -> Key {
        Key::new(KeyScalar::S(String::new()), None)
    }
}

/// What can stand where the partition key of a key of this shape is asked for: in [`Table::query`](crate::Table::query).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the partition key of a key of shape `{Shape}`",
    label = "not the partition key of this entity",
    note = "give the partition key alone; conditions on the sort key are made by `.sort_key(|k| …)`"
)]
pub trait IntoPartition<Shape> {
    /// The value of the partition key.
    ///
    /// # Errors
    /// A field does not fit the template of the key.
    fn into_partition(self) -> Result<KeyScalar, ValueError>;
}

impl<P, A: KeyFor<P>> IntoPartition<Single<P>> for A {
    fn into_partition(self) -> Result<KeyScalar, ValueError> {
        Ok(self.scalar())
    }
}

impl<P, S, A: KeyFor<P>> IntoPartition<Composite<P, S>> for A {
    fn into_partition(self) -> Result<KeyScalar, ValueError> {
        Ok(self.scalar())
    }
}

impl<A> IntoPartition<AnyShape> for A {
    fn into_partition(self) -> Result<KeyScalar, ValueError> {
        Ok(KeyScalar::S(String::new()))
    }
}

/// What can stand for a key attribute of type `K`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a key of type `{K}`",
    label = "expected `{K}`"
)]
pub trait KeyFor<K> {
    /// The value of the key attribute.
    fn scalar(self) -> KeyScalar;
}

impl<K: KeyValue> KeyFor<K> for K {
    fn scalar(self) -> KeyScalar {
        self.to_key()
    }
}

impl<K: KeyValue> KeyFor<K> for &K {
    fn scalar(self) -> KeyScalar {
        self.to_key()
    }
}

impl KeyFor<String> for &str {
    fn scalar(self) -> KeyScalar {
        KeyScalar::S(self.to_owned())
    }
}

impl KeyFor<Vec<u8>> for &[u8] {
    fn scalar(self) -> KeyScalar {
        KeyScalar::B(self.to_vec())
    }
}
