use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::apply::stands_in_the_way;
use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Replaceable, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{IntoKey, Target};
use crate::retry::RetryPolicy;
use crate::value::Item;
use crate::wire::WriteRequest;
use crate::write::{Blind, Call, Delivery, Expired, Preconditions};

/// Replaces an item, whatever is there. See [`Table::put_unchecked`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct PutUnchecked<E> {
    table: Table<E>,
    entity: E,
    preconditions: Preconditions<E>,
    delivery: Delivery,
    policy: Option<RetryPolicy>,
}

/// Deletes an item, whatever is there. See [`Table::delete_unchecked`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct DeleteUnchecked<E> {
    table: Table<E>,
    target: Result<Target>,
    preconditions: Preconditions<E>,
    delivery: Delivery,
    policy: Option<RetryPolicy>,
}

impl<E: Replaceable> Table<E> {
    /// Stores an item, whatever is there, for those who mean it. Every holder of an older read conflicts afterwards: the item
    /// begins a new life. With the version lock and no journal, where lives cannot be told apart, the version of the item
    /// that is there grows instead, and attributes that the entity does not map stay.
    ///
    /// Sends one PutItem without condition (with a version and no journal: one UpdateItem of all attributes): 1 WCU per KB.
    /// Not sent again after an ambiguous failure; throttling is waited out.
    ///
    /// # Errors
    /// `OutcomeUnknown`: the answer was lost. `InvalidInput`: an empty or too long key, or an item over 400 KB.
    /// `Marshalling`: a value that cannot be stored. `Exhausted`, `Service`: nothing was written.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, email: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// let mut stale = users.insert(User { id: "ann".into(), email: "old".into() }).await?;
    /// users.put_unchecked(User { id: "ann".into(), email: "new".into() }).await?;
    /// stale.email = "older".into();
    /// assert!(users.save(&mut stale).await.unwrap_err().is_conflict());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_unchecked(&self, entity: E) -> PutUnchecked<E> {
        PutUnchecked {
            table: self.clone(),
            entity,
            preconditions: Preconditions::default(),
            delivery: Delivery::Once,
            policy: None,
        }
    }

    /// Deletes an item, whatever is there, for those who mean it; none there is no error.
    ///
    /// Sends one DeleteItem without condition: 1 WCU per KB of the item. Not sent again after an ambiguous failure;
    /// throttling is waited out.
    ///
    /// # Errors
    /// `OutcomeUnknown`: the answer was lost. `InvalidInput`: an empty or too long key. `Exhausted`, `Service`: nothing was
    /// deleted.
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
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into() }).await?;
    /// users.delete_unchecked("ann").exactly_once().await?;
    /// assert!(users.get("ann").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_unchecked(&self, key: impl IntoKey<E::Key>) -> DeleteUnchecked<E> {
        DeleteUnchecked {
            table: self.clone(),
            target: self.target(key),
            preconditions: Preconditions::default(),
            delivery: Delivery::Once,
            policy: None,
        }
    }
}

impl<E: Entity> PutUnchecked<E> {
    async fn run(mut self) -> Result<()> {
        self.entity.stamp_new(self.table.db().clock().wall());
        let target = self.table.target_of(self.entity.key())?;
        let mut call = self.table.call(target, self.policy);
        let (request, expired) = {
            let plan = || {
                let wanted = self.preconditions.on(&Item::new())?;
                let item = to_item(&self.entity)?;
                call.planner().put_unchecked(item, wanted.condition)
            };
            plan().map_err(|error| call.named(error))?
        };
        send::<E>(&mut call, &request, self.delivery, expired).await
    }
}

impl<E: Entity> DeleteUnchecked<E> {
    async fn run(self) -> Result<()> {
        let mut call = self.table.call(self.target?, self.policy);
        let plan = || {
            let wanted = self.preconditions.on(&Item::new())?;
            call.planner().delete_unchecked(wanted.condition)
        };
        let (request, expired) = plan().map_err(|error| call.named(error))?;
        send::<E>(&mut call, &request, self.delivery, expired).await
    }
}

async fn send<E: Entity>(
    call: &mut Call,
    request: &WriteRequest,
    delivery: Delivery,
    expired: Expired,
) -> Result<()> {
    match call.send_blindly(request, delivery, expired).await? {
        Blind::Done(_) => Ok(()),
        Blind::Refused(image, cause) => {
            let why = stands_in_the_way::<E>(image.as_ref()).unwrap_or_else(|| {
                let message = "the call's condition does not hold; nothing was written";
                Error::new(ErrorKind::ConditionRefused, message)
            });
            Err(call.named(why).showing(image).because(cause))
        }
    }
}

macro_rules! verb {
    ($verb:ident) => {
        impl<E: Entity> $verb<E> {
            option!(condition => preconditions);

            /// Sends it as a transaction of one item with a client request token, again until it is answered: DynamoDB
            /// carries out one token once, within ten minutes. Costs twice the write units.
            pub fn exactly_once(mut self) -> Self {
                self.delivery = Delivery::ExactlyOnce;
                self
            }

            option!(retry => policy);
            option!(meter => table);
        }

        impl<E: Entity> IntoFuture for $verb<E> {
            type Output = Result<()>;
            type IntoFuture = BoxFuture<'static, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}
verb!(PutUnchecked);
verb!(DeleteUnchecked);
