use super::{Partition, Read, Source, Whole};
use crate::db::Table;
use crate::entity::{Entity, Index};
use crate::key::IntoPartition;

/// Reads the entries of an index under one partition key. See [`Table::query_index`].
pub type QueryIndex<E, K, I> = Read<E, Partition<K, I>>;

/// Reads the whole of an index. See [`Table::scan_index`].
pub type ScanIndex<E, I> = Read<E, Whole<I>>;

impl<E: Entity> Table<E> {
    /// The items under one partition key of an index, in the order of its sort key.
    ///
    /// Sends Query requests with `IndexName` as its items are taken. DynamoDB copies each write to a **global** index after it
    /// has answered: what is read there is some time old, may lack what was written meanwhile and show what is gone, and
    /// there are no consistent reads. [`fresh`](Read::fresh) reads the hits again from the table;
    /// [`until`](Read::until) waits for a write to show. An entry whose sort key moves between two pages can be met twice or
    /// not at all. Price: 1 RCU per 8 KB of entries evaluated.
    ///
    /// A **local** index is read consistently unless told otherwise, at twice that price, and with `ALL_ATTRIBUTES`: what it
    /// does not have itself is read from the table, at the price of a read for each item. A filter tests what the index has.
    ///
    /// What a whole index shows is a [`Stored`](crate::Stored) and can be saved: the condition on its lock makes an old one a
    /// conflict. An index with less gives a [`Projected`](super::Projected).
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(partition_key)]
    ///     id: String,
    ///     #[entity(index("by-email", partition_key))]
    ///     email: Option<String>,
    ///     logins: u64,
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), email: Some("a@b".into()), logins: 0 }).await?;
    /// users.insert(User { id: "bob".into(), email: None, logins: 0 }).await?; // not in the index
    ///
    /// let hits = users.query_index(User::BY_EMAIL, "a@b").collect().await?;
    /// assert_eq!((hits.len(), hits[0].id.as_str()), (1, "ann"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// An index of another entity, and a condition on a sort key of another index, do not compile:
    /// ```compile_fail
    /// # use optimist::{Db, Entity, Table, local};
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, #[entity(index("by-email", partition_key))] email: String }
    /// # #[derive(Entity)]
    /// # #[entity(table = "orders")]
    /// # struct Order { #[entity(partition_key)] id: String }
    /// # fn read(orders: Table<Order>) {
    /// let _ = orders.query_index(User::BY_EMAIL, "a@b");
    /// # }
    /// ```
    /// ```compile_fail
    /// # use optimist::{Db, Entity, Table, local};
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, #[entity(index("by-email", partition_key))] email: String }
    /// # fn read(users: Table<User>) {
    /// let _ = users.query_index(User::BY_EMAIL, "a@b").sort_key(|k| k.eq("x")); // it has none
    /// # }
    /// ```
    pub fn query_index<K, I: Source<E>>(
        &self,
        index: Index<E, K, I>,
        partition: impl IntoPartition<K>,
    ) -> QueryIndex<E, K, I> {
        let _ = index;
        Read::new(self, Partition::new(partition), I::CONSISTENT)
    }

    /// All entries of an index, in no order: of a sparse index, all items that have its keys.
    ///
    /// Sends Scan requests with `IndexName` as its items are taken, without `ConsistentRead`: 1 RCU per 8 KB of entries
    /// evaluated. What [`query_index`](Self::query_index) says of the age of entries holds here too.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "jobs")]
    /// struct Job {
    ///     #[entity(partition_key)]
    ///     id: String,
    ///     /// Only of jobs that wait.
    ///     #[entity(index("waiting", partition_key))]
    ///     waiting_since: Option<u64>,
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Job>().await?;
    /// # let jobs = db.table::<Job>();
    /// jobs.insert(Job { id: "a".into(), waiting_since: Some(1_790_000_000) }).await?;
    /// jobs.insert(Job { id: "b".into(), waiting_since: None }).await?;
    /// assert_eq!(jobs.scan_index(Job::WAITING).count().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan_index<K, I: Source<E>>(&self, index: Index<E, K, I>) -> ScanIndex<E, I> {
        let _ = index;
        Read::new(self, Whole::new(), false)
    }
}
