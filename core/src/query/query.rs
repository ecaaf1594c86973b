use std::marker::PhantomData;

use super::plan::Reads;
use super::{Base, Read, ReadOf, Source};
use crate::db::Table;
use crate::entity::Entity;
use crate::error::Result;
use crate::expr::{IntoSortCondition, KeyCondition, SortTest, Sorted};
use crate::key::{IntoPartition, KeyScalar};
use crate::value::ValueError;

/// Reads the items of one partition. See [`Table::query`].
pub type Query<E> = Read<E, Partition<<E as Entity>::Key>>;

/// The items of one partition, or those of them whose sort key meets a condition: of the table, or of the index `I`, with keys
/// of shape `K`.
pub struct Partition<K, I = Base> {
    key: Result<KeyScalar, ValueError>,
    sort: Result<Option<SortTest>, ValueError>,
    reverse: bool,
    of: PhantomData<fn() -> (K, I)>,
}

impl<K, I> Partition<K, I> {
    pub(super) fn new(key: impl IntoPartition<K>) -> Self {
        Self {
            key: key.into_partition(),
            sort: Ok(None),
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
    ///
    /// The sort key by template has a method for each part, in their order, and `…_between` for a range of the next. What has
    /// some of the parts is a prefix that ends in the separator, so that day 1 does not find day 10:
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "shop", partition_key(pk = "USER#{user}"), sort_key(sk = "ORDER#{day}#{number:05}"))]
    /// struct Order { user: String, day: String, number: u32, total: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Order>().await?;
    /// let orders = db.table::<Order>();
    /// for (day, number) in [("2026-11-02", 1), ("2026-11-03", 2), ("2026-11-03", 11)] {
    ///     orders.insert(Order { user: "ann".into(), day: day.into(), number, total: 10 }).await?;
    /// }
    /// let of_a_day = orders.query("ann").sort_key(|k| k.day("2026-11-03"));
    /// assert_eq!(of_a_day.count().await?, 2);
    /// let some = orders.query("ann").sort_key(|k| k.day("2026-11-03").number_between(1, 9));
    /// assert_eq!(some.count().await?, 1);
    /// let of_november = orders.query("ann").sort_key(|k| k.day_between("2026-11-01", "2026-11-30"));
    /// assert_eq!(of_november.count().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sort_key<C>(mut self, condition: impl FnOnce(K::SortKey) -> C) -> Self
    where
        K: Sorted,
        C: IntoSortCondition<K::SortKey>,
    {
        self.of.sort = condition(K::sort_key()).into_test();
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
        let sort = match &schema.sort {
            None => None,
            Some(attribute) => {
                let asked = self.sort.map_err(|error| error.of(attribute.name))?;
                let own = attribute.template.filter(|_| I::OF_ALL.is_none());
                let by_itself = || SortTest::of_template(&own?);
                asked.or_else(by_itself).map(|test| (attribute, test))
            }
        };
        let condition = KeyCondition::new((&schema.partition, self.key?), sort)?;
        Ok(Reads::Query {
            condition,
            reverse: self.reverse,
        })
    }
}
