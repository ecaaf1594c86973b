use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Projection, Stored, read_stored, read_view, select};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Compiled;
use crate::key::{IntoKey, Target};
use crate::retry::RetryPolicy;
use crate::value::Item;

/// Reads one item, as `T`. See [`Table::get`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Get<E, T = Stored<E>>(Reading<E, T>);

/// Reads one item that must be there, as `T`. See [`Table::require`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Require<E, T = Stored<E>>(Reading<E, T>);

/// Reads a handle's item again. See [`Table::reload`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Reload<'a, E> {
    reading: Reading<E, Stored<E>>,
    stored: &'a mut Stored<E>,
}

struct Reading<E, T> {
    table: Table<E>,
    target: Result<Target>,
    consistent: bool,
    policy: Option<RetryPolicy>,
    /// Which attributes are asked for; `None`: all.
    names: Option<&'static [&'static str]>,
    read: fn(&Target, Item) -> Result<T>,
}

impl<E: Entity> Table<E> {
    /// Reads the item under `key`; `None` if there is none.
    ///
    /// Sends one GetItem with `ConsistentRead`: 1 RCU per 4 KB. [`Get::eventually_consistent`] halves that and may answer
    /// from an older state; a save based on it still lands only if nobody wrote in between.
    ///
    /// # Errors
    /// `InvalidInput`: an empty or too long key. `Marshalling`: an attribute is missing or does not fit its field.
    /// `Exhausted`: no answer within the policy. `Service`: DynamoDB refused.
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
    /// let users = db.table::<User>();
    /// assert!(users.get("ann").await?.is_none());
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let ann = users.get("ann").eventually_consistent().await?;
    /// assert_eq!(ann.map(|ann| ann.logins), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, key: impl IntoKey<E::Key>) -> Get<E> {
        Get(Reading::new(self, self.target(key)))
    }

    /// Reads the item under `key`, which must be there. Sends what [`get`](Self::get) sends.
    ///
    /// # Errors
    /// `NotFound`: there is no such item. Otherwise as [`get`](Self::get).
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// let missing = db.table::<User>().require("nobody").await.unwrap_err();
    /// assert!(missing.is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn require(&self, key: impl IntoKey<E::Key>) -> Require<E> {
        Require(Reading::new(self, self.target(key)))
    }

    /// The handle on an item that came by a request of your own: a Query, a Scan, an export. It can be saved like one that was
    /// read here, and lands only if nobody has written since.
    ///
    /// Sends nothing. The item must be whole: a projection expression, or an index that does not project everything, leaves
    /// out what the entity maps (then reading fails, or shows it as absent) or the lock (then it is taken for a legacy item,
    /// and its next write is a conflict).
    ///
    /// # Errors
    /// `Marshalling`: an attribute is missing or does not fit its field, or the lock is none. `InvalidInput`: the key is empty
    /// or too long.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// # users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let scanned = db.client().scan().table_name(users.name()).send().await?;
    /// for item in scanned.items.unwrap_or_default() {
    ///     let mut user = users.stored(item)?;
    ///     user.logins += 1;
    ///     users.save(&mut user).await?;
    /// }
    /// assert_eq!(users.require("ann").await?.logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stored(&self, item: Item) -> Result<Stored<E>> {
        let key = E::decode(&item)?.key();
        let target = self.target_of(key)?;
        Stored::read(&target, item).map_err(|error| error.at(&target))
    }

    /// Reads the item of a handle again, with `ConsistentRead`. Edits that were not saved are dropped, and so is the memory
    /// of a save whose outcome is unknown: if that one lands later, the next save of this handle conflicts.
    ///
    /// # Errors
    /// `NotFound`: the item was deleted; the handle stays as it was. Otherwise as [`get`](Self::get).
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
    /// let mut ann = users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// users.modify("ann", |ann| ann.logins += 1).await?;
    /// users.reload(&mut ann).await?;
    /// assert_eq!(ann.logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reload<'a>(&self, stored: &'a mut Stored<E>) -> Reload<'a, E> {
        let target = stored
            .check_table(self.physical_name())
            .map(|()| stored.target().clone());
        Reload {
            reading: Reading::new(self, target),
            stored,
        }
    }
}

impl<E: Entity> Reading<E, Stored<E>> {
    fn new(table: &Table<E>, target: Result<Target>) -> Self {
        Self {
            table: table.clone(),
            target,
            consistent: true,
            policy: None,
            names: None,
            read: read_stored,
        }
    }

    fn select<P: Projection<Of = E>>(self) -> Reading<E, P> {
        Reading {
            table: self.table,
            target: self.target,
            consistent: self.consistent,
            policy: self.policy,
            names: Some(P::NAMES),
            read: read_view,
        }
    }
}

impl<E: Entity, T> Reading<E, T> {
    async fn get(self) -> Result<(Target, Option<T>)> {
        let mut call = self.table.call(self.target?, self.policy);
        let expression = match self.names {
            Some(names) => select::<E>(names, None, Compiled::default()),
            None => Ok(Compiled::default()),
        };
        let expression = expression.map_err(|error| call.named(error))?;
        let image = call.read_view(self.consistent, expression).await?;
        let target = call.target().clone();
        let found = image.map(|image| (self.read)(&target, image)).transpose()?;
        Ok((target, found))
    }

    async fn require(self) -> Result<T> {
        let (target, found) = self.get().await?;
        found.ok_or_else(|| not_found(&target))
    }
}

pub(super) fn not_found(target: &Target) -> Error {
    let message = "there is no such item; insert it first, or use `modify(…).or_insert_with(…)`";
    Error::new(ErrorKind::NotFound, message).at(target)
}

impl<E: Entity> Get<E> {
    /// Reads a view of the item instead: its attributes and the keys alone travel. Read units are those of the whole item.
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
    /// let ann = users.get("ann").select::<Head>().await?;
    /// assert_eq!(ann.map(|ann| ann.email), Some("a@b".into()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<P: Projection<Of = E>>(self) -> Get<E, P> {
        Get(self.0.select())
    }
}

impl<E: Entity> Require<E> {
    /// Reads a view of the item instead. See [`Get::select`].
    pub fn select<P: Projection<Of = E>>(self) -> Require<E, P> {
        Require(self.0.select())
    }
}

impl<E: Entity, T> Get<E, T> {
    /// Reads without `ConsistentRead`: half the price, and perhaps an older state.
    pub fn eventually_consistent(mut self) -> Self {
        self.0.consistent = false;
        self
    }

    option!(retry => 0.policy);
    option!(meter => 0.table);
}

impl<E: Entity, T> Require<E, T> {
    /// Reads without `ConsistentRead`: half the price, and perhaps an older state.
    pub fn eventually_consistent(mut self) -> Self {
        self.0.consistent = false;
        self
    }

    option!(retry => 0.policy);
    option!(meter => 0.table);
}

impl<E: Entity> Reload<'_, E> {
    option!(retry => reading.policy);
    option!(meter => reading.table);
}

impl<E: Entity, T: 'static> IntoFuture for Get<E, T> {
    type Output = Result<Option<T>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.0.get().await?.1) })
    }
}

impl<E: Entity, T: 'static> IntoFuture for Require<E, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.require())
    }
}

impl<'a, E: Entity> IntoFuture for Reload<'a, E> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            *self.stored = self.reading.require().await?;
            Ok(())
        })
    }
}
