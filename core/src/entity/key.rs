use std::fmt;
use std::marker::PhantomData;

use super::{KeyScalar, KeySchema, KeyValue};
use crate::value::{AttributeValue, Item, ValueError, ValueErrorKind};

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

    /// Refuses what DynamoDB refuses: empty keys, a partition key over 2048 bytes, a sort key over 1024 ("Service, account,
    /// and table quotas in Amazon DynamoDB").
    pub(crate) fn check(&self, schema: &KeySchema) -> Result<(), ValueError> {
        let sort = schema.sort.zip(self.sort.as_ref());
        std::iter::once((schema.partition.0, &self.partition, 2048))
            .chain(sort.map(|((name, _), value)| (name, value, 1024)))
            .try_for_each(|(name, value, limit)| match value.bytes() {
                Some(0) => Err(ValueError::new(ValueErrorKind::EmptyKey).of(name)),
                Some(bytes) if bytes > limit => {
                    Err(ValueError::new(ValueErrorKind::KeyTooLong { bytes, limit }).of(name))
                }
                _ => Ok(()),
            })
    }

    /// The key attributes.
    pub(crate) fn into_item(self, schema: &KeySchema) -> Item {
        let partition = (schema.partition.0.to_owned(), self.partition.into());
        let sort = schema.sort.zip(self.sort);
        std::iter::once(partition)
            .chain(sort.map(|((name, _), value)| (name.to_owned(), AttributeValue::from(value))))
            .collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.partition)?;
        self.sort.iter().try_for_each(|sort| write!(f, " / {sort}"))
    }
}

/// The keys of a table that has a partition key alone.
pub struct Single<P>(PhantomData<P>);

/// The keys of a table that has a partition key and a sort key.
pub struct Composite<P, S>(PhantomData<(P, S)>);

/// The keys of an entity whose derive failed: anything goes, so that only the true error shows.
#[doc(hidden)]
pub struct AnyShape;

/// What can stand where a key of this shape is asked for: the key itself, a reference, `&str` for a `String`; a pair of
/// those where the table has a sort key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of shape `{Shape}`",
    label = "not a key of this entity",
    note = "give the partition key; where the entity has a sort key, give a pair `(partition, sort)`"
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
