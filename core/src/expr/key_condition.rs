use std::fmt;
use std::marker::PhantomData;

use super::sort_parts::SortTemplate;
use super::tree::Comparator;
use crate::key::{
    AnyShape, ByTemplate, Composite, KeyAttributeSchema, KeyFor, KeyScalar, KeyType, KeyValue,
};
use crate::value::ValueError;

/// The shape of keys that have a sort key.
#[diagnostic::on_unimplemented(
    message = "what is queried here has no sort key",
    label = "its keys are of shape `{Self}`",
    note = "of a table without one use `get`: a partition holds one item at most; an index has one where a field says `index(\"…\", sort_key)`"
)]
pub trait Sorted {
    /// What asks for sort keys: a [`SortKey`], or what the derive makes of a template.
    type SortKey;

    #[doc(hidden)]
    fn sort_key() -> Self::SortKey;
}

impl<P, S: KeyValue> Sorted for Composite<P, S> {
    type SortKey = SortKey<S>;

    fn sort_key() -> SortKey<S> {
        SortKey::new()
    }
}

impl<E: SortTemplate, P, K> Sorted for ByTemplate<E, P, K> {
    type SortKey = E::SortKey;

    fn sort_key() -> E::SortKey {
        E::sort_key()
    }
}

impl Sorted for AnyShape {
    type SortKey = SortKey<String>;

    fn sort_key() -> SortKey<String> {
        SortKey::new()
    }
}

/// What is made of `k` in `.sort_key(|k| …)`: a condition on the sort key `K`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no condition on this sort key",
    note = "make one of `k`: `k.eq(…)`, `k.begins_with(…)`; of a key by template, its first parts: `k.day(…)`"
)]
pub trait IntoSortCondition<K> {
    /// What is asked; `None` where every sort key meets it.
    ///
    /// # Errors
    /// A part does not fit the template.
    #[doc(hidden)]
    fn into_test(self) -> Result<Option<SortTest>, ValueError>;
}

impl<S> IntoSortCondition<SortKey<S>> for SortCondition<S> {
    fn into_test(self) -> Result<Option<SortTest>, ValueError> {
        let every = matches!(&self.test, SortTest::BeginsWith(prefix) if prefix.is_empty());
        Ok((!every).then_some(self.test))
    }
}

/// The sort key of what is queried, of type `S`: makes the one condition on it that DynamoDB takes.
#[derive(Debug)]
#[must_use]
pub struct SortKey<S>(PhantomData<fn() -> S>);

/// Which sort keys are asked for; made by the methods of [`SortKey`]. `Debug` shows no values.
#[must_use]
pub struct SortCondition<S> {
    test: SortTest,
    of: PhantomData<fn() -> S>,
}

/// A condition on a sort key, untyped.
#[doc(hidden)]
#[allow(private_interfaces)] // derived code passes it on, and looks at none of it
#[derive(Clone, PartialEq)]
pub enum SortTest {
    Compare(Comparator, KeyScalar),
    Between(KeyScalar, KeyScalar),
    BeginsWith(KeyScalar),
}

