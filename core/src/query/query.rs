use std::marker::PhantomData;

use super::plan::Reads;
use super::{Base, Read, ReadOf, Source};
use crate::db::Table;
use crate::entity::Entity;
use crate::error::Result;
use crate::expr::{KeyCondition, SortCondition, SortKey, SortTest};
use crate::key::{IntoPartition, KeyScalar, KeyValue, Sorted};

/// Reads the items of one partition. See [`Table::query`].
pub type Query<E> = Read<E, Partition<<E as Entity>::Key>>;

/// The items of one partition, or those of them whose sort key meets a condition: of the table, or of the index `I`, with keys
/// of shape `K`.
pub struct Partition<K, I = Base> {
    key: KeyScalar,
    sort: Option<SortTest>,
    reverse: bool,
    of: PhantomData<fn() -> (K, I)>,
}

impl<K, I> Partition<K, I> {
    pub(super) fn new(key: impl IntoPartition<K>) -> Self {
        Self {
            key: key.into_partition(),
            sort: None,
            reverse: false,
            of: PhantomData,
        }
    }
}

impl<E: Entity> Table<E> {
    /// The items under one partition key, in the order of their sort keys.
    ///
    /// Sends Query requests with `ConsistentRead` as its items are taken: 1 RCU per 4 KB evaluated;
    /// [`eventually_consistent`](Read::eventually_consistent) halves that. Pages are no snapshot: what is written meanwhile
    /// may be seen or not. An item that stays is given once.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "orders")]
    /// # struct Order { #[entity(partition_key)] customer: String, #[entity(sort_key)] day: String, total: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Order>().await?;
    /// # let orders = db.table::<Order>();
    /// for (day, total) in [("2025-12-24", 90), ("2026-01-02", 10), ("2026-05-01", 70)] {
    ///     orders.insert(Order { customer: "ann".into(), day: day.into(), total }).await?;
    /// }
    /// let large = orders
    ///     .query("ann")
    ///     .sort_key(|k| k.begins_with("2026-"))
    ///     .filter(Order::TOTAL.gt(50))
    ///     .collect()
    ///     .await?;
    /// assert_eq!(large.len(), 1);
    /// assert_eq!(large[0].day, "2026-05-01");
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self, partition: impl IntoPartition<E::Key>) -> Query<E> {
        Read::new(self, Partition::new(partition), true)
    }
}

impl<E: Entity, K, I: Source<E>> Read<E, Partition<K, I>> {
    /// Which sort keys are asked for. DynamoDB takes one condition on them: a second call replaces the first.
    ///
    /// `k` is the sort key of what is queried, with its type; where table or index has none this does not compile:
    /// ```compile_fail
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "users")]
    /// struct User { #[entity(partition_key)] id: String }
    /// # fn main() -> optimist::Result<()> {
    /// let users = Db::new(local::client()?).table::<User>();
    /// let _ = users.query("ann").sort_key(|k| k.begins_with("a"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sort_key<S>(mut self, condition: impl FnOnce(SortKey<S>) -> SortCondition<S>) -> Self
    where
        K: Sorted<Sort = S>,
        S: KeyValue,
    {
        self.of.sort = condition(SortKey::new()).into_test();
        self
    }

    /// The greatest sort key first.
    pub fn reverse(mut self) -> Self {
        self.of.reverse = true;
        self
    }
}

#[allow(private_interfaces)]
impl<E: Entity, K, I: Source<E>> ReadOf<E> for Partition<K, I> {
    type Source = I;
    type Through<J: Source<E>> = Partition<K, J>;

    fn through<J: Source<E>>(self) -> Partition<K, J> {
        Partition {
            key: self.key,
            sort: self.sort,
            reverse: self.reverse,
            of: PhantomData,
        }
    }

    fn reads(self) -> Result<Reads> {
        let schema = I::key();
        let sort = schema.sort.as_ref().zip(self.sort);
        let condition = KeyCondition::new((&schema.partition, self.key), sort)?;
        Ok(Reads::Query {
            condition,
            reverse: self.reverse,
        })
    }
}
