use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::flight::{Flight, Settled};
use super::get::not_found;
use super::option::option;
use super::plan;
use super::terms::Terms;
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::Result;
use crate::lock::Verdict;
use crate::retry::{Budget, RetryPolicy};

/// Deletes an item that was read. See [`Table::delete`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Delete<E> {
    table: Table<E>,
    stored: Stored<E>,
    policy: Option<RetryPolicy>,
    terms: Terms<E>,
}

/// How a delete ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// This call deleted the item.
    Done,
    /// The item as it was read is gone, and an answer was lost: this call deleted it, or another did. Who claims work by
    /// deleting it must accept only [`Deleted::Done`].
    Gone,
}

impl<E: Entity> Table<E> {
    /// Deletes an item, if nobody wrote it since it was read. Consumes the handle; edits that were not saved do not matter.
    ///
    /// Sends one DeleteItem on the condition of the lock: 1 WCU per KB of the item.
    ///
    /// # Errors
    /// `Conflict`: somebody wrote since the read; [`Error::current`](crate::Error::current) gives what, as a handle that can
    /// be deleted. `NotFound`: the item is gone, and not by this call. `OutcomeUnknown`: the answer was lost and the item
    /// cannot tell. `InvalidInput`: the handle is of another table. `Exhausted`, `LaneTimeout`, `Service`: nothing was
    /// deleted.
    ///
    /// ```
    /// # use optimist::{Db, Deleted, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// let stale = users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let current = users.modify("ann", |ann| ann.logins += 1).await?.stored;
    /// assert!(users.delete(stale).await.unwrap_err().is_conflict());
    /// assert_eq!(users.delete(current).await?, Deleted::Done);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, stored: Stored<E>) -> Delete<E> {
        Delete {
            table: self.clone(),
            stored,
            policy: None,
            terms: Terms::default(),
        }
    }
}

impl<E: Entity> Delete<E> {
    option!(retry => policy);
    option!(condition => terms);

    async fn run(self) -> Result<Deleted> {
        let Self {
            table,
            mut stored,
            policy,
            terms,
        } = self;
        stored.check_table(table.physical_name())?;
        let target = table.target_of(stored.key())?;
        let db = table.db();
        let mut budget = Budget::start(&table.policy(policy));
        let mut flight = Flight::enter(db, &target, &budget).await?;
        loop {
            let planned = {
                let (image, issued) = (stored.image(), db.identity().issue());
                let expected = stored.expected();
                expected.and_then(|expected| {
                    let wanted = terms.on(image)?;
                    plan::delete::<E>(&target.key_item, image, expected, wanted, issued)
                })
            };
            let planned = planned.map_err(|error| target.blame(error))?;
            let refusal = match flight
                .settle(&planned, &E::SCHEMA.lock, &mut budget)
                .await?
            {
                Settled::Landed(_) => return Ok(Deleted::Done),
                Settled::Refused(refusal) => refusal,
            };
            match refusal.verdict {
                Verdict::Gone => return Ok(Deleted::Gone),
                Verdict::NotFound => return Err(refusal.into_error(&target, not_found(&target))),
                _ => {}
            }
            // An earlier save of this handle may have landed unseen: then this is no conflict.
            let moved = match &refusal.image {
                Some(current) if stored.is_in_doubt() => stored
                    .advance_to_remembered(current)
                    .map_err(|error| target.blame(error))?,
                _ => false,
            };
            if !moved {
                return Err(refusal.into_conflict(&target));
            }
        }
    }
}

impl<E: Entity> IntoFuture for Delete<E> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
