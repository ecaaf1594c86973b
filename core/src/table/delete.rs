use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::Result;
use crate::lock::Verdict;
use crate::retry::RetryPolicy;
use crate::write::{Becomes, Call, Draft, Held, Preconditions, settle};

/// Deletes an item that was read. See [`Table::delete`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Delete<E> {
    table: Table<E>,
    stored: Stored<E>,
    preconditions: Preconditions<E>,
    policy: Option<RetryPolicy>,
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
    /// # db.create_table::<User>().await?;
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
            preconditions: Preconditions::default(),
            policy: None,
        }
    }
}

impl<E: Entity> Delete<E> {
    option!(condition => preconditions);
    option!(retry => policy);
    option!(meter => table);

    async fn run(mut self) -> Result<Deleted> {
        let mut call = self.table.call_on(&self.stored, self.policy)?;
        call.enter().await?;
        loop {
            let draft = draft(&call, &self.stored, &self.preconditions);
            let draft = draft.map_err(|error| call.named(error))?;
            let refusal = match settle(&mut call, &mut self.stored, draft).await? {
                Held::Landed => return Ok(Deleted::Done),
                Held::Again => continue,
                Held::Refused(refusal) => refusal,
            };
            return match refusal.verdict {
                Verdict::Gone => Ok(Deleted::Gone),
                Verdict::NotFound => Err(refusal.into_error(not_found(call.target()))),
                _ => Err(refusal.into_conflict(&call)),
            };
        }
    }
}

fn draft<E: Entity>(
    call: &Call,
    stored: &Stored<E>,
    preconditions: &Preconditions<E>,
) -> Result<Draft> {
    let image = Stored::image(stored);
    let wanted = preconditions.on(image)?;
    let proposal = call.planner().delete(image, stored.expected()?, wanted)?;
    let becomes = Becomes::Deleted;
    Ok(Draft { proposal, becomes })
}

impl<E: Entity> IntoFuture for Delete<E> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
