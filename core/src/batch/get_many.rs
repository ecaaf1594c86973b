use std::sync::Arc;
use std::time::Duration;

use super::{Found, Images, Terms};
use crate::db::Table;
use crate::entity::{Entity, Projection, Stored, read_entity, read_stored, read_view, select};
use crate::error::Result;
use crate::expr::Compiled;
use crate::key::{IntoKey, Target};
use crate::retry::{RetryPolicy, Span};
use crate::value::Item;
use crate::wire::Meter;

/// Reads many items by their keys, as `T`. [`Table::get_many`] makes one; set options, then say what is to become of the items:
/// [`collect`](Self::collect), [`stream`](Self::stream) or [`entities`](GetMany::entities).
#[must_use = "it reads nothing until `collect`, `stream` or `entities`"]
pub struct GetMany<E, T = Stored<E>> {
    table: Table<E>,
    targets: Result<Vec<Target>>,
    terms: Terms,
    time_limit: Option<Duration>,
    read: fn(&Target, Item) -> Result<T>,
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
    /// # db.create_table::<User>().await?;
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
                ..Terms::default()
            },
            time_limit: None,
            read: read_stored,
        }
    }
}

impl<E: Entity> GetMany<E> {
    /// Reads views of the items instead: their attributes and the keys alone travel. Read units are those of whole items.
    ///
    /// ```
    /// # use optimist::{Db, Entity, Projection, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, email: String, photo: Vec<u8> }
    /// #[derive(Projection)]
    /// #[projection(of = User)]
    /// struct Head { email: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// # users.insert(User { id: "ann".into(), email: "a@b".into(), photo: vec![0; 9000] }).await?;
    /// let heads = users.get_many(["ann", "bob"]).select::<Head>().collect().await?;
    /// let emails: Vec<_> = heads.into_iter().map(|head| head.map(|head| head.email)).collect();
    /// assert_eq!(emails, [Some("a@b".into()), None]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<P: Projection<Of = E>>(mut self) -> GetMany<E, P> {
        let selected = select::<E>(P::NAMES, None, Compiled::default());
        let selected = selected.map_err(|error| error.in_table(self.table.physical_name()));
        match selected {
            Ok(selected) => self.terms.expression = Arc::new(selected),
            Err(error) => self.targets = self.targets.and(Err(error)),
        }
        self.read_as(read_view)
    }

    fn read_as<T>(self, read: fn(&Target, Item) -> Result<T>) -> GetMany<E, T> {
        GetMany {
            table: self.table,
            targets: self.targets,
            terms: self.terms,
            time_limit: self.time_limit,
            read,
        }
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
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let found: Vec<Option<User>> = users.get_many(["ann", "bob"]).entities().collect().await?;
    /// assert!(found[0].is_some() && found[1].is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn entities(self) -> Found<E> {
        self.read_as(read_entity).stream()
    }
}

impl<E: Entity, T> GetMany<E, T> {
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
    /// # db.create_table::<User>().await?;
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
    pub fn stream(self) -> Found<T> {
        let db = self.table.db();
        let terms = self.terms;
        let images = self.targets.map(|targets| Images::new(db, targets, terms));
        Found::new(db, images, Span::new(self.time_limit), E::SCHEMA, self.read)
    }

    /// What stands under each key, in the order asked, duplicates included.
    ///
    /// # Errors
    /// The first error ends it, also that of an item that cannot be read; see [`Found::try_next`].
    pub async fn collect(self) -> Result<Vec<Option<T>>> {
        self.stream().collect().await
    }
}
