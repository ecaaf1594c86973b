use std::future::IntoFuture;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::blind::{Delivery, Outcome, send};
use super::flight::{Flight, Settled};
use super::option::option;
use super::plan;
use crate::db::Table;
use crate::entity::{Entity, Stored, lock_view, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Verdict;
use crate::retry::{Budget, RetryPolicy};

/// Stores a new item. See [`Table::insert`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Insert<E> {
    table: Table<E>,
    entity: E,
    policy: Option<RetryPolicy>,
}

/// As [`Insert`], sent exactly once. See [`Insert::exactly_once`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct InsertOnce<E>(Insert<E>);

impl<E: Entity> Table<E> {
    /// Stores a new item, if there is none under its key. It never overwrites one, locked or not.
    ///
    /// Sends one PutItem with `attribute_not_exists` of the partition key: 1 WCU per KB. A lost answer is settled by sending
    /// the same put again, which finds its own item. One limit: if another process deletes the item while copies of an
    /// unanswered insert are under way, it can be stored twice, one after the other; [`Insert::exactly_once`] cannot.
    ///
    /// # Errors
    /// `AlreadyExists`: an item is there; [`Error::current`] gives it. `OutcomeUnknown`: the answer was lost and the item
    /// cannot tell. `InvalidInput`: an empty or too long key. `Marshalling`: a value that cannot be stored. `Exhausted`,
    /// `LaneTimeout`, `Service`: nothing was written.
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
    /// let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let error = users.insert(User { id: "ann".into(), logins: 0 }).await.unwrap_err();
    /// assert!(error.is_already_exists());
    /// assert_eq!(error.current::<User>()?.unwrap().logins, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert(&self, mut entity: E) -> Insert<E> {
        entity.stamp_new(SystemTime::now());
        Insert {
            table: self.clone(),
            entity,
            policy: None,
        }
    }
}

impl<E: Entity> Insert<E> {
    option!(retry => policy);

    /// Sends the insert as a transaction of one item with a client request token, again until it is answered: DynamoDB
    /// carries out one token once, within ten minutes, even if the item is deleted meanwhile. Costs twice the write units.
    pub fn exactly_once(self) -> InsertOnce<E> {
        InsertOnce(self)
    }

    async fn run(self) -> Result<Stored<E>> {
        let Self {
            table,
            mut entity,
            policy,
        } = self;
        let target = table.target_of(entity.key())?;
        let item = to_item(&entity).map_err(|error| target.blame(error))?;
        let db = table.db();
        let mut budget = Budget::start(&table.policy(policy));
        let mut flight = Flight::enter(db, &target, &budget).await?;
        let (planned, left, item) =
            plan::insert::<E>(item, db.identity().issue(), db.journal_writers())
                .map_err(|error| target.blame(error))?;
        let view = lock_view::<E>(&left).map_err(|error| target.blame(error))?;
        match flight
            .settle(&planned, &E::SCHEMA.lock, &mut budget)
            .await?
        {
            Settled::Landed(_) => {
                entity.set_lock_view(view);
                Ok(Stored::inserted(&target.table, entity, item, left))
            }
            Settled::Refused(refusal) if refusal.verdict == Verdict::Exists => {
                Err(refusal.into_error(&target, already_exists()))
            }
            Settled::Refused(refusal) => Err(refusal.into_conflict(&target)),
        }
    }
}

impl<E: Entity> InsertOnce<E> {
    async fn run(self) -> Result<Stored<E>> {
        let Insert {
            table,
            mut entity,
            policy,
        } = self.0;
        let target = table.target_of(entity.key())?;
        let db = table.db();
        let (planned, left, item, view) = {
            let plan = || {
                let (issued, writers) = (db.identity().issue(), db.journal_writers());
                let (planned, left, item) = plan::insert::<E>(to_item(&entity)?, issued, writers)?;
                let view = lock_view::<E>(&left)?;
                Ok((planned, left, item, view))
            };
            plan().map_err(|error: Error| target.blame(error))?
        };
        let (once, policy) = (Delivery::ExactlyOnce, table.policy(policy));
        match send(db, &target, &planned.request, once, &policy).await? {
            Outcome::Done(_) => {
                entity.set_lock_view(view);
                Ok(Stored::inserted(&target.table, entity, item, left))
            }
            Outcome::Refused(image, cause) => {
                let error = target.blame(already_exists());
                Err(error.showing(image).because(cause))
            }
        }
    }
}

fn already_exists() -> Error {
    let message = "the item is not this insert's; read it and save a change, or choose another key";
    Error::new(ErrorKind::AlreadyExists, message)
}

impl<E: Entity> IntoFuture for InsertOnce<E> {
    type Output = Result<Stored<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<E: Entity> IntoFuture for Insert<E> {
    type Output = Result<Stored<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
