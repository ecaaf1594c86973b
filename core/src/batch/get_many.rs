use std::time::Duration;

use super::{Found, Images, Terms};
use crate::db::Table;
use crate::entity::{Entity, Stored, read_entity, read_stored};
use crate::error::Result;
use crate::key::{IntoKey, Target};
use crate::retry::{RetryPolicy, Span};
use crate::value::Item;
use crate::wire::Meter;

/// Reads many items by their keys. [`Table::get_many`] makes one; set options, then say what is to become of the items:
/// [`collect`](Self::collect), [`stream`](Self::stream) or [`entities`](Self::entities).
#[must_use = "it reads nothing until `collect`, `stream` or `entities`"]
pub struct GetMany<E> {
    table: Table<E>,
    targets: Result<Vec<Target>>,
    terms: Terms,
    time_limit: Option<Duration>,
}

impl<E: Entity> Table<E> {
    /// Reads the items under any number of keys.
    ///
    /// Sends BatchGetItem requests with `ConsistentRead` for up to 100 keys each, several at a time: 1 RCU per 4 KB of each item,
    /// as [`get`](Self::get); [`GetMany::eventually_consistent`] halves that. A key that is asked for several times is sent,
    /// and charged, once. What an answer leaves unprocessed (it ends at 16 MB, or with the table's throughput) is asked again:
    /// at once if the answer brought anything, else after a wait. The items are no snapshot: each is read at a moment of its
    /// own.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// users.insert(User { id: "bob".into(), logins: 2 }).await?;
    /// let found = users.get_many(["bob", "nobody", "ann", "bob"]).collect().await?;
    /// let logins: Vec<_> = found.iter().map(|user| user.as_ref().map(|user| user.logins)).collect();
    /// assert_eq!(logins, [Some(2), None, Some(1), Some(2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many<K: IntoKey<E::Key>>(&self, keys: impl IntoIterator<Item = K>) -> GetMany<E> {
        GetMany {
            table: self.clone(),
            targets: keys.into_iter().map(|key| self.target(key)).collect(),
            terms: Terms {
                consistent: true,
                policy: None,
            },
            time_limit: None,
        }
    }
}

impl<E: Entity> GetMany<E> {
    /// Reads without `ConsistentRead`: half the price, and perhaps older states. A save based on one still lands only if
    /// nobody wrote in between.
    pub fn eventually_consistent(mut self) -> Self {
        self.terms.consistent = false;
        self
    }

    /// The most time that the whole read may take, from its first poll. Then it ends in `Exhausted`.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// How long and how often failures that pass, and answers that leave everything unprocessed, are waited out: for each
    /// request of 100 keys, and anew after each answer that brought anything. Default: the policy of the `Db`, with ten times
    /// its deadline and its time of one attempt: 5 min and 30 s unless set.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.terms.policy = Some(policy);
        self
    }

    /// Counts what the requests of this read consume, instead of the meter of the `Db`.
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.table.set_meter(meter);
        self
    }

    /// What stands under each key, one after the other in the order asked, duplicates included, as handles that can be saved.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let mut many = users.get_many(["ann", "bob"]).stream();
    /// while let Some((key, user)) = many.try_next().await? {
    ///     match user {
    ///         Some(mut user) => {
    ///             user.logins += 1;
    ///             users.save(&mut user).await?;
    ///         }
    ///         None => println!("{key} is not there"),
    ///     }
    /// }
    /// assert_eq!(users.require("ann").await?.logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Found<Stored<E>> {
        self.found(read_stored)
    }

    /// As [`stream`](Self::stream), as plain values: without image and lock, so they cannot be saved, and take less memory.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let found: Vec<Option<User>> = users.get_many(["ann", "bob"]).entities().collect().await?;
    /// assert!(found[0].is_some() && found[1].is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn entities(self) -> Found<E> {
        self.found(read_entity)
    }

    /// What stands under each key, in the order asked, duplicates included, as handles.
    ///
    /// # Errors
    /// The first error ends it, also that of an item that cannot be read; see [`Found::try_next`].
    pub async fn collect(self) -> Result<Vec<Option<Stored<E>>>> {
        self.stream().collect().await
    }

    fn found<T>(self, read: fn(&Target, Item) -> Result<T>) -> Found<T> {
        let db = self.table.db();
        let terms = self.terms;
        let images = self.targets.map(|targets| Images::new(db, targets, terms));
        Found::new(db, images, Span::new(self.time_limit), read)
    }
}