/// What a Query asks for by key: one partition, and a range of its sort keys.
#[derive(Clone, PartialEq)]
pub(crate) struct KeyCondition {
    pub(super) partition: (&'static str, KeyScalar),
    pub(super) sort: Option<(&'static str, SortTest)>,
}

/// What sort keys can begin with: text for those stored as strings, bytes for those stored as binaries.
pub trait KeyPrefix {
    /// The type of the keys that can begin with it.
    const TYPE: KeyType;

    /// The prefix.
    fn into_prefix(self) -> KeyScalar;
}

macro_rules! prefixes {
    ($($prefix:ty => $kind:ident),*) => {$(
        impl KeyPrefix for $prefix {
            const TYPE: KeyType = KeyType::$kind;

            fn into_prefix(self) -> KeyScalar {
                KeyScalar::$kind(self.to_owned())
            }
        }
    )*};
}
prefixes!(&str => S, &String => S, String => S, &[u8] => B, &Vec<u8> => B, Vec<u8> => B);

impl<const N: usize> KeyPrefix for &[u8; N] {
    const TYPE: KeyType = KeyType::B;

    fn into_prefix(self) -> KeyScalar {
        KeyScalar::B(self.to_vec())
    }
}

impl<S: KeyValue> SortKey<S> {
    #[doc(hidden)]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// The sort key is this one.
    pub fn eq(self, key: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::compare(Comparator::Eq, key)
    }

    /// The sort key is less than this one. Strings and binaries are compared by their bytes.
    pub fn lt(self, key: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::compare(Comparator::Lt, key)
    }

    /// The sort key is this one or less.
    pub fn le(self, key: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::compare(Comparator::Le, key)
    }

    /// The sort key is greater than this one.
    pub fn gt(self, key: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::compare(Comparator::Gt, key)
    }

    /// The sort key is this one or greater.
    pub fn ge(self, key: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::compare(Comparator::Ge, key)
    }

    /// The sort key is from `low` to `high`, both included. Reversed bounds give nothing, without a request.
    pub fn between(self, low: impl KeyFor<S>, high: impl KeyFor<S>) -> SortCondition<S> {
        SortCondition::new(SortTest::Between(low.scalar(), high.scalar()))
    }

    /// The sort key begins with this text, or these bytes where it is stored as binary. An empty prefix is no condition.
    ///
    /// Numbers begin with nothing:
    /// ```compile_fail
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "readings")]
    /// struct Reading { #[entity(partition_key)] sensor: String, #[entity(sort_key)] second: u64 }
    /// # fn main() -> optimist::Result<()> {
    /// let readings = Db::new(local::client()?).table::<Reading>();
    /// let _ = readings.query("a").sort_key(|k| k.begins_with("17"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn begins_with<P: KeyPrefix>(self, prefix: P) -> SortCondition<S> {
        const {
            assert!(
                matches!(
                    (S::TYPE, P::TYPE),
                    (KeyType::S, KeyType::S) | (KeyType::B, KeyType::B)
                ),
                "`begins_with` takes text for a sort key stored as a string, bytes for one stored as a binary; numbers have no prefix"
            );
        }
        SortCondition::new(SortTest::BeginsWith(prefix.into_prefix()))
    }
}

impl<S> SortCondition<S> {
    fn new(test: SortTest) -> Self {
        Self {
            test,
            of: PhantomData,
        }
    }

    fn compare(comparator: Comparator, key: impl KeyFor<S>) -> Self {
        Self::new(SortTest::Compare(comparator, key.scalar()))
    }
}

impl SortTest {
    /// Refuses operands that no sort key can be.
    fn check(&self, attribute: &KeyAttributeSchema) -> Result<(), ValueError> {
        match self {
            Self::Compare(_, key) | Self::BeginsWith(key) => key.check_sort(attribute),
            Self::Between(low, high) => {
                low.check_sort(attribute)?;
                high.check_sort(attribute)
            }
        }
    }
}

impl KeyCondition {
    /// # Errors
    /// An operand is empty or too long for a key.
    pub(crate) fn new(
        partition: (&KeyAttributeSchema, KeyScalar),
        sort: Option<(&KeyAttributeSchema, SortTest)>,
    ) -> Result<Self, ValueError> {
        partition.1.check_partition(partition.0)?;
        let sort = match sort {
            Some((attribute, test)) => {
                test.check(attribute)?;
                Some((attribute.name, test))
            }
            None => None,
        };
        Ok(Self {
            partition: (partition.0.name, partition.1),
            sort,
        })
    }

    /// Whether no key can meet it: DynamoDB refuses reversed bounds.
    pub(crate) fn is_impossible(&self) -> bool {
        matches!(&self.sort, Some((_, SortTest::Between(low, high))) if low.is_behind(high))
    }
}

impl<S> fmt::Debug for SortCondition<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = match &self.test {
            SortTest::Compare(comparator, _) => comparator.symbol(),
            SortTest::Between(..) => "BETWEEN",
            SortTest::BeginsWith(_) => "begins with",
        };
        write!(f, "SortCondition({test} ?)")
    }
}
