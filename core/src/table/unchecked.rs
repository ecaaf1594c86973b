use std::future::IntoFuture;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::blind::{Delivery, Outcome, send};
use super::plan_blind;
use crate::db::{Table, Target};
use crate::entity::{Entity, IntoKey, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::RetryPolicy;
use crate::wire::WriteRequest;

/// Replaces an item, whatever is there. See [`Table::put_unchecked`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct PutUnchecked<E>(Call<E>);

/// Deletes an item, whatever is there. See [`Table::delete_unchecked`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct DeleteUnchecked<E>(Call<E>);

struct Call<E> {
    table: Table<E>,
    request: Result<(Target, WriteRequest)>,
    delivery: Delivery,
    policy: Option<RetryPolicy>,
}

impl<E: Entity> Table<E> {
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
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// let mut stale = users.insert(User { id: "ann".into(), email: "old".into() }).await?;
    /// users.put_unchecked(User { id: "ann".into(), email: "new".into() }).await?;
    /// stale.email = "older".into();
    /// assert!(users.save(&mut stale).await.unwrap_err().is_conflict());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_unchecked(&self, mut entity: E) -> PutUnchecked<E> {
        entity.stamp_new(SystemTime::now());
        let request = self.target_of(entity.key()).and_then(|target| {
            let request = || {
                let (db, item) = (self.db(), to_item(&entity)?);
                let id = db.identity().issue().id;
                plan_blind::put_unchecked::<E>(&target.key_item, item, id, db.journal_writers())
            };
            let request = request().map_err(|error| target.blame(error))?;
            Ok((target, request))
        });
        PutUnchecked(Call::new(self, request))
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
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into() }).await?;
    /// users.delete_unchecked("ann").exactly_once().await?;
    /// assert!(users.get("ann").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_unchecked(&self, key: impl IntoKey<E::Key>) -> DeleteUnchecked<E> {
        let request = self.target(key).map(|target| {
            let request = plan_blind::delete_unchecked(&target.key_item);
            (target, request)
        });
        DeleteUnchecked(Call::new(self, request))
    }
}

impl<E: Entity> Call<E> {
    fn new(table: &Table<E>, request: Result<(Target, WriteRequest)>) -> Self {
        Self {
            table: table.clone(),
            request,
            delivery: Delivery::Once,
            policy: None,
        }
    }

    async fn run(self) -> Result<()> {
        let (target, request) = self.request?;
        let policy = self.table.policy(self.policy);
        match send(self.table.db(), &target, &request, self.delivery, &policy).await? {
            Outcome::Done(_) => Ok(()),
            // Only the version's maximum is a condition here.
            Outcome::Refused(image, cause) => {
                let message = "the version has reached its maximum; nothing was written";
                let error = target.blame(Error::new(ErrorKind::InvalidInput, message));
                Err(error.showing(image).because(cause))
            }
        }
    }
}

macro_rules! verb {
    ($verb:ident) => {
        impl<E: Entity> $verb<E> {
            /// Replaces the policy of the `Db`: how long throttling is waited out.
            pub fn retry(mut self, policy: RetryPolicy) -> Self {
                self.0.policy = Some(policy);
                self
            }

            /// Sends it as a transaction of one item with a client request token, again until it is answered: DynamoDB
            /// carries out one token once, within ten minutes. Costs twice the write units.
            pub fn exactly_once(mut self) -> Self {
                self.0.delivery = Delivery::ExactlyOnce;
                self
            }
        }

        impl<E: Entity> IntoFuture for $verb<E> {
            type Output = Result<()>;
            type IntoFuture = BoxFuture<'static, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.0.run())
            }
        }
    };
}
verb!(PutUnchecked);
verb!(DeleteUnchecked);
